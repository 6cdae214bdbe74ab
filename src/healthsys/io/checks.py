"""A look at a series before any model: what would make a step that is not there, each problem by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.io import steps, values

#: What a problem does: ends the analysis, is said next to the result, or is only noted.
SEVERITIES = ("stop", "warn", "note")

#: Names under which a file's own total hides among its units.
TOTAL_NAMES = ("total", "england", "nan", "all", "grand total", "wales", "overall")

#: How a total or an average of other rows is called: by a word at the end ("ICS total", "5 Total") or at the start
#: ("Total FTE", "All trusts", "Mean hourly pay"); "All Saints" and "Total Knee Unit" are names.
_SUMS = r"(?:sub|grand|overall)?[- ]?(?:totals?|totaal|subtotaal|gesamt)"
_WHOLES = (
    r"(?:(?:of|for|over)? ?(?:all|the|both|our|above|whole|\d+)? ?)?(?:fte|wte|counts?|numbers?|headcount|staff|"
    r"employees|people|persons|patients|cases|pay|hours|rows?|trusts?|sites?|hospitals?|wards?|units?|providers?|practices|teams?|"
    r"departments?|organi[sz]ations?|services?|boards?|bodies|areas|districts|regions?|system|groups?|bands?|ics|icb)"
)
_STATISTIC = r"(?:mean|median|average|avg|sum|total|count|minimum|maximum|std\.? ?dev|standard deviation)"
_PEOPLE = r"(?:women|men|females?|males?|staff|employees|people|employers)"
_TOTAL_NAME = re.compile(
    rf"(?:.*\W)?{_SUMS}(?:\W+n?\W*[\d,]+)?|(?:totals?|totaal|gesamt|sum)\W+(?:(?:for|of) .*|{_WHOLES}|all)"
    rf"|(?:grand|overall) (?:average|mean|sum|count)|{_STATISTIC}(?: of)?(?: \w+){{0,2}} "
    rf"(?:pay|rate|salary|scores?|earnings|bonus|hours|age)(?:\W+(?:of|for)?\W*(?:all )?{_PEOPLE})?"
    rf"|{_STATISTIC}\W+(?:of|for|over) (?:all|the above|{_PEOPLE}|.* rows)(?: .*)?|{_STATISTIC}\W+{_PEOPLE}"
    r"|avg|std\.? ?dev|st\.? ?dev|standard deviation|summe|gesamtsumme|durchschnitt|mittelwert|moyenne|somme|promedio|"
    r"gemiddelde|(?:[1-9]\d*|\d{1,3}(?:,\d{3})+) (?:employees|staff|people|persons|employers|rows|records)"
)
_ALL_NAME = re.compile(rf"all|overall|everyone|everybody|whole \w+|all\W+(?:{_WHOLES}|above|together|combined)")

#: With so many periods or more, a unit that is the sum of the others in this share of them is a total all the same: a
#: unit may lack a row, or one number be corrected later.
TOTAL_FEWEST, TOTAL_SHARE = 6, 0.8

#: A target so many times larger than every value, or smaller, is probably in another unit.
TARGET_FAR = 20.0

#: Points on each side of a change below which a level and a slope are not fitted, or are uncertain.
REFUSE_BELOW, WARN_BELOW = 3, 8

#: A zero means missing where the usual count is this high (a Poisson count of zero: 1 in 20,000) or, of other
#: values, where the smallest other one is above this share of the usual one.
ZERO_IMPROBABLE_ABOVE, ZERO_OUT_OF_LINE = 10.0, 0.25

#: A first or last period is named below this share of every other one (three weeks of a month are 0.7) or above this
#: many times every other one, if it is so many usual differences between neighbours (as standard deviations: the mean
#: moving range over d2 of the control chart) away from all of them, and there are so many others.
PART_OF_PERIOD, SEVERAL_PERIODS, EDGE_SPREADS, EDGE_FEWEST, MOVING_RANGE_D2 = 0.75, 2.0, 3.0, 6, 1.128

#: A value is named that is so many times the median of its neighbours, so many on each side, or that share of it, and
#: as far from every other value as twice the highest or half the lowest: a code, a date, a digit too many.
FAR_TIMES, FAR_NEIGHBOURS, FAR_FEWEST = 8.0, 4, 8

#: Two units agree as total and parts when they differ by less than this share.
TOTAL_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Problem:
    """One thing seen in a series: its name, how grave it is (``SEVERITIES``), what and where."""

    name: str
    severity: str
    says: str


def as_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Lay out problems for a page; one row says so when nothing was found.

    >>> as_table([])["result"].to_list()
    ['no problems found']
    """
    rows = [(one.name, one.severity, one.says) for one in problems]
    nothing = [("all checks", "continue", "no problems found")]
    return pd.DataFrame(rows or nothing, columns=["check", "action", "result"])


