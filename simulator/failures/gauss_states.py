"""Continuous latent states cut into few, so few that a number of components cannot tell them from the whole law.

Given the state components are independent, so P(pattern) is the mean of a polynomial of the state whose degree is the
number of components; and a Gauss rule of n points is exact up to degree 2 n - 1. Its points are the eigenvalues of the
tridiagonal matrix of the orthogonal polynomials' recurrence, its weights the squares of the first entries of the
eigenvectors (Golub and Welsch, 1969).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def beta_states(a: float, b: float, components: int) -> tuple[Floats, Floats]:
    """Return points and weights that replace Beta(a, b), the law of P(down), for that many components.

    >>> values, weights = beta_states(1.0, 1.0, 3)
    >>> values.round(6).tolist(), weights.round(6).tolist()
    ([0.211325, 0.788675], [0.5, 0.5])
    """
    n = np.arange(1, components // 2 + 1, dtype=np.float64)
    step = 2 * n + a + b - 2
    middle = np.concatenate([[a / (a + b)], 0.5 + (a - b) * (a + b - 2) / (2 * step * (step + 2))])
    beside = n * (n + a - 1) * (n + b - 1) * (n + a + b - 2) / (step**2 * np.where(n == 1, 1.0, step - 1) * (step + 1))
    if len(n):  # the general term has a factor above and below that cancels in the first, and may be 0
        beside[0] = a * b / (step[0] ** 2 * (step[0] + 1))
    points, weights = _rule(middle, beside)
    return np.clip(points, 0, 1), weights


def queue_states(ratios: Floats) -> tuple[Floats, Floats]:
    """Return weights and P(up | state) that replace the law of machines with one repairman.

    P(exactly a set down) is proportional to the product of its ratios mttr / mtbf times (its size)!, which is the
    integral of t^size exp(-t): given t a machine is down with odds t x ratio.

    Args:
        ratios: Of each machine, shape ``(machines,)``.

    Returns:
        Weights of the states; P(up | state), shape ``(states, machines)``.

    >>> weights, up = queue_states(np.array([1.0, 1.0]))
    >>> (weights @ up.prod(axis=1)).round(9), (weights @ (1 - up).prod(axis=1)).round(9)
    (np.float64(0.2), np.float64(0.4))
    """
    n = np.arange(len(ratios) // 2 + 1, dtype=np.float64)
    points, weights = _rule(2 * n + 1, n[1:] ** 2)
    odds = np.maximum(points, 0)[:, np.newaxis] * ratios
    with np.errstate(divide="ignore"):
        log = np.log(weights) + np.log1p(odds).sum(axis=1)
    weights = np.exp(log - log.max())
    return weights / weights.sum(), 1 / (1 + odds)


def _rule(middle: Floats, beside: Floats) -> tuple[Floats, Floats]:
    """Return points and weights of the Gauss rule whose matrix has this diagonal, and these squares beside it."""
    points, vectors = np.linalg.eigh(np.diag(middle) + np.diag(np.sqrt(beside), 1) + np.diag(np.sqrt(beside), -1))
    weights: Floats = vectors[0] ** 2
    return points, weights / weights.sum()
