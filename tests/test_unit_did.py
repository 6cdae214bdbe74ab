"""Differences in differences against R, known truth and the rules for what cannot be known."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from healthsys.did import (
    difference_in_differences,
    p_from_interval,
    permutation_test,
    relative_change,
    two_way_fixed_effects,
)
from healthsys.did.two_way import ERRORS, two_way
from healthsys.errors import DataError

UNIT = "1,2,3,4,5,6,8,9,10,11,12,1,2,3,4,5,6,7,9,10,11,12" + ",1,2,3,4,5,6,7,8,9,10,11,12" * 4
VALUE = """9.66,12.18,9.84,11.47,13.41,11.4,11.96,12.61,13.34,14.73,13,9.62,10.84,10.23,11.46,11.3,10.02,12.74,14,14.34,
15.17,14.71,11.72,10.91,12.92,13.3,11.44,11.55,13.02,14.11,15.52,14.82,15.38,15.15,12.09,11.4,11.94,13.86,15.85,11.8,
12.83,15.1,13.04,14.36,13.21,13.94,12.58,13.53,15.36,14.39,15.52,12.21,12.99,12.48,14.45,13.89,14.24,14.83,12.36,14.65,
13.52,14.9,13.94,12.66,11.2,13.3,12.63,13.92,14.3,14.57"""


def panel():
    """Return an unbalanced panel of 12 units over 6 periods, as drawn in R for the check below."""
    table = pd.DataFrame({"u": [int(n) for n in UNIT.split(",")], "y": [float(n) for n in VALUE.split(",")]})
    table["t"] = np.repeat([1, 2, 3, 4, 5, 6], [11, 11, 12, 12, 12, 12])
    return table.assign(treated=table["u"] <= 5, after=table["t"] >= 4)


def did(table, **options):
    columns = {"unit": "u", "period": "t", "value": "y", "treated": "treated", "after": "after"}
    return difference_in_differences(table, **{**columns, **options})


#: R 4.2.2, sandwich 3.0-2: m <- lm(y ~ factor(u) + factor(t) + d); sqrt(vcovCL(m, cluster = u, type)["d", "d"]) with
#: type "HC1" and "HC0" without cadjust for clustered_all and cr0; vcovHC(m, "HC1"); summary(m).
R_ERRORS = {
    "clustered_all": 0.4241991273,
    "cr0": 0.3525758947,
    "hc1": 0.4606523089,
    "iid": 0.4514410356,
}


@pytest.mark.parametrize("errors", R_ERRORS)
def test_two_way_effect_and_its_errors_match_r(errors):
    found = did(panel(), errors=errors)
    assert found.estimate == pytest.approx(2.407064572, abs=1e-8)
    assert found.error == pytest.approx(R_ERRORS[errors], abs=1e-8)
    assert ERRORS[errors] in found.correction


#: What pyfixest calls each of our errors.
PYFIXEST = {
    "clustered": ("CRV1", {}),
    "clustered_all": ("CRV1", {"k_fixef": "full"}),
    "cr0": ("CRV1", {"k_adj": False, "G_adj": False}),
    "hc1": ("HC1", {"k_fixef": "full"}),
    "iid": ("iid", {}),
}


def grunfeld(years):
    """Return Grunfeld's open panel of 11 firms (statsmodels), the first five taken to have changed half-way."""
    from statsmodels.datasets import grunfeld

    table = grunfeld.load_pandas().data[["firm", "year", "invest"]]
    table = table[table["year"] < 1935 + years].copy()
    names = sorted(table["firm"].unique())
    table["changed"] = table["firm"].isin(names[:5])
    table["sector"] = table["firm"].map({name: f"s{place % 5}" for place, name in enumerate(names)})
    return table.assign(later=table["year"] >= 1935 + years / 2)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pyfixest's own, of pandas
