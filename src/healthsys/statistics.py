"""Statistics that several rooms need: means of clusters, proportions and their differences, many tests at once."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest

#: Below this number of clusters a bootstrap over clusters covers too rarely to be relied upon. With six teams a
#: nominal 95 % interval covered 84 % (percentile) and 85 % (BCa), with ten 88 %; a t interval 95 % and 94 %.
FEWEST_FOR_BOOTSTRAP = 20

#: Ways to adjust p-values for their number, by the names that R's ``p.adjust`` knows them by.
ADJUSTMENTS = ("holm", "hochberg", "bonferroni", "BH", "BY", "none")

#: Other names of the same adjustments.
ADJUSTMENT_NAMES = {"benjamini-hochberg": "BH", "fdr": "BH", "benjamini-yekutieli": "BY"}

#: Intervals of one proportion.
PROPORTION_METHODS = ("wilson", "wilson_corrected", "clopper_pearson", "jeffreys", "agresti_coull", "wald")

#: Intervals of the difference of two proportions.
DIFFERENCE_METHODS = ("newcombe", "miettinen_nurminen", "wald")

#: Tests of two proportions.
TWO_PROPORTION_TESTS = ("auto", "wald", "fisher", "mid_p", "chi_square", "chi_square_corrected")

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


def _choice(given: str, allowed: Sequence[str], what: str) -> None:
    if given not in allowed:
        raise DataError(f"{what} '{given}' is not known; allowed: {', '.join(allowed)}.{nearest(given, allowed)}")


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

    The values are one per cluster (team means; for change, each team's difference between waves): people within a
    team are not independent, teams are taken to be.

    Parameters
    ----------
    values
        One number per cluster; missing ones are left out and not counted.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Interval
        In the unit of ``values``. With one cluster, or clusters that are all equal, there is a mean without an
        interval, with none neither; ``reason`` says so.

    Raises
    ------
    DataError
        If ``level`` is not between 0 and 1, or a value is infinite.

    References
    ----------
    Student. The probable error of a mean. Biometrika 1908;6:1-25.

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
        return Interval(
            mean,
            None,
            None,
            level,
            int(kept.size),
            method,
            "all clusters have the same value: no variation to judge by",
        )
    half = float(stats.t.ppf(0.5 + level / 2, kept.size - 1) * kept.std(ddof=1) / np.sqrt(kept.size))
    return Interval(mean, mean - half, mean + half, level, int(kept.size), method)


def bootstrap_interval(
    values: Sequence[float],
    *,
    statistic: Callable[..., float] = np.mean,
    level: float = 0.95,
    seed: int,
    resamples: int = 9999,
    method: str = "BCa",
) -> Interval:
    """Bootstrap interval of a statistic over clusters (:func:`scipy.stats.bootstrap`, one-sample, vectorised).

    Parameters
    ----------
    values
        One number per cluster (resample teams, not people); missing ones are left out.
    statistic
        A function of an array with an ``axis`` argument.
    level
        Coverage aimed at, between 0 and 1.
    seed
        Seed of the resampling.
    resamples
        Number of bootstrap samples.
    method
        ``"BCa"``, ``"percentile"`` or ``"basic"``.

    Returns
    -------
    Interval
        ``warning`` is set below :data:`FEWEST_FOR_BOOTSTRAP` clusters. With fewer than three clusters, or values
        that are all equal, there is no interval and ``reason`` says why.

    Raises
    ------
    DataError
        If ``level`` is not between 0 and 1.

    References
    ----------
    Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82:171-185.

    Examples
    --------
    >>> found = bootstrap_interval([120.0, 150.0, 135.0, 141.0], seed=1)
    >>> found.lower < found.estimate < found.upper, found.warning is None
    (True, False)
    """
    from scipy import stats

    check_level(level)
    _choice(method, ("BCa", "percentile", "basic"), "method")
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
            (kept,),
            statistic,
            confidence_level=level,
            n_resamples=resamples,
            method=method,
            rng=np.random.default_rng(seed),
            vectorized=True,
        ).confidence_interval
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
        ``holm`` (family-wise error, any dependence), ``hochberg`` (family-wise, independent or positively dependent),
        ``bonferroni``, ``BH`` (false discovery rate, Benjamini and Hochberg; also ``fdr``), ``BY`` (the same under any
        dependence) or ``none``.

    Returns
    -------
    list or pandas.Series
        Adjusted p-values in the order given, at most 1; equal p-values get equal ones. A series keeps its index.

    Raises
    ------
    DataError
        If a p-value lies outside 0 to 1, or the method is not known.

    References
    ----------
    Holm S. Scandinavian Journal of Statistics 1979;6:65-70. Hochberg Y. Biometrika 1988;75:800-802. Benjamini Y,
    Hochberg Y. J R Stat Soc B 1995;57:289-300. Benjamini Y, Yekutieli D. Annals of Statistics 2001;29:1165-1188.

    Examples
    --------
    >>> [round(one, 3) for one in adjust([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    >>> adjust([0.01, None, 0.03], method="BH")
    [0.02, None, 0.03]
    """
    method = ADJUSTMENT_NAMES.get(str(method).lower(), method)
    _choice(method, ADJUSTMENTS, "method")
    try:
        values = pd.Series(p).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"the p-values are not all numbers ({error}); allowed: 0 to 1, or missing") from None
    known = ~np.isnan(values)
    wrong = known & ~((values >= 0) & (values <= 1))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(f"p-value {at + 1} is {values[at]:g}; allowed: 0 to 1, or missing")
    adjusted = np.full(values.size, np.nan)
    adjusted[known] = _adjusted(values[known], method)
    if isinstance(p, pd.Series):
        return pd.Series(adjusted, index=p.index, name=p.name)
    return [float(one) if there else None for one, there in zip(adjusted, known, strict=True)]


