"""Notebooks on a reader's own data: sentences that were once false, figures that joined rows, inputs that failed."""

import numpy as np
import pandas as pd
import pytest

import hostile
from healthsys.coding import checklist_total
from healthsys.errors import DataError
from healthsys.io import schemas
from healthsys.io.refi_qda import read_texts
from healthsys.plots.climate import alt_profile
from pages import page

MONTHS = pd.date_range("2020-01-01", periods=48, freq="MS")


def noise(n, scale=1.0, seed=1):
    return scale * np.random.default_rng(seed).normal(size=n)


def series(tmp_path, values, periods=MONTHS, **columns):
    path = tmp_path / "mine.csv"
    frame = pd.DataFrame({"indicator": "waits", "unit": "Ward A", "period": periods[: len(values)], "value": values})
    frame.assign(**columns).to_csv(path, index=False)
    return str(path)


def trend(tmp_path, values, *, periods=MONTHS, change, **given):
    data = series(tmp_path, values, periods)
    return page("service_trends", data=data, indicator="waits", unit="Ward A", change=change, **given)


# Trends


def test_a_clear_step_is_settled_although_a_wrong_date_would_reverse_it(tmp_path):
    found = trend(tmp_path, np.r_[np.full(30, 85.0), np.full(18, 93.0)] + noise(48), change="2022-07-01")
    assert found.value("settled") is True
    turned = int((found.tables["sensitivity"]["observed less expected"].iloc[1:].astype(str).str.startswith("−")).sum())
    assert turned > 0, "an alternative does reverse the direction"
    assert f"Alternatives that reverse the direction: {turned} of " in found.prose
    assert "chance alone is an unlikely" in found.value("finding") or "as was " in found.value("finding")


def test_a_series_that_stays_the_same_has_no_difference_to_explain(tmp_path):
    found = trend(tmp_path, [5] * 36, change="2021-07-01")
    assert found.value("finding").endswith("was 5, as its earlier trend predicts. There is no difference to explain.")
    assert found.value("methods_agree") is True


def test_years_are_called_by_their_number_and_have_no_season(tmp_path):
    years = pd.date_range("2000-01-01", periods=22, freq="YS")
    values = 1000 + 10 * np.arange(22) + noise(22, 5)
    found = trend(tmp_path, values, periods=years, change="2011-01-01", season="none")
    assert found.value("finding").startswith("In 2021, waits in Ward A was ")
    assert "no season" in found.figures["segmented"]["caption"]


def test_a_stretch_shorter_than_a_year_is_not_called_the_first_year(tmp_path):
    found = trend(tmp_path, 40 + noise(36), change="2022-07-01")
    assert found.tables["averages"]["period"].tolist() == ["first 6 months", "all from the change"]


def test_with_a_control_a_step_answers_where_the_trend_does_not(tmp_path):
    path = tmp_path / "two.csv"
    one = pd.DataFrame({"unit": "Ward A", "value": 70 + noise(48) + np.r_[np.zeros(24), np.full(24, 8.0)]})
    other = pd.DataFrame({"unit": "Ward B", "value": 68 + noise(48, seed=2)})
    rows = [frame.assign(indicator="satisfaction", period=MONTHS) for frame in (one, other)]
    pd.concat(rows).to_csv(path, index=False)
    given = {"indicator": "satisfaction", "unit": "Ward A", "control": "Ward B", "improvement": "increase"}
    found = page("service_trends", data=str(path), change="2022-01-01", **given)
    said = "Satisfaction in Ward A improved after the change. In January 2023 it was 9.7 above Ward B; the fitted "
    assert found.value("finding").startswith(said)
    assert found.value("settled") is True


def test_a_target_is_said_as_observed_where_the_series_moves(tmp_path):
    data = series(tmp_path, 10 + 0.5 * np.arange(48))
    given = {"indicator": "waits", "unit": "Ward A", "improvement": "increase", "target": "28"}
    said = page("control_chart", data=data, **given).value("finding")
    assert "The target of 28.0 was met in 12 of the 12 months to " in said
    assert "cannot be expected" not in said


@pytest.mark.parametrize(
    ("step", "said"), [(0.0, "as independent of each other"), (0.7, "are alike (autocorrelation 0.")]
)
def test_months_are_called_alike_only_where_they_are(tmp_path, step, said):
    drift = np.cumsum(noise(48, step)) if step else 0
    data = series(tmp_path, 40 + noise(48, 0.2) + drift)
    assert said in page("control_chart", data=data, indicator="waits", unit="Ward A").prose


