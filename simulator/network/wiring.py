"""The wires between parts: the smallest kind that does what a hyperconnection's routes ask for.

A queue may be entered early, when a message's fate is first known, only if nobody can overtake: the direction of the
link is fed by one machine alone, directly, from which jobs leave in order. Otherwise the message enters at its true
instant, by an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from simulator.network import keeping, links
from simulator.network.blame import BY_CRASH, BY_DEADLINE, BY_LOSS, blame_code
from simulator.network.life import Life, forever
from simulator.network.links import Hop, Settle
from simulator.network.passage import cut_by_link, cut_by_relay, passage
from simulator.network.tags import tags_of
from simulator.network.world import World
from simulator.topology.routes import Route


@dataclass(frozen=True)
class Sending:
    """A message that a node sends to a node.

    Args:
        edge: Index of the hyperconnection.
        source: Node that sends.
        target: Node that receives.
        number: Which sending it is, from 0.
        copy: Which of the copies that are under way at once, from 0.
    """

    edge: int
    source: str
    target: str
    number: int = 0
    copy: int = 0


class Wiring:
    """The wires between parts, built backwards from what they feed."""

    def __init__(self, world: World) -> None:
        self.world, self.plan, self.tags = world, world.plan, tags_of(world)

    def wire(self, sending: Sending, settle: Settle) -> Settle:
        """Return the wire of a hyperconnection; a sender that waits for repairs keeps its messages until they came."""
        if not self.plan.waits_for_repair:
            return self._wire(sending, settle)
        keeper = self._keeper(sending, settle)
        return keeper.through(self.world.trace.handing(sending.edge, self._wire(sending, keeper.came)))

    def _wire(self, sending: Sending, settle: Settle) -> Settle:
        """Return a wire: local, over a fixed route, or rerouted around failures."""
        nominal = self.world.routes.find(sending.source, sending.target)
        settle = self.tags.arriving(sending.edge, settle)
        if nominal is None or self.is_rerouted(sending.source, sending.target, nominal):
            return links.rerouted(self._chooser(sending, settle, nominal))
        return self._along(sending, nominal, settle, is_alone=True)

    def _keeper(self, sending: Sending, settle: Settle) -> keeping.Keeper:
        world, source, target = self.world, sending.source, sending.target
        nominal = world.routes.find(source, target)
        receiver = keeping.FixedGate(self._lives(target))
        gate: keeping.Gate
        if nominal is None or self.is_rerouted(source, target, nominal):
            gate = keeping.RoutedGate(
                receiver,
                world.switches,
                lambda down: world.routes.find(source, target, down) is not None,
                lambda down: world.index[self.first_down(nominal, down, source)],
            )
        else:
            gate = keeping.FixedGate(self._lives(*nominal.links, target))
        offset = world.offset(sending.edge, len(self.plan.topology.links))
        sender = keeping.Sender(world.clock, world.stride, offset, world.limits, world.marks)
        return keeping.Keeper(sender, gate, world.life(target), settle)

    def _lives(self, *names: str) -> list[tuple[Life, int]]:
        return [(life, self.world.index[name]) for name in names if (life := self.world.life(name))]

    def is_rerouted(self, source: str, target: str, nominal: Route) -> bool:
        """Return whether the route must be asked for at each sending: it can break, and is long or has alternatives."""
        breakable = {*nominal.links, *nominal.hops[1:-1]} & self.world.routes.relevant & self.world.columns.keys()
        is_long = len(nominal.links) > 1 and bool(breakable)
        return is_long or any(self.world.routes.find(source, target, frozenset({name})) for name in breakable)

    def _chooser(self, sending: Sending, settle: Settle, nominal: Route | None) -> Callable[[int, int], Settle]:
        """Return the choice of a wire by (instant, request): the best route, remembered by what is down."""
        world, source, target = self.world, sending.source, sending.target
        by_route: dict[Route, Settle] = {}
        by_mask: dict[int, Settle] = {}
        switches = world.switches
        mask_at = switches.mask_at

        def choose(when: int, request: int) -> Settle:
            mask = mask_at(when, request)
            wire = by_mask.get(mask)
            if wire is None:
                wire = by_mask[mask] = find(switches.down(mask))
            return wire

        def find(down: frozenset[str]) -> Settle:
            route = world.routes.find(source, target, down)
            if route is None:
                return links.no_route(settle, blame_code(world.index[self.first_down(nominal, down, source)], BY_CRASH))
            if route not in by_route:
                by_route[route] = self._along(sending, route, settle, is_alone=False)
            return by_route[route]

        return choose

    def first_down(self, nominal: Route | None, down: frozenset[str], node: str) -> str:
        """Return the component to blame for a missing route: the first on the nominal route that is down."""
        passed = {*nominal.links, *nominal.hops} & down if nominal else set()
        return min(
            passed, key=lambda name: (name not in self.plan.topology.link_by_name, self.world.index[name]), default=node
        )

    def _along(self, sending: Sending, route: Route, settle: Settle, *, is_alone: bool) -> Settle:
        world, bit = self.world, self.plan.graph.edge_bit(sending.edge)
        if world.marks is not None and route.links:
            settle = links.late_at(settle, world.marks, blame_code(world.index[route.links[-1]], BY_DEADLINE))
        hops = [self._hop(sending, link, sender) for link, sender in zip(route.links, route.hops, strict=False)]
        may_strike = any(self.tags.may_strike(sending.edge, link) for link in route.links)
        if all(self._only_delays(hop) for hop in hops) and not self._has_stops(route) and not may_strike:
            return links.delay(settle, sum(hop.line.latency_ns for hop in hops), bit)
        hop_by_hop = partial(self._hop_by_hop, sending, route, hops, settle, is_alone=is_alone)
        cut = None if may_strike else self._cut(route, hops)
        if cut is None:
            return hop_by_hop()
        return passage(settle, sum(hop.line.latency_ns for hop in hops), bit, cut, hop_by_hop)

    def _cut(self, route: Route, hops: list[Hop]) -> list[tuple[int, int]] | None:
        """Return when a message on a route that only takes time is stopped; None where it is more than that."""
        stops = [name for name in (*route.links, *route.hops[1:-1]) if name in self.world.columns]
        takes_time = all(isinstance(hop.line, links.Line) and not hop.line.is_queueing for hop in hops)
        has_dice = any(hop.jitter is not None or hop.lost is not None for hop in hops)
        if not takes_time or has_dice or any(self.world.coins(name) for name in stops):
            return None
        cut, reached = list[tuple[int, int]](), 0
        for place, hop in enumerate(hops):
            relay = route.hops[place]
            if place and relay in self.world.routes.relevant:
                cut += cut_by_relay(self.world.outages(relay), reached)
            cut += cut_by_link(self.world.outages(route.links[place]), reached, hop.line.latency_ns)
            reached += hop.line.latency_ns
        return cut

    def _hop_by_hop(
        self, sending: Sending, route: Route, hops: list[Hop], settle: Settle, *, is_alone: bool
    ) -> Settle:
        world, bit = self.world, self.plan.graph.edge_bit(sending.edge)
        for place in range(len(hops) - 1, -1, -1):
            settle = self.tags.across(sending.edge, route.links[place], settle)
            settle = links.carry(settle, hops[place], bit if place == len(hops) - 1 else 0)
            settle = self.tags.handed_over(sending.edge, route.links[place], settle)
            if self.needs_entry(route, place, is_alone):
                offset = world.offset(sending.edge, place, sending.copy)
                settle = links.enter_later(settle, world.clock, world.stride, offset)
            relay = route.hops[place]
            if place and relay in world.columns and relay in world.routes.relevant:
                settle = links.relay(settle, world.until(relay), blame_code(world.index[relay], BY_CRASH))
        return settle

    def _hop(self, sending: Sending, link: str, sender: str) -> Hop:
        world, known = self.world, self.plan.topology.link_by_name[link]
        edge = self.plan.graph.edges[sending.edge].name
        dice = world.draws.dice(sending.number)
        jitter, lost = dice.jitter_ns.get((edge, link)), dice.lost.get((edge, link))
        sent = self.plan.costs.payload_bytes.get(edge, 0)
        index = world.index[link]
        return Hop(
            world.line(link, sender),
            links.transmission_ns(sent, known.bandwidth_bps),
            blame_code(index, BY_CRASH),
            blame_code(index, BY_LOSS),
            None if jitter is None else jitter.tolist(),
            None if lost is None else lost.tolist(),
        )

    def _only_delays(self, hop: Hop) -> bool:
        line = hop.line
        is_bare = isinstance(line, links.Line) and not line.is_queueing and line.until is forever
        return is_bare and hop.jitter is None and hop.lost is None

    def _has_stops(self, route: Route) -> bool:
        return any(node in self.world.columns and node in self.world.routes.relevant for node in route.hops[1:-1])

    def needs_entry(self, route: Route, place: int, is_alone: bool) -> bool:
        """Return whether a message enters the queue of its hop at its true instant, since another may come first."""
        link, sender = route.links[place], route.hops[place]
        if not self.world.line(link, sender).is_queueing:
            return False
        if not is_alone or self.plan.sends_copies or self.plan.waits_for_repair or self._anything_rerouted:
            return True
        feeders = self.world.feeders[self.plan.topology.link_by_name[link].transmitter(sender)]
        return place > 0 or len(feeders) > 1 or not all(self._keeps_order(node) for node, _ in feeders)

    def _keeps_order(self, node: str) -> bool:
        return self.plan.topology.node_by_name[node].serving.keeps_order

    @cached_property
    def _anything_rerouted(self) -> bool:
        find = self.world.routes.find
        routed = [(*pair, find(*pair)) for pair in self.world.host.ends]
        return any(route is None or self.is_rerouted(source, target, route) for source, target, route in routed)
