"""Pages of real evidence on pay gaps and on who waits: against the official files, and on small files like them."""

from __future__ import annotations

import re
from itertools import product

import pandas as pd
import pytest

from compendium import datasets
from everyday.official import pay, waiting
from healthsys.errors import DataError
from healthsys.io import read_pay_gap_service
from pay_pages import shown
from real_data import original
from workbooks import workbook


def official_file(shared, data, place):
    return original(shared, datasets.describe(data)["computed"]["files"][place])


@pytest.fixture(scope="module")
def waits():
    return shown("who-waits")


@pytest.fixture(scope="module")
def gaps():
    return shown("nhs-gender-pay-gap")


# Pay gaps

HEADER = (
    "EmployerName,EmployerId,Address,PostCode,CompanyNumber,SicCodes,DiffMeanHourlyPercent,DiffMedianHourlyPercent,"
    "DiffMeanBonusPercent,DiffMedianBonusPercent,MaleBonusPercent,FemaleBonusPercent,MaleLowerQuartile,"
    "FemaleLowerQuartile,MaleLowerMiddleQuartile,FemaleLowerMiddleQuartile,MaleUpperMiddleQuartile,"
    "FemaleUpperMiddleQuartile,MaleTopQuartile,FemaleTopQuartile,CompanyLinkToGPGInfo,ResponsiblePerson,EmployerSize,"
    "CurrentName,SubmittedAfterTheDeadline,DueDate,DateSubmitted"
)


def line(name, number, *, median, due="2025/03/31", sic="1", submitted="2025/03/01"):
    return (
        f'{name},{number},"Road,\nTown",AB1,,"{sic}",{median + 10},{median},,,0,0,20,80,20,80,18,82,32,68,,Somebody,'
        f"1000 to 4999,{name},False,{due} 00:00:00,{submitted} 10:00:00"
    )


def service_file(tmp_path, *lines):
    path = tmp_path / "year.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_trust_is_told_by_its_name_and_its_public_due_date(tmp_path):
    private = "2025/04/05"
    path = service_file(
        tmp_path,
        line("Alder N H S Foundation Trust", 1, median=4.0),
        line("Birch Hospital NHS FT", 2, median=6.0),
        line("Cedar NHS Trusts", 3, median=8.0),
        line("NHS Dale Integrated Care Board", 4, median=20.0),
        line("Elm Academy Trust", 5, median=25.0),
        line("NHS Fir Trust Services Limited", 6, median=30.0, due=private),
        line("Gorse Clinic", 7, median=2.0, due=private, sic="86210"),
    )
    assert pay.read_year(path)["trust"].tolist() == [True, True, True, False, False, False, False]
    found = pay.years(path).set_index(["group", "measure"])
    trusts = found.loc[("NHS trusts", "median_hourly_gap")]
    assert (trusts["employers"], trusts["median"], trusts["above_zero"]) == (3, 6.0, 100.0)
    assert found.loc[("Other health employers", "median_hourly_gap"), "employers"] == 3
    assert found.loc[("All employers", "median_hourly_gap"), "employers"] == 7


def test_a_record_sent_twice_with_the_same_figures_counts_once_and_with_others_is_an_error(tmp_path):
    twice = (line("Alder NHS Trust", 1, median=4.0), line("Alder NHS Trust", 1, median=4.0, submitted="2025/03/02"))
    found = read_pay_gap_service(service_file(tmp_path, *twice))
    assert len(found) == 1
    assert found.attrs["notes"]["records submitted twice with the same figures: counted once"] == 1
    other = service_file(tmp_path, twice[0], line("Alder NHS Trust", 1, median=5.0))
    with pytest.raises(DataError, match=r"EmployerId '1' occurs 2 times"):
        read_pay_gap_service(other)


def test_the_headline_equals_a_plain_reading_of_the_rows(shared, gaps):
    """Read without this project's reader: names in lower case, spaces in N H S closed, and due on 31 March."""
    medians, narrow = [], []
    for place in (0, 2, 3, 4, 5):
        rows = pd.read_csv(official_file(shared, "nhs_pay_gap_years", place), dtype=str, keep_default_na=False)
        gap = pd.to_numeric(rows["DiffMedianHourlyPercent"])
        name = rows["EmployerName"].str.lower()
        public = rows["DueDate"].str.contains(r"^31[/-]03|/03/31")
        joined = name.str.replace(r"n\s?h\s?s\b", "nhs", regex=True)
        medians.append(
            gap[public & joined.str.contains(r"\bnhs\b") & joined.str.contains(r"\btrusts?\b|\bft\b")].median()
        )
        plain = name.str.replace(r"[^\w\s]", " ", regex=True).str.split().str.join(" ")
        chosen = public & plain.str.contains(r"\bnhs\b") & plain.str.contains(r"\btrust\b")
        narrow.append(gap[chosen].set_axis(plain[chosen])[lambda one: ~one.index.duplicated(keep=False)])
    assert [gaps.value("trusts_first"), gaps.value("trusts_last")] == [medians[0], medians[-1]]
    always = set.intersection(*(set(one.index) for one in narrow))
    assert len(always) == 115
    assert [round(one[list(always)].median(), 1) for one in narrow] == [9.7, 10.6, 9.6, 9.9, 8.0]
    assert [gaps.value("narrow_first"), gaps.value("narrow_last")] == pytest.approx([9.7, 8.0])


