"""Do the people of a team agree: within-group agreement, rwg and rwg(j), against what chance would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.climate.dimensions import ANSWERS, item_columns, matched
from healthsys.climate.scoring import ROUNDING, Shown, answers_as_numbers
from healthsys.errors import DataError

#: Answer options of an item.
OPTIONS = ANSWERS[1] - ANSWERS[0] + 1

#: Probabilities of the answers 0, 1, 2, 3 if everyone leaned towards agreeing: a slight skew, variance 0.89.
SKEWED_NULL = (0.10, 0.20, 0.40, 0.30)

#: Agreement from which a team mean is customarily used (a convention, not a law of nature).
CUSTOMARY = 0.70


@dataclass(frozen=True)
class Rwg:
    """Agreement, 0 to 1 (0 and ``out_of_range`` where answers vary more than by chance), or the reason why not."""

    value: float | None
    n: int
    items: int
    null_variance: float
    out_of_range: bool = False
    reason: str | None = None


def uniform_variance(options: int = OPTIONS) -> float:
    """Variance of answers if each of the options were equally likely: (A² − 1) / 12.

    >>> uniform_variance(4), uniform_variance(5)
    (1.25, 2.0)
    """
    if options < 2:
        raise DataError(f"options is {options}; allowed: a whole number, 2 or more")
    return (options**2 - 1) / 12


def null_variance(probabilities: Sequence[float]) -> float:
    """Variance of answers under stated probabilities of the options, in their order.

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


def rwg(answers: Sequence[float], *, variance: float | None = None) -> Rwg:
    r"""Within-group agreement on one item: 1 minus the observed over the chance variance; see :func:`rwg_j`.

    .. math:: r_{wg} = 1 - s^2 / \sigma_E^2

    Parameters
    ----------
    answers
        The answers of one team; missing ones are dropped.
    variance
        Variance under the null distribution; uniform over 0-3 unless given.

    Returns
    -------
    Rwg
        From 0 to 1; 0 and ``out_of_range`` where answers vary more than by chance.

    Examples
    --------
    >>> rwg([4, 4, 5, 5, 4][:4] + [3], variance=2.0).value
    0.65
    """
    return rwg_j(pd.DataFrame({"item": list(answers)}), variance=variance)


def rwg_j(items: pd.DataFrame, *, variance: float | None = None) -> Rwg:
    r"""Within-group agreement of one team on the J items of one dimension.

    .. math:: r_{wg(j)} = \frac{J(1 - m)}{J(1 - m) + m},\quad m = \overline{s_i^2} / \sigma_E^2

    Parameters
    ----------
    items
        One row a person, one column an item; people with a missing answer are dropped.
    variance
        Variance under the null distribution; uniform over 0-3 unless given.

    Returns
    -------
    Rwg
        From 0 to 1; 0 and ``out_of_range`` where m is above 1.

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
        return Rwg(None, len(kept), count, expected, reason="fewer than two people with complete answers")
    ratio = float(kept.var(ddof=1).mean()) / expected
    if ratio > 1 + ROUNDING:
        return Rwg(0.0, len(kept), count, expected, out_of_range=True)
    ratio = min(ratio, 1.0)
    return Rwg(count * (1 - ratio) / (count * (1 - ratio) + ratio), len(kept), count, expected)


def team_rwg(shown: Shown, *, skewed_null: Sequence[float] = SKEWED_NULL) -> pd.DataFrame:
    """rwg(j) of every shown team on every dimension, against a uniform and a skewed null.

    Returns
    -------
    pandas.DataFrame
        ``team``, ``dimension``, ``people`` (complete answers), ``uniform``, ``skewed``, ``out_of_range`` (under either
        null) and ``reason``; no value below the minimum team size.

    Raises
    ------
    DataError
        If no column is an item of a scored dimension, or the skewed null has not one probability for each answer.

    Examples
    --------
    >>> from healthsys.climate.scoring import withhold_small_teams
    >>> people = pd.DataFrame({"respondent": list("abcde"), "team": "T", "trust_1": [3, 2, 2, 1, 2], "trust_2": 2})
    >>> team_rwg(withhold_small_teams(people))[["team", "dimension", "people", "uniform"]].round(3).values.tolist()
    [['T', 'trust', 5, 0.889]]
    """
    options = shown.scale[1] - shown.scale[0] + 1
    flat_null, skewed = uniform_variance(options), null_variance(skewed_null)
    if len(skewed_null) != options:
        raise DataError(
            f"skewed_null has {len(skewed_null)} probabilities; allowed: {options}, for the answers {shown.scale[0]} "
            f"to {shown.scale[1]}"
        )
    rows, dimensions = [], matched(shown.answers.columns, dimensions=shown.dimensions)
    for team, people in shown.answers.groupby("team"):
        for dimension in dimensions:
            items = people[item_columns(people.columns, dimension)]
            flat, leaning = rwg_j(items, variance=flat_null), rwg_j(items, variance=skewed)
            values, reason = (flat.value, leaning.value), flat.reason
            if flat.n < shown.minimum_team_size:
                values, reason = (None, None), f"fewer than {shown.minimum_team_size} people with complete answers"
            known = values[0] is not None
            wild = known and (flat.out_of_range or leaning.out_of_range)
            rows.append((team, dimension, flat.n if known else None, *values, wild, reason))
    columns = ["team", "dimension", "people", "uniform", "skewed", "out_of_range", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"people": "Int64", "uniform": float, "skewed": float})
