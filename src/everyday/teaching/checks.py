"""What an exercise notebook calls: the learner's own data, self-checks that say what is wrong, marks.

A check never shows the answer. In practice it says *right*, *not yet*, or which common wrong answer an answer is; in an
exam it says *recorded*. What a student is given holds salted hashes of rounded answers, and in an exam not even these.
:func:`award` stands between the markers of nbgrader's hidden tests, so that a student copy does not hold it; its
value is the mark, as nbgrader reads it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import healthsys
from healthsys.errors import DataError, HealthsysError
from healthsys.io import read_table

#: Two numbers agree within this relative difference, or where one is the other rounded to :data:`FIGURES` figures.
RELATIVE, FIGURES = 1e-3, 3

#: File next to a student's data: whether this is practice or an exam and, in practice, hashes of answers.
SLIPS = "common_slips.json"

#: Table schemas of the data sets, by name: in the wheel that students install. A checkout has its data package.
LAYOUTS = "layouts.json"

#: Rounds of a hash, and significant figures of a number that is hashed. Each hash also holds one of so many additions
#: that are kept secret, so that an answer is compared by trying them all: a moment for one answer, minutes for each
#: count up to a thousand. Who has hours finds an answer, as by asking the notebook; an exam hands out no hash.
ROUNDS, ADDITIONS, HASHED_FIGURES = 500, 3_000, 4


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


def start() -> None:
    """Say in one line which data a notebook reads, and which package computes.

    Raises
    ------
    DataError
        If the notebook stands neither in a folder that was handed out nor in the book.

    Examples
    --------
    >>> start()
    This notebook reads the class's data, from the book; the package is healthsys of the book.
    """
    if _sitting:
        return
    whose, package = _known().get("data"), "healthsys of the book" if _layouts() is None else None
    if whose is None and package is None:
        raise DataError(_MISSING.format("there is no folder data"))
    whose = f"{whose} data, from the folder data" if whose else "the class's data, from the book"
    print(f"This notebook reads {whose}; the package is {package or f'healthsys {healthsys.__version__}'}.")


#: What to do where a folder that was handed out is not whole.
_MISSING = "{} next to this notebook; unpack the whole folder that you were given, open the notebook there and run it"


def data(name: str) -> pd.DataFrame:
    """Return a data set: the learner's own file ``data/<name>.csv`` next to the notebook, in the book the class's.

    A folder that was handed out and lacks the file is refused: the class's data never take its place.

    Parameters
    ----------
    name
        Name of a data set of the data dictionary.

    Raises
    ------
    DataError
        If a file is missing or breaks the layout: it names file, column, row, value and remedy.

    Examples
    --------
    >>> len(data("climate_benchmarks"))
    9
    """
    if _sitting and name in _sitting[-1].frames:
        return _sitting[-1].frames[name].copy()
    own, layouts = Path("data") / f"{name}.csv", _layouts()
    if own.is_file() and not _sitting:
        schema = _bundled().describe(name)["schema"] if layouts is None else layouts[name]
        return read_table(own, schema, label=own.name)
    if layouts is not None or (_known() and not _sitting):
        raise DataError(_MISSING.format(f"there is no file data/{own.name}"))
    return _bundled().load(name)


def _layouts() -> dict[str, Any] | None:
    """Return the table schemas that the students' wheel carries; None in a checkout."""
    found = resources.files("everyday.teaching") / LAYOUTS
    return json.loads(found.read_text(encoding="utf-8")) if found.is_file() else None


def _bundled() -> Any:
    """Return the catalogue of the book's data, which a student does not have."""
    return importlib.import_module("compendium.datasets")


def rounded(value: float, digits: int = 0) -> float:
    """Return a number rounded to some decimals.

    >>> rounded(20.7639, 1)
    20.8
    """
    return round(value, digits)


def compute(wording: str, inputs: Mapping[str, Any]) -> Any:
    """Return the value of a check written as text, for one row of inputs, as the claims ledger computes it.

    The book has the ledger's safe evaluator; a student's own notebook, where only the student's own text is computed,
    has Python's.

    Raises
    ------
    NotYet
        If the text cannot be computed.

    Examples
    --------
    >>> compute("round(part / whole, 2)", {"part": 1, "whole": 3})
    0.33
    """
    try:
        if _layouts() is None:
            return importlib.import_module("everyday.ledger.checks").compute(wording, inputs)
        return eval(wording, {"__builtins__": {}, "abs": abs, "round": rounded}, dict(inputs))
    except (HealthsysError, ArithmeticError, NameError, SyntaxError, TypeError, ValueError) as error:
        raise NotYet(f"the text cannot be computed: {error}") from None


def that(holds: Any, message: str, *, form: bool = False) -> None:
    """Go on if something holds; otherwise say what is wrong. An exam says it only of the ``form`` of an answer.

    >>> that(2 > 1, "two is more than one")
    """
    if not bool(holds) and (form or _known().get("mode") != "exam"):
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
    if _known().get("mode") == "exam":
        return
    for wrong, word, end in ((found < low, "below", low), (found > high, "above", high)):
        if wrong:
            raise NotYet(f"{name} is {found:g}, {word} {end:g}{': ' + hint if hint else ''}")


