"""Methods at scale against what a user would pick: python benchmarks/many.py [--rounds N] [--only NAME]

Each comparison is of one call on a large table with the pandas, statsmodels or scipy that an analyst would write
instead, in turn, on the same data; memory is the peak that the call allocates next to its table (tracemalloc).
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from measure import RESULTS, called, in_turn, keep

SEED = 20201


def pay_gap() -> tuple[str, dict[str, Callable], str]:
    """1.5 million staff, about as many as the health service of England has."""
    import pay_gap as staff_of

    from healthsys.pay import statutory

    staff = staff_of.staff(staff_of.PEOPLE)
    part = staff.head(10_000)
    size = len(part.to_csv(index=False)) * len(staff) / len(part) / 2**20

    def by_groupby() -> None:
        full = staff[staff["full_pay"] == "Y"]
        full.groupby("sex", observed=True)["hourly_pay"].agg(["mean", "median"])
        paid = staff[staff["bonus"] > 0]
        paid.groupby("sex", observed=True)["bonus"].agg(["mean", "median"])
        (staff["bonus"] > 0).groupby(staff["sex"], observed=True).mean()
        pd.crosstab(pd.qcut(full["hourly_pay"].rank(method="first"), 4), full["sex"], normalize="index")

    tracemalloc.start()
    statutory(staff)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    note = (
        f"the same six measures, with ties at the quarters shared as the regulations ask; the call allocates at most "
        f"{peak:,.0f} MB, {peak / size:.1f} times the {size:,.0f} MB of the table as a CSV file"
    )
    ways = {"pandas groupby, qcut and crosstab": by_groupby, "healthsys.pay.statutory": lambda: statutory(staff)}
    return f"pay gap of {len(staff):,} staff", ways, note


def charts() -> tuple[str, dict[str, Callable], str]:
    """2,000 series of 60 months."""
    from healthsys.spc import xmr, xmr_many

    series, months = 2000, 60
    rng = np.random.default_rng(SEED)
    frame = pd.DataFrame(
        {
            "series": np.repeat([f"series {n}" for n in range(series)], months),
            "period": np.tile(pd.date_range("2021-01-01", periods=months, freq="MS"), series),
            "value": rng.normal(85, 3, series * months),
        }
    )

    def loop() -> None:
        for _, one in frame.groupby("series", sort=False):
            value = one["value"]
            mean, ranges = value.mean(), value.diff().abs()
            half = 2.66 * ranges.mean()
            outside = (value - mean).abs() > half
            side = np.sign(value - mean)
            shift = side.rolling(7).sum().abs() == 7
            trend = np.sign(value.diff()).rolling(6).sum().abs() == 6
            one.assign(mean=mean, lower=mean - half, upper=mean + half, signal=outside | shift | trend)

    def one_by_one() -> None:
        for _, one in frame.groupby("series", sort=False):
            xmr(one["value"], periods=one["period"])

    ways = {
        "a loop in pandas: mean, diff and rolling": loop,
        "a loop of healthsys.spc.xmr": one_by_one,
        "healthsys.spc.xmr_many, one call": lambda: xmr_many(frame),
    }
    note = "screened ranges and all four rules; the loop in pandas has three, and marks a run's last points only"
    return f"control charts of {series:,} series of {months} months", ways, note


def segmented_fits() -> tuple[str, dict[str, Callable], str]:
    """200 trusts and 120 months."""
    import statsmodels.formula.api as smf
    import trends

    from healthsys.its import segmented, segmented_many

    trusts, months = 200, 120
    frames = trends.made(trusts, months)
    frame = pd.concat([one.assign(series=n) for n, one in enumerate(frames)], ignore_index=True)
    change = frames[0]["period"].iloc[months // 2]

    def by_statsmodels() -> None:
        for _, one in frame.groupby("series"):
            time = np.arange(months)
            after = (time >= months // 2).astype(int)
            data = one.assign(time=time, level=after, trend=after * (time - months // 2))
            fit = smf.ols("value ~ time + level + trend", data).fit(cov_type="HAC", cov_kwds={"maxlags": 4})
            fit.conf_int()

    def one_by_one(model: str) -> None:
        for _, one in frame.groupby("series"):
            segmented(one, change=change, model=model)

    ways: dict[str, Callable] = {"a loop of statsmodels OLS with HAC errors": by_statsmodels}
    for model in ("newey_west", "ar1_reml"):
        ways[f"a loop of healthsys.its.segmented, {model}"] = partial(one_by_one, model)
        ways[f"healthsys.its.segmented_many, {model}, one call"] = partial(
            segmented_many, frame, change=change, model=model
        )
    note = "effects at the change and a year on with relative ones, and their intervals"
    return f"segmented regressions of {trusts} trusts and {months} months", ways, note


def proof() -> tuple[str, dict[str, Callable], str]:
    """A page of 50 tables of up to four of six characteristics, small cells hidden."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    from healthsys.disclosure import HES
    from healthsys.disclosure.proof import prove

    rng = np.random.default_rng(SEED)
    levels = {name: (f"{name}1", f"{name}2") for name in "abcdef"}
    cube = pd.DataFrame(list(itertools.product(*levels.values())), columns=list(levels), dtype="str")
    cube["people"] = rng.poisson(rng.gamma(1.0, 12.0, len(cube)))
    wanted = [table for size in (1, 2, 3, 4) for table in itertools.combinations(levels, size)][:50]
    cells: dict[frozenset, int] = {}
    for table in wanted:
        for names, people in cube.groupby(list(table))["people"].sum().items():
            names = names if isinstance(names, tuple) else (names,)
            cells[frozenset(zip(table, names, strict=True))] = int(people)
    primary = frozenset(cell for cell, people in cells.items() if 0 < people <= HES.highest)
    secondary = frozenset(
        sorted((cell for cell in cells if len(cell) == 4 and cell not in primary), key=cells.get)[:6]
    )
    hidden = sorted(primary | secondary, key=sorted)

    def by_milp() -> None:
        rows = np.array([[set(cell) <= set(zip(levels, row, strict=True)) for row in cube[list(levels)].to_numpy()]
                         for cell in cells], dtype=float)  # fmt: skip
        bounds = []
        for cell, people in cells.items():
            if cell in primary:
                bounds.append((1, HES.highest))
            elif cell in secondary:
                bounds.append((HES.highest + 1, np.inf))
            else:
                bounds.append(HES.bounds(HES.show(people)))
        lower, upper = np.array(bounds, dtype=float).T
        place = {cell: number for number, cell in enumerate(cells)}
        for cell in hidden:
            for sign in (1, -1):
                milp(sign * rows[place[cell]], constraints=LinearConstraint(rows, lower, upper),
                     integrality=np.ones(len(cube)), bounds=Bounds(0, np.inf), options={"time_limit": 10})  # fmt: skip

    attack = partial(prove, cube, cells, primary=primary, secondary=secondary, rule=HES, levels=levels)
    ways = {"scipy milp, twice a hidden cell": by_milp, "healthsys.disclosure.proof.prove": attack}
    note = f"{len(wanted)} tables, {len(cells)} cells of which {len(hidden)} hidden; also finds three values of each"
    return "disclosure proof of a page of 50 tables", ways, note


