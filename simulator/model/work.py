"""How much work and memory a sub-model costs for one sample, derived from its layers' shapes. FLOP = 2 MAC."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from simulator.model.backend import keras
from simulator.model.nodes import calls

FLOAT_BYTES = 4
FREE = frozenset({"InputLayer", "Flatten", "Reshape", "Permute", "Identity", "Dropout", "SpatialDropout1D",
                  "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "GetItem", "Cast",
                  "Pack", "Unpack", "Place"})
PER_PLACE = frozenset({"EinsumDense", "MultiHeadAttention", "GroupQueryAttention"})  # weights act at every place


def work_flop(model: Any) -> float:
    """Return the FLOP of one sample: two per multiply-accumulate, and one per output number of an elementwise layer.

    Biases and activations inside a layer are not counted, as in the literature's MAC counts. A layer that is called
    twice counts twice.
    """
    return float(sum(flop_of(call.operation, call.inputs, call.outputs) for call in calls(model)))


def memory_bytes(model: Any) -> int:
    """Return the bytes of the weights plus the largest activation of one sample, all float32."""
    largest = max(prod(tensor.shape[1:]) for tensor in activations(model))
    return int(FLOAT_BYTES * (model.count_params() + largest))


def activations(model: Any) -> list[Any]:
    """Return the tensors of a sub-model: its input and the outputs of every call."""
    return [model.input, *(tensor for call in calls(model) for tensor in call.outputs)]


def sample_bytes(shape: tuple[int, ...]) -> int:
    """Return the bytes of one float32 tensor of that shape.

    >>> sample_bytes((32, 32, 32))
    131072
    """
    return FLOAT_BYTES * prod(shape)


def flop_of(layer: Any, taken: Sequence[Any], made: Sequence[Any]) -> int:
    """Return the FLOP of one call of a layer or operation on one sample, given the symbolic tensors in and out."""
    kind = type(layer).__name__
    if kind in FREE or not taken or not made:
        return 0
    inputs, outputs = taken[0].shape, made[0].shape
    places_in, places_out = prod(inputs[1:-1]), prod(outputs[1:-1])
    if isinstance(layer, keras.layers.Dense):
        return 2 * int(places_out * inputs[-1] * outputs[-1])
    if kind.startswith("SeparableConv"):
        return 2 * int(places_out * (prod(layer.depthwise_kernel.shape) + prod(layer.pointwise_kernel.shape)))
    if "Conv" in kind:
        return 2 * int((places_in if kind.endswith("Transpose") else places_out) * prod(layer.kernel.shape))
    if isinstance(layer, keras.layers.RNN):
        return 2 * int(inputs[1] * layer.count_params())
    if kind in PER_PLACE:
        return 2 * int(places_out * layer.count_params())
    return int(prod(inputs[1:] if "Pool" in kind else outputs[1:]))