def require(problems: Iterable[Problem], *, label: str = "the series") -> None:
    """Raise every problem that stops an analysis, together, as one :class:`~healthsys.errors.DataError`."""
    fatal = [f"{label}: {one.name}: {one.says}" for one in problems if one.severity == "stop"]
    if fatal:
        raise DataError("\n".join([*fatal, "Correct this and try again; nothing was written"]))


def _listed(periods: Iterable[Any], step: steps.Step | None = None, most: int = 6) -> str:
    names = [steps.label_of(period, step) for period in periods]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_series(
    frame: pd.DataFrame, *, change: Any | None = None, target: float | None = None,
    breaks: Iterable[tuple[Any, str]] = (), counts: bool = False, indicator: str = "",
) -> list[Problem]:
    """Look at one series for what would mislead a chart or a model.

    Parameters
    ----------
    frame
        ``period`` (timestamps), ``value``; optionally ``numerator`` and ``denominator``; in the order of the file.
    change, target
        Date of an interruption and target in the unit of the values, if there are any.
    breaks
        Known changes of definition: date and note.
    counts, indicator
        Whether the values are counts; the name, which says whether they are shares or may be negative.

    Returns
    -------
    list of Problem
        The gravest first. Names: ``order``, ``duplicate``, ``impossible date``, ``mixed frequency``, ``gap``,
        ``missing value``, ``no values``, ``future``, ``zero denominator``, those of ``faults``, ``zero for missing``,
        ``first period``, ``last period``, ``far value``, ``change outside``, ``few points``, ``definition``, ``days of
        the week``, ``target``.

    Examples
    --------
    >>> months = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-04-01"])
    >>> [one.name for one in check_series(pd.DataFrame({"period": months, "value": [50.0, 0.0, 60.0]}), counts=True)]
    ['gap', 'zero for missing']
    """
    found: list[Problem] = []

    def add(name: str, severity: str, says: str) -> None:
        found.append(Problem(name, severity, says))

    periods = pd.DatetimeIndex(frame["period"])
    wrong = steps.impossible_dates(periods)
    if wrong:
        return [Problem("impossible date", "stop", wrong)]
    step = steps.step_of(periods)
    if not periods.is_monotonic_increasing:
        late = steps.label_of(periods[int(np.argmax(np.diff(periods.asi8) < 0)) + 1], step)
        add("order", "warn", f"the dates run backwards at {late}; here they are sorted")
    twice = periods[periods.duplicated()]
    if len(twice):
        add("duplicate", "stop", f"{_listed(twice, step)} occurs more than once; keep one row per period")
    if step is None:
        add("mixed frequency", "stop", str(steps.mixture(periods)))
    value = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    observed, unseen = periods[~np.isnan(value)], periods[np.isnan(value)]
    if not len(observed):
        add("no values", "stop", "no period has a value")
        return found
    if step is not None and not len(twice):
        absent = pd.date_range(periods.min(), periods.max(), freq=step.offset).difference(periods)
        if len(absent):
            add("gap", "warn", f"{_listed(absent, step)} is not in the data; left as a gap, not filled")
    if len(unseen):
        add("missing value", "warn", f"{_listed(unseen, step)} has no value; it is excluded, not counted as zero")
    later = observed[observed > pd.Timestamp.today()].sort_values()
    if len(later):
        count = f" ({len(later)} such periods with a value)" if len(later) > 1 else ""
        says = f"{steps.label_of(later[0], step)} is after today{count}: a forecast, a plan or a mistake in the date?"
        add("future", "warn", f"{says} Exclude what was not observed with 'last'")
    size = frame["denominator"].to_numpy(dtype=float, na_value=np.nan) if "denominator" in frame else np.array([])
    if (size == 0).any():
        says = f"{_listed(periods[size == 0], step)} has a denominator of 0, so no rate; it is excluded"
        add("zero denominator", "warn", says)
    found += _value_problems(frame, value, step, counts=counts, indicator=indicator)
    if not values.is_share(indicator) and not (~np.isnan(size)).any():
        found += _edge_problems(periods, value, step)
    found += _far_problems(periods, value, step)
    if change is not None:
        found += _change_problems(observed, pd.Timestamp(change), step)
    if step is steps.STEPS["day"]:
        says = "the model has no term for the day of the week; add up days to weeks before you use the result"
        add("days of the week", "warn", says if change is not None else says.replace("model", "chart"))
    for date, words in breaks:
        if observed.min() < pd.Timestamp(date) <= observed.max():
            add("definition", "warn", f"from {steps.label_of(date, step)}: {words}")
    if target is not None and target < 0 <= np.nanmin(value):
        says = f"the target {target:g} is negative but no value is; give it in the unit of the series"
        add("target", "stop", says)
    sizes = np.abs(value[~np.isnan(value) & (value != 0)])
    if target and len(sizes) and not sizes.min() / TARGET_FAR <= abs(target) <= sizes.max() * TARGET_FAR:
        says = f"the target {target:g} is far from all values ({np.nanmin(value):g} to {np.nanmax(value):g})"
        add("target", "warn", f"{says}; is it in the unit of the series?")
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def _value_problems(
    frame: pd.DataFrame, value: np.ndarray, step: steps.Step | None, *, counts: bool, indicator: str
) -> list[Problem]:
    """Name cells that cannot be, negative counts, and zeros that mean missing."""
    periods = pd.DatetimeIndex(frame["period"])
    found = []
    for one in values.faults(frame, indicator=indicator):
        where = periods[one.positions]
        number = f"{frame[one.column].iloc[one.positions[0]]:.10g}"
        said = f"column '{one.column}' is {number} in {steps.label_of(where[0], step)}: {one.each[0]}"
        more = f" ({len(where)} such periods)" if len(where) > 1 else ""
        found.append(Problem(one.name, one.severity, f"{said}{more}; allowed: {one.allowed}"))
    if counts and (value < 0).any() and not any(one.name in ("negative", "code for missing") for one in found):
        where = int(np.argmax(value < 0))
        said = f"column 'value' is {value[where]:g} in {steps.label_of(periods[where], step)}; a count is 0 or more"
        found.append(Problem("negative", "stop", said))
    zeros = suspicious_zeros(value, counts=counts)
    if zeros.any():
        says = (
            f"{_listed(periods[zeros], step)} is exactly 0 and no other value is near 0: does zero mean "
            "'not reported'? If so, replace it with an empty cell"
        )
        found.append(Problem("zero for missing", "stop" if zeros.sum() > len(value) / 2 else "warn", says))
    return found


