"""Long columns as flat memory: the same rows as with lists."""

import numpy as np
import pytest

from simulator.dataflow.costs import Costs
from simulator.failures.process import Timeline
from simulator.network import engine, lookup, vectorised
from simulator.network.blocks import Policy
from simulator.network.lookup import filled, held, indexed
from simulator.network.plan import Draws, Plan
from tests.network.test_pace import CHAIN, TOPOLOGY

POLICIES = [{}, {"deadline": "150 ns", "at_deadline": "withdraw"}, {"deadline": "150 ns", "wait": {"kind": "deadline"}}]


def log_of(run, policy):
    dice = np.random.default_rng(3)
    births = np.cumsum(dice.integers(1, 60, 200))
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, TOPOLOGY, Costs({}, {}), Policy.model_validate(policy), {"y": 120})
    down = Timeline(("B",), (np.arange(500, 6000, 900),), (np.arange(700, 6200, 900),), None, 10**9)
    return run(plan, Draws(births, {"x": np.zeros_like(births), "y": dice.integers(1, 70, 200)}, down))


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("run", [engine.run, vectorised.run])
def test_long_runs_have_the_rows_of_short_ones(monkeypatch, run, policy):
    lists = log_of(run, policy)
    monkeypatch.setattr(lookup, "MANY", 1)
    flat = log_of(run, policy)
    assert list(flat.delivery) == list(lists.delivery)
    assert 0 < sum(delivery > 0 for delivery in flat.delivery) < 200
    np.testing.assert_array_equal(flat.end_ns, lists.end_ns)
    np.testing.assert_array_equal(flat.blame, lists.blame)


def test_what_is_held_is_a_copy_and_what_is_indexed_is_not(monkeypatch):
    monkeypatch.setattr(lookup, "MANY", 1)
    values = np.array([3, 1 << 61])
    copy = held(values)
    copy[0] = 7
    assert values.tolist() == list(indexed(values)) == [3, 1 << 61]
    assert list(copy) == [7, 1 << 61]
    assert list(filled(-1, 3)) == [-1, -1, -1]
