"""What a student is given is enough: two wheels and a folder run every notebook, without the book on any path."""

import itertools
import json
import re
import shutil
import subprocess
import sys
import tomllib
import venv

import nbformat
import pytest

from everyday.synthetic import teaching as generators
from everyday.teaching import checks, copies, editions, roster
from healthsys.errors import DataError
from miniature import PROJECT
from taught import MODULES

#: Names in the package list of Pyodide 314.0.7 (Python 3.14.2): ``pyodide-lock.json`` of the npm package ``pyodide``.
#: Jupyter's kernel brings IPython.
PYODIDE = {"numpy", "pandas", "scipy", "statsmodels", "matplotlib", "ipython"}

#: Executes cells from standard input in a folder as a kernel would, and says where the packages came from.
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(sys.stdin):
    shell.run_cell(cell)
import everyday, healthsys
print(everyday.__file__, healthsys.__file__)
assert "compendium" not in sys.modules
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A virtual environment with the libraries of this Python and the two wheels, and no checkout."""
    folder = tmp_path_factory.mktemp("student")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    site = folder / "env/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for name, content in editions.course().items():
        if name.endswith(".whl"):
            (folder / "one.whl").write_bytes(content)
            shutil.unpack_archive(folder / "one.whl", site, "zip")
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    # a path file is read for its own lines only: the libraries' own path files, and so the checkout, are not followed
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return folder


def run(empty, folder, cells):
    """Execute cells in a folder in the student's environment."""
    return subprocess.run(
        [empty / "env/bin/python", "-c", RUN], input=json.dumps(cells), cwd=folder, capture_output=True, text=True,
        check=False, env={"PATH": "/usr/bin:/bin", "HOME": str(empty), "MPLCONFIGDIR": str(empty)},
    )  # fmt: skip


def unpacked(module, folder):
    """Write what a student is given of a module."""
    for name, content in editions.student_files(module).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_notebook_runs_from_the_wheels_alone(empty, tmp_path, module):
    folder = unpacked(module, tmp_path)
    answers = copies.solutions(module)
    cells = []
    for cell in nbformat.read(folder / module.notebook.name, as_version=4).cells:
        if cell.cell_type == "code":
            cells.append(answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source))
    done = run(empty, folder, cells)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout, done.stdout
    assert "This notebook reads the class's data, from the folder data; the package is healthsys 0.1.0." in done.stdout
    assert done.stdout.count(": right.") + done.stdout.count("passes every example") == len(answers) - 1
    places = done.stdout.splitlines()[-1].split()
    assert all(place.startswith(str(empty)) for place in places), places


def test_a_notebook_without_its_data_or_package_says_so_and_stops(empty, tmp_path):
    module = next(module for module in MODULES if module.name == "pay-gaps")
    setup = next(cell.source for cell in module.read().cells if cell.source.startswith("import"))
    said = run(empty, tmp_path, [setup]).stdout
    assert "there is no folder data next to this notebook; unpack the whole folder that you were given" in said
    folder = unpacked(module, tmp_path / "whole")
    (folder / "data/teaching_shortlist.csv").unlink()
    said = run(empty, folder, [setup, "staff.head()"]).stdout
    assert "there is no file data/teaching_shortlist.csv next to this notebook; unpack the whole folder" in said
    said = run(empty, folder, ["import sys; sys.modules['everyday'] = None", setup]).stdout
    assert "install the course's package: run `%pip install -r requirements.txt` here and restart" in said


def test_what_the_wheels_need_is_in_pyodide():
    needed, ours = set(), {"healthsys", "everyday-teaching"}
    for path in ("wheel/pyproject.toml", "wheel/teaching/pyproject.toml"):
        about = tomllib.loads((PROJECT / path).read_text())["project"]
        assert about["name"] in ours
        assert about["requires-python"] == ">=3.11,<3.15"
        needed |= {re.match(r"[a-z-]+", one)[0] for one in about["dependencies"]}
    assert needed - ours == PYODIDE
    listed = editions.course()["requirements.txt"].decode().splitlines()
    assert [line.partition("-0")[0] for line in listed] == ["./wheels/healthsys", "./wheels/everyday_teaching"]


#: Exercises whose answer is the same for everybody, because the module is about it; the text says so.
SAME = {("coding-resilience", "q6"), ("beds-and-slack", "q3"), ("auditing-numbers", "q5"), ("auditing-numbers", "q7")}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_answers_differ_from_student_to_student(module, monkeypatch):
    """Of all pairs among 30 students at most one in ten has an equal answer, or the exercise says that all have."""
    monkeypatch.setattr(copies, "_slips", lambda *_: [])  # half of the work, and it is right answers that are compared
    draws = []
    for number in range(30):
        made = roster.own_data(module, seed=roster.seed_of(f"s{number:03d}", seed=11))
        frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
        draws.append(copies.answer_key(module, frames).right)
    for exercise in module.exercises:
        if exercise.is_open:
            continue
        pairs = list(itertools.combinations([right[exercise.name] for right in draws], 2))
        equal = sum(checks.same(one, other) for one, other in pairs) / len(pairs)
        says = "The answer is the same for the whole class." in exercise.text
        assert says == ((module.name, exercise.name) in SAME)
        assert says or equal <= 0.1, f"{exercise.name}: {equal:.0%} of pairs are equal"


def numbers_of(files):
    """Every number and every text between separators that an attacker finds in files."""
    found, texts = set(), set()
    for content in files:
        text = content.decode(errors="ignore")
        texts |= set(re.split(r"[,\n\"]", text))
        found |= {float(one) for one in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)[:4000]}
    return found, texts


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_an_attacker_finds_no_answer_in_an_exam(module):
    """By lookup, or by equality with any number next to the data, no answer is in a file that is not data."""
    made = roster.own_data(module, seed=roster.seed_of("s001", seed=11))
    frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
    key = copies.answer_key(module, frames)
    given = {name: content for name, content in editions.student_files(module).items() if not name.endswith(".whl")}
    given[f"data/{checks.SLIPS}"] = copies.slips_text(key).encode()
    assert given[f"data/{checks.SLIPS}"] == b'{"mode": "exam", "data": "your own"}\n'
    mine = {name: content for name, content in given.items() if not name.endswith((".csv", ".html"))}
    numbers, _ = numbers_of(mine.values())
    steps = numbers | {100 * one for one in numbers} | {1 - one for one in numbers} | {one / 100 for one in numbers}
    for exercise, right in key.right.items():
        if isinstance(right, (str, list)) or (module.name, exercise) in SAME or float(right) == int(right):
            continue
        hit = [one for one in steps if checks.same(one, right)]
        assert not hit, f"{exercise}: {hit[0]}"


def test_a_survey_of_the_class_is_not_the_books():
    """The book publishes the scores of its own practice; the exercises ask for those of another."""
    from compendium import datasets
    from healthsys import climate

    theirs, ours = (climate.score(datasets.load(name)) for name in ("climate_survey_baseline", "teaching_survey"))
    for dimension in ("idea_time", "trust"):
        assert not checks.same(theirs[dimension].mean(), ours[dimension].mean())


def test_the_handed_out_folder_is_refused_without_its_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checks, "_layouts", lambda: {})
    with pytest.raises(DataError, match=r"there is no folder data next to this notebook; unpack the whole folder"):
        checks.start()
    assert checks.compute("round(100 * part / whole, 1)", {"part": 1, "whole": 3}) == 33.3
    with pytest.raises(checks.NotYet, match=r"the text cannot be computed: name 'whol' is not defined"):
        checks.compute("part / whol", {"part": 1, "whole": 3})
