"""Words and figures about beds and slack: occupancy over time, risk by ward size, what a bed buys."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compendium.plotting import COLOUR, NARROW, canvas, marker
from healthsys.errors import DataError
from healthsys.say import period
from healthsys.trends import capacity

#: Line styles that tell ward sizes apart.
STYLES = ("-", "--", ":", "-.")

#: Batches of a simulated run whose means give its error, and the arrivals that each needs.
BATCHES, IN_A_BATCH = 20, 2


def occupancy_series(frame: pd.DataFrame) -> pd.DataFrame:
    """Return quarters with beds available and occupied, occupancy and slack (per cent)."""
    needed = {"ga_beds_available", "ga_beds_occupied", "ga_occupancy_percent"}
    missing = sorted(needed - set(frame["indicator"]))
    if missing:
        raise DataError(f"the beds have no indicator {', '.join(missing)}; needed: {', '.join(sorted(needed))}")
    wide = frame.pivot(index="period", columns="indicator", values="value").reset_index()
    wide["slack_percent"] = 100 - wide["ga_occupancy_percent"]
    return wide


def finding(sizes: pd.DataFrame, *, share: float) -> str:
    """Say how much more often the small ward is full than the large one at the same occupancy.

    Examples
    --------
    >>> print(finding(capacity.ward_sizes([10, 100], share=0.85, stay=5), share=0.85).split(":")[0])
    At the same occupancy of 85 %, a ward of 10 beds turns away 33 % of those who come and a ward of 100 beds 2 %
    """
    small, large = sizes.iloc[0], sizes.iloc[-1]
    return (
        f"At the same occupancy of {100 * share:g} %, a ward of {small['beds']:.0f} beds turns away "
        f"{100 * small['full_carried']:.0f} % of those who come and a ward of {large['beds']:.0f} beds "
        f"{100 * large['full_carried']:.0f} %: slack is a matter of size, not of occupancy alone."
    )


def occupancy_words(table: pd.DataFrame) -> str:
    """Say the highest and lowest occupancy of the series, and how the beds changed."""
    high, low = table.loc[table["ga_occupancy_percent"].idxmax()], table.loc[table["ga_occupancy_percent"].idxmin()]
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"England's general and acute beds were {low['ga_occupancy_percent']:.1f} % occupied at the lowest "
        f"({period(low['period'], 'quarter')}) and {high['ga_occupancy_percent']:.1f} % at the highest "
        f"({period(high['period'], 'quarter')}). From {period(first['period'], 'quarter')} to "
        f"{period(last['period'], 'quarter')} the beds went from {first['ga_beds_available']:,.0f} to "
        f"{last['ga_beds_available']:,.0f} and those occupied from {first['ga_beds_occupied']:,.0f} to "
        f"{last['ga_beds_occupied']:,.0f}: slack {first['slack_percent']:.1f} % and {last['slack_percent']:.1f} %."
    )


def draw_occupancy(table: pd.DataFrame, *, reference: float, width: int) -> Figure:
    """Draw occupancy by quarter, with the space to all beds as slack."""
    figure, axes = canvas(width, 320)
    axes.plot(
        table["period"], table["ga_occupancy_percent"], color=COLOUR["subject"], markersize=5, **marker("published")
    )
    axes.fill_between(
        table["period"], table["ga_occupancy_percent"], 100, color=COLOUR["fourth"], alpha=0.18, linewidth=0
    )
    axes.axhline(100 * reference, color=COLOUR["context"], linestyle="--", linewidth=1.3)
    axes.annotate(
        f"{100 * reference:g} %",
        (table["period"].iloc[-1], 100 * reference),
        xytext=(4, -4),
        textcoords="offset points",
        va="top",
        ha="right",
        color=COLOUR["quiet"],
        fontsize=12,
    )
    middle = len(table) // 2
    axes.annotate("slack", (table["period"].iloc[middle], 96), color=COLOUR["text"], fontsize=12, ha="center")
    axes.set_ylim(min(60, table["ga_occupancy_percent"].min() - 2), 100)
    axes.xaxis.set_major_locator(mdates.YearLocator(2 if width == NARROW else 1))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.set_title("Occupied general and acute beds (%)", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    return figure


def occupancy_figure(table: pd.DataFrame) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the occupancy figure."""
    return {
        "name": "occupancy",
        "caption": f"Published data: NHS England KH03, general and acute overnight beds, England, {len(table)} "
        "quarters. The axis "
        "does not begin at zero. A midnight count hides the peaks of a day.",
        "alt": occupancy_words(table),
        "drawn": table,
    }


