"""The control chart that a reader moves: where its limits begin again, and how long a run must be."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from everyday.explorers.pages import INK, Explorer, Number, Slider, State, Tick, vega_lite
from healthsys.trends import words
from healthsys.trends.control_charts import FEWEST_POINTS, RULES, SHIFT_LENGTH, TREND_LENGTH, ControlChart, xmr
from healthsys.trends.figures import chart_figure
from healthsys.trends.study import Study

#: Fewest points on either side of the place where limits begin again.
FEWEST_IN_PART = 6

#: Shapes of Vega for the rules: those that the figures of the book draw (circle, triangle, x, plus).
SHAPES = ("circle", "triangle-up", "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z", "cross")

#: Lengths of a run that the sliders offer.
SHORTEST, LONGEST = 5, 12


def chart_at(study: Study, *, rebase: int = 0, shift: int, trend: int, screen: bool) -> ControlChart:
    """Return the chart at one position of the sliders; a rebase under :data:`FEWEST_IN_PART` is none."""
    return xmr(
        study.series["value"],
        periods=study.series["period"],
        screen=screen,
        rebase=[rebase] if rebase >= FEWEST_IN_PART else [],
        trend_length=trend,
        shift_length=shift,
    )


def chart_state(study: Study, chart: ControlChart) -> State:
    """Return sentence, numbers, table and rows of a chart.

    Parameters
    ----------
    study
        The series and how it is named.
    chart
        What :func:`chart_at` gives.

    Returns
    -------
    State
        The browser computes the same (``control-chart`` in ``explore-models.js``).
    """
    points, value = chart.points, study.measure.value
    counts = {rule: int((points["signal"] == rule).sum()) for rule in RULES}
    numbers = [Number("signals", "points with special cause", sum(counts.values()), str(sum(counts.values())))]
    numbers += [Number(rule.replace(" ", "_"), rule, count, str(count)) for rule, count in counts.items()]
    for part in chart.segments.itertuples():
        place = "" if len(chart.segments) == 1 else (" before", " after")[part.segment - 1]
        for name, label in (("mean", "mean"), ("lpl", "lower limit"), ("upl", "upper limit")):
            found = float(getattr(part, name))
            numbers.append(Number(f"{name}_{part.segment}", label + place, found, value(found)))
    rows = points[["period", "value", "mean", "lpl", "upl", "signal"]].copy()
    rows["period"] = [words.period(day, study.period_name) for day in points["period"]]
    rows["signal"] = points["signal"].where(points["signal"] != "", "none")
    return State(_sentence(study, chart, counts), tuple(numbers), rows, {"points": _drawn(points)})


def _sentence(study: Study, chart: ControlChart, counts: dict[str, int]) -> str:
    points, value = chart.points, study.measure.value
    parts = list(chart.segments.itertuples())
    if len(parts) == 1:
        start = "With one set of limits"
        level = f"The mean is {value(parts[0].mean)}."
    else:
        begins = points.loc[points["segment"] == 2, "period"].iloc[0]
        start = f"With limits that begin again in {words.period(begins, study.period_name)}"
        level = f"The mean goes from {value(parts[0].mean)} to {value(parts[1].mean)}."
    named = ", ".join(f"{rule} {count}" for rule, count in counts.items() if count)
    observed = int(points["value"].notna().sum())
    said = f"{start}, {sum(counts.values())} of {observed} {study.period_name}s show special-cause variation"
    said += f" ({named}). {level}" if named else f". {level}"
    few = [str(part.points) for part in parts if part.points < FEWEST_POINTS]
    return said + (f" Limits that rest on {' and '.join(few)} points are provisional." if few else "")


def _drawn(points: pd.DataFrame) -> list[dict[str, Any]]:
    kept = points[["value", "segment", "mean", "lpl", "upl", "signal"]]
    observed = kept.astype(object).where(kept.notna(), None).to_dict("records")
    days = [int(pd.Timestamp(day).value // 1_000_000) for day in points["period"]]
    return [{"time": day, **row} for day, row in zip(days, observed, strict=True)]


def _picture(study: Study) -> alt.LayerChart:
    """Draw limits, values and special causes from the named rows ``points``."""
    base = alt.Chart(alt.NamedData("points")).encode(
        x=alt.X("time:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%b %Y", labelOverlap=True))
    )
    title = study.measure.axis[:1].upper() + study.measure.axis[1:]
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    seen = [
        alt.Tooltip("time:T", title=study.period_name, format="%b %Y", formatType="utc"),
        alt.Tooltip("value:Q", title="value", format=f",.{study.measure.digits}f"),
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
    inside = INK["subject"] if study.kind == "published" else INK["paper"]
    shape = "diamond" if study.kind == "yours" else "square"
    calm = (
        base.transform_filter("datum.signal == ''")
        .mark_point(shape=shape, size=40, fill=inside, stroke=INK["subject"], strokeWidth=1.5, opacity=1)
        .encode(y=value, tooltip=seen[:2])
    )
    marked = (
        base.transform_filter("datum.signal != ''")
        .mark_point(size=80, fill=INK["comparison"], stroke=INK["comparison"], opacity=1)
        .encode(
            y=value,
            tooltip=seen,
            shape=alt.Shape(
                "signal:N",
                scale=alt.Scale(domain=list(RULES), range=list(SHAPES)),
                legend=alt.Legend(
                    title=None, orient="bottom", columns=2, symbolFillColor=INK["comparison"],
                    symbolStrokeColor=INK["comparison"],
                ),
            ),
        )
    )  # fmt: skip
    line = base.mark_line(strokeWidth=1.5, color=INK["subject"]).encode(y=value)
    return alt.layer(*near, *lines, line, calm, marked)


def chart_to_move(study: Study) -> dict[str, Any]:
    """Return the control chart's figure under its own name; its caption leaves open what the reader screens."""
    figure = chart_figure(study)
    return {**figure, "name": "chart-to-move", "caption": figure["caption"].split(", moving ranges")[0] + "."}


