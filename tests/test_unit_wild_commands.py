"""Commands and readers on files as analysts have them: what was once read wrongly is read rightly or refused."""

import json

import pytest
from click.testing import CliRunner

from everyday import cli
from healthsys.errors import DataError
from healthsys.io import csv_files
from healthsys.io.series import read_series

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
