"""Exact moments over all sets of crashed units, for as many units as can be gone through."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator
from simulator.neurons.moments import Moments
from simulator.neurons.secants import errors
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]
MOST_UNITS = 16


def all_patterns(units: int) -> NDArray[np.bool_]:
    """Return every set of crashed units, shape ``(2^units, units)``; in row r unit u has crashed iff bit u of r is set.

    Raises:
        ValueError: too many units.
    """
    if units > MOST_UNITS:
        raise ValueError(f"{units} units have {2**units:,} sets of crashes; exact sums take at most {MOST_UNITS} "
                         "units: use 'pairs', 'single_crash' or Monte Carlo")
    return (np.arange(2**units)[:, np.newaxis] >> np.arange(units) & 1).astype(bool)


def pattern_probability(crashes: Crashes) -> Floats:
    """Return P of each row of ``all_patterns`` for independent units, shape ``(2^units,)``.

    Raises:
        ValueError: the units are not independent; a covariance alone does not say how probable a pattern is.
    """
    if crashes.covariance is not None:
        raise ValueError("a covariance does not say how probable each set of crashes is: give the probabilities")
    crashed = all_patterns(crashes.units)
    probability: Floats = np.where(crashed, crashes.probability, 1 - crashes.probability).prod(axis=1)
    return probability


def exact(tail: Tail, activations: Floats, crashes: Crashes, probability: Floats | None = None) -> Moments:
    """Return mean and variance over all sets of crashed units: 2^units forward passes an input.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        probability: Of each row of ``all_patterns``; None: the units are independent.

    Raises:
        ValueError: too many units, or units that are not independent and no probabilities.
    """
    weight = pattern_probability(crashes) if probability is None else probability
    found = errors(tail, activations, crashes, all_patterns(crashes.units))
    mean = np.einsum("ipk,p->ik", found, weight)
    variance = np.einsum("ipk,p->ik", (found - mean[:, np.newaxis]) ** 2, weight)
    return Moments(mean, variance, "exact")


EXACT = Estimator(
    "exact", "exact", "sum over all sets", "all", f"<= {MOST_UNITS} units", "2^n fwd",
    lambda units, outputs: 2.0 ** min(units, 1000),
    lambda of: exact(of.tail, of.activations, of.crashes))
