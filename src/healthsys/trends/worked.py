"""This room's answers to worked examples whose answer somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from compendium import datasets
from healthsys.funnel import funnel
from healthsys.trends.attribute_charts import c_chart, p_chart
from healthsys.trends.control_charts import mr_chart, xmr
from healthsys.trends.interrupted import segmented
from healthsys.trends.rare_events import g_chart, t_chart
from healthsys.trends.robustness import residual_checks

#: The "deviations" vignette of NHSRplotthedots.
VIGNETTE = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]

#: Events and people of eight periods.
EVENTS = [112, 98, 131, 104, 120, 89, 140, 117]
SIZES = [1000, 950, 1020, 980, 1010, 940, 1005, 990]

#: Events and people of five units.
UNITS = pd.DataFrame({"unit": list("ABCDE"), "a": [12, 18, 25, 9, 30], "n": [100, 150, 160, 90, 180]})

#: Montgomery's nonconformities on circuit boards (table 7.8), costs of mortgage loans (6.7), hours between failures
#: (7.14), numbered as in R qicharts2.
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
COSTS = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304]
HOURS = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]

#: Cases without an event between fourteen events and the next.
CASES = [20, 35, 12, 41, 8, 27, 63, 5, 17, 30, 88, 2, 14, 25]

#: Observed and expected events of twenty units.
RATIOS = pd.DataFrame(
    {
        "unit": range(20),
        "a": [72, 60, 45, 100, 96, 25, 97, 190, 38, 51, 140, 59, 64, 60, 135, 82, 15, 90, 107, 48],
        "e": [60.2, 71.5, 40.1, 100.4, 70.3, 38.9, 90.6, 131.7, 45.5, 66.2,
              118.3, 50.4, 90.8, 44.4, 120.9, 55.7, 41.3, 84.6, 70.1, 52.8],
    }
)  # fmt: skip

#: First month after the interruption of the worked series.
CHANGE = "2017-01-01"


def answers() -> dict[str, float]:
    """Compute every worked example of this room.

    Returns
    -------
    dict
        The answer for each check of ``data/reference/method_checks.csv`` whose area is ``trends``.

    Examples
    --------
    >>> f"{answers()['trends-xmr-mean']:.6f}"
    '1.944444'
    """
    return {**_charts(), **_more_charts(), **_series()}


def _charts() -> dict[str, float]:
    screened, plain = (xmr(VIGNETTE, screen=screen).points.iloc[0] for screen in (True, False))
    p, prime = p_chart(EVENTS, SIZES, laney=False).points.iloc[0], p_chart(EVENTS, SIZES)
    found = funnel(UNITS, unit="unit", observed="a", size="n", winsorised=0)
    return {
        "trends-xmr-mean": screened["mean"],
        "trends-xmr-lower": screened["lpl"],
        "trends-xmr-upper": screened["upl"],
        "trends-xmr-lower-unscreened": plain["lpl"],
        "trends-xmr-upper-unscreened": plain["upl"],
        "trends-p-mean": p["mean"],
        "trends-p-lower": p["lpl"],
        "trends-p-upper": p["upl"],
        "trends-laney-sigma": prime.segments["sigma_z"].iloc[0],
        "trends-laney-lower": prime.points["lpl"].iloc[0],
        "trends-laney-upper": prime.points["upl"].iloc[0],
        "trends-funnel-target": found.target,
        "trends-funnel-phi": found.dispersion.phi,
        "trends-funnel-tau2": found.dispersion.tau2,
    }


def _more_charts() -> dict[str, float]:
    truncated, multiplicative = (
        funnel(RATIOS, unit="unit", observed="a", size="e", kind="ratio", target=1.0, **options)
        for options in ({"extremes": "truncated"}, {"model": "multiplicative"})
    )
    gaps = t_chart(HOURS).points.iloc[0]
    return {
        "trends-c-upper": c_chart(BOARDS).points["upl"].iloc[0],
        "trends-c-upper-excluded": c_chart(BOARDS, exclude=[5, 19]).points["upl"].iloc[0],
        "trends-mr-upper": mr_chart(COSTS).segments["upl"].iloc[0],
        "trends-g-upper": g_chart(CASES).segments["upl"].iloc[0],
        "trends-t-centre": gaps["mean"],
        "trends-t-upper": gaps["upl"],
        "trends-funnel-truncated-tau2": truncated.dispersion.tau2,
        "trends-funnel-multiplicative-upper": multiplicative.points["inner_upper"].iloc[0],
    }


def worked_series() -> pd.DataFrame:
    """Return the worked interrupted series in the layout that the models read."""
    table = datasets.load("its_example")
    return pd.DataFrame(
        {
            "period": pd.date_range("2015-01-01", periods=len(table), freq="MS"),
            "value": table["rate"],
            "numerator": table["events"].astype(float),
            "denominator": table["population"].astype(float),
        }
    )


def _series() -> dict[str, float]:
    series = worked_series()
    errors = segmented(series, change=CHANGE, model="newey_west")
    prais = segmented(series, change=CHANGE, model="prais_winsten")
    poisson = segmented(series, change=CHANGE, model="poisson", season="harmonic", per=1000)
    binomial = segmented(series, change=CHANGE, model="negative_binomial", season="harmonic", per=1000)
    checks = residual_checks(series, change=CHANGE).set_index("check")["statistic"]
    found = {"trends-nw": errors, "trends-pw": prais, "trends-poisson": poisson, "trends-nb": binomial}
    answers = {}
    for name, model in found.items():
        for term in ("level", "trend"):
            row = model.coefficient(term)
            answers[f"{name}-{term}"], answers[f"{name}-{term}-se"] = row["estimate"], row["std_error"]
    return (
        answers
        | _autocorrelated(series)
        | {
            "trends-poisson-aic": poisson.fit.aic,
            "trends-nb-loglik": binomial.fit.loglik,
            "trends-pw-rho": prais.fit.details["rho"],
            "trends-poisson-phi": poisson.fit.details["phi"],
            "trends-nb-alpha": binomial.fit.details["alpha"],
            "trends-dw": checks["Durbin–Watson"],
            "trends-bg": checks["Breusch–Godfrey, lag 1"],
        }
    )


def _autocorrelated(series: pd.DataFrame) -> dict[str, float]:
    reml, ml, orcutt = (
        segmented(series, change=CHANGE, model=model) for model in ("ar1_reml", "ar1_ml", "cochrane_orcutt")
    )
    robust = segmented(series, change=CHANGE, model="ols", errors="HC3")
    groups = segmented(series, change=CHANGE, model="ols", errors="clustered", clusters=np.repeat(range(12), 4))
    level = np.array([0, 0, 1.0, 0])
    return {
        "trends-reml-rho": reml.fit.details["rho"],
        "trends-reml-level": reml.coefficient("level")["estimate"],
        "trends-reml-level-se": reml.fit.se(level),
        "trends-reml-loglik": reml.fit.loglik,
        "trends-reml-level-df": reml.fit.reference.df(level),
        "trends-ml-level-se": ml.fit.se(level),
        "trends-co-level": orcutt.coefficient("level")["estimate"],
        "trends-co-level-se": orcutt.fit.se(level),
        "trends-hc3-level-se": robust.fit.se(level),
        "trends-clustered-level-se": groups.fit.se(level),
    }
