"""Plots of control charts, with the alternative text of each.

>>> from matplotlib.figure import Figure
>>> from healthsys import spc
>>> from healthsys.plots.spc import alt_chart, plot_chart
>>> chart = spc.xmr([31, 34, 30, 33, 32, 35, 31, 33, 34, 32, 33, 31, 52], baseline=12,
...                 periods=pd.date_range("2023-01-01", periods=13, freq="MS"))
>>> ax = plot_chart(chart, title="waits (days)", ax=Figure().subplots())
>>> alt_chart(chart, subject="waits in clinic A")
'Control chart of waits in clinic A: mean 32.4, process limits 26.1 to 38.7. Points with special cause: outside limits 1, out of 13.'
"""  # noqa: E501

from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from healthsys.plots.series import change_line, event_lines, legend_below, mark_size, time_axis
from healthsys.plots.style import COLOUR, marker, note
from healthsys.say import number
from healthsys.spc import ControlChart

__all__ = ["SIGNAL_MARKS", "alt_chart", "plot_chart"]

#: What a signal is drawn as.
SIGNAL_MARKS = {"outside limits": "o", "trend": "^", "two of three": "X", "shift": "P"}


def plot_chart(
    chart: ControlChart,
    *,
    title: str,
    kind: str = "yours",
    change: Any = None,
    target: float | None = None,
    target_label: str = "target",
    events: pd.DataFrame | None = None,
    ax: Axes,
) -> Axes:
    """Draw a control chart: points, centre line, process limits, signals by shape, target and change.

    Parameters
    ----------
    chart
        Of any method of :mod:`healthsys.spc`, with timestamps as periods.
    title
        What is measured, with its unit.
    kind
        Kind of the data (``published``, ``synthetic``, ``yours``), for the marks.
    change
        Date of a change, drawn as a dotted line.
    target, target_label
        Target in the unit of the series, and what to write at it.
    events
        ``number`` and ``date`` of what else happened, drawn faintly behind the series.
    """
    points = chart.points
    small = mark_size(ax, len(points))
    ax.plot(points["period"], points["value"], color=COLOUR["subject"], linewidth=1.4, zorder=3)
    calm = points[(points["signal"] == "") & ~points["excluded"]]
    marks = {**marker(kind), "markeredgewidth": 1.4}
    ax.plot(calm["period"], calm["value"], linestyle="none", zorder=4, **marks, markersize=small)
    for rule, shape in SIGNAL_MARKS.items():
        hit = points[points["signal"] == rule]
        if len(hit):
            ax.plot(
                hit["period"], hit["value"], linestyle="none", marker=shape, markersize=small + 2.5,
                color=COLOUR["comparison"], zorder=5, label=rule,
            )  # fmt: skip
    if points["excluded"].any():
        ax.plot(
            points["period"].where(points["excluded"]), points["value"], linestyle="none", marker="o",
            markerfacecolor="none", color=COLOUR["context"], markersize=small + 1, zorder=5, label="not counted",
        )  # fmt: skip
    for _, part in points.groupby("segment"):
        for column, style in (("mean", "-"), ("lpl", "--"), ("upl", "--")):
            ax.plot(part["period"], part[column], color=COLOUR["context"], linewidth=1.2, linestyle=style, zorder=2)
    last = points.iloc[-1]
    for column, name in (("mean", "mean"), ("lpl", "lower limit"), ("upl", "upper limit")):
        note(ax, name, (last["period"], last[column]), (6, 0), va="center", fontsize=12, annotation_clip=False)
    if target is not None:
        ax.axhline(target, color=COLOUR["third"], linewidth=1.4, linestyle="-.")
        bottom, top = ax.get_ylim()
        below = target > bottom + 0.85 * (top - bottom)  # above it the label would be on the title of the axis
        at, by = (points["period"].iloc[0], target), (0, -5 if below else 5)
        note(ax, target_label, at, by, tone="third", va="top" if below else "baseline", fontsize=12)
    change_line(ax, change)
    event_lines(ax, events)
    time_axis(ax, points["period"], title=title)
    ax.margins(x=0.02)
    legend_below(ax)
    return ax


def alt_chart(chart: ControlChart, *, subject: str, format: Callable[[float], str] = number) -> str:
    """Say what the chart shows: mean, limits, and how many points each rule marks."""
    points, last = chart.points, chart.points.iloc[-1]
    shown = ", ".join(f"{rule} {count}" for rule, count in chart.special["signal"].value_counts().items()) or "none"
    return (
        f"Control chart of {subject}: mean {format(last['mean'])}, process limits {format(last['lpl'])} to "
        f"{format(last['upl'])}. Points with special cause: {shown}, out of {int(points['value'].notna().sum())}."
    )


def drawn_points(chart: ControlChart) -> pd.DataFrame:
    """Return what the chart draws, tidy; whether a point is excluded only where one is."""
    columns = ["period", "value", "mean", "lpl", "upl", "signal", "heading"]
    return chart.points[[*columns, "excluded"] if chart.points["excluded"].any() else columns]
