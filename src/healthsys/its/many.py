"""Segmented regressions of many series in one call: series with the same periods share one design and one fit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError, need_columns, one_of
from healthsys.its import autoregressive as ar
from healthsys.its.interrupted import NO_BASE, NOT_POSITIVE, Segmented, segmented
from healthsys.its.least_squares import hac, is_exact, kernel_weights, newey_west_lag
from healthsys.its.regression import DEFAULT_MODEL
from healthsys.statistics import check_level

#: Models that are fitted to many series at once.
MANY_MODELS = ("ar1_reml", "ar1_ml", "newey_west", "ols")


@dataclass(frozen=True)
class SegmentedMany:
    """Segmented regressions of many series: a row per series; per series and term; per series and period of effect."""

    series: pd.DataFrame
    coefficients: pd.DataFrame
    effects: pd.DataFrame


@dataclass(frozen=True)
class _Fits:
    """Coefficients and covariances of the series of one design, and their degrees of freedom."""

    params: np.ndarray
    covariance: np.ndarray
    rho: np.ndarray
    left: int
    values: ar.Satterthwaite | None

    def stated(self, rows: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return standard error, half the width of the interval and p of one combination (a row) of each series."""
        rows = np.broadcast_to(rows, self.params.shape)
        error = np.sqrt(np.maximum(np.einsum("sk,skl,sl->s", rows, self.covariance, rows), 0.0))
        df = self.left if self.values is None else self.values.df(rows)
        value = np.abs((rows * self.params).sum(axis=1))
        ratio = np.divide(value, error, out=np.full(len(error), np.nan), where=error > 0)
        return error, error * stats.t.ppf(0.5 + level / 2, df), 2 * stats.t.sf(ratio, df)


def segmented_many(
    frame: pd.DataFrame, *, change: Any, series: str = "series", model: str = DEFAULT_MODEL, season: str = "none",
    phase_in: int = 0, horizon: int | None = None, level: float = 0.95, trend_from: int = 0, pulse: int = 0,
) -> SegmentedMany:  # fmt: skip
    """Fit a segmented regression to each of many series, as :func:`healthsys.its.segmented` fits one.

    Parameters
    ----------
    frame
        A row per series and period, the periods of a series regular and in order: the column named by ``series``,
        ``period``, and ``value`` (missing where not observed).
    change, season, phase_in, horizon, level, trend_from, pulse
        As in :func:`healthsys.its.segmented`, for every series.
    series
        The column with the name of the series.
    model
        ``ar1_reml``, ``ar1_ml``, ``newey_west`` or ``ols``; other models are fitted one series at a time.

    Returns
    -------
    SegmentedMany
        ``series``: ``series``, ``n_before``, ``n_after``, ``left_out`` (periods), ``autocorrelation`` (of AR(1) models)
        and ``reason``, which says why a series is not fitted. ``coefficients``: ``series``, ``term``, ``estimate``,
        ``std_error``, ``lower``, ``upper``, ``p``. ``effects``, at the change and at the horizon, in the unit of
        ``value``: ``series``, ``after``, ``period``, ``counterfactual``, ``fitted``, ``absolute``, ``lower``,
        ``upper``, ``relative``, ``relative_lower``, ``relative_upper`` (fractions) and ``reason``. Intervals are for
        each series alone: of many series without a change, 5% have a 95% interval without zero.

    Raises
    ------
    DataError
        If a column or the name of a series is missing, the model is another, or no series can be fitted.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> wards = pd.DataFrame({"ward": ["A"] * 24 + ["B"] * 24, "period": [*months, *months],
    ...                       "value": [10.0, 11.0] * 12 + [10.0, 11.0] * 6 + [14.0, 15.0] * 6})
    >>> found = segmented_many(wards, change="2021-01-01", series="ward")
    >>> found.effects[found.effects["after"] == 0]["absolute"].round(1).tolist()
    [-0.0, 4.0]
    """
    check_level(level)
    one_of("model", model, MANY_MODELS)
    need_columns(frame, (series, "period", "value"), more=f" Columns found: {', '.join(map(str, frame.columns))}")
    nameless = np.flatnonzero(frame[series].isna())
    if len(nameless):
        raise DataError(f"column '{series}', row {nameless[0] + 2}: there is none; give every row one")
    options: dict[str, Any] = {"model": model, "season": season, "phase_in": phase_in, "horizon": horizon}
    options |= {"level": level, "trend_from": trend_from, "pulse": pulse, "change": change}
    alike: dict[tuple[bytes, bytes], list[tuple[Any, np.ndarray, pd.DataFrame]]] = {}
    for name, one in frame.groupby(series, sort=False, observed=True):
        value = one["value"].to_numpy(dtype=float, na_value=np.nan)
        key = (one["period"].to_numpy().tobytes(), np.isnan(value).tobytes())
        alike.setdefault(key, []).append((name, value, one))
    parts: list[tuple[pd.DataFrame, ...]] = []
    unfitted, why = [], ""
    for group in alike.values():
        names, values = [name for name, _, _ in group], np.array([value for _, value, _ in group])
        try:
            first = segmented(group[0][2], **options)
        except DataError as error:
            unfitted.append(pd.DataFrame({"series": names, "reason": (why := str(error))}))
            continue
        parts.append(_stated(names, _fits(values[:, first.times], first, group, options), first, level=level))
    if not parts:
        raise DataError(f"no series can be fitted: {why or 'the table has no rows'}")
    tables = [pd.concat(one, ignore_index=True) for one in zip(*parts, strict=True)]
    order = {name: place for place, name in enumerate(pd.unique(frame[series]))}
    tables[0] = pd.concat([tables[0], *unfitted], ignore_index=True)
    by_place = {"key": lambda one: one.map(order), "kind": "stable", "ignore_index": True}
    return SegmentedMany(*(table.sort_values("series", **by_place) for table in tables))


