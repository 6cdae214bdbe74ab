"""Open files and folders of official statistics, recognise their layout, and return tidy series."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import datasets
from healthsys import csv_files
from healthsys.errors import DataError, nearest
from healthsys.trends import layouts, layouts_rtt, steps, values
from healthsys.trends.layouts import Reading

#: Layout of the bundled series, which a reader's own tidy file may share.
SERIES_LAYOUT = "area_south_series"

#: Columns of a reader's own tidy file; it may also have numerator and denominator.
TIDY = ("indicator", "unit", "period", "value")

#: Most faulty cells that a refusal lists.
MOST_LISTED = 10

#: What tells a layout by its header, what it is called, and what reads it.
_TABLES = {
    "ae_month": ({"Period", "Org Code"}, "NHS England A&E month", layouts.ae_month),
    "ae_attendances": (
        {"period", "org_code", "type", "attendances", "breaches"},
        "A&E teaching set of NHSRdatasets",
        layouts.ae_attendances,
    ),
    "kh03_panel": (
        {"org_code", "period", "kh03_avail_ga_avg_beds", "kh03_occ_ga_avg_beds"},
        "KH03 panel by trust and quarter",
        layouts.kh03_panel,
    ),
    "gp_appointments": (
        {"CCG_NAME", "Appointment_Month", "COUNT_OF_APPOINTMENTS"},
        "GP appointments, regional CSV",
        layouts.gp_appointments,
    ),
    "rtt_regions": (
        {"Year", "Month", "NHSER20NM", "Treatment Function Name"},
        "RTT waits by region and specialty",
        layouts_rtt.rtt_regions,
    ),
    "rtt_flow": (
        {"Year", "Month", "Provider Parent Org Code", "Completed", "Incomplete", "New"},
        "RTT flow by system",
        layouts_rtt.rtt_flow,
    ),
}


def read_official(path: str | Path) -> Reading:
    """Read a file of official statistics, or a folder of files of one layout, as tidy series.

    Parameters
    ----------
    path
        A CSV file (UTF-8) or a folder of CSV files; a folder of A&E months becomes one series.

    Returns
    -------
    Reading
        Layouts: ``ae_month``, ``ae_attendances``, ``kh03_panel``, ``gp_appointments``, ``rtt_overview``,
        ``rtt_regions``, ``rtt_flow``, ``rtt_wales``.

    Raises
    ------
    DataError
        If nothing is there, the layout is not recognised (the message says which are), the files of a folder differ in
        layout, or two of them hold the same unit and period.

    Examples
    --------
    >>> read_official("no/such/file.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: 'no/such/file.csv' is neither a file nor a folder; give the path of a CSV file or...
    """
    place = Path(path)
    if place.is_dir():
        return _folder(place)
    if not place.is_file():
        raise DataError(f"'{path}' is neither a file nor a folder; give the path of a CSV file or a folder of them")
    return _file(place)


def _folder(folder: Path) -> Reading:
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() == ".csv")
    if not files:
        raise DataError(f"{folder.name}: the folder holds no CSV file; save the official files there as .csv")
    readings = [_file(one) for one in files]
    kinds = {one.layout: one.report["file"].iloc[0] for one in readings}
    if len(kinds) > 1:
        shown = "; ".join(f"{file}: {kind}" for kind, file in kinds.items())
        raise DataError(f"{folder.name}: the files are of {len(kinds)} layouts ({shown}); keep one layout in a folder")
    table = pd.concat([one.table for one in readings], ignore_index=True)
    twice = table.duplicated(["indicator", "unit", "period"])
    if twice.any():
        row = table[twice].iloc[0]
        raise DataError(
            f"{folder.name}: {row['period']:%Y-%m} of '{row['unit']}' is in two files; keep the newer revision only"
        )
    return Reading(
        readings[0].layout,
        table.sort_values(["indicator", "unit", "period"], ignore_index=True),
        pd.concat([one.report for one in readings], ignore_index=True),
        tuple(note for one in readings for note in one.notes),
    )


def _file(path: Path) -> Reading:
    label = path.name
    numbered = csv_files.records(path, label=label)
    rows = _in_place(numbered)
    if layouts_rtt.is_overview(rows) is not None:
        return layouts_rtt.rtt_overview(rows, label=label)
    if len(rows) > 3 and any("Up to 26 weeks" in cell for cell in rows[1]):
        return layouts_rtt.rtt_wales(rows, label=label)
    header = {cell.strip() for cell in numbered[0][1]}
    for _, (needed, _, read) in _TABLES.items():
        if needed <= header:
            raw, places = csv_files.table(numbered, label=label)
            doubled = raw.columns[raw.columns.duplicated()]
            if len(doubled):
                raise DataError(f"{label}: column '{doubled[0]}' occurs twice in the header; rename or remove one")
            if raw.empty:
                raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
            return read(raw.fillna("").set_axis([place - 2 for place in places]), label=label)
    _refuse_layout(numbered, label=label)
    raise AssertionError("unreachable")


def _in_place(numbered: csv_files.Records) -> list[list[str]]:
    """Return the rows of a file with its blank rows, so that the place in the list tells the row of a spreadsheet."""
    rows: list[list[str]] = [[] for _ in range(numbered[-1][0])]
    for number, cells in numbered:
        rows[number - 1] = cells
    return rows


def _refuse_layout(numbered: csv_files.Records, *, label: str) -> None:
    header = [cell.strip() for cell in numbered[0][1]]
    for number, cells in numbered[1 : csv_files.HEADER_WITHIN]:
        below = {cell.strip() for cell in cells}
        if any(needed <= below for needed, _, _ in _TABLES.values()) or set(TIDY) <= below:
            raise DataError(
                f"{label}: row {numbered[0][0]} holds '{next(filter(None, header))[:60]}', and the header is in row "
                f"{number}; the header must be the first row. Remove the rows above it"
            )
    plain = {cell.casefold() for cell in header}
    meant = [name for name in TIDY if name in plain]
    if len(meant) >= 2:
        wrong = [name for name in TIDY if name not in header]
        said = csv_files.misspelt(wrong[0], header) or f" There is no column '{wrong[0]}'."
        raise DataError(f"{label}: the header must name {', '.join(TIDY)}.{said}")
    close = max(_TABLES.values(), key=lambda known: len(known[0] & set(header)))
    shared = close[0] & set(header)
    hint = f" Nearest is '{close[1]}', which also needs {', '.join(sorted(close[0] - shared))}." if shared else ""
    known = ", ".join(name for _, name, _ in _TABLES.values())
    raise DataError(
        f"{label}: the layout is not recognised; the first row holds {', '.join(header[:6]) or 'nothing'} …{hint} "
        f"Expected a table with the columns {', '.join(TIDY)}, or one of: {known}, RTT overview time series, "
        "StatsWales RTT waits"
    )


def load_table(source: str | Path) -> pd.DataFrame:
    """Return tidy series from a bundled data set, a reader's own tidy CSV, or official files.

    Parameters
    ----------
    source
        A name of the catalogue in the layout of ``area_south_series`` or of the published series; a CSV file with the
        columns ``indicator, unit, period, value`` (optionally ``numerator, denominator``); an official file or folder.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`healthsys.trends.layouts.COLUMNS` and those the data set adds, provenance in ``attrs``, with
        the notes and the report of an official reading.

    Raises
    ------
    DataError
        As :func:`read_official` and :func:`compendium.datasets.read`.
    """
    text = str(source)
    if text in datasets.names():
        table = datasets.load(text)
    elif Path(text).is_file() and _is_tidy(Path(text)):
        table = _tidy(text)
    elif Path(text).exists():
        reading = read_official(text)
        table = reading.table
        table.attrs["provenance"] = {
            "name": Path(text).name,
            "title": Path(text).name,
            "kind": "yours",
            "path": Path(text).name,
            "sources": ["the reader's own file"],
            "licence": "the reader's own",
            "layout": reading.layout,
            "notes": list(reading.notes),
            "report": reading.report.to_dict("records"),
        }
    else:
        raise DataError(
            f"'{text}' is neither a bundled data set nor a file or folder.{nearest(text, datasets.names())} "
            "Give a name of the catalogue, a CSV file or a folder of official files"
        )
    for column in ("numerator", "denominator"):
        if column not in table.columns:
            table[column] = float("nan")
    missing = [column for column in layouts.COLUMNS if column not in table.columns]
    if missing:
        raise DataError(f"data set '{text}' holds no series: it lacks {', '.join(missing)}")
    return table


def _is_tidy(path: Path) -> bool:
    """Whether the header names the columns of a tidy file, so that a fault is named as one of a tidy file."""
    with path.open(encoding="utf-8-sig", errors="replace") as handle:
        header = {cell.strip().strip('"') for cell in handle.readline().split(",")}
    return {"indicator", "unit", "period"} <= header


def _tidy(source: str) -> pd.DataFrame:
    """Read a reader's own tidy file and refuse what no series can hold, by row."""
    table = datasets.read(source, layout=SERIES_LAYOUT)
    label = table.attrs["provenance"]["name"]
    refuse_spellings(table, ("indicator", "unit"), label=label)
    _refuse_dates(table, label=label)
    refuse_values(table, label=label)
    read = steps.from_ends(table, by=("indicator", "unit"))
    if read is not table:
        shown = f"{table['period'][table['period'] != read['period']].iloc[0]:%Y-%m-%d}"
        said = f"dates such as {shown} are the last day of a month and are read as the period that ends there"
        read.attrs["provenance"] = {**table.attrs["provenance"], "read_as": said}
    return read


def _lines(faults: Sequence[str]) -> str:
    shown = [*faults[:MOST_LISTED]]
    if len(faults) > MOST_LISTED:
        shown.append(f"and {len(faults) - MOST_LISTED} more cells")
    return "\n".join([*shown, "Correct these cells in the file and try again; nothing was written"])


def refuse_values(table: pd.DataFrame, *, label: str) -> None:
    """Raise if a cell of any series of a table cannot be what it says (:func:`healthsys.trends.values.faults`).

    Parameters
    ----------
    table
        ``indicator``, ``unit``, ``value``; optionally ``numerator`` and ``denominator``.
    label
        What to call the file.

    Raises
    ------
    DataError
        Naming column, row, value, what is wrong and what is allowed, of the first ten cells.

    Examples
    --------
    >>> rows = pd.DataFrame({"indicator": "seen_percent", "unit": "A", "value": [84.0, 840.0]})
    >>> refuse_values(rows, label="mine.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: mine.csv: column 'value', row 3: '840' is a share above 100; allowed: 0 to 100; ...
    """
    cells = []
    for indicator, places in table.groupby("indicator", sort=False).indices.items():
        own = table.iloc[places]
        for one in values.faults(own, indicator=str(indicator), series=own["unit"]):
            if one.severity == "stop":
                cells += [(int(places[at]), one, said) for at, said in zip(one.positions, one.each, strict=True)]
    if cells:
        cells.sort(key=lambda cell: cell[0])
        raise DataError(
            _lines(
                [
                    f"{label}: column '{one.column}', row {datasets.row_of(table, place)}: "
                    f"'{table[one.column].iloc[place]:.10g}' is {said}; allowed: {one.allowed}"
                    for place, one, said in cells
                ]
            )
        )


def _refuse_dates(table: pd.DataFrame, *, label: str) -> None:
    for (indicator, unit), places in table.groupby(["indicator", "unit"], sort=False).indices.items():
        periods = table["period"].iloc[places]
        wrong = steps.impossible_dates(periods)
        if wrong is not None:
            at = [place for place in places if wrong.startswith(steps.label_of(table["period"].iloc[place]) + " ")]
            row = f", row {datasets.row_of(table, at[0])}" if at else ""
            raise DataError(f"{label}: column 'period'{row}: '{unit}', {indicator}: {wrong}")
        ends = steps.from_ends(table.iloc[places])["period"]
        wrong = steps.mixture(ends)
        if wrong is not None:
            raise DataError(f"{label}: column 'period': '{unit}', {indicator}: mixed frequency: {wrong}")


def refuse_spellings(table: pd.DataFrame, columns: Sequence[str], *, label: str) -> None:
    """Raise if two names of a column differ only in capitals, blanks or hyphens: one series would be read as two.

    Examples
    --------
    >>> refuse_spellings(pd.DataFrame({"unit": ["Ward 7", "WARD 7"]}), ["unit"], label="a.csv")
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: a.csv: column 'unit', row 3: 'WARD 7' is also written 'Ward 7' (row 2); write it one way
    """
    for column in columns:
        names = table[column].astype("str").drop_duplicates()
        seen: dict[str, str] = {}
        for name in names:
            key = "".join(letter for letter in name.casefold() if letter.isalnum() or letter in "%&+/.,<>()")
            if key in seen:
                first, second = (int((table[column] == one).to_numpy().argmax()) for one in (seen[key], name))
                raise DataError(
                    f"{label}: column '{column}', row {datasets.row_of(table, second)}: '{name}' is also written "
                    f"'{seen[key]}' (row {datasets.row_of(table, first)}); write it one way"
                )
            seen[key] = name


def pick_series(table: pd.DataFrame, *, indicator: str, unit: str) -> pd.DataFrame:
    """Take one series out of a tidy table.

    Parameters
    ----------
    table
        From :func:`load_table`.
    indicator, unit
        Which series.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``value``, ``numerator``, ``denominator`` in the order of the table; no value where the denominator
        is 0.

    Raises
    ------
    DataError
        If indicator or unit is not there; the nearest is named.

    Examples
    --------
    >>> tidy = pd.DataFrame({"indicator": ["beds"], "unit": ["England"], "period": [pd.Timestamp("2020-01-01")],
    ...                      "value": [5.0], "numerator": [None], "denominator": [None]})
    >>> len(pick_series(tidy, indicator="beds", unit="England"))
    1
    """
    for column, wanted in (("indicator", indicator), ("unit", unit)):
        there = sorted(set(table[column].astype("str")))
        if wanted not in there:
            shown = ", ".join(there[:12]) + (" …" if len(there) > 12 else "")
            raise DataError(f"there is no {column} '{wanted}' in the data.{nearest(wanted, there)} There are: {shown}")
    rows = table[(table["indicator"] == indicator) & (table["unit"] == unit)]
    if rows.empty:
        raise DataError(f"the data hold no '{indicator}' of '{unit}'; choose another unit or indicator")
    series: Any = rows[["period", "value", "numerator", "denominator"]].reset_index(drop=True)
    for column in ("value", "numerator", "denominator"):
        series[column] = pd.to_numeric(series[column]).astype("float64")
    series.loc[series["denominator"] == 0, "value"] = float("nan")  # nobody to count: there is no rate
    return series
