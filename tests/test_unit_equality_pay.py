"""Pay gaps, quarters, decomposition and strata: worked answers, independent implementations, properties."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets
from healthsys.disclosure import HES
from healthsys.equality import decomposition as dec
from healthsys.equality.intersectional import additive_share, fit_strata, stratum_gaps, with_strata
from healthsys.equality.pay_gap import (
    bootstrap_gap,
    gap_percent,
    gaps_by,
    group_gaps,
    quantile_gaps,
    statutory,
)
from healthsys.equality.quarters import assign_quarters, pay_quarters, quarter_sizes
from healthsys.errors import DataError

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
            r"column 'person', row 5: '3' occurs twice.*stand in two pay quarters",
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
    assert quick == pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])), abs=0.9)


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
    found = gaps_by(staff, by="band", group="sex", comparator="M", other="F", rule=HES)
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
    found = dec.split(
        dec.design(
            chicago_like(),
            outcome="AVGEXP",
            group="own",
            comparator="1",
            other="0",
            characteristics=["AGE", "INCOME", "INCOMESQ"],
        ),
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
    laid_out = dec.design(
        data,
        outcome="AVGEXP",
        group="own",
        comparator="1",
        other="0",
        characteristics=["AGE", "INCOME", "INCOMESQ"],
    )
    found = dec.split(laid_out, reference=reference)
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
    laid_out = dec.design(
        chicago_like(), outcome="AVGEXP", group="own", comparator="1", other="0", characteristics=["AGE"]
    )
    both = [dec.split(laid_out, reference=name).unexplained for name in ("pooled", "pooled_with_group")]
    assert both[0] != pytest.approx(both[1], rel=1e-3)


def test_details_add_to_the_parts_and_explained_does_not_depend_on_the_base():
    staff = datasets.load("workforce_staff").assign(log_pay=lambda s: np.log(s["hourly_pay"]))
    staff = staff[staff["band"].notna() & (staff["full_pay"] == "Y")]
    found = [
        dec.split(
            dec.design(
                staff,
                outcome="log_pay",
                group="sex",
                comparator="M",
                other="F",
                characteristics=["band", "age"],
                base=base,
            )
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
        dec.design(staff, outcome="pay", group="sex", comparator="M", other="F", characteristics=["band"])


def test_the_built_in_effect_of_sex_is_found():
    """Truth of the generator outside medicine: −0.012 log points, part-time and ethnicity held fixed."""
    staff = datasets.load("workforce_staff").assign(log_pay=lambda s: np.log(s["hourly_pay"]))
    staff = staff[staff["band"].notna() & (staff["full_pay"] == "Y") & (staff["ethnic_group"] == "W")]
    staff = staff.assign(place=staff["band"] + "/" + staff["point"].astype(str))
    both = staff.groupby("place")["sex"].nunique()
    staff = staff[staff["place"].isin(both.index[both == 2])]
    laid_out = dec.design(
        staff,
        outcome="log_pay",
        group="sex",
        comparator="M",
        other="F",
        characteristics=["place", "part_time", "disabled"],
    )
    assert dec.split(laid_out).unexplained == pytest.approx(0.012, abs=0.004)


SIX = pd.DataFrame(
    {
        "stratum": list("aaaabbbbccccddddeeeeffff"),
        "y": [10, 12, 11, 13, 14, 15, 13, 16, 9, 8, 10, 9, 12, 13, 12, 11, 17, 16, 18, 15, 11, 10, 12, 13.0],
        "half": list("xxxxxxxxxxxxyyyyyyyyyyyy"),
    }
)


def test_null_model_matches_lme4():
    """R 4.2.2, lme4 1.1.31: lmer(y ~ 1 + (1 | stratum)): 6.566667, 1.333333, 12.5; VPC 0.83122."""
    found = fit_strata(SIX, outcome="y")
    assert (found.between, found.within) == pytest.approx((6.566667, 1.333333), abs=2e-3)
    assert found.fixed["intercept"] == pytest.approx(12.5, abs=1e-6)
    assert found.vpc == pytest.approx(0.83122, abs=1e-4)
    assert found.reason is None


def test_balanced_strata_match_the_analysis_of_variance():
    means = SIX.groupby("stratum")["y"].mean()
    within = SIX.groupby("stratum")["y"].var().mean()
    found = fit_strata(SIX, outcome="y")
    assert found.between == pytest.approx(means.var() - within / 4, abs=2e-3)


def test_the_boundary_is_reported_as_zero_with_its_reason():
    """Strata whose means are equal: lme4 1.1.31 returns 0 and says singular; MixedLM does not converge."""
    flat = SIX.assign(y=[1, 2, 3, 4.0] * 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_strata(flat, outcome="y")
    assert found.between == 0
    assert found.vpc == 0
    assert "no variance between strata" in found.reason
    assert (found.residuals["residual"] == 0).all()


def test_additive_share_may_be_negative_and_is_reported():
    null, main = fit_strata(SIX, outcome="y"), fit_strata(SIX, outcome="y", additive=["half"])
    share, words = additive_share(null, main)
    assert share == pytest.approx((null.between - main.between) / null.between)
    assert (share < 0) == ("explain nothing" in words)


def test_two_strata_are_too_few():
    with pytest.raises(DataError, match="there are 2 strata; a variance between them needs at least three"):
        fit_strata(SIX[SIX["stratum"].isin(["a", "b"])], outcome="y")


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
    found = fit_strata(frame, outcome="y")
    assert found.between >= 0
    assert found.within > 0
