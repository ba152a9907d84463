"""Pieces of a Keras graph from one vector a row to one vector a row, with gates on some of its tensors or kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph, Named

Shape = tuple[int, ...]
ops = keras.ops


@final
@dataclass(frozen=True)
class Gates:
    """What is multiplied by gates: numbers of a row, 1 while a unit works.

    Args:
        tensors: Shape of the gate of each tensor by name; it is multiplied to the tensor, and sizes of 1 broadcast.
        kernels: Shape of the kernel of each dense layer whose entries crash, by the name of its call.
    """

    tensors: Mapping[str, Shape] = field(default_factory=dict)
    kernels: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """How many gates there are, by name; tensors first."""
        return {name: math.prod(shape) for name, shape in {**self.tensors, **self.kernels}.items()}


@keras.saving.register_keras_serializable(package="simulator")
class CrashingDense(keras.Layer):  # type: ignore[misc]
    """A dense layer each row of which has a kernel of its own: the layer's, times the row's gates.

    Args:
        dense: The layer; its weights stay its own.
    """

    def __init__(self, dense: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = dense

    def call(self, tensor: Any, gate: Any) -> Any:
        """Return what the layer makes of a tensor ``(rows, inputs)`` with gates ``(rows, inputs, outputs)``."""
        made = ops.einsum("ri,rio->ro", tensor, gate * self.dense.kernel)
        made = made if self.dense.bias is None else made + self.dense.bias
        return made if self.dense.activation is None else self.dense.activation(made)

    def compute_output_shape(self, tensor_shape: Sequence[int | None], gate_shape: Sequence[int | None],
                             ) -> tuple[int | None, ...]:
        """Return the shape of the layer's output."""
        return tensor_shape[0], gate_shape[-1]


NO_GATES = Gates()


def flat_model(graph: KerasGraph, given: Sequence[str], wanted: Sequence[str], gates: Gates = NO_GATES) -> Any:
    """Return a model from some tensors to others; it shares its layers, hence its weights, with the graph's model.

    Args:
        graph: The model.
        given: Tensors that come in, flat and side by side; the gates come behind them.
        wanted: Tensors that go out, flat and side by side; they depend on nothing else.
        gates: What is gated.
    """
    shapes = [graph.shape(tensor) for tensor in given]
    gate_shapes = {**gates.tensors, **gates.kernels}
    start = keras.Input((sum(map(math.prod, (*shapes, *gate_shapes.values()))),))
    pieces = _pieces(start, [*shapes, *gate_shapes.values()])
    opening = dict(zip(gate_shapes, pieces[len(given):], strict=True))
    on_tensors = {name: opening[name] for name in gates.tensors}
    values = {tensor: _gate(value, on_tensors.get(tensor)) for tensor, value in zip(given, pieces, strict=False)}
    needed = set(graph.graph.need(wanted, given).steps)
    for step in (step for step in graph.graph.steps if step.name in needed):
        made = _called(graph, step.name, values, opening[step.name] if step.name in gates.kernels else None)
        values.update((out, _gate(value, on_tensors.get(out))) for out, value in zip(step.outputs, made, strict=True)
                      if out not in given)
    ends = [keras.layers.Flatten()(values[tensor]) for tensor in wanted]
    return keras.Model(start, ends[0] if len(ends) == 1 else keras.layers.Concatenate()(ends))


def _called(graph: KerasGraph, name: str, values: Mapping[str, Any], kernel_gate: Any) -> list[Any]:
    call = graph.calls[name]

    def fill(leaf: Any) -> Any:
        return values[leaf.name] if isinstance(leaf, Named) else leaf

    args, kwargs = keras.tree.map_structure(fill, call.args), keras.tree.map_structure(fill, call.kwargs)
    if kernel_gate is not None:
        return [CrashingDense(call.operation)(args[0], kernel_gate)]
    return list(keras.tree.flatten(call.operation(*args, **kwargs)))


def _pieces(start: Any, shapes: Sequence[Shape]) -> list[Any]:
    """Return a flat vector cut into tensors of these shapes."""
    if len(shapes) == 1:
        return [keras.layers.Reshape(shapes[0])(start)]
    found, first = [], 0
    for shape in shapes:
        size = math.prod(shape)
        found.append(keras.layers.Reshape(shape)(start[:, first : first + size]))
        first += size
    return found


def _gate(value: Any, gate: Any) -> Any:
    return value if gate is None else keras.layers.Multiply()([value, gate])
