"""Slow machines: when work is done, against counting nanosecond by nanosecond."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline
from simulator.failures.slow import Spells
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.draws import slowed
from simulator.network.pace import Paced, Steady
from simulator.network.plan import Draws, Plan
from simulator.topology.graph import Link, Node, Topology

spells = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from([1.5, 2.0, 3.0, 10.0])), max_size=4)


def counted(slow, start, work):
    """Return when work is done, nanosecond by nanosecond."""
    left, now = Fraction(work), start
    while left > 0:
        speed = Fraction(1)
        for begin, lasting, factor in slow:
            if begin <= now < begin + lasting:
                speed /= Fraction(factor)
        left -= speed
        now += 1
    return now


@settings(max_examples=300, deadline=None, derandomize=True)
@given(slow=spells, start=st.integers(0, 100), work=st.integers(0, 40))
def test_work_is_done_at_the_first_instant_at_which_it_is_all_there(slow, start, work):
    pace = Paced([(begin, begin + lasting, factor) for begin, lasting, factor in slow])
    done = pace.done(start, work)
    assert done == counted(slow, start, work)
    assert pace.worked(start, done) >= work
    assert work == 0 or pace.worked(start, done - 1) < work


def test_a_machine_that_is_never_slow_is_steady():
    assert Paced([]).done(7, 5) == Steady().done(7, 5) == 12
    assert Paced([]).worked(7, 12) == Steady().worked(7, 12) == 5


CHAIN = PartGraph((Part("x"), Part("y", Join((((0,),),)), True)), (Edge("x", "y"),))
TOPOLOGY = Topology("", (Node("A"), Node("B")), (Link("A-B", ("A", "B")),))


def log_of(births, work, slow, down=(), **policy):
    """Return the ends of jobs of one machine B that is slow in spells and down at times, by both engines."""
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, TOPOLOGY, Costs({}, {}), Policy.model_validate(policy))
    failing = Timeline(("B",), (np.array([d[0] for d in down], dtype=np.int64),),
                       (np.array([d[1] for d in down], dtype=np.int64),), None, 10**9)
    works = {"x": np.zeros(len(births), dtype=np.int64), "y": np.full(len(births), work)}
    draws = Draws(np.array(births), works, failing)
    lines = [Spells(factor, Timeline(("B",), (np.array([begin]),), (np.array([end]),), None, 10**9))
             for begin, end, factor in slow]
    draws = slowed(draws, plan, lines)
    slow_log, fast_log = engine.run(plan, draws), vectorised.run(plan, draws)
    assert fast_log.delivery == slow_log.delivery
    np.testing.assert_array_equal(fast_log.end_ns, slow_log.end_ns)
    return slow_log


@pytest.mark.parametrize(("slow", "ends"), [
    ([], [10, 20, 40]),
    ([(0, 100, 2.0)], [20, 40, 60]),
    ([(5, 15, 2.0)], [15, 25, 40]),
    ([(5, 15, 2.0), (5, 15, 5.0)], [19, 29, 40]),  # a tenth of the speed: one is done by 15, four are left
    ([(35, 1000, 10.0)], [10, 20, 85]),
])
def test_jobs_queue_behind_a_slow_one(slow, ends):
    assert log_of([0, 0, 30], 10, slow).end_ns.tolist() == ends


@pytest.mark.parametrize(("in_service", "end"), [("lose", 6), ("restart", 40), ("resume", 34)])
def test_a_crash_in_a_slow_spell_loses_restarts_or_resumes(in_service, end):
    log = log_of([0], 10, [(0, 1000, 2.0)], [(6, 20)], crash={"in_service": in_service, "queue": "keep"})
    assert log.end_ns.tolist() == [end]  # of 10, 3 are done at the crash
    assert (log.delivery[0] > 0) == (in_service != "lose")


def test_a_slow_job_is_withdrawn_at_its_deadline():
    log = log_of([0, 0], 10, [(0, 1000, 3.0)], deadline="35 ns", at_deadline="withdraw")
    assert log.end_ns.tolist() == [30, 35]
    assert [delivery > 0 for delivery in log.delivery] == [True, False]


def test_requests_whose_coin_says_slow_need_longer():
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, TOPOLOGY, Costs({}, {}))
    draws = Draws(np.array([0, 100, 200]), {"x": np.zeros(3, dtype=np.int64), "y": np.full(3, 10)})
    none = (np.empty(0, dtype=np.int64),)
    coins = Spells(2.5, Timeline(("B",), none, none, np.array([[True], [False], [True]]), 10**9))
    assert engine.run(plan, slowed(draws, plan, [coins])).end_ns.tolist() == [10, 125, 210]
