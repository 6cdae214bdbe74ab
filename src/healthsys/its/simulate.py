"""Intervals of every method on many made series at once: the engine behind the measured coverage.

The estimators are those of :mod:`healthsys.its.regression`; a test compares the two on the same series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from healthsys.errors import DataError
from healthsys.its import autoregressive as ar
from healthsys.its.counts import LEAST_DISPERSION, alpha_slope
from healthsys.its.least_squares import FixedB, hac, kernel_weights, newey_west_lag

#: Methods whose coverage is measured: the model and its options, as ``fit`` takes them.
#: A lag of -1 stands for the widest, n - 1.
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "ar1_reml": ("ar1_reml", {}),
    "ar1_reml_t": ("ar1_reml", {"reference": "t"}),
    "ar1_ml": ("ar1_ml", {}),
    "prais_winsten": ("prais_winsten", {}),
    "cochrane_orcutt": ("cochrane_orcutt", {}),
    "newey_west": ("newey_west", {}),
    "newey_west_fixed_b": ("newey_west", {"reference": "fixed_b"}),
    "newey_west_wide": ("newey_west", {"reference": "fixed_b", "lag": -1}),
    "ols_hc3": ("ols", {"errors": "HC3"}),
    "ols": ("ols", {}),
    "poisson": ("poisson", {}),
    "quasi_poisson": ("quasi_poisson", {}),
    "negative_binomial": ("negative_binomial", {}),
}

#: What each method is called in a table.
METHOD_NAMES = {
    "ar1_reml": "AR(1) by restricted maximum likelihood",
    "ar1_reml_t": "AR(1) by restricted maximum likelihood, t on n − k",
    "ar1_ml": "AR(1) by maximum likelihood",
    "prais_winsten": "Prais–Winsten",
    "cochrane_orcutt": "Cochrane–Orcutt",
    "newey_west": "OLS with Newey–West errors",
    "newey_west_fixed_b": "Newey–West, fixed-b",
    "newey_west_wide": "Newey–West, fixed-b, all lags",
    "ols_hc3": "OLS, HC3 errors",
    "ols": "OLS, plain errors",
    "poisson": "Poisson",
    "quasi_poisson": "quasi-Poisson",
    "negative_binomial": "negative binomial",
}

#: Methods for values, and methods for counts.
LINEAR_METHODS = tuple(name for name in METHODS if name not in ("poisson", "quasi_poisson", "negative_binomial"))
COUNT_METHODS = ("poisson", "quasi_poisson", "negative_binomial")

#: Kinds of noise: autoregressive of first order, or a slow part (autocorrelation 0.9) under white noise.
NOISES, SLOW = ("ar1", "slow"), 0.9

#: How finely the autocorrelation and the dispersion of a made series are found (halvings), and rounds of a fit.
HALVINGS, ROUNDS = 26, 60


@dataclass(frozen=True, eq=False)
class Batch:
    """Estimates and standard errors (series x combinations), and critical values by level."""

    estimate: np.ndarray
    error: np.ndarray
    critical: Callable[[float], np.ndarray | float]


def noise(
    rng: np.random.Generator, *, series: int, periods: int, rho: float, sd: float, kind: str = "ar1"
) -> np.ndarray:
    """Draw noise of a given lasting standard deviation and autocorrelation at the first lag, one row per series.

    ``ar1``: what is left of a shock falls by rho each period. ``slow``: a part that falls by a tenth each period lies
    under white noise, so that the autocorrelation at the first lag is the same but dies away slowly.

    Examples
    --------
    >>> drawn = noise(np.random.default_rng(1), series=2000, periods=12, rho=0.5, sd=2)
    >>> round(float(drawn[:, -1].std()), 1), round(float(np.corrcoef(drawn[:, 5], drawn[:, 6])[0, 1]), 1)
    (2.0, 0.5)
    """
    if kind == "slow":
        share = rho / SLOW
        slow = noise(rng, series=series, periods=periods, rho=SLOW, sd=sd * np.sqrt(share))
        return slow + rng.normal(0, sd * np.sqrt(1 - share), (series, periods))
    drawn = rng.normal(0, sd, (series, periods))
    drawn[:, 1:] *= np.sqrt(1 - rho**2)
    for t in range(1, periods):
        drawn[:, t] += rho * drawn[:, t - 1]
    return drawn


def linear(method: str, outcome: np.ndarray, design: np.ndarray, rows: np.ndarray) -> Batch:
    """Fit one of :data:`LINEAR_METHODS` to every series (a row each) and return its combinations of coefficients.

    Examples
    --------
    >>> y, x = np.random.default_rng(1).normal(size=(3, 20)), np.column_stack([np.ones(20), np.arange(20.0)])
    >>> linear("ols", y, x, np.eye(2)).estimate.shape
    (3, 2)
    """
    model, options = METHODS[method]
    n, k = design.shape
    student = _student(n - k)
    if model in ("ols", "newey_west"):
        inverse = np.linalg.pinv(design)
        params = outcome @ inverse.T
        residuals = outcome - params @ design.T
        if method == "ols":
            squares = (residuals**2).sum(1) / (n - k)
            spread = np.einsum("ck,kl,cl->c", rows, np.linalg.inv(design.T @ design), rows)
            return Batch(params @ rows.T, np.sqrt(squares[:, None] * spread), student)
        if method == "ols_hc3":
            kept = 1 - np.einsum("ij,ji->i", design, inverse)
            covariance = hac(residuals / kept, design, weights=np.ones(1), correction=False)
            return Batch(params @ rows.T, _errors(covariance, rows), student)
        lag = options.get("lag", newey_west_lag(n))
        weights = kernel_weights(n, lag=n - 1 if lag == -1 else lag)
        covariance = hac(residuals, design, weights=weights)
        if "reference" not in options:
            return Batch(params @ rows.T, _errors(covariance, rows), student)
        values = FixedB(design, weights, True)
        return Batch(
            params @ rows.T,
            _errors(covariance, rows),
            lambda level: np.array([values.quantile(row, level) for row in rows]),
        )
    if model in ("prais_winsten", "cochrane_orcutt"):
        keep_first = model == "prais_winsten"
        rho = ar.iterated_rho(outcome, design, keep_first=keep_first)[0]
        params, inverse, squares, left = ar.quasi_differenced(outcome, design, rho, keep_first=keep_first)
        covariance = squares[:, None, None] / left * inverse
        return Batch(params @ rows.T, _errors(covariance, rows), _student(left))
    gaps = np.ones(n - 1)
    rho = ar.likelihood_rho(outcome, design, gaps, restricted=model == "ar1_reml", halvings=HALVINGS)
    params, cross, error = ar.generalised(ar.whiten(outcome, design, rho, gaps))
    covariance = (error**2).sum(1)[:, None, None] / (n - k) * np.linalg.inv(cross)
    found = Batch(params @ rows.T, _errors(covariance, rows), student)
    if method != "ar1_reml":
        return found
    known = [ar.satterthwaite(design, np.arange(n), one) for one in ar.RHO_GRID]
    table = np.array([[one.df(row) for row in rows] for one in known])
    df = np.column_stack([np.interp(rho, ar.RHO_GRID, column) for column in table.T])
    return Batch(found.estimate, found.error, lambda level: stats.t.ppf(0.5 + level / 2, df))


def _student(df: int) -> Callable[[float], float]:
    return lambda level: float(stats.t.ppf(0.5 + level / 2, df))


def _errors(covariance: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(np.einsum("ck,skl,cl->sc", rows, covariance, rows), 0.0))


def counts(outcome: np.ndarray, design: np.ndarray, rows: np.ndarray, *, offset: np.ndarray) -> dict[str, Batch]:
    """Fit all of ``COUNT_METHODS`` to every series of counts.

    A series that varies no more than Poisson allows has no negative binomial fit; its estimate there is missing.

    Examples
    --------
    >>> y = np.random.default_rng(1).poisson(30.0, size=(3, 20))
    >>> found = counts(y, np.ones((20, 1)), np.eye(1), offset=np.zeros(20))
    >>> bool(np.allclose(found["poisson"].estimate[:, 0], np.log(y.mean(axis=1))))
    True
    """
    n, k = design.shape
    normal: Callable[[float], float] = lambda level: float(stats.norm.ppf(0.5 + level / 2))  # noqa: E731
    start = np.linalg.lstsq(design, (np.log(np.maximum(outcome, 0.5)) - offset).T, rcond=None)[0].T
    params, fitted, cross = _scoring(outcome, design, offset, start, np.zeros(len(outcome)), rounds=ROUNDS)
    error = _errors(np.linalg.inv(cross), rows)
    phi = ((outcome - fitted) ** 2 / fitted).sum(1) / (n - k)
    found = {
        "poisson": Batch(params @ rows.T, error, normal),
        "quasi_poisson": Batch(params @ rows.T, error * np.sqrt(phi)[:, None], _student(n - k)),
    }
    low = np.log(LEAST_DISPERSION / np.maximum(fitted.max(axis=1), 1.0))
    first = low.copy()
    spread = alpha_slope(outcome, fitted, np.exp(low)[:, None]) > 0
    high = np.full(len(outcome), np.log(10.0))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        params, fitted, cross = _scoring(outcome, design, offset, params, np.exp(middle), rounds=3)
        rising = alpha_slope(outcome, fitted, np.exp(middle)[:, None]) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    alpha = np.exp(np.maximum((low + high) / 2, first))
    params, fitted, cross = _scoring(outcome, design, offset, params, alpha, rounds=ROUNDS)
    estimate = np.where(spread[:, None], params @ rows.T, np.nan)
    found["negative_binomial"] = Batch(estimate, _errors(np.linalg.inv(cross), rows), normal)
    return found


def _scoring(
    outcome: np.ndarray, design: np.ndarray, offset: np.ndarray, params: np.ndarray, alpha: np.ndarray, *, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fisher scoring of a log-linear model with variance mu + alpha mu², one alpha a series."""
    for step in range(rounds + 1):
        fitted = np.exp(params @ design.T + offset)
        weight = fitted / (1 + alpha[:, None] * fitted)
        cross = np.einsum("sn,nk,nl->skl", weight, design, design, optimize=True)
        if step == rounds:
            break
        move = np.linalg.solve(cross, ((weight * (outcome / fitted - 1)) @ design)[..., None])[..., 0]
        params = params + move
        if np.abs(move).max() < 1e-10:
            break
    return params, fitted, cross


