"""Crash and repair with any law of times up and down: in equilibrium from the start, or all new at time 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cycles import CYCLES_A_BLOCK, Cycles, instants, until_horizon
from simulator.failures.independent import Independent, tossed
from simulator.failures.laws import Law
from simulator.failures.moving import Moving
from simulator.failures.process import Timeline, Up
from simulator.seeds import Streams
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
Residual = tuple[bool, float]


@dataclass(frozen=True)
class Renewing:
    """Components that are up and down in turn, each by itself.

    Args:
        components: Names, in the order of the topology.
        mtbf_ns: Mean time up of each component, > 0.
        mttr_ns: Mean time down of each component, > 0.
        up: The law of times up, of all components.
        down: The law of times down.
    """

    components: tuple[str, ...]
    mtbf_ns: tuple[float, ...]
    mttr_ns: tuple[float, ...]
    up: Law
    down: Law

    def means_ns(self) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield each component's name, and its mean times up and down."""
        return zip(self.components, zip(self.mtbf_ns, self.mttr_ns, strict=True), strict=True)


@final
@dataclass(frozen=True)
class Lifetimes(Renewing, Independent):
    """Alternating renewal in equilibrium: every instant is like any other, whatever the laws.

    At time 0 a component is up with probability mtbf / (mtbf + mttr), and what is left of its time up or down is drawn
    from the equilibrium residual of that law, so P(up) is the same at all instants (Cox, Renewal Theory, 1962).
    """

    def survival(self) -> Floats:
        """Return the availability of each component, mtbf / (mtbf + mttr): P(up) at any instant."""
        mtbf, mttr = np.array(self.mtbf_ns, dtype=np.float64), np.array(self.mttr_ns, dtype=np.float64)
        return mtbf / (mtbf + mttr)

    def switches_per_s(self) -> Floats:
        """Return 2 / (mtbf + mttr) of each component, per second: a crash and a repair each cycle."""
        rate: Floats = 2 * SECOND_NS / (np.array(self.mtbf_ns) + np.array(self.mttr_ns))
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return tossed(streams, "pattern", self.components, self.survival(), requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; one under way at time 0 has the crash instant -1."""
        lives = []
        for name, means_ns in self.means_ns():
            start = self._residual(streams.of(name, "start"), means_ns)
            drawn = cycles_of(streams, name, (self.up, self.down), means_ns)
            lives.append(until_horizon(instants(resumed(drawn, start), is_up=start[0]), until_ns))
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)

    def _residual(self, dice: np.random.Generator, means_ns: tuple[float, float]) -> Residual:
        """Return whether a component is up at time 0, and for how much longer it is what it is."""
        is_up = bool(dice.random() * sum(means_ns) < means_ns[0])
        law, mean_ns = (self.up, means_ns[0]) if is_up else (self.down, means_ns[1])
        return is_up, float(law.draw_residual(dice, 1)[0] * mean_ns)


@final
@dataclass(frozen=True)
class NewAtZero(Renewing, Moving):
    """Alternating renewal that begins with every component up and new: wear has yet to come."""

    @property
    def why(self) -> str:
        """Why there is no law, and the way out."""
        return ("start: new moves in time: all components are up and new at time 0, and who is up depends on when one "
                "asks; write start: equilibrium for the law of a random instant")

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; all components are up at time 0."""
        lives = [until_horizon(instants(cycles_of(streams, name, (self.up, self.down), means_ns), is_up=True), until_ns)
                 for name, means_ns in self.means_ns()]
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)


def cycles_of(
    streams: Streams, name: str, laws: tuple[Law, Law], means_ns: tuple[float, float]
) -> Iterator[Cycles]:
    """Yield block after block of times up and down in nanoseconds, shape ``(CYCLES_A_BLOCK, 2)``.

    Times up and times down come from streams of their own, so that another law of repairs moves no lifetime.
    """
    dice = streams.of(name, "lifetime"), streams.of(name, "repair time")
    while True:
        drawn = [law.draw(rng, CYCLES_A_BLOCK) * mean for law, rng, mean in zip(laws, dice, means_ns, strict=True)]
        yield np.stack(drawn, axis=1)


def resumed(drawn: Iterator[Cycles], start: Residual) -> Iterator[Cycles]:
    """Yield the blocks with what is left at time 0 in the place of the first time up, or of the first time down."""
    is_up, left_ns = start
    first = next(drawn)
    first[0, 0 if is_up else 1] = left_ns
    yield first
    yield from drawn
