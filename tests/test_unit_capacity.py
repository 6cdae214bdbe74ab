"""Erlang formulas against R, each other and a simulated ward."""

import math

import numpy as np
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
    ],
)
def test_impossible_wards_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
