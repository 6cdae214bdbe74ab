"""Bootstrap interval and p-value of a pay gap."""

from typing import NamedTuple

import numpy as np

from healthsys.statistics import check_level


class Resampled(NamedTuple):
    """Percentile interval of a gap (percent) and the two-sided bootstrap p of no gap."""

    lower: float
    upper: float
    p: float


def bootstrap_gap(
    comparator: np.ndarray,
    group: np.ndarray,
    *,
    measure: str,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int,
) -> Resampled | None:
    """Percentile bootstrap interval of a gap and p of no gap, resampling people within each group.

    Resampled medians are drawn from their exact distribution (an order statistic of uniform draws over sorted pay).

    Parameters
    ----------
    comparator, group
        Pay of each person.
    measure
        ``mean`` or ``median``.

    Returns
    -------
    Resampled or None
        Limits in percent, and p: twice the smaller share of resampled gaps on either side of zero, never below
        2 / (resamples + 1). None with fewer than two people in a group.

    References
    ----------
    Davison AC, Hinkley DV. Bootstrap Methods and their Application. Cambridge 1997, section 4.4.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = bootstrap_gap(rng.normal(20, 4, 400), rng.normal(18, 4, 600), measure="mean", seed=1)
    >>> found.lower < 10 < found.upper, round(found.p, 4)
    (True, 0.002)
    """
    check_level(level)
    if min(len(comparator), len(group)) < 2:
        return None
    rng = np.random.default_rng(seed)
    draw = _resampled_medians if measure == "median" else _resampled_means
    high, low = (draw(np.asarray(side, float), resamples, rng) for side in (comparator, group))
    tail = (1 - level) / 2
    gaps = 100 * (high - low) / high
    ends = np.quantile(gaps, [tail, 1 - tail], method="linear")
    beyond = min(int((gaps <= 0).sum()), int((gaps >= 0).sum()))
    return Resampled(float(ends[0]), float(ends[1]), min(1.0, 2 * (beyond + 1) / (resamples + 1)))


def _resampled_medians(values: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    ordered, people = np.sort(values), len(values)
    lower = (people + 1) // 2
    first = rng.beta(lower, people - lower + 1, resamples)
    middle = ordered[np.minimum((first * people).astype(int), people - 1)]
    if people % 2:
        return middle
    second = 1 - (1 - first) * rng.random(resamples) ** (1 / (people - lower))
    return (middle + ordered[np.minimum((second * people).astype(int), people - 1)]) / 2


def _resampled_means(values: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    people = len(values)
    step = max(1, 4_000_000 // people)
    parts = [
        values[rng.integers(0, people, size=(min(step, resamples - done), people))].mean(axis=1)
        for done in range(0, resamples, step)
    ]
    return np.concatenate(parts)
