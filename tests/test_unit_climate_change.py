"""Change between two waves, the choices behind it, and how often intervals hold the built-in truth."""

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from everyday.synthetic import climate as generator
from healthsys import climate
from healthsys.errors import DataError


def waves(before, after, *, dimension="trust"):
    """Two surveys as shown, with one person a team whose score is the team's mean."""
    shown = []
    for means in (before, after):
        scores = pd.DataFrame({"respondent": [f"p{team}" for team in means], "team": list(means)})
        scores[dimension] = list(means.values())
        shown.append(climate.Shown(scores[["respondent", "team"]], scores.astype({dimension: float}), 0, 0, 1, 0.5))
    return shown


@pytest.fixture(scope="module")
def bundled():
    """The two synthetic waves, small teams withheld."""
    return [climate.withhold_small_teams(datasets.load(f"climate_survey_{wave}")) for wave in ("baseline", "followup")]


def test_change_matches_the_paired_t_test():
    """R 4.2.2: t.test(c(135,128,131,150,139), c(120,130,110,140,125), paired = TRUE)."""
    before = dict(zip("abcde", (120, 130, 110, 140, 125), strict=True))
    after = dict(zip("abcde", (135, 128, 131, 150, 139), strict=True))
    row = climate.change_between(*waves(before, after)).iloc[0]
    found = (row["change"], row["lower"], row["upper"], row["p"])
    assert found == pytest.approx((11.6, 0.9694416323, 22.2305583677, 0.0387942561), abs=1e-8)
    assert row["verdict"] == "better"


def test_a_change_that_does_not_stand_after_holm_is_taken_alone(bundled):
    """R 4.2.2: p.adjust(c(0.0161953, 0.00075981, 0.0688684, 0.0104835, 0.147294, 0.0449960, 0.0878127, 0.546654,
    0.227643), "holm") gives 0.113367 0.00683829 0.344342 0.083868 0.441882 0.269976 0.351251 0.546654 0.455286."""
    table = climate.change_between(*bundled).set_index("dimension")
    assert table["verdict"].to_dict() == {
        "idea_time": "better, taken alone", "idea_support": "better", "debate": "not clear",
        "conflict": "better, taken alone", "risk_taking": "not clear", "trust": "better, taken alone",
        "challenge": "not clear", "playfulness": "not clear", "freedom": "not clear",
    }  # fmt: skip
    assert table["p_holm"].to_dict() == pytest.approx(
        {"idea_time": 0.113367, "idea_support": 0.006838, "debate": 0.344341, "conflict": 0.083868,
         "risk_taking": 0.441882, "trust": 0.269976, "challenge": 0.351250, "playfulness": 0.546654,
         "freedom": 0.455286}, abs=2e-5)  # fmt: skip


def test_changes_under_other_choices(bundled):
    table = climate.change_sensitivity(*bundled)
    assert table["kind"].tolist() == ["page", "size", "complete", "people", *["leave"] * 5]
    assert table.loc[table["kind"] == "size", "holm"].tolist() == [0]
    assert table.loc[table["kind"] == "people", "alone"].isna().all()
    assert table["reason"].iloc[3] == "none: ignores teams"
    assert table[["alone", "holm"]].iloc[0].tolist() == [4, 1]
    kept = [wave.answers.query("team != 'Nursing'") for wave in bundled]
    by_hand = climate.change_between(*[climate.withhold_small_teams(answers) for answers in kept])
    row = table[table["choice"] == "without the team Nursing"].iloc[0]
    assert (row["change"], row["lower"]) == pytest.approx(tuple(by_hand.loc[0, ["change", "lower"]]))


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


def test_sensitivity_says_where_a_choice_leaves_no_team():
    people = pd.DataFrame({"respondent": range(6), "team": "A", "trust_1": None, "trust_2": 1})
    found = climate.profile_sensitivity(climate.withhold_small_teams(people), datasets.load("climate_benchmarks"))
    assert found["choice"].iloc[2].endswith("(no team is large enough)")
    assert pd.isna(found["score"].iloc[2])


def test_the_profile_under_other_choices(bundled):
    found = climate.profile_sensitivity(bundled[0], datasets.load("climate_benchmarks"))
    assert found["choice"].tolist()[:2] == ["as on this page", "minimum team size 8"]
    assert found["reason"].iloc[3] == "none: ignores teams"
    assert found["short_of_stagnant"].iloc[0] == 1
    people = bundled[0].scores["risk_taking"].mean()
    assert found.loc[found["dimension"] == "Risk taking", "score"].iloc[-1] == pytest.approx(people, abs=1e-9)


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
        found = found.merge(truth[["dimension", "mean"]], on="dimension", validate="one_to_one")
        inside += found["mean"].between(found["lower"], found["upper"]).tolist()
    assert 0.91 <= np.mean(inside) <= 0.99


def test_people_leave_and_join():
    made = generator.practice()
    before, after = set(made.baseline["respondent"]), set(made.followup["respondent"])
    assert (len(before - after), len(after - before)) == (6, 5)


def test_missing_scores_are_counted_by_reason():
    survey = datasets.load("climate_survey_baseline")
    columns = [column for column in survey.columns if column.startswith("debate")]
    reception = survey.index[survey["team"] == "Home visits"]
    survey.loc[reception[:3], columns] = pd.NA
    shown = climate.withhold_small_teams(survey)
    assert (shown.withheld_cells, shown.withheld_scores) == (1, 4)
    assert shown.scores.query("team == 'Home visits'")["debate"].isna().all()
