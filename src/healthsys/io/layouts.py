"""Official layouts turned into tidy series: A&E months, the A&E teaching set, KH03 quarters, GP appointments."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.io.checks import TOTAL_NAMES, suspicious_zeros

#: Columns of every reading's table, the unit that adds up all others of an English file, and the months in order.
COLUMNS, ENGLAND = ("indicator", "unit", "period", "value", "numerator", "denominator"), "England"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Reading:
    """What a file held: tidy series, what was counted, and what a reader should know.

    ``table`` has the columns ``COLUMNS``; ``report`` is one row per file and check (``file``, ``layout``,
    ``rows_in``, ``rows_used``, ``check``, ``own``, ``file_says``); ``notes`` are sentences.
    """

    layout: str
    table: pd.DataFrame
    report: pd.DataFrame
    notes: tuple[str, ...] = ()


def month_from(text: str, *, label: str, row: int) -> pd.Timestamp:
    """Return the month that a text such as ``MSitAE-APRIL-2025``, ``MAR2019``, ``Apr-07`` or ``June-2022 (6)`` names.

    >>> [f"{month_from(text, label='file', row=2):%Y-%m}" for text in ("MSitAE-APRIL-2025", "MAR2019", "Apr-07")]
    ['2025-04', '2019-03', '2007-04']
    """
    if iso := re.fullmatch(r"(\d{4})-(\d\d)-01", str(text).strip()):  # a date of a workbook
        return pd.Timestamp(int(iso[1]), int(iso[2]), 1)
    found = re.search(r"([A-Za-z]{3,9})[\s-]*(\d{4}|\d{2})(?:\s*\(\d+\))?\s*$", str(text).strip())
    name = found[1][:3].lower() if found else ""
    if name not in MONTHS:
        allowed = "a month and a year such as APRIL-2025, MAR2019 or Apr-07"
        raise DataError(f"{label}: row {row}: '{text}' does not name a month; allowed: {allowed}")
    year = int(found[2]) + (2000 if len(found[2]) == 2 else 0)
    return pd.Timestamp(year, MONTHS.index(name) + 1, 1)


#: A number as official files write it: whole thousands with commas, or without any; a point before decimals.
_NUMBER = r"[-\u2212+]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][-+]?\d+)?|[-\u2212+]?\.\d+"


def number_from(text: str) -> float | None:
    """Return the number a text is, with or without thousands commas; None for a decimal comma or anything else."""
    if not re.fullmatch(_NUMBER, text.strip()):
        return None
    number = float(text.strip().replace(",", "").replace("\u2212", "-"))
    return number if np.isfinite(number) else None


def numbers(column: pd.Series, *, label: str, name: str) -> pd.Series:
    """Turn a text column of counts or shares with thousands commas into numbers; an empty cell is missing.

    The index is the row of the file less 2. A cell that is no number, has a decimal comma or is negative is refused.
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
    """Raise if a part is more than the whole it belongs to; the index of the rows is the row of the file less 2."""
    wrong = rows[part] > rows[whole]
    if wrong.any():
        row = rows[wrong].iloc[0]
        raise DataError(
            f"{label}: row {rows.index[wrong][0] + 2}: {said or part} is {row[part]:,.6g}, above {row[whole]:,.6g} "
            f"({whole}); a part cannot be more than the whole. Correct the cell"
        )


def long_form(frame: pd.DataFrame, indicators: dict[str, tuple[str, str | None]]) -> pd.DataFrame:
    """Stack measures of a wide table into tidy series; an indicator has a column, or those of a percentage's ratio."""
    parts = []
    for name, (top, bottom) in indicators.items():
        part = frame[["unit", "period"]].assign(indicator=name, value=frame[top], numerator=np.nan, denominator=np.nan)
        if bottom is not None:
            part["value"] = frame[top] / frame[bottom].where(frame[bottom] > 0) * 100
            part["numerator"], part["denominator"] = frame[top], frame[bottom]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def reading(
    layout: str, table: pd.DataFrame, label: str, rows: tuple[int, int], checks: dict[str, tuple[float, float]],
    notes: Iterable[str] = (),
) -> Reading:
    """Return a reading with its report: rows in and used, and for each check the own sum and what the file says."""
    given = {"file": label, "layout": layout, "rows_in": rows[0], "rows_used": rows[1]}
    says = [{**given, "check": one, "own": own, "file_says": said} for one, (own, said) in checks.items()]
    return Reading(layout, table, pd.DataFrame(says), tuple(f"{label}: {note}" for note in notes))


