"""Parts of funnels and regressions of series, each against an answer worked out another way."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from healthsys.its import autoregressive as ar
from healthsys.its.counts import count_model
from healthsys.its.interrupted import per_year
from healthsys.spc.funnels import NORMAL_ABOVE, ratio_limits

# Funnel limits around a ratio


@pytest.mark.parametrize(("target", "expected"), [(2.0, 25.0), (0.5, 100.0), (1.3, 40.0)])
def test_ratio_limits_are_counts_of_a_poisson_law_with_mean_target_times_expected(target, expected):
    """The law of the counts, summed term by term: R's qpois, ppois and dpois by hand."""
    mean = target * expected
    shares = [np.exp(-mean)]
    for count in range(1, 400):
        shares.append(shares[-1] * mean / count)
    below = np.cumsum(shares)
    worked = []
    for tail in (0.025, 0.975):
        count = int(np.searchsorted(below, tail))
        worked.append((count - (below[count] - tail) / shares[count]) / expected)
    lower, upper = ratio_limits(target, np.array([expected]))
    assert (lower[0], upper[0]) == pytest.approx(tuple(worked), rel=1e-9)


def test_ratio_limits_are_exact_up_to_a_billion_expected_events_and_normal_above():
    """Exact limits are skewed: their middle is (z² - 1) / 6 counts above the mean (Cornish and Fisher), less a half."""
    target, z = 4.0, stats.norm.ppf(0.999)
    size = np.array([NORMAL_ABOVE / target, NORMAL_ABOVE / target * (1 + 1e-9)])
    lower, upper = ratio_limits(target, size, level=0.998)
    exact, normal = ((lower + upper) / 2 - target) * size
    assert exact == pytest.approx((z**2 - 1) / 6 - 0.5, abs=0.05)
    assert normal == pytest.approx(0, abs=0.01)
    assert upper[1] - target == pytest.approx(z * np.sqrt(target / size[1]), rel=1e-9)


# How many periods make a year


@pytest.mark.parametrize(
    ("periods", "yearly"),
    [
        (["2020-12-01", "2021-01-01"], 12),
        (["2021-02-01", "2021-03-01"], 12),  # 28 days, the shortest month
        (["2021-01-31", "2021-02-28"], 12),
        (["2020-10-01", "2021-01-01"], 4),
        (["2019-04-01", "2020-04-01"], 1),
        (["2020-12-28", "2021-01-04"], 52),
        (["2021-01-04", "2021-01-05"], 365),
    ],
)
def test_periods_of_a_year_follow_from_their_length(periods, yearly):
    assert per_year(pd.to_datetime(periods)) == yearly


# Counts