@pytest.mark.parametrize("years", [2, 5, 20])
@pytest.mark.parametrize("cluster", ["firm", "sector"])
def test_every_error_matches_pyfixest_on_open_data(years, cluster):
    """pyfixest 0.60: feols("invest ~ d | firm + year", vcov={"CRV1": cluster}, ssc=ssc(...)); one row is left out."""
    pyfixest = pytest.importorskip("pyfixest")
    table = grunfeld(years)
    if years > 2:
        table = table.drop(table.index[7])
    table["d"] = (table["changed"] & table["later"]).astype(float)
    for errors, (kind, small) in PYFIXEST.items():
        vcov = {kind: cluster} if kind == "CRV1" else kind
        known = pyfixest.feols("invest ~ d | firm + year", table, vcov=vcov, ssc=pyfixest.ssc(**small))
        found = difference_in_differences(
            table,
            unit="firm",
            period="year",
            value="invest",
            treated="changed",
            after="later",
            cluster=cluster,
            errors=errors,
            level=0.9,
        )
        assert found.estimate == pytest.approx(known.coef()["d"], rel=1e-6)
        assert found.error == pytest.approx(known.se()["d"], rel=1e-6)
        assert found.p == pytest.approx(known.pvalue()["d"], rel=1e-5)
        assert (found.lower, found.upper) == pytest.approx(known.confint(alpha=0.1).loc["d"].to_list(), rel=1e-5)


def test_counting_nested_effects_made_two_periods_root_two_too_wide():
    """Cameron and Miller 2015, p 331: with two periods the factor is near 2 where nested effects are counted."""
    units = np.repeat(np.arange(200), 2)
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"u": units, "t": np.tile([0, 1], 200), "y": rng.normal(size=400)})
    table = table.assign(treated=units < 80, after=table["t"] == 1)
    nested, counted = did(table), did(table, errors="clustered_all")
    assert counted.error / nested.error == pytest.approx(np.sqrt(397 / 198), rel=1e-9)
    # With two periods it equals the t test of the units' changes with spreads of their own (n-1 in place of n).
    changes = table.pivot(index="u", columns="t", values="y").diff(axis=1)[1]
    spread = sum(part.var(ddof=0) / len(part) for part in (changes[:80], changes[80:]))
    assert nested.error == pytest.approx(np.sqrt(spread * 200 / 199 * 399 / 397), rel=1e-9)


def test_result_says_which_correction():
    found = did(panel())
    assert found.correction.startswith("G/(G-1) x (n-1)/(n-k) with G = 12, n = 70, k = 7: effects nested in clusters")
    assert found.degrees == 11
    assert found.lower == pytest.approx(found.estimate - 2.2009851600916384 * found.error)
    assert "12 clusters; under 30" in found.warnings[0]
    whole = panel()[lambda rows: ~rows["u"].isin([7, 8])]
    means = whole.groupby(["treated", "after"])["y"].mean().unstack()
    assert did(whole).estimate == pytest.approx(means.diff(axis=1)[True].diff()[True])


def test_clusters_with_both_kinds_still_count_towards_each_side():
    """A cluster that holds changed and unchanged units counts on both sides, whatever row comes first."""
    table = panel().assign(area=lambda rows: rows["u"] % 3)
    found = did(table, cluster="area")
    assert found.reason is None
    assert found.error == pytest.approx(0.2103949614, abs=1e-8)  # pyfixest 0.60, CRV1 by area


def test_two_clusters_are_the_fewest():
    """pyfixest 0.60, CRV1 by a cluster of odd and of even units: 0.86432999 on one degree of freedom."""
    table = panel().assign(odd=lambda rows: rows["u"] % 2)
    found = did(table, cluster="odd")
    assert (found.degrees, found.clusters) == (1, 2)
    assert found.error == pytest.approx(0.8643299885, abs=1e-8)
    columns = {"unit": "u", "period": "t", "value": "y", "on": (table["treated"] & table["after"]).to_numpy(float)}
    one = two_way(table, **columns, cluster=pd.Series(0, index=table.index))
    assert (one.error, one.p, one.lower, one.upper) == (None, None, None, None)
    assert one.reason == "there is one cluster; errors between clusters cannot be estimated"


