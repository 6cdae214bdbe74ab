"""The evaluator of checks: what it computes, and everything it refuses."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyday.ledger.checks import FUNCTIONS, CheckError, compute, names_in, parse_inputs


@pytest.mark.parametrize(
    ("expression", "inputs", "value"),
    [
        ("a + b * 2 - c / 4", {"a": 1, "b": 2, "c": 4}, 4),
        ("2 ** n", {"n": 10}, 1024),
        ("lowest <= x <= highest", {"lowest": 1, "x": 1, "highest": 3}, True),
        ("len(listed) == stated", {"listed": ["a", "b"], "stated": 3}, False),
        ("sum(shares)", {"shares": [60, 30, 10]}, 100),
        ("max(numbers) - len(unique(numbers))", {"numbers": [1, 1, 2, 5]}, 2),
        ("days(start, end)", {"start": datetime.date(2017, 1, 1), "end": datetime.date(2019, 8, 21)}, 962),
        ("date('2017-01-01') < end", {"end": datetime.date(2017, 1, 2)}, True),
        ("all([f <= q for q, f in zip(quoted, first)])", {"quoted": [3, 9], "first": [1, 9]}, True),
        ("cited in listed", {"cited": 2013, "listed": [2014]}, False),
        ("pages[0] == 1 and not pages[1] == 1", {"pages": [1, 2]}, True),
        ("abs(floor(x) - round(x, 1))", {"x": 2.46}, 0.5),
    ],
)
def test_computes(expression, inputs, value):
    assert compute(expression, inputs) == pytest.approx(value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("__import__('os').system('true')", "attribute"),
        ("x.__class__", "attribute"),
        ("(1).__class__.__mro__", "attribute"),
        ("''.join(['a'])", "attribute"),
        ("__import__('os')", "no function '__import__'"),
        ("import os", "not one expression"),
        ("x = 3", "not one expression"),
        ("(x := 3)", "namedexpr"),
        ("lambda: 1", "lambda"),
        ("f'{x}'", "joinedstr"),
        ("{'a': 1}", "dict"),
        ("open('/etc/passwd')", "no function 'open'"),
        ("eval('1')", "no function 'eval'"),
        ("len(dict())", "no function 'dict'"),
        ("round(number=x)", "keyword"),
        ("sum(*x)", "starred"),
        ("9 ** 9 ** 9", r"power 3.8742e\+08 is too large"),
        ("(9.0 ** 99) ** 99", "does not compute"),
        ("(0 - 8) ** 0.5", "root of a negative number"),
        ("len('%999999999d' % 1)", "only numbers have a remainder"),
        ("round(5, 0 - 99999999)", "-99999999 decimals are too many"),
        ("x * 3", "only numbers can be multiplied"),
        ("sum([sum(x * 90) for c in x])", "only numbers can be multiplied"),
        ("len(" + "x + " * 10 + "x)", "lists joined have 1100 values; at most 1000"),
        ("days(1, 2)", "does not compute"),
        ("len([[[c for c in x] for b in x] for a in x])", "does not compute"),
        ("9" * 500, "does not compute"),
        ("[a for a in x for b in x for c in x]", "does not compute"),
        ("1 << 99", "does not compute"),
        ("missing + 1", "no input 'missing'"),
        ("1 / 0", "division by zero"),
        ("x[5000]", "index out of range"),
        ("x + 1", "does not compute"),
        ("x", "comes to"),
        ("'text'", "comes to"),
        ("1; 2", "not one expression"),
        ("", "not one expression"),
        ("1 +" * 400 + "1", "characters"),
        ("(" * 250 + "1" + ")" * 250, "not one expression"),
    ],
)
def test_refuses(expression, message):
    with pytest.raises(CheckError, match=message):
        compute(expression, {"x": list(range(100))})


def test_every_function_has_a_use_in_the_language_of_claims():
    assert set(FUNCTIONS) == {
        "abs", "all", "any", "date", "days", "floor", "len", "max", "min", "round", "sorted", "sum", "unique", "zip",
    }  # fmt: skip


def test_inputs_become_dates_numbers_and_lists():
    found = parse_inputs('{"start": "2017-01-01", "shares": [1, 2.5], "label": "x", "days_of": ["2017-01-01"]}')
    assert found["start"] == datetime.date(2017, 1, 1) == found["days_of"][0]
    assert found["shares"] == [1, 2.5]
    assert parse_inputs("") == parse_inputs(None) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stated=3", "not a JSON object"),
        ("[1, 2]", "must be a JSON object"),
        ('{"Stated": 3}', "'Stated' cannot name an input"),
        ('{"__class__": 3}', "cannot name an input"),
        ('{"len": 3}', "'len' cannot name an input"),
        ('{"a": true}', "holds true"),
        ('{"a": null}', "holds null"),
        ('{"a": {"b": 1}}', "give a number, a text or a list"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": Infinity}', "Infinity is not a number"),
        ('{"a": "2017-02-30"}', "not a day of the calendar"),
        ('{"a": [[[[1]]]]}', "give a number"),
    ],
)
def test_inputs_of_another_kind_are_refused(text, message):
    with pytest.raises(CheckError, match=message):
        parse_inputs(text)


def test_too_many_values_are_refused():
    with pytest.raises(CheckError, match="1001 values; at most 1000"):
        parse_inputs('{"a": [' + "1," * 1000 + "1]}")


def test_names_leave_out_functions_and_what_a_comprehension_binds():
    assert names_in("len([x for x in shares if x > least])", "whole") == {"shares", "least", "whole"}


@given(st.text(alphabet="ax0189()[]+-*/%.,'\"_ <>=!:forinsumdaystelqu\n\\\0", max_size=40))
def test_whatever_is_written_it_computes_or_is_refused(expression):
    try:
        found = compute(expression, {"x": [1, 2], "a": 3})
    except CheckError:
        return
    assert isinstance(found, bool | int | float)
