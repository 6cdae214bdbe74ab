"""The ward that a reader moves: beds, arrivals, stay and accepted risk."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from everyday.explorers.pages import Explorer, Number, Slider, State, titled
from healthsys import queueing
from healthsys.plots.style import COLOUR

#: Beds that the drawn curve goes beyond the ward and beyond the ward that meets the accepted risk.
MARGIN = 12

#: Most beds that the slider and the axis of its chart offer.
MOST = 80


def beds_state(*, beds: int, arrivals: float, stay: float, accepted: float) -> State:
    """Return what a ward means for those who come: arrivals per day, mean stay in days, accepted risk in percent.

    >>> print(beds_state(beds=12, arrivals=2, stay=5, accepted=5).sentence.split(". ")[1])
    With one more bed, 35 fewer per 1,000 would be turned away
    """
    load = arrivals * stay
    rows = queueing.one_more_bed(load, beds)
    full, used = float(rows["full"].iloc[0]), float(rows["occupancy"].iloc[0])
    needed, spared = queueing.smallest_ward(load, target=accepted / 100), float(rows["spared"].iloc[1])
    must_wait = 100 * queueing.erlang_c(load, beds) if load < beds else None
    wait = 24 * queueing.mean_wait(load, beds, stay=stay) if load < beds else None
    none = "no limit: more patients arrive than leave"
    numbers = (
        Number("load", "demand (beds)", load, f"{load:.2f}"),
        Number("full", "turned away", 100 * full, f"{100 * full:.1f}%"),
        Number("used", "beds in use", 100 * used, f"{100 * used:.1f}%"),
        Number("slack", "beds free", 100 * (1 - used), f"{100 * (1 - used):.1f}%"),
        Number("weekly", "turned away per week", 7 * arrivals * full, f"{7 * arrivals * full:.1f}"),
        Number("spared", "fewer turned away per 1,000 with one more bed", spared, f"{spared:.1f}"),
        Number("needed", "beds needed for the target", needed, str(needed)),
        Number("must_wait", "have to wait (if nobody is turned away)", *_known(must_wait, "%", none)),
        Number("mean_wait", "average wait (if nobody is turned away)", *_known(wait, " hours", none)),
    )
    sentence = (
        f"With {_counted(beds, 'bed')}, {arrivals:.1f} arrivals per day and an average stay of {stay:.1f} days, "
        f"{100 * full:.1f}% of patients are turned away and {100 * used:.1f}% of beds are in use on average. "
        f"With one more bed, {spared:.0f} fewer per 1,000 would be turned away. "
        f"To turn away no more than {accepted:.0f}% takes {_counted(needed, 'bed')}."
    )
    table = rows[["beds", "full", "occupancy", "turned_away", "spared"]].copy()
    table[["full", "occupancy"]] *= 100
    low, high = max(1, min(beds, needed) - MARGIN), max(beds, needed) + MARGIN
    curve = [{"beds": n, "full": 100 * queueing.erlang_b(load, n), "accepted": accepted} for n in range(low, high + 1)]
    return State(sentence, numbers, table, {"curve": curve}, {"beds": beds, "needed": needed})


def _known(value: float | None, unit: str, otherwise: str) -> tuple[float | None, str]:
    return (None, otherwise) if value is None else (value, f"{value:.1f}{unit}")


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def draw_beds(state: State, *, width: int) -> Figure:
    """Draw the chance of a full ward over the number of beds, with the ward and the one that meets the risk."""
    curve = pd.DataFrame(state.data["curve"])
    beds, needed, accepted = state.signals["beds"], state.signals["needed"], curve["accepted"].iloc[0]
    figure, axes = titled(width, title="Patients turned away (%)", across="beds")
    axes.plot(curve["beds"], curve["full"], color=COLOUR["subject"], linewidth=2.2)
    axes.axhline(accepted, color=COLOUR["context"], linestyle="--", linewidth=1.3)
    for place, role, name in ((beds, "comparison", "this ward"), (needed, "third", "target met")):
        height = float(curve.loc[curve["beds"] == place, "full"].iloc[0])
        axes.plot([place], [height], color=COLOUR[role], marker="o" if role == "comparison" else "^", markersize=9)
        axes.annotate(f"{name}: {place} beds", (place, height), xytext=(10, 8), textcoords="offset points",
                      color=COLOUR[role])  # fmt: skip
    axes.set_ylim(0, None)
    return figure


def beds_figure(state: State) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the curve."""
    return {
        "name": "risk-by-beds",
        "caption": "Computed, no data: Erlang's loss formula, Poisson arrivals, steady state. The dashed line is the "
        "largest acceptable share turned away; the triangle is the smallest ward that meets it.",
        "alt": f"Share of patients turned away by number of beds, falling steeply at first. {state.sentence}",
        "drawn": pd.DataFrame(state.data["curve"]),
    }


def beds_explorer(*, beds: int, arrivals: float, stay: float, accepted: float) -> Explorer:
    """Return the explorer of a ward, starting from the given one (``accepted`` in percent)."""
    return Explorer(
        kind="bed-slack",
        title="Ward to change",
        controls=[
            Slider("beds", "Beds", 1, MOST, 1, beds, f"{beds} beds", "beds"),
            Slider("arrivals", "Arrivals per day", 0.1, 20, 0.1, arrivals, f"{arrivals:.1f} per day", "per day"),
            Slider("stay", "Average stay", 0.5, 14, 0.1, stay, f"{stay:.1f} days", "days"),
            Slider("accepted", "Largest acceptable share turned away", 1, 20, 1, accepted, f"{accepted:.0f}%", "%"),
        ],
        start=beds_state(beds=beds, arrivals=arrivals, stay=stay, accepted=accepted),
        inputs={"most": MOST},
        charts={"risk-by-beds": (340, 230)},
        caption="The ward, and the effect of each further bed at the same demand",
        formats={"full": "{:.1f}", "occupancy": "{:.1f}", "turned_away": "{:.0f}", "spared": "{:.1f}"},
        headings={
            "full": "turned away (%)", "occupancy": "beds in use (%)",
            "turned_away": "turned away per 1,000", "spared": "fewer turned away per 1,000 than with one bed less",
        },
    )  # fmt: skip
