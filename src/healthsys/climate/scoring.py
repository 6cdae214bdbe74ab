"""From answers to scores on 0-300, and from people to teams, with small teams withheld before anything is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pandas as pd

from healthsys.climate.dimensions import ANSWERS, DIMENSIONS, POINTS, item_columns, matched
from healthsys.errors import DataError, need_columns
from healthsys.io.survey import team_key
from healthsys.say import count

#: Spread, in proportion to the largest value, up to which numbers count as equal: the rounding of floats, no more.
ROUNDING = 1e-12

#: Scores (points on 0-300) nearer than this are the same: the rounding of a mean, no more.
SAME_SCORE = 1e-6


@dataclass(frozen=True)
class Shown:
    """A survey that may be shown: ``answers`` and ``scores`` (0-300) have one row a person, none of a small team.

    ``withheld_teams``, ``withheld_cells`` (results of a shown team on one dimension) and ``withheld_scores`` count what
    is suppressed; ``unanimous`` counts the results that are the same for everybody of a team (with ``hide_unanimous``
    suppressed, and for everybody but one too).
    """

    answers: pd.DataFrame
    scores: pd.DataFrame
    withheld_teams: int
    withheld_cells: int
    minimum_team_size: int
    minimum_answered: float
    withheld_scores: int = 0
    unanimous: int = 0
    scale: tuple[int, int] = ANSWERS
    hide_unanimous: bool = False

    @property
    def teams(self) -> list[str]:
        """Names of the teams that are shown, sorted."""
        return sorted(self.scores["team"].unique())

    @property
    def dimensions(self) -> list[str]:
        """The dimensions that are scored."""
        return [column for column in self.scores.columns if column not in ("respondent", "team")]

    @property
    def note(self) -> str:
        """What is suppressed, why it cannot be found by subtraction, and what to check before sharing."""
        if self.minimum_team_size == 1:
            said = "The protection of small teams is switched off (minimum team size 1): do not share this page."
        elif self.withheld_teams == 0:
            said = f"No team is suppressed: each has {self.minimum_team_size} or more people with a score."
        else:
            said = (
                f"Suppressed: {count(self.withheld_teams, 'team')} with fewer than {self.minimum_team_size} people, in "
                "every table and figure and in the organisation's scores too, so that no answer can be worked out by "
                "subtracting the shown teams from the whole."
            )
        if self.withheld_cells:
            said += (
                f" Suppressed too: {count(self.withheld_cells, 'result')} of a shown team on one dimension, with fewer "
                f"than {self.minimum_team_size} people or where a smaller number could be worked out."
            )
        if self.unanimous and self.hide_unanimous:
            said += (
                f" In {self.unanimous:,} of these everybody, or everybody but one, has the same score, so the mean "
                "would show what each person answered."
            )
        elif self.unanimous:
            said += (
                f" Check before you share: in {count(self.unanimous, 'result')} of a team on one dimension everybody "
                "has the same score, so the mean shows what each person answered."
            )
        return said


def varies(values: Sequence[float]) -> bool:
    """Say whether numbers differ by more than rounding (missing ones are passed over).

    >>> varies([93.3, 93.3]), varies([0.1 + 0.2, 0.3]), varies([1, 2])
    (False, False, True)
    """
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    return bool(kept.size > 1 and np.ptp(kept) > ROUNDING * np.abs(kept).max())


def answers_as_numbers(
    items: pd.DataFrame, *, label: str = "the survey", scale: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Return answers as floats, missing where not answered; refuse what is no answer.

    ``items`` has one row a person, one column an item; ``scale`` is the range allowed (any number unless given).

    Raises DataError if a column occurs twice, or an answer is text (a decimal comma among them), infinite, or off the
    scale.

    >>> answers_as_numbers(pd.DataFrame({"trust_1": [3, None]}))["trust_1"].tolist()
    [3.0, nan]
    >>> answers_as_numbers(pd.DataFrame({"trust_1": ["2,5"]}))
    Traceback (most recent call last):
    ...
    healthsys.errors.DataError: the survey: column 'trust_1', row 2: '2,5' is no number; allowed: a number (with a \
decimal point), or missing. Correct the cell
    """
    twice = items.columns[items.columns.duplicated()]
    if len(twice):
        raise DataError(f"{label}: column '{twice[0]}' occurs twice in the header; rename or remove one")
    numbers = items.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    text = (items.notna().to_numpy(dtype=bool) & np.isnan(numbers)) | np.isinf(numbers)
    lowest, highest = scale or (-np.inf, np.inf)
    wrong = text | (numbers < lowest) | (numbers > highest)
    if wrong.any():
        place = int(wrong.any(axis=0).argmax())
        said, allowed = "is off the scale", f"{lowest} to {highest}"
        if text[:, place].any():
            wrong, said, allowed = text, "is no number", "a number (with a decimal point)"
        row = int(wrong[:, place].argmax())
        raise DataError(
            f"{label}: column '{items.columns[place]}', row {row + 2}: '{items.iloc[row, place]}' {said}; "
            f"allowed: {allowed}, or missing. Correct the cell"
        )
    return pd.DataFrame(numbers, index=items.index, columns=items.columns)


