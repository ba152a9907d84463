"""The contract of a failure process, and the timeline that it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.seeds import Streams

Up = NDArray[np.bool_]
Times = NDArray[np.int64]


class NoLaw(ValueError):
    """The process has no closed form for what was asked; the message says why."""


@dataclass(frozen=True)
class Timeline:
    """When the components are down: on [crash, repair), drawn ahead, up to a horizon.

    Args:
        components: Names, in the order of the topology.
        crash_ns: For each component its crash instants, sorted, int64 nanoseconds; -1 or less: down since before 0.
        repair_ns: For each component the repair instants, ``repair_ns[i][k] > crash_ns[i][k]``; never overlapping.
        coins: For processes that toss one coin a request: up or not, shape ``(requests, components)``; else None.
        until_ns: The horizon; what happens later was not drawn.
    """

    components: tuple[str, ...]
    crash_ns: tuple[Times, ...]
    repair_ns: tuple[Times, ...]
    coins: Up | None
    until_ns: int

    def up_at(self, times_ns: Times) -> Up:
        """Return who is up at the birth of each request, shape ``(requests, components)``; row i is request i."""
        if self.coins is None:
            up = np.ones((len(times_ns), len(self.components)), dtype=bool)
        else:
            up = self.coins[: len(times_ns)].copy()
        for column, (crash, repair) in enumerate(zip(self.crash_ns, self.repair_ns, strict=True)):
            begun = np.searchsorted(crash, times_ns, side="right")
            ended = np.searchsorted(repair, times_ns, side="right")
            up[:, column] &= begun == ended
        return up


class FailureProcess(Protocol):
    """What breaks, when, and with what probability."""

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components that can fail, in the order of the topology."""

    def survival(self) -> NDArray[np.float64]:
        """Return P(up) of each component, the same at any instant, shape ``(components,)``.

        Raises:
            NoLaw: it moves in time.
        """

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Return log P(pattern) of each row of ``up``, shape ``(patterns,)``.

        Raises:
            NoLaw: there is no closed form; the message says why.
        """

    def switches_per_s(self) -> NDArray[np.float64]:
        """Return how often each component goes up or down in the long run, per second, shape ``(components,)``.

        A coin tossed for each request does not switch during its life.

        Raises:
            NoLaw: there is no such rate.
        """

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)`` (the snapshot world)."""

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the timeline of one replication. A longer horizon only adds to a shorter one with the same streams."""
