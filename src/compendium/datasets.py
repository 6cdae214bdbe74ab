"""The catalogue of bundled data: load by name, checked against its schema, with its provenance attached.

``data/datapackage.json`` (Frictionless Data Package) describes every file and column. :func:`load` reads a bundled
data set; :func:`read` reads a reader's own file in the layout of a bundled one, with the same checks.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import files, paths, project
from compendium.errors import DatasetError, nearest

#: How a file came to be; shown wherever its numbers are. ``coded`` is our own coding of a published text,
#: ``official`` an aggregate that a command computes from official files.
KINDS = ("published", "official", "coded", "synthetic", "illustrative", "template", "reference", "yours")

#: What a descriptor may say of its data that a method needs: known breaks, limits of values, the data set of its truth.
FACTS = ("breaks", "limits", "truth", "third_party")

#: The pipeline names the data sets that a run declares here; loading another is then an error.
DECLARED_VARIABLE = "HEALTHSYS_RUN_DATA"


def package() -> dict[str, Any]:
    """Return the whole data package descriptor (``data/datapackage.json``)."""
    return _package(paths.data() / "datapackage.json")


@files.once
def _package(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def names() -> list[str]:
    """Return the names of all bundled data sets, sorted."""
    return sorted(resource["name"] for resource in package()["resources"])


def describe(name: str) -> dict[str, Any]:
    """Return the descriptor of one bundled data set.

    Raises
    ------
    DatasetError
        If there is no data set of that name; the nearest one is named.
    """
    for resource in package()["resources"]:
        if resource["name"] == name:
            return resource
    raise DatasetError(
        f"there is no data set '{name}'.{nearest(name, names())} `healthsys data` lists those there are"
    )


def path_of(name: str) -> Path:
    """Return the file of one bundled data set (:func:`describe`)."""
    return paths.data() / describe(name)["path"]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def load(name: str) -> pd.DataFrame:
    """Load a bundled data set by name, checked against its schema.

    Parameters
    ----------
    name
        A name of the catalogue; see :func:`names`.

    Returns
    -------
    pandas.DataFrame
        Columns typed as the schema says (text as ``str``, whole numbers as ``Int64``, dates as timestamps); an empty
        cell is missing. ``attrs["provenance"]`` holds name, title, kind, path, SHA-256, sources and licence.

    Raises
    ------
    DatasetError
        If the name is unknown, the run did not declare it, or the file breaks its schema.

    Examples
    --------
    >>> benchmarks = load("climate_benchmarks")
    >>> benchmarks.attrs["provenance"]["kind"]
    'published'
    """
    schema = describe(name)["schema"]
    return opened(name, lambda path, *, label: project.reader()(path, schema, label=label))


def opened(name: str, read: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Return a bundled data set as ``read(path, label=...)`` reads it, with its provenance attached (:func:`load`)."""
    resource = describe(name)
    declared = os.environ.get(DECLARED_VARIABLE)
    if declared is not None and name not in declared.split(","):
        raise DatasetError(
            f"this run reads the data set '{name}' but its entry in notebooks/runs.yml does not declare it; "
            f"add '{name}' under data:, so that a change of the file executes the run again"
        )
    path = paths.data() / resource["path"]
    frame = read(path, label=resource["path"])
    frame.attrs["provenance"] = {
        "name": name,
        "title": resource["title"],
        "kind": resource["kind"],
        "path": f"data/{resource['path']}",
        "sha256": sha256(path),
        "sources": [source["title"] for source in resource.get("sources", [])],
        "licence": ", ".join(entry["name"] for entry in resource.get("licenses", [])),
        **{key: resource[key] for key in FACTS if key in resource},
    }
    return frame


def read(source: str | Path, *, layout: str) -> pd.DataFrame:
    """Read a bundled data set by name, or a reader's own CSV file in the layout of a bundled one.

    Parameters
    ----------
    source
        A name of the catalogue, or the path of a CSV file (UTF-8).
    layout
        Name of the bundled data set whose schema the file must follow. Columns that the schema does not name are
        kept as text.

    Returns
    -------
    pandas.DataFrame
        As :func:`load`; the kind of a reader's own file is ``yours``.

    Raises
    ------
    DatasetError
        If the file is missing, empty or breaks the schema: the message names file, column, row, value, what is
        allowed and the remedy.
    """
    text = str(source)
    if text in names():
        return load(text)
    path = Path(text)
    if not path.is_file():
        raise DatasetError(
            f"'{text}' is neither a bundled data set nor a file.{nearest(text, names())} "
            f"Give a path to a CSV file, or one of: {', '.join(n for n in names() if n.startswith(layout[:6]))}"
        )
    return owned(project.reader()(path, describe(layout)["schema"], label=path.name), path)


def owned(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Attach the provenance of a reader's own file to the frame that was read from it."""
    frame.attrs["provenance"] = {
        "name": path.name,
        "title": path.name,
        "kind": "yours",
        "path": path.name,
        "sha256": sha256(path) if path.is_file() else "",
        "sources": [path.name],
        "licence": "the reader's own",
    }
    return frame


#: What a reader is told of kinds of data: those that show a method, or how to fill in a file, are synthetic too.
KINDS_SHOWN = {"illustrative": "synthetic", "template": "synthetic", "yours": "your own"}

#: What a reader is told where somebody else collected what a public body published.
COLLECTED = "official figures, in a third party's collection"


def kind_shown(described: Mapping[str, Any]) -> str:
    """Return what a reader is told of the kind of a data set, from its descriptor or its provenance.

    Examples
    --------
    >>> kind_shown({"kind": "illustrative"}), kind_shown(describe("kh03_beds_england"))
    ('synthetic', "official figures, in a third party's collection")
    """
    return COLLECTED if described.get("third_party") else KINDS_SHOWN.get(described["kind"], described["kind"])


def provenance(frame: pd.DataFrame) -> str:
    """Say in short sentences what a loaded table is: title, kind, rows, source.

    >>> provenance(load("climate_benchmarks")).split(". ")[1]
    'Published data, 9 rows'
    """
    known = frame.attrs["provenance"]
    kind = kind_shown(known)
    kind = f"{kind[:1].upper()}{kind[1:]}{'' if kind == COLLECTED else ' data'}"
    rows = f"{len(frame):,} row{'s' if len(frame) != 1 else ''}"
    return f"{known['title']}. {kind}, {rows}. Source: {'; '.join(known['sources'])}."
