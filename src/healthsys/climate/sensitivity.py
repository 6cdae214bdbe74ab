"""Would another choice change the answer: the profile, the changes, and the benchmark of trust under other choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from healthsys.climate import profile
from healthsys.climate.change import VERDICTS, change_between
from healthsys.climate.dimensions import DIMENSIONS, direction
from healthsys.climate.scoring import Shown, withhold_small_teams
from healthsys.climate.study import Study
from healthsys.errors import DataError

#: The larger minimum team size that is tried beside the page's own.
LARGER_MINIMUM = 8

#: Why a mean over people has no interval here.
IGNORES_TEAMS = "none: ignores teams"


def larger_minimum(shown: Shown) -> int:
    """Return the other minimum team size to try: :data:`LARGER_MINIMUM`, or three above a page's own that reaches it.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> larger_minimum(open_study("climate_survey_baseline").shown)
    8
    """
    return LARGER_MINIMUM if shown.minimum_team_size < LARGER_MINIMUM else shown.minimum_team_size + 3


def _again(shown: Shown, *, size: int | None = None, answered: float | None = None) -> Shown | None:
    """Withhold again under another rule; None if no team is left."""
    rules = {
        "minimum_team_size": size or shown.minimum_team_size,
        "minimum_answered": shown.minimum_answered if answered is None else answered,
    }
    try:
        return withhold_small_teams(shown.answers, **rules)
    except DataError:
        return None


def sensitivity(study: Study) -> pd.DataFrame:
    """The largest shortfall under other defensible choices, one row a choice.

    Returns
    -------
    pandas.DataFrame
        ``choice``, ``dimension`` (name of the largest shortfall), ``score``, ``lower``, ``upper``, ``reason`` (why
        there is no interval), ``shortfall`` and ``short_of_stagnant`` (how many dimensions are); empty where a choice
        leaves nothing to compute.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> sensitivity(open_study("climate_survey_baseline"))["choice"].iloc[[0, 1]].tolist()
    ['as on this page', 'minimum team size 8']
    """
    shown, size = study.shown, larger_minimum(study.shown)
    people = shown.scores.drop(columns=["respondent", "team"]).mean()
    flat = pd.DataFrame({"dimension": people.index, "score": people.to_numpy(), "reason": IGNORES_TEAMS})
    flat["lower"] = flat["upper"] = float("nan")
    rows = [
        _choice("as on this page", study.profile),
        _choice(f"minimum team size {size}", _profile(study, _again(shown, size=size))),
        _choice("only people who answered every item of a dimension", _profile(study, _again(shown, answered=1.0))),
        _choice("each person counts once, not each team", profile.against_benchmarks(flat, study.benchmarks)),
        _choice("by share of the way, not by points", study.profile.sort_values("position", kind="stable")),
    ]
    columns = ["choice", "dimension", "score", "lower", "upper", "reason", "shortfall", "short_of_stagnant"]
    return pd.DataFrame(rows, columns=columns)


def _profile(study: Study, shown: Shown | None) -> pd.DataFrame | None:
    return None if shown is None else profile.organisation_profile(shown, study.benchmarks, level=study.level)


def _choice(label: str, found: pd.DataFrame | None) -> dict[str, Any]:
    if found is None or pd.isna(found["score"].iloc[0]):
        return {"choice": f"{label} (no team is large enough)"}
    first = found.iloc[0]
    return {
        "choice": label,
        "dimension": first["label"],
        "score": first["score"],
        "lower": first["lower"],
        "upper": first["upper"],
        "reason": first["reason"],
        "shortfall": first["shortfall"],
        "short_of_stagnant": int((found["place"] == profile.PLACES[0]).sum()),
    }


def change_sensitivity(study: Study) -> pd.DataFrame:
    """The largest improvement, and how many changes are clear, under other choices, one row a choice.

    The choices: a larger minimum team size, complete answers only, each person once instead of each team (without an
    interval, which would ignore teams), and each team left out in turn.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (``page``, ``size``, ``complete``, ``people``, ``leave``), ``choice``, ``dimension``, ``change``,
        ``lower``, ``upper``, ``reason``, ``alone`` (intervals that leave out no change), ``holm`` (those that stand
        after Holm's adjustment).

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> [int(change_sensitivity(study)[name].iloc[0]) for name in ("alone", "holm")]
    [4, 1]
    """
    rows = [_change_row(study, kind, label, table) for kind, label, table in _changes(study)]
    columns = ["kind", "choice", "dimension", "change", "lower", "upper", "reason", "alone", "holm"]
    return pd.DataFrame(rows, columns=columns).astype({"alone": "Int64", "holm": "Int64"})


def _changes(study: Study) -> Iterator[tuple[str, str, pd.DataFrame | None]]:
    before, after = study.earlier.shown, study.shown
    size = larger_minimum(after)
    yield "page", "as on this page", study.change
    yield "size", f"minimum team size {size}", _between(study, _again(before, size=size), _again(after, size=size))
    complete = (_again(before, answered=1.0), _again(after, answered=1.0))
    yield "complete", "only people who answered every item of a dimension", _between(study, *complete)
    yield "people", "each person counts once, not each team", _over_people(before, after)
    common = sorted(set(before.teams) & set(after.teams))
    for team in common if len(common) > 1 else []:
        yield "leave", f"without the team {team}", _between(study, _without(before, team), _without(after, team))


def _without(shown: Shown, team: str) -> Shown:
    answers, scores = (frame[frame["team"] != team] for frame in (shown.answers, shown.scores))
    return replace(shown, answers=answers, scores=scores)


def _between(study: Study, before: Shown | None, after: Shown | None) -> pd.DataFrame | None:
    if before is None or after is None:
        return None
    try:
        return change_between(before, after, level=study.level)
    except DataError:
        return None


def _over_people(before: Shown, after: Shown) -> pd.DataFrame:
    """Difference of the means over people of the teams shown in both waves."""
    common = set(before.teams) & set(after.teams)
    means = [wave.scores[wave.scores["team"].isin(common)] for wave in (before, after)]
    names = [name for name in DIMENSIONS if name in before.scores and name in after.scores]
    moved = means[1][names].mean() - means[0][names].mean()
    order = (moved * moved.index.map(direction)).sort_values(ascending=False, na_position="last").index
    table = pd.DataFrame({"dimension": order, "change": moved[order].to_numpy(), "reason": IGNORES_TEAMS})
    return table.assign(lower=float("nan"), upper=float("nan"), verdict=None)


def _change_row(study: Study, kind: str, label: str, table: pd.DataFrame | None) -> dict[str, Any]:
    if table is None or table["change"].isna().all():
        return {"kind": kind, "choice": f"{label} (no team is large enough in both)"}
    first = table.iloc[0]
    row = {"kind": kind, "choice": label, "dimension": study.labels[first["dimension"]]}
    row |= {name: first[name] for name in ("change", "lower", "upper", "reason")}
    if table["lower"].notna().any():
        verdicts = table["verdict"].dropna()
        row["alone"] = int((verdicts != VERDICTS[-1]).sum())
        row["holm"] = int(verdicts.isin(("better", "worse")).sum())
    return row


def trust_variants(study: Study) -> pd.DataFrame:
    """Trust under the printed and under the unverified stagnant benchmark, one row each.

    Returns
    -------
    pandas.DataFrame
        ``benchmark``, ``stagnant``, ``innovative``, ``gap``, ``gap_rank`` (1 is the largest of the gaps), ``score``,
        ``position``, ``position_lower``, ``position_upper``, ``place``; ``score`` and what follows are missing for
        the printed benchmarks alone. One row where no variant is given.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> trust_variants(open_printed(trust_stagnant_variant=120))["gap"].tolist()
    [66.0, 58.0]
    """
    cases = [("printed", None)]
    if study.trust_variant is not None:
        cases.append(("unverified", study.trust_variant))
    rows = []
    for name, value in cases:
        used = benchmarks_used(study, value)
        gaps = (used["innovative"].astype(float) - used["stagnant"].astype(float)).abs()
        row = used.set_index("dimension").loc["trust"]
        ends = {"stagnant": float(row["stagnant"]), "innovative": float(row["innovative"])}
        gap = abs(ends["innovative"] - ends["stagnant"])
        rank = int((gaps > gap).sum()) + 1
        found = study.profile.set_index("dimension").loc["trust"]
        if study.shown is None or pd.isna(found["score"]):
            rows.append((name, *ends.values(), gap, rank, *[float("nan")] * 4, None))
            continue
        three = [profile.position(found[end], **ends) for end in ("score", "lower", "upper")]
        rows.append((name, *ends.values(), gap, rank, found["score"], *three, profile.place(found["score"], **ends)))
    columns = ["benchmark", "stagnant", "innovative", "gap", "gap_rank", "score", "position"]
    columns += ["position_lower", "position_upper", "place"]
    return pd.DataFrame(rows, columns=columns)


def benchmarks_used(study: Study, value: float | None) -> pd.DataFrame:
    """Return the printed benchmarks, or the same with another stagnant mean of trust.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> int(benchmarks_used(open_printed(), 120).set_index("dimension").loc["trust", "stagnant"])
    120
    """
    return study.benchmarks if value is None else profile.with_benchmark(study.benchmarks, stagnant={"trust": value})
