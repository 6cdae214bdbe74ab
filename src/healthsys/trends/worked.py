"""This room's answers to worked examples whose answer somebody else printed or computed.

The other side of each comparison is in ``data/reference/method_checks.csv``; a test and the page "How the methods were
checked" both read it and both call :func:`answers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.diagnostic import acorr_breusch_godfrey
from statsmodels.stats.stattools import durbin_watson

from compendium import datasets
from healthsys.trends import capacity
from healthsys.trends.averages import average_table
from healthsys.trends.difference import difference_in_differences
from healthsys.trends.interrupted import design, segmented
from healthsys.validation import spc

#: Published effects of the minimum wage by first year and year (README of R's did), and the counties that started.
WAGES = {2004: (20, [-0.0105, -0.0704, -0.1373, -0.1008]), 2006: (40, [-0.0046, -0.0412]), 2007: (131, [-0.0261])}

#: First month after the interruption of the worked series.
CHANGE = "2017-01-01"


def answers() -> dict[str, float]:
    """Compute every worked example of this room.

    Returns
    -------
    dict
        The answer for each check of ``data/reference/method_checks.csv`` whose area is ``trends``.

    Examples
    --------
    >>> round(answers()["trends-erlang-b"], 6)
    0.036497
    """
    return {**spc.answers(), **_series(), **_capacity(), **_comparisons()}


def worked_series() -> pd.DataFrame:
    """Return the worked interrupted series in the layout that the models read."""
    table = datasets.load("its_example")
    return pd.DataFrame(
        {
            "period": pd.date_range("2015-01-01", periods=len(table), freq="MS"),
            "value": table["rate"],
            "numerator": table["events"].astype(float),
            "denominator": table["population"].astype(float),
        }
    )


def _series() -> dict[str, float]:
    series = worked_series()
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


def _capacity() -> dict[str, float]:
    return {
        "trends-erlang-b": capacity.erlang_b(10, 15),
        "trends-erlang-c": capacity.erlang_c(10, 12),
        "trends-wait": capacity.waiting(10, 12, stay=1).mean_wait,
    }


def _comparisons() -> dict[str, float]:
    counts, clinics = datasets.load("area_south_services"), datasets.load("area_south_clinics")
    rows = counts.merge(clinics, on=["clinic", "service"])
    rows = rows[rows["service"] == "antenatal"]
    rows = rows.assign(
        coverage=100 * rows["reached"].astype("float64") / rows["eligible"].astype("float64"),
        reorganised=rows["area"] == "Area South",
        after=rows["period"] >= pd.Timestamp(CHANGE),
    )
    found = difference_in_differences(
        rows, unit="clinic", period="period", value="coverage", treated="reorganised", after="after"
    )
    effects = pd.DataFrame(
        [
            {"start": start, "period": start + since, "since": since, "effect": effect, "treated": counties}
            for start, (counties, row) in WAGES.items()
            for since, effect in enumerate(row)
        ]
    )
    return {
        "trends-did-effect": found.estimate,
        "trends-did-error": found.error,
        "trends-att-group": average_table(effects, by="group")[0],
        "trends-att-event": average_table(effects, by="event")[0],
    }
