"""The tables of a climate page, ready for :func:`compendium.tables.table`: names for keys, bounds in one column."""

from __future__ import annotations

import pandas as pd

from compendium.recording import text_of
from healthsys.climate import profile
from healthsys.climate.scoring import team_means
from healthsys.climate.sensitivity import sensitivity, trust_variants
from healthsys.climate.study import Study
from healthsys.climate.words import percent_of, points

#: Heading of the merged column of a score and its interval.
SCORE = "score (interval)"


def spread(value: float, lower: float, upper: float, *, form: str = "{:.0f}", reason: str | None = None) -> str | None:
    """Say a value with its interval in one cell, or why it has none.

    Examples
    --------
    >>> spread(97.1, 58.8, 135.4), spread(101.2, float("nan"), float("nan"), reason="none: ignores teams")
    ('97 (59 to 135)', '101 (none: ignores teams)')
    """
    if pd.isna(value):
        return None
    whole = form.endswith(("{:.0f}", "{:+.0f}"))
    said = [text_of(round(one) + 0.0 if whole else one, form) if pd.notna(one) else "" for one in (value, lower, upper)]
    if pd.isna(lower):
        return f"{said[0]} ({reason.replace('cluster', 'team')})" if isinstance(reason, str) else said[0]
    return f"{said[0]} ({said[1]} to {said[2]})"


def _spreads(
    table: pd.DataFrame, value: str, *, form: str = "{:.0f}", ends: tuple[str, str] = ("lower", "upper")
) -> list:
    reasons = table["reason"] if "reason" in table else [None] * len(table)
    columns = (table[value], table[ends[0]], table[ends[1]], reasons)
    return [spread(*row[:3], form=form, reason=row[3]) for row in zip(*columns, strict=True)]


def profile_table(study: Study) -> pd.DataFrame:
    """Profile by dimension: shortfall second, score and interval in one column.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> profile_table(open_study("climate_survey_baseline")).iloc[0, :3].tolist()
    ['Risk taking', '98', '97 (59 to 135)']
    """
    table = study.profile
    return pd.DataFrame(
        {
            "dimension": table["label"],
            "shortfall": [None if pd.isna(value) else points(value) for value in table["shortfall"]],
            SCORE: _spreads(table, "score"),
            "place": [profile.place_in_words(row) for row in table.to_dict("records")],
            "stagnant": table["stagnant"],
            "innovative": table["innovative"],
            "position": table["position"] + 0.0,
        }
    )


def benchmark_table(study: Study) -> pd.DataFrame:
    """The printed means with their gap, widest first.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> benchmark_table(open_printed())["gap"].iloc[0] == 142
    np.True_
    """
    named = study.profile.rename(columns={"label": "dimension_name", "shortfall": "gap"})
    return named[["dimension_name", "gap", "stagnant", "innovative"]].rename(columns={"dimension_name": "dimension"})


def team_table(study: Study) -> pd.DataFrame:
    """Mean of each shown team on each dimension: one row a dimension, one column a team.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> team_table(open_study("climate_survey_baseline")).shape
    (9, 6)
    """
    means = team_means(study.shown).pivot(index="dimension", columns="team", values="mean")
    means = means.reindex(study.profile["dimension"])
    means.insert(0, "dimension_name", [study.labels[key] for key in means.index], allow_duplicates=True)
    return means.reset_index(drop=True).rename_axis(columns=None)


def team_shortfalls(study: Study) -> pd.DataFrame:
    """Largest shortfall of each shown team, with the t interval over its people.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> team_shortfalls(open_study("climate_survey_baseline"))["team"].tolist()
    ['Administration', 'General practitioners', 'Home visits', 'Nursing', 'Reception']
    """
    rows = []
    for team in study.shown.teams:
        row = profile.team_profile(study.shown, team, study.benchmarks, level=study.level).iloc[0]
        if pd.isna(row["score"]):
            rows.append((team, None, None, None, None, None))
            continue
        score = spread(row["score"], row["lower"], row["upper"])
        place = profile.place_in_words(row)
        rows.append((team, row["label"], points(row["shortfall"]), score, place, int(row["people"])))
    return pd.DataFrame(rows, columns=["team", "dimension", "shortfall", SCORE, "place", "people"])


def change_table(study: Study) -> pd.DataFrame:
    """Change by dimension: verdict second, change and interval in one column.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> change_table(study).iloc[1, :3].tolist()
    ['Idea support', 'better', '+32 (+23 to +42)']
    """
    table = study.change
    return pd.DataFrame(
        {
            "dimension": table["dimension"].map(study.labels),
            "verdict": table["verdict"],
            "change (interval)": _spreads(table, "change", form="{:+.0f}"),
            "before": table["before"],
            "after": table["after"],
            "p_holm": table["p_holm"],
            "teams": table["teams"],
        }
    )


def sensitivity_table(study: Study) -> pd.DataFrame:
    """:func:`~healthsys.climate.sensitivity` for a table: score and interval in one column, the reason where none.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> "ignores teams" in sensitivity_table(open_study("climate_survey_baseline"))[SCORE].iloc[3]
    True
    """
    table = sensitivity(study)
    table.insert(3, SCORE, _spreads(table, "score"))
    return table[["choice", "dimension", "shortfall", SCORE, "short_of_stagnant"]]


