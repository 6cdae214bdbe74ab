"""Agreement of coders against published worked examples, degenerate cases with reasons, and properties.

krippendorff and statsmodels are independent checks here; the package has its own formulas.
"""

import re
import warnings

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys.coding import agreement as ag
from healthsys.coding import coefficients as co
from healthsys.errors import DataError

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
    table = ag.rating_counts(KRIPPENDORFF)
    assert co.krippendorff_alpha(table, values=[1, 2, 3, 4, 5], level=level) == pytest.approx(alpha, abs=5e-5)


def test_ac1_matches_gwet_on_the_same_data():
    """irrCAC 1.0 on the table above: raw.CAC(df).gwet() gives 0.77544 (published by Gwet)."""
    assert co.gwet_ac1(ag.rating_counts(KRIPPENDORFF)) == pytest.approx(0.77544, abs=5e-6)


def test_fleiss_matches_the_published_table():
    assert co.fleiss_kappa(FLEISS) == pytest.approx(0.20993, abs=5e-6)


def test_cohen_matches_the_worked_example_and_r_psych():
    """R psych 2.2.9: cohen.kappa(matrix(c(20, 10, 5, 15), 2))$kappa gives 0.4."""
    pairs = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
    assert co.cohens_kappa(pd.DataFrame(pairs, columns=["A", "B"])) == pytest.approx(0.40)


def test_percent_agreement_counts_pairs_of_codings():
    assert co.percent_agreement(np.array([[3.0, 0.0], [2.0, 1.0], [1.0, 0.0]])) == pytest.approx((1 + 1 / 3) / 2)


def test_one_category_gives_reasons_and_no_number():
    same = pd.DataFrame({"A": [0] * 6, "B": [0] * 6})
    found = {m.measure: m for m in ag.agreement_bootstrap(same, categories=[0, 1], draws=20)}
    assert found["percent agreement"].value == 1
    assert found["Gwet's AC1"].value == 1
    for name in ("Cohen's kappa", "Fleiss' kappa", "Krippendorff's alpha"):
        assert found[name].value is None
        assert "categor" in found[name].reason


def test_a_missing_rating_leaves_fleiss_undefined_and_says_why():
    found = {m.measure: m for m in ag.agreement_bootstrap(KRIPPENDORFF, draws=20)}
    assert found["Fleiss' kappa"].value is None
    assert "a rating is missing" in found["Fleiss' kappa"].reason
    assert "Cohen's kappa" not in found


def test_a_coder_without_units_is_named():
    with pytest.raises(DataError, match="coder 'B' has coded no unit"):
        ag.agreement_bootstrap(pd.DataFrame({"A": [1, 2], "B": [NAN, NAN]}))
    empty = pd.DataFrame({"event_id": [], "strategy": []})
    with pytest.raises(DataError, match="coder 'B' has coded no unit"):
        ag.applied_codes({"A": pd.DataFrame({"event_id": ["e"], "strategy": ["x"]}), "B": empty}, {"strategy": ["x"]})


def test_intervals_are_seeded_and_hold_the_estimate():
    once, twice = (ag.agreement_bootstrap(KRIPPENDORFF, draws=200, seed=3) for _ in range(2))
    assert once == twice
    for found in once:
        if found.lower is not None:
            assert found.lower <= found.value <= found.upper


PAIRS = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
#: Two coders crossed on three ordered categories.
ORDERED = np.array([[10, 2, 1], [3, 12, 4], [0, 5, 13]])
RATINGS = st.lists(st.lists(st.sampled_from([0, 1, 2, None]), min_size=3, max_size=3), min_size=2, max_size=25).map(
    lambda rows: pd.DataFrame(rows, columns=["A", "B", "C"], dtype="float64")
)


def crossed(table):
    """Turn a crossed table of two coders into a rating matrix."""
    pairs = [(i, j) for i, row in enumerate(table) for j, times in enumerate(row) for _ in range(times)]
    return pd.DataFrame(pairs, columns=["A", "B"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=30))
