"""Averages of group-time effects, the event study, and a test of the trends before the start."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.did.staggered import as_panel, with_influence
from healthsys.did.two_way import Difference, student
from healthsys.errors import DataError, one_of
from healthsys.statistics import check_level

#: Ways to average group-time effects, and the column of the parts of each.
AVERAGES = {"simple": "part", "group": "start", "calendar": "period", "event": "since"}

#: Groups of fewer units than this have errors that are too small: 95% intervals of a group's mean effect cover 82% with
#: 4 units, 91% with 6 to 10 and 95% with 15 (500 simulated panels of 12 periods, autocorrelation 0.3; tested).
SMALL_GROUP = 10

#: With fewer units than this in a starting group, the test of the trends before the start rejects too often.
FEW_FOR_TREND = 20


@dataclass(frozen=True)
class Averages:
    """An average effect and the parts it is made of: one per group, period or time since the start."""

    overall: Difference
    parts: pd.DataFrame


@dataclass(frozen=True)
class PreTrend:
    """Test that all effects before the start are zero; p None, with a reason, where it cannot be computed.

    ``warning`` says when p is not to be relied upon.
    """

    statistic: float | None
    p: float | None
    effects: int
    units: int
    method: str
    reason: str | None = None
    warning: str | None = None


def aggregate(effects: pd.DataFrame, *, by: str) -> tuple[float, pd.DataFrame]:
    """Average a table of :func:`group_time_effects`: overall, and by group, calendar period or time since the start.

    Parameters
    ----------
    effects
        ``since``, ``effect``, ``treated``; ``start`` for ``by="group"`` and ``period`` for ``by="calendar"``.
    by
        ``simple``: effects after the start weighted by treated units; ``group``: the mean of each group, then groups
        weighted by units; ``calendar``: groups weighted by units in each period, then the mean over periods;
        ``event``: the same by time since the start, with parts before it that the overall effect does not use.

    Returns
    -------
    tuple
        The overall effect, and a table of parts (no rows for ``simple``): the label's column, ``effect``, ``treated``.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": [1, 1, 2], "period": [1, 2, 2], "since": [0, 1, 0], "effect": [1.0, 3.0, 5.0],
    ...                      "treated": [1, 1, 3]})
    >>> {by: aggregate(rows, by=by)[0] for by in ("simple", "group", "calendar", "event")}
    {'simple': 3.8, 'group': 4.25, 'calendar': 2.75, 'event': 3.5}
    """
    one_of("by", by, AVERAGES)
    used = effects[_averaged(effects, by)]
    if not (used["since"] >= 0).any():
        raise DataError("no effect after a start could be estimated; see the reasons in the table of group-time "
                        "effects")  # fmt: skip
    effect, treated = used["effect"].to_numpy(dtype=float), used["treated"].to_numpy(dtype=float)
    labels, weights = _weights(used, by)
    units = [treated[weight > 0].max() if by == "group" else treated[weight > 0].sum() for weight in weights.T]
    parts = pd.DataFrame({AVERAGES[by]: labels, "effect": effect @ weights, "treated": np.array(units, dtype=int)})
    if by == "simple":
        return float(treated @ effect / treated.sum()), parts
    return float(_share(parts, by) @ parts["effect"]), parts


def event_study(effects: pd.DataFrame) -> pd.DataFrame:
    """Average a table of :func:`group_time_effects` by periods since the start: ``since``, ``effect``, ``treated``.

    >>> rows = pd.DataFrame({"since": [0, 0, 1], "effect": [1.0, 3.0, 4.0], "treated": [1, 1, 1]})
    >>> event_study(rows)["effect"].to_list()
    [2.0, 4.0]
    """
    return aggregate(effects, by="event")[1]


def _averaged(effects: pd.DataFrame, by: str) -> np.ndarray:
    """Return which group-time effects enter an average or its parts."""
    return (effects["effect"].notna() & ((effects["since"] >= 0) | (by == "event"))).to_numpy()


def _weights(used: pd.DataFrame, by: str) -> tuple[list, np.ndarray]:
    """Return the label of each part and its weights (effects by parts; each column adds up to 1)."""
    if by == "simple":
        return [], np.empty((len(used), 0))
    mine = pd.get_dummies(used[AVERAGES[by]], dtype=float)
    share = mine.to_numpy() * (1.0 if by == "group" else used["treated"].to_numpy(dtype=float)[:, None])
    return list(mine.columns), share / share.sum(axis=0)


def _share(parts: pd.DataFrame, by: str) -> np.ndarray:
    """Return the weight of each part in the overall effect."""
    share = parts["treated"].to_numpy(dtype=float) if by == "group" else np.ones(len(parts))
    if by == "event":
        share = (parts["since"] >= 0).to_numpy(dtype=float)
    return share / share.sum()


def _influence_of_sizes(effects: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return what estimating group sizes adds to the influence on their weighted average."""
    share = members.mean(axis=0)
    total = share.sum()
    moved = members - share[None, :]
    return moved @ effects / total - moved.sum(axis=1) * (share @ effects) / total**2


