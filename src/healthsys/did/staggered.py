"""Staggered starts: group-time effects, their bootstrap average, and the two-way estimate to compare with."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.did.adjustment import NoComparison, adjusted_effect
from healthsys.did.two_way import Difference, comparable, complete, few_clusters, two_way
from healthsys.errors import DataError, one_of
from healthsys.io.steps import refuse_text
from healthsys.statistics import FEWEST_FOR_BOOTSTRAP, check_level

#: Which units serve as controls: all that have not started yet, or only those that never start.
CONTROLS = ("not_yet", "never")


@dataclass(frozen=True)
class Panel:
    """Values by unit and period, with the position of each unit's first treated period."""

    matrix: np.ndarray
    periods: list
    first: np.ndarray
    units: pd.Index
    covariates: list[np.ndarray | None]


def two_way_fixed_effects(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, level: float = 0.95,
    errors: str = "clustered",
) -> Difference:  # fmt: skip
    """Estimate one effect of staggered starts by unit and period effects, which can mislead.

    Where effects grow with time, units that started earlier serve as controls for later ones, and their growth is
    taken off: the estimate can be far too small or of the wrong sign. :func:`group_time_effects` does not do that.

    Parameters
    ----------
    frame, unit, period, value, start
        As in :func:`group_time_effects`.
    level, errors
        As in :func:`difference_in_differences`, clustered by unit.

    Examples
    --------
    >>> rows = [(u, t, 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> found = two_way_fixed_effects(panel, unit="u", period="t", value="y", start="s")
    >>> round(found.estimate, 3)  # the true average is 3
    1.0
    """
    check_level(level)
    rows = comparable(frame, [unit, period, value], unit=unit, period=period, value=value)
    periods = pd.Index(rows[period].unique()).sort_values()
    starts = _starts(frame, unit, start, period)
    first = pd.Series(_first_places(periods, starts, period=period, start=start), index=starts.index)
    on = periods.get_indexer(rows[period]) >= rows[unit].map(first).to_numpy()
    return two_way(
        rows, unit=unit, period=period, value=value, on=on.astype(float), cluster=rows[unit], errors=errors,
        level=level, warned=few_clusters(rows[unit].nunique(), remedy=""),
    )  # fmt: skip


def _starts(frame: pd.DataFrame, unit: str, start: str, period: str) -> pd.Series:
    """Return the first period of treatment of each unit; refuse a unit with two."""
    if start not in frame.columns:
        raise DataError(f"there is no column '{start}'; the table has {', '.join(map(str, frame.columns))}")
    for column in (period, start):
        refuse_text(frame[column], name=column)
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


def _first_places(periods: pd.Index, starts: pd.Series, *, period: str, start: str) -> np.ndarray:
    """Return the position of each unit's first treated period; beyond the last for a unit that never starts within it.

    A start in a period without data counts from the next period that has some.
    """
    if all(map(pd.api.types.is_numeric_dtype, (starts, periods))) and (starts == 0).any() and periods.min() > 0:
        raise DataError(
            f"column '{start}' holds 0, before the first {period} ({periods.min():g}); leave it empty for a unit that "
            f"never starts, or write {periods.min():g} for one that is treated from the beginning"
        )
    known = starts.notna().to_numpy()
    places = np.full(len(starts), len(periods))
    try:
        places[known] = periods.searchsorted(pd.Index(starts[known]))
    except TypeError:
        raise DataError(
            f"columns '{period}' and '{start}' cannot be compared ({periods.dtype} and {starts.dtype}); "
            "write both as dates, or both as numbers"
        ) from None
    return places


def as_panel(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, covariates: tuple[str, ...] = ()
) -> Panel:
    """Lay a table of rows out by unit and period."""
    rows = complete(frame, [unit, period, value], unit=unit, period=period, value=value)
    wide = rows.pivot(index=unit, columns=period, values=value).sort_index(axis=1)
    starts = _starts(frame, unit, start, period).reindex(wide.index)
    covariates = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    tables = []
    for column in covariates:
        known = complete(frame, list(dict.fromkeys([unit, period, *covariates])), unit=unit, period=period,
                         value=covariates[0])  # fmt: skip
        known[column] = pd.to_numeric(known[column], errors="coerce").astype(float)
        if not np.isfinite(known[column]).all():
            raise DataError(f"covariate '{column}' holds something that is no finite number; recode it as numbers")
        tables.append(known.pivot(index=unit, columns=period, values=column).reindex_like(wide))
    measured = [
        np.column_stack([np.ones(len(wide)), *(table.iloc[:, place] for table in tables)]) if tables else None
        for place in range(wide.shape[1])
    ]
    first = _first_places(wide.columns, starts, period=period, start=start)
    return Panel(wide.to_numpy(dtype=float), list(wide.columns), first, wide.index, measured)


