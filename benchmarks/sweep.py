"""Sweeps: python benchmarks/sweep.py [--rows N] [--loop N] [--rounds N]

The same grid as one core's and two cores' local sweep, on two Dask workers, and its first rows as papermill in a loop
(which makes executed notebooks, no reports). All times are per report. Needs the group ``scale``.
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

from measure import PROJECT, in_turn, keep, processor_of, project_copy, timed

NOTEBOOK = "climate_sensitivity"

#: A sweep that is told on paper only: a report for each employer of the gender pay gap service and each of its years.
EMPLOYERS, YEARS = 10_000, 8

LOOP = f"""
import csv, itertools, sys
from pathlib import Path
import papermill
root = Path.cwd()
(root / "looped").mkdir(exist_ok=True)
for number, row in enumerate(itertools.islice(csv.DictReader(open("grid.csv")), int(sys.argv[1]))):
    papermill.execute_notebook(root / "notebooks/{NOTEBOOK}.ipynb", root / f"looped/{{number}}.ipynb",
                               parameters={{"survey": row["survey"],
                                           "trust_stagnant_variant": float(row["trust_stagnant_variant"])}},
                               cwd=str(root / "notebooks"), kernel_name="python3", progress_bar=False)
"""


@contextlib.contextmanager
def cluster(root: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """Run a scheduler and workers, each a process of one thread, on loopback; give the address and the workers."""
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
        yield f"tcp://127.0.0.1:{port}", [process.pid for process in started[1:]]
    finally:
        for process in started:
            process.kill()
            process.wait()


def megabytes(out: Path, rows: int) -> float:
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / rows / 1e6


def on_paper(elapsed: float, processor: float, *, size: float) -> str:
    """Say what a report for every employer and year would take, at the times of one on two cores and its size."""
    reports = EMPLOYERS * YEARS
    hours = {cores: reports * processor / cores / 3600 for cores in (2, 8, 64)}
    return (
        f"By calculation, {EMPLOYERS:,} employers in {YEARS} years are {reports:,} reports. At the elapsed time "
        f"measured here on 2 cores they would take {reports * elapsed / 3600:.0f} hours. Their processor time alone is "
        f"{hours[2]:.0f} hours on 2 cores, {hours[8]:.0f} on 8 and {hours[64]:.1f} on 64: the least that they can take "
        f"if nothing waits, which was not measured. At {size:.2f} MB a report they fill {reports * size / 1000:.0f} GB."
    )


def results(out: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(out)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--loop", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    hashes: dict[str, str] = {}
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        root = project_copy(Path(scratch))
        lines = [f"variant {number},climate_survey_baseline,{100 + number % 70}" for number in range(chosen.rows)]
        (root / "grid.csv").write_text("\n".join(["name,survey,trust_stagnant_variant", *lines]) + "\n")

        def each(took: dict[str, float], rows: int) -> dict[str, float]:
            return {**took, "seconds": took["seconds"] / rows, "processor": took["processor"] / rows}

        def looped() -> dict[str, float]:
            return each(timed([sys.executable, "-c", LOOP, str(chosen.loop)], folder=root), chosen.loop)

        def swept(name: str, *more: str) -> dict[str, float]:
            out = root / "swept"
            shutil.rmtree(out, ignore_errors=True)
            command = [sys.executable, "-m", "everyday.cli", "sweep", NOTEBOOK, "--grid", "grid.csv",
                       "--out", str(out)]  # fmt: skip
            took = each(timed([*command, *more], folder=root), chosen.rows)
            hashes[name] = results(out)
            sizes.append(megabytes(out, chosen.rows))
            return took

        def on_dask(workers: int) -> dict[str, float]:
            with cluster(root, workers) as (address, pids):
                took = swept(f"dask {workers}", "--scheduler", address)
                took["processor"] += sum(map(processor_of, pids)) / chosen.rows
            return {name: value for name, value in took.items() if name != "memory"}  # that of this command alone

        rows = in_turn(
            {
                "papermill in a loop, one core": looped,
                "healthsys sweep, one core": lambda: swept("one", "--jobs", "1"),
                "healthsys sweep, two cores": lambda: swept("two", "--jobs", "2"),
                "healthsys sweep, two Dask workers": lambda: on_dask(2),
            },
            rounds=chosen.rounds,
        )
    for row in rows:
        row["note"] = f"{60 / row['processor']:.0f} reports a minute of processor time"
        if row is not rows[0]:
            row["note"] += f", {rows[0]['processor'] / row['processor']:.1f} times papermill's"
    same = len(set(hashes.values())) == 1
    about = (
        f"{chosen.rows} reports of one notebook ({NOTEBOOK}), and its first {chosen.loop} rows as papermill in a loop. "
        "Times are per report, the start of workers and their imports included; processor time is that of all "
        f"processes. The three sweeps left {'the same files, byte for byte' if same else 'files that DIFFER'}. "
        + on_paper(rows[2]["seconds"], rows[2]["processor"], size=sizes[0])
    )
    command = f"python benchmarks/sweep.py --rows {chosen.rows} --loop {chosen.loop}"
    keep("sweep", title="Sweeps", about=about, command=command, rounds=chosen.rounds, rows=rows, load=load)


if __name__ == "__main__":
    main()
