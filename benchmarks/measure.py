"""What the benchmarks share: a command timed with its processor time and memory, ways taken in turn, one result
file."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks" / "results.json"


def project_copy(to: Path) -> Path:
    """Copy the project without what is built, so that a benchmark leaves the checkout alone."""
    ignored = shutil.ignore_patterns("_build", "analyses", "__pycache__", "dist", ".*")
    shutil.copytree(PROJECT, to, ignore=ignored, dirs_exist_ok=True)
    return to


def timed(command: list[str], *, folder: Path, **variables: str) -> dict[str, float]:
    """Run a command and return its seconds, processor seconds and largest memory (MB, shared pages counted once)."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "HEALTHSYS_ROOT": str(folder), **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    log = folder / ".benchmark.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
        memory, ended = [0.0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, memory, ended))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        ended.set()
        watcher.join()
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text(errors='replace')[-2000:]}")
    return {"seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "memory": memory[0]}


def called(function: Callable[[], Any], *, repeat: int = 1) -> dict[str, float]:
    """Call a function and return its seconds and processor seconds, each per call."""
    started, used = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        function()
    return {
        "seconds": (time.perf_counter() - started) / repeat,
        "processor": (time.process_time() - used) / repeat,
    }


def processor_of(pid: int) -> float:
    """Return the processor seconds of a process and of all that it has started and not lost."""
    total = 0
    for each in _below(pid):
        try:
            total += sum(map(int, Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:
            continue
    return total / os.sysconf("SC_CLK_TCK")


def _watch(pid: int, memory: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.5):
        memory[0] = max(memory[0], sum(_memory(each) for each in _below(pid)))


def _below(pid: int) -> set[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _memory(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(text.partition("Pss:")[2].split()[0]) / 1024 if "Pss:" in text else 0.0


def in_turn(ways: dict[str, Callable[[], dict[str, float]]], *, rounds: int) -> list[dict[str, Any]]:
    """Take every way once a round, in turn, and return a row for each: medians, and ratios to the first way."""
    taken: dict[str, list[dict[str, float]]] = {what: [] for what in ways}
    for number in range(rounds):
        for what in list(ways)[:: 1 if number % 2 == 0 else -1]:
            taken[what].append(ways[what]())
            print(f"round {number + 1}: {what}: {taken[what][-1]}", flush=True)
    first = taken[next(iter(ways))]
    rows = []
    for what, all_ in taken.items():
        row = {"what": what}
        for kind, ratio in (("seconds", "ratio"), ("processor", "processor_ratio"), ("memory", "")):
            if kind in all_[0]:
                row[kind] = _short(statistics.median(one[kind] for one in all_))
                if ratio:
                    pairs = zip(all_, first, strict=True)
                    row[ratio] = _short(statistics.median(one[kind] / base[kind] for one, base in pairs))
        rows.append(row)
    return rows


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def keep(
    name: str, *, title: str, about: str, command: str, rounds: int, rows: list[dict[str, Any]], load: float
) -> None:
    """Write a section of the result file."""
    found = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    packages = ", ".join(
        f"{package} {version(package)}" for package in ("pandas", "scipy", "papermill", "jupyter-book")
    )
    found[name] = {
        "title": title,
        "about": about,
        "command": command,
        "rounds": rounds,
        "rows": rows,
        "machine": {
            "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": packages,
            "load": round(load, 1),
        },
    }
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    width = max(len(row["what"]) for row in rows)
    for row in rows:
        print(f"{row['what']:<{width}}  {row.get('seconds', '')!s:>9} s  x{row.get('ratio', '')!s:<7} "
              f"processor {row.get('processor', '')!s:>9} s  x{row.get('processor_ratio', '')!s:<7} "
              f"{row.get('memory', '')!s:>8} MB  {row.get('note', '')}")  # fmt: skip
