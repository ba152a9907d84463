"""The whole network while everything is up: the same answers as part by part, skips and weights included."""

import numpy as np
import pytest

import simulator
from simulator.model.split import SplitModel
from simulator.model.whole import whole_model
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly


@pytest.mark.parametrize("strategy", ["vanilla", "dfg", "select"])
def test_the_whole_network_answers_as_the_one_that_is_told_that_all_is_up(strategy):
    (cell,) = variants(simulator.load("first", set={"sweep": {}, "strategy": strategy}))
    assembly = Assembly.of(cell)
    split = SplitModel(assembly.model, assembly.graph, (50, 6), 7, seed=2)
    x = np.random.Generator(np.random.PCG64(1)).normal(size=(5, 50, 6)).astype(np.float32)
    held, exit_part = split.inputs_of(x), assembly.graph.exits[0]
    told = split.told_model({**held, "edges_up": np.ones((5, len(assembly.graph.edges)), dtype=np.float32)})[exit_part]
    whole = whole_model(split, exit_part)([held[name] for name in assembly.graph.sources])
    assert np.asarray(whole) == pytest.approx(np.asarray(told), abs=1e-6)