def remark(name: str, holds: Any, message: str) -> None:
    """Say what is wrong with an answer that may still earn part of the marks, and go on; *recorded* in an exam.

    >>> remark("one", 2 > 1, "it is not more than two")
    one: it passes every example that this check tries.
    >>> remark("one", 1 > 2, "it is not more than two")
    one: not yet. It is not more than two
    """
    if _known().get("mode") == "exam":
        print(f"{name}: recorded.")
    elif bool(holds):
        print(f"{name}: it passes every example that this check tries.")
    else:
        print(f"{name}: not yet. {message[:1].upper()}{message[1:]}")


def slips(exercise: str, name: str, value: Any) -> None:
    """Print *right*, *not yet* or which common wrong answer an answer is; in an exam only that it is recorded.

    Answers are compared by the hashes that were handed out with the data (``data/common_slips.json``); without that
    file nothing is printed.

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
    known = _known()
    if not known:
        return
    if known["mode"] == "exam":
        print(f"{name}: recorded.")
        return
    listed = known["exercises"].get(exercise, {"right": [], "slips": []})
    says = {one: slip["says"] for slip in listed["slips"] for one in slip["hashes"]} | dict.fromkeys(listed["right"])
    tried = (hashed(value, salt=f"{known['salt']}{exercise}", addition=number) for number in range(ADDITIONS))
    found = next((one for one in tried if one in says), "")
    if found and says[found] is None:
        print(f"{name} is {shown(value)}: right.")
        return
    more = " If you rounded it, give at least three significant figures." if _coarse(value) else ""
    print(f"{name} is {shown(value)}: not yet.{' ' + says[found] if found else ''}{more}")


def _known() -> dict[str, Any]:
    if _sitting:
        return {}
    path = Path("data") / SLIPS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def hashed(value: Any, *, salt: str, addition: int = 0) -> str:
    """Return the hash of an answer as it is handed out: numbers by four significant figures, names in any order.

    >>> hashed(0.25, salt="a") == hashed(0.25001, salt="a"), hashed(0.25, salt="a") == hashed(0.25, salt="b")
    (True, False)
    """
    return hashlib.pbkdf2_hmac("sha256", _plain(value).encode(), f"{salt}{addition}".encode(), ROUNDS).hex()[:24]


def hashes(value: Any, *, salt: str, secret: str) -> list[str]:
    """Return the hashes of every answer that agrees with a value (:func:`same`), each with an addition of its own.

    Parameters
    ----------
    value
        The answer.
    salt
        What is handed out with the hashes.
    secret
        What no student has: the additions follow from it.
    """
    near = [value]
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and value:
        exact = float(value)
        step = 10.0 ** (math.floor(math.log10(abs(exact))) + 1 - HASHED_FIGURES)
        far = math.ceil(RELATIVE * abs(exact) / step)
        near = [exact, float(f"{exact:.{FIGURES}g}"), *(exact + at * step for at in range(-far, far + 1))]
        near = [one for one in near if abs(one - exact) <= RELATIVE * abs(exact) + step / 2 or one == near[1]]
    found = set()
    for plain, one in {_plain(one): one for one in near}.items():
        drawn = hashlib.sha256(f"{secret}{salt}{plain}".encode()).digest()
        found.add(hashed(one, salt=salt, addition=int.from_bytes(drawn[:8]) % ADDITIONS))
    return sorted(found)


def agree(one: Any, other: Any) -> bool:
    """Whether some answer would agree with both: numbers within twice the difference that is allowed.

    >>> agree(1.0, 1.0015), agree(1.0, 1.01), agree(["a"], ["a"])
    (True, False, True)
    """
    try:
        return math.isclose(float(one), float(other), rel_tol=3 * RELATIVE)
    except (TypeError, ValueError):
        return same(one, other)


def _plain(value: Any) -> str:
    if (given := _listed(value)) is not None:
        return "|".join(sorted(map(str, given)))
    if isinstance(value, (str, bool)) or value is None:
        return str(value)
    try:
        return f"{float(value) + 0.0:.{HASHED_FIGURES}g}"
    except (TypeError, ValueError):
        return str(value)


def _coarse(value: Any) -> bool:
    """Whether a number that is not whole has two figures or fewer."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return number != int(number) and number == float(f"{number:.2g}")


def choice(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Check that an answer is one of a few words.

    >>> choice("verdict", "better", ["better", "worse"])
    """
    _given(name, value)
    if value not in allowed:
        raise NotYet(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}, with this spelling")


def names(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Check that an answer is a list (or a column) of known names, each given once.

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
    earned = [points] if same(value, right) else [marks for marks, wrong in partly if same(value, wrong)]
    marks = earned[0] if earned else 0
    if _sitting:
        _sitting[-1].answers.append({"answer_to": name, "answer": right, "points": points, "marks": marks})
    _given(name, value)
    if not marks:
        raise NotYet(f"{name} is {shown(value)}, which does not follow from the data")
    return marks


def same(one: Any, other: Any) -> bool:
    """Whether two answers agree: numbers within :data:`RELATIVE` or rounded, names in any order, texts exactly.

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