def score(
    survey: pd.DataFrame,
    *,
    dimensions: Sequence[str] = DIMENSIONS,
    scale: tuple[int, int] = ANSWERS,
    minimum_answered: float = 0.5,
    label: str = "the survey",
) -> pd.DataFrame:
    """Score each person on each dimension: the mean answer times 100, between 0 and 300 for answers of 0 to 3.

    Parameters
    ----------
    survey
        One row a person: ``respondent``, ``team``, answers in columns ``<dimension>_<n>``.
    dimensions
        Keys of the dimensions; those of the nine-dimension questionnaire unless given.
    scale
        Lowest and highest answer to an item.
    minimum_answered
        Share of a dimension's items that a person must have answered for a score on it, between 0 and 1; the mean is
        over the answered items (person mean). One answer is needed in any case.
    label
        What to call the survey in an error, usually its file name.

    Returns
    -------
    pandas.DataFrame
        ``respondent``, ``team`` and one column a dimension (points on 0-300, missing below the minimum). Conflict is
        scored in its own direction: a high score means much conflict.

    Raises
    ------
    DataError
        If ``minimum_answered`` is not between 0 and 1, no column is an item of a known dimension (or one is misspelt),
        a person has no team, or an answer is off the scale.

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
    need_columns(survey, ("respondent", "team"), label, more=" A survey needs the columns respondent and team")
    if (lost := survey["team"].isna().to_numpy()).any():
        raise DataError(f"{label}: column 'team', row {int(lost.argmax()) + 2}: the cell is empty; fill in the team")
    named = matched(survey.columns, dimensions=dimensions, label=label)
    items = {dimension: item_columns(survey.columns, dimension) for dimension in named}
    answers = answers_as_numbers(survey[list(chain.from_iterable(items.values()))], label=label, scale=scale)
    scored = survey[["respondent", "team"]].copy()
    for dimension, columns in items.items():
        given = answers[columns]
        answered = given.notna().sum(axis=1)
        enough = (answered >= 1) & (answered >= minimum_answered * len(columns) - 1e-9)
        scored[dimension] = (POINTS * given.mean(axis=1)).where(enough)
    return scored


def withhold_small_teams(
    survey: pd.DataFrame,
    *,
    dimensions: Sequence[str] = DIMENSIONS,
    scale: tuple[int, int] = ANSWERS,
    minimum_team_size: int = 5,
    minimum_answered: float = 0.5,
    hide_unanimous: bool = False,
    label: str = "the survey",
) -> Shown:
    """Score a survey and suppress every team, and every team's dimension, with too few people.

    Everything computed afterwards, the organisation's figures too, uses only what remains, so no suppressed team can be
    found by subtraction.

    Parameters
    ----------
    survey, dimensions, scale, minimum_answered, label
        As for :func:`score`.
    minimum_team_size
        Fewest people of a team, 1 or more.
    hide_unanimous
        Whether a team's dimension is suppressed too on which all people, or all but one, have the same score: the mean
        tells what each of them answered, and the one who differs knows it of all others.

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
    scores = score(survey, dimensions=dimensions, scale=scale, minimum_answered=minimum_answered, label=label)
    scored = list(scores.columns[2:])
    usable = scores[scored].notna().any(axis=1)
    sizes = scores[usable].groupby("team").size().reindex(scores["team"].unique(), fill_value=0)
    large = sizes[sizes >= minimum_team_size].index
    if large.empty:
        raise DataError(
            f"{label}: column 'team': no team is complete, that is, has {minimum_team_size} or more people with a "
            f"score on any dimension (the largest has {int(sizes.max())}). Check the team names for spelling, join "
            "small teams, or set minimum_team_size lower if your rules on small numbers allow it"
        )
    kept = scores["team"].isin(large) & usable
    scores, answers = scores[kept].reset_index(drop=True), survey[kept].reset_index(drop=True)
    cell = ["dimension", "team"]
    long = scores.melt("team", scored, var_name="dimension", value_name="score")
    counts = long.groupby(cell)["score"].transform("count")
    same = long.groupby([*cell, (long["score"] / SAME_SCORE).round()])["score"].transform("size")
    most = same.groupby([long[name] for name in cell]).transform("max")
    small = counts < minimum_team_size
    alike = ~small & (most >= counts - hide_unanimous)
    hidden = small | (alike & hide_unanimous)
    for dimension, of_people in zip(scored, hidden.to_numpy().reshape(len(scored), -1), strict=True):
        scores.loc[of_people, dimension] = float("nan")
        answers.loc[of_people, item_columns(answers.columns, dimension)] = pd.NA
    return Shown(
        answers,
        scores,
        int(len(sizes) - len(large)),
        len(long[hidden].drop_duplicates(cell)),
        minimum_team_size,
        minimum_answered,
        int(long.loc[hidden, "score"].notna().sum()),
        len(long[alike].drop_duplicates(cell)),
        scale,
        hide_unanimous,
    )


