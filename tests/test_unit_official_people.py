"""Readers and sums of the staff files of NHS England, on small hand-made files in the same layout."""

from __future__ import annotations

import pandas as pd
import pytest

import people_files
from compendium.report import composed
from everyday.official import retention, teams
from healthsys.errors import DataError
from workbooks import workbook

NAMES = [f"Trust {letter}" for letter in "ABCDEFGHIJKL"]


def test_scores_are_read_with_their_respondents_and_short_group(tmp_path):
    rows = teams.read_staff_survey(people_files.staff_survey(tmp_path / "s.xlsx", NAMES))
    assert len(rows) == len(NAMES) * len(teams.SCORES)
    one = rows[(rows["organisation"] == "Trust C") & (rows["measure"] == "Morale")].iloc[0]
    assert (one["score"], one["respondents"]) == (5.2, 102)
    assert (one["group"], one["label"]) == ("acute and community", "name of Morale")


def test_quantiles_count_each_organisation_once(tmp_path):
    table = teams.people_promise(people_files.staff_survey(tmp_path / "s.xlsx", NAMES))
    assert set(table["group"]) == {"all", "acute and community"}
    chosen = table[(table["group"] == "all") & (table["measure"] == "PP7")].set_index("percentile")
    assert chosen["score"].loc[50] == pytest.approx(5.55)  # the median of 5.0, 5.1, ..., 6.1
    assert chosen["organisations"].iloc[0] == 12
    assert chosen["respondents"].iloc[0] == sum(range(100, 112))


def test_a_group_of_fewer_than_ten_organisations_has_no_quantiles(tmp_path):
    table = teams.people_promise(people_files.staff_survey(tmp_path / "s.xlsx", NAMES, group="CSUs"))
    assert set(table["group"]) == {"all"}
    assert teams.people_promise(people_files.staff_survey(tmp_path / "t.xlsx", NAMES[:9])).empty


def test_a_workbook_without_the_sheet_is_named(tmp_path):
    workbook(tmp_path / "other.xlsx", {"Notes": [["a"], [1]]})
    with pytest.raises(DataError, match=r"other\.xlsx: this is not a workbook with a sheet 'PEOPLE PROMISE ELE"):
        teams.read_staff_survey(tmp_path / "other.xlsx")


def test_months_are_sums_and_organisations_need_all_twelve(tmp_path):
    files = people_files.sickness(tmp_path / "s", NAMES)
    last = pd.read_csv(files[-1])
    last[last["ORG_NAME"] != "Trust B"].to_csv(files[-1], index=False)
    by_month, kept = retention.months(*files), retention.organisations(*files)
    first = by_month[(by_month["type"] == "all")].iloc[0]
    lost = 300 + sum(50 + at % 7 for at in range(1, 12))
    assert (first["lost"], first["available"], first["organisations"]) == (lost, 12000, 12)
    assert first["p50"] == pytest.approx(5.3)  # the sixth and the seventh of twelve rates, 5.0 to 5.6 and 30.0
    assert len(kept) == 11  # Trust B lacks a month
    assert kept["lost"].max() == 12 * 300
    assert list(kept.columns) == ["organisation", "type", "lost", "available"]


def test_an_organisation_twice_in_a_month_and_impossible_days_are_named(tmp_path):
    (path,) = people_files.sickness(tmp_path / "s", NAMES, months=1)
    with pytest.raises(DataError, match=r"organisation 'R00' occurs twice in 2024-04"):
        retention.read_sickness(path, path)
    pd.read_csv(path).assign(FTE_DAYS_LOST=1001).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"organisation 'R00' has more days lost than available in 2024-04"):
        retention.read_sickness(path)
    pd.read_csv(path).drop(columns="ORG_TYPE").to_csv(path, index=False)
    with pytest.raises(DataError, match=r"has no column 'ORG_TYPE'"):
        retention.read_sickness(path)


def test_flows_sum_staff_groups_and_join_small_kinds_of_organisation(tmp_path):
    table = retention.flows(people_files.turnover(tmp_path / "t")).set_index(["type", "staff"])
    nurses = table.loc[("all", "Nurses & health visitors")]
    assert (nurses["joiners"], nurses["leavers"], nurses["start"], nurses["end"]) == (48, 24, 1200, 1224)
    assert nurses["joiners_fte"] == pytest.approx(43.2)
    assert table.loc[("Acute - Large", "all"), "start"] == 11 * 150
    assert table.loc[("other trusts", "all"), "start"] == 150


@pytest.mark.usefixtures("warm_kernels")
def test_the_page_on_sickness_names_who_is_outside_in_a_readers_files(tmp_path):
    people_files.sickness(tmp_path / "s", [f"Trust {at}" for at in range(30)], months=3, extreme=4)
    people_files.turnover(tmp_path / "t")
    settings = {"official": str(tmp_path / "s"), "turnover": str(tmp_path / "t")}
    page, found = composed("retention_and_sickness", settings, folder=tmp_path)
    assert "Trust 4 (R04)" in page
    lost = 300 + sum(50 + at % 7 for at in range(30) if at != 4)
    assert found["results"]["rate"]["value"] == pytest.approx(100 * lost / 30000, abs=0.05)
    assert found["results"]["left"]["value"] == pytest.approx(100 * 4 / 150, abs=0.005)
    assert found["results"]["finding"]["value"].startswith("In your files of October 2025, 2.67% of staff left")
    assert "joiners" not in found["results"]["data_kind"]["value"], "both are the reader's own"


@pytest.mark.usefixtures("warm_kernels")
def test_a_readers_own_turnover_comes_before_the_books_sickness_absence(tmp_path):
    people_files.turnover(tmp_path / "t")
    _, found = composed("retention_and_sickness", {"turnover": str(tmp_path / "t")}, folder=tmp_path)
    assert found["results"]["finding"]["value"].startswith("In your files of October 2025, 2.67% of staff left")
    assert found["results"]["data_kind"]["value"].endswith("leavers are your own, of October 2025.")


@pytest.mark.usefixtures("warm_kernels")
def test_the_page_on_teams_names_the_nearest_organisations_in_a_readers_file(tmp_path):
    book = people_files.staff_survey(tmp_path / "s.xlsx", NAMES)
    page, found = composed(
        "climate_real_teams", {"official": str(book), "score": 5.55, "other": "all"}, folder=tmp_path
    )
    assert "Trust F" in page
    assert found["results"]["place"]["value"] == "about 50%"
