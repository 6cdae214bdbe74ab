"""The charts that practitioners expect, against published answers and R.

Montgomery: Introduction to Statistical Quality Control; tables are numbered as in R qicharts2, whose tests carry them;
"R 4.2.2" is base R with the formula written out, as quoted.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.spc.charts import few_points, mr_chart, variation, xmr
from healthsys.spc.counts import c_chart, p_prime, run_chart, u_prime
from healthsys.spc.funnels import Overdispersion, funnel, overdispersion
from healthsys.spc.rare import cases_between, g_chart, t_chart, times_between

#: Montgomery, table 7.3: nonconforming cans in 54 samples of 50, the last 24 after a change of the machine.
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
CANS_AFTER = [9, 6, 12, 5, 6, 4, 6, 3, 7, 6, 2, 4, 3, 6, 5, 4, 8, 5, 6, 7, 5, 6, 3, 5]

#: Montgomery, table 7.8: nonconformities on 26 circuit boards.
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]

#: Montgomery, table 7.10: errors in 20 weeks of 50 shipments.
SHIPMENTS = [2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4]

#: Montgomery, table 6.7: costs of processing mortgage loans, 20 weeks.
COSTS = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304]

#: Montgomery, table 7.14: hours between failures of a valve.
HOURS = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]

CASES = [20, 35, 12, 41, 8, 27, 63, 5, 17, 30, 88, 2, 14, 25]

EVENTS = [112, 98, 131, 104, 120, 89, 140, 117, 150, 60]
SIZES = [1000, 950, 1020, 980, 1010, 940, 1005, 990, 1000, 1000]

WEEKS = [9027, 9151, 8899, 8724, 9147, 9109, 8974, 8906, 8851, 9087, 8904, 8965, 8982, 8834, 8999, 9092]

RATIOS = pd.DataFrame(
    {
        "trust": [f"T{place}" for place in range(20)],
        "deaths": [72, 60, 45, 100, 96, 25, 97, 190, 38, 51, 140, 59, 64, 60, 135, 82, 15, 90, 107, 48],
        "expected": [60.2, 71.5, 40.1, 100.4, 70.3, 38.9, 90.6, 131.7, 45.5, 66.2,
                     118.3, 50.4, 90.8, 44.4, 120.9, 55.7, 41.3, 84.6, 70.1, 52.8],
    }
)  # fmt: skip

SPREAD = pd.DataFrame(
    {"unit": list("ABCDEFGH"), "a": [30, 80, 25, 9, 130, 66, 41, 12], "n": [300, 450, 260, 190, 580, 390, 400, 210]}
)

#: What is said of limits from few points.
FEW = "the limits{} are based on {} points; with fewer than 12 they are provisional"


def lines(chart, place=0):
    return tuple(float(chart.points[name].iloc[place]) for name in ("mean", "lpl", "upl"))


def test_c_chart_matches_montgomery():
    """Example 7.3: 19.85 (6.48 to 33.22), samples 6 and 20 outside; without them 19.67 (6.36 to 32.97)."""
    chart = c_chart(BOARDS)
    assert lines(chart) == pytest.approx((19.8461538462, 6.48144716717, 33.2108605251), abs=1e-9)
    assert np.flatnonzero(chart.points["signal"] == "outside limits").tolist() == [5, 19]
    again = c_chart(BOARDS, exclude=[5, 19])
    assert lines(again) == pytest.approx((19.6666666667, 6.36253197102, 32.9708013623), abs=1e-9)
    assert again.points["excluded"].sum() == 2
    assert again.stable
    assert again.points["value"].to_list() == BOARDS
    assert again.kind == "c"


def test_p_chart_with_excluded_points_and_a_new_segment_matches_montgomery():
    """Example 7.1: 0.2313 (0.0524 to 0.4102); without 15 and 23, 0.2150 (0.0407 to 0.3893); after, 0.1108 to 0.2440."""
    assert lines(p_prime(CANS, [50] * 30, laney=False)) == pytest.approx((0.2313333333, 0.0524275481, 0.4102391186))
    chart = p_prime(CANS + CANS_AFTER, [50] * 54, laney=False, exclude=[14, 22], rebase=[30])
    assert lines(chart) == pytest.approx((0.215, 0.0407028399543, 0.389297160046), abs=1e-11)
    assert lines(chart, 30) == pytest.approx((0.110833333333, 0.0, 0.244020701353), abs=1e-11)
    assert chart.segments["points"].to_list() == [28, 24]
    assert (chart.points["signal"][[14, 22]] == "").all()


def test_u_chart_matches_montgomery():
    """Example 7.4: 0.0740, upper limit 0.1894, lower limit below 0."""
    assert lines(u_prime(SHIPMENTS, [50] * 20, laney=False)) == pytest.approx((0.074, 0.0, 0.18941230437), abs=1e-10)


def test_xmr_and_mr_chart_match_montgomery():
    """Example 6.5: mean 300.5 (279.78 to 321.22), mean moving range 7.79, its upper limit 25.45."""
    assert lines(xmr(COSTS, screen=False)) == pytest.approx((300.5, 279.78, 321.22), abs=0.005)
    ranges = mr_chart(COSTS)
    assert lines(ranges) == pytest.approx((7.78947368421, 0, 25.4482105263), abs=1e-9)
    assert (ranges.kind, ranges.stable) == ("mR", True)
    assert ranges.points["near_upper"][0] == pytest.approx(25.4482105263 * 2 / 3)
    assert np.isnan(ranges.points["value"][0])


def test_a_moving_range_above_its_limit_is_a_signal():
    values = [5, 6] * 6 + [14, 14, 13, 14]
    ranges, chart = mr_chart(values), xmr(values)
    assert np.flatnonzero(ranges.points["signal"] == "outside limits").tolist() == [12]
    assert np.flatnonzero(chart.points["range_signal"]).tolist() == [12]
    assert ranges.segments["upl"][0] == pytest.approx(3.267 * np.mean([1] * 11 + [8, 0, 1, 1]))
    assert variation(ranges, improvement="decrease") == "common cause"


def test_the_upper_range_limit_of_a_screened_chart_is_that_of_the_screened_ranges():
    chart = xmr([5, 6] * 6 + [14, 14, 13, 14])
    assert chart.segments["ranges_screened"][0] == 1
    assert chart.segments["range_upper"][0] == pytest.approx(3.267 * 13 / 14)
    assert mr_chart([5, 6] * 6 + [14, 14, 13, 14], screen=True).segments["upl"][0] == chart.segments["range_upper"][0]


def test_t_chart_matches_r():
    """R 4.2.2: y = t^(1/3.6); (mean(y) +- 2.66 mean(abs(diff(y))))^3.6 (Nelson 1994; Montgomery, example 7.6)."""
    chart = t_chart(HOURS)
    assert lines(chart) == pytest.approx((430.04095179, 0.0, 6940.08422061), rel=1e-10)
    assert chart.points["value"].to_list() == HOURS
    assert chart.stable
    assert t_chart([*HOURS[:8], 90_000, *HOURS[8:]]).segments["ranges_screened"][0] == 0
    screened = t_chart([*HOURS[:8], 90_000, *HOURS[8:]], screen=True)
    assert screened.segments["ranges_screened"][0] == 2
    assert screened.points["signal"][8] == "outside limits"


def test_g_chart_matches_r():
    """R 4.2.2: m + 3 sqrt(m (m + 1)), with the event's own case counted m + 3 sqrt((m - 1) m) (Benneyan 2001)."""
    chart = g_chart(CASES)
    assert lines(chart) == pytest.approx((27.6428571429, 0.0, 112.058102647), abs=1e-9)
    counted = g_chart(CASES, smallest=1)
    assert lines(counted) == pytest.approx((27.6428571429, 1.0, 109.05761161), abs=1e-8)
    assert lines(g_chart(CASES, centre="median"))[0] == 22.5
    half = 112.058102647 - 27.6428571429
    assert chart.points["near_upper"][0] == pytest.approx(27.6428571429 + half * 2 / 3)
    assert lines(g_chart(CASES, baseline=8))[::2] == pytest.approx((26.375, 106.986045304), abs=1e-9)
    assert g_chart(CASES, baseline=8).segments["points"][0] == 8
    assert g_chart(CASES, baseline=8).warnings == (FEW.format("", 8),)


