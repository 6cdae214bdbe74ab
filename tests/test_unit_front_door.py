"""One front door: every reader takes a table as people save it, gives the same rows, and says what was read how."""

from __future__ import annotations

import csv
import io as text_io
import json
from functools import partial

import pandas as pd
import pytest

from compendium import datasets
from compendium.errors import CompendiumError
from everyday.official import ethnicity, hospital, pay, retention, staff_survey, teams, waiting
from healthsys import climate, io
from healthsys.errors import DataError, HealthsysError
from healthsys.io import csv_files
from workbooks import workbook

ITEMS = [f"{dimension}_1" for dimension in climate.DIMENSIONS]
MONTHS = [f"2023-{month:02d}-01" for month in range(1, 7)]


def _survey(path, *, label):
    asked = pd.DataFrame({"dimension": list(climate.DIMENSIONS), "item": 1})
    return io.read_survey(path, label=label, items=asked)


def _layout(name, path, *, label):
    return datasets.read(path, layout=name)


READERS = {
    "series": (io.read_series, [
        ["indicator", "unit", "period", "value"],
        *(["seen", "Trust", day, f"8{at}.5"] for at, day in enumerate(MONTHS))]),
    "one series": (io.read_series, [["period", "value"], *([day, f"8{at}.5"] for at, day in enumerate(MONTHS))]),
    "reporting": (io.read_reporting, [
        ["unit", "period", "numerator", "denominator"],
        *([unit, day, "90", "100"] for unit in "AB" for day in MONTHS[:3])]),
    "pay": (io.read_payroll, [
        ["person", "sex", "hourly_pay", "ethnic_group"], ["p1", "F", "12.5", "White"], ["p2", "M", "13.25", "Black"],
        ["p3", "F", "14", "White"]]),
    "staff list": (io.read_staff_list, [
        ["band", "ethnic_group"], ["5", "White British"], ["8a", "Indian"], ["6", "Black African"]]),
    "survey": (_survey, [["respondent", "team", *ITEMS], *([f"r{at}", "Ward 7", *"222222222"] for at in range(3))]),
    "recruitment": (partial(_layout, "workforce_recruitment"), [
        ["organisation", "characteristic", "group", "stage", "people"],
        ["RX1", "ethnicity", "White", "shortlisted", "80"],
        ["RX1", "ethnicity", "BME", "shortlisted", "40"], ["RX1", "ethnicity", "White", "appointed", "20"]]),
    "coding": (partial(_layout, "area_south_coding_a"), [
        ["event_id", "strategy", "drawn", "nurtured", "outcome"], ["A1", "absorption", "a;b", "c;d", "none"],
        ["A2", "adaptation", "a;b", "c", "none"]]),
}  # fmt: skip


def written(rows, separator=","):
    shown = text_io.StringIO()
    csv.writer(shown, delimiter=separator, lineterminator="\n").writerows(rows)
    return shown.getvalue()


def padded(words, rows):
    return words + "," * (len(rows[0]) - 1) + "\n"