def tally(batch: Batch, true: np.ndarray, *, level: float) -> list[dict[str, float]]:
    """Count how often each combination's interval holds the truth.

    Returns
    -------
    list of dict
        ``covered`` (share of fitted series), ``error`` (its Monte Carlo standard error), ``bias`` (mean), ``width``
        (median), ``fitted``; one a combination.

    Examples
    --------
    >>> made = Batch(np.array([[1.0], [2.0]]), np.array([[0.4], [0.4]]), lambda level: 2.0)
    >>> tally(made, np.array([1.5]), level=0.95)[0]["covered"]
    1.0
    """
    reach = np.broadcast_to(batch.critical(level) * batch.error, batch.estimate.shape)
    found = []
    for place, truth in enumerate(true):
        known = np.isfinite(batch.estimate[:, place])
        if not known.any():
            raise DataError("no made series could be fitted; raise the number of series or the dispersion")
        apart = batch.estimate[known, place] - truth
        held = float((np.abs(apart) <= reach[known, place]).mean())
        found.append(
            {
                "covered": held,
                "error": float(np.sqrt(held * (1 - held) / known.sum())),
                "bias": float(apart.mean()),
                "width": float(np.median(2 * reach[known, place])),
                "fitted": int(known.sum()),
            }
        )
    return found
