"""One environment, named alike everywhere: pyproject.toml, the locks, environment.yml, postBuild."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUPPORTED = ("3.11", "3.12", "3.13")

# What each lock must hold beside the dependencies themselves; each lock adds a group to the one before.
GROUPS = {
    "book": ("build", "book"),
    "test": ("build", "book", "test"),
    "teach": ("build", "book", "test", "teach"),
    "scale": ("build", "book", "test", "teach", "scale"),
}


def text_of(*parts: str) -> str:
    """Return the text of a file of the project."""
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, list[tuple[Version, Marker | None]]]:
    """Return the pins of a lock by canonical name."""
    found: dict[str, list[tuple[Version, Marker | None]]] = {}
    for line in text_of("requirements", f"{lock}.lock").splitlines():
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?:\s*;\s*(.*?))?\s*\\?$", line)
        if pin:
            marker = Marker(pin[3]) if pin[3] else None
            found.setdefault(canonicalize_name(pin[1]), []).append((Version(pin[2]), marker))
    return found


def requirements(groups: tuple[str, ...]) -> list[Requirement]:
    """Return what the project and the named groups require."""
    extras = PROJECT["project"]["optional-dependencies"]
    names = [*PROJECT["project"]["dependencies"], *(name for group in groups for name in extras[group])]
    return [Requirement(name) for name in names]


def serving(found: list[tuple[Version, Marker | None]], python: str) -> list[Version]:
    """Return the versions that a lock installs on a Python version (Linux)."""
    machine = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    return [version for version, marker in found if marker is None or marker.evaluate(machine)]


@pytest.mark.parametrize("lock", GROUPS)
@pytest.mark.parametrize("python", SUPPORTED)
def test_every_requirement_is_met_by_its_pin(lock, python):
    pinned = pins(lock)
    for requirement in requirements(GROUPS[lock]):
        versions = serving(pinned.get(canonicalize_name(requirement.name), []), python)
        assert len(versions) == 1, f"{lock}.lock: {len(versions)} times {requirement.name} on {python}"
        assert requirement.specifier.contains(versions[0], prereleases=True), (
            f"{lock}.lock pins {requirement.name} {versions[0]}, pyproject.toml asks {requirement.specifier}"
        )


@pytest.mark.parametrize(("smaller", "larger"), [("book", "test"), ("test", "teach"), ("teach", "scale")])
def test_a_package_has_one_version_in_every_lock(smaller, larger):
    theirs = pins(larger)
    for name, versions in pins(smaller).items():
        assert [version for version, _ in versions] == [version for version, _ in theirs[name]], name


@pytest.mark.parametrize("lock", [*GROUPS, "bootstrap"])
def test_every_pin_carries_a_hash(lock):
    text = text_of("requirements", f"{lock}.lock")
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, f"{lock}.lock: no hash for {block.splitlines()[0]}"


def test_conda_environment_installs_the_lock_of_the_book():
    environment = yaml.safe_load(text_of("environment.yml"))
    assert environment["name"] == PROJECT["project"]["name"]
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    by_pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert by_pip == ["-r requirements/book.lock"], "conda and `make book` must install the same lock"
    assert sorted(re.split(r"[=<>]", name)[0] for name in plain) == ["pip", "python"]


def test_python_versions_agree():
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    environment = yaml.safe_load(text_of("environment.yml"))
    python = next(name for name in environment["dependencies"] if str(name).startswith("python="))
    assert allowed.contains(f"{python.partition('=')[2]}.0")
    classifiers = PROJECT["project"]["classifiers"]
    assert [line.rpartition(" ")[2] for line in classifiers if "Python :: 3." in line] == list(SUPPORTED)
    assert all(allowed.contains(f"{version}.0") for version in SUPPORTED)
    assert f"--python-version {SUPPORTED[0]}" in text_of("requirements", "lock.sh")


def test_binder_adds_the_package_as_the_makefile_does():
    script = text_of("postBuild")
    assert "pip install --no-deps --no-build-isolation --editable ." in script
    assert (ROOT / "postBuild").stat().st_mode & 0o111, "postBuild must be executable"


def test_the_version_is_the_same_everywhere():
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["version"] == version
    assert f"## Unreleased (version {version})" in text_of("CHANGELOG.md")
    assert f"book-version,{version}," in text_of("data", "constants.csv")
    assert f'__version__ = "{version}"' in text_of("src", "healthsys", "__init__.py")


def committed() -> list[Path]:
    """Return the files under version control, or every source file where there is no repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    left_out = {".venv", "_build", ".git", "__pycache__"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not left_out & set(path.parts)]


# A registry's address, or a folder of somebody's machine. Assembled so that this file does not find itself.
TELLTALE = re.compile(
    "|".join(
        [
            r"https?://\S+/" + r"simple\b",
            r"(?<!emit-)\b(?:extra-)?index" + r"-url[= ]",
            r"(?<![\w.~:-])/(?:" + "|".join(["work", "home", "Users", "root"]) + r")/[\w.-]+",
        ]
    )
)


def test_no_committed_file_names_a_registry_or_a_folder_of_a_machine():
    found = []
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in TELLTALE.finditer(text)]
    assert not found, "\n".join(found[:20])


def test_the_telltale_finds_what_it_is_for():
    for line in (
        "--index" + "-url https://registry.example/pypi",
        "https://registry.example/pypi/" + "simple/pandas",
        'cell at "/' + 'home/someone/project"',
    ):
        assert TELLTALE.search(line), line
    assert not TELLTALE.search("https://example.org/" + "work/paper and --no-emit-index" + "-url")


def test_jupyterlab_serves_the_whole_folder_and_trusts_what_was_built():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^lab:.*\n((?:\t.*\n)+)", text, flags=re.M)[1].splitlines()
    signing, opening = (line for line in recipe if "/jupyter " in line)
    assert "jupyter trust $(SIGNED) book/_build/html/executed/*.ipynb notebooks/*.ipynb" in signing
    assert "$(SIGNED) $(CHECKPOINTS) --notebook-dir=. " in opening
    named = [part for part in opening.split()[3:] if not part.startswith(("-", "$"))]
    assert not named, "a folder that is named becomes the root, and then the sources cannot be reached"


def test_jupyterlab_saves_a_notebook_only_when_told_and_asks_no_other_site():
    settings = json.loads(text_of("requirements", "jupyterlab.json"))
    assert settings["@jupyterlab/docmanager-extension:plugin"] == {"autosave": False}
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
