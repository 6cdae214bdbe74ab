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
        Where a line stands (no gap).
    strong
        Labels drawn in the comparison colour.
    """
    labels = [wrapped(str(name), width=width) for name in table[label]]
    most = max(name.count("\n") for name in labels)
    figure, axes = plotting.canvas(width, int(74 + 19 * len(labels) * max(1.35, most + 1.1)))
    axes.axvline(reference, color=COLOUR["context"], linewidth=1)
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
    label_rows(axes, labels)
    twin = axes.secondary_yaxis("right")
    twin.set_yticks(range(len(numbers)), numbers)
    twin.tick_params(axis="y", length=0, labelcolor=COLOUR["text"])
    twin.spines["right"].set_visible(False)
    axes.set_xlabel(wrapped(axis, width=width, wide=80, narrow=34))
    return figure


def draw_quarters(table: pd.DataFrame, *, names: tuple[str, str], width: int) -> Figure:
    """Draw the share of two groups in each pay quarter, the upper on top, as one bar of 100 percent."""
    figure, axes = plotting.canvas(width, 258)
    narrow = narrow_page(width)
    labels = [(name if narrow else f"{name} quarter").capitalize() for name in table["quarter"]]
    known = table["group_percent"].fillna(0)
    seaborn.barplot(
        x=[100 if share else 0 for share in known],
        y=labels,
        ax=axes,
        color=COLOUR["faint"],
        width=0.62,
        orient="h",
    )
    seaborn.barplot(x=known.to_list(), y=labels, ax=axes, color=COLOUR["subject"], width=0.62, saturation=1, orient="h")
    for row, share in enumerate(table["group_percent"]):
        if pd.isna(share):
            axes.text(1, row, "not shown: too few people", va="center", color=COLOUR["quiet"])
            continue
        inside = share > (26 if narrow else 14)
        axes.text(
            share - 1.5 if inside else share + 1.5,
            row,
            f"{share:.1f} %",
            va="center",
            ha="right" if inside else "left",
            color=COLOUR["paper"] if inside else COLOUR["text"],
        )
        if share < (68 if narrow else 84):
            axes.text(99, row, f"{100 - share:.1f} %", va="center", ha="right", color=COLOUR["text"])
    axes.set_xlim(0, 100)
    axes.set_title(
        wrapped(f"{names[1].capitalize()} (left), {names[0]} (right)", width=width, wide=84, narrow=36),
        fontsize=12.5,
    )
    axes.set_xlabel("Percent of the people in the quarter")
    axes.set_ylabel("")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def draw_distribution(table: pd.DataFrame, *, names: tuple[str, str], width: int) -> Figure:
    """Draw hourly pay of two groups at each step of their distributions, and the gap there below."""
    narrow = narrow_page(width)
    figure, (top, bottom) = plotting.canvas(width, 430, nrows=2, sharex=True, height_ratios=[3, 2])
    seaborn.lineplot(
        x=table["percentile"], y=table["comparator_pay"], ax=top, color=COLOUR["comparison"], linestyle="--"
    )
    seaborn.lineplot(x=table["percentile"], y=table["group_pay"], ax=top, color=COLOUR["subject"])
    place = table.iloc[int(len(table) * (0.62 if narrow else 0.72))]
    size = 18 if narrow else 40
    top.annotate(
        wrapped(names[0].capitalize(), width=width, wide=size, narrow=size),
        (place["percentile"], place["comparator_pay"]),
        xytext=(-8, 10),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=COLOUR["comparison"],
    )
    top.annotate(
        wrapped(names[1].capitalize(), width=width, wide=size, narrow=size),
        (place["percentile"], place["group_pay"]),
        xytext=(8, -10),
        textcoords="offset points",
        ha="left",
        va="top",
        color=COLOUR["subject"],
    )
    top.set_ylabel("Hourly pay (£)" if narrow else "Hourly pay (pounds)")
    top.set_ylim(0, None)
    bottom.axhline(0, color=COLOUR["context"], linewidth=1)
    bottom.bar(
        table["percentile"],
        table["gap"],
        width=0.7 * np.diff(table["percentile"]).min() if len(table) > 1 else 3,
        color=COLOUR["subject"],
    )
    bottom.set_ylabel("Gap (%)")
    bottom.set_xlabel(
        "Step of each distribution (percent of people below)" if not narrow else "Percent of people below"
    )
    return figure


def draw_peers(peers: pd.Series, *, value: float | None, employer: str, axis: str, kind: str, width: int) -> Figure:
    """Draw the distribution of a gap over peers, with one employer marked; no limits."""
    figure, axes = plotting.canvas(width, 270)
    spread = peers.clip(*np.percentile(peers, [1, 99])) if len(peers) > 60 else peers
    seaborn.histplot(
        x=spread,
        bins=min(30, max(6, len(peers) // 3)),
        ax=axes,
        color=COLOUR["faint"],
        edgecolor=COLOUR["context"],
    )
    axes.axvline(0, color=COLOUR["context"], linewidth=1)
    top = axes.get_ylim()[1]
    middle = float(peers.median())
    axes.plot([middle] * 2, [0, top * 1.02], color=COLOUR["context"], linestyle="--", linewidth=1.4)
    left = value is None or value >= middle
    axes.annotate(
        f"middle of peers {middle:.1f} %".replace("-", "−"),
        (middle, top * 1.02),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        va="center",
        ha="right" if left else "left",
        color=COLOUR["quiet"],
    )
    if value is not None:
        axes.plot([value] * 2, [0, top * 1.18], color=COLOUR["subject"], linewidth=1.4)
        axes.plot([value], [top * 1.18], linestyle="none", markersize=9, **plotting.marker(kind))
        axes.annotate(
            wrapped(f"{employer}: {value:.1f} %".replace("-", "−"), width=width, wide=60, narrow=30),
            (value, top * 1.18),
            xytext=(0, 8),
            textcoords="offset points",
            va="bottom",
            ha="center",
            color=COLOUR["subject"],
        )
    axes.set_ylim(0, top * 1.5)
    axes.set_xlabel(axis)
    axes.set_ylabel("Employers")
    return figure


def draw_spread(table: pd.DataFrame, *, axis: str, kind: str, width: int) -> Figure:
    """Draw the distribution of a gap over sets of employers: tenth to ninetieth percentile, quartiles, middle."""
    labels = [f"{row.set} ({row.with_gap:,})" for row in table.itertuples()]
    figure, axes = plotting.canvas(width, 90 + 46 * len(table))
    axes.axvline(0, color=COLOUR["context"], linewidth=1)
    for row in table.itertuples():
        if not row.with_gap:
            continue
        tone = COLOUR["context"] if row.Index == 0 else COLOUR["subject"]
        axes.plot([row.p10, row.p90], [row.Index] * 2, color=tone, linewidth=1.4)
        axes.plot([row.p25, row.p75], [row.Index] * 2, color=tone, linewidth=7, solid_capstyle="butt")
        axes.plot([row.median], [row.Index], linestyle="none", markersize=9, **plotting.marker(kind, tone))
        axes.annotate(
            f"{row.median:.1f}".replace("-", "−"),
            (row.median, row.Index),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=COLOUR["text"],
        )
    label_rows(axes, [wrapped(label, width=width, narrow=16) for label in labels])
    axes.set_xlabel(wrapped(axis, width=width, wide=80, narrow=34))
    return figure
