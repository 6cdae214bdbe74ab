"""The whole book as one zip that opens from a stick: pages, data, notebooks, results, figures."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

from compendium import crate

#: Kinds of file that are compressed already.
_PACKED = {".png", ".woff2", ".zip", ".gz"}


def folder() -> str:
    """Return the name of the folder in the zip: title and version of the book."""
    return crate.file_stem()


def file_name() -> str:
    """Return the name of the zip."""
    return f"{folder()}-book.zip"


def write(built: Path, *, epoch: str) -> int:
    """Zip a built book into itself and return the size in bytes; equal pages give equal bytes.

    Parameters
    ----------
    built
        The folder of the built book; the zip is written at its top.
    epoch
        The date of every file in it, in seconds since 1970.
    """
    moment, inside = time.gmtime(int(epoch))[:6], folder()
    names = sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    out = built / file_name()
    with zipfile.ZipFile(out, "w") as target:
        for name in names:
            info = zipfile.ZipInfo(f"{inside}/{name}", date_time=moment)
            info.external_attr = 0o100644 << 16
            packed = Path(name).suffix in _PACKED
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            target.writestr(info, (built / name).read_bytes())
    return out.stat().st_size


def in_words(size: int) -> str:
    """Return a size for a reader.

    Examples
    --------
    >>> in_words(9_240_000), in_words(48_000)
    ('9.2 MB', '48 kB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
