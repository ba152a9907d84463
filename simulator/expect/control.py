"""Served accuracy with the snapshot as a control: the difference estimator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import student_mean
from simulator.expect.student import replication_means

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Controlled:
    """An estimate that leans on a known mean, and by what factor its variance is smaller for it (> 1 is better)."""

    estimate: Estimate
    variance_reduction: float


def controlled_accuracy(
    worth_served: Floats, worth_snapshot: Floats, replication: NDArray[np.integer], expected: float,
    mean: Callable[[Floats], Estimate] = student_mean,
) -> Controlled:
    """Return served accuracy as the expected accuracy plus the mean of (served - snapshot) over replications.

    The snapshot at a request's arrival has the expected accuracy as its mean, exactly, when failures are in steady
    state and neither arrivals nor samples look at them; so the estimate is unbiased, and what served and snapshot have
    in common (which components were down, which samples came) cancels.

    Args:
        worth_served: Worth of each request as served.
        worth_snapshot: Worth it would have with no delays, by the pattern at its arrival, for the same sample.
        replication: Number of its replication.
        expected: Exact expected accuracy over the same test set.
        mean: Mean and interval of one value for each replication.

    Returns:
        The estimate, whose interval is Student's t over replications, and the factor of variance.
    """
    served = replication_means(worth_served, replication)
    difference = served - replication_means(worth_snapshot, replication)
    found = mean(expected + difference)
    factor = variance_reduction(served, difference)
    method = f"exact expected accuracy + (served − snapshot at arrival), {found.method}{factor_text(factor)}"
    return Controlled(replace(found, method=method), factor)


def variance_reduction(plain: Floats, controlled: Floats) -> float:
    """Return var(plain) / var(controlled) over replications; NaN with fewer than two, infinity where none is left."""
    seen = ~np.isnan(plain) & ~np.isnan(controlled)
    if seen.sum() < 2:
        return float("nan")
    before, after = float(plain[seen].var(ddof=1)), float(controlled[seen].var(ddof=1))
    if after == 0:
        return float("inf") if before > 0 else 1.0
    return before / after


def factor_text(factor: float) -> str:
    """Return a factor of variance in words, after what is before it."""
    if np.isnan(factor):
        return ""
    return ", no variance left" if np.isinf(factor) else f", variance / {factor:.3g}"
