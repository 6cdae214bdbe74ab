"""A study of one series, the sentences made from it, and the refusals, on bundled data."""

import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.trends import coverage, words
from healthsys.trends.figures import chart_figure, draw_beside, draw_chart, draw_residuals, draw_segmented, indexed
from healthsys.trends.measures import measure_of
from healthsys.trends.study import open_study, other_charts, scored, sensitivity

BEDS = {"data": "kh03_beds_england", "indicator": "ga_occupancy_percent", "unit": "England"}
SOUTH = {"data": "area_south_series", "indicator": "antenatal_coverage", "unit": "Area South"}
WAITS = {"data": "rtt_england_monthly", "indicator": "incomplete_median_wait_weeks", "unit": "England"}


@pytest.fixture(scope="module")
def south():
    return open_study(
        **SOUTH,
        change="2017-01-01",
        change_name="the reorganisation",
        improvement="increase",
        season="harmonic",
        control="Comparator Area",
        beside=["Comparator Area"],
    )


@pytest.fixture(scope="module")
def beds():
    return open_study(**BEDS, change="2020-04-01", change_name="the pandemic", horizon=8, season="harmonic")


def test_synthetic_data_are_called_so_where_the_first_number_stands(south):
    assert words.finding(south).startswith("In these synthetic data, antenatal coverage in Area South")
    assert "not one number on this page is real" in words.data_words(south)
    assert chart_figure(south)["caption"].startswith("Synthetic data")


def test_the_finding_carries_its_number_and_interval(south):
    one = south.found.at_horizon
    said = words.finding(south)
    assert f"{one.absolute:+.1f} percentage points" in said or f"{abs(one.absolute):.1f} percentage points" in said
    assert "95 % interval" in said
    assert "12 months after the reorganisation" in said


def test_an_effect_that_is_clear_at_once_and_gone_later_is_said_in_that_order(beds):
    said = words.finding(beds)
    assert said.startswith("At the pandemic, occupancy of general and acute beds in England is")
    assert "8 quarters after the pandemic the difference is no longer clear" in said
    assert "do not agree: the control chart shows points outside its limits in both directions" in said


def test_a_clear_effect_is_stated_at_the_horizon():
    waits = open_study(
        **WAITS, change="2020-03-01", change_name="the pandemic", improvement="decrease", season="harmonic"
    )
    said = words.finding(waits)
    assert said.startswith("12 months after the pandemic, the median wait of people still waiting in England is")
    assert said.endswith("the control chart cannot tell, because most earlier points stand outside its rules too.")
    assert "2.7 weeks (95 % interval 0.9 to 4.4) above" in said


def test_breaks_of_definition_are_left_out_or_kept_and_named():
    cut = open_study(**WAITS, change="2020-03-01")
    assert (cut.series["period"].min(), cut.series["period"].max()) == (
        pd.Timestamp("2013-04-01"),
        pd.Timestamp("2024-01-01"),
    )
    assert "community service pathways are no longer counted" in cut.left_out
    kept = open_study(**WAITS, change="2020-03-01", breaks="keep")
    assert [one.name for one in kept.findings].count("definition") == 2
    assert kept.chart.segments["segment"].max() == 3


def test_without_a_change_the_chart_stands_alone():
    study = open_study(
        data="ae_england_monthly",
        indicator="within_4h_percent",
        unit="England",
        last="2019-03-01",
        improvement="increase",
        target="95",
    )
    assert study.found is None
    said = words.finding(study)
    assert "is not a stable process from April 2016 to March 2019" in said
    assert "cannot be expected to meet the target of 95.0 %" in said
    assert said.endswith("No interruption is claimed.")
    assert "fourteen trusts" in words.limit_words(study)
    assert {entry["name"] for entry in words.results(study)} >= {"finding", "data_kind", "variation"}
    assert "special causes" in words.capability_words(study)


def test_neighbours_are_shown_and_are_no_controls():
    study = open_study(
        data="gp_appointments_counties",
        indicator="appointments",
        unit="Somerset",
        change="2020-03-01",
        change_name="the pandemic",
        beside=["Dorset", "Gloucestershire"],
    )
    assert "are no control: the pandemic reached every place in the same month" in words.beside_words(study)
    before = indexed(study).query("period < '2020-03-01'").groupby("unit")["index"].mean()
    assert before.to_numpy() == pytest.approx([100, 100, 100])


