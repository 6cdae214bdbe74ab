"""Bad survey files: the message names file, column, row, value, what is allowed and the remedy."""

import pandas as pd
import pytest

from compendium import datasets, paths
from compendium.errors import DatasetError
from compendium.notebook import open_data
from healthsys import climate
from healthsys.errors import DataError
from healthsys.io.survey import read_items, read_survey
from test_unit_climate_pages import page, values

ITEMS = datasets.load("climate_items")


def read(path, *, items=ITEMS):
    return open_data(path, read_survey, items=items)


def shown(path, *, items=ITEMS, **rules):
    survey = read(path, items=items)
    return climate.withhold_small_teams(survey, label=survey.attrs["provenance"]["name"], **rules)


@pytest.fixture
def survey(tmp_path):
    """A good survey of six people, and a function that writes it after a change."""
    columns = [f"{row.dimension}_{row.item}" for row in ITEMS.itertuples()]
    frame = pd.DataFrame({"respondent": [f"R{n}" for n in range(6)], "team": "Front desk"})
    frame = pd.concat([frame, pd.DataFrame("2", index=range(6), columns=columns)], axis=1)

    def write(change=lambda frame: frame, name="mine.csv"):
        path = tmp_path / name
        change(frame.copy()).to_csv(path, index=False)
        return str(path)

    return write


def changed(row, column, value):
    def change(frame):
        frame.loc[row, column] = value
        return frame

    return change


def test_a_good_file_reads_and_extra_text_is_ignored_and_said(survey):
    path = survey(lambda frame: frame.assign(comment="calm", job="nurse"))
    found = read(path)
    assert found.shape == (6, 47)
    assert found.attrs["ignored"] == ["comment", "job"]
    assert found.attrs["provenance"]["kind"] == "yours"


