"""The control chart that a reader changes: where its limits are recalculated, and how long a run must be."""

from __future__ import annotations

import pandas as pd

from everyday.explorers.pages import Explorer, Number, Slider, State, Tick
from healthsys.io.prepare import PreparedSeries
from healthsys.say import capital, period
from healthsys.spc.charts import FEWEST_POINTS, RULES, SHIFT_LENGTH, TREND_LENGTH, ControlChart, xmr

#: Fewest points on either side of the place from which limits are recalculated.
FEWEST_IN_PART = 6

#: Lengths of a run that the sliders offer.
SHORTEST, LONGEST = 5, 12


def chart_at(ready: PreparedSeries, *, rebase: int = 0, shift: int, trend: int, screen: bool) -> ControlChart:
    """Return the chart at one position of the sliders; a rebase under :data:`FEWEST_IN_PART` is none."""
    return xmr(
        ready.frame["value"], periods=ready.frame["period"], screen=screen, trend_length=trend, shift_length=shift,
        rebase=[rebase] if rebase >= FEWEST_IN_PART else [],
    )  # fmt: skip


def chart_state(ready: PreparedSeries, chart: ControlChart) -> State:
    """Return the state of a chart; the browser computes the same (``control-chart`` in ``explore-models.js``)."""
    points, value = chart.points, ready.measure.value
    counts = {rule: int((points["signal"] == rule).sum()) for rule in RULES}
    numbers = [Number("signals", "points with special cause", sum(counts.values()), str(sum(counts.values())))]
    numbers += [Number(rule.replace(" ", "_"), rule, count, str(count)) for rule, count in counts.items()]
    for part in chart.segments.itertuples():
        place = "" if len(chart.segments) == 1 else (" before", " after")[part.segment - 1]
        for name, label in (("mean", "mean"), ("lpl", "lower limit"), ("upl", "upper limit")):
            found = float(getattr(part, name))
            numbers.append(Number(f"{name}_{part.segment}", label + place, found, value(found)))
    rows = points[["period", "value", "mean", "lpl", "upl", "signal"]].copy()
    rows["period"] = [period(day, ready.step.name) for day in points["period"]]
    rows["signal"] = points["signal"].where(points["signal"] != "", "none")
    return State(_sentence(ready, chart, counts), tuple(numbers), rows)


def _sentence(ready: PreparedSeries, chart: ControlChart, counts: dict[str, int]) -> str:
    points, value = chart.points, ready.measure.value
    parts = list(chart.segments.itertuples())
    if len(parts) == 1:
        start = "With one set of limits"
        level = f"The mean is {value(parts[0].mean)}."
    else:
        begins = points.loc[points["segment"] == 2, "period"].iloc[0]
        start = f"With limits recalculated from {period(begins, ready.step.name)}"
        level = f"The mean goes from {value(parts[0].mean)} to {value(parts[1].mean)}."
    named = ", ".join(f"{rule} {count}" for rule, count in counts.items() if count)
    observed = int(points["value"].notna().sum())
    said = f"{start}, {sum(counts.values())} of {observed} {ready.step.name}s show special-cause variation"
    said += f" ({named}). {level}" if named else f". {level}"
    few = [str(part.points) for part in parts if part.points < FEWEST_POINTS]
    return said + (f" Limits based on {' and '.join(few)} points are provisional." if few else "")


def chart_explorer(ready: PreparedSeries, *, subject: str, kind: str) -> Explorer:
    """Return the explorer of a series: rebase, lengths of trend and shift, screening of moving ranges.

    ``subject`` names the series in a sentence; ``kind`` is the kind of the data, for the marks.
    """
    count = len(ready.frame)
    start = chart_at(ready, shift=SHIFT_LENGTH, trend=TREND_LENGTH, screen=True)
    measure, digits = ready.measure, f"{{:,.{ready.measure.digits}f}}"
    labels = [period(day, ready.step.name) for day in ready.frame["period"]]
    return Explorer(
        kind="control-chart",
        title="Control chart to change",
        controls=[
            Slider(
                "rebase", "Recalculate limits from", FEWEST_IN_PART - 1, count - FEWEST_IN_PART, 1, FEWEST_IN_PART - 1,
                "never",
            ),
            Slider("shift", "Points in a row on one side that count as a shift", SHORTEST, LONGEST, 1, SHIFT_LENGTH,
                   f"{SHIFT_LENGTH} points", "points"),
            Slider("trend", "Points in a row up or down that count as a trend", SHORTEST, LONGEST, 1, TREND_LENGTH,
                   f"{TREND_LENGTH} points", "points"),
            Tick("screen", "Ignore unusually large moving ranges when setting limits", True),
        ],
        start=chart_state(ready, start),
        inputs={
            "values": [None if pd.isna(one) else float(one) for one in ready.frame["value"]],
            "labels": labels, "period": ready.step.name, "sign": measure.sign, "digits": measure.digits,
            "kind": kind, "title": capital(measure.axis),
            "fewestInPart": FEWEST_IN_PART, "fewest": FEWEST_POINTS,
        },
        charts={"chart-to-move": (340, 220)},
        caption=f"{capital(subject)} by {ready.step.name}, with limits and special causes",
        formats=dict.fromkeys(("value", "mean", "lpl", "upl"), digits),
        headings={
            "period": ready.step.name, "value": measure.axis, "lpl": "lower limit", "upl": "upper limit",
            "signal": "special cause",
        },
        own=True,
    )  # fmt: skip
