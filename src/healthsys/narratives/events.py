"""Event registers: what happened when, to whom, coded; checked, joined with codings, counted."""

from __future__ import annotations

import re

import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.narratives.codebooks import Codebook, check_cells, row_of, split

#: Columns that hold codes, and the code of the codebook under which theirs stand.
CODED = {"strategy": "strategy", "drawn": "capacity", "nurtured": "capacity", "outcome": "outcome"}


def register(frame: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Check an event register against its codebook and return it in order of start.

    Parameters
    ----------
    frame
        The layout of the data set ``narrative_events_template``.
    book
        The codebook; the column ``stressor`` takes codes under ``stressor``, ``strategy`` those under ``strategy``,
        ``drawn`` and ``nurtured`` those under ``capacity``, ``outcome`` those under ``outcome``.

    Returns
    -------
    pandas.DataFrame
        The events by start, end and name, with ``days`` (length, both days counted) and ``capacities`` (drawn on or
        nurtured, joined by ``;``). Blanks at the ends of an actor's name are cut off.

    Raises
    ------
    DataError
        If a column or date is missing, a date is reversed, a code unknown, an actor is spelt in two ways (which would
        keep apart the dates that a test shuffles within an actor), or the same event of the same actor stands twice
        with overlapping dates: with file, row and remedy.

    Examples
    --------
    >>> from healthsys import datasets
    >>> from healthsys.narratives.codebooks import codebook
    >>> events = register(datasets.load("area_south_events"), codebook(datasets.load("narrative_codebook")))
    >>> len(events)
    75
    """
    name = frame.attrs.get("provenance", {}).get("path", "event register")
    for column in ("event_id", "start", "end", "actor", "event", "stressor", *CODED):
        if column not in frame:
            raise DataError(f"{name}: there is no column '{column}'.{nearest(column, map(str, frame.columns))}")
    if frame.empty:
        raise DataError(f"{name}: there is no event; give at least one row")
    actors = _one_spelling(frame["actor"], name=name, frame=frame)
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
    check_cells(frame, "stressor", book.under("stressor"))
    for column, parent in CODED.items():
        check_cells(frame, column, book.under(parent))
    for (actor, event), same in frame.assign(actor=actors).groupby(["actor", "event"], sort=False):
        ordered = same.sort_values("start")
        overlap = ordered["start"].iloc[1:].to_numpy() <= ordered["end"].iloc[:-1].to_numpy()
        if len(same) > 1 and overlap.any():
            rows = [row_of(frame, int(frame.index.get_loc(label))) for label in ordered.index]
            raise DataError(
                f"{name}: rows {rows[0]} and {rows[1]}: the same event of {actor} ('{str(event)[:40]}') stands twice "
                "with overlapping dates; join the two rows, or make their dates follow each other"
            )
    events = frame.assign(actor=actors)
    events["days"] = (events["end"] - events["start"]).dt.days + 1
    events["capacities"] = [
        ";".join(code for code in book.under("capacity") if code in {*split(drawn), *split(nurtured)})
        for drawn, nurtured in zip(events["drawn"], events["nurtured"], strict=True)
    ]
    events = events.sort_values(["start", "end", "event_id"], kind="stable").reset_index(drop=True)
    events.attrs = dict(frame.attrs)
    return events


def _one_spelling(actors: pd.Series, *, name: str, frame: pd.DataFrame) -> pd.Series:
    """Return the actors without blanks at their ends, refused where two differ only in case, spaces or dashes."""
    trimmed = actors.map(lambda actor: actor.strip() if isinstance(actor, str) else actor)
    known: dict[str, str] = {}
    for position, actor in enumerate(trimmed):
        if not isinstance(actor, str) or not actor:
            raise DataError(f"{name}: row {row_of(frame, position)}, column 'actor': the cell is empty; say who acted")
        first = known.setdefault(re.sub(r"[\W_]+", " ", actor.casefold()).strip(), actor)
        if first != actor:
            raise DataError(
                f"{name}: row {row_of(frame, position)}, column 'actor': '{actor}' is spelt '{first}' above; spell the "
                "same actor alike"
            )
    return trimmed


def with_coding(facts: pd.DataFrame, coding: pd.DataFrame, *, book: Codebook | None = None) -> pd.DataFrame:
    """Return a register whose codes are those of one coding; an event that was not coded has none.

    Parameters
    ----------
    facts
        The register.
    coding
        ``event_id`` and the coded columns, one row per event.
    book
        The codebook that the codes are checked against; without it they are taken as they are.

    Raises
    ------
    DataError
        If the coding is empty, has an event twice, a code that the codebook lacks, or an event that the register does
        not have.
    """
    name = coding.attrs.get("provenance", {}).get("path", "coding")
    if coding.empty:
        raise DataError(f"{name}: the coder has coded no event; give a file with at least one row")
    known = set(facts["event_id"])
    twice = coding["event_id"].duplicated().to_numpy()
    for position, event in enumerate(coding["event_id"]):
        row = row_of(coding, position)
        if event not in known:
            raise DataError(
                f"{name}: row {row}, column 'event_id': '{event}' is no event of the register."
                f"{nearest(str(event), map(str, known))}"
            )
        if twice[position]:
            raise DataError(f"{name}: row {row}, column 'event_id': '{event}' stands twice; keep one row per event")
    for column, parent in CODED.items() if book is not None else ():
        check_cells(coding, column, book.under(parent))
    joined = facts.drop(columns=list(CODED)).merge(coding[["event_id", *CODED]], on="event_id", how="left")
    joined.attrs = dict(facts.attrs)
    return joined[list(facts.columns)]


def long(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row per event and code of a coded column; events without a code drop out.

    Examples
    --------
    >>> long(pd.DataFrame({"event_id": ["E1"], "strategy": ["absorption;adaptation"]}), "strategy")["code"].tolist()
    ['absorption', 'adaptation']
    """
    if column not in events:
        raise DataError(f"event register: there is no column '{column}'.{nearest(column, map(str, events.columns))}")
    pieces = events.assign(code=[split(cell) for cell in events[column]])
    pieces = pieces[pieces["code"].map(len) > 0].explode("code", ignore_index=True)
    pieces["code"] = pieces["code"].astype("str")
    return pieces


def grid(events: pd.DataFrame, book: Codebook, *, rows: str = "stressor", columns: str = "strategy") -> pd.DataFrame:
    """Count events by two coded columns, every code shown, zero included.

    Returns
    -------
    pandas.DataFrame
        Tidy: ``rows``, ``columns`` (labels) and ``events`` (count). An event with two codes counts in both.

    Raises
    ------
    DataError
        If a cell holds a code that the codebook does not have for its column.
    """
    for column in (rows, columns):
        check_cells(events, column, book.under(CODED.get(column, column)))
    first = long(events, rows).rename(columns={"code": "row"})
    both = long(first, columns)
    counts = both.groupby(["row", "code"]).size()
    out = [
        {rows: book.label(row), columns: book.label(code), "events": int(counts.get((row, code), 0))}
        for row in book.under(CODED.get(rows, rows))
        for code in book.under(CODED.get(columns, columns))
    ]
    return pd.DataFrame(out)


def coverage(facts: pd.DataFrame, events: pd.DataFrame) -> dict[str, int]:
    """Count the dated statements of a source that a register carries.

    Parameters
    ----------
    facts
        The layout of ``area_south_dated_facts``: ``events`` names the events that carry a statement.
    events
        The register.

    Returns
    -------
    dict
        ``facts``, ``carried``, and ``events_dated`` (events that carry at least one).

    Raises
    ------
    DataError
        If a statement names an event that the register does not have.
    """
    known = set(events["event_id"])
    used: set[str] = set()
    carried = 0
    for position, cell in enumerate(facts["events"]):
        row, named = row_of(facts, position), split(cell)
        missing = [event for event in named if event not in known]
        if missing:
            raise DataError(
                f"dated facts: row {row}, column 'events': '{missing[0]}' is no event of the register."
                f"{nearest(missing[0], map(str, known))}"
            )
        carried += bool(named)
        used |= set(named)
    return {"facts": len(facts), "carried": carried, "events_dated": len(used)}
