"""The YAML blocks of a topology file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from simulator.blocks import Block, with_generated
from simulator.durations import Jitter
from simulator.topology.generated import ChainTopology
from simulator.topology.graph import Duplex
from simulator.topology.measured import Measured
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


class GilbertElliott(Block):
    """Loss in bursts: a share ``loss`` of messages, ``burst`` of them in a row on average.

    The link is good or bad, and changes from message to message: from bad with probability 1/burst, from good with
    loss / (burst (1 - loss)); all messages are lost while it is bad (Gilbert, 1960).
    """

    kind: Literal["gilbert_elliott"]
    loss: Annotated[float, Field(gt=0, lt=1)]
    burst: Annotated[float, Field(ge=1)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        shortest = self.loss / (1 - self.loss)
        if self.burst < shortest:
            raise ValueError(f"a loss of {self.loss:g} needs bursts of {shortest:g} messages at least, not "
                             f"{self.burst:g}; write a longer 'burst'")
        return self


def _loss_kind(value: Any) -> str:
    return "gilbert_elliott" if isinstance(value, dict | GilbertElliott) else "probability"


Loss = Annotated[Annotated[Probability, Tag("probability")] | Annotated[GilbertElliott, Tag("gilbert_elliott")],
                 Discriminator(_loss_kind)]


class LinkBlock(Block):
    """A link between two nodes; its name is ``a-b`` unless given, its bandwidth unlimited unless given.

    ``loss`` is a probability, or ``{kind: gilbert_elliott, loss: 0.1, burst: 5}``. ``jitter`` is the most that may be
    added (uniform from 0), or a law such as ``{law: gamma, mean: 4 ms, cv: 0.5}``. With ``duplex: half`` both
    directions share one transmitter; all links of one ``medium`` share one.
    """

    between: tuple[str, str]
    name: Annotated[str, Field(min_length=1)] | None = None
    latency_ns: DurationNs = 0
    jitter: Jitter = None
    bandwidth_bps: BandwidthBps | None = None
    loss: Loss = 0.0
    survival: Survival = {}
    duplex: Duplex = "full"
    medium: Annotated[str, Field(min_length=1)] | None = None


class TopologyFile(Block):
    """Nodes by name, and the links between them.

    ``measured`` are matrices: a link is made for each two of their nodes, or where one is written it gets what is
    measured and not written. With ``routing: around`` messages go around what is down where they can; with ``fixed``
    they keep to the route that is best when all is up. ``generate`` stands for nodes and links that are not written.
    """

    title: str = ""
    routing: Literal["around", "fixed"] = "around"
    nodes: Annotated[dict[str, NodeBlock], Field(min_length=1)]
    links: tuple[LinkBlock, ...] = ()
    measured: tuple[Measured, ...] = ()
    generate: ChainTopology | None = None

    @model_validator(mode="before")
    @classmethod
    def _generated(cls, value: Any) -> Any:
        return with_generated(value, ChainTopology)

    @field_validator("nodes", mode="before")
    @classmethod
    def _may_be_empty(cls, nodes: Any) -> Any:
        """Read ``edge:`` with nothing behind it as a node with no keys."""
        if not isinstance(nodes, dict):
            return nodes
        return {name: {} if node is None else node for name, node in nodes.items()}
