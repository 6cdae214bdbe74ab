"""Statistics that several rooms need: intervals that hold for the few teams, months or sites there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from healthsys.errors import DataError

#: Below this number of clusters a bootstrap over clusters covers too rarely to be relied upon. With six teams a
#: nominal 95 % interval covered 84 % (percentile) and 85 % (BCa), with ten 88 %; a t interval 95 % and 94 %.
FEWEST_FOR_BOOTSTRAP = 20


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
    if not 0 < level < 1:
        raise DataError(f"level is {level}; allowed: a number between 0 and 1, such as 0.95")


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
        In the unit of ``values``. With one cluster there is a mean without an interval, with none neither; ``reason``
        says so.

    Raises
    ------
    DataError
        If ``level`` is not between 0 and 1.

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
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    method = "t interval on cluster means"
    if kept.size == 0:
        return Interval(None, None, None, level, 0, method, "there is no value to average")
    mean = float(kept.mean())
    if kept.size == 1:
        return Interval(mean, None, None, level, 1, method, "one cluster alone shows no variation between clusters")
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
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    said = f"{method} bootstrap over clusters, {resamples} resamples, seed {seed}"
    if kept.size == 0:
        return Interval(None, None, None, level, 0, said, "there is no value to resample")
    estimate = float(statistic(kept, axis=0))
    if kept.size < 3 or np.ptp(kept) == 0:
        few = "fewer than three clusters" if kept.size < 3 else "clusters that are all equal"
        return Interval(estimate, None, None, level, int(kept.size), said, f"{few} cannot be resampled to an interval")
    found = stats.bootstrap(
        (kept,),
        statistic,
        confidence_level=level,
        n_resamples=resamples,
        method=method,
        rng=np.random.default_rng(seed),
        vectorized=True,
    ).confidence_interval
    warning = None
    if kept.size < FEWEST_FOR_BOOTSTRAP:
        warning = (
            f"with {kept.size} clusters, fewer than {FEWEST_FOR_BOOTSTRAP}, a bootstrap interval covers less often "
            "than its level says; rely on the t interval"
        )
    return Interval(estimate, float(found.low), float(found.high), level, int(kept.size), said, warning=warning)
