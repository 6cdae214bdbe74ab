"""Answers of :mod:`healthsys.did` to worked examples (pyfixest, and published effects of the minimum wage)."""

import pandas as pd

from healthsys.did import aggregate, difference_in_differences

#: Published effects of the minimum wage by first year and year (README of R's did), and the counties that started.
WAGES = {2004: (20, [-0.0105, -0.0704, -0.1373, -0.1008]), 2006: (40, [-0.0046, -0.0412]), 2007: (131, [-0.0261])}

#: First month after the change of the example.
CHANGE = "2017-01-01"


def answers(services: pd.DataFrame, clinics: pd.DataFrame) -> dict[str, float]:
    """Compute every worked example on differences in differences.

    Parameters
    ----------
    services, clinics
        The data sets ``area_south_services`` and ``area_south_clinics``, which pyfixest read too.
    """
    rows = services.merge(clinics, on=["clinic", "service"]).query("service == 'antenatal'")
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
        "trends-att-group": aggregate(effects, by="group")[0],
        "trends-att-event": aggregate(effects, by="event")[0],
    }
