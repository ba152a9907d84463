"""One run of a cascade by dependency: crashes, repairs and what they fell, in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from simulator.failures.process import Times
from simulator.failures.renewal import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.failures.scripted import merged

CRASH, REPAIR, STRIKE = range(3)
Event = tuple[int, int, int, int, int, int]  # instant, order of making, what, component, its outage, dependency


@final
@dataclass(frozen=True)
class Spread:
    """The outage of one component fells another.

    Args:
        source: Index of the component whose outage spreads.
        target: Index of the one that it fells.
        chance: Probability that an outage spreads, tossed when it begins.
        after_ns: Mean of the exponential time after which it does while the outage lasts; 0 at once.
    """

    source: int
    target: int
    chance: float
    after_ns: float


@final
@dataclass
class CascadeRun:
    """The state of a run. Each component has dice of its own, used in the order of what happens to it."""

    mtbf_ns: Sequence[float]
    mttr_ns: Sequence[float]
    spreads: Sequence[Spread]
    dice: Sequence[np.random.Generator]
    queue: list[Event] = field(default_factory=list)
    made: int = 0
    outage: list[int] = field(default_factory=list)
    down: list[bool] = field(default_factory=list)
    life: list[list[tuple[int, int]]] = field(default_factory=list)

    def outages(self, up: Sequence[bool], begin_ns: int, until_ns: int) -> list[tuple[Times, Times]]:
        """Return the crash and repair instants of each component, of outages that begin before the horizon.

        Args:
            up: Who is up at the beginning.
            begin_ns: When the run begins, 0 or before; what ends before 0 is not told.
            until_ns: The horizon.
        """
        count = len(self.mtbf_ns)
        self.outage, self.down, self.life = [0] * count, [False] * count, [[] for _ in range(count)]
        for component, is_up in enumerate(up):
            if is_up:
                self._plan(begin_ns, self.mtbf_ns[component], CRASH, component)
            else:
                self._goes_down(component, begin_ns)
        for component, is_up in enumerate(up):
            if not is_up:
                self._spreads_in_time(component, begin_ns)
        end = min(until_ns, END_OF_TIME_NS)
        while self.queue and self.queue[0][0] < end:
            now, _, what, component, outage, place = heapq.heappop(self.queue)
            if outage == self.outage[component]:  # else it was planned before the component was felled
                (self._crash, self._repair, self._strike)[what](component, place, now)
        return [merged((begin if begin > max(begin_ns, DOWN_SINCE_BEFORE) else DOWN_SINCE_BEFORE, finish)
                       for begin, finish in life if finish > 0) for life in self.life]

    def _plan(self, now: int, mean_ns: float, what: int, component: int, place: int = 0) -> int:
        """Put an event an exponential time ahead, by the dice of its component; return its instant."""
        ahead = self.dice[component].standard_exponential() * mean_ns
        instant = now + max(1, round(ahead)) if ahead < END_OF_TIME_NS else END_OF_TIME_NS
        self.made += 1
        heapq.heappush(self.queue, (instant, self.made, what, component, self.outage[component], place))
        return instant

    def _crash(self, first: int, _: int, now: int) -> None:
        """Take a component down, and at the same instant what it fells, and what that fells."""
        waiting = [first]
        self._goes_down(first, now)
        while waiting:
            source = waiting.pop()
            for spread in self.spreads:
                if spread.source == source and not spread.after_ns and not self.down[spread.target] and (
                        spread.chance == 1 or self.dice[source].random() < spread.chance):
                    self._goes_down(spread.target, now)
                    waiting.append(spread.target)
            self._spreads_in_time(source, now)

    def _goes_down(self, component: int, now: int) -> None:
        self.down[component] = True
        self.outage[component] += 1
        repair = self._plan(now, self.mttr_ns[component], REPAIR, component)
        self.life[component].append((now, repair))

    def _spreads_in_time(self, source: int, now: int) -> None:
        """Toss, as an outage begins, to whom it spreads while it lasts."""
        for place, spread in enumerate(self.spreads):
            if spread.source == source and spread.after_ns and (
                    spread.chance == 1 or self.dice[source].random() < spread.chance):
                self._plan(now, spread.after_ns, STRIKE, source, place)

    def _repair(self, component: int, _: int, now: int) -> None:
        self.down[component] = False
        self._plan(now, self.mtbf_ns[component], CRASH, component)

    def _strike(self, source: int, place: int, now: int) -> None:
        """Fell what depends on a component that is still down, and strike again as long as it is."""
        spread = self.spreads[place]
        if self.down[source]:
            if not self.down[spread.target]:
                self._crash(spread.target, 0, now)
            self._plan(now, spread.after_ns, STRIKE, source, place)
