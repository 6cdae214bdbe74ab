"""Pay quarters: four equal groups by hourly pay, ties shared proportionally."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from healthsys.errors import DataError

#: The quarters from the lowest paid up.
QUARTERS = ("lower", "lower middle", "upper middle", "upper")

#: Which quarters take one more when the number of employees leaves 1, 2 or 3 over four (gov.uk guidance).
_ONE_MORE = {0: (), 1: (0,), 2: (0, 2), 3: (0, 1, 2)}


def quarter_sizes(people: int) -> list[int]:
    """Return how many people each quarter has, lowest first.

    >>> [quarter_sizes(people) for people in (8, 9, 10, 11)]
    [[2, 2, 2, 2], [3, 2, 2, 2], [3, 2, 3, 2], [3, 3, 3, 2]]
    """
    base, left = divmod(people, 4)
    return [base + (quarter in _ONE_MORE[left]) for quarter in range(4)]


def _share_out(places: list[int], women: int, people: int) -> list[int]:
    """Share the women of one rate over its places in each quarter: largest remainder first, then the lower quarter."""
    given = [place * women // people for place in places]
    left = [place * women % people for place in places]
    order = sorted(range(len(places)), key=lambda quarter: (-left[quarter], quarter))
    for quarter in order[: women - sum(given)]:
        given[quarter] += 1
    return given


def pay_quarters(pay: np.ndarray, women: np.ndarray) -> pd.DataFrame:
    """Count women and men in each pay quarter.

    People on one rate whose places straddle a boundary are shared out so that each side has women and men in the
    proportion of the rate, as nearly as possible.

    Parameters
    ----------
    pay
        Hourly pay of full-pay relevant employees (pounds), one per person.
    women
        Whether each is a woman: booleans, or 1 and 0.

    Returns
    -------
    pandas.DataFrame
        A row per quarter, lowest first: ``quarter``, ``women``, ``men``, ``women_percent``, ``men_percent``.

    Raises
    ------
    DataError
        If the two columns differ in length, a rate of pay is missing, or ``women`` is neither true nor false.

    References
    ----------
    SI 2017/172 regulation 13; SI 2017/353 Schedule 1.

    Examples
    --------
    >>> pay = np.array([10, 12, 12, 12, 12, 15, 16, 20.0])
    >>> women = np.array([True, True, False, True, False, False, True, False])
    >>> pay_quarters(pay, women)[["women", "men"]].values.tolist()
    [[2, 0], [1, 1], [0, 2], [1, 1]]
    """
    pay, women = np.asarray(pay, dtype=float), _true_or_false(women)
    if len(pay) != len(women):
        raise DataError(
            f"there are {len(pay)} rates of pay but {len(women)} entries for sex; they must match row by row"
        )
    if np.isnan(pay).any():
        raise DataError(f"{int(np.isnan(pay).sum())} rates of pay are missing; leave these people out first and say so")
    quarter = assign_quarters(pay, women)
    counts = {name: np.bincount(quarter[side], minlength=4) for name, side in (("women", women), ("men", ~women))}
    found = pd.DataFrame({"quarter": QUARTERS, **counts})
    whole = found["women"] + found["men"]
    for group in ("women", "men"):
        found[f"{group}_percent"] = (100 * found[group] / whole).where(whole > 0)
    return found


def _true_or_false(women: Sequence) -> np.ndarray:
    """Return who is a woman as booleans; refuse codes such as F and M, each of which would count as true."""
    given = pd.Series(women, dtype="object")
    wrong = np.flatnonzero(~given.isin([True, False]))
    if len(wrong):
        raise DataError(
            f"women: entry {wrong[0] + 1} is {given.iloc[wrong[0]]!r} ({len(wrong)} such entries); allowed: True and "
            'False, or 1 and 0. Compare the column with its code for women, such as staff["sex"] == "F"'
        )
    return given.to_numpy(dtype=bool)


def assign_quarters(pay: np.ndarray, women: np.ndarray) -> np.ndarray:
    """Return the quarter of each person (0 lowest to 3), with the counts of :func:`pay_quarters`.

    Who of a rate that straddles a boundary goes to which side follows the order of the table and means nothing.

    >>> pay = np.array([10, 12, 12, 12, 12, 15, 16, 20.0])
    >>> assign_quarters(pay, np.array([True, True, False, True, False, False, True, False])).tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    pay, women = np.asarray(pay, dtype=float), _true_or_false(women)
    order = np.argsort(pay, kind="stable")
    sorted_pay = pay[order]
    ends = np.cumsum([0, *quarter_sizes(len(pay))])
    place = np.repeat(np.arange(4, dtype=np.int8), np.diff(ends))
    for rate in np.unique(sorted_pay[[end for end in ends[1:-1] if 0 < end < len(pay)]]):
        low, high = np.searchsorted(sorted_pay, rate, "left"), np.searchsorted(sorted_pay, rate, "right")
        block = order[low:high]
        places = np.bincount(place[low:high], minlength=4)
        given = np.array(_share_out(places.tolist(), women=int(women[block].sum()), people=len(block)))
        sorted_block = np.concatenate([block[women[block]], block[~women[block]]])
        order[low:high] = sorted_block
        place[low:high] = np.concatenate([np.repeat(np.arange(4), given), np.repeat(np.arange(4), places - given)])
    del sorted_pay
    quarter = np.empty(len(pay), dtype=np.int8)
    quarter[order] = place
    return quarter
