"""The bibliography, ``book/references.bib``, with the checksums that its entries were published with."""

from __future__ import annotations

import csv
import hashlib
import io
import re

from compendium import files, paths

_ENTRY = re.compile(r"^@(\w+)\s*\{\s*([^,\s]+)\s*,(.*?)(?=^@|\Z)", re.M | re.S)
_DOI = re.compile(r"^\s*doi\s*=\s*[{\"]([^}\"]*)[}\"]", re.M | re.I)


def entries() -> dict[str, dict[str, str]]:
    """Return DOI and SHA-256 of every entry by its key; white space does not count."""
    path = paths.book() / "references.bib"
    found = {}
    for kind, key, fields in _ENTRY.findall(path.read_text(encoding="utf-8") if path.is_file() else ""):
        doi = _DOI.search(fields)
        text = " ".join(f"@{kind.lower()}{{{key},{fields}".split())
        found[key] = {"doi": doi[1] if doi else "", "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return found


def published() -> dict[str, dict[str, str]]:
    """Return what :func:`entries` returned when ``book/references.csv`` was written."""
    path = paths.book() / "references.csv"
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8") if path.is_file() else ""))
    return {row["key"]: {"doi": row["doi"], "sha256": row["sha256"]} for row in rows}


def write() -> bool:
    """Write ``book/references.csv`` from the bibliography; return whether it changed."""
    lines = ["key,doi,sha256", *(f"{key},{entry['doi']},{entry['sha256']}" for key, entry in sorted(entries().items()))]
    return files.write_whole(paths.book() / "references.csv", "\n".join(lines) + "\n")
