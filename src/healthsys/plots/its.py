"""Plots of an interrupted series: the fit with its counterfactual, the residuals, and other units for comparison.

>>> from matplotlib.figure import Figure
>>> from healthsys.plots.its import alt_units, plot_units
>>> months = pd.date_range("2023-01-01", periods=4, freq="MS")
>>> shares = pd.DataFrame({"unit": ["A"] * 4 + ["B"] * 4, "period": [*months] * 2,
...                        "index": [100.0, 100, 80, 90, 100, 100, 95, 99]})
>>> ax = plot_units(shares, subject="A", change=months[2], ax=Figure().subplots())
>>> alt_units(shares, subject="visits", change_name="the change")
'Visits in A, B, as a percentage of the mean before the change. Lowest points: A 80 in March 2023; B 95 in March 2023.'
"""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from healthsys.plots.series import change_line, event_lines, legend_below, mark_size, time_axis
from healthsys.plots.style import COLOUR, is_narrow, marker
from healthsys.say import listed, month, number, percent_of

__all__ = [
    "alt_panels", "alt_residuals", "alt_segmented", "alt_units", "plot_coverage", "plot_panels", "plot_residuals",
    "plot_segmented", "plot_units",
]  # fmt: skip

#: Line styles and colours of further units, in turn.
_STYLES = ("--", ":", "-.", (0, (5, 1)))
_COLOURS = ("comparison", "third", "fourth", "context")


def plot_coverage(rows: pd.DataFrame, *, claimed: float, ax: Axes) -> Axes:
    """Draw how often the intervals of each model contain the truth, without and with autocorrelation.

    Parameters
    ----------
    rows
        ``model``, ``noise`` (``without`` or ``with``), ``rho``, and in percent ``percent`` and ``half`` (half width of
        its interval).
    claimed
        Level that the intervals claim, in percent.
    """
    styles = {"without": ("subject", "s", -0.14), "with": ("comparison", "o", 0.14)}
    names = rows["model"].drop_duplicates()
    for noise, part in rows.groupby("noise", sort=False):
        role, shape, shift = styles[noise]
        said = "independent months" if noise == "without" else f"autocorrelation {part['rho'].iloc[0]:g}"
        ax.errorbar(
            part["percent"], np.arange(len(part)) + shift, xerr=part["half"], fmt=shape, color=COLOUR[role],
            markerfacecolor=COLOUR["paper"], markersize=7, label=said,
        )  # fmt: skip
    ax.axvline(claimed, color=COLOUR["context"], linestyle="--")
    ax.set_yticks(range(len(names)), [textwrap.fill(one, 20 if is_narrow(ax) else 34) for one in names])
    ax.set(ylim=(len(names) - 0.5, -0.6), xlabel="series whose interval\ncontains the true change (%)")
    ax.figure.legend(loc="outside lower left", ncols=1 if is_narrow(ax) else 2)
    return ax


