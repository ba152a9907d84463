"""Two methods on one question agree, or it is said that they do not."""

import math

import pytest

from simulator.expect.estimate import Estimate
from simulator.expect.tail.cross_check import CrossCheck
from simulator.expect.tail.distribution import LEFT_OUT


def drawn(value, half):
    return Estimate(value, value - half, value + half, 100, "drawn", "failures")


def bounded(value, low, high):
    return Estimate(value, low, high, 9, "head", LEFT_OUT)


EXACT = Estimate(0.5, 0.5, 0.5, 8, "exact")


def test_two_samples_differ_by_so_many_deviations_of_both():
    found = CrossCheck("x", drawn(0.5, 1.96 * 3), drawn(0.5 + 10, 1.96 * 4))
    assert found.z == pytest.approx(-2, rel=1e-3)
    assert found.agrees
    assert found.text() == "agree: z = -2.00, intervals overlap"


def test_far_samples_disagree():
    found = CrossCheck("x", drawn(0.5, 0.01), drawn(0.6, 0.01))
    assert not found.agrees
    assert not found.overlap
    assert found.text().startswith("DISAGREE")


@pytest.mark.parametrize(("value", "z"), [(0.5, 0), (0.55, 0), (0.6, 0.05 * 98), (0.4, -0.1 * 98)])
def test_only_what_is_beyond_the_bounds_counts(value, z):
    sample, head = drawn(value, 0.02), bounded(0.5, 0.5, 0.55)
    assert CrossCheck("x", sample, head).z == pytest.approx(z, rel=1e-3, abs=1e-9)
    assert CrossCheck("x", head, sample).z == pytest.approx(-z, rel=1e-3, abs=1e-9)


def test_exact_numbers_are_the_same_or_not():
    assert CrossCheck("x", EXACT, EXACT).z == 0
    other = CrossCheck("x", EXACT, Estimate(0.6, 0.6, 0.6, 8, "exact"))
    assert math.isinf(other.z)
    assert not other.agrees
    assert CrossCheck("x", EXACT, bounded(0.4, 0.4, 0.6)).agrees
