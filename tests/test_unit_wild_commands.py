"""Commands and readers on files as analysts have them: what was once read wrongly is read rightly or refused."""

import json
import unicodedata
import zipfile

import pandas as pd
import pytest
from click.testing import CliRunner

from compendium import parameters, sweep
from compendium.errors import RunError
from everyday import cli
from everyday.teaching import roster
from healthsys.errors import DataError
from healthsys.io import csv_files, refi_qda, workbooks
from healthsys.io.pay_gap_service import COMMON, read_pay_gap_service
from healthsys.io.prepare import UNDERMINING, number_of, prepare_series
from healthsys.io.series import pick_series, read_series

MONTHS = [f"2021-{month:02d}-01" for month in range(1, 7)]


@pytest.fixture(autouse=True)
def _no_statements(monkeypatch):
    for variable in (csv_files.COLUMNS_VARIABLE, csv_files.STATED_VARIABLE):
        monkeypatch.setenv(variable, "{}")


def written(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def called(*arguments):
    done = CliRunner().invoke(cli.main, [*map(str, arguments)])
    return f"{done.output}{done.exception or ''}"


@pytest.fixture
def two(tmp_path):
    rows = "".join(f"{day},{80 + at},{40 + at}\n" for at, day in enumerate(MONTHS))
    return written(tmp_path, f"period,value,Completed\n{rows}")


@pytest.mark.parametrize("mine", ["Completed", "completed", "COMPLETED "])
def test_a_column_that_is_named_wins_over_one_of_that_name_whatever_its_case(two, monkeypatch, mine):
    monkeypatch.setenv(csv_files.COLUMNS_VARIABLE, json.dumps({"value": mine.strip()}))
    table = read_series(two, label="mine.csv")
    assert table["value"].tolist() == [40, 41, 42, 43, 44, 45]
    assert set(table["indicator"]) == {"Completed"}
    assert "column 'value' is not used: column 'Completed' is read as 'value'" in table.attrs["read_as"]


@pytest.mark.parametrize("command", [["check"], ["report", "control_chart", "--out", "x", "-p"]])
@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("column.value=Complited", "no column 'Complited', which column.value names. Did you mean 'Completed'?"),
        ("column.value=", "'-p column.value=' names no column"),
    ],
)
def test_a_column_that_the_file_lacks_is_refused(two, tmp_path, command, option, says):
    file = f"data={two}" if command[0] == "report" else two
    assert says in called(*command, file, "-p", option)


def test_a_column_named_value_is_found_in_any_case(tmp_path):
    (tmp_path / "a.csv").write_text("period,value\n2020-01-01,1\n2020-02-01,2\n2020-03-01,3\n")
    assert "there is no column" not in called("check", tmp_path / "a.csv", "-p", "column.value=Value")


def test_a_column_that_is_mapped_in_two_ways_or_under_a_misspelt_name_is_refused(two):
    assert "-p column.value=…' is given twice" in called("check", two, "-p", "column.value=a", "-p", "column.value=b")
    said = called("check", two, "-p", "column.value=value", "-p", "column.numerator=value")
    assert "your column 'value' cannot be both 'value' and 'numerator'" in said
    said = called("check", two, "-p", "column.valeu=Completed")
    assert "no column 'valeu' is read. Did you mean 'column.value'?" in said


def test_one_of_several_files_may_have_the_column_that_is_named(two, tmp_path, monkeypatch):
    monkeypatch.setenv(csv_files.COLUMNS_VARIABLE, json.dumps({"value": "Completed"}))
    other = written(tmp_path, "period,value\n2021-01-01,3\n", "other.csv")
    csv_files.refuse_absent([other, two])
    with pytest.raises(DataError, match=r"other\.csv: there is no column 'Completed'"):
        csv_files.refuse_absent([other])


PROCESSES = "organisation,year,process,characteristic,group,had,could\nICB,2021,disciplinary,ethnicity,White,{},322\n"
SURVEY = "organisation,year,indicator,characteristic,group,answered,base\nICB,2019,wres5,ethnicity,BME,{},33\n"


