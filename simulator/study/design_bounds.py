"""The most that P(an answer) can be within a budget, of designs that have not all been judged."""

from __future__ import annotations

from simulator.expect.design_bound import Bound, Branches, PathFlow, looks_of
from simulator.expect.design_levels import most_flow
from simulator.expect.design_paths import Paths
from simulator.expect.design_search import DIGITS
from simulator.expect.frontier_plan import NotExact
from simulator.failures.independent import Independent
from simulator.study.design_flows import FlowJudge
from simulator.study.design_judge import Judge
from simulator.study.design_made import Made


def most_of_paths(made: Made, judge: Judge | FlowJudge, reached: float) -> Bound:
    """Return the lowest of the bounds that can be had.

    Args:
        made: The designs.
        judge: Who scored some of them.
        reached: P(an answer) that is known to be reached within the budget.
    """
    process, space, cost = made.assembly.process, made.space, judge.limits.cost
    survival = process.survival() if isinstance(process, Independent) else None
    paths = Paths(made.everything, made.options, process.components)
    found = [Bound(1.0, "nothing better is known")]
    if isinstance(judge, FlowJudge):
        found += _with_all(judge)
    else:
        probability = judge.worlds.patterns.probability
        found.append(Branches(space, PathFlow(paths, survival, probability), cost).most(
            reached, looks_of(len(probability))))
    if survival is not None:
        found.append(Bound(most_flow(paths, space, survival, cost), "levels that every path crosses"))
    return min(found, key=lambda bound: float(f"{bound.flow:.{DIGITS}g}"))


def _with_all(judge: FlowJudge) -> list[Bound]:
    """Return P(an answer) with all candidates at once, where that is known."""
    try:
        return [Bound(judge.most().some, "all candidates at once")]
    except NotExact:
        return []
