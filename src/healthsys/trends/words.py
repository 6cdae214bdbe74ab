"""Sentences about a study, built from its results: each stays true when a parameter changes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compendium.recording import text_of
from healthsys.trends import control_charts
from healthsys.trends.interrupted import Effect
from healthsys.trends.regression import MODEL_NAMES
from healthsys.trends.study import Study, agreement, capability_of, checks_of_residuals, scored, sensitivity

#: What a kind of data is called where a reader first meets a number.
KINDS = {
    "synthetic": "These data are synthetic: the source's own table of routine data is missing from its text, so "
    "not one "
    "number on this page is real.",
    "published": "The data are published figures; the source stands below.",
    "yours": "The data are your own.",
}


def capital(text: str) -> str:
    """Begin a sentence with a capital.

    Examples
    --------
    >>> capital("the median wait")
    'The median wait'
    """
    return text[:1].upper() + text[1:]


def counted(number: int, one: str) -> str:
    """Say a count with its noun.

    Examples
    --------
    >>> counted(1, "month"), counted(8, "quarter")
    ('1 month', '8 quarters')
    """
    return f"{number} {one}{'' if number == 1 else 's'}"


def p_value(p: float) -> str:
    """Show a p-value to three places, or as under the smallest of them.

    Examples
    --------
    >>> p_value(0.0312), p_value(2e-9)
    ('0.031', 'under 0.001')
    """
    return "" if pd.isna(p) else "under 0.001" if p < 0.001 else f"{p:.3f}"


def period(day: Any, period_name: str) -> str:
    """Name a period: a day, a week by its first day, a month, or a financial quarter.

    Examples
    --------
    >>> period(pd.Timestamp("2020-04-01"), "quarter"), period(pd.Timestamp("2020-04-01"), "month")
    ('2020-21 Q1', 'April 2020')
    """
    day = pd.Timestamp(day)
    if period_name in ("day", "week"):
        return f"{'week of ' if period_name == 'week' else ''}{day.day} {day:%B %Y}"
    if period_name != "quarter":
        return f"{day:%B %Y}"
    year = day.year - (day.month < 4)
    return f"{year}-{(year + 1) % 100:02d} Q{(day.month - 4) % 12 // 3 + 1}"


def level_words(level: float) -> str:
    """Say a coverage.

    Examples
    --------
    >>> level_words(0.95)
    '95 %'
    """
    return f"{round(level * 100, 6):g} %"


def interval(study: Study, one: Effect) -> str:
    """Say the interval of an absolute effect."""
    ends = f"{study.measure.number(one.lower, plus=True)} to {study.measure.number(one.upper, plus=True)}"
    return f"{level_words(study.level)} interval {ends}"


def subject(study: Study) -> str:
    """Name the series: measure and unit."""
    return f"{study.measure.name} in {study.unit}"


def finding(study: Study) -> str:
    """Say in one or two sentences what the page finds, with its number and interval.

    Without a change the chart speaks; with one, the effect at the horizon if it is clear, else the one at the change if
    that is, else that the data do not show a change. Whether chart and regression agree is always said.
    """
    if study.found is None:
        return chart_finding(study) + doubt_words(study)
    horizon, change = study.found.at_horizon, study.found.at_change
    start = "In these synthetic data, " if study.kind == "synthetic" else ""
    after = f"{counted(horizon.after, study.period_name)} after {study.change_name}"
    if horizon.clear:
        first = f"{start}{after}, {_beside_course(study, horizon)}"
    elif change.clear:
        first = (
            f"{start}at {study.change_name}, {_beside_course(study, change)}; {after} the difference is no longer clear"
        )
    else:
        first = (
            f"{start}{subject(study)} is not shown to have changed with {study.change_name}: {after} the difference "
            f"from its earlier course is {study.measure.change(horizon.absolute, plus=True)} "
            f"({interval(study, horizon)}), which holds no change too"
        )
    return f"{capital(first)}. {agreement_words(study)}{doubt_words(study)}"


def _beside_course(study: Study, one: Effect) -> str:
    way = "above" if one.absolute > 0 else "below"
    low, high = sorted((abs(one.lower), abs(one.upper)))
    ends = f"{level_words(study.level)} interval {study.measure.number(low)} to {study.measure.number(high)}"
    relative = f", a difference of {text_of(abs(100 * one.relative), '{:.0f}')} %" if one.relative is not None else ""
    return (
        f"{subject(study)} is {study.measure.change(abs(one.absolute))} ({ends}) {way} what its earlier course would "
        f"have given{relative}"
    )


def agreement_words(study: Study) -> str:
    """Say whether the control chart and the regression agree."""
    table = agreement(study)
    chart, model = table["says"]
    if table.attrs["agree"]:
        said = "no change" if chart == "no change" else f"a change {chart}wards"
        if table.attrs["drifting"]:
            return (
                f"The regression shows {said}; the control chart cannot tell, because most earlier points stand "
                "outside its rules too."
            )
        return f"Control chart and segmented regression agree: {said}."
    names = {
        "no change": "no change",
        "both ways": "points outside its limits in both directions",
        "up": "a change upwards",
        "down": "a change downwards",
    }
    return f"The two methods do not agree: the control chart shows {names[chart]}, the regression {names[model]}."


def chart_finding(study: Study) -> str:
    """Say what the control chart shows where no change is claimed."""
    points = study.chart.points
    marked, observed = int((points["signal"] != "").sum()), int(points["value"].notna().sum())
    first, last = (points["value"].dropna().iloc[place] for place in (0, -1))
    ends = [period(points["period"].iloc[place], study.period_name) for place in (0, -1)]
    span = f"{ends[0]} to {ends[1]}"
    if study.chart.stable and study.chart.provisional:
        said = f"has only {counted(observed, study.period_name)}, {span}: too few to tell whether it is stable"
    elif study.chart.stable:
        said = f"varies within its limits from {span}: no {study.period_name} stands out"
    else:
        said = (
            f"is not a stable process from {span}: {marked} of {counted(observed, study.period_name)} show "
            "special-cause "
            f"variation, from {study.measure.value(first)} to {study.measure.value(last)}"
        )
    start = "In these synthetic data, " if study.kind == "synthetic" else ""
    more = [one for one in (assurance_words(study), *(f"{capital(one)}." for one in study.chart.warnings)) if one]
    return " ".join([f"{capital(start + subject(study))} {said}.", *more, "No interruption is claimed."])


def assurance_words(study: Study) -> str:
    """Say whether the process as it stands will meet its target; empty without a target."""
    said = control_charts.assurance(study.chart, improvement=study.improvement, target=study.target)
    if said is None:
        return ""
    names = {
        "consistently passes": "the process as charted meets the target of {} every time",
        "consistently fails": "the process as charted cannot be expected to meet the target of {}",
        "hit or miss": "the target of {} lies between the limits: it is met in some periods by chance",
    }
    return capital(names[said].format(study.measure.value(study.target))) + "."


def data_words(study: Study) -> str:
    """Say what kind of data this is, how many periods, and what was left out."""
    series, name = study.series, study.period_name
    missing = int(series["value"].isna().sum())
    span = f"{period(series['period'].iloc[0], name)} to {period(series['period'].iloc[-1], name)}"
    count = f"{counted(len(series), name)}, {span}" + (f", {missing} without a value" if missing else "")
    return f"{KINDS.get(study.kind, '')} {capital(count)}. {study.left_out}".strip()


def caution_words(study: Study) -> list[str]:
    """Say every warning of the chart and the model."""
    found = study.found.warnings if study.found else ()
    return [capital(one) + "." for one in (*study.chart.warnings, *found)]


def warning_words(study: Study) -> str:
    """Say what to know before reading the chart: what could make it untrue, and the limits of a chart alone."""
    return " ".join(f"{capital(one)}{'' if one.endswith(('.', '?')) else '.'}" for one in study.warnings)


def doubt_words(study: Study) -> str:
    """Say in a sentence what could make the finding untrue, of what the checks found; empty where nothing."""
    said = [one.says for one in study.doubts]
    return "".join(f" Check first: {one}{'' if one.endswith(('.', '?')) else '.'}" for one in said)


def model_words(study: Study) -> str:
    """Say which model was fitted, with its errors and season, and on how many points."""
    found = study.found
    details = found.fit.details
    said = MODEL_NAMES[found.model]
    if "lag" in details:
        said += (
            f" (lag {details['lag']}, {details['kernel']} kernel, correction {details['correction']}, no prewhitening)"
        )
    if "rho" in details:
        rounds = f", after {details['rounds']} rounds" if "rounds" in details else ""
        said += f" (autocorrelation {details['rho']:.2f}{rounds})"
    if "phi" in details:
        said += f" (dispersion {details['phi']:.1f})"
    if "alpha" in details:
        said += f" (alpha {details['alpha']:.3f})"
    season = {"none": "no season", "months": "a level for each calendar month"}.get(
        found.season, f"{found.season} of the year"
    )
    return (
        f"{capital(said)}; {season}; {counted(found.n_before, study.period_name)} before the change and "
        f"{found.n_after} "
        "from it on."
    )


def measured_words(study: Study) -> str:
    """Say how often intervals of this kind held the truth in made series most like this one; empty without a model."""
    if study.found is None:
        return ""
    found = study.found.measured
    if found.reason:
        return f"Measured coverage: not stated; {found.reason}."
    more = (
        f" This series is more autocorrelated ({found.estimated:.2f}) than any that was measured, so expect less."
        if found.beyond
        else ""
    )
    return (
        f"Measured coverage: in made series of {found.periods} periods with an autocorrelation of "
        f"{found.autocorrelation:g}, {level_words(found.level)} intervals of this kind held the true change of level "
        f"in {found.at_change:.1f} % of {found.series:,} series and the true effect a year later in "
        f"{found.at_horizon:.1f} %.{more}"
    )


def coefficient_words(study: Study) -> pd.DataFrame:
    """Lay out level and slope with their meaning; count models on the log scale, with their ratios."""
    name = study.period_name
    meaning = {
        "const": "start",
        "time": f"slope before, per {name}",
        "level": "change of level at the interruption",
        "trend": f"change of slope, per {name}",
    }
    table = study.found.coefficients
    table = table[table["term"].isin(meaning)].copy()
    table["term"] = table["term"].map(meaning)
    table["p"] = table["p"].map(p_value)
    return table.reset_index(drop=True)


def residual_table(study: Study) -> pd.DataFrame:
    """Lay out the tests of the residuals, p-values as text."""
    table = checks_of_residuals(study)
    return table.assign(p=table["p"].map(p_value))


def agreement_table(study: Study) -> pd.DataFrame:
    """Lay out what the two methods say."""
    return agreement(study)[["method", "says", "because"]]


def truth_words(study: Study) -> str:
    """Say how the estimates compare with what is built in; empty for real data."""
    table = scored(study)
    if table is None:
        return ""
    missed = int((table["inside"] == "no").sum())
    if not missed:
        return "Every interval holds the truth that is built in."
    return (
        f"{missed} of {len(table)} intervals miss the truth that is built in: clinics start month by month, "
        "which one date "
        "cannot describe, and a dip just before the date tilts the earlier course."
    )


def control_words(study: Study) -> str:
    """Say what the controlled series gives; empty without a control."""
    if study.versus_control is None:
        return ""
    one = study.versus_control.at_horizon
    way = "more" if one.absolute > 0 else "less"
    clear = "" if one.clear else ", which holds no difference too"
    return (
        f"Against {study.control_name}, {counted(one.after, study.period_name)} after {study.change_name}, "
        f"{study.unit} "
        f"stands {study.measure.change(abs(one.absolute))} {way} ({interval(study, one)}{clear})."
    )


def results(study: Study) -> list[dict[str, Any]]:
    """Return what the page records, ready for :func:`compendium.recording.record`."""
    measure, pattern = study.measure, f"{{:,.{study.measure.digits}f}}{study.measure.sign.replace('%', '%')}"
    plus = f"{{:+,.{measure.digits}f}}"
    n = int(study.series["value"].notna().sum())
    entries: list[dict[str, Any]] = [
        {"name": "finding", "value": finding(study), "unit": "", "meaning": "The finding of this page", "n": n},
        {
            "name": "data_kind",
            "value": data_words(study),
            "unit": "",
            "meaning": "What the data are and what was left out",
        },
        {
            "name": "latest",
            "value": float(study.series["value"].dropna().iloc[-1]),
            "unit": measure.axis,
            "format": pattern,
            "meaning": f"{capital(subject(study))}, latest {study.period_name}",
        },
        {
            "name": "variation",
            "value": control_charts.variation(study.chart, improvement=study.improvement),
            "unit": "",
            "meaning": f"Variation of the latest {study.period_name}, Making Data Count",
        },
        {
            "name": "special_causes",
            "value": int((study.chart.points["signal"] != "").sum()),
            "unit": "points",
            "meaning": "Points of the control chart with special-cause variation",
        },
    ]
    if study.found is None:
        return entries
    parts = [
        ("at_change", study.found.at_change, "at the change"),
        ("at_horizon", study.found.at_horizon, "at the horizon"),
    ]
    if study.versus_control is not None:
        parts.append(("controlled", study.versus_control.at_horizon, f"at the horizon against {study.control_name}"))
    for name, one, words in parts:
        entries.append(
            {
                "name": f"effect_{name}",
                "value": one.absolute,
                "lower": one.lower,
                "upper": one.upper,
                "level": study.level,
                "unit": measure.difference,
                "format": plus,
                "n": n,
                "meaning": f"Difference from the earlier course {words} "
                f"({period(one.period, study.period_name)}), {measure.difference}",
            }
        )
    one = study.found.at_horizon
    if one.relative is not None:
        entries.append(
            {
                "name": "relative_effect",
                "value": 100 * one.relative,
                "lower": 100 * one.relative_lower,
                "upper": 100 * one.relative_upper,
                "level": study.level,
                "unit": "percent",
                "format": "{:+.1f} %",
                "meaning": "The same at the horizon, relative to the counterfactual",
            }
        )
    else:
        entries.append(
            {
                "name": "relative_effect",
                "value": None,
                "unit": "percent",
                "reason": one.reason,
                "meaning": "Relative effect at the horizon",
            }
        )
    covered = study.found.measured
    entries.append(
        {
            "name": "measured_coverage",
            "value": covered.at_horizon,
            "unit": "percent of made series",
            "format": "{:.1f} %",
            "meaning": f"{level_words(study.level)} intervals of this kind that hold a true effect a year later, in "
            "made series of about this length and autocorrelation",
            **({"reason": covered.reason} if covered.reason else {"n": covered.series}),
        }
    )
    entries.append(
        {
            "name": "methods_agree",
            "value": bool(agreement(study).attrs["agree"]),
            "unit": "",
            "meaning": "Whether control chart and segmented regression say the same",
        }
    )
    return entries


def provenance_words(study: Study) -> str:
    """Say in one line what the data are and where they come from, with what a reader of official files noted."""
    known = study.provenance
    notes = known.get("notes", [])
    count = f"{len(study.series)} {study.period_name}s"
    line = f"{known['title']}; {known['kind']}; {count}; source: {'; '.join(known['sources'])}"
    return "\n".join([line, *notes])


def model_sentence(study: Study) -> str:
    """Say which model was fitted, or why none was."""
    if study.found is None:
        return "No interruption is claimed in this window, so no regression is fitted: the chart stands alone."
    return f"{model_words(study)} {measured_words(study)}"


def capability_words(study: Study) -> str:
    """Say how capable a stable process is against its target, or why that cannot be said; empty without a target."""
    found = capability_of(study)
    if found is None:
        return ""
    if found.reason:
        return f"Capability is not stated: {found.reason}."
    return f"Capability against the target: Cpk {found.cpk:.2f}, Ppk {found.ppk:.2f}."


def beside_words(study: Study) -> str:
    """Say what other units can and cannot tell about the change."""
    others = " and ".join(study.beside)
    if study.versus_control is not None and study.kind == "synthetic":
        return (
            f"{control_words(study)} A comparator is an invention of these data. The real Area had none: every "
            "Area of the city "
            "was reorganised at once. What that costs is plain here: without it, whatever else came at the same "
            "time, such as the "
            "capital budget, is counted as the reorganisation's."
        )
    if study.versus_control is not None:
        return control_words(study)
    if study.beside and study.change is not None:
        verb = "is" if len(study.beside) == 1 else "are"
        return (
            f"{others} {verb} shown beside {study.unit} and {verb} no control: {study.change_name} reached every "
            "place in the same "
            f"{study.period_name}. How far one place fell below another says who was hit harder, not what would "
            "have happened "
            "without it."
        )
    if study.beside:
        return f"{others} beside {study.unit}."
    return (
        "No other unit is set beside this one. Without a comparison, whatever else happened at that time is part "
        "of the effect."
        if study.change is not None
        else "No other unit is set beside this one."
    )


def sensitivity_table(study: Study) -> pd.DataFrame:
    """Lay out the other choices for a page, each effect with its interval in one cell."""
    table, number = sensitivity(study), study.measure.number

    def stated(value: float, lower: float, upper: float) -> str:
        if pd.isna(value):
            return ""
        return f"{number(value, plus=True)} ({number(lower, plus=True)} to {number(upper, plus=True)})"

    rows = [
        {
            "choice": f"{row.choice}: {row.setting}" if row.setting else row.choice,
            "at_change": stated(row.at_change, row.at_change_lower, row.at_change_upper),
            "at_horizon": stated(row.at_horizon, row.lower, row.upper),
            "clear": "" if row.clear is None else "yes" if row.clear else "no",
            "remark": row.reason,
        }
        for row in table.itertuples()
    ]
    shown = pd.DataFrame(rows)
    return shown if shown["remark"].any() else shown.drop(columns="remark")


def sensitivity_words(study: Study) -> str:
    """Say under how many other choices the horizon effect keeps its direction and its clearness.

    Choices that cannot be fitted are counted apart.
    """
    table = sensitivity(study)
    own, others = table.iloc[0], table.iloc[1:]
    fitted = others[others["at_horizon"].notna()]
    same = int((fitted["clear"].astype(bool) == bool(own["clear"])).sum())
    way = int(((fitted["at_horizon"] > 0) == (own["at_horizon"] > 0)).sum())
    dropped = len(others) - len(fitted)
    more = f" {dropped} could not be fitted, with the reason in the table." if dropped else ""
    return (
        f"Of {len(fitted)} other choices {way} keep the direction of the horizon effect, and {same} agree on "
        f"whether its interval leaves out no change; the effect runs from "
        f"{study.measure.number(fitted['at_horizon'].min(), plus=True)} to "
        f"{study.measure.change(fitted['at_horizon'].max(), plus=True)}.{more}"
    )


def limit_words(study: Study) -> str:
    """List what the page cannot show: of its data set, and of every series of this kind."""
    said = list(study.provenance.get("limits", ()))
    if study.found is not None:
        said += [
            "The counterfactual is the earlier course carried on as a line. Nobody observed it.",
            "A date is not a cause. Anything else that changed then is in the effect.",
        ]
    said.append("Chart and regression answer different questions; where they disagree, neither is the referee.")
    return "\n".join(f"- {one}" for one in said)
