"""Measures, the figures from Frome, clinics that start at different times, slack of beds, and coverage."""

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from healthsys.errors import DataError
from healthsys.say import period
from healthsys.trends import coverage, frome, panels, slack
from healthsys.trends.capacity import one_more_bed, ward_sizes
from healthsys.io import measure_of


def test_measures_speak_in_their_unit():
    assert measure_of("hypertension_coverage").change(-4.26) == "−4.3 percentage points"
    assert measure_of("something", pd.Series([0.5, 0.25])).digits == 2
    assert measure_of("visits", pd.Series([120.0, 131.0])).count


def test_frome_figures_are_recomputed():
    printed = datasets.load("frome_results")
    cost = frome.saving(printed)
    assert cost.amount == 1195066
    assert cost.percent == pytest.approx(-20.8, abs=0.05)
    assert cost.percent_a_year == pytest.approx(-7.46, abs=0.005)
    assert frome.relative_change(-14, 28.5)["relative"] == pytest.approx(100 * (0.86 / 1.285 - 1))
    check = frome.interval_check(printed)
    assert check["implied_t"].iloc[0] == pytest.approx(0.00485, abs=5e-5)
    assert check["reading"].iloc[1].startswith("agrees")
    assert "No count is printed" in frome.finding(printed)
    with pytest.raises(DataError, match="0 rows of 'nothing'"):
        frome.cell(printed, "nothing")


def test_an_interval_gives_its_p_value_back():
    """Altman & Bland, BMJ 2011;343:d2304: an estimate 1.96 standard errors from zero has p 0.05."""
    assert frome.p_from_interval(1.96, 0, 3.92, rounding=0)[0] == pytest.approx(0.05, abs=1e-4)
    # R 4.2.2: 2 * pt(-7.9 / (10.3 / 2 / qt(.975, 17)), 17); 7.95 in 10.2 to 7.85 in 10.4 by rounding.
    found = frome.p_from_interval(-7.9, -13.1, -2.8, df=17)
    assert found == pytest.approx((0.004851827, 0.004333322, 0.005419518), abs=5e-10)
    # R: 2 * pnorm(-2 / (2 / qnorm(.95))): another level.
    assert frome.p_from_interval(2, 0, 4, rounding=0, level=0.9)[0] == pytest.approx(0.1)
    # Rounding as wide as the interval, or an estimate within rounding of zero: any p is possible.
    assert frome.p_from_interval(0.1, 0.0, 0.1)[1:] == (0.0, pytest.approx(0.3270950, abs=5e-8))
    assert frome.p_from_interval(0.03, -0.3, 0.4)[2] == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: frome.p_from_interval(1, 2, 3), "is no estimate with its interval; are columns swapped"),
        (lambda: frome.p_from_interval(1, 1, 1), "is no estimate with its interval"),
        (lambda: frome.p_from_interval(1, 0, 2, level=95), "level is 95"),
        (lambda: frome.p_from_interval(1, 0, 2, df=0), "df 0 are not possible"),
        (lambda: frome.relative_change(-14, -100), "cannot be compared"),
        (lambda: frome.relative_change(-140, 5), "cannot be compared"),
        (lambda: frome.relative_interval(-100, 5, before=10, other_before=10), "leaves no admissions"),
        (lambda: frome.relative_interval(-10, 5, before=0, other_before=10), "supposed admissions of 0 and 10"),
        (lambda: frome.relative_interval(-10, 5, before=float("inf"), other_before=10), "supposed admissions of inf"),
        (lambda: frome.by_supposed_count(datasets.load("frome_results"), []), "name at least one, above 0"),
        (lambda: frome.by_supposed_count(datasets.load("frome_results"), [250, -1]), "supposed admissions of -1"),
    ],
)
def test_impossible_frome_figures_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_zero_costs_and_changes_are_refused():
    printed = datasets.load("frome_results")
    free = printed.assign(value=printed["value"].mask(printed["series"] == "admissions_cost", 0.0))
    with pytest.raises(DataError, match="a cost of 0 pounds is not possible"):
        frome.saving(free)
    still = printed.assign(value=printed["value"].mask(printed["series"] == "unplanned_admissions_change", 0.0))
    with pytest.raises(DataError, match="a change of 0 per cent in Frome implies no starting number"):
        frome.implied_counts(still)


def test_the_relative_interval_follows_its_level():
    """R 4.2.2: 100 * expm1(log(.86/1.285) + c(-1,1) * qnorm(.95) * sqrt(1/1000+1/860+1/15000+1/19275))."""
    found = frome.relative_interval(-14, 28.5, before=1000, other_before=15000, level=0.9)
    assert found == pytest.approx((-38.13065326, -27.6039091), abs=5e-8)


