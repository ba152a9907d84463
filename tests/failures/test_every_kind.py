"""Every kind of failure process, one table: the zero-delay identity, and deliveries as often as the stated law says.

A kind that is added to the union of blocks and not to this table makes a test fail.
"""

from __future__ import annotations

from functools import cache
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulator.dataflow.costs import Costs
from simulator.dataflow.reach import Reach
from simulator.failures.blocks import Failure, build_process
from simulator.failures.process import NoLaw
from simulator.failures.trace_table import Node as Machine
from simulator.failures.trace_table import TraceTable
from simulator.network import engine, vectorised
from simulator.network.plan import Draws, Plan
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from simulator.units import SECOND_NS
from tests.support.small_plans import graph
from tests.support.statistics import FALSE_ALARM, assert_g_test

S = SECOND_NS
CHAIN = graph([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("b", "d")], exit_part="d")
NODES = tuple(Node(name, position=(float(at), 0.0)) for at, name in enumerate("abcd"))
PLACES = Topology("", NODES, tuple(Link(edge.name, (edge.source, edge.target)) for edge in CHAIN.edges))
PLAN = Plan(CHAIN, {name: name for name in "abcd"}, PLACES, Costs({}, {}))
LINK = CHAIN.edges[0].name
REACH = Reach(CHAIN, PLAN.placement, Routes(PLACES))
BARE = graph([("a", "b"), ("b", "c"), ("c", "d")], exit_part="d")  # no way round, so that the fast path can take it
BARE_PLAN = Plan(BARE, PLAN.placement, Topology("", NODES, tuple(
    Link(edge.name, (edge.source, edge.target)) for edge in BARE.edges)), Costs({}, {}))


def machine(name, *outages):
    crash, repair = (np.array([each[side] * S for each in outages], dtype=np.int64) for side in (0, 1))
    return Machine(name, "one", (0, 40 * S), crash, repair)


TRACE = TraceTable("trace.csv", (machine("m0", (3, 9), (20, 22)), machine("m1", (5, 9), (30, 40)),
                                 machine("m2", (21, 30)), machine("m3", (0, 2), (8, 12))))
UP_DOWN = {"kind": "renewal", "mtbf": {"b": "4 s", "c": "6 s", LINK: "5 s"}, "mttr": "2 s"}
LAWS = ("exponential", "deterministic", {"law": "weibull", "shape": 1.7}, {"law": "lognormal", "cv": 1.5},
        {"law": "gamma", "shape": 3}, {"law": "uniform", "spread": 0.5})
