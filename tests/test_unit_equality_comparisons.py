"""Comparisons of two groups: none where either is small, none that gives somebody away, one rounding rule a page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets
from healthsys.disclosure import HES, Printed, protect
from healthsys.equality.intersectional import stratum_gaps
from healthsys.equality.pages import pay, strata
from healthsys.equality.pay_gap import PROTECTS, group_gaps, makeup
from healthsys.equality.resampling import bootstrap_test
from healthsys.errors import DataError

# Both groups must be large enough


def staff_of(sizes):
    rng = np.random.default_rng(7)
    rows = [(sex, group, pay) for (sex, group), people in sizes.items() for pay in rng.normal(20, 2, people).round(2)]
    return pd.DataFrame(rows, columns=["sex", "group", "hourly_pay"])


def test_a_small_comparator_stratum_withholds_every_gap():
    people = staff_of({("M", "a"): 3, ("F", "a"): 40, ("F", "b"): 30})
    found = stratum_gaps(people, by=["sex", "group"], comparator=["M", "a"], rule=HES, resamples=50)
    assert found[["gap", "lower", "upper", "p", "holm", "bh"]].isna().all(axis=None)
    assert found["pay"].isna().tolist() == [True, False, False]
    assert found["reason"].tolist()[1] == "fewer than 8 people in the comparator stratum"


def test_a_small_comparator_group_withholds_every_gap():
    found = group_gaps(staff_of({("F", "a"): 3, ("F", "b"): 30}), group="group", comparator="a", rule=HES, resamples=50)
    gaps = [name for name in found if name.endswith(("gap", "lower", "upper", "_p", "_holm", "_bh"))]
    assert found[gaps].isna().all(axis=None)


def test_the_page_of_strata_says_that_the_comparator_is_too_small():
    page = strata.open_page(
        "workforce_staff", by=["sex", "ethnic_group", "disabled"], comparator=["M", "M", "Y"], adjust=[], resamples=10
    )
    assert "too few people are in the stratum compared with" in strata.finding(page)
    assert strata.gaps_table(page)["gap"].isna().all()


def test_one_person_cannot_be_worked_out_of_all_others_together():
    """One of group c: all others less those of b would be that person's pay, so b is withheld too."""
    people = staff_of({("F", "a"): 40, ("F", "b"): 30, ("F", "c"): 1, ("F", "d"): 50})
    found = group_gaps(people, group="group", comparator="a", rule=HES, resamples=20).set_index("group")
    assert found.loc["b", "reason"] == PROTECTS
    assert found.loc["b", ["mean_pay", "median_pay", "mean_gap", "median_gap"]].isna().all()
    assert found.loc["d", ["mean_pay", "mean_gap"]].notna().all()
    plain = group_gaps(people[people["group"] != "c"], group="group", comparator="a", rule=HES, resamples=20)
    assert plain["mean_gap"].notna().all()


def test_another_choice_that_differs_by_few_people_is_not_shown(tmp_path):
    """Two women on reduced pay: with and without them, their pay would follow."""
    path = tmp_path / "mine.csv"
    rows = [f"{sex},{15 + n / 10},Y" for sex in "FM" for n in range(40)] + ["F,11,N", "F,12,N"]
    path.write_text("sex,hourly_pay,full_pay\n" + "\n".join(rows) + "\n")
    table = pay.sensitivity(pay.open_page(str(path), resamples=10)).set_index("choice")
    assert np.isnan(table.loc["Staff on reduced pay kept (against the regulations)", "mean_gap"])
    assert not np.isnan(table.loc["As on this page", "mean_gap"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=3, max_size=3), st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_nothing_of_a_small_group_is_compared(a, b):
    sizes = {("M", name): size for name, size in zip("abc", a, strict=True)}
    sizes |= {("F", name): size for name, size in zip("abc", b, strict=True)}
    people = staff_of(sizes)
    if not a[0]:
        return
    found = stratum_gaps(people, by=["sex", "group"], comparator=["M", "a"], rule=HES, resamples=20)
    small = (found["people"] <= HES.highest) | (a[0] <= HES.highest)
    assert found.loc[small, ["gap", "lower", "upper", "p"]].isna().all(axis=None)


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


def test_quarters_of_the_pay_page_are_from_unrounded_counts():
    page = pay.open_page("workforce_staff", resamples=10)
    exact = page.measures.quarters.set_index("quarter")["group_percent"]
    assert pay.quarters_table(page).set_index("quarter")["group_percent"].to_dict() == pytest.approx(exact.to_dict())


# Many groups


def test_bootstrap_p_is_small_for_a_clear_gap_and_one_for_none():
    rng = np.random.default_rng(3)
    a, b = rng.normal(20, 2, 200), rng.normal(15, 2, 200)
    assert bootstrap_test(a, b, measure="median", resamples=999, seed=1)[2] == pytest.approx(2 / 1000)
    assert bootstrap_test(a, a, measure="mean", resamples=999, seed=1)[2] > 0.5


def test_groups_carry_p_values_adjusted_for_their_number():
    people = staff_of({("F", "a"): 60, ("F", "b"): 50, ("F", "c"): 40})
    found = group_gaps(people, group="group", comparator="a", rule=HES, resamples=200)
    assert found["median_holm"].iloc[1:].ge(found["median_p"].iloc[1:]).all()
    assert found["median_holm"].isna().tolist() == [True, False, False]


# Mutants that had survived


def test_the_two_parts_of_a_gap_by_hand():
    """Shares 3/4 and 1/4 against 1/4 and 3/4, means 10, 20 against 8, 12: 12.5 - 11 = -3.5 (where) + 5 (pay)."""
    people = pd.DataFrame({
        "sex": list("MMMMFFFF"), "band": list("55565666"), "hourly_pay": [10, 10, 10, 20, 8, 12, 12, 12.0],
    })  # fmt: skip
    found = makeup(people, by="band", group="sex", comparator="M", other="F")
    assert (found.gap, found.between, found.within) == pytest.approx((12.0, -28.0, 40.0))


def test_the_two_parts_of_a_gap_add_to_the_gap_of_the_means():
    staff = datasets.load("workforce_staff")
    found = makeup(staff, by="band", group="sex", comparator="M", other="F")
    kept = staff[staff["full_pay"] == "Y"]
    men, women = (kept.loc[kept["sex"] == sex, "hourly_pay"].mean() for sex in "MF")
    assert found.between + found.within == pytest.approx(100 * (men - women) / men)


def test_bands_with_a_smaller_gap_than_the_whole_are_counted(tmp_path):
    path = tmp_path / "mine.csv"
    pays = {"5": (20, 19), "6": (30, 20), "7": (40, 38)}
    rows = [f"{sex},{pay},{band}" for band, both in pays.items() for sex, pay in zip("MF", both, strict=True)
            for _ in range(10)]  # fmt: skip
    path.write_text("sex,hourly_pay,band\n" + "\n".join(rows) + "\n")
    said = pay.whole_and_parts(pay.open_page(str(path), resamples=10))
    assert said.startswith("In 2 of the 3 bands and grades shown the mean gap is smaller than in the whole.")
