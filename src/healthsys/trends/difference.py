"""Differences in differences: units that changed against units that did not, or had not yet."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError

#: Fewer clusters than this make clustered errors too small (Cameron & Miller 2015).
FEW_CLUSTERS = 30

#: Up to so many reassignments a permutation test counts them all; beyond, it draws this many.
ALL_ASSIGNMENTS, DRAWS = 10_000, 4_999


@dataclass(frozen=True)
class Difference:
    """An effect with its interval; interval None, with a reason, where it cannot be had."""

    estimate: float
    lower: float | None
    upper: float | None
    units: int
    clusters: int
    method: str
    warnings: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Permutation:
    """How often chance reassignment gives an effect as large; None with a reason where it cannot say."""

    p: float | None
    smallest_possible: float
    assignments: int
    exact: bool
    reason: str | None = None


def _complete(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"there is no column '{column}'; the table has {', '.join(map(str, frame.columns))}")
    rows = frame[columns].dropna()
    if rows.empty:
        raise DataError(f"no row has all of {', '.join(columns)}; there is nothing to compare")
    return rows


def _two_way(
    rows: pd.DataFrame, *, unit: str, period: str, value: str, on: np.ndarray, cluster: pd.Series, level: float
) -> tuple[float, float, float, int]:
    """Regress on a treatment indicator with unit and period effects; clustered errors, t with clusters - 1."""
    import statsmodels.api as sm

    periods = pd.get_dummies(rows[period], drop_first=True, dtype=float).to_numpy()
    y, x = rows[value].to_numpy(dtype=float), np.column_stack([on, periods])
    codes, unit_names = pd.factorize(rows[unit])
    size = np.bincount(codes)
    x = x - np.column_stack([np.bincount(codes, column) / size for column in x.T])[codes]
    y = y - (np.bincount(codes, y) / size)[codes]
    groups, names = pd.factorize(cluster)
    found = sm.OLS(y, x).fit()
    n, k, g = len(y), x.shape[1] + len(unit_names), len(names)
    if not np.isfinite(found.params[0]) or abs(x[:, 0]).max() < 1e-12:
        raise DataError("treatment does not vary within units and periods; there is no difference to estimate")
    bread = np.linalg.inv(x.T @ x)
    scores = np.zeros((g, x.shape[1]))
    np.add.at(scores, groups, x * found.resid[:, None])
    factor = g / max(g - 1, 1) * (n - 1) / (n - k)
    covariance = factor * bread @ scores.T @ scores @ bread
    error = math.sqrt(covariance[0, 0])
    reach = stats.t.ppf(0.5 + level / 2, max(g - 1, 1)) * error
    return float(found.params[0]), float(found.params[0] - reach), float(found.params[0] + reach), g


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

    Returns
    -------
    Difference
        Interval from errors clustered by ``cluster`` with Student's t on clusters - 1 and the correction
        G/(G-1) x (n-1)/(n-k); a warning below 30 clusters; no interval where only one cluster was treated or only one
        was not, because the errors cannot then be estimated.

    Raises
    ------
    DataError
        If a column is missing, or nobody is treated or nobody is not.

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
    >>> round(found.estimate, 2), found.clusters
    (5.01, 8)
    """
    by = cluster or unit
    rows = _complete(frame, list(dict.fromkeys([unit, period, value, treated, after, by])))
    on = rows[treated].astype(bool)
    if on.all() or not on.any():
        raise DataError(f"column '{treated}' is the same for every unit; a comparison needs units of both kinds")
    estimate, lower, upper, clusters = _two_way(
        rows,
        unit=unit,
        period=period,
        value=value,
        on=(on & rows[after].astype(bool)).to_numpy(dtype=float),
        cluster=rows[by],
        level=level,
    )
    kinds = rows.groupby(by)[treated].first().astype(bool)
    units = rows[unit].nunique()
    if kinds.sum() < 2 or (~kinds).sum() < 2:
        reason = (
            f"only {int(kinds.sum())} changed and {int((~kinds).sum())} unchanged {by}: with one on a side the error "
            "between them cannot be estimated"
        )
        return Difference(estimate, None, None, units, clusters, "difference in differences", (), reason)
    warned = (
        (f"{clusters} clusters; under {FEW_CLUSTERS} clustered intervals are too narrow: see the permutation test",)
        if clusters < FEW_CLUSTERS
        else ()
    )
    return Difference(estimate, lower, upper, units, clusters, "difference in differences", warned)


