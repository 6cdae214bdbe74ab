"""Reader of a staff file: a payroll CSV with a row per employee."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from healthsys.errors import DataError, need_columns
from healthsys.io import forms
from healthsys.io.characteristics import LEVEL_ORDER, NOT_STATED, band_of, coded, level_named, levels_of, usual_spelling
from healthsys.io.checks import TOTAL_FEWEST, names_all, names_total, total_units
from healthsys.io.csv_files import refuse_cells, row_of, text_table

#: What a payroll file may call women, men, and people who are left out of the legal measures.
SEX_WORDS = {
    **dict.fromkeys(("f", "female", "woman", "women"), "F"),
    **dict.fromkeys(("m", "male", "man", "men"), "M"),
    **dict.fromkeys(("u", "x", "non-binary", "nonbinary", "non binary", "other", "indeterminate"), "U"),
}
YES_NO = {**dict.fromkeys(("y", "yes", "true", "1"), "Y"), **dict.fromkeys(("n", "no", "false", "0"), "N")}
DISABLED_WORDS = {
    **YES_NO,
    **dict.fromkeys(("disabled", "has a disability"), "Y"),
    **dict.fromkeys(("not disabled", "non-disabled", "nondisabled", "no disability"), "N"),
    "u": "U",
}

#: Columns that are read by their name, in any case.
COLUMNS = ("person", "sex", "hourly_pay", "full_pay", "bonus", "ethnic_group", "disabled", "band", "grade")

#: Columns that stay text even where all their cells are numbers.
_TEXT = ("person", "organisation", "band", "grade", "sex", "ethnic_group", "disabled", "full_pay", "level")

#: A cell that marks a row of totals.
_TOTALS = re.compile(
    r"(grand |sub[- ]?|overall |column )?(totals?|sum)( staff| employees| people| headcount)?:?"
    r"|(mean|median|average|count|headcount)( pay| score)?:?|all (staff|employees|people):?|n\W*=\W*[\d,]+",
    flags=re.I,
)

#: A statistic of a level: "5 Average" below the rows of band 5.
_OF_LEVEL = re.compile(r"(.+?)\W+(average|avg|mean|median|count|sum|max|min|std\.? ?dev)", flags=re.I)
#: A number of another employer's scale of bands: "Band 12", "12.0".
_NUMBERED = re.compile(r"(?:band\s*)?0*(\d{1,2})(?:\.0+)?", flags=re.I)
#: Counts of a table of organisations in which a total is looked for, and countries that are one among trusts.
_COUNTS, _COUNTRIES = ("people", "could", "base"), {"england", "scotland", "wales", "northern ireland"}

#: A row without a name is one of totals where at most this share of the rows has none; a row with so many cells or
#: fewer, of more than twice as many columns, says nothing of a person.
MOST_UNNAMED, FEWEST_CELLS = 0.1, 2
#: So many rows that repeat others are said, to the nearest five; fewer would be a small count.
FEWEST_COPIES = 10
#: So many groups of one characteristic are compared at most.
MOST_LEVELS = 40
#: With fewer rates of pay than this, none is far from "the others".
FEWEST_RATES = 10
#: A rate so many times the median, or that share of it, cannot be an hourly rate among hourly rates: refused.
IMPOSSIBLE_RATIO = 30.0
#: A rate so many times the median is named for the reader to check (ten times a low rate, or a chief executive's).
HIGH_RATIO = 6.0
#: A rate below this share of the median is named.
LOW_RATIO = 0.25
#: A median hourly rate above this (pounds) is pay by the month or the year.
HIGHEST_MEDIAN = 500.0
#: Above this (pounds) the reader is asked whether it is pay by the day or the week.
DOUBTFUL_MEDIAN = 100.0
#: What a rate may be where it is so many times the others.
FACTORS = {
    0.01: "pounds and pence mixed up", 0.1: "a decimal point in the wrong place",
    10: "a decimal point in the wrong place", 37.5: "pay by the week", 100: "pence, or a decimal point lost",
    162.5: "pay by the month", 1000: "a decimal point lost", 1950: "pay by the year",
}  # fmt: skip


def read_payroll(
    path: str | Path,
    *,
    label: str = "",
    columns: Mapping[str, str] | None = None,
    ethnic_groups: tuple[str, ...] = (),
    characteristics: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a staff file: a CSV with a row per employee.

    Parameters
    ----------
    path
        Needed columns: ``sex``, ``hourly_pay``; used where there: ``person``, ``full_pay`` (Y, N), ``bonus``,
        ``ethnic_group``, ``disabled`` (Y, N, U), ``band``, ``grade``. Others are numbers where every cell is one.
    label
        What to call the file in messages; its name by default.
    columns
        Names in the file for these, where they differ: ``{"hourly_pay": "Rate"}``.
    ethnic_groups
        Codes that ``ethnic_group`` may have; when empty, names of groups, NHS category codes or our own codes.
    characteristics
        Further columns of personal characteristics: "Prefer not to say", empty, … become ``Not stated``.

    Returns
    -------
    pandas.DataFrame
        ``attrs["codes"]``: meaning of codes by column; ``attrs["notes"]``: sentences for the reader. Sex is ``F``,
        ``M`` or ``U``; ``level`` is the band, or the medical grade where there is no band, else ``Not stated``.

    Raises
    ------
    DataError
        Naming file, column, row and value: an unknown code, pay that is not a number above zero, a rate far from all
        others, a row of totals, the same person twice.
    """
    label = label or Path(path).name
    raw = text_table(path, label=label, wanted=[*COLUMNS, *(columns or {}).values()])
    raw.attrs["read_as"] = list(raw.attrs.get("read_as", ()))
    for name, given in (columns or {}).items():
        need_columns(raw, [given], label, what=f" (for {name})")
        if name in raw.columns and name != given:
            raw = raw.drop(columns=name)
        raw = raw.rename(columns={given: name})
    if not {"sex", "hourly_pay"} & set(raw.columns):
        raise DataError(
            f"{label}: it is no staff file: there is no column 'sex' and no column 'hourly_pay'. Give a "
            "file with a row per employee, and name columns that are called otherwise, such as -p column.sex=Gender. "
            f"Columns found: {', '.join(raw.columns[:20])}"
        )
    found = ", ".join(raw.columns[:20])
    remedy = f" Rename it in the file, or name the column in the parameters. Columns found: {found}"
    need_columns(raw, ("sex", "hourly_pay"), label, more=remedy)
    refuse_totals(raw, label=label)
    rest = raw.drop(columns=["hourly_pay", *(["bonus"] if "bonus" in raw else [])])
    alone = rest.eq("").all(axis=1) & (raw["hourly_pay"] != "") & (rest.shape[1] > 1)
    says = "is alone in its row, which is probably an average or a total. Delete the row, or fill in its other cells"
    refuse_cells(raw, "hourly_pay", alone, says, label=label)
    refuse_sparse(raw, label=label)
    refuse_twice(raw, label=label)
    staff, codes, notes = raw.copy(), {}, []
    staff["hourly_pay"] = _pay(raw, "hourly_pay", label)
    for name, words, none in (("sex", SEX_WORDS, "U"), ("full_pay", YES_NO, None), ("disabled", DISABLED_WORDS, "U")):
        if name in raw:
            staff[name] = coded(raw, name, words, none, label)
    notes += _far_from_others(raw, staff["hourly_pay"], label)
    if "bonus" in raw:
        staff["bonus"] = _pay(raw, "bonus", label, zero=True)
    if ethnic_groups and "ethnic_group" in raw:
        allowed = {code.casefold(): code for code in ethnic_groups}
        staff["ethnic_group"] = coded(raw, "ethnic_group", allowed, "N", label)
    refuse_pay(characteristics, raw, label=label)
    done = {"sex", "hourly_pay", "full_pay", "bonus", "disabled"} | ({"ethnic_group"} if ethnic_groups else set())
    for name in raw.columns:
        if name in done:
            continue
        if name in characteristics or name == "ethnic_group":
            staff[name], codes[name], said = levels_of(raw, name, label=label)
            notes += said
            if name in characteristics:
                refuse_many(staff[name], name, label=label)
        elif name in ("band", "grade"):
            staff[name], said = _bands(raw[name], name)
            notes += said
        else:
            staff[name] = _typed(raw[name], text=name in _TEXT)
    staff["level"] = "Not stated"
    for name in ("grade", "band"):
        if name in staff:
            staff["level"] = staff[name].where(staff[name].notna(), staff["level"]).astype("str")
    read_as = [*raw.attrs["read_as"], *_copies(raw), *second_posts(raw)]
    staff.attrs = {"codes": codes, "notes": notes, "read_as": read_as}
    return staff


