"""A release changes version and date everywhere, or nowhere; the archive and the crate take its date."""

import datetime
import shutil

import pytest
import yaml
from click.testing import CliRunner

import miniature
from compendium import crate, release
from compendium.errors import CompendiumError
from everyday.cli import main

DAY = datetime.date(2026, 3, 4)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The miniature with the project's own files that name the version."""
    root = miniature.enter(miniature.make(tmp_path / "mini"), monkeypatch)
    for name in release.VERSIONED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(miniature.PROJECT / name, root / name)
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased (version 0.1.0)\n\n- New.\n\n## 0.0.1\n")
    return root


def test_a_release_writes_one_version_and_one_date_everywhere(project):
    config = (project / "book/_config.yml").read_text()
    (project / "book/_config.yml").write_text(config.replace('baseurl: ""', 'baseurl: "https://book.example/"'))
    done = CliRunner().invoke(main, ["release", "90.1.0", "--date", "2026-03-04"])
    assert done.exit_code == 0, done.output
    assert sorted(done.output.split()) == sorted(f"{name}" for name in [*release.VERSIONED, "CHANGELOG.md"])
    about = yaml.safe_load((project / "CITATION.cff").read_text())
    assert (about["version"], about["date-released"], about["url"]) == (
        "90.1.0", "2026-03-04", "https://book.example/")  # fmt: skip
    assert "repository-code" not in about, "an address that the book does not have"
    assert "\n## 90.1.0 (2026-03-04)\n\n- New." in (project / "CHANGELOG.md").read_text()
    assert 'version = "90.1.0"' in (project / "wheel/pyproject.toml").read_text()
    assert crate.released() == "2026-03-04"
    assert crate.file_stem().endswith("-90.1.0")


@pytest.mark.parametrize(
    ("version", "log", "said"),
    [
        ("1.2", "## Unreleased\n", "'1.2' is no version; give one such as 1.2.0"),
        ("0.0.9", "## Unreleased\n", "and 0.0.9 comes before it; give a later one"),
        ("90.0.0", "## 0.1.0\n", "CHANGELOG.md has no heading '## Unreleased', so nothing is new"),
    ],
)
def test_a_release_that_cannot_be_changes_nothing(project, version, log, said):
    (project / "CHANGELOG.md").write_text(log)
    before = {name: (project / name).read_bytes() for name in release.VERSIONED}
    with pytest.raises(CompendiumError, match=said):
        release.prepare(version, DAY)
    assert {name: (project / name).read_bytes() for name in release.VERSIONED} == before
