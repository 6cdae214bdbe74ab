"""Charts for counts: p and u charts with Laney's correction, and run charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError
from healthsys.trends.control_charts import (
    D2,
    FEWEST_POINTS,
    RULES,
    SHIFT_LENGTH,
    TREND_LENGTH,
    ControlChart,
    moving_ranges,
    rules_broken,
)


@dataclass(frozen=True)
class RunChart:
    """Median, runs and crossings of a series, with Anhøj's two signals."""

    median: float
    useful: int
    longest_run: int
    longest_allowed: int
    crossings: int
    fewest_crossings: int

    @property
    def signal(self) -> bool:
        """Whether the longest run is too long or the median is crossed too seldom."""
        return self.longest_run > self.longest_allowed or self.crossings < self.fewest_crossings


def _attribute_chart(
    events: Sequence[float],
    denominators: Sequence[float],
    *,
    kind: str,
    laney: bool,
    periods: Sequence | None,
    trend_length: int,
    shift_length: int,
) -> ControlChart:
    events, size = np.asarray(events, dtype=float), np.asarray(denominators, dtype=float)
    if len(events) != len(size):
        raise DataError(f"{len(events)} counts of events but {len(size)} denominators; give one of each per period")
    for what, numbers in (("events", events), ("denominators", size)):
        if np.nanmin(numbers) < 0:
            where = int(np.nanargmin(numbers))
            raise DataError(f"{what}: position {where + 1} holds {numbers[where]:g}; counts are 0 or more")
    usable = (size > 0) & ~np.isnan(events)
    if usable.sum() < 2:
        raise DataError("fewer than 2 periods have events and a denominator above 0; there is nothing to chart")
    if kind == "p" and (events[usable] > size[usable]).any():
        where = int(np.flatnonzero(usable & (events > size))[0])
        raise DataError(
            f"position {where + 1}: {events[where]:g} events among {size[where]:g}; a proportion cannot exceed 1. "
            "Use a u chart for rates, or check whether the columns are swapped"
        )
    centre = events[usable].sum() / size[usable].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(usable, events / size, np.nan)
        spread = centre * (1 - centre) if kind == "p" else centre
        error = np.where(usable, np.sqrt(spread / size), np.nan)
    sigma_z = 1.0
    if laney:
        ranges = moving_ranges((value - centre) / error)
        sigma_z = float(np.nanmean(ranges) / D2)
    half = 3 * error * sigma_z
    lower = np.clip(centre - half, 0, None)
    upper = np.clip(centre + half, None, 1 if kind == "p" else np.inf)
    scaled = (value - centre) / np.where(half > 0, half, np.nan)
    signal, heading = rules_broken(scaled, 0.0, 1.0, trend_length=10**9, shift_length=shift_length)
    by_trend, way = rules_broken(value, centre, np.inf, trend_length=trend_length, shift_length=10**9)
    for position, rule in enumerate(by_trend):
        if rule and signal[position] != RULES[0]:
            signal[position], heading[position] = rule, way[position]
    points = pd.DataFrame(
        {
            "period": list(range(len(events))) if periods is None else list(periods),
            "value": value,
            "segment": 1,
            "moving_range": moving_ranges(value),
            "mean": centre,
            "lpl": lower,
            "upl": upper,
            "near_lower": np.clip(centre - half * 2 / 3, 0, None),
            "near_upper": centre + half * 2 / 3,
            "signal": signal,
            "heading": heading,
        }
    )
    observed = int(usable.sum())
    summary = pd.DataFrame([{"segment": 1, "points": observed, "mean": centre, "sigma_z": sigma_z}])
    warnings = []
    if observed < len(events):
        warnings.append(f"{len(events) - observed} periods have no denominator above 0 or no count: no point there")
    if observed < FEWEST_POINTS:
        warnings.append(f"the limits rest on {observed} points; under {FEWEST_POINTS} they are provisional")
    return ControlChart(points, summary, f"{kind}′" if laney else kind, False, tuple(warnings))


