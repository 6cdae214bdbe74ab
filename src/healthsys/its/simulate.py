"""Intervals of every method on many made series at once: the engine behind the measured coverage.

The estimators are those of :mod:`healthsys.its.regression`; a test compares the two on the same series.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError
from healthsys.its import autoregressive as ar
from healthsys.its.counts import LEAST_DISPERSION, alpha_slope
from healthsys.its.interrupted import design as segmented_design
from healthsys.its.least_squares import FixedB, hac, kernel_weights, newey_west_lag
from healthsys.its.measured import ESTIMANDS, LEVELS
from healthsys.its.regression import COUNT_MODELS, MODEL_NAMES
from healthsys.statistics import check_level

#: Methods whose coverage is measured: the model and its options, as :func:`healthsys.its.regression.fit` takes them.
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
METHOD_NAMES = MODEL_NAMES | {
    "ar1_reml_t": "AR(1) by restricted maximum likelihood, t on n − k",
    "newey_west_fixed_b": "Newey–West, fixed-b",
    "newey_west_wide": "Newey–West, fixed-b, all lags",
    "ols_hc3": "OLS, HC3 errors",
}

#: Methods for values; those for counts are the models of counts.
LINEAR_METHODS = tuple(name for name in METHODS if name not in COUNT_MODELS)

#: Kinds of noise: autoregressive of first order, or a slow part (autocorrelation 0.9) under white noise.
NOISES, SLOW = ("ar1", "slow"), 0.9

#: How finely the autocorrelation and the dispersion of a made series are found (halvings), and rounds of a fit.
HALVINGS, ROUNDS = 26, 60

#: The course of the made series of values: start, slope, level change, slope change, standard deviation of the noise.
VALUES = {"start": 50.0, "slope": 0.1, "level": 3.0, "trend": 0.2, "noise": 2.0}

#: The course of the made series of counts, on the log scale, with people at risk; ``noise`` adds dispersion.
COUNTS = {"start": -5.0, "slope": 0.004, "level": -0.12, "trend": 0.005, "noise": 0.10, "people": 40_000.0}

#: The estimand that the finding and the figure speak of.
FIRST = "level at the change"


#: The draws behind each cell of the measured table, and their seed.
SERIES, SEED = 4000, 20201

#: The cells: months, and autocorrelations. The change comes in the middle.
LENGTHS, RHOS = (24, 48, 120), (0.0, 0.3, 0.6)

#: Months after the change at which the effect is compared with the truth, where the series is long enough.
HORIZON = 12

#: Methods are level when their mean distance from the claim differs by less than this (percentage points): the Monte
#: Carlo error of a cell with 4,000 series, 0.34.
TIE = 0.34


@dataclass(frozen=True, eq=False)
class Batch:
    """Estimates and standard errors (series x combinations), and critical values by level."""

    estimate: np.ndarray
    error: np.ndarray
    critical: Callable[[float], np.ndarray | float]


def noise(
    rng: np.random.Generator, *, series: int, periods: int, rho: float, sd: float, kind: str = "ar1"
) -> np.ndarray:
    """Draw noise of a given standard deviation and autocorrelation at the first lag, one row per series.

    ``ar1``: what is left of a shock falls by rho each period. ``slow``: a part that falls by a tenth each period lies
    under white noise, so that the autocorrelation dies away slowly.
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
    """Fit one of :data:`LINEAR_METHODS` to every series (a row each) and return its combinations of coefficients."""
    model, options = METHODS[method]
    n, k = design.shape
    critical: Callable[[float], np.ndarray | float] = _student(n - k)
    if model in ("ols", "newey_west"):
        inverse = np.linalg.pinv(design)
        params = outcome @ inverse.T
        residuals = outcome - params @ design.T
        if method == "ols":
            covariance = (residuals**2).sum(1)[:, None, None] / (n - k) * np.linalg.inv(design.T @ design)
        elif method == "ols_hc3":
            kept = 1 - np.einsum("ij,ji->i", design, inverse)
            covariance = hac(residuals / kept, design, weights=np.ones(1), correction=False)
        else:
            lag = options.get("lag", newey_west_lag(n))
            weights = kernel_weights(n, lag=n - 1 if lag == -1 else lag)
            covariance = hac(residuals, design, weights=weights)
        if "reference" in options:
            values = FixedB(design, weights, True)
            critical = lambda level: np.array([values.quantile(row, level) for row in rows])  # noqa: E731
    elif model in ("prais_winsten", "cochrane_orcutt"):
        keep_first = model == "prais_winsten"
        rho = ar.iterated_rho(outcome, design, keep_first=keep_first)[0]
        params, inverse, squares, left = ar.quasi_differenced(outcome, design, rho, keep_first=keep_first)
        covariance, critical = squares[:, None, None] / left * inverse, _student(left)
    else:
        gaps = np.ones(n - 1)
        rho = ar.likelihood_rho(outcome, design, gaps, restricted=model == "ar1_reml", halvings=HALVINGS)
        params, cross, error = ar.generalised(*ar.whiten(outcome, design, rho, gaps))
        covariance = (error**2).sum(1)[:, None, None] / (n - k) * np.linalg.inv(cross)
        if method == "ar1_reml":
            known = [ar.satterthwaite(design, np.arange(n), one) for one in ar.RHO_GRID]
            table = np.array([[one.df(row) for row in rows] for one in known])
            df = np.column_stack([np.interp(rho, ar.RHO_GRID, column) for column in table.T])
            critical = lambda level: stats.t.ppf(0.5 + level / 2, df)  # noqa: E731
    return Batch(params @ rows.T, _errors(covariance, rows), critical)


