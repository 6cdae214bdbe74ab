"""Control charts of one series (XmR), what they say of variation and target, and capability."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from healthsys.errors import DataError, one_of
from healthsys.spc.rules import (
    NEAR_SHARE,
    RULES,
    observed_numbers,
    rules_broken,
    slack_of,
    slack_of_each,
    usual_of_each,
)

#: Mean moving range of two points of a normal process, in standard deviations (Shewhart's d2 for n = 2).
D2 = 1.128
#: Three standard deviations over the mean moving range, as usual for XmR charts (3 / 1.128 rounded).
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
    """A chart: a row per point, a row per segment, its kind, what to be careful about, why a part is missing."""

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


class Plan:
    """The checked options of a chart of ``n`` points: labels, segments, points not counted, lengths of runs."""

    def __init__(
        self, n: int, *, periods: Sequence | None = None, baseline: int | None = None, rebase: Sequence[int] = (),
        exclude: Sequence[int] = (), trend_length: int = TREND_LENGTH, shift_length: int = SHIFT_LENGTH,
    ) -> None:  # fmt: skip
        self.labels = list(range(n)) if periods is None else list(periods)
        self.segment, self.left_out = np.zeros(n, dtype=int), np.zeros(n, dtype=bool)
        self.baseline, self.lengths = baseline, {"trend_length": trend_length, "shift_length": shift_length}
        if len(self.labels) != n:
            raise DataError(f"{len(self.labels)} periods but {n} values; give one of each")
        for name, given in (("rebase", rebase), ("exclude", exclude)):
            for one in given:
                if isinstance(one, bool | np.bool_) or one != one // 1:
                    raise DataError(
                        f"{name} holds {one}; allowed: positions in the series, from 0. For a mask of true and false "
                        "give np.flatnonzero(mask)"
                    )
        for start in sorted(set(rebase)):
            if not 0 < start < n:
                raise DataError(
                    f"a rebase at position {start} lies outside the series; allowed: 1 to {n - 1} (the first point "
                    "of the new segment)"
                )
            self.segment[int(start) :] += 1
        for position in exclude:
            if not 0 <= position < n:
                raise DataError(f"point {position} cannot be excluded: allowed: 0 to {n - 1} (positions in the series)")
            self.left_out[int(position)] = True
        if baseline is not None and not 2 <= baseline <= n:
            raise DataError(f"a baseline of {baseline} points is not possible; allowed: 2 to {n}, or none")
        first = int(min(rebase, default=n))
        if baseline is not None and baseline > first:
            raise DataError(
                f"the baseline has {baseline} points, but limits are recalculated from point {first + 1} "
                f"({getattr(self.labels[first], 'date', lambda: self.labels[first])()}); end the baseline before it"
            )
        for name, length in self.lengths.items():
            if length < SHORTEST_RUN:
                raise DataError(f"{name} is {length}; allowed: {SHORTEST_RUN} points or more (7 is usual)")
        self.parts = int(self.segment[-1]) + 1

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
        lower, upper = (
            [np.clip(centre + sign * half * share, bottom, top) for share in (1, NEAR_SHARE)]
            for sign, bottom, top in ((-1, lowest, None), (1, None, highest))
        )
        return {
            "mean": centre, "lpl": lower[0], "upl": upper[0], "near_lower": lower[1], "near_upper": upper[1],
            "signal": signal, "heading": heading,
        }  # fmt: skip

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
    """Return absolute differences between neighbouring points; missing next to a gap and at the start."""
    return np.abs(np.diff(np.asarray(values, dtype=float), prepend=np.nan))


def few_points(count: int, segment: int | None = None) -> list[str]:
    """Warn where limits are made from fewer points than they need; ``segment`` names the part of the chart."""
    which = "" if segment is None else f" of segment {segment}"
    said = f"the limits{which} are based on {count} points; with fewer than {FEWEST_POINTS} they are provisional"
    return [said] if count < FEWEST_POINTS else []


def limits_of_each(values: np.ndarray, *, baseline: int | None, screen: bool) -> tuple[np.ndarray, ...]:
    """Return what the limits of many series at once are made of, a row each, NaN where nothing is counted.

    These are points and mean, the value that most points share (NaN where none), all moving ranges and how many, their
    mean after screening, and how many of them screening left out. Moving ranges are kept where leaving them out would
    leave no variation, or limits narrower than the distance from the mean to the value that most points share.
    """
    ranges, slack = moving_ranges(values), slack_of_each(values)
    base, base_ranges = values[:, :baseline], ranges[:, :baseline]
    points, mean = _mean(base, ~np.isnan(base))
    usual, there = usual_of_each(base), ~np.isnan(base_ranges)
    apart = np.where(np.isnan(usual), 0.0, np.abs(usual - mean))
    pairs, first = _mean(base_ranges, there)
    with np.errstate(invalid="ignore"):
        far = base_ranges >= (SCREEN_FACTOR * first - slack)[:, None]
        kept = there & ~(far & (first > slack)[:, None] & screen)
        number, smaller = _mean(base_ranges, kept)
        unscreened = (smaller <= slack) | (LIMIT_FACTOR * smaller + slack < apart)
    screened = np.where(unscreened, 0, pairs - number)
    return points, mean, usual, ranges, pairs, np.where(unscreened, first, smaller), screened


def _mean(values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values of each row count, and their mean (NaN of none)."""
    number = counted.sum(axis=1)
    total = np.where(counted, values, 0.0).sum(axis=1)
    return number, np.where(number > 0, total / np.maximum(number, 1), np.nan)


