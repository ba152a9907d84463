"""The rise of the squared loss under crashes: its first order, drawn rises, and what the first order leaves out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.first_order import contributions
from simulator.neurons.secants import errors
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]
LIMIT = 3.09  # deviations of a normal law: a limit is too low once in a thousand


def first_order_rises(tail: Tail, activations: Floats, crashes: Crashes, targets: Floats) -> Floats:
    """Return how much the crash of each unit raises the loss to first order, shape ``(inputs, units)``.

    The loss is the mean over outputs of (output - target)^2.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        targets: What outputs should be, shape ``(inputs, outputs)``.
    """
    slope = 2 * (tail.outputs(activations) - targets) / targets.shape[1]
    rises: Floats = -np.einsum("iku,ik->iu", contributions(tail, activations, crashes), slope)
    return rises


def drawn_rises(tail: Tail, activations: Floats, crashes: Crashes, targets: Floats, crashed: NDArray[np.bool_],
                ) -> Floats:
    """Return how much each drawn set of crashes raises the loss of each input, shape ``(inputs, patterns)``.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        targets: Shape ``(inputs, outputs)``.
        crashed: Which units have crashed, shape ``(patterns, units)``.
    """
    off = (tail.outputs(activations) - targets)[:, np.newaxis]
    found = errors(tail, activations, crashes, crashed)
    rise: Floats = ((off + found) ** 2 - off**2).mean(axis=-1)
    return rise


def measured_remainder(first: Floats, rises: Floats, crashed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return upper limits of mean and deviation of (rise - its first order), shape ``(inputs,)`` each.

    Measured, not bounded: 99.9 % limits of the normal law from drawn crashes.

    Args:
        first: What ``first_order_rises`` returns.
        rises: What ``drawn_rises`` returns.
        crashed: The crashes of these, shape ``(patterns, units)``.
    """
    left = rises - first @ crashed.T.astype(np.float64)
    count, mean = len(crashed), left.mean(axis=1)
    centred = left - mean[:, np.newaxis]
    variance, fourth = (centred**2).mean(axis=1), (centred**4).mean(axis=1)
    of_variance = np.sqrt(np.maximum(fourth - variance**2, 0) / count)
    return mean + LIMIT * np.sqrt(variance / count), np.sqrt(variance + LIMIT * of_variance)
