"""Drawing functions of the workforce standards: series, bands, pairs of percentages, change, funnel."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from compendium import plotting
from healthsys.equality.figures import label_rows, narrow_page, wrapped
from healthsys.spc.funnels import Funnel

COLOUR = plotting.COLOUR


def draw_series(
    table: pd.DataFrame,
    *,
    axis: str,
    own: tuple[int, float, float, float] | None,
    kind: str,
    width: int,
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
        axes.annotate(
            "equal likelihood",
            (1, reference),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=COLOUR["quiet"],
        )
    for _, part in table.groupby("stretch"):
        axes.plot(part["year"], part["value"], color=COLOUR["context"], linewidth=1.5)
    shown = table.dropna(subset=["value"])
    axes.plot(shown["year"], shown["value"], linestyle="none", **plotting.marker("published", COLOUR["context"]))
    for row in shown.itertuples():
        axes.annotate(
            f"{row.value:.2f}",
            (row.year, row.value),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            color=COLOUR["quiet"],
        )
    blank = table[table["value"].isna()]["year"].astype(int).to_list()
    years = table["year"].astype(int).to_list()
    if own:
        year, value, low, high = own
        axes.plot([year + 0.45] * 2, [low, high], color=COLOUR["subject"], linewidth=2.4, solid_capstyle="butt")
        axes.plot([year + 0.45], [value], linestyle="none", markersize=8, **plotting.marker(kind, COLOUR["subject"]))
        name = {"synthetic": "Synthetic", "yours": "Yours"}.get(kind, "System")
        axes.annotate(
            f"{name} {value:.2f}",
            (year + 0.45, high),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=COLOUR["subject"],
        )
    axes.set_xlim(min(years) - 0.6, max(*years, own[0] if own else years[0]) + 0.9)
    step = 2 if narrow_page(width) and len(years) > 5 else 1
    axes.set_xticks(years[::step], [f"{year}\n(none)" if year in blank else str(year) for year in years[::step]])
    values = [
        *shown["value"],
        *([own[2], own[3]] if own else []),
        *([reference] if reference is not None else []),
    ]
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
        axes.annotate(
            f"all staff {whole['percent']:.1f} %",
            (1, whole["percent"]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=COLOUR["quiet"],
        )
    for row in bands.itertuples():
        if pd.isna(row.percent):
            axes.text(row.Index, 0.02, "*", transform=axes.get_xaxis_transform(), ha="center", color=COLOUR["text"])
            continue
        axes.plot(
            [row.Index] * 2,
            [row.lower, row.upper],
            color=COLOUR["subject"],
            linewidth=2.4,
            solid_capstyle="butt",
        )
        axes.plot([row.Index], [row.percent], linestyle="none", **plotting.marker(kind))
    axes.set_xticks(range(len(bands)), ["Med" if band == "Medical" else band for band in bands["band"]])
    if narrow_page(width):
        axes.tick_params(axis="x", labelrotation=60)
    axes.set_ylim(0, None)
    axes.set_xlabel(
        "Pay band (* not shown; VSM very senior manager; Med doctors)"
        if not narrow_page(width)
        else "Pay band (* not shown)"
    )
    axes.set_ylabel(f"{group} share (%)")
    return figure


def draw_pairs(table: pd.DataFrame, *, names: tuple[str, str], kind: str, width: int) -> Figure:
    """Draw two percentages a row joined by a line: the group and the reference group.

    ``table``: ``label``, ``group_percent``, ``reference_percent``; rows with one of them missing are left
    out.
    """
    table = table.dropna(subset=["group_percent", "reference_percent"]).reset_index(drop=True)
    labels = [wrapped(str(name), width=width, wide=44, narrow=23) for name in table["label"]]
    most = max(name.count("\n") for name in labels)
    figure, axes = plotting.canvas(width, int(92 + 17.5 * len(labels) * max(1.9, most + 1.4)))
    for row in table.itertuples():
        pair = row.group_percent, row.reference_percent
        axes.plot(pair, [row.Index] * 2, color=COLOUR["faint"], linewidth=4, zorder=1)
        for value, tone in zip(pair, ("subject", "comparison"), strict=True):
            style = plotting.marker(kind, COLOUR[tone])
            if tone == "comparison":
                style["marker"] = "o"
            axes.plot([value], [row.Index], linestyle="none", markersize=8, zorder=3, **style)
            low = value == min(pair)
            axes.annotate(
                f"{value:.1f}",
                (value, row.Index),
                xytext=(-9 if low else 9, 0),
                textcoords="offset points",
                ha="right" if low else "left",
                va="center",
                color=COLOUR[tone],
            )
    label_rows(axes, labels)
    high = float(table[["group_percent", "reference_percent"]].max().max())
    spare = 0.22 if narrow_page(width) else 0.12
    axes.set_xlim(-spare * high, high * (1.05 + spare))
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= 100 and tick <= high * (1.05 + spare)])
    axes.set_xlabel("Percent of those who answered")
    for x, name, tone in (
        (0.0, f"□ {names[0]}" if kind == "synthetic" else f"■ {names[0]}", "subject"),
        (0.5, f"○ {names[1]}", "comparison"),
    ):
        axes.text(
            x,
            1.0,
            wrapped(name, width=width, wide=40, narrow=16),
            transform=axes.transAxes,
            va="bottom",
            color=COLOUR[tone],
        )
    return figure


def draw_change(
    table: pd.DataFrame, *, groups: tuple[str, str], break_year: int | None, kind: str, width: int
) -> Figure:
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
        axes.annotate(
            f"{group} {last['percent']:.0f} %",
            (last["year"], last["percent"]),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=COLOUR[tone],
        )
    years = sorted(table["year"].unique())
    if break_year in years:
        axes.axvline(break_year - 0.5, color=COLOUR["context"], linewidth=1, linestyle=":")
        axes.annotate(
            "base changes",
            (break_year - 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            color=COLOUR["quiet"],
        )
    axes.set_xticks(years, [str(year) for year in years])
    axes.set_xlim(min(years) - 0.2, max(years) + (1.6 if narrow_page(width) else 0.9))
    axes.set_ylim(0, 100)
    axes.set_ylabel("Percent of those who answered")
    axes.set_xlabel("Reporting year (survey of the autumn before)")
    return figure


def draw_funnel(found: Funnel, *, axis: str, people: str, kind: str, width: int) -> Figure:
    """Draw organisations in a funnel around their pooled percentage; nothing is ranked."""
    figure, axes = plotting.canvas(width, 330)
    curves, points = found.curves, found.points
    points = points.rename(columns=dict(zip(points.columns[:3], ("unit", "observed", "size"), strict=True)))
    axes.axhline(100 * found.target, color=COLOUR["context"], linewidth=1)
    for name, style in (("inner", "--"), ("outer", "-")):
        for side in ("lower", "upper"):
            axes.plot(
                curves["size"],
                100 * curves[f"{name}_{side}"],
                color=COLOUR["context"],
                linewidth=1.2,
                linestyle=style,
            )
    axes.plot(points["size"], 100 * points["value"], linestyle="none", markersize=8, **plotting.marker(kind))
    for row in points.itertuples():
        above = row.value >= found.target
        axes.annotate(
            str(row.unit),
            (row.size, 100 * row.value),
            xytext=(0, 8 if above else -8),
            ha="center",
            textcoords="offset points",
            va="bottom" if above else "top",
            color=COLOUR["text"],
        )
    axes.set_xlim(0, points["size"].max() * (1.3 if narrow_page(width) else 1.14))
    axes.set_ylim(0, max(60, 100 * points["value"].max() * 1.2))
    axes.set_xlabel(people)
    axes.set_ylabel(wrapped(axis, width=width, wide=46, narrow=40))
    end = curves.iloc[-1]
    for name, said, place in (("inner", "1 in 20", "top"), ("outer", "1 in 500", "bottom")):
        axes.annotate(
            said,
            (end["size"], 100 * end[f"{name}_upper"]),
            xytext=(4, 0),
            textcoords="offset points",
            va=place,
            color=COLOUR["quiet"],
        )
    return figure
