"""What a fitted model of an interrupted series holds, whichever estimator made it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy import stats


class Reference(Protocol):
    """Where the critical values come from when no one distribution serves every combination of coefficients."""

    def quantile(self, row: np.ndarray, level: float) -> float:
        """Return how many standard errors the interval of this combination reaches to each side."""
        ...

    def p_value(self, row: np.ndarray, ratio: float) -> float:
        """Return the two-sided p-value of an estimate that many standard errors from zero."""
        ...


@dataclass(frozen=True)
class Fit:
    """Coefficients with their covariance, on the scale of the link.

    Parameters
    ----------
    model, names, params, covariance, residuals
        What was fitted; residuals are those of the series itself (Pearson's for counts).
    df
        Residual degrees of freedom of Student's t; None where the normal distribution gives the intervals.
    link
        ``identity`` or ``log``.
    details
        How the errors were made: lag, kernel and correction, autocorrelation, dispersion.
    loglik, aic, deviance
        Log-likelihood at the estimates, Akaike's criterion (every estimated parameter counted, the variance and the
        autocorrelation too) and deviance (the residual sum of squares of a linear model). None for an estimator
        without a likelihood; ``details["no_likelihood"]`` then says why.
    reference
        Critical values that differ from one combination of coefficients to another; None where ``df`` says all.
    """

    model: str
    names: tuple[str, ...]
    params: np.ndarray
    covariance: np.ndarray
    df: float | None
    link: str
    residuals: np.ndarray
    details: dict[str, Any] = field(default_factory=dict)
    loglik: float | None = None
    aic: float | None = None
    deviance: float | None = None
    reference: Reference | None = None

    def quantile(self, level: float, row: np.ndarray | None = None) -> float:
        """Return how many standard errors an interval of that coverage reaches to each side.

        ``row`` is the combination of coefficients it is for; it matters only where the critical value depends on it.
        """
        tail = 0.5 + level / 2
        if self.reference is not None and row is not None:
            return self.reference.quantile(np.asarray(row, dtype=float), level)
        return float(stats.norm.ppf(tail) if self.df is None else stats.t.ppf(tail, self.df))

    def se(self, row: np.ndarray) -> float:
        """Return the standard error of a linear combination of the coefficients."""
        return float(np.sqrt(max(row @ self.covariance @ row, 0.0)))

    def reach(self, row: np.ndarray, level: float) -> float:
        """Return half the width of the interval of a linear combination of the coefficients."""
        return self.quantile(level, row) * self.se(row)

    def p_value(self, row: np.ndarray) -> float | None:
        """Return the two-sided p-value of a linear combination; None where its standard error is zero."""
        error = self.se(row)
        if error == 0:
            return None
        ratio = abs(float(row @ self.params)) / error
        if self.reference is not None:
            return self.reference.p_value(np.asarray(row, dtype=float), ratio)
        return float(2 * (stats.norm.sf(ratio) if self.df is None else stats.t.sf(ratio, self.df)))

    @property
    def exact(self) -> bool:
        """Whether the model passes through every point, so that there is nothing to measure its errors by."""
        return bool(self.details.get("exact", False))
