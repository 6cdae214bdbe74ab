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
from everyday.ledger import checks
from everyday.ledger.claims import VERDICTS, counts
from healthsys.errors import DataError, nearest

#: Longest list of inputs that is shown in full.
MOST_SHOWN = 14

#: Sections of a source's page: verdict, heading, and whether each claim is shown in full.
SECTIONS = {
    "inconsistent": ("Inconsistent claims", True),
    "judged": ("Wordings that differ", True),
    "rounding": ("True only after rounding", True),
    "reproduced": ("Reproduced claims", False),
    "derived": ("Quantities that the source does not report", False),
    "not derivable": ("Claims that cannot be checked", False),
}

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
    evaluated: pd.DataFrame, changes: pd.DataFrame, examples: pd.DataFrame, *, bibliography: str = ""
) -> dict[str, str]:
    """Return every page of the part *Evidence* that the ledger gives, by file name, in MyST Markdown.

    ``evaluated`` is a ledger with recomputed verdicts, ``changes`` the data set ``claims_changes``, ``examples`` the
    evaluated template, ``bibliography`` the text of ``book/references.bib``, from which titles come.
    """
    known = sources(bibliography)
    keys = list(dict.fromkeys(evaluated["source_key"]))
    return {
        "index.md": overview_page(evaluated, known=known),
        **{f"{key}.md": source_page(evaluated, key, called=known.get(key)) for key in keys},
        "inconsistencies.md": inconsistencies_page(evaluated, known=known),
        "claims-table.md": table_page(evaluated),
        "claims-changed.md": changes_page(evaluated, changes),
        "writing-claims.md": writing_page(examples),
    }


def counts_table(evaluated: pd.DataFrame, *, known: Mapping[str, Source] | None = None) -> tables.Table:
    """Return the counts by verdict, one column for each source, for the landing page and the overview."""
    frame = counts(evaluated).set_index("source_key").T.rename_axis("verdict").rename_axis(None, axis=1).reset_index()
    several = "all" in frame.columns
    headings = {key: "all" if key == "all" else _called(known or {}, key).short for key in frame.columns[1:]}
    caption = "Claims of each source by verdict" if several else "Claims by verdict"
    return tables.table(frame, caption=caption, headings=headings, name="claims-by-verdict")