def _adjusted(p: np.ndarray, method: str) -> np.ndarray:
    from statsmodels.stats.multitest import multipletests

    if method == "none" or not p.size:
        return p
    way = {"holm": "holm", "hochberg": "simes-hochberg", "bonferroni": "bonferroni", "BH": "fdr_bh", "BY": "fdr_by"}
    return multipletests(p, method=way[method], is_sorted=False, returnsorted=False)[1]


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
        ``wilson`` (score; the default), ``wilson_corrected`` (score with continuity correction),
        ``clopper_pearson`` (exact: covers at least as often as it says), ``jeffreys`` (equal-tailed Bayes interval
        under a Beta(1/2, 1/2) prior, with 0 and 1 as limits where nobody or everybody has the outcome),
        ``agresti_coull``, or ``wald`` (for comparison only: it covers too rarely).

    Returns
    -------
    Interval
        Shares between 0 and 1. Where nobody could have had the outcome there is no estimate; under ``wald`` there is
        no interval where nobody or everybody had it. ``reason`` says so.

    Raises
    ------
    DataError
        If a count is negative or no whole number, or more had the outcome than could have.

    References
    ----------
    Newcombe RG. Statistics in Medicine 1998;17:857-872. Brown LD, Cai TT, DasGupta A. Statistical Science
    2001;16:101-133.

    Examples
    --------
    >>> for method in ("wilson", "clopper_pearson", "jeffreys", "agresti_coull"):
    ...     found = proportion_interval(8, 30, method=method)
    ...     print(f"{found.method}: {found.lower:.4f} to {found.upper:.4f}")
    Wilson score: 0.1418 to 0.4445
    Clopper–Pearson (exact): 0.1228 to 0.4589
    Jeffreys: 0.1349 to 0.4410
    Agresti–Coull: 0.1398 to 0.4465
    """
    from scipy import stats

    check_level(level)
    _choice(method, PROPORTION_METHODS, "method")
    x, n = _counts(had, could, "proportion")
    said = {
        "wilson": "Wilson score",
        "wilson_corrected": "Wilson score, continuity-corrected",
        "clopper_pearson": "Clopper–Pearson (exact)",
        "jeffreys": "Jeffreys",
        "agresti_coull": "Agresti–Coull",
        "wald": "Wald",
    }[method]
    if n == 0:
        return Interval(None, None, None, level, 0, said, "nobody could have had the outcome")
    share, z, tail = x / n, float(stats.norm.ppf(0.5 + level / 2)), 0.5 - level / 2
    if method == "wald":
        if x in (0, n):
            who = "nobody" if x == 0 else "everybody"
            return Interval(share, None, None, level, n, said, f"{who} had the outcome: the Wald interval has no width")
        half = z * math.sqrt(share * (1 - share) / n)
        lower, upper = share - half, share + half
    elif method in ("wilson", "wilson_corrected"):
        lower, upper = _wilson(x, n, z, corrected=method == "wilson_corrected")
    elif method == "agresti_coull":
        centre, size = (x + z**2 / 2) / (n + z**2), n + z**2
        half = z * math.sqrt(centre * (1 - centre) / size)
        lower, upper = centre - half, centre + half
    else:
        shift = 0.5 if method == "jeffreys" else 0
        up = 0.5 if method == "jeffreys" else 1
        lower = 0.0 if x == 0 else float(stats.beta.ppf(tail, x + shift, n - x + up))
        upper = 1.0 if x == n else float(stats.beta.ppf(1 - tail, x + up, n - x + shift))
    return Interval(share, max(0.0, lower), min(1.0, upper), level, n, said)


def _wilson(x: int, n: int, z: float, *, corrected: bool = False) -> tuple[float, float]:
    """Wilson's limits; with nobody (everybody) the lower (upper) one is exactly 0 (1)."""
    share, ends = x / n, []
    for sign in (-1, 1):
        # Half a person is taken off or added before the score equation is solved (Newcombe 1998, method 4).
        moved = share + sign * (0.5 / n if corrected else 0.0)
        centre = moved + z**2 / (2 * n)
        inside = z**2 / n * (max(0.0, moved * (1 - moved)) + z**2 / (4 * n))
        ends.append((centre + sign * math.sqrt(inside)) / (1 + z**2 / n))
    return 0.0 if x == 0 else ends[0], 1.0 if x == n else ends[1]


