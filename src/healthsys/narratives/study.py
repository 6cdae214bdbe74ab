"""Everything a page about one event register needs, computed once, and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from compendium import datasets
from healthsys.narratives import checklists, cooccurrence, events, findings, timelines
from healthsys.narratives.codebooks import Codebook, codebook, split
from healthsys.narratives.tensions import wilson


@dataclass(frozen=True)
class Narrative:
    """One event register with its codebook and the tests made on it.

    Attributes
    ----------
    case
        What the page calls it.
    events, book, labels
        The checked register, the codebook, code to label.
    sequence, together
        The two permutation tests of :mod:`healthsys.narratives.timelines`.
    pairs, association
        Strategy by capacity: the table and its test.
    facts
        The dated statements of the source, or None for a reader's own register.
    """

    case: str
    events: pd.DataFrame
    book: Codebook
    labels: dict[str, str]
    sequence: timelines.Permutation
    together: timelines.Permutation
    pairs: pd.DataFrame
    association: cooccurrence.Association
    facts: pd.DataFrame | None

    @property
    def kind(self) -> str:
        """Kind of the register: ``coded``, ``template`` or ``yours``."""
        return self.events.attrs["provenance"]["kind"]

    @property
    def where(self) -> str:
        """Source, period and number, for captions."""
        first, last = self.events["start"].min(), self.events["end"].max()
        source = "; ".join(self.events.attrs["provenance"]["sources"])
        return f"{self.case}, {first:%B %Y} to {last:%B %Y}, {len(self.events)} events. Source: {source}"


def open_narrative(
    source: str,
    *,
    codes: str = "narrative_codebook",
    facts: str = "",
    case: str = "",
    draws: int = 4999,
    seed: int = 0,
) -> Narrative:
    """Read an event register and its codebook, check both, and run the tests.

    Parameters
    ----------
    source
        A data set or a CSV file in the layout of ``narrative_events_template``.
    codes
        A data set or file in the layout of ``narrative_codebook``.
    facts
        A data set or file in the layout of ``area_south_dated_facts``; empty for none.
    case
        What to call the case; the file's title where empty.
    draws, seed
        Of the permutation tests.

    Raises
    ------
    DataError
        If a file breaks its layout, a code is unknown, dates are reversed, an event stands twice.

    Examples
    --------
    >>> found = open_narrative("narrative_events_template", draws=9)
    >>> found.kind, len(found.events), found.sequence.events
    ('template', 12, 8)
    """
    book = codebook(datasets.read(codes, layout="narrative_codebook"))
    register = events.register(datasets.read(source, layout="narrative_events_template"), book)
    responding = register[register["strategy"].notna()]
    options: dict[str, Any] = {
        "rows": "strategy",
        "columns": "capacities",
        "row_codes": book.under("strategy"),
        "column_codes": book.under("capacity"),
    }
    known = {code: book.label(code) for code in book.codes}
    pairs = cooccurrence.event_table(responding, **options)
    pairs["row"], pairs["column"] = pairs["row"].map(known), pairs["column"].map(known)
    return Narrative(
        case or register.attrs["provenance"]["title"],
        register,
        book,
        known,
        timelines.sequence_test(register, seed=seed, draws=draws),
        timelines.together_test(register, seed=seed, draws=draws),
        pairs,
        cooccurrence.association_test(responding, **options, seed=seed, draws=draws),
        datasets.read(facts, layout="area_south_dated_facts") if facts else None,
    )


def results(study: Narrative) -> list[dict[str, Any]]:
    """Return every result of the page, as arguments of ``evidence.record``."""
    follow, both, ties = study.sequence, study.together, study.association
    kinds = study.events["kind"].value_counts()
    words = {
        "coded": "The register is our own coding of a published account; the events are told in our words.",
        "template": "The events are invented: they show the layout to replace with your own.",
        "yours": "The register is your own file.",
    }
    out = [
        {
            "name": "finding",
            "value": findings.sequence(follow, both),
            "unit": "",
            "meaning": "What the register shows",
        },
        {"name": "tests", "value": findings.tests(follow, both), "unit": "", "meaning": "Both tests in words"},
        {"name": "data_kind", "value": words.get(study.kind, ""), "unit": "", "meaning": "Kind of the data"},
        _count("events", len(study.events), "Events in the register"),
        _count("events_coded", follow.events, "Events with a strategy"),
    ]
    out += [
        _count(kind, int(kinds.get(kind, 0)), f"Events that are a {kind}")
        for kind in ("pressure", "response", "result")
    ]
    out += [
        _number(
            "sequence",
            follow.statistic,
            follow.reason,
            "Share of pairs of events in which the later stage comes later",
        ),
        _number(
            "sequence_shuffled",
            follow.expected,
            follow.reason,
            "The same with dates shuffled within actors, mean",
        ),
        _number("sequence_p", follow.p_high, follow.reason, "Share of shuffles at least as sequential", "{:.3f}"),
        _number("sequence_needed", follow.threshold, follow.reason, "Share above which one shuffle in twenty lies"),
        _number("together", both.statistic, both.reason, "Share of months with at least two strategies under way"),
        _number(
            "together_shuffled",
            both.expected,
            both.reason,
            "The same with dates shuffled within actors, mean",
        ),
        _number(
            "association_p",
            ties.p,
            ties.reason,
            "Share of shuffles with as strong a tie of strategy and capacity",
            "{:.3f}",
        ),
    ]
    if study.facts is not None:
        found = events.coverage(study.facts, study.events)
        out += [
            _count("facts", found["facts"], "Dated statements of the source"),
            _count("facts_carried", found["carried"], "Dated statements that the register carries"),
        ]
    return out


def listing(study: Narrative) -> pd.DataFrame:
    """Return the register for reading: event and month, what happened, its codes in one cell, where it stands."""
    rows = []
    for event in study.events.itertuples():
        codes = [code for cell in (event.strategy, event.capacities, event.outcome) for code in split(cell)]
        coded = ", ".join(study.labels[code].lower().removesuffix(" capacity") for code in codes)
        rows.append((f"{event.event_id}, {event.start:%Y-%m}", event.event, coded or None, event.locator))
    return pd.DataFrame(rows, columns=["from", "event", "codes", "locator"])


def meetings(counts: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Share of meetings that discussed a topic, with Wilson intervals, from the data set ``area_south_counts``."""
    rows = []
    for row in counts[counts["series"] == "meetings"].itertuples():
        share, lower, upper = wilson(int(row.before), int(row.after), level=level)
        rows.append((row.group, int(row.before), int(row.after), share, lower, upper))
    return pd.DataFrame(rows, columns=["meeting", "discussed", "held", "share", "lower", "upper"])


