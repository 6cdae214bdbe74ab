"""Marks for what students hand in: their notebooks run apart, their values are compared with the keys here.

Only the values of the answers leave the sandbox. The data, the first cell and the checks are those that were handed
out, whatever a student changed; marks come from the module's own hidden tests, on the student's own data.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat.v4.rwbase import rejoin_lines

from compendium import files, policy
from compendium.errors import RunError
from compendium.spreadsheet import to_csv
from everyday.synthetic import teaching as generators
from everyday.teaching import copies, editions, roster, sandbox
from everyday.teaching.checks import SLIPS, NotYet, same, shown, sitting
from everyday.teaching.modules import Module, load_modules
from healthsys.errors import DataError, nearest, need_columns
from healthsys.io import read_text, row_of
from healthsys.io.csv_files import letters_of

#: Bytes of a notebook that is read.
MOST_BYTES = 20_000_000

#: Marks of an open question that each criterion of the rubric is worth.
CRITERION = 2


@dataclass
class Marked:
    """One student's marks in one module, by exercise, and what is worth a line in the report.

    ``read`` is false where there was no notebook to mark: then the register has no marks, rather than 0.
    """

    student: str
    module: Module
    marks: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    read: bool = True


def variables(module: Module) -> dict[str, str]:
    """Return the variable that holds the answer of each exercise, by exercise."""
    found = {}
    for cell in module.read().cells:
        first = re.match(r"(\w+) = None", cell.source)
        if cell.cell_type == "code" and first and "nbgrader" in cell.metadata:
            found[cell.metadata["nbgrader"]["grade_id"]] = first[1]
    return found


def folders_of(submitted: Path, students: Iterable[str]) -> dict[str, Path]:
    """Return the folder of each student: the one named by the id, else by what the roster takes to be the same id."""
    there = {path.name: path for path in sorted(submitted.iterdir()) if path.is_dir() or path.is_symlink()}
    alike = {roster.plain_id(name): path for name, path in reversed(there.items())}
    missing = {student: submitted / student for student in students}
    return {student: there.get(student) or alike.get(roster.plain_id(student), missing[student]) for student in missing}


def looked_for(own: Path, module: str) -> tuple[Path, str]:
    """Return the notebook of a module in a student's folder, and what is said of it if it has another name or place.

    It is ``<module>/<module>.ipynb``; else the only notebook in that folder; else the only one in the student's
    folder that is named after the module.

    Raises
    ------
    DataError
        If there is none, or several of which none has the name; it names what is there.
    """
    usual = own / module / f"{module}.ipynb"
    if usual.is_symlink() or usual.is_file() or usual.parent.is_symlink() or own.is_symlink():
        return usual, ""
    inside, above = _notebooks(usual.parent), _notebooks(own)
    named = [path for path in above if path.stem.casefold().startswith(module.casefold())]
    found = inside or named
    if len(found) == 1:
        place = found[0].relative_to(own).as_posix()
        return found[0], f"there is no {module}/{module}.ipynb; the notebook {place} was marked in its place"
    there = ", ".join(path.relative_to(own).as_posix() for path in found or above)
    if found:
        raise DataError(f"no notebook is named {module}.ipynb, and there are {len(found)}: {there}; leave one of them")
    if there:
        raise DataError(f"no notebook of {module} was found; there is {there}: put it at {module}/{module}.ipynb")
    raise DataError("no notebook was handed in")


def _notebooks(folder: Path) -> list[Path]:
    """Return the notebooks of a folder; hidden files, such as those of a Mac, are none."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if one.suffix.lower() == ".ipynb" and not one.name.startswith("."))


def handed_in(path: Path, submitted: Path) -> nbformat.NotebookNode:
    """Return a notebook that was handed in, in the folder of them all.

    Raises
    ------
    DataError
        Saying why it is not read: not there, a link, too large, not a notebook.
    """
    if any(one.is_symlink() for one in (path, *path.parents) if one.is_relative_to(submitted) and one != submitted):
        raise DataError("the notebook is a link to another file; it is not followed")
    if not path.is_file():
        raise DataError("no notebook was handed in")
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"the notebook has more than {MOST_BYTES // 1_000_000} MB; it is not read")
    try:
        notebook = rejoin_lines(nbformat.from_dict(json.loads(path.read_text(encoding="utf-8-sig"))))
        for cell in notebook.cells:  # every part that is used, whatever the file says it is
            cell.source, cell.metadata.get("tags", []), str(cell.cell_type)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError("the file is not a notebook that can be read") from None
    return notebook


