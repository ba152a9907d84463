"""The dense layers behind a tensor of a Keras graph, in float64, where nothing else is behind it."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.model.keras_graph import KerasGraph
from simulator.neurons.tail import Activation, DenseTail

PASSING = frozenset({"Dropout", "Identity", "Flatten", "Reshape", "GaussianNoise", "GaussianDropout", "Crash"})
LIPSCHITZ = {"relu": 1.0, "sigmoid": 0.25, "linear": 1.0}


def dense_tail_behind(graph: KerasGraph, tensor: str) -> DenseTail | None:
    """Return the tail behind a tensor: dense layers, between them all relu(K z), all sigmoid(4 K z) or nothing.

    ``Rescaling`` before an activation is in K: with ``scale: 4`` a sigmoid is sigma(4 z), whose K is 1.

    Returns:
        The tail; None where anything else is behind the tensor, such as a convolution, a skip or a last softmax.
    """
    kernels: list[Any] = []
    biases: list[Any] = []
    slopes: list[tuple[str, float]] = []  # activation and K behind each layer
    at = tensor
    while at not in graph.graph.outputs:
        users = [step for step in graph.graph.steps if at in step.inputs]
        if len(users) != 1 or len(users[0].inputs) != 1:
            return None
        at = users[0].outputs[0]
        if not _take(graph.calls[users[0].name].operation, kernels, biases, slopes):
            return None
    if not kernels or slopes[-1] != (LINEAR, 1.0) or len(set(slopes[:-1])) > 1:
        return None
    kind, scale = slopes[0]
    return DenseTail(tuple(kernels), tuple(biases), _known(kind), scale * LIPSCHITZ[kind])


LINEAR = "linear"


def _take(operation: Any, kernels: list[Any], biases: list[Any], slopes: list[tuple[str, float]]) -> bool:
    """Add an operation to the layers so far; return whether it is one that a dense tail may have."""
    kind = type(operation).__name__
    activation = getattr(getattr(operation, "activation", None), "__name__", "relu" if kind == "ReLU" else LINEAR)
    if kind in PASSING:
        return True
    if kind == "Dense" and activation in LIPSCHITZ:
        kernel = np.asarray(operation.get_weights()[0], dtype=np.float64)
        kernels.append(kernel)
        biases.append(np.asarray(operation.get_weights()[1], dtype=np.float64) if operation.use_bias else
                      np.zeros(kernel.shape[1]))
        slopes.append((activation, 1.0))
        return True
    if not slopes or slopes[-1][0] != LINEAR:
        return False
    if kind == "Rescaling" and np.ndim(operation.scale) == 0 and operation.offset == 0 and operation.scale > 0:
        slopes[-1] = (LINEAR, slopes[-1][1] * float(operation.scale))
        return True
    if kind in ("Activation", "ReLU") and activation in LIPSCHITZ and _is_plain(operation):
        slopes[-1] = (activation, slopes[-1][1])
        return True
    return False


def _is_plain(operation: Any) -> bool:
    """Return whether a ReLU is the common one: no ceiling, slope or threshold."""
    settings = operation.get_config()
    return settings.get("max_value") is None and not settings.get("negative_slope") and not settings.get("threshold")


def _known(kind: str) -> Activation:
    known: dict[str, Activation] = {"relu": "relu", "sigmoid": "sigmoid", "linear": "linear"}
    return known[kind]
