"""Our answers to worked examples of pay gaps; the other side is in ``data/reference/method_checks.csv``."""

import pandas as pd

from healthsys.pay import maihda, oaxaca, statutory

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
    """Compute every worked example of this topic.

    >>> round(answers()["equality-mean-gap"], 4)
    15.2542
    """
    import statsmodels.api as sm

    gaps, strata = statutory(EIGHT), maihda(SIX, outcome="y")
    cards = sm.datasets.ccard.load_pandas().data
    cards["own"] = cards["OWNRENT"].astype(int).astype(str)
    columns = ["AGE", "INCOME", "INCOMESQ"]
    split = oaxaca(cards, outcome="AVGEXP", group="own", comparator="1", other="0", characteristics=columns)
    parts = ("gap", "unexplained", "explained", "endowments", "coefficients", "interaction")
    return {
        "equality-mean-gap": gaps.gap("mean_hourly").percent,
        "equality-median-gap": gaps.gap("median_hourly").percent,
        "equality-quarter-tie": gaps.quarters.set_index("quarter").loc["lower middle", "group"],
        "equality-strata-between": strata.between,
        "equality-strata-within": strata.within,
        "equality-vpc": strata.vpc,
        **{f"equality-oaxaca-{part}": getattr(split, part) for part in parts},
    }
