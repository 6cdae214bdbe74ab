"""The control chart that a reader changes: where its limits are recalculated, and how long a run must be."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from everyday.explorers.pages import INK, Explorer, Number, Slider, State, Tick, vega_lite
from healthsys.io.prepare import PreparedSeries
from healthsys.say import capital, period
from healthsys.spc.charts import FEWEST_POINTS, RULES, SHIFT_LENGTH, TREND_LENGTH, ControlChart, xmr

#: Fewest points on either side of the place from which limits are recalculated.
FEWEST_IN_PART = 6

#: Shapes of Vega for the rules: those that the figures of the book draw (circle, triangle, x, plus).
SHAPES = ("circle", "triangle-up", "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z", "cross")

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
    return State(_sentence(ready, chart, counts), tuple(numbers), rows, {"points": _drawn(points)})


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


def _drawn(points: pd.DataFrame) -> list[dict[str, Any]]:
    kept = points[["value", "segment", "mean", "lpl", "upl", "signal"]]
    observed = kept.astype(object).where(kept.notna(), None).to_dict("records")
    days = [int(pd.Timestamp(day).value // 1_000_000) for day in points["period"]]
    return [{"time": day, **row} for day, row in zip(days, observed, strict=True)]


def _picture(ready: PreparedSeries, *, kind: str) -> alt.LayerChart:
    """Draw limits, values and special causes from the named rows ``points``."""
    base = alt.Chart(alt.NamedData("points")).encode(
        x=alt.X("time:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%b %Y", labelOverlap=True))
    )
    title = ready.measure.axis[:1].upper() + ready.measure.axis[1:]
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    seen = [
        alt.Tooltip("time:T", title=ready.step.name, format="%b %Y", formatType="utc"),
        alt.Tooltip("value:Q", title="value", format=f",.{ready.measure.digits}f"),
        alt.Tooltip("signal:N", title="special cause"),
    ]
    lines = [
        base.mark_line(color=INK["context"], strokeWidth=1.3, strokeDash=dash).encode(
            y=alt.Y(f"{name}:Q", title=title), detail="segment:N"
        )
        for name, dash in (("mean", [1, 0]), ("lpl", [6, 4]), ("upl", [6, 4]))
    ]
    near = [
        base.transform_calculate(near=f"datum.mean + (datum.{limit} - datum.mean) * 2 / 3")
        .mark_line(color=INK["faint"], strokeWidth=1.3)
        .encode(y=alt.Y("near:Q", title=title), detail="segment:N")
        for limit in ("lpl", "upl")
    ]
    inside = INK["subject"] if kind == "published" else INK["paper"]
    shape = "diamond" if kind == "yours" else "square"
    calm = (
        base.transform_filter("datum.signal == ''")
        .mark_point(shape=shape, size=40, fill=inside, stroke=INK["subject"], strokeWidth=1.5, opacity=1)
        .encode(y=value, tooltip=seen[:2])
    )
    marked = (
        base.transform_filter("datum.signal != ''")
        .mark_point(size=80, fill=INK["comparison"], stroke=INK["comparison"], opacity=1)
        .encode(
            y=value, tooltip=seen,
            shape=alt.Shape(
                "signal:N", scale=alt.Scale(domain=list(RULES), range=list(SHAPES)),
                legend=alt.Legend(
                    title=None, orient="bottom", columns=2, symbolFillColor=INK["comparison"],
                    symbolStrokeColor=INK["comparison"],
                ),
            ),
        )
    )  # fmt: skip
    line = base.mark_line(strokeWidth=1.5, color=INK["subject"]).encode(y=value)
    return alt.layer(*near, *lines, line, calm, marked)


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
            "times": [row["time"] for row in _drawn(start.points)],
            "labels": labels, "period": ready.step.name, "sign": measure.sign, "digits": measure.digits,
            "fewestInPart": FEWEST_IN_PART, "fewest": FEWEST_POINTS,
        },
        charts={"chart-to-move": vega_lite(_picture(ready, kind=kind), height=320)},
        caption=f"{capital(subject)} by {ready.step.name}, with limits and special causes",
        formats=dict.fromkeys(("value", "mean", "lpl", "upl"), digits),
        headings={
            "period": ready.step.name, "value": measure.axis, "lpl": "lower limit", "upl": "upper limit",
            "signal": "special cause",
        },
    )  # fmt: skip
