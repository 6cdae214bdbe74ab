"""Ethnicity in the workforce and in the Staff Survey: readers on hand-made files, numbers of both pages recomputed."""

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from ethnicity_files import survey_file, trusts_file, workforce_file, workforce_rows
from everyday.official import ethnicity
from healthsys import statistics, workforce
from healthsys.errors import DataError
from pages import page
from workbooks import workbook


@pytest.fixture
def counts(tmp_path):
    return workforce_file(tmp_path / "workforce.xlsx")


def row(frame, **keys):
    for column, value in keys.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, keys
    return frame.iloc[0]


def test_bands_join_groups_and_leave_out_totals_and_staff_without_a_classification(counts):
    bands = ethnicity.workforce_bands(counts)
    five = row(bands, date="2020-09-01", staff="clinical", grade="5")
    assert (five["white"], five["bme"], five["unknown"]) == (600, 2 * 300, 40)
    assert row(bands, date="2015-09-01", staff="non-clinical", grade="no band")["bme"] == 6
    assert row(bands, date="2015-09-01", staff="doctors", grade="in training")["white"] == 90
    assert set(bands["staff"]) == {"clinical", "non-clinical", "doctors"}
    assert "3" not in set(bands["grade"])


def test_levels_keep_five_groups_and_count_chinese_staff_as_asian(counts):
    levels = ethnicity.workforce_levels(counts)
    five = row(levels, date="2015-09-01", level="bands 1 to 5")
    assert (five["asian"], five["black"], five["unknown"]) == (150 + 10 + 30 + 5, 140, 55)
    assert row(levels, date="2015-09-01", level="band 8c and above")["white"] == 60 + 80 + 30
    assert row(levels, date="2015-09-01", level="doctors: specialist and SAS")["other"] == 8


def test_people_with_two_posts_are_the_difference_of_posts_and_headcount(counts):
    groups = ethnicity.workforce_groups(counts)
    nurses = row(groups, date="2015-09-01", role="Nurses")
    assert nurses["posts"] - nurses[["white", "bme", "unknown"]].sum() == 3
    assert "Not classified" in set(groups["role"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop(columns="Grade"), r"w\.xlsx: no column Grade; is this the official file"),
        (lambda rows: rows.replace("Mixed", "Blended"), r"w\.xlsx: column Ethnicity has 'Blended'; known: White"),
    ],
)
def test_a_workforce_file_of_another_layout_is_refused_by_what_is_wrong(tmp_path, change, message):
    rows = change(workforce_rows())
    path = workbook(tmp_path / "w.xlsx", {"one": pd.DataFrame([rows.columns.tolist(), *rows.values.tolist()])})
    with pytest.raises(DataError, match=message):
        ethnicity.read_workforce(path)


def test_what_is_no_workbook_is_refused_by_name(tmp_path):
    path = tmp_path / "answers.xlsx"
    path.write_text("not a workbook")
    with pytest.raises(DataError, match=r"answers\.xlsx: this is not a workbook that can be read"):
        ethnicity.staff_experience(path)


def test_survey_percentages_are_yes_no_or_anything_but_never(tmp_path):
    survey = ethnicity.staff_experience(survey_file(tmp_path / "s.xlsx"))
    white = survey[survey["group"] == "White staff"].set_index("question")
    assert white["percent"].to_dict() == {
        "q14a": 20.0, "q14b": 20.0, "q14c": 20.0, "q15": 10.0, "q15_no": 60.0, "q16a": 10.0, "q16b": 10.0
    }  # fmt: skip
    assert white["base"].unique().tolist() == [400]
    assert set(survey["breakdown"]) == {"all staff", "two ethnic groups", "ethnic group", "long-lasting condition"}


def test_trust_quantiles_and_the_side_on_which_bme_staff_fare_worse(tmp_path):
    spread = ethnicity.wres_trusts(trusts_file(tmp_path / "t.csv"))
    assert spread["bme_worse"].unique().tolist() == [3]  # for WRES 7 fewer is worse, for the others more
    gap = row(spread, indicator="WRES 7", measure="gap")[["p10", "p50", "p90"]].to_numpy(dtype=float)
    assert gap == pytest.approx(np.quantile([0, -1, -2, -3], [0.1, 0.5, 0.9]))


