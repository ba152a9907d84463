"""The literature's models with random weights, at sizes that a test can afford, run in the plainest way."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import read_document
from simulator.model.blocks import ModelFile
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.model.split import SplitModel
from tests.support.models import SHELF

# Shape of a sample, classes, and what the numbers of filters are divided by.
SMALL: dict[str, tuple[tuple[int, ...], int, int]] = {
    "health-mlp": ((23,), 13, 1), "camera-mlp": ((6, 4, 4, 3), 3, 1), "resnet18": ((32, 32, 3), 10, 16),
    "mobilenet": ((32, 32, 3), 10, 12), "mobilenet-imagenet": ((64, 64, 3), 10, 12),
}
CLASSES = (3, 10, 13)


def small_model(name: str, partition: str | None = None) -> ModelFile:
    """Return a shipped model with its layers written out and fewer filters in each."""
    model, problems = read_block(ModelFile, read_document(SHELF / f"{name}.yaml"))
    assert model is not None and not problems
    model, divisor = expanded(model, partition), SMALL[name][2]
    parts = {part: block.model_copy(update={"layers": _thinned(block.layers, divisor)})
             for part, block in model.parts.items()}
    return model.model_copy(update={"parts": parts})


def _thinned(value: Any, divisor: int) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_thinned(item, divisor) for item in value)
    if isinstance(value, dict):
        return {key: max(2, item // divisor) if key == "filters" and isinstance(item, int) else _thinned(item, divisor)
                for key, item in value.items()}
    return value


@cache
def random_split(name, strategy, skips="all", weights=None, partition=None) -> SplitModel:
    """Return a small model of the literature with random weights, those of BatchNormalization and biases too.

    A weight depends on its piece and shape alone, so that models of several strategies have the same. The model is
    shared between tests: one that changes its weights puts them back.
    """
    model = small_model(name, partition)
    split = SplitModel(model, part_graph(model, strategy, skips, weights), *SMALL[name][:2])
    split.load({weight: _random(weight, array.shape) for weight, array in split.weights.items()})
    return split


def _random(name, shape):
    rng = np.random.Generator(np.random.PCG64(sum(map(ord, name)) + 131 * int(np.prod(shape))))
    if len(shape) > 1:
        fan_in = np.prod(shape[:2] if shape[-1] == 1 else shape[:-1])  # a depthwise kernel sees one channel
        scale = 0.3 if shape[-1] in CLASSES else 1.4  # answers that are not all but certain
        return rng.normal(0, scale / np.sqrt(fan_in), shape).astype(np.float32)
    return rng.uniform(0.2, 1.2, shape).astype(np.float32)  # positive: a moving variance is one of them


def samples_of(name, count=3):
    """Return random samples of a model's shape."""
    rng = np.random.Generator(np.random.PCG64(5))
    return rng.normal(0, 2, (count, *SMALL[name][0])).astype(np.float32)


def whole(split, x, dead=(), chosen=None):
    """Return the first exit's output, part after part; None where nothing flows.

    Args:
        split: The model; its pieces are called as they are, without a runner.
        x: Samples.
        dead: Parts that send nothing.
        chosen: What a part adds, given its join and what the edges bring; None: what the join's rule takes.
    """
    chosen, output, graph = chosen or by_the_rule, dict(split.inputs_of(x)), split.graph
    for part in graph.parts:
        if part.join is None or part.name in dead:
            continue
        came = {number: _sent(split, number, output[graph.edges[number].source]) for number in part.join.edges
                if graph.edges[number].source in output}
        if tensors := chosen(part.join, came):
            output[part.name] = np.asarray(split.parts[part.name](sum(tensors), training=False))
    return output.get(graph.exits[0])


def _sent(split, number, tensor):
    adapter = split.adapters.get(number)
    sent = tensor if adapter is None else np.asarray(adapter(tensor, training=False))
    return sent * np.float32(split.graph.edges[number].weight)


def by_the_rule(join, came):
    """Return the tensors that a join takes of those that came."""
    return [came[edge] for edge in join.take(set(came))]


def first_that_is_not_zero(join, came):
    """Return, of each group, the first alternative that is not all zeros: the literature's InputMux, and its Add."""
    groups = [[sum(came[edge] for edge in alternative) for alternative in group] for group in join.groups]
    return [next((tensor for tensor in group if tensor.any()), group[-1]) for group in groups]
