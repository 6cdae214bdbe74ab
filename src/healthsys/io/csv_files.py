"""The one reader of tables: CSV text and workbooks as cells of text, rows as a spreadsheet counts them, and what was
taken how; or why a file is no table."""

import csv
import datetime
import difflib
import io
import json
import math
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.io import workbooks
from healthsys.io.decoding import decode, wide_of

#: Larger files are refused before they are read (bytes); a header is looked for in so many rows, to say that a title is
#: above it.
LARGEST_FILE, HEADER_WITHIN = 500_000_000, 30

#: How alike two names of columns are, from 0 to 1, of which one is the other misspelt.
CLOSE = 0.8

#: The environment variable in which the command passes columns that a reader names otherwise: ``{"value": "Mine"}``.
COLUMNS_VARIABLE = "HEALTHSYS_COLUMNS"

#: The environment variable in which the command passes what a reader states of an ambiguous file, as
#: ``{"sheet": "2024", "dates": "month first", "comma": "decimal"}``.
STATED_VARIABLE = "HEALTHSYS_STATED"

#: Limits of files about staff and employers (:func:`text_table`).
STAFF_LIMITS = {"most_bytes": 200_000_000, "most_columns": 200, "longest_cell": 20_000}

#: Beginnings of workbooks: xlsx and ods are zipped, xls is an OLE file.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

#: How a note below a table begins.
_NOTE = re.compile(r"(foot)?notes?\b|sources?\b|[*†‡©#]|\d+[.)]\s|\[\w\]|\(\w\)|contains\b|copyright\b", re.I)

#: Signs that nobody sees and that make two names of one: zero-width space, byte order mark, soft hyphen.
_UNSEEN = dict.fromkeys((0x200B, 0xFEFF, 0x00AD))

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Records(list):
    """The rows of a file that hold anything, each with its number in a spreadsheet; ``said``: what was read how."""

    def __init__(self, rows: Iterable[tuple[int, list[str]]] = (), *, said: Iterable[str] = (), separator: str = ","):
        super().__init__(rows)
        self.said, self.separator = list(said), separator


def composed(text: str) -> str:
    """Return a text with each letter and its accent as one sign, and without signs that nobody sees.

    >>> composed("Zoe\u0308") == composed("Zo\u200b\u00eb")
    True
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_UNSEEN)


def _bytes(path: Path, most: int = -1, *, label: str) -> bytes:
    """Return the bytes of a file, at most so many of them; a file that may not be read is refused."""
    try:
        with path.open("rb") as handle:
            return handle.read(most)
    except OSError as error:
        raise DataError(f"{label}: the file cannot be read ({error.strerror}); ask for the right to read it") from None


def records(
    path: Path,
    *,
    label: str,
    wanted: Iterable[str] = (),
    most_bytes: int | None = None,
    most_columns: int | None = None,
    longest_cell: int = workbooks.LONGEST_CELL,
    empty: list[int] | None = None,
) -> Records:
    """Return the rows of a CSV file or workbook that hold anything, each with its number in a spreadsheet.

    The first row is 1. UTF-8, UTF-16 and Windows-1252 text is read, separated by commas, semicolons, tabs or vertical
    bars, and xlsx, xls and ods workbooks; ``wanted`` are columns that tell the sheet; rows of empty cells in text are
    added to ``empty``. A file that is empty, beyond a limit, no table or with an open quotation mark is refused.
    """
    if not Path(path).is_file():
        raise DataError(f"{label}: there is no such file; give the path of a CSV file or a workbook")
    size, most = Path(path).stat().st_size, LARGEST_FILE if most_bytes is None else most_bytes
    if size > most:
        said = f"the file has {size:,} bytes; at most {most:,} are read. Split the file or cut columns"
        raise DataError(f"{label}: {said}")
    content = _bytes(Path(path), label=label)
    if content.startswith(_WORKBOOKS):
        return _workbook(Path(path), _spellings(wanted), label=label)
    text, notes = decode(content, label=label)
    text = composed(text)
    if not text.strip():
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    separator, named = _separator(text), text.lower().lstrip().startswith("sep=")
    if separator != ",":
        notes.append(f"the cells are separated by {_SEPARATORS[separator]}")
    before, found = csv.field_size_limit(longest_cell), Records(said=notes, separator=separator)
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=_spaced(text, separator)
        )
        for number, cells in enumerate(reader, start=1):
            if most_columns and len(cells) > most_columns:
                said = f"{len(cells):,} columns; at most {most_columns} are read. Is the separator a comma?"
                raise DataError(f"{label}: record {number} has {said}")
            if any(map(str.strip, cells)) and not (number == 1 and named):
                found.append((number, cells))
            elif cells and empty is not None:
                empty.append(number)
    except csv.Error as error:
        said, remedy = str(error), "check quotes and commas"
        if "field larger" in said:
            said = f"a cell is longer than {longest_cell:,} characters"
            remedy = "a quotation mark is probably opened there and never closed"
        raise DataError(f"{label}: not a readable CSV file near line {reader.line_num} ({said}); {remedy}") from None
    finally:
        csv.field_size_limit(before)
    if not found:
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    return found


def names(path: Path, columns: Iterable[str]) -> bool:
    """Say whether one of the first rows of a file names all of these columns, whatever their case and blanks."""
    wanted = {letters_of(name) for name in columns}
    for header in _first_rows(path):
        renamed = _renamed(header)
        if wanted <= {letters_of(renamed.get(name, name)) for name in header}:
            return True
    return False


def _first_rows(path: Path) -> list[list[str]]:
    """Return the first rows of a file, of each sheet of a workbook, in which a header is looked for."""
    start = _bytes(path, 65_536, label=path.name)
    if start.startswith(_WORKBOOKS):
        sheets = _sheets(path, label=path.name).values()
        return [[cell.strip() for cell in cells] for sheet in sheets for _, cells in sheet[:HEADER_WITHIN]]
    text = start.decode(wide_of(start) or "utf-8-sig", errors="replace")
    if not text.strip():
        return []
    rows = [next(csv.reader([line], delimiter=_separator(text)), []) for line in text.splitlines()[:HEADER_WITHIN]]
    return [[cell.strip() for cell in cells] for cells in rows]


def given(column: str) -> str:
    """Return what a file calls a column that the reader maps; the column's own name without a mapping."""
    return next((mine for name, mine in _mapping().items() if letters_of(name) == letters_of(column)), column)


