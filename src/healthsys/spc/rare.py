"""Charts for rare events: g charts of the cases between events, and t charts of the time between them."""

from collections.abc import Sequence
from typing import Unpack

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.spc.charts import ChartOptions, ControlChart, Plan, xmr
from healthsys.spc.counts import LIMIT_SIGMAS
from healthsys.spc.rules import observed_numbers

#: Power that brings exponential times between events near a normal distribution (Nelson 1994).
NELSON_POWER = 1 / 3.6
#: Units in which times between events are counted.
TIME_UNITS = {"days": "D", "hours": "h", "minutes": "min"}


def times_between(moments: Sequence, *, unit: str = "days") -> np.ndarray:
    """Return the times between one event and the next, for a t chart; the time since the last event has no end yet.

    ``moments`` are dates (and times) of the events in any order, ``unit`` is ``days``, ``hours`` or ``minutes``.

    >>> times_between(["2023-01-01", "2023-01-15", "2023-02-01"]).tolist()
    [14.0, 17.0]
    """
    if unit not in TIME_UNITS:
        raise DataError(f"unit '{unit}' is not known; allowed: {', '.join(TIME_UNITS)}")
    try:
        dates = pd.DatetimeIndex(pd.to_datetime(list(moments), format="ISO8601"))
    except (ValueError, TypeError) as error:
        raise DataError(f"the dates of the events cannot be read: {error}. Write them as YYYY-MM-DD") from None
    if dates.isna().any():
        raise DataError(
            f"event {int(np.argmax(dates.isna())) + 1} has no date; give each event its date, or leave it out"
        )
    if len(dates) < 2:
        raise DataError(f"{len(dates)} events have no time between them; give at least 2")
    return (np.diff(dates.sort_values()) / pd.Timedelta(1, unit=TIME_UNITS[unit])).astype(float)


def cases_between(outcomes: Sequence) -> np.ndarray:
    """Return the numbers of cases without the event between one event and the next, for a g chart.

    ``outcomes`` has a 0 (no event) or 1 (event) per case, in order. Cases before the first event and after the last are
    not counted.

    >>> cases_between([0, 1, 0, 0, 1, 1, 0]).tolist()
    [2.0, 0.0]
    """
    cases = observed_numbers(outcomes, what="outcomes")
    wrong = np.flatnonzero(~np.isin(cases, (0, 1)))
    if len(wrong):
        raise DataError(
            f"outcomes: position {wrong[0] + 1} holds {cases[wrong[0]]:g}; allowed: 1 for an event and 0 for none"
        )
    at = np.flatnonzero(cases == 1)
    if len(at) < 2:
        raise DataError(f"{len(at)} events have no cases between them; a g chart needs at least 3 events")
    return np.diff(at).astype(float) - 1


