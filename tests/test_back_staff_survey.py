"""The page on autonomy and burnout against the official files, where those are on this machine."""

import pandas as pd
import pytest
import statsmodels.formula.api as smf

from compendium import datasets
from everyday.official import staff_survey
from healthsys import panel
from pages import page
from real_data import files_of

FOUR_YEARS = "data_trusts_well-being - organisational results.csv"
WORKBOOK = "NSS24 detailed spreadsheets organisational results.xlsx"


def test_committed_sums_give_slopes_and_errors_of_statsmodels_on_the_real_rows(shared):
    raw = pd.read_csv(files_of(shared, FOUR_YEARS)[0])
    rows = raw[raw["Benchmarking group"].str.contains("Trusts")]
    rows = rows[rows.groupby("ODS code")["Year"].transform("size") >= 3]
    rows = rows.rename(columns={"ODS code": "code", "Autonomy_rate": "autonomy", "Enough_staff_rate": "enough_staff"})
    fit = smf.ols("Burned_out_rate ~ autonomy + enough_staff + C(code) + C(Year)", rows).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["code"])[0]}
    )
    models = datasets.load("autonomy_models").set_index("choice").loc["effects: trust and year"]
    found = panel.fit_from_moments(
        datasets.load("autonomy_moments"), "burned_out", staff_survey.REGRESSORS, absorbed=models["absorbed"].iloc[0]
    )
    assert (found.rows, found.organisations) == (len(rows), rows["code"].nunique()) == (849, 213)
    for name in staff_survey.REGRESSORS:
        assert found.estimates.loc[name, "estimate"] == pytest.approx(fit.params[name], abs=1e-10)
        assert found.estimates.loc[name, "standard_error"] == pytest.approx(fit.bse[name], abs=1e-10)


def test_the_columns_of_the_collection_are_questions_3f_3i_and_12b(shared):
    """Each is the sum of two answers in the official workbook of 2024, in every organisation."""
    raw = pd.read_csv(files_of(shared, FOUR_YEARS)[0])
    mine = raw[raw["Year"] == 2024].set_index("ODS code")
    items = staff_survey.read_items(files_of(shared, WORKBOOK)[0]).set_index("code")
    for column, question in (("Autonomy", "Q3f"), ("Enough_staff", "Q3i"), ("Burned_out", "Q12b")):
        gap = (items[question] - mine[f"{column}_rate"].reindex(items.index)).abs()
        assert gap.max() < 1e-9, column
    assert (items["Q5b"] - mine["Autonomy_rate"].reindex(items.index)).abs().mean() > 1


def test_the_page_on_the_official_files_gives_the_published_numbers_and_names(shared):
    carried = page("autonomy_burnout")
    survey, workbook = (str(files_of(shared, name)[0]) for name in (FOUR_YEARS, WORKBOOK))
    own = page("autonomy_burnout", official=survey, workbook=workbook)
    for name, result in carried.results.items():
        if isinstance(result.get("value"), float):
            assert own.value(name) == pytest.approx(result["value"], rel=1e-6), name
    assert len(own.tables["trusts"]) == 210
    assert "trusts" not in carried.tables
