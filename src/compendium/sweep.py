"""One report per row of a grid: on this machine's cores, or on a Dask cluster; resumable, a failing row set down.

A grid is a CSV file whose columns are parameters of a notebook; a column ``name`` names the rows, an empty cell
leaves the parameter at its default, a file is looked for beside the grid. Each row leaves a folder with
``index.html`` and ``results.json``; the latter is written last and holds the fingerprint of what it was made from, so
that a sweep started again skips what is done. Workers only compute: this process alone writes, so that the same files
come out whichever way they were run, and at most two rows a worker are in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import functools
import hashlib
import io
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from compendium import datasets, execution, files, fingerprint, parameters, report
from compendium.catalogue import title_of
from compendium.errors import CompendiumError, RunError, nearest
from compendium.runs import Run, find_notebook, load_runs, read_source
from compendium.store import Store, is_of_sweep

#: How often a row is tried whose worker dies under it.
ATTEMPTS = 3

#: Columns of ``index.csv``.
COLUMNS = ("name", "status", "reason")

_LONGEST_REASON = 500

#: Endings of the files of a folder that is given in place of a grid.
FILES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")

#: What a cell of a grid holds for a parameter that is to be empty; an empty cell means the default.
NOTHING = "nothing"


@dataclass(frozen=True)
class Row:
    """One row of a grid: its line in the file, its folder, its cells by parameter (empty ones left out)."""

    line: int
    name: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Done:
    """What became of one row: its page and results, or the reason why there are none."""

    name: str
    page: str = ""
    record: dict[str, Any] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Task:
    """All that a worker needs to make one report."""

    notebook: str
    row: Row
    folder: str
    base: str
    full: bool = False


#: What reads a table: its file, the columns that it may name, a list for the numbers of rows of empty cells.
Reader = Callable[[Path, Iterable[str], list[int]], Sequence[tuple[int, list[str]]]]


def read_grid(
    path: Path,
    known: dict[str, parameters.Parameter],
    renamed: Mapping[str, str] | None = None,
    *,
    empty: list[int] | None = None,
    read: Reader | None = None,
) -> Iterator[Row]:
    """Yield the rows of a grid, one at a time; a row of empty cells is none.

    Parameters
    ----------
    path
        CSV file (or another table that ``read`` takes), or a folder with a file for each report, which the notebook's
        first file parameter takes.
    known
        Parameters of the notebook.
    renamed
        What parameters are called now, by an earlier name.
    empty
        A list to which the lines of empty rows are added.
    read
        The project's reader of tables; without one, separated text is read here.

    Raises
    ------
    RunError
        Naming the file and what is wrong with it: a column that is no parameter, two rows of one name, a row without
        the reader's file where others have one.
    """
    if path.is_dir():
        yield from _folder_rows(path, known)
        return
    if not path.is_file():
        raise RunError(f"the grid '{path}' is no file; give a CSV file with a row for each report, or a folder")
    names = {one.casefold(): one for one in ["name", *(renamed or {}), *known]}
    rows = (read or _rows)(path, names.values(), empty if empty is not None else [])
    if not rows:
        raise RunError(f"{path.name}: the file is empty; its first line must name parameters: {', '.join(known)}")
    columns = _header(rows, names)
    for column in columns:
        if columns.count(column) > 1:
            raise RunError(f"{path.name}: column '{column}' occurs twice in the header; rename or remove one")
        if column not in known and column != "name" and column not in (renamed or {}):
            raise RunError(
                f"{path.name}: column '{column}' is no parameter of the notebook.{nearest(column, known)} "
                f"Allowed: name, {', '.join(known)}"
            )
    seen: dict[bytes, int] = {}
    first: dict[tuple[str, bool], int] = {}
    for line, found in rows[1:]:
        if any(one.strip() for one in found[len(columns) :]):
            raise RunError(f"{path.name}: line {line} has more cells than the header has columns")
        if len(found) < len(columns):
            raise RunError(
                f"{path.name}: line {line} has {len(found)} cell{'' if len(found) == 1 else 's'} but the header "
                f"{len(columns)}; keep a separator for each empty cell"
            )
        cells = dict(zip(columns, found, strict=False))
        given = cells.pop("name", "") or ""
        name = _folder_name(given) if given.strip() else f"row-{len(seen) + 1:05d}"
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        if key in seen:
            raise RunError(f"{path.name}: lines {seen[key]} and {line} are both named '{name}'; rename one")
        seen[key] = line
        trimmed = {(renamed or {}).get(column, column): (cell or "").strip() for column, cell in cells.items()}
        filled = {column: NOTHING if cell.casefold() == NOTHING else cell for column, cell in trimmed.items() if cell}
        _refuse_without_file(filled, known, first, line, label=path.name)
        yield Row(line, name, {column: "" if cell == NOTHING else cell for column, cell in filled.items()})


def _rows(path: Path, names: Iterable[str], empty: list[int]) -> list[tuple[int, list[str]]]:
    """Return the rows of separated text that hold anything, with their numbers; rows of empty cells go to ``empty``."""
    text = files.text_of(path)
    header = text.lstrip().partition("\n")[0]
    found = []
    cut = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=header.count))
    for number, cells in enumerate(cut, start=1):
        if any(map(str.strip, cells)):
            found.append((number, cells))
        elif cells:
            empty.append(number)  # a spreadsheet saves rows that were emptied as separators alone
    return found


def _header(rows: Sequence[tuple[int, list[str]]], names: Mapping[str, str]) -> list[str]:
    """Return the columns that the first row names, without those at its end that have neither name nor cells."""
    header = [names.get(one.strip().casefold(), one.strip()) for one in rows[0][1]]
    while header and not header[-1] and not any("".join(cells[len(header) - 1 :]).strip() for _, cells in rows[1:]):
        header.pop()
    return header


def _refuse_without_file(
    filled: dict[str, str], known: dict[str, parameters.Parameter], first: dict[tuple[str, bool], int], line: int, *,
    label: str,
) -> None:  # fmt: skip
    """Raise for a row without a file of the reader's where other rows have one: it would report on the book's data.

    ``first`` remembers the first line with a file and the first without, by parameter.
    """
    for name, one in known.items():
        if not one or not one.is_source or one.fits_any_data or not one.default:
            continue
        cell = filled.get(name, "").strip()
        if not cell or cell not in (*datasets.names(), NOTHING):
            first.setdefault((name, bool(cell)), line)
        if len({(name, True), (name, False)} & first.keys()) == 2:
            raise RunError(
                f"{label}: line {first[name, False]}: the cell of '{name}' is empty, where line {first[name, True]} "
                f"has a file; the report would be on the book's own data ({one.default}). Give the file of this row, "
                f"write {one.default} if you mean it, or remove the row (a total, or a note)"
            )


def _folder_rows(folder: Path, known: dict[str, parameters.Parameter]) -> Iterator[Row]:
    """Yield a row for each file of a folder, named after it."""
    source = next((name for name, one in known.items() if one.is_source), None)
    if source is None:
        raise RunError(f"the notebook takes no file, so the grid cannot be the folder '{folder.name}'; give a CSV file")
    seen: dict[str, str] = {}
    for line, path in enumerate(sorted(one for one in folder.iterdir() if one.suffix.lower() in FILES), start=1):
        name = _folder_name(path.stem)
        if name in seen:
            both = f"'{seen[name]}' and '{path.name}' would both be named '{name}'; rename one"
            raise RunError(parameters.printable(f"{folder.name}: {both}"))
        seen[name] = path.name
        yield Row(line, name, {source: path.name})
    if not seen:
        raise RunError(f"{folder.name}: the folder has no file that ends in {', '.join(FILES)}; put your files there")


def _folder_name(given: str) -> str:
    """Return a name as a folder can be called everywhere: lower-case letters, digits and hyphens, 80 at most.

    >>> _folder_name("St. Mary's NHS Trust (2023)"), _folder_name("CON")
    ('st-mary-s-nhs-trust-2023', 'row-con')
    """
    name = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")[:80].strip("-")
    if name in files.DEVICES:
        return f"row-{name}"
    return name or hashlib.sha256(given.encode(errors="surrogateescape")).hexdigest()[:12]


def base_of(notebook: str) -> str:
    """Return the fingerprint of what every row of a sweep depends on: notebooks, source, data, lock, Python."""
    others = read_source(find_notebook(notebook)).metadata.get("healthsys", {}).get("without", {}).values()
    found = []
    for path in map(find_notebook, dict.fromkeys([notebook, *others])):
        declared = {name for run in load_runs().values() if run.notebook == path for name in run.data}
        run = Run(path.stem, path, path.stem, {}, tuple(sorted(declared or datasets.names())))
        found.append(fingerprint.fingerprint(run))
    return " ".join(found)


def fingerprint_of(row: Row, base: str, *, folder: Path, full: bool = False) -> str:
    """Return the fingerprint of a row: what every row depends on, its edition, its cells, and the files among them."""
    named = [parameters.path_of(cell, folder) for cell in row.cells.values() if len(cell) < 1024]
    within = (sorted(path.iterdir()) if path.is_dir() and path != folder else [path] for path in named)
    read = [path for paths in within for path in paths if path.is_file()]
    parts = [base, full, row.cells, [[path.name, datasets.sha256(path)] for path in read]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


_one_at_a_time = threading.Lock()
_kept = contextlib.ExitStack()


def make(task: Task, *, keep_warm: bool = False) -> Done:
    """Make the report of one row; whatever goes wrong with it is returned, not raised.

    Parameters
    ----------
    task
        The row.
    keep_warm
        Keep a process to fork kernels from as long as this worker lives.
    """
    folder = Path(task.folder)
    try:
        with _one_at_a_time:  # a kernel's environment is set through this process's
            if keep_warm:
                _warm_for_good(task.notebook)
            here = _base_here(task.notebook)
            if task.base and here != task.base:
                raise RunError(
                    "the checkout of this worker differs from the one the sweep was started in (notebook, source, "
                    "data, lock or Python version); update one of them so that both are the same"
                )
            pairs = tuple(f"{name}={cell}" for name, cell in task.row.cells.items())
            other, pairs = parameters.routed(read_source(find_notebook(task.notebook)), pairs)
            notebook, cells = other or task.notebook, dict(pair.split("=", 1) for pair in pairs)
            known = parameters.parameters_of(read_source(find_notebook(notebook)), label=notebook)
            values = _values(cells, known, label=notebook)
            page, record = report.composed(notebook, values, folder=folder, style_link="../style.css", full=task.full)
        key = fingerprint_of(task.row, here, folder=folder, full=task.full)
        return Done(task.row.name, page, {**record, "sweep": {"name": task.row.name, "fingerprint": key}})
    except CompendiumError as error:
        return Done(task.row.name, reason=str(error))
    except Exception as error:
        return Done(task.row.name, reason=f"{type(error).__name__}: {error}")


@functools.lru_cache(maxsize=1)
def _base_here(notebook: str) -> str:
    return base_of(notebook)


@functools.lru_cache(maxsize=1)
def _warm_for_good(notebook: str) -> None:
    _kept.enter_context(execution.warm([find_notebook(notebook)]))


def _values(cells: dict[str, str], known: dict[str, parameters.Parameter], *, label: str) -> dict[str, Any]:
    """Read the cells of a row as options of the command line are read."""
    return {name: parameters.parsed(cell, known.get(name), name=name, label=label) for name, cell in cells.items()}


def sweep(
    notebook: str,
    grid: Path,
    *,
    out: str,
    scheduler: str = "",
    full: bool = False,
    jobs: int | None = None,
    tell: Callable[[str, str], None] = lambda *_: None,
    read: Reader | None = None,
) -> dict[str, int]:
    """Make one report per row of a grid, and the index of them all.

    Parameters
    ----------
    notebook
        Name of a notebook in ``notebooks/``.
    grid
        CSV file, one report a row; or a folder, one report a file.
    out
        Folder of the reports, or an address that fsspec knows (group ``scale``).
    scheduler
        Address of a Dask scheduler; this machine's cores where it is empty.
    full
        Every section of the notebook with its code in each report, not the short edition.
    jobs
        How many rows at once on this machine; one per core by default.
    tell
        Called with name and status (``done``, ``skipped``, ``failed``) of each row as it comes.
    read
        The project's reader of tables, as in :func:`read_grid`.

    Returns
    -------
    dict
        Rows by status.

    Raises
    ------
    RunError
        If the grid does not fit the notebook, the output cannot be written, or the scheduler is lost. What is done
        stays; the same command goes on from there.
    """
    path = find_notebook(notebook)
    known = parameters.parameters_of(read_source(path), label=path.name)
    renamed = read_source(path).metadata.get("healthsys", {}).get("renamed", {})
    empty: list[int] = []
    total = sum(1 for _ in read_grid(grid, known, renamed, empty=empty, read=read))
    if not total:
        raise RunError(f"{grid.name}: the file has a header but no rows; expected one row for each report")
    store = Store(out)
    store.write("style.css", report.style())
    base, folder = base_of(notebook), grid.resolve() if grid.is_dir() else grid.resolve().parent
    counts = {"done": 0, "skipped": 0, "failed": 0}
    reasons: dict[str, str] = {}

    def waiting() -> Iterator[Task]:
        for row in read_grid(grid, known, renamed, read=read):
            if is_done(store, row.name, fingerprint_of(row, base, folder=folder, full=full)):
                counts["skipped"] += 1
                store.note([row.name, "done", ""])
                tell(row.name, "skipped")
            else:
                yield Task(path.stem, row, str(folder), base, full)

    store.begin("index.csv", COLUMNS)
    run = on_cluster(waiting(), scheduler) if scheduler else on_this_machine(waiting(), path, total, jobs)
    with contextlib.closing(run):
        for done in run:
            status = "failed" if done.record is None else "done"
            if done.record is None:
                reasons[done.name] = done.reason[:_LONGEST_REASON] + _without_earlier(store, done.name)
            else:
                store.write(f"{done.name}/index.html", done.page)
                store.write(f"{done.name}/results.json", files.as_json(done.record))
            counts[status] += 1
            store.note([done.name, status, reasons.get(done.name, "")])
            tell(done.name, status)
    from compendium import sweep_index

    title = title_of(read_source(path), path.stem)
    rows = read_grid(grid, known, renamed, read=read)
    sweep_index.write(store, rows, reasons, title=title, parameters=list(known))
    return counts | ({"empty and left out": len(empty)} if empty else {})


def _without_earlier(store: Store, name: str) -> str:
    """Remove what an earlier sweep wrote of a row that now fails, and say so; whatever else is there stays."""
    if is_of_sweep(store, name):
        for file in ("results.json", "index.html"):
            store.remove(f"{name}/{file}")
        return " (the report of an earlier run was removed)"
    if store.read(f"{name}/index.html") is not None:
        return f" ({name}/index.html is not of this run)"
    return ""


def is_done(store: Store, name: str, key: str) -> bool:
    """Whether a row's results are there and were made from what is there now."""
    text = store.read(f"{name}/results.json")
    try:
        return bool(text) and json.loads(text)["sweep"]["fingerprint"] == key
    except (ValueError, KeyError, TypeError):
        return False


