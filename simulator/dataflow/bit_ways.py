"""Hyperconnections in bit planes: in which patterns a message gets over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulator.dataflow.bit_planes import ALL, Words
from simulator.dataflow.graph import Edge
from simulator.dataflow.ways import Ways
from simulator.topology.routes import Routes


class BitWays:
    """The planes of all hyperconnections.

    Args:
        edges: The hyperconnections.
        placement: Node of each part.
        routes: Routes between nodes.
        components: Names of what can fail: the planes of a pattern.
    """

    def __init__(self, edges: Sequence[Edge], placement: Mapping[str, str], routes: Routes,
                 components: Sequence[str]) -> None:
        self._ends = [(placement[edge.source], placement[edge.target]) for edge in edges]
        self._row = {name: row for row, name in enumerate(components)}
        self._ways = Ways(routes, components).of(edges, placement)
        self._needs = [sorted(self._row[name] for name in way.needs) for way in self._ways]
        topology = routes.topology
        self._stops = {node.name for node in topology.nodes if not node.forwards_when_down} & self._row.keys()
        self._links = {node: [(other, topology.graph.edges[node, other]["link"]) for other in topology.graph[node]]
                       for node in topology.graph}

    def exists(self, edge: int) -> bool:
        """Return whether a hyperconnection, by number, has any route."""
        return self._ways[edge].exists

    def needs_alone(self) -> list[int]:
        """Return the one component that each hyperconnection falls by, as its row; -1 where it is not just one."""
        return [needs[0] if way.exists and way.is_fixed and len(needs) == 1 else -1
                for way, needs in zip(self._ways, self._needs, strict=True)]

    def planes(self, up: Words) -> list[Words | None]:
        """Return, for each hyperconnection, in which patterns it is up; None: in all of them.

        Args:
            up: Planes of the components, shape ``(components, words)``.
        """
        floods: dict[str, dict[str, Words]] = {}
        found: list[Words | None] = []
        for way, needs, (source, target) in zip(self._ways, self._needs, self._ends, strict=True):
            if not way.exists:
                found.append(np.zeros_like(up[0]))
            elif not way.is_fixed:
                if source not in floods:
                    floods[source] = self._flood(source, up)
                found.append(floods[source][target])
            elif len(needs) > 1:
                found.append(np.bitwise_and.reduce(up[needs], axis=0))
            else:
                found.append(up[needs[0]] if needs else None)
        return found

    def _flood(self, source: str, up: Words) -> dict[str, Words]:
        """Return in which patterns each node has a route from one: what is reached passes it on, until nothing new."""
        reached = {node: np.zeros_like(up[0]) for node in self._links}
        reached[source] |= ALL
        waiting = dict.fromkeys([source])
        while waiting:
            node = next(iter(waiting))
            del waiting[node]
            here = reached[node]
            if node in self._stops and node != source:
                here = here & up[self._row[node]]
            for other, link in self._links[node]:
                arrives = here & up[self._row[link]] if link in self._row else here
                if (arrives & ~reached[other]).any():
                    reached[other] |= arrives
                    waiting[other] = None
        return reached
