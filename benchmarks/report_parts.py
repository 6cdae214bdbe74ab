"""Where the processor time of a report of a sweep goes: python benchmarks/report_parts.py [--rows N]

One process makes the reports of the first rows of the grid of ``sweep.py``, its kernels forked from a warm one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

from measure import keep, processor_of
from sweep import NOTEBOOK

from compendium import execution, report, sweep
from compendium.runs import find_notebook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6)
    chosen = parser.parse_args()
    load, path = os.getloadavg()[0], find_notebook(NOTEBOOK)
    spent: list[float] = []
    execute = execution.execute_notebook

    def executed(*arguments, **options):
        begun = time.process_time()
        try:
            return execute(*arguments, **options)
        finally:
            spent.append(time.process_time() - begun)

    execution.execute_notebook = report.execution.execute_notebook = executed
    with execution.warm([path]):
        server = next(int(one) for one in _children() if b"compendium.forkserver" in _command(one))
        base, taken = sweep.base_of(NOTEBOOK), []
        for number in range(chosen.rows + 1):
            cells = {"survey": "climate_survey_baseline", "trust_stagnant_variant": str(100 + number)}
            there, begun = processor_of(server), time.process_time()
            done = sweep.make(sweep.Task(NOTEBOOK, sweep.Row(number + 2, f"row {number}", cells), ".", base))
            if done.record is None:
                raise SystemExit(done.reason)
            own = time.process_time() - begun
            time.sleep(0.5)  # the kernel is counted when it has been waited for
            taken.append((processor_of(server) - there, spent[-1], own - spent[-1]))
    kernel, messages, composing = (statistics.median(one[place] for one in taken[1:]) for place in range(3))
    whole = kernel + messages + composing
    parts = {
        "a report, after the first": (whole, ""),
        "its kernel: start, cells, end": (kernel, "reading and checking the data, scoring, drawing, checking claims"),
        "papermill and its messages": (messages, ""),
        "composing the page": (composing, "Markdown, references, tables"),
        "the first report of a worker": (sum(taken[0][:3]), "with all imports, which the other reports share"),
    }
    rows = [
        {"what": what, "processor": round(value, 3), "processor_ratio": round(value / whole, 3), "note": note}
        for what, (value, note) in parts.items()
    ]
    about = (
        f"The processor time of a report of {NOTEBOOK}, in one worker with a warm kernel. Before the project's own "
        "modules were imported once for all kernels, and before the kernels' garbage collector left the shared memory "
        "alone, imports took the largest part of a kernel's time. Now that is the notebook's own work: checking "
        "the types of its data files, the scores, and the figure, which is drawn at two widths."
    )
    keep("report_parts", title="The parts of a report", about=about, command="python benchmarks/report_parts.py",
         rounds=chosen.rows, rows=rows, load=load)  # fmt: skip


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def _command(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


if __name__ == "__main__":
    main()
