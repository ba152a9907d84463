"""The difference of two cells under the same failures, as one expectation.

Every pattern that is drawn is judged in both cells (common random numbers), so what is hard for both cancels draw by
draw, before anything is averaged: E f - E g = E (f - g). Any method estimates it, with its own stopping rule.
"""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.expect.scored import Floats, Places, Scored
from simulator.failures.process import Up


@final
class ScoredDifference:
    """What a pattern is worth in one cell, less what it is worth in another (fulfils ``Scored``).

    A place is a pair of deliveries; place 0 is no answer in either. A pair costs one forward, unless both of its sides
    have been scored before.

    Args:
        first: The cell that is compared.
        second: The cell that is subtracted; it has the same components.
    """

    def __init__(self, first: Scored, second: Scored) -> None:
        self.first, self.second = first, second
        self.components = first.components
        self.forwards = 0
        self._pairs: list[tuple[int, int]] = [(0, 0)]
        self._place = {(0, 0): 0}

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most that a difference can be."""
        (low, high), (least, most) = self.first.bounds, self.second.bounds
        return low - most, high - least

    def sides(self, places: Places) -> tuple[Places, Places]:
        """Return the places of the pairs' deliveries in either cell."""
        pairs: Places = np.array(self._pairs, dtype=np.intp)[places]
        return pairs[:, 0], pairs[:, 1]

    def places(self, up: Up) -> Places:
        """Return the place of each pattern's pair of deliveries."""
        first, second = self.first.places(up), self.second.places(up)
        scale = int(second.max(initial=0)) + 1
        distinct, row = np.unique(first * scale + second, return_inverse=True)
        found = [self._known(*divmod(code, scale)) for code in distinct.tolist()]
        return np.asarray(np.array(found, dtype=np.intp)[row.reshape(-1)])

    def scores(self, places: Places) -> Floats:
        """Return the difference of each pair; each of its deliveries is scored when first asked for."""
        asked = np.zeros(len(self._pairs), dtype=bool)
        asked[places] = True
        distinct = np.flatnonzero(asked)
        self.forwards += int((~self.is_scored(distinct)).sum())
        first, second = self.sides(distinct)
        found = np.zeros(len(asked))
        found[distinct] = self.first.scores(first) - self.second.scores(second)
        return found[places]

    def is_scored(self, places: Places) -> NDArray[np.bool_]:
        """Return which pairs would cost nothing."""
        first, second = self.sides(places)
        return self.first.is_scored(first) & self.second.is_scored(second)

    def no_answer(self, places: Places) -> Floats:
        """Return 1 where only the first cell has no answer, -1 where only the second has none, else 0."""
        first, second = self.sides(places)
        return np.asarray((first == 0).astype(np.float64) - (second == 0))

    def _known(self, first: int, second: int) -> int:
        place = self._place.setdefault((first, second), len(self._pairs))
        if place == len(self._pairs):
            self._pairs.append((first, second))
        return place
