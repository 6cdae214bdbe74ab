"""Survey files: the items of a questionnaire, and the answers of people in teams, checked cell by cell."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.io.payroll import refuse_totals
from healthsys.io.schemas import read_table

_ITEM = re.compile(r"([a-z]+(?:_[a-z]+)*)_(\d+)", re.IGNORECASE)

#: With so many answers or more, none of which is the lowest of the scale, another scale is suspected.
ENOUGH_ANSWERS = 200


def _field(name: str, kind: str, description: str, **constraints: object) -> dict:
    return {"name": name, "type": kind, "description": description, "constraints": constraints}


def item_of(column: str) -> tuple[str, int] | None:
    """Return dimension and number of an item column such as ``idea_time_3``, or None for any other column.

    >>> item_of("idea_time_3"), item_of("comment")
    (('idea_time', 3), None)
    """
    found = _ITEM.fullmatch(column.strip())
    return (found[1], int(found[2])) if found else None


def read_items(path: str | Path, *, label: str, dimensions: Sequence[str]) -> pd.DataFrame:
    """Read which items a questionnaire has: a CSV file with the columns ``dimension``, ``item`` and ``text``.

    Raises
    ------
    DataError
        If the file breaks that layout, names a dimension that is none of ``dimensions``, or no item of one of them.
    """
    schema = {
        "fields": [
            _field("dimension", "string", "Key of the dimension of climate", required=True, enum=list(dimensions)),
            _field("item", "integer", "Number of the item in its dimension", required=True, minimum=1),
            _field("text", "string", "What respondents read", required=True),
        ],
        "primaryKey": ["dimension", "item"],
    }
    items = read_table(Path(path), schema, label=label)
    absent = [dimension for dimension in dimensions if dimension not in set(items["dimension"])]
    if absent:
        raise DataError(
            f"{label}: column 'dimension' names no item of '{absent[0]}'; each dimension needs at least one row: "
            f"{', '.join(dimensions)}"
        )
    return items


def read_survey(path: str | Path, *, label: str, items: pd.DataFrame, scale: tuple[int, int] = (0, 3)) -> pd.DataFrame:
    """Read a survey: one row a person with ``respondent``, ``team`` and a column ``<dimension>_<n>`` for each item.

    Parameters
    ----------
    path
        A CSV file (UTF-8).
    label
        What messages call the file.
    items
        The items asked (columns ``dimension`` and ``item``), as :func:`read_items` returns them.
    scale
        Lowest and highest answer to an item.

    Returns
    -------
    pandas.DataFrame
        Text columns ``respondent`` and ``team``, answers as ``Int64`` (missing where not answered).
        ``attrs["ignored"]`` lists columns that are not read; ``attrs["joined"]`` maps each team name that differs from
        another only in case, spaces, dots or dashes to the one it was joined with.

    Raises
    ------
    DataError
        If the file is empty, a column is missing or names an unknown dimension or item, an answer is off the scale,
        or a respondent occurs twice. The message names file, column, row, value, what is allowed and the remedy.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = path.write_text("respondent,team,trust_1\\np1,Ward 7,3\\np2,WARD 7,\\n")
    >>> read_survey(path, label="mine.csv", items=pd.DataFrame({"dimension": ["trust"], "item": [1]}))
      respondent    team  trust_1
    0         p1  Ward 7        3
    1         p2  Ward 7     <NA>
    """
    people = [("respondent", "code of the person, unique in the file"), ("team", "team the person works in")]
    fields = [_field(name, "string", said, required=True) for name, said in people]
    for row in items.itertuples():
        said = f"answer to item {row.item} of {row.dimension}"
        column = f"{row.dimension}_{row.item}"
        fields.append(_field(column, "integer", said, minimum=scale[0], maximum=scale[1]))
    frame = read_table(Path(path), {"fields": fields, "primaryKey": "respondent"}, label=label)
    wanted = [field["name"] for field in fields]
    extra = [column for column in frame.columns if column not in wanted]
    for column in extra:
        _refuse_unknown_item(column, wanted, list(dict.fromkeys(items["dimension"])), label=label)
    kept = frame[wanted].copy()
    refuse_totals(frame[["respondent", "team"]], label=label)
    answers = frame[[field["name"] for field in fields[2:]]].to_numpy(dtype=float, na_value=float("nan"))
    said = list(frame.attrs.get("read_as", ()))
    if (~np.isnan(answers)).sum() >= ENOUGH_ANSWERS and np.nanmin(answers) > scale[0]:
        said.append(
            f"no answer is {scale[0]}, the lowest of the scale from {scale[0]} to {scale[1]}; if the questionnaire has "
            f"another scale, convert the answers first, or all scores are wrong"
        )
    joined = one_spelling(kept["team"])
    kept["team"] = kept["team"].replace(joined)
    kept.attrs = {"ignored": extra, "joined": joined, "read_as": said}
    return kept


def _refuse_unknown_item(column: str, wanted: list[str], dimensions: list[str], *, label: str) -> None:
    """Raise if a column looks like an item but is none: a misspelt dimension must not be dropped silently."""
    found = item_of(column)
    if found is None:
        return
    dimension, number = found
    if dimension in dimensions:
        known = [name for name in wanted if (item_of(name) or ("",))[0] == dimension]
        raise DataError(
            f"{label}: column '{column}' is item {number} of {dimension}, which the questionnaire does not have; "
            f"allowed: {', '.join(known)}. Rename or remove the column, or describe your own questionnaire in a "
            "file with the columns dimension, item and text and pass it as items"
        )
    raise DataError(
        f"{label}: column '{column}' names the dimension '{dimension}', which is unknown."
        f"{nearest(dimension, dimensions)} Allowed: {', '.join(dimensions)}. Rename the column, or remove it"
    )


def team_key(name: str) -> str:
    """Return what two spellings of one team share: all but case, spaces, dashes, dots, apostrophes and leading zeros.

    A sign between two digits stays, so that "Unit 1-1" and "Unit 11" are two teams; "&" is the word "and".
    """
    plain = unicodedata.normalize("NFC", str(name)).casefold().replace("&", " and ")
    plain = re.sub(r"['\u2018\u2019`\u00b4\u02bc]|(?<!\d)(?<!\d[.,/:-])0+(?=\d)", "", plain)
    apart = re.sub(r"(?<=\d)[\W_]+(?=\d)", "\x00", plain)
    return re.sub(r"[\s_.\-\u2010-\u2015\u2212]+", "", apart)


def one_spelling(teams: Iterable[str]) -> dict[str, str]:
    """Map each spelling of a team that has several to its most frequent one (the first of equally frequent ones).

    >>> one_spelling(["Ward 7", "WARD 7", "Ward 7", "Clinic"])
    {'WARD 7': 'Ward 7'}
    """
    spellings: dict[str, dict[str, int]] = {}
    for name in teams:
        known = spellings.setdefault(team_key(name), {})
        known[name] = known.get(name, 0) + 1
    usual = {key: max(known, key=lambda name: known[name]) for key, known in spellings.items()}
    return {name: usual[key] for key, known in spellings.items() for name in known if name != usual[key]}
