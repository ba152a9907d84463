"""From a plan and its draws to connected parts: the smallest class that does the job, so unused features cost nothing.

A queue may be entered early, when a message's fate is first known, only if nobody can overtake: the direction of the
link is fed by one machine alone, directly. Otherwise the message enters at its true instant, by an event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property, partial

from simulator.network import links, machines
from simulator.network.blocks import CrashSemantics, DeadlineWait, TimeoutWait
from simulator.network.clock import FOREVER, Clock
from simulator.network.joins import PerfectJoin, Rules
from simulator.network.life import Life, Until, forever, with_coins
from simulator.network.links import Hop, Line, Settle
from simulator.network.machines import BY_CRASH, BY_DEADLINE, BY_LOSS, BY_WAIT, blame_code
from simulator.network.parts import Station, firing_of, single_input
from simulator.network.plan import Draws, Plan
from simulator.network.starved import Emission
from simulator.network.switches import Switches
from simulator.network.timed_joins import TimedJoin, closes_after_first, closes_at_age
from simulator.topology.routes import Route, Routes


class World:
    """The compiled components of one replication: lives, machines, directions of links, dice as lists."""

    def __init__(self, plan: Plan, draws: Draws) -> None:
        self.plan, self.draws = plan, draws
        self.clock = Clock()
        self.routes = Routes(plan.topology)
        self.index = {name: place for place, name in enumerate(plan.topology.components)}
        self.births: list[int] = draws.arrivals_ns.tolist()
        self.stride = 1 + len(plan.graph.parts) + len(plan.graph.edges) * (1 + len(plan.topology.links))
        self._machines: dict[str, tuple[machines.AnyMachine, machines.Serve]] = {}
        self._lines: dict[tuple[str, str], Line] = {}

    @cached_property
    def columns(self) -> dict[str, int]:
        """The timeline's column of each component that can fail."""
        timeline = self.draws.timeline
        return {name: column for column, name in enumerate(timeline.components)} if timeline else {}

    @cached_property
    def limits(self) -> Sequence[int]:
        """The instant at which each request is withdrawn."""
        age = self.plan.limit_ns
        return [FOREVER] * len(self.births) if age is None else (self.draws.arrivals_ns + age).tolist()

    @cached_property
    def marks(self) -> Sequence[int] | None:
        """The instant from which each request is late, None without a deadline."""
        age = self.plan.policy.deadline_ns
        return None if age is None else (self.draws.arrivals_ns + age).tolist()

    def coins(self, name: str) -> list[bool] | None:
        """Return the component's coin for each request, None where no coins are tossed."""
        timeline = self.draws.timeline
        if timeline is None or timeline.coins is None or name not in self.columns:
            return None
        column = timeline.coins[:, self.columns[name]]
        return None if column.all() else column.tolist()

    def life(self, name: str) -> Life | None:
        """Return a fresh life of a component by its timeline, None where it never fails by it."""
        timeline = self.draws.timeline
        if timeline is None or name not in self.columns or not len(timeline.crash_ns[self.columns[name]]):
            return None
        column = self.columns[name]
        return Life(timeline.crash_ns[column].tolist(), timeline.repair_ns[column].tolist())

    def until(self, name: str) -> Until:
        """Return a fresh ``until`` of a component, with its coins."""
        life, coins = self.life(name), self.coins(name)
        until = life.until if life else forever
        return with_coins(until, coins) if coins else until

    def machine(self, node: str) -> tuple[machines.AnyMachine, machines.Serve]:
        """Return the machine of a node and its ``serve``; parts on one node share it."""
        if node not in self._machines:
            self._machines[node] = self._new_machine(node)
        return self._machines[node]

    def _new_machine(self, node: str) -> tuple[machines.AnyMachine, machines.Serve]:
        life, coins, index = self.life(node), self.coins(node), self.index[node]
        crash = self.plan.crash
        machine: machines.AnyMachine
        if life is None and self.plan.limit_ns is None:
            machine = machines.Machine()
        elif crash == CrashSemantics():
            machine = (
                machines.FallibleMachine(life or Life((), ()), index)
                if self.plan.limit_ns is None
                else machines.WithdrawingMachine(life or Life((), ()), self.limits, index)
            )
        else:
            machine = machines.KeepingMachine(
                life or Life((), ()),
                self.limits,
                index,
                keeps_queue=crash.queue == "keep",
                restarts=crash.in_service == "restart",
            )
        serve = machines.with_coins(machine, coins, blame_code(index, BY_CRASH)) if coins else machine.serve
        return machine, serve

    def line(self, link: str, sender: str) -> Line:
        """Return one direction of a link, shared by all that send over it."""
        key = (link, sender)
        if key not in self._lines:
            known = self.plan.topology.link_by_name[link]
            self._lines[key] = Line(known.latency_ns, self.until(link), is_queueing=known.bandwidth_bps < float("inf"))
        return self._lines[key]

    @cached_property
    def feeders(self) -> dict[tuple[str, str], set[tuple[str, bool]]]:
        """Which (machine, directly?) feed each direction of a link on the routes without failures."""
        fed: dict[tuple[str, str], set[tuple[str, bool]]] = defaultdict(set)
        placement = self.plan.placement
        for edge in self.plan.graph.edges:
            route = self.routes.find(placement[edge.source], placement[edge.target])
            for place, (link, sender) in enumerate(zip(route.links, route.hops, strict=False) if route else ()):
                fed[link, sender].add((placement[edge.source], place == 0))
        return fed

    @cached_property
    def switches(self) -> Switches:
        """When routes may change: the switches of links and of nodes that do not forward while down."""
        return Switches(self.draws.timeline, self.routes.relevant)


