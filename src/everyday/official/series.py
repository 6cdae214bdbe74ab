"""Series by month or quarter, each row with its source: beds, A&E, waits and GP appointments, from official files.

:mod:`healthsys.io` reads the files; the sums are those of England, a county, or trusts that report alike. No row of an
organisation is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from everyday.official import hospital
from healthsys.errors import DataError
from healthsys.io import read_official
from healthsys.io.layouts import ENGLAND, long_form, quarter_from

#: Source of the rows of each layout, and where in the source they are.
SAID = {
    "ae_attendances": (
        "NHS England monthly A&E returns as packaged in NHSRdatasets::ae_attendances",
        "sum over organisations and types",
    ),
    "ae_month": (
        "NHS England, A&E attendances and emergency admissions, monthly CSV",
        "{file}: sum over providers, booked and unbooked",
    ),
    "gp_appointments": (
        "NHS Digital, Appointments in General Practice, regional CSV",
        "{file}: sum over status, professional, mode and delay",
    ),
    "rtt_overview": (
        "NHS England, Consultant-led RTT Overview Timeseries (to September 2025), commissioner basis",
        "Incomplete RTT pathways",
    ),
}

#: Indicators of beds, with their columns in the panel.
BEDS = {
    "ga_beds_available": "column kh03_avail_ga_avg_beds",
    "ga_beds_occupied": "column kh03_occ_ga_avg_beds",
    "ga_occupancy_percent": "columns kh03_occ_ga_avg_beds over kh03_avail_ga_avg_beds",
}

#: Indicators of A&E and of GP appointments that are kept.
AE = ("attendances", "type1_attendances", "within_4h_percent", "type1_within_4h_percent")
APPOINTMENTS = ("appointments", "face_to_face_percent")

#: Indicators of waiting times that are kept, with their columns in the file.
WAITS = {
    "incomplete_median_wait_weeks": "Median wait (weeks)",
    "incomplete_percent_within_18_weeks": "% within 18 weeks",
    "incomplete_total_waiting_millions": "Total waiting (mil)",
    "incomplete_number_over_52_weeks": "No. > 52 weeks",
}


def _read(path: str | Path, layout: str, indicators: Collection[str]) -> pd.DataFrame:
    """Read these indicators from a file of this layout, and say on each row where it is from."""
    found = read_official(path)
    if found.layout != layout:
        raise DataError(f"{Path(path).name} is of the layout {found.layout}; needed is {layout}")
    source, locator = SAID[layout]
    rows = found.table[found.table["indicator"].isin(indicators)]
    return rows.assign(source=source, locator=locator.replace("{file}", Path(path).name), confidence="seen_in_source")


def _in_order(table: pd.DataFrame, *, digits: int = 4, parts: int = 0) -> pd.DataFrame:
    """Sort rows by indicator, unit and period; write values, and what they are a ratio of, with up to these decimals.

    Numbers become text, so that a whole one has no decimal point in the file.
    """
    table = table.sort_values(["indicator", "unit", "period"], ignore_index=True)
    for column, places in {"value": digits, "numerator": parts, "denominator": parts}.items():
        table[column] = table[column].round(places).map("{:.12g}".format).replace("nan", "")
    return table


def beds(path: str | Path) -> pd.DataFrame:
    """General and acute beds of England by quarter: sums over trusts, without rows of an impossible number of beds.

    These are the rows that :func:`hospital.read_panel` leaves out for this reason. Its other reasons concern A&E.
    """
    trusts = read_official(path).table.pivot(index=["unit", "period"], columns="indicator", values="value")
    panel = hospital.read_panel(path)
    wrong = panel[panel["left_out"] == hospital.IMPOSSIBLE]
    starts = [quarter_from(one, label=Path(path).name, row=2) for one in wrong["quarter"]]
    trusts = trusts.drop(index=[ENGLAND]).drop(index=list(zip(wrong["trust"], starts, strict=True)))
    available, occupied, share = BEDS
    sums = trusts.groupby("period", as_index=False)[[available, occupied]].sum().assign(unit=ENGLAND)
    ratios = {available: (available, None), occupied: (occupied, None), share: (occupied, available)}
    table = long_form(sums, ratios)
    said = table.assign(
        source="NHS England KH03 overnight bed returns, summed over trusts from a third-party panel",
        locator=table["indicator"].map(BEDS), confidence="seen_in_secondary",
    )  # fmt: skip
    return _in_order(said, digits=2, parts=1)


def ae_reporting(path: str | Path) -> pd.DataFrame:
    """Attendances of major departments by quarter, and those with a four-hour figure: field test, and all others.

    A trust belongs to the field test if it has attendances and a four-hour share of zero in any quarter.
    """
    rows = hospital.read_panel(path)
    rows = rows[rows["attendances"] > 0]
    tested = rows["trust"].isin(rows.loc[rows["four_hour"] == 0, "trust"])
    counts = pd.DataFrame({
        "quarter": rows["quarter"], "unit": np.where(tested, "field test", "all others"), "trusts": 1,
        "numerator": (rows["attendances"] * rows["four_hour"] / 100).round(), "denominator": rows["attendances"],
        "answered": rows["attendances"].where(rows["four_hour"] > 0, 0),
    })  # fmt: skip
    sums = counts.groupby(["quarter", "unit"]).sum().astype(int).reset_index()
    quarter = sums.pop("quarter")
    sums.insert(1, "period", [quarter_from(one, label=Path(path).name, row=2) for one in quarter])
    return sums.assign(
        source="NHS England A&E returns in a third-party trust-by-quarter panel (LB1983/nhs-bed-occupancy-analysis, "
        "master-quarterly-trust.csv)",
        locator="sum over trusts, columns ae_type1_attendances and ae_type1_pct_4hr, " + quarter,
        confidence="seen_in_secondary",
    )


def ae_england(teaching: str | Path, *months: str | Path) -> pd.DataFrame:
    """A&E attendances and four-hour performance of England by month: the teaching set, then files of one month."""
    tables = [_read(teaching, "ae_attendances", AE), *(_read(one, "ae_month", AE) for one in months)]
    return _in_order(pd.concat(tables).query("unit == @ENGLAND"))


def waits_england(path: str | Path) -> pd.DataFrame:
    """Waits for treatment in England by month, as reported: the overview to September 2025, saved as CSV."""
    table = _read(path, "rtt_overview", WAITS)
    table["locator"] += ", " + table["indicator"].map(WAITS) + ", as reported"
    return _in_order(table)


def gp_counties(*regional: str | Path) -> pd.DataFrame:
    """GP appointments by county and month, and the share of those with a known mode that were face to face."""
    table = pd.concat([_read(one, "gp_appointments", APPOINTMENTS) for one in regional])
    table["unit"] = table["unit"].str.removeprefix("NHS ").str.removesuffix(" CCG")
    return _in_order(table)


COMPUTED = {
    "ae_england_monthly": ae_england,
    "ae_type1_reporting": ae_reporting,
    "gp_appointments_counties": gp_counties,
    "kh03_beds_england": beds,
    "rtt_england_monthly": waits_england,
}
