"""Codebooks, registers, timelines, co-occurrence and small rules: closed forms, properties, errors by their text."""

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from healthsys.coding import checklists, cooccurrence, events, timelines
from healthsys.coding.codebooks import codebook
from healthsys.errors import DataError


@pytest.fixture(scope="module")
def book():
    return codebook(datasets.load("narrative_codebook"))


@pytest.fixture(scope="module")
def area(book):
    return events.event_register(datasets.load("area_south_events"), book)


def template(**changes):
    frame = datasets.load("narrative_events_template")
    for column, value in changes.items():
        frame.loc[2, column] = value
    return frame


def test_the_register_carries_the_dated_facts(area):
    found = events.statements_carried(datasets.load("area_south_dated_facts"), area)
    assert len(area) >= 60
    assert found["facts"] - found["carried"] == 2


def test_both_codings_cover_every_response_and_result(area):
    coded = set(area.loc[area["kind"] != "pressure", "event_id"])
    for name in ("area_south_coding_a", "area_south_coding_b"):
        assert set(datasets.load(name)["event_id"]) == coded


def test_agreed_codes_come_from_one_of_the_codings(area, book):
    """The reconciliation adds nothing that neither coding nor the codebook allows."""
    for column, parent in events.CODED.items():
        for row in events.by_code(area, column).itertuples():
            assert row.code in book.under(parent)


def test_an_unknown_code_names_row_and_nearest(book):
    with pytest.raises(
        DataError,
        match=r"row 4, column 'strategy': 'adaption' .*Did you mean 'adaptation'\? Allowed: absorption",
    ):
        events.event_register(template(strategy="adaption"), book)


def test_reversed_dates_name_the_row(book):
    with pytest.raises(
        DataError, match=r"row 4, columns 'start' and 'end': .*ends on 2023-01-01, before it starts.*swapped"
    ):
        events.event_register(template(end=pd.Timestamp("2023-01-01")), book)


def test_the_same_event_twice_with_overlapping_dates_is_refused(book):
    frame = datasets.load("narrative_events_template")
    frame = pd.concat([frame, frame.iloc[[2]].assign(event_id="E99")], ignore_index=True)
    with pytest.raises(DataError, match=r"rows 4 and 14: the same event .* overlapping dates"):
        events.event_register(frame, book)


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
    for few in (staged(["absorption"] * 3), staged(["absorption"]).head(0)):
        assert "fewer than two strategies" in timelines.sequence_test(few, draws=9).reason


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


def test_an_arrow_must_follow_from_its_move():
    made = datasets.load("autonomy_decisions")
    assert checklists.net_arrows(made)["decisions"].iloc[-1] == len(made)
    made.loc[0, "arrow"] = "down"
    with pytest.raises(DataError, match="row 2, column 'arrow': 'down' for a move from locality to centre; it is 'up'"):
        checklists.net_arrows(made)


def test_audit_leaves_unanswered_items_out():
    found = checklists.checklist_total(pd.DataFrame({"feature": list("abc"), "score": [3, None, 1]}), item="feature")
    assert (found.total, found.possible, found.answered, found.weakest) == (4, 6, 2, ("c",))
    assert checklists.checklist_total(pd.DataFrame({"feature": ["a"], "score": [None]}), item="feature").reason


def test_bass_starts_at_zero_and_reaches_the_potential():
    curve = checklists.adoption_curve(potential=50, innovation=0.03, imitation=0.4, periods=60)
    assert curve["adopters"].iloc[0] == 0
    assert curve["adopters"].iloc[-1] == pytest.approx(50, rel=1e-3)
    assert checklists.adoption_curve(potential=1, innovation=0.1, imitation=0.5, periods=3, model="logistic")[
        "share"
    ].iloc[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategy": "absorption, adaptation"}, r"row 4, column 'strategy'.*join them by ';', as in 'absorption;adap"),
        ({"drawn": "cognitive and contextual"}, r"row 4, column 'drawn'.*join them by ';'"),
        ({"outcome": "Positive_adjustment"}, r"row 4, column 'outcome'.*Did you mean 'positive_adjustment'"),
        ({"start": pd.NaT}, "row 4, column 'start': the date is missing"),
        ({"actor": " "}, "row 4, column 'actor': the cell is empty"),
    ],
)
def test_a_register_that_matches_nothing_is_refused(book, changes, message):
    with pytest.raises(DataError, match=message):
        events.event_register(template(**changes), book)