def test_rare_events_signal_a_long_gap_and_a_run_of_short_ones():
    """A shift is counted from the median, so half of the gaps of a stable process lie on each side."""
    chart = g_chart([20, 35, 12, 41, 8, 27, 63, 5, 17, 30, 400])
    assert chart.points["signal"].to_list()[-1] == "outside limits"
    assert variation(chart, improvement="increase") == "improvement"
    shorter = g_chart([*[30, 60] * 8, *[7, 9] * 4], baseline=16)
    assert (shorter.points["signal"][-8:] == "shift").all()
    assert (shorter.points["signal"][:16] == "").all()
    skewed = g_chart([10, 12, 9, 11] * 3 + [100, 12] + [14, 15] * 4, baseline=14)
    assert (skewed.segments["median"][0], round(skewed.segments["mean"][0])) == (11, 17)
    assert set(skewed.points["heading"][-8:]) == {"up"}, "above the median, though below the mean"
    short = g_chart([30, 20] * 4 + [1, 0, 1, 0, 1, 0, 1, 300])
    assert short.points["signal"].to_list()[8:15] == ["shift"] * 7


def test_gaps_are_counted_from_dates_and_from_cases():
    dates = ["2023-03-04 12:00", "2023-01-01", "2023-02-01"]
    assert times_between(dates).tolist() == [31.0, 31.5]
    assert times_between(pd.to_datetime(dates, format="ISO8601"), unit="hours").tolist() == [744.0, 756.0]
    assert times_between(dates, unit="minutes").tolist() == [44640.0, 45360.0]
    assert cases_between([1, 0, 0, 1, 0, 1, 1]).tolist() == [2, 1, 0]
    assert cases_between([0, 0, 1, 0, 0, 0, 1]).tolist() == [3]


