"""Interactions of two players: whether the one matters more, or less, while the other is down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.table import AccuracyTable
from simulator.expect.transforms import expected_differences, halves, moebius, sizes

Floats = NDArray[np.float64]


def joint_birnbaum(table: AccuracyTable) -> Floats:
    """Return d2A / dp_i dp_j, shape ``(players, players)``, with a diagonal of 0; components are independent.

    > 0: each is worth more while the other is up (they stand in a row); < 0: more while it is down (they replace each
    other).
    """
    differences = expected_differences(table.accuracy, table.failure)
    bits = 1 << np.arange(table.count)
    found = differences[bits[:, np.newaxis] | bits]
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)


def shapley_interaction(table: AccuracyTable) -> Floats:
    """Return Shapley's interaction (Grabisch and Roubens, 1999), shape ``(players, players)``, with a diagonal of 0.

    The same second difference, over all orders in which the others fail; no law of the players enters.
    """
    count = table.count
    shared = moebius(table.game) / np.maximum(sizes(count) - 1, 1)
    found = np.zeros((count, count))
    for bit in range(count):
        _, with_first = halves(shared, bit)
        rest = np.ascontiguousarray(with_first).reshape(-1)
        for place in range(count - 1):
            other = place + (place >= bit)
            found[bit, other] = halves(rest, place)[1].sum()
    return found
