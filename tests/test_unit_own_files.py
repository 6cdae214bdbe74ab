"""Own files: found without reading source, checked before a report, written whole or not at all, columns mapped."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shlex
import stat
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import ethnicity_files
import people_files
from compendium import catalogue, edition, files, pages, parameters, paths, printing, sweep
from compendium.errors import CompendiumError, RunError
from compendium.notebook import open_data
from compendium.parameters import Parameter
from compendium.runs import find_notebook
from everyday.cli import main
from healthsys import io, workforce
from healthsys.errors import DataError


def said(*words):
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_every_notebook_is_listed_with_its_question_and_whether_it_takes_a_file():
    code, output = said("list")
    assert code == 0
    assert "* pay_gap " in output
    assert "  community_care " in output
    assert "Did community care in Frome cut admissions?" in output


def test_a_notebook_is_described_by_its_files_columns_and_settings():
    code, output = said("describe", "talent_pipeline")
    assert code == 0
    assert "File -p recruitment=FILE: people of each group at each stage" in output
    assert "    people: People who reached the stage (integer, always given)" in output
    assert "allowed: hes | local_1_4 | local_1_9 | off" in output
    assert "Example: healthsys report talent_pipeline -p recruitment=FILE --out REPORT" in output
    code, output = said("describe", "pay_gp")
    assert code == 1
    assert "Did you mean 'pay_gap'" in output


def test_a_template_is_a_file_that_the_notebook_reads(tmp_path):
    code, _ = said("template", "pay_gap", "--out", str(tmp_path / "empty"))
    assert code == 0
    staff = io.read_payroll(tmp_path / "empty/staff.csv")
    assert {"sex", "hourly_pay"} <= set(staff)
    assert len(staff) == 3
    code, output = said("template", "bed_slack", "--out", str(tmp_path / "none"))
    assert code == 1
    assert "takes no file in a layout of this book" in output
    assert not (tmp_path / "none").exists()


SERIES = "Indicator;Unit;Period;Value\nfalls;Ward 7;Apr-23;12\nfalls;Ward 7;May-23;*\nfalls;Ward 7;Jul-23;9\n"


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.csv", SERIES,
         ["is series of an indicator: 3 rows", "taken by: control_chart -p data=FILE", "separated by semicolons",
          "'Apr-23' is read as 2023-04-01: months", "counts as missing", "2023-06 is not in the data"]),
        ("b.csv", "sex,hourly_pay\nF,12.5\nM,13\n", ["is a staff file", "taken by: intersectional_gaps -p staff=FILE"]),
        ("c.txt", "We wait, but we act.", ["is texts: 1 rows", "taken by: tensions_in_text -p texts_file=FILE"]),
        ("d.csv", "unit,period,numerator,denominator\nA,2023-01-01,9,10\n", ["taken by: false_step -p data=FILE"]),
    ],
)  # fmt: skip
def test_a_file_is_told_with_what_takes_it_and_what_is_odd(tmp_path, name, text, lines):
    (tmp_path / name).write_text(text)
    code, output = said("check", str(tmp_path / name))
    assert code == 0, output
    for line in lines:
        assert line in output


@pytest.mark.parametrize(
    ("write", "name", "line"),
    [
        (lambda folder: ethnicity_files.workforce_file(folder / "a.xlsx"), "the NHS workforce by ethnic group",
         "nhs_workforce_ethnicity -p official=FILE"),
        (lambda folder: ethnicity_files.trusts_file(folder / "a.csv"), "WRES indicators of trusts",
         "nhs_staff_experience -p trusts=FILE"),
        (lambda folder: people_files.staff_survey(folder / "a.xlsx", ["A", "B"]),
         "the NHS Staff Survey by organisation and score", "climate_real_teams -p official=FILE"),
        (lambda folder: people_files.sickness(folder / "all", ["A", "B"], months=1)[0], "a month of sickness absence",
         "retention_and_sickness -p official=FILE"),
        (lambda folder: people_files.turnover(folder / "all"), "a month of turnover",
         "retention_and_sickness -p turnover=FILE"),
    ],
)  # fmt: skip
def test_a_publishers_own_file_is_told(tmp_path, write, name, line):
    code, output = said("check", str(write(tmp_path)))
    assert code == 0, output
    assert [one.split(" is ")[1].split(": ")[0] for one in output.splitlines() if one[0] != " "] == [name]
    assert f"  taken by: {line}" in output


def test_a_file_that_nothing_takes_is_told_with_the_nearest_layout(tmp_path):
    (tmp_path / "a.csv").write_text("indicator,unit,period,count\nfalls,A,2023-01-01,3\n")
    code, output = said("check", str(tmp_path / "a.csv"))
    assert code == 1
    assert "no notebook takes a.csv; nearest is series of an indicator" in output
    assert "There is no column 'value'" in output or "there is no column 'value'" in output
    code, output = said("check", str(tmp_path / "gone.csv"))
    assert code == 2
    assert "gone.csv' does not exist" in output


def test_a_file_with_only_a_header_is_refused_by_the_layout_that_it_names(tmp_path):
    (tmp_path / "head.csv").write_text("period,value\n")
    code, output = said("check", str(tmp_path / "head.csv"))
    assert code == 1
    assert "nearest is series of an indicator" in output
    assert "head.csv: the file has a header but no rows; expected at least one row of data" in output
    (tmp_path / "noise.csv").write_bytes(b"\x00" * 600)
    code, output = said("check", str(tmp_path / "noise.csv"))
    assert "no notebook takes noise.csv:\nnoise.csv: the file holds null bytes" in output
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", str(tmp_path / "pipe")):
        code, output = said("check", path)
        assert (code, "is neither a file nor a folder; give a CSV file" in output) == (1, True)


def test_a_file_that_may_not_be_read_is_refused_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "own.csv").write_text("period,value\n2023-01-01,1\n")

    def closed(path, *_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", closed)
    for read in (io.read_series, io.read_payroll):
        with pytest.raises(DataError, match=r"own\.csv: the file cannot be read .Permission denied."):
            read(tmp_path / "own.csv")


#: A page that shows exact counts takes no reader's file (explore_pay_gap).
TEMPLATES = [name for name, _, own in catalogue.notebooks() if own and name != "explore_pay_gap"]


@pytest.mark.parametrize("notebook", TEMPLATES)
def test_each_template_is_recognised_and_taken_by_its_notebook(tmp_path, notebook):
    code, output = said("template", notebook, "--out", str(tmp_path))
    if code == 1:
        assert "takes no file in a layout of this book" in output
        return
    for path in tmp_path.iterdir():
        code, output = said("check", str(path))
        assert code == 0, output
        assert f"taken by: {notebook} -p {path.stem}=FILE" in output


def test_a_grid_follows_a_renamed_parameter(tmp_path):
    (tmp_path / "grid.csv").write_text("name,data,change,beside\none,a.csv,nothing,[]\n")
    known = {name: Parameter(name, "str", "", name, "any") for name in ("data", "change", "others")}
    row = next(sweep.read_grid(tmp_path / "grid.csv", known, {"beside": "others"}))
    assert row.cells == {"data": "a.csv", "change": "", "others": "[]"}
    with pytest.raises(RunError, match="column 'beside' is no parameter"):
        next(sweep.read_grid(tmp_path / "grid.csv", known))


def test_a_row_without_a_change_is_answered_by_the_notebook_that_needs_none(monkeypatch):
    asked = []

    def composed(notebook, values, **options):
        asked.append((notebook, values, options["full"]))
        return "page", {"results": {}}

    monkeypatch.setattr(sweep.report, "composed", composed)
    monkeypatch.setattr(sweep, "_base_here", lambda notebook: "base")
    row = sweep.Row(2, "one", {"indicator": "falls", "change": "", "control": ""})
    done = sweep.make(sweep.Task("service_trends", row, ".", "base"))
    assert done.reason == ""
    assert asked == [("control_chart", {"indicator": "falls"}, False)]


def test_options_follow_a_renamed_parameter_and_another_notebook():
    source = nbformat.read(paths.notebooks() / "service_trends.ipynb", as_version=4)
    assert parameters.routed(source, ("beside=[]", "change=2020-01-01")) == ("", ("others=[]", "change=2020-01-01"))
    assert parameters.routed(source, ("data=a", "beside=[]", "change=", "control=")) == ("control_chart", ("data=a",))


@pytest.mark.parametrize("text", ["[1,", "{", "2024-13-45", "!!python/x y", "[1, 2]]"])
def test_a_value_that_is_no_yaml_is_refused_in_a_sentence(text):
    known = {"sizes": Parameter("sizes", "list[int]", [], "sizes", "any")}

    def read():
        found = parameters.parse_options((f"sizes={text}",), known, label="bed_slack")
        return parameters.validate(found, known, label="bed_slack", folder=Path())

    with pytest.raises(RunError, match=r"bed_slack: parameter 'sizes' is .*; allowed: a list of whole numbers"):
        read()


def test_a_column_is_mapped_for_every_reader(tmp_path, monkeypatch):
    # Set first, so that what `with_columns` leaves in the process is gone after the test.
    monkeypatch.setenv(parameters.COLUMNS_VARIABLE, "{}")
    rest = parameters.with_columns(("data=a.csv", "column.value=Count", "column.unit=Ward"))
    assert rest == ("data=a.csv",)
    (tmp_path / "a.csv").write_text("indicator,Ward,period,Count\nfalls,A,2023-01-01,3\n")
    table = io.read_series(tmp_path / "a.csv")
    assert table[["unit", "value"]].to_numpy().tolist() == [["A", 3.0]]
    assert "column 'Count' is read as 'value'" in table.attrs["read_as"]


def test_files_are_written_together_or_not_at_all(tmp_path, monkeypatch):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("old")
    given = os.fdopen

    def full(handle, *rest):
        if any(tmp_path.glob(".b.txt*")):
            os.close(handle)
            raise OSError(errno.ENOSPC, "No space left on device")
        return given(handle, *rest)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_together({first: "new", second: "new"})
    assert first.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt"]
    monkeypatch.undo()
    assert files.write_together({first: "new", second: "new"}) == [first, second]
    assert files.write_together({first: "new"}) == []


def test_the_umask_of_the_user_holds(tmp_path):
    before = os.umask(0o077)
    try:
        files.write_whole(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_computed(tmp_path):
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / ("long" * 100)):
        code, output = said("report", "bed_slack", "--out", str(place / "report"))
        assert code == 1
        assert "cannot be written to" in output
        assert "Traceback" not in output


def test_what_is_no_file_is_refused_at_once():
    with pytest.raises(DataError, match="there is no such file"):
        io.read_table(Path("/dev/zero"), {"fields": []}, label="/dev/zero")
    with pytest.raises(RunError, match="is no file"):
        list(sweep.read_grid(Path("/dev/zero"), {}))


KNOWN = {"size": Parameter("size", "str", "", "size", "any")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_grid_is_read_as_a_spreadsheet_writes_it_and_can_say_nothing(tmp_path, encoding):
    (tmp_path / "grid.csv").write_bytes("name,size\nWard é,nothing\nb,\nc,3\n".encode(encoding))
    rows = list(sweep.read_grid(tmp_path / "grid.csv", KNOWN))
    assert [row.cells for row in rows] == [{"size": ""}, {}, {"size": "3"}]


def test_a_grid_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "grid.csv").write_bytes(b"name\x00\x81\n")
    with pytest.raises(CompendiumError, match=r"grid\.csv is not text; save it as 'CSV UTF-8'"):
        list(sweep.read_grid(tmp_path / "grid.csv", KNOWN))


COMMANDS = re.findall(r"`healthsys (report [^`]+)`", (paths.book() / "own-data.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", [one for one in COMMANDS if "--out" in one])
def test_each_command_of_the_guide_names_a_notebook_and_parameters_that_exist(command):
    notebook, *words = shlex.split(command)[1:]
    options = tuple(words[at + 1] for at, word in enumerate(words) if word == "-p")
    path = find_notebook(notebook)
    known = parameters.parameters_of(nbformat.read(path, as_version=4), label=path.name)
    given = parameters.parse_options(options, known, label=notebook)
    assert set(given) <= set(known)
    assert any(known[name].is_source for name in given)


def test_the_guide_has_a_command_for_every_notebook_that_takes_a_file():
    taking = {name for name, _, own in catalogue.notebooks() if own}
    documented = {shlex.split(one)[1] for one in COMMANDS if "--out" in one}
    assert taking - documented == {"explore_pay_gap"}  # for synthetic staff only
    code, output = said("report", "--help")
    assert code == 0
    assert all(f"  {name} " in output for name in taking)


def test_a_shell_completes_the_names_of_notebooks():
    completed = ShellComplete(main, {}, "healthsys", "_X").get_completions(["report"], "pay_g")
    assert [one.value for one in completed] == ["pay_gap", "pay_gap_decomposition"]


def test_a_board_reads_a_few_pages():
    cell = nbformat.v4.new_markdown_cell
    first = cell("# A question\n\n{result}`finding`")
    cells = [
        first, cell('<details class="hs-parameters"></details>'), shown("<p>safe</p>"), cell("## Data\n\nRows."),
        shown("<table><tr>data</table>"), shown("How a.csv was read: no.", "text/markdown"),
        cell("## Results"), shown("<table>" + "<tr>" * 50 + "</table>"),
        shown('<figure class="hs-figure">one</figure>'), shown("<table><tr>small</table>"),
        shown("So.", "text/markdown"), shown('<figure class="hs-figure">two</figure>'),
        cell("## Limitations"), shown("- One.", "text/markdown"), cell("## Provenance\n\nFiles."),
    ]  # fmt: skip
    page = edition.short(nbformat.v4.new_notebook(cells=cells))
    assert not [cell for cell in page.cells if cell.cell_type == "code" and cell.source]
    told = [one.source or next(iter(one.outputs[0].data.values())) for one in page.cells]
    assert told == [
        first.source, "<p>safe</p>", "## Results", '<figure class="hs-figure">one</figure>', "<table><tr>small</table>",
        "## Evidence", "How a.csv was read: no.", "So.", "## Limitations", "- One.", "## Settings",
        '<details class="hs-parameters"></details>', "## Provenance\n\nFiles.",
    ]  # fmt: skip


def shown(text, kind="text/html"):
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data={kind: text})])


def test_a_report_on_own_data_leaves_out_the_book_and_says_what_was_not_given():
    known = {name: Parameter(name, "str", "", f"the {name}", "data set or file") for name in ("audit", "log")}
    cell = nbformat.v4.new_markdown_cell
    cells = [
        cell("# Book", metadata={"tags": ["bundled-data"]}), cell("# Yours", metadata={"tags": ["own-data"]}),
        cell("## Audit\n\nKept.\n\nThe source has {published}`x/y`.", metadata={"tags": ["file-audit"]}),
        cell("## Log", metadata={"tags": ["file-log"]}),
        cell("## What the source says\n\nThis.\n\n## Limitations\n\n- That.\n\n## Try it yourself\n\n1. Try."),
    ]  # fmt: skip
    kept = edition.for_reader(cells, known, ["audit"])
    assert [one.source for one in kept] == [
        "# Yours", "Not given, and so left out: the log (`log`).", "## Audit\n\nKept.", "## Limitations\n\n- That.",
    ]  # fmt: skip
    assert all("own-data" not in one.metadata["tags"] for one in kept if "tags" in one.metadata)


def test_a_report_names_each_file_with_size_and_checksum_and_no_folder(tmp_path):
    (tmp_path / "months").mkdir()
    for name in ("b.csv", "a.csv"):
        (tmp_path / "months" / name).write_text("x")
    run = SimpleNamespace(notebook=Path("waits.ipynb"))
    said_of = pages.files_used(run, [str(tmp_path / "months")])
    digest = hashlib.sha256(b"x").hexdigest()
    found = re.findall(r"<li>(\S+) \(your file, 1 bytes\) .*?SHA-256 (\w+)", said_of)
    assert found == [("a.csv", digest), ("b.csv", digest)]
    assert str(tmp_path) not in said_of
    assert "<a " not in said_of


def test_without_a_browser_the_pdf_is_refused_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSYS_CHROMIUM", "/nowhere/chromium")
    code, output = said("report", "bed_slack", "--pdf", "--out", str(tmp_path / "r"))
    assert code == 1
    assert "HEALTHSYS_CHROMIUM is '/nowhere/chromium', which cannot be run" in output
    assert not (tmp_path / "r").exists()


def test_a_browser_that_prints_nothing_is_named(tmp_path):
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(CompendiumError, match=r"did not print the report: no display; leave out --pdf"):
        printing.printed("<p>x</p>", browser=str(fake))
    fake.write_text('#!/bin/sh\nfor a in "$@"; do case $a in --print-to-pdf=*) echo "%PDF" > "${a#*=}";; esac; done\n')
    assert printing.printed("<details><p>x</p></details>", browser=str(fake)) == b"%PDF\n"


STAFF = "Band,Ethnic Group,Disabled\n8A,A White - British,No\nBand 5,LA Asian Mixed,Yes\nAfC band 06,Z Not Stated,\n"
STAFF += "Consultant,PC Black Nigerian,N\nVSM,D Mixed - White & Black Caribbean,Not disabled\n7,C3 White Any,Y\n"


def test_a_staff_list_is_read_as_personnel_systems_write_it(tmp_path):
    (tmp_path / "staff.csv").write_text(STAFF + "4,S Any Other Ethnic Group,Y\n2,R Chinese,Y\n")
    staff = io.read_staff_list(tmp_path / "staff.csv")
    assert staff["band"].fillna("").tolist() == ["8a", "5", "6", "", "VSM", "7", "4", "2"]
    assert staff["ethnic_group"].tolist() == ["W", "A", "N", "B", "M", "W", "O", "A"]
    assert staff["disabled"].tolist() == ["N", "Y", "U", "N", "N", "Y", "Y", "Y"]
    counted = workforce.staff_by_band(staff, "ethnicity")
    assert counted.groupby("group")["people"].sum().to_dict() == {"BME": 5, "White": 2, "Not stated": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STAFF + "12,A,Y\n", "column 'band', row 8: '12' is not known (1 such cells); allowed: a band from 1 to 9"),
        ("Band,Ethnic Group\n5,Martian\n", "column 'ethnic_group', row 2: 'Martian' is not known"),
        ("Grade,ethnic_group\n5,A\n", "there is no column 'band'. Rename it, or say which it is: -p column.band=YOURS"),
    ],
)
def test_a_band_or_group_that_is_not_known_is_named(tmp_path, text, message):
    (tmp_path / "staff.csv").write_text(text)
    with pytest.raises(DataError, match=re.escape(message)):
        io.read_staff_list(tmp_path / "staff.csv")


def test_fifty_ages_are_no_groups(tmp_path):
    rows = "".join(f"{'FM'[age % 2]},{12 + age / 10},{age}\n" for age in range(20, 70))
    (tmp_path / "staff.csv").write_text("sex,hourly_pay,age\n" + rows)
    with pytest.raises(DataError, match="column 'age' holds 50 different numbers, which are no groups of people"):
        io.read_payroll(tmp_path / "staff.csv", characteristics=["age"])


def test_a_staff_list_is_described_by_what_its_reader_uses(tmp_path):
    _, output = said("describe", "workforce_equality")
    assert "    band: " in output
    assert "    person: " not in output
    assert "clinical: " in output
    needed = [line.split(":")[0].strip() for line in output.splitlines() if line.endswith("always given)")]
    assert needed[:2] == ["ethnic_group", "band"] or needed[:2] == ["band", "ethnic_group"]
    code, _ = said("template", "workforce_equality", "--out", str(tmp_path))
    assert code == 0
    assert set((tmp_path / "staff.csv").read_text().splitlines()[0].split(",")) == set(io.staff_list.COLUMNS)
    assert io.read_staff_list(tmp_path / "staff.csv")["band"].notna().any()


def test_a_file_is_checked_with_the_readers_own_names(tmp_path, monkeypatch):
    monkeypatch.setenv(parameters.COLUMNS_VARIABLE, "{}")
    monkeypatch.setenv(parameters.STATED_VARIABLE, "{}")
    (tmp_path / "own.csv").write_text("Month,Referrals\n1/1/2023,80\n2/1/2023,90\n3/1/2023,95\n")
    code, output = said("check", str(tmp_path / "own.csv"))
    assert code == 1
    mapped = ("-p", "column.period=Month", "-p", "column.value=Referrals")
    code, output = said("check", str(tmp_path / "own.csv"), *mapped)
    assert code == 1
    assert "say which with -p 'dates=day first' or -p 'dates=month first'" in output
    code, output = said("check", str(tmp_path / "own.csv"), *mapped, "-p", "dates=month first")
    assert code == 0, output
    assert "own.csv is series of an indicator: 3 rows" in output
    assert "'1/1/2023' is read as 2023-01-01: month first" in output
    code, output = said("check", str(tmp_path / "own.csv"), "-p", "dates=backwards")
    assert (code, "'dates' is 'backwards'; allowed: day first or month first" in output) == (1, True)
    code, output = said("check", str(tmp_path / "own.csv"), "-p", "level=0.9")
    assert (code, "'-p level=0.9' is none of the options of check" in output) == (1, True)


def test_a_folder_of_tidy_files_is_one_table_and_one_report_for_each(tmp_path):
    for name, first in (("Ward 7", 10), ("Ward 8", 20)):
        rows = "".join(f"2023-{month:02d}-01,{first + month}\n" for month in range(1, 7))
        (tmp_path / f"{name}.csv").write_text(f"period,value\n{rows}")
    table = io.read_series(tmp_path)
    assert table.groupby("unit")["value"].max().to_dict() == {"Ward 7": 16, "Ward 8": 26}
    assert "Ward 7.csv: the file has one series, called 'value' in 'your file' here" in table.attrs["read_as"]
    known = {"data": Parameter("data", "str", "x", "series", "data set or file"),
             "level": Parameter("level", "float", 0.95, "level", "0.5 to 0.999")}  # fmt: skip
    rows = list(sweep.read_grid(tmp_path, known))
    assert [(row.name, row.cells) for row in rows] == [
        ("ward-7", {"data": "Ward 7.csv"}), ("ward-8", {"data": "Ward 8.csv"})]  # fmt: skip
    kept = sweep.fingerprint_of(rows[0], "base", folder=tmp_path)
    assert sweep.fingerprint_of(rows[0], "base", folder=tmp_path, full=True) != kept
    (tmp_path / "Ward 7.csv").write_text("period,value\n2023-01-01,9\n")
    assert sweep.fingerprint_of(rows[0], "base", folder=tmp_path) != kept
    (tmp_path / "none").mkdir()
    with pytest.raises(RunError, match=r"none: the folder has no file that ends in \.csv, \.tsv"):
        list(sweep.read_grid(tmp_path / "none", known))


@pytest.mark.parametrize("notebook", ["control_chart", "service_trends"])
def test_dates_of_ones_own_need_no_more_than_what_when_and_where(tmp_path, notebook):
    path = tmp_path / "dates.csv"
    path.write_text("policy,date,precision,source\nNew ward opens,2022-06-01,day,Our diary\n")
    dates = open_data(path, layout="policy_dates")
    assert dates[["policy", "date"]].astype(str).to_numpy().tolist() == [["New ward opens", "2022-06-01"]]
    assert dates.attrs["provenance"]["kind"] == "yours"
    source = (paths.notebooks() / f"{notebook}.ipynb").read_text(encoding="utf-8")
    assert r"open_data(events, layout=\"policy_dates\")" in source
    _, output = said("describe", notebook)
    data = output.split("File -p ")[1]
    assert data.startswith("data=FILE")
    assert re.search(r"^    value: .*always given\)$", data, flags=re.M)
    assert "locator" not in data
