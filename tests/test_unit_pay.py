"""Pay gaps, quarters, decomposition and strata: worked answers, independent implementations, properties."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.mixed_linear_model import MixedLM

from compendium import datasets
from healthsys import disclosure, io, pay
from healthsys.disclosure import HES
from healthsys.errors import DataError
from healthsys.io.characteristics import unknown
from healthsys.pay import (
    additive_share,
    assign_quarters,
    bootstrap_gap,
    gap_percent,
    gaps_of_choices,
    gaps_within,
    group_gaps,
    kitagawa,
    maihda,
    oaxaca,
    pay_quarters,
    protect_counts,
    quantile_gaps,
    statutory,
    stratum_gaps,
    two_sides,
    with_strata,
)
from healthsys.pay.gaps import PROTECTS
from healthsys.pay.quarters import quarter_sizes

EIGHT = pd.DataFrame({"sex": list("FFMFMMFM"), "hourly_pay": [10, 12, 12, 12, 12, 15, 16, 20.0]})


def test_worked_example_of_the_statutory_gaps():
    """Methods reference 3.1, by hand: 15.25 and 11.11 percent; the tied block puts 1F 1M in the lower middle."""
    found = statutory(EIGHT)
    assert found.gap("mean_hourly").percent == pytest.approx(15.2542, abs=5e-5)
    assert found.gap("median_hourly").percent == pytest.approx(11.1111, abs=5e-5)
    lower_middle = found.quarters.set_index("quarter").loc["lower middle"]
    assert (lower_middle["group"], lower_middle["comparator"]) == (1, 1)


def test_bonus_measures_keep_reduced_pay_staff_and_drop_zero_bonus():
    staff = pd.DataFrame(
        {
            "sex": ["F", "F", "F", "M", "M"],
            "hourly_pay": [10, 5, 12, 14, 16.0],
            "full_pay": ["Y", "N", "Y", "Y", "Y"],
            "bonus": [0, 300, 100, 400, 0],
        }
    )
    found = statutory(staff)
    assert found.full_pay == 4
    assert found.gap("mean_hourly").percent == pytest.approx(100 * (15 - 11) / 15)
    assert found.gap("mean_bonus").percent == pytest.approx(50)
    assert found.bonus_shares["paid"].tolist() == [2, 1]
    assert found.bonus_shares["percent"].tolist() == pytest.approx([200 / 3, 50])
    assert found.left_out["not on full pay at the snapshot (kept in the bonus measures)"] == 1


def test_no_recipient_of_one_sex_is_not_calculable_with_its_reason():
    staff = pd.DataFrame({"sex": ["F", "M"], "hourly_pay": [10, 12.0], "bonus": [0, 50]})
    found = statutory(staff).gap("median_bonus")
    assert found.percent is None
    assert found.reason == "not calculable: no women received a bonus"


def test_others_than_women_and_men_are_left_out_and_counted():
    staff = pd.concat([EIGHT, pd.DataFrame({"sex": ["U"], "hourly_pay": [99.0]})])
    found = statutory(staff)
    assert found.relevant == 8
    assert found.left_out["sex recorded as neither F nor M"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"hourly_pay": [0.0] * 8},
            r"column 'hourly_pay', row 2: 0 is not a rate of pay \(8 such rows\); allowed: above 0",
        ),
        (
            {"person": [1, 2, 3, 3, 5, 6, 7, 8]},
            r"column 'person', row 5: '3' occurs twice.*in two pay quarters",
        ),
    ],
)
def test_pay_that_cannot_be_used_is_refused(change, said):
    with pytest.raises(DataError, match=said):
        statutory(EIGHT.assign(**change))


def test_a_missing_column_is_named_with_the_nearest():
    with pytest.raises(DataError, match=r"no column 'hourly_pay'. Did you mean 'hourly_pays'\?"):
        statutory(EIGHT.rename(columns={"hourly_pay": "hourly_pays"}))


@pytest.mark.parametrize(
    ("people", "sizes"), [(9, [3, 2, 2, 2]), (10, [3, 2, 3, 2]), (11, [3, 3, 3, 2]), (3, [1, 1, 1, 0])]
)
def test_remainders_go_where_the_guidance_says(people, sizes):
    assert quarter_sizes(people) == sizes


@given(st.lists(st.tuples(st.integers(8, 14), st.booleans()), min_size=1, max_size=60))
def test_quarters_hold_everybody_once_and_do_not_depend_on_the_order(people):
    pay, women = np.array([p for p, _ in people], float), np.array([w for _, w in people])
    found = pay_quarters(pay, women)
    assert (found["women"] + found["men"]).tolist() == quarter_sizes(len(people))
    assert found["women"].sum() == women.sum()
    assert (found[["women", "men"]] >= 0).all(axis=None)
    assert np.bincount(assign_quarters(pay, women)[women], minlength=4).tolist() == found["women"].tolist()
    turned = np.random.default_rng(1).permutation(len(people))
    pd.testing.assert_frame_equal(found, pay_quarters(pay[turned], women[turned]))


@given(st.lists(st.integers(1, 10_000), min_size=4, max_size=60, unique=True), st.integers(0, 2**20))
def test_without_ties_quarters_are_those_of_sorting(pays, bits):
    women = np.array([bool(bits >> i & 1) for i in range(len(pays))])
    ordered = women[np.argsort(pays)]
    ends = np.cumsum([0, *quarter_sizes(len(pays))])
    expected = [int(ordered[a:b].sum()) for a, b in itertools.pairwise(ends)]
    assert pay_quarters(np.array(pays, float), women)["women"].tolist() == expected


@given(st.floats(1, 500), st.floats(1, 500))
def test_swapping_the_groups_turns_the_sign(a, b):
    assert (gap_percent(a, b) > 0) == (a > b)


def test_the_bootstrap_of_medians_matches_resampling_people():
    """The order-statistic draw against plain resampling of people, 4,000 samples each."""
    rng = np.random.default_rng(5)
    men, women = rng.normal(20, 4, 61), rng.normal(18, 4, 80)
    quick = bootstrap_gap(men, women, measure="median", resamples=4000, seed=1)
    plain = [100 * (1 - np.median(rng.choice(women, 80)) / np.median(rng.choice(men, 61))) for _ in range(4000)]
    assert quick[:2] == pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])), abs=0.9)


def test_groups_stand_before_any_binary_split_with_not_stated_on_its_own_line():
    staff = datasets.load("workforce_staff")
    found = group_gaps(staff, group="ethnic_group", comparator="W", rule=HES, last=["N"], resamples=50)
    assert found["group"].tolist() == ["W", "A", "B", "M", "O", "N"]


def test_small_groups_have_no_figures():
    staff = pd.DataFrame({"g": ["W"] * 20 + ["B"] * 7, "hourly_pay": [20.0] * 20 + [18.0] * 7})
    row = group_gaps(staff, group="g", comparator="W", rule=HES).set_index("group").loc["B"]
    assert np.isnan(row["mean_pay"])
    assert np.isnan(row["median_gap"])
    assert row["reason"] == "fewer than 8 people"


def test_a_comparator_with_nobody_is_refused():
    with pytest.raises(DataError, match=r"nobody in the comparator group 'Wx'. Did you mean 'W'\?"):
        group_gaps(pd.DataFrame({"g": ["W"], "hourly_pay": [1.0]}), group="g", comparator="Wx", rule=HES)


def test_a_band_with_few_people_of_one_sex_has_no_gap():
    staff = pd.DataFrame({"sex": ["F"] * 20 + ["M"] * 3, "band": "5", "hourly_pay": 15.0})
    found = gaps_within(staff, by="band", group="sex", comparator="M", other="F", rule=HES)
    assert found["reason"].tolist() == ["fewer than 8 people"] * 2
    assert found["mean_gap"].isna().all()


def test_no_step_of_the_distribution_rests_on_too_few_people():
    staff = pd.DataFrame({"sex": ["F"] * 30 + ["M"] * 30, "hourly_pay": np.arange(10, 70.0)})
    found = quantile_gaps(staff, group="sex", comparator="M", other="F", rule=HES)
    assert found["percentile"].tolist() == [40, 80]


def chicago_like():
    import statsmodels.api as sm

    data = sm.datasets.ccard.load_pandas().data
    return data.assign(own=data["OWNRENT"].astype(int).astype(str))


def test_oaxaca_matches_statsmodels_on_the_credit_card_data():
    """statsmodels 0.15.0, OaxacaBlinder(..., "OWNRENT", hasconst=False): published in its documentation and re-run."""
    found = oaxaca(
        chicago_like(),
        outcome="AVGEXP",
        group="own",
        comparator="1",
        other="0",
        characteristics=["AGE", "INCOME", "INCOMESQ"],
        reference="pooled_with_group",
    )
    assert found.gap == pytest.approx(158.75044, abs=5e-5)
    assert (found.unexplained, found.explained) == pytest.approx((27.94091, 130.80954), abs=5e-5)
    parts = (found.endowments, found.coefficients, found.interaction)
    assert parts == pytest.approx((321.74824, 75.45371, -238.45151), abs=5e-4)


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("comparator", None),
        ("average", "self_submitted"),
        ("weighted", "cotton"),
        ("pooled_with_group", "pooled"),
    ],
)
def test_twofold_references_match_statsmodels(reference, kind):
    from statsmodels.stats.oaxaca import OaxacaBlinder

    data = chicago_like()
    found = oaxaca(
        data,
        outcome="AVGEXP",
        group="own",
        comparator="1",
        other="0",
        characteristics=["AGE", "INCOME", "INCOMESQ"],
        reference=reference,
    )
    # statsmodels weighs Cotton's coefficients by the sizes from before it swaps the groups: do not let it swap.
    columns = data[["OWNRENT", "AGE", "INCOME", "INCOMESQ"]]
    model = OaxacaBlinder(data["AVGEXP"], columns, "OWNRENT", hasconst=False, swap=kind != "cotton")
    if kind == "cotton":
        unexplained, explained, gap = (-part for part in model.two_fold(two_fold_type=kind).params)
    elif kind == "pooled":
        unexplained, explained, gap = model.two_fold(two_fold_type=kind).params
    else:
        weight = {"comparator": 1.0, "average": 0.5}[reference]
        unexplained, explained, gap = model.two_fold(two_fold_type="self_submitted", submitted_weight=weight).params
    assert found.gap == pytest.approx(gap)
    assert (found.unexplained, found.explained) == pytest.approx((unexplained, explained), rel=1e-6)


def test_neumark_differs_from_jann():
    """statsmodels 0.15.0 returns the Jann result for ``two_fold_type="neumark"``; here they are two."""
    options = {"outcome": "AVGEXP", "group": "own", "comparator": "1", "other": "0", "characteristics": ["AGE"]}
    both = [oaxaca(chicago_like(), reference=name, **options).unexplained for name in ("pooled", "pooled_with_group")]
    assert both[0] != pytest.approx(both[1], rel=1e-3)


def test_details_add_to_the_parts_and_explained_does_not_depend_on_the_base():
    staff = datasets.load("workforce_staff").assign(log_pay=lambda s: np.log(s["hourly_pay"]))
    staff = staff[staff["band"].notna() & (staff["full_pay"] == "Y")]
    found = [
        oaxaca(
            staff,
            outcome="log_pay",
            group="sex",
            comparator="M",
            other="F",
            characteristics=["band", "age"],
            base=base,
        )
        for base in ({"band": "2"}, {"band": "9"})
    ]
    for one in found:
        assert one.detail["explained"].sum() == pytest.approx(one.explained)
        assert one.detail["unexplained"].sum() == pytest.approx(one.unexplained)
    assert found[0].detail["explained"].tolist() == pytest.approx(found[1].detail["explained"].tolist())
    assert found[0].detail["base"].tolist() == ["", "2", ""]


def test_a_level_of_one_group_only_is_refused():
    staff = pd.DataFrame({"sex": list("MMMFFF"), "band": list("566555"), "pay": np.arange(6.0)})
    with pytest.raises(DataError, match=r"column 'band', level '6': only one of the two groups has anybody there"):
        oaxaca(staff, outcome="pay", group="sex", comparator="M", other="F", characteristics=["band"])


def test_the_built_in_effect_of_sex_is_found():
    """Truth of the generator outside medicine: −0.012 log points, part-time and ethnicity held fixed."""
    staff = datasets.load("workforce_staff").assign(log_pay=lambda s: np.log(s["hourly_pay"]))
    staff = staff[staff["band"].notna() & (staff["full_pay"] == "Y") & (staff["ethnic_group"] == "W")]
    staff = staff.assign(place=staff["band"] + "/" + staff["point"].astype(str))
    both = staff.groupby("place")["sex"].nunique()
    staff = staff[staff["place"].isin(both.index[both == 2])]
    found = oaxaca(
        staff,
        outcome="log_pay",
        group="sex",
        comparator="M",
        other="F",
        characteristics=["place", "part_time", "disabled"],
    )
    assert found.unexplained == pytest.approx(0.012, abs=0.004)


SIX = pd.DataFrame(
    {
        "stratum": list("aaaabbbbccccddddeeeeffff"),
        "y": [10, 12, 11, 13, 14, 15, 13, 16, 9, 8, 10, 9, 12, 13, 12, 11, 17, 16, 18, 15, 11, 10, 12, 13.0],
        "half": list("xxxxxxxxxxxxyyyyyyyyyyyy"),
    }
)


def test_null_model_matches_lme4():
    """R 4.2.2, lme4 1.1.31: lmer(y ~ 1 + (1 | stratum)): 6.566667, 1.333333, 12.5; VPC 0.83122."""
    found = maihda(SIX, outcome="y")
    assert (found.between, found.within) == pytest.approx((6.566667, 1.333333), abs=5e-6)
    assert found.fixed["intercept"] == pytest.approx(12.5, abs=1e-6)
    assert found.vpc == pytest.approx(0.83122, abs=5e-6)
    assert found.reason is None


def test_balanced_strata_match_the_analysis_of_variance():
    means = SIX.groupby("stratum")["y"].mean()
    within = SIX.groupby("stratum")["y"].var().mean()
    found = maihda(SIX, outcome="y")
    assert found.between == pytest.approx(means.var() - within / 4, abs=5e-6)


def test_the_boundary_is_reported_as_zero_with_its_reason():
    """Strata whose means are equal: lme4 1.1.31 returns 0 and says singular; MixedLM does not converge."""
    flat = SIX.assign(y=[1, 2, 3, 4.0] * 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = maihda(flat, outcome="y")
    assert found.between == 0
    assert found.vpc == 0
    assert "no variance between strata" in found.reason
    assert (found.residuals["residual"] == 0).all()


def test_additive_share_may_be_negative_and_is_reported():
    null, main = maihda(SIX, outcome="y"), maihda(SIX, outcome="y", additive=["half"])
    share, said = additive_share(null, main)
    assert share == pytest.approx((null.between - main.between) / null.between)
    assert (share < 0) == ("explain nothing" in said)


def test_two_strata_are_too_few():
    with pytest.raises(DataError, match="there are 2 strata; a variance between them needs at least three"):
        maihda(SIX[SIX["stratum"].isin(["a", "b"])], outcome="y")


def test_strata_with_unknown_characteristics_are_left_out_and_counted():
    kept, left_out = with_strata(pd.DataFrame({"a": ["x", None], "b": ["y", "z"]}), ["a", "b"])
    assert (len(kept), left_out) == (1, 1)


def test_small_strata_have_no_pay():
    staff = pd.DataFrame({"sex": ["F"] * 20 + ["M"] * 5, "g": "W", "hourly_pay": 10.0})
    found = stratum_gaps(staff, by=["sex", "g"], comparator=["F", "W"], rule=HES).set_index("stratum")
    assert np.isnan(found.loc["M · W", "gap"])
    assert found.loc["M · W", "reason"] == "fewer than 8 people"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=8), st.integers(0, 1000))
def test_the_direct_likelihood_agrees_with_mixedlm_inside_the_boundary(means, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 12, len(means))
    frame = pd.DataFrame(
        {
            "stratum": np.repeat([f"s{i}" for i in range(len(means))], sizes),
            "y": np.concatenate([rng.normal(mean, 1, size) for mean, size in zip(means, sizes, strict=True)]),
        }
    )
    found = maihda(frame, outcome="y")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = MixedLM.from_formula("y ~ 1", frame, groups="stratum").fit(reml=True, method=["powell"])
    if found.between > 0.05 and other.converged:
        assert found.between == pytest.approx(float(other.cov_re.iloc[0, 0]), rel=0.02)
        assert found.within == pytest.approx(other.scale, rel=0.02)


# Both groups must be large enough, and nobody can be worked out


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


def test_one_person_cannot_be_worked_out_of_all_others_together():
    """One of group c: all others less those of b would be that person's pay, so b is withheld too."""
    people = staff_of({("F", "a"): 40, ("F", "b"): 30, ("F", "c"): 1, ("F", "d"): 50})
    found = group_gaps(people, group="group", comparator="a", rule=HES, resamples=20).set_index("group")
    assert found.loc["b", "reason"] == PROTECTS
    assert found.loc["b", ["mean_pay", "median_pay", "mean_gap", "median_gap"]].isna().all()
    assert found.loc["d", ["mean_pay", "mean_gap"]].notna().all()
    plain = group_gaps(people[people["group"] != "c"], group="group", comparator="a", rule=HES, resamples=20)
    assert plain["mean_gap"].notna().all()


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


