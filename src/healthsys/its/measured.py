"""What coverage the intervals of each method have been measured to have, and which method that makes the default.

``interval_coverage.csv`` next to this module holds the table; ``python benchmarks/coverage.py`` makes it again.

**The criterion.** Over series of 24, 48 and 120 months with an autocorrelation of 0, 0.3 and 0.6, and over the change
of level, the change of slope and the effect after a year (or at the end), the default is the method for values whose
95% intervals lie nearest to 95% on average (:func:`ranking`). Of methods within :data:`TIE` of the nearest, the one
with the shorter intervals is taken.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthsys.its.fits import Fit
from healthsys.its.simulate import LINEAR_METHODS, METHODS, NOISES

#: The table, the draws behind each cell, and their seed.
TABLE, SERIES, SEED = Path(__file__).parent / "interval_coverage.csv", 4000, 20201

#: The cells: months, autocorrelations, and claimed coverages. The change comes in the middle.
LENGTHS, RHOS, LEVELS = (24, 48, 120), (0.0, 0.3, 0.6), (0.8, 0.9, 0.95, 0.99)

#: Months after the change at which the effect is scored, where the series is long enough.
HORIZON = 12

#: An autocorrelation further above the largest measured one than half the step between two lies beyond them.
BEYOND = 0.15

#: Names of the estimands in the table.
ESTIMANDS = ("level", "slope", "horizon")

#: Methods are level when their mean distance from the claim differs by less than this (percentage points): the Monte
#: Carlo error of a cell with 4,000 series, 0.34.
TIE = 0.34


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
    """Measure the coverage of every method in every cell, each from a seed of its own so that it can be made alone.

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
        ``method``, ``noise``, ``periods``, ``autocorrelation``, ``estimand``, ``fitted``, then per cent of intervals
        that hold the truth at each claim (``covered_80`` …), ``bias`` and ``width`` (median, of 95% intervals).

    Examples
    --------
    >>> measure(series=100, lengths=(24,), rhos=(0.3,), noises=("ar1",), methods=("ols",))["estimand"].to_list()
    ['level', 'slope', 'horizon']
    """
    from everyday.analyses.coverage import cell

    parts = []
    for noise in noises:
        for periods in lengths:
            for rho in rhos:
                rng = np.random.default_rng([seed, NOISES.index(noise), periods, round(100 * rho)])
                start = periods // 2
                found = cell(
                    rng, series=series, periods=periods, start=start, rho=rho, levels=LEVELS, kind=noise,
                    horizon=min(HORIZON, periods - start - 1), methods=methods,
                )  # fmt: skip
                names = dict(zip(found["estimand"].unique(), ESTIMANDS, strict=True))
                found = found.assign(
                    estimand=found["estimand"].map(names), noise=noise, periods=periods, autocorrelation=rho
                )
                parts.append(found)
                if report:
                    report(f"{noise}, {periods} months, autocorrelation {rho:g}")
    long = pd.concat(parts, ignore_index=True).rename(columns={"model": "method"})
    key = ["method", "noise", "periods", "autocorrelation", "estimand"]
    wide = long[long["level"] == 0.95][[*key, "fitted"]].reset_index(drop=True)
    for level in LEVELS:
        rows = long[long["level"] == level].reset_index(drop=True)
        wide[f"covered_{100 * level:.0f}"] = (100 * rows["covered"]).round(2)
        if level == 0.95:
            wide = wide.assign(bias=rows["bias"].round(5), width=rows["width"].round(5))
    shown = [column for column in wide if column not in ("bias", "width")]
    return wide[[*shown, "bias", "width"]]


def ranking(table: pd.DataFrame, *, noise: str = "ar1", level: float = 0.95) -> pd.DataFrame:
    """Order the methods for values by how near their coverage comes to what they claim.

    Parameters
    ----------
    table
        From :func:`measure`, or the table that this package carries.
    noise, level
        Kind of noise; the claim.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``distance`` (mean absolute distance from the claim over all cells and estimands, percentage
        points), ``worst`` (lowest coverage), ``best`` (highest), ``width`` (mean over cells of the median width as a
        multiple of that of ``ols``). The first row is the default: the nearest, or, of those within :data:`TIE` of it,
        the one with the shortest intervals.

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


@dataclass(frozen=True)
class MeasuredCoverage:
    """Per cent of intervals of a method that held the truth in made series most like the one at hand."""

    method: str | None
    level: float
    periods: int | None = None
    autocorrelation: float | None = None
    at_change: float | None = None
    slope: float | None = None
    at_horizon: float | None = None
    series: int | None = None
    estimated: float | None = None
    reason: str | None = None

    @property
    def beyond(self) -> bool:
        """Whether the series is more autocorrelated than any that was measured, so that less is to be expected."""
        known = self.estimated is not None and self.autocorrelation is not None
        return known and self.estimated - self.autocorrelation > BEYOND


