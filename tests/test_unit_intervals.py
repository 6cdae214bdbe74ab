"""Standard errors, likelihoods and critical values of the models for an interrupted series, and their coverage."""

import contextlib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from compendium import datasets, paths
from healthsys.errors import DataError
from healthsys.its import simulate
from healthsys.its.autoregressive import likelihood_rho, satterthwaite
from healthsys.its.interrupted import controlled, design, segmented
from healthsys.its.least_squares import FixedB, kernel_weights
from healthsys.its.regression import COUNT_MODELS, DEFAULT_MODEL, LINEAR_MODELS, MODELS, fit
from healthsys.validation.its import example_series
from pages import page

#: Groups of four months, as R's rep(1:12, each = 4).
FOURS = np.repeat(np.arange(12), 4)


@pytest.fixture(scope="module")
def example():
    series = example_series(datasets.load("its_example"))
    matrix, names = design(48, start=24)
    return series["value"].to_numpy(float), matrix, names


@pytest.fixture(scope="module")
def events():
    series = example_series(datasets.load("its_example"))
    matrix, names = design(48, start=24, season="harmonic")
    return series["numerator"].to_numpy(float), matrix, names, np.log(series["denominator"].to_numpy(float))


def errors_of(found):
    return np.sqrt(np.diag(found.covariance))


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ("HC0", [1.04719296884, 0.0680832957305, 1.99341308015, 0.139217206952]),
        ("HC1", [1.09375738409, 0.071110683183, 2.08205205807, 0.145407630329]),
        ("HC2", [1.10059773845, 0.0720773863301, 2.11494892613, 0.148322158711]),
        ("HC3", [1.1576412001, 0.0763612141012, 2.24635483621, 0.158174038042]),
        ("clustered", [0.984531032742, 0.0731085246816, 2.96805999178, 0.181667116087]),
    ],
)
def test_robust_errors_match_r(example, errors, expected):
    """R 4.2.2, sandwich 3.0-2: vcovHC(type =), vcovCL(cluster = rep(1:12, each = 4), type = "HC1")."""
    y, x, names = example
    found = fit(y, x, names=names, model="ols", errors=errors, clusters=FOURS if errors == "clustered" else None)
    assert errors_of(found) == pytest.approx(expected, rel=1e-10)
    assert found.df == (11 if errors == "clustered" else 44)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"correction": False}, [1.11773438505, 0.0725217802609, 2.59751735313, 0.165075189319]),
        ({"kernel": "parzen"}, [1.21502393991, 0.0755944050912, 2.67293760252, 0.173374890563]),
        ({"kernel": "quadratic_spectral"}, [1.16068752352, 0.0789599941201, 2.85853204355, 0.18300091316]),
    ],
)
def test_kernels_and_correction_match_r(example, options, expected):
    """R 4.2.2, sandwich 3.0-2: NeweyWest(lag = 3, adjust = FALSE); kernHAC(bw = 4, tol = 0, adjust = TRUE)."""
    y, x, names = example
    assert errors_of(fit(y, x, names=names, model="newey_west", lag=3, **options)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("model", "rho", "sigma", "loglik", "aic", "params", "errors"),
    [
        ("ar1_reml", 0.576172619038, 4.25235810265, -124.81611627, 261.63223254,
         [59.8839830192, 0.212215171244, 10.6136866897, 0.259624392032],
         [3.0014027014, 0.199481067226, 3.27728172946, 0.310622396725]),
        ("ar1_ml", 0.395425578837, 3.58013718347, -125.332573367, 262.665146734,
         [59.7377537399, 0.250356382696, 8.60311766775, 0.310337289047],
         [2.23110031326, 0.152708467174, 2.79904298176, 0.226417296537]),
    ],
)  # fmt: skip
def test_autoregressive_errors_match_r(example, model, rho, sigma, loglik, aic, params, errors):
    """R 4.2.2, nlme 3.1-162: gls(correlation = corAR1(form = ~t), method = "REML" or "ML"), tolerance 1e-12."""
    y, x, names = example
    found = fit(y, x, names=names, model=model)
    assert found.details["rho"] == pytest.approx(rho, abs=1e-7)
    assert found.details["sigma"] == pytest.approx(sigma, rel=1e-7)
    assert (found.loglik, found.aic) == pytest.approx((loglik, aic), rel=1e-9)
    assert found.params == pytest.approx(params, rel=1e-6)
    assert errors_of(found) == pytest.approx(errors, rel=1e-7)


