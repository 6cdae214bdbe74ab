"""Clinics that start at different times: group-time effects, the two-way trap, what one Area against one can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from compendium.plotting import COLOUR, NARROW, canvas, marker
from compendium.recording import text_of
from healthsys.errors import DataError, nearest
from healthsys.spc import funnels as funnel
from healthsys.trends import averages, difference, staggered
from healthsys.trends.averages import AVERAGES, Averages, PreTrend
from healthsys.trends.difference import Difference, Permutation

#: Months before and after the start that are drawn.
WINDOW = (-9, 12)

#: Months before the base period whose effects are tested together: few enough for the clinics there are.
TESTED_LEADS = 6


@dataclass(frozen=True)
class Panel:
    """Everything the page on staggered starts shows."""

    service: str
    rows: pd.DataFrame
    effects: pd.DataFrame
    staggered: Difference
    trap: Difference
    two_areas: Difference
    by_clinic: Permutation
    by_area: Permutation
    true_average: float | None
    placed: funnel.Funnel
    level: float
    averages: dict[str, Averages]
    pre_trend: PreTrend


def open_panel(
    services: pd.DataFrame,
    clinics: pd.DataFrame,
    *,
    service: str,
    area: str,
    change: str,
    truth: pd.DataFrame | None = None,
    funnel_months: int = 12,
    resamples: int = 499,
    seed: int = 20170101,
    level: float = 0.95,
) -> Panel:
    """Join counts and starts of one service and estimate its effect in every way the page compares.

    Parameters
    ----------
    services, clinics
        In the layouts of ``area_south_services`` and ``area_south_clinics``.
    service
        Which service.
    area
        The Area whose clinics start; the other is the comparator.
    change
        Date on which the Area was reorganised, for the comparison of two Areas.
    truth
        Built-in effects by ``start`` and ``period``, where the data are synthetic.
    funnel_months
        Last months added up for the funnel.
    resamples, seed
        Bootstrap samples of clinics, and their seed.
    level
        Coverage.

    Raises
    ------
    DataError
        If service or Area is unknown, or the change leaves no month before or after it.

    Examples
    --------
    >>> from healthsys import datasets
    >>> counts, starts = datasets.load("area_south_services"), datasets.load("area_south_clinics")
    >>> panel = open_panel(counts, starts, service="antenatal", area="Area South",
    ...                    change="2017-01-01", resamples=9)
    >>> panel.trap.estimate < panel.staggered.estimate
    True
    """
    for given, known, what in ((service, clinics["service"], "service"), (area, clinics["area"], "area")):
        if given not in set(known):
            there = sorted(set(known))
            raise DataError(
                f"there is no {what} '{given}' in the data.{nearest(given, there)} There are: {', '.join(there)}"
            )
    date = pd.to_datetime(change, errors="coerce")
    first, last = services["period"].min(), services["period"].max()
    if pd.isna(date) or not first < date <= last:
        raise DataError(
            f"change '{change}' leaves no month before or none after it; allowed: a date after {first:%Y-%m-%d} and up "
            f"to {last:%Y-%m-%d}"
        )
    if funnel_months < 1:
        raise DataError(f"{funnel_months} months cannot be added up for the funnel; allowed: 1 or more")
    rows = services.merge(clinics, on=["clinic", "service"])
    rows = rows[rows["service"] == service].copy()
    reached, eligible = rows["reached"].astype("float64"), rows["eligible"].astype("float64")
    rows["coverage"] = 100 * reached / eligible.where(eligible > 0)
    rows["reorganised"] = rows["area"] == area
    rows["after"] = rows["period"] >= date
    own = rows[rows["reorganised"]]
    columns = {"unit": "clinic", "period": "period", "value": "coverage", "start": "start"}
    effects = staggered.group_time_effects(own, **columns)
    changes = difference.unit_changes(rows, unit="clinic", value="coverage", after="after")
    kinds = rows.groupby("clinic")[["area", "reorganised"]].first()
    recent = rows[rows["period"] > rows["period"].max() - pd.DateOffset(months=funnel_months)]
    sums = (
        recent.dropna(subset=["reached", "eligible"]).groupby("clinic", as_index=False)[["reached", "eligible"]].sum()
    )
    sums = sums.merge(clinics.loc[clinics["service"] == service, ["clinic", "area"]], on="clinic")
    return Panel(
        service=service,
        rows=rows,
        effects=effects,
        staggered=staggered.staggered_effect(own, **columns, resamples=resamples, seed=seed, level=level),
        trap=staggered.two_way_estimate(own, **columns, level=level),
        two_areas=difference.difference_in_differences(
            rows,
            unit="clinic",
            period="period",
            value="coverage",
            treated="reorganised",
            after="after",
            cluster="area",
            level=level,
        ),
        by_clinic=difference.permutation_test(
            changes, pd.Series(changes.index, changes.index), kinds["reorganised"], seed=seed
        ),
        by_area=difference.permutation_test(changes, kinds["area"], kinds["reorganised"], seed=seed),
        true_average=None if truth is None else _built_in(effects, truth),
        placed=funnel.funnel(sums, unit="clinic", observed="reached", size="eligible"),
        level=level,
        averages={by: averages.staggered_averages(own, **columns, by=by, level=level) for by in AVERAGES},
        pre_trend=averages.pre_trend_test(own, **columns, leads=TESTED_LEADS),
    )


def _built_in(effects: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Average the built-in effects over the same groups and months as the group-time estimate, with its weights."""
    used = effects[(effects["since"] >= 0) & effects["effect"].notna()]
    known = used.merge(truth, on=["start", "period"], suffixes=("", "_true"))
    return float(np.average(known["effect_true"], weights=known["treated"].astype(float)))


