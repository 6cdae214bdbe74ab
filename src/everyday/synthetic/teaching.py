"""Small invented data for the teaching modules: the class shares one draw, each student has one of their own.

Every generator takes a seed and returns the data sets of one module by name. What an exercise turns on (a step that
is there, a ward that is small, figures that are wrong in a known way) is built in and not left to chance.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pandas as pd

from compendium import datasets
from everyday.synthetic import climate

#: Seed of the data that the class shares.
SEED = 2020

#: Months of the series, and the position of the first month after the change.
MONTHS, CHANGE = 48, 24

#: Passages of the coding exercise, its codes, and how often coder A gives each.
PASSAGES = 60
CODES = {"absorb": 33, "adapt": 22, "transform": 5}

#: Printed rows of the invented paper.
PAPER_ROWS = 12

#: Pay bands with mean hourly pay (pounds), and how many women and men are in each.
BANDS = {4: (12.6, 62, 20), 5: (15.9, 58, 22), 6: (19.4, 37, 24), 7: (22.8, 18, 19), 8: (31.0, 9, 17), 9: (52.0, 3, 6)}

#: Wards: beds and the share of them that the load would fill.
WARDS = {"Harbour": (8, 0.80), "Meadow": (12, 0.82), "Orchard": (24, 0.86), "Summit": (40, 0.90)}


def series(seed: int) -> dict[str, pd.DataFrame]:
    """Return a monthly series: a slow rise, a step down at the change, noise that remembers the month before.

    Examples
    --------
    >>> len(series(1)["teaching_series"])
    48
    """
    rng = np.random.default_rng(seed)
    time = np.arange(MONTHS)
    shocks = rng.normal(0, 2.6, MONTHS + 20)
    noise = np.zeros(MONTHS + 20)
    for at in range(1, len(noise)):
        noise[at] = 0.25 * noise[at - 1] + shocks[at]
    step, slope = rng.uniform(7, 10), rng.uniform(0.25, 0.45)
    after = time >= CHANGE
    level = rng.uniform(70, 80) + 0.18 * time - after * (step + slope * (time - CHANGE))
    values = np.round(level + noise[20:], 1)
    months = pd.date_range("2016-01-01", periods=MONTHS, freq="MS")
    return {"teaching_series": pd.DataFrame({"month": months, "rate": values, "after": after})}


def pay(seed: int) -> dict[str, pd.DataFrame]:
    """Return the pay of an invented service by band, no two people alike, and an appointment round by group.

    Examples
    --------
    >>> made = pay(1)
    >>> len(made["teaching_pay"]), list(made["teaching_shortlist"]["group"])
    (300, ['white', 'BME'])
    """
    rng = np.random.default_rng(seed)
    rows = []
    for band, (mean, women, men) in BANDS.items():
        for gender, count, factor in (("woman", women, 0.97), ("man", men, 1.0)):
            wobble = rng.integers(-2, 3) if count > 12 else 0
            rows += [(gender, band, pay) for pay in mean * factor * np.exp(rng.normal(0, 0.05, count + wobble))]
    staff = pd.DataFrame(rows, columns=["gender", "band", "hourly_pay"])
    staff = staff.sample(frac=1, random_state=rng).reset_index(drop=True)
    staff.insert(0, "person", [f"P{number:03d}" for number in range(1, len(staff) + 1)])
    pence = (100 * staff["hourly_pay"]).round().astype(int)
    while pence.duplicated().any():  # nobody earns the same to the penny, so that every ranking is the same
        pence += pence.duplicated()
    staff["hourly_pay"] = pence / 100
    white, bme = int(rng.integers(180, 240)), int(rng.integers(90, 130))
    appointed = [round(white * rng.uniform(0.26, 0.32)), round(bme * rng.uniform(0.15, 0.20))]
    shortlist = pd.DataFrame({"group": ["white", "BME"], "shortlisted": [white, bme], "appointed": appointed})
    return {"teaching_pay": staff, "teaching_shortlist": shortlist}


def survey(seed: int) -> dict[str, pd.DataFrame]:
    """Return the climate survey of an invented practice (:func:`everyday.synthetic.climate.practice`).

    Examples
    --------
    >>> len(survey(1)["climate_survey_baseline"])
    50
    """
    return {"climate_survey_baseline": climate.practice(seed=seed).baseline}


def coding(seed: int) -> dict[str, pd.DataFrame]:
    """Return what two coders gave to the same passages; they mostly differ between absorbing and adapting.

    Examples
    --------
    >>> made = coding(1)["teaching_coding"]
    >>> len(made), sorted(made["coder_a"].unique())
    (60, ['absorb', 'adapt', 'transform'])
    """
    rng = np.random.default_rng(seed)
    first = np.repeat(list(CODES), list(CODES.values()))
    second = first.copy()
    second[rng.choice(np.flatnonzero(first == "absorb"), int(rng.integers(4, 7)), replace=False)] = "adapt"
    second[rng.choice(np.flatnonzero(first == "adapt"), int(rng.integers(3, 6)), replace=False)] = "absorb"
    second[rng.choice(np.flatnonzero(first == "transform"), int(rng.integers(2, 4)), replace=False)] = "adapt"
    order = rng.permutation(PASSAGES)
    passages = [f"T{number:02d}" for number in range(1, PASSAGES + 1)]
    frame = pd.DataFrame({"passage": passages, "coder_a": first[order], "coder_b": second[order]})
    return {"teaching_coding": frame}


def wards(seed: int) -> dict[str, pd.DataFrame]:
    """Return wards with beds, arrivals and stays; the smallest is full most often although it is the least busy.

    Examples
    --------
    >>> list(wards(1)["teaching_wards"]["ward"])
    ['Harbour', 'Meadow', 'Orchard', 'Summit']
    """
    rng = np.random.default_rng(seed)
    rows = []
    for ward, (beds, share) in WARDS.items():
        stay = round(float(rng.uniform(3.5, 6.5)), 1)
        load = beds * (share + rng.uniform(-0.01, 0.01))
        rows.append((ward, beds, round(load / stay, 2), stay))
    return {"teaching_wards": pd.DataFrame(rows, columns=["ward", "beds", "arrivals", "stay"])}


def paper(seed: int) -> dict[str, pd.DataFrame]:
    """Return the printed percentages of an invented paper: most right, two cut off, one of a wrong base, one mistyped.

    Examples
    --------
    >>> made = paper(1)["teaching_paper"]
    >>> len(made), made["row"].iloc[0]
    (12, 'p01')
    """
    rng = np.random.default_rng(seed)
    whole = rng.integers(1800, 3200, PAPER_ROWS)
    part = (whole * rng.uniform(0.15, 0.62, PAPER_ROWS)).astype(int)
    whole[1], part[1] = whole[0], int(part[0] * rng.uniform(0.70, 0.85))  # a year later, fewer
    wrong = rng.choice(np.arange(4, PAPER_ROWS), 4, replace=False)
    for at in wrong[:2]:  # its second decimal is at least 7, so that cutting it off differs from rounding
        whole[at] += whole[at] % 1000 == 0  # of 2000 or 3000 no percentage has a second decimal that high
        while int(part[at]) * 10000 // int(whole[at]) % 10 < 7:
            part[at] += 1
    printed = np.array([_rounded(int(a), int(b)) for a, b in zip(part, whole, strict=True)])
    for at in wrong[:2]:
        printed[at] = int(part[at]) * 1000 // int(whole[at]) / 10
    printed[wrong[2]] = _rounded(int(part[wrong[2]]), int(whole[wrong[2]]) - 400)
    printed[wrong[3]] = round(printed[wrong[3]] + (9.0 if printed[wrong[3]] < 50 else -9.0), 1)
    rows = [f"p{number:02d}" for number in range(1, PAPER_ROWS + 1)]
    frame = pd.DataFrame({"row": rows, "part": part, "whole": whole, "printed": printed})
    return {"teaching_paper": frame}


def _rounded(part: int, whole: int) -> float:
    """Percentage to one decimal, half up, in whole numbers."""
    return (2000 * part + whole) // (2 * whole) / 10


def from_bytes(name: str, content: bytes) -> pd.DataFrame:
    """Read a generated CSV file back, typed by its schema: what :func:`everyday.teaching.checks.data` would give.

    The schema is not checked again: that is done when a student's file is opened.

    Examples
    --------
    >>> from_bytes("teaching_wards", b"ward,beds,arrivals,stay\\nHarbour,8,1.5,4\\n")["beds"].dtype
    Int64Dtype()
    """
    fields = datasets.describe(name)["schema"]["fields"]
    types = {"integer": "Int64", "number": "float64", "string": "str", "boolean": "boolean"}
    kinds = {field["name"]: types[field["type"]] for field in fields if field["type"] in types}
    dates = [field["name"] for field in fields if field["type"] == "date"]
    return pd.read_csv(io.BytesIO(content), dtype=kinds, parse_dates=dates)


#: What makes the data of a module for a seed.
MODULES: dict[str, Callable[[int], dict[str, pd.DataFrame]]] = {
    "series": series, "pay": pay, "survey": survey, "coding": coding, "wards": wards, "paper": paper,
}  # fmt: skip

GENERATORS = {
    "teaching_series": lambda: series(SEED)["teaching_series"],
    "teaching_pay": lambda: pay(SEED)["teaching_pay"],
    "teaching_shortlist": lambda: pay(SEED)["teaching_shortlist"],
    "teaching_coding": lambda: coding(SEED)["teaching_coding"],
    "teaching_wards": lambda: wards(SEED)["teaching_wards"],
    "teaching_paper": lambda: paper(SEED)["teaching_paper"],
}
