"""Ethnicity in the NHS workforce and in the Staff Survey: the official files, and what this book carries of them.

>>> sorted(COMPUTED)
['nhs_staff_experience', 'nhs_workforce_bands', 'nhs_workforce_groups', 'nhs_workforce_levels', 'wres_trusts']
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from everyday.official import csv_of, sheet_of
from healthsys.errors import DataError

#: Ethnic groups of the workforce file and what they are called here; Chinese staff are Asian, as in the census of 2021.
ETHNIC = {
    "White": "white", "Asian": "asian", "Chinese": "asian", "Black": "black", "Mixed": "mixed", "Other": "other",
    "Unknown & Not Stated": "unknown", "Discontinued Codes": "unknown",
}  # fmt: skip

#: Groups that the WRES counts as black and minority ethnic.
BME = ["asian", "black", "mixed", "other"]

#: Staff by the staff group of the file. Doctors are apart: they are not paid by band.
SIDES = {
    "Professionally Qualified Clinical Staff": "clinical", "Support To Clinical Staff": "clinical",
    "NHS Infrastructure Support": "non-clinical", "Other Staff Or Those With Unknown Classification": "not classified",
}  # fmt: skip

#: Doctors' grades of the file, in four groups.
DOCTORS = {
    "Foundation Doctor Year 1": "in training", "Foundation Doctor Year 2": "in training",
    "Core Training": "in training", "Specialty Registrar": "in training", "Associate Specialist": "specialist and SAS",
    "Specialty Doctor": "specialist and SAS", "Staff Grade": "specialist and SAS", "Consultant": "consultant",
    "Hospital Practitioner / Clinical Assistant": "other", "Other And Local Hchs Doctor Grades": "other",
}  # fmt: skip

#: Levels of Agenda for Change bands, from the lowest.
LEVELS = {
    **dict.fromkeys("12345", "bands 1 to 5"), "6": "bands 6 and 7", "7": "bands 6 and 7", "8a": "bands 8a and 8b",
    "8b": "bands 8a and 8b", **dict.fromkeys(["8c", "8d", "9", "VSM"], "band 8c and above"),
}  # fmt: skip

#: Questions of the Staff Survey 2024: sheet, beginning of the question, the answers added up, what they say.
QUESTIONS = {
    "q14a": ("HEALTH WELLBEING SAFETY Q13-14", "Q14a ", "not never", "harassed, bullied or abused by the public"),
    "q14b": ("HEALTH WELLBEING SAFETY Q13-14", "Q14b ", "not never", "harassed, bullied or abused by managers"),
    "q14c": ("HEALTH WELLBEING SAFETY Q13-14", "Q14c ", "not never", "harassed, bullied or abused by colleagues"),
    "q15": ("HEALTH WELLBEING SAFETY Q15-17", "Q15 ", "yes", "say that career progression is fair"),
    "q15_no": ("HEALTH WELLBEING SAFETY Q15-17", "Q15 ", "no", "say that career progression is not fair"),
    "q16a": ("HEALTH WELLBEING SAFETY Q15-17", "Q16a ", "yes", "discriminated against by the public"),
    "q16b": ("HEALTH WELLBEING SAFETY Q15-17", "Q16b ", "yes", "discriminated against by a manager or colleague"),
}

#: Column of the spreadsheet for each kind of answer.
ANSWERS = {"yes": "% Yes", "no": "% No", "not never": "% Never"}

#: Breakdowns of the Staff Survey that are kept, and what they are called here.
BREAKDOWNS = {
    "": "all staff", "Ethnic background (summary)": "two ethnic groups", "Ethnic background (detailed)": "ethnic group",
    "Long lasting health conditions or illnesses": "long-lasting condition",
}  # fmt: skip

#: Indicators of the trust file, by the number that they have in the WRES.
TRUST_INDICATORS = {
    "Harassment from patients (by ethnicity)": "WRES 5", "Harassment from staff (by ethnicity)": "WRES 6",
    "Q15: Fair career progression": "WRES 7", "Q16b: Discrimination from manager/colleagues": "WRES 8",
}  # fmt: skip

#: Quantiles of trusts that are kept.
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def _columns(frame: pd.DataFrame, wanted: list[str], label: str) -> None:
    missing = [name for name in wanted if name not in frame]
    if missing:
        raise DataError(f"{label}: no column {', '.join(missing)}; is this the official file in its own layout?")


def _known(values: pd.Series, known: dict[str, str], label: str) -> pd.Series:
    strange = sorted(set(values) - set(known))
    if strange:
        raise DataError(f"{label}: column {values.name} has '{strange[0]}'; known: {', '.join(known)}")
    return values.map(known)


def read_workforce(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read headcounts by ethnicity from NHS Workforce Statistics (``nhsworkforcedata.xls``).

    Returns ``date``, ``group`` (white, asian, black, mixed, other, unknown), ``staff`` (clinical, non-clinical,
    doctors, not classified), ``role``, ``grade`` (``All`` for the file's own total) and ``people``. Rows of totals
    over ethnic groups are left out; a combination without anybody has no row. Raises
    :class:`~healthsys.errors.DataError` for a missing column or an unknown group.
    """
    label = label or Path(path).name
    rows = sheet_of(path, label=label, header=0)
    wanted = ["Time", "Ethnicity", "Ethnicity_type", "Staff_Group", "Role_Group", "Grade", "Value"]
    _columns(rows, wanted, label)
    rows = rows[rows["Ethnicity_type"] != "All"]
    grade = rows["Grade"].str.removeprefix("Band ").replace({"All Grades": "All", "Very Senior Manager": "VSM"})
    read = pd.DataFrame({
        "date": pd.to_datetime(rows["Time"]), "group": _known(rows["Ethnicity"], ETHNIC, label),
        "staff": _known(rows["Staff_Group"], SIDES, label).mask(rows["Role_Group"] == "Hchs Doctors", "doctors"),
        "role": rows["Role_Group"].replace({"Hchs Doctors": "Doctors"}), "grade": grade, "people": rows["Value"],
    })  # fmt: skip
    return read.sort_values(["date", "staff", "role", "grade", "group"], ignore_index=True)


