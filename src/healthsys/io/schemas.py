"""Type and check a table of text against a Frictionless table schema; all faulty cells are reported together."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.io import csv_files, forms, steps

#: Largest whole number that is read: a number with decimals cannot represent every larger one (2 to the 53).
LARGEST_WHOLE = 2**53

#: For each type of a field the type of the column, and what a cell must be, in words.
TYPES = {
    "string": ("str", "text"),
    "integer": ("Int64", "a whole number"),
    "number": ("float64", "a number"),
    "boolean": ("boolean", "true or false, yes or no"),
    "date": ("datetime64[ns]", "a date as YYYY-MM-DD, or one other form in the whole column"),
    "year": ("Int64", "a year"),
}

_TRUE_FALSE = {"true": True, "yes": True, "false": False, "no": False}


def read_table(path: Path, schema: dict[str, Any], *, label: str) -> pd.DataFrame:
    """Read a CSV file and check it against a table schema (:func:`check_table`)."""
    if path.is_dir():
        raise DataError(f"{label}: this is a folder; allowed: a CSV file. Give the path of the file in it")
    wanted = [field["name"] for field in schema["fields"]]
    raw = csv_files.table(csv_files.records(path, label=label, wanted=wanted), label=label, wanted=wanted)
    return check_table(raw, schema, label=label)


def check_table(raw: pd.DataFrame, schema: dict[str, Any], *, label: str) -> pd.DataFrame:
    """Type and check a frame of text against a Frictionless table schema.

    Parameters
    ----------
    raw
        The table as read, every column text.
    schema
        Its ``fields`` may have ``constraints`` (required, unique, minimum, maximum, enum, pattern) and ``optional``,
        where the column may be absent, and name the column of the whole that they are ``partOf``, or the column of
        stages in the order of its ``enum`` over which they are ``fallingOver``. ``primaryKey`` must be unique, and its
        text written one way.
    label
        What to call the table in messages.

    Returns
    -------
    pandas.DataFrame
        The typed table, columns of the schema first; whole numbers are ``Int64``, dates timestamps.

    Raises
    ------
    DataError
        Naming every faulty cell (the first ten) with row (the header is row 1), value, what is allowed, the remedy.

    References
    ----------
    Frictionless Data, Table Schema, https://specs.frictionlessdata.io/table-schema/

    Examples
    --------
    >>> schema = {"fields": [{"name": "beds", "type": "integer", "description": "beds", "constraints": {"minimum": 0}}]}
    >>> check_table(pd.DataFrame({"beds": ["12", "-3"]}), schema, label="mine.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: mine.csv: column 'beds', row 3: '-3' is not allowed; allowed: a whole number, 0 or ...
    """
    fields = schema["fields"]
    wanted = [field["name"] for field in fields]
    for field in fields:
        if field["name"] not in raw.columns and not field.get("optional"):
            raise DataError(
                f"{label}: there is no column '{field['name']}' ({field['description']})."
                f"{csv_files.misspelt(field['name'], [name for name in raw.columns if name not in wanted])} "
                f"The header must name: {', '.join(wanted)}"
            )
    csv_files.refuse_unusable(raw, label=label)
    present = [field for field in fields if field["name"] in raw.columns]
    typed, bad, separator = raw.copy(), {}, raw.attrs.get("separator", ",")
    orders: dict[str, tuple[str, str]] = {}
    for field in present:
        name = field["name"]
        typed[name], bad[name], said = _convert(raw[name], field["type"], separator, f"{label}: column '{name}'")
        if field["type"] == "number" and raw[name].str.strip().str.endswith("%").any():
            typed.attrs["percent"] = [*typed.attrs.get("percent", ()), name]
        if field["type"] == "date" and name != "period":  # of a series it is said with its name
            wrong = (typed[name].dt.year < steps.FIRST_YEAR) | (typed[name].dt.year > steps.LAST_YEAR)
            allowed = f"allowed: {steps.FIRST_YEAR} to {steps.LAST_YEAR}"
            csv_files.refuse_cells(raw, name, wrong, f"has a year that cannot be; {allowed}. Correct it", label=label)
        if said and field["type"] == "date":
            orders |= {one.rpartition(": ")[2]: (name, one) for one in said if one.endswith(" first")}
        if said:
            typed.attrs["read_as"] = [*typed.attrs.get("read_as", ()), *(f"{name}: {one}" for one in said)]
    if len(orders) > 1:
        both = " and ".join(f"in '{name}' {one}" for name, one in orders.values())
        raise DataError(
            f"{label}: the order of day and month differs between columns: {both}. Say which it is with "
            "-p 'dates=day first' or -p 'dates=month first', or write dates as YYYY-MM-DD"
        )
    if not any(cells.any() for cells in bad.values()):
        bad = {field["name"]: _outside(typed[field["name"]], field.get("constraints", {})) for field in present}
    faults = [
        (place, field["name"], raw[field["name"]].iloc[place], _allowed(field))
        for field in present
        for place in bad[field["name"]].nonzero()[0]
    ]
    if faults:
        faults.sort(key=lambda fault: fault[:2])
        raise DataError(_fault_message(label, [(csv_files.row_of(raw, place), *rest) for place, *rest in faults]))
    _refuse_above(raw, typed, present, label=label)
    key = schema.get("primaryKey")
    if key:
        key = [key] if isinstance(key, str) else key
        for field in present:
            if field["name"] in key and field["type"] == "string" and "enum" not in field.get("constraints", {}):
                _refuse_cases(typed, field["name"], label=label)
        texts = {name: typed[name].str.strip() for name in key if pd.api.types.is_string_dtype(typed[name])}
        twice = typed[key].assign(**texts).duplicated(keep="first")
        if twice.any():
            row = int(twice.to_numpy().argmax())
            cells = typed.assign(**{name: raw[name] for name in texts})
            shown = ", ".join(f"{column} '{cells[column].iloc[row]}'" for column in key)
            raise DataError(
                f"{label}: row {csv_files.row_of(raw, row)} repeats {shown}; each may occur once "
                f"({int(twice.sum())} repeated in all). Remove the copy, or correct one of them"
                + (", or add up the rows of a period" if "period" in key else "")
            )
    _refuse_rising(typed, present, key or [], label=label)
    return typed[[field["name"] for field in present] + [name for name in raw.columns if name not in wanted]]


def _refuse_above(raw: pd.DataFrame, typed: pd.DataFrame, fields: list[dict[str, Any]], *, label: str) -> None:
    """Raise if a count is more than the whole that its field names (``partOf``)."""
    for field in fields:
        part, whole = field["name"], field.get("partOf")
        if whole in typed.columns:
            wrong = (typed[part] > typed[whole]).fillna(False)
            said = raw[whole].iloc[int(wrong.to_numpy().argmax())]
            says = f"is more than '{whole}' of the same row, {said}; a part is at most the whole. Are the two swapped?"
            csv_files.refuse_cells(raw, part, wrong, f"{says} Correct the cell", label=label)


def _refuse_rising(typed: pd.DataFrame, fields: list[dict[str, Any]], key: list[str], *, label: str) -> None:
    """Raise if a count of a later stage is more than that of the stage before it (``fallingOver``)."""
    orders = {field["name"]: field.get("constraints", {}).get("enum", []) for field in fields}
    for field in fields:
        value, stage = field["name"], field.get("fallingOver")
        if stage not in typed.columns:
            continue
        ordered = typed.assign(place=typed[stage].map(orders[stage].index), row=range(len(typed)))
        ordered = ordered.sort_values("place", kind="stable")
        before = ordered.groupby([name for name in key if name != stage], sort=False)[[value, "row", stage]].shift()
        rising = (ordered[value] > before[value]).fillna(False)
        if rising.any():
            rising = rising.reindex(typed.index)
            place = rising.idxmax()
            number, row, earlier = before.loc[place]
            says = (
                f"is the number of '{typed.loc[place, stage]}', but only {number:,} are '{earlier}' (row "
                f"{csv_files.row_of(typed, int(row))}); a later stage cannot hold more people than one before it "
                f"({int(rising.sum())} such pairs). Correct one of the two rows"
            )
            csv_files.refuse_cells(typed.astype({value: str}), value, rising, says, label=label)


def _refuse_cases(typed: pd.DataFrame, column: str, *, label: str) -> None:
    """Raise if two names in a key differ only in capitals or doubled blanks: one thing would be counted as two."""
    seen: dict[str, str] = {}
    for name in typed[column].dropna().str.split().str.join(" ").drop_duplicates():
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            cells = typed[column].str.split().str.join(" ")
            first, second = (csv_files.row_of(typed, int((cells == one).to_numpy().argmax())) for one in (other, name))
            said = f"'{name}' is also written '{other}' (row {first}); write it one way, or tell two apart by more"
            raise DataError(f"{label}: column '{column}', row {second}: {said}")


def _convert(column: pd.Series, kind: str, separator: str, place: str) -> tuple[pd.Series, np.ndarray, list[str]]:
    """Return a text column typed, whether each cell is not of that type, and what was read how."""
    given, said = column.notna().to_numpy(), []
    if kind in ("integer", "number", "year"):
        typed = pd.to_numeric(column, errors="coerce")
        plain = not (given & typed.isna().to_numpy()).any()  # of plain numbers only a point can be read in two ways
        doubt = "" if plain and separator == "," else forms.two_readings(column, separator=separator)
        if doubt:
            raise DataError(f"{place}: {doubt}")
        if not plain or csv_files.stated("comma"):
            typed, said = forms.numbers(column, separator=separator)
            given = given & ~forms.missing(column).to_numpy()
        numbers = typed.to_numpy(dtype=float, na_value=np.nan)
        bad = given & ~np.isfinite(numbers)
        if kind != "number":
            with np.errstate(invalid="ignore"):
                bad |= given & ((numbers % 1 != 0) | (np.abs(numbers) > LARGEST_WHOLE))
        return typed.where(~bad).astype(TYPES[kind][0]), bad, said
    if kind == "date":
        typed = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
        if given.any() and typed.isna().to_numpy()[given].all():
            typed, said, doubt = forms.periods(column)
            if doubt:
                raise DataError(f"{place}: {doubt}")
    elif kind == "boolean":
        typed = column.str.strip().str.lower().map(_TRUE_FALSE).astype("boolean")
    else:
        typed = column.astype("str").str.strip()
        return typed.where(typed != ""), np.zeros(len(column), dtype=bool), said
    return typed, given & typed.isna().to_numpy(), said


def _outside(column: pd.Series, limits: dict[str, Any]) -> np.ndarray:
    """Return whether each cell breaks a constraint; an empty one only breaks that it is required."""
    given = column.notna().to_numpy()
    numeric = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if numeric else column
    broken = {
        "minimum": lambda limit: values < limit,
        "maximum": lambda limit: values > limit,
        "enum": lambda allowed: ~column.isin(allowed),
        "pattern": lambda pattern: ~column.astype("str").str.fullmatch(pattern).astype(bool),
        "unique": lambda wanted: column.duplicated(keep=False) & wanted,
    }
    bad = np.zeros(len(column), dtype=bool)
    for name in limits.keys() & broken.keys():
        bad |= np.asarray(broken[name](limits[name]), dtype=bool)
    return (bad & given) | (~given & bool(limits.get("required")))


def _allowed(field: dict[str, Any]) -> str:
    """Say in words what a cell of a field may hold."""
    limits = field.get("constraints", {})
    words = TYPES.get(field["type"], TYPES["string"])[1]
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


def _fault_message(label: str, faults: list[tuple[int, str, Any, str]]) -> str:
    shown = []
    for row, column, value, allowed in faults[:10]:
        empty = pd.isna(value) or not str(value).strip()
        said = "the cell is empty" if empty else f"'{str(value)[:60]}' is not allowed"
        shown.append(f"{label}: column '{column}', row {row}: {said}; allowed: {allowed}")
    if len(faults) > 10:
        shown.append(f"{label}: and {len(faults) - 10} more cells")
    return "\n".join([*shown, "Correct these cells in the file and try again; nothing was written"])
