"""What the pages of this chapter print: sentences from results, counts through the rule, the proof on every table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets, paths, tables
from compendium.spreadsheet import to_csv
from healthsys import disclosure
from healthsys.equality import figures
from healthsys.equality.pages import decompose, pay, service, strata
from healthsys.errors import DataError

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"


@pytest.fixture(scope="module")
def gender():
    return pay.open_page("workforce_staff", resamples=100)


@pytest.fixture(scope="module")
def ethnicity():
    return pay.open_page("workforce_staff", characteristic="ethnic_group", comparator="W", resamples=100)


def counts_of(frame):
    """Return every cell of the columns of counts that a table prints."""
    cells = frame.to_numpy().ravel()
    return [cell for cell in cells if isinstance(cell, str) and (cell == "*" or cell.replace(",", "").isdigit())]


def printable(cell, rule):
    return cell == "*" or int(cell.replace(",", "")) % rule.base == 0


def test_the_pay_page_prints_only_suppressed_or_rounded_counts(ethnicity):
    printed = [
        *counts_of(pay.quarters_table(ethnicity)[["group", "comparator"]]),
        *counts_of(pay.levels_table(ethnicity)[["comparator_people", "group_people"]]),
        *counts_of(pay.groups_table(ethnicity)[["people"]]),
    ]
    assert "*" in printed
    assert all(printable(cell, ethnicity.rule) for cell in printed)


@pytest.mark.parametrize(("characteristic", "comparator"), [("sex", "M"), ("ethnic_group", "W"), ("disabled", "N")])
@pytest.mark.parametrize("rule", ["hes", "local_1_4", "local_1_9"])
def test_every_suppressed_cell_of_the_pay_pages_can_be_three_numbers(characteristic, comparator, rule):
    page = pay.open_page(
        "workforce_staff", characteristic=characteristic, comparator=comparator, rule=rule, resamples=2
    )
    assert page.shown.proof.holds


def test_a_level_without_enough_people_has_no_pay(ethnicity):
    table = ethnicity.levels.set_index("level")
    assert np.isnan(table.loc["VSM", "mean_gap"])
    assert table.loc["VSM", "reason"] == "fewer than 8 people"


def test_the_finding_says_which_way_and_when_mean_and_median_part(gender, ethnicity):
    said = pay.finding(gender)
    assert said.startswith("In these synthetic data, women are paid 19.2 % less an hour on average and 11.4 % less in")
    assert " more an hour on average but 10.7 % less in the middle than white staff" in pay.finding(ethnicity)
    assert "does not compare equal work" in pay.finding(gender)


def test_the_whole_and_its_parts_are_told_apart(gender):
    said = pay.whole_and_parts(gender)
    assert "In Band 8d and Band 9 it runs the other way." in said
    assert "Kitagawa" in said


def test_a_system_of_employers_is_called_a_description(gender):
    assert "is a description, not a statutory figure" in pay.whole_system(gender)


def test_results_carry_no_exact_head_count(gender):
    assert all(entry.get("n") is None or entry["n"] % 5 == 0 for entry in pay.results(gender))


def test_a_small_payroll_shows_nothing_of_the_few(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text("sex,hourly_pay,bonus\n" + "F,12,0\n" * 30 + "M,15,100\n" * 3)
    page = pay.open_page(str(path), resamples=10)
    assert "not shown: one of the groups has too few people" in pay.finding(page)
    measures = pay.measures_table(page).set_index("measure")["figure"]
    assert measures["Mean hourly pay gap"] == "*"
    assert page.distribution.empty
    assert next(entry for entry in pay.results(page) if entry["name"] == "mean_gap")["value"] is None


def test_a_payroll_without_bands_or_bonus_has_a_page(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("sex,hourly_pay\n" + "F,12\n" * 30 + "M,15\n" * 30)
    page = pay.open_page(str(path), resamples=10)
    assert page.makeup is None
    assert "no pay bands with enough people" in pay.whole_and_parts(page)
    measures = pay.measures_table(page).set_index("measure")
    assert measures.loc["Mean bonus gap", "reason"] == "not calculable: the table has no column for bonus"


def test_a_characteristic_that_is_not_there_is_named():
    said = r"there is no column 'religion' to compare\. It has: sex, ethnic_group, disabled"
    with pytest.raises(DataError, match=said):
        pay.open_page("workforce_staff", characteristic="religion")


def test_nobody_to_compare_with_is_refused(tmp_path):
    path = tmp_path / "men.csv"
    path.write_text("sex,hourly_pay\n" + "M,15\n" * 9)
    with pytest.raises(DataError, match="no known level beside the comparator 'M'"):
        pay.open_page(str(path))


def test_the_decomposition_page_tells_what_unexplained_is_not():
    page = decompose.open_page("workforce_staff", characteristics=["level", "age"], resamples=20)
    said = decompose.finding(page)
    assert "is not the same as discrimination" in said
    table = decompose.references_table(page)
    assert len(table) == 6
    assert (table["explained"] + table["unexplained"]).round(9).nunique() == 1
    assert decompose.steps_table(page)["unexplained"].iloc[-1] == pytest.approx(page.split.unexplained)


def test_thin_levels_are_joined_with_the_one_below():
    page = decompose.open_page(
        "workforce_staff", group="ethnic_group", comparator="W", other="B", characteristics=["level"], resamples=0
    )
    assert "8d" in page.joined_levels["level"]
    assert "Joined with their neighbour" in decompose.joined_words(page)


def test_the_strata_page_finds_what_was_built_in_and_hides_small_strata():
    truth = datasets.load("workforce_truth")
    options = {"comparator": ["M", "W"], "adjust": ["level", "point"], "resamples": 20, "truth": truth}
    page = strata.open_page("workforce_staff", by=["sex", "ethnic_group"], **options)
    left = strata.residuals_table(page).set_index("stratum")
    assert left.loc["Women · Black", "upper"] < 0
    assert page.main.between < page.models["Null"].between
    small = strata.open_page(
        "workforce_staff", by=["sex", "ethnic_group", "disabled"], **{**options, "comparator": ["M", "W", "N"]}
    )
    assert small.shown.proof.holds
    assert small.shown.proof.smallest >= 3
    assert "Men · Mixed · Disabled" not in set(strata.residuals_table(small)["stratum"])
    assert "*" in set(strata.gaps_table(small)["people"])


def test_a_script_in_a_name_reaches_the_page_as_text(tmp_path):
    text = (paths.data() / datasets.describe("gpg_service_2021_22")["path"]).read_text(encoding="utf-8")
    path = tmp_path / "odd.csv"
    path.write_text(text.replace("Synthetic Alder Vale NHS Foundation Trust", "<script>alert(1)</script> NHS"))
    page = service.open_page(str(path), employer="90001")
    shown = tables.table(page.year.employers[["employer", "median_hourly_gap"]].head(2), caption=page.placed.employer)
    assert "<script>" not in shown.html
    assert "&lt;script&gt;" in shown.html


def test_a_formula_in_a_cell_is_not_executed_by_a_spreadsheet():
    frame = pd.DataFrame({"name": ["=1+1", "+SUM(A1)", "-2+3", "@x", "plain", "-3.2"], "gap": [-1.5] * 6})
    rows = [line.split(",")[0] for line in to_csv(frame).splitlines()[1:]]
    assert rows == ["'=1+1", "'+SUM(A1)", "'-2+3", "'@x", "plain", "-3.2"]


def test_the_page_says_that_no_limits_can_be_drawn():
    page = service.open_page("gpg_service_2021_22", earlier="gpg_service_2017_18")
    assert "no interval or limit can be drawn" in service.placed_words(page)
    assert "28 employers are in both files" in service.change_words(page)
    assert "Not compared" in service.change_words(
        service.open_page("gpg_service_2021_22", earlier="gpg_service_2021_22")
    )
    assert service.change_words(service.open_page("gpg_service_2021_22")) == "No earlier file was given."


@pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)
def test_the_page_works_unchanged_on_the_real_files():
    now, before = (str(REAL / f"UK Gender Pay Gap Data - {years}.csv") for years in ("2021 to 2022", "2017 to 2018"))
    page = service.open_page(now, earlier=before)
    table = page.distribution.set_index("set")
    assert int(table.loc["Health employers", "employers"]) == 639
    assert len(page.change.matched) == 8196
    assert page.placed.higher is not None
    assert page.year.kind == "yours"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("FMU"), min_size=10, max_size=60), st.integers(0, 99))
def test_whatever_the_file_the_page_holds_or_says_why(letters, seed):
    staff = pd.DataFrame({"sex": letters, "hourly_pay": np.random.default_rng(seed).integers(10, 30, len(letters))})
    staff["two"] = pay._two(staff, "sex", "M")
    staff["level"] = "Not stated"
    if not (staff["two"] == pay.OTHER).any():
        return
    shown = pay._protected(staff, "sex", disclosure.HES)
    assert shown.proof.holds


def test_numbers_have_a_true_minus_and_none_before_nought():
    assert [figures.number(value, "{:.1f}") for value in (-0.04, -0.06, 2)] == ["0.0", "−0.1", "2.0"]


def test_a_model_of_few_people_is_refused(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("sex,hourly_pay,band\n" + "F,12,5\nF,13,6\n" * 20 + "M,15,5\nM,16,6\n" * 3)
    with pytest.raises(DataError, match="has too few people to show a model of them"):
        decompose.open_page(str(path), characteristics=["band"], resamples=0)


def test_a_gap_the_other_way_is_worded_so():
    page = decompose.open_page(
        "workforce_staff", group="ethnic_group", comparator="W", other="A", characteristics=["level"], resamples=0
    )
    said = decompose.finding(page)
    assert said.startswith("In these synthetic data, Asian staff earn 5.0 % more an hour than white staff")
    assert "would make the gap larger than it is" in said
