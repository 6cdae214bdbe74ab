"""How people write numbers and periods: what is read as what, what counts as missing, and what is ambiguous."""

import re
from collections.abc import Callable

import pandas as pd

from healthsys.io.csv_files import stated

#: Marks of a missing or suppressed number in official tables and spreadsheets, in lower case; "<5" and "[c]" as well.
MISSING = frozenset(
    ("*", "**", "***", "-", "–", "—", ":", "..", ".", "…", "...", "#", "~", "^", "†", "‡", "?", "na", "n/a", "#n/a",
     "nan", "null", "none", "missing", "suppressed", "not available", "not applicable", "not reported", "not recorded",
     "not known", "unknown", "no data", "tbc", "#div/0!", "#ref!", "#value!", "#name?", "#num!", "#null!",
     "c", "k", "s", "u", "x", "z")
)  # fmt: skip
_MARKED = re.compile(r"(n\s*)?([<≤]|<=)\s*\d+\s*%?|\[[a-z]{1,5}\]|\([a-z*]\)|\d\s*(-|–|to)\s*\d")

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")  # no thousand begins with 0: 0,812 is a decimal
_THOUSANDS_SURE = re.compile(r"[+-]?[1-9]\d{0,2}((,\d{3})+\.\d+|(,\d{3}){2,})")
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_DECIMAL = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(\.\d{3})+,\d+")
_MONTHS = {name: place for place, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)}  # fmt: skip

#: Numbers that a spreadsheet keeps for days from 1954 to 2064.
_SERIALS = (20_000, 60_000)


def missing(text: pd.Series) -> pd.Series:
    """Say of each cell whether it holds a mark for a missing or suppressed number.

    >>> missing(pd.Series(["*", "<5", "[c]", "0", "NA", None])).tolist()
    [True, True, True, False, True, False]
    """
    plain = text.str.strip().str.casefold()
    return (plain.isin(MISSING) | plain.str.fullmatch(_MARKED.pattern).fillna(False)).astype(bool)


def numbers(text: pd.Series, *, separator: str = ",") -> tuple[pd.Series, list[str]]:
    """Read a column of text as numbers, and say what was taken how; a cell that is none, or could be two, is missing.

    A pound or euro sign at either end, a percent sign and blanks between thousands are dropped. Where another
    ``separator`` than a comma is between the cells of the file, 1,234 could be a thousand or a decimal.

    >>> values, said = numbers(pd.Series(["1,234", "£80", "*", "80.1%"]))
    >>> values.tolist(), said
    ([1234.0, 80.0, nan, 80.1], ["1 cell with a mark such as '*' counts as missing", 'commas are thousands'])
    >>> numbers(pd.Series(["19,42", "8,5"]))[0].tolist()
    [19.42, 8.5]
    """
    gaps, said = missing(text), []
    plain = text.where(~gaps).str.replace("\u2212", "-").str.strip()
    plain = plain.str.replace(r"^([+-]?)\s*[£€]?\s*|\s*[£€%]$", r"\1", regex=True)
    grouped = plain.str.fullmatch(r"[+-]?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?").fillna(False).astype(bool)
    plain = plain.where(~grouped, plain.str.replace(r"\s", "", regex=True))
    if gaps.any():
        one = int(gaps.sum() == 1)
        mark = text[gaps].iloc[0].strip()
        said.append(f"{gaps.sum()} cell{'' if one else 's'} with a mark such as '{mark}' count{'s' * one} as missing")
    if grouped.any():
        said.append("blanks are thousands")
    given = plain.dropna()
    commas = given[given.str.contains(",", regex=False)]
    if len(commas):
        choice = stated("comma")
        thousands = commas.str.fullmatch(_THOUSANDS.pattern) & (choice != "decimal")
        decimal = commas.str.fullmatch(_DECIMAL.pattern) & ~thousands
        if thousands.all() and (choice or separator == "," or commas.str.fullmatch(_THOUSANDS_SURE.pattern).any()):
            plain = plain.str.replace(",", "", regex=False)
            said.append("commas are thousands")
        elif decimal.all():
            plain, more = _points_dropped(plain)
            plain = plain.str.replace(",", ".", regex=False)
            said += ["commas are decimal signs", *more]
    elif stated("comma") == "decimal" and given.str.fullmatch(_POINTS.pattern).any():
        plain, more = _points_dropped(plain)
        said += more
    return pd.to_numeric(plain, errors="coerce").astype(float), said