@given(st.lists(st.integers(0, 50), min_size=2, max_size=20))
def test_gaps_and_cases_are_each_other_s_inverse(gaps):
    outcomes = [1]
    for gap in gaps:
        outcomes += [0] * gap + [1]
    assert cases_between(outcomes).tolist() == gaps


def test_weekly_and_daily_series_have_limits_like_any_other():
    """R 4.2.2: mean(y) +- 2.66 mean(abs(diff(y))), 3.267 mean(abs(diff(y))); week 4 excluded: no range beside it."""
    weeks = pd.date_range("2023-01-01", periods=16, freq="7D")
    chart = xmr(WEEKS, periods=weeks, screen=False)
    assert lines(chart) == pytest.approx((8978.1875, 8592.84216667, 9363.53283333), abs=1e-7)
    assert chart.segments["range_upper"][0] == pytest.approx(473.2794)
    assert chart.points["period"].iloc[-1] == weeks[-1]
    without = xmr(WEEKS, periods=weeks, screen=False, exclude=[3])
    assert lines(without) == pytest.approx((8995.13333333, 8672.86410256, 9317.4025641), abs=1e-7)
    assert without.points["moving_range"].isna().to_list() == [True, False, False, True, True] + [False] * 11
    days = pd.date_range("2023-01-01", periods=16, freq="D")
    assert lines(xmr(WEEKS, periods=days, screen=False)) == lines(chart)


