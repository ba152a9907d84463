"""The variance of the error as a penalty while a network is trained (b3; of whole tensors: group-b3 of machines)."""

from __future__ import annotations

from math import prod
from typing import Any, Literal, final

import numpy as np

from simulator.model.backend import keras
from simulator.neurons.crash_points import Gated
from simulator.neurons.gradients import traced_gradients

ops = keras.ops
Passes = Literal["all", "one"]


@final
class CrashVariance(keras.Model):  # type: ignore[misc]
    """A network whose training adds ``strength`` x mean over inputs and outputs of sum_u p_u (1 - p_u) S_u^2.

    S_u is what unit u contributes to an output, to first order, in inference mode; with crash points that crash as
    whole tensors it is the variance from machines that crash. Compile and fit it as any model; the network's own
    weights are trained.

    Args:
        network: The network; its inputs are one tensor or a dict, in the order of ``gated``, and its output has the
            shape ``(outputs,)`` or is a dict of one such.
        gated: Its crash points (``simulator.neurons.crash_points.gated``).
        strength: lambda, >= 0.
        passes: ``all``: a backward pass for each output. ``one``: one for a random mix of the outputs, whose
            expectation is the same (standard normal weights).
        legacy: Whether the factor is p instead of p (1 - p), as in the reference.
        seed: Of the random mixes.
    """

    def __init__(self, network: Any, gated: Gated, strength: float, *, passes: Passes = "all", legacy: bool = False,
                 seed: int = 0) -> None:
        super().__init__()
        self.network, self.gates, self.strength, self.passes = network, gated.model, strength, passes
        self.inputs_taken, self.order = gated.inputs, tuple(network.input) if isinstance(network.input, dict) else ()
        self.outputs_made = int(gated.model.outputs[0].shape[-1])
        p = gated.crashes.probability
        self.factor = (p if legacy else p * (1 - p)).astype(np.float32)
        self.dice = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the network's outputs; in training the penalty is added to the loss."""
        if training:
            self.add_loss(self.strength * self.penalty(inputs))
        return self.network(inputs, training=training)

    def penalty(self, inputs: Any) -> Any:
        """Return the mean over inputs and outputs of the variance of the error, to first order."""
        tensors = [inputs[name] for name in self.order] or [inputs]
        rows = ops.shape(tensors[0])[0]
        flat = [ops.reshape(tensor, (rows, prod(tensor.shape[1:]))) for tensor in tensors]
        at = ops.concatenate([*flat, ops.ones((rows, len(self.factor)))], axis=1)
        slopes = traced_gradients(lambda vector: self.gates(vector, training=False), at, self._weights(rows))
        found = [ops.sum(self.factor * slope[:, self.inputs_taken :] ** 2, axis=1) for slope in slopes]
        return ops.mean(sum(found)) / self.outputs_made

    def _weights(self, rows: Any) -> list[Any]:
        if self.passes == "one":
            return [keras.random.normal((rows, self.outputs_made), seed=self.dice)]
        eye = np.eye(self.outputs_made, dtype=np.float32)
        return [ops.ones((rows, 1)) * one for one in eye]
