"""The one reader of CSV files: cells as text, rows as a spreadsheet counts them, or why a file is no CSV file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from healthsys.errors import DataError, nearest

#: Larger files are refused before they are read (bytes), as are longer cells (characters; the csv module's own limit is
#: too short for pasted documents); a header is looked for in so many rows, to say that a title is above it.
LARGEST_FILE, LONGEST_CELL, HEADER_WITHIN = 500_000_000, 1_000_000, 30

#: Limits of files about staff and employers (:func:`text_table`).
STAFF_LIMITS = {"most_bytes": 200_000_000, "most_columns": 200, "longest_cell": 20_000}

#: What a file is when it begins with these bytes, in lower case, and is no CSV file.
_OTHER_FILES = (
    ("an Excel workbook or another zipped file", b"pk\x03\x04"),
    ("an Excel 97 workbook", b"\xd0\xcf\x11\xe0"),
    ("a PDF document", b"%pdf"),
    ("a web page", (b"<!doctype", b"<html")),
)

#: Byte order marks of encodings that are not UTF-8; UTF-32 first, because it begins as UTF-16 does.
_MARKS = (
    ("UTF-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("UTF-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

Records = list[tuple[int, list[str]]]


def decode(content: bytes, *, label: str) -> str:
    """Return the text of a file, which must be UTF-8 (with or without a byte order mark), or say what it is instead."""
    start = content[:512].lstrip().lower()
    for name, marks in _OTHER_FILES:
        if start.startswith(marks):
            raise DataError(f"{label}: the file is {name}, not a CSV file; it must be saved as 'CSV UTF-8' first")
    for name, marks in _MARKS:
        if content.startswith(marks):
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


def records(
    path: Path, *, label: str, most_bytes: int | None = None, most_columns: int | None = None,
    longest_cell: int = LONGEST_CELL,
) -> Records:
    """Return the rows of a CSV file that hold anything, each with its number in a spreadsheet (the first is 1).

    A file that is empty, beyond a limit, no UTF-8 text, not separated by commas or with an open quotation mark is
    refused.
    """
    size, most = Path(path).stat().st_size, LARGEST_FILE if most_bytes is None else most_bytes
    if size > most:
        said = f"the file has {size:,} bytes; at most {most:,} are read. Split the file or cut columns"
        raise DataError(f"{label}: {said}")
    text = decode(Path(path).read_bytes(), label=label)
    if not text.strip():
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    _refuse_separator(text, label=label)
    before, found = csv.field_size_limit(longest_cell), []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        for number, cells in enumerate(reader, start=1):
            if most_columns and len(cells) > most_columns:
                said = f"{len(cells):,} columns; at most {most_columns} are read. Is the separator a comma?"
                raise DataError(f"{label}: record {number} has {said}")
            if any(map(str.strip, cells)):
                found.append((number, cells))
    except csv.Error as error:
        said, remedy = str(error), "check quotes and commas"
        if "field larger" in said:
            said = f"a cell is longer than {longest_cell:,} characters"
            remedy = "a quotation mark is probably opened there and never closed"
        raise DataError(f"{label}: not a readable CSV file near line {reader.line_num} ({said}); {remedy}") from None
    finally:
        csv.field_size_limit(before)
    return found


def _refuse_separator(text: str, *, label: str) -> None:
    """Raise if the first rows that hold anything have no comma but another separator."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]
    commas = [len(next(csv.reader([line]), [])) for line in lines]
    for separator, name in _SEPARATORS.items():
        cut = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        other = lines[0].lower().startswith("sep=") or cut[0] > commas[0] or (commas[0] == 1 and max(cut) > max(commas))
        if max(cut) > 1 and other:
            raise DataError(
                f"{label}: the cells are separated by {name}; save the file with a comma as separator and a point as "
                "decimal sign"
            )


def table(rows: Records, *, label: str, wanted: Iterable[str] = ()) -> pd.DataFrame:
    """Make a table of text out of the rows of a file, the first of which is its header; empty cells are missing.

    ``wanted`` are columns that the header should name, to tell a title above it. A column keeps its own name, which may
    occur twice (:func:`refuse_doubled`); one without name and values is dropped. Where there were blank rows,
    ``attrs["rows"]`` holds the number of each row (:func:`row_of`).

    >>> table([(1, ["unit", "value"]), (3, ["A", ""])], label="mine.csv")["value"].isna().to_list()
    [True]
    """
    _refuse_title(rows, {name.casefold() for name in wanted}, label=label)
    header, body = [name.strip() for name in rows[0][1]], rows[1:]
    wrong = [(number, cells) for number, cells in body if len(cells) != len(header)]
    if wrong:
        raise DataError(_cells_message(*wrong[0], len(header), len(wrong), label=label))
    while header and not header[-1] and not any(cells[len(header) - 1].strip() for _, cells in body):
        header.pop()
    cells = [[cell or None for cell in cells[: len(header)]] for _, cells in body]
    frame = pd.DataFrame(cells, columns=range(len(header)), dtype="str")
    frame.columns = pd.Index([name or f"Unnamed: {place}" for place, name in enumerate(header)])
    if body and body[-1][0] != len(body) + 1:
        frame.attrs["rows"] = tuple(number for number, _ in body)
    return frame


