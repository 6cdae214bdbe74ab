"""What a build made before, kept below the build folder by a hash of everything it was made from."""

from __future__ import annotations

import hashlib
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
    digest = hashlib.sha256(sys.version.encode())
    for part in of:
        said = f"{part.name} {fingerprint.sha256(part)}" if isinstance(part, Path) else part
        digest.update(f"{said}\0".encode())
    path = paths.build() / "kept" / f"{name}.{digest.hexdigest()}"
    if not path.is_file():
        content = make()
        for stale in path.parent.glob(f"{name}.*"):
            stale.unlink()
        files.write_whole(path, content)
    return path.read_bytes()


def sources() -> list[Path]:
    """Return what a product of the project's code may read: packages, data, results of the runs, and the lock."""
    folders = [*project.folders(), paths.data(), paths.build() / "results"]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return [*sorted(found), paths.root() / "requirements" / "book.lock"]
