"""Hand-made files in the layout of the workforce file, the national survey results and the indicators by trust."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from everyday.official import ethnicity
from workbooks import workbook

#: People by staff group of the file, role and grade: white, Asian, Chinese, Black, mixed, other, unknown.
CLINICAL, INFRASTRUCTURE = "Professionally Qualified Clinical Staff", "NHS Infrastructure Support"
PEOPLE = {
    (CLINICAL, "Nurses", "Band 5"): (600, 150, 10, 120, 10, 10, 40),
    (CLINICAL, "Nurses", "Band 6"): (500, 60, 5, 50, 5, 5, 20),
    (CLINICAL, "Nurses", "Band 8a"): (200, 15, 2, 10, 2, 1, 10),
    (CLINICAL, "Nurses", "Band 8d"): (60, 2, 1, 2, 1, 1, 5),
    (INFRASTRUCTURE, "Managers", "Band 4"): (300, 30, 5, 20, 5, 5, 15),
    (INFRASTRUCTURE, "Managers", "Band 7"): (200, 20, 2, 10, 2, 1, 10),
    (INFRASTRUCTURE, "Managers", "Band 8c"): (80, 4, 1, 3, 1, 1, 5),
    (INFRASTRUCTURE, "Managers", "Very Senior Manager"): (30, 1, 1, 1, 1, 1, 2),
    (INFRASTRUCTURE, "Managers", "Non Afc Grade"): (20, 2, 1, 1, 1, 1, 1),
    (CLINICAL, "Hchs Doctors", "Consultant"): (300, 150, 20, 20, 15, 20, 30),
    (CLINICAL, "Hchs Doctors", "Specialty Doctor"): (30, 40, 2, 8, 4, 8, 9),
    (CLINICAL, "Hchs Doctors", "Foundation Doctor Year 1"): (30, 20, 2, 4, 3, 3, 6),
    (CLINICAL, "Hchs Doctors", "Core Training"): (60, 80, 5, 10, 8, 9, 12),
    (CLINICAL, "Hchs Doctors", "Hospital Practitioner / Clinical Assistant"): (10, 4, 1, 1, 1, 1, 2),
    ("Other Staff Or Those With Unknown Classification", "Unknown", "Band 3"): (9, 9, 0, 0, 0, 0, 1),
}
GROUPS = ("White", "Asian", "Chinese", "Black", "Mixed", "Other", "Unknown & Not Stated")


def workforce_rows(roles: Sequence[str] = ("Nurses",)) -> pd.DataFrame:
    """Two counts; the later has twice as many BME staff. Three people of each role hold posts in two grades."""
    found = []
    for date, times in (("2015-09-01", 1), ("2020-09-01", 2)):
        for (staff, role, grade), people in PEOPLE.items():
            for name in roles if role == "Nurses" else [role]:
                for group, size in zip(GROUPS, people, strict=True):
                    size *= times if group not in ("White", "Unknown & Not Stated") else 1
                    kind = "Unknown" if group.startswith("Unknown") else "ONS 6+1"
                    found.append((date, group, kind, staff, name, grade, size))
    columns = ["Time", "Ethnicity", "Ethnicity_type", "Staff_Group", "Role_Group", "Grade", "Value"]
    rows = pd.DataFrame(found, columns=columns)
    rows = rows[rows["Value"] > 0]
    keys = columns[:5]
    total = rows.groupby(keys, as_index=False)["Value"].sum().assign(Grade="All Grades")
    total.loc[total["Ethnicity"] == "White", "Value"] -= 3
    known = rows[rows["Ethnicity_type"] == "ONS 6+1"].groupby(["Time", *columns[3:6]], as_index=False)["Value"].sum()
    return pd.concat([rows, total, known.assign(Ethnicity="All", Ethnicity_type="All")])[columns]


def workforce_file(path: Path, *, roles: Sequence[str] = ("Nurses",)) -> Path:
    """Write the workforce file as a workbook."""
    rows = workforce_rows(roles)
    return workbook(path, {"nhs-workforce-data": pd.DataFrame([rows.columns.tolist(), *rows.values.tolist()])})


#: Weighted percentages of the hand-made survey, by answer: white and all other staff, and one group of them.
PERCENT = {"% Yes": (10.0, 25.0, 40.0), "% No": (60.0, 50.0, 40.0), "% Never": (80.0, 70.0, 55.0)}


def survey_file(path: Path, *, ethnic: Sequence[str] = ("White - Irish", "Black/British - African")) -> Path:
    """Write the two sheets of the national results: every question has the answers of :data:`PERCENT`."""
    groups = [("", "", 0), *(("Ethnic background (detailed)", name, 2) for name in ethnic)]
    groups += [("Ethnic background (summary)", "White staff", 0), ("Ethnic background (summary)", "All other staff", 1)]
    lasting = "Long lasting health conditions or illnesses"
    groups += [(lasting, "Staff with one or more", 1), (lasting, "Staff without any", 0), ("Gender", "Female", 0)]
    sheets: dict[str, list[str]] = {}
    for sheet, start, _, _ in ethnicity.QUESTIONS.values():
        sheets.setdefault(sheet, [])
        sheets[sheet] += [start] if start not in sheets[sheet] else []
    return workbook(path, {name: _sheet(starts, groups) for name, starts in sheets.items()})


def _sheet(starts: list[str], groups: list[tuple[str, str, int]]) -> pd.DataFrame:
    answers = [*PERCENT, "Base (number of responses)"]
    questions = [f"{start}- a question" if not place else None for start in starts for place in range(len(answers))]
    head = [[None, None, None, None, *questions], *([[None] * (4 + len(questions))] * 3)]
    rows = [["Base", "Breakdown", "Breakdown subgroup", "Weighting", *(answers * len(starts))]]
    for kind, name, column in groups:
        numbers = [float(PERCENT[answer][column]) for answer in PERCENT]
        rows.append(["National", kind or None, name or None, "Size", *([*numbers, 400 * (column + 1)] * len(starts))])
    return pd.DataFrame([*head, *rows], dtype=object)


def trusts_file(path: Path, *, trusts: Sequence[str] = ("T1", "T2", "T3", "T4")) -> Path:
    """Write indicators by trust: BME staff fare worse in all but the first trust."""
    rows = [
        (name, trust, "Acute", 0.5, 0.5 + (0.01 * at if name != "Q15: Fair career progression" else -0.01 * at), 1.0)
        for name in ethnicity.TRUST_INDICATORS for at, trust in enumerate(trusts)
    ]  # fmt: skip
    columns = ["Indicator", "Trust", "Trust Type", "White Rate", "BME Rate", "Likelihood Ratio (BME/White)"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path
