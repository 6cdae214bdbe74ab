"""Plots of pay gaps: ``plot_x(table, *, ax) -> ax`` and ``alt_x(table, ...) -> str``, computed from what is drawn."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from healthsys import say
from healthsys.plots.style import (
    COLOUR,
    estimate,
    is_narrow,
    listed,
    marker,
    name_rows,
    note,
    numbers_at_right,
    without_line,
    wrapped,
)


def _number(value: float, format: str) -> str:
    """Return a number with a true minus sign, and none before a rounded zero.

    >>> _number(-0.0001, "{:.2f}"), _number(-1.5, "{:.1f}")
    ('0.00', '−1.5')
    """
    said = say.number(value, format)
    return said.removeprefix("−") if not said.strip("−0.") else said


def _titled(ax: Axes, title: str, *, narrow: int = 28) -> None:
    ax.set_title(wrapped(title, ax, wide=84, narrow=narrow), fontsize=12.5, loc="left")


def rows_height(labels: Sequence[str]) -> tuple[int, int]:
    """Return the heights in pixels, wide and narrow, of :func:`plot_estimates` with these labels.

    >>> rows_height(["Women", "Men"])
    (155, 175)
    """
    most = [max((len(textwrap.wrap(str(name), size)) for name in labels), default=1) for size in (46, 22)]
    return tuple(
        int(base + 19 * len(labels) * max(1.35, lines + 0.1)) for base, lines in zip((104, 124), most, strict=True)
    )


def plot_estimates(
    table: pd.DataFrame,
    *,
    label: str,
    value: str,
    limits: Sequence[str] = (),
    axis: str,
    kind: str,
    format: str = "{:.1f}",
    strong: Sequence[str] = (),
    title: str = "",
    ax: Axes,
) -> Axes:
    """Draw one estimate a row with its interval and its number, against a line at zero.

    Parameters
    ----------
    table
        A row per estimate, the first on top; rows without a value keep their line and show ``*``.
    label, value, limits
        Columns of the label, the estimate and the two limits of its interval; no intervals without ``limits``.
    axis
        Title of the axis with its unit.
    kind
        Kind of data, for the mark (:func:`healthsys.plots.style.marker`).
    strong, title
        Labels drawn in the comparison colour, and the finding above the drawing.
    """
    numbers = []
    ax.axvline(0, color=COLOUR["context"], linewidth=1)
    for row, entry in enumerate(table.to_dict("records")):
        tone = COLOUR["comparison"] if entry[label] in strong else COLOUR["subject"]
        if pd.isna(entry[value]):
            numbers.append("*")
            continue
        ends = [entry[name] for name in limits if pd.notna(entry[limits[0]])]
        estimate(ax, row, entry[value], ends, tone=tone, kind=kind, size=7.5)
        numbers.append(_number(entry[value], format))
    name_rows(ax, [wrapped(name, ax) for name in table[label]])
    numbers_at_right(ax, numbers)
    ax.set_xlabel(wrapped(axis, ax, wide=80, narrow=34))
    _titled(ax, title)
    return ax


def plot_quarters(table: pd.DataFrame, *, names: tuple[str, str], ax: Axes, title: str = "") -> Axes:
    """Draw the share of two groups in each pay quarter as one bar of 100%.

    Parameters
    ----------
    table
        A row per quarter, the upper first: ``quarter``, ``group_percent`` (missing where it is not shown).
    names
        What the comparator and the group are called.
    """
    narrow = is_narrow(ax)
    labels = [(name if narrow else f"{name} quarter").capitalize() for name in table["quarter"]]
    known = table["group_percent"].fillna(0)
    for shares, colour in (([100 if share else 0 for share in known], "faint"), (known.to_list(), "subject")):
        seaborn.barplot(x=shares, y=labels, ax=ax, color=COLOUR[colour], width=0.62, saturation=1, orient="h")
    for row, share in enumerate(table["group_percent"]):
        if pd.isna(share):
            ax.text(1, row, "not shown: too few people", va="center", color=COLOUR["quiet"])
            continue
        inside = share > (26 if narrow else 14)
        side, nudge, tone = ("right", -1.5, "paper") if inside else ("left", 1.5, "text")
        ax.text(share + nudge, row, f"{share:.1f}%", va="center", ha=side, color=COLOUR[tone])
        if share < (68 if narrow else 84):
            ax.text(99, row, f"{100 - share:.1f}%", va="center", ha="right", color=COLOUR["text"])
    ax.set_xlim(0, 100)
    sides = f"{names[1].capitalize()} (left), {names[0]} (right)"
    _titled(ax, f"{title}. {sides}" if title else sides)
    ax.set_xlabel("Share of the people in the quarter (%)")
    ax.set_ylabel("")
    without_line(ax)
    return ax


def alt_quarters(table: pd.DataFrame, *, names: tuple[str, str]) -> str:
    """Return the alternative text of :func:`plot_quarters`."""
    return f"Share of {names[1]} by pay quarter: {listed(table, 'quarter', 'group_percent')}."


def plot_distribution(table: pd.DataFrame, *, names: tuple[str, str], ax: np.ndarray, title: str = "") -> np.ndarray:
    """Draw hourly pay of two groups at each step of their distributions, and the gap there below.

    Parameters
    ----------
    table
        From :func:`healthsys.pay.quantile_gaps`.
    names
        What the comparator and the group are called.
    ax
        Two axes, the upper for pay.
    """
    top, bottom = ax
    narrow = is_narrow(top)
    place = table.iloc[int(len(table) * (0.62 if narrow else 0.72))]
    for name, column, colour, line, side in (
        (names[0], "comparator_pay", "comparison", "--", 1),
        (names[1], "group_pay", "subject", "-", -1),
    ):
        seaborn.lineplot(x=table["percentile"], y=table[column], ax=top, color=COLOUR[colour], linestyle=line)
        across, up = ("right", "bottom") if side > 0 else ("left", "top")
        said = wrapped(name.capitalize(), top, wide=40, narrow=18)
        note(top, said, (place["percentile"], place[column]), (-8 * side, 10 * side), tone=colour, ha=across, va=up)
    top.set_ylabel("Hourly pay (£)")
    top.set_ylim(0, None)
    _titled(top, title)
    bottom.axhline(0, color=COLOUR["context"], linewidth=1)
    width = 0.7 * np.diff(table["percentile"]).min() if len(table) > 1 else 3
    bottom.bar(table["percentile"], table["gap"], width=width, color=COLOUR["subject"])
    bottom.set_ylabel("Gap (%)")
    bottom.set_xlabel("Percentile of pay" if narrow else "Percentile of each group's pay (% of people paid less)")
    return ax


def alt_distribution(table: pd.DataFrame) -> str:
    """Return the alternative text of :func:`plot_distribution`."""
    most = table.loc[table["gap"].abs().idxmax()]
    first, last, widest = (say.number(gap, "{:.1f}%") for gap in (*table["gap"].iloc[[0, -1]], most["gap"]))
    return (
        f"Two rising lines of hourly pay. The gap is {first} at the lowest step and {last} at the highest; it is "
        f"widest, {widest}, where {most['percentile']:.0f}% of each group are paid less."
    )


def plot_peers(
    peers: pd.Series, *, value: float, employer: str, axis: str, kind: str, ax: Axes, title: str = ""
) -> Axes:
    """Draw the distribution of a gap over peers, with one employer marked; no limits."""
    spread = peers.clip(*np.percentile(peers, [1, 99])) if len(peers) > 60 else peers
    bins = min(30, max(6, len(peers) // 3))
    seaborn.histplot(x=spread, bins=bins, ax=ax, color=COLOUR["faint"], edgecolor=COLOUR["context"])
    ax.axvline(0, color=COLOUR["context"], linewidth=1)
    top, middle = ax.get_ylim()[1], float(peers.median())
    ax.plot([middle] * 2, [0, top * 1.02], color=COLOUR["context"], linestyle="--", linewidth=1.4)
    side, nudge = ("right", -4) if value >= middle else ("left", 4)
    note(ax, say.number(middle, "median of peers {:.1f}%"), (middle, top * 1.02), (nudge, 0), va="center", ha=side)
    ax.plot([value] * 2, [0, top * 1.18], color=COLOUR["subject"], linewidth=1.4)
    ax.plot([value], [top * 1.18], linestyle="none", markersize=9, **marker(kind))
    own = wrapped(f"{employer}: {say.number(value, '{:.1f}%')}", ax, wide=60, narrow=30)
    note(ax, own, (value, top * 1.18), (0, 8), tone="subject", va="bottom", ha="center")
    ax.set_ylim(0, top * 1.5)
    ax.set(xlabel=axis, ylabel="Employers")
    _titled(ax, title)
    return ax


def plot_spread(table: pd.DataFrame, *, axis: str, kind: str, ax: Axes, title: str = "") -> Axes:
    """Draw the distribution of a gap over sets of employers: tenth to ninetieth percentile, quartiles, median.

    ``table`` has a row per set: ``set``, ``with_gap`` (employers), ``p10``, ``p25``, ``median``, ``p75``, ``p90``.
    """
    ax.axvline(0, color=COLOUR["context"], linewidth=1)
    for row in table.itertuples():
        if not row.with_gap:
            continue
        tone = COLOUR["context"] if row.Index == 0 else COLOUR["subject"]
        ax.plot([row.p10, row.p90], [row.Index] * 2, color=tone, linewidth=1.4)
        ax.plot([row.p25, row.p75], [row.Index] * 2, color=tone, linewidth=7, solid_capstyle="butt")
        ax.plot([row.median], [row.Index], linestyle="none", markersize=9, **marker(kind, tone))
        said = say.number(row.median, "{:.1f}")
        note(ax, said, (row.median, row.Index), (0, 9), tone="text", ha="center", va="bottom")
    name_rows(ax, [wrapped(f"{row.set} ({row.with_gap:,})", ax, narrow=16) for row in table.itertuples()])
    ax.set_xlabel(wrapped(axis, ax, wide=80, narrow=34))
    _titled(ax, title)
    return ax


def plot_years(table: pd.DataFrame, *, axis: str, kind: str, ax: Axes, title: str = "") -> Axes:
    """Draw the median over employers by year, a line for each group, with the middle half of the first group as a band.

    ``table`` has a row per ``group`` and ``year`` (such as ``"2017-18"``): ``p25``, ``median``, ``p75``. A year without
    a row is a gap on the axis, and the line across it is no observation.
    """
    narrow, styles = is_narrow(ax), (("subject", "-"), ("comparison", "--"), ("context", ":"), ("third", "-."))
    for (group, rows), (tone, line) in zip(table.groupby("group", sort=False), styles, strict=False):
        when = rows["year"].str[:4].astype(int)
        if tone == "subject":
            ax.fill_between(when, rows["p25"], rows["p75"], color=COLOUR["faint"], label=f"{group}, middle half")
        mark = marker(kind, COLOUR[tone]) | ({} if tone == "subject" else {"marker": "o"})
        ax.plot(when, rows["median"], line, color=COLOUR[tone], label=group, markersize=6, **mark)
    years = sorted(table["year"].unique())
    ax.set_xticks([int(year[:4]) for year in years], [f"{year[:4]}-\n{year[5:]}" if narrow else year for year in years])
    ax.axhline(0, color=COLOUR["context"], linewidth=1)
    _titled(ax, title, narrow=36)
    ax.set_ylabel(wrapped(axis, ax, wide=44, narrow=30))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16 if not narrow else -0.2), ncols=1 if narrow else 2)
    return ax
