"""The programming reference, written from the packages: a page for each topic of the methods, one for the machine.

A topic is a package below the package of methods; what has no package stands on the first page. A package that names
what it exports (``__all__``) is documented by it, any other by its modules.
"""

from __future__ import annotations

import ast
from pathlib import Path

from compendium import project

#: Parts of the methods that any page may use: no page is about them.
SHARED = {"errors", "statistics", "say", "io", "plots", "disclosure", "validation"}

_INTRODUCTION = (
    "Every public function of the package `{name}`, with its documentation. Functions take data frames and return "
    "data frames or small frozen results; only the modules in `{name}.io` read files. The "
    "pages of the book call the same functions."
)
_MACHINE = "The package `{name}`, which turns notebooks with parameters into pages, records and verdicts."
_MORE = "The second half of the package `{name}`, in the order of its modules' names."


def _read(path: Path) -> tuple[str, bool, bool]:
    """Return the first line that a module says of itself, whether it has public parts, and whether it names them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") for node in tree.body
    )
    names = any(
        isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
        for node in tree.body
    )
    said = (ast.get_docstring(tree) or path.stem).partition("\n")[0].rstrip(".").partition(": ")[0]
    return said, public, names


def topics() -> dict[str, str]:
    """Return the packages below the package of methods, by name, with the first line of what each says of itself."""
    return {path.parent.name: _read(path)[0] for path in sorted(project.folders()[0].glob("*/__init__.py"))}


def modules(package: Path | None = None) -> dict[str, str]:
    """Return the modules to document, by dotted name, with the first line of what each says of itself."""
    package = package or project.folders()[0]
    found: dict[str, str] = {}
    whole = [path.parent for path in sorted(package.glob("*/__init__.py")) if _read(path)[2]]
    for path in sorted(package.rglob("*.py")):
        said, public, _ = _read(path)
        is_init = path.name == "__init__.py"
        exported = is_init and path.parent in whole
        inside = any(path.is_relative_to(folder) for folder in whole)
        if exported or (public and not inside):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = said
    return found


def names() -> list[str]:
    """Return the paths of the pages below ``book/``."""
    machine = (project.MACHINE, f"{project.MACHINE}-more")
    return ["reference/api.md", *(f"reference/api-{topic}.md" for topic in (*topics(), *machine))]


def pages() -> dict[str, str]:
    """Return the pages of the programming reference by their path below ``book/``."""
    methods, machine = project.folders()[0], project.folders()[-1]
    titles = topics()
    grouped: dict[str, list[str]] = {"": [], **{topic: [] for topic in titles}}
    for name, said in modules(methods).items():
        parts = name.split(".")
        grouped[parts[1] if len(parts) > 1 and parts[1] in titles else ""].append(_block(name, said))
    written = {"reference/api.md": _page("Programming reference", _INTRODUCTION.format(name=methods.name), grouped[""])}
    for topic, title in titles.items():
        lead = f"`{methods.name}.{topic}`, from its own documentation."
        written[f"reference/api-{topic}.md"] = _page(f"`{topic}`: {title[0].lower()}{title[1:]}", lead, grouped[topic])
    blocks = [_block(name, said) for name, said in modules(machine).items()]
    half = len(blocks) // 2  # one page of them all would be the heaviest of the book
    halves = (("", "The machine", _MACHINE, blocks[:half]), ("-more", "The machine, continued", _MORE, blocks[half:]))
    for name, title, lead, part in halves:
        written[f"reference/api-{project.MACHINE}{name}.md"] = _page(title, lead.format(name=machine.name), part)
    return written


def _block(name: str, said: str) -> str:
    options = "\n   :imported-members:" if _exports(name) else ""
    return f"## {said}\n\n```{{eval-rst}}\n.. automodule:: {name}{options}\n```\n"


def _exports(name: str) -> bool:
    folder = next(one for one in project.folders() if one.name == name.partition(".")[0])
    path = folder.joinpath(*name.split(".")[1:]) / "__init__.py"
    return path.is_file() and _read(path)[2]


def _page(title: str, lead: str, blocks: list[str]) -> str:
    return f"# {title}\n\n{lead}\n\n" + "\n".join(blocks)
