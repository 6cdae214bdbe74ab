"""What the machine is told of the project it serves: ``book/_compendium.yml``, nothing else.

The machine itself names no package of methods and no analysis.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from compendium import files, paths
from compendium.errors import CompendiumError, DatasetError, nearest

if TYPE_CHECKING:
    import pandas as pd

#: Where the settings are, below ``book/``.
FILE = "_compendium.yml"

#: The machine's own package: what a run depends on too.
MACHINE = "compendium"


@dataclass(frozen=True)
class Project:
    """The settings of a project; the defaults serve one that has no packages of its own.

    Attributes
    ----------
    packages
        Top-level packages whose source a run depends on, the methods first.
    errors
        Names of the exceptions with which methods refuse data.
    extension
        Dotted name of a module that adds pages, checks and downloads (see :func:`extension`).
    style
        Dotted name of a module with ``theme()``, matplotlib settings, and ``PALETTE``, which maps a role to a CSS
        variable and its colours on light and dark paper.
    reader
        Dotted name of the function that reads a CSV file by a Frictionless table schema, checked:
        ``reader(path, schema, *, label) -> frame``.
    fonts
        A folder of fonts below the folder that holds the packages.
    """

    packages: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    extension: str = ""
    style: str = ""
    reader: str = ""
    fonts: str = ""


def load() -> Project:
    """Return the settings of the project.

    Raises
    ------
    CompendiumError
        If the file is not readable or has a key that is not known.
    """
    path = paths.book() / FILE
    return _load(path) if path.is_file() else Project()


@files.once
def _load(path: Path) -> Project:
    import yaml

    try:
        given: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise CompendiumError(f"book/{FILE} is not readable YAML: {error}") from None
    for key in given:
        if key not in Project.__dataclass_fields__:
            raise CompendiumError(
                f"book/{FILE}: unknown key '{key}'.{nearest(key, Project.__dataclass_fields__)} "
                f"Allowed: {', '.join(Project.__dataclass_fields__)}"
            )
    return Project(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})


def folders() -> list[Path]:
    """Return the folders of the packages whose source a run depends on, the machine's last."""
    found = []
    for name in (*load().packages, MACHINE):
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise CompendiumError(f"book/{FILE} names the package '{name}', which is not there; install the project")
        found.append(Path(next(iter(spec.submodule_search_locations))))
    return found


def extension() -> ModuleType | None:
    """Return the module that adds to the book, if the project names one.

    It may define ``pages() -> dict[str, str]`` (texts by path below ``book/``), ``downloads(folder)`` (writes files
    among the built pages), ``checks(values) -> list`` (verdicts of :mod:`compendium.verification`) and
    ``written() -> list[Path]`` (files and folders among the book's sources that its pages are written to).
    """
    return _module(load().extension)


def _module(name: str) -> ModuleType | None:
    return importlib.import_module(name) if name else None


def extended(function: str, *given: Any, default: Any = None) -> Any:
    """Return what a function of the extension returns, or the default where there is none."""
    found = getattr(extension(), function, None)
    return found(*given) if found else default


def style() -> ModuleType | None:
    """Return the module with the look of figures, if the project names one."""
    return _module(load().style)


def reader() -> Callable[..., pd.DataFrame]:
    """Return the function that reads a table by its schema: the project's, else one that checks only the types."""
    module, _, function = load().reader.rpartition(".")
    return getattr(importlib.import_module(module), function) if module else _read_table


def _read_table(path: Path, schema: dict[str, Any], *, label: str) -> pd.DataFrame:
    import pandas as pd

    types = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean", "year": "Int64"}
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    try:
        return pd.read_csv(
            path,
            dtype={name: types[kind] for name, kind in fields.items() if kind in types},
            parse_dates=[name for name, kind in fields.items() if kind == "date"],
        )
    except (ValueError, OSError) as error:
        raise DatasetError(f"{label}: {error}") from None


def fonts() -> Path | None:
    """Return the folder of the fonts that the project carries, if it names one."""
    named = load().fonts
    if not named:
        return None
    package, _, rest = named.partition("/")
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) / rest


def version() -> str:
    """Return the version of the package of methods, as installed."""
    named = load().packages
    try:
        return metadata.version(named[0]) if named else "0"
    except metadata.PackageNotFoundError:
        return getattr(importlib.import_module(named[0]), "__version__", "0")


def name() -> str:
    """Return the name of the package of methods."""
    return next(iter(load().packages), MACHINE)
