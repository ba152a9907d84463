"""Routes: the least latency over what is up, and who relays while it is down."""

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.topology.files import read_topology
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Route, Routes
from tests.support.golden_graphs import ROOT, shelf_topology


def square(*, forwards: bool = True) -> Topology:
    """Return a ring a, b, c, d with a diagonal a-c that is slower than the way over b."""
    nodes = tuple(Node(name, forwards_when_down=forwards) for name in "abcd")
    steps = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("d", "a", 5), ("a", "c", 3)]
    return Topology("", nodes, tuple(Link(f"{a}-{b}", (a, b), latency) for a, b, latency in steps))


def test_the_route_of_least_latency_is_taken():
    assert Routes(square()).find("a", "c") == Route(("a-b", "b-c"), ("a", "b", "c"))


def test_a_cut_link_is_gone_round():
    routes = Routes(square())
    assert routes.find("a", "c", frozenset({"b-c"})).links == ("a-c",)
    assert routes.find("a", "c", frozenset({"b-c", "a-c"})).links == ("d-a", "c-d")
    assert routes.find("a", "c", frozenset({"b-c", "a-c", "c-d"})) is None


def test_a_link_that_is_cut_from_the_topology_is_a_link_that_is_down():
    assert Routes(square().without_link("b-c")).find("a", "c") == Routes(square()).find("a", "c", frozenset({"b-c"}))


def test_a_node_that_is_down_relays_if_it_says_so():
    assert Routes(square()).find("a", "c", frozenset("b")).hops == ("a", "b", "c")
    assert Routes(square(forwards=False)).find("a", "c", frozenset("b")).hops == ("a", "c")


def test_the_ends_of_a_route_are_not_asked_whether_they_are_up():
    assert Routes(square(forwards=False)).find("a", "c", frozenset("ac")).hops == ("a", "b", "c")


def test_on_one_node_a_route_needs_no_link():
    assert Routes(square()).find("a", "a", frozenset("a")) == Route((), ("a",))


def test_what_cannot_change_a_route_is_not_relevant():
    assert Routes(square()).relevant == {"a-b", "b-c", "c-d", "d-a", "a-c"}
    assert Routes(square(forwards=False)).relevant == {"a-b", "b-c", "c-d", "d-a", "a-c", *"abcd"}


def test_of_equal_latencies_the_fewer_hops_win_and_a_nanosecond_counts():
    for slack, hops in ((0, 2), (-1, 3)):  # three links of 10 ns less the slack against one of 20 ns
        links = [("a", "b", 10), ("b", "c", 10 + slack), ("a", "c", 20)]
        topology = Topology("", tuple(map(Node, "abc")), tuple(Link(x + y, (x, y), t) for x, y, t in links))
        assert len(Routes(topology).find("a", "c").hops) == hops


def test_in_the_city_a_message_goes_round_the_ring():
    routes = Routes(shelf_topology("city-fog"))
    assert routes.find("north", "south").hops[1] in ("east", "west")
    for cabinet, other in (("east", "west"), ("west", "east")):
        assert routes.find("north", "south", frozenset({cabinet})).hops == ("north", other, "south")
    assert routes.find("north", "south", frozenset({"east", "west"})).hops == ("north", "centre", "south")


def test_every_hyperconnection_of_the_literature_has_a_wire_of_its_own():
    for name, pairs in {"health-chain": "iot fog2, edge fog1, fog2 cloud, iot edge, edge fog2, fog2 fog1, fog1 cloud",
                        "cnn-chain": "iot fog, edge cloud, iot edge, edge fog, fog cloud",
                        "camera-tree": "f2 c, f3 f1, f4 f1, e1 f2, e2 f2, e3 f2, e4 f2, e1 f3, e2 f4, f4 f2"}.items():
        routes = Routes(shelf_topology(name))
        for pair in pairs.split(", "):
            assert len(routes.find(*pair.split()).links) == 1, pair


def test_every_shipped_topology_is_connected():
    for file in (ROOT / "topologies").glob("*.yaml"):
        assert nx.is_connected(read_topology(file).graph), file.stem


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 4)), max_size=12),
       st.sets(st.integers(0, 5)))
def test_no_simple_path_is_better(wires, down):
    pairs = {tuple(sorted((a, b))): latency for a, b, latency in wires if a != b}
    nodes = tuple(Node(str(place), forwards_when_down=place % 2 == 0) for place in range(6))
    links = tuple(Link(f"{a}-{b}", (str(a), str(b)), latency) for (a, b), latency in pairs.items())
    topology = Topology("", nodes, links)
    stops = {str(place) for place in down if place % 2}
    found = Routes(topology).find("0", "5", frozenset(map(str, down)))
    costs = [(sum(topology.graph.edges[e]["latency_ns"] for e in nx.utils.pairwise(path)), len(path))
             for path in nx.all_simple_paths(topology.graph, "0", "5") if not stops & set(path[1:-1])]
    got = found and (sum(topology.link_by_name[name].latency_ns for name in found.links), len(found.hops))
    assert got == min(costs, default=None)