def test_units_seen_once_are_left_out_and_said():
    """pyfixest 0.60 (fixef_rm = "singleton") drops them too; here they would only inflate n and G."""
    table = panel()
    alone = pd.DataFrame({"u": [99], "t": [1], "y": [11.0], "treated": [False], "after": [False]})
    found, plain = did(pd.concat([table, alone])), did(table)
    assert (found.error, found.clusters) == (pytest.approx(plain.error), 12)
    assert found.warnings[0] == "1 rows of units or periods that occur once were left out"


def test_errors_that_ignore_clusters_warn():
    assert "usually too small" in did(panel(), errors="iid").warnings[0]
    with pytest.raises(DataError, match="errors 'cr2' are not known; allowed: clustered"):
        did(panel(), errors="cr2")


def test_no_variation_gives_a_reason_not_a_sure_answer():
    flat = did(panel().assign(y=5.0))
    assert (flat.estimate, flat.lower, flat.p, flat.error) == (pytest.approx(0, abs=1e-9), None, None, None)
    assert "fits every value exactly" in flat.reason
    exact = panel().assign(y=lambda rows: rows["u"] + 0.1 * rows["t"] + 3.0 * (rows["treated"] & rows["after"]))
    assert did(exact).estimate == pytest.approx(3)
    assert did(exact).lower is None


def test_too_few_rows_for_the_coefficients_give_a_reason():
    table = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [1.0, 2.0, 2.0, 5.0]})
    table = table.assign(treated=table["u"] == 2, after=table["t"] == 2)
    found = did(table, errors="iid")
    assert (found.estimate, found.error) == (pytest.approx(2.0), None)
    assert found.reason


def test_one_area_against_one_has_no_interval():
    table = panel().assign(area=lambda rows: np.where(rows["treated"], "South", "other"))
    found = difference_in_differences(
        table, unit="u", period="t", value="y", treated="treated", after="after", cluster="area"
    )
    assert found.lower is None
    assert "only 1 changed and 1 unchanged area" in found.reason


def test_permutation_by_the_assigned_unit_cannot_say_anything_about_one_area():
    table = panel()
    changes = table.groupby(["u", "after"])["y"].mean().unstack().diff(axis=1)[True]
    treated = table.groupby("u")["treated"].first()
    by_clinic = permutation_test(changes, pd.Series(changes.index, changes.index), treated)
    assert by_clinic.p < 0.05
    assert by_clinic.assignments == 792
    by_area = permutation_test(changes, treated.map({True: "South", False: "other"}), treated)
    assert by_area.p is None
    assert by_area.smallest_possible == 1
    assert "1 of 2 assigned units was changed: the smallest p-value that any data could give is 1" in by_area.reason


def test_three_against_three_can_give_no_p_below_a_tenth():
    """The opposite assignment gives the same absolute difference, so two of the 20 are as large whatever the data."""
    changes = pd.Series([9.0, 8.0, 7.0, 1.0, 0.5, 0.2])
    treated = pd.Series([True] * 3 + [False] * 3)
    found = permutation_test(changes, pd.Series(range(6)), treated)
    assert (found.p, found.smallest_possible) == (None, 0.1)
    more = permutation_test(
        pd.Series([9.0, 8.0, 7.0, 6.0, 1.0, 0.5, 0.2, 0.1]), pd.Series(range(8)), pd.Series([True] * 4 + [False] * 4)
    )
    assert more.p == more.smallest_possible == pytest.approx(2 / 70)


