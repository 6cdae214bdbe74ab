"""The tables of one page, and secondary suppression until no suppressed cell can be worked out."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from healthsys.disclosure.proof import Proof, Statement, prove
from healthsys.disclosure.rules import MARK, Rule
from healthsys.errors import DataError, nearest, need_columns

#: Conditions of one cell: pairs of characteristic and level.
Cell = frozenset


@dataclass(frozen=True)
class Printed:
    """A table that a page shows: ``name``, and the characteristics ``by`` which it counts; the first names the rows.

    ``totals`` says whether totals are shown, ``where`` has conditions on the whole table, ``only`` the levels shown.
    """

    name: str
    by: tuple[str, ...]
    totals: bool = True
    where: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """The tables of one page under a rule, with the proof that what is suppressed cannot be found out."""

    rule: Rule
    tables: tuple[Printed, ...]
    levels: Mapping[str, list[str]]
    counts: Mapping[Cell, int] = field(repr=False)
    primary: frozenset[Cell]
    secondary: frozenset[Cell]
    proof: Proof | None
    unrounded: bool = False

    def shown(self, cell: Mapping[str, str]) -> int | None:
        """Return the count of a cell as printed, or None where it is suppressed or in no table of the page."""
        key = Cell(cell.items())
        if key in self.primary or key in self.secondary or key not in self.counts:
            return None
        return self.rule.show(self.counts[key])

    def counted(self, cell: Mapping[str, str]) -> int | None:
        """Return the count of a cell that figures are calculated from: as shown, or unrounded on a page for those."""
        shown = self.shown(cell)
        return self.counts[Cell(cell.items())] if self.unrounded and shown is not None else shown

    def frame(self, name: str, *, total: str = "All") -> pd.DataFrame:
        """Return a table as shown, text cells, ``*`` where suppressed.

        A table of one characteristic has its column and ``people``; of more, a column per level of the last and total.
        """
        table = next((table for table in self.tables if table.name == name), None)
        if table is None:
            raise DataError(f"this page has no table '{name}'.{nearest(name, [one.name for one in self.tables])}")
        levels = {**self.levels, **table.only}
        ends = [total] if table.totals else []

        def text(given: Mapping[str, str]) -> str:
            shown = self.shown({**table.where, **{key: level for key, level in given.items() if level != total}})
            return MARK if shown is None else f"{shown:,}"

        *outer, last = table.by
        if not outer:
            return pd.DataFrame([{last: level, "people": text({last: level})} for level in levels[last] + ends])
        combinations = itertools.product(*(levels[name] + ends for name in outer))
        rows = (dict(zip(outer, one, strict=True)) for one in combinations)
        return pd.DataFrame([row | {end: text({**row, last: end}) for end in levels[last] + ends} for row in rows])

    def percent(self, part: Mapping[str, str], whole: Mapping[str, str]) -> float | None:
        """Return a percentage of two cells as shown; None where one is suppressed or the rule does not allow a share.

        On a page for unrounded counts it is calculated from those.
        """
        pair = self.counted(part), self.counted(whole)
        if None in pair or not pair[1] or not self.rule.allows(*pair):
            return None
        return min(100.0, 100 * pair[0] / pair[1])

    def sentence(self) -> str:
        """Say the rule and what the proof found, for the foot of the tables."""
        return self.rule.sentence(unrounded=self.unrounded) + (f" {self.proof.sentence()}" if self.proof else "")


def protect(
    people: pd.DataFrame,
    *,
    tables: Sequence[Printed],
    rule: Rule,
    count: str = "people",
    derived: Mapping[str, str] | None = None,
    statements: Sequence[Statement] = (),
    exact: Sequence[Mapping[str, str]] = (),
    unrounded: bool = False,
    levels: Mapping[str, Sequence[str]] | None = None,
) -> Page:
    """Apply a rule to all tables of a page: primary, then secondary suppression, then the proof.

    Every line (a total and its parts) with one suppressed cell gets a second, the smallest count shown that is not
    zero; further cells follow while :func:`prove` narrows a suppressed cell to fewer numbers than :func:`needed`.

    Parameters
    ----------
    people
        A row per combination of characteristics, with the column ``count``; without that column, one per person.
    tables
        What the page shows.
    derived
        Characteristics that follow from another (``{"cluster": "band"}``).
    statements
        Percentages that the page shows from unrounded counts.
    exact
        Cells that are known exactly, shown or not, such as the size of a pay quarter; an empty one is all people.
    unrounded
        Whether the page shows figures from unrounded counts: the attacker then knows every count not suppressed.
    levels
        Levels of a characteristic in the order of the table; a level nobody has is a cell of zero.

    Returns
    -------
    Page
        ``proof`` is None under the rule ``off``.

    Raises
    ------
    DataError
        If a characteristic is no column or has a missing cell, or the page cannot be protected.

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> staff = pd.DataFrame({"sex": ["F", "M"], "people": [3, 40]})
    >>> protect(staff, tables=[Printed("Staff", ("sex",))], rule=HES).frame("Staff")["people"].tolist()
    ['*', '*', '45']
    """
    printed = [name for table in tables for name in (*table.by, *table.where)]
    parents = [parent for name, parent in (derived or {}).items() if name in printed]
    names = list(dict.fromkeys([*printed, *parents]))
    cube = _cube(people, names, count)
    order = {name: list(map(str, (levels or {}).get(name, pd.unique(cube[name])))) for name in names}
    cells: dict[Cell, int] = {}
    lines: list[tuple[Cell, ...]] = []
    for table in tables:
        _add_cells(table, cube, order, cells, lines)
    _add_lines_between(cube, order, derived or {}, cells, lines)
    if not rule.on:
        return Page(rule, tuple(tables), order, cells, frozenset(), frozenset(), None, unrounded)
    known = [Cell(cell.items()) for cell in exact]
    primary = frozenset(cell for cell, number in cells.items() if rule.show(number) is None and cell not in known)
    lines = [tuple(cell for cell in line if cell not in known) for line in lines]  # suppressing these hides nothing
    secondary = _second_in_each_line(cells, lines, primary)
    attack = {"rule": rule, "levels": order, "derived": derived or {}, "statements": statements}

    def proved(also: frozenset, only: Cell | None = None) -> Proof:
        told = [cell for cell in cells if cell not in primary and cell not in also] if unrounded else []
        return prove(cube, cells, primary=primary, secondary=also, exact=[*known, *told], only=only, **attack)

    while True:
        proof = proved(secondary)
        if proof.holds:
            return Page(rule, tuple(tables), order, cells, primary, frozenset(secondary), proof, unrounded)
        further = _helping(proof.weakest, cells, lines, primary, secondary, proved)
        if further is None:
            further = _neighbour(proof.weakest, cells, lines, primary | secondary)
        if further is None:
            cell = " and ".join(f"{name} {level}" for name, level in sorted(proof.weakest)) or "any characteristic"
            raise DataError(
                f"too few people: the number of people with {cell} can be narrowed to too few numbers whatever else is "
                "suppressed. Join small groups or bands in your file, or put the staff of several years or employers "
                "into one file; figures for your own eyes need no rule (disclosure=off), and must not be shared"
            )
        secondary = _second_in_each_line(cells, lines, primary, secondary | {further})


def _cube(people: pd.DataFrame, names: list[str], count: str) -> pd.DataFrame:
    for name in names:
        need_columns(people, [name], what=" to count people by")
        if people[name].isna().any():
            raise DataError(
                f"column '{name}' has {int(people[name].isna().sum())} empty cells; name them, "
                "for example 'Not stated', so that everybody is counted"
            )
    given = people[names].astype(str).assign(people=people[count] if count in people.columns else 1)
    return given.groupby(names, sort=False, as_index=False)["people"].sum() if names else given


def _add_cells(table: Printed, cube: pd.DataFrame, order: dict, cells: dict, lines: list) -> None:
    order = {**order, **{name: list(map(str, levels)) for name, levels in table.only.items()}}
    inside = cube
    for name, level in table.where.items():
        inside = inside[inside[name] == str(level)]
    fixed = frozenset((name, str(level)) for name, level in table.where.items())
    sizes = range(len(table.by) + 1) if table.totals else [len(table.by)]
    for size in sizes:
        for names in itertools.combinations(table.by, size):
            found = inside.groupby(list(names))["people"].sum().to_dict() if names else {(): inside["people"].sum()}
            found = {key if isinstance(key, tuple) else (key,): int(value) for key, value in found.items()}
            for combination in itertools.product(*(order[name] for name in names)):
                cell = fixed | frozenset(zip(names, combination, strict=True))
                cells[cell] = found.get(combination, 0)
                for name in (name for name in table.by if name not in names and table.totals):
                    lines.append((cell, *(cell | {(name, level)} for level in order[name])))


def _add_lines_between(cube: pd.DataFrame, order: dict, derived: Mapping[str, str], cells: dict, lines: list) -> None:
    """Add the sums that hold between tables: a cell and its parts by one more, or by the finer, characteristic."""
    known = {line[0]: set() for line in lines}
    for line in lines:
        known[line[0]].add(frozenset(line[1:]))
    for cell in list(cells):
        named = dict(cell)
        ways = [[cell | {(name, level)} for level in levels] for name, levels in order.items() if name not in named]
        for name, parent in derived.items():
            if name in named and parent not in named and parent in cube and name in cube:
                inside = pd.unique(cube.loc[cube[name] == named[name], parent])
                ways.append([(cell - {(name, named[name])}) | {(parent, level)} for level in inside])
        for parts in ways:
            if parts and all(part in cells for part in parts) and frozenset(parts) not in known.get(cell, ()):
                lines.append((cell, *parts))


def _size(cells: dict) -> Callable:
    return lambda cell: (cells[cell], sorted(cell))


def _second_in_each_line(cells: dict, lines: list, primary: frozenset, start: frozenset = frozenset()) -> frozenset:
    chosen = set(start)
    changed = True
    while changed:
        changed = False
        for line in lines:
            hidden = [cell for cell in line if cell in primary or cell in chosen]
            free = [cell for cell in line if cells[cell] and cell not in hidden]
            if len(hidden) == 1 and free:
                chosen.add(min(free, key=_size(cells)))
                changed = True
    return frozenset(chosen)


def _helping(
    weakest: Cell, cells: dict, lines: list, primary: frozenset, secondary: frozenset, proved: Callable[..., Proof]
) -> Cell | None:
    """Return the smallest shown cell, one of each line of the weakest, whose suppression is enough for that one."""
    hidden = primary | secondary
    first = [
        min(free, key=_size(cells))
        for line in lines
        if weakest in line and (free := [cell for cell in line if cells[cell] and cell not in hidden])
    ]
    for cell in sorted(set(first), key=_size(cells)):
        if proved(_second_in_each_line(cells, lines, primary, secondary | {cell}), weakest).holds:
            return cell
    return None


def _neighbour(weakest: Cell, cells: dict, lines: list, hidden: frozenset) -> Cell | None:
    """Return the smallest shown cell in a line with the given one, else the smallest shown anywhere."""
    near = {cell for line in lines if weakest in line for cell in line}
    for among in (near, set(cells)):
        free = [cell for cell in among if cells[cell] and cell not in hidden]
        if free:
            return min(free, key=_size(cells))
    return None
