"""Figures of a service trend: the control chart, the regression with its counterfactual, residuals, neighbours."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from compendium.plotting import COLOUR, NARROW, canvas, label, marker
from compendium.recording import text_of
from healthsys.trends import words
from healthsys.trends.study import Study, autocorrelation_of

#: What a signal is drawn as.
SIGNAL_MARKS = {"outside limits": "o", "trend": "^", "two of three": "X", "shift": "P"}


def _axes(axes: Axes, study: Study, *, width: int) -> None:
    periods = study.series["period"]
    years = (periods.iloc[-1] - periods.iloc[0]).days / 365.25
    wanted = 4 if width == NARROW else 8
    if years > 2.6:
        axes.xaxis.set_major_locator(mdates.YearLocator(max(1, round(years / wanted))))
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    else:
        axes.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 7) if width == NARROW else (1, 4, 7, 10)))
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y" if width == NARROW else "%b %Y"))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text_of(round(value, 6), "{:,.10g}")))
    axes.set_title(
        study.measure.axis[:1].upper() + study.measure.axis[1:],
        fontweight="normal",
        fontsize=12.5,
        color=COLOUR["quiet"],
    )


def _change_line(axes: Axes, study: Study) -> None:
    if study.change is None:
        return
    axes.axvline(study.change, color=COLOUR["context"], linewidth=1.2, linestyle=(0, (2, 2)), zorder=1)


def _caption_start(study: Study) -> str:
    kind = {"synthetic": "Synthetic data", "yours": "Your own data"}.get(study.kind, "Published data")
    source = "; ".join(study.provenance["sources"])
    series = study.series
    span = "{} to {}".format(
        *(words.period(day, study.period_name) for day in (series["period"].iloc[0], series["period"].iloc[-1]))
    )
    return f"{kind}: {source}. {span}, n = {int(series['value'].notna().sum())} {study.period_name}s."


def draw_chart(study: Study, *, width: int) -> Figure:
    """Draw the control chart: points, centre line, process limits, signals by shape, target and change."""
    points = study.chart.points
    figure, axes = canvas(width, 340 if width > NARROW else 360)
    axes.plot(points["period"], points["value"], color=COLOUR["subject"], linewidth=1.4, zorder=3)
    calm = points[(points["signal"] == "") & ~points["excluded"]]
    small = 4.5 if width == NARROW or len(points) > 60 else 6
    axes.plot(
        calm["period"],
        calm["value"],
        linestyle="none",
        zorder=4,
        **{**marker(study.kind), "markeredgewidth": 1.4},
        markersize=small,
    )
    for rule, shape in SIGNAL_MARKS.items():
        hit = points[points["signal"] == rule]
        if len(hit):
            axes.plot(
                hit["period"],
                hit["value"],
                linestyle="none",
                marker=shape,
                markersize=small + 2.5,
                color=COLOUR["comparison"],
                zorder=5,
                label=rule,
            )
    if points["excluded"].any():
        axes.plot(
            points["period"].where(points["excluded"]),
            points["value"],
            linestyle="none",
            marker="o",
            markerfacecolor="none",
            color=COLOUR["context"],
            markersize=small + 1,
            zorder=5,
            label="not counted",
        )
    for number, part in points.groupby("segment"):
        for column, style in (("mean", "-"), ("lpl", "--"), ("upl", "--")):
            axes.plot(part["period"], part[column], color=COLOUR["context"], linewidth=1.2, linestyle=style, zorder=2)
        if number == points["segment"].max():
            last = part.iloc[-1]
            for column, name in (("mean", "mean"), ("lpl", "lower limit"), ("upl", "upper limit")):
                axes.annotate(
                    name,
                    (last["period"], last[column]),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    color=COLOUR["quiet"],
                    fontsize=12,
                    annotation_clip=False,
                )
    if study.target is not None:
        axes.axhline(study.target, color=COLOUR["third"], linewidth=1.4, linestyle="-.")
        axes.annotate(
            f"target {study.measure.value(study.target)}",
            (points["period"].iloc[0], study.target),
            xytext=(0, 5),
            textcoords="offset points",
            color=COLOUR["third"],
            fontsize=12,
        )
    _change_line(axes, study)
    _axes(axes, study, width=width)
    axes.margins(x=0.02)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.1),
            ncols=2 if width == NARROW else 4,
            handletextpad=0.3,
            columnspacing=1.2,
        )
    return figure


def chart_figure(study: Study) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the control chart."""
    points = study.chart.points
    marked = points[points["signal"] != ""]
    last = points.iloc[-1]
    number = study.measure.number
    rules = marked["signal"].value_counts()
    shown = ", ".join(f"{rule} {count}" for rule, count in rules.items()) or "none"
    asked = study.options.get("chart", {})
    frozen = ""
    if asked.get("baseline"):
        frozen = f" Limits come from the first {asked['baseline']} {study.period_name}s."
    elif study.change is not None and len(study.chart.segments) == 1:
        frozen = f" Limits are those from before {study.change_name} (dotted line)."
    few = "".join(f" {words.capital(one)}." for one in study.chart.warnings)
    ghosts = int(points["excluded"].sum())
    if ghosts:
        few += f" {words.counted(ghosts, 'point')} {'is' if ghosts == 1 else 'are'} shown but not counted."
    screened = "moving ranges screened" if study.chart.screened else "moving ranges not screened"
    return {
        "name": "control-chart",
        "caption": f"{_caption_start(study)} XmR chart, {screened}.{frozen}{few}",
        "alt": (
            f"Control chart of {words.subject(study)}: mean {number(last['mean'])}, process limits "
            f"{number(last['lpl'])} to "
            f"{number(last['upl'])}. Points with special cause: {shown}, out of {int(points['value'].notna().sum())}."
        ),
        "drawn": points[
            ["period", "value", "mean", "lpl", "upl", "signal", "heading", *(["excluded"] if ghosts else [])]
        ],
    }


