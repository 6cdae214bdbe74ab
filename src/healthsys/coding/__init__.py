"""Qualitative coding: codebooks, event registers, coder agreement, co-occurrence, sequence tests, markers in text.

Quick start: do two coders agree on which events hold a code?

>>> import pandas as pd
>>> from healthsys import coding
>>> ratings = pd.DataFrame({"first": [1, 1, 0, 0, 1, 0], "second": [1, 0, 0, 0, 1, 0]})
>>> table = coding.rating_counts(ratings, categories=[0, 1])
>>> round(coding.krippendorff_alpha(table), 3), round(coding.gwet_ac1(table), 3)
(0.686, 0.676)
"""

from healthsys.coding.agreement import (
    agreement_bootstrap,
    agreement_by_code,
    agreement_by_formula,
    applied_codes,
    rating_counts,
)
from healthsys.coding.checklists import adoption_curve, checklist_total, net_arrows
from healthsys.coding.codebooks import check_codes, codebook, split_codes
from healthsys.coding.coefficients import (
    cohens_kappa,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    krippendorff_alpha,
    percent_agreement,
)
from healthsys.coding.cooccurrence import association_test, c_coefficient, cooccurrence_table, segment_cooccurrence
from healthsys.coding.events import by_code, event_grid, event_register, statements_carried
from healthsys.coding.tensions import count_poles, find_markers, marker_accuracy
from healthsys.coding.timelines import sequence_test, together_test

__all__ = [
    "adoption_curve", "agreement_bootstrap", "agreement_by_code", "agreement_by_formula", "applied_codes",
    "association_test", "by_code", "c_coefficient", "check_codes", "checklist_total", "codebook", "cohens_kappa",
    "cooccurrence_table", "count_poles", "event_grid", "event_register", "find_markers", "fleiss_kappa", "gwet_ac1",
    "gwet_ac2", "krippendorff_alpha", "marker_accuracy", "net_arrows", "percent_agreement", "rating_counts",
    "segment_cooccurrence", "sequence_test", "split_codes", "statements_carried", "together_test",
]  # fmt: skip
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
