"""Plots of beds and queues: occupancy over time, risk by size of ward, what a further bed changes."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import pandas as pd

from healthsys.plots.style import COLOUR, MEASURE, marker
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
    ax.annotate(
        f"{100 * reference:g}%", (day.iloc[-1], 100 * reference), xytext=(4, -4), textcoords="offset points",
        va="top", ha="right", color=COLOUR["quiet"], fontsize=12,
    )  # fmt: skip
    ax.annotate("slack", (day.iloc[len(day) // 2], 96), color=COLOUR["text"], fontsize=12, ha="center")
    ax.set_ylim(min(60, used.min() - 2), 100)
    ax.xaxis.set_major_locator(mdates.YearLocator(2 if ax.figure.get_figwidth() < 6 else 1))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.set_title(label, **MEASURE)
    return ax


def plot_risk(curve: pd.DataFrame, *, reference: float, ax: Any) -> Any:
    """Draw the chance of a full ward (``full``) over carried ``occupancy``, one line for each number of ``beds``."""
    for place, (beds, rows) in enumerate(curve.groupby("beds", sort=False)):
        role, style = SIZES[place % len(SIZES)]
        ax.plot(100 * rows["occupancy"], 100 * rows["full"], color=COLOUR[role], linestyle=style, linewidth=2.2)
        last = 100 * rows.iloc[-1]
        ax.annotate(
            f"{beds} beds", (last["occupancy"], last["full"]), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=12, color=COLOUR[role], annotation_clip=False,
        )  # fmt: skip
    ax.axvline(100 * reference, color=COLOUR["context"], linestyle="--", linewidth=1.2)
    ax.set_xlabel("beds in use (% of beds)")
    ax.set_title("Turned away because the ward is full (%)", **MEASURE)
    ax.set_ylim(0, None)
    return ax


def alt_risk(wards: pd.DataFrame, *, share: float) -> str:
    """Describe the chance of a full ward at one occupancy, for each size (``beds``, ``full_carried``).

    Examples
    --------
    >>> alt_risk(pd.DataFrame({"beds": [10], "full_carried": [0.327]}), share=0.85).split(". ")[1]
    'At 85%: 10 beds 32.7%.'
    """
    said = listed(f"{row.beds} beds {100 * row.full_carried:.1f}%" for row in wards.itertuples())
    return (
        "Chance that an arrival finds the ward full, over occupancy, for wards of different size. "
        f"At {100 * share:g}%: {said}."
    )


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

    Examples
    --------
    >>> from healthsys.queueing import one_more_bed
    >>> alt_one_more_bed(one_more_bed(10, 12)).split("; ")[1]
    'with one more bed it is 35 of 1,000 fewer.'
    """
    first, second = table.iloc[0], table.iloc[1]
    return (
        f"With {first['beds']:.0f} beds {first['turned_away']:.0f} of 1,000 arrivals are turned away and "
        f"{number(100 * first['slack'], '{:.0f}')}% of beds are free; with one more bed it is "
        f"{second['spared']:.0f} of 1,000 fewer."
    )