@pytest.mark.parametrize(
    ("text", "part", "whole", "said"),
    [(PROCESSES, "had", "could", "322"), (SURVEY, "answered", "base", "33")],
)
def test_a_part_above_its_whole_is_refused_with_its_row(tmp_path, text, part, whole, said):
    refused = called("check", written(tmp_path, text.format(400)))
    assert f"column '{part}', row 2: '400' is more than '{whole}' of the same row, {said}" in refused
    for count in (said, 0):  # everybody, or nobody
        assert "taken by: workforce_equality" in called("check", written(tmp_path, text.format(count)))


def test_an_organisation_in_two_cases_is_refused(tmp_path):
    rows = "ACU,ethnicity,White,applied,90\n{},ethnicity,BME,applied,40\n"
    text = f"organisation,characteristic,group,stage,people\n{rows}"
    said = called("check", written(tmp_path, text.format("acu ")))
    assert "column 'organisation', row 3: 'acu' is also written 'ACU' (row 2); write it one way" in said
    assert "taken by: talent_pipeline" in called("check", written(tmp_path, text.format("ACU")))


def test_values_on_two_scales_name_the_rows_of_the_rarer_one(tmp_path):
    text = "period,value,numerator,denominator\n" + "".join(
        f"{day},{80 + at if at < 4 else (80 + at) / 100},{80 + at},100\n" for at, day in enumerate(MONTHS[:5])
    )
    with pytest.raises(DataError, match=r"row 6: '0.84' is not 84, which is 100 × 84 / 100"):
        read_series(written(tmp_path, text), label="mine.csv")
    mixed = "period,value,numerator,denominator\n2021-01-01,80,8,10\n2021-02-01,0.9,9,10\n"
    with pytest.raises(DataError) as refused:
        read_series(written(tmp_path, mixed), label="mine.csv")
    assert "row 3: '0.9' is 9 / 10, where other rows are 100 × numerator / denominator" in str(refused.value)
    assert "row 2" not in str(refused.value)


def test_check_says_why_a_file_with_the_columns_of_a_series_is_none(tmp_path):
    text = "indicator,unit,period,value,numerator,denominator\n" + "".join(
        f"seen,{unit},{day},{90 if day == MONTHS[0] else 80},8,10\n" for unit in "AB" for day in MONTHS
    )
    said = called("check", written(tmp_path, text))
    assert "taken by: false_step" in said
    assert "not taken by: control_chart -p data, service_trends -p data" in said
    assert "row 2: '90' is not 80, which is 100 × 8 / 10" in said
    assert "not taken by" not in called("check", written(tmp_path, text.replace(",90,", ",80,")))


def test_check_refuses_somebody_who_is_in_two_rows(tmp_path):
    text = "person,sex,hourly_pay,band,ethnic_group\nP1,F,20,5,Indian\nP2,M,21,5,Indian\n{},M,22,5,Indian\n"
    said = called("check", written(tmp_path, text.format("p1")))
    assert "column 'person', row 4: 'p1' occurs twice" in said
    assert "no notebook takes" in said
    assert "taken by: pay_gap " in called("check", written(tmp_path, text.format("P3")))


def test_check_says_which_code_the_codebook_lacks_and_the_remedy(tmp_path):
    text = "event_id,strategy,drawn,nurtured,outcome\nE1,{},cognitive,,\n"
    said = called("check", written(tmp_path, text.format("improvisation")))
    assert "check: mine.csv: row 2, column 'strategy': 'improvisation' is no code of the codebook" in said
    assert "or name a codebook of your own: -p codebook_file=FILE" in said
    assert "check:" not in called("check", written(tmp_path, text.format("adaptation")))
    event = "event_id,start,end,actor,event,stressor,strategy,drawn,nurtured,outcome\n"
    event += "E1,2020-01-01,2020-01-02,Clinic,A queue,,{},,,\n"
    said = called("check", written(tmp_path, event.format("improvisation")))
    assert "'improvisation' is no code of the codebook" in said
    assert "-p codebook_file=FILE" in said


def known(**values):
    one = {"default": "area_south_series", "meaning": "", "allowed": "data set or file"} | values
    unit = parameters.Parameter("unit", "str", "", "", "any")
    return {"data": parameters.Parameter("data", "str", **one), "unit": unit}


