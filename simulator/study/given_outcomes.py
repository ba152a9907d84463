"""Outcomes that are given instead of coming from a model: the accuracy of each pattern."""

from __future__ import annotations

from typing import Protocol, final

from simulator.evaluate.blocks import PartsOutcomes
from simulator.evaluate.by_parts import Floats, PartsAccuracy
from simulator.failures.process import Up
from simulator.study.assemble import Assembly, read_table
from simulator.study.scored import Judged, ScoredDeliveries


class PatternAccuracy(Protocol):
    """How accurate each pattern is."""

    def accuracy(self, up: Up) -> Floats:
        """Return the accuracy of each pattern, shape ``(patterns,)``."""


@final
class PartsOfPatterns:
    """The accuracy of each pattern, by the parts in its delivery.

    Args:
        scored: Finds deliveries and their accuracies.
    """

    def __init__(self, scored: ScoredDeliveries) -> None:
        self.scored = scored

    @property
    def judged(self) -> Judged:
        """How accurate each delivery is."""
        return self.scored.outcomes

    def accuracy(self, up: Up) -> Floats:
        """Return the accuracy of each pattern, shape ``(patterns,)``."""
        return self.scored.scores(self.scored.places(up))


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
        judged = PartsAccuracy(assembly.graph, block)
        return PartsOfPatterns(ScoredDeliveries(components, assembly.reach, judged))
    return read_table(block, assembly.base, components)
