"""Codebooks, registers, timelines, co-occurrence and small rules: closed forms, properties, errors by their text."""

import pandas as pd
import pytest

from healthsys import datasets
from healthsys.errors import DataError
from healthsys.narratives import checklists, cooccurrence, events, timelines
from healthsys.narratives.codebooks import codebook


@pytest.fixture(scope="module")
def book():
    return codebook(datasets.load("narrative_codebook"))


@pytest.fixture(scope="module")
def area(book):
    return events.register(datasets.load("area_south_events"), book)


def template(**changes):
    frame = datasets.load("narrative_events_template")
    for column, value in changes.items():
        frame.loc[2, column] = value
    return frame


def test_the_register_carries_the_dated_facts(area):
    found = events.coverage(datasets.load("area_south_dated_facts"), area)
    assert len(area) >= 60
    assert found["facts"] - found["carried"] == 2


def test_both_codings_cover_every_response_and_result(area):
    coded = set(area.loc[area["kind"] != "pressure", "event_id"])
    for name in ("area_south_coding_a", "area_south_coding_b"):
        assert set(datasets.load(name)["event_id"]) == coded


def test_agreed_codes_come_from_one_of_the_codings(area, book):
    """The reconciliation adds nothing that neither coding nor the codebook allows."""
    for column, parent in events.CODED.items():
        for row in events.long(area, column).itertuples():
            assert row.code in book.under(parent)


def test_an_unknown_code_names_row_and_nearest(book):
    with pytest.raises(
        DataError,
        match=r"row 4, column 'strategy': 'adaption' .*Did you mean 'adaptation'\? Allowed: absorption",
    ):
        events.register(template(strategy="adaption"), book)


def test_reversed_dates_name_the_row(book):
    with pytest.raises(
        DataError, match=r"row 4, columns 'start' and 'end': .*ends on 2023-01-01, before it starts.*swapped"
    ):
        events.register(template(end=pd.Timestamp("2023-01-01")), book)


def test_the_same_event_twice_with_overlapping_dates_is_refused(book):
    frame = datasets.load("narrative_events_template")
    frame = pd.concat([frame, frame.iloc[[2]].assign(event_id="E99")], ignore_index=True)
    with pytest.raises(DataError, match=r"rows 4 and 14: the same event .* overlapping dates"):
        events.register(frame, book)


def test_a_coding_of_an_unknown_event_is_refused(area):
    coding = datasets.load("area_south_coding_a").assign(event_id="ZZ")
    with pytest.raises(DataError, match="row 2, column 'event_id': 'ZZ' is no event"):
        events.with_coding(area, coding)


def test_a_missing_parent_and_a_double_code_are_named():
    base = {"label": ["A", "B"], "definition": ["", ""]}
    with pytest.raises(DataError, match="row 3, column 'parent': 'c' is no code"):
        codebook(pd.DataFrame({"code": ["a", "b"], "parent": [None, "c"], **base}))
    with pytest.raises(DataError, match="row 3, column 'code': 'a' occurs twice"):
        codebook(pd.DataFrame({"code": ["a", "a"], "parent": [None, None], **base}))


def staged(order):
    dates = pd.date_range("2020-01-01", periods=len(order), freq="MS")
    return pd.DataFrame(
        {
            "event_id": range(len(order)),
            "actor": "one",
            "strategy": order,
            "start": dates,
            "end": dates,
            "basis": "event",
            "kind": "response",
        }
    )


def test_a_strict_sequence_scores_one_and_is_found():
    found = timelines.sequence_test(staged(["absorption"] * 4 + ["adaptation"] * 4 + ["transformation"] * 4), draws=499)
    assert found.statistic == 1
    assert found.p_high == pytest.approx(1 / 500)
    assert timelines.together_test(staged(["absorption", "adaptation", "transformation"]), draws=9).statistic == 0


def test_one_strategy_gives_a_reason():
    assert "fewer than two strategies" in timelines.sequence_test(staged(["absorption"] * 3), draws=9).reason


def test_shuffling_keeps_dates_with_their_actor():
    """Two actors, each with one strategy: no shuffle within an actor can change the statistic."""
    frame = staged(["absorption"] * 3 + ["transformation"] * 3).assign(actor=["one"] * 3 + ["two"] * 3)
    found = timelines.sequence_test(frame, draws=99)
    assert (found.statistic, found.lower, found.upper, found.p_high) == (1, 1, 1, 1)


def test_shuffled_strategies_reject_at_about_their_level():
    import numpy as np

    rng = np.random.default_rng(11)
    p = [
        timelines.sequence_test(staged(list(rng.permutation(list(timelines.STAGES) * 6))), draws=99, seed=i).p_high
        for i in range(60)
    ]
    assert 0 <= sum(value <= 0.10 for value in p) <= 14


