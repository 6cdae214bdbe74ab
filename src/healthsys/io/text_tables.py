"""Tables of text with limits on what is read at all, for files about staff and employers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from healthsys.errors import DataError
from healthsys.io import csv_files

#: Limits of a file that is read at all: bytes of the file, columns, characters of one cell.
LARGEST_FILE, MOST_COLUMNS, LONGEST_CELL = 200_000_000, 200, 20_000


def text_table(path: str | Path, *, label: str, dropped: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a CSV file as text, cells stripped; ``attrs["rows"]`` holds each record's row in the file.

    Parameters
    ----------
    path
        The file.
    label
        What to call it in messages.
    dropped
        Columns that are left out.

    Raises
    ------
    DataError
        If it is no CSV file, too large, a column occurs twice, a record has another number of cells than the header,
        or there is none.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{label}: there is no such file; give the path of a CSV file")
    if path.stat().st_size > LARGEST_FILE:
        raise DataError(
            f"{label}: the file has {path.stat().st_size:,} bytes; at most {LARGEST_FILE:,} are read. A year of the "
            "gender pay gap service has about 4,000,000: is this another file?"
        )
    rows = csv_files.records(path, label=label, longest_cell=LONGEST_CELL)
    header = [name.strip() for name in rows[0][1]]
    for number, cells in rows:
        if len(cells) > MOST_COLUMNS:
            raise DataError(
                f"{label}: record {number} has {len(cells):,} columns; at most {MOST_COLUMNS} are read. "
                "Is the separator a comma?"
            )
        if len(cells) != len(header):
            raise DataError(
                f"{label}: record {number} has {len(cells)} cells but the header has {len(header)}; a comma inside a "
                "cell needs quotation marks around the cell"
            )
    for name in header:
        if header.count(name) > 1:
            raise DataError(f"{label}: column '{name}' occurs twice in the header; rename or remove one")
    if len(rows) == 1:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    kept = [place for place, name in enumerate(header) if name not in dropped]
    cells = [[row[place].strip() for place in kept] for _, row in rows[1:]]
    found = pd.DataFrame(cells, columns=[header[place] for place in kept], dtype="str")
    found.attrs["rows"] = [number for number, _ in rows[1:]]
    return found
