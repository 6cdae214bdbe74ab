"""What students hand in is marked apart from keys and other work: right marks and a line for each attack."""

import csv
import socket
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

import taught
from answered import answered
from compendium.errors import RunError
from everyday import cli
from everyday.teaching import copies, marking, roster, sandbox
from healthsys.errors import DataError

WARDS = next(module for module in taught.MODULES if module.name == "beds-and-slack")
FULL = {exercise.name: exercise.points for exercise in WARDS.exercises if not exercise.is_open}
UNSAFE = bool(sandbox.fault())

#: Attacks before an answer that is otherwise right; none may change the marks of another exercise.
STARTS = {
    "monkeypatch": "check.award = lambda points, *_, **__: points; check.same = lambda *_: True\nload = 99",
    "solutions": "from everyday.teaching import copies, modules\nfull = copies.solutions(modules.load_modules()[0])",
    "exits": "import os\nneeded = 1\nos._exit(0)",
    "loops": "while True: pass",
    "memory": "needed = bytearray(10**11)",
    "prints": "for line in range(2000): print('x' * 10_000)\n",
}


def handed_in(folder, student, answers, change=lambda notebook: None):
    """Write a notebook with the module's solutions, some of them replaced, and then changed as a student might."""
    notebook = answered(WARDS, copies.solutions(WARDS) | answers)
    change(notebook)
    path = folder / "submitted" / student / WARDS.name / WARDS.notebook.name
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


def without(*names):
    return lambda notebook: notebook.update(cells=[cell for cell in notebook.cells if marking._id(cell) not in names])


def tamper(notebook):
    """Split one answer, copy another, swap the ids of two, and rewrite a check."""
    cells = {marking._id(cell): cell for cell in notebook.cells}
    first, *rest = cells["q2"].source.split("\n")
    cells["q2"].source = first
    notebook.cells.insert(notebook.cells.index(cells["q2"]) + 1, nbformat.v4.new_code_cell("\n".join(rest)))
    copy = nbformat.v4.new_code_cell(cells["q4"].source, metadata=cells["q4"].metadata)
    notebook.cells.insert(notebook.cells.index(cells["q4"]) + 1, copy)
    cells["q6"].metadata["nbgrader"]["grade_id"] = "q66"
    cells["q1-check"].source = "check = None"


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A class in which everybody but one attacks, marked in one go."""
    root = tmp_path_factory.mktemp("class")
    students = ["honest", "cheat", "breaker", "tamperer", "copier", "absent", "linker", "garbage"]
    (root / "class.csv").write_text("id\n" + "\n".join(students) + "\n")
    roster.write(root / "class.csv", seed=5, out=root, modules=[WARDS])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        reach = f"import socket\nshared = socket.create_connection(('127.0.0.1', {port}), 1)"
        peek = f"slack = open({str(root / 'keys' / 'all.csv')!r}).read()"
        write = f"fullest = 'Meadow'\nopen({str(root / 'written')!r}, 'w').write('x')"
        handed_in(root, "honest", {})
        cheat = {"q1": STARTS["monkeypatch"], "q2": STARTS["solutions"], "q3": write, "q5": reach, "q6": peek}
        own = handed_in(root, "cheat", cheat).parent / "data" / "teaching_wards.csv"
        own.parent.mkdir()
        own.write_text("ward,beds,arrivals,stay\nHarbour,1,1,1\n")
        broken = {"q1": STARTS["prints"] + copies.solutions(WARDS)["q1"], "q2": STARTS["memory"],
                  "q3": STARTS["exits"], "q4": STARTS["loops"]}  # fmt: skip
        handed_in(root, "breaker", broken, without("q2-check", "q6", "q6-check"))
        handed_in(root, "tamperer", {}, tamper)
        with (root / "keys/honest.csv").open() as lines:
            theirs = {row["exercise"]: (row["answer_to"], row["answer"]) for row in csv.DictReader(lines)}
        stolen = {name: f"{theirs[name][0]} = {theirs[name][1]}" for name in ("q1", "q2", "q4", "q5", "q6")}
        handed_in(root, "copier", stolen)
        (root / "submitted/linker" / WARDS.name).mkdir(parents=True)
        (root / "submitted/linker" / WARDS.name / WARDS.notebook.name).symlink_to(root / "keys/all.csv")
        (root / "submitted/garbage" / WARDS.name).mkdir(parents=True)
        (root / "submitted/garbage" / WARDS.name / WARDS.notebook.name).write_text("[" * 100_000)
        (root / "submitted/stranger").mkdir()
        before = sorted(path for path in root.rglob("*"))
        limits = sandbox.Limits(seconds=6, megabytes=1500)
        found = marking.mark(
            root / "submitted", keys=root, out=root / "marks", modules=[WARDS], limits=limits, unsafe=UNSAFE, jobs=2
        )
    left = {path for path in root.rglob("*") if root / "marks" not in [path, *path.parents]}
    return root, {one.student: one for one in found}, left - set(before)


@pytest.mark.skipif(UNSAFE, reason="there is no sandbox on this machine; its test needs bubblewrap")
def test_an_environment_in_a_temporary_folder_is_seen_and_nothing_next_to_it(monkeypatch):
    """The sandbox has empty temporary files, but for the environment of a project that was cloned among them."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        venv.create(f"{folder}/env", with_pip=False)
        (Path(folder) / "keys.csv").write_text("q1")
        monkeypatch.setattr(sys, "prefix", f"{folder}/env")
        monkeypatch.setattr(sys, "executable", f"{folder}/env/bin/python")
        look = [sys.executable, "-c", f"import os, sys; print(sys.prefix, os.listdir({folder!r}))"]
        assert sandbox.fault.__wrapped__() == ""
        done = subprocess.run([*sandbox._walls(), *look], capture_output=True, text=True)
    assert done.stdout == f"{folder}/env ['env']\n", done.stderr


