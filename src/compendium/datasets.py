"""The catalogue of bundled data: load by name, checked against its schema, with its provenance attached.

``data/datapackage.json`` (Frictionless Data Package) describes every file and column. :func:`load` reads a bundled
data set; :func:`read` reads a reader's own file in the layout of a bundled one, with the same checks.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import paths
from compendium.errors import DataError, nearest
from healthsys import csv_files

#: How a file came to be; shown wherever its numbers are. ``coded`` is our own coding of a published text.
KINDS = ("published", "coded", "synthetic", "illustrative", "template", "reference", "yours")

#: Files larger than this are refused before they are read (bytes).
LARGEST_FILE = 500_000_000

#: Largest whole number that is read: above it a number with decimals no longer holds every whole number (2 to the 53).
LARGEST_WHOLE = 2**53

#: The pipeline names the data sets that a run declares here; loading another is then an error.
DECLARED_VARIABLE = "HEALTHSYS_RUN_DATA"

_PANDAS_TYPES = {
    "string": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[ns]",
    "year": "Int64",
}
_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "date": "a date as YYYY-MM-DD",
    "boolean": "true or false",
    "year": "a year",
}


def package() -> dict[str, Any]:
    """Return the whole data package descriptor (``data/datapackage.json``)."""
    path = paths.data() / "datapackage.json"
    return _package(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _package(path: Path, _modified: int) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def names() -> list[str]:
    """Return the names of all bundled data sets, sorted."""
    return sorted(resource["name"] for resource in package()["resources"])


def describe(name: str) -> dict[str, Any]:
    """Return the descriptor of one bundled data set.

    Raises
    ------
    DataError
        If there is no data set of that name; the nearest one is named.
    """
    for resource in package()["resources"]:
        if resource["name"] == name:
            return resource
    raise DataError(
        f"there is no data set '{name}'.{nearest(name, names())} `healthsys data` lists those there are"
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def load(name: str) -> pd.DataFrame:
    """Load a bundled data set by name, checked against its schema.

    Parameters
    ----------
    name
        A name of the catalogue; see :func:`names`.

    Returns
    -------
    pandas.DataFrame
        Columns typed as the schema says (text as ``str``, whole numbers as ``Int64``, dates as timestamps); an empty
        cell is missing. ``attrs["provenance"]`` holds name, title, kind, path, SHA-256, sources and licence.

    Raises
    ------
    DataError
        If the name is unknown, the run did not declare it, or the file breaks its schema.

    Examples
    --------
    >>> benchmarks = load("climate_benchmarks")
    >>> benchmarks.attrs["provenance"]["kind"]
    'published'
    """
    resource = describe(name)
    declared = os.environ.get(DECLARED_VARIABLE)
    if declared is not None and name not in declared.split(","):
        raise DataError(
            f"this run reads the data set '{name}' but its entry in notebooks/runs.yml does not declare it; "
            f"add '{name}' under data:, so that a change of the file executes the run again"
        )
    path = paths.data() / resource["path"]
    frame = _read_csv(path, resource["schema"], label=resource["path"])
    frame.attrs["provenance"] = {
        "name": name,
        "title": resource["title"],
        "kind": resource["kind"],
        "path": f"data/{resource['path']}",
        "sha256": sha256(path),
        "sources": [source["title"] for source in resource.get("sources", [])],
        "licence": ", ".join(entry["name"] for entry in resource.get("licenses", [])),
        **{key: resource[key] for key in ("breaks", "limits", "truth") if key in resource},
    }
    return frame


def read(source: str | Path, *, layout: str, schema: dict[str, Any] | None = None) -> pd.DataFrame:
    """Read a bundled data set by name, or a reader's own CSV file in the layout of a bundled one.

    Parameters
    ----------
    source
        A name of the catalogue, or the path of a CSV file (UTF-8).
    layout
        Name of the bundled data set whose schema the file must follow. Columns that the schema does not name are
        kept as text.
    schema
        A table schema to check a reader's own file against, where its columns depend on something else (such as the
        items of a questionnaire); the layout's own unless given.

    Returns
    -------
    pandas.DataFrame
        As :func:`load`; the kind of a reader's own file is ``yours``.

    Raises
    ------
    DataError
        If the file is missing, empty or breaks the schema: the message names file, column, row, value, what is
        allowed and the remedy.
    """
    text = str(source)
    if text in names():
        return load(text)
    path = Path(text)
    if not path.is_file():
        raise DataError(
            f"'{text}' is neither a bundled data set nor a file.{nearest(text, names())} "
            f"Give a path to a CSV file, or one of: {', '.join(n for n in names() if n.startswith(layout[:6]))}"
        )
    frame = _read_csv(path, schema or describe(layout)["schema"], label=path.name)
    frame.attrs["provenance"] = {
        "name": path.name,
        "title": path.name,
        "kind": "yours",
        "path": path.name,
        "sha256": sha256(path),
        "sources": ["the reader's own file"],
        "licence": "the reader's own",
    }
    return frame


def _read_csv(path: Path, schema: dict[str, Any], *, label: str) -> pd.DataFrame:
    """Read text, then type and check every column; all faults of the file are reported together."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise DataError(
            f"{label}: the file has {size:,} bytes; at most {LARGEST_FILE:,} are read. Split the file or cut columns"
        )
    wanted = [field["name"] for field in schema["fields"]]
    raw, rows = csv_files.table(csv_files.records(path, label=label), label=label, wanted=wanted)
    frame = check(raw, schema, label=label, rows=rows)
    if rows and rows[-1] != len(rows) + 1:
        frame.attrs["rows"] = rows
    return frame