def test_bootstrap_p_is_small_for_a_clear_gap_and_one_for_none():
    rng = np.random.default_rng(3)
    a, b = rng.normal(20, 2, 200), rng.normal(15, 2, 200)
    assert bootstrap_gap(a, b, measure="median", resamples=999, seed=1)[2] == pytest.approx(2 / 1000)
    assert bootstrap_gap(a, a, measure="mean", resamples=999, seed=1)[2] > 0.5


def test_groups_carry_p_values_adjusted_for_their_number():
    people = staff_of({("F", "a"): 60, ("F", "b"): 50, ("F", "c"): 40})
    found = group_gaps(people, group="group", comparator="a", rule=HES, resamples=200)
    assert found["median_holm"].iloc[1:].ge(found["median_p"].iloc[1:]).all()
    assert found["median_holm"].isna().tolist() == [True, False, False]


def test_the_two_parts_of_a_gap_by_hand():
    """Shares 3/4 and 1/4 against 1/4 and 3/4, means 10, 20 against 8, 12: 12.5 - 11 = -3.5 (where) + 5 (pay)."""
    people = pd.DataFrame({
        "sex": list("MMMMFFFF"), "band": list("55565666"), "hourly_pay": [10, 10, 10, 20, 8, 12, 12, 12.0],
    })  # fmt: skip
    found = kitagawa(people, by="band", group="sex", comparator="M", other="F")
    assert (found.gap, found.between, found.within) == pytest.approx((12.0, -28.0, 40.0))


