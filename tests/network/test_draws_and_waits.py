"""Draws belong to requests, jitter and exits behave, and waits grow along the depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import workloads
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.durations import ExponentialService
from simulator.network import engine
from simulator.network.arrivals import PeriodicArrivals, PoissonArrivals, TraceArrivals
from simulator.network.blocks import Policy
from simulator.network.draws import draws
from simulator.network.plan import Draws, Plan
from simulator.network.waits import check_waits, timeouts_ns, with_waits
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from tests.support.small_plans import graph, run
from tests.support.statistics import assert_mean

MS = 1_000_000
NO_FILE = None


def health_plan(**policy):
    workload = workloads.workloads()["health, perfect"]
    return replace(workload.plan(), policy=Policy.model_validate(policy))


def test_poisson_gaps_are_exponential_with_the_stated_rate():
    births = PoissonArrivals.model_validate({"kind": "poisson", "rate": "4 /s"}).births_ns(20_000, Streams(1), NO_FILE)
    gaps_s = np.diff(births) / 1e9
    assert_mean(gaps_s, expected=0.25)
    assert_mean(gaps_s**2, expected=2 * 0.25**2)


def test_periodic_births_are_even_and_start_when_told():
    block = PeriodicArrivals.model_validate({"kind": "periodic", "every": "5 ms", "first": "1 ms"})
    assert block.births_ns(3, Streams(1), NO_FILE).tolist() == [1 * MS, 6 * MS, 11 * MS]


def test_a_trace_that_is_too_short_is_laid_end_to_end_with_one_mean_gap_between():
    block = TraceArrivals.model_validate({"kind": "trace", "path": "x.csv", "unit": "ms"})
    births = block.births_ns(7, Streams(1), lambda path, column: np.array([7.0, 3.0, 4.0]))
    assert (births // MS).tolist() == [0, 1, 4, 6, 7, 10, 12]


def test_a_shorter_run_has_the_same_first_draws_and_a_policy_moves_none():
    plan = health_plan()
    jittery = replace(plan.topology, links=tuple(replace(link, jitter_ns=MS, loss=0.1) for link in plan.topology.links))
    costs = Costs({}, plan.costs.payload_bytes, service={"edge": ExponentialService(law="exponential", mean_ns="5 ms")})
    long_births, short_births = np.arange(100) * MS, np.arange(40) * MS
    one = draws(replace(plan, topology=jittery, costs=costs), long_births, Streams(3))
    impatient = Policy.model_validate({"deadline": "1 s"})
    two = draws(replace(plan, topology=jittery, costs=costs, policy=impatient), short_births, Streams(3))
    for name in ("work_ns", "jitter_ns", "lost"):
        for key, column in getattr(one, name).items():
            np.testing.assert_array_equal(column[:40], getattr(two, name)[key])
    assert one.lost and one.jitter_ns and one.work_ns["edge"].std() > 0


def test_jitter_delays_each_message_by_its_own_draw_and_lets_a_later_one_overtake():
    parts = graph([("s", "c")])
    topology = Topology("", (Node("s"), Node("c")), (Link("s-c", ("s", "c"), latency_ns=10, jitter_ns=50),))
    plan = Plan(parts, {"s": "s", "c": "c"}, topology, Costs({}, {}))
    zero = {"s": np.zeros(2, dtype=np.int64), "c": np.array([4, 4])}
    log = engine.run(plan, Draws(np.array([0, 5]), zero, jitter_ns={("s->c", "s-c"): np.array([50, 0])}))
    assert log.end_ns.tolist() == [64, 19]


def test_loss_happens_as_often_as_the_link_says():
    plan = health_plan()
    lossy = replace(plan.topology, links=tuple(replace(link, loss=0.2) for link in plan.topology.links))
    coins = draws(replace(plan, topology=lossy), np.arange(20_000), Streams(5)).lost[("edge->fog2", "edge-fog2")]
    assert_mean(coins.astype(float), expected=0.2)


def test_the_first_exit_that_answers_counts():
    edges = (Edge("s", "early"), Edge("s", "late"))
    parts = PartGraph((Part("s"), Part("early", Join((((0,),),)), True), Part("late", Join((((1,),),)), True)), edges)
    both = run(parts, [0], work={"early": 5, "late": 9})
    one = run(parts, [0], work={"early": 5, "late": 9}, down={"early": [(-1, 99)]})
    none = run(parts, [0], work={"early": 5, "late": 9}, down={"early": [(-1, 99)], "late": [(3, 99)]})
    assert [parts.text(log.delivery[0]) for log in (both, one, none)] == ["early <- s->early", "late <- s->late", "-"]
    assert [int(log.end_ns[0]) for log in (both, one, none)] == [5, 9, 3]


def test_waits_grow_by_the_wait_before_and_the_path_between():
    plan = health_plan()
    waits = timeouts_ns(plan, 50 * MS)
    # messages of 1, 2, 3, ... kB over 1 Mbps and 3 ms: edge->fog2 is the 2nd edge (16 ms), fog2->fog1 the 3rd (24 ms)
    assert waits["fog2"] == 50 * MS
    assert waits["fog1"] == 50 * MS + (24 + 3) * MS + 50 * MS
    assert waits["cloud"] == waits["fog1"] + (8 + 3) * MS + 50 * MS


def test_equal_waits_are_warned_of_and_grown_ones_are_not():
    equal = health_plan(wait={"kind": "timeout", "after": {"fog2": "50 ms", "fog1": "50 ms", "cloud": "50 ms"}})
    grown = health_plan(wait={"kind": "timeout", "after": "50 ms"})
    warned = check_waits(equal)
    assert len(warned) == 2
    assert "fog1 waits 50 ms, shorter than the wait before it plus the path, 77 ms" in warned[0]
    assert check_waits(grown) == []


def test_closing_by_the_deadline_leaves_time_for_the_way_on():
    plan = with_waits(health_plan(wait={"kind": "deadline", "margin": "10 ms"}, deadline="400 ms"))
    # from fog1 on: fog1->cloud (11 ms); from fog2 on: fog2->fog1 (27 ms) and that
    assert plan.closes_ns["cloud"] == 390 * MS
    assert plan.closes_ns["fog1"] == (390 - 11) * MS
    assert plan.closes_ns["fog2"] == (390 - 11 - 27) * MS


@pytest.mark.parametrize("name", ["health, perfect", "camera, timeouts, withdraw"])
def test_failures_that_never_fire_change_nothing(name):
    workload = workloads.workloads()[name]
    plan, drawn = workload.plan(), workload.draws(300, seed=1)
    none = tuple(times[:0] for times in drawn.timeline.crash_ns)
    never = replace(drawn.timeline, crash_ns=none, repair_ns=none)
    with_never = engine.run(plan, replace(drawn, timeline=never))
    without = engine.run(plan, replace(drawn, timeline=None))
    assert with_never.delivery == without.delivery
    np.testing.assert_array_equal(with_never.end_ns, without.end_ns)
