"""Worths of members of a coalition: against their definitions, and the identities that they are known for."""

from itertools import combinations, permutations

import numpy as np
import pytest

from simulator.expect.coalitions import (
    chain_weights,
    chains,
    coalitions_along,
    interaction_weights,
    kendall_tau,
    measure_weights,
    pairs_of,
)
from simulator.expect.transforms import moebius, sizes, sums_of_members

each_size = pytest.mark.parametrize("members", [1, 2, 3, 5])


def table(members, seed=1):
    return np.random.default_rng(seed).normal(size=1 << members)


def by_orders(values, members):
    """The mean joining value over all orders."""
    found, orders = np.zeros(members), list(permutations(range(members)))
    for order in orders:
        along = coalitions_along(order)
        for member, before, after in zip(order, along, along[1:], strict=False):
            found[member] += (values[after] - values[before]) / len(orders)
    return found


@each_size
def test_shapley_is_the_mean_over_all_orders(members):
    values = table(members)
    assert measure_weights(members)["shapley"] @ values == pytest.approx(by_orders(values, members))


@each_size
def test_shapley_and_interactions_are_shares_of_the_moebius_transform(members):
    values = table(members)
    shares = moebius(values[::-1].copy())
    size = sizes(members)
    assert measure_weights(members)["shapley"] @ values == pytest.approx(sums_of_members(shares / np.maximum(size, 1)))
    rows = np.arange(1 << members)
    both = [(rows >> i & 1 == 1) & (rows >> j & 1 == 1) for i, j in pairs_of(members)]
    expected = [(shares[kept] / (size[kept] - 1)).sum() for kept in both]
    assert interaction_weights(members) @ values == pytest.approx(np.array(expected))


@each_size
def test_shapley_shares_out_all_that_there_is(members):
    values = table(members)
    assert (measure_weights(members)["shapley"] @ values).sum() == pytest.approx(values[-1] - values[0])


def test_banzhaf_removal_and_addition_are_what_they_say():
    values, weights = table(3), measure_weights(3)
    joins = [values[rest | 2] - values[rest] for rest in (0, 1, 4, 5)]
    assert (weights["banzhaf"] @ values)[1] == pytest.approx(np.mean(joins))
    assert (weights["removal"] @ values)[1] == pytest.approx(values[7] - values[5])
    assert (weights["addition"] @ values)[1] == pytest.approx(values[2] - values[0])


def test_a_member_that_changes_nothing_is_worth_nothing_and_equals_are_worth_the_same():
    without = table(2)
    values = np.array([without[row & 3] for row in range(8)])  # member 2 is a dummy
    for weights in measure_weights(3).values():
        assert (weights @ values)[2] == pytest.approx(0)
    pairs = dict(zip(pairs_of(3), interaction_weights(3) @ values, strict=True))
    assert pairs[0, 2] == pytest.approx(0) == pairs[1, 2]
    alike = np.array([0.0, 1, 1, 5, 2, 4, 4, 9])  # members 0 and 1 can be exchanged
    for weights in measure_weights(3).values():
        assert (weights @ alike)[0] == pytest.approx((weights @ alike)[1])


def test_what_stands_in_for_each_other_interacts_negatively():
    either, both = np.array([0.0, 1, 1, 1]), np.array([0.0, 0, 0, 1])
    assert (interaction_weights(2) @ either).tolist() == [-1]
    assert (interaction_weights(2) @ both).tolist() == [1]


def test_all_pairs_of_orders_give_shapley_exactly():
    values, place = table(3), {row: row for row in range(8)}
    orders = [order for order in permutations(range(3)) if order < order[::-1]]
    found = np.mean([chain_weights(3, [order, order[::-1]], place) @ values for order in orders], axis=0)
    assert found == pytest.approx(measure_weights(3)["shapley"] @ values)


def test_sampled_orders_agree_with_all_of_them_within_their_error():
    members, pairs = 6, 400
    values, place = table(members), {row: row for row in range(1 << members)}
    drawn = chains(members, pairs, np.random.default_rng(7))
    found = np.array([chain_weights(members, orders, place) @ values for orders in drawn])
    error = found.std(axis=0, ddof=1) / np.sqrt(pairs)
    off = (found.mean(axis=0) - measure_weights(members)["shapley"] @ values) / error
    assert np.abs(off).max() < 4.0  # six normal numbers: one in 2600 such tests would fail
    assert np.allclose(found.sum(axis=1), values[-1] - values[0])  # efficient order by order


def test_an_order_and_its_reverse_meet_in_complements():
    for order, back in chains(5, 4, np.random.default_rng(3)):
        assert sorted(31 - row for row in coalitions_along(order)) == sorted(coalitions_along(back))


def test_kendall_tau_counts_pairs_in_the_same_order():
    dice = np.random.default_rng(5)
    one, other = dice.permutation(7).astype(float), dice.permutation(7).astype(float)
    agree = [np.sign(one[i] - one[j]) * np.sign(other[i] - other[j]) for i, j in combinations(range(7), 2)]
    assert kendall_tau(one, other) == pytest.approx(np.mean(agree))
    assert np.isnan(kendall_tau(one, np.zeros(7)))
    assert kendall_tau(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(2 / np.sqrt(6))