def g_chart(
    between: Sequence[float], *, smallest: int = 0, centre: str = "mean", **options: Unpack[ChartOptions]
) -> ControlChart:
    """Chart the numbers of cases between rare events, with geometric limits.

    Limits are m plus and minus 3 sqrt((m - a)(m - a + 1)), with m the mean and a the smallest possible number, clipped
    at a. The distribution is skewed, so a shift is counted from the median. It also signals more often by chance: of
    charts of 24 gaps with a mean of 20 from a process that does not change, 38% have a signal (XmR charts of 24 normal
    values: 19%).

    Parameters
    ----------
    between
        Cases from one event to the next, in order, whole numbers; NaN where one is not known.
    smallest
        0 where only the cases without the event are counted, 1 where the case with the event is counted too.
    centre
        Centre line: ``mean`` (Benneyan, Montgomery) or ``median`` (R qicharts2); the limits are the same.
    options
        Of :func:`healthsys.spc.xmr`, but ``screen``.

    Raises
    ------
    DataError
        If a number lies below ``smallest``, is not whole or infinite, or fewer than two gaps of a segment are counted.

    References
    ----------
    Benneyan JC. Health Care Management Science 2001;4:305-318; Montgomery DC, section on g charts.

    Examples
    --------
    >>> chart = g_chart([20, 35, 12, 41, 8, 27])
    >>> f"{chart.points['mean'][0]:.2f} {chart.points['lpl'][0]:.0f} {chart.points['upl'][0]:.2f}"
    '23.83 0 96.82'
    """
    values = observed_numbers(between, what="cases between events")
    if smallest not in (0, 1):
        raise DataError(f"smallest is {smallest}; allowed: 0 (cases without the event) or 1 (the event's case counted)")
    if centre not in ("mean", "median"):
        raise DataError(f"centre '{centre}' is not known; allowed: mean, median")
    for wrong, said in ((values < smallest, f"{smallest} or more"), (values % 1 > 0, "whole numbers of cases")):
        if wrong.any():
            where = int(np.argmax(wrong))
            raise DataError(f"cases between events: position {where + 1} holds {values[where]:g}; allowed: {said}")
    plan = Plan(len(values), **options)
    rows, summary, reasons = [], [], []
    for number, where, frozen in plan.segments():
        counted = np.where(plan.left_out[where], np.nan, values[where])
        base = counted[:frozen]
        base = base[~np.isnan(base)]
        if len(base) < 2:
            raise DataError(f"segment {number} has {len(base)} gaps between events; a g chart needs at least 2")
        mean, median = float(base.mean()), float(np.median(base))
        half = LIMIT_SIGMAS * float(np.sqrt((mean - smallest) * (mean - smallest + 1)))
        if half == 0:
            said = f"every gap is {smallest}, the smallest possible, so the limits coincide with the centre line"
            reasons.append(said)
        lines = plan.lines(counted, mean, half, level=median, lowest=float(smallest))
        rows.append(
            {
                "value": values[where], "segment": number, **lines, "mean": mean if centre == "mean" else median,
                "excluded": plan.left_out[where],
            }
        )  # fmt: skip
        summary.append(
            {
                "segment": number, "points": len(base), "mean": mean, "median": median,
                "lpl": float(lines["lpl"]), "upl": float(lines["upl"]),
            }
        )  # fmt: skip
    return plan.chart(rows, summary, "g", reasons=reasons)


def t_chart(between: Sequence[float], *, screen: bool = False, **options: Unpack[ChartOptions]) -> ControlChart:
    """Chart the times between rare events, with the limits of an XmR chart of their power 1/3.6.

    Exponential times become nearly normal under that power; centre line and limits are brought back to time, and the
    rules are those of the transformed series. Of charts of 24 times from a process that does not change, 15% have a
    signal.

    Parameters
    ----------
    between
        Times from one event to the next, in order and in one unit, above 0; NaN where one is not known.
    screen
        Screen the moving ranges; Nelson, Montgomery and R qicharts2 do not.
    options
        Of :func:`healthsys.spc.xmr`.

    Raises
    ------
    DataError
        If a time is 0 or below, or as for an XmR chart.

    References
    ----------
    Nelson LS. Journal of Quality Technology 1994;26:239-240; Montgomery DC, example 7.6.

    Examples
    --------
    >>> chart = t_chart([286, 948, 536, 124, 816, 729, 4, 143, 431, 8])
    >>> f"{chart.points['mean'][0]:.1f} {chart.points['lpl'][0]:.1f} {chart.points['upl'][0]:.0f}"
    '250.1 0.0 4786'
    """
    values = observed_numbers(between, what="times between events")
    wrong = np.flatnonzero(values <= 0)
    if len(wrong):
        raise DataError(
            f"times between events: position {wrong[0] + 1} holds {values[wrong[0]]:g}; allowed: above 0. For two "
            "events at the same moment count in a finer unit, or use a g chart"
        )
    chart = xmr(values**NELSON_POWER, screen=screen, **options)
    lines = ["mean", "lpl", "upl"]
    points, segments = (
        frame.assign(**{name: frame[name].clip(lower=0) ** (1 / NELSON_POWER) for name in names})
        for frame, names in ((chart.points, [*lines, "near_lower", "near_upper"]), (chart.segments, lines))
    )
    points = points.assign(value=values).drop(columns=["moving_range", "range_signal"])
    segments = segments.rename(columns={"mean_moving_range": "mean_moving_range_transformed"})
    return ControlChart(points, segments.drop(columns="range_upper"), "t", screen, chart.warnings)
