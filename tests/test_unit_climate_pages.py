"""What the climate notebooks say and draw, executed on bundled and on other surveys; the plots on their own."""

import dataclasses
import re
from html import unescape
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import in_process
from compendium import datasets, execution, parameters, plotting
from compendium.errors import RunError
from compendium.runs import load_runs
from healthsys import climate
from healthsys.io.survey import item_of
from healthsys.plots import climate as plots

RUNS = load_runs()
BENCHMARKS = datasets.load("climate_benchmarks")
LABELS = dict(zip(BENCHMARKS["dimension"], BENCHMARKS["label"], strict=True))


def page(name, **given):
    """Execute a run with other parameters; return its results, its figures and all that a reader sees as text."""
    run = dataclasses.replace(RUNS[name], parameters={**RUNS[name].parameters, **given})
    notebook = in_process.execute(run)
    record = execution.results_of(run, notebook)
    shown = [
        content if kind == "text/markdown" else unescape(re.sub(r"<[^>]*>", " ", content))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, content in output["data"].items()
        if kind in ("text/html", "text/markdown")
    ]
    figures = record["figures"].values() if isinstance(record["figures"], dict) else record["figures"]
    return record["results"], {figure["name"]: figure for figure in figures}, "\n".join(shown)


def values(results):
    return {name: result["value"] for name, result in results.items()}


@pytest.fixture(scope="module")
def pages():
    return {name: page(name) for name in RUNS if name.startswith("climate-")}


def own_survey(path, answer="2", **columns):
    """Write a survey of six people of one team to a file, everybody with the same answers."""
    frame = datasets.load("climate_survey_baseline").head(6).astype("str")
    for column in frame.columns:
        if item_of(column):
            frame[column] = answer
    frame.assign(**{"team": "<b>A</b> $x$", **columns}).to_csv(path, index=False)
    return str(path)


#: Pages whose figures are about the world.
REAL = ("climate-printed", "climate-real-teams")


def test_every_page_has_finding_kind_and_what_is_withheld(pages):
    for name, (results, figures, said) in pages.items():
        found = values(results)
        assert ("synthetic" in found["data_kind"].lower()) == (name not in REAL)
        assert found["finding"].endswith(".")
        assert found["finding"].count(". ") <= 1, "the lead is two sentences at most"
        if name == "climate-real-teams":
            continue
        start = "No survey" if name == "climate-printed" else "Suppressed: 1 team with fewer"
        assert found["withheld"].startswith(start)
        assert not re.search(r"\bnan\b|<NA>|None|np\.", said + str(found))
        assert "reproduced" in said, "the claims of the review are on the page"
        for result in results.values():
            if "lower" in result:
                assert result["lower"] <= result["value"] <= result["upper"]
        assert all(figure["alt"].endswith(".") and figure["caption"] and figure["rows"] for figure in figures.values())


def test_finding_of_the_baseline_answers_the_title(pages):
    assert values(pages["climate-baseline"][0])["finding"] == (
        "In this synthetic example, the practice falls furthest short of innovative organisations in risk taking, by "
        "98 points (95% CI 60 to 136). Chance alone is unlikely to explain this, but compared team by team, "
        "2 other dimensions could be as far short."
    )
    assert "Worse than the stagnant benchmark: idea time (its interval includes the benchmark)." in (
        pages["climate-baseline"][2]
    )
    assert "a shortfall of 98 points (60 to 136)" in pages["climate-baseline"][1]["climate-profile"]["alt"]


def test_finding_of_the_change_names_first_what_remains(pages):
    results, figures, said = pages["climate-followup"]
    assert values(results)["finding"] == (
        "In this synthetic example idea support improved between the two surveys, by 32 points (95% CI 23 to 42), more "
        "than chance alone would explain. On their own, 3 more dimensions look better, but not once we allow for "
        "testing 9; 5 others show no clear change."
    )
    assert "1 of 9 on this page, and none with a minimum team size of 8." in said
    assert "clearly" not in figures["climate-change"]["alt"]
    assert "nine months (section 4.4)" in said


def test_a_withheld_team_is_said_and_not_named(pages):
    for name, (results, figures, said) in pages.items():
        assert "Dispensary" not in said + str(results) + str(figures), name
        assert "50 people" not in said, "the number of all people would tell the size of the team left out"


def test_agreement_out_of_range_is_named_and_ranking_is_discouraged(pages):
    _, figures, said = pages["climate-baseline"]
    alt = figures["climate-agreement"]["alt"]
    assert "set to zero against the skewed null: Home visits on debate and Reception on debate." in alt
    assert "do not rank teams" in said


