"""Traffic: closed forms on the literature's chains, the published ratios, and a plain recount of any graph."""

from __future__ import annotations

import math
from itertools import pairwise

import hypothesis.strategies as st
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from simulator.dataflow.build import build_graph, spans
from simulator.dataflow.graph import Edge, PartGraph
from simulator.dataflow.plan import JoinRule
from simulator.dataflow.reach import Reach
from simulator.expect.exact import Patterns
from simulator.expect.traffic import Sending, expected_traffic
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from tests.oracles import reach_brute
from tests.support.golden_graphs import camera, cnn, health, reach_on, wired

HAZARDOUS = {"fog1": 0.85, "fog2": 0.80, "edge": 0.78}
CNN_HAZARDOUS = {"fog": 0.85, "edge": 0.80}
HEALTH_BYTES = {"iot->edge": 92} | dict.fromkeys(
    ["edge->fog2", "fog2->fog1", "fog1->cloud", "iot->fog2", "edge->fog1", "fog2->cloud"], 1000)


def cnn_bytes(iot_edge, iot_fog, edge_fog, edge_cloud, fog_cloud):
    return {"iot->edge": iot_edge, "iot->fog": iot_fog, "edge->fog": edge_fog, "edge->cloud": edge_cloud,
            "fog->cloud": fog_cloud}


MOBILENET, PADDED = cnn_bytes(92_256, 369_024, 369_024, 98_304, 75_264), {"fog->cloud": 98_304}
IMAGENET = cnn_bytes(614_400, 614_400, 614_400, 153_600, 153_600)
RESNET = cnn_bytes(65_536, 4_096, 4_096, 2_048, 2_048)


def independent(survival):
    """Return all patterns of components that are up independently."""
    names = tuple(survival)
    up = (np.arange(2 ** len(names))[:, np.newaxis] >> np.arange(len(names))) & 1 == 0
    chances = np.array(list(survival.values()))
    return Patterns(names, up, np.where(up, chances, 1 - chances).prod(axis=1))


def traffic(graph, sizes, survival, *, on_demand=False, topology=None):
    reach = reach_on(graph, topology or wired(graph))
    return expected_traffic(Sending(reach, on_demand), sizes, independent(survival))


def skip_bytes(graph, found):
    """Return what all skips send."""
    span = spans(tuple(graph.position), graph.edges)
    return sum(found.edges[edge.name] for edge, bypassed in zip(graph.edges, span, strict=True) if bypassed)


@pytest.mark.parametrize(("make", "skips", "sizes", "plain", "percent"), [
    (health, (0, 0, 0), HEALTH_BYTES, {}, 97.0),
    (cnn, (0, 0), MOBILENET | PADDED, MOBILENET, 91.4),
    (cnn, (0, 0), IMAGENET, {}, 55.6),
    (cnn, (0, 0), RESNET, {}, 8.6),
])
def test_always_on_skips_cost_what_the_literatures_message_sizes_say(make, skips, sizes, plain, percent):
    always, vanilla = traffic(make(), sizes, {}), traffic(make(skips), plain or sizes, {})
    assert 100 * (always.sent_bytes / vanilla.sent_bytes - 1) == pytest.approx(percent, abs=0.05)
    assert traffic(make(), sizes, {}, on_demand=True).sent_bytes == vanilla.sent_bytes + (sizes != plain) * sum(
        sizes[name] - plain.get(name, sizes[name]) for name in vanilla.edges)


def test_a_skip_on_demand_costs_its_bytes_times_its_sender_up_and_the_bypassed_node_dead():
    up = HAZARDOUS
    sent = traffic(health(), HEALTH_BYTES, up, on_demand=True).edges
    assert sent["iot->fog2"] == pytest.approx(1000 * (1 - up["edge"]))  # the sensor never fails
    assert sent["edge->fog1"] == pytest.approx(1000 * up["edge"] * (1 - up["fog2"]))
    assert sent["fog2->cloud"] == pytest.approx(1000 * up["fog2"] * (1 - up["fog1"]))


