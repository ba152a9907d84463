"""Beta-binomial failures: how bad the day is, is drawn first; components that are alike then fail independently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.failures.cause_law import CauseLaw, given_state
from simulator.failures.gauss_states import beta_states
from simulator.failures.joint import refuse_large
from simulator.failures.patterns import Patterns
from simulator.failures.process import Up
from simulator.failures.settings import Probabilities, probabilities_of
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
Inside = Annotated[float, Field(gt=0, lt=1)]


@final
@dataclass(frozen=True)
class BetaBinomial(Patterns):
    """P(down) is drawn from a beta law, then a coin for each component.

    With unavailability q and correlation rho the law is Beta(a, b), a = q (1/rho - 1), b = (1 - q)(1/rho - 1); the
    number of components down is beta-binomial, and any two have the correlation rho (Skellam, 1948).

    Args:
        components: Names, in the order of the topology.
        probability: P(up), the same for all.
        correlation: Of any two components, in (0, 1).
        holds_ns: Mean time that a pattern holds; None for one for each request.
    """

    components: tuple[str, ...]
    probability: float
    correlation: float
    holds_ns: float | None = None

    @property
    def shape(self) -> tuple[float, float]:
        """The two parameters of the beta law of P(down)."""
        spread = 1 / self.correlation - 1
        return (1 - self.probability) * spread, self.probability * spread

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""
        return np.full(len(self.components), self.probability)

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up) = p^2 + rho p (1 - p), shape ``(components, components)``."""
        p = self.probability
        pairs = np.full((len(self.components),) * 2, p * p + self.correlation * p * (1 - p))
        np.fill_diagonal(pairs, p)
        return pairs

    def joint_law(self) -> Floats:
        """Return P(these k of n down and the others up) = B(k + a, n - k + b) / B(a, b) for each set.

        As products of (a + i) and (b + i) by (a + b + i): the beta functions of a small correlation are of one size,
        and their quotient would lose digits.
        """
        count, (a, b) = len(self.components), self.shape
        refuse_large(count)
        i = np.arange(count)
        first, rest = ([1.0, *np.cumprod((start + i) / (a + b))] for start in (a, b))
        of_down = np.array(first) * np.array(rest)[::-1] / np.prod(1 + i / (a + b))
        law: Floats = of_down[np.bitwise_count(np.arange(2**count))]
        return law

    def cause_law(self) -> CauseLaw:
        """Return the law as a mixture of few coins, so few as give the same law of this many components."""
        down, weight = beta_states(*self.shape, len(self.components))
        return given_state(self.components, weight, np.repeat(1 - down[:, np.newaxis], len(self.components), axis=1))

    def draw(self, streams: Streams, count: int) -> Up:
        """Return that many independent patterns, shape ``(count, components)``."""
        down = streams.of("all", "severity").beta(*self.shape, size=count)
        coins = streams.of("all", "pattern").random((count, len(self.components)))
        up: Up = coins >= down[:, np.newaxis]
        return up


class BetaBinomialBlock(Block):
    """Components that are alike and correlated: ``survival`` is one for all, ``correlation`` that of any two.

    ``holds`` is the mean time that a pattern lasts; without it every request has its own.
    """

    kind: Literal["beta_binomial"]
    survival: Probabilities
    correlation: Inside
    holds_ns: PositiveDurationNs | None = None

    def build(self, topology: Topology) -> BetaBinomial:
        """Return the process; raise ScenarioError where survivals differ, or where one is 0."""
        survival = probabilities_of("survival", self.survival, topology)
        values = set(survival.values())
        if len(values) > 1 or 0 in values:
            told = f"survivals of {', '.join(f'{value:g}' for value in sorted(values))}"
            way_out = "give all components the same one above 0, or use kind: copula"
            raise ScenarioError(Problem("survival", told, way_out))
        return BetaBinomial(tuple(survival), next(iter(values), 1.0), self.correlation, self.holds_ns)
