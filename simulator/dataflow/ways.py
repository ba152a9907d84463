"""What carries a hyperconnection: the components that must all be up, or a choice of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from simulator.dataflow.graph import Edge
from simulator.topology.routes import Routes


@dataclass(frozen=True)
class Way:
    """What a message needs in order to get over a hyperconnection.

    Args:
        needs: Components that must all be up; none of them: it is always up.
        exists: Whether there is a route at all.
        is_fixed: Whether ``needs`` says it all; False where the message may go around what is down.
    """

    needs: frozenset[str] = frozenset()
    exists: bool = True
    is_fixed: bool = True


class Ways:
    """The ways of hyperconnections, given which components can fail at all.

    Args:
        routes: Routes between nodes.
        failing: Names of what can fail.
    """

    def __init__(self, routes: Routes, failing: Iterable[str]) -> None:
        self.routes = routes
        self._failing = frozenset(failing) & routes.relevant
        self._graph = routes.topology.graph
        self._relays = frozenset(self._graph) - self._failing
        steady = nx.Graph(
            (a, b) for a, b, link in self._graph.edges(data="link") if link not in self._failing)
        steady.add_nodes_from(self._graph)
        self._steady = steady
        pieces = nx.connected_components(steady.subgraph(self._relays))
        self._piece = {node: place for place, nodes in enumerate(pieces) for node in nodes}
        self._known: dict[tuple[str, str], Way] = {}

    def of(self, edges: Iterable[Edge], placement: Mapping[str, str]) -> tuple[Way, ...]:
        """Return the way of each hyperconnection.

        Args:
            edges: The hyperconnections.
            placement: Node of each part.
        """
        return tuple(self.between(placement[edge.source], placement[edge.target]) for edge in edges)

    def between(self, source: str, target: str) -> Way:
        """Return the way from one node to another."""
        if (source, target) not in self._known:
            is_always_up = source == target or (self.routes.topology.reroutes and self._is_steady(source, target))
            self._known[source, target] = Way() if is_always_up else self._found(source, target)
        return self._known[source, target]

    def _found(self, source: str, target: str) -> Way:
        """Return the way over the best route: it is fixed iff nothing goes around any of what it needs."""
        route = self.routes.find(source, target)
        if route is None:
            return Way(exists=False)
        needs = self._failing.intersection((*route.links, *route.hops[1:-1]))
        around = (self.routes.find(source, target, frozenset({name})) for name in needs)
        return Way(needs, is_fixed=all(other is None for other in around))

    def _is_steady(self, source: str, target: str) -> bool:
        """Return whether a route exists over what cannot fail."""
        joined = self._steady.has_edge(source, target)
        return joined or not self._pieces(source).isdisjoint(self._pieces(target))

    def _pieces(self, node: str) -> set[int]:
        if node in self._piece:
            return {self._piece[node]}
        return {self._piece[other] for other in self._steady[node] if other in self._piece}
