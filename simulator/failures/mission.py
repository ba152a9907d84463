"""A mission without repair: each component lives once, and is then down for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.laws import EXPONENTIAL, AnyLaw, Law
from simulator.failures.moving import Moving
from simulator.failures.process import Timeline
from simulator.failures.renewal import mean_times_up
from simulator.failures.settings import Durations, Probabilities, components_of, probabilities_of
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs, duration_text

SHOWN = 4


@final
@dataclass(frozen=True)
class Mission(Moving):
    """Each component is up and new at time 0, lives for one time up, and is never repaired.

    Args:
        components: Names, in the order of the topology.
        mean_ns: Mean lifetime of each component, > 0.
        up: The law of lifetimes, of all components.
        mission_ns: How long the mission lasts, where that was said; nothing stops then.
    """

    components: tuple[str, ...]
    mean_ns: tuple[float, ...]
    up: Law
    mission_ns: int | None = None

    @property
    def why(self) -> str:
        """Why there is no law, and the way out: a snapshot of one instant."""
        told = "a mission without repair moves in time: every component is up at first, and none in the end"
        if self.mission_ns is None:
            return f"{told}; for a snapshot of one instant T write kind: bernoulli with survival R(T)"
        alive = [f"{name}: {p:.4g}" for name, p in zip(self.components, self.survival_at(self.mission_ns), strict=True)]
        more = ", ..." if len(alive) > SHOWN else ""
        return (f"{told}; for a snapshot of its end after {duration_text(self.mission_ns)} write kind: bernoulli with "
                f"survival: {{{', '.join(alive[:SHOWN])}{more}}}")

    def survival_at(self, time_ns: int) -> NDArray[np.float64]:
        """Return the mission survival R(T) of each component, shape ``(components,)``."""
        alive: NDArray[np.float64] = 1 - self.up.distribution(time_ns / np.array(self.mean_ns, dtype=np.float64))
        return alive

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the deaths before the horizon; each outage lasts to the end of time."""
        drawn = [self.up.draw(streams.of(name, "lifetime"), 1)[0] * mean
                 for name, mean in zip(self.components, self.mean_ns, strict=True)]
        deaths = [max(1, round(min(lifetime, END_OF_TIME_NS))) for lifetime in drawn]
        crash = tuple(np.array([t] if t < min(until_ns, END_OF_TIME_NS) else [], dtype=np.int64) for t in deaths)
        repair = tuple(np.full(len(times), END_OF_TIME_NS, dtype=np.int64) for times in crash)
        return Timeline(self.components, crash, repair, None, until_ns)


class MissionBlock(Block):
    """Lifetimes without repair, from ``mtbf``, or from the ``survival`` at the end of a ``mission`` that lasts so long.

    ``mtbf`` is one for all or {component: duration}; ``survival`` a named setting of the topology, one probability, or
    {component: probability}: R(T) = p gives the mean lifetime. ``up`` is the law; where it lists its values they say
    the mean, for ``components`` or for all that can fail.
    """

    kind: Literal["mission"]
    mtbf_ns: Durations | None = None
    survival: Probabilities | None = None
    mission_ns: PositiveDurationNs | None = None
    up: AnyLaw | None = None
    components: tuple[str, ...] | None = None

    @property
    def law(self) -> Law:
        """The law of lifetimes."""
        return self.up or EXPONENTIAL

    @model_validator(mode="after")
    def _has_one_mean(self) -> Self:
        wrong = []
        if sum(mean is not None for mean in (self.mtbf_ns, self.survival, self.law.mean_ns)) != 1:
            values = ", or an 'up' law with values" if self.law.mean_ns else ""
            wrong.append(f"needs exactly one of 'mtbf' and 'survival'{values}; write mtbf: 30 d")
        if self.survival is not None and self.mission_ns is None:
            wrong.append("a survival needs the time that is survived; write mission: 24 h")
        if self.survival is not None and self.law.has_steps:
            wrong.append("lifetimes that are all alike have no survival between 0 and 1; write mtbf instead")
        if self.components is not None and self.law.mean_ns is None:
            wrong.append("'components' only says who has the 'up' law's values; write {component: duration} instead")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def build(self, topology: Topology) -> Mission:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        if self.mtbf_ns is not None:
            mean = dict(mean_times_up(self.mtbf_ns, topology))
        elif self.survival is not None:
            mean = self._from_survival(topology)
        else:
            mean = dict.fromkeys(components_of("components", self.components, topology), self.law.mean_ns or 0)
        return Mission(tuple(mean), tuple(float(value) for value in mean.values()), self.law, self.mission_ns)

    def _from_survival(self, topology: Topology) -> dict[str, float]:
        survival = probabilities_of("survival", self.survival or {}, topology)
        if dead := [name for name, p in survival.items() if p == 0]:
            raise ScenarioError(*(Problem(f"survival.{name}", "0 is dead from the start, and has no mean lifetime",
                                          "write more than 0, or use kind: scripted for an outage") for name in dead))
        return {name: (self.mission_ns or 0) / self.law.quantile(1 - p) for name, p in survival.items()}
