"""What a build leaves alone: nothing changed, one sentence changed, one module changed."""

import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import in_process
import miniature
from compendium import book, datasets, fingerprint, project, sphinx, state
from compendium.runs import load_runs
from miniature import healthsys
from test_functional_surroundings import left

#: Parts of the methods that every topic may use.
SHARED = {"errors", "statistics", "say", "disclosure", "io"}

#: Runs that a file of one topic may execute: a notebook of the most runs, an explorer, the page of worked examples.
MOST = 13

#: What the list of imported modules has besides: its heading, what starts Python, and what `copy` tries for Jython.
FURTHER = {"imported package", "sitecustomize", "usercustomize", "org"}

#: What a build with nothing to do may import: commands, settings, and IPython's class for sentences of a notebook.
BUDGET = {"click", "compendium", "everyday", "healthsys", "yaml", "IPython", "traitlets", "pygments"}

#: The last page that is read: of a module with a listing, and of a constant, for which another's module has no place.
METHODS = """# Methods

```{eval-rst}
.. automodule:: minimethods
   :members:
.. py:module:: dataclasses
.. py:data:: MISSING
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("incremental") / "mini")
    for record in (root / "results").glob("*.json"):
        record.unlink()
    toc = root / "book/_toc.yml"
    toc.write_text(f"{toc.read_text()}- file: zz-methods\n")
    (root / "book/zz-methods.md").write_text(METHODS)
    done = healthsys(root, "build")
    assert done.returncode == 0, done.stderr
    return root


def test_with_nothing_changed_a_build_says_so_without_importing_pandas(built):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "everyday.cli", "build"],
        cwd=built,
        env={**miniature.clean_environment(), "HEALTHSYS_ROOT": str(built)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "runs: 0 executed, 2 unchanged, 0 failed",
        "pages: 0 changed",
        "book up to date: book/_build/html/index.html",
    ]
    assert "there is no published record of waits-once" in done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "compendium.state" in imported
    named = {name.partition(".")[0] for name in imported if not name.startswith("_")}
    assert not named - sys.stdlib_module_names - FURTHER - BUDGET


@pytest.mark.parametrize(
    "touched",
    [
        "notebooks/waits.ipynb",
        "notebooks/miniature_drawing.py",
        "notebooks/runs.yml",
        "data/published/waits.csv",
        "book/index.md",
        "CHANGELOG.md",
        "requirements/book.lock",
        "book/_build/results/waits-once.json",
        "book/_build/html/index.html",
        "book/analyses/waits-once.ipynb",
        "book/findings.md",
    ],
)
def test_any_file_touched_is_looked_into(built, monkeypatch, touched):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(built))
    assert state.unchanged() is not None
    path = built / touched
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b" ")  # as long as it was
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # and as old
    assert state.unchanged() is None
    path.write_bytes(content)
    assert state.unchanged() is None
    assert healthsys(built, "run").returncode == 0
    kept = json.loads((built / "book/_build/.state.json").read_text())
    kept["read"], kept["output"] = state._read(kept["written"], kept["also"]), state._output(kept["written"])
    (built / "book/_build/.state.json").write_text(json.dumps(kept))


def test_a_new_file_is_looked_into_and_an_edit_during_the_build_too(built, monkeypatch):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(built))
    (built / "data/published/new.csv").write_text("a\n")
    assert state.unchanged() is None
    (built / "data/published/new.csv").unlink()
    kept = json.loads((built / "book/_build/.state.json").read_text())
    watch = state.Watch([Path(path) for path in kept["written"]])
    (built / "CHANGELOG.md").write_text("# Changelog, edited while building\n")
    watch.remember(kept["said"])
    assert state.unchanged() is None


def test_one_changed_sentence_executes_nothing_and_shows(built):
    healthsys(built, "build")
    page = built / "book/index.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    done = healthsys(built, "build")
    assert "runs: 0 executed, 2 unchanged, 0 failed" in done.stdout
    assert "book built" in done.stdout
    assert "One more sentence." in (built / "book/_build/html/index.html").read_text()


def test_after_changes_of_every_kind_the_pages_are_those_of_a_clean_build(built, tmp_path):
    """What is kept from build to build is by content: text, title of a run, constant and citation count."""
    index, runs, constants = (built / name for name in ("book/index.md", "notebooks/runs.yml", "data/constants.csv"))
    index.write_text(index.read_text() + "\nThe last sentence.\n")
    (built / "book/zz-methods.md").write_text(f"{METHODS}\nThe last sentence here.\n")
    runs.write_text(runs.read_text().replace("Waits as printed", "Waits, once more"))
    constants.write_text(constants.read_text().replace("Coverage", "Coverage of an interval"))
    (built / "CITATION.cff").write_text("title: Another\nversion: 9.9.9\nauthors: [{name: Nobody}]\n")
    miniature.stamp(built, json.loads((built / "data/datapackage.json").read_text()))
    done = healthsys(built, "build")
    assert "book built" in done.stdout, done.stderr
    made = shutil.ignore_patterns("kept", "work", "html", "files", "analyses", ".*")
    clean = shutil.copytree(built, tmp_path / "mini", ignore=made)
    done = healthsys(clean, "build", PYTHONHASHSEED="random")
    assert "0 executed" in done.stdout, done.stderr
    assert pages_of(built) == pages_of(clean)
    html = built / "book/_build/html"
    page, listing = (html / f"{name}.html" for name in ("analyses/waits-once", "_modules/minimethods"))
    assert all(said in page.read_text() for said in ("Waits, once more", "Nobody"))
    assert "Waits, once more" in listing.read_text()
    assert not list(html.glob("_modules/dataclasses*")), "only the project's own modules are listed"


def test_a_page_that_is_removed_leaves_nothing_behind(built):
    """Neither the page nor the listing of a module that it alone documents; Sphinx keeps both."""
    toc, page = built / "book/_toc.yml", built / "book/passing.md"
    before, html = toc.read_text(), built / "book/_build/html"
    toc.write_text(f"{before}- file: passing\n")
    page.write_text("# Passing\n\n```{eval-rst}\n.. automodule:: minimethods.style\n   :members:\n```\n")
    done = healthsys(built, "build")
    assert done.returncode == 0, done.stderr
    made = [html / "passing.html", html / "_modules/minimethods/style.html"]
    assert [path.is_file() for path in made] == [True, True], sorted(html.glob("_modules/*"))
    toc.write_text(before)
    page.unlink()
    done = healthsys(built, "build")
    assert done.returncode == 0, done.stderr
    assert [path.is_file() for path in made] == [False, False]


def pages_of(root: Path) -> dict[str, str]:
    """Return the hash of every file of a built book."""
    html = root / "book/_build/html"
    return {str(path.relative_to(html)): datasets.sha256(path) for path in html.rglob("*") if path.is_file()}


def test_what_a_build_added_to_an_earlier_one_is_what_a_cold_build_makes(built, tmp_path):
    """A changed drawing, parameter, style and sentence at once; the cold build has nothing from before."""
    style = built / "book/_static/content.css"
    style.write_text(f"{style.read_text()}\n/* another */\n")
    for name, old, new in (
        ("notebooks/miniature_drawing.py", "return plot", "ax.margins(0.3)\n    return plot"),
        ("notebooks/runs.yml", "factor: 2.0", "factor: 3.0"),
        ("book/index.md", "Doubled, ", "Three times as long, "),
    ):
        path = built / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    cold = shutil.copytree(built, tmp_path / "cold", ignore=shutil.ignore_patterns("_build", "analyses"))
    for root, own in ((built, {}), (cold, {"PYTHONHASHSEED": "random"})):
        done = healthsys(root, "build", **own)
        assert done.returncode == 0, done.stderr
    found, expected = left(built), left(cold)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


#: Runs that are quick to execute, of every topic.
TRACED = ("climate-printed", "trend-england-emergency", "trend-area-south-antenatal", "community-care",
          "pay-gap-gender", "review-equality", "coder-agreement", "autonomy-and-slack",
          "explore-bed-slack")  # fmt: skip


@pytest.mark.parametrize("name", TRACED)
def test_a_run_depends_on_every_file_whose_functions_it_calls(name):
    run = load_runs()[name]
    source = [folder for folder in project.folders() if folder.name != project.MACHINE]
    for folder in source:  # so that what runs on import is not taken for a call
        for module in pkgutil.walk_packages([str(folder)], f"{folder.name}."):
            importlib.import_module(module.name)
    called: set[str] = set()

    def trace(frame, event, _argument):
        if event == "call":
            called.add(frame.f_code.co_filename)

    sys.setprofile(trace)
    try:
        in_process.execute(run)
    finally:
        sys.setprofile(None)
    used = {Path(path) for path in called if any(Path(path).is_relative_to(folder) for folder in source)}
    assert used, "nothing of the methods is called"
    counted = set(fingerprint.source_files(run.read()))
    assert used <= counted, f"a change of these would not execute {name}: {sorted(used - counted)}"


def test_a_changed_file_executes_few_runs():
    """What the fingerprints count, file by file: what all share is the machine's, and small."""
    runs = load_runs().values()
    counted = {run.name: {fingerprint.label(path) for path in fingerprint.source_files(run.read())} for run in runs}
    users: dict[str, set[str]] = {}
    for name, files in counted.items():
        for file in files:
            users.setdefault(file, set()).add(name)
    for file, names in users.items():
        package, topic = file.split("/")[:2]
        if file.endswith(("__init__.py", "plots/style.py")):
            continue
        if package == "healthsys" and topic.removesuffix(".py") not in SHARED:
            assert len(names) <= MOST, f"{file} executes {len(names)} runs: {sorted(names)}"


