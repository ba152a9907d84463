"""Slopes on logarithmic scales and coefficients over cells: known values, and intervals that cover."""

import numpy as np
import pytest

from simulator.expect.trends import foretells, pearson, rank_loss, slope, slope_over_repeats
from simulator.seeds import stream

X = np.array([50.0, 100.0, 200.0, 400.0])
TRIALS = 1000


def assert_covers(covered, *, at_least=0.93, at_most=0.97):
    # 1,000 trials of 95 %: 3 standard errors are 2.1 %
    assert at_least <= np.mean(covered) <= at_most


def test_a_power_law_has_its_power_as_slope():
    assert slope(X, 3 * X**-1.06) == pytest.approx(-1.06)
    found = slope_over_repeats(X, np.array([2 * X**-0.5, 7 * X**-0.5, X**-0.5]))
    assert (found.value, found.low, found.high) == pytest.approx((-0.5, -0.5, -0.5))


def test_the_interval_over_repeats_covers_a_known_slope_though_points_of_a_repeat_share_a_shift():
    dice, covered = stream(3, 0, "", "test"), []
    for _ in range(TRIALS):
        shifts = dice.normal(size=(5, 1)) + 0.3 * dice.normal(size=(5, 4))
        found = slope_over_repeats(X, np.exp(-1.06 * np.log(X) + shifts))
        covered.append(found.low <= -1.06 <= found.high)
    assert_covers(covered)


def test_without_repeats_the_scatter_about_the_line_gives_an_interval_that_covers():
    dice, covered = stream(4, 0, "", "test"), []
    for _ in range(TRIALS):
        found = slope_over_repeats(X, np.exp(-1.06 * np.log(X) + 0.2 * dice.normal(size=(1, 4))))
        covered.append(found.low <= -1.06 <= found.high)
    assert_covers(covered)


def test_values_that_are_not_positive_have_no_slope():
    found = slope_over_repeats(X, np.array([[1.0, 2.0, 0.0, 4.0]]))
    assert np.isnan(found.value)
    assert "not all values are positive" in found.method


def test_two_points_have_a_slope_and_no_interval():
    found = slope_over_repeats(X[:2], np.array([[2.0, 1.0]]))
    assert found.value == pytest.approx(-1)
    assert np.isnan(found.low)


def test_pairs_with_one_truth_are_not_asked_and_ties_of_what_is_told_are_errors():
    truth = np.array([0.0, 0.0, 1.0, 1.0])
    assert rank_loss(np.array([5.0, 1.0, 7.0, 6.0]), truth) == 0
    assert rank_loss(np.array([5.0, 5.0, 5.0, 6.0]), truth) == 0.5
    assert np.isnan(rank_loss(np.array([5.0, 1.0]), np.array([1.0, 1.0])))


def test_coefficients_are_those_of_the_brute_force():
    dice = stream(5, 0, "", "test")
    told, truth = dice.normal(size=(5, 4)), dice.normal(size=(5, 4))
    found = foretells(told, truth)
    pairs = [(a, b) for a in range(20) for b in range(a)]
    x, y = told.reshape(-1), truth.reshape(-1)
    wrong = np.mean([(x[a] - x[b]) * (y[a] - y[b]) <= 0 for a, b in pairs])
    assert found["pearson"].value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found["rank_loss"].value == pytest.approx(wrong)
    assert found["kendall"].value == pytest.approx(1 - 2 * wrong)
    assert pearson(x, np.ones(20)) != pearson(x, np.ones(20))  # NaN: nothing varies


def test_the_jackknife_over_repeats_covers_a_known_correlation():
    dice, covered, rho = stream(6, 0, "", "test"), [], 0.8
    for _ in range(TRIALS // 2):
        both = dice.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=(10, 4))
        found = foretells(both[..., 0], both[..., 1])["pearson"]
        covered.append(found.low <= rho <= found.high)
    # 500 trials: 3 standard errors are 2.9 %
    assert_covers(covered, at_least=0.92, at_most=0.98)


def test_a_perfect_foretelling_has_no_interval_to_speak_of():
    x = np.arange(20.0).reshape(5, 4)
    found = foretells(x, x)
    assert (found["rank_loss"].value, found["rank_loss"].high) == (0, 0)
    assert found["kendall"].low == 1
