"""Beds and queues: the chance of a full ward, the wait for a bed, and what one more bed buys.

Arrivals are Poisson, the ward is in steady state. With *loss* (Erlang B) an arrival that finds the ward full goes
elsewhere; the length of stay may have any distribution. With *waiting* (Erlang C) it queues; stays are exponential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError

#: What an arrival does that finds no bed.
RULES = ("loss", "waiting")

#: Which load an occupancy speaks of: the share of beds in use, or arrivals times stay over beds.
LOADS = ("carried", "offered")

#: No ward is computed or searched beyond so many beds.
MOST_BEDS = 20_000

#: Beyond this load the share of beds in use is 1 to the last digit that a float holds.
MOST_LOAD = 1e9

#: No simulation follows more arrivals than this (about a minute).
MOST_ARRIVALS = 2_000_000


@dataclass(frozen=True)
class Waiting:
    """Erlang C for one ward: chance of waiting, mean wait and the chance of waiting longer than asked."""

    chance: float
    mean_wait: float
    longer_than: float


def _check(load: float, beds: int | None = None) -> None:
    if not (_number(load) and load >= 0):
        raise DataError(
            f"a load of {load} Erlang is not possible; allowed: 0 or more (arrivals per day x days of stay)"
        )
    if beds is not None and not (_number(beds) and beds >= 0 and beds == int(beds)):
        raise DataError(f"{beds} beds is not a whole number of 0 or more")
    if beds is not None and beds > MOST_BEDS:
        raise DataError(f"{beds:,} beds are more than any ward; allowed: up to {MOST_BEDS:,}")


def _number(value: float) -> bool:
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _above_zero(value: float, what: str, *, zero: bool = False) -> None:
    if not (_number(value) and (value > 0 or (zero and value == 0))):
        raise DataError(f"{what} of {value} is not possible; allowed: {'0 or more' if zero else 'above 0'}")


def erlang_b(load: float, beds: int) -> float:
    """Chance that an arrival finds every bed taken and goes elsewhere.

    By the recursion B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).

    Parameters
    ----------
    load
        Offered load in Erlang: arrivals per day times mean stay in days.
    beds
        Number of beds.

    Returns
    -------
    float
        A probability.

    Raises
    ------
    DataError
        If the load is negative or no finite number, or the beds are not a whole number of up to 20,000.

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
    """Chance that an arrival must wait for a bed, where everyone waits who finds none.

    C = B / (1 - rho (1 - B)) with rho = load / beds.

    Raises
    ------
    DataError
        If the load is not below the number of beds: the queue then grows without end.

    Examples
    --------
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


def waiting(load: float, beds: int, *, stay: float, longer_than: float = 0.0) -> Waiting:
    """Describe the wait for a bed (Erlang C).

    Parameters
    ----------
    load, beds
        As in :func:`erlang_c`.
    stay
        Mean length of stay; its unit is that of the results.
    longer_than
        A wait in the same unit.

    Returns
    -------
    Waiting
        ``mean_wait`` C stay / (beds - load) over all arrivals; ``longer_than`` C exp(-(beds - load) t / stay).

    Examples
    --------
    >>> found = waiting(10, 12, stay=1)
    >>> round(found.mean_wait, 6)
    0.224694
    """
    _above_zero(stay, "a mean stay")
    _above_zero(longer_than, "a wait", zero=True)
    chance = erlang_c(load, beds)
    return Waiting(chance, chance * stay / (beds - load), chance * math.exp(-(beds - load) * longer_than / stay))


def occupancy(load: float, beds: int, *, rule: str = "loss") -> float:
    """Mean share of beds in use: a (1 - B) / N under loss, a / N under waiting.

    Examples
    --------
    >>> round(occupancy(10, 15), 4)
    0.6423
    """
    _known(rule, RULES, "rule")
    _check(load, beds)
    if beds < 1:
        raise DataError("a ward without beds has no occupancy; allowed: 1 or more")
    if rule == "waiting":
        erlang_c(load, beds)
        return load / beds
    # The same as load * (1 - B) / beds, without the loss of digits where B is close to 1 (huge loads).
    return load / (beds + load * erlang_b(load, beds - 1))


def _known(given: str, allowed: tuple[str, ...], what: str) -> None:
    if given not in allowed:
        raise DataError(f"{what} '{given}' is not known; allowed: {', '.join(allowed)}")


def load_for_occupancy(share: float, beds: int, *, of: str = "carried") -> float:
    """Return the offered load that gives a ward an occupancy.

    Parameters
    ----------
    share
        Occupancy, above 0 and below 1.
    beds
        Number of beds, 1 or more.
    of
        ``carried``: the share of beds in use, after arrivals that found no bed went elsewhere (what a midnight count
        sees). ``offered``: arrivals times stay over beds.

    Returns
    -------
    float
        Load in Erlang.

    Examples
    --------
    >>> round(erlang_b(load_for_occupancy(0.85, 10), 10), 3), round(erlang_b(8.5, 10), 3)
    (0.327, 0.145)
    """
    from scipy.optimize import brentq

    _known(of, LOADS, "load")
    _check(0, beds)
    if not (_number(share) and 0 < share < 1):
        raise DataError(f"an occupancy of {share} is not possible; allowed: above 0 and below 1 (0.85 for 85 %)")
    if beds < 1:
        raise DataError("a ward without beds has no occupancy; allowed: 1 or more")
    if of == "offered":
        return share * beds
    highest = float(beds)
    while occupancy(highest, beds) < share:
        highest *= 2
        if highest > MOST_LOAD:
            raise DataError(f"an occupancy of {share} needs more demand than can be computed; allowed: below 1 by more")
    return float(brentq(lambda load: occupancy(load, beds) - share, 0.0, highest, xtol=1e-12))


def smallest_ward(load: float, *, target: float, rule: str = "loss") -> int:
    """Smallest number of beds with a chance of a full ward (``loss``) or of waiting at or below a target.

    Parameters
    ----------
    load
        Offered load in Erlang; with 0 the answer is 1 bed.
    target
        Accepted probability, above 0 and below 1.
    rule
        ``loss`` (Erlang B) or ``waiting`` (Erlang C).

    Raises
    ------
    DataError
        If the target is not a probability.

    Examples
    --------
    >>> smallest_ward(10, target=0.05), smallest_ward(10, target=0.05, rule="waiting")
    (15, 17)
    """
    _known(rule, RULES, "rule")
    _check(load)
    if not (_number(target) and 0 < target < 1):
        raise DataError(f"a target of {target} is not a probability; allowed: above 0 and below 1 (0.05 for 5 %)")
    blocked = 1.0
    for n in range(1, MOST_BEDS + 1):
        blocked = load * blocked / (n + load * blocked)
        if rule == "loss" and blocked <= target:
            return n
        if rule == "waiting" and n > load and blocked / (1 - load / n * (1 - blocked)) <= target:
            return n
    raise DataError(f"no ward of up to {MOST_BEDS:,} beds meets a target of {target:g} at {load:g} Erlang")


def ward_sizes(sizes: list[int], *, share: float, stay: float) -> pd.DataFrame:
    """Compare wards of different size at the same occupancy, under both readings of occupancy.

    Parameters
    ----------
    sizes
        Numbers of beds.
    share
        Occupancy, above 0 and below 1.
    stay
        Mean stay in days.

    Returns
    -------
    pandas.DataFrame
        One row per size: ``beds``; ``load_carried``, ``full_carried`` (loss at that carried occupancy);
        ``load_offered``, ``full_offered`` (loss at that offered load); ``wait_offered``, ``mean_wait_hours``
        (waiting at that load).

    Examples
    --------
    >>> ward_sizes([10, 100], share=0.85, stay=5)[["beds", "full_carried", "full_offered", "wait_offered"]].round(3)
       beds  full_carried  full_offered  wait_offered
    0    10         0.327         0.145         0.530
    1   100         0.015         0.012         0.075
    """
    if len(sizes) == 0:
        raise DataError("there is no ward size to compare; name at least one number of beds")
    rows = []
    for beds in sizes:
        carried, offered = load_for_occupancy(share, beds), share * beds
        queue = waiting(offered, beds, stay=stay)
        rows.append(
            {
                "beds": beds,
                "load_carried": carried,
                "full_carried": erlang_b(carried, beds),
                "load_offered": offered,
                "full_offered": erlang_b(offered, beds),
                "wait_offered": queue.chance,
                "mean_wait_hours": 24 * queue.mean_wait,
            }
        )
    return pd.DataFrame(rows)


def one_more_bed(load: float, beds: int, *, more: int = 5) -> pd.DataFrame:
    """Show what each further bed does to a ward whose demand stays the same.

    Parameters
    ----------
    load, beds
        As in :func:`erlang_b`; 1 bed or more.
    more
        How many further beds, 1 or more.

    Returns
    -------
    pandas.DataFrame
        ``beds``, ``full`` (chance of a full ward), ``occupancy``, ``slack`` (1 - occupancy), ``turned_away`` (per 1,000
        arrivals), ``spared`` (fewer turned away per 1,000 arrivals than with one bed less; missing in the first row).

    Examples
    --------
    >>> one_more_bed(10, 12, more=1)[["beds", "turned_away", "spared"]].round(1)
       beds  turned_away  spared
    0    12        119.7     NaN
    1    13         84.3    35.4
    """
    _check(load, beds)
    if not (_number(more) and more >= 1 and more == int(more)):
        raise DataError(f"{more} further beds cannot be shown; allowed: a whole number of 1 or more")
    sizes = np.arange(beds, beds + more + 1)
    full = np.array([erlang_b(load, int(n)) for n in sizes])
    table = pd.DataFrame(
        {"beds": sizes, "full": full, "occupancy": [occupancy(load, int(n)) for n in sizes], "turned_away": 1000 * full}
    )
    table["slack"] = 1 - table["occupancy"]
    table["spared"] = -table["turned_away"].diff()
    return table


def risk_curve(sizes: list[int], *, shares: np.ndarray) -> pd.DataFrame:
    """Chance of a full ward over carried occupancy, for wards of different size.

    Examples
    --------
    >>> risk_curve([10], shares=np.array([0.85]))["full"].round(3).to_list()
    [0.327]
    """
    return pd.DataFrame(
        [
            {"beds": beds, "occupancy": share, "full": erlang_b(load_for_occupancy(share, beds), beds)}
            for beds in sizes
            for share in shares
        ]
    )


def simulate_ward(
    load: float, beds: int, *, stay: float, days: float, seed: int, rule: str = "loss", warm_up: float | None = None
) -> pd.DataFrame:
    """Run a ward bed by bed (discrete events) and return its arrivals.

    Parameters
    ----------
    load, beds, stay
        Offered load in Erlang, beds, mean stay in days; stays are exponential.
    days
        Length of the run that is counted, in days.
    seed
        Seed of arrivals and stays.
    rule
        ``loss`` or ``waiting``.
    warm_up
        Days before counting starts, so that the ward is in steady state; 20 stays when None.

    Returns
    -------
    pandas.DataFrame
        One row per counted arrival: ``time`` (days), ``turned_away``, ``wait`` (days; missing if turned away).

    Raises
    ------
    DataError
        If load, stay or days are not above 0, or more than two million people would arrive.

    Examples
    --------
    >>> run = simulate_ward(10, 12, stay=5, days=400, seed=1)
    >>> bool(0.05 < run["turned_away"].mean() < 0.2)
    True
    """
    import simpy

    _known(rule, RULES, "rule")
    _check(load, beds)
    _above_zero(load, "a simulated load")
    _above_zero(stay, "a mean stay")
    _above_zero(days, "a run of days")
    if beds < 1:
        raise DataError("a ward without beds cannot be simulated; allowed: 1 or more")
    if rule == "waiting":
        erlang_c(load, beds)
    start = 20 * stay if warm_up is None else warm_up
    _above_zero(start, "a warm-up", zero=True)
    arriving = load / stay * (start + days)
    if arriving > MOST_ARRIVALS:
        raise DataError(
            f"{arriving:,.0f} arrivals are too many to simulate one by one; allowed: {MOST_ARRIVALS:,}, "
            f"so at most {max(0.0, MOST_ARRIVALS * stay / load - start):,.0f} days of this ward"
        )
    rng, world = np.random.default_rng(seed), simpy.Environment()
    ward = simpy.Resource(world, capacity=beds)
    rows: list[tuple[float, bool, float]] = []

    def patient():
        arrived = world.now
        if rule == "loss" and ward.count == beds:
            rows.append((arrived, True, math.nan))
            return
        with ward.request() as bed:
            yield bed
            rows.append((arrived, False, world.now - arrived))
            yield world.timeout(rng.exponential(stay))

    def arrivals():
        while True:
            yield world.timeout(rng.exponential(stay / load))
            world.process(patient())

    world.process(arrivals())
    world.run(until=start + days)
    table = pd.DataFrame(rows, columns=["time", "turned_away", "wait"])
    return table[table["time"] >= start].sort_values("time", ignore_index=True)
