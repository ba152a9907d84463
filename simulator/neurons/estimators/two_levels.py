"""Machines that crash whole, and single neurons that crash on those that are up."""

from __future__ import annotations

import numpy as np

from simulator.neurons.crashes import Crashes, Floats
from simulator.neurons.moments import Moments


def two_levels(contributions: Floats, machines: Crashes, neuron: float) -> Moments:
    """Return mean and variance of the error when machines crash, and neurons with probability ``neuron`` on live ones.

    With S_v and Q_v the sum and the sum of squares of the contributions of machine v's neurons, P_v its probability and
    C the machines' covariance: E = -sum_v [1 - (1 - P_v)(1 - p)] S_v and Var = (1 - p)^2 S C S' + sum_v (1 - P_v)
    p (1 - p) Q_v (the law of total variance). To first order; exact where outputs are linear in what neurons put out.

    Args:
        contributions: (d f_k / d y_i) y_i of each neuron, shape ``(inputs, outputs, neurons)``.
        machines: Which neurons are on which machine, and how machines crash; neurons of none never crash.
        neuron: p, in [0, 1].

    Raises:
        ValueError: ``neuron`` is no probability.
    """
    if not 0 <= neuron <= 1:
        raise ValueError(f"a crash probability must be in [0, 1], got {neuron}")
    whole, squares = machines.by_unit(contributions), machines.by_unit(contributions**2)
    is_up = 1 - machines.probability
    mean = -(whole @ (1 - is_up * (1 - neuron)))
    variance = (1 - neuron) ** 2 * machines.variance_of(whole) + neuron * (1 - neuron) * (squares @ is_up)
    return Moments(mean, np.asarray(variance), "estimate", 1)