def test_ml_p_values_match_r(example):
    """R 4.2.2, nlme 3.1-162: summary(gls(method = "ML"))$tTable, t on 44 degrees of freedom."""
    y, x, names = example
    found = fit(y, x, names=names, model="ar1_ml")
    shown = [found.p_value(row) for row in np.eye(4)[1:]]
    assert shown == pytest.approx([0.108253143467, 0.00362463817145, 0.177438341896], rel=1e-6)


def test_a_missing_month_keeps_its_place_as_in_r(example):
    """R 4.2.2, nlme 3.1-162: rows 7, 8 and 30 left out, corAR1(form = ~t), REML."""
    y, x, names = example
    kept = np.ones(48, bool)
    kept[[6, 7, 29]] = False
    found = fit(y[kept], x[kept], names=names, model="ar1_reml", times=np.flatnonzero(kept))
    assert found.details["rho"] == pytest.approx(0.6230232945, abs=1e-7)
    assert found.params == pytest.approx([59.9776818556, 0.196141534558, 11.0901083373, 0.257204109747], rel=1e-6)
    assert errors_of(found) == pytest.approx([3.40124679124, 0.222560626526, 3.47491676221, 0.351718252343], rel=1e-6)
    assert found.loglik == pytest.approx(-117.983466685, rel=1e-9)
    closed_up = fit(y[kept], x[kept], names=names, model="ar1_reml")
    assert closed_up.details["rho"] != pytest.approx(0.6230232945, abs=1e-3)


def test_satterthwaite_matches_r(example):
    """R 4.2.2: 2 v² / (g' I^-1 g) with numerical derivatives and I = tr(P dS P dS) / 2 in variance and rho."""
    values = satterthwaite(example[1], np.arange(48), 0.5761726141698837)
    rows = np.vstack([np.eye(4), [0, 0, 1, 12]])
    assert [values.df(row) for row in rows] == pytest.approx(
        [4.24986, 5.221961, 16.23185, 3.837936, 6.361253], abs=2e-5
    )
    found = fit(example[0], example[1], names=example[2], model="ar1_reml")
    assert found.quantile(0.9, rows[2]) == pytest.approx(stats.t.ppf(0.95, 16.23185), abs=1e-5)
    assert found.p_value(rows[2]) == pytest.approx(2 * stats.t.sf(10.6136866897 / 3.27728172946, 16.23185), rel=1e-5)


def test_cochrane_orcutt_matches_r(example):
    """R 4.2.2: lm.fit of y_t - rho y_(t-1), iterated 500 times; the first row dropped."""
    y, x, names = example
    found = fit(y, x, names=names, model="cochrane_orcutt")
    assert found.details["rho"] == pytest.approx(0.410908877146, abs=1e-9)
    assert found.params == pytest.approx([60.9766818572, 0.176701460301, 9.21860635568, 0.382129228657], rel=1e-8)
    assert errors_of(found) == pytest.approx([2.78543654018, 0.18125510988, 2.91452688715, 0.252231950069], rel=1e-8)
    assert found.df == 43


def test_likelihood_and_deviance_match_r(example, events):
    """R 4.2.2: logLik, AIC and deviance of lm, glm(poisson) and MASS 7.3-58 glm.nb."""
    y, x, names = example
    for model in ("ols", "newey_west"):
        found = fit(y, x, names=names, model=model)
        assert (found.loglik, found.aic, found.deviance) == pytest.approx((-128.689983205, 267.37996641, 599.086849275))
    y, x, names, offset = events
    poisson, quasi, binomial = (fit(y, x, names=names, model=model, offset=offset) for model in COUNT_MODELS)
    assert (poisson.loglik, poisson.aic, poisson.deviance) == pytest.approx(
        (-294.189398147, 600.378796294, 246.834614503)
    )
    shown = (binomial.loglik, binomial.aic, binomial.deviance, binomial.details["alpha"])
    assert shown == pytest.approx((-233.568501458, 481.137002916, 47.9201107573, 0.0205176227546), rel=1e-8)
    assert quasi.loglik is None
    assert quasi.aic is None
    assert quasi.deviance == poisson.deviance
    assert "quasi-likelihood" in quasi.details["no_likelihood"]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ("HC0",
         [0.0838117134492, 0.00516091558928, 0.102823249922, 0.00752110312732, 0.0292129487419, 0.0384768172689]),
        ("HC1", [0.089598490493, 0.00551725083918, 0.109922677887, 0.00804039744944, 0.0312299558428, 0.0411334478725]),
        ("clustered",
         [0.082292553134, 0.00501753785851, 0.0599093402858, 0.00574626111508, 0.031937992401, 0.0323717873531]),
    ],
)  # fmt: skip
def test_robust_errors_of_counts_match_r(events, errors, expected):
    """R 4.2.2, sandwich 3.0-2: vcovHC and vcovCL(type = "HC1") of glm(poisson)."""
    y, x, names, offset = events
    clusters = FOURS if errors == "clustered" else None
    found = fit(y, x, names=names, model="poisson", offset=offset, errors=errors, clusters=clusters)
    assert errors_of(found) == pytest.approx(expected, rel=1e-7)


