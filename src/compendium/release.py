"""A release: one version and one date in every file that names them; all of them change, or none."""

from __future__ import annotations

import datetime
import re

from compendium import files, paths
from compendium.errors import CompendiumError

#: Where the version is, with the pattern of its line.
VERSIONED = {
    "pyproject.toml": r'^version = "([^"]+)"$',
    "wheel/pyproject.toml": r'^version = "([^"]+)"$',
    "src/healthsys/__init__.py": r'^__version__ = "([^"]+)"$',
    "CITATION.cff": r"^version: (\S+)$",
}


def prepare(version: str, date: datetime.date) -> list[str]:
    """Write a version and the date of its release into the project; return the names of the files that changed.

    The heading *Unreleased* of the changelog becomes the version with its date. ``CITATION.cff`` takes the date, and
    the addresses of ``book/_config.yml`` where they are set.

    Raises
    ------
    CompendiumError
        If the version is not of the form 1.2.3, comes before the one there is, or the changelog has nothing unreleased.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise CompendiumError(f"'{version}' is no version; give one such as 1.2.0: make release VERSION=1.2.0")
    contents = {}
    for name, pattern in VERSIONED.items():
        text = (paths.root() / name).read_text(encoding="utf-8")
        before = re.search(pattern, text, flags=re.M)
        if not before:
            raise CompendiumError(f"{name} has no line with the version; it looks like {pattern}")
        if _parts(version) < _parts(before[1]):
            raise CompendiumError(f"{name} is at version {before[1]}, and {version} comes before it; give a later one")
        contents[name] = f"{text[: before.start(1)]}{version}{text[before.end(1) :]}"
    contents["CITATION.cff"] = _cited(contents["CITATION.cff"], date)
    log = (paths.root() / "CHANGELOG.md").read_text(encoding="utf-8")
    contents["CHANGELOG.md"], found = re.subn(r"^## Unreleased.*$", f"## {version} ({date})", log, count=1, flags=re.M)
    if not found:
        raise CompendiumError("CHANGELOG.md has no heading '## Unreleased', so nothing is new; write what changed")
    written = files.write_together({paths.root() / name: text for name, text in contents.items()})
    return [path.relative_to(paths.root()).as_posix() for path in written]


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _cited(citation: str, date: datetime.date) -> str:
    """Return ``CITATION.cff`` with the date of the release and the addresses that the book has."""
    settings = files.settings(paths.book() / "_config.yml")
    fields = {
        "date-released": f'"{date}"',
        "repository-code": settings.get("repository", {}).get("url"),
        "url": settings.get("html", {}).get("baseurl"),
    }
    for field, value in fields.items():
        citation = re.sub(rf"^{field}: .*\n", "", citation, flags=re.M)
        if value:
            citation = re.sub(r"^(version: .*\n)", rf"\g<1>{field}: {value}\n", citation, count=1, flags=re.M)
    return citation
