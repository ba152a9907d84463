"""Any part graph on any topology as a textbook would write it: a process per request, per part and per message.

Time is int nanoseconds. Within an instant: who is up changes first; then what is done, even exactly at a crash; then
the crashes; then jobs and messages enter queues in order of (request, part); last the waits of the joins close.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
import simpy
from numpy.typing import NDArray

from benchmarks.textbook_chain import AFTER_WORK, Moment, Steps, Times
from benchmarks.textbook_components import Component, Crash, Machine, News, Request, Wire
from benchmarks.textbook_held import HeldValues
from benchmarks.textbook_machines import TextbookMachine, machine_of
from benchmarks.textbook_marks import is_seen, states_of, struck
from simulator.dataflow.graph import DATA, EMPTY, PartGraph
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline
from simulator.topology.graph import Topology
from simulator.topology.routes import Routes
from simulator.topology.serving import PLAIN

__all__ = ["Crash", "TextbookPlan", "TextbookResult", "run"]

IN_ORDER = AFTER_WORK + 1  # the lowest of the ranks by (request, part)


@dataclass(frozen=True)
class Model:
    """One of several models: its parts, and ``limit_ns`` and ``wait`` as those of a plan."""

    parts: frozenset[str]
    limit_ns: int | None = None
    wait: tuple[Literal["timeout", "cutoff"], Mapping[str, int]] | None = None


@dataclass(frozen=True)
class TextbookPlan:
    """What to simulate; all chance has been drawn.

    Args:
        graph: The parts and edges; one exit.
        placement: Node of each part.
        topology: Nodes and links (jitter and loss probabilities are not looked at).
        payload_bytes: Size of the message of each edge, by edge name.
        work_ns: Service time of each part for each request, shape ``(requests,)``.
        arrivals_ns: Birth of each request, sorted, shape ``(requests,)``.
        timelines: When nodes and links are down, coins of the requests included; None: never.
        coins: Per (edge name, link name): whether the message is lost on that link, shape ``(requests,)``.
        wait: None: losses are seen at once; ``timeout``: each join closes so long after its first input;
            ``cutoff``: so long after the birth of the request; ``first``: when so many of its inputs are here.
        limit_ns: Withdrawal deadline, from birth; None: never.
        crash: What a crash does to the jobs of a node.
        exact_ties: Whether what enters queues at one instant does so in order of (request, part), and a join looks
            once an instant. Without, ties fall as they fall, and the model is faster (for benchmarks).
        priority: Of parts on machines that serve by it, the lowest first; without one its place in the graph.
        jitter_ns: Per (edge name, link name): further delay of each message, shape ``(requests,)``.
        spikes: Per link name: (from, to, further delay) of what is handed over in [from, to).
        waits_for_repair: Whether senders keep messages that find no way, or the receiving node down, until the repair.
        held_ns: By edge, how old a value of an earlier request may be that a join takes instead of a missing one.
        models: Where several models share the machines: each one's parts of the graph, limit and waits; else empty.
        asks: The model of each request, where there are several.
    """

    graph: PartGraph
    placement: Mapping[str, str]
    topology: Topology
    payload_bytes: Mapping[str, int]
    work_ns: Mapping[str, Times]
    arrivals_ns: Times
    timelines: Timeline | None = None
    coins: Mapping[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)
    wait: tuple[Literal["timeout", "cutoff", "first"], Mapping[str, int]] | None = None
    limit_ns: int | None = None
    crash: Crash = field(default_factory=Crash)
    exact_ties: bool = True
    priority: Mapping[str, int] = field(default_factory=dict)
    jitter_ns: Mapping[tuple[str, str], Times] = field(default_factory=dict)
    spikes: Mapping[str, Sequence[tuple[int, int, int]]] = field(default_factory=dict)
    waits_for_repair: bool = False
    held_ns: Mapping[int, int] = field(default_factory=dict)
    models: tuple[Model, ...] = ()
    asks: Sequence[int] = ()


@dataclass(frozen=True)
class TextbookResult:
    """Per request: delivery (0: no answer), end in ns, shape ``(requests,)``, and the component to blame or ''.

    ``held`` has, by (request, edge), the request and the age of a held value that was taken.
    """

    delivery: list[int]
    end_ns: Times
    cause: list[str]
    held: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


class World:
    """The nodes and links at work, and the processes that pass through them."""

    def __init__(self, plan: TextbookPlan) -> None:
        self.plan, self.graph, self.topology = plan, plan.graph, plan.topology
        self.env = env = simpy.Environment()
        self.routes = Routes(plan.topology)
        self.down: set[str] = set()
        keeps = plan.crash.queue == "keep"
        nodes = {node.name: Component(env, node.name, self.down, keeps_queue=keeps) for node in self.topology.nodes}
        links = {link.name: Component(env, link.name, self.down) for link in self.topology.links}
        self.components = nodes | links | {name: Component(env, name, self.down) for name in states_of(self.graph)}
        self.machines = {name: self._machine(node) for name, node in nodes.items()}
        media: dict[str, simpy.Resource] = {}
        known = self.topology.link_by_name
        self.wires = {name: Wire(component, known[name], media) for name, component in links.items()}
        self.work_ns = {part: plan.work_ns[part].tolist() for part in self.graph.part_by_name}
        self.lost = {pair: flags.tolist() for pair, flags in plan.coins.items()}
        requests = len(plan.arrivals_ns)
        self.held = HeldValues(self.graph, plan.held_ns)
        for name, node in nodes.items() if plan.held_ns else ():
            there = {part for part, placed in plan.placement.items() if placed == name}
            node.watchers.append(partial(self._forget, there))
        ends_ns = np.full(requests, -1, dtype=np.int64)
        self.result = TextbookResult([EMPTY] * requests, ends_ns, [""] * requests, self.held.taken)

    def _forget(self, parts: set[str], is_up: bool) -> None:
        if not is_up:
            self.held.forget(parts)

    def _machine(self, node: Component) -> Machine | TextbookMachine:
        serving = self.topology.node_by_name[node.name].serving
        if serving == PLAIN and self.plan.crash.in_service != "resume":
            return Machine(node, self.plan.crash)
        return machine_of(node, self.plan.crash, serving)

    def births(self) -> Steps:
        """Start each request at its birth; over when all have ended."""
        requests = []
        for number, arrival_ns in enumerate(self.plan.arrivals_ns.tolist()):
            yield self.env.timeout(arrival_ns - int(self.env.now))
            requests.append(self.env.process(self.request(number)))
        yield self.env.all_of(requests)

    def request(self, number: int) -> Steps:
        """Start the parts, wait for the exit, write down how it ended."""
        model = self._model(number)
        (exit_part,) = (part for part in self.graph.exits if part in model.parts)
        request = Request(self.env, number, model.limit_ns, self._absent(number))
        runs = {part.name: self.env.process(self.part(request, part.name))
                for part in self.graph.parts if part.name in model.parts}
        answer = yield runs[exit_part]
        if not isinstance(answer, News):
            raise TypeError(answer)
        self.result.end_ns[number] = min(answer.when_ns, request.limit_at_ns)
        fresh = [edge for edge in answer.taken or () if edge >= 0]
        held = sum(self.graph.held_bit(-1 - edge) for edge in answer.taken or () if edge < 0)
        edges = [edge for edge in fresh if edge < len(self.graph.edges)]
        has_data = any(self.graph.edges[edge].source in self.graph.sources for edge in edges)
        if has_data or held:
            own = self.graph.delivery(exit_part, fresh)
            self.result.delivery[number] = held | (own if has_data else own & ~DATA)
        self.result.cause[number] = answer.cause

    def _model(self, number: int) -> Model:
        if self.plan.models:
            return self.plan.models[self.plan.asks[number]]
        return Model(frozenset(self.graph.part_by_name), self.plan.limit_ns, self.plan.wait)

    def _absent(self, number: int) -> frozenset[str]:
        timeline = self.plan.timelines
        if timeline is None or timeline.coins is None:
            return frozenset()
        return frozenset(n for n, is_up in zip(timeline.components, timeline.coins[number], strict=True) if not is_up)

    def turn(self, request: Request, part: str) -> Steps:
        """Wait until it is the turn of (request, part) in this instant."""
        if self.plan.exact_ties:
            yield Moment(self.env, 0, IN_ORDER + self._place(request, part))

    def entry(self, request: Request, edge: int) -> Steps:
        """Wait until a message may enter a transmitter: after all parts of its request, in order of declaration."""
        if self.plan.exact_ties:
            place = len(self.graph.parts) + edge
            yield Moment(self.env, 0, IN_ORDER + request.number * self._stride + place)

    @property
    def _stride(self) -> int:
        """Turns of a request: its parts, then its edges."""
        return len(self.graph.parts) + len(self.graph.edges)

    def alarm(self, request: Request, part: str, delay_ns: int) -> Moment:
        """Return the instant when a join closes: after all turns."""
        turns = len(self.plan.arrivals_ns) * self._stride
        return Moment(self.env, delay_ns, IN_ORDER + turns + self._place(request, part))

    def _place(self, request: Request, part: str) -> int:
        return request.number * self._stride + self.graph.position[part]

    def part(self, request: Request, name: str) -> Generator[simpy.Event, object, News]:
        """Wait for the inputs, work, send; return what is known of the output."""
        output = yield from self.fed(request, name)
        if output.taken is not None:
            node = self.plan.placement[name]
            output = News(output.when_ns, output.taken | self.struck(name, node, request))
            place = self.graph.position[name]
            rank = self.plan.priority.get(name, place)
            is_done = yield from self.machines[node].serve(self.work_ns[name][request.number], request, place, rank)
            output = News(int(self.env.now), output.taken) if is_done else News(int(self.env.now), None, node)
        for edge in self.graph.outputs[name]:
            if output.taken is None:
                request.settle(edge, output)
            else:
                self.env.process(self.message(request, edge, output.taken))
        return output

    def fed(self, request: Request, name: str) -> Generator[simpy.Event, object, News]:
        """Wait until the part can fire, or starves; return the edges behind what it takes."""
        join = self.graph.part_by_name[name].join
        if join is None:
            yield from self.turn(request, name)
            return News(int(self.env.now), frozenset())
        output = yield from self.inputs(request, name, join)
        if output.taken is None and self.graph.starved_emits:
            output = News(int(self.env.now), frozenset())
        if output.taken is not None and self.plan.waits_for_repair:
            yield from self.repair(request, name)
        return self.filled(request, name, output) if self.plan.held_ns else output

    def inputs(self, request: Request, part: str, join: Join) -> Generator[simpy.Event, object, News]:
        """Wait until the join fires or is starved; return the edges behind what it takes."""
        closing: Moment | None = None
        while True:
            known = {edge: request.news[edge] for edge in self.graph.inputs[part] if edge in request.news}
            present = {edge: news.taken for edge, news in known.items() if news.taken is not None}
            if (closing is not None and closing.processed) or self._is_settled(request, join, known, set(present)):
                break
            if closing is None:
                closing = self._closing(request, part, join, set(present))
            open_inputs = [request.settled[edge] for edge in self.graph.inputs[part] if edge not in known]
            yield self.env.any_of(open_inputs if closing is None else [*open_inputs, closing])
            yield from self.turn(request, part)
        now_ns = int(self.env.now)
        if self.plan.held_ns.keys() & set(join.edges):
            join = replace(join, needs="any")  # a held value may be what is needed
        taken = join.take(set(present))
        if taken:
            return News(now_ns, frozenset(taken).union(*(present[edge] for edge in taken)))
        lost = [(news.when_ns, edge) for edge, news in known.items() if news.taken is None]
        return News(now_ns, None, known[max(lost)[1]].cause if lost else "")

    def _is_settled(self, request: Request, join: Join, known: Mapping[int, News], present: set[int]) -> bool:
        wait = self._model(request.number).wait
        if wait is None or wait[0] == "first":
            return set(join.consult(present)) <= set(known)
        is_hopeless = not present and len(known) == len(join.edges)
        return is_hopeless or all(set(alternatives[0]) <= present for alternatives in join.groups)

    def _closing(self, request: Request, part: str, join: Join, present: set[int]) -> Moment | None:
        wait = self._model(request.number).wait
        if wait is None:
            return None
        kind, waits = wait
        if kind == "first":
            if self.plan.held_ns.keys() & set(join.edges) and join.needs != "any":
                return None  # what is needed may be held: it waits for all that can come
            is_enough = len(present) >= waits.get(part, len(join.edges)) and join.take(present)
            return self.alarm(request, part, 0) if is_enough else None
        return self.alarm(request, part, waits[part]) if present or kind == "cutoff" else None

    def filled(self, request: Request, part: str, output: News) -> News:
        """Return what a part is fed with held values in the place of inputs that it lacks."""
        own = {edge for edge in output.taken or () if edge >= 0 and self.graph.edges[edge].target == part}
        taken = self.held.fill(part, request.number, int(self.env.now), own)
        if taken is None:
            return replace(output, taken=None, when_ns=int(self.env.now) if output.taken else output.when_ns)
        return News(int(self.env.now), taken | (output.taken or frozenset()))

    def repair(self, request: Request, part: str) -> Steps:
        """Wait while the part's node is down, at most until the request is withdrawn, and then for its turn."""
        node = self.plan.placement[part]
        while node in self.down and node not in request.absent and not request.is_over:
            yield request.or_deadline(self.components[node].repaired)
            yield from self.turn(request, part)

    def message(self, request: Request, edge: int, taken: frozenset[int]) -> Steps:
        """Carry an output over an edge, and make it known when it has come or is lost."""
        struck_on_way: set[int] = set()
        if self.plan.waits_for_repair:
            cause = yield from self.kept(request, edge, struck_on_way)
        else:
            cause = yield from self.travel(request, edge, struck_on_way)
        target = self.plan.placement[self.graph.edges[edge].target]
        if self.plan.held_ns and not cause and not self.components[target].is_down(request):
            self.held.came[edge].append((int(self.env.now), request.number))
        request.settle(edge, News(int(self.env.now), None if cause else taken | struck_on_way, cause))

    def struck(self, place: str, where: str, request: Request) -> frozenset[int]:
        """Return the marks of a part or an edge that strike now."""
        return struck(self.graph, place, where, lambda state: self.components[state].is_down(request))

    def kept(self, request: Request, edge: int, marks: set[int]) -> Generator[simpy.Event, object, str]:
        """Hand a message over, as often as it takes, whenever there is a way and the receiving node is up."""
        ends = self.graph.edges[edge]
        source, target = self.plan.placement[ends.source], self.plan.placement[ends.target]
        while True:
            while blocker := self._in_the_way(request, source, target):
                if request.is_over:
                    return blocker
                repairs = [component.repaired for component in self.components.values()]
                yield request.or_deadline(self.env.any_of(repairs))
            handed_ns = self.env.now
            cause = yield from self.travel(request, edge, marks)
            if cause:
                is_again = self.env.now > handed_ns and not self.was_tossed(request, edge, cause)
            else:
                is_again = target in self.down
            if not is_again:
                return cause

    def _in_the_way(self, request: Request, source: str, target: str) -> str:
        if self.routes.find(source, target, request.absent) is None:
            return ""  # by its own coins: lost as ever
        if target in self.down:
            return target
        down = frozenset(self.down | request.absent)
        return self._blocker(source, target, down) if self.routes.find(source, target, down) is None else ""

    def was_tossed(self, request: Request, edge: int, link: str) -> bool:
        """Return whether a loss coin took the message on this link."""
        coins = self.lost.get((self.graph.edges[edge].name, link))
        is_up = link in self.components and link not in self.down
        return coins is not None and bool(coins[request.number]) and is_up

    def travel(self, request: Request, edge: int, marks: set[int]) -> Generator[simpy.Event, object, str]:
        """Return, when it is known, the component that lost the message, or '' when it has come; marks are added."""
        hyperconnection = self.graph.edges[edge]
        source, target = (self.plan.placement[part] for part in (hyperconnection.source, hyperconnection.target))
        down = frozenset(self.down | request.absent)
        route = self.routes.find(source, target, down)
        if route is None:
            return self._blocker(source, target, down)
        name = hyperconnection.name
        for link, (sender, _) in zip(route.links, pairwise(route.hops), strict=True):
            relay = self.topology.node_by_name[sender]
            if sender != source and not relay.forwards_when_down and self.components[sender].is_down(request):
                return sender
            if self.wires[link].has_queue:
                yield from self.entry(request, edge)
            further_ns, hit = self._further_ns(name, link, request), self.struck(name, link, request)
            marks |= hit
            has_come = yield from self.wires[link].carry(self.plan.payload_bytes[name], sender, request, further_ns)
            is_lost = (name, link) in self.lost and self.lost[name, link][request.number]
            if not has_come or is_lost or is_seen(self.graph, hit):
                return link
        hit = self.struck(name, name, request)
        marks |= hit
        return target if is_seen(self.graph, hit) else ""

    def _further_ns(self, edge: str, link: str, request: Request) -> int:
        """Return the jitter of a message that is handed over now, and what spikes add to it."""
        jitter = self.plan.jitter_ns.get((edge, link))
        spikes = sum(adds for start, end, adds in self.plan.spikes.get(link, ()) if start <= self.env.now < end)
        return spikes + (0 if jitter is None else int(jitter[request.number]))

    def _blocker(self, source: str, target: str, down: frozenset[str]) -> str:
        best = self.routes.find(source, target)
        if best is None:
            return f"{source}-{target}"  # no route even when all is up: the scenario is checked before
        relays = {hop for hop in best.hops[1:-1] if not self.topology.node_by_name[hop].forwards_when_down}
        order = [link.name for link in self.topology.links] + [node.name for node in self.topology.nodes]
        return next(name for name in order if name in down and (name in best.links or name in relays))


def run(plan: TextbookPlan) -> TextbookResult:
    """Return how each request of the plan ends."""
    world = World(plan)
    if plan.timelines is not None:
        timeline = plan.timelines
        for name, crash_ns, repair_ns in zip(timeline.components, timeline.crash_ns, timeline.repair_ns, strict=True):
            world.env.process(world.components[name].breakdowns(crash_ns.tolist(), repair_ns.tolist()))
    world.env.run(until=world.env.process(world.births()))
    if plan.held_ns:
        world.env.run()  # parts of requests that have ended may still take held values
    return world.result
