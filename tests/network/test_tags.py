"""Tags of silent errors in time: ties by hand, any plan against the textbook, the identity, and loss by checksum."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Mark
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.serving import Serving
from tests.network.test_fuzz_against_textbook import draws_of, policies, with_delays
from tests.network.test_vectorised import alone, same
from tests.network.test_zero_delay import emitting, engine_deliveries, plans, snapshot_deliveries
from tests.support.small_plans import graph, run, taken, timeline

GENERATED = {"deadline": None, "derandomize": True, "phases": (Phase.explicit, Phase.generate)}
QUEUE = [("a", "b"), ("b", "c")]
BAD_B, BAD_LINK = "b[stuck]", "b-c[corrupted]"


def marked(parts, *marks):
    return replace(parts, marks=marks)


def on_part(name="b", state=BAD_B):
    return Mark(name, "stuck", {name: state})


def on_link(edge="b->c", where="b-c", *, is_lost=False):
    return Mark(edge, "corrupted", {where: BAD_LINK}, is_lost)


def ran_by_both(parts, down):
    """Return the log of one request born at 0: b works for 50 ns, and each link takes 100."""
    work = {part.name: np.full(1, 50 if part.name == "b" else 0, dtype=np.int64) for part in parts.parts}
    draws = Draws(np.zeros(1, dtype=np.int64), work, timeline(down))
    assert same(own_nodes(parts, latency=100), draws)
    return engine.run(own_nodes(parts, latency=100), draws)


@pytest.mark.parametrize(("spell", "is_struck"), [
    ((100, 101), True),   # begins when the part fires
    ((90, 100), False),   # ends when the part fires
    ((101, 150), False),  # begins while the part is at work
    ((99, 101), True),
])
def test_a_part_is_struck_by_what_holds_when_it_fires(spell, is_struck):
    parts = marked(graph(QUEUE), on_part())
    log = ran_by_both(parts, {BAD_B: [spell]})
    told = "c <- a->b b->c[stuck]" if is_struck else "c <- a->b b->c"
    assert taken(parts, log) == [told]
    assert log.end_ns.tolist() == [250]


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize(("spell", "is_struck"), [((150, 151), True), ((100, 150), False), ((151, 250), False)])
def test_a_message_is_struck_by_what_holds_when_it_is_handed_over(spell, is_struck, is_lost):
    parts = marked(graph(QUEUE), on_link(is_lost=is_lost))
    log = ran_by_both(parts, {BAD_LINK: [spell]})
    struck = "-" if is_lost else "c <- a->b b->c[corrupted]"
    assert taken(parts, log) == [struck if is_struck else "c <- a->b b->c"]
    assert log.end_ns.tolist() == [250]  # a dropped message is known to be lost when it has arrived


def test_a_message_behind_another_is_struck_by_what_holds_when_it_joins_the_queue_of_the_link():
    parts, links = marked(graph([("a", "b")], exit_part="b"), on_link("a->b", "a-b")), (Link("a-b", ("a", "b"),
                                                                                              bandwidth_bps=8e6),)
    log = run(parts, [0, 10], payload={"a->b": 1}, links=links, down={BAD_LINK: [(5, 20)]})
    assert taken(parts, log) == ["b <- a->b", "b <- a->b[corrupted]"]  # it is sent from 1,000 on, and handed over at 10
    assert log.end_ns.tolist() == [1000, 2000]


def test_an_exit_that_is_struck_tags_the_answer_and_errors_add_up():
    parts = marked(graph(QUEUE), on_part("a", "s1"), on_part("c", "s2"), on_link())
    log = run(parts, [0, 5], down={"s1": [(0, 9)], "s2": [(0, 3)], BAD_LINK: [(4, 9)]})
    assert taken(parts, log) == ["c[stuck] <- a->b[stuck] b->c", "c <- a->b[stuck] b->c[corrupted]"]


@pytest.mark.parametrize(("spell", "is_struck"), [((10, 11), True), ((11, 60), False)])
def test_a_job_on_a_machine_that_shares_is_struck_by_what_holds_when_it_comes(spell, is_struck):
    parts = marked(graph(QUEUE), on_part())
    plan = own_nodes(parts)
    nodes = tuple(replace(node, serving=Serving(discipline="processor_sharing")) if node.name == "b" else node
                  for node in plan.topology.nodes)
    plan = replace(plan, topology=replace(plan.topology, nodes=nodes))
    work = {part.name: np.full(2, 50 if part.name == "b" else 0, dtype=np.int64) for part in parts.parts}
    log = engine.run(plan, Draws(np.array([0, 10]), work, timeline({BAD_B: [spell]})))
    assert taken(parts, log) == ["c <- a->b b->c", "c <- a->b b->c[stuck]" if is_struck else "c <- a->b b->c"]
    assert log.end_ns.tolist() == [90, 100]


def test_a_crash_loses_what_was_struck_and_a_lost_part_has_no_tag():
    parts = marked(graph([*QUEUE, ("a", "c")], {"c": (((1,), (2,)),)}), on_part())
    log = run(parts, [0], work={"b": 50}, down={BAD_B: [(0, 99)], "b": [(20, 60)]})
    assert taken(parts, log) == ["c <- a->c"]


@st.composite
def marks_of(draw, plan):
    """Return a plan with marks on some of its parts and edges, and the names of their states."""
    nodes, links = plan.placement, [link.name for link in plan.topology.links]
    marks = [Mark(part.name, "stuck", {nodes[part.name]: f"{nodes[part.name]}[stuck]"})
             for part in plan.graph.parts if draw(st.booleans())]
    for edge in plan.graph.edges:
        if draw(st.booleans()):
            own = [(edge.name, f"{edge.name}[corrupted]")] if draw(st.booleans()) else []
            ways = [(link, f"{link}[corrupted]") for link in links if draw(st.booleans())]
            marks.append(Mark(edge.name, "corrupted", dict([*own, *ways]), draw(st.booleans())))
    return replace(plan, graph=replace(plan.graph, marks=tuple(marks)))


def with_states(plan, timeline, rng, *, coins=0, longest=200_000):
    """Return a timeline with spells of the states of a plan's marks too, or with their coins."""
    states = tuple(sorted({state for mark in plan.graph.marks for state in mark.strikes.values()}))
    switches = [np.cumsum(rng.integers(1, longest, 120)) for _ in states]
    none = np.zeros(0, dtype=np.int64)
    begin = tuple(none if coins else s[0::2] for s in switches)
    end = tuple(none if coins else s[1::2] for s in switches)
    up = np.concatenate([np.ones((coins, len(timeline.components)), bool), rng.random((coins, len(states))) < 0.7],
                        axis=1) if coins else None
    return Timeline((*timeline.components, *states), (*timeline.crash_ns, *begin), (*timeline.repair_ns, *end), up,
                    timeline.until_ns)


