"""The packages that the project stands on, with the licence each one states."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pandas as pd
from packaging.utils import canonicalize_name

from compendium import datasets, files, paths, policy, stored

#: Data set of the dependencies, and its columns.
DATA, COLUMNS = "dependencies", ("package", "version", "needed_for", "licence")

#: The locks from the smallest to the largest; a package is needed for the first that holds it.
LOCKS = {"book": "the book", "test": "tests only", "teach": "marking", "scale": "clusters",
         "bootstrap": "setting up the environment"}  # fmt: skip

#: What stands for a licence that the metadata of a package do not give.
NOT_STATED = "not stated"

#: A line of a lock: name, perhaps extras, version, perhaps a marker.
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?: *; *(.*?))? *\\?$", re.M)

#: Licences by the words packages use for them; the first that matches is taken.
_KNOWN = {
    r"\bAGPL|Affero": "AGPL", r"\bLGPL|Lesser General": "LGPL", r"\bGPL|GNU General": "GPL",
    r"\bMPL|Mozilla": "MPL-2.0", r"Apache": "Apache-2.0", r"\bBSD|3-Clause": "BSD",
    r"\bMIT\b|Expat": "MIT", r"\bISC\b": "ISC",
    r"\bPSF|Python Software": "PSF", r"Unlicense|Public Domain|CC0": "public domain", r"\bHPND|Historical": "HPND",
    r"\bZPL|Zope": "ZPL",
}  # fmt: skip


def listed(lock: Path) -> list[tuple[str, str, str]]:
    """Return the lines of a lock: normalised name, version, and the marker that says where it holds, or nothing.

    >>> [version for name, version, _ in listed(paths.root() / "requirements" / "book.lock") if name == "papermill"]
    ['2.7.0']
    """
    found = _PINNED.findall(lock.read_text(encoding="utf-8"))
    return [(canonicalize_name(name), version, marker) for name, version, marker in found]


def pinned(lock: Path) -> dict[str, list[str]]:
    """Return the packages of a lock by their normalised name, each with its versions.

    >>> pinned(paths.root() / "requirements" / "book.lock")["papermill"]
    ['2.7.0']
    """
    found: dict[str, list[str]] = {}
    for name, version, _ in listed(lock):
        found.setdefault(name, []).append(version)
    return found


def licence(package: str) -> str:
    """Return the licence that an installed package states, by its short name; its own words where that is not known.

    >>> licence("pandas"), licence("statsmodels")
    ('BSD', 'BSD')
    """
    about = metadata.metadata(package)
    classified = [row.rpartition(" :: ")[2] for row in about.get_all("Classifier") or [] if row.startswith("License")]
    named = (about.get("License") or "").strip()
    said = [about.get("License-Expression"), *classified, named if len(named) < 80 else named.partition("\n")[0]]
    short: list[str] = []
    for text in filter(None, said[:1] if said[0] else classified or said):
        if text == "OSI Approved":
            continue
        if re.search(r" (AND|OR|WITH) ", text):
            return text
        short.append(next((name for pattern, name in _KNOWN.items() if re.search(pattern, text)), text))
        if text not in classified:
            break
    return " or ".join(dict.fromkeys(short)) or NOT_STATED


def table() -> pd.DataFrame:
    """Return every locked package with version, what it is needed for and its licence, by name (:data:`COLUMNS`).

    A package that this environment lacks, because it is for another Python or operating system, keeps the licence that
    the committed table gives it.
    """
    path = datasets.path_of(DATA)
    before = dict(zip(*pd.read_csv(path, dtype="str")[["package", "licence"]].to_numpy().T, strict=True))
    rows = {}
    for lock, purpose in LOCKS.items():
        for name, versions in pinned(paths.root() / "requirements" / f"{lock}.lock").items():
            if name in rows:
                continue
            try:
                stated = licence(name)
            except metadata.PackageNotFoundError:
                stated = before.get(name, NOT_STATED)
            rows[name] = (name, " or ".join(dict.fromkeys(versions)), purpose, stated)
    return pd.DataFrame([rows[name] for name in sorted(rows)], columns=list(COLUMNS))


def write() -> Path:
    """Write the committed table again from the locks and the metadata of what is installed; return its path."""
    path = datasets.path_of(DATA)
    files.write_whole(path, table().to_csv(index=False, lineterminator="\n"))
    stored.stamp_data()
    return path


def page() -> str:
    """Return the page of dependencies: a table for each part of the project that needs more packages."""
    frame = datasets.load(DATA) if DATA in datasets.names() else pd.DataFrame(columns=list(COLUMNS))
    parts = {purpose: rows.to_dict("records") for purpose, rows in frame.groupby("needed_for", sort=False)}
    return policy.rendered("dependencies.md", parts=parts)