def _refuse_title(rows: Records, wanted: set[str], *, label: str) -> None:
    first = {cell.strip().casefold() for cell in rows[0][1]}
    if not wanted or first & wanted:
        return
    for number, cells in rows[1:HEADER_WITHIN]:
        if len({cell.strip().casefold() for cell in cells} & wanted) >= min(2, len(wanted)):
            shown = next(cell.strip() for cell in rows[0][1] if cell.strip())[:60]
            raise DataError(
                f"{label}: row {rows[0][0]} holds '{shown}', and the header is in row {number}; the header must be the "
                f"first row. Remove the rows above it ({number - 1}) and notes below the table, and try again"
            )


def _cells_message(number: int, cells: list[str], width: int, faults: int, *, label: str) -> str:
    given = [cell.strip() for cell in cells if cell.strip()]
    said = f"{label}: row {number} has {len(cells)} cell{'' if len(cells) == 1 else 's'} but the header {width}"
    if len(given) == 1 and len(cells) < width:
        said += f" ('{given[0][:60]}'); a note below or inside the table must be removed"
    elif len(cells) > width:
        said += "; a comma inside a cell needs quotation marks around the cell, a decimal comma must be a point, and a "
        said += "comma at the end of a row must go"
    else:
        said += "; check quotes and commas, and keep a comma for each empty cell"
    return said + (f" ({faults} such rows in all)" if faults > 1 else "")


def read_text(
    path: Path, *, label: str, wanted: Iterable[str] = (), drop: Iterable[str] = (), **limits: int
) -> pd.DataFrame:
    """Return a CSV file as text, cells stripped of blanks and empty ones missing.

    Parameters
    ----------
    path, label, wanted
        The file, what to call it in messages, columns that its header should name.
    drop
        Columns to drop, such as addresses that no analysis needs.
    limits
        ``most_bytes``, ``most_columns`` and ``longest_cell`` (characters), beyond which a file is refused.

    Returns
    -------
    pandas.DataFrame
        :func:`row_of` tells the row of the file that each row of the table comes from.

    Raises
    ------
    DataError
        If the file is no CSV file, a row has more or fewer cells than the header, or there is no row of data.
    """
    if not Path(path).is_file():
        raise DataError(f"{label}: there is no such file; give the path of a CSV file")
    frame = table(records(path, label=label, **limits), label=label, wanted=wanted)
    refuse_doubled(frame, label=label)
    if frame.empty:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    frame = frame.drop(columns=[name for name in drop if name in frame.columns])
    for name in frame.columns:
        frame[name] = frame[name].str.strip().where(lambda text: text != "")
    return frame


def text_table(path: str | Path, *, label: str, dropped: Iterable[str] = ()) -> pd.DataFrame:
    """Return a file about staff or employers as text, within stricter limits; an empty cell is an empty text."""
    return read_text(Path(path), label=label, drop=dropped, **STAFF_LIMITS).fillna("")


def refuse_doubled(frame: pd.DataFrame, *, label: str) -> None:
    """Raise if two columns have one name."""
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise DataError(f"{label}: column '{doubled[0]}' occurs twice in the header; rename or remove one")


def row_of(frame: pd.DataFrame, position: int) -> int:
    """Return the row that a spreadsheet shows for a row of a table that was read, by its position from 0.

    >>> row_of(pd.DataFrame({"value": [1, 2]}), 1)
    3
    """
    rows = frame.attrs.get("rows")
    return rows[position] if rows else position + 2


def misspelt(name: str, columns: Iterable[str]) -> str:
    """Say which column of a file was probably meant by a name that is missing, or nothing.

    >>> misspelt("indicator", ["Indicator", "Unit"])
    " The header names 'Indicator'. Did you mean 'indicator'? Rename the column: names are in lower case."
    >>> misspelt("days", ["dys"])
    " Did you mean 'dys'?"
    """
    there = list(columns)
    same = [column for column in there if letters_of(column) == letters_of(name)]
    if not same:
        return nearest(name, there)
    case = ": names are in lower case" if name == name.lower() and same[0] != same[0].lower() else ""
    return f" The header names '{same[0]}'. Did you mean '{name}'? Rename the column{case}."


def letters_of(name: str, keep: str = "") -> str:
    """Reduce a name to its letters, digits and the signs to ``keep``: case, blanks and hyphens do not count."""
    return "".join(letter for letter in name.casefold() if letter.isalnum() or letter in keep)
