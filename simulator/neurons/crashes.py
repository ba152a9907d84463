"""What crashes at a crash point, together with what, and how likely."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@final
@dataclass(frozen=True, eq=False)
class Crashes:
    """Units that crash, and the neurons of each; a crashed unit's neurons put out exactly 0, nothing is rescaled.

    Args:
        probability: P(crash) of each unit, shape ``(units,)``, in [0, 1].
        unit: The unit of each neuron, shape ``(neurons,)``, from 0; -1: the neuron never crashes.
        covariance: Of the units' crashes, shape ``(units, units)``, its diagonal p(1 - p); None: independent.

    Raises:
        ValueError: a probability is outside [0, 1], a unit has no probability, or a covariance cannot be.
    """

    probability: Floats
    unit: Ints
    covariance: Floats | None = field(default=None)

    def __post_init__(self) -> None:
        outside = (self.probability < 0) | (self.probability > 1) | np.isnan(self.probability)
        if outside.any():
            raise ValueError(f"a crash probability must be in [0, 1], got {self.probability[outside][0]}")
        if self.unit.max(initial=-1) >= len(self.probability) or self.unit.min(initial=0) < -1:
            raise ValueError(f"neurons are of units up to {self.unit.max()}, and {len(self.probability)} units have a "
                             "probability")
        if self.covariance is not None:
            _check_covariance(self.probability, self.covariance)

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.probability)

    @property
    def own_variance(self) -> Floats:
        """Variance p(1 - p) of each unit's crash, shape ``(units,)``."""
        variance: Floats = self.probability * (1 - self.probability)
        return variance

    def by_unit(self, values: Floats) -> Floats:
        """Return the sum of values over the neurons of each unit, shape ``(..., units)``.

        Args:
            values: One for each neuron, shape ``(..., neurons)``.
        """
        crashing = np.flatnonzero(self.unit >= 0)
        order = crashing[np.argsort(self.unit[crashing], kind="stable")]
        present, first = np.unique(self.unit[order], return_index=True)
        found = np.zeros((*values.shape[:-1], self.units))
        if len(present) == len(order):
            found[..., present] = values[..., order]
        elif len(present):
            found[..., present] = np.add.reduceat(values[..., order], first, axis=-1)
        return found

    def works(self, crashed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which neurons work, shape ``(patterns, neurons)``.

        Args:
            crashed: Which units have crashed, shape ``(patterns, units)``.
        """
        if self._are_neurons:
            return ~crashed
        found: NDArray[np.bool_] = np.ones((len(crashed), len(self.unit)), dtype=bool)
        inside = self.unit >= 0
        found[:, inside] = ~crashed[:, self.unit[inside]]
        return found

    def survivors(self, crashed: NDArray[np.bool_]) -> Floats:
        """Return 1 for each neuron that works, 0 for each that has crashed, shape ``(patterns, neurons)``.

        Args:
            crashed: Which units have crashed, shape ``(patterns, units)``.
        """
        return self.works(crashed).astype(np.float64)

    @cached_property
    def _are_neurons(self) -> bool:
        """Whether unit i is neuron i, for all."""
        return self.units == len(self.unit) and bool((self.unit == np.arange(self.units)).all())

    def variance_of(self, contributions: Floats) -> Floats:
        """Return the variance of a sum of contributions of crashed units, shape ``(...,)``; exact for sums.

        Args:
            contributions: What the crash of each unit adds, shape ``(..., units)``.
        """
        if self.covariance is None:
            independent: Floats = contributions**2 @ self.own_variance
            return independent
        joint: Floats = np.einsum("...u,uv,...v->...", contributions, self.covariance, contributions)
        return joint


def of_neurons(neurons: int, probability: float | Floats) -> Crashes:
    """Return independent crashes of single neurons, each with its probability.

    >>> of_neurons(3, 0.1).own_variance.round(3).tolist()
    [0.09, 0.09, 0.09]
    """
    return Crashes(np.broadcast_to(np.asarray(probability, dtype=np.float64), (neurons,)).copy(), np.arange(neurons))


def together(unit: Ints, probability: float | Floats, correlation: float = 0.0) -> Crashes:
    """Return crashes of groups of neurons (channels, tensors, machines), all pairs of them equally correlated.

    Args:
        unit: The group of each neuron, shape ``(neurons,)``.
        probability: P(crash) of each group, or of all.
        correlation: Of any two groups' crashes.

    Raises:
        ValueError: no two crashes of these probabilities can be so correlated (Frechet).
    """
    groups = int(unit.max(initial=-1)) + 1
    crash = np.broadcast_to(np.asarray(probability, dtype=np.float64), (groups,)).copy()
    if correlation == 0:
        return Crashes(crash, unit)
    deviation = np.sqrt(crash * (1 - crash))
    covariance = correlation * np.outer(deviation, deviation)
    np.fill_diagonal(covariance, deviation**2)
    return Crashes(crash, unit, covariance)


def _check_covariance(probability: Floats, covariance: Floats) -> None:
    both = np.outer(probability, probability) + covariance
    np.fill_diagonal(both, probability)
    lowest = np.maximum(0, probability[:, np.newaxis] + probability - 1)
    highest = np.minimum(probability[:, np.newaxis], probability)
    wrong = np.argwhere((both < lowest - 1e-12) | (both > highest + 1e-12))
    if len(wrong):
        a, b = wrong[0]
        raise ValueError(
            f"units {a} and {b} cannot crash together with probability {both[a, b]:.6g}: with {probability[a]:.6g} and "
            f"{probability[b]:.6g} each it lies in [{lowest[a, b]:.6g}, {highest[a, b]:.6g}]")
