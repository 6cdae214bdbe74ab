"""What the pay pages show: findings, counts through the rule, small groups, own data; the notebooks are executed."""

from __future__ import annotations

import pandas as pd
import pytest

from compendium import datasets, paths
from healthsys.errors import DataError
from healthsys.plots import pay as plots
from pay_pages import shown

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"


@pytest.fixture(scope="module")
def gender():
    return shown("pay-gap-gender", resamples=100)


@pytest.fixture(scope="module")
def ethnicity():
    return shown("pay-gap-ethnicity", resamples=100)


def counts_of(frame):
    """Return every cell of the columns of counts that a table shows."""
    cells = frame.to_numpy().ravel()
    return [cell for cell in cells if cell == "*" or cell.replace(",", "").isdigit()]


def printable(cell, base=5):
    return cell == "*" or int(cell.replace(",", "")) % base == 0


def saved(tmp_path, header, *rows):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def test_the_pay_page_shows_only_suppressed_or_rounded_counts(ethnicity):
    tables = ethnicity.tables
    cells = [
        *counts_of(tables["quarters-table"].iloc[:, 1:3]),
        *counts_of(tables["levels-table"].iloc[:, 1:3]),
        *counts_of(tables["groups-table"][["people"]]),
    ]
    assert "*" in cells
    assert all(printable(cell) for cell in cells)


def test_suppressed_levels_have_no_gap(ethnicity):
    levels = ethnicity.tables["levels-table"].set_index("level")
    assert levels.loc["VSM", ["mean gap (%)", "median gap (%)"]].eq("–").all()
    assert levels.loc["VSM", "reason"] == "fewer than 8 people"
    assert ethnicity.value("smallest_range") >= 3


def test_the_finding_says_which_way_and_when_mean_and_median_differ(gender, ethnicity):
    said = gender.value("finding")
    assert said.startswith(
        "In this synthetic care system, women earn on average 19.2% less per hour than men, and 11.4%"
    )
    assert "too large to be explained by chance alone (95% CI " in said
    assert "it does not compare people doing equal work" in paths_text("pay_gap")
    said = ethnicity.value("finding")
    assert (
        "earn on average 1.5% more per hour than white staff, but the typical (median) member earns 10.7% less" in said
    )
    assert "The median difference is too large to be explained by chance alone (95% CI 7." in said
    assert said.endswith("% less), but the average one could be due to chance.")


def test_a_gap_of_one_other_group_is_not_called_the_widest(gender, ethnicity):
    assert "Women earn 11.4% less at the median" in gender.text
    assert ", the widest" not in gender.text
    assert ", the widest" in ethnicity.text


def test_five_of_the_six_measures_are_in_the_first_table(gender):
    said = [line for line in gender.markup.split("<caption>") if "Mean hourly pay gap" in line]
    assert "Five of the six measures" in said[0]


def paths_text(name):
    return (paths.root() / f"notebooks/{name}.ipynb").read_text(encoding="utf-8")


def test_the_whole_and_its_parts_are_told_apart(gender, ethnicity):
    said = gender.value("whole_and_parts")
    assert "In 14 of the 16 bands and grades shown, women earn less on average than men" in said
    assert "In all of them the gap is smaller than over all staff: most of it comes from who works where" in said
    assert "kitagawa1955" in paths_text("pay_gap")
    assert "Simpson's paradox" not in said
    said = ethnicity.value("whole_and_parts")
    assert "−2.5 percentage points from who works in which band or grade and 1.0 from pay within" in said
    assert "over all staff the difference is in the opposite direction" in said
    assert "Simpson's paradox" in said


def test_a_system_of_employers_is_called_a_description(gender, ethnicity):
    assert "is a description, not a statutory figure" in gender.text
    assert "publication is voluntary" in ethnicity.text


def test_results_carry_no_exact_head_count(gender):
    assert all(entry.get("n") is None or entry["n"] % 5 == 0 for entry in gender.results.values())


def test_quarters_of_the_pay_page_are_from_unrounded_counts(gender):
    staff = datasets.load("workforce_staff")
    staff = staff[(staff["full_pay"] == "Y") & staff["sex"].isin(["F", "M"])]
    women = staff["sex"].eq("F").sum()
    shares = pd.DataFrame(gender.figures["quarters"]["rows"])[1]
    assert shares.mean() == pytest.approx(100 * women / len(staff), abs=0.01)
    assert [f"{share:.1f}" for share in shares] == gender.tables["quarters-table"]["women (%)"].tolist()


