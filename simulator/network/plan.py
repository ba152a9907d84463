"""What the engine runs: a plan, and the draws of one replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import PartGraph
from simulator.failures.process import Timeline
from simulator.network.blocks import CrashSemantics, Policy
from simulator.network.disturbances import Disturbance
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
        placement: Node of each part.
        topology: Nodes and links.
        costs: Bytes of each hyperconnection and work of each part.
        policy: Waiting, deadline, crash semantics.
        closes_ns: For timed waits, by part: nanoseconds after the first input (timeout) or after birth (deadline).
        priority: Of parts on machines that serve by it, the lowest first; without one its place in the graph.
        disturbances: Scripted trouble on links.
    """

    graph: PartGraph
    placement: Mapping[str, str]
    topology: Topology
    costs: Costs
    policy: Policy = Policy()
    closes_ns: Mapping[str, int] = field(default_factory=dict)
    priority: Mapping[str, int] = field(default_factory=dict)
    disturbances: tuple[Disturbance, ...] = ()

    @property
    def crash(self) -> CrashSemantics:
        """What a crash does to a machine's jobs."""
        return self.policy.crash

    @property
    def limit_ns(self) -> int | None:
        """Age at which a request is withdrawn, None where late answers are still given."""
        return self.policy.deadline_ns if self.policy.at_deadline == "withdraw" else None


@dataclass(frozen=True)
class Draws:
    """Everything random in one replication; draw i belongs to request i.

    Args:
        arrivals_ns: Birth of each request, sorted, shape ``(requests,)``.
        work_ns: Service time of each part for each request.
        timeline: Failures, or None when nothing can fail.
        jitter_ns: Further delay by (edge name, link name); missing where a link has no jitter.
        lost: Loss coins by (edge name, link name), True for lost; missing where a link loses nothing.
        paces: How fast each node works and when; missing where it is never slow.
        loop: The closed loop that gives the births, of which then only the number is drawn; None: births are drawn.
    """

    arrivals_ns: Times
    work_ns: Mapping[str, Times]
    timeline: Timeline | None = None
    jitter_ns: Mapping[tuple[str, str], Times] = field(default_factory=dict)
    lost: Mapping[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)
    paces: Mapping[str, Pace] = field(default_factory=dict)
    loop: Loop | None = None


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
        lines: What each transmitter did, by what messages wait for (``Link.transmitter``); empty unless asked for.
    """

    delivery: Sequence[int]
    end_ns: Times
    blame: NDArray[np.int64]
    too_late: Mapping[str, int]
    machines: Mapping[str, MachineLoad] = field(default_factory=dict)
    arrival_ns: Times = field(default_factory=no_times)
    lines: Mapping[tuple[str, ...], MachineLoad] = field(default_factory=dict)
