"""Statistical process control: charts of one process over time, and funnels of many units at one time.

>>> import pandas as pd
>>> from healthsys import spc
>>> waits = pd.Series([31, 34, 30, 33, 32, 35, 31, 33, 34, 32, 33, 31, 52])
>>> chart = spc.xmr(waits, periods=pd.date_range("2023-01-01", periods=13, freq="MS"), baseline=12)
>>> print(f"{chart.points['mean'][0]:.1f} ({chart.points['lpl'][0]:.1f} to {chart.points['upl'][0]:.1f})")
32.4 (26.1 to 38.7)
>>> chart.points["signal"].iloc[-1], spc.variation(chart, improvement="decrease")
('outside limits', 'concern')
"""

from healthsys.spc.charts import Capability, ControlChart, assurance, capability, mr_chart, variation, xmr
from healthsys.spc.counts import RunChart, c_chart, p_prime, run_chart, u_prime
from healthsys.spc.funnels import (
    LEVELS,
    Funnel,
    Overdispersion,
    funnel,
    overdispersion,
    proportion_limits,
    ratio_limits,
)
from healthsys.spc.many import ControlCharts, xmr_many
from healthsys.spc.rare import cases_between, g_chart, t_chart, times_between

__all__ = [
    "LEVELS", "Capability", "ControlChart", "ControlCharts", "Funnel", "Overdispersion", "RunChart", "assurance",
    "c_chart", "capability", "cases_between", "funnel", "g_chart", "mr_chart", "overdispersion", "p_prime",
    "proportion_limits", "ratio_limits", "run_chart", "t_chart", "times_between", "u_prime", "variation", "xmr",
    "xmr_many",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