def test_the_two_parts_of_a_gap_add_to_the_gap_of_the_means():
    staff = datasets.load("workforce_staff")
    found = kitagawa(staff, by="band", group="sex", comparator="M", other="F")
    kept = staff[staff["full_pay"] == "Y"]
    men, women = (kept.loc[kept["sex"] == sex, "hourly_pay"].mean() for sex in "MF")
    assert found.between + found.within == pytest.approx(100 * (men - women) / men)


@pytest.mark.parametrize("words", [(True, False), ("No", "no"), ("y", "n"), (1, 0), (1.0, 0.0), (None, " N ")])
def test_full_pay_is_read_as_the_payroll_reader_does(words):
    """Four of 32 people are not on full pay, so 28 count in the hourly gap."""
    yes, no = ("Yes", "No") if words[0] == "No" else words
    staff = pd.DataFrame({"sex": list("FM") * 16, "hourly_pay": 20.0, "full_pay": [*[yes] * 7, no] * 4})
    assert statutory(staff).full_pay == 28
    with pytest.raises(DataError, match=r"column 'full_pay', row 9: 'reduced' is neither yes nor no \(4 such rows\)"):
        statutory(staff.assign(full_pay=[*[yes] * 7, "reduced"] * 4))


def test_codes_of_sex_are_not_taken_for_booleans():
    expected = pay_quarters(np.arange(8.0), np.array([True, False] * 4))
    assert expected["women"].tolist() == [1, 1, 1, 1]
    assert pay_quarters(np.arange(8.0), [1, 0] * 4).equals(expected)
    for codes in (list("FMFMFMFM"), [1, 2] * 4, [True, None] * 4):
        with pytest.raises(DataError, match=r'allowed: True and False, or 1 and 0.*staff\["sex"\] == "F"'):
            pay_quarters(np.arange(8.0), codes)