def estimates(panel: Panel) -> pd.DataFrame:
    """Lay out the three estimates with what is wrong or right about each."""
    rows = [
        ("group-time effects", panel.staggered, "clinics that start against clinics that have not started yet"),
        ("two-way fixed effects", panel.trap, "the trap: clinics that started early serve as controls for later ones"),
        ("Area against comparator", panel.two_areas, panel.two_areas.reason or "difference in differences"),
    ]
    return pd.DataFrame(
        [
            {
                "estimate": name,
                "value": one.estimate,
                "error": one.error,
                "lower": one.lower,
                "upper": one.upper,
                "units": one.units,
                "remark": remark,
            }
            for name, one, remark in rows
        ]
    ).astype(dict.fromkeys(("error", "lower", "upper"), "float64"))


def average_rows(panel: Panel) -> pd.DataFrame:
    """Lay out the effect of each starting group, and the overall effect under each way of averaging."""
    groups = panel.averages["group"].parts
    rows = [
        {"average": f"clinics that start in {start:%B %Y}", "value": row.effect, "error": row.error}
        | {"lower": row.lower, "upper": row.upper, "units": row.treated}
        for start, row in zip(groups["start"], groups.itertuples(), strict=True)
    ]
    names = {
        "simple": "all clinics and months alike",
        "group": "groups, then their mean by clinics",
        "calendar": "months of the calendar, then their mean",
        "event": "months since the start, then their mean",
    }
    for by, name in names.items():
        one = panel.averages[by].overall
        rows.append(
            {"average": name, "value": one.estimate, "error": one.error}
            | {"lower": one.lower, "upper": one.upper, "units": one.units}
        )
    return pd.DataFrame(rows).astype(dict.fromkeys(("error", "lower", "upper"), "float64"))


def average_note(panel: Panel) -> str:
    """Say what the standard errors of the averages are, and what to mind."""
    overall = panel.averages["simple"].overall
    warned = "".join(f" {said[0].upper()}{said[1:]}." for said in overall.warnings)
    return f"Standard errors: {overall.correction}; Student's t with {overall.degrees} degrees of freedom.{warned}"


def pre_trend_words(panel: Panel) -> str:
    """Say whether the effects before the start, taken together, could be zero."""
    found = panel.pre_trend
    if found.p is None:
        return f"The effects before the start cannot be tested together: {found.reason}."
    outcome = (
        "could all be zero as far as chance goes"
        if found.p >= 1 - panel.level
        else "are further from zero than chance explains"
    )
    return (
        f"Together, the effects in the {found.effects} months before the month of reference {outcome} "
        f"(p = {found.p:.2f}, {found.method.split(' of ')[0]}, {found.units} clinics). With so few clinics the test "
        "misses all but large differences in trend."
    )


