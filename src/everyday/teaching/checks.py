"""What an exercise notebook calls: the learner's own data, self-checks that say what is wrong, marks.

A check never shows the answer: it says which property an answer lacks, and :func:`slips` which common wrong answer it
is. :func:`award` stands between the markers of nbgrader's hidden tests, so that a student copy does not hold it; its
value is the mark, as nbgrader reads it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compendium import datasets

#: Two numbers agree within this relative difference, or where one is the other rounded to :data:`FIGURES` figures.
RELATIVE, FIGURES = 1e-3, 3

#: File beside a student's data: the common wrong answers that these data lead to, and what each reveals.
SLIPS = "common_slips.json"


class NotYet(AssertionError):
    """An answer that does not hold yet; the message says what is wrong with it."""


@dataclass
class Sitting:
    """One pass through a notebook outside Jupyter: the data to serve, and the right answers it named."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)


_sitting: list[Sitting] = []


@contextmanager
def sitting(frames: Mapping[str, pd.DataFrame]) -> Iterator[Sitting]:
    """Serve given frames as the learner's own data, and collect the right answers that the hidden tests name.

    Parameters
    ----------
    frames
        Data by name of the data set.

    Examples
    --------
    >>> with sitting({"beds": pd.DataFrame({"occupied": [3, 5]})}) as made:
    ...     marks = award(1, "mean", 4.0, right=data("beds")["occupied"].mean())
    >>> marks, float(made.answers[0]["answer"])
    (1, 4.0)
    """
    made = Sitting(frames)
    _sitting.append(made)
    try:
        yield made
    finally:
        _sitting.pop()


def data(name: str) -> pd.DataFrame:
    """Return a data set: the learner's own file ``data/<name>.csv`` beside the notebook, else the bundled one.

    Parameters
    ----------
    name
        Name of a data set of the data dictionary.

    Raises
    ------
    DataError
        If a file breaks the layout: it names file, column, row, value and remedy.

    Examples
    --------
    >>> len(data("climate_benchmarks"))
    9
    """
    if _sitting and name in _sitting[-1].frames:
        return _sitting[-1].frames[name].copy()
    own = Path("data") / f"{name}.csv"
    return datasets.read(own, layout=name) if own.is_file() else datasets.load(name)


def that(holds: Any, message: str) -> None:
    """Go on if something holds; otherwise say what is wrong.

    Examples
    --------
    >>> that(2 > 1, "two is more than one")
    """
    if not bool(holds):
        raise NotYet(message)


def number(name: str, value: Any, *, low: float = -math.inf, high: float = math.inf, hint: str = "") -> None:
    """Check that an answer is one finite number in a range that any right answer lies in.

    Parameters
    ----------
    name
        The variable, as the exercise calls it.
    value
        What the learner assigned to it.
    low, high
        Range, ends included.
    hint
        Where a value outside usually comes from.

    Raises
    ------
    NotYet
        Saying what the value is, what it should be, and the hint.

    Examples
    --------
    >>> number("share", 0.4, low=0, high=1)
    >>> number("share", 40, low=0, high=1, hint="a share, not percent")
    Traceback (most recent call last):
    ...
    everyday.teaching.checks.NotYet: share is 40, above 1: a share, not percent
    """
    _given(name, value)
    if isinstance(value, (pd.Series, pd.DataFrame, list, tuple, dict)):
        raise NotYet(f"{name} has {len(value)} values; give one number")
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise NotYet(f"{name} is {value!r}, not a number") from None
    if not math.isfinite(found):
        raise NotYet(f"{name} is {found}: the calculation contains a missing value or a division by zero")
    for wrong, word, end in ((found < low, "below", low), (found > high, "above", high)):
        if wrong:
            raise NotYet(f"{name} is {found:g}, {word} {end:g}{': ' + hint if hint else ''}")


def remark(name: str, holds: Any, message: str) -> None:
    """Say what is wrong with an answer that may still earn part of the marks: print it and go on.

    Examples
    --------
    >>> remark("one", 2 > 1, "it is not more than two")
    one: no mistake found here.
    >>> remark("one", 1 > 2, "it is not more than two")
    Look again at one: it is not more than two
    """
    print(f"{name}: no mistake found here." if bool(holds) else f"Look again at {name}: {message}")


