"""What the book knows of a reader's file: changes of definition by indicator and country, totals that differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from compendium import datasets
from healthsys.trends.layouts import ENGLAND
from healthsys.trends.series_checks import Finding

#: Data set that holds known changes of definition.
BREAKS = "series_breaks"

#: Bundled data set whose changes of definition an official layout shares.
LAYOUT_DATA = {
    "rtt_overview": "rtt_england_monthly",
    "rtt_regions": "rtt_england_monthly",
    "rtt_flow": "rtt_england_monthly",
    "ae_month": "ae_england_monthly",
    "ae_attendances": "ae_england_monthly",
    "kh03_panel": "ae_england_monthly",
}

#: Indicators of a layout that count what an indicator of the bundled data counts under another name.
SAME_COUNT = {"waiting_over_18_weeks": "incomplete", "waiting_over_52_weeks": "incomplete"}

#: Names under which a file means England as a whole.
ENGLAND_NAMES = ("england", "eng", "e92000001", "nhs england", "england total", "total england")

#: Own sum and a file's total agree when they differ by no more than half a case, or by this share of rounded averages.
HALF_A_CASE, TOTAL_AGREES = 0.5, 1e-6

#: What a check of a reading is called in a sentence.
_SUMS = {"over": "attendances over four hours", "admissions": "emergency admissions"}

Breaks = list[tuple[pd.Timestamp, str]]


def breaks_of(data: str, *, provenance: Mapping[str, Any], indicator: str, unit: str) -> tuple[Breaks, bool]:
    """Return the known changes of definition of a series, and whether they are certain to be in these data.

    They are certain in bundled published data and in an official layout. In a table of a reader's own they are found by
    the name of the indicator and the country: there they are said, and no period is left out.

    Parameters
    ----------
    data
        Name of the data set, or path of the file.
    provenance
        Of the table; ``layout`` names an official layout.
    indicator, unit
        Which series.

    Returns
    -------
    (list of (Timestamp, str), bool)
        First day of the first period counted in the new way and what changes, by date.

    Examples
    --------
    >>> own = {"kind": "yours"}
    >>> found, certain = breaks_of("mine.csv", provenance=own, indicator="within_4h_percent", unit="England")
    >>> [f"{day:%Y-%m}" for day, _ in found], certain
    (['2019-05'], False)
    >>> breaks_of("mine.csv", provenance=own, indicator="within_4h_percent", unit="Wales")
    ([], False)
    """
    kind, layout = provenance.get("kind"), provenance.get("layout", "")
    if kind not in ("published", "yours"):
        return [], False
    rows = datasets.load(BREAKS)
    name = SAME_COUNT.get(indicator, indicator)
    if data in datasets.names():
        rows, certain = rows[rows["data"] == data], True
    elif layout:
        rows, certain = rows[rows["data"] == LAYOUT_DATA.get(layout)], True
        if rows["data"].eq("ae_england_monthly").any() and unit != ENGLAND:
            rows = rows.iloc[:0]  # fourteen trusts at a time fell silent, which is a break of their sum
    else:
        rows, certain = rows if unit.strip().casefold() in ENGLAND_NAMES else rows.iloc[:0], False
        name = _plain(name)
    rows = rows[np.array([_begins(name, one) for one in rows["indicator"]], dtype=bool)].drop_duplicates(
        ["period", "note"]
    )
    return [(row.period, row.note) for row in rows.sort_values("period").itertuples()], certain


def _begins(indicator: str, start: str) -> bool:
    """Whether a name begins with that of a break, as a whole word: 'new' is not the start of 'newborns'."""
    return indicator.startswith(start) and not indicator[len(start) : len(start) + 1].isalpha()


def _plain(name: str) -> str:
    """Write an indicator as the data sets of the book do: lower case, underscores, percent for its sign."""
    return "_".join(name.casefold().replace("%", " percent ").replace("-", " ").replace("_", " ").split())


def total_findings(provenance: Mapping[str, Any]) -> list[Finding]:
    """Return a warning where an own sum differs from the total row of a file.

    Parameters
    ----------
    provenance
        Of a table that was read from official files: ``report`` has a row per file and check, with ``own`` sum and what
        the ``file_says``.

    Examples
    --------
    >>> report = [{"file": "February.csv", "check": "attendances", "own": 900.0, "file_says": 1000.0}]
    >>> total_findings({"report": report})[0].says
    'February.csv: attendances add up to 900 over its rows, but its total row says 1,000: are rows missing?'
    """
    found: dict[str, list[str]] = {}
    for row in provenance.get("report", ()):
        own, said = row["own"], row["file_says"]
        if pd.isna(own) or pd.isna(said) or abs(own - said) <= max(HALF_A_CASE, TOTAL_AGREES * abs(said)):
            continue
        found.setdefault(row["file"], []).append(
            f"{_SUMS.get(row['check'], row['check'])} add up to {own:,.10g} over its rows, but its total row says "
            f"{said:,.10g}"
        )
    return [
        Finding("total differs", "warn", f"{file}: {'; '.join(says)}: are rows missing?")
        for file, says in found.items()
    ]
