"""Reader of a staff list for the equality standards: band and characteristics as personnel systems write them."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from healthsys.errors import need_columns
from healthsys.io.characteristics import NHS_ETHNIC_CODES, NOT_STATED, OWN_ETHNIC_CODES, band_of, coded, levels_of
from healthsys.io.csv_files import refuse_cells, text_table
from healthsys.io.payroll import DISABLED_WORDS, YES_NO, refuse_totals, refuse_twice

COLUMNS = ("organisation", "ethnic_group", "disabled", "band", "grade", "clinical")

#: Whole words that place a name of an ethnic group, tried in this order, and the broad group of our own layout.
_BROAD = {
    "M": r"mixed|multiple|dual", "W": r"white|caucasian", "A": r"asian|indian|pakistani|bangladeshi|chinese",
    "B": r"black|african|caribbean", "O": r"other|arab|bme|bame|global majority|minority|minorities",
}  # fmt: skip


def broad_group(level: str) -> str | None:
    """Return the code of our own layout for the name of an ethnic group: W, A, B, M, O or N; None where none fits.

    Two groups in one name are mixed where one is White or *and* joins them; what somebody is not fits none.

    >>> [broad_group(name) for name in ("White Irish", "White and Asian", "Black African", "Not stated", "Non-white")]
    ['W', 'M', 'B', 'N', None]
    """
    if level in OWN_ETHNIC_CODES:
        return level
    if level == NOT_STATED:
        return "N"
    if re.search(rf"\b(?:non|not)\W*(?:{'|'.join(_BROAD.values())})\b", level, re.I):
        return None
    found = [code for code, words in _BROAD.items() if re.search(rf"\b(?:{words})\b", level, re.I)]
    several = len({*found} & {*"WAB"}) > 1 and ("W" in found or re.search(r"\band\b|&", level, re.I))
    return "M" if several else next(iter(found), None)


def read_staff_list(path: str | Path, *, label: str = "", characteristic: str = "ethnicity") -> pd.DataFrame:
    """Read a staff list: a file with a row per person.

    Parameters
    ----------
    path
        Needed: ``band`` (empty for doctors) and the column of the characteristic; used where there: ``organisation``,
        ``clinical`` (Y, N), ``grade``.
    label
        What to call the file in messages; its name by default.
    characteristic
        ``ethnicity`` needs ``ethnic_group`` (NHS codes, with or without their names, or names); ``disability`` needs
        ``disabled`` (Y, N, or words).

    Returns
    -------
    pandas.DataFrame
        ``band`` (missing for doctors), ``ethnic_group`` in five broad groups (W, A, B, M, O, N not stated),
        ``disabled`` (Y, N, U), ``clinical``, ``organisation``, as far as they are there.

    Raises
    ------
    DataError
        Naming file, column, row and value: a column that is missing, a band or a group that is not known, totals, the
        same person twice.
    """
    label = label or Path(path).name
    raw = text_table(path, label=label, wanted=list(COLUMNS))
    for name in ("band", {"ethnicity": "ethnic_group", "disability": "disabled"}[characteristic]):
        remedy = f" Rename it, or say which it is: -p column.{name}=YOURS. Columns found: {', '.join(raw.columns[:20])}"
        need_columns(raw, [name], label, more=remedy)
    refuse_totals(raw, label=label)
    refuse_twice(raw, label=label)
    staff = raw[[name for name in COLUMNS if name in raw.columns]].copy()
    notes = list(raw.attrs.get("read_as", ()))
    staff["band"] = _each(raw, "band", band_of, label, "a band from 1 to 9 such as 5, 8a or 'Band 6', VSM, or empty")
    staff["band"] = staff["band"].where(staff["band"] != "")
    if "ethnic_group" in raw:
        levels, _, said = levels_of(raw, "ethnic_group", label=label)
        named = raw.assign(ethnic_group=levels)
        allowed = f"NHS codes ({', '.join(NHS_ETHNIC_CODES)}, Z), or the name of a group such as White Irish"
        staff["ethnic_group"], notes = _each(named, "ethnic_group", broad_group, label, allowed), [*notes, *said]
    if "disabled" in raw:
        staff["disabled"] = coded(raw, "disabled", DISABLED_WORDS, "U", label)
    if "clinical" in raw:
        staff["clinical"] = coded(raw, "clinical", YES_NO | {"clinical": "Y", "non-clinical": "N"}, None, label)
    staff.attrs["read_as"] = notes
    return staff


def _each(
    raw: pd.DataFrame, column: str, read: Callable[[str], str | None], label: str, allowed: str
) -> pd.Series:
    text = raw[column].astype("object").where(raw[column].notna(), "")
    known = {one: read(one) for one in text.unique()}
    bad = text.map(lambda one: known[one] is None)
    refuse_cells(raw, column, bad, f"is not known ({int(bad.sum())} such cells); allowed: {allowed}", label=label)
    return text.map(known)
