"""The table of dependencies agrees with the locks and with what is installed; nothing under the GPL is shipped."""

from __future__ import annotations

from importlib import metadata

import pytest

from compendium import datasets, dependencies, paths


def test_the_table_lists_what_the_locks_hold():
    frame = datasets.load("dependencies").set_index("package")
    for lock, purpose in dependencies.LOCKS.items():
        for name, versions in dependencies.pinned(paths.root() / "requirements" / f"{lock}.lock").items():
            assert frame.loc[name, "version"] == " or ".join(dict.fromkeys(versions)), name
            if lock == "book":
                assert frame.loc[name, "needed_for"] == purpose, name
    locks = [paths.root() / "requirements" / f"{lock}.lock" for lock in ("scale", "bootstrap")]
    assert set(frame.index) == {name for lock in locks for name in dependencies.pinned(lock)}


def test_the_table_says_what_installed_packages_say():
    frame = datasets.load("dependencies")
    checked = 0
    for row in frame.itertuples(index=False):
        try:
            stated = dependencies.licence(row.package)
        except metadata.PackageNotFoundError:
            continue
        if metadata.version(row.package) in row.version.split(" or "):
            assert row.licence == stated, row.package
            checked += 1
    assert checked > 150


def test_the_book_stands_on_no_package_under_the_gpl():
    frame = datasets.load("dependencies")
    book = frame[frame["needed_for"] == "the book"]
    # Of docutils only an editor's mode for Emacs is under the GPL, and no wheel holds it.
    bound = book[book["licence"].str.contains(r"\bA?GPL|not stated") & (book["package"] != "docutils")]
    assert bound.empty, bound
    assert {"numpy", "pandas", "statsmodels", "sphinx"} <= set(book["package"])


@pytest.mark.parametrize(("package", "stated"), [("matplotlib", "PSF"), ("scipy", "BSD"), ("pytest", "MIT")])
def test_long_licence_texts_are_not_taken_for_another_licence(package, stated):
    assert dependencies.licence(package).startswith(stated)
