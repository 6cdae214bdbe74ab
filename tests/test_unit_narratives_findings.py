"""Opening sentences from results, and figures that can be drawn at both widths from any of the room's results."""

import re

import pandas as pd
import pytest

from compendium import datasets, plotting
from healthsys.narratives import agreement, checklists, events, figures, findings, tensions
from healthsys.narratives.codebooks import codebook
from healthsys.narratives.timelines import Permutation


def permutation(**changes):
    given = {
        "statistic": 0.5,
        "expected": 0.5,
        "lower": 0.4,
        "upper": 0.6,
        "p_high": 0.5,
        "p_low": 0.5,
        "events": 9,
        "draws": 99,
    }
    return Permutation(**(given | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "show no order of strategies"),
        ({"p_high": 0.01, "p_low": 0.99}, "follow each other more than chance"),
        ({"p_high": 0.99, "p_low": 0.01}, "reverse of the textbook order"),
        ({"statistic": None, "reason": "only one occurs"}, "cannot be told: only one occurs"),
    ],
)
def test_the_sequence_sentence_follows_the_test(changes, said):
    assert said in findings.sequence(permutation(**changes), permutation())


def test_running_together_is_only_claimed_beyond_shuffling():
    assert "which shuffled dates give as well" in findings.sequence(permutation(), permutation(statistic=1.0))
    assert "more than shuffled dates give" in findings.sequence(permutation(), permutation(p_high=0.01))


def test_both_tests_in_words():
    found = permutation(threshold=0.6)
    assert "above 0.60 the test would speak of a sequence" in findings.tests(found, permutation())
    assert "does not test it" in findings.tests(found, permutation(expected=0.99, statistic=1.0))
    assert "Neither can be computed here: few." in findings.tests(permutation(statistic=None, reason="few"), found)


def overall(value):
    rows = [
        ("a", "Krippendorff's alpha", value),
        ("all codes", "Krippendorff's alpha", value),
        ("all codes", "percent agreement", 0.9),
    ]
    return pd.DataFrame(rows, columns=["code", "measure", "value"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.9, "by convention reliable"),
        (0.7, "tentative"),
        (0.5, "below the customary threshold"),
        (None, "alpha is undefined"),
    ],
)
def test_the_agreement_sentence_names_the_convention(value, said):
    assert said in findings.agreement(overall(value))


def test_the_tension_sentence_counts_the_cost_of_but():
    passages = datasets.load("tension_passages")
    assert "Of those found by but" in findings.tensions(tensions.score(passages))
    assert findings.tensions(tensions.score(passages.head(3).assign(text="x"))).endswith("none of the passages.")


def test_what_is_found_in_ones_own_texts():
    assert "none of the markers" in findings.found(pd.DataFrame({"marker": []}), {"a": "one"})


def test_every_figure_is_drawn_at_both_widths():
    book = codebook(datasets.load("narrative_codebook"))
    labels = {code: book.label(code) for code in book.codes}
    area = events.register(datasets.load("area_south_events"), book)
    own = events.register(datasets.load("narrative_events_template"), book)
    small = pd.DataFrame({"A": [1, 0, 1, 0, 1], "B": [1, 0, 0, 0, 1]})
    table = agreement.table_by_code({"one": small}, draws=20)
    drawn = [
        (figures.draw_timeline, (area, labels), {}),
        (figures.draw_timeline, (own, labels), {"kind": "yours"}),
        (
            figures.draw_counts,
            (events.grid(own, book),),
            {"rows": "stressor", "columns": "strategy", "value": "events"},
        ),
        (figures.draw_agreement, (table,), {}),
        (
            figures.draw_prevalence,
            (agreement.prevalence_curve(), table[table["measure"] == "Gwet's AC1"]),
            {},
        ),
        (figures.draw_scores, (tensions.score(datasets.load("tension_passages")),), {}),
        (
            figures.draw_poles,
            (tensions.poles(datasets.load("tension_passages"), datasets.load("paradoxes")),),
            {},
        ),
        (figures.draw_activities, (datasets.load("learning_site_activities"),), {}),
        (figures.draw_sites, (datasets.load("learning_sites"),), {"programme": (2012, 2018)}),
        (figures.draw_arrows, (datasets.load("autonomy_decisions"),), {}),
        (
            figures.draw_space,
            ({rule: checklists.space_grid(rule=rule) for rule in checklists.SPACE_RULES},),
            {},
        ),
        (
            figures.draw_diffusion,
            ({"Bass": checklists.diffusion(potential=9, innovation=0.1, imitation=0.3, periods=4)},),
            {},
        ),
    ]
    for draw, data, options in drawn:
        for width in (plotting.WIDE, plotting.NARROW):
            figure = draw(*data, width=width, **options)
            assert figure.get_figwidth() * plotting.PIXELS_PER_INCH == pytest.approx(width)
    text = findings.grid(events.grid(area, book), rows="stressor", columns="strategy")
    assert "The fullest cell is Reorganisation with Adaptation" in text


def test_shaded_cells_follow_the_page_into_the_dark():
    """Every colour of the drawing is one of the palette, which the page redefines for its dark scheme."""
    counts = pd.DataFrame({"a": ["x", "x"], "b": ["y", "z"], "events": [0, 7]})
    options = {"rows": "a", "columns": "b", "value": "events"}
    drawing = plotting._svg(figures.draw_counts, (counts,), options, "cells", plotting.WIDE, "alt")
    assert not re.findall(r"(?<!,)#[0-9a-f]{6}", drawing)
    assert "opacity: 0.5" in drawing


def test_the_level_reaches_the_sentence_and_the_axis_of_tensions():
    """At 0.9 the finding and the axis said 95 percent."""
    passages = datasets.load("tension_passages")
    scores = tensions.score(passages, level=0.9)
    assert "90 % interval" in findings.tensions(scores, level=0.9)
    assert "95" not in re.sub(r"\d+ % \(|interval \d+ to \d+", "", findings.tensions(scores, level=0.9))
    figure = figures.draw_scores(scores, width=plotting.WIDE, level=0.9)
    assert figure.axes[0].get_xlabel() == "Percent of passages (90 % interval)"


def test_the_level_reaches_the_sentence_of_the_sequence():
    said = findings.sequence(permutation(level=0.9), permutation(statistic=None))
    assert "90 of 100 shuffles" in said


def test_events_of_one_coding_alone_are_named():
    codings = {"first": pd.DataFrame({"event_id": ["E1", "E2"]}), "second": pd.DataFrame({"event_id": ["E1"]})}
    assert findings.how_coded(codings).endswith("Left out, because only one coding has them: E2.")


def test_no_share_of_no_passage_is_no_nan():
    scores = tensions.score(
        pd.DataFrame({"passage_id": ["a"], "text": ["It is late, but we stay."], "tension": [False]})
    )
    assert "nan" not in findings.tensions(scores)


@pytest.mark.parametrize("name", ["coder_agreement", "tensions_in_text", "climate_benchmarks", "climate_sensitivity"])
def test_no_level_is_typed_into_a_notebook_that_has_one(name):
    import json

    from compendium import paths

    cells = json.loads((paths.root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [line for cell in cells if cell["cell_type"] == "code" for line in cell["source"]]
    assert any(line.startswith("level: float = 0.95") for line in code)
    assert not [line for line in code if "95" in line and not line.startswith("level:")]


@pytest.mark.parametrize(("p", "said"), [(0.049, "follow each other more than chance"), (0.051, "no order")])
def test_an_order_is_claimed_below_one_in_twenty(p, said):
    assert said in findings.sequence(permutation(p_high=p), permutation(statistic=None))
