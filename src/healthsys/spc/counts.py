"""Charts for counts: p′ and u′ charts (Laney's correction), c charts, and run charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from scipy import stats

from healthsys.errors import DataError
from healthsys.spc.charts import D2, ChartOptions, ControlChart, Plan, moving_ranges
from healthsys.spc.rules import observed_numbers, sign_of, slack_of, usual_of_each

#: Standard errors between centre line and limit (Shewhart's convention).
LIMIT_SIGMAS = 3


@dataclass(frozen=True)
class RunChart:
    """Median, points off it, runs and crossings of a series, and what Anhøj's two rules allow."""

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


def _counts(numbers: Sequence[float], what: str) -> np.ndarray:
    counts = observed_numbers(numbers, what=what)
    wrong = np.flatnonzero(counts < 0)
    if len(wrong):
        raise DataError(f"{what}: position {wrong[0] + 1} holds {counts[wrong[0]]:g}; counts are 0 or more")
    return counts


def _attribute_chart(events: np.ndarray, size: np.ndarray, plan: Plan, *, kind: str, laney: bool) -> ControlChart:
    n = len(events)
    usable = (size > 0) & ~np.isnan(events)
    value = np.divide(events, size, out=np.full(n, np.nan), where=usable)
    rows, summary, warnings, reasons = [], [], [], []
    missing = n - int(usable.sum())
    if missing:
        what = "count" if kind == "c" else "denominator above 0 or no count"
        warnings.append(f"{missing} {'period has' if missing == 1 else 'periods have'} no {what}: no point there")
    for number, where, frozen in plan.segments():
        counts = usable[where] & ~plan.left_out[where]
        base = where[:frozen][counts[:frozen]]
        if len(base) < 2:
            part = f"segment {number}: " if plan.parts > 1 or frozen < n else ""
            raise DataError(
                f"{part}fewer than 2 periods have events and a denominator above 0; there is nothing to chart"
            )
        centre = float(events[base].sum() / size[base].sum())
        spread = centre * (1 - centre) if kind == "p" else centre
        error = np.sqrt(np.divide(spread, size[where], out=np.full(len(where), np.nan), where=usable[where]))
        counted = np.where(counts, value[where], np.nan)
        sigma_z: float | None = 1.0
        if spread <= 0:
            sigma_z = None
            what = "no period has an event" if centre <= 0 else "every case is an event in every period"
            reasons.append(f"{what}, so the spread cannot be estimated and the limits coincide with the centre line")
        elif laney:
            ranges = moving_ranges((counted - centre) / error)[:frozen]
            sigma_z = float(np.nanmean(ranges) / D2) if (~np.isnan(ranges)).any() else 0.0
            if sigma_z < 1e-9:
                alone = np.isnan(ranges).all()
                what = "no two neighbouring periods have a point" if alone else "no two neighbouring periods differ"
                sigma_z = None
                reasons.append(
                    f"{what}, so Laney's spread cannot be estimated and the limits are those of the plain {kind} chart"
                )
        half = LIMIT_SIGMAS * error * (1.0 if sigma_z is None else sigma_z)
        highest = 1.0 if kind == "p" else np.inf
        usual = float(usual_of_each(value[base][None])[0])
        level = None if np.isnan(usual) else usual
        lines = plan.lines(counted, centre, half, level=level, lowest=0, highest=highest)
        rows.append(
            {
                "value": value[where], "segment": number, "moving_range": moving_ranges(counted), **lines,
                "excluded": plan.left_out[where],
            }
        )  # fmt: skip
        summary.append({"segment": number, "points": len(base), "mean": centre, "sigma_z": sigma_z})
    return plan.chart(rows, summary, f"{kind}′" if laney else kind, warnings=warnings, reasons=reasons)


