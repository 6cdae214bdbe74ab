"""The published record: ``results/<run>.json``, what a re-run is compared with, written only when accepted."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compendium import execution, files, paths
from compendium.errors import RunError
from compendium.recording import shown

#: Two recorded numbers agree within this relative difference, or within the absolute one near zero.
RELATIVE, ABSOLUTE = 1e-6, 1e-9

#: Data of figures are rounded to six digits, so those of two processors can differ by one in the last of them.
LAST_DIGIT = 1.0001e-5

#: What is compared of a result besides its numbers: exactly.
_EXACT = ("unit", "format", "meaning", "n", "level", "reason")


@dataclass(frozen=True)
class Difference:
    """One place where a run's results differ from the record."""

    run: str
    name: str
    part: str
    expected: Any
    got: Any

    def by(self) -> float | None:
        """Return by how much two numbers differ; None where they are none."""
        return self.got - self.expected if _is_number(self.expected) and _is_number(self.got) else None

    def __str__(self) -> str:
        by = f", difference {self.by():.6g}" if self.by() is not None else ""
        return f"{self.run}: {self.name}, {self.part}: expected {self.expected!r}, got {self.got!r}{by}"


def values(record: dict[str, Any]) -> dict[str, Any]:
    """Return the recorded values of a run by name; a result without a value is left out."""
    found = {name: entry.get("value") for name, entry in record.get("results", {}).items()}
    return {name: value for name, value in found.items() if value is not None}


def recorded_path(run: str) -> Path:
    """Return where the published record of a run is."""
    return paths.results() / f"{run}.json"


def compare(expected: dict[str, Any], got: dict[str, Any]) -> list[Difference]:
    """Return every difference between two records of one run.

    Numbers agree within :data:`RELATIVE`; counts, texts, parameters and data hashes must be equal. Figures are
    compared by the data they draw, within :data:`LAST_DIGIT`, and by which columns of it the drawing itself shows.
    """
    run = got["run"]
    found = []
    for part in ("notebook", "parameters", "data"):
        if expected.get(part) != got.get(part):
            found.append(Difference(run, "run", part, expected.get(part), got.get(part)))
    for group in ("results", "figures"):
        before, after = expected.get(group, {}), got.get(group, {})
        for name in sorted(before.keys() | after.keys()):
            if name not in after or name not in before:
                states = [("recorded" if name in side else "absent") for side in (before, after)]
                found.append(Difference(run, name, group[:-1], *states))
            elif group == "results":
                found += _compare_results(run, name, before[name], after[name])
            else:
                found += _compare_figures(run, name, before[name], after[name])
    return found


def _compare_results(run: str, name: str, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    found = []
    for part in ("value", "lower", "upper"):
        if not same(before.get(part), after.get(part)):
            found.append(Difference(run, name, part, before.get(part), after.get(part)))
    for part in _EXACT:
        if before.get(part) != after.get(part):
            found.append(Difference(run, name, part, before.get(part), after.get(part)))
    for entry in (before, after):
        parts = [*(entry.get(part) for part in ("value", "lower", "upper", "level")), entry.get("format", "{}")]
        for part, said in zip(("text", "interval"), shown(*parts), strict=True):
            if entry.get(part, said) != said:  # what is printed follows from the value
                found.append(Difference(run, name, part, said, entry.get(part)))
    return found


def _compare_figures(run: str, name: str, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    if before["columns"] != after["columns"] or len(before["rows"]) != len(after["rows"]):
        shapes = [f"{len(side['rows'])} rows of {', '.join(side['columns'])}" for side in (before, after)]
        return [Difference(run, name, "figure data", *shapes)]
    found = []
    if before.get("drawn") != after.get("drawn"):
        found.append(Difference(run, name, "figure columns drawn", before.get("drawn"), after.get("drawn")))
    for number, (old, new) in enumerate(zip(before["rows"], after["rows"], strict=True), start=1):
        for column, one, other in zip(before["columns"], old, new, strict=True):
            if not same(one, other, relative=LAST_DIGIT):
                found.append(Difference(run, name, f"figure data row {number}, {column}", one, other))
    return found


def same(one: Any, other: Any, *, relative: float = RELATIVE) -> bool:
    """Whether two recorded values agree: numbers within a relative difference, anything else exactly.

    >>> same(1.0, 1.0 + 1e-9), same(1.0, 1.001), same(6, 7), same("a", "a")
    (True, False, False, True)
    """
    if (isinstance(one, float) and _is_number(other)) or (isinstance(other, float) and _is_number(one)):
        return math.isclose(one, other, rel_tol=relative, abs_tol=ABSOLUTE)
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def sides(run: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the published record of a run, None where there is none, and its built results.

    A run that has not been executed is a ``RunError``.
    """
    published, built = recorded_path(run), execution.results_path(run)
    if not built.is_file():
        raise RunError(f"run '{run}' has no built results; execute it first: healthsys run {run}")
    found = [json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None for path in (published, built)]
    return found[0], found[1]


def differences(run: str) -> list[Difference]:
    """Return how the built results of a run differ from the published record."""
    published, built = sides(run)
    if published is None:
        return [Difference(run, "run", "record", f"results/{run}.json", "no published record")]
    return compare(published, built)


def accept(run: str) -> bool:
    """Take the built results of a run as the published record; the only writer of ``results/``."""
    return files.write_whole(recorded_path(run), execution.results_path(run).read_bytes())
