"""Regression of counts: Poisson, quasi-Poisson and negative binomial, and when their estimates do not exist."""

import math
import warnings
from typing import Any

import numpy as np
from scipy.optimize import brentq, linprog
from scipy.special import digamma

from healthsys.errors import DataError, one_of
from healthsys.its.fits import Fit
from healthsys.its.least_squares import robust

#: Standard errors of a fit to counts; those with h (HC2, HC3) are for least squares only.
ERRORS = ("plain", "HC0", "HC1", "clustered")

#: Dispersion below this share of the largest fitted count is no dispersion: the Poisson model says as much.
LEAST_DISPERSION = 1e-3

#: Largest alpha looked for.
MOST_ALPHA = 1e6

#: Stop of the iterated least squares.
ROUNDS, TOLERANCE = 200, 1e-12


def require_estimates(outcome: np.ndarray, design: np.ndarray, *, names: tuple[str, ...], model: str) -> None:
    """Refuse counts on which a log-linear model has no finite estimates, and say which side has no event.

    Estimates exist unless some combination of coefficients can grow without end: it leaves the rows with events as they
    are and lowers the others.

    Haberman SJ. The analysis of frequency data. Chicago 1974. Correia S, Guimaraes P, Zylkin T. arXiv:1903.01633, 2019.
    """
    some, k = outcome > 0, design.shape[1]
    if not some.any():
        raise DataError(f"there is no event at all, so the {model.replace('_', ' ')} model has nothing to estimate")
    if np.linalg.matrix_rank(design[some]) == k:
        return
    if "level" in names:
        after = design[:, names.index("level")] > 0
        for side, rows in (("after", after), ("before", ~after)):
            if rows.any() and not some[rows].any():
                raise DataError(
                    f"there is no event {side} the change (0 in {int(rows.sum())} periods), so a rate ratio is "
                    f"{'0' if side == 'after' else 'without end'} and has no interval; compare the counts, or use a "
                    "linear model such as ar1_reml"
                )
    rows = design[~some]
    found = linprog(
        rows.sum(axis=0), A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=design[some], b_eq=np.zeros(int(some.sum())),
        bounds=[(-1, 1)] * k, method="highs",
    )  # fmt: skip
    if found.status == 0 and found.fun < -1e-7:
        grow = ", ".join(name for name, value in zip(names, found.x, strict=True) if abs(value) > 1e-7)
        raise DataError(
            f"too few periods have an event ({int(some.sum())} of {len(outcome)}): {grow} can grow without end and "
            "have no estimate; simplify the season, add up to longer periods, or use a linear model such as ar1_reml"
        )


def count_model(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str,
    offset: np.ndarray | None = None,
    errors: str = "plain",
    clusters: np.ndarray | None = None,
    reference: str | None = None,
) -> Fit:
    """Fit a model of counts with a logarithmic link; residuals are Pearson's.

    ``quasi_poisson`` multiplies errors by the root of Pearson's chi-squared over its degrees of freedom;
    ``negative_binomial`` is NB2 (variance mu + alpha mu²), alpha by maximum likelihood and then taken as known.

    McCullagh P, Nelder JA. Generalized linear models, 2nd ed. Chapman and Hall 1989. Venables WN, Ripley BD. Modern
    applied statistics with S, 4th ed. Springer 2002, section 7.4.
    """
    import statsmodels.api as sm

    one_of("errors", errors, ERRORS)
    if model == "negative_binomial" and errors != "plain":
        raise DataError(f"errors '{errors}' are not offered for negative_binomial; use plain, or quasi_poisson")
    reference = one_of(
        "reference distribution", reference or ("t" if model == "quasi_poisson" else "normal"), ("t", "normal")
    )
    require_estimates(outcome, design, names=names, model=model)
    n, k = design.shape
    shift = np.zeros(n) if offset is None else offset
    family = sm.families.Poisson(link=sm.families.links.Log())
    found = _glm(outcome, design, family=family, offset=shift)
    df: int | None = None if reference == "normal" else n - k
    fitted, details = found.fittedvalues, {"phi": float(found.pearson_chi2) / (n - k)}
    loglik: float | None = float(found.llf)
    aic: float | None = 2 * k - 2 * found.llf
    covariance = found.cov_params()
    if model == "negative_binomial":
        alpha, found = dispersion(outcome, design, offset=shift, start=found)
        loglik = float(found.llf)
        details, covariance, aic = {"alpha": alpha}, found.cov_params(), 2 * (k + 1) - 2 * loglik
    elif errors != "plain":
        weighted = np.sqrt(fitted)[:, None] * design
        covariance = robust((outcome - fitted) / np.sqrt(fitted), weighted, errors=errors, clusters=clusters)
        details["errors"] = errors
        if errors == "clustered":
            details["clusters"] = len(np.unique(clusters))
            df = None if reference == "normal" else details["clusters"] - 1
    elif model == "quasi_poisson":
        covariance = covariance * details["phi"]
    if model == "quasi_poisson":
        loglik = aic = None
        details["no_likelihood"] = "a quasi-likelihood is no likelihood"
    residuals = np.asarray(found.resid_pearson)
    return Fit(
        model, names, np.asarray(found.params), covariance, df, "log", residuals, details, loglik, aic,
        float(found.deviance),
    )  # fmt: skip


