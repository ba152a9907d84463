"""Bursts: machines of one cluster that go down in the same instant, as traces show them; and failures alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import comb as sets_of
from typing import Annotated, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.burst_law import covering, hits_among, lasting_together, union_law
from simulator.failures.cause_law import CauseLaw, independent_law
from simulator.failures.cause_sets import alike
from simulator.failures.independent import independent_log_probability, independent_pairs
from simulator.failures.outage_laws import Outage, OutageLaw
from simulator.failures.process import Timeline, Up
from simulator.failures.settings import all_fallible
from simulator.failures.shots import Shots, united
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS, PositiveDurationNs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alone:
    """Failures of one component at a time: a Poisson process for each component.

    Args:
        every_ns: Mean time between two of them.
        outage: How long one lasts.
    """

    every_ns: float
    outage: OutageLaw


@final
@dataclass(frozen=True)
class Bursts:
    """Bursts begin at random instants and fell several components at once; each may fail alone, too.

    A component is up when no outage covers it, so P(up) = exp(-rate P(hit) mean outage), whatever the law of outages
    (M/G/infinity); and every instant is like any other, the start included.

    Args:
        components: Names, in the order of the topology.
        every_ns: Mean time between bursts.
        sizes: How many machines a burst hits, and the weight of that.
        among: How many machines there are; the components are some of them, taken at random.
        outage: How long a member of a burst is down.
        repaired_together: Share of bursts all of whose members come up at one instant; else each has its own outage.
        alone: Failures outside of bursts; None: there are none.
        together: Whether a burst hits several; if not, each component is hit by bursts of its own, as often and for
            as long: the same law of each, and no dependence.
    """

    components: tuple[str, ...]
    every_ns: float
    sizes: tuple[tuple[int, float], ...]
    among: int
    outage: OutageLaw
    repaired_together: float = 0.0
    alone: Alone | None = None
    together: bool = True

    @property
    def chance(self) -> float:
        """P(a burst hits one given component): mean size over number of machines."""
        return float(np.average([s for s, _ in self.sizes], weights=[w for _, w in self.sizes]) / self.among)

    @property
    def rate_per_ns(self) -> float:
        """How often a component is hit, of bursts and alone."""
        return self.chance / self.every_ns + (1 / self.alone.every_ns if self.alone else 0.0)

    @property
    def _up_alone(self) -> float:
        return float(np.exp(-self.alone.outage.mean_ns / self.alone.every_ns)) if self.alone else 1.0

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``: no outage covers it."""
        up = np.exp(-self.chance * self.outage.mean_ns / self.every_ns) * self._up_alone
        return np.full(len(self.components), up)

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``: no outage covers either of them."""
        up = self.survival()
        if not self.together or len(up) < 2:
            return independent_pairs(up)
        size, weight = np.array(self.sizes, dtype=np.float64).T
        both = float(np.average(size * (size - 1), weights=weight)) / (self.among * (self.among - 1))
        overlap = self.repaired_together * self.outage.mean_ns
        overlap += (1 - self.repaired_together) * float(lasting_together(self.outage, 2)[2])
        pairs: Floats = np.outer(up, up) * np.exp(both * overlap / self.every_ns)
        np.fill_diagonal(pairs, up)
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``, exactly: it depends on the number of components down only.

        Raises:
            NoLaw: there are more than 64 components.
        """
        if not self.together:
            return independent_log_probability(self.survival(), up)
        with np.errstate(divide="ignore"):
            found: Floats = np.log(self._of_down)[(~up).sum(axis=1)]
        return found

    def cause_law(self) -> CauseLaw:
        """Return a cause for each set of components that bursts may have down, all of a size as likely.

        Raises:
            NoLaw: there are too many such sets.
        """
        if not self.together:
            return independent_law(self.components, self.survival())
        covers = covering(self._hits, self.every_ns, self.outage, self.repaired_together)
        sets = [sets_of(len(self.components), size) for size in range(len(covers))]
        return alike(self.components, -np.expm1(-covers / sets), 1 - self._up_alone)

    @cached_property
    def _of_down(self) -> Floats:
        """P(exactly these d components are down), d = 0, 1, ...; those that bursts fell may be any of the d."""
        from scipy.special import comb  # noqa: PLC0415 - heavy

        count, up = len(self.components), self._up_alone
        by_bursts = union_law(covering(self._hits, self.every_ns, self.outage, self.repaired_together))
        down, felled = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        alone = np.where(felled <= down, (1 - up) ** np.maximum(down - felled, 0) * up ** (count - down), 0.0)
        found: Floats = (comb(down, felled) / comb(count, felled) * by_bursts[felled] * alone).sum(axis=1)
        return found

    @cached_property
    def _hits(self) -> Floats:
        return hits_among(dict(self.sizes), self.among, len(self.components))

    def switches_per_s(self) -> Floats:
        """Return how often each component goes down or up, per second: it is hit while up, and comes up as often."""
        rate: Floats = 2 * SECOND_NS * self.rate_per_ns * self.survival()
        return rate

    def _shots(self) -> Iterator[tuple[list[int], Shots]]:
        """Yield the bursts, and whom they may hit."""
        columns = list(range(len(self.components)))
        none_hit = float(self._hits[0])
        if self.together and none_hit < 1:
            hits = np.where(np.arange(len(self._hits)) == 0, 0.0, self._hits) / (1 - none_hit)
            yield columns, Shots(self.every_ns / (1 - none_hit), hits, self.outage, self.repaired_together, "all")
        of_one = np.array([0.0, 1.0])
        for column, name in enumerate(self.components):
            if not self.together:
                yield [column], Shots(self.every_ns / self.chance, of_one, self.outage, 0.0, name)
            if self.alone:
                yield [column], Shots(self.alone.every_ns, of_one, self.alone.outage, 0.0, f"{name} alone")

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        up = np.ones((requests, len(self.components)), dtype=bool)
        for columns, shots in self._shots():
            row, left = shots.under_way(streams, requests)
            for place, column in enumerate(columns):
                up[row[left[:, place] > 0], column] = False
        return up

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the union of all outages that begin before the horizon; one under way at 0 has the instant -1.

        What is down before the horizon does not depend on it; the end of an outage that is under way there may.
        """
        lives: list[list[tuple[int, int]]] = [[] for _ in self.components]
        for columns, shots in self._shots():
            for column, life in zip(columns, shots.lives(streams, until_ns), strict=True):
                lives[column] += life
        found = united(lives, until_ns)
        return Timeline(self.components, tuple(c for c, _ in found), tuple(r for _, r in found), None, until_ns)


class AloneBlock(Block):
    """Failures of one component at a time: every so often on average, down for so long."""

    every_ns: PositiveDurationNs
    outage: Outage


class BurstsBlock(Block):
    """Bursts that fell several components at once, and failures alone; ``sim fit`` finds the numbers in a trace.

    ``sizes`` maps how many machines a burst hits, of ``among``, to the weight of that; ``components`` are the ones of
    the scenario that stand for machines of this cluster, all that can fail where it is not given.
    """

    kind: Literal["bursts"]
    components: tuple[str, ...] | None = None
    every_ns: PositiveDurationNs
    sizes: dict[Annotated[int, Field(gt=0)], Annotated[float, Field(gt=0)]]
    among: Annotated[int, Field(gt=0)]
    outage: Outage
    repaired_together: Annotated[float, Field(ge=0, le=1)] = 0.0
    alone: AloneBlock | None = None
    together: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.sizes:
            raise ValueError("sizes: {} hits nothing; write {size: weight}, such as {2: 10, 5: 1}")
        if (largest := max(self.sizes)) > self.among:
            raise ValueError(f"a burst of {largest} hits more than the {self.among} there are; write a larger 'among'")
        return self

    def build(self, topology: Topology) -> Bursts:
        """Return the process; raise ScenarioError for unknown components, and for more than there are machines."""
        wanted = all_fallible("components", topology) if self.components is None else self.components
        problems = [Problem(f"components.{place}", f"no component {name!r} in the topology",
                            did_you_mean(name, topology.components))
                    for place, name in enumerate(wanted) if name not in topology.components]
        if len(set(wanted)) > self.among:
            problems.append(Problem("among", f"{self.among} machines are fewer than the {len(set(wanted))} components",
                                    "write a larger number, or name fewer components"))
        if problems:
            raise ScenarioError(*problems)
        alone = Alone(self.alone.every_ns, self.alone.outage) if self.alone else None
        return Bursts(tuple(name for name in topology.components if name in wanted), self.every_ns,
                      tuple(sorted(self.sizes.items())), self.among, self.outage, self.repaired_together, alone,
                      self.together)
