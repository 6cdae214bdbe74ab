"""What a zipped workbook would fill, seen in its XML before it is opened: a reader of workbooks takes memory for every
cell between the first and the last one that hold anything, and for all that is unpacked."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from healthsys.errors import DataError

#: A sheet with more cells is refused unless the share of them that hold anything is above the second number.
MOST_SPARSE, FILLED = 5_000_000, 0.02

#: A sheet with more cells, a workbook that unpacks to more bytes and a cell of more bytes are refused in any case; the
#: csv module's own limit of a cell is too short for pasted documents.
MOST_CELLS, UNPACKED, LONGEST_CELL = 100_000_000, 1_000_000_000, 1_000_000

#: Bytes that are read at once, and the most of a tag that is cut between two readings.
_PIECE, _TAG = 2**18, 4_096

#: Cells of an xlsx sheet that hold anything (one with a format alone is empty), and texts that cells share.
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]*(?<!/)>\s*<(?:\w+:)?[vif]""")
_SHARED = re.compile(rb"<(?:\w+:)?si\b")

#: Parts of an xlsx workbook that are sheets.
_SHEET = re.compile(r"worksheets/[^/]+\.xml$")

#: Sheets, rows and cells of an ods workbook, and how often one is repeated.
_ODS = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>")
_TIMES = re.compile(rb'-repeated="(\d+)"')

#: A cell that shows a shared text, by the number of the text.
_USE = rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3}\d{1,7})["'][^>]*t=["']s["'][^>]*>\s*<(?:\w+:)?v>%d<"""


class _TooLongError(Exception):
    """A text of a workbook is too long."""


@dataclass
class _Extent:
    """The cells of a sheet that hold anything: how many, the first row and column, the lowest and the rightmost."""

    filled: int = 0
    top: int = 2**31
    left: int = 2**31
    lowest: tuple[int, int] = (0, 0)
    rightmost: tuple[int, int] = (0, 0)
    last: tuple[int, int] = (0, 0)

    def add(self, row: int, column: int, *, rows: int = 1, columns: int = 1) -> None:
        """Count a cell, or so many that repeat it and end with it."""
        self.filled += rows * columns
        self.last = (row, column)
        if row - rows < self.top:
            self.top = row - rows + 1
        if column - columns < self.left:
            self.left = column - columns + 1
        if row > self.lowest[0]:
            self.lowest = self.last
        if column > self.rightmost[1]:
            self.rightmost = self.last

    def refuse(self, *, label: str) -> None:
        """Raise if the range from the first to the last cell has too many cells, most of them empty."""
        rows, columns = self.lowest[0] - self.top + 1, self.rightmost[1] - self.left + 1
        cells = rows * columns if self.filled else 0
        if cells <= MOST_SPARSE or (cells <= MOST_CELLS and self.filled > FILLED * cells):
            return
        last = " and ".join(dict.fromkeys((_named(*self.lowest), _named(*self.rightmost))))
        raise DataError(
            f"{label}: a sheet of the workbook has {rows:,} rows and {columns:,} columns, but only "
            f"{self.filled:,} cells hold anything; the last is {last}. At most {MOST_SPARSE:,} cells are read where "
            f"nearly all are empty, {MOST_CELLS:,} otherwise. Delete what is far from the table (it may be a blank), "
            "or copy the table to a new workbook"
        )


def refuse_beyond(path: str | Path, *, label: str) -> None:
    """Raise if a zipped workbook is too large when it is unpacked, or has a cell too long or far from all others.

    A file that is no zipped workbook is left to its reader.
    """
    if zipfile.is_zipfile(path):
        _look(Path(path), Path(path).stat().st_mtime_ns, label)


@lru_cache(maxsize=8)
def _look(path: Path, changed: int, label: str) -> None:
    try:
        with zipfile.ZipFile(path) as book:
            size = sum(one.file_size for one in book.infolist())
            if size > UNPACKED:
                said = f"the workbook has {size:,} bytes when it is unpacked; at most {UNPACKED:,} are read"
                raise DataError(f"{label}: {said}. Split the workbook or cut columns")
            for name in book.namelist():
                if name == "content.xml":
                    _look_at_ods(book, name, label=label)
                elif name.endswith("sharedStrings.xml"):
                    _look_at_shared(book, name, label=label)
                elif _SHEET.search(name):
                    _look_at_xlsx(book, name, label=label)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"{label}: the file is no readable xlsx, xls or ods workbook ({type(error).__name__}); save the sheet as "
            "'CSV UTF-8' and try again"
        ) from None


def _look_at_xlsx(book: zipfile.ZipFile, name: str, *, label: str) -> None:
    seen = _Extent()
    try:
        for cell in _tags(book, name, _CELL):
            seen.add(int(cell[2]), _column(cell[1]))
    except _TooLongError:
        raise _too_long(_named(*seen.last), label=label) from None
    seen.refuse(label=label)


def _look_at_ods(book: zipfile.ZipFile, name: str, *, label: str) -> None:
    seen, row, column, rows = _Extent(), 0, 0, 1
    try:
        for tag in _tags(book, name, _ODS):
            times = int(found[1]) if (found := _TIMES.search(tag[2])) else 1
            if tag[1] == b"table":
                seen.refuse(label=label)
                seen, row = _Extent(), 0
            elif tag[1] == b"table-row":
                row, column, rows = row + times, 0, times
            else:
                column += times
                if b"value-type=" in tag[2]:
                    seen.add(row, column, rows=rows, columns=times)
    except _TooLongError:
        raise _too_long(_named(*seen.last), label=label) from None
    seen.refuse(label=label)


def _look_at_shared(book: zipfile.ZipFile, name: str, *, label: str) -> None:
    number = -1
    try:
        for _ in _tags(book, name, _SHARED):
            number += 1
    except _TooLongError:
        uses = (_tags(book, sheet, re.compile(_USE % number)) for sheet in filter(_SHEET.search, book.namelist()))
        where = next((use[1].decode() for sheet in uses for use in sheet), "")
        raise _too_long(where, label=label) from None


def _tags(book: zipfile.ZipFile, name: str, tag: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Yield the matches of a pattern in a part of a workbook, which is read piece by piece."""
    rest, length = b"", 0
    with book.open(name) as part:
        while piece := part.read(_PIECE):
            first = piece.find(b"<")
            length += len(piece) if first < 0 else first
            if length > LONGEST_CELL:
                raise _TooLongError
            if first >= 0:
                length = len(piece) - piece.rfind(b"<") - 1
            whole, end = rest + piece, 0
            for match in tag.finditer(whole):
                end = match.end()
                yield match
            rest = whole[max(end, len(whole) - _TAG) :]


def _too_long(cell: str, *, label: str) -> DataError:
    where = f"cell {cell}" if cell else "a cell"
    return DataError(f"{label}: {where} is longer than {LONGEST_CELL:,} characters; shorten or remove it and try again")


@lru_cache(maxsize=20_000)
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _named(row: int, column: int) -> str:
    """Return what a spreadsheet calls a cell.

    >>> _named(1_048_576, 16_384), _named(3, 27)
    ('XFD1048576', 'AA3')
    """
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return f"{letters}{row}"
