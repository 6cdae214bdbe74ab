"""Build the book: compose pages from executed runs, write the generated pages, call Sphinx only when needed."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from compendium import (
    chapters,
    configuration,
    datasets,
    execution,
    files,
    fingerprint,
    finish,
    generated,
    kept,
    pages,
    paths,
    project,
    reference,
    report,
    takeaway,
)
from compendium.errors import RunError
from compendium.lookup import Lookup
from compendium.runs import Run, load_runs

#: Files of the theme that no page uses: its icon script and font (icons.css draws the few there are), thebe, maps.
UNUSED = ("*.map", "fontawesome*", "sphinx-thebe.*", "webpack-macros.html", "sbt-webpack-macros.html")

#: The rules of the theme's icon font in its minified style sheet, which is a third of it.
_ICON_RULES = re.compile(
    r"@font-face\{[^{}]*Font ?Awesome[^{}]*\}|(?<=[{}])\.fa(?:[brs]|-[\w-]+)?(?=[,:{.])[^{}]*\{[^{}]*\}"
)

#: Generated pages whose tables are offered as CSV.
WITH_TABLES = (
    "findings", "evidence/", "teaching/", "reference/constants", "reference/coverage", "reference/speed",
    "reference/corrections", "reference/dependencies",
)  # fmt: skip


#: Hashes of every file of the built book, by its name.
OUTPUTS = ".pages-outputs.json"


def written() -> list[Path]:
    """Return the files and folders among the book's sources that a build writes itself."""
    pages_written = [*generated.PAGES, *reference.names()]
    further = project.extended("written", default=[])
    return [paths.pages(), configuration.path(), *further, *(paths.book() / name for name in pages_written)]


def compose_pages(runs: list[Run]) -> list[str]:
    """Write the page of every executed run and the generated pages; return the names of those that changed.

    What a page is made from is counted by content: a page of which nothing changed is that of the last build.
    """
    changed, known_chapters = [], chapters.load()
    offered: dict[str, dict[str, str]] = {}
    settings = [*sorted(paths.book().glob("*.yml")), paths.root() / "CITATION.cff", paths.notebooks() / "runs.yml"]
    read = [*kept.code(), *kept.files_below(paths.book() / "_static"), *filter(Path.is_file, settings)]
    shared = kept.digest([*read, project.version()])
    for run in runs:
        source = execution.executed_path(run.name)
        if not source.is_file():
            raise RunError(f"run '{run.name}' has not been executed, so it has no page; execute it: healthsys run")
        make = functools.partial(_page_of, run, known_chapters.get(run.name))
        made_from = [shared, source, execution.results_path(run.name), run.notebook]
        page, offered[f"analyses/{run.name}"] = _parts(kept.texts(f"page-{run.name}", make, of=made_from))
        if files.write_whole(paths.pages() / f"{run.name}.ipynb", page):
            changed.append(run.name)
    known = {f"{run.name}.ipynb" for run in load_runs().values()}
    for stale in paths.pages().glob("*.ipynb"):
        if stale.name not in known:
            stale.unlink()
    said, written = _parts(kept.texts("generated", _generated, of=[shared, *_read_by_generated()]))
    offered |= json.loads(said)
    for stale in (paths.book() / "reference").glob("api-*.md"):
        if f"reference/{stale.name}" not in written:
            stale.unlink()
    for name, text in written.items():
        if files.write_whole(paths.book() / name, text):
            changed.append(name)
    takeaway.write(offered)
    return changed


def _page_of(run: Run, chapter: chapters.Chapter | None) -> dict[str, str]:
    """Return the page of a run, under no name, and the files that it offers."""
    record = json.loads(execution.results_path(run.name).read_text(encoding="utf-8"))
    kind = generated.kind_shown(run, chapter.kind if chapter else "")
    offer = takeaway.Offer(f"analyses/{run.name}", title=run.title, kind=kind, data=run.data)
    executed = nbformat.read(execution.executed_path(run.name), as_version=4)
    page = pages.compose(run, executed, record, chapter=chapter, offer=offer)
    return {"": nbformat.writes(page) + "\n", **offer.files}


def _parts(made: dict[str, str]) -> tuple[str, dict[str, str]]:
    return made.pop(""), made


def _generated() -> dict[str, str]:
    """Return the generated pages by name, and under no name the files that they offer, by page."""
    written = {name: write() for name, write in generated.PAGES.items()}
    written |= reference.pages() | project.extended("pages", default={})
    offered = {}
    for name, text in written.items():
        if name.startswith(WITH_TABLES) and not name.endswith("-fragment.md"):
            offer = takeaway.Offer(name.removesuffix(".md"))
            written[name], offered[offer.document] = offer.tables(text), offer.files
    return {"": json.dumps(offered), **written}


def _read_by_generated() -> list[Path]:
    """Return what the generated pages may read in addition to what every page may."""
    root = paths.root()
    folders = [root / name for name in ("benchmarks", "notebooks", "requirements", "results")]
    built = [paths.build() / name for name in ("executed", "results")]
    return [*kept.files_below(*folders, *built), *_bibliography()]


def _bibliography() -> list[Path]:
    return sorted(paths.book().glob("references.*"))


