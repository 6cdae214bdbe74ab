"""What a fitted model of an interrupted series holds, whichever estimator made it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Fit:
    """Coefficients with their covariance on the scale of the link (``identity`` or ``log``).

    ``residuals`` are those of the series itself (Pearson's for counts); ``df`` is None where the normal distribution
    gives the intervals, and ``reference`` replaces it where critical values differ between combinations. ``aic`` counts
    variance and autocorrelation too; ``details["no_likelihood"]`` says why there is none.
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
    reference: Any = None

    def quantile(self, level: float, row: np.ndarray | None = None) -> float:
        """Return how many standard errors an interval of that coverage reaches to each side of combination ``row``."""
        tail = 0.5 + level / 2
        if self.reference is not None and row is not None:
            return float(self.reference.quantile(np.asarray(row, dtype=float), level))
        return float(stats.norm.ppf(tail) if self.df is None else stats.t.ppf(tail, self.df))

    def se(self, row: np.ndarray) -> float:
        """Return the standard error of a linear combination of the coefficients."""
        return float(np.sqrt(max(row @ self.covariance @ row, 0.0)))

    def reach(self, row: np.ndarray, level: float) -> float:
        """Return half the width of the interval of a linear combination of the coefficients."""
        return self.quantile(level, row) * self.se(row)

    def reaches(self, rows: np.ndarray, level: float) -> np.ndarray:
        """Return :meth:`reach` of many combinations, a row each."""
        if self.reference is not None and not hasattr(self.reference, "df"):
            return np.array([self.reach(row, level) for row in rows])
        errors = np.sqrt(np.maximum(np.einsum("rk,kl,rl->r", rows, self.covariance, rows), 0.0))
        return errors * (self.quantile(level) if self.reference is None else self.reference.quantile(rows, level))

    def p_value(self, row: np.ndarray) -> float | None:
        """Return the two-sided p-value of a linear combination; None where its standard error is zero."""
        error = self.se(row)
        if error == 0:
            return None
        ratio = abs(float(row @ self.params)) / error
        if self.reference is not None:
            return float(self.reference.p_value(np.asarray(row, dtype=float), ratio))
        return float(2 * (stats.norm.sf(ratio) if self.df is None else stats.t.sf(ratio, self.df)))

    @property
    def exact(self) -> bool:
        """Whether the model passes through every point, so that there is nothing to measure its errors by."""
        return bool(self.details.get("exact", False))
