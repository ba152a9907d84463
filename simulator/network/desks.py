"""Servers behind a waiting room that chooses who is next: by priority, or a batch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Protocol

from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.evented import Job
from simulator.topology.serving import Batch


@dataclass(slots=True, eq=False)
class Unit:
    """What one server works on: a job, or a batch of them, and what is left of its work."""

    jobs: list[Job]
    work: int
    rest: int


class Room(Protocol):
    """Jobs that wait."""

    size: int

    def add(self, job: Job, now: int) -> None:
        """Let a job wait."""

    def take(self, now: int) -> Unit | None:
        """Return what a free server begins now, None where it has to wait."""

    def next_ns(self) -> int:
        """Return the next instant at which something may begin that may not begin before; FOREVER if there is none."""

    def remove(self, job: Job) -> None:
        """Take a job away."""

    def clear(self) -> list[Job]:
        """Take all jobs away and return them."""


class PriorityRoom:
    """The job of the lowest rank is next; among equals the one that came first."""

    def __init__(self) -> None:
        self.size, self.numbers = 0, count()
        self.waiting: list[tuple[int, int, Job]] = []

    def add(self, job: Job, now: int) -> None:
        """Let a job wait."""
        heappush(self.waiting, (job.rank, next(self.numbers), job))
        self.size += 1

    def take(self, now: int) -> Unit | None:
        """Return the next job, None where nobody waits."""
        while self.waiting:
            job = heappop(self.waiting)[2]
            if not job.is_over:
                self.size -= 1
                return Unit([job], job.work, job.work)
        return None

    def next_ns(self) -> int:
        """Return FOREVER: time alone lets nobody begin."""
        return FOREVER

    def remove(self, job: Job) -> None:
        """Take a job away, which is about to be over."""
        self.size -= 1

    def clear(self) -> list[Job]:
        """Take all jobs away and return them."""
        jobs = [job for _, _, job in self.waiting if not job.is_over]
        self.waiting, self.size = [], 0
        return jobs


class BatchRoom:
    """Jobs of one part wait until they are enough for a batch, or the first of them has waited long enough."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.size, self.numbers = batch, 0, count()
        self.lines: dict[int, deque[tuple[int, int, Job]]] = {}

    def add(self, job: Job, now: int) -> None:
        """Let a job wait."""
        self.lines.setdefault(job.part, deque()).append((next(self.numbers), now, job))
        self.size += 1

    def take(self, now: int) -> Unit | None:
        """Return the batch whose first job came first among those that may begin, None where none may."""
        full, patience = self.batch.size, self.batch.wait_ns
        ready = [line for line in self.lines.values() if line and (len(line) >= full or line[0][1] + patience <= now)]
        if not ready:
            return None
        line = min(ready, key=_first_number)
        jobs = [line.popleft()[2] for _ in range(min(full, len(line)))]
        self.size -= len(jobs)
        longest = max(job.work for job in jobs)
        work = longest + round(self.batch.further * longest * (len(jobs) - 1))
        return Unit(jobs, work, work)

    def next_ns(self) -> int:
        """Return when the first job of a part has waited long enough."""
        return min((line[0][1] + self.batch.wait_ns for line in self.lines.values() if line), default=FOREVER)

    def remove(self, job: Job) -> None:
        """Take a job away."""
        self.lines[job.part] = deque(entry for entry in self.lines[job.part] if entry[2] is not job)
        self.size -= 1

    def clear(self) -> list[Job]:
        """Take all jobs away and return them."""
        jobs = [job for line in self.lines.values() for _, _, job in line]
        self.lines, self.size = {}, 0
        return jobs


class Counter:
    """Some servers, and the room in front of them.

    Args:
        servers: How many.
        room: Who waits, and who is next.
    """

    def __init__(self, servers: int, room: Room) -> None:
        self.servers, self.room, self.numbers = servers, room, count()
        self.working: list[tuple[int, int, Unit]] = []
        self.stopped: list[Unit] = []
        self.is_stopped = False
        self.busy_ns = self._since = 0

    def is_full(self, buffer: int) -> bool:
        """Return whether a job that comes now finds neither a server nor a place."""
        starts_at_once = not self.is_stopped and not self.room.size and len(self.working) < self.servers
        return self.room.size >= buffer and not starts_at_once

    def add(self, job: Job, now: int) -> None:
        """Let a job wait."""
        self.room.add(job, now)

    def start(self, now: int) -> None:
        """Give free servers work."""
        while len(self.working) < self.servers and (unit := self.room.take(now)):
            for job in unit.jobs:
                job.is_waiting = False
            self._work_on(unit, now)

    def next_ns(self) -> int:
        """Return the next instant at which a unit is done, or may begin on a free server."""
        done = self.working[0][0] if self.working else FOREVER
        return min(done, self.room.next_ns()) if len(self.working) < self.servers else done

    def finish(self, now: int) -> list[Job]:
        """Return the jobs that are done, in the order of their keys."""
        done: list[Job] = []
        while self.working and self.working[0][0] <= now:
            self._count_time(now)
            done += heappop(self.working)[2].jobs
        return sorted(done, key=_key)

    def crash(self, now: int, semantics: CrashSemantics) -> list[Job]:
        """Stop; return the jobs that are lost: those in service, those that wait, both or none."""
        self._count_time(now)
        self.is_stopped = True
        lost = self.room.clear() if semantics.queue == "lose" else []
        units = self.working
        self.working = []
        if semantics.in_service == "lose":
            lost += [job for _, _, unit in units for job in unit.jobs]
            return sorted(lost, key=_key)
        for done, _, unit in sorted(units, key=_number):
            unit.rest = unit.work if semantics.in_service == "restart" else done - now
            self.stopped.append(unit)
        return sorted(lost, key=_key)

    def resume(self, now: int) -> None:
        """Go on with what was stopped."""
        self.is_stopped, units, self.stopped = False, self.stopped, []
        for unit in units:
            self._work_on(unit, now)

    def drop(self, job: Job, now: int) -> None:
        """Take a job away; a server whose last job it was is free."""
        if job.is_waiting:
            self.room.remove(job)
            return
        self._count_time(now)
        units = [unit for _, _, unit in self.working] + self.stopped
        next(unit for unit in units if job in unit.jobs).jobs.remove(job)
        self.working = [entry for entry in self.working if entry[2].jobs]
        self.stopped = [unit for unit in self.stopped if unit.jobs]
        heapify(self.working)

    def _work_on(self, unit: Unit, now: int) -> None:
        self._count_time(now)
        heappush(self.working, (now + unit.rest, next(self.numbers), unit))

    def _count_time(self, now: int) -> None:
        self.busy_ns += (now - self._since) * len(self.working)
        self._since = now


def _key(job: Job) -> int:
    return job.key


def _number(entry: tuple[int, int, Unit]) -> int:
    return entry[1]


def _first_number(line: deque[tuple[int, int, Job]]) -> int:
    return line[0][0]