def spelt_as(shown: Shown, other: Shown) -> Shown:
    """Return a survey with its teams spelt as another survey spells the same teams.

    >>> people = pd.DataFrame({"respondent": list("abcde"), "team": ["T 1"] * 5, "trust_1": [3, 2, 2, 1, 2]})
    >>> first, second = (withhold_small_teams(people.assign(team=name)) for name in ("T 1", "t-1"))
    >>> spelt_as(first, second).teams
    ['t-1']
    """
    wanted = {team_key(name): name for name in other.teams}
    names = {name: wanted.get(team_key(name), name) for name in shown.teams}
    return replace(
        shown,
        answers=shown.answers.assign(team=shown.answers["team"].map(names)),
        scores=shown.scores.assign(team=shown.scores["team"].map(names)),
    )


def team_means(shown: Shown) -> pd.DataFrame:
    """Return ``team``, ``dimension``, ``mean``, ``sd`` (points on 0-300) and ``n`` of each shown team and dimension.

    A suppressed cell has no mean, and ``n`` is missing.

    >>> people = pd.DataFrame({"respondent": list("abcde"), "team": ["T"] * 5, "trust_1": [3, 2, 2, 1, 2]})
    >>> team_means(withhold_small_teams(people))["mean"].tolist()
    [200.0]
    """
    long = shown.scores.melt("team", shown.dimensions, var_name="dimension", value_name="score")
    long["dimension"] = pd.Categorical(long["dimension"], shown.dimensions)
    means = long.groupby(["team", "dimension"], observed=True)["score"].agg(mean="mean", sd="std", n="count")
    means = means.reset_index().astype({"dimension": "str"})
    means["n"] = means["n"].where(means["n"] > 0).astype("Int64")
    return means
