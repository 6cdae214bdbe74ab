"""Workforce equality: relative likelihoods, disparity ratios, representation, survey, recruitment, what is withheld."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from compendium import datasets, paths
from everyday.synthetic import GENERATORS, to_csv_bytes
from everyday.synthetic.calibration import compare_with_published
from healthsys.disclosure import HES, Printed, protect
from healthsys.errors import DataError
from healthsys.plots.workforce import plot_funnel, plot_ratios
from healthsys.spc import funnel
from healthsys.statistics import two_proportions_p
from healthsys.workforce import (
    BME,
    STANDARDS,
    STEPS,
    RelativeLikelihood,
    board_difference,
    cases,
    check_stages,
    disparity_ratio,
    disparity_ratios,
    indicators,
    likelihood_of,
    proportion,
    protect_stages,
    recruitment,
    recruitment_finding,
    relative_likelihood,
    representation,
    staff_by_band,
    survey_indicators,
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
    assert (found.ratio, found.lower, found.upper) == (0.0, 0.0, pytest.approx(8.248550, rel=1e-6))
    assert found.reason == "nobody in the group had the outcome"
    assert found.p == pytest.approx(1)
    none = relative_likelihood(3, 45, reference_had=0, reference_could=610)
    assert (none.ratio, none.upper) == (None, None)
    assert none.lower > 1
    assert none.reason == "nobody in the reference group had the outcome"


def test_none_in_one_group_is_a_finding_with_a_limit_and_fishers_p():
    """statsmodels 0.14.5: confint_proportions_2indep(0, 70, 50, 100, compare="ratio", method="score",
    correction=False)[1] is 0.104254."""
    none, there = (
        relative_likelihood(had, could, reference_had=other, reference_could=base)
        for had, could, other, base in ((0, 70, 50, 100), (50, 100, 0, 70))
    )
    assert none.upper == pytest.approx(0.104254, rel=1e-5)
    assert there.lower == pytest.approx(1 / none.upper)
    said = none.sentence(group="BME staff", reference="white staff", outcome="to be appointed")
    assert said == (
        "BME staff were less likely to be appointed than white staff (none of the BME staff were), by more than chance "
        "alone would explain"
    )
    said = there.sentence(group="White staff", reference="BME staff", outcome="to be appointed")
    assert "more likely" in said
    assert "none of the BME staff were" in said
    both = relative_likelihood(0, 9, reference_had=0, reference_could=8)
    assert (both.ratio, both.lower, both.reason) == (None, None, "nobody in either group had the outcome")


@pytest.mark.parametrize(("bme", "white", "said"), [
    ((70, 0), (100, 50), "none of 70 BME went on, against 50 of 100 White (ratio 0, 95% CI 0 to 0.10; Fisher p under"),
    ((50, 20), (100, 0), "20 of 50 BME went on, against none of 100 White (no ratio, as nobody there did; 95% CI at"),
    ((0, 0), (100, 50), "cannot be compared: nobody could have had the outcome in one of the groups"),
])  # fmt: skip
def test_recruitment_says_a_step_that_nobody_of_one_group_took(bme, white, said):
    rows = [
        (stage, group, people)
        for group, numbers in {"BME": bme, "White": white}.items()
        for stage, people in zip(("applied", "appointed"), numbers, strict=True)
    ]
    counts = pd.DataFrame(rows, columns=["stage", "group", "people"])
    steps = recruitment(counts, groups=("BME", "White"))
    assert steps["ratio"].dtype == steps["lower"].dtype == float
    people = {(group, stage): str(number) for stage, group, number in rows}
    found = recruitment_finding(steps, people, names=("BME", "White"), groups=("BME", "White"))
    assert said in found


def test_groups_and_stages_that_cannot_be_compared_are_named():
    rows = [(stage, group, 9) for stage in ("applied", "appointed") for group in ("BME", "White")]
    counts = pd.DataFrame(rows, columns=["stage", "group", "people"])
    for groups, said in (
        (("Asian", "White"), r"f.csv: there is no group 'Asian' \(parameter group\).*one of: BME, White"),
        (("White", "White"), "f.csv: group and reference are both 'White'; name another"),
        (("", "White"), "f.csv: no group given"),
    ):
        with pytest.raises(DataError, match=said):
            check_stages(counts, groups=groups, label="f.csv")
    with pytest.raises(DataError, match="two stages are needed to compare who went on; the file has: applied"):
        check_stages(counts[counts["stage"] == "applied"], groups=("BME", "White"), label="f.csv")
    with pytest.raises(DataError, match="the last stage there is; choose an earlier stage"):
        recruitment(counts, groups=("BME", "White"), start="appointed")


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
    assert representation(staff, characteristic="g", group="BME")["percent"].iloc[0] == 20


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
    counts = counts.assign(characteristic="ethnicity", process="disciplinary")
    options = {"over": "disciplinary", "characteristic": "ethnicity", "groups": ("a",)}
    assert cases(counts, years=2, **options)[["had", "could"]].values.tolist() == [[6, 210]]
    with pytest.raises(DataError, match="counts for 3 years; an average over 4 needs 4"):
        cases(counts, years=4, **options)


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
    found = recruitment(counts, groups=("BME", "White"))
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
        recruitment(both, groups=("a", "b"))


def test_funnel_plot_worked_example():
    """R, no winsorising: p0 0.138235, phi 0.708782, tau2 0."""
    units = pd.DataFrame({"u": list("abcde"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})
    found = funnel(units, unit="u", observed="a", size="n", winsorised=0)
    assert found.target == pytest.approx(0.138235, abs=5e-7)
    assert found.dispersion.phi == pytest.approx(0.708782, abs=5e-7)
    assert found.dispersion.tau2 == 0


@pytest.mark.parametrize("width", [5, 10])
def test_the_name_of_the_largest_organisation_ends_before_the_names_of_the_limits(width):
    units = pd.DataFrame({"u": list("abcde"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})
    ax = Figure(figsize=(width, 5)).subplots()
    plot_funnel(funnel(units, unit="u", observed="a", size="n"), ax=ax, axis="share (%)", people="staff", kind="yours")
    across = {text.get_text(): text.get_ha() for text in ax.texts}
    assert across == {"1 in 20": "left", "1 in 500": "left", **dict.fromkeys("abcd", "center"), "e": "right"}


@pytest.mark.parametrize("name", [name for name in GENERATORS if name.startswith("workforce_")])
def test_synthetic_files_are_what_the_generator_makes(name):
    path = paths.data() / datasets.describe(name)["path"]
    assert path.read_bytes() == to_csv_bytes(GENERATORS[name]())


def own_figures(staff, recruitment, processes, survey, boards):
    """Compute the figures of the synthetic system from its exact counts, without disclosure control."""
    bme, disabled = staff["ethnic_group"].isin(BME), staff["disabled"] == "Y"
    reached = recruitment.groupby(["group", "stage"])["people"].sum().unstack()
    rate = reached["appointed"] / reached["shortlisted"]
    asked = survey[survey["year"] == 2022].groupby(["indicator", "group"])[["answered", "base"]].sum()
    said = 100 * asked["answered"] / asked["base"]
    late = processes[processes["year"] >= processes["year"].max() - 1]
    formal = late.groupby(["process", "group"])[["had", "could"]].sum()
    formal = formal["had"] / formal["could"]
    seats = boards[boards["characteristic"] == "ethnicity"].groupby("group")["voting_members"].sum()
    doctors = staff[staff["grade"].notna() & (staff["full_pay"] == "Y")].groupby("sex")["hourly_pay"].mean()
    rows = {
        ("WRES 2", "ratio"): rate["White"] / rate["BME"],
        ("WRES 3", "ratio"): formal["disciplinary", "BME"] / formal["disciplinary", "White"],
        ("WRES 1", "All"): 100 * bme.mean(),
        ("WRES 1", "VSM"): 100 * bme[staff["band"] == "VSM"].mean(),
        ("WRES 9", "board"): 100 * seats["BME"] / seats.sum(),
        ("WDES 1", "All"): 100 * disabled.mean(),
        ("WDES 2", "ratio"): rate["Non-disabled"] / rate["Disabled"],
        ("WDES 3", "ratio"): formal["capability", "Disabled"] / formal["capability", "Non-disabled"],
        ("pay gap", "doctors"): 100 * (1 - doctors["F"] / doctors["M"]),
    }
    parts = {"BME": "group", "White": "reference", "Disabled": "group", "Non-disabled": "reference"}
    for (code, group), percent in said.items():
        if group in parts:
            rows[f"{code[:4].upper()} {code[4:]}", parts[group]] = percent
    return pd.Series(rows).rename_axis(["indicator", "part"]).reset_index(name="value")


def test_the_synthetic_system_is_calibrated():
    published = {
        name: datasets.load(name)
        for name in ("wres_national", "wdes_national", "medicine_gender_pay_gap", "review_equality")
    }
    tables = (datasets.load(f"workforce_{name}") for name in ("staff", "recruitment", "processes", "survey", "boards"))
    found = compare_with_published(own_figures(*tables), published)
    assert len(found) == 20
    assert found["within"].all(), found[~found["within"]].to_string()


@pytest.mark.parametrize(
    ("counts", "expected", "sure"),
    [
        ((10, 10, 20, 40), (2.0, 1.3689488, 2.8409472), True),
        ((20, 40, 10, 10), (0.5, 0.35199528, 0.73048753), True),
        ((4, 4, 7, 9), (1.285714, 0.62877498, 2.20951028), False),
        ((12, 12, 31, 40), (1.290323, 0.96180119, 1.60007925), False),
        ((1, 1, 5, 20), (4.0, 0.74208217, 8.93960999), False),
    ],
)
def test_a_full_cell_has_koopmans_interval(counts, expected, sure):
    """R 4.2.2: uniroot() of (a - n r p)^2 / (n r p (1 - r p)) + (b - m p)^2 / (m p (1 - p)) - qchisq(.95, 1).

    p is optimize(function(p) dbinom(a, n, r * p, log = TRUE) + dbinom(b, m, p, log = TRUE), c(0, min(1, 1 / r)),
    maximum = TRUE)$maximum. Katz's limits of one of one against 5 of 20 would be 1.87 and 8.55, at Fisher's p of 0.286.
    """
    had, could, reference_had, reference_could = counts
    found = relative_likelihood(had, could, reference_had=reference_had, reference_could=reference_could)
    assert (found.ratio, found.lower, found.upper) == pytest.approx(expected, rel=1e-6)
    assert found.outside_four_fifths
    said = found.sentence(group="BME staff", reference="white staff", outcome="to be appointed")
    assert ("by more than chance" in said) is sure


def test_a_sentence_is_no_surer_than_fishers_p():
    """R 4.2.2: fisher.test(matrix(c(3, 1, 8, 16), 2, byrow = TRUE))$p.value is 0.2693529; Katz's limits leave out 1."""
    found = relative_likelihood(3, 4, reference_had=8, reference_could=24)
    assert found.lower > 1
    assert found.p == pytest.approx(0.2693529, rel=1e-6)
    assert "chance alone could" in found.sentence(group="A", reference="B", outcome="to be appointed")


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60))
def test_the_ratio_is_that_of_the_two_rates_whatever_the_cells(a, rest, b, other):
    found = relative_likelihood(a, a + rest, reference_had=b, reference_could=b + other)
    assert found.ratio == pytest.approx(a * (b + other) / (b * (a + rest)))


