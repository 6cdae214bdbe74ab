"""The measured coverage of each method's intervals, from a table that ``python benchmarks/coverage.py`` makes."""

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from healthsys.its.autoregressive import gaps_of, likelihood_rho
from healthsys.its.fits import Fit
from healthsys.its.least_squares import FixedB, newey_west_lag
from healthsys.its.regression import MODELS

#: The claimed coverages that were measured.
LEVELS = (0.8, 0.9, 0.95, 0.99)

#: An autocorrelation further above the largest measured one than half the step between two lies beyond them.
BEYOND = 0.15

#: Names of the estimands in the table.
ESTIMANDS = ("level", "slope", "horizon")


@dataclass(frozen=True)
class MeasuredCoverage:
    """Percentage of intervals of a method that contained the true value, in simulated series most like your own."""

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
    """Return the measured method that a fit belongs to; None where its options were not measured."""
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
    return found.model if found.model in MODELS else None


def autocorrelation_of(found: Fit, design: np.ndarray, times: np.ndarray) -> float:
    """Estimate the first-order autocorrelation of a fit: its own, or by REML from its residuals."""
    if "rho" in found.details:
        return float(found.details["rho"])
    if not np.abs(found.residuals).max() > 0:
        return 0.0
    _, gaps = gaps_of(times, len(times))
    return float(likelihood_rho(found.residuals[None], design, gaps, restricted=True)[0])


def measured_coverage(found: Fit, design: np.ndarray, times: np.ndarray, *, level: float) -> MeasuredCoverage:
    """Look up how often intervals of this kind contained the true value, at the nearest length and autocorrelation.

    Parameters
    ----------
    found
        The fit.
    design, times
        Rows of the design it was fitted on, and running numbers of their periods.
    level
        The claim of its intervals.

    Returns
    -------
    MeasuredCoverage
        With a ``reason`` and no numbers where these options, or intervals of this level, were not measured. The
        simulated series have no season and noise of first order: real series may cover less.
    """
    n = len(times)
    method = method_of(found, n=n)
    if found.exact:
        reason = "the model passes through every point, so there is no error to measure"
        return MeasuredCoverage(method, level, reason=reason)
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
    shares = (float(rows.at[name, column]) for name in ESTIMANDS)
    return MeasuredCoverage(
        method, level, int(periods), float(nearest), *shares, series=int(rows["fitted"].min()), estimated=rho
    )


@functools.lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with resources.files("healthsys.its").joinpath("interval_coverage.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
