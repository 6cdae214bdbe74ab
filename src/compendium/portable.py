"""The whole book as one zip that opens from a stick: pages, data, notebooks, results, figures."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from compendium import crate, datasets, files

#: Kinds of file that are compressed already.
_PACKED = {".png", ".woff2", ".zip", ".gz"}


def folder() -> str:
    """Return the name of the folder in the zip: title and version of the book."""
    return crate.file_stem()


def file_name() -> str:
    """Return the name of the zip."""
    return f"{folder()}-book.zip"


def write(
    built: Path,
    *,
    epoch: str,
    instead: dict[str, str] | None = None,
    last: Path | None = None,
    notes: Path | None = None,
) -> int:
    """Zip a built book into itself and return the size in bytes; equal pages give equal bytes.

    A file that the last zip holds already is not compressed again.

    Parameters
    ----------
    built
        The folder of the built book; the zip is written at its top.
    epoch
        The date of every file in it, in seconds since 1970.
    instead
        What files have in the zip instead of what they have on the disk, by their name below the folder.
    last
        The zip of the last build, if there is one.
    notes
        A file that says what that zip holds, written again for the next build.
    """
    moment, inside = time.gmtime(int(epoch))[:6], folder()
    held: dict[str, str] = {}
    texts = instead or {}
    names = sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    out = built / file_name()
    with _packed(last, notes) as before, zipfile.ZipFile(out, "w") as target:
        for name in names:
            content = texts[name].encode() if name in texts else (built / name).read_bytes()
            held[name] = hashlib.sha256(content).hexdigest()
            info = zipfile.ZipInfo(f"{inside}/{name}", date_time=moment)
            info.external_attr = 0o100644 << 16
            packed = Path(name).suffix in _PACKED
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            found = before.get((held[name], info.compress_type))
            if found is None:
                target.writestr(info, content)
            else:
                _add(target, info, *found)
    if notes:
        files.write_whole(notes, json.dumps({"zip": datasets.sha256(out), "by": _compressor(), "held": held}))
    return out.stat().st_size


@contextmanager
def _packed(last: Path | None, notes: Path | None) -> Iterator[dict[tuple[str, int], tuple[zipfile.ZipInfo, BinaryIO]]]:
    """Give what a zip holds, by hash and kind of compression; nothing unless it is as the notes say."""
    try:
        said = json.loads(notes.read_text(encoding="utf-8")) if last and notes else {}
        as_said = said and said["by"] == _compressor() and said["zip"] == datasets.sha256(last)
    except (OSError, ValueError, KeyError):
        as_said = False
    if not as_said:
        yield {}
        return
    with zipfile.ZipFile(last) as there, last.open("rb") as raw:
        entries = {entry.filename.partition("/")[2]: entry for entry in there.infolist()}
        yield {(sha, entries[name].compress_type): (entries[name], raw) for name, sha in said["held"].items()}


def _add(target: zipfile.ZipFile, info: zipfile.ZipInfo, found: zipfile.ZipInfo, raw: BinaryIO) -> None:
    """Add a file to a zip as another zip holds it, compressed: the same bytes as ``target.writestr`` writes."""
    info.CRC, info.compress_size, info.file_size = found.CRC, found.compress_size, found.file_size
    info.header_offset = target.start_dir
    raw.seek(found.header_offset + 26)  # the lengths of name and further fields end the header
    lengths = raw.read(4)
    raw.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    target.fp.write(info.FileHeader(False) + raw.read(found.compress_size))
    target.start_dir = target.fp.tell()
    target.filelist.append(info)
    target.NameToInfo[info.filename] = info


def _compressor() -> str:
    return f"{sys.version} {zlib.ZLIB_RUNTIME_VERSION}"


def in_words(size: int) -> str:
    """Return a size for a reader.

    >>> in_words(9_240_000), in_words(48_000)
    ('9.2 MB', '48 kB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
