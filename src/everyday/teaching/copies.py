"""Copies of an exercise notebook: the student's without answers, one with given answers, the lecturer's key."""

from __future__ import annotations

import contextlib
import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from compendium import files
from compendium.errors import RunError
from everyday.teaching.checks import agree, hashes, same, shown, sitting
from everyday.teaching.modules import Module

#: nbgrader's own words, so that our copies and its copies are the same.
CODE_STUB, TEXT_STUB = "# YOUR CODE HERE\nraise NotImplementedError()", "YOUR ANSWER HERE"

_SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
_HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")


def student_notebook(notebook: nbformat.NotebookNode, *, label: str) -> nbformat.NotebookNode:
    """Return the student's copy of a notebook in nbgrader's source format: no solution, no hidden test, no output.

    A marker that is not closed is a ``RunError`` that names ``label``.
    """
    copy = nbformat.from_dict({**notebook, "cells": []})
    for cell in notebook.cells:
        made = nbformat.from_dict({**cell, "metadata": {**cell.metadata}})
        grading = cell.metadata.get("nbgrader", {})
        if grading.get("solution"):
            made.source = _without_solution(made, label=label)
        made.source = _cut(made.source, *_HIDDEN, stub=None, label=label)
        if made.cell_type == "code":
            made.outputs, made.execution_count = [], None
        copy.cells.append(made)
    return copy


def _without_solution(cell: nbformat.NotebookNode, *, label: str) -> str:
    stub = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
    if _SOLUTION[0] not in cell.source:
        return stub
    return _cut(cell.source, *_SOLUTION, stub=stub, label=label)


def _cut(source: str, begin: str, end: str, *, stub: str | None, label: str) -> str:
    """Return a source without what stands between two markers, the markers included."""
    kept, inside = [], False
    for line in source.split("\n"):
        if begin in line:
            if inside:
                raise RunError(f"{label}: '{begin}' occurs twice without '{end}' between")
            inside = True
            if stub is not None:
                indent = line[: len(line) - len(line.lstrip())]
                kept += [indent + part for part in stub.split("\n")]
        elif end in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise RunError(f"{label}: '{begin}' is not followed by '{end}'")
    return "\n".join(kept)


def solutions(module: Module) -> dict[str, str]:
    """Return the solution of each exercise: code or text by its name."""
    found = {}
    for cell in module.read().cells:
        grading = cell.metadata.get("nbgrader", {})
        if grading.get("solution"):
            found[grading["grade_id"]] = cell.source.partition(_SOLUTION[0])[2].partition(_SOLUTION[1])[0].strip()
    return found


@dataclass(frozen=True)
class AnswerKey:
    """What a module's own solutions give on some data.

    ``rows`` have ``module``, ``exercise``, ``answer_to``, ``answer`` and ``points``; ``slips`` has ``answer`` and
    ``says`` of the common wrong answers by exercise, ``right`` the right answer.
    """

    rows: list[dict[str, Any]]
    slips: dict[str, list[dict[str, Any]]]
    right: dict[str, Any]


def answer_key(module: Module, frames: Mapping[str, pd.DataFrame] | None = None) -> AnswerKey:
    """Return the lecturer's key and the values of the common wrong answers, computed from the module's own code.

    The data are a student's own ``frames``, or the class's. Cells tagged ``figure`` are left out: a key needs no
    drawing. A wrong answer that happens to be right on these data is left out too. A solution that fails on them is a
    ``RunError`` that names module and exercise.
    """
    space: dict[str, Any] = {}
    found = AnswerKey([], {}, {})
    with sitting(frames or {}) as made, contextlib.redirect_stdout(io.StringIO()):
        for cell, code in compiled(module):
            grading = cell.metadata.get("nbgrader", {})
            try:
                exec(code, space)
            except Exception as error:
                place = grading.get("grade_id", "a cell")
                raise RunError(f"{module.name}: {place} fails on these data: {type(error).__name__}: {error}") from None
            while made.answers:
                exercise, given = grading.get("grade_id", "").removesuffix("-check"), made.answers.pop(0)
                right = given.pop("answer")
                del given["marks"]
                found.rows.append({"module": module.name, "exercise": exercise, "answer": shown(right), **given})
                found.right[exercise] = right
                found.slips[exercise] = _slips(module, exercise, dict(space), given["answer_to"], right)
    return found


