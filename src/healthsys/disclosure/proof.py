"""What an attacker who knows all that is shown, and why each cell is suppressed, can work out (integer programming)."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.disclosure.rules import Rule
from healthsys.errors import DataError

#: Every suppressed cell must still be able to be this many integers.
FEWEST_VALUES = 3

#: Width of the interval in which a small count must stay hidden, as a share of the count: the protection level of
#: sdcTable and tau-Argus (Hundepool A et al., Statistical Disclosure Control, Wiley 2012, section 4.2).
PROTECTION = 0.5

#: Seconds given to one integer programme; a solution found until then is a valid witness.
SECONDS = 10.0


@dataclass(frozen=True)
class Statement:
    """A percentage printed from unrounded counts: ``part`` of ``whole`` is ``percent``, to so many decimals."""

    part: Mapping[str, str]
    whole: Mapping[str, str]
    percent: float
    decimals: int = 1


@dataclass(frozen=True)
class Proof:
    """What the attack found.

    ``ranges`` has a row per suppressed cell: ``cell``, ``reason`` (``small`` or ``protects``), ``lowest`` and
    ``highest`` count it can be, ``values`` known to be possible (3: three or more), ``needed`` from lowest to highest.
    ``weakest`` is the cell that lacks most.
    """

    ranges: pd.DataFrame
    weakest: frozenset | None

    @property
    def holds(self) -> bool:
        """Whether every suppressed cell can still be as many numbers as it needs."""
        wide = self.ranges["highest"] - self.ranges["lowest"] + 1 >= self.ranges["needed"]
        return bool((wide & (self.ranges["values"] >= FEWEST_VALUES)).all())

    @property
    def smallest(self) -> int | None:
        """Number of integers from lowest to highest of the most exposed cell; None where nothing is suppressed."""
        if self.ranges.empty:
            return None
        return int((self.ranges["highest"] - self.ranges["lowest"] + 1).min())

    def sentence(self) -> str:
        """Say in one sentence what was proven."""
        many = len(self.ranges)
        if not many:
            return "No cell had to be suppressed."
        first = "the hidden number cannot" if many == 1 else "neither hidden number can"
        hidden = first if many < 3 else f"none of the {many} hidden numbers can"
        each = "it" if many == 1 else "each"
        least = f"{each} could be any of several numbers in a range of at least {self.smallest}"
        return f"We checked that {hidden} be worked out from the tables: {least}."


def prove(
    cube: pd.DataFrame,
    cells: Mapping[frozenset, int],
    *,
    primary: frozenset,
    secondary: frozenset,
    rule: Rule,
    levels: Mapping[str, Sequence[str]],
    derived: Mapping[str, str] | None = None,
    statements: Sequence[Statement] = (),
    exact: Sequence[frozenset] = (),
    only: frozenset | None = None,
) -> Proof:
    """Attack the tables of a page and return, for each suppressed cell, the counts it can still be.

    Parameters
    ----------
    cube
        People (column ``people``) by all characteristics of the page.
    cells
        Every cell shown (conditions as a frozenset of pairs) and its true count.
    primary, secondary
        The suppressed cells: too small, and suppressed to protect those.
    rule, levels, derived, statements, exact
        As in :func:`healthsys.disclosure.protect`.
    only
        The one suppressed cell to attack; all of them when None.

    Raises
    ------
    DataError
        If what is shown contradicts itself: a statement that the counts do not bear out.
    """
    hidden = sorted(primary | secondary, key=lambda cell: (len(cell), sorted(cell)))
    columns = ["cell", "reason", "lowest", "highest", "values", "needed"]
    if not hidden:
        return Proof(pd.DataFrame(columns=columns), None)
    atoms = _atoms(cube, levels, derived or {})
    limit = 10 * int(cube["people"].sum()) + 1000
    known = frozenset(exact)
    cells = {**cells, **{cell: int(cube["people"][_mask(cube, cell)].sum()) for cell in known}}
    rows, lower, upper = [_mask(atoms, cell) for cell in cells], [], []
    for cell, number in cells.items():
        if cell in known:
            low = high = number
        elif cell in primary:
            low, high = 1, rule.highest
        elif cell in secondary:
            low, high = rule.highest + 1, limit
        else:
            low, high = rule.bounds(rule.show(number))
        lower.append(low)
        upper.append(high)
    for statement in statements:
        _add_statement(statement, atoms, rows, lower, upper)
    truth = atoms.merge(cube, on=list(atoms.columns), how="left")["people"].fillna(0)
    attack = _Attack(*(np.array(one, dtype=float) for one in (rows, lower, upper, truth)), limit)
    found = []
    for cell in hidden if only is None else [only]:
        low, high, values = attack.values(_mask(atoms, cell))
        small = cell in primary
        found.append(
            (_text(cell), "small" if small else "protects", low, high, values, needed(cells[cell], small=small))
        )
    ranges = pd.DataFrame(found, columns=columns)
    widths = (
        ranges["values"].clip(upper=FEWEST_VALUES) * limit + ranges["highest"] - ranges["lowest"] - ranges["needed"]
    )
    return Proof(ranges, (hidden if only is None else [only])[int(widths.to_numpy().argmin())])


def needed(count: int, *, small: bool = True) -> int:
    """Return how many numbers a suppressed count must still be able to be: three, and for a small one its protection.

    >>> [needed(count) for count in (1, 4, 7)], needed(200, small=False)
    ([3, 3, 5], 3)
    """
    return max(FEWEST_VALUES, 1 + math.ceil(PROTECTION * count)) if small else FEWEST_VALUES


class _Attack:
    """The integer programme of one page, written as changes to the true table, so that no change is a solution."""

    def __init__(self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray, truth: np.ndarray, limit: int) -> None:
        from scipy.sparse import csr_matrix

        # Combinations that no printed cell tells apart are one unknown.
        kinds, member = np.unique(rows, axis=1, return_inverse=True)
        self.member = member.ravel()
        self.truth = np.bincount(self.member, weights=truth, minlength=kinds.shape[1])
        self.rows, self.limit = csr_matrix(kinds), limit
        printed = kinds @ self.truth
        self.lower, self.upper = lower - printed, upper - printed
        if (self.lower > 1e-6).any() or (self.upper < -1e-6).any():
            raise DataError(
                "a figure printed on this page contradicts the counts: check the percentages given as statements and "
                "their number of decimals"
            )

    def values(self, mask: np.ndarray) -> tuple[int, int, int]:
        """Return lowest and highest count found possible for a cell, and how many values are, three at most."""
        weights = np.zeros(self.rows.shape[1])
        np.maximum.at(weights, self.member, mask.astype(float))
        count = round(float(weights @ self.truth))
        low, high = count + self._extreme(weights, 1), count + self._extreme(weights, -1)
        distinct = len({low, count, high})
        if distinct == 2 and high - low >= 2:
            inner = self._extreme(weights, 1, (low + 1 - count, high - 1 - count))
            distinct += low < count + inner < high
        return low, high, distinct

    def _extreme(self, weights: np.ndarray, sign: int, within: tuple[int, int] | None = None) -> int:
        """Return the largest change of a cell downwards (sign 1) or upwards (-1), or one within given ends; else 0."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        constraints = [LinearConstraint(self.rows, self.lower, self.upper)]
        if within:
            constraints.append(LinearConstraint(weights, *within))
        # A vertex of the relaxation that is whole is the answer already; the search over whole numbers is the
        # exception.
        for whole in (0, 1):
            solved = milp(
                sign * weights,
                constraints=constraints,
                integrality=np.full(len(weights), whole),
                bounds=Bounds(-self.truth, self.limit - self.truth),
                options={"mip_rel_gap": 0, "time_limit": SECONDS},
            )
            if solved.x is not None and (whole or np.abs(solved.x - np.round(solved.x)).max() < 1e-6):
                return round(float(weights @ np.round(solved.x)))
        return 0


