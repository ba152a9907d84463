"""reach for 64 patterns at once: every step of the walk is a few operations on words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.bit_joins import take, union
from simulator.dataflow.bit_planes import ALL, WORD, Words, transposed
from simulator.dataflow.bit_ways import BitWays
from simulator.dataflow.graph import DATA, EMPTY, Part
from simulator.dataflow.reach import Reach

Keys = NDArray[np.uint64]


@dataclass
class Walk:
    """What is known of a stretch of patterns, in planes, part by part.

    Args:
        up: Who is up, shape ``(components, words)``.
        ways: In which patterns each hyperconnection is up; None: in all.
        sends: In which patterns each part sends.
        data: In which it sends something that rests on a source's data.
        taken: In which patterns each hyperconnection is taken, by its index.
    """

    up: Words
    ways: list[Words | None]
    sends: dict[str, Words] = field(default_factory=dict)
    data: dict[str, Words] = field(default_factory=dict)
    taken: dict[int, Words] = field(default_factory=dict)


class BitReach:
    """The same deliveries as ``Reach``, for many patterns at once.

    A key is a delivery without its lowest bit, in words of 64 bits: the taken edges, then the exits; 0 is empty.

    Args:
        reach: Part graph, placement and routes.
        components: Names of what can fail: the planes of a pattern.
    """

    def __init__(self, reach: Reach, components: Sequence[str]) -> None:
        self.graph, self.components = reach.graph, tuple(components)
        row = {name: row for row, name in enumerate(self.components)}
        self._node = {part: row.get(node) for part, node in reach.placement.items()}
        self._ways = BitWays(self.graph.edges, reach.placement, reach.routes, self.components)
        self.key_words = -(-(len(self.graph.edges) + len(self.graph.exits)) // WORD)

    @staticmethod
    def fits(reach: Reach) -> bool:
        """Return whether planes say it all: no replicas, no answer marked by silent errors, no hyperconnection cut."""
        return not reach.replicas and not reach.graph.marks and not reach.cut

    def flows(self, up: Words) -> Words:
        """Return in which patterns there is an answer, shape ``(words,)``.

        Args:
            up: Who is up, shape ``(components, words)``.
        """
        walk = self._walk(up)
        return union([walk.data[name] for name in self.graph.exits])

    def keys(self, up: Words) -> Keys:
        """Return the key of each pattern's delivery, shape ``(64 * words, key_words)``.

        Args:
            up: Who is up, shape ``(components, words)``.
        """
        graph, walk = self.graph, self._walk(up)
        planes = np.zeros((self.key_words * WORD, up.shape[1]), dtype=np.uint64)
        needed: dict[str, Words] = {}
        open_yet = np.full(up.shape[1], ALL)
        for place, name in enumerate(graph.exits):
            answers = walk.data[name] & open_yet
            open_yet &= ~answers
            planes[len(graph.edges) + place] = answers
            needed[name] = answers
        for part in reversed(graph.parts):
            for edge in graph.inputs[part.name] if part.name in needed else ():
                row = np.bitwise_and(walk.taken[edge], needed[part.name], out=planes[edge])
                source = graph.edges[edge].source
                needed[source] = needed[source] | row if source in needed else row
        return transposed(planes)

    def delivery(self, key: Sequence[int]) -> int:
        """Return the delivery of a key."""
        found = sum(word << WORD * place for place, word in enumerate(key))
        return found << 1 | DATA if found else EMPTY

    def _walk(self, up: Words) -> Walk:
        walk = Walk(up, self._ways.planes(up))
        for part in self.graph.parts:
            node = self._node[part.name]
            is_up = None if node is None else up[node]
            if part.join is None:
                sends = np.full(up.shape[1], ALL) if is_up is None else is_up
                walk.sends[part.name] = walk.data[part.name] = sends
            else:
                self._join(part, walk, is_up)
        return walk

    def _join(self, part: Part, walk: Walk, is_up: Words | None) -> None:
        """Note what a part takes and sends."""
        edges, name = self.graph.edges, part.name
        present = {}
        for edge in self.graph.inputs[name]:
            sent, way = walk.sends[edges[edge].source], walk.ways[edge]
            present[edge] = sent if way is None else sent & way
        met, taken = take(part.join, present) if part.join else (np.zeros_like(walk.up[0]), {})
        fires = met if is_up is None else met & is_up
        walk.sends[name] = walk.data[name] = fires
        if self.graph.starved_emits:
            informed = union([taken[edge] & walk.data[edges[edge].source] for edge in taken])
            taken = {edge: plane & met for edge, plane in taken.items()}
            walk.data[name] = informed & fires
            walk.sends[name] = np.full_like(met, ALL) if is_up is None else is_up
        walk.taken |= taken
