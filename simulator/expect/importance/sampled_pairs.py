"""Shapley effects and interactions where the table of all patterns does not fit: by walks, and by second differences.

* Shapley effects: from one drawn pattern to another, independent one, component by component in a random order and in
  its reverse. A step from score a to score b tells (f - (a + b) / 2) (a - b), f being the score that the walk began
  with; the steps of a walk sum to (f - f')^2 / 2, whose mean is the variance, so that the shares sum to 1 in every walk
  (T. Goda, Reliability Engineering and System Safety 213, 2021).
* Interactions of two players are means of f(1,1) - f(1,0) - f(0,1) + f(0,0) over the states of all others: as they fail
  (joint Birnbaum), or with every player up with the same chance t, and t anywhere between 0 and 1 (Shapley's; Owen's
  integral). The state of the two does not enter, so that a drawn pattern serves every two players.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from simulator.expect.importance.pieces import Pieces, linear_part
from simulator.expect.importance.sampled import ALIKE, Draw, Floats, score
from simulator.expect.scored import Scored
from simulator.failures.process import Up


def by_walks(scored: Scored, draw: Draw, players: int, draws: int, rng: np.random.Generator) -> Pieces:
    """Return the pieces of Shapley effects of independent components, one for each walk and its reverse.

    Args:
        scored: What patterns are worth.
        draw: Draws patterns of all components; each of them has its share, not the players alone.
        players: How many are told.
        draws: How many walks.
        rng: Draws the orders.
    """
    first, last = draw(draws), draw(draws)
    rows, began = np.arange(draws), score(scored, first)
    orders = np.argsort(rng.random(first.shape), axis=1)
    tops = np.zeros(first.shape)
    for turns in (orders.T, orders.T[::-1]):
        up, before = first.copy(), began
        for turn in turns:
            up[rows, turn] = last[rows, turn]
            after = score(scored, up)
            tops[rows, turn] += (began - (before + after) / 2) * (before - after) / 2
            before = after
    bottoms = np.repeat(((began - before) ** 2 / 2)[:, np.newaxis], players, axis=1)
    differing = max(1, int(np.count_nonzero(tops.any(axis=1))))
    counts = np.ones(draws)
    return Pieces(linear_part(tops[:, :players], bottoms, counts), counts, ALIKE / differing)


def joint_by_pairs(scored: Scored, draw: Draw, players: int, draws: int) -> Pieces:
    """Return the pieces of the joint Birnbaum importance of each two players, in the order of ``combinations``."""
    found = second_differences(scored, draw(draws), players)
    return Pieces(found, np.ones(draws), _least(scored, draws))


def shapley_by_pairs(scored: Scored, draw: Draw, players: int, draws: int, rng: np.random.Generator) -> Pieces:
    """Return the pieces of Shapley's interaction of each two players, in the order of ``combinations``.

    A piece is a pattern and its opposite; the chances of being up are spread evenly over 0 to 1.
    """
    others = draw(draws)
    chance = (rng.permutation(draws) + rng.random(draws)) / draws
    is_up = rng.random((draws, players)) < chance[:, np.newaxis]
    sums = np.zeros((draws, players * (players - 1) // 2))
    for state in (is_up, ~is_up):
        up = others.copy()
        up[:, :players] = state
        sums += second_differences(scored, up, players) / 2
    return Pieces(sums, np.ones(draws), _least(scored, 2 * draws))


def second_differences(scored: Scored, up: Up, players: int) -> Floats:
    """Return f(1,1) - f(1,0) - f(0,1) + f(0,0) of each two players, shape ``(patterns, pairs)``.

    Args:
        scored: What patterns are worth.
        up: Who is up; the first columns are the players, the others stay as they are.
        players: How many.
    """
    sign = np.where(up[:, :players], 1.0, -1.0)
    as_is, single = score(scored, up), np.empty((len(up), players))
    for player in range(players):
        single[:, player] = score(scored, _turned(up, player))
    found = np.empty((len(up), players * (players - 1) // 2))
    for place, (one, two) in enumerate(combinations(range(players), 2)):
        both = score(scored, _turned(up, one, two))
        found[:, place] = sign[:, one] * sign[:, two] * (as_is - single[:, one] - single[:, two] + both)
    return found


def _turned(up: Up, *players: int) -> Up:
    turned = up.copy()
    turned[:, players] = ~turned[:, players]
    return turned


def _least(scored: Scored, draws: int) -> float:
    low, high = scored.bounds
    return ALIKE * (high - low) / draws
