"""The pages on comparisons and on beds: what they record at other settings, and what they refuse."""

import dataclasses

import pytest

import in_process
from compendium import datasets
from compendium.plotting import FIGURE_TYPE
from compendium.recording import RESULT_TYPE
from compendium.runs import load_runs
from healthsys.errors import DataError


def page(name, **parameters):
    """Return results by name, figures by name and all text of one run at other settings."""
    run = load_runs()[name]
    notebook = in_process.execute(dataclasses.replace(run, parameters={**run.parameters, **parameters}))
    data = [output.data for cell in notebook.cells for output in cell.get("outputs", ())]
    results = {one[RESULT_TYPE]["name"]: one[RESULT_TYPE] for one in data if RESULT_TYPE in one}
    figures = {one[FIGURE_TYPE]["name"]: one[FIGURE_TYPE] for one in data if FIGURE_TYPE in one}
    return results, figures, "\n".join(one.get("text/plain", "") + one.get("text/markdown", "") for one in data)


@pytest.fixture(scope="module")
def starts():
    return page("staggered-starts", resamples=99, level=0.9)


def test_staggered_starts_recover_what_is_built_in_and_two_way_effects_do_not(starts):
    results, figures, _ = starts
    average, two_way, built_in = (results[f"effect_{name}"] for name in ("group_time", "two_way", "built_in"))
    assert average["lower"] < built_in["value"] < average["upper"]
    assert average["level"] == two_way["level"] == 0.9
    assert two_way["upper"] < built_in["value"]
    assert results["finding"]["value"].startswith("Yes, in this synthetic example: antenatal coverage is 9.9 p")
    assert "(90% CI " in results["finding"]["value"]
    assert "The usual regression finds 5.6, because it compares late starters" in results["finding"]["value"]
    assert "last month before the start (universal" in figures["event-study"]["caption"]
    assert "at 1.96 (dashed) and 3.09 (solid) standard errors" in figures["funnel"]["caption"]
    assert [row[0] for row in figures["event-study"]["rows"]] == list(range(-9, 13))


def test_the_page_on_staggered_starts_says_what_it_cannot_say(starts):
    results, _, text = starts
    assert "lower" not in results["effect_two_areas"]
    assert "only 1 changed and 1 unchanged area" in results["effect_two_areas"]["meaning"]
    assert "the smallest p-value that any data could give is 1" in text
    assert "no small-sample factor; Student's t with 24 degrees of freedom. 4 of 4" in text
    assert "in the 6 months before the reference month could all be zero" in text
    assert "statsmodels, all effects counted  5.571          0.885" in text
    assert "nested ones not  5.571          0.872" in text  # pyfixest 0.60, CRV1 by clinic: 0.872209


@pytest.mark.parametrize("service", ["antiretroviral", "hypertension"])
def test_other_services_have_a_page_too(service):
    results, figures, text = page("staggered-starts", service=service, resamples=19)
    assert service in results["finding"]["value"]
    assert service in figures["event-study"]["alt"]
    assert ("never" in text.partition("Comparator Area")[0]) == (service == "antiretroviral")


@pytest.mark.parametrize("change", ["1990-01-01", "2031-01-01", "soon"])
def test_a_change_outside_the_data_is_refused(change):
    with pytest.raises(DataError, match=rf"change '{change}' leaves no month before or none after it; allowed: a date"):
        page("staggered-starts", change=change)


def test_a_funnel_of_no_months_is_refused():
    with pytest.raises(DataError, match="0 months cannot be added up for the funnel"):
        page("staggered-starts", funnel_months=0, resamples=19)


def test_the_wards_of_the_page_are_those_of_the_formulas():
    """Methods reference, section 9 [R]; Erlang B at a load of 10 in R 4.2.2: 12 beds 0.119739, 13 beds 0.084339."""
    results, figures, text = page("bed-slack", ward_beds=12, arrivals_per_day=2.0, simulated_days=400)
    value = {name: one["value"] for name, one in results.items()}
    assert value["full_10_beds_carried"] == pytest.approx(32.7, abs=0.05)
    assert value["full_10_beds_offered"] == pytest.approx(14.5, abs=0.05)
    assert value["full_100_beds_offered"] == pytest.approx(1.2, abs=0.05)
    assert value["ward_full"] == pytest.approx(11.9739, abs=1e-3)
    assert value["spared_by_one_bed"] == pytest.approx(1000 * (0.119739 - 0.084339), abs=0.01)
    assert value["beds_needed"] == 15
    assert "With 12 beds 120 of 1,000 arrivals are turned away" in figures["one-more-bed"]["alt"]
    assert "one more bed would mean 35 fewer" in figures["one-more-bed"]["alt"]
    assert "To turn away no more than 5% takes 15 beds" in text
    assert "(the offered load), a ward of 10 turns away 14.5% of patients. A ward" in results["finding"]["value"]
    assert "At 85% offered load: 10 beds 14.5%" in figures["risk-by-size"]["alt"]
    assert "At 85% carried load: 10 beds 32.7%" in figures["risk-by-size"]["alt"]


def test_the_beds_of_the_page_are_those_published():
    results, figures, _ = page("bed-slack", simulated_days=200)
    beds = datasets.load("kh03_beds_england").pivot(index="period", columns="indicator", values="value")
    used = beds["ga_occupancy_percent"]
    assert results["latest_slack"]["value"] == pytest.approx(100 - used.iloc[-1])
    assert results["highest_occupancy"]["value"] == used.max()
    assert "(2024-25 Q4)" in results["highest_occupancy"]["meaning"]
    assert "63.1% occupied in 2020-21 Q1, the lowest quarter" in results["occupancy_words"]["value"]
    ends = {name: results[name]["value"] for name in ("available_first", "available_last", "occupied_first")}
    assert {name: round(beds) for name, beds in ends.items()} == {
        "available_first": 103021, "available_last": 106068, "occupied_first": 94460  # more beds, not fewer
    }  # fmt: skip
    assert len(figures["occupancy"]["rows"]) == results["occupancy_words"]["n"] == len(beds)


def test_a_ward_that_nobody_comes_to_cannot_be_simulated():
    with pytest.raises(DataError, match="40 or more are needed: simulate more days"):
        page("bed-slack", arrivals_per_day=0.01, simulated_days=200)
    with pytest.raises(DataError, match="there is no ward size to compare"):
        page("bed-slack", sizes=[])


def test_the_figures_from_frome_are_recomputed():
    results, _, text = page("community-care", level=0.9, supposed_admissions=[1000])
    value = {name: one["value"] for name, one in results.items()}
    assert value["saving"] == 1195066
    assert value["saving_percent"] == pytest.approx(20.8, abs=0.05)
    assert value["saving_a_year"] == pytest.approx(7.46, abs=0.005)
    assert value["relative_change"] == pytest.approx(100 * (0.86 / 1.285 - 1))
    assert value["implied_p_frome"] == pytest.approx(0.00485, abs=5e-5)
    assert value["finding"].startswith("We cannot tell: admissions fell by 14% in Frome and rose by 28.5% in the rest")
    assert "No counts are reported, so the comparison has no confidence interval" in value["finding"]
    assert "agrees: below what is reported" in text
    assert "1,016" in text
    assert "14,905" in text
    assert "Relative change for assumed numbers of admissions, with 90% confidence intervals" in text


@pytest.mark.parametrize(
    ("supposed", "message"), [([], "name at least one, above 0"), ([250, -1], "supposed counts of -1")]
)
def test_impossible_numbers_of_admissions_are_refused(supposed, message):
    with pytest.raises(DataError, match=message):
        page("community-care", supposed_admissions=supposed)
