"""What a build leaves alone: nothing changed, one sentence changed, one module changed."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import miniature
from compendium import execution, fingerprint, paths, state
from compendium.runs import load_runs
from miniature import healthsys

ROOMS = {"climate", "trends", "equality", "coding"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("incremental") / "mini")
    for record in (root / "results").glob("*.json"):
        record.unlink()
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
    assert not imported & {"pandas", "numpy", "nbformat", "papermill"}


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


IMPORTED = """
import json, os, sys, warnings
import pandas
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
found = {}
for name, code in json.load(sys.stdin).items():
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            exec(code, {})
            os.write(write, json.dumps(sorted(m for m in sys.modules if m.partition(".")[0] == "healthsys")).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.wait()
    found[name] = json.loads(os.read(read, 1 << 20) or b"null")
    os.close(read)
print(json.dumps(found))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_touching_a_module_executes_the_runs_that_import_it_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
    package = tmp_path / "healthsys"
    shutil.copytree(fingerprint.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "PACKAGE", package)
    monkeypatch.setitem(fingerprint.source_files.__kwdefaults__, "package", package)
    runs = load_runs()
    code = {}
    for run in runs.values():
        cells = [cell.source for cell in run.read().cells if cell.cell_type == "code"]
        imports = [
            node for cell in cells for node in ast.parse(cell).body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        code[run.notebook.name] = "\n".join(ast.unparse(node) for node in imports)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(package.parent)],
        cwd=paths.notebooks(),
        env={**os.environ, **execution.KERNEL_ENVIRONMENT},  # one thread: nothing is lost in a fork
        input=json.dumps(code),
        timeout=300,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {name: set(modules) for name, modules in json.loads(done.stdout).items()}
    before = {name: fingerprint.fingerprint(run) for name, run in runs.items()}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        module = ".".join(["healthsys", *(part for part in parts if part != "__init__")])
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "\n# touched\n", encoding="utf-8")
        changed = {name for name, run in runs.items() if fingerprint.fingerprint(run) != before[name]}
        path.write_text(text, encoding="utf-8")
        needed = {name for name, run in runs.items() if module in imported[run.notebook.name]}
        assert needed <= changed, f"{module}: a run that imports it would not be executed"
        if parts[0] in ("publishing", "cli"):
            assert not changed, f"{module} is no part of any analysis"
        if parts[0] in ROOMS:
            using = {name for name, run in runs.items() if f"healthsys.{parts[0]}" in imported[run.notebook.name]}
            assert changed <= using, f"{module}: a run of another room would be executed"