def test_swapping_coders_changes_nothing_and_nothing_exceeds_one(pairs):
    there = pd.DataFrame(pairs, columns=["A", "B"])
    back = there[["B", "A"]]
    table = ag.rating_counts(there, categories=[0, 1, 2])
    for formula in (co.percent_agreement, co.fleiss_kappa, co.krippendorff_alpha, co.gwet_ac1, co.gwet_ac2):
        one, two = formula(table), formula(ag.rating_counts(back, categories=[0, 1, 2]))
        assert one == two
        assert one is None or one <= 1 + 1e-12
    for weights in co.WEIGHTS:
        one, two = (co.cohens_kappa(x, weights=weights, categories=[0, 1, 2]) for x in (there, back))
        assert (one is None) == (two is None)
        assert one is None or (one == pytest.approx(two) and one <= 1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(RATINGS, st.sampled_from(co.LEVELS))
def test_alpha_matches_the_krippendorff_package_on_random_ratings(ratings, level):
    """PyPI krippendorff 0.9 (GPL, tests only): krippendorff.alpha(value_counts=, level_of_measurement=)."""
    if ratings.isna().all().any():
        return
    table = ag.rating_counts(ratings, categories=[0.0, 1.0, 2.0])
    ours = co.krippendorff_alpha(table, values=[1, 2, 4], level=level)
    paired = table[table.sum(axis=1) >= 2]
    if ours is None:
        assert (paired.sum(axis=0) > 0).sum() < 2
        return
    theirs = krippendorff.alpha(value_counts=table.astype(int), value_domain=[1, 2, 4], level_of_measurement=level)
    assert ours == pytest.approx(theirs, abs=1e-10)


def test_alpha_of_other_levels_needs_numbers():
    table = ag.rating_counts(KRIPPENDORFF)
    with pytest.raises(DataError, match=r"level is 'nominall'\. Did you mean 'nominal'"):
        co.krippendorff_alpha(table, level="nominall")
    with pytest.raises(DataError, match="values has 2 categories and the table 5"):
        co.krippendorff_alpha(table, values=[1, 2], level="interval")
    with pytest.raises(DataError, match="with the level interval each must be a number"):
        co.krippendorff_alpha(table, values=list("abcde"), level="interval")
    with pytest.raises(DataError, match="finite numbers, 0 or more"):
        co.krippendorff_alpha(table, values=[-1, 2, 3, 4, 5], level="ratio")


@pytest.mark.parametrize(("weights", "kappa"), [("nominal", 0.544350), ("linear", 0.621570), ("quadratic", 0.704918)])
def test_weighted_kappa_matches_r_psych(weights, kappa):
    """R psych 2.2.9: cohen.kappa(x), and with w = 1 - abs(outer(1:3, 1:3, "-")) / 2 for linear weights."""
    assert co.cohens_kappa(crossed(ORDERED), weights=weights) == pytest.approx(kappa, abs=5e-7)


@pytest.mark.parametrize(("weights", "theirs"), [("nominal", None), ("linear", "linear"), ("quadratic", "fc")])
def test_the_error_of_kappa_matches_statsmodels(weights, theirs):
    """statsmodels 0.15.0: cohens_kappa(table, wt=).var_kappa, kappa_low, kappa_upp (Fleiss, Cohen, Everitt 1969).

    R psych 2.2.9 gives the same variance of the plain kappa, 0.00995995284, and another one of weighted kappa (0.008126
    and 0.007267): ours is the published formula.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    found, reference = co.kappa_error(ORDERED, weights=weights), cohens_kappa(ORDERED, wt=theirs)
    assert found.error**2 == pytest.approx(reference.var_kappa, rel=1e-10)
    assert (found.lower, found.upper) == pytest.approx((reference.kappa_low, reference.kappa_upp), rel=1e-10)


def test_the_interval_of_kappa_matches_r_psych():
    """R psych 2.2.9: cohen.kappa(matrix(c(20, 10, 5, 15), 2))$confid: 0.1510923 0.4 0.6489077; var.kappa 0.016128."""
    found = {m.measure: m for m in ag.agreement_by_formula(pd.DataFrame(PAIRS, columns=["A", "B"]))}["Cohen's kappa"]
    assert (found.lower, found.value, found.upper) == pytest.approx((0.1510923, 0.4, 0.6489077), abs=5e-8)
    assert found.error**2 == pytest.approx(0.016128)


@pytest.mark.parametrize(
    ("weights", "value", "error", "lower"),
    [
        ("nominal", 0.77544407, 0.14294995, 0.46081335),
        ("linear", 0.85873914, 0.11732902, 0.6004997),
        ("quadratic", 0.91400072, 0.10396224, 0.68518137),
    ],
)
def test_ac1_and_ac2_match_gwets_package(weights, value, error, lower):
    """Python irrCAC 0.4.4: CAC(df, weights=, digits=8).gwet()["est"]. AC1 and its error are published too."""
    found = co.error_over_units("gwet", ag.rating_counts(KRIPPENDORFF), weights=weights)
    assert (found.value, found.error, found.lower) == pytest.approx((value, error, lower), abs=5e-9)
    assert found.upper == 1
    assert co.gwet_ac2(ag.rating_counts(KRIPPENDORFF), weights=weights) == pytest.approx(value, abs=5e-9)


@pytest.mark.parametrize(
    ("weights", "value", "error"),
    [("nominal", 0.76116928, 0.1530192), ("linear", 0.81794477, 0.14850436), ("quadratic", 0.86493506, 0.14603361)],
)
def test_fleiss_with_missing_ratings_matches_gwets_package(weights, value, error):
    """Python irrCAC 0.4.4: CAC(df, weights=, digits=8).fleiss()["est"]."""
    table = ag.rating_counts(KRIPPENDORFF)
    found = co.error_over_units("fleiss", table, weights=weights, incomplete=True)
    assert (found.value, found.error) == pytest.approx((value, error), abs=5e-9)
    assert co.error_over_units("fleiss", table, weights=weights) is None


def test_errors_over_units_of_complete_ratings_match_gwets_package():
    """Python irrCAC 0.4.4: gwet() 0.40594059, SE 0.13147309 (0.14173553 to 0.67014566); fleiss() SE 0.13190583."""
    found = {m.measure: m for m in ag.agreement_by_formula(pd.DataFrame(PAIRS, columns=["A", "B"]))}
    one = found["Gwet's AC1"]
    assert (one.value, one.error, one.lower, one.upper) == pytest.approx(
        (0.40594059, 0.13147309, 0.14173553, 0.67014566), abs=5e-9
    )
    assert found["Fleiss' kappa"].error == pytest.approx(0.13190583, abs=5e-9)
    assert found["percent agreement"].error == pytest.approx((0.7 * 0.3 / 49) ** 0.5)


def test_a_narrower_level_gives_a_narrower_interval_everywhere():
    ratings = pd.DataFrame(PAIRS, columns=["A", "B"])
    for measures in (ag.agreement_by_formula, ag.agreement_bootstrap):
        for wide, narrow in zip(measures(ratings), measures(ratings, level=0.8), strict=True):
            assert wide.lower < narrow.lower < narrow.upper < wide.upper
    for code in ("x", "all codes"):
        tables = [
            ag.agreement_by_code({"x": ratings}, level=level, draws=400).set_index("code") for level in (0.95, 0.8)
        ]
        wide, narrow = (table.loc[[code]] for table in tables)
        assert (wide["lower"].to_numpy() < narrow["lower"].to_numpy()).all()
        assert (wide["upper"].to_numpy() > narrow["upper"].to_numpy()).all()


def test_the_bootstrap_in_one_product_is_that_of_a_loop():
    """The same samples by the single formulas, one after another."""
    ratings = pd.DataFrame(PAIRS[::3], columns=["A", "B"])
    table, rng = ag.rating_counts(ratings), np.random.default_rng(7)
    samples = [rng.integers(0, len(table), len(table)) for _ in range(200)]
    formulas = {
        "percent agreement": lambda rows: co.percent_agreement(table[rows]),
        "Cohen's kappa": lambda rows: co.cohens_kappa(ratings.iloc[rows]),
        "Fleiss' kappa": lambda rows: co.fleiss_kappa(table[rows]),
        "Krippendorff's alpha": lambda rows: co.krippendorff_alpha(table[rows]),
        "Gwet's AC1": lambda rows: co.gwet_ac1(table[rows]),
    }
    for found in ag.agreement_bootstrap(ratings, draws=200, seed=7):
        drawn = [formulas[found.measure](rows) for rows in samples]
        lower, upper = np.quantile([value for value in drawn if value is not None], [0.025, 0.975])
        assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(RATINGS, st.sampled_from(co.WEIGHTS))
def test_no_measure_is_nan_and_none_warns(ratings, weights):
    if ratings.isna().all().any():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in [
            *ag.agreement_bootstrap(ratings, categories=[0, 1, 2], draws=20),
            *ag.agreement_bootstrap(ratings[["A", "B"]], draws=20),
            *ag.agreement_by_formula(ratings, categories=[0, 1, 2], weights=weights),
            *ag.agreement_by_formula(ratings[["A", "B"]], weights=weights),
        ]:
            numbers = (found.value, found.lower, found.upper, found.error)
            assert all(number is None or np.isfinite(number) for number in numbers)
            assert found.reason or None not in (found.value, found.lower, found.upper)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        (pd.DataFrame({"A": [0], "B": [1]}), "one unit alone"),
        (pd.DataFrame({"A": [0, None], "B": [None, 1]}), "no unit was coded by"),
        (pd.DataFrame({"A": [0, 0], "B": [0, 0]}), "categor|agrees alike"),
    ],
)
def test_what_cannot_be_measured_says_why(ratings, reason):
    for found in ag.agreement_by_formula(ratings, categories=[0, 1]) + ag.agreement_bootstrap(
        ratings, categories=[0, 1], draws=10
    ):
        if found.value is None or found.lower is None:
            assert re.search(reason, found.reason)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.agreement_bootstrap(pd.DataFrame({"A": [1, 2]})), "at least two coders"),
        (lambda: ag.agreement_bootstrap(pd.DataFrame({"A": [], "B": []})), "there is no unit"),
        (lambda: ag.agreement_bootstrap(pd.DataFrame([[1, 1], [2, 1]], columns=["A", "A"])), "column 'A' occurs twice"),
        (lambda: ag.agreement_bootstrap(KRIPPENDORFF, draws=0), "draws is 0"),
        (lambda: ag.agreement_bootstrap(KRIPPENDORFF, level=95), "level is 95"),
        (
            lambda: ag.agreement_by_formula(KRIPPENDORFF, weights="squared"),
            "weights is 'squared'.*nominal, linear, quadratic",
        ),
        (lambda: ag.rating_counts(KRIPPENDORFF, categories=[1, 1, 2]), "categories names one twice"),
        (
            lambda: ag.rating_counts(pd.DataFrame({"A": ["yes"], "B": ["yess"]}), categories=["yes", "no"]),
            "'yess'.*'yes'",
        ),
        (lambda: ag.rating_counts(pd.DataFrame({"A": [1], "B": ["x"]})), "mix numbers and text"),
        (lambda: ag.agreement_by_code({}), "there is no code to compare"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


CODING = pd.DataFrame({"event_id": ["E1", "E2"], "drawn": ["cognitive;contextual", None]})
CAPACITIES = {"drawn": ["cognitive", "behavioural", "contextual"]}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            {"drawn": ["cognitive, contextual", None]},
            r"row 2, column 'drawn'.*join them by ';', as in 'cognitive;contextual'",
        ),
        ({"drawn": ["cognitive", "cognitive/contextual"]}, r"row 3.*join them by ';'"),
        ({"drawn": ["Cognitive", None]}, r"row 2, column 'drawn': 'Cognitive' is no code.*Did you mean 'cognitive'"),
        ({"drawn": [None, "x"]}, r"row 3, column 'drawn': 'x' is no code of the codebook.*Allowed: cognitive, behav"),
        ({"drawn": ["cognitive;cognitive", None]}, "occurs twice in the cell"),
        ({"event_id": ["E1", "E1"]}, "row 3, column 'event_id': 'E1' occurs twice"),
        ({"event_id": ["E1", "e2 "]}, "'e2 ' is 'E2' in the first coding; spell them alike"),
        ({"event_id": ["F1", "F2"]}, "share no unit"),
    ],
)
def test_a_coding_that_matches_nothing_is_refused(second, message):
    """../shared/cases/wild d03: codes joined by a comma were counted as not applied, alpha 0.46 in place of 0.85."""
    with pytest.raises(DataError, match=message):
        ag.applied_codes({"first": CODING, "second": CODING.assign(**second)}, CAPACITIES)


def test_a_missing_column_of_codes_is_named():
    with pytest.raises(DataError, match=r"coder 'second': there is no column 'drawn'\. Did you mean 'drown'"):
        ag.applied_codes({"first": CODING, "second": CODING.rename(columns={"drawn": "drown"})}, CAPACITIES)


def test_the_wild_coding_with_commas_is_refused_and_the_clean_one_agrees(shared):
    from compendium import datasets
    from healthsys.coding.codebooks import codebook

    book = codebook(datasets.load("narrative_codebook"))
    columns = {"strategy": book.under("strategy"), "drawn+nurtured": book.under("capacity")}
    columns["outcome"] = book.under("outcome")
    read = {
        name: datasets.read(shared / "cases" / "wild" / f"d03_coding_{name}.csv", layout="area_south_coding_a")
        for name in ("1", "2_comma", "2_clean")
    }
    with pytest.raises(DataError, match=r"d03_coding_2_comma\.csv: row 2, column 'drawn'.*join them by ';'"):
        ag.applied_codes({"first": read["1"], "second": read["2_comma"]}, columns)
    found = ag.agreement_by_code(ag.applied_codes({"first": read["1"], "second": read["2_clean"]}, columns), draws=20)
    alpha = found[(found["code"] == "all codes") & (found["measure"] == "Krippendorff's alpha")]["value"].iloc[0]
    assert alpha == pytest.approx(0.85, abs=5e-3)


def test_units_of_one_coder_alone_are_left_out():
    other = CODING.assign(event_id=["E1", "E9"])
    found = ag.applied_codes({"first": CODING, "second": other}, CAPACITIES)
    assert list(found["cognitive"].index) == ["E1"]


def test_a_measure_that_most_samples_lack_has_no_interval():
    """Without the third unit only one category is left: three samples in ten have no kappa."""
    pairs = pd.DataFrame([(0, 0), (0, 0), (1, 1)], columns=["A", "B"])
    found = {m.measure: m for m in ag.agreement_bootstrap(pairs, draws=400)}
    for name in ("Cohen's kappa", "Fleiss' kappa", "Krippendorff's alpha"):
        assert found[name].value == pytest.approx(1)
        assert found[name].lower is None
        assert found[name].reason == "too few bootstrap samples vary for an interval"
    assert found["percent agreement"].lower == 1


def test_the_thresholds_are_krippendorffs():
    """Krippendorff 2004, section 11.4.2: rely on alpha of .800 or more, draw tentative conclusions from .667."""
    assert (ag.RELIABLE, ag.TENTATIVE) == (0.80, 0.667)


def test_weights_take_the_order_of_a_categorical_and_refuse_text_without_one():
    """By hand: the squared distances add up to 2; the margins (2, 2, 2) twice expect 48 / 6 = 8; 1 - 2 / 8 is 0.75."""
    order = ["low", "medium", "high"]
    first, second = [*order, "high", "low", "medium"], ["low", "high", "medium", "high", "low", "medium"]
    text = pd.DataFrame({"A": first, "B": second})
    known = text.apply(lambda column: pd.Categorical(column, order, ordered=True))
    options = {"weights": "quadratic"}
    assert co.cohens_kappa(text, categories=order, **options) == pytest.approx(0.75)
    assert co.cohens_kappa(known, **options) == pytest.approx(0.75)
    assert ag.agreement_by_formula(known, **options) == ag.agreement_by_formula(text, categories=order, **options)
    for call in (co.cohens_kappa, ag.agreement_by_formula):
        with pytest.raises(DataError, match="quadratic weights need the order of the categories"):
            call(text, **options)
