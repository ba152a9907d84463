"""Any score of every delivery, as ``Outcomes`` has the accuracy: what estimates one estimates the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.judged import Judged
from simulator.evaluate.outcomes import Outcomes, Worth
from simulator.evaluate.scores import Score


class ScoreOutcomes:
    """One score of every delivery.

    Args:
        score: The score.
        outcomes: The answers that it judges.
        judged: What a delivery's answers are, the empty one included.
    """

    def __init__(self, score: Score, outcomes: Outcomes, judged: Callable[[int], Judged]) -> None:
        self.score, self.outcomes, self.judged = score, outcomes, judged
        self._counted = score.counted(outcomes.labels)

    @property
    def groups(self) -> NDArray[Any]:
        """Cluster of each sample that counts."""
        groups: NDArray[Any] = self.outcomes.groups[self._counted]
        return groups

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value of the score."""
        return self.score.bounds

    def ensure(self, deliveries: Iterable[int]) -> None:
        """Evaluate those of the deliveries that are not known yet, in one go."""
        self.outcomes.ensure(deliveries)

    def correct(self, delivery: int) -> Worth:
        """Return a number for each sample that counts, whose mean is the score; NaN where it is not to be counted."""
        worth: Worth = self.score.worth(self.judged(delivery))[self._counted]
        return worth

    def accuracy(self, deliveries: Sequence[int]) -> Worth:
        """Return the score of each delivery, shape ``(deliveries,)``; NaN where it is not to be counted."""
        self.ensure(deliveries)
        return np.array([self.correct(delivery).mean() for delivery in deliveries], dtype=np.float64)

    def pooled(self, chances: Sequence[tuple[float, int]]) -> Worth | None:
        """Return the same numbers for the answers of all deliveries thrown together, by (probability, delivery).

        None where that is the mean of the deliveries' scores, or is not defined (no answer with a given score).
        """
        return self.score.pooled([(chance, self.judged(delivery)) for chance, delivery in chances])
