"""The YAML blocks of a topology file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from simulator.blocks import Block
from simulator.topology.serving import Batch, Discipline, Servers, Serving
from simulator.units import BandwidthBps, DurationNs, SizeBytes, SpeedFlopPerS

Probability = Annotated[float, Field(ge=0, le=1)]
Survival = Probability | dict[str, Probability]


class NodeBlock(Block):
    """A machine; every key may be left out.

    ``survival`` is one probability for each named setting of the topology, or one for all of them. ``device`` names
    one of ``devices.yaml``, whose speed and memory it has where none are given. How it serves is told by ``servers``
    (a number or ``unlimited``), ``buffer`` (jobs that may wait), ``discipline``, ``batch`` and ``cold_start``.
    """

    kind: str = "node"
    speed_flop_per_s: SpeedFlopPerS | None = None
    memory_bytes: SizeBytes | None = None
    survival: Survival = {}
    forwards_when_down: bool = True
    position: tuple[float, float] | None = None
    device: str | None = None
    servers: Servers = 1
    buffer: Annotated[int, Field(ge=0)] | None = None
    discipline: Discipline = "fifo"
    batch: Batch | None = None
    cold_start_ns: DurationNs = 0

    @property
    def serving(self) -> Serving:
        """How the machine serves."""
        servers = None if self.servers == "unlimited" else self.servers
        return Serving(servers, self.buffer, self.discipline, self.batch, self.cold_start_ns)


class LinkBlock(Block):
    """A full-duplex link between two nodes; its name is ``a-b`` unless given, its bandwidth unlimited unless given."""

    between: tuple[str, str]
    name: Annotated[str, Field(min_length=1)] | None = None
    latency_ns: DurationNs = 0
    jitter_ns: DurationNs = 0
    bandwidth_bps: BandwidthBps | None = None
    loss: Probability = 0.0
    survival: Survival = {}


class TopologyFile(Block):
    """Nodes by name, and the links between them."""

    title: str = ""
    nodes: Annotated[dict[str, NodeBlock], Field(min_length=1)]
    links: tuple[LinkBlock, ...] = ()

    @field_validator("nodes", mode="before")
    @classmethod
    def _may_be_empty(cls, nodes: Any) -> Any:
        """Read ``edge:`` with nothing behind it as a node with no keys."""
        if not isinstance(nodes, dict):
            return nodes
        return {name: {} if node is None else node for name, node in nodes.items()}
