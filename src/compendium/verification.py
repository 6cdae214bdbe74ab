"""The reviewer's path: environment, data, notebooks, runs and claims checked afresh, one verdict for each thing.

Of what was built before only the book is read, and nothing that was built is written over: runs are executed into
memory and compared with the published record, notebooks are compared with their stored outputs by strict nbval.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import zip_longest
from pathlib import Path
from typing import Any

from compendium import (
    artists,
    bibliography,
    book,
    datasets,
    dependencies,
    execution,
    outputs,
    paths,
    project,
    record,
)
from compendium.errors import CompendiumError, RunError
from compendium.record import Difference
from compendium.runs import Run

#: What can be checked, in order, with what it is.
PARTS = {
    "environment": "installed packages compared with the lock file",
    "package": "installed files compared with the checksums that came with them, licences with the published table",
    "data": "data files compared with their checksums and schemas",
    "references": "entries of the bibliography compared with their published checksums",
    "notebooks": "stored outputs of every notebook compared with a new run (strict nbval; long decimals to six digits)",
    "runs": "every run executed again, each result and figure compared with the published record",
    "claims": "every claim of the sources, with its verdict computed again",
    "book": "every file of the built book compared with what the build left, where there is one",
}

#: Longest output of a cell that is named in full.
_LONG = 240

_CODES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Check:
    """The verdict on one thing: a package, a data set, a notebook, a run, a result, a figure or a claim."""

    part: str
    name: str
    differences: tuple[Difference, ...] = ()
    expected: str = ""
    got: str = ""
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def pins(lock: Path) -> dict[str, str]:
    """Return what a lock pins on this machine: version by canonical name, markers evaluated here."""
    from packaging.markers import Marker

    listed = dependencies.listed(lock)
    return {name: version for name, version, marker in listed if not marker or Marker(marker).evaluate()}


def environment() -> list[Check]:
    """Check every installed package that a lock pins; what the book's lock pins must be there.

    Further locks (tests, teaching, scale) hold what not everybody installs: it is checked where it is installed.
    """
    checks = []
    for folder in project.folders():
        if (paths.root() / "src" / folder.name).is_dir():
            here = folder.resolve().is_relative_to(paths.root())
            wrong = Difference("environment", folder.name, "imported from", "src/ of this folder", "another folder")
            found = "src/" if here else "elsewhere"
            checks.append(Check("environment", folder.name, () if here else (wrong,), "src/", found))
    folder = paths.root() / "requirements"
    needed = pins(folder / "book.lock")
    pinned = dict(needed)
    for lock in sorted(folder.glob("*.lock")):
        for name, version in pins(lock).items():
            pinned.setdefault(name, version)
            if pinned[name] != version:
                wrong = Difference("environment", name, f"version in {lock.name}", pinned[name], version)
                checks.append(Check("environment", name, (wrong,), pinned[name], version))
    for name, version in sorted(pinned.items()):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name not in needed:
                continue
            installed = "not installed"
        wrong = Difference("environment", name, "version", version, installed)
        checks.append(Check("environment", name, () if installed == version else (wrong,), version, installed))
    return checks


def data() -> list[Check]:
    """Check every data file against its size, its checksum and its schema; a file that no entry describes differs."""
    checks = []
    described = {"datapackage.json"}
    for resource in datasets.package()["resources"]:
        name, path = resource["name"], paths.data() / resource["path"]
        described.add(resource["path"])
        expected = resource.get("hash", "no checksum")
        if not path.is_file():
            found = [Difference("data", name, "file", resource["path"], "absent")]
            checks.append(Check("data", name, tuple(found), expected, "absent"))
            continue
        got = f"sha256:{datasets.sha256(path)}"
        found = [Difference("data", name, "checksum", expected, got)] if got != expected else []
        try:
            datasets.load(name)
        except CompendiumError as error:
            found.append(Difference("data", name, "schema", "as described", str(error)))
        checks.append(Check("data", name, tuple(found), expected, got))
    for path in sorted(paths.data().rglob("*")):
        name = path.relative_to(paths.data()).as_posix()
        if path.is_file() and name not in described and not path.name.startswith("."):
            wrong = Difference("data", name, "entry in data/datapackage.json", "described", "absent")
            checks.append(Check("data", name, (wrong,), "described", "not described"))
    return checks


def built_book() -> list[Check]:
    """Check every file of the built book against its checksum, by folder; nothing where no book is built."""
    if not (paths.build() / "html" / "index.html").is_file():
        return []
    changed = book.changed_outputs()
    folder = paths.build() / "html"
    groups = sorted({path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
                    | {name.partition("/")[0] for name in changed})  # fmt: skip
    checks = []
    for group in groups:
        wrong = [name for name in changed if name.partition("/")[0] == group]
        found = tuple(Difference("book", name, "checksum", *changed[name]) for name in wrong)
        checks.append(Check("book", group, found, "as built", f"{len(wrong)} changed" if wrong else "as built"))
    return checks


def package() -> list[Check]:
    """Check the installed files of every package that a lock pins, and the committed table of licences.

    A package brings the SHA-256 of each of its files (``RECORD``); files that Python compiles, and those without a
    checksum, are not compared.
    """
    pinned = {name for lock in sorted((paths.root() / "requirements").glob("*.lock")) for name in pins(lock)}
    checks = []
    for name in sorted(pinned):
        try:
            installed = metadata.distribution(name).files
        except metadata.PackageNotFoundError:
            continue  # the environment's part says so, where it is needed
        hashed = [file for file in installed or [] if file.hash and file.hash.mode == "sha256"]
        wrong = [(file, got) for file in hashed if (got := _as_recorded(file)) != file.hash.value]
        found = tuple(Difference("package", name, str(file), file.hash.value, got) for file, got in wrong)
        checks.append(Check("package", name, found, f"{len(hashed)} files", f"{len(hashed) - len(wrong)} as installed"))
    if dependencies.DATA in datasets.names():
        stated = [f"{name} {licence}" for name, *_, licence in datasets.load(dependencies.DATA).itertuples(index=False)]
        now = [f"{name} {licence}" for name, *_, licence in dependencies.table().itertuples(index=False)]
        apart = [sorted({*side} - {*other}) for side, other in ((stated, now), (now, stated))]
        wrong = Difference("package", "licences", "declared", *("; ".join(side) for side in apart))
        checks.append(Check("package", "licences", (wrong,) if any(apart) else (), f"{len(stated)} packages",
                            f"{len(now) - len(apart[1])} as published"))  # fmt: skip
    return checks


def _as_recorded(file: metadata.PackagePath) -> str:
    """Return the checksum of an installed file, written as ``RECORD`` writes it."""
    path = Path(file.locate())
    if not path.is_file():
        return "absent"
    return base64.urlsafe_b64encode(bytes.fromhex(datasets.sha256(path))).rstrip(b"=").decode()


def references() -> list[Check]:
    """Check every entry of the bibliography, its key and DOI among it, against its published checksum."""
    published, now = bibliography.published(), bibliography.entries()
    checks = []
    for key in sorted(published.keys() | now.keys()):
        sides = [side.get(key, {}) for side in (published, now)]
        found = tuple(
            Difference("references", key, part, *(side.get(part, "absent") for side in sides))
            for part in ("doi", "sha256") if sides[0].get(part) != sides[1].get(part)
        )  # fmt: skip
        shown = [side.get("doi") or "no DOI" if side else "absent" for side in sides]
        checks.append(Check("references", key, found, *shown))
    return checks


def recorded(run: str) -> dict[str, Any] | None:
    """Return the published record of a run, or None.

    Raises
    ------
    RunError
        If the file is damaged.
    """
    path = record.recorded_path(run)
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found["results"], dict) or not isinstance(found["figures"], dict):
            raise ValueError("results and figures are no tables")
    except (ValueError, KeyError, TypeError) as error:
        name = f"results/{run}.json"
        raise RunError(f"{name} is damaged ({error}); restore it: git checkout {name}") from None
    return found


def compare_run(name: str, published: dict[str, Any] | None, got: dict[str, Any]) -> list[Check]:
    """Return the verdicts of an executed run: the run itself, each of its results, each of its figures.

    Parameters
    ----------
    name
        The run.
    published
        Its published record, None where there is none.
    got
        The record of the fresh execution.
    """
    if published is None:
        wrong = Difference(name, "run", "record", f"results/{name}.json", "no published record")
        return [Check("runs", name, (wrong,))]
    found = record.compare(published, got)
    checks = [Check("runs", name, tuple(d for d in found if d.name == "run"))]
    for part in ("results", "figures"):
        before, after = published.get(part, {}), got.get(part, {})
        for key in sorted(before.keys() | after.keys()):
            theirs = tuple(d for d in found if d.name == key and d.part.startswith("figure") == (part == "figures"))
            shown = [_shown(side.get(key)) for side in (before, after)]
            checks.append(Check(part, f"{name}/{key}", theirs, *shown))
    return checks


def _shown(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "absent"
    if "rows" in entry:
        return f"{len(entry['rows'])} rows of {', '.join(entry['columns'])}"
    return f"{entry['text']} ({entry['interval']})" if entry.get("interval") else entry["text"]


def execute(run: Run) -> tuple[dict[str, Any] | None, str, float]:
    """Execute a run afresh in memory: its record, or None with what failed; and the seconds it took."""
    started = time.perf_counter()
    try:
        run.read()  # a damaged notebook says so here
        notebook, _ = execution.execute_notebook(run.notebook, run.parameters, label=run.name, data=run.data)
        return execution.results_of(run, notebook), "", time.perf_counter() - started
    except CompendiumError as error:
        return None, str(error), time.perf_counter() - started


class _Listener:
    """A pytest plugin that keeps what nbval finds wrong with each cell."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        self.cells = 0
        self.found: list[Difference] = []
        self.compared: tuple[Any, Any] | None = None

    def pytest_itemcollected(self, item: Any) -> None:
        """Let last digits differ as everywhere (:mod:`compendium.outputs`)."""
        item.compare_outputs = outputs.by_rule(item.compare_outputs)

    def pytest_assertrepr_compare(self, left: Any, right: Any) -> list[str]:
        """Keep the stored and the new output that nbval finds unequal."""
        self.compared = (left, right)
        return ["kept"]

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.when == "call":
            self.cells += 1
            self._compare_pictures(item)
        if call.excinfo is None:
            return
        error = call.excinfo.value
        where = f"code cell {getattr(error, 'cell_num', getattr(item, 'cell_num', -1)) + 1}"
        said = _CODES.sub("", f"{error}\n{getattr(error, 'inner_traceback', '') or ''}")
        kind = re.search(r"mismatch '([^']+)'", said)
        if self.compared and kind:
            sides = _where_they_part(*(str(side) for side in _unequal(*self.compared)))
            self.found.append(Difference("notebooks", self.notebook, f"{where}, {kind[1]}", *sides))
        else:
            lines = [line.strip() for line in said.splitlines() if line.strip()]
            self.found.append(Difference("notebooks", self.notebook, where, "the stored output", " ".join(lines)))
        self.compared = None

    def _compare_pictures(self, item: Any) -> None:
        """Compare the drawings that a cell stored with those it makes now, of which nbval sees the data only."""
        sides = [_drawings(shown) for shown in (item.cell.get("outputs", []), item.test_outputs or [])]
        for number, pair in enumerate(zip(*sides, strict=False), start=1):
            parts = artists.parting(*pair)
            if parts:
                where = f"code cell {item.cell_num + 1}, drawing {number}"
                self.found.append(Difference("notebooks", self.notebook, where, *_where_they_part(*parts)))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.found.append(Difference("notebooks", self.notebook, "file", "readable", str(report.longrepr)[-300:]))


