"""Change, recovery of the built-in truth, and what a page says and draws."""

import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from compendium import datasets, plotting
from everyday.synthetic import climate as generator
from healthsys import climate
from healthsys.climate import words
from healthsys.errors import DataError


@pytest.fixture(scope="module")
def studies():
    followup = "climate_survey_followup"
    return {
        "printed": climate.open_printed(),
        "baseline": climate.open_study("climate_survey_baseline"),
        "followup": climate.open_study(followup, earlier="climate_survey_baseline"),
        "sensitivity": climate.open_study("climate_survey_baseline", trust_stagnant_variant=128),
        "printed-variant": climate.open_printed(trust_stagnant_variant=128),
    }


EACH = pytest.mark.parametrize("name", ["printed", "baseline", "followup", "sensitivity", "printed-variant"])


def waves(before, after, *, dimension="trust"):
    """Two surveys as shown, with one person a team whose score is the team's mean."""
    shown = []
    for means in (before, after):
        scores = pd.DataFrame({"respondent": [f"p{team}" for team in means], "team": list(means)})
        scores[dimension] = list(means.values())
        shown.append(climate.Shown(scores[["respondent", "team"]], scores.astype({dimension: float}), 0, 0, 1, 0.5))
    return shown


def test_change_matches_the_paired_t_test():
    """R 4.2.2: t.test(c(135,128,131,150,139), c(120,130,110,140,125), paired = TRUE)."""
    before = dict(zip("abcde", (120, 130, 110, 140, 125), strict=True))
    after = dict(zip("abcde", (135, 128, 131, 150, 139), strict=True))
    row = climate.change_between(*waves(before, after)).iloc[0]
    found = (row["change"], row["lower"], row["upper"], row["p"])
    assert found == pytest.approx((11.6, 0.9694416323, 22.2305583677, 0.0387942561), abs=1e-8)
    assert row["verdict"] == "better"


def test_a_change_that_does_not_stand_after_holm_is_taken_alone(studies):
    """R 4.2.2: p.adjust(c(0.0161953, 0.00075981, 0.0688684, 0.0104835, 0.147294, 0.0449960, 0.0878127, 0.546654,
    0.227643), "holm") gives 0.113367 0.00683829 0.344342 0.083868 0.441882 0.269976 0.351251 0.546654 0.455286."""
    table = studies["followup"].change.set_index("dimension")
    assert table["verdict"].to_dict() == {
        "idea_time": "better, taken alone", "idea_support": "better", "debate": "not clear",
        "conflict": "better, taken alone", "risk_taking": "not clear", "trust": "better, taken alone",
        "challenge": "not clear", "playfulness": "not clear", "freedom": "not clear",
    }  # fmt: skip
    assert table["p_holm"].to_dict() == pytest.approx(
        {"idea_time": 0.113367, "idea_support": 0.006838, "debate": 0.344341, "conflict": 0.083868,
         "risk_taking": 0.441882, "trust": 0.269976, "challenge": 0.351250, "playfulness": 0.546654,
         "freedom": 0.455286}, abs=2e-5)  # fmt: skip


def test_finding_of_the_baseline_gives_score_and_shortfall_with_their_own_intervals(studies):
    assert words.finding(studies["baseline"]) == (
        "The synthetic practice falls furthest short of innovative organisations in risk taking: it scores 97 (95 % "
        "interval 59 to 135) against their 195, a shortfall of 98 points (60 to 136); stagnant ones average 53. Short "
        "of the stagnant benchmark: idea time (interval includes it)."
    )
    assert "a shortfall of 98 points (60 to 136)" in climate.profile_figure(studies["baseline"])["alt"]