@dataclass
class Plan:
    """What is executed of a notebook: sources, the exercise that each belongs to, and remarks on what was changed."""

    sources: list[str] = field(default_factory=list)
    exercise: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    by_name: bool = False


def plan(module: Module, notebook: nbformat.NotebookNode) -> Plan:
    """Return what is executed: the first cell as it was handed out, then the student's cells, without checks."""
    whole = copies.student_notebook(module.read(), label=module.name)
    original = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in whole.cells if "nbgrader" in cell.metadata}
    exercises = list(variables(module))
    found = Plan([original["setup"].source], [""])
    order: list[str] = []
    current = ""
    for cell in notebook.cells:
        name = _id(cell)
        locked = name in original and (name == "setup" or name.endswith("-check"))
        if locked and cell.source.strip() != original[name].source.strip():
            found.remarks.append(f"the cell {name} was changed; the one handed out counts")
        if name:
            current = name if name in exercises else ""
        if cell.cell_type != "code" or locked or "figure" in cell.metadata.get("tags", []):
            continue
        if name in exercises:
            order.append(name)
        found.sources.append(cell.source)
        found.exercise.append(current)
    ids = {_id(cell) for cell in notebook.cells}
    for name in original:
        if name.endswith("-check") and name not in ids:
            found.remarks.append(f"the cell {name} is missing; the one handed out counts")
    for name in exercises:
        if order.count(name) > 1:
            found.remarks.append(f"{name} occurs {order.count(name)} times; its last answer counts")
        elif name not in order:
            variable = variables(module)[name]
            found.remarks.append(f"there is no cell {name}; the first value of `{variable}` counts, if there is one")
    once = list(dict.fromkeys(order))
    if once != [name for name in exercises if name in once]:
        found.by_name = True
        found.remarks.append("the exercises are in another order, or their ids were changed; variables count by name")
    return found


def _id(cell: nbformat.NotebookNode) -> str:
    """Return the id that nbgrader knows a cell by; a student may have written anything there."""
    given = cell.metadata.get("nbgrader", {})
    return str(given.get("grade_id", "")) if isinstance(given, dict) else ""


def answers(module: Module, planned: Plan, ran: sandbox.Ran) -> dict[str, Any]:
    """Return the value of each exercise: the last in its own cells, else the first that its variable has anywhere."""
    found = {}
    for exercise, name in variables(module).items():
        after = [(planned.exercise[at], values.get(name)) for at, values in sorted(ran.values.items())]
        own = [value for where, value in after if where == exercise and value is not None]
        anywhere = [value for _, value in after if value is not None]
        missing = planned.by_name or exercise not in planned.exercise
        found[exercise] = own[-1] if own and not planned.by_name else (anywhere[0] if anywhere and missing else None)
    return found


def compare(
    module: Module, frames: Mapping[str, pd.DataFrame], values: Mapping[str, Any]
) -> dict[str, tuple[int, str]]:
    """Return marks and what is said, by exercise, of values on a student's data: by the module's hidden tests."""
    by_id = {_id(cell): code for cell, code in copies.compiled(module)}
    found = {}
    with sitting(frames) as made, contextlib.redirect_stdout(io.StringIO()):
        space: dict[str, Any] = {}
        exec(by_id["setup"], space)
        for exercise, name in variables(module).items():
            value = values.get(exercise)
            made.answers.clear()
            said = ""
            try:
                if isinstance(value, dict):
                    raise NotYet(f"{name} is a {value.get('kind')}, which cannot be marked")
                exec(by_id[f"{exercise}-check"], {**space, name: value})
            except NotYet as error:
                said = str(error)
            except Exception as error:  # the value of an answer may be anything
                said = f"{name} cannot be marked: {type(error).__name__}"
            marks = made.answers[-1]["marks"] if made.answers and not said else 0
            found[exercise] = (marks, said)
    return found


