"""One figure for each teaching notebook: what the data look like before anything is computed."""

from __future__ import annotations

import pandas as pd
from matplotlib.dates import DateFormatter, YearLocator
from matplotlib.figure import Figure

from healthsys.plots import style

try:
    from compendium import plotting
except ImportError:  # a student installs the methods and the checks, not the machine
    from everyday.teaching import plain as plotting


def show_team_scores(survey: pd.DataFrame, *, dimension: str, label: str) -> None:
    """Show each person's score on a dimension by team.

    Parameters
    ----------
    survey
        Answers with the columns ``team`` and ``<dimension>_<n>``. Teams of fewer than five people are left out.
    dimension, label
        The dimension and what to call it.
    """
    items = [column for column in survey.columns if column.startswith(f"{dimension}_")]
    scores = pd.DataFrame({"team": survey["team"], "score": 100 * survey[items].astype(float).mean(axis=1)}).dropna()
    size = scores["team"].value_counts()
    scores = scores[scores["team"].isin(size.index[size >= 5])].reset_index(drop=True)
    means = scores.groupby("team")["score"].mean().sort_values(kind="stable")
    plotting.show(
        _draw_groups,
        scores,
        list(means.index),
        f"{label}, points from 0 to 300",
        name="team-scores",
        caption=f"{label}: each person's score, and the mean of each team of five people or more. Synthetic data.",
        alt=f"{label} by team. The team means run from {means.iloc[0]:.0f} in {means.index[0]} to "
        f"{means.iloc[-1]:.0f} in {means.index[-1]}.",
        drawn=scores,
    )


def show_printed(paper: pd.DataFrame) -> None:
    """Show the printed percentages of the invented paper with nothing else: what a reader sees first."""
    rows = paper[["row", "printed"]].reset_index(drop=True)
    plotting.show(
        _draw_bars,
        rows.rename(columns={"row": "name", "printed": "value"}),
        "Reported (%)",
        name="printed",
        caption=f"The {len(rows)} percentages reported in the invented paper. Synthetic data.",
        alt=f"{len(rows)} reported percentages, from {rows['printed'].min():.1f} to {rows['printed'].max():.1f}. "
        "The percentages alone do not show which are wrong.",
        drawn=rows,
    )


def show_series(series: pd.DataFrame) -> None:
    """Show the monthly rate before and after the change of service."""
    rows = series.reset_index(drop=True)
    changed = rows.loc[rows["after"].astype(bool), "month"].iloc[0]
    plotting.show(
        _draw_series,
        rows,
        changed,
        name="series",
        caption=f"Home visits per 1,000 residents by month, {len(rows)} months; the service changed in "
        f"{changed:%B %Y}. Synthetic data.",
        alt=f"Home visits per 1,000 residents, {rows['rate'].min():.0f} to {rows['rate'].max():.0f}. They rise slowly "
        f"until {changed:%B %Y} and are lower afterwards.",
        drawn=rows[["month", "rate"]],
    )


def show_limits(series: pd.DataFrame) -> None:
    """Show the XmR chart: every month, with the limits of the months before the change."""
    rows = series.reset_index(drop=True)
    after = rows["after"].astype(bool)
    before = rows.loc[~after, "rate"]
    reach = 2.66 * before.diff().abs().mean()
    limits = (before.mean() - reach, before.mean(), before.mean() + reach)
    below = int((rows.loc[after, "rate"] < limits[0]).sum())
    plotting.show(
        _draw_limits,
        rows,
        limits,
        name="limits",
        caption=f"XmR chart: limits from the {len(before)} months before the change, {limits[0]:.1f} to "
        f"{limits[2]:.1f} visits per 1,000 residents. Synthetic data.",
        alt=f"Home visits per 1,000 residents with limits of {limits[0]:.1f} and {limits[2]:.1f} from the months "
        f"before the change. {below} of the {int(after.sum())} months after it are below the lower limit.",
        drawn=rows[["month", "rate"]],
    )


def _draw_limits(rows: pd.DataFrame, limits: tuple[float, float, float], *, width: int) -> Figure:
    changed = rows.loc[rows["after"].astype(bool), "month"].iloc[0]
    figure = _draw_series(rows, changed, width=width)
    for value, name, line in zip(limits, ("lower limit", "mean before", "upper limit"), (":", "-", ":"), strict=True):
        figure.axes[0].axhline(value, color=style.COLOUR["comparison"], linestyle=line, linewidth=1.2)
        figure.axes[0].annotate(name, (1, value), xycoords=("axes fraction", "data"), xytext=(-4, 3),
                                textcoords="offset points", ha="right", color=style.COLOUR["comparison"])  # fmt: skip
    return figure


