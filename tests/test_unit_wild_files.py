"""Files as analysts have them: what was once read wrongly without a word is read rightly or refused."""

import pandas as pd
import pytest
from click.testing import CliRunner

from compendium import parameters
from everyday import cli
from healthsys.coding import tensions
from healthsys.errors import DataError
from healthsys.io import forms, schemas
from healthsys.io.prepare import prepare_series
from healthsys.io.series import read_series
from healthsys.io.staff_list import broad_group
from healthsys.io.survey import read_survey, team_key

ITEMS = pd.DataFrame({"dimension": ["trust"], "item": [1]})


def survey(tmp_path, *rows):
    path = tmp_path / "survey.csv"
    path.write_text("\n".join(["respondent,team,trust_1", *rows]) + "\n", encoding="utf-8")
    return read_survey(path, label="survey.csv", items=ITEMS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("White and Black Caribbean", "M"), ("White and Asian", "M"), ("Any other Mixed or Multiple background", "M"),
        ("Caucasian", "W"), ("Any other White background", "W"), ("Asian, Asian British or Asian Welsh", "A"),
        ("Any other Asian background", "A"), ("Black, Black British, Caribbean or African", "B"),
        ("Any other ethnic group", "O"), ("Asian and Black", "M"), ("East African Asian", "A"),
        ("Any other background not listed", "O"), ("Nonwhite", None), ("Non-white", None), ("Not White", None),
        ("Company staff", None), ("Germany", None), ("Blackpool", None),
    ],
)  # fmt: skip
def test_a_name_of_an_ethnic_group_is_placed_by_whole_words(name, code):
    assert broad_group(name) == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It rains.\nBut we go.", ["But"]), ("It rains,\nbut we go.", ["but"]), ("“But we go,” she said.", ["But"]),
        ("We wait—but not long.", ["but"]), ("Nurse 1:\tBut we go.", ["But"]), ("We go.\u00a0Yet we wait.", ["Yet"]),
        ("We go - but slowly.", ["but"]), ("We are tired\rYet we go.", ["Yet"]), ("All go, and\nyet we wait.", ["yet"]),
        ("We know nothing\nbut this.", []), ("We have not yet gone.", []), ("all but one, but for her", []),
    ],
)  # fmt: skip
def test_but_and_yet_are_found_at_the_start_of_a_clause_however_lines_end(text, found):
    hits = tensions.find_markers(text)
    assert hits["matched"].tolist() == found
    assert [text[row.start : row.end] for row in hits.itertuples()] == found


def test_a_template_leaves_a_file_that_was_filled_in(tmp_path):
    command = ["template", "climate_benchmarks", "--out", str(tmp_path)]
    assert CliRunner().invoke(cli.main, command).exit_code == 0
    assert CliRunner().invoke(cli.main, command).exit_code == 0, "the same once more"
    (tmp_path / "items.csv").write_text("mine")
    done = CliRunner().invoke(cli.main, command)
    assert done.exit_code != 0
    assert "items.csv' is there and differs from the template" in f"{done.output}{done.exception}"
    assert (tmp_path / "items.csv").read_text() == "mine"


def test_percentages_and_fractions_in_one_column_are_refused():
    said = forms.two_readings(pd.Series(["59%", "0.45", "51%"]))
    assert said.startswith("'59%' is a percentage and '0.45' could be a share of one; write all cells")
    assert not forms.two_readings(pd.Series(["59%", "45.5", "0"]))


@pytest.mark.parametrize(
    ("cell", "number"),
    [("12 345", 12345), ("1 234 567.5", 1234567.5), ("-£80", -80), ("£1,234", 1234), ("12 15", None), ("3\n7", None),
     ("1£2", None), ("80 %", 80), ("- 5", -5)],
)  # fmt: skip
def test_a_blank_or_a_pound_inside_a_number_does_not_join_two(cell, number):
    (read,) = forms.numbers(pd.Series([cell]))[0]
    assert pd.isna(read) if number is None else read == number


def test_a_row_of_data_that_begins_with_a_hash_is_no_comment(tmp_path):
    path = tmp_path / "pay.csv"
    schema = {"fields": [{"name": name, "type": "string", "description": name} for name in ("person", "sex", "pay")]}
    path.write_text("# made in May, by us\n#,sex,pay\n#41,F,18\n42,M,19\n# checked\n")
    schema["fields"][0]["name"] = "#"
    assert schemas.read_table(path, schema, label="pay.csv")["#"].tolist() == ["#41", "42"]


def test_teams_that_differ_in_more_than_case_blanks_dashes_and_dots_stay_apart():
    pairs = [("🔴", "🟢"), ("Nights +", "Nights -")]
    pairs += [("A&E", "AE"), ("C#", "C"), ("किला", "कला"), ("Unit 1-1", "Unit 11")]
    assert all(team_key(one) != team_key(other) for one, other in pairs)
    assert team_key("St. Mary - North") == team_key("st mary–north")