def test_a_skip_that_is_always_on_costs_its_bytes_times_its_sender_up():
    always = traffic(health(), HEALTH_BYTES, HAZARDOUS).edges
    assert always["fog2->cloud"] == pytest.approx(1000 * HAZARDOUS["fog2"])
    assert always["iot->fog2"] == pytest.approx(1000)
    # fog1 fires where it is up and fog2 or the edge is: fog2 always has the sensor's skip
    assert always["fog1->cloud"] == pytest.approx(1000 * 0.85 * (1 - 0.20 * 0.22))


@pytest.mark.parametrize(("make", "sizes", "survival", "bypassed"), [
    (health, HEALTH_BYTES, HAZARDOUS, {"iot->fog2": "edge", "edge->fog1": "fog2", "fog2->cloud": "fog1"}),
    (cnn, RESNET, CNN_HAZARDOUS, {"iot->fog": "edge", "edge->cloud": "fog"}),
])
def test_bytes_times_the_bypassed_node_dead_is_exact_where_senders_cannot_fail_and_else_a_bound(
    make, sizes, survival, bypassed
):
    graph = make()
    bound = sum(sizes[name] * (1 - survival[node]) for name, node in bypassed.items())
    assert skip_bytes(graph, traffic(graph, sizes, survival, on_demand=True)) < bound
    for node in survival:
        alone = {node: survival[node]}
        (name,) = [name for name, other in bypassed.items() if other == node]
        found = skip_bytes(graph, traffic(graph, sizes, alone, on_demand=True))
        assert found == pytest.approx(sizes[name] * (1 - survival[node]))


@pytest.mark.parametrize("make", [health, cnn, camera])
def test_a_join_that_adds_always_wants_its_skips(make):
    graph = make(mode="add")
    sizes = {edge.name: 100 + place for place, edge in enumerate(graph.edges)}
    survival = {part.name: 0.7 for part in graph.parts if part.join and not part.is_exit}
    assert traffic(graph, sizes, survival, on_demand=True) == traffic(graph, sizes, survival)


def test_the_camera_sends_the_skips_of_a_group_together_when_what_they_bypass_is_dead():
    graph = camera()
    sizes = dict.fromkeys((edge.name for edge in graph.edges), 131_072)
    sent = traffic(graph, sizes, {"f4": 0.0}, on_demand=True).edges
    skips = ("e1->f2", "e2->f2", "e3->f2", "e4->f2", "f3->f1", "f4->f1", "f2->c")
    assert [name for name in skips if sent[name]] == ["e2->f2", "e3->f2", "e4->f2"]


def test_a_message_counts_on_each_link_of_its_route_and_once_in_all():
    graph = health()
    names = [part.name for part in graph.parts]
    wires = tuple(Link(f"{a}-{b}", (a, b)) for a, b in pairwise(names))
    found = traffic(graph, HEALTH_BYTES, {}, topology=Topology("", tuple(map(Node, names)), wires))
    assert found.links == {"iot-edge": 1092, "edge-fog2": 3000, "fog2-fog1": 3000, "fog1-cloud": 2000}
    assert found.sent_bytes == 6092


def test_nothing_is_sent_between_parts_on_one_node_or_where_no_route_is_up():
    graph = build_graph(["a"], ["b", "c"], ["c"], [Edge("a", "b"), Edge("b", "c")], "select")
    topology = Topology("", (Node("n"), Node("m")), (Link("n-m", ("n", "m")),))
    reach = Reach(graph, {"a": "n", "b": "n", "c": "m"}, Routes(topology))
    found = expected_traffic(Sending(reach), {"a->b": 10, "b->c": 20}, independent({"n-m": 0.75}))
    assert found.edges == {"a->b": 0, "b->c": 15} and found.links == {"n-m": 15}


def test_a_skip_is_wanted_also_where_the_better_input_has_no_route():
    #  s - b - c - a:  b takes s and a, c takes b, or else a; the link b-c cuts the network in two
    edges = [Edge("s", "b"), Edge("a", "b"), Edge("b", "c"), Edge("a", "c")]
    graph = build_graph(["s", "a"], ["b", "c"], ["c"], edges, "select")
    topology = Topology("", tuple(map(Node, "sabc")), tuple(Link("-".join(p), tuple(p)) for p in ("sb", "bc", "ca")))
    sizes = dict.fromkeys((edge.name for edge in edges), 100)
    found = traffic(graph, sizes, {"b-c": 0.25}, on_demand=True, topology=topology).edges
    assert found == {"s->b": 100, "a->b": 25, "b->c": 25, "a->c": 75}


