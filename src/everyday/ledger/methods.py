"""Worked examples whose answer somebody else reported: where our answers are, and which row each belongs to."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from types import ModuleType

import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.validation import climate, coding, did, its, pay, queueing, spc, workforce

#: Data sets that worked examples are computed from, by the name of the parameter of a module's ``answers``.
DATA = {"services": "area_south_services", "clinics": "area_south_clinics", "example": "its_example"}


def modules() -> tuple[ModuleType, ...]:
    """Return the modules that answer worked examples: those of :mod:`healthsys.validation`, in order of their names."""
    return climate, coding, did, its, pay, queueing, spc, workforce


def answers(module: ModuleType, load: Callable[[str], pd.DataFrame]) -> dict[str, float]:
    """Compute the worked examples of a module, with the data sets that the parameters of its ``answers`` name."""
    return module.answers(**{name: load(DATA.get(name, name)) for name in inspect.signature(module.answers).parameters})


def answered(reference: pd.DataFrame, ours: Mapping[str, float]) -> pd.Series:
    """Return our answer for each row of ``method_checks``, in their order; refuse a row or an answer left alone.

    >>> answered(pd.DataFrame({"check": ["share"]}), {"share": 1 / 4}).tolist()
    [0.25]
    """
    names = list(reference["check"])
    for name in ours:
        if name not in names:
            raise DataError(
                f"the answer '{name}' has no row in data/reference/method_checks.csv.{nearest(name, names)}"
            )
    missing = [name for name in names if name not in ours]
    if missing:
        raise DataError(
            f"method_checks.csv: check '{missing[0]}' has no answer.{nearest(missing[0], ours)} "
            "Compute it in a module of healthsys.validation, or remove the row"
        )
    return reference["check"].map(ours).astype(float)


def digits(tolerance: float) -> int:
    """Return the decimal places that show one digit more than a tolerance has: the rest is the processor's.

    >>> digits(5e-3), digits(0.0)
    (4, 12)
    """
    return max(0, 1 - math.floor(math.log10(tolerance))) if tolerance else 12
