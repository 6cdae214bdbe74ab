"""The keys of the sheets on paper, computed again from what is on the sheet alone, by other means than the module's."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

import taught
from everyday.teaching import paper

MODULES = {module.name: module for module in taught.MODULES}


@pytest.fixture(scope="module")
def sheets():
    """The sheets of a module by variant, made once."""
    made = {}
    return lambda name, variant: made.setdefault(name, paper.variants(MODULES[name]))[variant]


each = pytest.mark.parametrize("variant", list(paper.VARIANTS))


def lines(values, start):
    """The straight line through values, from sums: its height at a time."""
    times = range(start, start + len(values))
    middle, mean = statistics.fmean(times), statistics.fmean(values)
    slope = sum((t - middle) * (v - mean) for t, v in zip(times, values)) / sum((t - middle) ** 2 for t in times)  # noqa: B905
    return lambda time: mean + slope * (time - middle)


@each
def test_trends(sheets, variant):
    """Two separate lines through the months before and after are the segmented regression."""
    (sheet,) = sheets("service-trends", variant)
    before, after = ([float(one) for one in sheet.table.iloc[:, at].dropna()] for at in (1, 3))
    mean = statistics.fmean(before)
    reach = 2.66 * statistics.fmean(abs(a - b) for a, b in zip(before[1:], before[:-1], strict=True))
    early, late, start = lines(before, 0), lines(after, len(before)), len(before)
    assert sheet.key == {
        "mean before": pytest.approx(mean, abs=0.051),
        "limits": f"{mean - reach:.1f} to {mean + reach:.1f}",
        "months below the lower limit": sum(one < mean - reach for one in after),
        "step (read from the paper: within 2)": pytest.approx(late(start) - early(start), abs=0.051),
        "after a year (within 3)": pytest.approx(late(start + 12) - early(start + 12), abs=0.051),
    }


@each
def test_pay(sheets, variant):
    bands, round_, slips = sheets("pay-gaps", variant)
    rows = bands.table.iloc[:-2].set_index("band").astype(float)
    women, men = rows["women"], rows["men"]
    mean = {one: (rows[one] * rows[f"{one}'s pay"]).sum() / rows[one].sum() for one in ("women", "men")}
    shown = bands.table.set_index("band")
    middle = shown.loc["All, median"]
    explained = {one: float(((men / men.sum() - women / women.sum()) * rows[f"{one}'s pay"]).sum()) for one in mean}
    assert bands.key == {
        "mean gap (%)": pytest.approx(100 * (mean["men"] - mean["women"]) / mean["men"], abs=0.1),
        "median gap (%)": pytest.approx(100 * (1 - middle["women's pay"] / middle["men's pay"]), abs=0.1),
        "explained, at men's pay (pounds)": pytest.approx(explained["men"], abs=0.011),
        "explained, at women's pay (pounds)": pytest.approx(explained["women"], abs=0.011),
        "bands to hide": ", ".join(band for band in rows.index if {women[band], men[band]} & {1, 2, 3, 4}),
    }
    share = {row.group: row.appointed / row.shortlisted for row in round_.table.itertuples()}
    assert list(round_.key.values()) == [
        pytest.approx(share["white"], abs=0.00051),
        pytest.approx(share["BME"], abs=0.00051),
        pytest.approx(share["white"] / share["BME"], abs=0.0051),
    ]
    people = sorted(slips.table.itertuples(), key=lambda one: one.hourly_pay)
    by = {sex: [one.hourly_pay for one in people if one.gender == sex] for sex in ("woman", "man")}
    assert slips.key == {
        "women's median": pytest.approx(statistics.median(by["woman"]), abs=0.0051),
        "men's median": pytest.approx(statistics.median(by["man"]), abs=0.0051),
        "women in the highest quarter (%)": 20 * Counter(one.gender for one in people[-5:])["woman"],
    }


@each
def test_climate(sheets, variant):
    scores, ten, team, teams, student = sheets("measuring-climate", variant)
    weak = [
        row.dimension
        for row in scores.table.itertuples()
        if (row.practice > row.stagnant if row.direction == "lower is better" else row.practice < row.stagnant)
    ]
    trust = scores.table.set_index("dimension").loc["trust"]
    place = (trust["practice"] - trust["stagnant"]) / (trust["innovative"] - trust["stagnant"])
    assert scores.key == {
        "below the stagnant benchmark": ", ".join(weak),
        "place of trust": pytest.approx(place, abs=0.0051),
    }

    def answers(row, name):
        return [float(row[f"{name} {n}"]) for n in range(1, 6) if row[f"{name} {n}"] != ""]

    people = [row for _, row in ten.table.iterrows()]
    idea = [statistics.fmean(given) for row in people if len(given := answers(row, "idea")) >= 3]
    whole = [given for row in people if len(given := answers(row, "trust")) == 5]
    items = sum(statistics.variance(item) for item in zip(*whole, strict=True))
    alpha = 5 / 4 * (1 - items / statistics.variance([sum(given) for given in whole]))
    assert ten.key == {
        "people with a score": len(idea),
        "mean idea time": pytest.approx(100 * statistics.fmean(idea), abs=0.051),
        "alpha of trust": pytest.approx(alpha, abs=0.0051),
    }
    spread = statistics.variance([float(one) for one in team.table["freedom_1"]])
    assert list(team.key.values()) == [
        pytest.approx(spread, abs=0.00051), pytest.approx(max(0, 1 - spread / ((4**2 - 1) / 12)), abs=0.0051),
    ]  # fmt: skip
    means = [float(one) for one in teams.table["mean"]]
    t = student.table.set_index("degrees of freedom")["t"][len(means) - 1]
    reach = t * statistics.stdev(means) / math.sqrt(len(means))
    assert list(teams.key.values()) == [
        pytest.approx(statistics.fmean(means), abs=0.051), pytest.approx(statistics.fmean(means) - reach, abs=0.11),
    ]  # fmt: skip


@each
def test_coding(sheets, variant):
    cross = sheets("coding-resilience", variant)[-1]
    counts = cross.table.iloc[:, 1:].to_numpy(float)
    n, diagonal = counts.sum(), np.trace(counts)
    rows, columns = counts.sum(axis=1) / n, counts.sum(axis=0) / n
    both, chance = (rows + columns) / 2, float(rows @ columns)
    gwet = 0.5 * float(both @ (1 - both))
    share = diagonal / n
    wanted = [share, chance, (share - chance) / (1 - chance), (share - gwet) / (1 - gwet)]
    assert list(cross.key.values()) == [pytest.approx(one, abs=0.00051) for one in wanted]


@each
def test_beds(sheets, variant):
    """The loss formula as a ratio of sums, not as the recursion."""
    wards, losses = sheets("beds-and-slack", variant)[:2]
    rows = {row.ward: row for row in wards.table.itertuples()}
    loads = {name: row.arrivals * row.stay for name, row in rows.items()}
    beds = {name: int(row.beds) for name, row in rows.items()}
    loads["Harbour and Meadow"] = loads["Harbour"] + loads["Meadow"]
    beds["Harbour and Meadow"] = beds["Harbour"] + beds["Meadow"]
    assert wards.key == {f"load of {name}": pytest.approx(load, abs=0.0051) for name, load in loads.items()}

    def full(load, n):
        return load**n / math.factorial(n) / sum(load**k / math.factorial(k) for k in range(n + 1))

    harbour = loads["Harbour"]
    wanted = {f"full, {name}": full(load, beds[name]) for name, load in loads.items()}
    wanted = {name: pytest.approx(share if share >= 0.001 else 0, abs=0.00006) for name, share in wanted.items()}
    wanted["beds for the target"] = next(n for n in range(1, 99) if full(2 * harbour, n) < 0.05)  # next winter
    served = sum(k * harbour**k / math.factorial(k) for k in range(beds["Harbour"] + 1))
    served /= sum(harbour**k / math.factorial(k) for k in range(beds["Harbour"] + 1))
    wanted["slack of Harbour"] = pytest.approx(beds["Harbour"] - served, abs=0.0051)
    assert losses.key == wanted


@each
def test_auditing(sheets, variant):
    sheet = sheets("auditing-numbers", variant)[0]
    off, cut, shares = [], [], {}
    for row in sheet.table.itertuples():
        exact = Decimal(100 * int(row.part)) / Decimal(int(row.whole))
        shares[row.row], reported = exact, Decimal(str(row.printed))
        if exact.quantize(Decimal("0.1"), ROUND_HALF_UP) != reported:
            off.append(row.row)
            cut += [row.row] if Decimal(int(exact * 10)) / 10 == reported else []
    assert sheet.key == {
        "p01 (%)": pytest.approx(float(shares["p01"]), abs=0.0051),
        "rows that do not follow": ", ".join(off),
        "cut off": ", ".join(cut),
        "relative fall (%)": pytest.approx(float(100 * (1 - shares["p02"] / shares["p01"])), abs=0.051),
    }


@each
def test_comparisons(sheets, variant):
    """Least squares with a column for each trust or quarter, not subtraction of means."""
    nine, slopes = sheets("changing-comparisons", variant)
    x = nine.table["occupancy"].to_numpy(float)

    def slope(*effects):
        columns = [np.ones(len(x)), *(pd.get_dummies(nine.table[one]).to_numpy(float).T[1:] for one in effects)]
        design = np.column_stack([x, np.vstack(columns).T])
        return np.linalg.lstsq(design, nine.table["four_hour"].to_numpy(float), rcond=None)[0][0]

    wanted = [slope(), slope("quarter"), slope("trust"), slope("trust", "quarter")]
    assert list(nine.key.values()) == [pytest.approx(one, abs=0.0051) for one in wanted]
    each_trust = [float(one) for one in slopes.table["slope"]]
    error = statistics.stdev(each_trust) / math.sqrt(len(each_trust))
    assert list(slopes.key.values()) == [
        pytest.approx(statistics.fmean(each_trust), abs=0.00051),
        pytest.approx(error, abs=0.00051),
    ]


def test_every_key_is_computed_again_here(sheets):
    counted = {name: sum(bool(one.key) for one in sheets(name, "A")) for name in MODULES}
    assert counted == {"service-trends": 1, "pay-gaps": 3, "measuring-climate": 4, "coding-resilience": 1,
                       "beds-and-slack": 2, "auditing-numbers": 1, "changing-comparisons": 2}  # fmt: skip
