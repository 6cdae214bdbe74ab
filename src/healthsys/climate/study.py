"""One climate study, opened once: what a page of the book, or a report on a reader's own survey, shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from healthsys import datasets
from healthsys.climate import agreement, profile
from healthsys.climate.change import change_between, recovery
from healthsys.climate.readers import read_items, read_survey
from healthsys.climate.reliability import scale_reliability
from healthsys.climate.scoring import Shown, team_means, withhold_small_teams
from healthsys.errors import DataError

#: The data set to name as the survey for a page about the printed benchmarks themselves.
PRINTED = "climate_benchmarks"


@dataclass(frozen=True)
class Wave:
    """One survey as read and as it may be shown; ``shown`` is None for the printed benchmarks."""

    provenance: dict[str, Any]
    shown: Shown | None
    ignored: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """How the survey came to be: published, synthetic, yours."""
        return self.provenance["kind"]


@dataclass(frozen=True)
class Study:
    """Everything computed for one page: profile, reliability, agreement, change, and the choices behind them."""

    wave: Wave
    earlier: Wave | None
    benchmarks: pd.DataFrame
    practices: pd.DataFrame
    level: float
    trust_variant: float | None
    profile: pd.DataFrame
    reliability: pd.DataFrame | None
    aggregation: pd.DataFrame | None
    agreement: pd.DataFrame | None
    change: pd.DataFrame | None
    recovery: pd.DataFrame | None

    @property
    def shown(self) -> Shown | None:
        """The survey as it may be shown; None on the page of the printed benchmarks."""
        return self.wave.shown

    @property
    def labels(self) -> dict[str, str]:
        """Name of each dimension by its key."""
        return dict(zip(self.benchmarks["dimension"], self.benchmarks["label"], strict=True))


def open_study(
    survey: str,
    *,
    earlier: str = "",
    items: str = "climate_items",
    minimum_team_size: int = 5,
    minimum_answered: float = 0.5,
    level: float = 0.95,
    trust_stagnant_variant: float = 0,
) -> Study:
    """Read a survey, withhold small teams, and compute everything a page shows.

    Parameters
    ----------
    survey
        A bundled survey or the path of a CSV file; ``"climate_benchmarks"`` for the printed benchmarks themselves.
    earlier
        An earlier wave to compare with, likewise; empty for none.
    items
        The items asked: a bundled data set or a file with the columns ``dimension``, ``item``, ``text``.
    minimum_team_size, minimum_answered
        Rules of :func:`~healthsys.climate.withhold_small_teams`.
    level
        Coverage of the intervals.
    trust_stagnant_variant
        An unverified stagnant benchmark of trust to try beside the printed one; 0 tries none.

    Raises
    ------
    DataError
        As :func:`~healthsys.climate.read_survey` and :func:`~healthsys.climate.withhold_small_teams`.

    Examples
    --------
    >>> study = open_study("climate_survey_baseline")
    >>> len(study.profile), study.change is None
    (9, True)
    """
    benchmarks, practices = datasets.load("climate_benchmarks"), datasets.load("climate_practices")
    variant = float(trust_stagnant_variant) or None
    common = {"benchmarks": benchmarks, "practices": practices, "level": level, "trust_variant": variant}
    if survey == PRINTED:
        wave = Wave(benchmarks.attrs["provenance"], None)
        printed = profile.printed_profile(benchmarks)
        return Study(wave, None, **common, profile=printed, **dict.fromkeys(_COMPUTED))
    rules = {"minimum_team_size": minimum_team_size, "minimum_answered": minimum_answered}
    asked = read_items(items)
    wave = _wave(survey, asked, rules)
    before = _wave(earlier, asked, rules) if earlier else None
    found = profile.organisation_profile(wave.shown, benchmarks, level=level)
    moved = None
    if before is not None:
        labels = (before.provenance["name"], wave.provenance["name"])
        moved = change_between(before.shown, wave.shown, level=level, labels=labels)
    return Study(
        wave,
        before,
        **common,
        profile=found,
        reliability=scale_reliability(wave.shown, level=level),
        aggregation=agreement.aggregation(wave.shown, level=level),
        agreement=agreement.team_agreement(wave.shown),
        change=moved,
        recovery=_recovery(wave, found, before, moved),
    )


_COMPUTED = ("reliability", "aggregation", "agreement", "change", "recovery")


def _wave(source: str, items: pd.DataFrame, rules: dict[str, Any]) -> Wave:
    survey = read_survey(source, items=items)
    known = survey.attrs["provenance"]
    return Wave(known, withhold_small_teams(survey, **rules, label=known["name"]), tuple(survey.attrs["ignored"]))


def _recovery(
    wave: Wave, found: pd.DataFrame, before: Wave | None, moved: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Set the change, or else the profile, beside the built-in truth where the surveys are bundled synthetic ones."""
    if wave.kind != "synthetic" or (before is not None and before.kind != "synthetic"):
        return None
    truth = datasets.load("climate_truth")
    truth = truth[truth["wave"] == wave.provenance["name"].removeprefix("climate_survey_")]
    if moved is not None and truth["change"].notna().all():
        return recovery(moved, truth, estimate="change", known="change")
    return recovery(found, truth, estimate="score", known="mean")


