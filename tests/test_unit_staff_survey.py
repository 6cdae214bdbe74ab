"""Autonomy, staff and burnout: each aggregate on hand-made rows against statsmodels or a closed form."""

import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from compendium import datasets, paths
from compendium.parameters import routed
from everyday.official import staff_survey
from handmade import SLOPES, survey_rows
from healthsys.errors import DataError
from pages import page
from workbooks import workbook

HEADLINE = "effects: trust and year"


def written(folder, rows, name="survey.csv"):
    rows.to_csv(folder / name, index=False)
    return folder / name


@pytest.fixture
def rows(tmp_path):
    return staff_survey.read(written(tmp_path, survey_rows()))


def fitted(rows, formula, weights=None):
    """The same model with all its dummies, errors clustered by organisation (statsmodels)."""
    model = smf.wls(formula, rows, weights=1.0 if weights is None else rows[weights])
    return model.fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["code"])[0]})


@pytest.mark.parametrize(
    ("choice", "formula", "weights"),
    [
        (HEADLINE, "burned_out ~ autonomy + enough_staff + C(code) + C(year)", None),
        ("effects: none", "burned_out ~ autonomy + enough_staff", None),
        ("effects: trust", "burned_out ~ autonomy + enough_staff + C(code)", None),
        ("weighted by respondents", "burned_out ~ autonomy + enough_staff + C(code) + C(year)", "respondents"),
        ("unwell from work-related stress", "stress ~ autonomy + enough_staff + C(code) + C(year)", None),
        (
            "who answered held equal",
            "burned_out ~ autonomy + enough_staff + medical + patient_facing + female + older + minority"
            " + C(code) + C(year)",
            None,
        ),
        (
            "effects of type of trust by year",
            "burned_out ~ autonomy + enough_staff + C(code) + C(year) + other_2022 + other_2023",
            None,
        ),
    ],
)
def test_a_model_equals_statsmodels_on_the_rows(rows, choice, formula, weights):
    models = staff_survey.models(rows)
    both = models[(models["choice"] == choice) & (models["together"] == "autonomy + enough_staff")]
    other = rows["group"] == "Community Trusts"
    years = {f"other_{year}": (other & (rows["year"] == year)).astype(float) for year in (2022, 2023)}
    fit = fitted(rows.assign(**years), formula, weights)
    for row in both.itertuples():
        assert row.estimate == pytest.approx(fit.params[row.regressor], abs=1e-10)
        assert row.standard_error == pytest.approx(fit.bse[row.regressor], abs=1e-10)
    assert len(both) == 2


def test_the_slopes_of_the_hand_made_survey_come_back(tmp_path):
    exact = staff_survey.models(staff_survey.read(written(tmp_path, survey_rows(noise=0))))
    both = exact[(exact["choice"] == HEADLINE) & (exact["together"] == "autonomy + enough_staff")]
    assert both.set_index("regressor")["estimate"].to_dict() == pytest.approx(SLOPES, abs=1e-9)


def test_a_trust_with_two_years_and_other_organisations_are_left_out_and_counted(tmp_path):
    more = survey_rows()
    more.loc[0, "Benchmarking group"] = "ICBs"  # T00 keeps two years as a trust
    more.loc[more["ODS code"] == "T05", "Benchmarking group"] = "CSUs"
    rows = staff_survey.read(written(tmp_path, more))
    head = staff_survey.models(rows).set_index("choice").loc[HEADLINE].iloc[0]
    assert (head["rows"], head["organisations"], head["left_out"]) == (66, 22, 1)
    assert len(staff_survey.moments(rows)) == 22
    assert "T05" not in set(staff_survey.panel_of(rows)["code"])


def test_sums_carry_no_name_and_are_not_in_the_order_of_the_file(rows):
    sums = staff_survey.moments(rows)
    assert not {"code", "trust", "group"} & set(sums.columns)
    kept, _ = staff_survey.panel.absorb(rows, ["burned_out"], ["code", "year"])
    in_order = (kept["burned_out"] ** 2).groupby(rows["code"]).sum().to_numpy()
    assert sorted(in_order) == pytest.approx(sorted(sums["burned_out:burned_out"]))
    assert not np.allclose(in_order, sums["burned_out:burned_out"])


def test_in_a_balanced_panel_the_sampling_error_is_the_mean_binomial_variance(rows):
    """Every row of a balanced panel has the same leverage, so the weights cancel."""
    errors = staff_survey.errors(rows).set_index(["first", "second"])["sampling"]
    variance = {name: rows[name] * (100 - rows[name]) / rows[f"{name}_base"] for name in staff_survey.MEASURES}
    assert errors["autonomy", "autonomy"] == pytest.approx(variance["autonomy"].mean())
    mixed = np.sqrt(variance["burned_out"] * variance["autonomy"]).mean()
    assert errors["burned_out", "autonomy"] == pytest.approx(mixed)


