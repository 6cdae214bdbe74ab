"""Back-tests: what the runs compute now against the published record, within the stated tolerance.

Numbers agree within a relative difference of :data:`compendium.record.RELATIVE`; counts, texts, parameters
and data hashes are equal; figures are compared by the data they draw.
"""

import json

import pytest

import in_process
from compendium import execution, record
from compendium.runs import load_runs
from miniature import PROJECT
from test_functional_book import book  # noqa: F401  (the fixture builds the book)


@pytest.mark.parametrize("run", sorted(load_runs()))
def test_results_are_those_of_the_published_record(run):
    assert [str(difference) for difference in record.differences(run)] == []


@pytest.mark.parametrize("name", sorted(load_runs()))
def test_cells_executed_without_kernel_and_pipeline_give_the_published_record(name):
    run = load_runs()[name]
    got = execution.results_of(run, in_process.execute(run))
    expected = json.loads(record.recorded_path(name).read_text(encoding="utf-8"))
    assert got["results"], "no result was recorded"
    assert [str(difference) for difference in record.compare(expected, got)] == []


def test_the_record_holds_every_run_and_none_that_is_gone():
    recorded = {path.stem for path in (PROJECT / "results").glob("*.json")}
    assert recorded == set(load_runs())
    for name in recorded:
        assert json.loads((PROJECT / "results" / f"{name}.json").read_text())["run"] == name


def test_the_tolerance_is_tight_enough_to_catch_a_changed_digit():
    got = {"run": "x", "results": {"gap": {"value": 15.25, "unit": "%"}}, "figures": {}}
    close = {**got, "results": {"gap": {"value": 15.25 * (1 + 1e-8), "unit": "%"}}}
    far = {**got, "results": {"gap": {"value": 15.2501, "unit": "%"}}}
    other = {**got, "results": {"gap": {"value": 15.25, "unit": "points"}}}
    assert record.compare(close, got) == []
    assert [str(found) for found in record.compare(far, got)] == [
        "x: gap, value: expected 15.2501, got 15.25, difference -0.0001"
    ]
    assert "expected 'points', got '%'" in str(record.compare(other, got)[0])


def test_a_figure_may_differ_by_one_unit_of_its_sixth_digit_and_no_more():
    """A processor decides which way the sixth digit is rounded: 0.0565475 on one, 0.0565476 on another."""

    def made(value):
        return {"run": "x", "results": {}, "figures": {"f": {"columns": ["upper"], "rows": [[value]]}}}

    assert record.compare(made(0.0565475), made(0.0565476)) == []
    assert record.compare(made(1.00000), made(1.00001)) == []
    assert "expected 0.0565475, got 0.056549" in str(record.compare(made(0.0565475), made(0.056549))[0])


def test_a_missing_result_and_a_changed_figure_are_named():
    figure = {"columns": ["month", "days"], "rows": [["Jan", 1.0], ["Feb", 2.0]]}
    before = {"run": "x", "results": {"gone": {"value": 1}}, "figures": {"f": figure}}
    after = {"run": "x", "results": {}, "figures": {"f": {**figure, "rows": [["Jan", 1.0], ["Feb", 2.5]]}}}
    said = [str(found) for found in record.compare(before, after)]
    assert said == [
        "x: gone, result: expected 'recorded', got 'absent'",
        "x: f, figure data row 2, days: expected 2.0, got 2.5, difference 0.5",
    ]
    shorter = {**before, "figures": {"f": {**figure, "rows": figure["rows"][:1]}}}
    assert "expected '2 rows of month, days', got '1 rows of month, days'" in str(record.compare(before, shorter)[0])