def on_this_machine(tasks: Iterator[Task], notebook: Path, total: int, jobs: int | None) -> Iterator[Done]:
    """Make rows on this machine's cores; a worker that dies is replaced, and its row tried again by itself."""
    jobs = min(jobs or os.cpu_count() or 1, total)
    with execution.kernels_for([notebook] * total, jobs=jobs):
        ended = False
        while not ended:
            flying: list[Task] = []
            with ProcessPoolExecutor(max_workers=jobs, initializer=execution.die_with_parent) as pool:
                futures: dict[Any, Task] = {}
                try:
                    while True:
                        while not ended and len(flying) < 2 * jobs:
                            task = next(tasks, None)
                            ended = task is None
                            if task is not None:
                                flying.append(task)
                                futures[pool.submit(make, task)] = task
                        if not flying:
                            break
                        for future in wait(futures, return_when=FIRST_COMPLETED).done:
                            done = future.result()
                            flying.remove(futures.pop(future))
                            yield done
                except BrokenProcessPool:
                    pass  # whose row it was is not known: each of them is tried alone
                except BaseException:
                    execution.stop(pool)
                    raise
            for task in flying:
                yield _alone(task)


def _alone(task: Task) -> Done:
    for _ in range(ATTEMPTS):
        with ProcessPoolExecutor(max_workers=1, initializer=execution.die_with_parent) as pool:
            try:
                return pool.submit(make, task).result()
            except BrokenProcessPool:
                continue
    return Done(task.row.name, reason=f"its process ended {ATTEMPTS} times (out of memory, or killed)")