def test_a_row_of_a_grid_without_a_file_is_refused_where_others_have_one(tmp_path):
    grid = written(tmp_path, "name,data,unit\none,a.csv,Trust\n,,\n , ,\nTotal,,\n")
    with pytest.raises(RunError, match=r"mine\.csv: line 5: the cell of 'data' is empty, where line 2 has a file"):
        list(sweep.read_grid(grid, known()))
    grid = written(tmp_path, "name,data,unit\nTotal,,\none,a.csv,Trust\n")
    with pytest.raises(RunError, match=r"line 2: the cell of 'data' is empty, where line 3 has a file"):
        list(sweep.read_grid(grid, known()))


def test_a_row_of_empty_cells_of_a_grid_is_none(tmp_path):
    empty = []
    grid = written(tmp_path, "name,data,unit\none,a.csv,Trust\n,,\ntwo,b.csv,\n, ,\n")
    assert [row.name for row in sweep.read_grid(grid, known(), empty=empty)] == ["one", "two"]
    assert empty == [3, 5]


def test_a_grid_may_leave_a_file_at_its_usual_value(tmp_path):
    grid = written(tmp_path, "name,data,unit\none,,A\ntwo,,B\n")
    assert len(list(sweep.read_grid(grid, known()))) == 2
    grid = written(tmp_path, "name,data,unit\none,a.csv,A\ntwo,,B\n")
    assert len(list(sweep.read_grid(grid, known(default="")))) == 2, "a file that may be left out"
    assert len(list(sweep.read_grid(grid, known(fits_any_data=True)))) == 2
    grid = written(tmp_path, "name,data,unit\none,a.csv,A\ntwo,area_south_series,B\n")
    assert len(list(sweep.read_grid(grid, known()))) == 2


TEXT = "We wait, but we act. Zoë too."


def project(tmp_path, path="internal://a.txt", member="Sources/a.txt", content=None, inside="", top="", more=()):
    source = f'<TextSource guid="{refi_qda.guid("a")}" name="a" plainTextPath="{path}">{inside}</TextSource>'
    document = f'<Project xmlns="{refi_qda.PROJECT}" name="p"><Sources>{source}</Sources></Project>'
    where = tmp_path / "mine.qdpx"
    with zipfile.ZipFile(where, "w") as archive:
        archive.writestr(f"{top}project.qde", document)
        archive.writestr(f"{top}{member}", TEXT.encode() if content is None else content)
        for name in more:
            archive.writestr(name, b"\0\5\x16\7")
    return where


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("internal://a.txt", "Sources/a.txt"), ("sources/a.txt", "sources/a.txt"), ("./a.txt", "Sources/a.txt"),
        ("Sources\\A.TXT", "sources/a.txt"), ("relative:///sources/a.txt", "Sources/a.txt"),
        ("internal://sources/a.txt", "Sources/a.txt"), ("internal:///a.txt", "Sources/a.txt"),
        ("internal://Interview%201.txt", "Sources/Interview 1.txt"), ("a.txt", "a.txt"),
        ("internal://100%.txt", "Sources/100%.txt"),
        ("internal://Zoë.txt", unicodedata.normalize("NFD", "Sources/Zoë.txt")),
    ],
)  # fmt: skip
def test_a_text_of_a_project_is_found_however_its_path_is_written(tmp_path, path, member):
    for top in ("", "My project/"):
        found = refi_qda.read_texts(project(tmp_path, path, member, top=top))
        assert found["text"].tolist() == [TEXT]


@pytest.mark.parametrize("path", ["file:///sources/a.txt", "C:/sources/a.txt", "/sources/a.txt", "../sources/a.txt"])
def test_a_text_outside_a_project_is_not_read(tmp_path, path):
    with pytest.raises(DataError, match="outside the archive"):
        refi_qda.read_texts(project(tmp_path, path))


@pytest.mark.parametrize(("encoding", "said"), [("utf-16", "UTF-16"), ("cp1252", "Windows-1252")])
def test_a_text_of_a_project_in_another_encoding_is_read_and_said(tmp_path, encoding, said):
    found = refi_qda.read_texts(project(tmp_path, content=TEXT.encode(encoding)))
    assert found["text"].tolist() == [TEXT]
    assert found.attrs["read_as"] == [f"mine.qdpx: source 'a': the text is {said}"]


