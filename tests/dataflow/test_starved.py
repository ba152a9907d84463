"""A starved part is silent, or emits: what that changes in deliveries, and where it changes nothing."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings

from simulator.dataflow.graph import DATA, EMPTY, PartGraph
from simulator.evaluate.part_by_part import Evaluation
from tests.dataflow.test_reach import brute, cases, named
from tests.support.golden_graphs import camera, cnn, health, patterns, reach_on, wired
from tests.support.plain_runner import PlainRunner, forward

SHIPPED = {health: (3, ["fog1", "fog2", "edge"]), cnn: (2, ["fog", "edge"])}
CAMERA = ["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"]


def emitting(graph: PartGraph) -> PartGraph:
    return replace(graph, starved_emits=True)


def both(graph: PartGraph):
    """Return reach with starved parts that are silent, and that emit, over direct links."""
    return reach_on(graph, wired(graph)), reach_on(emitting(graph), wired(graph))


@pytest.mark.parametrize("make", SHIPPED)
@pytest.mark.parametrize("mode", ["add", "select"])
def test_on_the_chains_no_pattern_of_dead_machines_tells_the_two_apart_whatever_skips_there_are(make, mode):
    size, mortal = SHIPPED[make]
    for skips in product((0, 1), repeat=size):
        silent, emit = both(make(skips, mode=mode))
        for down in patterns(mortal):
            assert silent.delivery(down) == emit.delivery(down), (skips, down)


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("skips", "answers", "differ"), [((1,) * 7, 157, 40), ((0,) * 7, 37, 8)])
def test_on_the_cameras_the_same_patterns_answer_but_some_of_them_from_constants(mode, skips, answers, differ):
    silent, emit = both(camera(skips, mode=mode))
    pairs = [(silent.delivery(down), emit.delivery(down)) for down in patterns(CAMERA)]
    assert [one == EMPTY for one, _ in pairs] == [other == EMPTY for _, other in pairs]
    assert sum(one != EMPTY for one, _ in pairs) == answers
    assert sum(one != other for one, other in pairs) == differ


def test_f3_that_is_up_with_e1_dead_sends_its_constant_which_select_takes():
    graph = camera()
    silent, emit = both(graph)
    down = frozenset({"e1"})
    assert silent.fed(down)["f3"] == 0 and not emit.fed(down)["f3"] & DATA
    assert "f3->f2" not in graph.text(silent.delivery(down))
    assert graph.text(emit.delivery(down)).endswith("f3->f2 f4->f2 f2->f1 f1->c (f3 starved)")


def test_an_exit_that_has_nothing_but_constants_behind_it_has_no_answer():
    silent, emit = both(health())
    down = frozenset({"edge", "fog2"})
    assert emit.fed(down)["cloud"] != 0 and emit.delivery(down) == silent.delivery(down) == EMPTY


def test_no_delivery_keeps_the_mark_of_a_starved_part():
    _, emit = both(camera())
    found = {emit.delivery(down) for down in patterns(CAMERA)} - {EMPTY}
    graph = emit.graph
    assert found == {graph.delivery("c", graph.edges_of(delivery)) for delivery in found}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases())
def test_any_graph_whose_starved_parts_emit_agrees_with_brute_force(case):
    graph, mode, topology, down = case
    found = named(graph, reach_on(emitting(graph), topology).delivery(down))
    assert found == brute(graph, mode, topology, down, emits=True)


def test_a_starved_part_runs_on_zeros_once_for_all_deliveries():
    graph = emitting(camera())
    reach = reach_on(graph, wired(graph))
    deliveries = {reach.delivery(down) for down in patterns(CAMERA)} - {EMPTY}
    runner = PlainRunner(graph, 30, seed=3, has_biases=True)
    predicted = Evaluation(graph, runner, 30).predictions(sorted(deliveries))
    assert [part for part, _ in runner.calls].count("f3") == 1  # with e1, and with nothing: one stacked call
    for delivery, classes in predicted.items():
        assert (classes == forward(runner, delivery, 30)).all()
