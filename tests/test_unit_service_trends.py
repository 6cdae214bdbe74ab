"""The page about one series with a change: what it prepares, refuses, finds, compares and says at another level."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from compendium import datasets
from healthsys import say
from healthsys.errors import DataError
from healthsys.its.interrupted import design, segmented
from pages import page, prepared

BEDS = {"data": "kh03_beds_england", "indicator": "ga_occupancy_percent", "unit": "England"}
SOUTH = {"data": "area_south_series", "indicator": "antenatal_coverage", "unit": "Area South"}
GP = {"data": "gp_appointments_counties", "indicator": "appointments", "unit": "Somerset"}
WAITS = {"data": "rtt_england_monthly", "indicator": "incomplete_median_wait_weeks", "unit": "England"}


@pytest.fixture(scope="module")
def south():
    return page(
        "service_trends",
        **SOUTH,
        change="2017-01-01",
        change_name="the reorganisation",
        improvement="increase",
        season="harmonic",
        control="Comparator Area",
        others=["Comparator Area"],
    )


@pytest.fixture(scope="module")
def beds():
    return page("service_trends", **BEDS, change="2020-04-01", change_name="the pandemic", horizon=8, season="harmonic")


@pytest.fixture(scope="module")
def waits():
    return page(
        "service_trends", **WAITS, change="2020-03-01", change_name="the pandemic", improvement="decrease",
        season="harmonic", level=0.9,
    )  # fmt: skip


def drawn(shown, name):
    figure = shown.figures[name]
    return pd.DataFrame(figure["rows"], columns=figure["columns"])


def own(tmp_path, values, **columns):
    """Write a reader's file of months from 2020-01 on and return what reads it."""
    months = pd.date_range("2020-01-01", periods=len(values), freq="MS")
    frame = pd.DataFrame({"indicator": "seen", "unit": "Ward 7", "period": months, "value": values, **columns})
    frame.to_csv(tmp_path / "own.csv", index=False)
    return {"data": str(tmp_path / "own.csv"), "indicator": "seen", "unit": "Ward 7", "season": "none"}


def test_synthetic_data_are_called_so_next_to_the_first_number(south):
    assert south.value("finding").startswith("In this synthetic example antenatal coverage in Area South")
    assert "not one number on this page is real" in south.value("data_kind")
    assert south.figures["control-chart"]["caption"].startswith("Synthetic data")


def test_the_finding_carries_its_number_and_interval(south):
    one, other, said = south.results["trend_change"], south.results["effect_controlled"], south.value("finding")
    assert f"its trend rose by {one['value']:.2f} percentage points a month" in said
    assert f"(95% CI {one['lower']:.2f} to {one['upper']:.2f})" in said
    assert f"the fitted difference is {other['value']:.1f} above its earlier trend" in said
    chance = "which chance could explain" if other["lower"] < 0 < other["upper"] else "unlikely to be chance"
    at = south.tables["truth"].query("estimate == 'against Comparator Area' and at.str.contains('horizon')")
    assert said.endswith(f"{chance}, while {at['true'].iloc[0]:.1f} was built in.")


def test_the_finding_says_first_how_far_apart_the_areas_were_observed(south):
    rows = datasets.load("area_south_series").query("indicator == 'antenatal_coverage'")
    late = rows[rows["period"].astype(str) == "2018-01-01"].set_index("unit")["value"]
    apart = late["Area South"] - late["Comparator Area"]
    way = "above" if apart > 0 else "below"
    said = f"In January 2018 it was {abs(apart):.1f} percentage points {way} Comparator Area"
    assert said in south.value("finding")
    assert south.value("finding").index(said) < south.value("finding").index("the fitted difference")


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_figure_draws_what_its_title_compares(level):
    """The bar ends at the observed and at the expected value; the band is the prediction interval of the lead."""
    shown = page("service_trends", **WAITS, change="2020-03-01", model="newey_west", level=level)
    there = drawn(shown, "segmented").set_index("period").loc["2021-03-01"]
    one = shown.results["expected"]
    assert (there["value"], there["expected"]) == pytest.approx((shown.value("observed"), one["value"]), rel=1e-5)
    assert (there["lower"], there["upper"]) == pytest.approx((one["lower"], one["upper"]), rel=1e-5)
    assert f"with its {100 * level:g}% prediction interval" in shown.figures["segmented"]["caption"]


def test_a_page_with_another_model_says_what_the_recommended_one_gives():
    shown = page("service_trends", **WAITS, change="2020-03-01", season="harmonic", model="newey_west")
    usual = page("service_trends", **WAITS, change="2020-03-01", season="harmonic", model="ar1_reml")
    one, other = shown.results["average_recommended"], usual.results["average_first_year"]
    assert [one[end] for end in ("value", "lower", "upper")] == [other[end] for end in ("value", "lower", "upper")]
    assert one["value"] < shown.value("average_first_year")
    assert "Newey–West errors keep the line" in shown.prose
    assert "average_recommended" not in usual.results
    seen = shown.tables["averages"].set_index("period")["observed less expected"]
    assert seen["first year"] == pytest.approx(5.3, abs=0.05)


def test_a_date_is_reported_as_observed_against_expected_with_a_prediction_interval():
    shown = page("service_trends", **BEDS, change="2020-04-01", model="newey_west", horizon=0, pulse=4)
    assert shown.value("observed") == 63.12
    assert shown.value("expected") == pytest.approx(87.9, abs=0.05)
    assert shown.value("difference") == pytest.approx(-24.8, abs=0.05)
    one = shown.results["expected"]
    assert (one["lower"], one["upper"]) == pytest.approx((76.2, 99.6), abs=0.05)
    said = shown.value("finding")
    assert "was 63.1%, 24.8 percentage points below the 87.9% expected from its earlier trend" in said
    assert "below the 95% prediction interval (76.2 to 99.6), so chance alone is an unlikely explanation" in said
    assert shown.value("average_shock") == pytest.approx(-12.1, abs=0.05)
    assert "pulse" in shown.figures


def test_the_expected_value_and_its_interval_are_those_of_least_squares():
    """By the textbook: x'b and t s root(1 + x'(X'X)^-1 x), with x the earlier trend carried on."""
    shown = page("service_trends", **WAITS, change="2020-03-01", season="harmonic", model="newey_west")
    series = prepared(**WAITS, change="2020-03-01", season="harmonic").frame
    y = series["value"].to_numpy(float)
    matrix, _ = design(len(y), start=83, season="harmonic")
    x = design(len(y), start=83, season="harmonic", interrupted=False)[0][95]
    inverse = np.linalg.inv(matrix.T @ matrix)
    b = inverse @ matrix.T @ y
    s = np.sqrt(((y - matrix @ b) ** 2).sum() / (len(y) - 6))
    reach = stats.t.ppf(0.975, len(y) - 6) * s * np.sqrt(1 + x @ inverse @ x)
    one = shown.results["expected"]
    assert (one["value"], one["lower"], one["upper"]) == pytest.approx((x @ b, x @ b - reach, x @ b + reach))
    assert shown.value("difference") == pytest.approx(11.6 - x @ b)


def test_a_peak_is_said_in_the_lead():
    shown = page("service_trends", **WAITS, change="2020-03-01", improvement="decrease", model="newey_west")
    assert shown.value("peak") == pytest.approx(11.5, abs=0.06)
    said = shown.value("finding")
    assert "In March 2021, the median wait of open referrals in England was 11.6 weeks, 3.7 weeks above" in said
    assert said.endswith("as was the peak in July 2020 (11.5 weeks above).")
    assert shown.value("settled") is True


def test_data_that_do_not_settle_it_say_so():
    shown = page("service_trends", **GP, change="2020-03-01", season="none", model="newey_west", pulse=6)
    assert [shown.value(name) for name in ("observed", "expected", "difference")] == pytest.approx(
        [286_351, 327_456, -41_105], abs=0.5
    )
    said = shown.value("finding")
    assert "286,351, 41,105 (13%) below what its earlier trend predicts" in said
    assert "The data do not settle whether this is a real change: the 95% prediction interval" in said
    assert "alternatives reverse the direction" in said
    assert shown.value("settled") is False


