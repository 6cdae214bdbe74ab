"""What a series must be before a model, a chart or a comparison counts its rows, and what a phase-in leaves out."""

import numpy as np
import pandas as pd
import pytest

from healthsys.did import average_effects, two_way_fixed_effects
from healthsys.errors import DataError
from healthsys.io import regular
from healthsys.its import coefficient_table, controlled, per_year, segmented, segmented_many
from healthsys.spc import c_chart, funnel, g_chart, t_chart, xmr, xmr_many

N = 60
MONTHS = pd.date_range("2015-01-01", periods=N, freq="MS")
TIME = np.arange(N)
CHANGE = "2017-07-01"


def series(values):
    return pd.DataFrame({"period": MONTHS, "value": values})


@pytest.mark.parametrize("many", [False, True])
def test_level_and_trend_begin_with_the_first_month_that_counts(many):
    """Half a year from the change on is left out; then the series is 5 higher and rises by 1 a month."""
    course = 50 + 0.1 * TIME + np.where(TIME >= 36, 5 + 1.0 * (TIME - 36), 0)
    frame = series(np.where((TIME >= 30) & (TIME < 36), 99, course))
    if many:
        found = segmented_many(frame.assign(series="a"), change=CHANGE, phase_in=6)
        terms = found.coefficients.set_index("term")["estimate"]
        after, absolute = (found.effects[column].tolist() for column in ("after", "absolute"))
    else:
        found = segmented(frame, change=CHANGE, phase_in=6)
        terms = found.coefficients.set_index("term")["estimate"]
        after, absolute = zip(*((one.after, one.absolute) for one in (found.at_change, found.at_horizon)), strict=True)
        assert found.average(0, 11)[0] == pytest.approx(np.mean([5, 6, 7, 8, 9, 10]))
        assert found.curve["fitted"].isna().to_numpy().nonzero()[0].tolist() == list(range(30, 36))
        assert segmented(frame, change=CHANGE, phase_in=6, horizon=2).at_horizon.after == 6
        with pytest.raises(DataError, match="no period to average from 0 to 5 after the change; allowed: 6 to 29"):
            found.average(0, 5)
    assert (terms["level"], terms["trend"]) == pytest.approx((5, 1))
    assert list(after) == [6, 12]
    assert list(absolute) == pytest.approx([5, 11])


def test_a_phase_in_has_the_line_of_r():
    """R 4.2.2: t <- 0:59; y <- 50 + (t * 7) %% 11 + 3 * (t >= 36); d <- data.frame(y, t = t + 1, level = +(t >= 33),
    trend = pmax(t - 33, 0))[-(31:33), ]; summary(lm(y ~ ., d)).
    """
    found = segmented(series(50 + (TIME * 7) % 11 + 3.0 * (TIME >= 36)), change=CHANGE, phase_in=3, model="ols")
    assert found.coefficient("level")["estimate"] == pytest.approx(0.8803656031687, abs=1e-8)
    assert found.coefficient("level")["std_error"] == pytest.approx(1.9536911581315, abs=1e-8)


def test_a_phase_in_before_the_change_is_refused():
    with pytest.raises(DataError, match="phase-in of -2 periods is not possible; allowed: 0 or more"):
        segmented(series(TIME * 1.0), change=CHANGE, phase_in=-2)


def test_a_period_that_the_control_lacks_is_a_gap():
    """A row without a value and no row at all are the same; months beyond the control's are not used."""
    rng = np.random.default_rng(1)
    season = np.sin(2 * np.pi * TIME / 12)
    one = series(20 + 4 * (TIME >= 30) + 6 * season + rng.normal(0, 0.5, N))
    control = series(10 + rng.normal(0, 0.5, N))
    gap = (TIME >= 20) & (TIME < 26)
    empty = controlled(one, control.assign(value=control["value"].where(~gap)), change=CHANGE, season="harmonic")
    absent = controlled(one, control[~gap], change=CHANGE, season="harmonic")
    pd.testing.assert_frame_equal(absent.coefficients, empty.coefficients)
    assert absent.left_out == empty.left_out == 6
    assert absent.coefficient("level")["estimate"] == pytest.approx(4, abs=0.5)
    short = controlled(one, control[5:50], change=CHANGE)
    assert short.curve["period"].iloc[[0, -1]].tolist() == [MONTHS[5], MONTHS[49]]
    with pytest.raises(DataError, match="share no period"):
        controlled(one, control.assign(period=MONTHS + pd.Timedelta(days=1)), change=CHANGE)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([*range(12), *range(24, 36), *range(12, 24), *range(36, N)], "row 26: 2016-01-01 follows 2017-12-01"),
        ([*range(6), *range(5, N)], "row 8: 2015-06-01 follows 2015-06-01; allowed: dates that rise"),
        ([*range(10), *range(20, N)], "there is no row for 2015-11; give each period .* a row"),
        ([*range(12), *range(12, N, 3)], "months until .*, quarters from"),
    ],
)
def test_a_series_that_is_not_regular_and_in_order_is_refused(order, message):
    frame = series(10 + 4.0 * (TIME >= 30) + TIME % 3).iloc[order]
    with pytest.raises(DataError, match=message):
        segmented(frame, change=CHANGE)
    with pytest.raises(DataError, match=message):
        segmented_many(frame.assign(series="a"), change=CHANGE)


