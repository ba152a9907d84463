"""How well one ranking tells another: Spearman's and Kendall's coefficients, whether the first is the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INTERVAL = (2.5, 97.5)
FEW_CLUSTERS = 10


def spearman(one: Floats, other: Floats) -> Floats:
    """Return Spearman's rho along the last axis: the correlation of ranks, ties at their mean rank.

    NaN where one of the two has no two different values.

    >>> float(spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])))
    0.5
    """
    first, second = _centred(ranks(one)), _centred(ranks(other))
    below = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    return _over((first * second).sum(axis=-1), below)


def kendall(one: Floats, other: Floats) -> Floats:
    """Return Kendall's tau-b along the last axis: pairs in the same order less pairs in the other, ties allowed for.

    >>> round(float(kendall(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))), 6)
    0.333333
    """
    first, second = _signs(one), _signs(other)
    below = np.sqrt((first != 0).sum(axis=(-2, -1)) * (second != 0).sum(axis=(-2, -1)).astype(np.float64))
    return _over((first * second).sum(axis=(-2, -1)), below)


def ranks(values: Floats) -> Floats:
    """Return ranks along the last axis, from 1, equal values at their mean rank.

    >>> ranks(np.array([5.0, 7.0, 5.0])).tolist()
    [1.5, 3.0, 1.5]
    """
    return np.asarray((values.shape[-1] + 1 + _signs(values).sum(axis=-1)) / 2)


def is_same_first(one: Floats, other: Floats) -> bool:
    """Return whether the largest of one is the largest of the other."""
    return bool(np.argmax(one) == np.argmax(other))


@dataclass(frozen=True)
class Agreement:
    """How well a predicted ranking tells the exact one; NaN where there is nothing to rank.

    Args:
        spearman: Spearman's rho.
        kendall: Kendall's tau-b.
        spearman_interval: 95 % over samples of clusters of the test set; NaN with one cluster.
        kendall_interval: The same.
        is_first_same: Whether both put the same first.
    """

    spearman: float
    kendall: float
    spearman_interval: tuple[float, float]
    kendall_interval: tuple[float, float]
    is_first_same: bool


def agreement(predicted: Floats, exact: Floats, redrawn: tuple[Floats, Floats] | None = None) -> Agreement:
    """Return how well a predicted ranking tells the exact one.

    Args:
        predicted: What it ranks by, shape ``(ranked,)``.
        exact: The same of the exact ranking.
        redrawn: Both again for test sets drawn anew by clusters, each of shape ``(draws, ranked)``; None: no interval.
    """
    none = (float("nan"), float("nan"))
    found = [_interval(measure(*redrawn)) if redrawn else none for measure in (spearman, kendall)]
    return Agreement(float(spearman(predicted, exact)), float(kendall(predicted, exact)), found[0], found[1],
                     is_same_first(predicted, exact))


def redraws(clusters: int, draws: int, rng: np.random.Generator) -> Floats | None:
    """Return how often each cluster is in each redrawn test set, shape ``(draws, clusters)``; None with one cluster."""
    if clusters < 2:
        return None
    return rng.multinomial(clusters, np.full(clusters, 1 / clusters), draws).astype(np.float64)


def _interval(found: Floats) -> tuple[float, float]:
    known = found[np.isfinite(found)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, INTERVAL)
    return float(low), float(high)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0))


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=-1, keepdims=True))


def _signs(values: Floats) -> Floats:
    return np.sign(values[..., :, np.newaxis] - values[..., np.newaxis, :])