def test_finding_of_the_change_names_first_what_stands(studies):
    said = words.finding(studies["followup"])
    assert said.startswith(
        "Between the two surveys of the synthetic practice, idea support improved by +32 points (95 % interval +23 to "
        "+42), the only change that stands after allowing for 9 comparisons (Holm). Idea time (+49; +15 to +83), "
        "conflict"
    )
    assert "the other 5 include no change" in said
    assert said.endswith("Fewer stand under other choices: none with a minimum team size of 8.")
    assert "clearly" not in climate.change_figure(studies["followup"])["alt"]


def test_changes_under_other_choices(studies):
    table = climate.change_sensitivity(studies["followup"])
    assert table["kind"].tolist() == ["page", "size", "complete", "people", *["leave"] * 5]
    assert table.loc[table["kind"] == "size", "holm"].tolist() == [0]
    assert table.loc[table["kind"] == "people", "alone"].isna().all()
    assert "none: ignores teams" in climate.change_sensitivity_table(studies["followup"])["change (interval)"].iloc[3]
    one = studies["followup"]
    kept = [wave.shown.answers.query("team != 'Nursing'") for wave in (one.earlier, one.wave)]
    by_hand = climate.change_between(*[climate.withhold_small_teams(answers) for answers in kept])
    row = table[table["choice"] == "without the team Nursing"].iloc[0]
    assert (row["change"], row["lower"]) == pytest.approx(tuple(by_hand.loc[0, ["change", "lower"]]))


def test_agreement_out_of_range_is_named_and_drawn(studies):
    said = climate.aggregation_words(studies["baseline"])
    assert "set to nought against the skewed null" in said
    assert "Home visits on debate and Reception on debate" in said
    assert "range over dimensions −0.06 to 0.29" in said
    assert "with 5 teams its intervals run from 0.13 upwards: do not rank teams" in said
    with mpl.rc_context(plotting.theme()):
        axes = climate.draw_agreement(studies["baseline"], width=plotting.WIDE).axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [len(line.get_xdata()) for line in crosses] == [2]


def test_missing_scores_are_counted_by_reason():
    survey = climate.read_survey("climate_survey_baseline")
    columns = [column for column in survey.columns if column.startswith("debate")]
    reception = survey.index[survey["team"] == "Home visits"]
    survey.loc[reception[:3], columns] = pd.NA
    shown = climate.withhold_small_teams(survey)
    assert (shown.withheld_cells, shown.withheld_scores) == (1, 4)
    assert shown.scores.query("team == 'Home visits'")["debate"].isna().all()


def test_claims_stand_beside_each_page(studies):
    for study in studies.values():
        assert "reproduced" in climate.source_claims(study).text
    assert "nine months" in climate.source_claims(studies["followup"]).text
    for key in climate.DIMENSIONS:
        first = studies["baseline"].profile.set_index("dimension").loc[[key]].reset_index()
        label = first["label"].iloc[0].lower()
        assert label in climate.source_claims(replace(studies["baseline"], profile=first)).text


def test_truth_is_said_of_what_is_compared(studies):
    assert climate.truth_caption(studies["followup"]).startswith("Truth: the true change, in points")
    assert climate.truth_caption(studies["baseline"]).startswith(
        "Truth: the mean of the population of teams; about 95 in 100"
    )
    assert "of 9 intervals of the score, 8 hold it" in climate.truth_words(studies["baseline"])


def test_only_teams_shown_in_both_waves_count():
    row = climate.change_between(*waves({"a": 100, "b": 120, "left": 10}, {"a": 110, "b": 150, "new": 300})).iloc[0]
    assert (row["before"], row["after"], row["change"], row["teams"]) == (110, 130, 20, 2)


def test_a_fall_of_conflict_is_better():
    fall = climate.change_between(
        *waves({"a": 150, "b": 140, "c": 160}, {"a": 120, "b": 111, "c": 131}, dimension="conflict")
    )
    assert fall["verdict"].tolist() == ["better"]
    rise = climate.change_between(
        *waves({"a": 120, "b": 111, "c": 131}, {"a": 150, "b": 140, "c": 160}, dimension="conflict")
    )
    assert rise["verdict"].tolist() == ["worse"]


