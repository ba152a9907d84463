"""The compiled components of one replication, each made once, when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, MutableSequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from simulator.dataflow.reach import Reach
from simulator.network.beliefs import Beliefs
from simulator.network.blame import BY_WAIT, blame_code
from simulator.network.choose import Machinery, machinery_of
from simulator.network.clock import FOREVER, Clock
from simulator.network.detectors import Watching
from simulator.network.disturbances import Added, added_by_link
from simulator.network.exposure import Exposed
from simulator.network.held import Row, Stock, Values
from simulator.network.life import Life, Until, forever, with_coins
from simulator.network.line_meters import MeteredLine
from simulator.network.links import AnyLine, Channel, Line, SharedLine, SpikingLine
from simulator.network.lookup import filled, held
from simulator.network.meters import Meter, Watched
from simulator.network.plan import Draws, Plan
from simulator.network.retry import Budget, Tally, budget_of
from simulator.network.switches import Switches
from simulator.network.trace import NOBODY, NoTrace
from simulator.topology.routes import Routes


class World:
    """The compiled components of one replication: lives, machines, directions of links, dice as lists.

    Args:
        plan: What is run.
        draws: Everything random.
        has_meters: Whether machines with work and transmitters of links are measured.
        trace: Notes what happens to a request.
        host: The world whose clock, machines and links this plan's parts share; None: its own.
    """

    def __init__(self, plan: Plan, draws: Draws, *, has_meters: bool = False, trace: NoTrace = NOBODY,
                 host: World | None = None) -> None:
        self.plan, self.draws, self.has_meters, self.trace = plan, draws, has_meters, trace
        self.host = host or self
        self.sharing: list[World] = []  # of a host: all worlds on its machines, itself first
        self.host.sharing.append(self)
        self.meters: dict[str, Meter] = {}
        self.line_meters: dict[tuple[str, ...], Meter] = defaultdict(lambda: Meter(Watched()))
        self.skips_sent: dict[str, tuple[int, int]] = {}
        self.held: list[Row] = []
        self.exposed: dict[str, Exposed] = {}  # machines that fail by their load
        self.clock: Clock = host.clock if host else Clock()
        self.routes: Routes = host.routes if host else Routes(plan.topology)
        self.index = {name: place for place, name in enumerate(plan.topology.components)}
        self.births = held(draws.arrivals_ns)
        self.copies = 2 if plan.policy.hedge else 1  # of a message of one hyperconnection that are under way at once
        self.first_key = 0  # of a request; parts of several plans have keys of their own
        self.stride = self.offset(len(plan.graph.edges), 0)
        self._machines: dict[str, Machinery] = {}
        self._lines: dict[tuple[str, str], AnyLine] = {}
        self._channels: dict[tuple[str, ...], Channel] = defaultdict(Channel)

    def offset(self, edge: int, place: int, copy: int = 0) -> int:
        """Return the key, within a request, of a message of a hyperconnection at a hop of its route.

        There is one place more than a route has hops: that of what happens at the sender.
        """
        places = 1 + len(self.plan.topology.links)
        return self.first_key + 1 + len(self.plan.graph.parts) + (edge * self.copies + copy) * places + place

    @cached_property
    def columns(self) -> dict[str, int]:
        """The timeline's column of each component that can fail."""
        timeline = self.draws.timeline
        return {name: column for column, name in enumerate(timeline.components)} if timeline else {}

    @cached_property
    def limits(self) -> MutableSequence[int]:
        """The instant at which each request is withdrawn; of a host, that of its own plan."""
        if not self.has_limits:
            return filled(FOREVER, len(self.births))
        ages = [world.plan.limit_ns for world in self.sharing]
        limits = np.stack([np.full(len(self.births), FOREVER) if age is None else self.draws.arrivals_ns + age
                           for age in ages])
        return held(limits[0] if self.draws.asks is None else limits[self.draws.asks, np.arange(len(self.births))])

    @property
    def has_limits(self) -> bool:
        """Whether any plan on these machines withdraws requests."""
        return any(world.plan.limit_ns is not None for world in self.sharing)

    @cached_property
    def marks(self) -> MutableSequence[int] | None:
        """The instant from which each request is late, None without a deadline."""
        age = self.plan.policy.deadline_ns
        return None if age is None else held(self.draws.arrivals_ns + age)

    def outages_until(self, now: int) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return when machines that fail by their load were down, all requests having ended; meters learn of it."""
        made = {node: exposed.live_until(now) for node, exposed in self.exposed.items()}
        for node in made.keys() & self.meters.keys():
            meter = self.meters[node]
            meter.watched = replace(meter.watched, idle=self.exposed[node].idle())
        return made

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

    def outages(self, name: str) -> list[tuple[int, int]]:
        """Return from when to when a component is down by its timeline."""
        timeline = self.draws.timeline
        if timeline is None or name not in self.columns:
            return []
        column = self.columns[name]
        return list(zip(timeline.crash_ns[column].tolist(), timeline.repair_ns[column].tolist(), strict=True))

    def until(self, name: str) -> Until:
        """Return a fresh ``until`` of a component, with its coins."""
        life, coins = self.life(name), self.coins(name)
        until = life.until if life else forever
        return with_coins(until, coins) if coins else until

    def stock(self, part: str) -> Stock | None:
        """Return what a part's node holds for it of earlier requests; None: nothing ever."""
        graph, node, policy = self.plan.graph, self.plan.placement[part], self.plan.policy
        join = graph.part_by_name[part].join
        ages = {edge: policy.held.of(graph.edges[edge]) for edge in graph.inputs[part]} if policy.held else {}
        values = {edge: Values(self.clock, age, self.until(node)) for edge, age in ages.items() if age is not None}
        if join is None or not values:
            return None
        return Stock(graph, join, values, self.held, blame_code(self.index[node], BY_WAIT))

    def machinery(self, node: str) -> Machinery:
        """Return the machine of a node; parts on one node share it."""
        if self.host is not self:
            return self.host.machinery(node)
        if node not in self._machines:
            self._machines[node] = machinery_of(self, node)
        return self._machines[node]

    def line(self, link: str, sender: str) -> AnyLine:
        """Return one direction of a link, shared by all that send over it."""
        if self.host is not self:
            return self.host.line(link, sender)
        key = (link, sender)
        if key not in self._lines:
            line = self._own_line(link, sender)
            added = self.added.get(link)
            self._lines[key] = SpikingLine(line, added.at) if added else line
        return self._lines[key]

    def _own_line(self, link: str, sender: str) -> Line | SharedLine | MeteredLine:
        line = self._bare_line(link, sender)
        if line.is_queueing and self.has_meters:
            return MeteredLine(line, self.line_meters[self.plan.topology.link_by_name[link].transmitter(sender)])
        return line

    def _bare_line(self, link: str, sender: str) -> Line | SharedLine:
        known, until = self.plan.topology.link_by_name[link], self.until(link)
        is_queueing, shares = known.bandwidth_bps < float("inf"), known.transmitter(sender)
        if is_queueing and shares != (link, sender):
            return SharedLine(known.latency_ns, until, self._channels[shares])
        return Line(known.latency_ns, until, is_queueing=is_queueing)

    @cached_property
    def tallies(self) -> dict[int, Tally]:
        """What is counted of each hyperconnection's sendings."""
        return {edge: Tally() for edge in range(len(self.plan.graph.edges))}

    @cached_property
    def budgets(self) -> dict[int, Budget]:
        """What each hyperconnection pays repetitions from, whichever node sends."""
        retry = self.plan.policy.repeats
        return {edge: budget_of(retry) for edge in range(len(self.plan.graph.edges))} if retry else {}

    @cached_property
    def added(self) -> Mapping[str, Added]:
        """How much longer messages take at times, by link."""
        return added_by_link(self.plan.disturbances)

    @cached_property
    def feeders(self) -> dict[tuple[str, ...], set[tuple[str, bool]]]:
        """Which (machine, directly?) feed each transmitter on the routes without failures."""
        fed: dict[tuple[str, ...], set[tuple[str, bool]]] = defaultdict(set)
        links = self.plan.topology.link_by_name
        for source, target in self.host.ends:
            route = self.routes.find(source, target)
            for place, (link, sender) in enumerate(zip(route.links, route.hops, strict=False) if route else ()):
                fed[links[link].transmitter(sender)].add((source, place == 0))
        return fed

    @property
    def ends(self) -> set[tuple[str, str]]:
        """The nodes between which messages are sent; of a host, by all that share its machines."""
        return {(world.plan.placement[edge.source], world.plan.placement[edge.target])
                for world in self.sharing for edge in world.plan.graph.edges}

    @cached_property
    def switches(self) -> Switches:
        """When routes may change: the switches of links and of nodes that do not forward while down."""
        return Switches(self.draws.timeline, self.routes.relevant)

    @cached_property
    def beliefs(self) -> Beliefs:
        """Who is believed to be down: whom the detector suspects, or the truth where detection is perfect."""
        believed = self.draws.suspected if isinstance(self.plan.policy.wait, Watching) else self.draws.timeline
        return Beliefs(believed, Reach(self.plan.graph, self.plan.placement, self.routes, self.plan.replicas))
