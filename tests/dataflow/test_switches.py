"""Hyperconnections switched off: as messages that are lost, and as graphs that do not have them."""

from dataclasses import replace
from itertools import compress

import pytest
from hypothesis import given, settings

from simulator.dataflow.build import JoinRule, build_graph
from simulator.dataflow.graph import Mark
from simulator.dataflow.switches import switched
from tests.dataflow.test_reach import cases, named
from tests.support.golden_graphs import (
    CAMERA_SKIPS,
    HEALTH_SKIPS,
    camera,
    chain,
    edges,
    health,
    patterns,
    reach_on,
    shelf_topology,
    wired,
)


def agrees_with_lost_messages(graph, mortal, switches):
    """Check every set of switches under every pattern against reach that loses each message on what is off."""
    marks = tuple(Mark(edge.name, "", {edge.name: f"{edge.name} off"}, is_lost=True) for edge in graph.edges)
    slow, down = reach_on(replace(graph, marks=marks), wired(graph)), list(patterns(mortal))
    found = switched(reach_on(graph, wired(graph)), down, switches, range(1 << len(switches)))
    for coalition, row in enumerate(found.place):
        off = {f"{graph.edges[edge].name} off" for place, edge in enumerate(switches) if not coalition >> place & 1}
        for names, place in zip(down, row, strict=True):
            assert found.deliveries[place] == slow.delivery(names | off), (coalition, names)


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize("emits", [False, True])
def test_what_is_off_brings_no_message(mode, emits):
    graph = replace(health(mode=mode), starved_emits=emits)
    agrees_with_lost_messages(graph, ["edge", "fog2", "fog1"], range(len(graph.edges)))
    graph = replace(camera(mode=mode), starved_emits=emits)
    agrees_with_lost_messages(graph, ["f1", "f2", "f4", "e1", "cam3"], [14, 15, 10, 20])


@pytest.mark.parametrize("needs", ["any", "all", 2])
def test_what_a_join_needs_counts_switches_too(needs):
    graph = build_graph("ab", "cd", "d", edges(["a c", "b c", "c d", "a d", "b d"]), "add",
                        {"c": JoinRule(needs), "d": JoinRule(needs)})
    agrees_with_lost_messages(graph, ["a", "b", "c"], range(5))


@settings(max_examples=60)
@given(cases())
def test_any_graph_agrees_with_lost_messages(case):
    graph = case[0]
    few = range(min(4, len(graph.edges)))
    agrees_with_lost_messages(graph, [part.name for part in graph.parts][:4], few)


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("make", "names", "shelf", "mortal"), [
    (health, HEALTH_SKIPS, "health-chain", ["edge", "fog2", "fog1"]),
    (camera, CAMERA_SKIPS, "camera-tree", ["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"]),
])
def test_skips_that_are_off_deliver_as_in_the_graph_without_them(mode, make, names, shelf, mortal):
    graph, topology, down = make(mode=mode), shelf_topology(shelf), list(patterns(mortal))
    skips = [next(i for i, e in enumerate(graph.edges) if f"{e.source} {e.target}" == name) for name in names]
    coalitions = range(1 << len(names)) if len(names) < 4 else range(0, 1 << len(names), 7)
    found = switched(reach_on(graph, topology), down, skips, coalitions)
    for coalition, row in zip(coalitions, found.place, strict=True):
        kept = [coalition >> place & 1 for place in range(len(names))]
        assert list(compress(names, kept)) or not coalition
        without = make(kept, mode=mode)
        reach = reach_on(without, topology)
        for names_down, place in zip(down, row, strict=True):
            assert named(graph, found.deliveries[place]) == named(without, reach.delivery(names_down))


def test_few_deliveries_are_distinct():
    graph = camera()
    reach = reach_on(graph, shelf_topology("camera-tree"))
    down = list(patterns(["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"]))
    found = switched(reach, down, range(14, 21), range(128))
    assert found.place.shape == (128, 256)
    assert len(found.deliveries) < 600  # of 32,768 cases


def test_a_chain_with_all_its_hyperconnections_as_switches():
    graph = chain(5)
    agrees_with_lost_messages(graph, ["p02", "p03", "p04"], range(len(graph.edges)))
