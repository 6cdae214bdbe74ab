"""Plots of beds and queues: occupancy over time, share turned away by size of ward, effect of a further bed."""

from typing import Any

import matplotlib.dates as mdates
import pandas as pd

from healthsys.plots.style import COLOUR, MEASURE, is_narrow, marker, note
from healthsys.say import listed, number

#: Colour and line of each size of ward.
SIZES = (("comparison", "-"), ("subject", "--"), ("third", ":"), ("fourth", "-."))


def plot_occupancy(
    quarters: pd.DataFrame, *, occupancy: str, reference: float, kind: str = "yours", label: str = "", ax: Any
) -> Any:
    """Draw occupancy by period in percent, with the space up to all beds as slack and a reference (a share)."""
    day, used = quarters["period"], quarters[occupancy]
    ax.plot(day, used, color=COLOUR["subject"], markersize=5, **marker(kind))
    ax.fill_between(day, used, 100, color=COLOUR["fourth"], alpha=0.18, linewidth=0)
    ax.axhline(100 * reference, color=COLOUR["context"], linestyle="--", linewidth=1.3)
    note(ax, f"{100 * reference:g}%", (day.iloc[-1], 100 * reference), (4, -4), va="top", ha="right", fontsize=12)
    ax.annotate("slack", (day.iloc[len(day) // 2], 96), color=COLOUR["text"], fontsize=12, ha="center")
    ax.set_ylim(min(60, used.min() - 2), 100)
    ax.xaxis.set_major_locator(mdates.YearLocator(2 if is_narrow(ax) else 1))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.set_title(label, **MEASURE)
    return ax


def plot_risk(curve: pd.DataFrame, *, reference: float, ax: Any) -> Any:
    """Draw the share turned away (``full``) by ``share`` of beds: a panel per ``load``, a line per ``beds``."""
    for panel, (load, rows) in zip(ax, curve.groupby("load", sort=False), strict=True):
        for place, (beds, line) in enumerate(rows.groupby("beds", sort=False)):
            role, style = SIZES[place % len(SIZES)]
            panel.plot(100 * line["share"], 100 * line["full"], color=COLOUR[role], linestyle=style, linewidth=2.2)
            end = tuple(100 * line[["share", "full"]].iloc[-1])
            note(panel, f"{beds} beds", end, (5, 0), tone=role, va="center", fontsize=12, annotation_clip=False)
        panel.axvline(100 * reference, color=COLOUR["context"], linestyle="--", linewidth=1.2)
        panel.set_xlabel(f"{load} load (% of beds)")
        panel.set_title(f"Turned away, by {load} load (%)", **MEASURE)
        panel.set_ylim(0, None)
    return ax


def alt_risk(wards: pd.DataFrame, *, share: float) -> str:
    """Describe the share turned away at one offered and carried load, for each size of ward.

    >>> alt_risk(pd.DataFrame({"beds": [10], "full_offered": [0.145], "full_carried": [0.327]}), share=0.85)[67:]
    'At 85% offered load: 10 beds 14.5%. At 85% carried load: 10 beds 32.7%.'
    """
    said = []
    for load in ("offered", "carried"):
        each = listed(f"{row['beds']:.0f} beds {100 * row[f'full_{load}']:.1f}%" for _, row in wards.iterrows())
        said.append(f"At {100 * share:g}% {load} load: {each}")
    return f"Share of patients turned away by wards of different size, by load. {'. '.join(said)}."


def plot_one_more_bed(table: pd.DataFrame, *, ax: Any) -> Any:
    """Draw arrivals turned away and slack for each number of beds (:func:`healthsys.queueing.one_more_bed`)."""
    for panel, values, title, role in (
        (ax[0], table["turned_away"], "Turned away per 1,000 arrivals", "comparison"),
        (ax[1], 100 * table["slack"], "Slack (% of beds free)", "subject"),
    ):
        bars = panel.bar(table["beds"], values, color=COLOUR[role], width=0.62)
        panel.bar_label(bars, fmt="{:.0f}", padding=2, fontsize=12)
        panel.set_title(title, **MEASURE)
        panel.set_xticks(table["beds"])
        panel.margins(y=0.14)
    ax[-1].set_xlabel("beds")
    return ax


def alt_one_more_bed(table: pd.DataFrame) -> str:
    """Describe the ward as it is, and what one more bed changes.

    >>> from healthsys.queueing import one_more_bed
    >>> alt_one_more_bed(one_more_bed(10, 12)).split("; ")[1]
    'one more bed would mean 35 fewer.'
    """
    first, second = table.iloc[0], table.iloc[1]
    return (
        f"With {first['beds']:.0f} beds {first['turned_away']:.0f} of 1,000 arrivals are turned away and "
        f"{number(100 * first['slack'], '{:.0f}')}% of beds are free; one more bed would mean "
        f"{second['spared']:.0f} fewer."
    )