def unit_changes(frame: pd.DataFrame, *, unit: str, value: str, after: str) -> pd.Series:
    """Return each unit's mean after the change less its mean before; missing where a side has no value.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": ["A", "A"], "after": [False, True], "y": [1.0, 4.0]})
    >>> unit_changes(panel, unit="u", value="y", after="after").to_dict()
    {'A': 3.0}
    """
    rows = frame[[unit, value, after]].dropna()
    means = rows.groupby([unit, rows[after].astype(bool)])[value].mean().unstack()
    return (means.get(True, np.nan) - means.get(False, np.nan)).rename("change")


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
        Where the smallest possible p is above 0.05, ``p`` is None and ``reason`` says why: with one Area against one
        Area the data hold no evidence about chance at all.

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
    smallest = 1 / ways
    if smallest > 0.05:
        reason = (
            f"{t} of {g} assigned units were changed; chance alone gives the observed assignment with probability "
            f"{smallest:.2f}, so no result can be surprising"
        )
        return Permutation(None, smallest, ways, True, reason)

    def distance(members: np.ndarray) -> np.ndarray:
        inside, count = members @ total, members @ size
        return np.abs(inside / count - (total.sum() - inside) / (size.sum() - count))

    observed = distance(on[None, :].astype(float))[0]
    exact = ways <= ALL_ASSIGNMENTS
    if exact:
        members = np.zeros((ways, g))
        for row, chosen in enumerate(itertools.combinations(range(g), t)):
            members[row, list(chosen)] = 1
        p = float(np.mean(distance(members) >= observed - 1e-12))
        return Permutation(p, smallest, ways, True)
    rng = np.random.default_rng(seed)
    members = np.array([rng.permutation(on) for _ in range(DRAWS)], dtype=float)
    p = float((np.sum(distance(members) >= observed - 1e-12) + 1) / (DRAWS + 1))
    return Permutation(p, smallest, DRAWS, False)