def group_time_effects(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, control: str = "not_yet",
    covariates: tuple[str, ...] = (),
) -> pd.DataFrame:  # fmt: skip
    """Effect of each starting group in each period, against units that have not started by then.

    ATT(g, t) is the mean change from the last period before g to t among units that started in g, less the same among
    units that start after t (or never); effects before the start are changes from that base period too
    (``base_period = "universal"`` in R's did).

    Parameters
    ----------
    frame
        One row per unit and period; a unit without a value in either of the two periods is left out of that pair.
    unit, period, value, start
        Columns; ``start`` is the first period of treatment (as ``period`` a number or date, or text such as
        2024-03-01), missing if never.
    control
        ``not_yet``: units that start later or never; ``never``: units that never start within the data.
    covariates
        Columns whose value in the base period is adjusted for, doubly robust (Sant'Anna and Zhao 2020).

    Returns
    -------
    pandas.DataFrame
        ``start``, ``period``, ``since`` (periods since the start), ``effect``, ``treated``, ``controls`` (units),
        ``reason`` (why there is no effect), ``error`` (standard error from the influence function). The base period
        has effect 0 and no error.

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> table = group_time_effects(panel, unit="u", period="t", value="y", start="s")
    >>> table.loc[(table["start"] == 2) & (table["since"] >= 0), "effect"].to_list()
    [2.0, 4.0, nan, nan]
    """
    panel = as_panel(frame, unit=unit, period=period, value=value, start=start, covariates=covariates)
    return with_influence(panel, control=control)[0]


def with_influence(panel: Panel, *, control: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the table of effects, the influence of each unit on each (units by rows), and who is treated in each."""
    one_of("control", control, CONTROLS)
    matrix, first, periods = panel.matrix, panel.first, panel.periods
    n, span = matrix.shape
    rows, influences, members = [], [], []
    for group in sorted({int(g) for g in first if g < span}):
        for place, label in enumerate(periods):
            row = {"start": periods[group], "period": label, "since": place - group, "effect": math.nan}
            influence, own = np.zeros(n), np.zeros(n, dtype=bool)
            if group < 1:
                row |= {"treated": int((first == group).sum()), "controls": 0, "reason": "no period before the start"}
            else:
                change = matrix[:, place] - matrix[:, group - 1]
                allowed = first >= span if control == "never" else first > max(place, group)
                own, other = ~np.isnan(change) & (first == group), ~np.isnan(change) & allowed
                base = panel.covariates[group - 1]
                if base is not None:
                    measured = ~np.isnan(base).any(axis=1)
                    own, other = own & measured, other & measured
                row |= {"treated": int(own.sum()), "controls": int(other.sum()), "reason": ""}
                if not other.any():
                    row["reason"] = "no unit that " + ("never starts" if control == "never" else "has not started yet")
                try:
                    row["effect"], influence = adjusted_effect(change, own, other, base)
                except NoComparison as none:
                    row["reason"] = row["reason"] or str(none)
            # A group compared with itself in its base period has no error; nor has one whose units all agree.
            row["error"] = math.sqrt(float((influence**2).sum())) / n or math.nan
            rows.append(row)
            influences.append(influence)
            members.append(own)
    table = pd.DataFrame(rows, columns=["start", "period", "since", "effect", "treated", "controls", "reason", "error"])
    return table, np.array(influences).reshape(-1, n).T, np.array(members, dtype=bool).reshape(-1, n).T


def _average(matrix: np.ndarray, first: np.ndarray) -> float:
    """Average the group-time effects after the start, weighted by treated units (all periods of a group at once)."""
    total = weight = 0.0
    span = matrix.shape[1]
    for group in {int(g) for g in first if 1 <= g < span}:
        change = matrix - matrix[:, [group - 1]]
        known = ~np.isnan(change)
        own = known & (first == group)[:, None]
        other = known & (first[:, None] > np.maximum(np.arange(span), group)[None, :])
        filled, treated = np.where(known, change, 0.0), own.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = (filled * own).sum(axis=0) / treated - (filled * other).sum(axis=0) / other.sum(axis=0)
        used = (np.arange(span) >= group) & ~np.isnan(effect)
        total, weight = total + float(effect[used] @ treated[used]), weight + float(treated[used].sum())
    return total / weight if weight else math.nan


def bootstrap_effect(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, level: float = 0.95, resamples: int = 499,
    seed: int = 20170101,
) -> Difference:  # fmt: skip
    """Average the group-time effects of staggered starts, with a percentile interval by resampling units.

    Parameters
    ----------
    frame, unit, period, value, start
        As in :func:`group_time_effects`.
    level, resamples, seed
        Coverage; bootstrap samples of whole units, and the seed that draws them.

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> bootstrap_effect(panel, unit="u", period="t", value="y", start="s", resamples=19).estimate
    3.0
    """
    check_level(level)
    if resamples < 1:
        raise DataError(f"{resamples} resamples are not possible; allowed: 1 or more")
    panel = as_panel(frame, unit=unit, period=period, value=value, start=start)
    matrix, first, n = panel.matrix, panel.first, len(panel.units)
    estimate = _average(matrix, first)
    if math.isnan(estimate):
        raise DataError("no starting group has both an earlier period and units that had not started; nothing to "
                        "compare")  # fmt: skip
    picks = np.random.default_rng(seed).integers(0, n, (resamples, n))
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
    lower, upper = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    correction = f"bootstrap of whole units, {resamples} resamples, seed {seed}"
    error = float(known.std(ddof=1))
    return Difference(estimate, float(lower), float(upper), n, n, method, said, error=error, correction=correction)
