"""A command that is forked is what a new interpreter gives: folder, variables, streams, exit code, modules."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

import commands
import miniature

#: Says where it is and what it has, on both streams, and ends as its first argument says.
PROBE = """
import json, os, signal, sys
loaded = [name for name in sys.modules if name.partition(".")[0] in ("compendium", "everyday", "healthsys")]
print(json.dumps([os.getcwd(), os.environ.get("GIVEN"), sys.argv[1:], __name__, sys.path[0], loaded, sys.stdin.read()]))
print("to the other stream: é", file=sys.stderr)
how = sys.argv[1]
if how == "killed":
    sys.stdout.flush(); sys.stderr.flush(); os.kill(os.getpid(), signal.SIGKILL)
if how == "raises":
    raise ZeroDivisionError("no wait")
sys.exit({"zero": 0, "nothing": None, "seven": 7, "text": "said at the end"}[how])
"""


@pytest.mark.parametrize("how", ["zero", "nothing", "seven", "text", "killed", "raises"])
def test_a_forked_command_ends_and_says_what_a_new_interpreter_does(tmp_path, command_server, how):
    if not command_server:
        pytest.skip("there is no fork here, so that each command is a new interpreter anyway")
    (tmp_path / "probe.py").write_text(PROBE)
    given = {**miniature.clean_environment(), "GIVEN": "this", "PYTHONPATH": miniature.PATH}
    forked = commands.call(command_server, "probe", (how, "--more"), folder=tmp_path, environment=given)
    fresh = subprocess.run(
        [sys.executable, "-m", "probe", how, "--more"], cwd=tmp_path, env=given, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert forked.returncode == fresh.returncode
    assert json.loads(forked.stdout) == json.loads(fresh.stdout)
    assert json.loads(forked.stdout)[:2] == [os.path.realpath(tmp_path), "this"]
    assert forked.stderr.splitlines()[0] == fresh.stderr.splitlines()[0] == "to the other stream: é"
    assert forked.stderr.splitlines()[-1] == fresh.stderr.splitlines()[-1]


def test_a_command_is_a_new_interpreter_where_one_is_asked_for(tmp_path, monkeypatch):
    asked = []
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(miniature, "COMMANDS", "somewhere")
    monkeypatch.setattr(miniature.commands, "call", lambda *_, **__: asked.append("forked") or done)
    new = SimpleNamespace(args=[], returncode=0, communicate=lambda: ("", ""))
    monkeypatch.setattr(miniature, "started", lambda *_, **__: asked.append("new") or nullcontext(new))
    monkeypatch.setattr(miniature.coverage.Coverage, "current", lambda: None)
    for variables in ({}, {"HEALTHSYS_COLD_KERNELS": "1"}, {"PYTHONHASHSEED": "random"}, {"TZ": "UTC"}):
        miniature.healthsys(tmp_path, "list", **variables)
    assert asked == ["forked", "forked", "new", "new"]
    monkeypatch.setattr(miniature.coverage.Coverage, "current", lambda: "measured")
    miniature.healthsys(tmp_path, "list")
    assert asked[-1] == "new"
