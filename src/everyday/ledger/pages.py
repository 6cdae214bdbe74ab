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

from compendium import escape, tables
from everyday.ledger import checks, words
from everyday.ledger.claims import KINDS, VERDICTS, counts, counts_by_kind
from healthsys.errors import DataError, nearest

#: Longest list of inputs that is shown in full.
MOST_SHOWN = 14

#: Sections of a source's page: verdict, heading, and whether each claim is shown in full.
SECTIONS = {
    "inconsistent": ("Inconsistent claims", True),
    "wordings disagree": ("Wordings that disagree", True),
    "judged": ("Claims that a reader judged", True),
    "rounding": ("True only after rounding", True),
    "reproduced": ("Reproduced claims", False),
    "consistent": ("Claims that agree within the source", False),
    "derived": ("Quantities that the source does not report", False),
    "unseen": ("Claims whose original source we have not seen", False),
    "not derivable": ("Claims that cannot be checked", False),
}

#: The results that a reader should know first: claim, a sentence with the values of its inputs, words of the link.
STRONGEST = (
    (
        "od-spc-description",
        "The review of evidence describes statistical process control by the {process_control} principles of lean, "
        "item for item; they are not a description of the method.",
        "See both descriptions",
    ),
    (
        "od-covid-deaths-reattached",
        "The same review says that {workers_later}% of healthcare workers who died from COVID-19 were from ethnic "
        "minorities. Earlier it gives that share for doctors, and {workers_at_first}% for all healthcare workers.",
        "See both shares of deaths",
    ),
    (
        "od-frome-single-year",
        "It calls a saving in Frome that of a single year; the two totals are {shown} apart.",
        "See both totals",
    ),
)

#: Rules of the second reading that only give a verdict another name, and those that say new evidence was seen.
RENAMED = (
    "A place or a list that agrees is consistent, not reproduced",
    "Wordings that disagree have a verdict of their own",
)
EVIDENCE = ("The original source was seen", "Tested on data of this book")

_LOSSES = (
    "If a table, figure or passage is called missing, it is missing from the copy that we read. The authors are not to "
    "blame."
)
_WORDING = (
    "Statements are our own wording; places are sections, tables and boxes of the source. Every verdict is calculated "
    "again whenever the book is built; on your own machine, run `healthsys claims`. "
    "[How to write a claim that can be checked](writing-claims.md) explains the verdicts."
)


@dataclass(frozen=True)
class Source:
    """How a source is called: by its title, and in short by author and year."""

    title: str
    short: str


def sources(bibliography: str) -> dict[str, Source]:
    """Read how each source is called from BibTeX text, by key; braces are removed.

    Examples
    --------
    >>> entry = "@article{a2020, author = {Bo, Al and Cy, Di and Ek, Fi}, title = {{On} it}, year = {2020}}"
    >>> sources(entry)["a2020"]
    Source(title='On it', short='Bo et al. 2020')
    """
    found = {}
    for entry in re.split(r"^\s*@", bibliography, flags=re.MULTILINE)[1:]:
        key = re.match(r"\w+\s*\{\s*([^,\s]+)\s*,", entry)
        if key:
            fields = {name: _field(entry, name) for name in ("title", "author", "year")}
            names = [author.split(",")[0].strip() for author in fields["author"].split(" and ")]
            who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
            found[key.group(1)] = Source(fields["title"] or key.group(1), f"{who} {fields['year']}".strip())
    return found


def _field(entry: str, name: str) -> str:
    value = r'(?:\{((?:[^{}]|\{[^{}]*\})*)\}|"([^"]*)")'
    found = re.search(rf"(?<![\w-]){name}\s*=\s*{value}", entry, re.IGNORECASE)
    return re.sub(r"[{}]|\s+(?=\s)", "", found.group(1) or found.group(2) or "").strip() if found else ""


def _called(known: Mapping[str, Source], key: str) -> Source:
    return known.get(key, Source(key, key))


