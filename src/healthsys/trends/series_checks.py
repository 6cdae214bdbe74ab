"""A look at the series before any model: what would make a step that is not there, each by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.trends import steps, values
from healthsys.trends.interrupted import REFUSE_BELOW, WARN_BELOW
from healthsys.trends.steps import frequency, regular

__all__ = [
    "Finding",
    "as_table",
    "check_panel",
    "check_series",
    "frequency",
    "regular",
    "require",
    "suspicious_zeros",
    "total_units",
]

#: What a finding does: ends the analysis, is said beside the result, or is only noted.
SEVERITIES = ("stop", "warn", "note")

#: Names under which a file's own total hides among its units.
TOTAL_NAMES = ("total", "england", "nan", "all", "grand total", "wales", "overall")

#: A zero is improbable where the usual value of the unit is this high (a Poisson count of zero: 1 in 20,000).
ZERO_IMPROBABLE_ABOVE = 10.0

#: A zero is out of line where the smallest other value is above this share of the usual one.
ZERO_OUT_OF_LINE = 0.25

#: A first or last period below this share of every other one may be part of a period: three weeks of a month are 0.7.
PART_OF_PERIOD = 0.75

#: A first or last period above this many times every other one may be several periods added up.
SEVERAL_PERIODS = 2.0

#: How many usual differences between neighbours (as standard deviations) the edge must be away from all others.
EDGE_SPREADS = 3.0

#: Mean moving range over the standard deviation, for two neighbours of a normal distribution (the control-chart d2).
MOVING_RANGE_D2 = 1.128

#: Fewest other periods from which "all others" means anything.
EDGE_FEWEST = 6

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


def _listed(periods: Iterable[Any], step: steps.Step | None = None, most: int = 6) -> str:
    names = [steps.label_of(period, step) for period in periods]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_series(
    frame: pd.DataFrame,
    *,
    change: Any | None = None,
    target: float | None = None,
    breaks: Iterable[tuple[Any, str]] = (),
    counts: bool = False,
    indicator: str = "",
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
    indicator
        Name of the indicator, which says whether it is a share or may be negative.

    Returns
    -------
    list of Finding
        In order of gravity. Names: ``order``, ``duplicate``, ``impossible date``, ``mixed frequency``, ``gap``,
        ``missing value``, ``no values``, ``zero denominator``, those of :func:`healthsys.trends.values.faults`,
        ``zero for missing``, ``first period``, ``last period``, ``change outside``, ``few points``, ``definition``,
        ``days of the week``, ``target``.

    Examples
    --------
    >>> months = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-04-01"])
    >>> [one.name for one in check_series(pd.DataFrame({"period": months, "value": [50.0, 0.0, 60.0]}), counts=True)]
    ['gap', 'zero for missing']
    """
    found: list[Finding] = []
    periods = pd.DatetimeIndex(frame["period"])
    wrong = steps.impossible_dates(periods)
    if wrong:
        return [Finding("impossible date", "stop", wrong)]
    step = steps.step_of(periods)
    if not periods.is_monotonic_increasing:
        late = steps.label_of(periods[int(np.argmax(np.diff(periods.asi8) < 0)) + 1], step)
        found.append(Finding("order", "warn", f"the dates run backwards at {late}; they are put in order here"))
    twice = periods[periods.duplicated()]
    if len(twice):
        found.append(
            Finding("duplicate", "stop", f"{_listed(twice, step)} occurs more than once; keep one row per period")
        )
    if step is None:
        found.append(Finding("mixed frequency", "stop", str(steps.mixture(periods))))
    value = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    observed = periods[~np.isnan(value)]
    if not len(observed):
        found.append(Finding("no values", "stop", "no period has a value"))
        return found
    if step is not None and not len(twice):
        whole = pd.date_range(periods.min(), periods.max(), freq=step.offset)
        absent = whole.difference(periods)
        if len(absent):
            found.append(
                Finding("gap", "warn", f"{_listed(absent, step)} is not in the data; left as a gap, not filled")
            )
    unseen = periods[np.isnan(value)]
    if len(unseen):
        found.append(
            Finding("missing value", "warn", f"{_listed(unseen, step)} has no value; left out, not taken as zero")
        )
    found += _number_findings(frame, periods, value, step, counts=counts, indicator=indicator)
    if not values.is_share(indicator) and not _has_ratio(frame):
        found += _edge_findings(periods, value, step)
    if change is not None:
        found += _change_findings(observed, pd.Timestamp(change), step)
        if step is steps.STEPS["day"]:
            says = "the model has no term for the day of the week; add the days up to weeks before you rely on it"
            found.append(Finding("days of the week", "warn", says))
    for date, words in breaks:
        if observed.min() < pd.Timestamp(date) <= observed.max():
            found.append(Finding("definition", "warn", f"from {steps.label_of(date, step)}: {words}"))
    if target is not None and target < 0 <= np.nanmin(value):
        found.append(
            Finding(
                "target",
                "stop",
                f"the target {target:g} is negative but no value is; give it in the unit of the series",
            )
        )
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def _has_ratio(frame: pd.DataFrame) -> bool:
    return "denominator" in frame and bool(frame["denominator"].notna().any())


