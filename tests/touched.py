"""`make check`: lint, one smoke page, and the tests that a change touches, nearest first, within 90 seconds.

What a change touches is read from the import graph: from the changed files to the modules that import them, directly
or through others, to the tests that import those, run the notebooks that do, or name a file that is no Python. No
record of an earlier run is needed. (pytest-testmon needs one, made by a whole run under coverage on each machine;
pytest-picked takes only the test files that were edited. Neither knows notebooks or data.)
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from compendium import fingerprint

PROJECT = Path(__file__).resolve().parents[1]

#: How long tests may begin and run, seconds; lint, collecting, the smoke page and clearing away come on top.
SECONDS = 45

#: Run whatever has changed.
SMOKE = "tests/test_functional_smoke.py"

#: A change of one of these touches every test.
EVERYTHING = re.compile(
    r"conftest\.py|tests/(conftest|miniature|commands)\.py|pyproject\.toml|requirements/.*\.lock|Makefile"
)


def changed(base: str = "HEAD", *, root: Path = PROJECT) -> list[str] | None:
    """Return the files that differ from a commit, and those that Git does not know; None where there is no Git."""
    found: set[str] = set()
    for command in (["diff", "--name-only", base, "--"], ["ls-files", "--others", "--exclude-standard"]):
        try:
            done = subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        found |= set(done.stdout.splitlines())
    return sorted(found)


def texts(root: Path = PROJECT) -> dict[str, str]:
    """Return the code of every module, test and notebook of the project by its path."""
    found = {}
    for folder in ("src", "tests", "notebooks"):
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix == ".py":
                found[name] = path.read_text(encoding="utf-8")
            elif path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts:
                cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
                found[name] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return found


def uses(code: dict[str, str], others: Iterable[str], *, root: Path = PROJECT) -> dict[str, set[str]]:
    """Return what each module, test and notebook uses at first hand.

    Parameters
    ----------
    code
        From :func:`texts`.
    others
        Changed files that are no Python: whoever names one of them uses it.
    """
    packages = [folder for folder in (root / "src").iterdir() if (folder / "__init__.py").is_file()]
    beside = {Path(name).stem: name for name in code if name.startswith("tests/")}
    beside |= {Path(name).stem: name for name in code if name.startswith("notebooks/") and name.endswith(".py")}
    named = {name: {Path(name).name} for name in others}
    named |= {name: {Path(name).stem} for name in code if name.endswith(".ipynb")}
    for entry in json.loads((root / "data/datapackage.json").read_text(encoding="utf-8"))["resources"]:
        if (path := f"data/{entry['path']}") in named:
            named[path].add(entry["name"])
    found: dict[str, set[str]] = {}
    for name, text in code.items():
        try:
            tree = ast.parse(text)
        except SyntaxError:  # cell magics: as if it used every module
            found[name] = {other for other in code if other.startswith("src/")}
            continue
        found[name] = {path.relative_to(root).as_posix() for path in fingerprint.imported(tree, packages)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found[name] |= {beside[alias.name] for alias in node.names if alias.name in beside}
            elif isinstance(node, ast.ImportFrom) and node.module in beside:
                found[name].add(beside[node.module])
        strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        words = {word for said in strings if isinstance(said, str) for word in re.findall(r"[\w-]+(?:\.\w+)*", said)}
        found[name] |= {
            other for other, names in named.items()
            if names & words and not (other.endswith(".ipynb") and name.startswith("src/"))
        }  # fmt: skip
        if not name.startswith("src/") and "everyday.cli" in text:  # called as a command
            found[name].add("src/everyday/cli.py")
        found[name].discard(name)
    return found


def distances(graph: dict[str, set[str]], start: Iterable[str]) -> dict[str, int]:
    """Return, for everything that uses a changed file, through how many others it does."""
    by: dict[str, set[str]] = {}
    for name, used in graph.items():
        for other in used:
            by.setdefault(other, set()).add(name)
    found = dict.fromkeys(start, 0)
    waiting = list(found)
    for name in waiting:  # it grows at its end: nearest first
        for user in sorted(by.get(name, set()) - set(found)):
            found[user] = found[name] + 1
            waiting.append(user)
    return found


def touched(files: Iterable[str], *, root: Path = PROJECT) -> list[str]:
    """Return the test files, notebooks and modules with doctests that a change touches.

    What was edited itself comes first, then what is quick, and in each kind what is nearest to the change.
    """
    files = list(files)
    code = texts(root)
    if any(EVERYTHING.fullmatch(name) for name in files):
        files = list(code)
    pages = [name for name in files if name.startswith("book/")]
    graph = uses(code, [name for name in files if name not in code], root=root)
    far = distances(graph, [*files, *(["tests/test_functional_book.py"] if pages else [])])

    def order(name: str) -> tuple[bool, int, int, str]:
        kinds = (r"tests/test_(unit|back)_", "src/", "notebooks/", "tests/")
        kind = next(place for place, start in enumerate(kinds) if re.match(start, name))
        return far[name] > 0, kind, far[name], name

    tests = re.compile(r"tests/test_.*\.py|notebooks/.*\.ipynb")
    doctests = {name for name, text in code.items() if name.startswith("src/") and ">>> " in text}
    return sorted((name for name in far if name in code and (tests.fullmatch(name) or name in doctests)), key=order)


def main(base: str = "HEAD") -> int:
    """Run lint and what is touched; return the exit code."""
    files = changed(base)
    if files is None:
        print(f"check: Git does not know {base!r} here, so nobody can tell what has changed; run `make test`")
        return 2
    linting = [["ruff", "check", "src", "tests", "benchmarks", "conftest.py"], ["codespell_lib"]]
    started = [
        subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for command in linting
    ]
    selected = [name for name in touched(files) if name != SMOKE]
    if not files:
        print(f"check: nothing has changed against {base}: lint and one smoke page")
    else:
        print(f"check: {len(files)} changed files touch {len(selected)} files with tests")
    kernels = ["-n", "auto", "--no-loadscope-reorder"] if selected else []
    command = [sys.executable, "-m", "pytest", "-q", *kernels, "--nbval", "--seconds", str(SECONDS), SMOKE, *selected]
    failed = subprocess.run(command, cwd=PROJECT, check=False).returncode
    for one in started:
        said, _ = one.communicate()
        if one.returncode:
            print(said, end="")
            failed = failed or one.returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
