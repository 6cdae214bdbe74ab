"""A look at the series before any model: what would make a step that is not there, each by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.trends.interrupted import REFUSE_BELOW, WARN_BELOW

#: What a finding does: ends the analysis, is said beside the result, or is only noted.
SEVERITIES = ("stop", "warn", "note")

#: Names under which a file's own total hides among its units.
TOTAL_NAMES = ("total", "england", "nan", "all", "grand total", "wales", "overall")

#: A zero is improbable where the usual value of the unit is this high (a Poisson count of zero: 1 in 20,000).
ZERO_IMPROBABLE_ABOVE = 10.0

#: A zero is out of line where the smallest other value is above this share of the usual one.
ZERO_OUT_OF_LINE = 0.25

#: Two units agree as total and parts when they differ by less than this share.
TOTAL_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Finding:
    """One thing seen in a series: its name, how grave it is, what and where."""

    name: str
    severity: str
    says: str


def as_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Lay out findings for a page; one row says so when nothing was found.

    Examples
    --------
    >>> as_table([])["what was found"].to_list()
    ['nothing that the checks look for']
    """
    rows = [{"check": one.name, "then": one.severity, "what was found": one.says} for one in findings]
    return pd.DataFrame(
        rows or [{"check": "all", "then": "go on", "what was found": "nothing that the checks look for"}]
    )


def require(findings: Iterable[Finding], *, label: str = "the series") -> None:
    """Raise every finding that stops an analysis, together.

    Raises
    ------
    DataError
        Naming each of them; nothing has been written.

    Examples
    --------
    >>> require([Finding("gap", "warn", "2019-05 is missing")])
    """
    fatal = [one for one in findings if one.severity == "stop"]
    if fatal:
        said = "\n".join(f"{label}: {one.name}: {one.says}" for one in fatal)
        raise DataError(f"{said}\nCorrect this and try again; nothing was written")


def _month(period: Any) -> str:
    return f"{pd.Timestamp(period):%Y-%m}"


def _listed(periods: Iterable[Any], most: int = 6) -> str:
    names = [_month(period) for period in periods]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def frequency(periods: pd.DatetimeIndex) -> int | None:
    """Return the usual step of a series in months (1, 3 or 12), or None when steps are mixed.

    A step that is a whole multiple of the smallest is a gap, not a mixture.

    Examples
    --------
    >>> frequency(pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-05-01"]))
    1
    >>> frequency(pd.DatetimeIndex(["2020-01-01", "2020-04-01", "2020-06-01"])) is None
    True
    """
    index = pd.DatetimeIndex(sorted(set(periods)))
    if len(index) < 2:
        return None
    steps = np.diff(index.year * 12 + index.month)
    if (steps == 0).any() or len(set(index.day)) > 1:
        return None
    values, counts = np.unique(steps, return_counts=True)
    smallest = int(values[0])
    usual = int(values[counts.argmax()])
    if smallest not in (1, 3, 12) or usual != smallest or (steps % smallest).any():
        return None
    return smallest


