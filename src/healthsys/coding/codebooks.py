"""Codebooks: codes in a hierarchy, each with a definition, checked before anyone codes with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from healthsys.errors import DataError, nearest

#: What separates several codes in one cell.
SEPARATOR = ";"

#: Signs that people use in its place; a cell that holds one is refused, never read as one code that matches nothing.
_OTHER_SIGNS = re.compile(r"[,|/+&\n]|\band\b")


@dataclass(frozen=True)
class Codebook:
    """A checked codebook: a table with one row per code, and its hierarchy.

    Attributes
    ----------
    table
        Columns ``code``, ``parent`` (missing at the top), ``label``, ``definition`` and whatever else the file has.
    """

    table: pd.DataFrame

    @property
    def codes(self) -> list[str]:
        """Every code, in the order of the file."""
        return self.table["code"].tolist()

    def label(self, code: str) -> str:
        """Return the label of one code."""
        row = self.table.loc[self.table["code"] == code, "label"]
        if row.empty:
            raise DataError(f"codebook: there is no code '{code}'.{nearest(code, self.codes)}")
        return row.iloc[0]

    def under(self, parent: str) -> list[str]:
        """Return the codes directly under a code, in the order of the file.

        Raises
        ------
        DataError
            If no such code exists; the nearest one is named.

        Examples
        --------
        >>> frame = pd.DataFrame({"code": ["s", "adaptation"], "parent": [None, "s"], "label": ["S", "A"]})
        >>> codebook(frame).under("s")
        ['adaptation']
        """
        if parent not in self.codes:
            raise DataError(f"codebook: there is no code '{parent}'.{nearest(parent, self.codes)}")
        return self.table.loc[self.table["parent"] == parent, "code"].tolist()


def codebook(frame: pd.DataFrame) -> Codebook:
    """Check a table of codes and return it as a codebook.

    Parameters
    ----------
    frame
        One row per code with columns ``code``, ``parent`` (empty for a top code), ``label`` and ``definition``.

    Raises
    ------
    DataError
        If a code occurs twice, a parent is not a code, or the parents form a cycle: with file, row and remedy.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["a", "b"], "parent": ["b", "a"], "label": ["A", "B"], "definition": ["", ""]})
    >>> codebook(table)
    Traceback (most recent call last):
    ...
    healthsys.errors.DataError: codebook: row 2, column 'parent': the codes a > b > a form a cycle; a code cannot \
stand under itself. Give one of them another parent, or leave its parent empty
    """
    name = _name(frame, "codebook")
    for column in ("code", "parent", "label"):
        if column not in frame:
            raise DataError(f"{name}: there is no column '{column}'.{nearest(column, map(str, frame.columns))}")
    codes = frame["code"].tolist()
    seen: set[str] = set()
    for position, code in enumerate(codes):
        row = row_of(frame, position)
        if pd.isna(code) or split_codes(code) != [code]:
            raise DataError(
                f"{name}: row {row}, column 'code': '{code}' cannot be a code; allowed: text without '{SEPARATOR}' and "
                "without blanks at its ends. Rename it"
            )
        if code in seen:
            raise DataError(f"{name}: row {row}, column 'code': '{code}' occurs twice; rename or remove one")
        seen.add(code)
    parents = {code: None if pd.isna(parent) else parent for code, parent in zip(codes, frame["parent"], strict=True)}
    for position, (code, parent) in enumerate(parents.items()):
        row = row_of(frame, position)
        if parent is not None and parent not in parents:
            raise DataError(
                f"{name}: row {row}, column 'parent': '{parent}' is no code of this codebook.{nearest(parent, codes)} "
                "Allowed: a code of the column 'code', or an empty cell for a top code"
            )
        path = [code]
        while parent is not None:
            path.append(parent)
            if parent in path[:-1]:
                raise DataError(
                    f"{name}: row {row}, column 'parent': the codes {' > '.join(path)} form a cycle; a code cannot "
                    "stand under itself. Give one of them another parent, or leave its parent empty"
                )
            parent = parents.get(parent)
    return Codebook(frame.reset_index(drop=True))


def split_codes(cell: object) -> list[str]:
    """Return the codes of one cell; an empty cell holds none.

    Examples
    --------
    >>> split_codes("cognitive; contextual"), split_codes(None)
    (['cognitive', 'contextual'], [])
    """
    if cell is None or pd.isna(cell):
        return []
    return [code.strip() for code in str(cell).split(SEPARATOR) if code.strip()]


def check_codes(frame: pd.DataFrame, column: str, allowed: list[str], *, label: str = "") -> None:
    """Raise unless every code in a column is one of those allowed and occurs once in its cell.

    Parameters
    ----------
    frame, column, allowed
        The table, its coded column, and the codes of the codebook for it.
    label
        What to call the table where it does not say from which file it comes.

    Raises
    ------
    DataError
        With file, row (the header is row 1), the code, the nearest allowed one, and all that are allowed; where codes
        are joined by another sign, that is what is said.

    Examples
    --------
    >>> check_codes(pd.DataFrame({"strategy": ["wait", "wait;act"]}), "strategy", ["wait", "act"])
    """
    name = _name(frame, label or "table")
    if column not in frame:
        raise DataError(f"{name}: there is no column '{column}'.{nearest(column, frame.columns)}")
    for position, cell in enumerate(frame[column]):
        row, codes = row_of(frame, position), split_codes(cell)
        for code in codes:
            if code not in allowed:
                raise DataError(
                    f"{name}: row {row}, column '{column}': '{code}' is no code of the codebook for this column."
                    f"{_joined_otherwise(code, allowed) or nearest(code, allowed)} Allowed: {', '.join(allowed)}, "
                    f"several joined by '{SEPARATOR}'"
                )
            if codes.count(code) > 1:
                raise DataError(f"{name}: row {row}, column '{column}': '{code}' stands twice in the cell; keep one")


def row_of(frame: pd.DataFrame, position: int) -> int:
    """Return the row of the file that a row of a table is in, by its position from 0 (the header is row 1).

    Examples
    --------
    >>> row_of(pd.DataFrame({"code": ["a", "b"]}), 1)
    3
    """
    rows = frame.attrs.get("rows")
    return rows[position] if rows else position + 2


def _joined_otherwise(cell: str, allowed: list[str]) -> str:
    """Say so where a cell holds several allowed codes joined by another sign than the separator."""
    parts = [part.strip() for part in _OTHER_SIGNS.split(cell)]
    if len(parts) < 2 or any(part not in allowed for part in parts if part):
        return ""
    return f" These are several codes: join them by '{SEPARATOR}', as in '{SEPARATOR.join(filter(None, parts))}'."


def _name(frame: pd.DataFrame, otherwise: str) -> str:
    return frame.attrs.get("provenance", {}).get("path", otherwise)