def test_truth_is_compared_with_what_it_is_the_truth_of(pages):
    assert "True change in the population of teams; about 95 in 100" in pages["climate-followup"][2]
    assert "True mean in the population of teams; about 95 in 100" in pages["climate-baseline"][2]
    assert values(pages["climate-baseline"][0])["truth_inside"] == 8


def test_practices_are_offered_for_shortfalls_alone(pages):
    listed = datasets.load("climate_practices").groupby("dimension")["practice"].agg(list)
    for dimension, offered in {"risk_taking": True, "playfulness": True, "trust": True, "freedom": False}.items():
        assert all((practice in pages["climate-followup"][2]) == offered for practice in listed[dimension])


def test_printed_page_states_the_printed_gaps(pages):
    found = values(pages["climate-printed"][0])
    assert (found["gap_largest_dimension"], found["gap_largest"]) == ("Risk taking", 142)
    assert (found["gap_smallest_dimension"], found["gap_smallest"]) == ("Idea time", 51)
    assert found["gap_mean"] == pytest.approx(74.5556, abs=5e-5)
    assert found["practices"] == 24


def test_variant_of_trust_changes_trust_alone(pages):
    """With 128 in place of 112 the gap falls from 66 to 50 and from the fifth to the last of the nine gaps."""
    results, figures, _ = pages["climate-sensitivity"]
    found = values(results)
    assert (found["trust_gap_printed"], found["trust_gap_unverified"]) == (66, 50)
    assert (found["trust_gap_rank_printed"], found["trust_gap_rank_unverified"]) == (5, 9)
    score = values(pages["climate-baseline"][0])["score_trust"]
    assert found["score_trust"] == score
    assert found["trust_position_unverified"] == pytest.approx(100 * (score - 128) / 50, rel=1e-6)
    assert found["finding"] == (
        "The disputed benchmark decides whether this synthetic practice looks better or worse than stagnant "
        "organisations in trust: better than the reported 112 points, worse than the unverified 128. Its score is "
        "120 points (95% CI 87 to 153), and the interval includes both benchmarks, so the survey cannot tell "
        "them apart."
    )
    assert "moves from 12% (−39% to 62%) to −16% (−83% to 50%)" in figures["climate-trust"]["alt"]
    assert found["trust_gap_unverified"] == values(pages["climate-printed"][0])["trust_gap_unverified"]


def test_variant_that_widens_or_repeats_the_gap_and_one_that_cannot_be():
    wider = page("climate-sensitivity", trust_stagnant_variant=60)
    assert "from 66 to 118 points, from rank 5 to rank 2 of 9" in wider[1]["climate-trust"]["alt"]
    assert values(wider[0])["finding"] == (
        "Whichever benchmark is right, the reported 112 points or the unverified 60, this synthetic practice is "
        "between the benchmarks in trust. Its score is 120 points (95% CI 87 to 153), and the interval "
        "includes the reported benchmark but not the other, so the choice of benchmark matters."
    )
    same = page("climate-printed", trust_stagnant_variant=112)
    assert values(same[0])["trust_variant"] == "The figure tried, 112, is the reported one, so nothing changes."
    known = parameters.parameters_of(RUNS["climate-sensitivity"].read(), label="climate_sensitivity")
    with pytest.raises(RunError, match="178"):
        parameters.validate({"trust_stagnant_variant": 178}, known, label="climate_sensitivity", folder=Path())


def test_words_of_a_worse_climate():
    results, figures, _ = page("climate-followup", survey="climate_survey_baseline", earlier="climate_survey_followup")
    found = values(results)
    assert "idea support got worse between the two surveys, by 32 points (95% CI 23 to 42)" in found["finding"]
    assert "worse, taken alone: trust and openness" in figures["climate-change"]["alt"]
    assert found["changes_worse_alone"] == 3


