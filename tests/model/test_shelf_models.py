"""The shipped models build under every strategy, and the wearable's learns what the first scenario shows."""

from pathlib import Path

import numpy as np
import pytest

from simulator.model.data import load_data
from simulator.model.graph import part_graph, strategy_has_failout
from simulator.model.runner import KerasRunner
from simulator.model.train import trained
from tests.support.models import alive_patterns, run_by_parts, shelf_model, split_model, taken_edges

SHAPES = {"watch-mlp": ((50, 6), 7), "health-mlp": ((23,), 13), "camera-mlp": ((6, 32, 32, 3), 3),
          "cnn-small": ((32, 32, 3), 10)}
HAZARDOUS = {"fog1": 0.85, "fog2": 0.80, "edge": 0.78}


@pytest.mark.parametrize("strategy", ["vanilla", "dfg", "resilinet", "resilinet_plus", "select"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_shipped_model_builds_and_every_part_has_work_bytes_and_memory(name, strategy):
    model = shelf_model(name)
    split = split_model(model, strategy, *SHAPES[name], failout=model.failout)
    costs = split.costs()
    assert all(costs.work_flop[part] > 0 and costs.memory_bytes[part] > 0 for part in model.parts)
    assert set(costs.payload_bytes) == {edge.name for edge in split.graph.edges}


@pytest.mark.slow
def test_skip_hyperconnections_save_a_fifth_of_the_wearables_answers_under_the_hazardous_setting():
    model, expected, all_alive = shelf_model("watch-mlp"), {}, {}
    data = load_data(model.data, Path())
    rows, guess = np.arange(len(data.y_test)), float(data.prior("train") @ data.prior("test"))
    for strategy in ("vanilla", "dfg", "resilinet"):
        graph, failout = part_graph(model, strategy), model.failout if strategy_has_failout(strategy) else None
        split, _, _ = trained(model, graph, strategy, data, model.training, failout, 1)
        runner, expected[strategy] = KerasRunner(split, data.x_test), 0.0
        for dead in alive_patterns(graph):
            chance = np.prod([1 - survival if part in dead else survival for part, survival in HAZARDOUS.items()])
            accuracy = guess
            if "cloud" in taken_edges(graph, dead):
                accuracy = np.mean(runner.predict("cloud", run_by_parts(runner, graph, dead, rows)) == data.y_test)
            expected[strategy] += chance * accuracy
            if not dead:
                all_alive[strategy] = accuracy
    assert min(all_alive.values()) > 0.75
    assert 0.45 < expected["vanilla"] < 0.52
    assert min(expected["dfg"], expected["resilinet"]) > expected["vanilla"] + 0.15
