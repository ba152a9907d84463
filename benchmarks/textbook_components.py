"""What breaks in the textbook model: machines with their jobs, links with their messages; and the requests."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

import simpy

from benchmarks.textbook_chain import AFTER_WORK, FIRST, Moment, Steps
from simulator.topology.graph import Link


@dataclass(frozen=True)
class Crash:
    """What a crash does to the jobs that wait, and to the job in service."""

    queue: Literal["lose", "keep"] = "lose"
    in_service: Literal["lose", "restart", "resume"] = "lose"


@dataclass(frozen=True)
class News:
    """What is known since ``when_ns``: the edges behind an output, or None when it is lost, and by whose fault."""

    when_ns: int
    taken: frozenset[int] | None
    cause: str = ""


class Request:
    """One request: the news of its edges, its deadline, and what is down for it alone."""

    def __init__(self, env: simpy.Environment, number: int, limit_ns: int | None, absent: frozenset[str]) -> None:
        self.env, self.number, self.absent = env, number, absent
        self.limit_at_ns = math.inf if limit_ns is None else env.now + limit_ns
        self.deadline = None if limit_ns is None else env.timeout(limit_ns)
        self.settled: defaultdict[int, simpy.Event] = defaultdict(env.event)
        self.news: dict[int, News] = {}

    @property
    def is_over(self) -> bool:
        """Whether the deadline is reached."""
        return self.env.now >= self.limit_at_ns

    def or_deadline(self, event: simpy.Event) -> simpy.Event:
        """Return the event, or the deadline if that comes first."""
        return event if self.deadline is None else event | self.deadline

    def settle(self, edge: int, news: News) -> None:
        """Make the fate of an input known."""
        self.news[edge] = news
        self.settled[edge].succeed()


class Component:
    """A node or link that is down on [crash, repair) and interrupts its jobs at a crash."""

    def __init__(self, env: simpy.Environment, name: str, down: set[str], *, keeps_queue: bool = False) -> None:
        self.env, self.name, self.down, self.keeps_queue = env, name, down, keeps_queue
        self.repaired = env.event()
        self.watchers: list[Callable[[bool], None]] = []  # told at each crash and repair whether it is up
        self.started_ns: dict[simpy.Process, int | None] = {}  # the jobs present; None: waits

    def is_down(self, request: Request) -> bool:
        """Return whether it is down for this request."""
        return self.name in self.down or self.name in request.absent

    def breakdowns(self, crashes_ns: list[int], repairs_ns: list[int]) -> Steps:
        """Crash and repair at the given instants."""
        for crash_ns, repair_ns in zip(crashes_ns, repairs_ns, strict=True):
            if repair_ns <= self.env.now:
                continue
            yield Moment(self.env, max(0, crash_ns - int(self.env.now)), FIRST)
            self.down.add(self.name)
            self._tell(is_up=False)
            yield Moment(self.env, 0, AFTER_WORK)
            for job, started_ns in self.started_ns.items():
                is_in_service = started_ns is not None and started_ns < self.env.now
                if is_in_service or not self.keeps_queue:
                    job.interrupt()
            yield Moment(self.env, repair_ns - int(self.env.now), FIRST)
            self.down.discard(self.name)
            self._tell(is_up=True)
            self.repaired.succeed()
            self.repaired = self.env.event()

    def _tell(self, *, is_up: bool) -> None:
        for watcher in self.watchers:
            watcher(is_up)


class Machine:
    """The single FIFO server of a node."""

    def __init__(self, node: Component, crash: Crash) -> None:
        self.env, self.node = node.env, node
        self.server = simpy.Resource(node.env)
        self.restarts = crash.in_service == "restart"

    def serve(
        self, work_ns: int, request: Request, part: int = 0, rank: int = 0
    ) -> Generator[simpy.Event, object, bool]:
        """Return, when it is known, whether the job of the calling process was done."""
        node, job = self.node, self.env.active_process
        if job is None or request.is_over or node.name in request.absent:
            return False
        if node.is_down(request) and not node.keeps_queue:
            return False
        node.started_ns[job] = None
        try:
            with self.server.request() as turn:
                yield request.or_deadline(turn)
                return (yield from self._work(job, work_ns, request))
        except simpy.Interrupt:
            return False
        finally:
            del node.started_ns[job]

    def _work(self, job: simpy.Process, work_ns: int, request: Request) -> Generator[simpy.Event, object, bool]:
        node = self.node
        while not request.is_over:
            try:
                if node.is_down(request) and (node.keeps_queue or self.restarts):
                    yield request.or_deadline(node.repaired)
                    continue
                if node.started_ns[job] is None:
                    node.started_ns[job] = int(self.env.now)
                done_ns = self.env.now + work_ns
                yield request.or_deadline(self.env.timeout(work_ns))
                if self.env.now == done_ns:
                    return True
            except simpy.Interrupt:
                if not self.restarts or node.started_ns[job] is None:
                    raise
        return False


class Wire:
    """A link: a FIFO transmitter for each direction, or one for both or for a whole medium, then the delay."""

    def __init__(self, component: Component, link: Link, media: dict[str, simpy.Resource]) -> None:
        self.env, self.component, self.link = component.env, component, link
        self.has_queue = math.isfinite(link.bandwidth_bps)
        self.transmitters = {end: simpy.Resource(component.env) for end in link.ends}
        if link.duplex == "half" or link.medium:
            shared = media.setdefault(link.medium or f"{link.name} alone", simpy.Resource(component.env))
            self.transmitters = dict.fromkeys(link.ends, shared)

    def carry(
        self, size_bytes: int, sender: str, request: Request, further_ns: int = 0
    ) -> Generator[simpy.Event, object, bool]:
        """Return, when it is known, whether the message of the calling process came to the other end."""
        message = self.env.active_process
        if message is None or self.component.is_down(request):
            return False
        self.component.started_ns[message] = None
        try:
            if self.has_queue:
                with self.transmitters[sender].request() as turn:
                    yield turn
                    yield self.env.timeout(math.ceil(size_bytes * 8e9 / self.link.bandwidth_bps))
            yield self.env.timeout(self.link.latency_ns + further_ns)
        except simpy.Interrupt:
            return False
        else:
            return True
        finally:
            del self.component.started_ns[message]
