"""Where students' code runs when it is marked: without network, keys or other students' work, and within limits."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compendium.errors import RunError
from everyday.teaching import runner

#: Bytes of all lines of a run that are read, bytes of temporary files in the sandbox, bytes of one file.
MOST_BYTES, MOST_FILES, MOST_FILE = 5_000_000, 64_000_000, 20_000_000

#: Printed letters of a cell beyond which the report says so.
MUCH_PRINTED = 1_000_000

#: Where the student's folder and the course's packages are in the sandbox.
_WORK, _COURSE = "/tmp/work", "/course"


@dataclass(frozen=True)
class Limits:
    """Seconds that one cell may take, and megabytes of memory that a process may use."""

    seconds: float = 20
    megabytes: int = 2000


@dataclass
class Ran:
    """What a notebook left: after each cell the values of the answers' variables, and what is worth a line."""

    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@functools.cache
def fault() -> str:
    """Return why bubblewrap makes no sandbox here; nothing where it does."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    done = subprocess.run([*_walls(), sys.executable, "-IS", "-c", ""], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"bubblewrap fails ({(done.stderr.strip().splitlines() or ['?'])[0]})"


def required(*, unsafe: bool) -> None:
    """Refuse to go on where students' code cannot be kept apart, unless told to.

    Raises
    ------
    RunError
        Saying why there is no sandbox and what to do.
    """
    if not unsafe and fault():
        raise RunError(
            f"{fault()}, so students' code cannot be kept apart; on Debian or Ubuntu run `apt-get install bubblewrap`, "
            "and allow unprivileged user namespaces; or mark in a container that holds nothing else, with --unsafe"
        )


def _walls() -> list[str]:
    """Return the call of bubblewrap: the system and Python to read, empty temporary files, nothing else."""
    call = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name in ("/bin", "/lib", "/lib64", "/sbin"):
        if Path(name).is_symlink():
            call += ["--symlink", str(Path(name).readlink()), name]
        elif Path(name).is_dir():
            call += ["--ro-bind", name, name]
    call += ["--size", str(MOST_FILES), "--tmpfs", "/tmp"]  # before the environment, which may be in a folder below it
    prefixes = {str(Path(one).resolve()) for one in (sys.prefix, sys.base_prefix)} | {sys.prefix, sys.base_prefix}
    for name in ["/usr", *sorted(one for one in prefixes if not one.startswith("/usr"))]:
        call += ["--ro-bind", name, name]
    return [*call, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]


@contextlib.contextmanager
def packages():
    """Give a folder with what a student installs and nothing else: the methods and the self-checks."""
    from everyday.teaching import editions

    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        for name, content in editions.course().items():
            if name.endswith(".whl"):
                path = Path(folder) / Path(name).name
                path.write_bytes(content)
                shutil.unpack_archive(path, folder, "zip")
                path.unlink()
        shutil.copy(runner.__file__, Path(folder) / "runner.py")
        yield Path(folder)


def execute(
    cells: Sequence[str], *, names: Sequence[str], data: Mapping[str, bytes], course: Path, limits: Limits, unsafe: bool
) -> Ran:
    """Execute a student's cells in order, apart from everything else.

    A cell that ends Python, or takes too long, is left out, and the others are executed again without it. ``names`` are
    the variables that hold answers, ``data`` the files of the folder ``data``, ``course`` what :func:`packages` gives;
    ``unsafe`` runs without a sandbox, with the limits alone. If Python does not start, a ``RunError`` says so.
    """
    left_out: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="marked-") as folder:
        for name, content in data.items():
            path = Path(folder) / "data" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        while True:
            ran = Ran()
            todo = [(number, source) for number, source in enumerate(cells) if number not in left_out]
            ended = _once(todo, names, Path(folder), course, limits, unsafe, ran)
            if ended is None:
                break
            number, why = ended
            if number is None:
                raise RunError(f"students' code cannot be run: {why}")
            left_out[number] = why
    for number, why in left_out.items():
        ran.errors[number] = why
        ran.remarks.append(f"cell {number + 1} {why}; the other cells were executed without it")
    return ran


def _once(
    todo: list[tuple[int, str]], names: Sequence[str], folder: Path, course: Path, limits: Limits, unsafe: bool,
    ran: Ran,
) -> tuple[int | None, str] | None:  # fmt: skip
    """Execute once; return which cell ended it and how, or None if all were executed."""
    work = str(folder) if unsafe else _WORK
    inside = str(course) if unsafe else _COURSE
    surroundings = {
        "PATH": "/usr/bin:/bin", "HOME": work, "PYTHONPATH": inside, "MPLCONFIGDIR": work, "IPYTHONDIR": work,
        "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg",
    }  # fmt: skip
    command = [sys.executable, f"{inside}/runner.py"]
    if not unsafe:
        given = [part for name, value in surroundings.items() for part in ("--setenv", name, value)]
        walls = [*_walls(), "--ro-bind", str(course), _COURSE, "--ro-bind", str(folder / "data"), f"{_WORK}/data"]
        command = [*walls, "--remount-ro", "/", "--chdir", _WORK, *given, *command]
    job = {
        "cells": todo, "names": list(names),
        "limits": {"memory": limits.megabytes * 1_000_000, "seconds": int(limits.seconds * 10) + 30,
                   "written": MOST_FILE},
    }  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings,
        cwd=work if unsafe else None, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(job).encode())
                process.stdin.close()
            return _listen(process, limits, ran)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _listen(process: subprocess.Popen, limits: Limits, ran: Ran) -> tuple[int | None, str] | None:
    """Read the lines of a run until it is done, ends or takes too long."""
    open_cell, read, rest = None, 0, b""
    deadline = time.monotonic() + 60 + limits.seconds  # to start
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not ready.select(max(deadline - time.monotonic(), 0)):
                return open_cell, f"ran longer than {limits.seconds:g} seconds"
            chunk = os.read(process.stdout.fileno(), 65536)
            read += len(chunk)
            if read > MOST_BYTES:
                return open_cell, "gave more than can be read"
            if not chunk:
                said = process.stderr.read(300).decode(errors="replace").strip() if process.stderr else ""
                return open_cell, said or "Python ended at once" if open_cell is None else "ended Python"
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                try:
                    told = json.loads(line)
                    if told.get("done"):
                        return None
                    if "begin" in told:
                        open_cell, deadline = int(told["begin"]), time.monotonic() + limits.seconds
                        continue
                    number, printed = int(told["end"]), int(told["printed"])
                    ran.values[number] = dict(told["values"])
                    ran.errors[number] = str(told["error"])
                    if printed > MUCH_PRINTED:
                        much = f"{printed / 1e6:.0f} million characters"
                        ran.remarks.append(f"cell {number + 1} printed {much}; none is kept")
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    continue  # a line that a student's code wrote
