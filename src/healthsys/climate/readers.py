"""Reading a climate survey: a bundled one by name, or a reader's own file, checked cell by cell."""

from __future__ import annotations

import pandas as pd

from compendium import datasets
from healthsys.climate.dimensions import DIMENSIONS, item_of, survey_schema
from healthsys.climate.scoring import one_spelling
from healthsys.errors import DataError, nearest


def read_items(source: str = "climate_items") -> pd.DataFrame:
    """Read which items a questionnaire has: columns ``dimension``, ``item`` and ``text``.

    Raises
    ------
    DataError
        If the file breaks that layout, or names no item for one of the nine dimensions.

    Examples
    --------
    >>> read_items().groupby("dimension").size().unique().tolist()
    [5]
    """
    items = datasets.read(source, layout="climate_items")
    absent = [dimension for dimension in DIMENSIONS if dimension not in set(items["dimension"])]
    if absent:
        raise DataError(
            f"{items.attrs['provenance']['name']}: column 'dimension' names no item of '{absent[0]}'; "
            f"each of the nine dimensions needs at least one row: {', '.join(DIMENSIONS)}"
        )
    return items


def read_survey(source: str, *, items: pd.DataFrame | None = None) -> pd.DataFrame:
    """Read a survey: one row a person with ``respondent``, ``team`` and a column ``<dimension>_<n>`` for each item.

    Parameters
    ----------
    source
        A name of the catalogue, or the path of a CSV file (UTF-8).
    items
        The items asked (columns ``dimension`` and ``item``); the bundled illustrative ones unless given.

    Returns
    -------
    pandas.DataFrame
        Text columns ``respondent`` and ``team``, answers as ``Int64`` (missing where not answered).
        ``attrs["provenance"]`` says where it comes from, ``attrs["ignored"]`` lists columns left unread, and
        ``attrs["joined"]`` maps each team name that differs from another only in case, spaces or dashes to the one it
        was joined with.

    Raises
    ------
    DataError
        If the file is missing or empty, a column is missing or names an unknown dimension or item, an answer is not
        0, 1, 2 or 3, or a respondent occurs twice. The message names file, column, row, value, what is allowed and
        the remedy. Nothing is written.

    Examples
    --------
    >>> read_survey("climate_survey_baseline").shape
    (50, 47)
    """
    items = read_items() if items is None else items
    schema = survey_schema(items)
    frame = datasets.read(source, layout="climate_survey_template", schema=schema)
    label = frame.attrs["provenance"]["name"]
    wanted = [field["name"] for field in schema["fields"]]
    extra = [column for column in frame.columns if column not in wanted]
    for column in extra:
        _refuse_unknown_item(column, wanted, label=label)
    kept = frame[wanted].copy()
    for column in ("respondent", "team"):
        kept[column] = kept[column].str.strip()
        blank = kept[column].eq("").to_numpy()
        if blank.any():
            first = int(blank.argmax())
            row = frame.attrs["rows"][first] if "rows" in frame.attrs else first + 2
            raise DataError(
                f"{label}: column '{column}', row {row}: the cell holds only blanks; "
                f"allowed: text. Fill it in or remove the row"
            )
    joined = one_spelling(kept["team"])
    kept["team"] = kept["team"].replace(joined)
    kept.attrs = {"provenance": frame.attrs["provenance"], "ignored": extra, "joined": joined}
    return kept


def _refuse_unknown_item(column: str, wanted: list[str], *, label: str) -> None:
    """Raise if a column looks like an item but is none: a misspelt dimension must not be left out in silence."""
    found = item_of(column)
    if found is None:
        return
    dimension, number = found
    if dimension in DIMENSIONS:
        known = [name for name in wanted if (item_of(name) or ("",))[0] == dimension]
        raise DataError(
            f"{label}: column '{column}' is item {number} of {dimension}, which the questionnaire does not have; "
            f"allowed: {', '.join(known)}. Rename or remove the column, or describe your own questionnaire in a "
            "file with the columns dimension, item and text and pass it as items"
        )
    raise DataError(
        f"{label}: column '{column}' names the dimension '{dimension}', which is unknown."
        f"{nearest(dimension, DIMENSIONS)} Allowed: {', '.join(DIMENSIONS)}. Rename the column, or remove it"
    )