def _student(df: int) -> Callable[[float], float]:
    return lambda level: float(stats.t.ppf(0.5 + level / 2, df))


def _errors(covariance: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(np.einsum("ck,skl,cl->sc", rows, covariance, rows), 0.0))


def counts(outcome: np.ndarray, design: np.ndarray, rows: np.ndarray, *, offset: np.ndarray) -> dict[str, Batch]:
    """Fit all of ``COUNT_MODELS`` to every series of counts; no estimate where they vary no more than Poisson."""
    n, k = design.shape
    normal: Callable[[float], float] = lambda level: float(stats.norm.ppf(0.5 + level / 2))  # noqa: E731
    start = np.linalg.lstsq(design, (np.log(np.maximum(outcome, 0.5)) - offset).T, rcond=None)[0].T
    params, fitted, cross = _fit_log_linear(outcome, design, offset, start, np.zeros(len(outcome)), rounds=ROUNDS)
    error = _errors(np.linalg.inv(cross), rows)
    phi = ((outcome - fitted) ** 2 / fitted).sum(1) / (n - k)
    found = {
        "poisson": Batch(params @ rows.T, error, normal),
        "quasi_poisson": Batch(params @ rows.T, error * np.sqrt(phi)[:, None], _student(n - k)),
    }
    low = np.log(LEAST_DISPERSION / np.maximum(fitted.max(axis=1), 1.0))
    spread = alpha_slope(outcome, fitted, np.exp(low)[:, None]) > 0
    high = np.full(len(outcome), np.log(10.0))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        params, fitted, cross = _fit_log_linear(outcome, design, offset, params, np.exp(middle), rounds=3)
        rising = alpha_slope(outcome, fitted, np.exp(middle)[:, None]) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    alpha = np.exp((low + high) / 2)
    params, fitted, cross = _fit_log_linear(outcome, design, offset, params, alpha, rounds=ROUNDS)
    estimate = np.where(spread[:, None], params @ rows.T, np.nan)
    found["negative_binomial"] = Batch(estimate, _errors(np.linalg.inv(cross), rows), normal)
    return found


