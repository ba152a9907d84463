"""Correlated failures with any marginals: a Gaussian or t copula with one common factor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.failures.cause_law import CauseLaw, given_state
from simulator.failures.joint import mixed
from simulator.failures.patterns import Patterns
from simulator.failures.process import Up
from simulator.failures.settings import Probabilities, probabilities_of
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
REACH = 8.5  # standard deviations; what lies beyond has probability 2e-17
SHARPNESS = 0.8  # of the trapezoidal rule: its error is about exp(-2 pi^2 / (1.25 SHARPNESS)^2), 1e-13
WIDEST_SCALE_STEP = 0.12
NEGLIGIBLE = -37.0  # log of 1e-16


@final
@dataclass(frozen=True)
class Copula(Patterns):
    """A component is down where sqrt(r) Z + sqrt(1 - r) E_i lies below the quantile of its unavailability.

    Z is common to all, E_i its own, both standard normal (one-factor Gaussian copula; Vasicek, 1987). With ``tail``
    degrees of freedom all are divided by the same sqrt(chi^2 / tail): a t copula, whose extremes come together.

    Args:
        components: Names, in the order of the topology.
        probability: P(up) of each.
        correlation: r, of the normal variables of any two, in [0, 1]; 0 is independent (without ``tail``), 1 is common.
        tail: Degrees of freedom of the t copula; None for the Gaussian one.
        holds_ns: Mean time that a pattern holds; None for one for each request.
    """

    components: tuple[str, ...]
    probability: tuple[float, ...]
    correlation: float
    tail: float | None = None
    holds_ns: float | None = None

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""
        return np.array(self.probability, dtype=np.float64)

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``: an integral over the common factor."""
        weights, up = self._given_the_factor
        pairs: Floats = np.einsum("k,ki,kj->ij", weights, up, up)
        np.fill_diagonal(pairs, self.survival())
        return pairs

    def joint_law(self) -> Floats:
        """Return P(exactly these down) for each set: an integral over the common factor, to 1e-11."""
        table = mixed(*self._given_the_factor)
        law: Floats = table / table.sum()
        return law

    def cause_law(self) -> CauseLaw:
        """Return the law with a state for each point of the integral over the common factor."""
        weight, up = self._given_the_factor
        return given_state(self.components, weight, up, is_exact=self.correlation == 1)

    def draw(self, streams: Streams, count: int) -> Up:
        """Return that many independent patterns, shape ``(count, components)``."""
        common = streams.of("all", "severity").standard_normal(count)[:, np.newaxis]
        own = streams.of("all", "pattern").standard_normal((count, len(self.components)))
        scale = self._scales(streams, count)[:, np.newaxis]
        score = np.sqrt(self.correlation) * common + np.sqrt(1 - self.correlation) * own
        up: Up = score >= self._thresholds * scale
        return up

    def _scales(self, streams: Streams, count: int) -> Floats:
        if self.tail is None:
            return np.ones(count)
        drawn: Floats = np.sqrt(streams.of("all", "scale").chisquare(self.tail, count) / self.tail)
        return drawn

    @cached_property
    def _thresholds(self) -> Floats:
        from scipy import stats  # noqa: PLC0415 - heavy

        law = stats.norm() if self.tail is None else stats.t(self.tail)
        found: Floats = law.ppf(1 - self.survival())
        return found

    @cached_property
    def _given_the_factor(self) -> tuple[Floats, Floats]:
        """States of what is common: their weights, shape ``(states,)``, and P(up | state), ``(states, components)``.

        The trapezoidal rule, which for integrands as smooth as these converges faster than any power of the step
        (Trefethen and Weideman, 2014); the step shrinks as the factor decides more.
        """
        if self.correlation == 1:
            return self._comonotone()
        from scipy import special  # noqa: PLC0415 - heavy

        r = self.correlation
        z = _grid(REACH, SHARPNESS / np.sqrt(1 + len(self.components) * r / (1 - r))) if r else np.zeros(1)
        scales, chances = self._scale_states()
        weights = (chances[:, np.newaxis] * np.exp(-z * z / 2)).ravel()
        score = np.sqrt(r) * z[:, np.newaxis] - (self._thresholds * scales[:, np.newaxis])[:, np.newaxis, :]
        up = special.ndtr(score / np.sqrt(1 - r)).reshape(-1, len(self.components))
        return weights / weights.sum(), up

    def _comonotone(self) -> tuple[Floats, Floats]:
        """Components fail in one order, the least available first: a state for each step of that order."""
        edges = np.unique([0.0, *(1 - self.survival()), 1.0])
        middle = (edges[:-1] + edges[1:]) / 2
        return np.diff(edges), (middle[:, np.newaxis] >= 1 - self.survival()).astype(np.float64)

    def _scale_states(self) -> tuple[Floats, Floats]:
        """Return scales of the t copula and their weights, on a grid of their logarithm; one scale of 1 without it."""
        if self.tail is None:
            return np.ones(1), np.ones(1)
        log = _grid(-NEGLIGIBLE / min(self.tail, 4.0) + 3, min(WIDEST_SCALE_STEP, 0.5 / np.sqrt(self.tail)))
        density = self.tail * (log - np.expm1(2 * log) / 2)  # of chi^2 / tail, by its logarithm, up to a constant
        kept = density > NEGLIGIBLE
        return np.exp(log[kept]), np.exp(density[kept])


def _grid(reach: float, step: float) -> Floats:
    """Return equidistant points from -reach to reach."""
    count = int(np.ceil(reach / step))
    return np.arange(-count, count + 1, dtype=np.float64) * step


class CopulaBlock(Block):
    """Correlated components of any marginals: ``correlation`` 0 is independent, 1 is as common as the marginals allow.

    ``survival`` is a named setting, one probability, or {component: probability}. ``tail`` makes it a t copula with so
    many degrees of freedom. ``holds`` is the mean time that a pattern lasts; without it every request has its own.
    """

    kind: Literal["copula"]
    survival: Probabilities
    correlation: Annotated[float, Field(ge=0, le=1)]
    tail: Annotated[float, Field(gt=0)] | None = None
    holds_ns: PositiveDurationNs | None = None

    def build(self, topology: Topology) -> Copula:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        survival = probabilities_of("survival", self.survival, topology)
        return Copula(tuple(survival), tuple(survival.values()), self.correlation, self.tail, self.holds_ns)