def test_ties_count_whatever_the_unit_of_the_values():
    """Exact fractions of tenths: in another unit, rounding must not hide assignments that tie with the observed one."""
    tenths = [3, 1, 1, 2, 2, 1, 3]
    gaps = [
        abs(Fraction(sum(tenths[i] for i in chosen), 3) - Fraction(sum(tenths) - sum(tenths[i] for i in chosen), 4))
        for chosen in combinations(range(7), 3)
    ]
    exact = sum(gap >= gaps[0] for gap in gaps) / len(gaps)
    treated, units = pd.Series([True] * 3 + [False] * 4), pd.Series(range(7))
    for unit in (0.1, 1e5 / 3, 1e-7 / 3, 1e12 / 7):
        found = permutation_test(pd.Series(tenths) * unit, units, treated)
        assert found.p == pytest.approx(exact)


def test_nobody_treated_is_refused():
    with pytest.raises(DataError, match="'treated' is the same for every unit"):
        did(panel().assign(treated=True))
    with pytest.raises(DataError, match="'after' is the same for every t; a comparison needs some before"):
        did(panel()[lambda rows: rows["t"] >= 4])
    with pytest.raises(DataError, match="there is no column 'clinic'"):
        did(panel(), unit="clinic")


def test_misread_columns_are_refused():
    """The words "False" and "no" would count as true."""
    with pytest.raises(DataError, match="column 'treated' holds 'yes'; allowed: true and false"):
        did(panel().assign(treated=lambda rows: rows["treated"].map({True: "yes", False: "no"})[::-1]))
    with pytest.raises(DataError, match="'4' is both true and false in column 'treated'"):
        did(panel().assign(treated=lambda rows: (rows["u"] <= 3) | ((rows["u"] == 4) & (rows["t"] > 3))))
    with pytest.raises(DataError, match=r"'3' is both true and false in column 'after'.*group_time_effects"):
        did(panel().assign(after=lambda rows: rows["t"] >= np.where(rows["u"] == 2, 3, 4)))
    with pytest.raises(DataError, match="'1' has more than one row for t 1"):
        did(pd.concat([panel(), panel().head(1)]))
    with pytest.raises(DataError, match="column 'y' holds 'inf'; allowed: finite numbers"):
        did(panel().assign(y=np.inf))
    with pytest.raises(DataError, match="level is 95"):
        did(panel(), level=95)
    with pytest.raises(DataError, match="every u has one row"):
        did(panel().drop_duplicates("u"))
    with pytest.raises(DataError, match="no row has all of"):
        did(panel().assign(y=np.nan))


def test_numbers_serve_as_flags_and_one_and_zero_mean_the_same():
    assert did(panel().astype({"treated": int, "after": float})) == did(panel())


def test_permutations_refuse_what_they_cannot_use():
    units = pd.Series(range(4))
    with pytest.raises(DataError, match="nothing to reassign"):
        permutation_test(pd.Series([np.nan] * 4), units, units < 2)
    with pytest.raises(DataError, match="a change is infinite"):
        permutation_test(pd.Series([1.0, 2.0, np.inf, 3.0]), units, units < 2)
    with pytest.raises(DataError, match="every assigned unit is changed, or none is"):
        permutation_test(pd.Series([1.0, 2.0, 4.0, 3.0]), units, units < 9)
    with pytest.raises(DataError, match="'1' is both changed and unchanged"):
        permutation_test(pd.Series([1.0, 2.0, 4.0, 3.0]), pd.Series([0, 1, 1, 2]), units < 2)


def test_two_way_of_one_common_start_is_refused():
    """Everybody starts at once: the treatment is a period, and no comparison is left."""
    with pytest.raises(DataError, match="treatment does not vary within units and periods"):
        two_way_fixed_effects(panel().assign(start=4), unit="u", period="t", value="y", start="start")


