"""Beds and queues: the chance of a full ward, the wait for a bed, and what one more bed changes.

Arrivals are Poisson, the ward is in steady state. With *loss* (Erlang B) an arrival that finds the ward full goes
elsewhere; the length of stay may have any distribution. With *waiting* (Erlang C) it queues; stays are exponential.

>>> from healthsys import queueing
>>> load = 2 * 5  # two arrivals a day, each for five days
>>> round(queueing.erlang_b(load, 12), 3), round(queueing.occupancy(load, 12), 3)
(0.12, 0.734)
>>> queueing.smallest_ward(load, target=0.05)
15
"""

import heapq
import math
from collections import deque

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from healthsys.errors import DataError

__all__ = [
    "erlang_b", "erlang_c", "load_for_occupancy", "mean_wait", "occupancy", "one_more_bed", "simulate_ward",
    "simulation_check", "smallest_ward",
]  # fmt: skip

#: What an arrival does that finds no bed.
RULES = ("loss", "waiting")

#: No ward is computed or searched beyond so many beds.
MOST_BEDS = 20_000

#: Beyond this load the share of beds in use is 1 to the last digit that a float holds.
MOST_LOAD = 1e9

#: No simulation follows more arrivals than this (about a minute).
MOST_ARRIVALS = 2_000_000

#: Batches of a simulated run whose means give its error, and the arrivals that each needs.
BATCHES, IN_A_BATCH = 20, 2

#: Mean stays that a simulated ward runs before arrivals are counted, so that it is in steady state.
WARM_UP = 20
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy


def _number(value: float, low: float = -math.inf, high: float = math.inf, *, whole: bool = False) -> bool:
    try:
        return math.isfinite(value) and low <= value < high and (not whole or value == int(value))
    except (TypeError, OverflowError):
        return False


def _check(load: float, beds: int | None = None, *, fewest: int = 0, rule: str = "loss") -> None:
    if rule not in RULES:
        raise DataError(f"rule '{rule}' is not known; allowed: {', '.join(RULES)}")
    if not _number(load, 0):
        raise DataError(f"a load of {load} Erlang is not possible; allowed: 0 or more (arrivals per day x days of "
                        "stay)")  # fmt: skip
    if beds is None:
        return
    if not _number(beds, 0, whole=True):
        raise DataError(f"{beds} beds is not a whole number of 0 or more")
    if beds > MOST_BEDS:
        raise DataError(f"{beds:,} beds are more than any ward; allowed: up to {MOST_BEDS:,}")
    if beds < fewest:
        raise DataError("a ward without beds has no occupancy and cannot be simulated; allowed: 1 or more")


def _above_zero(value: float, what: str) -> None:
    if not _number(value, 0) or value == 0:
        raise DataError(f"{what} of {value} is not possible; allowed: above 0")


