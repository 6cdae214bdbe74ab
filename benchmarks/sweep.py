"""Sweeps: python benchmarks/sweep.py [--rows N] [--rounds N]

The same grid as one core's and two cores' local sweep, on one and two Dask workers, and as papermill in a loop (which
makes executed notebooks, no reports). Needs the group ``scale``; ``--rows 2000`` is the long version.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import PROJECT, in_turn, keep, project_copy, timed

NOTEBOOK = "climate_sensitivity"

#: A sweep that is told on paper only: a report for each employer of the gender pay gap service and each of its years.
EMPLOYERS, YEARS = 10_000, 8

LOOP = f"""
import csv, sys
from pathlib import Path
import papermill
root = Path.cwd()
(root / "looped").mkdir(exist_ok=True)
for number, row in enumerate(csv.DictReader(open("grid.csv"))):
    papermill.execute_notebook(root / "notebooks/{NOTEBOOK}.ipynb", root / f"looped/{{number}}.ipynb",
                               parameters={{"survey": row["survey"],
                                           "trust_stagnant_variant": float(row["trust_stagnant_variant"])}},
                               cwd=str(root / "notebooks"), kernel_name="python3", progress_bar=False)
"""


@contextlib.contextmanager
def cluster(root: Path, workers: int) -> Iterator[str]:
    """Run a scheduler and workers, each a process of one thread, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HEALTHSYS_ROOT": str(root), "PYTHONPATH": str(PROJECT / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = []

    def start(*arguments: str) -> None:
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        quiet = subprocess.DEVNULL
        started.append(subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet))

    try:
        start("scheduler", "--port", str(port))
        for _ in range(workers):
            start("worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny")
        yield f"tcp://127.0.0.1:{port}"
    finally:
        for process in started:
            process.kill()
            process.wait()


def megabytes(out: Path, rows: int) -> float:
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / rows / 1e6


def on_paper(seconds: float, rows: int, *, cores: int, size: float) -> str:
    """Say what a report for every employer and year would take, at the measured rate and size."""
    reports, a_core = EMPLOYERS * YEARS, rows / seconds / cores
    hours = {more: reports / (a_core * more) / 3600 for more in (cores, 8, 64)}
    return (
        f"By calculation, {EMPLOYERS:,} employers in {YEARS} years are {reports:,} reports. At the rate of {cores} "
        f"cores they would take {hours[cores]:.0f} hours on {cores} cores, {hours[8]:.0f} on 8 and {hours[64]:.1f} on "
        f"64 if neither scheduler nor storage limits them, which was not measured; at {size:.2f} MB a report they fill "
        f"{reports * size / 1000:.0f} GB."
    )


def results(out: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(out)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    hashes: dict[str, str] = {}
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        root = project_copy(Path(scratch))
        lines = [f"variant {number},climate_survey_baseline,{100 + number % 70}" for number in range(chosen.rows)]
        (root / "grid.csv").write_text("\n".join(["name,survey,trust_stagnant_variant", *lines]) + "\n")

        def swept(name: str, *more: str) -> dict[str, float]:
            out = root / "swept"
            shutil.rmtree(out, ignore_errors=True)
            command = [sys.executable, "-m", "everyday.cli", "sweep", NOTEBOOK, "--grid", "grid.csv",
                       "--out", str(out)]  # fmt: skip
            took = timed([*command, *more], folder=root)
            hashes[name] = results(out)
            sizes.append(megabytes(out, chosen.rows))
            return took

        def on_dask(workers: int) -> dict[str, float]:
            with cluster(root, workers) as address:
                took = swept(f"dask {workers}", "--scheduler", address)
            return {"seconds": took["seconds"]}  # the workers' processor time and memory are not this command's

        rows = in_turn(
            {
                "papermill in a loop, one core": lambda: timed([sys.executable, "-c", LOOP], folder=root),
                "healthsys sweep, one core": lambda: swept("one", "--jobs", "1"),
                "healthsys sweep, two cores": lambda: swept("two", "--jobs", "2"),
                "healthsys sweep, one Dask worker": lambda: on_dask(1),
                "healthsys sweep, two Dask workers": lambda: on_dask(2),
            },
            rounds=chosen.rounds,
        )
    for row, cores in zip(rows, (1, 1, 2, 1, 2), strict=True):
        row["note"] = f"{60 * chosen.rows / row['seconds'] / cores:.1f} rows per minute per core"
    same = len(set(hashes.values())) == 1
    about = (
        f"{chosen.rows} rows of one notebook ({NOTEBOOK}). All four sweeps left "
        f"{'the same files, byte for byte' if same else 'files that DIFFER'}. The processor time of a Dask sweep is "
        "that of its workers and not shown; starting the workers is not timed, their first imports are. "
        + on_paper(rows[2]["seconds"], chosen.rows, cores=2, size=sizes[0])
    )
    command = f"python benchmarks/sweep.py --rows {chosen.rows}"
    keep("sweep", title="Sweeps", about=about, command=command, rounds=chosen.rounds, rows=rows, load=load)


if __name__ == "__main__":
    main()
