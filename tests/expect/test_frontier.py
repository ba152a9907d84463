"""P(no information flow) along a frontier: brute force over all patterns, closed forms, causes that fell several."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.dataflow.build import build_graph
from simulator.dataflow.graph import EMPTY, Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach
from simulator.expect import frontier
from simulator.expect.frontier import NotExact, no_information_flow
from simulator.failures.cause_law import CauseLaw, independent_law
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from tests.support.golden_graphs import edges, wired
from tests.support.random_plans import plans


def brute(graph, placement, routes, law):
    """Return P(no answer) over every latent state and every set of causes at work."""
    reach, total = Reach(graph, placement, routes), 0.0
    for at_work in product([False, True], repeat=len(law.causes)):
        up = law.up(np.array([at_work]))[0]
        down = frozenset(name for name, is_up in zip(law.components, up, strict=True) if not is_up)
        if reach.delivery(down) == EMPTY:
            total += float(law.weight @ np.where(at_work, law.chance, 1 - law.chance).prod(axis=1))
    return total


@st.composite
def laws(draw, components):
    """Draw a law of causes, each of which fells some of the components, with one latent state or several."""
    count, states = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    fells = np.array([[draw(st.booleans()) for _ in components] for _ in range(count)])
    chance = np.array([[draw(st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0])) for _ in range(count)] for _ in range(states)])
    weight = np.array([draw(st.integers(1, 5)) for _ in range(states)], dtype=float)
    return CauseLaw(components, tuple(f"cause{place}" for place in range(count)), fells, weight / weight.sum(), chance)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(plans(), st.data())
def test_any_plan_agrees_with_the_sum_over_all_sets_of_causes(plan, data):
    graph, placement, topology, failing = plan
    chances = data.draw(st.lists(st.sampled_from([0.05, 0.4, 1.0]), min_size=len(failing), max_size=len(failing)))
    law = data.draw(st.one_of(st.just(independent_law(failing, 1 - np.array(chances))), laws(failing)))
    try:
        found = no_information_flow(graph, placement, Routes(topology), law)
    except NotExact:
        assume(False)
    assert found.value == pytest.approx(brute(graph, placement, Routes(topology), law), rel=1e-12, abs=1e-15)


def skip_chain(parts, most):
    """Return a chain behind a source, with hyperconnections over up to so many parts."""
    names = [f"p{place}" for place in range(parts + 1)]
    steps = [Edge(names[a], names[b]) for b in range(1, parts + 1) for a in range(max(0, b - 1 - most), b)]
    into = {name: tuple((place,) for place, edge in enumerate(steps) if edge.target == name) for name in names}
    made = [Part(name, Join((into[name],)) if into[name] else None, name == names[-1]) for name in names]
    return PartGraph(tuple(made), tuple(steps))


def flow_of_nodes(graph, failure):
    names = tuple(part.name for part in graph.parts)
    law = independent_law(names[1:], np.full(len(names) - 1, 1.0 - failure))
    law = CauseLaw(law.components, law.causes, law.fells, law.weight, np.full((1, len(names) - 1), failure))
    return no_information_flow(graph, {name: name for name in names}, Routes(wired(graph)), law)


def lost_on_a_chain(parts, most, failure):
    """Return P(no answer): the last part is down, or more than so many in a row are; a sum of positive terms."""
    run = [1.0] + [0.0] * most  # P(so many of the last parts are down, and never were more than that may be)
    lost = 0.0
    for _ in range(parts):
        lost += run[-1] * failure
        run = [sum(run) * (1 - failure), *(chance * failure for chance in run[:-1])]
    return lost + sum(run[1:])


@pytest.mark.parametrize(("parts", "most"), [(30, 0), (1000, 1), (300, 8)])
@pytest.mark.parametrize("failure", [1e-9, 0.01, 0.3])
def test_a_chain_with_skips_agrees_with_its_recursion(parts, most, failure):
    found = flow_of_nodes(skip_chain(parts, most), failure)
    assert found.value == pytest.approx(lost_on_a_chain(parts, most, failure), rel=1e-10, abs=0)
    assert (found.low, found.high, found.uncertainty) == (found.value, found.value, "none")


def test_failures_far_below_rounding_are_found():
    graph = build_graph(["s"], ["a", "b", "c"], ["c"], edges(["s a", "s b", "a c", "b c"]), "add")
    names = ("a", "b")
    law = CauseLaw(names, names, np.eye(2, dtype=bool), np.ones(1), np.full((1, 2), 1e-40))
    found = no_information_flow(graph, {name: name for name in "sabc"}, Routes(wired(graph)), law)
    assert found.value == pytest.approx(1e-80, rel=1e-12, abs=0)


def test_a_node_with_several_parts_falls_once():
    graph = build_graph(["s"], ["a", "b", "c"], ["c"], edges(["s a", "s b", "a c", "b c"]), "add")
    law = independent_law(("one",), np.array([0.75]))
    topology = Topology("", (Node("one"), Node("two")), (Link("wire", ("one", "two")),))
    placement = {"s": "two", "a": "one", "b": "one", "c": "two"}
    assert no_information_flow(graph, placement, Routes(topology), law).value == 0.25


def test_what_may_go_around_is_refused():
    graph = build_graph(["a"], ["b"], ["b"], edges(["a b"]), "add")
    links = tuple(Link(f"{x}-{y}", (x, y), 1) for x, y in ("ab", "bc", "ac"))
    topology = Topology("", tuple(Node(name) for name in "abc"), links)
    law = independent_law(("a-b",), np.array([0.9]))
    assert no_information_flow(graph, {"a": "a", "b": "b"}, Routes(topology), law).value == 0
    law = independent_law(topology.components, np.full(6, 0.9))
    with pytest.raises(NotExact, match=r"'a->b' may go around links that are down \(1 of 1"):
        no_information_flow(graph, {"a": "a", "b": "b"}, Routes(topology), law)


def test_a_fixed_route_falls_with_its_link_though_another_way_never_fails():
    graph = build_graph(["a"], ["b"], ["b"], edges(["a b"]), "add")
    links = tuple(Link(f"{x}-{y}", (x, y), 1) for x, y in ("ab", "bc", "ac"))
    topology = Topology("", tuple(Node(name) for name in "abc"), links, reroutes=False)
    law = independent_law(("a-b",), np.array([0.9]))
    assert no_information_flow(graph, {"a": "a", "b": "b"}, Routes(topology), law).value == pytest.approx(0.1)
    assert brute(graph, {"a": "a", "b": "b"}, Routes(topology), law) == pytest.approx(0.1)


def test_a_frontier_that_is_too_wide_is_refused(monkeypatch):
    monkeypatch.setattr(frontier, "MOST_CELLS", 1 << 4)
    with pytest.raises(NotExact, match="are open at once"):
        flow_of_nodes(skip_chain(12, 8), 0.1)


def test_a_tree_keeps_few_parts_open():
    leaves = [f"s{place}" for place in range(64)]
    steps, level, names = [], leaves, []
    while len(level) > 1:
        above = [f"n{len(level)}.{place}" for place in range(len(level) // 2)]
        steps += [Edge(child, above[place // 2]) for place, child in enumerate(level)]
        names, level = [*names, *above], above
    graph = build_graph(leaves, names, level, steps, "add")
    law = independent_law(tuple(leaves + names), np.full(127, 0.9))
    found = no_information_flow(graph, {part.name: part.name for part in graph.parts}, Routes(wired(graph)), law)
    lost = 0.1
    for _ in range(6):
        lost = 0.1 + 0.9 * lost**2
    assert found.value == pytest.approx(lost, rel=1e-12)
    assert "frontier of 8 " in found.method


def test_edges_that_fail_agree_with_graphillion():
    graphillion = pytest.importorskip("graphillion", reason="graphillion is not installed: pip install graphillion")
    rungs = [(f"a{place}", f"b{place}") for place in range(6)]
    rails = [(f"{side}{place}", f"{side}{place + 1}") for place in range(5) for side in "ab"]
    steps = [("s", "a0"), ("s", "b0"), *rails, ("a5", "t"), ("b5", "t")]  # paths from s to t never turn back
    parts = [*(name for rung in rungs for name in rung), "t"]
    graph = build_graph(["s"], parts, ["t"], [Edge(a, b) for a, b in steps], "add")
    chances = {f"{a}-{b}": 0.5 + 0.03 * place for place, (a, b) in enumerate(steps)}
    topology = Topology("", tuple(Node(name) for name in ["s", *parts]),
                        tuple(Link(f"{a}-{b}", (a, b), 1) for a, b in steps), reroutes=False)
    law = independent_law(tuple(chances), np.array(list(chances.values())))
    found = no_information_flow(graph, {part.name: part.name for part in graph.parts}, Routes(topology), law)
    graphillion.GraphSet.set_universe(steps)
    known = graphillion.GraphSet().reliability(dict(zip(steps, chances.values(), strict=True)), ["s", "t"])
    assert found.value == pytest.approx(1 - known, rel=1e-12)


def test_links_that_fail_with_fixed_routes_agree_with_the_sum_over_patterns():
    graph = skip_chain(5, 2)
    free = wired(graph)
    topology = Topology("", free.nodes, free.links, reroutes=False)
    routes, placement = Routes(topology), {part.name: part.name for part in graph.parts}
    components = topology.components[1:6] + tuple(link.name for link in free.links[:8])
    law = independent_law(components, np.linspace(0.5, 0.95, len(components)))
    assert no_information_flow(graph, placement, routes, law).value == pytest.approx(
        brute(graph, placement, routes, law), rel=1e-12)
    with pytest.raises(NotExact, match="may go around"):
        no_information_flow(graph, placement, Routes(free), law)
