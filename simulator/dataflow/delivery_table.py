"""Patterns to deliveries, each known by its place in a table that grows as patterns are seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.bit_planes import (
    BLOCK_WORDS,
    WORD,
    Bools,
    Words,
    enumerated,
    packed,
    transposed,
    word_count,
)
from simulator.dataflow.bit_reach import BitReach
from simulator.dataflow.graph import EMPTY
from simulator.dataflow.key_table import KeyTable
from simulator.dataflow.reach import Reach

Places = NDArray[np.intp]


class DeliveryTable:
    """The deliveries of patterns; place 0 is the empty one, the others come as they are first seen.

    Bit by bit where ``BitReach`` says it all; else ``Reach`` is asked once for each distinct pattern of what matters.

    Args:
        reach: From what is down to the delivery.
        components: Names of what can fail: the columns of a pattern.
    """

    def __init__(self, reach: Reach, components: Sequence[str]) -> None:
        self.reach, self.components = reach, tuple(components)
        self.deliveries: list[int] = [EMPTY]
        self._place = {EMPTY: 0}
        self._relevant = [row for row, name in enumerate(self.components) if name in reach.relevant]
        self._bits = BitReach(reach, self.components) if BitReach.fits(reach) and self.components else None
        self._keys = KeyTable(self._bits.key_words if self._bits else word_count(max(1, len(self._relevant))))

    def places(self, up: Bools) -> Places:
        """Return the place of each pattern's delivery, shape ``(patterns,)``.

        Args:
            up: Who is up, shape ``(patterns, components)``.
        """
        found = np.empty(len(up), dtype=np.intp)
        step = BLOCK_WORDS * WORD
        for begin in range(0, len(up), step):
            block = up[begin : begin + step]
            found[begin : begin + step] = self.places_of_planes(packed(block), len(block))
        return found

    def places_of_planes(self, planes: Words, patterns: int) -> Places:
        """Return the same of patterns that are given as planes, shape ``(components, words)``."""
        if not self.components:
            return np.full(patterns, self._placed(self.reach.delivery(frozenset())), dtype=np.intp)
        if self._bits:
            keys, bits = self._bits.keys(planes)[:patterns], self._bits
            return self._keys.values(keys, lambda key: self._placed(bits.delivery(key)))
        states = np.zeros((WORD * self._keys.words, planes.shape[1]), dtype=np.uint64)
        states[: len(self._relevant)] = planes[self._relevant]
        return self._keys.values(transposed(states)[:patterns], self._asked)

    def all_patterns(self) -> Places:
        """Return the place of every pattern's delivery: in pattern r component c is down iff bit c of r is set."""
        patterns = 1 << len(self.components)
        found = np.empty(patterns, dtype=np.intp)
        for word in range(0, word_count(patterns), BLOCK_WORDS):
            words = min(BLOCK_WORDS, word_count(patterns) - word)
            stretch = slice(word * WORD, min(patterns, (word + words) * WORD))
            planes = enumerated(len(self.components), word, words)
            found[stretch] = self.places_of_planes(planes, stretch.stop - stretch.start)
        return found

    def tally(self, draws: Iterable[tuple[Words, int]]) -> NDArray[np.int64]:
        """Return how often each delivery was drawn, shape ``(deliveries,)``.

        Args:
            draws: Blocks of patterns as planes, and how many patterns are in each.
        """
        counts = np.zeros(1, dtype=np.int64)
        for planes, patterns in draws:
            found = np.bincount(self.places_of_planes(planes, patterns), minlength=len(self.deliveries))
            found[: len(counts)] += counts
            counts = found
        return counts

    def _asked(self, key: Sequence[int]) -> int:
        """Return the place of the delivery when those whose bits are 0 are down."""
        state = sum(word << WORD * place for place, word in enumerate(key))
        down = (self.components[row] for bit, row in enumerate(self._relevant) if not state >> bit & 1)
        return self._placed(self.reach.delivery(frozenset(down)))

    def _placed(self, delivery: int) -> int:
        if delivery not in self._place:
            self._place[delivery] = len(self.deliveries)
            self.deliveries.append(delivery)
        return self._place[delivery]
