"""Tables for people: one helper that prints a frame with caption, header cells, units and escaped text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from compendium import escape
from compendium.recording import text_of

#: What stands in a cell that has no value.
EMPTY = "–"

#: Shown in a table that has no rows.
NO_ROWS = "none"


@dataclass(frozen=True)
class Table:
    """A table ready to be displayed: as HTML on a page, as text elsewhere."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def table(
    frame: pd.DataFrame,
    *,
    caption: str,
    formats: Mapping[str, str] | None = None,
    headings: Mapping[str, str] | None = None,
    note: str = "",
    name: str = "",
) -> Table:
    """Lay out a frame as an accessible table; the first column names the rows.

    Parameters
    ----------
    frame
        The data; the index is not shown. Text is escaped; a missing cell shows as a dash, a table without rows
        as ``none``.
    caption
        What the table shows: what, who, when, source.
    formats
        For each column a :meth:`str.format` pattern for one value, such as ``"{:.1f}"``; whole numbers are shown
        with thousands commas unless a pattern says otherwise.
    headings
        For each column the heading with its unit; a column that is not named keeps its own name with spaces.
    note
        A line below the table: the rule for missing values, suppression, a caveat.
    name
        A stable anchor for the table on its page.

    Returns
    -------
    Table
        Displays itself as the last expression of a cell.

    Examples
    --------
    >>> shown = table(pd.DataFrame({"team": ["A"], "score": [143.25]}), caption="Scores", formats={"score": "{:.0f}"})
    >>> '<th scope="row">A</th><td class="num">143</td>' in shown.html
    True
    >>> '<td>yes</td>' in table(pd.DataFrame({"site": ["A"], "whole programme": [True]}), caption="Sites").html
    True
    >>> '<tbody><tr><th scope="row">none</th></tr></tbody>' in table(pd.DataFrame({"team": []}), caption="Scores").html
    True
    """
    formats, headings = formats or {}, headings or {}
    cells = {column: [_cell(value, formats.get(column)) for value in frame[column]] for column in frame.columns}
    kinds = pd.api.types
    numeric = {c: kinds.is_numeric_dtype(frame[c]) and not kinds.is_bool_dtype(frame[c]) for c in frame.columns}
    titles = {column: headings.get(column, str(column).replace("_", " ")) for column in frame.columns}
    head = "".join(
        f'<th scope="col"{_class(numeric[column])}>{escape.html(titles[column])}</th>' for column in frame.columns
    )
    body = []
    for position in range(len(frame)):
        row = []
        for order, column in enumerate(frame.columns):
            text = escape.html(cells[column][position])
            row.append(
                f'<th scope="row">{text}</th>' if order == 0 else f"<td{_class(numeric[column])}>{text}</td>"
            )
        body.append("<tr>" + "".join(row) + "</tr>")
    if frame.empty:
        body = [f'<tr><th scope="row">{NO_ROWS}</th>{"<td></td>" * (len(frame.columns) - 1)}</tr>']
    anchor = f' id="table-{escape.html(name)}"' if name else ""
    below = f'<p class="hs-table-note">{escape.html(note)}</p>' if note else ""
    page = (
        f'<div class="hs-table"{anchor} role="region" aria-label="{escape.html(caption)}" tabindex="0"><table>'
        f"<caption><span>{escape.html(caption)}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>{below}"
    )
    text = pd.DataFrame({titles[column]: cells[column] for column in frame.columns}).to_string(index=False)
    text = NO_ROWS if frame.empty else text
    return Table(page, f"{caption}\n{text}" + (f"\n{note}" if note else ""))


def framed(label: str, headings: Iterable[str], rows: str, *, computed: bool = True) -> str:
    """Return rows that are markup already as a labelled table that can be scrolled with the keyboard.

    ``headings`` are markup too, one a column; ``computed`` says that what is in the table is generated.
    """
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    return (
        f'<div class="hs-table{" hs-computed" * computed}" role="region" aria-label="{escape.html(label)}" '
        f'tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _class(numeric: bool) -> str:
    return ' class="num"' if numeric else ""


def _cell(value: Any, pattern: str | None) -> str:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return EMPTY
    if pattern:
        return text_of(value, pattern)
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if pd.api.types.is_integer(value):
        return text_of(value, "{:,}")
    if pd.api.types.is_float(value):
        return text_of(value, "{:g}")
    return str(value)