def refuse_pay(characteristics: Sequence[str], raw: pd.DataFrame, *, label: str) -> None:
    """Raise where a column of pay is named as a characteristic of people."""
    for name in characteristics:
        if name in ("hourly_pay", "bonus"):
            raise DataError(
                f"{label}: column '{name}' holds pay, which is no characteristic of people; name the column of a "
                f"characteristic, such as sex or band. Columns found: {', '.join(raw.columns[:20])}"
            )


def refuse_many(levels: pd.Series, name: str, *, label: str) -> None:
    """Raise where a characteristic has so many different levels that they are no groups of people to compare."""
    number = levels[levels != NOT_STATED].nunique()
    if number > MOST_LEVELS:
        raise DataError(
            f"{label}: column '{name}' holds {number} different values; a page compares {MOST_LEVELS} groups at most. "
            f"Join them to fewer groups in a column of its own"
        )


def refuse_twice(raw: pd.DataFrame, *, label: str) -> None:
    """Raise if somebody is in two rows of a staff file, whatever case, zeros in front or ".0" behind the code has."""
    if "person" in raw:
        codes = raw["person"].str.strip().str.casefold().str.replace(r"^0+(?=\d+(?:\.0+)?$)", "", regex=True)
        codes = codes.str.replace(r"(?<=\d)\.0+$", "", regex=True)
        twice = codes.duplicated() & (codes != "")
        place = int(twice.to_numpy().argmax())
        first = int(codes.eq(codes.iloc[place]).to_numpy().argmax())
        other = raw["person"].iloc[first]
        also = f", also written '{other}' in row {row_of(raw, first)}" if other != raw["person"].iloc[place] else ""
        says = (
            f"occurs twice ({int(twice.sum())} repeated rows{also}); one person would be counted twice. Keep one row "
            "per employee, with the rate of the main post or the pay of all posts joined"
        )
        refuse_cells(raw, "person", twice, says, label=label)


