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

#: Shrout and Fleiss 1979, Table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

#: Three teams of five, four and six people.
UNEQUAL = [120, 150, 135, 160, 140, 200, 180, 190, 210, 90, 110, 100, 130, 120, 95]

#: Five people, three items on 1 to 5.
FIVE = pd.DataFrame([[4, 4, 5], [4, 5, 5], [5, 4, 4], [4, 4, 4], [3, 4, 5]])

#: Scores of six teams.
TEAMS = [120, 150, 135, 141, 128, 163]


def answers(one_factor_sample: pd.DataFrame) -> dict[str, float]:
    """Compute every worked example: the answer for each check of the area ``climate``.

    ``one_factor_sample`` is that data set: answers of sixty people to four items, drawn in R for the check of omega.
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
        "climate-omega": mcdonald_omega(one_factor_sample[list("abcd")]).omega,
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