def test_breaks_of_definition_are_left_out_or_kept_and_named():
    cut = prepared(**WAITS, change="2020-03-01")
    assert (cut.frame["period"].min(), cut.frame["period"].max()) == (
        pd.Timestamp("2013-04-01"),
        pd.Timestamp("2024-01-01"),
    )
    assert "community service pathways are no longer counted" in cut.left_out
    assert cut.breaks == []
    kept = prepared(**WAITS, change="2020-03-01", breaks="keep")
    assert [one.name for one in kept.problems].count("definition") == 2
    assert len(kept.breaks) == 2


def test_a_chart_alone_claims_no_change():
    shown = page(
        "control_chart", data="ae_england_monthly", indicator="within_4h_percent", unit="England", last="2019-03-01",
        improvement="increase", target="95",
    )  # fmt: skip
    said = shown.value("finding")
    assert said.startswith("From April 2016 to March 2019, ")
    assert "was not stable: 30 of 36 months break a chart rule" in said
    assert "The target of 95.0% was met in none of the 12 months to March 2019." in said
    assert "does not suit a series with a trend or a season" in shown.prose
    assert "fourteen trusts" in shown.prose
    assert set(shown.results) == {"finding", "data_kind", "latest", "variation", "special_causes"}
    assert "special causes" in "".join(shown.texts.values())


def test_a_page_with_a_change_needs_its_date_and_names_the_other_notebook():
    with pytest.raises(DataError, match=r"parameter 'change' is empty; allowed: .*use the notebook control_chart"):
        page("service_trends", **BEDS, change="")


def test_neighbours_are_shown_and_are_no_controls():
    shown = page(
        "service_trends",
        **GP,
        change="2020-03-01",
        change_name="the pandemic",
        others=["Dorset", "Gloucestershire"],
    )
    said = "Dorset and Gloucestershire cannot serve as a control: the pandemic reached every place in the same"
    assert said in shown.prose
    before = drawn(shown, "other-units").query("period < '2020-03-01'").groupby("unit")["index"].mean()
    assert before.to_numpy() == pytest.approx([100, 100, 100], abs=1e-3)


def test_the_truth_is_compared_with_every_estimate(south):
    table = south.tables["truth"]
    assert table["estimate"].to_list() == ["series alone"] * 2 + ["against Comparator Area"] * 2
    assert table["true"].iloc[0] == 0
    number = {name: table[name].astype("str").str.replace("−", "-").astype(float) for name in ("lower", "upper")}
    inside = (number["lower"] <= table["true"]) & (table["true"] <= number["upper"])
    assert inside.map({True: "yes", False: "no"}).equals(table["interval includes it"])
    assert "The real Area had none" in south.prose


def test_results_are_named_as_they_were(south, beds):
    for shown in (south, beds):
        assert {"finding", "observed", "expected", "trend_change", "average_first_year", "methods_agree"} <= set(
            shown.results
        )


def test_the_sensitivity_analysis_tries_the_other_choices_one_at_a_time(south):
    choices = south.tables["sensitivity"]["alternative"].to_list()
    assert choices[0] == "the regression of this page"
    assert [one.split(": ")[1] for one in choices if one.startswith("change date")] == [
        "3 months earlier", "2 months earlier", "1 month earlier", "1 month later", "2 months later", "3 months later",
    ]  # fmt: skip
    assert [one for one in choices if one.startswith("model")] == [
        "model: OLS with Newey–West errors", "model: Prais–Winsten", "model: quasi-Poisson", "model: negative binomial",
    ]  # fmt: skip
    assert [one for one in choices if one.startswith("phase-in")] == [
        "phase-in left out: 1 month", "phase-in left out: 3 months",
    ]  # fmt: skip
    assert [one for one in choices if one.startswith("season")] == [
        "season: none", "season: two harmonics", "season: months",
    ]  # fmt: skip
    assert choices[-1] == "least squares on the months before the change only"
    slopes = south.tables["sensitivity"].set_index("alternative")["change of trend"]
    of_counts = ["model: quasi-Poisson", "model: negative binomial"]  # on the log scale
    assert slopes[[*of_counts, choices[-1]]].eq("–").all()
    others = len(choices) - 1 - 3
    assert f"of {others} alternatives give another" in south.texts["sensitivity"]
    assert f"reverse the direction: 0 of {others} that give another change of the trend." in south.prose


