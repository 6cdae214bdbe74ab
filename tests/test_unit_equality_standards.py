"""Workforce standards, recruitment funnel, readers, published gaps, synthetic workforce."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets, paths
from everyday.synthetic import GENERATORS, to_csv_bytes
from healthsys.equality import published, readers
from healthsys.equality.calibration import calibration, synthetic_values
from healthsys.equality.pipeline import earlier_values, funnel_table, viewer_share_bound
from healthsys.equality.standards import (
    averaged,
    board_difference,
    disparity_ratio,
    proportion,
    relative_likelihood,
    representation,
    segments,
    survey_indicators,
)
from healthsys.errors import DataError
from healthsys.spc.funnels import funnel

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"
FILES = {
    "2017-18": "UK Gender Pay Gap Data - 2017 to 2018.csv",
    "2021-22": "UK Gender Pay Gap Data - 2021 to 2022.csv",
}
with_real_files = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)


def test_relative_likelihood_matches_epitools():
    """R epitools 0.5-10: riskratio.wald(matrix(c(510, 240, 90, 60), 2)): 1.3333 (0.9919 to 1.7923)."""
    found = relative_likelihood(60, 300, reference_had=90, reference_could=600)
    assert (found.ratio, found.lower, found.upper) == pytest.approx((1.3333, 0.9919, 1.7923), abs=5e-5)
    assert found.outside_four_fifths


def test_a_ratio_divides_unrounded_rates():
    """One trust printed 1.2 % and 0.7 % (9 and 17 staff) as 1.7 times; bases that fit both rates give another ratio."""
    found = relative_likelihood(9, 730, reference_had=17, reference_could=2330)
    assert round(found.ratio, 2) == 1.69
    assert round(1.2 / 0.7, 2) == 1.71


@given(st.integers(1, 50), st.integers(51, 400), st.integers(1, 50), st.integers(51, 400))
def test_swapping_the_groups_inverts_ratio_and_interval(a, n, b, m):
    there = relative_likelihood(a, n, reference_had=b, reference_could=m)
    back = relative_likelihood(b, m, reference_had=a, reference_could=n)
    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.lower * back.upper == pytest.approx(1)


def test_zero_cases_give_a_reason_and_fishers_p():
    """R 4.2.2: fisher.test(matrix(c(0, 45, 6, 604), 2))$p.value is 1."""
    found = relative_likelihood(0, 45, reference_had=6, reference_could=610)
    assert (found.ratio, found.lower) == (0.0, None)
    assert "log interval is undefined" in found.reason
    assert found.p == pytest.approx(1)
    none = relative_likelihood(3, 45, reference_had=0, reference_could=610)
    assert none.ratio is None
    assert none.reason == "nobody in the reference group had the outcome"


def test_more_cases_than_people_names_the_likely_mistake():
    with pytest.raises(DataError, match=r"group: 30 people had the outcome but only 3 could.*columns swapped"):
        relative_likelihood(30, 3, reference_had=1, reference_could=10)


def test_wilson_interval():
    """R 4.2.2: prop.test(8, 30, correct = FALSE)$conf.int: 0.1418 to 0.4445."""
    assert proportion(8, 30) == pytest.approx((26.667, 14.18, 44.45), abs=0.01)
    assert proportion(0, 0) == (None, None, None)
    with pytest.raises(DataError, match="a count of 9 is larger than its base of 3"):
        proportion(9, 3)


def test_representation_counts_people_of_unknown_ethnicity_in_the_base():
    staff = pd.DataFrame({"band": ["5"] * 3, "g": ["BME", "White", "Unknown"], "people": [20, 60, 20]})
    assert representation(staff, by="band", group="g", level_of_interest="BME")["percent"].iloc[0] == 20


def test_disparity_ratio_of_the_definition():
    counts = pd.DataFrame(
        {
            "band": ["5", "6", "8a"] * 2,
            "group": ["White"] * 3 + ["BME"] * 3,
            "people": [400, 300, 100, 200, 100, 20],
        }
    )
    steps = [
        disparity_ratio(counts, group="BME", reference="White", step=s)
        for s in (("lower", "middle"), ("middle", "upper"))
    ]
    assert [step.ratio for step in steps] == pytest.approx([(300 / 400) / (100 / 200), (100 / 300) / (20 / 100)])
    empty = disparity_ratio(counts[counts["band"] != "8a"], group="BME", reference="White", step=("middle", "upper"))
    assert empty.reason == "nobody of the group White is in the upper bands"


def test_board_difference_is_in_points_and_says_when_there_is_none():
    assert board_difference(2, 20, 210, 1000)[0] == pytest.approx(-11)
    assert board_difference(0, 0, 210, 1000) == (None, "not calculable: the board has no voting member")


def test_survey_indicator_says_for_whom_it_is_worse():
    counts = pd.DataFrame(
        {
            "indicator": ["h", "h", "e", "e"],
            "group": ["BME", "White"] * 2,
            "answered": [300, 200, 400, 600],
            "base": 1000,
        }
    )
    found = survey_indicators(counts, groups=("BME", "White"), higher_is_better={"h": False, "e": True})
    assert found["worse_for"].tolist() == ["BME", "BME"]
    assert found["difference"].tolist() == pytest.approx([10, -20])
    with pytest.raises(DataError, match="indicator 'h' has 0 rows for 'Black'"):
        survey_indicators(counts, groups=("Black", "White"), higher_is_better={"h": False, "e": True})


def test_newcombe_difference():
    """Newcombe 1998, example (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339."""
    counts = pd.DataFrame({"indicator": "x", "group": ["a", "b"], "answered": [56, 48], "base": [70, 80]})
    row = survey_indicators(counts, groups=("a", "b"), higher_is_better={"x": True}).iloc[0]
    assert (row["difference_lower"], row["difference_upper"]) == pytest.approx((5.24, 33.39), abs=0.01)


def test_cases_are_averaged_over_the_last_years():
    counts = pd.DataFrame({"year": [2020, 2021, 2022], "group": "a", "had": [9, 2, 4], "could": [100, 100, 110]})
    assert averaged(counts, years=2)[["had", "could"]].values.tolist() == [[6, 210]]
    with pytest.raises(DataError, match="counts for 3 years; an average over 4 needs 4"):
        averaged(counts, years=4)


def test_a_break_parts_a_series_and_unknown_years_stay_blank():
    found = segments(pd.DataFrame({"year": [2019, 2021, 2022], "value": [87.0, 86.0, 58.0]}), breaks=[2022])
    assert found["stretch"].tolist() == [1, 1, 1, 2]
    assert found["value"].isna().tolist() == [False, True, False, False]


def test_no_recalled_figure_is_a_data_row():
    series = datasets.load("wres_national")
    years = series[series["series"] == "wres_ind2_rel_likelihood_appointed_white_vs_bme"]
    england = years[years["group"] == "England, NHS trusts"].set_index("period")["value"]
    assert england.to_dict() == {
        "2016": 1.57,
        "2018": 1.45,
        "2019": 1.46,
        "2020": 1.61,
        "2022": 1.54,
        "2023": 1.59,
    }


def test_recruitment_funnel_multiplies_to_the_whole():
    counts = datasets.load("workforce_recruitment")
    counts = counts[counts["characteristic"] == "ethnicity"].groupby(["stage", "group"], as_index=False)["people"].sum()
    found = funnel_table(counts, groups=("BME", "White"))
    steps = found.iloc[1:-1]
    assert steps["ratio"].prod() == pytest.approx(found["ratio"].iloc[-1])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("applied", "a", 5), ("apointed", "a", 1)], r"no stage 'apointed'. Did you mean 'appointed'\?"),
        (
            [("applied", "a", 5), ("appointed", "a", 7)],
            r"group 'a': 7 people were appointed but only 5 were applied",
        ),
        ([("applied", "a", 5)], r"group 'b' has no count for the stage 'applied'"),
    ],
)
def test_a_funnel_that_cannot_be_is_refused(rows, said):
    frame = pd.DataFrame(rows, columns=["stage", "group", "people"])
    both = pd.concat([frame, frame.assign(group="b")]) if "no count" not in said else frame
    with pytest.raises(DataError, match=said):
        funnel_table(both, groups=("a", "b"))


def test_what_the_blood_services_figures_allow():
    assert viewer_share_bound(0.79) == pytest.approx(0.5587, abs=5e-5)
    assert earlier_values(95, 22) == pytest.approx((73, 77.8689), abs=5e-5)


def test_funnel_plot_worked_example():
    """R, no winsorising: p0 0.138235, phi 0.708782, tau2 0."""
    units = pd.DataFrame({"u": list("abcde"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})
    found = funnel(units, unit="u", observed="a", size="n", winsorised=0)
    assert found.target == pytest.approx(0.138235, abs=5e-7)
    assert found.dispersion.phi == pytest.approx(0.708782, abs=5e-7)
    assert found.dispersion.tau2 == 0


@pytest.mark.parametrize("name", [name for name in GENERATORS if name.startswith("workforce_")])
def test_synthetic_files_are_what_the_generator_makes(name):
    path = paths.data() / datasets.describe(name)["path"]
    assert path.read_bytes() == to_csv_bytes(GENERATORS[name]())


def test_the_invented_system_is_calibrated():
    tables = {
        name: datasets.load(name)
        for name in ("wres_national", "wdes_national", "medicine_gender_pay_gap", "review_equality")
    }
    names = ("staff", "recruitment", "processes", "survey", "boards")
    found = calibration(synthetic_values(*(datasets.load(f"workforce_{name}") for name in names)), tables)
    assert found["within"].all(), found[~found["within"]].to_string()


# Readers


def test_the_two_bundled_layouts_are_read():
    old, new = readers.read_service("gpg_service_2017_18"), readers.read_service("gpg_service_2021_22")
    assert (old.layout, old.year, new.layout, new.year) == (25, "2017-18", 27, "2021-22")
    assert old.complete
    assert old.notes["no bonus paid to anybody: bonus gap left missing"] == 7
    assert new.notes["no bonus paid to anybody: bonus gap left missing"] == 8
    assert old.notes["median hourly gap above 100 %, which cannot be: set aside"] == 1
    assert new.notes["names that occur more than once (told apart by id)"] == 2
    assert set(old.employers["sector"]) == {"public", "private and voluntary"}


def edited(tmp_path: Path, old: str, new: str, name: str = "gpg_service_2021_22") -> Path:
    text = (paths.data() / datasets.describe(name)["path"]).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "yours.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_names_of_responsible_persons_are_dropped(tmp_path):
    path = edited(tmp_path, "1 Invented Street", "An Invented Person")
    found = readers.read_service(path)
    assert "Invented Person" not in found.employers.to_csv()
    assert not {"ResponsiblePerson", "Address", "PostCode"} & set(found.employers.columns)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "DiffMeanHourlyPercent",
            "MeanGap",
            r"yours.csv: there is no column 'DiffMeanHourlyPercent'.*25 columns.*or 27",
        ),
        ('"90002"', '"90001"', r"EmployerId '90001' occurs 2 times"),
        (
            '"2022/03/31 00:00:00"',
            '"31 March"',
            r"column 'DueDate', record 2: '31 March' is not a date; allowed: 05/04/2018",
        ),
        ('"250 to 499"', '"250 to 499', r"not a readable CSV file near line"),
    ],
)
def test_a_broken_service_file_is_refused(tmp_path, old, new, said):
    with pytest.raises(DataError, match=said):
        readers.read_service(edited(tmp_path, old, new))


def test_a_file_of_quotes_or_thousands_of_columns_is_refused(tmp_path):
    many, quotes, empty = tmp_path / "many.csv", tmp_path / "quotes.csv", tmp_path / "empty.csv"
    many.write_text(",".join(f"c{i}" for i in range(5000)) + "\n")
    quotes.write_text('a,b\n"' + "x" * 50_000)
    empty.write_text("")
    for path, said in (
        (many, "record 1 has 5,000 columns; at most 200"),
        (quotes, "longer than 20,000"),
        (empty, "is empty"),
    ):
        with pytest.raises(DataError, match=said):
            readers.read_service(path)


def payroll(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "payroll.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_payroll_file_is_read_with_words_for_codes(tmp_path):
    path = payroll(
        tmp_path, 'person,Gender,Rate,bonus\n1,Female,"£1,012.50",\n2,male,14,100\n3,prefer not to say,15,0\n'
    )
    found = readers.read_payroll(path, columns={"sex": "Gender", "hourly_pay": "Rate"})
    assert found["sex"].tolist() == ["F", "M", "U"]
    assert found["hourly_pay"].tolist() == [1012.5, 14, 15]
    assert found.attrs["provenance"]["kind"] == "yours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sex,hourly_pay\nF,10\nQ,11\n",
            r"payroll.csv: column 'sex', row 3: 'Q' is not a code that is known \(1 such cells\); allowed: "
            r"F, M, U",
        ),
        ("sex,hourly_pay\nF,-10\n", r"column 'hourly_pay', row 2: '-10' is not an amount of pay.*above 0"),
        (
            "sex,hourly_pay,bonus\nF,10,-5\n",
            r"column 'bonus', row 2: '-5' is not an amount of pay.*0 or more",
        ),
        ("sex,hourly_pay,ethnic_group\nF,10,Z\n", r"column 'ethnic_group', row 2: 'Z' is not a code"),
        ("sex,pay\nF,10\n", r"there is no column 'hourly_pay'.*Columns found: sex, pay"),
        ("sex,hourly_pay\nF\n", r"record 2 has 1 cells but the header has 2"),
    ],
)
def test_a_broken_payroll_file_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        readers.read_payroll(payroll(tmp_path, text), ethnic_groups=("W", "A", "B", "M", "O", "N"))


def test_a_partial_year_is_recognised_and_not_compared(tmp_path):
    text = (paths.data() / datasets.describe("gpg_service_2021_22")["path"]).read_text(encoding="utf-8")
    path = tmp_path / "early.csv"
    path.write_text(text.replace("2022/05/09", "2022/03/09"), encoding="utf-8")
    early = readers.read_service(path)
    assert not early.complete
    found = published.change(early, readers.read_service("gpg_service_2017_18"))
    assert found.matched.empty
    assert "the later file is a partial year" in found.reason


def test_change_is_matched_and_counted():
    found = published.change(readers.read_service("gpg_service_2021_22"), readers.read_service("gpg_service_2017_18"))
    assert found.reason is None
    assert "company number" in found.by
    assert len(found.matched) + found.only_now <= 31
    same = published.change(readers.read_service("gpg_service_2021_22"), readers.read_service("gpg_service_2021_22"))
    assert "give files of two years" in same.reason


def test_an_employer_is_found_by_id_name_or_refused():
    year = readers.read_service("gpg_service_2021_22")
    assert published.place(year, employer="90002").employer == "Synthetic Birch Tarn NHS Foundation Trust"
    assert published.place(year, employer="synthetic BIRCH tarn nhs foundation trust").higher is not None
    with pytest.raises(DataError, match=r"no employer 'Birch' in this file. Close to it: Synthetic Birch Tarn"):
        published.place(year, employer="Birch")
    with pytest.raises(DataError, match=r"2 employers go by 'Synthetic Willow Retail Limited' \(ids"):
        published.place(year, employer="Synthetic Willow Retail Limited")


@with_real_files
@pytest.mark.parametrize(
    ("year", "records", "layout", "nhs", "no_bonus"),
    [("2017-18", 10_528, 25, 237, 2_325), ("2021-22", 10_465, 27, 236, 2_671)],
)
def test_the_real_files_are_read_whole(year, records, layout, nhs, no_bonus):
    found = readers.read_service(REAL / FILES[year])
    assert (found.year, found.records, found.layout, found.complete) == (year, records, layout, True)
    assert int(found.employers["nhs"].sum()) == nhs
    assert found.notes["no bonus paid to anybody: bonus gap left missing"] == no_bonus
    assert found.employers["median_hourly_gap"].max() <= 100
    assert not np.isin(["ResponsiblePerson", "Address"], found.employers.columns).any()


@with_real_files
def test_the_real_years_are_matched():
    found = published.change(
        readers.read_service(REAL / FILES["2021-22"]), readers.read_service(REAL / FILES["2017-18"])
    )
    assert found.reason is None
    assert len(found.matched) > 8000
