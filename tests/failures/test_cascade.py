"""Cascades by dependency: exact answers of small chains worked out by hand, and of larger ones solved another way."""

import itertools

import numpy as np
import pytest

from simulator.failures.cascade import CascadeBlock
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
    patterns_of,
)
from tests.support.statistics import FALSE_ALARM, assert_frequency, assert_mean

NAMES = ("power", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
MTBF_S, MTTR_S = {"power": 20, "fog": 12, "wire": 30}, {"power": 4, "fog": 3, "wire": 5}


def seconds(given):
    return {name: f"{value} s" for name, value in given.items()}


def cascade(topology=TOPOLOGY, **given):
    law = {"mtbf": seconds(MTBF_S), "mttr": seconds(MTTR_S)} if "mttr" not in given else {}
    return CascadeBlock(kind="cascade", **law, **given).build(topology)


PROCESSES = {
    "one fells another": cascade(depends={"fog": ["power"]}),
    "with a chance": cascade(depends={"fog": {"power": {"chance": 0.4}}}),
    "a chain at once": cascade(depends={"fog": {"power": {"chance": 0.6}}, "wire": {"fog": {"chance": 0.7}}}),
    "a diamond and back": cascade(depends={"fog": {"power": {"chance": 0.6}}, "power": {"wire": {"chance": 0.3}},
                                           "wire": {"fog": {"chance": 0.7}, "power": {"chance": 0.5}}}),
    "a battery": cascade(depends={"fog": {"power": {"after": "2 s"}}}),
    "a battery and a chain": cascade(depends={"fog": {"power": {"after": "2 s"}}, "wire": {"fog": {"chance": 0.7}}}),
    "only by others": cascade(depends={"fog": ["power"], "wire": {"fog": {"after": "1 s"}}}, mttr="3 s",
                              mtbf={"power": "9 s"}),
}
each_process = pytest.mark.parametrize("name", PROCESSES)


def by_balance(process):
    """Return P(pattern) from the balance equations, written down from the rules: tosses enumerated edge by edge."""
    patterns = [tuple(row) for row in patterns_of(3).tolist()]
    at = {pattern: place for place, pattern in enumerate(patterns)}
    rates = np.zeros((8, 8))
    sure = [s for s in process.spreads if not s.after_ns]
    for up, i in itertools.product(patterns, range(3)):
        if not up[i]:
            rates[at[up], at[tuple(True if k == i else v for k, v in enumerate(up))]] += 1e9 / process.mttr_ns[i]
            continue
        hazard = 1e9 / process.mtbf_ns[i] + sum(
            1e9 / s.after_ns for s in process.spreads if s.after_ns and s.target == i and not up[s.source])
        for tosses in itertools.product((True, False), repeat=len(sure)):  # every dependency tosses, used or not
            p = np.prod([s.chance if hit else 1 - s.chance for s, hit in zip(sure, tosses, strict=True)])
            new = {i}
            for _ in range(3):
                new |= {s.target for s, hit in zip(sure, tosses, strict=True)
                        if hit and s.source in new and up[s.target]}
            rates[at[up], at[tuple(v and k not in new for k, v in enumerate(up))]] += hazard * p
    rates -= np.diag(rates.sum(axis=1))
    return np.linalg.lstsq(np.vstack([rates.T, np.ones(8)]), np.append(np.zeros(8), 1), rcond=None)[0]


@pytest.mark.parametrize("chance", [0.0001, 0.5, 1])
def test_two_components_have_the_law_worked_out_by_hand(chance):
    """A crashes at rate a and fells B with probability c; B crashes at rate b alone; repairs at rates r and s.

    A alone is a two-state chain: P(A up) = r / (a + r). With u = P(both up) and v = P(A down, B up):
    the flow through "B is up" is s (1 - u - v) = b (u + v) + a c u, and that through "A down, B up" is
    u a (1 - c) + s (1 - P(A up) - v) = v (r + b).
    """
    a, b, r, s = 1 / 20, 1 / 12, 1 / 4, 1 / 3
    process = CascadeBlock(kind="cascade", depends={"fog": {"power": {"chance": chance}}},
                           mtbf={"power": "20 s", "fog": "12 s"}, mttr={"power": "4 s", "fog": "3 s"}).build(TOPOLOGY)
    up_a = r / (a + r)
    # the second says v = k u + m; put into the first, it gives u
    k, m = a * (1 - chance) / (r + b + s), s * (1 - up_a) / (r + b + s)
    u = (s - (s + b) * m) / ((s + b) * (1 + k) + a * chance)
    v = k * u + m
    found = np.exp(process.log_probability(patterns_of(2)))
    np.testing.assert_allclose(found, [u, up_a - u, v, 1 - up_a - v], rtol=1e-10)


def test_a_certain_dependency_of_what_fails_by_nothing_else_is_an_equation_of_one_line():
    """B falls only with A: from both up to none, from there to one of them, and so on."""
    a, r, s = 1 / 9, 1 / 4, 1 / 3
    process = cascade(depends={"fog": ["power"]}, mtbf={"power": "9 s"}, mttr={"power": "4 s", "fog": "3 s"})
    # states: 11, 00, 10 (A up), 01; A may crash again while B is still down
    found = np.exp(process.log_probability(patterns_of(2)))
    balance = np.array([[-a, s, r, 0], [0, -(a + s), 0, r], [0, 0, -r, s], [a, a, 0, -(r + s)], [1, 1, 1, 1]])
    expected = np.linalg.lstsq(balance, np.array([0, 0, 0, 0, 1.0]), rcond=None)[0]
    np.testing.assert_allclose(found, expected)


@each_process
def test_the_law_is_that_of_another_route(name):
    assert_states_law(PROCESSES[name], by_balance(PROCESSES[name]), atol=1e-11)


@each_process
def test_snapshots_have_the_stated_law(name):
    assert_snapshots(PROCESSES[name], by_balance(PROCESSES[name]), FALSE_ALARM / len(PROCESSES))


@each_process
def test_the_state_at_any_time_has_the_stated_law(name):
    assert_law_at(PROCESSES[name], by_balance(PROCESSES[name]), (0, 1, 8, 80), 400, FALSE_ALARM / len(PROCESSES))


@each_process
def test_switches_come_at_the_stated_rate(name):
    assert_switches(PROCESSES[name], 400, 60, FALSE_ALARM / 20)


@each_process
def test_a_longer_horizon_only_adds(name):
    assert_horizon_only_adds(PROCESSES[name])


def test_without_an_effect_a_cascade_is_crash_and_repair():
    process = cascade(depends={"fog": {"power": {"chance": 1e-300}}})
    expected = [MTBF_S[name] / (MTBF_S[name] + MTTR_S[name]) for name in NAMES]
    np.testing.assert_allclose(process.survival(), expected)


def test_a_certain_dependency_crashes_at_the_same_instant():
    line = PROCESSES["one fells another"].timeline(Streams(5), 0, 2000 * SECOND_NS)
    power, fog = line.crash_ns[0][1:], line
    up_before = fog.up_at(power - 1)[:, 1]
    assert up_before.any()
    assert np.isin(power[up_before], fog.crash_ns[1]).all()


def test_a_battery_lasts_for_its_mean_time():
    """Of the outages of power that find fog up, fog falls before power is back in the share 1 / (1 + after / mttr)."""
    process = cascade(depends={"fog": {"power": {"after": "2 s"}}}, mtbf={"power": "60 s"},
                      mttr={"power": "4 s", "fog": "1 ms"})
    line = process.timeline(Streams(5), 0, 40_000 * SECOND_NS)
    power, back = line.crash_ns[0][1:], line.repair_ns[0][1:]
    first = np.searchsorted(line.crash_ns[1], power)
    fell = np.append(line.crash_ns[1], 1 << 62)[first]
    is_up = line.up_at(power)[:, 1]
    assert_frequency(int((fell < back)[is_up].sum()), int(is_up.sum()), 1 / (1 + 2 / 4))
    struck = np.searchsorted(line.crash_ns[1], back) - np.searchsorted(line.crash_ns[1], power)
    assert_mean(struck, 4 / 2, precision=0.1)  # again and again while the outage lasts


def test_a_delay_with_a_chance_has_no_law_but_a_timeline_whose_outages_spread_with_that_chance():
    process = cascade(depends={"fog": {"power": {"after": "1 ms", "chance": 0.3}}}, mtbf={"power": "60 s"},
                      mttr={"power": "4 s", "fog": "1 s"})
    for ask in (process.survival, process.pairwise_survival, process.switches_per_s,
                lambda: process.log_probability(np.ones((1, 2), dtype=bool)),
                lambda: process.sample_up(Streams(1), 3)):
        with pytest.raises(NoLaw, match="a delay and a chance below 1"):
            ask()
    line = process.timeline(Streams(5), 0, 20_000 * SECOND_NS)
    power = line.crash_ns[0][1:]
    fell = np.searchsorted(line.crash_ns[1], power + SECOND_NS // 20) > np.searchsorted(line.crash_ns[1], power)
    assert_frequency(int(fell.sum()), len(power), 0.3 * (1 - np.exp(-50)))
    assert_horizon_only_adds(process)


def test_many_components_have_no_law_but_start_from_a_warm_state():
    names = tuple(f"n{i}" for i in range(12))
    topology = Topology("many", tuple(map(Node, names)), ())
    block = {"depends": {names[1]: [names[0]]}, "mtbf": dict.fromkeys(names, "6 s"), "mttr": "4 s"}
    process = cascade(topology, **block)
    with pytest.raises(NoLaw, match="12 components in a cascade"):
        process.survival()
    up = np.array([process.timeline(Streams(3, run), 0, 10).up_at(np.array([0]))[0] for run in range(300)])
    alone = 0.6
    assert_frequency(up[:, 2:].sum(), up[:, 2:].size, alone)
    two = cascade(topology, depends={names[1]: [names[0]]}, mtbf={names[0]: "6 s", names[1]: "6 s"}, mttr="4 s")
    assert_frequency(up[:, 1].sum(), 300, two.survival()[1])


def test_rare_patterns_have_a_probability_of_many_digits():
    process = cascade(depends={"wire": {"fog": {"chance": 1e-9}}}, mtbf=dict.fromkeys(NAMES, "10000 h"), mttr="1 s")
    alone = 1 / (1 + 3.6e7)
    all_down = process.log_probability(np.zeros((1, 3), dtype=bool))
    assert all_down == pytest.approx(3 * np.log(alone), abs=0.02)