def all_pages(
    evaluated: pd.DataFrame,
    changes: pd.DataFrame,
    readings: pd.DataFrame,
    examples: pd.DataFrame,
    worked: pd.DataFrame,
    *,
    bibliography: str = "",
) -> dict[str, str]:
    """Return every page of the part *Evidence* that the ledger gives, by file name, in MyST Markdown.

    ``evaluated`` is a ledger with recomputed verdicts, ``changes`` and ``readings`` the data sets ``claims_changes``
    and ``claims_readings``, ``examples`` the evaluated template, ``worked`` the evaluated claims of another paper,
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
        "writing-claims.md": writing_page(examples, worked),
    }


def counts_table(evaluated: pd.DataFrame, *, known: Mapping[str, Source] | None = None) -> tables.Table:
    """Return the counts by verdict, one column for each source, for the landing page and the overview."""
    frame = counts(evaluated).set_index("source_key").T.rename_axis("verdict").rename_axis(None, axis=1).reset_index()
    several = "all" in frame.columns
    headings = {key: "all" if key == "all" else _called(known or {}, key).short for key in frame.columns[1:]}
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
    rows = {row["claim_id"]: row for row in evaluated.to_dict("records")}
    said = []
    for name, sentence, link in STRONGEST:
        if name not in rows:
            return ""
        values = {
            key: len(one) if isinstance(one, list) else one for key, one in json.loads(rows[name]["inputs"]).items()
        }
        values["shown"] = rows[name]["shown"].removesuffix(" between the two totals")
        said.append(f'{_text(sentence.format(**values))} <a href="{folder}{_address(rows[name])}">{link}</a>.')
    return f'<p class="hs-computed">{" ".join(said)}</p>\n'


def overview_page(evaluated: pd.DataFrame, *, known: Mapping[str, Source] | None = None) -> str:
    """Return the first page of the part: what the ledger is, counts by verdict, where to go on."""
    keys = dict.fromkeys(evaluated["source_key"])
    links = "\n".join(f"- [{_called(known or {}, key).title}]({key}.md)" for key in keys)
    return _page(
        "# Do the sources' numbers add up?\n",
        "The sources behind this book make statements that can be checked against their own figures: counts, shares, "
        "dates, sums, and the length of lists. For each statement, the ledger keeps the values that the source reports "
        "and a check of them, which gives the verdict. Not every check proves the same, so the kinds are counted "
        "apart. If a source reports nothing to check, the ledger says so.\n",
        strongest(evaluated),
        _computed(kinds_table(evaluated).html, "hs-counts"),
        "## What each kind of check can prove\n",
        _kinds(),
        "## Verdicts by source\n",
        _computed(counts_table(evaluated, known=known).html, "hs-counts"),
        "## What the verdicts mean\n",
        _verdicts(),
        f"{_WORDING} {_LOSSES}\n",
        "## Next steps\n",
        f"{links}\n- [Inconsistencies that matter, and how to cite safely](inconsistencies.md)\n"
        "- [All claims in one table](claims-table.md)\n"
        "- [How the claims were read, and which verdicts changed](claims-changed.md)\n"
        "- [How to write a claim that can be checked](writing-claims.md)\n",
        _downloads(),
    )


def source_page(evaluated: pd.DataFrame, source_key: str, *, called: Source | None = None) -> str:
    """Return the audit page of one source: what it claims, what reproduces, what does not and exactly why.

    ``called`` is how the bibliography calls it; None where it has no entry there.
    """
    chosen = of_source(evaluated, source_key)
    source = f"{{cite:t}}`{source_key}`" if called else f"<code>{_text(source_key)}</code>"
    parts = [
        f"# {called.title if called else escape.markdown(source_key)}\n",
        f"The claims of {source}, each checked against the values that the source itself reports, against the sources "
        "that it cites, or against data.\n",
        _computed(kinds_table(chosen).html),
        _computed(counts_table(chosen, known={source_key: Source("", "claims")}).html),
        f"{_WORDING} {_LOSSES}\n",
    ]
    for name, (heading, in_full) in SECTIONS.items():
        part = chosen[chosen["verdict"] == name]
        if len(part):
            parts += [f"## {heading}\n", f"{VERDICTS[name]}\n"]
            parts += map(_block, part.to_dict("records")) if in_full else [_claims_table(part, caption=heading)]
    return _page(*parts)


def inconsistencies_page(evaluated: pd.DataFrame, *, known: Mapping[str, Source] | None = None) -> str:
    """Return the material inconsistencies: what is reported where, why it matters, how to cite it safely."""
    material = evaluated[evaluated["material"]]
    quoted = material["printed"].str.partition(";")[0]  # readers search for the words that they saw
    quoted = dict.fromkeys(quoted[quoted.str.fullmatch("[a-z]+( [a-z]+)+")])
    parts = [
        "# Inconsistencies that matter\n",
        f"```{{index}} {', '.join(f'! {one}' for one in quoted)}\n```\n" if quoted else "",
        "These are the places where a reader who quotes a source could be misled about something important. Each entry "
        "says what is reported where, what it comes to, why it matters and how to cite the source safely. A slip in a "
        "figure or list says nothing about the rest of a paper. Smaller slips, such as a year that differs between the "
        f"text and the reference list, are on the page of each source. {_LOSSES}\n",
        strongest(evaluated),
    ]
    for key in dict.fromkeys(material["source_key"]):
        parts.append(f"## {_called(known or {}, key).short}\n")
        for row in material[material["source_key"] == key].to_dict("records"):
            parts.append(_block(row, anchor=f"material-{row['claim_id']}", link=True))
    return _page(*parts)


def table_page(evaluated: pd.DataFrame) -> str:
    """Return all claims as one plain table; a script of the book may add filters from its data attributes."""
    rows = "".join(
        f'<tr data-source="{_text(row["source_key"])}" data-theme="{_text(row["theme"])}" '
        f'data-kind="{_text(row["check_kind"])}" data-verdict="{_text(row["verdict"])}" '
        f'data-material="{"yes" if row["material"] else "no"}">'
        f'<th scope="row">{_link(row)}<br>{_text(row["source_key"])}, {_text(row["section"])}</th>'
        f"<td>{_text(row['statement'])}</td><td>{_text(row['printed'])}</td>"
        f"<td><strong>{_text(row['verdict'])}</strong><br>{_text(row['shown'])}</td>"
        f"<td>{_text(row['check_kind'])}</td></tr>"
        for row in evaluated.to_dict("records")
    )
    return _page(
        "# All claims\n",
        f"Every claim of the ledger in one table. Follow the name of a claim to its check. {_WORDING}\n",
        _downloads(),
        '<div class="hs-table hs-computed hs-claims" data-filter="source theme kind verdict material" role="region" '
        'aria-label="All claims" tabindex="0"><table><caption>All claims of the ledger</caption><thead><tr>'
        '<th scope="col">claim and place</th><th scope="col">statement</th><th scope="col">reported</th>'
        '<th scope="col">verdict and calculated value</th><th scope="col">kind of check</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n",
    )


def agreement(evaluated: pd.DataFrame, changes: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
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
    """Return how the claims were read: counts by verdict after each reading, agreement, and each changed verdict."""
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
    parts = [
        "# How the claims were read\n",
        "The ledger began as a draft. A first reading checked it against the sources and had every verdict "
        "calculated. A review of a sample then showed that many checks proved little: lists that the reader had typed "
        "were counted and compared with nothing, and a value was compared with itself. A second reading went through "
        "every claim and every source again, gave each check its kind, removed what proved nothing, and looked up "
        "original sources.\n",
        _computed(tables.table(frame, caption="Claims by verdict, after each reading").html),
        "## Agreement of the two readings\n",
        "Both readers are AI readers, and the second saw what the first had decided. This shows how much a further "
        "look changed. It does not measure agreement between independent people.\n",
        _computed(
            tables.table(
                agreement(evaluated, changes, readings), caption="What the second reading found", name="agreement"
            ).html
        ),
    ]
    for (reading, before, after, rule), group in changes.groupby(["reading", "before", "after", "rule"], sort=False):
        rows = group.merge(evaluated[["claim_id", "statement"]], on="claim_id")
        body = "".join(
            f'<tr><th scope="row">{_link(row)}</th><td>{_text(row["statement"])}</td><td>{_text(row["why"])}</td></tr>'
            for row in rows.to_dict("records")
        )
        said = f"{reading.capitalize()}: from {before} to {after}"
        parts += [f"## {said}\n", f"{rule}.\n"]
        parts.append(_table(f"{said}. {rule}", ["claim", "statement", "reason"], body))
    return _page(*parts)


def writing_page(examples: pd.DataFrame, worked: pd.DataFrame) -> str:
    """Return the page that explains how to write a claim that can be checked, from an evaluated template."""
    functions = ", ".join(f"`{name}`" for name in sorted(checks.FUNCTIONS))
    return _page(
        "# How to write a claim that can be checked\n",
        "A claim is a row of a CSV file: what a source states, the values it reports, and an expression that tests one "
        "against the other. To check a paper of your own in the same way: "
        'copy <a href="../data/templates/claims_template.csv" download>the template</a>, replace its rows, and run '
        "`healthsys claims --file my-paper.csv`. To add a source to the book, add its claims to `data/claims.csv` "
        "and its entry to `book/references.bib`.\n",
        "## Choose the kind of the check\n",
        "The column `check_kind` says what a check can prove. The command refuses a check that proves less than its "
        "kind says.\n",
        _kinds(),
        "## What makes a check real\n",
        "- A check must be able to fail. One that compares a value with itself, or that comes out the same whatever "
        "the source reports, is refused.\n"
        "- Inputs are what the source *reports*, each under its own name, and every input is used.\n"
        "- A list in the text is written as a list and counted, `len(listed) == stated`. If you count the list "
        "yourself and type the number, or if the text announces no number, nothing is checked.\n"
        "- The same figure in two places is two inputs named after the places, and `section` names both places with a "
        "semicolon between them.\n"
        "- A value of an outside source is an input of its own. `original_source` and `original_locator` say where it "
        "is, and `original_seen` whether you saw it there or in a page that quotes it. If you could not see it at all, "
        "leave the check empty: the claim is *unseen*.\n"
        "- A claim that a page of this book tests on data uses that page's result.\n"
        "- If the source reports nothing to compare a number with, write the expression alone: it is *derived*.\n"
        "- Compare a figure at the number of decimals that the source reports, `round(…, 1) == stated`.\n"
        "- If nothing can be calculated, leave inputs and check empty and give the reason.\n"
        "- If two wordings cannot both be right, give both as texts, no check, the reason, and who compared them in "
        "`judged_by`: the *wordings disagree*. Anything else that a reader decides is *judged*.\n"
        "- If a check is false, look first for a fault in the copy, then in your reading, and last in the source.\n",
        "## How the verdict is found\n",
        _verdicts(),
        "## What an expression may use\n",
        "Inputs by name; numbers, texts and lists; arithmetic, comparison, `and`, `or`, `not`, `in`; list "
        f"comprehensions; and the functions {functions}. A text of the form `2017-01-31` is read as a date. "
        "Nothing else is evaluated: "
        "attributes, imports, large powers and long loops are refused. If a page of the book calculates the quantity, "
        "name its result in the column `result` and use it as `result` in the check. If the check of a derived claim "
        "does not use it, the calculated number is compared with it.\n",
        "## One example for each kind and verdict\n",
        "This is the template as `healthsys claims` evaluates it; the report in it is invented.\n",
        *(_block(row, anchor=f"example-{row['claim_id']}", where=False) for row in examples.to_dict("records")),
        "## A worked example: another open paper\n",
        "These claims are from the abstract of a study of hospital beds in England in 2020 (Mateen et al. 2021, BMJ "
        "Open, [doi 10.1136/bmjopen-2020-042945](https://doi.org/10.1136/bmjopen-2020-042945), CC BY 4.0). Only facts "
        "are restated. Start from "
        '<a href="../data/templates/claims_example.csv" download>its file</a> if you prefer a real paper to an '
        "invented one.\n",
        _computed(kinds_table(worked).html),
        *(_block(row, anchor=f"worked-{row['claim_id']}") for row in worked.to_dict("records")),
    )


def beside(evaluated: pd.DataFrame, claim_ids: Iterable[str], *, caption: str) -> tables.Table:
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


def _page(*parts: str) -> str:
    return "\n".join(parts).rstrip() + "\n"


def _computed(markup: str, more: str = "") -> str:
    return f'<div class="{f"hs-computed {more}".strip()}">{markup}</div>\n'


def _verdicts() -> str:
    cells = (f'<th scope="row">{name}</th><td>{_text(meaning)}</td>' for name, meaning in VERDICTS.items())
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    return _table("What each verdict means", ["verdict", "meaning"], rows)


def _kinds() -> str:
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{_text(meaning)}</td></tr>' for name, meaning in KINDS.items())
    return _table("What each kind of check can prove", ["kind of check", "what it can prove"], rows)


def _downloads() -> str:
    return (
        'Download the ledger: <a href="../data/claims.csv" download>CSV</a> · with calculated verdicts as '
        '<a href="../data/claims.json" download>JSON</a>.\n'
    )


def of_source(evaluated: pd.DataFrame, source_key: str, *, label: str = "") -> pd.DataFrame:
    """Return the claims of one source; refuse a source without any, naming the nearest."""
    known = list(dict.fromkeys(evaluated["source_key"]))
    if source_key not in known:
        said = f"there is no claim of '{source_key}'.{nearest(source_key, known)} Known: {', '.join(known)}"
        raise DataError(f"{label}: {said}" if label else said)
    return evaluated[evaluated["source_key"] == source_key]


def _text(value: Any) -> str:
    return escape.html(value)


def _address(row: Mapping[str, Any]) -> str:
    return f"{quote(str(row['source_key']), safe='')}.html#claim-{_text(row['claim_id'])}"


def _link(row: Mapping[str, Any]) -> str:
    return f'<a href="{_address(row)}">{_text(row["claim_id"])}</a>'


def _inputs(row: Mapping[str, Any]) -> str:
    """Write the inputs of a claim for a reader: name = value."""
    if not row["inputs"]:
        return ""
    said = []
    for name, value in json.loads(row["inputs"]).items():
        if isinstance(value, list):
            items = [str(item) for item in value[:MOST_SHOWN]]
            value = "[" + ", ".join(items) + (f", … {len(value)} in all" if len(value) > MOST_SHOWN else "") + "]"
        said.append(f"{name.replace('_', ' ')} = {value}")
    return _text("; ".join(said))


def _wordings(row: Mapping[str, Any]) -> str:
    said = (f"{name.replace('_', ' ')}: {value}" for name, value in json.loads(row["inputs"]).items())
    return "<br>".join(_text(line) for line in said)


def _check(row: Mapping[str, Any]) -> str:
    said = _text(words.in_words(row["check"]))
    if row["rounded"]:
        said += f"; after rounding: {_text(words.in_words(row['rounded']))}"
    return f"{said}<br>with {_inputs(row)}"


def _computed_cell(row: Mapping[str, Any]) -> str:
    if row["shown"]:
        return _text(row["shown"])
    return {True: "yes", False: "no"}.get(row["value"], tables.EMPTY) if row["check"] else tables.EMPTY


def _original(row: Mapping[str, Any]) -> str:
    if not row["original_source"]:
        return ""
    seen = "; seen only in a page that quotes or reprints it" if row["original_seen"] == "seen_in_secondary" else ""
    return _text(f"{row['original_source']}, {row['original_locator']}{seen}")


def _block(row: Mapping[str, Any], *, anchor: str = "", link: bool = False, where: bool = True) -> str:
    """One claim in full, as a block of its own."""
    entries = [("Where", _text(row["section"]))] if where else []
    entries.append(("Reported", _text(row["printed"])))
    if row["check"]:
        entries += [("Check", _check(row)), ("Result", _computed_cell(row))]
    elif row["inputs"]:
        entries.append(("Wordings", _wordings(row)))
    entries += [("Kind of check", _text(row["check_kind"])), ("Verdict", _text(row["verdict"]))]
    entries += [("Judged by", _text(row["judged_by"])), ("Reason", _text(row["reason"]))]
    entries.append(("Original source", _original(row)))
    if row["material"]:
        entries += [("Why it matters", _text(row["why_it_matters"])), ("How to cite", _text(row["cite_safely"]))]
    if link:
        entries.append(("Claim", _link(row)))
    body = "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in entries if said)
    return (
        f'<div class="hs-computed hs-claim-block" id="{_text(anchor or "claim-" + row["claim_id"])}" '
        f'data-verdict="{_text(row["verdict"])}"><p><strong>{_text(row["statement"])}</strong></p>'
        f'<dl class="hs-provenance">{body}</dl></div>\n'
    )


def _claims_table(chosen: pd.DataFrame, *, caption: str) -> str:
    """Claims in short: a row for each, with its check where it has one."""
    checked = bool((chosen["check"] != "").any())
    rows = []
    for row in chosen.to_dict("records"):
        place = f'<span class="hs-place">{_text(row["section"])}</span>'
        why = _text(row["reason"])
        if row["original_source"]:
            why += f"<br>original source: {_original(row)}"
        if checked:
            why = f"{_check(row)}<br>result: <strong>{_computed_cell(row)}</strong><br>{why}"
        rows.append(
            f'<tr id="claim-{_text(row["claim_id"])}"><th scope="row">{_text(row["statement"])}<br>{place}</th>'
            f"<td>{_text(row['printed'])}</td><td>{_text(row['check_kind'])}</td><td>{why}</td></tr>"
        )
    reason = "check, result and reason" if checked else "reason"
    columns = ["statement and place", "reported", "kind of check", reason]
    return _table(caption, columns, "".join(rows), kind="hs-claim-rows")


def _table(caption: str, columns: list[str], body: str, *, kind: str = "") -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
    return (
        f'<div class="{f"hs-table hs-computed {kind}".strip()}" role="region" aria-label="{_text(caption)}" '
        f'tabindex="0"><table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )
