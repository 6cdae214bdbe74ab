"""Many series in one call give what a loop over the series gives, to 1e-12."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.its import MANY_MODELS, segmented, segmented_many
from healthsys.spc import xmr, xmr_many

#: How near many and one must be.
CLOSE = {"rtol": 1e-12, "atol": 1e-11}

#: Small whole numbers and tenths, with ties, gaps and constant stretches.
NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.integers(930, 1000).map(lambda n: n / 10), st.just(100.0))
SERIES = st.lists(NUMBERS, min_size=1, max_size=40)


def frame_of(many):
    rows = [(f"s{n}", at, value) for n, values in enumerate(many) for at, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["series", "period", "value"]).astype({"value": float})


@settings(max_examples=60)
@given(st.lists(SERIES, min_size=1, max_size=6), st.booleans(), st.integers(2, 9), st.integers(2, 9), st.randoms())
def test_charts_of_many_series_are_those_of_a_loop(many, screen, trend, shift, draw):
    frame = frame_of(many)
    mixed = frame.sample(frac=1, random_state=draw.randint(0, 10_000))
    options = {"screen": screen, "trend_length": trend, "shift_length": shift}
    charts = xmr_many(mixed, **options)
    for name, one in frame.groupby("series"):
        points = charts.points[charts.points["series"] == name].reset_index(drop=True)
        summary = charts.series.set_index("series").loc[name]
        if summary["reason"]:
            why = "moving range" if "moving range" in summary["reason"] else "observed points; a control chart needs"
            with pytest.raises(DataError, match=why):
                xmr(one["value"], periods=one["period"], **options)
            assert points[["mean", "lpl", "upl"]].isna().all(axis=None)
            assert (points["signal"] == "").all()
            continue
        chart = xmr(one["value"], periods=one["period"], **options)
        expected = chart.points[[name for name in points if name in chart.points]]
        pd.testing.assert_frame_equal(points[list(expected)], expected, rtol=1e-12, atol=1e-12, check_dtype=False)
        segment = chart.segments.iloc[0]
        for what in ("points", "mean", "mean_moving_range", "lpl", "upl", "range_upper", "ranges_screened"):
            assert summary[what] == pytest.approx(segment[what], rel=1e-12, abs=1e-12), what
        assert summary["signals"] == len(chart.special)


@given(st.integers(2, 12))
def test_a_baseline_is_that_of_each_series(baseline):
    rng = np.random.default_rng(1)
    frame = frame_of([rng.normal(80, 3, length) for length in (12, 30, 17)])
    charts = xmr_many(frame, baseline=baseline)
    for (_, one), row in zip(frame.groupby("series"), charts.series.itertuples(), strict=True):
        chart = xmr(one["value"], baseline=baseline)
        assert (row.mean, row.upl) == pytest.approx(tuple(chart.segments.loc[0, ["mean", "upl"]]), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": ["a", 1.0, 2.0]}, r"column 'value', row 2: 'a' cannot be charted; allowed: numbers up to 1e\+100"),
        ({"period": [1, 1, 1]}, r"column 'period', row 3: 1 occurs twice in series 's'; keep one row per series"),
        ({"series": ["s", None, "s"]}, "column 'series', row 3: there is none; give every row one"),
        ({"serie": ["s"] * 3, "series": None}, "there is no column 'series'. Did you mean 'serie'"),
    ],
)
def test_a_wrong_table_is_named(change, message):
    table = {"series": ["s"] * 3, "period": [1, 2, 3], "value": [1.0, 2.0, 3.0]} | change
    with pytest.raises(DataError, match=message):
        xmr_many(pd.DataFrame({name: column for name, column in table.items() if column is not None}))


def test_too_long_a_baseline_is_refused():
    with pytest.raises(DataError, match="a baseline of 5 points is not possible; allowed: 2 to 3"):
        xmr_many(frame_of([[1, 2, 3], [1, 2, 3, 4, 5, 6]]), baseline=5)


@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(MANY_MODELS),
    st.sampled_from(["none", "harmonic"]),
    st.sampled_from([(0, 0), (2, 0), (0, 1)]),
    st.sampled_from([0.8, 0.95]),
)
def test_segmented_fits_of_many_series_are_those_of_a_loop(seed, model, season, phase_and_trend, level):
    """Ordinary series, one with months missing, one that a line passes through, one around zero, one too short."""
    rng = np.random.default_rng(seed)
    months = pd.date_range("2019-01-01", periods=36, freq="MS")
    values = 50 + rng.normal(0, 2, (7, 36)).cumsum(axis=1)
    values[2, rng.choice(36, 4, replace=False)] = np.nan
    values[3] = np.arange(36.0)
    values[4] = 0.0
    values[5, :16] = np.nan
    frame = pd.DataFrame(
        {"series": np.repeat(list("gfedcba"), 36), "period": np.tile(months, 7), "value": values.ravel()}
    )
    phase_in, trend_from = phase_and_trend
    options = {"change": "2020-07-01", "model": model, "season": season, "phase_in": phase_in, "level": level}
    options["trend_from"] = trend_from
    many = segmented_many(frame, **options)
    assert many.series["series"].tolist() == list("gfedcba")
    for name, one in frame.groupby("series"):
        about = many.series.set_index("series").loc[name]
        if name == "b":
            with pytest.raises(DataError, match=re.escape(about["reason"])):
                segmented(one, **options)
            continue
        alone = segmented(one, **options)
        assert (about["n_before"], about["n_after"], about["left_out"]) == (
            alone.n_before,
            alone.n_after,
            alone.left_out,
        )
        if "rho" in alone.fit.details:
            assert about["autocorrelation"] == pytest.approx(alone.fit.details["rho"], abs=1e-12)
        terms = many.coefficients[many.coefficients["series"] == name].drop(columns="series").reset_index(drop=True)
        pd.testing.assert_frame_equal(terms, alone.coefficients, check_dtype=False, **CLOSE)
        effects = many.effects[many.effects["series"] == name]
        for row, effect in zip(effects.itertuples(), (alone.at_change, alone.at_horizon), strict=True):
            for field, value in vars(effect).items():
                found = getattr(row, field)
                if value is None:
                    assert found == "" or np.isnan(found), field
                elif field in ("period", "reason"):
                    assert found == value
                else:
                    assert found == pytest.approx(value, rel=1e-12, abs=1e-11), field


def test_a_model_that_is_fitted_one_by_one_is_named():
    frame = frame_of([[1.0] * 24])
    with pytest.raises(DataError, match="model 'poisson' is not known; allowed: ar1_reml, ar1_ml, newey_west, ols"):
        segmented_many(frame, change="2021-01-01", model="poisson")
    with pytest.raises(DataError, match=r"there is no column 'series'.*Columns found: ward, period, value"):
        segmented_many(frame.rename(columns={"series": "ward"}), change="2021-01-01")
