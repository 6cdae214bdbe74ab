"""A safe evaluator for the checks of claims: arithmetic over named inputs, and nothing else.

Expressions are read by ``simpleeval``, never by ``eval``. They may use numbers, lists, dates and text; arithmetic,
comparison, ``and``/``or``/``not``, indexing and list comprehensions; and the functions in :data:`FUNCTIONS`. There are
no attributes, imports or assignments, powers are bounded, and long loops and long lists are refused.
"""

from __future__ import annotations

import ast
import datetime
import json
import math
import operator
import re
import warnings
from collections.abc import Mapping
from typing import Any

import simpleeval

from healthsys.errors import HealthsysError

#: Longest expression that is read (characters), largest power, most values in one list, most decimals.
LONGEST_EXPRESSION = 600
LARGEST_EXPONENT = 100
MOST_VALUES = 1000
LONGEST_NUMBER = 100
MOST_DIGITS = 12

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class CheckError(HealthsysError, ValueError):
    """An expression or an input that is not allowed or does not compute; the message says which and why."""


def date(text: str) -> datetime.date:
    """Return the day of an ISO date.

    >>> date("2017-01-01").year
    2017
    """
    return datetime.date.fromisoformat(text)


def days(first: datetime.date, last: datetime.date) -> int:
    """Return the number of days from one date to another.

    >>> days(date("2017-01-01"), date("2017-07-22"))
    202
    """
    return (last - first).days


def unique(values: list[Any]) -> list[Any]:
    """Return the different values of a list in their order of first appearance.

    >>> unique([1, 1, 2, 3])
    [1, 2, 3]
    """
    return list(dict.fromkeys(values))


def rounded(value: float, digits: int = 0) -> float:
    """Return a number rounded to some decimals, a half to the even digit.

    >>> rounded(20.7639, 1)
    20.8
    """
    if not 0 <= digits <= MOST_DIGITS:
        raise CheckError(f"{digits} decimals are too many to round to; 0 to {MOST_DIGITS} are computed")
    return round(value, digits) if digits else round(value)


#: What an expression may call.
FUNCTIONS: dict[str, Any] = {
    "abs": abs, "all": all, "any": any, "date": date, "days": days, "floor": math.floor, "len": len, "max": max,
    "min": min, "round": rounded, "sorted": sorted, "sum": sum, "unique": unique,
    "zip": lambda *lists: list(zip(*lists, strict=True)),
}  # fmt: skip

_OPERATORS = {
    node: simpleeval.DEFAULT_OPERATORS[node]
    for node in (
        ast.Sub, ast.Eq, ast.NotEq, ast.Gt, ast.Lt, ast.GtE, ast.LtE,
        ast.Not, ast.USub, ast.UAdd, ast.In, ast.NotIn,
    )
} | {ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv}  # fmt: skip

#: Parts of the language that simpleeval would read and a check has no use for.
_REFUSED = (
    ast.Attribute, ast.JoinedStr, ast.FormattedValue, ast.Dict, ast.Set, ast.DictComp, ast.Assign, ast.AugAssign,
    ast.keyword, ast.Starred, ast.Lambda, ast.NamedExpr,
)  # fmt: skip


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) > MOST_VALUES:
        raise CheckError(f"the lists joined have {len(left) + len(right)} values; at most {MOST_VALUES} are computed")
    return left + right