def _influence_of_parts(
    used: pd.DataFrame, influence: np.ndarray, members: np.ndarray, weights: np.ndarray, *, sized: bool
) -> np.ndarray:
    """Return the influence of each unit on each weighted average; ``sized`` where weights are estimated sizes."""
    effect, out = used["effect"].to_numpy(dtype=float), influence @ weights
    for part, weight in enumerate(weights.T if sized else []):
        mine = weight > 0
        out[:, part] += _influence_of_sizes(effect[mine], members[:, mine])
    return out


def average_effects(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, by: str = "simple",
    control: str = "not_yet", covariates: tuple[str, ...] = (), level: float = 0.95,
) -> Averages:  # fmt: skip
    """Average effects of staggered starts, with errors from the influence function (Callaway and Sant'Anna, section 4).

    Parameters
    ----------
    frame, unit, period, value, start, control, covariates
        As in :func:`group_time_effects`.
    by
        ``simple``, ``group``, ``calendar`` or ``event``, as in :func:`aggregate`.
    level
        Coverage of each interval, taken alone.

    Returns
    -------
    Averages
        ``overall`` and ``parts`` (``effect``, ``error``, ``lower``, ``upper``, ``treated``). Errors allow for
        dependence within a unit, without a small-sample factor (as R's did with ``bstrap = FALSE``); Student's t on
        units - 1.

    Examples
    --------
    >>> rows = [(u, t, t + (2.0 + u % 2) * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 2, 4, 4, 4])
    ...         for t in range(5)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> found = average_effects(panel, unit="u", period="t", value="y", start="s", by="event")
    >>> round(found.overall.estimate, 2), round(found.overall.error, 2)
    (3.5, 0.41)
    """
    check_level(level)
    panel = as_panel(frame, unit=unit, period=period, value=value, start=start, covariates=covariates)
    table, influence, members = with_influence(panel, control=control)
    overall, parts = aggregate(table, by=by)
    keep = _averaged(table, by)
    used, influence, members = table[keep], influence[:, keep], members[:, keep]
    weights = _weights(used, by)[1]
    of_parts = _influence_of_parts(used, influence, members, weights, sized=by != "group")
    if by == "simple":
        treated = used["treated"].to_numpy(dtype=float)[:, None]
        of_all = _influence_of_parts(used, influence, members, treated / treated.sum(), sized=True)[:, 0]
    else:
        of_all = of_parts @ _share(parts, by)
    if by == "group":
        groups = np.column_stack([panel.first == panel.periods.index(label) for label in parts["start"]])
        of_all = of_all + _influence_of_sizes(parts["effect"].to_numpy(), groups)
    n, largest = len(panel.units), max(1.0, np.abs(used["effect"]).max())

    def error_of(column: np.ndarray) -> float:
        error = math.sqrt(float((column**2).sum())) / n
        return error if error > 1e-12 * largest else math.nan

    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) if n > 1 else math.nan
    parts["error"] = [error_of(column) for column in of_parts.T]
    parts["lower"], parts["upper"] = parts["effect"] - reach * parts["error"], parts["effect"] + reach * parts["error"]
    error = error_of(of_all)
    there = math.isfinite(error)
    found = {panel.periods.index(label) for label in used.loc[used["since"] >= 0, "start"]}  # groups with an effect
    sizes = [int((panel.first == group).sum()) for group in found]
    small = sum(size < SMALL_GROUP for size in sizes)
    warned = f"{small} of {len(sizes)} starting groups {'has' if small == 1 else 'have'} fewer than {SMALL_GROUP} units"
    warned += "; its error is too small" if small == 1 else "; their errors are too small"
    against = {"never": "units that never start", "not_yet": "units that have not started yet"}[control]
    judged = student(overall, error, n - 1, level) if there else {}
    of_units = Difference(
        **{"estimate": overall, "lower": None, "upper": None, **judged}, units=n, clusters=n,
        method=f"group-time effects ({by} average) against {against}", warnings=(warned,) if small and there else (),
        reason=None if there else "all units of a group changed alike; no variation is left to judge the error by",
        correction="influence function, by unit, no small-sample factor",
    )  # fmt: skip
    return Averages(of_units, parts)