def test_one_common_team_has_a_change_without_interval_and_none_is_refused():
    row = climate.change_between(*waves({"a": 100}, {"a": 130})).iloc[0]
    assert row["change"] == 30
    assert np.isnan(row["lower"])
    assert row["verdict"] is None or pd.isna(row["verdict"])
    with pytest.raises(DataError, match=r"no team is shown in both waves\. baseline has: a; follow-up has: b\. Spell"):
        climate.change_between(*waves({"a": 100}, {"b": 130}))


def test_printed_page_states_the_printed_gaps(studies):
    said = climate.results(studies["printed"])
    found = {entry["name"]: entry["value"] for entry in said}
    assert (found["gap_largest_dimension"], found["gap_largest"]) == ("Risk taking", 142)
    assert (found["gap_smallest_dimension"], found["gap_smallest"]) == ("Idea time", 51)
    assert found["gap_mean"] == pytest.approx(74.5556, abs=5e-5)
    assert found["practices"] == 24


def test_variant_of_trust_changes_trust_alone(studies):
    """With 128 in place of 112 the gap falls from 66 to 50 and from the fifth to the last of the nine gaps."""
    table = climate.trust_variants(studies["sensitivity"]).set_index("benchmark")
    assert table["gap"].to_dict() == {"printed": 66.0, "unverified": 50.0}
    assert table["gap_rank"].to_dict() == {"printed": 5, "unverified": 9}
    score = studies["baseline"].profile.set_index("dimension").loc["trust", "score"]
    assert table.loc["unverified", "position"] == pytest.approx((score - 128) / 50)
    pd.testing.assert_frame_equal(studies["sensitivity"].profile, studies["baseline"].profile)


@EACH
def test_every_page_has_finding_kind_and_what_is_withheld(studies, name):
    entries = climate.results(studies[name])
    assert [entry["name"] for entry in entries][:3] == ["finding", "data_kind", "withheld"]
    assert len({entry["name"] for entry in entries}) == len(entries)
    synthetic = studies[name].wave.kind == "synthetic"
    assert ("synthetic" in entries[1]["value"].lower()) == synthetic
    for entry in entries:
        assert entry["meaning"]
        assert not re.search(r"\bnan\b", str(entry["value"]))
        if "lower" in entry:
            assert entry["lower"] <= entry["value"] <= entry["upper"]


def test_every_result_can_be_recorded(studies, capsys):
    from compendium.recording import record

    for study in studies.values():
        for entry in climate.results(study):
            assert record(**entry).text


@EACH
def test_sentences_hold_no_raw_numbers_of_python(studies, name):
    study = studies[name]
    says = [words.finding, words.variant_words, climate.source_words]
    if study.shown is not None:
        says += [climate.reliability_words, climate.aggregation_words, words.change_words, climate.truth_words]
    for say in says:
        said = say(study)
        assert said.endswith(".")
        assert not re.search(r"\bnan\b|None|np\.|  ", said)


def test_withheld_team_is_said_and_not_named(studies):
    said = words.withheld(studies["baseline"].shown)
    assert said.startswith("Left out: 1 team with fewer than 5 people. It is in no table and no figure")
    everything = str(climate.results(studies["baseline"])) + climate.team_table(studies["baseline"]).to_string()
    assert "Dispensary" not in everything


@EACH
@pytest.mark.parametrize("width", [plotting.WIDE, plotting.NARROW])
def test_figures_draw_at_both_widths_with_alt_text_of_the_same_numbers(studies, name, width):
    study = studies[name]
    drawings = [(climate.draw_profile, climate.profile_figure)]
    if study.shown is not None:
        drawings.append((climate.draw_agreement, climate.agreement_figure))
        drawings.append((climate.draw_trust, climate.trust_figure))
    if study.change is not None:
        drawings.append((climate.draw_change, climate.change_figure))
    for draw, about in drawings:
        with mpl.rc_context(plotting.theme()):
            figure = draw(study, width=width)
        assert figure.get_figwidth() * plotting.PIXELS_PER_INCH == width
        told = about(study)
        assert told["alt"].endswith(".")
        assert (
            ("ynthetic" in told["alt"] + told["caption"] + study.wave.provenance["title"])
            or study.shown is None
            or ("Invented" in told["caption"])
        )
        assert len(told["drawn"])


