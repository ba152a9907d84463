"""Machines that are slow at times: any failure process, read as "slow" where it says "down"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.blocks import Failure, build_process
from simulator.failures.process import FailureProcess, Timeline
from simulator.failures.trace_block import ReadTrace
from simulator.seeds import Streams
from simulator.topology.graph import Topology

FIRST_LAYER = 1000  # streams of slow spells are those of no failure process


class Slow(Block):
    """While ``when`` would have a machine down it is up, but works at 1 / ``factor`` of its speed.

    ``when`` is a failure process of any kind: crash and repair for spells, coins (``bernoulli``) for stragglers among
    requests, ``scripted`` for known instants, and all that make machines slow together. Spells that overlap multiply.
    """

    factor: Annotated[float, Field(gt=1)]
    when: Failure

    def problems(self, place: str, topology: Topology, read: ReadTrace | None = None) -> list[Problem]:
        """Return what is wrong with the block at a place."""
        try:
            process = build_process([self.when], topology, read)
        except ScenarioError as error:
            return [Problem(f"{place}.when{p.place.removeprefix('failures.0')}", p.message, p.way_out)
                    for p in error.problems]
        return [Problem(f"{place}.when", f"{name!r} is a link, and links do no work", "name machines")
                for name in process.components if name in topology.link_by_name]


@dataclass(frozen=True)
class Slowness:
    """A slow process: how slow, and when.

    Args:
        factor: By which work takes longer, > 1.
        process: Where it says "down", a machine is slow.
    """

    factor: float
    process: FailureProcess


@dataclass(frozen=True)
class Spells:
    """The slow spells of one process in one replication: ``timeline`` has them as outages."""

    factor: float
    timeline: Timeline


def slownesses(blocks: Sequence[Slow], topology: Topology, read: ReadTrace | None = None) -> tuple[Slowness, ...]:
    """Return the slow processes of these blocks.

    Raises:
        ScenarioError: a block names what the topology does not have, or a link.
    """
    if problems := [problem for number, block in enumerate(blocks)
                    for problem in block.problems(f"slow.{number}", topology, read)]:
        raise ScenarioError(*problems)
    return tuple(Slowness(block.factor, build_process([block.when], topology, read)) for block in blocks)


def spells(slow: Sequence[Slowness], streams: Streams, requests: int, until_ns: int) -> tuple[Spells, ...]:
    """Return the slow spells of one replication; each process draws from streams of its own."""
    layers = (replace(streams, layer=FIRST_LAYER + number) for number in range(len(slow)))
    return tuple(Spells(one.factor, one.process.timeline(layer, requests, until_ns))
                 for one, layer in zip(slow, layers, strict=True))


def stretched(work_ns: np.ndarray, node: str, slow: Sequence[Spells]) -> np.ndarray:
    """Return the work of each request on a node, longer for the requests whose coin says that it is slow."""
    for spell in slow:
        line = spell.timeline
        if line.coins is not None and node in line.components:
            is_fast = line.coins[: len(work_ns), line.components.index(node)]
            work_ns = np.where(is_fast, work_ns, np.rint(work_ns * spell.factor).astype(np.int64))
    return work_ns
