"""Cascades by dependency: the failure of a component fells others, at once or after a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.cascade_law import CascadeChain
from simulator.failures.cascade_run import CascadeRun, Spread
from simulator.failures.joint import looked_up
from simulator.failures.process import NoLaw, Timeline, Up
from simulator.failures.renewal import availabilities, mean_times_up
from simulator.failures.settings import Durations, Probabilities, durations_of
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS, PositiveDurationNs

Floats = NDArray[np.float64]
MOST_IN_A_CASCADE = 9  # components: a chain of 2^9 states takes a second
WARM_UP = 50.0  # longest mean repairs before time 0, where the law is not worked out


@final
@dataclass(frozen=True, eq=False)
class Cascade:
    """Components that crash by themselves and fell those that depend on them; each is repaired on its own.

    When i crashes, or is felled, each j that depends on it and is up is hit with the dependency's chance. It then goes
    down at that instant; or, with a delay, after an exponential time if i is still down, and so again if it is
    repaired meanwhile. What goes down at once may fell others at the same instant.

    Args:
        components: Names, in the order of the topology.
        mtbf_ns: Mean time up of each if nothing fells it; infinite for what crashes by others only.
        mttr_ns: Mean time down of each.
        spreads: Who fells whom.
    """

    components: tuple[str, ...]
    mtbf_ns: tuple[float, ...]
    mttr_ns: tuple[float, ...]
    spreads: tuple[Spread, ...]

    @property
    def _is_stated(self) -> bool:
        is_marked = any(spread.after_ns and spread.chance < 1 for spread in self.spreads)
        return len(self.components) <= MOST_IN_A_CASCADE and not is_marked

    @cached_property
    def _chain(self) -> CascadeChain:
        """The chain over patterns, with rates per second.

        Raises:
            NoLaw: there are too many components, or a delayed dependency whose chance is below 1.
        """
        if len(self.components) > MOST_IN_A_CASCADE:
            raise NoLaw(f"{len(self.components)} components in a cascade: its law is worked out for at most "
                        f"{MOST_IN_A_CASCADE}")
        if not self._is_stated:
            raise NoLaw("a dependency with a delay and a chance below 1: who is up does not tell whom an outage "
                        "spreads to, so that the probability of a pattern is not worked out")
        return CascadeChain(SECOND_NS / np.array(self.mtbf_ns), SECOND_NS / np.array(self.mttr_ns),
                            {(s.source, s.target): s.chance for s in self.spreads if not s.after_ns},
                            {(s.source, s.target): SECOND_NS / s.after_ns for s in self.spreads if s.after_ns})

    @cached_property
    def _patterns(self) -> Up:
        """Who is up in each state of the chain, shape ``(2^components, components)``."""
        count = len(self.components)
        up: Up = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0
        return up

    def survival(self) -> Floats:
        """Return P(up) of each component at any instant, shape ``(components,)``; raise NoLaw where there is no law."""
        survival: Floats = self._chain.law @ self._patterns
        return survival

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; raise NoLaw where there is no law."""
        pairs: Floats = (self._patterns.T * self._chain.law) @ self._patterns
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``; raise NoLaw where there is no law."""
        return looked_up(self._chain.law, up)

    def switches_per_s(self) -> Floats:
        """Return how often each component switches, per second: twice its repairs; raise NoLaw without a law."""
        rate: Floats = 2 * (1 - self.survival()) * self._chain.rise
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, ``(requests, components)``; raise NoLaw without a law."""
        edges = np.cumsum(self._chain.law)[:-1]
        up: Up = self._patterns[np.searchsorted(edges, streams.of("", "pattern").random(requests), side="right")]
        return up

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon, in steady state from the start.

        The state at 0 is drawn from the law; without one it is what 50 of the longest mean repairs have made of a
        state with everything up.
        """
        begin_ns, up = 0, np.ones(len(self.components), dtype=bool)
        if self._is_stated:
            up = self.sample_up(streams, 1)[0]
        else:
            begin_ns = -round(WARM_UP * max(self.mttr_ns, default=0.0))
        dice = [streams.of(name, "cascade") for name in self.components]
        lives = CascadeRun(self.mtbf_ns, self.mttr_ns, self.spreads, dice).outages(up.tolist(), begin_ns, until_ns)
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)


class Dependency(Block):
    """A component falls with the one it depends on: with a ``chance``, at once, or ``after`` a mean time."""

    chance: Annotated[float, Field(gt=0, le=1)] = 1.0
    after_ns: PositiveDurationNs | None = None


def read_dependencies(value: object) -> object:
    """Return what a component depends on, as blocks: a list is of certain ones, and a number is a chance.

    Raises:
        ValueError: neither a list of components nor a mapping from them; quotes the value.
    """
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    if isinstance(value, Mapping) and value:
        return {name: {"chance": how} if isinstance(how, int | float) else how for name, how in value.items()}
    raise ValueError(f"{value!r} is nothing to depend on; write [power], or {{power: 0.5, fog2: {{after: 30 s}}}}")


Dependencies = Annotated[dict[str, Dependency], BeforeValidator(
    read_dependencies, json_schema_input_type=list[str] | dict[str, float | Dependency])]


class CascadeBlock(Block):
    """Crash and repair as ``renewal``, where the failure of one fells what depends on it.

    ``depends: {fog1: [power], fog2: {power: 0.5, fog1: {after: 30 s}}}``: fog1 falls whenever power does, fog2 every
    other time (0.5 is short for {chance: 0.5}), and also half a minute, on average, after fog1.
    ``availability`` is what a component would have if nothing felled it; what only falls by others need not be named.
    """

    kind: Literal["cascade"]
    depends: dict[str, Dependencies] = Field(min_length=1)
    availability: Probabilities | None = None
    mtbf_ns: Durations | None = None
    mttr_ns: Durations

    @model_validator(mode="after")
    def _has_one_of_two(self) -> Self:
        if (self.availability is None) == (self.mtbf_ns is None):
            raise ValueError("needs exactly one of 'availability' and 'mtbf'; write availability: 0.9 or mtbf: 10 min")
        return self

    def build(self, topology: Topology) -> Cascade:
        """Return the process; raise ScenarioError for unknown components, and what depends on itself."""
        spreads = [(on, name, how) for name, given in self.depends.items()
                   for on, how in given.items()]
        problems = self._problems(spreads, topology)
        up: Mapping[str, float] = {}
        mtbf: Mapping[str, float] = {}
        try:
            if self.availability is not None:
                up = availabilities(self.availability, topology)
            else:
                mtbf = mean_times_up(self.mtbf_ns or {}, topology)
        except ScenarioError as error:
            problems += error.problems
        hit = {*up, *mtbf, *(name for on, to, _ in spreads for name in (on, to))}
        names = tuple(name for name in topology.components if name in hit)
        try:
            mttr = durations_of("mttr", self.mttr_ns, names, topology)
        except ScenarioError as error:
            problems += error.problems
        if problems:
            raise ScenarioError(*problems)
        alone = {name: mtbf[name] if mtbf else mttr[name] * up[name] / (1 - up[name]) for name in mtbf or up}
        return Cascade(names, tuple(float(alone.get(name, np.inf)) for name in names),
                       tuple(float(mttr[name]) for name in names),
                       tuple(Spread(names.index(on), names.index(to), how.chance, float(how.after_ns or 0))
                             for on, to, how in spreads))

    def _problems(self, spreads: list[tuple[str, str, Dependency]], topology: Topology) -> list[Problem]:
        known = topology.components
        found = [Problem(f"depends.{name}", f"no component {name!r} in the topology", did_you_mean(name, known))
                 for name in self.depends if name not in known]
        found += [Problem(f"depends.{to}.{on}", f"no component {on!r} in the topology", did_you_mean(on, known))
                  for on, to, _ in spreads if on not in known]
        found += [Problem(f"depends.{to}.{on}", f"{to!r} depends on itself", "leave it out; it crashes by its mtbf")
                  for on, to, _ in spreads if on == to]
        return found