def _glm(outcome: np.ndarray, design: np.ndarray, *, family: Any, offset: np.ndarray, start: Any = None) -> Any:
    import statsmodels.api as sm

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a fit that fails is told by what it returns, below
        try:
            found = sm.GLM(outcome, design, family=family, offset=offset, missing="none").fit(
                start_params=start, maxiter=ROUNDS, tol=TOLERANCE, method="IRLS", scale=1.0, cov_type="nonrobust",
                use_t=False,
            )  # fmt: skip
            sound = np.isfinite(found.params).all() and np.isfinite(found.cov_params()).all()
            sound = sound and np.isfinite(found.fittedvalues).all() and np.isfinite(found.llf)
        except (np.linalg.LinAlgError, ValueError):
            sound = False
    if not sound:
        raise DataError(
            "the model of counts does not settle on these numbers; check for a denominator that is far too small, "
            "or use a linear model such as ar1_reml"
        )
    return found


def alpha_slope(outcome: np.ndarray, fitted: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    """Return the derivative of the log-likelihood of NB2 by alpha, summed over the last axis."""
    size = 1 / np.asarray(alpha, dtype=float)
    inside = digamma(outcome + size) - digamma(size) - np.log1p(fitted / size) + 1
    inside = inside - (outcome + size) / (fitted + size)
    return -((size[..., 0] if size.ndim else size) ** 2) * inside.sum(axis=-1)


def dispersion(outcome: np.ndarray, design: np.ndarray, *, offset: np.ndarray, start: Any) -> tuple[float, Any]:
    """Return the NB2 dispersion of maximum likelihood and the fit with it.

    The coefficients are fitted anew at each alpha; the slope of the likelihood by alpha then changes sign once.
    """
    import statsmodels.api as sm

    def at(alpha: float, near: Any) -> tuple[float, Any]:
        family = sm.families.NegativeBinomial(alpha=alpha, link=sm.families.links.Log())
        found = _glm(outcome, design, family=family, offset=offset, start=near.params)
        return float(alpha_slope(outcome, found.fittedvalues, alpha)), found

    low = LEAST_DISPERSION / max(float(np.max(start.fittedvalues)), 1.0)
    slope, found = at(low, start)
    if slope <= 0:
        raise DataError(
            "the negative binomial model has no dispersion to estimate: these counts vary no more than Poisson "
            "allows; use poisson or quasi_poisson"
        )
    high = low
    while slope > 0:
        high *= 10
        if high > MOST_ALPHA:
            raise DataError("the dispersion of these counts is without end; use quasi_poisson or a linear model")
        slope, found = at(high, found)
    ends = math.log(max(low, high / 10)), math.log(high)
    alpha = math.exp(brentq(lambda one: at(math.exp(one), found)[0], *ends, xtol=1e-12, rtol=1e-12, maxiter=100))
    return alpha, at(alpha, found)[1]
