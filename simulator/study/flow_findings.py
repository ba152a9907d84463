"""P(no information flow) of a cell: along a frontier, or where that cannot be, over all patterns."""

from __future__ import annotations

from simulator.dataflow.graph import EMPTY
from simulator.errors import Problem, ScenarioError
from simulator.expect.estimate import Estimate
from simulator.expect.exact import enumerate_patterns, probability_of_deliveries
from simulator.expect.frontier import no_information_flow
from simulator.expect.frontier_plan import OTHERWISE, NotExact
from simulator.expect.intervals import exactly
from simulator.failures.process import NoLaw
from simulator.failures.stated_causes import cause_law_of
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings

NAME, MOST_ENUMERATED = "no_information_flow", 20


def find_no_flow(assembly: Assembly, found: Findings) -> None:
    """Add P(no information flow) to the findings, unless it is there; or a note where the failures state no law.

    Raises:
        ScenarioError: neither a frontier nor a sum over at most 2^20 patterns gives it.
    """
    if NAME in found.estimates:
        return
    try:
        found.estimates["no_information_flow"] = _along_frontier(assembly)
    except NoLaw as no_law:
        _over_patterns(assembly, found, str(no_law))
    except NotExact as not_exact:
        _over_patterns(assembly, found, str(not_exact))


def _along_frontier(assembly: Assembly) -> Estimate:
    if assembly.replicas:
        raise NotExact(f"parts stand on several machines, of which one is chosen by what is up; {OTHERWISE}")
    reach = assembly.reach
    return no_information_flow(reach.graph, reach.placement, reach.routes, cause_law_of(assembly.crashes))


def along_frontier_or_few(assembly: Assembly) -> None:
    """Check that there is a way to P(no information flow).

    Raises:
        ScenarioError: neither a frontier nor a sum over at most 2^20 patterns gives it.
        NoLaw: the failures state no law.
    """
    if len(assembly.process.components) <= MOST_ENUMERATED:
        return
    try:
        _along_frontier(assembly)
    except NotExact as not_exact:
        _check_few(assembly, str(not_exact))


def _check_few(assembly: Assembly, why: str) -> None:
    count = len(assembly.process.components)
    if count > MOST_ENUMERATED:
        raise ScenarioError(Problem(f"measure.{NAME}", f"{why} ({count} components can fail)",
                                    f"let at most {MOST_ENUMERATED} fail, or measure 'timed'"))


def _over_patterns(assembly: Assembly, found: Findings, why: str) -> None:
    _check_few(assembly, why)
    try:
        patterns = enumerate_patterns(assembly.process, MOST_ENUMERATED, NAME)
    except NoLaw as no_law:
        found.notes.append(f"no P(no information flow): {no_law}")
        return
    chances = probability_of_deliveries(patterns.probability, assembly.delivered(patterns))
    total = len(patterns.probability)
    found.estimates["no_information_flow"] = exactly(chances.get(EMPTY, 0.0), total, f"exact over {total} patterns")
