"""Panels: effects removed, and models fitted from sums by organisation, against statsmodels on the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys import panel
from healthsys.errors import DataError


def unbalanced(seed: int = 3, organisations: int = 25) -> pd.DataFrame:
    """A panel in which organisations have 1 to 6 periods, an effect of both, and two related regressors."""
    draw = np.random.default_rng(seed)
    rows = [
        (f"R{number:02d}", year)
        for number in range(organisations)
        for year in sorted(draw.choice(6, size=1 + number % 6, replace=False))
    ]
    frame = pd.DataFrame(rows, columns=["trust", "year"])
    level = dict(zip(frame["trust"].unique(), draw.normal(0, 4, organisations), strict=True))
    frame["x"] = frame["trust"].map(level) + frame["year"] + draw.normal(0, 2, len(frame))
    frame["z"] = 0.5 * frame["x"] + draw.normal(0, 1, len(frame))
    frame["y"] = 20 - 0.4 * frame["x"] + 0.7 * frame["z"] + 2 * frame["trust"].map(level)
    frame["y"] += draw.normal(0, 1, len(frame))
    frame["answers"] = draw.integers(50, 900, len(frame))
    return frame


EFFECTS = {"": (), "C(trust)": ("trust",), "C(year)": ("year",), "C(trust) + C(year)": ("trust", "year")}


@pytest.mark.parametrize("weights", ["", "answers"])
@pytest.mark.parametrize("regressors", [["x"], ["x", "z"]])
@pytest.mark.parametrize("formula", EFFECTS)
def test_slopes_and_clustered_errors_are_those_of_statsmodels_on_the_rows(formula, regressors, weights):
    frame = unbalanced()
    kept = panel.moments(
        frame, "y", ["x", "z"], organisation="trust", effects=EFFECTS[formula], weights=weights, seed=7
    )
    fit = panel.fit_from_moments(kept.sums, "y", regressors, absorbed=kept.absorbed)
    rows = frame[frame.groupby("trust")["year"].transform("size") >= 3].reset_index(drop=True)
    given = {"weights": rows[weights]} if weights else {}
    model = smf.wls if weights else smf.ols
    text = "y ~ " + " + ".join([*regressors, *([formula] if formula else [])])
    on_rows = model(text, rows, **given).fit(
        cov_type="cluster", cov_kwds={"groups": rows["trust"], "df_correction": True}, use_t=True
    )
    for name in regressors:
        found = fit.estimates.loc[name]
        assert found["estimate"] == pytest.approx(on_rows.params[name], rel=1e-10)
        assert found["standard_error"] == pytest.approx(on_rows.bse[name], rel=1e-10)
        assert found["p"] == pytest.approx(on_rows.pvalues[name], rel=1e-8)
        assert [found["low"], found["high"]] == pytest.approx(on_rows.conf_int().loc[name].tolist(), rel=1e-9)
    assert (fit.rows, fit.organisations) == (len(rows), rows["trust"].nunique())
    assert kept.left_out == frame["trust"].nunique() - rows["trust"].nunique()


def test_raw_sums_do_not_give_the_two_way_model():
    """The trap that the design names: sums after the removal of years alone give another slope."""
    frame = unbalanced()
    by_year = panel.moments(frame, "y", ["x"], organisation="trust", effects=["year"], seed=1)
    both = panel.moments(frame, "y", ["x"], organisation="trust", effects=["trust", "year"], seed=1)
    slopes = [panel.fit_from_moments(m.sums, "y", ["x"], absorbed=m.absorbed).estimates.loc["x", "estimate"]
              for m in (by_year, both)]  # fmt: skip
    assert abs(slopes[0] - slopes[1]) > 0.1


def test_organisations_are_unnamed_and_in_an_order_that_the_seed_gives():
    frame = unbalanced()
    first, again, other = (
        panel.moments(frame, "y", ["x"], organisation="trust", effects=["trust"], seed=seed).sums for seed in (1, 1, 2)
    )
    assert list(first) == ["organisation", "n", "y:y", "y:x", "x:x"]
    assert first.equals(again)
    assert first["y:y"].tolist() != other["y:y"].tolist()
    assert sorted(first["y:y"]) == pytest.approx(sorted(other["y:y"]))
    assert first["organisation"].tolist() == list(range(1, len(first) + 1))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_what_is_left_does_not_depend_on_the_effects_removed(seed):
    frame = unbalanced(seed)
    left, absorbed = panel.absorb(frame, ["x"], ["trust", "year"], weights="answers")
    for effect in ("trust", "year"):
        assert np.abs((left["x"] * frame["answers"]).groupby(frame[effect]).sum()).max() < 1e-6
    assert absorbed <= frame["trust"].nunique() + frame["year"].nunique() - 1


def test_bins_have_equal_counts_and_keep_the_overall_mean():
    frame = unbalanced()
    raw = panel.binned(frame, "y", "x", bins=5)
    assert raw["n"].sum() == len(frame)
    assert raw["n"].max() - raw["n"].min() <= 1
    assert raw["x"].is_monotonic_increasing
    within = panel.binned(frame, "y", "x", effects=["trust"], bins=5)
    for found in (raw, within):
        assert np.average(found["y"], weights=found["n"]) == pytest.approx(frame["y"].mean())
    assert within["x"].max() - within["x"].min() < raw["x"].max() - raw["x"].min()


def test_errors_name_column_row_and_remedy():
    frame = unbalanced()
    frame.loc[4, "x"] = np.nan
    with pytest.raises(DataError, match=r"column 'x' has no value in row 4; .*leave out the rows that lack one"):
        panel.absorb(frame, ["x"], ["trust"])
    with pytest.raises(DataError, match="'answers' holds a weight that is not above 0"):
        panel.absorb(frame.assign(answers=0), ["y"], ["trust"], weights="answers")
    kept = panel.moments(unbalanced(), "y", ["x"], organisation="trust", effects=["trust"], seed=1)
    with pytest.raises(DataError, match="no column 'y:z'"):
        panel.fit_from_moments(kept.sums, "y", ["x", "z"], absorbed=kept.absorbed)
    with pytest.raises(DataError, match="level is 95"):
        panel.fit_from_moments(kept.sums, "y", ["x"], absorbed=kept.absorbed, level=95)
    doubled = unbalanced().assign(w=lambda rows: 2 * rows["x"])
    same = panel.moments(doubled, "y", ["x", "w"], organisation="trust", effects=["trust"], seed=1)
    with pytest.raises(DataError, match="slopes of x, w cannot be told apart"):
        panel.fit_from_moments(same.sums, "y", ["x", "w"], absorbed=same.absorbed)
