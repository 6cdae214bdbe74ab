"""From answers to scores on 0-300, and from people to teams, with small teams withheld before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from healthsys.climate.dimensions import DIMENSIONS, POINTS, item_columns
from healthsys.errors import DataError


@dataclass(frozen=True)
class Shown:
    """A survey that may be shown: no answer of a small team is left in it.

    Attributes
    ----------
    answers
        One row a person of a shown team: ``respondent``, ``team``, the items.
    scores
        One row a person: ``respondent``, ``team`` and a column for each dimension on 0-300.
    withheld_teams
        How many teams are left out because fewer people than the minimum answered.
    withheld_cells
        How many results of a shown team on one dimension are left out for the same reason.
    minimum_team_size, minimum_answered
        The two rules that were applied.
    withheld_scores
        How many people's scores those withheld results of shown teams hold.
    """

    answers: pd.DataFrame
    scores: pd.DataFrame
    withheld_teams: int
    withheld_cells: int
    minimum_team_size: int
    minimum_answered: float
    withheld_scores: int = 0

    @property
    def teams(self) -> list[str]:
        """Names of the teams that are shown, sorted."""
        return sorted(self.scores["team"].unique())


def score(survey: pd.DataFrame, *, minimum_answered: float = 0.5) -> pd.DataFrame:
    """Score each person on each dimension: the mean answer times 100, so that a score lies between 0 and 300.

    Parameters
    ----------
    survey
        One row a person: ``respondent``, ``team``, answers 0-3 in columns ``<dimension>_<n>``.
    minimum_answered
        Share of a dimension's items that a person must have answered for a score on it, between 0 and 1; the mean is
        over the answered items (person mean). One answer is needed in any case.

    Returns
    -------
    pandas.DataFrame
        ``respondent``, ``team`` and one column a dimension (points on 0-300, missing below the minimum). Conflict is
        scored in its own direction: a high score means much conflict.

    Raises
    ------
    DataError
        If ``minimum_answered`` is not between 0 and 1.

    References
    ----------
    Isaksen SG, Lauer KJ, Ekvall G. Situational Outlook Questionnaire. Psychological Reports 1999;85:665-674.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": ["a", "b"], "team": ["T", "T"], "trust_1": [3, 1], "trust_2": [2, None]})
    >>> score(people)["trust"].tolist()
    [250.0, 100.0]
    >>> score(people, minimum_answered=0.8)["trust"].tolist()
    [250.0, nan]
    """
    if not 0 <= minimum_answered <= 1:
        raise DataError(f"minimum_answered is {minimum_answered}; allowed: a share from 0 to 1, such as 0.5")
    scored = survey[["respondent", "team"]].copy()
    for dimension in DIMENSIONS:
        columns = item_columns(survey.columns, dimension)
        if not columns:
            continue
        answers = survey[columns].astype("float64")
        answered = answers.notna().sum(axis=1)
        enough = (answered >= 1) & (answered >= minimum_answered * len(columns) - 1e-9)
        scored[dimension] = (POINTS * answers.mean(axis=1)).where(enough)
    return scored


def withhold_small_teams(
    survey: pd.DataFrame, *, minimum_team_size: int = 5, minimum_answered: float = 0.5, label: str = "the survey"
) -> Shown:
    """Score a survey and leave out every team, and every team's dimension, with too few people.

    A team with fewer than ``minimum_team_size`` people who have at least one score is left out whole. Where a larger
    team has fewer scores than that on one dimension, those scores and answers are left out. Everything that is
    computed afterwards, the organisation's figures too, uses only what is left: no shown figure contains a withheld
    person, so a withheld team cannot be found by subtracting the shown teams from the whole.

    Parameters
    ----------
    survey
        As for :func:`score`.
    minimum_team_size
        Fewest people of a team, 1 or more.
    minimum_answered
        As for :func:`score`.
    label
        What to call the survey in an error, usually its file name.

    Raises
    ------
    DataError
        If no team has enough people.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": list("abcdef"), "team": ["T"] * 5 + ["U"], "trust_1": [3, 2, 2, 1, 2, 0]})
    >>> shown = withhold_small_teams(people)
    >>> shown.teams, shown.withheld_teams
    (['T'], 1)
    """
    if minimum_team_size < 1:
        raise DataError(f"minimum_team_size is {minimum_team_size}; allowed: a whole number, 1 or more")
    scores = score(survey, minimum_answered=minimum_answered)
    dimensions = [dimension for dimension in DIMENSIONS if dimension in scores]
    usable = scores[dimensions].notna().any(axis=1)
    sizes = scores[usable].groupby("team").size().reindex(scores["team"].unique(), fill_value=0)
    large = sizes[sizes >= minimum_team_size].index
    if large.empty:
        raise DataError(
            f"{label}: column 'team': no team is complete, that is, has {minimum_team_size} or more people with a "
            f"score on any dimension (the largest has {int(sizes.max())}). Check the team names for spelling, join "
            "small teams, or set minimum_team_size lower if your rules on small numbers allow it"
        )
    kept = scores["team"].isin(large) & usable
    scores, answers = scores[kept].copy(), survey[kept].copy()
    withheld_cells = withheld_scores = 0
    for dimension in dimensions:
        counts = scores.groupby("team")[dimension].transform("count")
        small = counts < minimum_team_size
        withheld_cells += int(scores.loc[small, "team"].nunique())
        withheld_scores += int(scores.loc[small, dimension].notna().sum())
        scores.loc[small, dimension] = float("nan")
        answers.loc[small, item_columns(answers.columns, dimension)] = pd.NA
    return Shown(
        answers.reset_index(drop=True),
        scores.reset_index(drop=True),
        int(len(sizes) - len(large)),
        withheld_cells,
        minimum_team_size,
        minimum_answered,
        withheld_scores,
    )


def team_means(shown: Shown) -> pd.DataFrame:
    """Return the mean score of each shown team on each dimension, with the number of people behind it.

    Returns
    -------
    pandas.DataFrame
        ``team``, ``dimension``, ``mean`` (points on 0-300), ``sd`` (between people of the team) and ``n`` (people
        with a score); a withheld cell has no mean and ``n`` is missing.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": list("abcde"), "team": ["T"] * 5, "trust_1": [3, 2, 2, 1, 2]})
    >>> team_means(withhold_small_teams(people))["mean"].tolist()
    [200.0]
    """
    dimensions = [dimension for dimension in DIMENSIONS if dimension in shown.scores]
    long = shown.scores.melt(id_vars="team", value_vars=dimensions, var_name="dimension", value_name="score")
    means = long.groupby(["team", "dimension"])["score"].agg(["mean", "std", "count"]).reset_index()
    means = means.rename(columns={"std": "sd", "count": "n"})
    means["n"] = means["n"].where(means["n"] > 0).astype("Int64")
    order = {dimension: position for position, dimension in enumerate(DIMENSIONS)}
    return means.sort_values(
        ["team", "dimension"], key=lambda c: c.map(order) if c.name == "dimension" else c
    ).reset_index(drop=True)
