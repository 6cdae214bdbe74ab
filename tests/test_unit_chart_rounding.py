"""No signal comes from rounding: every rule agrees with exact fractions, in Python and in the explorer's script."""

import json
import random
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import exact_charts
import miniature
from healthsys.errors import DataError
from healthsys.spc.charts import assurance, capability, mr_chart, variation, xmr
from healthsys.spc.counts import c_chart, p_prime, run_chart, u_prime
from healthsys.spc.funnels import funnel, overdispersion
from healthsys.spc.rules import rules_broken, usual_of_each

#: Alphabets of tenths: many ties, percentages near their ceiling, counts of thousands, either sign, gaps.
ALPHABETS = (
    [933, 933, 933, 933, 931],
    [1000, 1000, 1000, 992, None],
    [1, 2, 3],
    list(range(700, 760)),
    list(range(-30, 31)),
    [*range(0, 99_999, 7), None],
    [None, 10, 20, 40],
)


@st.composite
def series(draw):
    """One-decimal series as whole tenths, with at least two neighbouring points."""
    alphabet = draw(st.sampled_from(ALPHABETS))
    tenths = draw(st.lists(st.sampled_from(alphabet), min_size=3, max_size=40))
    assume(any(a is not None and b is not None for a, b in pairwise(tenths)))
    return tenths


def decimals(tenths):
    """Return the floats that a file with one decimal place holds."""
    return [None if one is None else one / 10 for one in tenths]


@settings(max_examples=400)
@given(series(), st.booleans(), st.integers(4, 8), st.integers(4, 8))
def test_every_rule_agrees_with_exact_fractions(tenths, screen, trend, shift):
    lengths = {"trend_length": trend, "shift_length": shift}
    found = xmr(decimals(tenths), screen=screen, **lengths).points["signal"].to_list()
    assert found == exact_charts.xmr(tenths, screen=screen, **lengths)


@settings(max_examples=150)
@given(series(), st.booleans(), st.data())
def test_rules_agree_with_a_baseline_new_segments_and_excluded_points(tenths, screen, data):
    n = len(tenths)
    options = {
        "baseline": data.draw(st.none() | st.integers(2, n)),
        "rebase": data.draw(st.lists(st.integers(1, n - 1), max_size=2)),
        "exclude": data.draw(st.lists(st.integers(0, n - 1), max_size=3)),
    }
    try:
        found = xmr(decimals(tenths), screen=screen, **options)
    except DataError:
        assume(False)
    assert found.points["signal"].to_list() == exact_charts.xmr(tenths, screen=screen, **options)
    assert found.points["excluded"].to_list() == [place in options["exclude"] for place in range(n)]


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 4, 5, 10, 10, 12])), min_size=3, max_size=30),
    st.sampled_from("pu"),
    st.booleans(),
)
def test_charts_of_counts_agree_with_exact_fractions(pairs, kind, laney):
    pairs = [(min(a, n) if kind == "p" else a * (n > 0), n) for a, n in pairs]
    events, sizes = [a for a, _ in pairs], [n for _, n in pairs]
    assume(sum(n > 0 for n in sizes) >= 2)
    chart = (p_prime if kind == "p" else u_prime)(events, sizes, laney=laney)
    assert chart.points["signal"].to_list() == exact_charts.attribute(events, sizes, kind=kind, laney=laney)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=30))
def test_a_c_chart_agrees_with_exact_fractions(counts):
    sizes = [1] * len(counts)
    assert c_chart(counts).points["signal"].to_list() == exact_charts.attribute(counts, sizes, kind="u", laney=False)


@settings(max_examples=200)
@given(series())
def test_a_run_chart_agrees_with_exact_fractions(tenths):
    expected = exact_charts.run_chart(tenths)
    if expected is None:
        with pytest.raises(DataError, match="fewer than 2 points lie off the median"):
            run_chart(decimals(tenths))
    else:
        found = run_chart(decimals(tenths))
        assert (found.useful, found.longest_run, found.crossings) == expected


