"""An attack on all that a sweep of own reports publishes: other people who fit it give the same files, byte for byte.

An integer programme reads the published tables, and finds for each suppressed count other numbers that fit them. People
with these numbers are written to a file, and the sweep is made again. Where every byte of its pages, figures, longer
descriptions, ``results.json``, ``index.html`` and ``results.csv`` is the same, nothing published tells the two apart.
"""

from __future__ import annotations

import functools
import html
import itertools
import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from compendium import datasets, sweep
from test_unit_disclosure_attack import FEWEST, rounded_behind, window

pytestmark = pytest.mark.usefixtures("warm_kernels")

#: Checksums of the reader's own files, the only thing that may differ.
CHECKSUM = re.compile(r"\b[0-9a-f]{64}\b")


def published(notebook, folder, rows, files):
    """Write the files and make a sweep of the notebook; return every file it publishes, by path."""
    folder.mkdir()
    for name, table in files.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    pd.DataFrame(rows).to_csv(folder / "grid.csv", index=False)
    done = sweep.sweep(notebook, folder / "grid.csv", out=str(folder / "out"), full=True)
    assert done == {"done": len(rows), "skipped": 0, "failed": 0}, (folder / "out" / "index.csv").read_text()
    found = sorted(path for path in (folder / "out").rglob("*") if path.is_file() and path.suffix != ".css")
    return {str(path.relative_to(folder / "out")): CHECKSUM.sub("", path.read_text("utf-8")) for path in found}


