"""Least squares with every kind of standard error: plain, robust, clustered, Newey-West and its fixed-b intervals."""

import functools
import math
from dataclasses import dataclass, field

import numpy as np

from healthsys.errors import DataError, one_of
from healthsys.its.fits import Fit

#: Standard errors of a least-squares fit that do not allow for autocorrelation.
ERRORS = ("plain", "HC0", "HC1", "HC2", "HC3", "clustered")

#: Kernels of Newey-West errors.
KERNELS = ("bartlett", "parzen", "quadratic_spectral")

#: Where the critical values of a least-squares fit come from.
REFERENCES = ("t", "normal", "fixed_b")

#: Made series from which the fixed-b critical values are read, and the seed of their draws.
FIXED_B_DRAWS, FIXED_B_SEED = 10_000, 20201

#: A residual sum of squares below this share of the total one is taken for rounding: the fit is exact.
EXACT = 1e-20


def newey_west_lag(n: int) -> int:
    """Return the usual truncation lag, 4 (n / 100) ** (2 / 9) rounded down (Newey, West 1994).

    >>> newey_west_lag(48), newey_west_lag(120)
    (3, 4)
    """
    return max(1, math.floor(4 * (n / 100) ** (2 / 9)))


def kernel_weights(n: int, *, lag: int, kernel: str = "bartlett") -> np.ndarray:
    """Return the weight of each lag 0, 1, 2, … in the long-run variance, with bandwidth lag + 1 (Andrews 1991).

    Only the quadratic spectral kernel has weights that are not zero beyond the lag.
    """
    one_of("kernel", kernel, KERNELS)
    if not 0 <= lag < n:
        raise DataError(f"a lag of {lag} is not possible with {n} points; allowed: 0 to {n - 1}")
    if kernel == "quadratic_spectral":
        x = np.arange(1, n) / (lag + 1)
        angle = 6 * np.pi * x / 5
        return np.append(1.0, 25 / (12 * np.pi**2 * x**2) * (np.sin(angle) / angle - np.cos(angle)))
    x = np.arange(lag + 1) / (lag + 1)
    if kernel == "bartlett":
        return 1 - x
    return np.where(x <= 0.5, 1 - 6 * x**2 + 6 * x**3, 2 * (1 - x) ** 3)


def hac(residuals: np.ndarray, design: np.ndarray, *, weights: np.ndarray, correction: bool = True) -> np.ndarray:
    """Return Newey-West covariances of the coefficients (series x k x k), one for each row of residuals.

    ``weights`` come from :func:`kernel_weights`; ``correction`` multiplies by n / (n - k).

    Newey WK, West KD. Econometrica 1987;55:703-708.
    """
    n, k = design.shape
    moments = residuals[:, :, None] * design[None]
    meat = np.swapaxes(moments, 1, 2) @ moments
    for lag, weight in enumerate(weights[1:], start=1):
        part = weight * (np.swapaxes(moments[:, lag:], 1, 2) @ moments[:, :-lag])
        meat += part + np.swapaxes(part, 1, 2)
    bread = np.linalg.inv(design.T @ design)
    return bread @ meat @ bread * (n / (n - k) if correction else 1.0)


def robust(residuals: np.ndarray, design: np.ndarray, *, errors: str, clusters: np.ndarray | None = None) -> np.ndarray:
    """Return the covariance of least-squares coefficients that allows for unequal variances, or for clusters.

    HC1: times n / (n - k); HC2 and HC3: residuals over the root of 1 - h, and over 1 - h; ``clustered``: sums of
    residuals times regressors by cluster, times G / (G - 1) and (n - 1) / (n - k).

    MacKinnon JG, White H. Journal of Econometrics 1985;29:305-325. Cameron AC, Miller DL. Journal of Human Resources
    2015;50:317-372.

    >>> x = np.column_stack([np.ones(4), np.arange(4.0)])
    >>> robust(np.array([1.0, -1, -1, 1]), x, errors="HC0").round(3).tolist()
    [[0.7, -0.3], [-0.3, 0.2]]
    """
    n, k = design.shape
    bread = np.linalg.inv(design.T @ design)
    moments = residuals[:, None] * design
    if errors == "clustered":
        if (had := 0 if clusters is None else len(clusters)) != n:
            raise DataError(f"clustered errors need a cluster label for each of the {n} points; {had} were given")
        labels, place = np.unique(clusters, return_inverse=True)
        groups = len(labels)
        if groups < 2:
            raise DataError("clustered errors need at least 2 clusters; every point has the same label")
        sums = np.zeros((groups, k))
        np.add.at(sums, place, moments)
        return bread @ (sums.T @ sums) @ bread * groups / (groups - 1) * (n - 1) / (n - k)
    if errors in ("HC2", "HC3"):
        kept = 1 - np.einsum("ij,jk,ik->i", design, bread, design)
        if kept.min() < 1e-9:
            raise DataError(
                f"{errors} errors do not exist: point {int(kept.argmin()) + 1} alone decides a coefficient; use HC1"
            )
        moments = moments / (kept[:, None] if errors == "HC3" else np.sqrt(kept[:, None]))
    return bread @ (moments.T @ moments) @ bread * (n / (n - k) if errors == "HC1" else 1.0)


