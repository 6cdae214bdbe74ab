"""The student's edition, which holds no answer anywhere, and the instructor's, which holds them all."""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from compendium import datasets, files, paths, policy, report, typefaces
from compendium.errors import RunError
from everyday.synthetic import to_csv_bytes
from everyday.teaching import copies, deck, pages, paper
from everyday.teaching.checks import SLIPS
from everyday.teaching.modules import Module, load_modules

#: What the first page of an edition leads to in the folder of a module, in the order of use.
FIRST = {
    "student": {"index.html": "page", "handout.html": "handout"},
    "instructor": {
        "notes.html": "notes", "slides.html": "slides", "handout.html": "handout", "on-paper-A.html": "sheets A",
        "on-paper-B.html": "B", "on-paper-C.html": "C", "on-paper-lecturer.html": "keys of the sheets",
        "index.html": "page with answers",
    },
}  # fmt: skip

#: How nbgrader marks: it goes on after a loop without end, a flood of output, a kernel that dies.
NBGRADER_CONFIG = """# nbgrader's settings: `nbgrader autograde MODULE` goes on whatever a student hands in.
c = get_config()
c.CourseDirectory.course_id = "everyday-resilience"
c.OverwriteCells.add_missing_cells = True  # a deleted test is put back below its answer
c.Execute.timeout = 60  # seconds a cell may run; then it is interrupted and earns nothing
c.Execute.interrupt_on_timeout = True
c.Execute.iopub_timeout = 30
c.Execute.raise_on_iopub_timeout = False
c.LimitOutput.max_lines = 200  # of what a cell prints, this much is kept
c.LimitOutput.max_traceback = 40
"""


def build() -> dict[str, int]:
    """Write both editions of every module below the build folder; return the number of files in each.

    They stand in ``book/_build/teaching/student`` and ``…/instructor``. The earlier editions stay until both are whole.

    Raises
    ------
    RunError
        If there is no module, or the environment lacks what makes slides.
    """
    modules = load_modules()
    if not modules:
        raise RunError("there is no module in notebooks/teaching/")
    target = paths.build() / "teaching"
    work = target.with_name(".teaching-new")
    shutil.rmtree(work, ignore_errors=True)
    try:
        for module in modules:
            _student(work / "student", module)
            _instructor(work / "instructor", module)
        before = pages.unlinked((paths.book() / "teaching" / "get-ready.md").read_text(encoding="utf-8"))
        for edition in ("student", "instructor"):
            index = _index(modules, FIRST[edition])
            files.write_whole(work / edition / "index.html", _rendered(index, title="Teaching modules"))
            files.write_whole(work / edition / "before-class.html", _rendered(before, title="Before class"))
        files.write_whole(work / "instructor" / "nbgrader" / "nbgrader_config.py", NBGRADER_CONFIG)
        deck.build(modules, work / "instructor")
        files.replace_folder(work, target)
        target.chmod(0o755)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {name: sum(p.is_file() for p in (target / name).rglob("*")) for name in ("student", "instructor")}


@functools.cache
def course() -> dict[str, bytes]:
    """Return what a student installs, contents by path: the two light wheels, and the list that names them.

    Raises
    ------
    RunError
        If the environment lacks what builds wheels.
    """
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for source in (paths.root() / "wheel", paths.root() / "wheel" / "teaching"):
            command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
            done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise RunError(f"the students' wheels were not built: {said}; install the group 'teach': make teach")
        for path in sorted(Path(folder).glob("*.whl"), reverse=True):  # the methods first: the checks need them
            found[f"wheels/{path.name}"] = path.read_bytes()
    found["requirements.txt"] = "".join(f"./{name}\n" for name in found).encode()
    return found


def bundled(module: Module) -> dict[str, bytes]:
    """Return the class's data files of a module, by name of the data set."""
    return {name: datasets.path_of(name).read_bytes() for name in module.about["data"]}