def regular(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort a series and put in the periods that are missing, without values.

    Parameters
    ----------
    frame
        ``period`` and value columns, one row per period, of one frequency.

    Returns
    -------
    pandas.DataFrame
        One row per period from the first to the last.

    Raises
    ------
    DataError
        If the frequency is mixed or a period occurs twice.

    Examples
    --------
    >>> rows = pd.DataFrame({"period": pd.to_datetime(["2020-03-01", "2020-01-01"]), "value": [3.0, 1.0]})
    >>> regular(rows)["value"].to_list()
    [1.0, nan, 3.0]
    """
    step = 1 if len(frame) < 2 else _step_or_gap(frame["period"])
    if step is None:
        raise DataError("the periods are of mixed length; bring the series to months, quarters or years first")
    twice = frame["period"].duplicated()
    if twice.any():
        raise DataError(f"the period {_month(frame.loc[twice, 'period'].iloc[0])} occurs twice; keep one row for each")
    first, last = frame["period"].min(), frame["period"].max()
    whole = pd.date_range(first, last, freq=pd.DateOffset(months=step), name="period")
    return frame.set_index("period").reindex(whole).reset_index()


def _step_or_gap(periods: pd.Series) -> int | None:
    found = frequency(pd.DatetimeIndex(periods))
    if found is not None:
        return found
    index = pd.DatetimeIndex(sorted(set(periods)))
    steps = np.diff(index.year * 12 + index.month)
    # Two rows alone, or few rows with gaps: any month is possible.
    return 1 if len(index) <= 3 and len(set(index.day)) == 1 and (steps > 0).all() else None


def check_series(
    frame: pd.DataFrame,
    *,
    change: Any | None = None,
    target: float | None = None,
    breaks: Iterable[tuple[Any, str]] = (),
    counts: bool = False,
) -> list[Finding]:
    """Look at one series for what would mislead a chart or a model.

    Parameters
    ----------
    frame
        ``period`` (timestamps), ``value``; optionally ``numerator`` and ``denominator``; in the order of the file.
    change
        Date of the interruption, if one is claimed.
    target
        Target in the unit of the values, if there is one.
    breaks
        Known changes of definition: date and words.
    counts
        Whether the values themselves are counts.

    Returns
    -------
    list of Finding
        In order of gravity. Names: ``order``, ``duplicate``, ``mixed frequency``, ``gap``, ``missing value``,
        ``no values``, ``zero denominator``, ``negative``, ``zero for missing``, ``change outside``, ``few points``,
        ``definition``, ``target``.

    Examples
    --------
    >>> months = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-04-01"])
    >>> [one.name for one in check_series(pd.DataFrame({"period": months, "value": [50.0, 0.0, 60.0]}), counts=True)]
    ['gap', 'zero for missing']
    """
    found: list[Finding] = []
    periods = pd.DatetimeIndex(frame["period"])
    if not periods.is_monotonic_increasing:
        late = int(np.argmax(np.diff(periods.asi8) < 0)) + 1
        found.append(
            Finding("order", "warn", f"the dates run backwards at {_month(periods[late])}; they are put in order here")
        )
    twice = periods[periods.duplicated()]
    if len(twice):
        found.append(Finding("duplicate", "stop", f"{_listed(twice)} occurs more than once; keep one row per period"))
    step = _step_or_gap(pd.Series(periods))
    if len(periods) >= 2 and step is None:
        found.append(
            Finding(
                "mixed frequency",
                "stop",
                "the steps between periods are neither all months, all quarters nor all years; bring them to one "
                "length",
            )
        )
    value = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    observed = periods[~np.isnan(value)]
    if not len(observed):
        found.append(Finding("no values", "stop", "no period has a value"))
        return found
    if step is not None and not len(twice):
        whole = pd.date_range(periods.min(), periods.max(), freq=pd.DateOffset(months=step))
        absent = whole.difference(periods)
        if len(absent):
            found.append(Finding("gap", "warn", f"{_listed(absent)} is not in the data; left as a gap, not filled"))
    unseen = periods[np.isnan(value)]
    if len(unseen):
        found.append(Finding("missing value", "warn", f"{_listed(unseen)} has no value; left out, not taken as zero"))
    found += _number_findings(frame, periods, value, counts=counts)
    if change is not None:
        found += _change_findings(observed, pd.Timestamp(change))
    for date, words in breaks:
        if observed.min() < pd.Timestamp(date) <= observed.max():
            found.append(Finding("definition", "warn", f"from {_month(date)}: {words}"))
    if target is not None and target < 0 <= np.nanmin(value):
        found.append(
            Finding(
                "target",
                "stop",
                f"the target {target:g} is negative but no value is; give it in the unit of the series",
            )
        )
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def _number_findings(
    frame: pd.DataFrame, periods: pd.DatetimeIndex, value: np.ndarray, *, counts: bool
) -> list[Finding]:
    found = []
    if "denominator" in frame:
        size = frame["denominator"].to_numpy(dtype=float, na_value=np.nan)
        if (size == 0).any():
            found.append(
                Finding(
                    "zero denominator", "warn", f"{_listed(periods[size == 0])} has a denominator of 0: no rate there"
                )
            )
    for column, matters in (("value", counts), ("numerator", True), ("denominator", True)):
        if column in frame and matters:
            numbers = frame[column].to_numpy(dtype=float, na_value=np.nan)
            if (numbers < 0).any():
                where = int(np.argmax(numbers < 0))
                found.append(
                    Finding(
                        "negative",
                        "stop",
                        f"column '{column}' is {numbers[where]:g} in {_month(periods[where])}; a count is 0 or more",
                    )
                )
    zeros = suspicious_zeros(value, counts=counts)
    if zeros.any():
        found.append(
            Finding(
                "zero for missing",
                "stop" if zeros.sum() > len(value) / 2 else "warn",
                f"{_listed(periods[zeros])} is exactly 0 while no other value comes near: a zero that stands for "
                "'not reported'? Replace it with an empty cell, or say that it is real",
            )
        )
    return found


def _change_findings(observed: pd.DatetimeIndex, change: pd.Timestamp) -> list[Finding]:
    if not observed.min() < change <= observed.max():
        return [
            Finding(
                "change outside",
                "stop",
                f"the change date {change.date()} lies outside the series ({_month(observed.min())} to "
                f"{_month(observed.max())})",
            )
        ]
    sides = {"before": int((observed < change).sum()), "after": int((observed >= change).sum())}
    found = []
    for side, points in sides.items():
        if points < WARN_BELOW:
            refuse = points < REFUSE_BELOW
            found.append(
                Finding(
                    "few points",
                    "stop" if refuse else "warn",
                    f"{points} points {side} the change; "
                    + (
                        f"at least {REFUSE_BELOW} are needed"
                        if refuse
                        else f"under {WARN_BELOW} the slope is weakly held"
                    ),
                )
            )
    return found


def suspicious_zeros(values: np.ndarray, *, counts: bool = False) -> np.ndarray:
    """Mark exact zeros that hardly belong to their series: likely a missing value stored as zero.

    Parameters
    ----------
    values
        One series; missing values are ignored.
    counts
        Counts are judged by size (usual value of 10 or more makes a true zero a 1 in 20,000 event); other values by
        shape (no other value falls below a quarter of the usual one).

    Returns
    -------
    numpy.ndarray of bool

    Examples
    --------
    >>> suspicious_zeros(np.array([0.81, 0.83, 0.0, 0.79, 0.8])).tolist()
    [False, False, True, False, False]
    >>> suspicious_zeros(np.array([0.0, 1.0, 0.0, 2.0, 1.0])).tolist()
    [False, False, False, False, False]
    """
    values = np.asarray(values, dtype=float)
    other = values[(values != 0) & ~np.isnan(values)]
    zeros = values == 0
    if not zeros.any() or len(other) < 2:
        return np.zeros(len(values), dtype=bool)
    usual = float(np.median(np.abs(other)))
    odd = usual >= ZERO_IMPROBABLE_ABOVE if counts else float(np.abs(other).min()) > ZERO_OUT_OF_LINE * usual
    whole_numbers = bool((other == np.round(other)).all())
    if not counts and whole_numbers and usual < ZERO_IMPROBABLE_ABOVE:
        odd = False
    return zeros & odd


def check_panel(frame: pd.DataFrame, *, unit: str, value: str, additive: bool = True) -> list[Finding]:
    """Look at a table of many units for a total row among them and for units that report zero where they mean nothing.

    Parameters
    ----------
    frame
        One row per unit and ``period``.
    unit, value
        Columns.
    additive
        Whether values add up over units (counts do, rates do not); only then can a total be known by its sum.

    Returns
    -------
    list of Finding
        Names: ``total row``, ``zero for missing``, ``duplicate``.

    Examples
    --------
    >>> table = pd.DataFrame({"period": ["2020-01"] * 3, "trust": ["A", "B", "TOTAL"], "seen": [4, 6, 10]})
    >>> check_panel(table, unit="trust", value="seen")[0].name
    'total row'
    """
    found = []
    twice = frame.duplicated(subset=[unit, "period"])
    if twice.any():
        row = frame[twice].iloc[0]
        found.append(
            Finding("duplicate", "stop", f"unit '{row[unit]}' has {row['period']} twice ({int(twice.sum())} in all)")
        )
    names = frame[unit].astype("str").str.strip()
    by_name = sorted(set(names[names.str.lower().isin(TOTAL_NAMES)]))
    by_sum = (
        [] if twice.any() or not additive else sorted(set(total_units(frame, unit=unit, value=value)) - set(by_name))
    )
    for name in by_name:
        found.append(Finding("total row", "warn", f"unit '{name}' is a total among the units; left out of sums"))
    for name in by_sum:
        found.append(
            Finding(
                "total row", "warn", f"unit '{name}' equals the sum of the others in every period; left out of sums"
            )
        )
    silent: list[tuple[str, pd.Index]] = []
    for name, rows in frame.groupby(unit, sort=True):
        zeros = suspicious_zeros(rows[value].to_numpy(dtype=float, na_value=np.nan), counts=additive)
        if zeros.any():
            silent.append((str(name), rows.loc[zeros, "period"]))
    if silent:
        cells = sum(len(periods) for _, periods in silent)
        shown = ", ".join(name for name, _ in silent[:14])
        first = min(str(min(periods))[:10] for _, periods in silent)
        found.append(
            Finding(
                "zero for missing",
                "warn",
                f"{len(silent)} units hold {cells} zeros far below anything else they report (from {first}): {shown}"
                + (" …" if len(silent) > 14 else "")
                + ". Zero stands for 'not reported'; taken as missing",
            )
        )
    return found


def total_units(frame: pd.DataFrame, *, unit: str, value: str) -> list[str]:
    """Return the units whose value equals the sum of all others in every period.

    Examples
    --------
    >>> table = pd.DataFrame({"period": [1, 1, 1, 2, 2, 2], "u": list("ABCABC"), "n": [1, 2, 3, 4, 5, 9]})
    >>> total_units(table, unit="u", value="n")
    ['C']
    """
    wide = frame.pivot(index="period", columns=unit, values=value).astype("float64")
    if wide.shape[1] < 3:
        return []
    whole = wide.sum(axis=1)
    found = []
    for name in wide.columns:
        own = wide[name]
        parts = whole - own.fillna(0)
        if own.notna().all() and (own > 0).all() and np.allclose(own, parts, rtol=TOTAL_TOLERANCE):
            found.append(str(name))
    return found
