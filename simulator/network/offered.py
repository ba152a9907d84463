"""What is asked of each machine and of each direction of a link, against what it can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from simulator.network.draws import service_times
from simulator.network.plan import Plan
from simulator.topology.routes import Routes
from simulator.topology.serving import Serving
from simulator.units import SECOND_NS

Key = TypeVar("Key")


def machine_loads(plan: Plan, gap_ns: float) -> dict[str, float]:
    """Return the offered load of each machine with work, by node: mean work that comes in a second, per server.

    From 1 on the work that comes is more than it can do, even if it never fails; with a buffer it then refuses the
    rest. A machine of unlimited servers has none. Where jobs are served in batches, full ones are meant.

    Args:
        plan: The engine's plan; work that is not known is 0.
        gap_ns: Mean time between two requests, > 0.
    """
    busy_ns: defaultdict[str, float] = defaultdict(float)
    for part, service in service_times(plan).items():
        busy_ns[plan.placement[part]] += service.mean_ns
    servings = {node.name: node.serving for node in plan.topology.nodes}
    return {
        node: busy * _share(servings[node]) / ((servings[node].servers or 1) * gap_ns)
        for node, busy in busy_ns.items()
        if busy and servings[node].servers is not None
    }


Asked = tuple[Plan, float]
"""A plan, and the mean time between two of its requests in nanoseconds."""


def loads_of_all(
    asked: Iterable[Asked], loads: Callable[[Plan, float], Mapping[Key, float]]
) -> dict[Key, float]:
    """Return ``machine_loads`` or ``line_loads`` of several plans on the same machines and links, added up."""
    total: defaultdict[Key, float] = defaultdict(float)
    for plan, gap_ns in asked:
        for name, load in loads(plan, gap_ns).items() if gap_ns > 0 else ():
            total[name] += load
    return dict(total)


def _share(serving: Serving) -> float:
    """Return the share of its own work that a job costs where full batches are served."""
    batch = serving.batch
    return 1.0 if batch is None else (1 + batch.further * (batch.size - 1)) / batch.size


def line_loads(plan: Plan, gap_ns: float) -> Mapping[tuple[str, str], float]:
    """Return the offered load of each transmitter, by the (link, sender) that it is first asked by.

    The routes are those without failures. A direction has a transmitter of its own, unless its link is half duplex or
    on a medium.
    """
    return {first: load for first, load in _lines(plan, gap_ns).values()}


def transmitter_loads(plan: Plan, gap_ns: float) -> Mapping[tuple[str, ...], float]:
    """Return the offered load of each transmitter, by what messages wait for (``Link.transmitter``).

    Args:
        plan: The engine's plan; bytes that are not known are 0. The routes are those without failures.
        gap_ns: Mean time between two requests, > 0.
    """
    return {transmitter: load for transmitter, (_, load) in _lines(plan, gap_ns).items()}


def _lines(plan: Plan, gap_ns: float) -> dict[tuple[str, ...], tuple[tuple[str, str], float]]:
    """Return the (link, sender) by which each transmitter is first asked, and its offered load."""
    found: dict[tuple[str, ...], tuple[tuple[str, str], float]] = {}
    links, routes = plan.topology.link_by_name, Routes(plan.topology)
    for edge in plan.graph.edges:
        route = routes.find(plan.placement[edge.source], plan.placement[edge.target])
        bits = 8 * plan.costs.payload_bytes.get(edge.name, 0)
        for name, sender in zip(route.links, route.hops, strict=False) if route else ():
            first, load = found.get(links[name].transmitter(sender), ((name, sender), 0.0))
            more = bits / links[name].bandwidth_bps * SECOND_NS / gap_ns
            found[links[name].transmitter(sender)] = first, load + more
    return found
