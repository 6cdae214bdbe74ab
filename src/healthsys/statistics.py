"""Statistics that several modules need: means of clusters, proportions and their differences, many tests at once.

Intervals of a proportion: Newcombe RG. Statistics in Medicine 1998;17:857-872; Brown LD, Cai TT, DasGupta A.
Statistical Science 2001;16:101-133. Of a difference: Newcombe RG. Statistics in Medicine 1998;17:873-890; Miettinen O,
Nurminen M. Ibid. 1985;4:213-226. mid-p: Rothman KJ, Greenland S. Modern Epidemiology, 1998. Bootstrap: Efron B. J Am
Stat Assoc 1987;82:171-185. Adjustment: Holm S. Scandinavian Journal of Statistics 1979;6:65-70; Benjamini Y, Hochberg
Y. J R Stat Soc B 1995;57:289-300.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, one_of

#: Below this number of clusters a bootstrap over clusters covers too rarely to be relied upon (with six, 85% for 95%).
FEWEST_FOR_BOOTSTRAP = 20

#: Ways to adjust p-values for their number (R's names), and what statsmodels calls them.
ADJUSTMENTS = {
    "holm": "holm", "hochberg": "simes-hochberg", "bonferroni": "bonferroni", "BH": "fdr_bh", "BY": "fdr_by",
    "none": "",
}  # fmt: skip

#: Intervals of one proportion, and what statsmodels calls them.
PROPORTION_METHODS = {
    "wilson": ("Wilson score", "wilson"),
    "clopper_pearson": ("Clopper–Pearson (exact)", "beta"),
    "jeffreys": ("Jeffreys", "jeffreys"),
    "agresti_coull": ("Agresti–Coull", "agresti_coull"),
}

#: Intervals of the difference of two proportions.
DIFFERENCE_METHODS = {"newcombe": "Newcombe (hybrid score)", "miettinen_nurminen": "Miettinen–Nurminen (score)"}

#: Tests of two proportions.
TWO_PROPORTION_TESTS = {"fisher": "Fisher's exact test", "mid_p": "mid-p exact test"}

#: Values closer together than this share of the largest are taken to be equal (rounding of floats).
EQUAL_WITHIN = 1e-12


@dataclass(frozen=True)
class PValue:
    """A p-value and the test it is from; None, with a reason, where there is none."""

    p: float | None
    method: str
    reason: str | None = None


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, or the reason why either is missing.

    ``n`` counts the units that vary (teams, months), ``warning`` says when the interval is not to be relied upon.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    level: float
    n: int
    method: str
    reason: str | None = None
    warning: str | None = None


def check_level(level: float) -> None:
    """Raise :class:`~healthsys.errors.DataError` unless a coverage lies strictly between 0 and 1."""
    if isinstance(level, str) or not 0 < level < 1:
        raise DataError(f"level is {level}; allowed: a number between 0 and 1, such as 0.95")


def _kept(values: Sequence[float]) -> np.ndarray:
    """Return the values that are there, as floats; refuse an infinite one."""
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    if not np.isfinite(kept).all():
        raise DataError("a value is infinite; allowed: finite numbers, and missing ones, which are left out")
    return kept


def _all_equal(kept: np.ndarray) -> bool:
    return bool(np.ptp(kept) <= EQUAL_WITHIN * np.abs(kept).max())


def mean_interval(values: Sequence[float], *, level: float = 0.95) -> Interval:
    """Mean of cluster values with Student's t interval on k − 1 degrees of freedom.

    Parameters
    ----------
    values
        One number per cluster, such as a team's mean; missing ones are left out and not counted.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Interval
        In the unit of ``values``; no interval, with a ``reason``, for one cluster or clusters that are all equal.

    Examples
    --------
    >>> found = mean_interval([120.0, 150.0, 135.0, 141.0])
    >>> f"{found.estimate:.1f} ({found.lower:.1f} to {found.upper:.1f}), k = {found.n}"
    '136.5 (116.4 to 156.6), k = 4'
    """
    from scipy import stats

    check_level(level)
    kept = _kept(values)
    method = "t interval on cluster means"
    if kept.size == 0:
        return Interval(None, None, None, level, 0, method, "there is no value to average")
    mean = float(kept.mean())
    if kept.size == 1:
        return Interval(mean, None, None, level, 1, method, "one cluster alone shows no variation between clusters")
    if _all_equal(kept):
        reason = "all clusters have the same value: no variation to judge by"
        return Interval(mean, None, None, level, int(kept.size), method, reason)
    half = float(stats.t.ppf(0.5 + level / 2, kept.size - 1) * kept.std(ddof=1) / np.sqrt(kept.size))
    return Interval(mean, mean - half, mean + half, level, int(kept.size), method)


def bootstrap_interval(
    values: Sequence[float], *, statistic: Callable[..., float] = np.mean, level: float = 0.95, seed: int,
    resamples: int = 9999, method: str = "BCa",
) -> Interval:  # fmt: skip
    """Bootstrap interval of a statistic over clusters (:func:`scipy.stats.bootstrap`).

    Parameters
    ----------
    values
        One number per cluster (resample teams, not people); missing ones are left out.
    statistic
        A function of an array with an ``axis`` argument.
    level, seed, resamples
        Coverage aimed at; seed and number of bootstrap samples.
    method
        ``"BCa"``, ``"percentile"`` or ``"basic"``.

    Returns
    -------
    Interval
        With a ``warning`` below :data:`FEWEST_FOR_BOOTSTRAP` clusters; none, with a ``reason``, below three.

    Examples
    --------
    >>> found = bootstrap_interval([120.0, 150.0, 135.0, 141.0], seed=1)
    >>> found.lower < found.estimate < found.upper, found.warning is None
    (True, False)
    """
    from scipy import stats

    check_level(level)
    one_of("method", method, ("BCa", "percentile", "basic"))
    if resamples < 1:
        raise DataError(f"{resamples} resamples are not possible; allowed: 1 or more")
    kept = _kept(values)
    said = f"{method} bootstrap over clusters, {resamples} resamples, seed {seed}"
    if kept.size == 0:
        return Interval(None, None, None, level, 0, said, "there is no value to resample")
    estimate = float(statistic(kept, axis=0))
    if kept.size < 3 or _all_equal(kept):
        few = "fewer than three clusters" if kept.size < 3 else "clusters that are all equal"
        return Interval(estimate, None, None, level, int(kept.size), said, f"{few} cannot be resampled to an interval")
    with warnings.catch_warnings():
        # Where nearly all resamples agree, BCa has no answer: scipy warns and returns NaN, we return a reason.
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            (kept,), statistic, confidence_level=level, n_resamples=resamples, method=method,
            rng=np.random.default_rng(seed), vectorized=True,
        ).confidence_interval  # fmt: skip
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        reason = "the statistic hardly varies between resamples, so the bootstrap gives no interval"
        return Interval(estimate, None, None, level, int(kept.size), said, reason)
    warning = None
    if kept.size < FEWEST_FOR_BOOTSTRAP:
        warning = (
            f"with {kept.size} clusters, fewer than {FEWEST_FOR_BOOTSTRAP}, a bootstrap interval covers less often "
            "than its level says; rely on the t interval"
        )
    return Interval(estimate, float(found.low), float(found.high), level, int(kept.size), said, warning=warning)


def adjust(p: Sequence[float | None], *, method: str = "holm") -> list[float | None] | pd.Series:
    """Adjust p-values for their number.

    Parameters
    ----------
    p
        p-values between 0 and 1 in any order; missing ones (None, NaN) stay missing and are not counted.
    method
        ``holm`` (family-wise, any dependence), ``hochberg`` (family-wise, independent or positively dependent),
        ``bonferroni``, ``BH`` (false discovery rate, Benjamini and Hochberg), ``BY`` (the same under any dependence)
        or ``none``.

    Returns
    -------
    list or pandas.Series
        Adjusted p-values in the order given, at most 1. A series keeps its index.

    Examples
    --------
    >>> [round(one, 3) for one in adjust([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests

    one_of("method", method, ADJUSTMENTS)
    try:
        values = pd.Series(p).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"the p-values are not all numbers ({error}); allowed: 0 to 1, or missing") from None
    known = ~np.isnan(values)
    wrong = known & ~((values >= 0) & (values <= 1))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(f"p-value {at + 1} is {values[at]:g}; allowed: 0 to 1, or missing")
    adjusted = values.copy()
    if known.any() and method != "none":
        adjusted[known] = multipletests(values[known], method=ADJUSTMENTS[method])[1]
    if isinstance(p, pd.Series):
        return pd.Series(adjusted, index=p.index, name=p.name)
    return [float(one) if there else None for one, there in zip(adjusted, known, strict=True)]


def _counts(had: float, could: float, who: str) -> tuple[int, int]:
    for count in (had, could):
        if isinstance(count, str) or pd.isna(count) or count < 0 or count != count // 1:
            raise DataError(f"{who}: {had} of {could} is not possible; allowed: whole numbers of 0 or more")
    if had > could:
        raise DataError(
            f"{who}: {int(had):,} had the outcome but only {int(could):,} could have; are the two columns swapped?"
        )
    return int(had), int(could)


def proportion_interval(had: int, could: int, *, level: float = 0.95, method: str = "wilson") -> Interval:
    """Proportion with an interval.

    Parameters
    ----------
    had, could
        People with the outcome, and people who could have had it.
    level
        Coverage aimed at, between 0 and 1.
    method
        ``wilson`` (score), ``clopper_pearson`` (exact: covers at least as often as it says), ``jeffreys`` (equal-tailed
        Bayes interval under a Beta(1/2, 1/2) prior) or ``agresti_coull``.

    Returns
    -------
    Interval
        Shares between 0 and 1; no estimate, with a ``reason``, where nobody could have had the outcome.

    Examples
    --------
    >>> found = proportion_interval(8, 30)
    >>> f"{found.method}: {found.lower:.4f} to {found.upper:.4f}"
    'Wilson score: 0.1418 to 0.4445'
    """
    from statsmodels.stats.proportion import proportion_confint

    check_level(level)
    one_of("method", method, PROPORTION_METHODS)
    x, n = _counts(had, could, "proportion")
    said, theirs = PROPORTION_METHODS[method]
    if n == 0:
        return Interval(None, None, None, level, 0, said, "nobody could have had the outcome")
    lower, upper = proportion_confint(x, n, alpha=1 - level, method=theirs)
    if method != "agresti_coull":  # nobody (everybody) with the outcome: the lower (upper) limit is exactly 0 (1)
        lower, upper = 0.0 if x == 0 else lower, 1.0 if x == n else upper
    return Interval(x / n, float(lower), float(upper), level, n, said)


def proportion_difference(
    had: int, could: int, *, reference_had: int, reference_could: int, level: float = 0.95, method: str = "newcombe"
) -> Interval:
    """Difference of two independent proportions (group less reference) with an interval.

    Parameters
    ----------
    had, could, reference_had, reference_could
        People with the outcome, and people who could have had it, in the group and in the reference group.
    level
        Coverage aimed at, between 0 and 1.
    method
        ``newcombe`` (hybrid of two Wilson intervals, his method 10) or ``miettinen_nurminen`` (score, with N/(N-1)).

    Returns
    -------
    Interval
        Between -1 and 1; ``n`` counts both groups. No estimate, with a ``reason``, where a group is empty.

    Examples
    --------
    >>> found = proportion_difference(56, 70, reference_had=48, reference_could=80)
    >>> f"{found.estimate:.4f} ({found.lower:.4f} to {found.upper:.4f})"
    '0.2000 (0.0524 to 0.3339)'
    """
    from scipy import stats

    check_level(level)
    one_of("method", method, DIFFERENCE_METHODS)
    x, n = _counts(had, could, "group")
    y, m = _counts(reference_had, reference_could, "reference group")
    said = DIFFERENCE_METHODS[method]
    if n == 0 or m == 0:
        return Interval(None, None, None, level, n + m, said, "nobody could have had the outcome in one of the groups")
    first, second = x / n, y / m
    gap = first - second
    if method == "newcombe":
        own, other = (proportion_interval(*counts, level=level) for counts in ((x, n), (y, m)))
        lower = gap - math.hypot(first - own.lower, other.upper - second)
        upper = gap + math.hypot(own.upper - first, second - other.lower)
    else:
        lower, upper = _miettinen_nurminen_limits(first, second, n, m, float(stats.norm.ppf(0.5 + level / 2)))
    return Interval(gap, max(-1.0, lower), min(1.0, upper), level, n + m, said)


def _miettinen_nurminen_limits(first: float, second: float, n: int, m: int, z: float) -> tuple[float, float]:
    """Solve Miettinen and Nurminen's score equation for both limits."""
    from scipy.optimize import brentq

    ratio = m / n

    def apart(gap: float) -> float:
        """Return the standard errors from a supposed difference; shares by Farrington and Manning (1990), cubic."""
        a = 1 + ratio
        b = -(1 + ratio + first + ratio * second + gap * (ratio + 2))
        c = gap**2 + gap * (2 * first + ratio + 1) + first + ratio * second
        d = -first * gap * (1 + gap)
        v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
        u = math.copysign(math.sqrt(max(0.0, (b / (3 * a)) ** 2 - c / (3 * a))), v)
        turn = (math.pi + math.acos(min(1.0, max(-1.0, v / u**3)) if u else 1.0)) / 3
        own = min(1.0, max(0.0, 2 * u * math.cos(turn) - b / (3 * a)))
        other = min(1.0, max(0.0, own - gap))
        variance = (own * (1 - own) / n + other * (1 - other) / m) * (n + m) / (n + m - 1)
        if variance <= 0:
            return 0.0 if first - second == gap else math.copysign(math.inf, first - second - gap)
        return (first - second - gap) / math.sqrt(variance)

    edge, ends = 1 - 1e-12, []
    for sign in (1, -1):
        outer = -sign * edge
        if sign * apart(outer) <= z:
            ends.append(float(-sign))
            continue
        ends.append(float(brentq(lambda gap, s=sign: max(-1e6, min(1e6, s * apart(gap) - z)), first - second, outer)))
    return ends[0], ends[1]


def two_proportions_p(
    had: int, could: int, *, reference_had: int, reference_could: int, method: str = "fisher"
) -> PValue:
    """p-value of two equal proportions, so of a relative likelihood of 1, at any counts (two-sided).

    Parameters
    ----------
    had, could, reference_had, reference_could
        People with the outcome, and people who could have had it, in the group and in the reference group.
    method
        ``fisher`` (exact) or ``mid_p`` (twice the smaller tail with half of the observed table).

    Returns
    -------
    PValue
        No p, with a ``reason``, where one of the groups is empty.

    Examples
    --------
    >>> found = two_proportions_p(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.p:.4f} {found.method}"
    "0.0034 Fisher's exact test"
    """
    from scipy import stats

    one_of("method", method, TWO_PROPORTION_TESTS)
    x, n = _counts(had, could, "group")
    y, m = _counts(reference_had, reference_could, "reference group")
    said = TWO_PROPORTION_TESTS[method]
    if n == 0 or m == 0:
        return PValue(None, said, "nobody could have had the outcome in one of the groups")
    if method == "fisher":
        return PValue(min(1.0, float(stats.fisher_exact([[x, n - x], [y, m - y]])[1])), said)
    law, half = stats.hypergeom(n + m, x + y, n), 0.5 * stats.hypergeom(n + m, x + y, n).pmf(x)
    return PValue(min(1.0, 2 * float(min(law.cdf(x - 1) + half, law.sf(x) + half))), said)
