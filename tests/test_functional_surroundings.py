"""The surroundings of a build: a user's own settings stay out, and two builds at once wait for each other."""

import os
import re
import shutil
import threading
from pathlib import Path

import miniature
from compendium import files

#: What a build leaves that is published or compared, below ``book/_build``.
LEFT = ("executed", "results", "html")


def left(root: Path) -> dict[str, bytes]:
    """Return what a build leaves, by name."""
    build = root / "book/_build"
    return {path.relative_to(build).as_posix(): path.read_bytes()
            for folder in LEFT for path in (build / folder).rglob("*") if path.is_file()}  # fmt: skip


def test_a_users_own_settings_leave_the_same_bytes(tmp_path, tmp_path_factory):
    """Start-up files, matplotlib, IPython, time zone, locale, threads, umask, hash order: all of them at once."""
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path / "mini")
    expected = left(root)
    own = tmp_path / "own"
    (own / "profile_default/startup").mkdir(parents=True)
    spoil = "import pandas as pd\npd.set_option('display.precision', 1)\nprint('hello')\n"
    (own / "profile_default/startup/00-own.py").write_text(spoil)
    (own / "start.py").write_text(spoil)
    (own / "matplotlibrc").write_text("lines.linewidth: 9\naxes.grid: True\nfont.size: 30\naxes.facecolor: black\n")
    settings = {"PYTHONSTARTUP": str(own / "start.py"), "MPLCONFIGDIR": str(own), "IPYTHONDIR": str(own),
                "PYTHONPATH": os.pathsep.join([miniature.PATH, str(own)]), "LC_ALL": "C", "LANG": "de_DE.ISO-8859-1",
                "OMP_NUM_THREADS": "7", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "5", "COLUMNS": "30",
                "HEALTHSYS_COLD_KERNELS": "1"}  # fmt: skip
    shutil.rmtree(root / "book/_build")
    before = os.umask(0o077)
    try:
        done = miniature.healthsys(root, "build", **settings)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    found = left(root)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


def test_a_second_build_says_who_builds_and_waits(tmp_path, monkeypatch):
    miniature.enter(miniature.make(tmp_path / "mini"), monkeypatch)
    said, entered = [], threading.Event()

    def second():
        with files.alone("healthsys run", said.append):
            entered.set()

    with files.alone("healthsys build", said.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.3)
    waiting.join(10)
    assert entered.is_set()
    (line,) = said
    named = rf"waiting for healthsys build \(process {os.getpid()}\), which is writing to .*/_build/"
    assert re.fullmatch(named, line)
