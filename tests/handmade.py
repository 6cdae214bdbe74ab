"""Small hand-made files in the layout of official ones: invented organisations, known slopes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from everyday.official import staff_survey

#: Percentage points of burnout per point of autonomy and of enough staff in the hand-made survey.
SLOPES = {"autonomy": -0.3, "enough_staff": -0.4}


def survey_rows(*, trusts: int = 24, years: tuple[int, ...] = (2021, 2022, 2023), noise: float = 1.0) -> pd.DataFrame:
    """Make rows in the layout of the Staff Survey collection: one a trust and year, slopes :data:`SLOPES`."""
    rng = np.random.default_rng(7)
    rows = pd.DataFrame(
        [{"ODS code": f"T{at:02d}", "Year": year, "Organisation name": f"Trust {at}",
          "Benchmarking group": ("Acute Trusts", "Community Trusts")[at % 2]} for at in range(trusts) for year in years]
    )  # fmt: skip
    lasting = np.repeat(rng.normal(0, 4, trusts), len(years))
    for short, column in (staff_survey.MEASURES | staff_survey.OTHERS).items():
        rows[f"{column}_rate"] = 40 + lasting + rng.normal(0, 3, len(rows))
        if short in staff_survey.MEASURES:
            rows[f"{column}_base"] = rng.integers(300, 4000, len(rows))
    slope = sum(size * (rows[f"{staff_survey.MEASURES[name]}_rate"] - 40) for name, size in SLOPES.items())
    rows["Burned_out_rate"] = 35 - lasting / 2 + slope + rng.normal(0, noise, len(rows))
    rows["Respondents"] = rows["Burned_out_base"] + 10
    return rows
