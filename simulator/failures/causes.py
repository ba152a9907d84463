"""Causes that fell several components at once, such as racks and power feeds; what no cause fells is up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulator.failures.bernoulli import Bernoulli
from simulator.failures.cause_law import CauseLaw
from simulator.failures.cause_spells import CauseSpells
from simulator.failures.cause_union import united_causes
from simulator.failures.joint import looked_up, refuse_large, struck
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.renewal import Renewal
from simulator.failures.scripted import merged
from simulator.seeds import Streams

Floats = NDArray[np.float64]
Hits = tuple[tuple[float, frozenset[str]], ...]


@final
@dataclass(frozen=True)
class Causes:
    """Independent causes, each of which fells a set of components while it lasts.

    The law is that of a union of shocks (Marshall and Olkin, 1967): P(all of U up) is the product over causes of the
    probability that none of U is hit.

    Args:
        inner: When the causes themselves are "down", that is, at work.
        fells: For each cause what it may fell: probabilities that sum to 1, and sets; drawn anew each time it strikes.
        components: Names of all components that some cause can fell, in the order of the topology.
    """

    inner: Bernoulli | Renewal
    fells: Mapping[str, Hits]
    components: tuple[str, ...]

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``: no cause hits it."""
        return self._none_hit([{name} for name in self.components])

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        count = len(self.components)
        pairs = self._none_hit([{a, b} for a in self.components for b in self.components])
        return pairs.reshape(count, count)

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``, exactly.

        Raises:
            NoLaw: more than 20 components hang together by causes.
        """
        total = np.zeros(len(up))
        for columns, table in self._tables:
            total += looked_up(table, up[:, columns])
        return total

    def cause_law(self) -> CauseLaw:
        """Return these causes; those that fell one of several sets have a latent state for each choice.

        Raises:
            NoLaw: there are too many choices.
        """
        at_work, laws = 1 - self.inner.survival(), []
        for cause, p in zip(self.inner.components, at_work.tolist(), strict=True):
            chances = np.array([chance for chance, _ in self.fells[cause]])
            fells = np.array([[name in members for name in self.components] for _, members in self.fells[cause]])
            names = (cause,) if len(fells) == 1 else tuple(f"{cause} {place}" for place in range(1, len(fells) + 1))
            laws.append(CauseLaw(self.components, names, fells, chances, p * np.eye(len(fells))))
        return united_causes(laws, self.components)

    def switches_per_s(self) -> Floats:
        """Return how often each component goes down or up, per second: causes at work on it that begin or end alone."""
        at_work, rates = 1 - self.inner.survival(), self.inner.switches_per_s()
        total = np.zeros(len(self.components))
        for column, name in enumerate(self.components):
            hit = np.array([self._chance(cause, {name}) for cause in self.inner.components])
            free = 1 - at_work * hit
            others = np.array([np.prod(np.delete(free, place)) for place in range(len(free))])
            total[column] = float(np.sum(rates * hit * others))
        return total

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return self._felled(streams, self.inner.sample_up(streams, requests))

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the union of what the causes fell; a cause that tosses coins fells for whole requests."""
        line = self.inner.timeline(streams, requests, until_ns)
        struck_by: dict[str, list[tuple[int, int]]] = {name: [] for name in self.components}
        for (_, name), spells in self._spells(streams, line).items():
            struck_by[name] += spells
        lives: list[tuple[Times, Times]] = [merged(struck_by[name]) for name in self.components]
        coins = None if line.coins is None else self._felled(streams, line.coins)
        return Timeline(self.components, tuple(crash for crash, _ in lives), tuple(repair for _, repair in lives),
                        coins, until_ns)

    def cause_spells(self, streams: Streams, requests: int, until_ns: int) -> tuple[CauseSpells, ...]:
        """Return when each cause had which component down."""
        line = self.inner.timeline(streams, requests, until_ns)
        return tuple(CauseSpells(cause, name, *merged(spells))
                     for (cause, name), spells in self._spells(streams, line).items())

    def _spells(self, streams: Streams, line: Timeline) -> dict[tuple[str, str], list[tuple[int, int]]]:
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for cause, crash, repair in zip(line.components, line.crash_ns, line.repair_ns, strict=True):
            for chosen, begin, end in zip(self._drawn(streams, cause, len(crash)), crash, repair, strict=True):
                for name in self.fells[cause][chosen][1]:
                    found.setdefault((cause, name), []).append((int(begin), int(end)))
        return found

    def _felled(self, streams: Streams, is_idle: Up) -> Up:
        """Return who is up, given which causes are idle, shape ``(requests, causes)``."""
        up = np.ones((len(is_idle), len(self.components)), dtype=bool)
        for column, cause in enumerate(self.inner.components):
            sets = np.array([[name in members for name in self.components] for _, members in self.fells[cause]])
            up &= is_idle[:, [column]] | ~sets[self._drawn(streams, cause, len(is_idle))]
        return up

    def _drawn(self, streams: Streams, cause: str, count: int) -> NDArray[np.intp]:
        """Return which of its sets a cause fells, time after time."""
        edges = np.cumsum([chance for chance, _ in self.fells[cause]])[:-1]
        if not len(edges):
            return np.zeros(count, dtype=np.intp)
        return np.searchsorted(edges, streams.of(cause, "hit").random(count), side="right")

    def _chance(self, cause: str, among: set[str]) -> float:
        """Return the probability that a cause at work fells any of these."""
        return sum(chance for chance, members in self.fells[cause] if members & among)

    def _none_hit(self, sets: list[set[str]]) -> Floats:
        at_work = 1 - self.inner.survival()
        return np.array([np.prod([1 - p * self._chance(cause, among)
                                  for cause, p in zip(self.inner.components, at_work, strict=True)]) for among in sets])

    @cached_property
    def _tables(self) -> list[tuple[list[int], Floats]]:
        """For each set of components that hang together: their columns, and the joint law."""
        together = nx.Graph()
        together.add_nodes_from(self.components)
        for cause in self.inner.components:
            hit = sorted(set().union(*(members for _, members in self.fells[cause])))
            together.add_edges_from((hit[0], name) for name in hit)
        return [self._table(sorted(map(self.components.index, names))) for names in nx.connected_components(together)]

    def _table(self, columns: list[int]) -> tuple[list[int], Floats]:
        refuse_large(len(columns))
        bit = {self.components[column]: 1 << place for place, column in enumerate(columns)}
        table = np.zeros(2 ** len(columns))
        table[0] = 1
        for cause, survival in zip(self.inner.components, self.inner.survival(), strict=True):
            hits = [((1 - survival) * chance, sum(bit[name] for name in members))
                    for chance, members in self.fells[cause] if members and members <= set(bit)]
            table = struck(table, hits) if hits else table
        return columns, table
