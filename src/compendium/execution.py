"""Execute runs with papermill: in parallel, only what changed, each result moved in whole."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any, TypeVar

import nbformat

from compendium import datasets, files, fingerprint, harvest, kernels, normalise, parameters, paths, project
from compendium.errors import CompendiumError, RunError
from compendium.runs import Run

#: A kernel reads these: one thread each (runs are parallel already), the same hash order, text encoding and time zone
#: every time, and no start-up file of the user's.
KERNEL_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "PYTHONSTARTUP": "",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
}

T, U = TypeVar("T"), TypeVar("U")


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    run: str
    status: str  # "executed", "unchanged" or "failed"
    seconds: float = 0.0
    message: str = ""
    warnings: str = ""


def executed_path(name: str) -> Path:
    """Return where the executed notebook of a run is kept."""
    return paths.build() / "executed" / f"{name}.ipynb"


def results_path(name: str) -> Path:
    """Return where the results of a run are built."""
    return paths.build() / "results" / f"{name}.json"


def execute_notebook(
    notebook: Path, given: dict[str, Any], *, label: str, data: tuple[str, ...] | None = None
) -> tuple[nbformat.NotebookNode, str]:
    """Execute a notebook with papermill and return it normalised, with what it wrote to its error stream.

    Parameters
    ----------
    notebook
        A source notebook.
    given
        Checked parameters.
    label
        What to call the run in messages.
    data
        The data sets the notebook may load; None for any.

    Raises
    ------
    RunError
        Naming run, cell number, source line and error of a failing cell. Where the notebook refused its input,
        the message is what it said.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    kernels.use_warm_kernels()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    environment = {**KERNEL_ENVIRONMENT, "HEALTHSYS_ROOT": str(paths.root())}
    if data is not None:
        environment[datasets.DECLARED_VARIABLE] = ",".join(data)
    with tempfile.TemporaryDirectory() as scratch:
        environment["IPYTHONDIR"] = scratch
        target = Path(scratch) / "executed.ipynb"
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            with _kernel_log(Path(scratch) / "kernel.log"):
                done = papermill.execute_notebook(
                    notebook,
                    target,
                    parameters=given,
                    kernel_name="python3",
                    language="python",
                    config=_kernel_config(scratch),
                    cwd=str(notebook.parent),
                    progress_bar=False,
                    log_output=False,
                    request_save_on_cell_execute=False,
                    shutdown_kernel="immediate",  # nothing of it is needed any more, and asking takes up to a second
                )
        except PapermillExecutionError as error:
            raise RunError(_failure(error, label, injected=bool(given))) from None
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
    named = [Path(value) for value in given.values() if isinstance(value, str)]
    secrets = {str(path.parent) for path in named if path.is_absolute()}
    clean = normalise.normalise(done, secrets={*secrets, str(paths.root())})
    return clean, take_errors(clean)


@contextmanager
def _kernel_log(path: Path) -> Iterator[None]:
    """Send what a kernel process itself says (not its cells) to a file: it speaks of its sockets, not of the run."""
    kept = os.dup(2)
    with path.open("wb") as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _kernel_config(scratch: str) -> Any:
    """Talk to kernels through sockets of the file system where there are any: nothing listens on a port."""
    from traitlets.config import Config

    sockets = {"transport": "ipc", "ip": str(Path(scratch) / "kernel")}
    return Config({"KernelManager": sockets} if os.name == "posix" else {})


def take_errors(notebook: nbformat.NotebookNode) -> str:
    """Remove what cells wrote to the error stream and return it: it is for the log, not for a page."""
    said = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            errors = [one for one in cell.outputs if one.output_type == "stream" and one.name == "stderr"]
            said += [one.text.strip() for one in errors]
            cell.outputs = [one for one in cell.outputs if one not in errors]
    return "\n".join(said)


def _failure(error: Any, label: str, *, injected: bool) -> str:
    own = {kind.__name__ for kind in (CompendiumError, *CompendiumError.__subclasses__())}
    if error.ename in {*own, *project.load().errors}:
        return f"{label}: {error.evalue}"
    lines = [line for line in error.source.splitlines() if line.strip()]
    failing = _failing_line(error.traceback, lines)
    number = error.cell_index + 1 - injected  # as the author counts: papermill's own cell comes before it
    return f"{label}: cell {number} failed at `{failing}`: {error.ename}: {error.evalue}"


def _failing_line(traceback: list[str], lines: list[str]) -> str:
    """Return the line of the cell that the traceback's arrow points at, else the cell's first line."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))
    for pointed in re.findall(r"^-+> *\d+ (.*)$", plain, flags=re.M):
        if any(pointed.strip() == line.strip() for line in lines):
            return pointed.strip()
    return lines[0].strip() if lines else ""


def results_of(run: Run, notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Return the record of a run: parameters, data, results, the data of its figures."""
    known = parameters.parameters_of(run.read(), label=run.notebook.name)
    effective = {name: run.parameters.get(name, known[name].default) for name in known}
    shown = {name: Path(v).name if known[name].is_source else v for name, v in effective.items()}
    return {
        "run": run.name,
        "title": run.title,
        "notebook": run.notebook.name,
        "parameters": shown,
        "data": {name: datasets.sha256(datasets.path_of(name)) for name in run.data},
        **harvest.harvest(notebook, label=run.name),
    }


