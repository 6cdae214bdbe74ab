"""Readers of files that people bring: the gender pay gap service's yearly CSV, and a simple payroll CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from healthsys import datasets
from healthsys.errors import DataError, nearest

#: Limits of a file that is read at all: bytes of the file, columns, characters of one cell.
LARGEST_FILE, MOST_COLUMNS, LONGEST_CELL = 200_000_000, 200, 20_000

#: Columns of the service's file in both layouts; the second layout adds EmployerId and PostCode.
COMMON = (
    "EmployerName",
    "Address",
    "CompanyNumber",
    "SicCodes",
    "DiffMeanHourlyPercent",
    "DiffMedianHourlyPercent",
    "DiffMeanBonusPercent",
    "DiffMedianBonusPercent",
    "MaleBonusPercent",
    "FemaleBonusPercent",
    "MaleLowerQuartile",
    "FemaleLowerQuartile",
    "MaleLowerMiddleQuartile",
    "FemaleLowerMiddleQuartile",
    "MaleUpperMiddleQuartile",
    "FemaleUpperMiddleQuartile",
    "MaleTopQuartile",
    "FemaleTopQuartile",
    "EmployerSize",
    "SubmittedAfterTheDeadline",
    "DueDate",
    "DateSubmitted",
)
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

#: Section 86 of the Standard Industrial Classification 2007: human health activities.
HEALTH_SIC = re.compile(r"\b86\d{3}\b")

#: A gap cannot exceed this (percent): pay of the group would be below nothing.
GREATEST_GAP = 100.0

#: Quartile pairs add to 100 within this (percentage points).
PAIR_TOLERANCE = 0.15


@dataclass(frozen=True)
class ServiceFile:
    """One year's file of the gender pay gap service, tidy.

    ``employers`` has a row per record: ``employer``, ``employer_id`` (missing in the older layout),
    ``company_number``, ``key`` (what records of two years are matched by), ``size``, ``sector``, ``health``,
    ``nhs``, the gaps and shares in percent (``women_*`` are shares of the quarters), ``due``, ``submitted``.
    ``notes`` say what was read, changed and set aside, each with its count.
    """

    employers: pd.DataFrame
    year: str
    records: int
    layout: int
    kind: str
    complete: bool
    reason: str
    notes: Mapping[str, int]


def _rows(path: Path, label: str) -> Iterator[list[str]]:
    """Yield the records of a CSV file; line breaks inside quotes are part of a cell."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise DataError(
            f"{label}: the file has {size:,} bytes; at most {LARGEST_FILE:,} are read. A year of the "
            "service has about "
            "4,000,000: is this another file?"
        )
    with path.open("rb") as stream:
        start = stream.read(65_536)
    if not start.strip():
        raise DataError(f"{label}: the file is empty; expected a header row and at least one row of data")
    if b"\0" in start:
        raise DataError(f"{label}: the file is not text (it holds null bytes); save it as 'CSV UTF-8' and try again")
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for number, row in enumerate(reader, start=1):
                if len(row) > MOST_COLUMNS:
                    raise DataError(
                        f"{label}: record {number} has {len(row):,} columns; at most {MOST_COLUMNS} are "
                        "read. "
                        "Is the separator a comma?"
                    )
                yield row
    except csv.Error as error:
        said = "a cell is longer than 20,000 characters" if "field larger" in str(error) else str(error)
        raise DataError(
            f"{label}: not a readable CSV file near line {reader.line_num:,} ({said}); a quotation mark is "
            "probably "
            "opened there and never closed"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{label}: the file is not UTF-8 text (byte {error.start}); save it as 'CSV UTF-8' and try again"
        ) from None
    finally:
        csv.field_size_limit(before)


def _located(source: str | Path) -> tuple[Path, str, str]:
    """Return the path of a bundled data set or a file, what to call it, and its kind."""
    from healthsys import paths

    if str(source) in datasets.names():
        resource = datasets.describe(str(source))
        datasets.load(str(source))
        return paths.data() / resource["path"], resource["path"], resource["kind"]
    path = Path(source)
    if not path.is_file():
        raise DataError(
            f"'{source}' is neither a bundled data set nor a file.{nearest(str(source), datasets.names())} "
            "Give the path of a CSV file"
        )
    return path, path.name, "yours"


