"""Erlang formulas against R, each other and a simulated ward."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsys import queueing
from healthsys.errors import DataError


def test_worked_answers():
    """R 4.2.2: a = 10, N = 15: B 0.036497; N = 12: C 0.449388, Wq 0.224694 stays."""
    assert queueing.erlang_b(10, 15) == pytest.approx(0.036497, abs=5e-7)
    assert queueing.erlang_c(10, 12) == pytest.approx(0.449388, abs=5e-7)
    assert queueing.mean_wait(10, 12, stay=1) == pytest.approx(0.224694, abs=5e-7)


def test_the_same_occupancy_is_another_risk_in_a_small_ward():
    """Reference: at 85 % carried B 0.327 in 10 beds; offered B 0.145 and 0.012, C 0.530 and 0.075 in 10 and 100."""
    carried = [queueing.erlang_b(queueing.load_for_occupancy(0.85, n), n) for n in (10, 30, 100)]
    assert carried[0] == pytest.approx(0.327, abs=5e-4)
    assert carried == sorted(carried, reverse=True)
    assert [queueing.erlang_b(0.85 * n, n) for n in (10, 100)] == pytest.approx([0.145, 0.012], abs=5e-4)
    assert [queueing.erlang_c(0.85 * n, n) for n in (10, 100)] == pytest.approx([0.530, 0.075], abs=5e-4)


@given(st.floats(0.5, 60), st.integers(1, 80))
def test_recursion_equals_the_sum(load, beds):
    terms = [n * math.log(load) - math.lgamma(n + 1) for n in range(beds + 1)]
    top = max(terms)
    closed = math.exp(terms[-1] - top) / sum(math.exp(term - top) for term in terms)
    assert queueing.erlang_b(load, beds) == pytest.approx(closed, rel=1e-9)


@given(st.floats(0.3, 0.97), st.integers(1, 60))
def test_load_for_occupancy_gives_that_occupancy(share, beds):
    assert queueing.occupancy(queueing.load_for_occupancy(share, beds), beds) == pytest.approx(share, abs=1e-8)


@given(st.floats(0.5, 40), st.floats(0.001, 0.4), st.sampled_from(["loss", "waiting"]))
def test_smallest_ward_meets_the_target_and_one_bed_less_does_not(load, target, rule):
    beds = queueing.smallest_ward(load, target=target, rule=rule)
    risk = queueing.erlang_b if rule == "loss" else queueing.erlang_c
    assert risk(load, beds) <= target
    if beds > 1 and (rule == "loss" or beds - 1 > load):
        assert risk(load, beds - 1) > target


def test_one_more_bed_buys_less_each_time():
    table = queueing.one_more_bed(25, 27, more=6)
    assert table["spared"].dropna().is_monotonic_decreasing
    assert (table["slack"] + table["occupancy"]).to_numpy() == pytest.approx(np.ones(7))


def test_a_simulated_ward_agrees_with_the_closed_forms():
    """30,000 days of 2 arrivals a day: Monte Carlo error of the blocked share about 0.002."""
    loss = queueing.simulate_ward(10, 12, stay=5, days=30_000, seed=11)
    assert loss["turned_away"].mean() == pytest.approx(queueing.erlang_b(10, 12), abs=0.01)
    queue = queueing.simulate_ward(10, 12, stay=5, days=30_000, seed=12, rule="waiting")
    assert (queue["wait"] > 1e-12).mean() == pytest.approx(queueing.erlang_c(10, 12), abs=0.035)
    assert queue["wait"].mean() == pytest.approx(queueing.mean_wait(10, 12, stay=5), rel=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: queueing.erlang_b(-1, 5), "load of -1 Erlang"),
        (lambda: queueing.erlang_b(1, 2.5), "2.5 beds is not a whole number"),
        (lambda: queueing.erlang_c(12, 12), "the queue grows without end"),
        (lambda: queueing.load_for_occupancy(85, 10), "0.85 for 85%"),
        (lambda: queueing.smallest_ward(10, target=5), "not a probability"),
        (lambda: queueing.smallest_ward(10, target=0.05, rule="loss "), "rule 'loss ' is not known"),
        (lambda: queueing.mean_wait(5, 10, stay=0), "mean stay of 0"),
        (lambda: queueing.mean_wait(5, 10, stay=math.inf), "mean stay of inf"),
        (lambda: queueing.erlang_b(math.inf, 5), "load of inf Erlang"),
        (lambda: queueing.erlang_b(math.nan, 5), "load of nan Erlang"),
        (lambda: queueing.erlang_b(None, 5), "load of None Erlang"),
        (lambda: queueing.erlang_b(1, math.inf), "inf beds is not a whole number"),
        (lambda: queueing.erlang_b(1, 10**9), "1,000,000,000 beds are more than any ward"),
        (lambda: queueing.erlang_c(0, 0), "leaves no steady state"),
        (lambda: queueing.occupancy(1, 0), "a ward without beds"),
        (lambda: queueing.occupancy(1, 2.5), "2.5 beds"),
        (lambda: queueing.load_for_occupancy(0.85, 0), "a ward without beds"),
        (lambda: queueing.load_for_occupancy(math.nan, 10), "an occupancy of nan"),
        (lambda: queueing.load_for_occupancy(1 - 1e-13, 10), "needs more demand than can be computed"),
        (lambda: queueing.smallest_ward(30_000, target=0.01), "no ward of up to 20,000 beds"),
        (lambda: queueing.one_more_bed(10, 12, more=0), "0 further beds"),
        (lambda: queueing.simulate_ward(0, 12, stay=5, days=9, seed=1), "a simulated load of 0"),
        (lambda: queueing.simulate_ward(5, 0, stay=5, days=9, seed=1), "a ward without beds"),
        (lambda: queueing.simulate_ward(5, 9, stay=5, days=0, seed=1), "a run of days of 0"),
        (lambda: queueing.simulate_ward(10_000, 28, stay=5, days=3000, seed=1), "so at most 900 days of this ward"),
    ],
)
def test_impossible_wards_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_zero_and_huge_loads_have_their_limits_and_no_warning():
    """Nobody comes: never full. All the world comes: always full, every bed in use, and one more bed spares nobody."""
    assert queueing.erlang_b(0, 5) == 0
    assert queueing.erlang_b(0, 0) == 1
    assert queueing.erlang_c(0, 5) == 0
    assert queueing.mean_wait(0, 5, stay=3) == 0
    assert queueing.smallest_ward(0, target=0.05) == 1
    assert queueing.one_more_bed(0, 5)["slack"].tolist() == [1.0] * 6
    for load in (1e12, 1e17, 1e300):
        assert queueing.erlang_b(load, 28) == pytest.approx(1)
        assert queueing.occupancy(load, 28) == pytest.approx(1)
        table = queueing.one_more_bed(load, 28, more=1)
        assert table["turned_away"].tolist() == pytest.approx([1000, 1000])
        assert table["spared"].iloc[1] == pytest.approx(0, abs=1e-6)
    assert queueing.erlang_b(1e-300, 3) == 0.0
    assert queueing.smallest_ward(15_000, target=0.5) < queueing.MOST_BEDS


@given(st.floats(0.1, 200), st.integers(1, 80))
def test_occupancy_is_the_load_that_is_not_turned_away(load, beds):
    assert queueing.occupancy(load, beds) == pytest.approx(load * (1 - queueing.erlang_b(load, beds)) / beds, rel=1e-9)


@pytest.mark.parametrize("share", [1e-9, 0.3, 0.999999])
def test_extreme_occupancies_are_found(share):
    assert queueing.occupancy(queueing.load_for_occupancy(share, 10), 10) == pytest.approx(share, rel=1e-6)


def test_a_run_too_short_to_judge_is_refused():
    with pytest.raises(
        DataError, match=r"people came to the simulated ward; 40 or more are needed: simulate more days"
    ):
        queueing.simulation_check(0.05, 12, stay=5, days=200, seed=1)


def test_the_check_by_simulation_finds_the_formulas():
    check = queueing.simulation_check(10, 12, stay=5, days=2000, seed=3).set_index("quantity")
    assert ((check["simulated"] - check["formula"]).abs() / check["error"] < 4).all()
    loss = queueing.simulate_ward(10, 12, stay=5, days=2000, seed=3)["turned_away"].to_numpy(float)
    batches = [100 * part.mean() for part in np.array_split(loss, 20)]
    assert check["error"].iloc[0] == pytest.approx(np.std(batches, ddof=1) / np.sqrt(20))


@pytest.mark.parametrize("rule", ["loss", "waiting"])
@pytest.mark.parametrize(("load", "beds"), [(10, 12), (0.8, 1), (25.5, 28)])
def test_the_simulated_ward_is_that_of_simpy(rule, load, beds):
    """Simpy 4.1: a resource of so many beds, the same draws in the same order."""
    simpy = pytest.importorskip("simpy")
    rng, world, rows = np.random.default_rng(4), simpy.Environment(), []
    ward = simpy.Resource(world, capacity=beds)

    def patient():
        arrived = world.now
        if rule == "loss" and ward.count == beds:
            rows.append((arrived, True, math.nan))
            return
        with ward.request() as bed:
            yield bed
            rows.append((arrived, False, world.now - arrived))
            yield world.timeout(rng.exponential(3))

    def arrivals():
        while True:
            yield world.timeout(rng.exponential(3 / load))
            world.process(patient())

    world.process(arrivals())
    world.run(until=60 + 400)
    known = pd.DataFrame(rows, columns=["time", "turned_away", "wait"]).query("time >= 60")
    found = queueing.simulate_ward(load, beds, stay=3, days=400, seed=4, rule=rule)
    pd.testing.assert_frame_equal(found, known.sort_values("time", ignore_index=True), check_exact=True)


def test_what_one_more_bed_buys_is_as_erlang_has_it():
    """Erlang B at a load of 10, by its recursion in R 4.2.2: 12 beds 0.119739, 13 beds 0.084339, 15 beds 0.036497."""
    table = queueing.one_more_bed(10, 12)
    assert table["full"].iloc[0] == pytest.approx(0.119739, abs=1e-5)
    assert table["spared"].iloc[1] == pytest.approx(1000 * (0.119739 - 0.084339), abs=0.01)
    assert queueing.smallest_ward(10, target=0.05) == 15