def refuse_open(scheduler: str) -> None:
    """Refuse a scheduler on another machine that is reached without TLS: it runs code for whoever reaches it.

    >>> refuse_open("tcp://127.0.0.1:8786"), refuse_open("tls://cluster.example:8786")
    (None, None)
    """
    address = urlsplit(scheduler)
    if address.scheme != "tls" and address.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise RunError(
            f"{scheduler} is on another machine and not under TLS; a Dask scheduler runs code for whoever reaches it. "
            "Start it with certificates and give tls://…, or open a tunnel and give tcp://127.0.0.1:PORT; "
            "'Many reports at once' in the guide on your own data shows both"
        )


def on_cluster(tasks: Iterator[Task], scheduler: str) -> Iterator[Done]:
    """Make rows on a Dask cluster; Dask gives the rows of a lost worker to another.

    Raises
    ------
    RunError
        If the scheduler is on another machine and without TLS, Dask is not installed, the scheduler does not answer, or
        it is lost.
    """
    refuse_open(scheduler)
    try:
        import distributed
    except ImportError:
        raise RunError(
            "a sweep on a cluster needs Dask, which is not installed here; install the group: make env-scale"
        ) from None
    try:
        client = distributed.Client(scheduler, timeout=20)
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {scheduler}: {error}") from None
    for part in ("distributed", "distributed.client"):  # what goes wrong is said once, below
        logging.getLogger(part).setLevel(logging.CRITICAL)
    lost = f"the scheduler at {scheduler} was lost; finished reports are kept, the same command continues from there"
    with client:
        running: dict[Any, Task] = {}
        ended = False
        while True:
            if client.status != "running":
                raise RunError(lost)
            try:
                cores = sum(client.nthreads().values())
            except (OSError, TimeoutError):
                raise RunError(lost) from None
            while not ended and len(running) < max(2 * cores, 1):
                task = next(tasks, None)
                ended = task is None
                if task is not None:
                    running[client.submit(make, task, keep_warm=True, pure=False)] = task
            if not running:
                return
            try:
                distributed.wait(list(running), timeout=1, return_when="FIRST_COMPLETED")
            except TimeoutError:
                pass
            except (asyncio.CancelledError, CancelledError):  # by version of Dask
                raise RunError(lost) from None
            for future in [future for future in running if future.done()]:
                task = running.pop(future)
                try:
                    error = future.exception() if future.status == "error" else None
                    done = Done(task.row.name, reason=f"{type(error).__name__}: {error}") if error else future.result()
                except (OSError, asyncio.CancelledError, CancelledError):  # what it made cannot be fetched any more
                    raise RunError(lost) from None
                yield done
                future.release()
