"""What parts send with: plain wires, or those of a plan in which parts have replicas or messages are sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from simulator.network import links
from simulator.network.blame import BY_CRASH, blame_code
from simulator.network.clock import Clock
from simulator.network.hedge import COPIES, Hedge, HedgedWire
from simulator.network.life import DOWN
from simulator.network.links import Settle
from simulator.network.parts import Station, single_input
from simulator.network.replicas import NOWHERE, Finder, Stand, at_its_stand, first_up
from simulator.network.retry import Attempt, Retrying
from simulator.network.wiring import Sending, Wiring

if TYPE_CHECKING:
    from simulator.network.world import World


class OneNode:
    """The wires of a plan in which each part stands on one node and sends each message once."""

    def __init__(self, world: World) -> None:
        self.wiring, self.placement = Wiring(world), world.plan.placement
        self.edges = world.plan.graph.edges

    def outputs(self, part: str, place: int, outputs: Sequence[Settle]) -> Sequence[Settle]:
        """Return what learns of the output of a part."""
        return outputs

    def station(self, part: str, stations: Sequence[Station], outputs: Sequence[Settle]) -> Station:
        """Return the only station of a part."""
        return stations[0]

    def wire(self, edge: int, settle: Settle, source: str) -> Settle:
        """Return the wire of a hyperconnection."""
        return self.wiring.wire(Sending(edge, source, self.placement[self.edges[edge].target]), settle)


class Senders:
    """The wires of a plan in which parts have replicas, or messages are sent again.

    Args:
        world: The compiled components.
    """

    def __init__(self, world: World) -> None:
        self.world, self.plan, self.wiring = world, world.plan, Wiring(world)
        self.retry, hedge, inputs = world.plan.policy.repeats, world.plan.policy.hedge, world.plan.graph.inputs
        edges = {part: inputs[part][0] for part in world.plan.hedged}
        self.hedges = {part: Hedge(world, edge, hedge.after_ns) for part, edge in edges.items()} if hedge else {}
        self.entries: dict[str, list[Settle]] = {}
        self.stands = {part: Stand(len(world.births)) for part in world.plan.replicas if part not in self.hedges}

    def outputs(self, part: str, place: int, outputs: Sequence[Settle]) -> Sequence[Settle]:
        """Return what learns of the output of a part on one of its nodes."""
        return (self.hedges[part].ending(place, outputs),) if part in self.hedges else outputs

    def station(self, part: str, stations: Sequence[Station], outputs: Sequence[Settle]) -> Station:
        """Return what a part's join fires: its only station, or one that stands for those of all its nodes."""
        if len(stations) == 1:
            return stations[0]
        if part in self.hedges:
            edge = self.hedges[part].edge
            self.entries[part] = [self.world.trace.arriving(edge, single_input(station)) for station in stations]
            return replace(stations[0], outputs=tuple(outputs))  # never fires: it learns what was lost
        if self.plan.graph.part_by_name[part].join is None:
            return replace(stations[0], fires=first_up(self.world, stations, self.plan.nodes(part)))
        return replace(stations[0], fires=at_its_stand(stations, self.stands[part]))

    def wire(self, edge: int, settle: Settle, source: str) -> Settle:
        """Return the wire of a hyperconnection from one of the nodes of its source."""
        ends = self.plan.graph.edges[edge]
        wire = self._hedged(edge, settle, source) if ends.target in self.hedges else self._once(edge, settle, source)
        is_shared = ends.target in self.stands and len(self.plan.graph.inputs[ends.target]) > 1
        if not is_shared and (self.retry is None or self.retry.budget is None):
            return wire
        place = self.plan.graph.position[ends.source]
        return in_turn(wire, self.world.clock, self.world.stride, 1 + place)

    def _once(self, edge: int, settle: Settle, source: str) -> Settle:
        target = self.plan.graph.edges[edge].target
        attempt: Attempt = partial(self._choosing if target in self.stands else self._straight, edge, source)
        return self._repeated(edge, source, attempt, settle, 0)

    def _repeated(self, edge: int, source: str, attempt: Attempt, settle: Settle, copy: int) -> Settle:
        """Return the wire that sends until it is acknowledged; without a policy for that, the wire of one sending."""
        if self.retry is None:
            return attempt(copy, settle)
        first = Sending(edge, source, "", copy * self.retry.attempts, copy)
        return Retrying(self.world, first, attempt, settle).send

    def _hedged(self, edge: int, settle: Settle, source: str) -> Settle:
        target = self.plan.graph.edges[edge].target
        hedge = self.hedges[target]
        hedge.told = settle
        finder = Finder(self.world, source, self.plan.nodes(target))
        why = self._why_nowhere(source, self.plan.nodes(target))

        def attempt(copy: int, number: int, landed: Settle) -> Settle:
            wires = [self._to(Sending(edge, source, node, number, copy), landed) for node in finder.nodes]
            return hedge.attempt(copy, wires, finder, why, landed)

        copies = [self._repeated(edge, source, partial(attempt, copy), self._into(target, copy), copy)
                  for copy in range(COPIES)]
        return HedgedWire(hedge, source, copies).send

    def _into(self, part: str, copy: int) -> Settle:
        """Return what a copy's message comes to: the part on the node that it was sent to, or the news of its loss."""
        hedge, entries = self.hedges[part], self.entries[part]

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            if fed:
                entries[hedge.races[request].places[copy]](request, when, fed, blame)
            else:
                hedge.lost(request, when, blame)

        return settle

    def _straight(self, edge: int, source: str, number: int, settle: Settle) -> Settle:
        target = self.plan.graph.edges[edge].target
        return self._to(Sending(edge, source, self.plan.placement[target], number), settle)

    def _to(self, sending: Sending, settle: Settle) -> Settle:
        """Return the wire to one node; where messages are sent again, one that is down acknowledges nothing."""
        world = self.world
        if self.retry:
            crashed = blame_code(world.index[sending.target], BY_CRASH)
            settle = links.relay(settle, world.until(sending.target), crashed)
        wire = self.wiring.wire(sending, settle)
        if sending.number:
            return self._counted(sending, wire)
        return wire

    def _counted(self, sending: Sending, wire: Settle) -> Settle:
        """Return a wire that counts its messages and the links that they are to cross."""
        tally, switches, find = self.world.tallies[sending.edge], self.world.switches, self.world.routes.find

        def send(request: int, when: int, fed: int, blame: int) -> None:
            route = find(sending.source, sending.target, switches.down(switches.mask_at(when, request)))
            if route and route.links:
                tally.resent += 1
                tally.crossings += len(route.links)
            wire(request, when, fed, blame)

        return send

    def _choosing(self, edge: int, source: str, number: int, settle: Settle) -> Settle:
        target = self.plan.graph.edges[edge].target
        nodes, stand = self.plan.nodes(target), self.stands[target]
        finder, why = Finder(self.world, source, nodes), self._why_nowhere(source, nodes)

        def landed(request: int, when: int, fed: int, blame: int) -> None:
            if not fed:
                stand.lost(request, when)
            settle(request, when, fed, blame)

        wires = [self._to(Sending(edge, source, node, number), landed) for node in nodes]

        def send(request: int, when: int, fed: int, blame: int) -> None:
            if not fed:
                settle(request, when, 0, blame)
                return
            place = stand.place(request, when, finder)
            if place == NOWHERE:
                settle(request, when, 0, why(when, request))
            else:
                wires[place](request, when, fed, blame)

        return send

    def _why_nowhere(self, source: str, nodes: Sequence[str]) -> Callable[[int, int], int]:
        """Return the blame where no node can be had: the first one, or what cuts the way to it."""
        world, until = self.world, self.world.until(nodes[0])
        nominal = world.routes.find(source, nodes[0])

        def why(when: int, request: int) -> int:
            if until(when, request) == DOWN:
                return blame_code(world.index[nodes[0]], BY_CRASH)
            down = world.switches.down(world.switches.mask_at(when, request))
            return blame_code(world.index[self.wiring.first_down(nominal, down, source)], BY_CRASH)

        return why


def in_turn(settle: Settle, clock: Clock, stride: int, offset: int) -> Settle:
    """Return a wire whose messages are sent in the order of (instant, request, sender), for what they share."""
    later = links.enter_later(settle, clock, stride, offset)

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed and when > clock._now:  # noqa: SLF001 - the hot path
            later(request, when, fed, blame)
        else:
            settle(request, when, fed, blame)

    return send


def senders_of(world: World) -> Senders | OneNode:
    """Return what makes the wires of a plan: the smallest class that does."""
    return Senders(world) if world.plan.sends_copies else OneNode(world)