def draw_segmented(study: Study, *, width: int) -> Figure:
    """Draw observed values, the fitted line and what the earlier course would have given, with its interval."""
    curve, found = study.found.curve, study.found
    after = curve["counterfactual"].notna()
    figure, axes = canvas(width, 340 if width > NARROW else 360)
    small = 4 if width == NARROW or len(curve) > 60 else 5.5
    axes.plot(
        curve["period"],
        curve["value"],
        linestyle="none",
        zorder=4,
        **{**marker(study.kind), "markeredgewidth": 1.4},
        markersize=small,
        label="observed",
    )
    for side in (~after, after):
        axes.plot(
            curve.loc[side, "period"],
            curve.loc[side, "fitted"],
            color=COLOUR["subject"],
            linewidth=2,
            zorder=3,
            label="fitted" if side is after else None,
        )
    axes.plot(
        curve.loc[after, "period"],
        curve.loc[after, "counterfactual"],
        color=COLOUR["comparison"],
        linewidth=2,
        linestyle="--",
        zorder=3,
        label="earlier course",
    )
    axes.fill_between(
        curve.loc[after, "period"],
        curve.loc[after, "lower"],
        curve.loc[after, "upper"],
        color=COLOUR["comparison"],
        alpha=0.13,
        linewidth=0,
        zorder=1,
    )
    if study.truth is not None:
        axes.plot(
            study.truth["period"],
            study.truth["without_package"],
            color=COLOUR["third"],
            linewidth=1.5,
            linestyle=":",
            zorder=3,
            label="true without",
        )
    horizon = found.at_horizon
    if horizon.period > found.change:
        axes.plot(
            [horizon.period] * 2,
            [horizon.counterfactual, horizon.fitted],
            color=COLOUR["text"],
            linewidth=1.6,
            zorder=5,
        )
    _change_line(axes, study)
    _axes(axes, study, width=width)
    low, high = (
        np.nanmin(curve[["value", "fitted", "counterfactual"]]),
        np.nanmax(curve[["value", "fitted", "counterfactual"]]),
    )
    axes.set_ylim(low - 0.2 * (high - low), high + 0.2 * (high - low))
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.1),
        ncols=2 if width == NARROW else 4,
        handletextpad=0.5,
        columnspacing=1.2,
    )
    return figure


