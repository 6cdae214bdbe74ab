"""Words for codes and numbers, and small sentences that several pages share."""

from __future__ import annotations

import pandas as pd

from compendium.recording import text_of
from healthsys.equality.codes import NOT_STATED

#: What the codes of a staff file stand for: (one of them alone, people of it).
LEVELS = {
    "sex": {"F": "women", "M": "men", "U": "people of another or unknown sex"},
    "ethnic_group": {
        "W": "white staff",
        "A": "Asian staff",
        "B": "Black staff",
        "M": "staff of mixed ethnicity",
        "O": "staff of other ethnic groups",
        "N": "staff whose ethnicity is not stated",
    },
    "disabled": {
        "Y": "disabled staff",
        "N": "staff who are not disabled",
        "U": "staff whose disability status is not stated",
    },
}

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

#: Codes that mean that nothing is known.
UNKNOWN = {"sex": ("U",), "ethnic_group": ("N", "Not stated"), "disabled": ("U", "Not stated")}


def unknown(column: str) -> tuple[str, ...]:
    """Return the levels of a column that say that nothing is known.

    Examples
    --------
    >>> unknown("ethnic_group"), unknown("religion")
    (('N', 'Not stated'), ('Not stated',))
    """
    return tuple(dict.fromkeys((*UNKNOWN.get(column, ()), NOT_STATED)))


#: What a characteristic is called.
CHARACTERISTICS = {"sex": "gender", "ethnic_group": "ethnicity", "disabled": "disability"}

#: What all known levels but the comparator are called together.
OTHERS = {
    "sex": "women",
    "ethnic_group": "staff of all other known ethnic groups together",
    "disabled": "disabled staff",
}


def people_of(column: str, level: str) -> str:
    """Return what the people of a level are called.

    Examples
    --------
    >>> people_of("sex", "F"), people_of("team", "North")
    ('women', 'North')
    """
    known = LEVELS.get(column, {}).get(level)
    return known or (f"{level} staff" if column == "ethnic_group" else str(level))


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


def left_out(counts: dict[str, int], rule: object) -> str:
    """Say what a reader left out or set aside, small counts through the disclosure rule.

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> left_out({"without pay": 3, "unknown sex": 21, "twice": 0}, HES)
    'Left out or set aside: without pay (*); unknown sex (20).'
    """
    said = [f"{what} ({rule.text(number)})" for what, number in counts.items() if number]
    return f"Left out or set aside: {'; '.join(said)}." if said else "Nobody was left out."


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


def without_empty(table: pd.DataFrame, column: str = "reason") -> pd.DataFrame:
    """Return a table without a column of remarks where there is none.

    Examples
    --------
    >>> without_empty(pd.DataFrame({"gap": [1.0], "reason": [""]})).columns.to_list()
    ['gap']
    """
    return table.drop(columns=column) if (table[column].fillna("") == "").all() else table
