"""Comparisons of two groups: none where either is small, none that gives somebody away, one rounding rule a page."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets
from healthsys.disclosure import HES, Printed, protect
from healthsys.equality.likelihood import RelativeLikelihood, relative_likelihood
from healthsys.equality.pages import talent, workforce, workforce_words
from healthsys.equality.standards import STEPS, disparity_ratio
from healthsys.errors import DataError
from healthsys.statistics import two_proportions_p

FILES = {name: f"workforce_{name}" for name in ("staff", "recruitment", "processes", "survey", "boards")}


# Relative likelihood


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((10, 10, 20, 40), (2.0, 1.467044, 2.726571)),
        ((20, 40, 10, 10), (0.5, 0.366761, 0.681643)),
        ((4, 4, 7, 9), (1.285714, 0.9067391, 1.823084)),
        ((12, 12, 31, 40), (1.290323, 1.091895, 1.52481)),
    ],
)
def test_a_full_cell_matches_epitools(counts, expected):
    """R epitools 0.5-10.1: riskratio.wald(matrix(c(N - b, n - a, b, a), 2))$measure."""
    had, could, reference_had, reference_could = counts
    found = relative_likelihood(had, could, reference_had=reference_had, reference_could=reference_could)
    assert (found.ratio, found.lower, found.upper) == pytest.approx(expected, rel=1e-5)
    assert found.outside_four_fifths


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


# The proof knows the counts behind unrounded figures


def test_figures_from_unrounded_counts_need_more_protection():
    """Rounded, 45 - 40 leaves 1 to 9 for the hidden cell; exact, 43 - 40 gives it away."""
    people = pd.DataFrame({"band": ["5", "6", "5", "6"], "group": list("aabb"), "people": [40, 3, 60, 50]})
    page = protect(people, tables=[Printed("t", ("band",), where={"group": "a"})], rule=HES, unrounded=True)
    assert page.proof.holds
    assert page.exact({"group": "a", "band": "5"}) is None
    assert page.exact({"group": "a"}) == 43
    rounded = protect(people, tables=[Printed("t", ("band",), where={"group": "a"})], rule=HES)
    with pytest.raises(DataError, match="protected for rounded counts only"):
        rounded.exact({"group": "a"})


def test_a_percentage_that_leaves_few_behind_is_not_given():
    people = pd.DataFrame({"said": ["yes", "no"], "people": [58, 3]})
    page = protect(people, tables=[Printed("t", ("said",), only={"said": ("yes",)})], rule=HES, unrounded=True)
    assert page.percent({"said": "yes"}, {}) is None


def test_the_staff_file_that_gave_one_person_away(shared):
    """A disparity ratio of 3.69 (1.69 to 8.04) allowed one table only: band 7 BME = 1."""
    files = {name: str(shared / f"cases/own_data/wres_{name}.csv")
             for name in ("recruitment", "processes", "survey", "boards")}  # fmt: skip
    page = workforce.open_page("WRES", files=files | {"staff": str(shared / "cases/own_data/disp_staff.csv")})
    assert all(one.proof.holds for one in page.pages.values())
    assert page.disparity["ratio"].isna().all()


# One rounding rule a page


@pytest.fixture(scope="module", params=workforce.STANDARDS)
def standard(request):
    return workforce.open_page(request.param, files=FILES)


def test_every_figure_of_the_standards_page_is_from_unrounded_counts(standard):
    characteristic, group, reference = workforce.GROUPS[standard.standard]
    survey = datasets.load("workforce_survey")
    survey = survey[(survey["year"] == 2022) & (survey["characteristic"] == characteristic)]
    for row in standard.survey.dropna(subset=["difference"]).itertuples():
        key = row.indicator.split(":")[0].lower().replace(" ", "")
        counts = survey[survey["indicator"] == key].groupby("group")[["answered", "base"]].sum()
        share = 100 * counts["answered"] / counts["base"]
        assert row.difference == pytest.approx(float(share[group] - share[reference]))
        assert row.group_percent == pytest.approx(float(share[group]))
        assert row.group_base % 5 == 0


def test_recomputed_difference_of_indicator_eight(shared):
    """findings/recomputed.csv: +10.1558, where the page said +10.0 from rounded counts."""
    page = workforce.open_page("WRES", files=FILES)
    row = page.survey[page.survey["indicator"].str.startswith("WRES 8")].iloc[0]
    assert row["difference"] == pytest.approx(10.1558, abs=5e-5)


def test_the_same_percentage_is_the_same_number_in_every_table(standard):
    published = {name: datasets.load(name) for name in
                 ("wres_national", "wdes_national", "medicine_gender_pay_gap", "review_equality")}  # fmt: skip
    beside = workforce_words.beside_published(standard, published).set_index("measure")["synthetic"]
    asked = standard.survey.assign(key=standard.survey["indicator"].str.split(":").str[0]).set_index("key")
    name, key = {
        "WRES": ("WRES 8, discriminated against: BME", "WRES 8"),
        "WDES": ("WDES 7, feel valued: disabled", "WDES 7"),
    }[standard.standard]
    assert beside[name] == asked.loc[key, "group_percent"]
    assert "calculated from the unrounded counts" in workforce_words.proof_words(standard)


def test_wres_one_has_three_ratios_for_clinical_and_non_clinical_staff(standard):
    table = standard.disparity
    assert table["staff"].tolist() == ["all"] * 3 + ["clinical"] * 3 + ["non-clinical"] * 3
    staff = datasets.load("workforce_staff")
    part = staff[(staff["clinical"] == "N") & staff["band"].notna()]
    if standard.standard == "WRES":
        names = dict.fromkeys("ABMO", "BME") | {"W": "White", "N": "Not stated"}
        group = part["ethnic_group"].map(names)
        counts = part.assign(group=group, people=1)
        expected = disparity_ratio(counts, group="BME", reference="White", step=STEPS[2])
        found = table[(table["staff"] == "non-clinical")].iloc[2]
        assert found["ratio"] == pytest.approx(expected.ratio)
        recorded = {entry["name"] for entry in workforce_words.results(standard)}
        assert {"disparity_all_lower_to_upper", "disparity_nonclinical_middle_to_upper"} <= recorded


def test_a_staff_file_that_does_not_say_who_is_clinical_has_ratios_of_all(tmp_path):
    staff = datasets.load("workforce_staff").drop(columns="clinical")
    staff.to_csv(tmp_path / "staff.csv", index=False)
    page = workforce.open_page("WRES", files=FILES | {"staff": str(tmp_path / "staff.csv")})
    assert page.disparity["staff"].unique().tolist() == ["all"]


def test_intervals_of_the_standards_page_follow_the_level(standard):
    narrow = workforce.open_page(standard.standard, files=FILES, level=0.8)
    for name in ("disparity", "likelihoods", "representation"):
        wide, close = (getattr(page, name).dropna(subset=["lower"]) for page in (standard, narrow))
        width = [(table["upper"] - table["lower"]).to_numpy(dtype=float) for table in (wide, close)]
        assert (width[1] < width[0]).all()


# Mutants that had survived


def test_the_stage_at_which_the_groups_part_most_is_named():
    said = talent.finding(talent.open_page("workforce_recruitment"))
    assert "part most between interview and appointment, with a ratio of 0.69" in said
