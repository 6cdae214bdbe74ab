"""Agreement of coders against published worked examples, degenerate cases with reasons, and properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.narratives import agreement as ag

NAN = np.nan

#: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": four coders, twelve units, missing codings.
KRIPPENDORFF = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        "C": [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    }
)

#: Fleiss' kappa, the ten subjects and fourteen raters of the Wikipedia article (published 0.210).
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ],
    dtype=float,
)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.7434), ("ordinal", 0.8154), ("interval", 0.8491), ("ratio", 0.7974)]
)
def test_alpha_matches_krippendorff_2011(level, alpha):
    table = ag.counts(KRIPPENDORFF)
    assert ag.krippendorff_alpha(table, values=[1, 2, 3, 4, 5], level=level) == pytest.approx(alpha, abs=5e-5)


def test_ac1_matches_gwet_on_the_same_data():
    """irrCAC 1.0 on the table above: raw.CAC(df).gwet() gives 0.77544 (published by Gwet)."""
    assert ag.gwet_ac1(ag.counts(KRIPPENDORFF)) == pytest.approx(0.77544, abs=5e-6)


def test_fleiss_matches_the_published_table():
    assert ag.fleiss_kappa(FLEISS) == pytest.approx(0.20993, abs=5e-6)


def test_cohen_matches_the_worked_example_and_r_psych():
    """R psych 2.2.9: cohen.kappa(matrix(c(20, 10, 5, 15), 2))$kappa gives 0.4."""
    pairs = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
    assert ag.cohens_kappa(pd.DataFrame(pairs, columns=["A", "B"])) == pytest.approx(0.40)


def test_percent_agreement_counts_pairs_of_codings():
    assert ag.percent_agreement(np.array([[3.0, 0.0], [2.0, 1.0], [1.0, 0.0]])) == pytest.approx((1 + 1 / 3) / 2)


def test_one_category_gives_reasons_and_no_number():
    same = pd.DataFrame({"A": [0] * 6, "B": [0] * 6})
    found = {m.measure: m for m in ag.measures(same, categories=[0, 1], draws=20)}
    assert found["percent agreement"].value == 1
    assert found["Gwet's AC1"].value == 1
    for name in ("Cohen's kappa", "Fleiss' kappa", "Krippendorff's alpha"):
        assert found[name].value is None
        assert "categor" in found[name].reason


def test_a_missing_rating_leaves_fleiss_undefined_and_says_why():
    found = {m.measure: m for m in ag.measures(KRIPPENDORFF, draws=20)}
    assert found["Fleiss' kappa"].value is None
    assert "a rating is missing" in found["Fleiss' kappa"].reason
    assert "Cohen's kappa" not in found


def test_a_coder_without_units_is_named():
    with pytest.raises(DataError, match="coder 'B' has coded no unit"):
        ag.measures(pd.DataFrame({"A": [1, 2], "B": [NAN, NAN]}))
    empty = pd.DataFrame({"event_id": [], "strategy": []})
    with pytest.raises(DataError, match="coder 'B' has coded no unit"):
        ag.applied({"A": pd.DataFrame({"event_id": ["e"], "strategy": ["x"]}), "B": empty}, {"strategy": ["x"]})


def test_intervals_are_seeded_and_hold_the_estimate():
    once, twice = (ag.measures(KRIPPENDORFF, draws=200, seed=3) for _ in range(2))
    assert once == twice
    for found in once:
        if found.lower is not None:
            assert found.lower <= found.value <= found.upper


def test_kappa_paradox_kappa_falls_and_ac1_does_not():
    curve = ag.prevalence_curve(agreed=0.9, prevalences=[0.06, 0.5])
    assert curve["kappa"].iloc[0] < 0.2 < 0.79 < curve["kappa"].iloc[1]
    assert curve["ac1"].iloc[0] > curve["ac1"].iloc[1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=30))
def test_swapping_coders_changes_nothing_and_nothing_exceeds_one(pairs):
    there = pd.DataFrame(pairs, columns=["A", "B"])
    back = there[["B", "A"]]
    table = ag.counts(there, categories=[0, 1, 2])
    for formula in (ag.percent_agreement, ag.fleiss_kappa, ag.krippendorff_alpha, ag.gwet_ac1):
        one, two = formula(table), formula(ag.counts(back, categories=[0, 1, 2]))
        assert one == two
        assert one is None or one <= 1 + 1e-12
    assert ag.cohens_kappa(there) == pytest.approx(ag.cohens_kappa(back), nan_ok=True) or ag.cohens_kappa(there) is None
