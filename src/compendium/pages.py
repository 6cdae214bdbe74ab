"""Compose the page of a run from its executed notebook: parameters folded, code hidden, provenance at the end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from compendium import datasets, escape, explorers, fingerprint, harvest, paths, project, tables
from compendium.chapters import Chapter, how_sure, next_steps, opened, questions
from compendium.described import with_description
from compendium.parameters import Parameter, parameters_of
from compendium.runs import Run
from compendium.takeaway import Offer


def compose(
    run: Run,
    executed: nbformat.NotebookNode,
    record: dict[str, Any],
    *,
    chapter: Chapter | None = None,
    offer: Offer | None = None,
    closing: str = "",
) -> nbformat.NotebookNode:
    """Return the page notebook of a run.

    Parameters
    ----------
    run
        The run; its title replaces the notebook's first heading.
    executed
        The executed, normalised notebook.
    record
        The run's results as harvested (:func:`compendium.execution.results_of`).
    chapter
        Question, certainty and next steps (:mod:`compendium.chapters`); none of them when None.
    offer
        What collects the files that the page offers; without it, a page links to none.
    closing
        The last section; :func:`provenance` by default.
    """
    page = new_notebook(metadata={"kernelspec": executed.metadata["kernelspec"]})
    outputs = [output.get("data", {}) for cell in executed.cells for output in cell.get("outputs", ())]
    moved = any(explorers.MARK in data.get("text/html", "") for data in outputs)  # an explorer tells its state itself
    for cell in executed.cells:
        tags = cell.metadata.get("tags", [])
        if {"injected-parameters", "own-data"} & set(tags) or not wanted(tags, record["parameters"]):
            continue
        if "parameters" in tags:
            known = parameters_of(run.read(), label=run.notebook.name)
            page.cells.append(new_markdown_cell(parameter_table(known, record["parameters"])))
        elif cell.cell_type == "code":
            page.cells.append(_code(cell, offer, described=not moved))
        else:
            page.cells.append(new_markdown_cell(cell.source))
    titled = next((cell for cell in page.cells if cell.cell_type == "markdown" and cell.source.startswith("# ")), None)
    if titled:
        titled.source = re.sub(r"^# .*", f"# {run.title}", titled.source, count=1)
    if titled and chapter:
        titled.source = opened(titled.source, chapter)
        answer = next((cell for cell in page.cells if "{result}`finding`" in cell.source), titled)
        answer.source += how_sure(chapter)
    if chapter:
        if chapter.ask:
            page.cells.append(new_markdown_cell(questions(chapter)))
        page.cells.append(new_markdown_cell(next_steps(run, chapter)))
    page.cells.append(new_markdown_cell(results_table(record["results"])))
    if offer:
        offer.results(record["results"])
        page.cells.append(new_markdown_cell(offer.section(run)))
    page.cells.append(new_markdown_cell(closing or provenance(run)))
    for position, cell in enumerate(page.cells):
        cell.id = f"c{position:03d}"
    return page


def wanted(tags: list[str], values: dict[str, Any]) -> bool:
    """Return whether a cell is shown: ``if-NAME`` needs parameter NAME to be set, ``if-NAME=VALUE`` to have that value.

    >>> wanted(["if-control"], {"control": ""}), wanted(["if-control"], {"control": "Area North"}), wanted([], {})
    (False, True, True)
    >>> wanted(["if-group=sex"], {"group": "sex"}), wanted(["if-group=sex"], {"group": "disabled"})
    (True, False)
    """
    conditions = [tag.removeprefix("if-").partition("=") for tag in tags if tag.startswith("if-")]
    return all(str(values.get(name)) == value if sign else values.get(name) for name, sign, value in conditions)


def _code(cell: nbformat.NotebookNode, offer: Offer | None, *, described: bool) -> nbformat.NotebookNode:
    """Keep the code, revealable, and what is meant for a reader: no records, no stray representations."""
    kept = []
    for output in cell.outputs:
        data = output.get("data")
        if data is not None:
            figure = data.get(harvest.FIGURE_TYPE)
            data = {key: value for key, value in data.items() if key not in (harvest.FIGURE_TYPE, "text/plain")}
            if harvest.RESULT_TYPE in data or not data:
                continue
            if offer and "text/html" in data:
                markup = offer.tables(data["text/html"])
                if figure and described:
                    markup = with_description(markup, figure)
                if figure:
                    about = output.metadata.get(harvest.FIGURE_TYPE, {})
                    markup = offer.figure(figure, markup, moved=not described, about=about)
                data = {**data, "text/html": markup}
            output = new_output("display_data", data=data)
        kept.append(output)
    tags = ["hide-input", *(tag for tag in cell.metadata.get("tags", []) if tag != "hide-input")]
    return new_code_cell(cell.source, outputs=kept, metadata={"tags": tags})


def parameter_table(known: dict[str, Parameter], values: dict[str, Any]) -> str:
    """Return the small folded table "Settings used on this page"."""
    rows = "".join(
        f'<tr id="parameter-{escape.html(name)}"><th scope="row"><code>{escape.html(name)}</code></th>'
        f"<td>{escape.html(_shown(values[name]))}</td>"
        f"<td>{escape.html(parameter.meaning)}</td><td>{escape.html(_choices(parameter.allowed))}</td></tr>"
        for name, parameter in known.items()
    )
    title, headings = "Settings used on this page", ("setting", "value", "meaning", "allowed values")
    framed = tables.framed(title, headings, rows, computed=False)
    return f'<details class="hs-parameters"><summary>{title}</summary>{framed}</details>'


def _choices(allowed: str) -> str:
    """Say what is allowed as a reader would: "none | one" as "none or one", nothing as empty."""
    *first, last = allowed.removesuffix(" or nothing").split(" | ")
    said = f"{', '.join(first)} or {last}" if first else last
    return f"{said}, or empty" if allowed.endswith(" or nothing") else said


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value) if value != "" else "–"


def results_table(results: dict[str, dict[str, Any]]) -> str:
    """Return the folded table of the results recorded on a page, each row an anchor that prose links to."""
    if not results:
        return "<p>No result is recorded on this page.</p>"
    rows = "".join(
        f'<tr id="result-{escape.html(name)}"><th scope="row"><code>{escape.html(name)}</code></th>'
        f"<td>{escape.html(_printed(entry))}</td><td>{escape.html(entry.get('interval') or '–')}</td>"
        f"<td>{escape.html(entry['meaning'])}{_reason(entry)}</td></tr>"
        for name, entry in results.items()
    )
    title, headings = "Results recorded on this page", ("name", "value", "interval", "meaning")
    framed = tables.framed(title, headings, rows, computed=False)
    summary = "<summary>All results, with intervals and explanations</summary>"
    return f'## {title}\n\n<details class="hs-results">{summary}{framed}</details>'


def _printed(entry: dict[str, Any]) -> str:
    answers = {True: "yes", False: "no"}
    return answers[entry["value"]] if isinstance(entry.get("value"), bool) else entry["text"]


def _reason(entry: dict[str, Any]) -> str:
    return f" ({escape.html(entry['reason'])})" if entry.get("reason") and entry.get("value") is None else ""


def provenance(run: Run) -> str:
    """Return the block every executed page ends with: what it was made from, and where to get it."""
    files = "".join(
        f'<li><a href="../{_data_path(name)}">{escape.html(_data_path(name))}</a> '
        f'<span class="hs-hash">SHA-256 {datasets.sha256(paths.root() / _data_path(name))}</span></li>'
        for name in run.data
    )
    return (
        "## Provenance\n\n"
        '<dl class="hs-provenance">'
        f'<dt>Notebook</dt><dd><a href="../notebooks/{run.notebook.name}" download>{run.notebook.name}</a>, '
        f'executed: <a href="../executed/{run.name}.ipynb" download>{run.name}.ipynb</a></dd>'
        f'<dt>Results</dt><dd><a href="../results/{run.name}.json">{run.name}.json</a></dd>'
        f"<dt>Data</dt><dd><ul>{files or '<li>none: computed from the settings</li>'}</ul></dd>"
        f"<dt>Package</dt><dd>{project.name()} {project.version()}</dd>"
        f'<dt>Environment</dt><dd>requirements/book.lock <span class="hs-hash">SHA-256 {fingerprint.lock_hash()}'
        "</span></dd></dl>"
    )


def files_used(run: Run, sources: list[str]) -> str:
    """Return the section that a report ends with: each file with its size and checksum, and what computed it.

    Parameters
    ----------
    run
        The notebook as it was run.
    sources
        Names of bundled data sets, and paths of a reader's files and folders.
    """
    listed = []
    for source in sources:
        named = source in datasets.names()
        path = paths.root() / _data_path(source) if named else Path(source)
        whose = "data of the book" if named else "your file"
        listed += [_file(one, whose) for one in (sorted(path.iterdir()) if path.is_dir() else [path]) if one.is_file()]
    return (
        "## Provenance\n\n"
        '<dl class="hs-provenance">'
        f"<dt>Files</dt><dd><ul>{''.join(listed) or '<li>none: computed from the settings</li>'}</ul></dd>"
        f"<dt>Computed by</dt><dd>notebook {run.notebook.name}, {project.name()} {project.version()}, "
        f'requirements/book.lock <span class="hs-hash">SHA-256 {fingerprint.lock_hash()}</span></dd></dl>'
    )


def _file(path: Path, whose: str) -> str:
    return (
        f"<li>{escape.html(path.name)} ({whose}, {path.stat().st_size:,} bytes) "
        f'<span class="hs-hash">SHA-256 {datasets.sha256(path)}</span></li>'
    )


def _data_path(name: str) -> str:
    return f"data/{datasets.describe(name)['path']}"