@dataclass(frozen=True, eq=False)
class FixedB:
    """Critical values of Newey-West intervals for this very design, read from simulated white noise.

    With the share b of the series that the kernel spans fixed, the estimated variance stays random and the critical
    value depends on kernel, b and design (Kiefer NM, Vogelsang TJ. Econometric Theory 2005;21:1130-1164).
    """

    design: np.ndarray
    weights: np.ndarray
    correction: bool
    _held: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @functools.cached_property
    def _made(self) -> tuple[np.ndarray, np.ndarray]:
        n, k = self.design.shape
        rng = np.random.default_rng(FIXED_B_SEED)
        inverse = np.linalg.pinv(self.design)
        params, covariances = [], []
        chunk = max(1, 2_000_000 // (n * k))
        for begin in range(0, FIXED_B_DRAWS, chunk):
            drawn = rng.normal(size=(min(chunk, FIXED_B_DRAWS - begin), n))
            params.append(drawn @ inverse.T)
            left = drawn - params[-1] @ self.design.T
            covariances.append(hac(left, self.design, weights=self.weights, correction=self.correction))
        return np.concatenate(params), np.concatenate(covariances)

    def ratios(self, row: np.ndarray) -> np.ndarray:
        """Return the sorted distances from the truth, in standard errors, over the made series."""
        key = row.tobytes()
        if key not in self._held:
            params, covariances = self._made
            variance = np.einsum("k,skl,l->s", row, covariances, row)
            known = variance > 0
            self._held[key] = np.sort(np.abs(params[known] @ row) / np.sqrt(variance[known]))
        return self._held[key]

    def quantile(self, row: np.ndarray, level: float) -> float:
        """Return the critical value of this combination of coefficients."""
        ratios = self.ratios(row)
        return float(np.quantile(ratios, level)) if len(ratios) else 0.0

    def p_value(self, row: np.ndarray, ratio: float) -> float:
        """Return the share of made series that lie as far out, the observed one counted."""
        ratios = self.ratios(row)
        return float((1 + len(ratios) - np.searchsorted(ratios, ratio)) / (1 + len(ratios)))


def is_exact(squares: float, outcome: np.ndarray) -> bool:
    """Return whether a residual sum of squares is nothing but rounding."""
    return bool(squares <= EXACT * max(float(outcome @ outcome), 1e-300) * len(outcome))


def least_squares(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str = "ols",
    errors: str = "plain",
    clusters: np.ndarray | None = None,
    lag: int | None = None,
    kernel: str = "bartlett",
    correction: bool = True,
    reference: str = "t",
) -> Fit:
    """Fit by least squares: ``ols`` with the ``errors`` of :func:`robust`, or ``newey_west`` (no prewhitening).

    ``reference`` is ``t`` on n - k degrees of freedom (clusters - 1 with clustered errors), ``normal`` or, for
    Newey-West errors, ``fixed_b``.

    >>> t = np.arange(8.0)
    >>> found = least_squares(2 + 3 * t + np.array([1, -1] * 4), np.column_stack([np.ones(8), t]),
    ...                       names=("const", "time"), errors="HC3")
    >>> found.details["errors"], round(found.se(np.array([0.0, 1])), 3)
    ('HC3', 0.205)
    """
    one_of("reference distribution", reference, REFERENCES)
    one_of("errors", errors, ERRORS)
    if model == "newey_west" and errors != "plain":
        raise DataError(f"newey_west has errors of its own, '{errors}' cannot be added; allowed: plain, or model ols")
    if reference == "fixed_b" and model != "newey_west":
        raise DataError("fixed_b critical values belong to Newey-West errors; use model newey_west, or reference t")
    n, k = design.shape
    params = np.linalg.lstsq(design, outcome, rcond=None)[0]
    residuals = outcome - design @ params
    squares = float(residuals @ residuals)
    exact = is_exact(squares, outcome)
    if exact:
        residuals, squares = np.zeros(n), 0.0
    df: float | None = None if reference == "normal" else n - k
    values: FixedB | None = None
    if model == "newey_west":
        lag = newey_west_lag(n) if lag is None else lag
        weights = kernel_weights(n, lag=lag, kernel=kernel)
        covariance = hac(residuals[None], design, weights=weights, correction=correction)[0]
        values = FixedB(design, weights, correction) if reference == "fixed_b" else None
        details = {"lag": lag, "kernel": kernel.replace("_", " ").capitalize(), "prewhitened": False}
        details["correction"] = "n/(n-k)" if correction else "none"
    elif errors == "plain":
        covariance, details = squares / (n - k) * np.linalg.inv(design.T @ design), {}
    else:
        covariance = robust(residuals, design, errors=errors, clusters=clusters)
        details = {"errors": errors}
        if errors == "clustered":
            details["clusters"] = len(np.unique(clusters))
            df = None if reference == "normal" else details["clusters"] - 1
    if exact:
        details |= {"exact": True, "no_likelihood": "the model passes through every point"}
        return Fit(model, names, params, covariance, df, "identity", residuals, details, deviance=0.0)
    loglik = -0.5 * n * (math.log(2 * math.pi * squares / n) + 1)
    aic = 2 * (k + 1) - 2 * loglik
    return Fit(model, names, params, covariance, df, "identity", residuals, details, loglik, aic, squares, values)