def refuse_absent(paths: Iterable[Path]) -> None:
    """Raise if none of the files names a column that the reader maps (a file that is no table is left to its reader).

    Another column would be analysed without a word: the file's own ``value`` where ``column.value`` is misspelt.
    """
    mapping = _mapping()
    if not mapping:
        return
    files = [one for path in paths for one in (sorted(path.iterdir()) if path.is_dir() else [path]) if one.is_file()]
    try:
        heads = [(one, _first_rows(one)) for one in files]
    except DataError:
        return
    for name, mine in mapping.items():
        if not any(name in _renamed(cells).values() for _, rows in heads for cells in rows):
            headers = [max(rows[:HEADER_WITHIN], key=len, default=[]) for _, rows in heads]
            there = list(dict.fromkeys(cell for header in headers for cell in header if cell))
            files_named = ", ".join(one.name for one, _ in heads[:3]) or "the book's own data"
            found = ", ".join(there[:20]) or "none"
            raise DataError(
                f"{files_named}: there is no column '{mine}', which column.{name} names.{nearest(mine, there)} "
                f"Columns found: {found}"
            )


def read_as(name: str, new: str) -> str:
    """Say that a column of a file is read as another: a sentence of ``attrs["read_as"]``."""
    return f"column '{name}' is read as '{new}'"


def stated(choice: str) -> str:
    """Return what the reader states of an ambiguous file: its ``sheet``, its ``dates`` or its ``comma``; or nothing."""
    return json.loads(os.environ.get(STATED_VARIABLE, "{}")).get(choice, "")


def _spellings(wanted: Iterable[str]) -> set[str]:
    """Return the letters of wanted columns, as they are called here and as the reader's file calls them."""
    return {letters_of(one) for name in wanted for one in (name, given(name))}


def _mapping() -> dict[str, str]:
    """Return what the reader says that the file calls a column, by the name of the column."""
    return {name: composed(own) for name, own in json.loads(os.environ.get(COLUMNS_VARIABLE, "{}")).items()}


