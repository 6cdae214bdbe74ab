"""What is known of official statistics in every copy of them: words of an indicator, changes of definition, totals."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from healthsys.io.checks import Problem
from healthsys.io.values import is_share
from healthsys.say import number

#: Facts that hold for a publisher's own file, the bundled copy and a reader's table alike (``official.json``).
OFFICIAL = json.loads((resources.files("healthsys.io") / "official.json").read_text(encoding="utf-8"))

#: What the unit of a file of one series is called, which names none.
UNIT = "your file"

#: Everyday names of the four-hour standard of A&E ("A&E 4 hour performance %"), and what is another measure: waits over
#: four hours, after the decision to admit.
_FOUR_HOURS = re.compile(r"(?<![a-z0-9])(?:4|four)[\s_-]*(?:h|hr|hrs|hour|hours)(?![a-z0-9])", re.I)
_MET = re.compile(
    r"within|under|less than|perform|standard|target|seen|compliance|percent|pct|%|proportion|share", re.I
)
_NOT_MET = re.compile(
    r"over|more than|exceed|above|breach|beyond|longer|decision|dta|trolley|not |[>≥]|\d\s*h\w*\s*\+", re.I
)

#: Own sum and a file's total agree when they differ by no more than half a case, or by this share of rounded averages.
HALF_A_CASE, TOTAL_AGREES = 0.5, 1e-6

#: What a check of a reading is called in a sentence.
_SUMS = {"over": "attendances over four hours", "admissions": "emergency admissions"}


@dataclass(frozen=True)
class Measure:
    """Words and digits of one indicator.

    ``axis`` is the axis title, ``sign`` follows a value in a sentence, ``difference`` follows a difference, ``per`` is
    what a rate of 1 is in the unit of the values.
    """

    name: str
    axis: str
    sign: str
    difference: str
    digits: int
    per: float = 1.0
    count: bool = False

    def number(self, value: float, *, plus: bool = False) -> str:
        """Format a value without its unit."""
        return number(round(float(value), self.digits) + 0.0, f"{{:{'+' if plus else ''},.{self.digits}f}}")

    def value(self, value: float) -> str:
        """Format a value with its unit, for a sentence."""
        return f"{self.number(value)}{self.sign}"

    def change(self, value: float, *, plus: bool = False) -> str:
        """Format a difference with its unit, for a sentence; that of a reader's own indicator is a bare number."""
        return f"{self.number(value, plus=plus)} {self.difference}".strip()


def measure_of(indicator: str, values: pd.Series | None = None) -> Measure:
    """Return the words of an indicator; one that is not known is named after its key, with digits after its values.

    >>> measure_of("antenatal_coverage").change(-4.26), measure_of("visits", pd.Series([120.0, 131.0])).value(1204)
    ('−4.3 percentage points', '1,204')
    """
    if indicator in OFFICIAL["indicators"]:
        return Measure(**OFFICIAL["indicators"][indicator])
    words = indicator.replace("_", " ")
    if is_share(indicator):
        name = re.sub(r"\s*(?:\(%\)|%|\bpct)\s*$", "", words).removesuffix(" percent").strip() or words
        return Measure(name, f"{name} (%)", "%", "percentage points", 1, per=100.0)
    known = np.array([]) if values is None else values.dropna().to_numpy(dtype=float)
    whole = bool(len(known) and (known == np.round(known)).all() and (known >= 0).all())
    size = float(np.median(np.abs(known))) if len(known) else 1.0
    digits = 0 if whole or size >= 1000 else 1 if size >= 10 else 2
    if 0 < size < 0.1:  # two digits that are not zero
        digits = min(1 - int(np.floor(np.log10(size))), 12)
    return Measure(words, words, "", "", digits, count=whole)


def breaks_of(table: pd.DataFrame, *, indicator: str, unit: str) -> tuple[list[tuple[pd.Timestamp, str]], bool]:
    """Return the known changes of definition of a series, and whether they are certain to be in these data.

    They are certain where ``attrs["provenance"]["breaks"]`` lists them, and in an official layout
    (``attrs["reading"]``). In another table they are found by the name of the indicator, or an everyday name of it, and
    the country, or where the table names no unit: there they are reported, and no period should be excluded.

    Returns
    -------
    (list of (Timestamp, str), bool)
        First day of the first period counted in the new way and what changes, by date.

    Examples
    --------
    >>> found, certain = breaks_of(pd.DataFrame(), indicator="within_4h_percent", unit="England")
    >>> [f"{day:%Y-%m}" for day, _ in found], certain
    (['2019-05'], False)
    """
    described, layout = table.attrs.get("provenance", {}), table.attrs.get("reading", {}).get("layout")
    name, certain = indicator, True
    if described.get("kind", "yours") != "yours":
        rows, certain = described.get("breaks", []), described["kind"] in ("published", "official")
    elif layout:
        rows = [one for one in OFFICIAL["breaks"] if layout in one["layouts"] and one.get("unit", unit) == unit]
    else:
        england = unit.strip().casefold() in OFFICIAL["england"]
        rows = OFFICIAL["breaks"] if england or unit == UNIT else []
        if not england:
            rows = [{**one, "note": f"if these are figures for England: {one['note']}"} for one in rows]
        name = "_".join(re.sub(r"[-_]", " ", indicator.casefold().replace("%", " percent ")).split())
        if _FOUR_HOURS.search(indicator) and _MET.search(indicator) and not _NOT_MET.search(indicator):
            name = "within_4h_percent"
        if not england and "_" in name:  # no country is named, so the name must be all of one that is known
            rows = [one for one in rows if name in one["indicators"]]
        elif not england:
            rows = []
        certain = False
    found = {
        (pd.Timestamp(one["period"]), one["note"])
        for one in rows
        if any(re.match(rf"{re.escape(start)}(?![^\W\d_])", name) for start in one["indicators"])
    }
    return sorted(found), certain


def total_problems(report: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return a warning where an own sum differs from the total row of a file, given the report of ``read_series``.

    >>> report = [{"file": "February.csv", "check": "attendances", "own": 900.0, "file_says": 1000.0}]
    >>> total_problems(report)[0].says
    'February.csv: attendances add up to 900 over its rows, but its total row says 1,000: are rows missing?'
    """
    found: dict[str, list[str]] = {}
    for row in report:
        own, said = row["own"], row["file_says"]
        if abs(own - said) > max(HALF_A_CASE, TOTAL_AGREES * abs(said)):  # false where either is missing
            says = f"add up to {own:,.10g} over its rows, but its total row says {said:,.10g}"
            found.setdefault(row["file"], []).append(f"{_SUMS.get(row['check'], row['check'])} {says}")
    return [
        Problem("total differs", "warn", f"{file}: {'; '.join(says)}: are rows missing?")
        for file, says in found.items()
    ]