def test_sentences_of_the_pay_page_are_true_of_its_tables(gaps):
    both = gaps.tables["mean-and-median"].set_index("year").astype(float)
    assert (both["mean hourly gap"] > 2 * both["median hourly gap"]).all()
    middle = gaps.tables["distribution"].query("employers == employers")
    assert set(middle.iloc[:, 0]) == {"NHS trusts", "All employers", "Other health employers"}
    assert gaps.value("choices_lower") == gaps.value("choices")
    trusts = datasets.load("nhs_pay_gap_years").query("group == 'NHS trusts' and measure == 'median_hourly_gap'")
    assert trusts["median"].iloc[1:4].max() > trusts["median"].iloc[0] > trusts["median"].iloc[-1]


def test_no_employer_is_in_what_is_committed():
    for name in ("nhs_pay_gap_years", "nhs_pay_gap_counts"):
        text = datasets.load(name).select_dtypes("str").to_csv()
        assert not re.search(r"Foundation|University|Hospital", text)


def test_the_pay_page_lists_the_trusts_of_a_file(tmp_path):
    lines = [line(f"Place {number} NHS Trust", number, median=float(number)) for number in range(1, 12)]
    page = shown("nhs-gender-pay-gap", official=str(service_file(tmp_path, *lines)))
    assert page.tables["named"]["employer"].tolist()[0] == "Place 11 NHS Trust"
    assert page.value("own_median") == 6.0
    assert "Place 1 NHS Trust" in page.figures["trusts"]["alt"]
    assert "Somebody" not in page.markup


def test_the_pay_page_lists_the_trusts_of_the_real_file(shared):
    page = shown("nhs-gender-pay-gap", official=str(official_file(shared, "nhs_pay_gap_years", 5)))
    assert page.value("own_median") == page.value("trusts_last")
    assert len(page.tables["named"]) == page.value("own_trusts") == 200


def test_occupations_carry_the_quality_that_the_workbook_shows_by_colour():
    jobs = datasets.load("ashe_health_occupations").set_index(["code", "hours"])
    assert jobs.loc[("2231", "all"), ["median_gap", "median_quality", "mean_quality"]].tolist() == [
        -15.3, "reasonable", "good",
    ]  # fmt: skip
    hidden = jobs["median_gap"].isna()
    assert (jobs.loc[hidden, "median_quality"] == "unreliable").all()
    assert (jobs.loc[~hidden, "median_quality"] != "unreliable").all()


# Who waits

GROUPS = {
    "Age": ["0 to 18 years", "19 to 64 years", "Over 65 years"],
    "Sex": ["Female", "Male"],
    "Deprivation": [f"IMD {tenth}" for tenth in range(1, 11)],
    "Ethnicity": ["A: British", "B: Irish", "H: Indian", "Z: Not stated", "99: Not known"],
}
PLACES = [("ENG", "ENGLAND", "ALL"), ("R1A", "OAK NHS TRUST", "ACUTE TRUST"), ("R1B", "YEW NHS TRUST", "ACUTE TRUST")]


def england(breakdown):
    """Whole numbers by group: everybody is in the table by ethnicity, 40 pathways are missing from the others."""
    many = {"Age": [300, 400, 260], "Sex": [500, 460], "Deprivation": [96] * 10, "Ethnicity": [700, 100, 100, 60, 40]}
    rows = []
    for place, n in enumerate(many[breakdown]):
        within, long = n // 2 + 3 * (place == 0) - 3 * (place == len(many[breakdown]) - 1), n // 20
        rows.append((n, within, n - within - long, long, 0))
    return rows


