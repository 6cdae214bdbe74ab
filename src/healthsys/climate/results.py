"""The named results of a climate study, ready to be recorded (:func:`compendium.recording.record`)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from healthsys.climate import words
from healthsys.climate.agreement import CUSTOMARY
from healthsys.climate.profile import PLACES
from healthsys.climate.sensitivity import trust_variants
from healthsys.climate.study import Study

_POINTS = {"unit": "points on 0-300", "format": "{:.0f}"}


def results(study: Study) -> list[dict[str, Any]]:
    """Return every named result of a page as the arguments of :func:`compendium.recording.record`.

    ``finding``, ``data_kind`` and ``withheld`` are on every page; the rest depends on what the study has. Where
    another benchmark of trust is tried on a survey, only what it concerns is recorded.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> [entry["name"] for entry in results(open_printed())][:3]
    ['finding', 'data_kind', 'withheld']
    """
    found = [
        _text("finding", words.finding(study), "The finding of the page"),
        _text("data_kind", words.data_kind(study), "What kind of data the page rests on"),
        _text("withheld", words.withheld(study.shown), "What is left out so that no one can be recognised"),
    ]
    if study.trust_variant is not None and study.shown is not None:
        return found + _scores(study, ["trust"]) + _variant(study)
    found += _printed(study) if study.shown is None else _profile(study) + _quality(study)
    if study.change is not None:
        found += _change(study)
    if study.trust_variant is not None:
        found += [_text("trust_variant", words.variant_words(study), "What another trust benchmark would change")]
        found += _variant(study)
    return found


def _scores(study: Study, dimensions: list[str]) -> list[dict[str, Any]]:
    """Score of each named dimension that has one."""
    found = []
    for row in study.profile[study.profile["score"].notna()].to_dict("records"):
        if row["dimension"] in dimensions:
            meaning = f"{row['label']}: mean of team means; {study.wave.provenance['title']}"
            entry = _interval(pd.Series(row), study, "score")
            found.append(
                {"name": f"score_{row['dimension']}", "n": row["teams"], "meaning": meaning, **_POINTS, **entry}
            )
    return found


def _text(name: str, value: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "", "meaning": meaning}


def _interval(row: pd.Series, study: Study, value: str, lower: str = "lower", upper: str = "upper") -> dict[str, Any]:
    """Give value and interval of a row; the interval is left out whole where it is missing."""
    entry: dict[str, Any] = {"value": row[value]}
    if pd.notna(row[lower]):
        entry |= {"lower": row[lower], "upper": row[upper], "level": study.level}
    return entry


def _printed(study: Study) -> list[dict[str, Any]]:
    largest, smallest = study.profile.iloc[0], study.profile.iloc[-1]
    mean = study.profile["shortfall"].mean()
    what = "gap between innovative and stagnant organisations, Bolden et al. 2021, Table 4"
    return [
        _text("gap_largest_dimension", largest["label"], f"Dimension with the largest {what}"),
        {"name": "gap_largest", "value": largest["shortfall"], "meaning": f"Largest {what}", **_POINTS},
        _text("gap_smallest_dimension", smallest["label"], f"Dimension with the smallest {what}"),
        {"name": "gap_smallest", "value": smallest["shortfall"], "meaning": f"Smallest {what}", **_POINTS},
        {
            "name": "gap_mean",
            "value": mean,
            "meaning": f"Mean {what}, conflict reversed",
            **_POINTS,
            "format": "{:.1f}",
        },
        _count("practices", len(study.practices), "leadership practices", "Practices that the review lists"),
    ]


def _count(name: str, value: int, unit: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "value": int(value), "unit": unit, "format": "{:d}", "meaning": meaning}


def _profile(study: Study) -> list[dict[str, Any]]:
    profile, shown = study.profile, study.shown
    first = profile.iloc[0]
    title, people = study.wave.provenance["title"], len(shown.scores)
    short = {"value": first["shortfall"], "meaning": f"Points short of innovative organisations there; {title}"}
    if pd.notna(first["lower"]):
        ends = words.shortfall_ends(first)
        short |= {"lower": ends[0], "upper": ends[1], "level": study.level}
    if pd.isna(first["score"]):
        return []
    found = [
        _count("people", people, "people", f"People of shown teams; {title}"),
        _count("teams", len(shown.teams), "teams", f"Teams shown; {title}"),
        _count("teams_withheld", shown.withheld_teams, "teams", f"Teams below the minimum size; {title}"),
        _text("lowest_dimension", first["label"], f"Dimension with the largest shortfall; {title}"),
        {"name": "lowest_score", "n": first["teams"],
         "meaning": f"Score on the dimension with the largest shortfall; {title}",
         **_POINTS, **_interval(first, study, "score")},
        {"name": "lowest_shortfall", "n": first["teams"], **_POINTS, **short},
    ]  # fmt: skip
    for name, where in zip(("short_of_stagnant", "between", "at_innovative"), PLACES, strict=True):
        found.append(
            _count(f"dimensions_{name}", (profile["place"] == where).sum(), "dimensions", f"Dimensions {where}")
        )
    return found + _scores(study, profile["dimension"].tolist())


def _quality(study: Study) -> list[dict[str, Any]]:
    found = []
    ratio = {"unit": "ratio", "format": "{:.2f}"}
    table = study.reliability.dropna(subset=["alpha"])
    for name, pick in (("alpha_lowest", "idxmin"), ("alpha_highest", "idxmax")):
        if len(table):
            row = table.loc[getattr(table["alpha"], pick)()]
            meaning = f"{name.split('_')[1].capitalize()} Cronbach's alpha: {study.labels[row['dimension']].lower()}"
            found.append(
                {"name": name, "n": row["people"], "meaning": meaning, **ratio, **_interval(row, study, "alpha")}
            )
    omega = study.reliability["omega"].dropna()
    if len(omega):
        for name, value in (("omega_lowest", omega.min()), ("omega_highest", omega.max())):
            found.append({"name": name, "value": value, "meaning": "McDonald's omega total over dimensions", **ratio})
    for null in ("uniform", "skewed"):
        values = study.agreement[null].dropna()
        if len(values):
            where = f"over teams and dimensions, {null} null"
            found.append({"name": f"rwg_median_{null}", "value": values.median(), "n": len(values), **ratio,
                          "meaning": f"Median rwg(j) {where}"})  # fmt: skip
            reach = 100 * (values >= CUSTOMARY).mean()
            found.append({"name": f"rwg_share_{null}", "value": reach, "n": len(values), "unit": "percent",
                          "format": "{:.0f} %",
                          "meaning": f"Team results with rwg(j) of {CUSTOMARY:.2f} or more {where}"})  # fmt: skip
    table = study.aggregation.dropna(subset=["icc1"])
    for name, label in (("icc1", "ICC(1)"), ("icc2", "ICC(2)")):
        if len(table):
            values = table[name]
            ratio["format"] = "{:.3f}"
            found.append({"name": f"{name}_median", "value": values.median(), "n": len(table), **ratio,
                          "meaning": f"Median {label} over dimensions"})  # fmt: skip
            row = table.loc[values.idxmax()]
            entry = _interval(row, study, name, f"{name}_lower", f"{name}_upper")
            found.append({"name": f"{name}_highest", "n": row["people"], **ratio, **entry,
                          "meaning": f"Highest {label}: {study.labels[row['dimension']].lower()}"})  # fmt: skip
    if study.recovery is not None:
        inside = int(study.recovery["inside"].sum())
        found.append(
            _count("truth_inside", inside, "dimensions", "Intervals that hold the truth of the synthetic data")
        )
    return found


def _change(study: Study) -> list[dict[str, Any]]:
    table = study.change[study.change["change"].notna()]
    found = []
    for row in table.to_dict("records"):
        label = study.labels[row["dimension"]]
        entry = _interval(pd.Series(row), study, "change")
        found.append({"name": f"change_{row['dimension']}", "n": row["teams"], **_POINTS, "format": "{:+.0f}", **entry,
                      "meaning": f"{label}: mean change of teams shown in both surveys"})  # fmt: skip
    for word in ("better", "worse"):
        firm, alone = (table["verdict"] == word).sum(), (table["verdict"] == f"{word}, taken alone").sum()
        found.append(_count(f"changes_{word}", firm, "dimensions", f"Dimensions {word} after Holm's adjustment"))
        meaning = f"Dimensions {word} by their own interval, but not after Holm's adjustment"
        found.append(_count(f"changes_{word}_alone", alone, "dimensions", meaning))
    holm = table["verdict"].isin(("better", "worse")).sum()
    found.append(_count("changes_after_holm", holm, "dimensions", "Changes that stand after Holm's adjustment"))
    larger = study.change_choices.iloc[1]
    if pd.notna(larger["holm"]):
        meaning = f"Changes that stand after Holm's adjustment with {larger['choice']}"
        found.append(_count("changes_after_holm_larger_teams", larger["holm"], "dimensions", meaning))
    return found


def _variant(study: Study) -> list[dict[str, Any]]:
    found = []
    for row in trust_variants(study).to_dict("records"):
        name, value = row["benchmark"], f"{row['stagnant']:g}"
        told = f"with {value} for trust in stagnant organisations ({name})"
        found.append(
            {"name": f"trust_gap_{name}", "value": row["gap"], "meaning": f"Gap between benchmarks {told}", **_POINTS}
        )
        rank = {"unit": "rank, 1 is the widest gap", "format": "{:d}", "meaning": f"Rank of the gap of trust {told}"}
        found.append({"name": f"trust_gap_rank_{name}", "value": int(row["gap_rank"]), **rank})
        percent = {"unit": "percent of the way from stagnant to innovative", "format": "{:.0f} %"}
        if study.shown is not None and pd.notna(row["position"]):
            entry = {"name": f"trust_position_{name}", "value": 100 * row["position"], **percent}
            if pd.notna(row["position_lower"]):
                ends = (row["position_lower"], row["position_upper"])
                entry |= {"lower": 100 * min(ends), "upper": 100 * max(ends), "level": study.level}
            found.append(entry | {"meaning": f"Position on trust {told}"})
    return found
