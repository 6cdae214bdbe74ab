"""Reader of the gender pay gap service's yearly CSV."""

import re
from pathlib import Path

import pandas as pd

from healthsys.errors import DataError, need_columns
from healthsys.io.checks import names_all
from healthsys.io.csv_files import refuse_cells, row_of, text_table
from healthsys.io.forms import MISSING, missing, numbers, two_readings
from healthsys.io.payroll import marks_total
from healthsys.io.values import CODES, SURE_CODE

#: Columns of the service's file in both layouts; the second layout adds EmployerId and PostCode.
COMMON = (
    "EmployerName", "Address", "CompanyNumber", "SicCodes", "DiffMeanHourlyPercent", "DiffMedianHourlyPercent",
    "DiffMeanBonusPercent", "DiffMedianBonusPercent", "MaleBonusPercent", "FemaleBonusPercent", "MaleLowerQuartile",
    "FemaleLowerQuartile", "MaleLowerMiddleQuartile", "FemaleLowerMiddleQuartile", "MaleUpperMiddleQuartile",
    "FemaleUpperMiddleQuartile", "MaleTopQuartile", "FemaleTopQuartile", "EmployerSize", "SubmittedAfterTheDeadline",
    "DueDate", "DateSubmitted",
)  # fmt: skip
#: Columns that no analysis needs; the first holds names of living people and is dropped while reading.
DROPPED = ("ResponsiblePerson", "CompanyLinkToGPGInfo", "Address", "PostCode")

_NUMBERS = {
    "DiffMeanHourlyPercent": "mean_hourly_gap",
    "DiffMedianHourlyPercent": "median_hourly_gap",
    "DiffMeanBonusPercent": "mean_bonus_gap",
    "DiffMedianBonusPercent": "median_bonus_gap",
    "MaleBonusPercent": "men_paid_bonus",
    "FemaleBonusPercent": "women_paid_bonus",
    "FemaleLowerQuartile": "women_lower",
    "FemaleLowerMiddleQuartile": "women_lower_middle",
    "FemaleUpperMiddleQuartile": "women_upper_middle",
    "FemaleTopQuartile": "women_upper",
}
_PAIRS = {name: name.replace("Female", "Male") for name in _NUMBERS if name.endswith("Quartile")}

#: Division 86 of the Standard Industrial Classification 2007, human health activities: 86101; 86.10 and 86.10/1 as the
#: Office for National Statistics writes it, 8610, and what a spreadsheet makes of them (86.1, "86,101").
HEALTH_SIC = re.compile(r"(?<!\d)(?<!\d\.)86(?:,?\d{3}|\d{2}|\.\d{1,3}(?:/\d)?)(?:\.0+)?(?!\d)")

#: NHS as a word of an employer's name, however it is spaced or dotted.
NHS_NAME = re.compile(r"\bN\.?\s*H\.?\s*S\b", flags=re.I)

#: Characters of a company number of Companies House; a spreadsheet drops the zeros in front.
COMPANY_NUMBER = 8

#: A gap cannot exceed this (percent): pay of the group would be below nothing.
GREATEST_GAP = 100.0

#: Quartile pairs add to 100 within this (percentage points).
PAIR_TOLERANCE = 0.15


#: A column of so many numbers other than 0 that are all at most 1 has fractions in place of percentages.
ENOUGH_FRACTIONS = 10


