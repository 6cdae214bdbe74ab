"""Erlang formulas against R, each other and a simulated ward."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys.errors import DataError
from healthsys.trends import capacity


def test_worked_answers():
    """R 4.2.2: a = 10, N = 15: B 0.036497; N = 12: C 0.449388, Wq 0.224694 stays."""
    assert capacity.erlang_b(10, 15) == pytest.approx(0.036497, abs=5e-7)
    assert capacity.erlang_c(10, 12) == pytest.approx(0.449388, abs=5e-7)
    assert capacity.waiting(10, 12, stay=1).mean_wait == pytest.approx(0.224694, abs=5e-7)


def test_the_same_occupancy_is_another_risk_in_a_small_ward():
    """Reference: at 85 % carried B 0.327 in 10 beds; offered B 0.145 and 0.012, C 0.530 and 0.075 in 10 and 100."""
    table = capacity.ward_sizes([10, 30, 100], share=0.85, stay=5).set_index("beds")
    assert table["full_carried"][10] == pytest.approx(0.327, abs=5e-4)
    assert [table["full_offered"][n] for n in (10, 100)] == pytest.approx([0.145, 0.012], abs=5e-4)
    assert [table["wait_offered"][n] for n in (10, 100)] == pytest.approx([0.530, 0.075], abs=5e-4)
    assert table["full_carried"].is_monotonic_decreasing


@given(st.floats(0.5, 60), st.integers(1, 80))
def test_recursion_equals_the_sum(load, beds):
    terms = [n * math.log(load) - math.lgamma(n + 1) for n in range(beds + 1)]
    top = max(terms)
    closed = math.exp(terms[-1] - top) / sum(math.exp(term - top) for term in terms)
    assert capacity.erlang_b(load, beds) == pytest.approx(closed, rel=1e-9)


@given(st.floats(0.3, 0.97), st.integers(1, 60))
def test_load_for_occupancy_gives_that_occupancy(share, beds):
    assert capacity.occupancy(capacity.load_for_occupancy(share, beds), beds) == pytest.approx(share, abs=1e-8)


@given(st.floats(0.5, 40), st.floats(0.001, 0.4), st.sampled_from(["loss", "waiting"]))
def test_smallest_ward_meets_the_target_and_one_bed_less_does_not(load, target, rule):
    beds = capacity.smallest_ward(load, target=target, rule=rule)
    risk = capacity.erlang_b if rule == "loss" else capacity.erlang_c
    assert risk(load, beds) <= target
    if beds > 1 and (rule == "loss" or beds - 1 > load):
        assert risk(load, beds - 1) > target


def test_one_more_bed_buys_less_each_time():
    table = capacity.one_more_bed(25, 27, more=6)
    assert table["spared"].dropna().is_monotonic_decreasing
    assert (table["slack"] + table["occupancy"]).to_numpy() == pytest.approx(np.ones(7))


def test_a_simulated_ward_agrees_with_the_closed_forms():
    """30,000 days of 2 arrivals a day: Monte Carlo error of the blocked share about 0.002."""
    loss = capacity.simulate_ward(10, 12, stay=5, days=30_000, seed=11)
    assert loss["turned_away"].mean() == pytest.approx(capacity.erlang_b(10, 12), abs=0.01)
    queue = capacity.simulate_ward(10, 12, stay=5, days=30_000, seed=12, rule="waiting")
    assert (queue["wait"] > 1e-12).mean() == pytest.approx(capacity.erlang_c(10, 12), abs=0.035)
    assert queue["wait"].mean() == pytest.approx(capacity.waiting(10, 12, stay=5).mean_wait, rel=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: capacity.erlang_b(-1, 5), "load of -1 Erlang"),
        (lambda: capacity.erlang_b(1, 2.5), "2.5 beds is not a whole number"),
        (lambda: capacity.erlang_c(12, 12), "the queue grows without end"),
        (lambda: capacity.load_for_occupancy(85, 10), "0.85 for 85 %"),
        (lambda: capacity.smallest_ward(10, target=5), "not a probability"),
        (lambda: capacity.smallest_ward(10, target=0.05, rule="loss "), "rule 'loss ' is not known"),
        (lambda: capacity.waiting(5, 10, stay=0), "mean stay of 0"),
        (lambda: capacity.waiting(5, 10, stay=math.inf), "mean stay of inf"),
        (lambda: capacity.waiting(5, 10, stay=1, longer_than=math.nan), "a wait of nan"),
        (lambda: capacity.waiting(5, 10, stay=1, longer_than=-1), "a wait of -1"),
        (lambda: capacity.erlang_b(math.inf, 5), "load of inf Erlang"),
        (lambda: capacity.erlang_b(math.nan, 5), "load of nan Erlang"),
        (lambda: capacity.erlang_b(None, 5), "load of None Erlang"),
        (lambda: capacity.erlang_b(1, math.inf), "inf beds is not a whole number"),
        (lambda: capacity.erlang_b(1, 10**9), "1,000,000,000 beds are more than any ward"),
        (lambda: capacity.erlang_c(0, 0), "leaves no steady state"),
        (lambda: capacity.occupancy(1, 0), "a ward without beds"),
        (lambda: capacity.occupancy(1, 2.5), "2.5 beds"),
        (lambda: capacity.load_for_occupancy(0.85, 2.5, of="offered"), "2.5 beds"),
        (lambda: capacity.load_for_occupancy(0.85, 0), "a ward without beds"),
        (lambda: capacity.load_for_occupancy(math.nan, 10), "an occupancy of nan"),
        (lambda: capacity.load_for_occupancy(1 - 1e-13, 10), "needs more demand than can be computed"),
        (lambda: capacity.load_for_occupancy(0.85, 10, of="midnight"), "load 'midnight' is not known"),
        (lambda: capacity.smallest_ward(30_000, target=0.01), "no ward of up to 20,000 beds"),
        (lambda: capacity.ward_sizes([], share=0.85, stay=5), "there is no ward size to compare"),
        (lambda: capacity.ward_sizes([0, 10], share=0.85, stay=5), "a ward without beds"),
        (lambda: capacity.one_more_bed(10, 12, more=0), "0 further beds"),
        (lambda: capacity.simulate_ward(0, 12, stay=5, days=9, seed=1), "a simulated load of 0"),
        (lambda: capacity.simulate_ward(5, 0, stay=5, days=9, seed=1), "a ward without beds"),
        (lambda: capacity.simulate_ward(5, 9, stay=5, days=0, seed=1), "a run of days of 0"),
        (lambda: capacity.simulate_ward(5, 9, stay=5, days=9, seed=1, warm_up=-1), "a warm-up of -1"),
        (lambda: capacity.simulate_ward(10_000, 28, stay=5, days=3000, seed=1), "so at most 900 days of this ward"),
    ],
)
def test_impossible_wards_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_zero_and_huge_loads_have_their_limits_and_no_warning():
    """Nobody comes: never full. All the world comes: always full, every bed in use, and one more bed spares nobody."""
    assert capacity.erlang_b(0, 5) == 0
    assert capacity.erlang_b(0, 0) == 1
    assert capacity.erlang_c(0, 5) == 0
    assert capacity.waiting(0, 5, stay=3).mean_wait == 0
    assert capacity.smallest_ward(0, target=0.05) == 1
    assert capacity.one_more_bed(0, 5)["slack"].tolist() == [1.0] * 6
    for load in (1e12, 1e17, 1e300):
        assert capacity.erlang_b(load, 28) == pytest.approx(1)
        assert capacity.occupancy(load, 28) == pytest.approx(1)
        table = capacity.one_more_bed(load, 28, more=1)
        assert table["turned_away"].tolist() == pytest.approx([1000, 1000])
        assert table["spared"].iloc[1] == pytest.approx(0, abs=1e-6)
    assert capacity.erlang_b(1e-300, 3) == 0.0
    assert capacity.smallest_ward(15_000, target=0.5) < capacity.MOST_BEDS


@given(st.floats(0.1, 200), st.integers(1, 80))
def test_occupancy_is_the_load_that_is_not_turned_away(load, beds):
    assert capacity.occupancy(load, beds) == pytest.approx(load * (1 - capacity.erlang_b(load, beds)) / beds, rel=1e-9)


@pytest.mark.parametrize("share", [1e-9, 0.3, 0.999999])
def test_extreme_occupancies_are_found(share):
    assert capacity.occupancy(capacity.load_for_occupancy(share, 10), 10) == pytest.approx(share, rel=1e-6)


def test_the_offered_reading_is_the_share_of_beds():
    assert capacity.load_for_occupancy(0.85, 40, of="offered") == pytest.approx(34)


def test_wait_longer_than_follows_the_exponential_law():
    """R 4.2.2: 0.449388 * exp(-(12 - 10) * 0.5 / 1) = 0.165321 for the worked ward."""
    assert capacity.waiting(10, 12, stay=1, longer_than=0.5).longer_than == pytest.approx(0.165321, abs=5e-7)
    assert capacity.waiting(10, 12, stay=4, longer_than=2).longer_than == pytest.approx(0.165321, abs=5e-7)


def test_a_run_too_short_to_judge_is_refused():
    from healthsys.trends import slack

    with pytest.raises(
        DataError, match=r"people came to the simulated ward; 40 or more are needed: simulate more days"
    ):
        slack.simulation_check(0.05, 12, stay=5, days=200, seed=1)
    with pytest.raises(DataError, match="the beds have no indicator ga_beds_occupied"):
        slack.occupancy_series(
            pd.DataFrame(
                {"indicator": ["ga_beds_available", "ga_occupancy_percent"], "period": [1, 1], "value": [5, 90]}
            )
        )
