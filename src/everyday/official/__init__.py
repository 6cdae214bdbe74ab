"""Aggregates computed from official files that this project does not carry: one module per topic, and their registry.

A submodule declares ``COMPUTED``, a mapping of data set name to a function that takes the paths of the official files,
in the order in which ``data/datapackage.json`` names them (``computed.files``), and returns the aggregate as a frame.
``healthsys data compute NAME --from FILE…`` writes its CSV. Rows of the official files never leave these functions.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import datasets, files
from compendium.errors import CompendiumError, nearest
from compendium.spreadsheet import to_csv
from healthsys.errors import DataError
from healthsys.io import csv_files, workbooks

#: What computes one data set: paths of the official files, a DataFrame back.
Compute = Callable[..., pd.DataFrame]


def registry() -> dict[str, Compute]:
    """Return what every submodule declares, by name of the data set."""
    found: dict[str, Compute] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda entry: entry.name):
        found |= getattr(importlib.import_module(f"{__name__}.{module.name}"), "COMPUTED", {})
    return dict(sorted(found.items()))


def sheet_of(path: str | Path, name: str | int | None = 0, *, label: str = "", **options: Any) -> pd.DataFrame:
    """Return the cells of one sheet of a publisher's workbook, without a header; ``options`` are those of pandas.

    Raises
    ------
    DataError
        If the file cannot be opened as a workbook (another kind, cut short, with a password), or lacks the sheet.
    """
    label = label or Path(path).name
    workbooks.refuse_beyond(path, label=label)
    try:
        book = pd.ExcelFile(path, engine="calamine")
    except Exception as error:  # each kind of damage has an error of its own
        raise DataError(
            f"{label}: this is not a workbook that can be read (another kind of file, cut short, or with a password); "
            f"give the publisher's own file ({type(error).__name__})"
        ) from None
    with book:
        if isinstance(name, str) and name not in book.sheet_names:
            raise DataError(
                f"{label}: this is not a workbook with a sheet '{name}'; give the publisher's own file. It has: "
                f"{', '.join(map(str, book.sheet_names[:12]))}"
            )
        return pd.read_excel(book, sheet_name=name, **{"header": None} | options)


def csv_of(path: str | Path, *, label: str = "", **options: Any) -> pd.DataFrame:
    """Return a publisher's CSV file; ``options`` are those of pandas.

    Raises
    ------
    DataError
        If it is no text in the form of a CSV file.
    """
    label = label or Path(path).name
    try:
        text, _ = csv_files.decode(Path(path).read_bytes(), label=label)
        return pd.read_csv(io.StringIO(text), **options)
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        said = str(error).splitlines()[0]
        raise DataError(
            f"{label}: this is not a CSV file that can be read ({said}); give the publisher's own"
        ) from None


def compute(name: str, sources: Sequence[Path]) -> pd.DataFrame:
    """Compute one aggregate from its official files.

    Raises
    ------
    CompendiumError
        If nothing of that name is computed from official files, or a file is missing or one too many.
    """
    known = registry()
    if name not in known:
        raise CompendiumError(
            f"no data set '{name}' is computed from official files.{nearest(name, known)} Known: {', '.join(known)}"
        )
    wanted = [entry["name"] for entry in datasets.describe(name)["computed"]["files"]]
    if len(sources) != len(wanted):
        raise CompendiumError(
            f"{name} is computed from {len(wanted)} files, and {len(sources)} are given; give, in this order: "
            + "; ".join(wanted)
        )
    for path in sources:
        if not path.is_file():
            raise CompendiumError(
                f"there is no file '{path}'; download it from the source that the data dictionary names"
            )
    return known[name](*sources)


def columns_of(raw: pd.DataFrame, wanted: Iterable[str], file: str | Path) -> pd.DataFrame:
    """Return the wanted columns of an official file.

    Raises
    ------
    DataError
        If one is missing; the message names the file and all columns that are needed.
    """
    wanted = list(wanted)
    for column in wanted:
        if column not in raw.columns:
            raise DataError(f"{Path(file).name} has no column '{column}'; needed are {', '.join(wanted)}")
    return raw[wanted]


def write(name: str, sources: Sequence[Path]) -> tuple[Path, list[str]]:
    """Compute one aggregate, write its CSV, and name the files that are not those of the committed one."""
    frame = compute(name, sources)
    named = zip(sources, datasets.describe(name)["computed"]["files"], strict=True)
    other = [str(path) for path, entry in named if datasets.sha256(path) != entry["sha256"]]
    path = datasets.path_of(name)
    files.write_whole(path, to_csv(frame))
    return path, other