def show_pay(staff: pd.DataFrame) -> None:
    """Show how women and men are spread over pay bands."""
    share = pd.crosstab(staff["band"], staff["gender"], normalize="index").reset_index()
    rows = pd.DataFrame({"name": [f"Band {band}" for band in share["band"]], "value": 100 * share["woman"]})
    plotting.show(
        _draw_bars,
        rows,
        "Women (% of the band)",
        name="bands",
        caption=f"Share of women in each pay band, {len(staff)} people. Synthetic data.",
        alt=f"The share of women is {rows['value'].iloc[0]:.0f} percent in the lowest band and "
        f"{rows['value'].iloc[-1]:.0f} percent in the highest.",
        drawn=rows,
    )


def show_codes(coding: pd.DataFrame) -> None:
    """Show how often each coder gave each code."""
    counts = coding[["coder_a", "coder_b"]].apply(lambda column: column.value_counts()).fillna(0).astype(int)
    rows = pd.DataFrame(
        [
            (f"{code}, coder {coder[-1].upper()}", int(counts.loc[code, coder]))
            for code in counts.index
            for coder in counts.columns
        ],
        columns=["name", "value"],
    )
    plotting.show(
        _draw_bars,
        rows,
        "Passages",
        name="codes",
        caption=f"How often each of two coders gave each code to {len(coding)} passages. Synthetic data.",
        alt="Passages by code and coder: "
        + "; ".join(f"{row.name}, {row.value}" for row in rows.itertuples(index=False))
        + ".",
        drawn=rows,
    )


def show_wards(wards: pd.DataFrame) -> None:
    """Show the beds of each ward."""
    rows = pd.DataFrame({"name": wards["ward"], "value": wards["beds"]})
    plotting.show(
        _draw_bars,
        rows,
        "Staffed beds",
        name="wards",
        caption=f"Staffed beds of {len(rows)} invented wards. Synthetic data.",
        alt="Staffed beds: " + "; ".join(f"{row.name}, {row.value}" for row in rows.itertuples(index=False)) + ".",
        drawn=rows,
    )


def show_panel(panel: pd.DataFrame) -> None:
    """Show performance against occupancy, one mark for each trust and quarter."""
    ends = (
        [panel[name].min() for name in ("occupancy", "four_hour")],
        [panel[name].max() for name in ("occupancy", "four_hour")],
    )
    plotting.show(
        _draw_panel,
        panel,
        name="panel",
        caption=f"{panel['trust'].nunique()} invented trusts in {panel['quarter'].nunique()} quarters: beds occupied "
        "and A&E attendances within four hours. Synthetic data. Neither axis starts at zero.",
        alt=f"Occupancy from {ends[0][0]:.0f} to {ends[1][0]:.0f}% and attendances within four hours from "
        f"{ends[0][1]:.0f} to {ends[1][1]:.0f}%. Fuller trusts and quarters have lower performance, with much scatter.",
        drawn=panel,
    )


def _draw_panel(panel: pd.DataFrame, *, width: int) -> Figure:
    figure, axes = plotting.canvas(width, 340)
    axes.plot(
        panel["occupancy"], panel["four_hour"], linestyle="none", color=style.COLOUR["subject"],
        **style.marker("synthetic") | {"markersize": 5, "markeredgewidth": 1.1},
    )  # fmt: skip
    axes.set_xlabel("Occupied beds (%)")
    axes.set_ylabel("Within four hours (%)")
    return figure


def _draw_bars(rows: pd.DataFrame, label: str, *, width: int) -> Figure:
    figure, axes = plotting.canvas(width, 60 + 30 * len(rows))
    order = range(len(rows))[::-1]
    axes.barh(order, rows["value"].astype(float), height=0.6, color=style.COLOUR["paper"],
              edgecolor=style.COLOUR["subject"], linewidth=1.8)  # fmt: skip
    for at, value in zip(order, rows["value"], strict=True):
        axes.annotate(f"{value:.3g}", (float(value), at), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_yticks(order, rows["name"])
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.set_xlabel(label)
    return figure


def _draw_series(rows: pd.DataFrame, changed: pd.Timestamp, *, width: int) -> Figure:
    figure, axes = plotting.canvas(width, 300)
    axes.plot(rows["month"], rows["rate"], color=style.COLOUR["subject"], markersize=4, **style.marker("synthetic"))
    axes.axvline(changed, color=style.COLOUR["quiet"], linestyle="--")
    axes.annotate("service changed", (changed, 1), xycoords=("data", "axes fraction"), xytext=(4, -4),
                  textcoords="offset points", va="top")  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_ylabel("Visits per 1,000")
    axes.xaxis.set_major_locator(YearLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))
    return figure


def _draw_groups(scores: pd.DataFrame, order: list[str], label: str, *, width: int) -> Figure:
    figure, axes = plotting.canvas(width, 60 + 42 * len(order))
    for at, name in enumerate(order):
        values = scores.loc[scores["team"] == name, "score"]
        axes.plot(values, [at] * len(values), linestyle="none", **style.marker("synthetic"))
        axes.plot([values.mean()] * 2, [at - 0.3, at + 0.3], color=style.COLOUR["text"], linewidth=2)
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_xlabel(label)
    return figure