def _number(raw: pd.DataFrame, column: str, label: str) -> pd.Series:
    text = raw[column].where(raw[column] != "")
    value = pd.to_numeric(text, errors="coerce")
    if (text.notna() & value.isna()).any():
        doubt = two_readings(text, separator=raw.attrs.get("separator", ","))
        if doubt:
            raise DataError(f"{label}: column '{column}': {doubt}")
        value = numbers(text, separator=raw.attrs.get("separator", ","))[0]
    bad = text.notna() & value.isna() & ~missing(text)
    allowed = "a number in percent, or an empty cell. Correct it and try again"
    says = f"is not a number ({int(bad.sum())} such cells); allowed: {allowed}"
    refuse_cells(raw, column, bad, says, label=label, row="record")
    code = value.isin([-one for one in CODES if one >= SURE_CODE])
    says = "is probably a code for missing, not a percentage; allowed: an empty cell where it is missing"
    refuse_cells(raw, column, code, says, label=label, row="record")
    size = value[value.notna() & (value != 0)].abs()
    fractions = len(size) >= ENOUGH_FRACTIONS and bool((size <= 1).all())
    says = "is a fraction, like all numbers of the column; allowed: a number in percent. Multiply the column by 100"
    refuse_cells(raw, column, value.notna() & (value != 0) & fractions, says, label=label, row="record")
    return value.astype(float)


def _date(raw: pd.DataFrame, column: str, label: str) -> pd.Series:
    """Read both date orders: 05/04/2018 (day first) and 2022/04/05 (year first), with or without a time."""
    text = raw[column].where(raw[column] != "")
    day = text.str.slice(0, 10).str.replace("-", "/")
    first = day.str.fullmatch(r"\d{4}/\d{2}/\d{2}").fillna(False).astype(bool)
    value = pd.to_datetime(day.where(first), format="%Y/%m/%d", errors="coerce")
    value = value.fillna(pd.to_datetime(day.where(~first), format="%d/%m/%Y", errors="coerce"))
    bad = text.notna() & value.isna()
    says = "is not a date; allowed: 05/04/2018 or 2022/04/05, with or without a time"
    refuse_cells(raw, column, bad, says, label=label, row="record")
    return value


