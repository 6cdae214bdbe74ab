"""Open files and folders of official statistics, recognise their layout, and return tidy series."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd

from healthsys import datasets
from healthsys.errors import DataError, nearest
from healthsys.trends import layouts, layouts_rtt
from healthsys.trends.layouts import Reading

#: Layout of the bundled series, which a reader's own tidy file may share.
SERIES_LAYOUT = "area_south_series"

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
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.reader(handle))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{label}: not UTF-8 text (byte {error.start}); an Excel workbook must be saved as 'CSV UTF-8' first"
        ) from None
    except csv.Error as error:
        raise DataError(f"{label}: not a readable CSV file ({error}); save it as 'CSV UTF-8'") from None
    if not any(rows):
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    if layouts_rtt.is_overview(rows) is not None:
        return layouts_rtt.rtt_overview(rows, label=label)
    if len(rows) > 3 and any("Up to 26 weeks" in cell for cell in rows[1]):
        return layouts_rtt.rtt_wales(rows, label=label)
    header = [cell.strip() for cell in rows[0]]
    for _, (needed, _, read) in _TABLES.items():
        if needed <= set(header):
            return read(_table(rows, header, label=label), label=label)
    close = max(_TABLES.values(), key=lambda known: len(known[0] & set(header)))
    shared = close[0] & set(header)
    hint = f" Nearest is '{close[1]}', which also needs {', '.join(sorted(close[0] - shared))}." if shared else ""
    known = ", ".join(name for _, name, _ in _TABLES.values())
    raise DataError(
        f"{label}: the layout is not recognised; the first row holds {', '.join(header[:6]) or 'nothing'} …{hint} "
        f"Expected one of: {known}, RTT overview time series, StatsWales RTT waits"
    )


def _table(rows: list[list[str]], header: list[str], *, label: str) -> pd.DataFrame:
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    if not body:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    for place, row in enumerate(body):
        if len(row) != len(header):
            raise DataError(
                f"{label}: row {place + 2} has {len(row)} cells but the header {len(header)}; check quotes and commas"
            )
    return pd.DataFrame(body, columns=header, dtype="str")


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
        As :func:`read_official` and :func:`healthsys.datasets.read`.
    """
    text = str(source)
    if text in datasets.names():
        table = datasets.load(text)
    elif Path(text).is_file() and _is_tidy(Path(text)):
        table = datasets.read(text, layout=SERIES_LAYOUT)
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
    with path.open(encoding="utf-8-sig", errors="replace") as handle:
        header = {cell.strip() for cell in handle.readline().split(",")}
    return {"indicator", "unit", "period"} <= header


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
        ``period``, ``value``, ``numerator``, ``denominator`` in the order of the table.

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
    return series
