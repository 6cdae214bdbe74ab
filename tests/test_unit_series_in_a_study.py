"""What the checks of a series do to a page about it: said beside the chart and in the finding, or it is refused."""

import numpy as np
import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.trends import open_study, words
from test_unit_readers import TOTAL, A, B, ae
from test_unit_series_values import COUNTS, HEADER, SHARES, series, write


def test_the_official_overview_gives_what_the_bundled_copy_gives(shared):
    options = {"indicator": "incomplete_median_wait_weeks", "unit": "England", "change": "2020-03-01"}
    options["last"] = "2023-12-01"
    file = shared / "real_data/rtt_waiting/NHS_timeseries.csv"
    own, ours = (open_study(data=str(data), **options) for data in (file, "rtt_england_monthly"))
    assert own.left_out == ours.left_out != ""
    assert own.found.at_horizon.absolute == pytest.approx(ours.found.at_horizon.absolute, rel=1e-9)


def test_a_break_in_a_copy_of_the_series_is_charted_in_two_parts(tmp_path):
    days = pd.date_range("2017-05-01", "2020-02-01", freq="MS")
    values = [90 + place % 3 - 8 * (day >= pd.Timestamp("2019-05-01")) for place, day in enumerate(days)]
    table = pd.DataFrame({"indicator": "within_4h_percent", "unit": "England", "period": days, "value": values})
    table.to_csv(tmp_path / "copy.csv", index=False)
    options = {"data": str(tmp_path / "copy.csv"), "indicator": "within_4h_percent", "unit": "England"}
    study = open_study(**options, change="2019-05-01")
    assert len(study.series) == len(table)
    assert "from 2019-05: fourteen trusts in a field test" in words.warning_words(study)
    assert "Check first: from 2019-05: fourteen trusts" in words.finding(study)
    assert study.chart.segments["segment"].max() == 2
    with pytest.raises(DataError, match=r"change outside.*Left out as counted in another way.*Set breaks to 'keep'"):
        open_study(data="rtt_england_monthly", indicator="incomplete_median_wait_weeks", unit="England",
                   change="2024-02-01")  # fmt: skip


def test_a_warning_stands_before_the_chart_and_in_the_finding(tmp_path, shared):
    months, negative, part = (tmp_path / name for name in ("months", "negative", "part"))
    for folder in (months, negative, part):
        folder.mkdir()
    for month, rows in (("APRIL", (A, B, TOTAL)), ("MAY", (A, TOTAL)), ("JUNE", (A, B, TOTAL))):
        ae(months, f"{month}.csv", month=month, rows=rows)
    numbers = [824.2, 803.7, 820.5, 811.1, 799.9, -5.0, 805.5, 816.2, 809.3, 821.4, 801.8, 812.6]
    partial = [2060, 2108, 2129, 2023, 2090, 2077, 2101, 2088, 2064, 2095, 2110, 310]
    own, wild = shared / "cases/own_data", shared / "cases/wild"
    for path, indicator, unit, says in (
        (months, "attendances", "England", "MAY.csv: attendances add up to 1,260"),
        (write(negative, series(numbers)), "falls", "Ward 7", "column 'value' is -5 in 2022-06"),
        (write(part, series(partial)), "falls", "Ward 7", "2022-12 (310) is far below"),
        (own / "ts_negative.csv", "referrals", "Trust", "negative"),
        (wild / "d11_england_4h_own_copy.csv", "within_4h_percent", "England", "from 2019-05"),
        (wild / "d12_ae_folder_total_differs", "attendances", "England", "total row"),
        (wild / "d15_last_month_partial.csv", "trolleys", "Hospital", "is far below all others"),
    ):
        study = open_study(data=str(path), indicator=indicator, unit=unit)
        assert says in words.warning_words(study)
        assert "Check first" in words.finding(study)


def test_a_rate_reaches_the_models_in_its_own_unit(tmp_path):
    rows = [(*row[:3], 6.6, 33, 5000) for row in series(COUNTS, indicator="falls_per_1000")]
    study = open_study(data=str(write(tmp_path, rows, HEADER)), indicator="falls_per_1000", unit="Ward 7")
    assert study.measure.per == 1000
    assert not study.measure.count


@pytest.mark.parametrize(("freq", "name"), [("D", "day"), ("7D", "week"), ("MS", "month"), ("QS", "quarter")])
def test_every_step_reaches_the_study(tmp_path, freq, name):
    rows = series([*SHARES, *SHARES[::-1]], indicator="score", freq=freq, start="2000-01-01")
    study = open_study(data=str(write(tmp_path, rows)), indicator="score", unit="Ward 7")
    assert study.period_name == name
    assert len(study.series) == 24


def test_a_regression_on_weeks_and_days_says_what_it_supports(tmp_path):
    for freq, names in (("7D", ["season"]), ("D", ["days of the week", "season"])):
        rows = series([*SHARES, *SHARES[::-1]], indicator="score", freq=freq, start="2022-01-02")
        options = {"data": str(write(tmp_path, rows)), "indicator": "score", "unit": "Ward 7", "change": rows[12][2]}
        assert [one.name for one in open_study(**options, season="harmonic").findings] == names
        assert "season" not in [one.name for one in open_study(**options).findings]
        with pytest.raises(DataError, match=r"parameter 'season' is 'months', which for (weeks|days) means"):
            open_study(**options, season="months")


def test_month_ends_are_noted(tmp_path):
    write(tmp_path, series(COUNTS, start="2021-04-30", freq="ME"))
    study = open_study(data=str(tmp_path / "mine.csv"), indicator="falls", unit="Ward 7")
    assert "2021-04-30 are the last day of a month" in study.findings[-1].says
    assert np.isfinite(study.series["value"]).all()