def team_table(study: Study) -> pd.DataFrame:
    """Mean of each shown team on each dimension: one row a dimension, one column a team.

    Examples
    --------
    >>> team_table(open_study("climate_survey_baseline")).shape
    (9, 6)
    """
    means = team_means(study.shown).pivot(index="dimension", columns="team", values="mean")
    means = means.reindex(study.profile["dimension"])
    means.insert(0, "dimension_name", [study.labels[key] for key in means.index])
    return means.reset_index(drop=True).rename_axis(columns=None)


def team_shortfalls(study: Study) -> pd.DataFrame:
    """Largest shortfall of each shown team, with the t interval over its people.

    Examples
    --------
    >>> team_shortfalls(open_study("climate_survey_baseline"))["team"].tolist()
    ['Administration', 'General practitioners', 'Home visits', 'Nursing', 'Reception']
    """
    rows = []
    for team in study.shown.teams:
        found = profile.team_profile(study.shown, team, study.benchmarks, level=study.level).iloc[0]
        rows.append(
            (team, int(found["people"]), found["label"], found["score"], found["lower"], found["upper"],
             found["shortfall"], found["place"])
        )  # fmt: skip
    columns = ["team", "people", "dimension", "score", "lower", "upper", "shortfall", "place"]
    return pd.DataFrame(rows, columns=columns)


def change_table(study: Study) -> pd.DataFrame:
    """Change by dimension with its name, for a table.

    Examples
    --------
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> change_table(study).columns[0]
    'label'
    """
    table = study.change.copy()
    table.insert(0, "label", table["dimension"].map(study.labels))
    return table[["label", "before", "after", "change", "lower", "upper", "p_holm", "verdict"]]


def sensitivity(study: Study) -> pd.DataFrame:
    """The largest shortfall under other defensible choices, one row a choice.

    Returns
    -------
    pandas.DataFrame
        ``choice``, ``dimension`` (name of the largest shortfall), ``score``, ``lower``, ``upper``, ``shortfall`` and
        ``short_of_stagnant`` (how many dimensions are); empty where a choice leaves nothing to compute.

    Examples
    --------
    >>> sensitivity(open_study("climate_benchmarks"))["choice"].tolist()
    ['as on this page', 'by share of the way, not by points']
    """
    rows = [_choice("as on this page", study.profile)]
    shown = study.shown
    if shown is not None:
        people = shown.scores.drop(columns=["respondent", "team"]).mean()
        flat = pd.DataFrame({"dimension": people.index, "score": people.to_numpy()})
        flat["lower"] = flat["upper"] = float("nan")
        rows.append(_choice("each person counts once, not each team", profile.against_benchmarks(flat, study.benchmarks)))
        rows.append(_choice("only people who answered every item of a dimension", _complete_only(study)))
    by_share = study.profile.sort_values("position", kind="stable")
    rows.append(_choice("by share of the way, not by points", by_share))
    if study.trust_variant is not None:
        changed = profile.with_benchmark(study.benchmarks, stagnant={"trust": study.trust_variant})
        given = study.profile[["dimension", "score", "lower", "upper"]].copy()
        if shown is None:
            given.loc[given["dimension"] == "trust", "score"] = study.trust_variant
        label = f"trust of stagnant organisations {study.trust_variant:g}, unverified"
        rows.append(_choice(label, profile.against_benchmarks(given, changed)))
    return pd.DataFrame(rows, columns=list(rows[0]))


