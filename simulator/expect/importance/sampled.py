"""Importance where the table of all patterns does not fit: by drawn patterns and drawn orders, with intervals.

* Of each drawn pattern both sides of every player are scored (common random numbers), which serves all measures that
  are means over pairs, and Sobol's indices of independent components: S_i V = p q (E D)^2 and T_i V = p q E D^2, with D
  the difference of the two sides; so nothing has to be frozen and picked.
* Shapley values come from orders of failing, each with its reverse (an antithetic pair); the others are drawn anew for
  each pair. Banzhaf's come from coins for the players.

Intervals are Student's over draws (over pairs of orders), of ratios by the delta method, and never narrower than what
as many draws that were all alike could hide (3 / draws of the range). They cover the draws, not the finite test set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.measures import MEASURES, Measure
from simulator.expect.importance.pieces import Pieces, linear_part
from simulator.expect.scored import Scored
from simulator.failures.process import Up

Floats = NDArray[np.float64]
Draw = Callable[[int], Up]
ALIKE = 3.0  # of n alike, 3/n bounds the share of others with 95 %
BY_PAIRS = tuple(name for name, measure in MEASURES.items() if measure.law == "given")
BY_VARIANCE = ("sobol_first", "sobol_total")


@dataclass(frozen=True)
class Sides:
    """Drawn patterns with each player set up and set down.

    Args:
        up: Score with it up, shape ``(draws, players)``.
        down: Score with it down.
        is_down: 1.0 where it was drawn down.
        all_up: Score when nothing is down.
        least: The least half-width believed of a mean of scores.
    """

    up: Floats
    down: Floats
    is_down: Floats
    all_up: float
    least: float

    @property
    def seen(self) -> Floats:
        """Score of each drawn pattern, shape ``(draws,)``."""
        return np.where(self.is_down[:, 0] > 0, self.down[:, 0], self.up[:, 0])

    def pieces(self, measure: Measure, below: float | None) -> Pieces:
        """Return a measure's pieces, one for each draw."""
        up, down = self.up, self.down
        if measure.of == "loss":
            up, down = (_loss(side, self.all_up, below) for side in (up, down))
        counts, tops = np.ones(len(up)), measure.top(up, down, self.is_down)
        bottom = self.is_down if measure.is_conditional else None
        if measure.bottom is not None:
            bottom = measure.bottom(up, down, self.is_down)
        if bottom is not None:
            return Pieces(linear_part(tops, bottom, counts), counts)
        return Pieces(tops, counts, self.least)

    def variance_pieces(self, failure: Floats) -> dict[str, Pieces]:
        """Return the pieces of Sobol's indices of independent components that fail with these probabilities."""
        draws, difference = len(self.up), self.up - self.down
        counts, scale = np.ones(draws), failure * (1 - failure)
        spread = (self.seen - self.seen.mean()) ** 2 * draws / (draws - 1)
        bottom = np.repeat(spread[:, np.newaxis], difference.shape[1], axis=1)
        mean = difference.mean(axis=0)
        first = 2 * mean * difference - mean**2 - difference.var(axis=0, ddof=1) / draws
        return {"sobol_first": Pieces(linear_part(scale * first, bottom, counts), counts),
                "sobol_total": Pieces(linear_part(scale * difference**2, bottom, counts), counts)}


def _loss(scores: Floats, all_up: float, below: float | None) -> Floats:
    return all_up - scores if below is None else (scores < below).astype(np.float64)


def sides(scored: Scored, up: Up, players: int) -> Sides:
    """Return both sides of each player of drawn patterns.

    Args:
        scored: What patterns are worth.
        up: Who is up, shape ``(draws, components)``; the first columns are the players.
        players: How many.
    """
    found = np.empty((2, len(up), players))
    for player in range(players):
        for side, is_up in enumerate((True, False)):
            moved = up.copy()
            moved[:, player] = is_up
            found[side, :, player] = score(scored, moved)
    low, high = scored.bounds
    all_up = float(score(scored, np.ones((1, up.shape[1]), dtype=bool))[0])
    return Sides(found[0], found[1], (~up[:, :players]).astype(np.float64), all_up, ALIKE * (high - low) / len(up))


def by_orders(scored: Scored, draw: Draw, players: int, pairs: int, rng: np.random.Generator) -> Pieces:
    """Return the pieces of Shapley values, one for each pair of an order and its reverse.

    Args:
        scored: What patterns are worth.
        draw: Draws patterns of all components; those of the players are not looked at.
        players: How many fail one after the other.
        pairs: How many pairs of orders.
        rng: Draws the orders.
    """
    others = draw(pairs)
    sums = np.zeros((pairs, players))
    first = np.argsort(rng.random((pairs, players)), axis=1)
    for orders in (first, first[:, ::-1]):
        up = others.copy()
        up[:, :players] = True
        before = score(scored, up)
        for turn in orders.T:
            up[np.arange(pairs), turn] = False
            after = score(scored, up)
            sums[np.arange(pairs), turn] += (before - after) / 2
            before = after
    low, high = scored.bounds
    return Pieces(sums, np.ones(pairs), ALIKE * (high - low) / (2 * pairs))


def by_coins(scored: Scored, draw: Draw, players: int, draws: int, rng: np.random.Generator) -> Pieces:
    """Return the pieces of Banzhaf's values: every player is up by a coin of its own, the others as they are drawn."""
    up = draw(draws)
    up[:, :players] = rng.random((draws, players)) < 0.5
    found = sides(scored, up, players)
    return found.pieces(MEASURES["banzhaf"], None)


def score(scored: Scored, up: Up) -> Floats:
    """Return the score of each pattern."""
    places = scored.places(up)
    distinct, row = np.unique(places, return_inverse=True)
    return np.asarray(scored.scores(distinct)[row.reshape(-1)])


def of_pairs(names: Iterable[str], found: Sides, below: float | None) -> dict[str, Pieces]:
    """Return the pieces of the measures that are means over pairs under the law of the scenario."""
    return {name: found.pieces(MEASURES[name], below) for name in names if name in BY_PAIRS}
