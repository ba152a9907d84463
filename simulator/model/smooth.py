"""Smooth activations in place of the ReLUs of somebody else's network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph
from simulator.model.nodes import Call

ops = keras.ops


@final
@keras.saving.register_keras_serializable(package="simulator")
@dataclass(frozen=True)
class SmoothReLU:
    """softplus(s z) / s, which is at most ln 2 / s above relu(z); with a ceiling less the same of z - ceiling.

    Args:
        scale: s.
        ceiling: The most that the ReLU puts out, such as 6; None for no ceiling.
    """

    scale: float
    ceiling: float | None = None

    @property
    def __name__(self) -> str:
        """What activations are known by."""
        return "softplus"

    def __call__(self, z: Any) -> Any:
        """Return the smooth ReLU of a tensor."""
        found = ops.softplus(self.scale * z)
        if self.ceiling is not None:
            found = found - ops.softplus(self.scale * (z - self.ceiling))
        return found / self.scale

    def get_config(self) -> dict[str, float | None]:
        """Return the arguments."""
        return {"scale": self.scale, "ceiling": self.ceiling}


def smoothed(graph: KerasGraph, scale: float) -> KerasGraph:
    """Return a graph whose ReLUs are smooth: layers, and activations of other layers, in place; names and weights stay.

    Args:
        graph: The model, which is not to be used any more.
        scale: s.
    """
    return replace(graph, calls={name: _smooth(call, scale) for name, call in graph.calls.items()})


def _smooth(call: Call, scale: float) -> Call:
    operation = call.operation
    if isinstance(operation, keras.layers.ReLU) and not (operation.negative_slope or operation.threshold):
        smooth = keras.layers.Activation(SmoothReLU(scale, operation.max_value), name=operation.name)
        return replace(call, operation=smooth)
    activation = getattr(operation, "activation", None)
    if activation is keras.activations.relu:
        operation.activation = SmoothReLU(scale)
    elif activation is keras.activations.relu6:
        operation.activation = SmoothReLU(scale, 6.0)
    return call
