"""Interrupted series: every worked answer, R cross-checks, the coding of level and slope, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.diagnostic import acorr_breusch_godfrey
from statsmodels.stats.stattools import durbin_watson
from statsmodels.tsa.stattools import acf, pacf

from compendium import datasets, paths
from healthsys.errors import DataError
from healthsys.its.interrupted import controlled, design, segmented
from healthsys.its.regression import fit

TERMS = ("const", "time", "level", "trend")


@pytest.fixture(scope="module")
def example():
    table = datasets.load("its_example")
    return pd.DataFrame(
        {
            "period": pd.date_range("2015-01-01", periods=48, freq="MS"),
            "value": table["rate"],
            "numerator": table["events"].astype(float),
            "denominator": table["population"].astype(float),
        }
    )


def run(example, model, **options):
    return segmented(example, change="2017-01-01", model=model, **options)


def numbers(found, column, terms=TERMS):
    return [found.coefficient(term)[column] for term in terms]


def test_ols_with_newey_west_errors_matches_r(example):
    """R 4.2.2: lm(); sandwich 3.0-2 NeweyWest(lag = 3, prewhite = FALSE, adjust = TRUE)."""
    found = run(example, "newey_west")
    assert numbers(found, "estimate") == pytest.approx([59.484420, 0.296913, 6.411087, 0.362000], abs=5e-7)
    assert numbers(found, "std_error") == pytest.approx([1.167435, 0.075747, 2.713018, 0.172415], abs=5e-7)
    assert found.fit.details == {"lag": 3, "kernel": "Bartlett", "correction": "n/(n-k)", "prewhitened": False}


def test_effect_at_the_horizon_matches_r(example):
    """R 4.2.2: linear combination and delta method with the same covariance, t on 44 degrees of freedom."""
    at = run(example, "newey_west", horizon=12).at_horizon
    assert (at.absolute, at.lower, at.upper) == pytest.approx((10.7550869565, 6.0888464146, 15.4213274984), abs=1e-8)
    assert at.counterfactual == pytest.approx(70.4702028986, abs=1e-8)
    relative = (at.relative, at.relative_lower, at.relative_upper)
    assert relative == pytest.approx((0.1526189299, 0.0789000142, 0.2263378456), abs=1e-8)


def test_residual_checks_match_r(example):
    """R 4.2.2: lmtest-type statistics, DW 1.2708 and Breusch-Godfrey(1) 5.8482."""
    matrix, _ = design(len(example), start=24)
    plain = sm.OLS(example["value"], matrix).fit()
    assert durbin_watson(plain.resid) == pytest.approx(1.2708, abs=5e-5)
    assert acorr_breusch_godfrey(plain, nlags=1, result_object=False)[0] == pytest.approx(5.8482, abs=5e-5)
    assert acf(plain.resid, nlags=12, fft=False)[1] == pytest.approx(pacf(plain.resid, nlags=12, method="ywm")[1])


def test_prais_winsten_matches_r(example):
    """R 4.2.2, package prais, iterated: printed to six places with a looser stop, so 5e-6 here."""
    found = run(example, "prais_winsten")
    assert found.fit.details["rho"] == pytest.approx(0.401578, abs=1e-6)
    assert numbers(found, "estimate") == pytest.approx([59.743690, 0.249173, 8.659955, 0.309052], abs=5e-6)
    assert numbers(found, "std_error") == pytest.approx([2.249892, 0.153884, 2.813954, 0.228460], abs=5e-6)


def test_counts_match_r(example):
    """R 4.2.2: glm(poisson) and MASS 7.3-58 glm.nb with offset(log(population)) and one harmonic."""
    poisson = run(example, "poisson", season="harmonic", per=1000)
    assert numbers(poisson, "estimate") == pytest.approx([-5.203321, -0.009783, -0.121871, 0.023525], abs=5e-7)
    assert numbers(poisson, "std_error") == pytest.approx([0.029800, 0.002155, 0.045012, 0.002946], abs=5e-7)
    assert poisson.fit.details["phi"] == pytest.approx(6.0686, abs=5e-5)
    nb = run(example, "negative_binomial", season="harmonic", per=1000)
    assert numbers(nb, "estimate") == pytest.approx([-5.195986, -0.010411, -0.109041, 0.023806], abs=1e-6)
    assert numbers(nb, "std_error") == pytest.approx([0.069199, 0.004915, 0.099201, 0.006665], abs=1e-6)
    assert nb.fit.details["alpha"] == pytest.approx(0.020518, abs=5e-7)


def test_quasi_poisson_rate_ratio_at_the_horizon_matches_r(example):
    """R 4.2.2: glm(quasipoisson), exp of the linear combination, t on 42 degrees of freedom."""
    at = run(example, "quasi_poisson", season="harmonic", horizon=12).at_horizon
    relative = (at.relative, at.relative_lower, at.relative_upper)
    assert relative == pytest.approx((0.174018780, -0.116963871, 0.560887545), abs=1e-7)


SICILY = Path("..") / "shared" / "data" / "its_sicily.csv"


@pytest.fixture(scope="module")
def sicily():
    path = paths.root() / SICILY
    if not path.is_file():
        pytest.skip("its_sicily.csv has no licence and is not carried; it stands beside the project in ../shared/data")
    return pd.read_csv(path)


def sicily_fit(sicily, model, columns, harmonics=0):
    time = sicily["time"].to_numpy(float)
    matrix = [np.ones(len(time)), *columns]
    for k in range(1, harmonics + 1):
        matrix += [np.sin(2 * np.pi * k * sicily["month"] / 12), np.cos(2 * np.pi * k * sicily["month"] / 12)]
    names = tuple(f"x{place}" for place in range(len(matrix)))
    return fit(sicily["aces"], np.column_stack(matrix), names=names, model=model, offset=np.log(sicily["stdpop"]))


def test_sicily_step_models_match_r(sicily):
    """R 4.2.2 on Lopez Bernal et al. 2017: log rate ratio, intervals, phi; two harmonics of the month."""
    step, time = sicily["smokban"], sicily["time"]
    plain = sicily_fit(sicily, "poisson", [step, time])
    reach = 1.959964 * plain.se(np.array([0.0, 1, 0]))
    assert plain.params[1] == pytest.approx(-0.111628, abs=5e-7)
    bounds = np.exp([plain.params[1], plain.params[1] - reach, plain.params[1] + reach])
    assert bounds == pytest.approx([0.8944, 0.8647, 0.9251], abs=5e-5)
    quasi = sicily_fit(sicily, "quasi_poisson", [step, time])
    assert quasi.details["phi"] == pytest.approx(3.5592, abs=5e-5)
    reach = 1.959964 * quasi.se(np.array([0.0, 1, 0]))
    assert np.exp([quasi.params[1] - reach, quasi.params[1] + reach]) == pytest.approx([0.8392, 0.9532], abs=5e-5)
    season = sicily_fit(sicily, "quasi_poisson", [step, time], harmonics=2)
    assert np.exp(season.params[1]) == pytest.approx(0.8851, abs=5e-5)
    assert season.details["phi"] == pytest.approx(2.2622, abs=5e-5)


def test_sicily_slope_model_matches_r(sicily):
    """R 4.2.2: + smokban * (time - 36) with two harmonics, quasi-Poisson."""
    step, time = sicily["smokban"], sicily["time"]
    found = sicily_fit(sicily, "quasi_poisson", [step, time, step * (time - 36)], harmonics=2)
    assert found.params[1] == pytest.approx(-0.131859, abs=5e-7)
    assert found.se(np.eye(8)[1]) == pytest.approx(0.029791, abs=5e-7)
    assert found.params[3] == pytest.approx(0.001482, abs=5e-7)
    assert found.se(np.eye(8)[3]) == pytest.approx(0.001855, abs=5e-7)


def test_sicily_level_is_read_a_month_earlier_when_the_trend_counts_from_one(sicily):
    """R 4.2.2, quasi-Poisson: the level is -0.131859 with the trend 1, 2, 3, … and -0.130377 with 0, 1, 2, …"""
    step, time = sicily["smokban"], sicily["time"]
    levels = []
    for begin in (0, 1):
        trend = design(59, start=36, trend_from=begin)[0][:, 3]
        assert trend[35:38].tolist() == [0, begin, begin + 1]
        levels.append(sicily_fit(sicily, "quasi_poisson", [step, time, trend], harmonics=2).params[1])
    assert levels == pytest.approx([-0.131859 + 0.001482, -0.131859], abs=1e-6)


def test_sicily_rate_models_match_r(sicily):
    """R 4.2.2: rate per 100,000 on time, step and max(0, time - 36); Newey-West lag 3; Prais-Winsten."""
    time = sicily["time"].to_numpy(float)
    matrix = np.column_stack([np.ones(59), time, sicily["smokban"], np.clip(time - 36, 0, None)])
    rate = (sicily["aces"] / sicily["stdpop"] * 1e5).to_numpy()
    found = fit(rate, matrix, names=TERMS, model="newey_west", lag=3)
    assert found.params == pytest.approx([194.1087, 1.03585, -24.8444, 0.12722], abs=5e-5)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([4.2179, 0.18475, 7.6089, 0.44082], abs=5e-5)
    found = fit(rate, matrix, names=TERMS, model="prais_winsten")
    assert found.details["rho"] == pytest.approx(0.20284, abs=5e-6)
    assert found.params == pytest.approx([194.1146, 1.03122, -24.3237, 0.10927], abs=1e-4)


def test_level_is_read_at_the_first_changed_period():
    """With trend 0, 1, 2, … from the change, a step of 4 is a level of 4 whatever the slope does."""
    n = np.arange(30)
    values = 10 + 0.5 * n + (n >= 12) * (4 + 2.0 * (n - 12))
    frame = pd.DataFrame({"period": pd.date_range("2020-01-01", periods=30, freq="MS"), "value": values})
    found = segmented(frame, change="2021-01-01")
    assert found.coefficient("level")["estimate"] == pytest.approx(4)
    assert found.coefficient("trend")["estimate"] == pytest.approx(2)
    assert found.at_horizon.absolute == pytest.approx(4 + 2 * 12)


def test_quarters_have_two_harmonics_in_three_columns():
    _, names = design(16, start=8, season="two harmonics", per_year=4)
    assert names == (*TERMS, "sin1", "cos1", "cos2")


def test_controlled_series_is_the_stacked_model():
    """R 4.2.2: lm(y ~ group * (t + level + trend)); NeweyWest(lag = 2) of the regression of the difference."""
    a = [9.24, 10.11, 10.86, 9.65, 11.2, 11.23, 11.49, 12.72, 10.58, 13.27, 11.46, 11.27, 14.88, 16.55, 17.15, 17.39,
         17.45, 18.45, 21.02, 20.7, 20.62, 20.96, 22.4, 21.63]  # fmt: skip
    b = [7.72, 7.66, 9.76, 9.81, 8.93, 8.06, 10.3, 10.45, 10.53, 10.74, 9.85, 11.11, 11.9, 10.84, 10.02, 11.99, 12.19,
         11.29, 13.5, 11.21, 12.55, 10.13, 12.44, 13.93]  # fmt: skip
    months = pd.date_range("2020-01-01", periods=24, freq="MS")
    one, other = (pd.DataFrame({"period": months, "value": values}) for values in (a, b))
    found = controlled(one, other, change="2021-01-01", model="newey_west", lag=2)
    assert numbers(found, "estimate", TERMS[2:]) == pytest.approx([3.319813520, 0.545139860], abs=1e-8)
    assert numbers(found, "std_error", TERMS[2:]) == pytest.approx([0.5186606777, 0.1292082436], abs=1e-8)
    with pytest.raises(DataError, match="cannot be modelled as poisson"):
        controlled(one, other, change="2021-01-01", model="poisson")


def frame_of(values, start="2020-01-01"):
    return pd.DataFrame({"period": pd.date_range(start, periods=len(values), freq="MS"), "value": values})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"change": "2030-01-01"}, "change date 2030-01-01 lies outside the series, which runs from 2020-01-01"),
        ({"change": "2020-03-01"}, "2 points before and 22 after"),
        ({"change": "2021-01-01", "model": "olz"}, "Did you mean 'ols'"),
        ({"change": "2021-01-01", "season": "month"}, "Did you mean 'months'"),
        ({"change": "2021-01-01", "horizon": -1}, "horizon of -1 periods"),
    ],
)
def test_what_cannot_be_fitted_says_why(options, message):
    with pytest.raises(DataError, match=message):
        segmented(frame_of(np.arange(24.0)), **options)


def test_negative_counts_are_refused_by_count_models():
    with pytest.raises(DataError, match="count of -3 is negative"):
        segmented(frame_of([5, 4, 6, 5, -3, 4, 6, 5, 7, 8, 9, 6.0]), change="2020-07-01", model="poisson")


def test_few_points_and_gaps_are_said_not_hidden():
    found = segmented(frame_of([1, 2, 1, 2, np.nan, 2, 5, 6, 5, 6.0]), change="2020-07-01")
    assert any("only 5 points before" in said for said in found.warnings)
    assert any("1 periods have no value" in said for said in found.warnings)
    assert any("series ends 3 periods after" in said for said in found.warnings)


def test_a_relative_effect_needs_a_counterfactual_above_zero():
    found = segmented(frame_of([-5.0, -4, -5, -4, -5, -4, 2, 3, 2, 3, 2, 3]), change="2020-07-01", horizon=0)
    assert found.at_change.relative is None
    assert "not above 0" in found.at_change.reason
