"""One climate study, opened once: what a page of the book, or a report on a reader's own survey, shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from compendium import datasets
from healthsys.climate import agreement, profile
from healthsys.climate.change import change_between, recovery
from healthsys.climate.readers import read_items, read_survey
from healthsys.climate.reliability import scale_reliability
from healthsys.climate.scoring import Shown, spelt_as, withhold_small_teams


@dataclass(frozen=True)
class Wave:
    """One survey as read and as it may be shown; ``shown`` is None for the printed benchmarks.

    ``joined`` maps team names that differed only in case, spaces or dashes to the name they were joined with.
    """

    provenance: dict[str, Any]
    shown: Shown | None
    ignored: tuple[str, ...] = ()
    joined: Mapping[str, str] = field(default_factory=dict)

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

    @cached_property
    def change_choices(self) -> pd.DataFrame:
        """The change under other choices, computed once: :func:`healthsys.climate.change_sensitivity`."""
        from healthsys.climate.sensitivity import change_sensitivity

        return change_sensitivity(self)


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
        A bundled survey or the path of a CSV file.
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
        As :func:`~healthsys.climate.read_survey`, :func:`~healthsys.climate.withhold_small_teams` and
        :func:`~healthsys.climate.with_benchmark`.

    Examples
    --------
    >>> study = open_study("climate_survey_baseline")
    >>> len(study.profile), study.change is None
    (9, True)
    """
    common = _common(level, trust_stagnant_variant)
    benchmarks = common["benchmarks"]
    rules = {"minimum_team_size": minimum_team_size, "minimum_answered": minimum_answered}
    asked = read_items(items)
    wave = _wave(survey, asked, rules)
    before = _wave(earlier, asked, rules) if earlier else None
    if before is not None:
        alike = spelt_as(before.shown, wave.shown)
        renamed = zip(before.shown.scores["team"], alike.scores["team"], strict=True)
        joined = before.joined | {name: spelt for name, spelt in renamed if name != spelt}
        before = replace(before, shown=alike, joined=joined)
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


def open_printed(*, trust_stagnant_variant: float = 0) -> Study:
    """Open the printed benchmarks themselves, without a survey.

    Examples
    --------
    >>> open_printed().profile["dimension"].iloc[0]
    'risk_taking'
    """
    common = _common(0.95, trust_stagnant_variant)
    wave = Wave(common["benchmarks"].attrs["provenance"], None)
    found = profile.printed_profile(common["benchmarks"])
    return Study(wave, None, **common, profile=found, **dict.fromkeys(_COMPUTED))


def _common(level: float, trust_stagnant_variant: float) -> dict[str, Any]:
    """Load what every study rests on, and refuse a benchmark that cannot be tried."""
    benchmarks, practices = datasets.load("climate_benchmarks"), datasets.load("climate_practices")
    variant = float(trust_stagnant_variant) or None
    if variant is not None:
        profile.with_benchmark(benchmarks, stagnant={"trust": variant})
    return {"benchmarks": benchmarks, "practices": practices, "level": level, "trust_variant": variant}


_COMPUTED = ("reliability", "aggregation", "agreement", "change", "recovery")


def _wave(source: str, items: pd.DataFrame, rules: dict[str, Any]) -> Wave:
    survey = read_survey(source, items=items)
    known = survey.attrs["provenance"]
    shown = withhold_small_teams(survey, **rules, label=known["name"])
    return Wave(known, shown, tuple(survey.attrs["ignored"]), survey.attrs["joined"])


def _recovery(wave: Wave, found: pd.DataFrame, before: Wave | None, moved: pd.DataFrame | None) -> pd.DataFrame | None:
    """Set the change, or else the profile, beside the built-in truth where the surveys are bundled synthetic ones."""
    if wave.kind != "synthetic" or (before is not None and before.kind != "synthetic"):
        return None
    truth = datasets.load("climate_truth")
    truth = truth[truth["wave"] == wave.provenance["name"].removeprefix("climate_survey_")]
    if moved is not None and truth["change"].notna().all():
        table = recovery(moved, truth, estimate="change", known="change")
    else:
        table = recovery(found, truth, estimate="score", known="mean")
    table.attrs["of"] = "score" if moved is None or truth["change"].isna().any() else "change"
    return table
