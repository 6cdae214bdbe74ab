"""What a build made before, kept below the build folder by a hash of everything it was made from."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from compendium import files, fingerprint, paths, project


def kept(name: str, make: Callable[[], bytes], *, of: Iterable[Path | str]) -> bytes:
    """Return what ``make`` gives, from the last build where everything it depends on is the same.

    Parameters
    ----------
    name
        Name of the product; only its newest version is kept.
    make
        Makes it.
    of
        Files and texts it is made from. The Python version always counts.

    Returns
    -------
    bytes
        The same bytes as ``make()``.
    """
    path = paths.build() / "kept" / f"{name}.{digest(of)}"
    try:
        return path.read_bytes()
    except FileNotFoundError:  # another Python that builds here has its own, and may remove ours
        content = make()
        for stale in path.parent.glob(f"{name}.*"):
            stale.unlink(missing_ok=True)
        files.write_whole(path, content)
        return content


def texts(name: str, make: Callable[[], dict[str, str]], *, of: Iterable[Path | str]) -> dict[str, str]:
    """Return texts by name, made or from the last build, as :func:`kept` does with bytes."""
    return json.loads(kept(name, lambda: json.dumps(make()).encode(), of=of))


def digest(of: Iterable[Path | str]) -> str:
    """Return one hash of files and texts, by name and content, and of the Python version."""
    found = hashlib.sha256(sys.version.encode())
    for part in of:
        said = f"{part.name} {fingerprint.sha256(part)}" if isinstance(part, Path) else part
        found.update(f"{said}\0".encode())
    return found.hexdigest()


def sources() -> list[Path]:
    """Return what a product of the project's code may read: packages, data, results of the runs, and the lock."""
    return [*code(), *files_below(paths.build() / "results")]


def code() -> list[Path]:
    """Return what every product of the project's code may read: packages, data, and the lock."""
    return [*files_below(*project.folders(), paths.data()), paths.root() / "requirements" / "book.lock"]


def files_below(*folders: Path) -> list[Path]:
    """Return the files below folders, sorted, without what Python compiles."""
    return sorted(path for one in folders for path in one.rglob("*") if path.is_file() and path.suffix != ".pyc")