#: Two levels of three counts: means 5 and 10, sums of squared deviations 2 and 2.
COUNTS, SIDE = np.array([4.0, 6, 5, 11, 9, 10]), np.array([0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("errors", "const", "both"),
    [
        # sum of (y - mu)² over (sum of mu)²: 2 / 15² before the change, 2 / 30² after it
        ("HC0", 2 / 225, 2 / 225 + 2 / 900),
        ("HC1", 6 / 4 * 2 / 225, 6 / 4 * (2 / 225 + 2 / 900)),
        # clusters of a point before and one after: (1/30 + 1/15)², (-1/30 - 1/15)² and 0; G/(G-1) (n-1)/(n-k) = 15/8
        ("clustered", 15 / 8 * 2 / 225, 15 / 8 * 2 * (1 / 30 + 1 / 15) ** 2),
    ],
)
@pytest.mark.parametrize("model", ["poisson", "quasi_poisson"])
def test_errors_of_counts_that_allow_for_unequal_variances_are_sums_of_squared_deviations(model, errors, const, both):
    found = count_model(
        COUNTS, np.column_stack([np.ones(6), SIDE]), names=("const", "level"), model=model, errors=errors,
        clusters=np.array([0, 1, 2, 0, 1, 2]) if errors == "clustered" else None,
    )  # fmt: skip
    assert found.covariance[0, 0] == pytest.approx(const, rel=1e-9)
    assert found.covariance[1, 1] == pytest.approx(both, rel=1e-9)


def test_the_dispersion_of_counts_solves_the_likelihood_equation():
    """One mean: with r = 1 / alpha, sum over counts y of (1/r + … + 1/(r + y - 1)) = n log(1 + mean / r)."""
    counts = np.array([0.0, 3, 1, 14, 6, 2, 0, 9, 25, 4])

    def equation(r):
        return sum(1 / (r + j) for y in counts for j in range(int(y))) - len(counts) * np.log1p(counts.mean() / r)

    worked = 1 / optimize.brentq(equation, 0.05, 50, xtol=1e-14, rtol=1e-14)
    found = count_model(counts, np.ones((10, 1)), names=("const",), model="negative_binomial")
    assert found.details["alpha"] == pytest.approx(worked, rel=1e-9)
    assert np.exp(found.params[0]) == pytest.approx(6.4, rel=1e-9)


# Autocorrelated series

RNG = np.random.default_rng(4)
OUTCOME = RNG.normal(50, 4, (3, 18)).cumsum(axis=1)
DESIGN = np.column_stack([np.ones(18), np.arange(18.0), np.arange(18) >= 9])
GAPS = np.array([1.0, 1, 2, 1, 1, 3, 1, 1, 1, 2, 1, 1, 1, 1, 3, 1, 1])


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.0, 0.2, 0.7, 0.97])
def test_sums_at_an_autocorrelation_are_the_products_of_whitened_rows(rho):
    many = np.full(3, rho)
    (cross, right, square), _, log, _ = ar._Sums.of(OUTCOME, DESIGN, GAPS).at(many)
    left = OUTCOME - OUTCOME @ np.linalg.pinv(DESIGN).T @ DESIGN.T
    outcome, design = ar.whiten(left, DESIGN, many, GAPS)
    turned = np.swapaxes(design, 1, 2)
    np.testing.assert_allclose(cross, turned @ design, rtol=1e-10)
    np.testing.assert_allclose(right, (turned @ outcome[..., None])[..., 0], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(square, (outcome**2).sum(1), rtol=1e-10)
    np.testing.assert_allclose(log, np.log(1 - rho ** (2 * GAPS)).sum(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.2, 0.7, 0.97])
def test_the_derivatives_of_these_sums_are_their_differences(rho):
    sums, step = ar._Sums.of(OUTCOME, DESIGN, GAPS), 1e-6
    _, moved, _, turned = sums.at(np.full(3, rho))
    above, below = (sums.at(np.full(3, rho + move)) for move in (step, -step))
    for now, up, down in zip(moved, above[0], below[0], strict=True):
        np.testing.assert_allclose(now, (up - down) / (2 * step), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(turned, (above[2] - below[2]) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("keep_first", [True, False])
def test_quasi_differences_are_least_squares_on_rows_less_rho_times_the_row_before(keep_first):
    """Prais and Winsten keep the first row times the root of 1 - rho², Cochrane and Orcutt drop it."""
    rho = np.array([0.5, -0.2, 0.8])
    params, inverse, squares, left = ar.quasi_differenced(OUTCOME, DESIGN, rho, keep_first=keep_first)
    assert left == 18 - 3 - (0 if keep_first else 1)
    for at, one in enumerate(rho):
        x, y = DESIGN[1:] - one * DESIGN[:-1], OUTCOME[at, 1:] - one * OUTCOME[at, :-1]
        if keep_first:
            root = np.sqrt(1 - one**2)
            x, y = np.vstack([root * DESIGN[:1], x]), np.append(root * OUTCOME[at, 0], y)
        worked, (rest,), *_ = np.linalg.lstsq(x, y, rcond=None)
        np.testing.assert_allclose(params[at], worked, rtol=1e-9)
        np.testing.assert_allclose(inverse[at], np.linalg.inv(x.T @ x), rtol=1e-8, atol=1e-12)
        assert squares[at] == pytest.approx(rest, rel=1e-9)


@pytest.mark.parametrize("keep_first", [True, False])
def test_series_that_settle_at_different_rounds_are_those_of_a_series_alone(keep_first):
    rho, rounds, settled = ar.iterated_rho(OUTCOME, DESIGN, keep_first=keep_first)
    assert settled.all()
    assert len(set(rounds)) > 1
    assert rounds.max() < ar.RHO_ROUNDS
    for at in range(3):
        alone = ar.iterated_rho(OUTCOME[at : at + 1], DESIGN, keep_first=keep_first)
        assert (rho[at], rounds[at]) == (pytest.approx(alone[0][0], abs=1e-12), alone[1][0])
        params = ar.quasi_differenced(OUTCOME[at : at + 1], DESIGN, rho[at : at + 1], keep_first=keep_first)[0][0]
        error = OUTCOME[at] - DESIGN @ params
        pairs = itertools.pairwise(error)
        fixed = sum(one * two for one, two in pairs) / (error[:-1] ** 2).sum()
        assert rho[at] == pytest.approx(np.clip(fixed, -ar.RHO_LARGEST, ar.RHO_LARGEST), abs=1e-8)
