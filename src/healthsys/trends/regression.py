"""The estimators behind an interrupted series: one call, five models, the same result for each."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from healthsys.errors import DataError, nearest

#: Models for values, and models for counts (with the logarithm of the denominator as offset).
LINEAR_MODELS = ("ols", "newey_west", "prais_winsten")
COUNT_MODELS = ("poisson", "quasi_poisson", "negative_binomial")
MODELS = LINEAR_MODELS + COUNT_MODELS

#: What each model is called on a page.
MODEL_NAMES = {
    "ols": "OLS, plain errors",
    "newey_west": "OLS with Newey–West errors",
    "prais_winsten": "Prais–Winsten",
    "poisson": "Poisson",
    "quasi_poisson": "quasi-Poisson",
    "negative_binomial": "negative binomial",
}

#: Prais-Winsten stops when rho moves less than this, or after so many rounds.
RHO_TOLERANCE, RHO_ROUNDS = 1e-9, 200


@dataclass(frozen=True)
class Fit:
    """Coefficients with their covariance, on the scale of the link.

    ``df`` is None where the normal distribution gives the intervals; ``details`` say how the errors were made.
    """

    model: str
    names: tuple[str, ...]
    params: np.ndarray
    covariance: np.ndarray
    df: int | None
    link: str
    residuals: np.ndarray
    details: dict[str, Any] = field(default_factory=dict)

    def quantile(self, level: float) -> float:
        """Return how many standard errors an interval of that coverage reaches to each side."""
        tail = 0.5 + level / 2
        return float(stats.norm.ppf(tail) if self.df is None else stats.t.ppf(tail, self.df))

    def se(self, row: np.ndarray) -> float:
        """Return the standard error of a linear combination of the coefficients."""
        return float(np.sqrt(max(row @ self.covariance @ row, 0.0)))


def newey_west_lag(n: int) -> int:
    """Return the usual truncation lag, the whole part of 4 (n / 100) ** (2 / 9).

    References
    ----------
    Newey WK, West KD. Review of Economic Studies 1994;61:631-653.

    Examples
    --------
    >>> newey_west_lag(48), newey_west_lag(120)
    (3, 4)
    """
    return max(1, math.floor(4 * (n / 100) ** (2 / 9)))


def fit(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str,
    offset: np.ndarray | None = None,
    lag: int | None = None,
) -> Fit:
    """Fit one of the models for an interrupted series.

    Parameters
    ----------
    outcome
        Values (linear models) or counts (count models), complete, in order of time.
    design
        One row per outcome, the constant included.
    names
        Names of the columns of ``design``.
    model
        One of :data:`MODELS`. ``newey_west``: Bartlett kernel, no prewhitening, correction n / (n - k).
        ``prais_winsten``: iterated, the first row kept. ``quasi_poisson``: Pearson chi-squared over its degrees of
        freedom. ``negative_binomial``: NB2 with its dispersion estimated.
    offset
        Logarithm of the denominator, for count models.
    lag
        Truncation lag of Newey-West errors; :func:`newey_west_lag` when None.

    Returns
    -------
    Fit
        Intervals use Student's t except for ``poisson`` and ``negative_binomial``.

    Raises
    ------
    DataError
        If the model is unknown, the design cannot be told apart from itself, or the fit does not settle.

    Examples
    --------
    >>> t = np.arange(8.0)
    >>> found = fit(2 + 3 * t + np.array([1, -1] * 4), np.column_stack([np.ones(8), t]), names=("const", "time"),
    ...             model="ols")
    >>> found.params.round(3).tolist(), found.df
    ([2.333, 2.905], 6)
    """
    if model not in MODELS:
        raise DataError(f"model '{model}' is not known; allowed: {', '.join(MODELS)}.{nearest(model, MODELS)}")
    outcome, design = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    n, k = design.shape
    if n <= k:
        raise DataError(f"{n} points cannot carry {k} coefficients ({', '.join(names)}); simplify season or model")
    if np.linalg.matrix_rank(design) < k:
        raise DataError(
            f"the terms {', '.join(names)} cannot be told apart on these {n} points; use a simpler season, "
            "or a change date with more points on each side"
        )
    if model in LINEAR_MODELS:
        return _linear(outcome, design, names=names, model=model, lag=lag)
    if (outcome < 0).any():
        raise DataError(f"a count of {outcome.min():g} is negative; {MODEL_NAMES[model]} needs counts of 0 or more")
    return _count(outcome, design, names=names, model=model, offset=offset)


def _linear(outcome: np.ndarray, design: np.ndarray, *, names: tuple[str, ...], model: str, lag: int | None) -> Fit:
    import statsmodels.api as sm

    n, k = design.shape
    if model == "prais_winsten":
        return prais_winsten(outcome, design, names=names)
    if model == "ols":
        found = sm.OLS(outcome, design).fit()
        details = {}
    else:
        lag = newey_west_lag(n) if lag is None else lag
        found = sm.OLS(outcome, design).fit(
            cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True}, use_t=True
        )
        details = {"lag": lag, "kernel": "Bartlett", "correction": "n/(n-k)", "prewhitened": False}
    return Fit(model, names, found.params, found.cov_params(), n - k, "identity", found.resid, details)


def prais_winsten(outcome: np.ndarray, design: np.ndarray, *, names: tuple[str, ...]) -> Fit:
    """Fit by generalised least squares with first-order autocorrelation, iterated, keeping the first row.

    rho is the sum of products of neighbouring residuals over the sum of squares of the earlier ones; every row after
    the first has rho times its predecessor taken off, and the first is multiplied by the root of 1 - rho squared.

    Parameters
    ----------
    outcome, design, names
        As in :func:`fit`.

    Returns
    -------
    Fit
        ``details`` hold rho and the rounds it took; residuals are those of the untransformed series.

    References
    ----------
    Prais SJ, Winsten CB. Cowles Commission discussion paper 383, 1954.

    Examples
    --------
    >>> t = np.arange(12.0)
    >>> wave = np.array([0, 1, 2, 1, 0, -1, -2, -1, 0, 1, 2, 1.0])
    >>> round(prais_winsten(5 + t + wave, np.column_stack([np.ones(12), t]), names=("const", "time")).details["rho"], 3)
    0.679
    """
    n, k = design.shape
    params = np.linalg.lstsq(design, outcome, rcond=None)[0]
    rho, settled = 0.0, False
    rounds = 0
    while rounds < RHO_ROUNDS and not settled:
        rounds += 1
        errors = outcome - design @ params
        before = float(errors[:-1] @ errors[:-1])
        new = float(errors[1:] @ errors[:-1]) / before if before > 0 else 0.0
        new = float(np.clip(new, -0.999, 0.999))
        first = math.sqrt(1 - new**2)
        y = np.concatenate([[first * outcome[0]], outcome[1:] - new * outcome[:-1]])
        x = np.vstack([first * design[:1], design[1:] - new * design[:-1]])
        params = np.linalg.lstsq(x, y, rcond=None)[0]
        settled = abs(new - rho) < RHO_TOLERANCE
        rho = new
    error = y - x @ params
    covariance = float(error @ error) / (n - k) * np.linalg.inv(x.T @ x)
    details = {"rho": rho, "rounds": rounds, "settled": settled}
    return Fit("prais_winsten", names, params, covariance, n - k, "identity", outcome - design @ params, details)


def _count(
    outcome: np.ndarray, design: np.ndarray, *, names: tuple[str, ...], model: str, offset: np.ndarray | None
) -> Fit:
    import statsmodels.api as sm

    n, k = design.shape
    family = sm.families.Poisson()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = sm.GLM(outcome, design, family=family, offset=offset).fit()
        phi = float(start.pearson_chi2 / start.df_resid)
        if model == "poisson":
            return Fit(model, names, start.params, start.cov_params(), None, "log", start.resid_pearson, {"phi": phi})
        if model == "quasi_poisson":
            details = {"phi": phi}
            return Fit(model, names, start.params, start.cov_params() * phi, n - k, "log", start.resid_pearson, details)
        alpha = _dispersion(sm, outcome, design, offset=offset, start=start.params, phi=phi)
        family = sm.families.NegativeBinomial(alpha=alpha)
        found = sm.GLM(outcome, design, family=family, offset=offset).fit()
    details = {"alpha": alpha}
    return Fit(model, names, found.params, found.cov_params(), None, "log", found.resid_pearson, details)


def _dispersion(
    sm: Any, outcome: np.ndarray, design: np.ndarray, *, offset: np.ndarray | None, start: np.ndarray, phi: float
) -> float:
    """Estimate the NB2 dispersion by maximum likelihood; the coefficients' errors then take it as known (MASS)."""
    model = sm.NegativeBinomial(outcome, design, offset=offset)
    guess = np.append(start, max((phi - 1) / max(float(np.mean(outcome)), 1.0), 1e-3))
    for given, method in ((guess, "newton"), (None, "bfgs")):
        try:
            found = model.fit(start_params=given, method=method, disp=False, maxiter=500)
        except (np.linalg.LinAlgError, ValueError):
            continue
        alpha = float(found.params[-1])
        if found.mle_retvals["converged"] and np.isfinite(alpha) and alpha > 1e-8:
            return alpha
    raise DataError(
        "the negative binomial model does not settle on these counts (no more dispersion than Poisson allows); "
        "use quasi_poisson"
    )