def draw_risk(curve: pd.DataFrame, *, reference: float, width: int) -> Figure:
    """Draw the chance of a full ward over carried occupancy, one line per size."""
    figure, axes = canvas(width, 340 if width > NARROW else 360)
    roles = ("comparison", "subject", "third", "fourth")
    for place, (beds, rows) in enumerate(curve.groupby("beds", sort=False)):
        axes.plot(
            100 * rows["occupancy"],
            100 * rows["full"],
            color=COLOUR[roles[place % 4]],
            linestyle=STYLES[place % 4],
            linewidth=2.2,
        )
        last = rows.iloc[-1]
        axes.annotate(
            f"{beds} beds",
            (100 * last["occupancy"], 100 * last["full"]),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=12,
            color=COLOUR[roles[place % 4]],
            annotation_clip=False,
        )
    axes.axvline(100 * reference, color=COLOUR["context"], linestyle="--", linewidth=1.2)
    axes.set_xlabel("beds in use (% of beds)")
    axes.set_title(
        "Turned away because the ward is full (%)", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"]
    )
    axes.set_ylim(0, None)
    return figure


def risk_figure(curve: pd.DataFrame, sizes: pd.DataFrame, *, share: float) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the risk figure."""
    said = ", ".join(f"{row.beds} beds {100 * row.full_carried:.1f} %" for row in sizes.itertuples())
    return {
        "name": "risk-by-size",
        "caption": "Computed, no data: Erlang's loss formula, Poisson arrivals, steady state. Occupancy is the "
        "share of beds in use.",
        "alt": f"Chance that an arrival finds the ward full, over occupancy, for wards of different size. At "
        f"{100 * share:g} %: {said}.",
        "drawn": curve,
    }


def draw_one_more(table: pd.DataFrame, *, width: int) -> Figure:
    """Draw arrivals turned away and slack for each number of beds."""
    narrow = width == NARROW
    figure, axes = canvas(width, 460 if narrow else 280, nrows=2 if narrow else 1, ncols=1 if narrow else 2)
    for panel, column, title, colour in zip(
        axes,
        ("turned_away", "slack"),
        ("Turned away per 1,000 arrivals", "Slack (% of beds free)"),
        ("comparison", "subject"),
        strict=True,
    ):
        values = table[column] if column == "turned_away" else 100 * table[column]
        panel.bar(table["beds"], values, color=COLOUR[colour], width=0.62)
        for beds, value in zip(table["beds"], values, strict=True):
            panel.annotate(
                f"{value:.0f}", (beds, value), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=12
            )
        panel.set_title(title, fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
        panel.set_xlabel("beds")
        panel.set_xticks(table["beds"])
        panel.margins(y=0.14)
    return figure


def one_more_figure(table: pd.DataFrame, *, load: float) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the figure of further beds."""
    first, second = table.iloc[0], table.iloc[1]
    return {
        "name": "one-more-bed",
        "caption": f"Computed, no data: Erlang's loss formula at an offered load of {load:.1f} (arrivals a day "
        "times days of stay).",
        "alt": f"With {first['beds']:.0f} beds {first['turned_away']:.0f} of 1,000 arrivals are turned away and "
        f"{100 * first['slack']:.0f} % of "
        f"beds are free; one more bed spares {second['spared']:.0f} of 1,000.",
        "drawn": table,
    }


def simulation_check(load: float, beds: int, *, stay: float, days: float, seed: int) -> pd.DataFrame:
    """Set a simulated ward beside the closed forms, with the Monte Carlo error from batches of the run.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``formula``, ``simulated``, ``error`` (standard error over 20 batches), ``arrivals``.
    """
    rows = []
    loss = capacity.simulate_ward(load, beds, stay=stay, days=days, seed=seed)
    rows.append(
        _batch("turned away (loss), %", 100 * capacity.erlang_b(load, beds), 100 * loss["turned_away"].to_numpy(float))
    )
    if load < beds:
        queue = capacity.simulate_ward(load, beds, stay=stay, days=days, seed=seed + 1, rule="waiting")
        theory = capacity.waiting(load, beds, stay=stay)
        wait = queue["wait"].to_numpy(float)
        rows.append(_batch("must wait (waiting), %", 100 * theory.chance, 100.0 * (wait > 1e-12)))
        rows.append(_batch("mean wait (waiting), hours", 24 * theory.mean_wait, 24 * wait))
    return pd.DataFrame(rows)