def test_a_moved_date_is_fitted_at_that_date_and_lags_belong_to_their_model(tmp_path):
    values = np.r_[np.tile([10.0, 12, 11], 8), np.tile([15.0, 17, 16], 8)]
    shown = page("service_trends", **own(tmp_path, values), change="2022-01-01", model="newey_west")
    table = shown.tables["sensitivity"].set_index("alternative")
    assert [one for one in table.index if one.startswith("lag")] == [
        "lag of the errors: 1 instead of 3", "lag of the errors: 6 instead of 3",
        "lag of the errors: 12 instead of 3",
    ]  # fmt: skip
    frame = pd.DataFrame({"period": pd.date_range("2020-01-01", periods=48, freq="MS"), "value": values})
    moved = segmented(frame, change="2021-11-01", model="newey_west")
    row = table.loc["change date: 2 months earlier"]
    stated = [say.number(one, "{:+,.0f}") for one in moved.average(0, 11)]
    shown_there = [row[name] for name in ("average effect, first year", "lower", "upper")]
    assert [f"{float(str(one).replace('−', '-')):+.0f}" for one in shown_there] == [
        one.replace("−", "-") for one in stated
    ]


def test_a_choice_that_cannot_be_fitted_stays_with_its_reason(tmp_path):
    values = np.r_[np.tile([10.0, 12, 11], 3), np.tile([15.0, 17, 16], 3)]
    shown = page("service_trends", **own(tmp_path, values), change="2020-10-01", model="newey_west")
    table = shown.tables["sensitivity"].set_index("alternative")
    assert "cannot" in table.loc["season: months", "remark"]
    assert "could not be fitted" in shown.texts["sensitivity"]


@pytest.mark.parametrize("values", [[50.0] * 24, list(np.arange(24.0)), [*np.arange(12.0), *[0.0] * 12]])
def test_a_page_stands_awkward_series_too(tmp_path, values):
    options = own(tmp_path, values, numerator=values, denominator=[100] * 24) | {"indicator": "seen"}
    shown = page("service_trends", **options, change="2021-01-01")
    table = shown.tables["sensitivity"]
    remarks = table.get("remark", pd.Series("", index=table.index))
    filled = table["average effect, first year"].ne("–") | table["observed less expected"].ne("–") | remarks.ne("")
    assert filled.all()


def test_chart_and_regression_can_disagree_and_it_is_said(tmp_path):
    """One month far out: the chart marks it, and a line through the months after the change finds nothing."""
    values = np.tile([50.0, 51, 49, 50.5, 49.5, 50, 51, 49.5], 5)
    values[35] += 12
    shown = page("service_trends", **own(tmp_path, values), change="2021-09-01")
    table = shown.tables["methods"]
    assert table["says"].to_list() == ["up", "no clear change"]
    assert shown.value("methods_agree") is False
    assert table["because"][0].startswith("1 of 20 later points show special cause")
    assert table["because"][0].endswith("(1 up, 0 down)")
    assert table["because"][1] == "the intervals of the change of trend and of both effects include zero"


def test_a_fall_that_both_see_is_said_so_with_where_it_is_clear(tmp_path):
    values = np.tile([50.0, 51, 49, 50.5, 49.5, 50, 51, 49.5], 5) - 9.0 * (np.arange(40) >= 20)
    shown = page("service_trends", **own(tmp_path, values), change="2021-09-01")
    table = shown.tables["methods"]
    assert table["says"].to_list() == ["down", "down"]
    assert shown.value("methods_agree") is True
    seen = "the interval of the effect at the change and of the effect at the horizon excludes zero"
    assert table["because"][1] == seen
    assert "The control chart agrees: it marks points downwards only." in shown.prose


