"""CSV files that people bring, read as text with limits on what is read at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from compendium import datasets
from healthsys.errors import DataError, nearest

#: Limits of a file that is read at all: bytes of the file, columns, characters of one cell.
LARGEST_FILE, MOST_COLUMNS, LONGEST_CELL = 200_000_000, 200, 20_000


def rows_of(path: Path, label: str) -> Iterator[list[str]]:
    """Yield the records of a CSV file; line breaks inside quotes are part of a cell."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise DataError(
            f"{label}: the file has {size:,} bytes; at most {LARGEST_FILE:,} are read. A year of the "
            "service has about "
            "4,000,000: is this another file?"
        )
    with path.open("rb") as stream:
        start = stream.read(65_536)
    if not start.strip():
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    if b"\0" in start:
        raise DataError(f"{label}: the file is not text (it holds null bytes); save it as 'CSV UTF-8' and try again")
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for number, row in enumerate(reader, start=1):
                if len(row) > MOST_COLUMNS:
                    raise DataError(
                        f"{label}: record {number} has {len(row):,} columns; at most {MOST_COLUMNS} are "
                        "read. "
                        "Is the separator a comma?"
                    )
                yield row
    except csv.Error as error:
        said = "a cell is longer than 20,000 characters" if "field larger" in str(error) else str(error)
        raise DataError(
            f"{label}: not a readable CSV file near line {reader.line_num:,} ({said}); a quotation mark is "
            "probably "
            "opened there and never closed"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{label}: the file is not UTF-8 text (byte {error.start}); save it as 'CSV UTF-8' and try again"
        ) from None
    finally:
        csv.field_size_limit(before)


def located(source: str | Path) -> tuple[Path, str, str]:
    """Return the path of a bundled data set or a file, what to call it, and its kind."""
    from compendium import paths

    if str(source) in datasets.names():
        resource = datasets.describe(str(source))
        datasets.load(str(source))
        return paths.data() / resource["path"], resource["path"], resource["kind"]
    path = Path(source)
    if not path.is_file():
        raise DataError(
            f"'{source}' is neither a bundled data set nor a file.{nearest(str(source), datasets.names())} "
            "Give the path of a CSV file"
        )
    return path, path.name, "yours"


def frame_of(path: Path, label: str, dropped: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a CSV file as text, cells stripped; ``attrs["rows"]`` holds each record's row in the file.

    Raises
    ------
    DataError
        If a column occurs twice, a record has another number of cells than the header, or there is none.
    """
    rows = rows_of(path, label)
    header = [name.strip() for name in next(rows)]
    for name in header:
        if header.count(name) > 1:
            raise DataError(f"{label}: column '{name}' occurs twice in the header; rename or remove one")
    keep = [place for place, name in enumerate(header) if name not in dropped]
    kept, places = [], []
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise DataError(
                f"{label}: record {number} has {len(row)} cells but the header has {len(header)}; a comma "
                "inside a cell "
                "must stand in quotation marks"
            )
        kept.append([row[place].strip() for place in keep])
        places.append(number)
    if not kept:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    found = pd.DataFrame(kept, columns=[header[place] for place in keep], dtype="str")
    found.attrs["rows"] = places
    return found


def row_of(frame: pd.DataFrame, position: int) -> int:
    """Return the row of a record in its file, where the header is row 1 and blank rows count.

    Examples
    --------
    >>> row_of(pd.DataFrame({"a": [1, 2]}), 1)
    3
    """
    rows = frame.attrs.get("rows")
    return rows[position] if rows else position + 2
