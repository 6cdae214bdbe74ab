"""Event registers: what happened when and to whom, coded; checked, joined with codings, counted."""

import re

import pandas as pd

from healthsys.coding.codebooks import Codebook, check_codes, split_codes
from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.csv_files import row_of

#: Columns that hold codes, and the code of the codebook under which theirs are.
CODED = {"strategy": "strategy", "drawn": "capacity", "nurtured": "capacity", "outcome": "outcome"}


def event_register(frame: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Check an event register against its codebook and return it in order of start.

    Parameters
    ----------
    frame
        One row per event: ``event_id``, ``start``, ``end`` (dates), ``actor``, ``event``, ``stressor`` and the coded
        columns ``strategy``, ``drawn``, ``nurtured``, ``outcome``, several codes in a cell joined by ``;``.
    book
        The codebook, with codes under ``stressor``, ``strategy``, ``capacity`` (drawn, nurtured) and ``outcome``.

    Returns
    -------
    pandas.DataFrame
        The events by start, end and name, with ``days`` (both counted) and ``capacities`` (drawn on or nurtured).

    Raises
    ------
    DataError
        If a column or date is missing, a date is reversed, a code unknown, an actor is spelt in two ways, or the same
        event of the same actor occurs twice with overlapping dates: with file, row and remedy.

    Examples
    --------
    >>> from healthsys.coding import codebook
    >>> parents = {"strategy": None, "adaptation": "strategy", "stressor": None, "capacity": None, "outcome": None}
    >>> book = codebook(pd.DataFrame({"code": parents.keys(), "parent": parents.values(), "label": parents.keys()}))
    >>> event = {"event_id": "E1", "actor": "Clinic", "event": "The queue moves", "strategy": "adaptation"}
    >>> event |= dict.fromkeys(["start", "end"], pd.Timestamp("2020-01-01"))
    >>> event |= dict.fromkeys(["stressor", "drawn", "nurtured", "outcome"])
    >>> event_register(pd.DataFrame([event]), book)["days"].tolist()
    [1]
    """
    name = frame.attrs.get("provenance", {}).get("path", "event register")
    need_columns(frame, ("event_id", "start", "end", "actor", "event", "stressor", *CODED), name)
    if frame.empty:
        raise DataError(f"{name}: there is no event; give at least one row")
    actors = _one_spelling(frame, name=name)
    for position, (start, end) in enumerate(zip(frame["start"], frame["end"], strict=True)):
        row = row_of(frame, position)
        if pd.isna(start) or pd.isna(end):
            column = "start" if pd.isna(start) else "end"
            raise DataError(f"{name}: row {row}, column '{column}': the date is missing; give one as YYYY-MM-DD")
        if end < start:
            raise DataError(
                f"{name}: row {row}, columns 'start' and 'end': the event ends on {end:%Y-%m-%d}, before it starts on "
                f"{start:%Y-%m-%d}; are the two swapped?"
            )
    check_codes(frame, "stressor", book.under("stressor"))
    for column, parent in CODED.items():
        check_codes(frame, column, book.under(parent))
    for (actor, event), same in frame.assign(actor=actors).groupby(["actor", "event"], sort=False):
        ordered = same.sort_values("start", kind="stable")
        overlap = ordered["start"].iloc[1:].to_numpy() <= ordered["end"].iloc[:-1].to_numpy()
        if len(same) > 1 and overlap.any():
            rows = [row_of(frame, int(frame.index.get_loc(label))) for label in ordered.index]
            raise DataError(
                f"{name}: rows {rows[0]} and {rows[1]}: the same event of {actor} ('{str(event)[:40]}') occurs twice "
                "with overlapping dates; join the two rows, or make their dates follow each other"
            )
    events = frame.assign(actor=actors)
    events["days"] = (events["end"] - events["start"]).dt.days + 1
    events["capacities"] = [
        ";".join(code for code in book.under("capacity") if code in {*split_codes(drawn), *split_codes(nurtured)})
        for drawn, nurtured in zip(events["drawn"], events["nurtured"], strict=True)
    ]
    events = events.sort_values(["start", "end", "event_id"], kind="stable").reset_index(drop=True)
    events.attrs = dict(frame.attrs)
    return events


def _one_spelling(frame: pd.DataFrame, *, name: str) -> pd.Series:
    """Return the actors without blanks at their ends, refused where two differ only in case, spaces or dashes."""
    trimmed = frame["actor"].map(lambda actor: actor.strip() if isinstance(actor, str) else actor)
    known: dict[str, str] = {}
    for position, actor in enumerate(trimmed):
        where = f"{name}: row {row_of(frame, position)}, column 'actor'"
        if not isinstance(actor, str) or not actor:
            raise DataError(f"{where}: the cell is empty; say who acted")
        first = known.setdefault(re.sub(r"[\W_]+", " ", actor.casefold()).strip(), actor)
        if first != actor:
            raise DataError(f"{where}: '{actor}' is spelt '{first}' above; spell the same actor alike")
    return trimmed


def by_code(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row per event and code of a coded column; events without a code drop out.

    >>> by_code(pd.DataFrame({"event_id": ["E1"], "strategy": ["absorption;adaptation"]}), "strategy")["code"].tolist()
    ['absorption', 'adaptation']
    """
    need_columns(events, [column], "event register")
    pieces = events.assign(code=[split_codes(cell) for cell in events[column]])
    return pieces[pieces["code"].map(len) > 0].explode("code", ignore_index=True).astype({"code": "str"})


def event_grid(
    events: pd.DataFrame, book: Codebook, *, rows: str = "stressor", columns: str = "strategy"
) -> pd.DataFrame:
    """Count events by two coded columns, every code shown, zero included; an event with two codes counts in both.

    Raises
    ------
    DataError
        If a cell holds a code that the codebook does not have for its column.

    Examples
    --------
    >>> from healthsys.coding import codebook
    >>> parents = [None, "stressor", None, "strategy"]
    >>> table = pd.DataFrame({"code": ["stressor", "cut", "strategy", "wait"], "parent": parents})
    >>> events = pd.DataFrame({"stressor": ["cut", "cut"], "strategy": ["wait", None]})
    >>> event_grid(events, codebook(table.assign(label=table["code"]))).to_dict("records")
    [{'stressor': 'cut', 'strategy': 'wait', 'events': 1}]
    """
    for column in (rows, columns):
        check_codes(events, column, book.under(CODED.get(column, column)))
    both = by_code(by_code(events, rows).rename(columns={"code": "row"}), columns)
    counts = both.groupby(["row", "code"]).size()
    return pd.DataFrame(
        {rows: book.label(row), columns: book.label(code), "events": int(counts.get((row, code), 0))}
        for row in book.under(CODED.get(rows, rows))
        for code in book.under(CODED.get(columns, columns))
    )


def statements_carried(facts: pd.DataFrame, events: pd.DataFrame) -> dict[str, int]:
    """Count the dated statements of a source that a register carries, and the events that carry one.

    ``events`` of a statement names its events, joined by ``;``, or is empty; one that the register lacks is an error.

    >>> facts = pd.DataFrame({"events": ["E1;E2", None]})
    >>> statements_carried(facts, pd.DataFrame({"event_id": ["E1", "E2", "E3"]}))
    {'facts': 2, 'carried': 1, 'events_dated': 2}
    """
    known, named = set(events["event_id"]), [split_codes(cell) for cell in facts["events"]]
    for position, cell in enumerate(named):
        missing = [event for event in cell if event not in known]
        if missing:
            raise DataError(
                f"dated facts: row {row_of(facts, position)}, column 'events': '{missing[0]}' is no event of the "
                f"register.{nearest(missing[0], map(str, known))}"
            )
    return {"facts": len(facts), "carried": sum(map(bool, named)), "events_dated": len(set().union(*named))}