def segmented_figure(study: Study) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the regression figure."""
    one = study.found.at_horizon
    number = study.measure.number
    truth = " Dotted: the true course without the package." if study.truth is not None else ""
    return {
        "name": "segmented",
        "caption": (
            f"{_caption_start(study)} {words.model_words(study)} Dashed: the earlier course carried on, with its "
            f"{words.level_words(study.level)} interval; the short bar is the effect at the horizon.{truth}"
        ),
        "alt": (
            f"{words.capital(words.subject(study))}, observed and fitted, with {study.change_name} marked. In "
            f"{words.period(one.period, study.period_name)} the fit is {number(one.fitted)} where the earlier "
            "course would have "
            f"given {number(one.counterfactual)}: a difference of {study.measure.change(one.absolute, plus=True)} "
            f"({words.interval(study, one)})."
        ),
        "drawn": study.found.curve,
    }


def draw_residuals(study: Study, *, width: int) -> Figure:
    """Draw autocorrelation and partial autocorrelation of the residuals as stems with the band of no correlation."""
    table = autocorrelation_of(study)
    narrow = width == NARROW
    figure, axes = canvas(
        width, 420 if narrow else 240, nrows=2 if narrow else 1, ncols=1 if narrow else 2, sharey=True
    )
    for panel, column, title in zip(axes, ("acf", "pacf"), ("Autocorrelation", "Partial autocorrelation"), strict=True):
        panel.axhspan(-table["band"][0], table["band"][0], color=COLOUR["faint"], zorder=0)
        panel.axhline(0, color=COLOUR["context"], linewidth=1)
        panel.vlines(table["lag"], 0, table[column], color=COLOUR["subject"], linewidth=2.5)
        panel.plot(table["lag"], table[column], "s", color=COLOUR["subject"], markersize=5)
        panel.set_title(title, fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
        panel.set_xlabel(f"lag ({study.period_name}s)")
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panel.set_ylim(-1, 1)
    return figure


def residual_figure(study: Study) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the residual figure."""
    table = autocorrelation_of(study)
    outside = table.loc[table["acf"].abs() > table["band"], "lag"].to_list()
    said = f"lags {', '.join(map(str, outside))} lie outside it" if outside else "every lag lies inside it"
    return {
        "name": "residuals",
        "caption": f"{_caption_start(study)} Residuals of the least-squares fit; the band holds most lags of a series "
        "without autocorrelation.",
        "alt": f"Autocorrelation of the residuals by lag: {table['acf'][0]:.2f} at the first lag; of the band that "
        f"uncorrelated residuals keep to, {said}.",
        "drawn": table,
    }


def draw_beside(study: Study, *, width: int) -> Figure:
    """Draw the series beside other units, each as per cent of its own mean before the change."""
    table = indexed(study)
    figure, axes = canvas(width, 320 if width > NARROW else 380)
    styles = ["--", ":", "-.", (0, (5, 1))]
    for place, (name, rows) in enumerate(table.groupby("unit", sort=False)):
        own = name == study.unit
        axes.plot(
            rows["period"],
            rows["index"],
            color=COLOUR["subject"] if own else COLOUR[("comparison", "third", "fourth", "context")[(place - 1) % 4]],
            linewidth=2.6 if own else 1.7,
            linestyle="-" if own else styles[(place - 1) % 4],
            label=label(name),
            zorder=4 if own else 3,
        )
    axes.axhline(100, color=COLOUR["context"], linewidth=1)
    _change_line(axes, study)
    _axes(axes, study, width=width)
    axes.set_title("Per cent of own mean before the change", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2 if width == NARROW else 4)
    return figure


def indexed(study: Study) -> pd.DataFrame:
    """Return each shown unit as per cent of its own mean before the change (or of its whole mean)."""
    rows = []
    for name, series in ((study.unit, study.series), *study.beside.items()):
        before = series if study.change is None else series[series["period"] < study.change]
        rows.append(series[["period", "value"]].assign(unit=name, index=100 * series["value"] / before["value"].mean()))
    return pd.concat(rows, ignore_index=True)


def beside_figure(study: Study) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the neighbours' figure."""
    table = indexed(study)
    lowest = table.loc[table.groupby("unit", sort=False)["index"].idxmin()]
    said = "; ".join(f"{row.unit} {row.index:.0f} in {row.period:%B %Y}" for row in _renamed(lowest))
    return {
        "name": "beside",
        "caption": f"{_caption_start(study)} Each line is one place, set to 100 at its own mean before "
        f"{study.change_name}.",
        "alt": f"{words.capital(study.measure.name)} in {', '.join(table['unit'].unique())}, as per cent of the "
        "mean before "
        f"{study.change_name}. Lowest points: {said}.",
        "drawn": table,
    }


def _renamed(rows: pd.DataFrame) -> list[Any]:
    from types import SimpleNamespace

    return [SimpleNamespace(**dict(zip(rows.columns, row, strict=True))) for row in rows.to_numpy()]
