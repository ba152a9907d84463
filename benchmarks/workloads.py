"""Workloads that the fast engine and the textbook models run on the same draws: chain, health, camera, odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from benchmarks.textbook_dag import Crash, TextbookPlan
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Group, Join
from simulator.failures.process import Timeline
from simulator.network.blocks import FirstWait, Policy
from simulator.network.disturbances import Spikes
from simulator.network.plan import Draws, Plan
from simulator.network.waits import with_waits
from simulator.topology.graph import Link, Node, Topology

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
Ends = tuple[str, str]

HEALTH_CHAIN: tuple[Ends, ...] = (("iot", "edge"), ("edge", "fog2"), ("fog2", "fog1"), ("fog1", "cloud"))
HEALTH_SKIPS: tuple[Ends, ...] = (("iot", "fog2"), ("edge", "fog1"), ("fog2", "cloud"))
CAMERA_EDGES: tuple[Ends, ...] = (
    ("cam1", "e1"),
    ("cam2", "e1"),
    ("cam3", "e2"),
    ("cam4", "e3"),
    ("cam5", "e3"),
    ("cam6", "e4"),
    ("e1", "f3"),
    ("e2", "f4"),
    ("e3", "f4"),
    ("e4", "f4"),
    ("f3", "f2"),
    ("f4", "f2"),
    ("f2", "f1"),
    ("f1", "c"),
    ("f2", "c"),
    ("f3", "f1"),
    ("f4", "f1"),
    ("e1", "f2"),
    ("e2", "f2"),
    ("e3", "f2"),
    ("e4", "f2"),
)
CAMERA_JOINS: dict[str, tuple[Group, ...]] = {
    "e1": (((0, 1),),),
    "e2": (((2,),),),
    "e3": (((3, 4),),),
    "e4": (((5,),),),
    "f3": (((6,),),),
    "f4": (((7, 8, 9),),),
    "f2": (((10,), (17,)), ((11,), (18, 19, 20))),
    "f1": (((12,), (15, 16)),),
    "c": (((13,), (14,)),),
}


@dataclass(frozen=True)
class Workload:
    """A plan of the fast engine and how to draw for it.

    Args:
        graph: The parts and hyperconnections.
        links: The links, latencies and bandwidths.
        placement: Node of each part; its own name when not given.
        fallible: Names of what crashes and is repaired (mean time between failures 8 s, to repair 1 s).
        policy: The policy block, as in a scenario.
        service_ns: Mean of the exponential service time of every part but the sources.
        gap_ns: Mean time between Poisson arrivals.
        stops: Nodes that do not forward while they are down.
        loss: Probability of each message to be lost on each link.
        mtbf_ns: Mean time between failures.
    """

    graph: PartGraph
    links: tuple[Link, ...]
    placement: dict[str, str] = field(default_factory=dict)
    fallible: tuple[str, ...] = ()
    policy: dict[str, Any] = field(default_factory=dict)
    service_ns: int = 20 * MS_NS
    gap_ns: int = 100 * MS_NS
    stops: tuple[str, ...] = ()
    loss: float = 0.0
    mtbf_ns: int = 8 * SECOND_NS

    def plan(self) -> Plan:
        """Return the engine's plan; messages have unequal sizes, 1 to 3 kB."""
        nodes = tuple(Node(part.name, forwards_when_down=part.name not in self.stops) for part in self.graph.parts)
        placement = {part.name: self.placement.get(part.name, part.name) for part in self.graph.parts}
        sizes = {edge.name: 1000 * (1 + place % 3) for place, edge in enumerate(self.graph.edges)}
        policy = Policy.model_validate(self.policy)
        return with_waits(Plan(self.graph, placement, Topology("", nodes, self.links), Costs({}, sizes), policy))

    def draws(self, requests: int, seed: int) -> Draws:
        """Return arrivals, work, failures and loss coins of some requests."""
        rng = np.random.default_rng(seed)
        arrivals = np.cumsum(rng.exponential(self.gap_ns, requests)).astype(np.int64)
        sources = set(self.graph.sources)
        work = {
            part.name: np.zeros(requests, dtype=np.int64)
            if part.name in sources
            else rng.exponential(self.service_ns, requests).astype(np.int64)
            for part in self.graph.parts
        }
        lost = (
            {
                (edge.name, link.name): rng.random(requests) < self.loss
                for edge in self.graph.edges
                for link in self.links
            }
            if self.loss
            else {}
        )
        until = int(arrivals[-1]) + 100 * SECOND_NS
        return Draws(arrivals, work, self.timeline(until, rng) if self.fallible else None, lost=lost)

    def timeline(self, until_ns: int, rng: np.random.Generator) -> Timeline:
        """Return exponential ups and downs of what can fail."""
        crashes, repairs = [], []
        for _ in self.fallible:
            count = 10 + 2 * int(until_ns / (self.mtbf_ns + SECOND_NS))
            spells = np.stack([rng.exponential(self.mtbf_ns, count), 1 + rng.exponential(SECOND_NS, count)], axis=1)
            switches = np.cumsum(spells.ravel()).astype(np.int64)
            crashes.append(switches[0::2])
            repairs.append(switches[1::2])
        return Timeline(self.fallible, tuple(crashes), tuple(repairs), None, until_ns)


def textbook_plan(plan: Plan, draws: Draws) -> TextbookPlan:
    """Return a plan of the engine and its draws for the textbook model."""
    closing: tuple[Literal["timeout", "cutoff", "first"], Mapping[str, int]] | None
    kinds: dict[str, Literal["timeout", "cutoff"]] = {"timeout": "timeout", "deadline": "cutoff"}
    wait = plan.policy.wait
    kind = wait.kind
    closing = (kinds[kind], plan.closes_ns) if kind in kinds else None
    if isinstance(wait, FirstWait):
        named = {part.name: wait.of(part.name) for part in plan.graph.parts}
        closing = ("first", {part: k for part, k in named.items() if k is not None})
    spikes: dict[str, list[tuple[int, int, int]]] = {}
    for each in (each for each in plan.disturbances if isinstance(each, Spikes)):
        spikes.setdefault(each.link, []).extend((*spell, each.adds_ns) for spell in each.spells())
    return TextbookPlan(
        plan.graph,
        plan.placement,
        plan.topology,
        plan.costs.payload_bytes,
        draws.work_ns,
        draws.arrivals_ns,
        draws.timeline,
        draws.lost,
        closing,
        plan.limit_ns,
        Crash(plan.crash.queue, plan.crash.in_service),
        priority=plan.priority,
        jitter_ns=draws.jitter_ns,
        spikes=spikes,
        waits_for_repair=plan.waits_for_repair,
        held_ns=held_ns(plan),
    )


def held_ns(plan: Plan) -> dict[int, int]:
    """Return how old a held value may be, by edge."""
    held = plan.policy.held
    ages = {place: held.of(edge) for place, edge in enumerate(plan.graph.edges)} if held else {}
    return {place: age for place, age in ages.items() if age is not None}


def links_of(edges: Sequence[Ends], bandwidth_bps: float = 1e6) -> tuple[Link, ...]:
    """Return a direct link of 3 ms for each pair."""
    return tuple(Link(f"{a}-{b}", (a, b), latency_ns=3 * MS_NS, bandwidth_bps=bandwidth_bps) for a, b in edges)


def health_graph() -> PartGraph:
    """Return the health chain of four parts with three skips, joins that select."""
    edges = tuple(Edge(a, b) for a, b in (*HEALTH_CHAIN, *HEALTH_SKIPS))
    joins = {
        "edge": Join((((0,),),)),
        "fog2": Join((((1,), (4,)),)),
        "fog1": Join((((2,), (5,)),)),
        "cloud": Join((((3,), (6,)),)),
    }
    return PartGraph((Part("iot"), *(Part(name, join, is_exit=name == "cloud") for name, join in joins.items())), edges)


def camera_graph() -> PartGraph:
    """Return the camera tree of nine parts with seven skips, joins that select."""
    cameras = tuple(Part(f"cam{number}") for number in range(1, 7))
    parts = tuple(Part(name, Join(groups), is_exit=name == "c") for name, groups in CAMERA_JOINS.items())
    return PartGraph((*cameras, *parts), tuple(Edge(a, b) for a, b in CAMERA_EDGES))


TIMEOUT = {"wait": {"kind": "timeout", "after": "50 ms"}}
WITHDRAW = {"deadline": "400 ms", "at_deadline": "withdraw"}
HEALTH_NODES = ("edge", "fog2", "fog1")
CAMERA_NODES = ("f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4")


def crash(queue: str, in_service: str) -> dict[str, Any]:
    """Return crash semantics by name."""
    return {"crash": {"queue": queue, "in_service": in_service}}


def workloads() -> dict[str, Workload]:
    """Return all workloads by name."""
    health = Workload(health_graph(), links_of((*HEALTH_CHAIN, *HEALTH_SKIPS)), fallible=HEALTH_NODES)
    every_link = tuple(link.name for link in health.links)
    wires = links_of(HEALTH_CHAIN, bandwidth_bps=4e6)
    shared = {"iot": "iot", "edge": "fog1", "fog2": "edge", "fog1": "edge", "cloud": "fog1"}
    odd = replace(
        health,
        links=wires,
        placement=shared,
        fallible=(*HEALTH_NODES, *(link.name for link in wires)),
        service_ns=10 * MS_NS,
        stops=("fog2",),
        loss=0.05,
    )
    camera = Workload(camera_graph(), links_of(CAMERA_EDGES), fallible=CAMERA_NODES, service_ns=10 * MS_NS)
    return {
        "health, nothing fails": replace(health, fallible=()),
        "health, perfect": health,
        "health, perfect, withdraw": replace(health, policy=WITHDRAW),
        "health, timeouts, withdraw": replace(health, policy={**TIMEOUT, **WITHDRAW}),
        "health, closing by the deadline": replace(health, policy={"wait": {"kind": "deadline"}, "deadline": "400 ms"}),
        "health, keep the queue": replace(health, policy=crash("keep", "lose")),
        "health, keep and restart": replace(health, policy={**crash("keep", "restart"), **WITHDRAW}),
        "health, lose and restart": replace(health, policy={**crash("lose", "restart"), **WITHDRAW}),
        "health, links fail and lose": replace(health, fallible=(*HEALTH_NODES, *every_link), loss=0.05),
        "health, over the chain's wires": replace(health, links=wires),
        "health, relays that stop": replace(health, links=wires, stops=HEALTH_NODES),
        "camera, perfect": camera,
        "camera, timeouts, withdraw": replace(camera, policy={**TIMEOUT, **WITHDRAW}),
        "odd, perfect": odd,
        "odd, timeouts, withdraw": replace(odd, policy={**TIMEOUT, **WITHDRAW}),
    }
