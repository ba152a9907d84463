"""The deliveries of many patterns, each distinct one held once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final, overload

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


@final
@dataclass(frozen=True, eq=False)
class Delivered(Sequence[int]):
    """A delivery for each pattern, as a sequence that can be counted without looking at every pattern in turn.

    Args:
        distinct: The distinct deliveries, in order of first appearance.
        places: Place of each pattern's delivery among these, shape ``(patterns,)``.

    >>> found = Delivered.of([6, 0, 6])
    >>> found.distinct, found.places.tolist(), list(found)
    ((6, 0), [0, 1, 0], [6, 0, 6])
    """

    distinct: tuple[int, ...]
    places: Places

    @staticmethod
    def of(deliveries: Sequence[int]) -> Delivered:
        """Return the same deliveries."""
        if isinstance(deliveries, Delivered):
            return deliveries
        table: dict[int, int] = {}
        places = [table.setdefault(delivery, len(table)) for delivery in deliveries]
        return Delivered(tuple(table), np.array(places, dtype=np.intp))

    @staticmethod
    def from_table(deliveries: Sequence[int], places: Places) -> Delivered:
        """Return deliveries that are given by their places in a table, in which more may be.

        Args:
            deliveries: The table.
            places: Place of each pattern's delivery in it, shape ``(patterns,)``.
        """
        first = np.full(len(deliveries), len(places), dtype=np.intp)
        first[places[::-1]] = np.arange(len(places))[::-1]  # the last one written is the first that appears
        order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(places))]
        new_place = np.empty(len(deliveries), dtype=np.intp)
        new_place[order] = np.arange(len(order))
        return Delivered(tuple(deliveries[place] for place in order.tolist()), new_place[places])

    def __len__(self) -> int:
        """Return how many patterns there are."""
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Delivered: ...
    def __getitem__(self, index: int | slice) -> int | Delivered:
        """Return a pattern's delivery, or those of several."""
        if isinstance(index, slice):
            return Delivered.from_table(self.distinct, self.places[index])
        return self.distinct[int(self.places[index])]

    def __iter__(self) -> Iterator[int]:
        """Yield the delivery of each pattern."""
        return map(self.distinct.__getitem__, self.places.tolist())
