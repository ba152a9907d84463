"""What each member of a coalition is worth: every measure is a weighted sum over coalitions, and kept as its weights.

**What a table is.** Row S holds v of the coalition whose members are the bits set in S: row 0 of nobody, the last row
of all. Members are hyperconnections that are there: a bit that is set means *there* (in ``transforms``: down). As every
measure is linear in v, one set of weights serves values, samples, clusters and repeats alike: what is paired stays
paired. Rank agreement, which is not linear, stands beside them.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from simulator.expect.transforms import sizes

Floats = NDArray[np.float64]
Members = tuple[int, ...]
MEASURES = ("shapley", "banzhaf", "removal", "addition")


def measure_weights(members: int) -> dict[str, Floats]:
    """Return the weights of each measure, shape ``(members, 2^members)``; each is a mean of v(S + i) - v(S).

    ``shapley`` weighs every size of S alike, ``banzhaf`` every S; ``removal`` is v(all) - v(all but i), ``addition``
    v(i alone) - v(nobody).
    """
    count = sizes(members)
    by_size = [factorial(s) * factorial(members - s - 1) / factorial(members) for s in range(members)]
    alike = [0.5 ** (members - 1)] * members
    last, first = [0.0] * (members - 1) + [1.0], [1.0] + [0.0] * (members - 1)
    return {name: np.stack([_joining(1 << member, count, np.array(of_size)) for member in range(members)])
            for name, of_size in zip(MEASURES, (by_size, alike, last, first), strict=True)}


def _joining(bit: int, count: NDArray[np.int64], of_size: Floats) -> Floats:
    """Return the weights of a mean of v(S + i) - v(S), where the weight of S without i depends on its size."""
    has = np.arange(len(count)) & bit != 0
    return np.where(has, of_size[np.maximum(count - 1, 0)], -of_size[np.minimum(count, len(of_size) - 1)])


def pairs_of(members: int) -> list[tuple[int, int]]:
    """Return the pairs of members in the order of ``interaction_weights``.

    >>> pairs_of(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(members), 2))


def interaction_weights(members: int) -> Floats:
    """Return the weights of the Shapley interaction of each pair, shape ``(pairs, 2^members)``.

    It is the mean of [v(S + i + j) - v(S + j)] - [v(S + i) - v(S)] over S, every size alike (Grabisch and Roubens,
    International Journal of Game Theory 28, 1999). Negative: the two stand in for each other; positive: they need each
    other.
    """
    rows, count = np.arange(1 << members), sizes(members)
    by_size = np.array([factorial(s) * factorial(members - s - 2) / factorial(members - 1)
                        for s in range(members - 1)] or [0.0])
    found = []
    for one, other in pairs_of(members):
        has = (rows >> one & 1) + (rows >> other & 1)
        rest = np.minimum(count - has, len(by_size) - 1)
        found.append(np.where(has == 1, -1.0, 1.0) * by_size[rest])
    return np.array(found).reshape(-1, 1 << members)


def chains(members: int, pairs: int, dice: np.random.Generator) -> list[list[Members]]:
    """Return random orders of the members in pairs, each with its reverse.

    In an order and its reverse each member joins once early and once late: S and its complement, whose errors partly
    cancel (antithetic sampling; Mitchell, Cooper, Frank and Holmes, JMLR 23, 2022).
    """
    orders = [tuple(int(member) for member in dice.permutation(members)) for _ in range(pairs)]
    return [[order, order[::-1]] for order in orders]


def coalitions_along(order: Members) -> list[int]:
    """Return the coalitions that form as members join in an order, nobody and all included.

    >>> coalitions_along((1, 0))
    [0, 2, 3]
    """
    found = [0]
    for member in order:
        found.append(found[-1] | 1 << member)
    return found


def chain_weights(members: int, orders: list[Members], place: dict[int, int]) -> Floats:
    """Return the weights of the mean joining value of each member over some orders, shape ``(members, coalitions)``.

    Args:
        members: How many.
        orders: The orders.
        place: The column of each coalition.
    """
    found = np.zeros((members, len(place)))
    for order in orders:
        along = coalitions_along(order)
        for member, before, after in zip(order, along, along[1:], strict=False):
            found[member, place[after]] += 1 / len(orders)
            found[member, place[before]] -= 1 / len(orders)
    return found


def kendall_tau(one: Floats, other: Floats) -> float:
    """Return Kendall's tau-b of two rankings: 1 for the same order, -1 for the reverse, NaN where one is all ties.

    >>> kendall_tau(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    0.3333333333333333
    """
    upper = np.triu_indices(len(one), 1)
    a, b = (np.sign(values[:, np.newaxis] - values)[upper] for values in (one, other))
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / scale) if scale else float("nan")
