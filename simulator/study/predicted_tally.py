"""Right answers cluster by cluster, counted once for each delivery or pattern and way of foretelling."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.study.predicted_orders import BY_DELIVERY, EXACT, ORDERS, Foretold

Floats = NDArray[np.float64]


@final
class Tally:
    """How many answers are right in each cluster of the test set.

    Args:
        labels: True classes, shape ``(samples,)``.
        groups: Cluster of each sample.
        no_answer: What no answer is worth for each sample.
    """

    def __init__(self, labels: NDArray[np.intp], groups: NDArray[np.generic], no_answer: Floats) -> None:
        self.labels = labels
        names, cluster = np.unique(groups, return_inverse=True)
        self.cluster, self.clusters = cluster.reshape(-1), len(names)
        self.samples = self.summed(np.ones(len(labels)))
        self._empty = self.summed(no_answer)
        self._known: dict[Hashable, Floats] = {}

    def summed(self, worth: Floats) -> Floats:
        """Return the sum over each cluster, shape ``(clusters,)``."""
        found: Floats = np.bincount(self.cluster, worth, self.clusters).astype(np.float64)
        return found

    def right(self, delivery: int, way: str, scores: Callable[[], Floats]) -> Floats:
        """Return the right answers of a delivery, or what no answer is worth; ``scores`` are asked for once a way."""
        if delivery == EMPTY:
            return self._empty
        if (way, delivery) not in self._known:
            self._known[way, delivery] = self.counted(scores())
        return self._known[way, delivery]

    def counted(self, scores: Floats) -> Floats:
        """Return the right answers of scores, shape ``(clusters,)``."""
        return self.summed(np.asarray(scores.argmax(axis=1) == self.labels, dtype=np.float64))

    def patterns(self, foretold: Foretold) -> dict[str, Floats]:
        """Return the right answers of every pattern by order, each of shape ``(patterns, clusters)``."""
        deliveries = foretold.states.deliveries
        found = {order: np.empty((len(deliveries), self.clusters)) for order in ORDERS}
        for row, delivery in enumerate(deliveries):
            for order in ORDERS:
                if delivery == EMPTY:
                    found[order][row] = self._empty
                elif order in (BY_DELIVERY, EXACT):
                    found[order][row] = self.right(delivery, order, partial(foretold.scores, order, row))
                else:
                    found[order][row] = self.counted(foretold.scores(order, row))
        return found
