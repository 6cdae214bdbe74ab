"""The association that a reader watches shrink: four comparisons of the same rows, one slope each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from everyday.explorers.pages import Choice, Explorer, Number, Slider, State, titled
from healthsys import say
from healthsys.plots.style import COLOUR

#: What each comparison is called: on its axis, in the table, and after "Comparing".
COMPARISONS = {
    "none": ("all rows", "all rows together", "all rows together"),
    "quarter": ("same quarter", "trusts in the same quarter", "trusts in the same quarter with each other"),
    "trust": ("same trust", "the same trust at other times", "each trust with itself at other times"),
    "trust and quarter": (
        "both", "the same trust, less what all trusts share in a quarter",
        "each trust with itself, less what all trusts share in a quarter",
    ),
}  # fmt: skip

#: The largest difference of occupancy that the slider offers, in percentage points.
MOST = 20


def association_state(fits: pd.DataFrame, *, comparison: str, more: int, level: float = 0.95) -> State:
    """Return what one comparison says of a difference of so many points of occupancy.

    ``fits`` has a row per comparison, by name: ``estimate``, ``low``, ``high`` (points of four-hour performance for
    each point of occupancy) and ``spread`` (standard deviation of the occupancy that is left, in points).
    """
    fit = fits.loc[comparison]
    size, share = abs(more * fit["estimate"]), 100 * fit["estimate"] / fits.loc["none", "estimate"]
    numbers = (
        Number("slope", "slope (confidence interval)", fit["estimate"],
               f"{_two(fit['estimate'])} ({_two(fit['low'])} to {_two(fit['high'])})"),
        Number("difference", "difference in four-hour performance (points)", more * fit["estimate"],
               _one(more * fit["estimate"])),
        Number("share", "of the slope of all rows together", share, f"{say.number(share, '{:.0f}')}%"),
        Number("spread", "standard deviation of the occupancy compared (points)", fit["spread"],
               say.number(fit["spread"])),
    )  # fmt: skip
    clear = say.excludes(fit["low"], fit["high"])
    sentence = (
        f"Comparing {COMPARISONS[comparison][2]}, occupancy {say.count(more, 'point')} higher goes with four-hour "
        f"performance {size:.1f} {'point' if f'{size:.1f}' == '1.0' else 'points'} "
        f"{'lower' if fit['estimate'] < 0 else 'higher'} (difference, {say.percent_of(level)} CI "
        f"{_one(more * fit['low'])} to {_one(more * fit['high'])}"
        f"{'' if clear else ', which includes zero'})."
    )
    if comparison != "none":
        sentence += f" The slope is {say.number(share, '{:.0f}')}% of the slope of all rows together."
    rows = fits.rename_axis("comparison").reset_index()[["comparison", "estimate", "low", "high", "spread"]]
    rows["comparison"] = [COMPARISONS[name][1] for name in rows["comparison"]]
    return State(sentence, numbers, rows)


def _one(value: float) -> str:
    return say.number(round(value, 1) + 0.0)  # no minus before a zero


def _two(value: float) -> str:
    return say.number(round(value, 2) + 0.0, "{:.2f}")


def plot_bins(bins: pd.DataFrame, fit: pd.Series, *, width: int) -> Figure:
    """Draw the mean of each bin with the slope of the comparison."""
    figure, axes = titled(
        width, title="Attendances within four hours (%)", across="occupancy of general and acute beds (%)"
    )
    axes.plot(bins["occupancy"], bins["four_hour"], "s", color=COLOUR["subject"], markersize=6)
    ends, middle = bins["occupancy"].iloc[[0, -1]], _middle(bins)
    axes.plot(ends, middle["four_hour"] + fit["estimate"] * (ends - middle["occupancy"]), color=COLOUR["subject"])
    return figure


def _middle(bins: pd.DataFrame) -> dict[str, float]:
    """Return the means of all rows, through which every slope goes."""
    return {name: float(np.average(bins[name], weights=bins["n"])) for name in ("occupancy", "four_hour")}


def association_explorer(
    fits: pd.DataFrame, bins: pd.DataFrame, *, comparison: str, more: int, level: float = 0.95
) -> Explorer:
    """Return the explorer of the four comparisons; every axis holds all of them."""
    by_name: Mapping[str, pd.DataFrame] = {name: bins[bins["effects"] == name] for name in COMPARISONS}
    carried = {
        name: {"short": short, "label": label, "said": said, "middle": _middle(by_name[name]),
               **fits.loc[name, ["estimate", "low", "high", "spread"]].astype(float)}
        for name, (short, label, said) in COMPARISONS.items()
    }  # fmt: skip
    lowest = min(0.0, float(fits["low"].min()))
    inputs: dict[str, Any] = {
        "fits": carried, "level": f"{100 * level:g}",
        "bins": {name: part[["n", "occupancy", "four_hour"]].round(3).to_dict("records")
                 for name, part in by_name.items()},
        "x": _around(bins["occupancy"]), "y": _around([*bins["four_hour"], *_ends(by_name, carried)]),
        "slopes": {"low": np.floor(10 * lowest) / 10, "high": max(0.1, np.ceil(10 * fits["high"].max()) / 10)},
    }  # fmt: skip
    return Explorer(
        kind="association",
        title="Comparisons to choose from",
        controls=[
            Choice("comparison", "Compare", {name: label for name, (_, label, _) in COMPARISONS.items()}, comparison),
            Slider("more", "Difference in occupancy", 1, MOST, 1, more, f"{more} points", "points"),
        ],
        start=association_state(fits, comparison=comparison, more=more, level=level),
        inputs=inputs,
        charts={"bins-to-compare": (300, 200), "slopes-to-compare": (150, 120)},
        caption="Percentage points of four-hour performance for each percentage point of occupancy",
        formats=dict.fromkeys(("estimate", "low", "high"), "{:.2f}") | {"spread": "{:.1f}"},
        headings={
            "estimate": "slope", "low": f"{say.percent_of(level)} CI, lower", "high": "upper",
            "spread": "SD of occupancy left",
        },
    )  # fmt: skip


def _ends(bins: Mapping[str, pd.DataFrame], fits: Mapping[str, Mapping[str, Any]]) -> list[float]:
    """Return where the confidence limits of each slope end, over the occupancy that its bins cover."""
    return [
        fits[name]["middle"]["four_hour"] + fits[name][limit] * (at - fits[name]["middle"]["occupancy"])
        for name, part in bins.items()
        for limit in ("low", "high")
        for at in part["occupancy"].iloc[[0, -1]]
    ]


def _around(values: Sequence[float]) -> dict[str, float]:
    """Return the ends of an axis at multiples of five around some values."""
    return {"low": float(5 * np.floor(min(values) / 5)), "high": float(5 * np.ceil(max(values) / 5))}