def permutations(panel: Panel) -> pd.DataFrame:
    """Lay out the permutation test by the clinic and by the Area that was really assigned."""
    rows = [
        ("clinic (wrong: clinics were not assigned one by one)", panel.by_clinic),
        ("Area (what was assigned)", panel.by_area),
    ]
    return pd.DataFrame(
        [
            {
                "reassigned": name,
                "assignments": one.assignments,
                "smallest_p": f"{one.smallest_possible:.2f}" if one.smallest_possible >= 0.005 else "under 0.01",
                "p": None if one.p is None else (f"{one.p:.4f}"),
                "remark": one.reason or "",
            }
            for name, one in rows
        ]
    )


def finding(panel: Panel) -> str:
    """Say what the staggered starts show and how far off the trap is."""
    one, trap = panel.staggered, panel.trap
    share = f", {100 * trap.estimate / one.estimate:.0f} % of that" if one.estimate > 0 else ""
    between = one.reason or (
        f"{100 * panel.level:g} % interval {text_of(one.lower, '{:.1f}')} to {text_of(one.upper, '{:.1f}')}"
    )
    truth = (
        ""
        if panel.true_average is None
        else f" Built in, over the same clinics and months, are {panel.true_average:.1f}."
    )
    return (
        f"In these synthetic data, {panel.service} coverage rises by {one.estimate:.1f} percentage points on "
        "average once a clinic "
        f"starts ({between}), compared with "
        f"clinics that had not started yet. Two-way fixed effects on the same data give "
        f"{text_of(trap.estimate, '{:.1f}')}{share}." + truth
    )


def funnel_words(panel: Panel) -> str:
    """Say how many clinics lie outside the funnel, with and without allowing for overdispersion."""
    placed = panel.placed
    flat = funnel.funnel(
        placed.points[["clinic", "reached", "eligible"]],
        unit="clinic",
        observed="reached",
        size="eligible",
        adjust=False,
    )
    out = [int(one.points["place"].str.contains("outer").sum()) for one in (flat, placed)]
    return (
        f"Over the last year {out[0]} of {len(placed.points)} clinics lie outside the outer limits that chance "
        "alone gives, and "
        f"{out[1]} once the limits allow for the clinics' lasting differences (dispersion "
        f"{placed.dispersion.phi:.0f} times what "
        "chance gives). The funnel says which clinics to ask, not which are best."
    )


