"""Scaling of samples, on the training set only."""

from __future__ import annotations

import numpy as np

from simulator.model.datasets.dataset import Array

BLOCK = 1000  # samples at a time, so that no second copy of all pixels is made


def scaled(x: Array, is_test: Array, *, standardise: bool) -> Array:
    """Return samples as float32: pixels (uint8) divided by 255, features standardised where asked.

    A feature that does not vary in training only loses its mean.
    """
    floats: Array = x.astype(np.float32) / np.float32(255) if x.dtype == np.uint8 else x.astype(np.float32)
    if standardise:
        seen = floats[~is_test]
        spread = seen.std(axis=0)
        floats = (floats - seen.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return floats.astype(np.float32)


def colours(x: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of each colour, float32; ``x`` has the shape ``(samples, h, w, colours)``."""
    total, squares = np.zeros(x.shape[-1]), np.zeros(x.shape[-1])
    for start in range(0, len(x), BLOCK):
        pixels = x[start : start + BLOCK].reshape(-1, x.shape[-1]).astype(np.float64)
        total += pixels.sum(axis=0)
        squares += (pixels**2).sum(axis=0)
    count = x.size / x.shape[-1]
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.where(spread > 0, spread, 1).astype(np.float32)