def refuse_sparse(raw: pd.DataFrame, *, label: str) -> None:
    """Raise for a row of an average or a total without a name: no person and few other cells, among full rows.

    Without a column ``person``, only rows at the end with at most two cells count as such, which no other row has.
    """
    given = raw.ne("").sum(axis=1)
    if "person" in raw:
        unnamed = raw["person"].str.strip().eq("")
        sparse = unnamed & (given <= raw.shape[1] / 2) & (unnamed.mean() <= MOST_UNNAMED)
    else:
        few = (given <= FEWEST_CELLS) & (raw.shape[1] > 2 * FEWEST_CELLS)
        at_end = few.cummax().eq(few).all() and given[~few].min() > FEWEST_CELLS + 1
        sparse = few & bool(at_end and few.mean() <= MOST_UNNAMED)
    if sparse.any():
        first = int(sparse.to_numpy().argmax())
        column = next(name for name in ("hourly_pay", *raw.columns) if name in raw and raw[name].iloc[first] != "")
        says = (
            f"is in a row with {int(given.iloc[first])} of {raw.shape[1]} cells among full rows, which is probably an "
            f"average or a total ({int(sparse.sum())} such rows). Delete the row, or fill in its other cells"
        )
        refuse_cells(raw, column, sparse, says, label=label)


def _copies(raw: pd.DataFrame) -> list[str]:
    """Return a sentence where many rows of a file without codes of people repeat others exactly."""
    again = 0 if "person" in raw and raw["person"].ne("").any() else int(raw.duplicated().sum())
    if again < FEWEST_COPIES:
        return []
    said = f"about {5 * round(again / 5):,} rows repeat another row exactly, and no column 'person' tells people apart"
    return [f"{said} (check that no rows were pasted twice)"]


