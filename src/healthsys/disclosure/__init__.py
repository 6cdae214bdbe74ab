"""Disclosure control: small-number rules, secondary suppression and the proof that it suffices.

>>> import pandas as pd
>>> from healthsys.disclosure import HES, Printed, protect
>>> staff = pd.DataFrame({"sex": list("FFMM"), "band": ["5", "6", "5", "6"], "people": [40, 3, 22, 31]})
>>> page = protect(staff, tables=[Printed("Staff", ("band", "sex"))], rule=HES)
>>> page.frame("Staff").values.tolist()
[['5', '*', '*', '60'], ['6', '*', '*', '35'], ['All', '45', '55', '95']]
>>> page.proof.holds
True
"""

from healthsys.disclosure.magnitudes import mean_is_safe, median_is_safe
from healthsys.disclosure.page import Page, Printed, protect
from healthsys.disclosure.proof import Proof, Statement, needed, prove
from healthsys.disclosure.rules import (
    FEWEST_ANSWERS,
    HES,
    LOCAL_1_4,
    LOCAL_1_9,
    MARK,
    OFF,
    RULES,
    Rule,
    rule,
    shown_text,
)
from healthsys.disclosure.safety import Safety, safety

__all__ = [
    "FEWEST_ANSWERS", "HES", "LOCAL_1_4", "LOCAL_1_9", "MARK", "OFF", "RULES", "Page", "Printed", "Proof", "Rule",
    "Safety", "Statement", "mean_is_safe", "median_is_safe", "needed", "protect", "prove", "rule", "safety",
    "shown_text",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