def sided(staff, group="sex", comparator="M"):
    staff = staff.assign(side=two_sides(staff, group=group, comparator=comparator, unknown=unknown(group)))
    return staff if "level" in staff else staff.assign(level="Not stated")


def test_another_choice_that_differs_by_few_people_is_not_shown():
    """Two women on reduced pay: with and without them, their pay would follow."""
    rows = [(sex, 15 + n / 10, "Y") for sex in "FM" for n in range(40)] + [("F", 11.0, "N"), ("F", 12.0, "N")]
    staff = sided(pd.DataFrame(rows, columns=["sex", "hourly_pay", "full_pay"]))
    choices = {"As on this page": staff, "reduced pay kept": staff.drop(columns="full_pay")}
    table = gaps_of_choices(choices, rule=HES).set_index("choice")
    assert np.isnan(table.loc["reduced pay kept", "mean_gap"])
    assert not np.isnan(table.loc["As on this page", "mean_gap"])


@pytest.fixture(scope="module")
def workforce():
    path = datasets.describe("workforce_staff")["path"]
    return io.read_payroll(datasets.paths.data() / path, label=path, characteristics=["disabled"])


@pytest.mark.parametrize(("characteristic", "comparator"), [("sex", "M"), ("ethnic_group", "W"), ("disabled", "N")])
@pytest.mark.parametrize("rule", ["hes", "local_1_4", "local_1_9"])
def test_every_suppressed_cell_of_the_pay_pages_can_be_three_numbers(workforce, characteristic, comparator, rule):
    staff = sided(workforce, characteristic, comparator)
    shown = protect_counts(staff, group=characteristic, rule=disclosure.rule(rule))
    assert shown.proof.holds


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("FMU"), min_size=10, max_size=60), st.integers(0, 99))
def test_whatever_the_file_the_counts_hold(letters, seed):
    staff = pd.DataFrame({"sex": letters, "hourly_pay": np.random.default_rng(seed).integers(10, 30, len(letters))})
    if "F" not in letters:
        return
    try:
        page = protect_counts(sided(staff), group="sex", rule=HES)
    except DataError:
        if staff["sex"].value_counts().min() >= 8:  # it is refused only where a group is too small to be shown
            raise
    else:
        assert page.proof.holds