def test_an_actor_spelt_in_two_ways_is_refused_and_blanks_are_cut(book):
    """Dates are shuffled within an actor: two spellings would keep them apart without a word."""
    frame = datasets.load("narrative_events_template")
    actor = frame["actor"].iloc[0]
    frame.loc[3, "actor"] = actor.upper()
    with pytest.raises(DataError, match=r"column 'actor': '.*' is spelt '.*' above; spell the same actor alike"):
        events.event_register(frame, book)
    frame.loc[3, "actor"] = f" {actor} "
    assert set(events.event_register(frame, book)["actor"]) <= {name.strip() for name in frame["actor"]}
    assert f" {actor} " not in set(events.event_register(frame, book)["actor"])


def test_a_register_without_a_column_or_row_is_refused(book):
    frame = datasets.load("narrative_events_template")
    with pytest.raises(DataError, match=r"there is no column 'strategy'\. Did you mean 'stratgy'"):
        events.event_register(frame.rename(columns={"strategy": "stratgy"}), book)
    with pytest.raises(DataError, match="there is no event"):
        events.event_register(frame.head(0), book)
    with pytest.raises(DataError, match="there is no column 'tactic'"):
        events.by_code(frame, "tactic")


def test_rows_are_numbered_as_the_file_has_them(book):
    frame = template(strategy="adaption")
    frame.attrs["rows"] = tuple(range(2, 4)) + tuple(range(6, 6 + len(frame) - 2))
    with pytest.raises(DataError, match="row 6, column 'strategy'"):
        events.event_register(frame, book)


def test_a_grid_and_a_crossing_refuse_codes_that_would_count_nowhere(area, book):
    wrong = area.copy()
    wrong.loc[wrong.index[wrong["strategy"].notna()][0], "strategy"] = "adaption"
    with pytest.raises(DataError, match="'adaption' is no code"):
        events.event_grid(wrong, book)
    options = {"rows": "strategy", "columns": "capacities", "column_codes": book.under("capacity")}
    for method in (cooccurrence.cooccurrence_table, cooccurrence.association_test):
        with pytest.raises(DataError, match="'adaption' is no code"):
            method(wrong, **options, row_codes=book.under("strategy"))
        with pytest.raises(DataError, match="no code is given for column 'strategy'"):
            method(area, **options, row_codes=[])
    with pytest.raises(DataError, match="are both 'strategy'; name two columns"):
        cooccurrence.cooccurrence_table(area, rows="strategy", columns="strategy", row_codes=["x"], column_codes=["x"])
    with pytest.raises(DataError, match="draws is 0"):
        cooccurrence.association_test(area, **options, row_codes=book.under("strategy"), draws=0)


def test_a_code_of_no_segment_is_an_error_unless_the_codebook_has_it():
    segments = pd.DataFrame({"document": ["d"], "start": [0], "end": [5], "code": ["slack"]})
    with pytest.raises(DataError, match=r"'slak' is no code of any segment\. Did you mean 'slack'"):
        cooccurrence.segment_cooccurrence(segments, "slack", "slak")
    found = cooccurrence.segment_cooccurrence(segments, "slack", "trust", codes=["slack", "trust"])
    assert found == (0.0, 0, "")
    with pytest.raises(DataError, match="'strain' is no code of the codebook"):
        cooccurrence.segment_cooccurrence(segments, "slack", "strain", codes=["slack", "trust"])


def test_one_event_for_each_actor_cannot_be_shuffled(book):
    """Every shuffle is the same then: p = 1 said nothing, and said so to nobody."""
    dates = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01"])
    few = pd.DataFrame(
        {"event_id": list("abc"), "actor": list("xyz"), "strategy": timelines.STAGES, "start": dates, "end": dates}
    )
    for test in (timelines.sequence_test, timelines.together_test):
        found = test(few, draws=19)
        assert found.statistic is None
        assert "no actor has two events" in found.reason
        with pytest.raises(DataError, match="draws is 0"):
            test(few, draws=0)
        with pytest.raises(DataError, match="'b' has no date"):
            test(few.assign(start=[dates[0], pd.NaT, dates[2]]), draws=9)


