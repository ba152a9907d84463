"""Machines on which a job's end is not known when it comes: later jobs may change it.

The machine lives through its own instants: jobs that are done, crashes, deadlines, repairs, starts, in that order
within an instant, and all of them before the jobs that come then. One alarm on the clock wakes it at the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

from simulator.network.blame import BY_BUFFER, BY_CRASH, BY_DEADLINE, blame_code
from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER, OURS, Clock, Firing
from simulator.network.life import Life


@dataclass(slots=True, eq=False)
class Job:
    """One run of a part on a machine.

    Args:
        key: The clock's key of (request, part): the order within an instant.
        request: Number of the request.
        part: The part's key within a request.
        rank: What goes first where the machine serves by priority: the lowest.
        work: Service time when nobody disturbs, nanoseconds.
        fed: What the part has taken.
        blame: The blame that its inputs carry.
        ended: Told once: the job, when it ended, and 0 or whose fault it is that it was lost.
        limit: When it is withdrawn.
        is_waiting: Whether it has not been started.
        is_over: Whether it has ended.
    """

    key: int
    request: int
    part: int
    rank: int
    work: int
    fed: int
    blame: int
    ended: Callable[[Job, int, int], None]
    limit: int = FOREVER
    is_waiting: bool = True
    is_over: bool = False


Enter = Callable[[int, Job], None]
"""``enter(now, job)``: a job comes to the machine; its ``ended`` is told how it ends."""


class Discipline(Protocol):
    """Who is served when; it serves from the start, until a crash, and again when it is told to resume."""

    def is_full(self, buffer: int) -> bool:
        """Return whether a job that comes now finds neither a server nor a place among ``buffer``."""

    def add(self, job: Job, now: int) -> None:
        """Take in a job."""

    def start(self, now: int) -> None:
        """Give free servers work."""

    def next_ns(self) -> int:
        """Return the next instant at which a job is done or may start; FOREVER if there is none."""

    def finish(self, now: int) -> list[Job]:
        """Return the jobs that are done, in the order of their keys."""

    def crash(self, now: int, semantics: CrashSemantics) -> list[Job]:
        """Stop serving; return the jobs that are lost, in the order of their keys."""

    def resume(self, now: int) -> None:
        """Serve again."""

    def drop(self, job: Job, now: int) -> None:
        """Take a job away."""


CRASH, REPAIR, WARM = range(3)


def switches_of(life: Life, cold_start_ns: int) -> list[tuple[int, int]]:
    """Return the instants at which a machine crashes, is repaired and is warm, in order, then one that never comes."""
    found = []
    for crash, repair, next_crash in zip(life.crashes[:-1], life.repairs, life.crashes[1:], strict=False):
        found += [(crash, CRASH), (repair, REPAIR)]
        found += [(repair + cold_start_ns, WARM)] if repair + cold_start_ns < next_crash else []
    return [*found, (FOREVER, CRASH)]


class EventedMachine:
    """A machine that serves by a discipline.

    Args:
        clock: The clock that its alarms are on.
        component: Its index in the topology.
        life: Its ups and downs.
        limits: When each request is withdrawn.
        crash: What a crash does to its jobs.
    """

    def __init__(self, clock: Clock, component: int, life: Life, limits: Sequence[int], crash: CrashSemantics) -> None:
        self.clock, self.limits, self.semantics = clock, limits, crash
        self.alarm_key, self.alarms = -1 - component, set[int]()
        self.callbacks = (self._wake,)
        self.crashed = blame_code(component, BY_CRASH)
        self.withdrawn = blame_code(component, BY_DEADLINE)
        self.full = blame_code(component, BY_BUFFER)
        self.life, self.next_switch = life, 0
        self.is_up = self.is_serving = True
        self.present = 0
        self.by_limit: list[tuple[int, int, Job]] = []

    def serving(self, discipline: Discipline, buffer: int | None, cold_start_ns: int) -> EventedMachine:
        """Return the machine with a discipline, places for those who wait and a cold start."""
        self.discipline, self.buffer = discipline, FOREVER if buffer is None else buffer
        self.switches = switches_of(self.life, cold_start_ns)
        return self

    def enter(self, now: int, job: Job) -> None:
        """Take in a job, or refuse it."""
        self._advance(now)
        job.limit = self.limits[job.request]
        if refusal := self._refusal(now, job):
            job.is_over = True
            job.ended(job, now, refusal)
            return
        self.present += 1
        self.discipline.add(job, now)
        if job.limit < FOREVER:
            heappush(self.by_limit, (job.limit, job.key, job))
        if self.is_serving:
            self.discipline.start(now)
        self._arm()

    def _refusal(self, now: int, job: Job) -> int:
        if not self.is_up and self.semantics.queue == "lose":
            return self.crashed
        if now >= job.limit:
            return self.withdrawn
        return self.full if self.discipline.is_full(self.buffer) else 0

    def _wake(self, firing: Firing) -> None:
        now = self.clock._now  # noqa: SLF001 - the hot path
        self.alarms.discard(now)
        self._advance(now)
        self._arm()

    def _arm(self) -> None:
        """Set an alarm for the next instant, unless nobody is here or it is set."""
        when = self._next_ns() if self.present else FOREVER
        if when < FOREVER and when not in self.alarms:
            self.alarms.add(when)
            self.clock.at(when, OURS, self.alarm_key, Firing(self.callbacks, 0, 0, 0))

    def _next_ns(self) -> int:
        by_limit = self.by_limit
        while by_limit and by_limit[0][2].is_over:
            heappop(by_limit)
        served = self.discipline.next_ns() if self.is_serving else FOREVER
        return min(served, self.switches[self.next_switch][0], by_limit[0][0] if by_limit else FOREVER)

    def live_until(self, now: int) -> None:
        """Live through all instants up to this one; for what happens to it after the last job has gone."""
        self._advance(now)

    def _advance(self, now: int) -> None:
        while (when := self._next_ns()) <= now:
            self._live_through(when)

    def _live_through(self, now: int) -> None:
        """Let happen what happens at an instant, in the order that is promised."""
        if self.is_serving:
            self._end(self.discipline.finish(now), now, 0)
        if self.switches[self.next_switch] == (now, CRASH):
            self.next_switch += 1
            self.is_up = self.is_serving = False
            self._end(self.discipline.crash(now, self.semantics), now, self.crashed)
        while self.by_limit and self.by_limit[0][0] <= now:
            job = heappop(self.by_limit)[2]
            if not job.is_over:
                self.discipline.drop(job, now)
                self._end([job], now, self.withdrawn)
        while self.switches[self.next_switch] in ((now, REPAIR), (now, WARM)):
            self.is_up = True
            if self.switches[self.next_switch][1] == WARM:
                self.is_serving = True
                self.discipline.resume(now)
            self.next_switch += 1
        if self.is_serving:
            self.discipline.start(now)

    def _end(self, jobs: list[Job], now: int, blame: int) -> None:
        self.present -= len(jobs)
        for job in jobs:
            job.is_over = True
        for job in jobs:
            job.ended(job, now, blame)


def unranked(enter: Enter) -> Enter:
    """Return ``enter`` of a machine on which all jobs have one rank."""

    def levelled(now: int, job: Job) -> None:
        job.rank = 0
        enter(now, job)

    return levelled


def with_coins(enter: Enter, coins: Sequence[bool], crashed: int) -> Enter:
    """Return ``enter`` of a machine that is down for the requests whose coin says so."""

    def tossed(now: int, job: Job) -> None:
        if coins[job.request]:
            enter(now, job)
        else:
            job.ended(job, now, crashed)

    return tossed
