"""Calm and storm: an environment that moves at random decides how likely everything is to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.environment_chain import Environment
from simulator.failures.environment_patterns import EnvironmentPatterns
from simulator.failures.environment_rates import EnvironmentRates
from simulator.failures.renewal import availabilities, mean_times_up
from simulator.failures.settings import Durations, Probabilities, durations_of, probabilities_of
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
SUMS_TO_ONE = 1e-9
LAWS = "write survival: 0.9, or mttr: 10 s with mtbf: 1 h or availability: 0.9 (or with neither, where nothing crashes)"


class EnvironmentState(Block):
    """One state: how long it ``lasts`` on average, and how components fare in it.

    Either ``survival``, or ``mttr`` with ``mtbf`` or ``availability`` (what they would have if it lasted for ever).
    """

    lasts_ns: PositiveDurationNs
    survival: Probabilities | None = None
    availability: Probabilities | None = None
    mtbf_ns: Durations | None = None
    mttr_ns: Durations | None = None

    @model_validator(mode="after")
    def _has_one_law(self) -> Self:
        said = [key.removesuffix("_ns") for key in ("survival", "availability", "mtbf_ns", "mttr_ns")
                if getattr(self, key) is not None]
        if said not in (["survival"], ["availability", "mttr"], ["mtbf", "mttr"], ["mttr"]):
            raise ValueError(f"has {', '.join(said) or 'no law'}; {LAWS}")
        return self

    def mean_times_up(self, topology: Topology) -> dict[str, float]:
        """Return the mean time up of each component that crashes in this state; with availability in units of mttr."""
        if self.availability is not None:
            given = availabilities(self.availability, topology)
            mttr = durations_of("mttr", self.mttr_ns or 1, tuple(given), topology)
            return {name: mttr[name] * up / (1 - up) for name, up in given.items()}
        return {} if self.mtbf_ns is None else dict(mean_times_up(self.mtbf_ns, topology))


class EnvironmentBlock(Block):
    """An environment of two or more ``states``, each of which lasts an exponential time.

    ``next`` says which state follows which, with a probability each; without it all others are equally likely.

    With ``survival`` in its states a pattern is drawn whenever the environment changes, and holds until it changes
    again (``holds``: or for so long on average, if that is shorter). With ``mttr`` in its states components crash and
    are repaired on their own, at the rates of the moment.
    """

    kind: Literal["environment"]
    states: dict[str, EnvironmentState] = Field(min_length=2)
    next: dict[str, dict[str, Annotated[float, Field(ge=0, le=1)]]] | None = None
    holds_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        of_patterns = {name for name, state in self.states.items() if state.survival is not None}
        if of_patterns and len(of_patterns) < len(self.states):
            with_rates = ", ".join(name for name in self.states if name not in of_patterns)
            raise ValueError(f"{', '.join(sorted(of_patterns))} with survival, but {with_rates} with mttr; "
                             "write the same kind of law in all states")
        if self.holds_ns and not of_patterns:
            raise ValueError("'holds' is for states with survival; leave it out where there is an mttr")
        return self

    def build(self, topology: Topology) -> EnvironmentPatterns | EnvironmentRates:
        """Return the process; raise ScenarioError for unknown names, and for states that are never reached."""
        problems = self._problems()
        of_state: list[dict[str, float]] = []
        is_of_patterns = next(iter(self.states.values())).survival is not None
        read = patterns_of if is_of_patterns else EnvironmentState.mean_times_up
        for name, state in self.states.items():
            of_state.append(collected(read, state, topology, f"states.{name}", problems))
        names = tuple(name for name in topology.components if any(name in values for values in of_state))
        if not names and not problems:
            problems.append(Problem("states", "nothing fails in any state",
                                    "give one of them a survival below 1, or an mtbf"))
        repairs = [] if is_of_patterns else [collected(
            lambda given, _: durations_of("mttr", given.mttr_ns, names, topology), state, topology, f"states.{name}",
            problems) for name, state in self.states.items()]
        if problems:
            raise ScenarioError(*problems)
        if is_of_patterns:
            up = np.array([[values.get(name, 1.0) for name in names] for values in of_state])
            return EnvironmentPatterns(names, self._environment(), up)
        fall = np.array([[1 / values[name] if name in values else 0.0 for name in names] for values in of_state])
        rise = np.array([[1 / values[name] for name in names] for values in repairs])
        return EnvironmentRates(names, self._environment(), fall, rise)

    def _environment(self) -> Environment:
        """Return the chain; with ``holds`` a state is also followed by itself, with a new pattern."""
        names = list(self.states)
        lasts = np.array([float(state.lasts_ns) for state in self.states.values()])
        jumps = (1 - np.eye(len(names))) / (len(names) - 1)
        if self.next is not None:
            jumps = np.array([[self.next[name].get(other, 0.0) for other in names] for name in names])
        if self.holds_ns is None:
            return Environment(lasts, jumps)
        stays = lasts / (lasts + self.holds_ns)
        return Environment(stays * self.holds_ns, np.diag(stays) + (1 - stays)[:, np.newaxis] * jumps)

    def _problems(self) -> list[Problem]:
        """Return what is wrong with ``next``."""
        if self.next is None:
            return []
        found = [Problem(f"next.{name}", f"no state {name!r}", did_you_mean(name, self.states))
                 for name in self.next if name not in self.states]
        for name in self.states:
            after = self.next.get(name, {})
            found += [Problem(f"next.{name}.{other}", f"no state {other!r}", did_you_mean(other, self.states))
                      for other in after if other not in self.states]
            if name in after:
                found.append(Problem(f"next.{name}.{name}", f"{name!r} is followed by itself",
                                     "leave it out and write a longer 'lasts'"))
            if abs(sum(after.values()) - 1) > SUMS_TO_ONE:
                found.append(Problem(f"next.{name}", f"the probabilities after {name!r} sum to {sum(after.values()):g}",
                                     f"write what follows, such as {name}: {{{self._another(name)}: 1}}"))
        ways = nx.DiGraph([(a, b) for a, after in self.next.items() for b, p in after.items() if p > 0])
        if not found and (len(ways) < len(self.states) or not nx.is_strongly_connected(ways)):
            found.append(Problem("next", "some state is never left for another, or never reached again",
                                 "let every state lead to every other in the end"))
        return found

    def _another(self, name: str) -> str:
        return next(other for other in self.states if other != name)


def patterns_of(state: EnvironmentState, topology: Topology) -> dict[str, float]:
    """Return the survivals below 1 of a state."""
    return probabilities_of("survival", state.survival or {}, topology)


def collected(
    read: Callable[[Any, Topology], dict[str, Any]], state: EnvironmentState, topology: Topology, place: str,
    problems: list[Problem],
) -> dict[str, float]:
    """Return what is read from a state, or nothing; what is wrong joins the problems, with its place."""
    try:
        return read(state, topology)
    except ScenarioError as error:
        problems += [Problem(f"{place}.{p.place}", p.message, p.way_out) for p in error.problems]
        return {}
