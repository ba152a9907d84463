"""Remembered predictions are those of the whole network, within the memory and with as few part runs as promised."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dataflow.build import build_graph
from simulator.dataflow.graph import EMPTY, Edge
from simulator.evaluate.part_by_part import Evaluation
from simulator.evaluate.plan import RunPlan
from simulator.evaluate.stack import calls
from tests.support.golden_graphs import camera, health, patterns, reach_on, wired
from tests.support.plain_runner import PlainRunner, forward

MACHINES = ["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"]


def deliveries_of(graph, machines):
    reach = reach_on(graph, wired(graph))
    return list(dict.fromkeys(reach.delivery(down) for down in patterns(machines)))


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("memory_bytes", "rows_per_call"), [(80_000_000, 1024), (20_000, 7), (1, 1)])
def test_remembered_predictions_are_those_of_the_whole_network(mode, memory_bytes, rows_per_call):
    graph = camera(mode=mode)
    runner = PlainRunner(graph, 40, {"e1": 6, "f4": 3})  # other widths: adapters on several edges
    wanted = deliveries_of(graph, MACHINES)
    found = Evaluation(graph, runner, 40, memory_bytes, rows_per_call).predictions(wanted)
    assert set(found) == set(wanted) - {EMPTY}
    assert len({prediction.tobytes() for prediction in found.values()}) > 10  # the deliveries do differ
    for delivery, predicted in found.items():
        assert (predicted == forward(runner, delivery, 40)).all()


def test_part_runs_are_counted_once_whatever_the_chunks():
    graph = camera()
    evaluation = Evaluation(graph, PlainRunner(graph, 40), 40, memory_bytes=20_000, rows_per_call=16)
    evaluation.predictions(deliveries_of(graph, MACHINES))
    assert evaluation.part_runs == 218
    graph = health()
    evaluation = Evaluation(graph, PlainRunner(graph, 40), 40)
    evaluation.predictions(deliveries_of(graph, ["edge", "fog2", "fog1"]))
    assert evaluation.part_runs == 11


def test_each_row_of_each_output_is_computed_once():
    graph = camera()
    runner = PlainRunner(graph, 40)
    Evaluation(graph, runner, 40, rows_per_call=64).predictions(deliveries_of(graph, MACHINES))
    assert sum(rows for _, rows in runner.calls) == 218 * 40
    assert sum(rows for part, rows in runner.calls if part == "c") == 103 * 40


def test_the_rows_of_several_outputs_share_large_calls():
    graph = camera()
    runner = PlainRunner(graph, 40)
    Evaluation(graph, runner, 40).predictions(deliveries_of(graph, MACHINES))
    assert max(rows for _, rows in runner.calls) == 1024
    assert len(runner.calls) == 6 + 2 + 3 + 5  # e1 to e4, f3 and f4 one each, then f2, f1 and c


def test_no_deliveries_or_only_the_empty_one_need_nothing():
    graph = health()
    evaluation = Evaluation(graph, PlainRunner(graph, 4), 4)
    assert evaluation.predictions([]) == evaluation.predictions([EMPTY]) == {}
    assert evaluation.part_runs == 0


def test_constant_weights_of_hyperconnections_are_applied():
    graph = build_graph("ab", "c", "c", [Edge("a", "c", 0.5), Edge("b", "c", -2.0)], "add")
    runner = PlainRunner(graph, 30)
    both = graph.delivery("c", [0, 1])
    total = runner.data["a"] / 2 - 2 * runner.data["b"]
    expected = (np.clip(total @ runner.kernels["c"], 0, 99)).argmax(axis=1)
    assert (Evaluation(graph, runner, 30).predictions([both])[both] == expected).all()


def test_an_early_exit_that_feeds_on_is_run_once_for_both():
    graph = build_graph("a", "bc", "bc", [Edge("a", "b"), Edge("b", "c")], "add")
    runner = PlainRunner(graph, 20)
    early, late = graph.delivery("b", [0]), graph.delivery("c", [0, 1])
    evaluation = Evaluation(graph, runner, 20)
    found = evaluation.predictions([early, late])
    assert evaluation.part_runs == 2
    assert all((found[d] == forward(runner, d, 20)).all() for d in (early, late))


@pytest.mark.parametrize("samples", [1_500, 3_000])
def test_memory_is_bounded_for_any_number_of_samples(samples):
    graph = camera()
    runner = PlainRunner(graph, samples, {part.name: 64 for part in graph.parts if part.join is not None})
    wanted = deliveries_of(graph, MACHINES)
    bound = 5_000_000
    tracemalloc.start()
    Evaluation(graph, runner, samples, memory_bytes=bound).predictions(wanted)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answers = 103 * samples * 8
    unbounded = 103 * samples * 256  # what f1 and f2 alone would keep for all samples
    assert 0.3 * bound < peak - answers < bound
    assert unbounded > 6 * bound


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 12))
def test_calls_hold_every_row_once_in_order_and_are_full(rows, rows_per_call):
    made = list(calls(dict(enumerate(rows)), rows_per_call))
    flat = [(key, row) for call in made for key, start, stop in call for row in range(start, stop)]
    assert flat == [(key, row) for key, count in enumerate(rows) for row in range(count)]
    sizes = [sum(stop - start for _, start, stop in call) for call in made]
    assert all(size == rows_per_call for size in sizes[:-1]) and sizes[-1] <= rows_per_call


def test_outputs_are_freed_once_their_last_reader_has_run():
    graph = camera()
    plan = RunPlan.of(graph, deliveries_of(graph, MACHINES))
    assert plan.done_with["f3"] == ("e1",) or plan.done_with["f2"] == ("e1", "e2", "e3", "e4")
    assert set(plan.done_with["f1"]) == {"f3", "f4"}
    assert set(plan.done_with["c"]) == {"f1", "f2", "c"}
    assert plan.peak_bytes(lambda _: 1, lambda _: 0) == 103 + 103  # f1 59, f2 44, c 103
