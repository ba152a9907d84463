"""Traffic: bytes that one request is expected to send, over all patterns, on each hyperconnection and each link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from simulator.dataflow.build import spans
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach
from simulator.expect.exact import Patterns

Weights = Mapping[frozenset[str], float]


@dataclass(frozen=True)
class Traffic:
    """Expected bytes of one request.

    Args:
        edges: Bytes sent over each hyperconnection, by its name; 0 between parts on one node.
        links: Bytes that cross each link, in both directions together, by its name; a message counts on every link of
            its route.
    """

    edges: Mapping[str, float]
    links: Mapping[str, float]

    @property
    def sent_bytes(self) -> float:
        """All messages, each of them once."""
        return sum(self.edges.values())


@dataclass(frozen=True)
class Sending:
    """Which messages a request sends in a pattern, with no delays.

    A part that fires (a source that is up) sends over all its simple hyperconnections; whether the receiver is up is
    not known to it; but to a part with replicas it sends nothing where none of them can be had. A message that finds no
    route of up links is not sent. Loss coins of links are not thrown.

    Args:
        reach: Part graph, placement and routes.
        on_demand: Whether a skip is sent only where the join of its target would take it, which is where every better
            alternative of its group is missing; else every skip is sent. An ``add`` join would take all that can come.
    """

    reach: Reach
    on_demand: bool = False

    def edges(self, down: frozenset[str]) -> tuple[int, ...]:
        """Return the indices of the hyperconnections that carry a message when exactly these components are down."""
        graph, fed = self.reach.graph, self.reach.fed(down)
        sent = {edge for edge, ends in enumerate(graph.edges) if fed[ends.source] and self.reach.has_route(edge, down)}
        if self.on_demand:
            came = {edge for edge in sent if self.reach.is_up(edge, down)}
            wanted = {edge for choice in self._choices for edge in choice.take(came.intersection(choice.edges))}
            sent -= self._skips - wanted
        return tuple(sorted(sent))

    @cached_property
    def _skips(self) -> frozenset[int]:
        graph = self.reach.graph
        return frozenset(edge for edge, span in enumerate(spans(tuple(graph.position), graph.edges)) if span > 0)

    @cached_property
    def _choices(self) -> tuple[Join, ...]:
        """The joins, as they choose of what is here, whatever they need in order to fire."""
        return tuple(replace(part.join, needs="any") for part in self.reach.graph.parts if part.join)

    def links(self, edge: int, down: frozenset[str]) -> tuple[str, ...]:
        """Return the links that a message over a hyperconnection crosses; none between parts on one node."""
        reach, ends = self.reach, self.reach.graph.edges[edge]
        at = reach.standing(down)
        route = reach.routes.find(at[ends.source], at[ends.target], down)
        return route.links if route else ()


def weights(patterns: Patterns, reach: Reach) -> Weights:
    """Return P(exactly these are down) over the components that matter to a part graph."""
    summed: defaultdict[frozenset[str], float] = defaultdict(float)
    for down, probability in zip(patterns.down(), patterns.probability.tolist(), strict=True):
        summed[down & reach.relevant] += probability
    return summed


def expected_traffic(sending: Sending, payload_bytes: Mapping[str, int], patterns: Patterns) -> Traffic:
    """Return the bytes that a request is expected to send.

    Args:
        sending: Which messages are sent in a pattern.
        payload_bytes: Bytes of the message on each hyperconnection, by its name; 0 where it is missing.
        patterns: All patterns with their probabilities.
    """
    graph = sending.reach.graph
    edges = dict.fromkeys((edge.name for edge in graph.edges), 0.0)
    links = dict.fromkeys((link.name for link in sending.reach.routes.topology.links), 0.0)
    for probability, edge, crossed in _messages(sending, patterns):
        name = graph.edges[edge].name
        sent = probability * payload_bytes.get(name, 0)
        edges[name] += sent if crossed else 0.0
        for link in crossed:
            links[link] += sent
    return Traffic(edges, links)


def _messages(sending: Sending, patterns: Patterns) -> Iterator[tuple[float, int, tuple[str, ...]]]:
    """Yield each message of each pattern: the pattern's probability, the hyperconnection, the links that it crosses."""
    for down, probability in weights(patterns, sending.reach).items():
        for edge in sending.edges(down):
            yield probability, edge, sending.links(edge, down)
