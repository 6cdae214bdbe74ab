"""Headline numbers on teams, sickness and turnover, recomputed from the rows and by R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from everyday.official import teams
from healthsys import climate
from real_data import committed, files_of

#: R 4.2.2, multilevel 2.7: ``cronbach(items)$Alpha``, ``ICC1(aov(rowMeans(items) ~ as.factor(COMPID)))``, ``ICC2`` of
#: the same, ``median(rwg.j(items, COMPID, ranvar = 2)$rwg.j)`` and ``rwg.j(items, rep(1, 2042), ranvar = 2)``.
BY_R = {
    "leadership": (0.90223656576, 0.0879562185216, 0.800754373013, 0.870107663078, 0.84691796179),
    "task_significance": (0.823140780707, 0.0803839995637, 0.784607839171, 0.606551952349, 0.557433072706),
    "hostility": (0.872924439984, 0.0540049427916, 0.704059183926, 0.648592624918, 0.53943861033),
}


@pytest.mark.parametrize("scale", BY_R)
def test_the_page_gives_what_r_multilevel_gives(scale):
    results = committed("climate-real-teams")
    names = ("alpha", "icc1", "icc2", "rwg", "rwg_one_team")
    assert [results[f"{name}_{scale}"]["value"] for name in names] == pytest.approx(BY_R[scale], rel=1e-7)


@pytest.mark.parametrize("scale", BY_R)
def test_sums_by_team_give_what_the_methods_give_on_the_answers(scale, shared):
    (path,) = files_of(shared, "lq2002.rda")
    rows, results = teams.read_answers(path), committed("climate-real-teams")
    start = {name.replace(" ", "_"): start for start, name in teams.SCALES.items()}[scale]
    items = rows.filter(like=start)
    alpha, between = climate.cronbach_alpha(items), climate.icc(items.mean(axis=1), rows["team"])
    expected = [alpha.alpha, alpha.lower, alpha.upper, between.icc1, between.icc1_lower, between.icc1_upper]
    keys = [f"alpha_{scale}", f"icc1_{scale}"]
    assert [results[key][part] for key in keys for part in ("value", "lower", "upper")] == pytest.approx(
        expected, rel=1e-7
    )
    each = [climate.rwg_j(people, variance=2.0).value for _, people in items.groupby(rows["team"])]
    assert results[f"rwg_{scale}"]["value"] == pytest.approx(float(np.median(each)), rel=1e-7)


def test_medians_of_the_civil_service_are_the_published_benchmarks(shared):
    table = datasets.load("civil_service_climate").query("percentile == 50").set_index(["year", "measure"])["score"]
    (old,), (new,) = files_of(shared, "*2019-All-Organisation*.csv"), files_of(shared, "*2024_Benchmark_Results.ods")
    published = pd.read_csv(old, encoding="utf-8-sig").set_index("Organisation code").loc["CS_MEDIAN"]
    sheet = pd.read_excel(new, sheet_name="Table_1", header=4, engine="calamine").set_index("Measure")
    for key, name in teams.CIVIL_SERVICE.items():
        assert f"{table[2019, name]:.0f}%" == published[name]
        assert table[2024, name] == pytest.approx(float(sheet.loc[key, "2024"]), abs=5e-4), name


def test_the_place_of_the_score_is_the_share_of_organisations_below_it(shared):
    (path,) = files_of(shared, "NSS24 detailed spreadsheets organisational results.xlsx")
    raw = pd.read_excel(path, sheet_name="PEOPLE PROMISE ELEMENTS", header=4, engine="calamine")
    top = pd.read_excel(path, sheet_name="PEOPLE PROMISE ELEMENTS", header=None, nrows=1, engine="calamine")
    scores = pd.to_numeric(raw.iloc[:, list(top.iloc[0]).index("PP7 - We are a team")], errors="coerce")
    for key, group in {"place": "Acute and Acute", "place_other": "Mental Health"}.items():
        chosen = scores[raw["Benchmarking group"].str.startswith(group)]
        said = float(committed("climate-real-teams")[key]["value"].removeprefix("about ").rstrip("%"))
        assert said == pytest.approx(100 * (chosen < 6.9).mean(), abs=2)


def test_sickness_and_turnover_are_the_sums_of_the_official_rows(shared):
    results = committed("retention-and-sickness")
    rows = pd.concat([pd.read_csv(path) for path in files_of(shared, "nhs_sickness_absence_*.csv")])
    assert results["rate"]["value"] == pytest.approx(
        100 * rows["FTE_DAYS_LOST"].sum() / rows["FTE_DAYS_AVAILABLE"].sum(), rel=1e-7
    )
    month = rows[rows["DATE"] == "31/12/2024"]
    assert results["highest_month"]["value"] == pytest.approx(
        100 * month["FTE_DAYS_LOST"].sum() / month["FTE_DAYS_AVAILABLE"].sum(), rel=1e-7
    )
    full = rows.groupby("ORG_CODE").filter(lambda one: len(one) == 12).groupby("ORG_CODE")
    rates = 100 * full["FTE_DAYS_LOST"].sum() / full["FTE_DAYS_AVAILABLE"].sum()
    assert [results["p10"]["value"], results["p90"]["value"]] == pytest.approx(np.percentile(rates, [10, 90]), rel=1e-7)
    flows = pd.concat([pd.read_csv(path) for path in files_of(shared, "Turnover benchmarking*.csv")])
    every = flows[flows["STAFF_GROUP_1_NAME"] == "All staff groups"].groupby("TYPE")["HC"].sum()
    assert results["left"]["value"] == pytest.approx(100 * every["Leavers"] / every["Denominator at start of period"])


def test_p_prime_limits_are_the_binomial_ones_times_the_spread():
    """The factor and the counts outside, written out on the arcsine scale of Spiegelhalter 2005."""
    sums, results = datasets.load("sickness_organisations"), committed("retention-and-sickness")
    n, p = sums["available"].to_numpy(), sums["lost"].sum() / sums["available"].sum()
    z = 2 * np.sqrt(n) * (np.arcsin(np.sqrt(sums["lost"] / n)) - np.arcsin(np.sqrt(p)))
    factor = np.sqrt(np.mean(np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2))
    assert results["factor"]["value"] == pytest.approx(factor, rel=1e-7)
    assert results["outside_prime"]["value"] == int((np.abs(z) > 3.0902323061678132 * factor).sum())
