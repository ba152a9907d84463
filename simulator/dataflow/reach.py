"""reach: from what is down to the delivery, with no delays (rules 2 to 8 of a delivery)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from simulator.dataflow.graph import DATA, EMPTY, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.dataflow.strikes import Strikes
from simulator.topology.routes import Routes


class Reach:
    """The delivery of every pattern, remembered by what is down.

    Args:
        graph: The part graph.
        placement: Node of each part; of one with replicas, the first.
        routes: Routes between the nodes; a hyperconnection is up iff it has one over what is up.
        replicas: The nodes of each part that has several, in order.
        cut: Indices of hyperconnections over which nothing ever comes.
    """

    def __init__(
        self, graph: PartGraph, placement: Mapping[str, str], routes: Routes,
        replicas: Mapping[str, tuple[str, ...]] | None = None, cut: frozenset[int] = frozenset(),
    ) -> None:
        self.graph = graph
        self.cut = cut
        self.placement = placement
        self.routes = routes
        self.replicas = replicas or {}
        self.strikes = Strikes(graph)
        others = (node for nodes in self.replicas.values() for node in nodes)
        self.relevant = frozenset((*placement.values(), *others)) | routes.relevant | self.strikes.states
        self._known: dict[frozenset[str], int] = {}
        self._standing: dict[frozenset[str], dict[str, str]] = {}

    def delivery(self, down: frozenset[str]) -> int:
        """Return the delivery when exactly these components are down; 0 is the empty one, "no answer"."""
        key = down & self.relevant
        if key not in self._known:
            fed = self.fed(key)
            answers = (self.graph.answer(name, fed[name]) for name in self.graph.exits)
            self._known[key] = next(filter(None, answers), EMPTY)
        return self._known[key]

    def without(self, edge: int) -> Reach:
        """Return the same with a hyperconnection cut, on top of those that are."""
        return Reach(self.graph, self.placement, self.routes, self.replicas, self.cut | {edge})

    def fed(self, down: frozenset[str], fired: Collection[str] = ()) -> dict[str, int]:
        """Return, for each part, the edges behind its output; 0 where it sends nothing: down, or starved and silent.

        Args:
            down: What is down.
            fired: Parts that are known to have fired, whatever is said to be down; their output counts as data.
        """
        return self._walk(down, fired)[0]

    def standing(self, down: frozenset[str]) -> Mapping[str, str]:
        """Return the node on which each part stands when these are down.

        A part with replicas stands on the first of its nodes that is up and that the first of its producers to send
        (in the order of the graph) has a route to; where a producer finds none, the next one looks. A source stands on
        its first node that is up. Where there is none, the part cannot run and its first node is named.
        """
        if not self.replicas:
            return self.placement
        key = down & self.relevant
        if key not in self._standing:
            self._standing[key] = self._walk(key)[1]
        return self._standing[key]

    def is_up(self, edge: int, down: frozenset[str]) -> bool:
        """Return whether a message gets over a hyperconnection: it has a route, and its receiver does not drop it."""
        way = self._standing_way(edge, down)
        return way is not None and not self.strikes.is_lost(self.graph.edges[edge].name, way, down)

    def has_route(self, edge: int, down: frozenset[str]) -> bool:
        """Return whether a route of up links exists between the nodes of a hyperconnection."""
        return self._standing_way(edge, down) is not None

    def _standing_way(self, edge: int, down: frozenset[str]) -> tuple[str, ...] | None:
        at, target = self.standing(down), self.graph.edges[edge].target
        if target in self.replicas and at[target] in down:
            return None  # none of its nodes can be had, and the sender knows
        return self._way(edge, at, down)

    def _way(self, edge: int, at: Mapping[str, str], down: frozenset[str]) -> tuple[str, ...] | None:
        """Return where a message can be struck: the links of its route, and the hyperconnection; None without one."""
        ends = self.graph.edges[edge]
        route = None if edge in self.cut else self.routes.find(at[ends.source], at[ends.target], down)
        return None if route is None else (*route.links, ends.name)

    def _walk(
        self, down: frozenset[str], fired: Collection[str] = ()
    ) -> tuple[dict[str, int], dict[str, str]]:
        graph, fed, at = self.graph, dict[str, int](), dict(self.placement)
        for part in graph.parts:
            node = self._chosen(part, fed, at, down) if part.name in self.replicas else at[part.name]
            if part.name not in fired and (node is None or node in down):
                fed[part.name] = 0
                continue
            at[part.name] = node or at[part.name]
            fed[part.name] = DATA if part.join is None or part.name in fired else self._joined(part.join, fed, at, down)
            if fed[part.name]:
                fed[part.name] |= self.strikes.bits(part.name, (at[part.name],), down)
        return fed, at

    def _joined(self, join: Join, fed: Mapping[str, int], at: Mapping[str, str], down: frozenset[str]) -> int:
        """Return what a part on an up node has taken: the edges behind its output."""
        edges, union = self.graph.edges, 0
        ways = {edge: self._way(edge, at, down) or () for edge in join.edges if fed[edges[edge].source]}
        here = {edge for edge, way in ways.items() if way and not self.strikes.is_lost(edges[edge].name, way, down)}
        for edge in join.take(here):
            struck = self.strikes.bits(edges[edge].name, ways[edge], down)
            union |= self.graph.edge_bit(edge) | fed[edges[edge].source] | struck
        return union or self.graph.starved

    def _chosen(
        self, part: Part, fed: Mapping[str, int], at: Mapping[str, str], down: frozenset[str]
    ) -> str | None:
        """Return the node that a part with replicas stands on, None where it has none."""
        graph, up = self.graph, [node for node in self.replicas[part.name] if node not in down]
        if part.join is None:
            return next(iter(up), None)
        senders = [source for source in graph.producers[part.name] if fed[source]]
        found = (node for source in senders for node in up if self.routes.find(at[source], node, down) is not None)
        return next(found, None)
