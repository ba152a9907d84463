"""The designs of a cell: looked for and judged, for its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.design_blocks import DesignBlock
from simulator.expect.design_search import Found, exhaustive, greedy
from simulator.expect.design_space import Space
from simulator.expect.exact import enumerate_patterns
from simulator.expect.frontier_plan import NotExact
from simulator.failures.process import NoLaw
from simulator.scenario.designing import objective_of, space_of
from simulator.study.answers import Answers, answers
from simulator.study.assemble import Assembly
from simulator.study.design_flows import FlowJudge
from simulator.study.design_judge import Judge, Limits
from simulator.study.design_made import Made
from simulator.study.design_told import Told
from simulator.study.design_worlds import Worlds
from simulator.study.findings import Findings
from simulator.study.memory import Memory
from simulator.study.progress import Progress

WAYS_OUT = "choose skips of a smaller span, or let at most max_components fail"


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
    takes_all = block.method == "exhaustive" or (block.method == "auto" and space.count <= block.most_exhaustive)

    def told(judged: int) -> None:
        asked.progress.designs(asked.label, judged, space.count if takes_all else None)

    judge = _judge(asked, block, Made(one, space, quick=asked.quick), told, of_accuracy=of_accuracy)
    try:
        search = exhaustive(space, judge) if takes_all else greedy(space, judge)
    except NotExact as not_exact:
        count = len(one.process.components)
        raise ScenarioError(Problem("design", f"{not_exact} ({count} components can fail)", WAYS_OUT)) from None
    told_of = Told(judge, space, search, is_exhaustive=takes_all)
    facts = told_of.facts() | {"objective": objective, "evaluated": block.evaluated if of_accuracy else "no network"}
    facts |= compared(judge, space, search) if takes_all and block.compare else {}
    found.tables |= {"design": [facts], "designs": told_of.rows()}
    told_of.keep_estimates(found)
    found.counts |= {"designs": space.count, "designs_judged": len(search.seen)}
    found.notes += told_of.notes()


def _judge(asked: Asked, block: DesignBlock, made: Made, told: Callable[[int], None], *,
           of_accuracy: bool) -> Judge | FlowJudge:
    """Return who scores the designs: over all patterns where they can be listed, else along a frontier."""
    one, limits = asked.assembly, Limits.of(block.budget)
    if not of_accuracy and len(one.process.components) > block.max_components:
        return FlowJudge(made, limits, told)
    is_retrained = of_accuracy and block.evaluated == "retrained"
    outcomes = asked.given() if of_accuracy and not is_retrained else None
    worlds = Worlds(made, enumerate_patterns(one.process, block.max_components, "design"),
                    one.graph if outcomes else None)
    return Judge(worlds, limits, asked.retrained if is_retrained else None, outcomes, told)


def compared(judge: Judge | FlowJudge, space: Space, search: Found) -> dict[str, Any]:
    """Return what the greedy search finds where all designs are known: its best, how far it is behind, its work."""
    other = greedy(space, judge)
    behind = search.seen[search.best].value - other.seen[other.best].value
    return {"greedy": space.text(other.best), "greedy_behind": behind, "greedy_judged": len(other.seen),
            "greedy_steps": other.steps}
