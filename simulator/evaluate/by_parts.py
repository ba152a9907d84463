"""Outcomes from a stated law of the delivery: how accurate an answer is that some parts have no share in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY, PartGraph
from simulator.evaluate.blocks import PartsOutcomes

Floats = NDArray[np.float64]


@final
class PartsAccuracy:
    """The accuracy of each delivery, from the number of parts in it.

    Args:
        graph: The part graph.
        block: The law.
    """

    def __init__(self, graph: PartGraph, block: PartsOutcomes) -> None:
        self.graph, self.block = graph, block

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest accuracy that a delivery can have."""
        return self.block.no_answer, self.block.no_answer + self.block.gain

    @cached_property
    def _ends(self) -> NDArray[np.intp]:
        """The places of both parts of each edge, shape ``(edges, 2)``."""
        place = self.graph.position
        ends = [(place[edge.source], place[edge.target]) for edge in self.graph.edges]
        return np.array(ends, dtype=np.intp).reshape(-1, 2)

    @cached_property
    def _counts(self) -> NDArray[np.bool_]:
        """Which parts count: all but the sources."""
        return np.array([part.join is not None for part in self.graph.parts], dtype=bool)

    def lost(self, delivery: int) -> int:
        """Return how many parts an answer was not computed from; sources are not counted."""
        edges = len(self.graph.edges)
        raw = np.frombuffer(delivery.to_bytes(delivery.bit_length() // 8 + edges // 8 + 2, "little"), dtype=np.uint8)
        taken = np.unpackbits(raw, bitorder="little")[1:1 + edges].astype(bool)
        is_in = np.zeros(len(self.graph.parts), dtype=bool)
        is_in[self._ends[taken]] = True
        return int((self._counts & ~is_in).sum())

    def accuracy(self, deliveries: Sequence[int]) -> Floats:
        """Return the accuracy of each delivery, shape ``(deliveries,)``."""
        law = self.block
        found = [law.no_answer if one == EMPTY else law.no_answer + law.gain * law.each_lost ** self.lost(one)
                 for one in deliveries]
        return np.array(found, dtype=np.float64)
