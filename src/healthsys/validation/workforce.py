"""Answers of :mod:`healthsys.workforce` and of shared statistics of proportions to worked examples (R, epitools)."""

import pandas as pd

from healthsys.statistics import adjust, proportion_difference, proportion_interval, two_proportions_p
from healthsys.workforce import disparity_ratio, proportion, relative_likelihood

#: Nine p-values with ties, one missing.
TESTS = [0.01, 0.02, 0.03, 0.03, 0.005, None, 0.8, 0.03, 1.0, 0.04]


def answers() -> dict[str, float | None]:
    """Compute every worked example on the equality of a workforce.

    >>> round(answers()["equality-risk-ratio"], 4)
    1.3333
    """
    ratio = relative_likelihood(60, 300, reference_had=90, reference_could=600)
    full = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    _, low, high = proportion(8, 30)
    counts = {"had": 60, "could": 300, "reference_had": 90, "reference_could": 600}
    bands = pd.DataFrame({"band": ["5", "6"] * 2, "group": ["White"] * 2 + ["BME"] * 2, "people": [400, 300, 200, 100]})
    step = disparity_ratio(bands, group="BME", reference="White", step=("lower", "middle"), level=0.9)
    return {
        "equality-risk-ratio": ratio.ratio,
        "equality-risk-ratio-lower": ratio.lower,
        "equality-risk-ratio-upper": ratio.upper,
        "equality-risk-ratio-full-cell": full.ratio,
        "equality-risk-ratio-full-cell-lower": full.lower,
        "equality-risk-ratio-full-cell-upper": full.upper,
        "equality-fisher-p": two_proportions_p(**counts, method="fisher").p,
        "equality-mid-p": two_proportions_p(**counts, method="mid_p").p,
        "equality-disparity-lower": step.lower,
        "equality-disparity-upper": step.upper,
        "equality-wilson-lower": low,
        "equality-wilson-upper": high,
        **_shared(),
    }


def _shared() -> dict[str, float | None]:
    """Answers of the statistics that several methods share."""
    exact, jeffreys, agresti = (
        proportion_interval(15, 148, method=method) for method in ("clopper_pearson", "jeffreys", "agresti_coull")
    )
    newcombe, miettinen = (
        proportion_difference(56, 70, reference_had=48, reference_could=80, method=method)
        for method in ("newcombe", "miettinen_nurminen")
    )
    fisher, middle = (
        two_proportions_p(10, 10, reference_had=20, reference_could=40, method=method) for method in ("fisher", "mid_p")
    )
    return {
        "equality-holm": adjust(TESTS)[2],
        "equality-bh": adjust(TESTS, method="BH")[9],
        "equality-exact-lower": exact.lower,
        "equality-exact-upper": exact.upper,
        "equality-jeffreys-upper": jeffreys.upper,
        "equality-agresti-coull-upper": agresti.upper,
        "equality-newcombe-lower": newcombe.lower,
        "equality-newcombe-upper": newcombe.upper,
        "equality-miettinen-upper": miettinen.upper,
        "equality-fisher": fisher.p,
        "equality-mid-p-full-cell": middle.p,
    }
