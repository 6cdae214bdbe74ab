"""Intervals over clusters, proportions, tests and their adjustment, against R, publications and properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.statistics import (
    ADJUSTMENTS,
    DIFFERENCE_METHODS,
    PROPORTION_METHODS,
    TWO_PROPORTION_TESTS,
    adjust,
    bootstrap_interval,
    mean_interval,
    proportion_difference,
    proportion_interval,
    two_proportions_p,
)

TEAMS = [120.0, 150.0, 135.0, 141.0, 128.0, 163.0]


def test_t_interval_matches_r():
    """R 4.2.2: t.test(c(120,150,135,141,128,163))$conf.int -> 123.259157 155.740843; estimate 139.5."""
    found = mean_interval(TEAMS)
    assert (found.estimate, found.lower, found.upper, found.n) == pytest.approx(
        (139.5, 123.259157, 155.740843, 6), abs=5e-6
    )


@given(st.lists(st.floats(0, 300), min_size=2, max_size=12), st.floats(-50, 50))
def test_a_shift_of_all_teams_shifts_the_interval(values, shift):
    assume(np.ptp(values) > 1e-6)
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
    same = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert (same.estimate, same.lower) == (pytest.approx(0.3), None)
    assert "all clusters have the same value" in same.reason


def test_an_infinite_value_and_unknown_options_are_refused():
    with pytest.raises(DataError, match="a value is infinite; allowed: finite numbers"):
        mean_interval([1.0, math.inf])
    with pytest.raises(DataError, match="method 'bca' is not known; allowed: BCa, percentile, basic"):
        bootstrap_interval(TEAMS, seed=1, method="bca")
    with pytest.raises(DataError, match="0 resamples"):
        bootstrap_interval(TEAMS, seed=1, resamples=0)
    with pytest.raises(DataError, match=r"level is 0\.95; allowed"):
        mean_interval(TEAMS, level="0.95")


def test_a_statistic_that_hardly_varies_gives_a_reason_and_no_warning():
    found = bootstrap_interval([1.0, 1.0, 1.0, 1.0, 1.0, 2.0], statistic=np.min, seed=1, resamples=99)
    assert (found.estimate, found.lower, found.upper) == (1.0, None, None)
    assert "hardly varies" in found.reason


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


#: R 4.2.2, p.adjust(c(0.01,0.02,0.03,0.03,0.005,NA,0.8,0.03,1,0.04), method): ties and a missing value.
P = [0.01, 0.02, 0.03, 0.03, 0.005, None, 0.8, 0.03, 1.0, 0.04]
R_ADJUSTED = {
    "holm": [0.08, 0.14, 0.18, 0.18, 0.045, None, 1, 0.18, 1, 0.18],
    "hochberg": [0.08, 0.12, 0.12, 0.12, 0.045, None, 1, 0.12, 1, 0.12],
    "bonferroni": [0.09, 0.18, 0.27, 0.27, 0.045, None, 1, 0.27, 1, 0.36],
    "BH": [0.045, 0.045, 0.045, 0.045, 0.045, None, 0.9, 0.045, 1, 0.051428571],
    "BY": [0.12730357, 0.12730357, 0.12730357, 0.12730357, 0.12730357, None, 1, 0.12730357, 1, 0.1454898],
    "none": P,
}


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_adjusted_p_values_equal_those_of_r(method):
    """R 4.2.2, stats: p.adjust."""
    found = adjust(P, method=method)
    assert found[5] is None
    assert [one for one in found if one is not None] == pytest.approx(
        [one for one in R_ADJUSTED[method] if one is not None], abs=5e-9
    )


def test_adjustment_keeps_a_series_and_missing_values():
    series = pd.Series([0.03, np.nan, 0.01], index=["c", "b", "a"], name="p")
    found = adjust(series, method="BH")
    assert found.index.tolist() == ["c", "b", "a"]
    assert found.dropna().to_dict() == pytest.approx({"c": 0.03, "a": 0.02})
    assert adjust([]) == []
    assert adjust([None]) == [None]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15), st.sampled_from(list(ADJUSTMENTS)), st.randoms())
def test_adjustment_does_not_depend_on_the_order_and_never_lowers_p(values, method, random):
    found = dict(zip(values, adjust(values, method=method), strict=True))
    assert all(p <= found[p] <= 1 for p in values)
    mixed = random.sample(values, len(values))
    assert adjust(mixed, method=method) == pytest.approx([found[p] for p in mixed])


def test_p_values_of_zero_and_one_are_allowed():
    assert adjust([0.0, 1.0]) == [0.0, 1.0]


def test_impossible_p_values_are_refused_by_place():
    with pytest.raises(DataError, match=r"p-value 2 is 1\.2; allowed: 0 to 1, or missing"):
        adjust([0.5, 1.2])
    with pytest.raises(DataError, match=r"p-value 1 is -0\.1"):
        adjust([-0.1])
    with pytest.raises(DataError, match="not all numbers"):
        adjust(["small"])
    with pytest.raises(DataError, match=r"method 'homl' is not known; allowed: holm.*Did you mean 'holm'"):
        adjust([0.5], method="homl")


#: R 4.2.2: prop.test(x, n, correct = FALSE), binom.test(x, n), qbeta(c(.025,.975), x+.5, n-x+.5), and for
#: Agresti-Coull (x + z^2/2)/(n + z^2) -+ z sqrt(p(1-p)/(n + z^2)). 81/263, 15/148, 0/20 and 1/29 are the examples of
#: Newcombe 1998 (Statistics in Medicine 17:857), Table I, which gives 0.2553-0.3662, 0.0624-0.1605, 0-0.1611 and
#: 0.0061-0.1718 for Wilson's method.
R_PROPORTIONS = {
    (81, 263): {
        "wilson": (0.2552885199, 0.366209577),
        "clopper_pearson": (0.2527367456, 0.3676219226),
        "jeffreys": (0.254521935, 0.3656474992),
        "agresti_coull": (0.2552206652, 0.3662774317),
    },
    (15, 148): {
        "wilson": (0.06238639953, 0.1604872417),
        "clopper_pearson": (0.05784401008, 0.1616504903),
        "jeffreys": (0.06044851701, 0.1576431435),
        "agresti_coull": (0.06138597493, 0.1614876663),
    },
    (1, 29): {
        "wilson": (0.006113214293, 0.1717552188),
        "clopper_pearson": (0.0008726468836, 0.1776442955),
        "jeffreys": (0.003746173649, 0.150077686),
        "agresti_coull": (0.0, 0.1862865086),
    },
    (0, 20): {
        "wilson": (0.0, 0.1611251581),
        "clopper_pearson": (0.0, 0.168433471),
        "jeffreys": (0.0, 0.1166389829),
        "agresti_coull": (0.0, 0.1898095605),
    },
    (20, 20): {
        "wilson": (0.8388748419, 1.0),
        "clopper_pearson": (0.831566529, 1.0),
        "jeffreys": (0.8833610171, 1.0),
        "agresti_coull": (0.8101904395, 1.0),
    },
}


@pytest.mark.parametrize(
    ("counts", "method"), [(counts, method) for counts, known in R_PROPORTIONS.items() for method in known]
)
def test_interval_of_a_proportion_matches_r(counts, method):
    found = proportion_interval(*counts, method=method)
    assert (found.lower, found.upper) == pytest.approx(R_PROPORTIONS[counts][method], abs=5e-9)
    assert (found.estimate, found.n) == (counts[0] / counts[1], counts[1])


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from(list(PROPORTION_METHODS)), st.floats(0.5, 0.999))
def test_interval_of_the_complement_mirrors(had, could, method, level):
    assume(had <= could)
    found = proportion_interval(had, could, method=method, level=level)
    other = proportion_interval(could - had, could, method=method, level=level)
    assert 0 <= found.lower <= found.estimate <= found.upper <= 1
    assert found.lower == pytest.approx(1 - other.upper, abs=1e-9)


def test_the_exact_interval_covers_at_least_as_often_as_it_says():
    """Brown, Cai and DasGupta 2001: Clopper-Pearson never covers less than 95%."""
    n, shares = 30, np.linspace(0.02, 0.98, 49)
    from scipy.stats import binom

    chance = binom.pmf(np.arange(n + 1)[:, None], n, shares[None, :])

    def coverage(method):
        ends = [proportion_interval(x, n, method=method) for x in range(n + 1)]
        inside = [[one.lower <= p <= one.upper for p in shares] for one in ends]
        return (chance * np.array(inside)).sum(axis=0)

    assert coverage("clopper_pearson").min() >= 0.95
    assert all(abs(coverage(method).mean() - 0.95) < 0.012 for method in ("wilson", "jeffreys"))
    assert coverage("agresti_coull").min() > 0.93


#: Newcombe 1998 (Statistics in Medicine 17:873), Table II: methods 6 (Miettinen-Nurminen), 10 (hybrid score).
NEWCOMBE = {
    (56, 70, 48, 80): {"newcombe": (0.0524, 0.3339), "miettinen_nurminen": (0.0528, 0.3382)},
    (9, 10, 3, 10): {"newcombe": (0.1705, 0.8090), "miettinen_nurminen": (0.1700, 0.8406)},
    (5, 56, 0, 29): {"newcombe": (-0.0381, 0.1926), "miettinen_nurminen": (-0.0326, 0.1933)},
    (0, 10, 0, 20): {"newcombe": (-0.1611, 0.2775), "miettinen_nurminen": (-0.1658, 0.2844)},
    (0, 10, 0, 10): {"newcombe": (-0.2775, 0.2775), "miettinen_nurminen": (-0.2879, 0.2879)},
    (10, 10, 0, 20): {"newcombe": (0.6791, 1.0), "miettinen_nurminen": (0.7156, 1.0)},
}


@pytest.mark.parametrize(
    ("counts", "method"), [(counts, method) for counts, known in NEWCOMBE.items() for method in known]
)
def test_difference_of_proportions_matches_newcombe(counts, method):
    had, could, reference_had, reference_could = counts
    found = proportion_difference(
        had, could, reference_had=reference_had, reference_could=reference_could, method=method
    )
    assert (found.lower, found.upper) == pytest.approx(NEWCOMBE[counts][method], abs=5.1e-5)


@given(*[st.integers(0, 25), st.integers(1, 25)] * 2, st.sampled_from(list(DIFFERENCE_METHODS)))
def test_swapping_the_groups_turns_the_difference_round(a, n, b, m, method):
    assume(a <= n and b <= m)
    found = proportion_difference(a, n, reference_had=b, reference_could=m, method=method)
    other = proportion_difference(b, m, reference_had=a, reference_could=n, method=method)
    assert found.estimate == -other.estimate
    assert (found.lower, found.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-7)
    assert -1 <= found.lower <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.upper <= 1


@pytest.mark.parametrize(("a", "n", "b", "m"), [(60, 300, 90, 600), (3, 40, 2, 100), (7, 12, 30, 41)])
def test_the_score_at_both_limits_is_the_normal_quantile(a, n, b, m):
    """The score under the constrained maximum of the likelihood, found by search and not by the cubic.

    statsmodels 0.15, confint_proportions_2indep(method="score"), is off by up to 0.04 here (it stops early).
    """
    from scipy.optimize import minimize_scalar
    from scipy.stats import norm

    def score(gap):
        def surprise(q):
            p = q + gap
            return -(a * math.log(p) + (n - a) * math.log(1 - p) + b * math.log(q) + (m - b) * math.log(1 - q))

        ends = (max(0, -gap) + 1e-12, min(1, 1 - gap) - 1e-12)
        q = minimize_scalar(surprise, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
        variance = ((q + gap) * (1 - q - gap) / n + q * (1 - q) / m) * (n + m) / (n + m - 1)
        return (a / n - b / m - gap) / math.sqrt(variance)

    found = proportion_difference(a, n, reference_had=b, reference_could=m, method="miettinen_nurminen", level=0.9)
    assert (score(found.lower), -score(found.upper)) == pytest.approx((norm.ppf(0.95),) * 2, abs=1e-5)


#: R 4.2.2: fisher.test; epitools 0.5-10.1: ormidp.test(a, b, c, d)$two.sided.
R_TESTS = {
    (60, 300, 90, 600): {
        "fisher": 0.07112424502,
        "mid_p": 0.06097588151,
    },
    (10, 10, 20, 40): {
        "fisher": 0.003433373826,
        "mid_p": 0.002924863843,
    },
    (0, 45, 6, 610): {"fisher": 1.0, "mid_p": 0.6513182184},
    (4, 4, 7, 9): {"mid_p": 0.4615384615},
    (3, 40, 1, 100): {"fisher": 0.07041207493, "mid_p": 0.07637373802},
}


@pytest.mark.parametrize(
    ("counts", "method"), [(counts, method) for counts, known in R_TESTS.items() for method in known]
)
def test_p_value_of_two_proportions_matches_r(counts, method):
    had, could, reference_had, reference_could = counts
    found = two_proportions_p(had, could, reference_had=reference_had, reference_could=reference_could, method=method)
    assert found.p == pytest.approx(R_TESTS[counts][method], rel=2e-9)


def test_every_test_of_two_proportions_says_when_it_has_no_answer():
    for method in TWO_PROPORTION_TESTS:
        nobody = two_proportions_p(0, 0, reference_had=1, reference_could=9, method=method)
        assert nobody.p is None
        assert "nobody could have had the outcome" in nobody.reason
    assert two_proportions_p(0, 5, reference_had=0, reference_could=9).p == 1.0
    assert two_proportions_p(5, 5, reference_had=9, reference_could=9).p == 1.0


def test_impossible_counts_are_refused():
    with pytest.raises(DataError, match="group: 30 had the outcome but only 3 could have; are the two columns swapped"):
        two_proportions_p(30, 3, reference_had=1, reference_could=10)
    with pytest.raises(DataError, match=r"reference group: -1 of 10 is not possible; allowed: whole numbers"):
        proportion_difference(1, 10, reference_had=-1, reference_could=10)
    with pytest.raises(DataError, match=r"proportion: 1.5 of 10 is not possible"):
        proportion_interval(1.5, 10)
    with pytest.raises(DataError, match="proportion: nan of 10 is not possible"):
        proportion_interval(math.nan, 10)
    with pytest.raises(DataError, match=r"method 'wilsn' is not known.*Did you mean 'wilson'"):
        proportion_interval(1, 10, method="wilsn")
    assert proportion_interval(0, 0).reason == "nobody could have had the outcome"
