"""The dimensions of climate for creativity and innovation, and the columns that carry their items."""

from collections.abc import Collection, Iterable, Sequence

from healthsys.errors import DataError, nearest
from healthsys.io.survey import item_of

#: Keys of the dimensions in the order of Bolden et al. 2021, Table 4.
DIMENSIONS = (
    "challenge", "freedom", "trust", "idea_time", "playfulness", "conflict", "idea_support", "debate", "risk_taking",
)  # fmt: skip

#: The one dimension on which a lower score is the better one: it is never summed with the rest.
REVERSED = ("conflict",)

#: A score is the mean answer times this: 0 to 300 for answers of 0 to 3.
POINTS = 100

#: Lowest and highest answer to an item of the questionnaires behind the benchmarks.
ANSWERS = (0, 3)


def direction(dimension: str, *, reversed: Collection[str] = REVERSED) -> int:
    """Return 1 where a higher score is better, −1 where a lower one is (conflict).

    >>> direction("trust"), direction("conflict")
    (1, -1)
    """
    return -1 if dimension in reversed else 1


def item_columns(columns: Iterable[str], dimension: str) -> list[str]:
    """Return the columns of the items of one dimension, in their order.

    >>> item_columns(["team", "trust_1", "trust_2", "debate_1"], "trust")
    ['trust_1', 'trust_2']
    """
    return [column for column in columns if (item_of(column) or ("", 0))[0] == dimension]


def matched(columns: Iterable[str], *, dimensions: Sequence[str] = DIMENSIONS, label: str = "the survey") -> list[str]:
    """Return the dimensions that the columns have items of; a misspelt item (``Trust_1``, ``trsut_1``) is refused.

    Raises DataError if no column is an item of a known dimension, or one names a dimension close to a known one.

    >>> matched(["respondent", "team", "trust_1", "debate_1"])
    ['trust', 'debate']
    """
    names = [str(column) for column in columns]
    items = {name: found[0] for name in names if (found := item_of(name))}
    known = [dimension for dimension in dimensions if dimension in items.values()]
    for name, dimension in items.items():
        likely = nearest(dimension.casefold(), dimensions)
        if dimension not in dimensions and likely:
            raise DataError(
                f"{label}: column '{name}' names the dimension '{dimension}', which is unknown.{likely} "
                f"Allowed: {', '.join(dimensions)}. Rename the column, or remove it"
            )
    if not known:
        raise DataError(
            f"{label}: no column is an item of a dimension; there are: {', '.join(names) or 'none'}. Name the columns "
            f"<dimension>_<number>, such as trust_1, with a dimension of: {', '.join(dimensions)}"
        )
    return known
