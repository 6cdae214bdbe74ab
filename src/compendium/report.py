"""One notebook on a reader's own data, as a single HTML page that needs nothing else."""

from __future__ import annotations

import copy
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from compendium import edition, escape, execution, files, formula, harvest, pages, paths, policy, printing, typefaces
from compendium.catalogue import title_of
from compendium.described import with_description
from compendium.edition import Cover
from compendium.errors import CompendiumError, RunError
from compendium.lookup import Lookup
from compendium.parameters import own_sources, parameters_of, validate
from compendium.runs import Run, find_notebook

#: What opens a report whose notebook gives no verdict on small numbers.
NO_RULE = (
    "This notebook does not judge whether small numbers can be worked out. If the file counts people or what happened "
    "to them, check the smallest numbers of the report against the rules of your organisation."
)

#: What marks every table and figure of a report that is not safe to share.
NOT_SAFE = "Not for sharing. "


def report(
    notebook: str,
    given: dict[str, Any],
    *,
    out: Path,
    folder: Path,
    cover: Cover | None = None,
    full: bool = False,
    pdf: bool = False,
) -> list[Path]:
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
    cover
        Title, organisation, date and contact; the notebook's question alone by default.
    full
        Every section of the notebook with its code, not the short edition.
    pdf
        Also write ``report.pdf``, printed by Chromium.

    Returns
    -------
    list of pathlib.Path
        The page, and its PDF if there is one.

    Raises
    ------
    CompendiumError
        If a parameter does not fit, the notebook refuses the data, or there is no Chromium to print with: the message
        says what to correct.
    """
    files.refuse_unwritable(out)
    if (out / "index.html").exists() and not (out / "results.json").exists():
        raise RunError(f"'{out / 'index.html'}' is there and no report; give --out a folder of its own")
    browser = printing.find_browser() if pdf else ""
    text, record = composed(notebook, given, folder=folder, cover=cover, full=full)
    made: dict[Path, str | bytes] = {out / "results.json": files.as_json(record), out / "index.html": text}
    if pdf:
        made[out / "report.pdf"] = printing.printed(text, browser=browser)
    files.write_together(made)
    return [path for path in made if path.suffix != ".json"]


def composed(
    notebook: str,
    given: dict[str, Any],
    *,
    folder: Path,
    style_link: str = "",
    cover: Cover | None = None,
    full: bool = True,
) -> tuple[str, dict[str, Any]]:
    """Execute a notebook on given parameters and return its page and its results; see :func:`report`."""
    path = find_notebook(notebook)
    source = nbformat.read(path, as_version=4)
    known = parameters_of(source, label=path.name)
    checked = validate(given, known, label=path.stem, folder=folder)
    executed, _ = execution.execute_notebook(path, checked, label=path.stem)
    own = own_sources(checked, known)
    if own:
        executed.cells = edition.for_reader(executed.cells, known, own)
    run = Run(path.stem, path, title_of(executed, path.stem), checked)
    record = execution.results_of(run, executed)
    used = [value for name, one in known.items() if one.is_source and (value := checked.get(name, one.default))]
    page = pages.compose(run, executed, record, closing=pages.files_used(run, used))
    page = page if full else edition.short(page)
    record = as_shown(record) if own else record
    text = render(page, record, title=run.title, style_link=style_link, cover=cover or Cover())
    return with_verdict(text, record) if own else text, record


def render(
    page: nbformat.NotebookNode,
    record: dict[str, Any],
    *,
    title: str,
    style_link: str = "",
    cover: Cover | None = None,
) -> str:
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
    cover
        What stands above a report. A page with one stands alone: paragraphs that refer to other pages are left out, and
        links to files beside it are plain text.
    """
    with tempfile.TemporaryDirectory() as scratch:
        lookup = Lookup(Path(scratch))
        (Path(scratch) / f"{record['run']}.json").write_text(files.as_json(record), encoding="utf-8")
        if cover:
            _stand_alone(page, lookup, record["run"], title, cover)
        parser, plain = _parser(lookup, record["run"]), _sentences()
        body = "\n".join(_cell(cell, parser, plain) for cell in page.cells)
    if cover:
        body, title = edition.without_dead_links(body), cover.title or title
    template = policy.templates().get_template("report.html")
    look = "" if style_link else style()
    made = template.render(title=title, body=body, style=look, style_link=style_link) + "\n"
    return policy.carry(made, policy.of_report(made))