def test_pure_sampling_noise_has_a_share_of_one():
    """Trusts whose true share never changes: what is left within them is sampling error, all of it."""
    rng = np.random.default_rng(11)
    frame = survey_rows(trusts=400, years=(2021, 2022, 2023, 2024))
    for column in staff_survey.MEASURES.values():
        base = frame[f"{column}_base"].to_numpy()
        frame[f"{column}_rate"] = 100 * rng.binomial(base, 0.4) / base
    names = {f"{column}_{end}": f"{short}{tail}" for short, column in staff_survey.MEASURES.items()
             for end, tail in (("rate", ""), ("base", "_base"))}  # fmt: skip
    rows = frame.rename(columns={**staff_survey.KEPT, **names})
    left, absorbed = staff_survey.panel.absorb(rows, ["autonomy"], ["code", "year"])
    within = (left["autonomy"] ** 2).sum() / (len(rows) - absorbed)
    sampling = staff_survey.errors(rows).set_index(["first", "second"])["sampling"]["autonomy", "autonomy"]
    assert sampling / within == pytest.approx(1, abs=0.08)


def test_levels_and_changes_are_those_of_the_rows(rows):
    levels = staff_survey.levels(rows).set_index(["measure", "year"])
    part = rows[rows["year"] == 2022]
    mean = (part["autonomy"] * part["autonomy_base"]).sum() / part["autonomy_base"].sum()
    assert levels.loc[("autonomy", 2022), "mean"] == pytest.approx(mean)
    assert levels.loc[("autonomy", 2022), "p50"] == pytest.approx(part["autonomy"].median())
    change = staff_survey.changes(rows).loc["T03", "burned_out"]
    by_year = rows[rows["code"] == "T03"].set_index("year")["burned_out"]
    assert change == pytest.approx(by_year[2023] - by_year[2021])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda frame: frame.drop(columns="Autonomy_rate"), r"survey.csv has no column 'Autonomy_rate'; needed are"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), r"'T00' has two rows in 2021; keep one"),
        (lambda frame: frame.assign(Stress_rate=130.0), r"'stress' is 130 for 'T00' in 2021; a share in percent is"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, wrong, said):
    with pytest.raises(DataError, match=said):
        staff_survey.read(written(tmp_path, wrong(survey_rows())))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (survey_rows(years=(2021, 2022)), r"no organisation whose benchmarking group is named '…Trusts' has 3 years"),
        (survey_rows(trusts=3), r"3 trusts have both 2021 and 2023; fifths of trusts need at least 5"),
    ],
)
def test_too_few_years_or_trusts_are_said(tmp_path, frame, said):
    rows = staff_survey.read(written(tmp_path, frame))
    with pytest.raises(DataError, match=said):
        staff_survey.models(rows)


def item_sheets():
    """The sheets of the workbook of 2024 with the questions used, by trust: 40, 30 and 20 answers of five kinds."""
    rng = np.random.default_rng(3)
    sheets = {}
    for short, (sheet, answers) in staff_survey.ITEMS.items():
        width = max(answers) + 2
        block = pd.DataFrame(rng.uniform(5, 20, (31, width)))
        block = block.astype(object)
        block.iloc[0] = [f"{short} - question {short}", *[np.nan] * (width - 1)]
        sheets.setdefault(sheet, []).append(block)
    for sheet, blocks in sheets.items():
        first = pd.DataFrame([["", "", ""]] * 5 + [[f"T{at:02d}", f"Trust {at}", ("Acute Trusts", "ICBs")[at > 22]]
                                                  for at in range(26)])  # fmt: skip
        sheets[sheet] = pd.concat([first, *blocks], axis=1)
    return sheets


def test_the_workbook_adds_up_the_answers_counted_and_keeps_trusts_only(tmp_path):
    sheets = item_sheets()
    found = staff_survey.read_items(workbook(tmp_path / "items.xlsx", sheets))
    assert len(found) == 23
    job = sheets["YOUR JOB Q1-3"]
    start = 3 + 4 * 6  # six columns for each of Q3b, Q3c, Q3d, Q3e, and then Q3f
    assert job.iloc[0, start] == "Q3f - question Q3f"
    assert found["Q3f"].iloc[0] == pytest.approx(job.iloc[5, start + 3] + job.iloc[5, start + 4])
    assert found.attrs["questions"]["Q5b"] == "question Q5b"


