"""Several processes laid over each other: a component is up when it is up in all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cause_law import CauseLaw, independent_law
from simulator.failures.cause_spells import CauseSpells, cause_spells_of
from simulator.failures.cause_union import united_causes
from simulator.failures.independent import Independent, independent_log_probability
from simulator.failures.joint import looked_up
from simulator.failures.overlay_law import overlaid, sharing
from simulator.failures.process import FailureProcess, NoLaw, Timeline, Times, Up
from simulator.failures.scripted import merged
from simulator.failures.stated_causes import MOST_IN_A_TABLE, cause_law_of, listed_patterns
from simulator.seeds import Streams


@final
@dataclass(frozen=True)
class Overlay:
    """Processes that are independent of each other; a component is up when it is up in all of them.

    Each process draws from streams of its own (the first from those it would draw from alone).

    Args:
        processes: At least one; none of them an overlay.
        order: Names of all components of the topology, in its order.
    """

    processes: tuple[FailureProcess, ...]
    order: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.processes or any(isinstance(process, Overlay) for process in self.processes):
            raise ValueError("an overlay needs one or more processes that are no overlays: lay them side by side")

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components that some process can fell, in the order of the topology."""
        hit = {name for process in self.processes for name in process.components}
        return tuple(name for name in self.order if name in hit)

    def survival(self) -> NDArray[np.float64]:
        """Return the product of the marginals; raise NoLaw where a process has none."""
        survival = np.ones(len(self.components))
        for process in self.processes:
            survival[self._columns(process)] *= process.survival()
        return survival

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Return P(i and j up), the product over the processes; raise NoLaw where a process has none."""
        pairs = np.ones((len(self.components), len(self.components)))
        for process in self.processes:
            columns, alone = self._columns(process), np.ones(len(self.components))
            alone[columns] = process.survival()
            joint = np.outer(alone, alone)
            joint[np.ix_(columns, columns)] = process.pairwise_survival()
            pairs *= joint
        return pairs

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Return log P(pattern) of each row of ``up``.

        Raises:
            NoLaw: a process has none, or processes with dependent components share too many.
        """
        if all(isinstance(process, Independent) for process in self.processes):
            return independent_log_probability(self.survival(), up)
        total = np.zeros(len(up))
        for process in self._alone:
            total += process.log_probability(up[:, self._columns(process)])
        for columns, table in self._together:
            total += looked_up(table, up[:, columns])
        return total

    def cause_law(self) -> CauseLaw:
        """Return all causes and the product of the states, or a state for each pattern where those are too many.

        Raises:
            NoLaw: a process has none, or neither can be listed.
        """
        if all(isinstance(process, Independent) for process in self.processes):
            return independent_law(self.components, self.survival())
        try:
            return united_causes([cause_law_of(process) for process in self.processes], self.components)
        except NoLaw:
            if len(self.components) > MOST_IN_A_TABLE:
                raise
            return listed_patterns(self)

    @cached_property
    def _alone(self) -> list[FailureProcess]:
        """The processes that share no component with another."""
        return [group[0] for group in sharing(self.processes) if len(group) == 1]

    @cached_property
    def _together(self) -> list[tuple[list[int], NDArray[np.float64]]]:
        """For each group of processes that share components: their columns, and their joint law."""
        found = []
        for group in (group for group in sharing(self.processes) if len(group) > 1):
            hit = {name for process in group for name in process.components}
            names = [name for name in self.components if name in hit]
            found.append(([self.components.index(name) for name in names], overlaid(group, names)))
        return found

    def switches_per_s(self) -> NDArray[np.float64]:
        """Return how often a process switches a component that the others have up; raise NoLaw where one has none."""
        rate = np.zeros(len(self.components))
        for process in self.processes:
            others = np.ones(len(self.components))
            for other in self.processes:
                if other is not process:
                    others[self._columns(other)] *= other.survival()
            columns = self._columns(process)
            rate[columns] += process.switches_per_s() * others[columns]
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        up = np.ones((requests, len(self.components)), dtype=bool)
        for layer, process in enumerate(self.processes):
            up[:, self._columns(process)] &= process.sample_up(replace(streams, layer=layer), requests)
        return up

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the union of all outages that begin before the horizon, and the product of all coins.

        What is down before the horizon does not depend on it; the end of an outage that is under way there may.
        """
        lines = [process.timeline(replace(streams, layer=layer), requests, until_ns)
                 for layer, process in enumerate(self.processes)]
        lives = [self._life(name, lines) for name in self.components]
        return Timeline(self.components, tuple(crash for crash, _ in lives), tuple(repair for _, repair in lives),
                        self._coins(lines), until_ns)

    def cause_spells(self, streams: Streams, requests: int, until_ns: int) -> tuple[CauseSpells, ...]:
        """Return the named causes of all processes."""
        return tuple(spell for layer, process in enumerate(self.processes)
                     for spell in cause_spells_of(process, replace(streams, layer=layer), requests, until_ns))

    def _columns(self, process: FailureProcess) -> NDArray[np.intp]:
        return np.array([self.components.index(name) for name in process.components], dtype=np.intp)

    def _life(self, name: str, lines: list[Timeline]) -> tuple[Times, Times]:
        places = [(line, line.components.index(name)) for line in lines if name in line.components]
        return merged((int(crash), int(repair)) for line, place in places
                      for crash, repair in zip(line.crash_ns[place], line.repair_ns[place], strict=True))

    def _coins(self, lines: list[Timeline]) -> Up | None:
        tossed = [(line.coins, process) for line, process in zip(lines, self.processes, strict=True)
                  if line.coins is not None]
        if not tossed:
            return None
        up = np.ones((len(tossed[0][0]), len(self.components)), dtype=bool)
        for coins, process in tossed:
            up[:, self._columns(process)] &= coins
        return up
