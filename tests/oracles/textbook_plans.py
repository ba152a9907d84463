"""Small worlds for the textbook model: graphs, topologies and timelines in a line or two, with times in plain ns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline
from simulator.topology.graph import Link, Node, Topology


def add(*edges: int, needs: str | int = "any") -> Join:
    """Return the join that takes all inputs present."""
    return Join(((tuple(edges),),), needs)


def select(*edges: int) -> Join:
    """Return the join that takes the first input present, in the order given."""
    return Join((tuple((edge,) for edge in edges),))


def graph_of(joins: Mapping[str, Join | None], *edges: str) -> PartGraph:
    """Return a part graph from the joins of its parts, the last one the exit, and edges such as ``"a>b"``."""
    exit_part = list(joins)[-1]
    parts = tuple(Part(name, join, name == exit_part) for name, join in joins.items())
    return PartGraph(parts, tuple(Edge(*edge.split(">")) for edge in edges))


def wire(ends: str, latency_ns: int = 0, byte_ns: int = 0) -> Link:
    """Return the link ``"a-b"``, named so, that needs ``byte_ns`` to transmit a byte (0: no queue)."""
    source, target = ends.split("-")
    return Link(ends, (source, target), latency_ns, bandwidth_bps=8e9 / byte_ns if byte_ns else float("inf"))


def network(nodes: str, *links: Link, stops: str = "") -> Topology:
    """Return the topology of one-letter nodes; those in ``stops`` do not forward when down."""
    return Topology("test", tuple(Node(name, forwards_when_down=name not in stops) for name in nodes), links)


@dataclass(frozen=True)
class Downs:
    """When components are down, as lists of (crash, repair), and who is absent for which request."""

    intervals: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    absent: Mapping[int, str] = field(default_factory=dict)

    def timeline(self, topology: Topology, requests: int) -> Timeline:
        """Return them for all components of a topology."""
        spans = [np.array(self.intervals.get(name, ()), dtype=np.int64).reshape(-1, 2) for name in topology.components]
        coins = np.ones((requests, len(spans)), dtype=bool)
        for request, name in self.absent.items():
            coins[request, topology.components.index(name)] = False
        columns = tuple(span[:, 0] for span in spans), tuple(span[:, 1] for span in spans)
        return Timeline(topology.components, *columns, coins if self.absent else None, 10**9)