def _frame(path: Path, label: str, dropped: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = _rows(path, label)
    header = [name.strip() for name in next(rows)]
    for name in header:
        if header.count(name) > 1:
            raise DataError(f"{label}: column '{name}' occurs twice in the header; rename or remove one")
    keep = [place for place, name in enumerate(header) if name not in dropped]
    kept = []
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            raise DataError(
                f"{label}: record {number} has {len(row)} cells but the header has {len(header)}; a comma "
                "inside a cell "
                "must stand in quotation marks"
            )
        kept.append([row[place].strip() for place in keep])
    if not kept:
        raise DataError(f"{label}: the file has a header but no rows; expected at least one row of data")
    return pd.DataFrame(kept, columns=[header[place] for place in keep], dtype="str")


def _number(raw: pd.DataFrame, column: str, label: str) -> pd.Series:
    text = raw[column].where(raw[column] != "")
    value = pd.to_numeric(text, errors="coerce")
    bad = text.notna() & value.isna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise DataError(
            f"{label}: column '{column}', record {row + 2}: '{text.iloc[row][:40]}' is not a number "
            f"({int(bad.sum())} such cells); allowed: a number in percent, or an empty cell. Correct it "
            "and try again"
        )
    return value.astype(float)


def _date(raw: pd.DataFrame, column: str, label: str) -> pd.Series:
    """Read both date orders: 05/04/2018 (day first) and 2022/04/05 (year first), with or without a time."""
    text = raw[column].where(raw[column] != "")
    day = text.str.slice(0, 10)
    first = day.str.fullmatch(r"\d{4}[/-]\d{2}[/-]\d{2}").fillna(False).astype(bool)
    value = pd.to_datetime(day.where(first).str.replace("-", "/"), format="%Y/%m/%d", errors="coerce")
    value = value.fillna(pd.to_datetime(day.where(~first), format="%d/%m/%Y", errors="coerce"))
    bad = text.notna() & value.isna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise DataError(
            f"{label}: column '{column}', record {row + 2}: '{text.iloc[row][:40]}' is not a date; "
            "allowed: 05/04/2018 or 2022/04/05, with or without a time"
        )
    return value


def read_service(source: str | Path) -> ServiceFile:
    """Read a year's file of the gender pay gap service, in its 25- or its 27-column layout.

    What is done to it, each counted in ``notes``: names of responsible persons, addresses and links are
    dropped while reading; a bonus gap is missing where nobody was paid a bonus (the older layout writes zero,
    the newer a blank) and where only one sex was; a gap above 100 percent cannot be and is set aside;
    quarters that do not add to 100 are set aside.

    Parameters
    ----------
    source
        Name of a bundled data set in this layout, or path of a CSV file.

    Returns
    -------
    ServiceFile

    Raises
    ------
    DataError
        If the file is empty, too large, not CSV, lacks a column, or a cell is neither number nor date where
        one must be; two records of one year share an employer id.
    """
    path, label, kind = _located(source)
    raw = _frame(path, label, DROPPED)
    for column in COMMON:
        if column not in DROPPED and column not in raw.columns:
            raise DataError(
                f"{label}: there is no column '{column}'.{nearest(column, raw.columns)} Expected the file "
                "of the gender "
                "pay gap service with 25 columns (to 2020-21) or 27 (since)"
            )
    notes: dict[str, int] = {}
    tidy = pd.DataFrame({"employer": raw["EmployerName"], "company_number": raw["CompanyNumber"]})
    tidy["employer_id"] = raw["EmployerId"] if "EmployerId" in raw else pd.Series("", index=raw.index, dtype="str")
    _check_ids(tidy, label, notes)
    for column, name in _NUMBERS.items():
        tidy[name] = _number(raw, column, label)
    _set_aside(raw, tidy, label, notes)
    tidy["size"] = raw["EmployerSize"]
    tidy["due"], tidy["submitted"] = _date(raw, "DueDate", label), _date(raw, "DateSubmitted", label)
    public = (tidy["due"].dt.month == 3) | raw["SicCodes"].str.fullmatch(r"1|(.*[\s,])?1([\s,].*)?", flags=re.S)
    tidy["sector"] = public.map({True: "public", False: "private and voluntary"})
    tidy["nhs"] = tidy["employer"].str.contains(r"\bNHS\b", case=False, regex=True)
    tidy["health"] = tidy["nhs"] | raw["SicCodes"].str.contains(HEALTH_SIC)
    by_number = tidy["company_number"].where(tidy["company_number"] != "", tidy["employer"].map(plain_name))
    tidy["key"] = by_number.where(by_number != "", None)
    complete, reason = _completeness(tidy)
    due = tidy["due"].dropna()
    year = f"{int(due.dt.year.mode()[0]) - 1}-{int(due.dt.year.mode()[0]) % 100:02d}" if len(due) else "not stated"
    return ServiceFile(tidy, year, len(raw), 27 if "EmployerId" in raw else 25, kind, complete, reason, notes)


def plain_name(name: str) -> str:
    """Return an employer's name without case, punctuation and double blanks, for matching years.

    Examples
    --------
    >>> plain_name("Invented  NHS Foundation Trust.") == plain_name("INVENTED Nhs Foundation Trust")
    True
    """
    return " ".join(re.sub(r"[^\w\s]", " ", name.casefold()).split())


def _check_ids(tidy: pd.DataFrame, label: str, notes: dict[str, int]) -> None:
    given = tidy["employer_id"][tidy["employer_id"] != ""]
    twice = given[given.duplicated()]
    if len(twice):
        raise DataError(
            f"{label}: EmployerId '{twice.iloc[0]}' occurs {int((given == twice.iloc[0]).sum())} times; "
            "each employer "
            "reports once a year. Remove the copy"
        )
    notes["names that occur more than once (told apart by id)"] = int(tidy["employer"].duplicated(keep=False).sum())


def _set_aside(raw: pd.DataFrame, tidy: pd.DataFrame, label: str, notes: dict[str, int]) -> None:
    nobody = (tidy["men_paid_bonus"].fillna(0) == 0) & (tidy["women_paid_bonus"].fillna(0) == 0)
    one = ((tidy["men_paid_bonus"].fillna(0) == 0) | (tidy["women_paid_bonus"].fillna(0) == 0)) & ~nobody
    for name in ("mean_bonus_gap", "median_bonus_gap"):
        tidy.loc[nobody | one, name] = float("nan")
    notes["no bonus paid to anybody: bonus gap left missing"] = int(nobody.sum())
    notes["bonus paid to one sex only: bonus gap not calculable"] = int(one.sum())
    for name in ("mean_hourly_gap", "median_hourly_gap", "mean_bonus_gap", "median_bonus_gap"):
        beyond = tidy[name] > GREATEST_GAP
        tidy.loc[beyond, name] = float("nan")
        words = name.replace("_", " ")
        notes[f"{words} above 100 %, which cannot be: set aside"] = int(beyond.sum())
        if name.endswith("hourly_gap"):
            notes[f"{words} below −100 %: kept, it would mean women paid more than twice as much"] = int(
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
    """Say whether a file holds a whole year: it was saved after the last due date."""
    last, due = tidy["submitted"].max(), tidy["due"].max()
    if pd.isna(last) or pd.isna(due):
        return False, "the file has no dates of submission, so it cannot be told whether the year is complete"
    if last < due:
        return False, (
            f"the last submission is of {last.date()}, before the due date {due.date()}: the file was "
            "saved before the "
            "year was complete"
        )
    return True, f"submissions run to {last.date()}, past the due date {due.date()}"


#: What a payroll file may call women, men, and people who are left out of the legal measures.
SEX_WORDS = {
    **dict.fromkeys(("f", "female", "woman", "women"), "F"),
    **dict.fromkeys(("m", "male", "man", "men"), "M"),
    **dict.fromkeys(
        ("u", "x", "not stated", "unknown", "not known", "non-binary", "other", "prefer not to say", ""), "U"
    ),
}
_YES_NO = {**dict.fromkeys(("y", "yes", "true", "1"), "Y"), **dict.fromkeys(("n", "no", "false", "0"), "N")}


def read_payroll(
    source: str | Path, *, columns: Mapping[str, str] | None = None, ethnic_groups: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Read a staff file: a bundled data set, or a simple payroll CSV with a row per employee.

    Parameters
    ----------
    source
        Name of a bundled staff table, or path of a CSV file. Needed columns: ``sex``, ``hourly_pay``; used
        where there: ``person``, ``full_pay`` (Y, N), ``bonus``, ``ethnic_group``, ``disabled`` (Y, N, U),
        ``band``. Others are kept as text.
    columns
        Names in the file for these, where they differ: ``{"hourly_pay": "Rate"}``.
    ethnic_groups
        Codes that ``ethnic_group`` may hold; any when empty.

    Returns
    -------
    pandas.DataFrame
        Checked; ``attrs["provenance"]`` as for :func:`healthsys.datasets.load`. Sex is ``F``, ``M`` or ``U``
        (in none of the legal measures).

    Raises
    ------
    DataError
        Naming file, column, row and value: an unknown code, pay that is not a number or not above zero, the
        same person twice.
    """
    if str(source) in datasets.names():
        return datasets.load(str(source))
    path, label, kind = _located(source)
    raw = _frame(path, label)
    for name, given in (columns or {}).items():
        if given not in raw.columns:
            raise DataError(f"{label}: there is no column '{given}' (for {name}).{nearest(given, raw.columns)}")
        if name in raw.columns and name != given:
            raw = raw.drop(columns=name)
        raw = raw.rename(columns={given: name})
    for name in ("sex", "hourly_pay"):
        if name not in raw.columns:
            raise DataError(
                f"{label}: there is no column '{name}'.{nearest(name, raw.columns)} Rename it in the file, "
                "or name the "
                f"column in the parameters. Columns found: {', '.join(raw.columns[:20])}"
            )
    staff = raw.copy()
    staff["sex"] = _coded(raw, "sex", SEX_WORDS, label)
    staff["hourly_pay"] = _pay(raw, "hourly_pay", label)
    if "full_pay" in raw:
        staff["full_pay"] = _coded(raw, "full_pay", _YES_NO, label)
    if "bonus" in raw:
        staff["bonus"] = _pay(raw, "bonus", label, zero=True)
    if "disabled" in raw:
        staff["disabled"] = _coded(raw, "disabled", {**_YES_NO, **dict.fromkeys(("u", "", "not stated"), "U")}, label)
    if ethnic_groups and "ethnic_group" in raw:
        words = {code.casefold(): code for code in ethnic_groups}
        staff["ethnic_group"] = _coded(raw, "ethnic_group", words, label)
    digest = datasets.sha256(path)
    staff.attrs["provenance"] = {
        "name": label,
        "title": label,
        "kind": kind,
        "path": label,
        "sha256": digest,
        "sources": ["the reader's own file"],
        "licence": "the reader's own",
    }
    return staff


def _coded(raw: pd.DataFrame, column: str, words: Mapping[str, str], label: str) -> pd.Series:
    found = raw[column].str.strip().str.casefold().map(words)
    bad = found.isna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        shown = ", ".join(sorted({*words.values()}))
        raise DataError(
            f"{label}: column '{column}', row {row + 2}: '{raw[column].iloc[row][:40]}' is not a code that "
            "is known "
            f"({int(bad.sum())} such cells); allowed: {shown}, or in words "
            f"{', '.join(word for word in words if word)}"
        )
    return found.astype("str")


def _pay(raw: pd.DataFrame, column: str, label: str, *, zero: bool = False) -> pd.Series:
    text = raw[column].str.replace(r"[£,\s]", "", regex=True)
    text = text.where(text != "")
    value = pd.to_numeric(text, errors="coerce").astype(float)
    bad = (text.notna() & value.isna()) | ((value < 0) if zero else (value <= 0)) | value.eq(float("inf"))
    if bad.any():
        row = int(bad.to_numpy().argmax())
        least = "0 or more" if zero else "above 0"
        raise DataError(
            f"{label}: column '{column}', row {row + 2}: '{raw[column].iloc[row][:40]}' is not an amount "
            "of pay "
            f"({int(bad.sum())} such cells); allowed: a number of pounds {least}, or an empty cell. "
            "Correct the file, or "
            "leave the person out and say so"
        )
    return value
