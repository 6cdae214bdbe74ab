"""Pages of the book that are written from data: the data dictionary, constants, coverage, findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from compendium import chapters, corrections, datasets, dependencies, escape, paths, tables
from compendium.runs import Run, load_runs
from compendium.speed import speed

#: Kinds of data, in words for a reader.
KIND_WORDS = {
    "published": "published: transcribed from a source; each row names its place in that source",
    "official": "official: computed from official files that anyone can download, by the command that is named",
    "synthetic": "synthetic: generated with a known true value; it contains no real person or place",
    "illustrative": "illustrative: synthetic, made up to show a method",
    "coded": "coded: our own coding of a published text",
    "template": "template: an empty file to fill in, or one with synthetic examples",
    "reference": "reference: worked examples and definitions that methods are checked against",
}


def data_dictionary() -> str:
    """Return the data dictionary: every file and column, from ``data/datapackage.json``."""
    parts = [
        "# Data dictionary\n",
        "Every data file of the book. This page is generated from the description of the data package, and each file "
        "is checked against that description whenever it is loaded. The machine-readable description is "
        '<a href="../data/datapackage.json">datapackage.json</a>.\n',
    ]
    for resource in sorted(datasets.package()["resources"], key=lambda entry: (entry["kind"], entry["name"])):
        parts.append(_resource(resource))
    return "\n".join(parts)


def _resource(resource: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape.html(field["name"])}</code></th><td>{field["type"]}</td>'
        f"<td>{escape.html(field.get('unit', '–'))}</td><td>{escape.html(_limits(field))}</td>"
        f"<td>{escape.html(field['description'])}</td></tr>"
        for field in resource["schema"]["fields"]
    )
    sources = "; ".join(
        f'<a href="{escape.html(source["path"])}">{escape.html(source["title"])}</a>'
        if source.get("path", "").startswith("http")
        else escape.html(source["title"])
        for source in resource.get("sources", [])
    )
    licences = ", ".join(entry["name"] for entry in resource.get("licenses", []))
    return (
        f'<a id="data-{resource["name"]}"></a>\n\n## {resource["title"]}\n\n{resource["description"]}\n\n'
        f'<dl class="hs-provenance"><dt>Name</dt><dd><code>{resource["name"]}</code></dd>'
        f"<dt>Kind</dt><dd>{KIND_WORDS.get(resource['kind'], resource['kind'])}</dd>"
        f'<dt>File</dt><dd><a href="../data/{resource["path"]}" download>{resource["path"]}</a></dd>'
        f"<dt>Source</dt><dd>{sources or 'our own'}</dd><dt>Licence</dt><dd>{licences}</dd>{_computed(resource)}</dl>\n"
        + tables.framed(f"Columns of {resource['name']}", ("column", "type", "unit", "allowed", "meaning"), rows)
        + "\n"
        + _breaks(resource)
    )


def _computed(resource: dict[str, Any]) -> str:
    """Return the command that computes an aggregate again, and the official files that it reads."""
    if "computed" not in resource:
        return ""
    named = resource["computed"]["files"]
    command = " ".join(["healthsys data compute", resource["name"], "--from", *(f"'{one['name']}'" for one in named)])
    read = "; ".join(f"{one['name']} (SHA-256 {one['sha256'][:12]}…)" for one in named)
    return (
        f"<dt>Computed from</dt><dd>{escape.html(read)}</dd>"
        f"<dt>Command</dt><dd><code>{escape.html(command)}</code></dd>"
    )


def _breaks(resource: dict[str, Any]) -> str:
    """List the known changes of definition of the data, each with its source."""
    if "breaks" not in resource:
        return ""
    said = [
        f"- from {one['period']}, {' and '.join(f'`{start}`' for start in one['indicators'])}: {one['note']} "
        f"({one['source']}, {one['locator']}; {one['confidence'].replace('_', ' ')})\n"
        for one in resource["breaks"]
    ]
    return "\nKnown changes of definition, by the start of the indicator's name:\n\n" + "".join(said)


def _limits(field: dict[str, Any]) -> str:
    limits = field.get("constraints", {})
    words = []
    if "enum" in limits:
        words.append("one of " + ", ".join(map(str, limits["enum"])))
    if "minimum" in limits:
        words.append(f"at least {limits['minimum']}")
    if "maximum" in limits:
        words.append(f"at most {limits['maximum']}")
    if limits.get("unique"):
        words.append("unique")
    words.append("always given" if limits.get("required") else "may be missing")
    return "; ".join(words)


def constants() -> str:
    """Return the page of definitional constants that prose refers to."""
    frame = datasets.load("constants")
    rows = "".join(
        f'<tr id="const-{row.name}"><th scope="row"><code>{row.name}</code></th><td>{escape.html(row.value)}</td>'
        f"<td>{escape.html(row.meaning)}</td><td>{escape.html(row.source)}</td></tr>"
        for row in frame.itertuples(index=False)
    )
    return (
        "# Constants\n\nNumbers that define a method or an instrument. They are not results. Each is "
        "defined once, here, with its source, and the text refers to it by name.\n\n"
        + tables.framed("Constants", ("name", "value", "meaning", "source"), rows)
        + "\n"
    )


def coverage() -> str:
    """Return the page that says where each concept of the sources is, or why it is not."""
    frame = datasets.load("coverage")
    parts = [
        "# Where each concept of the sources is in the book\n",
        "Every concept that we found in the sources, with the page that covers it. If no page covers it, the reason is "
        f"given. Of {len(frame)} concepts {(frame['where'] == 'page').sum()} are on a page, "
        f"{(frame['where'] == 'ledger').sum()} are only claims that were checked, and "
        f"{(frame['where'] == 'not').sum()} are left out.\n",
    ]
    for source, rows in frame.groupby("source_key", sort=False):
        body = "".join(
            f'<tr><th scope="row">{escape.html(row.concept)}</th><td>{row.where}</td><td>{_link(row.page)}</td>'
            f"<td>{escape.html(row.reason) if pd.notna(row.reason) else '–'}</td></tr>"
            for row in rows.itertuples(index=False)
        )
        parts.append(
            f"## {escape.html(rows['source_title'].iloc[0])}\n\n"
            + tables.framed(f"Coverage of {source}", ("concept", "where", "page", "reason or note"), body)
            + "\n"
        )
    return "\n".join(parts)


def _link(page: Any) -> str:
    if pd.isna(page):
        return "–"
    return f'<a href="../{page}.html">{escape.html(page.rpartition("/")[2])}</a>'


#: In which order findings are listed: figures about the world first.
KIND_ORDER = ("official", "published", "coded", "computed", "synthetic")


def kind_order(kind: str) -> int:
    """Return the place of a kind of data in the order of findings; what others collected is official too."""
    kind = "official" if kind == datasets.COLLECTED else kind
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)


def findings() -> str:
    """Return "findings at a glance": the finding of each page with the kind of data behind it, real data first."""
    rows, known = [], chapters.load()
    for run in load_runs().values():
        path = paths.build() / "results" / f"{run.name}.json"
        results = json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else {}
        if results:
            chapter = known.get(run.name, chapters.Chapter())
            kind = kind_shown(run, chapter.kind)
            rows.append((kind_order(kind), _finding_row(run, results, kind=kind, question=chapter.question)))
    body = "".join(row for _, row in sorted(rows, key=lambda one: one[0]))
    return (
        "# Findings at a glance\n\nOne row for each analysis, taken from the recorded results. Figures computed from "
        "official files come first, then published figures, our own coding, what a formula gives, and examples on "
        "synthetic data. Follow the link to a page for its method, sensitivity analysis and "
        "limitations.\n\n"
        + tables.framed("Findings at a glance", ("page", "finding", "data"), body)
        + "\n"
    )


def kind_shown(run: Run, kind: str = "") -> str:
    """Return the kind of data that a page is about: as its chapter says, else that of its first data set."""
    first = datasets.kind_shown(datasets.describe(run.data[0])) if run.data else "computed"
    return kind or ("computed" if first == "reference" else first)


def _finding_row(run: Run, results: dict[str, Any], *, kind: str, question: str) -> str:
    """Return a row: the page and its question, unless that is the title; the finding; the kind of data."""
    entry = results.get("finding") or next(iter(results.values()))
    said = escape.html(entry["text"])
    if "finding" not in results:
        said = f"{escape.html(entry['meaning'])}: {said}" + (f" ({entry['interval']})" if entry.get("interval") else "")
    asked = f'<br><em class="hs-asked">{escape.html(chapters.typeset(question))}</em>' if question else ""
    return (
        f'<tr><th scope="row"><a href="analyses/{run.name}.html">{escape.html(run.title)}</a>{asked}</th>'
        f"<td>{said}</td><td>{kind}</td></tr>"
    )


#: Generated pages: path below ``book/`` and what writes them.
PAGES: dict[str, Callable[[], str]] = {
    "findings.md": findings,
    "reference/data-dictionary.md": data_dictionary,
    "reference/constants.md": constants,
    "reference/coverage.md": coverage,
    "reference/speed.md": speed,
    "reference/corrections.md": corrections.page,
    "reference/dependencies.md": dependencies.page,
}
