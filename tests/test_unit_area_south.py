"""The invented Area: what is true by construction holds in the data that are carried."""

import numpy as np
import pandas as pd
import pytest

from compendium import datasets
from everyday.synthetic import area_south, to_csv_bytes
from healthsys.did import aggregate, group_time_effects
from pages import page


@pytest.mark.parametrize("name", sorted(area_south.GENERATORS))
def test_the_carried_file_is_what_the_generator_writes(name):
    path = datasets.paths.data() / "synthetic" / f"{name}.csv"
    assert path.read_bytes() == to_csv_bytes(area_south.GENERATORS[name]())


def test_the_setting_is_that_of_the_source():
    clinics = area_south.clinics()
    per_area = clinics.groupby("area")["clinic"].nunique()
    assert per_area.to_dict() == {"Area South": 25, "Comparator Area": 25}
    assert clinics.loc[clinics["area"] == "Area South"].groupby("sub_district")["clinic"].nunique().to_list() == [
        15,
        10,
    ]
    assert clinics["service"].nunique() == 5
    assert area_south.services()["period"].nunique() == 36
    assert clinics.loc[clinics["area"] == "Comparator Area", "start"].isna().all()
    starts = clinics["start"].dropna()
    assert starts.min() > area_south.REORGANISED
    assert starts.nunique() == 5


def test_nothing_differs_before_the_first_start():
    truth = area_south.truth()
    before = truth[truth["period"] < area_south.STARTS[0]]
    assert (before["with_package"] == before["without_package"]).all()
    late = truth[(truth["period"] == area_south.PERIODS[-1]) & (truth["unit"] == "Area South")]
    assert (late["with_package"] > late["without_package"]).all()


def test_chronic_services_and_one_sub_district_gain_least():
    truth = area_south.truth()
    gain = truth.assign(gain=truth["with_package"] - truth["without_package"])
    last = gain[gain["period"] == area_south.PERIODS[-1]].set_index(["indicator", "unit"])["gain"]
    assert last["antenatal_coverage", "Area South"] > last["hypertension_coverage", "Area South"]
    assert last["antenatal_coverage", "Sub-district Q"] > last["antenatal_coverage", "Sub-district P"]


def test_december_dips_and_the_capital_budget_lifts_both_areas():
    truth = area_south.truth()
    other = truth[(truth["unit"] == "Comparator Area") & (truth["indicator"] == "antenatal_coverage")]
    other = other.set_index("period")["without_package"]
    assert other["2016-12-01"] < min(other["2016-11-01"], other["2017-01-01"]) - 2
    assert other["2018-02-01"] - other["2017-02-01"] > other["2017-02-01"] - other["2016-02-01"] + 0.5


def test_group_time_effects_find_the_built_in_effect_clinic_by_clinic():
    rows = area_south.services().dropna().merge(area_south.clinics(), on=["clinic", "service"])
    rows = rows[(rows["service"] == "antenatal") & (rows["area"] == "Area South")]
    rows = rows.assign(coverage=100 * rows["reached"].astype(float) / rows["eligible"].astype(float))
    effects = group_time_effects(rows, unit="clinic", period="period", value="coverage", start="start")
    assert 5 < aggregate(effects, by="simple")[0] < 20


def test_missing_returns_are_missing_not_zero():
    counts = area_south.services()
    gone = counts["eligible"].isna()
    assert 0.005 < gone.mean() < 0.03
    assert (counts["reached"].isna() == gone).all()
    series = area_south.series()
    whole = counts.dropna().merge(area_south.clinics(), on=["clinic", "service"])
    mine = whole[(whole["area"] == "Area South") & (whole["service"] == "diabetes")].groupby("period")["reached"].sum()
    theirs = series[(series["unit"] == "Area South") & (series["indicator"] == "diabetes_coverage")]
    assert np.array_equal(mine.to_numpy(dtype=float), theirs["numerator"].to_numpy(dtype=float))
    assert isinstance(series["period"].iloc[0], pd.Timestamp)


def test_the_page_compares_what_it_finds_with_what_was_built_in():
    """The lead says how far off the services are that pass the test, in whole times of the true effect."""
    shown = page("area_south")
    truth = datasets.load("area_south_truth").assign(effect=lambda rows: rows["with_package"] - rows["without_package"])
    late = truth[(truth["unit"] == "Area South") & (truth["period"].astype(str) == "2018-01-01")]
    answers = shown.tables["answers"]
    size = answers.filter(like="change of the difference").iloc[:, 0].str.extract(r"^\+([\d.]+)")[0].astype(float)
    true = answers["the true change, built in"].astype(str).str.lstrip("+").astype(float)
    assert sorted(true) == pytest.approx(sorted(late["effect"]), abs=0.05)
    times = (size / true)[answers["did it rise?"] == "yes"].round().astype(int)
    assert f"by {min(times)} to {max(times)} times the effect" in shown.value("finding")
    assert shown.value("true_inside") == 5
