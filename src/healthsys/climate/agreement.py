"""May people be averaged into teams: agreement within a team (rwg) and differences between teams (ICC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.climate.dimensions import DIMENSIONS, HIGHEST_ANSWER, LOWEST_ANSWER, item_columns, matched
from healthsys.climate.scoring import ROUNDING, Shown, answers_as_numbers, varies
from healthsys.errors import DataError
from healthsys.statistics import check_level

#: Answer options of an item.
OPTIONS = HIGHEST_ANSWER - LOWEST_ANSWER + 1

#: Probabilities of the answers 0, 1, 2, 3 if everyone leaned towards agreeing: a slight skew, variance 0.89.
SKEWED_NULL = (0.10, 0.20, 0.40, 0.30)

#: Agreement from which a team mean is customarily used (a convention, not a law of nature).
CUSTOMARY = 0.70


@dataclass(frozen=True)
class Agreement:
    """An agreement index between 0 and 1, or the reason why there is none.

    ``out_of_range`` is True where answers vary more than chance would make them; the index is then 0 by rule.
    """

    value: float | None
    n: int
    items: int
    null_variance: float
    out_of_range: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Aggregation:
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


def uniform_variance(options: int = OPTIONS) -> float:
    """Variance of answers if each of the options were equally likely: (A² − 1) / 12.

    Examples
    --------
    >>> uniform_variance(4), uniform_variance(5)
    (1.25, 2.0)
    """
    if options < 2:
        raise DataError(f"options is {options}; allowed: a whole number, 2 or more")
    return (options**2 - 1) / 12


def null_variance(probabilities: Sequence[float]) -> float:
    """Variance of answers under stated probabilities of the options, in their order.

    Examples
    --------
    >>> round(null_variance(SKEWED_NULL), 4)
    0.89
    """
    share = np.asarray(probabilities, dtype=float)
    if not ((share >= 0).all() and abs(share.sum() - 1) <= 1e-9):
        raise DataError(
            f"the null distribution {tuple(probabilities)} sums to {share.sum():g}; allowed: one probability, 0 or "
            "more, for each answer option, adding up to 1"
        )
    answers = np.arange(len(share))
    mean = float(share @ answers)
    return float(share @ (answers - mean) ** 2)


def rwg(answers: Sequence[float], *, variance: float | None = None) -> Agreement:
    r"""Within-group agreement on one item: 1 minus the observed over the chance variance.

    .. math:: r_{wg} = 1 - s^2 / \sigma_E^2

    Parameters
    ----------
    answers
        The answers of one team; missing ones are left out.
    variance
        Variance under the null distribution; uniform over 0-3 unless given.

    Returns
    -------
    Agreement
        Between 0 and 1. Where people vary more than chance would make them, 0 and ``out_of_range``; with fewer than
        two answers None and a reason.

    References
    ----------
    James LR, Demaree RG, Wolf G. Journal of Applied Psychology 1984;69:85-98.

    Examples
    --------
    >>> rwg([4, 4, 5, 5, 4][:4] + [3], variance=2.0).value
    0.65
    """
    return rwg_j(pd.DataFrame({"item": list(answers)}), variance=variance)


def rwg_j(items: pd.DataFrame, *, variance: float | None = None) -> Agreement:
    r"""Within-group agreement on the items of one dimension, of one team.

    .. math:: r_{wg(j)} = \frac{J(1 - m)}{J(1 - m) + m},\quad m = \overline{s_i^2} / \sigma_E^2

    Parameters
    ----------
    items
        One row a person of the team, one column an item (J columns); people with a missing answer are left out.
    variance
        Variance under the null distribution; uniform over 0-3 unless given.

    Returns
    -------
    Agreement
        Between 0 and 1. Where m is above 1 the formula has no meaning: the value is 0 and ``out_of_range`` is True.

    References
    ----------
    James LR, Demaree RG, Wolf G. Journal of Applied Psychology 1984;69:85-98.

    Examples
    --------
    >>> people = pd.DataFrame([[4, 4, 5], [4, 5, 5], [5, 4, 4], [4, 4, 4], [3, 4, 5]])
    >>> round(rwg_j(people, variance=uniform_variance(5)).value, 4)
    0.9375
    """
    expected = uniform_variance() if variance is None else variance
    if not 0 < expected < float("inf"):
        raise DataError(f"the null variance is {expected}; allowed: a number above 0")
    kept = answers_as_numbers(items, label="items").dropna()
    count = kept.shape[1]
    if len(kept) < 2 or count == 0:
        return Agreement(None, len(kept), count, expected, reason="fewer than two people with complete answers")
    ratio = float(kept.var(ddof=1).mean()) / expected
    if ratio > 1 + ROUNDING:
        return Agreement(0.0, len(kept), count, expected, out_of_range=True)
    ratio = min(ratio, 1.0)
    return Agreement(count * (1 - ratio) / (count * (1 - ratio) + ratio), len(kept), count, expected)


def icc_aggregation(
    scores: Sequence[float], teams: Sequence[str], *, level: float = 0.95, group_size: str = "mean"
) -> Aggregation:
    r"""ICC(1) and ICC(2) of people in teams, from a one-way analysis of variance.

    .. math:: ICC(1) = \frac{MS_B - MS_W}{MS_B + (k - 1) MS_W},\quad ICC(2) = \frac{MS_B - MS_W}{MS_B}

    ICC(1) is the share of the variance between people that lies between teams; ICC(2) how reliably the team means
    tell teams apart. Negative values are reported as they are.

    Parameters
    ----------
    scores, teams
        One score and one team a person; people without a score are left out.
    level
        Coverage of the intervals, from the F distribution; with unequal teams they are approximate.
    group_size
        ``"mean"`` for k the mean team size, ``"n0"`` for the size weighted against unequal teams.

    Returns
    -------
    Aggregation
        None with a reason for fewer than two teams, no team with two people, or no variation at all.

    References
    ----------
    Bliese PD. In: Klein KJ, Kozlowski SWJ (eds). Multilevel Theory, Research, and Methods in Organizations. 2000.
    McGraw KO, Wong SP. Psychological Methods 1996;1:30-46 (intervals).

    Examples
    --------
    >>> found = icc_aggregation([1, 2, 1, 4, 5, 6], ["a", "a", "a", "b", "b", "b"])
    >>> f"{found.icc1:.3f} {found.icc2:.3f}"
    '0.907 0.967'
    """
    from scipy import stats

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
        return Aggregation(None, None, None, None, None, None, count, people, None, why)
    grouped = frame.groupby("team")["score"]
    within = float(((frame["score"] - grouped.transform("mean")) ** 2).sum()) / (people - count)
    between = float((sizes * (grouped.mean().to_numpy() - frame["score"].mean()) ** 2).sum()) / (count - 1)
    k = people / count if group_size == "mean" else (people - float((sizes**2).sum()) / people) / (count - 1)
    means, apart = grouped.mean(), frame["score"] - grouped.transform("mean")
    alike = bool((apart.abs() <= ROUNDING * frame["score"].abs().max()).all())
    if alike or not varies(means):
        why = "the people of each team have the same score" if varies(means) else "the team means are all equal"
        return Aggregation(None, None, None, None, None, None, count, people, k, why)
    ratio = between / within
    tail = 0.5 + level / 2
    low = ratio / float(stats.f.ppf(tail, count - 1, people - count))
    high = ratio * float(stats.f.ppf(tail, people - count, count - 1))
    one = [(value - 1) / (value + k - 1) for value in (ratio, low, high)]
    two = [1 - 1 / value for value in (ratio, low, high)]
    return Aggregation(*one, *two, count, people, k)


def aggregation(shown: Shown, *, level: float = 0.95, group_size: str = "mean") -> pd.DataFrame:
    """ICC(1) and ICC(2) of every dimension over the shown teams.

    Returns
    -------
    pandas.DataFrame
        ``dimension``, ``teams``, ``people``, ``group_size``, ``icc1``, ``icc1_lower``, ``icc1_upper``, ``icc2``,
        ``icc2_lower``, ``icc2_upper``, ``reason``.

    Examples
    --------
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> found = aggregation(withhold_small_teams(read_survey("climate_survey_baseline")))
    >>> len(found), found["teams"].unique().tolist()
    (9, [5])
    """
    rows = []
    for dimension in _scored(shown):
        found = icc_aggregation(shown.scores[dimension], shown.scores["team"], level=level, group_size=group_size)
        rows.append({"dimension": dimension} | vars(found))
    frame = pd.DataFrame(rows)
    numbers = [column for column in frame.columns if column.startswith("icc")] + ["group_size"]
    return frame.astype(dict.fromkeys(numbers, float))


def _scored(shown: Shown) -> list[str]:
    """Return the dimensions that a survey has scores on; none is an error."""
    found = [dimension for dimension in DIMENSIONS if dimension in shown.scores]
    if not found:
        raise DataError(f"the survey has no score on any dimension; allowed: {', '.join(DIMENSIONS)}")
    return found


def team_agreement(shown: Shown, *, skewed_null: Sequence[float] = SKEWED_NULL) -> pd.DataFrame:
    """rwg(j) of every shown team on every dimension, against a uniform and a skewed null.

    Returns
    -------
    pandas.DataFrame
        ``team``, ``dimension``, ``people`` (complete answers), ``uniform``, ``skewed``, ``out_of_range`` (under
        either null) and ``reason``. A team with fewer complete answers on a dimension than the minimum team size has
        no value there.

    Examples
    --------
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> found = team_agreement(withhold_small_teams(read_survey("climate_survey_baseline")))
    >>> len(found)
    45
    """
    skewed = null_variance(skewed_null)
    if len(skewed_null) != OPTIONS:
        raise DataError(f"skewed_null has {len(skewed_null)} probabilities; allowed: {OPTIONS}, for the answers 0 to 3")
    rows, dimensions = [], [dimension for dimension in matched(shown.answers.columns) if dimension in shown.scores]
    for team, people in shown.answers.groupby("team"):
        for dimension in dimensions:
            items = people[item_columns(people.columns, dimension)]
            flat, leaning = rwg_j(items), rwg_j(items, variance=skewed)
            values, reason = (flat.value, leaning.value), flat.reason
            if flat.n < shown.minimum_team_size:
                values, reason = (None, None), f"fewer than {shown.minimum_team_size} people with complete answers"
            flag = values[0] is not None and (flat.out_of_range or leaning.out_of_range)
            count = flat.n if values[0] is not None else None
            rows.append((team, dimension, count, *values, flag, reason))
    columns = ["team", "dimension", "people", "uniform", "skewed", "out_of_range", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"people": "Int64", "uniform": float, "skewed": float})
