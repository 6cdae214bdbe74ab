"""Regression with first-order autocorrelated errors: likelihood, Prais-Winsten and Cochrane-Orcutt.

Everything here works on many series over one design at once, one series a row; one series is the case of one row.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import stats

from healthsys.errors import DataError, one_of
from healthsys.its.fits import Fit
from healthsys.its.least_squares import is_exact

#: Prais-Winsten and Cochrane-Orcutt stop when rho moves less than this, or after so many rounds.
RHO_TOLERANCE, RHO_ROUNDS = 1e-9, 200

#: Iterated autocorrelation is kept within this distance from zero.
RHO_LARGEST = 0.999

#: Where the likelihood is looked for: a grid of autocorrelations, then its best interval halved so many times.
RHO_GRID, HALVINGS = np.concatenate([np.linspace(-0.95, 0.9, 75), np.linspace(0.91, 0.99, 17)]), 45

#: Satterthwaite's degrees of freedom are not taken below this: with fewer, an interval has no useful length.
FEWEST_DF = 1.0

#: Where the critical values of a likelihood fit come from.
REFERENCES = ("satterthwaite", "t", "normal")

#: Fewest residual degrees of freedom from which an autocorrelation is estimated.
FEWEST_LEFT = 2


def whiten(
    outcome: np.ndarray, design: np.ndarray, rho: np.ndarray, gaps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Take first-order autocorrelation, one rho a series, out of outcomes and design; gaps keep their place.

    Returns the outcome (series x n) and a design for each series (series x n x k).

    >>> outcome, design = whiten(np.array([[2.0, 2.0]]), np.ones((2, 1)), np.array([0.6]), np.array([1]))
    >>> outcome.round(2).tolist(), design[0].round(2).tolist()
    ([[2.0, 1.0]], [[1.0], [0.5]])
    """
    phi = rho[:, None] ** gaps
    sd = np.sqrt(1 - phi**2)
    first = np.broadcast_to(design[None, :1], (len(rho), 1, design.shape[1]))
    rest = (design[None, 1:] - phi[..., None] * design[None, :-1]) / sd[..., None]
    white = np.concatenate([outcome[:, :1], (outcome[:, 1:] - phi * outcome[:, :-1]) / sd], axis=1)
    return white, np.concatenate([first, rest], axis=1)