SURVIVAL = {"b": 0.8, "c": 0.7, LINK: 0.9}
EQUAL = {"b": 0.8, "c": 0.8, LINK: 0.8}
SET = ["b", "c", LINK]
READ = {"kind": "trace", "path": "trace.csv"}
WITH_LAW = {
    "coins": [{"kind": "bernoulli", "survival": SURVIVAL}],
    **{f"renewal {law if isinstance(law, str) else law['law']}": [UP_DOWN | {"up": law, "down": law}] for law in LAWS},
    "renewal empirical": [{"kind": "renewal", "components": SET, "mttr": "2 s",
                           "up": {"law": "empirical", "values": ["1 s", "3 s", "9 s"]}}],
    "groups": [{"kind": "groups", "groups": {"rack": {"members": ["b", "c"], "mtbf": "6 s", "mttr": "2 s"},
                                            "room": {"members": ["rack", LINK], "availability": 0.9, "mttr": "1 s"}}}],
    "groups of coins": [{"kind": "groups", "groups": {"rack": {"members": ["b", LINK], "survival": 0.7}}}],
    "common cause": [{"kind": "common_cause", "survival": SURVIVAL, "beta": 0.4}],
    "alpha factors": [{"kind": "alpha_factor", "survival": EQUAL, "alphas": [0.6, 0.3, 0.1]}],
    "alpha factors in time": [{"kind": "alpha_factor", "survival": EQUAL, "alphas": [0.6, 0.3, 0.1], "mttr": "2 s"}],
    "beta-binomial": [{"kind": "beta_binomial", "survival": EQUAL, "correlation": 0.3}],
    "beta-binomial that holds": [{"kind": "beta_binomial", "survival": EQUAL, "correlation": 0.3, "holds": "2 s"}],
    "Gaussian copula": [{"kind": "copula", "survival": SURVIVAL, "correlation": 0.6}],
    "t copula that holds": [{"kind": "copula", "survival": SURVIVAL, "correlation": 0.6, "tail": 4, "holds": "2 s"}],
    "shocks": [{"kind": "shocks", "shocks": {"surge": {"fells": ["b", "c"], "every": "9 s", "mttr": "2 s"},
                                            "heat": {"fells": {"c": 0.5, LINK: 0.7}, "every": "6 s", "mttr": "2 s"},
                                            "request": {"fells": ["d"], "probability": 0.05}}}],
    "regional": [{"kind": "regional", "radius": 0.8, "every": "4 s", "mttr": "2 s"}],
    "regional, links too": [{"kind": "regional", "radius": {"mean": 0.5}, "links": True, "probability": 0.5}],
    "regional, fading": [{"kind": "regional", "radius": 1.5, "kill": "linear", "every": "5 s", "mttr": "2 s"}],
    "environment": [{"kind": "environment", "states": {
        "calm": {"lasts": "9 s", "mttr": "1 s"},
        "storm": {"lasts": "4 s", "mttr": "2 s", "mtbf": {"b": "3 s", "c": "2 s", LINK: "4 s"}}}}],
    "cascade": [{"kind": "cascade", "depends": {"b": ["c"], LINK: {"c": 0.5, "d": {"after": "1 s"}}},
                 "mtbf": {"c": "5 s", "d": "9 s"}, "mttr": "2 s"}],
    "bursts": [{"kind": "bursts", "every": "6 s", "among": 4, "sizes": {2: 2, 3: 1}, "components": SET,
                "outage": {"law": "lognormal", "mean": "2 s", "sigma": 1.0}, "repaired_together": 0.5,
                "alone": {"every": "9 s", "outage": {"law": "exponential", "mean": "1 s"}}}],
    "repair crew": [{"kind": "repair_crew", "mtbf": dict.fromkeys(SET, "4 s"), "mttr": "2 s", "repairmen": 1}],
    "trace": [READ | {"components": {"b": "m0", "c": "m1", LINK: "m2"}, "begin": "random", "repeat": True}],
    "maintenance at a random phase": [{"kind": "maintenance", "components": SET, "lasting": "2 s", "every": "9 s",
                                       "stagger": "1 s", "random_phase": True}],
    "crash and repair, twice": [UP_DOWN, {"kind": "renewal", "mtbf": {"c": "9 s", "d": "9 s"}, "mttr": "1 s"}],
    "coins over copula over groups": [
        {"kind": "bernoulli", "survival": {"b": 0.9}},
        {"kind": "copula", "survival": SURVIVAL, "correlation": 0.6, "holds": "3 s"},
        {"kind": "groups", "groups": {"rack": {"members": ["c", "d"], "mtbf": "9 s", "mttr": "1 s"}}}],
    "shocks over a cascade over crash and repair": [
        {"kind": "shocks", "shocks": {"surge": {"fells": ["b", "d"], "every": "9 s", "mttr": "2 s"}}},
        {"kind": "cascade", "depends": {"b": ["c"]}, "mtbf": {"c": "5 s"}, "mttr": "1 s"},
        UP_DOWN],
}
WITHOUT = {
    "renewal, all new": [UP_DOWN | {"start": "new"}],
    "mission": [{"kind": "mission", "mtbf": {"b": "20 s", "c": "9 s", LINK: "30 s"}}],
    "maintenance": [{"kind": "maintenance", "components": SET, "lasting": "2 s", "every": "9 s", "first": "1 s"}],
    "scripted": [{"kind": "scripted", "outages": [{"component": "b", "from": "10 s", "to": "12 s"},
                                                  {"components": ["c", LINK], "every": "5 s", "lasts": "1 s",
                                                   "from": "0 s", "to": "40 s"},
                                                  {"partition": [["a", "b", "c"], ["d"]], "from": "30 s",
                                                   "to": "33 s"}]}],
    "trace from an instant": [READ | {"components": {"b": "m0", "c": "m1"}, "begin": "1 s"}],
    "mission over trace over scripted": [
        {"kind": "mission", "mtbf": {"d": "60 s"}},
        READ | {"components": {"b": "m0", "c": "m3"}, "begin": "random", "repeat": True},
        {"kind": "scripted", "outages": [{"component": "c", "from": "10 s", "to": "12 s"}]}],
}
KINDS = WITH_LAW | WITHOUT
MADE_BY_THE_RUN = {"load_cascade"}  # its identity: tests/study/test_load.py; its law: tests/verification


