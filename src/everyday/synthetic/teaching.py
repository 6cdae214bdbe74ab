"""Small invented data for the teaching modules: the class shares one draw, each student has one of their own.

Every generator takes a seed and returns the data sets of one module by name. What an exercise turns on (a step that
is there, a ward that is small, figures that are wrong in a known way) is built in and not left to chance: data on which
a wrong method has the right answer are drawn again (:func:`_redrawn`).
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from compendium import datasets
from everyday.synthetic import climate
from everyday.teaching.checks import agree, same
from healthsys.climate import score
from healthsys.queueing import erlang_b

#: Seed of the data that the class shares.
SEED = 2020

#: Months of the series, and the position of the first month after the change.
MONTHS, CHANGE = 48, 24

#: Codes of the coding exercise, and how often coder A gives each: at least, and below.
CODES = {"absorb": (28, 39), "adapt": (18, 28), "transform": (5, 10)}

#: Texts of the passages by the code of each coder; where the coders differ, the text can be read in two ways.
TEXTS = {
    pair: tuple(texts)
    for pair, texts in pd.read_csv(Path(__file__).with_name("teaching_passages.csv")).groupby(
        ["coder_a", "coder_b"], sort=False
    )["text"]
}
PLACES = ("North Road", "the harbour clinic", "Vale", "the health post at the market", "Hillside", "Second Avenue",
          "the day hospital", "Riverside")  # fmt: skip

#: Printed rows of the invented paper.
PAPER_ROWS = 12

#: Pay bands with mean hourly pay (pounds), and how many women and men are in each. In some bands few men or few women
#: work, and each draw decides how few (:data:`FEW`).
BANDS = {3: (11.2, 40, 9), 4: (12.6, 62, 9), 5: (15.9, 58, 22), 6: (19.4, 37, 34), 7: (22.8, 28, 39), 8: (31.0, 9, 27),
         9: (52.0, 3, 12)}  # fmt: skip

#: Where few people are, and of which gender; one of these groups has exactly five, the number that may still be shown.
FEW = {3: "man", 4: "man", 8: "woman", 9: "woman", 5: "man"}

#: Wards: the fewest beds, one more than the most, and the lowest and highest share of them that the load would fill.
WARDS = {"Harbour": (4, 18, 0.70, 0.81), "Meadow": (18, 23, 0.81, 0.83), "Orchard": (24, 31, 0.85, 0.87),
         "Summit": (40, 51, 0.89, 0.91)}  # fmt: skip

#: People who answer too few questions on idea time to have a score, and who like what they answer.
TOO_FEW_ANSWERS = 3

#: Trusts and quarters of the panel, and the shape of the quarters: full, suddenly empty, filling again.
TRUSTS, SHAPE = 24, (1.0, 1.2, 0.9, -3.0, -1.6, -0.6, -0.2, 0.1, 0.5, 0.6, 0.6, 0.5)

#: Standard deviations (percentage points) of the parts of the real panel: between trusts, between quarters, and what is
#: left of both; a test computes them from ``occupancy_moments``. Of performance, only the part that does not follow
#: occupancy.
PANEL_SPREAD = {"occupancy": (4.6, 5.8, 4.0), "four_hour": (7.3, 8.4, 5.3)}


#: The data sets of a module, by name; what makes them for a seed; a test of them.
Frames = dict[str, pd.DataFrame]


def _redrawn(matters: Callable[..., bool]) -> Callable[[Callable[[int], Frames]], Callable[[int], Frames]]:
    """Draw again, from a seed that no student has, until a test says that every rule of the exercises matters."""

    def decorate(make: Callable[[int], Frames]) -> Callable[[int], Frames]:
        @functools.wraps(make)
        def drawn(seed: int) -> Frames:
            while not matters(*(made := make(seed)).values()):
                seed += 2**32
            return made

        return drawn

    return decorate


def _clear(right: float, *wrong: float) -> bool:
    """Whether no wrong answer could be taken for the right one, however it is rounded."""
    return not any(agree(one, right) or same(one, right) for one in wrong)


def _series_matters(frame: pd.DataFrame) -> bool:
    """Whether neither another mean, other limits, another model nor another correlation would do."""
    rate, after = frame["rate"].to_numpy(), frame["after"].to_numpy()
    before, behind, ranges = rate[~after], rate[after], np.abs(np.diff(rate[~after]))
    mean, reach = before.mean(), 2.66 * ranges.mean()
    whole, usual = 2.66 * np.abs(np.diff(rate)).mean(), before.std(ddof=1)
    others = (whole, 2.66 * np.median(ranges), 1.96 * usual, 2.66 * before.std(), 3 * before.std(), 3 * usual)
    low = (rate.mean() - whole, mean - 3 * before.std(), before.min(), mean)
    time = np.arange(MONTHS)
    lines = [np.polyfit(time[at], rate[at], 1) for at in (~after, after)]
    rest = rate - np.where(after, np.polyval(lines[1], time), np.polyval(lines[0], time))
    step, year = (np.polyval(lines[1], at) - np.polyval(lines[0], at) for at in (CHANGE, CHANGE + 12))
    one_slope = np.linalg.lstsq(np.column_stack([np.ones(MONTHS), time, after]).astype(float), rate, rcond=None)[0][2]
    near = behind[:12].mean() - before[-12:].mean()
    return (
        _clear(mean, np.median(before), before[:12].mean(), rate[0])
        and _clear(mean + reach, *(mean + one for one in others), before.max())
        and _clear(step, behind.mean() - mean, one_slope, near, behind[0] - before[-1])
        and _clear(year, step, near, behind[12] - behind[0])
        and (behind < mean - reach).sum() not in [(behind < one).sum() for one in low]
        and _clear(rest[1:] @ rest[:-1] / (rest @ rest), np.corrcoef(rest[1:], rest[:-1])[0, 1])
    )


@_redrawn(_series_matters)
def series(seed: int) -> dict[str, pd.DataFrame]:
    """Return a monthly series: a slow rise, a step down at the change, noise that remembers the month before.

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