@pytest.mark.parametrize(
    ("counts", "fisher", "mid"),
    [((60, 300, 90, 600), 0.07112425, 0.06097588), ((10, 10, 20, 40), 0.003433374, 0.002924864)],
)
def test_exact_p_matches_r(counts, fisher, mid):
    """R 4.2.2 fisher.test(matrix(c(60, 240, 90, 510), 2, byrow = TRUE)); epitools 0.5-10.1 ormidp.test(60, 240, …)."""
    options = dict(zip(("had", "could", "reference_had", "reference_could"), counts, strict=True))
    assert relative_likelihood(**options).p == pytest.approx(fisher, rel=1e-6)
    assert two_proportions_p(**options, method="mid_p").p == pytest.approx(mid, rel=1e-6)


def test_exact_p_is_there_at_any_counts():
    assert relative_likelihood(5, 5, reference_had=9, reference_could=9).p == pytest.approx(1)
    assert relative_likelihood(3, 9, reference_had=0, reference_could=9).p == pytest.approx(0.2058824, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "outside"), [((2, 25, 1, 10), False), ((1, 10, 2, 25), False), ((79, 100, 1, 1), True)]
)
def test_a_ratio_on_the_edge_of_the_band_is_inside(counts, outside):
    had, could, reference_had, reference_could = counts
    found = relative_likelihood(had, could, reference_had=reference_had, reference_could=reference_could)
    assert found.outside_four_fifths is outside
    assert RelativeLikelihood(None, None, None, "none").outside_four_fifths is None


