"""Official layouts turned into tidy series: A&E months, the A&E teaching set, KH03 quarters, GP appointments.

Every function takes the rows of one file as text and returns a :class:`Reading`; nothing here opens a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.trends.series_checks import TOTAL_NAMES, suspicious_zeros

#: Columns of every reading's table.
COLUMNS = ("indicator", "unit", "period", "value", "numerator", "denominator")

#: Name of the unit that adds up all others of an English file.
ENGLAND = "England"

#: Three-letter month names, and how far into the year each is.
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


@dataclass(frozen=True)
class Reading:
    """What a file held: tidy series, what was counted, and what a reader should know.

    ``table`` has the columns :data:`COLUMNS`; ``report`` is one row per file and check (``file``, ``layout``,
    ``rows_in``, ``rows_used``, ``check``, ``own``, ``file_says``); ``notes`` are sentences.
    """

    layout: str
    table: pd.DataFrame
    report: pd.DataFrame
    notes: tuple[str, ...] = field(default_factory=tuple)


def month_from(text: str, *, label: str, row: int) -> pd.Timestamp:
    """Return the month that a text such as ``MSitAE-APRIL-2025``, ``MAR2019``, ``Apr-07`` or ``June-2022 (6)`` names.

    Raises
    ------
    DataError
        If no month and year are found.

    Examples
    --------
    >>> [f"{month_from(text, label='file', row=2):%Y-%m}" for text in ("MSitAE-APRIL-2025", "MAR2019", "Apr-07")]
    ['2025-04', '2019-03', '2007-04']
    """
    found = re.search(r"([A-Za-z]{3,9})[\s-]*(\d{4}|\d{2})(?:\s*\(\d+\))?\s*$", str(text).strip())
    number = MONTHS.get(found[1][:3].lower()) if found else None
    if number is None:
        raise DataError(
            f"{label}: row {row}: '{text}' names no month; allowed: a month and a year such as APRIL-2025, "
            "MAR2019 or Apr-07"
        )
    year = int(found[2]) + (2000 if len(found[2]) == 2 else 0)
    return pd.Timestamp(year, number, 1)


#: A number as official files write it: whole thousands with commas, or without any; a point before decimals.
_NUMBER = r"[-\u2212+]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][-+]?\d+)?|[-\u2212+]?\.\d+"


def number_from(text: str) -> float | None:
    """Return the number a text is, with or without thousands commas; None for a decimal comma or anything else.

    Examples
    --------
    >>> [number_from(text) for text in ("12,345,678", "80.1", "80,1", "1,23", "inf", "0,123")]
    [12345678.0, 80.1, None, None, None, None]
    """
    if not re.fullmatch(_NUMBER, text.strip()):
        return None
    number = float(text.strip().replace(",", "").replace("\u2212", "-"))
    return number if np.isfinite(number) else None


def numbers(column: pd.Series, *, label: str, name: str) -> pd.Series:
    """Turn a text column of counts or shares with thousands commas into numbers; an empty cell is missing.

    Parameters
    ----------
    column
        Text; the index is the row of the file less 2.
    label, name
        What messages call file and column.

    Raises
    ------
    DataError
        Naming the first cell that is no number, has a decimal comma, or is negative.

    Examples
    --------
    >>> numbers(pd.Series(["1,204", ""]), label="file", name="seen").to_list()
    [1204.0, nan]
    """
    text = column.fillna("").astype("str").str.strip()
    plain = text.str.fullmatch(_NUMBER)
    typed = pd.to_numeric(text.str.replace(",", "", regex=False).where(plain), errors="coerce").astype("float64")
    given = text != ""
    for wrong, says, allowed in (
        (given & ~(plain & np.isfinite(typed)), "is not a number", "a number (80.1, 20699 or 20,699) or an empty cell"),
        (given & (typed < 0), "is negative", "0 or more, or an empty cell where a number is missing or suppressed"),
    ):
        if wrong.any():
            place = int(wrong.to_numpy().argmax())
            raise DataError(
                f"{label}: column '{name}', row {column.index[place] + 2}: '{column.iloc[place]}' {says}; "
                f"allowed: {allowed}. Correct the cell and try again"
            )
    return typed


def refuse_above(rows: pd.DataFrame, part: str, whole: str, *, label: str, said: str = "") -> None:
    """Raise if a part is more than the whole it belongs to; the index of the rows is the row of the file less 2.

    Examples
    --------
    >>> refuse_above(pd.DataFrame({"late": [5.0], "seen": [4.0]}), "late", "seen", label="file")
    Traceback (most recent call last):
        ...
    healthsys.errors.DataError: file: row 2: late is 5, above 4 (seen); a part is at most the whole. Correct the cell
    """
    wrong = rows[part] > rows[whole]
    if wrong.any():
        row = rows[wrong].iloc[0]
        raise DataError(
            f"{label}: row {rows.index[wrong][0] + 2}: {said or part} is {row[part]:,.6g}, above {row[whole]:,.6g} "
            f"({whole}); a part is at most the whole. Correct the cell"
        )


def long_form(
    frame: pd.DataFrame, indicators: dict[str, tuple[str, str | None]], *, percent: bool = True
) -> pd.DataFrame:
    """Stack measures of a wide table (``unit``, ``period``, …) into tidy series.

    Parameters
    ----------
    frame
        One row per unit and period.
    indicators
        For each indicator the column of its value, or of its numerator, and of its denominator (None for a value).
    percent
        Whether a ratio is multiplied by 100.

    Examples
    --------
    >>> wide = pd.DataFrame({"unit": ["A"], "period": [pd.Timestamp("2020-01-01")], "late": [5.0], "seen": [20.0]})
    >>> long_form(wide, {"late_percent": ("late", "seen")})["value"].to_list()
    [25.0]
    """
    parts = []
    for name, (top, bottom) in indicators.items():
        part = frame[["unit", "period"]].copy()
        part.insert(0, "indicator", name)
        if bottom is None:
            part["value"], part["numerator"], part["denominator"] = frame[top], np.nan, np.nan
        else:
            size = frame[bottom].where(frame[bottom] > 0)
            part["value"] = frame[top] / size * (100 if percent else 1)
            part["numerator"], part["denominator"] = frame[top], frame[bottom]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def report_row(
    label: str,
    layout: str,
    rows_in: int,
    rows_used: int,
    check: str = "",
    own: float = np.nan,
    file_says: float = np.nan,
) -> dict:
    """Return one row of a reading's report."""
    return {
        "file": label,
        "layout": layout,
        "rows_in": rows_in,
        "rows_used": rows_used,
        "check": check,
        "own": own,
        "file_says": file_says,
    }


