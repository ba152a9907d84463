"""Routes: which links and relays carry a hyperconnection, given what is down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import networkx as nx

from simulator.topology.graph import Topology


@dataclass(frozen=True)
class Route:
    """A path of links.

    Args:
        links: Names of the links, in order; empty when both parts stand on one node.
        hops: The nodes passed, first and last included; ``len(links) + 1`` of them.
    """

    links: tuple[str, ...]
    hops: tuple[str, ...]


class Routes:
    """The route of least latency between two nodes over what is up; ties go to fewer hops, then always to the same.

    Only what is down on a route makes another one be looked for: a failure elsewhere, or the repair of what the route
    did not have to go around, changes nothing.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._graph = topology.graph
        self._stops = {node.name for node in topology.nodes if not node.forwards_when_down}
        self._found: dict[tuple[str, str, frozenset[str]], Route | None] = {}
        links = frozenset(link.name for link in topology.links)
        self.relevant = links | self._stops

    @cached_property
    def _least_ns(self) -> dict[str, int]:
        """The least latency of each node's links."""
        return {node: min(edge["latency_ns"] for edge in links.values()) for node, links in self._graph.adj.items()
                if links}

    def find(self, source: str, target: str, down: frozenset[str] = frozenset()) -> Route | None:
        """Return the best route over up links and forwarding nodes, or None.

        Where the topology does not reroute it is the one that is best when all is up, or None.

        Args:
            source: Node that sends; whether it is up is not asked here.
            target: Node that receives.
            down: Names of components that are down.
        """
        down &= self.relevant
        around: frozenset[str] = frozenset()
        while True:
            route = self._around(source, target, around)
            hit = down.intersection((*route.links, *route.hops[1:-1])) if route else None
            if not hit:
                return route
            if not self.topology.reroutes:
                return None
            around |= hit

    def _around(self, source: str, target: str, down: frozenset[str]) -> Route | None:
        """Return the best route around these, remembered: still the best while what else is down is not on it."""
        key = (source, target, down)
        if key not in self._found:
            self._found[key] = self._search(*key)
        return self._found[key]

    def _search(self, source: str, target: str, down: frozenset[str]) -> Route | None:
        if source == target:
            return Route((), (source,))
        link = self._graph.get_edge_data(source, target)
        if link and link["link"] not in down and link["latency_ns"] <= self._least_ns[source] + self._least_ns[target]:
            return Route((link["link"],), (source, target))  # any other one leaves the source and reaches the target
        up = nx.subgraph_view(
            self._graph,
            filter_node=lambda node: node in (source, target) or node not in down or node not in self._stops,
            filter_edge=lambda a, b: self._graph.edges[a, b]["link"] not in down,
        )
        more_than_hops = len(self._graph)

        def hops_within_latency(_a: str, _b: str, edge: dict[str, int]) -> int:
            return edge["latency_ns"] * more_than_hops + 1

        try:
            _, hops = nx.single_source_dijkstra(up, source, target, weight=hops_within_latency)
        except nx.NetworkXNoPath:
            return None
        return Route(tuple(self._graph.edges[pair]["link"] for pair in pairwise(hops)), tuple(hops))
