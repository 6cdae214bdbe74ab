"""The programming reference names every module that has something public, and no other."""

from __future__ import annotations

import ast
import re

from healthsys import paths

# The command explains itself (`healthsys --help`).
LEFT_OUT = {"healthsys.cli"}


def public_modules() -> set[str]:
    """Return the modules of the package that define a public function or class."""
    source = paths.root() / "src"
    found = set()
    for path in (source / "healthsys").rglob("*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        public = [
            node.name
            for node in body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        ]
        parts = path.relative_to(source).with_suffix("").parts
        if public and not parts[-1].startswith("_") or public and parts[-1] == "__init__":
            found.add(".".join(part for part in parts if part != "__init__"))
    return found - LEFT_OUT


def test_the_programming_reference_names_every_public_module():
    page = (paths.book() / "reference" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. automodule:: (\S+)$", page, flags=re.M))
    absent, stale = public_modules() - named, named - public_modules()
    assert not absent, "add to book/reference/api.md: " + ", ".join(f".. automodule:: {name}" for name in sorted(absent))
    assert not stale, f"book/reference/api.md names modules that define nothing public: {sorted(stale)}"