def xmr(
    values: Sequence[float], *, periods: Sequence | None = None, screen: bool = True, baseline: int | None = None,
    rebase: Sequence[int] = (), exclude: Sequence[int] = (), trend_length: int = TREND_LENGTH,
    shift_length: int = SHIFT_LENGTH,
) -> ControlChart:  # fmt: skip
    """Chart individual values and their moving range (XmR, I-MR).

    Limits are the mean plus or minus 2.66 mean moving ranges, near-limit lines two thirds of that. A missing period has
    no point and no moving range on either side, and breaks runs. Where more than half of the points share one value, a
    shift is counted from it, because single exceptions pull the mean away.

    Parameters
    ----------
    values
        One number per period, in order; NaN where a period is missing.
    periods
        Labels of the periods; their positions when None.
    screen
        Leave out moving ranges of 3.267 mean moving ranges or more, once, before the limits (NHSRplotthedots does, the
        Making Data Count spreadsheet does not); not where that leaves no variation or puts the usual value outside.
    baseline
        Number of leading points whose limits are frozen for the first segment; None uses all.
    rebase
        Positions that start a new segment, with its own mean, limits and rules.
    exclude
        Positions of points that are shown but count for nothing, as a missing period does.
    trend_length, shift_length
        Points that make a trend (strictly rising or falling) and a shift (strictly on one side).

    Returns
    -------
    ControlChart
        ``points``: value, moving_range, mean, lpl, upl, near_lower, near_upper, signal (``outside limits``, ``trend``,
        ``two of three``, ``shift`` or empty), heading (``up``, ``down`` or empty), excluded, range_signal. A point on a
        limit is inside it, one on the mean breaks a shift, a tie breaks a trend; rounding makes no difference.

    Raises
    ------
    DataError
        If a value is infinite or no number, a segment has fewer than two points, or a position lies outside.

    References
    ----------
    Shewhart WA 1931; Wheeler DJ 2000; Nelson LS. Journal of Quality Technology 1982;14:172-173; NHSRplotthedots 0.2.2.

    Examples
    --------
    >>> chart = xmr([1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
    >>> first = chart.points.iloc[0]
    >>> print(f"{first['mean']:.2f} {first['lpl']:.2f} {first['upl']:.2f}", chart.points["signal"][4])
    1.94 -0.72 4.60 outside limits
    """
    values = observed_numbers(values)
    lengths = {"trend_length": trend_length, "shift_length": shift_length}
    plan = Plan(len(values), periods=periods, baseline=baseline, rebase=rebase, exclude=exclude, **lengths)
    rows, summary = [], []
    for number, where, frozen in plan.segments():
        counted = np.where(plan.left_out[where], np.nan, values[where])
        of_each = limits_of_each(counted[None], baseline=frozen, screen=screen)
        known, mean, usual, ranges, pairs, mean_range, screened = (one[0] for one in of_each)
        if known < 2:
            raise DataError(
                f"segment {number} has {known} observed points; a control chart needs at least 2 "
                f"(and {FEWEST_POINTS} to be relied on). Choose another rebase or baseline"
            )
        if not pairs:
            raise DataError(
                f"segment {number} has no two neighbouring observed points, so no moving range; "
                "fill the gaps or choose a coarser period"
            )
        half, range_upper = LIMIT_FACTOR * mean_range, RANGE_FACTOR * mean_range
        rows.append(
            {
                "value": values[where], "segment": number, "moving_range": ranges,
                **plan.lines(counted, mean, half, level=None if np.isnan(usual) else usual),
                "excluded": plan.left_out[where],
                "range_signal": np.nan_to_num(ranges) > range_upper + slack_of(counted),
            }
        )  # fmt: skip
        summary.append(
            {
                "segment": number, "points": known, "mean": mean, "mean_moving_range": mean_range,
                "lpl": mean - half, "upl": mean + half, "range_upper": range_upper, "ranges_screened": screened,
            }
        )  # fmt: skip
    return plan.chart(rows, summary, "XmR", screened=screen)


