"""CSV for spreadsheets: text that a spreadsheet would execute is written so that it is only shown."""

from __future__ import annotations

import re

import pandas as pd

#: First characters that make a spreadsheet read a text cell as a formula, plain and full-width (OWASP, CSV injection).
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

#: What a spreadsheet passes over before it reads the first character: spaces, byte-order marks, joiners.
_PASSED_OVER = re.compile("[ \u00a0\u200b-\u200f\u2060\u2066-\u2069\u202a-\u202e\ufeff\u3000]*")

#: A sign of a formula behind what parts cells where the list separator is a semicolon or a tabulator.
_AFTER_A_SEPARATOR = re.compile(r"(?<=[;\t\n\r])([\"' ]*)(?=[=@＝＠]|[+\-＋－](?![\d.,\s]))")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def harmless(cell: object) -> object:
    """Return a cell so that a spreadsheet shows it: text like a formula gets an apostrophe before it.

    Numbers stay numbers, as values and as text. What follows a semicolon, a tabulator or a line break in a text is
    looked at too: a spreadsheet that parts cells there would read a cell of its own.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-3.2"), harmless(-3.2), harmless("@sum")
    ("'=1+1", '-3.2', -3.2, "'@sum")
    >>> harmless("＝1+1"), harmless(" =1+1"), harmless("Ward;=1+1")
    ("'＝1+1", "' =1+1", "Ward;'=1+1")
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    safe = _AFTER_A_SEPARATOR.sub(r"\1'", cell)
    first = _PASSED_OVER.match(cell).end()
    return f"'{safe}" if cell.startswith(STARTS_A_FORMULA, first) else safe


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its headings and text cells harmless.

    >>> guarded(pd.DataFrame({"=name": ["+1 a", "b"], "gap": [-3.2, 1.0]})).to_dict("list")
    {"'=name": ["'+1 a", 'b'], 'gap': [-3.2, 1.0]}
    """
    safe = frame.copy()
    safe.columns = [harmless(str(column)) for column in frame.columns]
    for at, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            safe.isetitem(at, frame.iloc[:, at].map(harmless))
    return safe


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV text without its index, headings and text cells made harmless.

    >>> to_csv(pd.DataFrame({"name": ["=cmd()"], "gap": [-3.2]}))
    "name,gap\\n'=cmd(),-3.2\\n"
    """
    return guarded(frame).to_csv(index=False, lineterminator="\n")
