"""Control charts for one series of values (XmR), what they say of variation and target, and capability.

A control chart asks whether a process changed, without being told when. The names are those of NHS England's Making
Data Count: centre line, lower and upper process limit, moving range, special cause, variation and assurance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.spc.rules import NEAR_SHARE, RULES, observed_numbers, rules_broken, slack_of, usual_value

#: Mean moving range of two points of a normal process, in standard deviations (Shewhart's d2 for n = 2).
D2 = 1.128

#: Three standard deviations over the mean moving range, as printed for XmR charts (3 / 1.128 rounded).
LIMIT_FACTOR = 2.66

#: Upper limit of a moving range in mean moving ranges (D4 for two points, Montgomery, appendix VI).
RANGE_FACTOR = 3.267

#: A moving range at or above this many mean moving ranges is left out once when screened (Nelson 1982).
SCREEN_FACTOR = RANGE_FACTOR

#: Points in a row that make a trend, and points on one side that make a shift (Making Data Count).
TREND_LENGTH, SHIFT_LENGTH = 7, 7

#: Fewest points that make a trend or a shift, when a caller sets the length.
SHORTEST_RUN = 2

#: Fewest points per segment for limits that can be relied on (Making Data Count guidance).
FEWEST_POINTS = 12

#: Which way is better.
DIRECTIONS = ("increase", "decrease", "neutral")


@dataclass(frozen=True)
class ControlChart:
    """A chart: one row per point, one row per segment, how it was made, and what to be careful about.

    ``reason`` says why something of the chart could not be computed, where that is so.
    """

    points: pd.DataFrame
    segments: pd.DataFrame
    kind: str
    screened: bool
    warnings: tuple[str, ...]
    reason: str | None = None

    @property
    def provisional(self) -> bool:
        """Whether the limits of some segment are made from fewer than ``FEWEST_POINTS`` points."""
        return bool((self.segments["points"] < FEWEST_POINTS).any())

    @property
    def special(self) -> pd.DataFrame:
        """The points that show special-cause variation."""
        return self.points[self.points["signal"] != ""]

    @property
    def stable(self) -> bool:
        """Whether no point shows special-cause variation."""
        return self.special.empty


@dataclass(frozen=True)
class Capability:
    """Whether a stable process meets its specification; None with a reason where it cannot be said."""

    cp: float | None
    cpk: float | None
    ppk: float | None
    reason: str | None = None


class ChartOptions(TypedDict, total=False):
    """Options that every chart takes, explained with :func:`xmr`."""

    periods: Sequence | None
    baseline: int | None
    rebase: Sequence[int]
    exclude: Sequence[int]
    trend_length: int
    shift_length: int


@dataclass(frozen=True)
class Plan:
    """The checked options of a chart of ``n`` points: labels, segments, points not counted, lengths of runs."""

    labels: list
    segment: np.ndarray
    left_out: np.ndarray
    baseline: int | None
    lengths: dict[str, int]

    @classmethod
    def of(
        cls, n: int, *, periods: Sequence | None = None, baseline: int | None = None, rebase: Sequence[int] = (),
        exclude: Sequence[int] = (), trend_length: int = TREND_LENGTH, shift_length: int = SHIFT_LENGTH,
    ) -> Plan:  # fmt: skip
        """Check the options of a chart."""
        labels = list(range(n)) if periods is None else list(periods)
        if len(labels) != n:
            raise DataError(f"{len(labels)} periods but {n} values; give one of each")
        segment, left_out = np.zeros(n, dtype=int), np.zeros(n, dtype=bool)
        for start in sorted(set(rebase)):
            if not 0 < start < n:
                raise DataError(
                    f"a rebase at position {start} lies outside the series; allowed: 1 to {n - 1} (the first point "
                    "of the new segment)"
                )
            segment[int(start) :] += 1
        for position in exclude:
            if not 0 <= position < n:
                raise DataError(f"point {position} cannot be excluded: allowed: 0 to {n - 1} (positions in the series)")
            left_out[int(position)] = True
        if baseline is not None and not 2 <= baseline <= n:
            raise DataError(f"a baseline of {baseline} points is not possible; allowed: 2 to {n}, or none")
        lengths = {"trend_length": trend_length, "shift_length": shift_length}
        for name, length in lengths.items():
            if length < SHORTEST_RUN:
                raise DataError(f"{name} is {length}; allowed: {SHORTEST_RUN} points or more (7 is usual)")
        return cls(labels, segment, left_out, baseline, lengths)

    @property
    def parts(self) -> int:
        """How many segments there are."""
        return int(self.segment[-1]) + 1

    def segments(self) -> Iterator[tuple[int, np.ndarray, int]]:
        """Yield the number of each segment from 1, the positions of its points, and how many make its limits."""
        for number in range(self.parts):
            where = np.flatnonzero(self.segment == number)
            yield number + 1, where, self.baseline if number == 0 and self.baseline else len(where)

    def lines(
        self, counted: np.ndarray, centre: float, half: float | np.ndarray, *, level: float | None,
        lowest: float = -np.inf, highest: float = np.inf,
    ) -> dict[str, Any]:  # fmt: skip
        """Return centre line, limits and near-limit lines of a segment, and the rule that each point breaks."""
        signal, heading = rules_broken(counted, centre, half, **self.lengths, level=level)
        return {
            "mean": centre,
            "lpl": np.clip(centre - half, lowest, None),
            "upl": np.clip(centre + half, None, highest),
            "near_lower": np.clip(centre - half * NEAR_SHARE, lowest, None),
            "near_upper": np.clip(centre + half * NEAR_SHARE, None, highest),
            "signal": signal,
            "heading": heading,
        }

    def chart(
        self, rows: list[dict], summary: list[dict], kind: str, *, screened: bool = False,
        reasons: Sequence[str] = (), warnings: Sequence[str] = (),
    ) -> ControlChart:  # fmt: skip
        """Put the segments together."""
        points = pd.concat([pd.DataFrame(one) for one in rows], ignore_index=True)
        points.insert(0, "period", self.labels)
        few = [
            said for one in summary
            for said in few_points(one["points"], one["segment"] if self.parts > 1 else None)
        ]  # fmt: skip
        reasons = tuple(dict.fromkeys(reasons))
        said = (*warnings, *few, *reasons)
        return ControlChart(points, pd.DataFrame(summary), kind, screened, said, "; ".join(reasons) or None)


def moving_ranges(values: np.ndarray) -> np.ndarray:
    """Absolute differences between neighbouring observed points; missing next to a gap and at the start.

    Examples
    --------
    >>> moving_ranges(np.array([1.0, 3.0, np.nan, 4.0, 5.0])).tolist()
    [nan, 2.0, nan, nan, 1.0]
    """
    values = np.asarray(values, dtype=float)
    return np.concatenate([[np.nan], np.abs(np.diff(values))])


def few_points(count: int, segment: int | None = None) -> list[str]:
    """Warn where limits are made from fewer points than they need; ``segment`` names the part of the chart.

    Examples
    --------
    >>> few_points(3)
    ['the limits rest on 3 points; under 12 they are provisional']
    """
    if count >= FEWEST_POINTS:
        return []
    which = "" if segment is None else f" of segment {segment}"
    return [f"the limits{which} rest on {count} points; under {FEWEST_POINTS} they are provisional"]


def _mean_moving_range(ranges: np.ndarray, *, screen: bool, slack: float, apart: float) -> tuple[float | None, int]:
    """Return the mean moving range, None where there is none, and how many ranges screening left out.

    Screening is not applied where it would leave no variation at all, or limits narrower than ``apart``, the distance
    from the mean to the value that most points share: a nearly constant process with single exceptions.
    """
    known = ranges[~np.isnan(ranges)]
    if len(known) == 0:
        return None, 0
    mean = float(known.mean())
    if not screen or mean <= slack:
        return mean, 0
    kept = known[known < SCREEN_FACTOR * mean - slack]
    smaller = float(kept.mean())
    if smaller <= slack or LIMIT_FACTOR * smaller + slack < apart:
        return mean, 0
    return smaller, len(known) - len(kept)


def xmr(
    values: Sequence[float],
    *,
    periods: Sequence | None = None,
    screen: bool = True,
    baseline: int | None = None,
    rebase: Sequence[int] = (),
    exclude: Sequence[int] = (),
    trend_length: int = TREND_LENGTH,
    shift_length: int = SHIFT_LENGTH,
) -> ControlChart:
    """Chart individual values and their moving range (XmR, I-MR).

    Centre is the mean; limits are the mean plus or minus 2.66 mean moving ranges; near-limit lines lie at two thirds
    of that. A missing period stays in place: it has no point, no moving range on either side, and breaks the runs of
    the rules. Differences that rounding can explain are no differences. Where more than half of the points that make
    the limits share one value, a shift is counted from that value: single exceptions pull the mean away from it.

    Parameters
    ----------
    values
        One number per period (day, week, month, quarter or year), in order; NaN where a period is missing.
    periods
        Labels of the periods; their positions when None.
    screen
        Leave out moving ranges of 3.267 mean moving ranges or more, once, before the limits (the mean keeps every
        point). The R package NHSRplotthedots does so, the Making Data Count spreadsheet does not. Ranges are kept
        where leaving them out would leave no variation, or put the value that most points share outside the limits.
    baseline
        Number of leading points (of the first segment) whose limits are frozen for that segment; None uses all.
    rebase
        Positions that start a new segment: mean, limits and rules begin again there.
    exclude
        Positions of points that are shown but not counted: they enter neither mean nor limits, have no moving range on
        either side, break no rule and interrupt a run, as a missing period does.
    trend_length, shift_length
        Points that make a trend (strictly rising or falling) and a shift (strictly on one side).

    Returns
    -------
    ControlChart
        ``points``: period, value, segment, moving_range, mean, lpl, upl, near_lower, near_upper, signal (``outside
        limits``, ``trend``, ``two of three``, ``shift`` or empty), heading (``up``, ``down`` or empty), excluded, and
        range_signal (whether the moving range lies above its upper limit). ``segments``: points, mean,
        mean_moving_range, lpl, upl, range_upper, ranges_screened. A point exactly on a limit is inside it; a point on
        the mean breaks a shift; a tie breaks a trend.

    Raises
    ------
    DataError
        If a value is infinite or no number, fewer than two points are observed in a segment, or a baseline, rebase or
        excluded position lies outside.

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
    values = observed_numbers(values)
    plan = Plan.of(
        len(values), periods=periods, baseline=baseline, rebase=rebase, exclude=exclude,
        trend_length=trend_length, shift_length=shift_length,
    )  # fmt: skip
    rows, summary = [], []
    for number, where, frozen in plan.segments():
        counted = np.where(plan.left_out[where], np.nan, values[where])
        ranges, base = moving_ranges(counted), counted[:frozen]
        known = base[~np.isnan(base)]
        if len(known) < 2:
            raise DataError(
                f"segment {number} has {len(known)} observed points; a control chart needs at least 2 "
                f"(and {FEWEST_POINTS} to be relied on). Choose another rebase or baseline"
            )
        mean, slack, usual = float(known.mean()), slack_of(counted), usual_value(base)
        apart = 0.0 if usual is None else abs(usual - mean)
        mean_range, screened = _mean_moving_range(ranges[:frozen], screen=screen, slack=slack, apart=apart)
        if mean_range is None:
            raise DataError(
                f"segment {number} has no two neighbouring observed points, so no moving range; "
                "fill the gaps or choose a coarser period"
            )
        half, range_upper = LIMIT_FACTOR * mean_range, RANGE_FACTOR * mean_range
        rows.append(
            {
                "value": values[where], "segment": number, "moving_range": ranges,
                **plan.lines(counted, mean, half, level=usual),
                "excluded": plan.left_out[where],
                "range_signal": np.nan_to_num(ranges) > range_upper + slack,
            }
        )  # fmt: skip
        summary.append(
            {
                "segment": number, "points": len(known), "mean": mean, "mean_moving_range": mean_range,
                "lpl": mean - half, "upl": mean + half, "range_upper": range_upper, "ranges_screened": screened,
            }
        )  # fmt: skip
    return plan.chart(rows, summary, "XmR", screened=screen)


