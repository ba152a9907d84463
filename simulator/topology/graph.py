"""The frozen graph of nodes and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import networkx as nx

from simulator.durations import Service
from simulator.errors import ScenarioError, did_you_mean
from simulator.topology.serving import PLAIN, Serving

NO_FAILURE = "no_failure"
NEARLY_ALL = 0.999
Duplex = Literal["full", "half"]


@dataclass(frozen=True)
class Node:
    """A machine.

    Args:
        name: Its name, unique among nodes and links.
        kind: What it is: ``sensor``, ``edge``, ``fog``, ``cloud``, ... (for people and drawings only).
        speed_flop_per_s: How fast it computes, > 0; infinite where no speed is given.
        memory_bytes: How much a part's weights and activations may take; None is unlimited.
        survival: Probability that it is up for one request, by named setting.
        forwards_when_down: Whether it still relays messages of others while its inference host is down.
        position: Longitude and latitude, or x and y, for drawings.
        serving: How it serves its jobs.
        device: The device that it is, None where none is named.
    """

    name: str
    kind: str = "node"
    speed_flop_per_s: float = float("inf")
    memory_bytes: int | None = None
    survival: Mapping[str, float] = field(default_factory=dict)
    forwards_when_down: bool = True
    position: tuple[float, float] | None = None
    serving: Serving = PLAIN
    device: str | None = None


@dataclass(frozen=True)
class Link:
    """A link: each direction has its own queue unless they share one; the link fails as a whole.

    Args:
        name: Its name, ``a-b`` unless the file gives one.
        ends: The two nodes that it joins.
        latency_ns: Propagation delay, >= 0.
        jitter_ns: A further delay, uniform on [0, jitter], drawn for each message.
        bandwidth_bps: Bits per second, > 0; infinite where none is given.
        loss: Probability that a message is lost on the way.
        survival: Probability that it is up for one request, by named setting.
        burst: Mean number of messages lost in a row (Gilbert-Elliott); None: each is lost independently.
        jitter_law: The law of the further delay where it is not uniform from 0.
        duplex: ``full``, or ``half``: both directions share one transmitter.
        medium: What the link shares its transmitter with: all links that name the same; None: nothing.
    """

    name: str
    ends: tuple[str, str]
    latency_ns: int = 0
    jitter_ns: int = 0
    bandwidth_bps: float = float("inf")
    loss: float = 0.0
    survival: Mapping[str, float] = field(default_factory=dict)
    burst: float | None = None
    jitter_law: Service | None = None
    duplex: Duplex = "full"
    medium: str | None = None

    @property
    def has_jitter(self) -> bool:
        """Whether messages have a further delay."""
        return self.jitter_ns > 0 or self.jitter_law is not None

    @property
    def most_jitter_ns(self) -> int:
        """The largest further delay, or where there is none the one that 99.9 % of messages do not exceed."""
        return self.jitter_law.quantile_ns(NEARLY_ALL) if self.jitter_law else self.jitter_ns

    def transmitter(self, sender: str) -> tuple[str, ...]:
        """Return what messages from a node wait for: the direction's own transmitter, the link's, or the medium's."""
        if self.medium is not None:
            return ("medium", self.medium, "")
        return (self.name, sender) if self.duplex == "full" else ("link", self.name, "")


@dataclass(frozen=True)
class Topology:
    """Nodes and links; the order of ``components`` (nodes, then links) is the order everywhere.

    With ``reroutes`` messages go around what is down; without it they keep to the route that is best when all is up.
    """

    title: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    reroutes: bool = True

    @cached_property
    def elements(self) -> tuple[Node | Link, ...]:
        """All nodes, then all links."""
        return (*self.nodes, *self.links)

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Names of all nodes, then of all links."""
        return tuple(node.name for node in self.nodes) + tuple(link.name for link in self.links)

    @cached_property
    def node_by_name(self) -> dict[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def link_by_name(self) -> dict[str, Link]:
        """The links by name."""
        return {link.name: link for link in self.links}

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """Names of the survival settings, ``no_failure`` first."""
        named = {name: None for element in self.elements for name in element.survival}
        return (NO_FAILURE, *(name for name in named if name != NO_FAILURE))

    def survival(self, setting: str) -> dict[str, float]:
        """Return each component's survival probability under a named setting; what it does not name never fails.

        Raises:
            ScenarioError: no component knows the setting.
        """
        if setting not in self.settings:
            way_out = did_you_mean(setting, self.settings)
            raise ScenarioError(f"no survival setting {setting!r} in the topology; {way_out}")
        return {element.name: element.survival.get(setting, 1.0) for element in self.elements}

    @cached_property
    def graph(self) -> nx.Graph[str]:
        """The undirected networkx graph; each edge knows its link's name and latency."""
        graph: nx.Graph[str] = nx.Graph()
        graph.add_nodes_from(node.name for node in self.nodes)
        graph.add_edges_from((*link.ends, {"link": link.name, "latency_ns": link.latency_ns}) for link in self.links)
        return graph

    def without_link(self, name: str) -> Topology:
        """Return the topology with one link cut."""
        return replace(self, links=tuple(link for link in self.links if link.name != name))
