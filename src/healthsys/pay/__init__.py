"""Pay gaps: the statutory measures, gaps of groups, what a gap goes with, strata, published gaps.

>>> import pandas as pd
>>> staff = pd.DataFrame({"sex": list("FFMFMMFM"), "hourly_pay": [10, 12, 12, 12, 12, 15, 16, 20.0]})
>>> round(statutory(staff).gap("median_hourly").percent, 1)
11.1
>>> pay_quarters(staff["hourly_pay"], staff["sex"] == "F")["women"].tolist()
[2, 1, 0, 1]
"""

from healthsys.pay.decomposition import check_explanations, oaxaca
from healthsys.pay.gaps import (
    full_pay_staff,
    gap_percent,
    gaps_within,
    group_gaps,
    kitagawa,
    quantile_gaps,
    statutory,
    without_rate,
)
from healthsys.pay.published import match_years, place
from healthsys.pay.quarters import assign_quarters, pay_quarters
from healthsys.pay.released import gaps_of_choices, protect_counts, two_sides
from healthsys.pay.resampling import bootstrap_gap
from healthsys.pay.strata import additive_share, bootstrap_shares, maihda, stratum_gaps, with_strata

__all__ = [
    "additive_share", "assign_quarters", "bootstrap_gap", "bootstrap_shares", "check_explanations", "full_pay_staff",
    "gap_percent",
    "gaps_of_choices", "gaps_within", "group_gaps", "kitagawa", "maihda", "match_years", "oaxaca", "pay_quarters",
    "place", "protect_counts", "quantile_gaps", "statutory", "stratum_gaps", "two_sides", "with_strata",
    "without_rate",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
