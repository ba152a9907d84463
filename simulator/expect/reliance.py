"""How much a trained network relies on each hyperconnection: expected accuracy with some of them switched off.

v(S) = E[accuracy | only the hyperconnections S are there] over all patterns of what can fail; nothing is trained again.
Every measure is a sum over deliveries of a weight and of what the delivery is worth, sample by sample. So the finite
test set gives it a paired interval (what all subsets have in common cancels), and the cost is that of the distinct
deliveries, not that of the 2^switches expectations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.expect.coalitions import (
    MEASURES,
    Members,
    chain_weights,
    coalitions_along,
    interaction_weights,
    measure_weights,
)
from simulator.expect.estimate import Estimate
from simulator.expect.exact import Worth
from simulator.expect.intervals import cluster_mean
from simulator.expect.student import quantile

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
ROUNDING = 1e-12  # what float64 leaves of a difference that is 0


@dataclass(frozen=True)
class Game:
    """What each coalition of hyperconnections delivers, and how probably.

    Args:
        members: How many hyperconnections can be off.
        coalitions: The coalitions looked at, as sets of bits.
        deliveries: The distinct deliveries.
        chance: P(delivery | coalition), shape ``(coalitions, deliveries)``.
    """

    members: int
    coalitions: tuple[int, ...]
    deliveries: tuple[int, ...]
    chance: Floats

    @staticmethod
    def of(members: int, coalitions: Sequence[int], deliveries: tuple[int, ...], place: Places,
           probability: Floats) -> Game:
        """Return the game of a table of deliveries.

        Args:
            members: How many hyperconnections can be off.
            coalitions: The rows of the table.
            deliveries: The distinct deliveries.
            place: Place of the delivery of each coalition and pattern, shape ``(coalitions, patterns)``.
            probability: Of each pattern.
        """
        chance = np.array([np.bincount(row, probability, len(deliveries)) for row in place])
        return Game(members, tuple(coalitions), deliveries, chance)

    @property
    def column(self) -> dict[int, int]:
        """The row of each coalition in ``chance``: the column of its weight."""
        return {coalition: row for row, coalition in enumerate(self.coalitions)}

    def by_sample(self, weights: Floats, correct: Worth) -> Floats:
        """Return weighted sums of v for each test sample, shape ``(sums, samples)``.

        Args:
            weights: Of each coalition in each sum, shape ``(sums, coalitions)``.
            correct: Worth of a delivery for each test sample.
        """
        of_delivery = weights @ self.chance
        total: Floats | None = None
        for place, delivery in enumerate(self.deliveries):
            column = of_delivery[:, place]
            if total is None or column.any():
                part = np.outer(column, correct(delivery))
                total = part if total is None else total + part
        return np.zeros((len(weights), 0)) if total is None else np.where(np.abs(total) < ROUNDING, 0.0, total)


@dataclass(frozen=True)
class Reliance:
    """What each hyperconnection is worth to a trained network.

    Args:
        measures: By measure, an estimate for each member; ``shapley`` first.
        pairs: The Shapley interaction of each pair, in the order of ``coalitions.pairs_of``; none where sampled.
        ends: Expected accuracy with none of them, and with all.
        by_sample: The Shapley worth of each member for each test sample, for paired differences.
    """

    measures: dict[str, list[Estimate]]
    pairs: list[Estimate]
    ends: tuple[Estimate, Estimate]
    by_sample: Floats


def exact_reliance(game: Game, correct: Worth, groups: NDArray[np.generic] | None = None) -> Reliance:
    """Return the measures of a game of which all 2^members coalitions are known, in the order of their bits.

    Args:
        game: What is delivered.
        correct: Worth of a delivery for each test sample, without NaN.
        groups: The cluster of each test sample; None: each is its own.
    """
    members, method = game.members, f"exact over {len(game.coalitions)} subsets"
    weights = [*measure_weights(members).values(), interaction_weights(members), np.eye(len(game.coalitions))[[0, -1]]]
    sums = game.by_sample(np.concatenate(weights), correct)
    found = [_over_test_set(row, groups, method) for row in sums]
    measures = {name: found[place * members : (place + 1) * members] for place, name in enumerate(MEASURES)}
    return Reliance(measures, found[len(MEASURES) * members : -2], (found[-2], found[-1]), sums[:members])


def sampled_coalitions(members: int, drawn: Sequence[Sequence[Members]]) -> list[int]:
    """Return the coalitions that sampled orders, single removals and single additions need, each once."""
    whole = (1 << members) - 1
    singles = [coalition for member in range(members) for coalition in (1 << member, whole ^ 1 << member)]
    along = [coalition for orders in drawn for order in orders for coalition in coalitions_along(order)]
    return list(dict.fromkeys([0, whole, *singles, *along]))


def sampled_reliance(
    game: Game, drawn: Sequence[Sequence[Members]], correct: Worth, groups: NDArray[np.generic] | None = None
) -> Reliance:
    """Return the measures of a game with too many coalitions: Shapley over sampled orders, and what is exact besides.

    The interval of a Shapley worth covers the drawn orders (Student's t over the pairs) and the test set; both are
    independent, so their half-widths add in squares.

    Args:
        game: What is delivered, for the coalitions of ``sampled_coalitions``.
        drawn: The orders, in pairs.
        correct: Worth of a delivery for each test sample, without NaN.
        groups: The cluster of each test sample.
    """
    members, column, pairs = game.members, game.column, len(drawn)
    by_pair = np.array([chain_weights(members, list(orders), column) for orders in drawn])
    whole, unit = (1 << members) - 1, np.eye(len(game.coalitions))
    removal = np.array([unit[column[whole]] - unit[column[whole ^ 1 << member]] for member in range(members)])
    addition = np.array([unit[column[1 << member]] - unit[column[0]] for member in range(members)])
    ends = unit[[column[0], column[whole]]]
    sums = game.by_sample(np.concatenate([by_pair.mean(axis=0), removal, addition, ends]), correct)
    worth = game.chance @ np.array([float(np.mean(correct(delivery))) for delivery in game.deliveries])
    spread = (by_pair @ worth).std(axis=0, ddof=1) / math.sqrt(pairs)
    method = f"{pairs} pairs of orders"
    found = [_over_test_set(row, groups, method if place < members else f"exact over {len(game.coalitions)} subsets")
             for place, row in enumerate(sums)]
    shapley = [_wider(one, quantile(pairs - 1) * float(error))
               for one, error in zip(found[:members], spread, strict=True)]
    measures = {"shapley": shapley, "removal": found[members : 2 * members], "addition": found[2 * members : -2]}
    return Reliance(measures, [], (found[-2], found[-1]), sums[:members])


def _wider(estimate: Estimate, half: float) -> Estimate:
    """Return an estimate whose interval covers a second, independent error as well."""
    own = estimate.high - estimate.value
    both = half if math.isnan(own) else math.hypot(own, half)
    return replace(estimate, low=estimate.value - both, high=estimate.value + both,
                   uncertainty="test set and orders drawn")


def _over_test_set(values: Floats, groups: NDArray[np.generic] | None, prefix: str) -> Estimate:
    found = cluster_mean(values, groups)
    return replace(found, method=f"{prefix}, {found.method}")
