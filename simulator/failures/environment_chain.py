"""The environment of a set of components, such as calm and storm: a Markov chain in continuous time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Times
from simulator.failures.renewal import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.seeds import Streams

Floats = NDArray[np.float64]
States = NDArray[np.intp]
VISITS_A_BLOCK = 64


@final
@dataclass(frozen=True, eq=False)
class Environment:
    """States that last an exponential time each; it is in its steady state at every instant.

    Args:
        lasts_ns: Mean time in each state, shape ``(states,)``.
        jumps: Probability of the state after each, shape ``(states, states)``; all lead to all in the end.
    """

    lasts_ns: Floats
    jumps: Floats

    @cached_property
    def visits(self) -> Floats:
        """The share of each state among all visits: the stationary law of the jumps."""
        count = len(self.lasts_ns)
        equations = np.vstack([self.jumps.T - np.eye(count), np.ones(count)])
        found: Floats = np.linalg.lstsq(equations, np.append(np.zeros(count), 1.0), rcond=None)[0]
        return found

    @cached_property
    def share(self) -> Floats:
        """P(state) at any instant, shape ``(states,)``."""
        found: Floats = self.visits * self.lasts_ns / (self.visits @ self.lasts_ns)
        return found

    @cached_property
    def generator(self) -> Floats:
        """Rates per nanosecond from state to state, rows summing to 0."""
        rates: Floats = (self.jumps - np.eye(len(self.lasts_ns))) / self.lasts_ns[:, np.newaxis]
        return rates

    @cached_property
    def backwards(self) -> Floats:
        """Probability of the state before each: the jumps of the chain as it is seen in reversed time."""
        found: Floats = self.jumps.T * self.visits / self.visits[:, np.newaxis]
        return found

    def now(self, streams: Streams, count: int) -> States:
        """Return that many independent states."""
        coins = streams.of("", "environment").random(count)
        return drawn(self.share[np.newaxis], np.zeros(count, dtype=np.intp), coins)

    def path(self, streams: Streams, first: int, until_ns: int) -> tuple[Times, States]:
        """Return the edges of its visits and the state between them; the last edge is at the horizon or later.

        Args:
            streams: Named dice.
            first: The state at time 0.
            until_ns: The horizon.
        """
        dice, edges, states = streams.of("", "environment path"), [DOWN_SINCE_BEFORE], [first]
        after, lasts = np.cumsum(self.jumps, axis=1)[:, :-1].tolist(), self.lasts_ns.tolist()
        now, end = 0, min(until_ns, END_OF_TIME_NS)
        while now < end:
            lasting, coins = dice.standard_exponential(VISITS_A_BLOCK), dice.random(VISITS_A_BLOCK)
            for long, coin in zip(lasting.tolist(), coins.tolist(), strict=True):
                now = min(now + max(1, round(long * lasts[states[-1]])), END_OF_TIME_NS)
                edges.append(now)
                if now >= end:
                    break
                states.append(bisect_right(after[states[-1]], coin))
        return np.array(edges, dtype=np.int64), np.array(states, dtype=np.intp)


def drawn(law: Floats, rows: States, coins: Floats) -> States:
    """Return a column for each row of a table of probabilities, by one coin each.

    >>> drawn(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 0, 1]), np.array([0.2, 0.7, 0.2])).tolist()
    [0, 1, 1]
    """
    edges = np.cumsum(law, axis=1)[:, :-1]
    found: States = (coins[:, np.newaxis] >= edges[rows]).sum(axis=1)
    return found