def test_trusts_with_an_unknown_indicator_are_refused(tmp_path):
    path = trusts_file(tmp_path / "t.csv")
    path.write_text(path.read_text().replace("Q15: Fair career progression", "Q15"))
    with pytest.raises(DataError, match=r"t\.csv: column Indicator has 'Q15'; known: Harassment from patients"):
        ethnicity.read_trusts(path)


@pytest.fixture(scope="module")
def carried():
    return page("nhs_workforce_ethnicity")


@pytest.mark.parametrize("staff", ["all", "clinical", "non-clinical"])
@pytest.mark.parametrize(("when", "date"), [("first", "2009-09-01"), ("last", "2022-06-01")])
def test_disparity_ratios_of_the_page_are_those_of_the_method(carried, staff, when, date):
    bands = datasets.load("nhs_workforce_bands").rename(columns={"grade": "band", "white": "White", "bme": "BME"})
    kept = bands["staff"].ne("doctors") if staff == "all" else bands["staff"].eq(staff)
    here = bands[kept & (bands["date"] == date)]
    long = here.melt("band", ["White", "BME"], "group", "people")
    found = workforce.disparity_ratio(long, group="BME", reference="White", step=("lower", "upper"))
    assert carried.value(f"disparity_{staff.replace('-', '_')}_{when}") == pytest.approx(found.ratio, rel=1e-7)


def test_the_workforce_page_states_the_first_look_of_its_issue(carried):
    said = [round(carried.value(f"share_{band}_{when}"), 1) for band in ("5", "8a", "8d") for when in ("first", "last")]
    assert said == [21.3, 37.1, 9.2, 16.9, 5.6, 10.6]
    assert "37.1%" in carried.value("finding")
    assert "16.9%" in carried.value("finding")
    assert carried.value("order_holds") is True
    assert "in a page that quotes it" in carried.texts["published"]


def test_the_workforce_page_on_a_file_of_ones_own(counts):
    own = page("nhs_workforce_ethnicity", official=str(counts))
    assert own.value("share_5_first") == pytest.approx(100 * 300 / 900)
    assert own.value("disparity_clinical_first") == pytest.approx((260 / 600) / (37 / 300))
    assert own.value("disparity_clinical_last") == pytest.approx((260 / 600) / (37 / 300))  # twice both cancels
    assert "In England's NHS in September 2020, 50.0% of band 5 staff of known ethnicity" in own.value("finding")
    assert "Shares rose in every band since 2015" in own.value("finding")
    assert "every" in own.tables
    assert own.value("data_kind").startswith("The data are your own: 2 counts")


def test_intervals_of_the_survey_page_are_wilson_and_newcombe(tmp_path):
    own = page("nhs_staff_experience", official=str(survey_file(tmp_path / "s.xlsx")),
               trusts=str(trusts_file(tmp_path / "t.csv")), level=0.9)  # fmt: skip
    wilson = statistics.proportion_interval(40, 400, level=0.9)
    found = own.results["q16b_white"]
    assert [found[one] for one in ("lower", "upper")] == pytest.approx([100 * wilson.lower, 100 * wilson.upper])
    apart = statistics.proportion_difference(200, 800, reference_had=40, reference_could=400, level=0.9)
    found = own.results["q16b_gap"]
    assert [found[one] for one in ("value", "lower", "upper")] == pytest.approx(
        [100 * apart.estimate, 100 * apart.lower, 100 * apart.upper]
    )
    assert "90% CI" in own.value("finding")
    assert "95%" not in own.prose + own.value("finding")
    assert own.value("q15_decided_white") == pytest.approx(100 * 10 / 70)
    assert len(own.tables["named"]) == 16
    assert own.value("wres8_worse") == 3


def test_the_survey_page_states_counts_and_marks_what_it_read_elsewhere():
    shown = page("nhs_staff_experience")
    said = {name: round(shown.value(name), 1) for name in ("q16b_white", "q16b_other", "q15_white", "q15_other",
                                                           "q15_with_condition", "q15_without_condition")}  # fmt: skip
    assert said == {"q16b_white": 6.8, "q16b_other": 15.2, "q15_white": 58.9, "q15_other": 49.5,
                    "q15_with_condition": 51.5, "q15_without_condition": 57.7}  # fmt: skip
    assert shown.results["q16b_other"]["n"] == 197_656
    assert "Mental health and learning disability trusts are missing" in shown.figures["trusts"]["caption"]
    assert "in a page that quotes it" in shown.texts["wres"]
    assert len(shown.tables["fair"]) == 18
