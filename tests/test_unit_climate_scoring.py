"""Scoring, withholding and profiles: closed forms, properties, and what is refused."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets
from healthsys import climate
from healthsys.errors import DataError
from healthsys.io.survey import team_key

BENCHMARKS = datasets.load("climate_benchmarks")
ANSWER = st.one_of(st.none(), st.integers(0, 3))


def people(sizes, *, answer=2, dimensions=("trust", "conflict")):
    """A survey in which team T0, T1, … has so many people, everyone with the same answers."""
    teams = [f"T{index}" for index, size in enumerate(sizes) for _ in range(size)]
    frame = pd.DataFrame({"respondent": [f"p{number}" for number in range(len(teams))], "team": teams})
    for dimension in dimensions:
        for item in (1, 2):
            frame[f"{dimension}_{item}"] = answer
    return frame


@given(st.lists(ANSWER, min_size=4, max_size=4), st.floats(0, 1))
@settings(max_examples=50)
def test_a_score_is_the_mean_of_the_answered_items_times_100(answers, share):
    survey = pd.DataFrame([["p", "T", *answers]], columns=["respondent", "team", *[f"trust_{n}" for n in range(1, 5)]])
    scored = climate.score(survey, minimum_answered=share)["trust"].iloc[0]
    given_ = [answer for answer in answers if answer is not None]
    if given_ and len(given_) >= share * 4:
        assert scored == pytest.approx(100 * np.mean(given_))
        assert 0 <= scored <= 300
    else:
        assert np.isnan(scored)


def test_half_the_items_is_the_default_rule_and_a_missing_answer_is_never_zero():
    survey = people([1])
    survey[["trust_2", "conflict_1", "conflict_2"]] = None
    scored = climate.score(survey)
    assert scored["trust"].iloc[0] == 200
    assert np.isnan(scored["conflict"].iloc[0])


def test_conflict_is_scored_in_its_own_direction():
    scored = climate.score(people([1], answer=3))
    assert scored["conflict"].iloc[0] == 300


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(DataError, match=r"minimum_answered is .*; allowed: a share from 0 to 1"):
        climate.score(people([1]), minimum_answered=share)


def test_small_teams_leave_every_figure_the_whole_too():
    """The small team alone answers 0: if any of its answers were left, the organisation's score would fall."""
    survey = people([5, 6, 4])
    items = [column for column in survey if column not in ("respondent", "team")]
    survey.loc[survey["team"] == "T2", items] = 0
    shown = climate.withhold_small_teams(survey)
    assert (shown.teams, shown.withheld_teams) == (["T0", "T1"], 1)
    profile = climate.organisation_profile(shown, BENCHMARKS)
    assert profile["score"].eq(200).all()
    assert profile["people"].eq(11).all()
    assert "T2" not in shown.answers["team"].to_list()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(st.integers(0, 3), min_size=1, max_size=9))
@settings(max_examples=25)
def test_no_shown_figure_depends_on_a_withheld_answer(sizes, answers):
    survey = people(sizes)
    if max(sizes) < 5:
        with pytest.raises(DataError, match="no team is complete"):
            climate.withhold_small_teams(survey)
        return
    small = survey["team"].map(survey["team"].value_counts()) < 5
    changed = survey.copy()
    changed["trust_1"] = np.where(small, np.resize(answers, len(survey)), survey["trust_1"])
    found = [climate.organisation_profile(climate.withhold_small_teams(each), BENCHMARKS) for each in (survey, changed)]
    pd.testing.assert_frame_equal(*found)


def test_a_dimension_with_too_few_answers_is_withheld_for_that_team_alone():
    survey = people([5, 6])
    survey.loc[0, ["trust_1", "trust_2"]] = None
    shown = climate.withhold_small_teams(survey)
    means = climate.team_means(shown).set_index(["team", "dimension"])
    assert shown.withheld_cells == 1
    assert np.isnan(means.loc[("T0", "trust"), "mean"])
    assert means.loc[("T0", "conflict"), "n"] == 5
    assert shown.answers.loc[shown.answers["team"] == "T0", "trust_1"].isna().all()


def test_people_without_any_score_do_not_make_a_team_large_enough():
    survey = people([5, 5])
    survey.loc[0, [column for column in survey if "_" in column]] = None
    assert climate.withhold_small_teams(survey).teams == ["T1"]


