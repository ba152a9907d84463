"""The designs of a cell: judged, ordered, compared, bounded, and told as rows of its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.evaluate.outcomes import Outcomes
from simulator.expect.design_bound import most_expected
from simulator.expect.design_search import Found, exhaustive, front, greedy
from simulator.expect.design_space import Design, Space
from simulator.expect.exact import enumerate_patterns
from simulator.expect.intervals import exactly
from simulator.failures.process import NoLaw
from simulator.scenario.designing import objective_of, space_of
from simulator.study.answers import Answers, answers
from simulator.study.assemble import Assembly
from simulator.study.design_judge import Judge, Limits
from simulator.study.design_worlds import Worlds
from simulator.study.findings import Findings
from simulator.study.memory import Memory
from simulator.study.progress import Progress

SHOWN = 10  # designs whose latency is looked at where no limit asks for it


@dataclass(frozen=True)
class Asked:
    """What a cell brings along for its designs.

    Args:
        assembly: The cell.
        answers: Returns the answers of the cell's own network.
        label: The cell's name, for whoever is told.
        progress: Who is told.
        memory: What the cells before it have found.
        quick: Whether random data may stand in for a missing data set.
    """

    assembly: Assembly
    answers: Callable[[], Answers | None]
    label: str
    progress: Progress
    memory: Memory
    quick: bool

    def given(self) -> Outcomes | None:
        """Return the outcomes of the cell's own network, with its weights."""
        known = self.answers()
        return known.outcomes if known else None

    def retrained(self, one: Assembly, text: str) -> Outcomes:
        """Return the outcomes of a design's network, trained for itself."""
        return answers(one, quick=self.quick, label=text, progress=self.progress, memory=self.memory).outcomes


def find_designs(asked: Asked, found: Findings) -> None:
    """Add the best design, its distance from the next one, the bound, and a row for each, where any is asked for.

    Raises:
        ScenarioError: the choices are wrong, or too much can fail.
    """
    if asked.assembly.scenario.design is None:
        return
    try:
        _find(asked, found)
    except NoLaw as no_law:
        found.notes.append(f"no designs: {no_law}")


def _find(asked: Asked, found: Findings) -> None:
    one = asked.assembly
    block, objective = one.scenario.design, objective_of(one.scenario, one.model)
    if block is None:
        return
    space, of_accuracy = space_of(one.scenario, one.model, one.topology), objective == "expected_accuracy"
    is_retrained = of_accuracy and block.evaluated == "retrained"
    outcomes = asked.given() if of_accuracy and not is_retrained else None
    patterns = enumerate_patterns(one.process, block.max_components, "design")
    worlds = Worlds(one, space, patterns, one.graph if outcomes else None, quick=asked.quick)
    takes_all = block.method == "exhaustive" or (block.method == "auto" and space.count <= block.most_exhaustive)

    def told(judged: int) -> None:
        asked.progress.designs(asked.label, judged, space.count if takes_all else None)

    judge = Judge(worlds, Limits.of(block.budget), asked.retrained if is_retrained else None, outcomes, told)
    search = exhaustive(space, judge) if takes_all else greedy(space, judge)
    told_of = Told(judge, space, search, is_exhaustive=takes_all)
    facts = told_of.facts() | {"objective": objective, "evaluated": block.evaluated if of_accuracy else "no network"}
    facts |= compared(judge, space, search) if takes_all and block.compare else {}
    found.tables |= {"design": [facts], "designs": told_of.rows()}
    told_of.keep_estimates(found)
    found.counts |= {"designs": space.count, "designs_judged": len(search.seen)}
    found.notes += told_of.notes()


def compared(judge: Judge, space: Space, search: Found) -> dict[str, Any]:
    """Return what the greedy search finds where all designs are known: its best, how far it is behind, its work."""
    other = greedy(space, judge)
    behind = search.seen[search.best].value - other.seen[other.best].value
    return {"greedy": space.text(other.best), "greedy_behind": behind, "greedy_judged": len(other.seen),
            "greedy_steps": other.steps}


