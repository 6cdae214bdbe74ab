"""The long description of a figure: what it draws, column by column, and row by row where the rows are few."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compendium import escape, tables

#: A figure of more rows than these is described by its columns alone; its rows are offered as CSV.
MOST_ROWS = 40

#: A figure of at most so many rows needs no words beside their table.
_SHORT = 12

#: A figure of fewer rows than these needs no more than its alternative text.
FEWEST_ROWS = 4

#: Short names of columns, in words; of others the underscores are opened.
_NAMES = {"lpl": "lower limit", "upl": "upper limit", "acf": "autocorrelation", "pacf": "partial autocorrelation"}

#: Values of a column in words that are counted by name.
_MOST_WORDS = 8

#: Words in the name of a column of years, and the years that it may hold: 2019 is a year, 2,019 is a number.
_OF_YEARS, _YEARS = {"year", "years", "start", "end", "first", "last", "from", "to"}, (1800, 2200)


def columns_in_words(rows: pd.DataFrame) -> list[str]:
    """Say of each column what a reader of the drawing sees of it: first, last, lowest and highest, or its words.

    The first column names the rows. Missing cells are left out of what is said.

    Examples
    --------
    >>> for said in columns_in_words(pd.DataFrame({"period": ["2020-01", "2020-02"], "value": [3.0, 2.5]})):
    ...     print(said)
    period: 2020-01, 2020-02
    value: 3 at first, 2.5 at last; lowest 2.5 (2020-02), highest 3 (2020-01)
    """
    label, said = rows.columns[0], []
    called = "{:.0f}".format if _are_years(label, rows[label]) else _number
    for column in rows.columns:
        known = rows[rows[column].notna()]
        values, name = known[column], _NAMES.get(column, str(column).replace("_", " "))
        if _are_years(column, values):
            said.append(f"{name}: {values.min():.0f} to {values.max():.0f}")
            continue
        if known.empty:
            continue
        if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
            said.append(f"{name}: {_words(values)}")
        elif values.nunique() == 1:
            said.append(f"{name}: {_number(values.iloc[0])} throughout")
        else:
            ends = f"{_number(values.iloc[0])} at first, {_number(values.iloc[-1])} at last; "
            if column == label:
                said.append(f"{name}: {_number(values.min())} to {_number(values.max())}")
                continue
            low, high = known.loc[values.idxmin()], known.loc[values.idxmax()]
            said.append(
                f"{name}: {ends}lowest {_number(low[column])} ({called(low[label])}), "
                f"highest {_number(high[column])} ({called(high[label])})"
            )
    return said


def _words(values: pd.Series) -> str:
    yes = pd.api.types.is_bool_dtype(values)
    words = values.map({True: "yes", False: "no"}) if yes else values.astype(str).str.replace("_", " ")
    counted = words.where(words.str.strip() != "", "none").value_counts(sort=False)
    if len(counted) == len(words) > _MOST_WORDS:
        return f"{words.iloc[0]} to {words.iloc[-1]}"
    if len(counted) > _MOST_WORDS:
        return f"{len(counted)} different, {words.min()} to {words.max()}"
    if (counted == 1).all():
        return ", ".join(counted.index)
    return ", ".join(f"{word} ({count})" for word, count in counted.items())


def _are_years(name: str, values: pd.Series) -> bool:
    """Say whether a column holds years, by its name and by every value.

    Examples
    --------
    >>> _are_years("start", pd.Series([2007, 2011.0, None])), _are_years("beds", pd.Series([2007]))
    (True, False)
    """
    known = pd.to_numeric(values, errors="coerce").dropna()
    if not _OF_YEARS & set(str(name).lower().replace("_", " ").split()) or known.empty or len(known) < values.count():
        return False
    return bool((known == known.round()).all() and known.between(*_YEARS).all())


def _number(value: Any) -> str:
    """Return four digits of a number, or a label as it is.

    Examples
    --------
    >>> _number(101398.0), _number(0.034567), _number("2020-01")
    ('101,398', '0.03457', '2020-01')
    """
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def description(record: dict[str, Any]) -> str:
    """Return the folded long description of a recorded figure (:func:`compendium.plotting.show`).

    It is empty where the alternative text is enough.

    Examples
    --------
    >>> description({"name": "gap", "columns": ["year"], "rows": [[2020]]})
    ''
    """
    if len(record["rows"]) < FEWEST_ROWS:
        return ""
    rows = pd.DataFrame(record["rows"], columns=record["columns"])
    said = "".join(f"<li>{escape.html(one)}</li>" for one in columns_in_words(rows)) if len(rows) > _SHORT else ""
    words = f"<p>The figure shows {len(rows)} rows of data.</p><ul>{said}</ul>" if said else ""
    return (
        f'<details class="hs-described"><summary>Longer description</summary>{words}'
        f"{_table(rows, record['name']) if len(rows) <= MOST_ROWS else ''}</details>"
    )


def _table(rows: pd.DataFrame, name: str) -> str:
    floats = rows.select_dtypes("float")
    formats = {column: "{:,.0f}" if floats[column].abs().max() >= 1000 else "{:.4g}" for column in floats}
    formats |= {column: "{:.0f}" for column in rows if _are_years(column, rows[column])}
    caption = f"Figure data: {name.replace('-', ' ')}"
    return tables.table(rows, caption=caption, formats=formats, headings=_NAMES).html


def with_description(markup: str, record: dict[str, Any]) -> str:
    """Return the markup of a figure with its long description inside."""
    head, end, rest = markup.rpartition("</figure>")
    return f"{head}{description(record)}{end}{rest}" if end else markup
