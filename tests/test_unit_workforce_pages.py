"""The notebooks on workforce equality, executed cell by cell: suppression, own data, settings, what is recorded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from lxml import html as parser

import in_process
from compendium import datasets, tables
from compendium.runs import load_runs
from healthsys.disclosure import HES
from healthsys.errors import DataError

FILES = ("staff", "recruitment", "processes", "survey", "boards")

RESULT, FIGURE = "application/vnd.healthsys.result+json", "application/vnd.healthsys.figure+json"


class Page:
    """What an executed run records, draws, lays out and says."""

    def __init__(self, name: str, **given):
        run, laid_out = load_runs()[name], []
        kept = tables.Table._repr_mimebundle_
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tables.Table, "_repr_mimebundle_", lambda self, **given: laid_out.append(self) or kept(self))
            notebook = in_process.execute(dataclasses.replace(run, parameters={**run.parameters, **given}))
        shown = [output["data"] for cell in notebook.cells for output in cell.get("outputs", [])]
        self.results = {data[RESULT]["name"]: data[RESULT] for data in shown if RESULT in data}
        self.figures = {data[FIGURE]["name"]: data[FIGURE] for data in shown if FIGURE in data}
        self.said = "\n".join(data.get("text/markdown", "") for data in shown)
        self.notes = "\n".join(one.html for one in laid_out)
        self.tables = {}
        for one in laid_out:
            part = parser.fragment_fromstring(f"<div>{one.html}</div>")
            rows = [["".join(cell.itertext()) for cell in row.xpath("./th|./td")] for row in part.xpath(".//tr")]
            self.tables[part[0].get("id").removeprefix("table-")] = pd.DataFrame(rows[1:], columns=rows[0])

    def drawn(self, name: str) -> pd.DataFrame:
        """Return the data of a figure."""
        return pd.DataFrame(self.figures[name]["rows"], columns=self.figures[name]["columns"])


@pytest.fixture(scope="module")
def race():
    return Page("workforce-race-equality")


@pytest.fixture(scope="module")
def disability():
    return Page("workforce-disability-equality")


@pytest.fixture(scope="module", params=["race", "disability"])
def standard(request):
    return request.getfixturevalue(request.param)


def shared_files(shared, **changes):
    files = {name: str(shared / f"cases/own_data/wres_{name}.csv") for name in FILES}
    return files | {name: str(shared / f"cases/own_data/{file}") for name, file in changes.items()}


def own_tables(tmp_path, **changes):
    """Write the synthetic tables as a reader's own files, some of them changed."""
    files = {}
    for name, change in changes.items():
        files[name] = str(tmp_path / f"{name}.csv")
        change(datasets.load(f"workforce_{name}")).to_csv(files[name], index=False)
    return files


def counts_of(table):
    """Return the cells of a table that hold counts of people."""
    cells = [part for cell in table.to_numpy().ravel() for part in str(cell).split(" of ")]
    return [cell for cell in cells if cell == "*" or cell.replace(",", "").isdigit()]


# Workforce standards


def test_every_count_is_suppressed_or_rounded(standard):
    cells = counts_of(standard.tables["likelihoods-table"].iloc[:, 1:])
    cells += counts_of(standard.tables["answered"].iloc[:, 1:])
    cells += counts_of(standard.tables["bands"].iloc[:, 1:]) + counts_of(standard.tables["board"].iloc[:, :2])
    assert len(cells) > 20
    assert all(cell == "*" or HES.show(int(cell.replace(",", ""))) == int(cell.replace(",", "")) for cell in cells)
    assert standard.results["smallest_range"]["value"] >= 3
    assert "calculated from the unrounded counts" in standard.notes.replace("\n", " ")


def test_the_funnel_downloads_rounded_bases_and_draws_unrounded_percentages(standard):
    points = standard.drawn("funnel")
    assert (points["base"] % 5 == 0).all()
    assert "answered" not in points
    answers = datasets.load("workforce_survey").query("year == 2022")
    code, group = ("wres6", "BME") if "wres2" in standard.results else ("wdes4c", "Disabled")
    own = answers[(answers["indicator"] == code) & (answers["group"] == group)].set_index("organisation")
    exact = (own["answered"] / own["base"]).loc[points["organisation"]]
    assert points["value"].to_list() == pytest.approx(exact.to_list(), rel=1e-5)