FORMS = {
    "byte order mark": (lambda rows: "\ufeff" + written(rows), []),
    "UTF-16": (lambda rows: written(rows).encode("utf-16"), ["the text is UTF-16"]),
    "UTF-16 big-endian": (lambda rows: b"\xfe\xff" + written(rows).encode("utf-16-be"), ["the text is UTF-16"]),
    "UTF-16-LE": (lambda rows: written(rows).encode("utf-16-le"), ["the text is UTF-16-LE"]),
    "UTF-16-BE": (lambda rows: written(rows).encode("utf-16-be"), ["the text is UTF-16-BE"]),
    "Windows-1252": (lambda rows: ("# café\n" + written(rows)).encode("cp1252"), ["the text is Windows-1252"]),
    "semicolons": (lambda rows: written(rows, ";"), ["the cells are separated by semicolons"]),
    "tabs": (lambda rows: written(rows, "\t"), ["the cells are separated by tabs"]),
    "sep=;": (lambda rows: "sep=;\n" + written(rows, ";"), ["the cells are separated by semicolons"]),
    "sep=, with a mark": (lambda rows: "\ufeffsep=,\n" + written(rows), []),
    "a title with a comma": (lambda rows: "Returns, all\n\n" + written(rows, ";"), ["semicolons", "1 row above"]),
    "a padded title": (lambda rows: padded("Our returns", rows) + padded("", rows) + written(rows), ["1 row above"]),
    "comments": (lambda rows: "# by hand\n# in May\n" + written(rows), ["2 rows of comment are left out"]),
    "a note": (lambda rows: written(rows) + "\nSource: our returns\n", ["left out: 'Source: our returns'"]),
    "a note with a comma": (lambda rows: written(rows) + "\nNote: provisional, of May, and late, so to say, and more, "
                            "or less, as it was, then, and now\n", ["left out: 'Note: provisional"]),
    "blank lines": (lambda rows: written(rows).replace("\n", "\n\n"), []),
    "blank cells below": (lambda rows: written(rows) + padded("", rows) * 3, []),
    "a comma at each end": (lambda rows: written(rows).replace("\n", ",\n"), []),
    "line ends of Windows": (lambda rows: written(rows).replace("\n", "\r\n"), []),
    "another header": (lambda rows: written([[f" {name.upper().replace('_', ' ')} " for name in rows[0]], *rows[1:]]),
                       ["is read as"]),
}  # fmt: skip

SHEETS = {
    "one sheet": (lambda rows: {"Data": rows}, "the file is a workbook"),
    "a cover": (lambda rows: {"Cover": [["About this file"], ["Contents"]], "Data": rows}, "the sheet 'Data'"),
    "a title and a note": (
        lambda rows: {"Data": [["Ours"], [], *rows, [], ["Source: ours"]]},
        "1 row above the header",
    ),
    "an empty first column": (lambda rows: {"Data": [["", *cells] for cells in rows]}, "the file is a workbook"),
}


def same(reader, folder, form, name="form.csv"):
    """Return what was read how, of a table that must come out as its plain form does."""
    read, rows = READERS[reader]
    (folder / "plain.csv").write_text(written(rows), encoding="utf-8")
    plain = read(folder / "plain.csv", label="plain.csv")
    content = form(rows)
    if isinstance(content, dict):
        width = len(rows[0]) + 1
        cells = {sheet: [([*row] + [None] * width)[:width] for row in table] for sheet, table in content.items()}
        cells = {sheet: [[cell or None for cell in row] for row in table] for sheet, table in cells.items()}
        workbook(folder / name, cells)
    else:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read(folder / name, label=name)
    pd.testing.assert_frame_equal(found, plain)
    return "; ".join(found.attrs.get("read_as", []))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reader", READERS)
def test_a_table_is_read_in_every_form(tmp_path, reader, form):
    make, said = FORMS[form]
    found = same(reader, tmp_path, make)
    assert [words for words in said if words not in found] == []


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
@pytest.mark.parametrize("form", SHEETS)
@pytest.mark.parametrize("reader", READERS)
def test_a_workbook_is_read_in_every_form(tmp_path, reader, form, ending):
    make, said = SHEETS[form]
    assert said in same(reader, tmp_path, make, f"form.{ending}")


