"""What the runs published before the redesign: numbers, figures, tables, messages, escaped names, as JSON.

``tests/frozen/<run>.json`` holds, for each run of the book, its recorded numbers with their intervals, the data and
alternative text of each figure, and the cells of each table, suppression marks among them. ``messages.json`` holds what
each notebook says of a file it cannot read, ``escaped.json`` what becomes of hostile names. They were written once, by
``python tests/frozen.py`` at the commit before the first method moved, and are compared with by test_back_frozen.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from lxml import html as parser

PROJECT = Path(__file__).resolve().parents[1]
FROZEN = PROJECT / "tests" / "frozen"

#: Files that no notebook can read: what they hold.
BAD_FILES = {
    "empty.csv": b"",
    "header only.csv": b"unit,period,value\n",
    "other columns.csv": b"colour,size\nred,3\n",
    "doubled header.csv": b"unit,unit,value\nA,B,1\n",
    "null bytes.csv": b"unit\0value\n\0\0\n",
    "semicolons.csv": b"unit;period;value\nA;2020-01-01;3\n",
    "workbook.csv": b"PK\x03\x04rest of a workbook",
}


def tables_of(notebook: nbformat.NotebookNode) -> dict[str, list[list[str]]]:
    """Return the cells of each table of an executed notebook, by its name or, without one, its caption."""
    found: dict[str, list[list[str]]] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/html", "")
            if "hs-table" not in text:
                continue
            for part in parser.fragments_fromstring(f"<div>{text}</div>")[0].xpath(".//table/.."):
                name = (part.get("id") or "").removeprefix("table-") or part.xpath("string(.//caption)")
                rows = [
                    ["".join(cell.itertext()) for cell in row.xpath("./th|./td")] for row in part.xpath(".//tr")
                ]
                if not name.startswith("Figure data:"):
                    found[name] = rows
    return found


def numbers_of(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the numeric results of a record: value, interval, level, n and unit."""
    keys = ("value", "lower", "upper", "level", "n", "unit")
    return {
        name: {key: one.get(key) for key in keys}
        for name, one in record["results"].items()
        if isinstance(one.get("value"), int | float) or one.get("value") is None
    }


def figures_of(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the data and alternative text of each figure of a record."""
    return {
        name: {key: figure[key] for key in ("columns", "rows", "alt")} for name, figure in record["figures"].items()
    }


def suppressed(tables: dict[str, list[list[str]]]) -> set[tuple[str, str, str]]:
    """Return table, row and column of each cell that shows a suppression mark."""
    return {
        (name, row[0], rows[0][at])
        for name, rows in tables.items()
        for row in rows[1:]
        for at, cell in enumerate(row)
        if "*" in cell or "suppressed" in cell
    }


def messages() -> Iterator[tuple[str, str, str, str]]:
    """Yield notebook, parameter, bad file and what the notebook says of it, cell by cell in this process."""
    import in_process
    from compendium import parameters, runs
    from compendium.errors import RunError

    with tempfile.TemporaryDirectory() as folder:
        for name, content in BAD_FILES.items():
            (Path(folder) / name).write_bytes(content)
        for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
            known = parameters.parameters_of(runs.read_source(path), label=path.name)
            for source in [one.name for one in known.values() if one.is_source]:
                for bad in BAD_FILES:
                    given = {source: [str(Path(folder) / bad)] if known[source].type == "list[str]" else bad}
                    try:
                        checked = parameters.validate(given, known, label=path.name, folder=Path(folder))
                    except RunError:
                        continue  # not without the reader's other files: see test_unit_parameters
                    try:
                        in_process.execute(runs.Run(path.stem, path, path.stem, checked))
                        said = "nothing: it is read"
                    except Exception as error:
                        said = f"{type(error).__name__}: {error}".replace(folder, "FOLDER")
                    yield path.stem, source, bad, said


def escaped() -> list[list[str]]:
    """Return each hostile name with what is written for Markdown, HTML and the lettering of a figure."""
    import hostile
    from compendium import escape

    return [[name, escape.markdown(name), escape.html(name), escape.drawn(name, longest=40)] for name in hostile.NAMES]


def write() -> None:
    """Write what stands on the built pages now."""
    FROZEN.mkdir(exist_ok=True)
    for path in sorted((PROJECT / "results").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        page = nbformat.read(PROJECT / "book" / "analyses" / f"{path.stem}.ipynb", as_version=4)
        held = {"numbers": numbers_of(record), "figures": figures_of(record), "tables": tables_of(page)}
        (FROZEN / path.name).write_text(json.dumps(held, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    held = {"messages": list(messages()), "escaped": escaped()}
    for name, rows in held.items():
        text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
        (FROZEN / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
