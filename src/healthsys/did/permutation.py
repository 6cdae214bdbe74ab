"""A permutation test of a difference in changes, by what was really assigned."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.did.two_way import flags
from healthsys.errors import DataError

#: Up to so many reassignments a permutation test counts them all; beyond, it draws this many.
ALL_ASSIGNMENTS, DRAWS = 10_000, 4_999

#: A reassignment counts as equally far where it differs by less than this share of the values (rounding of floats).
TIE = 1e-9


@dataclass(frozen=True)
class PermutationTest:
    """How often chance reassignment gives an effect as large; None with a reason where it cannot say."""

    p: float | None
    smallest_possible: float
    assignments: int
    exact: bool
    reason: str | None = None


def permutation_test(
    changes: pd.Series, assigned: pd.Series, treated: pd.Series, *, seed: int = 20170101
) -> PermutationTest:
    """Test a difference in changes by reassigning treatment among the units that were really assigned.

    Parameters
    ----------
    changes
        Change of each unit, indexed by unit.
    assigned, treated
        For each unit the name of what was assigned as a whole (an Area), and whether it was changed.
    seed
        Seed of the drawn reassignments, used when there are more than 10,000 of them.

    Returns
    -------
    PermutationTest
        Two-sided p, the share of reassignments with an absolute difference at least as large (the true one counted).
        Where the smallest p that any data could give is above 0.05, ``p`` is None and ``reason`` says why.

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
    table["treated"] = flags(table, "treated")
    grouped = table.groupby("assigned")
    mixed = grouped["treated"].nunique()
    if (mixed > 1).any():
        raise DataError(f"'{mixed.idxmax()}' is both changed and unchanged; treatment must be one per assigned unit")
    total, size = grouped["change"].sum().to_numpy(), grouped["change"].size().to_numpy()
    on = grouped["treated"].first().to_numpy(dtype=bool)
    g, t = len(on), int(on.sum())
    if t in (0, g):
        raise DataError("every assigned unit is changed, or none is; a permutation needs both kinds")
    ways = math.comb(g, t)
    smallest = (2 if 2 * t == g else 1) / ways  # with equal sides the opposite assignment is as far
    if smallest > 0.05:
        were = "was" if t == 1 else "were"
        return PermutationTest(None, smallest, ways, True, f"{t} of {g} assigned units {were} changed: the smallest "
                               f"p-value that any data could give is {smallest:.2g}, so no result can be surprising")

    def distance(members: np.ndarray) -> np.ndarray:
        inside, count = members @ total, members @ size
        return np.abs(inside / count - (total.sum() - inside) / (size.sum() - count))

    observed = distance(on[None, :].astype(float))[0]
    enough = observed - TIE * max(observed, np.abs(table["change"]).max())
    if ways <= ALL_ASSIGNMENTS:
        members = np.zeros((ways, g))
        for row, chosen in enumerate(itertools.combinations(range(g), t)):
            members[row, list(chosen)] = 1
        return PermutationTest(float(np.mean(distance(members) >= enough)), smallest, ways, True)
    rng = np.random.default_rng(seed)
    members = np.array([rng.permutation(on) for _ in range(DRAWS)], dtype=float)
    p = float((np.sum(distance(members) >= enough) + 1) / (DRAWS + 1))
    return PermutationTest(p, smallest, DRAWS, False)