def pre_trend_test(
    frame: pd.DataFrame, *, unit: str, period: str, value: str, start: str, by: str = "event",
    leads: int | None = None, control: str = "not_yet", covariates: tuple[str, ...] = (),
) -> PreTrend:  # fmt: skip
    """Test that effects before the start are all zero (Hotelling's T-squared, for the units there are).

    A test that finds nothing does not show that trends were parallel. With few units in a starting group it rejects
    parallel trends too often: at a level of 5%, with two groups of 5 and 10 others, 23% (``group_time``) and 9%
    (``event``) of the time; with two of 20 and 40 others 10% and 6% (400 simulated panels of 12 periods, 6 leads).

    Parameters
    ----------
    frame, unit, period, value, start, control, covariates
        As in :func:`group_time_effects`.
    by
        ``event``: effects averaged by time since the start; ``group_time``: every effect of every group (as R's did).
    leads
        How many periods before the base period are tested; all when None.

    Examples
    --------
    >>> rows = [(u, t, t + (u * t) % 3 + 2.0 * max(0, t - s + 1), s)
    ...         for u, s in enumerate([3] * 5 + [5] * 6) for t in range(6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "y", "s"])
    >>> found = pre_trend_test(panel, unit="u", period="t", value="y", start="s", leads=1)
    >>> found.effects, round(found.p, 2)
    (1, 0.68)
    """
    one_of("by", by, ("event", "group_time"))
    if leads is not None and leads < 1:
        raise DataError(f"{leads} leads cannot be tested; allowed: 1 or more")
    panel = as_panel(frame, unit=unit, period=period, value=value, start=start, covariates=covariates)
    table, influence, members = with_influence(panel, control=control)
    earliest = -math.inf if leads is None else -1 - leads
    keep = (table["effect"].notna() & table["since"].between(earliest, -2)).to_numpy()
    used, influence, members = table[keep], influence[:, keep], members[:, keep]
    effects = used["effect"].to_numpy(dtype=float)
    if by == "event" and len(used):
        weights = _weights(used, "event")[1]
        influence = _influence_of_parts(used, influence, members, weights, sized=True)
        effects = effects @ weights
    n, q = len(panel.units), len(effects)
    method = f"Hotelling's T-squared (F) of {q} effects before the start, against their base period"
    if q == 0:
        return PreTrend(None, None, 0, n, method, "no effect before the base period could be estimated")
    variance = influence.T @ influence / n**2
    if q >= n or np.linalg.matrix_rank(variance, hermitian=True) < q:
        return PreTrend(None, None, q, n, method, f"{q} effects before the start cannot be told apart with {n} units; "
                        "test fewer of them (leads) or their averages by time since the start")  # fmt: skip
    statistic = float(effects @ np.linalg.solve(variance, effects))
    p = float(stats.f.sf(statistic * (n - q) / (q * (n - 1)), q, n - q))
    starting = panel.first[(panel.first > 0) & (panel.first < len(panel.periods))]
    fewest = int(np.unique(starting, return_counts=True)[1].min())
    warning = (
        f"the smallest starting group has {fewest} units; below {FEW_FOR_TREND} the test finds differences in trend "
        "that are not there more often than its p says"
    )
    return PreTrend(statistic, p, q, n, method, warning=warning if fewest < FEW_FOR_TREND else None)