def erlang_b(load: float, beds: int) -> float:
    """Chance that an arrival finds every bed taken and goes elsewhere: B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).

    Parameters
    ----------
    load
        Offered load in Erlang: arrivals per day times mean stay in days, 0 or more.
    beds
        Number of beds, a whole number of up to 20,000.

    References
    ----------
    Erlang AK 1917; Cooper RB, Introduction to Queueing Theory, 1981.

    Examples
    --------
    >>> round(erlang_b(10, 15), 6)
    0.036497
    """
    _check(load, beds)
    blocked = 1.0
    for n in range(1, int(beds) + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked if load > 0 or beds == 0 else 0.0


def erlang_c(load: float, beds: int) -> float:
    """Chance that an arrival must wait for a bed: C = B / (1 - rho (1 - B)) with rho = load / beds, below 1.

    >>> round(erlang_c(10, 12), 6)
    0.449388
    """
    _check(load, beds)
    if load >= beds:
        raise DataError(
            f"a load of {load:g} Erlang on {beds:,} beds leaves no steady state: the queue grows without end. "
            "Allowed: a load below the number of beds"
        )
    blocked = erlang_b(load, beds)
    return blocked / (1 - load / beds * (1 - blocked))


def mean_wait(load: float, beds: int, *, stay: float) -> float:
    """Mean wait for a bed over all arrivals (Erlang C), in the unit of the mean ``stay``: C stay / (beds - load).

    >>> round(mean_wait(10, 12, stay=1), 6)
    0.224694
    """
    _above_zero(stay, "a mean stay")
    return erlang_c(load, beds) * stay / (beds - load)


def occupancy(load: float, beds: int, *, rule: str = "loss") -> float:
    """Mean share of beds in use: a (1 - B) / N under loss, a / N under waiting.

    >>> round(occupancy(10, 15), 4)
    0.6423
    """
    _check(load, beds, fewest=1, rule=rule)
    if rule == "waiting":
        erlang_c(load, beds)
        return load / beds
    # The same as load * (1 - B) / beds, without the loss of digits where B is close to 1 (huge loads).
    return load / (beds + load * erlang_b(load, beds - 1))


def load_for_occupancy(share: float, beds: int) -> float:
    """Return the offered load in Erlang that gives a ward a carried occupancy (a ``share`` between 0 and 1).

    Carried occupancy is the share of beds in use, after arrivals that found no bed went elsewhere: what a midnight
    count sees. Offered occupancy is arrivals times stay over beds.

    >>> round(erlang_b(load_for_occupancy(0.85, 10), 10), 3), round(erlang_b(8.5, 10), 3)
    (0.327, 0.145)
    """
    _check(0, beds, fewest=1)
    if not _number(share, 0, 1) or share == 0:
        raise DataError(f"an occupancy of {share} is not possible; allowed: above 0 and below 1 (0.85 for 85%)")
    highest = float(beds)
    while occupancy(highest, beds) < share:
        highest *= 2
        if highest > MOST_LOAD:
            raise DataError(f"an occupancy of {share} needs more demand than can be computed; allowed: below 1 by more")
    return float(brentq(lambda load: occupancy(load, beds) - share, 0.0, highest, xtol=1e-12))


def smallest_ward(load: float, *, target: float, rule: str = "loss") -> int:
    """Smallest number of beds with a chance of a full ward (``loss``) or of waiting at or below a target.

    >>> smallest_ward(10, target=0.05), smallest_ward(10, target=0.05, rule="waiting")
    (15, 17)
    """
    _check(load, rule=rule)
    if not _number(target, 0, 1) or target == 0:
        raise DataError(f"a target of {target} is not a probability; allowed: above 0 and below 1 (0.05 for 5%)")
    blocked = 1.0
    for n in range(1, MOST_BEDS + 1):
        blocked = load * blocked / (n + load * blocked)
        if rule == "loss" and blocked <= target:
            return n
        if rule == "waiting" and n > load and blocked / (1 - load / n * (1 - blocked)) <= target:
            return n
    raise DataError(f"no ward of up to {MOST_BEDS:,} beds meets a target of {target:g} at {load:g} Erlang")


def one_more_bed(load: float, beds: int, *, more: int = 5) -> pd.DataFrame:
    """Show what each of ``more`` further beds does to a ward whose demand stays the same.

    Returns
    -------
    pandas.DataFrame
        ``beds``, ``full`` (chance of a full ward), ``occupancy``, ``turned_away`` (per 1,000 arrivals), ``slack``
        (1 - occupancy), ``spared`` (fewer turned away per 1,000 than with one bed less; missing in the first row).

    Examples
    --------
    >>> one_more_bed(10, 12, more=1)[["beds", "turned_away", "spared"]].round(1)
       beds  turned_away  spared
    0    12        119.7     NaN
    1    13         84.3    35.4
    """
    _check(load, beds)
    if not _number(more, 1, whole=True):
        raise DataError(f"{more} further beds cannot be shown; allowed: a whole number of 1 or more")
    table = pd.DataFrame({"beds": np.arange(beds, beds + more + 1)})
    table["full"] = [erlang_b(load, int(n)) for n in table["beds"]]
    table["occupancy"] = [occupancy(load, int(n)) for n in table["beds"]]
    table = table.assign(turned_away=1000 * table["full"], slack=1 - table["occupancy"])
    table["spared"] = -table["turned_away"].diff()
    return table


def simulate_ward(
    load: float, beds: int, *, stay: float, days: float, seed: int, rule: str = "loss"
) -> pd.DataFrame:
    """Run a ward bed by bed (discrete events, exponential stays of a mean in days) and return its arrivals.

    Counting lasts ``days``, after a warm-up of 20 stays.

    Returns
    -------
    pandas.DataFrame
        One row per counted arrival: ``time`` (days), ``turned_away``, ``wait`` (days; missing if turned away).

    Examples
    --------
    >>> run = simulate_ward(10, 12, stay=5, days=400, seed=1)
    >>> bool(0.05 < run["turned_away"].mean() < 0.2)
    True
    """
    _check(load, beds, fewest=1, rule=rule)
    _above_zero(load, "a simulated load")
    _above_zero(stay, "a mean stay")
    _above_zero(days, "a run of days")
    if rule == "waiting":
        erlang_c(load, beds)
    start = WARM_UP * stay
    arriving = load / stay * (start + days)
    if arriving > MOST_ARRIVALS:
        raise DataError(
            f"{arriving:,.0f} arrivals are too many to simulate one by one; allowed: {MOST_ARRIVALS:,}, "
            f"so at most {max(0.0, MOST_ARRIVALS * stay / load - start):,.0f} days of this ward"
        )
    rng, end = np.random.default_rng(seed), start + days
    leaving: list[float] = []
    queue: deque[float] = deque()
    rows: list[tuple[float, bool, float]] = []
    now = rng.exponential(stay / load)
    while True:
        while leaving and leaving[0] < min(now, end):
            free = heapq.heappop(leaving)
            if queue:
                arrived = queue.popleft()
                rows.append((arrived, False, free - arrived))
                heapq.heappush(leaving, free + rng.exponential(stay))
        if now >= end:
            break
        gap = rng.exponential(stay / load)
        if len(leaving) < beds:
            rows.append((now, False, 0.0))
            heapq.heappush(leaving, now + rng.exponential(stay))
        elif rule == "loss":
            rows.append((now, True, math.nan))
        else:
            queue.append(now)
        now += gap
    table = pd.DataFrame(rows, columns=["time", "turned_away", "wait"])
    return table[table["time"] >= start].sort_values("time", ignore_index=True, kind="stable")


def simulation_check(load: float, beds: int, *, stay: float, days: float, seed: int) -> pd.DataFrame:
    """Compare a simulated ward with the closed forms; below ``beds`` of load, a ward with a queue too.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``formula``, ``simulated``, ``error`` (standard error over 20 batches of the run), ``arrivals``.

    Examples
    --------
    >>> simulation_check(10, 12, stay=5, days=400, seed=1)["formula"].round(2).to_list()
    [11.97, 44.94, 26.96]
    """
    away = simulate_ward(load, beds, stay=stay, days=days, seed=seed)["turned_away"].to_numpy(float)
    compared = [("turned away (loss), %", 100 * erlang_b(load, beds), 100 * away)]
    if load < beds:
        wait = simulate_ward(load, beds, stay=stay, days=days, seed=seed + 1, rule="waiting")["wait"].to_numpy(float)
        compared.append(("must wait (waiting), %", 100 * erlang_c(load, beds), 100.0 * (wait > 1e-12)))
        compared.append(("mean wait (waiting), hours", 24 * mean_wait(load, beds, stay=stay), 24 * wait))
    rows = []
    for quantity, formula, values in compared:
        if len(values) < BATCHES * IN_A_BATCH:
            raise DataError(f"{len(values)} people came to the simulated ward; {BATCHES * IN_A_BATCH} or more are "
                            "needed: simulate more days")  # fmt: skip
        error = np.std([part.mean() for part in np.array_split(values, BATCHES)], ddof=1) / np.sqrt(BATCHES)
        rows.append((quantity, formula, float(values.mean()), float(error), len(values)))
    return pd.DataFrame(rows, columns=["quantity", "formula", "simulated", "error", "arrivals"])
