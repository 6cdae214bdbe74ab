"""Comparisons that a source reports without its data: two relative changes, and the p-value of an interval."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from healthsys.errors import DataError
from healthsys.statistics import check_level

#: The shorter arm of an interval below this share of the longer, beyond rounding: not the scale of its normal law.
EVEN_ARMS = 0.9


@dataclass(frozen=True)
class RelativeChange:
    """One percentage change against another: in points, and relative to the other; limits None without counts."""

    points: float
    relative: float
    lower: float | None = None
    upper: float | None = None


def relative_change(
    own: float, other: float, *, before: float | None = None, other_before: float | None = None, level: float = 0.95
) -> RelativeChange:
    """Compare a percentage change with another: (1 + own) / (1 + other) - 1.

    Parameters
    ----------
    own, other
        Changes in percent.
    before, other_before
        Counts in the first period: with both, the narrowest interval there could be, for counts that vary as Poisson.
    level
        Coverage.

    Examples
    --------
    >>> found = relative_change(-14, 28.5, before=1000, other_before=15000)
    >>> round(found.points, 1), round(found.relative, 1), round(found.lower), round(found.upper)
    (-42.5, -33.1, -39, -27)
    """
    check_level(level)
    if not (math.isfinite(own) and math.isfinite(other) and own >= -100 and other > -100):
        raise DataError(
            f"changes of {own:g}% and {other:g}% cannot be compared; allowed: -100 or more, the second above -100"
        )
    ratio = (1 + own / 100) / (1 + other / 100)
    if before is None or other_before is None:
        return RelativeChange(own - other, 100 * (ratio - 1))
    if not (before > 0 and other_before > 0 and math.isfinite(before) and math.isfinite(other_before)):
        raise DataError(f"supposed counts of {before:g} and {other_before:g} are not possible; allowed: above 0")
    if own == -100:
        raise DataError("a change of -100% leaves nothing to count; its logarithm has no interval")
    counts = np.array([before, before * (1 + own / 100), other_before, other_before * (1 + other / 100)])
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt((1 / counts).sum())
    lower, upper = (float(100 * np.expm1(np.log(ratio) + sign * reach)) for sign in (-1, 1))
    return RelativeChange(own - other, 100 * (ratio - 1), lower, upper)


def p_from_interval(
    estimate: float, lower: float, upper: float, *, ratio: bool = False, df: int | None = None, level: float = 0.95,
    rounding: float = 0.05,
) -> tuple[float, float, float]:  # fmt: skip
    """Return the two-sided p-value that a reported estimate and its interval imply, and the range that rounding leaves.

    A difference is tested against 0; a ratio (of risks, rates, odds, hazards) against 1, by its logarithm.

    Parameters
    ----------
    estimate, lower, upper, level
        As reported, and the coverage of the interval.
    ratio
        Whether the estimate is a ratio.
    df
        Degrees of freedom of Student's t; the normal distribution when None.
    rounding
        Half a unit of the last reported digit.

    Returns
    -------
    tuple
        p, and the smallest and largest p as the reported numbers vary within their rounding.

    Raises
    ------
    DataError
        If the arms of the interval differ by more than rounding explains, as those of a ratio do without ``ratio``.

    References
    ----------
    Altman DG, Bland JM. BMJ 2011;343:d2304.

    Examples
    --------
    >>> [round(p, 4) for p in p_from_interval(-7.9, -13.1, -2.8)]
    [0.0026, 0.0022, 0.0031]
    >>> round(p_from_interval(0.81, 0.70, 0.94, ratio=True, rounding=0.005)[0], 3)
    0.005
    """
    check_level(level)
    if not (lower <= estimate <= upper and lower < upper):
        raise DataError(f"{estimate:g} ({lower:g} to {upper:g}) is no estimate with its interval; are columns swapped?")
    if rounding < 0 or (df is not None and df < 1):
        raise DataError(f"rounding {rounding:g} and df {df} are not possible; allowed: 0 or more, and 1 or more")
    if ratio and lower - rounding <= 0:
        raise DataError(f"a ratio with a lower limit of {lower:g}, rounded by {rounding:g}, has no logarithm; "
                        "allowed: limits above 0, and a rounding that leaves them there")  # fmt: skip
    scale = np.log if ratio else np.asarray
    # Each number as small and as large as its rounding allows, and so both arms.
    centre, low, high = (scale([one - rounding, one + rounding]) for one in (estimate, lower, upper))
    shorter, longer = sorted((centre - low[::-1], high - centre[::-1]), key=sum)
    if shorter[1] < EVEN_ARMS * longer[0]:
        remedy = "this is no ratio with a log interval" if ratio else "if this is a ratio, set ratio=True"
        raise DataError(
            f"{estimate:g} ({lower:g} to {upper:g}) is not in the middle of its interval{' of logarithms' * ratio}, by "
            f"more than rounding explains, so no normal law gives its p; {remedy}, else take p from the source"
        )
    law = stats.norm if df is None else stats.t(df)
    reach = law.ppf(0.5 + level / 2)

    def value(centre: float, width: float) -> float:
        return float(2 * law.sf(centre * 2 * reach / width)) if width > 0 else 0.0
    sizes, sure = np.abs(centre), centre[0] * centre[1] > 0
    smallest = value(sizes.max(), high[0] - low[1])
    largest = value(sizes.min() if sure else 0.0, high[1] - low[0])
    return value(abs(float(scale(estimate))), float(scale(upper) - scale(lower))), smallest, largest