def _number_findings(
    frame: pd.DataFrame,
    periods: pd.DatetimeIndex,
    value: np.ndarray,
    step: steps.Step | None,
    *,
    counts: bool,
    indicator: str,
) -> list[Finding]:
    found = []
    if "denominator" in frame:
        size = frame["denominator"].to_numpy(dtype=float, na_value=np.nan)
        if (size == 0).any():
            says = f"{_listed(periods[size == 0], step)} has a denominator of 0: no rate there, so left out"
            found.append(Finding("zero denominator", "warn", says))
    faults = values.faults(frame, indicator=indicator)
    for one in faults:
        where = periods[one.positions]
        number = f"{frame[one.column].iloc[one.positions[0]]:.10g}"
        said = f"column '{one.column}' is {number} in {steps.label_of(where[0], step)}: {one.says}"
        more = f" ({len(where)} such periods)" if len(where) > 1 else ""
        found.append(Finding(one.name, one.severity, f"{said}{more}; allowed: {one.allowed}"))
    if counts and (value < 0).any() and not any(one.name in ("negative", "code for missing") for one in faults):
        where = int(np.argmax(value < 0))
        said = f"column 'value' is {value[where]:g} in {steps.label_of(periods[where], step)}; a count is 0 or more"
        found.append(Finding("negative", "stop", said))
    zeros = suspicious_zeros(value, counts=counts)
    if zeros.any():
        found.append(
            Finding(
                "zero for missing",
                "stop" if zeros.sum() > len(value) / 2 else "warn",
                f"{_listed(periods[zeros], step)} is exactly 0 while no other value comes near: a zero that stands for "
                "'not reported'? Replace it with an empty cell, or say that it is real",
            )
        )
    return found


def _edge_findings(periods: pd.DatetimeIndex, value: np.ndarray, step: steps.Step | None) -> list[Finding]:
    """See whether the first or last period is far below or above all others: part of a period, or several added up."""
    order = np.argsort(periods.to_numpy(), kind="stable")
    known = order[~np.isnan(value[order])]
    found = []
    name = step.name if step else "period"
    for edge, place, rest in (("first", known[0], known[1:]), ("last", known[-1], known[:-1])):
        others = value[rest]
        if len(others) < EDGE_FEWEST or others.min() <= 0:
            continue
        spread = EDGE_SPREADS * float(np.abs(np.diff(others)).mean()) / MOVING_RANGE_D2
        low, high, one = float(others.min()), float(others.max()), float(value[place])
        shown = f"{steps.label_of(periods[place], step)} ({one:,.6g}) is far"
        remedy = f"Leave it out with '{edge}', or keep it if it is a whole {name}"
        if one == 0:
            continue  # a zero that stands for missing has its own name
        if one < PART_OF_PERIOD * low and low - one > spread:
            says = f"{shown} below all others (lowest {low:,.6g}): part of a {name}? {remedy}"
            found.append(Finding(f"{edge} period", "warn", says))
        elif one > SEVERAL_PERIODS * high and one - high > spread:
            says = f"{shown} above all others (highest {high:,.6g}): several {name}s added up? {remedy}"
            found.append(Finding(f"{edge} period", "warn", says))
    return found


def _change_findings(observed: pd.DatetimeIndex, change: pd.Timestamp, step: steps.Step | None) -> list[Finding]:
    if not observed.min() < change <= observed.max():
        return [
            Finding(
                "change outside",
                "stop",
                f"the change date {change.date()} lies outside the series ({steps.label_of(observed.min(), step)} "
                f"to {steps.label_of(observed.max(), step)})",
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