def mr_chart(
    values: Sequence[float],
    *,
    periods: Sequence | None = None,
    screen: bool = False,
    baseline: int | None = None,
    rebase: Sequence[int] = (),
    exclude: Sequence[int] = (),
) -> ControlChart:
    """Chart the moving ranges of a series (the mR part of an XmR chart) against their upper limit.

    Centre is the mean moving range, the upper limit 3.267 times that (D4 for two points), the lower limit 0. Only a
    range above the limit is a signal: neighbouring ranges share a point, so that runs among them mean nothing. The
    ``value`` of a point is its moving range, missing at the start of a segment and next to a gap.

    Parameters
    ----------
    values, periods, baseline, rebase, exclude
        As in :func:`xmr`.
    screen
        Take the mean of the screened ranges, as the limits of a screened XmR chart do.

    References
    ----------
    Montgomery DC. Introduction to Statistical Quality Control, section 6.4 and appendix VI (D4 = 3.267).

    Examples
    --------
    >>> chart = mr_chart([5, 6, 5, 6, 5, 6, 5, 6, 5, 20])
    >>> f"{chart.segments['mean'][0]:.3f} {chart.segments['upl'][0]:.3f}", chart.points["signal"].to_list()[-1]
    ('2.556 8.349', 'outside limits')
    """
    chart = xmr(values, periods=periods, screen=screen, baseline=baseline, rebase=rebase, exclude=exclude)
    above, segments = chart.points["range_signal"], chart.segments
    of_segment = segments.set_index("segment").loc[chart.points["segment"]].reset_index(drop=True)
    points = chart.points.assign(
        value=chart.points["moving_range"],
        mean=of_segment["mean_moving_range"],
        lpl=0.0,
        upl=of_segment["range_upper"],
        near_lower=0.0,
        near_upper=of_segment["range_upper"] * NEAR_SHARE,
        signal=np.where(above, RULES[0], ""),
        heading=np.where(above, "up", ""),
    )
    segments = segments.assign(mean=segments["mean_moving_range"], lpl=0.0, upl=segments["range_upper"])
    return ControlChart(points, segments, "mR", screen, chart.warnings)


