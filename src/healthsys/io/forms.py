"""How people write numbers and periods: what is read as what, what counts as missing, and what is ambiguous."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

#: Marks of a missing or suppressed number in official tables and spreadsheets, in lower case; "<5" and "[c]" as well.
MISSING = frozenset(
    ("*", "**", "-", "–", "—", ":", "..", ".", "…", "na", "n/a", "#n/a", "nan", "null", "none", "missing",
     "suppressed", "not available", "not applicable")
)  # fmt: skip
_MARKED = re.compile(r"[<≤]\s*\d+|\[[a-z]{1,4}\]")

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_THOUSANDS_SURE = re.compile(r"[+-]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})")
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
    """Read a column of text as numbers; a cell that is none, or could be two, comes back missing.

    Parameters
    ----------
    text
        Cells as they are in the file, empty ones missing. Pounds, euros, a percent sign and blanks inside are dropped.
    separator
        What separates the cells of the file: with another than a comma, 1,234 could be a thousand or a decimal.

    Returns
    -------
    (pandas.Series, list of str)
        Floats, and what was taken how: marks counted as missing, commas as thousands or as decimal sign.

    Examples
    --------
    >>> values, said = numbers(pd.Series(["1,234", "£80", "*", "80.1%"]))
    >>> values.tolist(), said
    ([1234.0, 80.0, nan, 80.1], ["1 cell with a mark such as '*' counts as missing", 'commas are thousands'])
    >>> numbers(pd.Series(["19,42", "8,5"]))[0].tolist()
    [19.42, 8.5]
    """
    gaps, said = missing(text), []
    plain = text.where(~gaps).str.replace("\u2212", "-").str.replace(r"[£€\s\u00a0\u202f]|%$", "", regex=True)
    if gaps.any():
        one = int(gaps.sum() == 1)
        mark = text[gaps].iloc[0].strip()
        said.append(f"{gaps.sum()} cell{'' if one else 's'} with a mark such as '{mark}' count{'s' * one} as missing")
    given = plain.dropna()
    commas = given[given.str.contains(",", regex=False)]
    if len(commas):
        thousands = commas.str.fullmatch(_THOUSANDS.pattern)
        decimal = commas.str.fullmatch(_DECIMAL.pattern) & ~thousands
        if thousands.all() and (separator == "," or commas.str.fullmatch(_THOUSANDS_SURE.pattern).any()):
            plain = plain.str.replace(",", "", regex=False)
            said.append("commas are thousands")
        elif decimal.all():
            points = plain.str.contains(",", regex=False).fillna(False)
            plain = plain.where(~points, plain.str.replace(".", "", regex=False)).str.replace(",", ".", regex=False)
            said.append("commas are decimal signs")
    return pd.to_numeric(plain, errors="coerce").astype(float), said


def two_readings(text: pd.Series, *, separator: str = ",") -> str:
    """Return why commas of a column cannot be read, or nothing: 19,42 next to 1,234, or 1,234 after a semicolon.

    >>> two_readings(pd.Series(["19,42", "1,234"]))[:52]
    "'1,234' could be a thousand and '19,42' is a decimal"
    """
    given = text.dropna().str.strip()
    given = given[given.str.fullmatch(r"[£€+-]?[\d.,]+%?") & given.str.contains(",", regex=False)]
    plain = given.str.strip("£€%")
    thousands = plain.str.fullmatch(_THOUSANDS.pattern)
    decimal = plain.str.fullmatch(_DECIMAL.pattern) & ~thousands
    if thousands.any() and decimal.any():
        both = f"'{given[thousands].iloc[0]}' could be a thousand and '{given[decimal].iloc[0]}' is a decimal"
    elif separator != "," and thousands.any() and not plain.str.fullmatch(_THOUSANDS_SURE.pattern).any():
        both = f"'{given[thousands].iloc[0]}' could be a thousand or a decimal"
    else:
        return ""
    return f"{both}; write 1234 or 1234.00 for thousands, and 19.42 with a point"


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _month(name: str) -> int:
    return _MONTHS.get(name[:3].casefold(), 0)


def _financial(year: str, end: str, quarter: int = 1) -> pd.Timestamp | None:
    """Return the first day of a financial year, or of one of its quarters; None where the years do not follow."""
    if (int(year) + 1) % 100 != int(end) % 100:
        return None
    return pd.Timestamp(int(year), 4, 1) + pd.DateOffset(months=3 * (quarter - 1))


def _serial(days: int) -> pd.Timestamp | None:
    known = _SERIALS[0] <= days <= _SERIALS[1]
    return pd.Timestamp("1899-12-30") + pd.Timedelta(days=days) if known else None


_NAME = r"([A-Za-z]{3,9})\.?"
_FORMS: list[tuple[str, str, Callable[..., pd.Timestamp | None]]] = [
    (r"(\d{4})-(\d\d)-(\d\d)(?:[ T]\d\d:\d\d(?::\d\d(?:\.0+)?)?)?Z?", "",
     lambda y, m, d: pd.Timestamp(int(y), int(m), int(d))),
    (r"(\d{4})(\d\d)(\d\d)", "days without hyphens", lambda y, m, d: pd.Timestamp(int(y), int(m), int(d))),
    (rf"{_NAME}[ '-]+(\d{{4}}|\d\d)", "months", lambda m, y: pd.Timestamp(_year(y), _month(m), 1)),
    (rf"(\d{{1,2}})[ -]{_NAME}[ -](\d{{4}}|\d\d)", "days", lambda d, m, y: pd.Timestamp(_year(y), _month(m), int(d))),
    (r"(\d{4})[-/](\d\d)", "financial years from April", _financial),
    (r"(\d{4})[-/M ]?(0[1-9]|1[0-2])", "months", lambda y, m: pd.Timestamp(int(y), int(m), 1)),
    (r"(\d{4})M(\d)", "months", lambda y, m: pd.Timestamp(int(y), int(m), 1)),
    (r"[Qq]([1-4])[ ,/-]*(\d{4})[/-](?:\d\d)?(\d\d)", "quarters of financial years from April",
     lambda q, y, e: _financial(y, e, int(q))),
    (r"(\d{4})[/-](?:\d\d)?(\d\d)[ ,/-]*[Qq]([1-4])", "quarters of financial years from April",
     lambda y, e, q: _financial(y, e, int(q))),
    (r"(\d{4})[ -]?[Qq]([1-4])", "quarters of calendar years", lambda y, q: pd.Timestamp(int(y), 3 * int(q) - 2, 1)),
    (r"[Qq]([1-4])[ ,-]*(\d{4})", "quarters of calendar years", lambda q, y: pd.Timestamp(int(y), 3 * int(q) - 2, 1)),
    (r"(\d{4})-?W(\d\d)(?:-?1)?", "ISO weeks from Monday",
     lambda y, w: pd.Timestamp.fromisocalendar(int(y), int(w), 1)),
    (r"(\d{4})", "years", lambda y: pd.Timestamp(int(y), 1, 1)),
    (r"(\d{5})(?:\.0+)?", "days as a spreadsheet counts them", lambda n: _serial(int(n))),
]  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)(?:[ T]00:00(?::00)?)?")


def periods(text: pd.Series) -> tuple[pd.Series, list[str], str]:
    """Read a column of text as first days of periods; the form must be the same in the whole column.

    Parameters
    ----------
    text
        Cells as they are in the file, empty ones missing.

    Returns
    -------
    (pandas.Series, list of str, str)
        Timestamps (missing where a cell has another form), what was taken how, and why the column is ambiguous: the
        day of 03/04/2023 could be the 3rd or the 4th.

    Examples
    --------
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
    for pattern, name, make in _FORMS:
        if not given.str.fullmatch(pattern).any():
            continue
        days = pd.Series([_day(pattern, make, cell) for cell in given], index=given.index, dtype="datetime64[us]")
        if days.notna().sum() > most:
            best, most, form = days.reindex(text.index), days.notna().sum(), name
    if len(given) and given.str.fullmatch(_SLASHED.pattern).all():
        return _slashed(given, text)
    if form and most:
        place = best.first_valid_index()
        return best, [f"'{given[place]}' is read as {best[place]:%Y-%m-%d}: {form}"], ""
    return best, [], ""


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
    if not (first > 12).any() and not (second > 12).any() and not starts and not ends and len(given) > 1:
        said = (
            f"'{given.iloc[0]}' could be {day_first.iloc[0]:%d %B} or {month_first.iloc[0]:%d %B}; "
            "write dates as YYYY-MM-DD"
        )
        return pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]"), [], said
    days, order = (month_first, "month first") if (second > 12).any() else (day_first, "day first")
    place = given.index[0]
    said = [f"'{given[place]}' is read as {days[place]:%Y-%m-%d}: {order}"] if pd.notna(days[place]) else []
    return days.astype("datetime64[us]").reindex(text.index), said, ""
