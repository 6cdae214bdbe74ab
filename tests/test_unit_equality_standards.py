"""Workforce standards, recruitment funnel, readers, published gaps, synthetic workforce."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets, paths
from everyday.synthetic import GENERATORS, to_csv_bytes
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
from healthsys.funnel import funnel


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