def test_fixed_b_critical_value_of_a_mean_is_the_published_one():
    """Kiefer, Vogelsang and Bunzel, Econometrica 2000;68:695-714, table II: 6.811 at 97.5%, here over the root of 2."""
    n = 120
    values = FixedB(np.ones((n, 1)), kernel_weights(n, lag=n - 1), False)
    assert values.quantile(np.ones(1), 0.95) == pytest.approx(6.811 / np.sqrt(2), rel=0.03)
    near = FixedB(np.ones((n, 1)), kernel_weights(n, lag=0), True)
    assert near.quantile(np.ones(1), 0.95) == pytest.approx(stats.t.ppf(0.975, n - 1), rel=0.03)
    assert near.p_value(np.ones(1), 1.98) == pytest.approx(0.05, abs=0.01)


def test_reference_distributions_are_told_apart(example):
    y, x, names = example
    row = np.array([0, 0, 1.0, 0])
    reach = {
        one: fit(y, x, names=names, model="newey_west", reference=one).quantile(0.95, row)
        for one in ("normal", "t", "fixed_b")
    }
    assert reach["normal"] == pytest.approx(1.959964, abs=1e-6)
    assert reach["t"] == pytest.approx(2.015368, abs=1e-6)
    assert reach["fixed_b"] > 1.2 * reach["t"]


def test_an_option_that_a_model_does_not_take_is_an_error(example):
    y, x, names = example
    for model, options, message in (
        ("ar1_reml", {"lag": 3}, "lag cannot be used with model ar1_reml; it takes times, reference"),
        ("newey_west", {"errors": "HC1"}, "errors cannot be used with model newey_west"),
        ("ols", {"reference": "fixed_b"}, "fixed_b critical values belong to Newey-West"),
        ("ols", {"errors": "HC4"}, "allowed: plain, HC0, HC1, HC2, HC3, clustered"),
        ("ols", {"errors": "clustered"}, "need a cluster label for each of the 48 points; 0 were given"),
        ("ols", {"errors": "clustered", "clusters": np.ones(48)}, "at least 2 clusters"),
        ("newey_west", {"kernel": "bartlet"}, "Did you mean 'bartlett'"),
        ("newey_west", {"lag": 48}, "a lag of 48 is not possible with 48 points; allowed: 0 to 47"),
        ("ar1_reml", {"reference": "fixed_b"}, "allowed: satterthwaite, t, normal"),
    ):
        with pytest.raises(DataError, match=message):
            fit(y, x, names=names, model=model, **options)


def test_trend_from_one_reads_the_level_a_period_earlier_and_the_effect_the_same():
    series = example_series(datasets.load("its_example"))
    zero, one = (segmented(series, change="2017-01-01", trend_from=start, horizon=12) for start in (0, 1))
    level, slope = zero.coefficient("level")["estimate"], zero.coefficient("trend")["estimate"]
    assert one.coefficient("level")["estimate"] == pytest.approx(level - slope, rel=1e-6)
    assert (one.trend_from, zero.trend_from) == (1, 0)
    for where in ("at_change", "at_horizon"):
        first, second = getattr(zero, where), getattr(one, where)
        assert (second.absolute, second.lower, second.upper) == pytest.approx(
            (first.absolute, first.lower, first.upper), rel=1e-5
        )
    with pytest.raises(DataError, match="counted from 2; allowed: 0 or 1"):
        segmented(example_series(datasets.load("its_example")), change="2017-01-01", trend_from=2)