def demographics(tmp_path):
    sheets = {}
    for name, groups in GROUPS.items():
        for kind in ("Provider", "Time-Series") if name in ("Age", "Sex") else ("Provider",):
            keys = ["Organisation Code", "Organisation Name", "Organisation Type"]
            keys = keys if kind == "Provider" else ["Week Ending"]
            rows = PLACES if kind == "Provider" else [("2021-09-19",), ("2026-01-25",)]
            cells = {(12, 1 + place): key for place, key in enumerate(keys)}
            for place, (group, values) in enumerate(zip(groups, england(name), strict=False)):
                at = 1 + len(keys) + 5 * place
                cells[(12, at)] = f"Incomplete Pathways - {group}"
                for more, (heading, value) in enumerate(zip(waiting.COUNTS, values, strict=True)):
                    cells[(13, at + more)] = heading
                    cells |= {(14 + down, at + more): value for down in range(len(rows))}
            for down, row in enumerate(rows):
                cells |= {(14 + down, 1 + place): text for place, text in enumerate(row[: len(keys)])}
            wide, deep = (1 + max(places) for places in zip(*((column, row) for row, column in cells), strict=True))
            sheets[f"{kind}-{name}"] = [[cells.get((row, column)) for column in range(wide)] for row in range(deep)]
    return workbook(tmp_path / "demographics.xlsx", sheets)


def test_bounds_are_the_extremes_over_every_way_to_place_the_unknowns(waits):
    """Brute force with 3 groups and 4 unknown pathways: each can belong to each group."""
    known = {"a": (10, 6), "b": (8, 2), "c": (5, 5)}
    unknowns = [True, True, True, False]
    seen = {"a": [], "difference": []}
    for placed in product(known, repeat=len(unknowns)):
        share = {}
        for group, (n, w) in known.items():
            mine = [within for within, where in zip(unknowns, placed, strict=True) if where == group]
            share[group] = (w + sum(mine)) / (n + len(mine))
        seen["a"].append(share["a"])
        seen["difference"].append(share["a"] - share["b"])
    low, high = (
        {g: f(n, w) for g, (n, w) in known.items()} for f in (lambda n, w: w / (n + 1), lambda n, w: (w + 3) / (n + 3))
    )
    assert (min(seen["a"]), max(seen["a"])) == pytest.approx((low["a"], high["a"]))
    assert (min(seen["difference"]), max(seen["difference"])) == pytest.approx(
        (low["a"] - high["b"], high["a"] - low["b"])
    )


def test_the_headline_of_the_waits_equals_the_arithmetic_on_the_committed_counts(waits):
    counts = datasets.load("waiting_list_groups")
    now = counts[counts["week_ending"] == counts["week_ending"].max()].set_index(["breakdown", "group"])
    whole, by_area = (now.loc[name, ["waiting", "within_18"]].sum() for name in ("ethnicity", "deprivation"))
    inside = whole["within_18"] - by_area["within_18"]
    outside = whole["waiting"] - by_area["waiting"] - inside
    (n, w), (m, v) = (now.loc[("deprivation", tenth), ["waiting", "within_18"]] for tenth in ("1", "10"))
    assert waits.value("difference_deprivation") == pytest.approx(100 * (w / n - v / m))
    assert waits.value("difference_deprivation_low") == pytest.approx(
        100 * (w / (n + outside) - (v + inside) / (m + inside))
    )
    assert waits.value("difference_deprivation_high") == pytest.approx(
        100 * ((w + inside) / (n + inside) - v / (m + outside))
    )


def test_the_needed_difference_of_unknowns_undoes_the_observed_one(waits):
    p = waits.value("unknown_deprivation") / 100
    d = waits.value("difference_deprivation")
    assert (1 - p) * d + p * waits.value("needed_deprivation") == pytest.approx(0, abs=1e-6)


def test_shares_equal_those_that_the_workbook_states(shared, waits):
    path = official_file(shared, "waiting_list_groups", 0)
    cells = pd.read_excel(path, sheet_name="Provider-Deprivation", header=None, engine="calamine")
    stated = [100 * cells.loc[14, column] for column in cells.columns[cells.loc[13].eq("% within 18 weeks*")]]
    assert [waits.value("share_most_deprived"), waits.value("share_least_deprived")] == pytest.approx(
        [stated[0], stated[-1]]
    )


def test_the_waiting_page_reads_a_workbook_and_lists_its_trusts(tmp_path):
    page = shown("who-waits", official=str(demographics(tmp_path)))
    assert page.value("whole") == 1000
    assert page.value("unknown_deprivation") == pytest.approx(4.0)
    assert set(page.tables["trusts"]["trust"]) == {"OAK NHS TRUST", "YEW NHS TRUST"}


def test_the_waiting_page_lists_the_trusts_of_the_real_workbook(shared, waits):
    page = shown("who-waits", official=str(official_file(shared, "waiting_list_groups", 0)))
    assert page.value("difference_deprivation") == waits.value("difference_deprivation")
    assert len(page.tables["trusts"]) > 100
    assert 50 < page.value("trusts_lower") <= 100


def test_a_group_that_is_not_there_and_another_file_are_named(tmp_path):
    with pytest.raises(Exception, match=r"there is no ethnic group 'Martian'; allowed: White: British"):
        shown("who-waits", reference="Martian")
    path = tmp_path / "other.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(Exception, match=r"other\.xlsx"):
        waiting.groups(path)
