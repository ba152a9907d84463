"""Accuracy along each component's own failure probability, and along the number of failures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.table import AccuracyTable
from simulator.expect.transforms import sizes

Floats = NDArray[np.float64]


def component_curves(if_down: Floats, birnbaum: Floats, points: Floats) -> Floats:
    """Return accuracy when one player is down with probability t, for itself, all others as they are.

    The expectation is linear in each component's own probability, so each curve is a straight line.

    Args:
        if_down: E f with each player set down, shape ``(..., players)``.
        birnbaum: Birnbaum's importance of each, the same shape.
        points: The values of t.

    Returns:
        Shape ``(..., players, points)``.
    """
    return np.asarray(if_down[..., np.newaxis] + (1 - points) * birnbaum[..., np.newaxis])


@dataclass(frozen=True)
class Signature:
    """Accuracy against the number of players that are down, all others averaged out; arrays are by that number.

    Args:
        mean: Over all patterns with that many down, each alike.
        low: The worst of them.
        high: The best of them.
        probability: P(so many are down).
        given: E[f | so many are down] under the law of the scenario; NaN where that cannot be.
    """

    mean: Floats
    low: Floats
    high: Floats
    probability: Floats
    given: Floats


def signature(table: AccuracyTable) -> Signature:
    """Return accuracy against the number of failures (Samaniego's signature, with accuracy for a structure)."""
    count = table.count
    down, game = sizes(count), table.game
    counts = np.bincount(down)
    low, high = np.full(count + 1, np.inf), np.full(count + 1, -np.inf)
    np.minimum.at(low, down, game)
    np.maximum.at(high, down, game)
    every = np.tile(down, len(table.others))
    probability: Floats = np.bincount(every, table.probability).astype(np.float64)
    lost = np.bincount(every, table.probability * table.accuracy)
    given = np.divide(lost, probability, out=np.full(count + 1, np.nan), where=probability > 0)
    return Signature(np.bincount(down, game) / counts, low, high, probability, given)
