"""Profiles of an organisation and of its teams, and where they lie between the two benchmarks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from healthsys.climate.dimensions import DIMENSIONS, direction
from healthsys.climate.scoring import Shown, team_means
from healthsys.errors import DataError, nearest
from healthsys.statistics import bootstrap_interval, mean_interval

#: Where a score lies, from the benchmarks: said in words, never by colour alone.
PLACES = ("short of stagnant", "between the benchmarks", "at or past innovative")


def position(score: float, *, stagnant: float, innovative: float) -> float | None:
    """Where a score lies on the way from the stagnant to the innovative benchmark: 0 at the one, 1 at the other.

    The same formula serves conflict, whose innovative benchmark is the lower one. Below 0 and above 1 are possible.

    Returns
    -------
    float or None
        None where the two benchmarks are equal, because then there is no way between them, or the score is missing.

    Examples
    --------
    >>> position(130, stagnant=97, innovative=148)
    0.6470588235294118
    >>> position(109, stagnant=140, innovative=78)
    0.5
    """
    if innovative == stagnant or math.isnan(score):
        return None
    return (score - stagnant) / (innovative - stagnant)


def place(score: float, *, stagnant: float, innovative: float) -> str | None:
    """Say on which side of the benchmarks a score lies (unrounded; on the stagnant benchmark counts as between).

    A missing score lies nowhere: None.

    Examples
    --------
    >>> place(92, stagnant=97, innovative=148)
    'short of stagnant'
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
    """Set scores beside the benchmarks, largest shortfall first.

    Parameters
    ----------
    scores
        ``dimension``, ``score`` and optionally ``lower``, ``upper`` (points on 0-300) and anything else.
    benchmarks
        ``dimension``, ``label``, ``innovative``, ``stagnant``.

    Returns
    -------
    pandas.DataFrame
        The scores with ``label``, ``innovative``, ``stagnant``, ``position`` (0 stagnant, 1 innovative),
        ``shortfall`` (points short of the innovative benchmark, reversed for conflict; negative when past it),
        ``place``, sorted by shortfall. A missing score has none of these and comes last.

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
    places, positions, shortfalls = [], [], []
    for row in found.itertuples():
        ends = {"stagnant": float(row.stagnant), "innovative": float(row.innovative)}
        known = not math.isnan(row.score)
        positions.append(position(row.score, **ends) if known else None)
        shortfalls.append(direction(row.dimension) * (ends["innovative"] - row.score) if known else None)
        places.append(place(row.score, **ends) if known else None)
    found["position"] = pd.Series(positions, dtype="float64")
    found["shortfall"] = pd.Series(shortfalls, dtype="float64")
    found["place"] = pd.Series(places, dtype="object")
    return found.sort_values("shortfall", ascending=False, kind="stable", na_position="last").reset_index(drop=True)


def organisation_profile(shown: Shown, benchmarks: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Profile of the organisation: the mean of its teams' means, each team counted once, with a t interval.

    People in a team answer alike, so the teams, not the people, are the independent units: the interval is Student's
    t on the team means with k − 1 degrees of freedom, which holds with few teams where a bootstrap does not.

    Parameters
    ----------
    shown
        A survey with small teams withheld; they are in no figure of the profile.
    benchmarks
        As for :func:`against_benchmarks`.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        As :func:`against_benchmarks` with ``lower``, ``upper``, ``teams`` (k), ``people`` and ``reason`` (why there is
        no score or interval).

    References
    ----------
    Murray DM. Design and Analysis of Group-Randomized Trials. Oxford 1998 (analysis of group means).

    Examples
    --------
    >>> from healthsys import datasets
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> shown = withhold_small_teams(read_survey("climate_survey_baseline"))
    >>> organisation_profile(shown, datasets.load("climate_benchmarks"))["dimension"].iloc[0]
    'risk_taking'
    """
    means = team_means(shown)
    rows = []
    for dimension, group in means.groupby("dimension", sort=False):
        found = mean_interval(group["mean"], level=level)
        people = int(group["n"].fillna(0).sum())
        rows.append((dimension, found.estimate, found.lower, found.upper, found.n, people, found.reason))
    columns = ["dimension", "score", "lower", "upper", "teams", "people", "reason"]
    scores = pd.DataFrame(rows, columns=columns).astype({"score": float, "lower": float, "upper": float})
    return against_benchmarks(scores, benchmarks)