def _batch(quantity: str, formula: float, values: np.ndarray) -> dict[str, Any]:
    if len(values) < BATCHES * IN_A_BATCH:
        raise DataError(
            f"{len(values)} people came to the simulated ward; {BATCHES * IN_A_BATCH} or more are needed: "
            "simulate more days"
        )
    means = [part.mean() for part in np.array_split(values, BATCHES)]
    return {
        "quantity": quantity,
        "formula": formula,
        "simulated": float(values.mean()),
        "error": float(np.std(means, ddof=1) / np.sqrt(BATCHES)),
        "arrivals": len(values),
    }


def percentages(wards: pd.DataFrame) -> pd.DataFrame:
    """Return the table of ward sizes with chances in per cent."""
    shown = wards.copy()
    for column in ("full_carried", "full_offered", "wait_offered"):
        shown[column] = 100 * shown[column]
    return shown[["beds", "load_carried", "full_carried", "full_offered", "wait_offered", "mean_wait_hours"]]


def results(quarters: pd.DataFrame, wards: pd.DataFrame, *, share: float) -> list[dict[str, Any]]:
    """Return what the page records about England and about wards of different size."""
    high = quarters.loc[quarters["ga_occupancy_percent"].idxmax()]
    entries: list[dict[str, Any]] = [
        {"name": "finding", "value": finding(wards, share=share), "unit": "", "meaning": "The finding of this page"},
        {
            "name": "occupancy_words",
            "value": occupancy_words(quarters),
            "unit": "",
            "meaning": "General and acute beds in England over the published quarters",
            "n": len(quarters),
        },
        {
            "name": "highest_occupancy",
            "value": float(high["ga_occupancy_percent"]),
            "unit": "percent",
            "format": "{:.1f} %",
            "meaning": f"Highest quarterly occupancy of general and acute beds, England "
            f"({period(high['period'], 'quarter')})",
        },
        {
            "name": "latest_slack",
            "value": float(quarters["slack_percent"].iloc[-1]),
            "unit": "percent",
            "format": "{:.1f} %",
            "meaning": f"Free general and acute beds in the latest quarter, England "
            f"({period(quarters['period'].iloc[-1], 'quarter')})",
        },
    ]
    for row in wards.itertuples():
        for reading in ("carried", "offered"):
            entries.append(
                {
                    "name": f"full_{row.beds}_beds_{reading}",
                    "value": 100 * getattr(row, f"full_{reading}"),
                    "unit": "percent",
                    "format": "{:.1f} %",
                    "meaning": f"Chance that a ward of {row.beds} beds is full at {100 * share:g} % {reading} "
                    "occupancy",
                }
            )
    return entries


def ward_results(table: pd.DataFrame, *, load: float, accepted: float) -> list[dict[str, Any]]:
    """Return what the page records about the reader's own ward."""
    first, second = table.iloc[0], table.iloc[1]
    return [
        {
            "name": "ward_full",
            "value": 100 * float(first["full"]),
            "unit": "percent",
            "format": "{:.1f} %",
            "meaning": f"Chance that the ward of {first['beds']:.0f} beds is full at a load of {load:.1f}",
        },
        {
            "name": "spared_by_one_bed",
            "value": float(second["spared"]),
            "unit": "per 1,000 arrivals",
            "format": "{:.0f}",
            "meaning": "Fewer turned away per 1,000 arrivals with one more bed",
        },
        {
            "name": "beds_needed",
            "value": capacity.smallest_ward(load, target=accepted),
            "unit": "beds",
            "format": "{:,}",
            "meaning": f"Smallest ward that is full for at most {100 * accepted:g} % of arrivals",
        },
    ]


def ward_words(table: pd.DataFrame, *, load: float, accepted: float) -> str:
    r"""Say what one more bed buys the reader's ward, and how many beds the accepted risk needs.

    Examples
    --------
    >>> print(*ward_words(capacity.one_more_bed(10, 12), load=10, accepted=0.05).split(". "), sep="\n")
    With 12 beds, 120 of 1,000 people who come find the ward full, at 73 % of beds in use
    One more bed spares 35 of them
    For at most 5 %, it takes 15 beds, and slack of 36 %.
    """
    first, second = table.iloc[0], table.iloc[1]
    needed = capacity.smallest_ward(load, target=accepted)
    return (
        f"With {first['beds']:.0f} beds, {first['turned_away']:.0f} of 1,000 people who come find the ward full, at "
        f"{100 * first['occupancy']:.0f} % of beds in use. One more bed spares {second['spared']:.0f} of them. "
        "For at most "
        f"{100 * accepted:g} %, it takes {needed} beds, and slack of "
        f"{100 * (1 - capacity.occupancy(load, needed)):.0f} %."
    )
