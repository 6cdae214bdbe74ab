"""The arrows between rooms go one way: analysis rooms import no other room, publishing imports no analysis."""

import ast

import pytest

from compendium.fingerprint import PACKAGE

ROOMS = {"climate", "trends", "equality", "coding"}
#: What may import methods: plots draw their results, validation computes their worked examples.
AFTER_METHODS = {"plots", "validation"}
PUBLISHING = {"publishing", "cli"}
TEACHING = {"teaching"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import; write it out, the fingerprint follows absolute ones"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("healthsys."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_its_room_may(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    others = set(imported(path)) - {room}
    if room in PUBLISHING:
        assert not others & ROOMS
    elif room in AFTER_METHODS:
        assert not others & (PUBLISHING | TEACHING)
    elif room in ROOMS | TEACHING:
        assert not others & (ROOMS | PUBLISHING | TEACHING)
    else:
        assert not others & (ROOMS | PUBLISHING | TEACHING), "shared modules stand below the rooms"