def _pay_matters(staff: pd.DataFrame, _: pd.DataFrame) -> bool:
    """Whether it matters whose pay the bands are valued at."""
    shares = pd.crosstab(staff["band"], staff["gender"], normalize="columns")
    means = staff.pivot_table(index="band", columns="gender", values="hourly_pay")
    moved, all_staff = shares["man"] - shares["woman"], staff.groupby("band")["hourly_pay"].mean()
    return _clear(moved @ means["man"], moved @ means["woman"], moved @ all_staff)


@_redrawn(_pay_matters)
def pay(seed: int) -> dict[str, pd.DataFrame]:
    """Return the pay of an invented service by band, no two people alike, and an appointment round by group.

    >>> made = pay(1)
    >>> sorted(made["teaching_pay"]["band"].unique().tolist()), list(made["teaching_shortlist"]["group"])
    ([3, 4, 5, 6, 7, 8, 9], ['white', 'BME'])
    """
    rng = np.random.default_rng(seed)
    few = {band: int(rng.integers(2, 5) if rng.random() < 0.5 else rng.integers(6, 10)) for band in FEW}
    fewest, five = rng.choice(list(FEW), 2, replace=False)
    few |= {fewest: int(rng.integers(2, 5)), five: 5}
    rows = []
    for band, (mean, women, men) in BANDS.items():
        for gender, usual, factor in (("woman", women, 0.97), ("man", men, 1.0)):
            count = few[band] if FEW.get(band) == gender else usual + rng.integers(-2, 3) * (usual > 12)
            rows += [(gender, band, pay) for pay in mean * factor * np.exp(rng.normal(0, 0.05, count))]
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


def _survey_matters(frame: pd.DataFrame) -> bool:
    """Whether it matters who has a score, who answered every item, and how a spread is measured."""
    scores = score(frame)
    items, trust = (frame.filter(like=name).astype(float) for name in ("idea_time_", "trust_"))
    low, high = datasets.load("climate_benchmarks").set_index("dimension").loc["trust", ["stagnant", "innovative"]]
    place, whole = (scores["trust"].mean() - low) / (high - low), trust.dropna()
    lone = [1 - one.var().sum() / one.sum(axis=1).var() for one in (whole, trust, trust.fillna(0))]
    given = frame.loc[frame["team"] == "Reception", "freedom_1"].dropna().astype(float)
    ways = (items.dropna().mean(axis=1), items.stack(), items.mean(), items.mean(axis=1))
    return (
        _clear(scores["idea_time"].mean(), *(100 * one.mean() for one in ways))
        and _clear(place, 1 - place, scores["trust"].mean() / high)
        and _clear(scores["trust"].mean(), scores["trust"].median())
        and _clear(*lone)
        and given.var() < 1.25
        and _clear(1 - given.var() / 1.25, 1 - given.std() / 1.25)
    )


