"""Tidy series from a CSV file of one's own, a file of official statistics in its own layout, or a folder of them."""

import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.io import csv_files, layouts, layouts_rtt, steps, values
from healthsys.io.known import OFFICIAL, UNIT
from healthsys.io.layouts import Reading
from healthsys.io.schemas import read_table

#: Table schema of a tidy file, the columns that it must have, and how many faulty cells a refusal lists.
SCHEMA = json.loads((resources.files("healthsys.io") / "series.schema.json").read_text(encoding="utf-8"))
TIDY, MOST_LISTED = ("indicator", "unit", "period", "value"), 10

#: What a layout is called and the columns that tell it (``official.json``), with what reads it.
_TABLES = [
    (set(one["columns"]), one["title"], getattr(layouts_rtt if name.startswith("rtt") else layouts, name))
    for name, one in OFFICIAL["layouts"].items()
]


def read_series(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read tidy series from a tidy CSV file, a file of official statistics, or a folder of files of one kind.

    Parameters
    ----------
    path
        A table with the columns ``indicator, unit, period, value`` (optionally ``numerator, denominator`` and more), a
        table of one series with ``period`` and ``value`` alone, an official file, or a folder of tidy files
        or of official files of one layout.
    label
        What to call it in messages; the name of the file or folder unless given.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``unit``, ``period`` (first day), ``value``, ``numerator``, ``denominator`` and further columns
        of the file. ``attrs["read_as"]`` may list what was taken how; of official files, ``attrs["reading"]`` holds
        ``layout``, ``notes`` and ``report`` (see :class:`healthsys.io.Reading`).

    Raises
    ------
    DataError
        If nothing is there, the layout is not recognised, or a cell cannot be what it says.
    """
    place = Path(path)
    label = label or place.name
    files = [one for one in place.iterdir() if one.is_file()] if place.is_dir() else []
    files = sorted(one for one in files if not one.name.startswith((".", "~$")))
    fits = [csv_files.names(one, TIDY[:3]) or _has_one_series(one) for one in files]
    if place.is_file() and csv_files.names(place, TIDY[:3]):
        table = _checked(read_table(place, SCHEMA, label=label), label=label)
    elif place.is_file() and _has_one_series(place):
        table = _one_series(place, label=label)
    elif any(fits) and not all(fits):
        raise DataError(
            f"{label}: '{files[fits.index(False)].name}' has other columns than the other files; allowed: period and "
            "value, or indicator, unit, period and value. Correct the file, or move it out of the folder"
        )
    elif files and all(fits):
        table = _folder(files, label=label)
    else:
        reading = read_official(place, label=label)
        table = reading.table
        report = reading.report.to_dict("records")
        table.attrs["reading"] = {"layout": reading.layout, "notes": list(reading.notes), "report": report}
    for column in ("numerator", "denominator"):
        if column not in table.columns:
            table[column] = float("nan")
    return table


def _has_one_series(path: Path) -> bool:
    """Say whether a file names periods and values, but not both what is measured and where."""
    return csv_files.names(path, TIDY[2:]) and not csv_files.names(path, TIDY)


def _folder(files: list[Path], *, label: str) -> pd.DataFrame:
    """Read a folder of tidy files as one table; a file of one series is a unit, named after the file."""
    parts = [read_series(one) for one in files]
    named = [part.replace({"unit": {UNIT: one.stem}}) for part, one in zip(parts, files, strict=True)]
    table = pd.concat(named, ignore_index=True)
    twice = table.duplicated(["indicator", "unit", "period"])
    if twice.any():
        row = table[twice].iloc[0]
        where = f"{row['indicator']} of '{row['unit']}' in {row['period']:%Y-%m}"
        raise DataError(f"{label}: {where} is in two files; keep one")
    told = [(one.name, part.attrs.get("read_as", ())) for one, part in zip(files, parts, strict=True)]
    table.attrs = {"read_as": [f"{name}: {words}" for name, how in told for words in how]}
    return table


def _one_series(path: Path, *, label: str) -> pd.DataFrame:
    """Read a table without indicator or unit: the series is named after the file's own column of values."""
    absent = [name for name in TIDY[:2] if not csv_files.names(path, [name])]
    fields = [field for field in SCHEMA["fields"] if field["name"] not in absent]
    schema = {**SCHEMA, "fields": fields, "primaryKey": [one for one in SCHEMA["primaryKey"] if one not in absent]}
    table = read_table(path, schema, label=label)
    mine = csv_files.given("value")
    name = table.attrs.get("mapped", {}).get("value", "value")
    if name == "value" and mine.casefold() != name:
        found = ", ".join(map(str, table.columns[:20]))
        raise DataError(f"{label}: there is no column '{mine}', which column.value names. Columns found: {found}")
    called = {one: {"indicator": name, "unit": UNIT}[one] for one in absent}
    said = f"the file has one series, called '{name}' in '{UNIT}' here"
    if len(called) == 1:
        said = f"the file names no {absent[0]}; it is called '{called[absent[0]]}' here"
    named = table.assign(**called)
    named.attrs = {**table.attrs, "read_as": [*table.attrs.get("read_as", ()), said]}
    return _checked(named, label=label)


def _checked(table: pd.DataFrame, *, label: str) -> pd.DataFrame:
    """Refuse what no series can hold, by row, and read last days as the periods that end with them."""
    refuse_spellings(table, ("indicator", "unit"), label=label)
    _refuse_dates(table, label=label)
    refuse_values(table, label=label)
    read = steps.from_ends(table, by=("indicator", "unit"))
    if read is not table:
        shown = f"{table['period'][table['period'] != read['period']].iloc[0]:%Y-%m-%d}"
        said = f"dates such as {shown} are the last day of a month and are read as the period that ends there"
        read.attrs["read_as"] = [*read.attrs.get("read_as", ()), said]
    column = csv_files.given("period")
    by_end = re.search(r"\bend(s|ing|ed)?\b", column.replace("_", " "), re.I)
    if by_end and steps.step_of(read["period"]) is steps.STEPS["week"]:
        read = read.assign(period=read["period"] - pd.Timedelta(days=6))
        said = f"column '{column}' names the last day of a week, which is read as the week that ends then"
        read.attrs["read_as"] = [*table.attrs.get("read_as", ()), said]
    return read


def read_official(path: str | Path, *, label: str = "") -> Reading:
    """Read a file of official statistics, or a folder of files of one layout, with what was counted in each.

    Layouts: ``ae_month``, ``ae_attendances``, ``kh03_panel``, ``gp_appointments``, ``rtt_overview``, ``rtt_regions``,
    ``rtt_flow``, ``rtt_wales``. A folder of A&E months becomes one series.

    Raises
    ------
    DataError
        If nothing is there, the layout is not recognised, the files of a folder differ in layout, or two of them hold
        the same unit and period.
    """
    place = Path(path)
    if place.is_file():
        return _file(place, label=label or place.name)
    if not place.is_dir():
        raise DataError(f"'{path}' is neither a file nor a folder; give the path of a CSV file or a folder of them")
    label = label or place.name
    files = sorted(one for one in place.iterdir() if one.suffix.lower() == ".csv")
    if not files:
        raise DataError(f"{label}: the folder contains no CSV file; save the official files there as .csv")
    readings = [_file(one, label=one.name) for one in files]
    kinds = {one.layout: one.report["file"].iloc[0] for one in readings}
    if len(kinds) > 1:
        shown = "; ".join(f"{file}: {kind}" for kind, file in kinds.items())
        raise DataError(f"{label}: the files are of {len(kinds)} layouts ({shown}); keep one layout in a folder")
    table = pd.concat([one.table for one in readings], ignore_index=True)
    twice = table.duplicated(["indicator", "unit", "period"])
    if twice.any():
        row = table[twice].iloc[0]
        said = f"{row['period']:%Y-%m} of '{row['unit']}' is in two files"
        raise DataError(f"{label}: {said}; keep the newer revision only")
    table = table.sort_values(["indicator", "unit", "period"], ignore_index=True)
    report = pd.concat([one.report for one in readings], ignore_index=True)
    return Reading(readings[0].layout, table, report, tuple(note for one in readings for note in one.notes))


def _file(path: Path, *, label: str) -> Reading:
    numbered = csv_files.records(path, label=label)
    rows: list[list[str]] = [[] for _ in range(numbered[-1][0])]  # with blank rows: the place tells the row
    for number, cells in numbered:
        rows[number - 1] = cells
    top = layouts_rtt.is_overview(rows)
    if top is not None:
        return layouts_rtt.rtt_overview(rows, top=top, label=label)
    if len(rows) > 3 and any("Up to 26 weeks" in cell for cell in rows[1]):
        return layouts_rtt.rtt_wales(rows, label=label)
    header = {cell.strip() for cell in numbered[0][1]}
    for needed, _, read in _TABLES:
        if needed <= header:
            raw = csv_files.table(numbered, label=label)
            csv_files.refuse_unusable(raw, label=label)
            return read(raw.fillna("").set_axis([place - 2 for place, _ in numbered[1:]]), label=label)
    raise DataError(f"{label}: {_not_a_layout(numbered)}")


def _not_a_layout(numbered: csv_files.Records) -> str:
    """Say why a file is of no known layout: a title above the header, a column that is missing, or another file."""
    header = [cell.strip() for cell in numbered[0][1]]
    for number, cells in numbered[1 : csv_files.HEADER_WITHIN]:
        below = {cell.strip() for cell in cells}
        if any(needed <= below for needed, _, _ in _TABLES) or set(TIDY) <= below:
            return (
                f"row {numbered[0][0]} holds '{next(filter(None, header))[:60]}', and the header is in row "
                f"{number}; the header must be the first row. Remove the rows above it"
            )
    if len({cell.casefold() for cell in header} & set(TIDY)) >= 2:
        wrong = next(name for name in TIDY if name not in header)
        said = csv_files.misspelt(wrong, header) or f" There is no column '{wrong}'."
        return f"the header must name {', '.join(TIDY)}.{said}"
    close = max(_TABLES, key=lambda known: len(known[0] & set(header)))
    shared = close[0] & set(header)
    hint = f" Nearest is '{close[1]}', which also needs {', '.join(sorted(close[0] - shared))}." if shared else ""
    known = ", ".join(name for _, name, _ in _TABLES)
    return (
        f"the layout is not recognised; the first row holds {', '.join(header[:6]) or 'nothing'} …{hint} "
        f"Expected a table with the columns {', '.join(TIDY)} (period and value are enough for one series; say "
        f"column.period=Month where your column is called Month), or one of: {known}, RTT overview time series, "
        "StatsWales RTT waits"
    )


def refuse_values(table: pd.DataFrame, *, label: str) -> None:
    """Raise if a cell of any series of a table cannot be what it says (``faults``), naming the first ten cells."""
    cells = []
    for indicator, places in table.groupby("indicator", sort=False).indices.items():
        own = table.iloc[places]
        percent = "value" in table.attrs.get("percent", ())
        for one in values.faults(own, indicator=str(indicator), series=own["unit"], percent=percent):
            if one.severity == "stop":
                cells += [(int(places[at]), one, said) for at, said in zip(one.positions, one.each, strict=True)]
    if cells:
        cells.sort(key=lambda cell: cell[0])
        lines = [
            f"{label}: column '{one.column}', row {csv_files.row_of(table, place)}: "
            f"'{table[one.column].iloc[place]:.10g}' is {said}; allowed: {one.allowed}"
            for place, one, said in cells[:MOST_LISTED]
        ]
        if len(cells) > MOST_LISTED:
            lines.append(f"and {len(cells) - MOST_LISTED} more cells")
        raise DataError("\n".join([*lines, "Correct these cells in the file and try again; nothing was written"]))


def _refuse_dates(table: pd.DataFrame, *, label: str) -> None:
    for (indicator, unit), places in table.groupby(["indicator", "unit"], sort=False).indices.items():
        periods = table["period"].iloc[places]
        wrong = steps.impossible_dates(periods)
        if wrong is not None:
            at = [place for place in places if wrong.startswith(steps.label_of(table["period"].iloc[place]) + " ")]
            row = f", row {csv_files.row_of(table, at[0])}" if at else ""
            raise DataError(f"{label}: column 'period'{row}: '{unit}', {indicator}: {wrong}")
        ends = steps.from_ends(table.iloc[places])["period"]
        wrong = steps.mixture(ends)
        if wrong is not None:
            mixed = "" if wrong.startswith("the periods are") else "mixed frequency: "
            raise DataError(f"{label}: column 'period': '{unit}', {indicator}: {mixed}{wrong}")


def refuse_spellings(table: pd.DataFrame, columns: Sequence[str], *, label: str) -> None:
    """Raise if two names of a column differ only in capitals, blanks or hyphens: one series would be read as two.

    >>> refuse_spellings(pd.DataFrame({"unit": ["Ward 7", "WARD 7"]}), ["unit"], label="a.csv")
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: a.csv: column 'unit', row 3: 'WARD 7' is also written 'Ward 7' (row 2); write it one way
    """
    for column in columns:
        seen: dict[str, str] = {}
        for name in table[column].astype("str").drop_duplicates():
            other = seen.setdefault(csv_files.letters_of(name, keep="%&+/.,<>()"), name)
            if other != name:
                places = (int((table[column] == one).to_numpy().argmax()) for one in (other, name))
                first, second = (csv_files.row_of(table, place) for place in places)
                said = f"'{name}' is also written '{other}' (row {first}); write it one way"
                raise DataError(f"{label}: column '{column}', row {second}: {said}")


def name_series(table: pd.DataFrame, *, indicator: str = "", unit: str = "") -> tuple[str, str]:
    """Return which indicator and which unit a tidy table is read for: an empty name means the only one there is.

    Raises
    ------
    DataError
        If a name is empty and the table has several; they are listed.

    Examples
    --------
    >>> rows = pd.DataFrame({"indicator": ["falls", "falls"], "unit": ["Ward 7", "Ward 8"]})
    >>> name_series(rows, unit="Ward 8")
    ('falls', 'Ward 8')
    >>> name_series(rows)
    Traceback (most recent call last):
    healthsys.errors.DataError: the data have 2 units, and parameter 'unit' is empty; choose one of: Ward 7, Ward 8
    """
    chosen, rows = {"indicator": indicator, "unit": unit}, table
    for column, wanted in chosen.items():
        wanted = csv_files.composed(wanted).strip()
        there = sorted(set(rows[column].astype("str")))
        if not wanted and len(there) > 1:
            shown = ", ".join(there[:MOST_LISTED]) + (" …" if len(there) > MOST_LISTED else "")
            said = f"the data have {len(there)} {column}s, and parameter '{column}' is empty"
            raise DataError(f"{said}; choose one of: {shown}")
        chosen[column] = wanted or next(iter(there), "")
        rows = rows[rows[column] == chosen[column]]
    return chosen["indicator"], chosen["unit"]


def pick_series(table: pd.DataFrame, *, indicator: str, unit: str) -> pd.DataFrame:
    """Take one series out of a tidy table (:func:`read_series`).

    Returns
    -------
    pandas.DataFrame
        ``period``, ``value``, ``numerator``, ``denominator`` in the order of the table; no value where the denominator
        is 0.

    Raises
    ------
    DataError
        If indicator or unit is not there; the nearest is named.
    """
    indicator, unit = csv_files.composed(indicator).strip(), csv_files.composed(unit).strip()
    for column, wanted in (("indicator", indicator), ("unit", unit)):
        there = sorted(set(table[column].astype("str")))
        if wanted not in there:
            shown = ", ".join(there[:12]) + (" …" if len(there) > 12 else "")
            raise DataError(f"there is no {column} '{wanted}' in the data.{nearest(wanted, there)} There are: {shown}")
    rows = table[(table["indicator"] == indicator) & (table["unit"] == unit)]
    if rows.empty:
        raise DataError(f"the data have no '{indicator}' of '{unit}'; choose another unit or indicator")
    numbers = rows[["value", "numerator", "denominator"]].apply(pd.to_numeric).astype("float64")
    series = pd.concat([rows["period"], numbers], axis=1).reset_index(drop=True)
    series.loc[series["denominator"] == 0, "value"] = float("nan")  # nobody to count: there is no rate
    return series
