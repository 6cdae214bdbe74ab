"""Has anything changed since the last whole build? Answered from file sizes and times, without reading a file.

After a build, the size, times and inode of everything it read and wrote are kept in ``book/_build/.state.json``,
with what it said. As long as they are all the same, the next build has nothing to do. What is read is looked at
before the build reads it, so a file that is edited meanwhile counts as changed. This module imports only the
standard library and :mod:`compendium.paths`: the answer "nothing to do" comes at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from compendium import files, paths

#: Folders of the project that a build reads; beside them, the files at its top.
READ = ("benchmarks", "book", "data", "notebooks", "requirements", "results", "src")

#: A file changed so shortly before it was looked at may change again without its time telling (seconds).
TOO_FRESH = 0.05


class Watch:
    """What a build reads, as it is when this is made.

    Parameters
    ----------
    written
        Files and folders among them that the build itself writes.
    """

    def __init__(self, written: Iterable[Path]) -> None:
        self.written = sorted({str(path) for path in written})
        self.also: list[str] = []
        self.looked = time.time()
        self.read = _read(self.written, [])

    def add(self, also: Iterable[Path]) -> None:
        """Look at further files that the build will read, wherever they lie."""
        self.also = sorted({str(path) for path in also})
        self.read |= _stats(self.also)

    def remember(self, said: list[str]) -> None:
        """Keep what was read and written, and what was said, for :func:`unchanged`."""
        if any(stat[2] / 1e9 > self.looked - TOO_FRESH for stat in self.read.values()):
            return
        state = {
            "python": [sys.executable, sys.version],
            "written": self.written,
            "also": self.also,
            "read": self.read,
            "output": _output(self.written),
            "said": said,
        }
        files.write_whole(_file(), json.dumps(state))


def unchanged() -> list[str] | None:
    """Return what the last whole build said, if nothing that it read or wrote has changed; None otherwise."""
    try:
        state = json.loads(_file().read_text(encoding="utf-8"))
        if (
            state["python"] == [sys.executable, sys.version]
            and state["read"] == _read(state["written"], state["also"])
            and state["output"] == _output(state["written"])
        ):
            return state["said"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _file() -> Path:
    return paths.build() / ".state.json"


def _read(written: list[str], also: list[str]) -> dict[str, list[int]]:
    root, machine = paths.root(), Path(__file__).parent
    left_out = {*written, str(paths.build())}
    found: dict[str, list[int]] = {}
    for folder in [*(root / name for name in READ), machine]:
        _look(str(folder), left_out, found)
    top = [entry.path for entry in os.scandir(root) if entry.is_file() and not entry.name.startswith(".")]
    return found | _stats([*top, *also])


def _output(written: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for folder in ("executed", "results", "html"):
        _look(str(paths.build() / folder), set(), found)
    for path in written:
        if os.path.isdir(path):  # noqa: PTH112 (what cannot be looked at is no folder here; Path.is_dir raises)
            _look(path, set(), found)
    return found | _stats([path for path in written if not os.path.isdir(path)])  # noqa: PTH112 (as above)


def _look(folder: str, left_out: set[str], found: dict[str, list[int]]) -> None:
    """Add the files below a folder, without hidden ones and caches."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.path in left_out:
            continue
        if entry.is_dir():
            _look(entry.path, left_out, found)
        else:
            found[entry.path] = _stat(entry.stat())


def _stats(named: list[str]) -> dict[str, list[int]]:
    # What cannot be looked at counts as not there, as in os.path.exists; Path.exists raises.
    return {path: _stat(os.stat(path)) if os.path.exists(path) else [] for path in named}  # noqa: PTH110, PTH116


def _stat(stat: os.stat_result) -> list[Any]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
