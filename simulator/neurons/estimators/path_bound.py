"""b2: the bound by absolute weights along all paths."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator, same_probability
from simulator.neurons.moments import Moments
from simulator.neurons.tail import DenseTail

Floats = NDArray[np.float64]


def reaches(tail: DenseTail, activations: Floats, crashes: Crashes) -> Floats:
    """Return a_ku, the most that the crash of unit u can change output k, shape ``(inputs, outputs, units)``."""
    slope = tail.lipschitz ** (len(tail.kernels) - 1) if tail.activation != "linear" else 1.0
    paths = slope * reduce(np.matmul, [np.abs(kernel) for kernel in tail.kernels])
    return crashes.by_unit(np.abs(activations)[:, np.newaxis, :] * paths.T)


def path_bound(tail: DenseTail, activations: Floats, crashes: Crashes) -> Moments:
    """Return upper bounds of E|error_k| and of E error_k^2 (and so of the variance); one forward pass.

    With a_ku = K^(layers - 1) sum over i in u of (|W| ... |W|)_ik |y_i|: |error_k| <= sum_u a_ku xi_u, so that the mean
    is at most a.p and the second moment a C a' + (a.p)^2.

    Args:
        tail: Dense layers after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units, however dependent.
    """
    reach = reaches(tail, activations, crashes)
    mean = reach @ crashes.probability
    return Moments(mean, crashes.variance_of(reach) + mean**2, "upper bound")


def legacy_path_bound(tail: DenseTail, activations: Floats, probability: float) -> Moments:
    """Return p (|W|...|W| y) and p (W^2...W^2 y^2) as the reference does: its variance is no bound.

    Several paths from one neuron add up before they are squared: x = 1 over (1), (1, 1), (1, 1) has a deviation of .6
    where this says .4472.
    """
    paths = reduce(np.matmul, [np.abs(kernel) for kernel in tail.kernels])
    squares = reduce(np.matmul, [kernel**2 for kernel in tail.kernels])
    return Moments(probability * activations @ paths, probability * activations**2 @ squares, "estimate")


PATH_BOUND = Estimator(
    "path_bound", "upper bound", "b2, all paths", "–", "dense, linear end", "1 fwd", lambda units, outputs: 1,
    lambda of: path_bound(of.dense_or("path_bound"), of.activations, of.crashes),
    lambda of: legacy_path_bound(of.dense_or("path_bound"), of.activations, same_probability(of.crashes)))
