"""Intervals over clusters, against R and their own properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.statistics import bootstrap_interval, mean_interval

TEAMS = [120.0, 150.0, 135.0, 141.0, 128.0, 163.0]


def test_t_interval_matches_r():
    """R 4.2.2: t.test(c(120,150,135,141,128,163))$conf.int -> 123.259157 155.740843; estimate 139.5."""
    found = mean_interval(TEAMS)
    assert (found.estimate, found.lower, found.upper, found.n) == pytest.approx(
        (139.5, 123.259157, 155.740843, 6), abs=5e-6
    )


@given(st.lists(st.floats(0, 300), min_size=2, max_size=12), st.floats(-50, 50))
def test_a_shift_of_all_teams_shifts_the_interval(values, shift):
    here, there = mean_interval(values), mean_interval([value + shift for value in values])
    assert there.lower - here.lower == pytest.approx(shift, abs=1e-6)
    assert here.lower <= here.estimate <= here.upper


def test_missing_teams_are_left_out_and_too_few_give_a_reason():
    assert mean_interval([*TEAMS, float("nan")]) == mean_interval(TEAMS)
    one, none = mean_interval([140.0]), mean_interval([])
    assert (one.estimate, one.lower) == (140.0, None)
    assert "one cluster alone" in one.reason
    assert none.estimate is None
    assert "no value" in none.reason


def test_bootstrap_warns_with_few_teams_and_repeats_with_its_seed():
    found = bootstrap_interval(TEAMS, seed=3)
    assert found == bootstrap_interval(TEAMS, seed=3)
    assert found.lower < found.estimate < found.upper
    assert "rely on the t interval" in found.warning
    assert bootstrap_interval([float(value) for value in range(20)], seed=3).warning is None


@pytest.mark.parametrize(
    ("values", "reason"), [([], "no value"), ([1.0, 2.0], "fewer than three"), ([2.0] * 5, "equal")]
)
def test_bootstrap_without_variation_gives_a_reason(values, reason):
    found = bootstrap_interval(values, seed=1)
    assert found.lower is None
    assert reason in found.reason


def test_level_outside_its_range_is_refused():
    with pytest.raises(DataError, match=r"level is 95; allowed: a number between 0 and 1"):
        mean_interval(TEAMS, level=95)
