"""A finished search for designs, told as plain values: a row for each, distances, the bound, and notes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.expect.design_bound import Bound, most_expected
from simulator.expect.design_search import Found, front
from simulator.expect.design_space import Design, Space, changed_slots
from simulator.expect.intervals import exactly
from simulator.study.design_bounds import most_of_paths
from simulator.study.design_flows import FlowJudge
from simulator.study.design_judge import Judge
from simulator.study.findings import Findings

ROUNDING = 1e-11  # of two ways to one number
MOST_ROWS = 4096
SHOWN = 10  # designs whose latency is looked at where no limit asks for it


@dataclass(frozen=True)
class Told:
    """A finished search, told as plain values."""

    judge: Judge | FlowJudge
    space: Space
    search: Found
    is_exhaustive: bool

    @cached_property
    def within(self) -> list[Design]:
        """The designs within all limits, the best first."""
        kept = [design for design, score in self.search.seen.items() if score.excess == 0]
        return sorted(kept, key=lambda design: (*(-x for x in self.search.seen[design].rank),
                                                len(changed_slots(design)), design))

    @cached_property
    def has_bytes(self) -> bool:
        """Whether designs differ in bytes; else they are set against their cost."""
        return self.judge.limits.sent_bytes is not None or any(score.sent_bytes for score in self.search.seen.values())

    def rows(self) -> list[dict[str, Any]]:
        """Return rows of the designs that were judged and can be, the best first: all but those behind thousands."""
        scores, best = self.search.seen, self.within
        beyond = [design for design in scores if 0 < scores[design].excess < float("inf")]
        listed = [*best, *sorted(beyond, key=lambda design: (scores[design].excess, design))]
        others = self.judge.limits
        in_play = [design for design in listed if scores[design].value == scores[design].value
                   and (others.cost is None or not self.has_bytes or scores[design].cost <= others.cost)
                   and (others.latency_ms is None or self.judge.made.latency_ms(design) <= others.latency_ms)]
        on = front((scores[design].sent_bytes if self.has_bytes else scores[design].cost, scores[design].value)
                   for design in in_play)
        on_front = {design for design, is_on in zip(in_play, on, strict=True) if is_on}
        asks_latency = others.latency_ms is not None
        timed = {*listed[:SHOWN], *on_front, self.space.as_it_is}
        kept = [design for place, design in enumerate(listed) if place < MOST_ROWS or design in timed]
        return [self._row(design, design in on_front, has_latency=asks_latency or design in timed) for design in kept]

    def _row(self, design: Design, on_front: bool, *, has_latency: bool) -> dict[str, Any]:
        score, estimate = self.search.seen[design], self.judge.estimate(design)
        latency = self.judge.made.latency_ms(design) if has_latency else None
        row = {"design": self.space.text(design), "value": estimate.value, "lack": score.lack, "low": estimate.low,
               "high": estimate.high, "bytes": score.sent_bytes if self.has_bytes else None,
               "latency_ms": latency, "cost": score.cost,
               "is_within": score.excess == 0, "is_on_front": on_front, "changes": len(changed_slots(design))}
        if score.excess == 0:
            behind = self.judge.distance(self.within[0], design)
            row |= {"behind": behind.value, "behind_low": behind.low, "behind_high": behind.high}
        return {key: None if value != value else value for key, value in row.items()}

    def keep_estimates(self, found: Findings) -> None:
        """Add the best value, its lead over the next design, the bound, and the gap between best and bound."""
        if not self.within:
            return
        best = self.judge.estimate(self.within[0])
        bound, why = self.bound()
        if bound <= best.value * (1 + ROUNDING):
            bound = best.value
        gap = exactly(bound - best.value, 1, "bound less best found")
        if self.is_exhaustive:
            gap = exactly(0.0, self.space.count, "all designs are judged: none is better")
        found.estimates["design_best"] = best
        found.estimates["design_bound"] = exactly(bound, 1, why)
        found.estimates["design_gap"] = gap
        if len(self.within) > 1:
            found.estimates["design_lead"] = self.judge.distance(self.within[0], self.within[1])

    def bound(self) -> tuple[float, str]:
        """Return the most that a design within the budget can be worth, and where that is from."""
        most = self._most_flow()
        told = f"P(an answer) is at most {most.flow:.6g} ({most.how})"
        if not self.judge.of_accuracy:
            return most.flow, told
        answer, why = 1.0, "which no answer exceeds"
        if self.is_exhaustive:
            answer, why = self.judge.best_answer, "the most accurate of all that the designs can give"
        told += f", no answer is worth {self.judge.no_answer:.4g}, an answer at most {answer:.4g}, {why}"
        return most_expected(most.flow, answer, self.judge.no_answer), told

    def _most_flow(self) -> Bound:
        """Return the most that P(an answer) can be within the budget: of all designs, or of any paths."""
        if self.is_exhaustive:
            return Bound(max(map(self.judge.answered, self.within)), "the highest of all designs within the budget")
        made, reached = self.judge.made, max(map(self.judge.answered, self.within))
        return most_of_paths(made, self.judge, reached)

    def facts(self) -> dict[str, Any]:
        """Return how the search went, in words and numbers."""
        within, limits = self.within, self.judge.limits
        best = within[0] if within else None
        facts: dict[str, Any] = {
            "method": "all designs" if self.is_exhaustive else "greedy with swaps", "designs": self.space.count,
            "judged": len(self.search.seen), "within": len(within), "steps": self.search.steps,
            "has_bytes": self.has_bytes, "limit_bytes": limits.sent_bytes,
            "limit_latency_ms": limits.latency_ms, "limit_cost": limits.cost,
            "best": None if best is None else self.space.text(best)}
        if best is None:
            return facts
        alike = [design for design in within[1:] if not self.judge.is_told_apart(best, design)]  # of the best
        fewest = min([best, *alike], key=lambda design: (self.search.seen[design].sent_bytes, design))
        facts |= {"alike": len(alike), "alike_fewest_bytes": self.space.text(fewest),
                  "runner_up": self.space.text(within[1]) if len(within) > 1 else None,
                  "is_told_apart": len(within) > 1 and self.judge.is_told_apart(best, within[1])}
        return facts

    def notes(self) -> list[str]:
        """Return a note where no design is within the limits: which comes nearest, and what it has too much of."""
        if self.within:
            return []
        near, limits = self.search.best, self.judge.limits
        score = self.search.seen[near]
        latency = None if limits.latency_ms is None else self.judge.made.latency_ms(near)
        has = [("bytes", score.sent_bytes, limits.sent_bytes, "B"), ("latency", latency, limits.latency_ms, "ms"),
               ("cost", score.cost, limits.cost, "")]
        beyond = [f"{name} {value:,.6g} {unit}".rstrip() + f" against {limit:,.6g}" for name, value, limit, unit in has
                  if value is not None and limit is not None and not value <= limit]
        return [f"no design is within the budget; the nearest, {self.space.text(near)!r}, has {' and '.join(beyond)}: "
                "raise that limit of design.budget, or give other choices"]
