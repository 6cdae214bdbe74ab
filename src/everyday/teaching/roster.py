"""One folder per student: the same exercises, their own data; a key per student for the lecturer."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd

from compendium import files
from compendium.errors import RunError
from compendium.spreadsheet import guarded
from everyday.synthetic import teaching as generators
from everyday.synthetic import to_csv_bytes
from everyday.teaching import copies
from everyday.teaching.checks import SLIPS
from everyday.teaching.modules import Module, load_modules
from healthsys.errors import DataError

#: What an id may be made of: it names a folder on every system.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

#: Columns that may hold the id.
ID_COLUMNS = ("id", "student_id", "student")


def read_roster(path: Path) -> list[str]:
    """Return the ids of a roster, in order; names and anything else in it are not kept.

    Parameters
    ----------
    path
        A CSV file with a column ``id`` (or ``student_id``), separated by commas or semicolons. Names may hold spaces,
        accents and commas (within quotation marks).

    Raises
    ------
    DataError
        Naming file, row, value and remedy: no id column, no student, an empty id, one that cannot name a folder,
        the same id twice.
    """
    label = path.name
    if not path.is_file():
        raise DataError(f"{label}: there is no such file; give a CSV file with a column 'id'")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{label}: the file is not UTF-8; save it as 'CSV UTF-8'") from None
    header = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ","))
    rows = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not rows:
        raise DataError(f"{label}: the file is empty; give a header with a column 'id' and a row for each student")
    columns = [name.strip().lower() for name in rows[0][1]]
    at = next((columns.index(name) for name in ID_COLUMNS if name in columns), None)
    if at is None:
        raise DataError(f"{label}: there is no column 'id'; the header has: {', '.join(columns)}. Name one column 'id'")
    if len(rows) == 1:
        raise DataError(f"{label}: there is a header but no student; add a row for each")
    return _ids([(number, row[at].strip() if len(row) > at else "") for number, row in rows[1:]], label=label)


def _ids(found: list[tuple[int, str]], *, label: str) -> list[str]:
    seen: dict[str, int] = {}
    for number, given in found:
        place = f"{label}, row {number}, column 'id'"
        if not given:
            raise DataError(f"{place}: the id is empty; every student needs one")
        if not _ID.fullmatch(given) or given.endswith("."):
            raise DataError(
                f"{place}: '{given}' cannot name a folder everywhere; allowed: up to 40 unaccented letters, digits, "
                "'-', '_' and '.', beginning with a letter or digit. Use student numbers, not names"
            )
        if given.lower() in seen:
            raise DataError(f"{place}: '{given}' is also in row {seen[given.lower()]}; remove one of them")
        seen[given.lower()] = number
    return [given for _, given in found]


def seed_of(student: str, *, seed: int) -> int:
    """Return a student's own seed, from the roster's seed and the id.

    Examples
    --------
    >>> seed_of("s001", seed=7) == seed_of("s001", seed=7), seed_of("s001", seed=7) == seed_of("s002", seed=7)
    (True, False)
    """
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=tuple(student.encode()))
    return int(sequence.generate_state(1)[0])


def own_data(module: Module, *, seed: int) -> dict[str, bytes]:
    """Return a student's own data files of a module, as the bytes of CSV files by name of the data set."""
    made = generators.MODULES[module.about["generator"]](seed)
    return {name: to_csv_bytes(frame) for name, frame in made.items()}


def write(
    path: Path,
    *,
    seed: int,
    out: Path,
    tell: Callable[[str], None] = lambda _: None,
    modules: list[Module] | None = None,
) -> list[str]:
    """Write ``students/<id>/<module>/`` and ``keys/`` into a folder; return the ids.

    Nothing is left where anything fails, and a folder with students is never written over.

    Parameters
    ----------
    path
        The roster (:func:`read_roster`).
    seed
        Seed of the roster: not negative.
    out
        Where to write; ``students`` and ``keys`` must not be there yet.
    tell
        Called with each id when it is done.
    modules
        Modules to hand out; all by default.
    """
    students = read_roster(path)
    if seed < 0:
        raise DataError(f"the seed is {seed}; allowed: a whole number from 0")
    for name in ("students", "keys"):
        if (out / name).exists():
            raise RunError(f"{out / name} is there already, perhaps with students' work; give another folder as --out")
    modules = modules if modules is not None else load_modules()
    stripped = {module.name: _student_text(module) for module in modules}
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=out, prefix=".roster-"))
    try:
        rows: list[dict[str, Any]] = []
        for student in students:
            rows += _student(work, student, seed=seed, modules=modules, stripped=stripped)
            tell(student)
        keys = pd.DataFrame(rows)
        files.write_whole(work / "keys" / "all.csv", to_csv_bytes(guarded(keys)))
        seeds = pd.DataFrame({"student": students, "seed": [seed_of(student, seed=seed) for student in students]})
        files.write_whole(work / "keys" / "seeds.csv", to_csv_bytes(seeds))
        for name in ("students", "keys"):
            (work / name).rename(out / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return students


def _student_text(module: Module) -> str:
    return nbformat.writes(copies.student_notebook(module.read(), label=module.notebook.name)) + "\n"


def _student(
    work: Path, student: str, *, seed: int, modules: list[Module], stripped: dict[str, str]
) -> list[dict[str, Any]]:
    """Write one student's folder and key; return the rows of the key."""
    own = seed_of(student, seed=seed)
    rows = []
    for module in modules:
        folder = work / "students" / student / module.name
        (folder / "data").mkdir(parents=True)
        (folder / f"{module.name}.ipynb").write_text(stripped[module.name], encoding="utf-8")
        made = own_data(module, seed=own)
        for name, content in made.items():
            (folder / "data" / f"{name}.csv").write_bytes(content)
        frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
        worked = copies.work_out(module, frames)
        files.write_whole(folder / "data" / SLIPS, copies.slips_text(worked))
        rows += [{"student": student, **row} for row in worked.key]
    files.write_whole(work / "keys" / f"{student}.csv", to_csv_bytes(guarded(pd.DataFrame(rows))))
    return rows
