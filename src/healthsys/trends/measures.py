"""What an indicator is called in a sentence, in what unit it is, and how many digits it is shown with."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from compendium.recording import text_of
from healthsys.trends.values import is_share


@dataclass(frozen=True)
class Measure:
    """Words and digits of one indicator.

    ``axis`` is the axis title, ``sign`` follows a value in a sentence, ``difference`` follows a difference, ``per`` is
    what a rate of 1 is in the unit of the values.
    """

    name: str
    axis: str
    sign: str
    difference: str
    digits: int
    per: float = 1.0
    count: bool = False

    def number(self, value: float, *, plus: bool = False) -> str:
        """Format a value without its unit."""
        rounded = round(float(value), self.digits) + 0.0
        return text_of(rounded, f"{{:{'+' if plus else ''},.{self.digits}f}}")

    def value(self, value: float) -> str:
        """Format a value with its unit, for a sentence."""
        return f"{self.number(value)}{self.sign}"

    def change(self, value: float, *, plus: bool = False) -> str:
        """Format a difference with its unit, for a sentence."""
        return f"{self.number(value, plus=plus)} {self.difference}"


def _percent(name: str, axis: str = "") -> Measure:
    return Measure(name, f"{axis or name} (%)", " %", "percentage points", 1, per=100.0)


_KNOWN = {
    "ga_occupancy_percent": _percent("occupancy of general and acute beds"),
    "ga_beds_available": Measure(
        "the number of general and acute beds", "general and acute beds (daily average)", " beds", "beds", 0
    ),
    "ga_beds_occupied": Measure(
        "the number of occupied general and acute beds", "occupied beds (daily average)", " beds", "beds", 0
    ),
    "incomplete_median_wait_weeks": Measure(
        "the median wait of people still waiting", "median wait (weeks)", " weeks", "weeks", 1
    ),
    "incomplete_percent_within_18_weeks": _percent(
        "the share waiting within eighteen weeks", "waiting within eighteen weeks"
    ),
    "incomplete_total_waiting_millions": Measure(
        "the number of pathways waiting", "pathways waiting (millions)", " million", "million pathways", 2
    ),
    "incomplete_number_over_52_weeks": Measure(
        "the number of pathways waiting over a year", "pathways over a year", " pathways", "pathways", 0, count=True
    ),
    "within_4h_percent": _percent(
        "the share of A&E attendances dealt with within four hours", "dealt with within four hours"
    ),
    "type1_within_4h_percent": _percent(
        "the share of major A&E attendances dealt with within four hours", "dealt with within four hours"
    ),
    "attendances": Measure(
        "the number of A&E attendances", "attendances per month", " attendances", "attendances", 0, count=True
    ),
    "appointments": Measure(
        "the number of GP appointments", "appointments per month", " appointments", "appointments", 0, count=True
    ),
    "face_to_face_percent": _percent("the share of GP appointments held face to face", "held face to face"),
}


def measure_of(indicator: str, values: pd.Series | None = None) -> Measure:
    """Return the words of an indicator; one that is not known is named after its key.

    Parameters
    ----------
    indicator
        Key of the indicator.
    values
        Its values, from which digits are chosen where the indicator is not known; whole numbers of 0 or more are
        counts.

    Examples
    --------
    >>> measure_of("antenatal_coverage").change(-4.26)
    '−4.3 percentage points'
    >>> measure_of("seen (%)").axis
    'seen (%)'
    >>> measure_of("visits", pd.Series([120.0, 131.0])).value(1204)
    '1,204'
    """
    if indicator in _KNOWN:
        return _KNOWN[indicator]
    words = indicator.replace("_", " ")
    if is_share(indicator):
        return _percent(re.sub(r"\s*(?:\(%\)|%|\bpct)\s*$", "", words).removesuffix(" percent").strip() or words)
    known = np.array([]) if values is None else values.dropna().to_numpy(dtype=float)
    whole = bool(len(known) and (known == np.round(known)).all() and (known >= 0).all())
    size = float(np.median(np.abs(known))) if len(known) else 1.0
    digits = 0 if whole or size >= 1000 else 1 if size >= 10 else 2
    return Measure(words, words, "", "in the unit of the series", digits, count=whole)