def test_texts_are_read_whatever_is_odd_about_codings_or_was_added_by_a_mac(tmp_path):
    coding = '<Coding guid="1"><CodeRef targetGUID="2"/></Coding>'
    inside = f'<PlainTextSelection guid="3" startPosition="9" endPosition="99">{coding}</PlainTextSelection>'
    path = project(tmp_path, inside=inside, more=["__MACOSX/._project.qde", "Sources/._a.txt"])
    assert refi_qda.read_texts(path)["text"].tolist() == [TEXT]
    with pytest.raises(DataError, match="a segment runs from 9 to 99"):
        refi_qda.read_project(path)


def test_a_text_that_is_in_a_project_twice_is_said(tmp_path):
    found = refi_qda.read_texts(project(tmp_path, inside="<PlainTextContent>We act.</PlainTextContent>"))
    assert found["text"].tolist() == ["We act."]
    assert "source 'a' has its text twice; that of the project document is read" in found.attrs["read_as"][0]


def employers(tmp_path, *numbers, gap="9.1", separator=","):
    cells = dict.fromkeys(COMMON, "") | {"DueDate": "2023/03/31 00:00:00", "DateSubmitted": "2023/03/01 00:00:00"}
    rows = []
    for place, number in enumerate(numbers):
        own = cells | {"EmployerName": f"Trust {place}", "CompanyNumber": number, "DiffMedianHourlyPercent": gap}
        rows.append(separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in own.values()))
    path = written(tmp_path, "\n".join([separator.join(COMMON), *rows]) + "\n", "pay.csv")
    return read_pay_gap_service(path, label="pay.csv")


@pytest.mark.parametrize(
    "number", ["01027158", "1027158", "'1027158", "1,027,158", '="1027158"', "10 27158", "1027158.0"]
)
def test_a_company_number_is_the_same_however_a_spreadsheet_spoilt_it(tmp_path, number):
    assert employers(tmp_path, number)["key"].tolist() == ["01027158"]


@pytest.mark.parametrize("number", ["", "0", "00000000", "N/A", "-", "NULL"])
def test_a_mark_for_no_company_number_is_no_key_that_employers_share(tmp_path, number):
    found = employers(tmp_path, number, number, "SC123456")
    assert found["key"].tolist() == ["trust 0", "trust 1", "SC123456"]


def test_a_company_number_that_lost_digits_is_refused_and_odd_ones_are_said(tmp_path):
    with pytest.raises(DataError, match=r"pay\.csv: column 'CompanyNumber', row 3: '1\.03E\+06' is a company number"):
        employers(tmp_path, "SC123456", "1.03E+06")
    notes = employers(tmp_path, "102715899", "102715898").attrs["notes"]
    assert notes["company numbers that do not have eight characters, so years may not match: check the column"] == 2
    assert not any("do not have eight" in note for note in employers(tmp_path, "1", "2").attrs["notes"])


@pytest.mark.parametrize(("cell", "number"), [("11.2%", 11.2), ("11,2", 11.2), ("\u22121.5", -1.5), ("-1.5", -1.5)])
def test_a_gap_is_read_as_numbers_are_elsewhere(tmp_path, cell, number):
    for separator in ",;":
        assert employers(tmp_path, "1", gap=cell, separator=separator)["median_hourly_gap"].tolist() == [number]
    assert employers(tmp_path, "1", gap="N/A")["median_hourly_gap"].isna().all()
    with pytest.raises(DataError, match="column 'DiffMedianHourlyPercent', record 2: 'about 9' is not a number"):
        employers(tmp_path, "1", gap="about 9")


def test_the_separator_is_found_where_cells_hold_line_breaks(tmp_path):
    note = '"late\nreturn,\nby post, see mail"'
    rows = "".join(f"los;Ward 7;{day};7,{97 - at};{note}\n" for at, day in enumerate(MONTHS))
    text = f"indicator;unit;period;value;note\n{rows}"
    assert read_series(written(tmp_path, text), label="mine.csv")["value"].tolist()[:2] == [7.97, 7.96]
    plain = written(tmp_path, 'period,value,note\n2021-01-01,5,"a; b; c"\n2021-02-01,6,"a; b; c"\n')
    assert read_series(plain, label="mine.csv")["value"].tolist() == [5, 6]


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_a_target_that_is_no_number_is_refused(text):
    with pytest.raises(DataError, match=f"parameter 'target' is '{text}'; allowed: a number in the unit of the series"):
        number_of(text, name="target")
    assert number_of("-2.5", name="target") == -2.5


