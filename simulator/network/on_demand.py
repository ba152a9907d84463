"""Skips on demand: the message of a skip is sent only when, at that instant, what it bypasses is believed to be down.

Who holds a message back tells nobody in time: with perfect detection its join knows at that instant that it will not
come. A crash after that costs the request its skip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simulator.dataflow.demand import skips
from simulator.network.blame import UNSENT
from simulator.network.links import Settle
from simulator.network.world import World

Hops = Callable[[int, int], int]


def demanded(world: World, part: str, outputs: Sequence[Settle], inputs: Mapping[int, Settle]) -> list[Settle]:
    """Return the wires of a part's output, those of its skips held back until somebody wants them.

    Args:
        world: Where; what is sent is counted in its ``skips_sent``.
        part: The sender.
        outputs: Its wires, in the order of its hyperconnections.
        inputs: What each hyperconnection ends in.
    """
    graph, bypassing = world.plan.graph, skips(world.plan.graph)
    return [
        on_demand(world, edge, wire, world.trace.sending(edge, inputs[edge])) if edge in bypassing else wire
        for edge, wire in zip(graph.outputs[part], outputs, strict=True)
    ]


def on_demand(world: World, edge: int, wire: Settle, unsent: Settle) -> Settle:
    """Return the wire of a skip that is sent on demand, and counted when it is."""
    is_wanted, name, sent = world.beliefs.is_wanted(edge), world.plan.graph.edges[edge].name, world.skips_sent
    hops = hops_of(world, edge)
    sent[name] = 0, 0

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if not fed:
            wire(request, when, 0, blame)
        elif is_wanted(when, request):
            if crossed := hops(when, request):
                messages, links = sent[name]
                sent[name] = messages + 1, links + crossed
            wire(request, when, fed, blame)
        else:
            unsent(request, when, 0, UNSENT)

    return send


def hops_of(world: World, edge: int) -> Hops:
    """Return how many links a message takes, by (instant, request): 0 where none is sent, or there is no way."""
    ends, placement = world.plan.graph.edges[edge], world.plan.placement
    routes, switches = world.routes, world.switches
    known: dict[int, int] = {}

    def hops(when: int, request: int) -> int:
        mask = switches.mask_at(when, request)
        if mask not in known:
            route = routes.find(placement[ends.source], placement[ends.target], switches.down(mask))
            known[mask] = len(route.links) if route else 0
        return known[mask]

    return hops
