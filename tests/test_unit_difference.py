"""Differences in differences against R, known truth and the rules for what cannot be known."""

import numpy as np
import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.trends.difference import (
    average_effect,
    by_time_since_start,
    difference_in_differences,
    group_time_effects,
    permutation_test,
    staggered_effect,
    two_way_estimate,
    unit_changes,
)

UNIT = "1,2,3,4,5,6,8,9,10,11,12,1,2,3,4,5,6,7,9,10,11,12" + ",1,2,3,4,5,6,7,8,9,10,11,12" * 4
VALUE = """9.66,12.18,9.84,11.47,13.41,11.4,11.96,12.61,13.34,14.73,13,9.62,10.84,10.23,11.46,11.3,10.02,12.74,14,14.34,
15.17,14.71,11.72,10.91,12.92,13.3,11.44,11.55,13.02,14.11,15.52,14.82,15.38,15.15,12.09,11.4,11.94,13.86,15.85,11.8,
12.83,15.1,13.04,14.36,13.21,13.94,12.58,13.53,15.36,14.39,15.52,12.21,12.99,12.48,14.45,13.89,14.24,14.83,12.36,14.65,
13.52,14.9,13.94,12.66,11.2,13.3,12.63,13.92,14.3,14.57"""


def panel():
    """Return an unbalanced panel of 12 units over 6 periods, as drawn in R for the check below."""
    table = pd.DataFrame({"u": [int(n) for n in UNIT.split(",")], "y": [float(n) for n in VALUE.split(",")]})
    table["t"] = np.repeat([1, 2, 3, 4, 5, 6], [11, 11, 12, 12, 12, 12])
    return table.assign(treated=table["u"] <= 5, after=table["t"] >= 4)


def test_two_way_effect_and_clustered_error_match_r():
    """R 4.2.2: lm(y ~ factor(u) + factor(t) + treated:after); sandwich 3.0-2 vcovCL(cluster = u, type = 'HC1')."""
    found = difference_in_differences(panel(), unit="u", period="t", value="y", treated="treated", after="after")
    assert found.estimate == pytest.approx(2.407064572, abs=1e-8)
    error = (found.upper - found.lower) / 2 / 2.2009851600916384
    assert error == pytest.approx(0.424199127, abs=1e-8)
    assert "12 clusters; under 30" in found.warnings[0]


def test_one_area_against_one_has_no_interval():
    table = panel().assign(area=lambda rows: np.where(rows["treated"], "South", "other"))
    found = difference_in_differences(
        table, unit="u", period="t", value="y", treated="treated", after="after", cluster="area"
    )
    assert found.lower is None
    assert "only 1 changed and 1 unchanged area" in found.reason


def test_permutation_by_the_assigned_unit_cannot_say_anything_about_one_area():
    table = panel()
    changes = unit_changes(table, unit="u", value="y", after="after")
    treated = table.groupby("u")["treated"].first()
    by_clinic = permutation_test(changes, pd.Series(changes.index, changes.index), treated)
    assert by_clinic.p < 0.05
    assert by_clinic.assignments == 792
    by_area = permutation_test(changes, treated.map({True: "South", False: "other"}), treated)
    assert by_area.p is None
    assert by_area.smallest_possible == 0.5
    assert "2 assigned units" in by_area.reason


def test_a_permutation_of_many_units_is_drawn_and_repeats_with_its_seed():
    rng = np.random.default_rng(8)
    changes = pd.Series(rng.normal(size=40))
    treated = pd.Series(np.arange(40) < 20)
    first, again = (permutation_test(changes, pd.Series(range(40)), treated) for _ in range(2))
    assert first == again
    assert not first.exact


def staggered(seed=1, grow=0.5, units=40, periods=30):
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(units):
        start = int(rng.choice([8, 13, 18, 23]))
        base = rng.normal(20, 2)
        for t in range(periods):
            effect = 1 + grow * (t - start) if t >= start else 0.0
            rows.append((u, t, base + 0.1 * t + effect + rng.normal(0, 0.3), start, effect))
    return pd.DataFrame(rows, columns=["unit", "month", "y", "start", "effect"])


def test_group_time_effects_recover_the_truth_where_two_way_does_not():
    """All units start in the end and effects grow: the two-way estimate is far below, as measured in the reference."""
    table = staggered()
    effects = group_time_effects(table, unit="unit", period="month", value="y", start="start")
    estimated = effects[(effects["since"] >= 0) & effects["effect"].notna()]
    truth = np.average(1 + 0.5 * estimated["since"], weights=estimated["treated"])
    assert average_effect(effects) == pytest.approx(truth, abs=0.25)
    trap = two_way_estimate(table, unit="unit", period="month", value="y", start="start")
    assert trap.estimate < truth / 2
    found = staggered_effect(table, unit="unit", period="month", value="y", start="start", resamples=49)
    assert found.lower < truth < found.upper


def test_before_the_start_effects_are_near_zero():
    effects = group_time_effects(staggered(), unit="unit", period="month", value="y", start="start")
    before = by_time_since_start(effects).query("since < 0 and since > -8")
    assert before["effect"].abs().max() < 0.5


def test_no_control_is_a_reason_not_a_zero():
    effects = group_time_effects(staggered(), unit="unit", period="month", value="y", start="start")
    last = effects[effects["period"] >= 23]
    assert last["effect"].isna().all()
    assert set(last["reason"]) == {"no unit that has not started yet"}


def test_nobody_treated_is_refused():
    with pytest.raises(DataError, match="same for every unit"):
        difference_in_differences(
            panel().assign(treated=True), unit="u", period="t", value="y", treated="treated", after="after"
        )
    with pytest.raises(DataError, match="there is no column 'clinic'"):
        difference_in_differences(panel(), unit="clinic", period="t", value="y", treated="treated", after="after")
