"""Interrupted time series: did level or slope change at a date that was known beforehand?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError, one_of
from healthsys.io import steps
from healthsys.io.checks import REFUSE_BELOW, WARN_BELOW
from healthsys.its import regression
from healthsys.its.measured import MeasuredCoverage, measured_coverage
from healthsys.its.regression import COUNT_MODELS, DEFAULT_MODEL, Fit
from healthsys.statistics import check_level

#: How a yearly pattern may enter the model.
SEASONS = ("none", "harmonic", "two harmonics", "months")

#: From where the slope after the change may be counted: 0 or 1 in the first changed period.
TREND_FROM = (0, 1)

#: Beyond this on the log scale a count is no number that anything has.
LOG_LARGEST = 300.0

#: A counterfactual below this share of the fitted value is zero but for rounding.
NO_BASE = 1e-12

#: Why there is no relative effect then.
NOT_POSITIVE = "the counterfactual is not above 0, so a relative effect has no meaning"


@dataclass(frozen=True)
class Effect:
    """The effect of the interruption at one period, in the unit of the series; relative ones as fractions.

    Relative numbers are None, with a ``reason``, where the counterfactual is not above 0 or the ratio has no upper
    bound.
    """

    after: int
    period: Any
    counterfactual: float
    fitted: float
    absolute: float
    lower: float
    upper: float
    relative: float | None
    relative_lower: float | None
    relative_upper: float | None
    reason: str | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval of the absolute effect excludes zero."""
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True)
class Segmented:
    """A segmented regression: coefficients, effects, the fitted line with its counterfactual, and cautions."""

    model: str
    season: str
    level: float
    change: pd.Timestamp
    coefficients: pd.DataFrame
    at_change: Effect
    at_horizon: Effect
    curve: pd.DataFrame
    n_before: int
    n_after: int
    left_out: int
    fit: Fit
    warnings: tuple[str, ...]
    matrix: np.ndarray
    without: np.ndarray
    times: np.ndarray
    start: int
    scale: float
    trend_from: int = 0
    phase_in: int = 0

    @property
    def design(self) -> np.ndarray:
        """The rows of the design that were fitted."""
        return self.matrix[self.times]

    @property
    def measured(self) -> MeasuredCoverage:
        """How often intervals of this method contained the true value in simulated series like this one."""
        return measured_coverage(self.fit, self.design, self.times, level=self.level)

    def average(self, first: int = 0, last: int | None = None) -> tuple[float, float, float]:
        """Return the mean effect over the periods ``first`` to ``last`` after the change, with its interval.

        ``first`` and ``last`` count from 0 at the change; periods that ``phase_in`` leaves out are not averaged.
        """
        begin = self.start + max(first, self.phase_in)
        rows = slice(begin, None if last is None else self.start + last + 1)
        if not len(self.matrix[rows]):
            raise DataError(
                f"there is no period to average from {first} to {last} after the change; allowed: {self.phase_in} to "
                f"{len(self.matrix) - 1 - self.start}, the periods that are not left out"
            )
        now, base = self.matrix[rows], self.without[rows]
        step = (now - base).mean(axis=0)
        value = float(step @ self.fit.params)
        if self.fit.link == "log":
            one, other = (self.scale * np.exp(np.minimum(part @ self.fit.params, LOG_LARGEST)) for part in (now, base))
            step = (one[:, None] * now - other[:, None] * base).mean(axis=0)
            value = float((one - other).mean())
        reach = self.fit.reach(step, self.level)
        return value, value - reach, value + reach

    def coefficient(self, term: str) -> pd.Series:
        """Return the row of one term (``time``, ``level``, ``trend``, …)."""
        return self.coefficients.set_index("term").loc[term]