def _points_dropped(plain: pd.Series) -> tuple[pd.Series, list[str]]:
    """Drop the points of numbers whose decimal sign is a comma: 1.234,5 and 1.234, but not the point of 12.50."""
    alone = plain.str.fullmatch(_POINTS.pattern).fillna(False).astype(bool)
    thousands = alone | plain.str.contains(",", regex=False).fillna(False).astype(bool)
    said = ["points are thousands"] if alone.any() else []
    return plain.where(~thousands, plain.str.replace(".", "", regex=False)), said


def two_readings(text: pd.Series, *, separator: str = ",") -> str:
    """Return why numbers of a column cannot be read, or nothing: 19,42 next to 1,234, or 1,234 or 1.234 after a
    semicolon, unless the reader states what a comma is (``comma=decimal``); 1,234 next to 1.234.

    >>> two_readings(pd.Series(["19,42", "1,234"]))[:52]
    "'1,234' could be a thousand and '19,42' is a decimal"
    """
    numbers = text.dropna().str.strip()
    signed = numbers.str.endswith("%")
    fractions = numbers[~signed][numbers[~signed].str.fullmatch(r"0?\.\d*[1-9]\d*")]
    if signed.any() and len(fractions):
        return (
            f"'{numbers[signed].iloc[0]}' is a percentage and '{fractions.iloc[0]}' could be a share of one; write all "
            "cells of the column in the same way"
        )
    if separator == "," and not numbers.str.contains(",", regex=False).any():
        return ""
    numbers = numbers[numbers.str.fullmatch(r"[£€+\u2212-]*\s?[\d.,]+\s?[£€%]?")]
    given = numbers[numbers.str.contains(",", regex=False)]
    points = numbers[numbers.str.contains(".", regex=False)]
    plain, pointed = (cells.str.strip("£€%+-\u2212 \xa0") for cells in (given, points))
    thousands = plain.str.fullmatch(_THOUSANDS.pattern)
    decimal = plain.str.fullmatch(_DECIMAL.pattern) & ~thousands
    if stated("comma"):
        return ""
    if thousands.any() and decimal.any():
        both = f"'{given[thousands].iloc[0]}' could be a thousand and '{given[decimal].iloc[0]}' is a decimal"
    elif thousands.any() and len(pointed) and pointed.str.fullmatch(_POINTS.pattern).all():
        return (
            f"'{given[thousands].iloc[0]}' and '{points.iloc[0]}' could be numbers of one size, written in two ways; "
            "write all cells of the column in the same way, such as 1839, or say that a comma separates thousands "
            "and a point decimals with -p comma=thousands"
        )
    elif separator != "," and thousands.any() and not plain.str.fullmatch(_THOUSANDS_SURE.pattern).any():
        both = f"'{given[thousands].iloc[0]}' could be a thousand or a decimal"
    elif separator != "," and len(pointed) and not len(given) and pointed.str.fullmatch(_POINTS.pattern).all():
        both = f"'{pointed.iloc[0]}' could be a thousand or a decimal"
    else:
        return ""
    return f"{both}; say which with -p comma=decimal or -p comma=thousands, or write 1234 and 19.42 in the file"


def _year(text: str) -> int:
    """Return a year; one of two digits is 1970 to 2069."""
    return int(text) + (0 if len(text) > 2 else 2000 if int(text) < 70 else 1900)


def _month(name: str) -> int:
    return _MONTHS.get(name[:3].casefold(), 0)


def _financial(year: str, end: str, quarter: int = 1) -> pd.Timestamp | None:
    """Return the first day of a financial year, or of one of its quarters; None where the years do not follow."""
    if (int(year) + 1) % 100 != int(end) % 100:
        return None
    return pd.Timestamp(_year(year), 4, 1) + pd.DateOffset(months=3 * (quarter - 1))


def _serial(days: int) -> pd.Timestamp | None:
    known = _SERIALS[0] <= days <= _SERIALS[1]
    return pd.Timestamp("1899-12-30") + pd.Timedelta(days=days) if known else None


