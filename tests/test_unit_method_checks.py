"""Every worked example of ``data/reference/method_checks.csv``: our answer within the tolerance of theirs."""

import pkgutil

import pandas as pd
import pytest

from compendium import datasets
from everyday.ledger import methods
from healthsys import validation
from healthsys.errors import DataError

REFERENCE = datasets.load("method_checks")


@pytest.fixture(scope="module")
def ours():
    found = {}
    for module in methods.modules():
        answers = methods.answers(module, datasets.load)
        assert answers, f"{module.__name__} answers nothing"
        found |= answers
    return methods.answered(REFERENCE, found).set_axis(REFERENCE["check"])


@pytest.mark.parametrize("check", REFERENCE["check"])
def test_our_answer_is_theirs(ours, check):
    row = REFERENCE.set_index("check").loc[check]
    assert abs(ours[check] - row["value"]) <= row["tolerance"], (
        f"{row['method']}: {row['reference']} gives {row['value']}, ours {ours[check]}"
    )


def test_every_module_that_has_worked_examples_is_found():
    names = [module.__name__ for module in methods.modules()]
    assert names == [f"healthsys.validation.{one.name}" for one in pkgutil.iter_modules(validation.__path__)]
    assert len(set(names)) == len(names)
    assert all(check.split("-")[0] == area for check, area in zip(REFERENCE["check"], REFERENCE["area"], strict=True))


def test_digits_shown_are_one_more_than_the_tolerance_has():
    assert [methods.digits(tolerance) for tolerance in (5e-3, 5e-7, 0.5, 0.0)] == [4, 8, 2, 12]


def test_an_answer_and_a_row_that_do_not_meet_are_named():
    reference = pd.DataFrame({"check": ["alpha"]})
    with pytest.raises(DataError, match=r"the answer 'alpa' has no row .*Did you mean 'alpha'\?"):
        methods.answered(reference, {"alpha": 1.0, "alpa": 1.0})
    with pytest.raises(DataError, match=r"check 'alpha' has no answer\..*or remove the row"):
        methods.answered(reference, {})