def run(
    module: Module, own: Path, *, made: dict[str, bytes], course: Path, limits: sandbox.Limits,
    unsafe: bool,
) -> tuple[Plan, sandbox.Ran] | str:  # fmt: skip
    """Execute the notebook in a student's folder on their data; what is wrong with it if it cannot be read."""
    try:
        path, said = looked_for(own, module.name)
        planned = plan(module, handed_in(path, own.parent))
    except DataError as error:
        return str(error)
    if said:
        planned.remarks.insert(0, said)
    data = {f"{name}.csv": content for name, content in (editions.bundled(module) | made).items()}
    data[SLIPS] = copies.slips_text(copies.AnswerKey([], {}, {})).encode()
    names = list(variables(module).values())
    return planned, sandbox.execute(
        planned.sources, names=names, data=data, course=course, limits=limits, unsafe=unsafe
    )


def judge(student: str, module: Module, ran: tuple[Plan, sandbox.Ran] | str, *, made: Mapping[str, bytes]) -> Marked:
    """Return the marks of what was executed; a notebook that cannot be read is not marked, which the report says."""
    marked = Marked(student, module, dict.fromkeys(variables(module), 0))
    if isinstance(ran, str):
        marked.remarks.append(ran)
        marked.read = False
        return marked
    planned, left = ran
    marked.remarks += planned.remarks + left.remarks
    marked.values = answers(module, planned, left)
    frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
    slips = copies.answer_key(module, frames).slips
    for exercise, (marks, said) in compare(module, frames, marked.values).items():
        value = marked.values[exercise]
        named = [slip["says"] for slip in slips[exercise] if same(value, slip["answer"])]
        failed = [error for at, error in left.errors.items() if error and planned.exercise[at] == exercise]
        marked.marks[exercise] = marks
        marked.said[exercise] = named[0] if named else said
        if failed and not marks:
            marked.said[exercise] = f"The cell stopped: {failed[0]}"
    return marked


def mark(
    submitted: Path, *, keys: Path, out: Path, modules: list[Module], limits: sandbox.Limits | None = None,
    unsafe: bool = False, criteria: Path | None = None, jobs: int | None = None,
) -> list[Marked]:  # fmt: skip
    """Mark ``submitted/<id>/<module>/<module>.ipynb`` for every student of a roster, and write marks and feedback.

    ``submitted`` is what nbgrader collects, ``keys`` the folder that ``healthsys teach roster`` wrote. ``out`` gets
    ``register.csv``, ``report.csv``, ``criteria.csv`` and ``feedback/<id>.html``; ``criteria`` is the ``criteria.csv``
    of an earlier run with the lecturer's marks of the open questions. ``limits`` are those of a cell, ``unsafe`` runs
    students' code without a sandbox, ``jobs`` is the number of notebooks at once (one a core by default).

    Raises
    ------
    RunError, DataError
        If there is no sandbox, no roster, nothing handed in, or the folder has marks already.
    """
    sandbox.required(unsafe=unsafe)
    seeds = _seeds(keys)
    if not submitted.is_dir():
        raise RunError(f"{submitted}: there is no such folder; give the folder with a folder for each student")
    if (out / "register.csv").exists():
        raise RunError(f"{out / 'register.csv'} is there already; give another folder as --out")
    open_marks = _criteria(criteria, seeds, modules) if criteria else {}
    chosen = {module.name: module for module in modules}
    todo = [row for row in seeds.itertuples(index=False) if row.module in chosen]
    made = {}
    for row in todo:
        made[row.student, row.module] = roster.own_data(chosen[row.module], seed=int(row.seed))
        if roster.fingerprint(made[row.student, row.module]) != row.data:
            raise RunError(
                f"{roster.SEEDS}: the data of {row.student} in {row.module} are no longer made as they were; mark with "
                "the version of the book that wrote the roster"
            )
    folders = folders_of(submitted, seeds["student"])
    with sandbox.packages() as course, ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:

        def one(row: Any) -> tuple[Plan, sandbox.Ran] | str:
            return run(
                chosen[row.module], folders[row.student], made=made[row.student, row.module], course=course,
                limits=limits or sandbox.Limits(), unsafe=unsafe,
            )  # fmt: skip

        marked = [
            judge(row.student, chosen[row.module], ran, made=made[row.student, row.module])
            for row, ran in zip(todo, pool.map(one, todo), strict=True)
        ]
    used = set(folders.values())
    strangers = sorted(path.name for path in submitted.iterdir() if path.is_dir() and path not in used)
    _write(out, marked, strangers=strangers, open_marks=open_marks)
    return marked


