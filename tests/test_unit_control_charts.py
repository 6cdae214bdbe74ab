"""Control charts against their reference implementations, closed forms and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.spc.charts import assurance, capability, variation, xmr
from healthsys.spc.counts import RunChart, p_prime, run_chart, u_prime

VIGNETTE = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
EVENTS = [112, 98, 131, 104, 120, 89, 140, 117]
SIZES = [1000, 950, 1020, 980, 1010, 940, 1005, 990]


@pytest.mark.parametrize(("screen", "lower", "upper"), [(True, -0.72, 4.60), (False, -3.06, 6.95)])
def test_xmr_matches_the_deviations_vignette(screen, lower, upper):
    """NHSRplotthedots 0.2.2, vignette 'deviations': mean 1.94, point 5 outside in both."""
    chart = xmr(VIGNETTE, screen=screen)
    first = chart.points.iloc[0]
    assert (first["mean"], first["lpl"], first["upl"]) == pytest.approx((1.94, lower, upper), abs=0.006)
    assert chart.points["signal"].to_list().index("outside limits") == 4
    assert (chart.points["signal"] == "outside limits").sum() == 1


def test_a_gap_has_no_moving_range_on_either_side():
    chart = xmr([1, 2, np.nan, 9, 10], screen=False)
    assert chart.points["moving_range"].isna().to_list() == [True, False, True, True, False]
    assert chart.segments["mean_moving_range"][0] == 1


def rules_of(values, **options):
    """Return the rules broken around a mean of 0 with limits at 3, set by a frozen baseline."""
    calm = [3 / 2.66 / 2, -3 / 2.66 / 2] * 7
    chart = xmr([*calm, *values], baseline=14, screen=False, **options)
    assert chart.points["upl"][0] == pytest.approx(3)
    return chart.points["signal"].to_list()[14:], chart.points["heading"].to_list()[14:]


def test_two_of_three_flags_the_near_points_only():
    signal, heading = rules_of([2.5, 0.5, 2.4, 0.1, -0.1])
    assert signal == ["two of three", "", "two of three", "", ""]
    assert heading[0] == "up"


def test_a_point_beyond_the_limit_is_not_near_it():
    assert rules_of([2.5, 0.5, 3.4, -0.1])[0] == ["", "", "outside limits", ""]


def test_opposite_sides_are_not_two_of_three():
    assert rules_of([2.5, -2.5, 2.5, -0.1])[0] == [""] * 4


def test_seven_rising_points_are_a_trend_and_a_tie_breaks_it():
    rising = [-0.9, -0.6, -0.3, -0.1, 0.2, 0.5, 0.8]
    assert set(rules_of(rising)[0]) == {"trend"}
    assert set(rules_of([-0.9, -0.6, -0.3, -0.3, 0.2, 0.5, 0.8])[0]) == {""}
    assert set(rules_of(rising[1:], trend_length=6)[0]) == {"trend"}
    assert set(rules_of(rising[1:])[0]) == {""}, "six are no trend unless asked for"


def test_a_shift_needs_seven_and_a_point_on_the_mean_breaks_it():
    above = [0.4, 0.5, 0.4, 0.5, 0.4, 0.5, 0.4]
    assert set(rules_of(above)[0]) == {"shift"}
    assert set(rules_of([0.4, 0.5, 0.4, 0.0, 0.4, 0.5, 0.4])[0]) == {""}
    assert set(rules_of(above, shift_length=8)[0]) == {""}
    assert set(rules_of(above[1:])[0]) == {""}, "six are no shift unless asked for"


def test_a_missing_period_breaks_a_shift():
    assert set(rules_of([0.4, 0.5, 0.4, np.nan, 0.4, 0.5, 0.4])[0]) == {""}


def test_rebase_restarts_mean_and_rules():
    chart = xmr([1, 2] * 8 + [11, 12] * 8, rebase=[16])
    assert chart.segments["mean"].to_list() == [1.5, 11.5]
    assert chart.stable
    assert not xmr([1, 2] * 8 + [11, 12] * 8).stable


def test_few_points_are_said():
    assert "fewer than 12" in xmr([1, 2, 1, 2]).warnings[0]


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30), st.floats(-50, 50), st.floats(0.1, 10))
def test_limits_move_and_stretch_with_the_unit(values, shift, scale):
    here, there = xmr(values, screen=False), xmr([shift + scale * v for v in values], screen=False)
    assert there.points["upl"][0] == pytest.approx(shift + scale * here.points["upl"][0], abs=1e-6)


@pytest.mark.parametrize(
    ("improvement", "target", "says"),
    [
        ("increase", 9, "consistently fails"),
        ("increase", 2, "consistently passes"),
        ("decrease", 9, "consistently passes"),
        ("decrease", 2, "consistently fails"),
        ("increase", 5.5, "hit or miss"),
        ("neutral", 9, None),
        ("increase", None, None),
    ],
)
def test_assurance_compares_the_target_with_the_last_limits(improvement, target, says):
    assert assurance(xmr([20, 21] * 4 + [5, 6] * 8, rebase=[8]), improvement=improvement, target=target) == says


def test_variation_reads_the_latest_point():
    chart = xmr([5, 6] * 7 + [20])
    assert variation(chart, improvement="increase") == "improvement"
    assert variation(chart, improvement="decrease") == "concern"
    assert variation(chart, improvement="neutral") == "change (neutral)"
    assert variation(xmr([5, 6] * 7), improvement="increase") == "common cause"
    with pytest.raises(DataError, match="Did you mean 'increase'"):
        variation(chart, improvement="incraese")


def test_capability_of_a_stable_process_and_its_refusal():
    stable = xmr([9, 10, 11, 10] * 5)
    found = capability(stable, lower=4, upper=16)
    sigma = stable.segments["mean_moving_range"][0] / 1.128
    assert (found.cp, found.cpk) == pytest.approx((12 / (6 * sigma), 6 / (3 * sigma)))
    assert found.ppk == pytest.approx(6 / (3 * np.std([9, 10, 11, 10] * 5, ddof=1)))
    unstable = xmr(VIGNETTE)
    assert "special causes" in capability(unstable, upper=12).reason
    with pytest.raises(DataError, match="not below the upper"):
        capability(stable, lower=5, upper=4)


def test_p_and_laney_limits_match_r():
    """R 4.2.2, formulas of qicharts2: p-bar, sigma_z, limits of the first point."""
    plain, prime = p_prime(EVENTS, SIZES, laney=False), p_prime(EVENTS, SIZES)
    assert plain.points["mean"][0] == pytest.approx(0.1153894870, abs=1e-9)
    assert prime.segments["sigma_z"][0] == pytest.approx(1.9724113415, abs=1e-9)
    assert (plain.points["lpl"][0], plain.points["upl"][0]) == pytest.approx((0.0850798717, 0.1456991023), abs=1e-9)
    assert (prime.points["lpl"][0], prime.points["upl"][0]) == pytest.approx((0.0556064580, 0.1751725160), abs=1e-9)
    assert prime.kind == "p′"


def test_u_limits_match_r():
    """R 4.2.2, formulas of qicharts2, rate per 100."""
    plain = u_prime(EVENTS, np.array(SIZES) / 100, laney=False)
    prime = u_prime(EVENTS, np.array(SIZES) / 100)
    assert plain.points["lpl"][0] == pytest.approx(8.31636374, abs=1e-8)
    assert prime.segments["sigma_z"][0] == pytest.approx(1.85512654, abs=1e-8)
    assert prime.points["upl"][0] == pytest.approx(17.5172516, abs=1e-7)


def test_a_zero_denominator_gives_no_point_and_says_so():
    chart = p_prime([1, 0, 2, 1], [10, 0, 12, 11])
    assert chart.points["value"].isna().to_list() == [False, True, False, False]
    assert "1 period has no denominator" in chart.warnings[0]


@pytest.mark.parametrize(
    ("events", "sizes", "message"),
    [
        ([5, -1], [10, 10], "events: position 2 holds -1"),
        ([5, 11], [10, 10], "position 2: 11 events among 10"),
        ([5], [10, 10], "1 counts of events but 2 denominators"),
        ([5, 5], [0, 0], "fewer than 2 periods"),
    ],
)
def test_impossible_counts_are_named(events, sizes, message):
    with pytest.raises(DataError, match=message):
        p_prime(events, sizes)


def test_run_chart_matches_anhoej():
    """R 4.2.2: median 14.5, 20 useful points, longest run 9 (allowed 7), 4 crossings (at least 6)."""
    chart = run_chart([12, 14, 11, 13, 15, 12, 16, 17, 18, 16, 19, 17, 18, 20, 15, 13, 12, 11, 14, 13])
    assert (chart.median, chart.useful, chart.longest_run, chart.longest_allowed) == (14.5, 20, 9, 7)
    assert (chart.crossings, chart.fewest_crossings, chart.signal) == (4, 6, True)


@pytest.mark.parametrize(("points", "allowed", "fewest"), [(10, 6, 2), (11, 6, 2), (12, 7, 3), (24, 8, 8), (60, 9, 23)])
def test_run_chart_limits_follow_the_number_of_points(points, allowed, fewest):
    """R 4.2.2: round(log2(n)) + 3 and qbinom(0.05, n - 1, 0.5) for n 10, 11, 12, 24, 60."""
    chart = run_chart([1, 2] * (points // 2) + [1.5] * 3 + [1, 2][: points % 2])
    assert (chart.useful, chart.longest_allowed, chart.fewest_crossings) == (points, allowed, fewest)


def test_a_run_or_crossings_as_allowed_are_no_signal():
    assert not RunChart(0.0, 12, 7, 7, 3, 3).signal
    assert RunChart(0.0, 12, 8, 7, 3, 3).signal
    assert RunChart(0.0, 12, 7, 7, 2, 3).signal


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1], {}, "segment 1 has 1 observed points"),
        ([1, 2, 3], {"rebase": [3]}, "rebase at position 3 lies outside"),
        ([1, 2, 3], {"baseline": 1}, "baseline of 1 points is not possible"),
        ([1, np.nan, 3], {}, "no two neighbouring observed points"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(values, options, message):
    with pytest.raises(DataError, match=message):
        xmr(values, **options)
