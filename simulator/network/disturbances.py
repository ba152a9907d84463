"""Scripted trouble on links: spikes of latency, and messages that are lost for certain."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, did_you_mean
from simulator.topology.graph import Topology
from simulator.units import DurationNs, PositiveDurationNs

Times = NDArray[np.int64]


class Spikes(Block):
    """Messages handed to a link in [``from``, ``to``) take ``adds`` longer; with ``every``, again and again.

    ``every`` is the time from the beginning of one spike to that of the next, ``lasts`` how long each takes.
    """

    kind: Literal["spikes"]
    link: str
    from_ns: DurationNs
    to_ns: PositiveDurationNs
    adds_ns: PositiveDurationNs
    every_ns: PositiveDurationNs | None = None
    lasts_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _is_a_spell(self) -> Self:
        if self.from_ns >= self.to_ns:
            raise ValueError("'from' is not before 'to'; write from: 3 s, to: 5 s")
        if (self.every_ns is None) != (self.lasts_ns is None):
            raise ValueError("'every' and 'lasts' go together; write every: 10 s, lasts: 1 s")
        if self.every_ns and self.lasts_ns and self.lasts_ns > self.every_ns:
            raise ValueError("'lasts' is longer than 'every'; write every: 10 s, lasts: 1 s")
        return self

    def spells(self) -> Iterator[tuple[int, int]]:
        """Yield the intervals [start, end) in nanoseconds."""
        if self.every_ns is None or self.lasts_ns is None:
            yield self.from_ns, self.to_ns
            return
        for start in range(self.from_ns, self.to_ns, self.every_ns):
            yield start, min(start + self.lasts_ns, self.to_ns)


class Loses(Block):
    """A link loses certain messages: the ``first`` so many, or the listed ``messages``.

    Message i of a hyperconnection is that of request i, from 0, in each replication, whether or not the others were
    sent; ``edge`` names one hyperconnection (``fog1->cloud``), without it each one that crosses the link is meant.
    """

    kind: Literal["loses"]
    link: str
    first: Annotated[int, Field(ge=1)] | None = None
    messages: tuple[Annotated[int, Field(ge=0)], ...] = ()
    edge: str | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.first is None) == (not self.messages):
            raise ValueError("needs exactly one of 'first' and 'messages'; write first: 2, or messages: [0, 5]")
        return self

    def lost(self, edge: str, requests: int) -> NDArray[np.bool_]:
        """Return which messages of a hyperconnection are lost, shape ``(requests,)``."""
        lost = np.zeros(requests, dtype=bool)
        if self.edge in (None, edge):
            lost[[place for place in self.messages if place < requests]] = True
            lost[: self.first or 0] = True
        return lost


Disturbance = Annotated[Spikes | Loses, Field(discriminator="kind")]


def losses_by_link(disturbances: Iterable[Disturbance]) -> Mapping[str, list[Loses]]:
    """Return the certain losses of each link that has any."""
    found: dict[str, list[Loses]] = defaultdict(list)
    for each in disturbances:
        if isinstance(each, Loses):
            found[each.link].append(each)
    return dict(found)


@dataclass(frozen=True)
class Added:
    """How much longer messages take, by the instant at which they are handed over: a step function.

    Args:
        instants: Where it changes, sorted, int64 nanoseconds.
        adds: Its value from each instant on; 0 before the first.
    """

    instants: Sequence[int]
    adds: Sequence[int]

    def at(self, now: int) -> int:
        """Return what is added to a message handed over now."""
        place = bisect_right(self.instants, now)
        return self.adds[place - 1] if place else 0

    def column(self, when: Times) -> Times:
        """Return what is added at each instant; the same as ``at``."""
        found: Times = np.array([0, *self.adds])[np.searchsorted(np.array(self.instants), when, side="right")]
        return found


def added_by_link(disturbances: Iterable[Disturbance]) -> Mapping[str, Added]:
    """Return the spikes of each link that has any; where several overlap they add up."""
    steps: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for spikes in (each for each in disturbances if isinstance(each, Spikes)):
        for start, end in spikes.spells():
            steps[spikes.link][start] += spikes.adds_ns
            steps[spikes.link][end] -= spikes.adds_ns
    sums = {link: (sorted(of), np.cumsum([of[at] for at in sorted(of)]).tolist()) for link, of in steps.items()}
    return {link: Added(instants, adds) for link, (instants, adds) in sums.items()}


def disturbance_problems(
    disturbances: Iterable[Disturbance], topology: Topology, edges: Sequence[str] | None
) -> Iterator[Problem]:
    """Yield a problem for each link and each hyperconnection that is not there.

    Args:
        disturbances: As written.
        topology: Whose links they name.
        edges: Names of the hyperconnections, None where they are not known.
    """
    for place, each in enumerate(disturbances):
        if each.link not in topology.link_by_name:
            way_out = did_you_mean(each.link, topology.link_by_name)
            yield Problem(f"disturbances.{place}.link", f"no link named {each.link!r} in the topology", way_out)
        edge = each.edge if isinstance(each, Loses) else None
        if edge is not None and edges is not None and edge not in edges:
            yield Problem(f"disturbances.{place}.edge", f"no hyperconnection {edge!r}", did_you_mean(edge, edges))
