"""The mean of values that come in clusters of unequal sizes, and how far it may be off.

The mean is the ratio of two sums over clusters. Its variance is the bias-reduced sandwich (CR2), and the degrees of
freedom are Bell and McCaffrey's (Survey Methodology 28, 2002), the smaller of those for clusters whose means vary alike
and for samples that vary alike. With equal sizes this is Student's interval over the cluster means, exactly; with
unequal sizes it claims less than Student's would, which covers too seldom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.student import quantile

Floats = NDArray[np.float64]
FEW_CLUSTERS = 5


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums over clusters: the mean, its 95 % half-width (NaN with one cluster) and the clusters seen."""

    value: float
    half_width: float
    clusters: int


def ratio(sums: Floats, counts: Floats) -> Ratio:
    """Return the mean over all samples, from each cluster's sum and number of samples.

    Args:
        sums: Sum of the values of each cluster, shape ``(clusters,)``.
        counts: Number of its samples; clusters of 0 are left out.
    """
    sums, counts = sums[counts > 0], counts[counts > 0]
    clusters = len(counts)
    if clusters == 0:
        return Ratio(float("nan"), float("nan"), 0)
    share = counts / counts.sum()
    value = float(sums.sum() / counts.sum())
    if clusters == 1:
        return Ratio(value, float("nan"), 1)
    residual = (sums - counts * value) / counts.sum()
    variance = float((residual**2 / (1 - share)).sum())
    half_width = quantile(degrees_of_freedom(share)) * float(np.sqrt(variance))
    return Ratio(value, half_width, clusters)


def degrees_of_freedom(share: Floats) -> float:
    """Return Bell and McCaffrey's degrees of freedom for clusters that hold these shares of the samples.

    >>> round(degrees_of_freedom(np.full(8, 1 / 8)), 9)
    7.0
    """
    return min(_satterthwaite(share, np.ones_like(share)), _satterthwaite(share, 1 / share))


def _satterthwaite(share: Floats, spread: Floats) -> float:
    """Return tr(BW)^2 / tr(BWBW) for the variance estimate's quadratic form B and cluster means of variance ``spread``.

    B = diag(d) - h d' - d h' + s h h' with h the shares, d = h^2 / (1 - h), s = sum(d): its traces cost O(clusters).
    """
    diagonal = share**2 / (1 - share)
    sides = np.stack([share, diagonal])
    core = np.array([[diagonal.sum(), -1.0], [-1.0, 0.0]])
    middle = core @ (sides * spread) @ sides.T
    crossed = core @ (sides * (spread**2 * diagonal)) @ sides.T
    trace = (diagonal * spread).sum() + np.trace(middle)
    square = ((diagonal * spread) ** 2).sum() + 2 * np.trace(crossed) + np.trace(middle @ middle)
    return float(trace**2 / square)


def cluster_mean(values: Floats, groups: NDArray[np.generic] | None = None, uncertainty: str = "test set") -> Estimate:
    """Return the mean of all values with a 95 % interval that takes the clusters, not the samples, as independent.

    Args:
        values: One for each sample, shape ``(samples,)``; NaN is left out.
        groups: The cluster of each sample (recording, subject, frame); None: each sample is its own.
        uncertainty: What the interval covers.

    Returns:
        The estimate; with one cluster the interval is NaN, since nothing tells how clusters differ.
    """
    kept = ~np.isnan(values)
    if groups is None:
        found = ratio(values[kept], np.ones(int(kept.sum())))
    else:
        names, place = np.unique(groups[kept], return_inverse=True)
        place = place.reshape(-1)
        sums: Floats = np.bincount(place, values[kept], len(names)).astype(np.float64)
        found = ratio(sums, np.bincount(place, minlength=len(names)).astype(np.float64))
    what = "samples" if groups is None else "clusters"
    method = f"t-interval over {found.clusters} {what}"
    if found.clusters < FEW_CLUSTERS:
        method += f" (fewer than {FEW_CLUSTERS}: read with care)"
    low, high = found.value - found.half_width, found.value + found.half_width
    return Estimate(found.value, low, high, found.clusters, method, uncertainty)


def paired_difference(values: Floats, others: Floats, groups: NDArray[np.generic] | None = None) -> Estimate:
    """Return the mean of ``values - others``, sample by sample, with its interval over clusters.

    What both have in common (a hard sample is hard for either) cancels, so that the interval is narrower than that of
    two separate means.
    """
    found = cluster_mean(values - others, groups)
    return Estimate(found.value, found.low, found.high, found.samples, f"paired, {found.method}", found.uncertainty)