def test_an_explorer_of_limits_places_no_change_where_none_is_marked_and_asks_for_enough_points(tmp_path):
    data = series(tmp_path, [40, 41, 39, 42, 40, 38, 41, 40, 39, 41, 40, 42, 38, 40, 41, 39] * 2)
    given = {"indicator": "antenatal_coverage", "unit": "Area South"}
    synthetic = page("explore_control_chart", data="area_south_series", **given)
    assert synthetic.value("finding").startswith("In this synthetic example the chart places the change in ")
    said = page("explore_control_chart", data=data).value("finding")
    assert said == "The chart marks none of 32 months, so it places no change."
    with pytest.raises(DataError, match=r"the series has 5 months; .* are needed for limits in two parts"):
        page("explore_control_chart", data=series(tmp_path, [1, 2, 1, 2, 1]))


# People


def staff(tmp_path, rows, **columns):
    path = tmp_path / "staff.csv"
    pd.DataFrame(rows, columns=["sex", "band", "hourly_pay"]).assign(**columns).to_csv(path, index=False)
    return str(path)


def test_equal_pay_is_called_the_same_and_a_decomposition_of_no_gap_is_refused(tmp_path):
    rows = [(sex, band, 10.0 + at % 20 + band) for band in (5, 6) for sex in "FM" for at in range(60)]
    data = staff(tmp_path, rows)
    found = page("pay_gap", staff=data, resamples=50)
    same = "Women earn on average the same per hour as men, and the same at the median."
    assert found.value("finding").startswith(same)
    assert "In none of them" not in found.value("whole_and_parts")
    with pytest.raises(DataError, match=r"men and women earn the same on average .*, so there is no gap to split"):
        page("pay_gap_decomposition", staff=data, resamples=50)


def test_simpsons_paradox_needs_most_bands_against_the_whole(tmp_path):
    # Women earn a little less in one band of two and more in the other; more of them are in the higher band.
    rows = []
    for band, pay, women, men, apart in ((5, 15.0, 40, 80, -0.4), (8, 30.0, 80, 40, 0.2)):
        rows += [("F", band, pay + apart + 0.01 * at) for at in range(women)]
        rows += [("M", band, pay + 0.01 * at) for at in range(men)]
    said = page("pay_gap", staff=staff(tmp_path, rows), resamples=50).value("whole_and_parts")
    assert "Simpson" not in said


def test_a_decomposition_names_what_it_uses_and_what_it_cannot(tmp_path):
    rows = [(sex, 1 + at % 8, 12.0 + 3 * (at % 8) + (sex == "M")) for sex in "FM" for at in range(20)]
    data = staff(tmp_path, rows, age=[30 + at % 25 for at in range(40)])
    said = page("pay_gap_decomposition", staff=data, characteristics=["level", "age"], resamples=50).value("finding")
    assert "and it is not clear that age explains any of that. Chance alone could explain this gap." in said
    assert said.endswith("Not in the model, because everybody has the same (small levels are joined): band.")
    with pytest.raises(DataError, match=r"there is no column 'level,age'.*written as -p 'characteristics="):
        page("pay_gap_decomposition", staff=data, characteristics=["level,age"], resamples=50)


def test_alpha_of_few_people_is_not_shown(tmp_path):
    path, rng = tmp_path / "survey.csv", np.random.default_rng(3)
    items = page("climate_benchmarks").tables["items"]
    keys = items["dimension"].str.lower().str.replace(" ", "_")
    names = [f"{key}_{n + 1}" for key, number in zip(keys, items["items"], strict=True) for n in range(number)]
    base = rng.integers(1, 3, size=(40, 1))
    answers = pd.DataFrame(np.clip(base + rng.integers(-1, 2, size=(40, len(names))), 0, 3), columns=names)
    answers.loc[8:, names[0]] = np.nan  # eight people answered every item of the first dimension
    answers = answers.astype("Int64")
    answers.insert(0, "team", ["North", "South"] * 20)
    answers.insert(0, "respondent", [f"p{at}" for at in range(40)])
    answers.to_csv(path, index=False)
    table = page("climate_benchmarks", survey=str(path), minimum_team_size=11).tables["reliability"]
    few = table.iloc[0]
    assert (few["alpha"], few["people (all items answered)"]) == ("–", "–")
    assert few["why there is no alpha"] == "fewer than 11 people answered all items"
    assert (table["alpha"] != "–").sum() == len(table) - 1


def test_a_profile_past_every_benchmark_has_no_shortfall():
    row = {"label": "Trust", "place": "at or past innovative", "stagnant": 100, "innovative": 200, "score": 220.0}
    row |= {"shortfall": -20.0, "lower": 210.0, "upper": 230.0, "includes_stagnant": False}
    said = alt_profile(pd.DataFrame([row]))
    assert "None is short of innovative organisations; nearest to their mean is trust: 220" in said
    assert "shortfall" not in said


# Narratives


def log(tmp_path, *rows):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["meeting,reviewed,action,owner_role,due,closed", *rows]) + "\n")
    return str(path)


