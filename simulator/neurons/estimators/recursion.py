"""v0: the input-independent recursion over layers, for crashes in any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.estimators.estimator import Estimator, Setting, same_probability
from simulator.neurons.moments import Moments

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recursion:
    """What the recursion ends with: bounds of E|error| and of E error^2 of any output, for any input."""

    mean: float
    second_moment: float

    @property
    def deviation(self) -> float:
        """The root of the second moment, which the reference reports as its deviation."""
        return float(np.sqrt(self.second_moment))


def recursion(kernels: Sequence[Floats], crash: Sequence[float], largest: float = 1.0, lipschitz: float = 1.0,
              ) -> Recursion:
    """Return the bounds after all layers.

    Args:
        kernels: Of each layer, shape ``(layer's inputs, layer's outputs)``.
        crash: P(crash) of the inputs of each layer.
        largest: C, the most that an activation can be (1 for a sigmoid).
        lipschitz: K of the activations.
    """
    mean = second = 0.0
    for place, (kernel, p) in enumerate(zip(kernels, crash, strict=True)):
        wide, alone, crossed = _constants(kernel, is_last=place == len(kernels) - 1)
        second = (largest**2 * p * (alone + p * crossed) + 2 * lipschitz * largest * p * (1 - p) * crossed * mean
                  + lipschitz**2 * (1 - p) * (alone + (1 - p) * crossed) * second)
        mean = p * wide * largest + lipschitz * wide * (1 - p) * mean
    return Recursion(mean, second)


def _constants(kernel: Floats, *, is_last: bool) -> tuple[float, float, float]:
    """Return max ||w_a||_1, max <|w_a|, |w_b|>, max ||w_a||_1 ||w_b||_1 - <|w_a|, |w_b|>; in the last layer a = b."""
    size = np.abs(kernel)
    total, inner = size.sum(axis=0), size.T @ size
    cross = np.outer(total, total) - inner
    if is_last:
        inner, cross = np.diag(inner), np.diag(cross)
    return float(total.max()), float(inner.max()), float(cross.max())


def of_setting(of: Setting) -> Moments:
    """Return v0 for crashes at one layer: one number for all inputs and outputs, bounds of E|error| and E error^2.

    C is 1 for sigmoids, and otherwise the largest activation at these inputs, for which alone it is a bound then.

    Raises:
        ValueError: the tail is not dense, or neurons have different probabilities or crash together.
    """
    tail, p = of.dense_or("recursion"), same_probability(of.crashes)
    largest = 1.0 if tail.activation == "sigmoid" else float(np.abs(of.activations).max())
    found = recursion(tail.kernels, [p, *(0.0 for _ in tail.kernels[1:])], largest, tail.lipschitz)
    shape = len(of.activations), tail.kernels[-1].shape[1]
    return Moments(np.full(shape, found.mean), np.full(shape, found.second_moment), "upper bound")


RECURSION = Estimator("recursion", "upper bound", "v0, layer by layer", "–", "dense, linear end", "weights",
                      lambda units, outputs: 0, of_setting)