def plot_segmented(
    found: Any,
    *,
    title: str,
    kind: str = "yours",
    truth: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    expected: pd.DataFrame | None = None,
    at: pd.Timestamp | None = None,
    ax: Axes,
) -> Axes:
    """Draw observed and fitted values, and the earlier trend carried on with its interval.

    A vertical bar spans the difference at the horizon: of the fitted line from the earlier trend, or, with
    ``expected``, of the observed value from the expected one.

    Parameters
    ----------
    found
        A fitted segmented regression with ``curve``, ``change`` and ``at_horizon``.
    title
        What is measured, with its unit.
    kind
        Kind of the data, for the marks.
    truth
        ``period`` and ``value`` of the true course without the interruption, where it is known.
    events
        ``number`` and ``date`` of what else happened, drawn faintly behind the series.
    expected
        ``period``, ``observed``, ``expected``, ``lower`` and ``upper`` of the periods after the change, to draw in
        place of the model's own earlier trend and its confidence interval.
    at
        The period of ``expected`` at which the bar stands.
    """
    curve = found.curve
    after = curve["counterfactual"].notna()
    late = curve[after]
    course, one = late, found.at_horizon
    ends = (one.counterfactual, one.fitted) if one.period > found.change else ()
    if expected is not None:
        course = expected.rename(columns={"expected": "counterfactual"})
        (ends,) = expected.loc[expected["period"] == at, ["expected", "observed"]].to_numpy(dtype=float)
    marks = {**marker(kind), "markeredgewidth": 1.4, "markersize": mark_size(ax, len(curve), small=4, usual=5.5)}
    ax.plot(curve["period"], curve["value"], linestyle="none", zorder=4, **marks, label="observed")
    for rows, label in ((curve[~after], None), (late, "fitted")):
        ax.plot(rows["period"], rows["fitted"], color=COLOUR["subject"], linewidth=2, zorder=3, label=label)
    ax.plot(
        course["period"], course["counterfactual"], color=COLOUR["comparison"], linewidth=2, linestyle="--", zorder=3,
        label="earlier trend" if expected is None else "expected",
    )  # fmt: skip
    ax.fill_between(
        course["period"], course["lower"], course["upper"], color=COLOUR["comparison"], alpha=0.13, linewidth=0,
        zorder=1,
    )  # fmt: skip
    if truth is not None:
        ax.plot(
            truth["period"], truth["value"], color=COLOUR["third"], linewidth=1.5, linestyle=":", zorder=3,
            label="true trend without the change",
        )  # fmt: skip
    if len(ends):
        ax.plot([one.period if at is None else at] * 2, ends, color=COLOUR["text"], linewidth=1.6, zorder=5)
    change_line(ax, found.change)
    time_axis(ax, curve["period"], title=title)
    edges = [] if expected is None else ["lower", "upper"]
    values = [*curve[["value", "fitted"]].to_numpy().ravel(), *course[["counterfactual", *edges]].to_numpy().ravel()]
    low, high = np.nanmin(values), np.nanmax(values)
    ax.set_ylim(low - 0.2 * (high - low), high + 0.2 * (high - low))
    event_lines(ax, events)
    legend_below(ax)
    return ax


def alt_segmented(
    found: Any, *, subject: str, change_name: str, when: str, unit: str = "",
    format: Callable[..., str] = lambda value, plus=False: number(value, "{:+,.1f}" if plus else "{:,.1f}"),
) -> str:  # fmt: skip
    """Say what the fit and the earlier trend give at the horizon, and the difference."""
    one = found.at_horizon
    low, high = (format(bound, plus=True) for bound in (one.lower, one.upper))
    return (
        f"{subject[:1].upper()}{subject[1:]}, observed and fitted, with {change_name} marked. In {when} the fit is "
        f"{format(one.fitted)} where the earlier trend would have given {format(one.counterfactual)}: a difference of "
        f"{format(one.absolute, plus=True)} {unit} ({percent_of(found.level)} CI {low} to "
        f"{high})."
    )


