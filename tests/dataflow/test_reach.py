"""The delivery of a pattern: named cases, and any graph against a brute force."""

from dataclasses import replace

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dataflow.build import JoinRule, build_graph
from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.graph import EMPTY, Edge, PartGraph
from simulator.dataflow.reach import Reach
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from tests.oracles import reach_brute
from tests.support.golden_graphs import camera, cnn, edges, health, patterns, reach_on, shelf_topology, wired


def named(graph: PartGraph, delivery: int):
    """Return a delivery as (exit, pairs of names), None for the empty one."""
    pairs = frozenset((graph.edges[e].source, graph.edges[e].target) for e in graph.edges_of(delivery))
    return None if delivery == EMPTY else (graph.exit_of(delivery), pairs)


def brute(graph: PartGraph, mode: str, topology: Topology, down: frozenset[str], *, emits: bool = False):
    parts = nx.DiGraph([(edge.source, edge.target) for edge in graph.edges])
    wires = nx.Graph()
    wires.add_nodes_from(node.name for node in topology.nodes)
    wires.add_edges_from((*link.ends, {"link": link.name}) for link in topology.links)
    relays = [node.name for node in topology.nodes if node.forwards_when_down]
    return reach_brute.delivery(parts, graph.exits, mode, wires, down, relays, emits=emits)


def test_a_part_without_input_sends_nothing():
    graph = camera()
    fed = reach_on(graph, wired(graph)).fed(frozenset({"e1"}))
    assert fed["f3"] == 0 and fed["f2"] != 0


def test_a_camera_that_is_absent_makes_another_delivery():
    graph = camera()
    reach = reach_on(graph, wired(graph))
    assert reach.delivery(frozenset({"cam1"})) not in (EMPTY, reach.delivery(frozenset()))


def test_a_dead_node_and_its_cut_edges_are_one_delivery():
    graph = camera()
    reach = reach_on(graph, wired(graph))
    cut = frozenset({"f1-c", "f2-f1", "f3-f1", "f4-f1"})
    assert reach.delivery(frozenset({"f1"})) == reach.delivery(cut) != reach.delivery(frozenset())


def test_a_hyperconnection_that_is_cut_is_a_dead_link_for_every_reader():
    graph = camera()
    reach = reach_on(graph, replace(wired(graph), reroutes=False))
    for place, edge in enumerate(graph.edges):
        cut, dead = reach.without(place), frozenset({f"{edge.source}-{edge.target}"})
        for down in (frozenset(), frozenset({"f1"}), frozenset({"e3", "f2"})):
            assert cut.delivery(down) == reach.delivery(down | dead)
        table = DeliveryTable(cut, ("f1",))
        assert table.deliveries[table.places(np.ones((1, 1), dtype=bool))[0]] == reach.delivery(dead)
    assert reach.without(0).without(3).cut == {0, 3}


def test_a_part_that_ran_in_vain_is_not_in_the_delivery():
    rules = {"d": JoinRule(groups=((("b",), ("c",)),))}
    graph = build_graph("a", "bcd", "d", edges(["a b", "a c", "b d", "c d"]), "select", rules)
    reach = reach_on(graph, wired(graph))
    assert named(graph, reach.delivery(frozenset())) == ("d", {("a", "b"), ("b", "d")})
    assert reach.delivery(frozenset({"c"})) == reach.delivery(frozenset())


def test_select_takes_the_skip_only_where_the_part_below_is_missing():
    graph = health()
    reach = reach_on(graph, wired(graph))
    assert graph.text(reach.delivery(frozenset())) == "cloud <- iot->edge edge->fog2 fog2->fog1 fog1->cloud"
    assert graph.text(reach.delivery(frozenset({"fog2"}))) == "cloud <- iot->edge fog1->cloud edge->fog1"


def test_the_shipped_graphs_agree_with_brute_force_in_every_pattern_of_nodes():
    for make, shelf, names in ((health, "health-chain", ["fog1", "fog2", "edge", "cloud", "iot"]),
                               (cnn, "cnn-chain", ["fog", "edge", "cloud"]),
                               (camera, "camera-tree", ["f1", "f2", "f3", "f4", "e1", "e3", "cam1"])):
        topology = shelf_topology(shelf)
        for mode in ("add", "select"):
            graph = make(mode=mode)
            reach = reach_on(graph, topology)
            for down in patterns(names):
                assert named(graph, reach.delivery(down)) == brute(graph, mode, topology, down), down


@st.composite
def cases(draw):
    """Draw a part graph whose names sort in topological order, its mode, a network and what is down."""
    size = draw(st.integers(3, 7))
    names = [f"n{place}" for place in range(size)]
    sources = names[: draw(st.integers(1, 2))]
    steps = []
    for place in range(len(sources), size):
        inputs = draw(st.lists(st.integers(0, place - 1), min_size=1, max_size=4, unique=True))
        steps += [Edge(names[i], names[place]) for i in sorted(inputs)]
    exits = draw(st.lists(st.sampled_from(names[len(sources):]), min_size=1, max_size=2, unique=True))
    mode = draw(st.sampled_from(["add", "select"]))
    graph = build_graph(sources, names[len(sources):], exits, draw(st.permutations(steps)), mode)
    two = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)
    pairs = {tuple(sorted(draw(two))) for _ in range(9)}
    pairs |= {(edge.source, edge.target) for edge in steps if draw(st.booleans())}
    nodes = tuple(Node(name, forwards_when_down=draw(st.booleans())) for name in names)
    topology = Topology("", nodes, tuple(Link(f"{a}-{b}", (a, b), draw(st.integers(0, 3))) for a, b in sorted(pairs)))
    down = draw(st.sets(st.sampled_from(topology.components), max_size=5))
    return graph, mode, topology, frozenset(down)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases())
def test_any_graph_agrees_with_brute_force(case):
    graph, mode, topology, down = case
    assert named(graph, reach_on(graph, topology).delivery(down)) == brute(graph, mode, topology, down)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.randoms(use_true_random=False))
def test_names_of_nodes_do_not_matter(case, random):
    graph, _, topology, down = case
    others = [f"x{place}" for place in range(len(topology.nodes))]
    random.shuffle(others)
    renamed = dict(zip((node.name for node in topology.nodes), others, strict=True))
    nodes = tuple(Node(renamed[n.name], forwards_when_down=n.forwards_when_down) for n in topology.nodes)
    links = tuple(Link(k.name, (renamed[k.ends[0]], renamed[k.ends[1]]), k.latency_ns) for k in topology.links)
    reach = Reach(graph, {part.name: renamed[part.name] for part in graph.parts}, Routes(Topology("", nodes, links)))
    down_too = frozenset(renamed.get(name, name) for name in down)
    assert reach.delivery(down_too) == reach_on(graph, topology).delivery(down)