def test_a_level_without_enough_people_has_no_pay(workforce):
    staff = sided(workforce, "ethnic_group", "W")
    table = gaps_within(staff, by="level", group="side", comparator="comparator", other="other", rule=HES).set_index(
        "level"
    )
    assert np.isnan(table.loc["VSM", "mean_gap"])
    assert table.loc["VSM", "reason"] == "fewer than 8 people"


def test_a_characteristic_that_is_not_there_is_named(workforce):
    said = r"there is no column 'religion' to compare\. It has: sex, ethnic_group, disabled"
    with pytest.raises(DataError, match=said):
        two_sides(workforce, group="religion", comparator="M")


def test_nobody_to_compare_with_is_refused():
    with pytest.raises(DataError, match="no known level except the comparator 'M'"):
        two_sides(pd.DataFrame({"sex": ["M", "M", "U"]}), group="sex", comparator="M", unknown=unknown("sex"))


def test_public_names_are_the_methods():
    assert dir(pay) == sorted(pay.__all__)
    assert all(getattr(pay, name).__doc__ for name in pay.__all__)


def test_a_group_that_cannot_tell_the_coefficients_apart_is_refused():
    """Five people for six coefficients: the parts would depend on the base level."""
    men = pd.DataFrame({"sex": "M", "band": list("12345"), "job": ["x", "y", "x", "y", "x"], "pay": [1.0, 2, 4, 3, 5]})
    women = pd.concat([men.assign(sex="F", job=one, pay=men["pay"] - cut) for one, cut in (("x", 0.4), ("y", 0.2))])
    people = pd.concat([men, women], ignore_index=True)
    options = {"outcome": "pay", "group": "sex", "comparator": "M", "other": "F"}
    with pytest.raises(DataError, match="the 5 people of group 'M' of column 'sex' do not tell the 6 coefficients"):
        oaxaca(people, characteristics=["band", "job"], **options)