def workbook(tmp_path, cells, shared="", name="mine.xlsx"):
    """Write an xlsx workbook of one sheet from the XML of its cells by row, or an ods one from the XML of its rows."""
    path = tmp_path / name
    space = "http://schemas.openxmlformats.org/{}"
    sheet = f'<worksheet xmlns="{space.format("spreadsheetml/2006/main")}"><sheetData>{{}}</sheetData></worksheet>'
    kind = space.format("officeDocument/2006/relationships")
    relation = '<Relationship Id="r{0}" Type="' + kind + '/{1}" Target="{2}"/>'
    relations = '<Relationships xmlns="' + space.format("package/2006/relationships") + '">{}</Relationships>'
    rows = "".join(f'<row r="{row}">{inside}</row>' for row, inside in cells.items())
    parts = {
        "_rels/.rels": relations.format(relation.format(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{space.format("spreadsheetml/2006/main")}" xmlns:r="{kind}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations.format(
            relation.format(1, "worksheet", "worksheets/sheet1.xml")
            + relation.format(2, "sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet.format(rows),
        "xl/sharedStrings.xml": f'<sst xmlns="{space.format("spreadsheetml/2006/main")}">{shared}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return path


def inline(*places):
    return "".join(f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in places)


SMALL = {
    1: inline(("A1", "period"), ("B1", "value")),
    2: inline(("A2", "2021-01-01"), ("B2", "5")),
    3: inline(("A3", "2021-02-01"), ("B3", "6")),
}


def test_a_workbook_with_one_cell_far_from_its_table_is_refused_before_it_is_opened(tmp_path):
    assert read_series(workbook(tmp_path, SMALL))["value"].tolist() == [5, 6]
    empty = '<c r="H1048576" s="1"/><c r="XFD1048576" s="1"></c>'
    assert read_series(workbook(tmp_path, {**SMALL, 1048576: empty}))["value"].tolist() == [5, 6]
    for text in ("x", " "):
        far = workbook(tmp_path, {**SMALL, 1048576: inline(("XFD1048576", text))})
        with pytest.raises(DataError, match=r"1,048,576 rows and 16,384 columns, but only 7 .* last is XFD1048576\."):
            read_series(far)
        assert "the last is XFD1048576. At most 5,000,000 cells are read" in called("check", far)
    two = workbook(tmp_path, {**SMALL, 4: inline(("XFD4", "x")), 900000: inline(("C900000", "x"))})
    with pytest.raises(DataError, match="the last is C900000 and XFD4"):
        read_series(two)


def test_a_cell_that_is_too_long_is_named_wherever_its_text_is(tmp_path):
    long = "x" * 1_300_000
    with pytest.raises(DataError, match=r"mine\.xlsx: cell B3 is longer than 1,000,000 characters; shorten or remove"):
        read_series(workbook(tmp_path, {**SMALL, 3: inline(("A3", "2021-02-01"), ("B3", long))}))
    texts = '<c r="B3" s="1" t="s"><v>1</v></c><c r="C3" t="s"><v>0</v></c>'
    shared = {**SMALL, 3: inline(("A3", "2021-02-01")) + texts}
    with pytest.raises(DataError, match=r"mine\.xlsx: cell B3 is longer than 1,000,000 characters; shorten or remove"):
        read_series(workbook(tmp_path, shared, f"<si><t>6</t></si><si><t>{long}</t></si>"))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "UNPACKED", 1_000)
    with pytest.raises(DataError, match=r"has [\d,]+ bytes when it is unpacked; at most 1,000 are read\. Split"):
        read_series(workbook(tmp_path, SMALL))


def test_a_far_cell_of_an_ods_workbook_is_refused(tmp_path):
    name = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
    space = " ".join(f'xmlns:{one}="{name.format(one)}"' for one in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row>{}</table:table-row>"
    rows = [row.format("".join(map(cell.format, one))) for one in (("period", "value"), ("2021-01-01", 5))]
    blank = '<table:table-row table:number-rows-repeated="999998"><table:table-cell table:number-columns-repeated="9"/>'
    far = '<table:table-cell table:number-columns-repeated="8"/>' + cell.format("x")
    for more in ("", f"{blank}</table:table-row>{row.format(far)}"):
        path = tmp_path / f"mine{len(more)}.ods"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", f'<manifest xmlns="{name.format("manifest")}"/>')
            body = f'<table:table table:name="S">{"".join(rows)}{more}</table:table>'
            archive.writestr("content.xml", f"<office:document-content {space}><office:body><office:spreadsheet>{body}"
                             "</office:spreadsheet></office:body></office:document-content>")
        if more:
            with pytest.raises(DataError, match=r"1,000,001 rows and 9 columns, but only 5 .* the last is I1000001"):
                read_series(path)
        else:
            assert read_series(path)["value"].tolist() == [5]


@pytest.mark.parametrize(
    "cells", [["1,839", "1,802", "1.777"], ["1.839", "1,802"], ["£ 1,250", "£1.000"], ["-1,839", "-1.802"]]
)
def test_commas_and_points_in_one_place_of_a_column_are_refused(tmp_path, monkeypatch, cells):
    rows = "".join(f'{day},"{cell}"\n' for day, cell in zip(MONTHS, cells, strict=False))
    path = written(tmp_path, f"period,value\n{rows}")
    with pytest.raises(DataError, match=r"column 'value': '\D*1,\d+' and '\D*1\.\d+' could be numbers of one size"):
        read_series(path)
    monkeypatch.setenv(csv_files.STATED_VARIABLE, json.dumps({"comma": "thousands"}))
    assert read_series(path)["value"].abs().min() < 2


@pytest.mark.parametrize(
    ("cells", "first"),
    [(["1,839", "1.802", "950.5"], 1839), (["1,839", "0.802"], 1839), (["1,839.125", "1.802"], 1839.125),
     (["1.839", "12,5"], 1839), (["1.839", "1.802"], 1.839), (["1,839", "1,802"], 1839)],
)  # fmt: skip
def test_a_column_whose_points_are_told_by_another_cell_is_read(tmp_path, cells, first):
    rows = "".join(f'{day},"{cell}"\n' for day, cell in zip(MONTHS, cells, strict=False))
    assert read_series(written(tmp_path, f"period,value\n{rows}"))["value"][0] == first


def named(tmp_path, *names, encoding):
    rows = "".join(f"waits,{name},2021-01-01,5\r\n" for name in names)
    path = tmp_path / "mine.csv"
    path.write_bytes(f"indicator,unit,period,value\r\n{rows}".encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "encoding", "shown"),
    [("Zoë", "mac_roman", "Zo‘"), ("Łódź", "cp1250", "£ódŸ"), ("Wrocław", "cp1250", "Wroc³aw"),
     ("Αθήνα", "cp1253", "ÁèÞíá"), ("Москва", "cp1251", "Ìîñêâà")],
)  # fmt: skip
def test_a_text_that_could_be_of_another_encoding_is_said(tmp_path, name, encoding, shown):
    table = read_series(named(tmp_path, name, encoding=encoding))
    assert table.attrs["read_as"] == [
        f"the text is Windows-1252, but signs such as '{shown}' show that it could be another encoding; if so, save it "
        "as 'CSV UTF-8'"
    ]


def test_a_text_that_was_read_as_windows_1252_before_is_said(tmp_path):
    table = read_series(named(tmp_path, "Zoë".encode().decode("cp1252"), encoding="utf-8"))
    assert table.attrs["read_as"][0].startswith("the text is UTF-8, but signs such as 'ZoÃ«' show that it could be")


@pytest.mark.parametrize(
    "name", ["Zoë Ånnë", "£5m – “Café” St Mary’s", "São João", "¿Qué?", "Bjørnø n° 5 • 3 × 2", "Tšekki", "créée"]
)
def test_a_text_in_windows_1252_without_odd_signs_is_not_doubted(tmp_path, name):
    assert read_series(named(tmp_path, name, encoding="cp1252")).attrs["read_as"] == ["the text is Windows-1252"]
    assert "read_as" not in read_series(named(tmp_path, name, encoding="utf-8")).attrs


def test_rows_of_two_encodings_are_refused(tmp_path):
    path = named(tmp_path, "Ward 7", "Zoë", encoding="utf-8")
    path.write_bytes(path.read_bytes() + "waits,Zoë,2021-02-01,5\r\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"mine\.csv: row 3 is UTF-8 text and row 4 is in another encoding.*save each"):
        read_series(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("<table><tr><td>period</td></tr></table>", "a web page (HTML)"),
     ("\ufeff\n<meta charset='utf-8'><TABLE>", "a web page (HTML)"),
     ('<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', "a web page (HTML)"),
     ('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', "a workbook in the XML of Excel 2003"),
     ('<?xml version="1.0"?><ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">',
      "a workbook in the XML of Excel 2003"),
     ("MIME-Version: 1.0\nContent-Type: multipart/related;", "a web page (MHTML)"),
     ('<?xml version="1.0"?><data/>', "an XML document")],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_web_page_or_xml_that_is_called_a_workbook_is_named(tmp_path, text, kind, encoding):
    path = tmp_path / "mine.xls"
    path.write_bytes(text.encode(encoding))
    said = called("check", path)
    assert f"mine.xls: the file is {kind}, not a table or plain text" in said
    assert "such as a spreadsheet, and save it as 'CSV UTF-8' first" in said


def test_blanks_around_the_cells_of_a_file_do_not_count(tmp_path):
    rows = "".join(f'falls , Ward 7 , {day} , {5 + at}, "late, by post"\n' for at, day in enumerate(MONTHS))
    for separator in ",;":
        text = f"indicator, unit, period, value, note\n{rows}"
        text = text if separator == "," else text.replace(", ", "; ").replace("late;", "late,")
        table = read_series(written(tmp_path, text))
        assert set(table["unit"]) == {"Ward 7"}
        assert set(table["note"]) == {"late, by post"}
        assert pick_series(table, indicator="falls", unit=" Ward 7")["value"].tolist() == [5, 6, 7, 8, 9, 10]
    one = written(tmp_path, 'period,value,note\n2021-01-01, 5, "Better" care\n2021-02-01,6,\n')
    assert read_series(one)["value"].tolist() == [5, 6]


def test_periods_after_today_are_a_check_and_no_refusal(tmp_path):
    days = pd.date_range(pd.Timestamp.today().to_period("M").start_time, periods=9, freq="MS") - pd.DateOffset(months=6)
    rows = "".join(f"{day:%Y-%m-%d},{5 + at % 2}\n" for at, day in enumerate(days))
    said = called("check", written(tmp_path, f"period,value\n{rows}"))
    assert f"{days[7]:%Y-%m} is after today (2 such periods with a value): a forecast, a plan or a mistake" in said
    assert "future" in UNDERMINING, "so that a short report says it too"
    past = "".join(f"{day:%Y-%m-%d},{5 + at % 2 if at < 7 else ''}\n" for at, day in enumerate(days))
    assert "is after today" not in called("check", written(tmp_path, f"period,value\n{past}"))


def test_a_series_of_one_period_is_said_to_have_one(tmp_path):
    table = read_series(written(tmp_path, "period,value\n2022-04-01,5\n"))
    table.attrs["provenance"] = {"name": "mine.csv", "kind": "yours"}
    with pytest.raises(DataError, match=r"^the series has one period, 2022-04-01; two periods are needed at least"):
        prepare_series(table, indicator="value", unit=str(table["unit"][0]))


def test_ids_of_a_roster_that_are_kept_for_the_class_or_are_no_student_are_refused(tmp_path):
    def refused(*ids):
        with pytest.raises(DataError) as error:
            roster.read_roster(written(tmp_path, "\n".join(["id", *ids]) + "\n"))
        return str(error.value)

    for name in ("all", "Seeds"):
        assert refused("s1", name) == (
            f"mine.csv, row 3, column 'id': '{name}' names a file of the class among the keys; give the student "
            "another id"
        )
    for name in ("Total", "Subtotal", "Average"):
        assert f"row 4, column 'id': '{name}' marks a row of totals, not a student; remove" in refused("s1", "s2", name)
    for first, second in (("1", "01"), ("1", "1.0"), ("0010.0", "10"), ("0", "00")):
        assert f"row 3, column 'id': '{second}' and '{first}' (row 2) differ only in zeros" in refused(first, second)
    kept = ["1", "10", "1.5", "s1", "s01", "keys", "students", "0", "totaltheo"]
    assert roster.read_roster(written(tmp_path, "\n".join(["id", *kept]) + "\n")) == kept


def test_a_report_of_a_grid_has_a_name_that_every_system_can_open(tmp_path):
    grid = written(tmp_path, "name,unit\nCON,A\nnul.txt,B\nLPT1,C\ncontrol,D\n")
    assert [row.name for row in sweep.read_grid(grid, known())] == ["row-con", "nul-txt", "row-lpt1", "control"]
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "aux.csv").write_text("period,value\n")
    assert [row.name for row in sweep.read_grid(folder, known())] == ["row-aux"]


def test_a_cell_of_a_grid_is_read_as_an_option_is(tmp_path):
    wanted = {
        "days": parameters.Parameter("days", "list[str]", ["x"], "periods", "any"),
        "target": parameters.Parameter("target", "str", "", "target", "any"),
        "level": parameters.Parameter("level", "float", 0.95, "level", "0 to 1"),
    }
    lines = ["days;target;level", "[2022-06-01];Nothing;", '2022-06-01;95 ;"0.9 "', "nothing ;NOTHING; ", " ;;0.5"]
    grid = written(tmp_path, "\n".join(lines))
    read = [sweep._values(row.cells, wanted, label="x") for row in sweep.read_grid(grid, wanted)]
    assert read == [
        {"days": ["2022-06-01"], "target": ""}, {"days": ["2022-06-01"], "target": "95", "level": 0.9},
        {"days": [], "target": ""}, {"level": 0.5},
    ]  # fmt: skip
    assert parameters.parse_options(("days=", "days2="), {"days": wanted["days"]}, label="x")["days"] == []
    for text, shown in (("", "empty"), ("2022-06-01", "2022-06-01"), ("[2022-06-01, yes]", "[2022-06-01, true]")):
        given = parameters.parse_options((f"level={text}",), wanted, label="x")
        with pytest.raises(RunError, match="parameter 'level' is ") as error:
            parameters.validate(given, wanted, label="x", folder=tmp_path)
        assert f"parameter 'level' is {shown}; allowed: a number" in str(error.value)


def test_a_grid_is_read_as_other_tables_are(tmp_path):
    def read(path, names, empty):
        return csv_files.records(path, label=path.name, wanted=names, empty=empty)

    texts = ["\n\nname,data,unit\none,a.csv,A\n,,\n", "name|data|unit\none|a.csv|A\n||\n"]
    for text in texts:
        for reader in (None, read):
            empty = []
            (row,) = sweep.read_grid(written(tmp_path, text), known(), empty=empty, read=reader)
            assert (row.name, row.cells, len(empty)) == ("one", {"data": "a.csv", "unit": "A"}, 1)
    for reader in (None, read):
        with pytest.raises(RunError, match=r"mine\.csv: line 3 has 2 cells but the header 3; keep a sep"):
            list(sweep.read_grid(written(tmp_path, "name,data,unit\none,a.csv,A\ntwo,b.csv\n"), known(), read=reader))
    cells = {
        3: inline(("A3", "name"), ("B3", "data"), ("C3", "unit")), 4: inline(("A4", "one"), ("B4", "a.csv")),
        5: inline(("A5", "two"), ("B5", "b.csv"), ("C5", "B")),
    }  # fmt: skip
    workbook(tmp_path, cells, name="grid.xlsx")
    rows = list(sweep.read_grid(tmp_path / "grid.xlsx", known(), read=read))
    assert [(row.name, row.cells) for row in rows] == [
        ("one", {"data": "a.csv"}), ("two", {"data": "b.csv", "unit": "B"})]  # fmt: skip
