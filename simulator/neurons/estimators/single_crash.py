"""b4: what each unit does when it crashes alone; and with it what each two do together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator
from simulator.neurons.moments import Moments
from simulator.neurons.secants import pairs, singles
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]


def single_crash(tail: Tail, activations: Floats, crashes: Crashes, *, legacy: bool = False) -> Moments:
    """Return E = sum_u p_u d_u and Var = d C d', with d_u the error when unit u crashes alone.

    Right to first order in the crash probability, however large the activations and the kinks. One pass a unit.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        legacy: Whether the variance has the factor p instead of p(1 - p), as in the reference; independent crashes.
    """
    return of_singles(singles(tail, activations, crashes), crashes, legacy=legacy)


def of_singles(alone: Floats, crashes: Crashes, *, legacy: bool = False) -> Moments:
    """Return the same from what each unit does alone, exactly or to first order, shape ``(inputs, outputs, units)``."""
    variance = alone**2 @ crashes.probability if legacy else crashes.variance_of(alone)
    return Moments(alone @ crashes.probability, variance, "estimate", 1)


def pair_corrected(tail: Tail, activations: Floats, crashes: Crashes) -> Moments:
    """Return mean and variance up to interactions of two units; exact where no three interact.

    E = sum_u p_u d_u + sum_{u<v} (p_u p_v + C_uv) d_uv. For independent units (Hoeffding) Var = sum_u p_u q_u s_u^2 +
    sum_{u<v} p_u q_u p_v q_v d_uv^2, with s_u = d_u + sum_{v != u} p_v d_uv. With a covariance the variance is that of
    the sum of the s_u.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
    """
    alone = singles(tail, activations, crashes)
    return of_pairs(alone, pairs(tail, activations, crashes, alone), crashes)


def of_pairs(alone: Floats, both: Floats, crashes: Crashes) -> Moments:
    """Return the same from what units do alone and by twos.

    Args:
        alone: d_u, shape ``(inputs, outputs, units)``.
        both: d_uv, shape ``(inputs, outputs, units, units)``, symmetric with a diagonal of 0.
        crashes: The units.
    """
    p, own = crashes.probability, crashes.own_variance
    joint = np.outer(p, p) if crashes.covariance is None else np.outer(p, p) + crashes.covariance
    mean = alone @ p + np.einsum("ikuv,uv->ik", np.triu(both, 1), np.triu(joint, 1))
    shifted = alone + both @ p
    variance = crashes.variance_of(shifted)
    if crashes.covariance is None:
        variance = variance + np.einsum("ikuv,u,v->ik", np.triu(both, 1) ** 2, own, own)
    return Moments(mean, variance, "estimate", 2)


SINGLE_CRASH = Estimator(
    "single_crash", "estimate", "b4, each unit alone", "1", "small p", "n fwd", lambda units, outputs: units,
    lambda of: single_crash(of.tail, of.activations, of.crashes),
    lambda of: single_crash(of.tail, of.activations, of.crashes, legacy=True))
PAIRS = Estimator(
    "pairs", "estimate", "b4 and all pairs", "2", "few triple effects", "n (n+1) / 2 fwd",
    lambda units, outputs: units * (units + 1) / 2,
    lambda of: pair_corrected(of.tail, of.activations, of.crashes))