def test_no_complete_team_says_what_to_do():
    told = (
        r"my\.csv: column 'team': no team is complete, that is, has 5 or more people with a score on any dimension "
        r"\(the largest has 4\)\. Check the team names for spelling, join small teams, or set minimum_team_size lower"
    )
    with pytest.raises(DataError, match=told):
        climate.withhold_small_teams(people([4, 3]), label="my.csv")
    with pytest.raises(DataError, match="minimum_team_size is 0; allowed: a whole number, 1 or more"):
        climate.withhold_small_teams(people([4]), minimum_team_size=0)


def test_organisation_interval_is_t_on_team_means():
    """R 4.2.2: t.test(c(120,150,135,141,128,163))$conf.int -> 123.259157 155.740843; people do not count, teams do."""
    rows = []
    for index, mean in enumerate((120, 150, 135, 141, 128, 163)):
        for person in range(5 + index):
            rows.append((f"p{index}{person}", f"T{index}", mean))
    scores = pd.DataFrame(rows, columns=["respondent", "team", "trust"])
    shown = climate.Shown(scores[["respondent", "team"]], scores, 0, 0, 5, 0.5)
    row = climate.organisation_profile(shown, BENCHMARKS).iloc[0]
    assert (row["score"], row["lower"], row["upper"]) == pytest.approx((139.5, 123.259157, 155.740843), abs=5e-6)
    assert (row["teams"], row["people"]) == (6, 45)


def test_one_team_has_a_score_and_a_reason_instead_of_an_interval():
    row = climate.organisation_profile(climate.withhold_small_teams(people([6])), BENCHMARKS).iloc[0]
    assert row["score"] == 200
    assert np.isnan(row["lower"])
    assert "one cluster alone" in row["reason"]


@given(st.floats(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_position_is_0_at_stagnant_and_1_at_innovative_for_conflict_too(score, stagnant, innovative):
    found = climate.position(score, stagnant=stagnant, innovative=innovative)
    if stagnant == innovative:
        assert found is None
        return
    assert climate.position(stagnant, stagnant=stagnant, innovative=innovative) == 0
    assert climate.position(innovative, stagnant=stagnant, innovative=innovative) == 1
    mirrored = climate.position(300 - score, stagnant=300 - stagnant, innovative=300 - innovative)
    assert found == pytest.approx(mirrored, abs=1e-9)


@pytest.mark.parametrize(
    ("score", "stagnant", "innovative", "expected"),
    [
        (96.999, 97, 148, "worse than stagnant"),
        (97, 97, 148, "between the benchmarks"),
        (148, 97, 148, "at or past innovative"),
        (140.001, 140, 78, "worse than stagnant"),
        (140, 140, 78, "between the benchmarks"),
        (78, 140, 78, "at or past innovative"),
    ],
)
def test_place_is_judged_on_unrounded_scores_and_reversed_for_conflict(score, stagnant, innovative, expected):
    assert climate.place(score, stagnant=stagnant, innovative=innovative) == expected


def test_printed_gaps_are_those_of_table_4():
    """Gaps derived from Bolden et al. 2021, Table 4: 75, 57, 66, 51, 90, 62, 75, 53, 142; mean 671 / 9."""
    stagnant = BENCHMARKS[["dimension"]].assign(score=BENCHMARKS["stagnant"].astype(float))
    gaps = climate.against_benchmarks(stagnant, BENCHMARKS).set_index("dimension")["shortfall"]
    expected = dict(zip(climate.DIMENSIONS, (75, 57, 66, 51, 90, 62, 75, 53, 142), strict=True))
    assert gaps.to_dict() == expected
    assert gaps.mean() == pytest.approx(671 / 9)


def test_shortfalls_come_largest_first_and_missing_ones_last():
    ours = pd.DataFrame({"dimension": ["trust", "debate", "conflict"], "score": [150.0, np.nan, 60.0]})
    found = climate.against_benchmarks(ours, BENCHMARKS)
    assert found["dimension"].tolist() == ["trust", "conflict", "debate"]
    assert found["shortfall"].tolist()[:2] == [28.0, -18.0]
    assert found["place"].iloc[1] == "at or past innovative"


def test_a_dimension_without_benchmarks_is_named():
    with pytest.raises(DataError, match="no row 'debate'"):
        climate.against_benchmarks(
            pd.DataFrame({"dimension": ["debate"], "score": [100.0]}), BENCHMARKS.query("dimension != 'debate'")
        )


def test_a_team_that_is_not_shown_cannot_be_profiled():
    shown = climate.withhold_small_teams(people([5, 4]))
    with pytest.raises(DataError, match=r"team 'T1' is not shown: .* allowed: T0"):
        climate.team_profile(shown, "T1", BENCHMARKS)


def test_practices_are_24_over_nine_dimensions():
    practices = datasets.load("climate_practices")
    counts = practices.groupby("dimension").size()
    assert [counts[dimension] for dimension in climate.DIMENSIONS] == [4, 4, 3, 2, 2, 2, 3, 2, 2]


def test_the_recalled_figure_is_no_data_row():
    trust = BENCHMARKS.set_index("dimension").loc["trust"]
    assert (trust["stagnant"], trust["innovative"]) == (112, 178)
    assert 128 not in BENCHMARKS[["stagnant", "innovative"]].to_numpy()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.rename(columns=lambda name: name.replace("trust", "mood").replace("conflict", "noise")),
         r"no column is an item of a dimension; there are: respondent, team, mood_1.*such as trust_1"),
        (lambda frame: frame.rename(columns=lambda name: name.replace("trust", "Trust")),
         r"column 'Trust_1' names the dimension 'Trust', which is unknown\. Did you mean 'trust'"),
        (lambda frame: frame.rename(columns=lambda name: name.replace("trust", "trsut")), "Did you mean 'trust'"),
        (lambda frame: frame.assign(trust_1=7), r"column 'trust_1', row 2: '7' is off the scale; allowed: 0 to 3"),
        (lambda frame: frame.assign(trust_1=-1), "row 2: '-1' is off the scale"),
        (lambda frame: frame.assign(trust_1="1,5"), "row 2: '1,5' is no number"),
        (lambda frame: frame.assign(trust_1=float("inf")), "row 2: 'inf' is no number"),
        (lambda frame: frame.set_axis([*frame.columns[:-1], "trust_1"], axis=1), "column 'trust_1' occurs twice"),
        (lambda frame: frame.drop(columns="team"), "there is no column 'team'"),
        (lambda frame: frame.assign(team=["A", None, "A", "A", "A"]), "column 'team', row 3: the cell is empty"),
    ],
)  # fmt: skip
def test_a_survey_that_cannot_be_scored_is_refused(change, message):
    """score() used to return no score at all, without a word, where the items match no dimension."""
    frame = change(people([5]))
    for method in (climate.score, climate.withhold_small_teams):
        with pytest.raises(DataError, match=message):
            method(frame)


