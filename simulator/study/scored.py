"""The scores of a cell's patterns: its reach and its model's answers behind one contract."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
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
        self.deliveries: list[int] = [EMPTY]
        self._place = {EMPTY: 0}
        self._scores: dict[int, float] = {}

    @property
    def bounds(self) -> tuple[float, float]:
        """The range of a share."""
        return 0.0, 1.0

    @property
    def forwards(self) -> int:
        """How many deliveries have been scored so far."""
        return len(self._scores.keys() - {0})

    def places(self, up: Up) -> Places:
        """Return the place of each pattern's delivery."""
        distinct, row = np.unique(up, axis=0, return_inverse=True)
        found = [self._placed(frozenset(np.array(self.components)[~one].tolist())) for one in distinct]
        return np.array(found, dtype=np.intp)[row.reshape(-1)]

    def scores(self, places: Places) -> Floats:
        """Return the mean worth of each delivery over the samples that count."""
        new = [place for place in np.unique(places).tolist() if place not in self._scores]
        found = self.outcomes.accuracy([self.deliveries[place] for place in new]) if new else np.empty(0)
        self._scores.update(zip(new, found.tolist(), strict=True))
        return np.array([self._scores[place] for place in places.tolist()], dtype=np.float64)

    def is_scored(self, places: Places) -> NDArray[np.bool_]:
        """Return which of these deliveries would cost nothing."""
        return np.array([place == 0 or place in self._scores for place in places.tolist()], dtype=bool)

    def _placed(self, down: frozenset[str]) -> int:
        delivery = self.reach.delivery(down)
        if delivery not in self._place:
            self._place[delivery] = len(self.deliveries)
            self.deliveries.append(delivery)
        return self._place[delivery]
