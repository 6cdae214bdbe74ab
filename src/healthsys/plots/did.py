"""Plots of comparisons: event studies, units in a funnel, changes that a source reports."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from healthsys.plots.style import COLOUR, MEASURE, funnel_curves, is_narrow, marker, note
from healthsys.say import count, listed, number

#: Colour and shape of each group of a funnel.
GROUPS = (("subject", "s"), ("comparison", "o"), ("third", "^"), ("fourth", "v"))


def plot_event_study(
    events: pd.DataFrame, *, two_way: float | None = None, kind: str = "yours", label: str = "Effect", ax: Any
) -> Any:
    """Draw the average effect by periods since the start; earlier points show whether trends already differed.

    Parameters
    ----------
    events
        ``since`` and ``effect``, as :func:`healthsys.did.event_study` returns them; intervals are drawn where it has
        ``lower`` and ``upper``, as the parts of :func:`healthsys.did.average_effects` do.
    two_way
        Estimate of the usual regression (two-way fixed effects), as a line to compare with.
    kind
        Kind of data, for the marks (:func:`healthsys.plots.style.marker`).
    label
        What is measured, with its unit.
    """
    ax.axhline(0, color=COLOUR["context"], linewidth=1)
    ax.axvline(-0.5, color=COLOUR["context"], linewidth=1.2, linestyle=(0, (2, 2)))
    if "lower" in events:
        ax.vlines(events["since"], events["lower"], events["upper"], color=COLOUR["subject"], linewidth=1.4)
    ax.plot(events["since"], events["effect"], color=COLOUR["subject"], markersize=6, **marker(kind))
    if two_way is not None:
        ax.axhline(two_way, color=COLOUR["comparison"], linestyle="--", linewidth=1.8, label="usual regression")
        ax.legend(loc="upper left")
    ax.set_xlabel("months since the start")
    ax.set_title(label, **MEASURE)
    return ax


def alt_event_study(events: pd.DataFrame, *, two_way: float, label: str) -> str:
    """Describe an event study: lowest and highest effect before the start, first, last, and the usual regression.

    >>> events = pd.DataFrame({"since": [-2, -1, 0, 1], "effect": [-0.4, 0.0, 2.0, 3.5]})
    >>> alt_event_study(events, two_way=1.2, label="coverage")[:73]
    'Effect on coverage by months since the start: between −0.4 and 0.0 before'
    """
    before, effect = events.loc[events["since"] < 0, "effect"], events.set_index("since")["effect"]
    return (
        f"Effect on {label} by months since the start: between {number(before.min())} and {number(before.max())} "
        f"before it, {number(effect.get(0, np.nan))} in the first month and {number(effect.iloc[-1])} after "
        f"{effect.index[-1]} months. The usual regression finds {number(two_way)}."
    )


def plot_funnel(
    placed: Any, *, size: str, groups: pd.Series, kind: str = "yours", measure: str = "", size_label: str = "", ax: Any
) -> Any:
    """Draw units by their size inside the limits of a funnel; ``groups`` names the group of each, in the same order."""
    funnel_curves(ax, placed.curves)
    ax.axhline(100 * placed.target, color=COLOUR["context"], linewidth=1)
    for place, (group, rows) in enumerate(placed.points.groupby(groups.to_numpy(), sort=False)):
        colour, shape = GROUPS[place % len(GROUPS)]
        marks = {**marker(kind, COLOUR[colour]), "marker": shape}
        ax.plot(rows[size], 100 * rows["value"], linestyle="none", label=group, markersize=6.5, **marks)
    ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 8))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(size_label or size)
    ax.set_title(measure, **MEASURE)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return ax


def alt_funnel(placed: Any, *, unit: str) -> str:
    """Describe a funnel: how many units are in each place around the pooled value."""
    places = [f"{n} {place}" for place, n in placed.points["place"].value_counts().items()]
    units = count(len(placed.points), unit)
    return f"Funnel of {units} around a pooled coverage of {number(100 * placed.target)}%: {listed(places)}."


def plot_changes(rows: pd.DataFrame, *, subject: str, ax: Any) -> Any:
    """Draw reported changes as lines from zero: ``label``, ``place``, ``change`` (%), ``paper`` (a filled mark)."""
    narrow = is_narrow(ax)
    for at, row in enumerate(rows.itertuples()):
        colour = COLOUR["subject"] if row.place == subject else COLOUR["comparison"]
        hollow = {} if row.paper else {"marker": "o", "markerfacecolor": COLOUR["paper"]}
        ax.plot([0, row.change], [at, at], color=colour, linewidth=2, linestyle="-" if row.paper else ":")
        ax.plot(row.change, at, markersize=9, **(marker("published", colour) | hollow))
        side, nudge = ("left", 9) if row.change > 0 else ("right", -9)
        said = number(row.change, "{:+g}%")
        note(ax, said, (row.change, at), (nudge, 0), tone="text", va="center", ha=side, fontsize=12)
    ax.axvline(0, color=COLOUR["context"], linewidth=1)
    ax.set_yticks(range(len(rows)), [label.replace(", ", ",\n") if narrow else label for label in rows["label"]])
    ax.invert_yaxis()
    ax.set_xlim(rows["change"].min() * (1.65 if narrow else 1.4), rows["change"].max() * 1.65)
    ax.set_xlabel("reported change of admissions (%)")
    return ax


def alt_changes(rows: pd.DataFrame) -> str:
    """Describe reported changes, each by its label.

    >>> alt_changes(pd.DataFrame({"label": ["Frome, paper"], "change": [-14.0]}))
    'Reported changes of admissions: Frome, paper −14%.'
    """
    said = "; ".join(f"{row.label} {number(row.change, '{:+g}')}%" for row in rows.itertuples())
    return f"Reported changes of admissions: {said}."
