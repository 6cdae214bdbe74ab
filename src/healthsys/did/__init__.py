"""Difference in differences, for one change at one time and for staggered starts.

Clustered errors: Cameron AC, Miller DL. Journal of Human Resources 2015;50:317-372. Two-way estimates: Goodman-Bacon A.
Journal of Econometrics 2021;225:254-277. Group-time effects and their averages: Callaway B, Sant'Anna PHC. Ibid.
2021;225:200-230; covariates: Sant'Anna PHC, Zhao J. Ibid. 2020;219:101-122. What a test of earlier trends cannot do:
Roth J. AER: Insights 2022;4:305-322. p-value of an interval: Altman DG, Bland JM. BMJ 2011;343:d2304.

>>> import pandas as pd
>>> from healthsys import did
>>> rows = [(unit, month, 10 + unit + month + (2 + 0.1 * (unit % 3)) * max(0, month - start + 1), start)
...         for unit, start in enumerate([3] * 6 + [5] * 6) for month in range(1, 7)]
>>> panel = pd.DataFrame(rows, columns=["clinic", "month", "seen", "start"])
>>> columns = {"unit": "clinic", "period": "month", "value": "seen", "start": "start"}
>>> round(did.average_effects(panel, **columns).overall.estimate, 2)  # compared with clinics that have not started
3.15
>>> round(did.two_way_fixed_effects(panel, **columns).estimate, 2)  # misled by effects that grow
1.05
"""

from healthsys.did.averages import Averages, PreTrend, aggregate, average_effects, event_study, pre_trend_test
from healthsys.did.permutation import PermutationTest, permutation_test
from healthsys.did.reported import RelativeChange, p_from_interval, relative_change
from healthsys.did.staggered import bootstrap_effect, group_time_effects, two_way_fixed_effects
from healthsys.did.two_way import Difference, difference_in_differences

__all__ = [
    "Averages", "Difference", "PermutationTest", "PreTrend", "RelativeChange", "aggregate", "average_effects",
    "bootstrap_effect", "difference_in_differences", "event_study", "group_time_effects", "p_from_interval",
    "permutation_test", "pre_trend_test", "relative_change", "two_way_fixed_effects",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
