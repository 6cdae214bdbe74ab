"""Both pages on ethnicity against the official files, where those are on this machine: recomputed by other means."""

import pandas as pd
import pytest

from compendium import datasets
from pages import page
from real_data import files_of

WORKFORCE = "workforce/nhsworkforcedata.xls"
SURVEY = "staff_survey/NSS24 detailed spreadsheets national results.xlsx"
TRUSTS = "staff_survey/Racism_LR_Per_Trust.csv"
BME = ["Asian", "Black", "Chinese", "Mixed", "Other"]


def test_shares_and_ratio_from_the_rows_of_the_workforce_file(shared):
    rows = pd.read_excel(files_of(shared, WORKFORCE)[0], engine="calamine")
    shown = page("nhs_workforce_ethnicity")
    placed = rows[rows["Staff_Group"] != "Other Staff Or Those With Unknown Classification"]
    for when, date in (("first", "2009-09-01"), ("last", "2022-06-01")):
        here = placed[placed["Time"] == date]
        for band in ("5", "8a", "8d"):
            people = here[here["Grade"] == f"Band {band}"].groupby("Ethnicity")["Value"].sum()
            share = 100 * people[BME].sum() / people["All"]  # "All" counts the known only
            assert shown.value(f"share_{band}_{when}") == pytest.approx(share, rel=1e-7), (band, when)
        support = here[here["Staff_Group"] == "NHS Infrastructure Support"]
        known = support.pivot_table(index="Grade", columns="Ethnicity", values="Value", aggfunc="sum", fill_value=0)
        known = known.assign(bme=known["All"] - known["White"])[["White", "bme"]]
        low = known.loc[[f"Band {one}" for one in "12345"]].sum()
        top = known.loc[["Band 8a", "Band 8b", "Band 8c", "Band 8d", "Band 9", "Very Senior Manager"]].sum()
        ratio = (top["White"] * low["bme"]) / (low["White"] * top["bme"])
        assert shown.value(f"disparity_non_clinical_{when}") == pytest.approx(ratio, rel=1e-7)


def test_the_total_called_all_is_the_sum_of_the_known_groups_at_every_date(shared):
    rows = pd.read_excel(files_of(shared, WORKFORCE)[0], engine="calamine")
    wide = rows.pivot_table(
        index=["Time", "Role_Group", "Grade"], columns="Ethnicity", values="Value", aggfunc="sum", fill_value=0
    )
    assert (wide["All"] == wide[["White", *BME]].sum(axis=1))[wide["All"] > 0].mean() > 0.999
    totals = wide.xs("All Grades", level="Grade").groupby("Time").sum()
    assert (totals["All"] == totals[["White", *BME]].sum(axis=1)).all()
    headcount = datasets.load("nhs_workforce_groups").groupby("date")[["white", "bme"]].sum().sum(axis=1)
    assert headcount.tolist() == totals["All"].tolist()


def test_cells_of_the_survey_workbook(shared):
    """Row 93 is white staff, row 94 all other ethnic groups; columns L and E are yes to Q16b and Q15."""
    sheet = pd.read_excel(
        files_of(shared, SURVEY)[0], engine="calamine", sheet_name="HEALTH WELLBEING SAFETY Q15-17", header=None
    )
    shown = page("nhs_staff_experience")
    assert list(sheet.loc[[92, 93], 2]) == ["White staff", "Staff from all other ethnic groups combined"]
    for group, at in (("white", 92), ("other", 93)):
        assert shown.value(f"q16b_{group}") == pytest.approx(sheet.loc[at, 11], rel=1e-7)
        assert shown.results[f"q16b_{group}"]["n"] == sheet.loc[at, 13]
        assert shown.value(f"q15_{group}") == pytest.approx(sheet.loc[at, 4], rel=1e-7)


def test_the_pages_on_the_official_files_give_the_published_numbers_and_names(shared):
    for notebook, given, named, size in (
        ("nhs_workforce_ethnicity", {"official": WORKFORCE}, "every", 145),
        ("nhs_staff_experience", {"official": SURVEY, "trusts": TRUSTS}, "named", 636),
    ):
        carried = page(notebook)
        own = page(notebook, **{name: str(files_of(shared, path)[0]) for name, path in given.items()})
        for name, result in carried.results.items():
            if isinstance(result.get("value"), float) and name in own.results:
                assert own.value(name) == pytest.approx(result["value"], rel=1e-7), name
        assert len(own.tables[named]) == size
        assert named not in carried.tables