@cache
def process_of(name):
    blocks = [TypeAdapter(Failure).validate_python(block) for block in KINDS[name]]
    return build_process(blocks, PLACES, lambda _: TRACE)


def test_every_kind_of_the_union_is_in_the_table():
    blocks = get_args(get_args(Failure)[0])
    kinds = {get_args(block.model_fields["kind"].annotation)[0] for block in blocks}
    assert {block["kind"] for blocks in KINDS.values() for block in blocks} == kinds - MADE_BY_THE_RUN


def deliveries_of(up, components, reach=REACH):
    """Return the delivery of each row of who is up."""
    patterns, which = np.unique(up, axis=0, return_inverse=True)
    found = [reach.delivery(frozenset(name for name, is_up in zip(components, row, strict=True) if not is_up))
             for row in patterns]
    return [found[place] for place in which.reshape(-1)]


@cache
def chances(name):
    """Return the exact probability of each delivery, by going through all patterns."""
    process = process_of(name)
    count = len(process.components)
    patterns = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0
    law, found = np.exp(process.log_probability(patterns)), {}
    for delivery, chance in zip(deliveries_of(patterns, process.components), law, strict=True):
        found[delivery] = found.get(delivery, 0.0) + float(chance)
    return found


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("run", "plan"), [(engine.run, PLAN), (vectorised.run, BARE_PLAN)], ids=["SimPy", "fast path"])
def test_without_delays_each_request_gets_what_the_pattern_at_its_birth_delivers(run, plan, name):
    process, seen = process_of(name), set()
    reach = Reach(plan.graph, plan.placement, Routes(plan.topology))
    for replication in range(3):
        births = np.unique(np.random.default_rng(replication).integers(0, 40 * S, 300))
        timeline = process.timeline(Streams(2, replication), len(births), 41 * S)
        work = {part.name: np.zeros(len(births), dtype=np.int64) for part in plan.graph.parts}
        got = list(run(plan, Draws(births, work, timeline)).delivery)
        assert got == deliveries_of(timeline.up_at(births), timeline.components, reach)
        seen |= set(got)
    assert len(seen) > 1, "nothing failed"


@pytest.mark.parametrize("name", WITH_LAW)
def test_snapshots_deliver_as_often_as_the_law_says(name):
    process, law = process_of(name), chances(name)
    assert sum(law.values()) == pytest.approx(1, abs=1e-9)
    drawn = deliveries_of(process.sample_up(Streams(5), 20_000), process.components)
    assert_g_test([drawn.count(delivery) for delivery in law], [*law.values()])


@pytest.mark.parametrize("name", WITH_LAW)
def test_at_any_time_a_request_is_delivered_as_often_as_the_law_says(name):
    """Replications are independent; instants of one are not, so each instant has a test of its own."""
    process, law, times = process_of(name), chances(name), np.array([0, 3 * S, 17 * S])
    states = np.array([process.timeline(Streams(6, run), 3, 18 * S).up_at(times) for run in range(300)])
    for at in range(len(times)):
        drawn = deliveries_of(states[:, at], process.components)
        assert_g_test([drawn.count(delivery) for delivery in law], [*law.values()], FALSE_ALARM / len(times))


@pytest.mark.parametrize("name", WITHOUT)
def test_what_moves_in_time_states_no_law(name):
    process = process_of(name)
    with pytest.raises(NoLaw):
        process.log_probability(np.ones((1, len(process.components)), dtype=bool))


def test_the_g_test_tells_a_law_that_is_a_little_wrong():
    right = np.array([0.6, 0.3, 0.0999, 0.0001])
    drawn = np.random.default_rng(1).multinomial(20_000, right)
    assert_g_test(drawn, right)
    with pytest.raises(AssertionError, match="do not fit"):
        assert_g_test(drawn, [0.58, 0.32, 0.0999, 0.0001])
    with pytest.raises(AssertionError, match="no probability"):
        assert_g_test([5, 5, 1], [0.5, 0.5, 0.0])