def chart_explorer(study: Study) -> Explorer:
    """Return the explorer of a series: rebase, lengths of trend and shift, screening of moving ranges."""
    count = len(study.series)
    start = chart_at(study, shift=SHIFT_LENGTH, trend=TREND_LENGTH, screen=True)
    measure, digits = study.measure, f"{{:,.{study.measure.digits}f}}"
    labels = [words.period(day, study.period_name) for day in study.series["period"]]
    return Explorer(
        kind="control-chart",
        title="Control chart to move",
        controls=[
            Slider(
                "rebase", "Limits begin again in", FEWEST_IN_PART - 1, count - FEWEST_IN_PART, 1, FEWEST_IN_PART - 1,
                "one set of limits",
            ),
            Slider("shift", "Points of a shift (on one side)", SHORTEST, LONGEST, 1, SHIFT_LENGTH,
                   f"{SHIFT_LENGTH} points", "points"),
            Slider("trend", "Points of a trend (up or down)", SHORTEST, LONGEST, 1, TREND_LENGTH,
                   f"{TREND_LENGTH} points", "points"),
            Tick("screen", "Limits without extreme moving ranges", True),
        ],
        start=chart_state(study, start),
        inputs={
            "values": [None if pd.isna(one) else float(one) for one in study.series["value"]],
            "times": [row["time"] for row in _drawn(start.points)],
            "labels": labels, "period": study.period_name, "sign": measure.sign, "digits": measure.digits,
            "fewestInPart": FEWEST_IN_PART, "fewest": FEWEST_POINTS,
        },
        charts={"chart-to-move": vega_lite(_picture(study), height=320)},
        caption=f"{words.capital(words.subject(study))} by {study.period_name}, with limits and special causes",
        formats=dict.fromkeys(("value", "mean", "lpl", "upl"), digits),
        headings={
            "period": study.period_name, "value": measure.axis, "lpl": "lower limit", "upl": "upper limit",
            "signal": "special cause",
        },
    )  # fmt: skip


def chart_results(study: Study) -> list[dict[str, Any]]:
    """Return what the page records: signals with one set of limits, with the split that leaves fewest, and variants."""

    def signals(**moved: Any) -> int:
        position = {"shift": SHIFT_LENGTH, "trend": TREND_LENGTH, "screen": True, **moved}
        return int((chart_at(study, **position).points["signal"] != "").sum())

    count = len(study.series)
    by_split = {place: signals(rebase=place) for place in range(FEWEST_IN_PART, count - FEWEST_IN_PART + 1)}
    best = min(by_split, key=lambda place: (by_split[place], place))
    named = words.period(study.series["period"].iloc[best], study.period_name)
    one, unit = signals(), f"points of {count}"
    entries: list[dict[str, Any]] = [
        {
            "name": "finding",
            "value": f"With one set of limits, {one} of {count} {study.period_name}s of {words.subject(study)} show a "
            f"special cause; with limits that begin again in {named}, {by_split[best]} do, the fewest of any split.",
            "unit": "",
            "meaning": "The finding of this page",
        },
        {
            "name": "best_split",
            "value": named,
            "unit": "",
            "meaning": "Where new limits leave the fewest special causes",
        },
    ]
    effect = study.true_effect
    if effect is not None and (effect.abs() > 0).any():
        entries.append(
            {
                "name": "true_start",
                "value": words.period(effect.index[effect.abs() > 0][0], study.period_name),
                "unit": "",
                "meaning": "When the effect built into the synthetic series begins",
            }
        )
    entries += [
        {"name": name, "value": value, "unit": unit, "format": "{:,}", "meaning": f"Points with special cause, {said}"}
        for name, value, said in (
            ("signals_one", one, "one set of limits"),
            ("signals_best", by_split[best], f"limits that begin again in {named}"),
            ("signals_long", signals(rebase=best, shift=LONGEST), f"the same with a shift of {LONGEST} points"),
            ("signals_short", signals(rebase=best, shift=SHORTEST), f"the same with a shift of {SHORTEST} points"),
        )
    ]
    return entries
