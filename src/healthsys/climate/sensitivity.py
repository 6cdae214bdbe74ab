"""Sensitivity analysis: the profile and the changes under alternatives."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from healthsys.climate.change import VERDICTS, change_between
from healthsys.climate.dimensions import direction
from healthsys.climate.profile import PLACES, against_benchmarks, organisation_profile
from healthsys.climate.scoring import Shown, withhold_small_teams
from healthsys.errors import DataError

#: The larger minimum team size that is tried; three above a survey's own that reaches it.
LARGER_MINIMUM = 8

#: Why a mean over people has no interval here.
IGNORES_TEAMS = "none: ignores teams"

#: Two of the choices, in words.
COMPLETE = "only people who answered every item of a dimension"
PEOPLE = "each person counts once, not each team"

#: Why that of complete answers is not shown.
TELLS = "not shown: so few people left out an item of the dimension concerned that their answers could be found"


def larger_minimum(shown: Shown) -> int:
    """Return the other minimum team size to try.

    >>> people = pd.DataFrame({"respondent": range(9), "team": "T", "trust_1": 2})
    >>> [larger_minimum(withhold_small_teams(people, minimum_team_size=size)) for size in (5, 9)]
    [8, 12]
    """
    return LARGER_MINIMUM if shown.minimum_team_size < LARGER_MINIMUM else shown.minimum_team_size + 3


def _again(shown: Shown, **rules: Any) -> Shown | None:
    """Withhold again under another rule; None if no team is left."""
    kept = {name: getattr(shown, name) for name in ("dimensions", "scale", "minimum_team_size", "minimum_answered")}
    kept["hide_unanimous"] = shown.hide_unanimous
    try:
        return withhold_small_teams(shown.answers, **{**kept, **rules})
    except DataError:
        return None


def _tells(shown: Shown, dimension: str) -> bool:
    """Whether so few people lack an answer in a dimension that subtracting means with and without them gives theirs."""
    complete = _again(shown, minimum_answered=1.0)
    if complete is None or not shown.hide_unanimous:
        return False
    return 0 < shown.scores[dimension].count() - complete.scores[dimension].count() < shown.minimum_team_size


def profile_sensitivity(shown: Shown, benchmarks: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """The largest shortfall under alternatives, one row each.

    Returns
    -------
    pandas.DataFrame
        ``choice``, ``dimension``, ``score``, ``lower``, ``upper``, ``reason``, ``shortfall`` and ``short_of_stagnant``
        (how many dimensions are); empty where an alternative leaves nothing to compute.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": range(10), "team": ["T"] * 5 + ["U"] * 5, "trust_1": [1, 2] * 5})
    >>> ends = pd.DataFrame({"dimension": ["trust"], "label": ["Trust"], "innovative": [178], "stagnant": [112]})
    >>> profile_sensitivity(withhold_small_teams(people), ends)["choice"].tolist()[:2]
    ['as on this page', 'minimum team size 8 (no team is large enough)']
    """
    size = larger_minimum(shown)
    people = shown.scores[shown.dimensions].mean()
    flat = pd.DataFrame({"dimension": people.index, "score": people.to_numpy(), "reason": IGNORES_TEAMS})
    flat["lower"] = flat["upper"] = float("nan")
    page, larger, complete = (
        None if wave is None else organisation_profile(wave, benchmarks, level=level)
        for wave in (shown, _again(shown, minimum_team_size=size), _again(shown, minimum_answered=1.0))
    )
    cases = {
        "as on this page": page,
        f"minimum team size {size}": larger,
        COMPLETE: complete,
        PEOPLE: against_benchmarks(flat, benchmarks),
        "by share of the way, not by points": page.sort_values("position", kind="stable"),
    }
    rows = []
    for choice, found in cases.items():
        if found is None or pd.isna(found["score"].iloc[0]):
            rows.append({"choice": f"{choice} (no team is large enough)"})
            continue
        first = found.iloc[0]
        if choice == COMPLETE and _tells(shown, first["dimension"]):
            rows.append({"choice": f"{choice} ({TELLS})"})
            continue
        kept = {name: first[name] for name in ("score", "lower", "upper", "reason", "shortfall")}
        short = int((found["place"] == PLACES[0]).sum())
        rows.append({"choice": choice, "dimension": first["label"], **kept, "short_of_stagnant": short})
    columns = ["choice", "dimension", "score", "lower", "upper", "reason", "shortfall", "short_of_stagnant"]
    return pd.DataFrame(rows, columns=columns)


def change_sensitivity(before: Shown, after: Shown, *, level: float = 0.95) -> pd.DataFrame:
    """The largest improvement, and how many changes are clear, under alternatives, one row each.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (``page``, ``size``, ``complete``, ``people``, ``leave``: one team dropped), ``choice``, ``dimension``,
        ``change``, ``lower``, ``upper``, ``reason``, ``alone`` (intervals that exclude zero), ``holm`` (clear after
        Holm's adjustment).

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": range(15), "team": list("ABC") * 5, "trust_1": [1, 2, 0] * 5})
    >>> waves = [withhold_small_teams(people), withhold_small_teams(people.assign(trust_1=[2, 3, 0] * 5))]
    >>> change_sensitivity(*waves)["kind"].tolist()
    ['page', 'size', 'complete', 'people', 'leave', 'leave', 'leave']
    """
    rows = []
    for kind, choice, found in _changes(before, after, level=level):
        if found is None or found["change"].isna().all():
            rows.append({"kind": kind, "choice": f"{choice} (no team is large enough in both)"})
            continue
        first = found.iloc[0][["dimension", "change", "lower", "upper", "reason"]]
        if kind == "complete" and any(_tells(wave, first["dimension"]) for wave in (before, after)):
            rows.append({"kind": kind, "choice": f"{choice} ({TELLS})"})
            continue
        row = {"kind": kind, "choice": choice, **first}
        if found["lower"].notna().any():
            verdicts = found["verdict"].dropna()
            row["alone"] = int((verdicts != VERDICTS[-1]).sum())
            row["holm"] = int(verdicts.isin(("better", "worse")).sum())
        rows.append(row)
    columns = ["kind", "choice", "dimension", "change", "lower", "upper", "reason", "alone", "holm"]
    return pd.DataFrame(rows, columns=columns).astype({"alone": "Int64", "holm": "Int64"})


def _changes(before: Shown, after: Shown, *, level: float) -> Iterator[tuple[str, str, pd.DataFrame | None]]:
    def between(one: Shown | None, other: Shown | None) -> pd.DataFrame | None:
        if one is None or other is None:
            return None
        try:
            return change_between(one, other, level=level)
        except DataError:
            return None

    size = larger_minimum(after)
    yield "page", "as on this page", between(before, after)
    larger = [_again(wave, minimum_team_size=size) for wave in (before, after)]
    yield "size", f"minimum team size {size}", between(*larger)
    yield "complete", COMPLETE, between(*[_again(wave, minimum_answered=1.0) for wave in (before, after)])
    common = sorted(set(before.teams) & set(after.teams))
    yield "people", PEOPLE, _over_people(before, after, common)
    for team in common if len(common) > 1 else []:
        yield "leave", f"without the team {team}", between(*[_without(wave, team) for wave in (before, after)])


def _without(shown: Shown, team: str) -> Shown:
    answers, scores = (frame[frame["team"] != team] for frame in (shown.answers, shown.scores))
    return replace(shown, answers=answers, scores=scores)


def _over_people(before: Shown, after: Shown, teams: list[str]) -> pd.DataFrame:
    """Difference of the means over people of the teams shown in both waves."""
    means = [wave.scores.loc[wave.scores["team"].isin(teams), wave.dimensions].mean() for wave in (before, after)]
    moved = (means[1] - means[0]).reindex([name for name in after.dimensions if name in before.dimensions])
    order = (moved * moved.index.map(direction)).sort_values(ascending=False, na_position="last", kind="stable").index
    table = pd.DataFrame({"dimension": order, "change": moved[order].to_numpy(), "reason": IGNORES_TEAMS})
    return table.assign(lower=float("nan"), upper=float("nan"), verdict=None)
