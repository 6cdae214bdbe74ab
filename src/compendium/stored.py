"""What is committed and derived: notebooks with their normalised outputs, checksums of the data package."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from compendium import datasets, execution, files, normalise, paths


def refresh(path: Path) -> bool:
    """Execute a source notebook on its defaults and store it with normalised outputs; return whether it changed."""
    before = nbformat.read(path, as_version=4).cells
    executed, _ = execution.execute_notebook(path, {}, label=path.name)
    clean = normalise.normalise(executed)
    made = [cell for cell in clean.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    clean.cells = [cell for cell in before if normalise.READING in cell.metadata.get("tags", [])] + made
    return files.write_whole(path, nbformat.writes(clean) + "\n")


def stamp_data() -> int:
    """Write size and SHA-256 of every data file into ``data/datapackage.json``; return the number of files."""
    package = json.loads((paths.data() / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = paths.data() / resource["path"]
        if not path.is_file():  # described, and not computed yet
            continue
        resource["bytes"] = path.stat().st_size
        resource["hash"] = f"sha256:{datasets.sha256(path)}"
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    files.write_whole(paths.data() / "datapackage.json", text)
    return len(package["resources"])
