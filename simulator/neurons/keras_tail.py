"""A Keras model as a tail: what the estimators see of it."""

from __future__ import annotations

from math import prod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import compiles, predicted
from simulator.model.work import activations as tensors_of
from simulator.neurons import gradients

Floats = NDArray[np.float64]
CALL_NUMBERS = 1 << 20  # of the widest tensor in one call, which so stays in the cache
CALL_ROWS = (16, 1024)
FEWEST_ROWS = 8


@final
class KerasTail:
    """A model from one vector a row to one vector of outputs a row, in inference mode (fulfils ``Tail``).

    Numbers are float32 inside. Rows are taken in calls of one size; a smaller rest is padded to a power of two, so that
    few shapes are compiled.

    Args:
        model: Its input has the shape ``(rows, neurons)``, its output ``(rows, outputs)``.
    """

    dtype = np.float32

    def __init__(self, model: Any) -> None:
        self.model = model
        model.compile(jit_compile=compiles())
        widest = max(prod(tensor.shape[1:]) for tensor in tensors_of(model))
        self.rows_per_call = int(np.clip(CALL_NUMBERS // widest, *CALL_ROWS))

    def outputs(self, activations: Floats) -> Floats:
        """Return the outputs, shape ``(rows, outputs)``; activations of float32 are taken as they are."""
        at = np.asarray(activations, dtype=np.float32)
        found = [predicted(self.model, self._padded(at[rows]))[: rows.stop - rows.start] for rows in self._calls(at)]
        whole: Floats = np.concatenate(found)[: len(at)].astype(np.float64)
        return whole

    def gradient(self, activations: Floats, weights: Floats) -> Floats:
        """Return the gradient of a weighted sum of the outputs, shape ``(rows, neurons)``."""
        slope: Floats = self.gradients(activations, weights[np.newaxis])[0]
        return slope

    def gradients(self, activations: Floats, weights: Floats) -> Floats:
        """Return the same for several sets of weights, shape ``(sets, rows, neurons)``; one forward pass for all."""
        found = [gradients.gradients(self._call, _single(activations[rows]), _single(weights[:, rows]))
                 for rows in self._calls(activations)]
        return np.concatenate(found, axis=1).astype(np.float64)

    def curvature(self, activations: Floats, weights: Floats, direction: Floats) -> Floats:
        """Return the Hessian of a weighted sum of the outputs times a direction, shape ``(rows, neurons)``."""
        found = [gradients.curvature(self._call, _single(activations[rows]), _single(weights[rows]),
                                     _single(direction[rows])) for rows in self._calls(activations)]
        return np.concatenate(found).astype(np.float64)

    def _call(self, rows: Any) -> Any:
        return self.model(rows, training=False)

    def _calls(self, activations: NDArray[Any]) -> list[slice]:
        size = self.rows_per_call
        return [slice(first, first + size) for first in range(0, max(1, len(activations)), size)]

    def _padded(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        size = min(self.rows_per_call, max(FEWEST_ROWS, 1 << (len(rows) - 1).bit_length()))
        if len(rows) == size:
            return rows
        return np.concatenate([rows, np.zeros((size - len(rows), rows.shape[1]), dtype=np.float32)])


def _single(values: Floats) -> NDArray[np.float32]:
    return values.astype(np.float32)