def test_panel_estimates_and_what_they_cannot_say():
    from everyday.synthetic import area_south

    services, clinics = datasets.load("area_south_services"), datasets.load("area_south_clinics")
    panel = panels.open_panel(
        services,
        clinics,
        service="antenatal",
        area="Area South",
        change="2017-01-01",
        truth=area_south.clinic_effects("antenatal"),
        resamples=99,
    )
    assert panel.staggered.lower < panel.true_average < panel.staggered.upper
    assert panel.trap.upper < panel.true_average
    assert panel.by_area.p is None
    shown = panels.estimates(panel)
    assert shown["lower"].isna().to_list() == [False, False, True]
    assert shown["error"].isna().to_list() == [False, False, True]
    assert panel.trap.error == pytest.approx(0.872209, abs=5e-7)  # pyfixest 0.60, CRV1 by clinic
    averaged = panels.average_rows(panel)
    assert averaged["units"].to_list() == [5, 4, 4, 6, 25, 25, 25, 25]
    assert averaged["value"].iloc[4] == pytest.approx(panel.staggered.estimate)
    assert "no small-sample factor; Student's t with 24 degrees of freedom. 2 of 5" in panels.average_note(panel)
    assert "in the 6 months before the month of reference could all be zero" in panels.pre_trend_words(panel)
    assert "base period is universal" in panels.event_figure(panel)["caption"]
    assert "at 1.96 (dashed) and 3.09 (solid) standard errors" in panels.funnel_figure(panel)["caption"]
    assert "Two-way fixed effects on the same data give" in panels.finding(panel)
    with pytest.raises(DataError, match=r"there is no service 'antenatl'.*Did you mean 'antenatal'"):
        panels.open_panel(services, clinics, service="antenatl", area="Area South", change="2017-01-01")
    for change in ("1990-01-01", "2031-01-01", "soon"):
        with pytest.raises(DataError, match=rf"change '{change}' leaves no month before or none after it; allowed"):
            panels.open_panel(services, clinics, service="antenatal", area="Area South", change=change)
    with pytest.raises(DataError, match="0 months cannot be added up for the funnel"):
        panels.open_panel(
            services, clinics, service="antenatal", area="Area South", change="2017-01-01", funnel_months=0
        )


def test_slack_words_follow_the_numbers():
    quarters = slack.occupancy_series(datasets.load("kh03_beds_england"))
    assert quarters["slack_percent"].to_numpy() == pytest.approx(100 - quarters["ga_occupancy_percent"].to_numpy())
    assert "63.1 % occupied at the lowest (2020-21 Q1)" in slack.occupancy_words(quarters)
    wards = ward_sizes([10, 30, 100], share=0.85, stay=5)
    names = [entry["name"] for entry in slack.results(quarters, wards, share=0.85)]
    assert "full_10_beds_carried" in names
    entries = {entry["name"]: entry for entry in slack.results(quarters, wards, share=0.85)}
    last, first = quarters["slack_percent"].iloc[-1], quarters["slack_percent"].iloc[0]
    assert abs(last - first) > 0.1
    assert entries["latest_slack"]["value"] == last == 100 - quarters["ga_occupancy_percent"].iloc[-1]
    assert period(quarters["period"].iloc[-1], "quarter") in entries["latest_slack"]["meaning"]
    assert entries["highest_occupancy"]["value"] == quarters["ga_occupancy_percent"].max()
    top = quarters.loc[quarters["ga_occupancy_percent"].idxmax(), "period"]
    assert period(top, "quarter") in entries["highest_occupancy"]["meaning"]
    chances = {name: entries[name]["value"] for name in entries if name.startswith("full_")}
    assert chances["full_10_beds_carried"] == pytest.approx(32.7, abs=0.05)  # methods reference, section 9 [R]
    assert chances["full_10_beds_offered"] == pytest.approx(14.5, abs=0.05)
    assert chances["full_100_beds_offered"] == pytest.approx(1.2, abs=0.05)
    shown = slack.percentages(wards).iloc[0]
    assert (shown["beds"], shown["full_carried"]) == (10, pytest.approx(32.7, abs=0.05))
    check = slack.simulation_check(10, 12, stay=5, days=2000, seed=3).set_index("quantity")
    apart = (check["simulated"] - check["formula"]).abs() / check["error"]
    assert (apart < 4).all()


def test_what_one_more_bed_buys_is_recorded_as_erlang_has_it():
    """Erlang B at a load of 10, by its recursion in R 4.2.2: 12 beds 0.119739, 13 beds 0.084339, 15 beds 0.036497."""
    found = slack.ward_results(one_more_bed(10, 12), load=10, accepted=0.05)
    entries = {entry["name"]: entry["value"] for entry in found}
    assert entries["ward_full"] == pytest.approx(11.9739, abs=1e-3)
    assert entries["spared_by_one_bed"] == pytest.approx(1000 * (0.119739 - 0.084339), abs=0.01)
    assert entries["beds_needed"] == 15
    figure = slack.one_more_figure(one_more_bed(10, 12), load=10)
    assert "With 12 beds 120 of 1,000 arrivals are turned away" in figure["alt"]
    assert "one more bed spares 35 of 1,000" in figure["alt"]
    values = slack._batch("q", 1.0, np.arange(40.0))
    assert values["error"] == pytest.approx(np.std(np.arange(0.5, 40, 2), ddof=1) / np.sqrt(20))


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