def test_a_column_that_is_no_item_is_passed_over():
    found = climate.score(people([5]).assign(wave_2=1, comment="x"))
    assert list(found.columns) == ["respondent", "team", "trust", "conflict"]


def varied(sizes, **names):
    """A survey whose people differ, with teams renamed."""
    frame = people(sizes)
    frame["trust_1"] = [number % 4 for number in range(len(frame))]
    return frame.assign(team=frame["team"].replace(names))


def test_results_without_a_match_are_errors_everywhere():
    shown = climate.withhold_small_teams(varied([5, 6]))
    bare = replace(shown, answers=shown.answers[["respondent", "team"]], scores=shown.scores[["respondent", "team"]])
    with pytest.raises(DataError, match="no column is an item"):
        climate.team_rwg(bare)
    other = climate.withhold_small_teams(people([5, 6], dimensions=("debate",)))
    with pytest.raises(
        DataError, match=r"no dimension in common\. baseline has: trust, conflict; follow-up has: debate"
    ):
        climate.change_between(shown, other)
    profile = climate.organisation_profile(shown, BENCHMARKS)
    with pytest.raises(DataError, match="names 'trust' twice"):
        climate.against_benchmarks(
            profile[["dimension", "score"]], pd.concat([BENCHMARKS, BENCHMARKS.query("dimension == 'trust'")])
        )


def test_a_missing_score_has_no_place_and_no_position():
    assert climate.place(float("nan"), stagnant=97, innovative=148) is None
    assert climate.position(float("nan"), stagnant=97, innovative=148) is None


def test_teams_spelt_in_two_ways_are_one_team_between_waves():
    before = climate.withhold_small_teams(varied([5, 6], T0="Ward 7", T1="Clinic"))
    after = climate.withhold_small_teams(varied([5, 6], T0="WARD-7", T1="clinic "))
    found = climate.change_between(before, after)
    assert found["teams"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ward 7", "WARD 7", True), ("Ward 7", "Ward\u20117", True), ("Ward  7", "Ward\u00a07", True),
        ("Out-patients", "Outpatients", True), ("Unit 1-1", "Unit 11", False), ("Ward 7", "Ward 71", False),
        ("Unit 1 1", "Unit 1-1", True), ("Ä", "A", False), ("St Mary's", "St Mary\u2019s", True),
        ("Ward 07", "Ward 7", True), ("A & E", "A and E", True), ("Room 2.05", "Room 2.5", False),
        ("Ward 70", "Ward 7", False),
    ],
)  # fmt: skip
def test_which_names_are_one_team(one, other, same):
    assert (team_key(one) == team_key(other)) is same


