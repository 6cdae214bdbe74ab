"""Differences in differences by a regression with unit and period effects."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError, nearest
from healthsys.statistics import check_level

#: Errors of the effect, and what each counts. The clustered ones differ in the small-sample factor alone.
ERRORS = {
    "clustered": "effects nested in clusters not counted (Cameron and Miller 2015; as pyfixest, reghdfe, xtreg)",
    "clustered_all": "all effects counted (as lm with dummies and sandwich's HC1, or Stata's areg)",
    "cr0": "no small-sample factor",
    "hc1": "heteroskedastic, rows taken to be independent",
    "iid": "equal spread, rows taken to be independent",
}

#: Errors that let rows of a cluster depend on each other.
CLUSTERED = ("clustered", "clustered_all", "cr0")

#: Residuals below this share of the values are rounding: the model then fits every value.
FITS_EXACTLY = 1e-9

#: Fewer clusters than this make clustered errors too small (Cameron & Miller 2015).
FEW_CLUSTERS = 30


@dataclass(frozen=True)
class Difference:
    """An effect with its interval; interval None, with a reason, where there is none.

    ``error`` is the standard error behind the interval, ``correction`` says which one, ``degrees`` are those of
    Student's t.
    """

    estimate: float
    lower: float | None
    upper: float | None
    units: int
    clusters: int
    method: str
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    error: float | None = None
    p: float | None = None
    degrees: int | None = None
    correction: str = ""


def student(estimate: float, error: float, degrees: int, level: float) -> dict[str, float | int]:
    """Return error, limits, p and degrees of freedom of an estimate, by Student's t."""
    reach = float(stats.t.ppf(0.5 + level / 2, degrees)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, degrees))
    return {"error": error, "lower": estimate - reach, "upper": estimate + reach, "p": p, "degrees": degrees}


