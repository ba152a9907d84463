"""A masked prediction is that of the literature's way: the dead part's last layer zeroed, and the whole network run.

There a dead part puts out exact zeros (its kernel and bias are 0, and so is ReLU of 0), everybody else computes, an
``add`` join adds all it gets, and a ``select`` join takes of each group the first alternative that is not all zeros.
So a live part whose inputs are all dead emits what its biases make of zeros: ``starved: emit``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.dataflow.graph import EMPTY, PartGraph
from simulator.evaluate.part_by_part import Evaluation
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.model.runner import KerasRunner
from simulator.model.split import SplitModel
from tests.support.golden_graphs import reach_on, wired
from tests.support.models import alive_patterns, shelf_model

SHAPES = {"health-mlp": ((23,), 13), "camera-mlp": ((6, 32, 32, 3), 3)}
HEALTH, CAMERA = "health-mlp", "camera-mlp"
SAMPLES = 4
STRATEGIES = ("dfg", "select")
ACTIVATIONS = {"relu": lambda z: np.maximum(z, 0), "linear": lambda z: z,
               "softmax": lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True)}


class Keeping(KerasRunner):
    """Keeps what the exit puts out, delivery by delivery, instead of the class alone."""

    def __init__(self, split, x):
        super().__init__(split, x)
        self.outputs = []

    def predict(self, exit_part, output):
        self.outputs.append(output.copy())
        return super().predict(exit_part, output)


def random_split(name, strategy, partition=None) -> SplitModel:
    """Return a shipped model with random weights, biases included: with biases of 0 a constant would be 0 as well."""
    model = expanded(shelf_model(name), partition)
    split = SplitModel(model, part_graph(model, strategy), *SHAPES[name])
    rng = np.random.Generator(np.random.PCG64(7))
    split.load({weight: rng.normal(0, 1.2 / np.sqrt(array.shape[0]), array.shape).astype(np.float32) if array.ndim > 1
                else rng.normal(0.1, 0.3, array.shape).astype(np.float32) for weight, array in split.weights.items()})
    return split


def data(name):
    return np.random.Generator(np.random.PCG64(3)).random((SAMPLES, *SHAPES[name][0]), np.float32)


def masked(split: SplitModel, graph: PartGraph, x, deliveries):
    """Return the exit's output for each delivery, part by part over the edges taken."""
    runner, wanted = Keeping(split, x), list(dict.fromkeys(deliveries))
    Evaluation(graph, runner, len(x), memory_bytes=10**9).predictions(wanted)
    return dict(zip(wanted, runner.outputs, strict=True))


def zeroed(split: SplitModel, x, dead):
    """Return the exit's output with the last layer of each dead part zeroed, running every part of the network."""
    graph, sources, output = split.graph, split.inputs_of(x), {}
    for part in graph.parts:
        if part.join is None:
            output[part.name] = sources[part.name]
            continue
        came = {edge: sent(split, edge, output[graph.edges[edge].source]) for edge in part.join.edges}
        sums = ([sum(came[edge] for edge in alternative) for alternative in group] for group in part.join.groups)
        total = sum(mux(alternatives) for alternatives in sums)
        output[part.name] = computed(split.parts[part.name], total, is_dead=part.name in dead)
    return output[graph.exits[0]]


def sent(split: SplitModel, edge, tensor):
    adapted = computed(split.adapters[edge], tensor) if edge in split.adapters else tensor
    return adapted * split.graph.edges[edge].weight


def computed(piece, tensor, *, is_dead=False):
    """Return the output of a stack of Flatten and Dense layers in plain numpy; of the dead, the last has weights 0."""
    for layer in piece.layers:
        if layer.weights:
            last = is_dead and layer is piece.layers[-1]
            kernel, bias = (np.zeros_like(array) if last else array for array in layer.get_weights())
            tensor = ACTIVATIONS[layer.activation.__name__](tensor @ kernel + bias)
        elif type(layer).__name__ == "Flatten":
            tensor = tensor.reshape(len(tensor), -1)
    return tensor


def mux(alternatives):
    return next((tensor for tensor in alternatives if tensor.any()), alternatives[-1])


def compared(name, strategy, starved, partition=None):
    """Yield (dead parts, whether both ways agree) for every pattern of dead parts in which information flows."""
    split, x = random_split(name, strategy, partition), data(name)
    graph = replace(split.graph, starved_emits=starved == "emit")
    reach = reach_on(graph, wired(graph))
    by_pattern = {dead: reach.delivery(dead) for dead in alive_patterns(graph)}
    answers = {dead: delivery for dead, delivery in by_pattern.items() if delivery != EMPTY}
    outputs = masked(split, graph, x, answers.values())
    for dead, delivery in answers.items():
        yield dead, np.allclose(outputs[delivery], zeroed(split, x, dead), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("partition", ["1-2-3-4", "2-3-2-3"])
@pytest.mark.parametrize("starved", ["silent", "emit"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_on_the_health_chain_both_ways_agree_whatever_starved_parts_do(strategy, starved, partition):
    found = dict(compared(HEALTH, strategy, starved, partition))
    assert len(found) == 5 and all(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_on_the_cameras_they_agree_in_all_157_patterns_where_starved_parts_emit(strategy):
    found = dict(compared(CAMERA, strategy, "emit"))
    assert len(found) == 157 and all(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_on_the_cameras_they_differ_exactly_where_a_silent_part_is_starved_and_would_have_been_taken(strategy):
    split = random_split(CAMERA, strategy)
    silent, emit = (reach_on(graph, wired(graph)) for graph in (split.graph, replace(split.graph, starved_emits=True)))
    found = dict(compared(CAMERA, strategy, "silent"))
    differing = {dead for dead in found if silent.delivery(dead) != emit.delivery(dead)}
    assert {dead for dead, agree in found.items() if not agree} == differing
    assert len(differing) == 40


def test_the_outputs_depend_on_the_sample_and_on_the_pattern():
    split, x = random_split(HEALTH, "select"), data(HEALTH)
    outputs = [zeroed(split, x, dead) for dead in ((), ("fog1",), ("fog2",), ("edge",))]
    assert len({output.tobytes() for output in outputs}) == 4
    assert all(np.ptp(output, axis=0).max() > 1e-3 for output in outputs)
