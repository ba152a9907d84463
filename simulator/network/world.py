"""The compiled components of one replication, each made once, when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, MutableSequence
from functools import cached_property

from simulator.network.choose import Machinery, machinery_of
from simulator.network.clock import FOREVER, Clock
from simulator.network.disturbances import Added, added_by_link
from simulator.network.life import Life, Until, forever, with_coins
from simulator.network.links import AnyLine, Channel, Line, SharedLine, SpikingLine
from simulator.network.lookup import filled, held
from simulator.network.meters import Meter
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
        has_meters: Whether machines with work are measured.
        trace: Notes what happens to a request.
    """

    def __init__(self, plan: Plan, draws: Draws, *, has_meters: bool = False, trace: NoTrace = NOBODY) -> None:
        self.plan, self.draws, self.has_meters, self.trace = plan, draws, has_meters, trace
        self.meters: dict[str, Meter] = {}
        self.clock = Clock()
        self.routes = Routes(plan.topology)
        self.index = {name: place for place, name in enumerate(plan.topology.components)}
        self.births = held(draws.arrivals_ns)
        self.copies = 2 if plan.policy.hedge else 1  # of a message of one hyperconnection that are under way at once
        self.stride = self.offset(len(plan.graph.edges), 0)
        self._machines: dict[str, Machinery] = {}
        self._lines: dict[tuple[str, str], AnyLine] = {}
        self._channels: dict[tuple[str, ...], Channel] = defaultdict(Channel)

    def offset(self, edge: int, place: int, copy: int = 0) -> int:
        """Return the key, within a request, of a message of a hyperconnection at a hop of its route.

        There is one place more than a route has hops: that of what happens at the sender.
        """
        places = 1 + len(self.plan.topology.links)
        return 1 + len(self.plan.graph.parts) + (edge * self.copies + copy) * places + place

    @cached_property
    def columns(self) -> dict[str, int]:
        """The timeline's column of each component that can fail."""
        timeline = self.draws.timeline
        return {name: column for column, name in enumerate(timeline.components)} if timeline else {}

    @cached_property
    def limits(self) -> MutableSequence[int]:
        """The instant at which each request is withdrawn."""
        age = self.plan.limit_ns
        return filled(FOREVER, len(self.births)) if age is None else held(self.draws.arrivals_ns + age)

    @cached_property
    def marks(self) -> MutableSequence[int] | None:
        """The instant from which each request is late, None without a deadline."""
        age = self.plan.policy.deadline_ns
        return None if age is None else held(self.draws.arrivals_ns + age)

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

    def machinery(self, node: str) -> Machinery:
        """Return the machine of a node; parts on one node share it."""
        if node not in self._machines:
            self._machines[node] = machinery_of(self, node)
        return self._machines[node]

    def line(self, link: str, sender: str) -> AnyLine:
        """Return one direction of a link, shared by all that send over it."""
        key = (link, sender)
        if key not in self._lines:
            line = self._own_line(link, sender)
            added = self.added.get(link)
            self._lines[key] = SpikingLine(line, added.at) if added else line
        return self._lines[key]

    def _own_line(self, link: str, sender: str) -> Line | SharedLine:
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
        placement, links = self.plan.placement, self.plan.topology.link_by_name
        for edge in self.plan.graph.edges:
            route = self.routes.find(placement[edge.source], placement[edge.target])
            for place, (link, sender) in enumerate(zip(route.links, route.hops, strict=False) if route else ()):
                fed[links[link].transmitter(sender)].add((placement[edge.source], place == 0))
        return fed

    @cached_property
    def switches(self) -> Switches:
        """When routes may change: the switches of links and of nodes that do not forward while down."""
        return Switches(self.draws.timeline, self.routes.relevant)