def _check_direction(improvement: str) -> None:
    if improvement not in DIRECTIONS:
        raise DataError(
            f"direction of improvement '{improvement}' is not known; allowed: {', '.join(DIRECTIONS)}."
            f"{nearest(improvement, DIRECTIONS)}"
        )


def variation(chart: ControlChart, *, improvement: str) -> str:
    """Name the variation of the latest point that is observed and not excluded, as the Making Data Count icon would.

    ``improvement`` is which way is better: ``increase``, ``decrease`` or ``neutral``. The answer is ``improvement``,
    ``concern``, ``change (neutral)`` or ``common cause``.

    Examples
    --------
    >>> variation(xmr([5, 6, 5, 6, 5, 6, 5, 6, 5, 20]), improvement="decrease")
    'concern'
    """
    _check_direction(improvement)
    last = chart.points[chart.points["value"].notna() & ~chart.points["excluded"]].iloc[-1]
    if last["signal"] == "":
        return "common cause"
    if improvement == "neutral":
        return "change (neutral)"
    better = (last["heading"] == "up") == (improvement == "increase")
    return "improvement" if better else "concern"


def assurance(chart: ControlChart, *, improvement: str, target: float | None) -> str | None:
    """Say whether the process, as it now stands, will meet a target.

    By the limits of the last segment the process ``consistently passes``, ``consistently fails`` or is ``hit or miss``;
    None without a target (in the unit of the series) or a direction of improvement. A target that lies exactly on the
    limit at its far side is met by every value within the limits: a series always at 100% passes a target of 100% (the
    Making Data Count workbook; NHSRplotthedots calls it hit or miss).

    Examples
    --------
    >>> assurance(xmr([5, 6, 5, 6, 5, 6, 5, 6]), improvement="decrease", target=2)
    'consistently fails'
    >>> assurance(xmr([100.0] * 12), improvement="increase", target=100)
    'consistently passes'
    """
    _check_direction(improvement)
    if target is None or improvement == "neutral":
        return None
    if not math.isfinite(target):
        raise DataError(f"a target of {target:g} is not possible; allowed: a number in the unit of the series, or none")
    last = chart.points[chart.points["lpl"].notna()].iloc[-1]
    slack = slack_of(chart.points["value"], target)
    sign = 1 if improvement == "increase" else -1
    easiest, hardest = sorted((sign * (last["lpl"] - target), sign * (last["upl"] - target)))
    if easiest >= -slack:
        return "consistently passes"
    return "consistently fails" if hardest < -slack else "hit or miss"


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

    Examples
    --------
    >>> found = capability(xmr([5, 6, 5, 6, 5, 6, 5, 6, 5, 6]), lower=0, upper=11)
    >>> print(f"{found.cp:.3f} {found.cpk:.3f}")
    2.068 2.068
    """
    if lower is None and upper is None:
        raise DataError("give at least one specification limit (lower or upper)")
    for name, limit in (("lower", lower), ("upper", upper)):
        if limit is not None and not math.isfinite(limit):
            raise DataError(f"the {name} specification limit is {limit:g}; allowed: a number, or none")
    if lower is not None and upper is not None and lower >= upper:
        raise DataError(f"the lower specification limit {lower:g} is not below the upper one {upper:g}")
    if not chart.stable and not force:
        return Capability(None, None, None, "the process shows special causes; capability describes a stable one")
    if chart.kind != "XmR":
        return Capability(None, None, None, f"capability is computed from an XmR chart, not from a {chart.kind} chart")
    last = chart.segments.iloc[-1]
    rows = chart.points[(chart.points["segment"] == last["segment"]) & ~chart.points["excluded"]]
    values = rows["value"].dropna()
    mean, within, overall = float(last["mean"]), float(last["mean_moving_range"]) / D2, float(values.std())
    slack = slack_of(values)
    if within <= slack or overall <= slack:
        return Capability(None, None, None, "the process does not vary, so its capability has no scale")
    sides = [upper - mean] if upper is not None else []
    sides += [mean - lower] if lower is not None else []
    nearer = min(sides)
    cp = (upper - lower) / (6 * within) if len(sides) == 2 else None
    return Capability(cp, nearer / (3 * within), nearer / (3 * overall))
