"""What a page offers for download: its figures, tables, data, notebook and results as files, and the links to them.

An :class:`Offer` goes through the markup of a page, gives every table an anchor, puts a line of links under each
figure and table, and keeps the files those links lead to. They lie in ``files/<document>/`` of the built book.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import html as parser
from markupsafe import Markup

from compendium import address, cite, datasets, drawings, escape, execution, files, paths, policy
from compendium.runs import Run
from compendium.spreadsheet import to_csv

#: Folder of these files in the built book.
FOLDER = "files"

_FIGURE = re.compile(r'<figure class="hs-figure" id="figure-([a-z0-9-]+)">.*?</figure>', re.S)
_TABLE = re.compile(
    r'(<div class="hs-table[^>]*>)(\s*<table.*?</table>\s*</div>)((?:\s*<p class="hs-table-note">.*?</p>)?)', re.S
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

#: Tables whose rows are in the files of results already.
_NOT_OFFERED = ("Settings used on this page", "Results recorded on this page")


class Offer:
    """The files that one page offers, by their name below ``files/<document>/``.

    ``document`` is the path of the page in the book, without ending; its ``title`` and the ``kind`` of its data are
    written into its figures as files. ``data`` names its data sets: a figure that says what it draws has that kind.

    Examples
    --------
    >>> offer = Offer("analyses/a")
    >>> page = offer.tables('<div class="hs-table" id="table-net"><table><tr><th>n</th></tr></table></div>')
    >>> 'href="../files/analyses/a/table-net.csv"' in page, list(offer.files)
    (True, ['table-net.csv'])
    """

    def __init__(self, document: str, *, title: str = "", kind: str = "", data: Sequence[str] = ()) -> None:
        self.document, self.title, self.kind, self.data = document, title, kind, data
        self.files: dict[str, str] = {}
        self.captions: dict[str, str] = {}

    def href(self, name: str) -> str:
        """Return the link from the page to one of its files."""
        return f"{'../' * self.document.count('/')}{FOLDER}/{self.document}/{name}"

    def kind_of(self, about: Mapping[str, str]) -> str:
        """Return what a reader is told of the data of a figure: by its data set, its own kind, or that of its page.

        Examples
        --------
        >>> page = Offer("analyses/a", kind="computed", data=["kh03_beds_england"])
        >>> page.kind_of({}), page.kind_of({"kind": "official"}), page.kind_of({"data_set": "staff_survey_national"})
        ('computed', 'official', 'official')
        >>> page.kind_of({"kind": "published"})
        "official figures, in a third party's collection"
        """
        if about.get("data_set"):
            return datasets.kind_shown(datasets.describe(about["data_set"]))
        if not about.get("kind"):
            return self.kind
        same = (one for one in map(datasets.describe, self.data) if one["kind"] == about["kind"])
        return datasets.kind_shown(next(same, {"kind": about["kind"]}))

    def figure(
        self, record: dict[str, Any], markup: str, *, moved: bool = False, about: Mapping[str, str] | None = None
    ) -> str:
        """Return the markup of a figure with its links, and keep the figure as SVG and its data as CSV.

        ``about`` is what the figure says of its data (:func:`compendium.plotting.show`). ``moved`` says that the
        figure is an explorer's: its markup carries what the page's script writes into the file of the chart as the
        reader has set it.
        """
        name = f"figure-{record['name']}"
        drawing = re.search(r"<svg.*?</svg>", markup, re.S)[0]
        origin = f"{cite.sentence(self.document, self.title, site=address.site())} Text and figures: CC BY 4.0."
        kind = self.kind_of(about or {})
        data = f"Data: {kind}." if kind else ""
        notes = [record["caption"], *([data] if data else []), origin]
        self._keep(f"{name}.svg", drawings.alone(drawing, title=self.title or name, notes=notes))
        self._keep(f"{name}.csv", to_csv(pd.DataFrame(record["rows"], columns=record["columns"])))
        kinds = (("svg", "SVG"), ("png", "PNG"), ("csv", "data (CSV)"))
        said = {"title": self.title or name, "data": data, "origin": origin} if moved else {}
        carried = "".join(f' data-{key}="{escape.html(text)}"' for key, text in said.items())
        line = self._line(name, kinds).replace("<p ", f"<p{carried} ", 1)
        return _FIGURE.sub(lambda match: match[0] + line, markup, count=1)

    def tables(self, markup: str) -> str:
        """Return markup with an anchor and a link for every table in it, and keep each table as CSV."""
        return _TABLE.sub(self._table, markup)

    def _table(self, match: re.Match[str]) -> str:
        opening, table, note = match.groups()
        label = html.unescape((re.search(r'aria-label="([^"]*)"', opening) or ["", ""])[1])
        if label in _NOT_OFFERED:
            return match[0]
        named = re.search(r'\bid="([^"]+)"', opening)
        anchor = named[1] if named else self._unused(f"table-{_slug(label)}")
        if not named:
            opening = opening.replace("<div ", f'<div id="{anchor}" ', 1)
        self._keep(f"{anchor}.csv", to_csv(rows_of(table)), label)
        return f"{opening}{table}{note}{self._line(anchor, (('csv', 'CSV'),))}"

    def _unused(self, anchor: str) -> str:
        number, found = 1, anchor
        while f"{found}.csv" in self.files:
            number, found = number + 1, f"{anchor}-{number + 1}"
        return found

    def _line(self, name: str, kinds: tuple[tuple[str, str], ...]) -> str:
        offered = " · ".join(f'<a href="{self.href(f"{name}.{kind}")}" download>{label}</a>' for kind, label in kinds)
        return f'<p class="hs-take hs-computed">Download: {offered} · <a href="#{name}">Copy link</a></p>'

    def _keep(self, name: str, text: str, caption: str = "") -> None:
        self.files[name] = text
        if caption:
            self.captions[name] = caption

    def results(self, results: dict[str, dict[str, Any]]) -> None:
        """Keep the recorded results as a table of values, for a spreadsheet."""
        wanted = ("value", "lower", "upper", "level", "unit", "n", "text", "interval", "meaning", "reason")
        rows = [{"name": name, **{key: entry.get(key) for key in wanted}} for name, entry in results.items()]
        self._keep("results.csv", to_csv(pd.DataFrame(rows, columns=["name", *wanted])))

    def section(self, run: Run) -> str:
        """Return the section "Download this page" of the page of a run."""
        data = [
            _link(f"../data/{described['path']}", described["title"], after=f"{datasets.kind_shown(described)}, CSV")
            for described in map(datasets.describe, run.data)
        ]
        notebook = [
            _link(f"../notebooks/{run.notebook.name}", "source", after=run.notebook.name),
            _link(f"../executed/{run.name}.ipynb", "as run for this page", after=f"{run.name}.ipynb"),
            *(_link(found, f"open in {name}") for name, found in address.launch(run.notebook.name).items()),
        ]
        results = [_link(f"../results/{run.name}.json", "JSON"), _link(self.href("results.csv"), "CSV")]
        drawn = [name.removesuffix(".svg") for name in self.files if name.endswith(".svg")]
        pictures = [
            Markup(f"{name.removeprefix('figure-').replace('-', ' ')}: ")
            + Markup(" ").join(_link(self.href(f"{name}.{kind}"), kind.upper()) for kind in ("svg", "png", "csv"))
            for name in drawn
        ]
        tables = [_link(self.href(name), caption) for name, caption in self.captions.items()]
        blocks = {"Data": data or ["none: computed from the settings"], "Notebook": notebook, "Results": results,
                  "Figures": pictures, "Tables (CSV)": tables}  # fmt: skip
        return policy.rendered("download.md", blocks={name: links for name, links in blocks.items() if links}).rstrip()


def _link(href: str, text: str, *, after: str = "") -> Markup:
    saved = "" if "://" in href else " download"
    said = f" ({escape.html(after)})" if after else ""
    return Markup(f'<a href="{escape.html(href)}"{saved}>{escape.html(text)}</a>{said}')


def _slug(label: str) -> str:
    """Return the opening words of a label as an anchor, without its numbers.

    >>> _slug("Gaps of 2023 by band: median, mean"), _slug("")
    ('gaps-of-by-band-median', 'unnamed')
    """
    words = re.findall(r"[a-z]+", label.lower())
    return "-".join(words[:5]) or "unnamed"


def rows_of(table: str) -> pd.DataFrame:
    """Return the rows of a table as they are shown, for a spreadsheet.

    Cells of numbers lose their thousands commas and take a plain minus sign; an empty mark becomes an empty cell.

    Examples
    --------
    >>> rows_of('<table><tr><th>a</th><th>b</th></tr><tr><th>x</th><td class="num">−1,250</td></tr></table>')
       a      b
    0  x  -1250
    """
    tree = parser.fragment_fromstring(table.replace("</div>", "").strip())
    lines = [[_cell(cell) for cell in row.xpath("./th | ./td")] for row in tree.iter("tr")]
    return pd.DataFrame(lines[1:], columns=lines[0]) if lines else pd.DataFrame()


def _cell(cell: parser.HtmlElement) -> str:
    text = " ".join(cell.text_content().split())
    if "num" in (cell.get("class") or "").split() and cell.tag == "td":
        text = _THOUSANDS.sub("", text.replace("−", "-"))
    return "" if text == "–" else text


def write(offered: dict[str, dict[str, str]]) -> None:
    """Write the files of every page to the build folder; draw a PNG where its SVG changed; drop what is left over."""
    target = paths.build() / FOLDER
    contents = {target / document / name: text for document, offers in offered.items() for name, text in offers.items()}
    pictures = {path: path.with_suffix(".png") for path in contents if path.suffix == ".svg"}
    new = [path for path, picture in pictures.items() if not (picture.is_file() and _says(path, contents[path]))]
    for path, picture in zip(new, execution.each(drawings.png, [contents[path] for path in new]), strict=True):
        files.write_whole(pictures[path], picture)  # first: if this is killed, the drawing is still the old one
    for path, content in contents.items():
        files.write_whole(path, content)
    kept = {*contents, *pictures.values()}
    for path in sorted(target.rglob("*")):
        if path.is_file() and path not in kept:
            path.unlink()


def _says(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content
