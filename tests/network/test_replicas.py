"""Parts on several nodes: the snapshot by brute force, the zero-delay identity, and choices in time by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from simulator.dataflow.costs import Costs
from simulator.dataflow.reach import Reach
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.plan import Draws, Plan
from simulator.network.vectorised import Unqualified
from simulator.network.vectorised import run as run_fast
from simulator.topology.routes import Routes
from tests.network.test_zero_delay import plans
from tests.oracles.textbook_plans import Downs, add, graph_of, network, select, wire


@st.composite
def plans_with_replicas(draw):
    """Any small plan in which some parts stand on several nodes."""
    plan = draw(plans())
    names = [node.name for node in plan.topology.nodes]
    replicas = {}
    for part in plan.graph.parts:
        nodes = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        if len(nodes) > 1:
            replicas[part.name] = tuple(nodes)
    placement = {part: replicas.get(part, (node,))[0] for part, node in plan.placement.items()}
    return replace(plan, placement=placement, replicas=replicas)


def reach_of(plan: Plan) -> Reach:
    return Reach(plan.graph, plan.placement, Routes(plan.topology), plan.replicas)


def snapshots(plan: Plan, timeline: Timeline, arrivals: np.ndarray) -> list[int]:
    reach = reach_of(plan)
    return [reach.delivery(frozenset(n for n, up in zip(timeline.components, row, strict=True) if not up))
            for row in timeline.up_at(arrivals)]


def no_work(plan: Plan, requests: int) -> dict[str, np.ndarray]:
    return {key: np.zeros(requests, dtype=np.int64) for key in plan.work_keys}


def deliveries(plan: Plan, timeline: Timeline, arrivals: np.ndarray) -> list[int]:
    return list(engine.run(plan, Draws(arrivals, no_work(plan, len(arrivals)), timeline)).delivery)


def by_hand(plan: Plan, down: frozenset[str]) -> int:
    """Return the delivery by placing each part, then asking the reach of a plan without replicas."""
    placement, alive = dict(plan.placement), {}
    routes = Routes(plan.topology)
    order = sorted(plan.graph.parts, key=lambda part: part.join is not None)  # stable: sources, then the others
    for part in plan.graph.parts:
        if part.name in plan.replicas:
            up = [node for node in plan.replicas[part.name] if node not in down]
            feeding = {plan.graph.edges[edge].source for edge in part.join.edges} if part.join else set()
            senders = [p.name for p in order if p.name in feeding and alive[p.name]]
            pairs = [(s, n) for s in senders for n in up if routes.find(placement[s], n, down)]
            found = pairs[0][1] if pairs else plan.placement[part.name]
            placement[part.name] = up[0] if up and not part.join else found
        alive = Reach(plan.graph, placement, routes).fed(down)
    return Reach(plan.graph, placement, routes).delivery(down)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(plan=plans_with_replicas())
def test_the_delivery_of_every_pattern_is_that_of_the_placement_found_part_by_part(plan):
    reach, names = reach_of(plan), sorted(reach_of(plan).relevant)
    patterns = list(product([True, False], repeat=min(len(names), 7)))
    for up in patterns:
        down = frozenset(name for name, is_up in zip(names, up, strict=False) if not is_up)
        assert reach.delivery(down) == by_hand(plan, down), (plan.replicas, down)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plan=plans_with_replicas(), seed=st.integers(0, 2**16))
def test_the_zero_delay_identity_holds_with_replicas_at_any_failure_speed(plan, seed):
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 40, 60)) - rng.integers(0, 40) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**9)
    arrivals = np.sort(rng.integers(0, 800, 80))
    assert deliveries(plan, timeline, arrivals) == snapshots(plan, timeline, arrivals)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(plan=plans_with_replicas(), seed=st.integers(0, 2**16))
def test_the_zero_delay_identity_holds_with_replicas_for_coins(plan, seed):
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    none = tuple(np.zeros(0, dtype=np.int64) for _ in names)
    timeline = Timeline(names, none, none, rng.random((60, len(names))) < 0.7, 10**9)
    arrivals = np.sort(rng.integers(0, 500, 60))
    assert deliveries(plan, timeline, arrivals) == snapshots(plan, timeline, arrivals)


PAIR = graph_of({"x": None, "y": add(0)}, "x>y")
STAR = network("ABC", wire("A-B", 5), wire("A-C", 7), wire("B-C", 3))


def plan_of(graph, topology, placement, **more) -> Plan:
    nodes = {part: tuple(where) for part, where in zip(graph.part_by_name, placement.split(), strict=True)}
    replicas = {part: where for part, where in nodes.items() if len(where) > 1}
    return Plan(graph, {part: where[0] for part, where in nodes.items()}, topology, Costs({}, {}),
                replicas=replicas, **more)


def ends(plan, births, downs, work=10):
    births = np.array(births, dtype=np.int64)
    lasts = {key: np.full(len(births), 0 if key.startswith("x") else work, dtype=np.int64) for key in plan.work_keys}
    log = engine.run(plan, Draws(births, lasts, Downs(downs).timeline(plan.topology, len(births))))
    return list(zip([plan.graph.text(d).removeprefix("y <- ") for d in log.delivery], log.end_ns.tolist(), strict=True))


def test_a_message_goes_to_the_first_node_that_is_up_when_it_is_sent():
    plan = plan_of(PAIR, STAR, "A BC")
    assert ends(plan, [0, 20, 40], {"B": [(20, 30)]}) == [("x->y", 15), ("x->y", 37), ("x->y", 55)]


def test_a_crash_after_the_choice_is_not_foreseen():
    assert ends(plan_of(PAIR, STAR, "A BC"), [0, 2], {"B": [(3, 30)]}) == [("-", 5), ("-", 7)]


def test_a_node_without_a_route_is_passed_over():
    cut = {"A-B": [(0, 9)], "B-C": [(0, 9)]}
    assert ends(plan_of(PAIR, STAR, "A BC"), [0], cut) == [("x->y", 17)]


def test_where_no_node_can_be_had_the_message_is_lost_at_once():
    assert ends(plan_of(PAIR, STAR, "A BC"), [4], {"B": [(0, 9)], "C": [(0, 9)]}) == [("-", 4)]


#   x on A feeds m on B (which takes 10) and y; y stands on C or D and takes m, or else x
DIAMOND = graph_of({"x": None, "m": add(0), "y": select(1, 2)}, "x>m", "m>y", "x>y")
MESH = network("ABCD", wire("A-B", 1), wire("A-C", 2), wire("A-D", 3), wire("B-C", 3), wire("B-D", 4), wire("C-D", 9))


def test_all_messages_of_a_request_go_where_the_first_was_sent():
    plan = plan_of(DIAMOND, MESH, "A B CD")
    # at 0 x's message chooses C (sent at 0); C crashes at 8, before m is sent at 11: m's follows it and y refuses at 14
    assert ends(plan, [0], {"C": [(8, 99)]}) == [("-", 14)]
    # where C is down at the first sending, both go to D, though C is back when m's message is sent
    assert ends(plan, [0], {"C": [(0, 8)]}) == [("x->m m->y", 25)]


def test_when_all_its_messages_were_lost_the_next_one_chooses_anew():
    plan = plan_of(DIAMOND, MESH, "A B CD")
    # x's message to C dies with the link at 1; C is down from 5 on; m's message, sent at 11, goes to D
    assert ends(plan, [0], {"A-C": [(1, 50)], "C": [(5, 99)]}) == [("x->m m->y", 25)]


def test_the_fast_path_leaves_replicas_to_simpy():
    plan = plan_of(PAIR, STAR, "A BC")
    with pytest.raises(Unqualified, match="several nodes"):
        run_fast(plan, Draws(np.zeros(1, dtype=np.int64), no_work(plan, 1)))


def test_a_source_with_replicas_stands_on_its_first_node_that_is_up():
    assert ends(plan_of(PAIR, STAR, "BC A"), [0, 20], {"B": [(20, 30)]}) == [("x->y", 15), ("x->y", 37)]