def test_the_default_is_the_method_nearest_to_what_it_claims():
    """The written criterion, applied to the committed table."""
    table = datasets.load("interval_coverage")
    order = simulate.ranking(table)
    assert order["method"].iloc[0] == DEFAULT_MODEL == "ar1_reml"
    assert order["distance"].iloc[0] < 1.0 < order["distance"].iloc[1]
    own = order.set_index("method")
    assert own.loc["ar1_reml", "worst"] > 91
    assert own.loc["newey_west", "worst"] < 70
    assert set(table["fitted"][table["method"].isin(simulate.LINEAR_METHODS)]) == {4000}
    assert len(table) == len(simulate.METHODS) * 2 * 3 * 3 * 3


def test_one_cell_of_the_committed_table_is_made_again():
    methods = ("ar1_reml", "ar1_reml_t", "prais_winsten", "newey_west", "ols_hc3", "ols")
    made = simulate.measure(lengths=(24,), rhos=(0.3,), noises=("ar1",), methods=methods)
    kept = datasets.load("interval_coverage")
    kept = kept[(kept["noise"] == "ar1") & (kept["periods"] == 24) & (kept["autocorrelation"] == 0.3)]
    kept = kept[kept["method"].isin(methods)].reset_index(drop=True)
    assert made["method"].to_list() == kept["method"].to_list()
    columns = ["covered_80", "covered_90", "covered_95", "covered_99"]
    assert made[columns].to_numpy() == pytest.approx(kept[columns].to_numpy(float), abs=0.051)  # two series of 4,000
    assert made["width"].to_numpy() == pytest.approx(kept["width"].to_numpy(float), rel=1e-3)


@pytest.mark.parametrize("method", simulate.LINEAR_METHODS)
def test_many_series_at_once_are_fitted_as_one_is(method):
    values = simulate.noise(np.random.default_rng(8), series=4, periods=30, rho=0.5, sd=1.0) + 10
    matrix, names = design(30, start=15)
    rows = np.array([[0, 0, 1.0, 0], [0, 0, 1, 9]])
    model, options = simulate.METHODS[method]
    options = {**options, **({"lag": 29} if options.get("lag") == -1 else {})}
    batch = simulate.linear(method, values, matrix, rows)
    reach = np.broadcast_to(batch.critical(0.9) * batch.error, (4, 2))
    for place, outcome in enumerate(values):
        one = fit(outcome, matrix, names=names, model=model, **options)
        assert batch.estimate[place] == pytest.approx(rows @ one.params, rel=1e-5)
        assert reach[place] == pytest.approx([one.reach(row, 0.9) for row in rows], rel=5e-3)


def test_many_series_of_counts_are_fitted_as_one_is():
    rng = np.random.default_rng(9)
    matrix, names = design(30, start=15)
    offset = np.full(30, np.log(1000.0))
    drawn = rng.poisson(40 * np.exp(rng.normal(0, 0.3, (3, 30))))
    drawn = np.vstack([drawn, np.tile([38, 42, 40, 41, 39], 6)])
    rows = np.eye(4)[2:]
    for model, batch in simulate.counts(drawn, matrix, rows, offset=offset).items():
        for place, outcome in enumerate(drawn):
            if model == "negative_binomial" and place == 3:
                assert np.isnan(batch.estimate[place]).all()
                continue
            one = fit(outcome, matrix, names=names, model=model, offset=offset)
            assert batch.estimate[place] == pytest.approx(rows @ one.params, rel=1e-4)
            reach = np.broadcast_to(batch.critical(0.9) * batch.error, (4, 2))[place]
            assert reach == pytest.approx([one.reach(row, 0.9) for row in rows], rel=1e-4)


def test_slow_noise_has_the_autocorrelation_asked_for_and_keeps_it_longer():
    drawn = simulate.noise(np.random.default_rng(2), series=40_000, periods=12, rho=0.6, sd=3, kind="slow")
    assert drawn.std() == pytest.approx(3, rel=0.02)
    near, far = (np.corrcoef(drawn[:, 2], drawn[:, 2 + lag])[0, 1] for lag in (1, 5))
    assert (near, far) == pytest.approx((0.6, 0.6 * 0.9**4), abs=0.02)


