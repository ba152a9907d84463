"""Shocks, alpha factors and disks: each states its law, and each law is found again by another route."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from simulator.failures.alpha_factor import AlphaFactorBlock
from simulator.failures.process import NoLaw
from simulator.failures.shocks import ShocksBlock
from simulator.failures.strikes import InTime
from simulator.seeds import Streams
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.processes import (
    assert_horizon_only_adds,
    assert_law_at,
    assert_snapshots,
    assert_states_law,
    assert_switches,
    patterns_of,
)
from tests.support.statistics import FALSE_ALARM, assert_mean

NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
PATTERNS = patterns_of(3)


def shocks(**given):
    return ShocksBlock(kind="shocks", shocks=given).build(TOPOLOGY)


def alphas(*alphas, survival=0.8, **more):
    return AlphaFactorBlock(kind="alpha_factor", survival=dict.fromkeys(NAMES, survival), alphas=alphas, **more
                            ).build(TOPOLOGY)


TIMED = {"every": "10 s", "mttr": "4 s"}
PROCESSES = {
    "coins": shocks(rack={"fells": ["edge", "fog"], "probability": 0.2}, own={"fells": ["wire"], "probability": 0.1},
                    site={"fells": list(NAMES), "probability": 0.05}),
    "coins that may hit": shocks(heat={"fells": {"edge": 0.5, "wire": 0.9}, "probability": 0.4},
                                 own={"fells": ["fog"], "probability": 0.3}),
    "in time": shocks(rack={"fells": ["fog", "edge"], **TIMED},
                      site={"fells": list(NAMES), "every": "60 s", "mttr": "9 s"}),
    "in time that may hit": shocks(heat={"fells": {"edge": 0.5, "fog": 0.9, "wire": 0.2}, **TIMED}),
    "both": shocks(heat={"fells": {"edge": 0.5, "fog": 1}, **TIMED},
                   coin={"fells": ["wire", "edge"], "probability": 0.2}),
    "alpha factors": alphas(0.7, 0.1, 0.2),
    "alpha factors, not staggered": alphas(0.7, 0.1, 0.2, testing="non_staggered"),
    "alpha factors in time": alphas(0.6, 0.3, 0.1, mttr="4 s"),
    "alpha factors of a pair": alphas(0.6, 0.4, among=[["edge", "wire"]]),
}
each_process = pytest.mark.parametrize("name", PROCESSES)
IS_IN_TIME = [name for name in PROCESSES if "time" in name or name == "both"]


def of_shocks(*given):
    """Return P(pattern) by going through how many of each shock are at work: (weights, P(hit) of each component)."""
    law = np.zeros(len(PATTERNS))
    for states in itertools.product(*(enumerate(weights) for weights, _ in given)):
        weight = np.prod([p for _, p in states])
        spared = [(1 - np.array(hit)) ** number for (number, _), (_, hit) in zip(states, given, strict=True)]
        up = np.prod(spared, axis=0)
        law += weight * np.where(PATTERNS, up, 1 - up).prod(axis=1)
    return law


def poisson(mean):
    return stats.poisson(mean).pmf(np.arange(40))


def of_alphas(alphas, survival=0.8, *, is_staggered=True):
    """Return P(pattern) of equal components with a shock for each subset, by going through all 2^7 sets of shocks."""
    total = sum(alphas) if is_staggered else sum(k * a for k, a in enumerate(alphas, 1))
    given = []
    for k, alpha in enumerate(alphas, 1):
        share = (alpha if is_staggered else k * alpha) / total / math.comb(2, k - 1)
        for felled in itertools.combinations(range(3), k):
            p = 1 - survival**share
            given.append(((1 - p, p), [float(i in felled) for i in range(3)]))
    return of_shocks(*given)


HEAT = (0.5, 0.9, 0.2)
LAWS = {
    "coins": lambda: of_shocks(((0.8, 0.2), (1, 1, 0)), ((0.9, 0.1), (0, 0, 1)), ((0.95, 0.05), (1, 1, 1))),
    "coins that may hit": lambda: of_shocks(((0.6, 0.4), (0.5, 0, 0.9)), ((0.7, 0.3), (0, 1, 0))),
    "in time": lambda: of_shocks((poisson(0.4), (1, 1, 0)), (poisson(0.15), (1, 1, 1))),
    "in time that may hit": lambda: of_shocks((poisson(0.4), HEAT)),
    "both": lambda: of_shocks((poisson(0.4), (0.5, 1, 0)), ((0.8, 0.2), (1, 0, 1))),
    "alpha factors": lambda: of_alphas((0.7, 0.1, 0.2)),
    "alpha factors, not staggered": lambda: of_alphas((0.7, 0.1, 0.2), is_staggered=False),
    "alpha factors in time": lambda: of_alphas((0.6, 0.3, 0.1)),
    "alpha factors of a pair": lambda: of_shocks(
        ((0.8**0.6, 1 - 0.8**0.6), (1, 0, 0)), ((0.8**0.6, 1 - 0.8**0.6), (0, 0, 1)),
        ((0.8**0.4, 1 - 0.8**0.4), (1, 0, 1)), ((0.8, 0.2), (0, 1, 0))),
}


@each_process
def test_the_law_is_that_of_another_route(name):
    assert_states_law(PROCESSES[name], LAWS[name](), atol=1e-12)


@each_process
def test_snapshots_have_the_stated_law(name):
    assert_snapshots(PROCESSES[name], LAWS[name](), FALSE_ALARM / len(PROCESSES))


@each_process
def test_the_state_at_any_time_has_the_stated_law(name):
    assert_law_at(PROCESSES[name], LAWS[name](), (0, 1, 8, 80), 300, FALSE_ALARM / len(PROCESSES))


@pytest.mark.parametrize("name", IS_IN_TIME)
def test_switches_come_at_the_stated_rate(name):
    assert_switches(PROCESSES[name], 300, 100, FALSE_ALARM / 20)


@each_process
def test_a_longer_horizon_only_adds(name):
    assert_horizon_only_adds(PROCESSES[name])


def test_components_that_one_shock_fells_go_down_and_come_up_together():
    line = shocks(rack={"fells": ["edge", "fog"], **TIMED}).timeline(Streams(5), 0, 500 * SECOND_NS)
    assert len(line.crash_ns[0]) > 20
    assert (line.crash_ns[0] == line.crash_ns[1]).all()
    assert (line.repair_ns[0] == line.repair_ns[1]).all()


def test_times_without_a_shock_are_exponential_and_busy_periods_those_of_a_queue_with_infinitely_many_servers():
    """The mean busy period of M/G/infinity is (exp(mttr / every) - 1) every."""
    process, every, mttr = shocks(own={"fells": ["edge"], **TIMED}), 10e9, 4e9
    line = process.timeline(Streams(5), 0, 40_000 * SECOND_NS)
    down, up = (line.repair_ns[0] - line.crash_ns[0])[1:], line.crash_ns[0][1:] - line.repair_ns[0][:-1]
    assert_mean(down, (math.exp(mttr / every) - 1) * every, precision=0.05)
    assert stats.kstest(up, "expon", args=(0, every)).pvalue > FALSE_ALARM


@pytest.mark.parametrize("is_staggered", [True, False])
def test_alpha_factors_leave_the_marginal_as_it_is_and_are_the_textbooks_where_failures_are_rare(is_staggered):
    given = (0.9, 0.06, 0.04)
    process = alphas(*given, survival=1 - 1e-6, testing="staggered" if is_staggered else "non_staggered")
    np.testing.assert_allclose(1 - process.survival(), 1e-6, rtol=1e-9)
    exactly = np.exp(process.log_probability(PATTERNS))
    down = (~PATTERNS).sum(axis=1)
    total = 1 if is_staggered else sum(k * a for k, a in enumerate(given, 1))
    for k, alpha in enumerate(given, 1):
        textbook = (alpha if is_staggered else k * alpha) * 1e-6 / total / math.comb(2, k - 1)
        np.testing.assert_allclose(exactly[down == k], textbook, rtol=1e-4)


def test_alpha_factors_of_events_are_the_given_ones():
    """Of all failure events of a group, the share alpha_k takes k components (staggered: each shock is one event)."""
    process = alphas(0.7, 0.2, 0.1, survival=1 - 1e-7)
    exactly, down = np.exp(process.log_probability(PATTERNS)), (~PATTERNS).sum(axis=1)
    of_a_component = np.array([k * exactly[down == k].sum() / 3 for k in (1, 2, 3)])
    np.testing.assert_allclose(of_a_component / of_a_component.sum(), (0.7, 0.2, 0.1), rtol=1e-5)


def test_a_law_of_many_components_that_do_not_hang_together_is_stated_and_a_large_one_refused():
    names = tuple(f"n{i}" for i in range(30))
    topology = Topology("thirty", tuple(map(Node, names)), ())
    every = {"every": "9 s", "mttr": "1 s"}
    pairs = ShocksBlock(kind="shocks", shocks={f"s{i}": {"fells": names[i : i + 2], **every} for i in range(0, 30, 2)})
    all_up = np.ones((1, 30), dtype=bool)
    assert pairs.build(topology).log_probability(all_up) == pytest.approx(-15 / 9)
    large = ShocksBlock(kind="shocks", shocks={"s": {"fells": names, **every}}).build(topology)
    with pytest.raises(NoLaw, match="30 components fail together"):
        large.log_probability(all_up)
    with pytest.raises(NoLaw, match="16 components are hit together in so many ways"):
        maybe = {"s": {"fells": dict.fromkeys(names[:16], 0.5), **every}}
        ShocksBlock(kind="shocks", shocks=maybe).build(topology).log_probability(all_up[:, :16])


def test_strikes_at_work_at_the_start_are_as_many_and_last_as_long_as_in_the_middle():
    often, counted, left = InTime(2e9, 6e9), [], []
    for run in range(1000):
        begin, end = often.spells(Streams(6, run), "rack", SECOND_NS)
        counted.append(np.sum(begin < 0))
        left += end[begin < 0].tolist()
    assert_mean(counted, 3, FALSE_ALARM, precision=0.05)
    assert_mean(left, 6e9, FALSE_ALARM, precision=0.05)
    assert stats.kstest(left, "expon", args=(0, 6e9)).pvalue > FALSE_ALARM
