"""Files as analysts have them: what was once read wrongly without a word is read rightly or refused."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from compendium import parameters, sweep
from everyday import cli
from healthsys import spc
from healthsys.coding import tensions
from healthsys.errors import DataError
from healthsys.io import forms, pay_gap_service, schemas
from healthsys.io.characteristics import levels_of
from healthsys.io.checks import check_series
from healthsys.io.known import breaks_of, measure_of
from healthsys.io.payroll import read_payroll, refuse_totals
from healthsys.io.prepare import UNDERMINING, prepare_series
from healthsys.io.reporting import read_reporting
from healthsys.io.series import pick_series, read_series
from healthsys.io.staff_list import broad_group, read_staff_list
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
        ("White South African", "W"), ("White (Zimbabwean)", "W"), ("White - African", "W"),
        ("South African White", "W"),
        ("White/African", "M"), ("White & African", "M"), ("White, African", "M"), ("White and South African", "M"),
        ("White Mixed", "W"), ("Mixed White", "M"), ("South African", None), ("South African Indian", "A"),
        ("Black South African", "B"), ("White Caribbean", None), ("Other than white", None), ("BME unknown", None),
        ("Other/not known", None), ("Black - not stated", None), ("Unknown (White?)", None), ("Asian Unspecified", "A"),
        ("Company staff", None), ("Germany", None), ("Blackpool", None),
    ],
)  # fmt: skip
def test_a_name_of_an_ethnic_group_is_placed_by_whole_words(name, code):
    assert broad_group(name) == code


@pytest.mark.parametrize("cell", [
    "Ethnicity not stated", "Unknown / Not Stated", "I don't wish to disclose my ethnicity", "(Z) Not Stated",
    "Dont know", "Not Stated (Z)", "not_stated", "Not known/not stated", "No ethnicity recorded",
    "Do not wish to answer",
    "Not stated (person asked but declined to provide a response)", "99: Not yet recorded", "Ethnic group: unspecified",
])  # fmt: skip
def test_a_group_that_is_not_known_is_no_group_however_it_is_said(cell):
    frame = pd.DataFrame({"ethnic_group": ["White", "Asian", cell, "Asian Unspecified"]})
    assert levels_of(frame, "ethnic_group", label="a.csv")[0].tolist() == [
        "White", "Asian", "Not stated", "Asian Unspecified",
    ]  # fmt: skip


@pytest.mark.parametrize(("cell", "says"), [
    ("Other/not known", "names something and says that it is not known"), ("-1", "is probably a code for not known"),
    ("998", "is probably a code for not known"), ("98", "is probably a code for not known"),
])  # fmt: skip
def test_a_group_that_may_be_not_known_is_refused(cell, says):
    frame = pd.DataFrame({"ethnic_group": ["White", "Asian", cell]})
    with pytest.raises(DataError, match=f"a.csv: column 'ethnic_group', row 4: '{cell}' {says}.*allowed: the name of"):
        levels_of(frame, "ethnic_group", label="a.csv")


@pytest.mark.parametrize(("column", "cells"), [
    ("religion", ["No religion", "None", "Any other religion not listed"]), ("site", ["3", "North", "65+"]),
    ("team", ["Unknown Pathways", "No Response Unit", "9"]), ("sexual_orientation", ["Undecided", "Gay or Lesbian"]),
    ("gender_identity", ["Prefer to self-describe", "Woman"]), ("level_of_care", ["1", "2", "3"]),
])  # fmt: skip
def test_names_near_to_words_for_not_known_stay_groups(column, cells):
    assert levels_of(pd.DataFrame({column: cells}), column, label="a.csv")[0].tolist() == cells


def test_a_staff_list_says_where_each_name_of_a_group_was_counted(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("band,ethnic_group\n5,White South African\n6,White British\n7,Indian\n7,(Z) Not Stated\n")
    staff = read_staff_list(path)
    assert staff["ethnic_group"].tolist() == ["W", "W", "A", "N"]
    said = "column 'ethnic_group': White is White British, White South African; Asian is Indian"
    assert staff.attrs["read_as"] == [said]


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


def test_a_religion_of_none_is_a_group_and_elsewhere_none_is_not_stated():
    frame = pd.DataFrame({"religion": ["None", "Christian", "none", ""], "team": ["None", "A", "A", "B"]})
    assert levels_of(frame, "religion", label="a.csv")[0].tolist() == ["None", "Christian", "None", "Not stated"]
    assert levels_of(frame, "team", label="a.csv")[0].tolist() == ["Not stated", "A", "A", "B"]


def test_bands_of_a_staff_file_have_one_spelling(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("sex,hourly_pay,band,grade\nF,15,Band 5,\nM,16,5,\nF,17,8A,\nM,30,,CON\nM,31,,con\nM,32,,CON\n")
    staff = read_payroll(path)
    assert staff["level"].tolist() == ["5", "5", "8a", "CON", "CON", "CON"]
    assert staff.attrs["notes"] == [
        "column 'band': 'Band 5' is read as 5", "column 'grade': con joined with the usual spelling",
    ]  # fmt: skip
    path.write_text("sex,hourly_pay,band\nF,15,B1\nM,16,Clerical\nM,16,clerical\n")
    assert sorted(read_payroll(path)["level"].unique()) == ["B1", "Clerical"], "another employer's own bands"


def test_pay_by_the_week_is_asked_about(tmp_path):
    path = tmp_path / "staff.csv"
    rows = "".join(f"{'FM'[at % 2]},{400 + at}\n" for at in range(12))
    path.write_text("sex,hourly_pay\n" + rows)
    (note,) = read_payroll(path).attrs["notes"]
    assert note.startswith("Check the unit of pay: the median is 405.50 pounds an hour; is it pay by the day or week?")


def test_days_of_one_month_are_not_read_as_years():
    doubt = forms.periods(pd.Series([f"Apr-{day:02d}" for day in range(1, 31)]))[2]
    assert doubt.startswith("'Apr-01' could be a day of Apr, or Apr of a year; write dates as YYYY-MM-DD")
    years = forms.periods(pd.Series(["Mar-19", "Mar-20", "Mar-21"]))
    assert years[0].dt.year.tolist() == [2019, 2020, 2021]
    assert not years[2]
    assert forms.periods(pd.Series(["FY20/21", "FY21/22"]))[0].dt.strftime("%Y-%m").tolist() == ["2020-04", "2021-04"]


def test_times_of_day_are_left_out_and_it_is_said():
    days, said, _ = forms.periods(pd.Series(["2024-01-01 14:30", "2024-01-02 09:00:00"]))
    assert days.dt.day.tolist() == [1, 2]
    assert said == ["times of day, such as that of '2024-01-01 14:30', are left out"]
    assert forms.periods(pd.Series(["2024-01-01 00:00:00", "2024-01-02T00:00:00.000Z"]))[1] == []


def test_a_country_among_its_units_is_a_total_and_among_countries_it_is_not(tmp_path):
    path = tmp_path / "units.csv"
    rows = "unit,period,numerator,denominator\n{},2020-01-01,8,10\n{},2020-01-01,9,19\n"
    path.write_text(rows.format("England", "Wales"))
    assert len(read_reporting(path, label="units.csv")) == 2
    path.write_text(rows.format("Trust A", "England"))
    with pytest.raises(DataError, match=r"units.csv: column 'unit', row 3: 'England' has the name of a total"):
        read_reporting(path, label="units.csv")


def test_a_survey_on_another_scale_is_asked_about(tmp_path):
    rows = [f"p{at},Ward {at % 9},{1 + at % 3}" for at in range(200)]
    (said,) = survey(tmp_path, *rows).attrs["read_as"]
    assert said.startswith("no answer is 0, the lowest of the scale from 0 to 3; if the questionnaire has")
    assert survey(tmp_path, *rows[:199]).attrs["read_as"] == []
    assert survey(tmp_path, *rows, "q,Ward 1,0").attrs["read_as"] == []


@pytest.mark.parametrize("text", ["Name; UNIT \nx;Ward 1\n", "name\tunit\nx\tWard 1\n"])
def test_a_grid_may_have_another_separator_and_capitals(tmp_path, text):
    path = tmp_path / "grid.csv"
    path.write_text(text)
    (row,) = sweep.read_grid(path, {"unit": None})
    assert (row.name, row.cells) == ("x", {"unit": "Ward 1"})


def test_a_page_that_is_no_report_is_left_where_it_is(tmp_path):
    (tmp_path / "index.html").write_text("my own site")
    done = CliRunner().invoke(cli.main, ["report", "control_chart", "--out", str(tmp_path)])
    assert done.exit_code != 0
    assert "is there and no report; give --out a folder of its own" in f"{done.output}{done.exception}"
    assert (tmp_path / "index.html").read_text() == "my own site"


def test_a_c_chart_needs_whole_counts():
    with pytest.raises(DataError, match=r"counts: position 2 holds 4\.5; a c chart needs whole counts\. For rates"):
        spc.c_chart([4, 4.5, 6])


def test_a_file_without_indicator_or_without_unit_is_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("unit,period,value\nA,2021-01-01,10\nB,2021-01-01,12\n")
    table = read_series(path)
    assert table[["indicator", "unit"]].to_numpy().tolist() == [["value", "A"], ["value", "B"]]
    assert "the file names no indicator; it is called 'value' here" in table.attrs["read_as"]
    path.write_text("indicator,period,value\nfalls,2021-01-01,10\nulcers,2021-01-01,12\n")
    assert read_series(path)["unit"].tolist() == ["your file", "your file"]


@pytest.mark.parametrize("column", ["Week ending", "week_ending"])
def test_a_week_that_is_named_by_its_end_begins_six_days_earlier(tmp_path, monkeypatch, column):
    path = tmp_path / "calls.csv"
    path.write_text(f"{column},value\n2022-01-09,5\n2022-01-16,6\n2022-01-23,4\n")
    monkeypatch.setenv("HEALTHSYS_COLUMNS", json.dumps({"period": column}))
    table = read_series(path)
    assert table["period"].dt.strftime("%d").tolist() == ["03", "10", "17"]
    assert table.attrs["read_as"][-1].startswith(f"column '{column}' names the last day of a week, which is read as")


@pytest.mark.parametrize(("target", "warned"), [(85.0, True), (0.9, False), (0.0, False), (0.02, True)])
def test_a_target_on_another_scale_is_asked_about(target, warned):
    months = pd.date_range("2021-01-01", periods=12, freq="MS")
    frame = pd.DataFrame({"period": months, "value": [0.8, 0.85, 0.9] * 4})
    names = [one.name for one in check_series(frame, target=target)]
    assert ("target" in names) == warned
    assert "target" in UNDERMINING, "so that a short report says it too"


def test_small_numbers_keep_two_digits():
    assert [measure_of("x", pd.Series([size])).digits for size in (0.5, 0.08, 1.1e-5)] == [2, 3, 6]
    assert measure_of("x", pd.Series([1.1e-5])).value(1.1e-5) == "0.000011"


def organisations(**more):
    """Return a table of recruitment with six counts for each organisation."""
    stages = ["viewed", "applied", "appointed"]
    rows = [
        (unit, stage, group, size * (9 - 2 * place) + at)
        for unit, size in {"ACU": 90, "DGH": 50, "COM": 30}.items()
        for place, stage in enumerate(stages)
        for at, group in enumerate(["White", "BME"])
    ]
    frame = pd.DataFrame(rows, columns=["organisation", "stage", "group", "people"])
    whole = frame.groupby(["stage", "group"], as_index=False)["people"].sum()
    return pd.concat([frame, *(whole.assign(organisation=name, people=whole["people"] + off) for name, off in
                               more.items())], ignore_index=True)  # fmt: skip


@pytest.mark.parametrize("name", ["All", "England", "ICS total", "All trusts", "Overall", "Totals for the system"])
def test_a_total_of_organisations_is_refused_by_its_name(name):
    with pytest.raises(DataError, match=f"a.csv: column 'organisation', row 20: '{name}' marks a row of totals"):
        refuse_totals(organisations(**{name: 7}), label="a.csv")


def test_a_total_of_organisations_is_refused_by_its_sum():
    refuse_totals(organisations(), label="a.csv")
    refuse_totals(organisations(**{"All Saints": 7}), label="a.csv")
    refuse_totals(organisations().replace({"ACU": "England", "DGH": "Wales", "COM": "Scotland"}), label="a.csv")
    with pytest.raises(DataError, match=r"a.csv: column 'organisation', row 20: 'North' is the sum of the other"):
        refuse_totals(organisations(North=0), label="a.csv")


@pytest.mark.parametrize("cell", [
    "Grand Average", "5 Total", "Average hourly pay", "Mean hourly pay", "Trust total", "Total FTE", "All", "Overall",
    "*Total*", "Total (all)", "North Total", "North Average", "n=250", "Totaal", "All staff", "TOTAL (n = 4)",
])  # fmt: skip
def test_a_row_of_totals_among_staff_is_refused_by_any_name(cell):
    frame = pd.DataFrame({"site": ["North", "South", "North", cell]})
    with pytest.raises(DataError, match=r"a.csv: column 'site', row 5: .* marks a row of totals, not one more row of"):
        refuse_totals(frame, label="a.csv")


def test_names_near_to_those_of_totals_are_no_totals():
    names = ["All Saints Ward", "Total Knee Unit", "Above average", "Teetotal", "All wards", "All wards", "Countess"]
    refuse_totals(pd.DataFrame({"site": names}), label="a.csv")


def test_a_rate_of_pay_alone_in_its_row_is_refused(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("person,sex,hourly_pay\n1,F,15\n2,M,16\n,,15.5\n")
    with pytest.raises(DataError, match=r"staff.csv: column 'hourly_pay', row 4: '15.5' is alone in its row, which is"):
        read_payroll(path)
    path.write_text("person,sex,hourly_pay\n1,F,15\n2,M,16\n3,,15.5\n")
    assert len(read_payroll(path)) == 3


def reports(tmp_path, total, *, absent=0, off=0):
    """Write a file of three units and a total of them; a unit lacks its first rows, or numbers differ."""
    rows = ["unit,period,numerator,denominator"]
    for at in range(12):
        sizes = {"A": 100 + 7 * at, "B": 50 + 3 * (at % 4), "C": 30 + at}
        if at < absent:
            del sizes["B"]
        for unit, size in [*sizes.items(), (total, sum(sizes.values()) + off * (at == 5 or off > 9))]:
            rows.append(f"{unit},2022-{at + 1:02d}-01,{size // 2},{size}")
    (tmp_path / "units.csv").write_text("\n".join(rows))
    return read_reporting(tmp_path / "units.csv", label="units.csv")


@pytest.mark.parametrize("total", ["District total", "All trusts", "Trust total", "ICB total", "Total: 3 units"])
def test_a_total_of_units_is_refused_by_its_name(tmp_path, total):
    with pytest.raises(DataError, match=f"units.csv: column 'unit', row 5: '{total}' has the name of a total"):
        reports(tmp_path, total, off=1)


def test_a_total_of_units_is_found_where_a_row_is_absent_or_a_number_differs(tmp_path):
    says = "units.csv: column 'unit', row 4: 'North' equals the sum of the others in every period"
    with pytest.raises(DataError, match=says):
        reports(tmp_path, "North", absent=2)
    with pytest.raises(DataError, match="'North' equals the sum of the others in nearly every period"):
        reports(tmp_path, "North", off=5)
    assert len(reports(tmp_path, "All Saints", off=10).query("unit == 'A'")) == 12


@pytest.mark.parametrize(("part", "whole"), [("had", "could"), ("answered", "base")])
def test_a_part_above_its_whole_is_refused(part, whole):
    fields = [{"name": name, "type": "integer", "description": name} for name in (part, whole)]
    fields[0]["partOf"] = whole
    raw = pd.DataFrame({part: ["3", "40", None], whole: ["3", "33", "5"]})
    says = f"a.csv: column .{part}., row 3: .40. is more than .{whole}. of the same row, 33; a part is at most the who"
    with pytest.raises(DataError, match=says):
        schemas.check_table(raw, {"fields": fields}, label="a.csv")
    assert len(schemas.check_table(raw.drop(index=1), {"fields": fields}, label="a.csv")) == 2


def months(tmp_path, values, *, indicator="seen", name="mine.csv"):
    """Read a series of months with these values."""
    days = pd.date_range("2022-01-01", periods=len(values), freq="MS")
    rows = [f'{indicator},Ward 7,{day:%Y-%m-%d},"{value}"' for day, value in zip(days, values, strict=True)]
    (tmp_path / name).write_text("\n".join(["indicator,unit,period,value", *rows]), encoding="utf-8")
    return read_series(tmp_path / name)


def test_no_thousand_begins_with_zero(tmp_path):
    assert months(tmp_path, ["0,797", "0,812", "0,820"])["value"].tolist() == [0.797, 0.812, 0.82]
    assert months(tmp_path, ["1,797", "2,812", "820"])["value"].tolist() == [1797, 2812, 820]
    with pytest.raises(DataError, match=r"mine\.csv: column 'value': '1,025' could be a thousand and '0,797' is a dec"):
        months(tmp_path, ["0,797", "1,025", "0,820"])


@pytest.mark.parametrize(("indicator", "values", "says"), [
    ("seen", ["80.2%", "84.0%", "840.0%", "83.1%"], "row 4: '840' is a share above 100 among shares"),
    ("PercentSeen", [80, 84, 840, 83], "row 4: '840' is a share above 100; allowed"),
    ("SeenPct", [80, 84, 840, 83], "row 4: '840' is a share above 100; allowed"),
    ("seenpercentage", [80, 84, 840, 83], "row 4: '840' is a share above 100; allowed"),
    ("share_seen", [80, 84, 840, 83], "row 4: '840' is a share above 100 among shares"),
    ("seen", ["80.2%", "84.0%", "0.84%", "83.1%"], "row 4: '0.84' is on another scale than other values"),
    ("seen_percent", [80.2, 84, 0.84, 0.83], "row 4: '0.84' is on another scale than other values of its series, 80.2"),
    ("seen_percent", [0.802, 0.84, 84, 83], "row 4: '84' is on another scale than other values of its series, 0.802"),
    ("seen_percent", [80.2, 0.84, 84, 83], "row 3: '0.84' is on another scale than other values of its series, 80.2"),
])  # fmt: skip
def test_a_share_on_another_scale_is_refused(tmp_path, indicator, values, says):
    with pytest.raises(DataError, match=rf"mine\.csv: column 'value', {says}"):
        months(tmp_path, values, indicator=indicator)


@pytest.mark.parametrize(("indicator", "values"), [
    ("deaths_percent", [0.8, 1.2, 0.9, 1.4, 2.0]), ("seen_percent", [100, 0.5, 12, 40, 88]), ("falls", [0, 1, 3, 57]),
    ("seen_percent", [0.80, 0.84, 1, 0.83]), ("beds occupied %", [98, 102, 99, 104]), ("market share change", [900, 2]),
    ("activity against last year", ["98%", "104%", "220%", "310%"]), ("share of plan", [80, 120, 95, 101]),
    ("infections per 1000", [0.4, 3, 12, 35]), ("seen_percent", [0.002, 45, 60, 81]),
])  # fmt: skip
def test_small_shares_and_shares_above_a_hundred_that_can_be_are_read(tmp_path, indicator, values):
    assert len(months(tmp_path, values, indicator=indicator)) == len(values)


def test_two_ways_of_writing_one_accent_are_one_name(tmp_path):
    path = tmp_path / "mine.csv"
    names = ["Zo\u00eb", "Zoe\u0308", "Zo\u200b\u00eb", "\ufeffZo\u00eb", "Zo\u00ad\u00eb"]
    rows = [f"falls,{name},2022-{at + 1:02d}-01,{at}" for at, name in enumerate(names)]
    path.write_text("\n".join(["indicator,unit,period,value", *rows]), encoding="utf-8")
    table = read_series(path)
    assert table["unit"].unique().tolist() == ["Zo\u00eb"]
    assert len(pick_series(table, indicator="falls", unit="Zoe\u0308")) == 5
    path.write_text("indicator,unit,period,value\nfalls,\u0915\u094d\u200d\u0937,2022-01-01,5\n", encoding="utf-8")
    assert read_series(path)["unit"].tolist() == ["\u0915\u094d\u200d\u0937"], "a joiner of other scripts stays"


def test_a_zero_width_space_splits_no_team(tmp_path):
    assert survey(tmp_path, "p1,North,3", "p2,Nor\u200bth,2")["team"].tolist() == ["North", "North"]


@pytest.mark.parametrize("times", [
    ["2021-12-31T22:00:00.000Z", "2022-01-31T22:00:00.000Z", "2022-02-28T22:00:00.000Z"],
    ["2022-03-01T00:00:00Z", "2022-03-31T23:00:00Z", "2022-04-30T23:00:00Z"],
    ["2022-03-01T18:30:00+00:00", "2022-03-02T18:30:00+00:00"],
])  # fmt: skip
def test_midnights_of_another_time_zone_are_refused(times):
    doubt = forms.periods(pd.Series(times))[2]
    assert "is a time in UTC, and probably the midnight that begins the next day in your time zone" in doubt
    assert doubt.endswith("write the dates of your own time zone as YYYY-MM-DD, without a time")


@pytest.mark.parametrize("times", [
    ["2022-01-01T00:00:00Z", "2022-02-01T00:00:00Z"], ["2022-01-01T05:00:00Z", "2022-01-02T05:00:00Z"],
    ["2022-01-01T14:30:00Z", "2022-01-02T09:00:00Z", "2022-01-03T23:10:00Z", "2022-01-04T16:45:00Z"],
    ["2022-01-01 22:00", "2022-01-02 22:00"],
])  # fmt: skip
def test_other_times_of_day_are_read(times):
    days, _, doubt = forms.periods(pd.Series(times))
    assert days.notna().all()
    assert not doubt


def test_days_of_january_as_americans_write_them_are_not_read_as_months():
    doubt = forms.periods(pd.Series([f"1/{day}/2023" for day in range(1, 13)]))[2]
    assert doubt.startswith("'1/2/2023' could be 01 February or 02 January; say which with -p 'dates=day first'")
    for given in ([f"01/{month:02d}/2023" for month in range(1, 13)], [f"1/{month}/2023" for month in range(4, 13)]):
        days, _, doubt = forms.periods(pd.Series(given))
        assert days.dt.day.tolist() == [1] * len(given)
        assert not doubt


@pytest.mark.parametrize(("indicator", "unit", "found"), [
    ("A&E 4 hour performance %", "England", True), ("Percentage within 4 hours", "England", True),
    ("Within 4h (%)", "NHS England", True), ("Four-hour standard", "England", True),
    ("4 hour DTA waits", "England", False),
    ("Waits over 4 hours %", "England", False), ("within 14 hours %", "England", False), ("New", "your file", False),
    ("within_4h_percent", "your file", True), ("A&E 4 hour performance", "Our hospital", False),
])  # fmt: skip
def test_the_field_test_is_known_under_everyday_names(indicator, unit, found):
    breaks, certain = breaks_of(pd.DataFrame(), indicator=indicator, unit=unit)
    assert [f"{day:%Y-%m}" for day, _ in breaks] == ["2019-05"] * found
    assert not certain
    assert all(note.startswith("if these are figures for England: ") == (unit == "your file") for _, note in breaks)


@pytest.mark.parametrize("odd", [8888, 77777, 1_000_000, 44_621, 79.7])
def test_a_value_far_from_its_neighbours_is_named(odd):
    values = [797.0, 852, 801, 844, 830, 812] * 3
    values[7] = odd
    frame = pd.DataFrame({"period": pd.date_range("2021-01-01", periods=18, freq="MS"), "value": values})
    (found,) = [one for one in check_series(frame) if one.name == "far value"]
    assert found.says.startswith(f"2021-08 ({odd:,.10g}) is ")
    assert "far value" in UNDERMINING, "so that a short report says it too"


@pytest.mark.parametrize("values", [
    [1, 2, 1, 1, 9, 1, 2, 1, 1, 2], [40, 42, 90, 300, 700, 310, 95, 41, 44, 40],
    [800, 810, 790, 795, 300, 805, 799, 801, 811],
    [-5, 4, 800, 3, -2, 6, 5, 4, 3],
])  # fmt: skip
def test_small_counts_and_a_wave_are_not_far(values):
    frame = pd.DataFrame({"period": pd.date_range("2021-01-01", periods=len(values), freq="MS"), "value": values})
    assert "far value" not in [one.name for one in check_series(frame, indicator="net change")]


def service_file(tmp_path, *rows, gap="11.2"):
    """Read a file of the gender pay gap service in its older layout: name and number of each employer, and more."""
    usual = dict.fromkeys(pay_gap_service.COMMON, "50") | {
        "DiffMeanHourlyPercent": "12.1", "DiffMedianHourlyPercent": gap, "SicCodes": "86101",
        "EmployerSize": "250 to 499",
        "SubmittedAfterTheDeadline": "FALSE", "DueDate": "05/04/2019", "DateSubmitted": "28/03/2019", "Address": "",
    }  # fmt: skip
    made = [usual | {"EmployerName": name, "CompanyNumber": number, **more} for name, number, more in rows]
    pd.DataFrame(made).to_csv(tmp_path / "gpg.csv", index=False)
    return pay_gap_service.read_pay_gap_service(tmp_path / "gpg.csv")


def test_numbers_of_the_pay_gap_service_that_are_no_percentages_are_refused(tmp_path):
    employers = [(f"Employer {at}", f"0{1_000_000 + at}", {}) for at in range(12)]
    assert len(service_file(tmp_path, *employers)) == 12
    gap = {"DiffMedianHourlyPercent": "-999"}
    says = "gpg.csv: column 'DiffMedianHourlyPercent', record 14: '-999' is probably a code for missing"
    with pytest.raises(DataError, match=says):
        service_file(tmp_path, *employers, ("Odd", "01999999", gap))
    assert len(service_file(tmp_path, *employers, ("Odd", "01999999", {"DiffMedianHourlyPercent": "-499.5"}))) == 13
    with pytest.raises(DataError, match=r"column 'DiffMedianHourlyPercent', record 2: '0\.112' is a fraction, like"):
        service_file(tmp_path, *employers, gap="0.112")
    assert len(service_file(tmp_path, *employers[:9], gap="0.4")) == 9, "few employers may all have a small gap"


def test_an_employer_counts_once_in_the_older_layout_and_a_total_is_none(tmp_path):
    employers = [("A Limited", "01000001", {}), ("Total", "01000002", {}), ("A Limited", "01000001", {})]
    found = service_file(tmp_path, *employers)
    assert found["employer"].tolist() == ["Total", "A Limited"], "a company may be called so"
    with pytest.raises(DataError, match=r"gpg\.csv: column 'EmployerName', record 5: 'Total' marks a row of totals"):
        service_file(tmp_path, *employers, ("Total", "", {}))


def test_a_text_cell_of_blanks_is_missing():
    fields = [{"name": name, "type": "string", "description": name} for name in ("site", "note")]
    raw = pd.DataFrame({"site": ["a", " b "], "note": ["  ", "seen"]})
    read = schemas.check_table(raw, {"fields": fields}, label="a.csv")
    assert read["site"].to_list() == ["a", "b"]
    assert read["note"].isna().to_list() == [True, False]
    fields[1]["constraints"] = {"required": True}
    with pytest.raises(DataError, match=r"column 'note', row 2: the cell is empty; allowed: text"):
        schemas.check_table(raw, {"fields": fields}, label="a.csv")
