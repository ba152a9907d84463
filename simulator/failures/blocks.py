"""The union of the failure processes' YAML blocks, the only list of their kinds, and the process that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from simulator.errors import Problem, ScenarioError
from simulator.failures.alpha_factor import AlphaFactorBlock
from simulator.failures.bernoulli import Bernoulli, BernoulliBlock
from simulator.failures.beta_binomial import BetaBinomialBlock
from simulator.failures.bursts import BurstsBlock
from simulator.failures.cascade import CascadeBlock
from simulator.failures.common_cause import CommonCauseBlock
from simulator.failures.copula import CopulaBlock
from simulator.failures.environment import EnvironmentBlock
from simulator.failures.groups import GroupsBlock
from simulator.failures.load import LoadCascadeBlock, load_processes
from simulator.failures.maintenance import MaintenanceBlock
from simulator.failures.mission import MissionBlock
from simulator.failures.overlay import Overlay
from simulator.failures.process import FailureProcess
from simulator.failures.regional import RegionalBlock
from simulator.failures.renewal import RenewalBlock
from simulator.failures.repair_crew import RepairCrewBlock
from simulator.failures.scripted import ScriptedBlock
from simulator.failures.shocks import ShocksBlock
from simulator.failures.trace_block import ReadTrace, TraceBlock
from simulator.topology.graph import Topology

Failure = Annotated[BernoulliBlock | RenewalBlock | ScriptedBlock | GroupsBlock | CommonCauseBlock | BetaBinomialBlock
                    | CopulaBlock | MissionBlock | MaintenanceBlock | RepairCrewBlock | ShocksBlock | RegionalBlock
                    | AlphaFactorBlock | EnvironmentBlock | CascadeBlock | LoadCascadeBlock | BurstsBlock | TraceBlock,
                    Field(discriminator="kind")]


def build_process(blocks: Sequence[Failure], topology: Topology, read: ReadTrace | None = None) -> FailureProcess:
    """Return the process of these blocks laid over each other; without a block nothing can fail.

    Args:
        blocks: The blocks, as written.
        topology: Where.
        read: Reads the table of a trace; without it a trace fells nothing, and only its words are looked at.

    Raises:
        ScenarioError: a block names what the topology does not have; the problems of all blocks at once, each with
            its place, such as ``failures.0.survival``.
    """
    processes: list[FailureProcess] = []
    problems: list[Problem] = []
    for place, block in enumerate(blocks):
        try:
            processes.append(block.build(topology, read) if isinstance(block, TraceBlock) else block.build(topology))
        except ScenarioError as error:
            problems += [Problem(f"failures.{place}.{p.place}", p.message, p.way_out) for p in error.problems]
    problems += _shared_loads(processes)
    if problems:
        raise ScenarioError(*problems)
    if not processes:
        return Bernoulli((), ())
    return processes[0] if len(processes) == 1 else Overlay(tuple(processes), topology.components)


def _shared_loads(processes: Sequence[FailureProcess]) -> list[Problem]:
    """Return a problem for each machine that fails by its load and by another process too."""
    found = []
    for place, process in enumerate(processes):
        others = {name for other in processes if other is not process for name in other.components}
        twice = [name for name in process.components if name in others] if load_processes(process) else []
        if twice:
            named = ", ".join(map(repr, twice))
            found.append(Problem(f"failures.{place}.components", f"{named} fails by its load, and by another block too",
                                 "let it fail by one of them"))
    return found
