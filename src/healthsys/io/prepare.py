"""Which part of a series is analysed: between two dates, counted in one way; and where its periods are.

>>> months = pd.DataFrame({"period": pd.date_range("2020-01-01", periods=6, freq="MS"), "value": range(6)})
>>> window(months, first="2020-03-01")["value"].to_list()
[2, 3, 4, 5]
>>> positions(months["period"], ["2020-02-01"], name="rebase")
[1]
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pandas as pd

from healthsys.errors import DataError
from healthsys.io import (
    Measure,
    Problem,
    breaks_of,
    check_series,
    measure_of,
    multiplier_of,
    pick_series,
    regular,
    require,
    step_of,
    total_problems,
)

__all__ = ["PreparedSeries", "date_of", "number_of", "one_definition", "positions", "prepare_series", "window"]

#: Checks of a series whose warning belongs to the finding itself: what it says could come from them.
UNDERMINING = {
    "future", "first period", "last period", "far value", "negative", "share", "code for missing",
    "numerator above denominator", "value unlike its ratio", "total differs", "season", "days of the week", "target",
}  # fmt: skip


def date_of(text: Any, *, name: str) -> pd.Timestamp | None:
    """Read a setting that is a date, or empty; ``name`` is what a message calls it.

    >>> date_of("2020-04-01", name="change"), date_of("", name="change")
    (Timestamp('2020-04-01 00:00:00'), None)
    """
    if not str(text).strip():
        return None
    try:
        return pd.Timestamp(pd.to_datetime(str(text).strip(), format="%Y-%m-%d"))
    except ValueError:
        raise DataError(f"parameter '{name}' is '{text}'; allowed: a date as YYYY-MM-DD, or empty") from None


def number_of(text: Any, *, name: str) -> float | None:
    """Read a setting that is a number in the unit of the series, or empty.

    >>> number_of("95", name="target"), number_of("", name="target")
    (95.0, None)
    """
    if not str(text).strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not math.isfinite(number):
        allowed = "a number in the unit of the series, or empty"
        raise DataError(f"parameter '{name}' is '{text}'; allowed: {allowed}")
    return number


def window(frame: pd.DataFrame, *, first: Any = "", last: Any = "") -> pd.DataFrame:
    """Keep the periods from ``first`` to ``last`` (dates, empty for no bound), which must be two or more."""
    start, end = date_of(first, name="first"), date_of(last, name="last")
    kept = frame["period"].between(start or pd.Timestamp.min, end or pd.Timestamp.max)
    if len(frame) == 1:
        said = f"the series has one period, {frame['period'].iloc[0]:%Y-%m-%d}; two periods are needed at least"
        raise DataError(f"{said}. Give a file with more periods, or choose another unit or indicator")
    if kept.sum() < 2:
        raise DataError(
            f"parameters 'first' and 'last': {kept.sum() or 'no'} {'period is' if kept.sum() == 1 else 'periods are'} "
            f"between '{first}' and '{last}'; the series runs from {frame['period'].min():%Y-%m-%d} to "
            f"{frame['period'].max():%Y-%m-%d}, and two periods are needed at least"
        )
    return frame[kept].reset_index(drop=True)


def one_definition(
    frame: pd.DataFrame, breaks: Iterable[tuple[pd.Timestamp, str]], *, change: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, str]:
    """Keep the stretch around a change (without one: the longest) that is counted in one way.

    ``breaks`` are the first day of the first period counted in a new way, and what changes. The second result is a
    sentence about what is excluded; empty if nothing is.

    >>> months = pd.DataFrame({"period": pd.date_range("2020-01-01", periods=6, freq="MS")})
    >>> kept, said = one_definition(months, [(pd.Timestamp("2020-05-01"), "a new form")])
    >>> len(kept), said
    (4, 'Excluded because of another definition: from May 2020 (a new form).')
    """
    inside = [entry for entry in breaks if frame["period"].min() < entry[0] <= frame["period"].max()]
    if not inside:
        return frame, ""
    edges = [pd.Timestamp.min, *(day for day, _ in inside), pd.Timestamp.max]
    stretches = [frame[(frame["period"] >= a) & (frame["period"] < b)] for a, b in pairwise(edges)]
    if change is None:
        kept = max(stretches, key=len)
    else:
        kept = next(rows for rows, end in zip(stretches, edges[1:], strict=True) if change < end)
    said = [
        f"{'before' if day <= kept['period'].min() else 'from'} {day:%B %Y} ({note})"
        for day, note in inside
        if day <= kept["period"].min() or day > kept["period"].max()
    ]
    return kept.reset_index(drop=True), f"Excluded because of another definition: {'; '.join(said)}."


def positions(periods: pd.Series, days: Iterable[Any], *, name: str) -> list[int]:
    """Return where days (the first of a period each) are in the periods of a series; ``name`` is their setting."""
    found = []
    for day in days:
        where = periods.to_numpy() == (date_of(day, name=name) or pd.NaT)
        if not where.any():
            raise DataError(
                f"parameter '{name}': {day} is not a period of the series; allowed: the first day of a period from "
                f"{periods.min():%Y-%m-%d} to {periods.max():%Y-%m-%d}"
            )
        found.append(int(where.argmax()))
    return found


@dataclass(frozen=True)
class PreparedSeries:
    """One regular series, checked: its rows, how it is measured, and what is to be known about it.

    ``frame`` has ``period``, ``value``, ``numerator`` and ``denominator``, gaps left empty; ``step`` is the length of a
    period; ``breaks`` the positions at which the definition changes; ``left_out`` a sentence about periods counted in
    another way; ``problems`` what the checks found, ``doubts`` those of them that could make a finding untrue.
    """

    frame: pd.DataFrame
    measure: Measure
    step: Any
    breaks: list[int]
    left_out: str
    problems: list[Problem]
    doubts: list[str]


def prepare_series(
    table: pd.DataFrame, *, indicator: str, unit: str, first: Any = "", last: Any = "",
    change: pd.Timestamp | None = None, target: float | None = None, breaks: str = "leave out", season: str = "none",
) -> PreparedSeries:
    """Take one series out of a table, keep the part that is asked for, check it and make it regular.

    Parameters
    ----------
    table
        Tidy series, as :func:`healthsys.io.read_series` returns them.
    indicator, unit
        Which series.
    first, last
        First and last period used (dates), or empty.
    change, target, season
        Date of an interruption, target in the unit of the series, and season of a model, where there are any: they
        are checked against the series.
    breaks
        At a known change of definition: ``leave out`` keeps the stretch around the change that is counted in one way,
        ``keep`` uses all and says so. Where a change of definition is not certain to be in the data, all is used.

    Raises
    ------
    DataError
        If there is no such series, or a check stops the analysis.

    Examples
    --------
    >>> months = pd.date_range("2024-01-01", periods=5, freq="MS").delete(2)
    >>> rows = pd.DataFrame({"indicator": "falls", "unit": "Ward 7", "period": months, "value": [4.0, 6, 5, 7],
    ...                      "numerator": None, "denominator": None})
    >>> rows.attrs = {"provenance": {"name": "mine.csv", "kind": "yours"}, "reading": {}}
    >>> found = prepare_series(rows, indicator="falls", unit="Ward 7")
    >>> len(found.frame), found.step.name, [one.name for one in found.problems]
    (5, 'month', ['gap'])
    """
    whole = pick_series(table, indicator=indicator, unit=unit)
    measure = measure_of(indicator, whole["value"])
    factor = multiplier_of(whole, indicator=indicator)
    if factor not in (None, measure.per):
        measure = replace(measure, per=factor, count=False)
    known, certain = breaks_of(table, indicator=indicator, unit=unit)
    kept, left_out = window(whole, first=first, last=last), ""
    if breaks == "leave out" and certain:
        kept, left_out = one_definition(kept, known, change=change)
    problems = check_series(kept, change=change, target=target, breaks=known, counts=measure.count, indicator=indicator)
    reading = table.attrs.get("reading", {})
    problems += total_problems(reading.get("report", ()))
    if left_out:
        more = f"{left_out} Set breaks to 'keep' to use all"
        problems = [
            replace(one, says=f"{one.says}. {more}") if one.name == "change outside" else one for one in problems
        ]
    problems += [Problem("read as", "note", said) for said in table.attrs.get("read_as", ())]
    require(problems, label=f"{indicator}, {unit}")
    frame = regular(kept)
    problems += _season_problems(frame["period"], season=season)
    # Own data kept across a change of definition are in doubt; a page about published data says so as a limitation.
    names = UNDERMINING | {"definition"} if table.attrs["provenance"]["kind"] == "yours" else UNDERMINING
    doubts = [one.says for one in problems if one.severity == "warn" and one.name in names]
    periods = frame["period"]
    if change is not None and periods.min() < change <= periods.max():
        positions(periods, [f"{change:%Y-%m-%d}"], name="change")
    inside = [int((periods >= day).argmax()) for day, _ in known if periods.min() < day <= periods.max()]
    return PreparedSeries(frame, measure, step_of(periods), inside, left_out, problems, doubts)


def _season_problems(periods: pd.Series, *, season: str) -> list[Problem]:
    """Refuse a level for each day or week of the year; warn where less than two years carry a term for the year."""
    step = step_of(periods)
    if step is None or not step.fine:
        return []
    if season == "months":
        raise DataError(
            f"parameter 'season' is 'months', which for {step.name}s means a level for each of {step.per_year} "
            f"{step.name}s of the year; allowed: none, harmonic or two harmonics"
        )
    if season == "none" or len(periods) >= 2 * step.per_year:
        return []
    says = (
        f"{len(periods)} {step.name}s are less than two years, so the season cannot be separated from the change"
    )
    return [Problem("season", "warn", f"{says}; set season to none")]
