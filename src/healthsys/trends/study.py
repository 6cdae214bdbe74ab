"""One service trend from its data to its results: what a page or a report needs, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from compendium import datasets
from healthsys.errors import DataError
from healthsys.io import (
    Measure,
    Problem,
    breaks_of,
    check_series,
    measure_of,
    multiplier_of,
    pick_series,
    read_series,
    regular,
    require,
    step_of,
    total_problems,
)
from healthsys.io.steps import STEPS
from healthsys.trends import control_charts, regression, robustness
from healthsys.trends.attribute_charts import p_chart, run_chart
from healthsys.trends.control_charts import ControlChart
from healthsys.trends.interrupted import Segmented, controlled, per_year, segmented

#: Checks whose warning belongs to the finding itself: what it says could come from them.
UNDERMINING = (
    "first period",
    "last period",
    "negative",
    "share",
    "code for missing",
    "numerator above denominator",
    "value unlike its ratio",
    "total differs",
    "season",
    "days of the week",
)

#: Adjective of a period by periods in a year.
PERIOD_NAMES = {step.per_year: name for name, step in STEPS.items()}


@dataclass(frozen=True)
class Study:
    """Everything a page about one series shows; ``found`` and what follows are None where no change is claimed."""

    series: pd.DataFrame
    indicator: str
    unit: str
    measure: Measure
    provenance: dict[str, Any]
    change: pd.Timestamp | None
    change_name: str
    improvement: str
    target: float | None
    season: str
    model: str
    level: float
    findings: tuple[Problem, ...]
    left_out: str
    chart: ControlChart
    found: Segmented | None
    control_name: str
    versus_control: Segmented | None
    beside: dict[str, pd.DataFrame]
    truth: pd.DataFrame | None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Kind of the data: published, synthetic, yours."""
        return self.provenance["kind"]

    @property
    def period_name(self) -> str:
        """``day``, ``week``, ``month``, ``quarter`` or ``year``."""
        return PERIOD_NAMES[per_year(self.series["period"])]

    @property
    def doubts(self) -> list[Problem]:
        """Warnings of the checks that could make the finding untrue.

        Where the book's own data are kept across a change of definition, its page says so under its limits.
        """
        names = (*UNDERMINING, "definition") if self.kind == "yours" else UNDERMINING
        return [one for one in self.findings if one.severity == "warn" and one.name in names]

    @property
    def warnings(self) -> list[str]:
        """What to read before the chart: what could make it untrue, and its own warnings where it stands alone."""
        said = [f"{one.name}: {one.says}" for one in self.doubts]
        return said + (list(self.chart.warnings) if self.found is None else [])

    @property
    def true_effect(self) -> pd.Series | None:
        """True effect by period where the data are synthetic and their truth is known."""
        if self.truth is None:
            return None
        return (self.truth["with_package"] - self.truth["without_package"]).set_axis(self.truth["period"])


