"""How sure an importance is: pieces of it, one for each cluster of the test set or each draw, under one rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import ratio
from simulator.expect.importance.measures import MEASURES, Read, over, weights
from simulator.expect.importance.table import AccuracyTable

Floats = NDArray[np.float64]
ROUNDING = 1e-12
MOST_NUMBERS = 1 << 26  # of deliveries times clusters, up to which sums are held


@dataclass(frozen=True)
class Pieces:
    """What sums to the importance of each player, piece by piece; pieces are independent of each other.

    Args:
        sums: Of each piece, shape ``(pieces, players)``; over all pieces, divided by all counts, they are the measure.
            Of a ratio they are its linear part (the delta method).
        counts: How much each piece counts, shape ``(pieces,)``.
        least: The least half-width that is believed; 0 where clusters speak.
    """

    sums: Floats
    counts: Floats
    least: float = 0.0

    def value(self) -> Floats:
        """Return the measure, shape ``(players,)``."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.sums.sum(axis=0) / self.counts.sum())

    def interval(self, place: int) -> tuple[float, float]:
        """Return the 95 % interval of a player; NaN with one piece."""
        return self._interval(self.sums[:, place])

    def are_apart(self, first: int, second: int) -> bool:
        """Return whether the paired 95 % interval of the difference of two players leaves 0 out."""
        low, high = self._interval(self.sums[:, first] - self.sums[:, second])
        return low > ROUNDING or high < -ROUNDING

    def leaves_out(self, place: int, value: float) -> bool:
        """Return whether a player's 95 % interval leaves a value out, by more than what rounding makes."""
        low, high = self.interval(place)
        return low > value + ROUNDING or high < value - ROUNDING

    def _interval(self, sums: Floats) -> tuple[float, float]:
        if not np.isfinite(sums).all():
            return float("nan"), float("nan")
        found = ratio(sums, self.counts)
        half = max(found.half_width, self.least) if found.clusters > 1 else float("nan")
        return found.value - half, found.value + half


@dataclass(frozen=True, eq=False)
class ByCluster:
    """What each delivery is worth in each cluster of the test set.

    Args:
        place: Delivery of each pattern, as a row of ``worth``, shape ``(2^components,)``.
        worth: Sum over the samples of each cluster, shape ``(deliveries, clusters)``.
        samples: In each cluster, shape ``(clusters,)``.
    """

    place: NDArray[np.intp]
    worth: Floats
    samples: Floats

    def pieces(self, names: Iterable[str], table: AccuracyTable) -> Iterator[tuple[str, Pieces]]:
        """Yield the pieces of each measure of that list: accuracies and what is lost against all up."""
        for name in names:
            measure = MEASURES[name]
            tops = self._sums(measure.top, table, measure.law, is_loss=measure.of == "loss")
            if measure.is_conditional:
                tops = over(tops, table.failure[: table.count])
            if measure.bottom is not None:
                bottoms = self._sums(measure.bottom, table, measure.law, is_loss=True)
                tops = linear_part(tops, bottoms, self.samples)
            yield name, Pieces(tops, self.samples)

    def _sums(self, read: Read, table: AccuracyTable, law: str, *, is_loss: bool) -> Floats:
        """Return the sum of what is read, shape ``(clusters, players)``."""
        columns = []
        for weight in weights(read, table, law):
            by_delivery: Floats = np.bincount(self.place, weight, len(self.worth)).astype(np.float64)
            found = by_delivery @ self.worth
            columns.append(weight.sum() * self.worth[self.place[0]] - found if is_loss else found)
        return np.stack(columns, axis=1)


def linear_part(tops: Floats, bottoms: Floats, counts: Floats) -> Floats:
    """Return pieces whose mean is the ratio of the means, and which vary as that does to first order.

    Args:
        tops: Sums of what is on top, shape ``(pieces, players)``.
        bottoms: Of what is below, the same shape.
        counts: Of each piece.
    """
    value, mean = over(tops.sum(axis=0), bottoms.sum(axis=0)), bottoms.sum(axis=0) / counts.sum()
    with np.errstate(invalid="ignore"):  # infinite, or not to be had: so are its pieces
        return np.asarray(counts[:, np.newaxis] * value + over(tops - value * bottoms, mean))
