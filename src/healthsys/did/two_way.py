"""Differences in differences by a regression with unit and period effects."""

from __future__ import annotations

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
    "clustered_own": "no unit or period effect counted (pyfixest's k_fixef='none')",
    "cr1": "number of clusters only",
    "cr0": "no small-sample factor",
    "hc1": "heteroskedastic, rows taken to be independent",
    "hc0": "heteroskedastic, rows taken to be independent, no small-sample factor",
    "iid": "equal spread, rows taken to be independent",
}

#: Errors that let rows of a cluster depend on each other.
CLUSTERED = ("clustered", "clustered_all", "clustered_own", "cr1", "cr0")

#: Residuals below this share of the values are rounding: the model then fits every value.
FITS_EXACTLY = 1e-9

#: Fewer clusters than this make clustered errors too small (Cameron & Miller 2015).
FEW_CLUSTERS = 30


@dataclass(frozen=True)
class Cells:
    """Mean and number of rows of changed and unchanged units, before and after (the two-by-two table)."""

    changed_before: float | None
    changed_after: float | None
    unchanged_before: float | None
    unchanged_after: float | None
    rows: tuple[int, int, int, int]

    @property
    def difference(self) -> float | None:
        """Change of the changed less change of the unchanged; equals the estimate where no row is missing."""
        ends = (self.changed_before, self.changed_after, self.unchanged_before, self.unchanged_after)
        if any(end is None for end in ends):
            return None
        return (self.changed_after - self.changed_before) - (self.unchanged_after - self.unchanged_before)


