"""Answers to worked examples of climate methods whose answer somebody else reported or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

import numpy as np
import pandas as pd

from healthsys.climate.intraclass import icc, two_way_icc
from healthsys.climate.reliability import cronbach_alpha, item_analysis, mcdonald_omega, omega_from_loadings
from healthsys.climate.rwg import SKEWED_NULL, null_variance, rwg, rwg_j, uniform_variance
from healthsys.statistics import mean_interval

#: Eight people, four items on 0 to 3.
ITEMS = pd.DataFrame(
    {
        "a": [0, 1, 2, 3, 2, 1, 3, 2],
        "b": [0, 1, 3, 3, 2, 2, 3, 1],
        "c": [1, 1, 2, 3, 1, 0, 3, 2],
        "d": [0, 2, 2, 3, 1, 1, 2, 2],
    }
)

#: Sixty people, four items, drawn in R for the check of omega: set.seed(1); g <- rnorm(60);
#: sapply(c(.7, .6, .5, .8), function(l) round(l * g + rnorm(60) * sqrt(1 - l^2), 2)).
SAMPLE = pd.DataFrame(
    {
        "a": [
            128, 10, -9, 114, -30, -44, -95, 156, 51, 134, 140, -23, 0, -222, -11, 18, -33, 66, 63, -1, 24, 45, 89,
            -248, 86, 20, 65, -125, -7, 48, 56, 79, 110, 46, 17, 11, -119, -45, -10, 20, -56, -15, -16, 50, -95, 77,
            77, 119, 20, 182, -18, -76, 126, -126, 86, 111, -49, -93, 75, -22,
        ],
        "b": [
            -78, 118, -67, 81, 12, 8, 23, 41, -20, -44, 96, -24, 5, -254, 92, -126, -25, 14, -3, 31, -98, 141, -129,
            -156, -52, -63, 158, -87, -132, -106, 118, -8, -2, -78, -202, -111, 56, -53, -45, 195, 24, -34, 126,
            104, -91, 134, 1, -68, -18, 69, 209, -28, 57, -74, 59, 116, 41, 103, 116, 89,
        ],
        "c": [
            -138, 94, -23, -47, 62, -55, 151, -29, -8, -95, 60, 54, -94, -39, -48, -93, 124, -41, 77, -3, 81, 185,
            141, -128, -167, 213, 50, -27, -25, 65, 54, 31, -15, -121, 17, 111, -46, -112, 111, 34, -158, -12, -20,
            -2, -135, 121, -10, -101, 11, 67, -65, -281, -38, -7, 66, 91, 30, -155, 123, -7,
        ],
        "d": [
            -8, 77, -53, 75, 96, -186, 6, 44, 36, 37, 129, 56, -54, -192, 132, 65, -145, 110, 88, 22, 131, 39, -11,
            -108, 153, 12, -38, -189, -58, -23, 93, 15, -20, 155, -101, 35, -169, 40, 9, 116, 11, -45, 135, 2, -90,
            -117, -11, 118, 17, 131, 8, -26, 42, -176, 221, 166, 17, -26, 43, -29,
        ],
    }
) / 100  # fmt: skip

#: Shrout and Fleiss 1979, Table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

#: Three teams of five, four and six people.
UNEQUAL = [120, 150, 135, 160, 140, 200, 180, 190, 210, 90, 110, 100, 130, 120, 95]

#: Five people, three items on 1 to 5.
FIVE = pd.DataFrame([[4, 4, 5], [4, 5, 5], [5, 4, 4], [4, 4, 4], [3, 4, 5]])

#: Scores of six teams.
TEAMS = [120, 150, 135, 141, 128, 163]


def answers() -> dict[str, float]:
    """Compute every worked example: the answer for each check of the area ``climate``.

    >>> answers()["climate-rwg"]
    0.75
    """
    alpha = cronbach_alpha(ITEMS)
    loadings = np.array([0.7, 0.6, 0.5, 0.8])
    even = icc(SHROUT_FLEISS.ravel(), np.repeat(np.arange(6), 4))
    teams = ["a"] * 5 + ["b"] * 4 + ["c"] * 6
    uneven = icc(UNEQUAL, teams)
    weighted = icc(UNEQUAL, teams, group_size="n0")
    five_point = uniform_variance(5)
    interval = mean_interval(TEAMS)
    raters = two_way_icc(pd.DataFrame(SHROUT_FLEISS)).set_index("coefficient")
    return {
        "climate-alpha": alpha.alpha,
        "climate-alpha-lower": alpha.lower,
        "climate-alpha-upper": alpha.upper,
        "climate-omega-loadings": omega_from_loadings(loadings, 1 - loadings**2),
        "climate-omega": mcdonald_omega(SAMPLE).omega,
        "climate-icc1": even.icc1,
        "climate-icc1-lower": even.icc1_lower,
        "climate-icc1-upper": even.icc1_upper,
        "climate-icc2": even.icc2,
        "climate-icc1-uneven": uneven.icc1,
        "climate-icc2-uneven": uneven.icc2,
        "climate-icc1-n0": weighted.icc1,
        "climate-rwg": rwg(FIVE[0], variance=five_point).value,
        "climate-rwg-j": rwg_j(FIVE, variance=five_point).value,
        "climate-skewed-null": null_variance(SKEWED_NULL),
        "climate-t-lower": interval.lower,
        "climate-t-upper": interval.upper,
        "climate-alpha-standardised": alpha.standardised,
        "climate-alpha-without": item_analysis(ITEMS).set_index("item").loc["a", "alpha_without"],
        "climate-icc21": raters.loc["ICC(2,1)", "icc"],
        "climate-icc21-lower": raters.loc["ICC(2,1)", "lower"],
        "climate-icc31": raters.loc["ICC(3,1)", "icc"],
        "climate-icc2k": raters.loc["ICC(2,k)", "icc"],
        "climate-icc3k": raters.loc["ICC(3,k)", "icc"],
    }
