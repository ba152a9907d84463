"""Crash and repair: exponential up and down times, in steady state from the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.independent import Independent
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.settings import (
    Durations,
    Probabilities,
    all_fallible,
    durations_of,
    probabilities_of,
    unknown_components,
)
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS

CYCLES_A_BLOCK = 64
END_OF_TIME_NS = 1 << 60  # 36 years; later crashes are not drawn, so that sums stay within int64
DOWN_SINCE_BEFORE = -1


@final
@dataclass(frozen=True)
class Renewal(Independent):
    """Each component is up for an exponential time, down for an exponential time, and so on.

    At time 0 it is up with probability mtbf / (mtbf + mttr), and what is left of its up or down time is exponential
    with the same mean (no memory), so every instant is like any other.

    Args:
        components: Names, in the order of the topology.
        mtbf_ns: Mean time up of each component, > 0.
        mttr_ns: Mean time down of each component, > 0.
    """

    components: tuple[str, ...]
    mtbf_ns: tuple[float, ...]
    mttr_ns: tuple[float, ...]

    def survival(self) -> NDArray[np.float64]:
        """Return the availability of each component, mtbf / (mtbf + mttr): P(up) at any instant."""
        mtbf, mttr = np.array(self.mtbf_ns, dtype=np.float64), np.array(self.mttr_ns, dtype=np.float64)
        return mtbf / (mtbf + mttr)

    def switches_per_s(self) -> NDArray[np.float64]:
        """Return 2 (1 - availability) / mttr of each component, per second: a crash and a repair each cycle."""
        rate: NDArray[np.float64] = 2 * SECOND_NS / (np.array(self.mtbf_ns) + np.array(self.mttr_ns))
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        up = np.ones((requests, len(self.components)), dtype=bool)
        for column, (name, availability) in enumerate(zip(self.components, self.survival(), strict=True)):
            up[:, column] = streams.of(name, "pattern").random(requests) < availability
        return up

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; one under way at time 0 has the crash instant -1."""
        lives = [outages(streams.of(name, "lifetime"), mtbf, mttr, until_ns)
                 for name, mtbf, mttr in zip(self.components, self.mtbf_ns, self.mttr_ns, strict=True)]
        crash, repair = tuple(crash for crash, _ in lives), tuple(repair for _, repair in lives)
        return Timeline(self.components, crash, repair, None, until_ns)


def outages(draws: np.random.Generator, mtbf_ns: float, mttr_ns: float, until_ns: int) -> tuple[Times, Times]:
    """Return the crash and the repair instants of one component, for all crashes before the horizon.

    Draws come in blocks of a fixed size, so that a longer horizon finds the same outages and then more.
    """
    is_up = bool(draws.random() < mtbf_ns / (mtbf_ns + mttr_ns))
    crashes, repairs = [], []
    for crash, repair in blocks_of_outages(draws, (mtbf_ns, mttr_ns), is_up):
        crashes.append(crash)
        repairs.append(repair)
        if len(repair) and repair[-1] >= until_ns:
            break
    crash, repair = np.concatenate(crashes), np.concatenate(repairs)
    begun = int(np.searchsorted(crash, until_ns))
    return crash[:begun], repair[:begun]


def blocks_of_outages(
    draws: np.random.Generator, means_ns: tuple[float, float], is_up: bool
) -> Iterator[tuple[Times, Times]]:
    """Yield block after block of crash and repair instants; times up and down are whole nanoseconds, at least 1.

    Args:
        draws: The component's stream of lifetimes.
        means_ns: Mean time up and mean time down.
        is_up: Whether the component is up at time 0; if not, the first outage began before and has no time up.
    """
    start_ns, is_under_way = 0, not is_up
    while start_ns < END_OF_TIME_NS:
        drawn = draws.standard_exponential((CYCLES_A_BLOCK, 2)) * means_ns
        lasting = np.clip(np.rint(drawn), 1, END_OF_TIME_NS)
        if is_under_way:
            lasting[0, 0] = 0
        cycles = count_before_end_of_time(start_ns, lasting)
        ends = start_ns + np.cumsum(lasting[:cycles].astype(np.int64).ravel()).reshape(-1, 2)
        if is_under_way:
            ends[0, 0] = DOWN_SINCE_BEFORE
        yield ends[:, 0], ends[:, 1]
        start_ns, is_under_way = int(ends[-1, 1]) if cycles == CYCLES_A_BLOCK else END_OF_TIME_NS, False


def count_before_end_of_time(start_ns: int, lasting_ns: NDArray[np.float64]) -> int:
    """Return how many of these (time up, time down) cycles, one after the other, crash before the end of time."""
    crashes = start_ns + np.cumsum(lasting_ns.ravel())[::2]
    return int(np.searchsorted(crashes, END_OF_TIME_NS))


class RenewalBlock(Block):
    """Exponential crash and repair, in steady state from the start.

    Either ``availability`` (a named setting of the topology, whose survival is then read as the long-run share of time
    up, one probability for all that can fail, or {component: probability}) or ``mtbf``, the mean time up; and ``mttr``,
    the mean time down. Durations are one for all, or {component: duration}.
    """

    kind: Literal["renewal"]
    availability: Probabilities | None = None
    mtbf_ns: Durations | None = None
    mttr_ns: Durations

    @model_validator(mode="after")
    def _has_one_of_two(self) -> Self:
        if (self.availability is None) == (self.mtbf_ns is None):
            raise ValueError("needs exactly one of 'availability' and 'mtbf'; write availability: 0.9 or mtbf: 10 min")
        return self

    def build(self, topology: Topology) -> Renewal:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        if self.availability is None:
            up, mtbf = {}, mean_times_up(self.mtbf_ns or {}, topology)
        else:
            up, mtbf = availabilities(self.availability, topology), {}
        names = tuple(up or mtbf)
        mttr = durations_of("mttr", self.mttr_ns, names, topology)
        mean_up = {name: mttr[name] * up[name] / (1 - up[name]) if up else mtbf[name] for name in names}
        return Renewal(names, tuple(mean_up[name] for name in names), tuple(float(mttr[name]) for name in names))


def availabilities(value: str | float | dict[str, float], topology: Topology) -> dict[str, float]:
    """Return the availability of each component that can fail.

    Raises:
        ScenarioError: what ``probabilities_of`` refuses, or an availability of 0.
    """
    up = probabilities_of("availability", value, topology)
    if never := [name for name, availability in up.items() if availability == 0]:
        raise ScenarioError(*(Problem(f"availability.{name}", "0 is never up, and has no mean time up",
                                      "write more than 0, or use kind: scripted for an outage") for name in never))
    return up


def mean_times_up(value: int | dict[str, int], topology: Topology) -> dict[str, int]:
    """Return the mean time up of each component that has one, in the order of the topology.

    Raises:
        ScenarioError: an unknown component, or one duration for all where the topology does not say what can fail.
    """
    if isinstance(value, dict):
        if problems := unknown_components("mtbf", value, topology):
            raise ScenarioError(*problems)
        return {name: value[name] for name in topology.components if name in value}
    return dict.fromkeys(all_fallible("mtbf", topology), value)