def test_every_figure_is_from_unrounded_counts(standard):
    survey = datasets.load("workforce_survey").query("year == 2022")
    rows = [one for name, one in standard.results.items() if name.endswith("_difference") and name[0] == "w"]
    assert len(rows) in (4, 7)
    for row in rows:
        group, reference = row["meaning"].split("; ")[1].split(" less ")
        code = row["name"].removesuffix("_difference")
        counts = survey[survey["indicator"] == code].groupby("group")[["answered", "base"]].sum()
        share = 100 * counts["answered"] / counts["base"]
        assert row["value"] == pytest.approx(float(share[group] - share[reference]))


def test_recomputed_difference_of_indicator_eight(race):
    """findings/recomputed.csv: +10.1558, where the page said +10.0 from rounded counts."""
    assert race.results["wres8_difference"]["value"] == pytest.approx(10.1558, abs=5e-5)


def test_the_same_percentage_is_the_same_number_in_every_table(race, disability):
    for page, group, measure, label in (
        (race, "BME", "WRES 8, discriminated against: BME", "WRES 8"),
        (disability, "Disabled", "WDES 7, feel valued: disabled", "WDES 7"),
    ):
        compared = page.tables["calibration"].set_index("measure")["this system"]
        drawn = page.drawn("survey").set_index("label")["group_percent"]
        own = drawn[drawn.index.str.startswith(label)].iloc[0]
        in_survey = page.tables["survey-table"].set_index("indicator")[f"{group} (%)"]
        in_survey = in_survey[in_survey.index.str.startswith(label)].iloc[0].split(" (")[0]
        assert compared[measure] == in_survey == f"{own:.1f}"


def told(standard):
    """Return the written text of the page of one standard."""
    cells = load_runs()["workforce-race-equality"].read().cells
    own = f"if-standard={standard}"
    tags = [[one for one in cell.metadata.get("tags", []) if one.startswith("if-standard=")] for cell in cells]
    kept = [one for one, of in zip(cells, tags, strict=True) if one.cell_type == "markdown" and (not of or own in of)]
    return "\n".join(cell.source for cell in kept)


def test_each_page_is_about_its_own_standard():
    race, disability = told("WRES"), told("WDES")
    assert "[How disability is counted](#how-disability-is-counted)" in disability
    assert "## How disability is counted" in disability
    assert "social model" not in race
    assert "International recruitment" in race
    for other in ("WRES", "International recruitment", "BME", "od-wres"):
        assert other not in disability, other


def test_the_ratios_and_the_survey_are_results():
    for standard in ("WRES", "WDES"):
        said = told(standard)
        order = [said.index(f"{one}\n") for one in ("## Method", "## Results", "### Relative likelihoods",
                 "### The staff survey", "### Pay bands and the board", "### Changes over the years",
                 "### Differences between organisations")]  # fmt: skip
        assert order == sorted(order)


def test_organisations_of_the_synthetic_system_have_names(race):
    assert "acute teaching trust (ACU)" in race.tables["answered"]["organisation"].to_list()
    assert "ambulance trust (AMB)" in race.figures["funnel"]["caption"]


def test_a_ratio_of_suppressed_counts_is_not_shown():
    page = Page("workforce-disability-equality", years_averaged=1)
    assert page.results["wdes3"].get("value") is None
    assert page.results["wdes3"]["reason"] == "not shown: too few people in one of the counts"
    assert page.drawn("likelihoods")["ratio"].isna().tolist() == [False, True]


def test_the_board_share_of_few_members_is_not_shown(disability):
    assert disability.results["board_difference"]["reason"] == "not shown: too few members in the group"
    assert "–" in disability.tables["board"]["share of the board (%)"].to_list()


def test_conflicting_figures_are_shown_as_conflicting(race):
    assert race.tables["conflicts"]["note"].str.contains("conflicts with another reported figure").sum() == 2


def test_a_break_parts_a_series_and_unknown_years_stay_blank(race):
    change = race.drawn("change")
    assert change.groupby("stretch")["year"].agg(["min", "max"]).values.tolist() == [[2019, 2021], [2022, 2023]]
    series = race.drawn("series").set_index("year")["value"]
    assert series.index.to_list() == list(range(2016, 2024))
    assert series.index[series.isna()].to_list() == [2017, 2021]