@dataclass(frozen=True)
class Told:
    """A finished search, told as plain values."""

    judge: Judge
    space: Space
    search: Found
    is_exhaustive: bool

    @cached_property
    def within(self) -> list[Design]:
        """The designs within all limits, the best first."""
        kept = [design for design, score in self.search.seen.items() if score.excess == 0]
        return sorted(kept, key=lambda design: (*(-x for x in self.search.seen[design].rank),
                                                sum(map(bool, design)), design))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each design that was judged and can be, the best first."""
        scores, best = self.search.seen, self.within
        beyond = [design for design in scores if 0 < scores[design].excess < float("inf")]
        listed = [*best, *sorted(beyond, key=lambda design: (scores[design].excess, design))]
        others = self.judge.limits
        in_play = [design for design in listed if scores[design].value == scores[design].value
                   and (others.cost is None or scores[design].cost <= others.cost)
                   and (others.latency_ms is None or self.judge.worlds.latency_ms(design) <= others.latency_ms)]
        on = front((scores[design].sent_bytes, scores[design].value) for design in in_play)
        on_front = {design for design, is_on in zip(in_play, on, strict=True) if is_on}
        asks_latency = others.latency_ms is not None
        timed = {*listed[:SHOWN], *on_front, self.space.as_it_is}
        return [self._row(design, design in on_front, has_latency=asks_latency or design in timed) for design in listed]

    def _row(self, design: Design, on_front: bool, *, has_latency: bool) -> dict[str, Any]:
        score, estimate = self.search.seen[design], self.judge.estimate(design)
        latency = self.judge.worlds.latency_ms(design) if has_latency else None
        row = {"design": self.space.text(design), "value": estimate.value, "low": estimate.low, "high": estimate.high,
               "bytes": score.sent_bytes, "latency_ms": latency, "cost": score.cost,
               "is_within": score.excess == 0, "is_on_front": on_front, "changes": sum(map(bool, design))}
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
        gap = exactly(max(0.0, bound - best.value), 1, "bound less best found")
        if self.is_exhaustive:
            gap = exactly(0.0, self.space.count, "all designs are judged: none is better")
        found.estimates["design_best"] = best
        found.estimates["design_bound"] = exactly(bound, 1, why)
        found.estimates["design_gap"] = gap
        if len(self.within) > 1:
            found.estimates["design_lead"] = self.judge.distance(self.within[0], self.within[1])

    def bound(self) -> tuple[float, str]:
        """Return the bound from where information can flow, and what it takes for the best answer."""
        flow, no_answer = self.judge.worlds.flow(), self.judge.no_answer
        answer, why = 1.0, "1, which no answer exceeds"
        if self.judge.of_accuracy and self.is_exhaustive:
            answer, why = self.judge.best_answer, "the most accurate of all that the designs can give"
        if not self.judge.of_accuracy:
            return flow, f"P(a path over all candidates) = {flow:.6g}"
        told = f"P(a path over all candidates) = {flow:.6g}, no answer worth {no_answer:.4g}, best answer {answer:.4g}"
        return most_expected(flow, answer, no_answer), f"{told}: {why}"

    def facts(self) -> dict[str, Any]:
        """Return how the search went, in words and numbers."""
        within, limits = self.within, self.judge.limits
        best = within[0] if within else None
        facts: dict[str, Any] = {
            "method": "all designs" if self.is_exhaustive else "greedy with swaps", "designs": self.space.count,
            "judged": len(self.search.seen), "within": len(within), "steps": self.search.steps,
            "limit_bytes": limits.sent_bytes, "limit_latency_ms": limits.latency_ms, "limit_cost": limits.cost,
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
        """Return a note where no design is within the limits: which comes nearest."""
        if self.within:
            return []
        near = self.search.best
        score = self.search.seen[near]
        sends = f"sends {score.sent_bytes:,.0f} B a request and costs {score.cost:g}"
        return [f"no design is within the budget; the nearest, {self.space.text(near)!r}, {sends}: raise a limit of "
                "design.budget, or give other choices"]