def _fit_log_linear(
    outcome: np.ndarray, design: np.ndarray, offset: np.ndarray, params: np.ndarray, alpha: np.ndarray, *, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit a log-linear model with variance mu + alpha mu² by reweighted least squares, one alpha a series."""
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
    """Count how often each combination's interval includes the truth.

    Gives the share ``covered``, its Monte Carlo standard ``error``, the mean ``bias``, the median ``width``,
    ``fitted``.
    """
    reach = np.broadcast_to(batch.critical(level) * batch.error, batch.estimate.shape)
    found = []
    for place, truth in enumerate(true):
        known = np.isfinite(batch.estimate[:, place])
        if not known.any():
            raise DataError("no made series could be fitted; raise the number of series or the dispersion")
        apart = batch.estimate[known, place] - truth
        held = float((np.abs(apart) <= reach[known, place]).mean())
        error, width = np.sqrt(held * (1 - held) / known.sum()), np.median(2 * reach[known, place])
        found.append({"covered": held, "error": float(error), "bias": float(apart.mean()), "width": float(width)})
        found[-1]["fitted"] = int(known.sum())
    return found


def cell(
    rng: np.random.Generator,
    *,
    series: int,
    periods: int,
    start: int,
    rho: float,
    horizon: int,
    levels: tuple[float, ...] = (0.95,),
    kind: str = "ar1",
    methods: tuple[str, ...] = tuple(METHODS),
) -> pd.DataFrame:
    """Fit every method to simulated series of one length and one autocorrelation, and count.

    Values follow a line with a step, a change of slope and noise; counts are Poisson about an exponential line with the
    same and lognormal noise. One row per method, estimand and level, with the columns of :func:`tally`; bias and width
    are in the unit of the values, or on the log scale.
    """
    matrix, _ = segmented_design(periods, start=start)
    time, step, trend = matrix[:, 1], matrix[:, 2], matrix[:, 3]
    rows = np.array([[0, 0, 1.0, 0], [0, 0, 0, 1], [0, 0, 1, horizon]])
    estimands = (FIRST, "change of slope", f"effect after {horizon} months")
    draw: dict[str, Any] = {"series": series, "periods": periods, "rho": rho, "kind": kind}
    shape = VALUES["start"] + VALUES["slope"] * time + VALUES["level"] * step + VALUES["trend"] * trend
    values = shape + noise(rng, sd=VALUES["noise"], **draw)
    course = COUNTS["start"] + COUNTS["slope"] * time + COUNTS["level"] * step + COUNTS["trend"] * trend
    events = rng.poisson(COUNTS["people"] * np.exp(course + noise(rng, sd=COUNTS["noise"], **draw)))
    batches = {name: (linear(name, values, matrix, rows), VALUES) for name in methods if name in LINEAR_METHODS}
    if set(methods) & set(COUNT_MODELS):
        counted = counts(events, matrix, rows, offset=np.full(periods, np.log(COUNTS["people"])))
        batches |= {name: (counted[name], COUNTS) for name in methods if name in COUNT_MODELS}
    found = []
    for name in methods:
        batch, truth = batches[name]
        true = rows @ np.array([0, 0, truth["level"], truth["trend"]])
        for level in levels:
            for estimand, row in zip(estimands, tally(batch, true, level=level), strict=True):
                found.append({"model": name, "rho": rho, "estimand": estimand, "level": level, **row})
    return pd.DataFrame(found)


def interval_coverage(
    *, series: int, periods: int, start: int, rho: float, horizon: int, seed: int, level: float = 0.95
) -> pd.DataFrame:
    """Fit every method to simulated series, without and with autocorrelation; count the intervals with the truth.

    Parameters
    ----------
    series
        Simulated series of each kind.
    periods, start, horizon
        Months; position of the first month after the change; months after it at which the effect is estimated.
    rho
        Autocorrelation of the noise in the second half of the table; the first half has none.
    seed, level
        Seed of all draws; coverage that the intervals claim.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``rho``, ``estimand``, ``level``, ``covered`` (share), ``error`` (Monte Carlo), ``bias``, ``width``
        (median), ``fitted`` (series).

    Raises
    ------
    DataError
        If there are too few periods on a side or the autocorrelation is not below 1.

    Examples
    --------
    >>> table = interval_coverage(series=20, periods=36, start=18, rho=0.4, horizon=12, seed=1)
    >>> len(table), set(table["estimand"]) == {"level at the change", "change of slope", "effect after 12 months"}
    (78, True)
    """
    if not 8 <= start <= periods - 8 or not 0 <= horizon < periods - start:
        raise DataError(
            f"{start} months before and {periods - start} after the change with a horizon of {horizon}: allowed "
            "are 8 or more on each side and a horizon within the series"
        )
    check_level(level)
    if not 0 <= rho < 1:
        raise DataError(f"an autocorrelation of {rho:g} is not possible here; allowed: 0 up to (not including) 1")
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"series": series, "periods": periods, "start": start, "horizon": horizon}
    both = [cell(rng, rho=one, levels=(level,), **options) for one in (0.0, rho)]
    return pd.concat(both, ignore_index=True)


def measure(
    *,
    series: int = SERIES,
    seed: int = SEED,
    lengths: tuple[int, ...] = LENGTHS,
    rhos: tuple[float, ...] = RHOS,
    noises: tuple[str, ...] = NOISES,
    methods: tuple[str, ...] = tuple(METHODS),
    report: Callable[[str], Any] | None = None,
) -> pd.DataFrame:
    """Measure the coverage of every method in every cell, each from a seed of its own.

    Parameters
    ----------
    series, seed
        Series of each cell; the seed of all.
    lengths, rhos, noises, methods
        Cells and methods.
    report
        Called with a line after each cell.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``noise``, ``periods``, ``autocorrelation``, ``estimand``, ``fitted``, percentage of intervals with
        the truth at each claim (``covered_80`` …), ``bias`` and ``width`` (median, of 95% intervals).

    Examples
    --------
    >>> measure(series=100, lengths=(24,), rhos=(0.3,), noises=("ar1",), methods=("ols",))["estimand"].to_list()
    ['level', 'slope', 'horizon']
    """
    parts = []
    for noise, periods, rho in itertools.product(noises, lengths, rhos):
        rng = np.random.default_rng([seed, NOISES.index(noise), periods, round(100 * rho)])
        start = periods // 2
        found = cell(
            rng, series=series, periods=periods, start=start, rho=rho, levels=LEVELS, kind=noise,
            horizon=min(HORIZON, periods - start - 1), methods=methods,
        )  # fmt: skip
        names = dict(zip(found["estimand"].unique(), ESTIMANDS, strict=True))
        found["estimand"] = found["estimand"].map(names)
        parts.append(found.assign(noise=noise, periods=periods, autocorrelation=rho))
        if report:
            report(f"{noise}, {periods} months, autocorrelation {rho:g}")
    long = pd.concat(parts, ignore_index=True).rename(columns={"model": "method"})
    key = ["method", "noise", "periods", "autocorrelation", "estimand"]
    at = {level: rows.reset_index(drop=True) for level, rows in long.groupby("level")}
    covered = {f"covered_{100 * level:.0f}": (100 * rows["covered"]).round(2) for level, rows in at.items()}
    usual = at[0.95]
    return usual[[*key, "fitted"]].assign(**covered, bias=usual["bias"].round(5), width=usual["width"].round(5))


def ranking(table: pd.DataFrame, *, noise: str = "ar1", level: float = 0.95) -> pd.DataFrame:
    """Order the methods for values by how near their coverage comes to what they claim.

    Parameters
    ----------
    table
        From :func:`measure`, or the data set ``interval_coverage``.
    noise, level
        Kind of noise; the claim.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``distance`` (mean absolute, percentage points), ``worst``, ``best`` (coverage), ``width`` (of
        ``ols`` = 1). The default comes first: the nearest or, within ``TIE`` of it, the one with the shortest
        intervals.

    Examples
    --------
    >>> table = pd.DataFrame({"method": ["ols", "ar1_reml"], "noise": "ar1", "periods": 24, "autocorrelation": 0.3,
    ...                       "estimand": "level", "covered_95": [85.0, 94.0], "width": [1.0, 1.4]})
    >>> ranking(table)["method"].to_list()
    ['ar1_reml', 'ols']
    """
    rows = table[(table["noise"] == noise) & table["method"].isin(LINEAR_METHODS)].copy()
    rows["covered"] = rows[f"covered_{100 * level:.0f}"]
    rows["apart"] = (rows["covered"] - 100 * level).abs()
    cells = ["periods", "autocorrelation", "estimand"]
    plain = rows[rows["method"] == "ols"].set_index(cells)["width"]
    rows["width"] = rows["width"] / plain.reindex(pd.MultiIndex.from_frame(rows[cells])).to_numpy()
    found = rows.groupby("method", sort=False).agg(
        distance=("apart", "mean"), worst=("covered", "min"), best=("covered", "max"), width=("width", "mean")
    )
    found = found.reset_index().sort_values("distance", kind="stable")
    near = found["distance"] <= found["distance"].min() + TIE
    return pd.concat([found[near].sort_values("width", kind="stable"), found[~near]], ignore_index=True)
