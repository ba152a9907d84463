"""The scores of a cell's patterns: its reach and its model's answers behind one contract."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.reach import Reach
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.scored import Floats, Places
from simulator.failures.process import Up


@final
class ScoredDeliveries:
    """Mean worth of each pattern's delivery over the test set (fulfils ``simulator.expect.scored.Scored``).

    Args:
        components: Names of what can fail.
        reach: From what is down to the delivery.
        outcomes: Worth of every delivery.
    """

    def __init__(self, components: tuple[str, ...], reach: Reach, outcomes: Outcomes) -> None:
        self.components, self.reach, self.outcomes = components, reach, outcomes
        self.table = DeliveryTable(reach, components)
        self._score: Floats = np.zeros(1)
        self._is_scored = np.zeros(1, dtype=bool)

    @property
    def deliveries(self) -> list[int]:
        """The deliveries seen so far; place 0 is the empty one."""
        return self.table.deliveries

    @property
    def bounds(self) -> tuple[float, float]:
        """The range of a share."""
        return 0.0, 1.0

    @property
    def forwards(self) -> int:
        """How many deliveries have been scored so far."""
        return int(self._is_scored[1:].sum())

    def places(self, up: Up) -> Places:
        """Return the place of each pattern's delivery."""
        return self.table.places(up)

    def scores(self, places: Places) -> Floats:
        """Return the mean worth of each delivery over the samples that count."""
        self._grow()
        asked = np.zeros(len(self._score), dtype=bool)
        asked[places] = True
        new = np.flatnonzero(asked & ~self._is_scored)
        if len(new):
            self._score[new] = self.outcomes.accuracy([self.deliveries[place] for place in new.tolist()])
            self._is_scored[new] = True
        return self._score[places]

    def is_scored(self, places: Places) -> NDArray[np.bool_]:
        """Return which of these deliveries would cost nothing."""
        self._grow()
        scored: NDArray[np.bool_] = (places == 0) | self._is_scored[places]
        return scored

    def _grow(self) -> None:
        """Make room for the deliveries seen since."""
        more = len(self.deliveries) - len(self._score)
        self._score = np.pad(self._score, (0, more))
        self._is_scored = np.pad(self._is_scored, (0, more))
