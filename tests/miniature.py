"""A two-run miniature of the compendium, on which properties of the pipeline are proven quickly."""

from __future__ import annotations

import contextlib
import copy
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import coverage
import nbformat
import pytest
import yaml

import commands
from compendium import kernels

PROJECT = Path(__file__).resolve().parents[1]

#: Where a command finds the packages of the project and of the miniature.
PATH = os.pathsep.join(str(PROJECT / folder) for folder in ("src", "tests"))

#: Where this session's warm kernels come from (``conftest.py``): commands called here use them.
KERNELS = ""

#: Variables that are read by the command itself, not when its interpreter or a library starts.
LATE = re.compile(r"HEALTHSYS_|(PYTHONPATH|CHANGES|BELOW|MOMENT|KILL)$")

#: Where commands are forked (``conftest.py``); nothing where each is a new interpreter.
COMMANDS = ""

PACKAGE = {
    "name": "miniature",
    "title": "Miniature",
    "resources": [
        {
            "name": "waits",
            "path": "published/waits.csv",
            "title": "Waits",
            "description": "Days waited by month, invented for the tests.",
            "kind": "published",
            "sources": [{"title": "Invented report, table 1"}],
            "licenses": [{"name": "CC0-1.0"}],
            "schema": {
                "fields": [
                    {"name": "month", "type": "string", "description": "Month", "constraints": {"required": True}},
                    {
                        "name": "days",
                        "type": "number",
                        "unit": "days",
                        "description": "Mean wait",
                        "constraints": {"minimum": 0, "maximum": 365},
                    },
                    {"name": "locator", "type": "string", "description": "Where"},
                ],
                "primaryKey": ["month"],
            },
        },
        {
            "name": "constants",
            "path": "constants.csv",
            "title": "Constants",
            "description": "Definitional constants.",
            "kind": "reference",
            "licenses": [{"name": "CC0-1.0"}],
            "schema": {
                "fields": [
                    {"name": name, "type": "string", "description": name, "constraints": {"required": True}}
                    for name in ("name", "value", "meaning", "source")
                ],
                "primaryKey": "name",
            },
        },
        {
            "name": "corrections",
            "path": "corrections.csv",
            "title": "Corrections",
            "description": "Results that were replaced.",
            "kind": "reference",
            "licenses": [{"name": "CC0-1.0"}],
            "schema": {
                "fields": [
                    {"name": name, "type": "string", "description": name}
                    for name in ("date", "run", "result", "meaning", "old", "new", "why")
                ]
            },
        },
        {
            "name": "coverage",
            "path": "coverage.csv",
            "title": "Coverage",
            "description": "Where concepts are.",
            "kind": "reference",
            "licenses": [{"name": "CC0-1.0"}],
            "schema": {
                "fields": [
                    {"name": name, "type": "string", "description": name}
                    for name in ("source_key", "source_title", "concept", "where", "page", "reason")
                ]
            },
        },
    ],
}

#: The machine serves this project with another package of methods than the book's.
PROJECT_SETTINGS = {"packages": ["minimethods"], "errors": ["DataError"], "style": "minimethods.style"}

CELLS = [
    (
        "markdown",
        "# Waits\n\nThe mean wait is {result}`mean_wait`; January stood at {published}`waits/Jan/days` days, "
        "with a factor of {param}`factor` and a {constant}`level` level.",
    ),
    (
        "parameters",
        'source: str = "waits"  # waits to average; allowed: data set or file\n'
        "factor: float = 1.0  # multiplies every wait; allowed: 0 to 10\n"
        'unit: str = "days"  # unit to show; allowed: days | weeks',
    ),
    (
        "code",
        "import minimethods\nfrom compendium.notebook import open_data, provenance, record, show, table\n\n"
        "waits = open_data(source, read=minimethods.read_waits)\nprint(provenance(waits))",
    ),
    ("markdown", "The mean is $\\bar{x} = \\sum x_i / n$.\n\n$$s^2 = \\frac{\\sum (x_i-\\bar{x})^2}{n-1}$$"),
    (
        "code",
        'mean = waits["days"].mean() * factor\n'
        'record("mean_wait", mean, unit="days", meaning="Mean wait", format="{:.2f} days", n=len(waits));',
    ),
    ("code", 'table(waits[["month", "days"]], caption="Waits by month", formats={"days": "{:.1f}"})'),
    (
        "code",
        "import miniature_drawing\n\n"
        'show(miniature_drawing.draw, waits, name="waits", caption="Waits. Source: invented.",\n'
        '     alt=f"Waits average {mean:.1f} days.", drawn=waits[["month", "days"]])',
    ),
]