def row_of(frame: pd.DataFrame, position: int) -> int:
    """Return the row that a spreadsheet shows for a row of a table that was read, by its position from 0.

    Examples
    --------
    >>> row_of(pd.DataFrame({"value": [1, 2]}), 1)
    3
    """
    rows = frame.attrs.get("rows")
    return rows[position] if rows else position + 2


def check(
    raw: pd.DataFrame, schema: dict[str, Any], *, label: str, rows: tuple[int, ...] | None = None
) -> pd.DataFrame:
    """Type and check a frame of text against a Frictionless table schema.

    Parameters
    ----------
    raw
        The table as read, every column text, missing cells missing.
    schema
        A Frictionless table schema; its ``fields`` may carry ``constraints`` (required, unique, minimum, maximum,
        enum, pattern). ``primaryKey`` must be unique.
    label
        What to call the table in messages, usually the file name.
    rows
        The row of the file that each row of the table is in, where blank rows were left out.

    Returns
    -------
    pandas.DataFrame
        The typed table, columns of the schema first.

    Raises
    ------
    DataError
        Naming every faulty cell (the first ten) with row (the header is row 1), value, what is allowed, the remedy.
    """
    import pandera.pandas as pa

    fields = schema["fields"]
    wanted = [field["name"] for field in fields]
    for field in fields:
        if field["name"] not in raw.columns and not field.get("optional"):
            raise DataError(
                f"{label}: there is no column '{field['name']}' ({field['description']})."
                f"{csv_files.misspelt(field['name'], [name for name in raw.columns if name not in wanted])} "
                f"The header must name: {', '.join(wanted)}"
            )
    _refuse_doubled(raw, wanted, label=label)
    if raw.empty:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    present = [field for field in fields if field["name"] in raw.columns]

    def row_number(position: int) -> int:
        return rows[position] if rows else position + 2

    typed = raw.copy()
    faults: list[tuple[int, str, Any, str]] = []
    for field in present:
        name, kind = field["name"], field["type"]
        column, bad = _convert(raw[name], kind)
        typed[name] = column
        faults += [(row, name, raw[name].iloc[row], _allowed(field)) for row in bad]
    if not faults:
        columns = {field["name"]: _column(pa, field) for field in present}
        try:
            pa.DataFrameSchema(columns).validate(typed.reset_index(drop=True), lazy=True)
        except pa.errors.SchemaErrors as error:
            by_name = {field["name"]: field for field in present}
            for case in error.failure_cases.itertuples():
                if case.column not in by_name or pd.isna(case.index):
                    raise DataError(f"{label}: {case.check} fails for column '{case.column}'") from None
                row = int(case.index)
                faults.append((row, case.column, raw[case.column].iloc[row], _allowed(by_name[case.column])))
    if faults:
        faults = sorted(set(faults), key=lambda fault: fault[:2])
        raise DataError(_fault_message(label, [(row_number(row), *rest) for row, *rest in faults]))
    key = schema.get("primaryKey")
    if key:
        key = [key] if isinstance(key, str) else key
        twice = typed.duplicated(subset=key, keep="first")
        if twice.any():
            row = int(twice.to_numpy().argmax())
            shown = ", ".join(f"{column} '{typed[column].iloc[row]}'" for column in key)
            raise DataError(
                f"{label}: row {row_number(row)} repeats {shown}; each may occur once ({int(twice.sum())} repeated "
                "in all). Remove the copy, or tell the two apart"
            )
    return typed[[field["name"] for field in present] + [c for c in raw.columns if c not in wanted]]


