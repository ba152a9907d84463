"""How long joins wait: derived along the depth of the graph, since equal timeouts at every join are wrong.

When edge is dead, fog2 fires only after its wait; a fog1 with the same wait closes just before fog2's answer comes.
So a join waits for at least the wait before it plus the path between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from simulator.network.blocks import AFTER_FIRST, DeadlineWait
from simulator.network.draws import service_times
from simulator.network.links import transmission_ns
from simulator.network.plan import Plan
from simulator.topology.routes import Route, Routes
from simulator.units import duration_text


def path_ns(plan: Plan) -> dict[str, int]:
    """Return, by edge name, the nominal time from the firing of an edge's source to the arrival at its target.

    Mean service, transmission, propagation and the most that jitter adds (where there is no most: what 99.9 % of
    messages do not exceed); no queueing; 0 where there is no route. Between replicas it is the longest way;
    mean service is that on the first node.
    """
    service, routes, times = service_times(plan), Routes(plan.topology), {}
    for edge in plan.graph.edges:
        pairs = product(plan.nodes(edge.source), plan.nodes(edge.target))
        sent = plan.costs.payload_bytes.get(edge.name, 0)
        ways = [_crossing_ns(plan, routes.find(*pair), sent) for pair in pairs]
        times[edge.name] = service[edge.source].mean_ns + max(ways)
    return times


def _crossing_ns(plan: Plan, route: Route | None, sent: int) -> int:
    crossed = [plan.topology.link_by_name[name] for name in route.links] if route else []
    return sum(link.latency_ns + link.most_jitter_ns + transmission_ns(sent, link.bandwidth_bps) for link in crossed)


def timeouts_ns(plan: Plan, after: int | Mapping[str, int]) -> dict[str, int]:
    """Return each join's wait after its first input; one number grows along the depth, a mapping is taken as it is."""
    if isinstance(after, Mapping):
        return {part.name: after.get(part.name, 0) for part in plan.graph.parts if part.join}
    before = waits_before_ns(plan, {}, after)
    return {part.name: before[part.name] + after for part in plan.graph.parts if part.join}


def waits_before_ns(plan: Plan, waits: Mapping[str, int], after_ns: int = 0) -> dict[str, int]:
    """Return, for each part, the longest wait upstream of it plus the path from there: the least that it should wait.

    A part that is in ``waits`` waits that long itself, any other join with several inputs the least plus ``after_ns``.
    """
    path, graph = path_ns(plan), plan.graph
    least: dict[str, int] = {}
    own: dict[str, int] = {}
    for part in graph.parts:
        sources = [(graph.edges[edge].source, graph.edges[edge].name) for edge in graph.inputs[part.name]]
        least[part.name] = max((own[source] + path[name] for source, name in sources if own[source]), default=0)
        is_waiting = len(sources) > 1
        own[part.name] = waits.get(part.name, least[part.name] + after_ns) if is_waiting else least[part.name]
    return least


def cutoffs_ns(plan: Plan, deadline_ns: int, margin_ns: int) -> dict[str, int]:
    """Return each join's closing age: the deadline less the margin and the longest nominal way on to an exit."""
    path, graph, service = path_ns(plan), plan.graph, service_times(plan)
    onward: dict[str, int] = {}
    for part in reversed(graph.parts):
        ways = [path[graph.edges[e].name] + onward[graph.edges[e].target] for e in graph.outputs[part.name]]
        onward[part.name] = max([*ways, service[part.name].mean_ns if part.is_exit else 0])
    return {part.name: max(0, deadline_ns - margin_ns - onward[part.name]) for part in graph.parts if part.join}


def with_waits(plan: Plan) -> Plan:
    """Return the plan with the closing times of its policy filled in."""
    wait = plan.policy.wait
    if isinstance(wait, AFTER_FIRST):
        return replace(plan, closes_ns=timeouts_ns(plan, wait.after_ns))
    if isinstance(wait, DeadlineWait) and plan.policy.deadline_ns:
        return replace(plan, closes_ns=cutoffs_ns(plan, plan.policy.deadline_ns, wait.margin_ns))
    return plan


def check_waits(plan: Plan) -> list[str]:
    """Return a warning for each join whose wait is shorter than the wait before it plus the path."""
    if not isinstance(plan.policy.wait, AFTER_FIRST):
        return []
    waits = with_waits(plan).closes_ns
    least = waits_before_ns(plan, waits)
    return [
        f"{part} waits {duration_text(waits[part])}, shorter than the wait before it plus the path, "
        f"{duration_text(need)}: it closes before a degraded input can come; write that, or one duration for all"
        for part, need in least.items()
        if len(plan.graph.inputs[part]) > 1 and waits[part] < need
    ]
