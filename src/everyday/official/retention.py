"""Sickness absence and turnover in England's NHS, from NHS England's files by organisation and month."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from everyday.official import columns_of, csv_of
from healthsys.errors import DataError

#: Types of organisation in the sickness files that are shown; the others together are "other bodies".
TYPES = {
    "Acute": "acute", "Mental Health": "mental health", "Community Provider Trust": "community",
    "Ambulance": "ambulance", "Integrated Care Board": "integrated care boards",
}  # fmt: skip

#: Columns of the sickness files that are used.
SICKNESS = ["DATE", "ORG_CODE", "ORG_NAME", "ORG_TYPE", "FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE"]

#: Columns of the turnover files that are used.
TURNOVER = ["PERIOD", "TYPE", "REPORTING_ORG_CODE", "BENCHMARK_GROUP", "STAFF_GROUP_1_NAME", "HC", "FTE"]

#: What the turnover files count, and what the book calls it.
COUNTS = {
    "Joiners": "joiners", "Leavers": "leavers", "Denominator at start of period": "start",
    "Denominator at end of period": "end",
}  # fmt: skip

#: Shares of organisations at which the distribution of rates is described.
QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)

#: A group with fewer organisations than this is not shown alone.
FEWEST_ORGANISATIONS = 10

#: Months that an organisation needs for its sum to be carried.
MONTHS = 12

#: Seed of the random order of organisations.
SEED = 20261128


def read_sickness(*files: str | Path) -> pd.DataFrame:
    """Read monthly files of sickness absence: a row per organisation and month.

    Returns
    -------
    pandas.DataFrame
        ``month`` (its first day), ``code``, ``name``, ``type`` (as in :data:`TYPES`), ``lost`` and ``available``:
        days, full-time equivalent.

    Raises
    ------
    DataError
        If a column is missing, an organisation has a month twice, or more days are lost than were available.
    """
    tables = []
    for path in files:
        raw = columns_of(csv_of(path), SICKNESS, path)
        tables.append(raw.set_axis(["month", "code", "name", "type", "lost", "available"], axis=1))
    rows = pd.concat(tables, ignore_index=True)
    rows["month"] = pd.to_datetime(rows["month"], format="%d/%m/%Y").dt.to_period("M").dt.to_timestamp()
    rows["type"] = rows["type"].map(TYPES).fillna("other bodies")
    for wrong, said in ((rows.duplicated(["month", "code"]), "occurs twice"),
                        (rows["lost"] > rows["available"], "has more days lost than available")):  # fmt: skip
        if wrong.any():
            one = rows[wrong].iloc[0]
            raise DataError(f"organisation '{one['code']}' {said} in {one['month']:%Y-%m}; check the files given")
    return rows


def months(*files: str | Path) -> pd.DataFrame:
    """Sum days by month and type of organisation, with quantiles of the organisations' rates in percent."""
    rows = read_sickness(*files)
    rows = pd.concat([rows.assign(type="all"), rows]).assign(rate=lambda one: 100 * one["lost"] / one["available"])
    grouped = rows.groupby(["month", "type"])
    sums = grouped.agg(organisations=("code", "size"), lost=("lost", "sum"), available=("available", "sum"))
    spread = grouped["rate"].quantile(list(QUANTILES)).unstack().rename(columns=lambda one: f"p{round(100 * one):02d}")
    table = sums.join(spread.round(3)).round({"lost": 3, "available": 3}).reset_index()
    return table[table["organisations"] >= FEWEST_ORGANISATIONS].reset_index(drop=True)


def organisations(*files: str | Path) -> pd.DataFrame:
    """Sum twelve months of each organisation that has them all; organisations are numbered in random order."""
    sums = sums_of(read_sickness(*files))
    sums = sums[sums["months"] == MONTHS].sample(frac=1, random_state=np.random.default_rng(SEED))
    sums["organisation"] = np.arange(1, len(sums) + 1)
    return sums[["organisation", "type", "lost", "available"]].round({"lost": 3, "available": 3}).reset_index(drop=True)


def sums_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum the rows of each organisation: its last name and type, its months, days lost and available."""
    grouped = rows.sort_values("month", kind="stable").groupby("code")
    return grouped.agg(
        name=("name", "last"), type=("type", "last"), months=("month", "nunique"), lost=("lost", "sum"),
        available=("available", "sum"),
    ).reset_index()  # fmt: skip


def flows(*files: str | Path) -> pd.DataFrame:
    """Sum joiners, leavers and staff in post of a month by staff group, and of all staff by type of organisation.

    Raises
    ------
    DataError
        If a column is missing.
    """
    tables = [columns_of(csv_of(path), TURNOVER, path) for path in files]
    rows = pd.concat(tables, ignore_index=True).assign(count=lambda one: one["TYPE"].map(COUNTS))
    rows["month"] = pd.to_datetime(rows["PERIOD"].str[-6:], format="%Y%m")
    rows["staff"] = rows["STAFF_GROUP_1_NAME"].replace("All staff groups", "all")
    rows["staff"] = rows["staff"].str.replace("ST&T", "scientific, therapeutic & technical")
    every = rows[rows["staff"] == "all"]
    size = every.groupby(["month", "BENCHMARK_GROUP"])["REPORTING_ORG_CODE"].transform("nunique")
    kinds = every["BENCHMARK_GROUP"].where(size >= FEWEST_ORGANISATIONS, "other trusts")
    both = pd.concat([rows.assign(type="all"), every.assign(type=kinds)])
    found = both.groupby(["month", "type", "staff", "count"])[["HC", "FTE"]].sum().unstack("count", fill_value=0)
    found.columns = [name if what == "HC" else f"{name}_fte" for what, name in found.columns]
    table = found[[f"{name}{end}" for end in ("", "_fte") for name in COUNTS.values()]].round(3).reset_index()
    return table[table["staff"] != "Unknown classification"].reset_index(drop=True)


#: Data sets that this module computes.
COMPUTED = {"sickness_months": months, "sickness_organisations": organisations, "turnover_flows": flows}