def test_figures_draw_where_intervals_and_values_are_missing(tmp_path):
    items = climate.read_items()
    columns = [f"{row.dimension}_{row.item}" for row in items.itertuples()]
    frame = pd.DataFrame({"respondent": [f"R{n}" for n in range(6)], "team": "<b>A</b> $x$"})
    frame = pd.concat([frame, pd.DataFrame("1", index=range(6), columns=columns)], axis=1)
    frame.loc[:, [column for column in columns if column.startswith("debate")]] = None
    for name in ("one.csv", "two.csv"):
        frame.to_csv(tmp_path / name, index=False)
    study = climate.open_study(str(tmp_path / "one.csv"), earlier=str(tmp_path / "two.csv"))
    assert study.recovery is None
    for draw in (climate.draw_profile, climate.draw_change, climate.draw_agreement, climate.draw_trust):
        for width in (plotting.WIDE, plotting.NARROW):
            with mpl.rc_context(plotting.theme()):
                draw(study, width=width)
    for about in (climate.profile_figure, climate.change_figure, climate.agreement_figure):
        assert about(study)["alt"]
    assert "no change of your organisation can be told from none" in words.finding(study)
    assert "Between teams nothing can be said: fewer than two teams" in climate.aggregation_words(study)
    tables = (climate.profile_table, climate.team_shortfalls, climate.change_table, climate.sensitivity_table,
              climate.change_sensitivity_table, climate.bootstrap_table, climate.trust_table, climate.reliability_table,
              climate.aggregation_table)  # fmt: skip
    for made in tables:
        text = made(study).select_dtypes(["object", "str"]).fillna("").to_string()
        assert not re.search(r"\bnan\b|cluster", text)
    assert climate.bootstrap_note(study)
    assert "is not known" in climate.truth_words(study)
    tried = climate.open_study(str(tmp_path / "one.csv"), trust_stagnant_variant=128)
    assert "how sure this is cannot be said" in words.finding(tried)
    assert "no interval: one team alone" in words.finding(climate.open_study(str(tmp_path / "one.csv")))
    for entry in climate.results(study):
        assert not re.search(r"\bnan\b", str(entry["value"]))
    assert climate.sensitivity(study)["choice"].iloc[2] == "only people who answered every item of a dimension"


def test_sensitivity_says_where_a_choice_leaves_no_team(tmp_path):
    items = climate.read_items()
    columns = [f"{row.dimension}_{row.item}" for row in items.itertuples()]
    frame = pd.DataFrame({"respondent": [f"R{n}" for n in range(6)], "team": "A"})
    frame = pd.concat([frame, pd.DataFrame("1", index=range(6), columns=columns)], axis=1)
    frame[[column for column in columns if column.endswith("_1")]] = None
    frame.to_csv(tmp_path / "holes.csv", index=False)
    found = climate.sensitivity(climate.open_study(str(tmp_path / "holes.csv")))
    assert found["choice"].iloc[2].endswith("(no team is large enough)")
    assert pd.isna(found["score"].iloc[2])


def test_words_of_a_worse_climate():
    later = climate.open_study("climate_survey_baseline", earlier="climate_survey_followup")
    assert "idea support got worse by −32 points" in words.finding(later)
    assert "conflict (lower is better, +27; +11 to +44, worse)" in words.finding(later)