def tables_of(page):
    """Return the tables of a published page by caption, cells as text."""
    found = {}
    for table in re.findall(r"<table.*?</table>", page, re.S):
        caption = re.search(r"<caption>(.*?)</caption>", table, re.S)
        rows = [
            [html.unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
            for row in re.findall(r"<tr.*?</tr>", table, re.S)
        ]
        if caption and len({len(row) for row in rows}) == 1:
            name = html.unescape(re.sub("<[^>]+>", "", caption[1])).strip()
            found[name] = pd.DataFrame(rows[1:], columns=rows[0])
    return found


def table_of(page, caption):
    return next(table for name, table in tables_of(page).items() if caption in name)


class Attack:
    """What a reader knows of unknown whole counts: sums of them, each between two ends."""

    def __init__(self, cells):
        self.cells, self.rows, self.limits, self.hidden = list(cells), [], [], []

    def knows(self, inside, limits, *, hidden=False):
        row = np.array([inside(*cell) for cell in self.cells], dtype=float)
        self.rows.append(row)
        self.limits.append(limits)
        self.hidden += [row] if hidden else []

    def ends(self, cell):
        """Return counts that fit with as few as possible in a cell, and with as many."""
        return [self.fitting(sign * cell) for sign in (1, -1)]

    def fitting(self, aim, *also):
        """Return counts that fit all that is known, and also further sums, with the least of an aim."""
        low, high = np.array(self.limits, dtype=float).T
        constraints = [LinearConstraint(np.array(self.rows), low, high), *also]
        found = milp(aim, constraints=constraints, integrality=np.ones(len(aim)), bounds=Bounds(0, 5000))
        return np.round(found.x).astype(int) if found.success else None

    def others(self):
        """Yield, for each suppressed cell, counts with the fewest it can be, the most, and each number in between."""
        for cell in self.hidden:
            ends = self.ends(cell)
            yield from ends
            for number in range(int(cell @ ends[0]) + 1, int(cell @ ends[1])):
                if (found := self.fitting(cell, LinearConstraint(cell, number, number))) is not None:
                    yield found


def assert_hidden(attack, truth, made):
    """Fail unless each suppressed count can be three numbers or more for which the same files are published."""
    first, fitting = made(*truth), [np.array(truth)]
    assert attack.hidden
    for other in attack.others():
        lacking = [cell for cell in attack.hidden if len({int(cell @ one) for one in fitting}) < FEWEST]
        new = any(int(cell @ other) not in {int(cell @ one) for one in fitting} for cell in lacking)
        if new and made(*other) == first:
            fitting.append(other)
    values = [sorted({int(cell @ one) for one in fitting}) for cell in attack.hidden]
    assert min(map(len, values)) >= FEWEST, values


# Workforce standards


def staff(counts):
    """Return a person a row with these counts by band, ethnic group and disability."""
    any_person = datasets.load("workforce_staff").iloc[0].to_dict() | {"grade": None}
    rows = [
        any_person | {"band": band, "ethnic_group": ethnic, "disabled": disabled}
        for (band, ethnic, disabled), many in counts
        for _ in range(many)
    ]
    return pd.DataFrame(rows).assign(person=range(1, len(rows) + 1))


def test_no_file_of_a_sweep_of_workforce_standards_tells_a_hidden_count(tmp_path):
    cells = [(band, *groups) for band in ("5", "6", "7") for groups in itertools.product("BW", "YN")]
    truth = np.array([6, 34, 15, 85, 1, 7, 11, 41, 0, 1, 2, 29])  # of band 7 one is BME, and two are disabled
    others = {name: datasets.load(f"workforce_{name}") for name in ("recruitment", "processes", "survey", "boards")}
    files = {"staff": "staff.csv", **{name: f"{name}.csv" for name in others}}
    rows = [{"name": standard, "standard": standard, **files} for standard in ("WRES", "WDES")]

    @functools.cache
    def made(*numbers):
        people = staff(zip(cells, numbers, strict=True))
        return published("workforce_equality", tmp_path / str(numbers), rows, {"staff": people, **others})

    attack = Attack(cells)
    attack.knows(lambda *_: True, (truth.sum(), truth.sum()))
    groups = {"wres": (1, "B", "W", "BME staff"), "wdes": (2, "Y", "N", "Disabled staff")}
    for name, (place, group, reference, heading) in groups.items():
        page = made(*truth)[f"{name}/index.html"]
        bands = table_of(page, "staff and all staff by pay band").set_index("band")
        for band, row in bands.iterrows():
            for column, of in ((heading, group), ("all staff", group + reference)):

                def here(*cell, band=band, of=of, place=place):
                    return (band in (cell[0], "All") or not band.isdigit()) and cell[place] in of

                number = int(np.array([here(*cell) for cell in cells]) @ truth)
                attack.knows(here, window(row[column], number), hidden=row[column] == "*")
        ratio = table_of(page, "Disparity ratio of each step").iloc[0]
        if ratio["ratio"] == "–":
            continue
        behind = rounded_behind(ratio, 160)
        lower, staff_of = int(bands.loc["5", heading]), bands["all staff"].astype(int)  # the lower bands are band 5
        sums = behind[:, 0] + behind[:, 2] - staff_of["5"], behind[:, 1] + behind[:, 3] - staff_of[["6", "7"]].sum()
        behind = behind[(behind[:, 2] == lower) & (abs(sums[0]) <= 6) & (abs(sums[1]) <= 8)]  # as roundings allow
        tiers = [(one, within) for one in (reference, group) for within in (("5",), ("6", "7"))]
        for (one, within), shown in zip(tiers, behind.T, strict=True):
            attack.knows(
                lambda *cell, one=one, within=within, place=place: cell[0] in within and cell[place] == one,
                (max(8, shown.min() - 2), shown.max() + 2),
            )
    assert_hidden(attack, truth, made)


# Pay


def payroll(*, second_band: int = 2, third_group: int = 3) -> pd.DataFrame:
    """Return a hundred staff: 3 women in the upper quarter, and as many women of band 2 and of group B as is said."""
    quarters = [(11.0, 13, 12), (13.0, 12, 13), (15.0, 12, 13), (17.0, 3, 22)]
    rows = [
        {
            "sex": sex,
            "hourly_pay": round(base + (0.3 if sex == "M" else 0) + (0.01 * at if base > 11 else 0), 2),
            "band": "5",
        }
        for base, women, men in quarters
        for sex, many in (("F", women), ("M", men))
        for at in range(many)
    ]
    people = pd.DataFrame(rows).assign(person=range(101, 201), ethnic_group="W")
    people.loc[:12, "band"] = ["2"] * second_band + ["3"] * (13 - second_band)  # thirteen women on one rate
    people.loc[people.index[13::4], "ethnic_group"] = ["B"] * third_group + ["A"] * (22 - third_group)
    return people


def test_no_file_of_a_sweep_of_pay_gaps_tells_a_hidden_count(tmp_path):
    rows = [
        {"name": "sex", "staff": "staff.csv", "characteristic": "sex", "comparator": "M", "resamples": 100},
        {
            "name": "ethnicity",
            "staff": "staff.csv",
            "characteristic": "ethnic_group",
            "comparator": "W",
            "resamples": 100,
        },
    ]
    worlds = [payroll(), payroll(second_band=1, third_group=5), payroll(second_band=4, third_group=1)]
    first, *others = (
        published("pay_gap", tmp_path / f"world{at}", rows, {"staff": one}) for at, one in enumerate(worlds)
    )
    for other in others:
        assert other == first
    women = table_of(first["sex/index.html"], "Pay gap within each band").set_index("level").iloc[:, 1]
    groups = table_of(first["ethnicity/index.html"], "pay gap of every group").set_index("group")
    assert women["Band 2"] == "*"
    assert groups["people"].str.contains(r"\*").sum() >= 2
    quarters = table_of(first["sex/index.html"], "People in each pay quarter").set_index("quarter")
    assert quarters.loc["upper", "women"] == "*"
    attack = Attack(itertools.product(quarters.index, ("women", "men")))
    for quarter, row in quarters.iterrows():
        attack.knows(lambda at, _, quarter=quarter: at == quarter, (25, 25))
        for side in ("women", "men"):
            true = {"upper": {"women": 3, "men": 22}, "lower": {"women": 13, "men": 12}}
            number = true.get(quarter, {"women": 12, "men": 13})[side]
            percent = row[f"{side} (%)"]
            exact = round(float(percent) / 4) if percent != "–" else 0  # the share gives the count of 25
            limits = (exact, exact) if exact else window(row[side], number)
            attack.knows(
                lambda at, of, quarter=quarter, side=side: (at, of) == (quarter, side), limits, hidden=row[side] == "*"
            )
    for side, number in (("women", 40), ("men", 60)):
        attack.knows(lambda _, of, side=side: of == side, (number, number))
    assert attack.hidden
    for cell in attack.hidden:
        low, high = attack.ends(cell)
        assert cell @ high - cell @ low + 1 >= FEWEST


# Climate


def test_no_file_of_a_sweep_of_climate_reports_tells_an_answer_of_a_hidden_team(tmp_path):
    survey = datasets.load("climate_survey_baseline")
    sizes = survey["team"].value_counts()
    survey["team"] = survey["team"].map({name: f"Team {chr(65 + at)}" for at, name in enumerate(sizes.index)})
    small = survey["team"].isin([f"Team {chr(65 + at)}" for at, many in enumerate(sizes) if many < 11])
    trust = [name for name in survey if name.startswith("trust_")]
    items = [name for name in survey if re.search(r"_\d$", name)]
    worlds = []
    for answer in (0, 1, 3):
        world = survey.copy()
        world.loc[world["team"] == "Team A", trust] = answer  # a large team of one opinion
        world.loc[small, items] = answer
        world.loc[world.index[world["team"] == "Team E"][:answer], "team"] = "Team F"  # 4 people, 5 or 7
        worlds.append(world)
    rows = [{"name": f"level-{level}", "survey": "survey.csv", "level": level / 100} for level in (90, 95)]
    first, *others = (
        published("climate_benchmarks", tmp_path / f"world{at}", rows, {"survey": one}) for at, one in enumerate(worlds)
    )
    assert small.sum() > 5
    assert "everybody, or everybody but one, has the same score" in first["level-95/index.html"]
    for other in others:
        assert other == first
