"""Parts that stand on several nodes: where each request finds them.

The choice is made when the first message of a request for the part is sent: the first of its nodes, in the order of
the placement, that is up then and to which the sender has a route. The other messages of the request follow, as long as
one to that node is under way or has arrived; where all were lost, the next sending chooses anew. A source stands on its
first node that is up at birth. Perfect knowledge, at the instant of sending; what crashes later is not foreseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.network import links
from simulator.network.blame import BY_CRASH, blame_code
from simulator.network.clock import Clock
from simulator.network.life import DOWN
from simulator.network.links import Settle
from simulator.network.lookup import filled
from simulator.network.parts import Fire, Station, firing_of
from simulator.network.wiring import Sending, Wiring

if TYPE_CHECKING:
    from simulator.network.world import World

NOWHERE = -1
Find = Callable[[int, int], int]
"""``find(when, request)``: the place of the first node that is up and can be reached then, or NOWHERE."""


class Stand:
    """On which of its nodes a part stands, request by request."""

    __slots__ = ("free_from", "places", "under_way")

    def __init__(self, requests: int) -> None:
        self.places = filled(NOWHERE, requests)
        self.under_way = filled(0, requests)  # messages to the chosen node that are not lost
        self.free_from = filled(0, requests)  # when the last of its losses is known

    def place(self, request: int, when: int, find: Find) -> int:
        """Return the place of the node to send to, which is held from then on; NOWHERE if there is none."""
        if not self.under_way[request] and when >= self.free_from[request]:
            self.places[request] = find(when, request)
        if self.places[request] != NOWHERE:
            self.under_way[request] += 1
        return self.places[request]

    def lost(self, request: int, when: int) -> None:
        """Note that a message to the chosen node was lost, as is known from ``when`` on."""
        self.under_way[request] -= 1
        self.free_from[request] = max(self.free_from[request], when)


def finding(world: World, source: str, nodes: Sequence[str]) -> Find:
    """Return how the first of some nodes is found that is up and that a node has a route to."""
    untils = [world.until(node) for node in nodes]
    reachable: dict[int, tuple[int, ...]] = {}
    switches = world.switches

    def find(when: int, request: int) -> int:
        mask = switches.mask_at(when, request)
        found = reachable.get(mask)
        if found is None:
            down = switches.down(mask)
            routed = (place for place, node in enumerate(nodes) if world.routes.find(source, node, down))
            found = reachable[mask] = tuple(routed)
        return next((place for place in found if untils[place](when, request) != DOWN), NOWHERE)

    return find


def first_up(world: World, stations: Sequence[Station], nodes: Sequence[str]) -> Fire:
    """Return ``fire`` of a source with replicas: on its first node that is up; with none, the first one refuses."""
    fires, untils = [firing_of(station) for station in stations], [world.until(node) for node in nodes]

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        up = (place for place, until in enumerate(untils) if until(now, request) != DOWN)
        fires[next(up, 0)](request, now, fed, blame)

    return fire


def at_its_stand(stations: Sequence[Station], stand: Stand) -> Fire:
    """Return ``fire`` of a part with replicas: on the node that its messages were sent to."""
    fires, places = [firing_of(station) for station in stations], stand.places

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        fires[places[request]](request, now, fed, blame)

    return fire


class Senders:
    """The wires of a plan in which parts have replicas.

    Args:
        world: The compiled components.
    """

    def __init__(self, world: World) -> None:
        self.world, self.plan, self.wiring = world, world.plan, Wiring(world)
        self.stands = {part: Stand(len(world.births)) for part in world.plan.replicas}

    def station(self, part: str, stations: Sequence[Station]) -> Station:
        """Return what a part's join fires: its only station, or one that stands for those of all its nodes."""
        if len(stations) == 1:
            return stations[0]
        if self.plan.graph.part_by_name[part].join is None:
            return replace(stations[0], fires=first_up(self.world, stations, self.plan.nodes(part)))
        return replace(stations[0], fires=at_its_stand(stations, self.stands[part]))

    def wire(self, edge: int, settle: Settle, source: str) -> Settle:
        """Return the wire of a hyperconnection from one of the nodes of its source."""
        target = self.plan.graph.edges[edge].target
        if target not in self.stands:
            return self.wiring.wire(Sending(edge, source, self.plan.placement[target]), settle)
        choosing = self._choosing(edge, settle, source)
        if len(self.plan.graph.inputs[target]) == 1:
            return choosing
        place = self.plan.graph.position[self.plan.graph.edges[edge].source]
        return in_turn(choosing, self.world.clock, self.world.stride, 1 + place)

    def _choosing(self, edge: int, settle: Settle, source: str) -> Settle:
        target = self.plan.graph.edges[edge].target
        nodes, stand = self.plan.nodes(target), self.stands[target]
        find = finding(self.world, source, nodes)

        def landed(request: int, when: int, fed: int, blame: int) -> None:
            if not fed:
                stand.lost(request, when)
            settle(request, when, fed, blame)

        wires = [self.wiring.wire(Sending(edge, source, node), landed) for node in nodes]
        why = self._why_nowhere(source, nodes)

        def send(request: int, when: int, fed: int, blame: int) -> None:
            if not fed:
                settle(request, when, 0, blame)
                return
            place = stand.place(request, when, find)
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
    """Return a wire whose messages are sent in the order of (instant, request, sender), for choices that they share."""
    later = links.enter_later(settle, clock, stride, offset)

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed and when > clock._now:  # noqa: SLF001 - the hot path
            later(request, when, fed, blame)
        else:
            settle(request, when, fed, blame)

    return send


class OneNode:
    """The wires of a plan in which each part stands on one node."""

    def __init__(self, world: World) -> None:
        self.wiring, self.placement = Wiring(world), world.plan.placement
        self.edges = world.plan.graph.edges

    def station(self, part: str, stations: Sequence[Station]) -> Station:
        """Return the only station of a part."""
        return stations[0]

    def wire(self, edge: int, settle: Settle, source: str) -> Settle:
        """Return the wire of a hyperconnection."""
        return self.wiring.wire(Sending(edge, source, self.placement[self.edges[edge].target]), settle)


def senders_of(world: World) -> Senders | OneNode:
    """Return what makes the wires of a plan: the smallest class that does."""
    return Senders(world) if world.plan.replicas else OneNode(world)