def p_chart(
    events: Sequence[float],
    denominators: Sequence[float],
    *,
    laney: bool = True,
    periods: Sequence | None = None,
    trend_length: int = TREND_LENGTH,
    shift_length: int = SHIFT_LENGTH,
) -> ControlChart:
    """Chart proportions with binomial limits, or with Laney's prime correction for large denominators.

    Centre is all events over all denominators, not the mean of the proportions. With ``laney`` the limits are
    multiplied by sigma_z, the mean moving range of the z-scores over 1.128; about 1 means no extra dispersion.

    Parameters
    ----------
    events, denominators
        People with the outcome and people at risk, one pair per period, in order.
    laney
        Use the prime chart.
    periods, trend_length, shift_length
        As in :func:`healthsys.trends.control_charts.xmr`.

    Returns
    -------
    ControlChart
        Limits clipped to 0 and 1; a period without a denominator has no point; ``segments`` carries ``sigma_z``.

    Raises
    ------
    DataError
        If a count is negative, events exceed the denominator, or fewer than two periods are usable.

    References
    ----------
    Laney DB. Quality Engineering 2002;14:531-537; R qicharts2.

    Examples
    --------
    >>> chart = p_chart([112, 98, 131, 104], [1000, 950, 1020, 980], laney=False)
    >>> print(f"{chart.points['mean'][0]:.4f} {chart.points['lpl'][0]:.4f} {chart.points['upl'][0]:.4f}")
    0.1127 0.0827 0.1427
    """
    return _attribute_chart(
        events,
        denominators,
        kind="p",
        laney=laney,
        periods=periods,
        trend_length=trend_length,
        shift_length=shift_length,
    )


def u_chart(
    events: Sequence[float],
    denominators: Sequence[float],
    *,
    laney: bool = True,
    periods: Sequence | None = None,
    trend_length: int = TREND_LENGTH,
    shift_length: int = SHIFT_LENGTH,
) -> ControlChart:
    """Chart rates of events per unit of exposure with Poisson limits, or with Laney's correction.

    As :func:`p_chart`, for counts that may exceed the denominator; the standard error is the square root of the mean
    rate over the exposure, and limits are clipped at 0 only.

    Examples
    --------
    >>> round(float(u_chart([4, 6, 5, 7], [10, 12, 9, 11], laney=False).points["mean"][0]), 4)
    0.5238
    """
    return _attribute_chart(
        events,
        denominators,
        kind="u",
        laney=laney,
        periods=periods,
        trend_length=trend_length,
        shift_length=shift_length,
    )


def run_chart(values: Sequence[float]) -> RunChart:
    """Test a series for non-random runs about its median (Anhøj's rules).

    Points on the median are dropped. The longest run may not exceed round(log2 n) + 3, and the median must be crossed
    at least as often as the 5th percentile of a binomial with n - 1 trials and probability one half.

    Parameters
    ----------
    values
        One number per period; missing ones are dropped.

    Returns
    -------
    RunChart
        Counts beside what is allowed.

    Raises
    ------
    DataError
        If fewer than two points are off the median.

    References
    ----------
    Anhøj J, Olesen AV. PLoS ONE 2014;9:e113825.

    Examples
    --------
    >>> chart = run_chart([1, 2, 1, 3, 2, 8, 9, 8, 9, 10, 9, 8])
    >>> chart.longest_run, chart.crossings, chart.signal
    (5, 1, True)
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    median = float(np.median(numbers)) if len(numbers) else math.nan
    side = np.sign(numbers - median)
    side = side[side != 0]
    if len(side) < 2:
        raise DataError("fewer than 2 points lie off the median; a run chart has nothing to count")
    turns = np.flatnonzero(np.diff(side) != 0)
    runs = np.diff(np.concatenate([[-1], turns, [len(side) - 1]]))
    return RunChart(
        median,
        len(side),
        int(runs.max()),
        int(np.floor(np.log2(len(side)) + 0.5)) + 3,
        len(turns),
        int(stats.binom.ppf(0.05, len(side) - 1, 0.5)),
    )
