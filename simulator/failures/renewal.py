"""Crash and repair: exponential up and down times, in steady state from the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.cycles import CYCLES_A_BLOCK, Cycles, instants, until_horizon
from simulator.failures.cycles import DOWN_SINCE_BEFORE as DOWN_SINCE_BEFORE
from simulator.failures.cycles import END_OF_TIME_NS as END_OF_TIME_NS
from simulator.failures.independent import Independent, tossed
from simulator.failures.laws import EXPONENTIAL, AnyLaw, Exponential, Law
from simulator.failures.lifetimes import Lifetimes, NewAtZero
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.settings import (
    Durations,
    all_fallible,
    components_of,
    durations_of,
    probabilities_of,
    unknown_components,
)
from simulator.failures.uncertain import KnownProbabilities
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS


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
        return tossed(streams, "pattern", self.components, self.survival(), requests)

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
    return until_horizon(instants(exponential_cycles(draws, (mtbf_ns, mttr_ns)), is_up=is_up), until_ns)


def exponential_cycles(draws: np.random.Generator, means_ns: tuple[float, float]) -> Iterator[Cycles]:
    """Yield block after block of exponential times up and down in nanoseconds, shape ``(CYCLES_A_BLOCK, 2)``."""
    while True:
        yield draws.standard_exponential((CYCLES_A_BLOCK, 2)) * means_ns


class RenewalBlock(Block):
    """Crash and repair, in steady state from the start, or all new at time 0 (``start: new``).

    Either ``availability`` (a named setting of the topology, whose survival is then read as the long-run share of time
    up, one probability for all that can fail, or {component: probability}) or ``mtbf``, the mean time up; and ``mttr``,
    the mean time down. Durations are one for all, or {component: duration}. Times are exponential, or have the shape
    that the laws ``up`` and ``down`` say: ``up: {law: weibull, shape: 1.7}``. A law that lists its values, such as
    ``down: {law: empirical, values: [1 min, 2 h]}``, says the mean too, and stands in the place of mtbf or mttr.
    A component's availability may be uncertain, as a survival may (``bernoulli``).
    ``components`` are those whose times up are such values; without it those that can fail.
    """

    kind: Literal["renewal"]
    availability: KnownProbabilities | None = None
    mtbf_ns: Durations | None = None
    mttr_ns: Durations | None = None
    up: AnyLaw | None = None
    down: AnyLaw | None = None
    start: Literal["equilibrium", "new"] | None = None
    components: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_two_means(self) -> Self:
        up, down = self.laws
        means_up = (self.availability, self.mtbf_ns, up.mean_ns)
        wrong = []
        if sum(mean is not None for mean in means_up) != 1:
            values = ", or an 'up' law with values" if up.mean_ns else ""
            wrong.append(f"needs exactly one of 'availability' and 'mtbf'{values}; "
                         "write availability: 0.9 or mtbf: 10 min")
        if (self.mttr_ns is None) == (down.mean_ns is None):
            wrong.append("needs exactly one of 'mttr' and a 'down' law with values; write mttr: 10 s")
        if self.components is not None and (up.mean_ns is None or isinstance(self.mttr_ns, dict)):
            wrong.append("'components' only says who has the 'up' law's values; write {component: duration} instead")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def laws(self) -> tuple[Law, Law]:
        """The laws of times up and down."""
        return self.up or EXPONENTIAL, self.down or EXPONENTIAL

    def build(self, topology: Topology) -> Renewal | Lifetimes | NewAtZero:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        up: Mapping[str, float] = {}
        mtbf: Mapping[str, float] = {}
        if self.availability is not None:
            up = availabilities(self.availability, topology)
        elif self.mtbf_ns is not None:
            mtbf = mean_times_up(self.mtbf_ns, topology)
        else:
            mtbf = dict.fromkeys(self._named(topology), self.laws[0].mean_ns or 0)
        names = tuple(up or mtbf)
        mttr: Mapping[str, float] = dict.fromkeys(names, self.laws[1].mean_ns or 0)
        if self.mttr_ns is not None:
            mttr = durations_of("mttr", self.mttr_ns, names, topology)
        mean_up = {name: mttr[name] * up[name] / (1 - up[name]) if up else mtbf[name] for name in names}
        return self._process(names, tuple(mean_up.values()), tuple(float(mttr[name]) for name in names))

    def _process(
        self, names: tuple[str, ...], mtbf_ns: tuple[float, ...], mttr_ns: tuple[float, ...]
    ) -> Renewal | Lifetimes | NewAtZero:
        if self.start == "new":
            return NewAtZero(names, mtbf_ns, mttr_ns, *self.laws)
        if all(isinstance(law, Exponential) for law in self.laws):
            return Renewal(names, mtbf_ns, mttr_ns)
        return Lifetimes(names, mtbf_ns, mttr_ns, *self.laws)

    def _named(self, topology: Topology) -> tuple[str, ...]:
        """Return the components whose times up are the law's values."""
        if isinstance(self.mttr_ns, dict):
            return tuple(mean_times_up(self.mttr_ns, topology, "mttr"))
        return components_of("components", self.components, topology)


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


def mean_times_up(value: int | dict[str, int], topology: Topology, key: str = "mtbf") -> Mapping[str, float]:
    """Return the mean time up of each component that has one, in the order of the topology.

    Raises:
        ScenarioError: an unknown component, or one duration for all where the topology does not say what can fail.
    """
    if isinstance(value, dict):
        if problems := unknown_components(key, value, topology):
            raise ScenarioError(*problems)
        return {name: value[name] for name in topology.components if name in value}
    return dict.fromkeys(all_fallible(key, topology), value)
