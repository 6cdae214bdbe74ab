"""What of a composed page a report shows: only what concerns a reader's data, and the few pages that a board reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from compendium import escape
from compendium.parameters import Parameter

#: The tag of words that only a report on a reader's own data shows.
OWN = "own-data"

#: Sections about the book's sources and for learners: no part of a report on a reader's own data.
_OF_THE_BOOK = ("What the source says", "Try it yourself")

#: References to figures and claims of the book's sources.
_OF_THE_SOURCES = re.compile(r"\{(?:published|claim)\}`")

_ROLE = re.compile(r"\{(\w+)\}`([^`]+)`")
_HEADING = re.compile(r"(?m)^(?=## )")
_BLOCKS = re.compile(r"\n\s*\n|\n(?=- )")
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.S)

#: Rows that a table of the short edition has at most, its header included.
MOST_ROWS = 20

#: Sentences of evidence in the short edition.
MOST_SENTENCES = 12


@dataclass(frozen=True)
class Cover:
    """What stands above a report: its title in the reader's words, and who made it, when, and who answers for it.

    >>> print(Cover(organisation="Our Trust", date="1 May 2026").lines("How large is the gap?"))
    # How large is the gap?
    <BLANKLINE>
    <p class="hs-cover">Our Trust · 1 May 2026</p>
    """

    title: str = ""
    organisation: str = ""
    date: str = ""
    contact: str = ""

    def lines(self, question: str) -> str:
        """Return the heading of a report as Markdown; the notebook's question follows a title of the reader's own."""
        asked = [f'<p class="hs-question">{escape.html(question)}</p>'] if self.title else []
        named = [self.organisation, self.date, f"Contact: {self.contact}" if self.contact else ""]
        said = " · ".join(escape.html(one) for one in named if one)
        cover = [f'<p class="hs-cover">{said}</p>'] if said else []
        return "\n\n".join([f"# {escape.markdown(self.title) if self.title else question}", *asked, *cover])


def sections(cells: list[nbformat.NotebookNode]) -> list[tuple[str, list[nbformat.NotebookNode]]]:
    """Return headings of the second level and the cells below each; what stands before the first has none.

    >>> cell = nbformat.v4.new_markdown_cell("# A\\n\\nSo.\\n\\n## Data\\n\\nTwo.\\n\\n## Results")
    >>> [(heading, len(below)) for heading, below in sections([cell])]
    [('', 1), ('Data', 1), ('Results', 1)]
    """
    found: list[tuple[str, list[nbformat.NotebookNode]]] = [("", [])]
    for cell in cells:
        if cell.cell_type != "markdown":
            found[-1][1].append(cell)
            continue
        for text in filter(str.strip, _HEADING.split(cell.source)):
            if text.startswith("## "):
                found.append((text.partition("\n")[0][3:].strip(), []))
            found[-1][1].append(new_markdown_cell(text.strip(), metadata=cell.metadata))
    return found


def for_reader(
    cells: list[nbformat.NotebookNode], known: dict[str, Parameter], own: list[str]
) -> list[nbformat.NotebookNode]:
    """Return the cells of an executed notebook that concern a reader's own data.

    Left out are cells tagged ``bundled-data``, cells tagged ``file-NAME`` where no own file is given for the parameter
    NAME (which the page then says), the sections on the book's sources and for learners, and paragraphs that quote a
    figure of a source. ``known`` are the notebook's parameters, ``own`` names those that hold a reader's own file.
    """
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
    missing = [name for name in known if f"file-{name}" in tags and name not in own]
    dropped = {"bundled-data", *(f"file-{name}" for name in missing)}
    kept = [cell for cell in cells if not dropped & set(cell.metadata.get("tags", []))]
    kept = [cell for heading, below in sections(kept) if heading not in _OF_THE_BOOK for cell in below]
    for cell in kept:
        cell.metadata = {**cell.metadata, "tags": [tag for tag in cell.metadata.get("tags", []) if tag != OWN]}
        if cell.cell_type == "markdown":
            cell.source = _blocks(cell.source, lambda block: not _OF_THE_SOURCES.search(block))
    if missing:
        said = "; ".join(f"{known[name].meaning} (`{name}`)" for name in missing)
        first = next((at for at, cell in enumerate(kept) if cell.source.startswith("## ")), len(kept))
        kept.insert(first, new_markdown_cell(f"Not given, and so left out: {said}."))
    return kept


def answered(source: str, resolves: Any) -> str:
    """Return Markdown without paragraphs and list items that refer to something which the report does not hold.

    ``resolves`` is a function of kind and target of a reference; it is False if there is nothing to show.

    Examples
    --------
    >>> answered("Kept.\\n\\nNot {result}`other/x`.\\n\\n- one\\n- {result}`y`", lambda kind, target: target == "y")
    'Kept.\\n\\n- one\\n- {result}`y`'
    """
    return _blocks(source, lambda block: all(resolves(*role.groups()) for role in _ROLE.finditer(block)))


def _blocks(source: str, wanted: Any) -> str:
    if not _ROLE.search(source):
        return source
    pieces = re.split(rf"({_BLOCKS.pattern})", source)
    kept = "".join(
        between + block
        for between, block in zip(["", *pieces[1::2]], pieces[::2], strict=True)
        if wanted(block) or block.startswith("#")
    )
    return kept.strip()


def without_dead_links(body: str) -> str:
    """Return markup in which a link to a file beside the page, or to a place that it lacks, is plain text.

    >>> without_dead_links('<a href="other.html">b</a> <a href="#here">c</a> <a href="https://doi.org/1">d</a>')
    'b c <a href="https://doi.org/1">d</a>'
    """
    there = set(re.findall(r'\bid="([^"]+)"', body))

    def kept(link: re.Match[str]) -> str:
        href = link[1]
        return link[0] if href.startswith("https://") or (href[:1] == "#" and href[1:] in there) else link[2]

    return _LINK.sub(kept, body)


def short(page: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the short edition of a composed page: answer, a figure, a table, evidence, limits, settings and files.

    Figure and table are those of cells tagged ``brief``, or else the first of the results, or of the page. A table of
    more than :data:`MOST_ROWS` rows is left to the full edition.
    """
    parts = sections(page.cells)
    by_name = dict(parts)
    results = by_name.get("Results", [])
    everything = [cell for _, below in parts for cell in below]
    marked = [cell for cell in everything if "brief" in cell.metadata.get("tags", [])]
    opening = [cell for cell in by_name[""] if not cell.source.startswith("<details")]
    settings = [cell for cell in by_name[""] if cell.source.startswith("<details")]
    found = [(cell, one) for cell in [*marked, *results, *everything] for one in _outputs(cell, "text/html")]
    figure = next(((cell, one) for cell, one in found if "hs-figure" in one), None)
    table = next((one for _, one in found if "hs-figure" not in one and 0 < one.count("<tr") <= MOST_ROWS), "")
    told = [*results, *by_name.get("Sensitivity analysis", [])]
    if figure and not any(figure[0] is cell for cell in results):
        told = [*next(below for _, below in parts if any(figure[0] is cell for cell in below)), *told]
    evidence = [*_read(everything), *(sentence for cell in told for sentence in _said(cell))][:MOST_SENTENCES]
    chosen = _shown([figure[1]] if figure else []), _shown([table] if table else [])
    cells = [*opening, new_markdown_cell("## Results"), *chosen]
    cells += [new_markdown_cell("## Evidence"), *evidence] if evidence else []
    cells += by_name.get("Limitations", [])
    cells += by_name.get("Results recorded on this page", [])
    cells += [new_markdown_cell("## Settings"), *settings] if settings else []
    cells += by_name.get("Provenance", [])
    shown = [cell if cell.cell_type == "markdown" else new_code_cell("", outputs=cell.outputs) for cell in cells]
    return new_notebook(cells=shown, metadata=page.metadata)


def _shown(contents: list[str], kind: str = "text/html") -> nbformat.NotebookNode:
    """Return a cell of output alone."""
    outputs = [new_output("display_data", data={kind: one}) for one in contents]
    return new_code_cell("", outputs=outputs)


def _outputs(cell: nbformat.NotebookNode, kind: str) -> list[str]:
    return [output.data[kind] for output in cell.get("outputs", ()) if kind in output.get("data", {})]


def _read(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return how each file was read, as cells."""
    said = dict.fromkeys(one for cell in cells for one in _outputs(cell, "text/markdown") if one.startswith("How "))
    return [_shown([one], "text/markdown") for one in said]


def _said(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the sentences of a cell that state a result, as cells."""
    if cell.cell_type == "code":
        return [_shown([one], "text/markdown") for one in _outputs(cell, "text/markdown")]
    blocks = _BLOCKS.split(cell.source)
    return [new_markdown_cell(block) for block in blocks if "{result}`" in block and not block.startswith("#")]
