"""An environment with a survival for each of its states: a new pattern is drawn whenever the environment changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cause_law import CauseLaw, given_state
from simulator.failures.environment_chain import Environment
from simulator.failures.joint import looked_up, mixed
from simulator.failures.patterns import spells
from simulator.failures.process import Timeline, Up
from simulator.seeds import Streams
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class EnvironmentPatterns:
    """Given the state, components are independent; a pattern holds until the environment changes (or is redrawn).

    At any instant the law is the mixture over the states, weighted by their shares of the time.

    Args:
        components: Names, in the order of the topology.
        environment: Its states; a jump from a state to itself draws a new pattern too.
        up: P(up | state), shape ``(states, components)``.
    """

    components: tuple[str, ...]
    environment: Environment
    up: Floats

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""
        return self.environment.share @ self.up

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        pairs: Floats = (self.up.T * self.environment.share) @ self.up
        np.fill_diagonal(pairs, self.survival())
        return pairs

    def cause_law(self) -> CauseLaw:
        """Return the law given the state of the environment."""
        return given_state(self.components, self.environment.share, self.up)

    @cached_property
    def _table(self) -> Floats:
        return mixed(self.environment.share, self.up)

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``; raise NoLaw where there are more than 20 components."""
        return looked_up(self._table, up)

    def switches_per_s(self) -> Floats:
        """Return how often each component goes down or up, per second: one that differs on two sides of a change."""
        leaving = (self.environment.share / self.environment.lasts_ns)[:, np.newaxis] * self.environment.jumps
        rate: Floats = np.einsum("ef,ei,fi->i", leaving, self.up, 1 - self.up)
        rate += np.einsum("ef,ei,fi->i", leaving, 1 - self.up, self.up)
        return rate * SECOND_NS

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return self._patterns(streams, self.environment.now(streams, requests))

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages of the patterns of one path of the environment; the state at 0 is in steady state."""
        edges, states = self.environment.path(streams, int(self.environment.now(streams, 1)[0]), until_ns)
        up = self._patterns(streams, states)
        lives = [spells(edges, ~up[:, column]) for column in range(len(self.components))]
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)

    def _patterns(self, streams: Streams, states: NDArray[np.intp]) -> Up:
        """Return a pattern for each of these states, shape ``(states, components)``."""
        coins: Up = streams.of("", "pattern").random((len(states), len(self.components))) < self.up[states]
        return coins
