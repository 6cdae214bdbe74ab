"""Funnel limits and overdispersion against R and the worked example of Spiegelhalter's method."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.spc.funnels import funnel, overdispersion, proportion_limits, ratio_limits

UNITS = pd.DataFrame({"unit": list("ABCDE"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})
SPREAD = pd.DataFrame(
    {"unit": list("ABCDEFGH"), "a": [30, 80, 25, 9, 130, 66, 41, 12], "n": [300, 450, 260, 190, 580, 390, 400, 210]}
)


def test_worked_example_without_winsorising():
    """R 4.2.2, arcsine z-scores by hand: p0 0.138235, phi 0.708782, tau2 0."""
    found = funnel(UNITS, unit="unit", observed="a", size="n", winsorised=0)
    assert found.target == pytest.approx(0.138235, abs=5e-7)
    assert found.dispersion.phi == pytest.approx(0.708782, abs=5e-7)
    assert found.dispersion.tau2 == 0
    assert not found.adjusted


def test_overdispersed_limits_match_r():
    """R 4.2.2: quantile() winsorising at 10 and 90 %, tau2, sin(asin(sqrt(p0)) -+ qnorm(.975)*s)^2."""
    found = funnel(SPREAD, unit="unit", observed="a", size="n", levels=(0.95, 0.998))
    assert found.dispersion.phi == pytest.approx(8.444292239, abs=1e-9)
    assert found.dispersion.tau2 == pytest.approx(0.006338524136, abs=1e-12)
    assert found.points["inner_lower"].to_list()[:3] == pytest.approx([0.047402739, 0.048791869, 0.046776994], abs=1e-9)
    assert found.points["inner_upper"].to_list()[:3] == pytest.approx([0.27449139, 0.27159893, 0.27581061], abs=1e-8)


def test_ratio_dispersion_with_a_zero_count_matches_r():
    """R 4.2.2: log ratio, zero count as 0.5 over expected + 0.5, standard error 1/sqrt(expected)."""
    found = overdispersion(
        np.array([12, 30, 0, 44]), np.array([10, 22, 3.5, 50]), target=1.0, kind="ratio", winsorised=0
    )
    assert (found.phi, found.tau2) == pytest.approx((4.6000159332, 0.3124597649), abs=1e-9)


def test_exact_binomial_limits_match_r():
    """R 4.2.2: qbinom, pbinom and dbinom interpolated at 2.5 and 97.5 %, n 100, p 0.138235."""
    lower, upper = proportion_limits(0.138235, np.array([100.0]), exact=True)
    assert (lower[0], upper[0]) == pytest.approx((0.069275099, 0.2045789), abs=1e-7)


@given(st.floats(0.02, 0.98), st.integers(5, 5000))
def test_a_larger_unit_has_narrower_limits_around_the_target(target, size):
    small = proportion_limits(target, np.array([float(size)]))
    large = proportion_limits(target, np.array([float(size * 4)]))
    assert small[0][0] <= large[0][0] <= target <= large[1][0] <= small[1][0]


def test_ratio_limits_hold_the_target():
    lower, upper = ratio_limits(1.0, np.array([0.5, 5.0, 500.0]))
    assert (lower < 1).all()
    assert (upper > 1).all()
    assert (lower >= 0).all()


def test_places_are_named_and_an_empty_unit_is_left_out_not_zero():
    units = pd.DataFrame({"unit": list("ABCD"), "a": [10, 90, 12, 0], "n": [100, 100, 100, 0]})
    found = funnel(units, unit="unit", observed="a", size="n", target=0.12, adjust=False)
    assert found.points["place"].to_list() == ["inside", "above outer", "inside"]
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": [12, 18, 25, -9, 30]}, "unit 'D': -9 is negative"),
        ({"a": [12, 18, 25, 900, 30]}, "unit 'D' has 900 events among 90 people; are the columns"),
        ({"unit": list("ABCDD")}, "unit 'D' occurs twice"),
        ({"n": [0, 0, 0, 0, 0]}, "no unit has both"),
    ],
)
def test_bad_input_names_the_unit(change, message):
    with pytest.raises(DataError, match=message):
        funnel(UNITS.assign(**change), unit="unit", observed="a", size="n")


def test_a_percentage_target_is_refused():
    with pytest.raises(DataError, match="a proportion, not a percentage"):
        funnel(UNITS, unit="unit", observed="a", size="n", target=14)


def test_one_unit_has_no_dispersion_and_says_why():
    found = overdispersion(np.array([3]), np.array([10]), target=0.3)
    assert found.phi is None
    assert "at least two units" in found.reason
