"""Differences in differences: units that changed against units that did not."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.statistics import check_level
from healthsys.trends.clustered import CLUSTERED, TwoWay, two_way, without_singletons

#: Fewer clusters than this make clustered errors too small (Cameron & Miller 2015).
FEW_CLUSTERS = 30

#: Up to so many reassignments a permutation test counts them all; beyond, it draws this many.
ALL_ASSIGNMENTS, DRAWS = 10_000, 4_999


#: A reassignment counts as equally far where it differs by less than this share of the values (rounding of floats).
TIE = 1e-9


@dataclass(frozen=True)
class Cells:
    """Mean and number of rows of changed and unchanged units, before and after (the two-by-two table)."""

    changed_before: float | None
    changed_after: float | None
    unchanged_before: float | None
    unchanged_after: float | None
    rows: tuple[int, int, int, int]

    @property
    def difference(self) -> float | None:
        """Change of the changed less change of the unchanged; equals the estimate where no row is missing."""
        ends = (self.changed_before, self.changed_after, self.unchanged_before, self.unchanged_after)
        if any(end is None for end in ends):
            return None
        return (self.changed_after - self.changed_before) - (self.unchanged_after - self.unchanged_before)


@dataclass(frozen=True)
class Difference:
    """An effect with its interval; interval None, with a reason, where it cannot be had.

    ``error`` is the standard error behind the interval, ``correction`` says in words which one, ``naive_error`` that of
    rows taken to be independent, ``degrees`` those of Student's t.
    """

    estimate: float
    lower: float | None
    upper: float | None
    units: int
    clusters: int
    method: str
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    error: float | None = None
    naive_error: float | None = None
    p: float | None = None
    degrees: int | None = None
    correction: str = ""
    rows: int | None = None
    cells: Cells | None = None


@dataclass(frozen=True)
class Permutation:
    """How often chance reassignment gives an effect as large; None with a reason where it cannot say."""

    p: float | None
    smallest_possible: float
    assignments: int
    exact: bool
    reason: str | None = None


def complete(frame: pd.DataFrame, columns: list[str], *, unit: str, period: str, value: str) -> pd.DataFrame:
    """Return the rows that have all columns, one per unit and period, with finite numbers as values.

    Raises
    ------
    DataError
        If a column is missing, no row is complete, a value is no finite number, or a unit has two rows for a period.

    Examples
    --------
    >>> rows = pd.DataFrame({"u": ["A", "A"], "t": [1, 2], "y": [3.0, None]})
    >>> len(complete(rows, ["u", "t", "y"], unit="u", period="t", value="y"))
    1
    """
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"there is no column '{column}'; the table has {', '.join(map(str, frame.columns))}")
    rows = frame[columns].dropna().reset_index(drop=True)
    if rows.empty:
        raise DataError(f"no row has all of {', '.join(columns)}; there is nothing to compare")
    numbers = pd.to_numeric(rows[value], errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise DataError(
            f"column '{value}' holds '{rows.loc[wrong.idxmax(), value]}'; allowed: finite numbers, or empty"
        )
    rows[value] = numbers
    twice = rows.duplicated([unit, period])
    if twice.any():
        at = twice.idxmax()
        raise DataError(
            f"'{rows.at[at, unit]}' has more than one row for {period} {rows.at[at, period]}; one row per "
            f"{unit} and {period} is allowed: add them up or average them first"
        )
    return rows


def _flags(rows: pd.DataFrame, column: str) -> pd.Series:
    """Read a true/false column; a word would otherwise count as true."""
    try:
        numbers = rows[column].astype(float)
    except (TypeError, ValueError):
        numbers = pd.Series(np.nan, index=rows.index)
    if not numbers.isin((0.0, 1.0)).all():
        odd = rows.loc[~numbers.isin((0.0, 1.0)), column].iloc[0]
        raise DataError(f"column '{column}' holds '{odd}'; allowed: true and false (or 1 and 0)")
    return numbers.astype(bool)


def _one_each(flags: pd.Series, by: pd.Series, *, column: str, remedy: str) -> None:
    mixed = flags.groupby(by).nunique() > 1
    if mixed.any():
        raise DataError(f"'{mixed.idxmax()}' is both true and false in column '{column}'; {remedy}")


def _cells(values: pd.Series, changed: pd.Series, later: pd.Series) -> Cells:
    parts = [values[(changed == one) & (later == then)] for one in (True, False) for then in (False, True)]
    means = [float(part.mean()) if len(part) else None for part in parts]
    return Cells(*means, rows=tuple(len(part) for part in parts))


def few_clusters(clusters: int, *, remedy: str = ": see the permutation test") -> tuple[str, ...]:
    """Return the warning that clustered intervals are too narrow, below :data:`FEW_CLUSTERS` clusters.

    Examples
    --------
    >>> few_clusters(12)
    ('12 clusters; under 30 clustered intervals are too narrow: see the permutation test',)
    """
    if clusters >= FEW_CLUSTERS:
        return ()
    return (f"{clusters} clusters; under {FEW_CLUSTERS} clustered intervals are too narrow{remedy}",)


def as_difference(
    found: TwoWay, *, level: float, units: int, method: str, warned: tuple[str, ...] = (), cells: Cells | None = None
) -> Difference:
    """Return a regression's effect as a difference with its interval."""
    lower, upper = found.interval(level)
    return Difference(
        estimate=found.estimate,
        lower=lower,
        upper=upper,
        units=units,
        clusters=found.clusters,
        method=method,
        warnings=() if found.reason else warned,
        reason=found.reason,
        error=found.error,
        naive_error=found.naive_error,
        p=found.p,
        degrees=found.degrees,
        correction=found.correction,
        rows=found.rows,
        cells=cells,
    )


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    value: str,
    treated: str,
    after: str,
    cluster: str | None = None,
    level: float = 0.95,
    errors: str = "clustered",
) -> Difference:
    """Estimate the effect of a change made to some units at one time, with unit and period effects.

    Parameters
    ----------
    frame
        One row per unit and period.
    unit, period, value
        Columns.
    treated, after
        True/false columns: whether the unit was changed, and whether the period lies after the change.
    cluster
        Column of the unit that was *assigned*, within which errors may depend on each other; ``unit`` when None.
    level
        Coverage.
    errors
        Which errors: ``clustered`` (the default: effects nested in clusters are not counted in the small-sample
        factor, as in pyfixest, fixest, reghdfe and Stata's xtreg), ``clustered_all`` (they are, as in areg),
        ``clustered_own``, ``cr1``, ``cr0``, ``hc1``, ``hc0`` or ``iid``
        (:data:`healthsys.trends.clustered.ERRORS`).

    Returns
    -------
    Difference
        Effect, standard error, p-value, interval by Student's t on clusters - 1 degrees of freedom, the correction in
        words, the error of rows taken to be independent and the two-by-two table of means. A warning below 30
        clusters; no interval where only one cluster was treated or only one was not, because the errors cannot then
        be estimated, or where the model fits every value. Units and periods with one row are left out, with a
        warning.

    Raises
    ------
    DataError
        If a column is missing, nobody is treated or nobody is not, no period lies before or none after, a unit is
        both treated and not, or a unit has two rows for a period.

    References
    ----------
    Cameron AC, Miller DL. Journal of Human Resources 2015;50:317-372.

    Examples
    --------
    >>> rows = [(u, t, 10 + u + t + 5 * (u >= 4) * (t >= 2) + 0.1 * ((u * t) % 3), u >= 4, t >= 2)
    ...         for u in range(8) for t in range(4)]
    >>> panel = pd.DataFrame(rows, columns=["clinic", "month", "seen", "reorganised", "after"])
    >>> found = difference_in_differences(panel, unit="clinic", period="month", value="seen",
    ...                                   treated="reorganised", after="after")
    >>> round(found.estimate, 2), found.clusters, round(found.error, 3)
    (5.01, 8, 0.031)
    """
    check_level(level)
    by = cluster or unit
    every = complete(
        frame, list(dict.fromkeys([unit, period, value, treated, after, by])), unit=unit, period=period, value=value
    )
    rows = without_singletons(every, unit=unit, period=period)
    if rows.empty:
        raise DataError(f"every {unit} has one row; a comparison needs two {period}s of each")
    on, later = _flags(rows, treated), _flags(rows, after)
    if on.all() or not on.any():
        raise DataError(f"column '{treated}' is the same for every unit; a comparison needs units of both kinds")
    if later.all() or not later.any():
        raise DataError(
            f"column '{after}' is the same for every {period}; a comparison needs some before and some after"
        )
    _one_each(on, rows[unit], column=treated, remedy="it says of a unit whether it was changed at all")
    _one_each(
        later,
        rows[period],
        column=after,
        remedy="it says of a period whether it lies after the change; where units start at different times use "
        "group_time_effects",
    )
    found = two_way(
        rows,
        unit=unit,
        period=period,
        value=value,
        on=(on & later).to_numpy(dtype=float),
        cluster=rows[by],
        errors=errors,
    )
    cells = _cells(rows[value], on, later)
    changed, unchanged = (int(part.groupby(rows[by]).any().sum()) for part in (on, ~on))
    out, warned = len(every) - len(rows), few_clusters(found.clusters)
    if out:
        warned = (f"{out} rows of units or periods that occur once were left out", *warned)
    if errors not in CLUSTERED:
        warned = ("errors that take rows of a unit to be independent are usually too small", *warned)
    units = rows[unit].nunique()
    if errors in CLUSTERED and min(changed, unchanged) < 2:
        reason = (
            f"only {changed} changed and {unchanged} unchanged {by}: with one on a side the error "
            "between them cannot be estimated"
        )
        found = replace(found, error=None, degrees=None, reason=reason)
    return as_difference(
        found, level=level, units=units, method="difference in differences", warned=warned, cells=cells
    )


