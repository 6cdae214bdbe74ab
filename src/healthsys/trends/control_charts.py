"""Control charts for one series of values (XmR), what they say of variation and target, and capability.

A control chart asks whether a process changed, without being told when. The names are those of NHS England's Making
Data Count: centre line, lower and upper process limit, moving range, special cause, variation and assurance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest

#: Mean moving range of two points of a normal process, in standard deviations (Shewhart's d2 for n = 2).
D2 = 1.128

#: Three standard deviations over the mean moving range, as printed for XmR charts (3 / 1.128 rounded).
LIMIT_FACTOR = 2.66

#: A moving range at or above this many mean moving ranges is left out once when screened (Nelson 1982).
SCREEN_FACTOR = 3.267

#: Points in a row that make a trend, and points on one side that make a shift (Making Data Count).
TREND_LENGTH, SHIFT_LENGTH = 7, 7

#: Fewest points per segment for limits that can be relied on (Making Data Count guidance).
FEWEST_POINTS = 12

#: The rules in the order in which they claim a point.
RULES = ("outside limits", "trend", "two of three", "shift")

#: Which way is better.
DIRECTIONS = ("increase", "decrease", "neutral")


@dataclass(frozen=True)
class ControlChart:
    """A chart: one row per point, one row per segment, how it was made, and what to be careful about."""

    points: pd.DataFrame
    segments: pd.DataFrame
    kind: str
    screened: bool
    warnings: tuple[str, ...]

    @property
    def stable(self) -> bool:
        """Whether no point shows special-cause variation."""
        return bool((self.points["signal"] == "").all())


@dataclass(frozen=True)
class Capability:
    """Whether a stable process meets its specification; None with a reason where it cannot be said."""

    cp: float | None
    cpk: float | None
    ppk: float | None
    reason: str | None = None


def moving_ranges(values: np.ndarray) -> np.ndarray:
    """Absolute differences between neighbouring observed points; missing beside a gap and at the start.

    Examples
    --------
    >>> moving_ranges(np.array([1.0, 3.0, np.nan, 4.0, 5.0])).tolist()
    [nan, 2.0, nan, nan, 1.0]
    """
    values = np.asarray(values, dtype=float)
    return np.concatenate([[np.nan], np.abs(np.diff(values))])


def _mean_moving_range(ranges: np.ndarray, *, screen: bool) -> tuple[float, int]:
    """Return the mean moving range and how many ranges screening left out."""
    known = ranges[~np.isnan(ranges)]
    if len(known) == 0:
        return math.nan, 0
    mean = float(known.mean())
    if not screen or mean == 0:
        return mean, 0
    kept = known[known < SCREEN_FACTOR * mean]
    return float(kept.mean()), len(known) - len(kept)


def _segments(n: int, rebase: Sequence[int]) -> np.ndarray:
    segment = np.zeros(n, dtype=int)
    for start in sorted(rebase):
        segment[start:] += 1
    return segment


def xmr(
    values: Sequence[float],
    *,
    periods: Sequence | None = None,
    screen: bool = True,
    baseline: int | None = None,
    rebase: Sequence[int] = (),
    trend_length: int = TREND_LENGTH,
    shift_length: int = SHIFT_LENGTH,
) -> ControlChart:
    """Chart individual values and their moving range (XmR, I-MR).

    Centre is the mean; limits are the mean plus or minus 2.66 mean moving ranges; near-limit lines lie at two thirds
    of that. A missing period stays in place: it has no point, no moving range on either side, and breaks the runs of
    the rules.

    Parameters
    ----------
    values
        One number per period, in order; NaN where a period is missing.
    periods
        Labels of the periods; their positions when None.
    screen
        Leave out moving ranges of 3.267 mean moving ranges or more, once, before the limits (the mean keeps every
        point). The R package NHSRplotthedots does so, the Making Data Count spreadsheet does not.
    baseline
        Number of leading points (of the first segment) whose limits are frozen for that segment; None uses all.
    rebase
        Positions that start a new segment: mean, limits and rules begin again there.
    trend_length, shift_length
        Points that make a trend (strictly rising or falling) and a shift (strictly on one side).

    Returns
    -------
    ControlChart
        ``points``: period, value, segment, moving_range, mean, lpl, upl, near_lower, near_upper, signal (one of
        :data:`RULES` or empty) and heading (``up``, ``down`` or empty). A point exactly on a limit is inside it; a
        point on the mean breaks a shift; a tie breaks a trend.

    Raises
    ------
    DataError
        If fewer than two points are observed in a segment, or a baseline or rebase position lies outside.

    References
    ----------
    Shewhart WA 1931; Wheeler DJ 2000; Nelson LS. Journal of Quality Technology 1982;14:172-173; NHS England, Making
    Data Count; NHSRplotthedots 0.2.2.

    Examples
    --------
    >>> chart = xmr([1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
    >>> first = chart.points.iloc[0]
    >>> print(f"{first['mean']:.2f} {first['lpl']:.2f} {first['upl']:.2f}", chart.points["signal"][4])
    1.94 -0.72 4.60 outside limits
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    for position in rebase:
        if not 0 < position < n:
            raise DataError(
                f"a rebase at position {position} lies outside the series; allowed: 1 to {n - 1} (the first point "
                "of the new segment)"
            )
    if baseline is not None and not 2 <= baseline <= n:
        raise DataError(f"a baseline of {baseline} points is not possible; allowed: 2 to {n}, or none")
    segment = _segments(n, rebase)
    rows, summary, warnings = [], [], []
    for number in np.unique(segment):
        where = np.flatnonzero(segment == number)
        part = values[where]
        ranges = moving_ranges(part)
        frozen = baseline if number == 0 and baseline else len(part)
        base = part[:frozen]
        observed = int(np.sum(~np.isnan(base)))
        if observed < 2:
            raise DataError(
                f"segment {number + 1} has {observed} observed points; a control chart needs at least 2 "
                f"(and {FEWEST_POINTS} to be relied on). Choose another rebase or baseline"
            )
        mean = float(np.nanmean(base))
        mean_range, left_out = _mean_moving_range(ranges[:frozen], screen=screen)
        if math.isnan(mean_range):
            raise DataError(
                f"segment {number + 1} has no two neighbouring observed points, so no moving range; "
                "fill the gaps or choose a coarser period"
            )
        half = LIMIT_FACTOR * mean_range
        signal, heading = rules_broken(part, mean, half, trend_length=trend_length, shift_length=shift_length)
        rows.append(
            pd.DataFrame(
                {
                    "value": part,
                    "segment": number + 1,
                    "moving_range": ranges,
                    "mean": mean,
                    "lpl": mean - half,
                    "upl": mean + half,
                    "near_lower": mean - half * 2 / 3,
                    "near_upper": mean + half * 2 / 3,
                    "signal": signal,
                    "heading": heading,
                }
            )
        )
        summary.append(
            {
                "segment": number + 1,
                "points": observed,
                "mean": mean,
                "mean_moving_range": mean_range,
                "lpl": mean - half,
                "upl": mean + half,
                "ranges_screened": left_out,
            }
        )
        if observed < FEWEST_POINTS:
            warnings.append(
                f"the limits of segment {number + 1} rest on {observed} points; "
                f"under {FEWEST_POINTS} they are provisional"
            )
    points = pd.concat(rows, ignore_index=True)
    points.insert(0, "period", list(range(n)) if periods is None else list(periods))
    return ControlChart(points, pd.DataFrame(summary), "XmR", screen, tuple(warnings))


def rules_broken(
    values: np.ndarray, mean: float, half: float, *, trend_length: int, shift_length: int
) -> tuple[list[str], list[str]]:
    """Return the rule that each point of a segment breaks, first match first, and the way it points.

    Parameters
    ----------
    values
        Points of one segment in order; NaN where a period is missing.
    mean, half
        Centre line, and half the distance between the process limits.
    trend_length, shift_length
        As in :func:`xmr`.

    Returns
    -------
    tuple of list
        For each point one of :data:`RULES` or empty text, and ``up``, ``down`` or empty text.

    Examples
    --------
    >>> rules_broken(np.array([0.0, 2.5, 2.6, 5.0]), 0.0, 3.0, trend_length=7, shift_length=7)[0]
    ['', 'two of three', 'two of three', 'outside limits']
    """
    n = len(values)
    known = ~np.isnan(values)
    side = np.where(known, np.sign(values - mean), 0)
    outside = known & (np.abs(values - mean) > half)
    near = known & ~outside & (np.abs(values - mean) > half * 2 / 3)
    trend = _runs(np.sign(np.diff(values)), trend_length - 1, span=1)
    shift = _runs(side, shift_length, span=0)
    two_of_three = np.zeros(n)
    for start in range(n - 2):
        window = slice(start, start + 3)
        if abs(side[window].sum()) == 3 and near[window].sum() >= 2:
            two_of_three[window] = np.where(near[window], side[start], two_of_three[window])
    signs = {
        RULES[0]: np.where(outside, side, 0),
        RULES[1]: trend,
        RULES[2]: two_of_three,
        RULES[3]: shift,
    }
    signal, heading = [""] * n, [""] * n
    for position in range(n):
        for rule, sign in signs.items():
            if sign[position]:
                signal[position] = rule
                heading[position] = "up" if sign[position] > 0 else "down"
                break
    return signal, heading


def _runs(signs: np.ndarray, length: int, *, span: int) -> np.ndarray:
    """Mark the members of unbroken runs of one sign; ``span`` 1 where a sign is a step between two points."""
    marked = np.zeros(len(signs) + span)
    start = 0
    for position in range(1, len(signs) + 1):
        if position < len(signs) and signs[position] == signs[start] and not np.isnan(signs[start]):
            continue
        if position - start >= length and signs[start] in (1, -1):
            marked[start : position + span] = signs[start]
        start = position
    return marked


def variation(chart: ControlChart, *, improvement: str) -> str:
    """Name the variation of the latest observed point, as the Making Data Count icon would.

    Parameters
    ----------
    chart
        A chart of :func:`xmr`, or of a p or u chart.
    improvement
        Which way is better: ``increase``, ``decrease`` or ``neutral``.

    Returns
    -------
    str
        ``improvement``, ``concern``, ``change (neutral)`` or ``common cause``.

    Examples
    --------
    >>> variation(xmr([5, 6, 5, 6, 5, 6, 5, 6, 5, 20]), improvement="decrease")
    'concern'
    """
    if improvement not in DIRECTIONS:
        raise DataError(
            f"direction of improvement '{improvement}' is not known; allowed: {', '.join(DIRECTIONS)}."
            f"{nearest(improvement, DIRECTIONS)}"
        )
    last = chart.points[chart.points["value"].notna()].iloc[-1]
    if last["signal"] == "":
        return "common cause"
    if improvement == "neutral":
        return "change (neutral)"
    better = (last["heading"] == "up") == (improvement == "increase")
    return "improvement" if better else "concern"


def assurance(chart: ControlChart, *, improvement: str, target: float | None) -> str | None:
    """Say whether the process, as it now stands, will meet a target.

    Parameters
    ----------
    chart
        The chart; the limits of its last segment are used.
    improvement
        Which way is better.
    target
        The target in the unit of the series, or None.

    Returns
    -------
    str or None
        ``consistently passes``, ``consistently fails`` or ``hit or miss``; None without a target or a direction.

    Examples
    --------
    >>> assurance(xmr([5, 6, 5, 6, 5, 6, 5, 6]), improvement="decrease", target=2)
    'consistently fails'
    """
    if target is None or improvement == "neutral":
        return None
    last = chart.points.iloc[-1]
    if last["lpl"] <= target <= last["upl"]:
        return "hit or miss"
    above = target > last["upl"]
    return "consistently fails" if above == (improvement == "increase") else "consistently passes"


def capability(
    chart: ControlChart, *, lower: float | None = None, upper: float | None = None, force: bool = False
) -> Capability:
    """Measure how well a stable process fits between specification limits.

    Cp = (upper - lower) / 6 s and Cpk = min(upper - mean, mean - lower) / 3 s with s the mean moving range of the last
    segment over 1.128; Ppk uses the sample standard deviation instead.

    Parameters
    ----------
    chart
        An XmR chart.
    lower, upper
        Specification limits; with one of them Cp is None.
    force
        Compute in spite of special causes.

    Returns
    -------
    Capability
        All None with a ``reason`` when the process is not stable and not forced, or has no spread.

    Raises
    ------
    DataError
        If neither limit is given or they are the wrong way round.

    Examples
    --------
    >>> found = capability(xmr([5, 6, 5, 6, 5, 6, 5, 6, 5, 6]), lower=0, upper=11)
    >>> print(f"{found.cp:.3f} {found.cpk:.3f}")
    2.068 2.068
    """
    if lower is None and upper is None:
        raise DataError("give at least one specification limit (lower or upper)")
    if lower is not None and upper is not None and lower >= upper:
        raise DataError(f"the lower specification limit {lower:g} is not below the upper one {upper:g}")
    if not chart.stable and not force:
        return Capability(None, None, None, "the process shows special causes; capability describes a stable one")
    last = chart.segments.iloc[-1]
    values = chart.points.loc[chart.points["segment"] == last["segment"], "value"]
    mean, within, overall = float(last["mean"]), float(last["mean_moving_range"]) / D2, float(values.std())
    if within == 0 or overall == 0:
        return Capability(None, None, None, "the process does not vary, so its capability has no scale")
    sides = [upper - mean] if upper is not None else []
    sides += [mean - lower] if lower is not None else []
    nearer = min(sides)
    cp = (upper - lower) / (6 * within) if len(sides) == 2 else None
    return Capability(cp, nearer / (3 * within), nearer / (3 * overall))
