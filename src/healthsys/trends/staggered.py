"""Staggered starts: group-time effects, their average, and the two-way estimate as a warning."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.statistics import FEWEST_FOR_BOOTSTRAP, check_level
from healthsys.trends.clustered import two_way, without_singletons
from healthsys.trends.difference import Difference, as_difference, complete, few_clusters
from healthsys.trends.doubly_robust import ADJUSTMENTS, NoComparison, adjusted_effect

#: Which units serve as controls: all that have not started yet, or only those that never start.
CONTROLS = ("not_yet", "never")


@dataclass(frozen=True)
class Panel:
    """Values by unit and period, with the position of each unit's first treated period."""

    matrix: np.ndarray
    periods: list
    first: np.ndarray
    units: pd.Index
    covariates: dict[int, np.ndarray]


def two_way_estimate(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    start: str,
    level: float = 0.95,
    errors: str = "clustered",
) -> Difference:
    """Estimate one effect of staggered starts by unit and period effects: the trap, shown as such.

    Where effects grow with time since the start, units that started earlier serve as controls for later ones, and
    their growth is taken off: the estimate can be far too small or of the wrong sign. :func:`group_time_effects` does
    not do that.

    Parameters
    ----------
    frame
        One row per unit and period.
    unit, period, value, start
        Columns; ``start`` holds the first period of treatment, missing for a unit that never starts.
    level
        Coverage.
    errors
        As in :func:`healthsys.trends.difference.difference_in_differences`, clustered by unit.

    References
    ----------
    Goodman-Bacon A. Journal of Econometrics 2021;225:254-277.

    Examples
    --------
    >>> rows = [(u, t, 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> round(two_way_estimate(panel, unit="u", period="t", value="y", start="s").estimate, 3)  # the true average is 3
    1.0
    """
    check_level(level)
    every = complete(frame, [unit, period, value], unit=unit, period=period, value=value)
    rows = without_singletons(every, unit=unit, period=period)
    if rows.empty:
        raise DataError(f"every {unit} has one row; a comparison needs two {period}s of each")
    starts = rows[unit].map(_starts(frame, unit, start))
    on = (starts.notna() & _at_or_after(rows[period], starts, period=period, start=start)).to_numpy(dtype=float)
    found = two_way(rows, unit=unit, period=period, value=value, on=on, cluster=rows[unit], errors=errors)
    return as_difference(
        found,
        level=level,
        units=rows[unit].nunique(),
        method="two-way fixed effects",
        warned=few_clusters(found.clusters, remedy=""),
    )


def _starts(frame: pd.DataFrame, unit: str, start: str) -> pd.Series:
    """Return the first period of treatment of each unit; refuse a unit with two."""
    if start not in frame.columns:
        raise DataError(f"there is no column '{start}'; the table has {', '.join(map(str, frame.columns))}")
    grouped = frame.groupby(unit)[start]
    several = grouped.nunique() > 1
    if several.any():
        raise DataError(f"'{several.idxmax()}' has more than one start in column '{start}'; one per {unit} is allowed")
    partly = frame[start].isna().groupby(frame[unit]).nunique() > 1
    if partly.any():
        raise DataError(
            f"'{partly.idxmax()}' has a start in some rows of column '{start}' and none in others; write it in every "
            "row, or in none if the unit never starts"
        )
    return grouped.first()


def _at_or_after(periods: pd.Series, starts: pd.Series, *, period: str, start: str) -> pd.Series:
    try:
        return periods >= starts
    except TypeError:
        raise DataError(
            f"columns '{period}' and '{start}' cannot be compared ({periods.dtype} and {starts.dtype}); "
            "write both as dates, or both as numbers"
        ) from None


def opened(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, covariates: tuple[str, ...] = ()
) -> Panel:
    rows = complete(frame, [unit, period, value], unit=unit, period=period, value=value)
    wide = rows.pivot(index=unit, columns=period, values=value).sort_index(axis=1)
    starts = _starts(frame, unit, start).reindex(wide.index)
    measured = {}
    covariates = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    if covariates:
        known = complete(
            frame, list(dict.fromkeys([unit, period, *covariates])), unit=unit, period=period, value=covariates[0]
        )
        for column in covariates:
            numbers = pd.to_numeric(known[column], errors="coerce").astype(float)
            if not np.isfinite(numbers).all():
                raise DataError(f"covariate '{column}' holds something that is no finite number; recode it as numbers")
            known[column] = numbers
        tables = [
            known.pivot(index=unit, columns=period, values=column).reindex(index=wide.index, columns=wide.columns)
            for column in covariates
        ]
        measured = {
            place: np.column_stack([np.ones(len(wide)), *(table.iloc[:, place] for table in tables)])
            for place in range(wide.shape[1])
        }
    return Panel(
        matrix=wide.to_numpy(dtype=float),
        periods=list(wide.columns),
        first=_first_places(wide.columns, starts, period=period, start=start),
        units=wide.index,
        covariates=measured,
    )


