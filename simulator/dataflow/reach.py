"""reach: from what is down to the delivery, with no delays (rules 2 to 8 of a delivery)."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.dataflow.graph import DATA, EMPTY, PartGraph
from simulator.dataflow.strikes import Strikes
from simulator.topology.routes import Routes


class Reach:
    """The delivery of every pattern, remembered by what is down.

    Args:
        graph: The part graph.
        placement: Node of each part.
        routes: Routes between the nodes; a hyperconnection is up iff it has one over what is up.
    """

    def __init__(self, graph: PartGraph, placement: Mapping[str, str], routes: Routes) -> None:
        self.graph = graph
        self.placement = placement
        self.routes = routes
        self.strikes = Strikes(graph)
        self.relevant = frozenset(placement.values()) | routes.relevant | self.strikes.states
        self._known: dict[frozenset[str], int] = {}

    def delivery(self, down: frozenset[str]) -> int:
        """Return the delivery when exactly these components are down; 0 is the empty one, "no answer"."""
        key = down & self.relevant
        if key not in self._known:
            fed = self.fed(key)
            answers = (self.graph.answer(name, fed[name]) for name in self.graph.exits)
            self._known[key] = next(filter(None, answers), EMPTY)
        return self._known[key]

    def fed(self, down: frozenset[str]) -> dict[str, int]:
        """Return, for each part, the edges behind its output; 0 where it sends nothing: down, or starved and silent."""
        graph, fed = self.graph, dict[str, int]()
        for part in graph.parts:
            node = self.placement[part.name]
            if node in down:
                fed[part.name] = 0
            elif part.join is None:
                fed[part.name] = DATA
            else:
                present = {edge for edge in part.join.edges if fed[graph.edges[edge].source] and self.is_up(edge, down)}
                fed[part.name] = self._union(part.join.take(present), fed, down) or graph.starved
            if fed[part.name]:
                fed[part.name] |= self.strikes.bits(part.name, (node,), down)
        return fed

    def is_up(self, edge: int, down: frozenset[str]) -> bool:
        """Return whether a message gets over a hyperconnection: it has a route, and its receiver does not drop it."""
        ends, where = self.graph.edges[edge], self._where(edge, down)
        return where is not None and not self.strikes.is_lost(ends.name, where, down)

    def has_route(self, edge: int, down: frozenset[str]) -> bool:
        """Return whether a route of up links exists between the nodes of a hyperconnection."""
        return self._where(edge, down) is not None

    def _where(self, edge: int, down: frozenset[str]) -> tuple[str, ...] | None:
        """Return where a message can be struck: the links of its route, and the hyperconnection; None without one."""
        ends = self.graph.edges[edge]
        route = self.routes.find(self.placement[ends.source], self.placement[ends.target], down)
        return None if route is None else (*route.links, ends.name)

    def _union(self, taken: tuple[int, ...], fed: Mapping[str, int], down: frozenset[str]) -> int:
        union = 0
        for edge in taken:
            ends = self.graph.edges[edge]
            union |= self.graph.edge_bit(edge) | fed[ends.source]
            union |= self.strikes.bits(ends.name, self._where(edge, down) or (), down)
        return union
