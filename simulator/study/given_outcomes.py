"""Outcomes that are given instead of coming from a model: the accuracy of each pattern."""

from __future__ import annotations

from typing import Protocol, final

import numpy as np

from simulator.dataflow.graph import EMPTY
from simulator.dataflow.reach import Reach
from simulator.evaluate.blocks import PartsOutcomes
from simulator.evaluate.by_parts import Floats, PartsAccuracy
from simulator.failures.process import Up
from simulator.study.assemble import Assembly, read_table


class PatternAccuracy(Protocol):
    """How accurate each pattern is."""

    def accuracy(self, up: Up) -> Floats:
        """Return the accuracy of each pattern, shape ``(patterns,)``."""


@final
class PartsOfPatterns:
    """The accuracy of each pattern, by the parts in its delivery.

    Args:
        components: Names of what can fail.
        reach: From what is down to the delivery.
        judged: The accuracy of a delivery.
    """

    def __init__(self, components: tuple[str, ...], reach: Reach, judged: PartsAccuracy) -> None:
        self.components, self.reach, self.judged = components, reach, judged
        self._known: dict[int, float] = {EMPTY: judged.block.no_answer}

    def accuracy(self, up: Up) -> Floats:
        """Return the accuracy of each pattern, shape ``(patterns,)``."""
        names = np.array(self.components)
        deliveries = [self.reach.delivery(frozenset(names[~row].tolist())) for row in up]
        new = [one for one in dict.fromkeys(deliveries) if one not in self._known]
        self._known.update(zip(new, self.judged.accuracy(new).tolist(), strict=True))
        return np.array([self._known[one] for one in deliveries], dtype=np.float64)


def given_outcomes(assembly: Assembly) -> PatternAccuracy | None:
    """Return the outcomes that a cell gives; None where they come from its model.

    Raises:
        ScenarioError: the file of a table cannot be read, or does not hold what the scenario says.
    """
    block = assembly.scenario.outcomes
    if block is None:
        return None
    components = assembly.process.components
    if isinstance(block, PartsOutcomes):
        return PartsOfPatterns(components, assembly.reach, PartsAccuracy(assembly.graph, block))
    return read_table(block, assembly.base, components)
