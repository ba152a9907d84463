"""What cannot be summed over all patterns, foreseen: before anything is trained, and by ``sim check``."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import Problem, ScenarioError
from simulator.expect.exact import too_many
from simulator.failures.process import NoLaw
from simulator.study.assemble import Assembly
from simulator.study.flow_findings import along_frontier_or_few


def check_sums(assembly: Assembly) -> None:
    """Check that all that a cell asks for exactly can be had so.

    Raises:
        ScenarioError: a table of patterns, or a frontier, would be too large; with every such problem.
    """
    if problems := tuple(_problems(assembly)):
        raise ScenarioError(*problems)


def _problems(assembly: Assembly) -> Iterator[Problem]:
    measure = assembly.scenario.measure
    if any(_summed(assembly)):
        asked_by, most = measure.summed_by
        if problem := too_many(len(assembly.process.components), most, asked_by):
            yield problem
    if measure.no_information_flow:
        try:
            along_frontier_or_few(assembly)
        except ScenarioError as error:
            yield from error.problems
        except NoLaw:
            return  # a note will say so


def _summed(assembly: Assembly) -> Iterator[bool]:
    """Yield, for each measure that goes through all patterns, whether it is asked for and has what to judge by."""
    measure, given = assembly.scenario.measure, assembly.scenario.outcomes is not None
    count = len(assembly.process.components)
    yield measure.expected_accuracy is not None and not measure.is_sampled(count) and (given or assembly.has_layers)
    yield measure.individual_failures is not None
    yield measure.accuracy_vs_failure is not None
    yield measure.traffic is not None
    is_switched = measure.sensitivity is not None and "hyperconnections" in measure.sensitivity.of
    yield is_switched and assembly.has_layers and not given
