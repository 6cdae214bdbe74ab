"""What a run depends on: its notebook, parameters, data, the source it uses, the lock. One hash of it all.

A run is executed again only when this fingerprint changes. The source counted is what the notebook uses of the
project's packages, directly or through other modules, found in the syntax tree. A name that a package re-exports is
followed to the module that defines it: a notebook that calls ``spc.xmr`` does not depend on the other charts.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from compendium import datasets, files, paths, project
from compendium.runs import Run

#: Names that are asked of a file: some of those that a package re-exports, or None for the whole file.
Names = frozenset[str] | None


@dataclass(frozen=True)
class _Import:
    """One imported name: the dotted name in parts, and what it is called here."""

    parts: tuple[str, ...]
    bound: str


@dataclass(frozen=True)
class _Facts:
    """What a syntax tree imports, and which attributes of an imported name it uses (None: the name itself too)."""

    imports: tuple[_Import, ...]
    attributes: dict[str, Names]


def source_files(notebook: nbformat.NotebookNode, *, packages: Iterable[Path] | None = None) -> list[Path]:
    """Return the files of the project's packages that a notebook uses, directly or through other modules.

    Parameters
    ----------
    notebook
        A source notebook.
    packages
        Folders of the packages that count; those of the project if None.

    Returns
    -------
    list of Path
        Modules, and the data files next to a module that it names.
    """
    known = {folder.name: folder for folder in (project.folders() if packages is None else packages)}
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    try:
        facts = _facts(ast.parse(code))
    except SyntaxError:  # cell magics: count the packages whole
        return sorted(path for folder in known.values() for path in folder.rglob("*.py"))
    asked: set[tuple[Path, Names]] = set()
    waiting = {found for one in facts.imports for found in _asked(one, facts, known)}
    if packages is None:  # what the project tells the machine to use, and no import names
        named = (project.load().style, project.load().reader)
        told = ast.parse("\n".join(f"import {name}" for name in named if name))
        waiting |= {found for one in _facts(told).imports for found in _asked(one, _facts(told), known)}
    while waiting:
        path, names = waiting.pop()
        asked.add((path, names))
        facts = _facts_of_file(path)
        chosen = facts.imports if names is None else _exported(facts, names)
        waiting |= {found for one in chosen for found in _asked(one, facts, known)} - asked
    files = {path for path, _ in asked}
    return sorted(files | {data for path in files for data in _package_data(path)})


def _package_data(path: Path) -> Iterator[Path]:
    """Yield the data files that lie next to a module and that it names."""
    beside = [data for kind in ("*.json", "*.csv") for data in path.parent.glob(kind)]
    text = path.read_text(encoding="utf-8") if beside else ""
    yield from (data for data in beside if data.name in text)


def imported(tree: ast.AST, packages: Iterable[Path]) -> set[Path]:
    """Return the files of packages that a syntax tree imports at first hand, each package on the way among them."""
    facts, known = _facts(tree), {folder.name: folder for folder in packages}
    return {path for one in facts.imports for path, _ in _asked(one, facts, known)}


@files.once
def _facts_of_file(path: Path) -> _Facts:
    return _facts(ast.parse(path.read_text(encoding="utf-8")))


def _facts(tree: ast.AST) -> _Facts:
    imports: list[_Import] = []
    attributes: dict[str, set[str]] = {}
    of_attributes: set[int] = set()
    bare: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = tuple(alias.name.split("."))
                imports.append(_Import(parts, alias.asname or ""))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports += [_Import((*node.module.split("."), one.name), one.asname or one.name) for one in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.setdefault(node.value.id, set()).add(node.attr)
            of_attributes.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in of_attributes:
            bare.add(node.id)
    whole = bare | {""}
    used = {one.bound: None if one.bound in whole else frozenset(attributes.get(one.bound, ())) for one in imports}
    return _Facts(tuple(imports), used)


def _exported(facts: _Facts, names: frozenset[str]) -> tuple[_Import, ...]:
    """Return the imports of a package that bring in some names; all of them where a name is not found among them."""
    chosen = tuple(one for one in facts.imports if one.bound in names)
    return chosen if {one.bound for one in chosen} == names else facts.imports


def _asked(one: _Import, facts: _Facts, known: dict[str, Path]) -> Iterator[tuple[Path, Names]]:
    """Yield what an import asks of which file: each package on the way, and the module or the package at its end."""
    here = known.get(one.parts[0])
    if here is None:
        return
    yield here / "__init__.py", frozenset()
    for part in one.parts[1:]:
        if (here / part / "__init__.py").is_file():
            here = here / part
            yield here / "__init__.py", frozenset()
        elif (here / f"{part}.py").is_file():
            yield here / f"{part}.py", None
            return
        else:
            yield here / "__init__.py", None if part == "*" else frozenset((part,))
            return
    names = facts.attributes[one.bound]
    if names is None:
        yield here / "__init__.py", None
        return
    for name in names:
        if (here / f"{name}.py").is_file() and not _reexports(here / "__init__.py", name):
            yield here / f"{name}.py", None
        else:
            yield here / "__init__.py", frozenset((name,))


def _reexports(init: Path, name: str) -> bool:
    """Whether a package re-exports a name under which it has a module too."""
    return any(one.bound == name for one in _facts_of_file(init).imports)


def label(path: Path) -> str:
    """Return a source file's path from the name of its package on."""
    return _label(path, project.folders())


