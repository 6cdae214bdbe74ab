"""``kill -9`` in the middle of a command: the last good output stays, the next run goes on from there, nothing is left.

A command is killed when it is about to change the file system for the N-th time below its folder (a file opened for
writing, a rename, a removal), by itself or by a process that it started. N is drawn from a seed among all changes that
an uninterrupted command makes. Then it is killed by the clock, at moments drawn from the same seed, each time from the
same start. Ten moments by the clock for each command, from another seed::

    HEALTHSYS_KILLS=10 HEALTHSYS_KILL_SEED=7 python -m pytest -n auto -rP tests/test_functional_killed.py
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import miniature

#: Times that each command is killed at a change of the file system, and by the clock (of ten that the seed draws).
MOMENTS = 2
CLOCK_MOMENTS = int(os.environ.get("HEALTHSYS_KILLS", "2"))

SEED = int(os.environ.get("HEALTHSYS_KILL_SEED", "20"))

#: Read by every Python that a command starts: it adds to a file, kept by all of them, a byte for each change.
COUNTER = """
import os, signal, sys
kept = os.open(os.environ["CHANGES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
main, below = int(os.environ.setdefault("COMMAND", str(os.getpid()))), os.environ["BELOW"]
def count(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        changes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if isinstance(flags, int) else False
    else:
        path, changes = arguments and arguments[0], event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir")
    if changes and (not isinstance(path, str) or path.startswith(below)):
        os.write(kept, b".")
        if os.fstat(kept).st_size == int(os.environ["MOMENT"]):
            os.kill(main, signal.SIGKILL)
sys.addaudithook(count)
"""


@dataclass(frozen=True)
class Command:
    """A command, what changes before it is called, and what it leaves."""

    arguments: tuple[str, ...]
    change: Callable[[Path], object]
    out: str
    root: Callable[[pytest.TempPathFactory], Path]
    #: Files whose bytes differ from one call to the next: they say when it was.
    dated: tuple[str, ...] = ()


def _mini(factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(miniature.built(factory), factory.mktemp("killed") / "mini")
    (root / "grid.csv").write_text("name,factor\none,1\ntwo,2\n")
    return root


def _module(factory: pytest.TempPathFactory) -> Path:
    """The book's own sources with a single teaching module, and a build folder of their own."""
    root = factory.mktemp("killed") / "book"
    for folder, but in (("", {"book", "notebooks"}), ("book", {"_build"}), ("notebooks", {"teaching"})):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for path in (miniature.PROJECT / folder).iterdir():
            if path.name not in but and not path.name.startswith("."):
                (root / folder / path.name).symlink_to(path)
    (root / "notebooks/teaching").mkdir()
    for kind in ("ipynb", "yml"):
        name = f"notebooks/teaching/beds-and-slack.{kind}"
        shutil.copy(miniature.PROJECT / name, root / name)
    shutil.copytree(miniature.PROJECT / "results", root / "book/_build/results")
    return root


def _sentence(root: Path) -> None:
    drawing = root / "notebooks/miniature_drawing.py"
    drawing.write_text(drawing.read_text().replace("return plot", "ax.margins(0.3)\n    return plot"))
    page = root / "book/index.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")


def _factor(root: Path) -> None:
    path = root / "notebooks/waits.ipynb"
    path.write_text(path.read_text().replace("factor: float = 1.0", "factor: float = 4.0"))


def _title(root: Path) -> None:
    path = root / "notebooks/teaching/beds-and-slack.yml"
    about = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(about | {"title": "Slack, beds and teams"}, sort_keys=False, allow_unicode=True))


COMMANDS = {
    "book": Command(("build",), _sentence, "book/_build/html", _mini),
    "verify": Command(("verify", "--only", "data,runs", "waits-once", "--out", "out"), _factor, "out", _mini,
                      dated=("report.html", "report.json")),
    "report": Command(("report", "waits", "--out", "out"), _factor, "out", _mini),
    "sweep": Command(("sweep", "waits", "--grid", "grid.csv", "--out", "out"), _factor, "out", _mini),
    "teach": Command(("teach", "build"), _title, "book/_build/teaching", _module),
}  # fmt: skip


def _call(root: Path, command: Command, scratch: Path, moment: int = 0) -> int:
    """Call a command to its end, or until it is killed; return how often it changed the file system."""
    (scratch / "sitecustomize.py").write_text(COUNTER)
    (scratch / "changes").write_bytes(b"")
    done = miniature.healthsys(root, *command.arguments, PYTHONPATH=os.pathsep.join([str(scratch), miniature.PATH]),
                               CHANGES=str(scratch / "changes"), BELOW=str(root), MOMENT=str(moment))  # fmt: skip
    if not moment or done.returncode != -signal.SIGKILL:  # one that goes on from an earlier one has less to do
        assert done.returncode == (1 if "verify" in command.arguments else 0) or not done.stderr, done.stderr
    return (scratch / "changes").stat().st_size


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _whole(command: Command, name: str, content: bytes) -> bool:
    """Whether a file that says when it was written ends as it should."""
    return name in command.dated and bool(json.loads(content) if name.endswith("json") else b"</html>" in content)


def _left_good(root: Path, command: Command, before: dict[str, bytes], expected: dict[str, bytes], when: str) -> None:
    """Check that a killed command has left whole files: each as before, or as the command would have written it."""
    found = _files(root / command.out) or _files((root / command.out).with_name(f".{Path(command.out).name}-old"))
    shown = {name: content for name, content in found.items() if name in before or not Path(name).name.startswith(".")}
    assert shown.keys() == before.keys(), when
    for name, content in shown.items():
        assert content in (before[name], expected[name]) or _whole(command, name, content) or name == "index.csv", (
            f"{name}, {when}"
        )


def _goes_on(root: Path, other: Path, command: Command, scratch: Path, expected: dict[str, bytes]) -> None:
    """Call a command after it was killed, and check that it leaves what one leaves that was not."""
    _call(root, command, scratch)
    found = _files(root / command.out)
    assert found.keys() == expected.keys(), "nothing is left of what was killed"
    assert [name for name in found if found[name] != expected[name] and not _whole(command, name, found[name])] == []
    hidden = {path.name for path in (root / "book/_build").rglob(".*")}
    assert hidden <= {path.name for path in (other / "book/_build").rglob(".*")}


def _kill_after(root: Path, command: Command, seconds: float) -> bool:
    """Start a command and kill it so many seconds later; return whether it was still at work.

    What it started must end by itself: it holds the pipes that are read here.
    """
    process = miniature.started(root, *command.arguments)
    with process:
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=60)
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_killed_command_leaves_the_last_good_output_and_the_next_goes_on(kind, tmp_path, tmp_path_factory):
    command = COMMANDS[kind]
    root = command.root(tmp_path_factory)
    _call(root, command, tmp_path)
    before = _files(root / command.out)
    command.change(root)
    other = shutil.copytree(root, tmp_path / "other" / root.name, symlinks=True)
    kept = shutil.copytree(root, tmp_path / "kept", symlinks=True)
    started = time.perf_counter()
    changes = _call(other, command, tmp_path)
    lasted = time.perf_counter() - started
    expected = _files(other / command.out)
    assert expected != before

    for moment in sorted(random.Random(SEED).sample(range(1, changes), MOMENTS)):
        assert _call(root, command, tmp_path, moment) <= changes
        _left_good(root, command, before, expected, f"killed at change {moment} of {changes}")
    _goes_on(root, other, command, tmp_path, expected)

    shares = [random.Random(f"{SEED} {kind} {number}").random() for number in range(CLOCK_MOMENTS)]
    for share in shares:
        shutil.rmtree(root)
        shutil.copytree(kept, root, symlinks=True)
        killed = _kill_after(root, command, share * lasted)
        when = f"{'killed' if killed else 'ended before'} {share * lasted:.2f} s of {lasted:.2f} s, seed {SEED}"
        print(f"{kind}: {when}")
        _left_good(root, command, before, expected, when)
        _goes_on(root, other, command, tmp_path, expected)