def _renamed(header: list[str]) -> dict[str, str]:
    """Return the columns that the reader maps, by their name in a header: as it is written, else whatever its case."""
    found: dict[str, str] = {}
    for name, mine in _mapping().items():
        same = [cell for cell in header if cell == mine]
        same = same or [cell for cell in header if letters_of(cell) and letters_of(cell) == letters_of(mine)]
        found |= dict.fromkeys(same, name)
    return found


def _separator(text: str) -> str:
    """Return what separates the cells: what ``sep=`` says, else what cuts most of the first rows alike, and finest."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]
    if lines[0].lower().startswith("sep=") and lines[0][4:5] in _SEPARATORS:
        return lines[0][4:5]

    def alike(separator: str) -> tuple[float, int]:
        cut = csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=separator)  # a cell may hold line breaks
        rows = list(islice((row for row in cut if any(map(str.strip, row))), HEADER_WITHIN))
        widths = Counter(map(len, rows))
        return max(((count / len(rows), width) for width, count in widths.items() if width > 1), default=(0, 0))

    return max((",", *_SEPARATORS), key=alike)


def _spaced(text: str, separator: str) -> bool:
    """Say whether a blank follows each separator of the first row: a quotation mark after it opens a cell."""
    parts = text.lstrip().partition("\n")[0].split(separator)[1:]
    return bool(parts) and separator != "\t" and all(part.startswith(" ") for part in parts)


def _workbook(path: Path, wanted: set[str], *, label: str) -> Records:
    """Return the rows of the sheet that a reader names, the one with a header that is wanted, or the only one."""
    sheets = _sheets(path, label=label)
    full = {name: rows for name, rows in sheets.items() if rows}
    if not full:
        raise DataError(f"{label}: the workbook is empty; expected a header row and at least one row of data")
    named = stated("sheet")
    if named and named not in full:
        raise DataError(
            f"{label}: the workbook has no sheet '{named}' with data.{nearest(named, full)} "
            f"There are: {', '.join(full)}"
        )
    fitting = [
        name for name, rows in full.items()
        if wanted and any(len({letters_of(cell) for cell in cells} & wanted) >= min(2, len(wanted))
                          for _, cells in rows[:HEADER_WITHIN])
    ]  # fmt: skip
    chosen = [named] if named else fitting or list(full)
    if len(chosen) > 1:
        raise DataError(
            f"{label}: the workbook has {len(chosen)} sheets with data: {', '.join(chosen)}; say which to read with "
            f"-p 'sheet={chosen[0]}', or save it as 'CSV UTF-8'"
        )
    said = [f"the sheet '{chosen[0]}' of the workbook is read"] if len(sheets) > 1 else ["the file is a workbook"]
    return Records(full[chosen[0]], said=said)


def _sheets(path: Path, *, label: str) -> dict[str, tuple[tuple[int, list[str]], ...]]:
    """Return the rows of each sheet of a workbook that hold anything, with their numbers; columns begin with the first
    that holds anything, as a spreadsheet saves them. The last workbook is kept: several readers may look at it."""
    return _opened(path, path.stat().st_mtime_ns, label)


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int, label: str) -> dict[str, tuple[tuple[int, list[str]], ...]]:
    workbooks.refuse_beyond(path, label=label)
    try:
        sheets = pd.read_excel(path, engine="calamine", sheet_name=None, header=None, dtype=object)
    except ImportError:
        raise DataError(
            f"{label}: the file is a workbook; install python-calamine to read it, or save it as 'CSV UTF-8'"
        ) from None
    except Exception as error:
        raise DataError(
            f"{label}: the file is no readable xlsx, xls or ods workbook ({type(error).__name__}); save the sheet as "
            "'CSV UTF-8' and try again"
        ) from None
    found = {}
    for name, sheet in sheets.items():
        rows = [
            (number, [_cell(value) for value in row]) for number, row in enumerate(sheet.itertuples(index=False), 1)
        ]
        rows = [(number, cells) for number, cells in rows if any(cells)]
        left = min((next(place for place, cell in enumerate(cells) if cell) for _, cells in rows), default=0)
        found[name] = tuple((number, cells[left:]) for number, cells in rows)
    return found


def _cell(value: object) -> str:
    """Return a cell of a workbook as the text that a CSV file would have."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return composed(str(value))