def two_way_estimate(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, level: float = 0.95
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
    rows = _complete(frame, [unit, period, value]).join(frame[start])
    on = (rows[start].notna() & (rows[period] >= rows[start])).to_numpy(dtype=float)
    estimate, lower, upper, clusters = _two_way(
        rows, unit=unit, period=period, value=value, on=on, cluster=rows[unit], level=level
    )
    return Difference(estimate, lower, upper, rows[unit].nunique(), clusters, "two-way fixed effects")


def group_time_effects(frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str) -> pd.DataFrame:
    """Effect of each starting group in each period, against units that have not started by then.

    ATT(g, t) is the mean change from the last period before g to t among units that started in g, less the same among
    units that start after t (or never).

    Parameters
    ----------
    frame
        One row per unit and period; a unit without a value in either of the two periods is left out of that pair.
    unit, period, value, start
        Columns; ``start`` is the first period of treatment, missing if never. Periods may be numbers or timestamps,
        in order and shared by all.

    Returns
    -------
    pandas.DataFrame
        ``start``, ``period``, ``since`` (periods since the start, negative before), ``effect``, ``treated``,
        ``controls`` (units), ``reason``: groups without an earlier period or periods without controls have no effect
        and say why.

    References
    ----------
    Callaway B, Sant'Anna PHC. Journal of Econometrics 2021;225:200-230 (not-yet-treated controls, no covariates).

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> table = group_time_effects(panel, unit="u", period="t", value="y", start="s")
    >>> table.loc[(table["start"] == 2) & (table["since"] >= 0), "effect"].to_list()
    [2.0, 4.0, nan, nan]
    """
    rows = _complete(frame, [unit, period, value])
    wide = rows.pivot(index=unit, columns=period, values=value)
    starts = frame.groupby(unit)[start].first().reindex(wide.index)
    return _group_time(wide, starts)


def _first_places(periods: list, starts: pd.Series) -> np.ndarray:
    """Return the position of each unit's start; beyond the last period for a unit that never starts within it."""
    place = {label: position for position, label in enumerate(periods)}
    never = len(periods) + 1
    return np.array(
        [never if pd.isna(label) else place.get(label, never if label > periods[-1] else -1) for label in starts]
    )


def _group_effects(matrix: np.ndarray, first: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return effect, treated and controls by period for the units that start at one position."""
    change = matrix - matrix[:, [group - 1]]
    known = ~np.isnan(change)
    own = known & (first == group)[:, None]
    other = known & (first[:, None] > np.maximum(np.arange(matrix.shape[1]), group)[None, :])
    filled = np.where(known, change, 0.0)
    treated, controls = own.sum(axis=0), other.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = (filled * own).sum(axis=0) / treated - (filled * other).sum(axis=0) / controls
    return effect, treated, controls


def _group_time(wide: pd.DataFrame, starts: pd.Series) -> pd.DataFrame:
    periods, matrix = list(wide.columns), wide.to_numpy(dtype=float)
    first = _first_places(periods, starts)
    out = []
    for group in sorted({int(g) for g in first if g < len(periods)}):
        rows = {
            "start": periods[group] if group >= 0 else None,
            "period": periods,
            "since": np.arange(len(periods)) - group,
        }
        if group < 1:
            members = int((first == group).sum())
            out.append(
                pd.DataFrame(
                    {
                        **rows,
                        "effect": np.nan,
                        "treated": members,
                        "controls": 0,
                        "reason": "no period before the start",
                    }
                )
            )
            continue
        effect, treated, controls = _group_effects(matrix, first, group)
        reason = np.where(np.isnan(effect), "no unit that has not started yet", "")
        out.append(pd.DataFrame({**rows, "effect": effect, "treated": treated, "controls": controls, "reason": reason}))
    columns = ["start", "period", "since", "effect", "treated", "controls", "reason"]
    return pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=columns)


def _average(matrix: np.ndarray, first: np.ndarray) -> float:
    """Average the group-time effects after the start, weighted by treated units."""
    total = weight = 0.0
    for group in {int(g) for g in first if 1 <= g < matrix.shape[1]}:
        effect, treated, _ = _group_effects(matrix, first, group)
        used = (np.arange(matrix.shape[1]) >= group) & ~np.isnan(effect)
        total, weight = total + float(effect[used] @ treated[used]), weight + float(treated[used].sum())
    return total / weight if weight else math.nan


def average_effect(table: pd.DataFrame) -> float:
    """Average the group-time effects after the start, each weighted by its treated units.

    Examples
    --------
    >>> average_effect(pd.DataFrame({"since": [-1, 0, 1], "effect": [0.5, 2.0, 5.0], "treated": [2, 2, 1]}))
    3.0
    """
    used = table[(table["since"] >= 0) & table["effect"].notna()]
    if used.empty:
        return math.nan
    return float(np.average(used["effect"], weights=used["treated"]))


def by_time_since_start(table: pd.DataFrame) -> pd.DataFrame:
    """Average the group-time effects by periods since the start; before it they show the trends that were there.

    Examples
    --------
    >>> rows = pd.DataFrame({"since": [0, 0, 1], "effect": [1.0, 3.0, 4.0], "treated": [1, 1, 1]})
    >>> by_time_since_start(rows)["effect"].to_list()
    [2.0, 4.0]
    """
    used = table[table["effect"].notna()]
    grouped = used.groupby("since")
    effect = grouped.apply(lambda g: np.average(g["effect"], weights=g["treated"]), include_groups=False)
    return pd.DataFrame(
        {"since": effect.index, "effect": effect.to_numpy(), "treated": grouped["treated"].sum().to_numpy()}
    )


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

    Examples
    --------
    >>> rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> staggered_effect(panel, unit="u", period="t", value="y", start="s", resamples=19).estimate
    3.0
    """
    rows = _complete(frame, [unit, period, value])
    wide = rows.pivot(index=unit, columns=period, values=value)
    starts = frame.groupby(unit)[start].first().reindex(wide.index)
    matrix, first = wide.to_numpy(dtype=float), _first_places(list(wide.columns), starts)
    estimate = _average(matrix, first)
    if math.isnan(estimate):
        raise DataError(
            "no starting group has both an earlier period and units that had not started; nothing to compare"
        )
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(wide), (resamples, len(wide)))
    drawn = [_average(matrix[pick], first[pick]) for pick in picks]
    tails = np.nanquantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    undefined = int(np.isnan(drawn).sum())
    said = (f"{undefined} of {resamples} resamples had no comparison and were left out",) if undefined else ()
    return Difference(
        estimate,
        float(tails[0]),
        float(tails[1]),
        len(wide),
        len(wide),
        "group-time effects, not-yet-started controls",
        said,
    )