def change_sensitivity_table(study: Study) -> pd.DataFrame:
    """:func:`~healthsys.climate.change_sensitivity` for a table.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> change_sensitivity_table(study).columns[2]
    'change (interval)'
    """
    table = study.change_choices.copy()
    table.insert(3, "change (interval)", _spreads(table, "change", form="{:+.0f}"))
    return table[["choice", "dimension", "change (interval)", "alone", "holm"]]


def trust_table(study: Study) -> pd.DataFrame:
    """:func:`~healthsys.climate.trust_variants` for a table: position and interval in one column.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> trust_table(open_printed(trust_stagnant_variant=128)).columns.tolist()
    ['benchmark', 'gap', 'gap_rank', 'stagnant', 'innovative']
    """
    table = trust_variants(study)
    kept = table[["benchmark", "gap", "gap_rank", "stagnant", "innovative"]].copy()
    if study.shown is not None:
        kept.insert(1, "position (interval)", [percent_of(row) for row in table.to_dict("records")])
        kept.insert(2, "place", table["place"])
    return kept


def bootstrap_table(study: Study) -> pd.DataFrame:
    """Interval of the score with the largest shortfall, by method, in one column.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> bootstrap_table(open_study("climate_survey_baseline")).columns.tolist()
    ['method', 'score (interval)']
    """
    found = profile.bootstrap_beside(study.shown, study.profile["dimension"].iloc[0], level=study.level)
    return pd.DataFrame({"method": found["method"], SCORE: _spreads(found, "score")})


def reliability_table(study: Study) -> pd.DataFrame:
    """Alpha with its interval, and omega, by dimension.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> reliability_table(open_study("climate_survey_baseline")).columns[1]
    'alpha (interval)'
    """
    table = study.reliability
    merged = pd.DataFrame(
        {"dimension": table["dimension"], "alpha (interval)": _spreads(table, "alpha", form="{:.2f}")}
    )
    merged[["omega", "items", "people", "dropped", "reason"]] = table[["omega", "items", "people", "dropped", "reason"]]
    return with_names(study, merged)


def aggregation_table(study: Study) -> pd.DataFrame:
    """ICC(1) and ICC(2) by dimension with their intervals, for a table.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> aggregation_table(open_study("climate_survey_baseline")).columns[2]
    'ICC(2) (interval)'
    """
    table = study.aggregation
    merged = pd.DataFrame({"dimension": table["dimension"]})
    for name in ("icc1", "icc2"):
        ends = (f"{name}_lower", f"{name}_upper")
        merged[f"ICC({name[3]}) (interval)"] = _spreads(table, name, form="{:.3f}", ends=ends)
    merged[["people", "group_size", "reason"]] = table[["people", "group_size", "reason"]]
    return with_names(study, merged)


def with_names(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Replace dimension keys by names; a column of reasons that is empty throughout is left out.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_baseline")
    >>> with_names(study, study.reliability)["dimension"].iloc[0]
    'Challenge and involvement'
    """
    named = table.assign(dimension=table["dimension"].map(study.labels))
    return named.drop(columns="reason") if "reason" in named and named["reason"].isna().all() else named


def truth_table(study: Study) -> pd.DataFrame:
    """Estimates beside the truth built into synthetic data, bounds in one column.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> truth_table(open_study("climate_survey_baseline")).columns.tolist()
    ['dimension', 'truth', 'estimate (interval)', 'inside']
    """
    table = study.recovery
    form = "{:+.0f}" if table.attrs["of"] == "change" else "{:.0f}"
    named = with_names(study, table)
    truth = [text_of(value, form) for value in table["truth"]]
    merged = {
        "dimension": named["dimension"],
        "truth": truth,
        "estimate (interval)": _spreads(table, "estimate", form=form),
    }
    return pd.DataFrame(merged | {"inside": table["inside"]})


def table_note(study: Study) -> str:
    """Say below the profile what its rows rest on, and the rule for missing answers.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> table_note(open_study("climate_survey_baseline"))[:21]
    'Mean of team means wi'
    """
    share = f"{round(100 * study.shown.minimum_answered, 6):g}"
    return (
        f"Mean of team means with {round(100 * study.level, 6):g} % interval; a person counts who answered at least "
        f"{share} % of the items of the dimension, and one in any case. Shortfall and place are those of the point "
        "estimate. Position: 0 is stagnant, 1 innovative."
    )


def bootstrap_note(study: Study) -> str:
    """Say once, below the table of methods, how far the bootstrap may be relied upon.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> bootstrap_note(open_study("climate_survey_baseline"))[:13]
    'BCa and perce'
    """
    found = profile.bootstrap_beside(study.shown, study.profile["dimension"].iloc[0], level=study.level)
    warned = found["warning"].dropna().unique()
    if not len(warned):
        return "BCa and percentile resample teams."
    return (
        f"BCa and percentile resample teams, and need many: with {len(study.shown.teams)} they cover the truth too "
        "rarely."
    )