def test_the_explorer_script_agrees_with_exact_fractions():
    """The browser's twin of the chart, run by node on 400 series that a fixed draw gives."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine; the browser test of the explorers compares the same script")
    draw = random.Random(20240101)
    single = [1000] * 24
    single[5], single[15] = 992, 999
    cases = [(single, {"rebase": 5, "shift": 7, "trend": 6, "screen": screen}) for screen in (True, False)]
    while len(cases) < 400:
        tenths = draw.choices(draw.choice(ALPHABETS), k=draw.randint(12, 40))
        rebase, screen = draw.choice([5, 5, 6]), draw.random() < 0.5
        parts = [tenths[:6], tenths[6:]] if rebase == 6 else [tenths]
        if all(any(None not in pair for pair in pairwise(part)) for part in parts):
            cases.append((tenths, {"rebase": rebase, "shift": 7, "trend": 6, "screen": screen}))
    sent = [
        [{"values": decimals(tenths), "labels": [str(place) for place in range(len(tenths))], "kind": "yours",
          "title": "", "period": "month", "sign": "", "digits": 1, "fewestInPart": 6, "fewest": 12}, controls]
        for tenths, controls in cases
    ]  # fmt: skip
    script = (miniature.PROJECT / "book" / "_static" / "explore-models.js").read_text(encoding="utf-8")
    script += (
        "\nconst sent = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "\nconst model = (...one) => globalThis.hsExplorers['control-chart'](...one).rows.map((row) => row.at(-1));"
        "\nconsole.log(JSON.stringify(sent.map((one) => model(...one).map((signal) => signal.replace('none', '')))));"
    )
    answer = subprocess.run([node, "-e", script], input=json.dumps(sent), capture_output=True, text=True, check=True)
    for (tenths, controls), found in zip(cases, json.loads(answer.stdout), strict=True):
        rebase = [6] if controls["rebase"] == 6 else []
        expected = exact_charts.xmr(tenths, screen=controls["screen"], rebase=rebase, trend_length=6, shift_length=7)
        assert found == expected, (tenths, controls)


@pytest.mark.parametrize("screen", [True, False])
@pytest.mark.parametrize("value", [93.3, 0.1, 1 / 3, 100.0, -7.7, 0.0, 1234567.8])
@pytest.mark.parametrize("n", [2, 13, 24, 100])
def test_a_constant_series_has_no_signal(value, n, screen):
    chart = xmr([value] * n, screen=screen)
    assert chart.stable
    assert mr_chart([value] * n).stable
    assert capability(chart, upper=value + 1).reason == "the process does not vary, so its capability has no scale"


def test_percentages_that_are_computed_differently_are_equal():
    """14 of 15 and 28 of 30 differ in the last bit when one is multiplied by 100 first."""
    assert xmr([100 * 7 / 15, 7 / 15 * 100, 100 * 14 / 30, 1400 / 30] * 6).stable
    assert p_prime([1, 2, 3, 4] * 4, [3, 6, 9, 12] * 4).stable
    assert u_prime([1, 2, 3, 4] * 4, [0.3, 0.6, 0.9, 1.2] * 4).stable


@pytest.mark.parametrize("screen", [True, False])
@pytest.mark.parametrize("at", range(24))
@pytest.mark.parametrize("odd", [99.2, 60.0])
def test_one_exception_in_a_constant_series_is_one_signal(at, odd, screen):
    values = [100.0] * 24
    values[at] = odd
    signal = xmr(values, screen=screen).points["signal"]
    assert (signal[at], (signal != "").sum()) == ("outside limits", 1)


@pytest.mark.parametrize("screen", [True, False])
def test_small_and_large_exceptions_leave_the_usual_value_unmarked(screen):
    """Screening would keep the two ranges of 0.1 only and put all months at 100 outside the limits."""
    values = [100.0] * 24
    values[5], values[15] = 99.2, 99.9
    assert xmr(values, screen=screen).points["signal"].to_list().count("") == 23
    values[16] = 99.2
    assert set(xmr(values, screen=screen).points["signal"][lambda s: s != ""].index) == {5, 16}


def test_one_exception_in_a_full_share_is_one_signal():
    events, sizes = [500] * 24, [500] * 24
    events[10] = 480
    for laney in (True, False):
        assert (p_prime(events, sizes, laney=laney).points["signal"] != "").sum() == 1
    zeros = [0] * 24
    zeros[10] = 4
    assert (c_chart(zeros).points["signal"] != "").sum() == 1


def test_a_point_on_the_median_but_for_rounding_is_dropped_from_a_run_chart():
    chart = run_chart([0.3, 0.1 + 0.2, 0.3, 0.2, 0.4, 0.2, 0.4])
    assert (chart.useful, chart.crossings) == (4, 3)


def test_the_usual_value_is_that_of_more_than_half():
    assert np.isnan(usual_of_each(np.array([[5.0, 5.0, 1.0, 2.0]]))).all()
    assert usual_of_each(np.array([[5.0, 5.0, 5.0, 1.0, 2.0]])).tolist() == [5]
    assert np.isnan(usual_of_each(np.array([[np.nan]]))).all()


def test_a_real_shift_from_a_usual_value_is_found():
    """Twenty zeros, then eight months with cases: a shift is counted from zero, so the zeros are no shift downwards."""
    signal = xmr([0.0] * 20 + [3.0, 5, 4, 3, 5, 4, 3, 5]).points["signal"]
    assert (signal[:20] != "shift").all()
    assert (signal[20:] != "").all()


def test_a_point_on_a_line_is_not_beyond_it():
    """Limits at 0.3 around 0: 0.1 + 0.2 lies on the limit, 0.2 on the near line, 0 on the mean."""
    ranges = dict(trend_length=7, shift_length=2)
    assert rules_broken(pd.Series([0.1 + 0.2, -0.3]).to_numpy(), 0.0, 0.3, **ranges)[0] == ["", ""]
    near = pd.Series([0.3 - 0.1, 0.2, 0.05]).to_numpy()
    assert "two of three" not in rules_broken(near, 0.0, 0.3, **ranges)[0]
    assert rules_broken(pd.Series([0.1 + 0.2 - 0.3, 0.3]).to_numpy(), 0.0, 0.3, **ranges)[0] == ["", ""]
    tie = pd.Series([0.1, 0.2, 0.3, 0.1 + 0.2, 0.4]).to_numpy()
    assert set(rules_broken(tie, 0.0, 9.0, trend_length=4, shift_length=9)[0]) == {""}


def test_a_moving_range_exactly_at_the_screening_limit_is_left_out():
    """Ranges nine times 673.3 and once 2940.3: the large one is exactly 3.267 times their mean of 900.0."""
    values = [round(673.3 * (place % 2), 1) for place in range(10)] + [round(673.3 + 2940.3, 1)]
    chart = xmr(values)
    assert chart.segments["ranges_screened"][0] == 1
    assert chart.segments["mean_moving_range"][0] == pytest.approx(673.3, abs=1e-9)


@pytest.mark.parametrize(
    ("improvement", "target", "says"),
    [
        ("increase", 100, "consistently passes"),
        ("increase", 100.1, "consistently fails"),
        ("increase", 99.9, "consistently passes"),
        ("decrease", 100, "consistently passes"),
        ("decrease", 99.9, "consistently fails"),
    ],
)
@pytest.mark.parametrize("kind", ["xmr", "p"])
def test_a_series_always_on_target_passes(improvement, target, says, kind):
    """Making Data Count: always 100% with a target of 100% passes; NHSRplotthedots says hit or miss."""
    chart = xmr([100.0] * 24) if kind == "xmr" else p_prime([40, 50, 60] * 8, [40, 50, 60] * 8)
    assert assurance(chart, improvement=improvement, target=target / (100 if kind == "p" else 1)) == says
    assert variation(chart, improvement=improvement) == "common cause"


def test_assurance_at_either_limit_allows_for_rounding():
    chart = xmr([93.3] * 13)
    assert chart.points["mean"][0] != 93.3, "the mean of thirteen months is not exactly 93.3 in binary"
    assert assurance(chart, improvement="increase", target=93.3) == "consistently passes"
    assert assurance(chart, improvement="decrease", target=93.3) == "consistently passes"
    moving = xmr([5, 6] * 8)
    for improvement, worse, better in (("increase", "lpl", "upl"), ("decrease", "upl", "lpl")):
        assert assurance(moving, improvement=improvement, target=moving.points[worse][0]) == "consistently passes"
        assert assurance(moving, improvement=improvement, target=moving.points[better][0]) == "hit or miss"
        outwards = np.inf if better == "upl" else -np.inf
        nudged = float(np.nextafter(moving.points[better][0], outwards))
        assert assurance(moving, improvement=improvement, target=nudged) == "hit or miss"
        inwards = float(np.nextafter(moving.points[worse][0], outwards))
        assert assurance(moving, improvement=improvement, target=inwards) == "consistently passes"


def test_a_unit_on_a_funnel_limit_is_inside():
    units = pd.DataFrame({"unit": list("ABC"), "a": [0, 10, 30], "n": [100, 100, 100]})
    placed = funnel(units, unit="unit", observed="a", size="n", target=0.1, adjust=False).points
    limit = placed["outer_upper"][2]
    nudged = units.assign(a=[0, 10, limit * 100 * (1 + 1e-15)])
    again = funnel(nudged, unit="unit", observed="a", size="n", target=0.1, adjust=False).points
    assert placed["place"].to_list() == ["below outer", "inside", "above outer"]
    assert again["place"][2] == "above inner"
    beyond = units.assign(a=[0, 10, limit * 100 * (1 + 1e-6)])
    assert (
        funnel(beyond, unit="unit", observed="a", size="n", target=0.1, adjust=False).points["place"][2]
        == "above outer"
    )


def test_dispersion_by_rounding_is_none():
    """k phi exactly k - 1: three of four units one standard error away, as far as floats can say."""
    size = pd.Series([100.0] * 4).to_numpy()
    share = (0.5**0.5) ** 2
    moved = np.sin(np.arcsin(np.sqrt(share)) + np.array([1, -1, 1, 0]) / 20) ** 2 * 100
    found = overdispersion(moved, size, target=share, winsorised=0)
    assert found.phi == pytest.approx(0.75)
    assert found.tau2 == 0
