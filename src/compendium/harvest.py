"""Take out of an executed notebook what it recorded: named results, and the data its figures draw."""

from __future__ import annotations

from typing import Any

import nbformat

from compendium.errors import RunError
from compendium.recording import RESULT_TYPE

#: MIME type under which a notebook emits what a figure draws.
FIGURE_TYPE = "application/vnd.healthsys.figure+json"


def harvest(notebook: nbformat.NotebookNode, *, label: str) -> dict[str, dict[str, Any]]:
    """Return ``{"results": {name: record}, "figures": {name: record}}`` of an executed notebook.

    A figure's record has the columns that its drawing shows (``drawn``), which the output carries beside its data.

    Raises
    ------
    RunError
        If two results, or two figures, have one name.
    """
    found: dict[str, dict[str, Any]] = {"results": {}, "figures": {}}
    cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for number, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", []):
            for kind, group in ((RESULT_TYPE, "results"), (FIGURE_TYPE, "figures")):
                entry = output.get("data", {}).get(kind)
                if entry is None:
                    continue
                if entry["name"] in found[group]:
                    raise RunError(
                        f"{label}: cell {number} records a second {group[:-1]} '{entry['name']}'; rename one"
                    )
                carried = output.get("metadata", {}).get(kind, {})
                drawn = {"drawn": carried["drawn"]} if "drawn" in carried else {}
                found[group][entry["name"]] = {**entry, **drawn}
    return found
