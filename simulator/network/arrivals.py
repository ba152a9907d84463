"""Arrivals: their YAML blocks, and the births that they give; draw i belongs to request i."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.network.loop import Loop
from simulator.seeds import Streams
from simulator.units import DurationNs, PositiveDurationNs, Quantity, RatePerS

SECOND_NS = 1e9
UNIT_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}
CYCLES = 1024  # of states that are drawn at once
TABLE = 65_536
RATE_LADDER = ("/s", "/min", "/h", "/day")
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


class Phase(Block):
    """A state of the traffic: requests at ``rate``, for an exponential time of mean ``lasts``."""

    rate_per_s: Annotated[float, Quantity("1 / second", RATE_LADDER)]
    lasts_ns: PositiveDurationNs


class MarkovArrivals(Block):
    """Bursts: Poisson arrivals whose rate goes through ``states`` in turn, and from the last to the first again.

    A Markov-modulated Poisson process. It starts in its long run: in state i with the share of time spent there. Its
    rate is sum(rate_i lasts_i) / sum(lasts_i). Request i comes when the integral of the rate reaches the sum of the
    first i of the exponential numbers from which ``poisson`` makes its gaps.
    """

    kind: Literal["mmpp"]
    states: Annotated[tuple[Phase, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _has_requests(self) -> Self:
        if not any(state.rate_per_s for state in self.states):
            raise ValueError("no state has a rate above 0; write states: [{rate: 2 /s, lasts: 10 s}, ...]")
        return self

    @property
    def mean_rate_per_s(self) -> float:
        """Requests per second in the long run."""
        lasting = sum(state.lasts_ns for state in self.states)
        return sum(state.rate_per_s * state.lasts_ns for state in self.states) / lasting

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return sorted births, shape ``(requests,)``, int64 nanoseconds."""
        wanted = np.cumsum(streams.of("", "arrivals").standard_exponential(requests))
        lasts = np.array([state.lasts_ns for state in self.states], dtype=np.float64)
        rates = np.array([state.rate_per_s / SECOND_NS for state in self.states])
        dice = streams.of("", "arrivals state")
        first = int(np.searchsorted(np.cumsum(lasts) / lasts.sum(), dice.random(), side="right"))
        instants, counts = [np.zeros(1)], [np.zeros(1)]
        while counts[-1][-1] <= wanted[-1]:
            turns = np.roll(np.arange(len(lasts)), -first)
            spells = dice.standard_exponential((CYCLES, len(turns))) * lasts[turns]
            instants.append(instants[-1][-1] + np.cumsum(spells))
            counts.append(counts[-1][-1] + np.cumsum(spells * rates[turns]))
        return _whole(np.interp(wanted, np.concatenate(counts), np.concatenate(instants)))


class DiurnalArrivals(Block):
    """Poisson arrivals whose rate is a wave: rate(t) = ``rate`` (1 + ``swing`` cos(2 pi (t - ``peak``) / ``period``)).

    Request i comes when the integral of the rate reaches the sum of the first i of the exponential numbers from which
    ``poisson`` makes its gaps. (Thinning would give the same law, but draw i would not belong to request i.) The
    integral is tabulated at 65,536 instants of a period.
    """

    kind: Literal["diurnal"]
    rate_per_s: RatePerS
    period_ns: PositiveDurationNs = 86_400_000_000_000
    swing: Annotated[float, Field(ge=0, le=1)]
    peak_ns: DurationNs = 0

    def births_ns(self, requests: int, streams: Streams, read: ReadColumn) -> Times:
        """Return sorted births, shape ``(requests,)``, int64 nanoseconds."""
        wanted = np.cumsum(streams.of("", "arrivals").standard_exponential(requests))
        phase, start = np.linspace(0, 1, TABLE + 1), self.peak_ns / self.period_ns
        wave = (np.sin(2 * np.pi * (phase - start)) + np.sin(2 * np.pi * start)) * self.swing / (2 * np.pi)
        periods = wanted * (SECOND_NS / self.rate_per_s / self.period_ns)
        whole, rest = np.divmod(periods, 1.0)
        return _whole((whole + np.interp(rest, phase + wave, phase)) * self.period_ns)


def _whole(instants: NDArray[np.float64]) -> Times:
    return np.rint(instants).astype(np.int64)


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
