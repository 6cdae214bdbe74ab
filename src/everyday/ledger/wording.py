"""A claim in words: a check as a reader says it, and whether a claim's words give the numbers that its check uses."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_MONTHS = "january february march april may june july august september october november december"
_NUMBERS = {word: number for number, word in enumerate(f"{_WORDS} seventeen eighteen nineteen twenty".split())}
_NUMBERS |= {word: number for number, word in enumerate(_MONTHS.split(), start=1)}
_NUMBERS |= {"none": 0, "no": 0, "single": 1, "first": 1, "second": 2, "twice": 2, "doubled": 2, "both": 2, "half": 0.5,
             "third": 1 / 3, "thirds": 2 / 3, "quarter": 0.25, "quarters": 0.75}  # fmt: skip
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}

#: Claims whose check needs a number that the source gives in a table, a figure or its references, and a claim's words
#: do not repeat. Each really needs one: a test fails for an entry that has become needless.
ELSEWHERE = frozenset(Path(__file__).with_name("elsewhere.csv").read_text(encoding="utf-8").split()[1:])


def numbers(text: str) -> list[float]:
    """Return every number that a text gives, in digits, in words, as a month, or as the end of a span of years.

    >>> numbers("25 clinics, formerly ten; 1.5 million; 2017-18")
    [25.0, 1.5, 1500000.0, 2017.0, 18.0, 2018.0, 10.0]
    """
    found = []
    for match in re.finditer(r"\d+(?:,\d{3})*(?:\.\d+)?", text):
        number = float(match[0].replace(",", ""))
        after = text[match.end() : match.end() + 20]
        found += [number, *(number * scale for word, scale in _SCALES.items() if word in after)]
    found += [float(century + year) for century, year in re.findall(r"(\d\d)\d\d-(\d\d)\b", text)]
    return found + [float(_NUMBERS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in _NUMBERS]


def unsaid(claim: Mapping[str, Any]) -> list[str]:
    """Return the numeric inputs of a claim that neither its printed words nor its statement give.

    Inputs of the original source (``original_...``) are not the words of this one. Signs do not count, and a share may
    be given as a percentage.

    Examples
    --------
    >>> claim = {"inputs": '{"after": 25, "before": 10}', "statement": "", "printed": "25 clinics, formerly 11"}
    >>> unsaid(claim)
    ['before = 10']
    """
    said = numbers(f"{claim['printed']} {claim['statement']}")
    given = json.loads(claim["inputs"]) if claim["inputs"] else {}
    return [
        f"{name} = {value}"
        for name, value in _leaves(given)
        if not name.startswith("original")
        and not any(abs(abs(value) - number * scale) <= 1e-6 * max(1, abs(value)) for number in said
                    for scale in (1, 0.01, 100))
    ]  # fmt: skip


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


#: How a function of a check is said, around what it is given.
_SAID = {
    "abs": "size of {}", "days": "days from {} to {}", "floor": "{} in whole units", "len": "number in {}",
    "max": "largest of {}", "min": "smallest of {}", "sorted": "{} in order",
    "sum": "sum of {}", "unique": "distinct {}",
}  # fmt: skip

#: How an operator of a check is said, and how tightly it binds.
_SIGNS: dict[type, tuple[str, int]] = {
    ast.And: (" and ", 1), ast.Or: (" or ", 1), ast.Eq: (" = ", 2), ast.NotEq: (" ≠ ", 2), ast.Lt: (" < ", 2),
    ast.LtE: (" ≤ ", 2), ast.Gt: (" > ", 2), ast.GtE: (" ≥ ", 2), ast.In: (" is among ", 2),
    ast.NotIn: (" is not among ", 2), ast.Add: (" + ", 3), ast.Sub: (" − ", 3), ast.Mult: (" × ", 4),
    ast.Div: (" / ", 4), ast.Pow: (" to the power of ", 5),
}  # fmt: skip


def check_in_words(check: str) -> str:
    """Write a check as a reader says it; what has no words, such as a loop over a list, stays code.

    >>> check_in_words("len(names_listed) == stated and (after + more) / before >= 2")
    'number in names listed = stated and (after + more) / before ≥ 2'
    """
    tree = ast.parse(check.strip(), mode="eval").body
    plain = (ast.expr_context, ast.operator, ast.boolop, ast.cmpop, ast.unaryop, ast.List, ast.Tuple)
    known = (ast.Name, ast.Constant, ast.BinOp, ast.Compare, ast.BoolOp, ast.Call, ast.UnaryOp, *plain)
    return _said(tree, 0) if all(isinstance(node, known) for node in ast.walk(tree)) else check.strip()


def _said(node: ast.AST, outer: int) -> str:
    """Write one part of a check, in brackets where the part around it binds more tightly."""
    match node:
        case ast.Name(id=name):
            return name.replace("_", " ")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            sign, own = _SIGNS[type(op)]
            found = f"{_said(left, own)}{sign}{_said(right, own + 1)}"
        case ast.Compare(left=left, ops=ops, comparators=others):
            own = 2
            pairs = zip(ops, others, strict=True)
            found = _said(left, own) + "".join(f"{_SIGNS[type(op)][0]}{_said(other, own)}" for op, other in pairs)
        case ast.BoolOp(op=op, values=values):
            sign, own = _SIGNS[type(op)]
            found = sign.join(_said(value, own + 1) for value in values)
        case ast.UnaryOp(op=ast.USub(), operand=of):
            own, found = 3, f"−{_said(of, 5)}"
        case ast.Call(func=ast.Name(id="round"), args=[number, *places]):
            to = "".join(f" to {_said(n, 0)} decimal place{'s' * (_said(n, 0) != '1')}" for n in places)
            own, found = 2, f"{_said(number, 0)}, rounded{to}"
        case ast.Call(func=ast.Name(id=name), args=given) if name in _SAID and _SAID[name].count("{}") == len(given):
            own, found = 2, _SAID[name].format(*(_said(one, 6) for one in given))
        case _:
            return ast.unparse(node)
    return f"({found})" if own < outer else found
