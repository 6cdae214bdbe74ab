"""Invented data with a known truth: seeded generators, one module per topic, and the registry of what they make.

A submodule declares ``GENERATORS``, a mapping of data set name to a function without arguments that returns the
data set as a DataFrame; the seed is a default of that function. The committed CSV of each is
:func:`to_csv_bytes` of its frame, byte for byte. ``GENERATORS`` of this package collects them all on first use.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import pandas as pd

#: Significant digits with which a number is written: enough for any analysis, the same on every platform.
SIGNIFICANT_DIGITS = 10

#: What makes one data set: no arguments, a DataFrame back.
Generator = Callable[[], pd.DataFrame]


def to_csv_bytes(frame: pd.DataFrame) -> bytes:
    r"""Write a frame as the bytes of its CSV file: UTF-8, ``\n`` line ends, no index, empty cells where missing.

    Numbers carry at most :data:`SIGNIFICANT_DIGITS` significant digits, dates are YYYY-MM-DD, so that the same frame
    gives the same bytes everywhere.

    Examples
    --------
    >>> to_csv_bytes(pd.DataFrame({"team": ["A", "B"], "score": [1 / 3, None]}))
    b'team,score\nA,0.3333333333\nB,\n'
    """
    text = frame.to_csv(
        index=False, lineterminator="\n", float_format=f"%.{SIGNIFICANT_DIGITS}g", date_format="%Y-%m-%d"
    )
    return text.encode("utf-8")


def _collect() -> dict[str, Generator]:
    """Import every submodule and merge what they declare; two submodules may not make the same data set."""
    found: dict[str, Generator] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda entry: entry.name):
        declared = getattr(importlib.import_module(f"{__name__}.{module.name}"), "GENERATORS", {})
        twice = sorted(found.keys() & declared.keys())
        if twice:
            raise ValueError(f"the synthetic data set '{twice[0]}' is declared twice; once in {module.name}.py")
        found.update(declared)
    return dict(sorted(found.items()))


def __getattr__(name: str) -> Any:
    """Fill :data:`GENERATORS` when it is first asked for."""
    if name != "GENERATORS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = _collect()
    return globals()[name]
