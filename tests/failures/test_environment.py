"""Calm and storm: the stated law is that of the whole chain of (environment, pattern), solved at once."""

import itertools

import numpy as np
import pytest

from simulator.failures.environment import EnvironmentBlock
from simulator.failures.process import NoLaw
from simulator.seeds import Streams
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.processes import (
    assert_horizon_only_adds,
    assert_law_at,
    assert_snapshots,
    assert_states_law,
    assert_switches,
    counts,
    patterns_of,
)
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_mean

NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
PATTERNS = patterns_of(3)


def environment(**given):
    return EnvironmentBlock(kind="environment", **given).build(TOPOLOGY)


CALM = {"lasts": "9 s", "mttr": "2 s", "mtbf": {"edge": "50 s", "wire": "20 s"}}
STORM = {"lasts": "3 s", "mttr": {"edge": "1 s", "fog": "4 s", "wire": "3 s"}, "mtbf": {"edge": "2 s", "fog": "3 s"}}
NIGHT = {"lasts": "5 s", "mttr": "6 s"}
CYCLE = {"calm": {"storm": 0.3, "night": 0.7}, "storm": {"calm": 1.0}, "night": {"storm": 1.0}}
SURVIVALS = {"calm": {"lasts": "9 s", "survival": {"edge": 0.99, "wire": 0.7}},
             "storm": {"lasts": "3 s", "survival": {"edge": 0.4, "fog": 0.2}}}
PROCESSES = {
    "patterns": environment(states=SURVIVALS),
    "patterns that hold": environment(states=SURVIVALS, holds="1 s"),
    "rates": environment(states={"calm": CALM, "storm": STORM}),
    "three states": environment(states={"calm": CALM, "storm": STORM, "night": NIGHT}, next=CYCLE),
    "fast": environment(states={"calm": {**CALM, "lasts": "100 ms"}, "storm": {**STORM, "lasts": "200 ms"}}),
}
each_process = pytest.mark.parametrize("name", PROCESSES)
RATES = ["rates", "three states", "fast"]


