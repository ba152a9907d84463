"""Bounds of designs within a budget: never below the best of all of them, and as tight as they say."""

from itertools import pairwise

import numpy as np
import pytest

from simulator.dataflow.build import build_graph
from simulator.dataflow.graph import EMPTY, Edge
from simulator.dataflow.reach import Reach
from simulator.expect.design_bound import Branches, PathFlow, looks_of, most_expected
from simulator.expect.design_levels import levels_of, most_flow
from simulator.expect.design_paths import Candidates, Paths
from simulator.expect.design_space import Option, Slot, Space
from simulator.expect.exact import enumerate_patterns
from simulator.failures.bernoulli import Bernoulli
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes


class Case:
    """A random row of parts with skips, some of them candidates, machines and wires that may be hardened or bypassed.

    Args:
        seed: Of everything.
    """

    def __init__(self, seed):
        rng = np.random.Generator(np.random.PCG64(seed))
        self.names = [f"n{place}" for place in range(int(rng.integers(4, 7)))]
        last = len(self.names) - 1
        pairs = [(a, b) for a in range(last) for b in range(a + 2, last + 1)]
        kept = {pairs[place] for place in rng.choice(len(pairs), int(rng.integers(0, 2)), replace=False)}
        asked = rng.choice(len(pairs), min(len(pairs), 4), replace=False)
        self.base = [Edge(a, b) for a, b in pairwise(self.names)]
        self.base += [Edge(self.names[a], self.names[b]) for a, b in sorted(kept)]
        self.skips = [Edge(self.names[a], self.names[b]) for a, b in (pairs[place] for place in sorted(asked))
                      if (a, b) not in kept]
        links = tuple(Link(f"{edge.source}-{edge.target}", (edge.source, edge.target), 1)
                      for edge in (*self.base, *self.skips))
        self.topology = Topology("", tuple(Node(name, forwards_when_down=False) for name in self.names), links,
                                 reroutes=False)
        mortal = [*self.names[1:], *(link.name for link in links)]
        chosen = sorted(rng.choice(len(mortal), min(len(mortal), 6), replace=False))
        self.components = tuple(mortal[place] for place in chosen)
        self.survival = rng.choice([0.3, 0.8, 0.95], len(chosen))
        slots = [Slot(0, (Option(edge.name, float(rng.integers(1, 4)), skips=(edge.name,)),)) for edge in self.skips]
        slots += [Slot(1, (Option(f"{name} hardened", float(rng.integers(1, 3)), survival={name: 0.99}),))
                  for name in self.components[:3]]
        self.space = Space(tuple(slots), (int(rng.integers(1, 4)), int(rng.integers(0, 3))))
        self.budget = [None, 2.0, 4.0][seed % 3]

    @property
    def paths(self):
        nodes = {name: (name,) for name in self.names}
        everything = Candidates(self.names, [*self.base, *self.skips], nodes, self.names[:1], self.names[-1:],
                                Routes(self.topology), {})
        return Paths(everything, [option for slot in self.space.slots for option in slot.options], self.components)

    def patterns(self, options=()):
        raised = {name: p for option in options for name, p in option.survival.items()}
        survival = [raised.get(name, p) for name, p in zip(self.components, self.survival, strict=True)]
        return enumerate_patterns(Bernoulli(self.components, tuple(survival)), 20)

    def flow(self, design):
        """Return P(an answer) of a design, with a part graph of its own."""
        options = self.space.options(design)
        added = [edge for edge in self.skips if any(edge.name in option.skips for option in options)]
        graph = build_graph(self.names[:1], self.names[1:], self.names[-1:], [*self.base, *added], "add")
        reach = Reach(graph, {name: name for name in self.names}, Routes(self.topology))
        patterns = self.patterns(options)
        flows = [reach.delivery(down) != EMPTY for down in patterns.down()]
        return float(patterns.probability @ np.array(flows))

    def best(self):
        """Return the highest P(an answer) within the budget, every design looked at."""
        within = [design for design in self.space.designs()
                  if self.budget is None or self.space.cost(design) <= self.budget]
        return max(map(self.flow, within))

    def branches(self):
        return Branches(self.space, PathFlow(self.paths, self.survival, self.patterns().probability), self.budget)


@pytest.mark.parametrize("seed", range(24))
def test_no_bound_is_below_the_best_of_all_designs_and_finished_branches_reach_it(seed):
    case = Case(seed)
    best = case.best()
    branches = case.branches()
    assert branches.most(0.0, looks_of(64)).flow == pytest.approx(best, abs=1e-12)
    proved = branches.most(best, looks_of(64))
    assert proved.flow == pytest.approx(best, abs=1e-12)
    assert branches.most(0.0, 2).flow >= best - 1e-12, "not finished, and a bound all the same"
    assert most_flow(case.paths, case.space, case.survival, case.budget) >= best - 1e-12


def row(length, skips, survival, base=()):
    """Return paths and space of a row of machines, where skips may be added and each machine may be hardened."""
    names = [f"n{place}" for place in range(length)]
    edges = [Edge(a, b) for a, b in pairwise(names)] + [Edge(names[a], names[b]) for a, b in base]
    new = [Edge(names[a], names[b]) for a, b in skips]
    links = tuple(Link(f"{edge.source}-{edge.target}", (edge.source, edge.target)) for edge in (*edges, *new))
    topology = Topology("", tuple(Node(name, forwards_when_down=False) for name in names), links, reroutes=False)
    slots = tuple(Slot(0, (Option(edge.name, 1.0, skips=(edge.name,)),)) for edge in new)
    options = [option for slot in slots for option in slot.options]
    everything = Candidates(names, [*edges, *new], {name: (name,) for name in names}, names[:1], names[-1:],
                            Routes(topology), {})
    return Paths(everything, options, names[1:-1]), slots, np.full(length - 2, survival)


def test_levels_tell_exactly_what_skips_that_share_no_machine_can_save():
    skips = [(a, b) for a in range(40) for b in range(a + 2, min(a + 5, 40))]
    paths, slots, survival = row(40, skips, 0.9)
    for count in (0, 1, 5):
        bound = most_flow(paths, Space(slots, (count,)), survival, None)
        assert bound == pytest.approx(0.9 ** (38 - 3 * count), rel=1e-9)
    assert most_flow(paths, Space(slots, (5,)), survival, 2.0) == pytest.approx(0.9**32, rel=1e-9)


def test_where_skips_are_there_already_a_level_is_several_machines():
    paths, slots, survival = row(6, [(0, 3)], 0.9, base=[(0, 2), (1, 3), (2, 4), (3, 5)])
    levels = levels_of(paths, [slots[0].options[0]], survival)
    assert [sorted(level.components) for level in levels] == [[0, 1], [2, 3]]
    assert most_flow(paths, Space(slots, (0,)), survival, None) == pytest.approx(0.99**2)
    assert most_flow(paths, Space(slots, (1,)), survival, None) == pytest.approx(0.99), "bridges both away from 0"


def test_a_bound_of_accuracy_goes_by_the_better_of_an_answer_and_none():
    assert most_expected(0.75, 1.0, 0.5) == 0.875
    assert most_expected(0.75, 0.4, 0.5) == 0.5