@_redrawn(_survey_matters)
def survey(seed: int) -> dict[str, pd.DataFrame]:
    """Return the climate survey of another invented practice than the book's, in which each draw has other weaknesses.

    The people and questions are those of :func:`everyday.synthetic.climate.practice`; home visits are made by five
    people, the fewest that an exercise counts. On each dimension but idea time and trust a random share of answers
    moves by a point, and some people answer too few questions on idea time.

    Examples
    --------
    >>> len(survey(1)["teaching_survey"])
    50
    """
    rng = np.random.default_rng([seed, 1])
    frame = climate.practice(seed=seed).baseline
    visits = frame.index[frame["team"] == "Home visits"]
    frame.loc[visits[5:], "team"] = "Administration"
    for dimension in sorted(set(climate.TRUTH) - {"idea_time", "trust"}):
        columns = [f"{dimension}_{item}" for item in range(1, climate.ITEMS + 1)]
        moved = rng.choice([-1, 1]) * (rng.random((len(frame), climate.ITEMS)) < rng.uniform(0.1, 0.9))
        frame[columns] = (frame[columns] + moved).clip(0, 3)
    answered = frame.filter(like="idea_time_").notna().all(axis=1) & frame["team"].ne("Dispensary")
    few = rng.choice(np.flatnonzero(answered), TOO_FEW_ANSWERS, replace=False)
    items = [frame.columns.get_loc(f"idea_time_{item}") for item in range(1, climate.ITEMS + 1)]
    for person in few:
        given = int(rng.integers(1, 3))
        frame.iloc[person, items[:given]], frame.iloc[person, items[given:]] = 3, pd.NA
    return {"teaching_survey": frame}


def _coding_matters(frame: pd.DataFrame) -> bool:
    """Whether it matters whose shares of the codes are taken, and the rare code has the lowest kappa of the three."""
    shares = frame[["coder_a", "coder_b"]].apply(pd.Series.value_counts, normalize=True).fillna(0)
    a, b = shares["coder_a"], shares["coder_b"]
    both, same_share = (a + b) / 2, (frame["coder_a"] == frame["coder_b"]).mean()
    gwet = both @ (1 - both) / 2

    def beyond(chance: float) -> float:
        return (same_share - chance) / (1 - chance)

    def kappa(code: str) -> float:
        alone, chance = frame[["coder_a", "coder_b"]] == code, a[code] * b[code] + (1 - a[code]) * (1 - b[code])
        return ((alone["coder_a"] == alone["coder_b"]).mean() - chance) / (1 - chance)

    return (
        kappa("transform") < min(kappa("absorb"), kappa("adapt")) - 0.05
        and _clear(a @ b, a @ a, b @ b, both @ both)
        and _clear(beyond(a @ b), beyond(both @ both))
        and _clear(*(beyond(one @ (1 - one) / 2) for one in (both, a, b)))
        # no answer is a round number, which a text may hold by chance
        and all(_clear(one, round(one, 2)) for one in (a @ b, beyond(a @ b), kappa("transform"), beyond(gwet)))
    )


@_redrawn(_coding_matters)
def coding(seed: int) -> dict[str, pd.DataFrame]:
    """Return what two coders gave to the same passages; they mostly differ between absorbing and adapting.

    They also differ on most passages with the rare code, so that its agreement is high and its kappa low.

    Examples
    --------
    >>> made = coding(1)["teaching_coding"]
    >>> len(made), sorted(made["coder_a"].unique())
    (64, ['absorb', 'adapt', 'transform'])
    """
    rng = np.random.default_rng(seed)
    first = np.repeat(list(CODES), [int(rng.integers(*counts)) for counts in CODES.values()])
    second = first.copy()
    second[rng.choice(np.flatnonzero(first == "absorb"), int(rng.integers(8, 14)), replace=False)] = "adapt"
    second[rng.choice(np.flatnonzero(first == "adapt"), int(rng.integers(1, 4)), replace=False)] = "absorb"
    rare = np.flatnonzero(first == "transform")
    second[rng.choice(rare, len(rare) - int(rng.integers(2, 4)), replace=False)] = "adapt"
    second[rng.choice(np.flatnonzero(second == "absorb"), int(rng.integers(0, 3)), replace=False)] = "transform"
    order = rng.permutation(len(first))
    passages = [f"T{number:02d}" for number in range(1, len(first) + 1)]
    frame = pd.DataFrame({"passage": passages, "coder_a": first[order], "coder_b": second[order]})
    frame["text"] = _passages(list(zip(frame["coder_a"], frame["coder_b"], strict=True)), seed)
    return {"teaching_coding": frame}


