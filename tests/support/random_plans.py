"""Random part graphs with needs and groups of their own, placed anywhere in a random network."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from simulator.dataflow.build import JoinRule, build_graph
from simulator.dataflow.graph import Edge
from simulator.topology.graph import Link, Node, Topology


@st.composite
def plans(draw):
    """Draw a part graph with needs and groups of its own, placed anywhere in a network, and what can fail."""
    size = draw(st.integers(3, 7))
    names = [f"n{place}" for place in range(size)]
    sources = names[: draw(st.integers(1, 2))]
    steps, rules = [], {}
    for place in range(len(sources), size):
        inputs = sorted(draw(st.lists(st.integers(0, place - 1), min_size=1, max_size=4, unique=True)))
        steps += [Edge(names[i], names[place]) for i in inputs]
        needs = draw(st.one_of(st.sampled_from(["any", "all"]), st.integers(1, len(inputs))))
        halves = draw(st.integers(0, len(inputs)))
        groups = [[tuple(names[i] for i in inputs[:halves])], [(names[i],) for i in inputs[halves:]]]
        given_groups = tuple(tuple(a for a in group if a) for group in groups)
        rules[names[place]] = JoinRule(needs, draw(st.sampled_from([None, tuple(g for g in given_groups if g)])))
    exits = draw(st.lists(st.sampled_from(names[len(sources):]), min_size=1, max_size=2, unique=True))
    mode = draw(st.sampled_from(["add", "select"]))
    graph = build_graph(sources, names[len(sources):], exits, draw(st.permutations(steps)), mode, rules)
    graph = replace(graph, starved_emits=draw(st.booleans()))
    two = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)
    pairs = {tuple(sorted(draw(two))) for _ in range(draw(st.integers(1, 9)))}
    nodes = tuple(Node(name, forwards_when_down=draw(st.booleans())) for name in names)
    topology = Topology("", nodes, tuple(Link(f"{a}-{b}", (a, b), draw(st.integers(0, 3))) for a, b in sorted(pairs)))
    placement = {name: draw(st.sampled_from(names)) if draw(st.booleans()) else name for name in names}
    failing = draw(st.lists(st.sampled_from([*topology.components, "elsewhere"]), min_size=1, max_size=9, unique=True))
    return graph, placement, topology, tuple(failing)