@pytest.mark.parametrize(
    ("outcome", "between", "vpc", "reason"),
    [
        ([1.0, 1, 2, 2, 3, 3], 1.0, 1.0, "nobody differs within a stratum"),
        ([2.0] * 6, 0.0, None, "everybody has the same value"),
    ],
)
def test_strata_without_scatter_have_a_reason(outcome, between, vpc, reason):
    """Three strata without scatter within: the variance between is that of their means, 1 for 1, 2, 3."""
    found = maihda(pd.DataFrame({"stratum": list("aabbcc"), "y": outcome}), outcome="y")
    assert found.between == pytest.approx(between)
    assert (found.within, found.vpc) == (0.0, vpc)
    assert found.reason.startswith(reason)
    assert found.residuals["residual"].sum() == pytest.approx(0)


def test_p_at_the_floor_of_the_resamples_is_said():
    """By hand: 2 / 101 is the smallest p of 100 resamples; times 3 it is above 0.05, so 20 * 3 / 0.05 are needed."""
    people = staff_of({("F", "a"): 60, ("F", "b"): 50, ("F", "c"): 40, ("F", "d"): 16})
    people["hourly_pay"] = np.arange(len(people)) / 100 + people["group"].map({"a": 40, "b": 30, "c": 20, "d": 10})
    said = "3 of 3 p-values are the smallest that 100 resamples can give, 0.0198 (0.0594 by Holm)"
    few = "the interval of a mean gap is too narrow with fewer than 20 people"
    options = {"rule": HES, "resamples": 100}
    found = group_gaps(people, group="group", comparator="a", **options).attrs["notes"]
    assert found[0].startswith(said)
    assert found[0].endswith("no p by Holm's method can be below 0.05: draw 1,200 or more")
    assert found[1:] == [f"{few} in a group"]
    strata = {"by": ["sex", "group"], "comparator": ["F", "a"]}
    assert stratum_gaps(people, **strata, measure="mean", **options).attrs["notes"] == found
    assert stratum_gaps(people, **strata, **options).attrs["notes"] == found[:1]
    enough = stratum_gaps(people, **strata, rule=HES, resamples=1200).attrs["notes"][0]
    assert enough.endswith("(0.005 by Holm): read them as at most that")


def test_models_refuse_a_level_and_names_that_cannot_be():
    people = SIX.assign(sex=["F", "M"] * (len(SIX) // 2), hourly_pay=SIX["y"], of="x")
    people["other"] = people["sex"]
    sides = {"outcome": "y", "group": "sex", "comparator": "M", "other": "F", "characteristics": ["half"]}
    for call, message in (
        (lambda: maihda(SIX, outcome="y", level=95), "level is 95"),
        (lambda: oaxaca(people, **sides, level=95, resamples=10), "level is 95"),
        (lambda: oaxaca(people, **sides, base={"hafl": "a"}), "base names 'hafl'.*Did you mean 'half'"),
        (lambda: maihda(SIX, outcome="y", additive=["hafl"]), "no column 'hafl'.*Did you mean 'half'"),
        (lambda: maihda(people, outcome="y", additive=["sex", "other"]), "sex, other follows from the others"),
        (lambda: kitagawa(people, by="sex", group="sex", comparator="M", other="F"), "no level of column 'sex' has"),
        (lambda: kitagawa(people, by="of", group="sex", comparator="M", other="W"), "no level of column 'of' has"),
    ):
        with pytest.raises(DataError, match=message):
            call()