def team_profile(shown: Shown, team: str, benchmarks: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Profile of one shown team, with a t interval over its people (n − 1 degrees of freedom).

    The interval says how far the team's mean would move if other people like these had answered; it says nothing
    about other teams.

    Raises
    ------
    DataError
        If the team is not shown: unknown, or below the minimum size.

    Examples
    --------
    >>> from healthsys import datasets
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> shown = withhold_small_teams(read_survey("climate_survey_baseline"))
    >>> int(team_profile(shown, "Nursing", datasets.load("climate_benchmarks"))["people"].max())
    10
    """
    if team not in shown.teams:
        raise DataError(
            f"team '{team}' is not shown: there is none of that name with {shown.minimum_team_size} or more people; "
            f"allowed: {', '.join(shown.teams)}"
        )
    rows = []
    people = shown.scores[shown.scores["team"] == team]
    for dimension in [column for column in people.columns if column not in ("respondent", "team")]:
        found = mean_interval(people[dimension], level=level)
        reason = found.reason and found.reason.replace("clusters", "people").replace("cluster", "person")
        if found.n == 0:
            reason = "fewer people with a score than the minimum team size"
        rows.append((dimension, found.estimate, found.lower, found.upper, found.n, reason))
    columns = ["dimension", "score", "lower", "upper", "people", "reason"]
    scores = pd.DataFrame(rows, columns=columns).astype({"score": float, "lower": float, "upper": float})
    return against_benchmarks(scores, benchmarks)


def holds_stagnant(row: Mapping[str, object]) -> bool:
    """Say whether the interval of a score holds the stagnant benchmark, so that its place is not certain.

    Examples
    --------
    >>> holds_stagnant({"lower": 38.3, "upper": 120.3, "stagnant": 97})
    True
    """
    return bool(row["lower"] <= row["stagnant"] <= row["upper"])


def place_in_words(row: Mapping[str, object]) -> str | None:
    """Say the place of a score, and where it is short of stagnant whether the interval leaves that open.

    Examples
    --------
    >>> place_in_words({"place": PLACES[0], "lower": 38.3, "upper": 120.3, "stagnant": 97})
    'short of stagnant (interval includes it)'
    """
    if row["place"] == PLACES[0] and holds_stagnant(row):
        return f"{PLACES[0]} (interval includes it)"
    return row["place"] if isinstance(row["place"], str) else None


def printed_profile(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Profile of the printed mean of stagnant organisations: its shortfalls are the gaps between the benchmarks.

    Examples
    --------
    >>> from healthsys import datasets
    >>> printed_profile(datasets.load("climate_benchmarks"))["dimension"].iloc[0]
    'risk_taking'
    """
    scores = pd.DataFrame({"dimension": benchmarks["dimension"], "score": benchmarks["stagnant"].astype(float)})
    scores["lower"] = scores["upper"] = float("nan")
    return against_benchmarks(scores, benchmarks)


def with_benchmark(benchmarks: pd.DataFrame, *, stagnant: Mapping[str, float]) -> pd.DataFrame:
    """Return the benchmarks with other stagnant means for some dimensions, to see what would change.

    Raises
    ------
    DataError
        If a mean tried is not on the stagnant side of the innovative one.

    Examples
    --------
    >>> from healthsys import datasets
    >>> changed = with_benchmark(datasets.load("climate_benchmarks"), stagnant={"trust": 120})
    >>> int(changed.set_index("dimension").loc["trust", "stagnant"])
    120
    """
    changed = benchmarks.copy()
    for dimension, value in stagnant.items():
        if dimension not in set(changed["dimension"]):
            raise DataError(
                f"benchmarks: there is no dimension '{dimension}'.{nearest(dimension, changed['dimension'])} "
                f"Allowed: {', '.join(changed['dimension'])}"
            )
        innovative = float(changed.set_index("dimension").loc[dimension, "innovative"])
        if direction(dimension) * (innovative - value) <= 0:
            side = "below" if direction(dimension) > 0 else "above"
            raise DataError(
                f"the stagnant benchmark to try for {dimension} is {value:g}; allowed: a number {side} the innovative "
                f"benchmark, {innovative:g}, because otherwise no way leads from the one to the other"
            )
        changed.loc[changed["dimension"] == dimension, "stagnant"] = value
    return changed


def practices_for(profile: pd.DataFrame, practices: pd.DataFrame, *, dimensions: int = 3) -> pd.DataFrame:
    """Return the leadership practices that the review lists for the dimensions with the largest shortfalls.

    Parameters
    ----------
    profile
        As :func:`against_benchmarks`; dimensions that are at or past the innovative benchmark are passed over.
    practices
        ``dimension``, ``number``, ``practice``, ``locator``.
    dimensions
        For how many dimensions.

    Examples
    --------
    >>> from healthsys import datasets
    >>> profile = printed_profile(datasets.load("climate_benchmarks"))
    >>> practices_for(profile, datasets.load("climate_practices"), dimensions=1)["dimension"].unique().tolist()
    ['risk_taking']
    """
    short = profile[profile["shortfall"] > 0].head(dimensions)[["dimension", "label", "shortfall"]]
    unlisted = [dimension for dimension in short["dimension"] if dimension not in set(practices["dimension"])]
    if unlisted:
        raise DataError(
            f"practices: column 'dimension' has no row '{unlisted[0]}'."
            f"{nearest(unlisted[0], practices['dimension'])} Add the practices of that dimension"
        )
    found = short.merge(practices[["dimension", "number", "practice", "locator"]], on="dimension", how="left")
    return found.reset_index(drop=True)


def bootstrap_beside(shown: Shown, dimension: str, *, level: float = 0.95, seed: int = 1) -> pd.DataFrame:
    """Set the t interval on team means beside the bootstrap over teams, for one dimension.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``score``, ``lower``, ``upper``, ``reason``, ``warning``; the bootstrap rows carry a warning
        below 20 teams.

    Examples
    --------
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> shown = withhold_small_teams(read_survey("climate_survey_baseline"))
    >>> bootstrap_beside(shown, "idea_time")["warning"].notna().tolist()
    [False, True, True]
    """
    if dimension not in shown.scores or dimension not in DIMENSIONS:
        raise DataError(
            f"the survey has no dimension '{dimension}'.{nearest(dimension, DIMENSIONS)} Allowed: "
            f"{', '.join(name for name in DIMENSIONS if name in shown.scores)}"
        )
    means = team_means(shown).query("dimension == @dimension")["mean"]
    found = [mean_interval(means, level=level)]
    found += [bootstrap_interval(means, level=level, seed=seed, method=method) for method in ("BCa", "percentile")]
    return pd.DataFrame(
        {
            "method": [entry.method.replace("cluster", "team") for entry in found],
            "score": [entry.estimate for entry in found],
            "lower": pd.Series([entry.lower for entry in found], dtype="float64"),
            "upper": pd.Series([entry.upper for entry in found], dtype="float64"),
            "reason": [entry.reason for entry in found],
            "warning": [entry.warning for entry in found],
        }
    )
