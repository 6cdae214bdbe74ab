"""Every real file beside the project, read or refused; skipped where they are not there (they are never carried)."""

import numpy as np
import pytest

from compendium import datasets, paths
from healthsys.errors import DataError
from healthsys.io import pick_series, read_official, read_series, suspicious_zeros, total_units

FOLDER = paths.root().parent / "shared" / "real_data"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="real files stand in ../shared/real_data and are never part of the project"
)

#: File, layout, rows in, rows used.
READ = [
    ("ae_england/Monthly-AE-April-2025.csv", "ae_month", 199, 198),
    ("ae_england/Monthly-AE-May-2025.csv", "ae_month", 201, 200),
    ("ae_england/July-2025-CSV-9jfy4.csv", "ae_month", 202, 201),
    ("ae_england/August-2025-CSV-g5tyh-v2.0.csv", "ae_month", 202, 201),
    *((f"ae_england/ae_activity_{month}.csv", "ae_month", rows + 1, rows) for month, rows in (
        ("2024-04", 197), ("2024-05", 197), ("2024-06", 197), ("2024-07", 198), ("2024-08", 198), ("2024-09", 197),
        ("2024-10", 198), ("2024-11", 198), ("2024-12", 198), ("2025-01", 198), ("2025-02", 198), ("2025-03", 198),
    )),
    ("ae_england/ae_attendances.csv", "ae_attendances", 12765, 12765),
    ("beds_kh03/master-quarterly-trust.csv", "kh03_panel", 5464, 5436),
    ("gp_appointments/Regional_CSV_Somerset.csv", "gp_appointments", 6645, 6645),
    ("gp_appointments/Regional_CSV_Dorset.csv", "gp_appointments", 5638, 5638),
    ("gp_appointments/Regional_CSV_Gloucestershire.csv", "gp_appointments", 7123, 7123),
    ("rtt_waiting/NHS_timeseries.csv", "rtt_overview", 228, 222),
    ("rtt_waiting/RTT-Overview-Timeseries-Including-Estimates-for-Missing-Trusts-Dec25-XLS-115K-6jPlxd.xlsx",
     "rtt_overview", 228, 225),
    ("rtt_waiting/waiting lists for NHS Regions.csv", "rtt_regions", 6804, 6489),
    ("rtt_waiting/waiting list flow for STPs.csv", "rtt_flow", 1260, 1260),
    ("rtt_waiting/waiting lists for Wales - raw data - July 2022.csv", "rtt_wales", 131, 131),
]  # fmt: skip

#: Every other file belongs to another chapter or is no CSV, and is refused with one of these sentences.
REFUSALS = r"layout is not recognised|sheets with data|no readable xlsx, xls or ods workbook|it is not text"

OTHERS = sorted(
    {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file() and path.name != "README.md"}
    - {file for file, *_ in READ}
)


@pytest.mark.parametrize(("file", "layout", "rows_in", "rows_used"), READ)
def test_every_file_of_this_chapter_is_read_and_its_totals_agree(file, layout, rows_in, rows_used):
    reading = read_official(FOLDER / file)
    assert reading.layout == layout
    assert reading.report["rows_in"].iloc[0] == rows_in
    assert reading.report["rows_used"].iloc[0] == rows_used
    compared = reading.report.dropna(subset=["file_says"])
    assert compared["own"].to_numpy() == pytest.approx(compared["file_says"].to_numpy(), rel=1e-9)
    assert reading.table["value"].replace([np.inf, -np.inf], np.nan).notna().any()


@pytest.mark.parametrize("file", OTHERS)
def test_every_other_file_is_refused_with_what_was_expected(file):
    with pytest.raises(DataError, match=REFUSALS):
        read_official(FOLDER / file)


@pytest.mark.parametrize(
    ("carried", "file", "indicator", "units"),
    [
        ("kh03_beds_england", "beds_kh03/master-quarterly-trust.csv", "ga_occupancy_percent", ("England", "England")),
        (
            "rtt_england_monthly",
            "rtt_waiting/NHS_timeseries.csv",
            "incomplete_median_wait_weeks",
            ("England", "England"),
        ),
        ("ae_england_monthly", "ae_england/ae_attendances.csv", "within_4h_percent", ("England", "England")),
        (
            "gp_appointments_counties",
            "gp_appointments/Regional_CSV_Dorset.csv",
            "appointments",
            ("Dorset", "NHS Dorset CCG"),
        ),
    ],
)
def test_the_carried_totals_come_from_the_files(carried, file, indicator, units):
    own = pick_series(datasets.load(carried), indicator=indicator, unit=units[0]).set_index("period")["value"]
    real = pick_series(read_official(FOLDER / file).table, indicator=indicator, unit=units[1]).set_index("period")[
        "value"
    ]
    both = own.index.intersection(real.index)
    assert len(both) == len(real)
    if carried == "kh03_beds_england":  # its sums leave out a trust with an impossible number of beds
        both = both.drop("2024-10-01")
    assert own[both].to_numpy() == pytest.approx(real[both].to_numpy(), abs=0.006)


def test_the_folder_of_ae_months_becomes_one_series(tmp_path):
    """Sixteen months in four styles of file name; without June 2025, which is not among the files."""
    for file in [*(FOLDER / "ae_england").glob("*2025*.csv"), *(FOLDER / "ae_england").glob("ae_activity*.csv")]:
        if not (tmp_path / file.name).exists():
            (tmp_path / file.name).symlink_to(file)
    series = pick_series(read_series(tmp_path), indicator="within_4h_percent", unit="England").set_index("period")
    shares = series["value"].dropna().round(2)
    assert len(shares) == 16
    assert shares["2025-04-01":].to_list() == [74.77, 75.39, 76.40, 75.87]
    assert shares["2024-04-01":"2024-06-01"].to_list() == [74.49, 73.96, 74.59]  # from the total row of each file


def test_the_trusts_of_the_field_test_are_named():
    """Fourteen trusts at a time (fifteen codes: two merge) hold zeros from 2019-20 Q2 to 2022-23 Q4."""
    import pandas as pd

    raw = pd.read_csv(FOLDER / "beds_kh03" / "master-quarterly-trust.csv", keep_default_na=False)
    raw["share"] = pd.to_numeric(raw["ae_type1_pct_4hr"], errors="coerce")
    trusts = raw[raw["org_code"] != "NAN"].dropna(subset=["share"])
    silent = trusts[trusts.groupby("org_code")["share"].transform(suspicious_zeros).astype(bool)]
    assert (silent["org_code"].nunique(), len(silent)) == (15, 210)
    assert (silent["period"].min(), silent["period"].max()) == ("2019-20 Q2", "2022-23 Q4")


def test_an_england_row_among_trusts_is_found_by_its_sum():
    import pandas as pd

    raw = pd.read_csv(FOLDER / "beds_kh03" / "master-quarterly-trust.csv", keep_default_na=False)
    raw["beds"] = pd.to_numeric(raw["kh03_avail_ga_avg_beds"])
    quarter = raw[raw["period"] == "2019-20 Q1"]
    assert total_units(quarter, unit="org_code", value="beds") == ["NAN"]