class Wiring:
    """The wires between parts, built backwards from what they feed."""

    def __init__(self, world: World) -> None:
        self.world, self.plan = world, world.plan

    def wire(self, edge: int, settle: Settle) -> Settle:
        """Return the wire of a hyperconnection: local, over a fixed route, or rerouted around failures."""
        ends, world = self.plan.graph.edges[edge], self.world
        source, target = self.plan.placement[ends.source], self.plan.placement[ends.target]
        nominal = world.routes.find(source, target)
        if nominal is None or self.is_rerouted(source, target, nominal):
            return links.rerouted(self._chooser(edge, settle, nominal))
        return self._along(edge, nominal, settle, is_alone=True)

    def is_rerouted(self, source: str, target: str, nominal: Route) -> bool:
        """Return whether the route must be asked for at each sending: it can break, and is long or has alternatives."""
        breakable = {*nominal.links, *nominal.hops[1:-1]} & self.world.routes.relevant & self.world.columns.keys()
        is_long = len(nominal.links) > 1 and bool(breakable)
        return is_long or any(self.world.routes.find(source, target, frozenset({name})) for name in breakable)

    def _chooser(self, edge: int, settle: Settle, nominal: Route | None) -> Callable[[int, int], Settle]:
        """Return the choice of a wire by (instant, request): the best route, remembered by what is down."""
        ends, world = self.plan.graph.edges[edge], self.world
        source, target = self.plan.placement[ends.source], self.plan.placement[ends.target]
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
                by_route[route] = self._along(edge, route, settle, is_alone=False)
            return by_route[route]

        return choose

    def first_down(self, nominal: Route | None, down: frozenset[str], node: str) -> str:
        """Return the component to blame for a missing route: the first on the nominal route that is down."""
        passed = {*nominal.links, *nominal.hops} & down if nominal else set()
        return min(
            passed, key=lambda name: (name not in self.plan.topology.link_by_name, self.world.index[name]), default=node
        )

    def _along(self, edge: int, route: Route, settle: Settle, *, is_alone: bool) -> Settle:
        ends, world = self.plan.graph.edges[edge], self.world
        bit = self.plan.graph.edge_bit(edge)
        if world.marks is not None and route.links:
            settle = links.late_at(settle, world.marks, blame_code(world.index[route.links[-1]], BY_DEADLINE))
        hops = [self._hop(ends.name, link, sender) for link, sender in zip(route.links, route.hops, strict=False)]
        if all(self._only_delays(hop) for hop in hops) and not self._has_stops(route):
            return links.delay(settle, sum(hop.line.latency_ns for hop in hops), bit)
        for place in range(len(hops) - 1, -1, -1):
            settle = links.carry(settle, hops[place], bit if place == len(hops) - 1 else 0)
            if self._needs_entry(route, place, is_alone):
                offset = 1 + len(self.plan.graph.parts) + edge * (1 + len(self.plan.topology.links)) + place
                settle = links.enter_later(settle, world.clock, world.stride, offset)
            relay = route.hops[place]
            if place and relay in world.columns and relay in world.routes.relevant:
                settle = links.relay(settle, world.until(relay), blame_code(world.index[relay], BY_CRASH))
        return settle

    def _hop(self, edge: str, link: str, sender: str) -> Hop:
        world, known = self.world, self.plan.topology.link_by_name[link]
        jitter, lost = world.draws.jitter_ns.get((edge, link)), world.draws.lost.get((edge, link))
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
        return not line.is_queueing and line.until is forever and hop.jitter is None and hop.lost is None

    def _has_stops(self, route: Route) -> bool:
        return any(node in self.world.columns and node in self.world.routes.relevant for node in route.hops[1:-1])

    def _needs_entry(self, route: Route, place: int, is_alone: bool) -> bool:
        key = (route.links[place], route.hops[place])
        if not self.world.line(*key).is_queueing:
            return False
        if not is_alone or self._anything_rerouted:
            return True
        return place > 0 or len(self.world.feeders[key]) > 1

    @cached_property
    def _anything_rerouted(self) -> bool:
        placement, find = self.plan.placement, self.world.routes.find
        pairs = {(placement[edge.source], placement[edge.target]) for edge in self.plan.graph.edges}
        routed = [(*pair, find(*pair)) for pair in pairs]
        return any(route is None or self.is_rerouted(source, target, route) for source, target, route in routed)