def season_terms(time: np.ndarray, *, season: str, per_year: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the columns that carry a yearly pattern, and their names.

    Parameters
    ----------
    time
        Running number of each period, from 1.
    season
        ``none``; sine and cosine of the year once (``harmonic``) or twice (``two harmonics``); or one level per
        calendar period (``months``).
    per_year
        Periods in a year.

    Returns
    -------
    tuple
        Columns and names; a column that is zero throughout is not among them.

    Examples
    --------
    >>> columns, names = season_terms(np.arange(1, 13), season="two harmonics", per_year=4)
    >>> names
    ('sin1', 'cos1', 'cos2')
    """
    one_of("season", season, SEASONS)
    if season == "none" or per_year < 2:
        return np.empty((len(time), 0)), ()
    columns: dict[str, np.ndarray] = {}
    if season == "months":
        for place in range(1, per_year):
            columns[f"place{place + 1}"] = ((np.asarray(time) - 1) % per_year == place).astype(float)
    else:
        for k in (1,) if season == "harmonic" else (1, 2):
            angle = 2 * np.pi * k * np.asarray(time) / per_year
            columns[f"sin{k}"], columns[f"cos{k}"] = np.sin(angle), np.cos(angle)
    kept = {name: column for name, column in columns.items() if np.abs(column).max() > 1e-9}
    return np.column_stack(list(kept.values())), tuple(kept)


def design(
    n: int, *, start: int, season: str = "none", per_year: int = 12, interrupted: bool = True, trend_from: int = 0,
    pulse: int = 0,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Build the design of a segmented regression: constant, time, level, trend, season.

    ``trend`` is 0 in the first changed period, so that ``level`` is the change *at the interruption*.

    Parameters
    ----------
    n
        Periods in the series, gaps included.
    start
        Position (from 0) of the first period after the change.
    season, per_year
        As in :func:`season_terms`.
    interrupted
        False gives the counterfactual: level and trend stay 0.
    trend_from
        0 or 1: what the trend counts in the first changed period.
    pulse
        Periods from the change on that get a term of their own, for a shock that came and went.

    Returns
    -------
    tuple
        The design, one row per period, and the names of its columns.

    Examples
    --------
    >>> matrix, names = design(5, start=3)
    >>> names, matrix[:, 3].tolist()
    (('const', 'time', 'level', 'trend'), [0.0, 0.0, 0.0, 0.0, 1.0])
    """
    time = np.arange(1, n + 1, dtype=float)
    after = (np.arange(n) >= start).astype(float) * interrupted
    if trend_from not in TREND_FROM:
        raise DataError(f"the trend cannot be counted from {trend_from}; allowed: 0 or 1 in the first changed period")
    trend = np.clip(np.arange(n) - start + trend_from, 0, None) * float(interrupted)
    seasonal, names = season_terms(time, season=season, per_year=per_year)
    columns = [np.ones(n), time, after, trend]
    terms = ["const", "time", "level", "trend"]
    if pulse:
        columns.append(after * (np.arange(n) < start + pulse))
        terms.append("pulse")
    return np.column_stack([*columns, seasonal]), (*terms, *names)


def per_year(periods: Sequence) -> int:
    """Return how many of these regular periods make a year: 365 days, 52 weeks, 12, 4 or 1.

    Periods of another length, such as fortnights or four weeks, are refused, as :func:`healthsys.io.regular` does.

    >>> per_year(pd.date_range("2020-01-01", periods=5, freq="QS"))
    4
    """
    starts = steps.from_ends(pd.DataFrame({"period": pd.DatetimeIndex(periods)}))["period"]
    found = steps.step_of(starts)
    if found is None:
        raise DataError(f"column 'period': {steps.mixture(starts)}")
    return found.per_year


def _periods(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the periods of a series; refuse them unless they rise without a gap, because a model counts rows."""
    steps.refuse_text(frame["period"], name="period")
    try:
        periods = pd.DatetimeIndex(frame["period"])
    except (ValueError, TypeError) as error:
        raise DataError(f"column 'period' cannot be read as dates ({error}); write them as YYYY-MM-DD") from None
    wrong = np.flatnonzero(~(periods[1:] > periods[:-1]))
    if len(wrong):
        at = int(wrong[0]) + 1
        one, last = (f"{periods[place]:%Y-%m-%d}" for place in (at, at - 1))
        raise DataError(
            f"column 'period', row {at + 2}: {one} follows {last}; allowed: dates that rise from row to row. Sort the "
            "rows by period, and keep one for each"
        )
    starts = steps.from_ends(pd.DataFrame({"period": periods}))["period"]
    per_year(starts)
    step = steps.step_of(starts)
    missing = pd.date_range(starts.iloc[0], starts.iloc[-1], freq=step.offset).difference(starts)
    if len(missing):
        raise DataError(
            f"column 'period': there is no row for {steps.label_of(missing[0], step)}; give each period from the first "
            "to the last a row, without a value where nothing was observed (healthsys.io.regular puts them in)"
        )
    return periods


def position_of(periods: Sequence, change: Any) -> int:
    """Return the position of the first period on or after the change date, which must lie within the series.

    >>> position_of(pd.date_range("2020-01-01", periods=5, freq="MS"), "2020-03-15")
    3
    """
    index = pd.DatetimeIndex(periods)
    date = pd.Timestamp(change)
    if not index[0] < date <= index[-1]:
        raise DataError(
            f"the change date {date.date()} lies outside the series, which runs from {index[0].date()} to "
            f"{index[-1].date()}; allowed: after the first period and not after the last"
        )
    return int((index >= date).argmax())


def segmented(
    frame: pd.DataFrame,
    *,
    change: Any,
    model: str = DEFAULT_MODEL,
    season: str = "none",
    phase_in: int = 0,
    horizon: int | None = None,
    level: float = 0.95,
    per: float = 1.0,
    trend_from: int = 0,
    pulse: int = 0,
    clusters: Sequence | None = None,
    **options: Any,
) -> Segmented:
    """Fit a segmented regression to one series and say what changed at the interruption.

    Parameters
    ----------
    frame
        One row per period, regular and in order: ``period``, ``value`` (missing where not observed); for count models
        also ``numerator`` and, for rates, ``denominator``.
    change
        Date of the interruption; the first period on or after it is the first one after the change.
    model, season
        One of ``MODELS`` and of ``SEASONS``.
    phase_in
        Periods from the change on that are left out because the change was still being made. Level, trend and pulse
        begin in the first period that counts.
    horizon
        Periods after the first changed one at which the effect is given; a year, or the last period, when None.
    level
        Coverage of the intervals.
    per
        What a rate of 1 is in the unit of ``value`` (100 for percentages); count models only.
    trend_from, pulse
        As in :func:`design`.
    clusters, options
        A label for each row of the frame, for clustered errors; ``lag``, ``kernel``, ``errors``, … as in ``fit``.

    Returns
    -------
    Segmented
        Effects in the unit of ``value``; coefficients of count models on the log scale. Periods without a value are
        left out and counted. ``at_change`` is the effect in the first changed period that counts.

    Raises
    ------
    DataError
        If the periods are not regular and in order, the change lies outside the series, fewer than 3 points are
        observed on a side, a count model is given no whole counts, or the model cannot be fitted.

    References
    ----------
    Wagner AK et al. J Clin Pharm Ther 2002;27:299-309; Lopez Bernal J, Cummins S, Gasparrini A. Int J Epidemiol
    2017;46:348-355 and its correction.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> values = [10.0] * 12 + [14.0] * 12
    >>> found = segmented(pd.DataFrame({"period": months, "value": values}), change="2021-01-01")
    >>> round(found.at_change.absolute, 6), round(found.at_horizon.relative, 6)
    (4.0, 0.4)
    """
    check_level(level)
    periods = _periods(frame)
    start = position_of(periods, change)
    n, yearly = len(frame), per_year(periods)
    if phase_in < 0:
        raise DataError(f"a phase-in of {phase_in} periods is not possible; allowed: 0 or more")
    shape: dict[str, Any] = {"start": start + phase_in, "season": season, "per_year": yearly, "trend_from": trend_from}
    shape["pulse"] = pulse
    matrix, names = design(n, **shape)
    without, _ = design(n, interrupted=False, **shape)
    outcome, offset, scale = _outcome(frame, model=model, per=per)
    used = ~np.isnan(outcome)
    if offset is not None:
        used &= np.isfinite(offset)
    used[start : start + phase_in] = False
    before, after = int(used[:start].sum()), int(used[start:].sum())
    if min(before, after) < REFUSE_BELOW:
        raise DataError(
            f"{before} points before and {after} after the change date {pd.Timestamp(change).date()}; a segmented "
            f"regression needs at least {REFUSE_BELOW} on each side (and {WARN_BELOW} to be relied on)"
        )
    found = regression.fit(
        outcome[used], matrix[used], names=names, model=model, offset=None if offset is None else offset[used],
        times=np.flatnonzero(used), clusters=None if clusters is None else np.asarray(clusters)[used], **options,
    )  # fmt: skip
    furthest, missing = n - 1 - start, int((~used).sum())
    wanted = yearly if horizon is None else horizon
    if wanted < 0:
        raise DataError(f"a horizon of {wanted} periods lies before the change; allowed: 0 to {furthest}")
    reached = max(min(wanted, furthest), phase_in)
    stated: dict[str, Any] = {"level": level, "scale": scale}
    effects = [
        effect(found, matrix[row], without[row], after=row - start, period=periods[row], **stated)
        for row in (start + phase_in, start + reached)
    ]
    return Segmented(
        model, season if yearly > 1 else "none", level, pd.Timestamp(change), coefficient_table(found, level=level),
        *effects, _curve(frame, found, matrix, without, start=start, phase_in=phase_in, **stated), before, after,
        missing, found, _cautions(before, after, missing - phase_in, wanted=wanted, reached=reached, found=found),
        matrix, without, np.flatnonzero(used), start, scale, trend_from, phase_in,
    )  # fmt: skip


def _outcome(frame: pd.DataFrame, *, model: str, per: float) -> tuple[np.ndarray, np.ndarray | None, float]:
    """Return what is modelled, its offset, and the factor back to the unit of the series."""
    value, events, size = (
        frame[name].to_numpy(dtype=float, na_value=np.nan) if name in frame and frame[name].notna().any() else None
        for name in ("value", "numerator", "denominator")
    )
    if model in COUNT_MODELS and per != 1 and (events is None or size is None):
        raise DataError(
            f"model {model} with per = {per:g} needs the columns 'numerator' and 'denominator' that the values are "
            "made of. Add them, use a linear model such as ar1_reml, or, for values that are counts, per = 1"
        )
    if model not in COUNT_MODELS or events is None:
        return np.full(len(frame), np.nan) if value is None else value, None, 1.0
    if size is None:
        return events, None, 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return events, np.log(size), per


def _cautions(before: int, after: int, missing: int, *, wanted: int, reached: int, found: Fit) -> tuple[str, ...]:
    said = []
    for side, points in (("before", before), ("after", after)):
        if points < WARN_BELOW:
            said.append(f"only {points} points {side} the change; under {WARN_BELOW} the slope there is uncertain")
    if missing > 0:
        beside = "" if found.model.startswith("ar1") else "; the errors treat their neighbours as adjacent"
        said.append(f"{missing} periods have no value and are left out{beside}")
    if reached < wanted:
        said.append(f"the series ends {reached} periods after the change, so the effect is stated there")
    if reached > wanted:
        said.append(
            f"the horizon of {wanted} periods is left out, so the effect is stated {reached} periods after the change"
        )
    if found.details.get("settled") is False:
        said.append("the autocorrelation did not settle; use model ar1_reml instead")
    if found.details.get("boundary"):
        said.append(
            f"the estimated autocorrelation, {found.details['rho']:.2f}, lies at the end of what is allowed; the "
            "series may drift without a trend, and its intervals are unreliable"
        )
    if found.exact:
        said.append("the model passes through every point, so its intervals have no width and there is no p-value")
    elif (np.diag(found.covariance) <= 0).any():
        sure = [name for name, one in zip(found.names, np.diag(found.covariance), strict=True) if one <= 0]
        said.append(
            f"the standard error of {' and '.join(sure)} is 0, because every point there lies on the line, so there is "
            "no p-value"
        )
    return tuple(said)


def effect(
    found: Fit, row: np.ndarray, without: np.ndarray, *, after: int, period: Any, level: float, scale: float
) -> Effect:
    """Compute the effect at one period from the rows of the design with and without the interruption.

    Linear models: (row - without) b, relative by the delta method. Count models: rate ratio exp((row - without) b) with
    its interval on the log scale, absolute by the delta method.

    >>> line = Fit("ols", ("const", "level"), np.array([10.0, 2.0]), np.eye(2) * 0.04, 20, "identity", np.zeros(22))
    >>> found = effect(line, np.array([1.0, 1.0]), np.array([1.0, 0.0]), after=0, period=1, level=0.95, scale=1)
    >>> f"{found.relative:.2f} ({found.relative_lower:.3f} to {found.relative_upper:.3f})"
    '0.20 (0.157 to 0.243)'
    """
    check_level(level)
    step = row - without
    if found.link == "log":
        base, now = _counts_at(found, np.vstack([without, row]), period=period, scale=scale)
        log_ratio, reach = float(step @ found.params), found.reach(step, level)
        wide = found.reach(now * row - base * without, level)
        absolute = float(now - base)
        bounds = (absolute - wide, absolute + wide)
        if log_ratio + reach > LOG_LARGEST:
            reason = "the data set no upper limit to the rate ratio"
            return Effect(after, period, float(base), float(now), absolute, *bounds, None, None, None, reason)
        ratios = np.expm1([log_ratio, log_ratio - reach, log_ratio + reach])
        return Effect(after, period, float(base), float(now), absolute, *bounds, *map(float, ratios))
    base, now = float(without @ found.params), float(row @ found.params)
    absolute, reach = now - base, found.reach(step, level)
    bounds = (absolute - reach, absolute + reach)
    if base <= NO_BASE * max(abs(now), abs(base)):
        return Effect(after, period, base, now, absolute, *bounds, None, None, None, NOT_POSITIVE)
    ratio = absolute / base
    wide = found.reach(step / base - ratio * without / base, level)
    return Effect(after, period, base, now, absolute, *bounds, ratio, ratio - wide, ratio + wide)


def _counts_at(found: Fit, rows: np.ndarray, *, period: Any, scale: float) -> np.ndarray:
    """Return what a log-linear model gives at these rows; a number without end is an error, not infinity."""
    linear = rows @ found.params
    if linear.max() > LOG_LARGEST:
        raise DataError(
            f"the earlier trend, carried on to {period}, gives a count beyond any number: too few events or too short "
            "a series before the change; use a shorter horizon, or a linear model such as ar1_reml"
        )
    return scale * np.exp(linear)


def coefficient_table(found: Fit, *, level: float = 0.95) -> pd.DataFrame:
    """Return coefficients with standard errors, intervals and p-values (missing where the error is zero).

    >>> line = Fit("ols", ("const",), np.array([2.0]), np.array([[0.25]]), 10, "identity", np.zeros(11))
    >>> [f"{number:.3f}" for number in coefficient_table(line).iloc[0, 1:]]
    ['2.000', '0.500', '0.886', '3.114', '0.003']
    """
    check_level(level)
    rows = np.eye(len(found.names))
    reach = found.reaches(rows, level)
    chances = [found.p_value(row) for row in rows]
    table = pd.DataFrame({"term": list(found.names), "estimate": found.params})
    table["std_error"] = [found.se(row) for row in rows]
    return table.assign(lower=found.params - reach, upper=found.params + reach, p=pd.Series(chances, dtype="float64"))


def _curve(
    frame: pd.DataFrame, found: Fit, matrix: np.ndarray, without: np.ndarray, *, start: int, phase_in: int,
    level: float, scale: float,
) -> pd.DataFrame:  # fmt: skip
    """Return observed, fitted (not where left out) and, after the change, counterfactual values with an interval."""
    fitted, base = matrix @ found.params, without @ found.params
    after = np.arange(len(frame)) >= start
    reach = np.zeros(len(frame))
    reach[after] = found.reaches(without[after], level)
    bounds = [base, base - reach, base + reach]
    if found.link == "log":
        stated: dict[str, Any] = {"period": frame["period"].iloc[-1], "scale": scale}
        fitted = _counts_at(found, matrix, **stated)
        limits = (scale * np.exp(np.minimum(bound, LOG_LARGEST)) for bound in bounds[1:])
        bounds = [_counts_at(found, without, **stated), *limits]
    fitted[start : start + phase_in] = np.nan
    value = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    curve = pd.DataFrame({"period": pd.DatetimeIndex(frame["period"]), "value": value, "fitted": fitted})
    names = ("counterfactual", "lower", "upper")
    return curve.assign(**{name: np.where(after, one, np.nan) for name, one in zip(names, bounds, strict=True)})


def controlled(
    frame: pd.DataFrame, control: pd.DataFrame, *, change: Any, model: str = DEFAULT_MODEL, **options: Any
) -> Segmented:
    """Compare one series with a control series by a segmented regression of their difference.

    The coefficients are those of the stacked model with every term interacted with the group; the difference lets the
    errors allow for autocorrelation and for shocks that both series share.

    Parameters
    ----------
    frame, control
        Series as in :func:`segmented`, from the first to the last period that both have; a period between them that
        the control has no row or value for counts as missing.
    change, model, options
        As in :func:`segmented`; linear models only.

    Returns
    -------
    Segmented
        Of the difference, series minus control.

    Raises
    ------
    DataError
        If the two share no period, or a count model is asked for.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> control = pd.DataFrame({"period": months, "value": np.arange(24) % 5 + 10.0})
    >>> treated = control.assign(value=control["value"] + 3 + 2.0 * (np.arange(24) >= 12))
    >>> round(controlled(treated, control, change="2021-01-01").at_change.absolute, 6)
    2.0
    """
    if model in COUNT_MODELS:
        raise DataError(f"a difference of two series cannot be modelled as {model}; use ar1_reml or newey_west")
    both = frame[["period", "value"]].merge(
        control[["period", "value"]], "left", "period", suffixes=("", "_control"), indicator=True
    )
    shared = np.flatnonzero(both["_merge"] == "both")
    if not len(shared):
        raise DataError("the series and its control share no period; there is nothing to compare")
    both = both.iloc[shared[0] : shared[-1] + 1]
    both = both[["period"]].assign(value=both["value"] - both["value_control"])
    return segmented(both, change=change, model=model, **options)