def second_posts(raw: pd.DataFrame) -> list[str]:
    """Return a sentence where a code of a person is there again with -2, as a second post of the same person has."""
    if "person" not in raw:
        return []
    codes = raw["person"].str.strip()
    post = codes.str.fullmatch(r"\d{4,}-\d{1,2}") & codes.str.replace(r"-\d+$", "", regex=True).isin(codes)
    if not post.any():
        return []
    said = "is the code of another row with a number behind it, as a second post of the same person has"
    row = row_of(raw, int(post.to_numpy().argmax()))
    return [f"the person's code in row {row}{' and others' * (int(post.sum()) > 1)} {said} (counted as two people)"]


def level_of(staff: pd.DataFrame, column: str, given: str) -> str:
    """Return the level of a column that a reader names by code or in another spelling."""
    if column not in staff:
        return given
    return level_named([str(level) for level in pd.unique(staff[column])], given, staff.attrs["codes"].get(column, {}))


def refuse_totals(raw: pd.DataFrame, *, label: str) -> None:
    """Raise :class:`~healthsys.errors.DataError` where a row has totals, naming row and cell.

    A total is told by its name, in any column of text; in a table of organisations also as the sum of the others.
    """
    for column in raw.columns:
        if not (pd.api.types.is_string_dtype(raw[column]) or raw[column].dtype == object):
            continue
        counts = raw[column].value_counts()
        levels = {str(cell).strip().casefold() for cell in counts.index}
        totals = [cell for cell in counts.index if isinstance(cell, str) and _is_total(cell, int(counts[cell]), levels)]
        if column == "organisation" and not levels <= _COUNTRIES:
            totals += [cell for cell in counts.index if str(cell).strip().casefold() in _COUNTRIES or names_all(cell)]
        hit = raw[column].isin(totals)
        says = "marks a row of totals, not one more row of data; it would be counted with the rest. Delete the row"
        refuse_cells(raw, column, hit, says, label=label)
    count = next((name for name in _COUNTS if name in raw.columns), None)
    if count is None or "organisation" not in raw.columns or not pd.api.types.is_numeric_dtype(raw[count]):
        return
    by = [name for name in raw.columns if not pd.api.types.is_numeric_dtype(raw[name]) or name == "year"]
    by.remove("organisation")
    once = by and not raw.duplicated(["organisation", *by]).any()
    if once and len(raw[by].drop_duplicates()) >= TOTAL_FEWEST:
        sums = total_units(raw, unit="organisation", value=count, by=by)
        hit = raw["organisation"].isin(sums)
        says = "is the sum of the other organisations, so its people would be counted twice. Delete its rows"
        refuse_cells(raw, "organisation", hit, says, label=label)


def _is_total(cell: str, rows: int, levels: set[str]) -> bool:
    """Say whether a cell is the name of a total; "All" is one where a single row has it."""
    of_level = _OF_LEVEL.fullmatch(re.sub(r"^\W+|[^\w)]+$", "", cell.strip()))
    below = bool(of_level) and (of_level[1].casefold() in levels or of_level[1].isdigit())
    return marks_total(cell) or below or (rows == 1 and names_all(cell))


def marks_total(cell: str) -> bool:
    """Say whether a cell is the name of a total or an average, alone or with what it is of.

    >>> [marks_total(cell) for cell in ("Average", "Median pay women", "n = 300", "Average Care Ltd")]
    [True, True, True, False]
    """
    plain = re.sub(r"^\W+|[^\w)]+$", "", cell.strip())
    return bool(_TOTALS.fullmatch(plain)) or names_total(cell)


def _typed(cells: pd.Series, *, text: bool) -> pd.Series:
    """Return a column as numbers where every cell is one, else as text; empty cells are missing."""
    given = cells.where(cells.str.strip() != "")
    if not text and given.notna().any():
        numbers = pd.to_numeric(given, errors="coerce")
        if not (given.notna() & numbers.isna()).any() and np.isfinite(numbers.dropna()).all():
            return numbers.astype(float)
    return given