def test_equal_team_means_have_a_score_and_a_reason_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = climate.withhold_small_teams(people([5, 6, 7]))
        row = climate.organisation_profile(shown, BENCHMARKS).iloc[0]
        moved = climate.change_between(shown, shown)
    assert row["score"] == 200
    assert np.isnan(row["lower"])
    assert "the same value" in row["reason"]
    assert moved["change"].eq(0).all()
    assert moved[["lower", "upper", "p", "p_holm"]].isna().all(axis=None)
    assert moved["verdict"].isna().all()
    assert moved["reason"].notna().all()


def test_results_that_are_the_same_for_everybody_are_counted_and_said():
    shown = climate.withhold_small_teams(people([5, 6]))
    assert (shown.unanimous, climate.withhold_small_teams(varied([5, 6])).unanimous) == (4, 2)
    assert "in 4 results of a team on one dimension everybody has the same score" in shown.note
    off = climate.withhold_small_teams(varied([5, 6]), minimum_team_size=1)
    assert off.note.startswith("The protection of small teams is switched off")


def test_results_that_are_the_same_for_all_but_one_are_suppressed():
    answers = people([6, 7], answer=0)
    shown = climate.withhold_small_teams(answers, hide_unanimous=True)
    assert (shown.unanimous, shown.withheld_cells) == (4, 4)
    assert shown.scores[["trust", "conflict"]].isna().all(axis=None)
    assert shown.answers.filter(like="trust").isna().all(axis=None)
    assert "In 4 of these everybody, or everybody but one, has the same score" in shown.note
    answers.loc[0, ["trust_1", "trust_2"]] = 3  # one of six differs, and knows what the others said
    assert climate.withhold_small_teams(answers, hide_unanimous=True).unanimous == 4
    answers.loc[1, ["trust_1", "trust_2"]] = 3
    kept = climate.withhold_small_teams(answers, hide_unanimous=True)
    assert kept.unanimous == 3
    assert kept.scores.groupby("team")["trust"].mean().tolist()[0] == pytest.approx(100)


def test_a_team_of_one_has_a_score_and_the_right_reason():
    shown = climate.withhold_small_teams(varied([1, 6]), minimum_team_size=1)
    row = climate.team_profile(shown, "T0", BENCHMARKS).iloc[0]
    assert np.isfinite(row["score"])
    assert np.isnan(row["lower"])
    assert "one person alone" in row["reason"]


@pytest.mark.parametrize(
    ("lower", "upper", "held"), [(38, 120, True), (98, 120, False), (38, 96, False), (97, 97, True)]
)
def test_an_interval_holds_the_benchmark_between_its_ends(lower, upper, held):
    ours = pd.DataFrame({"dimension": ["idea_time"], "score": [90.0], "lower": [lower], "upper": [upper]})
    assert climate.against_benchmarks(ours, BENCHMARKS)["includes_stagnant"].tolist() == [held]


def test_another_instrument_has_its_own_dimensions_and_scale():
    """Two dimensions answered 1 to 5: their scores, agreement against five options, and refusal off the scale."""
    items = {"voice_1": [1, 5, 3, 4, 2], "voice_2": [2, 5, 3, 4, 1], "safety_1": [5, 5, 4, 5, 4]}
    survey = pd.DataFrame({"respondent": range(5), "team": "T", **items})
    instrument = {"dimensions": ("safety", "voice"), "scale": (1, 5)}
    shown = climate.withhold_small_teams(survey, **instrument)
    assert shown.dimensions == ["safety", "voice"]
    assert shown.scores["voice"].tolist() == [150, 500, 300, 400, 150]
    found = climate.team_rwg(shown, skewed_null=(0.05, 0.15, 0.20, 0.35, 0.25)).set_index("dimension")
    given = survey[["voice_1", "voice_2"]]
    assert found.loc["voice", "uniform"] == climate.rwg_j(given, variance=climate.uniform_variance(5)).value
    with pytest.raises(DataError, match="skewed_null has 4 probabilities; allowed: 5, for the answers 1 to 5"):
        climate.team_rwg(shown)
    with pytest.raises(DataError, match=r"column 'safety_1', row 2: '5' is off the scale; allowed: 0 to 3"):
        climate.score(survey, dimensions=("safety", "voice"))
    with pytest.raises(DataError, match="no column is an item of a dimension"):
        climate.score(survey)


def test_the_public_names_are_methods():
    assert "rwg_j" in dir(climate)
    assert all(callable(getattr(climate, name)) for name in dir(climate))
