"""runs.yml, fingerprints, and the room plan that they rest on."""

import errno
import json
import os
from dataclasses import replace

import nbformat
import pytest
import yaml

from compendium import execution, fingerprint, paths
from compendium.errors import RunError
from compendium.runs import load_runs, select


def _write(mini, **changes):
    path = mini / "notebooks/runs.yml"
    runs = yaml.safe_load(path.read_text())
    runs["runs"]["waits-twice"].update(changes)
    path.write_text(yaml.safe_dump(runs))


def test_reads_runs_in_order(mini):
    runs = load_runs()
    assert list(runs) == ["waits-once", "waits-twice"]
    assert runs["waits-twice"].parameters == {"factor": 2.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"titel": "x"}, r"run 'waits-twice': unknown key 'titel'\. Did you mean 'title'\?"),
        ({"title": ""}, r"run 'waits-twice': there is no 'title'; add one"),
        ({"notebook": "wait"}, r"there is no notebook 'wait' in notebooks/\. Did you mean 'waits'\?"),
        ({"data": ["wait"]}, r"data names 'wait', which is not a data set\. Did you mean 'waits'\?"),
        ({"data": []}, r"the notebook reads the data set 'waits' \(source\); add it under data:"),
        ({"parameters": {"factr": 1}}, r"run 'waits-twice': the notebook has no parameter 'factr'\. Did you mean"),
        ({"parameters": {"source": "gone.csv"}}, r"run 'waits-twice': parameter 'source' is 'gone\.csv'"),
    ],
)
def test_a_faulty_entry_is_named_before_anything_runs(mini, changes, message):
    _write(mini, **changes)
    with pytest.raises(RunError, match=message):
        load_runs()


def test_select_names_the_nearest_run(mini):
    with pytest.raises(RunError, match=r"no run 'waits-onc' .*Did you mean 'waits-once'\?"):
        select(("waits-onc",))


def test_unreadable_yaml_is_said(mini):
    (mini / "notebooks/runs.yml").write_text("runs: [")
    with pytest.raises(RunError, match=r"runs\.yml is not readable YAML"):
        load_runs()


def test_a_run_that_occurs_twice_is_named_with_its_lines(mini):
    path = mini / "notebooks/runs.yml"
    text = path.read_text()
    again = text[text.index("  waits-twice:") :]
    path.write_text(text + again)
    lines = [number for number, line in enumerate((text + again).splitlines(), 1) if line == "  waits-twice:"]
    with pytest.raises(RunError, match=rf"'waits-twice' occurs twice, in lines {lines[0]} and {lines[1]}; rename"):
        load_runs()


def test_fingerprint_changes_with_each_thing_a_run_depends_on(mini):
    run = load_runs()["waits-once"]
    before = fingerprint.fingerprint(run)
    assert fingerprint.fingerprint(run) == before
    seen = {before, fingerprint.fingerprint(replace(run, parameters={"factor": 3.0}))}
    (mini / "data/published/waits.csv").write_text("month,days,locator\nJan,99,row 1\n")
    seen.add(fingerprint.fingerprint(run))
    (mini / "requirements/book.lock").write_text("example==2.0\n")
    seen.add(fingerprint.fingerprint(run))
    notebook = nbformat.read(run.notebook, as_version=4)
    notebook.cells[0].source += "\nOne more sentence."
    nbformat.write(notebook, run.notebook)
    seen.add(fingerprint.fingerprint(run))
    assert len(seen) == 5


def test_a_run_on_a_full_disk_fails_with_one_sentence(mini, monkeypatch):
    def full(path, _):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(execution, "execute_notebook", lambda *_, **__: (nbformat.v4.new_notebook(), ""))
    monkeypatch.setattr(execution.files, "write_whole", full)
    outcome = execution.execute_run(load_runs()["waits-once"])
    path = mini / "book/_build/results/waits-once.json"
    assert outcome.status == "failed"
    assert outcome.message == f"waits-once: '{path}': No space left on device; the last good output is unchanged"


def test_fingerprint_ignores_stored_outputs(mini):
    run = load_runs()["waits-once"]
    before = fingerprint.fingerprint(run)
    notebook = nbformat.read(run.notebook, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="x")]
    nbformat.write(notebook, run.notebook)
    assert fingerprint.fingerprint(run) == before


#: A package with re-exports: what a notebook uses of it is found by name.
PACKAGE = {
    "__init__.py": "",
    "errors.py": "",
    "style.py": "",
    "climate/__init__.py": "from methods.climate.icc import icc\nfrom methods.climate.scoring import score, scores\n",
    "climate/scoring.py": "from methods import errors\n\ndef score(): ...\ndef scores(): ...\n",
    "climate/icc.py": "from methods import style\n\ndef icc(): ...\n",
    "trends/__init__.py": "import methods.errors\n",
}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "methods"
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


ICC = {"__init__.py", "climate/__init__.py", "climate/icc.py", "style.py"}
SCORING = {"__init__.py", "climate/__init__.py", "climate/scoring.py", "errors.py"}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("from methods import climate\nclimate.score()", SCORING),
        ("from methods import climate as c\nc.icc()", ICC),
        ("from methods.climate import score", SCORING),
        ("from methods.climate.scoring import score", SCORING),
        ("from methods.climate import *", SCORING | {"climate/icc.py", "style.py"}),
        ("from methods import climate\nprint(climate)", SCORING | {"climate/icc.py", "style.py"}),
        ("from methods import climate\nclimate.unknown()", SCORING | {"climate/icc.py", "style.py"}),
        ("from methods import climate", {"__init__.py", "climate/__init__.py"}),
        ("from methods import climate\nclimate.scoring.score()", SCORING),
        ("import methods.trends", {"__init__.py", "trends/__init__.py", "errors.py"}),
        ("import pandas", set()),
    ],
)
def test_source_counted_is_what_the_notebook_uses(package, code, files):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    found = fingerprint.source_files(notebook, packages=[package])
    assert {path.relative_to(package).as_posix() for path in found} == files


def test_package_data_that_a_used_module_names_counts(package):
    for name in ("climate/known.json", "climate/other.json"):
        (package / name).write_text("{}")
    scoring = package / "climate/scoring.py"
    scoring.write_text(scoring.read_text() + 'KNOWN = "known.json"\n')
    cell = nbformat.v4.new_code_cell("from methods import climate\nclimate.score()")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    found = {path.relative_to(package).as_posix() for path in fingerprint.source_files(notebook, packages=[package])}
    assert found == SCORING | {"climate/known.json"}


def test_cell_magics_count_the_whole_package(package):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%time\nx = 1")])
    assert len(fingerprint.source_files(notebook, packages=[package])) == len(PACKAGE)


def test_the_readme_maps_every_page_to_its_notebook_and_figures():
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    for name, run in load_runs().items():
        drawn = json.loads((paths.root() / f"results/{name}.json").read_text(encoding="utf-8"))["figures"]
        figures = ", ".join(f"`{figure}`" for figure in drawn) or "tables only"
        assert f"| `{name}` | `notebooks/{run.notebook.name}` | {figures} |" in text, name