_NAME, _QUARTER = r"([A-Za-z]{3,9})\.?", r"(?:[Qq]|(?:Qtr|Quarter) ?)([1-4])"
_YEARS = r"(?:FY ?)?(\d{4}|\d\d)[/-](?:\d\d)?(\d\d)"
_IN_FINANCIAL, _IN_YEARS = "quarters of financial years from April", "quarters of calendar years"
_WEEKS = "ISO weeks from Monday"
_FORMS: list[tuple[str, str, Callable[..., pd.Timestamp | None]]] = [
    (r"(\d{4})([-/])(\d\d)\2(\d\d)(?:[ T]\d\d:\d\d(?::\d\d(?:\.0+)?)?)?Z?", "",
     lambda y, _, m, d: pd.Timestamp(int(y), int(m), int(d))),
    (r"(\d{4})(\d\d)(\d\d)", "days without hyphens", lambda y, m, d: pd.Timestamp(int(y), int(m), int(d))),
    (rf"{_NAME}[ '/_-]*(\d{{4}}|\d\d)", "months", lambda m, y: pd.Timestamp(_year(y), _month(m), 1)),
    (rf"(\d{{4}})[ /_-]?{_NAME}", "months", lambda y, m: pd.Timestamp(int(y), _month(m), 1)),
    (rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]{_NAME},?[ -](\d{{4}}|\d\d)", "days",
     lambda d, m, y: pd.Timestamp(_year(y), _month(m), int(d))),
    (rf"{_NAME} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", "days",
     lambda m, d, y: pd.Timestamp(int(y), _month(m), int(d))),
    (r"(?:FY ?)?(\d{4})[-/](?:\d\d)?(\d\d)", "financial years from April", _financial),
    (r"FY ?(\d\d)[-/](\d\d)", "financial years from April", _financial),
    (r"(\d{4})[-/Mm ]?(0[1-9]|1[0-2])", "months", lambda y, m: pd.Timestamp(int(y), int(m), 1)),
    (r"(0?[1-9]|1[0-2])[-/](\d{4})", "months", lambda m, y: pd.Timestamp(int(y), int(m), 1)),
    (r"(\d{4})[Mm](\d\d?)", "months", lambda y, m: pd.Timestamp(int(y), int(m), 1)),
    (rf"{_QUARTER}[ ,/-]*{_YEARS}", _IN_FINANCIAL, lambda q, y, e: _financial(y, e, int(q))),
    (rf"{_YEARS}[ ,/-]*{_QUARTER}", _IN_FINANCIAL, lambda y, e, q: _financial(y, e, int(q))),
    (rf"(\d{{4}})[ -]?{_QUARTER}", _IN_YEARS, lambda y, q: pd.Timestamp(int(y), 3 * int(q) - 2, 1)),
    (rf"{_QUARTER}[ ,-]*(\d{{4}})", _IN_YEARS, lambda q, y: pd.Timestamp(int(y), 3 * int(q) - 2, 1)),
    (r"(\d{4})[ -]?(?:W|Week )(\d\d?)(?:-?1)?", _WEEKS, lambda y, w: pd.Timestamp.fromisocalendar(int(y), int(w), 1)),
    (r"(?:W|Week )(\d\d?)[ ,/-]+(\d{4})", _WEEKS, lambda w, y: pd.Timestamp.fromisocalendar(int(y), int(w), 1)),
    (r"(\d{4})", "years", lambda y: pd.Timestamp(int(y), 1, 1)),
    (r"(\d{5})(?:\.0+)?", "days as a spreadsheet counts them", lambda n: _serial(int(n))),
]  # fmt: skip
_TIMED = r".*\d[ T](?!00:00(?::00(?:\.0+)?)?Z?$)\d\d:\d\d.*"
#: From this hour of UTC on, a time that all dates share is midnight somewhere east of Greenwich.
_LATE = "13:00"
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)(?:[ T]00:00(?::00)?)?")


def periods(text: pd.Series) -> tuple[pd.Series, list[str], str]:
    """Read a column of text as first days of periods; the form must be the same in the whole column.

    Gives timestamps (missing where a cell has another form), what was taken how, and why the column is ambiguous: the
    day of 03/04/2023 could be the 3rd or the 4th.

    >>> for shown in (["Apr-23"], ["2023M04"], ["Q2 2023/24"], ["2023/24"], ["2023-W14"], ["01/04/2023"], ["45017"]):
    ...     days, said, _ = periods(pd.Series(shown))
    ...     print(f"{days[0]:%Y-%m-%d}", *said)
    2023-04-01 'Apr-23' is read as 2023-04-01: months
    2023-04-01 '2023M04' is read as 2023-04-01: months
    2023-07-01 'Q2 2023/24' is read as 2023-07-01: quarters of financial years from April
    2023-04-01 '2023/24' is read as 2023-04-01: financial years from April
    2023-04-03 '2023-W14' is read as 2023-04-03: ISO weeks from Monday
    2023-04-01 '01/04/2023' is read as 2023-04-01: day first
    2023-04-01 '45017' is read as 2023-04-01: days as a spreadsheet counts them
    """
    given = text.dropna().str.strip()
    best, most, form = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]"), -1, ""
    if doubt := _days_of_one_month(given) or _in_utc(given):
        return best, [], doubt
    for pattern, name, make in _FORMS:
        if not given.str.fullmatch(pattern).any():
            continue
        days = pd.Series([_day(pattern, make, cell) for cell in given], index=given.index, dtype="datetime64[us]")
        if days.notna().sum() > most:
            best, most, form = days.reindex(text.index), days.notna().sum(), name
    if len(given) and given.str.fullmatch(_SLASHED.pattern).all():
        return _slashed(given, text)
    timed = given[given.str.fullmatch(_TIMED)]
    if not form and len(timed):
        return best, [f"times of day, such as that of '{timed.iloc[0]}', are left out"], ""
    if form and most:
        place = best.first_valid_index()
        return best, [f"'{given[place]}' is read as {best[place]:%Y-%m-%d}: {form}"], ""
    return best, [], ""


