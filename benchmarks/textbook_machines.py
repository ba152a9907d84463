"""Machines of the textbook model beyond the single FIFO server: several servers, buffers, sharing, priority, batches.

Written plainly, from the rules and not from the engine: a process per job, lists that are looked through, exact
fractions, and after every change everybody looks again.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import simpy

from benchmarks.textbook_components import Component, Crash, Request
from simulator.topology.serving import Batch, Serving

Served = Generator[simpy.Event, object, bool]


@dataclass(eq=False)
class Job:
    """A job on a machine: who, which part, its work, and what it has had of it."""

    request: Request
    part: int
    rank: int
    work_ns: int
    came: int
    process: simpy.Process
    had: Fraction = field(default_factory=Fraction)
    rest_ns: int = 0
    begun: int | None = None
    is_started: bool = False
    mates: list[Job] = field(default_factory=list)


class TextbookMachine:
    """What all of them share: when the machine serves, and who gets in.

    Args:
        node: The component, which tells of crashes and repairs.
        crash: What a crash does to jobs.
        serving: Servers, buffer, discipline, batches, cold start.
    """

    def __init__(self, node: Component, crash: Crash, serving: Serving) -> None:
        self.env, self.node, self.crash, self.config = node.env, node, crash, serving
        self.servers = math.inf if serving.servers is None else serving.servers
        self.buffer = math.inf if serving.buffer is None else serving.buffer
        self.jobs: list[Job] = []
        self.changed = node.env.event()
        self.is_warm, self.epoch, self.crashed_at = True, 0, -1
        node.watchers.append(self.switched)

    def switched(self, is_up: bool) -> None:
        """Stop at a crash; after a repair serve again when the cold start is over, unless it crashes before."""
        self.account()
        self.epoch += 1
        self.is_warm = False
        self.crashed_at = self.crashed_at if is_up else int(self.env.now)
        if is_up and not self.config.cold_start_ns:
            self.warm()
        elif is_up:
            self.env.process(self._warms_up(self.epoch))

    def _warms_up(self, epoch: int) -> Generator[simpy.Event, object, None]:
        yield self.env.timeout(self.config.cold_start_ns)
        if self.epoch == epoch:
            self.warm()

    def warm(self) -> None:
        """Serve again."""
        self.account()
        self.is_warm = True
        self.look()

    def look(self) -> None:
        """Let everybody look again."""
        changed, self.changed = self.changed, self.env.event()
        changed.succeed()

    def account(self) -> None:
        """Write down what has been done so far; only sharing needs it."""

    def is_full(self) -> bool:
        """Return whether a job that comes now neither starts at once nor finds a place."""
        waiting = [job for job in self.jobs if not job.is_started]
        starts = self.is_warm and not waiting and self.busy() < self.servers
        return len(waiting) >= self.buffer and not starts

    def busy(self) -> int:
        """Return how many servers are held."""
        return len({id(job.mates) for job in self.jobs if job.is_started})

    def serve(self, work_ns: int, request: Request, part: int = 0, rank: int = 0) -> Served:
        """Return, when it is known, whether the job of the calling process was done."""
        node, process = self.node, self.env.active_process
        if process is None or request.is_over or node.name in request.absent:
            return False
        if node.is_down(request) and not node.keeps_queue:
            return False
        if self.is_full():
            return False
        job = Job(request, part, rank, work_ns, int(self.env.now), process)
        self.account()
        self.jobs.append(job)
        self.note(job)
        self.look()
        try:
            return (yield from self.pass_through(job))
        finally:
            self.account()
            self.jobs.remove(job)
            if job in job.mates:
                job.mates.remove(job)
            del node.started_ns[process]
            self.look()

    def note(self, job: Job) -> None:
        """Tell the component of the job: since when it is in service, None while it waits."""
        self.node.started_ns[job.process] = job.came if job.is_started else None

    def pass_through(self, job: Job) -> Served:
        """Wait, be served; return whether the job was done."""
        raise NotImplementedError


class SharedProcessor(TextbookMachine):
    """All present share the servers, also those that came while it was down."""

    since = 0

    def is_full(self) -> bool:
        return len(self.jobs) >= self.servers + self.buffer

    def note(self, job: Job) -> None:
        job.is_started = True
        super().note(job)

    def share(self) -> Fraction:
        return min(Fraction(1), Fraction(int(self.servers), max(1, len(self.jobs)))) if self.is_warm else Fraction(0)

    def account(self) -> None:
        for job in self.jobs:
            job.had += (int(self.env.now) - self.since) * self.share()
        self.since = int(self.env.now)

    def pass_through(self, job: Job) -> Served:
        while True:
            self.account()
            crashed_now = self.crashed_at == self.env.now and job.had > 0
            if job.had >= job.work_ns and (self.is_warm or crashed_now):
                return True
            if job.request.is_over:
                return False
            share = self.share()
            events = [job.request.or_deadline(self.changed)]
            if share:
                events.append(self.env.timeout(math.ceil((job.work_ns - job.had) / share)))
            try:
                yield self.env.any_of(events)
            except simpy.Interrupt:
                self.account()
                if self.crash.in_service == "lose":
                    return False
                job.had = Fraction() if self.crash.in_service == "restart" else job.had


class PreemptiveDesk(TextbookMachine):
    """The best of all present are worked on; the others keep what they have had."""

    since = 0
    served: tuple[Job, ...] = ()

    def is_full(self) -> bool:
        return len(self.jobs) >= self.servers + self.buffer

    def account(self) -> None:
        for job in self.served:
            job.had += int(self.env.now) - self.since
        self.since = int(self.env.now)

    def switched(self, is_up: bool) -> None:
        super().switched(is_up)
        self.served = self.served if self.is_warm else ()

    def look(self) -> None:
        self.account()
        line = sorted((job for job in self.jobs if not job.request.is_over), key=lambda job: job.rank)
        self.served = tuple(line[: int(self.servers)]) if self.is_warm else ()
        for job in self.served:
            if not job.is_started:
                job.is_started = True
                self.node.started_ns[job.process] = int(self.env.now)
        super().look()

    def pass_through(self, job: Job) -> Served:
        while True:
            self.account()
            crashed_now = self.crashed_at == self.env.now and job.had > 0
            if job.is_started and job.had >= job.work_ns and (self.is_warm or crashed_now):
                return True
            if job.request.is_over:
                return False
            events = [job.request.or_deadline(self.changed)]
            if job in self.served:
                events.append(self.env.timeout(math.ceil(job.work_ns - job.had)))
            try:
                yield self.env.any_of(events)
            except simpy.Interrupt:
                if not job.is_started or self.crash.in_service == "lose":
                    return False
                job.had = Fraction() if self.crash.in_service == "restart" else job.had


class Desk(TextbookMachine):
    """Servers behind a line that is looked through for who is next."""

    def look(self) -> None:
        now = int(self.env.now)
        while self.is_warm and self.busy() < self.servers and (chosen := self.choose(now)):
            for job in chosen:
                job.is_started, job.mates = True, chosen
                self.node.started_ns[job.process] = now
        super().look()

    def waiting(self) -> list[Job]:
        return [job for job in self.jobs if not job.is_started and not job.request.is_over]

    def choose(self, now: int) -> list[Job]:
        line = self.waiting()
        key = (lambda job: job.rank) if self.config.discipline == "priority" else (lambda job: 0)
        return [min(line, key=key)] if line else []

    def duration(self, job: Job) -> int:
        return job.work_ns

    def wait(self, job: Job) -> Served:
        """Return whether the job was chosen before it was lost or withdrawn."""
        while not job.is_started:
            if job.request.is_over:
                return False
            try:
                yield job.request.or_deadline(self.changed)
            except simpy.Interrupt:
                return False
        return True

    def pass_through(self, job: Job) -> Served:
        if not (yield from self.wait(job)):
            return False
        job.rest_ns = self.duration(job)
        while not job.request.is_over:
            try:
                if not self.is_warm:
                    yield job.request.or_deadline(self.changed)
                    continue
                job.begun, done_ns = int(self.env.now), self.env.now + job.rest_ns
                yield job.request.or_deadline(self.env.timeout(job.rest_ns))
                if self.env.now == done_ns:
                    return True
            except simpy.Interrupt:
                if self.crash.in_service == "lose":
                    return False
                if self.crash.in_service == "restart":
                    job.rest_ns = self.duration(job)
        return False

    def switched(self, is_up: bool) -> None:
        """Write down at a crash what is left of the jobs under way."""
        for job in self.jobs if not is_up else ():
            if job.begun is not None:
                job.rest_ns -= int(self.env.now) - job.begun
                job.begun = None
        super().switched(is_up)


class BatchDesk(Desk):
    """Batches of one part: full, or its first job has waited long enough."""

    @property
    def batch(self) -> Batch:
        if self.config.batch is None:
            raise ValueError(self.config)
        return self.config.batch

    def note(self, job: Job) -> None:
        super().note(job)
        self.env.process(self._look_later())

    def _look_later(self) -> Generator[simpy.Event, object, None]:
        yield self.env.timeout(self.batch.wait_ns)
        self.look()

    def choose(self, now: int) -> list[Job]:
        for first in self.waiting():
            line = [job for job in self.waiting() if job.part == first.part]
            if first is line[0] and (len(line) >= self.batch.size or first.came + self.batch.wait_ns <= now):
                chosen = line[: self.batch.size]
                longest = max(job.work_ns for job in chosen)
                self.durations |= dict.fromkeys(
                    map(id, chosen), longest + round(self.batch.further * longest * (len(chosen) - 1))
                )
                return chosen
        return []

    def duration(self, job: Job) -> int:
        return self.durations[id(job)]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.durations: dict[int, int] = {}


def machine_of(node: Component, crash: Crash, serving: Serving) -> TextbookMachine:
    """Return the machine of a node that is more than a single FIFO server."""
    kinds: dict[str, type[TextbookMachine]] = {
        "processor_sharing": SharedProcessor, "preemptive_priority": PreemptiveDesk}
    kind = BatchDesk if serving.batch else kinds.get(serving.discipline, Desk)
    return kind(node, crash, serving)
