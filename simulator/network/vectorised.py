"""The fast path: the requests of a replication queue by queue instead of event by event, with the same answers.

Where nothing flows back (no machine or transmitter is used twice on one way), every queue can be run through for all
requests before the next: the same int64 nanoseconds, from the same draws, as the SimPy engine, request by request.
``Unqualified`` says why a plan or its draws must be left to the engine: failures are timelines here too, so that
what is asked is only who feeds whom, and that no two events fall on one instant whose order columns cannot know.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import networkx as nx
import numpy as np

from simulator.dataflow.graph import DATA
from simulator.network.blame import BY_CRASH, BY_DEADLINE, BY_LOSS, BY_WAIT, blame_code
from simulator.network.blocks import CrashSemantics, DeadlineWait, TimeoutWait
from simulator.network.choose import watched
from simulator.network.clock import FOREVER
from simulator.network.column_joins import Fired, Late, one_input, perfect_join, timed_join
from simulator.network.column_queues import Jobs, Places, TiedError, ended, in_order
from simulator.network.column_tags import ColumnTags
from simulator.network.columns import Column, Ints, ends_fifo, ends_until_crash, lives_of
from simulator.network.engine import finished, line_loads
from simulator.network.joins import Rules
from simulator.network.links import transmission_ns
from simulator.network.lookup import held
from simulator.network.meters import Meter
from simulator.network.plan import Draws, Log, MachineLoad, Plan
from simulator.network.qualify import why_events
from simulator.network.wiring import Wiring
from simulator.network.world import World
from simulator.topology.routes import Route
from simulator.topology.serving import PLAIN

Stage = tuple[str, ...]
"""A machine ``(node,)`` or the transmitter of a direction of a link ``(link, sender)``."""
FEWEST_JOBS_A_LIFE = 8  # of a machine, below which a loop is faster than columns


class Unqualified(ValueError):
    """The plan or its draws need the engine; the message says why."""


def run(plan: Plan, draws: Draws, *, has_meters: bool = False) -> Log:
    """Return how each request ended: what ``engine.run`` returns, with ``==``.

    Args:
        plan: Parts, topology, policy.
        draws: Everything random.
        has_meters: Whether to note what each machine does.

    Raises:
        Unqualified: the engine is needed.
    """
    if why := why_events(plan, draws):
        raise Unqualified(why)
    return _Flow(plan, draws, has_meters=has_meters).log()


class _Flow:
    """One replication: columns go from queue to queue, each queue once."""

    def __init__(self, plan: Plan, draws: Draws, *, has_meters: bool) -> None:
        self.plan, self.draws, self.graph = plan, draws, plan.graph
        self.world, self.has_meters = World(plan, draws, has_meters=has_meters), has_meters
        self.wiring, self.tags, self.loads = Wiring(self.world), ColumnTags(self.world), dict[str, MachineLoad]()
        self.births = draws.arrivals_ns
        self.last_birth, self.had_alarms = int(self.births[-1]) if len(self.births) else 0, False
        self.ranks: dict[int, Places] = {}
        deadline = plan.policy.deadline_ns
        self.marks = None if deadline is None else self.births + deadline
        self.routes = [self._route(edge) for edge in range(len(self.graph.edges))]
        self.order = self._order()
        self.has_lines = any(len(stage) > 1 for stage in self.order)
        self.inputs: dict[int, Column] = {}
        self.waiting: dict[Stage, list[tuple[int, int, Column]]] = defaultdict(list)
        self.too_late: dict[str, int] = {}
        self.answer: Column | None = None

    def log(self) -> Log:
        """Run every queue and return the log."""
        for stage in self.order:
            if len(stage) == 1:
                self._machine(stage[0])
            else:
                self._line(*stage)
        answer = self.answer or Column(self.births, *(np.zeros(len(self.births), dtype=np.int64) for _ in range(2)))
        ended = answer.when, answer.blame
        log = finished((self.plan, self.births), held(answer.fed), ended, self.too_late, self.loads)
        return replace(log, lines=line_loads(self.world, self.last_birth))

    def _route(self, edge: int) -> Route:
        ends, placement = self.graph.edges[edge], self.plan.placement
        source, target = placement[ends.source], placement[ends.target]
        route = self.world.routes.find(source, target)
        if route is None or self.wiring.is_rerouted(source, target, route):
            raise Unqualified(f"the route of {ends.name} is found anew when something fails")
        for link, sender in zip(route.links, route.hops, strict=False):
            if self.plan.topology.link_by_name[link].transmitter(sender) != (link, sender):
                raise Unqualified(f"{link} shares its transmitter")
        return route

    def _order(self) -> list[Stage]:
        """Return the queues in an order in which each has all that comes to it when its turn comes.

        Raises:
            Unqualified: there is none.
        """
        graph, placement = self.graph, self.plan.placement
        flow: nx.DiGraph[Stage] = nx.DiGraph()
        flow.add_nodes_from((placement[part.name],) for part in graph.parts)
        for edge, route in zip(graph.edges, self.routes, strict=True):
            hops = zip(route.links, route.hops, strict=False)
            queues = [(link, sender) for link, sender in hops if self.world.line(link, sender).is_queueing]
            nx.add_path(flow, [(placement[edge.source],), *queues, (placement[edge.target],)])
        if not nx.is_directed_acyclic_graph(flow):
            raise Unqualified("a request may come to one queue twice")
        return list(nx.lexicographical_topological_sort(flow))

    def _machine(self, node: str) -> None:
        """Run the queue of a machine: all parts on it."""
        parts = [place for place, part in enumerate(self.graph.parts) if self.plan.placement[part.name] == node]
        fired = [self.tags.fired(self.graph.parts[place].name, self._fired(place)) for place in parts]
        offsets = [0 if self.graph.parts[place].join is None else 1 + place for place in parts]
        self.had_alarms |= any(bool(each.by_alarm.any()) for each in fired)
        jobs = self._in_order([each.column for each in fired], offsets, offsets)
        works = np.stack([self.draws.work_ns[self.graph.parts[place].name] for place in parts])
        work = works[jobs.kind, jobs.request]
        ends, blames = self._served(node, jobs, work)
        if self.has_meters and works.any():
            meter = Meter(watched(self.world, node, self.plan.topology.node_by_name[node].serving))
            meter.took(jobs.when, ends)
            self.loads[node] = meter.load(node, self.last_birth)
        late = blame_code(self.world.index[node], BY_DEADLINE)
        for kind, (place, each) in enumerate(zip(parts, fired, strict=True)):
            mine = jobs.kind == kind
            if self.has_lines:
                self.ranks[place] = np.zeros(len(self.births), dtype=np.intp)
                self.ranks[place][jobs.request[mine]] = np.flatnonzero(mine)
            done = ended(each.column, jobs.request[mine], ends[mine], blames[mine])
            self._send(place, done if self.marks is None else done.late(self.marks, late))

    def _fired(self, place: int) -> Fired:
        """Return when a part fires."""
        part, wait = self.graph.parts[place], self.plan.policy.wait
        if part.join is None:
            data = np.full(len(self.births), DATA, dtype=np.int64)
            return one_input(Column(self.births, data, np.zeros_like(data)))
        rules = Rules(part.join)
        inputs = [self.inputs.pop(edge) for edge in rules.edges]
        late = Late(np.full(len(self.births), FOREVER) if self.marks is None else self.marks,
                    blame_code(self.world.index[self.plan.placement[part.name]], BY_WAIT))
        if isinstance(wait, DeadlineWait) and part.name in self.plan.closes_ns:
            fired = timed_join(rules, inputs, self.births + self.plan.closes_ns[part.name], late)
        elif rules.size == 1 and rules.taken(rules.all):
            fired = one_input(inputs[0])
        elif isinstance(wait, TimeoutWait):
            fired = timed_join(rules, inputs, self.plan.closes_ns[part.name], late)
        else:
            fired = perfect_join(rules, inputs, has_deadline=self.marks is not None)
        if fired.too_late:
            self.too_late[part.name] = fired.too_late
        return fired

    def _in_order(
        self, columns: list[Column], offsets: list[int], causes: list[int], ranks: list[Places] | None = None
    ) -> Jobs:
        try:
            return in_order(columns, np.array(offsets), np.array(causes), may_tie=not self.had_alarms, ranks=ranks)
        except TiedError as tied:
            raise Unqualified(str(tied)) from tied

    def _begun(self, edge: int, hop: int) -> int:
        """Return what made a message come to a hop: the part that sent it, or its own last hop."""
        return -1 - edge if hop else self.graph.position[self.graph.edges[edge].source]

    def _served(self, node: str, jobs: Jobs, work: Ints) -> tuple[Ints, Ints]:
        """Return when each job is done, or -1 - when it is lost, and who is to blame for what is lost."""
        lives, code = lives_of(self.draws.timeline, node), blame_code(self.world.index[node], BY_CRASH)
        is_steady = self.plan.topology.node_by_name[node].serving == PLAIN and node not in self.draws.paces
        is_queue = is_steady and self.plan.limit_ns is None
        is_plain = is_queue and self.plan.crash == CrashSemantics()
        if lives is None and is_queue:
            return ends_fifo(jobs.when, work), np.zeros_like(work)
        if lives is None or not is_plain or len(lives.crash) * FEWEST_JOBS_A_LIFE > len(work):
            return self._served_one_by_one(node, jobs, work)
        ends = -1 - jobs.when
        heads = np.ones(len(work), dtype=bool) if lives.coins is None else lives.coins[jobs.request]
        ends[heads] = ends_until_crash(jobs.when[heads], work[heads], lives)
        return ends, np.where(ends < 0, code, 0)

    def _served_one_by_one(self, node: str, jobs: Jobs, work: Ints) -> tuple[Ints, Ints]:
        machinery = self.world.machinery(node)
        machine, serve = machinery.machine, machinery.serve
        ends, blames = [], []
        for now, needed, request in zip(jobs.when.tolist(), work.tolist(), jobs.request.tolist(), strict=True):
            end = serve(now, needed, request)
            ends.append(end)
            blames.append(machine.blame if end < 0 else 0)
        return np.array(ends, dtype=np.int64), np.array(blames, dtype=np.int64)

    def _send(self, place: int, output: Column) -> None:
        part = self.graph.parts[place]
        for edge in self.graph.outputs[part.name]:
            self._along(edge, 0, output)
        if part.is_exit:
            self.answer = replace(output, fed=np.where(output.fed, output.fed | self.graph.exit_bit(part.name), 0))

    def _along(self, edge: int, place: int, message: Column) -> None:
        """Take a message from one of its hops to the next queue, or to its part."""
        route = self.routes[edge]
        for hop in range(place, len(route.links)):
            link, sender = route.links[hop], route.hops[hop]
            message = self.tags.handed_over(edge, link, message)
            if self.world.line(link, sender).is_queueing:
                self.waiting[link, sender].append((edge, hop, message))
                return
            message = self._crossed(edge, link, message)
        fed = np.where(message.fed, message.fed | self.graph.edge_bit(edge), 0)
        message = replace(message, fed=fed)
        if self.marks is not None and route.links:
            message = message.late(self.marks, blame_code(self.world.index[route.links[-1]], BY_DEADLINE))
        self.inputs[edge] = self.tags.arriving(edge, message)

    def _crossed(self, edge: int, link: str, message: Column) -> Column:
        """Return a message after a link without a queue."""
        lives = lives_of(self.draws.timeline, link)
        arrival = message.when + self.plan.topology.link_by_name[link].latency_ns + self._jitter(edge, link)
        arrival += self._added(link, message.when)
        if lives is not None:
            end = lives.until(message.when)
            known = np.where(end < 0, message.when, end)
            is_cut = (message.fed > 0) & (arrival > end)
            cut = message.lost(is_cut, known, blame_code(self.world.index[link], BY_CRASH))
            arrival, message = np.where(is_cut, known, arrival), cut
        return self._through(edge, link, message, arrival)

    def _through(self, edge: int, link: str, message: Column, arrival: Ints) -> Column:
        """Return a message that has got to the end of a link, where its loss coin is known."""
        message = replace(message, when=np.where(message.fed > 0, arrival, message.when))
        message, lost = self.tags.across(edge, link, message), self.draws.lost.get((self.graph.edges[edge].name, link))
        if lost is None:
            return message
        return message.lost((message.fed > 0) & lost, arrival, blame_code(self.world.index[link], BY_LOSS))

    def _jitter(self, edge: int, link: str) -> Ints | int:
        return self.draws.jitter_ns.get((self.graph.edges[edge].name, link), 0)

    def _added(self, link: str, when: Ints) -> Ints | int:
        added = self.world.added.get(link)
        return added.column(when) if added else 0

    def _line(self, link: str, sender: str) -> None:
        """Run the transmitter of one direction of a link."""
        messages = self.waiting.pop((link, sender), [])
        if not messages:
            return
        jobs = self._messages(messages)
        known = self.plan.topology.link_by_name[link]
        names = [self.graph.edges[edge].name for edge, _, _ in messages]
        times = np.array([transmission_ns(self.plan.costs.payload_bytes.get(name, 0), known.bandwidth_bps)
                          for name in names], dtype=np.int64)
        jitter = np.zeros(len(jobs.when), dtype=np.int64)
        for kind, (edge, _, _) in enumerate(messages):
            mine = jobs.kind == kind
            jitter[mine] = np.broadcast_to(self._jitter(edge, link), self.births.shape)[jobs.request[mine]]
        arrivals = self._transmitted((link, sender), jobs, times[jobs.kind], jitter)
        crashed = blame_code(self.world.index[link], BY_CRASH)
        for kind, (edge, hop, message) in enumerate(messages):
            mine = jobs.kind == kind
            arrived = ended(message, jobs.request[mine], arrivals[mine], np.full(int(mine.sum()), crashed))
            self._along(edge, hop + 1, self._through(edge, link, arrived, arrived.when))

    def _messages(self, messages: list[tuple[int, int, Column]]) -> Jobs:
        """Return messages in the order of their transmitter: straight from one queue they come as it served them."""
        is_direct = not any(self.wiring.needs_entry(self.routes[edge], hop, is_alone=True) for edge, hop, _ in messages)
        ranks = [self.ranks[self.graph.position[self.graph.edges[edge].source]] for edge, _, _ in messages]
        begun = [self._begun(edge, hop) for edge, hop, _ in messages]
        columns, offsets = [message for _, _, message in messages], [1 + edge for edge, _, _ in messages]
        return self._in_order(columns, offsets, begun, ranks if is_direct else None)

    def _transmitted(self, line: Stage, jobs: Jobs, times: Ints, jitter: Ints) -> Ints:
        """Return when each message has arrived, or -1 - when it is lost."""
        if lives_of(self.draws.timeline, line[0]) is None:
            sent = ends_fifo(jobs.when, times)
            if self.has_meters:
                self.world.line_meters[line].took(jobs.when, sent)
            return sent + self.plan.topology.link_by_name[line[0]].latency_ns + jitter + self._added(line[0], jobs.when)
        carry = self.world.line(*line).carry
        rows = zip(jobs.when.tolist(), times.tolist(), jitter.tolist(), jobs.request.tolist(), strict=True)
        return np.array([carry(*row) for row in rows], dtype=np.int64)
