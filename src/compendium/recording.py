"""Named results: recorded by a notebook, harvested by the pipeline, shown in prose by name."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from compendium.errors import CompendiumError

#: MIME type under which a notebook emits a named result.
RESULT_TYPE = "application/vnd.healthsys.result+json"

#: Digits kept of a recorded number: enough to compare, few enough to be the same on every platform.
SIGNIFICANT_DIGITS = 8

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Result:
    """One named result with the text that prose shows for it."""

    name: str
    value: float | int | str | bool | None
    text: str
    unit: str
    format: str
    meaning: str
    lower: float | None = None
    upper: float | None = None
    level: float | None = None
    interval: str | None = None
    n: int | None = None
    reason: str | None = None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Give the pipeline the record and a person a line to read."""
        fields = {key: value for key, value in asdict(self).items() if value is not None}
        interval = f" ({self.interval})" if self.interval else ""
        return {RESULT_TYPE: fields, "text/plain": f"{self.name}: {self.text}{interval} {self.unit} — {self.meaning}"}

    def _ipython_display_(self) -> None:
        """Show nothing again: it was shown when it was recorded. Not everything that runs cells heeds a semicolon."""


def record(
    name: str,
    value: Any,
    *,
    unit: str,
    meaning: str,
    format: str = "{}",
    lower: float | None = None,
    upper: float | None = None,
    level: float | None = None,
    n: int | None = None,
    reason: str | None = None,
) -> Result:
    """Record one result of a notebook under a name that prose and checks can refer to.

    It emits an output of its own MIME type and a readable line, nothing else: under nbval or in a plain Jupyter no
    file is written.

    Parameters
    ----------
    name
        Lower-case letters, digits and underscores; unique in the notebook.
    value
        A number, a text, true or false; None where the result is undefined, and then ``reason`` says why.
    unit
        The unit in words (``"points on 0-300"``, ``"percent"``, ``"ratio"``); empty text for a text value.
    meaning
        What the value is, for a reader who sees it alone: what, who, when.
    format
        How prose shows it, as a :meth:`str.format` pattern for one value, such as ``"{:.1f}%"``.
    lower, upper, level
        The interval and its coverage, in the unit of ``value``; all three or none. Limits that are both missing
        (NaN, as in a row of a table) are no interval.
    n
        Number of units (people, teams, months) behind the value.
    reason
        Why there is no value.

    Returns
    -------
    Result
        The record, already displayed.

    Raises
    ------
    CompendiumError
        If the name is not of that form, an undefined value has no reason, or the interval is incomplete.

    Examples
    --------
    >>> found = record("gap", 15.254, unit="percent", format="{:.1f}%", lower=12.0, upper=18.5, level=0.95,
    ...                meaning="Mean hourly pay gap", n=240)  # doctest: +ELLIPSIS
    gap: 15.3% (95% CI 12.0% to 18.5%) percent — Mean hourly pay gap...
    >>> found.text
    '15.3%'
    """
    if not _NAME.fullmatch(name):
        raise CompendiumError(f"'{name}' cannot name a result; use lower-case letters, digits and underscores")
    level = None if lower != lower and upper != upper else level
    value, lower, upper = _plain(value), _plain(lower), _plain(upper)
    if value is None and not reason:
        raise CompendiumError(f"result '{name}' has no value and no reason; pass reason= to say why it is undefined")
    if len({lower is None, upper is None, level is None}) != 1:
        raise CompendiumError(f"result '{name}' has an incomplete interval; pass lower=, upper= and level= together")
    text, interval = shown(value, lower, upper, level, format)
    result = Result(
        name, value, text, unit, format, meaning, lower, upper, level, interval, None if n is None else int(n), reason
    )
    bundle = result._repr_mimebundle_()
    if InteractiveShell.initialized():
        display(bundle, raw=True)
    else:
        print(bundle["text/plain"])
    return result


def shown(value: Any, lower: Any, upper: Any, level: float | None, format: str) -> tuple[str, str | None]:
    """Return how prose shows a value and its interval.

    >>> shown(15.254, 12.0, 18.5, 0.95, "{:.1f}%"), shown(None, None, None, None, "{}")
    (('15.3%', '95% CI 12.0% to 18.5%'), ('not calculable', None))
    """
    interval = None
    if lower is not None:
        interval = f"{round(level * 100, 6):g}% CI {text_of(lower, format)} to {text_of(upper, format)}"
    return text_of(value, format) if value is not None else "not calculable", interval


def text_of(value: Any, format: str) -> str:
    """Format a value for prose, with a true minus sign; a number that rounds to zero has none.

    >>> text_of(-4.26, "{:.1f}%"), text_of(-0.04, "{:.1f}%")
    ('−4.3%', '0.0%')
    """
    said = format.format(value)
    if isinstance(value, (int, float)):
        said = re.sub(r"(?<![\w.])-(?=0(?:\.0+)?(?![\d.,]))", "", said)
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", said)


def _plain(value: Any) -> Any:
    """Turn numpy scalars into plain ones and keep the digits that are compared."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        value = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return value