def _key(name: str) -> str:
    """Reduce a heading to what identifies it: NHS England writes 'hs' for 'hrs', 'Number of', and odd spaces."""
    return re.sub(r"[^a-z0-9+]+", " ", name.lower().replace(" hs ", " hrs ").replace("number of ", "")).strip()


_AE_MEASURES = {
    "attendances": r"^a e attendances (type 1|type 2|other a e department)$",
    "booked": r"^a e attendances booked appointments (type 1|type 2|other department)$",
    "late": r"^attendances over 4 ?hrs (type 1|type 2|other a e department|other department)$",
    "late_booked": r"^attendances over 4 ?hrs booked appointments (type 1|type 2|other department)$",
    "admissions": r"^emergency admissions via a e (type 1|type 2|other a e department)$",
}


def ae_month(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read one month of NHS England's A&E attendances and emergency admissions.

    Attendances and those over four hours are booked plus unbooked, of all types; the file's own total row, in whatever
    case, is left out of the sum and compared with it.

    Parameters
    ----------
    raw
        The file as text, one row per provider.
    label
        File name, for messages.

    Returns
    -------
    Reading
        Units are organisation codes and ``England`` (own sum). Indicators: ``attendances``, ``within_4h_percent``
        (over attendances), ``type1_attendances``, ``type1_within_4h_percent``, ``admissions``.

    Raises
    ------
    DataError
        If a needed column is missing, a period cannot be read, or an organisation occurs twice.
    """
    keys = {column: _key(str(column)) for column in raw.columns}
    found = {
        measure: [column for column, key in keys.items() if re.match(pattern, key)]
        for measure, pattern in _AE_MEASURES.items()
    }
    code = [column for column, key in keys.items() if key == "org code"]
    for what, columns, fewest in (
        ("Org Code", code, 1),
        ("A&E attendances Type 1, Type 2 and Other", found["attendances"], 3),
        ("Attendances over 4hrs Type 1, Type 2 and Other", found["late"], 3),
    ):
        if len(columns) < fewest:
            raise DataError(
                f"{label}: the header lacks '{what}' ({len(columns)} of {fewest} found); expected the columns of NHS "
                "England's 'A&E attendances and emergency admissions' monthly CSV"
            )
    organisations = raw[code[0]].fillna("").astype("str").str.strip()
    total = organisations.str.lower().isin(TOTAL_NAMES)
    blank = (organisations == "").to_numpy()
    wide = pd.DataFrame({"unit": organisations})
    period = next(column for column, key in keys.items() if key == "period")
    months = {
        text: month_from(text, label=label, row=row + 2) for row, text in _first_seen(raw[period][~total & ~blank])
    }
    if len(set(months.values())) != 1:
        raise DataError(
            f"{label}: column '{period}' names {len(set(months.values()))} months; one file holds one month"
        )
    wide["period"] = next(iter(months.values()))
    for measure, columns in found.items():
        for column in columns:
            kind = "type1" if "type 1" in keys[column] else "rest"
            name = f"{measure}_{kind}"
            wide[name] = wide.get(name, 0.0) + numbers(raw[column], label=label, name=column).fillna(0)
    for kind in ("type1", "rest"):
        wide[f"all_{kind}"] = wide[f"attendances_{kind}"] + wide.get(f"booked_{kind}", 0.0)
        wide[f"over_{kind}"] = wide[f"late_{kind}"] + wide.get(f"late_booked_{kind}", 0.0)
    wide["attendances"] = wide["all_type1"] + wide["all_rest"]
    wide["over"] = wide["over_type1"] + wide["over_rest"]
    refuse_above(wide, "over", "attendances", label=label, said="attendances over four hours")
    wide["within"], wide["within_type1"] = wide["attendances"] - wide["over"], wide["all_type1"] - wide["over_type1"]
    wide["admissions"] = wide.get("admissions_type1", 0.0) + wide.get("admissions_rest", 0.0)
    rows = wide[~total.to_numpy() & ~blank]
    twice = rows["unit"].duplicated()
    if twice.any():
        raise DataError(
            f"{label}: organisation '{rows.loc[twice, 'unit'].iloc[0]}' occurs twice; keep one row for each"
        )
    measures = [column for column in rows.columns if column not in ("unit", "period")]
    england = rows[measures].sum().to_frame().T.assign(unit=ENGLAND, period=rows["period"].iloc[0])
    table = long_form(
        pd.concat([rows, england], ignore_index=True),
        {
            "attendances": ("attendances", None),
            "within_4h_percent": ("within", "attendances"),
            "type1_attendances": ("all_type1", None),
            "type1_within_4h_percent": ("within_type1", "all_type1"),
            "admissions": ("admissions", None),
        },
    )
    own, said = england.iloc[0], wide[total.to_numpy()]
    report = [
        report_row(label, "ae_month", len(raw), len(rows), name, float(own[name]), _one(said, name))
        for name in ("attendances", "over", "admissions")
    ]
    notes = []
    if not total.any():
        notes.append(f"{label}: no total row to compare with")
    if not found["booked"]:
        notes.append(f"{label}: no columns for booked appointments")
    unbooked = float(rows["attendances_type1"].sum() + rows["attendances_rest"].sum())
    if unbooked < own["attendances"]:
        share = 100 * (1 - unbooked / own["attendances"])
        notes.append(f"{label}: booked appointments are {share:.1f} % of attendances and are counted")
    return Reading("ae_month", table, pd.DataFrame(report), tuple(notes))


def _one(rows: pd.DataFrame, name: str) -> float:
    return float(rows[name].iloc[0]) if len(rows) else np.nan


def _first_seen(column: pd.Series) -> list[tuple[int, str]]:
    seen = column.drop_duplicates()
    return list(zip(seen.index, seen, strict=True))


def ae_attendances(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read the teaching set of A&E attendances by month, organisation and type (R package NHSRdatasets).

    Returns
    -------
    Reading
        As :func:`ae_month`, without a total row to compare with. A month in which an organisation has no row is absent.
    """
    rows = pd.DataFrame({"unit": raw["org_code"].str.strip(), "type": raw["type"].str.strip()})
    rows["period"] = pd.to_datetime(raw["period"], format="%Y-%m-%d", errors="coerce")
    if rows["period"].isna().any():
        place = int(rows["period"].isna().to_numpy().argmax())
        raise DataError(
            f"{label}: column 'period', row {raw.index[place] + 2}: '{raw['period'].iloc[place]}' is not a date "
            "YYYY-MM-DD"
        )
    for name in ("attendances", "breaches", "admissions"):
        rows[name] = numbers(raw[name], label=label, name=name)
    refuse_above(rows, "breaches", "attendances", label=label)
    twice = rows.duplicated(["unit", "type", "period"])
    if twice.any():
        place = int(twice.to_numpy().argmax())
        raise DataError(
            f"{label}: row {raw.index[place] + 2} repeats organisation, type and period; keep one row for each"
        )
    rows["within"] = rows["attendances"] - rows["breaches"]
    first = rows["type"] == "1"
    for name in ("attendances", "within"):
        rows[f"type1_{name}"] = rows[name].where(first, 0.0)
    measures = ["attendances", "within", "type1_attendances", "type1_within", "admissions"]
    units = rows.groupby(["unit", "period"], as_index=False)[measures].sum()
    england = units.groupby("period", as_index=False)[measures].sum().assign(unit=ENGLAND)
    table = long_form(
        pd.concat([units, england], ignore_index=True),
        {
            "attendances": ("attendances", None),
            "within_4h_percent": ("within", "attendances"),
            "type1_attendances": ("type1_attendances", None),
            "type1_within_4h_percent": ("type1_within", "type1_attendances"),
            "admissions": ("admissions", None),
        },
    )
    report = pd.DataFrame(
        [report_row(label, "ae_attendances", len(raw), len(rows), "attendances", float(rows["attendances"].sum()))]
    )
    return Reading("ae_attendances", table, report, (f"{label}: rows without attendances are absent from this set",))


def quarter_from(text: str, *, label: str, row: int) -> pd.Timestamp:
    """Return the first day of an English financial quarter such as ``2018-19 Q1`` (April to June 2018).

    Examples
    --------
    >>> f"{quarter_from('2018-19 Q4', label='file', row=2):%Y-%m}"
    '2019-01'
    """
    found = re.fullmatch(r"(\d{4})[-/](\d{2}) ?Q([1-4])", str(text).strip())
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise DataError(f"{label}: row {row}: '{text}' is no financial quarter; allowed: such as 2018-19 Q1")
    return pd.Timestamp(int(found[1]), 4, 1) + pd.DateOffset(months=3 * (int(found[3]) - 1))


def kh03_panel(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read a trust-by-quarter panel of KH03 beds with A&E columns.

    The row of England (organisation code ``NAN``) is left out of sums and compared with them. Trusts without general
    and acute beds have no occupancy. Zeros in the four-hour column that no other value of the trust comes near stand
    for "not reported" and are taken as missing.

    Returns
    -------
    Reading
        Units are organisation codes and ``England`` (own sum). Indicators: ``ga_beds_available``, ``ga_beds_occupied``,
        ``ga_occupancy_percent``, and for trusts ``type1_within_4h_percent``.
    """
    names = {
        "available": "kh03_avail_ga_avg_beds",
        "occupied": "kh03_occ_ga_avg_beds",
        "four": "ae_type1_pct_4hr",
        "type1": "ae_type1_attendances",
    }
    rows = pd.DataFrame({"unit": raw["org_code"].fillna("NAN").astype("str").str.strip()})
    quarters = {text: quarter_from(text, label=label, row=row + 2) for row, text in _first_seen(raw["period"])}
    rows["period"] = raw["period"].map(quarters)
    for name, column in names.items():
        rows[name] = numbers(raw[column], label=label, name=column)
    refuse_above(rows.assign(whole=1.0), "four", "whole", label=label, said=names["four"])
    total = rows["unit"].str.lower().isin(TOTAL_NAMES)
    trusts = rows[~total].copy()
    twice = trusts.duplicated(["unit", "period"])
    if twice.any():
        row = trusts[twice].iloc[0]
        raise DataError(f"{label}: trust '{row['unit']}' has two rows in one quarter; keep one row for each")
    silent = pd.Series(False, index=trusts.index)
    for _, own in trusts.groupby("unit"):
        silent[own.index] = suspicious_zeros(own["four"].to_numpy())
    whole_zero = trusts.groupby("unit")["four"].transform(lambda own: (own.fillna(0) == 0).all())
    silent |= (trusts["four"] == 0) & whole_zero & (trusts["type1"] > 0)
    trusts.loc[silent, "four"] = np.nan
    england = trusts.groupby("period", as_index=False)[["available", "occupied"]].sum().assign(unit=ENGLAND)
    beds = {
        "ga_beds_available": ("available", None),
        "ga_beds_occupied": ("occupied", None),
        "ga_occupancy_percent": ("occupied", "available"),
    }
    four = trusts[["unit", "period"]].assign(indicator="type1_within_4h_percent", value=100 * trusts["four"])
    four["numerator"], four["denominator"] = np.nan, np.nan
    table = pd.concat(
        [long_form(pd.concat([trusts, england], ignore_index=True), beds), four[list(COLUMNS)]], ignore_index=True
    )
    said = rows[total].groupby("period")[["available", "occupied"]].sum()
    own = england.set_index("period")
    report = [
        report_row(
            label,
            "kh03_panel",
            len(raw),
            len(trusts),
            f"G&A beds {name}, sum over quarters",
            float(own[name].sum()),
            float(said[name].sum()) if len(said) else np.nan,
        )
        for name in ("available", "occupied")
    ]
    apart = (own[["available", "occupied"]] - said).abs().max().max() if len(said) else np.nan
    quiet = trusts.loc[silent, "unit"].nunique()
    notes = (
        f"{label}: {int((trusts['available'] == 0).sum())} rows have no general and acute beds, so no occupancy",
        f"{label}: {int(silent.sum())} zeros of the four-hour share in {quiet} trusts stand for 'not reported'; "
        "missing",
        f"{label}: the largest difference between own sum and the file's England row in a quarter is {apart:.3g} beds",
    )
    return Reading("kh03_panel", table, pd.DataFrame(report), notes)


def gp_appointments(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read a regional CSV of NHS Digital's appointments in general practice.

    One row per combination of status, professional, mode and delay; a combination that did not occur is absent, so the
    month is the sum. Labels lose doubled blanks.

    Returns
    -------
    Reading
        Units are the commissioning groups. Indicators: ``appointments``, ``face_to_face_percent`` (of all with a known
        mode), ``same_day_percent`` (of all with a known delay), ``not_attended_percent`` (of all with a known status).
    """
    rows = pd.DataFrame({"unit": raw["CCG_NAME"].str.split().str.join(" ")})
    months = {text: month_from(text, label=label, row=row + 2) for row, text in _first_seen(raw["Appointment_Month"])}
    rows["period"] = raw["Appointment_Month"].map(months)
    count = numbers(raw["COUNT_OF_APPOINTMENTS"], label=label, name="COUNT_OF_APPOINTMENTS")
    rows["appointments"] = count
    labels = {
        name: raw[column].str.split().str.join(" ")
        for name, column in (("mode", "APPT_MODE"), ("delay", "TIME_BETWEEN_BOOK_AND_APPT"), ("status", "APPT_STATUS"))
    }
    for name, hit in (("mode", "Face-to-Face"), ("delay", "Same Day"), ("status", "DNA")):
        known = ~labels[name].str.startswith("Unknown")
        rows[f"{name}_known"], rows[f"{name}_hit"] = count.where(known, 0.0), count.where(labels[name] == hit, 0.0)
    measures = [column for column in rows.columns if column not in ("unit", "period")]
    units = rows.groupby(["unit", "period"], as_index=False)[measures].sum()
    table = long_form(
        units,
        {
            "appointments": ("appointments", None),
            "face_to_face_percent": ("mode_hit", "mode_known"),
            "same_day_percent": ("delay_hit", "delay_known"),
            "not_attended_percent": ("status_hit", "status_known"),
        },
    )
    used = int(count.notna().sum())
    report = pd.DataFrame([report_row(label, "gp_appointments", len(raw), used, "appointments", float(count.sum()))])
    notes = (f"{label}: months have different numbers of working days, which the file does not give",)
    return Reading("gp_appointments", table, report, notes)
