"""Tiny plans with every instant written by hand (nanoseconds)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Group, Join
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Log, Plan
from simulator.topology.graph import Link, Node, Topology


def graph(
    edges: Sequence[tuple[str, str]], joins: Mapping[str, tuple[Group, ...]] = {}, exit_part: str = "c"
) -> PartGraph:
    """Return a part graph; parts in order of first mention, joins add unless given, what has no input is a source."""
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    order = sorted(names, key=lambda n: depth(n, edges))
    into = {name: tuple(i for i, (_, b) in enumerate(edges) if b == name) for name in names}
    parts = [Part(n, Join(joins.get(n, ((into[n],),))) if into[n] else None, n == exit_part) for n in order]
    return PartGraph(tuple(parts), tuple(Edge(a, b) for a, b in edges))


def depth(name: str, edges: Sequence[tuple[str, str]]) -> int:
    """Return the longest way from a source."""
    return max((1 + depth(a, edges) for a, b in edges if b == name), default=0)


def timeline(down: Mapping[str, Sequence[tuple[int, int]]]) -> Timeline:
    """Return the outages of components, [crash, repair)."""
    return Timeline(
        tuple(down),
        tuple(np.array([a for a, _ in spells], dtype=np.int64) for spells in down.values()),
        tuple(np.array([b for _, b in spells], dtype=np.int64) for spells in down.values()),
        None,
        10**12,
    )


def run(
    parts: PartGraph,
    births: Sequence[int],
    *,
    work: Mapping[str, int | Sequence[int]] = {},
    latency: int = 0,
    down: Mapping[str, Sequence[tuple[int, int]]] = {},
    **more: Any,
) -> Log:
    """Run a plan on nodes of the parts' names, or as ``placement`` says, with a direct link for each edge.

    ``more``: ``policy``, ``closes``, ``placement``, ``links``, ``payload``, ``stops``, ``lost``, ``believed``
    (whom a detector suspects and when).
    """
    placement = {p.name: more.get("placement", {}).get(p.name, p.name) for p in parts.parts}
    nodes = tuple(Node(n, forwards_when_down=n not in more.get("stops", ())) for n in dict.fromkeys(placement.values()))
    pairs = dict.fromkeys((placement[e.source], placement[e.target]) for e in parts.edges)
    links = more.get("links") or tuple(Link(f"{a}-{b}", (a, b), latency_ns=latency) for a, b in pairs if a != b)
    costs = Costs({}, more.get("payload", {}))
    plan = Plan(
        parts,
        placement,
        Topology("", nodes, links),
        costs,
        Policy.model_validate(more.get("policy", {})),
        more.get("closes", {}),
    )
    size = len(births)
    works = {p.name: np.broadcast_to(np.array(work.get(p.name, 0), dtype=np.int64), size) for p in parts.parts}
    draws = Draws(np.array(births, dtype=np.int64), works, timeline(down) if down else None, lost=more.get("lost", {}),
                  suspected=timeline(more["believed"]) if "believed" in more else None)
    return engine.run(plan, draws)


def taken(parts: PartGraph, log: Log) -> list[str]:
    """Return each request's delivery in words."""
    return [parts.text(delivery) for delivery in log.delivery]
