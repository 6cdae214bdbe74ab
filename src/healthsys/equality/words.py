"""Words for codes and numbers, and small sentences that several pages share."""

from __future__ import annotations

import pandas as pd

from compendium.recording import text_of

#: Short labels of the same codes for tables and figures.
SHORT = {
    "sex": {"F": "Women", "M": "Men", "U": "Not known"},
    "ethnic_group": {"W": "White", "A": "Asian", "B": "Black", "M": "Mixed", "O": "Other", "N": "Not stated"},
    "disabled": {"Y": "Disabled", "N": "Not disabled", "U": "Not stated"},
    "grade": {
        "FD": "Foundation doctor",
        "ST": "Trainee doctor",
        "SAS": "Specialty doctor",
        "CON": "Consultant",
    },
}


def short(column: str, level: str) -> str:
    """Return the short label of a level.

    Examples
    --------
    >>> short("ethnic_group", "B"), short("grade", "CON"), short("band", "8a")
    ('Black', 'Consultant', 'Band 8a')
    """
    if column in ("band", "level"):
        name = SHORT["grade"].get(level)
        return name or (f"Band {level}" if str(level)[:1].isdigit() else str(level))
    return SHORT.get(column, {}).get(level, str(level))


def percent(value: float | None, *, decimals: int = 1) -> str:
    """Format a percentage for prose.

    Examples
    --------
    >>> percent(-4.26), percent(None)
    ('−4.3 %', 'not calculable')
    """
    if value is None or pd.isna(value):
        return "not calculable"
    return text_of(value, f"{{:.{decimals}f}} %")


def interval(lower: float, upper: float, level: float, *, format: str = "{:.1f} %") -> str:
    """Say an interval in brackets' words.

    Examples
    --------
    >>> interval(1.25, 3.4, 0.95)
    '95 % interval 1.2 % to 3.4 %'
    """
    return f"{round(100 * level, 6):g} % interval {text_of(lower, format)} to {text_of(upper, format)}"


def in_these(kind: str) -> str:
    """Return how a finding on invented data begins; empty for published data and a reader's own.

    Examples
    --------
    >>> in_these("synthetic") + "women are paid less", in_these("yours")
    ('In these synthetic data, women are paid less', '')
    """
    return "In these synthetic data, " if kind in ("synthetic", "illustrative") else ""


def opened(kind: str, text: str) -> str:
    """Return a finding that says first where its data are invented.

    Examples
    --------
    >>> opened("synthetic", "White staff earn more."), opened("synthetic", "BME staff earn less.")
    ('In these synthetic data, white staff earn more.', 'In these synthetic data, BME staff earn less.')
    """
    start = in_these(kind)
    common = text.split(" ")[0] in ("Women", "Men", "Staff", "Disabled", "White", "Applicants", "From", "People")
    return start + (text[0].lower() + text[1:] if start and common else text)


def first_up(text: str) -> str:
    """Return a sentence with a capital first letter.

    Examples
    --------
    >>> first_up("men earn more")
    'Men earn more'
    """
    return text[:1].upper() + text[1:]


def joined(parts: list[str]) -> str:
    """Join words with commas and a last "and".

    Examples
    --------
    >>> joined(["8d", "9", "VSM"])
    '8d, 9 and VSM'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def kind_words(kind: str) -> str:
    """Say what kind of data a page rests on.

    Examples
    --------
    >>> kind_words("synthetic")
    'Synthetic data: an invented care system of six organisations; nobody in it exists.'
    """
    return {
        "synthetic": "Synthetic data: an invented care system of six organisations; nobody in it exists.",
        "illustrative": "Synthetic data: a small sample made by hand; every employer in it is invented.",
        "published": "Published figures, as printed in the sources named.",
    }.get(kind, "Your own data.")
