"""Which survivals of the failure blocks are uncertain, and the process of all that is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.errors import Problem, ScenarioError
from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.blocks import Failure, build_process
from simulator.failures.process import FailureProcess
from simulator.failures.renewal import RenewalBlock
from simulator.failures.survival_trace import SurvivalTrace
from simulator.failures.trace_block import ReadTrace
from simulator.failures.uncertain import Knowledge, uncertain_in
from simulator.topology.graph import Topology

KEYS = {BernoulliBlock: "survival", RenewalBlock: "availability"}


@dataclass(frozen=True)
class Input:
    """One uncertain survival.

    Args:
        component: Whose.
        knowledge: What is known of it.
    """

    component: str
    knowledge: Knowledge


def counted(blocks: Sequence[Failure], topology: Topology, read: ReadTrace) -> tuple[Failure, ...]:
    """Return the blocks with survivals counted from traces, where that is where they come from.

    Raises:
        ScenarioError: a trace does not tell them; with the place of each, such as ``failures.0.survival.trace``.
    """
    found: list[Failure] = []
    problems: list[Problem] = []
    for place, block in enumerate(blocks):
        try:
            found.append(block.counted(topology, read) if isinstance(block, BernoulliBlock) else block)
        except ScenarioError as error:
            problems += [Problem(f"failures.{place}.{p.place}" if p.place.startswith("survival") else p.place,
                                 p.message, p.way_out) for p in error.problems]
    if problems:
        raise ScenarioError(*problems)
    return tuple(found)


def are_uncertain(blocks: Sequence[Failure]) -> bool:
    """Return whether some survival is uncertain, also where it is still to be counted."""
    return bool(uncertain_inputs(blocks)) or any(
        isinstance(block, BernoulliBlock) and isinstance(block.survival, SurvivalTrace) for block in blocks)


def uncertain_inputs(blocks: Sequence[Failure]) -> tuple[Input, ...]:
    """Return the uncertain survivals of these blocks, in the order of the file."""
    return tuple(Input(name, knowledge) for block in blocks if (key := KEYS.get(type(block)))
                 for name, knowledge in uncertain_in(getattr(block, key)).items())


def certain_process(
    blocks: Sequence[Failure], topology: Topology, read: ReadTrace | None = None
) -> FailureProcess:
    """Return the process of these blocks without the components whose survival is uncertain there."""
    kept: list[Failure] = []
    for block in blocks:
        key = KEYS.get(type(block), "")
        unsure = uncertain_in(getattr(block, key, None))
        if not unsure:
            kept.append(block)
            continue
        rest = {name: p for name, p in getattr(block, key).items() if name not in unsure}
        if rest:
            kept.append(block.model_copy(update={key: rest}))
    return build_process(kept, topology, read)