def _edge_problems(periods: pd.DatetimeIndex, value: np.ndarray, step: steps.Step | None) -> list[Problem]:
    """See whether the first or last period is far below or above all others: part of a period, or several added up."""
    order = np.argsort(periods.to_numpy(), kind="stable")
    known = order[~np.isnan(value[order])]
    found, name = [], step.name if step else "period"
    for edge, place, rest in (("first", known[0], known[1:]), ("last", known[-1], known[:-1])):
        others, one = value[rest], float(value[place])
        if len(others) < EDGE_FEWEST or others.min() <= 0 or one == 0:
            continue
        spread = EDGE_SPREADS * float(np.abs(np.diff(others)).mean()) / MOVING_RANGE_D2
        low, high = float(others.min()), float(others.max())
        if one < PART_OF_PERIOD * low and low - one > spread:
            says = f"below all others (lowest {low:,.6g}): part of a {name}?"
        elif one > SEVERAL_PERIODS * high and one - high > spread:
            says = f"above all others (highest {high:,.6g}): several {name}s added up?"
        else:
            continue
        says = f"{steps.label_of(periods[place], step)} ({one:,.6g}) is far {says}"
        remedy = f"Exclude it with '{edge}', or keep it if it is a complete {name}"
        found.append(Problem(f"{edge} period", "warn", f"{says} {remedy}"))
    return found


def _far_problems(periods: pd.DatetimeIndex, value: np.ndarray, step: steps.Step | None) -> list[Problem]:
    """Name one value that is far from its neighbours and from all others: first and last periods are seen elsewhere."""
    order = np.argsort(periods.to_numpy(), kind="stable")
    known = order[value[order] > 0]
    sizes = value[known]
    if len(sizes) < FAR_FEWEST or (value < 0).any():
        return []
    small = bool((sizes == np.round(sizes)).all()) and float(np.median(sizes)) < ZERO_IMPROBABLE_ABOVE
    found = []
    for place in range(1, len(sizes) - 1):
        near = np.r_[sizes[max(place - FAR_NEIGHBOURS, 0) : place], sizes[place + 1 : place + 1 + FAR_NEIGHBOURS]]
        others, times = np.delete(sizes, place), sizes[place] / float(np.median(near))
        alone = sizes[place] > FAR_TIMES / 2 * max(sizes[place - 1], sizes[place + 1])  # and no wave
        high = times >= FAR_TIMES and alone and sizes[place] > SEVERAL_PERIODS * others.max()
        low = times <= 1 / FAR_TIMES and SEVERAL_PERIODS * sizes[place] < others.min()
        if (high or low) and not small:
            said = f"{times:,.0f} times" if high else f"1/{1 / times:,.0f} of"
            when = steps.label_of(periods[known[place]], step)
            says = f"{when} ({sizes[place]:,.10g}) is {said} its neighbours' median"
            remedy = "a code, a date or a slip of the decimal point? Correct it, or exclude it with 'exclude'"
            found.append(Problem("far value", "warn", f"{says}, {float(np.median(near)):,.6g}: {remedy}"))
    return found


