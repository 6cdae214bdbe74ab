"""What the pages of this chapter print: sentences from results, counts through the rule, the proof on every table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compendium import datasets, paths
from compendium.spreadsheet import to_csv
from healthsys.equality import figures
from healthsys.equality.pages import pictures, review, talent, workforce, workforce_words
from healthsys.errors import DataError

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"
FILES = {name: f"workforce_{name}" for name in ("staff", "recruitment", "processes", "survey", "boards")}


@pytest.fixture(scope="module", params=workforce.STANDARDS)
def standard(request):
    return workforce.open_page(request.param, files=FILES)


def counts_of(frame):
    """Return every cell of the columns of counts that a table prints."""
    cells = frame.to_numpy().ravel()
    return [cell for cell in cells if isinstance(cell, str) and (cell == "*" or cell.replace(",", "").isdigit())]


def printable(cell, rule):
    return cell == "*" or int(cell.replace(",", "")) % rule.base == 0


def test_the_standards_page_proves_every_table(standard):
    for shown in standard.pages.values():
        assert shown.proof.holds
    cells = (
        counts_of(standard.likelihoods)
        + counts_of(standard.board)
        + counts_of(standard.representation[["part", "base"]])
    )
    assert cells
    assert all(printable(cell, standard.rule) for cell in cells)


def test_the_funnel_downloads_rounded_bases_and_draws_unrounded_percentages(standard):
    points, exact = workforce.funnel_drawn(standard), standard.funnel.points
    assert (points["base"] % 5 == 0).all()
    assert "answered" not in points
    assert points["value"].tolist() == pytest.approx((exact["answered"] / exact["base"]).tolist())


def test_a_ratio_of_suppressed_counts_is_not_shown():
    page = workforce.open_page("WDES", files=FILES, years_averaged=1)
    row = page.likelihoods.set_index("indicator").loc["WDES 3"]
    assert np.isnan(row["ratio"])
    assert row["words"] == "not shown: too few people in one of the counts"
    assert "WDES 3 is not shown" in workforce_words.finding(page)


def test_the_board_share_of_few_members_is_not_shown():
    page = workforce.open_page("WDES", files=FILES)
    assert page.board["difference"].isna().all()
    assert "rests on too few members" in workforce_words.finding(page)


def test_conflicting_figures_are_shown_as_conflicting(standard):
    published = datasets.load("wres_national")
    found = workforce_words.conflicts(standard, published)
    assert found["note"].str.contains("conflicts with another printed figure").sum() == 2


def test_indicator_seven_is_two_series():
    page = workforce.open_page("WRES", files=FILES)
    seven = page.change[page.change["indicator"] == "wres7"]
    assert seven.groupby("stretch")["year"].agg(["min", "max"]).values.tolist() == [[2019, 2021], [2022, 2023]]


def test_an_unknown_standard_or_year_is_refused():
    with pytest.raises(DataError, match="there is no standard 'EDS'; allowed: WRES, WDES"):
        workforce.open_page("EDS", files=FILES)
    with pytest.raises(DataError, match="no answers of 1999 by ethnicity"):
        workforce.open_page("WRES", files=FILES, year=1999)


@pytest.mark.parametrize("organisation", ["", "AMB", "ICB"])
@pytest.mark.parametrize("characteristic", ["ethnicity", "disability", "sex"])
def test_the_talent_page_hides_what_rests_on_few(characteristic, organisation):
    page = talent.open_page("workforce_recruitment", characteristic=characteristic, organisation=organisation)
    assert page.shown.proof.holds
    cells = counts_of(talent.stages_table(page))
    assert all(printable(cell, page.rule) for cell in cells)
    hidden = talent.steps_table(page)
    assert hidden.loc[~hidden["step"].isin(page.printable), "ratio"].isna().all()
    assert talent.finding(page)


def test_the_blood_services_figures_have_two_readings_and_no_rate():
    found = talent.review_table(datasets.load("review_equality"))
    assert found["figure"].tolist()[:3] == ["below 0.56 of what it was", "73 %", "77.9 %"]
    assert (found["figure"] == "not printed").sum() == 2


def test_the_review_page_gives_no_interval_to_a_printed_figure():
    printed = datasets.load("review_equality")
    pairs = review.pairs_table(printed)
    first = pairs.iloc[0]
    assert (first["difference"], first["ratio"]) == pytest.approx((5.8, 2.318), abs=5e-4)
    assert "How sure they are cannot be said" in review.finding(printed)
    assert len(review.contradictions(printed)) == 5


def test_a_formula_in_a_cell_is_not_executed_by_a_spreadsheet():
    frame = pd.DataFrame({"name": ["=1+1", "+SUM(A1)", "-2+3", "@x", "plain", "-3.2"], "gap": [-1.5] * 6})
    rows = [line.split(",")[0] for line in to_csv(frame).splitlines()[1:]]
    assert rows == ["'=1+1", "'+SUM(A1)", "'-2+3", "'@x", "plain", "-3.2"]


@pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)
def test_numbers_have_a_true_minus_and_none_before_nought():
    assert [figures.number(value, "{:.1f}") for value in (-0.04, -0.06, 2)] == ["0.0", "−0.1", "2.0"]


def own_tables(tmp_path, **changes):
    """Write the synthetic tables as a reader's own files, some of them changed."""
    files = {}
    for name in FILES:
        table = changes[name](datasets.load(f"workforce_{name}")) if name in changes else None
        if table is None:
            files[name] = FILES[name]
            continue
        files[name] = str(tmp_path / f"{name}.csv")
        table.to_csv(files[name], index=False)
    return files


def test_a_survey_of_few_prints_no_percentage(tmp_path, capsys):
    """Three answers of forty would be given away by a percentage to one decimal."""
    files = own_tables(
        tmp_path,
        survey=lambda table: table.assign(
            answered=np.where(table["organisation"] == "ICB", 3, 0),
            base=np.where(table["organisation"] == "ICB", 40, 0),
        ),
    )
    page = workforce.open_page("WRES", files={**files, "staff": "workforce_staff"})
    assert page.survey["group_percent"].isna().all()
    assert set(page.survey["worse_for"]) == {"not shown: too few people"}
    assert page.change["percent"].isna().all()
    assert set(workforce_words.survey_table(page)["group_base"]) == {"*"}
    assert page.funnel is None
    pictures.show_funnel(page)
    pictures.show_survey(page)
    pictures.show_change(page)
    assert capsys.readouterr().out.count("No figure") == 3


def test_a_rate_that_leaves_few_behind_is_not_shown(tmp_path):
    """Of 60 shortlisted 58 are interviewed: the rate would tell of the two who were not."""
    path = tmp_path / "few.csv"
    rows = [
        ("ICB", "ethnicity", group, stage, number)
        for group, numbers in {"BME": (200, 60, 58, 20), "White": (400, 200, 150, 60)}.items()
        for stage, number in zip(("applied", "shortlisted", "interviewed", "appointed"), numbers, strict=True)
    ]
    columns = ["organisation", "characteristic", "group", "stage", "people"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    table = talent.steps_table(talent.open_page(str(path))).set_index("step")
    assert np.isnan(table.loc["shortlisted to interviewed", "ratio"])
    assert np.isnan(table.loc["shortlisted to interviewed", "group_rate"])
    assert table.loc["applied to shortlisted", "ratio"] == pytest.approx(0.6)


