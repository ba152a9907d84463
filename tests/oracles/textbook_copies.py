"""A slow model of replicas, repetitions and hedges, written from docs/recovery.md: a list of events, one at a time.

Machines serve in order of arrival and lose all at a crash; links have a latency, loss coins and failures; joins know
each loss at its instant. Nothing is known ahead: what happens is found out when it happens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from heapq import heappop, heappush
from itertools import count

from simulator.dataflow.graph import DATA
from simulator.network.plan import Draws, Plan, work_key
from simulator.topology.routes import Routes

NEWS, LAST = (0, 0, 0), (2, 0, 0)  # at one instant news come first, then firings by (request, part), then hedges


@dataclass
class Part:
    """What is known of one part for one request."""

    here: dict[int, int] = field(default_factory=dict)  # by edge: what is behind it
    gone: set[int] = field(default_factory=set)
    has_fired: bool = False
    node: str | None = None
    on_the_way: int = 0  # messages to ``node`` that are not lost
    runs: dict[int, str] = field(default_factory=dict)  # of a hedged part: where each copy was sent
    alive: int = 0
    is_due: bool = False
    is_over: bool = False


class Book:
    """One run."""

    def __init__(self, plan: Plan, draws: Draws) -> None:
        self.plan, self.draws, self.graph = plan, draws, plan.graph
        self.routes, self.events, self.numbers, self.now = Routes(plan.topology), [], count(), 0
        self.free: dict[str, int] = defaultdict(int)
        self.parts: dict[tuple[int, str], Part] = defaultdict(Part)
        requests = len(draws.arrivals_ns)
        self.delivery, self.end = [0] * requests, [-1] * requests
        self.tokens: dict[int, Fraction] = defaultdict(Fraction)
        self.repeated = self.hedged = self.refused = 0
        line = draws.timeline
        self.spells = {name: list(zip(line.crash_ns[c].tolist(), line.repair_ns[c].tolist(), strict=True))
                       for c, name in enumerate(line.components)}

    # --- time -------------------------------------------------------------------------------------------------
    def at(self, when: int, what: Callable[[], None], rank: tuple[int, int, int] = NEWS) -> None:
        heappush(self.events, (when, rank, next(self.numbers), what))

    def is_up(self, name: str) -> bool:
        return not any(crash <= self.now < repair for crash, repair in self.spells.get(name, ()))

    def next_crash(self, name: str) -> int:
        return min((crash for crash, _ in self.spells.get(name, ()) if crash > self.now), default=1 << 60)

    def limit(self, request: int) -> int:
        """Return when a request is withdrawn."""
        age = self.plan.limit_ns
        return 1 << 60 if age is None else int(self.draws.arrivals_ns[request]) + age

    def route(self, source: str, target: str):
        return self.routes.find(source, target, frozenset(name for name in self.spells if not self.is_up(name)))

    def run(self) -> Book:
        for request, birth in enumerate(self.draws.arrivals_ns.tolist()):
            self.at(birth, lambda request=request: self.born(request))
        while self.events:
            self.now, _, _, what = heappop(self.events)
            what()
        return self

    # --- parts ------------------------------------------------------------------------------------------------
    def born(self, request: int) -> None:
        for part in self.graph.parts:
            if part.join is None:
                nodes = self.plan.nodes(part.name)
                node = next((node for node in nodes if self.is_up(node)), nodes[0])
                self.parts[request, part.name].node = node
                then = partial(self.done, request, part.name, node)
                self.job(request, part.name, node, DATA, then)

    def fire(self, request: int, part: str, node: str, fed: int, then: Callable[[int], None]) -> None:
        rank = (1, request, self.graph.position[part])
        self.at(self.now, lambda: self.job(request, part, node, fed, then), rank)

    def job(self, request: int, part: str, node: str, fed: int, then: Callable[[int], None]) -> None:
        """Run a part on a node; ``then`` learns what it puts out, 0 where it is lost."""
        work = int(self.draws.work_ns[work_key(self.plan, part, node)][request])
        if not self.is_up(node):
            then(0)
            return
        limit = self.limit(request)
        start, stop = max(self.now, self.free[node]), min(self.next_crash(node), limit)
        end = start + work
        if start >= stop or end > stop:
            if start < stop:
                self.free[node] = stop
            self.at(max(self.now, stop), lambda: then(0))
            return
        self.free[node] = end
        self.at(end, lambda: then(fed))

    def done(self, request: int, part: str, node: str, fed: int) -> None:
        """A part has put something out on a node, or is known never to."""
        if self.graph.part_by_name[part].is_exit:
            if fed:
                self.delivery[request] = fed | self.graph.exit_bit(part)
            self.end[request] = self.now
        for edge in self.graph.outputs[part]:
            if fed:
                self.send(request, edge, node, fed)
            else:
                self.tell(request, edge, 0)

    def tell(self, request: int, edge: int, fed: int) -> None:
        """An input of a part is here, or is known never to come."""
        name = self.graph.edges[edge].target
        part, join = self.parts[request, name], self.graph.part_by_name[name].join
        if fed:
            part.here[edge] = fed | self.graph.edge_bit(edge)
        else:
            part.gone.add(edge)
        if part.has_fired:
            return
        if name in self.plan.closes_ns and (len(join.edges) > 1 or not join.take(set(join.edges))):
            self.wait(request, name, edge)
        elif all(e in part.here or e in part.gone for e in join.consult(set(part.here))):
            self.conclude(request, name)

    def wait(self, request: int, name: str, edge: int) -> None:
        """A join that closes some time after its first input has heard of one."""
        part, join = self.parts[request, name], self.graph.part_by_name[name].join
        if set(part.here) == {edge}:
            self.at(self.now + self.plan.closes_ns[name], lambda: part.has_fired or self.conclude(request, name), LAST)
        is_complete = edge in part.here and all(e in part.here for group in join.groups for e in group[0])
        if is_complete or part.gone == set(join.edges):
            self.conclude(request, name)

    def conclude(self, request: int, name: str) -> None:
        """A part fires with what is here, or starves."""
        part, join = self.parts[request, name], self.graph.part_by_name[name].join
        part.has_fired, taken = True, join.take(set(part.here))
        if not taken:
            self.done(request, name, "", 0)
            return
        behind = 0
        for e in taken:
            behind |= part.here[e]
        node = part.node or self.plan.placement[name]
        self.fire(request, name, node, behind, partial(self.done, request, name, node))

    # --- messages ---------------------------------------------------------------------------------------------
    def send(self, request: int, edge: int, source: str, fed: int) -> None:
        target, retry = self.graph.edges[edge].target, self.plan.policy.repeats
        if retry and retry.budget:
            earned = self.tokens[edge] + Fraction(retry.budget).limit_denominator(1000)
            self.tokens[edge] = min(earned, Fraction(retry.saved))
        if target in self.plan.hedged:
            self.race(request, edge, source, fed)
            return
        part = self.parts[request, target]

        def choose() -> str | None:
            if target not in self.plan.replicas:
                return self.plan.placement[target]
            if not part.on_the_way:
                part.node = self.first(source, self.plan.replicas[target], ())
            part.on_the_way += part.node is not None
            return part.node

        def lost(node: str | None) -> None:
            part.on_the_way -= node is not None

        def settle(arrived: bool, node: str | None) -> None:
            self.tell(request, edge, fed if arrived else 0)

        self.sending(request, edge, source, 0, (choose, lost, settle))

    def first(self, source: str, nodes: tuple[str, ...], avoided: tuple[str, ...]) -> str | None:
        return next((n for n in nodes if n not in avoided and self.is_up(n) and self.route(source, n)), None)

    def sending(self, request: int, edge: int, source: str, number: int, hooks, copy: int = 0) -> None:
        """Send once; ``hooks``: which node, what to do at each loss, who learns of the end."""
        choose, lost, settle = hooks
        retry, sent, node = self.plan.policy.repeats, self.now, choose()

        def fate(arrived: bool) -> None:
            if arrived:
                settle(True, node)
                return
            lost(node)
            if retry is None or number + 1 == retry.attempts:
                settle(False, node)
                return
            which = copy * retry.attempts + number
            drawn = self.draws.again[which].backoff
            part = drawn[self.graph.edges[edge].name][request] if drawn else 0.0
            again = max(self.now, sent + retry.timeout_ns) + retry.backoff.wait_ns(number + 1, float(part))
            self.at(again, repeat, (1, request, len(self.graph.parts) + edge))

        def repeat() -> None:
            if not self.is_up(source) or self.now >= self.limit(request):
                settle(False, node)
            elif retry.budget and self.tokens[edge] < 1:
                self.refused += 1
                settle(False, node)
            else:
                self.tokens[edge] -= 1
                self.repeated += 1
                self.sending(request, edge, source, number + 1, hooks, copy)

        route = self.route(source, node) if node else None
        if route is None:
            fate(False)
            return
        dice = self.draws.dice(copy * (retry.attempts if retry else 1) + number)
        self.hop(request, edge, route, 0, dice, fate)

    def hop(self, request: int, edge: int, route, place: int, dice, fate: Callable[[bool], None]) -> None:
        """A message is at the begin of a link of its route, or at its end."""
        if place == len(route.links):
            fate(self.plan.policy.repeats is None or self.is_up(route.hops[-1]))
            return
        link, relay = self.plan.topology.link_by_name[route.links[place]], route.hops[place]
        stops = place and not self.plan.topology.node_by_name[relay].forwards_when_down and not self.is_up(relay)
        if stops or not self.is_up(link.name):
            fate(False)
            return
        key = (self.graph.edges[edge].name, link.name)
        jitter = int(dice.jitter_ns[key][request]) if key in dice.jitter_ns else 0
        arrival, crash = self.now + link.latency_ns + jitter, self.next_crash(link.name)
        if arrival > crash:
            self.at(crash, lambda: fate(False))
        elif key in dice.lost and dice.lost[key][request]:
            self.at(arrival, lambda: fate(False))
        else:
            self.at(arrival, lambda: self.hop(request, edge, route, place + 1, dice, fate))

    # --- hedges -----------------------------------------------------------------------------------------------
    def race(self, request: int, edge: int, source: str, fed: int) -> None:
        part = self.parts[request, self.graph.edges[edge].target]
        part.is_due = True

        def due() -> None:
            part.is_due = False
            if not part.is_over and self.is_up(source) and self.now < self.limit(request):
                self.hedged += 1
                self.launch(request, edge, source, fed, 1)
            else:
                self.give_up(request, edge)

        self.launch(request, edge, source, fed, 0)
        self.at(self.now + self.plan.policy.hedge.after_ns, due, LAST)

    def launch(self, request: int, edge: int, source: str, fed: int, copy: int) -> None:
        """Send a copy of the input of a hedged part."""
        name = self.graph.edges[edge].target
        part = self.parts[request, name]
        part.alive += 1

        def choose() -> str | None:
            part.runs[copy] = self.first(source, self.plan.replicas[name], (part.runs.get(1 - copy),))
            return part.runs[copy]

        def settle(arrived: bool, node: str | None) -> None:
            if arrived:
                self.fire(request, name, node, fed | self.graph.edge_bit(edge), ended)
            else:
                ended(0)

        def ended(out: int) -> None:
            part.alive -= 1
            if out and not part.is_over:
                part.is_over = True
                self.done(request, name, part.runs[copy], out)
            self.give_up(request, edge)

        self.sending(request, edge, source, 0, (choose, lambda node: None, settle), copy)

    def give_up(self, request: int, edge: int) -> None:
        part = self.parts[request, self.graph.edges[edge].target]
        if not part.alive and not part.is_due and not part.is_over:
            part.is_over = True
            self.tell(request, edge, 0)
