"""Where a chart has nothing to say it gives a reason: no NaN, no infinity, no warning."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.spc.charts import assurance, capability, mr_chart, variation, xmr
from healthsys.spc.counts import c_chart, p_prime, run_chart, u_prime
from healthsys.spc.funnels import NORMAL_ABOVE, funnel, overdispersion, proportion_limits, ratio_limits
from healthsys.spc.rare import cases_between, g_chart, t_chart, times_between

LINES = ["mean", "lpl", "upl", "near_lower", "near_upper"]

NASTY = st.sampled_from(
    [None, float("nan"), 0, 1, 2, 93.3, -1, 1e-300, 1e99, 1e100, float("inf"), -float("inf"), 1e308]
)

ONE_SERIES = {"xmr": xmr, "mR": mr_chart, "c": c_chart, "g": g_chart, "t": t_chart}


def sound(chart):
    """Whether each counted point has finite lines, and every number of the summary is finite or has a reason."""
    rows = chart.points[chart.points["value"].notna()]
    assert np.isfinite(rows[LINES].to_numpy()).all()
    assert (chart.points["lpl"].dropna() <= chart.points["upl"].dropna()).all()
    for column in chart.segments.columns.difference(["sigma_z"]):
        assert np.isfinite(chart.segments[column].astype(float)).all(), column
    if "sigma_z" in chart.segments and chart.segments["sigma_z"].isna().any():
        assert chart.reason
        assert chart.reason.split(";")[0] in chart.warnings
    for improvement in ("increase", "decrease", "neutral"):
        variation(chart, improvement=improvement)
        assurance(chart, improvement=improvement, target=1)
    found = capability(chart, upper=5)
    assert found.reason or all(np.isfinite(one) for one in (found.cpk, found.ppk))


@settings(max_examples=150)
@given(st.lists(NASTY, max_size=14), st.sampled_from(sorted(ONE_SERIES)))
def test_a_chart_of_anything_is_sound_or_refused(values, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            chart = ONE_SERIES[kind](values)
        except DataError:
            return
        sound(chart)


@settings(max_examples=150)
@given(st.lists(st.tuples(NASTY, NASTY), max_size=14), st.sampled_from([p_prime, u_prime]), st.booleans())
def test_a_chart_of_any_counts_is_sound_or_refused(pairs, chart_of, laney):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            chart = chart_of([a for a, _ in pairs], [n for _, n in pairs], laney=laney)
        except DataError:
            return
        sound(chart)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(NASTY, NASTY), max_size=10),
    st.sampled_from(["proportion", "ratio"]),
    st.sampled_from(["additive", "multiplicative"]),
    st.sampled_from(["winsorised", "truncated"]),
    st.booleans(),
)
def test_a_funnel_of_anything_is_sound_or_refused(pairs, kind, model, extremes, exact):
    frame = pd.DataFrame({"unit": range(len(pairs)), "a": [a for a, _ in pairs], "n": [n for _, n in pairs]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = funnel(
                frame, unit="unit", observed="a", size="n", kind=kind, model=model, extremes=extremes, exact=exact
            )
        except DataError:
            return
    assert np.isfinite(found.points.drop(columns=["unit", "place"]).to_numpy(dtype=float)).all()
    assert np.isfinite(found.curves.to_numpy()).all()
    assert np.isfinite(found.dispersion.tau2)
    assert found.dispersion.reason if found.dispersion.phi is None else np.isfinite(found.dispersion.phi)


@pytest.mark.parametrize("chart_of", ONE_SERIES.values())
@pytest.mark.parametrize("values", [[], [None] * 6, [5], [np.nan, 5, np.nan]])
def test_a_series_without_two_points_is_refused(chart_of, values):
    with pytest.raises(DataError, match=r"there is none|at least 2|fewer than 2|nothing to chart"):
        chart_of(values)


@pytest.mark.parametrize("chart_of", ONE_SERIES.values())
def test_an_infinite_value_is_named(chart_of):
    with pytest.raises(DataError, match=r"position 3 holds inf; allowed: numbers up to 1e\+100 in size"):
        chart_of([1, 2, float("inf"), 4])
    with pytest.raises(DataError, match="position 2 holds 'many', which is not a number"):
        chart_of([1, "many", 3])


@pytest.mark.parametrize("values", [[], [None, None], [5], [7.7] * 9, [1, float("inf")]])
def test_a_run_chart_of_nothing_is_refused(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"there is none|lie off the median|holds inf"):
            run_chart(values)


@pytest.mark.parametrize("laney", [True, False])
@pytest.mark.parametrize("chart_of", [p_prime, u_prime])
def test_no_events_at_all_has_a_reason(chart_of, laney):
    chart = chart_of([0] * 12, [100] * 12, laney=laney)
    assert chart.reason == (
        "no period has an event, so the spread cannot be estimated and the limits coincide with the centre line"
    )
    assert chart.reason in chart.warnings
    assert chart.points[LINES].eq(0).all().all()
    assert chart.stable
    assert chart.segments["sigma_z"].isna().all()


def test_every_case_an_event_has_a_reason():
    chart = p_prime([30, 40] * 6, [30, 40] * 6)
    assert chart.reason.startswith("every case is an event in every period")
    assert chart.points[LINES].eq(1).all().all()


def test_counts_without_an_event_have_a_reason():
    assert c_chart([0] * 12).reason.startswith("no period has an event")
    assert (
        g_chart([0] * 12).reason == "every gap is 0, the smallest possible, so the limits coincide with the centre line"
    )
    assert c_chart([0, 1] * 6).reason is None


def test_a_spread_without_neighbours_has_a_reason_and_plain_limits():
    events, sizes = [3, 0, 5, 0, 4, 0], [10, 0, 12, 0, 11, 0]
    chart, plain = p_prime(events, sizes), p_prime(events, sizes, laney=False)
    assert "no two neighbouring periods have a point" in chart.reason
    assert "the limits are those of the plain p chart" in chart.reason
    assert chart.points["upl"].dropna().to_list() == plain.points["upl"].dropna().to_list()


@pytest.mark.parametrize(
    ("events", "sizes", "message"),
    [
        ([1, 2, -3], [10, 10, 10], "events: position 3 holds -3; counts are 0 or more"),
        ([1, 2, 3], [10, -10, 10], "denominators: position 2 holds -10; counts are 0 or more"),
        ([1, 2, float("inf")], [10, 10, 10], "events: position 3 holds inf"),
        ([1, 2, 3], [10, float("inf"), 10], "denominators: position 2 holds inf"),
        ([1, None, None], [10, None, 10], "fewer than 2 periods"),
        ([None] * 3, [10] * 3, "fewer than 2 periods"),
        ([], [], "events: there is none"),
    ],
)
def test_counts_that_cannot_be_are_named(events, sizes, message):
    for chart_of in (p_prime, u_prime):
        with pytest.raises(DataError, match=message):
            chart_of(events, sizes)


def test_a_rate_may_exceed_one_but_a_proportion_may_not():
    assert u_prime([12, 15, 9], [10, 10, 10]).points["mean"][0] == pytest.approx(1.2)
    with pytest.raises(DataError, match="position 1: 12 events among 10; a proportion cannot exceed 1"):
        p_prime([12, 15, 9], [10, 10, 10])


def test_assurance_reads_the_limits_of_the_last_period_that_has_some():
    chart = p_prime([50, 52, 48, 51, 49, 0], [100, 100, 100, 100, 100, 0])
    assert assurance(chart, improvement="increase", target=0.99) == "consistently fails"
    with pytest.raises(DataError, match="a target of nan is not possible"):
        assurance(chart, improvement="increase", target=float("nan"))
    with pytest.raises(DataError, match="'better' is not known; allowed: increase, decrease, neutral"):
        assurance(chart, improvement="better", target=0.5)
    with pytest.raises(DataError, match="upper specification limit is inf"):
        capability(xmr([1, 2, 1, 2]), upper=float("inf"))


def test_capability_of_counts_is_refused_with_a_reason():
    found = capability(p_prime([50, 52, 48, 51], [100] * 4), upper=0.6)
    assert found.reason == "capability is computed from an XmR chart, not from a p′ chart"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"periods": ["a", "b"]}, "2 periods but 4 values"),
        ({"trend_length": 1}, "trend_length is 1; allowed: 2 points or more"),
        ({"shift_length": 0}, "shift_length is 0"),
        ({"exclude": [4]}, "point 4 cannot be excluded: allowed: 0 to 3"),
        ({"exclude": [0, 1, 2]}, "segment 1 has 1 observed points"),
        ({"rebase": [0]}, "rebase at position 0 lies outside"),
        ({"baseline": 9}, "baseline of 9 points is not possible"),
        ({"baseline": 3, "rebase": [2]}, r"baseline has 3 points, but limits are recalculated from point 3 \(2\)"),
    ],
)
def test_options_that_no_chart_can_have_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        xmr([1, 2, 3, 4], **options)


def test_a_position_given_twice_starts_one_segment():
    assert xmr([1, 2] * 6, rebase=[6, 6]).segments["segment"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: proportion_limits(0.1, np.array([10.0, 0.0])), "denominators: position 2 holds 0"),
        (lambda: proportion_limits(1.1, np.array([10.0])), "a target of 1.1 leaves no funnel"),
        (lambda: proportion_limits(0.1, np.array([10.5]), exact=True), "10.5 is not a whole number"),
        (lambda: ratio_limits(0.0, np.array([10.0])), "a target of 0 leaves no funnel"),
        (lambda: ratio_limits(1.0, np.array([np.inf])), "expected events: position 1 holds inf"),
        (lambda: overdispersion(np.array([1, 2]), np.array([3, 0]), target=0.2), "size: position 2 holds 0"),
        (lambda: overdispersion(np.array([1, -2]), np.array([3, 9]), target=0.2), "position 2 holds -2 of 9"),
        (lambda: overdispersion(np.array([1, 10]), np.array([3, 9]), target=0.2), "not above the people at risk"),
        (lambda: overdispersion(np.array([1, np.nan]), np.array([3, 9]), target=0.2), "position 2 holds nan of 9"),
        (lambda: overdispersion(np.array([1, 2]), np.array([3, 9]), target=0.2, extremes="cut"), "extremes 'cut'"),
        (lambda: g_chart([3, -1]), "position 2 holds -1; allowed: 0 or more"),
        (lambda: g_chart([3, 0], smallest=1), "position 2 holds 0; allowed: 1 or more"),
        (lambda: g_chart([3, 1.5]), "position 2 holds 1.5; allowed: whole numbers of cases"),
        (lambda: g_chart([3, 1], smallest=2), "smallest is 2; allowed: 0"),
        (lambda: g_chart([3, 1], centre="mode"), "centre 'mode' is not known; allowed: mean, median"),
        (lambda: t_chart([3, 0]), "position 2 holds 0; allowed: above 0"),
        (lambda: times_between(["2023-01-01"]), "1 events have no time between them"),
        (lambda: times_between(["2023-01-01", "soon"]), "dates of the events cannot be read"),
        (lambda: times_between(["2023-01-01", None]), "event 2 has no date"),
        (lambda: times_between(["2023-01-01", "2023-01-02"], unit="weeks"), "unit 'weeks' is not known"),
        (lambda: cases_between([0, 2, 1]), "position 2 holds 2; allowed: 1 for an event and 0 for none"),
        (lambda: cases_between([0, 1]), "1 events have no cases between them"),
    ],
)
def test_what_cannot_be_computed_is_named(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": [0, 0, 0]}, "no unit has an event, so the pooled target of 0 leaves no funnel; give a target"),
        ({"a": [10, 20, 30], "n": [10, 20, 30]}, "every case of every unit is an event"),
        ({"a": [1, float("inf"), 3]}, r"column 'a', unit 'B': inf is above 1e[+]15"),
        ({"n": [10, 20, float("inf")]}, r"column 'n', unit 'C': inf is above 1e[+]15"),
        ({"a": ["1", "two", "3"]}, "column 'a', unit 'B': 'two' is not a number"),
        ({"a": [None, None, None]}, "no unit has both"),
    ],
)
def test_a_funnel_names_what_it_cannot_place(change, message):
    frame = pd.DataFrame({"unit": list("ABC"), "a": [1, 2, 3], "n": [10, 20, 30]}).assign(**change)
    with pytest.raises(DataError, match=message):
        funnel(frame, unit="unit", observed="a", size="n")
    with pytest.raises(DataError, match="model 'random' is not known; allowed: additive, multiplicative"):
        funnel(frame, unit="unit", observed="a", size="n", model="random")


def test_exact_curves_stand_at_whole_numbers():
    frame = pd.DataFrame({"unit": list("ABC"), "a": [1, 2, 3], "n": [10, 20, 37]})
    curves = funnel(frame, unit="unit", observed="a", size="n", exact=True, adjust=False).curves
    assert (curves["size"] % 1 == 0).all()
    assert curves.notna().all().all()
    assert (curves["size"].iloc[0], curves["size"].iloc[-1]) == (10, 37)


def test_exact_and_normal_poisson_limits_meet_where_one_takes_over():
    size = np.array([NORMAL_ABOVE * (1 - 1e-9), NORMAL_ABOVE * (1 + 1e-9)])
    for one in ratio_limits(1.0, size):
        assert one[0] - 1 == pytest.approx(one[1] - 1, rel=1e-5)
    assert np.isfinite(ratio_limits(1.0, np.array([1e15]))).all()


def test_the_variance_between_units_of_very_different_size_keeps_its_digits():
    """sum w - sum w^2 / sum w cancels in floats when one unit is 1e14 times the other; for two it is 2 w1 w2 / W."""
    size = np.array([4.3, 9e14])
    found = overdispersion(np.array([3.0, 1.81e14]), size, target=0.2, winsorised=0)
    weights = 4 * size
    between = 2 * weights[0] * weights[1] / weights.sum()
    assert found.tau2 == pytest.approx((2 * found.phi - 1) / between, rel=1e-12)


@pytest.mark.parametrize(("chart", "name"), [(p_prime, "p"), (u_prime, "u")])
def test_equal_shares_in_the_baseline_leave_the_plain_limits_and_a_reason(chart, name):
    """Twelve periods of 10 in 100: Laney's spread is zero, and limits without width would mark the next 11."""
    events, size = [10] * 12 + [11], [100] * 13
    found, plain = (chart(events, size, laney=laney, baseline=12) for laney in (True, False))
    assert found.points[LINES].equals(plain.points[LINES])
    assert found.points["signal"].eq("").all()
    assert found.segments["sigma_z"].isna().all()
    why = "no two neighbouring periods differ, so Laney's spread cannot be estimated"
    assert found.reason == f"{why} and the limits are those of the plain {name} chart"
