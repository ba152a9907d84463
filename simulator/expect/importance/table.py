"""The accuracy of every pattern and its probability: what all importance measures are read from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.expect.transforms import halves, probabilities, sizes

Floats = NDArray[np.float64]
INDEPENDENT = 1e-9  # how far P may be from the product of its margins, for rounding


@dataclass(frozen=True)
class Pair:
    """All patterns of the other components, once with a component up and once with it down, and how they weigh.

    Args:
        up: Weight of each pattern with it up.
        down: Weight of the same pattern with it down; all weights of a pair sum to 1.
    """

    up: Floats
    down: Floats


@dataclass(frozen=True, eq=False)
class AccuracyTable:
    """f and P of all patterns; in row r component c is *down* iff bit c of r is set, and row 0 is all up.

    Args:
        components: Names; the first ``players`` of them are ranked, the others are averaged out.
        accuracy: f by pattern, shape ``(..., 2^components)``.
        probability: P by pattern, shape ``(2^components,)``; sums to 1.
        players: How many are ranked; None: all.
    """

    components: tuple[str, ...]
    accuracy: Floats
    probability: Floats
    players: int | None = None

    @property
    def count(self) -> int:
        """How many components are ranked."""
        return len(self.components) if self.players is None else self.players

    @cached_property
    def failure(self) -> Floats:
        """P(down) of each component, shape ``(components,)``, summed over its own patterns, so that rare ones last."""
        return np.array([halves(self.probability, bit)[1].sum() for bit in range(len(self.components))])

    @cached_property
    def is_independent(self) -> bool:
        """Whether P is the product of its margins."""
        return bool(np.allclose(probabilities(self.failure), self.probability, rtol=INDEPENDENT, atol=1e-15))

    @cached_property
    def others(self) -> Floats:
        """P of the patterns of the others, shape ``(2^others,)``: their own law, whatever the players do."""
        return np.asarray(self.probability.reshape(-1, 1 << self.count).sum(axis=1))

    @cached_property
    def game(self) -> Floats:
        """E f of each pattern of the players, set by hand, shape ``(..., 2^players)``: the others are averaged out."""
        return self.averaged_out(self.accuracy)

    def averaged_out(self, worth: Floats) -> Floats:
        """Return a table over all components as one over the players, shape ``(..., 2^players)``."""
        tables = worth.reshape(*worth.shape[:-1], -1, 1 << self.count)
        return np.asarray(np.einsum("...op,o->...p", tables, self.others))

    @property
    def expected(self) -> Floats:
        """E f, shape of the leading axes."""
        return np.asarray(self.accuracy @ self.probability)

    def given(self, bit: int) -> Pair:
        """Return the law of the scenario: what all others do, and with it whether this component is up."""
        return Pair(*halves(self.probability, bit))

    def even(self, bit: int) -> Pair:
        """Return the law of coins, over the players: each of them is up with probability one half."""
        return Pair(*halves(self._coins, bit))

    def orders(self, bit: int) -> Pair:
        """Return the law of orders, over the players: they fail one by one, all orders alike, until it is its turn.

        With k of the n - 1 other players down, a pattern has the weight k! (n - 1 - k)! / n!; half of it for each side.
        """
        side, _ = halves(self._turns, bit)
        return Pair(side, side)

    @cached_property
    def _coins(self) -> Floats:
        return np.full(1 << self.count, 1 / (1 << self.count))

    @cached_property
    def _turns(self) -> Floats:
        weight = [0.5 / (self.count * math.comb(self.count - 1, down)) for down in range(self.count)]
        return np.append(weight, 0.0)[sizes(self.count)]

    def loss(self, below: float | None) -> Floats:
        """Return L = f(all up) - f or, with a level, 1 where f is below it and 0 elsewhere."""
        if below is None:
            return self.accuracy[..., :1] - self.accuracy
        return (self.accuracy < below).astype(np.float64)

    def bits(self) -> Iterator[int]:
        """Yield the bit of each player."""
        yield from range(self.count)


def from_failure(components: tuple[str, ...], accuracy: Floats, failure: Floats) -> AccuracyTable:
    """Return the table of independent components with these q = P(down)."""
    return AccuracyTable(components, accuracy, probabilities(failure))

