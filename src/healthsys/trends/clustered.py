"""A regression with unit and period effects, and the error of its one effect under each correction in use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError, nearest

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


@dataclass(frozen=True)
class TwoWay:
    """One effect with its error; error None, with a reason, where it cannot be had."""

    estimate: float
    error: float | None
    naive_error: float | None
    degrees: int | None
    correction: str
    clusters: int
    rows: int
    reason: str | None = None

    def interval(self, level: float) -> tuple[float | None, float | None]:
        """Return the interval by Student's t on ``degrees``; None twice without an error."""
        if self.error is None:
            return None, None
        reach = float(stats.t.ppf(0.5 + level / 2, self.degrees)) * self.error
        return self.estimate - reach, self.estimate + reach

    @property
    def p(self) -> float | None:
        """Two-sided p-value of no effect."""
        if self.error is None:
            return None
        return float(2 * stats.t.sf(abs(self.estimate) / self.error, self.degrees))


def without_singletons(rows: pd.DataFrame, *, unit: str, period: str) -> pd.DataFrame:
    """Leave out rows whose unit or period occurs once, until none is left: their own effect fits them exactly.

    References
    ----------
    Correia S. Singletons, cluster-robust standard errors and fixed effects: a bad mix. Duke University, 2015.

    Examples
    --------
    >>> rows = pd.DataFrame({"u": [1, 1, 2, 2, 3], "t": [1, 2, 1, 2, 1]})
    >>> len(without_singletons(rows, unit="u", period="t"))
    4
    """
    while True:
        alone = pd.Series(False, index=rows.index)
        for column in (unit, period):
            alone |= rows.groupby(column)[column].transform("size") == 1
        if not alone.any():
            return rows
        rows = rows[~alone]


def _without_effects(columns: np.ndarray, units: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Take unit and period effects off each column."""
    size = np.bincount(units)

    def demean(matrix: np.ndarray) -> np.ndarray:
        means = np.column_stack([np.bincount(units, column) / size for column in matrix.T])
        return matrix - means[units]

    dummies = demean((periods[:, None] == np.arange(1, periods.max() + 1)[None, :]).astype(float))
    within = demean(columns)
    return within - dummies @ np.linalg.lstsq(dummies, within, rcond=None)[0]


def _nested(effect: np.ndarray, cluster: np.ndarray) -> bool:
    return pd.Series(cluster).groupby(effect).nunique().max() == 1


def _factor(errors: str, *, n: int, units: np.ndarray, periods: np.ndarray, groups: np.ndarray) -> tuple[float, int]:
    """Return the small-sample factor of the variance and the number of coefficients that it counts."""
    g, levels = groups.max() + 1, [units.max() + 1, periods.max() + 1]
    everything = 1 + sum(levels) - 1
    counted = everything
    if errors == "clustered":
        nested = [count for count, effect in zip(levels, (units, periods), strict=True) if _nested(effect, groups)]
        # One level of each nested effect stays counted, for the constant that it holds.
        counted = everything - sum(nested) + len(nested)
    elif errors == "clustered_own":
        counted = 1
    if errors in ("cr0", "hc0"):
        return 1.0, counted
    by_clusters = g / (g - 1) if g > 1 else math.nan
    if errors == "cr1":
        return by_clusters, counted
    if n <= counted:
        return math.nan, counted
    if errors == "iid":
        return 1.0, counted
    if errors == "hc1":
        return n / (n - counted), counted
    return by_clusters * (n - 1) / (n - counted), counted


def two_way(
    rows: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    on: np.ndarray,
    cluster: pd.Series,
    errors: str = "clustered",
) -> TwoWay:
    """Regress a value on a treatment indicator with unit and period effects.

    Parameters
    ----------
    rows
        One row per unit and period, without missing values or singletons (:func:`without_singletons`).
    unit, period, value
        Columns.
    on
        1 where the row is treated, 0 where it is not.
    cluster
        Cluster of each row.
    errors
        One of :data:`ERRORS`. The variance of the clustered ones is the sum of squared cluster scores times
        G/(G-1) x (n-1)/(n-k); they differ in what k counts. Student's t has G-1 degrees of freedom, or n-k for
        the others.

    Returns
    -------
    TwoWay
        ``naive_error`` is that of rows taken to be independent with equal spread.

    Raises
    ------
    DataError
        If treatment does not vary within units and periods.

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
    left = _without_effects(np.column_stack([on, y]), units, periods)
    treated, outcome = left.T
    if treated @ treated <= 1e-10 * max(1.0, on @ on):
        raise DataError("treatment does not vary within units and periods; there is no difference to estimate")
    bread = 1 / (treated @ treated)
    estimate = float(bread * (treated @ outcome))
    residual = outcome - estimate * treated

    def error_of(kind: str) -> tuple[float, int]:
        factor, counted = _factor(kind, n=n, units=units, periods=periods, groups=groups)
        if kind == "iid":
            meat = treated @ treated * (residual @ residual) / (n - counted) if n > counted else math.nan
        elif kind in CLUSTERED:
            meat = float((np.bincount(groups, treated * residual) ** 2).sum())
        else:
            meat = float(((treated * residual) ** 2).sum())
        return math.sqrt(factor * meat) * bread, counted

    error, counted = error_of(errors)
    naive, _ = error_of("iid")
    reason = None
    if np.abs(residual).max() <= FITS_EXACTLY * np.abs(y).max():
        reason, naive = "the model fits every value exactly; no variation is left to judge the error by", math.nan
    elif errors in CLUSTERED and g < 2:
        reason = "there is one cluster; errors between clusters cannot be estimated"
    elif not math.isfinite(error):
        reason = f"{n} rows are no more than the {counted} coefficients; no error can be estimated"
    parts = {
        "cr0": "no factor",
        "hc0": "no factor",
        "cr1": f"G/(G-1) with G = {g}",
        "hc1": f"n/(n-k) with n = {n}, k = {counted}",
        "iid": f"n-k with n = {n}, k = {counted}",
    }
    said = parts.get(errors, f"G/(G-1) x (n-1)/(n-k) with G = {g}, n = {n}, k = {counted}")
    return TwoWay(
        estimate=estimate,
        error=None if reason else float(error),
        naive_error=float(naive) if math.isfinite(naive) else None,
        degrees=None if reason else (g - 1 if errors in CLUSTERED else n - counted),
        correction=f"{said}: {ERRORS[errors]}",
        clusters=g,
        rows=n,
        reason=reason,
    )