def is_current(run: Run, key: str) -> bool:
    """Whether the built output of a run was made from exactly what the fingerprint counts."""
    return results_path(run.name).is_file() and _key_of(executed_path(run.name)) == key


def execute_run(run: Run) -> Outcome:
    """Execute one run and leave notebook and results in the build folder.

    The last good output stays in place until the new one is whole.
    """
    started = time.perf_counter()
    try:
        key = fingerprint.fingerprint(run)
        notebook, said = execute_notebook(run.notebook, run.parameters, label=run.name, data=run.data)
        record = results_of(run, notebook)
        notebook.metadata["compendium"] = {"fingerprint": key}
        files.write_whole(results_path(run.name), files.as_json(record))
        files.write_whole(executed_path(run.name), nbformat.writes(notebook) + "\n")
    except CompendiumError as error:
        return Outcome(run.name, "failed", time.perf_counter() - started, str(error))
    except OSError as error:
        if error.filename is None:
            raise
        said = f"{run.name}: '{error.filename}': {error.strerror}; the last good output is unchanged"
        return Outcome(run.name, "failed", time.perf_counter() - started, said)
    return Outcome(run.name, "executed", time.perf_counter() - started, warnings=said)


def _key_of(path: Path) -> str:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return notebook["metadata"].get("compendium", {}).get("fingerprint", "")
    except (OSError, ValueError, KeyError):
        return ""


@contextmanager
def kernels_for(notebooks: Iterable[Path], *, jobs: int = 1, cold: bool = False) -> Iterator[None]:
    """Make notebooks' kernels start warm while this lasts, where there are more of them than run at once.

    As many as run at once import what they need side by side: there one process that imports first gains nothing.

    Parameters
    ----------
    notebooks
        One entry for each execution to come.
    jobs
        How many run at once.
    cold
        Start every kernel cold all the same.
    """
    several = list(notebooks)
    if cold or len(several) <= jobs:
        yield
        return
    with warm(set(several)):
        yield


def warm(notebooks: Iterable[Path]) -> AbstractContextManager[bool]:
    """Return what keeps kernels warm for one command: with the project's own modules, as one of its kernels sees it."""
    environment = {**KERNEL_ENVIRONMENT, "HEALTHSYS_ROOT": str(paths.root())}
    return kernels.warm(notebooks, environment=environment, own=True)


def die_with_parent() -> None:
    """End this worker when the process that started it is gone, however that one ended."""

    def wait() -> None:
        connection.wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def stop(pool: ProcessPoolExecutor) -> None:
    """End an interrupted pool at once: what waits is not begun, and workers end with the kernels they started."""
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in multiprocessing.active_children():
        worker.kill()


@contextmanager
def stopping(pool: ProcessPoolExecutor) -> Iterator[None]:
    """End a pool at once if what uses it is interrupted."""
    try:
        yield
    except BaseException:
        stop(pool)
        raise


def execute_runs(
    runs: list[Run],
    *,
    force: bool = False,
    cold: bool = False,
    jobs: int | None = None,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Execute runs in parallel; one failure does not stop the others.

    Parameters
    ----------
    runs
        What to execute.
    force
        Execute also what has not changed.
    cold
        Give each run a kernel of its own from the start (``compendium.kernels``).
    jobs
        How many at once; by default one more than there are cores, since some always wait for their kernel to start.
    tell
        Called with each outcome as it comes.
    """
    waiting = []
    outcomes = {}
    of_code = fingerprint.code()
    for run in runs:
        if not force and is_current(run, fingerprint.fingerprint(run, of_code=of_code)):
            outcomes[run.name] = Outcome(run.name, "unchanged")
            tell(outcomes[run.name])
        else:
            waiting.append(run)
    if waiting:
        jobs = min(jobs or (os.cpu_count() or 1) + 1, len(waiting))
        with kernels_for([run.notebook for run in waiting], jobs=jobs, cold=cold):
            import papermill  # noqa: F401 (once, before the workers are forked)

            for outcome in _in_parallel(waiting, jobs):
                outcomes[outcome.run] = outcome
                tell(outcome)
    return [outcomes[run.name] for run in runs]


def _in_parallel(runs: list[Run], jobs: int) -> Iterator[Outcome]:
    """Yield the outcome of each run as it comes."""
    with ProcessPoolExecutor(max_workers=jobs, initializer=die_with_parent) as pool, stopping(pool):
        futures = {pool.submit(execute_run, run): run for run in runs}
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:  # a worker died: the other runs go on
                yield Outcome(futures[future].name, "failed", message=f"{type(error).__name__}: {error}")


def each(make: Callable[[T], U], given: list[T]) -> Iterator[U]:
    """Yield what a function makes of each value, in their order, on every core where there are several values."""
    jobs = min(os.cpu_count() or 1, len(given))
    if jobs < 2:
        yield from map(make, given)
        return
    with ProcessPoolExecutor(max_workers=jobs, initializer=die_with_parent) as pool, stopping(pool):
        yield from pool.map(make, given)
