"""Rank correlations against scipy, and their intervals over redrawn test sets."""

import numpy as np
import pytest
from scipy import stats

from simulator.expect.rankings import agreement, kendall, ranks, redraws, spearman


@pytest.mark.parametrize("ties", [False, True])
def test_both_coefficients_are_those_of_scipy(ties):
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = rng.normal(size=(2, 9))
        if ties:
            one, other = one.round(0), other.round(0)
        assert float(spearman(one, other)) == pytest.approx(stats.spearmanr(one, other).statistic)
        assert float(kendall(one, other)) == pytest.approx(stats.kendalltau(one, other).statistic)
        assert ranks(one).tolist() == stats.rankdata(one).tolist()


def test_many_rankings_at_once_are_each_alone():
    one, other = np.random.default_rng(2).normal(size=(2, 5, 6))
    for measure in (spearman, kendall):
        assert measure(one, other) == pytest.approx([float(measure(a, b)) for a, b in zip(one, other, strict=True)])


def test_a_ranking_without_two_different_values_has_no_coefficient():
    assert np.isnan(spearman(np.ones(3), np.arange(3.0)))
    assert np.isnan(kendall(np.ones(3), np.arange(3.0)))
    found = agreement(np.ones(1), np.ones(1))
    assert np.isnan([found.spearman, found.kendall, *found.spearman_interval]).all()


def test_an_interval_holds_the_middle_of_the_redrawn_coefficients():
    rng = np.random.default_rng(3)
    exact = np.arange(5.0)
    again = exact + rng.normal(size=(400, 5))
    found = agreement(exact, exact, (again, np.broadcast_to(exact, again.shape)))
    every = np.sort(spearman(again, np.broadcast_to(exact, again.shape)))
    assert (found.spearman, found.kendall, found.is_first_same) == (1, 1, True)
    assert found.spearman_interval == pytest.approx((every[9:12].mean(), every[-1]), abs=0.06)
    assert found.kendall_interval[0] < 1


def test_redrawn_test_sets_have_as_many_clusters():
    draws = redraws(7, 50, np.random.default_rng(4))
    assert draws.shape == (50, 7)
    assert draws.sum(axis=1).tolist() == [7] * 50
    assert redraws(1, 50, np.random.default_rng(4)) is None