def _atoms(cube: pd.DataFrame, levels: Mapping[str, Sequence[str]], derived: Mapping[str, str]) -> pd.DataFrame:
    """Return every combination of the free characteristics, with those that follow from them."""
    free = [name for name in levels if name not in derived]
    atoms = pd.DataFrame(list(itertools.product(*(levels[name] for name in free))), columns=free, dtype="str")
    for name, parent in derived.items():
        if name not in levels:
            continue
        pairs = cube[[parent, name]].drop_duplicates()
        if pairs[parent].duplicated().any():
            level = pairs[parent][pairs[parent].duplicated()].iloc[0]
            raise DataError(
                f"'{name}' is said to follow from '{parent}', but {parent} '{level}' goes with more than one level of "
                f"it; take '{name}' out of derived"
            )
        atoms[name] = atoms[parent].map(dict(zip(pairs[parent], pairs[name], strict=True)))
        atoms = atoms[atoms[name].notna()]
    return atoms.reset_index(drop=True)


def _mask(atoms: pd.DataFrame, cell: frozenset) -> np.ndarray:
    mask = np.ones(len(atoms), dtype=bool)
    for name, level in cell:
        mask &= (atoms[name] == level).to_numpy()
    return mask


def _add_statement(statement: Statement, atoms: pd.DataFrame, rows: list, lower: list, upper: list) -> None:
    """Limit part − (percent ± half a unit of the last decimal) · whole."""
    half = 0.5 * 10.0**-statement.decimals
    part = _mask(atoms, frozenset(statement.part.items())).astype(float)
    whole = _mask(atoms, frozenset(statement.whole.items())).astype(float)
    slack = 1e-9
    rows += [part - (statement.percent - half) / 100 * whole, part - (statement.percent + half) / 100 * whole]
    lower += [-slack, -np.inf]
    upper += [np.inf, slack]


def _text(cell: frozenset) -> str:
    return ", ".join(f"{name} {level}" for name, level in sorted(cell)) or "everybody"
