"""This room's answers to worked examples whose answer somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

from __future__ import annotations

import pandas as pd

from healthsys.equality import decomposition
from healthsys.equality.intersectional import fit_strata
from healthsys.equality.pay_gap import statutory

#: Eight full-pay staff, the rate of 12 across two boundaries.
EIGHT = pd.DataFrame({"sex": list("FFMFMMFM"), "hourly_pay": [10, 12, 12, 12, 12, 15, 16, 20.0]})

#: Six strata of four.
SIX = pd.DataFrame(
    {
        "stratum": list("aaaabbbbccccddddeeeeffff"),
        "y": [10, 12, 11, 13, 14, 15, 13, 16, 9, 8, 10, 9, 12, 13, 12, 11, 17, 16, 18, 15, 11, 10, 12, 13.0],
    }
)


def answers() -> dict[str, float]:
    """Compute every worked example of this room.

    Returns
    -------
    dict
        The answer for each check of ``data/reference/method_checks.csv`` whose area is ``equality``.

    Examples
    --------
    >>> answers()["equality-quarter-tie"]
    1.0
    """
    pay = statutory(EIGHT)
    quarters = pay.quarters.set_index("quarter")
    strata = fit_strata(SIX, outcome="y")
    return {
        "equality-mean-gap": pay.gap("mean_hourly").percent,
        "equality-median-gap": pay.gap("median_hourly").percent,
        "equality-quarter-tie": quarters.loc["lower middle", "group"],
        "equality-strata-between": strata.between,
        "equality-strata-within": strata.within,
        "equality-vpc": strata.vpc,
        **_credit_card(),
    }


def _credit_card() -> dict[str, float]:
    import statsmodels.api as sm

    data = sm.datasets.ccard.load_pandas().data
    laid_out = decomposition.design(
        data.assign(own=data["OWNRENT"].astype(int).astype(str)),
        outcome="AVGEXP",
        group="own",
        comparator="1",
        other="0",
        characteristics=["AGE", "INCOME", "INCOMESQ"],
    )
    found = decomposition.split(laid_out, reference="pooled_with_group")
    return {
        "equality-oaxaca-gap": found.gap,
        "equality-oaxaca-unexplained": found.unexplained,
        "equality-oaxaca-explained": found.explained,
        "equality-oaxaca-endowments": found.endowments,
        "equality-oaxaca-coefficients": found.coefficients,
        "equality-oaxaca-interaction": found.interaction,
    }