def _stand_alone(page: nbformat.NotebookNode, lookup: Lookup, run: str, title: str, cover: Cover) -> None:
    """Put the cover above a page, and leave out what refers to something that a report does not hold."""

    def resolves(kind: str, target: str) -> bool:
        if kind not in ("result", "param"):
            return True
        try:
            return bool(lookup.resolve(kind, target, run))
        except CompendiumError:
            return False

    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = edition.answered(cell.source, resolves)
            if cell.source.startswith("# "):
                cell.source = re.sub(r"^# .*", lambda _: cover.lines(title), cell.source, count=1)


def as_shown(record: dict[str, Any]) -> dict[str, Any]:
    """Return the results of a report with no more digits than its page shows: further ones can give people away.

    Each result and figure of a report that is not safe to share says so, as its captions do.

    >>> results = {"gap": {"value": 15.254, "lower": 12.04, "upper": 18.46, "format": "{:.1f}%", "meaning": "Gap"}}
    >>> as_shown({"results": results})["results"]["gap"]["value"]
    15.3
    """
    results = {}
    mark = NOT_SAFE if record["results"].get("safe_to_share", {}).get("value") == "no" else ""
    for name, result in record["results"].items():
        decimals = re.search(r"\.(\d)f", result["format"])
        numbers = {one: result[one] for one in ("value", "lower", "upper") if isinstance(result.get(one), float)}
        rounded = {one: round(number, int(decimals[1])) for one, number in numbers.items()} if decimals else {}
        results[name] = result | rounded | {"meaning": mark + result["meaning"]}
    marked = {name: one | {"caption": mark + one["caption"]} for name, one in record.get("figures", {}).items()}
    return record | {"results": results, "figures": marked}


def with_verdict(text: str, record: dict[str, Any]) -> str:
    """Return a report that opens with its result ``safe_to_share``; each caption of one that is not safe says so."""
    found = record["results"].get("safe_to_share", {"value": "", "meaning": NO_RULE})
    answer = {"yes": "Yes, under the rules below", "no": "No"}.get(found["value"], "Check first")
    reasons = escape.html(found["meaning"].removeprefix(NOT_SAFE))
    opening = '<aside class="hs-share" role="note" aria-label="Safe to share?">'
    opening += f"<p><strong>Safe to share? {answer}.</strong> {reasons}</p></aside>"
    text = text.replace('<main class="bd-article">', f'<main class="bd-article">\n{opening}', 1)
    return re.sub("(<caption><span>|<figcaption>)", rf"\1{NOT_SAFE}", text) if found["value"] == "no" else text


def markdown(text: str) -> str:
    """Return Markdown with the book's roles as HTML; references to results of a run stay as they are written."""
    return _parser(Lookup(paths.build() / "results"), "").render(text)


def style() -> str:
    """Return the book's style sheet with its typefaces carried inside, and what a report on paper needs."""
    sheets = [typefaces.folder() / name for name in ("identity.css", "content.css")]
    sheets.append(Path(__file__).parent / "templates" / "report.css")
    return typefaces.inside("\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets))


def _cell(cell: nbformat.NotebookNode, parser: MarkdownIt, plain: MarkdownIt) -> str:
    if cell.cell_type == "markdown":
        return parser.render(cell.source)
    source = escape.html_lines(cell.source)
    code = f"<details class='hs-code'><summary>Code</summary><pre><code>{source}</code></pre></details>"
    return (code if source else "") + "".join(_output(output, plain) for output in cell.outputs)


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


_ROLE = re.compile(r"\{(result|published|claim|param|constant|cite:p|cite:t)\}`([^`]+)`")


def readable(notebook: nbformat.NotebookNode, lookup: Lookup, run: str) -> nbformat.NotebookNode:
    """Return an executed notebook whose text shows values where the source has references, for Jupyter.

    A reference that leads nowhere stays as it is written.
    """

    def shown(match: re.Match[str]) -> str:
        kind, content = match.groups()
        try:
            if kind.startswith("cite"):
                return ", ".join(citation(key.strip(), in_text=kind == "cite:t") for key in content.split(","))
            return lookup.resolve(kind, content, run).text
        except (CompendiumError, KeyError):
            return match[0]

    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = _ROLE.sub(shown, cell.source)
    return made


@files.once
def _entries(path: Path) -> dict[str, Any]:
    from pybtex.database import parse_file

    return parse_file(str(path)).entries


def citation(key: str, *, in_text: bool = False) -> str:
    """Return who is cited, linked to its DOI: "(Gilson et al. 2020)", in the text "Gilson et al. (2020)"."""
    entries = _entries(paths.book() / "references.bib")
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
