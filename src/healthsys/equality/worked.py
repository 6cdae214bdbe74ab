"""This room's answers to worked examples whose answer somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

from __future__ import annotations

import pandas as pd

from healthsys.equality import decomposition
from healthsys.equality.intersectional import fit_strata
from healthsys.equality.likelihood import relative_likelihood
from healthsys.equality.pay_gap import statutory
from healthsys.equality.standards import disparity_ratio, proportion
from healthsys.statistics import adjust, proportion_difference, proportion_interval, two_proportions_p

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
    >>> round(answers()["equality-risk-ratio"], 4)
    1.3333
    """
    pay = statutory(EIGHT)
    quarters = pay.quarters.set_index("quarter")
    ratio = relative_likelihood(60, 300, reference_had=90, reference_could=600)
    _, low, high = proportion(8, 30)
    strata = fit_strata(SIX, outcome="y")
    full = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    counts = {"had": 60, "could": 300, "reference_had": 90, "reference_could": 600}
    bands = pd.DataFrame({"band": ["5", "6"] * 2, "group": ["White"] * 2 + ["BME"] * 2, "people": [400, 300, 200, 100]})
    step = disparity_ratio(bands, group="BME", reference="White", step=("lower", "middle"), level=0.9)
    return {
        "equality-risk-ratio-full-cell": full.ratio,
        "equality-risk-ratio-full-cell-lower": full.lower,
        "equality-risk-ratio-full-cell-upper": full.upper,
        "equality-fisher-p": two_proportions_p(**counts, method="fisher").p,
        "equality-mid-p": two_proportions_p(**counts, method="mid_p").p,
        "equality-disparity-lower": step.lower,
        "equality-disparity-upper": step.upper,
        "equality-mean-gap": pay.gap("mean_hourly").percent,
        "equality-median-gap": pay.gap("median_hourly").percent,
        "equality-quarter-tie": quarters.loc["lower middle", "group"],
        "equality-risk-ratio": ratio.ratio,
        "equality-risk-ratio-lower": ratio.lower,
        "equality-risk-ratio-upper": ratio.upper,
        "equality-wilson-lower": low,
        "equality-wilson-upper": high,
        "equality-strata-between": strata.between,
        "equality-strata-within": strata.within,
        "equality-vpc": strata.vpc,
        **_credit_card(),
        **_shared(),
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


#: Nine p-values with ties, one missing.
TESTS = [0.01, 0.02, 0.03, 0.03, 0.005, None, 0.8, 0.03, 1.0, 0.04]


def _shared() -> dict[str, float | None]:
    """Answers of the statistics that several rooms share."""
    exact, jeffreys, agresti = (
        proportion_interval(15, 148, method=method) for method in ("clopper_pearson", "jeffreys", "agresti_coull")
    )
    newcombe, score = (
        proportion_difference(56, 70, reference_had=48, reference_could=80, method=method)
        for method in ("newcombe", "miettinen_nurminen")
    )
    fisher, middle = (
        two_proportions_p(10, 10, reference_had=20, reference_could=40, method=method) for method in ("fisher", "mid_p")
    )
    return {
        "equality-holm": adjust(TESTS)[2],
        "equality-bh": adjust(TESTS, method="BH")[9],
        "equality-exact-lower": exact.lower,
        "equality-exact-upper": exact.upper,
        "equality-jeffreys-upper": jeffreys.upper,
        "equality-agresti-coull-upper": agresti.upper,
        "equality-newcombe-lower": newcombe.lower,
        "equality-newcombe-upper": newcombe.upper,
        "equality-miettinen-upper": score.upper,
        "equality-fisher": fisher.p,
        "equality-mid-p-full-cell": middle.p,
    }