def _refuse_doubled(raw: pd.DataFrame, wanted: list[str], *, label: str) -> None:
    """Raise if two columns have one name, or a name differs from one of the layout in capitals only."""
    doubled = raw.columns[raw.columns.duplicated()].tolist()
    if doubled:
        raise DataError(f"{label}: column '{doubled[0]}' occurs twice in the header; rename or remove one")
    known = {name.casefold(): name for name in wanted}
    for name in raw.columns:
        same = known.get(name.casefold())
        if name in wanted or same is None:
            continue
        if same in raw.columns:
            raise DataError(f"{label}: columns '{same}' and '{name}' differ in capitals only; rename or remove one")
        raise DataError(f"{label}: column '{name}' is not read. Did you mean '{same}'? Rename the column")


def _convert(column: pd.Series, kind: str) -> tuple[pd.Series, list[int]]:
    """Return a text column typed, and the positions of the cells that are not of that type."""
    given = column.notna()
    if kind in ("integer", "number", "year"):
        typed = pd.to_numeric(column, errors="coerce")
        bad = given & (typed.isna() | (typed.abs() == math.inf))
        if kind != "number":
            bad |= given & ((typed % 1 != 0) | (typed.abs() > LARGEST_WHOLE))
        typed = typed.where(~bad).astype(_PANDAS_TYPES[kind])
    elif kind == "date":
        typed = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
        bad = given & typed.isna()
    elif kind == "boolean":
        typed = column.str.lower().map({"true": True, "false": False})
        bad = given & typed.isna()
        typed = typed.astype("boolean")
    else:
        typed, bad = column.astype("str"), pd.Series(False, index=column.index)
    return typed, [position for position, fault in enumerate(bad) if fault]


def _column(pa: Any, field: dict[str, Any]) -> Any:
    limits = field.get("constraints", {})
    checks = []
    if "minimum" in limits:
        checks.append(pa.Check.ge(limits["minimum"]))
    if "maximum" in limits:
        checks.append(pa.Check.le(limits["maximum"]))
    if "enum" in limits:
        checks.append(pa.Check.isin(limits["enum"]))
    if "pattern" in limits:
        checks.append(pa.Check.str_matches(f"(?:{limits['pattern']})$"))
    return pa.Column(
        checks=checks, nullable=not limits.get("required", False), unique=bool(limits.get("unique", False))
    )


def _allowed(field: dict[str, Any]) -> str:
    """Say in words what a cell of a field may hold."""
    limits = field.get("constraints", {})
    words = _WORDS.get(field["type"], "text")
    if "enum" in limits:
        words = "one of " + ", ".join(str(value) for value in limits["enum"])
    elif "minimum" in limits and "maximum" in limits:
        words += f" from {limits['minimum']} to {limits['maximum']}"
    elif "minimum" in limits:
        words += f", {limits['minimum']} or more"
    elif "maximum" in limits:
        words += f", at most {limits['maximum']}"
    elif "pattern" in limits:
        words += f" of the form {limits['pattern']}"
    if limits.get("unique"):
        words += ", each value once"
    return words if limits.get("required") else f"{words}, or an empty cell where it is missing"


def _comma_hint(value: Any, allowed: str) -> str:
    """Say how a number with a comma must be written; which of the two it is cannot be told from "80,123"."""
    if "number" not in allowed or not re.fullmatch(r"\s*[-\u2212]?\d[\d.,]*,\d+[\d.,]*\s*%?", str(value)):
        return ""
    return ". No comma is read: 80,1 must be written 80.1, and 20,699 people 20699"


def _fault_message(label: str, faults: list[tuple[int, str, Any, str]]) -> str:
    shown = []
    for row, column, value, allowed in faults[:10]:
        said = "the cell is empty" if pd.isna(value) else f"'{str(value)[:60]}' is not allowed"
        shown.append(f"{label}: column '{column}', row {row}: {said}; allowed: {allowed}{_comma_hint(value, allowed)}")
    if len(faults) > 10:
        shown.append(f"{label}: and {len(faults) - 10} more cells")
    shown.append("Correct these cells in the file and try again; nothing was written")
    return "\n".join(shown)


def provenance(frame: pd.DataFrame) -> str:
    """Say in one line what a loaded table is: title, kind, rows, source.

    Examples
    --------
    >>> provenance(load("climate_benchmarks")).split(";")[1]
    ' published'
    """
    known = frame.attrs["provenance"]
    return f"{known['title']}; {known['kind']}; {len(frame)} rows; source: {'; '.join(known['sources'])}"
