"""An attack on all that a report publishes: an integer programme of its own, fed with the page's tables and ratios."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.stats import norm

from healthsys import workforce
from healthsys.disclosure import HES, LOCAL_1_4, OFF, Printed, needed, protect, safety
from test_unit_workforce_pages import Page, own_tables

#: Fewest numbers that a hidden count must still be able to be.
FEWEST = 3


def window(text: str, true: int) -> tuple[float, float]:
    """Return what a printed count can be; of a starred one the attacker knows why it is starred."""
    if text == "*":
        return (1, 7) if true <= 7 else (8, np.inf)
    shown = int(text.replace(",", ""))
    return (max(8, shown - 2), shown + 2) if shown else (0, 0)


def possible(rows: list, limits: list, cell: np.ndarray) -> int:
    """Return how many numbers from lowest to highest a sum of unknown whole counts can be."""
    low, high = np.array(limits, dtype=float).T
    ends = []
    for sign in (1, -1):
        found = milp(
            sign * cell, constraints=LinearConstraint(np.array(rows), low, high), integrality=np.ones(len(cell)),
            bounds=Bounds(0, 5000),
        )  # fmt: skip
        assert found.success, "what is printed contradicts itself"
        ends.append(round(sign * found.fun))
    return ends[1] - ends[0] + 1


def rounded_behind(row: pd.Series, most: int) -> np.ndarray:
    """Return the rounded counts (reference lower, upper, group lower, upper) that give a printed ratio and interval."""
    four = np.array(list(itertools.product(range(10, most, 5), repeat=4)), dtype=float)
    ratio = (four[:, 1] / four[:, 0]) / (four[:, 3] / four[:, 2])
    spread = np.exp(norm.ppf(0.975) * np.sqrt((1 / four).sum(axis=1)))
    ends = zip(("ratio", "lower", "upper"), (ratio, ratio / spread, ratio * spread), strict=True)
    return four[np.all([np.abs(end - float(row[name])) <= 0.00501 for name, end in ends], axis=0)]


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    """Two hundred staff of whom one is BME and in band 7, as in the file that gave her away."""
    counts = {("5", "B"): 40, ("6", "B"): 8, ("7", "B"): 1, ("5", "W"): 100, ("6", "W"): 52, ("7", "W"): 31}

    def staff(table):
        rows = [
            table.iloc[0].to_dict() | {"band": band, "grade": None, "ethnic_group": group}
            for (band, group), number in counts.items()
            for _ in range(number)
        ]
        return pd.DataFrame(rows).assign(person=range(1, len(rows) + 1))

    folder = tmp_path_factory.mktemp("trust")
    page = Page("workforce-race-equality", **own_tables(folder, staff=staff), figures_from="rounded", bands="band")
    return counts, page


def test_the_race_equality_page_leaves_each_hidden_count_several_values(trust):
    counts, page = trust
    cells = list(counts)
    bands = page.tables["bands"].set_index("band")
    rows, limits, hidden = [np.ones(len(cells))], [(sum(counts.values()),) * 2], []
    for band, row in bands.iterrows():
        for column, of in (("BME staff", "B"), ("all staff", "BW")):
            here = np.array([(band in (at, "All")) and group in of for at, group in cells], dtype=float)
            true = int(here @ list(counts.values()))
            rows.append(here)
            limits.append(window(row[column], true))
            hidden += [here] if row[column] == "*" else []
    ratio = page.tables["disparity"].iloc[0]
    behind = rounded_behind(ratio, 110)
    assert len(behind), "the ratio is of rounded counts"
    tiers = [("W", ("5",)), ("W", ("6", "7")), ("B", ("5",)), ("B", ("6", "7"))]
    for (group, within), shown in zip(tiers, behind.T, strict=True):
        rows.append(np.array([at in within and of == group for at, of in cells], dtype=float))
        limits.append((max(8, shown.min() - 2), shown.max() + 2))
    assert len(hidden) >= 2
    assert min(possible(rows, limits, cell) for cell in hidden) >= FEWEST
    exact = [(*rows, rows[-1]), (*limits, (9, 9)), hidden[0]]
    assert possible(*map(list, exact[:2]), exact[2]) <= possible(rows, limits, hidden[0]), "the attack can find more"


def test_every_figure_of_an_own_report_follows_from_its_rounded_counts(trust):
    _, page = trust
    counted = page.tables["likelihoods-table"]
    columns = [name for name in counted if name.startswith("with the outcome")]
    for row, one in zip(counted.to_dict("records"), ("wres2", "wres3", "wres4"), strict=True):
        result = page.results[one]
        pairs = [[int(number.replace(",", "")) for number in row[name].split(" of ")] for name in columns]
        (had, could), (other_had, other_could) = pairs
        assert not {had, could, other_had, other_could} & set(range(1, 8))
        assert result["value"] == pytest.approx((had / could) / (other_had / other_could), rel=1e-6)
    shares = page.drawn("representation").set_index("band")["percent"].dropna()
    bands = page.tables["bands"].set_index("band")
    assert len(shares)
    for band, percent in shares.items():
        part, whole = (int(bands.loc[band, name]) for name in ("BME staff", "all staff"))
        assert percent == pytest.approx(100 * part / whole, rel=1e-4)
    answers = page.tables["survey-table"]
    for text, base in zip(answers["BME (%)"], answers["BME who answered"], strict=True):
        share = float(text.split(" (")[0]) * int(base.replace(",", "")) / 500
        assert share == pytest.approx(round(share), abs=0.02 + int(base.replace(",", "")) * 1e-4)
    assert page.results["data_kind"]["value"] == "Your own data."
    assert page.results["safe_to_share"]["value"] == "yes"


def stages():
    """Return the recruitment of three organisations; community appointed 3 BME, all less two others."""
    people = {
        ("ACU", "BME"): (398, 190, 49, 39, 17, 14), ("ACU", "White"): (900, 420, 160, 128, 61, 53),
        ("DGH", "BME"): (282, 133, 39, 30, 13, 10), ("DGH", "White"): (612, 303, 122, 99, 48, 41),
        ("COM", "BME"): (120, 58, 20, 11, 3, 2), ("COM", "White"): (300, 140, 58, 44, 21, 19),
    }  # fmt: skip
    rows = [
        (unit, group, stage, number)
        for (unit, group), numbers in people.items()
        for stage, number in zip(workforce.STAGES, numbers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["organisation", "group", "stage", "people"])


def test_a_sweep_over_organisations_and_their_total_leaves_each_hidden_count_several_values():
    counts = stages()
    page = workforce.protect_stages(counts, HES)
    units = list(dict.fromkeys(counts["organisation"]))
    starred = 0
    for (group, stage), part in counts.groupby(["group", "stage"]):
        number = part.set_index("organisation")["people"]
        rows, limits, hidden = [], [], []
        for unit in ["", *units]:
            cell = {"group": group, f"reached {stage}": "yes"} | ({"organisation": unit} if unit else {})
            shown = page.shown(cell)
            here = np.array([not unit or unit == one for one in units], dtype=float)
            rows.append(here)
            limits.append(window("*" if shown is None else str(shown), int(here @ number[units])))
            hidden += [here] if shown is None else []
        starred += len(hidden)
        assert all(possible(rows, limits, cell) >= FEWEST for cell in hidden)
    assert starred >= 2
    of_all = counts.groupby(["stage", "group"], as_index=False)["people"].sum()
    found = workforce.recruitment(of_all, groups=("BME", "White"), page=page).set_index("step")
    for step, row in found[found["ratio"].notna()].iterrows():
        before, after = step.split(" to ")
        four = [
            page.shown({"group": one, f"reached {at}": "yes"}) for one in ("BME", "White") for at in (after, before)
        ]
        assert row["ratio"] == pytest.approx((four[0] / four[1]) / (four[2] / four[3]))


def test_a_small_count_keeps_an_interval_as_wide_as_half_of_it():
    people = pd.DataFrame({"band": ["5", "6"], "people": [7, 11]})
    page = protect(people, tables=[Printed("t", ("band",))], rule=HES)
    small = page.proof.ranges.set_index("reason").loc["small"]
    assert small["needed"] == needed(7) == 5
    assert small["highest"] - small["lowest"] + 1 >= 5


def test_a_large_trust_has_bands_and_a_small_one_clusters():
    staff = pd.DataFrame({"band": ["2", "5", "6", "7", "8a"], "group": "BME", "people": [30, 25, 12, 9, 3]})
    assert workforce.bands_to_show(staff, group="BME", rule=HES) == "band"
    assert workforce.bands_to_show(staff.assign(people=[12, 9, 5, 3, 1]), group="BME", rule=HES) == "cluster"
    assert workforce.bands_to_show(staff.assign(people=1), group="BME", rule=OFF) == "band"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rule": OFF}, "The rule for small numbers was lowered to 'off': no count is suppressed"),
        ({"rule": LOCAL_1_4}, "only counts of 1 to 4 are suppressed"),
        ({"answers": 10}, "Answers of groups as small as 10 people are shown"),
        ({"rule": HES, "unrounded": True}, "calculated from unrounded counts"),
    ],
)
def test_a_lowered_rule_is_not_safe_to_share(given, said):
    found = safety(given.pop("rule", None), **given)
    assert (found.safe, found.answer) == (False, "no")
    assert said in found.reasons[0]
