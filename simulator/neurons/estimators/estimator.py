"""What an estimator is told, and what it says of itself; ``simulator.neurons.catalogue`` lists them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.moments import Kind, Moments
from simulator.neurons.tail import DenseTail, Tail

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Setting:
    """What crashes before which tail, at these inputs.

    Args:
        tail: The network after the crash point.
        activations: At the crash point, shape ``(inputs, neurons)``.
        crashes: The units.
        dense: The tail as dense layers in float64; None where it is not such a chain.
        whole: The network from its inputs on, the same way.
    """

    tail: Tail
    activations: Floats
    crashes: Crashes
    dense: DenseTail | None = None
    whole: DenseTail | None = None

    def dense_or(self, name: str) -> DenseTail:
        """Return the dense tail.

        Raises:
            ValueError: there is none.
        """
        if self.dense is None:
            raise ValueError(f"{name} takes the weights of a chain of dense layers with one activation and a linear "
                             "output, and what follows the crash point is none")
        return self.dense

    def whole_or(self, name: str) -> DenseTail:
        """Return the network as dense layers.

        Raises:
            ValueError: it is none.
        """
        if self.whole is None:
            raise ValueError(f"{name} takes the weights of a network of dense layers with one activation and a linear "
                             "output, and this is none")
        return self.whole


@final
@dataclass(frozen=True)
class Estimator:
    """An estimator as users meet it.

    Args:
        name: Its name in a file.
        kind: What its numbers are.
        says: What it computes, in a few words.
        order: Power of p up to which its mean is right, in words.
        valid: When it holds.
        cost: Passes through the tail for one input, in words; n units, m outputs.
        passes: The same as a number, from units and outputs.
        find: From the setting to what it says; ValueError where it cannot.
        legacy: The same as the reference computes it, errors included; None where that is no other.
        norm: Of an estimator of norms of the error, not of each output: which norm.
    """

    name: str
    kind: Kind
    says: str
    order: str
    valid: str
    cost: str
    passes: Callable[[int, int], float]
    find: Callable[[Setting], Moments]
    legacy: Callable[[Setting], Moments] | None = None
    norm: Any = None


def same_probability(crashes: Crashes) -> float:
    """Return the crash probability that all neurons have alone, as the reference wants it.

    Raises:
        ValueError: they differ, crash together, or some never crash.
    """
    p = np.unique(crashes.probability)
    if len(p) != 1 or crashes.units != len(crashes.unit) or crashes.covariance is not None:
        raise ValueError("the reference's form takes one probability for all neurons, each by itself")
    return float(p[0])