def test_measured_coverage_stands_next_to_the_interval():
    table = datasets.load("interval_coverage").set_index(["method", "noise", "periods", "autocorrelation", "estimand"])
    found = segmented(example_series(datasets.load("its_example")), change="2017-01-01", level=0.9).measured
    assert (found.method, found.periods, found.autocorrelation, found.level) == ("ar1_reml", 48, 0.6, 0.9)
    assert found.at_change == table.loc[("ar1_reml", "ar1", 48, 0.6, "level"), "covered_90"]
    assert found.at_horizon == table.loc[("ar1_reml", "ar1", 48, 0.6, "horizon"), "covered_90"]
    assert found.slope == table.loc[("ar1_reml", "ar1", 48, 0.6, "slope"), "covered_90"]
    assert found.series == 4000
    usual = segmented(example_series(datasets.load("its_example")), change="2017-01-01", model="newey_west").measured
    assert usual.method == "newey_west"
    assert usual.at_change < 85
    series = example_series(datasets.load("its_example"))
    quasi = segmented(series, change="2017-01-01", model="quasi_poisson", per=1000).measured
    assert quasi.method == "quasi_poisson"
    cell = ("quasi_poisson", "ar1", 48, quasi.autocorrelation, "level")
    assert quasi.at_change == table.loc[cell, "covered_95"]


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "ar1_reml"),
        ({"reference": "t"}, "ar1_reml_t"),
        ({"reference": "normal"}, None),
        ({"model": "newey_west", "reference": "fixed_b"}, "newey_west_fixed_b"),
        ({"model": "newey_west", "reference": "fixed_b", "lag": 47}, "newey_west_wide"),
        ({"model": "newey_west", "lag": 7}, None),
        ({"model": "newey_west", "correction": False}, None),
        ({"model": "newey_west", "kernel": "parzen"}, None),
        ({"model": "ols", "errors": "HC3"}, "ols_hc3"),
        ({"model": "ols", "errors": "HC1"}, None),
        ({"model": "poisson", "errors": "HC1"}, None),
        ({"model": "poisson"}, "poisson"),
        ({"model": "ar1_ml", "reference": "satterthwaite"}, None),
    ],
)
def test_coverage_is_stated_only_of_what_was_measured(options, method):
    found = segmented(example_series(datasets.load("its_example")), change="2017-01-01", per=1000, **options).measured
    assert found.method == method
    assert (found.reason is None) == (method is not None)
    assert (found.at_change is None) == (method is None)


def test_coverage_of_other_levels_has_a_reason():
    found = segmented(example_series(datasets.load("its_example")), change="2017-01-01", level=0.85).measured
    assert found.at_change is None
    assert "80%, 90%, 95%, 99% only" in found.reason


def test_level_reaches_effects_and_monte_carlo_error():
    frame = example_series(datasets.load("its_example"))
    tables = {
        level: segmented(frame, change="2017-01-01", model="ols", level=level).at_horizon for level in (0.9, 0.95)
    }
    widths = {level: one.upper - one.lower for level, one in tables.items()}
    assert widths[0.9] / widths[0.95] == pytest.approx(stats.t.ppf(0.95, 44) / stats.t.ppf(0.975, 44))
    shown = page("interval_coverage", series=40, months=24, months_before=12, autocorrelation=0.3, horizon=6, level=0.9)
    assert "(90%)" in shown.figures["coverage"]["caption"]
    entry = shown.results["coverage_ols_with"]
    assert entry["level"] == 0.9
    share = entry["value"] / 100
    assert entry["value"] - entry["lower"] == pytest.approx(
        100 * stats.norm.ppf(0.95) * np.sqrt(share * (1 - share) / 40), abs=1e-5
    )


def frame_of(values, numerator=None, denominator=None):
    frame = pd.DataFrame({"period": pd.date_range("2020-01-01", periods=len(values), freq="MS"), "value": values})
    if numerator is not None:
        frame["numerator"] = np.asarray(numerator, float)
    if denominator is not None:
        frame["denominator"] = np.asarray(denominator, float)
    return frame


def numbers_of(found):
    yield from found.coefficients[["estimate", "std_error", "lower", "upper"]].to_numpy().ravel()
    for one in (found.at_change, found.at_horizon):
        yield from (one.counterfactual, one.fitted, one.absolute, one.lower, one.upper)
        parts = (one.relative, one.relative_lower, one.relative_upper)
        assert all(part is None for part in parts) == bool(one.reason)
        yield from (part for part in parts if part is not None)
    yield from found.curve["fitted"]
    yield from found.curve[["counterfactual", "lower", "upper"]].dropna().to_numpy().ravel()


