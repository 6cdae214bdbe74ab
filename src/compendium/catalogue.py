"""What can be run and what it needs: notebooks, the files and settings of each, and example files to fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from compendium import datasets, files, paths
from compendium.errors import CompendiumError
from compendium.parameters import Parameter, parameters_of
from compendium.runs import find_notebook, load_runs, read_source
from compendium.spreadsheet import to_csv

#: Rows of the bundled example that a template shows; forms and instruments are written whole.
EXAMPLE_ROWS = 3


def title_of(notebook: nbformat.NotebookNode, name: str) -> str:
    """Return the first heading of a notebook, or its name."""
    written = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = (re.search(r"^# (.*)$", text, flags=re.M) for text in written)
    return next((found[1] for found in headings if found), name)


def notebooks() -> list[tuple[str, str, bool]]:
    """Return name, title and whether it takes a reader's own file, for every notebook that a run uses."""
    used = dict.fromkeys(run.notebook for run in load_runs().values())
    found = []
    for path in sorted(used):
        source, known = _parameters(path.stem)
        found.append((path.stem, title_of(source, path.stem), any(one.is_source for one in known.values())))
    return found


def _parameters(name: str) -> tuple[nbformat.NotebookNode, dict[str, Parameter]]:
    path = find_notebook(name)
    source = read_source(path)
    return source, parameters_of(source, label=path.name)


def _example(parameter: Parameter) -> dict[str, Any] | None:
    """Return the description of the bundled data whose layout a file must have, or None where there is none."""
    return datasets.describe(parameter.default) if parameter.default in datasets.names() else None


def described(name: str, columns: Mapping[str, Mapping[str, bool]] | None = None) -> str:
    """Return what a notebook answers, the files that it takes with their columns, and its settings, as plain text.

    ``columns`` says, by parameter, which columns a reader uses and whether each is needed, where these are not all
    columns of the example.

    Raises
    ------
    CompendiumError
        If there is no such notebook; the nearest is named.
    """
    source, known = _parameters(name)
    sources = {key: one for key, one in known.items() if one.is_source}
    lines = [title_of(source, name), ""]
    for key, one in sources.items():
        example = _example(one)
        optional = " (may be left out)" if one.allowed.endswith("or nothing") else ""
        lines += [f"File -p {key}=FILE{optional}: {one.meaning}"]
        for field in _fields(example, (columns or {}).get(key)):
            need = "" if field.get("optional") or not field.get("constraints", {}).get("required") else ", always given"
            lines.append(f"    {field['name']}: {field['description']} ({field['type']}{need})")
    lines += ["", "Settings (-p name=value):"]
    lines += [
        f"    {key}={one.default!r}: {one.meaning}; allowed: {one.allowed}"
        for key, one in known.items()
        if key not in sources
    ]
    needed = [key for key, one in sources.items() if not one.allowed.endswith("or nothing")]
    given = " ".join(f"-p {key}=FILE" for key in needed or sources)
    return "\n".join([*lines, "", f"Example: healthsys report {name} {given} --out REPORT".replace("  ", " ")])


def _fields(example: dict[str, Any] | None, used: Mapping[str, bool] | None) -> list[dict[str, Any]]:
    """Return the fields of an example, or those that a reader uses, the needed ones first."""
    fields = example["schema"]["fields"] if example else []
    if used is None:
        return fields
    kept = [field for field in fields if field["name"] in used]
    kept = [field | {"optional": False, "constraints": {"required": used[field["name"]]}} for field in kept]
    return sorted(kept, key=lambda field: not used[field["name"]])


def template(name: str, out: Path, columns: Mapping[str, Mapping[str, bool]] | None = None) -> list[Path]:
    """Write, for each file that a notebook takes, a CSV with the header and a few example rows; return their paths.

    ``columns`` is that of :func:`described`.

    Raises
    ------
    CompendiumError
        If the notebook takes no file of a layout of its own.
    """
    _, known = _parameters(name)
    contents: dict[Path, str] = {}
    for key, one in known.items():
        example = _example(one) if one.is_source and one.with_own_data != "" else None
        fields = _fields(example, (columns or {}).get(key))
        if example and fields:
            names = [field["name"] for field in fields]
            whole = one.fits_any_data or example["kind"] in ("template", "reference")
            rows = pd.read_csv(paths.data() / example["path"], dtype=str, nrows=None if whole else EXAMPLE_ROWS)
            contents[out / f"{key}.csv"] = to_csv(rows[[column for column in names if column in rows.columns]])
    if not contents:
        raise CompendiumError(
            f"the notebook {name} takes no file in a layout of this book; healthsys describe {name} tells what it takes"
        )
    files.refuse_unwritable(out)
    for path, content in contents.items():
        if path.is_file() and path.read_text(encoding="utf-8", errors="replace") != content:
            raise CompendiumError(f"'{path}' is there and differs from the template; move it, or give another folder")
    files.write_together(contents)
    return list(contents)
