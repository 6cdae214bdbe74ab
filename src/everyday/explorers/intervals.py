"""The intervals that a reader draws: how many contain the true change, by method, length and autocorrelation.

Every series has the shape of :data:`healthsys.its.simulate.VALUES`; its change of level is the reader's. An estimator
of the change is off by the same amount whatever the change is, and its interval is as wide, so that errors and
half-widths are computed once, with no change at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from everyday.explorers.pages import Choice, Explorer, Number, Slider, State, titled
from healthsys.its import simulate
from healthsys.its.interrupted import design
from healthsys.plots.style import COLOUR

#: Methods that the reader compares, of those that are measured.
METHODS = ("ols", "newey_west", "newey_west_fixed_b", "ar1_reml")

#: Series drawn of each kind, and how many of them can be looked at one by one.
DRAWN, SHOWN = 100, 10

#: Changes of level that the slider offers, up to this one; the claim of the intervals.
MOST_STEP, LEVEL = 6, 0.95


def draw(*, seed: int, measured: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Draw series of each length and autocorrelation, and fit each method to them.

    Series of one length share their shocks, so that only the autocorrelation differs. ``measured`` is the data set
    ``interval_coverage``: the share of thousands of such series whose interval contains the truth. By
    ``"months|autocorrelation"`` there are ``noise`` of the first series and, for each method, ``error`` (estimate minus
    truth) and ``half`` (half the width of the interval) of each series, and the ``recorded`` share in percent.
    """
    of_level = measured[(measured["noise"] == "ar1") & (measured["estimand"] == "level")]
    recorded = of_level.set_index(["method", "periods", "autocorrelation"])["covered_95"]
    cells: dict[str, dict[str, Any]] = {}
    for months in simulate.LENGTHS:
        matrix, _ = design(months, start=months // 2)
        options = {"series": DRAWN, "periods": months, "sd": simulate.VALUES["noise"]}
        noise = np.vstack([
            simulate.noise(np.random.default_rng(seed), rho=rho, **options) for rho in simulate.RHOS
        ])  # fmt: skip
        fits = {name: simulate.linear(name, noise, matrix, np.array([[0, 0, 1.0, 0]])) for name in METHODS}
        reach = {name: np.broadcast_to(fit.critical(LEVEL), fit.error.shape) * fit.error for name, fit in fits.items()}
        for place, rho in enumerate(simulate.RHOS):
            rows = slice(place * DRAWN, (place + 1) * DRAWN)
            cells[f"{months}|{rho:g}"] = {
                "noise": noise[rows][:SHOWN].round(2).tolist(),
                "methods": {
                    name: {
                        "error": fits[name].estimate[rows, 0].round(3).tolist(),
                        "half": reach[name][rows, 0].round(3).tolist(),
                        "recorded": float(recorded[name, months, rho]),
                    }
                    for name in METHODS
                },
            }
    return cells


def intervals_state(
    cells: dict[str, dict[str, Any]], *, months: str, rho: str, method: str, step: int, one: int, series: int
) -> State:
    """Return what one position of the controls gives; ``series`` is the number behind each recorded share."""
    methods = cells[f"{months}|{rho}"]["methods"]
    rows = pd.DataFrame([
        {"method": simulate.METHOD_NAMES[name], "contained": sum(_inside(of)), "recorded": of["recorded"],
         "width": 2 * float(np.median(of["half"]))}
        for name, of in methods.items()
    ])  # fmt: skip
    of, held = methods[method], _inside(methods[method])
    here = rows.iloc[METHODS.index(method)]
    low, high = (step + of["error"][one - 1] + side * of["half"][one - 1] for side in (-1, 1))
    short = 100 * LEVEL - here["recorded"]
    numbers = (
        Number("contained", "intervals with the true change", float(here["contained"]), f"{sum(held)} of {DRAWN}"),
        Number("recorded", f"the same in {series:,} simulated series", here["recorded"], f"{here['recorded']:.1f}%"),
        Number("short", "percentage points short of the claimed 95%", short, _signed(short)),
        Number("width", "median width of these intervals", here["width"], f"{here['width']:.1f}"),
    )
    sentence = (
        f"{sum(held)} of these {DRAWN} intervals contain the true change of {step}. In {series:,} simulated series of "
        f"this kind the share was {here['recorded']:.1f}%; the intervals claim 95%. In series {one} the interval is "
        f"{_signed(low)} to {_signed(high)}, which {'contains' if held[one - 1] else 'misses'} the true change."
    )
    return State(sentence, numbers, rows)


def _inside(of: dict[str, Any]) -> list[bool]:
    return [abs(error) <= half for error, half in zip(of["error"], of["half"], strict=True)]


def _signed(value: float) -> str:
    return f"{value + 0.0:z.1f}".replace("-", "−")


def drawn_intervals(cells: dict[str, dict[str, Any]], *, months: str, rho: str, method: str, step: int) -> pd.DataFrame:
    """Return the intervals of one position: series, estimate, lower, upper, and whether the truth is in it."""
    of = cells[f"{months}|{rho}"]["methods"][method]
    rows = pd.DataFrame({"series": range(1, DRAWN + 1), "estimate": step + np.array(of["error"])})
    half = np.array(of["half"])
    return rows.assign(lower=rows["estimate"] - half, upper=rows["estimate"] + half, contained=_inside(of))


def plot_intervals(rows: pd.DataFrame, *, step: int, width: int) -> Figure:
    """Draw each interval as a line; one that misses the true change is thicker, in another colour, with a cross."""
    figure, axes = titled(width, title="Estimated change of level, 95% confidence interval", across="series")
    for contained, role, thick in ((True, "subject", 1.5), (False, "comparison", 2.4)):
        some = rows[rows["contained"] == contained]
        axes.vlines(some["series"], some["lower"], some["upper"], color=COLOUR[role], linewidth=thick)
        if not contained:
            axes.plot(some["series"], some["estimate"], "x", color=COLOUR[role], markersize=5)
    axes.axhline(step, color=COLOUR["context"], linewidth=1.3)
    return figure


def plot_series(values: pd.DataFrame, *, width: int) -> Figure:
    """Draw one simulated series with its true course."""
    title = "Simulated values, and the true course"
    figure, axes = titled(width, title=title, across="month", heights=(240, 220))
    axes.plot(values["month"], values["course"], color=COLOUR["context"], linestyle="--", linewidth=1.3)
    axes.plot(values["month"], values["value"], color=COLOUR["subject"], linewidth=1.5, marker="s", markersize=4,
              markerfacecolor=COLOUR["paper"])  # fmt: skip
    return figure


def drawn_series(cells: dict[str, dict[str, Any]], *, months: str, rho: str, step: int, one: int) -> pd.DataFrame:
    """Return the values of one series, and its true course."""
    noise, shape = np.array(cells[f"{months}|{rho}"]["noise"][one - 1]), simulate.VALUES
    time = np.arange(len(noise))
    since = np.maximum(time - len(noise) // 2, 0)
    course = shape["start"] + shape["slope"] * time + step * (time >= len(noise) // 2) + shape["trend"] * since
    return pd.DataFrame({"month": time + 1, "value": course + noise, "course": course})


def intervals_explorer(
    cells: dict[str, dict[str, Any]], *, months: str, rho: str, method: str, step: int, series: int
) -> Explorer:
    """Return the explorer of drawn intervals, starting from one kind of series and one method."""
    ends = [
        (error - half, error + half)
        for cell in cells.values()
        for of in cell["methods"].values()
        for error, half in zip(of["error"], of["half"], strict=True)
    ]
    axis = {"low": float(np.floor(min(ends)[0])), "high": float(np.ceil(max(high for _, high in ends) + MOST_STEP))}
    courses = [
        drawn_series(cells, months=key.partition("|")[0], rho=key.partition("|")[2], step=at, one=one)["value"]
        for key in cells
        for at in (0, MOST_STEP)
        for one in range(1, SHOWN + 1)
    ]
    values = {"low": float(np.floor(min(one.min() for one in courses))), "high": float(np.ceil(max(map(max, courses))))}
    return Explorer(
        kind="intervals",
        title="Intervals to draw",
        controls=[
            Choice("method", "Method", {name: simulate.METHOD_NAMES[name] for name in METHODS}, method),
            Choice("months", "Months in each series", {str(one): f"{one} months" for one in simulate.LENGTHS}, months),
            Choice("rho", "Autocorrelation", {f"{one:g}": f"{one:g}" for one in simulate.RHOS}, rho),
            Slider("step", "True change of level", 0, MOST_STEP, 1, step, str(step)),
            Slider("one", "Series shown below", 1, SHOWN, 1, 1, "1"),
        ],
        start=intervals_state(cells, months=months, rho=rho, method=method, step=step, one=1, series=series),
        inputs={
            "cells": cells, "names": {name: simulate.METHOD_NAMES[name] for name in METHODS}, "count": DRAWN,
            "series": f"{series:,}", "start": simulate.VALUES["start"], "slope": simulate.VALUES["slope"],
            "trend": simulate.VALUES["trend"], "axis": axis, "values": values,
        },
        charts={"intervals-to-draw": (280, 150), "series-to-draw": (190, 120)},
        caption="The same series by each method",
        formats={"recorded": "{:.1f}", "width": "{:.1f}"},
        headings={
            "contained": f"with the true change, of {DRAWN}", "recorded": f"in {series:,} series (%)",
            "width": "median width",
        },
    )  # fmt: skip
