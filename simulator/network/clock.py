"""A SimPy environment that also runs slim events at absolute integer instants.

Only this file uses SimPy's private ``_queue``; ``simpy>=4.1,<5`` is pinned, and a test runs an ordinary SimPy process
beside the slim events. Entries of the queue are ``(time, priority, key, event)``: ordinary SimPy events have
priority 0 or 1 and come first at the same instant, ours follow by (request, part), alarms last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heappush
from typing import Any

import simpy

OURS = 2
ALARM = 3
FOREVER = 1 << 62


class Firing:
    """Something that happens to one request at one instant: the least that SimPy's loop needs of an event."""

    __slots__ = ("blame", "callbacks", "fed", "request")
    _ok = True

    def __init__(self, callbacks: tuple[Callable[[Firing], None], ...], request: int, fed: int, blame: int) -> None:
        self.callbacks = callbacks
        self.request = request
        self.fed = fed
        self.blame = blame

    def __lt__(self, other: Firing) -> bool:
        """Return False: of two with the same key (a part's sendings) either may come first."""
        return False


class Clock(simpy.Environment):
    """A SimPy environment that counts integer nanoseconds from 0, and inputs that came after their part had fired."""

    _now: int  # SimPy says int or float; ours begins at 0 and only ints are added

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self.queue: list[tuple[int, int, int, Any]] = self._queue  # type: ignore[assignment]
        self.too_late: Counter[int] = Counter()

    def at(self, when_ns: int, priority: int, key: int, firing: Firing) -> None:
        """Let a slim event happen at an absolute instant; absolute, since ``now + (t - now)`` may round."""
        heappush(self.queue, (when_ns, priority, key, firing))
