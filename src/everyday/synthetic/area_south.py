"""Invented monthly service data for an Area of 25 clinics that was reorganised, and for one that was not.

Modelled on the setting of Gilson et al. 2020 (Area South of Cape Town: two former sub-districts, new Area management
from January 2017, a larger capital budget from January 2018, services added clinic by clinic up to mid-2018). The
paper's own table of routine data is missing from the text that is carried here, so not one number below is real. The
comparator Area is an invention too: all Areas of the city were reorganised at once.

What is true by construction: coverage rises in a clinic only from the month in which it starts the new service
package, by a step and then month by month for a year; half as much again in Sub-district Q as in Sub-district P; least
in the chronic services. The capital budget lifts both Areas alike. December dips, autocorrelation and lasting
differences between clinics are there for the analyst to cope with.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import expit, logit

#: Seed of every draw.
SEED = 20170101

#: 36 months, with the date on which the new management of the Area begins and the month of the capital budget.
PERIODS = pd.date_range("2016-01-01", periods=36, freq="MS")
REORGANISED = pd.Timestamp("2017-01-01")
CAPITAL = pd.Timestamp("2018-01-01")

#: Areas, their sub-districts and number of clinics (Gilson et al. 2020: 10 + 15 clinics in the studied Area).
AREAS = {
    "Area South": {"Sub-district Q": 10, "Sub-district P": 15},
    "Comparator Area": {"Sub-district R": 12, "Sub-district S": 13},
}

#: Per service: mean people eligible in a clinic and month, coverage before (%), step and monthly growth (log odds), and
#: the share of clinics of the Area that ever start it.
SERVICES = {
    "antenatal": (60, 62.0, 0.30, 0.045, 1.0),
    "postnatal": (45, 55.0, 0.25, 0.040, 1.0),
    "antiretroviral": (140, 48.0, 0.35, 0.040, 0.6),
    "hypertension": (170, 41.0, 0.10, 0.015, 1.0),
    "diabetes": (80, 37.0, 0.08, 0.015, 1.0),
}

#: Months in which clinics start, and how likely each is in a sub-district.
STARTS = pd.to_datetime(["2017-04-01", "2017-07-01", "2017-10-01", "2018-02-01", "2018-05-01"])
START_SHARES = {"Sub-district Q": (0.3, 0.3, 0.2, 0.1, 0.1), "Sub-district P": (0.1, 0.1, 0.2, 0.3, 0.3)}

#: How strongly the package works in a sub-district.
STRENGTH = {"Sub-district Q": 1.2, "Sub-district P": 0.8}

#: Months over which the effect grows after the start.
GROWTH_MONTHS = 12

#: Log-odds: lift by the capital budget (both Areas), slope per month, December dip, yearly swing.
CAPITAL_LIFT, SLOPE, DECEMBER, SWING = 0.06, 0.004, -0.22, 0.05

#: Standard deviations: lasting difference between clinics, shock shared by an Area, shock of a clinic; and how much of
#: a shock is left after a month.
CLINIC_SD, AREA_SD, SHOCK_SD, CARRY_OVER = 0.25, 0.05, 0.10, 0.45

#: Share of clinic-months without a return.
NOT_RETURNED = 0.015


def _autoregressive(rng: np.random.Generator, n: int, sd: float) -> np.ndarray:
    """Draw first-order autoregressive shocks with a given lasting standard deviation."""
    draws = rng.normal(0, sd * np.sqrt(1 - CARRY_OVER**2), n)
    draws[0] = rng.normal(0, sd)
    for t in range(1, n):
        draws[t] += CARRY_OVER * draws[t - 1]
    return draws


def effect_after(since: np.ndarray, *, step: float, growth: float) -> np.ndarray:
    """Return the effect on the log odds so many months after the start (negative: before it, no effect).

    >>> effect_after(np.array([-1, 0, 2, 40]), step=0.3, growth=0.05).round(2).tolist()
    [0.0, 0.3, 0.4, 0.9]
    """
    return np.where(since < 0, 0.0, step + growth * np.clip(since, 0, GROWTH_MONTHS))


@lru_cache(maxsize=2)
def _make(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw clinics with their starts, monthly counts, and expected coverage with and without the package."""
    rng = np.random.default_rng(seed)
    month = np.arange(len(PERIODS))
    pattern = SLOPE * month + SWING * np.sin(2 * np.pi * month / 12) + DECEMBER * (PERIODS.month == 12)
    pattern = pattern + CAPITAL_LIFT * (PERIODS >= CAPITAL)
    clinics, counts, truth = [], [], []
    number = 0
    for area, sub_districts in AREAS.items():
        shared = {service: _autoregressive(rng, len(PERIODS), AREA_SD) for service in SERVICES}
        for sub_district, how_many in sub_districts.items():
            for _ in range(how_many):
                number += 1
                clinic, lasting, size = f"Clinic {number:02d}", rng.normal(0, CLINIC_SD), rng.lognormal(0, 0.35)
                cohort = int(rng.choice(len(STARTS), p=START_SHARES.get(sub_district, (0.2,) * 5)))
                for service, (people, percent, step, growth, share) in SERVICES.items():
                    takes_part = area == "Area South" and rng.random() < share
                    start = STARTS[cohort] if takes_part else pd.NaT
                    clinics.append((clinic, area, sub_district, service, start))
                    months = (PERIODS.year - start.year) * 12 + PERIODS.month - start.month
                    since = months if takes_part else np.full(len(PERIODS), -1)
                    lift = effect_after(np.asarray(since), step=step, growth=growth) * STRENGTH.get(sub_district, 0)
                    shock = shared[service] + _autoregressive(rng, len(PERIODS), SHOCK_SD)
                    base = logit(percent / 100) + lasting + pattern
                    eligible = rng.poisson(people * size * (1 + 0.002 * month))
                    reached = rng.binomial(eligible, expit(base + shock + lift))
                    returned = rng.random(len(PERIODS)) >= NOT_RETURNED
                    known = {"eligible": pd.array(eligible, "Int64"), "reached": pd.array(reached, "Int64")}
                    for values in known.values():
                        values[~returned] = pd.NA
                    counts.append(pd.DataFrame({"clinic": clinic, "service": service, "period": PERIODS} | known))
                    truth.append(pd.DataFrame({
                        "clinic": clinic, "area": area, "sub_district": sub_district, "service": service,
                        "period": PERIODS, "people": people * size * (1 + 0.002 * month),
                        "with": expit(base + lift), "without": expit(base),
                    }))  # fmt: skip
    made = pd.DataFrame(clinics, columns=["clinic", "area", "sub_district", "service", "start"])
    return made, pd.concat(counts, ignore_index=True), pd.concat(truth, ignore_index=True)