@pytest.mark.parametrize("step", ["14D", "28D", "2MS", "6MS"])
def test_periods_of_another_length_are_refused_by_models_and_by_the_reader_alike(step):
    frame = pd.DataFrame({"period": pd.date_range("2015-01-01", periods=40, freq=step), "value": TIME[:40] % 5 * 1.0})
    for refused in (lambda: per_year(frame["period"]), lambda: segmented(frame, change=CHANGE), lambda: regular(frame)):
        with pytest.raises(DataError, match="apart; allowed: days, weeks, months, quarters or years"):
            refused()


@pytest.mark.parametrize(
    ("step", "yearly", "season"),
    [("D", 365, "harmonic"), ("W", 52, "harmonic"), ("ME", 12, "harmonic"), ("QE", 4, "harmonic"), ("YS", 1, "none")],
)
def test_the_season_that_is_said_is_the_one_that_is_fitted(step, yearly, season):
    periods = pd.date_range("2015-01-01", periods=N, freq=step)
    frame = pd.DataFrame({"period": periods, "value": TIME % 7 + 4.0 * (TIME >= 30)})
    found = segmented(frame, change=periods[30], season="harmonic")
    assert (per_year(periods), found.season) == (yearly, season)
    assert ("sin1" in found.fit.names) == (season != "none")


@pytest.mark.parametrize(
    ("per", "message"),
    [(100, "poisson with per = 100 needs the columns 'numerator' and 'denominator'"), (1, "62.5 is not whole")],
)
def test_a_percentage_is_no_count(per, message):
    with pytest.raises(DataError, match=message):
        segmented(series(62.5 + TIME % 3), change=CHANGE, model="poisson", per=per)


@pytest.mark.parametrize("level", [95, -1, 0, 1])
def test_a_level_that_is_no_share_is_refused(level):
    frame = series(TIME % 4 + 3.0 * (TIME >= 30))
    fit = segmented(frame, change=CHANGE).fit
    for refused in (
        lambda: segmented(frame, change=CHANGE, level=level),
        lambda: segmented_many(frame.assign(series="a"), change=CHANGE, level=level),
        lambda: coefficient_table(fit, level=level),
    ):
        with pytest.raises(DataError, match=f"^level is {level}; allowed: a number between 0 and 1"):
            refused()


def test_a_series_without_a_name_is_refused():
    one = series(TIME % 4 * 1.0)
    with pytest.raises(DataError, match="column 'series', row 62: there is none; give every row one"):
        segmented_many(pd.concat([one.assign(series="a"), one.assign(series=None)]), change=CHANGE)


# Text in place of periods


def panel(periods):
    """Units that start in the third and the fifth of six periods, or never."""
    rows = [
        (unit, periods[t], t + (2.0 + unit % 2) * max(0, t - start + 1), periods[start] if start < 6 else None)
        for unit, start in enumerate([2] * 4 + [4] * 4 + [6] * 4)
        for t in range(6)
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "value", "start"])


COLUMNS = {"unit": "unit", "period": "period", "value": "value", "start": "start"}


@pytest.mark.parametrize("estimate", [lambda *a, **k: average_effects(*a, **k).overall, two_way_fixed_effects])
def test_text_that_is_out_of_order_is_refused_and_dates_as_text_are_read(estimate):
    numbers = estimate(panel([6, 7, 8, 9, 10, 11]), **COLUMNS).estimate
    dates = estimate(panel([f"2024-{month:02}-01" for month in range(6, 12)]), **COLUMNS).estimate
    assert dates == pytest.approx(numbers)
    assert estimate(panel([f"{year}/{year - 1999}" for year in range(2010, 2016)]), **COLUMNS).estimate == numbers
    with pytest.raises(DataError, match="column 'period', row 2: '6' is text that cannot be put in order"):
        estimate(panel(["6", "7", "8", "9", "10", "11"]), **COLUMNS)