RNG = np.random.default_rng(17)
AWKWARD = {
    "constant": np.full(24, 7.0),
    "all zero": np.zeros(24),
    "a perfect line": 3.0 * np.arange(24) + 2,
    "a perfect step": np.repeat([10.0, 14.0], 12),
    "constant before": np.r_[np.full(12, 5.0), RNG.poisson(9, 12)],
    "one point apart": np.r_[np.full(23, 5.0), 6.0],
    "alternating": np.tile([4.0, 6.0], 12),
    "no event after": np.r_[RNG.poisson(5, 12) + 1, np.zeros(12)],
    "no event before": np.r_[np.zeros(12), RNG.poisson(5, 12) + 1],
    "one event": np.r_[np.zeros(12), 1, np.zeros(11)],
    "one event on each side": np.r_[1, np.zeros(22), 1],
    "huge": 1e9 + 1e3 * np.arange(24) ** 2,
    "tiny": 1e-9 * RNG.uniform(1, 2, 24),
    "exploding": np.r_[np.round(np.exp(np.arange(12))), np.full(12, 3.0)],
    "walk": np.abs(np.cumsum(RNG.normal(size=24))) + 5,
    "three and four": np.array([3.0, 1, 4, 9, 2, 6, 5]),
    "three and three": np.array([3.0, 1, 4, 9, 2, 6]),
    "with gaps": np.r_[4, np.nan, np.nan, 6, 5, 4, 7, np.nan, 9, 6, 5, 8, 9, 7, np.nan, 9, 12, 11.0],
}


#: Series that are no counts are left to the linear models.
CASES = [
    (kind, model)
    for kind, values in AWKWARD.items()
    for model in MODELS
    if model in LINEAR_MODELS or np.array_equal(values, np.round(values), equal_nan=True)
]


@pytest.mark.parametrize("season", ["none", "months"])
@pytest.mark.parametrize(("kind", "model"), CASES)
def test_no_model_gives_nan_inf_or_a_warning(kind, model, season):
    """A number, or a reason: a DataError that says why, or None with a reason."""
    values = AWKWARD[kind]
    start = 3 if kind.startswith("three") else len(values) // 2
    frame = frame_of(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = segmented(frame, change=frame["period"][start], model=model, season=season)
        except DataError as error:
            said = str(error)
            found = None
        if found is None:
            assert len(said) > 40, "a refusal says why"
            return
        assert np.isfinite([float(one) for one in numbers_of(found)]).all()
        known = found.coefficients["p"].dropna()
        assert ((known >= 0) & (known <= 1)).all()
        unsure = found.coefficients["std_error"] > 0
        assert found.coefficients["p"].notna().equals(unsure)
        assert unsure.all() or any("no p-value" in said for said in found.warnings)


def test_models_of_awkward_series_warn_of_nothing_and_answer_or_say_why():
    for values in (AWKWARD["constant"], AWKWARD["a perfect line"], AWKWARD["no event after"]):
        frame = frame_of(values, numerator=values)
        for model in (DEFAULT_MODEL, "newey_west", "prais_winsten", "poisson", "negative_binomial"):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with contextlib.suppress(DataError):
                    assert np.isfinite(segmented(frame, change="2021-01-01", model=model).at_horizon.absolute)


@pytest.mark.parametrize("model", COUNT_MODELS)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no event after", r"there is no event after the change \(0 in 12 periods\), so a rate ratio is 0"),
        ("no event before", r"there is no event before the change \(0 in 12 periods\), so a rate ratio is without end"),
        ("all zero", "there is no event at all"),
        ("one event on each side", "trend can grow without end and have no estimate"),
    ],
)
def test_counts_without_events_have_a_reason_not_minus_a_hundred_percent(kind, message, model):
    frame = frame_of(AWKWARD[kind])
    with pytest.raises(DataError, match=message):
        segmented(frame, change="2021-01-01", model=model)


def test_a_month_that_never_has_an_event_has_no_level_of_its_own():
    values = RNG.poisson(6, 36) + 1.0
    values[::12] = 0
    with pytest.raises(DataError, match="can grow without end"):
        segmented(frame_of(np.roll(values, 5)), change="2021-07-01", model="quasi_poisson", season="months")