def test_laney_limits_with_a_baseline_and_with_an_excluded_point_match_r():
    """R 4.2.2, formulas of qicharts2: sigma_z from the baseline; with NA for an excluded point, no range beside it."""
    frozen = p_prime(EVENTS, SIZES, baseline=8)
    assert frozen.segments["sigma_z"][0] == pytest.approx(1.97241134153, abs=1e-10)
    assert lines(frozen, 8) == pytest.approx((0.115389487017, 0.0556064580389, 0.175172515995), abs=1e-11)
    without = p_prime(EVENTS, SIZES, exclude=[3])
    assert without.segments["sigma_z"][0] == pytest.approx(3.07900488666, abs=1e-10)
    assert lines(without) == pytest.approx((0.114077397644, 0.0212172592597, 0.206937536029), abs=1e-11)


def test_laney_limits_of_rates_in_two_segments_match_r():
    """R 4.2.2: each segment has its own centre and sigma_z; no range crosses the boundary."""
    chart = u_prime(EVENTS, SIZES, rebase=[5])
    assert chart.segments["sigma_z"].to_list() == pytest.approx([1.42715112157, 3.90885713431], abs=1e-10)
    assert lines(chart) == pytest.approx((0.113911290323, 0.0682156672385, 0.159606913407), abs=1e-11)
    assert lines(chart, 5) == pytest.approx((0.112664640324, 0.0, 0.241045696072), abs=1e-11)
    assert np.isnan(chart.points["moving_range"][5])
    assert chart.warnings[0] == "the limits of segment 1 are based on 5 points; with fewer than 12 they are provisional"


@pytest.mark.parametrize("chart_of", [xmr, c_chart, lambda values, **o: p_prime(values, [50] * len(values), **o)])
def test_an_excluded_point_changes_no_other_and_breaks_runs(chart_of):
    calm = [20, 22, 19, 21, 20, 22, 19, 21, 20, 22, 19, 21]
    plain, odd = chart_of(calm), chart_of([*calm, 50], exclude=[12])
    assert lines(odd) == pytest.approx(lines(plain))
    assert odd.points["signal"][12] == ""
    assert variation(odd, improvement="increase") == "common cause"
    run = [20, 22, 19, 21] * 3 + [23, 24, 23, 24, 23, 24, 23]
    assert "shift" in set(chart_of(run, baseline=12).points["signal"])
    assert "shift" not in set(chart_of(run, baseline=12, exclude=[15]).points["signal"])


def test_the_variation_is_that_of_the_latest_point_that_counts():
    chart = xmr([20, 22, 19, 21] * 3 + [40, 21], baseline=12, exclude=[13])
    assert variation(chart, improvement="increase") == "improvement"


def test_few_points_are_said_and_twelve_are_not():
    assert few_points(12) == []
    assert few_points(11, 2) == [FEW.format(" of segment 2", 11)]
    assert xmr([1, 2] * 3).provisional
    assert not xmr([1, 2] * 6).provisional
    assert xmr([1, 2] * 12, baseline=6).warnings == (FEW.format("", 6),)


def test_a_moving_range_between_2_8_and_3_267_means_is_kept_when_screened():
    """Nelson's cut is 3.267 mean moving ranges: a range of 3.1 means stays, one of 3.4 goes."""
    kept = [5.0, 6.0] * 10 + [6.0 + 3.5]
    chart = xmr(kept)
    ratio = 3.5 / np.mean(np.abs(np.diff(kept)))
    assert 2.8 < ratio < 3.267
    assert chart.segments["ranges_screened"][0] == 0
    gone = xmr([5.0, 6.0] * 10 + [6.0 + 4.0])
    assert 3.267 < 4.0 / np.mean([1.0] * 19 + [4.0]) < 3.7
    assert gone.segments["ranges_screened"][0] == 1


