"""Read the cells of a CSV file, or say in one sentence why it is not one: encoding, separator, header, cells in a row.

Every reader of tables goes through here, so that a header is checked as it is in the file (a library renames the second
of two equal columns) and a row has the number that a spreadsheet shows for it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from healthsys.errors import DataError, nearest

#: Longest text in a cell (characters); the csv module's own limit of 131,072 is too short for pasted documents.
LONGEST_CELL = 1_000_000

#: Rows in which a header is looked for, to say that a title is above it.
HEADER_WITHIN = 30

#: What a file is when it begins with these bytes, and is no CSV file.
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel workbook or another zipped file"),
    (b"\xd0\xcf\x11\xe0", "an Excel 97 workbook"),
    (b"%PDF", "a PDF document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)

#: Byte order marks of encodings that are not UTF-8; UTF-32 first, because it begins as UTF-16 does.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

Records = list[tuple[int, list[str]]]


def decode(content: bytes, *, label: str) -> str:
    """Return the text of a file, which must be UTF-8 (with or without a byte order mark).

    Raises
    ------
    DataError
        Naming what the file is instead, as far as its bytes tell.

    Examples
    --------
    >>> decode("unit,value".encode("utf-16"), label="mine.csv")
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: mine.csv: the file is UTF-16 text, not UTF-8 text; save it as 'CSV UTF-8' and try again
    """
    start = content[:512].lstrip().lower()
    for mark, name in _OTHER_FILES:
        if start.startswith(mark.lower()):
            raise DataError(f"{label}: the file is {name}, not a CSV file; it must be saved as 'CSV UTF-8' first")
    for mark, name in _MARKS:
        if content.startswith(mark):
            raise DataError(f"{label}: the file is {name} text, not UTF-8 text; save it as 'CSV UTF-8' and try again")
    if b"\0" in content:
        sample = content[:4096]
        guess = "probably UTF-16 text" if sample.count(b"\0") > len(sample) // 4 else "it is not text"
        raise DataError(f"{label}: the file holds null bytes ({guess}); save it as 'CSV UTF-8' and try again")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{label}: the file is not UTF-8 text (byte {error.start}); save it as 'CSV UTF-8' and try again. It is "
            "probably Windows-1252 or Latin-1 text, which a spreadsheet writes as plain 'CSV'"
        ) from None


def records(path: Path, *, label: str, longest_cell: int = LONGEST_CELL) -> Records:
    """Return the rows of a CSV file that hold anything, each with the number a spreadsheet shows for it.

    Parameters
    ----------
    path
        The file.
    label
        What to call it in messages.
    longest_cell
        Characters of the longest cell that is read.

    Returns
    -------
    list of (int, list of str)
        Row number (the first row is 1; blank rows count) and cells as text.

    Raises
    ------
    DataError
        If the file is empty, no UTF-8 text, separated by something else than commas, or its quotation marks do not
        close.
    """
    text = decode(Path(path).read_bytes(), label=label)
    if not text.strip():
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    _refuse_separator(text, label=label)
    before = csv.field_size_limit(longest_cell)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(number, cells) for number, cells in enumerate(reader, start=1) if any(map(str.strip, cells))]
    except csv.Error as error:
        said = f"a cell is longer than {longest_cell:,} characters" if "field larger" in str(error) else error
        raise DataError(
            f"{label}: not a readable CSV file near line {reader.line_num} ({said}); check quotes and commas"
        ) from None
    finally:
        csv.field_size_limit(before)


def _refuse_separator(text: str, *, label: str) -> None:
    """Raise if the first rows that hold anything have no comma but another separator."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]
    for separator, name in _SEPARATORS.items():
        cut = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        if max(cut) < 2:
            continue
        commas = [len(next(csv.reader([line]), [])) for line in lines]
        if lines[0].lower().startswith("sep=") or cut[0] > commas[0] or (commas[0] == 1 and max(cut) > max(commas)):
            raise DataError(
                f"{label}: the cells are separated by {name}; save the file with a comma as separator and a point as "
                "decimal sign"
            )


