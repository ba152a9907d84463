"""At zero delay the timed engine gives every request exactly the delivery of the pattern at its birth."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks import workloads
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.study.agreement import without_delays
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes


def snapshot_deliveries(plan: Plan, timeline: Timeline, arrivals: np.ndarray) -> list[int]:
    reach = Reach(plan.graph, plan.placement, Routes(plan.topology))
    rows = timeline.up_at(arrivals)
    return [
        reach.delivery(frozenset(n for n, up in zip(timeline.components, row, strict=True) if not up)) for row in rows
    ]


def engine_deliveries(plan: Plan, timeline: Timeline, arrivals: np.ndarray) -> list[int]:
    work = {part.name: np.zeros(len(arrivals), dtype=np.int64) for part in plan.graph.parts}
    return engine.run(plan, Draws(arrivals, work, timeline)).delivery


@pytest.mark.parametrize("mtbf_s", [0.5, 5, 100])
@pytest.mark.parametrize(
    "name",
    ["health, perfect", "health, links fail and lose", "health, relays that stop", "camera, perfect", "odd, perfect"],
)
def test_every_request_has_the_delivery_of_its_birth_at_any_failure_speed(name, mtbf_s):
    workload = replace(workloads.workloads()[name], mtbf_ns=int(mtbf_s * 1e9), loss=0.0)
    plan, draws = workload.plan(), workload.draws(2000, seed=7)
    instant = replace(plan, topology=without_delays(plan.topology), costs=Costs({}, {}), policy=Policy())
    expected = snapshot_deliveries(instant, draws.timeline, draws.arrivals_ns)
    assert engine_deliveries(instant, draws.timeline, draws.arrivals_ns) == expected
    assert len(set(expected)) > 1


@st.composite
def plans(draw):
    """Any small part graph with any joins, on any placement over any connected topology."""
    size = draw(st.integers(2, 6))
    pairs = [(a, b) for b in range(1, size) for a in range(b)]
    edges = sorted(
        {draw(st.sampled_from(pairs)) for _ in range(draw(st.integers(1, 9)))} | {(b - 1, b) for b in range(1, size)},
        key=lambda pair: (pair[1], pair[0]),
    )
    parts = [Part("p0")]
    for b in range(1, size):
        into = draw(st.permutations([i for i, pair in enumerate(edges) if pair[1] == b]))
        cut = draw(st.integers(0, len(into)))
        groups = tuple(tuple((edge,) for edge in side) for side in (into[:cut], into[cut:]) if side)
        if draw(st.booleans()):
            groups = ((tuple(into),),)
        parts.append(Part(f"p{b}", Join(groups, draw(st.sampled_from(["any", "all", 1, 2]))), b == size - 1))
    graph = PartGraph(tuple(parts), tuple(Edge(f"p{a}", f"p{b}") for a, b in edges))
    nodes = tuple(Node(f"n{i}", forwards_when_down=draw(st.booleans())) for i in range(draw(st.integers(1, 4))))
    wires = {(a, b) for b in range(1, len(nodes)) for a in range(b) if a == b - 1 or draw(st.booleans())}
    links = tuple(Link(f"n{a}-n{b}", (f"n{a}", f"n{b}")) for a, b in sorted(wires))
    topology = Topology("", nodes, links)
    placement = {part.name: draw(st.sampled_from(nodes)).name for part in parts}
    return Plan(graph, placement, topology, Costs({}, {}))


def emitting(plan: Plan) -> Plan:
    """Return the plan with starved parts that emit."""
    return replace(plan, graph=replace(plan.graph, starved_emits=True))


@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_the_identity_holds_on_any_graph_placement_and_topology(starved, plan, seed):
    plan = emitting(plan) if starved == "emit" else plan
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 40, 60)) - rng.integers(0, 40) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**9)
    arrivals = np.sort(rng.integers(0, 800, 80))
    assert engine_deliveries(plan, timeline, arrivals) == snapshot_deliveries(plan, timeline, arrivals)


@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=30, deadline=None, derandomize=True)
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_the_identity_holds_for_one_coin_a_component_and_request(starved, plan, seed):
    plan = emitting(plan) if starved == "emit" else plan
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    none = tuple(np.zeros(0, dtype=np.int64) for _ in names)
    timeline = Timeline(names, none, none, rng.random((60, len(names))) < 0.7, 10**9)
    arrivals = np.sort(rng.integers(0, 500, 60))
    assert engine_deliveries(plan, timeline, arrivals) == snapshot_deliveries(plan, timeline, arrivals)
