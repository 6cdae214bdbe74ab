"""Statutory measures for 1.5 million staff: this package against the same done naively in pandas.

Run from the project root: ``.venv/bin/python benchmarks/pay_gap.py [people]``. Each side runs in a process of its own:
once for the time, once more for the peak of what it allocates beside the table (tracemalloc).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pandas as pd

#: About the number of staff of the health service of England.
PEOPLE = 1_500_000
SEED = 1


def staff(people: int) -> pd.DataFrame:
    """Return invented staff with rates of pay to the penny, so that many share a rate."""
    rng = np.random.default_rng(SEED)
    women = rng.random(people) < 0.75
    pay = np.round(np.exp(rng.normal(2.8, 0.4, people)) * np.where(women, 0.97, 1.03) + 8, 2)
    bonus = np.where(rng.random(people) < 0.03, np.round(np.exp(rng.normal(8, 0.6, people)), 0), 0.0)
    return pd.DataFrame(
        {
            "sex": pd.Categorical(np.where(women, "F", "M")),
            "hourly_pay": pay,
            "bonus": bonus,
            "full_pay": pd.Categorical(np.where(rng.random(people) < 0.03, "N", "Y")),
        }
    )


def ours(table: pd.DataFrame) -> dict[str, float]:
    """Work out the measures with the package."""
    from healthsys.pay import statutory

    found = statutory(table)
    out = {gap.measure: gap.percent for gap in found.gaps}
    return out | {f"women in quarter {row.Index}": int(row.group) for row in found.quarters.itertuples()}


def naive(table: pd.DataFrame) -> dict[str, float]:
    """Work them out with group-by, a sort, and one pass over every rate that straddles a boundary."""
    full = table[table["full_pay"] == "Y"]
    paid = table[table["bonus"] > 0]
    out = {}
    for name, part, column in (("hourly", full, "hourly_pay"), ("bonus", paid, "bonus")):
        for measure in ("mean", "median"):
            both = part.groupby("sex", observed=True)[column].agg(measure)
            out[f"{measure}_{name}"] = 100 * (both["M"] - both["F"]) / both["M"]
    ranked = full.sort_values("hourly_pay", kind="stable").reset_index(drop=True)
    base, left = divmod(len(ranked), 4)
    sizes = [base + (quarter in {0: (), 1: (0,), 2: (0, 2), 3: (0, 1, 2)}[left]) for quarter in range(4)]
    ranked["quarter"] = np.repeat(range(4), sizes)
    counts = ranked.groupby(["hourly_pay", "quarter"]).size().unstack(fill_value=0)
    women = ranked[ranked["sex"] == "F"].groupby(["hourly_pay", "quarter"]).size().unstack(fill_value=0)
    women = women.reindex(counts.index, fill_value=0)
    totals = np.zeros(4)
    for rate in counts.index:
        places = counts.loc[rate].to_numpy()
        number = int(women.loc[rate].sum())
        exact = places * number / places.sum()
        given = np.floor(exact)
        for quarter in np.argsort(-(exact - given), kind="stable")[: int(number - given.sum())]:
            given[quarter] += 1
        totals += given
    return out | {f"women in quarter {quarter}": int(totals[quarter]) for quarter in range(4)}


def measure(name: str, people: int) -> None:
    """Time one side and print what it took as JSON."""
    table = staff(people)
    function = {"ours": ours, "naive": naive}[name]
    function(staff(1_000))
    start = time.perf_counter()
    found = function(table)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    function(table)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    print(json.dumps({"seconds": seconds, "peak": peak, "found": found}))


def main() -> None:
    """Run each side in a fresh process and compare."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    took = {}
    for name in ("ours", "naive"):
        done = subprocess.run(
            [sys.executable, __file__, name, str(people)], check=True, capture_output=True, text=True
        )
        took[name] = json.loads(done.stdout)
    print(f"statutory measures for {people:,} staff")
    for name, said in (("ours", "healthsys"), ("naive", "naive pandas")):
        one = took[name]
        print(f"{said:>14}: {one['seconds']:6.2f} s, {one['peak']:6.0f} MB beside the table")
    same = all(abs(took["ours"]["found"][key] - value) < 1e-9 for key, value in took["naive"]["found"].items())
    print(f"{'same figures':>14}: {'yes' if same else 'NO'}")
    if not same:
        raise SystemExit(f"the two sides differ: {took['ours']['found']} and {took['naive']['found']}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()