def notebook(cells: list[tuple[str, str]] = CELLS) -> nbformat.NotebookNode:
    """Return a source notebook from (kind, text) pairs."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for position, (kind, text) in enumerate(cells):
        cell = nbformat.v4.new_markdown_cell(text) if kind == "markdown" else nbformat.v4.new_code_cell(text)
        if kind == "parameters":
            cell.metadata["tags"] = ["parameters"]
        cell["id"] = f"cell-{position}"
        made.cells.append(cell)
    return made


def make(root: Path) -> Path:
    """Write the miniature project below ``root`` and return it."""
    for folder in ("data/published", "notebooks", "book/_static", "requirements", "results"):
        (root / folder).mkdir(parents=True)
    (root / "data/published/waits.csv").write_text("month,days,locator\nJan,12.5,row 1\nFeb,14.5,row 2\nMar,,row 3\n")
    (root / "data/constants.csv").write_text("name,value,meaning,source\nlevel,95 %,Coverage,Convention\n")
    (root / "data/corrections.csv").write_text(
        "date,run,result,meaning,old,new,why\n2026-01-01,waits-once,first_wait,First wait,12 days,13 days,A slip.\n"
    )
    (root / "data/coverage.csv").write_text(
        "source_key,source_title,concept,where,page,reason\nmini,Invented report,Waits,page,analyses/waits-once,\n"
    )
    stamp(root, copy.deepcopy(PACKAGE))
    nbformat.write(notebook(), root / "notebooks/waits.ipynb")
    (root / "notebooks/miniature_drawing.py").write_text(
        "from minimethods import plot_waits\n\n\ndef draw(frame, *, ax):\n    return plot_waits(frame, ax=ax)\n"
    )
    runs = {
        "waits-once": {"notebook": "waits", "title": "Waits as printed", "data": ["waits"]},
        "waits-twice": {
            "notebook": "waits",
            "title": "Waits doubled",
            "parameters": {"factor": 2.0},
            "data": ["waits"],
        },
    }
    (root / "notebooks/runs.yml").write_text(yaml.safe_dump({"runs": runs}))
    (root / "requirements/book.lock").write_text(f"pandas=={metadata.version('pandas')}\n")
    (root / "CHANGELOG.md").write_text("# Changelog\n")
    shutil.copy(PROJECT / "book/_config.yml", root / "book/_config.yml")
    shutil.copytree(PROJECT / "book/_static", root / "book/_static", dirs_exist_ok=True)
    (root / "book/_compendium.yml").write_text(yaml.safe_dump(PROJECT_SETTINGS))
    (root / "book/references.bib").write_text("")
    (root / "book/index.md").write_text("# Miniature\n\nDoubled, the wait is {result}`waits-twice/mean_wait`.\n")
    files = [
        "findings",
        "analyses/waits-once",
        "analyses/waits-twice",
        "reference/data-dictionary",
        "reference/constants",
        "reference/coverage",
    ]
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": file} for file in files]}
    (root / "book/_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False))
    return root


def checked(root: Path) -> Path:
    """Let the miniature's tables be read as the book's are: by their schema, every fault named."""
    settings = {**PROJECT_SETTINGS, "reader": "healthsys.io.read_table"}
    (root / "book/_compendium.yml").write_text(yaml.safe_dump(settings))
    return root


def enter(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """Let the package take a project for its root, in it, with this session's warm kernels; return the project."""
    patch.setenv("HEALTHSYS_ROOT", str(root))
    patch.chdir(root)
    patch.setenv("PYTHONPATH", PATH)
    if KERNELS:
        patch.setenv(kernels.ADDRESS_VARIABLE, KERNELS)
    return root


