"""Stand-in until branch r-series is merged: take its ``healthsys/io/__init__.py`` instead of this one.

It lends the old modules of ``healthsys.trends`` the names and signatures of that branch.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from healthsys.trends import known as _known
from healthsys.trends.measures import Measure, measure_of
from healthsys.trends.readers import load_table as _load_table
from healthsys.trends.readers import pick_series
from healthsys.trends.series_checks import Finding as Problem
from healthsys.trends.series_checks import as_table, check_series, require
from healthsys.trends.steps import regular, step_of
from healthsys.trends.values import multiplier_of

__all__ = [
    "Measure", "Problem", "as_table", "breaks_of", "check_series", "measure_of", "multiplier_of", "pick_series",
    "read_series", "regular", "require", "step_of", "total_problems",
]  # fmt: skip


def read_series(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read tidy series: a bundled data set, a reader's own tidy CSV, or official files."""
    from compendium import datasets

    bundled = {datasets.describe(name)["path"]: name for name in datasets.names()}
    table = _load_table(bundled.get(label, path))
    told = table.attrs["provenance"]
    table.attrs["reading"] = {key: told[key] for key in ("layout", "notes", "report", "read_as") if key in told}
    return table


def breaks_of(table: pd.DataFrame, *, indicator: str, unit: str) -> tuple[list[tuple[pd.Timestamp, str]], bool]:
    """Return the known changes of definition of a series, and whether they are certain to be in these data."""
    told = {**table.attrs["provenance"], **table.attrs["reading"]}
    return _known.breaks_of(told["name"], provenance=told, indicator=indicator, unit=unit)


def total_problems(report: list) -> list[Problem]:
    """Return a warning where an own sum differs from the total row of a file."""
    return _known.total_findings({"report": report})
