"""Where the time of the longest runs goes: python benchmarks/runs.py [--seconds S]

The cells of each run are executed under Python's profiler, in a process forked from one that has imported everything.
Runs of more processor seconds than S without the profiler are listed, with the shares of drawing and of reading data
and the function of the methods that takes most.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import os
import pstats
import re
import sys
import time
from contextlib import redirect_stdout
from multiprocessing import get_context

from IPython.core.interactiveshell import InteractiveShell
from measure import keep

from compendium import execution, paths
from compendium.runs import Run, load_runs

#: Functions of the machine whose time is told apart.
PARTS = {"drawing": "compendium.plotting.show", "reading data": "compendium.notebook.open_data"}

#: What counts as a method.
METHOD = re.compile(r"healthsys\.(?!plots|io)")


def executed(run: Run) -> None:
    """Execute the cells of a run in this process."""
    main_module = sys.modules["__main__"]  # which the shell takes for its own
    shell = InteractiveShell.instance()
    with redirect_stdout(io.StringIO()):
        for cell in run.read().cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source).raise_error()
                if "parameters" in cell.metadata.get("tags", []):
                    shell.push(dict(run.parameters))
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main_module


def profiled(name: str) -> dict[str, object]:
    """Return processor seconds of a run without the profiler, and with it the share of each part."""
    os.chdir(paths.notebooks())
    run = load_runs()[name]
    begun = time.process_time()
    executed(run)
    taken = time.process_time() - begun
    profile = cProfile.Profile()
    profile.runcall(executed, run)
    calls = pstats.Stats(profile).stats.items()
    whole = sum(one[2] for _, one in calls)
    took = {f"{file.partition('/src/')[2].removesuffix('.py')}.{called}".replace("/", "."): one[3]
            for (file, _, called), one in calls if "/src/" in file and called[0] not in "<_"}  # fmt: skip
    parts = {part: took.get(function, 0.0) for part, function in PARTS.items()}
    methods = {name: one for name, one in took.items() if METHOD.match(name)}
    heaviest = max(methods, key=methods.get, default="")
    said = [f"{part} {share / whole:.0%}" for part, share in parts.items()]
    said += [f"{heaviest} {methods[heaviest] / whole:.0%}"] if heaviest else []
    return {"what": name, "processor": round(taken, 2), "note": ", ".join(said)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    os.environ |= execution.KERNEL_ENVIRONMENT
    executed(load_runs()["climate-baseline"])  # the libraries, once for all
    with get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        rows = sorted(pool.map(profiled, list(load_runs()), chunksize=1), key=lambda row: -row["processor"])
    whole = sum(row["processor"] for row in rows)
    longest = [row for row in rows if row["processor"] > chosen.seconds]
    for row in longest:
        row["processor_ratio"] = round(row["processor"] / whole, 3)
    about = (
        f"The cells of the {len(rows)} runs take {whole:.0f} seconds of one processor, without kernels and messages; "
        f"{len(longest)} runs take more than {chosen.seconds:g}. The ratio is a run's share of the whole. The note "
        "says what share of a run is drawing its figures at two widths and reading its data, and which method takes "
        "most."
    )
    command = f"python benchmarks/runs.py --seconds {chosen.seconds:g}"
    keep("runs", title="The longest runs", about=about, command=command, rounds=1, rows=longest, load=load)


if __name__ == "__main__":
    main()
