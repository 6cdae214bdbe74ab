"""Plots of coded events, agreement and markers: drawn at both widths, described by what is drawn."""

import re

import pandas as pd
import pytest

from compendium import datasets, plotting
from healthsys import coding
from healthsys.plots import coding as plots


def small_table():
    small = pd.DataFrame({"A": [1, 0, 1, 0, 1], "B": [1, 0, 0, 0, 1]})
    return coding.agreement_by_code({"one": small}, draws=20)


def registers():
    book = coding.codebook(datasets.load("narrative_codebook"))
    names = ("area_south_events", "narrative_events_template")
    return book, *(coding.event_register(datasets.load(name), book) for name in names)


def spaces():
    steps = [0.0, 0.5, 1.0]
    shares = pd.merge(pd.Series(steps, name="vertical"), pd.Series(steps, name="horizontal"), how="cross")
    low, product = shares.min(axis=1), shares.prod(axis=1)
    return pd.concat([shares.assign(rule="minimum", space=low), shares.assign(rule="product", space=product)])


def curve_of_kappa():
    share = pd.Series([0.05, 0.28, 0.5, 0.73, 0.95])
    return pd.DataFrame({"prevalence": share, "kappa": [-0.05, 0.75, 0.8, 0.75, -0.05], "ac1": [0.89] * 5})


def drawn_here():
    book, area, own = registers()
    labels = {code: book.label(code) for code in book.codes}
    table, passages = small_table(), datasets.load("tension_passages")
    alpha = table[table["measure"] == "Gwet's AC1"]
    counts = {"rows": "stressor", "columns": "strategy", "value": "events"}
    curve = coding.adoption_curve(potential=9, innovation=0.1, imitation=0.3, periods=4)
    return [
        (plots.plot_timeline, (area, labels), {}, {}),
        (plots.plot_timeline, (own, labels), {"kind": "yours"}, {}),
        (plots.plot_counts, (coding.event_grid(own, book),), counts, {}),
        (plots.plot_agreement, (table,), {}, {}),
        (plots.plot_prevalence, (curve_of_kappa(), alpha), {}, {}),
        (plots.plot_accuracy, (coding.marker_accuracy(passages),), {}, {}),
        (plots.plot_poles, (coding.count_poles(passages, datasets.load("paradoxes")),), {}, {}),
        (plots.plot_activities, (datasets.load("learning_site_activities"),), {}, {}),
        (plots.plot_sites, (datasets.load("learning_sites"),), {"programme": (2012, 2018)}, {}),
        (plots.plot_arrows, (datasets.load("autonomy_decisions"),), {}, {"nrows": 2}),
        (plots.plot_space, (spaces(),), {}, {"nrows": 2}),
        (plots.plot_adoption, ({"Bass": curve},), {}, {}),
    ]


def test_every_plot_draws_on_the_axes_it_is_given_at_both_widths():
    for plot, data, options, panels in drawn_here():
        for width in (plotting.WIDE, plotting.NARROW):
            figure, axes = plotting.canvas(width, 400, **panels)
            assert plot(*data, ax=axes, **options) is axes
            assert all(ax.has_data() or ax.texts for ax in figure.axes)
            assert len(figure.axes) == (panels.get("nrows", 1) * panels.get("ncols", 1))


def test_alternative_texts_are_computed_from_what_is_drawn():
    book, area, own = registers()
    labels = {code: book.label(code) for code in book.codes}
    grid = plots.alt_counts(coding.event_grid(area, book), rows="stressor", columns="strategy")
    assert "Most events, 8: Reorganisation with Adaptation. Empty: Service improvement with" in grid
    assert plots.alt_timeline(own, labels).startswith("Timeline of 10 of 12 events: 2 pressures above")
    assert "(Adaptation 3, Absorption 3, Transformation 2)" in plots.alt_timeline(own, labels)
    assert plots.alt_space(spaces()).endswith("at most 0.25 against 0.50.")
    curve = coding.adoption_curve(potential=100, innovation=0.03, imitation=0.38, periods=25)
    assert (
        plots.alt_adoption(curve)
        == "Adoption passes 16% in period 4 and half in period 7; at the end 100% have adopted."
    )
    assert "half not within the periods shown" in plots.alt_adoption(curve.head(6))
    poles = pd.DataFrame({"paradox": ["p"], "first_pole": ["a"], "second_pole": ["b"], "first_only": [1], "both": [2],
                          "second_only": [3]})  # fmt: skip
    assert plots.alt_poles(poles) == "p: a 1, both 2, b 3."


