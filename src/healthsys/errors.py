"""The one family of errors: every message says what is wrong, where, what is allowed and what to do."""

import difflib
from collections.abc import Iterable


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