def _change_problems(observed: pd.DatetimeIndex, change: pd.Timestamp, step: steps.Step | None) -> list[Problem]:
    if not observed.min() < change <= observed.max():
        span = f"{steps.label_of(observed.min(), step)} to {steps.label_of(observed.max(), step)}"
        says = f"the change date {change.date()} is outside the series ({span})"
        return [Problem("change outside", "stop", says)]
    found = []
    for side, points in (("before", int((observed < change).sum())), ("after", int((observed >= change).sum()))):
        severity, says = "stop", f"at least {REFUSE_BELOW} are needed"
        if points >= REFUSE_BELOW:
            severity, says = "warn", f"with fewer than {WARN_BELOW} the slope is uncertain"
        if points < WARN_BELOW:
            found.append(Problem("few points", severity, f"{points} points {side} the change; {says}"))
    return found


def suspicious_zeros(values: np.ndarray, *, counts: bool = False) -> np.ndarray:
    """Mark exact zeros that hardly belong to their series: likely a missing value stored as zero.

    Counts are judged by size (a usual value of 10 or more), other values by shape (no other one falls below a quarter
    of the usual one).

    >>> suspicious_zeros(np.array([0.81, 0.83, 0.0, 0.79, 0.8])).tolist()
    [False, False, True, False, False]
    """
    values = np.asarray(values, dtype=float)
    other = values[(values != 0) & ~np.isnan(values)]
    zeros = values == 0
    if not zeros.any() or len(other) < 2:
        return np.zeros(len(values), dtype=bool)
    usual = float(np.median(np.abs(other)))
    odd = usual >= ZERO_IMPROBABLE_ABOVE if counts else float(np.abs(other).min()) > ZERO_OUT_OF_LINE * usual
    if not counts and bool((other == np.round(other)).all()) and usual < ZERO_IMPROBABLE_ABOVE:
        odd = False
    return zeros & odd


def names_total(name: object) -> bool:
    """Say whether a name is that of a total or an average of other rows, whatever is around the word.

    >>> [names_total(name) for name in ("ICS total", "*Total*", "5 Total", "Total FTE", "Mean hourly pay")]
    [True, True, True, True, True]
    >>> [names_total(name) for name in ("Median pay women", "Average of all", "Std dev", "300 employees")]
    [True, True, True, True]
    >>> [names_total(name) for name in ("Total Knee Unit", "Mean Lane Clinic", "Above average")]
    [False, False, False]
    """
    return bool(_TOTAL_NAME.fullmatch(_name(name)))


def names_all(name: object) -> bool:
    """Say whether a name is that of all units together; a person may work in "All wards" too.

    >>> [names_all(name) for name in ("All", "All trusts", "Overall", "All Saints Ward")]
    [True, True, True, False]
    """
    return bool(_ALL_NAME.fullmatch(_name(name)))


def _name(name: object) -> str:
    return " ".join(re.sub(r"[\s_()\[\]:*#]", " ", str(name)).strip(" -–—.=").casefold().split())


def total_units(frame: pd.DataFrame, *, unit: str, value: str, by: str | list[str] = "period") -> list[str]:
    """Return the units whose value equals the sum of all others in every period, or in nearly all of many.

    >>> table = pd.DataFrame({"period": [1, 1, 1, 2, 2, 2], "u": list("ABCABC"), "n": [1, 2, 3, 4, 5, 9]})
    >>> total_units(table, unit="u", value="n")
    ['C']
    """
    wide = frame.pivot(index=by, columns=unit, values=value).astype("float64")
    if wide.shape[1] < 3:
        return []
    whole = wide.sum(axis=1)
    return [str(name) for name, own in wide.items() if _is_total(own.to_numpy(), (whole - own.fillna(0)).to_numpy())]


def _is_total(own: np.ndarray, others: np.ndarray) -> bool:
    agree = (own > 0) & np.isclose(own, others, rtol=TOTAL_TOLERANCE)
    counted = (own > 0) | (others > 0)
    enough = counted.sum() >= TOTAL_FEWEST and agree.sum() >= TOTAL_SHARE * counted.sum()
    return bool(agree.all() or enough)
