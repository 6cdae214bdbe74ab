"""Interrupted series: worked examples whose answer R or a publication gives.

The other side of each comparison is in ``data/reference/method_checks.csv``.
"""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.diagnostic import acorr_breusch_godfrey
from statsmodels.stats.stattools import durbin_watson

from healthsys.its.interrupted import design, segmented

#: First month after the interruption of the example.
CHANGE = "2017-01-01"


def answers(example: pd.DataFrame) -> dict[str, float]:
    """Compute every worked example on interrupted series.

    ``example`` is the data set ``its_example``, which R read too; the keys are those of the reference table.
    """
    series = example_series(example)
    errors = segmented(series, change=CHANGE, model="newey_west")
    prais = segmented(series, change=CHANGE, model="prais_winsten")
    poisson = segmented(series, change=CHANGE, model="poisson", season="harmonic", per=1000)
    binomial = segmented(series, change=CHANGE, model="negative_binomial", season="harmonic", per=1000)
    matrix, _ = design(len(series), start=24)
    plain = sm.OLS(series["value"], matrix).fit()
    found = {"trends-nw": errors, "trends-pw": prais, "trends-poisson": poisson, "trends-nb": binomial}
    answers = {}
    for name, model in found.items():
        for term in ("level", "trend"):
            row = model.coefficient(term)
            answers[f"{name}-{term}"], answers[f"{name}-{term}-se"] = row["estimate"], row["std_error"]
    return (
        answers
        | _autocorrelated(series)
        | {
            "trends-poisson-aic": poisson.fit.aic,
            "trends-nb-loglik": binomial.fit.loglik,
            "trends-pw-rho": prais.fit.details["rho"],
            "trends-poisson-phi": poisson.fit.details["phi"],
            "trends-nb-alpha": binomial.fit.details["alpha"],
            "trends-dw": durbin_watson(plain.resid),
            "trends-bg": acorr_breusch_godfrey(plain, nlags=1, result_object=False)[0],
        }
    )


def example_series(table: pd.DataFrame) -> pd.DataFrame:
    """Return the interrupted series of the example (data set ``its_example``) in the layout that the models read."""
    return pd.DataFrame(
        {
            "period": pd.date_range("2015-01-01", periods=len(table), freq="MS"),
            "value": table["rate"],
            "numerator": table["events"].astype(float),
            "denominator": table["population"].astype(float),
        }
    )


def _autocorrelated(series: pd.DataFrame) -> dict[str, float]:
    reml, ml, orcutt = (
        segmented(series, change=CHANGE, model=model) for model in ("ar1_reml", "ar1_ml", "cochrane_orcutt")
    )
    robust = segmented(series, change=CHANGE, model="ols", errors="HC3")
    groups = segmented(series, change=CHANGE, model="ols", errors="clustered", clusters=np.repeat(range(12), 4))
    level = np.array([0, 0, 1.0, 0])
    return {
        "trends-reml-rho": reml.fit.details["rho"],
        "trends-reml-level": reml.coefficient("level")["estimate"],
        "trends-reml-level-se": reml.fit.se(level),
        "trends-reml-loglik": reml.fit.loglik,
        "trends-reml-level-df": reml.fit.reference.df(level),
        "trends-ml-level-se": ml.fit.se(level),
        "trends-co-level": orcutt.coefficient("level")["estimate"],
        "trends-co-level-se": orcutt.fit.se(level),
        "trends-hc3-level-se": robust.fit.se(level),
        "trends-clustered-level-se": groups.fit.se(level),
    }
