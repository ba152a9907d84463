"""Processor sharing: all jobs are served at once, each at an equal share of the servers, at most one whole server.

Shares are exact fractions. ``served`` grows as every present job's service does; a job is done at the first whole
nanosecond at which it has had its work.
"""

from __future__ import annotations

from fractions import Fraction
from heapq import heapify, heappop, heappush

from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.evented import Job

NOTHING = Fraction(0)


class Sharing:
    """Jobs that share some servers equally.

    Args:
        servers: How many; with no more jobs than servers each job has one of its own.
    """

    def __init__(self, servers: int) -> None:
        self.servers = servers
        self.jobs: dict[int, Job] = {}
        self.done_at: list[tuple[Fraction, int]] = []
        self.served, self.since = NOTHING, 0
        self.is_stopped = False

    def is_full(self, buffer: int) -> bool:
        """Return whether as many jobs share the servers as there are servers and places."""
        return len(self.jobs) >= self.servers + buffer

    def add(self, job: Job, now: int) -> None:
        """Let a job share from now on."""
        self._advance(now)
        self.jobs[job.key] = job
        heappush(self.done_at, (self.served + job.work, job.key))

    def start(self, now: int) -> None:
        """Nobody waits."""

    def next_ns(self) -> int:
        """Return when the next job is done if nobody comes; FOREVER if there is none."""
        while self.done_at and self.done_at[0][1] not in self.jobs:
            heappop(self.done_at)
        if not self.done_at:
            return FOREVER
        missing = (self.done_at[0][0] - self.served) / self._share()
        return self.since + max(0, -(-missing.numerator // missing.denominator))

    def finish(self, now: int) -> list[Job]:
        """Return the jobs that have had their work, in the order of their keys."""
        self._advance(now)
        done = []
        while self.done_at and self.done_at[0][0] <= self.served:
            key = heappop(self.done_at)[1]
            done += [self.jobs.pop(key)] if key in self.jobs else []
        return sorted(done, key=_key)

    def crash(self, now: int, semantics: CrashSemantics) -> list[Job]:
        """Stop; return all jobs where they are lost, and let them begin anew where they restart."""
        self._advance(now)
        self.is_stopped = True
        if semantics.in_service == "lose":
            lost = sorted(self.jobs.values(), key=_key)
            self.jobs = {}
            return lost
        if semantics.in_service == "restart":
            self.done_at = [(self.served + job.work, job.key) for job in self.jobs.values()]
            heapify(self.done_at)
        return []

    def resume(self, now: int) -> None:
        """Share again."""
        self.is_stopped, self.since = False, now

    def drop(self, job: Job, now: int) -> None:
        """Take a job away: the others' shares grow."""
        self._advance(now)
        del self.jobs[job.key]

    def _share(self) -> Fraction:
        return Fraction(self.servers, max(self.servers, len(self.jobs)))

    def _advance(self, now: int) -> None:
        """Let every job have its share of the time since the last change; begin at 0 where nobody is left."""
        if not self.jobs:
            self.served, self.done_at = NOTHING, []
        elif not self.is_stopped:
            self.served += (now - self.since) * self._share()
        self.since = now


def _key(job: Job) -> int:
    return job.key
