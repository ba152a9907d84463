"""The draws of one replication, from named streams: draw i belongs to request i, whatever the policy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.costs import Costs
from simulator.durations import ConstantService, Service
from simulator.failures.slow import Spells, stretched
from simulator.network.bursts import lost_in_bursts
from simulator.network.disturbances import losses_by_link
from simulator.network.pace import paces
from simulator.network.plan import Again, Coins, Dice, Draws, Plan, Times, work_key
from simulator.seeds import Streams
from simulator.topology.graph import Link, Topology

SECOND_NS = 1e9


def service_of(part: str, node_speed_flop_per_s: float, costs: Costs) -> Service:
    """Return a part's service time: the given one, else its FLOP over its node's speed."""
    given = costs.service.get(part)
    if given:
        return given
    work = costs.work_flop.get(part, 0.0)
    return ConstantService.model_construct(mean_ns=math.ceil(work / node_speed_flop_per_s * SECOND_NS) if work else 0)


def service_times(plan: Plan) -> dict[str, Service]:
    """Return the service time of each part on its (first) node."""
    nodes = plan.topology.node_by_name
    return {
        p.name: service_of(p.name, nodes[plan.placement[p.name]].speed_flop_per_s, plan.costs)
        for p in plan.graph.parts
    }


def work_ns(plan: Plan, requests: int, streams: Streams) -> dict[str, Times]:
    """Return the service time of each part on each of its nodes for each request, by key, int64 nanoseconds."""
    laws, nodes = service_times(plan), plan.topology.node_by_name
    for part, replicas in plan.replicas.items():
        for node in replicas:
            laws[work_key(plan, part, node)] = service_of(part, nodes[node].speed_flop_per_s, plan.costs)
    return {key: law.draw(requests, streams.of(key, "service")) for key, law in laws.items()}


def for_each_crossing(
    plan: Plan, links: Callable[[Link], bool], draw: Callable[[str, Link], np.ndarray]
) -> dict[tuple[str, str], np.ndarray]:
    """Return one drawn column for each (edge, link) that the edge may cross and that has the property."""
    wanted = [link for link in plan.topology.links if links(link)]
    return {
        (edge.name, link.name): draw(edge.name, link)
        for edge in plan.graph.edges
        for link in wanted
        if any(can_cross(plan.topology, link, source, target)
               for source in plan.nodes(edge.source) for target in plan.nodes(edge.target))
    }


def can_cross(topology: Topology, link: Link, source: str, target: str) -> bool:
    """Return whether a message between two nodes could ever take this link (not between two parts of one node)."""
    return source != target and all(end in topology.graph for end in link.ends)


def draws(plan: Plan, arrivals_ns: Times, streams: Streams) -> Draws:
    """Return the draws of one replication, without failures (the caller adds the timeline)."""
    requests = len(arrivals_ns)
    first = _dice(plan, requests, streams, 0)
    again = [Again(_dice(plan, requests, streams, number), _backoffs(plan, requests, streams, number))
             for number in range(1, plan.policy.sendings)]
    return Draws(arrivals_ns, work_ns(plan, requests, streams), jitter_ns=first.jitter_ns, lost=first.lost, again=again)


def _backoffs(plan: Plan, requests: int, streams: Streams, number: int) -> dict[str, NDArray[np.float64]]:
    retry = plan.policy.repeats
    edges = plan.graph.edges if retry and retry.backoff.jitter else ()
    return {edge.name: streams.of(edge.name, f"back-off {number}").random(requests) for edge in edges}


def _dice(plan: Plan, requests: int, streams: Streams, number: int) -> Dice:
    """Return what is drawn for the sending of that number of each message; scripted losses are those of the first."""
    troubles, which = losses_by_link(() if number else plan.disturbances), f" {number}" if number else ""

    def jitter(edge: str, link: Link) -> Times:
        dice = streams.of(f"{edge}@{link.name}", f"jitter{which}")
        if link.jitter_law:
            return link.jitter_law.draw(requests, dice)
        return np.rint(dice.random(requests) * link.jitter_ns).astype(np.int64)

    def lost(edge: str, link: Link) -> Coins:
        coins = streams.of(f"{edge}@{link.name}", f"loss{which}").random(requests)
        losses = coins < link.loss if link.burst is None else lost_in_bursts(coins, link.loss, link.burst)
        for trouble in troubles.get(link.name, ()):
            losses = losses | trouble.lost(edge, requests)
        return losses

    return Dice(
        for_each_crossing(plan, lambda link: link.has_jitter, jitter),
        for_each_crossing(plan, lambda link: link.loss > 0 or link.name in troubles, lost),
    )


def slowed(drawn: Draws, plan: Plan, slow: Sequence[Spells]) -> Draws:
    """Return the draws with slow spells: longer work for requests that meet a slow machine, paces for the others."""
    nodes = plan.work_keys
    work = {key: stretched(column, nodes[key], slow) for key, column in drawn.work_ns.items()}
    return replace(drawn, work_ns=work, paces=paces(slow))
