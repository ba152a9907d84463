"""What each design of a cell is worth: exact over all patterns, with answers that are remembered by delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.design_blocks import Budget
from simulator.expect.design_search import Score
from simulator.expect.design_space import Design
from simulator.expect.estimate import Estimate
from simulator.expect.exact import probability_of_deliveries
from simulator.expect.intervals import cluster_mean, exactly, paired_difference, within
from simulator.study.assemble import Assembly
from simulator.study.design_worlds import Worlds

Floats = NDArray[np.float64]
OutcomesOf = Callable[[Assembly, str], Outcomes]
TELLS = 1e-12  # differences below this are rounding
IMPOSSIBLE = float("inf")


@dataclass(frozen=True)
class Limits:
    """The limits of a design, plain: bytes of a request, milliseconds, cost; None where there is none."""

    sent_bytes: float | None
    latency_ms: float | None
    cost: float | None

    @staticmethod
    def of(budget: Budget) -> Limits:
        """Return the limits of a block."""
        return Limits(budget.bytes, None if budget.latency_ns is None else budget.latency_ns / 1e6, budget.cost)


def excess_of(limits: Limits, sent_bytes: float, cost: float, latency_ms: float | None) -> float:
    """Return by what share of them a design is beyond its limits, summed; infinite where one is not known."""
    pairs = [(sent_bytes, limits.sent_bytes), (cost, limits.cost), (latency_ms or 0.0, limits.latency_ms)]
    if any(value != value for value, _ in pairs):
        return IMPOSSIBLE
    return sum(max(0.0, value - limit) / max(limit, TELLS) for value, limit in pairs
               if limit is not None and value > limit + TELLS * max(1.0, limit))


class Judge:
    """Scores designs by expected accuracy, or by P(information flows) where there are no outcomes.

    Args:
        worlds: The designs.
        limits: The limits of a design.
        outcomes_of: Returns the outcomes of a design's network, trained again; None: the next one serves all.
        given: The outcomes of the cell's own network, with its weights; None with the one before, or for neither.
        told: Hears how many designs have been judged.
    """

    def __init__(self, worlds: Worlds, limits: Limits, outcomes_of: OutcomesOf | None, given: Outcomes | None,
                 told: Callable[[int], None]) -> None:
        self.worlds, self.limits, self.outcomes_of, self.given, self.told = worlds, limits, outcomes_of, given, told
        self.of_accuracy = given is not None or outcomes_of is not None
        self.scores: dict[Design, Score] = {}
        self.answers: dict[int, float] = {}  # accuracy of every delivery met in a given network
        self.best_answer = 0.0  # of any delivery met, but for the empty one
        self.made = worlds.made
        self._by_sample: dict[Design, Floats] = {}
        self._groups: NDArray[np.generic] | None = None if given is None else given.groups
        self._no_answer = float("nan") if given is None else float(np.mean(given.no_answer))

    def answered(self, design: Design) -> float:
        """Return P(an answer) of a design."""
        return 1.0 - self._chances(design).get(EMPTY, 0.0)

    @property
    def no_answer(self) -> float:
        """What no answer is worth."""
        return self._no_answer if self.of_accuracy else 0.0

    def __call__(self, designs: Sequence[Design]) -> dict[Design, Score]:
        """Return the score of each design; what is known already is not found again."""
        new = [design for design in designs if design not in self.scores]
        if self.given is not None:
            self.given.ensure(d for design in new for d in self._chances(design))
        for design in new:
            self.scores[design] = self._score(design)
        self.told(len(self.scores))
        return {design: self.scores[design] for design in designs}

    def _score(self, design: Design) -> Score:
        structure = self.worlds.structure(design)
        cost = self.worlds.space.cost(design)
        if structure.why_not:
            return Score(float("nan"), IMPOSSIBLE, 0.0, cost)
        sent = float(self.worlds.probability(design) @ structure.sent_bytes)
        latency = None if self.limits.latency_ms is None else self.worlds.made.latency_ms(design)
        excess = excess_of(self.limits, sent, cost, latency)
        if excess > 0 and self.outcomes_of is not None:
            return Score(float("nan"), excess, sent, cost)  # nothing is trained that is beyond the limits
        value = float(self.by_sample(design).mean()) if self.of_accuracy else self.answered(design)
        return Score(value, excess, sent, cost)

    def _chances(self, design: Design) -> dict[int, float]:
        """Return the probability of each delivery of a design."""
        structure = self.worlds.structure(design)
        if structure.why_not:
            return {}
        return probability_of_deliveries(self.worlds.probability(design), structure.deliveries)

    def by_sample(self, design: Design) -> Floats:
        """Return the expected worth of each test sample under a design, shape ``(samples,)``."""
        if design in self._by_sample:
            return self._by_sample[design]
        outcomes = self.given or self._trained(design)
        chances = self._chances(design)
        outcomes.ensure(chances)
        total = np.zeros(len(outcomes.labels))
        for delivery, chance in chances.items():
            worth = outcomes.correct(delivery)
            total += chance * worth
            if delivery != EMPTY:
                if self.given is None or delivery not in self.answers:
                    self.answers[delivery] = float(worth.mean())
                self.best_answer = max(self.best_answer, self.answers[delivery])
        if self.given is None:
            self._by_sample[design] = total
        return total

    def _trained(self, design: Design) -> Outcomes:
        if self.outcomes_of is None:
            raise LookupError("there are no outcomes")
        outcomes = self.outcomes_of(self.worlds.made.assembly_of(design, hardened=True), self.worlds.space.text(design))
        self._groups, self._no_answer = outcomes.groups, float(np.mean(outcomes.no_answer))
        return outcomes

    def estimate(self, design: Design) -> Estimate:
        """Return the value of a design with its interval."""
        patterns = f"exact over {len(self.worlds.down)} patterns"
        if not self.of_accuracy:
            return exactly(self.scores[design].value, len(self.worlds.down), patterns)
        if self.scores[design].value != self.scores[design].value:
            return exactly(float("nan"), 0, "not trained: beyond the limits")
        found = within(cluster_mean(self.by_sample(design), self._groups))
        return Estimate(found.value, found.low, found.high, found.samples, f"{patterns}, {found.method}",
                        found.uncertainty)

    def distance(self, design: Design, other: Design) -> Estimate:
        """Return by how much one design is better than another, paired by test sample."""
        if not self.of_accuracy:
            return exactly(self.scores[design].value - self.scores[other].value, len(self.worlds.down), "exact")
        return paired_difference(self.by_sample(design), self.by_sample(other), self._groups)

    def is_told_apart(self, design: Design, other: Design) -> bool:
        """Return whether the interval of the distance leaves out 0 (of exact numbers: whether they differ)."""
        found = self.distance(design, other)
        return not (found.low <= TELLS and found.high >= -TELLS)
