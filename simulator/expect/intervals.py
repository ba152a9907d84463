"""Intervals for shares of independent draws, and what all intervals have in common."""

from __future__ import annotations

import math
from dataclasses import replace

from simulator.expect.clusters import cluster_mean, paired_difference
from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean

__all__ = ["clopper_pearson", "cluster_mean", "exactly", "paired_difference", "student_mean", "wilson", "within"]

Z_95 = 1.959963984540054


def wilson(hits: int, draws: int, uncertainty: str = "failures") -> Estimate:
    """Return a share of independent draws with Wilson's 95 % interval (E. B. Wilson, JASA 22, 1927).

    It covers 95 % on average over shares; at single shares as little as 93 % with 5 or more hits and misses expected in
    200 draws (92.8 % in 20), and less with fewer: use ``clopper_pearson`` where that matters.

    >>> found = wilson(0, 100)
    >>> found.value, found.low, round(found.high, 4)
    (0.0, 0.0, 0.037)
    """
    if draws == 0:
        return Estimate(math.nan, 0.0, 1.0, 0, "Wilson, nothing drawn", uncertainty)
    share, z2 = hits / draws, Z_95**2
    centre = (share + z2 / (2 * draws)) / (1 + z2 / draws)
    half = Z_95 * math.sqrt(share * (1 - share) / draws + z2 / (4 * draws**2)) / (1 + z2 / draws)
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == draws else centre + half
    return Estimate(share, low, high, draws, f"Wilson over {draws} draws", uncertainty)


def clopper_pearson(hits: int, draws: int, uncertainty: str = "failures") -> Estimate:
    """Return a share of independent draws with Clopper and Pearson's 95 % interval, which never covers less.

    >>> found = clopper_pearson(0, 100)
    >>> found.value, found.low, round(found.high, 4)
    (0.0, 0.0, 0.0362)
    """
    from scipy.special import betaincinv  # noqa: PLC0415  # heavy

    if draws == 0:
        return Estimate(math.nan, 0.0, 1.0, 0, "Clopper-Pearson, nothing drawn", uncertainty)
    low = 0.0 if hits == 0 else float(betaincinv(hits, draws - hits + 1, 0.025))
    high = 1.0 if hits == draws else float(betaincinv(hits + 1, draws - hits, 0.975))
    return Estimate(hits / draws, low, high, draws, f"Clopper-Pearson over {draws} draws (conservative)", uncertainty)


def exactly(value: float, samples: int, method: str) -> Estimate:
    """Return a number that has no uncertainty."""
    return Estimate(float(value), float(value), float(value), samples, method)


def within(estimate: Estimate, low: float = 0.0, high: float = 1.0) -> Estimate:
    """Return the estimate with its interval cut to where the truth can be; what covered still covers.

    >>> within(Estimate(0.95, 0.85, 1.05, 9, "t")).high
    1.0
    """
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return estimate
    return replace(estimate, low=max(low, estimate.low), high=min(high, estimate.high))