def _slips(module: Module, exercise: str, space: dict[str, Any], name: str, right: Any) -> list[dict[str, Any]]:
    found = []
    for mistake in module.mistakes:
        if mistake.exercise == exercise:
            exec(_code(mistake.code), space)
            wrong = space.get(name)  # a wrong answer that is text to be evaluated has no value of that name
            if wrong is not None and not same(wrong, right):
                plain = wrong if isinstance(wrong, (str, list)) else float(f"{float(wrong):.6g}")
                found.append({"answer": plain, "says": f"{mistake.mistake} {mistake.reveals}"})
    return found


@dataclass(frozen=True)
class Sheet:
    """A table for a class without computers, whether it holds generated data, and the key by what is asked."""

    caption: str
    table: pd.DataFrame
    synthetic: bool
    key: dict[str, Any]


def sheets(module: Module, *, seed: int | None = None) -> list[Sheet]:
    """Return the tables for a class without computers, computed by the module's description.

    Without a seed they have the class's data. Code that fails is a ``RunError`` that names module and table.
    """
    from everyday.synthetic import teaching as generators

    space: dict[str, Any] = {"pd": pd}
    frames = {} if seed is None else generators.MODULES[module.about["generator"]](seed)
    found = []
    with sitting(frames), contextlib.redirect_stdout(io.StringIO()):
        exec(compiled(module)[0][1], space)
        for sheet in module.about["sheets"]:
            try:
                exec(_code(sheet["code"]), space)
                space["key"] = {}
                exec(_code(sheet.get("key", "")), space)
            except Exception as error:
                raise RunError(f"{module.name}: the sheet '{sheet['caption']}' fails: {error}") from None
            found.append(Sheet(sheet["caption"], space["sheet"], sheet.get("synthetic", True), space["key"]))
    return found


def slips_text(key: AnswerKey, *, salt: str = "", secret: str = "") -> str:
    """Return the file that is next to a student's data: salted hashes of answers for practice, no answer in an exam.

    Without ``salt`` it is an exam. ``secret`` is what no student has, such as the notebook with its solutions
    (:func:`everyday.teaching.checks.hashes`).
    """
    if not salt:
        return json.dumps({"mode": "exam", "data": "your own"}) + "\n"
    exercises = {}
    for exercise, wrong in key.slips.items():
        own = f"{salt}{exercise}"
        right = hashes(key.right[exercise], salt=own, secret=secret)
        answers = key.right.values()  # no slip is the answer of any exercise
        told = [one for one in wrong if not any(agree(one["answer"], other) for other in answers)]
        slips = [{"hashes": hashes(one["answer"], salt=own, secret=secret), "says": one["says"]} for one in told]
        exercises[exercise] = {"right": right, "slips": slips}
    known = {"mode": "practice", "data": "the class's", "salt": salt, "exercises": exercises}
    return json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@functools.cache
def _code(source: str) -> Any:
    return compile(source, "<a common wrong answer>", "exec")


def compiled(module: Module) -> list[tuple[nbformat.NotebookNode, Any]]:
    """Return the code cells of a module, compiled once for all students."""
    return _compiled(module.notebook, module.name)


@files.once
def _compiled(notebook: Path, name: str) -> list[tuple[nbformat.NotebookNode, Any]]:
    return [
        (cell, compile(cell.source, f"<{name}>", "exec"))
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code" and "figure" not in cell.metadata.get("tags", [])
    ]