def inputs_hash() -> str:
    """Return the hash of everything the page build reads."""
    book = paths.book()
    read = [path for path in book.rglob("*") if path.is_file() and "_build" not in path.relative_to(book).parts]
    read += [*(paths.build() / "results").glob("*.json"), *paths.notebooks().glob("*.ipynb")]
    read += kept.files_below(paths.data(), *project.folders())
    read += [paths.root() / "requirements" / "book.lock", *(paths.notebooks() / "teaching").glob("*.*")]
    read += [path for path in (paths.root() / "CHANGELOG.md", paths.root() / "CITATION.cff") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(read):
        digest.update(
            f"{path.relative_to(paths.root()) if path.is_relative_to(paths.root()) else path.name}\0".encode()
        )
        digest.update(fingerprint.sha256(path).encode())
    return digest.hexdigest()


def changed_outputs() -> dict[str, tuple[str, str]]:
    """Return the files of the built book that are not as the build left them: expected and found SHA-256 by name."""
    known_file = paths.build() / OUTPUTS
    folder = paths.build() / "html"
    known = json.loads(known_file.read_text(encoding="utf-8")) if known_file.is_file() else {}
    found = _hashes(folder)
    names = sorted(known.keys() | found.keys())
    pairs = {name: (known.get(name, "absent"), found.get(name, "absent")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _hashes(folder: Path) -> dict[str, str]:
    files_there = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): datasets.sha256(path) for path in files_there}


def build_pages(*, force: bool = False, ahead: Callable[[], None] | None = None) -> bool:
    """Build the HTML when anything it reads has changed; return whether it was built.

    Parameters
    ----------
    force
        Build it also where nothing has changed.
    ahead
        Called as soon as the changed pages are to be seen, before the indices, the zip and all that is for download.

    Raises
    ------
    RunError
        With the warnings and errors of the page build; a warning fails it. The last good pages stay.
    """
    configuration.write()
    key_file = paths.build() / ".pages-key"
    key = inputs_hash()
    index = paths.build() / "html" / "index.html"
    unchanged = index.is_file() and key_file.is_file() and key_file.read_text() == key
    if not force and unchanged and not changed_outputs():
        return False
    work = paths.build() / "work"
    key_file.unlink(missing_ok=True)
    built, again, began = work / "_build" / "html", work.is_dir(), time.time()

    def written() -> None:
        changed = [page for page in built.rglob("*.html") if page.stat().st_mtime >= began]
        if finish.ahead(built, changed, into=index.parent):
            ahead()

    said = configuration.build(work, epoch=files.EPOCH, written=ahead and written)
    if said and again:  # what moved from page to page is there twice until both have been read
        said = configuration.build(work, epoch=files.EPOCH, written=ahead and written)
    if said:
        raise RunError(f"the page build failed:\n{said.rstrip()}")
    publish(built)
    files.write_whole(paths.build() / OUTPUTS, files.as_json(_hashes(paths.build() / "html")))
    files.write_whole(key_file, key)
    return True


def without_icons(style: str) -> str:
    """Return a style sheet without the rules of the theme's icon font.

    >>> without_icons("a{b:c}.fa,.fa-sun{d:e}.fa-sun:before{f:g}.fade{h:i}@font-face{font-family:Font Awesome 6;j:k}")
    'a{b:c}.fade{h:i}'
    """
    return _ICON_RULES.sub("", style)


def publish(built: Path) -> None:
    """Move freshly built pages into place as a whole, with the files they offer for download beside them.

    A download that is as it was is the file of the last build under one more name, until that build is removed.
    """
    fresh = paths.build() / ".html-new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(built, fresh, ignore=shutil.ignore_patterns(".buildinfo", *UNUSED))
    # Sphinx copies static files only where a page changed: a changed style sheet is brought in here.
    shutil.copytree(paths.book() / "_static", fresh / "_static", dirs_exist_ok=True)
    for theme in fresh.glob("_static/styles/*.css"):
        theme.write_text(without_icons(theme.read_text(encoding="utf-8")), encoding="utf-8")
    for name, source, pattern in (
        ("data", paths.data(), "**/*.*"),
        ("notebooks", paths.notebooks(), "*.ipynb"),
        ("results", paths.build() / "results", "*.json"),
        (takeaway.FOLDER, paths.build() / takeaway.FOLDER, "**/*.*"),
    ):
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                copy = fresh / name / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                _bring(path, copy, paths.build() / "html" / name / path.relative_to(source))
    lookup, shared = Lookup(paths.build() / "results"), kept.digest([*kept.sources(), *_bibliography()])
    (fresh / "executed").mkdir(exist_ok=True)
    for path in sorted((paths.build() / "executed").glob("*.ipynb")):
        make = functools.partial(_readable, path, lookup)
        (fresh / "executed" / path.name).write_bytes(kept.kept(f"executed-{path.stem}", make, of=[shared, path]))
    project.extended("downloads", fresh)
    finish.finish(fresh, epoch=files.EPOCH)
    files.replace_folder(fresh, paths.build() / "html")


def _bring(source: Path, target: Path, last: Path) -> None:
    """Copy a file, or give that of the last build one more name where it says the same and nobody writes to it."""
    try:
        same_size = last.stat().st_size == source.stat().st_size
        if same_size and target.suffix != ".html" and last.read_bytes() == source.read_bytes():
            target.hardlink_to(last)
            return
    except OSError:  # not there, or on a disk without such names
        pass
    shutil.copyfile(source, target)


def _readable(path: Path, lookup: Lookup) -> bytes:
    """Return an executed notebook with the numbers in its text."""
    made = report.readable(nbformat.read(path, as_version=4), lookup, path.stem)
    return f"{nbformat.writes(made)}\n".encode()