def refuse_twice(rows: pd.DataFrame, columns: list[str], says: Callable[[pd.Series], str], *, label: str) -> None:
    """Raise if two rows have the same values in these columns, with what is said of the second one."""
    twice = rows.duplicated(columns)
    if twice.any():
        raise DataError(f"{label}: {says(rows[twice].iloc[0])}; keep one row for each")


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

#: Indicators of both layouts of A&E attendances.
_AE_INDICATORS = {
    "attendances": ("attendances", None),
    "within_4h_percent": ("within", "attendances"),
    "type1_attendances": ("type1_attendances", None),
    "type1_within_4h_percent": ("type1_within", "type1_attendances"),
    "admissions": ("admissions", None),
}


def ae_month(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read one month of NHS England's A&E attendances and emergency admissions, one row per provider.

    Attendances and those over four hours are booked plus unbooked, of all types; the file's own total row, in whatever
    case, is not added up but compared with the sum. Units are organisation codes and ``England`` (own sum).
    Indicators: ``attendances``, ``within_4h_percent`` (over attendances), ``type1_attendances``,
    ``type1_within_4h_percent``, ``admissions``.
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
    wide = pd.DataFrame({"unit": raw[code[0]].fillna("").astype("str").str.strip()})
    total = wide["unit"].str.lower().isin(TOTAL_NAMES)
    used = ~total & (wide["unit"] != "")
    period = next(column for column, key in keys.items() if key == "period")
    months = set(each(raw[period][used], month_from, label=label).values())
    if len(months) != 1:
        raise DataError(f"{label}: column '{period}' names {len(months)} months; a file has one month")
    wide["period"] = months.pop()
    named = [column for columns in found.values() for column in columns]
    counted = pd.DataFrame({column: numbers(raw[column], label=label, name=column) for column in named})

    def added(*measures: str, first: bool = False) -> pd.Series:
        """Add up columns of these measures, of major departments (type 1) or of all."""
        own = [column for measure in measures for column in found[measure] if "type 1" in keys[column] or not first]
        return counted[own].sum(axis=1)

    wide["attendances"], wide["over"] = added("attendances", "booked"), added("late", "late_booked")
    refuse_above(wide, "over", "attendances", label=label, said="attendances over four hours")
    wide["within"] = wide["attendances"] - wide["over"]
    wide["type1_attendances"] = added("attendances", "booked", first=True)
    wide["type1_within"] = wide["type1_attendances"] - added("late", "late_booked", first=True)
    wide["admissions"], wide["unbooked"] = added("admissions"), added("attendances")
    rows, said = wide[used], wide[total]
    refuse_twice(rows, ["unit"], lambda row: f"organisation '{row['unit']}' occurs twice", label=label)
    measures = [column for column in rows.columns if column not in ("unit", "period")]
    own = rows[measures].sum()
    england = own.to_frame().T.assign(unit=ENGLAND, period=rows["period"].iloc[0])
    checks = {
        name: (float(own[name]), float(said[name].iloc[0]) if len(said) else np.nan)
        for name in ("attendances", "over", "admissions")
    }
    notes = []
    if not total.any():
        notes.append("no total row to compare with")
    if not found["booked"]:
        notes.append("no columns for booked appointments")
    if own["unbooked"] < own["attendances"]:
        share = 100 * (1 - own["unbooked"] / own["attendances"])
        notes.append(f"booked appointments are {share:.1f}% of attendances and are included")
    table = long_form(pd.concat([rows, england], ignore_index=True), _AE_INDICATORS)
    return reading("ae_month", table, label, (len(raw), len(rows)), checks, notes)


def each(column: pd.Series, read: Callable[..., pd.Timestamp], *, label: str) -> dict[str, pd.Timestamp]:
    """Read each different text of a column once, by the row of the file where it is first."""
    return {text: read(text, label=label, row=row + 2) for row, text in column.drop_duplicates().items()}


def ae_attendances(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read the teaching set of A&E attendances by month, organisation and type (R package NHSRdatasets).

    As :func:`ae_month`, without a total row to compare with. A month in which an organisation has no row is absent.
    """
    rows = pd.DataFrame({"unit": raw["org_code"].str.strip(), "type": raw["type"].str.strip()})
    rows["period"] = pd.to_datetime(raw["period"], format="%Y-%m-%d", errors="coerce")
    for at in rows.index[rows["period"].isna()][:1]:
        text = raw["period"][at]
        raise DataError(f"{label}: column 'period', row {at + 2}: '{text}' is not a date YYYY-MM-DD")
    for name in ("attendances", "breaches", "admissions"):
        rows[name] = numbers(raw[name], label=label, name=name)
    refuse_above(rows, "breaches", "attendances", label=label)
    key = ["unit", "type", "period"]
    refuse_twice(rows, key, lambda row: f"row {row.name + 2} repeats organisation, type and period", label=label)
    rows["within"] = rows["attendances"] - rows["breaches"]
    for name in ("attendances", "within"):
        rows[f"type1_{name}"] = rows[name].where(rows["type"] == "1", 0.0)
    measures = ["attendances", "within", "type1_attendances", "type1_within", "admissions"]
    units = rows.groupby(["unit", "period"], as_index=False)[measures].sum()
    table = long_form(with_england(units, measures), _AE_INDICATORS)
    checks = {"attendances": (rows["attendances"].sum(), np.nan)}
    notes = ["rows without attendances are absent from this set"]
    return reading("ae_attendances", table, label, (len(raw), len(rows)), checks, notes)


def with_england(units: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Put the sum over units by period below the units, under the name of England."""
    england = units.groupby("period", as_index=False)[measures].sum().assign(unit=ENGLAND)
    return pd.concat([units, england], ignore_index=True)


def quarter_from(text: str, *, label: str, row: int) -> pd.Timestamp:
    """Return the first day of an English financial quarter such as ``2018-19 Q1`` (April to June 2018).

    >>> f"{quarter_from('2018-19 Q4', label='file', row=2):%Y-%m}"
    '2019-01'
    """
    found = re.fullmatch(r"(\d{4})[-/](\d{2}) ?Q([1-4])", str(text).strip())
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise DataError(f"{label}: row {row}: '{text}' is not a financial quarter; allowed: for example 2018-19 Q1")
    return pd.Timestamp(int(found[1]), 4, 1) + pd.DateOffset(months=3 * (int(found[3]) - 1))


def kh03_panel(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read a trust-by-quarter panel of KH03 beds with A&E columns.

    The row of England (organisation code ``NAN``) is not added up but compared with the sums. Trusts without general
    and acute beds have no occupancy. Zeros in the four-hour column that no other value of the trust comes near
    mean "not reported" and are missing. Units are organisation codes and ``England`` (own sum). Indicators:
    ``ga_beds_available``, ``ga_beds_occupied``, ``ga_occupancy_percent``, and for trusts ``type1_within_4h_percent``.
    """
    names = {"available": "kh03_avail_ga_avg_beds", "occupied": "kh03_occ_ga_avg_beds"}
    names |= {"four": "ae_type1_pct_4hr", "type1": "ae_type1_attendances"}
    rows = pd.DataFrame({"unit": raw["org_code"].fillna("NAN").astype("str").str.strip()})
    rows["period"] = raw["period"].map(each(raw["period"], quarter_from, label=label))
    for name, column in names.items():
        rows[name] = numbers(raw[column], label=label, name=column)
    refuse_above(rows.assign(whole=1.0), "four", "whole", label=label, said=names["four"])
    total = rows["unit"].str.lower().isin(TOTAL_NAMES)
    trusts, beds = rows[~total].copy(), ["available", "occupied"]
    key = ["unit", "period"]
    refuse_twice(trusts, key, lambda row: f"trust '{row['unit']}' has two rows in one quarter", label=label)
    own = trusts.groupby("unit")["four"]
    silent = own.transform(lambda four: suspicious_zeros(four.to_numpy())).astype(bool)
    none_but_zero = own.transform(lambda four: (four.fillna(0) == 0).all()).astype(bool)
    silent |= (trusts["four"] == 0) & none_but_zero & (trusts["type1"] > 0)
    trusts.loc[silent, "four"] = np.nan
    whole = with_england(trusts[["unit", "period", *beds]], beds)
    indicators = {
        "ga_beds_available": ("available", None),
        "ga_beds_occupied": ("occupied", None),
        "ga_occupancy_percent": ("occupied", "available"),
    }
    four = long_form(trusts.assign(four=100 * trusts["four"]), {"type1_within_4h_percent": ("four", None)})
    added = trusts.groupby("period")[beds].sum()
    said = rows[total].groupby("period")[beds].sum()
    checks = {
        f"G&A beds {name}, sum over quarters": (added[name].sum(), said[name].sum() if len(said) else np.nan)
        for name in beds
    }
    apart = (added - said).abs().max().max() if len(said) else np.nan
    quiet = trusts.loc[silent, "unit"].nunique()
    notes = (
        f"{(trusts['available'] == 0).sum()} rows have no general and acute beds, so no occupancy",
        f"{silent.sum()} zeros of the four-hour share in {quiet} trusts mean 'not reported', so they are missing",
        f"the largest difference between own sum and the file's England row in a quarter is {apart:.3g} beds",
    )
    table = pd.concat([long_form(whole, indicators), four], ignore_index=True)
    return reading("kh03_panel", table, label, (len(raw), len(trusts)), checks, notes)


def gp_appointments(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read a regional CSV of NHS Digital's appointments in general practice.

    One row per combination of status, professional, mode and delay; a combination that did not occur is absent, so the
    month is the sum. Labels lose doubled blanks. Units are the commissioning groups. Indicators: ``appointments``,
    ``face_to_face_percent`` (of all with a known mode), ``same_day_percent`` (of all with a known delay),
    ``not_attended_percent`` (of all with a known status).
    """
    rows = pd.DataFrame({"unit": raw["CCG_NAME"].str.split().str.join(" ")})
    rows["period"] = raw["Appointment_Month"].map(each(raw["Appointment_Month"], month_from, label=label))
    rows["appointments"] = count = numbers(raw["COUNT_OF_APPOINTMENTS"], label=label, name="COUNT_OF_APPOINTMENTS")
    indicators = {"appointments": ("appointments", None)}
    for name, column, hit in (
        ("face_to_face", "APPT_MODE", "Face-to-Face"),
        ("same_day", "TIME_BETWEEN_BOOK_AND_APPT", "Same Day"),
        ("not_attended", "APPT_STATUS", "DNA"),
    ):
        words = raw[column].str.split().str.join(" ")
        rows[f"{name}_known"] = count.where(~words.str.startswith("Unknown"), 0.0)
        rows[name] = count.where(words == hit, 0.0)
        indicators[f"{name}_percent"] = (name, f"{name}_known")
    table = long_form(rows.groupby(["unit", "period"], as_index=False).sum(), indicators)
    checks, used = {"appointments": (count.sum(), np.nan)}, int(count.notna().sum())
    notes = ["months have different numbers of working days, which the file does not give"]
    return reading("gp_appointments", table, label, (len(raw), used), checks, notes)
