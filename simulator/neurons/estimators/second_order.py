"""b5: the second-order expansion of the mean in the activations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.moments import Moments
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]


def curvatures(tail: Tail, activations: Floats, crashes: Crashes) -> Floats:
    """Return G_kuv = sum over i in u, j in v of y_i (d2 f_k / d y_i d y_j) y_j: ``(inputs, outputs, units, units)``.

    One Hessian-vector product a unit and output.
    """
    inputs, outputs = tail.outputs(activations).shape
    found = np.empty((inputs, outputs, crashes.units, crashes.units))
    for output in range(outputs):
        one = np.zeros((inputs, outputs))
        one[:, output] = 1.0
        for unit in range(crashes.units):
            along = activations * (crashes.unit == unit)
            found[:, output, unit] = crashes.by_unit(tail.curvature(activations, one, along) * activations)
    return found


def second_order(tail: Tail, activations: Floats, crashes: Crashes, *, legacy: bool = False) -> Moments:
    """Return E = -sum_u p_u S_u + 1/2 sum_uv (C_uv + p_u p_v) G_uv; the variance is that of the first order.

    Args:
        tail: The network after the crash point; smooth (a ReLU bends nowhere that a derivative sees).
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        legacy: Whether only the diagonal counts, with the factor p, as in the reference (b5).
    """
    first = first_order(tail, activations, crashes, legacy=legacy)
    bent = curvatures(tail, activations, crashes)
    if legacy:
        more = np.einsum("ikuu,u->ik", bent, crashes.probability)
    else:
        covariance = np.diag(crashes.own_variance) if crashes.covariance is None else crashes.covariance
        more = np.einsum("ikuv,uv->ik", bent, covariance + np.outer(crashes.probability, crashes.probability))
    return Moments(first.mean + more / 2, first.variance, "estimate", 1 if legacy else 2)


SECOND_ORDER = Estimator(
    "second_order", "estimate", "b5, second order", "2", "smooth, no ReLU", "n m Hessians",
    lambda units, outputs: 4.0 * units * outputs,
    lambda of: second_order(of.tail, of.activations, of.crashes),
    lambda of: second_order(of.tail, of.activations, of.crashes, legacy=True))