def test_near_the_limit_begins_at_two_thirds():
    """Limits at 3 around 0, frozen: 1.9 is not near, 2.1 is (two sigma), on either side."""
    calm = [3 / 2.66 / 2, -3 / 2.66 / 2] * 7
    for sign in (1, -1):
        for size, marked in ((1.9, False), (2.1, True)):
            values = [sign * size, sign * 0.5, sign * size, -sign * 0.1]
            signal = xmr([*calm, *values], baseline=14, screen=False).points["signal"].to_list()[14:]
            assert (signal[0] == "two of three") is marked
            assert signal[1] == ""
        first = xmr([*calm, sign * 1.0], baseline=14, screen=False).points.iloc[0]
        assert (first["near_lower"], first["near_upper"]) == pytest.approx((-2, 2))
    first = p_prime(EVENTS, SIZES, laney=False).points.iloc[0]
    assert first["near_upper"] - first["mean"] == pytest.approx((first["upl"] - first["mean"]) * 2 / 3)
    assert first["mean"] - first["near_lower"] == pytest.approx((first["mean"] - first["lpl"]) * 2 / 3)


def test_truncated_dispersion_matches_r():
    """R 4.2.2, the SHMI's truncation as in FunnelPlotR: ranks whose tenth is the first or last are dropped."""
    found = funnel(
        RATIOS, unit="trust", observed="deaths", size="expected", kind="ratio", target=1.0, extremes="truncated",
        around="target",
    )
    assert (found.dispersion.units, found.dispersion.used) == (20, 16)
    assert found.dispersion.phi == pytest.approx(2.79567874804, abs=1e-10)
    assert found.dispersion.tau2 == pytest.approx(0.0288135092204, abs=1e-12)
    first = found.points.iloc[0]
    assert (first["inner_lower"], first["inner_upper"]) == pytest.approx((0.658540668746, 1.51850910272), abs=1e-10)
    assert (first["outer_lower"], first["outer_upper"]) == pytest.approx((0.517562923841, 1.93213221801), abs=1e-10)
    assert found.adjusted
    assert found.model == "additive"


def test_winsorised_and_multiplicative_ratio_limits_match_r():
    """R 4.2.2: quantile(z, c(.1, .9)), phi = mean(z^2); exp(-+ z sqrt(phi / E)) (Spiegelhalter 2005)."""
    found = funnel(
        RATIOS, unit="trust", observed="deaths", size="expected", kind="ratio", target=1.0, model="multiplicative",
        around="target",
    )
    assert found.dispersion.phi == pytest.approx(3.90028435132, abs=1e-10)
    assert found.dispersion.tau2 == pytest.approx(0.0433326037046, abs=1e-12)
    first = found.points.iloc[0]
    assert (first["inner_lower"], first["inner_upper"]) == pytest.approx((0.607209038298, 1.64687930668), abs=1e-10)
    assert (first["outer_lower"], first["outer_upper"]) == pytest.approx((0.455401153571, 2.19586619876), abs=1e-10)
    assert (found.adjusted, found.model) == (True, "multiplicative")
    both = funnel(
        RATIOS, unit="trust", observed="deaths", size="expected", kind="ratio", target=1.0, model="multiplicative",
        extremes="truncated", around="target",
    ).points.iloc[0]  # fmt: skip
    assert (both["inner_lower"], both["inner_upper"]) == pytest.approx((0.655491198577, 1.5255734969), abs=1e-10)


def test_multiplicative_limits_of_proportions_match_r():
    """R 4.2.2: sin(asin(sqrt(p0)) -+ z sqrt(phi) / (2 sqrt(n)))^2, phi 8.444 winsorised."""
    first = funnel(SPREAD, unit="unit", observed="a", size="n", model="multiplicative").points.iloc[0]
    assert (first["inner_lower"], first["inner_upper"]) == pytest.approx((0.0480717885036, 0.273092143469), abs=1e-10)
    assert (first["outer_lower"], first["outer_upper"]) == pytest.approx((0.0158506971678, 0.361142511486), abs=1e-10)