def _seeds(keys: Path) -> pd.DataFrame:
    path = keys / "keys" / roster.SEEDS
    if not path.is_file():
        raise RunError(f"{path}: there is no such file; give the folder that `teach roster` wrote as --roster")
    frame = _table(path, ["student", "module", "seed", "data"])
    names = [module.name for module in load_modules()]
    seen: dict[tuple[str, str], int] = {}
    for at, (student, module, seed, data) in enumerate(frame.itertuples(index=False)):
        row = row_of(frame, at)
        for column, given in zip(frame.columns, (student, module, seed, data), strict=True):
            if not given:
                raise DataError(f"{path.name}, row {row}, column '{column}': the cell is empty; {_AS_WRITTEN}")
        if module not in names:
            raise DataError(
                f"{path.name}, row {row}, column 'module': '{module}' is no module; allowed: {', '.join(names)}."
                f"{nearest(module, names)} {_AS_WRITTEN[0].upper()}{_AS_WRITTEN[1:]}"
            )
        if not re.fullmatch(r"\d+", seed):
            raise DataError(
                f"{path.name}, row {row}, column 'seed': '{seed}' is not a whole number from 0; {_AS_WRITTEN}"
            )
        _refuse_twice(seen, (roster.plain_id(student), module), row, "student", student, label=path.name)
    return frame


#: What to do with a file of seeds that was changed.
_AS_WRITTEN = "use the file as `teach roster` wrote it"


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Return these columns of a file as text, however a spreadsheet saved it; an empty cell is an empty text."""
    frame = read_text(path, label=path.name, wanted=columns)
    need_columns(frame, columns, path.name, more=f" Needed: {', '.join(columns)}")
    rows = [row_of(frame, at) for at in range(len(frame))]
    frame = frame[columns].fillna("")
    frame.attrs["rows"] = tuple(rows)
    return frame


def _refuse_twice(seen: dict[Any, int], key: Any, row: int, column: str, given: str, *, label: str) -> None:
    """Raise if a key was in an earlier row; ``column`` and ``given`` tell the row."""
    if key in seen:
        raise DataError(
            f"{label}, row {row}, column '{column}': '{given}' is also in row {seen[key]} for the same student and "
            "module; keep one of the two rows"
        )
    seen[key] = row


def _criteria(path: Path, seeds: pd.DataFrame, modules: list[Module]) -> dict[tuple[str, str, str], float]:
    """Return the lecturer's marks by student, module and criterion, each as the roster and the rubric write it."""
    if not path.is_file():
        raise DataError(f"{path.name}: there is no such file; give the criteria.csv of an earlier marking")
    frame = _table(path, ["student", "module", "criterion", "marks"])
    students = {roster.plain_id(student): student for student in seeds["student"]}
    handed_out = {letters_of(name): name for name in seeds["module"]}
    taken = set(zip(seeds["student"], seeds["module"], strict=True))
    known = {module.name: module for module in [*load_modules(), *modules]}
    found: dict[tuple[str, str, str], float] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for at, (student, module, criterion, marks) in enumerate(frame.itertuples(index=False)):
        row = row_of(frame, at)

        def refuse(column: str, given: str, says: str, row: int = row) -> DataError:
            return DataError(f"{path.name}, row {row}, column '{column}': '{given[:60]}' {says}")

        if roster.plain_id(student) not in students:
            ids = list(dict.fromkeys(seeds["student"]))
            some = f"the ids of the roster ({', '.join(ids[:5])}{', …' if len(ids) > 5 else ''})"
            says = f"is no student of the roster; allowed: {some}.{nearest(student, ids)} Correct the id, or remove"
            raise refuse("student", student, f"{says} the row")
        own = students[roster.plain_id(student)]
        name = handed_out.get(letters_of(module), "")
        if (own, name) not in taken:
            names = [one for who, one in sorted(taken) if who == own]
            says = f"is no module of this student; allowed: {', '.join(names)}.{nearest(module, names)}"
            raise refuse("module", module, f"{says} Correct the name, or remove the row")
        rubric = [entry["criterion"] for entry in known[name].about["rubric"]]
        entry = next((one for one in rubric if letters_of(one) == letters_of(criterion)), None)
        if entry is None:
            says = f"is no criterion of {name}; allowed: {', '.join(rubric)}.{nearest(criterion, rubric)}"
            raise refuse("criterion", criterion, f"{says} Correct it, or remove the row")
        _refuse_twice(seen, (own, name, entry), row, "criterion", criterion, label=path.name)
        if not marks:
            continue
        number = float(marks.replace(",", ".")) if re.fullmatch(r"-?\d+([.,]\d*)?", marks) else None
        if number is None or not 0 <= number <= CRITERION:
            wrong = "is not a number" if number is None else "is out of range"
            says = f"{wrong}; allowed: from 0 to {CRITERION}, such as 1.5, or an empty cell. Correct the marks"
            raise refuse("marks", marks, says)
        found[own, name, entry] = number
    return found