def test_totals_and_people_who_occur_twice_are_no_people(tmp_path):
    with pytest.raises(DataError, match=r"survey\.csv: column 'respondent', row 3: 'Mean score' marks a row of totals"):
        survey(tmp_path, "p1,Ward,3", "Mean score,All,2")
    with pytest.raises(DataError, match=r"survey\.csv: row 3 repeats respondent ' 1 '; each may occur once"):
        survey(tmp_path, "1,Ward,3", " 1 ,Ward,2")


def test_one_file_has_one_order_of_day_and_month():
    fields = [{"name": name, "type": "date", "description": name} for name in ("meeting", "due")]
    raw = pd.DataFrame({"meeting": ["01/02/2024", "01/03/2024"], "due": ["01/31/2024", "01/17/2024"]})
    with pytest.raises(DataError, match=r"log.csv: the order of day and month differs between columns: in 'meeting'"):
        schemas.check_table(raw, {"fields": fields}, label="log.csv")


def test_short_years():
    assert forms.periods(pd.Series(["Apr-95", "Apr-05"]))[0].dt.year.tolist() == [1995, 2005]
    doubt = forms.periods(pd.Series(["23-01-01", "23-02-01"]))[2]
    assert doubt.startswith("'23-01-01' could begin with its day, its month or its year; say which with -p 'dates=day")
    assert forms.periods(pd.Series(["01-04-23", "01-05-23"]))[0].dt.month.tolist() == [4, 5]


def test_a_change_within_a_period_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    months = pd.date_range("2021-01-01", periods=30, freq="MS")
    path.write_text("period,value\n" + "".join(f"{day:%Y-%m-%d},{50 + at % 3}\n" for at, day in enumerate(months)))
    table = read_series(path, label="mine.csv")
    table.attrs |= {"provenance": {"name": "mine.csv", "kind": "yours"}, "reading": {}}
    options = {"indicator": table["indicator"][0], "unit": table["unit"][0]}
    assert len(prepare_series(table, change=pd.Timestamp("2022-04-01"), **options).frame) == 30
    with pytest.raises(DataError, match="parameter 'change': 2022-04-15 is not a period of the series"):
        prepare_series(table, change=pd.Timestamp("2022-04-15"), **options)


def test_a_setting_or_a_column_of_a_grid_is_given_once(tmp_path):
    (tmp_path / "grid.csv").write_text("name,unit,unit\nx,Ward 1,Ward 2\n")
    done = CliRunner().invoke(
        cli.main, ["sweep", "control_chart", "--grid", str(tmp_path / "grid.csv"), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code != 0
    assert "grid.csv: column 'unit' occurs twice in the header" in f"{done.output}{done.exception}"
    done = CliRunner().invoke(
        cli.main, ["report", "control_chart", "-p", "unit=A", "-p", "unit=B", "--out", str(tmp_path / "out")]
    )
    assert done.exit_code != 0
    assert "parameter 'unit' is given twice; give it once" in f"{done.output}{done.exception}"


def test_a_column_that_is_named_for_the_values_is_in_the_file(tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    path.write_text("period,value\n2021-01-01,5\n2021-02-01,6\n")
    monkeypatch.setenv("HEALTHSYS_COLUMNS", '{"value": "Nope"}')
    with pytest.raises(DataError, match=r"mine\.csv: there is no column 'Nope', which column\.value names"):
        read_series(path, label="mine.csv")


def test_a_folder_names_the_file_that_does_not_fit_and_passes_over_hidden_ones(tmp_path):
    for name in ("w1.csv", "w2.csv"):
        (tmp_path / name).write_text("period,value\n2021-01-01,5\n2021-02-01,6\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0\1")
    assert sorted(set(read_series(tmp_path, label="wards")["unit"])) == ["w1", "w2"]
    (tmp_path / "readme.txt").write_text("Made in May.\n")
    with pytest.raises(DataError, match=r"wards: 'readme\.txt' has other columns than the other files"):
        read_series(tmp_path, label="wards")


def test_a_list_of_days_or_of_one_text_is_written_as_it_is_said():
    known = {"exclude": parameters.Parameter("exclude", "list[str]", [], "periods", {})}
    for given, read in (("2021-01-01", ["2021-01-01"]), ("[2021-01-01, 2021-02-01]", ["2021-01-01", "2021-02-01"]),
                        ("Ward 2", ["Ward 2"]), ("[]", []), ("['a']", ["a"])):  # fmt: skip
        assert parameters.parse_options((f"exclude={given}",), known, label="x") == {"exclude": read}
