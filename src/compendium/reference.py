"""The programming reference, written from the modules there are: one page for each room."""

from __future__ import annotations

import ast
from pathlib import Path

from compendium.fingerprint import PACKAGE

#: Rooms with a page of their own, and its title; every other module stands on the first page.
ROOMS = {
    "climate": "Organisational climate",
    "trends": "Service trends",
    "pay": "Pay gaps",
    "equality": "Workforce equality",
    "narratives": "Narratives",
    "publishing": "Publishing",
}

#: Packages whose ``__all__`` names everything public in them.
WHOLE = {"healthsys.climate", "healthsys.disclosure", "healthsys.pay"}

#: The command explains itself (``healthsys --help``).
LEFT_OUT = {"everyday.cli"}

_INTRODUCTION = (
    "Every public function of the package `healthsys`, from its own documentation. Functions take data frames and "
    "return data frames or small frozen results; files are read only by the modules that say so. A page of the book "
    "calls the same functions."
)


def modules(package: Path = PACKAGE) -> dict[str, str]:
    """Return the modules to document, by dotted name, with the first line of what each says of itself.

    A package of :data:`WHOLE` is documented by what it exports, any other by its modules.
    """
    found: dict[str, str] = {}
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        public = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        inside = any(name.startswith(f"{whole}.") for whole in WHOLE)
        if (public or name in WHOLE) and name not in LEFT_OUT and not inside:
            found[name] = (ast.get_docstring(tree) or name).partition("\n")[0].rstrip(".").partition(": ")[0]
    return found


def names() -> list[str]:
    """Return the paths of the pages below ``book/``."""
    return ["reference/api.md", *(f"reference/api-{room}.md" for room in ROOMS)]


def pages() -> dict[str, str]:
    """Return the pages of the programming reference by their path below ``book/``."""
    grouped: dict[str, list[str]] = {"": [], **{room: [] for room in ROOMS}}
    for name, said in modules().items():
        parts = name.split(".")
        room = parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""
        grouped[room].append(f"## {said}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n")
    written = {}
    for room, blocks in grouped.items():
        title = f"Programming reference: {ROOMS[room].lower()}" if room else "Programming reference"
        lead = _INTRODUCTION if not room else f"The modules of `healthsys.{room}`, from their own documentation."
        name = f"reference/api-{room}.md" if room else "reference/api.md"
        written[name] = f"# {title}\n\n{lead}\n\n" + "\n".join(blocks)
    return written
