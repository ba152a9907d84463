"""What each design of a cell delivers and sends, pattern by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import DATA, PartGraph
from simulator.expect.design_space import Design
from simulator.expect.exact import Patterns
from simulator.expect.traffic import Sending
from simulator.study.assemble import Assembly
from simulator.study.design_made import Made

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Structure:
    """What a design does in each pattern, whatever the patterns' probabilities; shape ``(patterns,)`` each.

    Args:
        deliveries: The delivery of each pattern.
        sent_bytes: Bytes that a request sends.
        why_not: Why the design cannot be, such as a part that does not fit its node; then the others are empty.
    """

    deliveries: tuple[int, ...]
    sent_bytes: Floats
    why_not: str = ""


class Worlds:
    """The designs of a cell as structures, remembered.

    Args:
        made: The designs as assemblies.
        patterns: All patterns of what can fail, as the scenario says.
        bits: The part graph in whose bits deliveries are told, which has every edge of every design; None: their own.
    """

    def __init__(self, made: Made, patterns: Patterns, bits: PartGraph | None) -> None:
        self.made, self.space, self.patterns, self.bits = made, made.space, patterns, bits
        self.down = patterns.down()
        self._structures: dict[Design, Structure] = {}

    def probability(self, design: Design) -> Floats:
        """Return the probability of each pattern under a design, shape ``(patterns,)``."""
        if not any(option.survival for option in self.space.options(design)):
            return self.patterns.probability
        survival = self.made.survival(design)
        return np.asarray(np.where(self.patterns.up, survival, 1 - survival).prod(axis=1), dtype=np.float64)

    def structure(self, design: Design) -> Structure:
        """Return what a design does in each pattern; designs that differ in survivals only have the same."""
        key = self.made.bare(design)
        if key not in self._structures:
            self._structures[key] = self._made(self.made.assembly_of(key))
        return self._structures[key]

    def _made(self, one: Assembly) -> Structure:
        why_not = self.made.why_not(one)
        if why_not:
            return Structure((), np.zeros(0), why_not)
        reach, sizes = one.reach, self.made.payload_bytes
        sending = Sending(reach, on_demand=one.scenario.policy.skips == "on_demand")
        sent: dict[frozenset[str], float] = {}
        for down in self.down:
            key = down & reach.relevant
            if key not in sent:
                crossing = (edge for edge in sending.edges(key) if sending.links(edge, key))
                sent[key] = float(sum(sizes.get(reach.graph.edges[edge].name, 0) for edge in crossing))
        deliveries = tuple(reach.delivery(down) for down in self.down)
        if self.bits is not None:
            deliveries = translated(deliveries, one.graph, self.bits)
        return Structure(deliveries, np.array([sent[down & reach.relevant] for down in self.down]))


def translated(deliveries: Sequence[int], own: PartGraph, bits: PartGraph) -> tuple[int, ...]:
    """Return the deliveries of one part graph in the bits of another that has all of its edges, edge by edge."""
    place = {edge.name: number for number, edge in enumerate(bits.edges)}
    pairs = [(own.edge_bit(number), bits.edge_bit(place[edge.name])) for number, edge in enumerate(own.edges)]
    pairs += [(own.exit_bit(name), bits.exit_bit(name)) for name in own.exits]
    known = {delivery: (delivery & DATA) | sum(theirs for ours, theirs in pairs if delivery & ours)
             for delivery in dict.fromkeys(deliveries)}
    return tuple(known[delivery] for delivery in deliveries)