def agreement() -> tuple[str, dict[str, Callable], str]:
    """3 coders and 20,000 units."""
    import krippendorff

    from healthsys.coding import krippendorff_alpha, rating_counts

    units = 20_000
    rng = np.random.default_rng(SEED)
    ratings = pd.DataFrame(rng.integers(0, 5, (units, 3)).astype(float), columns=list("ABC"))
    ratings = ratings.mask(rng.random(ratings.shape) < 0.1)
    ways = {
        "krippendorff.alpha": lambda: krippendorff.alpha(
            reliability_data=ratings.to_numpy().T, level_of_measurement="nominal"
        ),
        "healthsys.coding.krippendorff_alpha": lambda: krippendorff_alpha(rating_counts(ratings)),
    }
    return f"agreement of 3 coders on {units:,} units", ways, "checked ratings, named categories; the same alpha"


EVERY = {"pay": (pay_gap, 1), "charts": (charts, 1), "segmented": (segmented_fits, 1), "proof": (proof, 1),
         "agreement": (agreement, 5)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=EVERY, default=None)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    load = os.getloadavg()[0]
    rows = []
    for name, (made, repeat) in EVERY.items():
        if chosen.only in (None, name):
            title, ways, note = made()
            called(list(ways.values())[-1])  # what is imported or cached on first use is not timed
            timed = {f"{title}: {what}": partial(called, way, repeat=repeat) for what, way in ways.items()}
            found = in_turn(timed, rounds=chosen.rounds)
            found[-1]["note"] = note
            rows += found
    about = (
        "One call on a large table compared with what an analyst would write instead; ratios are relative to the "
        "first row of each comparison. The calls on many series equal a loop over the series to 1e-12, which a test "
        "checks."
    )
    if chosen.only:  # the other comparisons stay as they were measured
        before = json.loads(RESULTS.read_text()).get("many", {}).get("rows", [])
        rows = [row for row in before if row["what"].partition(":")[0] != title] + rows
    keep("many", title="Methods at scale", about=about, command="python benchmarks/many.py", rounds=chosen.rounds,
         rows=rows, load=load)  # fmt: skip


if __name__ == "__main__":
    main()