def _passages(codes: list[tuple[str, str]], seed: int) -> list[str]:
    """Return a text for each pair of codes, no two alike."""
    rng = np.random.default_rng([seed, 1])
    left = {}
    for pair, texts in TEXTS.items():
        made = [text.format(place=place) for text in texts for place in PLACES]
        left[pair] = [made[at][:1].upper() + made[at][1:] for at in rng.permutation(len(made))]
    return [left[pair].pop() for pair in codes]


def _harbour_is_fullest(frame: pd.DataFrame) -> bool:
    """Whether Harbour has no free bed for the largest share of time."""
    full = {row.ward: erlang_b(row.arrivals * row.stay, row.beds) for row in frame.itertuples()}
    return max(full, key=full.get) == "Harbour"


@_redrawn(_harbour_is_fullest)
def wards(seed: int) -> dict[str, pd.DataFrame]:
    """Return wards with beds, arrivals and stays; the smallest is full most often although it is the least busy.

    >>> list(wards(1)["teaching_wards"]["ward"])
    ['Harbour', 'Meadow', 'Orchard', 'Summit']
    """
    rng = np.random.default_rng(seed)
    rows = []
    for ward, (fewest, most, *shares) in WARDS.items():
        beds = int(rng.integers(fewest, most))
        stay = round(float(rng.uniform(3.5, 6.5)), 1)
        load = beds * rng.uniform(*shares)
        rows.append((ward, beds, round(load / stay, 2), stay))
    return {"teaching_wards": pd.DataFrame(rows, columns=["ward", "beds", "arrivals", "stay"])}


def _paper_matters(frame: pd.DataFrame) -> bool:
    """Whether it matters that the fall is computed from both counts of both rows."""
    part, whole, printed = (frame[name].to_numpy(float)[:2] for name in ("part", "whole", "printed"))
    first, second = part / whole
    return _clear(1 - second / first, 1 - printed[1] / printed[0], 1 - part[1] / part[0])