def test_two_actions_of_one_wording_are_two_bars(tmp_path):
    rows = ["2024-01-08,a,update the rota,nurse,2024-01-20,", "2024-02-08,b,update the rota,nurse,2024-03-20,"]
    rows.append("2024-02-08,b,call IT,nurse,2024-02-20,2024-03-30")
    found = page("team_reviews", log_file=log(tmp_path, *rows), as_of="")
    drawn = pd.DataFrame(found.figures["days-late"]["rows"], columns=found.figures["days-late"]["columns"])
    assert drawn["action"].nunique() == 3
    assert sorted(drawn["days"]) == [10, 39, 70]
    assert {"update the rota (due 20 January 2024)", "call IT"} <= set(drawn["action"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2024-03-18,a,b,c,2024-03-20,2023-03-19", "column .closed., row 2: .2023-03-19. is before the meeting"),
        ("2024-03-18,a,b,c,2024-03-10,", "column .due., row 2: .2024-03-10. is before the meeting of its row"),
        ("2024-03-18,a,b,c,2024-04-10,2999-04-10", "column 'closed', row 2: '2999-04-10' has a year that cannot be"),
        ("2024-03-18,a,b,c,2024-04-10,2099-04-10", "column 'closed', row 2: '2099-04-10' is after today; correct"),
        ("2024-03-18,a,b,c,2024-04-10,", "no action is due by 2024-03-18, the last date in the log; name a later day"),
    ],
)
def test_dates_of_a_log_that_cannot_be_or_say_nothing_are_refused(tmp_path, row, said):
    with pytest.raises(DataError, match=said):
        page("team_reviews", log_file=log(tmp_path, row), as_of="")


def codings(tmp_path, first, second):
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path, rows in zip(paths, (first, second), strict=True):
        path.write_text("\n".join(["event_id,strategy,drawn,nurtured,outcome", *rows]) + "\n")
    return dict(zip(("first", "second"), map(str, paths), strict=True))


def test_codings_of_one_event_and_codings_that_agree_everywhere(tmp_path):
    rows = ["E1,absorption,cognitive,,"]
    assert "agree on 100% of decisions" in page("coder_agreement", **codings(tmp_path, rows, rows)).value("finding")
    rows = [f"E{at},{'absorption' if at % 2 else 'adaptation'},cognitive,," for at in range(12)]
    found = page("coder_agreement", **codings(tmp_path, rows, rows))
    assert found.value("least") == "Alpha is 1.00 for each of the 2 codes for which it is defined."
    assert "A capacity counts whether drawn on or nurtured." in found.figures["agreement"]["caption"]
    empty = [f"E{at},,cognitive,," for at in range(12)]
    said = page("coder_agreement", **codings(tmp_path, rows, empty)).value("finding")
    assert said.endswith("Check whether it was coded: the second has no strategy in any event.")


def test_a_checklist_with_equal_scores_names_no_weakest_item():
    filled = pd.DataFrame({"feature": ["reflection", "ethics care"], "score": [3, 3]})
    assert checklist_total(filled, item="feature").weakest == ()
    assert checklist_total(filled.head(1), item="feature").weakest == ("reflection",)


def test_yes_and_no_are_read_as_true_and_false():
    fields = [{"name": "measured", "type": "boolean", "description": "measured"}]
    raw = pd.DataFrame({"measured": ["Yes", "no", "TRUE", None]})
    table = schemas.check_table(raw, {"fields": fields}, label="a.csv")
    assert table["measured"].tolist()[:3] == [True, False, True]


def test_an_intervention_of_ones_own_source_and_topic_is_read(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        "id,topic,kind,name,claim,outcome_reported,figure,comparator,direction,study,source,locator\n"
        "E1,staff wellbeing,intervention,Mentoring,Helps promotion,yes,5 points,controls,helps,,our strategy,p. 4\n"
    )
    found = page("review_interventions", file=str(path))
    assert found.value("finding") == "Some: of 1 intervention or case, 1 is reported with a figure and a comparison."
    assert "our coding" not in found.figures["evidence"]["caption"]


def test_a_folder_of_texts_says_what_is_not_read(tmp_path):
    (tmp_path / "a.txt").write_text("We wait, but we act.")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "sub").mkdir()
    assert read_texts(tmp_path).attrs["read_as"] == ["not read: notes.pdf, sub"]


def test_a_readers_year_of_pay_gaps_comes_before_the_books_own(tmp_path):
    found = page("nhs_gender_pay_gap", **hostile.one_year(tmp_path)).results
    said, own, n = (found[name]["value"] for name in ("finding", "own_median", "own_trusts"))
    assert n > 1
    assert said.startswith("In your file of 20")
    assert f", half of {n} NHS trusts have a median hourly pay gap above {own:.1f}%. In the typical (median)" in said
