"""Components that share a crew: a repair waits until one of the repairmen is free, first come, first served."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.failures.cause_law import CauseLaw, given_state
from simulator.failures.crew_law import MOST_LISTED, CrewLaw, List, ListChain, ProductForm
from simulator.failures.cycles import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.failures.gauss_states import queue_states
from simulator.failures.process import NoLaw, Timeline, Up
from simulator.failures.renewal import Renewal, mean_times_up
from simulator.failures.settings import Durations, durations_of
from simulator.failures.stated_causes import listed_patterns
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
WARM_UP_CYCLES = 30
DRAWN_AT_ONCE = 64
LATEST_NS = 1 << 62


@final
@dataclass(frozen=True)
class RepairCrew:
    """Exponential lifetimes and repairs, fewer repairmen than components, a queue of repairs in order of failure.

    The timeline starts from the stationary law of the list of what is down, so every instant has that law. Where it is
    not known (repairs of different means, more than 7 components) it starts with all up, a warm-up before time 0.

    Args:
        components: Names, in the order of the topology.
        mtbf_ns: Mean time up of each component, > 0.
        mttr_ns: Mean time under repair of each component, without the wait for a repairman, > 0.
        repairmen: How many repair at once.
    """

    components: tuple[str, ...]
    mtbf_ns: tuple[float, ...]
    mttr_ns: tuple[float, ...]
    repairmen: int

    @cached_property
    def law(self) -> CrewLaw:
        """The stationary law; raise NoLaw where it is not worked out."""
        if len(set(self.mttr_ns)) == 1:
            return ProductForm(tuple(self.mttr_ns[0] / mtbf for mtbf in self.mtbf_ns), self.repairmen)
        if len(self.components) > MOST_LISTED:
            raise NoLaw(f"{len(self.components)} components wait for one crew with repairs of different means: who is "
                        f"down is worked out for at most {MOST_LISTED}; write one mttr for all, or smaller crews")
        return ListChain(self.mtbf_ns, self.mttr_ns, self.repairmen)

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``; waiting counts as down."""
        means = list(zip(self.mtbf_ns, self.mttr_ns, strict=True))
        of_means = {pair: self.law.all_up((means.index(pair),)) for pair in dict.fromkeys(means)}
        return np.array([of_means[pair] for pair in means])

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        pairs = np.diag(self.survival())
        for i, j in itertools.combinations(range(len(self.components)), 2):
            pairs[i, j] = pairs[j, i] = self.law.all_up((i, j))
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``, exactly."""
        return self.law.log_probability(up)

    def cause_law(self) -> CauseLaw:
        """Return few latent states for one repairman and repairs of one mean, else a state for each pattern.

        Raises:
            NoLaw: there is no law, or it has too many patterns.
        """
        if self.repairmen > 1 or not isinstance(self.law, ProductForm):
            return listed_patterns(self)
        return given_state(self.components, *queue_states(np.array(self.law.ratios)))

    def switches_per_s(self) -> Floats:
        """Return 2 P(up) / mtbf of each component, per second: it fails only while it is up."""
        rate: Floats = 2 * SECOND_NS * self.survival() / np.array(self.mtbf_ns)
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return self.law.draw(streams.of("", "repair crew pattern"), requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; what is down at time 0 has the crash instant -1."""
        begin_ns, down = self._start(streams)
        lives: list[list[tuple[int, int]]] = [[] for _ in self.components]
        for number, crash, repair in self._outages(streams, begin_ns, down):
            if crash >= min(until_ns, END_OF_TIME_NS):
                break
            if repair > 0:
                lives[number].append((max(crash, DOWN_SINCE_BEFORE), min(repair, LATEST_NS)))
        both = [np.array(life, dtype=np.int64).reshape(-1, 2) for life in lives]
        return Timeline(self.components, tuple(b[:, 0] for b in both), tuple(b[:, 1] for b in both), None, until_ns)

    def _start(self, streams: Streams) -> tuple[int, List]:
        """Return when the simulation begins, 0 or earlier, and what is down then."""
        try:
            return 0, self.law.draw_list(streams.of("", "repair crew start"))
        except NoLaw:
            slowest = max(self.mtbf_ns) + max(self.mttr_ns) * len(self.components) / self.repairmen
            return -round(WARM_UP_CYCLES * slowest), ()

    def _outages(self, streams: Streams, begin_ns: int, down: List) -> Iterator[tuple[int, int, int]]:
        """Yield (component, crash, repair) in order of crash; those that are down at the beginning come first."""
        up = [_exponential(streams, name, "lifetime", mean)
              for name, mean in zip(self.components, self.mtbf_ns, strict=True)]
        repair = [_exponential(streams, name, "repair time", mean)
                  for name, mean in zip(self.components, self.mttr_ns, strict=True)]
        free = [begin_ns] * self.repairmen
        crashes = [(begin_ns - len(down) + place, number) for place, number in enumerate(down)]
        crashes += [(begin_ns + next(up[number]), number) for number in range(len(up)) if number not in down]
        heapq.heapify(crashes)
        while crashes:
            crash, number = heapq.heappop(crashes)
            end = max(crash, begin_ns, heapq.heappop(free)) + next(repair[number])
            heapq.heappush(free, end)
            yield number, crash, end
            heapq.heappush(crashes, (end + next(up[number]), number))


def _exponential(streams: Streams, name: str, purpose: str, mean_ns: float) -> Iterator[int]:
    """Yield exponential durations in whole nanoseconds, at least 1."""
    dice = streams.of(name, purpose)
    while True:
        drawn = np.clip(np.rint(dice.standard_exponential(DRAWN_AT_ONCE) * mean_ns), 1, END_OF_TIME_NS)
        yield from drawn.astype(np.int64).tolist()


class RepairCrewBlock(Block):
    """Exponential crash and repair by a crew: ``{kind: repair_crew, mtbf: 10 h, mttr: 1 h, repairmen: 1}``.

    ``mttr`` is the mean time under repair, without the wait for one of the ``repairmen``. Durations are one for all
    that can fail, or {component: duration}.
    """

    kind: Literal["repair_crew"]
    mtbf_ns: Durations
    mttr_ns: Durations
    repairmen: Annotated[int, Field(gt=0)] = 1

    def build(self, topology: Topology) -> Renewal | RepairCrew:
        """Return the process; raise ScenarioError where the block names what the topology does not have.

        With as many repairmen as components nothing ever waits: that is crash and repair of each on its own.
        """
        mtbf = mean_times_up(self.mtbf_ns, topology)
        mttr = durations_of("mttr", self.mttr_ns, tuple(mtbf), topology)
        means_up, means_down = tuple(map(float, mtbf.values())), tuple(float(mttr[name]) for name in mtbf)
        if self.repairmen >= len(mtbf):
            return Renewal(tuple(mtbf), means_up, means_down)
        return RepairCrew(tuple(mtbf), means_up, means_down, self.repairmen)
