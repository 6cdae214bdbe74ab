"""Headline numbers about occupancy and A&E, recomputed from the official rows in another way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.sandbox.regression.gmm import IV2SLS

from compendium import datasets
from everyday.official import hospital
from healthsys import panel
from real_data import committed

FORMULAS = {
    "none": "",
    "quarter": " + C(period)",
    "trust": " + C(org_code)",
    "trust and quarter": " + C(org_code) + C(period)",
}
MONTHS = ["within_4h", "over_4h", "type1_within_4h", "type1_over_4h"]


@pytest.fixture(scope="module")
def real(shared):
    folder = shared / "real_data"
    if not (folder / "beds_kh03").is_dir():
        pytest.skip("../shared/real_data is not on this machine")
    return folder


@pytest.fixture(scope="module")
def used(real) -> pd.DataFrame:
    """The rows that are used, chosen from the panel without the reader."""
    rows = pd.read_csv(real / "beds_kh03/master-quarterly-trust.csv", keep_default_na=False, na_values=[""])
    rows = rows[rows["org_code"] != "NAN"].assign(
        x=lambda f: 100 * f["kh03_occ_ga_rate"], y=lambda f: 100 * f["ae_type1_pct_4hr"]
    )
    tested = rows.loc[rows["y"] == 0, "org_code"].unique()
    partly = rows["org_code"].isin(tested) & rows["period"].isin(["2019-20 Q1", "2023-24 Q1"])
    slip = (rows["kh03_avail_ga_avg_beds"] > 2500) & (rows["x"] < 10)
    rows = rows[(rows["y"] > 0) & rows["x"].notna() & ~partly & ~slip]
    return rows[rows.groupby("org_code")["y"].transform("size") >= 3].reset_index(drop=True)


@pytest.mark.parametrize("effects", FORMULAS)
def test_slope_and_clustered_error_are_those_of_statsmodels_on_the_rows(effects, used):
    fitted = smf.ols(f"y ~ x{FORMULAS[effects]}", used).fit(
        cov_type="cluster", cov_kwds={"groups": used["org_code"], "df_correction": True}, use_t=True
    )
    sums, specs = datasets.load("occupancy_moments"), datasets.load("occupancy_specifications")
    kept = sums[(sums["sample"] == "all") & (sums["effects"] == effects)]
    main = specs[(specs["sample"] == "all") & (specs["weights"] == "none") & (specs["regressor"] == "occupancy")]
    row = main[main["effects"] == effects].iloc[0]
    fit = panel.fit_from_moments(kept, "four_hour", ["occupancy"], absorbed=int(row["absorbed"]))
    found = fit.estimates.loc["occupancy"]
    assert (fit.rows, fit.organisations) == (len(used), used["org_code"].nunique()) == (3310, 138)
    assert found["estimate"] == pytest.approx(fitted.params["x"], rel=1e-10)
    assert found["standard_error"] == pytest.approx(fitted.bse["x"], rel=1e-10)
    assert row[["estimate", "standard_error"]].tolist() == pytest.approx(
        [fitted.params["x"], fitted.bse["x"]], rel=1e-10
    )
    result = committed("occupancy-four-hour")["slope_" + effects.replace(" and ", "_")]
    low, high = fitted.conf_int().loc["x"]
    assert [result["value"], result["lower"], result["upper"]] == pytest.approx(
        [fitted.params["x"], low, high], rel=1e-7
    )


def test_the_instrument_gives_two_stage_least_squares(used):
    quarters = {name: at for at, name in enumerate(sorted(used["period"].unique()))}
    frame = used.assign(time=used["period"].map(quarters))
    before = frame[["org_code", "time", "x"]].assign(time=frame["time"] + 1).rename(columns={"x": "z"})
    frame = frame.merge(before, on=["org_code", "time"])
    frame = frame[frame.groupby("org_code")["y"].transform("size") >= 3]
    dummies = pd.get_dummies(frame[["org_code", "period"]], dtype=float, drop_first=True).assign(one=1.0)
    fit = IV2SLS(frame["y"], dummies.assign(x=frame["x"]), dummies.assign(z=frame["z"])).fit()
    assert committed("occupancy-four-hour")["slope_instrument"]["value"] == pytest.approx(fit.params["x"], rel=1e-6)


def test_published_shares_follow_from_the_counts_that_are_carried(real):
    (path,) = (real / "ae_england").glob("Monthly-AE-Time-Series*")
    published = pd.read_excel(path, sheet_name="Performance", engine="calamine", header=None, skiprows=14)
    series = datasets.load("ae_england_official").dropna(subset=["within_4h"])
    counts = series[MONTHS].to_numpy(float)
    assert (counts[:, 0] / counts[:, :2].sum(axis=1)).tolist() == pytest.approx(published[10].tolist(), rel=1e-12)
    assert (counts[:, 2] / counts[:, 2:].sum(axis=1)).tolist() == pytest.approx(published[11].tolist(), rel=1e-12)
    share, when = published[10].astype(float), pd.to_datetime(published[1])
    found = committed("four-hour-since-2010")
    assert found["last_met"]["value"] == f"{when[share >= 0.95].max():%B %Y}" == "July 2015"
    assert found["latest_month"]["value"] == pytest.approx(100 * share.iloc[-1], rel=1e-7)
    assert found["lowest_month"]["value"] == pytest.approx(100 * share.min(), rel=1e-7)
    assert found["months_met"]["value"] == int((share >= 0.95).sum())


def test_providers_of_twelve_months_add_up_to_the_series_of_england(real):
    files = sorted((real / "ae_england").glob("ae_activity_20*.csv"))
    everybody = hospital.read_providers(*files)
    series = datasets.load("ae_england_official").set_index("period").loc["2024-04-01":"2025-03-01"]
    assert len(files) == len(series) == 12
    assert everybody["attendances"].sum() == series["attendances"].sum()
    assert everybody["over_4h"].sum() == series["over_4h"].sum()
    assert everybody["type1_over_4h"].sum() == series["type1_over_4h"].sum()
    carried = datasets.load("ae_providers_2024")
    whole = everybody[everybody["months"] == 12]
    assert sorted(carried["attendances"]) == sorted(whole["attendances"])


def test_chance_limits_and_their_factor_follow_from_the_formula():
    carried = datasets.load("ae_providers_2024").astype(float).query("type1_attendances > 0")
    size, within = carried["type1_attendances"], carried["type1_attendances"] - carried["type1_over_4h"]
    pooled = within.sum() / size.sum()
    plain = (within / size - pooled).abs() > 3.090232 * np.sqrt(pooled * (1 - pooled) / size)
    found = committed("four-hour-since-2010")
    assert found["outside_chance"]["value"] == int(plain.sum())
    z = 2 * np.sqrt(size) * (np.arcsin(np.sqrt(within / size)) - np.arcsin(np.sqrt(pooled)))
    pulled = z.clip(*z.quantile([0.1, 0.9]))
    factor = np.sqrt((pulled**2).mean())
    assert found["factor"]["value"] == pytest.approx(factor, rel=1e-7)
    assert found["outside_prime"]["value"] == int((z.abs() > 3.090232 * factor).sum())


def test_official_beds_and_the_panel_agree_where_both_exist():
    official = datasets.load("beds_england_official").query("step == 'quarter'").set_index("period")
    added = datasets.load("kh03_beds_england").pivot(index="period", columns="indicator", values="value")
    both = official.join(added, how="inner")
    assert len(both) == 9
    assert both["general_acute_available"].loc["2019-01-01"] == pytest.approx(103021.28, abs=0.01)
    before = both.loc[:"2019-01-01"]
    assert before["general_acute_available"].tolist() == pytest.approx(before["ga_beds_available"].tolist(), abs=0.01)
    share = 100 * both["general_acute_occupied"] / both["general_acute_available"]
    assert (share - both["ga_occupancy_percent"]).abs().max() < 0.35  # later quarters were corrected for missing trusts


def test_sums_of_beds_are_the_england_row_but_where_a_trust_has_ten_times_its_beds(real):
    rows = pd.read_csv(real / "beds_kh03/master-quarterly-trust.csv", keep_default_na=False, na_values=[""])
    columns = ["kh03_avail_ga_avg_beds", "kh03_occ_ga_avg_beds"]
    said = rows[rows["org_code"] == "NAN"].set_index("period")[columns].sort_index()
    wrong = rows[(rows["org_code"] == "RKE") & (rows["period"] == "2024-25 Q3")].iloc[0]
    assert wrong["kh03_avail_ga_avg_beds"] == pytest.approx(2531.74, abs=0.01)
    carried = datasets.load("kh03_beds_england").pivot(index="period", columns="indicator", values="value")
    apart = said.to_numpy() - carried[["ga_beds_available", "ga_beds_occupied"]].to_numpy()
    expected = np.zeros_like(apart)
    expected[said.index.get_loc("2024-25 Q3")] = wrong[columns].astype(float)
    assert apart == pytest.approx(expected, abs=0.006)
    usual = rows.loc[rows["org_code"] == "RKE", columns[0]].median()
    assert usual / carried["ga_beds_available"]["2024-10-01"] == pytest.approx(0.0025, abs=0.0003)


def test_cancelled_operations_are_the_sums_over_the_trusts(real):
    rows = pd.read_csv(real / "beds_kh03/master-quarterly-trust.csv", keep_default_na=False, na_values=[""])
    sums = rows[rows["org_code"] != "NAN"].groupby("period")["canc_cancelled_ops"].sum()
    carried = datasets.load("cancelled_operations_england").set_index("period")["cancelled"]
    assert (carried["2018-04-01"], carried["2019-10-01"]) == (sums["2018-19 Q1"], sums["2019-20 Q3"]) == (18805, 23503)
