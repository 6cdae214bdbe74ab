"""What is seen in a series before any model: each by name, and which of them ends the analysis."""

import numpy as np
import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.io import check_series, regular, require, step_of, suspicious_zeros, total_units


def frame(values, start="2020-01-01", freq="MS", **columns):
    return pd.DataFrame({"period": pd.date_range(start, periods=len(values), freq=freq), "value": values, **columns})


def found(table, **options):
    return {one.name: one for one in check_series(table, **options)}


def test_a_clean_series_has_no_problem():
    assert check_series(frame(np.arange(50.0, 74.0)), change="2021-01-01", target=60) == []


def test_dates_that_run_backwards_are_named_and_put_in_order():
    table = frame(np.arange(5.0, 25.0)).iloc[[0, 2, 1, *range(3, 20)]]
    seen = found(table)
    assert seen["order"].severity == "warn"
    assert "run backwards at 2020-02" in seen["order"].says
    assert regular(table)["value"].to_list() == list(np.arange(5.0, 25.0))


def test_a_period_twice_stops():
    table = pd.concat([frame([5.0, 6, 7]), frame([8.0])], ignore_index=True)
    assert found(table)["duplicate"].severity == "stop"
    with pytest.raises(DataError, match=r"2020-01 occurs more than once.*\n.*nothing was written"):
        require(check_series(table))


def test_months_and_quarters_mixed_stop():
    mixed = pd.DataFrame(
        {"period": pd.to_datetime(["2020-01-01", "2020-02-01", "2020-05-01", "2020-08-01", "2020-11-01"])}
    )
    assert found(mixed.assign(value=1.0))["mixed frequency"].severity == "stop"
    assert step_of(pd.date_range("2020-01-01", periods=6, freq="QS")).name == "quarter"


def test_a_gap_is_left_as_a_gap():
    table = frame(np.arange(50.0, 70.0)).drop(index=[4, 5])
    assert "2020-05, 2020-06 is not in the data" in found(table)["gap"].says
    filled = regular(table)
    assert len(filled) == 20
    assert filled["value"].isna().sum() == 2


def test_a_denominator_of_zero_is_no_rate():
    table = frame([50.0, np.nan, 52, 51], numerator=[5.0, 0, 6, 5], denominator=[10.0, 0, 12, 10])
    assert "2020-02 has a denominator of 0" in found(table)["zero denominator"].says


def test_negative_counts_stop():
    assert "column 'value' is -3 in 2020-02" in found(frame([5.0, -3, 4]), counts=True)["negative"].says
    assert "negative" not in found(frame([5.0, -3, 4]))
    table = frame([5.0, 3, 4], numerator=[1.0, -1, 1], denominator=[2.0, 2, 2])
    assert found(table)["negative"].severity == "stop"


@pytest.mark.parametrize(
    ("change", "name", "severity"),
    [
        ("2019-12-01", "change outside", "stop"),
        ("2020-01-01", "change outside", "stop"),
        ("2022-06-01", "change outside", "stop"),
        ("2020-03-01", "few points", "stop"),
        ("2020-06-01", "few points", "warn"),
    ],
)
def test_a_change_date_needs_points_on_both_sides(change, name, severity):
    assert found(frame(np.arange(50.0, 74.0)), change=change)[name].severity == severity


def test_a_target_of_the_wrong_sign_stops():
    assert "target -5 is negative" in found(frame([50.0, 51, 52]), target=-5)["target"].says


def test_a_change_of_definition_inside_the_series_is_named():
    breaks = [("2020-02-01", "community services leave"), ("2010-01-01", "long ago")]
    says = [one.says for one in check_series(frame([50.0, 51, 52]), breaks=breaks)]
    assert says == ["from 2020-02: community services leave"]


def test_a_series_of_nothing_stops():
    assert found(frame([np.nan, np.nan]))["no values"].severity == "stop"


def test_zeros_that_stand_for_missing():
    seen = found(frame([0.81, 0.83, 0.0, 0.0, 0.8, 0.79]))["zero for missing"]
    assert "2020-03, 2020-04 is exactly 0" in seen.says
    assert seen.severity == "warn"
    assert not suspicious_zeros(np.array([0.0, 1, 2, 0, 1, 3]), counts=True).any()
    assert suspicious_zeros(np.array([0.0, 90, 110, 95]), counts=True)[0]


def test_a_total_row_is_found_by_its_sum():
    table = pd.DataFrame(
        {
            "period": [1, 1, 1, 1, 2, 2, 2, 2],
            "trust": ["A", "B", "C", "X99"] * 2,
            "seen": [10, 20, 30, 60, 11, 21, 31, 63],
        }
    )
    assert total_units(table, unit="trust", value="seen") == ["X99"]
    assert total_units(table.replace({"seen": {63: 64}}), unit="trust", value="seen") == []


def test_units_that_report_zero_are_found_by_their_own_other_values():
    table = pd.DataFrame({"trust": ["RA"] * 6 + ["RB"] * 6, "share": [0.8] * 6 + [0.8, 0.8, 0, 0, 0, 0.7]})
    silent = table[table.groupby("trust")["share"].transform(suspicious_zeros).astype(bool)]
    assert silent["trust"].to_list() == ["RB"] * 3


def test_zeros_kept_in_the_denominator_make_a_step_that_is_not_there():
    """Two trusts of ten stop reporting; everyone's performance stays at 80 %."""
    size = np.full((10, 24), 1000.0)
    within = size * 0.8
    within[:2, 12:] = 0
    kept = 100 * within.sum(axis=0) / size.sum(axis=0)
    dropped = 100 * within[2:].sum(axis=0) / size[2:].sum(axis=0)
    assert kept[12] - kept[11] == pytest.approx(-16)
    assert dropped[12] - dropped[11] == pytest.approx(0)