def test_results_of_each_part_of_the_staff_are_recorded(standard):
    assert {"disparity_all_lower_to_upper", "disparity_nonclinical_middle_to_upper"} <= set(standard.results)


def test_a_year_without_answers_is_refused():
    with pytest.raises(DataError, match="no answers of 1999 by ethnicity"):
        Page("workforce-race-equality", year=1999)


def test_the_staff_file_that_gave_one_person_away(shared):
    """A disparity ratio of 3.69 (1.69 to 8.04) allowed one table only: band 7 BME = 1."""
    page = Page("workforce-race-equality", **shared_files(shared, staff="disp_staff.csv"))
    ratios = [one for name, one in page.results.items() if name.startswith("disparity_")]
    assert ratios
    assert all(one.get("value") is None for one in ratios)
    assert page.results["smallest_range"]["value"] >= 3
    assert page.results["data_kind"]["value"] == "Your own data."
    assert "synthetic" not in page.results["finding"]["value"]


def test_an_organisation_of_staff_alone_is_read(shared):
    page = Page("workforce-race-equality", **shared_files(shared, staff="wr_org_staff.csv"))
    assert page.tables["bands"]["all staff"].iloc[-1] != "*"


def test_a_survey_of_few_shows_no_percentage(tmp_path):
    """Three answers of forty would be given away by a percentage to one decimal."""

    def few(table):
        inside = table["organisation"] == "ICB"
        return table.assign(answered=np.where(inside, 3, 0), base=np.where(inside, 40, 0))

    page = Page("workforce-race-equality", **own_tables(tmp_path, survey=few))
    assert not {"survey", "change", "funnel"} & set(page.figures)
    assert page.said.count("No figure") == 3
    shown = page.tables["survey-table"]
    assert set(shown["worse for"]) == {"not shown: too few people"}
    assert set(shown["BME who answered"]) == {"*"}
    assert set(shown["BME (%)"]) == {"–"}


# Recruitment


def test_the_stage_at_which_the_groups_differ_most_is_named():
    page = Page("talent-pipeline")
    said = page.results["finding"]["value"]
    assert "differed most from white applicants between interview and appointment: they were 0.69 times as" in said
    assert "(95% CI 0.62 to 0.77)" in said
    steps = [one["value"] for name, one in page.results.items() if "_to_" in name and "ratio_viewed" not in name]
    assert np.prod(steps) == pytest.approx(page.results["ratio_whole"]["value"])
    figures = page.tables["review"]["figure"]
    assert figures.to_list()[:3] == ["less than 0.56 of what it was", "73%", "77.9%"]
    assert (figures == "not reported").sum() == 2


@pytest.mark.parametrize("given", [{"organisation": "AMB"}, {"characteristic": "disability", "organisation": "ICB"}])
def test_a_small_organisation_shows_nothing_of_the_few(given):
    page = Page("talent-pipeline", **given)
    cells = counts_of(page.tables["stages-table"].iloc[:, 1:])
    assert all(cell == "*" or HES.show(int(cell.replace(",", ""))) == int(cell.replace(",", "")) for cell in cells)
    assert page.results["finding"]["value"].endswith(".")
    if "*" in cells:
        assert page.results["smallest_range"]["value"] >= 3


def test_a_characteristic_or_organisation_that_nobody_counted_is_named(shared):
    with pytest.raises(DataError, match=r"no characteristic 'age'. There are: ethnicity, disability, sex"):
        Page("talent-pipeline", recruitment=str(shared / "cases/own_data/ta_missingstage.csv"), characteristic="age")
    with pytest.raises(DataError, match=r"no organisation 'ABM'. Did you mean 'AMB'\?"):
        Page("talent-pipeline", organisation="ABM")


# The review


def test_the_review_page_gives_no_interval_to_a_reported_figure():
    page = Page("review-equality")
    assert page.results["discrimination_difference"]["value"] == pytest.approx(5.8)
    assert page.results["discrimination_ratio"]["value"] == pytest.approx(2.318, abs=5e-4)
    assert [name for name, one in page.results.items() if "lower" in one] == ["maternal_rise"], "its source reports one"
    assert page.results["finding"]["value"].startswith("In the 2020 staff survey, BME staff")
    assert "how sure this is cannot be said" in page.results["finding"]["value"]
    assert len(page.tables["contradictions"]) == 5
    assert page.tables["mean-and-median"].shape == (6, 3)
