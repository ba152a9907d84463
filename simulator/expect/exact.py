"""Exact expectations: all patterns, weighted by the law that the failure process states."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.bit_planes import enumerated, unpacked, word_count
from simulator.dataflow.delivered import Delivered
from simulator.dataflow.graph import EMPTY
from simulator.errors import Problem, ScenarioError
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import cluster_mean, exactly, within
from simulator.failures.process import FailureProcess, Up

Floats = NDArray[np.float64]
Worth = Callable[[int], Floats]
MASS_TOLERANCE = 1e-9
AT_ONCE = 1 << 14  # patterns whose probabilities are worked out together


@dataclass(frozen=True)
class Patterns:
    """All patterns of what can fail; in row r component c is down iff bit c of r is set, so row 0 is all up.

    Args:
        components: Names of what can fail.
        up: Who is up, shape ``(patterns, components)``.
        probability: Of each pattern, shape ``(patterns,)``; sums to 1.
    """

    components: tuple[str, ...]
    up: Up
    probability: Floats

    def possible(self) -> Patterns:
        """Return those that can be, and the first."""
        kept = self.probability > 0
        kept[:1] = True
        return replace(self, up=self.up[kept], probability=self.probability[kept])

    def among(self, count: int) -> Patterns:
        """Return the patterns of the first so many components, with all others up; probabilities are of those too."""
        rows = 1 << count
        return Patterns(self.components[:count], self.up[:rows, :count], self.probability[:rows])

    def down(self) -> list[frozenset[str]]:
        """Return the names of what is down, pattern by pattern."""
        return [frozenset(name for name, is_up in zip(self.components, row, strict=True) if not is_up)
                for row in self.up.tolist()]


def too_many(count: int, most: int, asked_by: str) -> Problem | None:
    """Return what is wrong where more components can fail than all patterns are listed of, else None."""
    if count <= most:
        return None
    return Problem(f"measure.{asked_by}", f"{count} components can fail, which makes {2**count:,} patterns",
                   f"let at most {most} fail (give the others survival 1), raise max_components (at most 24), "
                   "or measure 'timed' only")


def enumerate_patterns(
    process: FailureProcess, max_components: int, asked_by: str = "expected_accuracy"
) -> Patterns:
    """Return all 2^components patterns of a process with their probabilities.

    Args:
        process: What can fail.
        max_components: The most that may be able to.
        asked_by: The measure that asks, for the error.

    Raises:
        ScenarioError: more than ``max_components`` can fail.
        NoLaw: the process does not state the probability of a pattern.
    """
    count = len(process.components)
    if problem := too_many(count, max_components, asked_by):
        raise ScenarioError(problem)
    up = unpacked(enumerated(count, 0, word_count(2**count)), 2**count)
    probability = np.empty(2**count)
    for begin in range(0, 2**count, AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        probability[rows] = np.exp(process.log_probability(np.ascontiguousarray(up[rows])))
    if abs(mass := float(probability.sum()) - 1) > MASS_TOLERANCE:
        raise ArithmeticError(f"the probabilities of all {2**count} patterns sum to 1 {mass:+.3g}")
    return Patterns(process.components, up, probability)


@dataclass(frozen=True)
class ExactExpectation:
    """Accuracy expected over all patterns.

    Args:
        expected_accuracy: sum of P(pattern) x accuracy; its interval covers the finite test set.
        all_up_accuracy: Accuracy when nothing is down.
        no_information_flow: P(no answer); NaN where the patterns' deliveries are not known.
        deliveries: Rows (delivery, probability, accuracy), the most probable first.
        by_sample: Expected worth of each test sample, for paired differences; empty for outcomes from a table.
    """

    expected_accuracy: Estimate
    all_up_accuracy: Estimate
    no_information_flow: Estimate
    deliveries: tuple[dict[str, float | int], ...]
    by_sample: Floats


def expected_accuracy(
    probability: Floats, delivery_of_pattern: Sequence[int], correct: Worth, groups: NDArray[np.generic] | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> ExactExpectation:
    """Return the expected accuracy over all patterns.

    Args:
        probability: P(pattern), shape ``(patterns,)``; the first pattern is all up.
        delivery_of_pattern: The delivery of each pattern.
        correct: Worth of a delivery for each test sample, shape ``(samples,)``: 1 right, 0 wrong, the worth of no
            answer for the empty delivery; NaN there when requests without an answer are left out, and then the
            expectation is that of a request that is answered.
        groups: The cluster of each test sample; None: each is its own.
        bounds: The lowest and the highest mean worth that there can be.
    """
    chances = probability_of_deliveries(probability, delivery_of_pattern)
    by_sample: Floats = np.zeros(0)
    counted, rows = 0.0, []
    for delivery, chance in chances.items():
        worth = np.asarray(correct(delivery), dtype=np.float64)
        rows.append({"delivery": delivery, "probability": chance, "accuracy": float(worth.mean())})
        if not np.isnan(worth).any():
            by_sample = chance * worth + (by_sample if len(by_sample) else 0.0)
            counted += chance
    by_sample = by_sample / counted if counted > 0 else np.full(len(worth), np.nan)
    patterns = f"exact over {len(probability)} patterns"
    all_up = np.asarray(correct(delivery_of_pattern[0]), dtype=np.float64)
    return ExactExpectation(
        _over_test_set(by_sample, groups, f"{patterns}, ", bounds), _over_test_set(all_up, groups, "", bounds),
        exactly(chances.get(EMPTY, 0.0), len(probability), patterns), _most_probable_first(rows), by_sample)


def expected_from_table(
    probability: Floats, accuracy: Floats, delivery_of_pattern: Sequence[int] | None = None,
    source: str = "outcomes from a table",
) -> ExactExpectation:
    """Return the expected accuracy where each pattern's accuracy is given; how sure that is, is not known.

    Args:
        probability: P(pattern), shape ``(patterns,)``; the first pattern is all up.
        accuracy: Of each pattern, shape ``(patterns,)``.
        delivery_of_pattern: The delivery of each pattern, None where it is not known.
        source: Where the accuracies come from, in words.
    """
    patterns = f"exact over {len(probability)} patterns"
    no_flow, rows = math.nan, []
    if delivery_of_pattern is not None:
        chances = probability_of_deliveries(probability, delivery_of_pattern)
        mean = probability_of_deliveries(probability * accuracy, delivery_of_pattern)
        no_flow = chances.get(EMPTY, 0.0)
        rows = [{"delivery": delivery, "probability": chance,
                 "accuracy": mean[delivery] / chance if chance else math.nan} for delivery, chance in chances.items()]
    value = exactly(math.fsum(probability * accuracy), len(probability), f"{patterns}, {source}")
    all_up = exactly(accuracy[0], 1, source.removeprefix("outcomes "))
    no_answer = exactly(no_flow, len(probability), patterns)
    return ExactExpectation(value, all_up, no_answer, _most_probable_first(rows), np.zeros(0))


def probability_of_deliveries(weight: Floats, delivery_of_pattern: Sequence[int]) -> dict[int, float]:
    """Return the sum of the patterns' weights for each distinct delivery, in order of first appearance."""
    delivered = Delivered.of(delivery_of_pattern)
    sums = np.bincount(delivered.places, weight, len(delivered.distinct))
    return dict(zip(delivered.distinct, sums.tolist(), strict=True))


def _over_test_set(
    by_sample: Floats, groups: NDArray[np.generic] | None, prefix: str, bounds: tuple[float, float]
) -> Estimate:
    found = cluster_mean(by_sample, groups)
    return within(replace(found, method=f"{prefix}{found.method}"), *bounds)


def _most_probable_first(rows: list[dict[str, float | int]]) -> tuple[dict[str, float | int], ...]:
    return tuple(sorted(rows, key=lambda row: -row["probability"]))
