"""Who crashes, drawn cheaply: gaps between crashes where these are rare, coins where they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Draw = Callable[[int], Bools]
"""From a number of patterns to who has crashed in each, shape ``(patterns, units)``; one after the other."""
RARE = 0.2  # below it a gap costs less than coins
GAPS_AT_ONCE = 4096


@final
class Coins:
    """Independent crashes of units with one probability; pattern i is the same however many are asked for at once.

    Args:
        units: How many.
        probability: Of each.
        dice: Where numbers come from.
    """

    def __init__(self, units: int, probability: float, dice: np.random.Generator) -> None:
        self.units, self.probability, self.dice = units, probability, dice
        self._ahead: NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # places of crashes, from the next pattern on
        self._last = -1  # the last place known

    def __call__(self, count: int) -> Bools:
        """Return who has crashed in the next patterns, shape ``(patterns, units)``."""
        shape = (count, self.units)
        if self.probability == 0 or self.probability == 1:
            return np.full(shape, self.probability == 1)
        if self.probability > RARE:
            return self.dice.random(shape) < self.probability
        size = count * self.units
        while self._last < size:
            self._look_ahead()
        crashed = np.zeros(size, dtype=bool)
        within = int(np.searchsorted(self._ahead, size))
        crashed[self._ahead[:within]] = True
        self._ahead, self._last = self._ahead[within:] - size, self._last - size
        return crashed.reshape(shape)

    def _look_ahead(self) -> None:
        """Add places of crashes: between two of them lies a geometric number of units that work."""
        gaps = self.dice.geometric(self.probability, GAPS_AT_ONCE)
        places = self._last + np.cumsum(gaps)
        self._ahead, self._last = np.concatenate([self._ahead, places]), int(places[-1])


def side_by_side(draws: Sequence[Draw]) -> Draw:
    """Return a draw whose units are those of several draws, in order; each keeps its own numbers."""
    if len(draws) == 1:
        return draws[0]
    return lambda count: np.concatenate([draw(count) for draw in draws], axis=1)
