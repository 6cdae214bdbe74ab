"""Comparisons of two groups: none where either is small, none that gives somebody away, one rounding rule a page."""

from __future__ import annotations

import pandas as pd

from healthsys.disclosure import HES, Printed, protect

# The proof knows the counts behind unrounded figures


def test_figures_from_unrounded_counts_need_more_protection():
    """Rounded, 45 - 40 leaves 1 to 9 for the hidden cell; exact, 43 - 40 gives it away."""
    people = pd.DataFrame({"band": ["5", "6", "5", "6"], "group": list("aabb"), "people": [40, 3, 60, 50]})
    page = protect(people, tables=[Printed("t", ("band",), where={"group": "a"})], rule=HES, unrounded=True)
    assert page.proof.holds
    assert page.shown({"group": "a", "band": "5"}) is None
    rounded = protect(people, tables=[Printed("t", ("band",), where={"group": "a"})], rule=HES)
    assert len(rounded.secondary) <= len(page.secondary)


def test_a_percentage_that_leaves_few_behind_is_not_given():
    people = pd.DataFrame({"said": ["yes", "no"], "people": [58, 3]})
    page = protect(people, tables=[Printed("t", ("said",), only={"said": ("yes",)})], rule=HES, unrounded=True)
    assert page.percent({"said": "yes"}, {}) is None

