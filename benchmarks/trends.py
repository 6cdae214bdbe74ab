"""Time control charts and segmented regressions on many series: ``python benchmarks/trends.py [TRUSTS] [MONTHS]``.

Prints a table with the time per series of each method, on invented series of the given size (200 trusts, 120 months).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from healthsys.its.interrupted import segmented
from healthsys.its.regression import MODEL_NAMES, MODELS
from healthsys.spc.charts import xmr

SEED = 20201


def made(trusts: int, months: int) -> list[pd.DataFrame]:
    """Return one frame per trust: counts with a denominator, autocorrelated, with a step in the middle."""
    rng = np.random.default_rng(SEED)
    periods = pd.date_range("2015-01-01", periods=months, freq="MS")
    frames = []
    for _ in range(trusts):
        shock = rng.normal(0, 0.05, months)
        for t in range(1, months):
            shock[t] += 0.4 * shock[t - 1]
        size = rng.integers(5_000, 20_000)
        events = rng.poisson(size * np.exp(-2 + shock + 0.1 * (np.arange(months) >= months // 2)))
        frames.append(
            pd.DataFrame(
                {
                    "period": periods,
                    "value": 100 * events / size,
                    "numerator": events.astype(float),
                    "denominator": np.full(months, float(size)),
                }
            )
        )
    return frames


def timed(name: str, work: Callable[[pd.DataFrame], object], frames: list[pd.DataFrame]) -> dict[str, object]:
    """Run one method over every series and return its times."""
    work(frames[0])
    begin, worked = time.perf_counter(), time.process_time()
    for frame in frames:
        work(frame)
    seconds, worked = time.perf_counter() - begin, time.process_time() - worked
    return {
        "method": name,
        "series": len(frames),
        "seconds": seconds,
        "ms per series": 1000 * seconds / len(frames),
        "ms of processor time": 1000 * worked / len(frames),
    }


def main(trusts: int = 200, months: int = 120) -> None:
    """Print the table."""
    frames = made(trusts, months)
    change = frames[0]["period"].iloc[months // 2]
    rows = [timed("XmR control chart", lambda frame: xmr(frame["value"], periods=frame["period"]), frames)]
    for model in MODELS:
        rows.append(
            timed(
                f"segmented, {MODEL_NAMES[model]}, harmonic",
                lambda frame, model=model: segmented(frame, change=change, model=model, season="harmonic", per=100),
                frames,
            )
        )
    print(f"{trusts} trusts x {months} months, one core, seed {SEED}")
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:,.2f}"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