def test_charts_of_many_series_refuse_text_that_is_out_of_order():
    values = [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    frame = pd.DataFrame({"series": "a", "period": range(1, 13), "value": values})
    for words in (frame["period"].astype(str), [f"01/{month:02}/2023" for month in range(1, 13)]):
        with pytest.raises(DataError, match="text that cannot be put in order; allowed: dates, numbers"):
            xmr_many(frame.assign(period=words))
    ordered = pd.Categorical(frame["period"].astype(str), [str(one) for one in range(1, 13)], ordered=True)
    assert xmr_many(frame.assign(period=ordered)).points["value"].to_list() == values


def test_a_day_before_its_month_is_no_date_of_a_series():
    words = [f"01/{month:02}/2023" for month in range(1, 13)]
    with pytest.raises(DataError, match="'01/01/2023' is text"):
        segmented(pd.DataFrame({"period": words, "value": range(12)}), change="2023-07-01")


# Charts


@pytest.mark.parametrize("option", ["exclude", "rebase"])
def test_a_mask_is_not_read_as_positions(option):
    mask = np.arange(8) == 4
    with pytest.raises(DataError, match=rf"{option} holds False; .* give np.flatnonzero\(mask\)"):
        xmr([1, 2, 3, 9, 2, 3, 1, 2], **{option: mask})
    with pytest.raises(DataError, match=f"{option} holds 2.5; allowed: positions"):
        xmr([1, 2, 3, 9, 2, 3, 1, 2], **{option: [2.5]})
    xmr([1, 2, 3, 9, 2, 3, 1, 2], **{option: np.flatnonzero(mask)})


@pytest.mark.parametrize("model", ["additive", "multiplicative"])
@pytest.mark.parametrize(("kind", "target", "rate"), [("proportion", 0.95, 0.6), ("ratio", 1.0, 1.5)])
def test_a_distance_that_all_units_have_from_a_target_is_no_spread(kind, target, rate, model):
    """phi is the mean of squared z about the pooled value, on the arcsine (4n) or log scale (expected x pooled)."""
    size = np.array([2000.0, 5000, 9000, 14000])
    events = rate * size + [-30, 60, -40, 50]
    units = pd.DataFrame({"unit": list("ABCD"), "a": events, "n": size})
    options = {"unit": "unit", "observed": "a", "size": "n", "kind": kind, "target": target, "winsorised": 0}
    found = funnel(units, model=model, **options)
    pooled, share = events.sum() / size.sum(), events / size
    if kind == "proportion":
        apart = 4 * size * (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(pooled))) ** 2
    else:
        apart = size * pooled * np.log(share / pooled) ** 2
    assert found.dispersion.phi == pytest.approx(apart.mean())
    assert set(found.points["place"]) == {"below outer" if kind == "proportion" else "above outer"}
    assert set(funnel(units, model=model, around="target", **options).points["place"]) == {"inside"}


def test_units_without_any_event_are_placed_around_a_target():
    units = pd.DataFrame({"unit": list("AB"), "a": [0, 0], "n": [100, 4000]})
    found = funnel(units, unit="unit", observed="a", size="n", target=0.01)
    assert found.points["place"].to_list() == ["inside", "below outer"]
    assert found.dispersion.reason == "every unit has the value 0"


@pytest.mark.parametrize(
    ("chart", "draw", "said"),
    [
        (g_chart, lambda rng: rng.geometric(1 / 21, 24) - 1, 38),
        (c_chart, lambda rng: rng.poisson(0.5, 24), 29),
        (c_chart, lambda rng: rng.poisson(5, 24), 18),
        (t_chart, lambda rng: rng.exponential(20, 24), 15),
        (xmr, lambda rng: rng.normal(0, 1, 24), 19),
    ],
)
def test_charts_of_a_stable_process_signal_as_often_as_they_say(chart, draw, said):
    """Three Monte Carlo errors of 300 charts and of the 2,000 that the docstring is from."""
    rng = np.random.default_rng(5)
    share = np.mean([not chart(draw(rng)).stable for _ in range(300)])
    assert share == pytest.approx(said / 100, abs=3 * np.sqrt(said / 100 * (1 - said / 100) * (1 / 300 + 1 / 2000)))
    assert f"{said}%" in (g_chart if chart is xmr else chart).__doc__