def test_a_skip_that_is_added_is_wanted_also_where_its_target_starves():
    rules = {"c": JoinRule(needs="all")}
    graph = build_graph(["a"], ["b", "c"], ["c"], [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")], "add", rules)
    sizes = dict.fromkeys((edge.name for edge in graph.edges), 100)
    assert traffic(graph, sizes, {"b": 0.0}, on_demand=True).edges == {"a->b": 100, "b->c": 0, "a->c": 100}


def test_a_message_to_a_dead_machine_is_sent():
    graph = cnn((0, 0))
    assert traffic(graph, RESNET, {"fog": 0.0}).edges == {"iot->edge": 65_536, "edge->fog": 4_096, "fog->cloud": 0}


@st.composite
def cases(draw):
    """Draw a select graph on some wires, and how probable it is that each component is up."""
    size = draw(st.integers(3, 6))
    names = [f"n{place}" for place in range(size)]
    edges = [Edge(names[i], names[place]) for place in range(1, size)
             for i in sorted(draw(st.sets(st.integers(0, place - 1), min_size=1, max_size=3)))]
    graph = build_graph(names[:1], names[1:], [names[-1]], edges, draw(st.sampled_from(["add", "select"])))
    pairs = {(a, b) for b in range(1, size) for a in range(b) if a == b - 1 or draw(st.booleans())}
    links = tuple(Link(f"{names[a]}-{names[b]}", (names[a], names[b]), draw(st.integers(0, 3))) for a, b in pairs)
    topology = Topology("", tuple(Node(n, forwards_when_down=draw(st.booleans())) for n in names), links)
    mortal = draw(st.lists(st.sampled_from(topology.components), min_size=1, max_size=6, unique=True))
    return graph, topology, {name: draw(st.sampled_from([0.0, 0.5, 0.9])) for name in mortal}


def recount(graph: PartGraph, topology: Topology, survival, sizes, on_demand):
    """Return the bytes sent over each edge, the slow and obvious way: sets of names, and the brute force's joins."""
    parts = nx.DiGraph([(edge.source, edge.target) for edge in graph.edges])
    wires = nx.Graph([(*link.ends, {"link": link.name}) for link in topology.links])
    relays = [node.name for node in topology.nodes if node.forwards_when_down]
    is_add = all(len(part.join.groups) == len(part.join.groups[0]) == 1 for part in graph.parts if part.join)
    sent = dict.fromkeys(sizes, 0.0)
    patterns = independent(survival)
    for down, chance in zip(patterns.down(), patterns.probability, strict=True):
        fires = {}
        for part in nx.lexicographical_topological_sort(parts):
            came = [p for p in parts.predecessors(part) if fires[p] and
                    reach_brute.is_wired(wires, p, part, down, relays)]
            fires[part] = part not in down and (bool(came) or not parts.in_degree(part))
            wanted = set(came) if is_add else reach_brute.preferred(parts, part, came)
            for p in came:
                if not on_demand or p in wanted or reach_brute.bypassed(parts, p, part) == 0:
                    sent[f"{p}->{part}"] += chance * sizes[f"{p}->{part}"]
    return sent


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases(), st.booleans())
def test_any_graph_on_any_wires_agrees_with_a_plain_recount(case, on_demand):
    graph, topology, survival = case
    sizes = {edge.name: 3 * place + 1 for place, edge in enumerate(graph.edges)}
    found = traffic(graph, sizes, survival, on_demand=on_demand, topology=topology)
    expected = recount(graph, topology, survival, sizes, on_demand)
    assert {name: round(sent, 9) for name, sent in found.edges.items()} == {
        name: round(sent, 9) for name, sent in expected.items()}
    assert math.fsum(found.links.values()) >= math.fsum(found.edges.values()) - 1e-9