BROKEN = {
    "not a workbook": b"PK\x03\x04 is only how it begins",
    "cut short": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(90),
    "with a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("reader", READERS)
def test_a_broken_workbook_is_refused_in_a_sentence(tmp_path, reader, kind):
    (tmp_path / "broken.xlsx").write_bytes(BROKEN[kind])
    with pytest.raises(
        (HealthsysError, CompendiumError), match=r"broken\.xlsx: the file is no readable xlsx, xls or ods"
    ):
        READERS[reader][0](tmp_path / "broken.xlsx", label="broken.xlsx")


def test_the_sheet_of_a_workbook_can_be_stated(tmp_path, monkeypatch):
    year = {name: [["period", "value"], *([day, at] for day in MONTHS)] for name, at in (("2022", 1), ("2023", 2))}
    path = workbook(tmp_path / "years.xlsx", year)
    with pytest.raises(DataError, match="2 sheets with data: 2022, 2023; say which to read with -p 'sheet=2022'"):
        io.read_series(path)
    monkeypatch.setenv(csv_files.STATED_VARIABLE, json.dumps({"sheet": "2023"}))
    read = io.read_series(path)
    assert read["value"].tolist() == [2] * 6
    assert "the sheet '2023' of the workbook is read" in read.attrs["read_as"]
    monkeypatch.setenv(csv_files.STATED_VARIABLE, json.dumps({"sheet": "2032"}))
    with pytest.raises(DataError, match=r"no sheet '2032' with data\. Did you mean '2023'\? There are: 2022, 2023"):
        io.read_series(path)


def series_of(tmp_path, cells, separator=","):
    rows = [["period", "value"], *([f"2023-{at + 1:02d}-01", cell] for at, cell in enumerate(cells))]
    (tmp_path / "own.csv").write_text(written(rows, separator))
    return io.read_series(tmp_path / "own.csv")["value"].tolist()


@pytest.mark.parametrize(
    ("cells", "separator", "decimal", "thousands"),
    [
        (["1,234", "2,345"], ";", [1.234, 2.345], [1234, 2345]),
        (["1.234", "2.345"], ";", [1234, 2345], [1.234, 2.345]),
        (["19,42", "1,234"], ",", [19.42, 1.234], None),
    ],
)
def test_a_number_that_could_be_two_is_refused_until_it_is_stated(
    tmp_path, monkeypatch, cells, separator, decimal, thousands
):
    with pytest.raises(
        DataError, match=r"could be a thousand .*; say which with -p comma=decimal or -p comma="
    ):
        series_of(tmp_path, cells, separator)
    for comma, expected in (("decimal", decimal), ("thousands", thousands)):
        monkeypatch.setenv(csv_files.STATED_VARIABLE, json.dumps({"comma": comma}))
        if expected is None:
            with pytest.raises(DataError, match="row 2: '19,42' is not allowed"):
                series_of(tmp_path, cells, separator)
        else:
            assert series_of(tmp_path, cells, separator) == expected


def test_points_of_a_column_with_decimal_commas_are_thousands(tmp_path):
    assert series_of(tmp_path, ["1.234,5", "2.345", "12.50", "7"], ";") == [1234.5, 2345, 12.5, 7]


def test_a_day_that_could_be_a_month_is_refused_until_it_is_stated(tmp_path, monkeypatch):
    text = "period,value\n1/1/2023,1\n2/1/2023,2\n3/1/2023,3\n"
    (tmp_path / "own.csv").write_text(text)
    message = r"'2/1/2023' could be 02 January or 01 February; say which with -p 'dates=day first' or -p 'dates=month"
    with pytest.raises(DataError, match=message):
        io.read_series(tmp_path / "own.csv")
    for order, last in (("day first", "2023-01-03"), ("month first", "2023-03-01")):
        monkeypatch.setenv(csv_files.STATED_VARIABLE, json.dumps({"dates": order}))
        read = io.read_series(tmp_path / "own.csv")
        assert f"{read['period'].iloc[-1]:%Y-%m-%d}" == last
        assert f"period: '1/1/2023' is read as 2023-01-01: {order}" in read.attrs["read_as"]


MONTHS_AS = [
    "Apr-23|May-23", "Apr23|May23", "April 2023|May 2023", "2023 Apr|2023 May", "2023-Apr|2023-May", "Apr/23|May/23",
    "2023-04|2023-05", "202304|202305", "2023M04|2023M05", "2023m4|2023m5", "04/2023|05/2023", "2023/04/01|2023/05/01",
    "30/04/2023|31/05/2023", "01/04/2023|01/05/2023", "1st April 2023|1st May 2023", "April 1, 2023|May 1, 2023",
    "45017|45047",
]  # fmt: skip
QUARTERS_AS = ["Q1 2023/24|Q2 2023/24", "Q1 23/24|Q2 23/24", "2023-24 Q1|2023-24 Q2", "Qtr 1 2023/24|Qtr 2 2023/24"]


@pytest.mark.parametrize(
    ("cells", "first", "second"),
    [
        *((cells, "2023-04-01", "2023-05-01") for cells in MONTHS_AS),
        *((cells, "2023-04-01", "2023-07-01") for cells in QUARTERS_AS),
        *((cells, "2023-01-01", "2023-04-01") for cells in ("2023Q1|2023Q2", "Quarter 1 2023|Quarter 2 2023")),
        *((cells, "2022-04-01", "2023-04-01") for cells in ("2022/23|2023/24", "FY2022/23|FY2023/24")),
        *((cells, "2023-02-27", "2023-03-06") for cells in ("2023W9|2023W10", "Week 9 2023|Week 10 2023")),
        ("2022-2023|2023-2024", "2022-04-01", "2023-04-01"), ("2022|2023", "2022-01-01", "2023-01-01"),
        ("2023-W14|2023-W15", "2023-04-03", "2023-04-10"),
    ],
)  # fmt: skip
def test_a_period_is_read_in_every_form(tmp_path, cells, first, second):
    (tmp_path / "own.csv").write_text(written([["period", "value"], *([cell, 80] for cell in cells.split("|"))]))
    read = io.read_series(tmp_path / "own.csv")
    assert [f"{day:%Y-%m-%d}" for day in read["period"]] == [first, second]


MARKS = [
    "*", "**", "***", "-", "–", ":", "..", "...", "[c]", "[low]", "(c)", "x", "<5", "<=5", "≤5", "n<5", "<5%", "1-4",
    "1 to 4", "NA", "N/A", "#N/A", "#DIV/0!", "~", "‡", "not reported",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_missing_in_a_series_and_in_pay(tmp_path, mark):
    assert str(series_of(tmp_path, [mark, "12", "13"])) == "[nan, 12.0, 13.0]"
    (tmp_path / "pay.csv").write_text(written([["sex", "hourly_pay"], ["F", mark], ["M", "12.5"]]))
    staff = io.read_payroll(tmp_path / "pay.csv")
    assert staff["hourly_pay"].isna().tolist() == [True, False]
    assert f"hourly_pay: 1 cell with a mark such as '{mark}' counts as missing" in staff.attrs["read_as"]


OFFICIAL = {
    "autonomy and burnout": staff_survey.read, "the workbook of 2024": staff_survey.read_items,
    "real teams": teams.read_staff_survey, "who waits": waiting.groups, "ethnicity": ethnicity.read_workforce,
    "experience of staff": ethnicity.staff_experience, "trusts of the survey": ethnicity.read_trusts,
    "gender pay gap": pay.read_year, "trusts and beds": hospital.read_panel, "A&E of England": hospital.ae_england,
    "A&E of providers": hospital.read_providers, "sickness": retention.read_sickness, "leavers": retention.flows,
    "answers of companies": teams.read_answers,
}  # fmt: skip


@pytest.mark.parametrize("content", [*BROKEN.values(), b"", b"\xff\xfe\x00", b'a,b\n"1,2\n3', b"organisation,year\n"])
@pytest.mark.parametrize("reader", OFFICIAL)
def test_a_broken_official_file_is_refused_in_a_sentence(tmp_path, reader, content):
    (tmp_path / "broken.xlsx").write_bytes(content)
    with pytest.raises((HealthsysError, CompendiumError), match=r"broken\.xlsx") as refused:
        OFFICIAL[reader](tmp_path / "broken.xlsx")
    assert "\n" not in str(refused.value)