def mr_chart(values: Sequence[float], *, screen: bool = False, **options: Unpack[ChartOptions]) -> ControlChart:
    """Chart the moving ranges of a series (the mR part of an XmR chart) against their upper limit.

    The upper limit is 3.267 mean moving ranges, the lower 0. Only a range above the limit is a signal: neighbouring
    ranges share a point, so runs among them mean nothing.

    Parameters
    ----------
    values, options
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
    chart = xmr(values, screen=screen, **options)
    above, segments = chart.points["range_signal"], chart.segments
    of_segment = segments.set_index("segment").loc[chart.points["segment"]].reset_index(drop=True)
    upper = of_segment["range_upper"]
    points = chart.points.assign(
        value=chart.points["moving_range"], mean=of_segment["mean_moving_range"], lpl=0.0, upl=upper, near_lower=0.0,
        near_upper=upper * NEAR_SHARE, signal=np.where(above, RULES[0], ""), heading=np.where(above, "up", ""),
    )  # fmt: skip
    segments = segments.assign(mean=segments["mean_moving_range"], lpl=0.0, upl=segments["range_upper"])
    return ControlChart(points, segments, "mR", screen, chart.warnings)


def variation(chart: ControlChart, *, improvement: str) -> str:
    """Name the variation of the latest counted point, as the Making Data Count icon would.

    ``improvement`` is which way is better: ``increase``, ``decrease`` or ``neutral``. The answer is ``improvement``,
    ``concern``, ``change (neutral)`` or ``common cause``.

    >>> variation(xmr([5, 6, 5, 6, 5, 6, 5, 6, 5, 20]), improvement="decrease")
    'concern'
    """
    one_of("direction of improvement", improvement, DIRECTIONS)
    last = chart.points[chart.points["value"].notna() & ~chart.points["excluded"]].iloc[-1]
    if last["signal"] == "":
        return "common cause"
    if improvement == "neutral":
        return "change (neutral)"
    return "improvement" if (last["heading"] == "up") == (improvement == "increase") else "concern"


def assurance(chart: ControlChart, *, improvement: str, target: float | None) -> str | None:
    """Say whether the process, by the limits of its last segment, will meet a target.

    It ``consistently passes``, ``consistently fails`` or is ``hit or miss``; None without a target (in the unit of the
    series) or a direction. A series always at 100% passes a target of 100% (the Making Data Count workbook;
    NHSRplotthedots calls it hit or miss).

    >>> assurance(xmr([5, 6, 5, 6, 5, 6, 5, 6]), improvement="decrease", target=2)
    'consistently fails'
    """
    one_of("direction of improvement", improvement, DIRECTIONS)
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


def capability(chart: ControlChart, *, lower: float | None = None, upper: float | None = None) -> Capability:
    """Measure how well a stable process fits between specification limits.

    Cp = (upper - lower) / 6 s and Cpk = min(upper - mean, mean - lower) / 3 s with s the mean moving range of the last
    segment over 1.128; Ppk uses the sample standard deviation of all points of the segment instead, also where the
    mean and the moving range are those of a baseline.

    ``chart`` is an XmR chart; with one of the specification limits ``lower`` and ``upper`` Cp is None. All are None
    with a ``reason`` when the process is not stable or has no spread.

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
    if not chart.stable:
        return Capability(None, None, None, "the process shows special causes; capability describes a stable one")
    if chart.kind != "XmR":
        return Capability(None, None, None, f"capability is computed from an XmR chart, not from a {chart.kind} chart")
    last = chart.segments.iloc[-1]
    rows = chart.points[(chart.points["segment"] == last["segment"]) & ~chart.points["excluded"]]
    values = rows["value"].dropna()
    mean, within, overall = float(last["mean"]), float(last["mean_moving_range"]) / D2, float(values.std())
    if min(within, overall) <= slack_of(values):
        return Capability(None, None, None, "the process does not vary, so its capability has no scale")
    nearer = min(np.inf if upper is None else upper - mean, np.inf if lower is None else mean - lower)
    cp = None if lower is None or upper is None else (upper - lower) / (6 * within)
    return Capability(cp, nearer / (3 * within), nearer / (3 * overall))
