"""Interrupted time series: segmented regression of one series, or of its difference from a comparator.

>>> import numpy as np
>>> import pandas as pd
>>> from healthsys import its
>>> months = pd.date_range("2020-01-01", periods=36, freq="MS")
>>> steady = np.tile([50.0, 51.0, 49.5, 50.5], 9)
>>> series = pd.DataFrame({"period": months, "value": steady + np.where(np.arange(36) < 18, 0, 4)})
>>> found = its.segmented(series, change="2021-07-01", horizon=6)
>>> bool(abs(found.at_change.absolute - 4) < 0.5)
True
>>> bool(found.coefficient("level")["lower"] > 0)
True
"""

from healthsys.its.interrupted import (
    REFUSE_BELOW,
    SEASONS,
    coefficient_table,
    controlled,
    design,
    effect,
    per_year,
    position_of,
    season_terms,
    segmented,
)
from healthsys.its.many import MANY_MODELS, SegmentedMany, segmented_many
from healthsys.its.measured import measured_coverage
from healthsys.its.regression import COUNT_MODELS, DEFAULT_MODEL, MODEL_NAMES, MODELS, fit
from healthsys.its.simulate import interval_coverage, measure, ranking

__all__ = [
    "COUNT_MODELS", "DEFAULT_MODEL", "MANY_MODELS", "MODELS", "MODEL_NAMES", "REFUSE_BELOW", "SEASONS",
    "SegmentedMany", "coefficient_table", "controlled", "design", "effect", "fit", "interval_coverage", "measure",
    "measured_coverage", "per_year", "position_of", "ranking", "season_terms", "segmented", "segmented_many",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
