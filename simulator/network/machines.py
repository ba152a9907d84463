"""Machines: FIFO queues of one server. A job's fate is settled when it joins: failures and deadlines are known ahead.

``serve(now, work, request)`` returns the instant at which the job is done, or ``-1 - known`` when it is lost, where
``known`` is the instant of the loss; the machine's ``blame`` then says why. Calls come in order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.network.blame import BY_CRASH, BY_DEADLINE, blame_code
from simulator.network.life import Life
from simulator.network.servers import Servers

Serve = Callable[[int, int, int], int]


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
    """A machine whose crash loses the queue and the job in service.

    A lost job in service holds the server until it dies, a waiting one never does: the server is free at the latest
    at the crash. Done exactly at the crash counts.
    """

    __slots__ = ("blame", "crashed", "crashes", "end", "free", "next", "repairs", "turn")

    def __init__(self, life: Life, component: int) -> None:
        self.crashes, self.repairs = life.crashes, life.repairs
        self.free = 0
        self.next = 0
        self.turn = self.end = -1
        self.crashed = blame_code(component, BY_CRASH)
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done, or -1 - the instant at which it is lost."""
        if now >= self.turn:
            self.move(now)
        free = self.free
        start = free if free > now else now
        done = start + work
        end = self.end
        if start < end >= done:  # work of 0 that would start at the crash is lost with the queue
            self.free = done
            return done
        self.blame = self.crashed
        if end < 0:
            return -1 - now
        if start < end:
            self.free = end
        return -1 - end

    def move(self, now: int) -> None:
        """Find the next switch, and the end of the life under way (-1 while down)."""
        index = self.next
        while self.repairs[index] <= now:
            index += 1
        self.next = index
        crash = self.crashes[index]
        self.turn, self.end = (self.repairs[index], -1) if crash <= now else (crash, crash)


class WithdrawingMachine:
    """A fallible machine that also withdraws jobs at their limit.

    Done exactly at the limit counts; a job in service is taken off at the limit, one that would start at the limit or
    later never takes the server. Where crash and limit meet, the crash is to blame.
    """

    __slots__ = ("blame", "fallible", "limits", "withdrawn")

    def __init__(self, life: Life, limits: Sequence[int], component: int) -> None:
        self.fallible = FallibleMachine(life, component)
        self.limits = limits
        self.withdrawn = blame_code(component, BY_DEADLINE)
        self.blame = 0

    def serve(self, now: int, work: int, request: int) -> int:
        """Return when the job is done, or -1 - the instant at which it is lost."""
        machine = self.fallible
        if now >= machine.turn:
            machine.move(now)
        free, end = machine.free, machine.end
        start = free if free > now else now
        done = start + work
        limit = self.limits[request]
        if start < end >= done <= limit > start:
            machine.free = done
            return done
        self.blame = machine.crashed
        if end < 0:
            return -1 - now
        known = end
        if limit < end:
            self.blame, known = self.withdrawn, limit if limit > now else now
        if start < known:
            machine.free = known
        return -1 - known


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


AnyMachine = Machine | FallibleMachine | WithdrawingMachine | KeepingMachine | Servers


def with_coins(machine: AnyMachine, coins: Sequence[bool], crashed: int) -> Serve:
    """Return ``serve`` of a machine that is down for the requests whose coin says so."""
    serve = machine.serve

    def tossed(now: int, work: int, request: int) -> int:
        if coins[request]:
            return serve(now, work, request)
        machine.blame = crashed
        return -1 - now

    return tossed
