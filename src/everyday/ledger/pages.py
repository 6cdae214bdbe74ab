"""Pages of the book that are written from the claims ledger, as Markdown; every number in them is computed.

Text of the ledger is in blocks of class ``hs-computed``, with one anchor ``claim-<id>`` for each claim on the
page of its source. The functions return text and write nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from compendium import escape, policy, tables
from everyday.ledger import checks, wording
from everyday.ledger.claims import KINDS, VERDICTS, counts, counts_by_kind
from healthsys.errors import DataError, nearest

#: Longest list of inputs that is shown in full.
MOST_SHOWN = 14

#: Claims of the results that a reader should know first, which a template says in words.
STRONGEST = ("od-spc-description", "od-covid-deaths-reattached", "od-frome-single-year")

#: Rules of the second reading that only give a verdict another name, and those that say new evidence was seen.
RENAMED = (
    "A place or a list that agrees is consistent, not reproduced",
    "Wordings that disagree have a verdict of their own",
)
EVIDENCE = ("The original source was seen", "Tested on data of this book")

@dataclass(frozen=True)
class Source:
    """How a source is called: by its title, and in short by author and year."""

    title: str
    short: str


def sources(bibliography: str) -> dict[str, Source]:
    """Read how each source is called from BibTeX text, by key; braces are removed.

    >>> entry = "@article{a2020, author = {Bo, Al and Cy, Di and Ek, Fi}, title = {{On} it}, year = {2020}}"
    >>> sources(entry)["a2020"]
    Source(title='On it', short='Bo et al. 2020')
    """
    from pybtex.database import parse_string

    found = {}
    for key, entry in parse_string(bibliography, "bibtex").entries.items():
        names = [" ".join(one.prelast_names + one.last_names) for one in entry.persons.get("author", ())]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        short = f"{who} {entry.fields.get('year', '')}".strip()
        found[key] = Source(*(re.sub("[{}]", "", text) for text in (entry.fields.get("title", key), short)))
    return found


def _called(known: Mapping[str, Source], key: str) -> Source:
    return known.get(key, Source(key, key))


def all_pages(
    evaluated: pd.DataFrame,
    changes: pd.DataFrame,
    readings: pd.DataFrame,
    template: pd.DataFrame,
    example: pd.DataFrame,
    *,
    bibliography: str = "",
) -> dict[str, str]:
    """Return every page of the part *Evidence* that the ledger gives, by file name, in MyST Markdown.

    ``evaluated`` is a ledger with recomputed verdicts, ``changes`` and ``readings`` the data sets ``claims_changes``
    and ``claims_readings``, ``template`` the evaluated template, ``example`` the evaluated claims of another paper,
    ``bibliography`` the text of ``book/references.bib``, from which titles come.
    """
    known = sources(bibliography)
    keys = list(dict.fromkeys(evaluated["source_key"]))
    return {
        "index.md": overview_page(evaluated, known=known),
        **{f"{key}.md": source_page(evaluated, key, called=known.get(key)) for key in keys},
        "inconsistencies.md": inconsistencies_page(evaluated, known=known),
        "claims-table.md": table_page(evaluated),
        "claims-changed.md": changes_page(evaluated, changes, readings),
        "writing-claims.md": writing_page(template, example),
    }


def counts_table(evaluated: pd.DataFrame, *, known: Mapping[str, Source]) -> tables.Table:
    """Return the counts by verdict, one column for each source, for the landing page and the overview."""
    frame = counts(evaluated).set_index("source_key").T.rename_axis("verdict").rename_axis(None, axis=1).reset_index()
    several = "all" in frame.columns
    headings = {key: "all" if key == "all" else _called(known, key).short for key in frame.columns[1:]}
    caption = "Claims of each source by verdict" if several else "Claims by verdict"
    return tables.table(frame, caption=caption, headings=headings, name="claims-by-verdict")


def kinds_table(evaluated: pd.DataFrame) -> tables.Table:
    """Return the counts by kind of check and by what came of it."""
    headings = {"check_kind": "kind of check"}
    return tables.table(
        counts_by_kind(evaluated), caption="Claims by kind of check", headings=headings, name="claims-by-kind"
    )


def strongest(evaluated: pd.DataFrame, *, folder: str = "") -> str:
    """Return the strongest results as one short paragraph with links, or nothing where a ledger lacks them.

    ``folder`` is the way from the page to the folder of the evidence pages, such as ``"evidence/"``.
    """
    rows = {row["claim_id"]: row for row in _rows(evaluated[evaluated["claim_id"].isin(STRONGEST)])}
    if len(rows) < len(STRONGEST):
        return ""
    inputs = {name: json.loads(row["inputs"]) for name, row in rows.items()}
    return policy.rendered("evidence/strongest.html", package="everyday", rows=rows, inputs=inputs, folder=folder)


def overview_page(evaluated: pd.DataFrame, *, known: Mapping[str, Source]) -> str:
    """Return the first page of the part: what the ledger is, counts by verdict, where to go on."""
    return _page(
        "index.md",
        strongest=strongest(evaluated),
        kinds_counted=kinds_table(evaluated).html,
        verdicts_counted=counts_table(evaluated, known=known).html,
        titles={key: _called(known, key).title for key in dict.fromkeys(evaluated["source_key"])},
    )


def source_page(evaluated: pd.DataFrame, source_key: str, *, called: Source | None = None) -> str:
    """Return the audit page of one source: what it claims, what reproduces, what does not and exactly why.

    ``called`` is how the bibliography calls it; None where it has no entry there.
    """
    chosen = of_source(evaluated, source_key)
    return _page(
        "source.md",
        title=called.title if called else escape.markdown(source_key),
        source=f"{{cite:t}}`{source_key}`" if called else f"<code>{escape.html(source_key)}</code>",
        kinds_counted=kinds_table(chosen).html,
        verdicts_counted=counts_table(chosen, known={source_key: Source("", "claims")}).html,
        by_verdict={verdict: _rows(part) for verdict, part in chosen.groupby("verdict")},
    )


def inconsistencies_page(evaluated: pd.DataFrame, *, known: Mapping[str, Source]) -> str:
    """Return the material inconsistencies: what is reported where, why it matters, how to cite it safely."""
    material = evaluated[evaluated["material"]]
    by_source = material.groupby("source_key", sort=False)
    quoted = material["printed"].str.partition(";")[0]  # readers search for the words that they saw
    return _page(
        "inconsistencies.md",
        quoted=list(dict.fromkeys(quoted[quoted.str.fullmatch("[a-z]+( [a-z]+)+")])),
        strongest=strongest(evaluated),
        by_source=[(_called(known, key).short, _rows(part)) for key, part in by_source],
    )


def table_page(evaluated: pd.DataFrame) -> str:
    """Return all claims as one plain table; a script of the book may add filters from its data attributes."""
    return _page("claims-table.md", rows=_rows(evaluated))


def second_reading(evaluated: pd.DataFrame, changes: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """Return what the second reading found about the claims of the first: a row for each question, with counts.

    A verdict that only has another name, because the kinds are told apart, is not a disagreement; a verdict that
    changed because an original source or data were seen is counted apart.
    """
    first = readings[readings["found"] == "first reading"]
    changed = changes[changes["reading"] == "second reading"].set_index("claim_id")["rule"]
    renamed = int(changed.isin(RENAMED).sum())
    evidence = int(changed.isin(EVIDENCE).sum())
    others = len(changed) - renamed - evidence
    new = int((readings["found"] == "second reading").sum())
    known = int(readings["found"].isin(["first reading", "review", "second reading"]).sum())
    rows = [
        (
            "transcriptions that the second reading found right",
            int((first["transcription"] == "right").sum()),
            len(first),
        ),
        ("verdicts that stayed, or only got another name", len(first) - evidence - others, len(first)),
        ("verdicts that new evidence changed", evidence, len(first)),
        ("verdicts that the second reader changed", others, len(first)),
        ("quantitative claims that only the second reading found", new, known),
    ]
    frame = pd.DataFrame(rows, columns=["question", "claims", "of"])
    return frame.assign(percent=(100 * frame["claims"] / frame["of"]).round(1))


def changes_page(evaluated: pd.DataFrame, changes: pd.DataFrame, readings: pd.DataFrame) -> str:
    """Return how the claims were read: counts by verdict after each reading, the two compared, each changed verdict."""
    now = evaluated.set_index("claim_id")["verdict"]
    second = changes[changes["reading"] == "second reading"].set_index("claim_id")["before"]
    first = changes[changes["reading"] == "first reading"].set_index("claim_id")["before"]
    old = now[readings.loc[readings["found"] == "first reading", "claim_id"]]
    after_first = pd.Series(old.to_dict() | second.to_dict())
    columns = {
        "draft": pd.Series(after_first.to_dict() | first.to_dict()),
        "after the first reading": after_first,
        "now": now,
    }
    names = [*VERDICTS, *sorted(set(columns["draft"]) - set(VERDICTS))]
    frame = pd.DataFrame({name: column.value_counts().reindex(names, fill_value=0) for name, column in columns.items()})
    frame.loc["all"] = [len(column) for column in columns.values()]
    frame = frame.rename_axis("verdict").reset_index()
    keys = ["reading", "before", "after", "rule"]
    groups = [
        (f"{reading.capitalize()}: from {before} to {after}", rule,
         _rows(group.merge(evaluated[["claim_id", "statement"]], on="claim_id")))
        for (reading, before, after, rule), group in changes.groupby(keys, sort=False)
    ]  # fmt: skip
    found = second_reading(evaluated, changes, readings)
    return _page(
        "claims-changed.md",
        by_verdict=tables.table(frame, caption="Claims by verdict, after each reading").html,
        second_reading=tables.table(found, caption="What the second reading found", name="second-reading").html,
        groups=groups,
    )


def writing_page(template: pd.DataFrame, example: pd.DataFrame) -> str:
    """Return the page that explains how to write a claim that can be checked, from an evaluated template."""
    return _page(
        "writing-claims.md",
        functions=", ".join(f"`{name}`" for name in sorted(checks.FUNCTIONS)),
        template_rows=_rows(template),
        example_rows=_rows(example),
        kinds_counted=kinds_table(example).html,
    )


def claims_table(evaluated: pd.DataFrame, claim_ids: Iterable[str], *, caption: str) -> tables.Table:
    """Return the claims that concern a chapter as a table, in the order asked; an unknown name is refused."""
    rows = evaluated.set_index("claim_id", drop=False)
    wanted = list(claim_ids)
    for name in wanted:
        if name not in rows.index:
            raise DataError(f"there is no claim '{name}' in data/claims.csv.{nearest(name, rows.index)}")
    chosen = rows.loc[wanted, ["statement", "source_key", "section", "printed", "shown", "verdict"]]
    chosen["shown"] = chosen["shown"].replace("", None)
    headings = {"statement": "what the source states", "source_key": "source", "printed": "reported"}
    headings["shown"] = "calculated here"
    return tables.table(chosen.reset_index(drop=True), caption=caption, headings=headings)


def as_json(evaluated: pd.DataFrame) -> str:
    """Return the ledger with recomputed verdicts as JSON text, one object for each claim."""
    rows = []
    for row in evaluated.to_dict("records"):
        entry = {key: value for key, value in row.items() if value not in ("", None)}
        if row["inputs"]:
            entry["inputs"] = json.loads(row["inputs"])
        rows.append(entry)
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _page(template: str, **values: Any) -> str:
    """Return a page from its template; texts among the values are markup, rows of claims are not."""
    values = {name: Markup(value) if isinstance(value, str) else value for name, value in values.items()}
    return policy.rendered(f"evidence/{template}", package="everyday", kinds=KINDS, verdicts=VERDICTS, **values)


def of_source(evaluated: pd.DataFrame, source_key: str, *, label: str = "") -> pd.DataFrame:
    """Return the claims of one source; refuse a source without any, naming the nearest."""
    known = list(dict.fromkeys(evaluated["source_key"]))
    if source_key not in known:
        said = f"there is no claim of '{source_key}'.{nearest(source_key, known)} Known: {', '.join(known)}"
        raise DataError(f"{label}: {said}" if label else said)
    return evaluated[evaluated["source_key"] == source_key]


def _rows(claims: pd.DataFrame) -> list[dict[str, Any]]:
    """Return claims, evaluated or only named, with what the templates say of them."""
    return [row | _said(row) for row in claims.to_dict("records")]


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    address = f"{quote(str(row['source_key']), safe='')}.html#claim-{row['claim_id']}"
    if "check" not in row:
        return {"address": address}
    inputs = json.loads(row["inputs"]) if row["inputs"] else {}
    named = {name.replace("_", " "): value for name, value in inputs.items()}
    outcome = {True: "yes", False: "no"}.get(row["value"], tables.EMPTY) if row["check"] else tables.EMPTY
    seen = "; seen only in a page that quotes or reprints it" if row["original_seen"] == "seen_in_secondary" else ""
    return {
        "address": address,
        "check_said": wording.check_in_words(row["check"]) if row["check"] else "",
        "rounded_said": wording.check_in_words(row["rounded"]) if row["rounded"] else "",
        "inputs_said": "; ".join(f"{name} = {_short(value)}" for name, value in named.items()),
        "wordings": [f"{name}: {value}" for name, value in named.items()],
        "result_said": row["shown"] or outcome,
        "original": f"{row['original_source']}, {row['original_locator']}{seen}" if row["original_source"] else "",
    }


def _short(value: Any) -> Any:
    """Return an input for a reader; of a long list the beginning."""
    if not isinstance(value, list):
        return value
    more = f", … {len(value)} in all" if len(value) > MOST_SHOWN else ""
    return f"[{', '.join(map(str, value[:MOST_SHOWN]))}{more}]"
