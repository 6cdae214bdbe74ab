"""Every worked example of ``data/reference/method_checks.csv``: our answer within the tolerance of theirs."""

import importlib
import pkgutil

import pandas as pd
import pytest

import healthsys
from compendium import datasets
from everyday.ledger.methods import compare_methods
from healthsys.errors import DataError

REFERENCE = datasets.load("method_checks")
ROOMS = sorted(set(REFERENCE["area"]))
#: Where an area's worked examples are computed.
VALIDATION = {"narratives": "healthsys.validation.coding"}


@pytest.fixture(scope="module")
def compared():
    ours = {}
    for room in ROOMS:
        found = importlib.import_module(VALIDATION.get(room, f"healthsys.{room}.worked")).answers()
        assert all(name.startswith(f"{room}-") for name in found)
        ours |= found
    return compare_methods(REFERENCE, ours).set_index("check")


@pytest.mark.parametrize("check", REFERENCE["check"])
def test_our_answer_is_theirs(compared, check):
    row = compared.loc[check]
    assert row["agrees"], f"{row['method']}: {row['reference']} gives {row['value']}, ours {row['ours']}"


def test_every_room_that_has_worked_examples_is_compared():
    there = [room.name for room in pkgutil.iter_modules(healthsys.__path__)
             if room.ispkg and importlib.util.find_spec(f"healthsys.{room.name}.worked")]  # fmt: skip
    assert sorted([*there, *VALIDATION]) == ROOMS


def test_the_comparison_can_fail_and_rounds_what_it_shows():
    reference = pd.DataFrame({"check": ["a", "b"], "value": [0.75, 1.0], "tolerance": [5e-3, 5e-3]})
    found = compare_methods(reference, {"a": 0.75 - 1e-16, "b": 1.02})
    assert found["difference"].tolist() == [0.0, 0.02]
    assert found["agrees"].tolist() == [True, False]


def test_an_answer_and_a_row_that_do_not_meet_are_named():
    reference = pd.DataFrame({"check": ["alpha"], "value": [1.0], "tolerance": [0.1]})
    with pytest.raises(DataError, match=r"the answer 'alpa' has no row .*Did you mean 'alpha'\?"):
        compare_methods(reference, {"alpha": 1.0, "alpa": 1.0})
    with pytest.raises(DataError, match=r"check 'alpha' has no answer\..*or remove the row"):
        compare_methods(reference, {})
