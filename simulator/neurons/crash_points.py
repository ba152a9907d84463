"""Where neurons crash in a Keras model: tensors of its graph, gated by one number a unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph, Named
from simulator.neurons.crashes import Crashes

Shape = tuple[int, ...]
Floats = NDArray[np.float64]
Granularity = Literal["element", "channel", "tensor"]
PLACE = "crash point"


@final
@dataclass(frozen=True)
class CrashPoint:
    """A tensor that crashes, and what of it crashes as one.

    Args:
        tensor: Name of the tensor: an input, or the layer that makes it.
        probability: P(crash) of a unit.
        granularity: ``element``, ``channel`` (last axis) or the whole ``tensor``.
    """

    tensor: str
    probability: float
    granularity: Granularity = "element"

    def gate_shape(self, shape: Shape) -> Shape:
        """Return the shape of the gate of a tensor of this shape: it is multiplied to it, and 1 broadcasts."""
        if self.granularity == "element":
            return shape
        return (*(1,) * (len(shape) - 1), shape[-1] if self.granularity == "channel" else 1)


@final
@dataclass(frozen=True, eq=False)
class Gated:
    """A model whose crash points are multiplied by gates.

    Args:
        model: From one vector a row, the inputs and then the gates, flat, to the outputs, flat.
        inputs: How many numbers of the vector are inputs of the network.
        crashes: Of the vector: inputs never crash, each gate is a unit.
        gates: How many gates each crash point has, in order.
    """

    model: Any
    inputs: int
    crashes: Crashes
    gates: Mapping[str, int]

    def rows(self, samples: NDArray[Any]) -> Floats:
        """Return inputs with all gates open, shape ``(samples, inputs + gates)``.

        Args:
            samples: Shape ``(samples, ...)``; of several inputs, flat and side by side.
        """
        flat = samples.reshape(len(samples), -1).astype(np.float64)
        return np.concatenate([flat, np.ones((len(flat), self.crashes.units))], axis=1)


def gated(graph: KerasGraph, points: Sequence[CrashPoint]) -> Gated:
    """Return a model with its crash points gated; it shares its layers, hence its weights, with the graph's model.

    A crash point is where the tensor is made, so that all that take it see the crash; each has one mask, however many
    layers follow.

    Args:
        graph: The model.
        points: Where it crashes; no two at one tensor, none at an output.

    Raises:
        ScenarioError: a tensor does not exist, is an output or is named twice; all problems at once.
    """
    named = [graph.named(point.tensor) for point in points]
    _check(graph, points, named)
    shapes = [point.gate_shape(graph.shape(tensor)) for point, tensor in zip(points, named, strict=True)]
    sizes = [math.prod(graph.shape(tensor)) for tensor in graph.graph.inputs]
    gates = [math.prod(shape) for shape in shapes]
    start = keras.Input((sum(sizes) + sum(gates),))
    pieces = _pieces(start, [*map(graph.shape, graph.graph.inputs), *shapes])
    opening = dict(zip(named, pieces[len(sizes):], strict=True))
    values = {tensor: _gate(value, opening.get(tensor))
              for tensor, value in zip(graph.graph.inputs, pieces, strict=False)}
    _walk(graph, values, opening)
    ends = [keras.layers.Flatten()(values[tensor]) for tensor in graph.graph.outputs]
    model = keras.Model(start, ends[0] if len(ends) == 1 else keras.layers.Concatenate()(ends))
    probability = np.repeat([point.probability for point in points], gates)
    unit = np.concatenate([np.full(sum(sizes), -1), np.arange(sum(gates))])
    return Gated(model, sum(sizes), Crashes(probability, unit), dict(zip(named, gates, strict=True)))


def _walk(graph: KerasGraph, values: dict[str, Any], opening: Mapping[str, Any]) -> None:
    """Call every step of the graph, with its results gated; fills in ``values``."""
    for step in graph.graph.steps:
        call = graph.calls[step.name]

        def fill(leaf: Any) -> Any:
            return values[leaf.name] if isinstance(leaf, Named) else leaf

        args, kwargs = keras.tree.map_structure(fill, call.args), keras.tree.map_structure(fill, call.kwargs)
        made = keras.tree.flatten(call.operation(*args, **kwargs))
        values.update((out, _gate(value, opening.get(out))) for out, value in zip(step.outputs, made, strict=True))


def _pieces(start: Any, shapes: Sequence[Shape]) -> list[Any]:
    """Return a flat vector cut into tensors of these shapes."""
    found, first = [], 0
    for shape in shapes:
        size = math.prod(shape)
        found.append(keras.layers.Reshape(shape)(start[:, first : first + size]))
        first += size
    return found


def _gate(value: Any, gate: Any) -> Any:
    return value if gate is None else keras.layers.Multiply()([value, gate])


def _check(graph: KerasGraph, points: Sequence[CrashPoint], named: Sequence[str]) -> None:
    problems = []
    for point, tensor in zip(points, named, strict=True):
        if tensor not in graph.graph.tensors:
            problems.append(Problem(PLACE, f"the model has no tensor {point.tensor!r}",
                                    did_you_mean(point.tensor, graph.graph.tensors)))
        elif tensor in graph.graph.outputs:
            problems.append(Problem(PLACE, f"{point.tensor!r} is an output of the model",
                                    "let a tensor before it crash: an output that is lost is no error of the network"))
        elif named.count(tensor) > 1:
            problems.append(Problem(PLACE, f"{point.tensor!r} crashes twice", "name each tensor once"))
    if problems:
        raise ScenarioError(*problems)