def test_one_team_of_ones_own_has_reasons_and_no_raw_missing_value(tmp_path):
    debate = {f"debate_{item}": None for item in range(1, 6)}
    files = [own_survey(tmp_path / name, "1", **debate, comment="x") for name in ("one.csv", "two.csv")]
    results, figures, said = page("climate-followup", survey=files[0], earlier=files[1])
    found = values(results)
    assert found["finding"].startswith("Nobody can say whether the climate changed between the two surveys")
    assert found["data_kind"].startswith("Your own data. The benchmarks")
    assert "truth_inside" not in found
    assert "score_debate" not in found
    assert "fewer than two teams" in said
    assert "everybody, or everybody but one, has the same score" in found["withheld"]
    assert found["safe_to_share"] == "no", "five people are fewer than the staff survey's eleven"
    assert "comment" in said, "columns that are not read are said"
    assert not re.search(r"\bnan\b|<NA>|cluster", said + str(found))
    assert set(figures) == {"climate-profile", "climate-change", "climate-agreement"}
    tried = page("climate-sensitivity", survey=files[0], minimum_team_size=1)
    assert "nobody can say how sure this is" in values(tried[0])["finding"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("3", "Your organisation is short of innovative organisations in no dimension; it comes nearest"),
        ("0", "Your organisation falls furthest short of innovative organisations in challenge and involvement, by"),
    ],
)
def test_an_organisation_past_every_benchmark_and_one_short_of_all(tmp_path, answer, told):
    lower = {f"conflict_{item}": str(3 - int(answer)) for item in range(1, 6)}
    mine = own_survey(tmp_path / "mine.csv", answer, **lower)
    results, *_ = page("climate-baseline", survey=mine, minimum_team_size=1)
    assert values(results)["finding"].startswith(told)
    assert answer == "3" or "by 238 points. There is no interval" in values(results)["finding"]
    where = "dimensions_at_innovative" if answer == "3" else "dimensions_short_of_stagnant"
    assert values(results)[where] == 9


def test_a_shortfall_in_conflict_is_reversed_in_the_alternative_text():
    poor = pd.DataFrame({"dimension": ["conflict"], "score": [150.0], "lower": [145.0], "upper": [155.0]})
    said = plots.alt_profile(climate.against_benchmarks(poor, BENCHMARKS), level=0.9)
    assert "conflict: 150 (90% CI 145 to 155) against their 78, a shortfall of 72 points (67 to 77)" in said
    assert "worse than the stagnant one: conflict." in said


def drawings():
    """Yield a plot, what it draws, and further options."""
    waves = [climate.withhold_small_teams(datasets.load(f"climate_survey_{name}")) for name in ("baseline", "followup")]
    profile = climate.organisation_profile(waves[0], BENCHMARKS)
    change = climate.change_between(*waves)
    none = change.assign(change=np.nan, lower=np.nan, upper=np.nan, verdict=None)
    agreement = climate.team_rwg(waves[0])
    blank = profile.assign(score=np.nan, lower=np.nan, upper=np.nan, place=None, includes_stagnant=False)
    yield plots.plot_profile, profile, {"kind": "synthetic"}
    yield plots.plot_profile, blank, {}
    yield plots.plot_profile, BENCHMARKS, {}
    yield plots.plot_change, change, {"labels": LABELS}
    yield plots.plot_change, none, {}
    yield plots.plot_rwg, agreement, {"kind": "synthetic", "labels": LABELS}
    yield plots.plot_rwg, agreement.assign(uniform=np.nan), {}


@pytest.mark.parametrize("width", [plotting.WIDE, plotting.NARROW])
def test_plots_draw_at_both_widths_and_where_values_are_missing(width):
    for draw, data, options in drawings():
        with mpl.rc_context(plotting.theme()):
            figure, axes = plotting.canvas(width, 400)
            assert draw(data, ax=axes, **options) is axes
            figure.draw_without_rendering()
        names = [label.get_text() for label in axes.get_yticklabels()]
        if width == plotting.NARROW:
            assert "Trust and openness" not in names
        elif draw is plots.plot_profile:
            assert {"Trust and openness", "Conflict\n(lower is better)"} <= set(names)


def test_a_cross_marks_each_result_out_of_range():
    agreement = climate.team_rwg(climate.withhold_small_teams(datasets.load("climate_survey_baseline")))
    with mpl.rc_context(plotting.theme()):
        axes = plots.plot_rwg(agreement, ax=plotting.canvas(plotting.WIDE, 400)[1])
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [len(line.get_xdata()) for line in crosses] == [2]


def test_alternative_texts_of_missing_values():
    assert plots.alt_rwg(climate.team_rwg(climate.withhold_small_teams(pd.DataFrame(
        {"respondent": range(6), "team": "A", "trust_1": [1, 2, 3, 1, 2, None], "trust_2": [None, None, 1, 2, 3, 1]}
    )))) == "No team result can be shown."  # fmt: skip
    blank = pd.DataFrame({"dimension": ["trust"], "score": [np.nan], "lower": [np.nan], "upper": [np.nan]})
    said = plots.alt_profile(climate.against_benchmarks(blank, BENCHMARKS))
    assert said.endswith("No dimension can be scored: too few people have a score on any, or all have the same.")
