"""The synthetic care system compared with the published figures that it was calibrated to."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

import pandas as pd

#: What is compared, as CSV: indicator and part of it (``ratio``; ``group`` or ``reference`` in the survey; a band;
#: ``board``; ``doctors``), the key in the published data, and the tolerance in the figure's unit.
TARGETS = """\
measure,indicator,part,data,series,period,group,tolerance
"WRES 2, appointed: white over BME",WRES 2,ratio,wres_national,wres_ind2_rel_likelihood_appointed_white_vs_bme,2022,"England, NHS trusts",0.1
"WRES 3, disciplinary: BME over white",WRES 3,ratio,wres_national,wres_ind3_rel_likelihood_disciplinary_bme_vs_white,2022,"England, NHS trusts",0.1
"WRES 1, BME share of staff",WRES 1,All,wres_national,wres_ind1_bme_share_of_workforce,2022,"England, NHS trusts",0.5
"WRES 1, BME share of very senior managers",WRES 1,VSM,wres_national,wres_ind1_bme_share_of_very_senior_managers,2022,"England, NHS trusts",5
"WRES 5, harassed by the public: BME",WRES 5,group,wres_national,wres_ind5_harassment_from_public,2022,BME,2
"WRES 6, harassed by staff: BME",WRES 6,group,wres_national,wres_ind6_harassment_from_staff,2023,BME,2
"WRES 6, harassed by staff: white",WRES 6,reference,wres_national,wres_ind6_harassment_from_staff,2023,White,2
"WRES 8, discriminated against: BME",WRES 8,group,wres_national,wres_ind8_discrimination_from_staff,2019,BME,2
"WRES 8, discriminated against: white",WRES 8,reference,wres_national,wres_ind8_discrimination_from_staff,2019,White,2
"WRES 9, BME share of boards",WRES 9,board,wres_national,wres_ind9_bme_share_of_board,2022,"England, NHS trusts",1
"WDES 1, share of staff who declare a disability",WDES 1,All,wdes_national,wdes_m1_disability_declaration_rate,2022,"England, NHS trusts",0.5
"WDES 2, appointed: non-disabled over disabled",WDES 2,ratio,wdes_national,wdes_m2_rel_likelihood_appointed_nondisabled_vs_disabled,2022,"England, NHS trusts",0.1
"WDES 3, capability: disabled over non-disabled",WDES 3,ratio,wdes_national,wdes_m3_rel_likelihood_capability_disabled_vs_nondisabled,2022,"England, NHS trusts",0.25
"WDES 4a, harassed by the public: disabled",WDES 4a,group,wdes_national,wdes_m4_harassment_from_public,2023,Disabled,2
"WDES 4b, harassed by managers: disabled",WDES 4b,group,wdes_national,wdes_m4_harassment_from_managers,2023,Disabled,2
"WDES 4c, harassed by colleagues: disabled",WDES 4c,group,wdes_national,wdes_m4_harassment_from_colleagues,2023,Disabled,2
"WDES 7, feel valued: disabled",WDES 7,group,review_equality,valued_disabled,review,,2
"WDES 7, feel valued: not disabled",WDES 7,reference,review_equality,valued_nondisabled,review,,2
"WDES 8, adequate adjustments: disabled",WDES 8,group,wdes_national,wdes_m8_adequate_adjustments,2022,Disabled,2
Mean pay gap of hospital doctors,pay gap,doctors,medicine_gender_pay_gap,gpg_fte_mean_pay,2020 report,Hospital doctors,2
"""  # noqa: E501


def compare_with_published(shown: pd.DataFrame, published: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare figures of the synthetic system with the published ones.

    Parameters
    ----------
    shown
        ``indicator``, ``part``, ``value``; only the measures in it that are not missing are compared.
    published
        The data sets that :data:`TARGETS` names, loaded.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``period``, ``published``, ``synthetic``, ``tolerance``, ``within``.
    """
    rows = []
    for name, table in published.items():
        keys = table.rename(columns={"item": "series"}).assign(data=name)
        rows.append(keys.reindex(columns=["data", "series", "period", "group", "value"]))
    known = pd.concat(rows).drop_duplicates(["data", "series", "period", "group"])
    known.loc[known["data"] == "review_equality", "period"] = "review"
    targets = pd.read_csv(StringIO(TARGETS), dtype={"period": "str"})
    found = targets.merge(known, on=["data", "series", "period", "group"], how="left", validate="one_to_one")
    found = found.rename(columns={"value": "published"}).merge(shown.dropna(), on=["indicator", "part"])
    found = found.rename(columns={"value": "synthetic"})
    found["within"] = (found["synthetic"] - found["published"]).abs() <= found["tolerance"]
    return found[["measure", "period", "published", "synthetic", "tolerance", "within"]]
