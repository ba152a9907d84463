"""The accuracy of every individual failure is that of the pattern in which exactly that component is down."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from simulator.expect.exact import Patterns
from simulator.expect.individual import individual_failures, individual_failures_from_table, worth_by_cluster
from simulator.expect.intervals import cluster_mean

NAMES, SURVIVAL = ("a", "b", "c"), (0.9, 0.8, 0.75)
DICE = np.random.Generator(np.random.PCG64(1))
WORTH = (DICE.random((8, 12)) < 0.6).astype(float)  # of each delivery, here one a pattern
GROUPS = np.repeat([0, 1, 2, 3], [2, 3, 3, 4])


def patterns():
    """Return the eight patterns in the order of the package: component i is down where bit i of the row is set."""
    up = np.array([[not row >> place & 1 for place in range(3)] for row in range(8)])
    chance = np.array([np.prod([p if is_up else 1 - p for is_up, p in zip(row, SURVIVAL, strict=True)]) for row in up])
    return Patterns(NAMES, up, chance)


def by_brute_force(name):
    """Return probability and row of the pattern in which only that component is down, out of all."""
    found = []
    for row, is_up in enumerate(patterns().up.tolist()):
        if [other for other, alive in zip(NAMES, is_up, strict=True) if not alive] == [name]:
            found.append(row)
    (row,) = found
    others = [p for other, p in zip(NAMES, SURVIVAL, strict=True) if other != name]
    return (1 - SURVIVAL[NAMES.index(name)]) * np.prod(others), row


def test_each_row_is_its_pattern():
    rows = individual_failures(patterns(), list(range(100, 108)), lambda delivery: WORTH[delivery - 100], GROUPS)
    assert [row["down"] for row in rows] == list(NAMES)
    for row in rows:
        chance, place = by_brute_force(row["down"])
        assert row["probability"] == pytest.approx(chance)
        assert row["delivery"] == 100 + place
        assert row["accuracy"] == pytest.approx(WORTH[place].mean())
        interval = cluster_mean(WORTH[place], GROUPS)
        assert (row["low"], row["high"]) == pytest.approx((max(0, interval.low), min(1, interval.high)))


def test_the_individual_failures_and_no_failure_are_the_patterns_with_at_most_one_down():
    rows = individual_failures(patterns(), list(range(8)), lambda delivery: WORTH[delivery])
    at_most_one = sum(np.prod([p if up else 1 - p for up, p in zip(row, SURVIVAL, strict=True)])
                      for row in product((True, False), repeat=3) if sum(row) >= 2)
    assert sum(row["probability"] for row in rows) + patterns().probability[0] == pytest.approx(at_most_one)


def test_from_a_table_there_is_neither_delivery_nor_interval():
    rows = individual_failures_from_table(patterns(), np.arange(8) / 10)
    assert [row["accuracy"] for row in rows] == [0.1, 0.2, 0.4]
    assert all(set(row) == {"down", "probability", "accuracy"} for row in rows)


def test_where_nothing_can_fail_there_is_no_row():
    nothing = Patterns((), np.ones((1, 0), bool), np.ones(1))
    assert individual_failures(nothing, [1], lambda delivery: WORTH[0]) == []
    assert individual_failures_from_table(nothing, np.ones(1)) == []


def test_the_worth_of_clusters_gives_the_mean_and_its_interval_back():
    found = worth_by_cluster(WORTH[3], GROUPS)
    assert found["samples"] == [2, 3, 3, 4]
    assert np.sum(found["worth"]) / 12 == pytest.approx(WORTH[3].mean())
    assert found["worth"] == pytest.approx([WORTH[3][group == GROUPS].sum() for group in range(4)])
    words = worth_by_cluster(WORTH[3], np.array(["d", "c", "b", "a"])[GROUPS])
    assert words["samples"] == [4, 3, 3, 2]  # in the order of the clusters' names
