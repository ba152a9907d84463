"""One coin per component and request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from simulator.blocks import Block
from simulator.failures.independent import Independent, tossed
from simulator.failures.process import Timeline, Up
from simulator.failures.settings import probabilities_of
from simulator.failures.survival_trace import Survivals, SurvivalTrace
from simulator.failures.trace_block import ReadTrace
from simulator.seeds import Streams
from simulator.topology.graph import Topology


@final
@dataclass(frozen=True)
class Bernoulli(Independent):
    """Each request finds each component up or down for its whole life, with one coin each.

    Args:
        components: Names, in the order of the topology.
        probability: P(up) of each component.
    """

    components: tuple[str, ...]
    probability: tuple[float, ...]

    def survival(self) -> NDArray[np.float64]:
        """Return P(up) of each component, shape ``(components,)``."""
        return np.array(self.probability, dtype=np.float64)

    def switches_per_s(self) -> NDArray[np.float64]:
        """Return 0 for each component: a request's coins hold for its whole life."""
        return np.zeros(len(self.components))

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return the coins, shape ``(requests, components)``; coin i of a component belongs to request i."""
        return tossed(streams, "coin", self.components, self.survival(), requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return a timeline without outages that carries the same coins as ``sample_up``."""
        none = tuple(np.empty(0, dtype=np.int64) for _ in self.components)
        return Timeline(self.components, none, none, self.sample_up(streams, requests), until_ns)


class BernoulliBlock(Block):
    """One coin per component and request.

    ``survival`` is a named setting of the topology, one probability for all that can fail, or {component: probability}.
    A component's may be uncertain: a range ``[0.90, 0.97]``, counts ``{up: 970, of: 1000}``, or times watched
    ``{up: 30 d, down: 5 h, failures: 12}``. ``{trace: outages.csv}`` counts these times in a trace of machines.
    """

    kind: Literal["bernoulli"]
    survival: Survivals

    def build(self, topology: Topology) -> Bernoulli:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        if isinstance(self.survival, SurvivalTrace):  # not counted yet: only its words are looked at
            self.survival.check(topology)
            return Bernoulli((), ())
        survival = probabilities_of("survival", self.survival, topology)
        return Bernoulli(tuple(survival), tuple(survival.values()))

    def counted(self, topology: Topology, read: ReadTrace) -> BernoulliBlock:
        """Return the block with its survivals counted from a trace, where that is where they come from."""
        if not isinstance(self.survival, SurvivalTrace):
            return self
        return self.model_copy(update={"survival": self.survival.read(topology, read)})
