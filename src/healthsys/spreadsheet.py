"""CSV for spreadsheets: text that a spreadsheet would execute is written so that it is only shown."""

from __future__ import annotations

import re

import pandas as pd

#: First characters that make a spreadsheet read a text cell as a formula (OWASP, CSV injection).
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def harmless(cell: object) -> object:
    """Return a cell so that a spreadsheet shows it: text like a formula gets an apostrophe before it.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-3.2"), harmless(-3.2), harmless("@sum")
    ("'=1+1", '-3.2', -3.2, "'@sum")
    """
    if isinstance(cell, str) and cell.startswith(STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV text without its index, headings and text cells made harmless.

    Examples
    --------
    >>> to_csv(pd.DataFrame({"name": ["=cmd()"], "gap": [-3.2]}))
    "name,gap\\n'=cmd(),-3.2\\n"
    """
    safe = frame.copy()
    safe.columns = [harmless(str(column)) for column in frame.columns]
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(harmless)
    return safe.to_csv(index=False, lineterminator="\n")
