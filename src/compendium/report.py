"""One notebook on a reader's own data, as a single HTML page that needs nothing else."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from compendium import escape, execution, files, formula, harvest, pages, paths, policy, typefaces
from compendium.described import with_description
from compendium.errors import CompendiumError
from compendium.lookup import Lookup
from compendium.parameters import own_sources, parameters_of, validate
from compendium.runs import Run, find_notebook


def report(notebook: str, given: dict[str, Any], *, out: Path, folder: Path) -> Path:
    """Execute a notebook on given parameters and write ``index.html`` and ``results.json`` into a folder.

    Nothing is written unless the whole notebook succeeds; an earlier report stays in place until then.

    Parameters
    ----------
    notebook
        Name of a notebook in ``notebooks/``.
    given
        Parameters by name; files may be relative to ``folder``.
    out
        Folder of the report, made if need be.
    folder
        Where relative file paths start: the caller's working folder.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    RunError
        If a parameter does not fit, or the notebook refuses the data: the message says what to correct.
    """
    text, record = composed(notebook, given, folder=folder)
    files.write_whole(out / "results.json", files.as_json(record))
    files.write_whole(out / "index.html", text)
    return out / "index.html"


def composed(notebook: str, given: dict[str, Any], *, folder: Path, style_link: str = "") -> tuple[str, dict[str, Any]]:
    """Execute a notebook on given parameters and return its page and its results; see :func:`report`."""
    path = find_notebook(notebook)
    source = nbformat.read(path, as_version=4)
    known = parameters_of(source, label=path.name)
    checked = validate(given, known, label=path.stem, folder=folder)
    heading = re.search(r"^# (.*)$", source.cells[0].source, flags=re.M)
    run = Run(path.stem, path, heading[1] if heading else path.stem, checked)
    executed, _ = execution.execute_notebook(path, checked, label=path.stem)
    if own_sources(checked, known):
        # What a notebook says of the bundled data stands in cells of its own, which a report on other data leaves out.
        executed.cells = [cell for cell in executed.cells if "bundled-data" not in cell.metadata.get("tags", [])]
    record = execution.results_of(run, executed)
    page = pages.compose(run, executed, record)
    return render(page, record, title=run.title, style_link=style_link), record


def render(page: nbformat.NotebookNode, record: dict[str, Any], *, title: str, style_link: str = "") -> str:
    """Return a composed page as one self-contained HTML document.

    Parameters
    ----------
    page
        From :func:`compendium.pages.compose`.
    record
        The results the page's references show.
    title
        Title of the document.
    style_link
        Address of a style sheet to link to, where many pages share one; carried inside the page by default.
    """
    with tempfile.TemporaryDirectory() as scratch:
        lookup = Lookup(Path(scratch))
        (Path(scratch) / f"{record['run']}.json").write_text(files.as_json(record), encoding="utf-8")
        parser, plain = _parser(lookup, record["run"]), _sentences()
        body = "\n".join(_cell(cell, parser, plain) for cell in page.cells)
    template = policy.templates().get_template("report.html")
    look = "" if style_link else style()
    made = template.render(title=title, body=body, style=look, style_link=style_link) + "\n"
    return policy.carry(made, policy.of_report(made))


def markdown(text: str) -> str:
    """Return Markdown with the book's roles as HTML; references to results of a run stay as they are written."""
    return _parser(Lookup(paths.build() / "results"), "").render(text)


def style() -> str:
    """Return the book's style sheet with its typefaces carried inside."""
    sheets = (typefaces.folder() / name for name in ("identity.css", "content.css"))
    return typefaces.inside("\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets))


def _cell(cell: nbformat.NotebookNode, parser: MarkdownIt, plain: MarkdownIt) -> str:
    if cell.cell_type == "markdown":
        return parser.render(cell.source)
    source = escape.html_lines(cell.source)
    code = f"<details class='hs-code'><summary>Code</summary><pre><code>{source}</code></pre></details>"
    return code + "".join(_output(output, plain) for output in cell.outputs)


def _output(output: Any, plain: MarkdownIt) -> str:
    if output.output_type == "stream":
        return f"<pre class='hs-printed'>{escape.html_lines(output.text)}</pre>"
    data = output.data
    if "text/html" in data:
        figure = data.get(harvest.FIGURE_TYPE)
        return with_description(data["text/html"], figure) if figure else data["text/html"]
    if "text/markdown" in data:
        return plain.render(data["text/markdown"])
    return f"<pre>{escape.html_lines(str(data.get('text/plain', '')))}</pre>"


def _sentences() -> MarkdownIt:
    """Return the parser of what a notebook's code says: paragraphs, lists, tables, and no way out of the page."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.disable(["link", "image", "autolink", "reference", "html_inline", "html_block", "code"])


def _parser(lookup: Lookup, run: str) -> MarkdownIt:
    """Return the parser of what is written in a notebook, or by the pages around it: roles, formulas, HTML."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(dollarmath_plugin, renderer=_math).use(myst_role_plugin)
    parser.add_render_rule("myst_role", lambda self, tokens, at, options, env: _role(tokens[at], lookup, run))
    return parser


def _math(text: str, options: dict[str, Any]) -> str:
    return formula.mathml(text, block=bool(options.get("display_mode")))


def _role(token: Any, lookup: Lookup, run: str) -> str:
    kind, content = token.meta["name"], token.content
    if kind.startswith("cite"):
        return ", ".join(citation(key.strip(), in_text=kind == "cite:t") for key in content.split(","))
    try:
        found = lookup.resolve(kind, content, run)
    except (CompendiumError, AttributeError):
        return escape.html(content)
    title, kind = escape.html(found.title), "hs-ref hs-sentence" if found.is_sentence else "hs-ref"
    if found.document.endswith(f"/{run}"):
        return f'<a class="{kind}" href="#{found.anchor}" title="{title}">{escape.html(found.text)}</a>'
    return f'<span class="{kind}" title="{title}">{escape.html(found.text)}</span>'


def citation(key: str, *, in_text: bool = False) -> str:
    """Return who is cited, linked to its DOI: "(Gilson et al. 2020)", in the text "Gilson et al. (2020)"."""
    from pybtex.database import parse_file

    entries = parse_file(str(paths.book() / "references.bib")).entries
    if key not in entries:
        return escape.html(key)
    fields = entries[key].fields
    people = entries[key].persons.get("author", [])
    names = " ".join(people[0].last_names) if people else fields.get("title", key)
    if len(people) > 1:
        names += " et al." if len(people) > 2 else " and " + " ".join(people[1].last_names)
    year = f"({fields.get('year', '')})" if in_text else fields.get("year", "")
    text = escape.html(f"{names} {year}".replace("{", "").replace("}", "").strip())
    doi = fields.get("doi")
    linked = f'<a href="https://doi.org/{escape.html(doi)}">{text}</a>' if doi else text
    return linked if in_text else f"({linked})"


