"""The runs of the book: ``notebooks/runs.yml`` maps each run to a notebook, parameters, a title and its data."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import yaml

from compendium import datasets, files, normalise, parameters, paths
from compendium.errors import RunError, nearest

_KEYS = {"notebook", "parameters", "title", "data"}

T = TypeVar("T")


class DamagedNotebook(RunError):
    """A notebook that cannot be read; the message names it."""


class _Loader(files.SAFE_LOADER):
    """YAML's safe loader, which says so where a key stands twice; YAML itself would keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise RunError(
                    f"notebooks/runs.yml: '{key.value}' occurs twice, in lines {seen[key.value]} and {line}; "
                    "rename or remove one"
                )
            seen[key.value] = line
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Run:
    """One notebook with one set of parameters: one page."""

    name: str
    notebook: Path
    title: str
    parameters: dict[str, Any] = field(default_factory=dict)
    data: tuple[str, ...] = ()

    def read(self) -> nbformat.NotebookNode:
        """Return the source notebook, not to be changed: it is read once while the file stays as it is."""
        return read_source(self.notebook)


@files.once
def read_source(path: Path) -> nbformat.NotebookNode:
    """Return a source notebook without its cell on references, not to be changed: it is read once while it stays."""
    try:
        source = nbformat.v4.reads(path.read_text(encoding="utf-8"))  # validating them all takes longer than the rest
        return normalise.without_reading(source)
    except (ValueError, KeyError, AttributeError) as error:
        said = str(error).partition("\n")[0][:120]
        raise DamagedNotebook(f"{path.name} is no notebook ({said}); restore it: git checkout {path.name}") from None


def load_runs() -> dict[str, Run]:
    """Return every run of ``notebooks/runs.yml``, checked before anything is executed.

    Raises
    ------
    RunError
        Naming the run and what is wrong with its entry: a key, a notebook, a data set, a parameter.
    """
    folder = paths.notebooks()
    read = [folder / "runs.yml", paths.data() / "datapackage.json", *sorted(folder.glob("*.ipynb"))]
    found = ((path, path.stat()) for path in read)
    return dict(_load(read[0], tuple((path, status.st_mtime_ns, status.st_size) for path, status in found)))


@functools.lru_cache(maxsize=4)
def _load(path: Path, _read: tuple[tuple[Path, int, int], ...]) -> dict[str, Run]:
    """Return the runs, checked once while the files that they are checked against stay as they are."""
    try:
        entries = (yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {}).get("runs") or {}
    except yaml.YAMLError as error:
        raise RunError(f"notebooks/runs.yml is not readable YAML: {error}") from None
    return {name: _run(name, entry) for name, entry in entries.items()}


def _run(name: str, entry: dict[str, Any]) -> Run:
    label = f"notebooks/runs.yml, run '{name}'"
    for key in entry:
        if key not in _KEYS:
            raise RunError(f"{label}: unknown key '{key}'.{nearest(key, _KEYS)} Allowed: {', '.join(sorted(_KEYS))}")
    for key in ("notebook", "title"):
        if not entry.get(key):
            raise RunError(f"{label}: there is no '{key}'; add one")
    notebook = find_notebook(entry["notebook"], label=label)
    data = tuple(entry.get("data") or ())
    for dataset in data:
        if dataset not in datasets.names():
            raise RunError(
                f"{label}: data names '{dataset}', which is not a data set.{nearest(dataset, datasets.names())}"
            )
    try:
        known = parameters.parameters_of(read_source(notebook), label=notebook.name)
    except DamagedNotebook:  # whoever executes this run is told; the others go on
        return Run(name, notebook, entry["title"], entry.get("parameters") or {}, data)
    given = parameters.validate(entry.get("parameters") or {}, known, label=label, folder=paths.root())
    for parameter in known.values():
        value = given.get(parameter.name, parameter.default)
        if parameter.is_source and value and value in datasets.names() and value not in data:
            raise RunError(f"{label}: the notebook reads the data set '{value}' ({parameter.name}); add it under data:")
    return Run(name, notebook, entry["title"], given, data)


def find_notebook(name: str, *, label: str = "") -> Path:
    """Return the path of a source notebook, given with or without its ending.

    Raises
    ------
    RunError
        If there is none; the nearest name is given.
    """
    stem = name.removesuffix(".ipynb")
    path = paths.notebooks() / f"{stem}.ipynb"
    if not path.is_file():
        known = sorted(found.stem for found in paths.notebooks().glob("*.ipynb"))
        before = f"{label}: " if label else ""
        raise RunError(
            f"{before}there is no notebook '{stem}' in notebooks/.{nearest(stem, known)} There are: {', '.join(known)}"
        )
    return path


def select(names: tuple[str, ...]) -> list[Run]:
    """Return the named runs, or all when none is named.

    Raises
    ------
    RunError
        If a name is not a run; the nearest is given.
    """
    return chosen(names, load_runs(), what="run", where="notebooks/runs.yml")


def chosen(names: tuple[str, ...], known: Mapping[str, T], *, what: str, where: str) -> list[T]:
    """Return what the names stand for, in their order, or all when none is named; refuse one that is not known."""
    for name in names:
        if name not in known:
            raise RunError(f"there is no {what} '{name}' in {where}.{nearest(name, known)}")
    return [known[name] for name in names or known]
