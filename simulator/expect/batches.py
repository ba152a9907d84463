"""Batch means: an interval from one single long run.

The run is cut into as few long batches of equal numbers of requests as an interval can do with, so that what happens in
one batch hardly depends on the one before; what dependence is left is seen as the correlation of neighbouring batches,
and the variance is raised by (1 + r) / (1 - r), as in Skart (Tafazzoli, Steiger and Wilson, 2011).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.expect.cycles import ENOUGH_CYCLES
from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean
from simulator.failures.process import Timeline

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
BATCHES = 10
FEWEST_REQUESTS = 100  # of a batch
MOST_CORRELATED = 0.8


def batches(requests: int) -> Ints | None:
    """Return the batch of each request of one run, in the order of their births; None where there are too few.

    >>> batches(1000)[[0, 99, 100, 999]].tolist()
    [0, 0, 1, 9]
    """
    if requests < BATCHES * FEWEST_REQUESTS:
        return None
    return np.arange(requests) * BATCHES // requests


def failure_cycles(timeline: Timeline | None, names: frozenset[str], until_ns: int) -> int | None:
    """Return at how many instants up to the end some of these components crashed; None where none of them can fail."""
    if timeline is None:
        return None
    crashes = [crash for name, crash in zip(timeline.components, timeline.crash_ns, strict=True) if name in names]
    has_coins = timeline.coins is not None and not timeline.coins.all()
    if not any(len(crash) for crash in crashes):
        return None if has_coins or not crashes else 0
    instants = np.unique(np.concatenate(crashes))
    return int(((instants >= 0) & (instants <= until_ns)).sum())


def has_enough(cycles: int | None) -> bool:
    """Return whether batches may stand for replications: nothing fails in time, or it did so often enough."""
    return cycles is None or cycles >= ENOUGH_CYCLES


def batch_mean(values: Floats, uncertainty: str = "failures") -> Estimate:
    """Return the mean of one value for each batch of a run, with its 95 % interval.

    Args:
        values: Shape ``(batches,)``, in order; NaN (a batch that saw nothing) is left out.
        uncertainty: What the interval covers.
    """
    seen = values[~np.isnan(values)]
    found = student_mean(seen, uncertainty)
    method = f"batch means over {len(seen)} batches of one run"
    if len(seen) < 3 or not seen.std():
        return replace(found, method=method)
    r = correlation(seen)
    factor = float(np.sqrt((1 + r) / (1 - r)))
    half = (found.high - found.low) / 2 * factor
    told = f", widened by {factor:.2g} for their correlation" if r else ""
    return replace(found, low=found.value - half, high=found.value + half, method=method + told)


def correlation(values: Floats) -> float:
    """Return the correlation of neighbours, with its bias of -1/n taken off, between 0 and 0.8."""
    off = values - values.mean()
    r = float((off[1:] * off[:-1]).sum() / (off**2).sum()) + 1 / len(values)
    return min(max(r, 0.0), MOST_CORRELATED)
