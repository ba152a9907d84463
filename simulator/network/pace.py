"""The pace of a machine: when work that begins is done, where the machine is slow at times.

Work is counted in whole nanoseconds at full speed. A pace is a number of ticks done in each nanosecond, constant
between switches, so that all sums are whole numbers: a job is done at the first instant at which it has its work.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Protocol

import numpy as np

from simulator.failures.slow import Spells

CLOSEST = 1000  # the largest denominator of a factor: 1.3 is 13/10, pi is 355/113


class Pace(Protocol):
    """How fast a machine works, and when."""

    def done(self, start: int, work: int) -> int:
        """Return when work is done that begins at ``start`` and is not interrupted."""

    def worked(self, start: int, end: int) -> int:
        """Return how much work is done from one instant to another, rounded down."""


class Steady:
    """A machine that is never slow."""

    def done(self, start: int, work: int) -> int:
        """Return when the work is done."""
        return start + work

    def worked(self, start: int, end: int) -> int:
        """Return the time between."""
        return end - start


class Paced:
    """A machine that is slow in spells.

    Args:
        spells: Slow spells: from when, to when, and the factor by which work takes longer.

    >>> pace = Paced([(10, 20, 2.0)])
    >>> pace.done(0, 8), pace.done(0, 12), pace.done(12, 5), pace.worked(0, 20)
    (8, 14, 21, 15)
    """

    def __init__(self, spells: Sequence[tuple[int, int, float]]) -> None:
        slower = [(start, end, Fraction(factor).limit_denominator(CLOSEST)) for start, end, factor in spells]
        edges = sorted({0, *(max(0, instant) for start, end, _ in slower for instant in (start, end))})
        speeds = [_speed(edge, slower) for edge in edges]
        self.ticks = lcm(*(speed.denominator for speed in speeds))
        self.edges, self.rates = edges, [int(speed * self.ticks) for speed in speeds]
        self.ahead = [0]  # ticks from 0 to each edge
        for place in range(1, len(edges)):
            self.ahead.append(self.ahead[-1] + (edges[place] - edges[place - 1]) * self.rates[place - 1])

    def done(self, start: int, work: int) -> int:
        """Return when the work is done."""
        wanted = self._until(start) + work * self.ticks
        place = bisect_left(self.ahead, wanted) - 1
        if place < 0:
            return start
        return max(start, self.edges[place] - (self.ahead[place] - wanted) // self.rates[place])

    def worked(self, start: int, end: int) -> int:
        """Return how much work is done between, rounded down."""
        return (self._until(end) - self._until(start)) // self.ticks

    def _until(self, instant: int) -> int:
        place = bisect_right(self.edges, instant) - 1
        return self.ahead[place] + (instant - self.edges[place]) * self.rates[place]


def _speed(instant: int, slower: Sequence[tuple[int, int, Fraction]]) -> Fraction:
    speed = Fraction(1)
    for start, end, factor in slower:
        if start <= instant < end:
            speed /= factor
    return speed


def paces(slow: Sequence[Spells]) -> dict[str, Pace]:
    """Return the pace of each node that is ever slow in time (not by coins)."""
    found: dict[str, list[tuple[int, int, float]]] = {}
    for spell in slow:
        line = spell.timeline
        for name, crash, repair in zip(line.components, line.crash_ns, line.repair_ns, strict=True):
            if len(crash):
                mine = np.stack([crash, repair], axis=1).tolist()
                found.setdefault(name, []).extend((start, end, spell.factor) for start, end in mine)
    return {name: Paced(mine) for name, mine in found.items()}