def test_a_small_payroll_shows_nothing_of_the_few(tmp_path):
    page = shown("pay-gap-gender", staff=saved(tmp_path, "sex,hourly_pay,bonus", *["F,12,0"] * 30, *["M,15,100"] * 3),
                 resamples=10)  # fmt: skip
    assert "not shown: one of the groups has too few people" in page.value("finding")
    measures = page.tables["measures"].set_index("measure")["figure"]
    assert measures["Mean hourly pay gap"] == "*"
    assert "distribution" not in page.figures
    assert page.value("mean_gap") is None
    assert set(page.tables["hourly-pay"].iloc[:, 1:].to_numpy().ravel()) == {"–"}
    assert set(page.tables["hourly"].iloc[:, 1:].to_numpy().ravel()) == {"–"}


def test_a_payroll_without_bands_or_bonus_has_a_page(tmp_path):
    page = shown("pay-gap-gender", staff=saved(tmp_path, "sex,hourly_pay", *["F,12"] * 30, *["M,15"] * 30),
                 resamples=10)  # fmt: skip
    assert "no pay bands with enough people" in page.value("whole_and_parts")
    measures = page.tables["measures"].set_index("measure")
    assert measures.loc["Mean bonus gap", "reason"] == "not calculable: the table has no column for bonus"
    assert measures.loc["Men who were paid a bonus", "figure"] == "not calculable"
    assert page.value("data_kind") == "Your own data."


def test_bands_with_a_smaller_gap_than_the_whole_are_counted(tmp_path):
    pays = {"5": (20, 19), "6": (30, 20), "7": (40, 38)}
    rows = [f"{sex},{pay},{band}" for band, both in pays.items() for sex, pay in zip("MF", both, strict=True)
            for _ in range(10)]  # fmt: skip
    page = shown("pay-gap-gender", staff=saved(tmp_path, "sex,hourly_pay,band", *rows), resamples=10)
    said = page.value("whole_and_parts")
    assert "In 3 of the 3 bands and grades shown, women earn less on average than men" in said
    assert "In 2 of them the gap is smaller than over all staff" in said


@pytest.mark.parametrize("alone", [1, 40])
def test_a_band_of_one_group_only_gives_no_second_mean_gap_from_which_its_pay_follows(tmp_path, alone):
    rows = [f"{sex},{pay},{band}" for band, both in {"5": (20, 19), "6": (30, 28)}.items()
            for sex, pay in zip("MF", both, strict=True) for _ in range(20)]  # fmt: skip
    staff = saved(tmp_path, "sex,hourly_pay,band", *rows, *["M,60,9"] * alone)
    page = shown("pay-gap-gender", staff=staff, resamples=10)
    said = page.value("whole_and_parts")
    assert said == (
        "In 2 of the 2 bands and grades shown, women earn less on average than men. The mean gap is not split into "
        "parts, because not every band or grade has enough people from both groups."
    )


def test_wild_file_of_nhs_codes(shared):
    path = str(shared / "cases/wild/d01_esr_ethnic_codes.csv")
    page = shown("pay-gap-ethnicity", staff=path, comparator="A", resamples=10)
    assert "than White British staff" in page.value("finding")
    assert "NHS ethnic category codes" in page.text
    assert page.value("mean_gap") == pytest.approx(3.4, abs=0.05)


def test_a_file_or_a_characteristic_that_cannot_be_used_is_named():
    with pytest.raises(DataError, match="it is no staff file"):
        shown("pay-gap-gender", staff="climate_survey_baseline")
    with pytest.raises(DataError, match=r"there is no column 'religion' to compare\. It has: sex, ethnic_group"):
        shown("pay-gap-gender", characteristic="religion")


# The decomposition


@pytest.fixture(scope="module")
def split():
    return shown("pay-gap-decomposition", characteristics=["level", "age"], resamples=20)


def test_the_decomposition_tells_what_unexplained_is_not(split):
    assert "Unexplained is not the same as discrimination" in paths_text("pay_gap_decomposition")
    table = split.tables["references"]
    assert len(table) == 6
    both = table[["explained", "unexplained"]].astype(float).sum(axis="columns")
    assert both.to_numpy() == pytest.approx(split.value("gap"), abs=0.0011)
    last = split.tables["steps"]["unexplained"].iloc[-1]
    assert float(last) == pytest.approx(split.value("unexplained"), abs=0.0005)


def test_the_split_by_hand_is_that_of_the_method(split):
    for part, points in split.tables["by-hand"].to_numpy():
        assert float(points.replace("−", "-")) == pytest.approx(split.value(part), abs=0.0005)


def test_thin_levels_are_joined_and_a_gap_the_other_way_is_worded_so():
    page = shown("pay-gap-decomposition", group="ethnic_group", comparator="W", other="A", characteristics=["level"],
                 resamples=5)  # fmt: skip
    said = page.value("finding")
    assert said.startswith("In this synthetic care system, Asian staff earn 5.0% more per hour than white staff")
    assert "would make the gap larger than it is" in said
    assert "Joined because one group has too few people there: band or grade" in page.text