def _bands(cells: pd.Series, column: str) -> tuple[pd.Series, list[str]]:
    """Return bands or grades in one spelling each, and notes; an empty cell is missing, a word that is none is kept."""
    known, said = cells.str.strip() != "", []
    if column == "band":
        read = {one: band_of(one) for one in cells[known].unique()}
        other = sorted(one.strip() for one, band in read.items() if band is None)
        short = {one for one in read if re.match(r"b\s*\d", one.strip(), re.I)}
        plain = any(band and one not in short for one, band in read.items())
        for one, band in read.items():  # among other words, B5 may be of another employer's own bands
            own = band is None or (other and not plain and one in short)
            number = _NUMBERED.fullmatch(one.strip()) if own else None
            read[one] = number[1] if number else one if own else band or one  # a doctor's cell stays as it is
        odd = next((one for one, band in read.items() if band != one), "")
        said = [f"column '{column}': '{odd}' is read as {read[odd]}"] if odd else []
        if other and any(one in LEVEL_ORDER for one in read.values()):
            more = f" and {len(other) - 5} others" if len(other) > 5 else ""
            shown = f"{', '.join(other[:5])}{more}"
            said += [f"column '{column}': no band of Agenda for Change, kept as a level of its own: {shown}"]
        cells = cells.map(read)
    levels, notes = usual_spelling(cells.fillna(""), known.to_numpy(dtype=bool), column)
    return levels.where(known), [*said, *notes]


_AMOUNT = re.compile(r"[£€\s]*[+-]?[\d.,\s]+[£€\s]*")


def _pay(raw: pd.DataFrame, column: str, label: str, *, zero: bool = False) -> pd.Series:
    """Read pounds: 1234.50, £1,234.50 or, where the whole column has it, a comma as decimal sign."""
    text, separator = raw[column].where(raw[column] != ""), raw.attrs.get("separator", ",")
    doubt = forms.two_readings(text, separator=separator)
    if doubt:
        raise DataError(f"{label}: column '{column}': {doubt}")
    value, said = forms.numbers(text, separator=separator)
    raw.attrs["read_as"] += [f"{column}: {one}" for one in said]
    given = text.notna() & ~forms.missing(text)
    shaped = text.str.fullmatch(_AMOUNT.pattern).fillna(True).astype(bool)
    bad = given & (value.isna() | ~shaped | ((value < 0) if zero else (value <= 0)) | np.isinf(value))
    says = (
        f"is not an amount of pay ({int(bad.sum())} such cells); allowed: a number of pounds "
        f"{'0 or more' if zero else 'above 0'}, or an empty cell. Correct the file, or leave the person out and say so"
    )
    refuse_cells(raw, column, bad, says, label=label)
    return value


def _far_from_others(raw: pd.DataFrame, pay: pd.Series, label: str) -> list[str]:
    """Refuse rates that cannot be hourly pay among the others; return a sentence about rates to check."""
    known = pay.dropna()
    if len(known) < FEWEST_RATES:
        return []
    middle = float(known.median())
    if middle > HIGHEST_MEDIAN:
        raise DataError(
            f"{label}: column 'hourly_pay': the median is {middle:,.2f} pounds; that is pay by the month or the year. "
            "Divide by the hours paid for: the measures are of hourly pay"
        )
    notes = []
    if middle > DOUBTFUL_MEDIAN:
        said = f"the median is {middle:,.2f} pounds an hour; is it pay by the day or week?"
        notes.append(f"Check the unit of pay: {said}")
    ratio = (pay / middle).to_numpy(dtype=float)
    beyond = (ratio >= IMPOSSIBLE_RATIO) | (ratio <= 1 / IMPOSSIBLE_RATIO)
    if beyond.any():
        position = int(beyond.argmax())
        factor = min(FACTORS, key=lambda one: abs(np.log(one / ratio[position])))
        raise DataError(
            f"{label}: column 'hourly_pay', row {row_of(raw, position)}: '{raw['hourly_pay'].iloc[position][:40]}' is "
            f"far from the other rates, whose median is {middle:,.2f} ({int(beyond.sum())} such cells); perhaps "
            f"{FACTORS[factor]} (about {factor:g} times the others). Correct the file, or leave the person out and "
            "say so"
        )
    odd = np.flatnonzero((ratio >= HIGH_RATIO) | (ratio <= LOW_RATIO))
    if not len(odd):
        return notes
    rows = ", ".join(str(row_of(raw, int(position))) for position in odd[:5])
    return [
        *notes,
        f"Check the rate of pay in row {rows}{' and others' if len(odd) > 5 else ''} of the file: it is more than "
        f"{HIGH_RATIO:g} times the median, or less than a quarter of it; perhaps a decimal point in the wrong place."
    ]
