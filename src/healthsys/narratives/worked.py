"""This room's answers to worked examples whose answer somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from healthsys.narratives import agreement
from healthsys.narratives.cooccurrence import c_coefficient

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


def answers() -> dict[str, float]:
    """Compute every worked example of this room.

    Returns
    -------
    dict
        The answer for each check of ``data/reference/method_checks.csv`` whose area is ``narratives``.

    Examples
    --------
    >>> round(answers()["narratives-cohen"], 6)
    0.4
    """
    table = agreement.counts(KRIPPENDORFF)
    alphas = {
        f"narratives-alpha-{level}": agreement.krippendorff_alpha(table, values=[1, 2, 3, 4, 5], level=level)
        for level in ("nominal", "ordinal", "interval", "ratio")
    }
    return alphas | {
        "narratives-ac1": agreement.gwet_ac1(table),
        "narratives-fleiss": agreement.fleiss_kappa(FLEISS),
        "narratives-cohen": agreement.cohens_kappa(pd.DataFrame(PAIRS, columns=["A", "B"])),
        "narratives-c": c_coefficient(5, 100, 10),
    }