def proportion_difference(
    had: int,
    could: int,
    *,
    reference_had: int,
    reference_could: int,
    level: float = 0.95,
    method: str = "newcombe",
) -> Interval:
    """Difference of two independent proportions (group less reference) with an interval.

    Parameters
    ----------
    had, could, reference_had, reference_could
        People with the outcome, and people who could have had it, in the group and in the reference group.
    level
        Coverage aimed at, between 0 and 1.
    method
        ``newcombe`` (hybrid of two Wilson intervals, Newcombe's method 10; the default), ``miettinen_nurminen``
        (score, with N/(N-1)), or ``wald`` (for comparison only).

    Returns
    -------
    Interval
        Between -1 and 1 (times 100: percentage points); ``n`` counts both groups. No estimate where one of the groups
        is empty; ``reason`` says so.

    Raises
    ------
    DataError
        If a count is negative or no whole number, or more had the outcome than could have.

    References
    ----------
    Newcombe RG. Statistics in Medicine 1998;17:873-890. Miettinen O, Nurminen M. Statistics in Medicine
    1985;4:213-226.

    Examples
    --------
    >>> found = proportion_difference(56, 70, reference_had=48, reference_could=80)
    >>> f"{found.estimate:.4f} ({found.lower:.4f} to {found.upper:.4f})"
    '0.2000 (0.0524 to 0.3339)'
    """
    from scipy import stats

    check_level(level)
    _choice(method, DIFFERENCE_METHODS, "method")
    x, n = _counts(had, could, "group")
    y, m = _counts(reference_had, reference_could, "reference group")
    said = {
        "newcombe": "Newcombe (hybrid score)",
        "miettinen_nurminen": "Miettinen–Nurminen (score)",
        "wald": "Wald",
    }[method]
    if n == 0 or m == 0:
        return Interval(None, None, None, level, n + m, said, "nobody could have had the outcome in one of the groups")
    first, second = x / n, y / m
    gap, z = first - second, float(stats.norm.ppf(0.5 + level / 2))
    if method == "wald":
        half = z * math.sqrt(first * (1 - first) / n + second * (1 - second) / m)
        if half == 0:
            reason = "nobody or everybody had the outcome in both groups: the Wald interval has no width"
            return Interval(gap, None, None, level, n + m, said, reason)
        lower, upper = gap - half, gap + half
    elif method == "newcombe":
        (low, high), (other_low, other_high) = _wilson(x, n, z), _wilson(y, m, z)
        lower = gap - math.hypot(first - low, other_high - second)
        upper = gap + math.hypot(high - first, second - other_low)
    else:
        lower, upper = _score_limits(first, second, n, m, z)
    return Interval(gap, max(-1.0, lower), min(1.0, upper), level, n + m, said)


def _score_limits(first: float, second: float, n: int, m: int, z: float) -> tuple[float, float]:
    """Solve Miettinen and Nurminen's score equation for both limits."""
    from scipy.optimize import brentq

    ratio = m / n

    def score(gap: float) -> float:
        """Return the score of a supposed difference; shares under it by Farrington and Manning's cubic (1990)."""
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
        if sign * score(outer) <= z:
            ends.append(float(-sign))
            continue
        ends.append(float(brentq(lambda gap, s=sign: max(-1e6, min(1e6, s * score(gap) - z)), first - second, outer)))
    return ends[0], ends[1]


def two_proportions_p(
    had: int, could: int, *, reference_had: int, reference_could: int, method: str = "auto"
) -> PValue:
    """p-value of two equal proportions, so of a relative likelihood of 1, at any counts (two-sided).

    Parameters
    ----------
    had, could, reference_had, reference_could
        People with the outcome, and people who could have had it, in the group and in the reference group.
    method
        ``auto``: ``wald`` where no cell of the two-by-two table is zero, so that it agrees with Katz's interval, else
        ``fisher``. ``wald``: the log relative likelihood over Katz's standard error. ``fisher``: exact.
        ``mid_p``: twice the smaller tail with half of the observed table. ``chi_square``: Pearson, without continuity
        correction; ``chi_square_corrected``: with Yates's.

    Returns
    -------
    PValue
        No p where one of the groups is empty, or where a test is asked that a zero rules out; ``reason`` says so.

    Raises
    ------
    DataError
        If a count is negative or no whole number, or more had the outcome than could have.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474. Fisher RA. J R Stat Soc 1935;98:39-82.
    Rothman KJ, Greenland S. Modern Epidemiology, 1998 (mid-p).

    Examples
    --------
    >>> found = two_proportions_p(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.p:.4f} {found.method}"
    "0.0034 Fisher's exact test"
    """
    from scipy import stats

    _choice(method, TWO_PROPORTION_TESTS, "method")
    x, n = _counts(had, could, "group")
    y, m = _counts(reference_had, reference_could, "reference group")
    cells = np.array([[x, n - x], [y, m - y]])
    if method == "auto":
        method = "fisher" if (cells == 0).any() else "wald"
    said = {
        "wald": "Wald test of the log relative likelihood",
        "fisher": "Fisher's exact test",
        "mid_p": "mid-p exact test",
        "chi_square": "Pearson's chi-squared test",
        "chi_square_corrected": "Pearson's chi-squared test, Yates's correction",
    }[method]
    if n == 0 or m == 0:
        return PValue(None, said, "nobody could have had the outcome in one of the groups")
    if method == "fisher":
        return PValue(min(1.0, float(stats.fisher_exact(cells, alternative="two-sided")[1])), said)
    if method == "mid_p":
        law = stats.hypergeom(n + m, x + y, n)
        half = 0.5 * law.pmf(x)
        return PValue(min(1.0, 2 * float(min(law.cdf(x - 1) + half, law.sf(x) + half))), said)
    if method == "wald":
        variance = 1 / x - 1 / n + 1 / y - 1 / m if x and y else 0.0
        if variance <= 0:
            return PValue(None, said, "a count of zero, or everybody in both groups: the log interval is undefined")
        return PValue(float(2 * stats.norm.sf(abs(math.log((x / n) / (y / m))) / math.sqrt(variance))), said)
    if x + y in (0, n + m):
        return PValue(None, said, "nobody or everybody had the outcome in both groups: the test is undefined")
    found = stats.chi2_contingency(cells, correction=method == "chi_square_corrected", lambda_=None)
    return PValue(float(found[1]), said)
