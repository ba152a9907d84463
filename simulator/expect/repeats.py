"""The mean over repeats with other training seeds: training and the finite test set, apart and together.

A repeat is one training of the same model. Where all repeats are judged on one test set, two things make their mean
uncertain: which seeds were drawn (Student's t over the repeats) and which test samples (the clustered interval of the
mean over the repeats). Both are independent, so their variances add, with Satterthwaite's degrees of freedom
(Biometrics Bulletin 2, 1946). What a seed does to single samples is in both, so the interval covers rather more than
95 % where that is most of it. Where every repeat holds out other samples, the spread over repeats has both in it
already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import degrees_of_freedom, ratio
from simulator.expect.estimate import Estimate
from simulator.expect.student import quantile, student_mean

Floats = NDArray[np.float64]
TRAINING, TEST, BOTH = "training seed", "test set", "training seed and test set"


@dataclass(frozen=True)
class Clusters:
    """A cell's test set in clusters: samples and sum of worth of each, shapes ``(clusters,)``."""

    samples: Floats
    worth: Floats

    def minus(self, other: Clusters) -> Clusters:
        """Return the difference of two cells on the same test set, cluster by cluster."""
        return Clusters(self.samples, self.worth - other.worth)


@dataclass(frozen=True)
class Repeated:
    """A mean over repeats.

    Args:
        estimate: The mean with the interval that covers all that is known to be uncertain.
        deviation: Standard deviation over the repeats (divisor n - 1); NaN with one repeat.
        training: The mean with its interval over training seeds alone.
        test: The mean with its interval over the test set alone; None where it cannot be told apart.
    """

    estimate: Estimate
    deviation: float
    training: Estimate
    test: Estimate | None


def over_repeats(values: Floats, clusters: Sequence[Clusters] = (), *, is_one_test_set: bool = True) -> Repeated:
    """Return the mean over repeats.

    Args:
        values: One for each repeat, shape ``(repeats,)``, without NaN.
        clusters: The clusters of each repeat, where they are known and the test set is the same.
        is_one_test_set: Whether all repeats are judged on the same samples.
    """
    known = len(values)
    deviation = float(values.std(ddof=1)) if known > 1 else float("nan")
    training = student_mean(values, TRAINING if is_one_test_set else BOTH)
    if not is_one_test_set or len(clusters) != known or not _agree(clusters):
        return Repeated(training, deviation, training, None)
    samples, worth = clusters[0].samples, np.mean([each.worth for each in clusters], axis=0)
    found = ratio(worth, samples)
    of_mean = f" of the mean over {known} repeats" if known > 1 else ""
    method = f"t-interval over {found.clusters} clusters{of_mean}"
    test = Estimate(found.value, found.value - found.half_width, found.value + found.half_width, found.clusters, method,
                    TEST)
    both = _together(training, test, deviation, samples) if known > 1 else test
    return Repeated(both, deviation, training, test)


def _agree(clusters: Sequence[Clusters]) -> bool:
    return all(np.array_equal(each.samples, clusters[0].samples) for each in clusters)


def _together(training: Estimate, test: Estimate, deviation: float, samples: Floats) -> Estimate:
    """Return the mean with the interval of both uncertainties; the test set's alone where it is not known."""
    repeats = training.samples
    if np.isnan(test.high):
        return training
    freedom = degrees_of_freedom(samples[samples > 0] / samples.sum())
    of_seeds = deviation**2 / repeats
    of_test = ((test.high - test.value) / quantile(freedom)) ** 2
    variance = of_seeds + of_test
    if variance == 0:
        return Estimate(training.value, training.value, training.value, repeats, training.method, BOTH)
    together = variance**2 / (of_seeds**2 / (repeats - 1) + of_test**2 / freedom)
    half = quantile(together) * float(np.sqrt(variance))
    method = f"t-interval over {repeats} repeats and {test.samples} clusters, {together:.1f} degrees of freedom"
    return Estimate(training.value, training.value - half, training.value + half, repeats, method, BOTH)
