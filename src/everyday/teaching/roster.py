"""One folder per student: the same exercises, their own data; a key per student for the lecturer."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compendium import files
from compendium.errors import RunError
from compendium.spreadsheet import guarded
from everyday.synthetic import teaching as generators
from everyday.synthetic import to_csv_bytes
from everyday.teaching import copies, editions
from everyday.teaching.checks import SLIPS
from everyday.teaching.modules import Module, load_modules
from healthsys.errors import DataError
from healthsys.io import read_text, row_of
from healthsys.io.checks import names_total

#: What an id may be made of: it names a folder on every system.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

#: Columns that may hold the id, whatever their capitals and blanks.
ID_COLUMNS = ("id", "student_id", "student", "student_number")

#: Files among the keys of a class that a student's own key would replace.
RESERVED = ("all", "seeds")

#: Words of a row below the students, next to those of :func:`healthsys.io.checks.names_total`.
_BELOW = {"sum", "mean", "average", "median", "count"}


def read_roster(path: Path) -> list[str]:
    """Return the ids of a roster, in order; names and anything else in it are not kept.

    It is a workbook or a CSV file with a column ``id``, ``student``, ``Student ID`` or ``student_number``. A fault is a
    ``DataError`` with file, row, value and remedy: no id column, no student, an empty id, one that cannot name a
    folder or is kept for the class, a row of totals, the same id twice.
    """
    label = path.name
    if not path.is_file():
        raise DataError(f"{label}: there is no such file; give a workbook or a CSV file with a column 'id'")
    frame = read_text(path, label=label, wanted=ID_COLUMNS)
    columns = [re.sub(r"[^a-z]+", "_", str(name).strip().lower()).strip("_") for name in frame.columns]
    at = next((columns.index(name) for name in ID_COLUMNS if name in columns), None)
    if at is None:
        had = ", ".join(map(str, frame.columns))
        raise DataError(f"{label}: there is no column 'id'; the header has: {had}. Name one column 'id'")
    given = frame.iloc[:, at].fillna("")
    return _ids([(row_of(frame, row), value) for row, value in enumerate(given)], label=label)


def plain_id(given: str) -> str:
    """Return an id as ids are compared: without capitals, and without zeros that a spreadsheet adds or drops.

    >>> plain_id("0123") == plain_id("123.0"), plain_id("S4"), plain_id("s04")
    (True, 's4', 's04')
    """
    return re.sub(r"^0+(?=\d)|\.0+$", "", given) if re.fullmatch(r"\d+(\.0+)?", given) else given.lower()


def _ids(found: list[tuple[int, str]], *, label: str) -> list[str]:
    seen: dict[str, tuple[int, str]] = {}
    for number, given in found:
        place = f"{label}, row {number}, column 'id'"
        if not given:
            raise DataError(f"{place}: the id is empty; every student needs one")
        if given.partition(".")[0].lower() in files.DEVICES:
            raise DataError(f"{place}: Windows keeps '{given}' for a device; give the student another id")
        if not _ID.fullmatch(given) or given.endswith("."):
            raise DataError(
                f"{place}: '{given}' cannot name a folder everywhere; allowed: up to 40 unaccented letters, digits, "
                "'-', '_' and '.', beginning with a letter or digit. Use student numbers, not names"
            )
        if given.lower() in RESERVED:
            raise DataError(f"{place}: '{given}' names a file of the class among the keys; give the student another id")
        if names_total(given) or given.lower() in _BELOW:
            raise DataError(f"{place}: '{given}' marks a row of totals, not a student; remove the row")
        plain = plain_id(given)
        if plain in seen:
            first, other = seen[plain]
            if other.lower() == given.lower():
                raise DataError(f"{place}: '{given}' is also in row {first}; remove one of them")
            raise DataError(
                f"{place}: '{given}' and '{other}' (row {first}) differ only in zeros that a spreadsheet adds or "
                "drops; remove one of them, or give one another id"
            )
        seen[plain] = (number, given)
    return [given for _, given in found]


#: Among the keys: the seed of each student's data, from which marking makes them again.
SEEDS = "seeds.csv"


def seed_of(student: str, *, seed: int) -> int:
    """Return a student's own seed, from the roster's seed and the id.

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
    """Write ``students/<id>/<module>/`` and ``keys/`` of a roster into a folder; return the ids.

    Nothing is left where anything fails, and a folder with students is never written over. ``tell`` is called with each
    id when it is done; all modules are handed out unless some are named.
    """
    students = read_roster(path)
    if seed < 0:
        raise DataError(f"the seed is {seed}; allowed: a whole number from 0")
    for name in ("students", "keys"):
        if (out / name).exists():
            raise RunError(f"{out / name} is there already, perhaps with students' work; give another folder as --out")
    modules = modules if modules is not None else load_modules()
    given = {module.name: _for_all(module) for module in modules}
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=out, prefix=".roster-"))
    try:
        rows: list[dict[str, Any]] = []
        drawn: list[dict[str, Any]] = []
        for student in students:
            key, seeds = _student(work, student, seed=seed, modules=modules, given=given)
            rows += key
            drawn += seeds
            tell(student)
        keys = pd.DataFrame(rows)
        files.write_whole(work / "keys" / "all.csv", to_csv_bytes(guarded(keys)))
        files.write_whole(work / "keys" / SEEDS, to_csv_bytes(pd.DataFrame(drawn)))
        for name in ("students", "keys"):
            (work / name).rename(out / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return students


def fingerprint(made: dict[str, bytes]) -> str:
    """Return a fingerprint of a student's data files: marking checks that they are made again as they were."""
    return hashlib.sha256(b"".join(name.encode() + made[name] for name in sorted(made))).hexdigest()[:16]


def _for_all(module: Module) -> dict[str, bytes]:
    """Return what every student is given of a module, contents by path: all but the data of their own."""
    found = editions.student_files(module)
    own = {f"data/{name}.csv" for name in own_data(module, seed=0)}
    return {name: content for name, content in found.items() if name not in own | {f"data/{SLIPS}"}}


def _student(
    work: Path, student: str, *, seed: int, modules: list[Module], given: dict[str, dict[str, bytes]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Write one student's folder and key; return the rows of the key, and the seed of each module."""
    own = seed_of(student, seed=seed)
    rows, seeds = [], []
    for module in modules:
        folder = work / "students" / student / module.name
        made = own_data(module, seed=own)
        frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
        key = copies.answer_key(module, frames)
        own_files = {f"data/{name}.csv": content for name, content in made.items()}
        own_files[f"data/{SLIPS}"] = copies.slips_text(key).encode()
        for name, content in (given[module.name] | own_files).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if name.startswith("wheels/"):
                _same_file(work / ".wheels" / Path(name).name, content, folder / name)
            else:
                (folder / name).write_bytes(content)
        rows += [{"student": student, **row} for row in key.rows]
        seeds.append({"student": student, "module": module.name, "seed": own, "data": fingerprint(made)})
    files.write_whole(work / "keys" / f"{student}.csv", to_csv_bytes(guarded(pd.DataFrame(rows))))
    return rows, seeds


def _same_file(kept: Path, content: bytes, target: Path) -> None:
    """Write a file that every folder has once, and link to it, or copy where a disk has no links."""
    if not kept.exists():
        files.write_whole(kept, content)
    try:
        os.link(kept, target)
    except OSError:
        shutil.copy(kept, target)
