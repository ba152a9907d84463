"""How much work and memory a sub-model costs for one sample, derived from its layers' shapes. FLOP = 2 MAC."""

from __future__ import annotations

from math import prod
from typing import Any

from simulator.model.backend import keras

FLOAT_BYTES = 4
FREE = frozenset({"InputLayer", "Flatten", "Reshape", "Permute", "Identity", "Dropout", "SpatialDropout1D",
                  "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ActivityRegularization"})


def work_flop(model: Any) -> float:
    """Return the FLOP of one sample: two per multiply-accumulate, and one per output number of an elementwise layer.

    Biases and activations inside a layer are not counted, as in the literature's MAC counts.
    """
    return float(sum(_layer_flop(layer) for layer in model.layers))


def memory_bytes(model: Any) -> int:
    """Return the bytes of the weights plus the largest activation of one sample, all float32."""
    largest = max(prod(tensor.shape[1:]) for tensor in activations(model))
    return int(FLOAT_BYTES * (model.count_params() + largest))


def activations(model: Any) -> list[Any]:
    """Return the tensors of a sub-model: its input and the output of every layer."""
    return [model.input, *(layer.output for layer in model.layers if type(layer).__name__ != "InputLayer")]


def sample_bytes(shape: tuple[int, ...]) -> int:
    """Return the bytes of one float32 tensor of that shape.

    >>> sample_bytes((32, 32, 32))
    131072
    """
    return FLOAT_BYTES * prod(shape)


def _layer_flop(layer: Any) -> int:
    kind = type(layer).__name__
    if kind in FREE:
        return 0
    inputs, outputs = layer.input.shape, layer.output.shape
    places_in, places_out = prod(inputs[1:-1]), prod(outputs[1:-1])
    if isinstance(layer, keras.layers.Dense):
        return 2 * int(places_out * inputs[-1] * outputs[-1])
    if kind.startswith("SeparableConv"):
        return 2 * int(places_out * (prod(layer.depthwise_kernel.shape) + prod(layer.pointwise_kernel.shape)))
    if "Conv" in kind:
        return 2 * int((places_in if kind.endswith("Transpose") else places_out) * prod(layer.kernel.shape))
    if isinstance(layer, keras.layers.RNN):
        return 2 * int(inputs[1] * layer.count_params())
    return int(prod(inputs[1:] if "Pool" in kind else outputs[1:]))
