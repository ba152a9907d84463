"""Preemptive priority: a better job takes the server of a worse one, which goes on later with what is left of its work.

At every instant the servers work on the first of all that are present, in order of (rank, coming). A job that has
begun is under way until it has ended, also while it is interrupted: a crash does to it what ``in_service`` says.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from itertools import count

from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.evented import Job


@dataclass(slots=True, eq=False)
class Stint:
    """A job that is present: its order, what is left of its work, and when it is done (None: nobody works on it)."""

    order: tuple[int, int]
    job: Job
    rest: int
    done: int | None = None
    has_begun: bool = False


class Preemptive:
    """Servers that always work on the best jobs present, and go on with what they have interrupted.

    Args:
        servers: How many.
    """

    def __init__(self, servers: int) -> None:
        self.servers, self.numbers = servers, count()
        self.present: list[Stint] = []
        self.working: list[Stint] = []

    def is_full(self, buffer: int) -> bool:
        """Return whether as many jobs are present as there are servers and places."""
        return len(self.present) >= self.servers + buffer

    def add(self, job: Job, now: int) -> None:
        """Let a job wait."""
        insort(self.present, Stint((job.rank, next(self.numbers)), job, job.work), key=_order)

    def start(self, now: int) -> None:
        """Let the servers work on the best, and interrupt the others."""
        best = self.present[: self.servers]
        for stint in self.working:
            if stint not in best:
                _stop(stint, now)
        for stint in best:
            if stint.done is None:
                stint.done, stint.has_begun = now + stint.rest, True
        self.working = best

    def next_ns(self) -> int:
        """Return the next instant at which a job is done; FOREVER if there is none."""
        return min((stint.done for stint in self.working if stint.done is not None), default=FOREVER)

    def finish(self, now: int) -> list[Job]:
        """Return the jobs that are done, in the order of their keys."""
        done = [stint for stint in self.working if stint.done is not None and stint.done <= now]
        for stint in done:
            self._remove(stint)
        return sorted((stint.job for stint in done), key=_key)

    def crash(self, now: int, semantics: CrashSemantics) -> list[Job]:
        """Stop; return the jobs that are lost: those under way, those that have not begun, both or none."""
        for stint in self.working:
            _stop(stint, now)
        self.working = []
        lost = [stint for stint in self.present
                if (semantics.in_service if stint.has_begun else semantics.queue) == "lose"]
        for stint in lost:
            self._remove(stint)
        for stint in self.present:
            if semantics.in_service == "restart":
                stint.rest = stint.job.work
        return sorted((stint.job for stint in lost), key=_key)

    def resume(self, now: int) -> None:
        """Go on: the best are found at the start that follows."""

    def drop(self, job: Job, now: int) -> None:
        """Take a job away."""
        self._remove(next(stint for stint in self.present if stint.job is job))

    def _remove(self, stint: Stint) -> None:
        del self.present[bisect_left(self.present, stint.order, key=_order)]
        self.working = [one for one in self.working if one is not stint]


def _stop(stint: Stint, now: int) -> None:
    if stint.done is not None:
        stint.rest, stint.done = stint.done - now, None


def _order(stint: Stint) -> tuple[int, int]:
    return stint.order


def _key(job: Job) -> int:
    return job.key
