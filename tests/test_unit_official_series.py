"""Series with the source of each row, computed from small hand-made files in the official layouts."""

from __future__ import annotations

import pandas as pd
import pytest

from compendium.spreadsheet import to_csv
from everyday.official import series
from healthsys.errors import DataError
from test_unit_hospital import at, trusts
from test_unit_readers import GP, RTT, TOTAL, A, B, ae


def panel(folder, frame: pd.DataFrame):
    """Write a panel of trusts by quarter; beds occupied follow from beds and occupancy."""
    beds, rate = frame["kh03_avail_ga_avg_beds"], frame["kh03_occ_ga_rate"]
    frame.assign(kh03_occ_ga_avg_beds=beds * rate).to_csv(folder / "panel.csv", index=False)
    return folder / "panel.csv"


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return numbers by period and indicator, as they are in the CSV file."""
    return table.pivot(index="period", columns="indicator", values="value").astype(float)


def test_a_row_with_an_impossible_number_of_beds_is_not_in_the_sums(tmp_path):
    frame = trusts().query("org_code != 'NAN'").assign(kh03_occ_ga_rate=0.9)
    right = wide(series.beds(panel(tmp_path, frame)))
    assert right["ga_beds_available"].tolist() == [3600.0] * 8  # nine trusts of 200 to 600
    wrong = at(frame, "R01", "2019-20 Q4")
    frame.loc[wrong, ["kh03_avail_ga_avg_beds", "kh03_occ_ga_rate"]] = [2500.0, 0.09]
    table = series.beds(panel(tmp_path, frame))
    found = wide(table)
    assert found.iloc[:-1].equals(right.iloc[:-1])
    assert found.loc["2020-01-01"].tolist() == [3350.0, 3015.0, 90.0]  # without R01 and its 250 beds
    last = table.iloc[-1]
    assert (last["value"], last["numerator"], last["denominator"]) == ("90", "3015", "3350")
    assert set(table["unit"]) == {"England"}


def test_trusts_of_the_field_test_are_those_with_a_zero(tmp_path):
    frame = trusts(3).assign(ae_type1_pct_4hr=0.8, ae_type1_attendances=1000.0)
    frame.loc[at(frame, "R00", "2018-19 Q2"), "ae_type1_pct_4hr"] = 0.0
    frame.loc[frame["org_code"] == "R02", ["ae_type1_pct_4hr", "ae_type1_attendances"]] = [None, 0.0]
    found = series.ae_reporting(panel(tmp_path, frame))
    columns = ["unit", "trusts", "numerator", "denominator", "answered"]
    assert found[found["period"] == "2018-07-01"][columns].to_numpy().tolist() == [
        ["all others", 1, 800, 1000, 1000],
        ["field test", 1, 0, 1000, 0],
    ]
    assert found[["numerator", "answered"]].iloc[0].tolist() == [800, 1000]
    assert len(found) == 16
    assert found["locator"].iloc[-1].endswith("ae_type1_pct_4hr, 2019-20 Q4")


def test_a_e_of_england_is_the_teaching_set_and_then_the_months(tmp_path):
    first = tmp_path / "ae_attendances.csv"
    first.write_text(
        "period,org_code,type,attendances,breaches,admissions\n"
        "2016-04-01,RA1,1,1000,150,300\n2016-04-01,RA1,other,200,0,0\n2016-04-01,RB1,1,500,100,90\n"
    )
    table = series.ae_england(first, ae(tmp_path, "April.csv", rows=(A, B, TOTAL)))
    assert set(table["unit"]) == {"England"}
    found = wide(table)
    assert found.loc["2016-04-01", ["attendances", "type1_attendances"]].tolist() == [1700, 1500]
    assert found.loc["2016-04-01", "within_4h_percent"] == 85.2941  # 1450 of 1700
    assert found.loc["2025-04-01", "attendances"] == 1260 + 900
    named = table.set_index(["indicator", "period"])["locator"]
    assert named["attendances", "2025-04-01"] == "April.csv: sum over providers, booked and unbooked"
    assert named["attendances", "2016-04-01"] == "sum over organisations and types"
    with pytest.raises(DataError, match=r"April\.csv is of the layout ae_month; needed is ae_attendances"):
        series.ae_england(tmp_path / "April.csv")


def test_waits_are_copied_with_the_name_of_their_column(tmp_path):
    path = tmp_path / "overview.csv"
    path.write_text(RTT, encoding="utf-8")
    table = series.waits_england(path)
    kept = ["incomplete_median_wait_weeks", "incomplete_percent_within_18_weeks"]
    assert table["indicator"].unique().tolist() == kept
    assert table["value"].tolist() == ["1014.3", "13.4", "57.2", "59.1"]
    assert table["locator"].iloc[-1] == "Incomplete RTT pathways, % within 18 weeks, as reported"
    assert set(table["numerator"]) == {""}


def test_counties_have_their_own_names_and_a_whole_number_has_no_point(tmp_path):
    path = tmp_path / "Regional.csv"
    path.write_text(GP, encoding="utf-8")
    table = series.gp_counties(path)
    assert set(table["unit"]) == {"Somerset"}
    line = to_csv(table).splitlines()[1].split(",")
    assert line[:6] == ["appointments", "Somerset", "2019-03-01", "100", "", ""]