def _fits(outcome: np.ndarray, first: Segmented, group: list, options: dict[str, Any]) -> _Fits:
    """Fit every series (a row each) on the design of the first; one that the line passes through is fitted alone."""
    design, (n, k) = first.design, first.design.shape
    params = np.linalg.lstsq(design, outcome.T, rcond=None)[0].T
    residuals = outcome - params @ design.T
    exact = np.array([is_exact(float(error @ error), one) for error, one in zip(residuals, outcome, strict=True)])
    rho, values = np.full(len(outcome), np.nan), None
    if first.model == "newey_west":
        covariance = hac(residuals, design, weights=kernel_weights(n, lag=newey_west_lag(n)))
    elif first.model == "ols":
        covariance = (residuals**2).sum(1)[:, None, None] / (n - k) * np.linalg.inv(design.T @ design)
    else:
        _, gaps = ar.gaps_of(first.times, n)
        rest, rho, covariance = ~exact, np.zeros(len(outcome)), np.zeros((len(outcome), k, k))
        if rest.any():
            rho[rest] = ar.likelihood_rho(outcome[rest], design, gaps, restricted=first.model == "ar1_reml")
            params[rest], cross, error = ar.generalised(*ar.whiten(outcome[rest], design, rho[rest], gaps))
            covariance[rest] = (error**2).sum(1)[:, None, None] / (n - k) * np.linalg.inv(cross)
        if first.model == "ar1_reml":
            values = ar.satterthwaite(design, first.times, rho)
    for place in np.flatnonzero(exact):
        alone = segmented(group[place][2], **options).fit
        params[place], covariance[place], rho[place] = alone.params, alone.covariance, alone.details.get("rho", np.nan)
    return _Fits(params, covariance, rho, n - k, values)


def _stated(names: list, fits: _Fits, first: Segmented, *, level: float) -> tuple[pd.DataFrame, ...]:
    """Return the tables of the series of one design."""
    each = pd.DataFrame({"series": names, "n_before": first.n_before, "n_after": first.n_after})
    each = each.assign(left_out=first.left_out, autocorrelation=fits.rho, reason="")
    terms = []
    for place, term in enumerate(first.fit.names):
        error, reach, p = fits.stated(np.eye(len(first.fit.names))[place], level)
        value = fits.params[:, place]
        columns = {"estimate": value, "std_error": error, "lower": value - reach, "upper": value + reach, "p": p}
        terms.append(pd.DataFrame({"series": names, "term": term, **columns}))
    effects = []
    for at in (first.at_change, first.at_horizon):
        now, base = first.matrix[first.start + at.after], first.without[first.start + at.after]
        fitted, against = fits.params @ now, fits.params @ base
        absolute, reach = fitted - against, fits.stated(now - base, level)[1]
        defined = against > NO_BASE * np.maximum(np.abs(fitted), np.abs(against))
        divisor = np.where(defined, against, 1.0)
        ratio = absolute / divisor
        wide = fits.stated((now - base) / divisor[:, None] - (ratio / divisor)[:, None] * base, level)[1]
        relative = {"relative": ratio, "relative_lower": ratio - wide, "relative_upper": ratio + wide}
        effects.append(
            pd.DataFrame(
                {
                    "series": names, "after": at.after, "period": at.period, "counterfactual": against,
                    "fitted": fitted, "absolute": absolute, "lower": absolute - reach, "upper": absolute + reach,
                    **{name: np.where(defined, one, np.nan) for name, one in relative.items()},
                    "reason": np.where(defined, "", NOT_POSITIVE),
                }
            )
        )  # fmt: skip
    return each, pd.concat(terms), pd.concat(effects)
