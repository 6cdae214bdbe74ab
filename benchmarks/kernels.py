"""Calculations against the obvious library call: python benchmarks/kernels.py [--rounds N]

The library call is what an analyst would write without this package; the note says what more ours returns.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from measure import called, in_turn, keep


def pairs() -> list[tuple[str, Callable, str, Callable, str, int]]:
    """Return (name, library call, its name, ours, what ours returns more, repeats) of each comparison."""
    from scipy import stats

    from healthsys.statistics import bootstrap_interval

    rng = np.random.default_rng(1)
    teams = rng.normal(150, 20, 60)
    found = [
        (
            "bootstrap of 60 team means, 9,999 resamples",
            lambda: stats.bootstrap((teams,), np.mean, n_resamples=9999, rng=np.random.default_rng(1)),
            "scipy.stats.bootstrap",
            lambda: bootstrap_interval(teams, seed=1),
            "missing values, reasons, a warning for few clusters",
            3,
        )
    ]
    try:
        from healthsys.pay import statutory
    except ImportError:
        pass
    else:
        pay = pd.DataFrame(
            {
                "sex": rng.choice(["F", "M"], 100_000, p=[0.7, 0.3]),
                "hourly_pay": rng.lognormal(2.9, 0.4, 100_000).round(2),
            }
        )

        def by_groupby() -> pd.DataFrame:
            measures = pay.groupby("sex")["hourly_pay"].agg(["mean", "median"])
            shares = pd.crosstab(pd.qcut(pay["hourly_pay"].rank(method="first"), 4), pay["sex"], normalize="index")
            return pd.concat([measures, shares])

        found.append(
            ("pay gap of 100,000 staff", by_groupby, "pandas groupby, qcut and crosstab", partial(statutory, pay),
             "ties at the quarters shared as the regulations ask, checked input, bonus measures, reasons", 3)
        )  # fmt: skip
    try:
        from healthsys.spc.charts import xmr
    except ImportError:
        pass
    else:
        series = pd.Series(rng.normal(85, 3, 120))

        def by_pandas() -> tuple[float, float, float]:
            mean, ranges = series.mean(), series.diff().abs()
            return mean - 2.66 * ranges.mean(), mean + 2.66 * ranges.mean(), 3.267 * ranges.mean()

        found.append(
            ("control chart of 120 months", by_pandas, "pandas mean and diff", lambda: xmr(series.to_numpy()),
             "screened ranges, missing periods, the rules of special cause for each point", 20)
        )  # fmt: skip
    try:
        from healthsys.coding import krippendorff_alpha, rating_counts
    except ImportError:
        pass
    else:
        import krippendorff

        ratings = pd.DataFrame(rng.integers(0, 5, (2000, 3)).astype(float), columns=list("ABC"))
        values = ratings.to_numpy().T
        found.append(
            ("agreement of three coders on 2,000 units",
             lambda: krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"), "krippendorff.alpha",
             lambda: krippendorff_alpha(rating_counts(ratings)), "checked ratings, named categories", 5)
        )  # fmt: skip
    import pingouin

    from healthsys.climate.reliability import cronbach_alpha

    items = pd.DataFrame(rng.integers(0, 4, (500, 5)), columns=list("abcde"))
    found.append(
        ("Cronbach's alpha of 500 people", lambda: pingouin.cronbach_alpha(items), "pingouin.cronbach_alpha",
         lambda: cronbach_alpha(items), "unrounded interval, reasons", 20)
    )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    load = os.getloadavg()[0]
    rows = []
    for name, library, called_, ours, more, repeat in pairs():
        library(), ours()  # what is imported or cached on first use is not timed
        ways = {
            f"{name}: {called_}": partial(called, library, repeat=repeat),
            f"{name}: healthsys": partial(called, ours, repeat=repeat),
        }
        pair = in_turn(ways, rounds=chosen.rounds)
        pair[1]["note"] = f"returns more: {more}"
        rows += pair
    about = ("Each calculation compared with the library call that an analyst would write first; ratios are relative "
             "to that call.")  # fmt: skip
    keep("kernels", title="Calculations", about=about, command="python benchmarks/kernels.py", rounds=chosen.rounds,
         rows=rows, load=load)  # fmt: skip


if __name__ == "__main__":
    main()