def test_the_truth_is_set_beside_every_estimate(south):
    table = scored(south)
    assert table["estimate"].to_list() == ["series alone"] * 2 + ["against Comparator Area"] * 2
    assert table["true"].iloc[0] == 0
    assert (
        ((table["lower"] <= table["true"]) & (table["true"] <= table["upper"]))
        .map({True: "yes", False: "no"})
        .equals(table["inside"])
    )
    assert "The real Area had none" in words.beside_words(south)


def test_results_are_plain_and_named_once(south, beds):
    for study in (south, beds):
        names = [entry["name"] for entry in words.results(study)]
        assert len(names) == len(set(names))
        assert {"finding", "effect_at_change", "effect_at_horizon", "relative_effect", "methods_agree"} <= set(names)


def test_sensitivity_is_summed_up(south):
    table = sensitivity(south)
    assert set(table["choice"]) == {"as on this page", "change date", "season", "model", "phase-in left out"}
    assert table.loc[table["choice"] == "model", "setting"].to_list() == [
        "OLS with Newey–West errors", "Prais–Winsten", "quasi-Poisson", "negative binomial",
    ]  # fmt: skip
    assert f"Of {int(table['at_horizon'].notna().sum()) - 1} other choices" in words.sensitivity_words(south)


def test_other_charts_say_how_much_wider_than_binomial_the_spread_is(south, beds):
    charts = other_charts(south).set_index("chart")
    assert "times the binomial one" in charts.loc["p′ (Laney)", "remark"]
    assert "p′ (Laney)" not in other_charts(beds)["chart"].to_list()


@pytest.mark.parametrize("width", [720, 358])
def test_figures_are_drawn_at_both_widths(south, width):
    for draw in (draw_chart, draw_segmented, draw_residuals, draw_beside):
        assert draw(south, width=width).get_figwidth() == pytest.approx(width / 72)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**BEDS, "change": "2030-01-01"}, "change outside: the change date 2030-01-01 lies outside"),
        ({**BEDS, "change": "April 2020"}, "parameter 'change' is 'April 2020'; allowed: a date as YYYY-MM-DD"),
        ({**BEDS, "target": "many"}, "parameter 'target' is 'many'"),
        ({**BEDS, "target": "-85"}, "target: the target -85 is negative"),
        ({**BEDS, "change": "2018-07-01"}, "few points: 1 points before the change; at least 3 are needed"),
        ({**BEDS, "unit": "Scotland"}, "there is no unit 'Scotland'"),
        ({**BEDS, "indicator": "ga_occupancy"}, "Did you mean 'ga_occupancy_percent'"),
        ({**BEDS, "first": "2030-01-01"}, "0 periods lie between first and last"),
        ({**SOUTH, "change": "2017-01-01", "control": "Area North"}, "there is no unit 'Area North'"),
    ],
)
def test_what_cannot_be_studied_says_why(options, message):
    with pytest.raises(DataError, match=message):
        open_study(**options)


def test_a_tidy_file_with_faults_is_refused_whole(tmp_path):
    path = tmp_path / "mine.csv"
    rows = "".join(f"seen,A,2020-{month:02d}-01,{40 + month}\n" for month in range(1, 13))
    path.write_text("indicator,unit,period,value\n" + rows + "seen,A,2020-12-15,-3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mixed frequency"):
        open_study(data=str(path), indicator="seen", unit="A")
    path.write_text("indicator,unit,period,value\n" + rows + "seen,A,2020-12-01,9\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"row 14 repeats"):
        open_study(data=str(path), indicator="seen", unit="A")


def test_measures_speak_in_their_unit():
    assert measure_of("hypertension_coverage").change(-4.26) == "−4.3 percentage points"
    assert measure_of("something", pd.Series([0.5, 0.25])).digits == 2
    assert measure_of("visits", pd.Series([120.0, 131.0])).count


def test_the_score_finds_what_is_known_and_repeats_with_its_seed():
    options = {"series": 60, "periods": 48, "start": 24, "rho": 0.4, "horizon": 12, "seed": 5}
    table = coverage.score(**options)
    first = table[table["estimand"] == "level at the change"].set_index(["model", "rho"])["covered"]
    assert first["poisson", 0.4] < first["quasi_poisson", 0.0]
    assert first["ols", 0.4] < first["ols", 0.0]
    assert first["ar1_reml", 0.4] > first["newey_west", 0.4] + 0.05
    assert set(table["level"]) == {0.95}
    assert table.equals(coverage.score(**options))
    with pytest.raises(DataError, match="8 or more on each side"):
        coverage.score(**{**options, "start": 4})
