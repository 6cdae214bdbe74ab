"""The light wheel of the methods brings what it needs; each quick start runs from it in an empty folder."""

import subprocess
import sys
import tomllib
import zipfile

import pytest

from miniature import PROJECT

#: What a light installation has beside the standard library.
DEPENDENCIES = {"numpy", "pandas", "scipy", "statsmodels"}

#: Runs the examples of a module's own docstring; the module must come from the wheel.
QUICK_START = """
import doctest, importlib, sys
sys.path.insert(0, sys.argv[1])
module = importlib.import_module(sys.argv[2])
assert module.__file__.startswith(sys.argv[1]), module.__file__
(found,) = doctest.DocTestFinder(recurse=False).find(module, module.__name__)
result = doctest.DocTestRunner().run(found)
print(result.attempted)
sys.exit(result.failed)
"""

TOPICS = (
    "spc", "panel", "its", "did", "queueing", "climate", "pay", "workforce", "coding", "disclosure", "io", "plots",
)  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that the wheel is unpacked in."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PROJECT / "wheel", check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_holds_the_methods_alone_and_says_what_it_needs(installed):
    tops = {path.name.partition("-")[0] for path in installed.iterdir()}
    assert tops == {"healthsys"}
    needed = tomllib.loads((PROJECT / "wheel/pyproject.toml").read_text())["project"]
    assert {name.partition(">")[0] for name in needed["dependencies"]} == DEPENDENCIES
    whole = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert needed["version"] == whole["version"]
    assert needed["requires-python"] == whole["requires-python"].replace("3.14", "3.15"), "Pyodide has 3.14"
    assert set(needed["dependencies"]) <= set(whole["dependencies"]), "one lower bound for one library"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_quick_start_runs_from_the_wheel_in_an_empty_folder(installed, tmp_path, topic):
    done = subprocess.run(
        [sys.executable, "-c", QUICK_START, str(installed), f"healthsys.{topic}"],
        cwd=tmp_path, capture_output=True, text=True, env={"PATH": "", "MPLCONFIGDIR": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1]) >= 2, f"healthsys.{topic} has no quick start"
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize("topic", [*TOPICS])
def test_a_topic_names_its_methods(installed, topic):
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); from healthsys import {topic}; print(*dir({topic}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    public = [name for name in done.stdout.split() if not name.startswith("_")]
    assert public
    assert not {"pd", "np", "annotations", "dataclass", "DataError"} & set(public), public
