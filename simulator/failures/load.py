"""Machines that fail by their load: the more jobs are present, the sooner. The one process that a run itself makes.

While a machine is up and serves, it is exposed at the rate f(jobs) / mtbf, and it crashes when the exposure since its
last repair reaches a draw of an exponential variable of mean 1. Exposure is counted in whole ticks, so that crash
instants are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Literal, NoReturn, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.laws import EXPONENTIAL, AnyLaw, Law
from simulator.failures.overlay import Overlay
from simulator.failures.process import FailureProcess, NoLaw, Timeline, Up
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

TICKS = 1 << 90  # ticks of an exposure of 1
DRAWN_AT_ONCE = 64
SHORTEST_NS = 1


class Busy(Block):
    """Exposed while any job is present, and at the share ``idle`` of that rate while none is."""

    kind: Literal["busy"]
    idle: Annotated[float, Field(ge=0, le=1)] = 0.0

    def factor(self, jobs: int) -> float:
        """Return how many times the rate 1 / mtbf holds with so many jobs present."""
        return 1.0 if jobs else self.idle


class ByJob(Block):
    """Each job that is present adds so many times the rate of an idle machine."""

    kind: Literal["jobs"]
    adds: Annotated[float, Field(gt=0)]

    def factor(self, jobs: int) -> float:
        """Return how many times the rate 1 / mtbf holds with so many jobs present."""
        return 1 + self.adds * jobs


class ByPower(Block):
    """(1 + jobs / capacity) ^ exponent times the rate of an idle machine."""

    kind: Literal["power"]
    capacity: Annotated[float, Field(gt=0)]
    exponent: Annotated[float, Field(gt=0, le=20)]

    def factor(self, jobs: int) -> float:
        """Return how many times the rate 1 / mtbf holds with so many jobs present."""
        return float((1 + jobs / self.capacity) ** self.exponent)


Load = Annotated[Busy | ByJob | ByPower, Field(discriminator="kind")]


@dataclass(frozen=True)
class Exposure:
    """What decides the crashes of one machine in one replication.

    Args:
        rate: Ticks of exposure in a nanosecond with so many jobs present; 0: it does not crash.
        thresholds: Yields the exposure of each crash in ticks, from the first; anew at each call.
        repairs: Yields how long each repair takes in nanoseconds, from the first; anew at each call.
    """

    rate: Callable[[int], int]
    thresholds: Callable[[], Iterator[int]]
    repairs: Callable[[], Iterator[int]]


@final
@dataclass(frozen=True)
class ByLoad:
    """Machines that crash by their load. It states no law: a pattern has no probability before the run.

    Args:
        components: Names, in the order of the topology.
        mtbf_ns: Mean time up at a factor of 1.
        mttr_ns: Mean time down.
        load: The factor by the number of jobs present.
        down: The law of times down.
    """

    components: tuple[str, ...]
    mtbf_ns: int
    mttr_ns: float
    load: Busy | ByJob | ByPower
    down: Law = EXPONENTIAL

    def _no_law(self) -> NoReturn:
        raise NoLaw(f"{', '.join(self.components)} fails by its load, which only the run knows; look at served "
                    "accuracy, or let it fail by 'renewal' with the availability that the run measures")

    def survival(self) -> NDArray[np.float64]:
        """Raise NoLaw."""
        self._no_law()

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Raise NoLaw."""
        self._no_law()

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Raise NoLaw."""
        self._no_law()

    def switches_per_s(self) -> NDArray[np.float64]:
        """Raise NoLaw."""
        self._no_law()

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Raise NoLaw."""
        self._no_law()

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the timeline before the run, without an outage; ``with_outages`` fills in what the run has made."""
        nothing = tuple(np.zeros(0, dtype=np.int64) for _ in self.components)
        return Timeline(self.components, nothing, nothing, None, until_ns)

    def exposures(self, streams: Streams) -> dict[str, Exposure]:
        """Return what decides the crashes of each machine, from streams of its own."""
        rate = cache(lambda jobs: round(TICKS * self.load.factor(jobs) / self.mtbf_ns))
        return {name: Exposure(rate, self._thresholds(streams, name), self._repairs(streams, name))
                for name in self.components}

    def _thresholds(self, streams: Streams, name: str) -> Callable[[], Iterator[int]]:
        def drawn() -> Iterator[int]:
            dice = streams.of(name, "exposure")
            while True:
                for value in dice.standard_exponential(DRAWN_AT_ONCE).tolist():
                    yield max(1, round(value * TICKS))

        return drawn

    def _repairs(self, streams: Streams, name: str) -> Callable[[], Iterator[int]]:
        def drawn() -> Iterator[int]:
            dice = streams.of(name, "repair after load")
            while True:
                for value in self.down.draw(dice, DRAWN_AT_ONCE).tolist():
                    yield max(SHORTEST_NS, min(END_OF_TIME_NS, round(value * self.mttr_ns)))

        return drawn


def load_processes(process: FailureProcess) -> list[tuple[int, ByLoad]]:
    """Return what in a process fails by load, each with its layer."""
    layers = process.processes if isinstance(process, Overlay) else (process,)
    return [(layer, one) for layer, one in enumerate(layers) if isinstance(one, ByLoad)]


def exposures_of(process: FailureProcess, streams: Streams) -> dict[str, Exposure]:
    """Return what decides the crashes of each machine that fails by its load; empty where none does."""
    found: dict[str, Exposure] = {}
    for layer, one in load_processes(process):
        found |= one.exposures(replace(streams, layer=layer))
    return found


def with_outages(timeline: Timeline, made: Mapping[str, tuple[tuple[int, int], ...]]) -> Timeline:
    """Return a timeline with the outages that a run has made of some of its components, (crash, repair)."""
    columns = {name: np.array(outages, dtype=np.int64).reshape(-1, 2) for name, outages in made.items()}
    crash, repair = (
        tuple(columns[name][:, side] if name in columns else old
              for name, old in zip(timeline.components, olds, strict=True))
        for side, olds in enumerate((timeline.crash_ns, timeline.repair_ns))
    )
    return replace(timeline, crash_ns=crash, repair_ns=repair)


class LoadCascadeBlock(Block):
    """Machines that crash the sooner the more jobs are present on them.

    ``mtbf`` is the mean time up where the factor of ``load`` is 1: of an idle machine (``jobs``, ``power``), or of one
    that is busy (``busy``). Times down have the mean ``mttr`` and the law ``down``. At the start all are up.
    """

    kind: Literal["load_cascade"]
    components: Annotated[tuple[str, ...], Field(min_length=1)]
    mtbf_ns: PositiveDurationNs
    load: Load
    mttr_ns: PositiveDurationNs | None = None
    down: AnyLaw | None = None

    def build(self, topology: Topology) -> ByLoad:
        """Return the process.

        Raises:
            ScenarioError: a component is unknown, is a link or named twice, a machine stops relaying while it is down,
                or the mean time down is missing or said twice.
        """
        problems = [problem for place, name in enumerate(self.components)
                    for problem in self._problems(place, name, topology)]
        down = self.down or EXPONENTIAL
        if (self.mttr_ns is None) == (down.mean_ns is None):
            said = "needs exactly one of 'mttr' and a 'down' law with values"
            problems.append(Problem("mttr", said, "write mttr: 10 s"))
        if problems:
            raise ScenarioError(*problems)
        names = tuple(name for name in topology.components if name in self.components)
        return ByLoad(names, self.mtbf_ns, float(self.mttr_ns or down.mean_ns or 0), self.load, down)

    def _problems(self, place: int, name: str, topology: Topology) -> Iterator[Problem]:
        at = f"components.{place}"
        if name in topology.link_by_name:
            yield Problem(at, f"{name!r} is a link, and only machines fail by their load", "name machines")
        elif name not in topology.node_by_name:
            yield Problem(at, f"no node named {name!r} in the topology", did_you_mean(name, topology.node_by_name))
        elif not topology.node_by_name[name].forwards_when_down:
            said = f"{name!r} stops relaying while it is down, and routes cannot follow crashes that a run makes"
            yield Problem(at, said, "write forwards_when_down: true in the topology, or name other machines")
        if self.components.index(name) != place:
            yield Problem(at, f"{name!r} is named twice", "name it once")
