"""The page of speed shows the numbers of its result file; small rules of the book's Sphinx extension."""

from __future__ import annotations

import json

import pytest
from lxml import html as parser

from compendium import explorers, sphinx
from compendium.speed import speed

ROW = {"what": "two <cores>", "seconds": 83.26, "ratio": 1.0, "processor": 0.0123, "processor_ratio": 2.5,
       "memory": 1234.4}  # fmt: skip
MACHINE = {"system": "Linux", "cores": 2, "python": "3.11.7", "packages": "numpy 2", "load": 0.4}


def test_a_row_shows_seconds_ratios_and_memory(mini):
    (mini / "benchmarks").mkdir()
    sections = {
        "one": {"title": "Runs", "about": "A & B.", "command": "python x.py", "rounds": 3, "machine": MACHINE,
                "rows": [ROW, {"what": "nothing else measured", "note": "a note"}]},
        "two": {"title": "Once", "about": "C.", "command": "python y.py", "rounds": 1, "machine": MACHINE, "rows": []},
    }  # fmt: skip
    (mini / "benchmarks/results.json").write_text(json.dumps(sections))
    page = speed()
    assert page.startswith("# How fast is it")
    assert "## Runs" in page
    assert "The book now has 2 runs; each section on runs says how many it measured." in page
    tree = parser.fromstring(f"<div>{page[page.index('<div'):]}</div>")
    rows = [[cell.text_content() for cell in row] for row in tree.xpath("//tbody/tr")]
    assert rows == [
        ["two <cores>", "83.3", "1.00", "0.012", "2.50", "1,234 MB", ""],
        ["nothing else measured", "–", "–", "–", "–", "–", "a note"],
    ]
    assert "python y.py; 1 round; Linux" in page
    assert "python x.py; 3 rounds; Linux, 2 cores, Python 3.11.7, numpy 2; load when begun 0.4." in page


def test_where_nothing_was_measured_the_page_says_how(mini):
    assert "Nothing has been measured in this copy yet; run `python benchmarks/execution.py`." in speed()


def test_the_comment_of_a_constant_stays_whole():
    lines = ["what follows the colon", "", ":type: Kinds of data"]
    sphinx._keep_comments_whole(None, "data", "x", None, None, lines)
    assert lines == ["Kinds of data: what follows the colon"]
    kept = ["A sentence.", ""]
    sphinx._keep_comments_whole(None, "function", "x", None, None, kept)
    assert kept == ["A sentence.", ""]


class Script:
    """A script of a page as Sphinx holds it."""

    def __init__(self, filename, **attributes):
        self.filename, self.attributes = filename, attributes


@pytest.mark.parametrize(
    ("entry", "explores", "used"),
    [
        ("_static/identity.css", False, True),
        ("_static/thebelab.js", True, False),
        (Script("https://unpkg.com/THEBE@0.8"), False, False),
        *((Script(f"_static/{name}", defer="defer"), True, True) for name in explorers.FILES if name.endswith(".js")),
        *((Script(f"_static/{name}"), True, False) for name in explorers.FILES if name.endswith(".js")),
        *((Script(f"_static/{name}", defer="defer"), False, False) for name in explorers.FILES),
    ],
)
def test_a_page_loads_only_what_it_uses(entry, explores, used):
    assert sphinx._used(entry, explores=explores) is used
    context = {"body": explorers.MARK if explores else "", "script_files": [entry], "css_files": []}
    sphinx._drop_unused(None, "page", "page.html", context, None)
    assert bool(context["script_files"]) is used


def test_entries_of_the_bibliography_are_list_items():
    context = {"body": '<div role="doc-biblioentry">A book</div>'}
    sphinx._mend_roles(None, "page", "page.html", context, None)
    assert context["body"] == '<div role="listitem">A book</div>'
    sphinx._mend_roles(None, "genindex", "genindex.html", bare := {}, None)
    assert bare == {}