def _product(left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise CheckError("only numbers can be multiplied")
    return left * right


def _remainder(left: Any, right: Any) -> Any:
    if not isinstance(left, int | float):  # a text would be a format of any width
        raise CheckError("only numbers have a remainder")
    return left % right


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > LARGEST_EXPONENT:
        raise CheckError(f"the power {exponent:g} is too large; at most {LARGEST_EXPONENT} is computed")
    found = float(base) ** float(exponent)
    if isinstance(found, complex):
        raise CheckError("a root of a negative number is not a number")
    return found


def compute(expression: str, inputs: Mapping[str, Any]) -> Any:
    """Compute one expression over named inputs (:func:`parse_inputs`): true, false or a finite number.

    Anything but inputs and :data:`FUNCTIONS`, and what is too long or does not compute, is a :class:`CheckError`.

    Examples
    --------
    >>> compute("len(named) == stated", {"stated": 3, "named": ["self", "us", "now"]})
    True
    >>> compute("round(after / before, 2)", {"after": 363, "before": 183})
    1.98
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise CheckError(f"the expression has {len(expression)} characters; at most {LONGEST_EXPRESSION} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CheckError(f"'{expression}' is not one expression ({getattr(error, 'msg', error)})") from None
    for node in ast.walk(tree):
        if isinstance(node, _REFUSED):
            raise CheckError(f"'{expression}' uses {type(node).__name__.lower()}, which a check may not")
    operators = _OPERATORS | {ast.Add: _sum, ast.Mult: _product, ast.Mod: _remainder, ast.Pow: _power}
    reader = simpleeval.EvalWithCompoundTypes(operators=operators, names=dict(inputs))
    reader.functions = dict(FUNCTIONS)
    try:
        found = reader.eval(expression.strip(), previously_parsed=tree.body)
        usable = isinstance(found, bool) or (isinstance(found, int | float) and math.isfinite(found))
    except CheckError as error:
        raise CheckError(f"'{expression}': {error}") from None
    except Exception as error:  # whatever an expression of a reader's own file does wrong is said, not thrown
        raise CheckError(f"'{expression}' does not compute: {_said(error)}") from None
    if usable:
        return found
    raise CheckError(f"'{expression}' comes to {str(found)[:40]!r}; a check comes to true, false or a number")


def _said(error: Exception) -> str:
    if isinstance(error, simpleeval.NameNotDefined):
        return f"there is no input '{error.name}'"
    if isinstance(error, simpleeval.FunctionNotDefined):
        return f"there is no function '{error.func_name}'; there are {', '.join(sorted(FUNCTIONS))}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def names_in(*expressions: str) -> set[str]:
    """Return the names that expressions use, functions left out.

    >>> sorted(names_in("sum([x for x in shares]) == whole"))
    ['shares', 'whole']
    """
    found: set[str] = set()
    for expression in expressions:
        try:
            nodes = _nodes(expression.strip() or "0")
        except SyntaxError:
            continue
        targets = [one for node in nodes if isinstance(node, ast.comprehension) for one in ast.walk(node.target)]
        used, bound = ({one.id for one in part if isinstance(one, ast.Name)} for part in (nodes, targets))
        found |= used - bound - set(FUNCTIONS)
    return found


def _same(left: ast.AST, right: ast.AST) -> bool:
    return ast.dump(left) == ast.dump(right)


def _nodes(expression: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(expression.strip(), mode="eval")))


def _comparisons(expression: str) -> list[tuple[ast.expr, ast.cmpop, ast.expr]]:
    return [
        (left, operator_, right)
        for node in _nodes(expression)
        if isinstance(node, ast.Compare)
        for left, operator_, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)
    ]


def compares_reported_values(expression: str, inputs: Mapping[str, Any]) -> bool:
    """Return whether a check sets one typed single value equal to another, without any calculation.

    >>> compares_reported_values("first == second", {"first": 2, "second": 2})
    True
    >>> compares_reported_values("after - before == rise", {"after": 5, "before": 3, "rise": 2})
    False
    """
    return any(
        isinstance(operator_, ast.Eq)
        and not _same(left, right)
        and all(
            isinstance(side, ast.Name) and side.id in inputs and not isinstance(inputs[side.id], list)
            for side in (left, right)
        )
        for left, operator_, right in _comparisons(expression)
    )


def counted_lists(expression: str, inputs: Mapping[str, Any]) -> list[str]:
    """Return the names of lists of texts whose length a check uses.

    >>> counted_lists("len(named) == stated", {"stated": 2, "named": ["self", "us"]})
    ['named']
    """
    named = []
    for node in _nodes(expression):
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name), *_]):
                named.append(name)
    return [name for name in named if isinstance(inputs.get(name), list) and isinstance((inputs[name] or [0])[0], str)]


def _variations(value: Any) -> list[Any]:
    """Return other values that a source could have reported in place of this one."""
    if isinstance(value, list):
        longer = [*value, *[f"{value[0]} more" if isinstance(value[0], str) else value[0]]] if value else [1]
        return [value[:-1], longer, [], *[[one, *value[1:]] for one in (_variations(value[0]) if value else [])]]
    if isinstance(value, datetime.date):
        return [value + datetime.timedelta(days=step) for step in (-4000, -400, -1, 1, 400, 4000)]
    if isinstance(value, str):
        return [f"{value} otherwise"]
    return [value + 1, value - 1, value * 10 + 7, -value - 7, 0]


def refuse_tautology(expression: str, inputs: Mapping[str, Any]) -> None:
    """Refuse a check that compares a value with itself, or that would come out the same whatever was reported.

    Each input of a check that is not false is replaced by other values; if none changes what the check comes to, it
    proves nothing. A length of a typed list that is compared with no announced number is refused too: it counts what
    the reader typed.

    Examples
    --------
    >>> refuse_tautology("len(named) == stated", {"stated": 2, "named": ["self", "us"]})
    >>> refuse_tautology("x == x", {"x": 3})
    Traceback (most recent call last):
        ...
    everyday.ledger.checks.CheckError: 'x == x' compares a value with itself, which is always true
    """
    said = f"'{expression[:60]}'"
    for left, _, right in _comparisons(expression):
        if _same(left, right):
            raise CheckError(f"{said} compares a value with itself, which is always true")
        named = [side for side in (left, right) if isinstance(side, ast.Name) and side.id in inputs]
        typed = [side for side in (left, right) if isinstance(side, ast.Constant)]
        if named and typed:
            raise CheckError(
                f"{said} compares '{named[0].id}' with {typed[0].value!r}, which is typed in the check; give the "
                "number a name and its place, as an input"
            )
    counted = counted_lists(expression, inputs)
    for name in counted:
        if len(set(map(str, inputs[name]))) < len(inputs[name]):
            raise CheckError(f"the list '{name}' names an item twice; name each item once")
    if counted and set(counted) >= names_in(expression) & set(inputs):
        raise CheckError(
            f"{said} counts the typed list '{counted[0]}' and compares it with nothing that the source announces; give "
            "the announced number, or leave the check empty"
        )
    found = compute(expression, inputs)
    if found is False:  # it has failed, so it can
        return
    for name, value in inputs.items():
        for other in _variations(value):
            try:
                if compute(expression, {**inputs, name: other}) != found:
                    return
            except CheckError:
                continue
    raise CheckError(f"{said} comes out the same whatever the source reports, so it proves nothing")


def parse_inputs(text: str | None) -> dict[str, Any]:
    """Read the named inputs of a claim from a JSON object; a text of the form YYYY-MM-DD becomes a date.

    >>> parse_inputs('{"start": "2017-01-01", "held": 16}')
    {'start': datetime.date(2017, 1, 1), 'held': 16}
    """
    if text is None or not str(text).strip():
        return {}
    try:
        found = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole, parse_float=_decimal)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CheckError(f'the inputs are not a JSON object ({error}); write them as {{"name": value}}') from None
    if not isinstance(found, dict):
        raise CheckError('the inputs must be a JSON object such as {"stated": 3, "listed": ["a", "b"]}')
    for name in found:
        if not _NAME.fullmatch(name) or name in FUNCTIONS:
            raise CheckError(
                f"'{name}' cannot name an input; use lower-case letters, digits and underscores, not a function's name"
            )
    return {name: _value(name, value) for name, value in found.items()}


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise CheckError(f"a number has {len(text.lstrip('-'))} digits; at most {LONGEST_NUMBER} are read")
    return int(text)


def _decimal(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise CheckError(f"{text[:LONGEST_NUMBER]} is larger than a number can be")
    return found


def _refuse_constant(name: str) -> Any:
    raise CheckError(f"{name} is not a number that can be written")


def _value(name: str, value: Any, depth: int = 0) -> Any:
    if isinstance(value, list) and depth < 3:
        if len(value) > MOST_VALUES:
            raise CheckError(f"input '{name}' has {len(value)} values; at most {MOST_VALUES} are read")
        return [_value(name, item, depth + 1) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CheckError(f"input '{name}' holds {json.dumps(value)[:40]}; give a number, a text or a list of these")
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date(value)
        except ValueError:
            raise CheckError(f"input '{name}' holds '{value}', which is not a day of the calendar") from None
    return value
