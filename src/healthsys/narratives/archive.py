"""ZIP archives from outside, read without trust: members counted and measured, no path that leaves the archive."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
import zlib
from pathlib import Path

from healthsys.errors import DataError

#: Most members an archive may have.
MOST_MEMBERS = 5_000

#: Largest member, and largest sum of members, in bytes after unpacking.
LARGEST_MEMBER, LARGEST_TOTAL = 50_000_000, 200_000_000

#: Bytes unpacked at a time, so that a member that lies about its size is stopped.
_PIECE = 1_000_000

#: Members of these endings are read; others (pictures, sound) are counted and left packed.
READ = (".qde", ".txt")


def read(path: Path) -> dict[str, bytes]:
    """Return the text members of an archive by name, each unpacked in memory, none written to disk.

    Raises
    ------
    DataError
        If the file is no ZIP or damaged, has more than :data:`MOST_MEMBERS` members, a member or a sum beyond the caps,
        a member that is encrypted, occurs twice, or whose name leaves the archive.
    """
    label = path.name
    if not path.is_file():
        raise DataError(f"there is no file '{path}'; give the path of a .qdpx project")
    try:
        with zipfile.ZipFile(path) as archive:
            return _members(archive, label)
    except zipfile.BadZipFile:
        raise DataError(
            f"{label}: not a ZIP archive, or a damaged one; a .qdpx project is a ZIP. Export it again"
        ) from None
    except (zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{label}: a member cannot be unpacked ({error}); export the project again") from None


def _members(archive: zipfile.ZipFile, label: str) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise DataError(
            f"{label}: the archive has {len(infos):,} members; at most {MOST_MEMBERS:,} are read. Split the project"
        )
    found: dict[str, bytes] = {}
    total = 0
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
            raise DataError(
                f"{label}: the member '{info.filename[:80]}' would be written outside its folder; refuse it, and "
                "ask whoever sent it for a new export"
            )
        if info.is_dir() or not name.lower().endswith(READ):
            continue
        if info.flag_bits & 1:
            raise DataError(f"{label}: the member '{name}' is encrypted; export the project without a password")
        if name.lower() in (known.lower() for known in found):
            raise DataError(f"{label}: the member '{name}' occurs twice; export the project again")
        content = bytearray()
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                content += piece
                if len(content) > LARGEST_MEMBER or total + len(content) > LARGEST_TOTAL:
                    raise DataError(
                        f"{label}: unpacked, the member '{name}' or the archive is too large; at most "
                        f"{LARGEST_MEMBER:,} bytes a member and {LARGEST_TOTAL:,} in all are read. Split the project"
                    )
        total += len(content)
        found[name] = bytes(content)
    return found


def whole(path: Path) -> bytes:
    """Return the bytes of a file that is no archive, at most :data:`LARGEST_MEMBER` of them."""
    if not path.is_file():
        raise DataError(f"there is no file '{path}'; give the path of a .qdc codebook")
    if path.stat().st_size > LARGEST_MEMBER:
        raise DataError(f"{path.name}: the file is larger than {LARGEST_MEMBER:,} bytes; split it")
    return path.read_bytes()


def write(members: dict[str, bytes], path: Path) -> Path:
    """Write an archive whose bytes depend on its members alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(zipfile.ZipInfo(member, (2021, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def replace(path: Path, content: bytes) -> Path:
    """Write a file whole, or leave what was there."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return path
