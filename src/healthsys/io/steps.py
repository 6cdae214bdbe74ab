"""How long a period of a series is, from a day to a year, and where a series changes from one length to another."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError

#: Other years are typing errors, as are neighbours more years apart (a spreadsheet's empty date is 1900) and series of
#: more periods: 27 years of days make no chart that can be read.
FIRST_YEAR, LAST_YEAR, LONGEST_GAP_YEARS, MOST_PERIODS = 1800, 2100, 10, 10_000

#: A series has a step when at least this share of its neighbours are that far apart (working days have four of five);
#: so many equal longer steps in a row are periods of another length, and not gaps.
USUAL_SHARE, RUN_OF_LONGER = 0.5, 2

#: What periods are called that are so many months or days long, and how many days they are at least.
_MONTHS = {1: "months", 3: "quarters", 12: "years"}
_DAYS = {1: "days", 7: "weeks", **dict.fromkeys(range(28, 32), "months"), **dict.fromkeys(range(90, 93), "quarters")}
_SIZES = {"days": 1, "weeks": 7, "months": 30, "quarters": 91, "years": 365}


#: Text that sorts as its periods do where all of it is as long: year first, as in 2024-03-01, 2024-Q1 or 2023/24.
_SORTS = re.compile(r"\d{4}([-/ ]?[QW]?\d{1,2}){0,2}([T ]\d\d:.*)?")


@dataclass(frozen=True)
class Step:
    """Length of a period: its name, the offset from one to the next, how many make a year."""

    name: str
    offset: pd.DateOffset
    per_year: int

    @property
    def fine(self) -> bool:
        """Whether a period needs its day to be named (weeks and days)."""
        return self.per_year > 12


STEPS = {
    "day": Step("day", pd.DateOffset(days=1), 365),
    "week": Step("week", pd.DateOffset(days=7), 52),
    "month": Step("month", pd.DateOffset(months=1), 12),
    "quarter": Step("quarter", pd.DateOffset(months=3), 4),
    "year": Step("year", pd.DateOffset(months=12), 1),
}


def label_of(period: Any, step: Step | None = None) -> str:
    """Name a period in a message: by its month, or by its day where it is a week or a day.

    >>> label_of("2020-04-01"), label_of("2020-04-01", STEPS["week"]), label_of("2020-04-17")
    ('2020-04', '2020-04-01', '2020-04-17')
    """
    day = pd.Timestamp(period)
    return f"{day:%Y-%m}" if day.day == 1 and not (step and step.fine) else f"{day:%Y-%m-%d}"


def refuse_text(periods: pd.Series, *, name: str) -> None:
    """Raise if periods are text that is in another order than they are: as text, "10" comes before "9".

    >>> refuse_text(pd.Series(["2024-02-01", "2024-03-01"]), name="month")
    """
    if isinstance(periods.dtype, pd.CategoricalDtype) and periods.cat.ordered:
        return
    words = periods.map(lambda one: len(one) if isinstance(one, str) else 0).to_numpy()
    usual = words[words > 0][:1]
    for place in np.flatnonzero(words):
        if words[place] != usual or not _SORTS.fullmatch(periods.iloc[place]):
            raise DataError(
                f"column '{name}', row {place + 2}: '{periods.iloc[place]}' is text that cannot be put in order; "
                "allowed: dates, numbers, or text such as 2024-03-01, all of one length"
            )


def _dates(periods: Iterable[Any]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(sorted(set(periods)))


def _days_apart(index: pd.DatetimeIndex) -> np.ndarray:
    return np.diff(index.to_numpy().astype("datetime64[D]").astype(int))


def _months_apart(index: pd.DatetimeIndex) -> np.ndarray:
    return np.diff(index.year * 12 + index.month)


def _longer_run(apart: np.ndarray, smallest: int, longer: Iterable[int]) -> bool:
    """Whether several equal longer steps follow each other: then the periods have another length from there on."""
    runs = [(size, len(list(same))) for size, same in groupby(apart.tolist())]
    return any(size in longer and size != smallest and length >= RUN_OF_LONGER for size, length in runs)


def step_of(periods: Iterable[Any]) -> Step | None:
    """Return the step of a series, or None when its periods are of mixed length.

    A step that is a whole multiple of the smallest is a gap, not a mixture, unless several equal ones follow each
    other. Up to three periods with gaps between them are taken as months, on whichever day of the month they are.

    >>> step_of(pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-05-01"])).name
    'month'
    >>> step_of(pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-03-01", "2020-06-01", "2020-09-01"])) is None
    True
    >>> step_of(pd.bdate_range("2023-01-02", periods=20)).name
    'day'
    """
    index = _dates(periods)
    if len(index) < 2:
        return STEPS["month"]
    if len(set(index.day)) == 1 and index[0].day <= 28:  # from the 29th on February would not have it
        apart = _months_apart(index)
        values, counts = np.unique(apart, return_counts=True)
        size = int(values[0])
        usual = size in _MONTHS and counts.argmax() == 0 and not (apart % size).any()
        if usual and not _longer_run(apart, size, (3, 12)):
            return STEPS[_MONTHS[size][:-1]]
        if len(index) <= 3:
            return STEPS["month"]
    days = _days_apart(index)
    for name, size, longer in (("week", 7, (28, 35)), ("day", 1, (7, 14, 28, 29, 30, 31))):
        fits = days.min() == size and not (days % size).any() and (days == size).mean() >= USUAL_SHARE
        if fits and not _longer_run(days, size, longer):
            return STEPS[name]
    return None


def mixture(periods: Iterable[Any]) -> str | None:
    """Say where a series changes the length of its periods, or None where it does not.

    >>> months, quarters = pd.date_range("2023-01-01", periods=6, freq="MS"), ["2023-07-01", "2023-10-01", "2024-01-01"]
    >>> mixture(pd.to_datetime([*months, *quarters]))[:72]
    'months until 2023-06, quarters from 2023-07 on; bring them to one length'
    """
    index = _dates(periods)
    if len(index) < 2 or step_of(index) is not None:
        return None
    days, counts = np.unique(index.day, return_counts=True)
    usual = int(days[counts.argmax()])
    odd = index[index.day != usual]
    if len(odd) and counts.max() > len(index) / 2:
        return (
            f"{odd[0]:%Y-%m-%d} does not fit: most dates are on day {usual} of a month. Correct it, or give one date "
            "for each period"
        )
    steps, names, unit = (_days_apart(index), _DAYS, "days") if len(odd) else (_months_apart(index), _MONTHS, "months")
    if len(set(steps)) == 1:
        allowed = "days, weeks, months, quarters or years. Add up to one of these"
        return f"the periods are {steps[0]} {unit} apart; allowed: {allowed}"
    words = [names.get(int(step), f"steps of {step} {unit}") for step in steps]
    # Each side of a change holds the more of its own length: the split that explains the most steps is named.
    best = max(range(1, len(steps)), key=lambda place: (_most(words[:place]) + _most(words[place:]), place))
    before, after = (max(side, key=side.count) for side in (words[:best], words[best:]))
    if before == after:
        first = next(place for place, word in enumerate(words) if word != before)
        return (
            f"{words[first]} between {label_of(index[first])} and {label_of(index[first + 1])} among {before}; bring "
            "the periods to one length, or correct the dates"
        )
    until, since = label_of(index[best - 1]), label_of(index[best])
    said = f"{before} until {until}, {after} from {since} on; bring them to one length"
    if before in _SIZES and after in _SIZES:
        said += f". If {min((before, after), key=_SIZES.get)} are only missing, add a row without a value for each"
    return said


def _most(words: list[str]) -> int:
    return max(Counter(words).values(), default=0)


def impossible_dates(periods: Iterable[Any]) -> str | None:
    """Say which date belongs to no series, or None: a year that cannot be, a leap of many years, too many periods."""
    index, remedy = _dates(periods), "Correct the date, or leave the row out"
    wrong = index[(index.year < FIRST_YEAR) | (index.year > LAST_YEAR)]
    if len(wrong):
        return f"{label_of(wrong[0])} has a year that cannot be; allowed: {FIRST_YEAR} to {LAST_YEAR}. {remedy}"
    if len(index) < 2:
        return None
    years = np.diff(index.year + (index.day_of_year - 1) / 366)
    if years.max() > LONGEST_GAP_YEARS:
        place = int(years.argmax())
        low, high = label_of(index[place]), label_of(index[place + 1])
        odd, way, other = (low, "before", high) if place + 1 <= len(index) / 2 else (high, "after", low)
        said = f"{odd} is {years.max():.0f} years {way} its neighbour {other}"
        return f"{said}; allowed: up to {LONGEST_GAP_YEARS}. {remedy}"
    step = step_of(index)
    count = (index[-1] - index[0]).days / (1 if step is None else 365 / step.per_year)
    if count > MOST_PERIODS:
        return (
            f"{label_of(index[0])} to {label_of(index[-1])} are {count:,.0f} periods; allowed: up to {MOST_PERIODS:,}. "
            "Shorten the series, or add up to longer periods"
        )
    return None


def regular(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort a series and put in the periods that are missing, without values: one row from the first to the last.

    Raises
    ------
    DataError
        If the frequency is mixed, a period occurs twice, or a date cannot be.

    Examples
    --------
    >>> rows = pd.DataFrame({"period": pd.to_datetime(["2020-03-01", "2020-01-01"]), "value": [3.0, 1.0]})
    >>> regular(rows)["value"].to_list()
    [1.0, nan, 3.0]
    """
    wrong = impossible_dates(frame["period"])
    if wrong:
        raise DataError(f"the date {wrong}")
    step = step_of(frame["period"])
    if step is None:
        said = str(mixture(frame["period"]))
        raise DataError(said if said.startswith("the periods are") else f"the periods are of mixed length: {said}")
    twice = frame["period"].duplicated()
    if twice.any():
        shown = label_of(frame.loc[twice, "period"].iloc[0], step)
        raise DataError(f"the period {shown} occurs twice; keep one row for each")
    whole = pd.date_range(frame["period"].min(), frame["period"].max(), freq=step.offset, name="period")
    return frame.set_index("period").reindex(whole).reset_index()


def from_ends(table: pd.DataFrame, *, by: Iterable[str] = ()) -> pd.DataFrame:
    """Read dates that are all the last day of a month as the period that ends there, by its first day.

    A month end is read as its month; where the periods of a series are quarters or years, as the quarter or year that
    ends then. Series with any other date come back as they are. ``by`` are the columns that tell the series apart.

    >>> rows = pd.DataFrame({"period": pd.to_datetime(["2021-06-30", "2021-09-30", "2021-12-31"])})
    >>> from_ends(rows)["period"].dt.strftime("%Y-%m-%d").to_list()
    ['2021-04-01', '2021-07-01', '2021-10-01']
    """
    if table.empty:
        return table
    ends, columns = table["period"], list(by)
    series = table.groupby(columns, sort=False).ngroup() if columns else pd.Series(0, index=table.index)
    last = (ends + pd.Timedelta(days=1)).dt.day.eq(1)
    moving = last.groupby(series).transform("all") & (ends.groupby(series).transform("nunique") > 1)
    if not moving.any():
        return table
    months = (ends.dt.year * 12 + ends.dt.month).sort_values()
    steps = months.groupby(series.reindex(months.index)).diff()
    smallest = steps.where(steps > 0).groupby(series.reindex(months.index)).transform("min").reindex(table.index)
    back = smallest.where(smallest.isin(list(_MONTHS)), 1).astype(int) - 1
    starts = (ends.dt.to_period("M").astype("int64") - back).to_numpy()
    moved = pd.Series(pd.PeriodIndex.from_ordinals(starts, freq="M").to_timestamp(), index=table.index)
    changed = table.assign(period=moved.astype(ends.dtype).where(moving, ends))
    changed.attrs = table.attrs
    return changed