def test_disparity_ratio_follows_the_level():
    """R epitools 0.5-10.1: oddsratio.wald(matrix(c(200, 400, 100, 300), 2), conf.level = .9 and .95)$measure."""
    counts = pd.DataFrame({"band": ["5", "6"] * 2, "people": [400, 300, 200, 100]})
    counts["group"] = ["White", "White", "BME", "BME"]
    for level, ends in ((0.95, (1.130397, 1.990452)), (0.90, (1.182997, 1.901949))):
        found = disparity_ratio(counts, group="BME", reference="White", step=("lower", "middle"), level=level)
        assert (found.ratio, found.lower, found.upper) == pytest.approx((1.5, *ends), rel=1e-6)
    with pytest.raises(DataError, match="level is 95"):
        disparity_ratio(counts, group="BME", reference="White", step=("lower", "middle"), level=95)


STEP = {"group": "BME", "reference": "White", "step": ("lower", "middle")}


@pytest.mark.parametrize("bands", [("5", "6"), (5, 6), (5.0, 6.0), ("Band 5", "BAND 6")])
def test_bands_are_read_in_any_spelling(bands):
    """By hand: (300 / 400) / (100 / 200) is 1.5."""
    counts = pd.DataFrame({"band": [*bands] * 2, "people": [400, 300, 200, 100], "group": ["White"] * 2 + ["BME"] * 2})
    assert disparity_ratio(counts, **STEP).ratio == pytest.approx(1.5)
    staff = pd.DataFrame({"band": [*bands], "ethnic_group": ["A", None]})
    assert staff_by_band(staff, "ethnicity")[["band", "tier", "group"]].to_numpy().tolist() == [
        ["5", "lower", "BME"], ["6", "middle", "Not stated"]
    ]  # fmt: skip


