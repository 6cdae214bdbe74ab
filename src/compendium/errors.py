"""The machine's family of errors: every message says what is wrong, where, what is allowed and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CompendiumError(Exception):
    """Anything the machine refuses to do, said so that a reader can act on it."""


class DatasetError(CompendiumError, ValueError):
    """A data set that is not there or breaks its description; the message names file, column, row and value."""


class RunError(CompendiumError):
    """A notebook run that cannot start or did not finish."""


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