def unit_changes(frame: pd.DataFrame, *, unit: str, value: str, after: str) -> pd.Series:
    """Return each unit's mean after the change less its mean before; missing where a side has no value.

    Raises
    ------
    DataError
        If no row lies before the change, or none after.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": ["A", "A"], "after": [False, True], "y": [1.0, 4.0]})
    >>> unit_changes(panel, unit="u", value="y", after="after").to_dict()
    {'A': 3.0}
    """
    rows = frame[[unit, value, after]].dropna()
    later = _flags(rows, after)
    if later.all() or not later.any():
        raise DataError(f"column '{after}' is the same in every row with a value; a change needs a before and an after")
    means = rows.groupby([unit, later])[value].mean().unstack()
    return (means[True] - means[False]).rename("change")


def permutation_test(
    changes: pd.Series, assigned: pd.Series, treated: pd.Series, *, seed: int = 20170101
) -> Permutation:
    """Test a difference in changes by reassigning treatment among the units that were really assigned.

    Parameters
    ----------
    changes
        Change of each unit (:func:`unit_changes`), indexed by unit.
    assigned
        For each unit the name of what was assigned as a whole (an Area, a practice group).
    treated
        For each unit whether it was changed.
    seed
        Seed of the drawn reassignments, used when there are more than 10,000 of them.

    Returns
    -------
    Permutation
        Two-sided p, the share of reassignments with an absolute difference at least as large (the true one counted).
        ``smallest_possible`` is the smallest p that any data could give: where as many are changed as not, the
        opposite assignment always gives the same absolute difference, so it is twice one over the assignments. Where
        it is above 0.05, ``p`` is None and ``reason`` says why: with one Area against one Area the data hold no
        evidence about chance at all.

    Raises
    ------
    DataError
        If an assigned unit is both treated and not.

    Examples
    --------
    >>> changes = pd.Series([5.1, 4.8, 5.3, 0.2, -0.1, 0.3, 0.1], index=list("ABCDEFG"))
    >>> treated = pd.Series([True] * 3 + [False] * 4, index=changes.index)
    >>> found = permutation_test(changes, pd.Series(changes.index, index=changes.index), treated)
    >>> found.assignments, round(found.p, 4)
    (35, 0.0286)
    """
    table = pd.DataFrame({"change": changes, "assigned": assigned, "treated": treated}).dropna()
    if table.empty:
        raise DataError("no unit has a change, an assigned unit and a treatment; there is nothing to reassign")
    if not np.isfinite(table["change"].astype(float)).all():
        raise DataError("a change is infinite; allowed: finite numbers, or missing")
    table["treated"] = _flags(table, "treated")
    mixed = table.groupby("assigned")["treated"].nunique()
    if (mixed > 1).any():
        raise DataError(f"'{mixed.idxmax()}' is both changed and unchanged; treatment must be one per assigned unit")
    grouped = table.groupby("assigned")
    total, size = grouped["change"].sum().to_numpy(), grouped["change"].size().to_numpy()
    on = grouped["treated"].first().to_numpy(dtype=bool)
    g, t = len(on), int(on.sum())
    if t in (0, g):
        raise DataError("every assigned unit is changed, or none is; a permutation needs both kinds")
    ways = math.comb(g, t)
    smallest = (2 if 2 * t == g else 1) / ways
    if smallest > 0.05:
        reason = (
            f"{t} of {g} assigned units were changed: the smallest p-value that any data could give is "
            f"{smallest:.2g}, so no result can be surprising"
        )
        return Permutation(None, smallest, ways, True, reason)

    def distance(members: np.ndarray) -> np.ndarray:
        inside, count = members @ total, members @ size
        return np.abs(inside / count - (total.sum() - inside) / (size.sum() - count))

    observed = distance(on[None, :].astype(float))[0]
    enough = observed - TIE * max(observed, np.abs(table["change"]).max())
    exact = ways <= ALL_ASSIGNMENTS
    if exact:
        members = np.zeros((ways, g))
        for row, chosen in enumerate(itertools.combinations(range(g), t)):
            members[row, list(chosen)] = 1
        p = float(np.mean(distance(members) >= enough))
        return Permutation(p, smallest, ways, True)
    rng = np.random.default_rng(seed)
    members = np.array([rng.permutation(on) for _ in range(DRAWS)], dtype=float)
    p = float((np.sum(distance(members) >= enough) + 1) / (DRAWS + 1))
    return Permutation(p, smallest, DRAWS, False)
