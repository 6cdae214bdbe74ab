"""Make an executed notebook depend on nothing but its inputs: no times, random ids, addresses or local paths."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

from compendium.harvest import FIGURE_TYPE

#: Kept of a notebook's metadata: what a reader needs to open it.
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

#: Kept besides: what the machine reads (:func:`compendium.parameters.routed`).
_OWN = ("healthsys",)

#: The tag of a source notebook's first cell, which says to whoever opens the source how references are read. Executed
#: notebooks and pages show values, and do not have it.
READING = "how-to-read"

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+\b")


def normalise(notebook: nbformat.NotebookNode, *, secrets: Iterable[str] = ()) -> nbformat.NotebookNode:
    """Return a notebook without anything that differs from one execution of the same inputs to the next.

    Timestamps, durations, execution metadata, random cell ids, object addresses and the paths of this machine go;
    cells are numbered in order. The cell that says how a source is read goes too.

    Parameters
    ----------
    notebook
        An executed notebook; it is not changed.
    secrets
        Further texts to remove, such as the folder of a reader's own file.
    """
    clean = nbformat.reads(nbformat.writes(notebook), as_version=4)
    hidden = sorted({*secrets, str(Path.home()), str(Path.cwd())} - {"", "/"}, key=len, reverse=True)
    own = {name: clean.metadata[name] for name in _OWN if name in clean.metadata}
    clean.metadata = nbformat.from_dict({"kernelspec": _KERNEL, "language_info": {"name": "python"}, **own})
    clean.nbformat_minor = 5
    clean = without_reading(clean)
    number = 0
    for position, cell in enumerate(clean.cells):
        tags = cell.metadata.get("tags", [])
        kept = {name: cell.metadata[name] for name in ("nbgrader",) if name in cell.metadata}
        cell.metadata = nbformat.from_dict({**({"tags": tags} if tags else {}), **kept})
        cell.id = hashlib.sha256(f"{position}".encode()).hexdigest()[:8]
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number
            cell.outputs = [_output(output, number, hidden) for output in merge_streams(cell.outputs)]
    return clean


def without_reading(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook whose first cell is not the one that says how references are read; it is changed in place."""
    notebook.cells = [cell for cell in notebook.cells if READING not in cell.metadata.get("tags", [])]
    return notebook


def merge_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream: how text is cut into pieces depends on timing."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" == last.output_type and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _output(output: Any, number: int, hidden: list[str]) -> Any:
    if "execution_count" in output:
        output.execution_count = number
    if output.output_type == "stream":
        output.text = _scrub(output.text, hidden)
    elif output.output_type in ("display_data", "execute_result"):
        kept = {kind: value for kind, value in output.metadata.items() if kind == FIGURE_TYPE}
        output.metadata = nbformat.from_dict(kept)
        output.data = nbformat.from_dict({kind: _scrub(value, hidden) for kind, value in output.data.items()})
    return output


def _scrub(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        for text in hidden:
            value = value.replace(f"{text}/", "").replace(text, "")
        return _ADDRESS.sub("at 0x…", value)
    if isinstance(value, list):
        return [_scrub(item, hidden) for item in value]
    if isinstance(value, dict):
        return {key: _scrub(item, hidden) for key, item in value.items()}
    return value
