"""Continuity: neighbouring neurons of a layer compute similar functions, so that none matters much alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from simulator.model.backend import keras
from simulator.neurons.regularisers.filters import averages, differences, legacy_averages

Floats = NDArray[np.float64]
ops = keras.ops
KERNELS = 4
GAUSSIANS = 2
MOST_BY_MATRIX = 1000  # neurons: a product with a matrix takes an eighth of the time of a convolution of one channel
PADDINGS: dict[str, Literal["constant", "reflect"]] = {"zeros": "constant", "reflect": "reflect"}


@final
@keras.saving.register_keras_serializable("simulator")
class Continuity(keras.regularizers.Regularizer):  # type: ignore[misc]
    """``derivative`` times D(W) plus ``smoothness`` times S(W) of a kernel or a bias, along its last axis.

    D is the sum over all weights of the absolute differences along the index of neurons, averaged over four filters of
    differences; S the sum over inputs of the mean distance from a Gaussian average, averaged over two widths. D is
    that of a profile whatever the number of neurons, where weights fall as 1 / inputs.

    Args:
        derivative: Weight of D, >= 0 (psi_d).
        smoothness: Weight of S, >= 0 (psi_s).
        legacy: Whether to do as the reference does: to pad with zeros, which punishes the neurons at the ends, to shift
            filters of even size by half a step, to take a difference for the Gaussian of size 2, and to count filters
            that do not fit.
    """

    def __init__(self, derivative: float = 0.1, smoothness: float = 0.1, *, legacy: bool = False) -> None:
        self.derivative, self.smoothness, self.legacy = derivative, smoothness, legacy

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a kernel, shape ``(..., neurons)``, or of a bias, shape ``(neurons,)``."""
        profile = ops.reshape(x, (-1, x.shape[-1]))
        return self.derivative * self.roughness(profile) + self.smoothness * self.unevenness(profile)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"derivative": self.derivative, "smoothness": self.smoothness, "legacy": self.legacy}

    def roughness(self, profile: Any) -> Any:
        """Return D of weights of the shape ``(inputs, neurons)``."""
        fitting = [each for each in differences() if len(each) <= profile.shape[1]]
        found = [ops.sum(ops.abs(filtered(profile, each, "zeros" if self.legacy else "valid"))) for each in fitting]
        return _mean(found, KERNELS if self.legacy else len(fitting))

    def unevenness(self, profile: Any) -> Any:
        """Return S of weights of the shape ``(inputs, neurons)``."""
        neurons = profile.shape[1]
        fitting = [each for each in (legacy_averages if self.legacy else averages)(neurons) if len(each) <= neurons]
        padding = "zeros" if self.legacy else "reflect"
        found = [ops.sum(ops.mean(ops.abs(filtered(profile, each, padding) - profile), axis=1)) for each in fitting]
        return _mean(found, GAUSSIANS if self.legacy else len(fitting))


def filtered(profile: Any, weights: Floats, padding: str) -> Any:
    """Return the cross-correlation of each row with a filter.

    Args:
        profile: Shape ``(rows, neurons)``.
        weights: The filter, shape ``(taps,)``.
        padding: ``valid`` (fewer neurons come out), ``zeros`` or ``reflect`` (as many; the left side gets
            floor((taps - 1) / 2)).
    """
    if profile.shape[1] <= MOST_BY_MATRIX:
        matrix = filter_matrix(profile.shape[1], tuple(map(float, weights)), padding)
        return ops.matmul(profile, ops.cast(ops.convert_to_tensor(matrix), profile.dtype))
    sides = _sides(len(weights), padding)
    if any(sides):
        profile = ops.pad(profile, ((0, 0), sides), mode=PADDINGS[padding])
    taps = ops.reshape(ops.cast(ops.convert_to_tensor(weights), profile.dtype), (-1, 1, 1))
    return ops.squeeze(ops.conv(ops.expand_dims(profile, -1), taps, padding="valid"), -1)


@lru_cache(maxsize=64)
def filter_matrix(neurons: int, weights: tuple[float, ...], padding: str) -> Floats:
    """Return the matrix that a row of so many neurons is multiplied by: padding, then the filter.

    >>> filter_matrix(3, (-1.0, 1.0), "valid").T.tolist()
    [[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]]
    """
    each = np.eye(neurons)
    if padding != "valid":
        each = np.pad(each, ((0, 0), _sides(len(weights), padding)), mode=PADDINGS[padding])
    found: Floats = sliding_window_view(each, len(weights), axis=1) @ np.array(weights)
    return found


def _sides(taps: int, padding: str) -> tuple[int, int]:
    left = (taps - 1) // 2
    return (0, 0) if padding == "valid" else (left, taps - 1 - left)


def _mean(found: Sequence[Any], count: int) -> Any:
    return sum(found) / count if found else 0.0