def table(rows: Records, *, label: str, wanted: Iterable[str] = ()) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Make a table of text out of the rows of a file, the first of which is its header.

    Parameters
    ----------
    rows
        From :func:`records`.
    label
        What to call the file in messages.
    wanted
        Columns that the header should name, to tell a title above the header from the header.

    Returns
    -------
    (pandas.DataFrame, tuple of int)
        Every column text under its own name (which may occur twice; :func:`compendium.datasets.check` refuses that),
        empty cells missing, and the row number of each row. A column without a name and without a value is left out.

    Raises
    ------
    DataError
        If a title is above the header, or a row has more or fewer cells than the header.

    Examples
    --------
    >>> table([(1, ["unit", "value"]), (3, ["A", ""])], label="mine.csv")[0]["value"].isna().to_list()
    [True]
    >>> table([(1, ["unit", "value"]), (3, ["A", "1", ""])], label="mine.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: mine.csv: row 3 has 3 cells but the header 2; ...
    """
    _refuse_title(rows, {name.casefold() for name in wanted}, label=label)
    header = [name.strip() for name in rows[0][1]]
    body = rows[1:]
    wrong = [(number, cells) for number, cells in body if len(cells) != len(header)]
    if wrong:
        number, cells = wrong[0]
        raise DataError(_cells_message(number, cells, len(header), len(wrong), label=label))
    if not header[-1] and not any(cells[-1].strip() for _, cells in body):
        while header and not header[-1] and not any(cells[len(header) - 1].strip() for _, cells in body):
            header.pop()
    names = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
    columns = list(zip(*(cells for _, cells in body), strict=True))[: len(names)] or [()] * len(names)
    frame = pd.concat(
        [pd.Series([cell or None for cell in column], dtype="str") for column in columns], axis=1, ignore_index=True
    )
    frame.columns = pd.Index(names)
    return frame, tuple(number for number, _ in body)


def _refuse_title(rows: Records, wanted: set[str], *, label: str) -> None:
    first = {cell.strip().casefold() for cell in rows[0][1]}
    if not wanted or first & wanted:
        return
    for number, cells in rows[1:HEADER_WITHIN]:
        shared = {cell.strip().casefold() for cell in cells} & wanted
        if len(shared) >= min(2, len(wanted)):
            shown = next(cell.strip() for cell in rows[0][1] if cell.strip())[:60]
            raise DataError(
                f"{label}: row {rows[0][0]} holds '{shown}', and the header is in row {number}; the header must be the "
                f"first row. Remove the rows above it ({number - 1}) and notes below the table, and try again"
            )


def _cells_message(number: int, cells: list[str], width: int, faults: int, *, label: str) -> str:
    given = [cell.strip() for cell in cells if cell.strip()]
    count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
    said = f"{label}: row {number} has {count} but the header {width}"
    if len(given) == 1 and len(cells) < width:
        said += f" ('{given[0][:60]}'); a note below or inside the table must be removed"
    elif len(cells) > width:
        said += "; a comma inside a cell needs quotation marks around the cell, a decimal comma must be a point, and a "
        said += "comma at the end of a row must go"
    else:
        said += "; check quotes and commas, and keep a comma for each empty cell"
    return said + (f" ({faults} such rows in all)" if faults > 1 else "")


def misspelt(name: str, columns: Iterable[str]) -> str:
    """Say which column of a file was probably meant by a name that is missing, or nothing.

    Examples
    --------
    >>> misspelt("indicator", ["Indicator", "Unit"])
    " The header names 'Indicator'. Did you mean 'indicator'? Rename the column: names are in lower case."
    >>> misspelt("days", ["dys"])
    " Did you mean 'dys'?"
    """
    there = list(columns)
    same = [column for column in there if _plain(column) == _plain(name)]
    if not same:
        return nearest(name, there)
    case = ": names are in lower case" if name == name.lower() and same[0] != same[0].lower() else ""
    return f" The header names '{same[0]}'. Did you mean '{name}'? Rename the column{case}."


def _plain(name: str) -> str:
    """Reduce a name to its letters and digits, so that case, blanks, hyphens and underscores do not count."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