def _write(
    out: Path, marked: list[Marked], *, strangers: list[str], open_marks: Mapping[tuple[str, str, str], float]
) -> None:
    """Write all tables and pages, or nothing."""
    register, report, criteria = [], [], []
    for one in marked:
        rubric = [entry["criterion"] for entry in one.module.about["rubric"]]
        given = [open_marks.get((one.student, one.module.name, name)) for name in rubric]
        automatic = sum(one.marks.values())
        points = sum(exercise.points for exercise in one.module.exercises if not exercise.is_open)
        whole = automatic + sum(given) if one.read and None not in given else None
        register.append({
            "student": one.student, "module": one.module.name, "automatic": automatic if one.read else None,
            "automatic_of": points,
            "open": sum(given) if None not in given else None, "open_of": CRITERION * len(rubric), "total": whole,
        })  # fmt: skip
        criteria += [
            {"student": one.student, "module": one.module.name, "criterion": name, "marks": mark, "of": CRITERION}
            for name, mark in zip(rubric, given, strict=True)
        ]
        report += [{"student": one.student, "module": one.module.name, "what": text} for text in one.remarks]
    said = "the folder belongs to nobody in the roster"
    report += [{"student": name, "module": "", "what": said} for name in strangers]
    page = policy.templates("everyday").get_template("feedback.html")
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=out, prefix=".marks-"))
    try:
        files.write_whole(work / "report.csv", to_csv(pd.DataFrame(report, columns=["student", "module", "what"])))
        files.write_whole(work / "criteria.csv", to_csv(pd.DataFrame(criteria)))
        for student in dict.fromkeys(one.student for one in marked):
            own = [one for one in marked if one.student == student]
            text = page.render(student=student, marked=[_shown(one, open_marks) for one in own])
            files.write_whole(work / "feedback" / f"{student}.html", text)
        files.write_whole(work / "register.csv", to_csv(pd.DataFrame(register).astype({"automatic": "Int64"})))
        for path in sorted(work.iterdir()):
            path.rename(out / path.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _plainly(one: Marked, marks: int, points: int) -> str:
    """Return what is said of an exercise that has no comment of its own."""
    if not one.read:
        return "There was no notebook to mark."
    return "Right." if marks == points else "Partly right."


def _shown(one: Marked, open_marks: Mapping[tuple[str, str, str], float]) -> dict[str, Any]:
    """Return what a feedback page shows of one module."""
    rows = []
    for exercise in one.module.exercises:
        if not exercise.is_open:
            value = one.values.get(exercise.name)
            given = "no answer" if value is None or isinstance(value, dict) else shown(value)
            marks = one.marks[exercise.name]
            said = one.said.get(exercise.name) or _plainly(one, marks, exercise.points)
            earned = f"{marks} of {exercise.points}" if one.read else "not marked"
            rows.append([exercise.title, given, earned, said])
    for entry in one.module.about["rubric"]:
        marks = open_marks.get((one.student, one.module.name, entry["criterion"]))
        given = "not marked yet" if marks is None else f"{marks:g} of {CRITERION}"
        rows.append([f"Open question: {entry['criterion']}", "", given, f"Full marks: {entry['full']}"])
    return {"title": one.module.title, "rows": rows, "remarks": one.remarks}
