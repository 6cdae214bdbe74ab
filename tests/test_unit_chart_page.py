"""What the page of a chart alone says: few points, a constant series, a baseline, new limits, excluded periods."""

import re

import numpy as np
import pandas as pd
import pytest

from healthsys.errors import DataError
from pages import page


def own(tmp_path, values, *, numerator=None, denominator=None):
    """Write a reader's file of months and return its path."""
    frame = pd.DataFrame(
        {
            "indicator": "seen_percent",
            "unit": "Ward 7",
            "period": pd.date_range("2022-01-01", periods=len(values), freq="MS").strftime("%Y-%m-%d"),
            "value": values,
        }
    )
    if numerator is not None:
        frame["numerator"], frame["denominator"] = numerator, denominator
    path = tmp_path / "own.csv"
    frame.to_csv(path, index=False)
    return str(path)


def opened(path, *, notebook="control_chart", **options):
    return page(notebook, data=path, indicator="seen_percent", unit="Ward 7", **options)


def drawn(shown):
    figure = shown.figures["control-chart"]
    return pd.DataFrame(figure["rows"], columns=figure["columns"])


def test_three_points_are_too_few_and_the_chart_says_so(tmp_path):
    """Case d14: three months were said to vary within their limits, without a warning."""
    shown = opened(own(tmp_path, [61.0, 58.4, 63.1]))
    few = "The limits are based on 3 points; with fewer than 12 they are provisional."
    assert few in shown.figures["control-chart"]["caption"]
    said = shown.value("finding")
    assert "has only 3 months: too few to tell whether it is stable" in said
    assert said.startswith("From January 2022 to March 2022, ")
    assert few in said
    assert few in shown.prose
    assert "no month stands out" not in said


def test_eleven_points_are_provisional_and_twelve_are_not(tmp_path):
    values = [61.0, 58.4, 63.1, 60.2, 61.7, 59.9, 60.4, 62.2, 58.8, 61.1, 60.6, 59.7]
    eleven, twelve = opened(own(tmp_path, values[:11])), opened(own(tmp_path, values))
    assert "are based on 11 points" in eleven.figures["control-chart"]["caption"]
    assert "provisional" not in twelve.figures["control-chart"]["caption"] + twelve.value("finding") + twelve.prose
    assert "no month stands out" in twelve.value("finding")


def test_limits_from_before_a_change_on_few_points_are_provisional_too(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6)
    shown = opened(own(tmp_path, values), notebook="service_trends", change="2022-09-01", season="none")
    few = "The limits are based on 8 points; with fewer than 12 they are provisional."
    assert few in shown.figures["control-chart"]["caption"]
    assert "Limits are those from before the change (dotted line)." in shown.figures["control-chart"]["caption"]


def test_a_series_always_on_its_target_passes_on_the_page(tmp_path):
    """Case d13: always 100% with a target of 100 was said to be met in some periods by chance."""
    path = own(tmp_path, [100.0] * 24, numerator=[40, 50] * 12, denominator=[40, 50] * 12)
    shown = opened(path, target="100", improvement="increase")
    said = shown.value("finding")
    met = r"The target of 100\.0% was met in 12 of the 12 months to \w+ \d{4}\. By its limits, the process meets it"
    assert re.search(met, said)
    assert "by chance" not in said
    table = shown.tables["charts"].set_index("chart")
    assert (table.loc["p′ (Laney)", ["centre", "lower limit", "upper limit"]].astype(float) == 100).all()
    assert "every case is an event in every period" in table.loc["p′ (Laney)", "remark"]
    assert table.loc["run chart", "remark"].startswith("fewer than 2 points lie off the median")


def test_the_shared_cases_are_read_right(shared):
    wild = shared / "cases" / "wild"
    always = page(
        "control_chart", data=str(wild / "d13_always_100.csv"), indicator="screened_percent", unit="Ward 7",
        target="100", improvement="increase",
    )  # fmt: skip
    assert "By its limits, the process meets it every time." in always.value("finding")
    assert always.value("special_causes") == 0
    three = page("control_chart", data=str(wild / "d14_three_points.csv"), indicator="waits", unit="Ward 7")
    assert "The limits are based on 3 points" in three.figures["control-chart"]["caption"]


def test_limits_begin_again_without_a_claimed_change(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6) + 15 * (np.arange(24) >= 12)
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24)
    one, two = opened(path), opened(path, rebase=["2023-01-01"])
    assert one.value("special_causes") > 0
    assert two.value("special_causes") == 0
    assert drawn(two)["mean"].iloc[-1] - drawn(two)["mean"].iloc[0] == pytest.approx(15)
    table = two.tables["charts"].set_index("chart")
    assert table["centre"].iloc[:3].astype(float).to_list() == pytest.approx([values[12:].mean()] * 3, abs=0.05)
    assert table["points with special cause"].iloc[:3].astype(int).to_list() == [0, 0, 0]
    assert table.loc["p′ (Laney)", "remark"].startswith("limits of the last part; spread")


def test_limits_come_from_a_baseline_without_a_claimed_change(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6) + 15 * (np.arange(24) >= 12)
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24)
    shown = opened(path, baseline="2022-12-01")
    assert drawn(shown)["mean"].iloc[-1] == pytest.approx(values[:12].mean())
    assert shown.value("special_causes") == 12
    assert "Limits come from the first 12 months." in shown.figures["control-chart"]["caption"]
    table = shown.tables["charts"]
    assert table["centre"].iloc[:3].astype(float).to_list() == pytest.approx([values[:12].mean()] * 3, abs=0.05)
    assert table["points with special cause"].iloc[:3].astype(int).to_list() == [12, 12, 12]


def test_an_excluded_month_is_shown_but_not_counted(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6)
    values[10] = 12.0
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24)
    shown, counted = opened(path, exclude=["2022-11-01"]), opened(path)
    assert counted.value("special_causes") > 0
    assert shown.value("special_causes") == 0
    assert "1 point is shown but not counted." in shown.figures["control-chart"]["caption"]
    assert drawn(shown)["excluded"].sum() == 1
    assert drawn(shown)["value"][10] == 12
    assert "excluded" not in drawn(counted)
    assert shown.tables["charts"]["points with special cause"].iloc[:3].astype(int).to_list() == [0, 0, 0]


@pytest.mark.parametrize("name", ["baseline", "rebase", "exclude"])
def test_a_period_that_is_not_there_is_named(tmp_path, name):
    path = own(tmp_path, [61.0, 58.4, 63.1, 60.2])
    for day in ("2030-01-01", "2022-01-15"):
        with pytest.raises(
            DataError, match=f"parameter '{name}': {day} is not a period of the series; allowed: .*2022-01-01"
        ):
            opened(path, **{name: day if name == "baseline" else [day]})
    with pytest.raises(DataError, match=f"parameter '{name}' is 'soon'; allowed: a date as YYYY-MM-DD"):
        opened(path, **{name: "soon" if name == "baseline" else ["soon"]})


def test_lengths_of_runs_reach_every_chart_of_the_page(tmp_path):
    values = np.r_[np.tile([61.0, 58.4, 63.1, 60.2], 4), 61.4, 62.0, 61.9, 62.3, 61.6]
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 21)
    long, short = opened(path), opened(path, shift_length=5)
    assert long.value("special_causes") == 0
    assert short.value("special_causes") == 5
    assert (short.tables["charts"]["points with special cause"].iloc[:3].astype(int) >= 5).all()