def test_a_model_of_few_people_is_refused(tmp_path):
    path = saved(tmp_path, "sex,hourly_pay,band", *["F,12,5", "F,13,6"] * 20, *["M,15,5", "M,16,6"] * 3)
    with pytest.raises(DataError, match="has too few people to show a model of them"):
        shown("pay-gap-decomposition", staff=path, characteristics=["band"], resamples=2)


def test_columns_of_a_model_that_are_not_there_are_named(shared):
    source = str(shared / "cases/own_data/pay_ok.csv")
    with pytest.raises(DataError, match=r"no column 'point' for the last model.*adjust=\[\]"):
        shown("intersectional-gaps", staff=source, adjust=["level", "point"])
    with pytest.raises(DataError, match=r"no column 'religion' to compare groups by"):
        shown("pay-gap-decomposition", staff=source, group="religion", characteristics=["level"])


# The strata


def test_the_strata_find_what_was_built_in():
    page = shown("intersectional-gaps", resamples=20)
    rows = pd.DataFrame(page.figures["residuals"]["rows"], columns=page.figures["residuals"]["columns"])
    assert rows.set_index("stratum").loc["Women · Black", "upper"] < 0
    models = page.tables["models"].set_index("model")["between strata"].astype(float)
    assert models["Main effects"] < models["Null"]
    contrast = page.tables["contrasts"].query("stratum == 'Women · Black' and adjustment == 'same place'").iloc[0]
    lower, upper = (float(contrast[name].replace("−", "-")) for name in ("CI lower limit", "CI upper limit"))
    assert lower < -2.96 < upper
    share = page.results["additive_share"]
    assert share["lower"] < share["value"] < share["upper"]
    assert share["upper"] - share["lower"] > 50


def test_small_strata_are_hidden():
    by, comparator = ["sex", "ethnic_group", "disabled"], ["M", "W", "N"]
    page = shown("intersectional-gaps", by=by, comparator=comparator, adjust=[], resamples=10)
    assert page.value("smallest_range") >= 3
    table = page.tables["strata-table"].set_index("stratum")
    assert "*" in set(table["people"])
    hidden = table.index[table["people"] == "*"]
    assert not set(hidden) & {row[0] for row in page.figures["residuals"]["rows"]}
    assert not set(hidden) & set(page.tables["sensitivity"]["stratum"])
    assert all(printable(cell) for cell in counts_of(table[["people"]]))


def test_a_comparator_stratum_that_is_too_small_shows_no_gap():
    by, comparator = ["sex", "ethnic_group", "disabled"], ["M", "M", "Y"]
    page = shown("intersectional-gaps", by=by, comparator=comparator, adjust=[], resamples=10)
    assert "too few people are in the stratum compared with" in page.value("finding")
    assert page.tables["strata-table"]["gap (%)"].eq("–").all()


# Published gaps


def test_no_limits_can_be_drawn_and_years_are_matched():
    page = shown("published-pay-gaps")
    assert "no confidence interval or control limit can be calculated" in paths_text("published_pay_gaps")
    assert "28 employers are in both files" in page.text
    same = shown("published-pay-gaps", earlier="gpg_service_2021_22")
    assert "Not compared" in same.text
    assert same.value("median_change") is None
    assert "No earlier file was given" in shown("published-pay-gaps", earlier="").text


def test_a_script_in_a_name_reaches_the_page_as_text(tmp_path):
    text = (paths.data() / datasets.describe("gpg_service_2021_22")["path"]).read_text(encoding="utf-8")
    path = tmp_path / "odd.csv"
    path.write_text(text.replace("Synthetic Alder Vale NHS Foundation Trust", "<script>alert(1)</script> NHS"))
    page = shown("published-pay-gaps", file=str(path), earlier="", employer="90001")
    assert "<script>" not in page.markup
    assert "&lt;script&gt;" in page.markup


def test_a_median_of_zero_is_not_called_half_above_zero(shared):
    page = shown("published-pay-gaps", file=str(shared / "cases/wild/d06_gpg_half_above.csv"), earlier="")
    said = page.value("finding")
    assert "above" not in said
    assert "the typical (median) health employer had a median hourly pay gap of 0.0%" in said


@pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)
def test_the_page_works_unchanged_on_the_real_files():
    now, before = (str(REAL / f"UK Gender Pay Gap Data - {years}.csv") for years in ("2021 to 2022", "2017 to 2018"))
    page = shown("published-pay-gaps", file=now, earlier=before)
    assert page.tables["distribution"].set_index("employers").loc["Health employers", "number"] == "639"
    assert page.results["median_change"]["n"] == 8196
    assert "peers" in page.figures
    assert page.value("data_kind") == "Your own data."


def test_numbers_have_a_true_minus_and_none_before_zero():
    assert [plots._number(value, "{:.1f}") for value in (-0.04, -0.06, 2)] == ["0.0", "−0.1", "2.0"]
