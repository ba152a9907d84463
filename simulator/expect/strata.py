"""Means over requests, post-stratified: weighted by the known probabilities of what their births met.

With P(s) the exact probability that a birth finds the system in stratum s (what the pattern then up delivers), the mean
of a metric is sum over s of P(s) x (its mean over the requests of stratum s). That weighs out which outages happened to
come, which is most of the variance where outages are long. It is a smooth function of sums over replications, so its
error is found by leaving out one replication at a time (the jackknife), with Student's t. Post-stratification and its
jackknife: S. L. Lohr, Sampling: Design and Analysis, chapters on ratio estimation and on variance estimation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.expect.control import Controlled, factor_text
from simulator.expect.estimate import Estimate
from simulator.expect.student import replication_means, student_mean

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
Mean = Callable[[Floats], Estimate]
FEWEST_REQUESTS = 30
FEWEST_REPLICATIONS = 5
ALIKE = 3.0  # of n alike, 3/n bounds the share of others with 95 %


@dataclass(frozen=True)
class Strata:
    """The stratum of each request, and how probable each is.

    Args:
        place: Stratum of each request, shape ``(requests,)``.
        chance: P(stratum), shape ``(strata,)``; sums to 1.
        replication: Number of each request's replication, from 0 on without gaps, shape ``(requests,)``.
        met: How many strata there were before those with few requests were merged.
    """

    place: Ints
    chance: Floats
    replication: Ints
    met: int

    def sums(self, values: Floats) -> Floats:
        """Return the sum of values of each replication and stratum, shape ``(replications, strata)``."""
        runs, strata = int(self.replication.max()) + 1, len(self.chance)
        found: Floats = np.bincount(self.replication * strata + self.place, values, runs * strata).astype(np.float64)
        return found.reshape(runs, strata)


@dataclass(frozen=True)
class Control:
    """What is alike and has a mean that is known exactly: its value for each request, and that mean."""

    values: Floats
    mean: float


def strata(snapshot: Ints, deliveries: Sequence[int], chances: Mapping[int, float], replication: Ints) -> Strata:
    """Return the requests in strata by what the pattern at their birth delivers.

    A stratum that fewer than 30 requests met, or fewer than half of the replications (or fewer than five), is merged
    with all others like it, met or not; if these together are too few, with the next smallest.

    Args:
        snapshot: Place in ``deliveries`` of what the pattern at each request's birth delivers, shape ``(requests,)``.
        deliveries: The distinct deliveries.
        chances: Exact probability of each delivery; what is missing has none.
        replication: Number of each request's replication.
    """
    _, run = np.unique(replication, return_inverse=True)
    run = run.reshape(-1)
    chance = np.array([chances.get(delivery, 0.0) for delivery in deliveries])
    shape = int(run.max(initial=-1)) + 1, len(deliveries)
    counts = np.bincount(run * shape[1] + snapshot, minlength=shape[0] * shape[1]).reshape(shape)
    least = max(FEWEST_REPLICATIONS, len(counts) / 2)
    requests, runs = counts.sum(axis=0), (counts > 0).sum(axis=0)
    alone = [place for place in np.argsort(-chance, kind="stable")
             if chance[place] > 0 and requests[place] >= FEWEST_REQUESTS and runs[place] >= least]
    while alone:
        rest = np.setdiff1d(np.arange(len(deliveries)), alone)
        is_none = chance[alone].sum() > 1 - 1e-12 and not requests[rest].any()
        seen = (counts[:, rest].sum(axis=1) > 0).sum()
        if is_none or (requests[rest].sum() >= FEWEST_REQUESTS and seen >= least):
            break
        alone.pop()
    new = np.full(len(deliveries), len(alone), dtype=np.int64)
    new[alone] = np.arange(len(alone))
    left = 1 - chance[alone].sum()
    weights = np.append(chance[alone], left) if (new[snapshot] == len(alone)).any() else chance[alone] / (1 - left)
    return Strata(new[snapshot], weights, run, int((chance > 0).sum()))


def stratified_mean(
    values: Floats, given: Strata, control: Control | None = None, *, counted: NDArray[np.bool_] | None = None,
    mean: Mean = student_mean, is_share: bool = True,
) -> Controlled:
    """Return the post-stratified mean of a metric over all requests, and by what factor its variance is smaller.

    Args:
        values: The metric of each request, shape ``(requests,)``.
        given: The requests' strata.
        control: What has a known mean and is alike; it is taken off the values, and its mean put back.
        counted: The requests that the mean is over (latency: the answered ones); None: all. Not with a control.
        mean: Mean and interval of one value for each replication.
        is_share: Whether values are between 0 and 1. The interval is then no narrower than what three requests of
            each stratum could do, as independent errors: where all were alike, the next may still be another (Hanley
            and Lippman-Hand, 1983).

    Returns:
        The estimate; its squared half-width is compared with that of the plain means of the replications.
    """
    counted = np.ones(len(values), dtype=bool) if counted is None else counted
    off, known = (np.zeros(len(values)), 0.0) if control is None else (control.values, control.mean)
    tops, bottoms = given.sums(np.where(counted, values - off, 0.0)), given.sums(counted.astype(np.float64))
    requests = given.sums(np.ones(len(values)))
    value = float(_weighted(tops.sum(axis=0), bottoms.sum(axis=0), requests.sum(axis=0), given.chance))
    least = ALIKE * float(np.linalg.norm(given.chance / np.maximum(1, requests.sum(axis=0)))) if is_share else 0.0
    runs = len(requests)
    tops, bottoms, requests = (each.sum(axis=0) - each for each in (tops, bottoms, requests))
    without = _weighted(tops, bottoms, requests, given.chance) if runs > 1 else np.array([value])
    pseudo = runs * value - (runs - 1) * without
    found, plain = mean(pseudo), mean(replication_means(np.where(counted, values, np.nan), given.replication))
    half = float(np.maximum((found.high - found.low) / 2, least))
    factor = gain((plain.high - plain.low) / 2, half)
    strata_text = f"{len(given.chance)} of {given.met} strata by pattern" + ", controlled" * (control is not None)
    method = f"post-stratified ({strata_text}), jackknife, {found.method}{factor_text(factor)}"
    value += known
    return Controlled(replace(found, value=value, low=value - half, high=value + half, method=method), factor)


def gain(before: float, after: float) -> float:
    """Return by what factor the variance is smaller, from half-widths; NaN without, infinity where none is left."""
    if after == 0:
        return float("inf") if before > 0 else 1.0
    return (before / after) ** 2


def _weighted(tops: Floats, bottoms: Floats, requests: Floats, chance: Floats) -> Floats:
    """Return sum P(s) top(s) / requests(s) over sum P(s) bottom(s) / requests(s); the last axis is that of strata."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (tops / requests * chance).sum(axis=-1) / (bottoms / requests * chance).sum(axis=-1)
    return found
