"""The surroundings of a build: a user's own settings stay out, and two builds at once wait for each other."""

import os
import re
import threading

import miniature
from compendium import files

#: What a run leaves, below ``book/_build``.
LEFT = ("executed/waits-twice.ipynb", "results/waits-twice.json")


def test_a_users_own_settings_leave_the_same_bytes(tmp_path):
    """Start-up files, matplotlib, IPython, time zone, locale, threads, umask, hash order: all of them at once."""
    root = miniature.make(tmp_path / "mini")
    assert miniature.healthsys(root, "run", "waits-twice").returncode == 0
    expected = {name: (root / "book/_build" / name).read_bytes() for name in LEFT}
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
    before = os.umask(0o077)
    try:
        done = miniature.healthsys(root, "run", "waits-twice", "--force", **settings)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert {name: (root / "book/_build" / name).read_bytes() for name in LEFT} == expected


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