def test_a_reported_interval_gives_its_p_value_back():
    """Altman & Bland, BMJ 2011;343:d2304: an estimate 1.96 standard errors from zero has p 0.05."""
    assert p_from_interval(1.96, 0, 3.92, rounding=0)[0] == pytest.approx(0.05, abs=1e-4)
    # R 4.2.2: 2 * pt(-7.9 / (10.3 / 2 / qt(.975, 17)), 17); 7.95 in 10.2 to 7.85 in 10.4 by rounding.
    found = p_from_interval(-7.9, -13.1, -2.8, df=17)
    assert found == pytest.approx((0.004851827, 0.004333322, 0.005419518), abs=5e-10)
    # R: 2 * pnorm(-2 / (2 / qnorm(.95))): another level.
    assert p_from_interval(2, 0, 4, rounding=0, level=0.9)[0] == pytest.approx(0.1)
    # Rounding as wide as the interval, or an estimate within rounding of zero: any p is possible.
    assert p_from_interval(0.1, 0.0, 0.1)[1:] == (0.0, pytest.approx(0.3270950, abs=5e-8))
    assert p_from_interval(0.03, -0.3, 0.4)[2] == 1.0


def test_a_reported_ratio_is_tested_against_one():
    """Altman & Bland, BMJ 2011;343:d2304, their example: a relative risk of 0.81 (0.70 to 0.94) has p 0.005.

    R 4.2.2: 2 * pnorm(-abs(log(e)) * 2 * qnorm(.975) / (log(u) - log(l))); .815 in .695 to .945, .805 in .705 to .935.
    """
    found = p_from_interval(0.81, 0.70, 0.94, ratio=True, rounding=0.005)
    assert found == pytest.approx((0.005079597777, 0.002599902698, 0.009062338641), rel=1e-8)
    assert p_from_interval(0.95, 0.7, 1.29, ratio=True, rounding=0.005)[0] == pytest.approx(0.74222657, rel=1e-7)
    assert p_from_interval(1.96, 0.5, 7.68, ratio=True, rounding=0.005)[0] > 0.05


def test_a_relative_change_and_its_interval():
    assert relative_change(-14, 28.5).relative == pytest.approx(100 * (0.86 / 1.285 - 1))
    assert (relative_change(-14, 28.5).points, relative_change(-100, 5).relative) == (-42.5, -100)
    # R 4.2.2: 100 * expm1(log(.86/1.285) + c(-1,1) * qnorm(.95) * sqrt(1/1000+1/860+1/15000+1/19275)).
    found = relative_change(-14, 28.5, before=1000, other_before=15000, level=0.9)
    assert (found.lower, found.upper) == pytest.approx((-38.13065326, -27.6039091), abs=5e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p_from_interval(1, 2, 3), "is no estimate with its interval; are columns swapped"),
        (lambda: p_from_interval(1, 1, 1), "is no estimate with its interval"),
        (lambda: p_from_interval(1, 0, 2, level=95), "level is 95"),
        (lambda: p_from_interval(1, 0, 2, df=0), "df 0 are not possible"),
        (lambda: p_from_interval(0.95, 0.7, 1.29, rounding=0.005), "if this is a ratio, set ratio=True"),
        (lambda: p_from_interval(20, 10, 30, ratio=True), "this is no ratio with a log interval"),
        (lambda: p_from_interval(1.1, 0.0, 2.2, ratio=True), "a ratio with a lower limit of 0"),
        (lambda: relative_change(-14, -100), "cannot be compared"),
        (lambda: relative_change(-140, 5), "cannot be compared"),
        (lambda: relative_change(-100, 5, before=10, other_before=10), "leaves nothing to count"),
        (lambda: relative_change(-10, 5, before=0, other_before=10), "supposed counts of 0 and 10"),
        (lambda: relative_change(-10, 5, before=float("inf"), other_before=10), "supposed counts of inf"),
        (lambda: relative_change(-10, 5, before=-1, other_before=10), "supposed counts of -1"),
    ],
)
def test_impossible_reported_figures_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