@pytest.mark.parametrize(("rising", "drifting"), [(0, False), (10, False), (11, True)])
def test_a_chart_tells_nothing_when_more_than_half_of_the_earlier_points_are_marked(tmp_path, rising, drifting):
    """Exactly half is not most."""
    calm = np.tile([-1.0, 1.0], 20)[rising + 20 :]
    before = np.r_[calm, np.linspace(-0.9, 0.9, rising)] if rising else calm
    values = np.r_[before, 9 + np.tile([-1.0, 1.0], 10)] + 50
    shown = page("service_trends", **own(tmp_path, values), change="2021-09-01", model="ols")
    because = shown.tables["methods"]["because"][0]
    assert (f"so do {rising} of 20 earlier ones" in because) == bool(rising)
    assert ("The control chart cannot tell" in shown.prose) == drifting
    assert shown.tables["methods"]["says"][0] == ("cannot tell" if drifting else "up")
    assert shown.value("methods_agree") is (None if drifting else True)


def test_alternatives_that_reverse_the_average_effect_are_counted(beds, south):
    """The difference two years on and the average of the first year are two answers; each is counted."""
    for shown in (beds, south):
        table = shown.tables["sensitivity"]
        numbers = table["average effect, first year"].replace("–", None).str.replace("−", "-").astype(float)
        others = numbers.iloc[1:].dropna()
        reverse = int((others * numbers.iloc[0] < 0).sum())
        assert f"Average effect of the first year: {reverse} of {len(others)} reverse it" in shown.prose
    assert "(a start 1 quarter later" in beds.prose


def test_the_page_says_who_collected_official_figures(beds, waits):
    assert beds.value("data_kind").startswith("The data are official figures, in a third party's collection. ")
    assert waits.value("data_kind").startswith("The data are published figures. ")


def test_other_charts_say_how_much_wider_than_binomial_the_spread_is(south, beds):
    charts = south.tables["charts"].set_index("chart")
    assert "times the binomial one" in charts.loc["p′ (Laney)", "remark"]
    assert "p′ (Laney)" not in beds.tables["charts"]["chart"].to_list()


def test_the_page_says_what_was_measured(waits):
    assert "Measured coverage: in simulated series of 120 periods with an autocorrelation of 0.6" in waits.prose
    assert "90% intervals of this kind included the true change of level in" in waits.prose
    assert "more autocorrelated (0.83) than any simulated one, so expect less" in waits.prose
    assert waits.results["measured_coverage"]["n"] == 4000
    assert waits.value("measured_coverage") > 0


def test_an_autocorrelation_at_the_end_of_its_range_is_warned_of_and_has_no_measured_coverage(beds):
    assert "lies at the end of what is allowed" in beds.texts["coefficients"]
    assert "Measured coverage: not known; the estimated autocorrelation, 0.99" in beds.prose
    entry = beds.results["measured_coverage"]
    assert entry.get("value") is None
    assert "0.99" in entry["reason"]