def once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """Return a folder that is filled once a session, by whichever worker asks first; the others wait for it.

    Whoever changes what is in it takes a copy.
    """
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder, done = shared / name, shared / f"{name}.done"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # somebody was interrupted
            fill(folder)
            done.touch()
    return folder


def built(factory: pytest.TempPathFactory) -> Path:
    """Return the miniature as ``healthsys build`` leaves it and its results accepted as the record; not to be changed.

    What the first build said is in ``said.json`` beside it.
    """

    def fill(root: Path) -> None:
        make(root)
        done = healthsys(root, "build")
        said = {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        root.with_name("said.json").write_text(json.dumps(said))
        assert done.returncode == 0, done.stderr
        assert healthsys(root, "verify", "--accept", "waits-once", "waits-twice").returncode == 0

    return once(factory, "built/mini", fill)


def stamp(root: Path, package: dict) -> None:
    """Write a data package with the checksums of its files."""
    for entry in package["resources"]:
        entry["hash"] = f"sha256:{hashlib.sha256((root / 'data' / entry['path']).read_bytes()).hexdigest()}"
    (root / "data/datapackage.json").write_text(json.dumps(package))


def clean_environment() -> dict[str, str]:
    """Return the environment without what another test may have said to the package, and with the paths to both."""
    kept = "HEALTHSYS_REQUIRE_BROWSER"
    found = {name: value for name, value in os.environ.items() if not name.startswith("HEALTHSYS_") or name == kept}
    return {**found, "PYTHONPATH": PATH}


def until(page, expression, argument=None, *, seconds=30):
    """Wait until an expression is true on a page; Playwright's own waiting evaluates text, which our policy forbids."""
    for _ in range(20 * seconds):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"not within {seconds} s: {expression}")


def chromium() -> str:
    """Return the path of Chromium; without one the test skips, and fails where a browser is compulsory."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found and os.environ.get("HEALTHSYS_REQUIRE_BROWSER") == "1":
        pytest.fail("HEALTHSYS_REQUIRE_BROWSER=1, but there is no Chromium: apt-get install chromium")
    if not found:
        pytest.skip("no Chromium on this machine; install one to open the pages in a browser")
    return found


def _command(root: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the ``healthsys`` command in the miniature project with its environment, measured where coverage is."""
    traced, told = [], {kernels.ADDRESS_VARIABLE: KERNELS} if KERNELS else {}
    if coverage.Coverage.current() is not None:
        traced = ["-m", "coverage", "run", "--parallel-mode", f"--rcfile={PROJECT / 'pyproject.toml'}"]
        told["COVERAGE_FILE"] = str(PROJECT / ".coverage")
    given = {**clean_environment(), "HEALTHSYS_ROOT": str(root), **told, **environment}
    return [sys.executable, *traced, "-m", "everyday.cli", *arguments], given


def started(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the ``healthsys`` command in the miniature project, and go on."""
    command, given = _command(root, arguments, environment)
    return subprocess.Popen(command, cwd=root, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def healthsys(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the ``healthsys`` command in the miniature project to its end, that of all it started too.

    Its process is forked (:mod:`commands`), unless a variable is given that an interpreter or a library reads when it
    starts: ``PYTHONHASHSEED="random"`` where an order of hashes must not matter.
    """
    _, given = _command(root, arguments, environment)
    if COMMANDS and coverage.Coverage.current() is None and all(map(LATE.match, environment)):
        with contextlib.suppress(OSError):
            return commands.call(COMMANDS, "everyday.cli", arguments, folder=root, environment=given)
    with started(root, *arguments, **environment) as process:
        said = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, *said)
