"""The scores of a cell's patterns: its reach and its answers (of a model, or given) behind one contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.reach import Reach
from simulator.evaluate.blocks import PartsOutcomes
from simulator.evaluate.by_parts import PartsAccuracy
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.table import TableAccuracy
from simulator.expect.scored import Floats, Places, Scored
from simulator.failures.process import Up
from simulator.study.assemble import Assembly, read_table


class Judged(Protocol):
    """How accurate each delivery is, or what another score of it is."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that a delivery can have."""

    def accuracy(self, deliveries: Sequence[int]) -> Floats:
        """Return the accuracy of each delivery, shape ``(deliveries,)``."""


@final
class ScoredDeliveries:
    """Mean worth of each pattern's delivery over the test set (fulfils ``simulator.expect.scored.Scored``).

    With ``ScoreOutcomes`` it is any other score, so that what estimates expected accuracy estimates each of them.

    Args:
        components: Names of what can fail.
        reach: From what is down to the delivery.
        outcomes: Worth of every delivery, or another score of it.
    """

    def __init__(self, components: tuple[str, ...], reach: Reach, outcomes: Judged) -> None:
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
        """The range of the score."""
        return self.outcomes.bounds

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


@final
class ScoredPatterns:
    """The accuracy of each pattern from a table (fulfils ``simulator.expect.scored.Scored``).

    Every pattern is a delivery of its own, since a table says nothing of deliveries; none of them is the empty one.

    Args:
        components: Names of what can fail.
        table: The accuracy of each pattern.
    """

    def __init__(self, components: tuple[str, ...], table: TableAccuracy) -> None:
        self.components, self.table = components, table
        self._asked: set[int] = set()

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest accuracy in the table."""
        return float(self.table.values.min()), float(self.table.values.max())

    @property
    def forwards(self) -> int:
        """How many patterns have been looked up."""
        return len(self._asked)

    def places(self, up: Up) -> Places:
        """Return one more than the number of each pattern; place 0 is nobody's."""
        return np.asarray(up @ (1 << np.arange(len(self.components))) + 1, dtype=np.intp)

    def scores(self, places: Places) -> Floats:
        """Return the accuracy of each pattern."""
        self._asked.update(np.unique(places).tolist())
        found: Floats = self.table.values[places - 1]
        return found

    def is_scored(self, places: Places) -> NDArray[np.bool_]:
        """Return which have been looked up."""
        return np.array([place in self._asked for place in places.tolist()], dtype=bool)


def scored_of(assembly: Assembly, outcomes: Outcomes | None) -> Scored | None:
    """Return the scores of a cell's patterns; None where it has neither a model that answers nor given outcomes.

    Args:
        assembly: The cell.
        outcomes: The answers of its model; None: they are given, or there are none.
    """
    components, block = assembly.process.components, assembly.scenario.outcomes
    if isinstance(block, PartsOutcomes):
        return ScoredDeliveries(components, assembly.reach, PartsAccuracy(assembly.graph, block))
    if block is not None:
        return ScoredPatterns(components, read_table(block, assembly.base, components))
    return None if outcomes is None else ScoredDeliveries(components, assembly.reach, outcomes)