def read_pay_gap_service(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read a year's file of the gender pay gap service, in its 25- or its 27-column layout.

    A record that an employer submitted twice with the same figures counts once. Counted in ``attrs["notes"]``: bonus
    gaps missing where nobody, or only one sex, was paid a bonus; gaps above 100 percent and quarters that do not add to
    100 set aside. Personal names, addresses and links are dropped.

    Parameters
    ----------
    path
        The file.
    label
        What to call it in messages; its name by default.

    Returns
    -------
    pandas.DataFrame
        A row per record: ``employer``, ``employer_id`` (empty in the older layout), ``company_number``, ``key`` (for
        matching years), ``size``, ``sector``, ``health`` (industry code or NHS in the name), ``nhs``, gaps and shares
        in percent, ``due`` (the midnight after the last day to report), ``submitted``, ``late``. ``attrs``: ``year``,
        ``layout``, ``complete`` and ``reason``, ``notes``.

    Raises
    ------
    DataError
        If the file is no such CSV, lacks a column, a cell is neither number nor date where one must be, or two records
        share an employer id.
    """
    label = label or Path(path).name
    raw = text_table(path, label=label, dropped=DROPPED, wanted=COMMON)
    expected = " Expected the file of the gender pay gap service with 25 columns (to 2020-21) or 27 (since)"
    need_columns(raw, [column for column in COMMON if column not in DROPPED], label, more=expected)
    total = raw["EmployerName"].map(lambda name: marks_total(name) or names_all(name)) & (raw["CompanyNumber"] == "")
    says = "marks a row of totals, not an employer; it would be counted with the rest. Delete the row"
    refuse_cells(raw, "EmployerName", total.astype(bool), says, label=label, row="record")
    notes: dict[str, int] = {}
    lost = raw["CompanyNumber"].str.fullmatch(r"\s*\d([.,]\d+)?E\+?\d+\s*", case=False)
    says = (
        "is a company number whose digits a spreadsheet has rounded; allowed: its eight characters. Download the file "
        "again, and import the column as text"
    )
    refuse_cells(raw, "CompanyNumber", lost.astype(bool), says, label=label)
    tidy = pd.DataFrame({"employer": raw["EmployerName"], "company_number": raw["CompanyNumber"].map(company_number)})
    changed = int(((tidy["company_number"] != raw["CompanyNumber"].str.upper()) & (tidy["company_number"] != "")).sum())
    notes["company numbers of fewer than eight characters: leading zeros restored"] = changed
    numbered = tidy["company_number"][tidy["company_number"] != ""]
    odd = int((numbered.str.len() != COMPANY_NUMBER).sum())
    if odd > len(numbered) / 2:
        notes["company numbers that do not have eight characters, so years may not match: check the column"] = odd
    tidy["employer_id"] = raw["EmployerId"] if "EmployerId" in raw else pd.Series("", index=raw.index, dtype="str")
    again = raw.drop(columns="DateSubmitted").duplicated(keep="last")
    again &= (tidy["employer_id"] != "") | (tidy["company_number"] != "")
    notes["records submitted twice with the same figures: counted once"] = int(again.sum())
    _check_ids(tidy[~again], label, notes)
    _refuse_twice(raw[~again], tidy[~again], label)
    for column, name in _NUMBERS.items():
        tidy[name] = _number(raw, column, label)
    _set_aside(raw, tidy, label, notes)
    tidy["size"] = raw["EmployerSize"]
    tidy["due"], tidy["submitted"] = _date(raw, "DueDate", label), _date(raw, "DateSubmitted", label)
    public = (tidy["due"].dt.month == 3) | raw["SicCodes"].str.fullmatch(r"1|(.*[\s,])?1([\s,].*)?", flags=re.S)
    tidy["sector"] = public.map({True: "public", False: "private and voluntary"})
    flag = raw["SubmittedAfterTheDeadline"].str.casefold().map({"true": True, "false": False})
    tidy["late"] = flag.where(flag.notna(), tidy["submitted"] >= tidy["due"]).astype(bool)
    tidy["nhs"] = tidy["employer"].str.contains(NHS_NAME)
    tidy["health"] = tidy["nhs"] | raw["SicCodes"].str.contains(HEALTH_SIC)
    by_number = tidy["company_number"].where(tidy["company_number"] != "", tidy["employer"].map(plain_name))
    tidy["key"] = by_number.where(by_number != "", None)
    tidy = tidy[~again].reset_index(drop=True)
    complete, reason = _completeness(tidy)
    due = tidy["due"].dropna()
    year = f"{int(due.dt.year.mode()[0]) - 1}-{int(due.dt.year.mode()[0]) % 100:02d}" if len(due) else "not stated"
    layout = 27 if "EmployerId" in raw else 25
    tidy.attrs = {"year": year, "layout": layout, "complete": complete, "reason": reason, "notes": notes,
                  "read_as": raw.attrs.get("read_as", [])}  # fmt: skip
    return tidy


def company_number(text: str) -> str:
    """Return a company number in its eight characters, with the zeros in front that a spreadsheet drops.

    Blanks, commas, apostrophes and ="…" around it are dropped; zeros alone, or a mark such as N/A, are no number.

    >>> [company_number(text) for text in ("'1027158", "1,027,158", '="1027158"', "10 27158", "SC123456", "N/A")]
    ['01027158', '01027158', '01027158', '01027158', 'SC123456', '']
    """
    plain = re.sub(r"[\s,'’\"=]", "", text).upper().removesuffix(".0")
    if text.strip().casefold() in MISSING or not plain.strip("0"):
        return ""
    return plain.zfill(COMPANY_NUMBER) if plain.isdigit() else plain


def plain_name(name: str) -> str:
    """Return an employer's name without case, punctuation and double blanks, for matching years."""
    plain = NHS_NAME.sub("nhs", name)
    return " ".join(re.sub(r"[^\w\s]", " ", plain.casefold()).split())


def _check_ids(tidy: pd.DataFrame, label: str, notes: dict[str, int]) -> None:
    given = tidy["employer_id"][tidy["employer_id"] != ""]
    twice = given[given.duplicated()]
    if len(twice):
        raise DataError(
            f"{label}: EmployerId '{twice.iloc[0]}' occurs {int((given == twice.iloc[0]).sum())} times; each employer "
            "reports once a year. Remove the copy"
        )
    notes["names that occur more than once (told apart by id)"] = int(tidy["employer"].duplicated(keep=False).sum())


def _refuse_twice(raw: pd.DataFrame, tidy: pd.DataFrame, label: str) -> None:
    """Raise for an employer without id that is there twice, in other capitals or once without its company number."""
    name, number = tidy["employer"].map(plain_name), tidy["company_number"]
    alone = (name != "") & (tidy["employer_id"] == "")
    same = raw[[*_NUMBERS, *_PAIRS.values()]].assign(name=name).duplicated(keep=False)
    same &= number.where(number != "").groupby(name).transform("nunique") <= 1
    same |= (number != "") & number.duplicated(keep=False) & (name + number).duplicated(keep=False)
    twice = alone & same & name.where(same).duplicated()
    if twice.any():
        first = int((same & (name == name[twice].iloc[0])).to_numpy().argmax())
        other = tidy["employer"].iloc[first][:40]
        says = (
            f"is the employer of record {row_of(raw, first)}, '{other}' ({int(twice.sum())} such records); each "
            "employer reports once a year and would be counted twice. Remove the copy"
        )
        refuse_cells(raw, "EmployerName", twice, says, label=label, row="record")


def _set_aside(raw: pd.DataFrame, tidy: pd.DataFrame, label: str, notes: dict[str, int]) -> None:
    unpaid = tidy[["men_paid_bonus", "women_paid_bonus"]].fillna(0).eq(0)
    nobody, one = unpaid.all(axis=1), unpaid.any(axis=1) & ~unpaid.all(axis=1)
    for name in ("mean_bonus_gap", "median_bonus_gap"):
        tidy.loc[nobody | one, name] = float("nan")
    notes["no bonus paid to anybody: bonus gap left missing"] = int(nobody.sum())
    notes["bonus paid to one sex only: bonus gap not calculable"] = int(one.sum())
    for name in ("mean_hourly_gap", "median_hourly_gap", "mean_bonus_gap", "median_bonus_gap"):
        beyond = tidy[name] > GREATEST_GAP
        tidy.loc[beyond, name] = float("nan")
        words = name.replace("_", " ")
        notes[f"{words} above 100%, which is impossible: set aside"] = int(beyond.sum())
        if name.endswith("hourly_gap"):
            notes[f"{words} below −100%: kept; it means that women are paid more than twice as much"] = int(
                (tidy[name] < -GREATEST_GAP).sum()
            )
    quarters = [name for name in tidy if name.startswith("women_") and name != "women_paid_bonus"]
    empty = tidy[quarters].isna().all(axis=1)
    sums = {female: tidy[_NUMBERS[female]] + _number(raw, male, label) for female, male in _PAIRS.items()}
    off = pd.DataFrame(sums).sub(100).abs().gt(PAIR_TOLERANCE).any(axis=1)
    tidy.loc[off, quarters] = float("nan")
    notes["all quarters blank"] = int(empty.sum())
    notes["quarters of women and men that do not add to 100: set aside"] = int(off.sum())


def _completeness(tidy: pd.DataFrame) -> tuple[bool, str]:
    """Say whether a file holds a whole year: it was saved on or after the last day to report."""
    last, due = tidy["submitted"].max(), tidy["due"].max()
    if pd.isna(last) or pd.isna(due):
        return False, "the file has no dates of submission, so it cannot be told whether the year is complete"
    days = tidy.groupby("sector")["due"].max().dropna() - pd.Timedelta(days=1)
    named = " and ".join(f"{day.date()} ({sector})" for sector, day in days.sort_index(ascending=False).items())
    if last < due - pd.Timedelta(days=1):
        return False, (
            f"the last submission is of {last.date()}, before the last day to report, {named}: the file was saved "
            "before the year was complete"
        )
    return True, f"submissions run to {last.date()}, past the last day to report, {named}"
