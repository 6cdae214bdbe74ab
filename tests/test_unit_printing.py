"""The printed book: what a page leaves behind, where its links lead, how its contents count, what is refused."""

from __future__ import annotations

import re
import sys

import pytest
from lxml import html as parser

from compendium import cite, paths, printing
from compendium.errors import CompendiumError

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><nav>Menu</nav>
<article class="bd-article"><section id="beds"><h1>Beds &amp; slack<a class="headerlink" href="#beds">#</a></h1>
<p>The <a href="../index.html#top">start</a>, <a href="other.html#figure-b">another page</a>, a
<a href="../files/table.csv">file</a>, a <a href="https://doi.org/10.1/x">source</a>, a <a href="#beds">place here</a>
and a <a href="other.html">whole page</a>.</p>
<button>Copy</button><details><summary>Long</summary><p>kept</p></details>
<details class="hide above-input"><summary>Code</summary><pre>import os</pre></details>
<div class="hs-narrow"><svg></svg></div><div class="cell_input">import os</div><p class="hs-take">CSV</p>
<svg><defs><path id="tick"></path></defs><use href="#tick"></use><rect clip-path="url(#tick)"></rect></svg>
<section id="download-this-page"><h2>Download this page</h2></section><h2>Second</h2></section></article>
</body></html>"""

TOC = """format: jb-book
root: index
parts:
  - caption: Care <now>
    chapters:
      - file: analyses/beds
      - file: analyses/other