def _days_of_one_month(given: pd.Series) -> str:
    """Return why Apr-01, Apr-02, … cannot be read: so shows a spreadsheet days of a month, or a month of years."""
    parts = given.str.extract(r"^([A-Za-z]{3,9})[ '/_-]*(\d\d)$")
    if len(given) < 2 or parts.isna().any(axis=None) or parts[0].str.casefold().nunique() > 1:
        return ""
    if sorted(parts[1].astype(int)) != list(range(1, len(given) + 1)):
        return ""
    return (
        f"'{given.iloc[0]}' could be a day of {parts[0].iloc[0]}, or {parts[0].iloc[0]} of a year; write dates as "
        "YYYY-MM-DD"
    )


def _in_utc(given: pd.Series) -> str:
    """Return why 2021-12-31T22:00:00Z, … cannot be read: the midnights of another time zone, said in UTC."""
    times = given.str.extract(r"^\d{4}-\d\d-\d\d[ T](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]00:?00)$")[0].dropna()
    late = times[times >= _LATE]
    if len(given) < 2 or len(times) < len(given) or not len(late) or times.nunique() > 3:
        return ""
    return (
        f"'{given[late.index[0]]}' is a time in UTC, and probably the midnight that begins the next day in your time "
        "zone; write the dates of your own time zone as YYYY-MM-DD, without a time"
    )


def _day(pattern: str, make: Callable[..., pd.Timestamp | None], cell: str) -> pd.Timestamp | None:
    found = re.fullmatch(pattern, cell)
    try:
        return make(*found.groups()) if found else None
    except ValueError:  # no such day
        return None


def _slashed(given: pd.Series, text: pd.Series) -> tuple[pd.Series, list[str], str]:
    parts = given.str.extract(_SLASHED.pattern)
    first, second, year = parts[0].astype(int), parts[1].astype(int), parts[2].map(_year)
    day_first = pd.to_datetime({"year": year, "month": second, "day": first}, errors="coerce")
    month_first = pd.to_datetime({"year": year, "month": first, "day": second}, errors="coerce")
    starts = (first == 1).all() and second.nunique() > 1
    ends = day_first.notna().all() and day_first.dt.is_month_end.all()
    both = not (first > 12).any() and not (second > 12).any()
    if starts and year.nunique() == 1 and len(given) > 2 and sorted(second) == list(range(1, len(given) + 1)):
        starts = given.str.contains(r"(?:^|[/.-])0\d").any()  # 1/1, 1/2, 1/3: as Americans write days of January
    choice, two = stated("dates"), int((first != second).to_numpy().argmax())
    short = given.str.fullmatch(r"\d\d-\d\d-\d\d").all()
    doubtful, could = not (choice or starts or ends), ""
    if doubtful and short:
        could = f"'{given.iloc[0]}' could begin with its day, its month or its year"
    elif doubtful and both and len(given) > 1:
        could = f"'{given.iloc[two]}' could be {day_first.iloc[two]:%d %B} or {month_first.iloc[two]:%d %B}"
    if could:
        remedy = "say which with -p 'dates=day first' or -p 'dates=month first', or write dates as YYYY-MM-DD"
        return pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]"), [], f"{could}; {remedy}"
    turned = choice == "month first" if both and choice else (second > 12).any()
    days, order = (month_first, "month first") if turned else (day_first, "day first")
    place = given.index[0]
    said = [f"'{given[place]}' is read as {days[place]:%Y-%m-%d}: {order}"] if pd.notna(days[place]) else []
    return days.astype("datetime64[us]").reindex(text.index), said, ""
