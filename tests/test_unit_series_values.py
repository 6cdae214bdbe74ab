"""Values and dates that cannot be, in a reader's own series: refused by row, or said, whichever unit they are in."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.io import (
    breaks_of,
    check_series,
    csv_files,
    multiplier_of,
    name_series,
    pick_series,
    read_series,
    regular,
    require,
    steps,
    suspicious_zeros,
    total_problems,
    values,
)
from workbooks import workbook

COUNTS = [13, 23, 17, 20, 18, 15, 22, 19, 16, 21, 14, 18]
SHARES = [86.1, 83.8, 84.2, 85.5, 88.0, 82.9, 84.4, 85.1, 86.6, 83.3, 84.9, 85.8]


def write(tmp_path, rows, header="indicator,unit,period,value"):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def series(numbers, *, indicator="falls", unit="Ward 7", start="2022-01-01", freq="MS"):
    days = pd.date_range(start, periods=len(numbers), freq=freq)
    return [(indicator, unit, f"{day:%Y-%m-%d}", number) for day, number in zip(days, numbers, strict=True)]


def looked(path, indicator, unit):
    """Read one series of a file and look at it, as a page does before any model; what stops an analysis is raised."""
    table = read_series(path)
    breaks, _ = breaks_of(table, indicator=indicator, unit=unit)
    own = pick_series(table, indicator=indicator, unit=unit)
    found = check_series(own, breaks=breaks, indicator=indicator)
    found += total_problems(table.attrs.get("reading", {}).get("report", ()))
    require(found)
    return regular(own), found


def having(numbers, place, number):
    return [*numbers[:place], number, *numbers[place + 1 :]]


@pytest.mark.parametrize("code", [-9, -99, -999, -9999, -99999, -999999, 999, 9999, 99999, 999999])
def test_a_code_for_missing_is_refused_with_row_and_value(tmp_path, code):
    path = write(tmp_path, series(having(COUNTS, 4, code)))
    with pytest.raises(
        DataError,
        match=rf"mine\.csv: column 'value', row 6: '{code}' is .*code for missing.*allowed: an empty cell",
    ):
        read_series(path)


@pytest.mark.parametrize("code", [-999999, 999999])
def test_a_code_in_one_unit_only_or_in_a_numerator_is_found(tmp_path, code):
    rows = series(COUNTS, unit="Ward 1") + series(having(COUNTS, 2, code), unit="Ward 2")
    with pytest.raises(DataError, match=rf"row 16: '{code}'"):
        read_series(write(tmp_path, rows))
    header = "indicator,unit,period,value,numerator,denominator"
    rows = [(*row[:3], "", 40, 50 if place != 3 else abs(code)) for place, row in enumerate(series(COUNTS))]
    with pytest.raises(DataError, match=rf"column 'denominator', row 5: '{abs(code)}' is .*probably a code"):
        read_series(write(tmp_path, rows, header))


def test_codes_that_can_be_real_are_kept():
    large = pd.DataFrame({"value": [999.0, 1200.0, 870.0]})
    assert values.faults(large, indicator="visits") == []
    assert values.faults(pd.DataFrame({"value": [99.0, 84.0, 91.0]}), indicator="seen_percent") == []
    month = values.faults(pd.DataFrame({"value": [*map(float, COUNTS), 99.0]}), indicator="falls")
    assert [(one.name, one.severity, one.positions.tolist()) for one in month] == [("code for missing", "warn", [12])]
    net = pd.DataFrame({"value": [12.0, -9.0, 5.0, -14.0, 3.0, -9.0, 8.0]})
    assert values.faults(net, indicator="net_change") == []
    assert values.faults(net, indicator="ward_score") == []
    assert values.faults(net.replace(12.0, -999999.0), indicator="net_change")[0].positions.tolist() == [0]


def test_the_size_from_which_a_code_is_out_of_place():
    """Three times the largest other value: 999 among 333 is not above it, among 332 it is."""
    for other, names in ((333.0, []), (332.0, ["code for missing"])):
        frame = pd.DataFrame({"value": [other, other - 5, other - 9, 999.0]})
        assert [one.name for one in values.faults(frame, indicator="visits")] == names


@pytest.mark.parametrize("number", [-1, -5, -40])
def test_a_negative_count_is_refused_for_an_indicator_of_ones_own(tmp_path, number):
    rows = series(COUNTS, unit="Ward 1") + series(having(COUNTS, 7, number), unit="Ward 2")
    with pytest.raises(DataError, match=rf"row 21: '{number}' is negative among whole numbers.*a count cannot be"):
        read_series(write(tmp_path, rows))


def test_a_negative_among_decimals_far_from_zero_is_a_warning_before_the_chart(tmp_path):
    numbers = [824.2, 803.7, 820.5, 811.1, 799.9, -5.0, 805.5, 816.2, 809.3, 821.4, 801.8, 812.6]
    _, (one,) = looked(write(tmp_path, series(numbers)), "falls", "Ward 7")
    assert (one.name, one.severity) == ("negative", "warn")
    assert one.says.startswith("column 'value' is -5 in 2022-06")
    near = pd.DataFrame({"value": [0.4, 1.2, -0.3, 2.2, 1.9, 0.8, 3.0, 2.4]})
    assert values.faults(near, indicator="ward_score") == []
    assert values.faults(-near, indicator="balance") == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (840, "row 4: '840' is a share above 100; allowed: 0 to 100"),
        (100.4, "row 4: '100.4' is a share above 100"),
        (-0.5, "row 4: '-0.5' is a share below 0"),
    ],
)
def test_a_share_outside_0_to_100_is_refused(tmp_path, number, message):
    rows = series(having(SHARES, 2, number), indicator="seen (%)")
    with pytest.raises(DataError, match=message):
        read_series(write(tmp_path, rows))


def test_what_may_exceed_100_is_a_warning_up_to_200():
    def found(number, indicator):
        return [(one.name, one.severity) for one in values.faults(pd.DataFrame({"value": [98.0, number]}),
                                                                  indicator=indicator)]  # fmt: skip

    assert found(104.0, "bed_occupancy_percent") == [("share", "warn")]
    assert found(200.5, "bed_occupancy_percent") == [("share", "stop")]
    assert found(104.0, "change_percent") == found(-4.0, "change_percent") == []
    assert found(104.0, "95th_percentile_weeks") == []
    assert found(100.0, "seen_percent") == []


def test_proportions_under_a_name_of_percent_are_said():
    seen = values.faults(pd.DataFrame({"value": [0.86, 0.83, 0.9, 1.0]}), indicator="seen_percent")
    assert [(one.name, one.severity) for one in seen] == [("share", "warn")]
    assert values.faults(pd.DataFrame({"value": [0.0, 1.0, 0.0, 1.0]}), indicator="seen_percent") == []


HEADER = "indicator,unit,period,value,numerator,denominator"


@pytest.mark.parametrize(
    ("indicator", "value", "top", "bottom", "message"),
    [
        ("seen_percent", 0.85, 850, 1000, r"row 2: '0\.85' is not 85, which is 100 × 850 / 1,000.*values times 100"),
        ("referrals", 800, 700, 800, r"row 2: '800' is neither 700 / 800 nor 100, 1,000 … times that"),
        ("seen_percent", 40, 850, 1000, r"'40' is not 85, which is 100 × 850 / 1,000; allowed: the ratio"),
        ("seen_percent", 95, 1000, 850, r"column 'numerator', row 2: '1000' is above the denominator of its row, 850"),
        ("falls_per_1000", 66, 33, 5000, r"'66' is not 6\.6, which is 1,000 × 33 / 5,000"),
        ("falls per 10000", 6.6, 33, 5000, r"'6\.6' is not 66, which is 10,000 × 33 / 5,000"),
    ],
)  # fmt: skip
def test_a_value_unlike_its_ratio_is_refused(tmp_path, indicator, value, top, bottom, message):
    rows = [(*row[:3], value, top, bottom) for row in series(COUNTS, indicator=indicator)]
    with pytest.raises(DataError, match=message):
        read_series(write(tmp_path, rows, HEADER))


def test_one_row_off_among_right_ones_is_named_alone(tmp_path):
    rows = [(*row[:3], 6.6, 33, 5000) for row in series(COUNTS, indicator="falls_per_1000")]
    rows[5] = (*rows[5][:3], 66, 33, 5000)
    with pytest.raises(DataError, match=r"row 7: '66' is not 6\.6, which is 1,000 × 33 / 5,000") as caught:
        read_series(write(tmp_path, rows, HEADER))
    assert str(caught.value).count("is not") == 1


def test_rounded_values_agree_with_their_ratio_and_a_small_difference_is_a_warning():
    frame = pd.DataFrame({"value": [66.7, 33.3], "numerator": [2, 1], "denominator": [3, 3]})
    assert values.faults(frame, indicator="seen_percent") == []
    frame["value"] = [66.9, 33.3]
    seen = values.faults(frame, indicator="seen_percent")
    assert [(one.name, one.severity) for one in seen] == [("value unlike its ratio", "warn")]
    assert seen[0].positions.tolist() == [0]
    # 5% of the ratio is the edge between a warning and a refusal
    for value, severity in ((69.9, "warn"), (70.2, "stop")):
        frame["value"] = [value, 33.3]
        assert values.faults(frame, indicator="seen_percent")[0].severity == severity


def test_counts_with_an_exposure_are_counts():
    frame = pd.DataFrame({"value": [7, 9], "numerator": [7, 9], "denominator": [900, 1000]})
    assert values.faults(frame, indicator="falls") == []
    assert values.multiplier_of(frame, indicator="falls") is None


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(401, 900)), min_size=2, max_size=20),
    st.sampled_from(values.MULTIPLIERS),
)
def test_an_exact_ratio_of_any_multiplier_is_never_a_fault(pairs, factor):
    top, bottom = map(np.array, zip(*pairs, strict=True))
    frame = pd.DataFrame({"value": factor * top / bottom, "numerator": top, "denominator": bottom})
    assert [one for one in values.faults(frame, indicator="events") if one.severity == "stop"] == []


def test_a_rate_reaches_the_models_in_its_own_unit(tmp_path):
    rows = [(*row[:3], 6.6, 33, 5000) for row in series(COUNTS, indicator="falls_per_1000")]
    own, _ = looked(write(tmp_path, rows, HEADER), "falls_per_1000", "Ward 7")
    assert multiplier_of(own, indicator="falls_per_1000") == 1000


def test_nobody_to_count_is_no_rate_of_zero(tmp_path):
    rows = [(*row[:3], 80, 40, 50) for row in series(COUNTS, indicator="seen_percent")]
    rows[3] = (*rows[3][:3], 0, 0, 0)
    table = read_series(write(tmp_path, rows, HEADER))
    assert pick_series(table, indicator="seen_percent", unit="Ward 7")["value"].isna().sum() == 1


def test_a_zero_is_improbable_from_a_usual_count_of_ten():
    """Mutant 9: Poisson(10) is 0 once in 22,026; Poisson(9) once in 8,103, which a long series may hold."""
    for usual, odd in ((10.0, True), (9.0, False)):
        marked = suspicious_zeros(np.array([usual] * 8 + [0.0]), counts=True)
        assert marked.tolist() == [False] * 8 + [odd]
    for lowest, odd in ((26.0, True), (24.0, False)):
        assert suspicious_zeros(np.array([100.0, lowest, 100.5, 99.5, 0.0]))[4] == odd


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (["2022-01-01", "2022-02-01", "9999-12-01"], r"row 4: 'A', seen: 9999-12 has a year that cannot be"),
        (["1900-01-01", "2022-01-01", "2022-02-01"], r"row 2: 'A', seen: 1900-01 is 122 years before its neighbour"),
        (["0022-01-01", "2022-01-01", "2022-02-01"], r"has a year that cannot be; allowed: 1800 to 2100"),
        (["2022-01-01", "2022-02-01", "2042-03-01"], r"2042-03 is 20 years after its neighbour 2022-02"),
    ],
)
def test_a_date_that_cannot_be_is_refused(tmp_path, dates, message):
    rows = [("seen", "A", date, 5 + place) for place, date in enumerate(dates)]
    with pytest.raises(DataError, match=message):
        read_series(write(tmp_path, rows))


def test_the_limits_of_dates_are_those_that_are_stated():
    assert steps.impossible_dates(pd.to_datetime(["1800-01-01", "1801-01-01"])) is None
    assert steps.impossible_dates(pd.to_datetime(["2100-01-01", "2101-01-01"])) is not None
    assert steps.impossible_dates(pd.to_datetime(["2010-01-01", "2020-01-01"])) is None
    assert steps.impossible_dates(pd.to_datetime(["2010-01-01", "2020-02-01"])) is not None
    assert steps.impossible_dates(pd.date_range("2000-01-01", periods=10_000)) is None
    assert "10,002 periods" in steps.impossible_dates(pd.date_range("2000-01-01", periods=10_003))


def dates(*parts):
    return pd.to_datetime([day for part in parts for day in part])


def run(start, periods, freq):
    return pd.date_range(start, periods=periods, freq=freq)


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        (dates(run("2021-04-01", 30, "MS"), run("2023-10-01", 9, "QS")), "months until 2023-09, quarters from 2023-10"),
        (dates(run("2021-04-01", 30, "MS"), run("2023-10-01", 3, "QS")), "months until 2023-09, quarters from 2023-10"),
        (dates(run("2018-01-01", 8, "QS"), run("2020-01-01", 24, "MS")), "quarters until 2019-10, months from 2020-01"),
        (dates(run("2015-01-01", 5, "YS"), run("2020-01-01", 24, "MS")), "years until 2019-01, months from 2020-01 on"),
        (dates(run("2018-01-01", 8, "QS"), run("2020-01-01", 4, "YS")), "quarters until 2019-10, years from 2020-01"),
        (dates(run("2023-01-01", 60, "D"), run("2023-03-02", 9, "7D")), "days until 2023-03, weeks from 2023-03-02"),
        (dates(run("2023-01-02", 20, "7D"), run("2023-06-01", 9, "MS")), "weeks until 2023-05-15, months from 2023-06"),
        (dates(run("2023-01-01", 10, "MS"), ["2023-10-15"]), "2023-10-15 does not fit: most dates are on day 1"),
        (run("2023-01-01", 10, "2MS"), "the periods are 2 months apart"),
        (run("2023-01-01", 10, "10D"), "the periods are 10 days apart"),
    ],
)  # fmt: skip
def test_a_mixed_frequency_is_refused_with_where_it_changes(tmp_path, periods, said):
    rows = [("seen", "A", f"{day:%Y-%m-%d}", 50 + place) for place, day in enumerate(periods)]
    with pytest.raises(DataError, match=said if said.startswith("the periods") else f"mixed frequency: .*{said}"):
        read_series(write(tmp_path, rows))
    frame = pd.DataFrame({"period": periods, "value": 1.0})
    assert said in {one.name: one.says for one in check_series(frame)}["mixed frequency"]
    with pytest.raises(DataError, match=said if said.startswith("the periods") else "mixed length"):
        regular(frame)


def test_single_gaps_are_no_mixture():
    months = run("2021-01-01", 40, "MS").delete([5, 6, 20, 21, 22])
    assert steps.step_of(months).name == "month"
    assert steps.step_of(run("2023-01-02", 40, "7D").delete([4, 9, 10])).name == "week"
    assert steps.step_of(run("2023-01-02", 40, "D").delete([4, 9, 10])).name == "day"


@pytest.mark.parametrize(
    ("freq", "name", "yearly"),
    [("D", "day", 365), ("7D", "week", 52), ("MS", "month", 12), ("QS", "quarter", 4), ("YS", "year", 1)],
)
def test_every_step_is_read_whole(tmp_path, freq, name, yearly):
    rows = series([*SHARES, *SHARES[::-1]], indicator="score", freq=freq, start="2000-01-01")
    own, _ = looked(write(tmp_path, rows), "score", "Ward 7")
    step = steps.step_of(own["period"])
    assert (step.name, step.per_year, len(own)) == (name, yearly, 24)


def test_month_ends_are_read_as_their_periods(tmp_path):
    rows = series(COUNTS, start="2021-04-30", freq="ME") + series(COUNTS[:4], unit="B", start="2021-06-30", freq="QE")
    table = read_series(write(tmp_path, rows))
    assert table["period"].iloc[:2].dt.strftime("%Y-%m-%d").to_list() == ["2021-04-01", "2021-05-01"]
    assert table["period"].iloc[-4:].dt.strftime("%Y-%m-%d").to_list() == [
        "2021-04-01", "2021-07-01", "2021-10-01", "2022-01-01"]  # fmt: skip
    assert "2021-04-30 are the last day of a month" in table.attrs["read_as"][0]
    mixed = series(COUNTS, start="2021-04-30", freq="ME") + series(COUNTS, unit="B", start="2021-04-01")
    table = read_series(write(tmp_path, mixed))
    assert table["period"].iloc[:12].to_list() == table["period"].iloc[12:].to_list()
    ends = series(COUNTS, start="2021-04-30", freq="ME")
    with pytest.raises(DataError, match="mixed frequency"):
        read_series(write(tmp_path, [*ends[:11], (*ends[11][:2], "2022-03-01", 3)]))
    with pytest.raises(DataError, match="row 3 repeats indicator"):
        read_series(write(tmp_path, [ends[0], *ends]))


@pytest.mark.parametrize(
    ("place", "number", "name", "says"),
    [
        (-1, 310, "last period", r"2022-12 \(310\) is far below all others \(lowest 2,023\): part of a month\?"),
        (0, 310, "first period", r"2022-01 \(310\) is far below all others"),
        (-1, 25000, "last period", r"2022-12 \(25,000\) is far above all others .*several months added up\?"),
    ],
)
def test_an_edge_that_is_part_of_a_period_is_said(tmp_path, place, number, name, says):
    numbers = [2060, 2108, 2129, 2023, 2090, 2077, 2101, 2088, 2064, 2095, 2110, 2071]
    numbers[place] = number
    _, (one,) = looked(write(tmp_path, series(numbers)), "falls", "Ward 7")
    assert (one.name, one.severity) == (name, "warn")
    assert re.search(says, one.says)


def test_an_edge_is_only_said_where_it_is_far_from_all_others():
    def names(numbers, **options):
        months = run("2022-01-01", len(numbers), "MS")
        frame = pd.DataFrame({"period": months, "value": [float(one) for one in numbers]})
        return [one.name for one in check_series(frame, **options)]

    level = [100, 101, 99, 100, 101, 99, 100]
    assert names([*level, 74]) == ["last period"]  # under three quarters of the lowest, 99
    assert names([*level, 75]) == []
    assert names([*level, 203]) == ["last period"]  # more than twice the highest, 101
    assert names([*level, 201]) == []
    assert names([95, 96, 94, 95, 96, 94, 95, 50], indicator="seen_percent") == []  # part of a month leaves a share be
    assert names([*level[:5], 50]) == []  # five others are too few
    assert names([10, 90, 20, 110, 15, 80, 30, 6]) == []  # far in share, but not for a series that moves like this
    assert names([30, 90, 40, 110, 35, 80, 30, 20]) == []


def test_two_spellings_of_a_unit_or_an_indicator_are_refused(tmp_path):
    for first, second in (("Ward 7", "WARD 7"), ("Ward 7", "Ward  7"), ("St-Mary", "St Mary")):
        rows = series(COUNTS, unit=first) + series(COUNTS, unit=second)
        with pytest.raises(DataError, match=rf"column 'unit', row 14: '{second}' is also written '{first}' \(row 2\)"):
            read_series(write(tmp_path, rows))
    rows = series(COUNTS) + series(COUNTS, indicator="Falls", unit="Ward 8")
    with pytest.raises(DataError, match="column 'indicator', row 14: 'Falls' is also written 'falls'"):
        read_series(write(tmp_path, rows))
    assert len(read_series(write(tmp_path, series(COUNTS) + series(COUNTS, unit="Ward 17")))) == 24


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("indicator,unit,month,value\nfalls,A,2022-01-01,3\n", "There is no column 'period'"),
        ("indicator,unit,period,value,value\nfalls,A,2022-01-01,3,4\n", "column 'value' occurs twice"),
        ("indicator,unit,period,value\nfalls,A,2022-01-01,inf\n", "row 2: 'inf' is not allowed"),
        ("indicator,unit,period,value\nfalls,A,2022-01-01,3\nfalls,A,2022-01-01,3\n", "row 3 repeats indicator"),
        ("indicator,unit,period,value\nfalls,A,2022-01-01,3\nfalls,A,2022-01-01,4\n", "row 3 repeats indicator"),
        ("indicator,unit,period,value\nfalls,A,2022-01-01,3\nTotal,,,3\n", "column 'unit', row 3: the cell is empty"),
        ("indicator,unit,period,value\nfalls,A,Total,3\n", "column 'period', row 2: 'Total' is not allowed"),
        ("geo,value\nA,3\n", "Expected a table with the columns indicator, unit, period, value .period and value"),
    ],
)
def test_a_table_that_is_no_tidy_one_says_what_to_change(tmp_path, text, message):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_series(path)


def test_the_reference_cases_are_each_met_with_an_answer(shared):
    """Kinds 1, 2, 4, 6 and 7 of ../shared/cases that hold a series: an answer in words, and no traceback."""
    own, wild = shared / "cases/own_data", shared / "cases/wild"
    for path, indicator, unit, message in (
        (own / "ts_dupvalue.csv", "referrals", "Trust", "occurs twice"),
        (own / "ts_inf.csv", "referrals", "Trust", "'inf' is not allowed"),
        (own / "ts_shortrow.csv", "referrals", "Trust", "row 5 has 3 cells"),
        (own / "ts_value_mismatch.csv", "referrals", "Trust", "neither 700 / 800"),
        (own / "ts_year9999.csv", "referrals", "Trust", "9999-12 has a year that cannot be"),
        (own / "months_then_quarters.csv", "referrals", "Trust", "months until 2023-09, quarters from 2023-10"),
        (wild / "d08_falls_minus999999.csv", "falls", "Ward 7", "code for missing"),
        (wild / "d09_share_over_100.csv", "seen_percent", "Trust", "'840' is a share above 100"),
        (wild / "d10_value_not_ratio.csv", "seen_percent", "Trust", "which is 100 × 860 / 1,000"),
    ):
        with pytest.raises(DataError, match=message):
            looked(path, indicator, unit)
    for path, indicator, unit, name in (
        (own / "ts_negative.csv", "referrals", "Trust", "negative"),
        (wild / "d11_england_4h_own_copy.csv", "within_4h_percent", "England", "definition"),
        (wild / "d12_ae_folder_total_differs", "attendances", "England", "total differs"),
        (wild / "d15_last_month_partial.csv", "trolleys", "Hospital", "last period"),
    ):
        _, found = looked(path, indicator, unit)
        assert name in [one.name for one in found if one.severity == "warn"]
    for path, indicator, unit, said in (
        (own / "ts_case.csv", "referrals", "Trust", "column 'Indicator' is read as 'indicator'"),
        (wild / "d17_month_labels.csv", "waits", "Ward 7", "is read as 2022-01-01: months"),
        (wild / "d18_star.csv", "falls", "Ward 7", "cells with a mark such as '*' count as missing"),
        (wild / "d19_header_case.csv", "waits", "Ward 7", "column 'Indicator' is read as 'indicator'"),
        (wild / "d20_title_and_notes.csv", "waits", "Ward 7", "row above the header is left out"),
        (wild / "d20_thousands.csv", "attendances", "Trust", "commas are thousands"),
    ):
        looked(path, indicator, unit)
        assert any(said in one for one in read_series(path).attrs["read_as"])
    for file, indicator, unit, name in (
        ("d16_weekly.csv", "attendances_weekly", "Board", "week"),
        ("d17_month_end.csv", "waits", "Ward 7", "month"),
    ):
        assert steps.step_of(looked(wild / file, indicator, unit)[0]["period"]).name == name


def test_each_threshold_of_the_values_is_where_it_is_said_to_be():
    def names(numbers, indicator="visits"):
        return [one.name for one in values.faults(pd.DataFrame({"value": numbers}), indicator=indicator)]

    assert names([12.0] * 18 + [-2.0, -3.0]) == ["negative"]  # a tenth
    assert names([12.0] * 17 + [-2.0, -3.0, -4.0]) == []  # more than a tenth: the indicator has a sign
    assert names([12.0] * 5 + [-2.0]) == ["negative"]  # one of six
    assert names([12.0] * 4 + [-2.0]) == []
    assert names([10.5] * 18 + [3.2, -0.5]) == ["negative"]  # the others stay above a quarter of 10.5, 2.625
    assert names([10.5] * 18 + [2.5, -0.5]) == []

    def ratio(value):
        frame = pd.DataFrame({"value": [value], "numerator": [2], "denominator": [3]})
        return [(one.severity, one.each[0][:7]) for one in values.faults(frame, indicator="rate")]

    assert ratio(66.6) == [("warn", "not 66.")]  # rounded to one decimal it is 66.7
    assert ratio(66.6627) == [("warn", "not 66.")]
    assert ratio(66.7) == ratio(66.6667) == []
    assert ratio(68.1)[0][0] == "stop"  # 2.15% from 100 times the ratio: no multiplier fits
    assert ratio(68.1)[0][1] == "neither"


def test_each_threshold_of_the_steps_and_edges_is_where_it_is_said_to_be():
    assert steps.step_of(pd.bdate_range("2023-01-02", periods=30)).name == "day"
    odd = pd.to_datetime(["2022-01-01", "2022-01-02", "2022-02-03", "2022-03-06", "2022-04-10"])
    assert steps.step_of(odd) is None

    def edge(last):
        numbers = [100.0, 110.0] * 4 + [last]
        return check_series(pd.DataFrame({"period": run("2022-01-01", 9, "MS"), "value": numbers}))

    # mean moving range 10, so three standard deviations are 3 × 10 / 1.128 = 26.6
    assert edge(74.0) == []
    assert [one.name for one in edge(73.0)] == ["last period"]
    assert not suspicious_zeros(np.array([3.0, 4.0, 3.0, 0.0, 4.0])).any()


def test_ten_faulty_cells_are_listed_and_the_rest_counted(tmp_path):
    with pytest.raises(DataError, match="and 2 more cells") as caught:
        read_series(write(tmp_path, series([840.0] * 12, indicator="seen_percent")))
    assert str(caught.value).count("is a share above 100") == 10


def mapped(monkeypatch, **columns):
    """Name the reader's columns, as ``-p column.NAME=MINE`` does."""
    monkeypatch.setenv(csv_files.COLUMNS_VARIABLE, json.dumps(columns))


