"""Real nbgrader on the real modules; the editions as commands write them; slides and handouts in a browser."""

from __future__ import annotations

import html
import logging
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

import miniature
from answered import answered, rounds
from compendium import execution, kernels
from everyday.teaching import copies, deck, editions, modules
from miniature import PROJECT, healthsys
from taught import MODULES
from test_functional_book import book  # noqa: F401  (the fixture builds the book)

each = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
nbgrader_api = pytest.importorskip("nbgrader.apps.api", reason="nbgrader is in requirements/teach.lock: make env-teach")


@pytest.fixture(scope="module")
def patch():
    """Changes of the environment that last as long as this file."""
    with pytest.MonkeyPatch.context() as made:
        yield made


@pytest.fixture(scope="module")
def warm(patch, kernel_server):
    """Kernels forked from a process that has imported what the notebooks import: the same outputs in half the time."""
    factory = KernelProvisionerFactory.instance()
    default = factory.default_provisioner_name
    if kernel_server:
        patch.setenv(kernels.ADDRESS_VARIABLE, kernel_server)
    with kernels.warm([module.notebook for module in MODULES], environment=execution.KERNEL_ENVIRONMENT):
        kernels.use_warm_kernels()
        yield
        factory.default_provisioner_name = default


@pytest.fixture(scope="module")
def course(tmp_path_factory, patch, warm):
    """An nbgrader course with every module handed out, set as the instructor's edition sets it."""
    from traitlets.config import Config

    # nbgrader calls alembic by its name, which stands beside this Python
    patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    root = tmp_path_factory.mktemp("course")
    config = Config()
    exec(editions.NBGRADER_CONFIG, {"get_config": lambda: config})
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root}/gradebook.db"
    config.ClearSolutions.code_stub = {"python": copies.CODE_STUB}
    api = nbgrader_api.NbGraderAPI(config=config)
    api.log.setLevel(logging.CRITICAL)
    for module in MODULES:
        folder = root / "source" / module.name
        folder.mkdir(parents=True)
        shutil.copy(module.notebook, folder)
        done = api.generate_assignment(module.name)
        assert done["success"], done.get("log", done)
    return root, api


def without_figure(notebook):
    """Take out the drawing, which earns no marks and costs seconds: one copy of each module keeps it."""
    notebook.cells = [cell for cell in notebook.cells if "figure" not in cell.metadata.get("tags", [])]


def mark(course, module, student, notebook):
    """Hand in a notebook and return what nbgrader says of it, with the marks of each exercise."""
    from nbgrader.api import Gradebook

    root, api = course
    folder = root / "submitted" / student / module.name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / module.notebook.name)
    done = api.autograde(module.name, student, create=True)
    marks = {}
    if done["success"]:
        with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
            handed_in = book.find_submission_notebook(module.name, module.name, student)
            marks = {grade.name.removesuffix("-check"): grade.score for grade in handed_in.grades}
    return done, marks


@each
def test_nbgraders_student_copy_is_ours(course, module):
    theirs = nbformat.read(course[0] / "release" / module.name / module.notebook.name, as_version=4)
    ours = copies.student_notebook(module.read(), label=module.name)
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]


@each
def test_marks_of_the_full_the_empty_and_every_wrong_answer(course, module):
    """One submission for each round of wrong answers, marked by exercise."""
    full = {exercise.name: exercise.points for exercise in module.exercises if not exercise.is_open}
    opens = {exercise.name for exercise in module.exercises if exercise.is_open}
    answers = copies.solutions(module)
    empty = copies.student_notebook(module.read(), label=module.name)
    handed_in = {"full": answered(module, answers), "empty": empty}
    for number, wrong in enumerate(rounds(module), start=1):
        handed_in[f"round-{number}"] = answered(module, {name: one.code for name, one in wrong.items()})
    for notebook in list(handed_in.values())[1:]:
        without_figure(notebook)
    table = {}
    for student, notebook in handed_in.items():
        done, marks = mark(course, module, student, notebook)
        assert done["success"], done["error"]
        table[student] = {name: score for name, score in marks.items() if name not in opens}
    print(module.name, {student: sum(marks.values()) for student, marks in table.items()})
    assert table["full"] == full
    assert set(table["empty"].values()) == {0}
    for number, wrong in enumerate(rounds(module), start=1):
        got = table[f"round-{number}"]
        for name in full:
            assert got[name] == (wrong[name].marks if name in wrong else full[name]), f"{name} in round {number}"


MISFITS = {
    "loops": {"q2": "import time\nwhile True:\n    time.sleep(0.1)"},
    "import-raises": {"q1": "import healthsys_of_nobody"},
    "floods": {"q1": "for line in range(1000):\n    print('x' * 100_000)"},
    "kills": {"q1": "import os\nos._exit(1)"},
}


