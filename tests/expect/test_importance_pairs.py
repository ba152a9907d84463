"""Shapley effects and interactions by draws: against the table of all patterns, and how often their intervals cover."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from simulator.expect.importance.pairs import joint_birnbaum, shapley_interaction
from simulator.expect.importance.sampled_pairs import by_walks, joint_by_pairs, second_differences, shapley_by_pairs
from simulator.expect.importance.table import AccuracyTable, from_failure
from simulator.expect.importance.variance import shares
from tests.expect.test_importance_sampled import drawing
from tests.support.scores import ScoredPatterns, chain_scores

N, PLAYERS = 5, 4
NAMES = tuple("abcde")
DICE = np.random.default_rng(3)
F = np.round(DICE.uniform(0.2, 1.0, 1 << N), 3)  # monotone in nothing
Q = np.array([0.3, 0.1, 0.5, 0.2, 0.4])
TABLE = AccuracyTable(NAMES, F, from_failure(NAMES, F, Q).probability, PLAYERS)
TOGETHER = AccuracyTable(NAMES, F, DICE.dirichlet(np.full(1 << N, 0.7)), PLAYERS)
PAIRS = tuple(combinations(range(PLAYERS), 2))


def scored(f=F, count=N):
    return ScoredPatterns(tuple(map(str, range(count))), lambda up: f[(~up) @ (1 << np.arange(count))])


def sampled(table, seed, draws=400):
    rng = np.random.default_rng(seed)
    draw = drawing(table, rng)
    found = {"shapley_interaction": shapley_by_pairs(scored(), draw, PLAYERS, draws, rng)}
    if table is TABLE:
        found |= {"joint_birnbaum": joint_by_pairs(scored(), draw, PLAYERS, draws),
                  "shapley_effects": by_walks(scored(), draw, PLAYERS, draws, rng)}
    return found


def truth(table):
    rows, columns = zip(*PAIRS, strict=True)
    found = {"shapley_interaction": shapley_interaction(table)[rows, columns]}
    if table is TABLE:
        found |= {"joint_birnbaum": joint_birnbaum(table)[rows, columns],
                  "shapley_effects": shares(table)["shapley_effects"]}
    return found


@pytest.mark.parametrize("table", [TABLE, TOGETHER], ids=["independent", "together"])
def test_many_draws_come_near_the_exact_values(table):
    found, exact = sampled(table, 1, 30_000), truth(table)
    assert set(found) == set(exact)
    for name, pieces in found.items():
        for place, value in enumerate(exact[name]):
            low, high = pieces.interval(place)
            # 4.5 deviations: a false alarm in 6,000 runs of 22 tests
            assert abs(pieces.value()[place] - value) <= 4.5 / 1.96 * (high - low) / 2, (name, place)
            assert high - low < 0.03, (name, place)


def test_ten_machines_in_a_row_against_their_table():
    count, rng = 10, np.random.default_rng(5)
    up = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1 == 0
    table = from_failure(tuple(map(str, range(count))), chain_scores(up), np.full(count, 0.2))
    draw, of = drawing_of(table, up, rng), scored(table.accuracy, count)
    pairs, exact = tuple(combinations(range(count), 2)), joint_birnbaum(table)
    joint = joint_by_pairs(of, draw, count, 4000)
    neighbours = [place for place, (one, two) in enumerate(pairs) if two == one + 1]
    for place in neighbours:
        low, high = joint.interval(place)
        assert abs(joint.value()[place] - exact[pairs[place]]) <= 4.5 / 1.96 * (high - low) / 2
        assert high < 0  # they stand in for each other
    effects = by_walks(of, draw, count, 2000, rng)
    assert effects.value().sum() == pytest.approx(1)
    for place, value in enumerate(shares(table)["shapley_effects"]):
        low, high = effects.interval(place)
        assert abs(effects.value()[place] - value) <= 4.5 / 1.96 * (high - low) / 2


def drawing_of(table, up, rng):
    return lambda count: up[rng.choice(len(up), size=count, p=table.probability)]


def test_shares_of_the_variance_of_any_few_walks_sum_to_one():
    everything = by_walks(scored(), drawing(TABLE, np.random.default_rng(2)), N, 7, np.random.default_rng(3))
    assert everything.value().sum() == pytest.approx(1)


def test_the_effects_of_a_sum_are_the_variances_of_its_terms_in_the_long_run():
    alone = np.array([0.1, 0.2, 0.05, 0.3, 0.0])
    f = (1.0 - ((np.arange(1 << N)[:, None] >> np.arange(N)) & 1) @ alone)
    pieces = by_walks(scored(f), drawing(TABLE, np.random.default_rng(2)), N, 20_000, np.random.default_rng(3))
    parts = Q * (1 - Q) * alone**2
    assert pieces.value() == pytest.approx(parts / parts.sum(), abs=0.02)
    assert pieces.value()[-1] == 0


def test_a_second_difference_does_not_ask_in_which_state_the_two_are():
    up = (np.arange(1 << N)[:, None] >> np.arange(N)) & 1 == 0
    found = second_differences(scored(), up, PLAYERS)
    for place, (one, two) in enumerate(PAIRS):
        others = [row & ~(1 << one | 1 << two) for row in range(1 << N)]
        by_hand = [F[row] - F[row | 1 << one] - F[row | 1 << two] + F[row | 1 << one | 1 << two] for row in others]
        assert found[:, place] == pytest.approx(by_hand)


def test_walks_without_a_difference_have_no_shares():
    pieces = by_walks(scored(np.full(1 << N, 0.5)), drawing(TABLE, np.random.default_rng(2)), N, 20,
                      np.random.default_rng(3))
    assert np.isnan(pieces.value()).all()
    assert np.isnan(pieces.interval(0)).all()


@pytest.mark.slow
@pytest.mark.parametrize("table", [TABLE, TOGETHER], ids=["independent", "together"])
def test_their_intervals_cover(table):
    exact, hits = truth(table), {}
    for seed in range(1000):
        for name, pieces in sampled(table, seed).items():
            for place, value in enumerate(exact[name]):
                low, high = pieces.interval(place)
                hits.setdefault((name, place), []).append(low <= value <= high)
    shares_of = {key: np.mean(hit) for key, hit in hits.items()}
    assert min(shares_of.values()) > 0.92, shares_of
    assert 0.935 < np.mean(list(shares_of.values())) < 0.985