def test_the_level_reaches_effects_sensitivity_and_band(waits):
    usual = page("service_trends", **WAITS, change="2020-03-01", season="harmonic")
    for name in ("average_first_year", "expected", "difference"):
        widths = [one.results[name] for one in (waits, usual)]
        assert widths[0]["upper"] - widths[0]["lower"] < widths[1]["upper"] - widths[1]["lower"]
    n = len(drawn(waits, "segmented"))
    for shown, level in ((waits, 0.9), (usual, 0.95)):
        band = drawn(shown, "residuals")["band"][0]
        assert band == pytest.approx(stats.norm.ppf(0.5 + level / 2) / np.sqrt(n), rel=1e-5)
        table = shown.tables["sensitivity"].iloc[0]
        one = shown.results["average_first_year"]
        assert [float(table[name]) for name in ("lower", "upper")] == pytest.approx(
            [one["lower"], one["upper"]], abs=0.05
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**BEDS, "change": "2030-01-01"}, "change outside: the change date 2030-01-01 is outside"),
        ({**BEDS, "change": "April 2020"}, "parameter 'change' is 'April 2020'; allowed: a date as YYYY-MM-DD"),
        ({**BEDS, "target": -85.0}, "target: the target -85 is negative"),
        ({**BEDS, "change": "2018-07-01"}, "few points: 1 points before the change; at least 3 are needed"),
        ({**BEDS, "unit": "Scotland"}, "there is no unit 'Scotland'"),
        ({**BEDS, "indicator": "ga_occupancy"}, "Did you mean 'ga_occupancy_percent'"),
        ({**BEDS, "first": "2030-01-01"}, "no periods are between '2030-01-01' and ''"),
    ],
)
def test_what_cannot_be_analysed_says_why(options, message):
    with pytest.raises(DataError, match=message):
        prepared(**options)


def test_a_target_that_is_no_number_and_a_control_that_is_not_there_say_so():
    with pytest.raises(DataError, match="parameter 'target' is 'many'; allowed: a number in the unit of the series"):
        page("service_trends", **BEDS, change="2020-04-01", target="many")
    with pytest.raises(DataError, match="there is no unit 'Area North'"):
        page("service_trends", **SOUTH, change="2017-01-01", control="Area North")


def test_a_tidy_file_with_faults_is_refused_whole(tmp_path):
    path = tmp_path / "mine.csv"
    rows = "".join(f"seen,A,2020-{month:02d}-01,{40 + month}\n" for month in range(1, 13))
    path.write_text("indicator,unit,period,value\n" + rows + "seen,A,2020-12-15,-3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mixed frequency"):
        prepared(data=path, indicator="seen", unit="A")
    path.write_text("indicator,unit,period,value\n" + rows + "seen,A,2020-12-01,9\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"row 14 repeats"):
        prepared(data=path, indicator="seen", unit="A")


def test_a_doubt_is_said_before_the_chart_and_in_the_finding(tmp_path):
    numbers = [2060, 2108, 2129, 2023, 2090, 2077, 2101, 2088, 2064, 2095, 2110, 310]
    options = own(tmp_path, numbers)
    del options["season"]
    said = r"2020-12 (310) is far below all others (lowest 2,023): part of a month?"
    shown = page("control_chart", **options)
    assert said in shown.prose
    assert f"Check first: {said}" in shown.value("finding")


def test_bundled_limitations_and_truth_are_in_the_description_of_the_data():
    known = datasets.load("area_south_series").attrs["provenance"]
    assert known["truth"] == "area_south_truth"
    assert any("Clinics start one month after another" in one for one in known["limits"])


def test_the_bar_spans_observed_and_expected_and_the_band_is_the_one_given():
    from matplotlib.figure import Figure

    from healthsys.plots.its import plot_segmented

    rows = prepared(**WAITS, change="2020-03-01", season="harmonic").frame
    found = segmented(rows, change="2020-03-01", season="harmonic", model="ols")
    after = rows[rows["period"] >= "2020-03-01"]
    given = after[["period"]].assign(observed=after["value"], expected=7.0, lower=1.0, upper=30)
    at = pd.Timestamp("2021-03-01")
    ax = plot_segmented(found, title="weeks", expected=given, at=at, ax=Figure().subplots())
    (bar,) = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1.6]
    observed = after.set_index("period")["value"][at]
    assert list(bar.get_ydata()) == [7.0, observed]
    assert {line.get_label() for line in ax.lines} >= {"observed", "fitted", "expected"}
    (band,) = ax.collections[:1]
    assert band.get_paths()[0].get_extents().get_points()[:, 1].tolist() == [1.0, 30.0]
    assert ax.get_ylim()[1] > 30
    other = plot_segmented(found, title="weeks", ax=Figure().subplots())
    assert "earlier trend" in {line.get_label() for line in other.lines}
