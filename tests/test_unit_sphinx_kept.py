"""What a build of the pages keeps for the next one gives the pages of a build that kept nothing."""

import pytest
from sphinx.application import Sphinx

from compendium import sphinx as extension

#: A book of two pages: one cites a work, the other lists all.
PAGES = {
    "index.rst": "A book\n======\n\n.. toctree::\n\n   works\n\nAs :cite:`first` says.\n",
    "works.rst": "Works\n=====\n\n.. bibliography::\n   :all:\n",
}

WORK = "@book{{{key}, title={{{title}}}, author={{Able, Ada}}, year={{2001}}, publisher={{Press}}}}\n"


@pytest.fixture
def book(tmp_path):
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "conf.py").write_text("extensions = ['sphinxcontrib.bibtex']\nbibtex_bibfiles = ['works.bib']\n")
    write(tmp_path, first="Waiting", second="Pay")
    return tmp_path


def write(book, **titles):
    (book / "works.bib").write_text("".join(WORK.format(key=key, title=title) for key, title in titles.items()))


def built(book, out="out"):
    """Build; return the two pages."""
    folder = book / out
    made = Sphinx(book, book, folder / "html", folder / "doctrees", "html", status=None, warning=None)
    extension._keep_templates(made)
    made.build()
    return {name: (folder / "html" / name).read_text() for name in ("index.html", "works.html")}


@pytest.fixture
def formatted(monkeypatch):
    """The bibliographies that were formatted."""
    times, before = [], extension._format_entries
    monkeypatch.setattr(extension.BibtexDomain, "get_formatted_entries", extension._formatted_once)
    monkeypatch.setattr(extension, "_format_entries", lambda *given: times.append(given) or before(*given))
    return times


def test_a_bibliography_is_formatted_when_what_it_lists_changes_and_only_then(book, formatted):
    assert "<em>Waiting</em>" in built(book)["works.html"]
    assert len(formatted) == 1
    (book / "index.rst").write_text(f"{PAGES['index.rst']}\nOne more sentence.\n")
    assert "One more sentence" in built(book)["index.html"]
    assert len(formatted) == 1
    write(book, first="Queues", second="Pay")
    assert "<em>Queues</em>" in built(book)["works.html"]
    assert len(formatted) == 2
    write(book, first="Queues", second="Pay", third="Beds")
    page = built(book)
    assert "<em>Beds</em>" in page["works.html"]
    assert len(formatted) == 3
    assert page == built(book, "cold")


def test_templates_are_compiled_once(book, monkeypatch):
    import jinja2

    built(book)
    kept = sorted((book / "out/templates").iterdir())
    assert kept
    before, compiled = jinja2.Environment.compile, []

    def compile_(self, source, name=None, *given):
        compiled.append(name)
        return before(self, source, name, *given)

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    (book / "index.rst").write_text(f"{PAGES['index.rst']}\nOne more sentence.\n")
    assert "One more sentence" in built(book)["index.html"]
    assert set(compiled) <= {None}, "style sheets are no files of templates"
    assert sorted((book / "out/templates").iterdir()) == kept