def checked(plan, policy, seed, *, coins=0, requests=40):
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    draws = draws_of(plan, rng, requests)
    draws = replace(draws, timeline=with_states(plan, draws.timeline, rng, coins=coins))
    return plan, draws


@settings(max_examples=40, **GENERATED)
@given(data=st.data(), plan=plans(), policy=policies(), seed=st.integers(0, 2**16), has_coins=st.booleans())
def test_any_plan_has_the_textbooks_tags_and_ends(data, plan, policy, seed, has_coins):
    plan, draws = checked(data.draw(marks_of(plan)), policy, seed, coins=40 if has_coins else 0)
    book, log = textbook_dag.run(textbook_plan(plan, draws)), engine.run(plan, draws)
    assert list(log.delivery) == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)


@settings(max_examples=40, **GENERATED)
@given(data=st.data(), plan=plans(), policy=policies(), seed=st.integers(0, 2**16), has_coins=st.booleans())
def test_the_fast_path_has_the_same_tags(data, plan, policy, seed, has_coins):
    plan, draws = checked(data.draw(marks_of(alone(plan))), policy, seed, coins=40 if has_coins else 0)
    same(plan, draws)


def test_the_fast_path_takes_plans_with_marks():
    plan = own_nodes(marked(graph(QUEUE), on_part(), on_link()))
    tried = [same(*checked(plan, Policy(), seed)) for seed in range(20)]
    assert sum(tried) > 10


def own_nodes(parts, latency=0):
    """Return a plan with each part on a node of its own and a direct link for each edge."""
    nodes = tuple(Node(part.name) for part in parts.parts)
    links = tuple(Link(f"{e.source}-{e.target}", (e.source, e.target), latency) for e in parts.edges)
    return Plan(parts, {part.name: part.name for part in parts.parts}, Topology("", nodes, links), Costs({}, {}))


@pytest.mark.parametrize("starved", ["silent", "emit"])
@pytest.mark.parametrize("coins", [0, 60])
@settings(max_examples=40, **GENERATED)
@given(data=st.data(), plan=plans(), seed=st.integers(0, 2**16))
def test_without_delays_every_request_has_the_tags_of_its_birth(coins, starved, data, plan, seed):
    plan = data.draw(marks_of(emitting(plan) if starved == "emit" else plan))
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 40, 60)) - rng.integers(0, 40) for _ in names]
    crashes = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**9)
    line = with_states(plan, crashes, rng, coins=coins, longest=40)
    arrivals = np.sort(rng.integers(0, 800, 60))
    assert list(engine_deliveries(plan, line, arrivals)) == snapshot_deliveries(plan, line, arrivals)


@pytest.mark.parametrize("where", ["b-c", "b->c"])
def test_a_checksum_makes_corruption_a_loss_of_the_same_coins(where):
    rng = np.random.default_rng(1)
    parts = graph([*QUEUE, ("a", "c")], {"c": (((1,), (2,)),)})
    births, coins = np.cumsum(rng.integers(1, 50, 300)).tolist(), rng.random(300) < 0.3
    lost = run(parts, births, work={"b": 30}, latency=10, lost={("b->c", "b-c"): coins})
    damaged = marked(parts, on_link("b->c", where, is_lost=True))
    none = (np.zeros(0, dtype=np.int64),)
    line = Timeline((BAD_LINK,), none, none, ~coins[:, np.newaxis], 10**12)
    work = {p.name: np.full(300, 30 if p.name == "b" else 0, dtype=np.int64) for p in parts.parts}
    log = engine.run(own_nodes(damaged, latency=10), Draws(np.array(births), work, line))
    assert list(log.delivery) == list(lost.delivery)
    assert log.end_ns.tolist() == lost.end_ns.tolist()
    assert log.blame.tolist() == lost.blame.tolist()
    assert 50 < sum(parts.text(delivery) == "c <- a->c" for delivery in log.delivery) < 130
