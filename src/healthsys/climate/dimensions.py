"""The nine dimensions of climate for creativity and innovation, and the columns that carry their items."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from healthsys.errors import DataError, nearest

#: Keys of the dimensions in the order of Bolden et al. 2021, Table 4.
DIMENSIONS = (
    "challenge",
    "freedom",
    "trust",
    "idea_time",
    "playfulness",
    "conflict",
    "idea_support",
    "debate",
    "risk_taking",
)

#: The one dimension on which a lower score is the better one: it is never summed with the rest.
REVERSED = ("conflict",)

#: A score is the mean answer, 0 to 3, times this.
POINTS = 100

#: Lowest and highest answer to an item.
LOWEST_ANSWER, HIGHEST_ANSWER = 0, 3

_ITEM = re.compile(r"([a-z]+(?:_[a-z]+)*)_(\d+)", re.IGNORECASE)


def direction(dimension: str) -> int:
    """Return 1 where a higher score is better, −1 where a lower one is (conflict).

    Examples
    --------
    >>> direction("trust"), direction("conflict")
    (1, -1)
    """
    return -1 if dimension in REVERSED else 1


def item_of(column: str) -> tuple[str, int] | None:
    """Return dimension and number of an item column such as ``idea_time_3``, or None for any other column.

    Examples
    --------
    >>> item_of("idea_time_3"), item_of("comment")
    (('idea_time', 3), None)
    """
    found = _ITEM.fullmatch(column.strip())
    return (found[1], int(found[2])) if found else None


def item_columns(columns: Iterable[str], dimension: str) -> list[str]:
    """Return the columns that hold the items of one dimension, in their order.

    Examples
    --------
    >>> item_columns(["team", "trust_1", "trust_2", "debate_1"], "trust")
    ['trust_1', 'trust_2']
    """
    return [column for column in columns if (item_of(column) or ("", 0))[0] == dimension]


def matched(columns: Iterable[str], *, label: str = "the survey") -> list[str]:
    """Return the dimensions that the columns have items of; refuse columns that match none.

    A column that is plainly meant for an item (``Trust_1``, ``trsut_1``) must not be left out of its dimension in
    silence.

    Raises
    ------
    DataError
        If no column is an item of a known dimension, or one names a dimension that differs from a known one by its
        case or a letter or two.

    Examples
    --------
    >>> matched(["respondent", "team", "trust_1", "debate_1"])
    ['trust', 'debate']
    """
    names = [str(column) for column in columns]
    items = {name: found[0] for name in names if (found := item_of(name))}
    known = [dimension for dimension in DIMENSIONS if dimension in items.values()]
    for name, dimension in items.items():
        likely = nearest(dimension.casefold(), DIMENSIONS)
        if dimension not in DIMENSIONS and likely:
            raise DataError(
                f"{label}: column '{name}' names the dimension '{dimension}', which is unknown.{likely} "
                f"Allowed: {', '.join(DIMENSIONS)}. Rename the column, or remove it"
            )
    if not known:
        raise DataError(
            f"{label}: no column is an item of a dimension; there are: {', '.join(names) or 'none'}. Name the columns "
            f"<dimension>_<number>, such as trust_1, with a dimension of: {', '.join(DIMENSIONS)}"
        )
    return known


def survey_schema(items: pd.DataFrame) -> dict:
    """Return the table schema of a survey with these items (columns ``dimension`` and ``item``).

    Examples
    --------
    >>> schema = survey_schema(pd.DataFrame({"dimension": ["trust"], "item": [1]}))
    >>> [field["name"] for field in schema["fields"]]
    ['respondent', 'team', 'trust_1']
    """
    fields = [
        {"name": "respondent", "type": "string", "description": "code of the person, unique in the file",
         "constraints": {"required": True}},
        {"name": "team", "type": "string", "description": "team the person works in",
         "constraints": {"required": True}},
    ]  # fmt: skip
    for row in items.itertuples():
        fields.append(
            {
                "name": f"{row.dimension}_{row.item}",
                "type": "integer",
                "description": f"answer to item {row.item} of {row.dimension}",
                "constraints": {"minimum": LOWEST_ANSWER, "maximum": HIGHEST_ANSWER},
            }
        )
    return {"fields": fields, "primaryKey": "respondent"}
