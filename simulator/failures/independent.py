"""The law of processes whose components fail independently of each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Up
from simulator.seeds import Streams


class Independent(ABC):
    """A process whose components are independent: its law is the product of its marginals."""

    @abstractmethod
    def survival(self) -> NDArray[np.float64]:
        """Return P(up) of each component, shape ``(components,)``."""

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        return independent_pairs(self.survival())

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Return log P(pattern) of each row of ``up``, shape ``(patterns,)``; minus infinity where it cannot be."""
        return independent_log_probability(self.survival(), up)


def tossed(
    streams: Streams, purpose: str, components: Sequence[str], survival: NDArray[np.float64], requests: int
) -> Up:
    """Return a coin for each request and component, shape ``(requests, components)``; each component has a stream."""
    up = np.ones((requests, len(components)), dtype=bool)
    for column, (name, chance) in enumerate(zip(components, survival, strict=True)):
        up[:, column] = streams.of(name, purpose).random(requests) < chance
    return up


def independent_pairs(survival: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(i and j up) of independent components.

    >>> independent_pairs(np.array([0.5, 0.8]))
    array([[0.5, 0.4],
           [0.4, 0.8]])
    """
    pairs = np.outer(survival, survival)
    np.fill_diagonal(pairs, survival)
    return pairs


def independent_log_probability(survival: NDArray[np.float64], up: Up) -> NDArray[np.float64]:
    """Return log P(pattern) of each row of ``up``: log survival of what is up plus log(1 - survival) of what is down.

    >>> np.exp(independent_log_probability(np.array([0.5, 0.8]), np.array([[True, True], [True, False]]))).round(9)
    array([0.4, 0.1])
    """
    with np.errstate(divide="ignore"):
        log_up, log_down = np.log(survival), np.log1p(-survival)
    total: NDArray[np.float64] = np.where(up, log_up, log_down).sum(axis=1)
    return total