def _label(path: Path, folders: list[Path]) -> str:
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder.parent).as_posix()
    return path.name


def lock_hash() -> str:
    """Return the SHA-256 of the lock that the book's environment is made from."""
    return sha256(paths.root() / "requirements" / "book.lock")


@files.once
def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read once while its size and time stay as they are: many runs share a file."""
    return datasets.sha256(path)


def code_of(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return kind and text of each cell: what a notebook is, without what it printed."""
    return [[cell.cell_type, cell.source, *cell.metadata.get("tags", [])] for cell in notebook.cells]


def data_files(run: Run) -> list[Path]:
    """Return the files a run reads: its declared data sets, and any file among its parameters."""
    declared = [datasets.path_of(name) for name in run.data]
    return declared + [Path(value) for value in run.parameters.values() if _is_file(value)]


def code() -> str:
    """Return one hash of the project's packages and settings, as they are now: which of them a run uses rests on it."""
    from compendium import kept  # which takes hashes from here

    read = [*kept.files_below(*project.folders()), paths.book() / project.FILE]
    return kept.digest(f"{path} {sha256(path)}" for path in read if path.is_file())


def fingerprint(run: Run, *, of_code: str = "") -> str:
    """Return the hash of everything the outcome of a run depends on.

    Parameters
    ----------
    run
        The run.
    of_code
        What :func:`code` has just returned; whoever asks for many runs gives it, so that it is found once.
    """
    folders = project.folders()
    notebook, beside = run.read(), sorted(run.notebook.parent.glob("*.py"))
    parts = {
        "notebook": code_of(notebook),
        "parameters": {name: value for name, value in sorted(run.parameters.items()) if not _is_file(value)},
        "data": [[path.name, sha256(path)] for path in data_files(run)],
        "schemas": [datasets.describe(name) for name in run.data],
        "source": [[_label(path, folders), sha256(path)] for path in [*_used(run, of_code or code()), *beside]],
        "lock": lock_hash(),
        "python": list(sys.version_info[:2]),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _used(run: Run, of_code: str) -> list[Path]:
    """Return the source files of a run; found again only where its notebook or a package has changed."""
    from compendium import kept  # which takes hashes from here

    def find() -> dict[str, str]:
        return {str(path): "" for path in source_files(run.read())}

    try:
        return [Path(found) for found in kept.texts(f"uses-{run.notebook.stem}", find, of=[run.notebook, of_code])]
    except OSError:  # a checkout that cannot be written to
        return source_files(run.read())


def _is_file(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute() and Path(value).is_file()
