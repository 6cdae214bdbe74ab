"""Measure how often the intervals of every method hold the truth: ``python benchmarks/coverage.py [SERIES] [SEED]``.

Writes ``data/reference/interval_coverage.csv`` (then ``healthsys data --stamp``) and prints the methods by the
criterion that chooses the default model. With 4,000 series a cell it takes about ten minutes on one core.
"""

from __future__ import annotations

import sys
import time

from compendium import paths
from healthsys.its import measured


def main(series: int = measured.SERIES, seed: int = measured.SEED) -> None:
    """Write the table and print the ranking."""
    begin = time.perf_counter()
    table = measured.measure(series=series, seed=seed, report=lambda words: print(words, file=sys.stderr, flush=True))
    # What the methods carry, and what the book shows of it.
    for path in (measured.TABLE, paths.data() / "reference" / "interval_coverage.csv"):
        table.to_csv(path, index=False, lineterminator="\n")
    for noise in ("ar1", "slow"):
        print(f"\n{noise}: distance of coverage from 95% over lengths, autocorrelations and estimands")
        print(measured.ranking(table, noise=noise).to_string(index=False, float_format=lambda value: f"{value:.2f}"))
    print(f"\n{series} series a cell, seed {seed}, {time.perf_counter() - begin:.0f} s: {path}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