def test_an_honest_student_gets_every_mark_and_no_line(marked):
    _, found, _ = marked
    assert found["honest"].marks == FULL
    assert found["honest"].remarks == []


def test_no_attack_on_the_marking_earns_a_mark(marked):
    root, found, left = marked
    expected = dict.fromkeys(FULL, 0) | {"q4": FULL["q4"]}
    if UNSAFE:  # without a sandbox the keys can be read and files written
        pytest.skip("there is no sandbox on this machine; its tests need bubblewrap")
    assert found["cheat"].marks == expected
    assert "ModuleNotFoundError" in found["cheat"].said["q2"] or "ImportError" in found["cheat"].said["q2"]
    assert "FileNotFoundError" in found["cheat"].said["q6"]
    assert not (root / "written").exists()
    assert left == set()


def test_what_breaks_python_costs_its_own_exercise_only(marked):
    one = marked[1]["breaker"]
    assert one.marks == FULL | {"q2": 0, "q3": 0, "q4": 0, "q6": 0}
    report = "\n".join(one.remarks)
    for line in (
        "printed 20 million characters", "ended Python; the other cells", "ran longer than 6 seconds",
        "the cell q2-check is missing; the one handed out counts", "there is no cell q6",
    ):  # fmt: skip
        assert line in report, report
    assert "MemoryError" in one.said["q2"]


def test_split_copied_and_renamed_cells_keep_their_marks(marked):
    one = marked[1]["tamperer"]
    assert one.marks == FULL
    report = "\n".join(one.remarks)
    for line in ("q1-check was changed", "q4 occurs 2 times", "there is no cell q6"):
        assert line in report, report


def test_a_classmates_numbers_earn_nothing(marked):
    one = marked[1]["copier"]
    assert {name for name, marks in one.marks.items() if marks} <= {"q3", "q4"}, "q4 may be equal by chance"
    assert one.marks["q1"] == one.marks["q2"] == one.marks["q5"] == 0


