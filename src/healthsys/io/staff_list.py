"""Reader of a staff list for the equality standards: band and characteristics as personnel systems write them."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from healthsys.errors import need_columns
from healthsys.io.characteristics import (
    NHS_ETHNIC_CODES,
    NOT_STATED,
    OWN_ETHNIC_CODES,
    SHORT,
    band_of,
    coded,
    is_half_unknown,
    levels_of,
)
from healthsys.io.csv_files import refuse_cells, text_table
from healthsys.io.payroll import DISABLED_WORDS, YES_NO, refuse_sparse, refuse_totals, refuse_twice, second_posts

COLUMNS = ("organisation", "ethnic_group", "disabled", "band", "grade", "clinical")

#: Whole words that place a name of an ethnic group, tried in this order, and the broad group of our own layout.
_BROAD = {
    "M": r"mixed|multiple|dual", "W": r"white|caucasian", "A": r"asian|indian|pakistani|bangladeshi|chinese",
    "B": r"black|african|caribbean", "O": r"other|arab|bme|bame|global majority|minority|minorities",
}  # fmt: skip


#: What turns a group into what somebody is not.
_NOT = "non|not|other than|except|excluding|all but|everyone but"

#: A white person from Africa; a category of the Electronic Staff Record that is no mixture of two of the five groups;
#: a country that says nothing of the group; and what could be a white person from the Caribbean or of mixed ethnicity.
_FROM_AFRICA = re.compile(r"white[\s:(–-]+(?!and\b|or\b)(?:\w+ )?african\)?|(?!black\b)(?:\w+ )?african white", re.I)
_WITHIN = re.compile(r"(?:white|asian|black)\W+mixed\W*", re.I)
_COUNTRY = re.compile(r"south\W+african?\W*", re.I)
_EITHER = re.compile(r"white\W+caribbean\W*", re.I)


def broad_group(level: str) -> str | None:
    """Return the code of our own layout for the name of an ethnic group: W, A, B, M, O or N; None where none fits.

    Two groups in one name are mixed where one is White or *and* joins them, but a white person from Africa is White, as
    is "White Mixed", a category of the Electronic Staff Record. What somebody is not fits none, nor does a country
    alone, or a group that is not known.

    >>> [broad_group(name) for name in ("White Irish", "White and Asian", "Black African", "Not stated", "Non-white")]
    ['W', 'M', 'B', 'N', None]
    >>> [broad_group(one) for one in ("White South African", "South African", "White and Black African", "BME unknown")]
    ['W', None, 'M', None]
    """
    if level in OWN_ETHNIC_CODES:
        return level
    if level == NOT_STATED:
        return "N"
    if is_half_unknown(level) or re.search(rf"\b(?:{_NOT})\W*(?:{'|'.join(_BROAD.values())})\b", level, re.I):
        return None
    if _FROM_AFRICA.fullmatch(level.strip()) or _WITHIN.fullmatch(level.strip()):
        level = level.casefold().replace("african", "").replace("mixed", "")
    elif _COUNTRY.fullmatch(level.strip()) or _EITHER.fullmatch(level.strip()):
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
    if "person" in raw:
        refuse_sparse(raw, label=label)
    refuse_twice(raw, label=label)
    staff = raw[[name for name in COLUMNS if name in raw.columns]].copy()
    notes = [*raw.attrs.get("read_as", ()), *second_posts(raw)]
    bands = "a band from 1 to 9 such as 5, 8a or 'Band 6', VSM, or empty for doctors"
    staff["band"] = _each(raw, "band", band_of, label, bands)
    notes += _without_band(raw["band"], staff["band"])
    staff["band"] = staff["band"].where(staff["band"] != "")
    if "ethnic_group" in raw:
        levels, _, said = levels_of(raw, "ethnic_group", label=label)
        named = raw.assign(ethnic_group=levels)
        allowed = f"NHS codes ({', '.join(NHS_ETHNIC_CODES)}, Z), or the name of a group such as White Irish"
        staff["ethnic_group"] = _each(named, "ethnic_group", broad_group, label, allowed)
        notes += [*said, *_placed(levels, staff["ethnic_group"])]
    if "disabled" in raw:
        staff["disabled"] = coded(raw, "disabled", DISABLED_WORDS, "U", label)
    if "clinical" in raw:
        staff["clinical"] = coded(raw, "clinical", YES_NO | {"clinical": "Y", "non-clinical": "N"}, None, label)
    staff.attrs["read_as"] = notes
    return staff


def _placed(levels: pd.Series, groups: pd.Series) -> list[str]:
    """Return a sentence that says which names of the file were counted in which broad group, where names were given."""
    names = pd.DataFrame({"name": levels.to_numpy(), "group": groups.to_numpy()}).drop_duplicates()
    if names["name"].isin([*OWN_ETHNIC_CODES, NOT_STATED]).all():
        return []
    parts = [
        f"{SHORT['ethnic_group'][group]} is {', '.join(sorted(names['name'][names['group'] == group]))}"
        for group in OWN_ETHNIC_CODES if group != "N" and (names["group"] == group).any()
    ]  # fmt: skip
    return [f"column 'ethnic_group': {'; '.join(parts)}"]


def _without_band(cells: pd.Series, bands: pd.Series) -> list[str]:
    """Return a sentence that says which words were counted as doctors and as VSM, where the file has words."""
    parts = []
    for band, name in (("", "Medical"), ("VSM", "VSM")):
        words = sorted({cell.strip() for cell in cells[bands == band]} - {"", "-", "–", name})
        parts += [f"{name} is {', '.join(words)}"] if words else []
    return [f"column 'band': {'; '.join(parts)}"] if parts else []


def _each(
    raw: pd.DataFrame, column: str, read: Callable[[str], str | None], label: str, allowed: str
) -> pd.Series:
    text = raw[column].astype("object").where(raw[column].notna(), "")
    known = {one: read(one) for one in text.unique()}
    bad = text.map(lambda one: known[one] is None)
    refuse_cells(raw, column, bad, f"is not known ({int(bad.sum())} such cells); allowed: {allowed}", label=label)
    return text.map(known)