def _first_places(periods: pd.Index, starts: pd.Series, *, period: str, start: str) -> np.ndarray:
    """Return the position of each unit's first treated period; beyond the last for a unit that never starts within it.

    A start in a period without data counts from the next period that has some.
    """
    numeric = pd.api.types.is_numeric_dtype(starts) and pd.api.types.is_numeric_dtype(periods)
    if numeric and (starts == 0).any() and periods.min() > 0:
        raise DataError(
            f"column '{start}' holds 0, before the first {period} ({periods.min():g}); leave it empty for a unit that "
            f"never starts, or write {periods.min():g} for one that is treated from the beginning"
        )
    never = len(periods)
    known = starts.notna().to_numpy()
    places = np.full(len(starts), never)
    try:
        places[known] = periods.searchsorted(pd.Index(starts[known]))
    except TypeError:
        raise DataError(
            f"columns '{period}' and '{start}' cannot be compared ({periods.dtype} and {starts.dtype}); "
            "write both as dates, or both as numbers"
        ) from None
    return places


def group_time_effects(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    start: str,
    control: str = "not_yet",
    covariates: tuple[str, ...] = (),
    adjustment: str = "doubly_robust",
) -> pd.DataFrame:
    """Effect of each starting group in each period, against units that have not started by then.

    ATT(g, t) is the mean change from the last period before g to t among units that started in g, less the same among
    units that start after t (or never). The base period is universal: the last period before g for every t, so that
    effects before the start are changes from it too (``base_period = "universal"`` in R's did).

    Parameters
    ----------
    frame
        One row per unit and period; a unit without a value in either of the two periods is left out of that pair.
    unit, period, value, start
        Columns; ``start`` is the first period of treatment, missing if never. Periods may be numbers or timestamps,
        in order and shared by all.
    control
        ``not_yet``: units that start later or never; ``never``: units that never start within the data.
    covariates
        Columns whose value in the base period is adjusted for.
    adjustment
        How: ``regression`` (of the controls' change), ``weighting`` (by the odds of being treated) or
        ``doubly_robust`` (both: right if either is), :data:`healthsys.trends.doubly_robust.ADJUSTMENTS`.

    Returns
    -------
    pandas.DataFrame
        ``start``, ``period``, ``since`` (periods since the start, negative before), ``effect``, ``treated``,
        ``controls`` (units), ``reason``, ``error`` (standard error from the influence function): groups without an
        earlier period or periods without controls have no effect and say why; the base period has effect 0 and no
        error.

    References
    ----------
    Callaway B, Sant'Anna PHC. Journal of Econometrics 2021;225:200-230. Sant'Anna PHC, Zhao J. Journal of
    Econometrics 2020;219:101-122 (covariates).

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> table = group_time_effects(panel, unit="u", period="t", value="y", start="s")
    >>> table.loc[(table["start"] == 2) & (table["since"] >= 0), "effect"].to_list()
    [2.0, 4.0, nan, nan]
    """
    panel = opened(frame, unit=unit, period=period, value=value, start=start, covariates=covariates)
    return estimated(panel, control=control, adjustment=adjustment)[0]


def _controls(panel_first: np.ndarray, periods: int, group: int, control: str) -> np.ndarray:
    """Return for each unit and period whether it may serve as a control of a group."""
    if control == "never":
        return np.repeat((panel_first >= periods)[:, None], periods, axis=1)
    return panel_first[:, None] > np.maximum(np.arange(periods), group)[None, :]