def _drawings(shown: list[Any]) -> list[str]:
    """Return the drawings among the outputs of a cell."""
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in shown]
    return re.findall(r"<svg.*?</svg>", "".join(pages), flags=re.S)


def _where_they_part(stored: str, new: str) -> tuple[str, str]:
    """Cut two long outputs to where they begin to differ."""
    if max(len(stored), len(new)) <= _LONG:
        return stored, new
    same = next(n for n, pair in enumerate(zip_longest(stored, new)) if pair[0] != pair[1])
    start = max(0, same - _LONG // 3)
    before = "…" if start else ""
    return tuple(
        f"{before}{side[start : start + _LONG]}{'…' if len(side) > start + _LONG else ''}" for side in (stored, new)
    )


def _unequal(stored: Any, new: Any) -> tuple[Any, Any]:
    """Return the two outputs, of records only the parts that differ."""
    if not (isinstance(stored, dict) and isinstance(new, dict)):
        return stored, new
    keys = [key for key in {**stored, **new} if stored.get(key) != new.get(key)]
    return {key: stored.get(key) for key in keys}, {key: new.get(key) for key in keys}


def check_notebook(path: Path) -> Check:
    """Execute a notebook on its defaults and compare every output with the stored one, by strict nbval.

    Last digits of long decimals may differ (:mod:`compendium.outputs`).
    """
    import contextlib
    import io
    import tempfile
    from unittest import mock

    import pytest

    started = time.perf_counter()
    listener = _Listener(path.name)
    environment = {**execution.KERNEL_ENVIRONMENT, "HEALTHSYS_ROOT": str(paths.root())}
    with (
        tempfile.TemporaryDirectory() as scratch,
        contextlib.redirect_stdout(io.StringIO()) as said,
        mock.patch.dict(os.environ, environment, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", IPYTHONDIR=scratch),
    ):
        os.environ.pop("PYTEST_ADDOPTS", None)
        settings = Path(scratch) / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        options = ["-c", str(settings), "--rootdir", scratch, "--noconftest", "-q", "-p", "no:cacheprovider"]
        options += ["-p", "nbval.plugin", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"]
        options += ["--nbval-sanitize-with", str(Path(__file__).parent / "nbval_sanitize.cfg")]
        code = pytest.main([*options, str(path)], plugins=[listener])
    if code not in (0, 1) and not listener.found:
        listener.found.append(Difference("notebooks", path.name, "nbval", "a verdict", said.getvalue()[-300:].strip()))
    cells = f"{listener.cells} code cells"
    wrong = len({difference.part.split(",")[0] for difference in listener.found})
    return Check("notebooks", path.name, tuple(listener.found), cells, f"{listener.cells - wrong} as stored",
                 time.perf_counter() - started)  # fmt: skip


def verify(
    runs: list[Run],
    *,
    parts: Iterable[str] = tuple(PARTS),
    notebooks: list[Path] | None = None,
    jobs: int | None = None,
    tell: Callable[[Check], None] = lambda _: None,
) -> tuple[list[Check], dict[str, float]]:
    """Check what is asked for, and return a verdict for each thing with the seconds each part took.

    Parameters
    ----------
    runs
        The runs to execute afresh.
    parts
        Names out of :data:`PARTS`.
    notebooks
        The notebooks to compare with their stored outputs; those that the runs use if None.
    jobs
        How many kernels at once; one per core by default.
    tell
        Called with the verdict on each notebook and each run as it comes.

    Raises
    ------
    RunError
        If notebooks are to be checked and nbval is not installed.
    """
    parts = set(parts)
    if "notebooks" in parts and importlib.util.find_spec("nbval") is None:
        raise RunError("nbval is not installed, so stored outputs cannot be checked; make env-test installs it")
    checks: list[Check] = []
    seconds: dict[str, float] = {}

    def check(part: str, make: Callable[[], list[Check]]) -> None:
        if part in parts:
            started = time.perf_counter()
            checks.extend(_or_verdict(part, make))
            seconds[part] = time.perf_counter() - started

    for part, make in (("environment", environment), ("package", package), ("data", data), ("references", references)):
        check(part, make)
    values = _recorded_values()
    if parts & {"notebooks", "runs"}:
        started = time.perf_counter()
        if notebooks is None:
            notebooks = sorted({run.notebook for run in runs})
        executed, fresh = _execute(
            runs if "runs" in parts else [], notebooks if "notebooks" in parts else [], jobs=jobs, tell=tell
        )
        checks += executed
        values.update(fresh)
        seconds["notebooks and runs"] = time.perf_counter() - started
        for part in ("notebooks", "runs"):
            if part in parts:
                seconds[part] = sum(one.seconds for one in executed if one.part == part)
    check("claims", lambda: project.extended("checks", values, default=[]))
    check("book", built_book)
    return checks, seconds


def _or_verdict(part: str, make: Callable[[], list[Check]]) -> list[Check]:
    """Return the verdicts of a part; where what it reads is damaged, that is its verdict, and other parts go on."""
    try:
        return make()
    except Exception as error:
        said = str(error) or type(error).__name__
        return [Check(part, part, (Difference(part, part, "check", "finished", said),), "finished", "failed")]


def _recorded_values() -> dict[str, Any]:
    """Return the published values by ``run/name``; of a damaged record none, which the part *runs* says."""
    found = {}
    for path in sorted(paths.results().glob("*.json")):
        try:
            values = record.values(recorded(path.stem) or {})
        except (RunError, AttributeError):
            continue
        found |= {f"{path.stem}/{name}": value for name, value in values.items()}
    return found


def _execute(
    runs: list[Run], notebooks: list[Path], *, jobs: int | None, tell: Callable[[Check], None]
) -> tuple[list[Check], dict[str, Any]]:
    """Check notebooks and runs side by side; return verdicts in the order of the runs, and the fresh values."""
    by_name: dict[str, list[Check]] = {}
    values: dict[str, Any] = {}
    with ProcessPoolExecutor(
        max_workers=min(jobs or os.cpu_count() or 1, max(1, len(notebooks) + len(runs))),
        initializer=execution.die_with_parent,
    ) as pool, execution.stopping(pool):
        waiting: dict[Future, Any] = {pool.submit(check_notebook, path): path for path in notebooks}
        waiting |= {pool.submit(execute, run): run for run in runs}
        for future in as_completed(waiting):
            what = waiting[future]
            name = what.name
            try:
                result = future.result()
            except Exception as error:  # a worker died: that is a verdict too, and the others go on
                part = "runs" if isinstance(what, Run) else "notebooks"
                wrong = Difference(part, name, "execution", "finished", f"{type(error).__name__}: {error}")
                found = [Check(part, name, (wrong,))]
            else:
                found = [result] if isinstance(result, Check) else _run_checks(what, *result)
                if not isinstance(result, Check) and result[0] is not None:
                    values.update({f"{name}/{key}": value for key, value in record.values(result[0]).items()})
            by_name[name] = found
            tell(found[0] if found[0].differences else next((c for c in found if c.differences), found[0]))
    checks = [check for path in notebooks for check in by_name[path.name]]
    checks += [check for run in runs for check in by_name[run.name]]
    if runs:
        checks += _unknown_records()
    return checks, values


def _run_checks(run: Run, got: dict[str, Any] | None, message: str, seconds: float) -> list[Check]:
    if got is None:
        wrong = Difference(run.name, "run", "execution", "finished", message)
        return [Check("runs", run.name, (wrong,), seconds=seconds)]
    try:
        first, *rest = compare_run(run.name, recorded(run.name), got)
    except (RunError, LookupError, TypeError, AttributeError, ValueError) as error:
        wrong = Difference(run.name, "run", "record", f"results/{run.name}.json", f"damaged: {error}")
        return [Check("runs", run.name, (wrong,), seconds=seconds)]
    return [replace(first, seconds=seconds), *rest]


def _unknown_records() -> list[Check]:
    """Return a verdict for each published record that no run makes."""
    from compendium.runs import load_runs

    known = load_runs()
    return [
        Check("runs", path.stem, (Difference(path.stem, "run", "entry in notebooks/runs.yml", "a run", "absent"),))
        for path in sorted(paths.results().glob("*.json"))
        if path.stem not in known
    ]
