"""Staggered starts against the authors' package, published averages, known truth and what cannot be known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from healthsys.did import (
    aggregate,
    average_effects,
    bootstrap_effect,
    event_study,
    group_time_effects,
    pre_trend_test,
    two_way_fixed_effects,
)
from healthsys.did.averages import FEW_FOR_TREND
from healthsys.errors import DataError

COLUMNS = {"unit": "unit", "period": "t", "value": "y", "start": "start"}


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
    assert aggregate(effects, by="simple")[0] == pytest.approx(truth, abs=0.25)
    trap = two_way_fixed_effects(table, unit="unit", period="month", value="y", start="start")
    assert trap.estimate < truth / 2
    found = bootstrap_effect(table, unit="unit", period="month", value="y", start="start", resamples=49)
    assert found.lower < truth < found.upper


def test_before_the_start_effects_are_near_zero():
    effects = group_time_effects(staggered(), unit="unit", period="month", value="y", start="start")
    before = event_study(effects).query("since < 0 and since > -8")
    assert before["effect"].abs().max() < 0.5


def test_no_control_is_a_reason_not_a_zero():
    effects = group_time_effects(staggered(), unit="unit", period="month", value="y", start="start")
    last = effects[effects["period"] >= 23]
    assert last["effect"].isna().all()
    assert set(last["reason"]) == {"no unit that has not started yet"}


def covariate_panel():
    """Return 48 units over 7 periods with a covariate that moves the trend; drawn by a congruential generator."""
    rows, state = [], 7

    def noise():
        nonlocal state
        state = (state * 1103515245 + 12345) % 2**31
        return state / 2**30 - 1

    for unit in range(48):
        x = round(noise(), 2)
        start = [3, 4, 6, 0][int(2 * (noise() + 1)) if x < 0.5 else int(3 * (noise() + 1) / 2) + 1]
        base = round(3 * noise(), 2)
        for t in range(1, 8):
            effect = 1 + 0.5 * (t - start) if start and t >= start else 0.0
            rows.append((unit, t, round(base + 0.3 * t + 0.2 * t * x + effect + noise(), 2), start or None, x))
    return pd.DataFrame(rows, columns=["unit", "t", "y", "start", "x"])


#: csdid 0.4.3 with drdid 1.1.7 (the authors' Python port of R's did and DRDID): ATTgt(..., control_group, xformla,
#: data).fit(est_method, base_period="universal", bstrap=False).aggte(typec, bstrap=False, cband=False).
CSDID = {
    ("never", (), "simple"): (1.673260982, 0.181222666),
    ("never", (), "group"): (1.624322222, 0.168711842),
    ("never", (), "calendar"): (1.578487801, 0.177790893),
    ("never", (), "event"): (1.894255944, 0.191424419),
    ("never", ("x",), "simple"): (1.638626638, 0.159522893),
    ("never", ("x",), "group"): (1.558364468, 0.149956247),
    ("not_yet", (), "simple"): (1.641731761, 0.169496956),
    ("not_yet", (), "group"): (1.601322242, 0.159612534),
    ("not_yet", (), "calendar"): (1.513463067, 0.168352227),
    ("not_yet", (), "event"): (1.866904272, 0.181658883),
    ("not_yet", ("x",), "simple"): (1.635048049, 0.146052946),
    ("not_yet", ("x",), "group"): (1.558465547, 0.138464596),
    ("not_yet", ("x",), "calendar"): (1.539833488, 0.153403208),
    ("not_yet", ("x",), "event"): (1.880291681, 0.141941593),
}


@pytest.mark.parametrize("case", CSDID, ids=lambda case: "-".join(map(str, case)))
def test_averages_and_errors_match_the_authors_package(case):
    control, covariates, by = case
    found = average_effects(covariate_panel(), **COLUMNS, by=by, control=control, covariates=covariates).overall
    assert (found.estimate, found.error) == pytest.approx(CSDID[case], abs=2e-9)
    assert found.degrees == 47
    assert found.p == pytest.approx(2 * stats.t.sf(found.estimate / found.error, 47))
    assert found.upper - found.estimate == pytest.approx(2.0117405137 * found.error)  # R: qt(.975, 47)


#: As above, not-yet-treated controls, doubly robust with x: atte["egt"], ["att_egt"], ["se_egt"].
CSDID_PARTS = {
    "group": ([3, 4, 6], [1.97176072, 1.43314562, 1.17754441], [0.21133542, 0.20875279, 0.25424425]),
    "calendar": (
        [3, 4, 5, 6, 7],
        [1.18272719, 0.94264501, 1.50468769, 1.62488336, 2.44422419],
        [0.2789335, 0.21186571, 0.22309488, 0.21789812, 0.21065659],
    ),
    "event": (
        [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4],
        [
            -1.14806631,
            -0.34763708,
            -0.12796676,
            -0.22919313,
            0,
            0.97775025,
            1.18974543,
            1.6284829,
            2.35953383,
            3.245946,
        ],
        [
            0.47650262,
            0.42572615,
            0.21248655,
            0.19753841,
            None,
            0.16867887,
            0.16611778,
            0.19848157,
            0.20312078,
            0.26187053,
        ],
    ),
}


@pytest.mark.parametrize("by", CSDID_PARTS)
def test_parts_match_the_authors_package(by):
    parts = average_effects(covariate_panel(), **COLUMNS, by=by, covariates=("x",)).parts
    labels, effects, errors = CSDID_PARTS[by]
    assert parts.iloc[:, 0].tolist() == labels
    assert parts["effect"].to_numpy() == pytest.approx(effects, abs=1e-8)
    known = [error is not None for error in errors]
    assert parts["error"].notna().tolist() == known
    assert parts.loc[known, "error"].to_numpy() == pytest.approx([one for one in errors if one], abs=1e-8)
    # The base period is universal: its effect is 0 by definition and has no error.
    assert (parts["upper"] - parts["effect"])[known].to_numpy() == pytest.approx(
        (parts["effect"] - parts["lower"])[known].to_numpy()
    )


@pytest.mark.parametrize(
    ("control", "covariates", "statistic", "p"),
    [
        ("never", (), 15.189736650, 0.03364),
        ("never", ("x",), 14.967445536, 0.03642),
            ("not_yet", (), 14.714694815, 0.03984),
        ],
)
def test_pre_trend_test_matches_the_authors_package(control, covariates, statistic, p):
    """csdid 0.4.3: results["W"], results["Wpval"]."""
    found = pre_trend_test(
        covariate_panel(),
        **COLUMNS,
        by="group_time",
        control=control,
        covariates=covariates,
    )
    assert found.effects == 7
    assert found.statistic == pytest.approx(statistic, abs=1e-7)
    assert stats.chi2.sf(found.statistic, 7) == pytest.approx(p, abs=6e-6)


def test_pre_trend_test_event_study_allows_for_the_units_there_are():
    small = pre_trend_test(covariate_panel(), **COLUMNS, leads=2)
    assert (small.effects, small.units) == (2, 48)
    assert small.p == pytest.approx(stats.f.sf(small.statistic * 46 / (2 * 47), 2, 46))
    assert small.p > stats.chi2.sf(small.statistic, 2)
    assert small.warning.startswith("the smallest starting group has ")
    many = covariate_panel()
    many = pd.concat([many.assign(unit=many["unit"] + 100 * k, y=many["y"] + many["t"] * k % 3) for k in range(3)])
    assert pre_trend_test(many, **COLUMNS, leads=2).warning is None
    assert small.method == "Hotelling's T-squared (F) of 2 effects before the start, against their base period"


def test_published_effects_give_the_published_averages():
    """Callaway and Sant'Anna's minimum wage data (mpdta) in the README of R's did: att_gt(lemp, est_method = "reg").

    It gives -0.031 over groups (2004: -0.0797, 2006: -0.0229, 2007: -0.0261) and -0.0772 over event times (-3: 0.0305,
    -2: -0.0006, -1: -0.0245, 0: -0.0199, 1: -0.0510, 2: -0.1373, 3: -0.1008); the others are by hand. 20, 40 and 131
    counties start in 2004, 2006 and 2007.
    """
    effects = {
        2004: [-0.0105, -0.0704, -0.1373, -0.1008],
        2006: [0.0065, -0.0028, -0.0046, -0.0412],
        2007: [0.0305, -0.0027, -0.0311, -0.0261],
    }
    counties = {2004: 20, 2006: 40, 2007: 131}
    table = pd.DataFrame(
        [
            {"start": start, "period": year, "since": year - start, "effect": effect, "treated": counties[start]}
            for start, row in effects.items()
            for year, effect in zip(range(2004, 2008), row, strict=True)
        ]
    )
    overall = {by: aggregate(table, by=by)[0] for by in ("simple", "group", "calendar", "event")}
    assert overall == pytest.approx(
        {"simple": -0.03997, "group": -0.03104, "calendar": -0.04170, "event": -0.07724}, abs=1e-5
    )
    assert aggregate(table, by="simple")[0] == overall["simple"]
    groups = aggregate(table, by="group")[1].set_index("start")
    assert groups["effect"].to_dict() == pytest.approx({2004: -0.07975, 2006: -0.0229, 2007: -0.0261})
    assert groups["treated"].to_dict() == counties
    years = aggregate(table, by="calendar")[1].set_index("period")["effect"]
    assert years.to_dict() == pytest.approx(
        {2004: -0.0105, 2005: -0.0704, 2006: (20 * -0.1373 + 40 * -0.0046) / 60, 2007: -0.03708}, abs=1e-5
    )
    events = event_study(table).set_index("since")["effect"]
    assert events.loc[-3:0].to_list() == pytest.approx(
        [0.0305, (40 * 0.0065 - 131 * 0.0027) / 171, -0.02448, -0.01996], abs=1e-5
    )


def test_base_period_is_universal():
    """Effects before the start are changes from the last period before it, not from one period to the next."""
    table = covariate_panel()
    effects = group_time_effects(table, **COLUMNS, control="never").set_index(["start", "period"])
    wide = table.pivot(index="unit", columns="t", values="y")
    start = table.groupby("unit")["start"].first()
    by_hand = (wide[2] - wide[5])[start == 6].mean() - (wide[2] - wide[5])[start.isna()].mean()
    assert effects.loc[(6, 2), "effect"] == pytest.approx(by_hand)
    reference = effects[effects["since"] == -1]
    assert (reference["effect"] == 0).all()
    assert reference["error"].isna().all()
    assert event_study(effects.reset_index()).set_index("since").loc[-1, "effect"] == 0


def test_never_controls_without_a_unit_that_never_starts_give_a_reason():
    table = covariate_panel().dropna(subset=["start"])
    effects = group_time_effects(table, **COLUMNS, control="never")
    assert effects["effect"].isna().all()
    assert set(effects["reason"]) == {"no unit that never starts"}
    with pytest.raises(DataError, match="no effect after a start could be estimated"):
        average_effects(table, **COLUMNS, control="never")
    with pytest.raises(DataError, match="no effect after a start"):
        aggregate(effects, by="simple")
    assert pre_trend_test(table, **COLUMNS, control="never").reason.startswith("no effect before the base period")


def test_groups_without_a_period_before_say_so():
    table = covariate_panel().assign(start=lambda rows: rows["start"].replace({3: 1}))
    effects = group_time_effects(table, **COLUMNS)
    first = effects[effects["start"] == 1]
    assert set(first["reason"]) == {"no period before the start"}
    earlier = group_time_effects(table.assign(start=table["start"].replace({1: -4})), **COLUMNS)
    assert earlier.equals(effects)


def test_a_start_in_a_period_without_data_counts_from_the_next():
    """Nobody was seen in period 4: a start in 4 is first seen treated in 5, against period 3."""
    gap = covariate_panel()[lambda rows: rows["t"] != 4]
    four, five = (group_time_effects(gap.assign(start=gap["start"].replace({4: to})), **COLUMNS) for to in (4, 5))
    assert four.equals(five)
    assert four.loc[four["start"] == 5, "effect"].notna().any()


def test_starts_that_cannot_be_read_are_refused():
    table = covariate_panel()
    with pytest.raises(DataError, match="'0' has more than one start in column 'start'"):
        group_time_effects(table.assign(start=table["t"]), **COLUMNS)
    with pytest.raises(DataError, match="has a start in some rows of column 'start' and none in others"):
        group_time_effects(table.assign(start=table["start"].where(table["t"] > 2)), **COLUMNS)
    with pytest.raises(DataError, match=r"column 'start' holds 0, before the first t \(1\); leave it empty"):
        group_time_effects(table.fillna({"start": 0}), **COLUMNS)  # how R's did writes "never"
    dated = table.assign(t=pd.to_datetime("2019-12-01") + pd.to_timedelta(31 * table["t"], unit="D"))
    for estimate in (group_time_effects, two_way_fixed_effects):
        with pytest.raises(DataError, match="columns 't' and 'start' cannot be compared"):
            estimate(dated, **COLUMNS)
    with pytest.raises(DataError, match="there is no column 'begin'"):
        group_time_effects(table, **{**COLUMNS, "start": "begin"})
    with pytest.raises(DataError, match=r"control 'nevr' is not known.*Did you mean 'never'"):
        group_time_effects(table, **COLUMNS, control="nevr")
    with pytest.raises(DataError, match="by 'grp' is not known"):
        average_effects(table, **COLUMNS, by="grp")
    with pytest.raises(DataError, match="'0' has more than one row for t 1"):
        group_time_effects(pd.concat([table, table.head(1)]), **COLUMNS)
    with pytest.raises(DataError, match="covariate 'word' holds something"):
        group_time_effects(table.assign(word="a", x2=table["x"]), **COLUMNS, covariates=("x2", "word"))
    with pytest.raises(DataError, match="0 leads"):
        pre_trend_test(table, **COLUMNS, leads=0)


def test_infinity_and_a_start_after_the_last_period_mean_never():
    table = covariate_panel()
    never = group_time_effects(table, **COLUMNS)
    for code in (np.inf, 99):
        assert group_time_effects(table.assign(start=table["start"].fillna(code)), **COLUMNS).equals(never)


def test_covariates_that_leave_no_comparison_give_a_reason():
    table = covariate_panel()
    never = table["start"].isna().astype(float)
    for x, reason in (
        (100 * never + table["x"], "tell treated from controls too well"),
        (never, "do not determine a regression"),
    ):
        effects = group_time_effects(table.assign(x=x), **COLUMNS, control="never", covariates=("x",))
        assert effects["effect"].isna().all()
        assert effects["reason"].str.contains(reason).all()


def test_a_missing_value_drops_its_unit_from_that_pair_only():
    table = covariate_panel()
    unit = int(table.loc[table["start"] == 4, "unit"].iloc[0])
    hole = table.assign(y=table["y"].mask((table["unit"] == unit) & (table["t"] == 6)))
    whole, less = (group_time_effects(one, **COLUMNS).set_index(["start", "period"]) for one in (table, hole))
    assert less.loc[(4, 6), "treated"] == whole.loc[(4, 6), "treated"] - 1
    assert less.loc[(4, 5)].equals(whole.loc[(4, 5)])
    found = average_effects(hole, **COLUMNS)
    assert found.overall.estimate == pytest.approx(aggregate(less.reset_index(), by="simple")[0])


def test_one_covariate_may_be_given_by_its_name():
    table = covariate_panel().rename(columns={"x": "income"})
    named, listed = (group_time_effects(table, **COLUMNS, covariates=one) for one in ("income", ["income"]))
    assert named.equals(listed)
    assert not named["effect"].equals(group_time_effects(table, **COLUMNS)["effect"])


def test_units_that_agree_give_a_reason_not_a_sure_answer():
    rows = [(u, t, t + 2.0 * max(0, t - s + 1), s) for u, s in enumerate([2, 2, 4, 4]) for t in range(6)]
    table = pd.DataFrame(rows, columns=["unit", "t", "y", "start"])
    found = average_effects(table, **COLUMNS).overall
    assert (found.estimate, found.lower, found.p) == (3.0, None, None)
    assert "changed alike" in found.reason
    drawn = bootstrap_effect(table, **COLUMNS, resamples=49)
    assert drawn.lower is None
    assert "no comparison" in drawn.reason or "same effect" in drawn.reason
    assert "cannot be told apart" in pre_trend_test(table, **COLUMNS).reason


def test_a_group_without_an_effect_is_not_among_the_starting_groups_that_are_small():
    """The last group has no clinic left to be compared with; a note under a table of the others does not count it."""
    rows = [(u, t, t + (u * t) % 3 + 2.0 * max(0, t - s + 1), s)
            for u, s in enumerate([2] * 4 + [3] * 12 + [4] * 4) for t in range(6)]  # fmt: skip
    found = average_effects(pd.DataFrame(rows, columns=["unit", "t", "y", "start"]), **COLUMNS, by="group")
    assert list(found.parts["start"]) == [2, 3]
    assert found.overall.warnings == ("1 of 2 starting groups has fewer than 10 units; its error is too small",)


def test_few_units_and_small_groups_are_warned_of():
    table = covariate_panel()[lambda rows: rows["unit"] < 18]
    found = average_effects(table, **COLUMNS).overall
    assert "of 3 starting groups have fewer than 10 units" in found.warnings[0]
    drawn = bootstrap_effect(table, **COLUMNS, resamples=49)
    assert any("under 20 a bootstrap interval covers less often" in said for said in drawn.warnings)
    assert drawn.error > 0
    trap = two_way_fixed_effects(table, **COLUMNS)
    assert "18 clusters; under 30" in trap.warnings[0]


def test_a_repeated_index_does_not_multiply_rows():
    """After pd.concat the index repeats; a join on it counted rows several times."""
    table = covariate_panel()
    twice = table.set_axis([0] * len(table), axis=0)
    assert two_way_fixed_effects(twice, **COLUMNS) == two_way_fixed_effects(table, **COLUMNS)


def test_bootstrap_and_influence_agree_in_a_large_panel():
    table = staggered()
    columns = {"unit": "unit", "period": "month", "value": "y", "start": "start"}
    drawn = bootstrap_effect(table, **columns, resamples=199)
    found = average_effects(table, **columns).overall
    assert found.estimate == pytest.approx(drawn.estimate)
    assert found.error == pytest.approx(drawn.error, rel=0.2)


def made(sizes, starts, never, rng, effect=0.0, periods=12, rho=0.3):
    """A panel with parallel trends, autocorrelated errors and one effect from each start on."""
    rows, unit = [], 0
    for size, start in (*zip(sizes, starts, strict=True), (never, None)):
        for _ in range(size):
            errors = rng.normal(size=periods)
            for at in range(1, periods):
                errors[at] = rho * errors[at - 1] + (1 - rho**2) ** 0.5 * errors[at]
            rows += [(unit, at, errors[at] + effect * (start is not None and at >= start), start)
                     for at in range(periods)]  # fmt: skip
            unit += 1
    return pd.DataFrame(rows, columns=list(COLUMNS.values()))


def test_with_few_units_the_test_of_earlier_trends_rejects_too_often_and_says_so():
    """The shares of the docstring, with fewer draws: 23% by group and time with groups of 5, 10% with 20."""
    rng, shares = np.random.default_rng(20), {}
    for size in (5, 20):
        panels = [made((size, size), (8, 10), 2 * size, rng) for _ in range(150)]
        tests = [pre_trend_test(one, **COLUMNS, by="group_time", leads=6) for one in panels]
        shares[size] = sum(one.p < 0.05 for one in tests) / len(tests)
        assert all((one.warning is not None) is (size < FEW_FOR_TREND) for one in tests)
    assert 0.14 < shares[5] < 0.34
    assert shares[20] < min(0.19, shares[5])


def test_intervals_of_small_starting_groups_cover_too_little():
    """The shares at SMALL_GROUP: 82% with 4 units, 95% with 15."""
    rng, held = np.random.default_rng(21), {4: 0, 15: 0}
    for _ in range(200):
        found = average_effects(made(tuple(held), (6, 9), 20, rng, effect=2.0), **COLUMNS, by="group")
        parts = found.parts.set_index("start")
        for size, start in zip(held, (6, 9), strict=True):
            held[size] += parts.loc[start, "lower"] <= 2 <= parts.loc[start, "upper"]
    assert 0.74 < held[4] / 200 < 0.90
    assert held[15] / 200 > 0.91
