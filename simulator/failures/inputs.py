"""Which survivals of the failure blocks are uncertain, and the process of all that is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.blocks import Failure, build_process
from simulator.failures.process import FailureProcess
from simulator.failures.renewal import RenewalBlock
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