def test_shaded_cells_follow_the_page_into_the_dark():
    """Every colour of the drawing is one of the palette, which the page redefines for its dark scheme."""
    counts = pd.DataFrame({"a": ["x", "x"], "b": ["y", "z"], "events": [0, 7]})
    options = {"rows": "a", "columns": "b", "value": "events"}
    drawer = plotting._on_axes(plots.plot_counts, 200, {})
    _, drawing = plotting._drawn(drawer, (counts,), options, "cells", plotting.WIDE, "alt")
    assert not re.findall(r"(?<!,)#[0-9a-f]{6}", drawing)
    assert "opacity: 0.5" in drawing


def test_the_level_reaches_the_axis_of_accuracy():
    """At 0.9 the axis said 95 percent."""
    accuracy = coding.marker_accuracy(datasets.load("tension_passages"), level=0.9)
    _, ax = plotting.canvas(plotting.WIDE, 300)
    assert plots.plot_accuracy(accuracy, level=0.9, ax=ax).get_xlabel() == "Percent of passages (90% CI)"


def test_a_precision_of_nothing_found_is_not_drawn():
    alone = pd.DataFrame({"passage_id": ["a"], "text": ["It is late, but we stay."], "tension": [False]})
    _, ax = plotting.canvas(plotting.WIDE, 300)
    plots.plot_accuracy(coding.marker_accuracy(alone), ax=ax)
    assert not any(pd.isna(line.get_xdata()).any() for line in ax.lines)


@pytest.mark.parametrize("name", ["coder_agreement", "tensions_in_text", "climate_benchmarks", "climate_sensitivity"])
def test_no_level_is_typed_into_a_notebook_that_has_one(name):
    import json

    from compendium import paths

    cells = json.loads((paths.root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [line for cell in cells if cell["cell_type"] == "code" for line in cell["source"]]
    assert any(line.startswith("level: float = 0.95") for line in code)
    assert not [line for line in code if "95" in line and not line.startswith("level:")]


def test_an_action_closed_on_the_day_it_was_due_has_a_mark():
    """A bar of no length looked like an action that was missing."""
    actions = pd.DataFrame({"action": ["a", "b"], "days": [0, 12], "state": ["closed on time", "open"]})
    _, ax = plotting.canvas(plotting.WIDE, 200)
    plots.plot_days_late(actions, ax=ax)
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "|"] == [(0, 0)]


def test_both_thresholds_of_alpha_are_drawn():
    table = pd.DataFrame({"code": ["all codes"], "measure": ["Krippendorff's alpha"], "value": [0.66], "lower": [0.58],
                          "upper": [0.73]})  # fmt: skip
    _, ax = plotting.canvas(plotting.WIDE, 200)
    plots.plot_agreement(table, ax=ax)
    assert {0.667, 0.8} <= {line.get_xdata()[0] for line in ax.lines if len(line.get_xdata())}
    assert "0.667" in ax.get_xlabel()


NAMES = {2: ["purchase of equipment", "redeployment"],
         5: ["Test and Trace", "delivery of the vaccine", "virtual wards", "video consultations", "lighter regulation"]}


@pytest.mark.parametrize(("across", "narrow", "lower"), [(2, True, 0), (5, True, 32), (5, False, 0)])
def test_names_below_arrows_are_on_two_heights_only_where_a_word_does_not_fit(across, narrow, lower):
    labels, lowered = plots._staggered(pd.Series(NAMES[across]), across=across, narrow=narrow)
    assert lowered == [lower * (place % 2) for place in range(across)]
    room = (40 if narrow else 100) // across * (2 if lower else 1)
    assert max(len(line) for label in labels for line in label.split("\n")) <= room