@_redrawn(_paper_matters)
def paper(seed: int) -> dict[str, pd.DataFrame]:
    """Return the reported percentages of an invented paper: most right, three cut off, a wrong base, one mistyped.

    The first row is one of those cut off, so that its reported percentage is not the answer to how much it is. No
    percentage is an exact half in its last decimal: how a half is rounded does not matter.

    Examples
    --------
    >>> made = paper(1)["teaching_paper"]
    >>> len(made), made["row"].iloc[0]
    (12, 'p01')
    """
    rng = np.random.default_rng(seed)
    whole = rng.integers(1800, 3200, PAPER_ROWS)
    whole[2] = rng.integers(5000, 26000)  # of so many, several counts have the same percentage
    part = (whole * rng.uniform(0.15, 0.62, PAPER_ROWS)).astype(int)
    wrong = [0, *rng.choice(np.arange(4, PAPER_ROWS), 4, replace=False)]
    for at in wrong[:3]:  # its second decimal is at least 7, so that cutting it off differs from rounding
        whole[at] += whole[at] % 1000 == 0  # of 2000 or 3000 no percentage has a second decimal that high
        while int(part[at]) * 10000 // int(whole[at]) % 10 < 7:
            part[at] += 1
    whole[1] = int(whole[0] * rng.uniform(0.86, 0.96))  # a year later, fewer were asked
    part[1] = int(part[0] * whole[1] / whole[0] * rng.uniform(0.70, 0.85))  # and a smaller share of them
    part += (2000 * part % whole == 0) & (2000 * part // whole % 2 == 1)  # no exact half
    printed = np.array([_rounded(int(a), int(b)) for a, b in zip(part, whole, strict=True)])
    for at in wrong[:3]:
        printed[at] = int(part[at]) * 1000 // int(whole[at]) / 10
    printed[wrong[3]] = _rounded(int(part[wrong[3]]), int(whole[wrong[3]]) - 400)
    printed[wrong[4]] = round(printed[wrong[4]] + (9.0 if printed[wrong[4]] < 50 else -9.0), 1)
    rows = [f"p{number:02d}" for number in range(1, PAPER_ROWS + 1)]
    frame = pd.DataFrame({"row": rows, "part": part, "whole": whole, "printed": printed})
    return {"teaching_paper": frame}


def _rounded(part: int, whole: int) -> float:
    """Percentage to one decimal, half up, in whole numbers."""
    return (2000 * part + whole) // (2 * whole) / 10


def panel(seed: int) -> dict[str, pd.DataFrame]:
    """Return a panel of invented trusts in which all trusts share far more than fuller trusts differ from others.

    Spreads and slopes are near those of the real panel (``occupancy_moments``); the slope within trusts and quarters
    is drawn between -0.18 and -0.03, and what is left of the spread varies by 15%.

    Examples
    --------
    >>> made = panel(1)["teaching_panel"]
    >>> len(made), list(made.columns)
    (288, ['trust', 'quarter', 'occupancy', 'four_hour'])
    """
    rng = np.random.default_rng(seed)
    between, common, left = PANEL_SPREAD["occupancy"]
    size = (TRUSTS, len(SHAPE))
    trust = _scaled(rng.normal(size=(TRUSTS, 1)), between)
    quarter = _scaled(np.array([SHAPE]) + rng.normal(0, 0.2, (1, len(SHAPE))), common)
    own = _scaled(_without_means(rng.normal(size=size)), left * rng.uniform(0.85, 1.15))
    occupancy = 85 + trust + quarter + own
    spread = PANEL_SPREAD["four_hour"]
    performance = 69 + rng.uniform(-0.75, -0.50) * trust + _apart(rng.normal(size=(TRUSTS, 1)), trust, spread[0])
    performance = performance + rng.uniform(-1.25, -1.00) * quarter
    performance = performance + _apart(rng.normal(size=(1, len(SHAPE))), quarter, spread[1])
    performance = performance + rng.uniform(-0.18, -0.03) * own
    performance = performance + _apart(_without_means(rng.normal(size=size)), own, spread[2])
    frame = pd.DataFrame(
        {
            "trust": np.repeat([f"T{number:02d}" for number in range(1, TRUSTS + 1)], len(SHAPE)),
            "quarter": np.tile([f"Q{number:02d}" for number in range(1, len(SHAPE) + 1)], TRUSTS),
            "occupancy": occupancy.clip(max=100).ravel().round(1),
            "four_hour": performance.clip(0, 100).ravel().round(1),
        }
    )
    return {"teaching_panel": frame}


def _without_means(values: np.ndarray) -> np.ndarray:
    """Take the mean of each row and of each column out of a table."""
    return values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()


def _scaled(values: np.ndarray, spread: float) -> np.ndarray:
    """Return values with mean zero and a given standard deviation."""
    return spread * (values - values.mean()) / values.std()


def _apart(values: np.ndarray, other: np.ndarray, spread: float) -> np.ndarray:
    """Return values of a given spread that are not correlated with others."""
    values = values - values.mean()
    return _scaled(values - (values * other).sum() / (other**2).sum() * other, spread)


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
    "panel": panel,
}  # fmt: skip

GENERATORS = {
    "teaching_survey": lambda: survey(SEED)["teaching_survey"],
    "teaching_series": lambda: series(SEED)["teaching_series"],
    "teaching_pay": lambda: pay(SEED)["teaching_pay"],
    "teaching_shortlist": lambda: pay(SEED)["teaching_shortlist"],
    "teaching_coding": lambda: coding(SEED)["teaching_coding"],
    "teaching_wards": lambda: wards(SEED)["teaching_wards"],
    "teaching_paper": lambda: paper(SEED)["teaching_paper"],
    "teaching_panel": lambda: panel(SEED)["teaching_panel"],
}