def of_the_whole_chain(process):
    """Return P(environment, pattern) by solving all balance equations of the chain at once."""
    env, count = process.environment, len(process.environment.lasts_ns)
    states = [(e, tuple(row)) for e in range(count) for row in PATTERNS.tolist()]
    at = {state: place for place, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    for (e, up), place in at.items():
        for f in range(count):
            if f != e:
                rates[place, at[f, up]] += env.jumps[e, f] / env.lasts_ns[e]
        for i, is_up in enumerate(up):
            flipped = (*up[:i], not is_up, *up[i + 1 :])
            rates[place, at[e, flipped]] += (process.fall_per_ns if is_up else process.rise_per_ns)[e, i]
    rates -= np.diag(rates.sum(axis=1))
    rates *= SECOND_NS
    sums = np.append(np.zeros(len(states)), 1)
    law = np.linalg.lstsq(np.vstack([rates.T, np.ones(len(states))]), sums, rcond=None)[0]
    return law.reshape(count, -1)


def law_of(name):
    if name in RATES:
        return of_the_whole_chain(PROCESSES[name]).sum(axis=0)
    calm, storm = np.array([0.99, 1, 0.7]), np.array([0.4, 0.2, 1])
    return sum(share * np.where(PATTERNS, up, 1 - up).prod(axis=1) for share, up in ((0.75, calm), (0.25, storm)))


@each_process
def test_the_law_is_that_of_another_route(name):
    assert_states_law(PROCESSES[name], law_of(name), atol=1e-9)


@each_process
def test_snapshots_have_the_stated_law(name):
    assert_snapshots(PROCESSES[name], law_of(name), FALSE_ALARM / len(PROCESSES))


@each_process
def test_the_state_at_any_time_has_the_stated_law(name):
    assert_law_at(PROCESSES[name], law_of(name), (0, 1, 8, 30), 400, FALSE_ALARM / len(PROCESSES))


@each_process
def test_switches_come_at_the_stated_rate(name):
    assert_switches(PROCESSES[name], 300, 60, FALSE_ALARM / 20)


@each_process
def test_a_longer_horizon_only_adds(name):
    assert_horizon_only_adds(PROCESSES[name])


def test_shares_of_the_states_are_those_of_their_visits_and_times():
    """The cycle visits calm, storm and night in the shares 1 : 1 : 0.7."""
    share = PROCESSES["three states"].environment.share
    np.testing.assert_allclose(share, np.array([9, 3, 3.5]) / 15.5)


def test_the_path_of_the_environment_is_in_each_state_for_its_share_of_the_time():
    env = PROCESSES["three states"].environment
    shares = []
    for run in range(100):
        streams = Streams(4, run)
        edges, states = env.path(streams, int(env.now(streams, 1)[0]), 600 * SECOND_NS)
        lasting = np.diff(np.clip(edges, 0, 600 * SECOND_NS))
        shares.append([lasting[states == e].sum() / lasting.sum() for e in range(3)])
    for e, share in enumerate(env.share):
        assert_mean(np.array(shares)[:, e], share, FALSE_ALARM / 3, precision=0.1)


def test_components_are_not_independent_given_the_state_at_once():
    """The share of the mixture over states is wrong where the environment is not slow: the history counts."""
    joint = of_the_whole_chain(PROCESSES["rates"])
    given = joint / joint.sum(axis=1, keepdims=True)
    both, edge, fog = (given @ column for column in (PATTERNS[:, 0] & PATTERNS[:, 1], PATTERNS[:, 0], PATTERNS[:, 1]))
    assert (np.abs(both - edge * fog) > 1e-3).all()


@pytest.mark.parametrize(("factor", "expected"), [(1e4, "slow"), (1e-4, "fast")])
def test_a_slow_environment_is_a_mixture_and_a_fast_one_an_average_of_rates(factor, expected):
    process = environment(states={"calm": {**CALM, "lasts": f"{9 * factor} s"},
                                  "storm": {**STORM, "lasts": f"{3 * factor} s"}})
    share, fall, rise = np.array([0.75, 0.25]), process.fall_per_ns, process.rise_per_ns
    slow = share @ np.array([np.where(PATTERNS, up, 1 - up).prod(axis=1) for up in rise / (rise + fall)])
    mean = (share @ rise) / (share @ (rise + fall))
    fast = np.where(PATTERNS, mean, 1 - mean).prod(axis=1)
    found = np.exp(process.log_probability(PATTERNS))
    np.testing.assert_allclose(found, {"slow": slow, "fast": fast}[expected], atol=1e-3)


def test_one_state_of_alike_ones_is_crash_and_repair():
    alike = {"lasts": "3 s", "availability": {"edge": 0.9, "fog": 0.6, "wire": 0.5}, "mttr": "2 s"}
    process = environment(states={"a": alike, "b": {**alike, "lasts": "7 s"}})
    np.testing.assert_allclose(process.survival(), [0.9, 0.6, 0.5])
    expected = np.where(PATTERNS, process.survival(), 1 - process.survival()).prod(axis=1)
    np.testing.assert_allclose(np.exp(process.log_probability(PATTERNS)), expected)
    np.testing.assert_allclose(process.switches_per_s(), 2 * (1 - np.array([0.9, 0.6, 0.5])) / 2)


def test_rare_patterns_have_a_probability_of_many_digits():
    state = {"lasts": "1 h", "mttr": "1 s", "availability": dict.fromkeys(NAMES, 1 - 1e-7)}
    process = environment(states={"a": state, "b": {**state, "lasts": "2 h"}})
    assert process.log_probability(np.zeros((1, 3), dtype=bool)) == pytest.approx(3 * np.log(1e-7), rel=1e-9)


def many(count):
    names = tuple(f"n{i}" for i in range(count))
    calm, storm = {"lasts": "9 s", "mttr": "2 s"}, {"lasts": "3 s", "mttr": "2 s", "mtbf": dict.fromkeys(names, "4 s")}
    block = EnvironmentBlock(kind="environment", states={"calm": calm, "storm": storm})
    return block.build(Topology("many", tuple(map(Node, names)), ()))


def test_many_components_have_pairs_and_dice_but_no_table():
    process = many(30)
    with pytest.raises(NoLaw, match="30 components share an environment"):
        process.log_probability(np.ones((1, 30), dtype=bool))
    up = process.sample_up(Streams(1), 8000)
    assert_frequencies(counts(up[:, :2]), law_of_two(process), FALSE_ALARM)
    state = np.array([process.timeline(Streams(8, run), 0, 10).up_at(np.array([5]))[0] for run in range(200)])
    assert_frequencies(counts(state[:, [3, 29]]), law_of_two(process), FALSE_ALARM)


def law_of_two(process):
    p, both = process.survival()[0], process.pairwise_survival()[0, 1]
    return np.array([both, p - both, p - both, 1 - 2 * p + both])


def test_eleven_components_have_a_law_that_sums_to_one_and_has_their_pairs():
    process, patterns = many(11), np.array(list(itertools.product((True, False), repeat=11)))
    law = np.exp(process.log_probability(patterns))
    assert law.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.einsum("k,ki,kj->ij", law, patterns, patterns), process.pairwise_survival())
