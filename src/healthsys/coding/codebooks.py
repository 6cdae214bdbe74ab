"""Codebooks: codes in a hierarchy, each with a definition, checked before anyone codes with them."""

import re
from dataclasses import dataclass

import pandas as pd

from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.csv_files import row_of

#: What separates several codes in one cell.
SEPARATOR = ";"

#: Signs that people use in its place; a cell that holds one is refused, never read as one code that matches nothing.
_OTHER_SIGNS = re.compile(r"[,|/+&\n]|\band\b")


@dataclass(frozen=True)
class Codebook:
    """A checked codebook: ``table`` has one row per code, with ``code``, ``parent`` (missing at the top), ``label``."""

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
        """Return the codes directly under a code, in the order of the file."""
        if parent not in self.codes:
            raise DataError(f"codebook: there is no code '{parent}'.{nearest(parent, self.codes)}")
        return self.table.loc[self.table["parent"] == parent, "code"].tolist()


def codebook(frame: pd.DataFrame) -> Codebook:
    """Check a table of codes (``code``, ``parent``, empty for a top code, ``label``) and return it as a codebook.

    Raises
    ------
    DataError
        If a code occurs twice, a parent is not a code, or the parents form a cycle: with file, row and remedy.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["s", "adaptation"], "parent": [None, "s"], "label": ["S", "A"]})
    >>> codebook(table).under("s")
    ['adaptation']
    """
    name = _name(frame, "codebook")
    need_columns(frame, ("code", "parent", "label"), name)
    codes = frame["code"].tolist()
    for position, code in enumerate(codes):
        where = f"{name}: row {row_of(frame, position)}, column 'code': '{code}'"
        if pd.isna(code) or split_codes(code) != [code]:
            raise DataError(
                f"{where} cannot be a code; allowed: text without '{SEPARATOR}' and without blanks at its ends. "
                "Rename it"
            )
        if code in codes[:position]:
            raise DataError(f"{where} occurs twice; rename or remove one")
    parents = {code: None if pd.isna(parent) else parent for code, parent in zip(codes, frame["parent"], strict=True)}
    for position, (code, parent) in enumerate(parents.items()):
        where = f"{name}: row {row_of(frame, position)}, column 'parent'"
        if parent is not None and parent not in parents:
            raise DataError(
                f"{where}: '{parent}' is no code of this codebook.{nearest(parent, codes)} "
                "Allowed: a code of the column 'code', or an empty cell for a top code"
            )
        path = [code]
        while parent is not None:
            path.append(parent)
            if parent in path[:-1]:
                raise DataError(
                    f"{where}: the codes {' > '.join(path)} form a cycle; a code cannot be under itself. "
                    "Give one of them another parent, or leave its parent empty"
                )
            parent = parents.get(parent)
    return Codebook(frame.reset_index(drop=True))


def split_codes(cell: object) -> list[str]:
    """Return the codes of one cell; an empty cell holds none.

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
        With file, row, the code, the nearest allowed one, and all that are allowed; or that another sign joins codes.

    Examples
    --------
    >>> check_codes(pd.DataFrame({"strategy": ["wait", "wait;act"]}), "strategy", ["wait", "act"])
    """
    name = _name(frame, label or "table")
    need_columns(frame, [column], name)
    for position, cell in enumerate(frame[column]):
        codes = split_codes(cell)
        for code in codes:
            where = f"{name}: row {row_of(frame, position)}, column '{column}': '{code}'"
            if code not in allowed:
                raise DataError(
                    f"{where} is no code of the codebook for this column."
                    f"{_joined_otherwise(code, allowed) or nearest(code, allowed)} Allowed: {', '.join(allowed)}, "
                    f"several joined by '{SEPARATOR}'"
                )
            if codes.count(code) > 1:
                raise DataError(f"{where} occurs twice in the cell; keep one")


def _joined_otherwise(cell: str, allowed: list[str]) -> str:
    """Say so where a cell holds several allowed codes joined by another sign than the separator."""
    parts = [part.strip() for part in _OTHER_SIGNS.split(cell)]
    if len(parts) < 2 or any(part not in allowed for part in parts if part):
        return ""
    return f" These are several codes: join them by '{SEPARATOR}', as in '{SEPARATOR.join(filter(None, parts))}'."


def _name(frame: pd.DataFrame, otherwise: str) -> str:
    return frame.attrs.get("provenance", {}).get("path", otherwise)