def span(counts: pd.DataFrame) -> pd.DataFrame:
    """Growth of the manager's span from the data set ``area_south_counts``; see ``checklists.span``."""
    return checklists.span(counts[counts["series"] == "span"])


def timeline_figure(study: Narrative) -> dict[str, Any]:
    """Name, caption, alternative text and data of the timeline."""
    counts = study.events["kind"].value_counts()
    strategies = events.long(study.events, "strategy")["code"].map(study.labels).value_counts()
    told = ", ".join(f"{name} {count}" for name, count in strategies.items()) or "none"
    alt = (
        f"Timeline of {len(study.events)} events: {counts.get('pressure', 0)} pressures above, and below them the "
        f"responses and results with a strategy ({told}). {findings.sequence(study.sequence, study.together)}"
    )
    columns = ["event_id", "start", "end", "basis", "kind", "actor", "stressor", "strategy"]
    dashes = "Dashed: dated only by a period. A square: an event of at most a month."
    return {
        "name": "timeline",
        "caption": f"{study.where}. {dashes}",
        "alt": alt,
        "drawn": study.events[columns],
    }


def grid_figure(study: Narrative) -> dict[str, Any]:
    """Name, caption, alternative text, data and options of the strategy by stressor grid."""
    counts = events.grid(study.events, study.book)
    caption = f"Events by stressor and strategy; an event with two strategies counts in both. {study.where}"
    shape = {"rows": "stressor", "columns": "strategy", "value": "events"}
    alt = findings.grid(counts, rows="stressor", columns="strategy")
    return {"name": "stressor-grid", "caption": caption, "alt": alt, "drawn": counts, **shape}


def pairs_figure(study: Narrative) -> dict[str, Any]:
    """Name, caption, alternative text, data and options of the co-occurrence heat map."""
    counts = study.pairs.rename(columns={"both": "events"})
    shape = {"rows": "row", "columns": "column", "value": "events", "note": "c"}
    caption = f"Events in which a strategy and a capacity are coded together, and c below. {study.where}"
    alt = findings.grid(counts, rows="row", columns="column")
    return {"name": "strategy-capacity", "caption": caption, "alt": alt, "drawn": counts, **shape}


def _count(name: str, value: int, meaning: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": "events" if "event" in meaning.lower() else "statements",
        "meaning": meaning,
    }


def _number(name: str, value: float | None, reason: str | None, meaning: str, form: str = "{:.2f}") -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": "share",
        "meaning": meaning,
        "format": form,
        "reason": reason,
    }
