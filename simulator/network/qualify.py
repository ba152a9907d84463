"""Why a plan or its draws need the engine: what the fast path cannot run, known before any queue is run."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.network.columns import MOST_BITS
from simulator.network.plan import Draws, Plan


def why_events(plan: Plan, draws: Draws) -> str:
    """Return why requests must be run event by event; empty where nothing here asks for that."""
    return next(_reasons(plan, draws), "")


def _reasons(plan: Plan, draws: Draws) -> Iterator[str]:
    graph, policy = plan.graph, plan.policy
    asked = (
        (plan.sends_copies, "messages choose among several nodes, or are sent again"),
        (policy.why_events, policy.why_events),
        (draws.loads, "machines fail by their load"),
        (draws.loop, "requests come as others end"),
        (len(graph.exits) != 1, "several exits answer"),
        (graph.starved_emits, "starved parts emit"),
        (len(graph.edges) + len(graph.marks) + 3 > MOST_BITS,
         f"more than {MOST_BITS - 3} hyperconnections and marks of silent errors"),
    )
    yield from (why for is_asked, why in asked if is_asked)
    for node in dict.fromkeys(plan.placement.values()):
        if not plan.topology.node_by_name[node].serving.is_foreseen:
            yield f"on {node} a job's end is not known when it comes"
