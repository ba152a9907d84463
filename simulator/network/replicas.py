"""Parts that stand on several nodes: where each request finds them.

The choice is made when the first message of a request for the part is sent: the first of its nodes, in the order of
the placement, that is up then and to which the sender has a route. The other messages of the request follow, as long as
one to that node is under way or has arrived; where all were lost, the next sending chooses anew. A source stands on its
first node that is up at birth. Perfect knowledge, at the instant of sending; what crashes later is not foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.network.life import DOWN
from simulator.network.lookup import filled
from simulator.network.parts import Fire, Station, firing_of

if TYPE_CHECKING:
    from simulator.network.world import World

NOWHERE = -1


class Stand:
    """On which of its nodes a part stands, request by request."""

    __slots__ = ("free_from", "places", "under_way")

    def __init__(self, requests: int) -> None:
        self.places = filled(NOWHERE, requests)
        self.under_way = filled(0, requests)  # messages to the chosen node that are not lost
        self.free_from = filled(0, requests)  # when the last of its losses is known

    def place(self, request: int, when: int, finder: Finder) -> int:
        """Return the place of the node to send to, which is held from then on; NOWHERE if there is none."""
        if not self.under_way[request] and when >= self.free_from[request]:
            self.places[request] = finder.first(when, request)
        if self.places[request] != NOWHERE:
            self.under_way[request] += 1
        return self.places[request]

    def lost(self, request: int, when: int) -> None:
        """Note that a message to the chosen node was lost, as is known from ``when`` on."""
        self.under_way[request] -= 1
        self.free_from[request] = max(self.free_from[request], when)


class Finder:
    """Finds the first of some nodes that is up and that a node has a route to.

    Args:
        world: The compiled components.
        source: Node that sends.
        nodes: Where to, in order.
    """

    def __init__(self, world: World, source: str, nodes: Sequence[str]) -> None:
        self.world, self.source, self.nodes = world, source, nodes
        self.untils = [world.until(node) for node in nodes]
        self.reachable: dict[int, tuple[int, ...]] = {}

    def first(self, when: int, request: int, avoided: int = NOWHERE) -> int:
        """Return the place of the first node that can be had, of those not avoided; NOWHERE if there is none."""
        switches = self.world.switches
        mask = switches.mask_at(when, request)
        found = self.reachable.get(mask)
        if found is None:
            found = self.reachable[mask] = self._reachable(switches.down(mask))
        for place in found:
            if place != avoided and self.untils[place](when, request) != DOWN:
                return place
        return NOWHERE

    def _reachable(self, down: frozenset[str]) -> tuple[int, ...]:
        find = self.world.routes.find
        return tuple(place for place, node in enumerate(self.nodes) if find(self.source, node, down))


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