@pytest.mark.parametrize("rate", [3, 40, 900])
def test_a_negative_binomial_on_counts_without_extra_spread_has_a_reason(rate):
    """Binomial counts vary less than Poisson ones; alpha would run to zero."""
    counts = np.random.default_rng(rate).binomial(2 * rate, 0.5, 60).astype(float)
    with pytest.raises(DataError, match="vary no more than Poisson allows; use poisson or quasi_poisson"):
        segmented(frame_of(counts), change="2022-07-01", model="negative_binomial")
    spread = np.random.default_rng(rate).negative_binomial(4, 4 / (4 + rate), 60).astype(float)
    assert segmented(frame_of(spread), change="2022-07-01", model="negative_binomial").fit.details["alpha"] > 0.05


def test_rare_events_have_a_rate_ratio_without_an_upper_limit_said():
    """A ratio whose interval has no end is None with its reason; what can be said is said."""
    x, names = design(24, start=12)
    from healthsys.its.fits import Fit
    from healthsys.its.interrupted import effect

    vague = Fit("poisson", names, np.zeros(4), np.diag([0.1, 0, 1e5, 0]), None, "log", np.zeros(24))
    one = effect(vague, x[20], x[20] * [1, 1, 0, 0], after=8, period=1, level=0.95, scale=1.0)
    assert one.relative is None
    assert one.reason == "the data set no upper limit to the rate ratio"
    steep = Fit("poisson", names, np.array([0.0, 40, 0, 0]), np.eye(4), None, "log", np.zeros(24))
    with pytest.raises(DataError, match="gives a count beyond any number"):
        effect(steep, x[20], x[20], after=8, period="2021-09", level=0.95, scale=1.0)


def test_a_controlled_series_takes_the_default_and_the_options():
    frame = example_series(datasets.load("its_example"))[["period", "value"]]
    other = frame.assign(value=np.random.default_rng(3).normal(50, 2, 48))
    assert controlled(frame, other, change="2017-01-01").model == DEFAULT_MODEL
    lag = controlled(frame, other, change="2017-01-01", model="newey_west", lag=6, kernel="parzen").fit.details
    assert (lag["lag"], lag["kernel"]) == (6, "Parzen")


def test_every_linear_model_finds_the_same_line_without_autocorrelation():
    """With white noise the estimators differ by little, and the truth lies in every interval."""
    rng = np.random.default_rng(12)
    n = np.arange(240)
    frame = pd.DataFrame({"period": pd.date_range("2000-01-01", periods=240, freq="MS")})
    frame["value"] = 10 + 0.1 * n + (n >= 120) * (5 - 0.2 * (n - 120)) + rng.normal(0, 1, 240)
    for model in LINEAR_MODELS:
        found = segmented(frame, change="2010-01-01", model=model)
        row = found.coefficient("level")
        assert row["lower"] < 5 < row["upper"]
        assert row["upper"] - row["lower"] < 1.4


def test_the_table_in_the_package_is_the_bundled_one():
    carried = Path(simulate.__file__).with_name("interval_coverage.csv")
    assert carried.read_bytes() == (paths.data() / "reference" / "interval_coverage.csv").read_bytes()


@pytest.mark.parametrize("restricted", [True, False])
def test_the_autocorrelation_maximises_the_likelihood_written_out_with_its_whole_covariance(restricted):
    """Sums over neighbours against the dense matrix, with months missing in between."""
    rng = np.random.default_rng(8)
    times = np.cumsum(rng.choice([1, 1, 1, 2, 4], 40))
    design = np.column_stack([np.ones(40), times, times > times[20]]).astype(float)
    series = 1000 + rng.normal(0, 2, (6, 40)).cumsum(axis=1) * 0.4 + rng.normal(0, 2, (6, 40))

    def loss(rho, y):
        inverse = np.linalg.inv(rho ** np.abs(times[:, None] - times[None, :]))
        cross = design.T @ inverse @ design
        left = y - design @ np.linalg.solve(cross, design.T @ inverse @ y)
        more = np.linalg.slogdet(cross)[1] if restricted else 0
        degrees = 40 - 3 if restricted else 40
        return degrees * np.log(left @ inverse @ left) - np.linalg.slogdet(inverse)[1] + more

    found = likelihood_rho(series, design, np.diff(times).astype(float), restricted=restricted)
    for y, rho in zip(series, found, strict=True):
        near = min(np.linspace(-0.93, 0.97, 96), key=lambda one: loss(one, y))
        best = optimize.minimize_scalar(loss, bounds=(near - 0.02, near + 0.02), args=(y,), method="bounded")
        assert loss(rho, y) <= best.fun + 1e-9
        assert rho == pytest.approx(best.x, abs=1e-4)
