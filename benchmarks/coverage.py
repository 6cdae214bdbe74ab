"""Measure how often the intervals of every method hold the truth: ``python benchmarks/coverage.py [SERIES] [SEED]``.

Writes ``data/reference/interval_coverage.csv`` and its copy in the package (then ``healthsys data --stamp``) and prints
the methods by the criterion that chooses the default model. With 4,000 series a cell it takes about ten minutes on one
core.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from compendium import paths
from healthsys.its import simulate


def main(series: int = simulate.SERIES, seed: int = simulate.SEED) -> None:
    """Write the table and print the ranking."""
    begin = time.perf_counter()
    table = simulate.measure(series=series, seed=seed, report=lambda words: print(words, file=sys.stderr, flush=True))
    path = paths.data() / "reference" / "interval_coverage.csv"
    table.to_csv(path, index=False, lineterminator="\n")
    shutil.copy(path, Path(simulate.__file__).with_name(path.name))
    for noise in ("ar1", "slow"):
        print(f"\n{noise}: distance of coverage from 95% over lengths, autocorrelations and estimands")
        print(simulate.ranking(table, noise=noise).to_string(index=False, float_format=lambda value: f"{value:.2f}"))
    print(f"\n{series} series a cell, seed {seed}, {time.perf_counter() - begin:.0f} s: {path}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
