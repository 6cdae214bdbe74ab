"""The readers without the rest: what they import, and a series from disk to its checks outside a checkout."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import healthsys

PACKAGE = Path(healthsys.__file__).parent

#: What the readers of files may import of the package.
ALLOWED = ("healthsys.errors", "healthsys.say", "healthsys.io")

WALK = """
import doctest, pathlib
from healthsys import io
from healthsys.io import checks, csv_files, known, layouts, layouts_rtt, schemas, series, steps, values
modules = (io, checks, csv_files, known, layouts, layouts_rtt, schemas, series, steps, values)
done = [doctest.testmod(module) for module in modules]
assert not any(one.failed for one in done) and sum(one.attempted > 0 for one in done) >= 9, done
rows = [f"within_4h_percent,England,2019-{month:02d}-01,{80 + month % 3}" for month in range(1, 13)]
pathlib.Path("mine.csv").write_text("\\n".join(["indicator,unit,period,value", *rows]))
table = io.read_series("mine.csv")
series = io.pick_series(table, indicator="within_4h_percent", unit="England")
breaks, certain = io.breaks_of(table, indicator="within_4h_percent", unit="England")
print(len(series), certain, [one.name for one in io.check_series(series, breaks=breaks, indicator="seen")])
"""


def test_the_readers_import_only_what_stands_below_them():
    for path in sorted((PACKAGE / "io").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("healthsys", "compendium", "everyday")) or name.startswith(ALLOWED), name
                assert name.split(".")[0] not in ("pandera", "IPython", "altair"), name


def test_a_series_is_read_and_looked_at_in_an_empty_folder(tmp_path):
    copy, empty = tmp_path / "package" / "healthsys", tmp_path / "empty"
    empty.mkdir()
    shutil.copytree(PACKAGE / "io", copy / "io", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "errors.py", "say.py"):
        shutil.copy(PACKAGE / name, copy / name)
    done = subprocess.run(
        [sys.executable, "-c", WALK], cwd=empty, env={"PYTHONPATH": str(copy.parent)}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "12 False ['definition']", done.stderr


def test_the_public_names_are_the_methods():
    from healthsys import io

    assert dir(io) == io.__all__ == sorted(io.__all__)
    assert all(getattr(io, name).__doc__ for name in io.__all__)