def draw_event_study(panel: Panel, *, width: int) -> Figure:
    """Draw the average effect by months since the start; before it, the trends that were there."""
    table = event_table(panel)
    figure, axes = canvas(width, 320)
    axes.axhline(0, color=COLOUR["context"], linewidth=1)
    axes.axvline(-0.5, color=COLOUR["context"], linewidth=1.2, linestyle=(0, (2, 2)))
    axes.plot(
        table["since"], table["effect"], color=COLOUR["subject"], markersize=6, label="estimated", **marker("synthetic")
    )
    axes.axhline(panel.trap.estimate, color=COLOUR["comparison"], linestyle="--", linewidth=1.8)
    axes.annotate(
        "two-way estimate",
        (WINDOW[0], panel.trap.estimate),
        xytext=(0, 5),
        textcoords="offset points",
        color=COLOUR["comparison"],
        fontsize=12,
    )
    axes.set_xlabel("months since the clinic's start")
    axes.set_title("Effect on coverage (percentage points)", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    return figure


def event_table(panel: Panel) -> pd.DataFrame:
    """Return the average effect by months since the start, within the drawn window."""
    table = averages.by_time_since_start(panel.effects)
    return table[table["since"].between(*WINDOW)].reset_index(drop=True)


def event_figure(panel: Panel) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the event study."""
    table = event_table(panel).set_index("since")["effect"]
    before = table[table.index < 0]
    return {
        "name": "event-study",
        "caption": "Synthetic data, clinics of Area South. Before the start the points show whether clinics that "
        "start had moved "
        "apart from those that start later. The base period is universal: for every month, before and after, the "
        "reference is the last month before the clinic's start (month -1), as with base_period = universal in R's did.",
        "alt": f"Effect on {panel.service} coverage by months since the start: between "
        f"{text_of(before.min(), '{:.1f}')} and "
        f"{text_of(before.max(), '{:.1f}')} before it, {text_of(table.get(0, np.nan), '{:.1f}')} in the first "
        "month and "
        f"{text_of(table.iloc[-1], '{:.1f}')} after {table.index[-1]} months. The two-way estimate is "
        f"{panel.trap.estimate:.1f}.",
        "drawn": table.reset_index(),
    }


def draw_funnel(panel: Panel, *, width: int) -> Figure:
    """Draw clinics over the people eligible, inside limits with overdispersion."""
    placed = panel.placed
    figure, axes = canvas(width, 340 if width > NARROW else 360)
    curves = placed.curves
    for name, style in (("inner", "--"), ("outer", "-")):
        for end in ("lower", "upper"):
            axes.plot(
                curves["size"], 100 * curves[f"{name}_{end}"], color=COLOUR["context"], linestyle=style, linewidth=1.2
            )
    axes.axhline(100 * placed.target, color=COLOUR["context"], linewidth=1)
    area = panel.rows.groupby("clinic")["reorganised"].first()
    own = placed.points["clinic"].map(area).to_numpy(dtype=bool)
    for mask, colour, shape, label in (
        (own, "subject", "s", "Area South"),
        (~own, "comparison", "o", "Comparator Area"),
    ):
        part = placed.points[mask]
        axes.plot(
            part["size"] if "size" in part else part["eligible"],
            100 * part["value"],
            linestyle="none",
            label=label,
            **{**marker("synthetic", COLOUR[colour]), "marker": shape},
            markersize=6.5,
        )
    axes.set_xlabel("people eligible in the last year")
    axes.set_title("Coverage (%)", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return figure


def funnel_figure(panel: Panel) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the funnel."""
    places = panel.placed.points["place"].value_counts()
    said = ", ".join(f"{count} {place}" for place, count in places.items())
    widened = "widened for overdispersion" if panel.placed.adjusted else "not widened"
    inner, outer = (stats.norm.ppf(0.5 + one / 2) for one in funnel.LEVELS)
    return {
        "name": "funnel",
        "caption": f"Synthetic data. Limits around the pooled coverage at {inner:.2f} (dashed) and {outer:.2f} (solid) "
        f"standard errors, {widened} (z-scores on the "
        "arcsine scale, a tenth winsorised at each end).",
        "alt": f"Funnel of {len(panel.placed.points)} clinics around a pooled coverage of "
        f"{100 * panel.placed.target:.1f} %: {said}.",
        "drawn": panel.placed.points,
    }


def results(panel: Panel) -> list[dict[str, Any]]:
    """Return what the page records."""
    entries: list[dict[str, Any]] = [
        {
            "name": "finding",
            "value": finding(panel),
            "unit": "",
            "meaning": "The finding of this page",
            "n": panel.staggered.units,
        }
    ]
    for name, one in (("group_time", panel.staggered), ("two_way", panel.trap)):
        entries.append(
            {
                "name": f"effect_{name}",
                "value": one.estimate,
                "lower": one.lower,
                "upper": one.upper,
                "level": panel.level,
                "unit": "percentage points",
                "format": "{:.1f}",
                "n": one.units,
                "meaning": f"Average effect of the start on {panel.service} coverage, {one.method}",
            }
        )
    entries.append(
        {
            "name": "effect_two_areas",
            "value": panel.two_areas.estimate,
            "unit": "percentage points",
            "format": "{:.1f}",
            "n": panel.two_areas.units,
            "meaning": f"Area against comparator; no interval: {panel.two_areas.reason}",
        }
    )
    if panel.true_average is not None:
        entries.append(
            {
                "name": "effect_built_in",
                "value": panel.true_average,
                "unit": "percentage points",
                "format": "{:.1f}",
                "meaning": "Built-in effect, averaged over the same clinics and months as the group-time estimate",
            }
        )
    entries.append(
        {
            "name": "clinics_outside_funnel",
            "value": int(panel.placed.points["place"].str.contains("outer").sum()),
            "unit": "clinics",
            "meaning": "Clinics outside the outer limits of the funnel, overdispersion allowed for",
            "n": len(panel.placed.points),
        }
    )
    return entries
