"""Processes that draw a whole pattern at a time: for every request, or one that holds for a while."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.failures.joint import looked_up
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.renewal import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.seeds import Streams
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
HELD_AT_ONCE = 64


class Patterns(ABC):
    """A process that states a joint law, and draws from it.

    Without ``holds_ns`` every request gets a pattern of its own, for its whole life. With it a pattern holds for an
    exponential time and is then drawn again, from the same law: every instant has that law, and components that were
    down together come up together.
    """

    components: tuple[str, ...]
    holds_ns: float | None

    @abstractmethod
    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""

    @abstractmethod
    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""

    @abstractmethod
    def joint_law(self) -> Floats:
        """Return the table of the joint law (``simulator.failures.joint``), shape ``(2^components,)``."""

    @abstractmethod
    def draw(self, streams: Streams, count: int) -> Up:
        """Return that many independent patterns; the first of them do not depend on how many are drawn."""

    @cached_property
    def _table(self) -> Floats:
        return self.joint_law()

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``.

        Raises:
            NoLaw: there are too many components to work it out.
        """
        return looked_up(self._table, up)

    def switches_per_s(self) -> Floats:
        """Return how often each component switches: 2 p (1 - p) each time a pattern is drawn; 0 for coins."""
        if self.holds_ns is None:
            return np.zeros(len(self.components))
        up = self.survival()
        rate: Floats = 2 * up * (1 - up) * SECOND_NS / self.holds_ns
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return self.draw(streams, requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return patterns as coins, or the outages of patterns that hold for a while."""
        none = tuple(np.empty(0, dtype=np.int64) for _ in self.components)
        if self.holds_ns is None:
            return Timeline(self.components, none, none, self.draw(streams, requests), until_ns)
        edges = self._edges(streams, until_ns)
        up = self.draw(streams, len(edges) - 1)
        lives = [spells(edges, ~up[:, column]) for column in range(len(self.components))]
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)

    def _edges(self, streams: Streams, until_ns: int) -> Times:
        """Return the instants at which a pattern is drawn: the first is before 0, the last at the horizon or later."""
        found = [DOWN_SINCE_BEFORE]
        for instant in self._instants(streams):
            found.append(instant)
            if instant >= until_ns:
                break
        return np.array(found, dtype=np.int64)

    def _instants(self, streams: Streams) -> Iterator[int]:
        """Yield the instants after 0 at which a new pattern is drawn: a Poisson process."""
        dice, now = streams.of("all", "pattern holds"), 0
        while now < END_OF_TIME_NS:
            drawn = dice.standard_exponential(HELD_AT_ONCE) * (self.holds_ns or 1)
            for lasting in np.clip(np.rint(drawn), 1, END_OF_TIME_NS):
                now = min(now + int(lasting), END_OF_TIME_NS)
                yield now


def spells(edges_ns: Times, is_down: NDArray[np.bool_]) -> tuple[Times, Times]:
    """Return when a component goes down and comes up again, of states that last from one edge to the next.

    >>> spells(np.array([-1, 5, 8, 9, 20]), np.array([False, True, True, False]))
    (array([5]), array([9]))
    """
    change = np.diff(is_down.astype(np.int8), prepend=0, append=0)
    return edges_ns[change == 1], edges_ns[change == -1]