def overview_page(evaluated: pd.DataFrame, *, known: Mapping[str, Source] | None = None) -> str:
    """Return the first page of the part: what the ledger is, counts by verdict, where to go on."""
    keys = dict.fromkeys(evaluated["source_key"])
    links = "\n".join(f"- [{_called(known or {}, key).title}]({key}.md)" for key in keys)
    return _page(
        "# Do the sources' numbers add up?\n",
        "The sources behind this book make statements that can be checked against their own figures: counts, shares, "
        "dates, sums, and the length of lists. For each statement, the ledger keeps the values that the source reports "
        "and a calculation with them, which gives the verdict. If a source reports nothing to calculate from, the "
        "ledger says so.\n",
        _computed(counts_table(evaluated, known=known).html, "hs-counts"),
        "## What the verdicts mean\n",
        _verdicts(),
        f"{_WORDING} {_LOSSES}\n",
        "## Next steps\n",
        f"{links}\n- [Inconsistencies that matter, and how to cite safely](inconsistencies.md)\n"
        "- [All claims in one table](claims-table.md)\n- [How verdicts changed since the draft](claims-changed.md)\n"
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
        f"The claims of {source}, each checked against the values that the source itself reports.\n",
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
    parts = [
        "# Inconsistencies that matter\n",
        "These are the places where a reader who quotes a source could be misled about something important. Each entry "
        "says what is reported where, what it comes to, why it matters and how to cite the source safely. A slip in a "
        "figure or list says nothing about the rest of a paper. Smaller slips, such as a year that differs between the "
        f"text and the reference list, are on the page of each source. {_LOSSES}\n",
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
        f'data-verdict="{_text(row["verdict"])}" data-material="{"yes" if row["material"] else "no"}">'
        f'<th scope="row">{_link(row)}<br>{_text(row["source_key"])}, {_text(row["section"])}</th>'
        f"<td>{_text(row['statement'])}</td><td>{_text(row['printed'])}</td>"
        f"<td><strong>{_text(row['verdict'])}</strong><br>{_text(row['shown'])}</td></tr>"
        for row in evaluated.to_dict("records")
    )
    return _page(
        "# All claims\n",
        f"Every claim of the ledger in one table. Follow the name of a claim to its check. {_WORDING}\n",
        _downloads(),
        '<div class="hs-table hs-computed hs-claims" data-filter="source theme verdict material" role="region" '
        'aria-label="All claims" tabindex="0"><table><caption>All claims of the ledger</caption><thead><tr>'
        '<th scope="col">claim and place</th><th scope="col">statement</th><th scope="col">reported</th>'
        '<th scope="col">verdict and calculated value</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n",
    )


def changes_page(evaluated: pd.DataFrame, changes: pd.DataFrame) -> str:
    """Return what our reading changed: counts before and after, and each changed verdict with its reason."""
    before = evaluated.set_index("claim_id")["verdict"].to_dict() | changes.set_index("claim_id")["before"].to_dict()
    names = [*VERDICTS, *sorted(set(before.values()) - set(VERDICTS))]
    columns = {"before": pd.Series(before), "after": evaluated["verdict"]}
    frame = pd.DataFrame({name: column.value_counts().reindex(names, fill_value=0) for name, column in columns.items()})
    frame.loc["all"] = len(before), len(evaluated)
    frame = frame.rename_axis("verdict").reset_index()
    parts = [
        "# How verdicts changed since the draft\n",
        "The ledger began as a draft. We checked it against the sources, replaced comparisons of typed numbers with "
        "lists that are counted, gave every check real inputs, and had the verdict calculated from them. The draft "
        "had a verdict *definitional*, which is no longer used: such a claim is now derived, judged, reproduced or not "
        "derivable.\n",
        _computed(tables.table(frame, caption="Claims by verdict, in the draft and now").html),
    ]
    for (old, new, rule), group in changes.groupby(["before", "after", "rule"], sort=False):
        rows = group.merge(evaluated[["claim_id", "statement"]], on="claim_id")
        body = "".join(
            f'<tr><th scope="row">{_link(row)}</th><td>{_text(row["statement"])}</td><td>{_text(row["why"])}</td></tr>'
            for row in rows.to_dict("records")
        )
        parts += [f"## From {old} to {new}\n", f"{rule}.\n"]
        parts.append(_table(f"Claims changed from {old} to {new}", ["claim", "statement", "reason"], body))
    return _page(*parts)


def writing_page(examples: pd.DataFrame) -> str:
    """Return the page that explains how to write a claim that can be checked, from an evaluated template."""
    functions = ", ".join(f"`{name}`" for name in sorted(checks.FUNCTIONS))
    return _page(
        "# How to write a claim that can be checked\n",
        "A claim is a row of a CSV file: what a source states, the values it reports, and an expression that tests one "
        "against the other. To check a paper of your own in the same way: "
        'copy <a href="../data/templates/claims_template.csv" download>the template</a>, replace its rows, and run '
        "`healthsys claims --file my-paper.csv`. To add a source to the book, add its claims to `data/claims.csv` "
        "and its entry to `book/references.bib`.\n",
        "## What makes a check real\n",
        "- Inputs are what the source *reports*, each under its own name, and every input is used.\n"
        "- A list in the text is written as a list and counted, `len(listed) == stated`. If you count the list "
        "yourself and type the number, nothing is checked.\n"
        "- The same figure in two places is two inputs named after the places.\n"
        "- If the source reports nothing to compare a number with, write the expression alone: it is *derived*.\n"
        "- Compare a figure at the number of decimals that the source reports, `round(…, 1) == stated`.\n"
        "- If nothing can be calculated, leave inputs and check empty and give the reason.\n"
        "- If two wordings differ, give both as texts, no check, and the reason: the claim is *judged*.\n"
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
        "## One example for each verdict\n",
        "This is the template as `healthsys claims` evaluates it; the report in it is invented.\n",
        *(_block(row, anchor=f"example-{row['claim_id']}", where=False) for row in examples.to_dict("records")),
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


def _link(row: Mapping[str, Any]) -> str:
    name = row["claim_id"]
    page = quote(str(row["source_key"]), safe="")
    return f'<a href="{page}.html#claim-{_text(name)}">{_text(name)}</a>'


def _inputs(row: Mapping[str, Any]) -> str:
    """Write the inputs of a claim for a reader: name = value."""
    if not row["inputs"]:
        return ""
    said = []
    for name, value in json.loads(row["inputs"]).items():
        if isinstance(value, list):
            items = [str(item) for item in value[:MOST_SHOWN]]
            value = "[" + ", ".join(items) + (f", … {len(value)} in all" if len(value) > MOST_SHOWN else "") + "]"
        said.append(f"{name} = {value}")
    return _text("; ".join(said))


def _wordings(row: Mapping[str, Any]) -> str:
    said = (f"{name.replace('_', ' ')}: {value}" for name, value in json.loads(row["inputs"]).items())
    return "<br>".join(_text(line) for line in said)


def _check(row: Mapping[str, Any]) -> str:
    code = f"<code>{_text(row['check'])}</code>"
    if row["rounded"]:
        code += f", rounded <code>{_text(row['rounded'])}</code>"
    return f"{code}<br>with {_inputs(row)}"


def _computed_cell(row: Mapping[str, Any]) -> str:
    if row["shown"]:
        return _text(row["shown"])
    return {True: "true", False: "false"}.get(row["value"], tables.EMPTY) if row["check"] else tables.EMPTY


def _block(row: Mapping[str, Any], *, anchor: str = "", link: bool = False, where: bool = True) -> str:
    """One claim in full, as a block of its own."""
    entries = [("Where", _text(row["section"]))] if where else []
    entries.append(("Reported", _text(row["printed"])))
    if row["check"]:
        entries += [("Check", _check(row)), ("Result", _computed_cell(row))]
    elif row["inputs"]:
        entries.append(("Wordings", _wordings(row)))
    entries += [("Verdict", _text(row["verdict"])), ("Reason", _text(row["reason"]))]
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
        if checked:
            why = f"{_check(row)}<br>result: <strong>{_computed_cell(row)}</strong><br>{why}"
        rows.append(
            f'<tr id="claim-{_text(row["claim_id"])}"><th scope="row">{_text(row["statement"])}<br>{place}</th>'
            f"<td>{_text(row['printed'])}</td><td>{why}</td></tr>"
        )
    columns = ["statement and place", "reported", "check, result and reason" if checked else "reason"]
    return _table(caption, columns, "".join(rows), kind="hs-claim-rows")


def _table(caption: str, columns: list[str], body: str, *, kind: str = "") -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
    return (
        f'<div class="{f"hs-table hs-computed {kind}".strip()}" role="region" aria-label="{_text(caption)}" '
        f'tabindex="0"><table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )
