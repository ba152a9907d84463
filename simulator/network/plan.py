"""What the engine runs: a plan, and the draws of one replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import PartGraph
from simulator.failures.load import Exposure
from simulator.failures.process import Timeline
from simulator.network.blocks import CrashSemantics, Policy
from simulator.network.disturbances import Disturbance
from simulator.network.held_log import HeldLog
from simulator.network.loop import Loop
from simulator.network.pace import Pace
from simulator.topology.graph import Topology

Times = NDArray[np.int64]
Coins = NDArray[np.bool_]


def no_times() -> Times:
    """Return no instants."""
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Plan:
    """Parts on nodes, hyperconnections over links, and the policy: all that does not change between replications.

    Args:
        graph: Who feeds whom.
        placement: Node of each part; of one with replicas, the first.
        topology: Nodes and links.
        costs: Bytes of each hyperconnection and work of each part.
        policy: Waiting, deadline, crash semantics.
        closes_ns: For timed waits, by part: nanoseconds after the first input (timeout) or after birth (deadline).
        priority: Of parts on machines that serve by it, the lowest first; without one its place in the graph.
        disturbances: Scripted trouble on links.
        replicas: The nodes of each part that has several, in order.
    """

    graph: PartGraph
    placement: Mapping[str, str]
    topology: Topology
    costs: Costs
    policy: Policy = Policy()
    closes_ns: Mapping[str, int] = field(default_factory=dict)
    priority: Mapping[str, int] = field(default_factory=dict)
    disturbances: tuple[Disturbance, ...] = ()
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def nodes(self, part: str) -> tuple[str, ...]:
        """Return the nodes that a part stands on, in order."""
        return self.replicas.get(part) or (self.placement[part],)

    @property
    def hedged(self) -> tuple[str, ...]:
        """The parts that are hedged, if the policy says so: those with replicas and one hyperconnection into them."""
        joins = {part.name: part.join for part in self.graph.parts if part.join and len(part.join.edges) == 1}
        has_one = {name for name, join in joins.items() if join.take(set(join.edges))}
        return tuple(part for part in self.replicas if part in has_one) if self.policy.hedge else ()

    @property
    def sends_copies(self) -> bool:
        """Whether a message may go to one of several nodes, or more than once."""
        return bool(self.replicas) or self.policy.sendings > 1

    @property
    def work_keys(self) -> dict[str, str]:
        """The node of each key of ``Draws.work_ns``: one key for each part on each of its nodes."""
        return {work_key(self, part, node): node for part in self.placement for node in self.nodes(part)}

    def parts_on(self, node: str) -> dict[str, str]:
        """Return the parts on a node, each with its key in ``Draws.work_ns``."""
        return {part: work_key(self, part, node) for part in self.placement if node in self.nodes(part)}

    @property
    def crash(self) -> CrashSemantics:
        """What a crash does to a machine's jobs."""
        return self.policy.crash

    @property
    def waits_for_repair(self) -> bool:
        """Whether messages that find no way or a node that is down are kept until the repair."""
        return self.policy.lost == "wait_for_repair"

    @property
    def limit_ns(self) -> int | None:
        """Age at which a request is withdrawn, None where late answers are still given."""
        return self.policy.deadline_ns if self.policy.at_deadline == "withdraw" else None


def work_key(plan: Plan, part: str, node: str) -> str:
    """Return where the service times of a part on a node are kept: by its name on its first node, as ever.

    On other nodes they are draws of their own, so that a replica moves no other draw.
    """
    return part if node == plan.placement[part] else f"{part}@{node}"


@dataclass(frozen=True)
class Dice:
    """What chance does to messages on links, by (edge name, link name).

    Args:
        jitter_ns: Further delay; missing where a link has no jitter.
        lost: Loss coins, True for lost; missing where a link loses nothing.
    """

    jitter_ns: Mapping[tuple[str, str], Times]
    lost: Mapping[tuple[str, str], Coins]


@dataclass(frozen=True)
class Again:
    """What is drawn for one more sending of each message.

    Args:
        dice: Jitter and loss coins of its own.
        backoff: From [0, 1), by edge name: how much of the back-off's jitter is taken off; missing without jitter.
    """

    dice: Dice
    backoff: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Sendings:
    """How often the messages of a hyperconnection were sent.

    Args:
        messages: Messages that were sent at all.
        repeated: Sendings beyond the first of each.
        given_up: Messages that were lost for good.
        refused: Repetitions for which there was no budget, so that the message was given up.
        resent: Repetitions and copies that had a way over links.
        crossings: Links on those ways.
        hedged: Copies that were sent to a second node, for parts that are hedged.
        won: Copies whose output came first.
        wasted: Outputs that came second and were dropped.
    """

    messages: int = 0
    repeated: int = 0
    given_up: int = 0
    refused: int = 0
    resent: int = 0
    crossings: int = 0
    hedged: int = 0
    won: int = 0
    wasted: int = 0


@dataclass(frozen=True)
class Draws:
    """Everything random in one replication; draw i belongs to request i.

    Args:
        arrivals_ns: Birth of each request, sorted, shape ``(requests,)``.
        work_ns: Service time of each part for each request, by ``work_key``.
        timeline: Failures, or None when nothing can fail.
        jitter_ns: Further delay by (edge name, link name); missing where a link has no jitter.
        lost: Loss coins by (edge name, link name), True for lost; missing where a link loses nothing.
        paces: How fast each node works and when; missing where it is never slow.
        loop: The closed loop that gives the births, of which then only the number is drawn; None: births are drawn.
        suspected: Whom the policy's detector suspects and when; None: there is no detector.
        again: What is drawn for the second, third, ... sending of each message.
        loads: What decides the crashes of machines that fail by their load, by node.
        asks: Number of the plan that each request asks, where several share the machines; None: there is one.
    """

    arrivals_ns: Times
    work_ns: Mapping[str, Times]
    timeline: Timeline | None = None
    jitter_ns: Mapping[tuple[str, str], Times] = field(default_factory=dict)
    lost: Mapping[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)
    paces: Mapping[str, Pace] = field(default_factory=dict)
    loop: Loop | None = None
    suspected: Timeline | None = None
    again: Sequence[Again] = ()
    loads: Mapping[str, Exposure] = field(default_factory=dict)
    asks: NDArray[np.int64] | None = None

    def dice(self, number: int) -> Dice:
        """Return jitter and loss coins of the sending of that number, the first being 0."""
        return self.again[number - 1].dice if number else Dice(self.jitter_ns, self.lost)


@dataclass(frozen=True)
class MachineLoad:
    """What one machine, or one transmitter of a link, did.

    Args:
        jobs: Part runs (or messages) that came to it, refused ones included.
        number: Mean number of jobs present, those that wait included.
        utilisation: Share of its servers' time in which they worked; NaN where their number is unlimited.
    """

    jobs: int
    number: float
    utilisation: float


@dataclass(frozen=True)
class Log:
    """How each request ended.

    Args:
        delivery: The delivery of each request (0: no answer), as ints of the part graph.
        end_ns: When it answered, or when it was known that it would not; shape ``(requests,)``.
        blame: Code of who is to blame (``machines.blame_code``), 0 for nobody.
        too_late: Inputs that came after their part had fired, by part.
        machines: What each machine with work did, by node; empty unless it was asked for.
        arrival_ns: Birth of each request.
        skips_sent: By the name of each skip hyperconnection how many messages were really sent, and over how many
            links; empty unless skips are sent on demand.
        held: Values of earlier requests that parts took.
        sendings: How often messages were sent, by hyperconnection; empty where none is sent again.
        outages: When machines that fail by their load were down, (crash, repair), by node.
        lines: What each transmitter did, by what messages wait for (``Link.transmitter``); empty unless asked for.
    """

    delivery: Sequence[int]
    end_ns: Times
    blame: NDArray[np.int64]
    too_late: Mapping[str, int]
    machines: Mapping[str, MachineLoad] = field(default_factory=dict)
    arrival_ns: Times = field(default_factory=no_times)
    skips_sent: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    held: HeldLog = field(default_factory=HeldLog)
    sendings: Mapping[str, Sendings] = field(default_factory=dict)
    outages: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], MachineLoad] = field(default_factory=dict)
