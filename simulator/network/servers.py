"""Machines of several servers, or of any number, with a finite buffer, a cold start, and every crash semantics.

Jobs start in the order in which they come, so that a job's fate is still settled when it joins, as on the plain
machine: ``serve(now, work, request)`` returns when it is done, or ``-1 - known`` when it is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace

from simulator.network.blame import BY_BUFFER, BY_CRASH, BY_DEADLINE, blame_code
from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.life import DOWN, Life
from simulator.network.pace import Pace
from simulator.topology.serving import Serving


class Desks:
    """Some servers, by the instants from which they are free."""

    def __init__(self, count: int) -> None:
        self.free = [0] * count

    def first_free(self) -> int:
        """Return the instant from which a server is free."""
        return self.free[0]

    def hold(self, until: int) -> None:
        """Take the server that is free first until an instant."""
        heapreplace(self.free, until)


class EndlessDesks:
    """A server for everybody."""

    def first_free(self) -> int:
        """Return an instant before all."""
        return 0

    def hold(self, until: int) -> None:
        """Take a server; there is always another."""


class Warmth:
    """When a machine serves: when it is up, and its last repair is at least the cold start ago.

    Args:
        life: Its ups and downs.
        cold_start_ns: How long after a repair it does not serve yet.
    """

    def __init__(self, life: Life, cold_start_ns: int) -> None:
        self.life, self.cold_start_ns = life, cold_start_ns

    def ready(self, when: int) -> int:
        """Return the first instant from ``when`` on at which the machine serves."""
        life, cold = self.life, self.cold_start_ns
        while True:
            outage = life.outage(when)
            if life.crashes[outage] <= when:
                when = life.repairs[outage]
                continue
            warm = life.repairs[outage - 1] + cold if outage else when
            if when >= warm:
                return when
            when = min(warm, life.crashes[outage])


class Servers:
    """A machine of several servers with a buffer.

    A job that cannot start at once needs a place in the buffer, and leaves it when it starts or is lost; without a
    place it is refused. A job that a crash interrupts keeps its server where it restarts or resumes.
    """

    def __init__(
        self, ups: tuple[Life, Pace], limits: Sequence[int], component: int, crash: CrashSemantics, serving: Serving
    ) -> None:
        life, self.pace = ups
        self.life, self.limits = life, limits
        self.warmth = Warmth(life, serving.cold_start_ns)
        self.desks = EndlessDesks() if serving.servers is None else Desks(serving.servers)
        self.buffer = FOREVER if serving.buffer is None else serving.buffer
        self.waiting: list[int] = []
        self.keeps_queue = crash.queue == "keep"
        self.loses, self.restarts = crash.in_service == "lose", crash.in_service == "restart"
        self.crashed = blame_code(component, BY_CRASH)
        self.withdrawn = blame_code(component, BY_DEADLINE)
        self.full = blame_code(component, BY_BUFFER)
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done, or -1 - the instant at which it is lost."""
        first_end, limit = self.life.until(now, request), self.limits[request]
        if first_end == DOWN and not self.keeps_queue:
            return self._lost(self.crashed, now)
        if now >= limit:
            return self._lost(self.withdrawn, now)
        start = self.warmth.ready(max(now, self.desks.first_free()))
        waits_until = min(start, limit) if self.keeps_queue else min(start, limit, first_end)
        if start > now and not self._has_place(now, waits_until):
            return self._lost(self.full, now)
        if not self.keeps_queue and first_end <= min(start, limit):
            return self._lost(self.crashed, first_end)
        if start >= limit:
            return self._lost(self.withdrawn, limit)
        return self._work(start, work, request)

    def _has_place(self, now: int, until: int) -> bool:
        """Take a place in the buffer until an instant; return whether there is one."""
        waiting = self.waiting
        while waiting and waiting[0] <= now:
            heappop(waiting)
        if len(waiting) >= self.buffer:
            return False
        if self.buffer < FOREVER:
            heappush(waiting, until)
        return True

    def _work(self, start: int, work: int, request: int) -> int:
        """Serve a job from its start on, through the crashes that it survives."""
        limit, rest = self.limits[request], work
        while True:
            end, done = self.life.until(start, request), self.pace.done(start, rest)
            if done <= end and done <= limit:
                self.desks.hold(done)
                return done
            if limit < end:
                self.desks.hold(limit)
                return self._lost(self.withdrawn, limit)
            if self.loses:
                self.desks.hold(end)
                return self._lost(self.crashed, end)
            rest = work if self.restarts else rest - self.pace.worked(start, end)
            start = self.warmth.ready(end)
            if start >= limit:
                self.desks.hold(limit)
                return self._lost(self.withdrawn, limit)

    def _lost(self, blame: int, known: int) -> int:
        self.blame = blame
        return -1 - known