def student_files(module: Module) -> dict[str, bytes]:
    """Return what a student is given of a module: notebook, data, handout; contents by path."""
    copy = copies.student_notebook(module.read(), label=module.notebook.name)
    found = course() | {
        f"{module.name}.ipynb": (nbformat.writes(copy) + "\n").encode(),
        "handout.html": handout(module).encode(),
    }
    found |= {f"data/{name}.csv": content for name, content in bundled(module).items()}
    secret = module.notebook.read_text(encoding="utf-8")  # it holds the solutions
    known = copies.slips_text(copies.answer_key(module), salt=f"practice, {module.name}: ", secret=secret)
    found[f"data/{SLIPS}"] = known.encode()
    return found


def student_zip(module: Module) -> bytes:
    """Return the files of :func:`student_files` as an archive; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(student_files(module).items()):
            entry = zipfile.ZipInfo(f"{module.name}/{name}", date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _student(folder: Path, module: Module) -> None:
    text = pages.resolved(pages.page(module))
    for name, content in student_files(module).items():
        files.write_whole(folder / module.name / name, content)
    files.write_whole(folder / module.name / "index.html", _rendered(_local(text, module), title=module.title))
    files.write_whole(folder / "_sources" / f"{module.name}.md", text)
    files.write_whole(folder / f"{module.name}.zip", student_zip(module))


def _local(text: str, module: Module) -> str:
    """Point a page's links at what lies next to it in the edition."""
    text = text.replace(f"files/{module.name}.zip", f"../{module.name}.zip")
    for name in module.about["data"]:
        text = text.replace(f"../reference/data-dictionary.html#data-{name}", f"data/{name}.csv")
    return pages.unlinked(text)


def _instructor(folder: Path, module: Module) -> None:
    here = folder / module.name
    source = module.notebook.read_bytes()
    files.write_whole(here / f"{module.name}-answers.ipynb", source)
    files.write_whole(folder / "nbgrader" / "source" / module.name / f"{module.name}.ipynb", source)
    files.write_whole(here / "key.csv", to_csv_bytes(pd.DataFrame(copies.answer_key(module).rows)))
    wrong = pd.DataFrame([vars(mistake) for mistake in module.mistakes])
    files.write_whole(here / "wrong_answers.csv", to_csv_bytes(wrong))
    files.write_whole(here / "handout.html", handout(module))
    tables = paper.variants(module)
    written = {
        "index": (pages.resolved(pages.page(module, answers=True)), " (answers)"),
        "notes": (pages.resolved(pages.lecturer(module)), " (notes)"),
        "on-paper-lecturer": (paper.instructions(module, tables), ": sheets, for the lecturer"),
    }
    for variant, made in tables.items():
        written[f"on-paper-{variant}"] = paper.sheets(module, variant, made), f": sheets {variant}"
    for name, (text, what) in written.items():
        files.write_whole(here / f"{name}.html", _rendered(pages.unlinked(text), title=f"{module.title}{what}"))


def handout(module: Module) -> str:
    """Return the handout of a module: one HTML page that prints on one sheet of A4."""
    template = policy.templates().get_template("handout.html")
    body = report.markdown(pages.unlinked(pages.handout(module)))
    kinds = ", ".join(sorted({datasets.describe(name)["kind"] for name in module.about["data"]}))
    return template.render(title=module.title, body=body, kinds=kinds, typefaces=typefaces.rules()) + "\n"


def _rendered(text: str, *, title: str) -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    record: dict[str, Any] = {"run": "teaching", "results": {}, "parameters": {}}
    return report.render(notebook, record, title=title)


def _index(modules: list[Module], sheets: dict[str, str]) -> str:
    lines = [
        f"- **{module.title}**: " + ", ".join(f"[{called}]({module.name}/{name})" for name, called in sheets.items())
        for module in modules
    ]
    return "# Teaching modules\n\n[Before class](before-class.html)\n\n" + "\n".join(lines) + "\n"