def table(rows: Records, *, label: str, wanted: Iterable[str] = ()) -> pd.DataFrame:
    """Make a table of text out of the rows of a file, the first of which is its header; empty cells are missing.

    Rows above a header that names ``wanted`` columns, comments and notes below the table are left out, and a name that
    differs from a wanted one in case, blanks or hyphens is read as that. A column keeps its own name, which may occur
    twice (:func:`refuse_unusable`); one without name and values is dropped. ``attrs["rows"]`` holds the number of each
    row (:func:`row_of`) where the file has rows that are not in the table, ``attrs["read_as"]`` what was read how.

    >>> table([(1, ["unit", "value"]), (3, ["A", ""])], label="mine.csv")["value"].isna().to_list()
    [True]
    >>> own = table([(1, ["Waits"]), (2, ["Unit", "value"]), (3, ["A", "1"])], label="a.csv", wanted=["unit", "value"])
    >>> list(own), own.attrs["read_as"]
    (['unit', 'value'], ['1 row above the header is left out', "column 'Unit' is read as 'unit'"])
    """
    wanted, said = list(wanted), list(getattr(rows, "said", ()))
    rows = _table_alone(rows, wanted, said, label=label)
    header, body = [name.strip() for name in rows[0][1]], rows[1:]
    wrong = [(number, cells) for number, cells in body if len(cells) != len(header)]
    if wrong:
        raise DataError(_cells_message(*wrong[0], len(header), len(wrong), label=label))
    while header and not header[-1] and not any(cells[len(header) - 1].strip() for _, cells in body):
        header.pop()
    header = _named(header, wanted, said, label=label)
    cells = [[cell or None for cell in cells[: len(header)]] for _, cells in body]
    frame = pd.DataFrame(cells, columns=range(len(header)), dtype="str")
    frame.columns = pd.Index([name or f"Unnamed: {place}" for place, name in enumerate(header)])
    if body and body[-1][0] != len(body) + 1:
        frame.attrs["rows"] = tuple(number for number, _ in body)
    if said:
        frame.attrs["read_as"] = said
    mapped = _renamed([cell.strip() for cell in rows[0][1]])
    if mapped:
        frame.attrs["mapped"] = {letters_of(new): name for name, new in mapped.items()}
    if getattr(rows, "separator", ",") != ",":
        frame.attrs["separator"] = rows.separator
    return frame


def _table_alone(rows: Records, wanted: list[str], said: list[str], *, label: str) -> Records:
    """Return the rows from the header to the last row of data, and say what was left out."""
    names = _spellings(wanted)
    enough = min(2, len(wanted))
    alone = Records(rows, separator=getattr(rows, "separator", ","))
    comments = _comments(alone, names)
    if names and comments:
        alone[:] = [row for place, row in enumerate(alone) if place not in set(comments)]
        said.append(f"{_counted(len(comments))} of comment {_is(len(comments))} left out")
        if not alone:
            raise DataError(f"{label}: the file holds nothing but comments; expected a header row and rows of data")
    if names and not {letters_of(cell) for cell in alone[0][1]} & names:
        fits = (len({letters_of(cell) for cell in cells} & names) >= enough for _, cells in alone[:HEADER_WITHIN])
        above = next((place for place, fit in enumerate(fits) if fit), 0)
        if above:
            said.append(f"{_counted(above)} above the header {_is(above)} left out")
            del alone[:above]
    last = len(alone)
    width = len(alone[0][1])
    while names and last > 2 and _is_below(alone[last - 1][1], width):
        last -= 1
    last += next((place for place, (_, cells) in enumerate(alone[last:]) if _is_note(cells)), len(alone) - last)
    if last < len(alone):
        first = next(cell.strip() for cell in alone[last][1] if cell.strip())
        said.append(f"{_counted(len(alone) - last)} below the table {_is(len(alone) - last)} left out: '{first[:60]}'")
        del alone[last:]
    return alone


def _comments(rows: Records, names: set[str]) -> list[int]:
    """Return the places of comments: a row that begins with # and is neither the header nor as full as it."""
    found: list[int] = []
    header: list[str] | None = None
    for place, (_, cells) in enumerate(rows):
        if cells[0].lstrip().startswith("#"):
            fits = {letters_of(cell) for cell in cells} & names if header is None else len(cells) == len(header)
            if not fits or not any(cell.strip() for cell in cells[1:]):
                found.append(place)
                continue
        header = header or cells
    return found


