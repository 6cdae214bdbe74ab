"""Comparisons that a source reports without its data: two relative changes, and the p-value of an interval."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from healthsys.errors import DataError
from healthsys.statistics import check_level


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
    estimate: float, lower: float, upper: float, *, df: int | None = None, level: float = 0.95, rounding: float = 0.05
) -> tuple[float, float, float]:
    """Return the two-sided p-value that a reported estimate and its interval imply, and the range that rounding leaves.

    Parameters
    ----------
    estimate, lower, upper, level
        As reported, and the coverage of the interval.
    df
        Degrees of freedom of Student's t; the normal distribution when None.
    rounding
        Half a unit of the last reported digit.

    Returns
    -------
    tuple
        p, and the smallest and largest p as the reported numbers vary within their rounding.

    Examples
    --------
    >>> [round(p, 4) for p in p_from_interval(-7.9, -13.1, -2.8)]
    [0.0026, 0.0022, 0.0031]
    """
    check_level(level)
    if not (lower <= estimate <= upper and lower < upper):
        raise DataError(f"{estimate:g} ({lower:g} to {upper:g}) is no estimate with its interval; are columns swapped?")
    if rounding < 0 or (df is not None and df < 1):
        raise DataError(f"rounding {rounding:g} and df {df} are not possible; allowed: 0 or more, and 1 or more")
    law = stats.norm if df is None else stats.t(df)
    reach = law.ppf(0.5 + level / 2)

    def value(centre: float, width: float) -> float:
        return float(2 * law.sf(centre * 2 * reach / width)) if width > 0 else 0.0

    width, size = upper - lower, abs(estimate)
    smallest = value(size + rounding, width - 2 * rounding)
    largest = value(max(0.0, size - rounding), width + 2 * rounding)
    return value(size, width), smallest, largest
