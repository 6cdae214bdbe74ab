"""Corrections: what counts as a moved result, what a row says, and that a reason is required."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from compendium import corrections, datasets, execution, record
from compendium.errors import RunError
from compendium.runs import load_runs

ENTRY = {"value": 4.3, "lower": 2.0, "upper": 6.6, "text": "4.3 weeks", "interval": "95% CI 2.0 to 6.6",
         "meaning": "Change of level", "reason": None}  # fmt: skip


@pytest.fixture
def project(mini):
    """A project with a published record of one run, and built results that a test sets."""

    def built(published, now):
        places = record.recorded_path("waits-once"), execution.results_path("waits-once")
        for path, results in zip(places, (published, now), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"run": "waits-once", "results": results}))

    return built


def test_what_a_reader_sees_changed_is_listed_and_nothing_else(project):
    project(
        {"same": ENTRY, "value": ENTRY, "lower": ENTRY, "reworded": ENTRY, "gone": ENTRY},
        {"same": {**ENTRY, "value": 4.31}, "value": {**ENTRY, "value": 5.0, "text": "5.0 weeks"},
         "lower": {**ENTRY, "lower": 1.5, "interval": "95% CI 1.5 to 6.6"},
         "reworded": {**ENTRY, "meaning": "x"}, "new": ENTRY},
    )  # fmt: skip
    found = {row["result"]: (row["old"], row["new"]) for row in corrections.moved("waits-once")}
    before = "4.3 weeks (95% CI 2.0 to 6.6)"
    assert found == {
        "value": (before, "5.0 weeks (95% CI 2.0 to 6.6)"),
        "lower": (before, "4.3 weeks (95% CI 1.5 to 6.6)"),
        "gone": (before, "no longer reported"),
    }


def test_other_words_for_the_same_numbers_are_listed_only_with_a_number_that_moved(project):
    said, now = ({**ENTRY, "value": text, "text": text, "interval": None} for text in ("It rose.", "It went up."))
    project({"finding": said, "change": ENTRY}, {"finding": now, "change": ENTRY})
    assert corrections.moved("waits-once") == []
    project({"finding": said, "change": ENTRY}, {"finding": now, "change": {**ENTRY, "value": 5, "text": "5 weeks"}})
    assert [row["result"] for row in corrections.moved("waits-once")] == ["finding", "change"]
    clear = {**said, "value": "clear", "text": "clear"}
    project({"verdict": clear}, {"verdict": {**clear, "value": "unclear", "text": "unclear"}})
    assert [row["result"] for row in corrections.moved("waits-once")] == ["verdict"]


def test_a_row_needs_a_reason_and_reaches_the_page(project):
    project({"change": ENTRY}, {"change": {**ENTRY, "value": 5.0, "text": "5.0 <weeks>"}})
    rows = corrections.moved("waits-once")
    with pytest.raises(RunError, match="waits-once/change; say why, for readers of the page Corrections"):
        corrections.append(rows, why="  ")
    corrections.append(rows, why="The interval counted the effects twice.")
    assert len(datasets.load("corrections")) == 2, "the checksum follows the file"
    page = corrections.page()
    assert "The interval counted the effects twice." in page
    assert 'href="../analyses/waits-once.html">Waits as printed' in page
    assert "5.0 &lt;weeks&gt;" in page


def test_a_run_that_was_never_published_or_executed(project):
    assert corrections.append([], why="") is None
    execution.results_path("waits-once").parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(RunError, match="execute it first: healthsys run waits-once"):
        corrections.moved("waits-once")
    project({}, {"change": ENTRY})
    record.recorded_path("waits-once").unlink()
    assert corrections.moved("waits-once") == []


def test_the_latest_correction_of_each_result_is_what_the_record_says_now():
    frame = datasets.load("corrections")
    latest = frame.groupby(["run", "result"]).last()
    for (run, result), row in latest.iterrows():
        if run not in load_runs():
            continue
        entry = json.loads(record.recorded_path(run).read_text())["results"].get(result)
        if entry and isinstance(entry.get("value"), str) and " " in entry["value"]:
            continue  # a sentence may be reworded later
        now = corrections.shown_as(entry) if entry else corrections.GONE
        assert row["new"].replace(" %", "%") == now, (run, result)


def test_every_correction_says_something_else_than_before():
    frame = datasets.load("corrections")
    assert isinstance(frame, pd.DataFrame)
    assert (frame["old"] != frame["new"]).all()
