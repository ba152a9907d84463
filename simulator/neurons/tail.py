"""The network after a crash point, as the estimators see it; and dense tails in float64, for theory and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Activation = Literal["relu", "sigmoid", "linear"]


class Tail(Protocol):
    """From the activations at a crash point to the outputs; rows are independent of each other."""

    def outputs(self, activations: Floats) -> Floats:
        """Return the outputs, shape ``(rows, outputs)``.

        Args:
            activations: Shape ``(rows, neurons)``.
        """

    def gradient(self, activations: Floats, weights: Floats) -> Floats:
        """Return the gradient of ``sum_k weights_k outputs_k`` in the activations, shape ``(rows, neurons)``.

        Args:
            activations: Shape ``(rows, neurons)``.
            weights: Of the outputs of each row, shape ``(rows, outputs)``.
        """

    def gradients(self, activations: Floats, weights: Floats) -> Floats:
        """Return the same for several sets of weights, shape ``(sets, rows, neurons)``.

        Args:
            activations: Shape ``(rows, neurons)``.
            weights: Shape ``(sets, rows, outputs)``.
        """

    def curvature(self, activations: Floats, weights: Floats, direction: Floats) -> Floats:
        """Return the Hessian of ``sum_k weights_k outputs_k`` times a direction, shape ``(rows, neurons)``.

        Args:
            activations: Shape ``(rows, neurons)``.
            weights: Of the outputs of each row, shape ``(rows, outputs)``.
            direction: Shape ``(rows, neurons)``.
        """


@final
@dataclass(frozen=True, eq=False)
class DenseTail:
    """Dense layers with one activation between them and a linear output (fulfils ``Tail``).

    Args:
        kernels: Of each layer, shape ``(layer's inputs, layer's outputs)``.
        biases: Of each layer, shape ``(layer's outputs,)``.
        activation: Between the layers: relu(K z), sigmoid(4 K z) or linear; its Lipschitz constant is K.
        lipschitz: K.
    """

    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation: Activation = "relu"
    lipschitz: float = 1.0

    def outputs(self, activations: Floats) -> Floats:
        """Return the outputs, shape ``(rows, outputs)``."""
        return self._forward(activations)[1][-1]

    def gradient(self, activations: Floats, weights: Floats) -> Floats:
        """Return the gradient of a weighted sum of the outputs, by the chain rule backwards."""
        before, _ = self._forward(activations)
        back = weights @ self.kernels[-1].T
        for kernel, z in zip(self.kernels[-2::-1], before[-2::-1], strict=True):
            back = (back * self._slope(z)) @ kernel.T
        return back

    def gradients(self, activations: Floats, weights: Floats) -> Floats:
        """Return the same for several sets of weights."""
        return np.stack([self.gradient(activations, each) for each in weights])

    def curvature(self, activations: Floats, weights: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction: the directional derivative of the backward pass."""
        before, _ = self._forward(activations)
        moves, move = [], direction
        for kernel, z in zip(self.kernels[:-1], before[:-1], strict=True):
            moves.append(move @ kernel)
            move = self._slope(z) * moves[-1]
        back = weights @ self.kernels[-1].T
        change = np.zeros_like(back)
        for kernel, z, moved in zip(self.kernels[-2::-1], before[-2::-1], moves[::-1], strict=True):
            change = (change * self._slope(z) + back * self._bend(z) * moved) @ kernel.T
            back = (back * self._slope(z)) @ kernel.T
        return change

    @cached_property
    def neurons(self) -> int:
        """How many activations it takes."""
        return len(self.kernels[0])

    def _forward(self, activations: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return what enters the activation of each layer, and what leaves it; the last layer is linear."""
        before, after = [], [activations]
        for place, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            before.append(after[-1] @ kernel + bias)
            after.append(before[-1] if place == len(self.kernels) - 1 else self._phi(before[-1]))
        return before, after

    def _phi(self, z: Floats) -> Floats:
        if self.activation == "linear":
            return z
        scaled = self.lipschitz * z
        found: Floats = np.maximum(scaled, 0) if self.activation == "relu" else _sigmoid(4 * scaled)
        return found

    def _slope(self, z: Floats) -> Floats:
        if self.activation == "linear":
            return np.ones_like(z)
        if self.activation == "relu":
            return np.where(z > 0, self.lipschitz, 0.0)
        s = _sigmoid(4 * self.lipschitz * z)
        return 4 * self.lipschitz * s * (1 - s)

    def _bend(self, z: Floats) -> Floats:
        if self.activation != "sigmoid":
            return np.zeros_like(z)
        s = _sigmoid(4 * self.lipschitz * z)
        return (4 * self.lipschitz) ** 2 * s * (1 - s) * (1 - 2 * s)


def dense_tail(kernels: Sequence[Floats], activation: Activation = "relu", lipschitz: float = 1.0) -> DenseTail:
    """Return a dense tail without biases.

    >>> dense_tail([np.array([[1.0], [1.0]])]).outputs(np.array([[2.0, 3.0]])).tolist()
    [[5.0]]
    """
    biases = tuple(np.zeros(kernel.shape[1]) for kernel in kernels)
    return DenseTail(tuple(np.asarray(kernel, dtype=np.float64) for kernel in kernels), biases, activation, lipschitz)


def _sigmoid(z: Floats) -> Floats:
    found: Floats = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    return found