def clinics(seed: int = SEED) -> pd.DataFrame:
    """Return clinics with Area, sub-district and the month in which each starts each service (empty: never)."""
    return _make(seed)[0].copy()


def services(seed: int = SEED) -> pd.DataFrame:
    """Return people eligible and reached per clinic, service and month; empty where there is no return."""
    return _make(seed)[1].copy()


def series(seed: int = SEED) -> pd.DataFrame:
    """Return coverage (per cent) by month for both Areas and their sub-districts, from the clinics that returned."""
    made, counts, _ = _make(seed)
    whole = _by_unit(counts.dropna().merge(made, on=["clinic", "service"]), ["reached", "eligible"])
    whole["value"] = (100 * whole["reached"] / whole["eligible"]).astype("float64").round(4)
    whole = whole.rename(columns={"reached": "numerator", "eligible": "denominator"})
    whole = whole.astype({"numerator": "int64", "denominator": "int64"})
    return whole[["indicator", "unit", "period", "value", "numerator", "denominator"]]


def _by_unit(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add up columns by month over the clinics of each Area and of each sub-district."""
    parts = [rows.rename(columns={by: "unit"}) for by in ("area", "sub_district")]
    parts = [part.groupby(["service", "unit", "period"], as_index=False, sort=False)[columns].sum() for part in parts]
    whole = pd.concat(parts, ignore_index=True).sort_values(["service", "unit", "period"], ignore_index=True)
    return whole.assign(indicator=whole["service"] + "_coverage")


def truth(seed: int = SEED) -> pd.DataFrame:
    """Return the expected coverage (per cent) with the package and without it, by unit, service and month."""
    rows, names = _make(seed)[2], ["with_package", "without_package"]
    rows = rows.assign(with_package=rows["with"] * rows["people"], without_package=rows["without"] * rows["people"])
    whole = _by_unit(rows, ["people", *names])
    whole[names] = (100 * whole[names].div(whole["people"], axis=0)).round(4)
    return whole[["indicator", "unit", "period", *names]]


def clinic_effects(service: str, seed: int = SEED) -> pd.DataFrame:
    """Return the built-in effect (percentage points) of one service by starting month and month, over its clinics.

    >>> table = clinic_effects("antenatal")
    >>> float(table.loc[table["period"] < table["start"], "effect"].abs().max())
    0.0
    """
    made, _, rows = _make(seed)
    rows = rows.assign(effect=100 * (rows["with"] - rows["without"])).query("service == @service")
    rows = rows.merge(made.dropna(subset=["start"]), on=["clinic", "service"])
    return rows.groupby(["start", "period"], as_index=False)["effect"].mean()


GENERATORS = {
    "area_south_clinics": clinics,
    "area_south_services": services,
    "area_south_series": series,
    "area_south_truth": truth,
}
