"""What each single failure costs: the accuracy of the patterns in which exactly one component is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.exact import Patterns, Worth
from simulator.expect.intervals import cluster_mean, within


def individual_failures(
    patterns: Patterns, delivery_of_pattern: Sequence[int], correct: Worth, groups: NDArray[np.generic] | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> list[dict[str, Any]]:
    """Return a row for each component that can fail: ``down, probability, delivery, accuracy, low, high``.

    ``probability`` is that of exactly this component being down, ``delivery`` what is answered then, and the interval
    covers the finite test set.

    Args:
        patterns: All patterns; pattern number ``1 << i`` is the one in which only component i is down.
        delivery_of_pattern: The delivery of each pattern.
        correct: Worth of a delivery for each test sample.
        groups: The cluster of each test sample; None: each is its own.
        bounds: The lowest and the highest mean worth that there can be.
    """
    rows = []
    for place, name in enumerate(patterns.components):
        only = 1 << place
        found = within(cluster_mean(correct(delivery_of_pattern[only]), groups), *bounds)
        rows.append({"down": name, "probability": float(patterns.probability[only]),
                     "delivery": delivery_of_pattern[only], "accuracy": found.value, "low": found.low,
                     "high": found.high})
    return rows


def individual_failures_from_table(patterns: Patterns, accuracy: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the same rows where each pattern's accuracy is given; there is no delivery and no interval."""
    chosen = {name: 1 << place for place, name in enumerate(patterns.components)}
    return [{"down": name, "probability": float(patterns.probability[only]), "accuracy": float(accuracy[only])}
            for name, only in chosen.items()]


def worth_by_cluster(by_sample: NDArray[np.float64], groups: NDArray[np.generic]) -> Mapping[str, list[float]]:
    """Return the number of samples and the sum of their expected worth in each cluster, in the order of the clusters.

    From these the clustered interval of any mean or paired difference of cells on the same test set can be found.

    >>> worth_by_cluster(np.array([1.0, 0.5, 0.25]), np.array([2, 1, 2]))
    {'samples': [1.0, 2.0], 'worth': [0.5, 1.25]}
    """
    _, place = np.unique(groups, return_inverse=True)
    place = place.reshape(-1)
    samples, worth = np.bincount(place), np.bincount(place, by_sample)
    return {"samples": samples.astype(float).tolist(), "worth": np.round(worth, 6).tolist()}