def method_of(found: Fit, *, n: int) -> str | None:
    """Return the measured method that a fit belongs to; None where its options were not measured.

    Examples
    --------
    >>> line = Fit("ols", ("const",), np.array([2.0]), np.array([[0.25]]), 10, "identity", np.zeros(11))
    >>> method_of(line, n=11)
    'ols'
    """
    from healthsys.its.least_squares import FixedB, newey_west_lag

    details, fixed = found.details, isinstance(found.reference, FixedB)
    student = found.df is not None
    if found.model == "newey_west":
        if details["kernel"] != "Bartlett" or details["correction"] == "none" or not student:
            return None
        if details["lag"] == newey_west_lag(n):
            return "newey_west_fixed_b" if fixed else "newey_west"
        return "newey_west_wide" if fixed and details["lag"] == n - 1 else None
    if found.model == "ar1_reml":
        return "ar1_reml" if found.reference is not None else "ar1_reml_t" if student else None
    if found.model == "ar1_ml" and found.reference is not None:
        return None
    if found.model == "ols" and "errors" in details:
        return "ols_hc3" if details["errors"] == "HC3" and student else None
    if "errors" in details or student != (found.model not in ("poisson", "negative_binomial")):
        return None
    return found.model if found.model in METHODS else None


def autocorrelation_of(found: Fit, design: np.ndarray, times: np.ndarray) -> float:
    """Estimate the first-order autocorrelation of a fit: its own, or by REML from its residuals.

    Examples
    --------
    >>> line = Fit("ols", ("const",), np.array([0.0]), np.eye(1), 11, "identity", np.tile([1.0, -1.0], 6))
    >>> autocorrelation_of(line, np.ones((12, 1)), np.arange(12)) < -0.8
    True
    """
    from healthsys.its.autoregressive import gaps_of, likelihood_rho

    if "rho" in found.details:
        return float(found.details["rho"])
    if not np.abs(found.residuals).max() > 0:
        return 0.0
    _, gaps = gaps_of(times, len(times))
    return float(likelihood_rho(found.residuals[None], design, gaps, restricted=True)[0])


def measured_coverage(found: Fit, design: np.ndarray, times: np.ndarray, *, level: float) -> MeasuredCoverage:
    """Look up how often intervals of this kind held the truth, at the nearest length and autocorrelation measured.

    Parameters
    ----------
    found
        The fit.
    design, times
        What it was fitted on: rows of the design, and running numbers of the periods.
    level
        The claim of its intervals.

    Returns
    -------
    MeasuredCoverage
        With a ``reason`` and no numbers where these options, or intervals of this level, were not measured. The made
        series have no season and their noise is autoregressive of first order: real series may cover less.

    Examples
    --------
    >>> line = Fit("ols", ("const",), np.array([0.0]), np.eye(1), None, "identity", np.tile([1.0, -1.0], 6))
    >>> measured_coverage(line, np.ones((12, 1)), np.arange(12), level=0.95).reason
    'the coverage of intervals with these options was not measured'
    """
    n = len(times)
    method = method_of(found, n=n)
    if found.exact:
        return MeasuredCoverage(
            method, level, reason="the model passes through every point, so there is no error to measure"
        )
    if method is None:
        return MeasuredCoverage(None, level, reason="the coverage of intervals with these options was not measured")
    if found.details.get("boundary"):
        reason = f"the estimated autocorrelation, {found.details['rho']:.2f}, lies at the end of what is allowed"
        return MeasuredCoverage(method, level, reason=reason)
    column = f"covered_{round(100 * level, 6):g}"
    table = _table()
    if column not in table:
        claims = ", ".join(f"{100 * one:g}%" for one in LEVELS)
        return MeasuredCoverage(method, level, reason=f"coverage was measured for intervals of {claims} only")
    rows = table[(table["method"] == method) & (table["noise"] == "ar1")]
    periods = min(rows["periods"].unique(), key=lambda one: abs(np.log(one / n)))
    rho = autocorrelation_of(found, design, times)
    nearest = min(rows["autocorrelation"].unique(), key=lambda one: abs(one - rho))
    rows = rows[(rows["periods"] == periods) & (rows["autocorrelation"] == nearest)].set_index("estimand")
    at = {name: float(rows.at[name, column]) for name in ESTIMANDS}
    return MeasuredCoverage(
        method,
        level,
        int(periods),
        float(nearest),
        at["level"],
        at["slope"],
        at["horizon"],
        int(rows["fitted"].min()),
        rho,
    )


@functools.lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    return pd.read_csv(TABLE)
