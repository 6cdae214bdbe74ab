"""What a page says of a chart alone: few points, a constant series, a baseline, new limits and excluded periods."""

import numpy as np
import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.trends import figures, words
from healthsys.trends.study import open_study, other_charts


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


def opened(path, **options):
    return open_study(data=path, indicator="seen_percent", unit="Ward 7", **options)


def test_three_points_are_too_few_and_the_chart_says_so(tmp_path):
    """Case d14: three months were said to vary within their limits, without a warning."""
    study = opened(own(tmp_path, [61.0, 58.4, 63.1]))
    few = "The limits rest on 3 points; under 12 they are provisional."
    assert few in figures.chart_figure(study)["caption"]
    said = words.chart_finding(study)
    assert "has only 3 months, January 2022 to March 2022: too few to tell whether it is stable" in said
    assert few in said
    assert "no month stands out" not in said


def test_eleven_points_are_provisional_and_twelve_are_not(tmp_path):
    values = [61.0, 58.4, 63.1, 60.2, 61.7, 59.9, 60.4, 62.2, 58.8, 61.1, 60.6, 59.7]
    eleven, twelve = opened(own(tmp_path, values[:11])), opened(own(tmp_path, values))
    assert "rest on 11 points" in figures.chart_figure(eleven)["caption"]
    assert "provisional" not in figures.chart_figure(twelve)["caption"] + words.chart_finding(twelve)
    assert "no month stands out" in words.chart_finding(twelve)


def test_limits_from_before_a_change_on_few_points_are_provisional_too(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6)
    study = opened(own(tmp_path, values), change="2022-09-01")
    assert "The limits rest on 8 points; under 12 they are provisional." in figures.chart_figure(study)["caption"]


def test_a_series_always_on_its_target_passes_on_the_page(tmp_path):
    """Case d13: always 100% with a target of 100 was said to be met in some periods by chance."""
    path = own(tmp_path, [100.0] * 24, numerator=[40, 50] * 12, denominator=[40, 50] * 12)
    study = opened(path, target="100", improvement="increase")
    said = words.chart_finding(study)
    assert "meets the target of 100.0" in said
    assert "by chance" not in said
    table = other_charts(study).set_index("chart")
    assert (table.loc["p′ (Laney)", ["centre", "lower", "upper"]] == 100).all()
    assert "every case is an event in every period" in table.loc["p′ (Laney)", "remark"]
    assert table.loc["run chart", "remark"].startswith("fewer than 2 points lie off the median")


def test_the_shared_cases_are_read_right(shared):
    wild = shared / "cases" / "wild"
    always = open_study(
        data=str(wild / "d13_always_100.csv"), indicator="screened_percent", unit="Ward 7", target="100",
        improvement="increase",
    )  # fmt: skip
    assert "meets the target of 100.0" in words.assurance_words(always)
    assert always.chart.stable
    three = open_study(data=str(wild / "d14_three_points.csv"), indicator="waits", unit="Ward 7")
    assert "The limits rest on 3 points" in figures.chart_figure(three)["caption"]


def test_limits_begin_again_without_a_claimed_change(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6) + 15 * (np.arange(24) >= 12)
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24)
    one, two = opened(path), opened(path, rebase=["2023-01-01"])
    assert not one.chart.stable
    assert two.chart.stable
    assert two.change is None
    assert two.chart.segments["mean"].diff()[1] == pytest.approx(15)
    table = other_charts(two).set_index("chart")
    assert table["centre"].iloc[0] == pytest.approx(values[12:].mean())
    assert table.loc["p′ (Laney)", "centre"] == pytest.approx(values[12:].mean())
    assert table["special"].iloc[:3].to_list() == [0, 0, 0]
    assert table.loc["p′ (Laney)", "remark"].startswith("limits of the last part; spread")


def test_limits_come_from_a_baseline_without_a_claimed_change(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6) + 15 * (np.arange(24) >= 12)
    study = opened(own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24), baseline="2022-12-01")
    assert study.chart.points["mean"].iloc[-1] == pytest.approx(values[:12].mean())
    assert (study.chart.points["signal"] != "").sum() == 12
    assert "Limits come from the first 12 months." in figures.chart_figure(study)["caption"]
    table = other_charts(study).set_index("chart")
    assert table["centre"].iloc[:3].to_list() == pytest.approx([values[:12].mean()] * 3)
    assert table["special"].iloc[:3].to_list() == [12, 12, 12]


def test_an_excluded_month_is_shown_but_not_counted(tmp_path):
    values = np.tile([61.0, 58.4, 63.1, 60.2], 6)
    values[10] = 12.0
    path = own(tmp_path, values, numerator=10 * values, denominator=[1000] * 24)
    study = opened(path, exclude=["2022-11-01"])
    assert not opened(path).chart.stable
    assert study.chart.stable
    shown = figures.chart_figure(study)
    assert "1 point is shown but not counted." in shown["caption"]
    assert shown["drawn"]["excluded"].sum() == 1
    assert shown["drawn"]["value"][10] == 12
    assert "excluded" not in figures.chart_figure(opened(path))["drawn"]
    for width in (720, 358):
        figure = figures.draw_chart(study, width=width)
        assert "not counted" in figure.axes[0].get_legend_handles_labels()[1]
    assert other_charts(study)["special"].iloc[:3].to_list() == [0, 0, 0]


@pytest.mark.parametrize("name", ["baseline", "rebase", "exclude"])
def test_a_period_that_is_not_there_is_named(tmp_path, name):
    path = own(tmp_path, [61.0, 58.4, 63.1, 60.2])
    for day in ("2030-01-01", "2022-01-15"):
        with pytest.raises(
            DataError, match=f"parameter '{name}': {day} is no period of the series; allowed: .*2022-01-01"
        ):
            opened(path, **{name: day if name == "baseline" else [day]})
    with pytest.raises(DataError, match=f"parameter '{name}' is 'soon'; allowed: a date as YYYY-MM-DD"):
        opened(path, **{name: "soon" if name == "baseline" else ["soon"]})
