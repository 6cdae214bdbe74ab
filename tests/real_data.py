"""The official files beside the project, which a fresh machine does not have, and the record they are compared with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from miniature import PROJECT


def files_of(shared: Path, pattern: str) -> list[Path]:
    """Find the real files of a name; skip the test where there is none."""
    found = sorted((shared / "real_data").rglob(pattern)) if (shared / "real_data").is_dir() else []
    if not found:
        pytest.skip(f"../shared/real_data has no {pattern}")
    return found


def original(shared: Path, entry: dict[str, Any]) -> Path:
    """Find the file that an entry of ``computed.files`` names, by its name and its checksum."""
    for path in files_of(shared, entry["name"]):
        if hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
            return path
    pytest.skip(f"../shared/real_data has no {entry['name']} with the checksum of the data dictionary")


def committed(run: str) -> dict[str, Any]:
    """Return the committed results of a run by name."""
    return json.loads((PROJECT / "results" / f"{run}.json").read_text(encoding="utf-8"))["results"]
