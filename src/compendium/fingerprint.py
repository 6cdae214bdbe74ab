"""What a run depends on: its notebook, parameters, data, the source it imports, the lock. One hash of it all.

A run is executed again only when this fingerprint changes. The source counted is the part of ``healthsys`` that the
notebook imports, directly or through other modules, found in the syntax tree: a change in one room does not execute
the notebooks of another.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat

import healthsys
from compendium import datasets, paths
from compendium.runs import Run

PACKAGE = Path(healthsys.__file__).parent


def source_files(notebook: nbformat.NotebookNode, *, package: Path = PACKAGE) -> list[Path]:
    """Return the files of the package that a notebook imports, directly or through other modules.

    What stands beside an imported module as JSON is package data that it reads, and counts too.
    """
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    try:
        waiting = set(_imports(ast.parse(code), package))
    except SyntaxError:  # cell magics: count the whole package
        return sorted(package.rglob("*.py"))
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            status = path.stat()
            waiting |= _imported_by(path, status.st_mtime_ns, status.st_size, package) - found
    return sorted(found | {data for folder in {path.parent for path in found} for data in folder.glob("*.json")})


@functools.lru_cache(maxsize=4096)
def _imported_by(path: Path, _modified: int, _size: int, package: Path) -> frozenset[Path]:
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8")), package))


def _imports(tree: ast.AST, package: Path) -> Iterable[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name.split("."), package)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield from _files([*node.module.split("."), alias.name], package)


def _files(parts: list[str], package: Path) -> Iterable[Path]:
    """Yield the files that importing a dotted name reads: each package on the way, and the module."""
    if parts[0] != package.name:
        return
    here = package
    yield here / "__init__.py"
    for part in parts[1:]:
        if (here / part / "__init__.py").is_file():
            here = here / part
            yield here / "__init__.py"
        elif (here / f"{part}.py").is_file():
            yield here / f"{part}.py"
            return


def lock_hash() -> str:
    """Return the SHA-256 of the lock that the book's environment is made from."""
    return _sha256(paths.root() / "requirements" / "book.lock")


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read once while its size and time stay as they are: many runs share a file."""
    status = path.stat()
    return _hashed(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=4096)
def _hashed(path: Path, _modified: int, _size: int) -> str:
    return datasets.sha256(path)


def code_of(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return kind and text of each cell: what a notebook is, without what it printed."""
    return [[cell.cell_type, cell.source, *cell.metadata.get("tags", [])] for cell in notebook.cells]


def data_files(run: Run) -> list[Path]:
    """Return the files a run reads: its declared data sets, and any file among its parameters."""
    declared = [paths.data() / datasets.describe(name)["path"] for name in run.data]
    given = [Path(value) for value in run.parameters.values() if isinstance(value, str) and Path(value).is_absolute()]
    return declared + [path for path in given if path.is_file()]


def fingerprint(run: Run) -> str:
    """Return the hash of everything the outcome of a run depends on."""
    notebook = run.read()
    parts = {
        "notebook": code_of(notebook),
        "parameters": {name: value for name, value in sorted(run.parameters.items()) if not _is_file(value)},
        "data": [[path.name, _sha256(path)] for path in data_files(run)],
        "schemas": [datasets.describe(name) for name in run.data],
        "source": [[path.relative_to(PACKAGE).as_posix(), _sha256(path)] for path in source_files(notebook)],
        "lock": lock_hash(),
        "python": list(sys.version_info[:2]),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _is_file(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute() and Path(value).is_file()