def open_study(
    *,
    data: str,
    indicator: str,
    unit: str,
    change: str = "",
    change_name: str = "the change",
    improvement: str = "neutral",
    target: str = "",
    season: str = "none",
    model: str = regression.DEFAULT_MODEL,
    horizon: int = 12,
    phase_in: int = 0,
    first: str = "",
    last: str = "",
    breaks: str = "leave out",
    screen: bool = True,
    trend_length: int = control_charts.TREND_LENGTH,
    shift_length: int = control_charts.SHIFT_LENGTH,
    control: str = "",
    beside: list[str] | None = None,
    level: float = 0.95,
    baseline: str = "",
    rebase: list[str] | None = None,
    exclude: list[str] | None = None,
) -> Study:
    """Read one series, look at it, chart it and, where a change is claimed, model it.

    Parameters
    ----------
    data
        A bundled data set, a tidy CSV file, or an official file or folder (see
        :func:`healthsys.io.series.read_series`).
    indicator, unit
        Which series.
    change, change_name
        Date of the interruption (nothing: a chart alone), and what happened then, in words.
    improvement
        Which way is better: ``increase``, ``decrease`` or ``neutral``.
    target
        Target in the unit of the series, as text; nothing for none.
    season, model, horizon, phase_in, level
        As in :func:`healthsys.trends.interrupted.segmented`.
    first, last
        First and last period used (dates), or nothing.
    breaks
        What to do at a known change of definition: ``leave out`` keeps the stretch around the change that is counted in
        one way, ``keep`` uses all, starts a new segment of the chart at each break, and says so. In a reader's own
        table, where a change of definition is found by indicator and country only, all is used, as with ``keep``.
    screen, trend_length, shift_length
        Of the chart, as in :func:`healthsys.trends.control_charts.xmr`.
    control
        A unit of the same data that was not changed, to model the difference with; nothing for none.
    beside
        Further units shown beside it.
    baseline
        Last period (date) whose points make the limits of the chart; nothing: the periods before the change, or all.
    rebase, exclude
        Periods (dates) in which the limits of the chart begin again, and periods that the charts show but do not count.
        Neither claims a change; the regression keeps every period.

    Returns
    -------
    Study

    Raises
    ------
    DataError
        If the data cannot be read, a check of the series stops the analysis, or a parameter does not fit.

    Examples
    --------
    >>> study = open_study(data="kh03_beds_england", indicator="ga_occupancy_percent", unit="England",
    ...                    change="2020-04-01", horizon=4)
    >>> study.kind, study.period_name, study.found.n_before
    ('published', 'quarter', 8)
    """
    from compendium.notebook import open_data

    table = open_data(data, read_series)
    reading = table.attrs.get("reading", {})
    date = _date(change, "change")
    whole = pick_series(table, indicator=indicator, unit=unit)
    measure = measure_of(indicator, whole["value"])
    factor = multiplier_of(whole, indicator=indicator)
    if factor not in (None, measure.per):
        measure = replace(measure, per=factor, count=False)
    wanted = _target(target)
    given = _window(whole, _date(first, "first"), _date(last, "last"))
    breaks_known, certain = breaks_of(table, indicator=indicator, unit=unit)
    kept, left_out = _stretch(given, breaks_known, date) if breaks == "leave out" and certain else (given, "")
    looked = {"counts": measure.count, "indicator": indicator}
    findings = check_series(kept, change=date, target=wanted, breaks=breaks_known, **looked)
    findings += total_problems(reading.get("report", ()))
    if left_out:
        findings = [_with_break(one, left_out) for one in findings]
    if "read_as" in reading:
        findings.append(Problem("month ends", "note", reading["read_as"]))
    require(findings, label=f"{indicator}, {unit}")
    for name in dict.fromkeys([*([control] if control else []), *(beside or [])]):
        own = pick_series(table, indicator=indicator, unit=name)
        own = _window(own, _date(first, "first"), _date(last, "last"))
        require(check_series(own, **looked), label=f"{indicator}, {name}")
    series = regular(kept)
    _refuse_season(season, series)
    if date is not None:
        findings += _short_year(season, series)
    found = versus = None
    options = {"season": season, "model": model, "horizon": horizon, "phase_in": phase_in, "level": level}
    if date is not None:
        found = segmented(series, change=date, per=measure.per, **options)
        if control:
            other = _same_window(table, indicator, control, series)
            linear = model if model in regression.LINEAR_MODELS else regression.DEFAULT_MODEL
            versus = controlled(series, other, change=date, **{**options, "model": linear})
    at = [
        int(np.argmax(series["period"] >= day))
        for day, _ in breaks_known
        if series["period"].min() < day <= series["period"].max()
    ]
    asked = {
        "baseline": _position(series, baseline, "baseline") + 1 if str(baseline).strip() else None,
        "rebase": sorted({*at, *(_position(series, day, "rebase") for day in rebase or [])}),
        "exclude": [_position(series, day, "exclude") for day in exclude or []],
    }
    lengths = {"trend_length": trend_length, "shift_length": shift_length}
    made = {"screen": screen, "exclude": asked["exclude"], **lengths}
    chart = (
        control_charts.xmr(
            series["value"], periods=series["period"], baseline=asked["baseline"], rebase=asked["rebase"], **made
        )
        if asked["rebase"] or asked["baseline"]
        else robustness.baseline_chart(series, change=date, **made)
    )
    truth = None
    if "truth" in table.attrs["provenance"]:
        rows = datasets.load(table.attrs["provenance"]["truth"])
        rows = rows[(rows["indicator"] == indicator) & (rows["unit"] == unit)]
        truth = rows[rows["period"].isin(series["period"])].reset_index(drop=True) if len(rows) else None
    return Study(
        series=series,
        indicator=indicator,
        unit=unit,
        measure=measure,
        provenance={**table.attrs["provenance"], **reading},
        change=date,
        change_name=change_name,
        improvement=improvement,
        target=wanted,
        season=season,
        model=model,
        level=level,
        findings=tuple(findings),
        left_out=left_out,
        chart=chart,
        found=found,
        control_name=control,
        versus_control=versus,
        beside={name: _same_window(table, indicator, name, series) for name in beside or []},
        truth=truth,
        options={"screen": screen, "horizon": horizon, "phase_in": phase_in, "data": data, "chart": asked},
    )