def complete(frame: pd.DataFrame, columns: list[str], *, unit: str, period: str, value: str) -> pd.DataFrame:
    """Return the rows that have all columns; refuse two for a unit and period, and values that are no finite number."""
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"there is no column '{column}'; the table has {', '.join(map(str, frame.columns))}")
    rows = frame[columns].dropna().reset_index(drop=True)
    if rows.empty:
        raise DataError(f"no row has all of {', '.join(columns)}; there is nothing to compare")
    numbers = pd.to_numeric(rows[value], errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise DataError(
            f"column '{value}' holds '{rows.loc[wrong.idxmax(), value]}'; allowed: finite numbers, or empty"
        )
    rows[value] = numbers
    twice = rows.duplicated([unit, period])
    if twice.any():
        at = twice.idxmax()
        raise DataError(
            f"'{rows.at[at, unit]}' has more than one row for {period} {rows.at[at, period]}; one row per "
            f"{unit} and {period} is allowed: add them up or average them first"
        )
    return rows


def flags(rows: pd.DataFrame, column: str) -> pd.Series:
    """Read a true/false column; a word would otherwise count as true."""
    numbers = pd.to_numeric(rows[column], errors="coerce").astype(float)
    odd = ~numbers.isin((0.0, 1.0))
    if odd.any():
        raise DataError(
            f"column '{column}' holds '{rows.loc[odd, column].iloc[0]}'; allowed: true and false (or 1 and 0)"
        )
    return numbers.astype(bool)


def comparable(frame: pd.DataFrame, columns: list[str], *, unit: str, period: str, value: str) -> pd.DataFrame:
    """Return the complete rows of units and periods that occur more than once: alone, their own effect fits them.

    Correia S. Singletons, cluster-robust standard errors and fixed effects: a bad mix. Duke University, 2015.
    """
    rows, before = complete(frame, columns, unit=unit, period=period, value=value), None
    while len(rows) != before:
        before = len(rows)
        sizes = [rows.groupby(column)[column].transform("size") for column in (unit, period)]
        rows = rows[(sizes[0] > 1) & (sizes[1] > 1)]
    if rows.empty:
        raise DataError(f"every {unit} has one row; a comparison needs two {period}s of each")
    return rows


def few_clusters(clusters: int, *, remedy: str = ": see the permutation test") -> tuple[str, ...]:
    """Return the warning that clustered intervals are too narrow, below :data:`FEW_CLUSTERS` clusters."""
    few = f"{clusters} clusters; under {FEW_CLUSTERS} clustered intervals are too narrow{remedy}"
    return (few,) if clusters < FEW_CLUSTERS else ()


def difference_in_differences(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, treated: str, after: str, cluster: str | None = None,
    level: float = 0.95, errors: str = "clustered",
) -> Difference:  # fmt: skip
    """Estimate the effect of a change made to some units at one time, with unit and period effects.

    Parameters
    ----------
    frame
        One row per unit and period.
    unit, period, value
        Columns.
    treated, after
        True/false columns: whether the unit was changed, and whether the period is after the change.
    cluster
        Column of the unit that was *assigned*, within which errors may depend on each other; ``unit`` when None.
    level
        Coverage.
    errors
        One of ``ERRORS``: ``clustered_all`` counts effects nested in clusters in the small-sample factor.

    Returns
    -------
    Difference
        No interval where one cluster alone was treated or was not, or where the model fits every value. Units and
        periods with one row are left out, with a warning.

    Raises
    ------
    DataError
        If a column is missing or constant, a unit is both treated and not, or has two rows for a period.

    Examples
    --------
    >>> rows = [(u, t, 10 + u + t + 5 * (u >= 4) * (t >= 2) + 0.1 * ((u * t) % 3), u >= 4, t >= 2)
    ...         for u in range(8) for t in range(4)]
    >>> panel = pd.DataFrame(rows, columns=["clinic", "month", "seen", "reorganised", "after"])
    >>> found = difference_in_differences(panel, unit="clinic", period="month", value="seen",
    ...                                   treated="reorganised", after="after")
    >>> round(found.estimate, 2), found.clusters, round(found.error, 3)
    (5.01, 8, 0.031)
    """
    check_level(level)
    by = cluster or unit
    columns = list(dict.fromkeys([unit, period, value, treated, after, by]))
    rows = comparable(frame, columns, unit=unit, period=period, value=value)
    on, later = flags(rows, treated), flags(rows, after)
    if on.all() or not on.any():
        raise DataError(f"column '{treated}' is the same for every unit; a comparison needs units of both kinds")
    if later.all() or not later.any():
        raise DataError(
            f"column '{after}' is the same for every {period}; a comparison needs some before and some after"
        )
    for given, whole, column, remedy in (
        (on, rows[unit], treated, "it says of a unit whether it was changed at all"),
        (later, rows[period], after, "it says of a period whether it lies after the change; where units start at "
         "different times use group_time_effects"),
    ):  # fmt: skip
        mixed = given.groupby(whole).nunique() > 1
        if mixed.any():
            raise DataError(f"'{mixed.idxmax()}' is both true and false in column '{column}'; {remedy}")
    changed, unchanged = (int(part.groupby(rows[by]).any().sum()) for part in (on, ~on))
    reason, warned = None, few_clusters(rows[by].nunique())
    if errors in CLUSTERED and min(changed, unchanged) < 2:
        reason = (f"only {changed} changed and {unchanged} unchanged {by}: with one on a side the error between them "
                  "cannot be estimated")  # fmt: skip
    out = len(frame[columns].dropna()) - len(rows)
    if out:
        warned = (f"{out} rows of units or periods that occur once were left out", *warned)
    if errors not in CLUSTERED:
        warned = ("errors that take rows of a unit to be independent are usually too small", *warned)
    return two_way(
        rows, unit=unit, period=period, value=value, on=(on & later).to_numpy(dtype=float), cluster=rows[by],
        errors=errors, level=level, method="difference in differences", warned=warned, reason=reason,
    )  # fmt: skip


def two_way(
    rows: pd.DataFrame, *, unit: str, period: str, value: str, on: np.ndarray, cluster: pd.Series,
    errors: str = "clustered", level: float = 0.95, method: str = "two-way fixed effects",
    warned: tuple[str, ...] = (), reason: str | None = None,
) -> Difference:  # fmt: skip
    """Regress a value on a treatment indicator (``on``, 1 or 0 by row) with unit and period effects.

    The variance of clustered errors is the sum of squared cluster sums times G/(G-1) x (n-1)/(n-k); they differ in
    what k counts. Student's t has G-1 degrees of freedom, or n-k for the others (Cameron and Miller 2015, section
    II.B). ``reason`` says why there is no interval whatever the errors are.
    """
    if errors not in ERRORS:
        raise DataError(f"errors '{errors}' are not known; allowed: {', '.join(ERRORS)}.{nearest(errors, ERRORS)}")
    units, periods, groups = (pd.factorize(column)[0] for column in (rows[unit], rows[period], cluster))
    n, g = len(rows), int(groups.max()) + 1
    y = rows[value].to_numpy(dtype=float)
    treated, outcome = _without_effects(np.column_stack([on, y]), units, periods).T
    if treated @ treated <= 1e-10 * max(1.0, on @ on):
        raise DataError("treatment does not vary within units and periods; there is no difference to estimate")
    bread = 1 / (treated @ treated)
    estimate = float(bread * (treated @ outcome))
    residual = outcome - estimate * treated
    counted = _counted(errors, units, periods, groups)
    by_clusters, by_rows = g / (g - 1) if g > 1 else math.nan, 1 / (n - counted) if n > counted else math.nan
    if errors == "iid":
        meat, said = treated @ treated * (residual @ residual) * by_rows, f"n-k with n = {n}, k = {counted}"
    elif errors == "hc1":
        meat = n * by_rows * float(((treated * residual) ** 2).sum())
        said = f"n/(n-k) with n = {n}, k = {counted}"
    else:
        factor = 1.0 if errors == "cr0" else by_clusters * (n - 1) * by_rows
        meat = factor * float((np.bincount(groups, treated * residual) ** 2).sum())
        said = f"G/(G-1) x (n-1)/(n-k) with G = {g}, n = {n}, k = {counted}" if errors != "cr0" else "no factor"
    error = float(math.sqrt(meat) * bread)
    if np.abs(residual).max() <= FITS_EXACTLY * np.abs(y).max():
        reason = reason or "the model fits every value exactly; no variation is left to judge the error by"
    elif errors in CLUSTERED and g < 2:
        reason = reason or "there is one cluster; errors between clusters cannot be estimated"
    elif not math.isfinite(error):
        reason = reason or f"{n} rows are no more than the {counted} coefficients; no error can be estimated"
    judged = student(estimate, error, g - 1 if errors in CLUSTERED else n - counted, level) if not reason else {}
    return Difference(
        **{"estimate": estimate, "lower": None, "upper": None, **judged},
        units=int(units.max()) + 1, clusters=g, method=method, warnings=() if reason else warned, reason=reason,
        correction=f"{said}: {ERRORS[errors]}",
    )  # fmt: skip


def _without_effects(columns: np.ndarray, units: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Take unit and period effects off each column."""
    size = np.bincount(units)

    def demean(matrix: np.ndarray) -> np.ndarray:
        means = np.column_stack([np.bincount(units, column) / size for column in matrix.T])
        return matrix - means[units]

    dummies = demean((periods[:, None] == np.arange(1, periods.max() + 1)[None, :]).astype(float))
    within = demean(columns)
    return within - dummies @ np.linalg.lstsq(dummies, within, rcond=None)[0]


def _counted(errors: str, units: np.ndarray, periods: np.ndarray, groups: np.ndarray) -> int:
    """Count the coefficients of the small-sample factor: all, or those of effects that are not nested in clusters."""
    counted = int(units.max() + periods.max() + 2)
    for effect in (units, periods) if errors == "clustered" else ():
        if pd.Series(groups).groupby(effect).nunique().max() == 1:
            counted -= int(effect.max())  # one level of a nested effect stays counted, for the constant
    return counted
