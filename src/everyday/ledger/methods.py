"""Our answers to worked examples beside those of a reference implementation or a publication."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from healthsys.errors import DataError, nearest


def compare_methods(reference: pd.DataFrame, ours: Mapping[str, float]) -> pd.DataFrame:
    """Set our answer beside each reference value, with the difference and whether the two agree.

    Parameters
    ----------
    reference
        One row for each check, in the layout of the data set ``method_checks``.
    ours
        Our answer for each check, from the room that the method belongs to.

    Returns
    -------
    pandas.DataFrame
        The rows of ``reference`` with ``ours`` and ``difference`` (ours less theirs), both to one digit more than the
        tolerance has, and ``agrees`` (the difference is within the tolerance).

    Raises
    ------
    DataError
        If a row has no answer or an answer has no row, with the nearest name.

    Examples
    --------
    >>> row = pd.DataFrame({"check": ["share"], "value": [0.33], "tolerance": [0.005]})
    >>> found = compare_methods(row, {"share": 1 / 3}).iloc[0]
    >>> float(found["ours"]), float(found["difference"]), bool(found["agrees"])
    (0.3333, 0.0033, True)
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
            "Compute it in the room's module worked.py, or remove the row"
        )
    table = reference.copy()
    exact = [float(ours[name]) for name in names]
    digits = [_digits(tolerance) for tolerance in table["tolerance"]]
    table["ours"] = [round(value, places) for value, places in zip(exact, digits, strict=True)]
    differences = [value - theirs for value, theirs in zip(exact, table["value"], strict=True)]
    # Adding nought turns a negative nought into a plain one.
    table["difference"] = [round(value, places) + 0.0 for value, places in zip(differences, digits, strict=True)]
    table["agrees"] = [abs(value) <= bound for value, bound in zip(differences, table["tolerance"], strict=True)]
    return table


def _digits(tolerance: float) -> int:
    """Decimal places that show one digit more than a tolerance has: the rest is the processor's."""
    return max(0, 1 - math.floor(math.log10(tolerance))) if tolerance else 12
