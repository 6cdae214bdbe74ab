"""Where a sweep writes: a folder, or an address such as ``s3://bucket/folder`` that fsspec knows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from compendium import files
from compendium.errors import RunError
from compendium.spreadsheet import harmless


class Store:
    """A place for text files.

    Parameters
    ----------
    address
        A folder, made if need be, or an address with ``://``.

    Raises
    ------
    RunError
        If nothing can be written there.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.remote: Any = None
        self._index: Path | None = None
        if "://" in address:
            self.remote, self.root = _remote(address)
        else:
            self.folder = Path(address)
        self.write(".sweep", "This folder is written by healthsys sweep.\n")

    def write(self, name: str, text: str) -> None:
        """Write a file as a whole."""
        try:
            if self.remote is None:
                files.write_whole(self.folder / name, text)
            else:
                path = f"{self.root}/{name}"
                self.remote.makedirs(path.rpartition("/")[0], exist_ok=True)
                self.remote.pipe_file(path, text.encode())
        except Exception as error:  # a store of fsspec raises whatever its library raises
            if self.remote is None and not isinstance(error, OSError):
                raise
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise RunError(
                f"cannot write {name} to {self.address}: {said}. Choose a folder that you may write to and that has "
                "free space; finished reports are kept, and the same command continues from there"
            ) from None

    def read(self, name: str) -> str | None:
        """Return the text of a file; None where there is none."""
        try:
            if self.remote is None:
                return (self.folder / name).read_text(encoding="utf-8")
            return self.remote.cat_file(f"{self.root}/{name}").decode()
        except (OSError, UnicodeDecodeError):
            return None

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no fault."""
        try:
            if self.remote is None:
                (self.folder / name).unlink(missing_ok=True)
            elif self.remote.exists(f"{self.root}/{name}"):
                self.remote.rm_file(f"{self.root}/{name}")
        except Exception as error:  # a store of fsspec raises whatever its library raises
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise RunError(f"cannot remove {name} from {self.address}: {said}. Remove it, and start again") from None

    def folders(self) -> list[str]:
        """Return the names of the folders here, sorted; none where they cannot be listed."""
        try:
            if self.remote is None:
                return sorted(path.name for path in self.folder.iterdir() if path.is_dir())
            listed = self.remote.ls(self.root, detail=True)
            return sorted(one["name"].rstrip("/").rpartition("/")[2] for one in listed if one["type"] == "directory")
        except Exception:  # a store of fsspec raises whatever its library raises
            return []

    def begin(self, name: str, columns: tuple[str, ...]) -> None:
        """Begin a table that grows while the sweep runs; at an address it is written at the end alone."""
        if self.remote is None:
            self.write(name, as_csv([columns]))
            self._index = self.folder / name

    def note(self, row: list[str]) -> None:
        """Add a row to the table that grows."""
        if self._index is not None:
            with self._index.open("a", encoding="utf-8", newline="") as table:
                table.write(as_csv([row]))


def is_of_sweep(store: Store, name: str) -> bool:
    """Whether a folder holds the report of a row that a sweep wrote."""
    try:
        return json.loads(store.read(f"{name}/results.json") or "{}")["sweep"]["name"] == name
    except (ValueError, KeyError, TypeError):
        return False


def as_csv(rows: Any) -> str:
    r"""Return rows as CSV text, each cell made harmless for a spreadsheet.

    >>> as_csv([["a", 1], ["b, c", None], ["=1", -5]])
    'a,1\n"b, c",\n\'=1,-5\n'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _remote(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise RunError(
            f"writing to {address} needs fsspec, which is not installed here; install the group: make env-scale"
        ) from None
    try:
        filesystem, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise RunError(f"cannot write to {address}: {error}") from None
    return filesystem, root.rstrip("/")
