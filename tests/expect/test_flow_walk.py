"""A design told from the walk of another is what its own walk says, and what all patterns sum to."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.dataflow.graph import EMPTY, Mark
from simulator.dataflow.reach import Reach
from simulator.expect.flow_walk import FlowWalk, Variant
from simulator.expect.frontier_plan import NotExact
from simulator.failures.cause_law import independent_law
from simulator.topology.routes import Routes
from tests.expect.test_frontier import laws, lost_on_a_chain, skip_chain
from tests.support.golden_graphs import wired
from tests.support.random_plans import plans


def brute(graph, placement, routes, law, variant):
    """Return P(no answer), each missing hyperconnection as a message that is lost for sure."""
    marks = tuple(Mark(edge.name, "", {edge.name: f"{edge.name} off"}, is_lost=True) for edge in graph.edges)
    reach = Reach(replace(graph, marks=marks), placement, routes)
    off = frozenset(f"{edge.name} off" for place, edge in enumerate(graph.edges) if place not in variant.present)
    chance, total = law.chance.copy(), 0.0
    for cause, value in variant.chance:
        chance[:, cause] = value
    for at_work in product([False, True], repeat=len(law.causes)):
        up = law.up(np.array([at_work]))[0]
        down = frozenset(name for name, is_up in zip(law.components, up, strict=True) if not is_up)
        if reach.delivery(down | off) == EMPTY:
            total += float(law.weight @ np.where(at_work, chance, 1 - chance).prod(axis=1))
    return total


@st.composite
def variants(draw, graph, law):
    absent = draw(st.sets(st.integers(0, len(graph.edges) - 1), max_size=3))
    present = frozenset(range(len(graph.edges))) - absent
    acting = np.flatnonzero(law.chance.max(axis=0) > 0).tolist()
    causes = draw(st.sets(st.sampled_from(acting), max_size=2)) if acting else set()
    chance = [(cause, draw(st.sampled_from([0.0, 0.02, 0.6]))) for cause in sorted(causes)]
    return Variant(present, tuple(chance))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plans(), st.data())
def test_a_walk_of_its_own_and_one_near_another_agree_with_the_sum_over_all_patterns(plan, data):
    graph, placement, topology, failing = plan
    law = data.draw(st.one_of(st.just(independent_law(failing, np.full(len(failing), 0.6))), laws(failing)))
    try:
        walk = FlowWalk(graph, placement, Routes(topology), law, frozenset(range(len(graph.edges))))
    except NotExact:
        assume(False)
    one, other = data.draw(variants(graph, law)), data.draw(variants(graph, law))
    truth = brute(graph, placement, Routes(topology), law, other)
    trace = walk.trace(other)
    for found in (trace.flow, walk.near(walk.trace(one), other)):
        assert found.none == pytest.approx(truth, rel=1e-11, abs=1e-15)
        assert found.some == pytest.approx(1 - truth, rel=1e-11, abs=1e-14)
    for some, none in trace.ahead if not graph.starved_emits else ():  # there, some states cannot be
        assert some + none == pytest.approx(np.ones_like(some), abs=1e-12)


def test_a_long_chain_is_told_in_few_steps_however_small_its_flow():
    graph = skip_chain(1000, 3)
    names = tuple(part.name for part in graph.parts)
    law = independent_law(names[1:], np.full(1000, 0.5))
    skips = [place for place, edge in enumerate(graph.edges) if int(edge.target[1:]) - int(edge.source[1:]) > 1]
    walk = FlowWalk(graph, {name: name for name in names}, Routes(wired(graph)), law, frozenset(skips))
    bare = walk.trace(Variant())
    assert bare.flow.some == pytest.approx(0.5**1000, rel=1e-12, abs=0)
    added = next(place for place in skips if graph.edges[place].name == "p500->p504")
    assert walk.near(bare, Variant(frozenset({added}))).some == pytest.approx(0.5**997, rel=1e-12, abs=0)
    assert walk.trace(Variant(frozenset(skips))).flow.none == pytest.approx(lost_on_a_chain(1000, 3, 0.5), rel=1e-10)


def test_a_join_that_needs_all_of_what_differs_is_refused():
    graph = skip_chain(3, 1)
    strict = replace(graph.parts[-1], join=replace(graph.parts[-1].join, needs="all"))
    graph = replace(graph, parts=(*graph.parts[:-1], strict))
    law = independent_law(("p1",), np.array([0.5]))
    with pytest.raises(NotExact, match="'p3' needs all of its inputs"):
        FlowWalk(graph, {part.name: part.name for part in graph.parts}, Routes(wired(graph)), law, frozenset())
