"""Alpha, omega, agreement and aggregation against published tables and R.

pingouin is an independent check here; the package has its own formulas.
"""

import re
import warnings

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.multivariate.factor import Factor

from compendium import datasets
from healthsys import climate
from healthsys.climate.reliability import feldt_interval, one_factor
from healthsys.errors import DataError

ITEMS = pd.DataFrame(
    {
        "a": [0, 1, 2, 3, 2, 1, 3, 2],
        "b": [0, 1, 3, 3, 2, 2, 3, 1],
        "c": [1, 1, 2, 3, 1, 0, 3, 2],
        "d": [0, 2, 2, 3, 1, 1, 2, 2],
    }
)
#: Shrout and Fleiss 1979, Table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
#: Sixty people, four items, as drawn in R for the check of omega.
R_SAMPLE = datasets.load("one_factor_sample")[["a", "b", "c", "d"]]
ANSWERS = st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=5, max_size=12)


def test_alpha_matches_psych_alpha_with_feldts_interval():
    """R 4.2.2, psych 2.2.9: alpha(x)$total$raw_alpha; alpha.ci(raw_alpha, n.obs = 8, n.var = 4)."""
    found = climate.cronbach_alpha(ITEMS)
    assert (found.alpha, found.lower, found.upper) == pytest.approx((0.9099692578, 0.732732, 0.9797777), abs=5e-7)


def test_missing_answers_are_dropped_before_the_interval_is_computed():
    """pingouin 0.7 with nan_policy="listwise" keeps the number of people before the drop in its interval."""
    holes = pd.concat([ITEMS, pd.DataFrame({"a": [1, None], "b": [None, 2], "c": [2, 2], "d": [1, None]})])
    found = climate.cronbach_alpha(holes)
    assert (found.n, found.dropped) == (8, 2)
    assert found.lower == climate.cronbach_alpha(ITEMS).lower


def test_pingouins_worked_example():
    """pingouin's documented example cronbach_wide_missing: pairwise alpha 0.7327, interval 0.435 to 0.909."""
    data = pingouin.read_dataset("cronbach_wide_missing")
    assert pingouin.cronbach_alpha(data=data)[0] == pytest.approx(0.7327, abs=5e-5)
    assert feldt_interval(0.732660835214447, people=12, items=11) == pytest.approx((0.435, 0.909), abs=5e-4)
    complete = climate.cronbach_alpha(data)
    assert complete.n == len(data.dropna())
    assert complete.alpha == pytest.approx(pingouin.cronbach_alpha(data=data.dropna())[0])


@given(ANSWERS)
@settings(max_examples=30)
def test_alpha_is_at_most_1_and_does_not_depend_on_the_order_of_people(rows):
    items = pd.DataFrame(rows, columns=list("abc"))
    found = climate.cronbach_alpha(items)
    again = climate.cronbach_alpha(items.iloc[::-1])
    if found.alpha is None:
        assert found.reason
        assert again.alpha is None
    else:
        assert found.alpha <= 1
        assert found.lower <= found.alpha <= found.upper
        assert again.alpha == pytest.approx(found.alpha)


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (ITEMS[["a"]], "1 item.*at least 2 are needed"),
        (ITEMS.head(2), "2 people answered every item; at least 3 are needed"),
        (ITEMS * 0, "everyone has the same total"),
    ],
)
def test_alpha_that_is_undefined_has_a_reason(items, reason):
    found = climate.cronbach_alpha(items)
    assert found.alpha is None
    assert re.search(reason, found.reason)


def test_omega_of_the_worked_loadings():
    """Methods reference: standardised loadings .7, .6, .5, .8 give 0.74945."""
    loadings = np.array([0.7, 0.6, 0.5, 0.8])
    assert climate.omega_from_loadings(loadings, 1 - loadings**2) == pytest.approx(0.74945, abs=5e-6)


def test_omega_matches_factanal_on_covariances():
    """R 4.2.2: factanal(x, 1) on the data below, loadings and uniquenesses times SD and variance: 0.6483749.

    set.seed(1); g <- rnorm(60); x <- sapply(c(.7,.6,.5,.8), function(l) round(l*g + rnorm(60)*sqrt(1-l^2), 2))
    """
    found = climate.mcdonald_omega(R_SAMPLE)
    assert found.omega == pytest.approx(0.6483749002, abs=2e-5)
    assert found.n == 60


