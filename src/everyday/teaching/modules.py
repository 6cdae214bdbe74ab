"""The teaching modules: ``notebooks/teaching/<name>.yml`` describes a module, ``<name>.ipynb`` holds its exercises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from compendium import datasets, paths
from compendium.errors import RunError
from compendium.runs import chosen
from healthsys.errors import nearest

#: What the description of a module holds.
KEYS = {
    "order", "title", "who_for", "prerequisites", "outcomes", "minutes", "plan", "story", "story_source", "data",
    "generator", "core", "mistakes", "discussion", "rubric", "reading", "slides", "paper", "sheets", "real", "figure",
    "explorer", "competencies", "comments",
}  # fmt: skip

#: What every notebook asks besides its exercises, in this order; no marks, but a comment for the lecturer.
THINKING = ("predict", "change", "interpret")


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook: what is asked, and what it is worth."""

    name: str
    text: str
    points: int
    is_open: bool

    @property
    def title(self) -> str:
        """The heading of the exercise."""
        return self.text.partition("\n")[0].lstrip("# ")

    @property
    def task(self) -> str:
        """What is asked, without heading and hint."""
        return " ".join(self.text.partition("\n")[2].partition("<details")[0].split())


@dataclass(frozen=True)
class Mistake:
    """A common wrong answer: what is done, what it reveals, the code that does it, the marks it earns."""

    exercise: str
    mistake: str
    reveals: str
    code: str
    marks: int


@dataclass(frozen=True)
class Module:
    """One teaching module."""

    name: str
    notebook: Path
    about: dict[str, Any]
    exercises: tuple[Exercise, ...]
    mistakes: tuple[Mistake, ...]
    thinking: dict[str, str]

    @property
    def domains(self) -> set[str]:
        """The domains of competency that its outcomes belong to."""
        return {domain for outcome in self.about["outcomes"] for domain in outcome["domains"]}

    def read(self) -> nbformat.NotebookNode:
        """Return the notebook with solutions."""
        return nbformat.read(self.notebook, as_version=4)

    @property
    def title(self) -> str:
        """The module's title."""
        return self.about["title"]


def domains() -> dict[str, int]:
    """Return the domains of the WHO-ASPHER competency framework, in its order, with their number of items.

    >>> len(domains()), sum(domains().values())
    (10, 84)
    """
    frame = datasets.load("competency_domains")
    return dict(zip(frame["domain"], map(int, frame["items"]), strict=True))


def folder() -> Path:
    """Return where the modules are."""
    return paths.notebooks() / "teaching"


def load_modules() -> list[Module]:
    """Return every module in its order, checked.

    Raises
    ------
    RunError
        Naming the module and what is wrong: a key, a domain, a plan that does not fill its time, a mistake that
        belongs to no exercise.
    """
    found = [_module(path) for path in sorted(folder().glob("*.yml"))]
    return sorted(found, key=lambda module: module.about["order"])


def _module(path: Path) -> Module:
    label = f"notebooks/teaching/{path.name}"
    try:
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RunError(f"{label} is not readable YAML: {error}") from None
    for key in about:
        if key not in KEYS:
            raise RunError(f"{label}: unknown key '{key}'.{nearest(key, KEYS)}")
    for key in sorted(KEYS - set(about)):
        raise RunError(f"{label}: there is no '{key}'; add it")
    known = domains()
    for outcome in about["outcomes"]:
        for domain in outcome["domains"]:
            if domain not in known:
                raise RunError(f"{label}: '{domain}' is no domain of the framework.{nearest(domain, known)}")
    for name in about["data"]:
        if name not in datasets.names():
            raise RunError(f"{label}: data names '{name}', which is no data set.{nearest(name, datasets.names())}")
    planned = sum(step["minutes"] for step in about["plan"])
    if planned != about["minutes"]:
        raise RunError(f"{label}: the plan fills {planned} minutes, the session has {about['minutes']}")
    notebook = path.with_suffix(".ipynb")
    if not notebook.is_file():
        raise RunError(f"{label}: there is no notebook {notebook.name} next to it")
    source = nbformat.read(notebook, as_version=4)
    exercises, thinking = tuple(exercises_of(source, label=notebook.name)), thinking_of(source)
    mistakes = tuple(Mistake(**entry) for entry in about["mistakes"])
    if list(thinking) != list(THINKING):
        raise RunError(
            f"{label}: the notebook asks {', '.join(thinking) or 'nothing'} besides its exercises; it must ask "
            f"{', '.join(THINKING)}, in cells with these tags"
        )
    for name in [*THINKING, *(exercise.name for exercise in exercises)]:
        if not about["comments"].get(name):
            raise RunError(f"{label}: there is no comment on '{name}' for the lecturer")
    points = {exercise.name: exercise.points for exercise in exercises}
    for mistake in mistakes:
        if mistake.exercise not in points:
            raise RunError(f"{label}: a mistake belongs to '{mistake.exercise}', which is no exercise")
        if not 0 <= mistake.marks < points[mistake.exercise]:
            raise RunError(f"{label}: a mistake in {mistake.exercise} earns {mistake.marks} of its marks")
    return Module(path.stem, notebook, about, exercises, mistakes, thinking)


def thinking_of(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return what a notebook asks besides its exercises: the text of each cell by its tag in :data:`THINKING`."""
    return {
        tag: re.sub(r"^#+ ", "### ", cell.source)
        for cell in notebook.cells
        for tag in cell.metadata.get("tags", [])
        if tag in THINKING
    }


def exercises_of(notebook: nbformat.NotebookNode, *, label: str) -> list[Exercise]:
    """Return the exercises of a notebook: cells ``<name>-task``, ``<name>`` and ``<name>-check`` in nbgrader's sense.

    Raises
    ------
    RunError
        If an exercise has no answer cell, or no marks.
    """
    by_id = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    found = []
    for name, cell in by_id.items():
        if not name.endswith("-task"):
            continue
        short = name.removesuffix("-task")
        answer, check = by_id.get(short), by_id.get(f"{short}-check")
        if answer is None:
            raise RunError(f"{label}: exercise '{short}' has no answer cell")
        marked = check if check is not None else answer
        if not marked.metadata["nbgrader"].get("points"):
            raise RunError(f"{label}: exercise '{short}' has no marks")
        text = re.sub(r"^#+ ", "### ", cell.source)
        found.append(Exercise(short, text, int(marked.metadata["nbgrader"]["points"]), check is None))
    return found


def select(names: tuple[str, ...]) -> list[Module]:
    """Return the named modules, or all when none is named.

    Raises
    ------
    RunError
        If a name is not a module; the nearest is given.
    """
    known = {module.name: module for module in load_modules()}
    return chosen(names, known, what="module", where="notebooks/teaching/")
