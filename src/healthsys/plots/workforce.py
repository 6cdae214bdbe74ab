"""Plots of workforce equality, each with its alternative text."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from healthsys import say
from healthsys.plots.style import (
    COLOUR,
    estimate,
    funnel_curves,
    is_narrow,
    listed,
    marker,
    name_rows,
    note,
    numbers_at_right,
    without_line,
    wrapped,
)
from healthsys.say import number
from healthsys.workforce import FOUR_FIFTHS

#: Where the largest ratio is more times the smallest, the ends of the four-fifths band have no number: they would be
#: printed over 1 on a phone.
CROWDED = 6

def heights(labels: Sequence[str]) -> tuple[int, int]:
    """Return the heights in pixels, in the text and on a phone, of a plot with one wrapped label a row."""
    lines = [max(len(textwrap.wrap(str(label), size)) for label in labels) for size in (46, 22)]
    return tuple(92 + round(19 * len(labels) * max(1.5, most + 0.4)) for most in lines)


def plot_ratios(table: pd.DataFrame, *, ax: Axes, label: str, axis: str, kind: str, strong: Sequence[str] = ()) -> Axes:
    """Draw ``ratio``, ``lower`` and ``upper`` of each row on a logarithmic axis; without a ratio, ``*``."""
    ax.axvline(1, color=COLOUR["context"], linewidth=1)
    ax.axvspan(*FOUR_FIFTHS, color=COLOUR["faint"], zorder=0, linewidth=0)
    for place, row in enumerate(table.to_dict("records")):
        tone = COLOUR["comparison"] if row[label] in strong else COLOUR["subject"]
        endless = pd.isna(row["ratio"]) and pd.notna(row["lower"])  # nobody in the reference group: no upper end
        limits = [row["lower"], 1e9 if endless else row["upper"]]
        estimate(ax, place, row["ratio"], limits, tone=tone, kind=kind, size=7.5)
    numbers = table[["ratio", "lower", "upper"]].to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    low, high = min([*numbers, 0.75]), max([*numbers, 1.35])
    near = () if high / low > CROWDED else FOUR_FIFTHS  # else these would be printed over 1
    ticks = [tick for tick in sorted({0.06, 0.12, 0.25, 0.5, 1, 2, 4, 8, *near}) if low * 0.95 <= tick <= high * 1.05]
    ax.set_xscale("log")
    ax.set_xlim(low * 0.93, high * 1.07)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    name_rows(ax, [wrapped(name, ax) for name in table[label]])
    numbers_at_right(ax, _ratios_said(table, "*", "≥"))
    ax.set_xlabel(wrapped(axis, ax, wide=80, narrow=34))
    return ax


def alt_ratios(table: pd.DataFrame, *, label: str, what: str) -> str:
    """Say each ratio of :func:`plot_ratios`."""
    said = zip(table[label], _ratios_said(table, "not shown", "at least "), strict=True)
    return f"{what}: {'; '.join(f'{name} {ratio}' for name, ratio in said)}. One is equal likelihood."


def _ratios_said(table: pd.DataFrame, without: str, least: str) -> list[str]:
    """Return each ratio as text; the lower limit where nobody in the reference group had the outcome."""
    rows = table[["ratio", "lower"]].astype(float).to_numpy()
    limits = [without if np.isnan(lower) else f"{least}{lower:.2f}" for _, lower in rows]
    return [limit if np.isnan(ratio) else f"{ratio:.2f}" for (ratio, _), limit in zip(rows, limits, strict=True)]


def plot_pairs(
    table: pd.DataFrame, *, ax: Axes, names: tuple[str, str], kind: str, axis: str = "Percent of those who answered"
) -> Axes:
    """Draw two percentages a row (``label``, ``group_percent``, ``reference_percent``) joined by a line."""
    for place, (group, reference) in enumerate(table[["group_percent", "reference_percent"]].to_numpy(dtype=float)):
        ax.plot([group, reference], [place] * 2, color=COLOUR["faint"], linewidth=4, zorder=1)
        for value, tone in ((group, "subject"), (reference, "comparison")):
            style = marker(kind, COLOUR[tone]) | ({"marker": "o"} if tone == "comparison" else {})
            ax.plot([value], [place], linestyle="none", markersize=8, zorder=3, **style)
            side = -1 if value == min(group, reference) else 1
            across = "right" if side < 0 else "left"
            note(ax, f"{value:.1f}", (value, place), (9 * side, 0), tone=tone, va="center", ha=across)
    name_rows(ax, [wrapped(name, ax, wide=44, narrow=23) for name in table["label"]])
    high, spare = float(table[["group_percent", "reference_percent"]].max(axis=None)), 0.22 if is_narrow(ax) else 0.12
    ax.set_xlim(-spare * high, high * (1.05 + spare))
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= 100 and tick <= high * (1.05 + spare)])
    ax.set_xlabel(wrapped(axis, ax, wide=80, narrow=34))
    first, second = {"synthetic": "□○", "yours": "◆●"}.get(kind, "■●")
    for x, name, tone in ((0.0, f"{first} {names[0]}", "subject"), (0.5, f"{second} {names[1]}", "comparison")):
        ax.text(x, 1.0, wrapped(name, ax, wide=40, narrow=16), transform=ax.transAxes, va="bottom", color=COLOUR[tone])
    return ax


def alt_pairs(table: pd.DataFrame, *, names: tuple[str, str], format: str = "{:.1f}") -> str:
    """Say both percentages of each row of :func:`plot_pairs`."""
    said = "; ".join(
        f"{row.label} {number(row.group_percent, format)} and {number(row.reference_percent, format)}%"
        for row in table.itertuples()
    )
    return f"Percent of {names[0]} and of {names[1]}: {said}."


def plot_representation(table: pd.DataFrame, *, ax: Axes, group: str, kind: str) -> Axes:
    """Draw a table of :func:`healthsys.workforce.representation`; a missing percentage shows ``*``."""
    whole, bands = table[table["band"] == "All"].iloc[0], table[table["band"] != "All"].reset_index(drop=True)
    if pd.notna(whole["percent"]):
        ax.axhline(whole["percent"], color=COLOUR["context"], linewidth=1.2, linestyle="--")
        place = {"ha": "right", "va": "bottom", "xycoords": ("axes fraction", "data")}
        note(ax, f"all staff {whole['percent']:.1f}%", (1, whole["percent"]), **place)
    known = bands.dropna(subset=["percent"])
    ax.vlines(known.index, known["lower"], known["upper"], color=COLOUR["subject"], linewidth=2.4)
    ax.plot(known.index, known["percent"], linestyle="none", **marker(kind))
    for place in bands.index[bands["percent"].isna()]:
        ax.text(place, 0.02, "*", transform=ax.get_xaxis_transform(), ha="center", color=COLOUR["text"])
    ax.set_xticks(range(len(bands)), ["Med" if band == "Medical" else band for band in bands["band"]])
    ax.tick_params(axis="x", labelrotation=60 if is_narrow(ax) else 0)
    ax.set_ylim(0, None)
    more = "" if is_narrow(ax) else "; VSM very senior manager; Med doctors"
    ax.set_xlabel(f"Pay band (* suppressed{more})")
    ax.set_ylabel(f"{group} share of staff (%)")
    return ax


def alt_representation(table: pd.DataFrame, *, group: str) -> str:
    """Say the share of each band of :func:`plot_representation`."""
    return f"{group} share by pay band: {listed(table, 'band', 'percent', '{:.1f}%')}."


def plot_series(
    table: pd.DataFrame, *, ax: Axes, axis: str, kind: str, own: tuple[int, float, float, float] | None
) -> Axes:
    """Draw a published ratio by year (``year``, ``value``), with one's own year, ratio, lower and upper limit."""
    ax.axhline(1, color=COLOUR["context"], linewidth=1)
    note(ax, "equal likelihood", (1, 1), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    ax.plot(table["year"], table["value"], color=COLOUR["context"], linewidth=1.5)
    shown = table.dropna(subset=["value"])
    ax.plot(shown["year"], shown["value"], linestyle="none", **marker("published", COLOUR["context"]))
    for row in shown.itertuples():
        note(ax, f"{row.value:.2f}", (row.year, row.value), (0, 8), ha="center")
    values = [1.0, *shown["value"]]
    years = table["year"].astype(int).to_list()
    last = max(years)
    if own:
        year, value, low, high = own
        ax.plot([year + 0.45] * 2, [low, high], color=COLOUR["subject"], linewidth=2.4, solid_capstyle="butt")
        ax.plot([year + 0.45], [value], linestyle="none", markersize=8, **marker(kind, COLOUR["subject"]))
        name = {"synthetic": "Synthetic", "yours": "Yours"}.get(kind, "System")
        note(ax, f"{name} {value:.2f}", (year + 0.45, high), (0, 5), tone="subject", ha="center", va="bottom")
        values, last = [*values, low, high], max(last, year)
    ax.set_xlim(min(years) - 0.6, last + 0.9)
    blank = table.loc[table["value"].isna(), "year"].to_list()
    ticks = years[:: 2 if is_narrow(ax) and len(years) > 5 else 1]
    ax.set_xticks(ticks, [f"{year}\n(none)" if year in blank else str(year) for year in ticks])
    spread = max(values) - min(values)
    ax.set_ylim(max(0, min(values) - 0.18 * spread), max(values) + 0.2 * spread)
    ax.set_ylabel(wrapped(axis, ax, wide=40, narrow=38))
    ax.set_xlabel("Reporting year")
    return ax


def alt_series(table: pd.DataFrame, *, what: str, own: float | None = None) -> str:
    """Say each year of :func:`plot_series`, and one's own ratio."""
    said = listed(table.astype({"year": int}), "year", "value", "{:.2f}")
    return f"{what}, England: {said}.{'' if own is None else f' The system on this page: {own:.2f}.'}"


def plot_change(table: pd.DataFrame, *, ax: Axes, groups: tuple[str, str], kind: str, broken: int | None) -> Axes:
    """Draw ``percent`` by ``year``, ``group`` and ``stretch``; ``broken`` is the first year of the second stretch."""
    for group, tone, style in zip(groups, ("subject", "comparison"), ("-", "--"), strict=True):
        own = table[table["group"] == group].sort_values("year", kind="stable")
        for _, part in own.groupby("stretch"):
            ax.plot(part["year"], part["percent"], color=COLOUR[tone], linestyle=style)
        ax.plot(own["year"], own["percent"], linestyle="none", **marker(kind, COLOUR[tone]))
        last = own.iloc[-1]
        note(ax, f"{group} {last['percent']:.0f}%", (last["year"], last["percent"]), (8, 0), tone=tone, va="center")
    years = sorted(table["year"].unique())
    if broken in years:
        ax.axvline(broken - 0.5, color=COLOUR["context"], linewidth=1, linestyle=":")
        place = {"xycoords": ("data", "axes fraction"), "ha": "right", "va": "top"}
        note(ax, "denominator changes", (broken - 0.5, 1), (-4, -2), **place)
    ax.set_xticks(years, [str(year) for year in years])
    ax.set_xlim(min(years) - 0.2, max(years) + (1.6 if is_narrow(ax) else 0.9))
    ax.set_ylim(0, 100)
    ax.set_ylabel("Percent of those who answered")
    ax.set_xlabel("Reporting year (survey of the autumn before)")
    return ax


def alt_change(table: pd.DataFrame, *, what: str) -> str:
    """Say each year and group of :func:`plot_change`."""
    return f"{what}: " + "; ".join(f"{row.year} {row.group} {row.percent:.0f}%" for row in table.itertuples()) + "."


def plot_funnel(found: Any, *, ax: Axes, axis: str, people: str, kind: str) -> Axes:
    """Draw organisations of :func:`healthsys.spc.funnel` around their pooled percentage; nothing is ranked."""
    sizes, values = found.points.iloc[:, 2].astype(float), 100 * found.points["value"]
    end = found.curves.iloc[-1]
    ax.axhline(100 * found.target, color=COLOUR["context"], linewidth=1)
    funnel_curves(ax, found.curves)
    for name, said, place in (("inner", "1 in 20", "top"), ("outer", "1 in 500", "bottom")):
        note(ax, said, (end["size"], 100 * end[f"{name}_upper"]), (8, 0), va=place)
    ax.plot(sizes, values, linestyle="none", markersize=8, **marker(kind))
    for unit, size, value in zip(found.points.iloc[:, 0], sizes, values, strict=True):
        above = value >= 100 * found.target
        up, side = (8, "bottom") if above else (-8, "top")
        across = "right" if size > 0.9 * sizes.max() else "center"  # to the right of the largest are names of limits
        note(ax, str(unit), (size, value), (0, up), tone="text", ha=across, va=side)
    ax.set_xlim(0, sizes.max() * (1.3 if is_narrow(ax) else 1.14))
    ax.set_ylim(0, max(60, values.max() * 1.2))
    ax.set_xlabel(people)
    ax.set_ylabel(wrapped(axis, ax, wide=46, narrow=40))
    return ax


def alt_funnel(found: Any) -> str:
    """Say the target, who is outside the limits of :func:`plot_funnel`, and each percentage."""
    units = found.points.iloc[:, 0].astype(str)
    by_place = units[found.points["place"] != "inside"].groupby(found.points["place"])
    outside = (f"{place.replace(' ', ' the ')} limit: {say.listed(some)}" for place, some in by_place)
    where = "; ".join(outside) or "all are inside the limits"
    said = "; ".join(f"{unit} {100 * value:.0f}%" for unit, value in zip(units, found.points["value"], strict=True))
    return f"Funnel plot around {100 * found.target:.1f}%: {where}. {said}."


def plot_stages(table: pd.DataFrame, *, ax: Axes, names: tuple[str, str]) -> Axes:
    """Draw both rates of :func:`healthsys.workforce.recruitment` as paired bars; a missing rate shows ``*``."""
    rates = table[["group_rate", "reference_rate"]].set_axis(list(names), axis=1).assign(step=table["step"])
    rates["step"] = [wrapped(step.replace(" to ", " → "), ax, wide=40, narrow=18) for step in rates["step"]]
    seaborn.barplot(rates.melt("step"), x="value", y="step", hue="variable", ax=ax, saturation=1, legend=False,
                    palette=[COLOUR["subject"], COLOUR["faint"]], width=0.72, edgecolor=COLOUR["context"],
                    orient="h")  # fmt: skip
    for name, shift in zip(names, (-0.18, 0.18), strict=True):
        for place, rate in enumerate(rates[name].astype(float)):
            said = "*" if np.isnan(rate) else f"{rate:.1f}%"
            note(ax, said, (np.nan_to_num(rate), place + shift), (4, 0), tone="text", va="center")
    ax.set_xlim(0, 112)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.set_xlabel("Percent who went on to the next stage")
    ax.set_ylabel("")
    without_line(ax)
    ax.set_title(wrapped(f"{names[0]} (dark), {names[1]} (pale)", ax, wide=80, narrow=36), fontsize=12.5)
    return ax


def alt_stages(table: pd.DataFrame, *, names: tuple[str, str]) -> str:
    """Say both rates of each step of :func:`plot_stages`."""
    rates = table[["group_rate", "reference_rate"]].astype(float).map(lambda rate: number(rate, "{:.1f}"))
    both = (rates["group_rate"] + " and " + rates["reference_rate"] + "%").replace("nan and nan%", "not shown")
    return f"Percent of {say.listed(names)} who went on to the next stage: {'; '.join(table['step'] + ' ' + both)}."