def test_the_range_of_shuffles_follows_the_level(area):
    wide, narrow = (timelines.sequence_test(area, draws=199, level=level) for level in (0.95, 0.5))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert (wide.threshold, wide.statistic) == (narrow.threshold, narrow.statistic)
    assert (wide.level, narrow.level) == (0.95, 0.5)


@pytest.mark.parametrize(
    ("checklist", "message"),
    [
        (
            {"feature": ["a", "b"], "score": ["2,5", 1]},
            r"row 2, column 'score': 2,5; allowed: a whole number from 0 to 3",
        ),
        ({"feature": ["a", "b"], "score": [1, 2.5]}, r"row 3, column 'score': 2\.5"),
        ({"feature": ["a", "b"], "score": [4, 1]}, "row 2, column 'score': 4"),
        ({"feature": ["a", "a"], "score": [1, 1]}, "row 3, column 'feature': 'a' occurs twice"),
        ({"feature": ["a", "reflectoin"], "score": [1, 1]}, r"'reflectoin' is no feature.*Did you mean 'reflection'"),
        ({"fature": ["a"], "score": [1]}, r"no column 'feature'\. Did you mean 'fature'"),
    ],
)
def test_a_checklist_that_cannot_be_scored_is_refused(checklist, message):
    with pytest.raises(DataError, match=message):
        checklists.checklist_total(pd.DataFrame(checklist), item="feature", expected=["a", "b", "reflection"])


def test_items_that_a_checklist_lacks_are_named(shared):
    """../shared/cases/own_data au_two.csv: two of six features said "4 of 6" without a word."""
    form = datasets.read(shared / "cases" / "own_data" / "au_two.csv", layout="site_self_audit")
    features = datasets.load("site_self_audit")["feature"].tolist()
    found = checklists.checklist_total(form, item="feature", expected=features)
    assert (found.total, found.possible) == (4, 6)
    assert found.absent == ("reflection", "multiple data sets", "co-production", "ethics care")
    assert checklists.checklist_total(datasets.load("site_self_audit"), item="feature", expected=features).absent == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: checklists.adoption_curve(potential=np.nan, innovation=0.1, imitation=0.1, periods=3), "finite"),
        (lambda: checklists.adoption_curve(potential=np.inf, innovation=0.1, imitation=0.1, periods=3), "finite"),
        (
            lambda: checklists.adoption_curve(potential=1, innovation=1.5, imitation=0.1, periods=3, model="logistic"),
            "below 1",
        ),
        (
            lambda: checklists.net_arrows(datasets.load("autonomy_decisions").assign(category="input")),
            "Did you mean 'inputs'",
        ),
    ],
)
def test_rules_without_an_answer_say_so(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_adopters_change_group_where_rogers_has_them_change():
    """Rogers 1983: 2.5, 16, 50 and 84 percent; the logistic passes each once."""
    curve = checklists.adoption_curve(potential=100, innovation=0.001, imitation=0.2, periods=80, model="logistic")
    edges = [
        curve.loc[curve["group"] == name, "share"].max()
        for name in ("innovators", "early adopters", "early majority", "late majority")
    ]
    nexts = [curve.loc[curve["share"] > edge, "share"].min() for edge in edges]
    for edge, after, limit in zip(edges, nexts, (0.025, 0.16, 0.50, 0.84), strict=True):
        assert edge <= limit < after


def test_two_strategies_at_once_are_together_and_half_a_tie_counts():
    days = pd.to_datetime(["2020-01-01", "2020-01-01", "2020-01-01"])
    same = pd.DataFrame(
        {
            "event_id": list("abc"),
            "actor": "x",
            "strategy": ["absorption", "adaptation", "adaptation"],
            "start": days,
            "end": days,
        }
    )
    assert timelines.together_test(same, draws=9).statistic == 1.0
    assert timelines.sequence_test(same, draws=9).statistic == 0.5
