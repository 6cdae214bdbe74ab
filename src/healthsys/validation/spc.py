"""Our answers to worked examples of control charts and funnels that somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``.
"""

import pandas as pd

from healthsys.spc import c_chart, funnel, g_chart, mr_chart, p_prime, t_chart, xmr

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


def answers() -> dict[str, float]:
    """Compute every worked example of control charts and funnels.

    >>> round(float(answers()["trends-p-upper"]), 6)
    0.145699
    """
    screened, plain = (xmr(VIGNETTE, screen=screen).points.iloc[0] for screen in (True, False))
    p, prime = p_prime(EVENTS, SIZES, laney=False).points.iloc[0], p_prime(EVENTS, SIZES)
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
    } | _more_charts()


def _more_charts() -> dict[str, float]:
    truncated, multiplicative = (
        funnel(RATIOS, unit="unit", observed="a", size="e", kind="ratio", target=1.0, around="target", **options)
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