def test_blanks_around_a_team_name_do_not_make_another_team(survey):
    assert read(survey(changed(0, "team", " Front desk ")))["team"].nunique() == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.drop(columns="trust_3"), r"mine\.csv: there is no column 'trust_3' \(answer to item 3 of trust\)"),
        (lambda f: f.drop(columns="team"), r"mine\.csv: there is no column 'team'"),
        (lambda f: f.rename(columns={"trust_1": "trsut_1"}), r"no column 'trust_1'.*Did you mean 'trsut_1'\?"),
        (
            lambda f: f.assign(trsut_1="2"),
            r"mine\.csv: column 'trsut_1' names the dimension 'trsut', which is unknown\. Did you mean 'trust'\? "
            r"Allowed: challenge, .*\. Rename the column, or remove it",
        ),
        (
            lambda f: f.assign(trust_6="2"),
            r"column 'trust_6' is item 6 of trust, which the questionnaire does not have; "
            r"allowed: trust_1, .*trust_5\. ",
        ),
        (
            changed(3, "debate_2", "4"),
            r"mine\.csv: column 'debate_2', row 5: '4' is not allowed; allowed: a whole number from 0 to 3, or an "
            r"empty cell where it is missing\n.*nothing was written",
        ),
        (changed(0, "debate_2", "-1"), r"column 'debate_2', row 2: '-1' is not allowed"),
        (changed(1, "debate_2", "1.5"), r"column 'debate_2', row 3: '1\.5' is not allowed"),
        (changed(1, "debate_2", "often"), r"column 'debate_2', row 3: 'often' is not allowed"),
        (changed(2, "respondent", "R0"), r"mine\.csv: row 4 repeats respondent 'R0'; each may occur once"),
        (changed(2, "team", None), r"mine\.csv: column 'team', row 4: the cell is empty; allowed: text"),
        (changed(2, "team", "  "), r"mine\.csv: column 'team', row 4: the cell is empty; allowed: text"),
        (lambda f: f.head(0), r"mine\.csv: the file has a header but no rows; expected at least one row of data"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_and_the_remedy(survey, change, told):
    with pytest.raises(DataError, match=told):
        shown(survey(change))


def test_an_empty_file_and_no_file(tmp_path):
    (tmp_path / "none.csv").write_text("")
    with pytest.raises(DataError, match=r"none\.csv: the file is empty; expected a header row"):
        read(str(tmp_path / "none.csv"))
    with pytest.raises(DataError, match=r"this is a folder; allowed: a CSV file"):
        read(str(tmp_path))
    with pytest.raises(DatasetError, match=r"is neither a bundled data set nor a file"):
        read(str(tmp_path / "nowhere.csv"))


def test_no_complete_team_names_the_file(survey):
    with pytest.raises(DataError, match=r"mine\.csv: column 'team': no team is complete"):
        shown(survey(lambda frame: frame.head(4)))


def test_a_questionnaire_of_ones_own(tmp_path, survey):
    items = pd.DataFrame({"dimension": list(climate.DIMENSIONS), "item": 1, "text": "own words"})
    items.to_csv(tmp_path / "items.csv", index=False)
    keep = ["respondent", "team", *[f"{dimension}_1" for dimension in climate.DIMENSIONS]]
    path = survey(lambda frame: frame[keep])
    own = open_data(str(tmp_path / "items.csv"), read_items, dimensions=climate.DIMENSIONS)
    assert shown(path, items=own).scores[list(climate.DIMENSIONS)].eq(200).all(axis=None)
    results, _, said = page("climate-baseline", survey=path, items=str(tmp_path / "items.csv"), minimum_team_size=1)
    assert values(results)["score_trust"] == 200
    assert "alpha_lowest" not in results
    assert "1 item(s); at least 2 are needed" in said
    with pytest.raises(DataError, match="there is no column 'challenge_2'"):
        read(path)


def test_a_questionnaire_without_a_dimension_is_refused(tmp_path):
    items = pd.DataFrame({"dimension": list(climate.DIMENSIONS[1:]), "item": 1, "text": "own words"})
    items.to_csv(tmp_path / "items.csv", index=False)
    with pytest.raises(DataError, match=r"items\.csv: column 'dimension' names no item of 'challenge'"):
        open_data(str(tmp_path / "items.csv"), read_items, dimensions=climate.DIMENSIONS)


def test_the_template_has_the_columns_of_a_survey():
    """The template's two example rows are in one small team, so that it cannot be analysed by mistake."""
    template = str(paths.data() / "templates" / "climate_survey_template.csv")
    assert read(template).shape == (2, 47)
    with pytest.raises(DataError, match="no team is complete"):
        shown(template)


def test_teams_that_differ_in_case_spaces_or_dashes_are_joined_and_said(survey):
    names = ["Front desk", "Front desk", "FRONT DESK", "Front-desk", "Front desk", "front  desk"]
    path = survey(lambda frame: frame.assign(team=names, trust_1=list("012301")))
    found = read(path)
    assert found["team"].unique().tolist() == ["Front desk"]
    assert found.attrs["joined"] == dict.fromkeys(["FRONT DESK", "Front-desk", "front  desk"], "Front desk")
    results, _, said = page("climate-baseline", survey=path)
    assert values(results)["people"] == 6
    assert "'FRONT DESK' with 'Front desk'" in values(results)["data_kind"]
    assert "FRONT DESK" not in said


def test_the_wild_survey_with_two_spellings_is_that_with_one(shared):
    """../shared/cases/wild d04: "Ward 7" and "WARD 7" were two teams; the lowest score is 122, not 147."""
    wild = shared / "cases" / "wild"
    files = [str(wild / f"d04_team_{name}.csv") for name in ("case", "clean")]
    waves = [shown(path) for path in files]
    assert [len(wave.scores) for wave in waves] == [24, 24]
    case, clean = (climate.organisation_profile(wave, datasets.load("climate_benchmarks")) for wave in waves)
    assert case["score"].tolist() == pytest.approx(clean["score"].tolist())
    assert round(case["score"].iloc[0], 1) == 122.5
    assert [len(read(path).attrs["joined"]) for path in files] == [3, 0]


def test_an_earlier_wave_is_read_under_the_later_spelling(survey):
    trust = list("012301")
    before = survey(lambda frame: frame.assign(team="FRONT-DESK", trust_1=trust), name="before.csv")
    after = survey(lambda frame: frame.assign(trust_1=trust))
    results, *_ = page("climate-followup", survey=after, earlier=before)
    assert "'FRONT-DESK' with 'Front desk'" in values(results)["data_kind"]
    assert results["change_trust"]["n"] == 1
    alike = climate.spelt_as(shown(before), shown(after))
    assert alike.teams == ["Front desk"]


@pytest.mark.parametrize("answer", ["2,5", "2.5", "4", "-1", "two", "1e400"])
def test_an_answer_off_the_scale_is_refused_with_its_cell(survey, answer):
    with pytest.raises(DataError, match=r"mine\.csv: column 'trust_2', row 4: .*allowed: a whole number from 0 to 3"):
        read(survey(changed(2, "trust_2", answer)))