def test_labels_that_are_not_known_are_refused():
    counts = pd.DataFrame({"band": ["5", "6"] * 2, "people": 10, "group": ["White"] * 2 + ["BME"] * 2})
    staff = pd.DataFrame({"band": ["5"], "ethnic_group": ["W"], "disabled": ["Y"]})
    for call, message in (
        (lambda: disparity_ratio(counts, **STEP | {"group": "bme"}), "has no group 'bme'. Did you mean 'BME'?"),
        (lambda: representation(counts, group="bme"), "has no group 'bme'. Did you mean 'BME'?"),
        (lambda: disparity_ratio(counts.assign(band="Band 12"), **STEP), "column 'band', row 2: 'Band 12' is no band"),
        (lambda: disparity_ratio(counts.assign(people=200.7), **STEP), "row 2: 200.7 is no count of people"),
        (lambda: staff_by_band(staff.assign(ethnic_group="a"), "ethnicity"), "'a' is no code (1 such rows). Did you"),
        (lambda: staff_by_band(staff.assign(disabled="Yes"), "disability"), "row 2: 'Yes' is no code"),
    ):
        with pytest.raises(DataError, match=re.escape(message)):
            call()


# Withheld


def test_a_process_without_a_group_is_named(shared):
    table = datasets.read(str(shared / "cases/own_data/wr_nobme.csv"), layout="workforce_processes")
    options = {"over": "disciplinary", "characteristic": "ethnicity", "groups": ("BME", "White")}
    with pytest.raises(DataError, match=r"wr_nobme\.csv: column 'group' has no row 'BME' for the process disciplinary"):
        cases(table, label="wr_nobme.csv", **options)


def test_an_unknown_standard_is_refused():
    with pytest.raises(DataError, match="there is no standard 'EDS'; allowed: WRES, WDES"):
        indicators("EDS")


def test_a_ratio_of_small_counts_is_withheld_whichever_count_it_is():
    for few in ((3, 300), (97, 100), (5, 5)):
        counts = pd.DataFrame({"group": ["a", "b"], "had": [few[0], 90], "could": [few[1], 600]})
        for names in (("a", "b"), ("b", "a")):
            found, _ = likelihood_of(counts, group=names[0], reference=names[1], rule=HES)
            assert (found.ratio, found.p) == (None, None)
            assert found.reason == "not shown: too few people in one of the counts"


def protected(characteristic):
    _, group, reference = STANDARDS[{"ethnicity": "WRES", "disability": "WDES"}[characteristic]]
    staff = datasets.load("workforce_staff")
    counts = staff_by_band(staff, characteristic)
    tables = [Printed("group", ("band",), where={"group": group}), Printed("staff", ("band",))]
    for one in (group, reference):
        tables += [
            Printed(f"{one} by tier", ("tier",), totals=False, where={"group": one}),
            Printed(f"{one} by side", ("side", "tier"), totals=False, where={"group": one}),
        ]
    page = protect(counts, tables=tables, rule=HES, derived={"tier": "band"}, unrounded=True)
    return staff, counts, page, {"group": group, "reference": reference}


@pytest.mark.parametrize("characteristic", ["ethnicity", "disability"])
def test_representation_leaves_out_what_its_page_suppresses(characteristic):
    _, counts, page, names = protected(characteristic)
    found = representation(counts, group=names["group"], page=page)
    hidden = found["part"].isna() | found["base"].isna()
    assert hidden.any()
    assert found.loc[hidden, ["percent", "lower", "upper"]].isna().all(axis=None)
    assert (found[["part", "base"]].stack() % HES.base == 0).all()
    plain = representation(counts, group=names["group"])
    kept = found["percent"].notna()
    assert found.loc[kept, "percent"].tolist() == plain.loc[kept, "percent"].tolist()