@pytest.mark.parametrize("kind", [*MISFITS, "tests-deleted", "exercise-deleted"])
def test_marking_goes_on_whatever_is_handed_in(course, kind):
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    full = {exercise.name: exercise.points for exercise in module.exercises if not exercise.is_open}
    course[1].config.Execute.timeout_func = lambda cell: 5 if "while True" in cell.source else 120
    notebook = answered(module, MISFITS.get(kind, {}))
    without_figure(notebook)
    if kind == "tests-deleted":
        notebook.cells = [
            c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-check")
        ]
    if kind == "exercise-deleted":
        notebook.cells = [
            c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id", "") not in ("q2", "q2-check")
        ]
    done, marks = mark(course, module, kind, notebook)
    graded = course[0] / "autograded" / kind / module.name / module.notebook.name
    text = graded.read_text() if graded.is_file() else ""
    if kind == "tests-deleted":
        assert done["success"], done["error"]
        assert set(marks.values()) > {0}
        assert {name: score for name, score in marks.items() if name != "q7"} == full, "each is put back in its place"
    elif kind == "exercise-deleted":
        assert not done["success"]
        assert done["error"], "nbgrader does not mark this one, and says so"
    elif kind == "loops":
        assert done["success"]
        assert marks["q2"] == 0
        assert marks["q3"] == 3
        assert "timeout" in text.lower() or "KeyboardInterrupt" in text
    elif kind == "import-raises":
        assert marks["q1"] == 0
        assert marks["q2"] == 3
        assert "healthsys_of_nobody" in text
    elif kind == "floods":
        assert done["success"]
        assert marks["q2"] == 3
        assert "truncated" in text
    else:
        assert not done["success"] or marks["q1"] == 0


def test_after_every_misfit_the_next_student_is_marked(course):
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    notebook = answered(module, copies.solutions(module))
    without_figure(notebook)
    done, marks = mark(course, module, "next", notebook)
    assert done["success"]
    assert sum(marks.values()) == sum(exercise.points for exercise in module.exercises if not exercise.is_open)


@pytest.fixture(scope="module")
def built():
    """Both editions, as `make teach` leaves them."""
    done = healthsys(PROJECT, "teach", "build")
    assert done.returncode == 0, done.stderr
    return PROJECT / "book/_build/teaching"


