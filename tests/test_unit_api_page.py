"""The programming reference names every module that has something public, and no other.

A package that exports names (``__all__``) is named itself and covers the modules whose names it exports.
"""

from __future__ import annotations

import ast
import re

from healthsys import paths

# The command explains itself (`healthsys --help`).
LEFT_OUT = {"healthsys.cli"}


def public_names() -> dict[str, set[str]]:
    """Return the public functions and classes of each module; for a package also what it exports."""
    source = paths.root() / "src"
    found = {}
    for path in sorted((source / "healthsys").rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        names = {
            node.name
            for node in body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        }
        for node in body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                names |= set(ast.literal_eval(node.value))
        parts = path.relative_to(source).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        if names and (path.stem == "__init__" or not path.stem.startswith("_")):
            found[module] = names
    return {module: names for module, names in found.items() if module not in LEFT_OUT}


def test_the_programming_reference_names_every_public_module():
    page = (paths.book() / "reference" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. automodule:: (\S+)$", page, flags=re.M))
    public = public_names()
    absent = [
        module
        for module, names in public.items()
        if module not in named and not names & public.get(module.rpartition(".")[0], set())
    ]
    lines = ", ".join(f".. automodule:: {name}" for name in absent)
    assert not absent, f"add to book/reference/api.md: {lines}"
    stale = sorted(named - set(public))
    assert not stale, f"book/reference/api.md names modules that define nothing public: {stale}"
