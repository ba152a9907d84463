"""How likely a large error is: bounds from moments, from ranges, from numbers of crashes; and medians of copies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ALPHA_OVER_P = math.exp(2.5)  # the share of lost weight that the reference allows, in units of p


def chebyshev(mean: Floats, variance: Floats, epsilon: float) -> Floats:
    """Return Var / (epsilon - mean)^2, at most 1: P(error >= epsilon) is below it; 1 where the mean is not below."""
    return _ratio(variance, epsilon - mean, 0.0)


def cantelli(mean: Floats, variance: Floats, epsilon: float) -> Floats:
    """Return Var / (Var + (epsilon - mean)^2): the one-sided bound of P(error >= epsilon), tighter than Chebyshev's."""
    return _ratio(variance, epsilon - mean, 1.0)


def kl(a: float, b: float) -> float:
    """Return the Kullback-Leibler divergence of coins with these probabilities, in nats.

    >>> round(kl(0.12182493960703472, 0.01), 10)
    0.1993051785
    """
    def term(x: float, y: float) -> float:
        return 0.0 if x == 0 else math.inf if y == 0 else x * math.log(x / y)

    return term(a, b) + term(1 - a, 1 - b)


def chernoff_kl(neurons: int, alpha: float, probability: float, balance: float = 1.0) -> float:
    """Return exp(-n q KL(alpha || p)), a bound of P(a share alpha or more of the weight is lost); 1 where alpha <= p.

    Args:
        neurons: n.
        alpha: The share.
        probability: p, that of a neuron's crash.
        balance: q = min_i r_i / max_i r_i with r_i the weight sum of neuron i; 1 where all weigh alike.
    """
    return 1.0 if alpha <= probability else math.exp(-neurons * balance * kl(alpha, probability))


def hoeffding(excess: float, ranges: Sequence[float]) -> float:
    """Return exp(-2 t^2 / sum a_i^2): P(sum - its mean >= t) of independent terms that each span a_i."""
    return math.exp(-2 * excess**2 / math.fsum(a * a for a in ranges)) if excess > 0 else 1.0


def weighted_hoeffding(reach: Floats, probability: Floats, epsilon: float) -> Floats:
    """Return a bound of P(sum_u a_u xi_u >= epsilon) for independent crashes xi_u, shape ``(...,)``: Hoeffding's.

    Args:
        reach: a_u, of any sign, shape ``(..., units)``.
        probability: P(crash) of each unit.
        epsilon: The level.
    """
    room = epsilon - reach @ probability
    spans = (reach**2).sum(axis=-1)
    found = np.exp(-2 * np.divide(room**2, spans, out=np.full_like(room, np.inf), where=spans > 0))
    return np.where(room > 0, found, 1.0)


def weighted_chernoff(reach: Floats, probability: Floats, epsilon: float) -> Floats:
    """Return a bound of the same for a_u >= 0: exp(-n KL(epsilon / (n max a) || mean of p_u a_u / max a)).

    A weight below the largest makes its term's moments smaller than those of a coin with the weighted probability
    (convexity), and n unlike coins less spread than n alike (arithmetic and geometric means).

    Args:
        reach: a_u >= 0, shape ``(..., units)``.
        probability: P(crash) of each unit.
        epsilon: The level.
    """
    units, largest = reach.shape[-1], reach.max(axis=-1, initial=0.0)
    share = np.divide(epsilon, units * largest, out=np.full_like(largest, np.inf), where=largest > 0)
    mean = np.divide(reach @ probability, units * largest, out=np.zeros_like(largest), where=largest > 0)
    a, p = np.minimum(share, 1.0), np.clip(mean, 1e-300, 1 - 1e-16)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = a * np.log(a / p)
        second = np.where(a < 1, (1 - a) * np.log((1 - a) / (1 - p)), 0.0)
    found = np.exp(-units * (first + second))
    return np.where(share > 1, 0.0, np.where(a > mean, found, 1.0))


def majority_fails(copies: int, failure: float) -> float:
    """Return P(more than half of an odd number of independent copies fail): the median of their outputs then may.

    >>> round(majority_fails(21, 1 / 3), 9)
    0.055722972
    """
    from scipy.special import bdtrc  # noqa: PLC0415 - heavy

    return float(bdtrc((copies - 1) // 2, copies, failure))


def copies_needed(failure: float, delta: float) -> int | None:
    """Return the smallest odd number of copies whose median fails with probability <= delta; None where none does.

    >>> [copies_needed(s, 1e-5) for s in (1 / 3, 1 / 6, 0.07, 0.5)]
    [155, 31, 13, None]
    """
    if failure >= 0.5:
        return None
    copies = 1
    while majority_fails(copies, failure) > delta:
        copies += 2
    return copies


def legacy_copies(delta: float) -> float:
    """Return 2 ln(1/delta) / ln 3, as the reference does: the binomial coefficient is missing, and so are most copies.

    >>> round(legacy_copies(1e-5), 7)
    20.9590327
    """
    return 2 * math.log(1 / delta) / math.log(3)


def _ratio(variance: Floats, room: Floats, own: float) -> Floats:
    below = own * variance + room**2
    found = np.divide(variance, below, out=np.ones_like(variance), where=below > 0)
    return np.where(room > 0, np.minimum(found, 1.0), 1.0)