def generalised(outcome: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients, cross-products and residuals of least squares on whitened series, a design for each."""
    cross = np.swapaxes(design, 1, 2) @ design
    right = np.swapaxes(design, 1, 2) @ outcome[..., None]
    params = np.linalg.solve(cross, right)[..., 0]
    return params, cross, outcome - (design @ params[..., None])[..., 0]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums of products of neighbouring rows, from which the likelihood follows at any autocorrelation.

    With gap g between neighbours and p = rho**g, a whitened cross-product is that of the first row plus, for each
    gap that occurs, (now - p * lagged + p² * before) / (1 - p²). It costs no pass over the periods.
    """

    gap: np.ndarray
    count: np.ndarray
    first: list[np.ndarray]
    parts: list[list[np.ndarray]]

    @classmethod
    def of(cls, outcome: np.ndarray, design: np.ndarray, gaps: np.ndarray) -> Self:
        """Add up for what least squares leaves of the outcomes: no digit is lost on their level."""
        left = outcome - outcome @ np.linalg.pinv(design).T @ design.T
        gap, count = np.unique(gaps, return_counts=True)
        parts = []
        for one in gap:
            here = gaps == one
            x, before, e, old = design[1:][here], design[:-1][here], left[:, 1:][:, here], left[:, :-1][:, here]
            parts.append([
                np.array([x.T @ x, x.T @ before + before.T @ x, before.T @ before]),
                np.array([e @ x, e @ before + old @ x, old @ before]),
                np.array([(e * e).sum(1), 2 * (e * old).sum(1), (old * old).sum(1)]),
            ])  # fmt: skip
        first = [np.outer(design[0], design[0]), left[:, :1] * design[0], left[:, 0] ** 2]
        return cls(gap, count, first, parts)

    def at(self, rho: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
        """Return the products of design, design with outcome, and outcome, their derivatives, and log |V| with its."""
        found, moved = [one + 0.0 for one in self.first], [0.0, 0.0, 0.0]
        log, turned = np.zeros(len(rho)), np.zeros(len(rho))
        for gap, count, parts in zip(self.gap, self.count, self.parts, strict=True):
            p, change = rho**gap, gap * rho ** (gap - 1)
            rest = 1 - p**2
            log, turned = log + count * np.log(rest), turned - count * 2 * p * change / rest
            for place, (now, lagged, before) in enumerate(parts):
                shape = (-1, *[1] * (2, 1, 0)[place])
                q, scale, by = p.reshape(shape), rest.reshape(shape), change.reshape(shape)
                share = (now - q * lagged + q**2 * before) / scale
                found[place] = found[place] + share
                moved[place] = moved[place] + by * (2 * q * (before + share) - lagged) / scale
        return found, moved, log, turned


def _slope(sums: _Sums, rho: np.ndarray, left: int, *, restricted: bool) -> np.ndarray:
    """Derivative of the profile log-likelihood by the autocorrelation, one a series."""
    (cross, right, square), (cross_by, right_by, square_by), _, turned = sums.at(rho)
    params = np.linalg.solve(cross, right[..., None])[..., 0]
    squares = square - (params * right).sum(1)
    by = square_by - 2 * (params * right_by).sum(1) + np.einsum("sk,skl,sl->s", params, cross_by, params)
    slope = left * by / squares + turned
    if restricted:
        slope = slope + np.trace(np.linalg.solve(cross, cross_by), axis1=1, axis2=2)
    return -0.5 * slope


def _on_grid(sums: _Sums, left: int, *, restricted: bool) -> np.ndarray:
    """Profile log-likelihood (up to a constant) of every series at every autocorrelation of the grid."""
    table = []
    for rho in RHO_GRID:
        (cross, right, square), _, log, _ = sums.at(np.array([rho]))
        squares = square - (np.linalg.solve(cross[0], right.T).T * right).sum(1)
        total = left * np.log(np.maximum(squares, 1e-300)) + log
        table.append(-0.5 * (total + np.linalg.slogdet(cross[0])[1] if restricted else total))
    return np.column_stack(table)


def likelihood_rho(
    outcome: np.ndarray, design: np.ndarray, gaps: np.ndarray, *, restricted: bool, halvings: int = HALVINGS
) -> np.ndarray:
    """Return the autocorrelation (-0.95 to 0.99) with the largest (restricted) likelihood, for every series.

    ``outcome`` is series x n, ``design`` n x k, ``gaps`` the periods between neighbours; REML where ``restricted``.
    """
    sums, left = _Sums.of(outcome, design, gaps), design.shape[0] - (design.shape[1] if restricted else 0)
    best = _on_grid(sums, left, restricted=restricted).argmax(axis=1)
    low, high = RHO_GRID[np.maximum(best - 1, 0)], RHO_GRID[np.minimum(best + 1, len(RHO_GRID) - 1)]
    for _ in range(halvings):
        middle = (low + high) / 2
        rising = _slope(sums, middle, left, restricted=restricted) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return (low + high) / 2


@dataclass(frozen=True, eq=False)
class Satterthwaite:
    """Degrees of freedom that allow for variance and autocorrelation having been estimated.

    Those of a combination c are 2 (c'Vc)² over the variance of its estimate, by the delta method from the expected
    information of the restricted likelihood.

    Satterthwaite FE. Biometrics Bulletin 1946;2:110-114. Giesbrecht FG, Burns JC. Biometrics 1985;41:477-486. For
    interrupted series: Turner SL et al. BMC Medical Research Methodology 2021;21:181.
    """

    unit: np.ndarray
    slope: np.ndarray
    information: np.ndarray
    left: int

    def df(self, rows: np.ndarray) -> np.ndarray:
        """Return the degrees of freedom of one combination or of a row each, between :data:`FEWEST_DF` and n - k.

        ``unit``, ``slope`` and ``information`` are those of one series, or of as many as there are rows.
        """
        variance, moved = (
            np.einsum("...k,...kl,...l->...", rows, one, rows) for one in (self.unit, self.slope)
        )  # fmt: skip
        a, b, c = (self.information[..., first, second] for first, second in ((0, 0), (0, 1), (1, 1)))
        rest = c - b**2 / a
        known = rest > 1e-12 * np.maximum(c, 1.0)
        spread = variance**2 / a + (moved - variance * b / a) ** 2 / np.where(known, rest, 1.0)
        found = np.clip(2 * variance**2 / np.where(spread > 0, spread, 1.0), FEWEST_DF, self.left)
        return np.where(variance <= 0, float(self.left), np.where(known, found, FEWEST_DF))

    def quantile(self, rows: np.ndarray, level: float) -> np.ndarray:
        """Return Student's t for these combinations."""
        return stats.t.ppf(0.5 + level / 2, self.df(rows))

    def p_value(self, rows: np.ndarray, ratio: np.ndarray | float) -> np.ndarray:
        """Return the two-sided p-values of these combinations."""
        return 2 * stats.t.sf(ratio, self.df(rows))


def satterthwaite(design: np.ndarray, times: np.ndarray, rho: float | np.ndarray) -> Satterthwaite:
    """Work out what :class:`Satterthwaite` needs for one design and one autocorrelation, or for several.

    The variance cancels. The inverse of the correlations has three diagonals (:func:`whiten` twice), so that no matrix
    of all periods is inverted.
    """
    if np.ndim(rho):
        parts = [satterthwaite(design, times, float(one)) for one in np.asarray(rho)]
        joined = (np.array([getattr(one, name) for one in parts]) for name in ("unit", "slope", "information"))
        return Satterthwaite(*joined, design.shape[0] - design.shape[1])
    n, k = design.shape
    apart = np.abs(times[:, None] - times[None, :])
    lags = np.arange(apart.max() + 1)
    turned = np.where(lags > 0, lags * float(rho) ** np.maximum(lags - 1, 0), 0.0)[apart]
    phi = float(rho) ** np.diff(times)[:, None]
    sd = np.sqrt(1 - phi**2)

    def by_inverse(columns: np.ndarray) -> np.ndarray:
        white = columns.astype(float)
        white[1:] = (columns[1:] - phi * columns[:-1]) / sd
        found = white.copy()
        found[1:] /= sd
        found[:-1] -= phi / sd * white[1:]
        return found

    half = by_inverse(design)
    unit = np.linalg.inv(design.T @ half)
    with_turned = half.T @ turned
    product = by_inverse(turned) - half @ (unit @ with_turned)
    cross = float(np.trace(product)) / 2
    information = np.array([[(n - k) / 2, cross], [cross, float((product * product.T).sum()) / 2]])
    return Satterthwaite(unit, unit @ (with_turned @ half) @ unit, information, n - k)


def gaps_of(times: np.ndarray | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return running numbers of the periods and the steps between them; without any, one period after another."""
    times = np.arange(n) if times is None else np.asarray(times)
    gaps = np.diff(times).astype(float)
    if len(times) != n or (gaps < 1).any() or (gaps != np.round(gaps)).any():
        raise DataError(f"the numbers of the periods must rise by whole numbers, one for each of the {n} points")
    return times, gaps


def autoregressive(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str = "ar1_reml",
    times: np.ndarray | None = None,
    reference: str | None = None,
) -> Fit:
    """Fit a regression with first-order autocorrelated errors by (restricted) maximum likelihood.

    The variance is the residual sum of squares over n - k (REML) or n (ML); the covariance of the coefficients uses
    n - k in both, as nlme's summary does. ``reference`` is ``satterthwaite`` (default of ``ar1_reml``), ``t`` (default
    of ``ar1_ml``) or ``normal``; ``details`` have ``rho``, ``sigma`` and ``boundary``. ``loglik`` is the restricted one
    for ``ar1_reml``.

    Pinheiro JC, Bates DM. Mixed-effects models in S and S-PLUS. Springer 2000, chapter 5.
    """
    restricted = model == "ar1_reml"
    reference = ("satterthwaite" if restricted else "t") if reference is None else reference
    one_of("reference distribution", reference, REFERENCES)
    n, k = design.shape
    times, gaps = gaps_of(times, n)
    df = None if reference == "normal" else n - k
    if exact := _exact(outcome, design, names=names, model=model, df=df):
        return exact
    if n - k < FEWEST_LEFT:
        raise DataError(
            f"{n} points less {k} coefficients leave {n - k}; an autocorrelation needs at least {FEWEST_LEFT}. Use a "
            "simpler season, a longer series, or model ols"
        )
    rho = likelihood_rho(outcome[None], design, gaps, restricted=restricted)
    params, cross, error = generalised(*whiten(outcome[None], design, rho, gaps))
    squares = float((error**2).sum())
    left = n - k if restricted else n
    covariance = squares / (n - k) * np.linalg.inv(cross[0])
    loglik = -0.5 * (left * (math.log(2 * math.pi * squares / left) + 1) + float(np.log(1 - (rho**gaps) ** 2).sum()))
    if restricted:
        loglik -= 0.5 * float(np.linalg.slogdet(cross[0])[1])
    found = float(rho[0])
    details = {
        "rho": found,
        "sigma": math.sqrt(squares / left),
        "boundary": bool(found > RHO_GRID[-1] - 1e-6 or found < RHO_GRID[0] + 1e-6),
    }
    values = satterthwaite(design, times, found) if reference == "satterthwaite" else None
    residuals = outcome - design @ params[0]
    return Fit(
        model, names, params[0], covariance, df, "identity", residuals, details, loglik, 2 * (k + 2) - 2 * loglik,
        float(residuals @ residuals), values,
    )  # fmt: skip


def _exact(
    outcome: np.ndarray, design: np.ndarray, *, names: tuple[str, ...], model: str, df: float | None
) -> Fit | None:
    """Return the fit of a model that passes through every point, which has no autocorrelation; None of any other."""
    k = design.shape[1]
    params = np.linalg.lstsq(design, outcome, rcond=None)[0]
    left = outcome - design @ params
    if not is_exact(float(left @ left), outcome):
        return None
    details: dict[str, Any] = {"rho": 0.0, "exact": True, "no_likelihood": "the model passes through every point"}
    if model in ("prais_winsten", "cochrane_orcutt"):
        details |= {"rounds": 0, "settled": True}
    return Fit(model, names, params, np.zeros((k, k)), df, "identity", np.zeros(len(outcome)), details, deviance=0.0)


def iterated_rho(
    outcome: np.ndarray, design: np.ndarray, *, keep_first: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Iterate autocorrelation and coefficients for every series; return rho, rounds, and whether it settled.

    rho is the sum of products of neighbouring residuals over the sum of squares of the earlier ones.

    >>> wave = np.array([[0, 1, 2, 1, 0, -1, -2, -1, 0, 1, 2, 1.0]])
    >>> iterated_rho(wave, np.ones((12, 1)), keep_first=True)[0].round(3).tolist()
    [0.67]
    """
    rho, rounds = np.zeros(len(outcome)), np.zeros(len(outcome), dtype=int)
    params = np.linalg.lstsq(design, outcome.T, rcond=None)[0].T
    moving = np.arange(len(outcome))
    for _ in range(RHO_ROUNDS):
        rounds[moving] += 1
        error = outcome[moving] - params[moving] @ design.T
        before = (error[:, :-1] ** 2).sum(1)
        product = (error[:, 1:] * error[:, :-1]).sum(1)
        new = np.clip(product / np.where(before > 0, before, 1.0), -RHO_LARGEST, RHO_LARGEST)
        params[moving] = quasi_differenced(outcome[moving], design, new, keep_first=keep_first)[0]
        apart = np.abs(new - rho[moving])
        rho[moving] = new
        moving = moving[apart >= RHO_TOLERANCE]
        if not len(moving):
            break
    settled = np.ones(len(outcome), dtype=bool)
    settled[moving] = False
    return rho, rounds, settled


def quasi_differenced(
    outcome: np.ndarray, design: np.ndarray, rho: np.ndarray, *, keep_first: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit each series with rho times its predecessor taken off each row.

    Returns coefficients, inverse cross-products, residual sums of squares, and the degrees of freedom left.
    """
    begin = 0 if keep_first else 1
    white, of_design = whiten(outcome, design, rho, np.ones(design.shape[0] - 1))
    root = np.sqrt(1 - rho**2)
    params, cross, error = generalised(white[:, begin:] * root[:, None], of_design[:, begin:] * root[:, None, None])
    return params, np.linalg.inv(cross), (error**2).sum(1), design.shape[0] - begin - design.shape[1]


def iterated(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str = "prais_winsten",
    reference: str = "t",
) -> Fit:
    """Fit by Prais-Winsten (keeps the first row, scaled) or Cochrane-Orcutt (drops it), iterated.

    Points are taken for neighbours even across a gap; residuals are those of the untransformed series.

    Prais SJ, Winsten CB. Cowles Commission discussion paper 383, 1954. Cochrane D, Orcutt GH. Journal of the American
    Statistical Association 1949;44:32-61.
    """
    one_of("reference distribution", reference, ("t", "normal"))
    keep_first = model == "prais_winsten"
    n, k = design.shape
    left = n - k - (0 if keep_first else 1)
    if left < 1:
        raise DataError(f"{n} points cannot carry {k} coefficients and an autocorrelation ({', '.join(names)})")
    if not keep_first and np.linalg.matrix_rank(design[1:]) < k:
        raise DataError(f"without the first point the terms {', '.join(names)} cannot be told apart; use prais_winsten")
    df = None if reference == "normal" else left
    if exact := _exact(outcome, design, names=names, model=model, df=df):
        return exact
    rho, rounds, settled = iterated_rho(outcome[None], design, keep_first=keep_first)
    params, inverse, squares, _ = quasi_differenced(outcome[None], design, rho, keep_first=keep_first)
    residuals = outcome - design @ params[0]
    details = {
        "rho": float(rho[0]),
        "rounds": int(rounds[0]),
        "settled": bool(settled[0]),
        "no_likelihood": "an iterated estimator maximises no likelihood",
    }
    covariance = float(squares[0]) / left * inverse[0]
    deviance = float(residuals @ residuals)
    return Fit(model, names, params[0], covariance, df, "identity", residuals, details, deviance=deviance)
