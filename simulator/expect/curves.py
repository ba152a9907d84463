"""Curves: accuracy against failure probability and over time, and the distribution of latency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.delivered import Delivered
from simulator.expect.clusters import cluster_mean, ratio
from simulator.expect.curve import Curve
from simulator.expect.exact import Patterns, Worth
from simulator.expect.student import columns, method_text
from simulator.expect.timed import Requests
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
MS_NS = 1_000_000
BULK = 0.999


def accuracy_vs_failure(
    patterns: Patterns, delivery_of_pattern: Sequence[int], correct: Worth, probabilities: Floats,
    groups: NDArray[np.generic] | None = None, bounds: tuple[float, float] = (0.0, 1.0),
) -> Curve:
    """Return the expected accuracy when every component that can fail is down with probability p, independently.

    Args:
        patterns: All patterns; their own probabilities are not used.
        delivery_of_pattern: The delivery of each pattern.
        correct: Worth of a delivery for each test sample, shape ``(samples,)``; NaN for the empty delivery leaves
            requests without an answer out.
        probabilities: The values of p, shape ``(points,)``.
        groups: The cluster of each test sample; the band covers the finite test set.
        bounds: The lowest and the highest mean worth that there can be.
    """
    count = len(patterns.components)
    downs = count - patterns.up.sum(axis=1)
    delivered = Delivered.of(delivery_of_pattern)
    cell = delivered.places * (count + 1) + downs
    tally = np.bincount(cell, minlength=len(delivered.distinct) * (count + 1)).reshape(-1, count + 1)
    p = probabilities[:, np.newaxis]
    chances = tally @ (p ** np.arange(count + 1) * (1 - p) ** (count - np.arange(count + 1))).T
    sums, counted = np.zeros((len(p), 1)), np.zeros((len(p), 1))
    for delivery, chance in zip(delivered.distinct, chances, strict=True):
        worth = np.asarray(correct(delivery), dtype=np.float64)
        if not np.isnan(worth).any():
            sums = sums + chance[:, np.newaxis] * worth
            counted += chance[:, np.newaxis]
    by_sample = np.divide(sums, counted, out=np.full_like(sums, np.nan), where=counted > 0)
    found = [cluster_mean(row, groups) for row in by_sample]
    low = np.clip([estimate.low for estimate in found], *bounds)
    high = np.clip([estimate.high for estimate in found], *bounds)
    method = f"exact over {len(patterns.up)} patterns, {found[0].method}"
    return _curve(probabilities, np.array([estimate.value for estimate in found]), (low, high),
                  ("failure probability p", "expected accuracy", method))


def accuracy_vs_failure_from_table(patterns: Patterns, accuracy: Floats, probabilities: Floats) -> Curve:
    """Return the same where each pattern's accuracy is given; without a band."""
    downs = (~patterns.up).sum(axis=1)
    p = probabilities[:, np.newaxis]
    value = (p**downs * (1 - p) ** (len(patterns.components) - downs)) @ accuracy
    method = f"exact over {len(patterns.up)} patterns, outcomes from a table"
    return _curve(probabilities, value, (value, value), ("failure probability p", "expected accuracy", method))


def accuracy_over_time(requests: Requests, bins: int, span_ns: int) -> Curve:
    """Return the served accuracy of the requests born in each of ``bins`` equal slices of [0, span).

    Every slice pools the requests of all replications; the band is a t-interval over replications. What is born at or
    after the span counts to the last slice; a slice without requests is NaN.
    """
    slices = np.minimum(requests.arrival_ns * bins // max(1, span_ns), bins - 1).astype(np.int64)
    runs, run = np.unique(requests.replication, return_inverse=True)
    kept = ~np.isnan(requests.worth)
    cell = (run.reshape(-1) * bins + slices)[kept]
    sums: Floats = np.bincount(cell, requests.worth[kept], len(runs) * bins).astype(np.float64)
    counts: Floats = np.bincount(cell, minlength=len(runs) * bins).astype(np.float64)
    found = [ratio(sums[place::bins], counts[place::bins]) for place in range(bins)]
    value, half = np.array([one.value for one in found]), np.array([one.half_width for one in found])
    centres = (np.arange(bins) + 0.5) * span_ns / bins / SECOND_NS
    method = f"mean over {bins} slices of time, {method_text(len(runs))}"
    return _curve(centres, value, (np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)),
                  ("time (s)", "served accuracy", method))


def latency_curve(requests: Requests, points: int = 201) -> Curve:
    """Return the share of all arrivals that were answered within t, for t in milliseconds; band over replications.

    The grid is even up to where 99.9 % of the answers are in, and ends at the last answer.
    """
    return _share_within(requests, requests.answered, "share of arrivals", points)


def accuracy_vs_deadline(requests: Requests, points: int = 201) -> Curve:
    """Return P(answered correctly within d), over all arrivals, for each deadline d in milliseconds; band as above.

    It is what the on-time accuracy would be under other deadlines, if nothing but the judgement depended on them.
    """
    return _share_within(requests, requests.correct, "share of arrivals answered correctly", points)


def _share_within(requests: Requests, counted: NDArray[np.bool_], label: str, points: int) -> Curve:
    """Return the share of all arrivals that are counted and ended within t."""
    latency_ms = (requests.end_ns - requests.arrival_ns) / MS_NS
    seen = latency_ms[counted]
    if len(seen):
        grid = np.append(np.linspace(0, np.quantile(seen, BULK), points - 1), seen.max())
    else:
        grid = np.array([0.0, 1.0])
    shares = []
    for replication in np.unique(requests.replication):
        mine = requests.replication == replication
        within = np.sort(latency_ms[mine & counted])
        shares.append(np.searchsorted(within, grid, side="right") / mine.sum())
    value, half = columns(np.array(shares).reshape(len(shares), len(grid)))
    return _curve(grid, value, (np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)),
                  ("time (ms)", label, method_text(len(shares))))


def _curve(x: Floats, value: Floats, band: tuple[Floats, Floats], words: tuple[str, str, str]) -> Curve:
    low, high = band
    return Curve(tuple(x.tolist()), tuple(value.tolist()), tuple(low.tolist()), tuple(high.tolist()), *words)