def _is_below(cells: list[str], width: int) -> bool:
    """Say whether a row may stand below a table: it has one cell, or is a note cut at its own commas."""
    given = [cell for cell in map(str.strip, cells) if cell]
    return len(given) == 1 or (len(cells) != width and bool(_NOTE.match(given[0])))


def _is_note(cells: list[str]) -> bool:
    """Say whether the one cell of a row begins as no row of data does, or is a sentence."""
    said = next(cell.strip() for cell in cells if cell.strip())
    return bool(_NOTE.match(said) or len(said.split()) > 3)


def _counted(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _named(header: list[str], wanted: list[str], said: list[str], *, label: str) -> list[str]:
    """Return a header with the names that a reader maps, and those that differ from a wanted one in case or blanks."""
    known = {letters_of(name): name for name in wanted}
    mapped = {name: known.get(letters_of(new), new) for name, new in _renamed(header).items()}
    for name, new in mapped.items():
        close = [one for one in wanted if _misnames(new, one)]
        if new not in wanted and close:
            said = f"no column '{new}' is read. Did you mean 'column.{close[0]}'?"
            raise DataError(f"{label}: column.{new}={name}: {said}")
    taken = {letters_of(new): name for name, new in mapped.items()}
    renamed = []
    for name in header:
        new = mapped.get(name) or (name if name in wanted else known.get(letters_of(name), name))
        first = taken.get(letters_of(new), name)
        if (new != name and new in header and name not in mapped) or (name in mapped and first != name):
            other = first if name in mapped else new
            raise DataError(f"{label}: columns '{other}' and '{name}' are both read as '{new}'; rename or remove one")
        if first != name:
            said.append(f"column '{name}' is not used: column '{first}' is read as '{mapped[first]}'")
            new = f"{name} (not used)"
        elif new != name:
            said.append(read_as(name, new))
        renamed.append(new)
    return renamed


def _misnames(name: str, other: str) -> bool:
    """Say whether a name is another one misspelt, by more than its digits: challenge_1 is not challenge_2."""
    alike = difflib.SequenceMatcher(None, name.casefold(), other.casefold()).ratio() >= CLOSE
    return alike and re.sub(r"\d", "", name) != re.sub(r"\d", "", other)


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
    wanted = list(wanted)
    frame = table(records(path, label=label, wanted=wanted, **limits), label=label, wanted=wanted)
    refuse_unusable(frame, label=label)
    frame = frame.drop(columns=[name for name in drop if name in frame.columns])
    for name in frame.columns:
        frame[name] = frame[name].str.strip().where(lambda text: text != "")
    return frame


def text_table(
    path: str | Path, *, label: str, dropped: Iterable[str] = (), wanted: Iterable[str] = ()
) -> pd.DataFrame:
    """Return a file about staff or employers as text, within stricter limits; an empty cell is an empty text."""
    return read_text(Path(path), label=label, drop=dropped, wanted=wanted, **STAFF_LIMITS).fillna("")


def refuse_unusable(frame: pd.DataFrame, *, label: str) -> None:
    """Raise if two columns have one name, or there is no row."""
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise DataError(f"{label}: column '{doubled[0]}' occurs twice in the header; rename or remove one")
    if frame.empty:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")


def row_of(frame: pd.DataFrame, position: int) -> int:
    """Return the row that a spreadsheet shows for a row of a table that was read, by its position from 0.

    >>> row_of(pd.DataFrame({"value": [1, 2]}), 1)
    3
    """
    rows = frame.attrs.get("rows")
    return rows[position] if rows else position + 2


def refuse_cells(
    frame: pd.DataFrame, column: str, wrong: pd.Series, says: str, *, label: str, row: str = "row"
) -> None:
    """Raise for the first cell of a column that is marked as wrong, naming its row and its text, with what is said."""
    if wrong.any():
        position = int(wrong.to_numpy().argmax())
        where = f"column '{column}', {row} {row_of(frame, position)}"
        raise DataError(f"{label}: {where}: '{frame[column].iloc[position][:40]}' {says}")


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
    text = composed(name).casefold()
    if not keep:
        return re.sub(r"[\W_]+", "", text)
    return "".join(letter for letter in text if letter.isalnum() or letter in keep)