def test_what_cannot_be_read_is_a_line(marked):
    root, found, _ = marked
    for student, said in (
        ("absent", "no notebook was handed in"),
        ("linker", "the notebook is a link to another file; it is not followed"),
        ("garbage", "the file is not a notebook that can be read"),
    ):
        assert found[student].remarks == [said]
        assert sum(found[student].marks.values()) == 0
        with (root / "marks/register.csv").open() as lines:
            row = next(row for row in csv.DictReader(lines) if row["student"] == student)
        assert (row["automatic"], row["total"]) == ("", ""), "what was not marked has no 0"
        assert "not marked</td>" in (root / f"marks/feedback/{student}.html").read_text()
    with (root / "marks/report.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert {"student": "stranger", "module": "", "what": "the folder belongs to nobody in the roster"} in rows


def test_register_criteria_and_feedback(marked):
    root, _, _ = marked
    with (root / "marks/register.csv").open() as lines:
        register = {row["student"]: row for row in csv.DictReader(lines)}
    assert register["honest"]["automatic"] == register["honest"]["automatic_of"] == str(sum(FULL.values()))
    assert register["honest"]["total"] == "", "the open question is not marked yet"
    page = (root / "marks/feedback/breaker.html").read_text()
    assert "ran longer than 6 seconds" in page
    assert "Full marks: " in page
    with pytest.raises(RunError, match=r"register\.csv is there already; give another folder as --out"):
        marking.mark(root / "submitted", keys=root, out=root / "marks", modules=[WARDS], unsafe=True)
    with pytest.raises(RunError, match=r"keys/seeds\.csv: there is no such file; give the folder that `teach roster`"):
        marking.mark(root / "submitted", keys=root / "marks", out=root / "x", modules=[WARDS], unsafe=True)
    assert not (root / "x").exists()


def test_the_command_refuses_where_there_is_no_sandbox(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "fault", lambda: "bubblewrap is not installed")
    with pytest.raises(RunError, match=r"bubblewrap is not installed, so students' code cannot be kept apart; on D"):
        sandbox.required(unsafe=False)
    sandbox.required(unsafe=True)
    done = CliRunner().invoke(cli.main, ["teach", "mark", str(tmp_path), "--out", str(tmp_path / "out"), "--unsafe"])
    assert done.exit_code == 1
    assert "seeds.csv: there is no such file" in done.output
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class whose ids a reader of tables may take for missing or for numbers."""
    root = tmp_path_factory.mktemp("course")
    (root / "class.csv").write_text("id\nNA\nnull\ns001\n0123\n")
    roster.write(root / "class.csv", seed=7, out=root, modules=[WARDS])
    return root


def test_ids_stay_text_and_seeds_are_read_as_a_spreadsheet_saves_them(course, tmp_path):
    text = (course / "keys/seeds.csv").read_text()
    (tmp_path / "keys").mkdir()
    kept = tmp_path / "keys/seeds.csv"
    for content in (text.encode(), text.replace(",", ";").encode("utf-8-sig"), text.encode("utf-16")):
        kept.write_bytes(content)
        assert list(marking._seeds(tmp_path)["student"]) == ["NA", "null", "s001", "0123"]
    first = text.splitlines()[1]
    seed = first.split(",")[2]
    for wrong, said in (
        (text.replace(seed, ""), r"seeds\.csv, row 2, column 'seed': the cell is empty; use the file"),
        (text.replace(seed, "9.4E+08"), r"row 2, column 'seed': '9\.4E\+08' is not a whole number from 0"),
        (text.replace(WARDS.name, "beds-and-slak", 1), r"'beds-and-slak' is no module; .* mean 'beds-and-slack'"),
        (f"{text}na,{first[3:]}\n", r"row 6, column 'student': 'na' is also in row 2"),
    ):  # fmt: skip
        kept.write_text(wrong)
        with pytest.raises(DataError, match=said):
            marking._seeds(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("s999,beds-and-slack,Numbers,2", r"row 3, column 'student': 's999' is no student of the roster; allowed:"),
        ("NA,pay-gaps,Numbers,2", r"row 3, column 'module': 'pay-gaps' is no module of this student; allowed:"),
        ("NA,beds-and-slack,Numbrs,2", r"row 3, column 'criterion': 'Numbrs' is no criterion .* mean 'Numbers'\?"),
        ("123,beds-and-slack,numbers,0", r"row 3, column 'criterion': 'numbers' is also in row 2 .* keep one"),
        ("NA,beds-and-slack,Numbers,two", r"row 3, column 'marks': 'two' is not a number; allowed: from 0 to 2"),
        ("NA,beds-and-slack,Numbers,2.5", r"row 3, column 'marks': '2\.5' is out of range; allowed: from 0 to 2"),
        ("NA,beds-and-slack,Numbers,inf", r"row 3, column 'marks': 'inf' is not a number"),
    ],
)
def test_marks_of_a_lecturer_that_count_for_nobody_are_refused(course, tmp_path, row, said):
    path = tmp_path / "criteria.csv"
    path.write_text(f"student,module,criterion,marks\n0123,beds-and-slack,Numbers,2\n{row}\n")
    with pytest.raises(DataError, match=rf"criteria\.csv, {said}"):
        marking._criteria(path, marking._seeds(course), [WARDS])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_marks_of_a_lecturer_are_read_as_a_spreadsheet_saves_them(course, tmp_path, encoding):
    path = tmp_path / "criteria.csv"
    text = "Student;Module;Criterion;Marks;Remark\n123;beds-and-slack;numbers ;1,5;Zoë\nNA;beds-and-slack;Numbers;;\n"
    path.write_bytes(text.encode(encoding))
    assert marking._criteria(path, marking._seeds(course), [WARDS]) == {("0123", "beds-and-slack", "Numbers"): 1.5}


def test_a_notebook_under_another_name_or_in_another_place_is_marked_and_said(tmp_path):
    module, name = WARDS.name, WARDS.notebook.name

    def put(place, content=b"\xef\xbb\xbf{}"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(content)
        return tmp_path / place

    usual = put(f"a/{module}/{name}")
    put(f"a/{module}/{module} (1).ipynb")
    renamed = put(f"S004/{module}/{module} (1).ipynb")
    put(f"S004/{module}/.ipynb_checkpoints/{name}")
    above = put(f"123/{name}")
    put("b/work.ipynb")
    put(f"c/{module}/one.ipynb")
    put(f"c/{module}/two.ipynb")
    folders = marking.folders_of(tmp_path, ["a", "s004", "0123", "b", "c", "d"])
    assert marking.looked_for(folders["a"], module) == (usual, "")
    for student, path in (("s004", renamed), ("0123", above)):
        found, said = marking.looked_for(folders[student], module)
        assert found == path
        assert said.startswith(f"there is no {module}/{name}; the notebook ")
        assert said.endswith(f"{path.name} was marked in its place")
    for student, said in (
        ("b", rf"no notebook of {module} was found; there is work\.ipynb: put it at"),
        ("c", rf"no notebook is named {name}, and there are 2: {module}/one\.ipynb, {module}/two\.ipynb; leave one"),
        ("d", "no notebook was handed in"),
    ):
        with pytest.raises(DataError, match=said):
            marking.looked_for(folders[student], module)


def test_a_notebook_with_a_byte_order_mark_is_read(tmp_path):
    path = handed_in(tmp_path, "s1", {})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(marking.handed_in(path, tmp_path / "submitted").cells) > 5