def _wide(rows: pd.DataFrame, by: list[str], groups: list[str]) -> pd.DataFrame:
    counts = rows.pivot_table(index=by, columns="group", values="people", aggfunc="sum", fill_value=0)
    return counts.reindex(columns=groups, fill_value=0).rename_axis(columns=None).reset_index()


def workforce_bands(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Headcount by date, staff (clinical, non-clinical, doctors) and band or grade: white, BME, unknown."""
    rows = read_workforce(path, label=label)
    rows = rows[(rows["grade"] != "All") & (rows["staff"] != "not classified")]
    doctors = rows["staff"] == "doctors"
    grade = rows["grade"].where(~doctors, rows["grade"].map(DOCTORS)).replace({"Non Afc Grade": "no band"})
    group = rows["group"].where(rows["group"].isin(["white", "unknown"]), "bme")
    return _wide(rows.assign(grade=grade, group=group), ["date", "staff", "grade"], ["white", "bme", "unknown"])


def workforce_levels(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Headcount by date, level of bands or group of doctors, and six ethnic groups including unknown."""
    rows = read_workforce(path, label=label)
    rows = rows[(rows["grade"] != "All") & (rows["staff"] != "not classified") & (rows["grade"] != "Non Afc Grade")]
    level = rows["grade"].map(LEVELS).fillna("doctors: " + rows["grade"].map(DOCTORS))
    return _wide(rows.assign(level=level), ["date", "level"], ["white", *BME, "unknown"])


def workforce_groups(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Headcount by date and role group, by the file's own totals over grades, and the sum over grades (``posts``)."""
    rows = read_workforce(path, label=label)
    group = rows["group"].where(rows["group"].isin(["white", "unknown"]), "bme")
    rows = rows.assign(group=group, role=rows["role"].replace({"Unknown": "Not classified"}))
    total = rows["grade"] == "All"
    wide = _wide(rows[total], ["date", "role"], ["white", "bme", "unknown"])
    posts = rows[~total].groupby(["date", "role"])["people"].sum().rename("posts").reset_index()
    return wide.merge(posts, on=["date", "role"], validate="1:1")


def staff_experience(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Percent and base of answers to the Staff Survey 2024: all staff, by ethnicity, by long-lasting condition.

    Reads the national results of the detailed spreadsheets: ``question``, ``breakdown``, ``group``, ``percent``
    (weighted, 0 to 100) and ``base`` (answers). ``Q14`` counts those who answered anything but never.
    """
    label = label or Path(path).name
    found = []
    for question, (sheet, start, answer, _) in QUESTIONS.items():
        rows = sheet_of(path, sheet, label=label)
        names, kinds = rows.iloc[0].ffill().astype(str), rows.iloc[4].astype(str)
        here = names.str.startswith(start)
        if not here.any():
            raise DataError(f"{label}: sheet '{sheet}' has no question {start.strip()}; is this the survey of 2024?")
        asked = rows.loc[5:, here].set_axis(kinds[here], axis=1)
        percent, base = (asked[kind].astype(float) for kind in (ANSWERS[answer], "Base (number of responses)"))
        told = pd.DataFrame({"breakdown": rows.loc[5:, 1].fillna(""), "group": rows.loc[5:, 2].fillna("All staff")})
        told = told.assign(question=question, percent=100 - percent if answer == "not never" else percent, base=base)
        told = told[told["breakdown"].isin(BREAKDOWNS) & (rows.loc[5:, 0] == "National")]
        found.append(told.assign(breakdown=told["breakdown"].map(BREAKDOWNS)).astype({"base": int}))
    return pd.concat(found, ignore_index=True)[["question", "breakdown", "group", "percent", "base"]]


def read_trusts(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read WRES 5 to 8 by trust, one row per trust and indicator: ``white`` and ``bme`` in percent, gap and ratio."""
    label = label or Path(path).name
    rows = csv_of(path)
    _columns(rows, ["Indicator", "Trust", "Trust Type", "White Rate", "BME Rate"], label)
    read = pd.DataFrame({
        "indicator": _known(rows["Indicator"], TRUST_INDICATORS, label), "trust": rows["Trust"],
        "kind": rows["Trust Type"], "white": 100 * rows["White Rate"], "bme": 100 * rows["BME Rate"],
    })  # fmt: skip
    read["gap"], read["ratio"] = read["bme"] - read["white"], read["bme"] / read["white"]
    worse = read["gap"].mask(read["indicator"] == "WRES 7", -read["gap"]) > 0
    return read.assign(bme_worse=worse).sort_values(["indicator", "trust"], ignore_index=True)


def wres_trusts(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Quantiles over trusts of WRES 5 to 8: both groups, gap and ratio; and in how many trusts BME staff fare worse."""
    rows = read_trusts(path, label=label)
    found = []
    for indicator, one in rows.groupby("indicator"):
        spread = one[["white", "bme", "gap", "ratio"]].quantile(list(QUANTILES)).T
        spread.columns = [f"p{100 * cut:.0f}" for cut in QUANTILES]
        spread = spread.rename_axis("measure").reset_index()
        found.append(spread.assign(indicator=indicator, trusts=len(one), bme_worse=int(one["bme_worse"].sum())))
    table = pd.concat(found, ignore_index=True)
    return table[["indicator", "measure", "trusts", "bme_worse", *(f"p{100 * cut:.0f}" for cut in QUANTILES)]]


#: What ``healthsys data compute`` finds here.
COMPUTED = {
    "nhs_staff_experience": staff_experience, "nhs_workforce_bands": workforce_bands,
    "nhs_workforce_groups": workforce_groups, "nhs_workforce_levels": workforce_levels, "wres_trusts": wres_trusts,
}  # fmt: skip