def _with_break(one: Problem, left_out: str) -> Problem:
    """Say of a change outside the stretch that is kept why the rest is not, and how to use all."""
    if one.name != "change outside":
        return one
    return replace(one, says=f"{one.says}. {left_out} Set breaks to 'keep' to use all")


def _refuse_season(season: str, series: pd.DataFrame) -> None:
    step = step_of(series["period"])
    if season == "months" and step is not None and step.fine:
        raise DataError(
            f"parameter 'season' is 'months', which for {step.name}s means a level for each of {step.per_year} "
            f"{step.name}s of the year; allowed: none, harmonic or two harmonics"
        )


def _short_year(season: str, series: pd.DataFrame) -> list[Problem]:
    """Warn where weeks or days of less than two years carry a term for the year: it cannot be told from the change."""
    step = step_of(series["period"])
    if season == "none" or step is None or not step.fine or len(series) >= 2 * step.per_year:
        return []
    says = (
        f"{len(series)} {step.name}s are less than two years, so the season of the year cannot be told from the change"
    )
    return [Problem("season", "warn", f"{says}; set season to none")]


def _date(text: str, name: str) -> pd.Timestamp | None:
    if not str(text).strip():
        return None
    try:
        return pd.Timestamp(pd.to_datetime(str(text).strip(), format="%Y-%m-%d"))
    except ValueError:
        raise DataError(f"parameter '{name}' is '{text}'; allowed: a date as YYYY-MM-DD, or nothing") from None


def _position(series: pd.DataFrame, day: str, name: str) -> int:
    """Return the position of a period in a regular series."""
    date = _date(day, name)
    where = np.flatnonzero(series["period"] == date)
    if not len(where):
        raise DataError(
            f"parameter '{name}': {day} is no period of the series; allowed: the first day of a period from "
            f"{series['period'].min():%Y-%m-%d} to {series['period'].max():%Y-%m-%d}"
        )
    return int(where[0])


def _target(text: str) -> float | None:
    if not str(text).strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise DataError(
            f"parameter 'target' is '{text}'; allowed: a number in the unit of the series, or nothing"
        ) from None


def _window(frame: pd.DataFrame, first: pd.Timestamp | None, last: pd.Timestamp | None) -> pd.DataFrame:
    rows = frame
    if first is not None:
        rows = rows[rows["period"] >= first]
    if last is not None:
        rows = rows[rows["period"] <= last]
    if len(rows) < 2:
        raise DataError(
            f"{len(rows)} periods lie between first and last; the series runs from {frame['period'].min():%Y-%m} to "
            f"{frame['period'].max():%Y-%m}"
        )
    return rows.reset_index(drop=True)


def _stretch(
    frame: pd.DataFrame, breaks: list[tuple[pd.Timestamp, str]], change: pd.Timestamp | None
) -> tuple[pd.DataFrame, str]:
    """Keep the stretch around the change (without one: the longest) that is counted in one way."""
    inside = [entry for entry in breaks if frame["period"].min() < entry[0] <= frame["period"].max()]
    if not inside:
        return frame, ""
    edges = [pd.Timestamp.min, *(day for day, _ in inside), pd.Timestamp.max]
    stretches = [frame[(frame["period"] >= a) & (frame["period"] < b)] for a, b in pairwise(edges)]
    if change is None:
        kept = max(stretches, key=len)
    else:
        kept = next(rows for rows, end in zip(stretches, edges[1:], strict=True) if change < end)
    said = [
        f"{'before' if day <= kept['period'].min() else 'from'} {day:%B %Y} ({note})"
        for day, note in inside
        if day <= kept["period"].min() or day > kept["period"].max()
    ]
    return kept.reset_index(drop=True), f"Left out as counted in another way: {'; '.join(said)}."


def _same_window(table: pd.DataFrame, indicator: str, unit: str, series: pd.DataFrame) -> pd.DataFrame:
    rows = pick_series(table, indicator=indicator, unit=unit)
    return regular(rows[rows["period"].isin(series["period"])])


def agreement(study: Study) -> pd.DataFrame:
    """Set chart and regression side by side (:func:`healthsys.trends.robustness.side_by_side`)."""
    return robustness.side_by_side(study.chart, study.found)


def sensitivity(study: Study) -> pd.DataFrame:
    """Fit again under the other choices, those for counts where the series has counts."""
    models = [regression.DEFAULT_MODEL, "newey_west", "prais_winsten"]
    if _counted(study):
        models += ["quasi_poisson", "negative_binomial"]
    return robustness.sensitivity(
        study.series,
        change=study.change,
        model=study.model,
        season=study.season,
        per=study.measure.per,
        horizon=study.options["horizon"],
        phase_in=study.options["phase_in"],
        models=tuple(models),
        level=study.level,
    )


