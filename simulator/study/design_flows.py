"""What each design is worth where too much can fail for a list of patterns: P(information flows), along a frontier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

from simulator.expect.design_search import Score
from simulator.expect.design_space import Design, changed_slots, with_options
from simulator.expect.estimate import Estimate
from simulator.expect.flow_walk import Flow, FlowWalk, Trace, Variant
from simulator.expect.frontier_plan import NotExact
from simulator.expect.intervals import exactly
from simulator.failures.stated_causes import cause_law_of
from simulator.study.design_judge import TELLS, Limits, excess_of
from simulator.study.design_made import Made

MOST_TRACES = 64  # walks that are kept
METHOD = "exact along a frontier"


class FlowJudge:
    """Scores designs by P(information flows), each from the walk of a design that differs in one slot.

    Args:
        made: The designs.
        limits: The limits of a design, without one of bytes.
        told: Hears how many designs have been judged.
    """

    of_accuracy, no_answer, best_answer = False, 0.0, 1.0

    def __init__(self, made: Made, limits: Limits, told: Callable[[int], None]) -> None:
        self.made, self.limits, self.told = made, limits, told
        self.scores: dict[Design, Score] = {}
        self.flows: dict[Design, Flow] = {}
        self._traces: dict[Design, Trace] = {}

    @cached_property
    def walk(self) -> FlowWalk:
        """The walks over all candidates."""
        one = self.made.with_all_skips()
        if one.replicas:
            raise NotExact("parts stand on several machines, of which one is chosen by what is up")
        reach = one.reach
        return FlowWalk(reach.graph, reach.placement, reach.routes, cause_law_of(one.crashes),
                        frozenset(self._edges.values()))

    @cached_property
    def _edges(self) -> dict[str, int]:
        """The number of each candidate."""
        numbers = {edge.name: number for number, edge in enumerate(self.made.with_all_skips().graph.edges)}
        return {name: numbers[name] for name in self.made.candidates}

    @cached_property
    def _causes(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.walk.law.causes)}

    def __call__(self, designs: Sequence[Design]) -> dict[Design, Score]:
        """Return the score of each design; what is known already is not found again."""
        new = [design for design in designs if design not in self.scores]
        near = Counter(other for design in new for other in _without_one(design))
        for design in new:
            self.scores[design] = self._score(design, near)
        self.told(len(self.scores))
        return {design: self.scores[design] for design in designs}

    def _score(self, design: Design, near: Counter[tuple[tuple[int, int], ...]]) -> Score:
        cost = self.made.space.cost(design)
        latency = None if self.limits.latency_ms is None else self.made.latency_ms(design)
        flow = self._flow(design, near)
        self.flows[design] = flow
        return Score(flow.some, excess_of(self.limits, 0.0, cost, latency), 0.0, cost, flow.none)

    def most(self) -> Flow:
        """Return the flow of all candidates at once.

        Raises:
            NotExact: their frontier is too wide.
        """
        raised = {name: p for option in self.made.options for name, p in option.survival.items()}
        chance = tuple(sorted((self._causes[name], 1 - p) for name, p in raised.items()))
        return self.walk.trace(Variant(frozenset(self._edges.values()), chance)).flow

    def _flow(self, design: Design, near: Counter[tuple[tuple[int, int], ...]]) -> Flow:
        """Return the flow of a design, from the walk of the one that most others of its batch are near to as well."""
        others = sorted(_without_one(design), key=lambda other: (-near[other], other))
        if not others:
            return self._trace(design).flow
        return self.walk.near(self._trace(with_options(self.made.space.as_it_is, dict(others[0]))),
                              self.variant(design))

    def _trace(self, design: Design) -> Trace:
        if design not in self._traces:
            if len(self._traces) >= MOST_TRACES:
                del self._traces[next(iter(self._traces))]
            self._traces[design] = self.walk.trace(self.variant(design))
        return self._traces[design]

    def variant(self, design: Design) -> Variant:
        """Return a design as a walk knows it."""
        options = self.made.space.options(design)
        raised = {name: p for option in options for name, p in option.survival.items()}
        present = frozenset(self._edges[name] for option in options for name in option.skips)
        return Variant(present, tuple(sorted((self._causes[name], 1 - p) for name, p in raised.items())))

    def answered(self, design: Design) -> float:
        """Return P(an answer) of a design."""
        return self.scores[design].value

    def estimate(self, design: Design) -> Estimate:
        """Return the value of a design."""
        return exactly(self.scores[design].value, len(self.walk.steps), METHOD)

    def distance(self, design: Design, other: Design) -> Estimate:
        """Return by how much one design is better than another, from what both lack where that is less."""
        gap = self._gap(design, other) if self.is_told_apart(design, other) else 0.0
        return exactly(gap, len(self.walk.steps), METHOD)

    def _gap(self, design: Design, other: Design) -> float:
        one, two = self.flows[design], self.flows[other]
        return two.none - one.none if max(one.none, two.none) < min(one.some, two.some) else one.some - two.some

    def is_told_apart(self, design: Design, other: Design) -> bool:
        """Return whether two designs differ beyond rounding."""
        one, two = self.flows[design], self.flows[other]
        scale = min(max(one.none, two.none), max(one.some, two.some))
        return abs(self._gap(design, other)) > TELLS * scale


def _without_one(design: Design) -> list[tuple[tuple[int, int], ...]]:
    """Return the designs that change one slot less, as (slot, option)."""
    changed = [(place, design[place]) for place in changed_slots(design)]
    return [tuple(pair for pair in changed if pair != left) for left in changed]


