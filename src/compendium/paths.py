"""Every path of the project, in one place.

The project root is the folder that holds ``data/datapackage.json``: the one named by the environment variable
``HEALTHSYS_ROOT``, else the nearest one at or above the working folder, else the checkout that this package was
installed from.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from compendium.errors import CompendiumError

#: Environment variable that names the project root.
ROOT_VARIABLE = "HEALTHSYS_ROOT"


def root() -> Path:
    """Return the project root.

    Raises
    ------
    CompendiumError
        If no folder with ``data/datapackage.json`` is found.
    """
    return _root(os.environ.get(ROOT_VARIABLE, ""), Path.cwd())


@functools.lru_cache
def _root(named: str, here: Path) -> Path:
    candidates = [Path(named)] if named else [*(here / "x").parents, *Path(__file__).resolve().parents]
    for folder in candidates:
        if (folder / "data" / "datapackage.json").is_file():
            return folder.resolve()
    looked = named or f"{here} and the folders above it"
    raise CompendiumError(
        f"no data/datapackage.json in {looked}; run this inside a checkout of the compendium, "
        f"or set {ROOT_VARIABLE} to one"
    )


def data() -> Path:
    """Return the folder of bundled data."""
    return root() / "data"


def notebooks() -> Path:
    """Return the folder of source notebooks."""
    return root() / "notebooks"


def results() -> Path:
    """Return the folder of the published record, written only by ``healthsys verify --accept``."""
    return root() / "results"


def book() -> Path:
    """Return the folder of the book's sources."""
    return root() / "book"


def pages() -> Path:
    """Return the folder of executed pages (built, not committed)."""
    return book() / "analyses"


def build() -> Path:
    """Return the folder of everything built."""
    return book() / "_build"
