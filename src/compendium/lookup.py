"""Find what a reference in prose names: a result, a parameter, a published figure, a claim, a constant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import datasets, files
from compendium.errors import CompendiumError, nearest
from compendium.recording import text_of


@dataclass(frozen=True)
class Reference:
    """What a reference shows, what hovering says, and where following it leads (document and anchor)."""

    text: str
    title: str
    document: str
    anchor: str
    is_sentence: bool = False


class Lookup:
    """Resolve references against built results and bundled data.

    Parameters
    ----------
    results
        The folder of built ``<run>.json`` records.
    """

    def __init__(self, results: Path) -> None:
        self.results = results

    def files(self, kind: str, target: str, run: str) -> list[Path]:
        """Return the files a reference depends on."""
        if kind in ("result", "param"):
            return [self.results / f"{target.rpartition('/')[0] or run}.json"]
        return [datasets.path_of({"claim": "claims", "constant": "constants"}.get(kind, target.partition("/")[0]))]

    def resolve(self, kind: str, target: str, run: str) -> Reference:
        """Return what a reference of a kind shows; ``run`` is the run of the page it stands on.

        Raises
        ------
        CompendiumError
            Naming the reference, what is known, and the nearest name.
        """
        return getattr(self, f"_{kind}")(target, run)

    def _record(self, run: str) -> dict[str, Any]:
        path = self.results / f"{run}.json"
        if not path.is_file():
            known = [found.stem for found in self.results.glob("*.json")]
            raise CompendiumError(f"there is no result of a run '{run}'.{nearest(run, known)}")
        return json.loads(path.read_text(encoding="utf-8"))

    def _result(self, target: str, run: str) -> Reference:
        named, _, name = target.rpartition("/")
        name, _, part = name.partition(".")
        run = named or run
        results = self._record(run)["results"]
        if name not in results:
            raise CompendiumError(f"run '{run}' records no result '{name}'.{nearest(name, results)}")
        entry = results[name]
        text = entry["text"] if not part else entry.get(part)
        if text is None:
            raise CompendiumError(f"result '{name}' of run '{run}' has no {part}")
        return Reference(
            str(text),
            f"{entry['meaning']} (computed by {run})",
            f"analyses/{run}",
            f"result-{name}",
            is_sentence=isinstance(entry.get("value"), str) and " " in str(text),
        )

    def _param(self, target: str, run: str) -> Reference:
        named, _, name = target.rpartition("/")
        values = self._record(named or run)["parameters"]
        if name not in values:
            raise CompendiumError(f"run '{named or run}' has no parameter '{name}'.{nearest(name, values)}")
        return Reference(
            text_of(values[name], "{}"),
            f"parameter {name} of this run",
            f"analyses/{named or run}",
            f"parameter-{name}",
        )

    def _published(self, target: str, _: str) -> Reference:
        name, *keys, column = target.split("/")
        resource = datasets.describe(name)
        if resource["kind"] not in ("published", "official"):
            raise CompendiumError(f"data set '{name}' is {resource['kind']}, not published; refer to a result instead")
        row = self._row(name, keys)
        if column not in row.index:
            raise CompendiumError(f"data set '{name}' has no column '{column}'.{nearest(column, row.index)}")
        source = row.get("source", "; ".join(entry["title"] for entry in resource.get("sources", [])))
        locator = f", {row['locator']}" if pd.notna(row.get("locator")) else ""
        return Reference(_plain(row[column]), f"{source}{locator}", "reference/data-dictionary", f"data-{name}")

    def _claim(self, target: str, _: str) -> Reference:
        name, _, column = target.partition(".")
        row = self._row("claims", [name])
        title = f"{row['statement']} Checked: {row['verdict']}"
        return Reference(_plain(row[column or "printed"]), title, f"evidence/{row['source_key']}", f"claim-{name}")

    def _constant(self, target: str, _: str) -> Reference:
        row = self._row("constants", [target])
        return Reference(row["value"], f"{row['meaning']} ({row['source']})", "reference/constants", f"const-{target}")

    def _row(self, name: str, keys: list[str]) -> pd.Series:
        frame = _table(datasets.path_of(name), name)
        key = datasets.describe(name)["schema"].get("primaryKey", [])
        key = [key] if isinstance(key, str) else key
        if len(keys) != len(key):
            raise CompendiumError(f"data set '{name}' is keyed by {', '.join(key) or 'nothing'}; give {len(key)} keys")
        for column, value in zip(key, keys, strict=True):
            chosen = frame[frame[column].astype(str) == value]
            if chosen.empty:
                raise CompendiumError(
                    f"data set '{name}' has no row with {column} '{value}'.{nearest(value, frame[column].unique())}"
                )
            frame = chosen
        return frame.iloc[0]


@files.once
def _table(_file: Path, name: str) -> pd.DataFrame:
    return datasets.load(name)


def _plain(value: Any) -> str:
    if pd.isna(value):
        raise CompendiumError("the cell is empty: there is nothing to show")
    if isinstance(value, str):
        return value
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return text_of(int(value) if float(value).is_integer() else value, "{:,}")