def test_a_file_of_one_series_needs_periods_and_values_alone(tmp_path):
    months = [f"{day:%b-%y}" for day in pd.date_range("2022-01-01", periods=12, freq="MS")]
    path = write(tmp_path, zip(months, COUNTS, strict=True), header="period,value")
    table = read_series(path)
    assert set(zip(table["indicator"], table["unit"], strict=True)) == {("value", "your file")}
    assert "the file has one series, called 'value' in 'your file' here" in table.attrs["read_as"]
    assert looked(path, "value", "your file")[0]["value"].to_list() == COUNTS


def test_a_workbook_with_a_title_and_its_own_names_is_one_series(tmp_path, monkeypatch):
    mapped(monkeypatch, period="Month", value="Referrals")
    path = tmp_path / "referrals.xlsx"
    rows = [["Referrals to the clinic", None], [None, None], ["Month", "Referrals"]]
    rows += [[f"2022-{month:02}", count] for month, count in enumerate(COUNTS, start=1)]
    workbook(path, {"Sheet1": [*rows, ["Source: our own records", None]]})
    assert name_series(read_series(path)) == ("Referrals", "your file")
    assert looked(path, "Referrals", "your file")[0]["value"].to_list() == COUNTS


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("2022-01", 13), ("2022-02", 17), ("2022-02", 18)], "2022-02"),
        ([("2022-01", 13), ("2022-02", "many"), ("2022-03", 18)], "row 3.*'many'"),
        ([("2022-01", 13), ("2022-02", -999), ("2022-03", 18)], "row 3.*-999"),
    ],
)
def test_a_fault_in_a_file_of_one_series_is_named_by_row(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        read_series(write(tmp_path, rows, header="period,value"))


def test_several_series_are_listed_where_one_must_be_named(tmp_path):
    table = read_series(write(tmp_path, [*series(COUNTS), *series(COUNTS, indicator="sores", unit="Ward 8")]))
    assert name_series(table, indicator="sores") == ("sores", "Ward 8")
    with pytest.raises(DataError, match="2 indicators, and parameter 'indicator' is empty; choose one of: falls, so"):
        name_series(table)
    assert name_series(table, indicator="nothing like it") == ("nothing like it", "")
