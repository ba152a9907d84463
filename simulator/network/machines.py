"""Machines: FIFO queues of one server. A job's fate is settled when it joins: failures and deadlines are known ahead.

``serve(now, work, request)`` returns the instant at which the job is done, or ``-1 - known`` when it is lost, where
``known`` is the instant of the loss; the machine's ``blame`` then says why. Calls come in order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.network.life import Life

Serve = Callable[[int, int, int], int]

BY_CRASH, BY_DEADLINE, BY_LOSS, BY_WAIT = 0, 1, 2, 3


def blame_code(component: int, reason: int) -> int:
    """Return the code of a component (its index in the topology) and a reason; 0 is nobody."""
    return (component + 1) << 2 | reason


class Machine:
    """A machine that never fails and waits for no deadline."""

    __slots__ = ("blame", "free")

    def __init__(self) -> None:
        self.free = 0
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done."""
        free = self.free
        self.free = done = (free if free > now else now) + work
        return done


class FallibleMachine:
    """A machine whose crash loses the queue and the job in service, and that withdraws jobs at their limit.

    A lost job in service holds the server until it dies, a waiting one never does: the server is free at the latest
    at the crash. Done exactly at the crash or at the limit counts; a job that would start at the limit or later never
    takes the server.
    """

    __slots__ = ("blame", "crashed", "crashes", "end", "free", "limits", "next", "repairs", "turn", "withdrawn")

    def __init__(self, life: Life, limits: Sequence[int], component: int) -> None:
        self.crashes, self.repairs = life.crashes, life.repairs
        self.limits = limits
        self.free = 0
        self.next = 0
        self.turn = self.end = -1
        self.crashed = blame_code(component, BY_CRASH)
        self.withdrawn = blame_code(component, BY_DEADLINE)
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done, or -1 - the instant at which it is lost."""
        if now >= self.turn:
            self._move(now)
        end = self.end
        if end < 0:
            self.blame = self.crashed
            return -1 - now
        free = self.free
        start = free if free > now else now
        done = start + work
        limit = self.limits[request]
        if done <= end and done <= limit and start < limit:
            self.free = done
            return done
        return self._lose(now, start, limit)

    def _lose(self, now: int, start: int, limit: int) -> int:
        end = self.end
        self.blame, known = (self.crashed, end) if end <= limit else (self.withdrawn, max(limit, now))
        if start < known:
            self.free = known
        return -1 - known

    def _move(self, now: int) -> None:
        index = self.next
        while self.repairs[index] <= now:
            index += 1
        self.next = index
        crash = self.crashes[index]
        self.turn, self.end = (self.repairs[index], -1) if crash <= now else (crash, crash)


class KeepingMachine:
    """A machine whose crash keeps the queue, or restarts the job in service, or both.

    A kept queue also accepts jobs while the machine is down; they wait for the repair. A job that restarts begins
    anew at the repair, before all others.
    """

    __slots__ = ("blame", "crashed", "free", "keeps_queue", "life", "limits", "restarts", "withdrawn")

    def __init__(self, life: Life, limits: Sequence[int], component: int, *, keeps_queue: bool, restarts: bool) -> None:
        self.life = life
        self.limits = limits
        self.free = 0
        self.keeps_queue, self.restarts = keeps_queue, restarts
        self.crashed = blame_code(component, BY_CRASH)
        self.withdrawn = blame_code(component, BY_DEADLINE)
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done, or -1 - the instant at which it is lost."""
        life = self.life
        first_end = life.until(now, request)
        if first_end < 0 and not self.keeps_queue:
            return self._lost(self.crashed, now)
        limit = self.limits[request]
        start = max(now, self.free)
        if not self.keeps_queue and start >= first_end:
            return self._lost(self.crashed, first_end) if first_end <= limit else self._lost(self.withdrawn, limit)
        start = life.repaired(start)
        while True:
            if start >= limit:
                return self._lost(self.withdrawn, max(limit, now))
            end = life.until(start, request)
            done = start + work
            if done <= end and done <= limit:
                self.free = done
                return done
            if limit < end:
                self.free = limit
                return self._lost(self.withdrawn, limit)
            self.free = end
            if not self.restarts:
                return self._lost(self.crashed, end)
            start = life.repaired(end)

    def _lost(self, blame: int, known: int) -> int:
        self.blame = blame
        return -1 - known


def with_coins(machine: Machine | FallibleMachine | KeepingMachine, coins: Sequence[bool], crashed: int) -> Serve:
    """Return ``serve`` of a machine that is down for the requests whose coin says so."""
    serve = machine.serve

    def tossed(now: int, work: int, request: int) -> int:
        if coins[request]:
            return serve(now, work, request)
        machine.blame = crashed
        return -1 - now

    return tossed