def texts_below(folder):
    """Every file below a folder as text, what is inside archives too; of a page what a browser shows as well."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found = {str(path.relative_to(folder)): path.read_bytes()}
        if path.suffix in (".zip", ".whl"):
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
        for name, content in found.items():
            text = content.decode("utf-8", errors="ignore")
            yield name, text
            if name.endswith(".html"):
                yield f"{name}, as read", html.unescape(re.sub(r"<[^>]+>", "", text))


def plant(folder):
    """Copy the modules with a string of its own in each solution and hidden test; return the strings."""
    planted = []
    for module in MODULES:
        notebook = module.read()
        for cell in notebook.cells:
            for marker in ("### END SOLUTION", "### END HIDDEN TESTS"):
                if marker in cell.source:
                    planted.append(f"planted-{module.name}-{cell.metadata.nbgrader.grade_id}")
                    cell.source = cell.source.replace(marker, f"# {planted[-1]}\n{marker}")
        nbformat.write(notebook, folder / module.notebook.name)
        shutil.copy(module.notebook.with_suffix(".yml"), folder)
    return planted


def test_no_planted_answer_is_in_any_file_of_the_students_edition(tmp_path, monkeypatch):
    """Each solution and hidden test gets a string; the instructor's edition holds all, the student's none."""
    (tmp_path / "modules").mkdir()
    planted = plant(tmp_path / "modules")
    assert len(planted) > 70
    monkeypatch.setattr(modules, "folder", lambda: tmp_path / "modules")
    monkeypatch.setattr(editions.paths, "build", lambda: tmp_path / "build")
    assert editions.build()["student"] > 40
    students = dict(texts_below(tmp_path / "build/teaching/student"))
    assert any(name.endswith(".zip/beds-and-slack/beds-and-slack.ipynb") for name in students)
    for name, text in students.items():
        assert "planted-" not in text, name
    instructors = "".join(text for _, text in texts_below(tmp_path / "build/teaching/instructor"))
    assert [one for one in planted if one not in instructors] == []


def bare(text):
    """A text without blanks, and with one kind of quotation marks, however it was escaped or wrapped."""
    return re.sub(r"\s+", "", html.unescape(text)).replace("\\\\", "").replace("\\n", "").replace("'", '"')


def lines_of_solutions():
    """Each line of the solutions, and what one alone assigns; neither imports nor what is too short to tell."""
    answers = [answer for module in MODULES for answer in copies.solutions(module).values()]
    lines = [line for answer in answers for line in answer.split("\n") if not re.match(r"\s*(from|import) ", line)]
    lines += [answer.partition(" = ")[2] for answer in answers if "\n" not in answer]
    return {line.strip() for line in lines if len(line.strip()) >= 18}


def test_no_file_of_the_built_students_edition_holds_a_line_of_a_solution(built):
    lines = {bare(line) for line in lines_of_solutions()}
    names = []
    for name, text in texts_below(built / "student"):
        without_blanks = bare(text)
        held = [line for line in lines if line in without_blanks]
        assert not held, f"{name}: {held[0]}"
        names.append(name)
    for part in (".whl/healthsys/", ".whl/everyday/teaching/figures.py", ".zip/beds-and-slack/", "index.html"):
        assert any(part in name for name in names), part


def test_the_published_book_holds_no_line_of_a_solution(book):  # noqa: F811
    book = PROJECT / "book/_build/html"
    lines = lines_of_solutions()
    wholes = [book / "searchindex.js", book / "_sources"]
    pages = {name: text for name, text in texts_below(book / "teaching")}
    for whole in wholes:
        if whole.is_dir():
            pages |= {name: text for name, text in texts_below(whole) if name.startswith("teaching")}
        elif whole.is_file():
            pages[whole.name] = whole.read_text()
    assert len(pages) > 20
    for name, text in pages.items():
        held = [line for line in lines if line in text or line.replace('"', '\\"') in text]
        assert not held, f"{name}: {held[0]}"


@each
def test_the_instructors_edition_holds_answers_key_slides_and_handout(built, module):
    folder = built / "instructor" / module.name
    for name in (
        "index.html",
        "key.csv",
        "wrong_answers.csv",
        "handout.html",
        "slides.html",
        "notes.html",
        "on-paper-A.html",
        "on-paper-B.html",
        "on-paper-C.html",
        "on-paper-lecturer.html",
        f"{module.name}-answers.ipynb",
    ):
        assert (folder / name).is_file(), name
    slides = (folder / "slides.html").read_text()
    fetched = re.findall(r"<(?:script|link)[^>]*(?:src|href)=[\"']([^\"']+)", slides) + re.findall(
        r"@import[^;]*", slides
    )
    assert fetched
    for address in (address.partition("?")[0] for address in fetched):
        assert not address.startswith(("http", "//")), address
        assert (folder / address).is_file(), address
    assert "https://cdn" not in slides
    assert "unpkg" not in slides


#: What stands outside the window, or outside its slide, of every slide of a deck.
OUTSIDE = """() => [...Array(Reveal.getTotalSlides()).keys()].flatMap(at => {
  Reveal.slide(at);
  const parts = [...Reveal.getCurrentSlide().querySelectorAll("h1,h2,h3,p,li,table,figure,svg,math")];
  return parts.filter(part => part.getClientRects().length && !part.closest("aside")).filter(part => {
    const box = part.getBoundingClientRect();
    const wide = part.localName === "math" && box.width > part.parentElement.getBoundingClientRect().width + 1;
    return wide || box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
  }).map(part => `slide ${at + 1}: ${part.textContent.trim().slice(0, 40)}`);
})"""


def test_nothing_on_a_slide_is_cut_off_on_a_screen_of_either_shape(built):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=miniature.chromium(), args=["--no-sandbox"])
        for width, height in ((1024, 768), (1280, 720)):
            page = browser.new_page(viewport={"width": width, "height": height})
            for module in MODULES:
                page.goto((built / "instructor" / module.name / "slides.html").as_uri())
                page.wait_for_function("window.Reveal && Reveal.isReady()")
                assert page.evaluate(OUTSIDE) == [], f"{module.name} at {width} by {height}"
        browser.close()


def test_every_page_of_the_printed_slides_has_a_slide(built):
    import pypdf

    assert deck.print_slides() == len(MODULES)
    for module in MODULES:
        pages = pypdf.PdfReader(built / "instructor" / module.name / "slides.pdf").pages
        heads = [re.sub(r"[$*`]", "", text.partition("\n")[0].lstrip("# ")) for text, _ in deck.slides(module)]
        assert len(pages) == len(heads), module.name
        for page, head in zip(pages, heads, strict=True):
            assert head.split()[0] in page.extract_text(), f"{module.name}: {head}"


@each
def test_the_handout_prints_on_one_sheet(built, module, tmp_path):
    browser = miniature.chromium()
    page = built / "student" / module.name / "handout.html"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
         "--no-pdf-header-footer",
         f"--print-to-pdf={tmp_path / 'out.pdf'}", page.as_uri()], check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "out.pdf").read_bytes())) == 1


def test_the_roster_command_says_what_it_wrote_and_refuses_in_one_line(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text("id,name\ns1,Ana\n")
    call = ("teach", "roster", str(path), "--seed", "3", "--module", "beds-and-slack", "--out", str(tmp_path / "out"))
    done = healthsys(PROJECT, *call)
    assert done.returncode == 0, done.stderr
    assert "1 students, 1 modules" in done.stdout
    again = healthsys(PROJECT, *call)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert "Traceback" not in again.stderr


def test_the_copy_under_test_is_this_project():
    assert Path(editions.__file__).is_relative_to(PROJECT), sys.path
