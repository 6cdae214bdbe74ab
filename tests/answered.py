"""Notebooks as students might hand them in: some exercises answered rightly, others with a common wrong answer."""

from __future__ import annotations

from collections.abc import Mapping

import nbformat

from everyday.teaching import copies
from everyday.teaching.modules import Mistake, Module


def answered(module: Module, answers: Mapping[str, str]) -> nbformat.NotebookNode:
    """Return a student's copy in which some exercises are answered: the code of each, by name.

    Exercises that are not named keep the module's own solution.
    """
    notebook = copies.student_notebook(module.read(), label=module.notebook.name)
    for cell, whole in zip(notebook.cells, module.read().cells, strict=True):
        grading = cell.metadata.get("nbgrader", {})
        if grading.get("solution"):
            given = answers.get(grading["grade_id"])
            cell.source = given if given is not None else whole.source
    return notebook


def rounds(module: Module) -> list[dict[str, Mistake]]:
    """Return the mistakes of a module as rounds: in each, at most one mistake an exercise."""
    found: list[dict[str, Mistake]] = []
    for mistake in module.mistakes:
        for one in found:
            if mistake.exercise not in one:
                one[mistake.exercise] = mistake
                break
        else:
            found.append({mistake.exercise: mistake})
    return found