def _complete_only(study: Study) -> pd.DataFrame | None:
    """Profile over people without a missing item; what becomes too small is withheld again. None if nothing is left."""
    shown = study.shown
    try:
        again = withhold_small_teams(shown.answers, minimum_team_size=shown.minimum_team_size, minimum_answered=1.0)
    except DataError:
        return None
    return profile.organisation_profile(again, study.benchmarks, level=study.level)


def _choice(label: str, found: pd.DataFrame | None) -> dict[str, Any]:
    if found is None:
        return {"choice": f"{label} (no team is large enough)"}
    first = found.iloc[0]
    return {
        "choice": label,
        "dimension": first["label"],
        "score": first["score"],
        "lower": first["lower"],
        "upper": first["upper"],
        "shortfall": first["shortfall"],
        "short_of_stagnant": int((found["place"] == profile.PLACES[0]).sum()),
    }


def trust_variants(study: Study) -> pd.DataFrame:
    """Trust under the printed and under the unverified stagnant benchmark, one row each.

    Returns
    -------
    pandas.DataFrame
        ``benchmark``, ``stagnant``, ``innovative``, ``gap``, ``gap_rank`` (1 is the largest of the nine gaps),
        ``score``, ``position``, ``position_lower``, ``position_upper``, ``place``. One row where no variant is given.

    Examples
    --------
    >>> trust_variants(open_study("climate_benchmarks", trust_stagnant_variant=120))["gap"].tolist()
    [66.0, 58.0]
    """
    cases = [("printed", None)]
    if study.trust_variant is not None:
        cases.append(("unverified", study.trust_variant))
    rows = []
    for name, value in cases:
        used = study.benchmarks if value is None else profile.with_benchmark(study.benchmarks, stagnant={"trust": value})
        gaps = (used["innovative"].astype(float) - used["stagnant"].astype(float)).abs()
        row = used.set_index("dimension").loc["trust"]
        ends = {"stagnant": float(row["stagnant"]), "innovative": float(row["innovative"])}
        found = study.profile.set_index("dimension").loc["trust"]
        score = found["score"] if study.shown is not None else ends["stagnant"]
        bounds = [profile.position(found[end], **ends) for end in ("lower", "upper")]
        gap = abs(ends["innovative"] - ends["stagnant"])
        rank = int((gaps > gap).sum()) + 1
        middle = profile.position(score, **ends)
        rows.append((name, *ends.values(), gap, rank, score, middle, *bounds, profile.place(score, **ends)))
    columns = ["benchmark", "stagnant", "innovative", "gap", "gap_rank", "score", "position"]
    columns += ["position_lower", "position_upper", "place"]
    return pd.DataFrame(rows, columns=columns)


#: Numbers of :func:`aggregation_table`, for formatting.
AGGREGATION_NUMBERS = ("icc1", "icc1_lower", "icc1_upper", "icc2", "icc2_lower", "icc2_upper")

#: Headings of :func:`aggregation_table`.
AGGREGATION_HEADINGS = {
    "group_size": "mean team size",
    **{name: f"ICC({name[3]}){name[4:].replace('_', ' ')}" for name in AGGREGATION_NUMBERS},
}


def with_names(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Replace dimension keys by names; a column of reasons that is empty throughout is left out.

    Examples
    --------
    >>> study = open_study("climate_survey_baseline")
    >>> with_names(study, study.reliability)["dimension"].iloc[0]
    'Challenge and involvement'
    """
    named = table.assign(dimension=table["dimension"].map(study.labels))
    return named.drop(columns="reason") if "reason" in named and named["reason"].isna().all() else named


def aggregation_table(study: Study) -> pd.DataFrame:
    """ICC(1) and ICC(2) by dimension with their intervals, for a table.

    Examples
    --------
    >>> aggregation_table(open_study("climate_survey_baseline")).columns[0]
    'dimension'
    """
    return with_names(study, study.aggregation[["dimension", "people", "group_size", *AGGREGATION_NUMBERS, "reason"]])


def table_note(study: Study) -> str:
    """Say below the profile what its rows rest on, and the rule for missing answers.

    Examples
    --------
    >>> table_note(open_study("climate_benchmarks"))[:28]
    'Score: the printed mean of s'
    """
    if study.shown is None:
        return "Score: the printed mean of stagnant organisations, so that the shortfall is the gap between the benchmarks."
    share = f"{round(100 * study.shown.minimum_answered, 6):g}"
    return (
        f"Mean of team means with {round(100 * study.level, 6):g} % interval; a person counts who answered at least "
        f"{share} % of the items of the dimension. Position: 0 is stagnant, 1 innovative."
    )