@dataclass(frozen=True)
class Difference:
    """An effect with its interval; interval None, with a reason, where there is none.

    ``error`` is the standard error behind the interval, ``correction`` says which one, ``naive_error`` is that of rows
    taken to be independent, ``degrees`` are those of Student's t.
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
    naive_error: float | None = None
    p: float | None = None
    degrees: int | None = None
    correction: str = ""
    rows: int | None = None
    cells: Cells | None = None


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
    try:
        numbers = rows[column].astype(float)
    except (TypeError, ValueError):
        numbers = pd.Series(np.nan, index=rows.index)
    if not numbers.isin((0.0, 1.0)).all():
        odd = rows.loc[~numbers.isin((0.0, 1.0)), column].iloc[0]
        raise DataError(f"column '{column}' holds '{odd}'; allowed: true and false (or 1 and 0)")
    return numbers.astype(bool)


def comparable(frame: pd.DataFrame, columns: list[str], *, unit: str, period: str, value: str) -> pd.DataFrame:
    """Return the complete rows of units and periods that occur more than once: alone, their own effect fits them.

    Correia S. Singletons, cluster-robust standard errors and fixed effects: a bad mix. Duke University, 2015.
    """
    rows = complete(frame, columns, unit=unit, period=period, value=value)
    while True:
        alone = pd.Series(False, index=rows.index)
        for column in (unit, period):
            alone |= rows.groupby(column)[column].transform("size") == 1
        if not alone.any():
            break
        rows = rows[~alone]
    if rows.empty:
        raise DataError(f"every {unit} has one row; a comparison needs two {period}s of each")
    return rows


def few_clusters(clusters: int, *, remedy: str = ": see the permutation test") -> tuple[str, ...]:
    """Return the warning that clustered intervals are too narrow, below :data:`FEW_CLUSTERS` clusters."""
    if clusters >= FEW_CLUSTERS:
        return ()
    return (f"{clusters} clusters; under {FEW_CLUSTERS} clustered intervals are too narrow{remedy}",)


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    treated: str,
    after: str,
    cluster: str | None = None,
    level: float = 0.95,
    errors: str = "clustered",
) -> Difference:
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
        One of ``ERRORS``. With ``clustered`` effects nested in clusters are not counted in the small-sample
        factor, with ``clustered_all`` they are.

    Returns
    -------
    Difference
        With the two-by-two table of means. A warning below 30 clusters; no interval where only one cluster was
        treated or only one was not, because the errors cannot then be estimated, or where the model fits every value.
        Units and periods with one row are left out, with a warning.

    Raises
    ------
    DataError
        If a column is missing, nobody is treated or nobody is not, no period is before or none after, a unit is both
        treated and not, or a unit has two rows for a period.

    References
    ----------
    Cameron AC, Miller DL. Journal of Human Resources 2015;50:317-372.

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
    parts = [rows.loc[(on == one) & (later == then), value] for one in (True, False) for then in (False, True)]
    means = [float(part.mean()) if len(part) else None for part in parts]
    changed, unchanged = (int(part.groupby(rows[by]).any().sum()) for part in (on, ~on))
    alone = errors in CLUSTERED and min(changed, unchanged) < 2
    warned = few_clusters(rows[by].nunique())
    out = len(frame[columns].dropna()) - len(rows)
    if out:
        warned = (f"{out} rows of units or periods that occur once were left out", *warned)
    if errors not in CLUSTERED:
        warned = ("errors that take rows of a unit to be independent are usually too small", *warned)
    return two_way(
        rows,
        unit=unit, period=period, value=value, errors=errors, level=level, warned=warned,
        on=(on & later).to_numpy(dtype=float),
        cluster=rows[by],
        method="difference in differences",
        cells=Cells(*means, rows=tuple(len(part) for part in parts)),
        reason=f"only {changed} changed and {unchanged} unchanged {by}: with one on a side the error "
        "between them cannot be estimated" if alone else None,
    )  # fmt: skip


def two_way(
    rows: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    on: np.ndarray,
    cluster: pd.Series,
    errors: str = "clustered",
    level: float = 0.95,
    method: str = "two-way fixed effects",
    warned: tuple[str, ...] = (),
    cells: Cells | None = None,
    reason: str | None = None,
) -> Difference:
    """Regress a value on a treatment indicator (``on``, 1 or 0 by row) with unit and period effects.

    The variance of clustered errors is the sum of squared cluster scores times G/(G-1) x (n-1)/(n-k); they differ in
    what k counts. Student's t has G-1 degrees of freedom, or n-k for the others. ``reason`` says why there is no
    interval whatever the errors are; ``method``, ``warned`` and ``cells`` are carried into the result.

    References
    ----------
    Cameron AC, Miller DL. Journal of Human Resources 2015;50:317-372, section II.B. Berge L. fixest, vignette
    "On standard-errors".

    Examples
    --------
    >>> rows = pd.DataFrame({"u": [0, 0, 1, 1, 2, 2, 3, 3], "t": [0, 1] * 4, "y": [1., 2, 2, 4, 1, 5, 3, 6]})
    >>> found = two_way(rows, unit="u", period="t", value="y", on=np.array([0, 0, 0, 0, 0, 1, 0, 1.0]),
    ...                 cluster=rows["u"])
    >>> round(found.estimate, 2), round(found.error, 4), round(found.naive_error, 4)
    (2.0, 0.6831, 0.7071)
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

    def error_of(kind: str) -> tuple[float, int]:
        factor, counted = _factor(kind, n=n, units=units, periods=periods, groups=groups)
        meat = float(((treated * residual) ** 2).sum())
        if kind == "iid":
            meat = treated @ treated * (residual @ residual) / (n - counted) if n > counted else math.nan
        elif kind in CLUSTERED:
            meat = float((np.bincount(groups, treated * residual) ** 2).sum())
        return math.sqrt(factor * meat) * bread, counted

    (error, counted), (naive, _) = error_of(errors), error_of("iid")
    if np.abs(residual).max() <= FITS_EXACTLY * np.abs(y).max():
        naive = math.nan
        reason = reason or "the model fits every value exactly; no variation is left to judge the error by"
    elif errors in CLUSTERED and g < 2:
        reason = reason or "there is one cluster; errors between clusters cannot be estimated"
    elif not math.isfinite(error):
        reason = reason or f"{n} rows are no more than the {counted} coefficients; no error can be estimated"
    said = {
        "cr0": "no factor",
        "hc0": "no factor",
        "cr1": f"G/(G-1) with G = {g}",
        "hc1": f"n/(n-k) with n = {n}, k = {counted}",
        "iid": f"n-k with n = {n}, k = {counted}",
    }.get(errors, f"G/(G-1) x (n-1)/(n-k) with G = {g}, n = {n}, k = {counted}")
    degrees = None if reason else (g - 1 if errors in CLUSTERED else n - counted)
    reach = None if reason else float(stats.t.ppf(0.5 + level / 2, degrees)) * error
    return Difference(
        estimate=estimate,
        lower=None if reason else float(estimate - reach),
        upper=None if reason else float(estimate + reach),
        units=int(units.max()) + 1,
        clusters=g,
        method=method,
        warnings=() if reason else warned,
        reason=reason,
        error=None if reason else float(error),
        naive_error=float(naive) if math.isfinite(naive) else None,
        p=None if reason else float(2 * stats.t.sf(abs(estimate) / error, degrees)),
        degrees=degrees,
        correction=f"{said}: {ERRORS[errors]}",
        rows=n,
        cells=cells,
    )


def _without_effects(columns: np.ndarray, units: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Take unit and period effects off each column."""
    size = np.bincount(units)

    def demean(matrix: np.ndarray) -> np.ndarray:
        means = np.column_stack([np.bincount(units, column) / size for column in matrix.T])
        return matrix - means[units]

    dummies = demean((periods[:, None] == np.arange(1, periods.max() + 1)[None, :]).astype(float))
    within = demean(columns)
    return within - dummies @ np.linalg.lstsq(dummies, within, rcond=None)[0]


def _factor(errors: str, *, n: int, units: np.ndarray, periods: np.ndarray, groups: np.ndarray) -> tuple[float, int]:
    """Return the small-sample factor of the variance and the number of coefficients that it counts."""
    g, effects = groups.max() + 1, (units, periods)
    counted = sum(effect.max() + 1 for effect in effects)
    if errors == "clustered":
        nested = [effect for effect in effects if pd.Series(groups).groupby(effect).nunique().max() == 1]
        # One level of each nested effect stays counted, for the constant that it holds.
        counted -= sum(effect.max() for effect in nested)
    elif errors == "clustered_own":
        counted = 1
    by_clusters = g / (g - 1) if g > 1 else math.nan
    by_rows = 1 / (n - counted) if n > counted else math.nan
    factors = {"cr0": 1.0, "hc0": 1.0, "cr1": by_clusters, "iid": by_rows * (n - counted), "hc1": n * by_rows}
    return factors.get(errors, by_clusters * (n - 1) * by_rows), counted