def _shares(events: Sequence[float], denominators: Sequence[float], *, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Check counts of events and their denominators, one pair per period."""
    if len(events) != len(denominators):
        raise DataError(
            f"{len(events)} counts of events but {len(denominators)} denominators; give one of each per period"
        )
    counts, size = _counts(events, "events"), _counts(denominators, "denominators")
    over = np.flatnonzero((counts > size) & (size > 0))
    if kind == "p" and len(over):
        where = over[0]
        raise DataError(
            f"position {where + 1}: {counts[where]:g} events among {size[where]:g}; a proportion cannot exceed 1. "
            "Use a u chart for rates, or check whether the columns are swapped"
        )
    return counts, size


def p_prime(
    events: Sequence[float], denominators: Sequence[float], *, laney: bool = True, **options: Unpack[ChartOptions]
) -> ControlChart:
    """Chart proportions with Laney's prime correction for large denominators, or with plain binomial limits.

    Centre is all events over all denominators. With ``laney`` the limits are multiplied by sigma_z, the mean moving
    range of the z-scores over 1.128; about 1 means no extra dispersion.

    Parameters
    ----------
    events, denominators
        People with the outcome and people at risk, one pair per period, in order.
    laney
        Use the prime chart; False gives the plain p chart.
    options
        Of :func:`healthsys.spc.xmr`, but ``screen``.

    Returns
    -------
    ControlChart
        Limits clipped to 0 and 1; a period without a denominator has no point; ``segments`` has ``sigma_z``, None with
        a ``reason`` where it cannot be estimated.

    Raises
    ------
    DataError
        If a count is negative or infinite, events exceed the denominator, or a segment has fewer than two usable
        periods.

    References
    ----------
    Laney DB. Quality Engineering 2002;14:531-537; R qicharts2.

    Examples
    --------
    >>> chart = p_prime([112, 98, 131, 104], [1000, 950, 1020, 980], laney=False)
    >>> print(f"{chart.points['mean'][0]:.4f} {chart.points['lpl'][0]:.4f} {chart.points['upl'][0]:.4f}")
    0.1127 0.0827 0.1427
    """
    counts, size = _shares(events, denominators, kind="p")
    return _attribute_chart(counts, size, Plan(len(counts), **options), kind="p", laney=laney)


def u_prime(
    events: Sequence[float], denominators: Sequence[float], *, laney: bool = True, **options: Unpack[ChartOptions]
) -> ControlChart:
    """Chart rates of events per unit of exposure with Laney's correction, or with plain Poisson limits.

    As :func:`p_prime`, for counts that may exceed the denominator; limits are clipped at 0 only.

    References
    ----------
    Laney DB. Quality Engineering 2002;14:531-537; Montgomery DC, section 7.3; R qicharts2.

    Examples
    --------
    >>> round(float(u_prime([4, 6, 5, 7], [10, 12, 9, 11], laney=False).points["mean"][0]), 4)
    0.5238
    """
    counts, size = _shares(events, denominators, kind="u")
    return _attribute_chart(counts, size, Plan(len(counts), **options), kind="u", laney=laney)


def c_chart(counts: Sequence[float], **options: Unpack[ChartOptions]) -> ControlChart:
    """Chart counts of events in periods of equal opportunity, with Poisson limits clipped at 0.

    ``counts`` are events in each period, NaN where one is missing; ``options`` those of :func:`healthsys.spc.xmr` but
    ``screen``. Where the opportunity differs between periods, use :func:`u_prime`. Where events are rare the chart
    signals more often by chance: of charts of 24 periods from a process that does not change, 29% have a signal where
    the mean is 0.5 a period, 18% where it is 5. Use :func:`t_chart` for rare events.

    References
    ----------
    Montgomery DC. Introduction to Statistical Quality Control, section 7.3 (example 7.3); R qicharts2.

    Examples
    --------
    >>> chart = c_chart([4, 6, 5, 9, 3, 3])
    >>> f"{chart.points['mean'][0]:.2f} {chart.points['lpl'][0]:.2f} {chart.points['upl'][0]:.2f}"
    '5.00 0.00 11.71'
    """
    events = _counts(counts, "counts")
    broken = np.flatnonzero(events % 1 > 0)
    if len(broken):
        said = f"position {broken[0] + 1} holds {events[broken[0]]:g}; a c chart needs whole counts"
        raise DataError(f"counts: {said}. For rates use u_prime, for measurements xmr")
    return _attribute_chart(events, np.ones(len(events)), Plan(len(events), **options), kind="c", laney=False)


def run_chart(values: Sequence[float]) -> RunChart:
    """Test a series for non-random runs about its median (Anhøj's rules).

    The longest run may not exceed round(log2 n) + 3, and the median must be crossed at least as often as the 5th
    percentile of a binomial with n - 1 trials and probability one half. Missing points and points on the median are
    dropped.

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
    numbers = observed_numbers(values)
    numbers = numbers[~np.isnan(numbers)]
    median = float(np.median(numbers)) if len(numbers) else 0.0
    side = sign_of(numbers - median, slack_of(numbers))
    side = side[side != 0]
    if len(side) < 2:
        raise DataError("fewer than 2 points lie off the median; a run chart has nothing to count")
    turns = np.flatnonzero(np.diff(side) != 0)
    runs = np.diff(np.concatenate([[-1], turns, [len(side) - 1]]))
    allowed = int(np.floor(np.log2(len(side)) + 0.5)) + 3
    fewest = int(stats.binom.ppf(0.05, len(side) - 1, 0.5))
    return RunChart(median, len(side), int(runs.max()), allowed, len(turns), fewest)
