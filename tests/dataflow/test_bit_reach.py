"""Many patterns at once give the deliveries of ``Reach``: shelf, random graphs, brute force."""

from dataclasses import replace
from itertools import compress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator
from simulator.dataflow import key_table
from simulator.dataflow.bit_planes import enumerated, packed, transposed, unpacked
from simulator.dataflow.bit_reach import BitReach
from simulator.dataflow.build import build_graph
from simulator.dataflow.delivered import Delivered
from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.graph import EMPTY
from simulator.dataflow.key_table import KeyTable
from simulator.dataflow.reach import Reach
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from tests.dataflow.test_reach import brute, named
from tests.support.golden_graphs import chain, edges, reach_on, wired
from tests.support.random_plans import plans
from tests.support.shelf import readable_scenarios


def downs(components, up):
    """Return what is down in each pattern."""
    return [frozenset(compress(components, ~row)) for row in up]


def assert_same(reach, components, up):
    """Assert that the table finds the delivery of every pattern, whether from rows or from planes."""
    table = DeliveryTable(reach, components)
    wanted = [reach.delivery(down) for down in downs(components, up)]
    assert [table.deliveries[place] for place in table.places(up)] == wanted
    if BitReach.fits(reach) and components:
        flows = unpacked(BitReach(reach, components).flows(packed(up))[np.newaxis], len(up))[:, 0]
        assert (flows == [delivery != EMPTY for delivery in wanted]).all()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(plans())
def test_any_plan_has_the_same_delivery_in_every_pattern(plan):
    graph, placement, topology, failing = plan
    reach = Reach(graph, placement, Routes(topology))
    up = unpacked(enumerated(len(failing), 0, 8), 2 ** len(failing))
    assert_same(reach, failing, up)
    table = DeliveryTable(reach, failing)
    assert (table.all_patterns() == table.places(up)).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plans(), st.data())
def test_replicas_are_asked_for_one_by_one(plan, data):
    graph, placement, topology, failing = plan
    nodes = [node.name for node in topology.nodes]
    replicas = {name: tuple(data.draw(st.lists(st.sampled_from(nodes), min_size=2, max_size=3, unique=True)))
                for name in (graph.parts[0].name, graph.parts[-1].name)}
    placement |= {name: on[0] for name, on in replicas.items()}
    reach = Reach(graph, placement, Routes(topology), replicas)
    assert not BitReach.fits(reach)
    assert_same(reach, failing, unpacked(enumerated(len(failing), 0, 8), 2 ** len(failing)))


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize("emits", [False, True])
def test_a_chain_agrees_with_brute_force(mode, emits):
    graph = replace(chain(6, mode), starved_emits=emits)
    topology = wired(graph)
    components = tuple(part.name for part in graph.parts)
    table = DeliveryTable(reach_on(graph, topology), components)
    up = unpacked(enumerated(len(components), 0, 2), 2 ** len(components))
    for place, down in zip(table.all_patterns(), downs(components, up), strict=True):
        assert named(graph, table.deliveries[place]) == brute(graph, mode, topology, down, emits=emits)


LONG = ("no-flow", "long-chain-1000")  # a thousand parts, of which the slow way goes through each


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
                                  for name in readable_scenarios()])
def test_every_cell_on_the_shelf_has_the_same_deliveries(name):
    seen = set()
    for cell in variants(simulator.load(name)):
        assembly = Assembly.of(cell)
        reach, components = assembly.reach, assembly.process.components
        key = (reach.graph, tuple(sorted(reach.placement.items())), components)
        if key in seen or not components:
            continue
        seen.add(key)
        dice = np.random.default_rng(len(components))
        up = dice.random((300, len(components))) < dice.random((300, 1)) ** 0.3
        assert_same(reach, components, np.concatenate([up, ~np.eye(len(components), dtype=bool), up[:0] | True]))


def test_a_key_of_several_words():
    names = [f"n{place}" for place in range(14)]
    steps = [f"{a} {b}" for place, b in enumerate(names) for a in names[:place]]
    for mode in ("add", "select"):
        graph = build_graph(names[:1], names[1:], [names[-1], names[-2]], edges(steps), mode)
        reach = reach_on(graph, wired(graph))
        assert BitReach(reach, names).key_words == 2
        assert_same(reach, tuple(names), np.random.default_rng(1).random((500, 14)) < 0.7)


def test_routes_around_what_is_down_are_followed():
    graph = build_graph("a", "bc", "c", edges(["a b", "b c", "a c"]), "select")
    ring = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    nodes = tuple(Node(name, forwards_when_down=name == "c") for name in "abcd")
    topology = Topology("", nodes, tuple(Link(f"{x}-{y}", (x, y), 1) for x, y in ring))
    up = unpacked(enumerated(8, 0, 4), 256)
    assert_same(reach_on(graph, topology), topology.components, up)


def test_no_component_can_fail():
    graph = chain(4)
    table = DeliveryTable(reach_on(graph, wired(graph)), ())
    assert [table.deliveries[place] for place in table.places(np.ones((3, 0), dtype=bool))] == 3 * [
        table.reach.delivery(frozenset())]


def test_planes_are_packed_and_turned():
    up = np.random.default_rng(2).random((200, 70)) < 0.5
    planes = packed(up)
    assert (unpacked(planes, 200) == up).all()
    padded = np.concatenate([planes, np.zeros((58, planes.shape[1]), dtype=np.uint64)])
    keys = transposed(padded)[:200]
    bits = [[int(word) >> bit & 1 for word in row for bit in range(64)] for row in keys]
    assert (np.array(bits)[:, :70] == up).all()
    assert not np.array(bits)[:, 70:].any()


@pytest.mark.parametrize("words", [1, 2, 3])
def test_equal_hashes_are_not_taken_for_equal_keys(words, monkeypatch):
    monkeypatch.setattr(key_table, "ODD", np.uint64(0))  # every key has the same slot
    keys = np.random.default_rng(3).integers(0, 5, (400, words)).astype(np.uint64)
    table, seen = KeyTable(words), {}
    for block in (keys[:100], keys[100:]):
        found = table.values(block, lambda key: seen.setdefault(tuple(key), len(seen)))
        assert [seen[tuple(key)] for key in block.tolist()] == found.tolist()
    assert list(seen.values()) == list(range(len(seen)))


def test_distinct_deliveries_are_in_order_of_first_appearance():
    places = np.random.default_rng(5).integers(0, 40, 60)
    deliveries = [10 * place for place in range(50)]
    found, plain = Delivered.from_table(deliveries, places), [deliveries[place] for place in places]
    assert list(found) == plain
    assert found.distinct == tuple(dict.fromkeys(plain)) == Delivered.of(plain).distinct
    assert (found.places == Delivered.of(plain).places).all()
    assert (list(found[7:20]), found[3], len(found)) == (plain[7:20], plain[3], 60)


def test_counts_of_draws_by_delivery():
    graph = chain(6)
    components = tuple(part.name for part in graph.parts)
    table = DeliveryTable(reach_on(graph, wired(graph)), components)
    up = np.random.default_rng(4).random((1000, len(components))) < 0.8
    counts = table.tally((packed(up[at : at + 300]), len(up[at : at + 300])) for at in range(0, 1000, 300))
    assert (counts == np.bincount(table.places(up))).all()
    assert counts.sum() == 1000
