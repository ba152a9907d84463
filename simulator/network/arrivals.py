"""Arrivals: their YAML blocks, and the births that they give; draw i belongs to request i."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.network.loop import Loop
from simulator.seeds import Streams
from simulator.units import DurationNs, PositiveDurationNs, RatePerS

SECOND_NS = 1e9
UNIT_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}
Times = NDArray[np.int64]
ReadColumn = Callable[[str, str], NDArray[np.float64]]
"""``read(path, column)``: a numeric column of a CSV file."""


class PoissonArrivals(Block):
    """Requests that arrive at random, ``rate`` of them on average."""

    kind: Literal["poisson"]
    rate_per_s: RatePerS

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return sorted births, shape ``(requests,)``, int64 nanoseconds."""
        gaps = streams.of("", "arrivals").standard_exponential(requests) * (SECOND_NS / self.rate_per_s)
        return np.cumsum(np.rint(gaps).astype(np.int64))


class PeriodicArrivals(Block):
    """A request every ``every``, the first at ``first``; or several ``together`` each time."""

    kind: Literal["periodic"]
    every_ns: PositiveDurationNs
    first_ns: DurationNs = 0
    together: Annotated[int, Field(ge=1)] = 1

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return sorted births, shape ``(requests,)``, int64 nanoseconds."""
        return self.first_ns + self.every_ns * (np.arange(requests, dtype=np.int64) // self.together)


class ClosedArrivals(Block):
    """A closed loop: ``window`` requests are always under way; ``think`` after one has ended the next is born."""

    kind: Literal["closed"]
    window: Annotated[int, Field(ge=1)]
    think_ns: DurationNs = 0

    @property
    def loop(self) -> Loop:
        """The loop, from which the engine finds the births."""
        return Loop(self.window, self.think_ns)

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return zeros, shape ``(requests,)``: births are not known before the requests have run."""
        return np.zeros(requests, dtype=np.int64)


class TraceArrivals(Block):
    """Arrival instants from a CSV file, in units of ``unit``, counted from the first.

    A trace that is too short is laid end to end, with one mean gap between its last request and its first.
    """

    kind: Literal["trace"]
    path: str
    column: str = "arrival"
    unit: Literal["s", "ms", "us", "ns"] = "s"

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return sorted births, shape ``(requests,)``, int64 nanoseconds."""
        instants = np.sort(np.rint(read(self.path, self.column) * UNIT_NS[self.unit]).astype(np.int64))
        instants -= instants[0]
        gap = max(1, round(int(instants[-1]) / max(1, len(instants) - 1)))
        rounds = -(-requests // len(instants))
        return np.concatenate([instants + turn * (int(instants[-1]) + gap) for turn in range(rounds)])[:requests]
