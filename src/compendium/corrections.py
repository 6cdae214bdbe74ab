"""What the book said before: every recorded result that was replaced, with the new one, the reason and the date.

``healthsys verify --accept RUN --why "…"`` is the only way a published number changes, and it leaves a row here for
each that moved.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from typing import Any

from compendium import datasets, files, policy, record, stored
from compendium.errors import RunError
from compendium.runs import load_runs

#: Data set of the corrections, and its columns.
DATA, COLUMNS = "corrections", ("date", "run", "result", "meaning", "old", "new", "why")

#: What stands for a result that is no longer recorded.
GONE = "no longer reported"


def moved(run: str) -> list[dict[str, str]]:
    """Return the results of a run that are shown otherwise than in the published record: number, interval or sentence.

    A row has ``run``, ``result``, ``meaning``, ``old`` and ``new``, as they are shown on the page. A result that is
    recorded for the first time replaces nothing and is not listed, and neither is a change beyond the digits that a
    reader sees, nor other words or signs for the same results: sentences are listed only with a number that moved. A
    run that has not been executed is a ``RunError``.
    """
    published, built = record.sides(run)
    if published is None:
        return []
    before, rows = published["results"], []
    for name, old in before.items():
        new = built["results"].get(name)
        said, now = shown_as(old), shown_as(new) if new else GONE
        if now != said:
            rows.append({"run": run, "result": name, "meaning": old["meaning"], "old": said, "new": now})
    rows = [row for row in rows if _is_sentence(before[row["result"]]) or _numbers(row["old"]) != _numbers(row["new"])]
    return rows if any(not _is_sentence(before[row["result"]]) for row in rows) else []


def _numbers(said: str) -> list[str] | str:
    """Return the numbers in what a page shows, or all of it where it has none."""
    return re.findall(r"[-−+]?\d[\d,.]*(?<![,.])", said) or said


def _is_sentence(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("value"), str) and " " in entry["value"]


def shown_as(entry: dict[str, Any]) -> str:
    """Return a recorded result as its page shows it, with the percent sign next to its number.

    >>> shown_as({"text": "4.3 weeks", "interval": "95% CI 2.0 to 6.6"}), shown_as({"text": "12 points"})
    ('4.3 weeks (95% CI 2.0 to 6.6)', '12 points')
    """
    said = f"{entry['text']} ({entry['interval']})" if entry.get("interval") else entry["text"]
    return said.replace(" %", "%")


def append(rows: list[dict[str, str]], *, why: str) -> None:
    """Add rows of :func:`moved` to the corrections, dated today, and bring the checksum of the file up to date.

    Raises
    ------
    RunError
        If no reason is given.
    """
    if not rows:
        return
    if not why.strip():
        names = ", ".join(f"{row['run']}/{row['result']}" for row in rows)
        raise RunError(
            f"published results change: {names}; say why, for readers of the page Corrections: "
            'healthsys verify --accept RUN --why "…"'
        )
    path = datasets.path_of(DATA)
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    for row in rows:
        writer.writerow({"date": datetime.date.today().isoformat(), "why": why.strip(), **row})
    files.write_whole(path, path.read_text(encoding="utf-8") + out.getvalue())
    stored.stamp_data()


def page() -> str:
    """Return the page *Corrections*: every replaced result, the newest first, grouped by the reason."""
    titles, groups = {run.name: run.title for run in load_runs().values()}, []
    if DATA in datasets.names():
        grouped = datasets.load(DATA).groupby(["date", "why"], sort=False)
        groups = sorted(grouped, key=lambda group: group[0], reverse=True)
    listed = [(str(date)[:10], why, rows.to_dict("records")) for (date, why), rows in groups]
    return policy.rendered("corrections.md", listed=listed, titles=titles, kept=DATA in datasets.names())
