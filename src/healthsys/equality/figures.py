"""Drawing functions of this chapter: each takes a table and a width and returns a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from healthsys import plotting
from healthsys.equality.standards import FOUR_FIFTHS
from healthsys.funnel import Funnel

COLOUR = plotting.COLOUR


def _narrow(width: int) -> bool:
    return width < plotting.WIDE


def wrapped(label: str, *, width: int, wide: int = 46, narrow: int = 22) -> str:
    """Break a label into lines that fit beside the axes."""
    import textwrap

    return "\n".join(textwrap.wrap(label, narrow if _narrow(width) else wide))


def _rows(axes: Axes, labels: Sequence[str]) -> None:
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
    lines = sum(max(1.35, name.count("\n") + 1.1) for name in labels)
    figure, axes = plotting.canvas(width, int(74 + 19 * lines))
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
            axes.plot([entry[lower], entry[upper]], [row, row], color=tone, linewidth=2.4, solid_capstyle="butt", zorder=2)
        axes.plot([entry[value]], [row], linestyle="none", markersize=7.5, zorder=3, **plotting.marker(kind, tone))
        numbers.append(format.format(entry[value]).replace("-", "−"))
    if log:
        axes.set_xscale("log")
        _ratio_ticks(axes, table, value, lower, upper)
    _rows(axes, labels)
    twin = axes.secondary_yaxis("right")
    twin.set_yticks(range(len(numbers)), numbers)
    twin.tick_params(axis="y", length=0, labelcolor=COLOUR["text"])
    twin.spines["right"].set_visible(False)
    axes.set_xlabel(wrapped(axis, width=width, wide=80, narrow=34))
    return figure


def _ratio_ticks(axes: Axes, table: pd.DataFrame, value: str, lower: str, upper: str) -> None:
    numbers = table[[name for name in (value, lower, upper) if name]].to_numpy(dtype=float)
    low, high = min(np.nanmin(numbers), 0.75), max(np.nanmax(numbers), 1.35)
    ticks = [tick for tick in (0.25, 0.5, 0.8, 1, 1.25, 2, 4, 8) if low * 0.95 <= tick <= high * 1.05]
    axes.set_xlim(low * 0.93, high * 1.07)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def draw_quarters(table: pd.DataFrame, *, names: tuple[str, str], width: int) -> Figure:
    """Draw the share of two groups in each pay quarter, the upper on top, as one bar of 100 percent."""
    figure, axes = plotting.canvas(width, 258)
    labels = [f"{name} quarter".capitalize() for name in table["quarter"]]
    known = table["group_percent"].fillna(0)
    seaborn.barplot(x=[100 if share else 0 for share in known], y=labels, ax=axes, color=COLOUR["faint"], width=0.62, orient="h")
    seaborn.barplot(x=known.to_list(), y=labels, ax=axes, color=COLOUR["subject"], width=0.62, saturation=1, orient="h")
    for row, share in enumerate(table["group_percent"]):
        if pd.isna(share):
            axes.text(1, row, "not shown: too few people", va="center", color=COLOUR["quiet"])
            continue
        inside = share > 14
        axes.text(share - 1.5 if inside else share + 1.5, row, f"{share:.1f} %", va="center",
                  ha="right" if inside else "left", color=COLOUR["paper"] if inside else COLOUR["text"])  # fmt: skip
        if share < 84:
            axes.text(99, row, f"{100 - share:.1f} %", va="center", ha="right", color=COLOUR["text"])
    axes.set_xlim(0, 100)
    axes.set_title(wrapped(f"{names[1].capitalize()} (left), {names[0]} (right)", width=width, wide=84, narrow=36), fontsize=12.5)
    axes.set_xlabel("Percent of the people in the quarter")
    axes.set_ylabel("")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def draw_distribution(table: pd.DataFrame, *, names: tuple[str, str], width: int) -> Figure:
    """Draw hourly pay of two groups at each step of their distributions, and the gap there below."""
    narrow = _narrow(width)
    figure, (top, bottom) = plotting.canvas(width, 430, nrows=2, sharex=True, height_ratios=[3, 2])
    seaborn.lineplot(x=table["percentile"], y=table["comparator_pay"], ax=top, color=COLOUR["comparison"], linestyle="--")
    seaborn.lineplot(x=table["percentile"], y=table["group_pay"], ax=top, color=COLOUR["subject"])
    place = table.iloc[int(len(table) * (0.62 if narrow else 0.72))]
    size = 18 if narrow else 40
    top.annotate(wrapped(names[0].capitalize(), width=width, wide=size, narrow=size), (place["percentile"], place["comparator_pay"]),
                 xytext=(-8, 10), textcoords="offset points", ha="right", va="bottom", color=COLOUR["comparison"])  # fmt: skip
    top.annotate(wrapped(names[1].capitalize(), width=width, wide=size, narrow=size), (place["percentile"], place["group_pay"]),
                 xytext=(8, -10), textcoords="offset points", ha="left", va="top", color=COLOUR["subject"])  # fmt: skip
    top.set_ylabel("Hourly pay (£)" if narrow else "Hourly pay (pounds)")
    top.set_ylim(0, None)
    bottom.axhline(0, color=COLOUR["context"], linewidth=1)
    bottom.bar(table["percentile"], table["gap"], width=0.7 * np.diff(table["percentile"]).min() if len(table) > 1 else 3,
               color=COLOUR["subject"])  # fmt: skip
    bottom.set_ylabel("Gap (%)")
    bottom.set_xlabel("Step of each distribution (percent of people below)" if not narrow else "Percent of people below")
    return figure


def draw_series(
    table: pd.DataFrame, *, axis: str, own: tuple[int, float, float, float] | None, kind: str, width: int,
    reference: float | None = 1.0,
) -> Figure:
    """Draw a national series by year, blank where no value was seen, and the reader's own system beside it.

    Parameters
    ----------
    table
        ``year``, ``value``, ``stretch`` (from :func:`healthsys.equality.standards.segments`).
    own
        Year, ratio, lower and upper of the system; None where it is not shown.
    """
    figure, axes = plotting.canvas(width, 290)
    if reference is not None:
        axes.axhline(reference, color=COLOUR["context"], linewidth=1)
        axes.annotate("equal likelihood", (1, reference), xycoords=("axes fraction", "data"), xytext=(0, 4),
                      textcoords="offset points", ha="right", va="bottom", color=COLOUR["quiet"])  # fmt: skip
    for _, part in table.groupby("stretch"):
        axes.plot(part["year"], part["value"], color=COLOUR["context"], linewidth=1.5)
    shown = table.dropna(subset=["value"])
    axes.plot(shown["year"], shown["value"], linestyle="none", **plotting.marker("published", COLOUR["context"]))
    for row in shown.itertuples():
        axes.annotate(f"{row.value:.2f}", (row.year, row.value), xytext=(0, 8), textcoords="offset points", ha="center",
                      color=COLOUR["quiet"])  # fmt: skip
    blank = table[table["value"].isna()]["year"].astype(int).to_list()
    years = table["year"].astype(int).to_list()
    if own:
        year, value, low, high = own
        axes.plot([year + 0.28] * 2, [low, high], color=COLOUR["subject"], linewidth=2.4, solid_capstyle="butt")
        axes.plot([year + 0.28], [value], linestyle="none", markersize=8, **plotting.marker(kind, COLOUR["subject"]))
        name = {"synthetic": "Synthetic", "yours": "Yours"}.get(kind, "System")
        axes.annotate(f"{name} {value:.2f}", (year + 0.28, high), xytext=(0, 5), textcoords="offset points", ha="center",
                      va="bottom", color=COLOUR["subject"])  # fmt: skip
    axes.set_xlim(min(years) - 0.6, max(*years, own[0] if own else years[0]) + 0.9)
    step = 2 if _narrow(width) and len(years) > 5 else 1
    axes.set_xticks(years[::step], [f"{year}\n(none)" if year in blank else str(year) for year in years[::step]])
    values = [*shown["value"], *([own[2], own[3]] if own else []), *([reference] if reference is not None else [])]
    spread = max(values) - min(values)
    axes.set_ylim(max(0, min(values) - 0.18 * spread), max(values) + 0.2 * spread)
    axes.set_ylabel(wrapped(axis, width=width, wide=40, narrow=38))
    axes.set_xlabel("Reporting year")
    return figure


def draw_representation(table: pd.DataFrame, *, group: str, kind: str, width: int) -> Figure:
    """Draw the share of a group in each band with its interval, against its share of all staff."""
    whole = table[table["band"] == "All"].iloc[0]
    bands = table[table["band"] != "All"].reset_index(drop=True)
    figure, axes = plotting.canvas(width, 300)
    if pd.notna(whole["percent"]):
        axes.axhline(whole["percent"], color=COLOUR["context"], linewidth=1.2, linestyle="--")
        axes.annotate(f"all staff {whole['percent']:.1f} %", (1, whole["percent"]), xycoords=("axes fraction", "data"),
                      xytext=(0, 4), textcoords="offset points", ha="right", va="bottom", color=COLOUR["quiet"])  # fmt: skip
    for row in bands.itertuples():
        if pd.isna(row.percent):
            axes.text(row.Index, 0.02, "*", transform=axes.get_xaxis_transform(), ha="center", color=COLOUR["text"])
            continue
        axes.plot([row.Index] * 2, [row.lower, row.upper], color=COLOUR["subject"], linewidth=2.4, solid_capstyle="butt")
        axes.plot([row.Index], [row.percent], linestyle="none", **plotting.marker(kind))
    axes.set_xticks(range(len(bands)), ["Med" if band == "Medical" else band for band in bands["band"]])
    if _narrow(width):
        axes.tick_params(axis="x", labelrotation=60)
    axes.set_ylim(0, None)
    axes.set_xlabel("Pay band (* not shown; VSM very senior manager; Med doctors)" if not _narrow(width) else "Pay band (* not shown)")
    axes.set_ylabel(f"{group} share (%)")
    return figure


def draw_pairs(table: pd.DataFrame, *, names: tuple[str, str], kind: str, width: int) -> Figure:
    """Draw two percentages a row joined by a line: the group and the reference group.

    ``table``: ``label``, ``group_percent``, ``reference_percent``; rows with one of them missing are left out.
    """
    table = table.dropna(subset=["group_percent", "reference_percent"]).reset_index(drop=True)
    labels = [wrapped(str(name), width=width, wide=44, narrow=23) for name in table["label"]]
    lines = sum(max(1.9, name.count("\n") + 1.4) for name in labels)
    figure, axes = plotting.canvas(width, int(92 + 17.5 * lines))
    for row in table.itertuples():
        pair = row.group_percent, row.reference_percent
        axes.plot(pair, [row.Index] * 2, color=COLOUR["faint"], linewidth=4, zorder=1)
        for value, tone in zip(pair, ("subject", "comparison"), strict=True):
            style = plotting.marker(kind, COLOUR[tone])
            if tone == "comparison":
                style["marker"] = "o"
            axes.plot([value], [row.Index], linestyle="none", markersize=8, zorder=3, **style)
            low = value == min(pair)
            axes.annotate(f"{value:.1f}", (value, row.Index), xytext=(-9 if low else 9, 0), textcoords="offset points",
                          ha="right" if low else "left", va="center", color=COLOUR[tone])  # fmt: skip
    _rows(axes, labels)
    high = float(table[["group_percent", "reference_percent"]].max().max())
    axes.set_xlim(-0.08 * high, high * 1.17)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= 100 and tick <= high * 1.17])
    axes.set_xlabel("Percent of those who answered")
    for x, name, tone in ((0.0, f"□ {names[0]}" if kind == "synthetic" else f"■ {names[0]}", "subject"), (0.5, f"○ {names[1]}", "comparison")):
        axes.text(x, 1.0, wrapped(name, width=width, wide=40, narrow=16), transform=axes.transAxes, va="bottom",
                  color=COLOUR[tone])  # fmt: skip
    return figure


def draw_change(table: pd.DataFrame, *, groups: tuple[str, str], break_year: int | None, kind: str, width: int) -> Figure:
    """Draw one survey indicator over the years for two groups, never joining the line over a break.

    ``table``: ``year``, ``group``, ``percent``, ``stretch``.
    """
    figure, axes = plotting.canvas(width, 290)
    for group, tone, style in zip(groups, ("subject", "comparison"), ("-", "--"), strict=True):
        own = table[table["group"] == group].sort_values("year")
        for _, part in own.groupby("stretch"):
            axes.plot(part["year"], part["percent"], color=COLOUR[tone], linestyle=style)
            axes.plot(part["year"], part["percent"], linestyle="none", **plotting.marker(kind, COLOUR[tone]))
        last = own.iloc[-1]
        axes.annotate(f"{group} {last['percent']:.0f} %", (last["year"], last["percent"]), xytext=(8, 0),
                      textcoords="offset points", va="center", color=COLOUR[tone])  # fmt: skip
    years = sorted(table["year"].unique())
    if break_year in years:
        axes.axvline(break_year - 0.5, color=COLOUR["context"], linewidth=1, linestyle=":")
        axes.annotate("base changes", (break_year - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(-4, -2),
                      textcoords="offset points", ha="right", va="top", color=COLOUR["quiet"])  # fmt: skip
    axes.set_xticks(years, [str(year) for year in years])
    axes.set_xlim(min(years) - 0.2, max(years) + (1.6 if _narrow(width) else 0.9))
    axes.set_ylim(0, 100)
    axes.set_ylabel("Percent of those who answered")
    axes.set_xlabel("Reporting year (survey of the autumn before)")
    return figure


def draw_funnel(found: Funnel, *, axis: str, people: str, kind: str, width: int) -> Figure:
    """Draw organisations in a funnel around their pooled percentage; nothing is ranked."""
    figure, axes = plotting.canvas(width, 330)
    curves, points = found.curves, found.points
    axes.axhline(100 * found.target, color=COLOUR["context"], linewidth=1)
    for name, style in (("inner", "--"), ("outer", "-")):
        for side in ("lower", "upper"):
            axes.plot(curves["size"], 100 * curves[f"{name}_{side}"], color=COLOUR["context"], linewidth=1.2, linestyle=style)
    axes.plot(points["size"], 100 * points["value"], linestyle="none", markersize=8, **plotting.marker(kind))
    for row in points.itertuples():
        axes.annotate(str(row[1]), (row.size, 100 * row.value), xytext=(0, 8), textcoords="offset points", ha="center",
                      color=COLOUR["text"])  # fmt: skip
    axes.set_xlim(0, points["size"].max() * 1.12)
    axes.set_ylim(0, max(60, 100 * points["value"].max() * 1.2))
    axes.set_xlabel(people)
    axes.set_ylabel(wrapped(axis, width=width, wide=46, narrow=40))
    end = curves.iloc[-1]
    for name, said in (("inner", "95 %"), ("outer", "99.8 %")):
        axes.annotate(said, (end["size"], 100 * end[f"{name}_upper"]), xytext=(3, 0), textcoords="offset points",
                      va="center", color=COLOUR["quiet"], annotation_clip=False)  # fmt: skip
    return figure


def draw_peers(peers: pd.Series, *, value: float | None, employer: str, axis: str, kind: str, width: int) -> Figure:
    """Draw the distribution of a gap over peers, with one employer marked; no limits."""
    figure, axes = plotting.canvas(width, 270)
    spread = peers.clip(*np.percentile(peers, [1, 99])) if len(peers) > 60 else peers
    seaborn.histplot(x=spread, bins=min(30, max(6, len(peers) // 3)), ax=axes, color=COLOUR["faint"], edgecolor=COLOUR["context"])
    axes.axvline(0, color=COLOUR["context"], linewidth=1)
    top = axes.get_ylim()[1]
    middle = float(peers.median())
    axes.plot([middle] * 2, [0, top * 1.02], color=COLOUR["context"], linestyle="--", linewidth=1.4)
    axes.annotate(f"middle of peers {middle:.1f} %".replace("-", "−"), (middle, top * 1.02), xytext=(4, 0),
                  textcoords="offset points", va="bottom", ha="center", color=COLOUR["quiet"])  # fmt: skip
    if value is not None:
        axes.plot([value] * 2, [0, top * 1.18], color=COLOUR["subject"], linewidth=1.4)
        axes.plot([value], [top * 1.18], linestyle="none", markersize=9, **plotting.marker(kind))
        axes.annotate(wrapped(f"{employer}: {value:.1f} %".replace("-", "−"), width=width, wide=60, narrow=30),
                      (value, top * 1.18), xytext=(0, 8), textcoords="offset points", va="bottom", ha="center",
                      color=COLOUR["subject"])  # fmt: skip
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
        axes.annotate(f"{row.median:.1f}".replace("-", "−"), (row.median, row.Index), xytext=(0, 9), textcoords="offset points",
                      ha="center", va="bottom", color=COLOUR["text"])  # fmt: skip
    _rows(axes, [wrapped(label, width=width, narrow=16) for label in labels])
    axes.set_xlabel(wrapped(axis, width=width, wide=80, narrow=34))
    return figure


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
    seaborn.barplot(long, x="rate", y="label", hue="group", ax=axes, palette=[COLOUR["subject"], COLOUR["faint"]],
                    saturation=1, legend=False, width=0.72, orient="h", edgecolor=COLOUR["context"])  # fmt: skip
    for column, shift in (("group_rate", -0.18), ("reference_rate", 0.18)):
        for row, rate in enumerate(table[column]):
            said = "*" if pd.isna(rate) else f"{rate:.1f} %"
            axes.annotate(said, (0 if pd.isna(rate) else rate, row + shift), xytext=(4, 0), textcoords="offset points",
                          va="center", color=COLOUR["text"])  # fmt: skip
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("Percent who went on to the next stage")
    axes.set_ylabel("")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(wrapped(f"{names[0]} (dark), {names[1]} (pale)", width=width, wide=80, narrow=36), fontsize=12.5)
    return figure
