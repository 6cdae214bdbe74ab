"""Profiles of an organisation and of its teams, and where they are between the two benchmarks."""

import math

import pandas as pd

from healthsys.climate.scoring import Shown, team_means
from healthsys.errors import DataError
from healthsys.statistics import mean_interval

#: Where a score is, compared with the benchmarks; shown as text, never by colour alone.
PLACES = ("worse than stagnant", "between the benchmarks", "at or past innovative")


def position(score: float, *, stagnant: float, innovative: float) -> float | None:
    """Where a score is on the way from the stagnant (0) to the innovative benchmark (1), for conflict too.

    Below 0 and above 1 are possible; None where the benchmarks are equal or the score is missing.

    >>> position(130, stagnant=97, innovative=148)
    0.6470588235294118
    >>> position(109, stagnant=140, innovative=78)
    0.5
    """
    if innovative == stagnant or math.isnan(score):
        return None
    return (score - stagnant) / (innovative - stagnant)


def place(score: float, *, stagnant: float, innovative: float) -> str | None:
    """Say on which side of the benchmarks a score is (on the stagnant one counts as between); None where it is missing.

    >>> place(92, stagnant=97, innovative=148)
    'worse than stagnant'
    >>> place(70, stagnant=140, innovative=78)
    'at or past innovative'
    """
    if math.isnan(score):
        return None
    sign = 1 if innovative >= stagnant else -1
    if sign * (score - innovative) >= 0:
        return PLACES[2]
    return PLACES[1] if sign * (score - stagnant) >= 0 else PLACES[0]


def against_benchmarks(scores: pd.DataFrame, benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Compare scores with the benchmarks, largest shortfall first.

    Parameters
    ----------
    scores
        ``dimension``, ``score``, optionally ``lower`` and ``upper`` (points on 0-300), and anything else.
    benchmarks
        ``dimension``, ``label``, ``innovative``, ``stagnant``; where innovative is lower, a lower score is better.

    Returns
    -------
    pandas.DataFrame
        The scores with the benchmarks, ``position``, ``shortfall`` (points short of innovative), ``place`` and, with
        intervals, ``includes_stagnant``; missing scores come last.

    Raises
    ------
    DataError
        If there is no score, a dimension has no benchmarks, or one occurs twice.

    Examples
    --------
    >>> ours = pd.DataFrame({"dimension": ["trust", "conflict"], "score": [150.0, 130.0]})
    >>> print_ = pd.DataFrame({"dimension": ["trust", "conflict"], "label": ["Trust", "Conflict"],
    ...                        "innovative": [178, 78], "stagnant": [112, 140]})
    >>> against_benchmarks(ours, print_)[["dimension", "shortfall"]].values.tolist()
    [['conflict', 52.0], ['trust', 28.0]]
    """
    missing = sorted(set(scores["dimension"]) - set(benchmarks["dimension"]))
    if missing:
        raise DataError(
            f"benchmarks: column 'dimension' has no row '{missing[0]}'; each scored dimension needs its benchmarks"
        )
    for name, table in (("scores", scores), ("benchmarks", benchmarks)):
        twice = table.loc[table["dimension"].duplicated(), "dimension"]
        if len(twice):
            raise DataError(f"{name}: column 'dimension' names '{twice.iloc[0]}' twice; keep one row for each")
    if scores.empty:
        raise DataError("scores: there is no dimension to set against the benchmarks; give at least one row")
    found = scores.merge(benchmarks[["dimension", "label", "innovative", "stagnant"]], on="dimension", how="left")
    ends = found[["stagnant", "innovative"]].astype(float)
    both = list(zip(found["score"], ends.to_dict("records"), strict=True))
    found["position"] = pd.Series([position(score, **pair) for score, pair in both], dtype="float64")
    sign = (ends["innovative"] >= ends["stagnant"]).map({True: 1, False: -1})
    found["shortfall"] = (sign * (ends["innovative"] - found["score"])).astype("float64")
    found["place"] = pd.Series([place(score, **pair) for score, pair in both], dtype="object")
    if "lower" in found:
        found["includes_stagnant"] = found["stagnant"].astype(float).between(found["lower"], found["upper"])
    return found.sort_values("shortfall", ascending=False, kind="stable", na_position="last").reset_index(drop=True)


def organisation_profile(shown: Shown, benchmarks: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Profile of the organisation: the mean of its team means with a t interval (k − 1 degrees of freedom).

    People in a team answer alike, so the teams, not the people, are the independent units.

    Parameters
    ----------
    shown
        A survey with small teams suppressed.
    benchmarks
        As for :func:`against_benchmarks`.
    level
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        As :func:`against_benchmarks` with ``lower``, ``upper``, ``teams``, ``people`` and ``reason``.

    References
    ----------
    Murray DM. Design and Analysis of Group-Randomized Trials. Oxford 1998 (analysis of group means).

    Examples
    --------
    >>> from healthsys.climate.scoring import withhold_small_teams
    >>> people = pd.DataFrame({"respondent": range(10), "team": ["T"] * 5 + ["U"] * 5, "trust_1": [1, 2] * 5})
    >>> ends = pd.DataFrame({"dimension": ["trust"], "label": ["Trust"], "innovative": [178], "stagnant": [112]})
    >>> organisation_profile(withhold_small_teams(people), ends)[["score", "teams", "place"]].values.tolist()
    [[150.0, 2, 'between the benchmarks']]
    """
    rows = []
    for dimension, group in team_means(shown).groupby("dimension", sort=False):
        found = mean_interval(group["mean"], level=level)
        people = int(group["n"].fillna(0).sum())
        rows.append((dimension, found.estimate, found.lower, found.upper, found.n, people, found.reason))
    columns = ["dimension", "score", "lower", "upper", "teams", "people", "reason"]
    scores = pd.DataFrame(rows, columns=columns).astype({"score": float, "lower": float, "upper": float})
    return against_benchmarks(scores, benchmarks)


def team_profile(shown: Shown, team: str, benchmarks: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Profile of one shown team, with a t interval over its people (n − 1 degrees of freedom).

    Raises
    ------
    DataError
        If the team is not shown: unknown, or below the minimum size.

    Examples
    --------
    >>> from healthsys.climate.scoring import withhold_small_teams
    >>> people = pd.DataFrame({"respondent": range(5), "team": "T", "trust_1": [1, 2, 1, 3, 2]})
    >>> ends = pd.DataFrame({"dimension": ["trust"], "label": ["Trust"], "innovative": [178], "stagnant": [112]})
    >>> team_profile(withhold_small_teams(people), "T", ends)[["score", "shortfall"]].values.tolist()
    [[180.0, -2.0]]
    """
    if team not in shown.teams:
        raise DataError(
            f"team '{team}' is not shown: there is none of that name with {shown.minimum_team_size} or more people; "
            f"allowed: {', '.join(shown.teams)}"
        )
    rows, people = [], shown.scores[shown.scores["team"] == team]
    for dimension in shown.dimensions:
        found = mean_interval(people[dimension], level=level)
        reason = found.reason and found.reason.replace("clusters", "people").replace("cluster", "person")
        if found.n == 0:
            reason = "fewer people with a score than the minimum team size"
        rows.append((dimension, found.estimate, found.lower, found.upper, found.n, reason))
    columns = ["dimension", "score", "lower", "upper", "people", "reason"]
    scores = pd.DataFrame(rows, columns=columns).astype({"score": float, "lower": float, "upper": float})
    return against_benchmarks(scores, benchmarks)
