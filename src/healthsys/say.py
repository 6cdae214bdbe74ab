"""Short phrases about numbers, for text next to a result: an estimate with its interval, counts, lists, periods.

They follow the plain-English rules of the Government Statistical Service: the estimate first, then how sure it is.
"""

import re
from collections.abc import Iterable
from typing import Any


def number(value: Any, format: str = "{:,.1f}") -> str:
    """Return a number formatted by a :meth:`str.format` pattern, with a true minus sign; zero has none.

    >>> number(-4.26, "{:.1f}%"), number(-0.04, "{:.1f}%"), number(-0.04, "{:.2f}")
    ('−4.3%', '0.0%', '−0.04')
    """
    said = re.sub(r"(?<![\w.])-(?=0(?:\.0+)?(?![\d.,]))", "", format.format(value))
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", said)


def percent_of(level: float) -> str:
    """Return a share such as the level of an interval as a percentage without needless digits.

    >>> percent_of(0.95), percent_of(0.999)
    ('95%', '99.9%')
    """
    return f"{round(100 * level, 6):g}%"


def interval(lower: float, upper: float, *, level: float, format: str = "{:,.1f}") -> str:
    """Return a confidence interval as text: level, lower and upper limit.

    >>> interval(-1.2, 16.5, level=0.95)
    '95% CI −1.2 to 16.5'
    """
    return f"{percent_of(level)} CI {number(lower, format)} to {number(upper, format)}"


def estimate(
    value: float, lower: float, upper: float, *, level: float, unit: str = "", format: str = "{:,.1f}"
) -> str:
    """Return an estimate with its unit and its confidence interval.

    >>> estimate(7.6, -1.2, 16.5, level=0.95, unit="percentage points")
    '7.6 percentage points (95% CI −1.2 to 16.5)'
    """
    said = f"{number(value, format)} {unit}".rstrip()
    return f"{said} ({interval(lower, upper, level=level, format=format)})"


def excludes(lower: float, upper: float, null: float = 0.0) -> bool:
    """Return whether an interval excludes a value such as no difference; a limit at the value does not exclude it.

    >>> excludes(1.4, 9.9), excludes(-1.2, 16.5), excludes(0.0, 2.0)
    (True, False, False)
    """
    return lower > null or upper < null


def less_or_more(*gaps: float, format: str = "{:.1f}%") -> str:
    """Return gaps as amounts with their direction: above zero is less, below zero is more.

    >>> less_or_more(1.5), less_or_more(-4.3, -1.0), less_or_more(-4.3, 1.0)
    ('1.5% less', '1.0% to 4.3% more', '4.3% more to 1.0% less')
    """
    amounts = [(format.format(abs(gap)), "less" if gap >= 0 else "more") for gap in gaps]
    if len({side for _, side in amounts}) == 1:
        return " to ".join(format.format(abs(gap)) for gap in sorted(gaps, key=abs)) + f" {amounts[0][1]}"
    return " to ".join(f"{amount} {side}" for amount, side in amounts)


def count(n: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun in the singular or plural.

    >>> count(1, "month"), count(1200, "month"), count(2, "inquiry", "inquiries")
    ('1 month', '1,200 months', '2 inquiries')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(items: Iterable[Any], last: str = "and") -> str:
    """Return items as a list in a sentence.

    >>> listed(["trust"]), listed(["trust", "debate"]), listed(["trust", "debate", "conflict"])
    ('trust', 'trust and debate', 'trust, debate and conflict')
    """
    said = [str(item) for item in items]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}" if said else ""


def month(day: Any) -> str:
    """Return the month and year of a date.

    >>> import pandas as pd
    >>> month(pd.Timestamp("2021-03-01"))
    'March 2021'
    """
    return f"{day:%B %Y}"


def period(day: Any, step: str = "month") -> str:
    """Name a period by its first day: a day, a week, a month, a financial quarter, a calendar or financial year.

    >>> import pandas as pd
    >>> period(pd.Timestamp("2020-04-01"), "quarter"), period(pd.Timestamp("2020-04-06"), "week")
    ('2020-21 Q1', 'week of 6 April 2020')
    >>> period(pd.Timestamp("2020-04-01"), "year"), period(pd.Timestamp("2020-01-01"), "year")
    ('2020-21', '2020')
    """
    if step == "year" and day.day == 1 and day.month in (1, 4):
        return f"{day.year}" if day.month == 1 else f"{day.year}-{(day.year + 1) % 100:02d}"
    if step in ("day", "week"):
        return f"{'week of ' if step == 'week' else ''}{day.day} {day:%B %Y}"
    if step != "quarter":
        return month(day)
    year = day.year - (day.month < 4)
    return f"{year}-{(year + 1) % 100:02d} Q{(day.month - 4) % 12 // 3 + 1}"


def within(day: Any, step: str = "month") -> str:
    """Return a period with its preposition.

    >>> import pandas as pd
    >>> [within(pd.Timestamp("2020-04-06"), step) for step in ("day", "week", "month")]
    ['on 6 April 2020', 'in the week of 6 April 2020', 'in April 2020']
    """
    return f"{'on' if step == 'day' else 'in the' if step == 'week' else 'in'} {period(day, step)}"


def p_value(p: float | None) -> str:
    """Return a p-value to three places, or as under the smallest of them; empty text where there is none.

    >>> p_value(0.0312), p_value(2e-9)
    ('0.031', 'under 0.001')
    """
    return "" if p is None or p != p else "under 0.001" if p < 0.001 else f"{p:.3f}"


def capital(text: str) -> str:
    """Begin a sentence with a capital.

    >>> capital("the median wait")
    'The median wait'
    """
    return text[:1].upper() + text[1:]


def sentences(phrases: Iterable[str]) -> str:
    """Return phrases as sentences in a row, each with a capital and a full stop.

    >>> sentences(["the limits rest on 3 points", "Is May complete?"])
    'The limits rest on 3 points. Is May complete?'
    """
    return " ".join(capital(one) if one.endswith((".", "?")) else f"{capital(one)}." for one in phrases)
