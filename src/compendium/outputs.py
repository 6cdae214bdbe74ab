"""When a new output of a notebook is the stored one: what a reader reads is equal, last digits may differ.

One rule for strict nbval (``healthsys verify``, ``make check``) and for the test that compares stored outputs with what
the build executed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import nbformat

from compendium import record

#: Two numbers that nobody reads to the end are one within this relative difference: six significant digits.
RELATIVE = 1e-5

#: What text is compared without: drawings (:func:`compendium.artists.parting` compares them), and numbers with five or
#: more decimals or a power of ten, whose last digits depend on the processor.
_LOOSE = re.compile(r"(<svg.*?</svg>|-?\d*\.\d{5,}(?:e[-+]?\d+)?|-?\d+(?:\.\d+)?e-\d+)", flags=re.DOTALL)


def settled(stored: Any, new: Any) -> Any:
    """Return a new output in which everything that agrees with the stored one is written as it is stored.

    Text agrees if it is equal but for drawings and for numbers with five or more decimals, which agree within
    :data:`RELATIVE`. Numbers of a recorded result or figure agree within one unit of the sixth digit; counts, names
    and everything else must be equal.

    Parameters
    ----------
    stored, new
        Two outputs of a cell, or any part of them: text, numbers, lists and dictionaries of these.

    Examples
    --------
    >>> settled("slope 0.0565475 (p = 0.03)", "slope 0.0565476 (p = 0.03)")
    'slope 0.0565475 (p = 0.03)'
    >>> settled("slope 0.0565475 (p = 0.03)", "slope 0.0565476 (p = 0.04)")
    'slope 0.0565475 (p = 0.04)'
    >>> settled({"value": 17.595772, "n": 60}, {"value": 17.595771, "n": 61})
    {'value': 17.595772, 'n': 61}
    """
    if isinstance(stored, str) and isinstance(new, str):
        return _text(stored, new)
    if isinstance(stored, dict) and isinstance(new, dict):
        return {name: settled(stored[name], part) if name in stored else part for name, part in new.items()}
    if isinstance(stored, list) and isinstance(new, list) and len(stored) == len(new):
        return [settled(one, other) for one, other in zip(stored, new, strict=True)]
    return stored if record.same(stored, new, relative=record.LAST_DIGIT) else new


def same(stored: Any, new: Any) -> bool:
    """Whether two outputs of a cell agree, by the rule of :func:`settled`.

    >>> same("12.50 days", "12.60 days"), same("0.0565475", "0.0571130"), same("1.25e-07", "1.2500001e-07")
    (False, False, True)
    """
    return settled(stored, new) == stored


def _text(stored: str, new: str) -> str:
    pieces, others = _LOOSE.split(stored), _LOOSE.split(new)  # text, what is compared loosely, text and so on
    if len(pieces) != len(others):
        return new
    for at in range(1, len(pieces), 2):
        if _agree(pieces[at], others[at]):
            others[at] = pieces[at]
    return "".join(others)


def _agree(one: str, other: str) -> bool:
    if "<svg" in (one[:4], other[:4]):
        return one[:4] == other[:4]
    return math.isclose(float(one), float(other), rel_tol=RELATIVE, abs_tol=record.ABSOLUTE)


def by_rule(compare: Callable[..., bool]) -> Callable[..., bool]:
    """Return nbval's comparison of the outputs of a cell, new and stored, with last digits settled before it."""

    def comparison(new: list[Any], stored: list[Any], **options: Any) -> bool:
        return compare(nbformat.from_dict(settled(stored, new)), stored, **options)

    return comparison
