"""Answers to worked examples of coder agreement and co-occurrence whose answer somebody else reported or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

import numpy as np
import pandas as pd

from healthsys.coding import agreement, coefficients
from healthsys.coding.cooccurrence import c_coefficient

#: Krippendorff 2011: four coders, twelve units, missing codings.
KRIPPENDORFF = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    },
    dtype=float,
)

#: Fleiss' kappa: counts of five categories, ten subjects, fourteen raters.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ],
    dtype=float,
)  # fmt: skip

#: Two coders, yes and no, fifty units.
PAIRS = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15


#: Two coders crossed on three ordered categories, fifty units.
ORDERED = np.array([[10, 2, 1], [3, 12, 4], [0, 5, 13]])


def answers() -> dict[str, float]:
    """Compute every worked example: the answer for each check of the area ``narratives``.

    >>> round(answers()["narratives-cohen"], 6)
    0.4
    """
    table = agreement.rating_counts(KRIPPENDORFF)
    alphas = {
        f"narratives-alpha-{level}": coefficients.krippendorff_alpha(table, values=[1, 2, 3, 4, 5], level=level)
        for level in ("nominal", "ordinal", "interval", "ratio")
    }
    pairs = pd.DataFrame(PAIRS, columns=["A", "B"])
    plain = {found.measure: found for found in agreement.agreement_by_formula(pairs)}
    weighted = {kind: coefficients.kappa_error(ORDERED, weights=kind) for kind in ("linear", "quadratic")}
    return alphas | {
        "narratives-ac1-error": coefficients.error_over_units("gwet", table).error,
        "narratives-ac2": coefficients.gwet_ac2(table, weights="quadratic"),
        "narratives-fleiss-error": plain["Fleiss' kappa"].error,
        "narratives-cohen-lower": plain["Cohen's kappa"].lower,
        "narratives-cohen-linear": weighted["linear"].value,
        "narratives-cohen-quadratic": weighted["quadratic"].value,
        "narratives-cohen-quadratic-error": weighted["quadratic"].error,
        "narratives-ac1": coefficients.gwet_ac1(table),
        "narratives-fleiss": coefficients.fleiss_kappa(FLEISS),
        "narratives-cohen": coefficients.cohens_kappa(pairs),
        "narratives-c": c_coefficient(5, 100, 10),
    }