def slips(exercise: str, name: str, value: Any) -> None:
    """Print which common wrong answer an answer is, or that nothing speaks against it.

    The wrong answers are values, computed for the data beside the notebook when these were handed out
    (``data/common_slips.json``); without that file nothing is printed.

    Parameters
    ----------
    exercise
        Name of the exercise, as in the module's description.
    name, value
        The variable, as the exercise calls it, and what the learner assigned to it.

    Examples
    --------
    >>> slips("q1", "share", 0.25)
    """
    known = Path("data") / SLIPS
    if _sitting or not known.is_file():
        return
    for slip in json.loads(known.read_text(encoding="utf-8")).get(exercise, []):
        if same(value, slip["answer"]):
            print(f"Look again at {name}: {slip['says']}")
            return
    more = " If you rounded it, give at least three significant figures." if _coarse(value) else ""
    print(f"{name} is {shown(value)}: no mistake found here.{more}")


def _coarse(value: Any) -> bool:
    """Whether a number that is not whole has two figures or fewer."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return number != int(number) and number == float(f"{number:.2g}")


def choice(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Check that an answer is one of a few words.

    Examples
    --------
    >>> choice("verdict", "better", ["better", "worse"])
    """
    _given(name, value)
    if value not in allowed:
        raise NotYet(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}, with this spelling")


def names(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Check that an answer is a list (or a column) of known names, each given once.

    Examples
    --------
    >>> names("low", ["trust"], ["trust", "debate"])
    """
    _given(name, value)
    given = _listed(value)
    if given is None:
        raise NotYet(f"{name} is {type(value).__name__}; give a list of names, such as ['…', '…']")
    for item in given:
        if item not in set(allowed):
            raise NotYet(f"{name} holds {item!r}, which is none of {', '.join(map(repr, allowed))}")
    if len(set(given)) < len(given):
        raise NotYet(f"{name} contains a name twice")


def award(points: int, name: str, value: Any, *, right: Any, partly: Sequence[tuple[int, Any]] = ()) -> int:
    """Return the marks for an answer; for use in hidden tests.

    Parameters
    ----------
    points
        Marks of the right answer.
    name
        The variable, as the exercise calls it.
    value
        What the learner assigned to it.
    right
        The right answer: a number (agreeing within :data:`RELATIVE`), a text, true or false, or a list of names in
        any order.
    partly
        Answers that earn part of the marks: marks, answer.

    Returns
    -------
    int
        The marks.

    Raises
    ------
    NotYet
        If the answer earns nothing.

    Examples
    --------
    >>> award(2, "share", 0.25, right=0.25)
    2
    >>> award(2, "share", 0.75, right=0.25, partly=[(1, 0.75)])
    1
    """
    if _sitting:
        _sitting[-1].answers.append({"answer_to": name, "answer": right, "points": points})
    _given(name, value)
    if same(value, right):
        return points
    for marks, wrong in partly:
        if same(value, wrong):
            return marks
    raise NotYet(f"{name} is {shown(value)}, which does not follow from the data")


def same(one: Any, other: Any) -> bool:
    """Whether two answers agree: numbers within :data:`RELATIVE` or rounded, names in any order, texts exactly.

    Examples
    --------
    >>> same(2.0001, 2), same(["a", "b"], ("b", "a")), same("a", "b"), same(None, 1), same(1.59, 1.594)
    (True, True, False, False, True)
    """
    if (wanted := _listed(other)) is not None:
        given = _listed(one)
        return given is not None and sorted(map(str, given)) == sorted(map(str, wanted))
    if isinstance(other, (str, bool)) or other is None:
        return type(one).__name__.rstrip("_") == type(other).__name__ and one == other
    try:
        one, other = float(one), float(other)
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=1e-9) or one == float(f"{other:.{FIGURES}g}")
    except (TypeError, ValueError):
        return False


def shown(value: Any) -> str:
    """Return an answer as a lecturer's key shows it.

    Examples
    --------
    >>> shown(2 / 3), shown(["b", "a"]), shown(None)
    ('0.6667', 'a, b', 'none')
    """
    if (given := _listed(value)) is not None:
        return ", ".join(sorted(map(str, given))) or "none of them"
    if value is None:
        return "none"
    if isinstance(value, (str, bool)):
        return str(value)
    try:
        return f"{float(value):.4g}" if abs(float(value)) < 1e4 else f"{float(value):.0f}"
    except (TypeError, ValueError):
        return str(value)[:80]


def _listed(value: Any) -> list[Any] | None:
    """Return the items of an answer that is a list or a column; None if it is neither."""
    return list(value) if isinstance(value, (list, tuple, set, pd.Series, pd.Index, np.ndarray)) else None


def _given(name: str, value: Any) -> None:
    if value is None or value is Ellipsis:
        raise NotYet(f"{name} has no value yet: assign your answer to it in the cell above, and run that cell")