def _group_effects(
    matrix: np.ndarray, first: np.ndarray, group: int, control: str = "not_yet"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return effect, treated and controls by period for the units that start at one position."""
    change = matrix - matrix[:, [group - 1]]
    known = ~np.isnan(change)
    own = known & (first == group)[:, None]
    other = known & _controls(first, matrix.shape[1], group, control)
    filled = np.where(known, change, 0.0)
    treated, controls = own.sum(axis=0), other.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = (filled * own).sum(axis=0) / treated - (filled * other).sum(axis=0) / controls
    return effect, treated, controls


def estimated(panel: Panel, *, control: str, adjustment: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the table of effects, the influence of each unit on each (units by rows), and who is treated in each."""
    for given, allowed, what in ((control, CONTROLS, "control"), (adjustment, ADJUSTMENTS, "adjustment")):
        if given not in allowed:
            raise DataError(f"{what} '{given}' is not known; allowed: {', '.join(allowed)}.{nearest(given, allowed)}")
    matrix, first, periods = panel.matrix, panel.first, panel.periods
    n, span = matrix.shape
    rows, influences, members = [], [], []
    for group in sorted({int(g) for g in first if g < span}):
        size = int((first == group).sum())
        allowed = _controls(first, span, group, control)
        for place, label in enumerate(periods):
            row = {"start": periods[group], "period": label, "since": place - group, "effect": math.nan}
            influence, own = np.zeros(n), np.zeros(n, dtype=bool)
            if group < 1:
                row |= {"treated": size, "controls": 0, "reason": "no period before the start"}
            else:
                change = matrix[:, place] - matrix[:, group - 1]
                own, other = ~np.isnan(change) & (first == group), ~np.isnan(change) & allowed[:, place]
                base = panel.covariates.get(group - 1)
                if base is not None:
                    measured = ~np.isnan(base).any(axis=1)
                    own, other = own & measured, other & measured
                row |= {"treated": int(own.sum()), "controls": int(other.sum()), "reason": ""}
                if not other.any():
                    row["reason"] = "no unit that " + ("never starts" if control == "never" else "has not started yet")
                try:
                    row["effect"], influence = adjusted_effect(change, own, other, base, adjustment)
                except NoComparison as none:
                    row["reason"] = row["reason"] or str(none)
            # A group seen against itself in its base period has no error; nor has one whose units all agree.
            error = math.sqrt(float((influence**2).sum())) / n
            row["error"] = error if error > 0 else math.nan
            rows.append(row)
            influences.append(influence)
            members.append(own)
    columns = ["start", "period", "since", "effect", "treated", "controls", "reason", "error"]
    if not rows:
        return pd.DataFrame(columns=columns), np.empty((n, 0)), np.empty((n, 0), dtype=bool)
    return pd.DataFrame(rows)[columns], np.array(influences).T, np.array(members).T


def _average(matrix: np.ndarray, first: np.ndarray) -> float:
    """Average the group-time effects after the start, weighted by treated units."""
    total = weight = 0.0
    for group in {int(g) for g in first if 1 <= g < matrix.shape[1]}:
        effect, treated, _ = _group_effects(matrix, first, group)
        used = (np.arange(matrix.shape[1]) >= group) & ~np.isnan(effect)
        total, weight = total + float(effect[used] @ treated[used]), weight + float(treated[used].sum())
    return total / weight if weight else math.nan


def staggered_effect(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    start: str,
    level: float = 0.95,
    resamples: int = 499,
    seed: int = 20170101,
) -> Difference:
    """Average effect of staggered starts from group-time effects, with a percentile interval by resampling units.

    Parameters
    ----------
    frame, unit, period, value, start
        As in :func:`group_time_effects`.
    level
        Coverage.
    resamples, seed
        Bootstrap samples of whole units, and the seed that draws them.

    Returns
    -------
    Difference
        No interval, with a reason, where most resamples have no comparison or all give the same effect.

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> staggered_effect(panel, unit="u", period="t", value="y", start="s", resamples=19).estimate
    3.0
    """
    check_level(level)
    if resamples < 1:
        raise DataError(f"{resamples} resamples are not possible; allowed: 1 or more")
    panel = opened(frame, unit=unit, period=period, value=value, start=start)
    matrix, first, n = panel.matrix, panel.first, len(panel.units)
    estimate = _average(matrix, first)
    if math.isnan(estimate):
        raise DataError(
            "no starting group has both an earlier period and units that had not started; nothing to compare"
        )
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, n, (resamples, n))
    drawn = np.array([_average(matrix[pick], first[pick]) for pick in picks])
    known = drawn[~np.isnan(drawn)]
    undefined = resamples - known.size
    method = "group-time effects, not-yet-started controls"
    reason = None
    if known.size < max(2, resamples / 2):
        reason = f"{undefined} of {resamples} resamples of the {n} units had no comparison; there are too few units"
    elif np.ptp(known) <= 1e-12 * max(1.0, np.abs(known).max()):
        reason = "every resample of units gives the same effect; no variation is left to judge the error by"
    if reason:
        return Difference(estimate, None, None, n, n, method, (), reason)
    said = (f"{undefined} of {resamples} resamples had no comparison and were left out",) if undefined else ()
    if n < FEWEST_FOR_BOOTSTRAP:
        said = (*said, f"{n} units; under {FEWEST_FOR_BOOTSTRAP} a bootstrap interval covers less often than it says")
    tails = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return Difference(
        estimate=estimate,
        lower=float(tails[0]),
        upper=float(tails[1]),
        units=n,
        clusters=n,
        method=method,
        warnings=said,
        error=float(known.std(ddof=1)),
        correction=f"bootstrap of whole units, {resamples} resamples, seed {seed}",
    )