def test_items_are_compared_by_least_squares_per_standard_deviation(tmp_path):
    found = staff_survey.read_items(workbook(tmp_path / "items.xlsx", item_sheets()))
    row = staff_survey.items(found).set_index("item").loc["Q5b"]
    scaled = found.assign(z=(found["Q5b"] - found["Q5b"].mean()) / found["Q5b"].std())
    fit = smf.ols("Q12b ~ z + Q3i", scaled).fit(cov_type="HC1")
    assert (row["staff"], row["staff_error"]) == pytest.approx((fit.params["z"], fit.bse["z"]))
    assert row["with_3f"] == pytest.approx(found["Q5b"].corr(found["Q3f"]))


def test_a_workbook_without_the_sheet_is_named(tmp_path):
    with pytest.raises(DataError, match=r"items\.xlsx: .*not a workbook with a sheet 'YOUR JOB Q1-3'.*It has: Notes"):
        staff_survey.read_items(workbook(tmp_path / "items.xlsx", {"Notes": pd.DataFrame([["x"]])}))


def test_the_page_on_a_file_shows_names_and_the_slopes_of_the_file(tmp_path):
    path = written(tmp_path, survey_rows())
    own = page("autonomy_burnout", official=str(path), level=0.9, correlation=0.2)
    fit = fitted(staff_survey.read(path), "burned_out ~ autonomy + enough_staff + C(code) + C(year)")
    assert own.value("autonomy_both") == pytest.approx(10 * fit.params["autonomy"], rel=1e-7)
    assert own.value("staff_both") == pytest.approx(10 * fit.params["enough_staff"], rel=1e-7)
    assert own.value("finding").startswith("Yes: burnout ")
    assert "90% CI" in own.value("finding")
    assert "Trust 3" in own.texts["trusts"]
    assert own.value("data_kind").startswith("The data are your own: 72 trust-years")


def test_corrected_slopes_of_the_page_follow_from_the_committed_sums():
    """Errors in variables (Fuller 1987, 2.2) worked out anew from the data, and a jackknife one trust at a time."""
    sums, noise = datasets.load("autonomy_moments"), datasets.load("autonomy_errors")
    models = datasets.load("autonomy_models").set_index("choice")
    absorbed = models.loc[HEADLINE, "absorbed"].iloc[0]
    sampling = noise.set_index(["first", "second"])["sampling"]

    def corrected(part, absorbed, r):
        free = part["n"].sum() - absorbed
        cov = {name: part[name].sum() / free for name in part.columns[2:]}
        saa = cov["autonomy:autonomy"] - sampling["autonomy", "autonomy"]
        sss = cov["enough_staff:enough_staff"] - sampling["enough_staff", "enough_staff"]
        sas = cov["autonomy:enough_staff"] - r * sampling["autonomy", "enough_staff"]
        sya = cov["burned_out:autonomy"] + r * sampling["burned_out", "autonomy"]
        sys_ = cov["burned_out:enough_staff"] + r * sampling["burned_out", "enough_staff"]
        return 10 * (sya * sss - sys_ * sas) / (saa * sss - sas**2)

    shown = page("autonomy_burnout", correlation=0.3).results
    for name, r in (("unrelated", 0.0), ("assumed", 0.3)):
        result = shown[f"corrected_autonomy_{name}"]
        assert result["value"] == pytest.approx(corrected(sums, absorbed, r), rel=1e-6)
        each = np.array([corrected(sums.drop(at), absorbed - 1, r) for at in sums.index])
        error = np.sqrt((len(sums) - 1) / len(sums) * ((each - each.mean()) ** 2).sum())
        assert (result["upper"] - result["lower"]) / 2 / error == pytest.approx(1.9712, abs=1e-3)  # t, 212 df


def test_the_ways_from_staff_to_burnout_add_up():
    shown = page("autonomy_burnout").results
    value = {name: shown[name]["value"] for name in ("staff_alone", "staff_both", "staff_on_autonomy", "autonomy_both")}
    through = value["staff_on_autonomy"] * value["autonomy_both"] / 10
    assert value["staff_alone"] == pytest.approx(value["staff_both"] + through, rel=1e-6)
    assert shown["through_share"]["value"] == pytest.approx(100 * through / value["staff_alone"], rel=1e-6)


def test_the_former_name_of_a_setting_is_still_understood():
    notebook = nbformat.read(paths.notebooks() / "autonomy_burnout.ipynb", as_version=4)
    assert routed(notebook, ("agreement=0.2", "level=0.9")) == ("", ("correlation=0.2", "level=0.9"))