def _counted(study: Study) -> bool:
    """Whether whole events lie behind the values, so that models and charts for counts apply."""
    if study.measure.count:
        return True
    events = study.series["numerator"].dropna()
    return bool(len(events) >= 2 and (events == events.round()).all())


def other_charts(study: Study) -> pd.DataFrame:
    """Read the same series by the other charts: XmR with and without screening, p′ where there are counts, a run chart.

    Returns
    -------
    pandas.DataFrame
        ``chart``, ``centre``, ``lower``, ``upper`` (of the last period), ``special`` (points with special cause),
        ``remark``.
    """
    values, periods = study.series["value"], study.series["period"]
    frozen = None if study.change is None else int((periods < study.change).sum())
    asked = {"baseline": None, "rebase": [], "exclude": [], **study.options.get("chart", {})}
    rows, said = [], "limits from before the change" if frozen else ""
    whole = "whole series"
    if asked["baseline"] or asked["rebase"]:
        said = whole = "limits of the last part" if asked["rebase"] else "limits from the baseline"
    for screen, words in ((True, "large moving ranges screened"), (False, "not screened, as in the spreadsheet tool")):
        options = {**asked, "baseline": asked["baseline"] or (None if asked["rebase"] else frozen)}
        chart = control_charts.xmr(values, periods=periods, screen=screen, **options)
        rows.append(_chart_row(f"XmR, {words}", chart, said))
    if _counted(study) and not study.measure.count:
        prime = p_chart(study.series["numerator"], study.series["denominator"], **asked)
        sigma = prime.segments["sigma_z"].iloc[-1]
        spread = prime.reason if pd.isna(sigma) else f"spread {sigma:.1f} times the binomial one"
        row = _chart_row("p′ (Laney)", prime, f"{whole}; {spread}")
        rows.append({**row, **{key: row[key] * study.measure.per for key in ("centre", "lower", "upper")}})
    try:
        run = run_chart(values)
    except DataError as error:
        rows.append({"chart": "run chart", "remark": str(error)})
        return pd.DataFrame(rows)
    remark = (
        f"whole series; longest run {run.longest_run} (up to {run.longest_allowed} by chance), "
        f"{run.crossings} crossings of the median (at least {run.fewest_crossings} by chance): "
        + ("a shift" if run.signal else "no signal")
    )
    rows.append(
        {
            "chart": "run chart",
            "centre": run.median,
            "lower": np.nan,
            "upper": np.nan,
            "special": None,
            "remark": remark,
        }
    )
    return pd.DataFrame(rows)


def _chart_row(name: str, chart: ControlChart, remark: str) -> dict[str, Any]:
    last = chart.points.iloc[-1]
    return {
        "chart": name,
        "centre": last["mean"],
        "lower": last["lpl"],
        "upper": last["upl"],
        "special": int((chart.points["signal"] != "").sum()),
        "remark": remark,
    }


def capability_of(study: Study) -> control_charts.Capability | None:
    """Capability against the target as the specification on the worse side; None without target or direction."""
    if study.target is None or study.improvement == "neutral":
        return None
    sides = {"lower": study.target} if study.improvement == "increase" else {"upper": study.target}
    return control_charts.capability(study.chart, **sides)


def checks_of_residuals(study: Study) -> pd.DataFrame:
    """Test the residuals of the least-squares fit (:func:`healthsys.trends.robustness.residual_checks`)."""
    return robustness.residual_checks(study.series, change=study.change, season=study.season)


def autocorrelation_of(study: Study) -> pd.DataFrame:
    """Autocorrelation of those residuals, as far as a year."""
    return robustness.autocorrelation(
        study.series,
        change=study.change,
        season=study.season,
        lags=per_year(study.series["period"]),
        level=study.level,
    )


def scored(study: Study) -> pd.DataFrame | None:
    """Set every estimate beside the truth that is built in; None where there is none.

    Returns
    -------
    pandas.DataFrame or None
        ``estimate``, ``at``, ``true``, ``value``, ``lower``, ``upper``, ``inside``.
    """
    true = study.true_effect
    if true is None or study.found is None:
        return None
    rows = []
    for name, found in (("series alone", study.found), (f"against {study.control_name}", study.versus_control)):
        for where, one in (
            ("at the change", found and found.at_change),
            ("at the horizon", found and found.at_horizon),
        ):
            if one:
                built_in = float(true[one.period])
                rows.append(
                    {
                        "estimate": name,
                        "at": f"{where}, {one.period:%B %Y}",
                        "true": built_in,
                        "value": one.absolute,
                        "lower": one.lower,
                        "upper": one.upper,
                        "inside": "yes" if one.lower <= built_in <= one.upper else "no",
                    }
                )
    return pd.DataFrame(rows)