def test_variant_that_widens_or_repeats_the_gap_and_one_that_cannot_be():
    baseline = "climate_survey_baseline"
    wider = words.finding(climate.open_study(baseline, trust_stagnant_variant=60))
    assert "grows from 66 to 118 points, from the fifth widest of 9 to the second widest" in wider
    assert "Its interval, 87 to 153, holds 112 and not the other benchmark" in wider
    same = words.finding(climate.open_study(baseline, trust_stagnant_variant=112))
    assert same == "The figure tried, 112, is the printed one: nothing changes."
    with pytest.raises(
        DataError, match=r"to try for trust is 178; allowed: a number below the innovative benchmark, 178"
    ):
        climate.open_study(baseline, trust_stagnant_variant=178)


def test_variant_moves_the_rank_of_the_gap_and_the_survey_cannot_tell(studies):
    said = words.finding(studies["sensitivity"])
    assert "from the fifth widest of 9 to the narrowest of all, below idea time (a gap of 51)" in said
    assert "moves from 12 % (−39 to 62 %) to −16 % (−83 to 50 %)" in said
    assert said.endswith("The survey cannot tell the two apart: its interval, 87 to 153, holds both benchmarks.")
    assert "narrowest of all" in words.variant_words(studies["printed-variant"])
    assert words.finding(studies["printed-variant"]) == words.finding(studies["printed"])


def test_an_organisation_past_every_benchmark_or_worst_in_conflict(studies):
    benchmarks, base = studies["baseline"].benchmarks, studies["baseline"]
    high = pd.DataFrame({"dimension": ["trust"], "score": [190.0], "lower": [180.0], "upper": [200.0]})
    said = words.finding(replace(base, profile=climate.against_benchmarks(high, benchmarks)))
    assert "is short of innovative organisations in no dimension; nearest to their mean is trust" in said
    poor = pd.DataFrame({"dimension": ["conflict"], "score": [150.0], "lower": [145.0], "upper": [155.0]})
    said = words.finding(replace(base, profile=climate.against_benchmarks(poor, benchmarks)))
    assert "in conflict (lower is better): it scores 150 (95 % interval 145 to 155) against their 78" in said
    assert "a shortfall of 72 points (67 to 77)" in said
    assert said.endswith("Short of the stagnant benchmark: conflict.")


def test_generator_repeats_with_its_seed_and_differs_without():
    assert generator.practice().baseline.equals(generator.practice().baseline)
    assert not generator.practice().baseline.equals(generator.practice(seed=1).baseline)


def test_truth_is_exact_in_the_long_run():
    """Mean score over many practices comes within three standard errors of the stated truth, both waves."""
    truth = generator.truth().set_index(["dimension", "wave"])["mean"]
    seen = {key: [] for key in truth.index}
    for seed in range(40):
        made = generator.practice(seed=seed)
        for wave, survey in (("baseline", made.baseline), ("followup", made.followup)):
            for dimension, mean in (
                climate.score(survey).groupby("team")[list(climate.DIMENSIONS)].mean().mean().items()
            ):
                seen[dimension, wave].append(mean)
    for key, means in seen.items():
        assert np.mean(means) == pytest.approx(truth[key], abs=3.5 * np.std(means, ddof=1) / np.sqrt(len(means)))


def test_t_intervals_on_team_means_hold_their_level_with_five_teams():
    """Share of 95 % intervals that hold the truth over 40 generated practices: 360 correlated trials, wide
    tolerance."""
    truth = generator.truth().query("wave == 'baseline'")
    benchmarks = datasets.load("climate_benchmarks")
    inside = []
    for seed in range(40):
        shown = climate.withhold_small_teams(generator.practice(seed=seed).baseline)
        found = climate.organisation_profile(shown, benchmarks)
        inside += climate.recovery(found, truth, estimate="score", known="mean")["inside"].tolist()
    assert 0.91 <= np.mean(inside) <= 0.99


def test_people_leave_and_join():
    made = generator.practice()
    before, after = set(made.baseline["respondent"]), set(made.followup["respondent"])
    assert (len(before - after), len(after - before)) == (6, 5)
