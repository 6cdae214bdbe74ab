"""`make check` finds what a change touches: by imports, by notebooks, by names of files; and stops in time."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import touched
from miniature import PROJECT


@pytest.fixture(scope="module")
def graph():
    return touched.uses(touched.texts(), [])


@pytest.fixture
def project(tmp_path):
    """A small project of this shape in a repository of its own."""
    root = tmp_path / "project"
    files = {
        "src/healthsys/__init__.py": "",
        "src/healthsys/low.py": 'def f():\n    """\n    >>> 1\n    1\n    """\n',
        "src/healthsys/high.py": "from healthsys import low\n",
        "src/healthsys/apart.py": "",
        "tests/helper.py": "import healthsys.high\n",
        "tests/test_unit_near.py": "from healthsys.low import f\n",
        "tests/test_functional_far.py": "import helper\nNOTEBOOK = 'waits'\n",
        "tests/test_unit_apart.py": "from healthsys import apart\nREAD = 'mean-waits'\n",
        "data/datapackage.json": json.dumps({"resources": [{"name": "mean-waits", "path": "made/w.csv"}]}),
        "data/made/w.csv": "a\n1\n",
        "README.md": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    cell = {"cell_type": "code", "source": ["from healthsys import high\n"]}
    (root / "notebooks").mkdir()
    (root / "notebooks/waits.ipynb").write_text(json.dumps({"cells": [cell]}))
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *command], cwd=root, check=True)
    return root


def test_what_imports_a_changed_module_is_touched_nearest_first(project):
    assert touched.touched(["src/healthsys/low.py"], root=project) == [
        "src/healthsys/low.py",
        "tests/test_unit_near.py",
        "notebooks/waits.ipynb",
        "tests/test_functional_far.py",
    ]
    assert touched.touched(["src/healthsys/apart.py"], root=project) == ["tests/test_unit_apart.py"]


def test_a_changed_notebook_touches_itself_and_whoever_names_it(project):
    found = touched.touched(["notebooks/waits.ipynb"], root=project)
    assert found == ["notebooks/waits.ipynb", "tests/test_functional_far.py"]


def test_a_changed_data_file_touches_whoever_names_the_data_set(project):
    assert touched.touched(["data/made/w.csv"], root=project) == ["tests/test_unit_apart.py"]
    assert touched.touched(["README.md"], root=project) == []


@pytest.mark.parametrize("name", ["conftest.py", "tests/conftest.py", "pyproject.toml", "requirements/test.lock"])
def test_what_every_test_rests_on_touches_every_test(project, name):
    assert len(touched.touched([name], root=project)) == 5


def test_changes_are_told_from_a_commit_with_new_files_and_without_git_not_at_all(project, monkeypatch):
    assert touched.changed(root=project) == []
    (project / "README.md").write_text("more")
    (project / "tests/test_unit_new.py").write_text("")
    assert touched.changed(root=project) == ["README.md", "tests/test_unit_new.py"]
    assert touched.changed("no-such-commit", root=project) is None
    shutil.rmtree(project / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    assert touched.changed(root=project) is None


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("src/healthsys/queueing.py", "tests/test_unit_queueing.py"),
        ("src/healthsys/queueing.py", "notebooks/bed_slack.ipynb"),
        ("src/healthsys/climate/reliability.py", "tests/test_functional_climate_report.py"),
        ("src/compendium/sweep.py", "tests/test_functional_sweep.py"),
        ("src/compendium/book.py", "tests/test_functional_pipeline.py"),
    ],
)
def test_in_this_project_a_module_touches_what_tests_it(graph, module, test):
    assert test in touched.distances(graph, [module])


def test_in_this_project_a_module_of_one_room_does_not_touch_the_tests_of_another(graph):
    assert "tests/test_unit_queueing.py" not in touched.distances(graph, ["src/healthsys/climate/reliability.py"])


def test_when_the_time_is_over_the_rest_is_skipped_in_one_line_and_nothing_fails():
    (PROJECT / "book/_build").mkdir(parents=True, exist_ok=True)
    path = PROJECT / f"book/_build/test_slow_{os.getpid()}.py"  # other Pythons may test at the same time
    path.write_text("import time\n\n" + "\n\n".join(f"def test_{n}():\n    time.sleep(30)" for n in range(5)) + "\n")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--seconds", "2", str(path)],
            cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        path.unlink()
    assert done.returncode == 0, done.stdout
    assert "5 skipped" in done.stdout
    assert done.stdout.count("left to `make test`: the time is over") == 1
