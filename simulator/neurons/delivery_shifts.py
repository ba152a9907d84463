"""From neurons to machines: what a delivery does to the outputs, to first order in the messages that it changes.

Every hyperconnection has a gate that its message is multiplied by: 1 where it is taken, 0 where it is not. A crash of a
machine or a link takes messages away, and brings others that a ``select`` join takes in their place; the gates that
change belong to the parts that still have a share in the answer. What happens to a part that has none left is in the
message that its receiver misses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph

Floats = NDArray[np.float64]


def gates(graph: PartGraph, fed: Mapping[str, int]) -> Floats:
    """Return 1 for each hyperconnection that is taken, 0 for the others, shape ``(edges,)``.

    Args:
        graph: The part graph.
        fed: What each part has been fed (``Reach.fed``).
    """
    taken = [bool(fed[edge.target] & graph.edge_bit(place)) for place, edge in enumerate(graph.edges)]
    return np.array(taken, dtype=np.float64)


@final
@dataclass(frozen=True, eq=False)
class Linearised:
    """The outputs of one state, and how they move with the gate of each hyperconnection.

    Args:
        graph: The part graph.
        fed: What each part has been fed in that state.
        outputs: Of the exit that answers in it, shape ``(inputs, outputs)``.
        slopes: d output / d gate, shape ``(inputs, outputs, edges)``.
    """

    graph: PartGraph
    fed: Mapping[str, int]
    outputs: Floats
    slopes: Floats

    @cached_property
    def gates(self) -> Floats:
        """The gates of that state."""
        return gates(self.graph, self.fed)

    def changes(self, delivery: int) -> Floats:
        """Return how the gates change with a delivery, -1, 0 or 1, shape ``(edges,)``; only where it has a share."""
        graph = self.graph
        taken = graph.edges_of(delivery)
        inside = {graph.exit_of(delivery), *(graph.edges[edge].source for edge in taken)}
        now = np.zeros(len(graph.edges))
        now[list(taken)] = 1
        counts = np.array([edge.target in inside for edge in graph.edges], dtype=bool)
        return np.where(counts, now - self.gates, 0.0)

    def shift(self, delivery: int) -> Floats:
        """Return how far a delivery moves the outputs from those of this state, shape ``(inputs, outputs)``.

        Args:
            delivery: Of the same exit. Where it is empty the outputs are lost: 0 comes instead.
        """
        if not delivery:
            return -self.outputs
        moved: Floats = self.slopes @ self.changes(delivery)
        return moved
