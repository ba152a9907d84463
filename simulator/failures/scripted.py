"""Outages as written: which component is down from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.outage import Outage
from simulator.failures.process import NoLaw, Timeline, Times, Up
from simulator.seeds import Streams
from simulator.topology.graph import Topology

WHY = "a scripted outage moves in time: who is up depends on when one asks"


@final
@dataclass(frozen=True)
class Scripted:
    """Outages at known instants.

    Args:
        components: Names, in the order of the topology.
        crash_ns: For each component its crash instants, sorted.
        repair_ns: For each component the repair instants; outages do not overlap.
    """

    components: tuple[str, ...]
    crash_ns: tuple[tuple[int, ...], ...]
    repair_ns: tuple[tuple[int, ...], ...]

    def survival(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        refuse()

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        refuse()

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        refuse()

    def switches_per_s(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        refuse()

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Raise NoLaw: it moves in time."""
        refuse()

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; nothing is drawn."""
        begun = [sum(crash < until_ns for crash in crashes) for crashes in self.crash_ns]
        crash = tuple(np.array(times[:n], dtype=np.int64) for times, n in zip(self.crash_ns, begun, strict=True))
        repair = tuple(np.array(times[:n], dtype=np.int64) for times, n in zip(self.repair_ns, begun, strict=True))
        return Timeline(self.components, crash, repair, None, until_ns)


def refuse() -> NoReturn:
    """Raise NoLaw with the reason."""
    raise NoLaw(WHY)


def merged(outages: Iterable[tuple[int, int]]) -> tuple[Times, Times]:
    """Return the union of intervals [crash, repair) as sorted crash and repair instants; touching ones become one.

    >>> merged([(5, 9), (1, 3), (2, 4)])
    (array([1, 5]), array([4, 9]))
    """
    joined: list[list[int]] = []
    for crash, repair in sorted(outages):
        if joined and crash <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], repair)
        else:
            joined.append([crash, repair])
    both = np.array(joined, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


class ScriptedBlock(Block):
    """Outages as written: ``outages: [{component: fog1, from: 3 s, to: 5 s}]``.

    An outage is of a ``component``, of several ``components``, or a ``partition`` into sides, whose links to each other
    are down; with ``every`` and ``lasts`` it comes again and again between ``from`` and ``to``.
    """

    kind: Literal["scripted"]
    outages: tuple[Outage, ...]

    @model_validator(mode="after")
    def _has_an_outage(self) -> Self:
        if not self.outages:
            raise ValueError("outages: [] breaks nothing; write [{component: fog1, from: 3 s, to: 5 s}]")
        return self

    def build(self, topology: Topology) -> Scripted:
        """Return the process; raise ScenarioError for each component that the topology does not have."""
        if problems := [Problem(f"outages.{place}.{p.place}", p.message, p.way_out)
                        for place, outage in enumerate(self.outages) for p in outage.problems(topology)]:
            raise ScenarioError(*problems)
        hit = [(outage.hit(topology), outage.spells()) for outage in self.outages]
        names = tuple(name for name in topology.components if any(name in members for members, _ in hit))
        times = [merged(spell for members, spells in hit if name in members for spell in spells) for name in names]
        return Scripted(names, tuple(tuple(c.tolist()) for c, _ in times), tuple(tuple(r.tolist()) for _, r in times))
