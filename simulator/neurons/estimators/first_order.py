"""b3: the first-order expansion in the activations, for any covariance of crashes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator
from simulator.neurons.moments import Moments
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]


def contributions(tail: Tail, activations: Floats, crashes: Crashes) -> Floats:
    """Return S_ku, the sum over the neurons i of unit u of (d f_k / d y_i) y_i, shape ``(inputs, outputs, units)``.

    A unit that crashes takes away S_ku of output k, to first order. One forward pass, one backward pass an output.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
    """
    inputs, outputs = tail.outputs(activations).shape
    each = np.broadcast_to(np.eye(outputs)[:, np.newaxis], (outputs, inputs, outputs))
    return np.stack([crashes.by_unit(slope * activations) for slope in tail.gradients(activations, each)], axis=1)


def first_order(tail: Tail, activations: Floats, crashes: Crashes, *, legacy: bool = False) -> Moments:
    """Return E = -sum_u p_u S_u and Var = S C S' (neuron-level theory of crashes, "VarDelta").

    Right where the output is linear in what a unit puts out: for many small contributions and smooth activations. An
    estimate, not a bound.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        legacy: Whether the variance has the factor p instead of p(1 - p), as in the reference; independent crashes.
    """
    each = contributions(tail, activations, crashes)
    variance = each**2 @ crashes.probability if legacy else crashes.variance_of(each)
    return Moments(-(each @ crashes.probability), variance, "estimate", 1)


FIRST_ORDER = Estimator(
    "first_order", "estimate", "b3, first order", "1", "small shares", "1 fwd, m bwd",
    lambda units, outputs: 1 + outputs,
    lambda of: first_order(of.tail, of.activations, of.crashes),
    lambda of: first_order(of.tail, of.activations, of.crashes, legacy=True))
