"""Drawing functions of this chapter: each takes a table and a width and returns a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from compendium import plotting
from compendium.recording import text_of
from healthsys.equality.standards import FOUR_FIFTHS

COLOUR = plotting.COLOUR


def narrow_page(width: int) -> bool:
    """Say whether a figure is drawn for a phone."""
    return width < plotting.WIDE


def number(value: float, format: str) -> str:
    """Format a number with a true minus sign and without a minus before a rounded nought.

    Examples
    --------
    >>> number(-0.0001, "{:.2f}"), number(-1.5, "{:.1f}")
    ('0.00', '−1.5')
    """
    said = text_of(value, format)
    return said.removeprefix("−") if not said.strip("−0.") else said


def wrapped(label: str, *, width: int, wide: int = 46, narrow: int = 22) -> str:
    """Break a label into lines that fit beside the axes."""
    import textwrap

    return "\n".join(textwrap.wrap(label, narrow if narrow_page(width) else wide))


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Lay out one row a label, the first on top, without the axis line."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def draw_estimates(
    table: pd.DataFrame,
    *,
    label: str,
    value: str,
    lower: str = "",
    upper: str = "",
    axis: str,
    kind: str,
    reference: float = 0.0,
    format: str = "{:.1f}",
    log: bool = False,
    band: bool = False,
    strong: Sequence[str] = (),
    width: int,
) -> Figure:
    """Draw one estimate a row with its interval and its number, against a reference line.

    Parameters
    ----------
    table
        A row per estimate, the first on top; rows without a value keep their line and say so.
    label, value, lower, upper
        Columns; no intervals where ``lower`` is empty.
    axis
        Title of the axis with its unit.
    kind
        Kind of data, for the mark.
    reference
        Where a line stands (no gap, equal likelihood).
    log, band
        A logarithmic axis; the four-fifths band.
    strong
        Labels drawn in the comparison colour.
    """
    labels = [wrapped(str(name), width=width) for name in table[label]]
    most = max(name.count("\n") for name in labels)
    figure, axes = plotting.canvas(width, int(74 + 19 * len(labels) * max(1.35, most + 1.1)))
    axes.axvline(reference, color=COLOUR["context"], linewidth=1)
    if band:
        axes.axvspan(*FOUR_FIFTHS, color=COLOUR["faint"], zorder=0, linewidth=0)
    numbers = []
    for row, entry in enumerate(table.to_dict("records")):
        tone = COLOUR["comparison"] if entry[label] in strong else COLOUR["subject"]
        if pd.isna(entry[value]):
            numbers.append("*")
            continue
        if lower and pd.notna(entry[lower]):
            axes.plot(
                [entry[lower], entry[upper]],
                [row, row],
                color=tone,
                linewidth=2.4,
                solid_capstyle="butt",
                zorder=2,
            )
        axes.plot([entry[value]], [row], linestyle="none", markersize=7.5, zorder=3, **plotting.marker(kind, tone))
        numbers.append(number(entry[value], format))
    if log:
        axes.set_xscale("log")
        _ratio_ticks(axes, table, value, lower, upper)
    label_rows(axes, labels)
    twin = axes.secondary_yaxis("right")
    twin.set_yticks(range(len(numbers)), numbers)
    twin.tick_params(axis="y", length=0, labelcolor=COLOUR["text"])
    twin.spines["right"].set_visible(False)
    axes.set_xlabel(wrapped(axis, width=width, wide=80, narrow=34))
    return figure


def _ratio_ticks(axes: Axes, table: pd.DataFrame, value: str, lower: str, upper: str) -> None:
    numbers = table[[name for name in (value, lower, upper) if name]].to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    low, high = min([*numbers, 0.75]), max([*numbers, 1.35])
    ticks = [tick for tick in (0.25, 0.5, 0.8, 1, 1.25, 2, 4, 8) if low * 0.95 <= tick <= high * 1.05]
    axes.set_xlim(low * 0.93, high * 1.07)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def draw_stages(table: pd.DataFrame, *, names: tuple[str, str], width: int) -> Figure:
    """Draw the rate of two groups at every step of a funnel as paired bars with their numbers.

    ``table``: ``label``, ``group_rate``, ``reference_rate`` (percent).
    """
    labels = [wrapped(str(name), width=width, wide=40, narrow=18) for name in table["label"]]
    figure, axes = plotting.canvas(width, 80 + 52 * len(table))
    long = pd.DataFrame(
        {
            "label": labels * 2,
            "rate": [*table["group_rate"], *table["reference_rate"]],
            "group": [names[0]] * len(table) + [names[1]] * len(table),
        }
    )
    seaborn.barplot(
        long,
        x="rate",
        y="label",
        hue="group",
        ax=axes,
        palette=[COLOUR["subject"], COLOUR["faint"]],
        saturation=1,
        legend=False,
        width=0.72,
        orient="h",
        edgecolor=COLOUR["context"],
    )
    for column, shift in (("group_rate", -0.18), ("reference_rate", 0.18)):
        for row, rate in enumerate(table[column]):
            said = "*" if pd.isna(rate) else f"{rate:.1f} %"
            axes.annotate(
                said,
                (0 if pd.isna(rate) else rate, row + shift),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                color=COLOUR["text"],
            )
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("Percent who went on to the next stage")
    axes.set_ylabel("")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(wrapped(f"{names[0]} (dark), {names[1]} (pale)", width=width, wide=80, narrow=36), fontsize=12.5)
    return figure