def test_ratio_dispersion_around_another_target_is_the_mean_square_on_the_log_scale():
    observed, expected = np.array([12.0, 30, 44]), np.array([10.0, 20, 50])
    found = overdispersion(observed, expected, target=1.2, kind="ratio", winsorised=0)
    assert found.phi == pytest.approx(np.mean((np.log(observed / expected) - np.log(1.2)) ** 2 * expected * 1.2))


def test_multiplicative_limits_never_shrink_and_need_no_adjusting_below_one():
    calm = pd.DataFrame({"unit": list("ABCDE"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})
    found = funnel(calm, unit="unit", observed="a", size="n", model="multiplicative", winsorised=0)
    plain = funnel(calm, unit="unit", observed="a", size="n", adjust=False)
    assert found.dispersion.phi < 1
    assert not found.adjusted
    assert found.points["inner_upper"].to_list() == plain.points["inner_upper"].to_list()
    assert Overdispersion(4.0, 0.1, 9, 9).factor == 2
    assert Overdispersion(0.25, 0.0, 9, 9).factor == 1
    assert Overdispersion(None, 0.0, 1, 1, "too few").factor == 1
    never = funnel(SPREAD, unit="unit", observed="a", size="n", model="multiplicative", adjust=False)
    assert not never.adjusted


@pytest.mark.parametrize(("units", "used"), [(8, 8), (9, 9), (10, 8), (19, 17), (20, 16), (30, 24)])
def test_truncation_drops_whole_units_at_each_end(units, used):
    size = np.full(units, 100.0)
    found = overdispersion(np.linspace(5, 40, units), size, target=0.2, extremes="truncated")
    assert (found.units, found.used) == (units, used)
    middle = np.linspace(5, 40, units)[(units - used) // 2 : units - (units - used) // 2]
    alone = overdispersion(middle, size[:used], target=0.2, winsorised=0)
    assert (found.phi, found.tau2) == pytest.approx((alone.phi, alone.tau2))


def test_truncation_that_leaves_one_unit_has_a_reason():
    found = overdispersion(np.array([5, 20, 30]), np.full(3, 100.0), target=0.2, winsorised=0.4, extremes="truncated")
    assert (found.phi, found.tau2, found.used) == (None, 0.0, 1)
    assert found.reason == "dispersion needs at least two units"


@pytest.mark.parametrize(("points", "longest", "fewest"), [(10, 6, 2), (12, 7, 3), (16, 7, 4), (20, 7, 6), (24, 8, 8)])
def test_limits_of_a_run_chart_follow_from_the_number_of_points_off_the_median(points, longest, fewest):
    """Fewest crossings: the lower 5% point of points − 1 tosses of a coin; longest run: 3 + log2, rounded."""
    chart = run_chart([1, 3] * (points // 2))
    share = [sum(math.comb(points - 1, one) for one in range(k + 1)) / 2 ** (points - 1) for k in (fewest - 1, fewest)]
    assert share[0] < 0.05 <= share[1]
    assert (chart.useful, chart.longest_allowed, chart.fewest_crossings) == (points, longest, fewest)
    assert (chart.longest_run, chart.crossings, chart.signal) == (1, points - 1, False)


def test_a_run_chart_signals_below_the_fewest_crossings_and_not_at_them():
    """Sixteen points in blocks: four crossings are the fewest that are usual, three are too few."""
    at, below = ([1] * 3 + [3] * 3 + [1] * 3 + [3] * 5 + [1] * 2), [1] * 4 + [3] * 4 + [1] * 4 + [3] * 4
    assert [(run_chart(one).crossings, run_chart(one).signal) for one in (at, below)] == [(4, False), (3, True)]


def test_the_longest_run_that_is_usual_is_no_signal():
    """Of 24 points, eight in a row are allowed."""
    chart = run_chart([1] * 8 + [3, 3, 1] * 4 + [3] * 4)
    assert (chart.longest_run, chart.longest_allowed, chart.crossings, chart.signal) == (8, 8, 9, False)
