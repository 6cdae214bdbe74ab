"""Who waits in England: the waiting list by deprivation, ethnicity, age and sex from NHS England's weekly summary.

The workbook (Waiting List Minimum Data Set, demographics summary) is management information; its counts are rounded to
5. Only rows of England are returned.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from everyday.official import sheet_of
from healthsys.errors import DataError

#: Columns of a group in the workbook, and their names here.
COUNTS = {
    "Total Waiting List": "waiting", "Up to 18 weeks": "within_18", "Over 18 and up to 52 weeks": "over_18_to_52",
    "Over 52 weeks": "over_52", "Unknown Clock Start Date": "unknown_start",
}  # fmt: skip

#: NHS ethnic category codes, with the names of the NHS data dictionary.
ETHNIC = {
    "A": "White: British", "B": "White: Irish", "C": "White: any other", "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African", "F": "Mixed: White and Asian", "G": "Mixed: any other",
    "H": "Asian: Indian", "J": "Asian: Pakistani", "K": "Asian: Bangladeshi", "L": "Asian: any other",
    "M": "Black: Caribbean", "N": "Black: African", "P": "Black: any other", "R": "Other: Chinese",
    "S": "Other: any other", "Z": "Not stated", "99": "Not known",
}  # fmt: skip


def _sheet(path: str | Path, name: str, *, label: str) -> pd.DataFrame:
    """Return a sheet with a row per place (or week), group and count, from its two header rows."""
    cells = sheet_of(path, name, label=label)
    top = cells.index[cells.eq("Total Waiting List").any(axis=1)]
    if top.empty:
        raise DataError(f"{label}: sheet '{name}' has no column 'Total Waiting List'; is it NHS England's workbook?")
    head, counts = cells.loc[top[0] - 1].ffill(), cells.loc[top[0]]
    keys = [column for column in cells if pd.isna(counts[column]) and isinstance(cells.at[top[0] - 1, column], str)]
    keys = [column for column in keys if column < counts.first_valid_index()]
    body = cells.loc[top[0] + 1 :].dropna(subset=[counts.first_valid_index()])
    parts = []
    for column in counts.index[counts.isin(COUNTS)]:
        part = body[keys].set_axis([cells.at[top[0] - 1, key] for key in keys], axis=1)
        group = str(head[column]).removeprefix("Incomplete Pathways - ")
        parts.append(part.assign(group=group, count=COUNTS[counts[column]], value=body[column].to_numpy()))
    long = pd.concat(parts, ignore_index=True)
    long["value"] = pd.to_numeric(long["value"], errors="coerce")  # an asterisk is a number under 10 that is hidden
    return long


def _named(group: str, breakdown: str) -> str:
    if breakdown == "deprivation":
        return group.removeprefix("IMD ")
    if breakdown == "ethnicity":
        return ETHNIC[group.split(":")[0]]
    return group


def groups(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Return England's waiting list by group: the latest week in four breakdowns, and the first week by age and sex."""
    label, tables = label or Path(path).name, []
    weeks = {name: _sheet(path, f"Time-Series-{name}", label=label) for name in ("Age", "Sex")}
    last = max(pd.to_datetime(one["Week Ending"]).max() for one in weeks.values())
    for name, one in weeks.items():
        one["week_ending"] = pd.to_datetime(one["Week Ending"])
        tables.append(one[one["week_ending"] == one["week_ending"].min()].assign(breakdown=name.lower()))
    for name in ("Age", "Sex", "Deprivation", "Ethnicity"):
        one = _sheet(path, f"Provider-{name}", label=label)
        england = one[(one["Organisation Code"] == "ENG") & (one["Organisation Type"] == "ALL")]
        tables.append(england.assign(breakdown=name.lower(), week_ending=last))
    long = pd.concat(tables, ignore_index=True)
    long["group"] = [_named(group, kind) for group, kind in zip(long["group"], long["breakdown"], strict=True)]
    keys = ["week_ending", "breakdown", "group"]
    wide = long.pivot_table(index=keys, columns="count", values="value", sort=False).reset_index()
    wide = wide[[*keys, *COUNTS.values()]].rename_axis(columns=None)
    return wide.astype(dict.fromkeys(COUNTS.values(), int))


def trusts(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Return each acute trust's share within 18 weeks (%) in the most and the least deprived fifth, by name."""
    one = _sheet(path, "Provider-Deprivation", label=label or Path(path).name)
    one = one[one["Organisation Type"] == "ACUTE TRUST"]
    fifth = one["group"].map({"IMD 1": "most", "IMD 2": "most", "IMD 9": "least", "IMD 10": "least"})
    sums = one.groupby(["Organisation Name", fifth.rename("fifth"), "count"])["value"].sum().unstack("count")
    share = (100 * sums["within_18"] / sums["waiting"]).unstack("fifth")
    waiting = one[one["count"] == "waiting"].groupby("Organisation Name")["value"].sum()
    found = share.assign(difference=share["most"] - share["least"], waiting=waiting).dropna()
    return (
        found.rename_axis("trust")
        .rename_axis(columns=None)
        .reset_index()[["trust", "waiting", "most", "least", "difference"]]
    )


COMPUTED = {"waiting_list_groups": groups}