def connect(world: World, answered: Settle) -> tuple[Settle, ...]:
    """Build all parts and return what begins at birth; ``answered`` is the log that learns of an exit's output.

    Those are the joins that wait from then on, then ``begin`` of each source.
    """
    plan, wiring = world.plan, Wiring(world)
    inputs: dict[int, Settle] = {}
    begins: list[Settle] = []
    opens: list[Settle] = []
    emission = Emission(plan.graph.starved) if plan.graph.starved_emits else None
    answered = emission.informed(answered) if emission else answered
    for place in range(len(plan.graph.parts) - 1, -1, -1):
        part = plan.graph.parts[place]
        outputs = [wiring.wire(edge, inputs[edge]) for edge in plan.graph.outputs[part.name]]
        if part.is_exit:
            outputs.append(links.delay(answered, 0, plan.graph.exit_bit(part.name)))
        machine, serve = world.machine(plan.placement[part.name])
        blame = world.index[plan.placement[part.name]]
        late = None if world.marks is None else (world.marks, blame_code(blame, BY_DEADLINE))
        station = Station(
            world.clock,
            world.stride,
            1 + place,
            machine,
            serve,
            world.draws.work_ns[part.name].tolist(),
            tuple(outputs),
            late,
            emission,
        )
        if part.join is None:
            begins.append(firing_of(station))
        else:
            rules = Rules(part.join)
            inputs.update(zip(rules.edges, settles(world, station, part.name, rules, opens), strict=True))
    return (*opens, *reversed(begins))


def settles(
    world: World, station: Station, part: str, rules: Rules, opens: list[Settle]
) -> tuple[Settle, ...]:
    """Return ``settle`` of each input of a part: the smallest kind of join that keeps the policy.

    A join that closes at an age, whether it has heard of anything or not, begins to wait at birth: it is added
    to ``opens``.
    """
    wait = world.plan.policy.wait
    closes = partial(TimedJoin, station, rules, blame_wait=blame_code(world.index[world.plan.placement[part]], BY_WAIT))
    if isinstance(wait, DeadlineWait) and part in world.plan.closes_ns:
        join = closes(close=closes_at_age(world.births, world.plan.closes_ns[part]))
        opens.append(join.open)
        return join.inputs()
    if rules.size == 1 and rules.taken(rules.all):
        return (single_input(station),)
    if isinstance(wait, TimeoutWait):
        return closes(close=closes_after_first(world.plan.closes_ns[part])).inputs()
    return PerfectJoin(station, rules).inputs()