def test_c_coefficient_of_the_manual():
    """ATLAS.ti manual: n12 = 5, n1 = 100, n2 = 10 gives 0.048."""
    assert cooccurrence.c_coefficient(5, 100, 10) == pytest.approx(0.048, abs=5e-4)
    assert cooccurrence.c_coefficient(0, 0, 0) is None


def test_nested_segments_warn_and_are_not_capped():
    nested = pd.DataFrame(
        {"document": "d", "start": [0, 10, 0, 12], "end": [50, 40, 45, 30], "code": ["a", "a", "b", "b"]}
    )
    value, both, warning = cooccurrence.segment_cooccurrence(nested, "a", "b")
    assert both == 4
    assert value is None
    assert "nested" in warning


def test_complete_association_is_found_and_none_is_not():
    frame = pd.DataFrame(
        {"strategy": ["absorption", "adaptation"] * 10, "capacities": ["cognitive", "contextual"] * 10}
    )
    options = {"rows": "strategy", "columns": "capacities", "draws": 199, "seed": 1}
    codes = {"row_codes": ["absorption", "adaptation"], "column_codes": ["cognitive", "contextual"]}
    assert cooccurrence.association_test(frame, **options, **codes).p == pytest.approx(1 / 200)
    frame["capacities"] = "cognitive"
    assert cooccurrence.association_test(frame, **options, **codes).reason


def test_span_says_which_comparisons_are_over_double():
    counts = datasets.load("area_south_counts")
    found = checklists.span(counts[counts["series"] == "span"]).set_index("group")["over_double"]
    assert found.to_dict() == {
        "clinics": True,
        "clinic staff": False,
        "environmental health staff": True,
        "all staff": False,
    }


def test_populations_of_the_case_system():
    found = checklists.populations(datasets.load("system_levels"), population=1_000_000)
    assert found[["level", "number", "fits"]].to_numpy().tolist() == [
        ["neighbourhood", 20, "only just"],
        ["place", 3, "yes"],
        ["place", 4, "only just"],
        ["system", 1, "only just"],
    ]
    assert set(checklists.populations(datasets.load("system_levels"), population=5)["fits"]) == {"no"}


def test_decision_space_rules_and_bounds():
    assert checklists.decision_space(1, 0) == checklists.decision_space(1, 0, rule="product") == 0
    with pytest.raises(DataError, match=r"vertical is 1\.2; allowed: 0 to 1"):
        checklists.decision_space(1.2, 0.5)
    with pytest.raises(DataError, match="Did you mean 'minimum'"):
        checklists.decision_space(0.2, 0.5, rule="minimun")


def test_an_arrow_must_follow_from_its_move():
    made = datasets.load("autonomy_decisions")
    assert checklists.arrows(made)["decisions"].iloc[-1] == len(made)
    made.loc[0, "arrow"] = "down"
    with pytest.raises(DataError, match="row 2, column 'arrow': 'down' for a move from locality to centre; it is 'up'"):
        checklists.arrows(made)


def test_audit_leaves_unanswered_items_out():
    found = checklists.audit(pd.DataFrame({"feature": list("abc"), "score": [3, None, 1]}), item="feature")
    assert (found.score, found.possible, found.answered, found.weakest) == (4, 6, 2, ("c",))
    assert checklists.audit(pd.DataFrame({"feature": ["a"], "score": [None]}), item="feature").reason


def test_links_join_34_to_11():
    tables = [datasets.load(name) for name in ("review_links", "review_implications", "review_syntheses")]
    assert (len(tables[1]), len(tables[2])) == (34, 11)
    assert tables[1].groupby("topic", sort=False).size().tolist() == [7, 8, 7, 6, 6]
    matrix = checklists.link_matrix(*tables)
    assert matrix["links"].sum() == len(tables[0])
    assert (matrix.groupby("synthesis")["links"].sum() > 0).all()


def test_bass_starts_at_nought_and_reaches_the_potential():
    curve = checklists.diffusion(potential=50, innovation=0.03, imitation=0.4, periods=60)
    assert curve["adopters"].iloc[0] == 0
    assert curve["adopters"].iloc[-1] == pytest.approx(50, rel=1e-3)
    assert checklists.diffusion(potential=1, innovation=0.1, imitation=0.5, periods=3, model="logistic")["share"].iloc[
        0
    ] == pytest.approx(0.1)


def test_portfolio_names_an_unknown_kind():
    rule = datasets.load("portfolio_rule")
    assert checklists.portfolio({"core": 6, "stretch": 3, "exploratory": 1}, rule)["difference"].abs().max() < 1e-9
    with pytest.raises(DataError, match="Did you mean 'stretch'"):
        checklists.portfolio({"strech": 1}, rule)
