"""What crashes do to the outputs, found by forward passes: of single units, of pairs, of every set of units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]
ROWS_PER_CALL = 65_536


def errors(tail: Tail, activations: Floats, crashes: Crashes, crashed: NDArray[np.bool_]) -> Floats:
    """Return (crashed output - correct output) for each pattern of crashes, shape ``(inputs, patterns, outputs)``.

    All patterns of an input go through the tail in one call, as far as ``ROWS_PER_CALL`` rows allow.

    Args:
        tail: The network after the crash point.
        activations: At the crash point, shape ``(inputs, neurons)``.
        crashes: The units.
        crashed: Which units have crashed, shape ``(patterns, units)``.
    """
    correct = tail.outputs(activations)
    masks = crashes.survivors(crashed)
    found = np.empty((len(activations), len(masks), correct.shape[1]))
    for rows, columns in _tiles(len(activations), len(masks)):
        masked = activations[rows, np.newaxis, :] * masks[columns]
        outputs = tail.outputs(masked.reshape(-1, activations.shape[1]))
        found[rows, columns] = outputs.reshape(*masked.shape[:2], -1) - correct[rows, np.newaxis]
    return found


def singles(tail: Tail, activations: Floats, crashes: Crashes) -> Floats:
    """Return the error when one unit crashes alone, shape ``(inputs, outputs, units)``."""
    return np.swapaxes(errors(tail, activations, crashes, np.eye(crashes.units, dtype=bool)), 1, 2)


def pairs(tail: Tail, activations: Floats, crashes: Crashes, alone: Floats) -> Floats:
    """Return d_uv = F(u, v) - F(u) - F(v) + F() of any two units: ``(inputs, outputs, units, units)``, symmetric.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        alone: What ``singles`` returns.
    """
    first, second = np.triu_indices(crashes.units, k=1)
    crashed = np.zeros((len(first), crashes.units), dtype=bool)
    crashed[np.arange(len(first)), first] = crashed[np.arange(len(first)), second] = True
    both = np.swapaxes(errors(tail, activations, crashes, crashed), 1, 2) - alone[..., first] - alone[..., second]
    found = np.zeros((*alone.shape, crashes.units))
    found[..., first, second] = found[..., second, first] = both
    return found


def _tiles(inputs: int, patterns: int) -> Iterator[tuple[slice, slice]]:
    columns = max(1, min(patterns, ROWS_PER_CALL))
    rows = max(1, ROWS_PER_CALL // columns)
    for row in range(0, inputs, rows):
        for column in range(0, patterns, columns):
            yield slice(row, row + rows), slice(column, column + columns)
