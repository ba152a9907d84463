"""Whether a component is up, and until when: known ahead, since failures are timelines.

Times must mostly grow from call to call: a pointer moves forward, and steps back by bisection when it must.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from simulator.network.clock import FOREVER

DOWN = -1
Until = Callable[[int, int], int]


class Life:
    """The ups and downs of one component: down on [crash, repair)."""

    __slots__ = ("crashes", "next", "repairs")

    def __init__(self, crash_ns: Sequence[int], repair_ns: Sequence[int]) -> None:
        self.crashes = [*crash_ns, FOREVER]
        self.repairs = [*repair_ns, FOREVER]
        self.next = 0

    def until(self, now_ns: int, request: int) -> int:
        """Return the instant of the coming crash, or DOWN when the component is down now."""
        outage = self.outage(now_ns)
        crash = self.crashes[outage]
        return DOWN if crash <= now_ns else crash

    def repaired(self, now_ns: int) -> int:
        """Return the first instant from now on at which the component is up."""
        outage = self.outage(now_ns)
        return self.repairs[outage] if self.crashes[outage] <= now_ns else now_ns

    def outage(self, now_ns: int) -> int:
        """Return the index of the outage that is under way or comes next."""
        index = self.next
        repairs = self.repairs
        if index and repairs[index - 1] > now_ns:
            index = bisect_right(repairs, now_ns)
        while repairs[index] <= now_ns:
            index += 1
        self.next = index
        return index


def with_coins(until: Until, coins: Sequence[bool]) -> Until:
    """Return a life that also needs the request's own coin to be up."""

    def tossed(now_ns: int, request: int) -> int:
        return until(now_ns, request) if coins[request] else DOWN

    return tossed


def forever(now_ns: int, request: int) -> int:
    """Return the life of what cannot fail."""
    return FOREVER
