"""Workforce equality: relative likelihoods, disparity ratios, representation, survey indicators, recruitment.

The measures of the Workforce Race and Disability Equality Standards (WRES, WDES), for a table of one's own.

>>> import pandas as pd
>>> from healthsys import workforce
>>> found = workforce.relative_likelihood(60, 300, reference_had=90, reference_could=600)
>>> f"{found.ratio:.2f} ({found.lower:.2f} to {found.upper:.2f})"
'1.33 (0.99 to 1.79)'
>>> staff = pd.DataFrame({"band": ["5", "6"], "group": ["BME", "White"], "people": [20, 60]})
>>> workforce.representation(staff, group="BME")["percent"].tolist()
[100.0, 0.0, 25.0]
"""

from healthsys.workforce.bands import (
    BANDS,
    BME,
    CLUSTERS,
    STEPS,
    bands_to_show,
    board_difference,
    disparity_ratio,
    disparity_ratios,
    representation,
    staff_by_band,
)
from healthsys.workforce.likelihoods import (
    FOUR_FIFTHS,
    RelativeLikelihood,
    likelihood_of,
    none_against,
    proportion,
    relative_likelihood,
)
from healthsys.workforce.stages import STAGES, check_stages, protect_stages, recruitment, recruitment_finding
from healthsys.workforce.standards import (
    STANDARDS,
    cases,
    indicators,
    other_organisations,
    require_rows,
    survey_indicators,
)

__all__ = [
    "BANDS", "BME", "CLUSTERS", "FOUR_FIFTHS", "STAGES", "STANDARDS", "STEPS", "RelativeLikelihood", "bands_to_show",
    "board_difference", "cases", "check_stages", "disparity_ratio", "disparity_ratios", "indicators", "likelihood_of",
    "none_against", "other_organisations", "proportion", "protect_stages", "recruitment", "recruitment_finding",
    "relative_likelihood", "representation", "require_rows", "staff_by_band", "survey_indicators",
]  # fmt: skip

#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy
