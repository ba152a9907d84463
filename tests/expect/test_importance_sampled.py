"""Sampled importance against the exact table, pieces against the table, and how often intervals cover."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.expect.importance.measures import MEASURES, values
from simulator.expect.importance.pieces import ByCluster, Pieces
from simulator.expect.importance.sampled import BY_PAIRS, by_coins, by_orders, of_pairs, sides
from simulator.expect.importance.table import AccuracyTable, from_failure
from simulator.expect.importance.variance import shares
from tests.support.scores import ScoredPatterns
from tests.support.statistics import assert_frequency

N, PLAYERS = 5, 4
NAMES = tuple("abcde")
DICE = np.random.default_rng(3)
F = np.round(DICE.uniform(0.2, 1.0, 1 << N), 3)  # monotone in nothing
Q = np.array([0.3, 0.1, 0.5, 0.2, 0.4])
P = DICE.dirichlet(np.full(1 << N, 0.7))
TABLE = AccuracyTable(NAMES, F, from_failure(NAMES, F, Q).probability, PLAYERS)
JOINT = AccuracyTable(NAMES, F, P, PLAYERS)
UP = (np.arange(1 << N)[:, None] >> np.arange(N)) & 1 == 0


def scored():
    return ScoredPatterns(NAMES, lambda up: F[(~up) @ (1 << np.arange(N))])


def drawing(table, rng):
    return lambda count: UP[rng.choice(1 << N, size=count, p=table.probability)]


def sampled(table, seed, draws=400, pairs=60, below=None):
    rng = np.random.default_rng(seed)
    draw = drawing(table, rng)
    found = sides(scored(), draw(draws), PLAYERS)
    some = of_pairs(BY_PAIRS, found, below) | {"shapley": by_orders(scored(), draw, PLAYERS, pairs, rng),
                                               "banzhaf": by_coins(scored(), draw, PLAYERS, draws, rng)}
    return some | (found.variance_pieces(Q[:PLAYERS]) if table is TABLE else {})


def truth(table, below=None):
    return values(MEASURES, table, below) | (shares(table) if table is TABLE else {})


@pytest.mark.parametrize("below", [None, 0.6])
@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_many_draws_come_near_the_exact_values(table, below):
    exact, found = truth(table, below), sampled(table, 1, 40_000, 10_000, below)
    assert set(found) >= set(MEASURES)
    for name, pieces in found.items():
        for player in range(PLAYERS):
            low, high = pieces.interval(player)
            half = (high - low) / 2  # 4.5 deviations: a false alarm in 70,000 tests of 90
            assert abs(pieces.value()[player] - exact[name][player]) <= 4.5 / 1.96 * half, (name, player)
            assert half < 0.1 * max(1, abs(exact[name][player])), (name, player)


def test_pairs_of_orders_sum_to_what_is_at_stake_each():
    found = sampled(TABLE, 2)["shapley"]
    draw = drawing(TABLE, np.random.default_rng(9))
    rng = np.random.default_rng(4)
    pieces = by_orders(scored(), draw, PLAYERS, 50, rng)
    others = drawing(TABLE, np.random.default_rng(9))(50)[:, PLAYERS:]
    full = np.concatenate([np.ones((50, PLAYERS), dtype=bool), others], axis=1)
    none = np.concatenate([np.zeros((50, PLAYERS), dtype=bool), others], axis=1)
    stake = F[(~full) @ (1 << np.arange(N))] - F[(~none) @ (1 << np.arange(N))]
    assert pieces.sums.sum(axis=1) == pytest.approx(stake)
    assert found.sums.shape == (60, PLAYERS)


def test_a_reversed_order_makes_shapley_values_of_pairwise_games_exact():
    rows = np.arange(1 << N)
    alone, together = DICE.normal(size=N), DICE.normal(size=(N, N))
    up = (~(rows[:, None] >> np.arange(N) & 1).astype(bool)).astype(float)
    f = up @ alone + np.einsum("ri,ij,rj->r", up, together, up)
    of = ScoredPatterns(NAMES, lambda up: f[(~up) @ (1 << np.arange(N))])
    draw = drawing(TABLE, np.random.default_rng(1))
    pieces = by_orders(of, draw, N, 3, np.random.default_rng(2))
    expected = values(["shapley"], from_failure(NAMES, f, Q))["shapley"]
    assert pieces.sums == pytest.approx(np.tile(expected, (3, 1)))


def test_draws_that_are_all_alike_still_leave_room():
    of = ScoredPatterns(NAMES, lambda up: np.full(len(up), 0.5))
    found = of_pairs(["birnbaum"], sides(of, drawing(TABLE, np.random.default_rng(1))(100), PLAYERS), None)
    assert found["birnbaum"].interval(0) == pytest.approx((-0.03, 0.03))


def clusters(table, count=12, seed=6):
    """Return what each pattern is worth in each cluster, its table of means, and the pieces' maker."""
    rng = np.random.default_rng(seed)
    samples = rng.integers(3, 9, count).astype(float)
    hits = rng.binomial(samples.astype(int), F[:, None])
    place = rng.permutation(1 << N)
    worth = np.empty(hits.shape)
    worth[place] = hits
    mean = hits.sum(axis=1) / samples.sum()
    return ByCluster(place, worth, samples), AccuracyTable(NAMES, mean, table.probability, PLAYERS), hits, samples


@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_pieces_of_clusters_make_the_value_of_the_table(table):
    by_cluster, mean, _, _ = clusters(table)
    found = dict(by_cluster.pieces(MEASURES, mean))
    for name, expected in values(MEASURES, mean).items():
        assert found[name].value() == pytest.approx(expected, rel=1e-9, abs=1e-12), name


def test_a_piece_of_a_measure_that_is_linear_is_the_measure_of_its_cluster():
    by_cluster, mean, hits, samples = clusters(JOINT)
    pieces = dict(by_cluster.pieces(["birnbaum", "shapley"], mean))
    for name, found in pieces.items():
        own = values([name], AccuracyTable(NAMES, (hits / samples).T, JOINT.probability, PLAYERS))[name]
        assert found.sums / samples[:, None] == pytest.approx(own), name


def test_pieces_of_a_ratio_move_as_it_does_without_each_cluster():
    by_cluster, mean, hits, samples = clusters(TABLE, count=400)
    (_, pieces), = by_cluster.pieces(["criticality"], mean)
    for gone in (0, 7, 31):
        kept = np.arange(400) != gone
        without = AccuracyTable(NAMES, hits[:, kept].sum(axis=1) / samples[kept].sum(), TABLE.probability, PLAYERS)
        moved = values(["criticality"], without)["criticality"] - pieces.value()
        expected = -(pieces.sums[gone] - samples[gone] * pieces.value()) / samples[kept].sum()
        assert moved == pytest.approx(expected, abs=2e-4)


def test_two_players_are_told_apart_by_their_paired_difference():
    shared = np.random.default_rng(1).normal(size=30)
    pieces = Pieces(np.stack([shared, shared + 0.1 + 0.01 * np.sin(np.arange(30)), shared], axis=1), np.ones(30))
    assert pieces.are_apart(0, 1)
    assert not pieces.are_apart(0, 2)


def test_what_cannot_be_divided_has_no_interval():
    assert np.isnan(Pieces(np.full((4, 1), np.nan), np.ones(4)).interval(0)).all()
    assert np.isnan(Pieces(np.ones((1, 1)), np.ones(1)).interval(0)).all()


@pytest.mark.slow
@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_sampled_intervals_cover(table):
    exact, runs = truth(table), 1000
    hits = {}
    for seed in range(runs):
        for name, pieces in sampled(table, seed).items():
            for player in range(PLAYERS):
                low, high = pieces.interval(player)
                hits.setdefault((name, player), []).append(low <= exact[name][player] <= high)
    # Sobol's first index is a square: where an effect is almost 0 its linear part is too small, as stated in the docs.
    shares_of = {key: np.mean(hit) for key, hit in hits.items() if key[0] != "sobol_first"}
    assert min(shares_of.values()) > 0.92, shares_of
    assert 0.935 < np.mean(list(shares_of.values())) < 0.975


@pytest.mark.slow
def test_intervals_of_the_test_set_cover():
    rng, runs, hits = np.random.default_rng(17), 1500, []
    truth_of = values(MEASURES, TABLE)
    place = np.arange(1 << N)
    for _ in range(runs):
        samples = rng.integers(4, 8, 40).astype(float)
        skill = rng.normal(0, 0.05, 40)  # clusters differ, the same in all patterns
        worth = rng.binomial(samples.astype(int), np.clip(F[:, None] + skill, 0, 1)).astype(float)
        found = ByCluster(place, worth, samples)
        mean = AccuracyTable(NAMES, worth.sum(axis=1) / samples.sum(), TABLE.probability, PLAYERS)
        row = []
        for name, pieces in found.pieces(("birnbaum", "improvement", "shapley", "banzhaf"), mean):
            low, high = pieces.interval(1)
            row.append(low <= truth_of[name][1] <= high)
        hits.append(row)
    for column in np.array(hits).T:
        assert_frequency(int(column.sum()), runs, expected=0.95)
