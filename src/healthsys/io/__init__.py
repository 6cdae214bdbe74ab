"""Readers of files: tidy series and official statistics, the checks of a series, tables by schema.

>>> import pandas as pd
>>> from healthsys import io
>>> months = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-04-01", "2024-05-01"])
>>> table = pd.DataFrame({"indicator": "falls", "unit": "Ward 7", "period": months, "value": [4, 6, 5, 7],
...                       "numerator": None, "denominator": None})
>>> series = io.pick_series(table, indicator="falls", unit="Ward 7")
>>> io.check_series(series)[0].says
'2024-03 is not in the data; left as a gap, not filled'
>>> io.regular(series)["value"].to_list()
[4.0, 6.0, nan, 5.0, 7.0]
"""

from healthsys.io.checks import Problem, as_table, check_series, require, suspicious_zeros, total_units
from healthsys.io.csv_files import read_text, row_of
from healthsys.io.known import Measure, breaks_of, measure_of, total_problems
from healthsys.io.layouts import Reading
from healthsys.io.pay_gap_service import read_pay_gap_service
from healthsys.io.payroll import read_payroll
from healthsys.io.reporting import check_reporting, read_reporting
from healthsys.io.schemas import check_table, read_table
from healthsys.io.series import name_series, pick_series, read_official, read_series
from healthsys.io.staff_list import read_staff_list
from healthsys.io.steps import Step, from_ends, regular, step_of
from healthsys.io.survey import read_items, read_survey
from healthsys.io.values import faults, multiplier_of

__all__ = [
    "Measure", "Problem", "Reading", "Step", "as_table", "breaks_of", "check_reporting", "check_series",
    "check_table", "faults", "from_ends", "measure_of", "multiplier_of", "name_series", "pick_series", "read_items",
    "read_official", "read_pay_gap_service", "read_payroll", "read_reporting", "read_series", "read_staff_list",
    "read_survey", "read_table", "read_text", "regular", "require", "row_of", "step_of", "suspicious_zeros",
    "total_problems", "total_units",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
