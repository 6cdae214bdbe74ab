"""Intraclass correlations with their intervals: people in teams (one-way), raters of the same targets (two-way)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.climate.scoring import ROUNDING, answers_as_numbers, varies
from healthsys.errors import DataError
from healthsys.statistics import check_level

#: The coefficients in the order of Shrout and Fleiss, and what each answers.
MEANINGS = {
    "ICC(2,1)": "absolute agreement of one rater, raters drawn from many",
    "ICC(3,1)": "consistency of one rater, these raters alone",
    "ICC(2,k)": "absolute agreement of the mean of the raters, raters drawn from many",
    "ICC(3,k)": "consistency of the mean of the raters, these raters alone",
}


@dataclass(frozen=True)
class Icc:
    """ICC(1) and ICC(2) of people in teams with their intervals, or the reason why there are none."""

    icc1: float | None
    icc1_lower: float | None
    icc1_upper: float | None
    icc2: float | None
    icc2_lower: float | None
    icc2_upper: float | None
    teams: int
    people: int
    group_size: float | None
    reason: str | None = None


def icc(scores: Sequence[float], teams: Sequence[str], *, level: float = 0.95, group_size: str = "mean") -> Icc:
    r"""ICC(1) and ICC(2) of people in teams, from a one-way analysis of variance.

    .. math:: ICC(1) = \frac{MS_B - MS_W}{MS_B + (k - 1) MS_W},\quad ICC(2) = \frac{MS_B - MS_W}{MS_B}

    ICC(1) is the share of the variance between people that is due to their team; ICC(2) the reliability of team means.

    Parameters
    ----------
    scores, teams
        One score and one team a person; people without a score are dropped.
    level
        Confidence level of the intervals, from the F distribution; with unequal teams they are approximate.
    group_size
        ``"mean"`` for k the mean team size, ``"n0"`` for the size weighted against unequal teams.

    Returns
    -------
    Icc
        May be negative; None with a reason for fewer than two teams, no team of two people, or no
        variation between or within teams.

    References
    ----------
    Bliese PD. In: Klein KJ, Kozlowski SWJ (eds). Multilevel Theory, Research, and Methods in Organizations. 2000.
    McGraw KO, Wong SP. Psychological Methods 1996;1:30-46 (intervals).

    Examples
    --------
    >>> found = icc([1, 2, 1, 4, 5, 6], ["a", "a", "a", "b", "b", "b"])
    >>> f"{found.icc1:.3f} {found.icc2:.3f}"
    '0.907 0.967'
    """
    check_level(level)
    if group_size not in ("mean", "n0"):
        raise DataError(f"group_size is '{group_size}'; allowed: mean, n0")
    names, given = list(teams), pd.DataFrame({"score": list(scores)})
    if len(names) != len(given):
        raise DataError(f"there are {len(given)} scores and {len(names)} teams; give one team for each score")
    frame = answers_as_numbers(given, label="scores").assign(team=names).dropna()
    sizes = frame.groupby("team").size().to_numpy()
    count, people = len(sizes), len(frame)
    if count < 2 or people <= count:
        why = "fewer than two teams" if count < 2 else "no team has two people with a score"
        return Icc(None, None, None, None, None, None, count, people, None, why)
    k = people / count if group_size == "mean" else (people - float((sizes**2).sum()) / people) / (count - 1)
    grouped = frame.groupby("team")["score"]
    means, apart = grouped.mean().to_numpy(), frame["score"] - grouped.transform("mean")
    alike = bool((apart.abs() <= ROUNDING * frame["score"].abs().max()).all())
    if alike or not varies(means):
        why = "the people of each team have the same score" if varies(means) else "the team means are all equal"
        return Icc(None, None, None, None, None, None, count, people, k, why)
    between = float((sizes * (means - frame["score"].mean()) ** 2).sum()) / (count - 1)
    ratio = between / (float((apart**2).sum()) / (people - count))
    tail = 0.5 + level / 2
    low = ratio / float(stats.f.ppf(tail, count - 1, people - count))
    high = ratio * float(stats.f.ppf(tail, people - count, count - 1))
    one = [(value - 1) / (value + k - 1) for value in (ratio, low, high)]
    two = [1 - 1 / value for value in (ratio, low, high)]
    return Icc(*one, *two, count, people, k)


def two_way_icc(ratings: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    r"""Two-way intraclass correlations of k raters who all score the same n targets.

    With the mean squares of targets :math:`T`, raters :math:`R` and the rest :math:`E`:

    .. math:: ICC(2,1) = \frac{T - E}{T + (k-1)E + k(R-E)/n},\quad ICC(3,1) = \frac{T - E}{T + (k-1)E}

    .. math:: ICC(2,k) = \frac{T - E}{T + (R-E)/n},\quad ICC(3,k) = \frac{T - E}{T}

    Parameters
    ----------
    ratings
        One row a target, one column a rater; a target with a missing rating is dropped and counted.
    level
        Confidence level of the intervals, from the F distribution; Satterthwaite's approximation for ICC(2, ·).

    Returns
    -------
    pandas.DataFrame
        One row a coefficient: ``coefficient``, ``meaning``, ``icc``, ``lower``, ``upper``, ``targets``, ``raters``,
        ``dropped``, ``reason``.

    Raises
    ------
    DataError
        If a rating is no finite number, a rater occurs twice, or ``level`` is not between 0 and 1.

    References
    ----------
    Shrout PE, Fleiss JL. Psychological Bulletin 1979;86:420-428.
    McGraw KO, Wong SP. Psychological Methods 1996;1:30-46.

    Examples
    --------
    >>> judges = pd.DataFrame([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> two_way_icc(judges)[["coefficient", "icc"]].round(2).values.tolist()
    [['ICC(2,1)', 0.29], ['ICC(3,1)', 0.71], ['ICC(2,k)', 0.62], ['ICC(3,k)', 0.91]]
    """
    check_level(level)
    kept = answers_as_numbers(ratings, label="ratings").dropna()
    targets, raters = kept.shape
    values, reason = [None] * len(MEANINGS), None
    bounds = [(None, None)] * len(MEANINGS)
    if raters < 2:
        reason = f"{raters} rater(s); at least 2 are needed"
    elif targets < 2:
        reason = f"{targets} target(s) with every rating; at least 2 are needed"
    else:
        squares = _mean_squares(kept.to_numpy())
        if squares[0] == 0 and squares[2] == 0:
            reason = "the targets do not differ, so there is no variation to agree about"
        else:
            values = _coefficients(*squares, targets, raters)
            if squares[2] == 0:
                reason = "the raters agree exactly, or differ by one amount on every target, so there is no interval"
            else:
                bounds = _intervals(*squares, targets, raters, values[0], level)
    rows = [
        (name, meaning, value, low, high, targets, raters, len(ratings) - targets, reason)
        for (name, meaning), value, (low, high) in zip(MEANINGS.items(), values, bounds, strict=True)
    ]
    columns = ["coefficient", "meaning", "icc", "lower", "upper", "targets", "raters", "dropped", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"icc": float, "lower": float, "upper": float})


def _mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Return the mean squares of targets, raters and the rest; what is rounding only is zero."""
    targets, raters = table.shape
    grand = table.mean()
    rows, columns = table.mean(axis=1) - grand, table.mean(axis=0) - grand
    rest = table - grand - rows[:, None] - columns[None, :]
    smallest = ROUNDING * np.abs(table).max(initial=0.0)
    rows, columns, rest = (np.where(np.abs(part) <= smallest, 0.0, part) for part in (rows, columns, rest))
    return (
        float(raters * (rows**2).sum() / (targets - 1)),
        float(targets * (columns**2).sum() / (raters - 1)),
        float((rest**2).sum() / ((targets - 1) * (raters - 1))),
    )


def _coefficients(t: float, r: float, e: float, n: int, k: int) -> list[float | None]:
    whole = (t + (k - 1) * e + k * (r - e) / n, t + (k - 1) * e, t + (r - e) / n, t)
    return [(t - e) / part if part > 0 else None for part in whole]


def _intervals(
    t: float, r: float, e: float, n: int, k: int, one: float | None, level: float
) -> list[tuple[float | None, float | None]]:
    """Return the intervals of Shrout and Fleiss 1979 in the order of :data:`MEANINGS`."""
    tail, rest = 0.5 + level / 2, (n - 1) * (k - 1)
    ratio = t / e
    low = ratio / float(stats.f.ppf(tail, n - 1, rest))
    high = ratio * float(stats.f.ppf(tail, rest, n - 1))
    consistency = [((end - 1) / (end + k - 1), 1 - 1 / end if end > 0 else None) for end in (low, high)]
    absolute: list[tuple[float | None, float | None]] = [(None, None), (None, None)]
    if one is not None:
        a, b = k * one * r / e, n * (1 + (k - 1) * one) - k * one
        freedom = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2)
        wide = float(stats.f.ppf(tail, n - 1, freedom))
        narrow = float(stats.f.ppf(tail, freedom, n - 1))
        spread = k * r + (k * n - k - n) * e
        ends = (n * (t - wide * e) / (wide * spread + n * t), n * (narrow * t - e) / (spread + n * narrow * t))
        absolute = [(end, end * k / (1 + end * (k - 1)) if 1 + end * (k - 1) > 0 else None) for end in ends]
    pairs = [absolute, consistency]
    return [(pair[0][which], pair[1][which]) for which in (0, 1) for pair in pairs]
