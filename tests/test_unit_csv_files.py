"""What a CSV file must be: one sentence for each way in which a file is not one, with the row a spreadsheet shows."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import miniature
from compendium import datasets
from healthsys.errors import DataError, nearest
from healthsys.io import check_table, csv_files, read_text, row_of
from healthsys.io.schemas import read_table
from workbooks import workbook

SCHEMA = {
    "fields": [
        {"name": "month", "type": "string", "description": "month", "constraints": {"required": True, "unique": True}},
        {"name": "days", "type": "number", "description": "mean wait"},
        {"name": "people", "type": "integer", "description": "people", "optional": True},
    ],
    "primaryKey": "month",
}


@pytest.fixture
def mini(mini):
    return miniature.checked(mini)



def read(tmp_path, content):
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, SCHEMA, label="own.csv")


TIDY = "month,days\nJan,1.5\nFeb,2.5\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("sep=;\n", "the file is empty"),
        ("# nothing\n", "nothing but comments"),
        (b"\xff\xfe\x00\xd8m", "begins as UTF-16 text and cannot be read as such"),
        (TIDY.encode() + b"\x81", r"neither UTF-8 nor Windows-1252 text \(byte 27\)"),
        (b"PK\x03\x04rest", "no readable xlsx, xls or ods workbook"),
        (b"\xd0\xcf\x11\xe0rest", "no readable xlsx, xls or ods workbook"),
        ("month,days,Days\nJan,1,2\n", "columns 'days' and 'Days' are both read as 'days'"),
        ('month,days\nJan,"19,42"\nFeb,"1,234"\n', r"column 'days': '1,234' could be a thousand and '19,42' is a"),
        ("month;days\nJan;1,234\n", r"column 'days': '1,234' could be a thousand or a decimal; say which"),
        ("month,days\nJan,8O\n", r"column 'days', row 2: '8O' is not allowed"),
        ("\n \n", "the file is empty"),
        ("\ufeff", "the file is empty"),
        (TIDY.encode() + b"\0", r"holds null bytes \(it is not text\)"),
        ("<!DOCTYPE html><html></html>", "the file is a web page"),
        ("month,days\nJan,1,\n", r"row 2 has 3 cells but the header 2; .*end of a row"),
        ("month,days\n\n\nJan,1\nFeb\nMar\n", r"row 5 has 1 cell but the header 2 \('Feb'\); a note .*\(2 such rows"),
        ("month,days,people\nJan,1\n", r"row 2 has 2 cells but the header 3; check quotes and commas"),
        ("month,days\nJan,80,1\n", r"row 2 has 3 cells but the header 2; .*a decimal comma must be a point"),
        ('month,days\n"Jan,1\n', r"not a readable CSV file near line \d+ .*check quotes and commas"),
        ("month,days,days\nJan,1,2\n", "column 'days' occurs twice in the header"),
        ("month,days, days \nJan,1,2\n", "column 'days' occurs twice in the header"),
        ("month,days\nJan,inf\n", r"column 'days', row 2: 'inf' is not allowed; allowed: a number"),
        ("month,days\nJan,-Infinity\n", "'-Infinity' is not allowed"),
        ("month,days\nJan,1e999\n", "'1e999' is not allowed"),
        ("month,days,people\nJan,1,99999999999999999999999\n", r"column 'people', row 2: '9+' is not allowed"),
        ("month,days,people\nJan,1,inf\n", "'inf' is not allowed; allowed: a whole number"),
        ("month,days\n\nJan,1\n\nJan,2\n", r"column 'month', row 3: 'Jan' is not allowed; .*each value once"),
        ("month,days\n", "a header but no rows"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_in_one_sentence(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


WAITS = [["Jan", 1.5], ["Feb", 2.5]]


@pytest.mark.parametrize(
    ("content", "rows", "said"),
    [
        (TIDY, WAITS, []),
        ("\ufeff" + TIDY, WAITS, []),
        (TIDY.encode("utf-16"), WAITS, ["the text is UTF-16"]),
        (TIDY.encode("utf-32"), WAITS, ["the text is UTF-32"]),
        (TIDY.replace("Jan", "Jän").encode("cp1252"), [["Jän", 1.5], WAITS[1]], ["the text is Windows-1252"]),
        (TIDY.replace(",", ";"), WAITS, ["the cells are separated by semicolons"]),
        (TIDY.replace(",", "\t"), WAITS, ["the cells are separated by tabs"]),
        (TIDY.replace(",", "|"), WAITS, ["the cells are separated by vertical bars"]),
        ("sep=;\nmonth;days\nJan;1,5\nFeb;2,5\n", WAITS,
         ["the cells are separated by semicolons", "days: commas are decimal signs"]),
        ("Waits by ward\n\nmonth;days\nJan;1.5\nFeb;2.5\n", WAITS,
         ["the cells are separated by semicolons", "1 row above the header is left out"]),
        ("Table\n\nOurs\nLate\n" + TIDY, WAITS, ["3 rows above the header are left out"]),
        ("# made by hand\n" + TIDY, WAITS, ["1 row of comment is left out"]),
        (TIDY + "\nSource: own returns\n", WAITS, ["1 row below the table is left out: 'Source: own returns'"]),
        (TIDY + "Note,\n* to be checked,\n", WAITS, ["2 rows below the table are left out: 'Note'"]),
        ("MONTH, Days \nJan,1.5\nFeb,2.5\n", WAITS,
         ["column 'MONTH' is read as 'month'", "column 'Days' is read as 'days'"]),
        ('month,days\nJan,"1,204"\nFeb,80.1%\n', [["Jan", 1204.0], ["Feb", 80.1]], ["days: commas are thousands"]),
        ('month,days\nJan,"80,1"\nFeb,"2,5%"\n', [["Jan", 80.1], WAITS[1]], ["days: commas are decimal signs"]),
        ('month,days\nJan,"1.234,5"\nFeb,"2,5"\n', [["Jan", 1234.5], WAITS[1]], ["days: commas are decimal signs"]),
        ("month,days\nJan,£1.5\nFeb,−2.5\n", [["Jan", 1.5], ["Feb", -2.5]], []),
    ],
)  # fmt: skip
def test_what_people_write_is_read_and_said(tmp_path, content, rows, said):
    frame = read(tmp_path, content)
    assert frame.to_numpy().tolist() == rows
    assert frame.attrs.get("read_as", []) == said


@pytest.mark.parametrize("mark", ["*", "-", ":", "..", "[c]", "<5", "NA", "n/a", "nan", "suppressed"])
def test_a_mark_for_a_missing_number_is_missing_and_counted(tmp_path, mark):
    frame = read(tmp_path, f"month,days\nJan,{mark}\nFeb,2.5\n")
    assert frame["days"].isna().tolist() == [True, False]
    assert frame.attrs["read_as"] == [f"days: 1 cell with a mark such as '{mark}' counts as missing"]


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_a_workbook_is_read_by_the_sheet_that_names_the_columns(tmp_path, ending):
    one = workbook(tmp_path / f"one.{ending}", {"Waits": [["month", "days"], ["Jan", 1.5], ["Feb", None]]})
    frame = read_table(one, SCHEMA, label="one")
    assert frame["days"].tolist()[0] == 1.5
    assert frame["days"].isna().tolist() == [False, True]
    assert frame.attrs["read_as"] == ["the file is a workbook"]
    two = workbook(tmp_path / f"two.{ending}", {"Notes": [["made by hand"]], "Waits": [["Month", "Days"], ["Jan", 3]]})
    frame = read_table(two, SCHEMA, label="two")
    assert frame["days"].tolist() == [3.0]
    assert frame.attrs["read_as"][0] == "the sheet 'Waits' of the workbook is read"
    both = {name: [["month", "days"], ["Jan", 1]] for name in ("2023", "2024")}
    with pytest.raises(DataError, match="the workbook has 2 sheets with data: 2023, 2024; say which to read"):
        read_table(workbook(tmp_path / f"both.{ending}", both), SCHEMA, label="both")
    with pytest.raises(DataError, match="the workbook is empty"):
        read_table(workbook(tmp_path / f"none.{ending}", {"A": []}), SCHEMA, label="none")


def test_a_column_that_a_reader_maps_has_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv(csv_files.COLUMNS_VARIABLE, '{"days": "Wait in days"}')
    frame = read(tmp_path, "month,Wait in days\nJan,1.5\nFeb,2.5\n")
    assert frame["days"].tolist() == [1.5, 2.5]
    assert frame.attrs["read_as"] == ["column 'Wait in days' is read as 'days'"]


def test_a_repeated_key_has_the_row_of_the_spreadsheet(tmp_path):
    schema = {"fields": [{"name": "a", "type": "string", "description": ""}] * 1, "primaryKey": "a"}
    raw = csv_files.table([(1, ["a"]), (4, ["x"]), (9, ["x"])], label="t")
    with pytest.raises(DataError, match="row 9 repeats a 'x'"):
        check_table(raw, schema, label="t")


def test_what_does_not_matter_is_read(tmp_path):
    content = '\ufeff month ,days,,\r\n\r\n"Jan, or later",1.5,,\r\n,,,\r\nFeb,,,\r\n'
    frame = read(tmp_path, content)
    assert frame.columns.to_list() == ["month", "days"]
    assert frame["month"].to_list() == ["Jan, or later", "Feb"]
    assert frame["days"].isna().to_list() == [False, True]


def test_a_column_without_a_name_keeps_its_values(tmp_path):
    assert read(tmp_path, ",month,days\n0,Jan,1\n").columns.to_list() == ["month", "days", "Unnamed: 0"]


def test_a_line_break_inside_a_cell_is_one_row_of_the_spreadsheet(tmp_path):
    with pytest.raises(DataError, match="column 'days', row 3: 'q' is not allowed"):
        read(tmp_path, 'month,days\n"Jan\nuary",1\nFeb,q\n')


def test_rows_are_those_of_the_spreadsheet_in_later_checks_too(mini):
    (mini / "own.csv").write_text("month,days,locator\n\nJan,1,a\n\n\nFeb,2,b\n")
    frame = datasets.read("own.csv", layout="waits")
    assert [row_of(frame, place) for place in (0, 1)] == [3, 6]
    (mini / "own.csv").write_text("month,days,locator\nJan,1,a\n")
    assert row_of(datasets.read("own.csv", layout="waits"), 0) == 2


def test_a_comma_in_text_is_no_number_to_write_otherwise(tmp_path):
    schema = {"fields": [{"name": "a", "type": "string", "description": "", "constraints": {"enum": ["x"]}}]}
    with pytest.raises(DataError) as caught:
        check_table(pd.DataFrame({"a": ["80,1"]}, dtype="str"), schema, label="t")
    assert "80.1" not in str(caught.value)


def test_the_nearest_name_is_found_whatever_its_case():
    assert nearest("INDICATOR", ["unit", "indicator"]) == " Did you mean 'indicator'?"
    assert nearest("indikator", ["INDICATOR"]) == " Did you mean 'INDICATOR'?"


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8), min_size=3,
                         max_size=3), min_size=1, max_size=6))  # fmt: skip
def test_every_cell_comes_back_as_it_is_in_the_file(tmp_path_factory, rows):
    import csv

    path = tmp_path_factory.mktemp("cells") / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["a", "b", "c"], *rows])
    raw = csv_files.table(csv_files.records(path, label="any.csv"), label="any.csv")
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    kept = [[csv_files.composed(cell) for cell in row] for row in kept]
    kept = [row for row in kept if any(cell.strip() for cell in row)]
    assert raw.astype(object).where(raw.notna(), "").values.tolist() == kept


def test_text_is_read_within_limits_and_without_columns_that_are_dropped(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("name, sex ,Address\n\n A ,F,x\n,  ,y\n", encoding="utf-8")
    frame = read_text(path, label="own.csv", drop=("Address", "Postcode"))
    assert frame.columns.to_list() == ["name", "sex"]
    assert frame.fillna("").to_numpy().tolist() == [["A", "F"], ["", ""]]
    assert [row_of(frame, place) for place in (0, 1)] == [3, 4]
    for limits, message in (
        ({"most_bytes": 10}, r"own\.csv: the file has 34 bytes; at most 10 are read"),
        ({"most_columns": 2}, r"record 1 has 3 columns; at most 2 are read\. Is the separator a comma\?"),
        ({"longest_cell": 5}, r"near line 1 \(a cell is longer than 5 characters\); a quotation mark is probably"),
    ):
        with pytest.raises(DataError, match=message):
            read_text(path, label="own.csv", **limits)
    for text, message in (("a,a\n1,2\n", "column 'a' occurs twice"), ("a,b\n", "a header but no rows")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=message):
            read_text(path, label="own.csv")
