"""Whether strategies run together or one after another: permutation tests that shuffle dates within actors."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.coding.codebooks import split_codes
from healthsys.coding.events import by_code
from healthsys.errors import DataError
from healthsys.statistics import check_level

#: The order in which a linear reading would have the strategies follow each other.
STAGES = ("absorption", "adaptation", "transformation")

#: Shuffles of a permutation test: the smallest p it can give is one in so many.
DRAWS = 4999

#: Share of the shuffles whose range is shown with a statistic.
SHUFFLES_SHOWN = 0.95

#: Share of the shuffles below the threshold above which the test would speak of an order (one-sided).
BELOW_THRESHOLD = 0.95


@dataclass(frozen=True)
class DateShuffle:
    """A statistic and what it is when dates are shuffled within actors, or the reason why there is none.

    ``lower`` and ``upper`` enclose the share ``level`` of the shuffles, one in twenty is above ``threshold``, and
    ``p_high`` (``p_low``) is the share of shuffles, the observed order counted, at least as high (low).
    """

    statistic: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    p_high: float | None
    p_low: float | None
    events: int
    draws: int
    reason: str | None = None
    threshold: float | None = None
    level: float = SHUFFLES_SHOWN


def sequence_test(
    events: pd.DataFrame, *, seed: int = 0, draws: int = DRAWS, level: float = SHUFFLES_SHOWN
) -> DateShuffle:
    """Test whether strategies follow each other: absorption, then adaptation, then transformation.

    The statistic is the share of pairs of events with different strategies in which the later stage has the later
    midpoint (equal midpoints count one half): 1 is a strict sequence, 0.5 no order. Under the null hypothesis the
    strategy says nothing about the date within each actor.

    Parameters
    ----------
    events
        A checked register; only events with a strategy count, an event with two strategies in both.
    seed, draws
        Of the shuffles.
    level
        Share of the shuffles between ``lower`` and ``upper``.

    Returns
    -------
    DateShuffle
        Undefined, with a reason, where fewer than two strategies occur, or no actor has two events to shuffle.

    Raises
    ------
    DataError
        If a strategy has no place in the order, an event no date, or there is no shuffle to make.

    Examples
    --------
    >>> days = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01"])
    >>> events = pd.DataFrame({"event_id": list("abc"), "actor": "x", "strategy": STAGES, "start": days, "end": days})
    >>> sequence_test(events, draws=99).statistic
    1.0
    """
    pieces, dates, owner = _prepare(events)
    if pieces["code"].nunique() < 2:
        return _undefined(len(dates), "fewer than two strategies occur, so nothing can follow anything")
    stage, row = pieces["code"].map(STAGES.index).to_numpy(), pieces["row"].to_numpy()
    later, earlier = np.nonzero(stage[:, None] > stage[None, :])
    middle = dates.sum(axis=1) / 2

    def statistic(order: np.ndarray) -> float:
        gap = middle[order[row[later]]] - middle[order[row[earlier]]]
        return float(((gap > 0) + 0.5 * (gap == 0)).mean())

    return _permute(statistic, owner, seed=seed, draws=draws, level=level)


def together_test(
    events: pd.DataFrame, *, seed: int = 0, draws: int = DRAWS, level: float = SHUFFLES_SHOWN
) -> DateShuffle:
    """Measure how far strategies run together: of the months with any, the share with at least two of them.

    The shuffles are those of :func:`sequence_test`. A strict sequence without overlap gives 0; the statistic is high
    wherever events are long, so compare it with its shuffled value.

    >>> days = pd.to_datetime(["2020-01-01", "2020-01-20", "2020-02-01"])
    >>> events = pd.DataFrame({"event_id": list("abc"), "actor": "x", "strategy": STAGES, "start": days, "end": days})
    >>> together_test(events, draws=9).statistic
    0.5
    """
    pieces, dates, owner = _prepare(events)
    if pieces["code"].nunique() < 2:
        return _undefined(len(dates), "fewer than two strategies occur, so none can run together")
    row, codes = pieces["row"].to_numpy(), pieces["code"].to_numpy()
    month = dates.astype("datetime64[D]").astype("datetime64[M]").astype(int)
    span = np.arange(month.min(), month.max() + 1)
    live = (month[:, :1] <= span) & (month[:, 1:] >= span)

    def statistic(order: np.ndarray) -> float:
        of_code = live[order[row]]
        count = sum(of_code[codes == code].any(axis=0).astype(int) for code in STAGES)
        return float((count >= 2).sum() / (count >= 1).sum())

    return _permute(statistic, owner, seed=seed, draws=draws, level=level)


def _prepare(events: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return one row per event and strategy, the days of each event, and each event's actor."""
    chosen = events[events["strategy"].map(split_codes).map(len) > 0].reset_index(drop=True)
    undated = chosen[["start", "end"]].isna().any(axis=1)
    if undated.any():
        raise DataError(f"event register: '{chosen.loc[undated, 'event_id'].iloc[0]}' has no date; give start and end")
    pieces = by_code(chosen.assign(row=range(len(chosen))), "strategy")
    unknown = [code for code in pieces["code"] if code not in STAGES]
    if unknown:
        raise DataError(f"event register: strategy '{unknown[0]}' has no place in the order {' > '.join(STAGES)}")
    return pieces, chosen[["start", "end"]].to_numpy().astype("datetime64[D]").astype(int), chosen["actor"].to_numpy()


def _permute(
    statistic: Callable[[np.ndarray], float], owner: np.ndarray, *, seed: int, draws: int, level: float
) -> DateShuffle:
    """Shuffle positions within each owner, so that a date stays with its actor."""
    check_level(level)
    if draws < 1:
        raise DataError(f"draws is {draws}; allowed: a whole number, 1 or more")
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(owner == name) for name in dict.fromkeys(owner)]
    if max(map(len, groups)) < 2:
        return _undefined(len(owner), "no actor has two events with a strategy, so no dates can be shuffled")
    order = np.arange(len(owner))
    observed, shuffled = statistic(order), np.empty(draws)
    for draw in range(draws):
        for group in groups:
            order[group] = rng.permutation(group)
        shuffled[draw] = statistic(order)
    lower, upper, threshold = map(float, np.quantile(shuffled, [(1 - level) / 2, (1 + level) / 2, BELOW_THRESHOLD]))
    high, low = (float((1 + (sign * (shuffled - observed) >= -1e-12).sum()) / (draws + 1)) for sign in (1, -1))
    mean = float(shuffled.mean())
    return DateShuffle(observed, mean, lower, upper, high, low, len(owner), draws, None, threshold, level)


def _undefined(events: int, reason: str) -> DateShuffle:
    return DateShuffle(None, None, None, None, None, None, events, 0, reason)
