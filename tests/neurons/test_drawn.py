"""Draws of crashes, what is counted of them, and how estimators are held against them."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from simulator.neurons import tail_bounds
from simulator.neurons.comparison import kendall_tau, pearson, rank_loss, share_beyond
from simulator.neurons.crashes import of_neurons
from simulator.neurons.draws import Coins, side_by_side
from simulator.neurons.estimators.exact import exact
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.estimators.second_order import second_order
from simulator.neurons.losses import LossTail, losses, through_outputs, with_targets
from simulator.neurons.monte_carlo import monte_carlo
from simulator.neurons.tail import DenseTail, dense_tail
from simulator.neurons.watching import Truth, Watch

SIGMAS = 4.5  # two-sided false alarm 7e-6


def dice(seed=1):
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("p", [0.003, 0.1, 0.5])
def test_who_crashes_does_not_depend_on_how_many_patterns_are_asked_for_at_once(p):
    whole, pieces = Coins(13, p, dice()), Coins(13, p, dice())
    assert (whole(4000) == np.concatenate([pieces(n) for n in (1, 2, 997, 0, 3000)])).all()


@pytest.mark.parametrize("p", [0.0, 0.003, 0.15, 0.7, 1.0])
def test_each_unit_crashes_as_often_as_it_should_and_apart_from_its_neighbour(p):
    crashed, count = Coins(5, p, dice(2))(60_000), 60_000
    assert np.abs(crashed.mean(axis=0) - p).max() <= SIGMAS * np.sqrt(p * (1 - p) / count)
    both = (crashed[:, :-1] & crashed[:, 1:]).mean(axis=0)
    assert np.abs(both - p * p).max() <= SIGMAS * np.sqrt(p * p * (1 - p * p) / count) + 1e-12


def test_a_point_keeps_its_crashes_whatever_crashes_beside_it():
    alone = side_by_side([Coins(4, 0.2, dice(5))])(50)
    beside = side_by_side([Coins(4, 0.2, dice(5)), Coins(3, 0.9, dice(6))])(50)
    assert (beside[:, :4] == alone).all()


def test_orders_are_compared_as_scipy_and_a_loop_do():
    a, b = dice(3).integers(0, 6, 40).astype(float), dice(4).integers(0, 6, 40).astype(float)
    assert kendall_tau(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)
    assert pearson(a, b) == pytest.approx(stats.pearsonr(a, b).statistic)
    order = b[np.argsort(a, kind="stable")]
    wrong = sum(order[i] >= order[j] for i in range(40) for j in range(i + 1, 40))
    assert rank_loss(a, b) == pytest.approx(wrong / (40 * 39 / 2))
    assert np.isnan(kendall_tau(np.ones(5), np.arange(5.0)))


def test_only_what_draws_cannot_explain_is_beyond_a_bound():
    assert share_beyond(np.array([1.0, 1.5]), np.array([0.1, 0.1]), np.array([0.99, 1.0])) == 0.5


def small_tail():
    numbers = dice(7)
    kernels = [numbers.normal(size=size) for size in ((4, 3), (3, 2))]
    return DenseTail(tuple(kernels), (numbers.normal(size=3), numbers.normal(size=2)), "sigmoid")


def probabilities(tail):
    """Make the outputs of a tail look like probabilities: positive, away from 0."""
    tail.kernels[-1][:] = np.abs(tail.kernels[-1]) * 0.2
    tail.biases[-1][:] = 0.3
    return tail


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_derivatives_of_the_loss_are_those_of_finite_differences(loss):
    tail = LossTail(probabilities(small_tail()), 2, loss)
    at = np.concatenate([dice(8).random((3, 4)), np.eye(2)[[0, 1, 0]]], axis=1)
    direction, one, step = np.concatenate([dice(9).random((3, 4)), np.zeros((3, 2))], axis=1), np.ones((3, 1)), 1e-4
    up, here, down = (tail.outputs(at + k * step * direction)[:, 0] for k in (1, 0, -1))
    slope = (tail.gradient(at, one) * direction).sum(axis=1)
    bend = (tail.curvature(at, one, direction) * direction).sum(axis=1)
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5)
    assert bend == pytest.approx((up - 2 * here + down) / step**2, rel=1e-4, abs=1e-6)


def test_the_squared_loss_follows_from_mean_and_variance_of_the_outputs_exactly():
    tail, at = small_tail(), dice(10).random((3, 4))
    targets, crashes = dice(11).random((3, 2)), of_neurons(4, 0.2)
    of_loss = exact(LossTail(tail, 2, "squared"), *with_targets(at, crashes, targets))
    by_outputs = through_outputs(tail.outputs(at), targets, "squared", exact(tail, at, crashes))
    assert by_outputs.mean == pytest.approx(of_loss.mean)


def test_near_a_minimum_first_order_sees_no_loss_and_second_order_does():
    tail, at, crashes = dense_tail([np.ones((4, 1))]), np.ones((1, 4)), of_neurons(4, 0.1)
    rows, units = with_targets(at, crashes, np.full((1, 1), 4.0))  # the target is met: the slope of the loss is 0
    loss = LossTail(tail, 1, "squared")
    assert first_order(loss, rows, units).mean.item() == pytest.approx(0)
    assert second_order(loss, rows, units).mean.item() == pytest.approx(exact(loss, rows, units).mean.item())
    assert exact(loss, rows, units).mean.item() == pytest.approx(0.52)  # 4 pq + (4 p)^2


def test_what_is_counted_is_what_a_plain_loop_counts():
    tail, at, crashes = small_tail(), dice(12).random((5, 4)), of_neurons(4, 0.3)
    labels, correct = np.array([0, 1, 0, 1, 1]), small_tail().outputs(at)
    watch = Watch(correct, Truth(np.eye(2)[labels], "squared", labels), (0.05, 0.2))
    shown = []
    monte_carlo(tail, at, crashes, 300, Coins(4, 0.3, dice(13)), lambda errors: (watch(errors), shown.append(errors)))
    errors = np.concatenate(shown)
    outputs = errors + correct
    assert watch.score / 300 == pytest.approx((outputs.argmax(axis=2) == labels).mean(axis=0))
    assert (errors <= -0.05).any()  # which is not counted
    for place, level in enumerate((0.05, 0.2)):
        assert watch.frequency[place] == pytest.approx((errors >= level).mean(axis=0))
    change = losses(outputs, np.eye(2)[labels], "squared") - losses(correct, np.eye(2)[labels], "squared")
    assert watch.losses.moments().mean[:, 0] == pytest.approx(change.mean(axis=0))
    assert watch.losses.moments().variance[:, 0] == pytest.approx(change.var(axis=0, ddof=1))
    assert watch.counts.sum() == errors.size


@pytest.mark.parametrize("seed", range(6))
def test_hoeffding_and_chernoff_are_above_the_exact_probability(seed):
    numbers = dice(seed)
    reach, p, units = numbers.random((2, 8)) ** 3, numbers.uniform(0.01, 0.4, 8), 8
    patterns = np.array(list(product([0, 1], repeat=units)))
    chance = np.where(patterns, p, 1 - p).prod(axis=1)
    for level in np.linspace(0.05, 1.1 * reach.sum(axis=1).max(), 25):
        truth = (chance * (reach @ patterns.T >= level)).sum(axis=1)
        for bound in (tail_bounds.weighted_hoeffding, tail_bounds.weighted_chernoff):
            assert (bound(reach, p, float(level)) >= truth - 1e-12).all(), (bound, level)


def test_chernoff_of_equal_weights_is_that_of_a_coin():
    bound = tail_bounds.weighted_chernoff(np.full(50, 2.0), np.full(50, 0.1), 30.0)
    assert float(bound) == pytest.approx(tail_bounds.chernoff_kl(50, 0.3, 0.1))
