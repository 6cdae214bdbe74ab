"""Small hand-made files in the layouts of NHS England's staff files, for tests of the pages of real evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from everyday.official import teams
from workbooks import workbook


def staff_survey(path: Path, names: Sequence[str], *, group: str = "Acute and Acute & Community Trusts") -> Path:
    """Write a workbook of organisational results: organisation i scores 5 + i / 10 on all, of 100 + i answers."""
    sheets = {}
    for sheet, themes in (("PEOPLE PROMISE ELEMENTS", False), ("THEMES", True)):
        keys = [key for key in teams.SCORES if key.startswith("PP") is not themes]
        top = ["Results", *[None] * 5, *[cell for key in keys for cell in (f"{key} - name of {key}", None)]]
        head = ["ODS code", "Organisation name", "Benchmarking group", "Region", "ICS", "Weighting"]
        head += ["score", "Base (number of responses)"] * len(keys)
        body = [
            [f"R{at:02d}", name, group, "-", "-", "Occupation Group", *[5 + at / 10, 100 + at] * len(keys)]
            for at, name in enumerate(names)
        ]
        sheets[sheet] = [top, ["-"] * len(top), ["-"] * len(top), ["-"] * len(top), head, *body]
    return workbook(path, sheets)


def sickness(folder: Path, names: Sequence[str], *, months: int = 12, extreme: int = 0) -> list[Path]:
    """Write monthly files: each organisation loses 50 of 1,000 days and a few more, the extreme one 300."""
    folder.mkdir(exist_ok=True)
    files = []
    for month in pd.date_range("2024-04-30", periods=months, freq="ME"):
        rows = [
            [f"{month:%d/%m/%Y}", f"R{at:02d}", name, "Acute", 300.0 if at == extreme else 50.0 + at % 7, 1000.0]
            for at, name in enumerate(names)
        ]
        files.append(folder / f"nhs_sickness_absence_{month:%Y-%m}.csv")
        columns = ["DATE", "ORG_CODE", "ORG_NAME", "ORG_TYPE", "FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE"]
        pd.DataFrame(rows, columns=columns).to_csv(files[-1], index=False)
    return files


def turnover(folder: Path, *, organisations: int = 12) -> Path:
    """Write one file of turnover: each organisation has 100 nurses and 50 managers; 4 and 1 join, 2 and 2 leave."""
    counts = {"Denominator at start of period": (100, 50), "Joiners": (4, 1), "Leavers": (2, 2),
              "Denominator at end of period": (102, 49)}  # fmt: skip
    rows = []
    for at in range(organisations):
        for kind, (nurses, managers) in counts.items():
            for staff, people in {
                "All staff groups": nurses + managers, "Nurses & health visitors": nurses, "Managers": managers,
            }.items():  # fmt: skip
                group = "Acute - Large" if at else "Care Trust"
                rows.append(["202509 to 202510", kind, f"R{at:02d}", group, staff, people, 0.9 * people])
    folder.mkdir(exist_ok=True)
    path = folder / "Turnover benchmarking.csv"
    columns = ["PERIOD", "TYPE", "REPORTING_ORG_CODE", "BENCHMARK_GROUP", "STAFF_GROUP_1_NAME", "HC", "FTE"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path
