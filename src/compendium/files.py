"""Writing without ever leaving half a file behind, and reading a file of settings once."""

from __future__ import annotations

import codecs
import fcntl
import functools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml

from compendium import paths
from compendium.errors import CompendiumError

T = TypeVar("T")

#: A fixed date for anything that asks for one (2026-01-01), so that equal sources give equal files.
EPOCH = "1767225600"

#: Reads plain YAML; ten times as fast where PyYAML comes with libyaml.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Names that Windows keeps for devices, with any ending.
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


def write_whole(path: Path, text: str | bytes) -> bool:
    """Write a file in one move; leave it untouched where it already says the same. Return whether it changed."""
    return bool(write_together({path: text}))


def write_together(contents: dict[Path, str | bytes]) -> list[Path]:
    """Write several files, all of them or none; return those that changed. The user's umask holds.

    Raises
    ------
    OSError
        If a file cannot be written, naming it; then none of them has changed, and no folder was made.
    """
    wanted = {path: text.encode() if isinstance(text, str) else text for path, text in contents.items()}
    changed = [path for path, content in wanted.items() if not (path.is_file() and path.read_bytes() == content)]
    ready: dict[Path, Path] = {}
    folders = {folder for path in changed for folder in path.parents if not folder.exists()}
    try:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            prefix = f".{path.name}."[:80]
            _clear(path.parent, prefix)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix)
            ready[path] = Path(temporary)
            with os.fdopen(handle, "wb") as out:
                with suppress(OSError):  # as long as this process lives the file is its own; not every disk knows locks
                    fcntl.flock(out, fcntl.LOCK_EX)
                out.write(wanted[path])
            ready[path].chmod(0o666 & ~_umask())
        for path, temporary in ready.items():
            temporary.replace(path)
    except BaseException as error:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)
        for folder in sorted(folders, reverse=True):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
    return changed


def _clear(folder: Path, prefix: str) -> None:
    """Remove what a process that was killed left of a file; what a living one is writing stays."""
    made = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}")
    for path in folder.iterdir():
        if not made.fullmatch(path.name):
            continue
        try:
            with path.open("rb") as left:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except OSError:  # somebody is writing it, or it is gone
            continue


def replace_folder(fresh: Path, target: Path) -> None:
    """Put a whole new folder in the place of another; the old one stays whole until the new one is there."""
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


@contextmanager
def alone(what: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the build folder: a second process that writes there waits until the first one has ended, however it ends.

    What was started with ``close_fds=False`` holds the folder too, until it has ended.

    Parameters
    ----------
    what
        What this process does; whoever waits is told.
    tell
        Called with who holds the folder, before waiting.
    """
    path = paths.build() / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            tell(f"waiting for {lock.read().strip() or 'another process'}, which is writing to {path.parent}/")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"{what} (process {os.getpid()})")
        lock.flush()
        os.set_inheritable(lock.fileno(), True)
        yield


def refuse_unwritable(folder: Path) -> None:
    """Raise, before anything is computed, if a file cannot be written into a folder, which is made if need be.

    Raises
    ------
    CompendiumError
        Naming the folder and what the system says of it.
    """
    try:
        made = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable-") as trial:
            trial.write(b"x")
            trial.flush()
        for one in made:  # nothing is left where the computation then fails
            one.rmdir()
    except OSError as error:
        raise CompendiumError(
            f"the folder '{folder}' cannot be written to ({error.strerror}); give another folder with --out"
        ) from None


def text_of(path: Path) -> str:
    """Return the text of a file that a spreadsheet may have written: UTF-8, UTF-16 with its mark, or Windows-1252.

    Raises
    ------
    CompendiumError
        If it is none of these.
    """
    content = path.read_bytes()
    marks = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    known = next((name for mark, name in marks if content.startswith(mark)), "utf-8-sig")
    for encoding in (known, "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CompendiumError(f"{path.name} is not text; save it as 'CSV UTF-8' and try again")


def as_json(value: Any) -> str:
    """Return JSON text with a stable layout: the same value gives the same bytes."""
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def once(read: Callable[..., T]) -> Callable[..., T]:
    """Let a function of a file be called once in a process while the file has the same size and time.

    Whoever gets the same object again does not change it.
    """

    @functools.lru_cache(maxsize=4096)
    def known(path: Path, _modified: int, _size: int, *more: Any) -> T:
        return read(path, *more)

    @functools.wraps(read)
    def current(path: Path, *more: Any) -> T:
        status = path.stat()
        return known(path, status.st_mtime_ns, status.st_size, *more)

    return current


@once
def settings(path: Path) -> dict[str, Any]:
    """Return a YAML file of settings, not to be changed: it is read once while the file stays as it is."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER) or {}