def test_omega_is_the_same_each_time():
    assert climate.mcdonald_omega(R_SAMPLE).omega == climate.mcdonald_omega(R_SAMPLE).omega


def test_omega_that_is_undefined_has_a_reason():
    assert "at least 3 are needed" in climate.mcdonald_omega(ITEMS[["a", "b"]]).reason
    assert "at least 5 are needed" in climate.mcdonald_omega(ITEMS.head(4)).reason
    assert "everyone answers 'c' alike" in climate.mcdonald_omega(ITEMS.assign(c=1)).reason
    heywood = pd.DataFrame({"a": [0, 1, 2, 3] * 5, "b": [0, 1, 2, 3] * 5, "c": [1, 0, 2, 1, 3] * 4})
    found = climate.mcdonald_omega(heywood)
    assert found.omega is None
    assert "the factor model does not hold" in found.reason


@pytest.mark.parametrize(("seed", "most"), [(0, 500), (1, 500), (2, 1)])
def test_a_factor_fit_that_cannot_be_trusted_has_no_omega(monkeypatch, seed, most):
    """An item that is nearly the factor itself, so that the fit leaves it a variance of 0; and a search cut short."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=80)
    answers = np.column_stack([factor + rng.normal(size=80) * spread for spread in (0.02, 0.9, 1.0, 0.8)])
    fit = Factor.fit
    monkeypatch.setattr(Factor, "fit", lambda self, start, opt: fit(self, start=start, opt=opt | {"maxiter": most}))
    found = climate.mcdonald_omega(pd.DataFrame(answers, columns=list("abcd")))
    assert found.omega is None
    reason = "an item is left no variance of its own" if most == 500 else "the search does not converge"
    assert found.reason.startswith(f"the factor model does not hold: {reason}")


def test_one_factor_refuses_a_variable_without_variance_of_its_own():
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        one_factor(np.array([[0, 0, 1], [1, 1, 0], [2, 2, 2], [3, 3, 1], [1, 1, 3], [0, 0, 0]], dtype=float))


def two_way(level=0.95, ratings=SHROUT_FLEISS):
    return climate.two_way_icc(pd.DataFrame(ratings), level=level).set_index("coefficient")


def test_two_way_icc_of_shrout_and_fleiss_matches_r_psych():
    """Shrout and Fleiss 1979, Table 4 (.29, .71, .62, .91), and R psych 2.2.9: ICC(x, lmer = FALSE)."""
    found = two_way()
    expected = {
        "ICC(2,1)": (0.2897637795, 0.01878651337, 0.7610843696),
        "ICC(3,1)": (0.7148407148, 0.34246476503, 0.9458582600),
        "ICC(2,k)": (0.6200505476, 0.07113681530, 0.9272320402),
        "ICC(3,k)": (0.9093155424, 0.67567471382, 0.9858916782),
    }
    for name, values in expected.items():
        assert found.loc[name, ["icc", "lower", "upper"]].tolist() == pytest.approx(values, abs=5e-10)
    assert found[["targets", "raters", "dropped"]].drop_duplicates().values.tolist() == [[6, 4, 0]]


def test_two_way_icc_at_another_level_matches_r_psych():
    """R psych 2.2.9: ICC(x, lmer = FALSE, alpha = 0.10)."""
    found = two_way(level=0.90)
    assert found.loc["ICC(2,1)", ["lower", "upper"]].tolist() == pytest.approx((0.04290119154, 0.6910706066), abs=5e-10)
    assert found.loc["ICC(3,k)", ["lower", "upper"]].tolist() == pytest.approx((0.73689767858, 0.9803660560), abs=5e-10)


def test_two_way_icc_matches_pingouin_on_other_data():
    """PyPI pingouin 0.6 (GPL, tests only): intraclass_corr, rows ICC(A,1), ICC(C,1), ICC(A,k), ICC(C,k)."""
    rng = np.random.default_rng(11)
    ratings = rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.6, (12, 3)) + np.array([0, 0.5, -0.3])
    long = pd.DataFrame(ratings).reset_index().melt("index", var_name="judge", value_name="rating")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pingouin's own, about pandas
        theirs = pingouin.intraclass_corr(long, targets="index", raters="judge", ratings="rating")["ICC"].tolist()
    assert two_way(ratings=ratings)["icc"].tolist() == pytest.approx([theirs[i] for i in (1, 2, 4, 5)], abs=1e-8)


@pytest.mark.parametrize(
    ("ratings", "icc", "reason"),
    [
        (np.ones((4, 3)), None, "the targets do not differ"),
        (np.array([[93.3, 93.3]] * 4), None, "the targets do not differ"),
        (np.arange(4)[:, None] + np.array([[0.1, 0.3, 0.5]]), 1.0, "differ by one amount on every target"),
        (np.arange(3.0)[:, None], None, r"1 rater\(s\); at least 2"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), None, r"1 target\(s\) with every rating"),
        (np.array([[np.nan, 2.0], [np.nan, 1.0]]), None, r"0 target\(s\)"),
    ],
)
def test_a_two_way_icc_that_is_undefined_has_a_reason(ratings, icc, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = two_way(ratings=ratings)
    value = found.loc["ICC(3,1)", "icc"]
    assert value == pytest.approx(icc) if icc is not None else np.isnan(value)
    assert found["lower"].isna().all()
    assert re.search(reason, found["reason"].iloc[0])


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=9))
@settings(max_examples=60)
def test_no_two_way_icc_is_infinite_and_each_interval_holds_its_value(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = two_way(ratings=np.array(rows, dtype=float))
    assert not np.isinf(found[["icc", "lower", "upper"]].to_numpy()).any()
    held = found.dropna(subset=["icc", "lower", "upper"])
    assert (held["lower"] <= held["icc"] + 1e-12).all()
    assert (held["icc"] <= held["upper"] + 1e-12).all()


def test_item_analysis_matches_psych_alpha():
    """R psych 2.2.9: alpha(x)$alpha.drop[, c("raw_alpha", "std.alpha")] and alpha(x)$item.stats$r.drop."""
    found = climate.item_analysis(ITEMS).set_index("item")
    assert found["alpha_without"].tolist() == pytest.approx(
        [0.832923832924, 0.909722222222, 0.898648648649, 0.888655462185], abs=5e-12
    )
    assert found["standardised_without"].tolist() == pytest.approx(
        [0.840262130249, 0.911128727548, 0.901398617062, 0.890875324820], abs=5e-12
    )
    assert found["rest_correlation"].tolist() == pytest.approx(
        [0.934286397681, 0.730867957149, 0.753370803501, 0.788913889003], abs=5e-12
    )
    assert found.loc["a", ["lower", "upper"]].tolist() == pytest.approx(
        feldt_interval(0.832923832924, people=8, items=3), abs=1e-9
    )


def test_standardised_alpha_matches_psych():
    """R psych 2.2.9: alpha(x)$total$std.alpha."""
    assert climate.cronbach_alpha(ITEMS).standardised == pytest.approx(0.912852819714, abs=5e-12)
    assert climate.cronbach_alpha(ITEMS.assign(e=1)).standardised is None


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (ITEMS.assign(e=1), "everyone answers 'e' alike"),
        (ITEMS[["a", "b"]], r"1 item\(s\); at least 2 are needed"),
        (ITEMS[["a"]], "0 item"),
        (ITEMS.head(1), "1 people answered every item"),
        (ITEMS * np.nan, "0 people answered every item"),
        (ITEMS * 0 + 93.3, "same total"),
    ],
)
def test_item_analysis_that_is_undefined_has_a_reason_and_no_warning(items, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = climate.item_analysis(items)
    assert re.search(reason, found["reason"].dropna().iloc[-1])
    assert not np.isinf(found[["alpha_without", "rest_correlation"]].to_numpy()).any()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (ITEMS.astype(object).replace(3, "2,5"), "column 'a', row 5: '2,5' is no number"),
        (ITEMS.astype(float).replace(3, np.inf), "column 'a', row 5: 'inf' is no number"),
        (ITEMS.set_axis(list("aacd"), axis=1), "column 'a' occurs twice"),
    ],
)
def test_what_is_no_answer_is_refused(items, message):
    for method in (climate.cronbach_alpha, climate.mcdonald_omega, climate.item_analysis, climate.two_way_icc):
        with pytest.raises(DataError, match=message):
            method(items)


def test_complex_loadings_of_newer_numpy_are_read_as_real(monkeypatch):
    """numpy 2.5 returns complex eigenvectors of a real matrix, which statsmodels multiplies into the loadings."""
    real = climate.mcdonald_omega(R_SAMPLE).omega
    eig = np.linalg.eig
    monkeypatch.setattr(np.linalg, "eig", lambda matrix: tuple(part.astype(complex) for part in eig(matrix)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert climate.mcdonald_omega(R_SAMPLE).omega == real
    monkeypatch.setattr(np.linalg, "eig", lambda matrix: tuple(part + 0.01j for part in eig(matrix)))
    found = climate.mcdonald_omega(R_SAMPLE)
    assert found.omega is None
    assert "not real numbers" in found.reason


def test_aggregation_matches_the_one_way_icc_with_its_interval():
    """R psych 2.2.9 ICC() on Shrout and Fleiss 1979, rows as teams: ICC1 and ICC1k with their F intervals."""
    teams = np.repeat(np.arange(6), 4)
    found = climate.icc(SHROUT_FLEISS.ravel(), teams)
    assert (found.icc1, found.icc1_lower, found.icc1_upper) == pytest.approx((0.165742, -0.132932, 0.722560), abs=5e-6)
    assert (found.icc2, found.icc2_lower, found.icc2_upper) == pytest.approx((0.442798, -0.884439, 0.912416), abs=5e-6)
    assert (found.teams, found.people, found.group_size) == (6, 24, 4)


def test_aggregation_of_unequal_teams_matches_r_aov():
    """R 4.2.2: anova(aov(s ~ t)); k = mean size 5 and n0 = 4.9333."""
    scores = [120, 150, 135, 160, 140, 200, 180, 190, 210, 90, 110, 100, 130, 120, 95]
    teams = ["a"] * 5 + ["b"] * 4 + ["c"] * 6
    found = climate.icc(scores, teams)
    assert (found.icc1, found.icc2) == pytest.approx((0.8920066266, 0.9763588558), abs=1e-9)
    weighted = climate.icc(scores, teams, group_size="n0")
    assert (weighted.group_size, weighted.icc1) == pytest.approx((4.9333333, 0.8932928895), abs=1e-7)


def test_a_negative_icc_is_reported_as_it_is():
    found = climate.icc([1, 9, 2, 9, 1, 10], ["a", "a", "b", "b", "c", "c"])
    assert found.icc1 < 0
    assert found.icc2 < found.icc1


@pytest.mark.parametrize(
    ("scores", "teams", "reason"),
    [
        ([1, 2, 3], ["a", "a", "a"], "fewer than two teams"),
        ([1, 2, 3], ["a", "b", "c"], "no team has two people"),
        ([1, 3, 1, 3], ["a", "a", "b", "b"], "team means are all equal"),
        ([1, 1, 3, 3], ["a", "a", "b", "b"], "people of each team have the same score"),
        ([0.1 + 0.2, 0.3, 93.3, 93.3], ["a", "a", "b", "b"], "people of each team have the same score"),
        ([93.3] * 13, ["a"] * 6 + ["b"] * 7, "team means are all equal"),
        ([None, None], ["a", "b"], "fewer than two teams"),
    ],
)
def test_aggregation_that_is_undefined_has_a_reason(scores, teams, reason):
    found = climate.icc(scores, teams)
    assert found.icc1 is None
    assert reason in found.reason


def test_aggregation_options_are_checked():
    with pytest.raises(DataError, match="group_size is 'median'; allowed: mean, n0"):
        climate.icc([1, 2], ["a", "b"], group_size="median")
    with pytest.raises(DataError, match="there are 2 scores and 3 teams"):
        climate.icc([1, 2], ["a", "b", "b"])
    with pytest.raises(DataError, match="row 3: 'inf' is no number"):
        climate.icc([1, float("inf")], ["a", "b"])


def test_rwg_and_rwg_j_of_the_worked_example():
    """R multilevel 2.7: 5 people, 3 items on 1 to 5: item variances .5, .2, .3; rwg of item 1 .75; rwg(3) .9375."""
    items = pd.DataFrame([[4, 4, 5], [4, 5, 5], [5, 4, 4], [4, 4, 4], [3, 4, 5]])
    uniform = climate.uniform_variance(5)
    assert items.var(ddof=1).tolist() == pytest.approx([0.5, 0.2, 0.3])
    assert climate.rwg(items[0], variance=uniform).value == pytest.approx(0.75)
    assert climate.rwg_j(items, variance=uniform).value == pytest.approx(0.9375)


def test_more_variance_than_chance_gives_0_and_a_flag_before_the_formula():
    """J = 5 and m = 1.3 would give 7.5 by the formula."""
    m, count = 1.3, 5
    assert count * (1 - m) / (count * (1 - m) + m) == pytest.approx(7.5)
    spread = pd.DataFrame({f"item{n}": [0, 3, 0, 3, 0, 3] for n in range(5)})
    found = climate.rwg_j(spread, variance=2.7 / m)
    assert spread["item0"].var(ddof=1) == pytest.approx(2.7)
    assert (found.value, found.out_of_range) == (0.0, True)


def test_as_much_variance_as_chance_is_0_and_not_out_of_range():
    """Answers 0.1 to 0.3 in steps: their variance equals the null up to the rounding of floats."""
    answers = pd.DataFrame({"a": [0.1, 0.2, 0.3]})
    variance = float(answers["a"].var(ddof=1)) * (1 - 2**-53)
    found = climate.rwg_j(answers, variance=variance)
    assert (found.value, found.out_of_range) == (0.0, False)


def test_the_customary_threshold_is_that_of_the_field():
    """0.70: James, Demaree and Wolf 1984 and Nunnally 1978, a convention."""
    assert climate.CUSTOMARY == 0.70


def test_null_distributions():
    assert climate.uniform_variance() == 1.25
    assert climate.null_variance(climate.SKEWED_NULL) == pytest.approx(0.89)
    with pytest.raises(DataError, match=r"sums to 0\.9; allowed"):
        climate.null_variance((0.2, 0.3, 0.2, 0.2))
    for shares in ((float("nan"), 1.0), (-0.5, 1.5)):
        with pytest.raises(DataError, match="allowed: one probability, 0 or more"):
            climate.null_variance(shares)
    with pytest.raises(DataError, match="the null variance is nan"):
        climate.rwg([1, 2], variance=float("nan"))
    with pytest.raises(DataError, match="options is 1"):
        climate.uniform_variance(1)
    with pytest.raises(DataError, match="the null variance is 0"):
        climate.rwg([1, 2], variance=0)


@given(ANSWERS)
@settings(max_examples=30)
def test_rwg_j_lies_between_0_and_1_and_the_skewed_null_asks_more(rows):
    items = pd.DataFrame(rows)
    flat = climate.rwg_j(items)
    leaning = climate.rwg_j(items, variance=climate.null_variance(climate.SKEWED_NULL))
    assert 0 <= leaning.value <= flat.value <= 1


def test_one_person_cannot_agree():
    found = climate.rwg([2, None])
    assert found.value is None
    assert "fewer than two people" in found.reason


def test_team_agreement_withholds_small_cells_and_checks_the_null():
    rows = [(f"p{n}", "T", n % 4, 2) for n in range(6)]
    survey = pd.DataFrame(rows, columns=["respondent", "team", "trust_1", "trust_2"]).astype({"trust_1": "Int64"})
    survey.loc[[0, 1], "trust_1"] = pd.NA
    shown = climate.withhold_small_teams(survey)
    found = climate.team_rwg(shown).iloc[0]
    assert np.isnan(found["uniform"])
    assert found["reason"] == "fewer than 5 people with complete answers"
    with pytest.raises(DataError, match="skewed_null has 3 probabilities; allowed: 4"):
        climate.team_rwg(shown, skewed_null=(0.2, 0.3, 0.5))
