"""Accuracy against failure probability is the exact expectation at each p."""

import numpy as np
import pytest

from simulator.expect.curves import accuracy_vs_failure, accuracy_vs_failure_from_table
from simulator.expect.exact import enumerate_patterns, expected_accuracy
from simulator.failures.bernoulli import Bernoulli
from tests.expect.test_exact import NAMES, SAMPLES, SURVIVAL, chain, skipping, worths

P = np.linspace(0, 1, 11)
GROUPS = np.repeat(np.arange(10), SAMPLES // 10)


@pytest.mark.parametrize("reach", [chain, skipping])
@pytest.mark.parametrize("guess", [0.2, np.nan])
def test_each_point_is_the_exact_expectation_at_that_p(reach, guess):
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    deliveries = [reach(down) for down in patterns.down()]
    curve = accuracy_vs_failure(patterns, deliveries, worths(guess=guess), P, GROUPS)
    assert curve.x == tuple(P)
    for point, p in enumerate(P):
        alike = enumerate_patterns(Bernoulli(NAMES, (1 - p,) * 4), 20)
        found = expected_accuracy(alike.probability, deliveries, worths(guess=guess), GROUPS).expected_accuracy
        expected = (found.value, found.low, found.high)
        assert (curve.value[point], curve.low[point], curve.high[point]) == pytest.approx(expected, nan_ok=True)
    assert "10 clusters" in curve.method


def test_nothing_fails_at_0_and_everything_at_1():
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    curve = accuracy_vs_failure(patterns, [skipping(down) for down in patterns.down()], worths(), P)
    assert curve.value[0] == pytest.approx(worths()(1).mean())
    assert curve.value[-1] == pytest.approx(1 / 7)


def test_a_table_gives_the_same_curve_without_a_band():
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    deliveries = [skipping(down) for down in patterns.down()]
    accuracy = np.array([worths()(delivery).mean() for delivery in deliveries])
    table = accuracy_vs_failure_from_table(patterns, accuracy, P)
    assert table.value == pytest.approx(accuracy_vs_failure(patterns, deliveries, worths(), P).value)
    assert table.low == table.high == table.value
