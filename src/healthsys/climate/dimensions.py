"""The nine dimensions of climate for creativity and innovation, and the columns that carry their items."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

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
