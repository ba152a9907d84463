"""A Keras model as a tail: what the estimators see of it."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import keras
from simulator.neurons import gradients

Floats = NDArray[np.float64]
ROWS_PER_CALL = 4096


@final
class KerasTail:
    """A model from one vector a row to one vector of outputs a row, in inference mode (fulfils ``Tail``).

    Numbers are float32 inside, and rows are taken in calls of at most ``ROWS_PER_CALL``.

    Args:
        model: Its input has the shape ``(rows, neurons)``, its output ``(rows, outputs)``.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def outputs(self, activations: Floats) -> Floats:
        """Return the outputs, shape ``(rows, outputs)``."""
        found = [keras.ops.convert_to_numpy(self._call(_single(activations[rows]))) for rows in _calls(activations)]
        whole: Floats = np.concatenate(found).astype(np.float64)
        return whole

    def gradient(self, activations: Floats, weights: Floats) -> Floats:
        """Return the gradient of a weighted sum of the outputs, shape ``(rows, neurons)``."""
        slope: Floats = self.gradients(activations, weights[np.newaxis])[0]
        return slope

    def gradients(self, activations: Floats, weights: Floats) -> Floats:
        """Return the same for several sets of weights, shape ``(sets, rows, neurons)``; one forward pass for all."""
        found = [gradients.gradients(self._call, _single(activations[rows]), _single(weights[:, rows]))
                 for rows in _calls(activations)]
        return np.concatenate(found, axis=1).astype(np.float64)

    def curvature(self, activations: Floats, weights: Floats, direction: Floats) -> Floats:
        """Return the Hessian of a weighted sum of the outputs times a direction, shape ``(rows, neurons)``."""
        found = [gradients.curvature(self._call, _single(activations[rows]), _single(weights[rows]),
                                     _single(direction[rows])) for rows in _calls(activations)]
        return np.concatenate(found).astype(np.float64)

    def _call(self, rows: Any) -> Any:
        return self.model(rows, training=False)


def _single(values: Floats) -> NDArray[np.float32]:
    return values.astype(np.float32)


def _calls(activations: Floats) -> list[slice]:
    return [slice(first, first + ROWS_PER_CALL) for first in range(0, max(1, len(activations)), ROWS_PER_CALL)]