@pytest.mark.parametrize("characteristic", ["ethnicity", "disability"])
def test_wres_one_has_three_ratios_for_clinical_and_non_clinical_staff(characteristic):
    staff, counts, page, names = protected(characteristic)
    table = disparity_ratios(counts, page=page, **names)
    assert table["staff"].tolist() == ["all"] * 3 + ["clinical"] * 3 + ["non-clinical"] * 3
    if characteristic == "ethnicity":
        part = staff[(staff["clinical"] == "N") & staff["band"].notna()]
        group = part["ethnic_group"].map(dict.fromkeys("ABMO", "BME") | {"W": "White", "N": "Not stated"})
        expected = disparity_ratio(part.assign(group=group, people=1), step=STEPS[2], **names)
        assert table[table["staff"] == "non-clinical"].iloc[2]["ratio"] == pytest.approx(expected.ratio)


def test_a_staff_file_that_does_not_say_who_is_clinical_has_ratios_of_all():
    counts = staff_by_band(datasets.load("workforce_staff").drop(columns="clinical"), "ethnicity")
    page = protect(counts, tables=[Printed("staff", ("tier", "group"), totals=False)], rule=HES, unrounded=True)
    assert disparity_ratios(counts, group="BME", reference="White", page=page)["staff"].unique().tolist() == ["all"]


def test_intervals_follow_the_level():
    _, counts, page, names = protected("ethnicity")
    for method in (
        lambda level: disparity_ratios(counts, page=page, level=level, **names),
        lambda level: representation(counts, group="BME", page=page, level=level),
    ):
        wide, close = method(0.95).dropna(subset=["lower"]), method(0.8).dropna(subset=["lower"])
        assert ((close["upper"] - close["lower"]) < (wide["upper"] - wide["lower"])).all()


@pytest.mark.parametrize("organisation", ["", "AMB", "ICB"])
@pytest.mark.parametrize("characteristic", ["ethnicity", "disability", "sex"])
def test_recruitment_hides_what_rests_on_few(characteristic, organisation):
    table = datasets.load("workforce_recruitment")
    table = table[table["characteristic"] == characteristic]
    table = table[table["organisation"] == organisation] if organisation else table
    counts = table.groupby(["stage", "group"], as_index=False)["people"].sum()
    pairs = {"ethnicity": ("BME", "White"), "disability": ("Disabled", "Non-disabled"), "sex": ("F", "M")}
    pair = pairs[characteristic]
    page = protect_stages(counts, HES)
    assert page.proof.holds
    found = recruitment(counts, groups=pair, page=page)
    for row in found.itertuples():
        cells = [{"group": one, f"reached {at}": "yes"} for one in pair for at in (row.before, row.after)]
        small = None in [page.shown(cell) for cell in cells]
        assert small <= pd.isna(row.ratio)
        assert small <= pd.isna(row.group_rate)


def test_a_rate_that_leaves_few_behind_is_not_shown():
    """Of 60 shortlisted 58 are interviewed: the rate would tell of the two who were not."""
    rows = [
        (group, stage, number)
        for group, numbers in {"BME": (200, 60, 58, 20), "White": (400, 200, 150, 60)}.items()
        for stage, number in zip(("applied", "shortlisted", "interviewed", "appointed"), numbers, strict=True)
    ]
    counts = pd.DataFrame(rows, columns=["group", "stage", "people"])
    table = recruitment(counts, groups=("BME", "White"), page=protect_stages(counts, HES)).set_index("step")
    assert np.isnan(table.loc["shortlisted to interviewed", "ratio"])
    assert np.isnan(table.loc["shortlisted to interviewed", "group_rate"])
    assert table.loc["applied to shortlisted", "ratio"] == pytest.approx(0.6)


def test_ends_of_the_band_are_not_numbered_where_they_would_lie_over_one():
    def ticks(low):
        table = pd.DataFrame({"step": ["a"], "ratio": [1.0], "lower": [low], "upper": [1.1]})
        drawn = plot_ratios(table, ax=Figure((4, 2)).subplots(), label="step", axis="", kind="yours")
        return [one.get_text() for one in drawn.get_xticklabels()]

    assert "0.8" in ticks(0.5)
    assert {"0.8", "1.25"}.isdisjoint(ticks(0.1))
    assert "1" in ticks(0.1)
