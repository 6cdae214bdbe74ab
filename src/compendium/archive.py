"""One zip of the whole compendium, for a repository such as Zenodo: unpacked anywhere, it verifies without Git."""

from __future__ import annotations

import datetime
import os
import subprocess
import zipfile
from pathlib import Path

from pathspec import GitIgnoreSpec

from compendium import book, crate, datasets, files, paths

#: Left out of a walk whatever ``.gitignore`` says.
_NEVER = (".git",)

#: The metadata of the crate, at the top of the archive, and next to it the checksums of all other files.
METADATA = "ro-crate-metadata.json"


def sources() -> list[str]:
    """Return the files of the project, relative to it: those that Git knows or would add, else a walk.

    The walk honours ``.gitignore`` and is what an unpacked archive, which has no repository, uses.
    """
    listed = _from_git()
    return sorted((listed if listed is not None else _walk()).difference({METADATA, crate.CHECKSUMS}))


def commit() -> tuple[str, str]:
    """Return the commit that the project is at, and whether its files are those of the commit."""
    if _from_git() is None:
        return "none", "no Git repository"
    try:
        changed = _git("status", "--porcelain").splitlines()
        return _git("rev-parse", "HEAD").strip(), f"{len(changed)} changed" if changed else "as committed"
    except (OSError, subprocess.CalledProcessError):
        return "none", "no commit"


def _from_git() -> set[str] | None:
    """Return what Git lists, or None where the project is no repository of its own."""
    root = paths.root()
    try:
        top = _git("rev-parse", "--show-toplevel").strip()
        if Path(top).resolve() != root:
            return None
        names = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    except (OSError, subprocess.CalledProcessError):
        return None
    return {name for name in names if name and (root / name).is_file()}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=paths.root(), capture_output=True, text=True, check=True).stdout


def _walk() -> set[str]:
    root = paths.root()
    ignore = root / ".gitignore"
    patterns = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else ["book/_build/"]
    ignored, found = GitIgnoreSpec.from_lines([*patterns, *_NEVER]), set()
    for folder, below, names in os.walk(root):
        here = Path(folder).relative_to(root)
        below[:] = [name for name in below if not ignored.match_file(f"{(here / name).as_posix()}/")]
        inside = {(here / name).as_posix() for name in names}
        found |= {name for name in inside if not ignored.match_file(name)}
    return {name for name in found if (root / name).is_file()}


def built_book() -> list[str]:
    """Return the files of the built book, or none where there is no book or its sources have changed since."""
    html, key = paths.build() / "html", paths.build() / ".pages-key"
    if not (html / "index.html").is_file():
        return []
    unpacked = (paths.root() / METADATA).is_file() and not key.is_file()
    if not unpacked and not (key.is_file() and key.read_text() == book.inputs_hash()):
        return []
    built = [*html.rglob("*"), paths.build() / book.OUTPUTS]
    return sorted(path.relative_to(paths.root()).as_posix() for path in built if path.is_file())


def write(out: Path | None = None) -> tuple[Path, dict[str, int]]:
    """Write the archive (``book/_build/archive/<name>.zip`` by default); return where it is and what is in it.

    The counts are of ``sources`` (data and results among them), ``book`` and ``bytes``.
    """
    crate.write_manifest()
    plain, pages = sources(), built_book()
    out = out or paths.build() / "archive" / f"{crate.file_stem()}.zip"
    out.parent.mkdir(parents=True, exist_ok=True)
    plain = [entry for entry in plain if (paths.root() / entry).resolve() != out.resolve()]
    entries = sorted([*plain, *pages])
    sums = "".join(f"{datasets.sha256(paths.root() / entry)}  {entry}\n" for entry in entries)
    described = files.as_json(crate.metadata(entries, sums=sums))
    partial = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
            _put(target, METADATA, described.encode(), mode=0o644)
            _put(target, crate.CHECKSUMS, sums.encode(), mode=0o644)
            for entry in entries:
                path = paths.root() / entry
                _put(target, entry, path.read_bytes(), mode=0o755 if path.stat().st_mode & 0o111 else 0o644)
        partial.replace(out)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return out, {"sources": len(plain), "book": len(pages), "bytes": out.stat().st_size}


def _put(target: zipfile.ZipFile, entry: str, content: bytes, *, mode: int) -> None:
    """Add a file with the date of the release, so that equal sources give an equal archive on any day."""
    moment = datetime.date.fromisoformat(crate.released()).timetuple()[:6]
    info = zipfile.ZipInfo(f"{crate.file_stem()}/{entry}", date_time=moment)
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(info, content)