def plot_residuals(bars: pd.DataFrame, *, step: str = "period", ax: Sequence[Axes]) -> Sequence[Axes]:
    """Draw autocorrelation (``acf``) and partial autocorrelation (``pacf``) by ``lag`` on two axes.

    ``band`` is where the bars of a series without autocorrelation lie; ``step`` is what a period is called.
    """
    for panel, column, title in zip(ax, ("acf", "pacf"), ("Autocorrelation", "Partial autocorrelation"), strict=True):
        panel.axhspan(-bars["band"].iloc[0], bars["band"].iloc[0], color=COLOUR["faint"], zorder=0)
        panel.axhline(0, color=COLOUR["context"], linewidth=1)
        panel.vlines(bars["lag"], 0, bars[column], color=COLOUR["subject"], linewidth=2.5)
        panel.plot(bars["lag"], bars[column], "s", color=COLOUR["subject"], markersize=5)
        panel.set_title(title, fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panel.set_ylim(-1, 1)
    ax[-1].set_xlabel(f"lag ({step}s)")
    return ax


def alt_residuals(bars: pd.DataFrame) -> str:
    """Say how strong the first autocorrelation is and which lags lie outside the band.

    >>> alt_residuals(pd.DataFrame({"lag": [1, 2], "acf": [0.1, 0.6], "band": 0.4}))
    'Autocorrelation of the residuals by lag: 0.10 at the first lag. Outside the band expected without it: lag 2.'
    """
    outside = bars.loc[bars["acf"].abs() > bars["band"], "lag"]
    said = f"lag{'s' * (len(outside) > 1)} {listed(outside)}" if len(outside) else "none"
    return (
        f"Autocorrelation of the residuals by lag: {bars['acf'].iloc[0]:.2f} at the first lag. Outside the band "
        f"expected without it: {said}."
    )


def plot_panels(curves: pd.DataFrame, *, change: Any, ax: Sequence[Axes]) -> Sequence[Axes]:
    """Draw a small panel for each series: observed, fitted, and the earlier trend carried on.

    ``curves`` has ``panel`` (its title), ``period``, ``value``, ``fitted`` and ``counterfactual``, of synthetic data.
    """
    for panel, (name, rows) in zip(ax, curves.groupby("panel", sort=False), strict=True):
        after = rows["counterfactual"].notna()
        marks = {**marker("synthetic"), "markersize": 4}
        panel.plot(rows["period"], rows["value"], linestyle="none", label="observed", **marks)
        for part, label in ((rows[~after], None), (rows[after], "fitted")):
            panel.plot(part["period"], part["fitted"], color=COLOUR["subject"], linewidth=2, label=label)
        panel.plot(
            rows["period"], rows["counterfactual"], color=COLOUR["comparison"], linewidth=2, linestyle="--",
            label="earlier trend",
        )  # fmt: skip
        change_line(panel, change)
        time_axis(panel, rows["period"], title=textwrap.fill(str(name), 44 if is_narrow(panel) else 90))
    legend_below(ax[-1])
    return ax


def alt_panels(curves: pd.DataFrame, *, unit: str) -> str:
    """Say for each panel where the fitted line and the earlier trend end."""
    last = curves.dropna(subset="counterfactual").groupby("panel", sort=False).tail(1)
    said = "; ".join(
        f"{name}: fitted {number(fitted, '{:.0f}')}, earlier trend {number(base, '{:.0f}')}"
        for name, fitted, base in last[["panel", "fitted", "counterfactual"]].to_numpy()
    )
    series = curves["panel"].nunique()
    return f"Observed and fitted values of {series} series ({unit}), one panel each. At the end, {said}."


def plot_units(shares: pd.DataFrame, *, subject: str, change: Any = None, ax: Axes) -> Axes:
    """Draw several units, each as a percentage (``index``) of its own mean before the change."""
    others = iter(zip(_STYLES * 99, _COLOURS * 99, strict=True))
    for name, rows in shares.groupby("unit", sort=False):
        own = name == subject
        style, colour = ("-", "subject") if own else next(others)
        text = str(name)  # matplotlib leaves a label that begins with "_" out of the legend
        ax.plot(
            rows["period"], rows["index"], color=COLOUR[colour], linewidth=2.6 if own else 1.7, linestyle=style,
            label=f"\N{WORD JOINER}{text}" if text.startswith("_") else text, zorder=4 if own else 3,
        )  # fmt: skip
    ax.axhline(100, color=COLOUR["context"], linewidth=1)
    change_line(ax, change)
    time_axis(ax, shares["period"].drop_duplicates().sort_values(), title="% of own mean before the change")
    legend_below(ax)
    return ax


def alt_units(shares: pd.DataFrame, *, subject: str, change_name: str) -> str:
    """Say which units are drawn and when each was lowest."""
    lowest = shares.loc[shares.groupby("unit", sort=False)["index"].idxmin(), ["unit", "index", "period"]]
    said = "; ".join(f"{unit} {number(value, '{:.0f}')} in {month(day)}" for unit, value, day in lowest.to_numpy())
    return (
        f"{subject[:1].upper()}{subject[1:]} in {', '.join(map(str, shares['unit'].unique()))}, as a percentage of the "
        f"mean before {change_name}. Lowest points: {said}."
    )
