"""The one family of errors: every message says what is wrong, where, what is allowed and what to do."""

import difflib
from collections.abc import Iterable
from typing import Any


class HealthsysError(Exception):
    """Anything this package refuses to do, said so that a reader can act on it."""


class DataError(HealthsysError, ValueError):
    """Input that cannot be analysed; the message names file, column, row, value, what is allowed, the remedy."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the words "Did you mean 'x'?" after a blank for the closest known word, or an empty string.

    >>> nearest("trsut", ["trust", "debate"])
    " Did you mean 'trust'?"
    >>> nearest("zzz", ["trust"])
    ''
    """
    names = {str(name).casefold(): str(name) for name in reversed(list(known))}
    close = difflib.get_close_matches(str(word).casefold(), list(names), n=1)
    return f" Did you mean '{names[close[0]]}'?" if close else ""


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return the value if it is allowed, else raise :class:`DataError` and say what is."""
    if value not in allowed:
        raise DataError(f"{name} '{value}' is not known; allowed: {', '.join(allowed)}.{nearest(value, allowed)}")
    return value


def need_columns(frame: Any, columns: Iterable[str], label: str = "", *, what: str = "", more: str = "") -> None:
    """Raise :class:`DataError` unless a table has these columns.

    ``label`` is what the message calls the table, ``what`` says what the column is for, ``more`` is added at the end.
    """
    for column in columns:
        if column not in frame:
            where = f"{label}: " if label else ""
            raise DataError(f"{where}there is no column '{column}'{what}.{nearest(column, frame.columns)}{more}")
