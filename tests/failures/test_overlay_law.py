"""Processes laid over the same components: the probability of a pattern, by going through all pairs of patterns."""

import numpy as np
import pytest

from simulator.failures.bernoulli import Bernoulli
from simulator.failures.beta_binomial import BetaBinomial
from simulator.failures.cascade import CascadeBlock
from simulator.failures.copula import Copula
from simulator.failures.environment import EnvironmentBlock
from simulator.failures.overlay import Overlay
from simulator.failures.overlay_law import united
from simulator.failures.process import NoLaw
from simulator.failures.renewal import Renewal
from simulator.failures.shocks import ShocksBlock
from simulator.topology.graph import Node, Topology
from tests.support.processes import (
    assert_horizon_only_adds,
    assert_law_at,
    assert_snapshots,
    assert_states_law,
    assert_switches,
    patterns_of,
)
from tests.support.statistics import FALSE_ALARM

NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(map(Node, NAMES)), ())
SHOCKS = ShocksBlock(kind="shocks", shocks={
    "rack": {"fells": ["edge", "fog"], "every": "10 s", "mttr": "4 s"},
    "heat": {"fells": {"edge": 0.5, "wire": 0.2}, "every": "20 s", "mttr": "4 s"}}).build(TOPOLOGY)
OWN = Renewal(NAMES, (20e9, 30e9, 8e9), (3e9, 3e9, 3e9))
CALM = EnvironmentBlock(kind="environment", states={
    "calm": {"lasts": "9 s", "mttr": "2 s"},
    "storm": {"lasts": "3 s", "mttr": "2 s", "mtbf": {"fog": "3 s", "wire": "4 s"}},
}).build(TOPOLOGY)
DOMINO = CascadeBlock(kind="cascade", depends={"fog": ["edge"]}, mtbf={"edge": "20 s"}, mttr="4 s").build(TOPOLOGY)
OVERLAYS = {
    "Marshall and Olkin": (SHOCKS, OWN),
    "shocks and storms": (SHOCKS, CALM),
    "all": (SHOCKS, CALM, DOMINO, OWN),
    "side by side": (Copula(("edge", "fog"), (0.9, 0.8), 0.5, holds_ns=5e9), Renewal(("wire",), (9e9,), (1e9,))),
    "coins over shocks": (SHOCKS, Bernoulli(("fog",), (0.7,))),
}
each_overlay = pytest.mark.parametrize("name", OVERLAYS)


def by_all_pairs(processes):
    """Return P(pattern) by going through the patterns of one process after the other."""
    law = {(True,) * 3: 1.0}
    for process in processes:
        columns = [NAMES.index(name) for name in process.components]
        patterns = patterns_of(len(columns))
        chances = np.exp(process.log_probability(patterns))
        after = {}
        for up, p in law.items():
            for pattern, chance in zip(patterns, chances, strict=True):
                now = np.array(up)
                now[columns] &= pattern
                after[tuple(now)] = after.get(tuple(now), 0.0) + p * chance
        law = after
    return np.array([law.get(tuple(pattern), 0.0) for pattern in patterns_of(3)])


@each_overlay
def test_the_law_is_that_of_all_pairs_of_patterns(name):
    assert_states_law(Overlay(OVERLAYS[name], NAMES), by_all_pairs(OVERLAYS[name]), atol=1e-12)


@each_overlay
def test_snapshots_and_timelines_have_the_stated_law(name):
    process, law = Overlay(OVERLAYS[name], NAMES), by_all_pairs(OVERLAYS[name])
    assert_snapshots(process, law, FALSE_ALARM / len(OVERLAYS))
    assert_law_at(process, law, (0, 8), 300, FALSE_ALARM / len(OVERLAYS))
    assert_horizon_only_adds(process)


@pytest.mark.parametrize("name", ["Marshall and Olkin", "all"])
def test_switches_come_at_the_stated_rate(name):
    assert_switches(Overlay(OVERLAYS[name], NAMES), 300, 60, FALSE_ALARM / 20)


def test_two_laws_of_many_patterns_are_united_as_sets_are():
    dice = np.random.Generator(np.random.PCG64(1))
    first, second = dice.dirichlet(np.ones(128)), dice.dirichlet(np.ones(128))
    by_hand = np.zeros(128)
    for a in range(128):
        for b in range(128):
            by_hand[a | b] += first[a] * second[b]
    np.testing.assert_allclose(united(first, second), by_hand)


def test_two_dependent_processes_over_many_components_have_no_law_but_one_over_coins_has():
    names = tuple(f"n{i}" for i in range(16))
    two = Overlay((BetaBinomial(names, 0.9, 0.3), Copula(names, (0.9,) * 16, 0.5)), names)
    with pytest.raises(NoLaw, match="two processes over the same 16 components"):
        two.log_probability(np.ones((1, 16), dtype=bool))
    one = Overlay((BetaBinomial(names, 0.9, 0.3), Bernoulli(names, (0.5,) * 16)), names)
    alone = BetaBinomial(names, 0.9, 0.3).log_probability(np.ones((1, 16), dtype=bool))
    np.testing.assert_allclose(one.log_probability(np.ones((1, 16), dtype=bool)), alone + 16 * np.log(0.5))