"""


@pytest.fixture
def book(mini):
    """A project of three built pages."""
    (mini / "book/_toc.yml").write_text(TOC)
    for name in ("index", "analyses/beds", "analyses/other"):
        path = mini / f"book/_build/html/{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE if name.endswith("beds") else PAGE.replace("Beds &amp; slack", name))
    return mini


def chapter(name="analyses/beds"):
    kind, title, markup = printing._chapter("page", name, paths.build() / "html")
    return kind, title, parser.fromstring(markup)


def test_the_contents_follow_the_book(book):
    assert printing.contents() == [
        ("page", "index"), ("part", "Care <now>"), ("page", "analyses/beds"), ("page", "analyses/other")
    ]  # fmt: skip
    (book / "book/_toc.yml").write_text("root: index\nchapters:\n  - file: findings\n")
    assert printing.contents() == [("page", "index"), ("page", "findings")]


def test_a_page_leaves_its_screen_behind(book):
    _, title, page = chapter()
    assert title == "Beds & slack"
    said = page.text_content()
    for gone in ("Menu", "#", "Copy", "import os", "CSV", "Download this page"):
        assert gone not in said
    assert "kept" in said
    assert page.xpath("//details/@open") == [""]
    # A level deeper: the part is the first level of the bookmarks.
    assert [heading.tag for heading in page.xpath("//h1 | //h2 | //h3")] == ["h2", "h3"]
    assert page.get("id") == "analyses-beds"


def test_links_lead_inside_the_document_or_become_text(book):
    _, _, page = chapter()
    links = {link.text: link.get("href") for link in page.iter("a")}
    assert links == {
        "start": "#index--top",
        "another page": "#analyses-other--figure-b",
        "file": None,
        "source": "https://doi.org/10.1/x",
        "place here": "#analyses-beds--beds",
        "whole page": "#analyses-other",
    }


def test_a_link_to_a_file_leads_to_the_site_where_there_is_one(book, monkeypatch):
    monkeypatch.setattr(printing.address, "site", lambda: "https://example.org/book")
    _, _, page = chapter()
    assert "https://example.org/book/files/table.csv" in page.xpath("//a/@href")


def test_names_inside_a_drawing_stay_together_and_apart_from_other_pages(book):
    _, _, page = chapter()
    (path,) = page.xpath("//*[local-name()='path']")
    assert path.get("id") == "analyses-beds--tick"
    assert page.xpath("//*[local-name()='use']/@href") == ["#analyses-beds--tick"]
    assert page.xpath("//*[local-name()='rect']/@clip-path") == ["url(#analyses-beds--tick)"]


def test_a_part_is_escaped():
    assert printing._chapter("part", "Care <now>", None) == (
        "part", "Care <now>", '<h1 class="hs-part">Care &lt;now&gt;</h1>'
    )  # fmt: skip


def test_the_contents_carry_the_page_numbers_of_the_print_before(book, monkeypatch):
    monkeypatch.setattr(cite, "about", lambda: {"title": "Small: a book", "authors": ["One", "Two"],
                                                "version": "9.9", "year": 2031})  # fmt: skip
    parts = [printing._chapter(kind, name, paths.build() / "html") for kind, name in printing.contents()]
    first = printing._whole(parts, [], styles=paths.build() / "html/_static")
    assert "<h1>Small</h1>" in first
    assert "Version 9.9, 2031" in first
    assert "One, Two" in first
    # Title and contents are the first two bookmarks.
    second = printing._whole(parts, [1, 2, 3, 7, 8, 12], styles=paths.build() / "html/_static")
    line = r'<li class="hs-(\w+)-line"><span>(?:<a href="(.*?)">)?(.*?)(?:</a>)?</span><span>(.*?)<'
    lines = re.findall(line, second)
    assert lines == [
        ("page", "#index", "index", "3"),
        ("part", "", "Care &lt;now&gt;", "7"),
        ("page", "#analyses-beds", "Beds &amp; slack", "8"),
        ("page", "#analyses-other", "analyses/other", "12"),
    ]


class Outline:
    """What pypdf gives of bookmarks: entries, and a list for what stands below the entry before."""

    outline = ("title", "contents", "part", ["chapter", ["section", ["detail"]], "next"])

    def get_destination_page_number(self, entry):
        return {"title": 0, "contents": 1, "part": 4, "chapter": 5, "section": 6, "next": 9}[entry]


def test_page_numbers_are_of_the_first_two_levels():
    assert printing._page_numbers(Outline()) == [1, 2, 5, 6, 10]


def test_the_browser_is_the_named_one_or_the_first_found(monkeypatch, tmp_path):
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv(printing.BROWSER, str(program))
    assert printing.find_browser() == str(program)
    monkeypatch.setenv(printing.BROWSER, str(tmp_path / "absent"))
    with pytest.raises(CompendiumError, match=r"HEALTHSYS_CHROMIUM is '.*absent', which cannot be run; name the"):
        printing.find_browser()
    monkeypatch.delenv(printing.BROWSER)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompendiumError, match="Chromium is needed to make the PDF, and none was found; install it"):
        printing.find_browser()
    program.rename(tmp_path / "chromium-browser")
    assert printing.find_browser() == str(tmp_path / "chromium-browser")


def test_without_a_built_book_or_what_printing_needs_nothing_is_printed(mini, monkeypatch):
    monkeypatch.setattr(printing, "find_browser", lambda: "chromium")
    with pytest.raises(CompendiumError, match="there is no built book to print; build it first: make book"):
        printing.write()
    (mini / "book/_build/html").mkdir(parents=True)
    (mini / "book/_build/html/index.html").write_text(PAGE)
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(CompendiumError, match="pypdf is not installed; `make pdf` installs what printing needs"):
        printing.write()
    assert not (mini / "book/_build/pdf").exists()


def test_a_browser_that_does_not_start_leaves_the_last_print_in_place(book, monkeypatch, tmp_path):
    program = tmp_path / "no-browser"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(printing, "find_browser", lambda: str(program))
    out = tmp_path / "out/book.pdf"
    out.parent.mkdir()
    out.write_bytes(b"the last one")
    with pytest.raises(CompendiumError, match=r"no-browser did not print the book: "):
        printing.write(out)
    assert out.read_bytes() == b"the last one"
    assert [path.name for path in out.parent.iterdir()] == ["book.pdf"]
