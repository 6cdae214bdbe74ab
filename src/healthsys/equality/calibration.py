"""The invented care system beside the published figures that it was calibrated to."""

from __future__ import annotations

import pandas as pd

from healthsys.equality.standards import averaged, relative_likelihood
from healthsys.pay import statutory

#: What is compared: name, key in the published data (data set, series, period, group), tolerance in its unit.
TARGETS = (
    (
        "WRES 2, appointed: white over BME",
        ("wres_national", "wres_ind2_rel_likelihood_appointed_white_vs_bme", "2022", "England, NHS trusts"),
        0.10,
    ),
    (
        "WRES 3, disciplinary: BME over white",
        (
            "wres_national",
            "wres_ind3_rel_likelihood_disciplinary_bme_vs_white",
            "2022",
            "England, NHS trusts",
        ),
        0.10,
    ),
    (
        "WRES 1, BME share of staff",
        ("wres_national", "wres_ind1_bme_share_of_workforce", "2022", "England, NHS trusts"),
        0.5,
    ),
    (
        "WRES 1, BME share of very senior managers",
        ("wres_national", "wres_ind1_bme_share_of_very_senior_managers", "2022", "England, NHS trusts"),
        5.0,
    ),
    (
        "WRES 5, harassed by the public: BME",
        ("wres_national", "wres_ind5_harassment_from_public", "2022", "BME"),
        2.0,
    ),
    (
        "WRES 6, harassed by staff: BME",
        ("wres_national", "wres_ind6_harassment_from_staff", "2023", "BME"),
        2.0,
    ),
    (
        "WRES 6, harassed by staff: white",
        ("wres_national", "wres_ind6_harassment_from_staff", "2023", "White"),
        2.0,
    ),
    (
        "WRES 8, discriminated against: BME",
        ("wres_national", "wres_ind8_discrimination_from_staff", "2019", "BME"),
        2.0,
    ),
    (
        "WRES 8, discriminated against: white",
        ("wres_national", "wres_ind8_discrimination_from_staff", "2019", "White"),
        2.0,
    ),
    (
        "WRES 9, BME share of boards",
        ("wres_national", "wres_ind9_bme_share_of_board", "2022", "England, NHS trusts"),
        1.0,
    ),
    (
        "WDES 1, share of staff who declare a disability",
        ("wdes_national", "wdes_m1_disability_declaration_rate", "2022", "England, NHS trusts"),
        0.5,
    ),
    (
        "WDES 2, appointed: non-disabled over disabled",
        (
            "wdes_national",
            "wdes_m2_rel_likelihood_appointed_nondisabled_vs_disabled",
            "2022",
            "England, NHS trusts",
        ),
        0.10,
    ),
    (
        "WDES 3, capability: disabled over non-disabled",
        (
            "wdes_national",
            "wdes_m3_rel_likelihood_capability_disabled_vs_nondisabled",
            "2022",
            "England, NHS trusts",
        ),
        0.25,
    ),
    (
        "WDES 4a, harassed by the public: disabled",
        ("wdes_national", "wdes_m4_harassment_from_public", "2023", "Disabled"),
        2.0,
    ),
    (
        "WDES 4b, harassed by managers: disabled",
        ("wdes_national", "wdes_m4_harassment_from_managers", "2023", "Disabled"),
        2.0,
    ),
    (
        "WDES 4c, harassed by colleagues: disabled",
        ("wdes_national", "wdes_m4_harassment_from_colleagues", "2023", "Disabled"),
        2.0,
    ),
    ("WDES 7, feel valued: disabled", ("review_equality", "valued_disabled"), 2.0),
    ("WDES 7, feel valued: not disabled", ("review_equality", "valued_nondisabled"), 2.0),
    (
        "WDES 8, adequate adjustments: disabled",
        ("wdes_national", "wdes_m8_adequate_adjustments", "2022", "Disabled"),
        2.0,
    ),
    (
        "Mean pay gap of hospital doctors",
        ("medicine_gender_pay_gap", "gpg_fte_mean_pay", "2020 report", "Hospital doctors"),
        2.0,
    ),
)

BME = ("A", "B", "M", "O")


def synthetic_values(
    staff: pd.DataFrame,
    recruitment: pd.DataFrame,
    processes: pd.DataFrame,
    survey: pd.DataFrame,
    boards: pd.DataFrame,
) -> dict[str, float]:
    """Return the figures of the invented care system under the names of :data:`TARGETS`."""
    bme, disabled = staff["ethnic_group"].isin(BME), staff["disabled"] == "Y"
    reached = recruitment.groupby(["group", "stage"])["people"].sum()
    asked = survey[survey["year"] == 2022].groupby(["indicator", "group"])[["answered", "base"]].sum()
    said = 100 * asked["answered"] / asked["base"]
    members = boards.groupby(["characteristic", "group"])["voting_members"].sum()

    def appointed(group: str, reference: str) -> float:
        return relative_likelihood(
            reached[group, "appointed"],
            reached[group, "shortlisted"],
            reference_had=reached[reference, "appointed"],
            reference_could=reached[reference, "shortlisted"],
        ).ratio

    def entered(process: str, group: str, reference: str) -> float:
        one = (
            processes[processes["process"] == process]
            .groupby(["year", "group"], as_index=False)[["had", "could"]]
            .sum()
        )
        cases = averaged(one, years=2).set_index("group")
        return relative_likelihood(
            *cases.loc[group],
            reference_had=cases.loc[reference, "had"],
            reference_could=cases.loc[reference, "could"],
        ).ratio

    doctors = staff[staff["grade"].notna()]
    values = (
        appointed("White", "BME"),
        entered("disciplinary", "BME", "White"),
        100 * bme.mean(),
        100 * bme[staff["band"] == "VSM"].mean(),
        said["wres5", "BME"],
        said["wres6", "BME"],
        said["wres6", "White"],
        said["wres8", "BME"],
        said["wres8", "White"],
        100 * members["ethnicity", "BME"] / members["ethnicity"].sum(),
        100 * disabled.mean(),
        appointed("Non-disabled", "Disabled"),
        entered("capability", "Disabled", "Non-disabled"),
        said["wdes4a", "Disabled"],
        said["wdes4b", "Disabled"],
        said["wdes4c", "Disabled"],
        said["wdes7", "Disabled"],
        said["wdes7", "Non-disabled"],
        said["wdes8", "Disabled"],
        statutory(doctors).gap("mean_hourly").percent,
    )
    return {name: float(value) for (name, *_), value in zip(TARGETS, values, strict=True)}


def calibration(found: dict[str, float], published: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Set the invented figures beside the published ones.

    Parameters
    ----------
    found
        From :func:`synthetic_values`, or some of these; only the measures found are compared.
    published
        The data sets that :data:`TARGETS` names, loaded.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``period``, ``published``, ``synthetic``, ``tolerance``, ``within``.
    """
    rows = []
    for name, (data, *key), tolerance in TARGETS:
        if name not in found:
            continue
        table = published[data]
        for column, value in zip(("series", "period", "group") if len(key) == 3 else ("item",), key, strict=True):
            table = table[table[column] == value]
        printed = float(table["value"].iloc[0])
        period = key[1] if len(key) == 3 else "review"
        rows.append((name, period, printed, found[name], tolerance, abs(found[name] - printed) <= tolerance))
    return pd.DataFrame(rows, columns=["measure", "period", "published", "synthetic", "tolerance", "within"])
