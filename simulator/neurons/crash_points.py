"""Where a Keras model crashes: tensors of its graph, or kernels of its dense layers; and the tail behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph
from simulator.neurons.crashes import Crashes
from simulator.neurons.flat_models import Gates, flat_model
from simulator.neurons.keras_tail import KerasTail

Shape = tuple[int, ...]
Floats = NDArray[np.float64]
Granularity = Literal["element", "channel", "tensor", "weight"]
PLACE = "crash point"


@final
@dataclass(frozen=True)
class CrashPoint:
    """A tensor that crashes, or a kernel, and what of it crashes as one.

    Args:
        tensor: Name of the tensor: an input, or the layer that makes it.
        probability: P(crash) of a unit.
        granularity: ``element``, ``channel`` (last axis) or the whole ``tensor``; or each ``weight`` of the kernel of
            the dense layer that makes it.
    """

    tensor: str
    probability: float
    granularity: Granularity = "element"

    def gate_shape(self, shape: Shape) -> Shape:
        """Return the shape of the gate of a tensor of this shape: it is multiplied to it, and 1 broadcasts."""
        if self.granularity == "element":
            return shape
        return (*(1,) * (len(shape) - 1), shape[-1] if self.granularity == "channel" else 1)

    def units_of(self, shape: Shape) -> NDArray[np.intp]:
        """Return the unit of each number of a tensor of this shape, flat."""
        gate = self.gate_shape(shape)
        return np.broadcast_to(np.arange(math.prod(gate)).reshape(gate), shape).reshape(-1).astype(np.intp)


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


@final
@dataclass(frozen=True, eq=False)
class Placed:
    """Crash points in a network, as estimators take them.

    Args:
        tail: What follows the crash point, or the whole network with gates.
        activations: At the crash point, or inputs with open gates, shape ``(samples, neurons)``.
        crashes: The units, those of the first point first.
        units: How many units each point has, in order.
        cut: The one tensor that crashes and that nothing bypasses; None where there are gates.
    """

    tail: KerasTail
    activations: Floats
    crashes: Crashes
    units: tuple[int, ...]
    cut: str | None


def placed(graph: KerasGraph, points: Sequence[CrashPoint], samples: NDArray[Any]) -> Placed:
    """Return the tail behind a single crash point that nothing bypasses; else the whole network with gates.

    Args:
        graph: The model.
        points: Where it crashes.
        samples: Inputs, shape ``(samples, ...)``; of several inputs, flat and side by side.

    Raises:
        ScenarioError: as ``gated`` does.
    """
    check_points(graph, points)
    point, name = points[0], graph.named(points[0].tensor)
    is_bypassed = bool(set(graph.graph.need(graph.graph.outputs, [name]).seen) & set(graph.graph.inputs) - {name})
    if len(points) > 1 or is_bypassed or point.granularity == "weight":
        found = gated(graph, points)
        return Placed(KerasTail(found.model), found.rows(samples), found.crashes, tuple(found.gates.values()), None)
    flat = samples.reshape(len(samples), -1).astype(np.float64)
    at = flat if name in graph.graph.inputs else KerasTail(flat_model(graph, graph.graph.inputs, [name])).outputs(flat)
    unit = point.units_of(graph.shape(name))
    crashes = Crashes(np.full(int(unit.max()) + 1, point.probability), unit)
    return Placed(KerasTail(flat_model(graph, [name], graph.graph.outputs)), at, crashes, (crashes.units,), name)


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
    check_points(graph, points)
    named = [graph.named(point.tensor) for point in points]
    pairs = list(zip(points, named, strict=True))
    gates = Gates({name: point.gate_shape(graph.shape(name)) for point, name in pairs if point.granularity != "weight"},
                  {name: _kernel_shape(graph, name) for point, name in pairs if point.granularity == "weight"})
    inputs = sum(math.prod(graph.shape(tensor)) for tensor in graph.graph.inputs)
    model = flat_model(graph, graph.graph.inputs, graph.graph.outputs, gates)
    starts = dict(zip(gates.sizes, np.cumsum([0, *gates.sizes.values()]), strict=False))
    place = np.concatenate([starts[name] + np.arange(gates.sizes[name]) for name in named])
    unit = np.full(inputs + len(place), -1)
    unit[inputs + place] = np.arange(len(place))
    probability = np.repeat([point.probability for point in points], [gates.sizes[name] for name in named])
    return Gated(model, inputs, Crashes(probability, unit), {name: gates.sizes[name] for name in named})


def _kernel_shape(graph: KerasGraph, name: str) -> Shape:
    return tuple(graph.calls[name].operation.kernel.shape)


def check_points(graph: KerasGraph, points: Sequence[CrashPoint]) -> None:
    """Raise ScenarioError where a tensor does not exist, is an output or is named twice; all problems at once."""
    problems, named = [], [graph.named(point.tensor) for point in points]
    for point, tensor in zip(points, named, strict=True):
        if tensor not in graph.graph.tensors:
            problems.append(Problem(PLACE, f"the model has no tensor {point.tensor!r}",
                                    did_you_mean(point.tensor, graph.graph.tensors)))
        elif named.count(tensor) > 1:
            problems.append(Problem(PLACE, f"{point.tensor!r} crashes twice", "name each tensor once"))
        elif point.granularity == "weight":
            problems += _kernel_problems(graph, point, tensor)
        elif tensor in graph.graph.outputs:
            problems.append(Problem(PLACE, f"{point.tensor!r} is an output of the model",
                                    "let a tensor before it crash: an output that is lost is no error of the network"))
    if problems:
        raise ScenarioError(*problems)


def _kernel_problems(graph: KerasGraph, point: CrashPoint, tensor: str) -> list[Problem]:
    call = graph.calls.get(tensor)
    if call is not None and isinstance(call.operation, keras.layers.Dense) and len(graph.shape(tensor)) == 1:
        return []
    return [Problem(PLACE, f"{point.tensor!r} is not made by a dense layer, whose weights could crash",
                    "name a Dense layer whose input is a vector, or let an element, channel or tensor crash")]
