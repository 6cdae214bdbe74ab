"""Panels of units that report a share, of which some report nothing in some periods."""

from pathlib import Path

import pandas as pd

from healthsys.errors import DataError
from healthsys.io.checks import TOTAL_NAMES, check_series, names_all, names_total, require, total_units
from healthsys.io.csv_files import row_of
from healthsys.io.schemas import read_table
from healthsys.io.series import refuse_spellings, refuse_values
from healthsys.io.steps import from_ends

#: Columns of the layout: type, meaning, and what their cells must be; a file may go without the last.
COLUMNS = {
    "unit": ("string", "the unit that reports", {"required": True}),
    "period": ("date", "first day of the period", {"required": True}),
    "numerator": ("integer", "cases that met the standard, empty where the unit reported none", {"minimum": 0}),
    "denominator": ("integer", "all cases of the unit", {"required": True, "minimum": 0}),
    "answered": ("integer", "cases whose result was reported", {}),
}

#: Units of these names are the sum of the others; a country is where any unit is none.
_COUNTRIES = {"england", "wales", "scotland", "northern ireland"}
_TOTALS = {*TOTAL_NAMES, "united kingdom", "uk"} - _COUNTRIES


def read_reporting(path: str | Path, *, label: str) -> pd.DataFrame:
    """Read a CSV file with a row for each unit and period, and check it.

    Parameters
    ----------
    path
        Columns ``unit``, ``period`` (first day, or all last days), ``numerator`` (empty where a unit reports none) and
        ``denominator``; optionally ``answered`` (see :func:`check_reporting`).
    label
        What to call the file in messages.

    Returns
    -------
    pandas.DataFrame
        As :func:`check_reporting`.

    Raises
    ------
    DataError
        If a column or cell is wrong, a unit is the sum of the others, or the periods are of mixed length.

    Examples
    --------
    >>> import tempfile
    >>> rows = "unit,period,numerator,denominator\\nA,2020-01-01,8,10\\nB,2020-01-01,,10\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "units.csv").write_text(rows)
    ...     read_reporting(Path(folder) / "units.csv", label="units.csv")["answered"].to_list()
    [10.0, 0.0]
    """
    fields = [
        {"name": name, "type": kind, "description": said, "optional": name == "answered", "constraints": limits}
        for name, (kind, said, limits) in COLUMNS.items()
    ]
    frame = read_table(Path(path), {"fields": fields, "primaryKey": ["unit", "period"]}, label=label)
    refuse_spellings(frame, ["unit"], label=label)
    named = frame.assign(indicator="numerator over denominator", value=float("nan"))
    refuse_values(named[["unit", "period", "numerator", "denominator", "indicator", "value"]], label=label)
    _refuse_total(frame, label=label)
    checked = check_reporting(from_ends(frame, by=["unit"]), label=label)
    zeros = int((frame["numerator"] == 0).sum()) if "answered" not in frame else 0
    if zeros:
        rows = f"{zeros} row{'' if zeros == 1 else 's'}"
        said = f"{rows} with a numerator of 0 {'is' if zeros == 1 else 'are'} taken as not"
        more = " reported; where nobody met the standard, say so in a column answered, with the cases reported"
        checked.attrs["read_as"] = [*frame.attrs.get("read_as", ()), said + more]
    require(check_series(pd.DataFrame({"period": checked["period"].unique(), "value": 1.0})), label=label)
    return checked


def _refuse_total(frame: pd.DataFrame, *, label: str) -> None:
    names = {unit: str(unit).strip().casefold() for unit in frame["unit"].unique()}
    totals = _TOTALS if set(names.values()) - _TOTALS <= _COUNTRIES else _TOTALS | _COUNTRIES
    by_name = [unit for unit, plain in names.items() if plain in totals or names_total(plain) or names_all(plain)]
    by_sum = [] if by_name else total_units(frame, unit="unit", value="denominator")
    for unit in [*by_name, *by_sum]:
        place = int((frame["unit"] == unit).to_numpy().argmax())
        said = "has the name of a total" if by_name else "equals the sum of the others in every period"
        rows = frame.pivot(index="period", columns="unit", values="denominator")
        if not by_name and (2 * rows[unit] != rows.sum(axis=1)).any():
            said = "equals the sum of the others in nearly every period"
        raise DataError(
            f"{label}: column 'unit', row {row_of(frame, place)}: '{unit}' {said}; its cases would count "
            "twice. Remove its rows"
        )


def check_reporting(frame: pd.DataFrame, *, label: str = "the data") -> pd.DataFrame:
    """Return units and periods in order, with the cases whose numerator is known made explicit.

    Parameters
    ----------
    frame
        ``unit``, ``period`` (timestamps), ``numerator``, ``denominator`` and optionally ``answered``: cases of the
        denominator whose numerator is known. Without it, a unit whose numerator is missing or 0 answers for none.
    label
        What errors call the data.

    Raises
    ------
    DataError
        If a unit has two rows for a period, a denominator is not above 0, or a numerator exceeds what was answered.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["A", "B"], "period": pd.to_datetime(["2020-01-01"] * 2),
    ...                      "numerator": [8, 0], "denominator": [10, 10]})
    >>> check_reporting(rows)["answered"].to_list()
    [10.0, 0.0]
    """
    counts = [column for column in ("numerator", "denominator", "answered") if column in frame]
    frame = frame.astype(dict.fromkeys(counts, "float64"))
    frame["numerator"] = frame["numerator"].fillna(0.0)
    if "answered" not in frame:
        frame["answered"] = frame["denominator"].where(frame["numerator"] > 0, 0.0)
    where = frame["unit"].astype(str) + " in " + frame["period"].dt.strftime("%Y-%m")
    for wrong, says, remedy in (
        (frame.duplicated(["unit", "period"]), "is there twice", "keep one row per unit and period"),
        (~(frame["denominator"] > 0), "has a denominator that is not above 0", "leave out periods without cases"),
        (frame["answered"] > frame["denominator"], "has more answered than its denominator", "correct the counts"),
        (frame["numerator"] > frame["answered"], "has a numerator above what was answered", "correct the counts"),
        (frame["numerator"] < 0, "has a negative numerator", "correct the counts"),
    ):
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise DataError(f"{label}: row {row_of(frame, row)}, {where.iloc[row]}, {says}; {remedy}")
    return frame.sort_values(["period", "unit"], ignore_index=True)