def test_index_entries_are_in_the_order_of_pages_whatever_was_written_last():
    """Of the pages written now the search has the entries first; a cold build has them by page."""
    entries = {name: [("single", f"word; of {name}", f"id-{name}", "", None)] for name in ("c", "a", "b")}
    indexer = SimpleNamespace(
        _titles=dict.fromkeys("abc", ""), _index_entries={"b": [("of b", "id-b", "")]}, _mapping={}, _title_mapping={}
    )
    env = SimpleNamespace(domaindata={"index": {"entries": entries}})
    sphinx._keep_index_entries(SimpleNamespace(builder=SimpleNamespace(indexer=indexer), env=env))
    assert list(indexer._index_entries) == ["a", "b", "c"]
    assert indexer._index_entries["b"] == [("of b", "id-b", "")], "what was written now stays"


def test_the_menu_is_resolved_once_for_the_pages_of_a_folder_that_are_in_none():
    asked = []
    app = SimpleNamespace(env=SimpleNamespace(found_docs={"about"}), compendium_menus={})
    for page in ("_modules/a/b", "_modules/a/c", "_modules/d", "search", "genindex", "about"):
        context = {"toctree": lambda page=page, **given: asked.append(page) or f"menu of {page} {given}"}
        sphinx._share_menus(app, page, "page.html", context, None)
        for deep in (True, False):
            assert context["toctree"](deep=deep).endswith(f"{{'deep': {deep}}}")
    assert asked == [page for page in ("_modules/a/b", "_modules/d", "search", "about") for _ in range(2)]


def test_a_download_that_is_as_it_was_is_not_copied(tmp_path):
    def brought(name, last):
        source, before, target = (tmp_path / folder / name for folder in ("source", "before", "after"))
        for path, text in ((source, "1,2\n"), (before, last)):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        target.parent.mkdir(exist_ok=True)
        book._bring(source, target, before)
        assert target.read_text() == "1,2\n"
        return target.samefile(before)

    assert brought("same.csv", "1,2\n")
    assert not brought("changed.csv", "1,3\n")
    assert not brought("page.html", "1,2\n"), "which is finished in place"
    assert not (tmp_path / "after" / "same.csv").samefile(tmp_path / "source" / "same.csv")
