"""An invented integrated care system of six organisations and about 12,000 staff, with its built-in effects.

Nobody in it exists. Marginal figures follow published ones within the tolerances of ``CALIBRATION``; pay
scales have the shape of Agenda for Change and of medical grades, in round numbers. :data:`TRUTH` states every
effect that was built in, so that an analysis can be checked against it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

#: Seed of every table.
SEED = 20220331

#: Organisations: code, what it is, staff, share BME, share of doctors, share of women outside medicine.
ORGANISATIONS = (
    ("ACU", "acute teaching trust", 4200, 0.325, 0.15, 0.78),
    ("DGH", "district general trust", 2900, 0.25, 0.13, 0.80),
    ("COM", "community trust", 2200, 0.18, 0.03, 0.87),
    ("MEN", "mental health trust", 1400, 0.235, 0.06, 0.74),
    ("AMB", "ambulance trust", 900, 0.08, 0.01, 0.47),
    ("ICB", "commissioning board", 400, 0.18, 0.03, 0.72),
)
#: What the code of each organisation stands for, for tables and captions.
EMPLOYERS = {code: f"{name} ({code})" for code, name, *_ in ORGANISATIONS}

#: Ethnic groups (five of the census, and not stated) and the share of each among BME staff.
BME_GROUPS = {"A": 0.46, "B": 0.30, "M": 0.09, "O": 0.15}
NOT_STATED = 0.04

#: Agenda for Change: band, share of staff outside medicine, pounds an hour at each point (round numbers).
BANDS = (
    ("2", 0.185, (10.4, 11.1)), ("3", 0.130, (11.2, 12.0)), ("4", 0.100, (12.3, 13.4)),
    ("5", 0.215, (13.9, 15.1, 16.9)), ("6", 0.190, (17.3, 18.3, 20.9)), ("7", 0.100, (21.4, 22.5, 24.5)),
    ("8a", 0.040, (25.1, 28.2)), ("8b", 0.016, (29.0, 33.5)), ("8c", 0.009, (34.6, 39.8)),
    ("8d", 0.006, (41.3, 47.5)), ("9", 0.004, (49.2, 56.6)), ("VSM", 0.005, (60.0, 78.0)),
)  # fmt: skip
#: Share of each band that is clinical staff; doctors all are. At the commissioning board, this part of it.
CLINICAL = {
    "2": 0.55, "3": 0.55, "4": 0.45, "5": 0.85, "6": 0.85, "7": 0.75, "8a": 0.60, "8b": 0.45, "8c": 0.35, "8d": 0.30,
    "9": 0.25, "VSM": 0.20,
}  # fmt: skip
CLINICAL_AT_THE_BOARD = 0.25

#: Medical grades: foundation, trainee, specialty doctor, consultant; pounds an hour at each point.
GRADES = {"FD": (14.2, 16.5), "ST": (19.5, 23.0, 27.0), "SAS": (26.5, 33.0, 39.5), "CON": (45.0, 50.5, 56.5)}

#: The built-in effects: name, value, unit, what it does.
TRUTH = pd.read_csv(Path(__file__).with_name("workforce_effects.csv"))
_TRUTH = dict(zip(TRUTH["name"], TRUTH["value"], strict=True))

#: Survey questions: indicator, probability of the answer in the group and in the reference group.
WRES_SURVEY = {"wres5": (0.292, 0.268), "wres6": (0.275, 0.220), "wres7": (0.445, 0.587), "wres8": (0.150, 0.060)}
#: Indicator 7 before its base held the answers "don't know".
WRES7_BEFORE_BREAK = (0.705, 0.870)
WDES_SURVEY = {
    "wdes4a": (0.332, 0.262), "wdes4b": (0.161, 0.092), "wdes4c": (0.248, 0.167), "wdes4d": (0.498, 0.487),
    "wdes5": (0.515, 0.575), "wdes6": (0.272, 0.194), "wdes7": (0.372, 0.479), "wdes8": (0.722, None),
}  # fmt: skip
#: Share who were harassed at all, assumed: a little above the largest of WDES 4a to 4c. Only they are asked WDES 4d.
HARASSED = {"Disabled": 0.40, "Non-disabled": 0.30}
SURVEY_YEARS = (2019, 2020, 2021, 2022, 2023)
RESPONSE = 0.48
DISABLED_IN_SURVEY = 0.22

#: Rates of the recruitment stages for the reference applicant (white, non-disabled, man).
_STAGES = (("applied", 0.190), ("shortlisted", 0.300), ("interviewed", 0.860), ("appointed", 0.285), ("stayed", 0.860))
_ADVERT_VIEWS = 112_000


def staff() -> pd.DataFrame:
    """Return the workforce, a row per person; the schema of the data set says what each column means."""
    rng = np.random.default_rng(SEED)
    people = pd.concat([_organisation(rng, *spec) for spec in ORGANISATIONS], ignore_index=True)
    doctor = people["doctor"].to_numpy()
    woman = (people["sex"] == "F").to_numpy()
    group = people["ethnic_group"].to_numpy()
    age = people["age"].to_numpy()
    disabled = (people["disabled"] == "Y").to_numpy()
    black_woman = woman & (group == "B")
    bme = np.isin(group, list(BME_GROUPS))
    latent = (
        rng.normal(size=len(people))
        + _TRUTH["band_men"] * ~woman
        + _TRUTH["band_bme"] * bme
        + _TRUTH["band_black_women"] * black_woman
        + _TRUTH["band_disabled"] * disabled
        + 0.20 * (age - 43) / 11
        + 0.9 * (people["organisation"] == "ICB").to_numpy()
    )
    people["band"] = _bands(latent, doctor)
    people["grade"] = _grades(rng, doctor, woman, group, age)
    service = np.clip((age - 24) / 26 - 0.10 * woman + rng.normal(0, 0.22, len(people)), 0, 0.999)
    base, point = _base_pay(people, service)
    people["point"] = point
    effect = (
        np.where(doctor, _TRUTH["pay_women_medical"], _TRUTH["pay_women"]) * woman
        + _TRUTH["pay_black"] * (group == "B")
        + _TRUTH["pay_asian"] * (group == "A")
        + _TRUTH["pay_black_women"] * black_woman
        + _TRUTH["pay_disabled"] * disabled
        + _TRUTH["pay_part_time"] * (people["part_time"] == "Y").to_numpy()
    )
    pay = base * np.exp(effect + np.abs(rng.normal(0, 0.055, len(people))))
    young = woman & (age >= 25) & (age <= 40)
    reduced = rng.random(len(people)) < np.where(young, 0.065, 0.018)
    people["hourly_pay"] = np.round(np.where(reduced, pay / 2, pay), 2)
    people["bonus"] = _bonus(rng, people, woman)
    people["full_pay"] = np.where(reduced, "N", "Y")
    people["clinical"] = _clinical(people, doctor)
    people.insert(0, "person", np.arange(1, len(people) + 1))
    return people.drop(columns="doctor")


def _organisation(
    rng: np.random.Generator, code: str, _kind: str, size: int, bme: float, doctors: float, women: float
) -> pd.DataFrame:
    doctor = rng.random(size) < doctors
    p_bme = np.where(doctor, np.minimum(2.0 * bme, 0.55), bme * 0.893)
    draw = rng.random(size)
    among = rng.choice(list(BME_GROUPS), p=list(BME_GROUPS.values()), size=size)
    among = np.where(doctor & (rng.random(size) < 0.45), "A", among)
    group = np.where(draw < p_bme, among, np.where(draw > 1 - NOT_STATED, "N", "W"))
    sex = np.where(rng.random(size) < np.where(doctor, 0.46, women), "F", "M")
    age = np.clip(np.round(rng.normal(43, 11.5, size)), 18, 68)
    age = np.where(doctor & (sex == "F"), np.clip(age - 4, 24, 68), np.where(doctor, np.maximum(age, 24), age))
    said = rng.random(size)
    disabled = np.where(said < 0.0425, "Y", np.where(said > 0.82, "U", "N"))
    part_time = np.where(rng.random(size) < np.where(sex == "F", 0.42, 0.13), "Y", "N")
    contract = np.where(rng.random(size) < np.where(doctor, 0.35, 0.07), "T", "P")
    return pd.DataFrame({
        "organisation": code, "sex": sex, "ethnic_group": group, "disabled": disabled, "age": age.astype(int),
        "contract": contract, "part_time": part_time, "doctor": doctor,
    })  # fmt: skip


def _clinical(people: pd.DataFrame, doctor: np.ndarray) -> np.ndarray:
    """Draw who is clinical staff, by band and organisation, with random numbers of its own."""
    rng = np.random.default_rng(SEED + 41)
    share = people["band"].map(CLINICAL).fillna(1.0).to_numpy(dtype=float)
    share = np.where(people["organisation"] == "ICB", share * CLINICAL_AT_THE_BOARD, share)
    return np.where(doctor | (rng.random(len(people)) < share), "Y", "N")


def _bands(latent: np.ndarray, doctor: np.ndarray) -> np.ndarray:
    shares = np.array([share for _, share, _ in BANDS])
    cuts = np.quantile(latent[~doctor], np.cumsum(shares / shares.sum())[:-1])
    found = np.array([name for name, _, _ in BANDS], dtype=object)[np.searchsorted(cuts, latent)]
    return np.where(doctor, None, found)


def _grades(
    rng: np.random.Generator, doctor: np.ndarray, woman: np.ndarray, group: np.ndarray, age: np.ndarray
) -> np.ndarray:
    draw = rng.random(len(age))
    senior = np.clip(0.03 * (age - 26), 0.02, 0.82) - 0.05 * woman - 0.08 * np.isin(group, list(BME_GROUPS))
    sas = np.where(np.isin(group, list(BME_GROUPS)), 0.18, 0.09)
    early = np.where(age < 30, 0.45, 0.10)
    junior = np.where(draw > 1 - early * (1 - senior - sas), "FD", "ST")
    found = np.where(draw < senior, "CON", np.where(draw < senior + sas, "SAS", junior))
    return np.where(doctor, found, None)


def _base_pay(people: pd.DataFrame, service: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scales = {name: points for name, _, points in BANDS} | GRADES
    level = people["band"].where(people["band"].notna(), people["grade"]).to_numpy()
    point = np.array([int(share * len(scales[name])) + 1 for name, share in zip(level, service, strict=True)])
    return np.array([scales[name][place - 1] for name, place in zip(level, point, strict=True)]), point


def _bonus(rng: np.random.Generator, people: pd.DataFrame, woman: np.ndarray) -> np.ndarray:
    consultant, manager = (people["grade"] == "CON").to_numpy(), (people["band"] == "VSM").to_numpy()
    chance = np.where(consultant, np.where(woman, 0.27, 0.39), np.where(manager, 0.20, 0.0))
    middle = np.where(consultant, np.where(woman, 7200, 9000), 5000)
    amount = middle * np.exp(rng.normal(0, 0.45, len(people)))
    return np.where(rng.random(len(people)) < chance, np.round(amount, -2), 0).astype(int)


def recruitment() -> pd.DataFrame:
    """Return a year of recruitment: who reached each stage, by organisation and by ethnic group, disability and sex."""
    rng = np.random.default_rng(SEED + 17)
    total = sum(size for _, _, size, *_ in ORGANISATIONS)
    cells = []
    for code, _, size, bme, *_ in ORGANISATIONS:
        for ethnic, p_ethnic in (("White", 0.95 - bme * 1.6), ("BME", bme * 1.6), ("Not stated", 0.05)):
            for disabled, p_disabled in (("Disabled", 0.07), ("Non-disabled", 0.85), ("Not stated", 0.08)):
                for sex, p_sex in (("F", 0.70), ("M", 0.30)):
                    seen = rng.poisson(_ADVERT_VIEWS * size / total * p_ethnic * p_disabled * p_sex)
                    cells.append((code, ethnic, disabled, sex, "viewed", seen))
                    for stage, rate in _STAGES:
                        seen = rng.binomial(seen, rate * _relative(stage, ethnic, disabled))
                        cells.append((code, ethnic, disabled, sex, stage, seen))
    joint = pd.DataFrame(cells, columns=["organisation", "ethnicity", "disability", "sex", "stage", "people"])
    names, found = ["organisation", "characteristic", "group", "stage"], joint.melt(
        ["organisation", "stage", "people"], var_name="characteristic", value_name="group"
    )
    return found.groupby(names, sort=False, as_index=False)["people"].sum()


def _relative(stage: str, ethnic: str, disabled: str) -> float:
    """Return the built-in rate of a stage relative to the reference applicant."""
    bme = {"applied": 1.12, "shortlisted": 0.76, "interviewed": 0.96, "stayed": 0.98}
    bme["appointed"] = 1 / (_TRUTH["appointed_white_to_bme"] * bme["interviewed"])
    other = {"shortlisted": 1.05, "appointed": 1 / _TRUTH["appointed_nondisabled_to_disabled"], "stayed": 0.96}
    factors = (bme if ethnic == "BME" else {}), (other if disabled == "Disabled" else {})
    return factors[0].get(stage, 1.0) * factors[1].get(stage, 1.0)


def processes() -> pd.DataFrame:
    """Return formal processes and training over two years: the built-in rate times the staff, rounded."""
    rng = np.random.default_rng(SEED + 2)
    people = staff()
    ethnic = people["ethnic_group"].map({"W": "White", "N": "Not stated"}).fillna("BME")
    disability = people["disabled"].map({"Y": "Disabled", "N": "Non-disabled", "U": "Not stated"})
    disciplinary = 0.0080 * _TRUTH["disciplinary_bme_to_white"]
    training = 0.42 / _TRUTH["training_white_to_bme"]
    capability = 0.0040 * _TRUTH["capability_disabled_to_nondisabled"]
    rates = {
        ("disciplinary", "ethnicity"): {"White": 0.0080, "BME": disciplinary, "Not stated": 0.008},
        ("training", "ethnicity"): {"White": 0.42, "BME": training, "Not stated": 0.40},
        ("capability", "disability"): {"Non-disabled": 0.0040, "Disabled": capability, "Not stated": 0.004},
    }
    rows = []
    for (process, characteristic), of in rates.items():
        groups = ethnic if characteristic == "ethnicity" else disability
        for year, more in ((2021, 1.1), (2022, 1.0)):
            for group, rate in of.items():
                could = people[groups == group].groupby("organisation", sort=False).size()
                had = rng.multinomial(round(rate * more * could.sum()), could / could.sum())
                had = np.minimum(had, could)
                rows += [
                    (code, year, process, characteristic, group, int(cases), int(could[code]))
                    for code, cases in zip(could.index, had, strict=True)
                ]
    return pd.DataFrame(rows, columns=["organisation", "year", "process", "characteristic", "group", "had", "could"])


def survey() -> pd.DataFrame:
    """Return answers to the staff survey by organisation, reporting year (survey of the autumn before) and group."""
    rng, some = np.random.default_rng(SEED + 100), np.random.default_rng(SEED + 101)
    rows = []
    for year in SURVEY_YEARS:
        for code, _, size, bme, *_ in ORGANISATIONS:
            tables = [("ethnicity", ("BME", "White"), (bme, 0.96 - bme), WRES_SURVEY)]
            if year >= 2022:
                share = (DISABLED_IN_SURVEY, 1 - DISABLED_IN_SURVEY)
                tables.append(("disability", ("Disabled", "Non-disabled"), share, WDES_SURVEY))
            for characteristic, groups, shares, questions in tables:
                for group, share in zip(groups, shares, strict=True):
                    asked = rng.binomial(round(size * share), RESPONSE)
                    for indicator, chances in questions.items():
                        before = indicator == "wres7" and year < 2022
                        chance = (WRES7_BEFORE_BREAK if before else chances)[groups.index(group)]
                        if chance is None:
                            continue
                        base = round(asked * (0.62 if before else 0.35 if indicator == "wdes8" else 0.98))
                        said = rng.binomial(base, chance)
                        if indicator == "wdes4d":  # of all who could have been asked, those who were
                            few = round(base * HARASSED[group])
                            said, base = some.hypergeometric(said, base - said, few), few
                        rows.append((code, year, indicator, characteristic, group, said, base))
    columns = ["organisation", "year", "indicator", "characteristic", "group", "answered", "base"]
    return pd.DataFrame(rows, columns=columns)


def engagement() -> pd.DataFrame:
    """Return the engagement score (0 to 10) of disabled and other staff by organisation: mean, spread and answers."""
    rng = np.random.default_rng(SEED + 4)
    rows = []
    for code, _, size, *_ in ORGANISATIONS:
        shares = (("Disabled", DISABLED_IN_SURVEY, 6.45), ("Non-disabled", 1 - DISABLED_IN_SURVEY, 6.95))
        for group, share, mean in shares:
            base = rng.binomial(round(size * share), RESPONSE)
            rows.append((code, 2022, group, base, round(float(mean + rng.normal(0, 0.08)), 2), 1.75))
    return pd.DataFrame(rows, columns=["organisation", "year", "group", "base", "mean_score", "standard_deviation"])


def boards() -> pd.DataFrame:
    """Return voting board members by organisation, counted by ethnicity and by disability."""
    members = {"ACU": (15, 3, 1), "DGH": (14, 2, 1), "COM": (13, 1, 0), "MEN": (14, 3, 1), "AMB": (12, 0, 0),
               "ICB": (15, 2, 1)}  # fmt: skip
    rows = []
    for code, (all_of, bme, disabled) in members.items():
        rows += [(code, "ethnicity", "BME", bme), (code, "ethnicity", "White", all_of - bme)]
        rows += [(code, "disability", "Disabled", disabled), (code, "disability", "Non-disabled", all_of - disabled)]
    return pd.DataFrame(rows, columns=["organisation", "characteristic", "group", "voting_members"])


def truth() -> pd.DataFrame:
    """Return the built-in effects as a table."""
    return TRUTH.copy()


GENERATORS = {
    "workforce_staff": staff,
    "workforce_recruitment": recruitment,
    "workforce_processes": processes,
    "workforce_survey": survey,
    "workforce_engagement": engagement,
    "workforce_boards": boards,
    "workforce_truth": truth,
}
