"""Processes whose components fail together: each states its law, and each law is found again by another route."""

import itertools
from functools import cache

import numpy as np
import pytest
from scipy import integrate, stats

from simulator.failures.bernoulli import Bernoulli
from simulator.failures.beta_binomial import BetaBinomial
from simulator.failures.causes import Causes
from simulator.failures.common_cause import CommonCauseBlock
from simulator.failures.copula import Copula
from simulator.failures.maintenance import Plan, RandomPhase
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.failures.renewal import Renewal
from simulator.failures.repair_crew import RepairCrew
from simulator.seeds import Streams
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_frequency, assert_mean

NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
MARGINALS = (0.9, 0.8, 0.6)
HELD_NS = 8 * SECOND_NS
RUNS = 500
PATTERNS = np.array(list(itertools.product((True, False), repeat=3)))

RACKS = {"rack": ((1.0, frozenset({"edge", "fog"})),), "site": ((1.0, frozenset(NAMES)),),
         "wire": ((1.0, frozenset({"wire"})),)}
STORM = {"storm": ((0.5, frozenset({"edge", "fog"})), (0.3, frozenset({"wire"})), (0.2, frozenset())),
         "own": ((1.0, frozenset({"fog"})),)}
COINS = Bernoulli(("rack", "site", "wire"), (0.8, 0.9, 0.7))
IN_TIME = Renewal(("rack", "site", "wire"), (40e9, 90e9, 7e9), (10e9, 10e9, 3e9))


def common_cause(beta):
    survival = dict(zip(NAMES, MARGINALS, strict=True))
    return CommonCauseBlock(kind="common_cause", survival=survival, beta=beta).build(TOPOLOGY)


PROCESSES = {
    "groups": Causes(COINS, RACKS, NAMES),
    "groups in time": Causes(IN_TIME, RACKS, NAMES),
    "one of several sets": Causes(Bernoulli(("storm", "own"), (0.6, 0.9)), STORM, NAMES),
    "one of several sets in time": Causes(Renewal(("storm", "own"), (6e9, 9e9), (4e9, 1e9)), STORM, NAMES),
    "common cause": common_cause(0.5),
    "all in common": common_cause(1.0),
    "beta-binomial": BetaBinomial(NAMES, 0.8, 0.3),
    "beta-binomial that holds": BetaBinomial(NAMES, 0.8, 0.3, HELD_NS),
    "copula": Copula(NAMES, MARGINALS, 0.6),
    "copula that holds": Copula(NAMES, MARGINALS, 0.6, holds_ns=HELD_NS),
    "comonotone": Copula(NAMES, MARGINALS, 1.0),
    "t copula": Copula(NAMES, MARGINALS, 0.4, tail=3.0),
    "maintenance in time": RandomPhase(NAMES, Plan((0, 3 * SECOND_NS, SECOND_NS), 7 * SECOND_NS, 2 * SECOND_NS)),
    "one repairman in time": RepairCrew(NAMES, (20e9, 10e9, 30e9), (5e9, 5e9, 5e9), 1),
    "unlike repairs in time": RepairCrew(NAMES, (20e9, 10e9, 5e9), (3e9, 8e9, 2e9), 1),
    "two repairmen in time": RepairCrew(NAMES, (4e9, 2e9, 5e9), (3e9, 8e9, 2e9), 2),
    "over coins": Overlay((Bernoulli(("fog",), (0.9,)), Copula(("edge", "wire"), (0.9, 0.6), 0.7)), NAMES),
}
each_process = pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.slow if name == "t copula" else ()) for name in PROCESSES])
IS_IN_TIME = [name for name in PROCESSES if "time" in name or "holds" in name]


def of_causes(idle, fells):
    """Return P(pattern) by going through all states of all causes."""
    law = dict.fromkeys(map(tuple, PATTERNS.tolist()), 0.0)
    choices = [[(p, frozenset()), *(((1 - p) * chance, members) for chance, members in fells[cause])]
               for cause, p in idle.items()]
    for chosen in itertools.product(*choices):
        down = frozenset().union(*(members for _, members in chosen))
        law[tuple(name not in down for name in NAMES)] += np.prod([chance for chance, _ in chosen])
    return np.array(list(law.values()))


def of_a_strength(beta):
    """Return P(pattern) by integrating over the strength of the common cause: it fells i where u < beta q_i."""
    q = 1 - np.array(MARGINALS)
    alone = np.array([0 if beta == 1 else 1 - (1 - x) / (1 - beta * x) for x in q])
    edges = np.unique([0, *(beta * q), 1])
    law = np.zeros(len(PATTERNS))
    for low, high in itertools.pairwise(edges):
        hit = (low + high) / 2 < beta * q
        p_down = np.where(hit, 1, alone)
        law += (high - low) * np.where(PATTERNS, 1 - p_down, p_down).prod(axis=1)
    return law


def of_normals(r, dof=None):
    """Return P(pattern) by adaptive integration over the common factor and the scale."""
    at = (stats.norm if dof is None else stats.t(dof)).ppf(1 - np.array(MARGINALS))

    def given(z, scale):
        up = stats.norm.cdf((np.sqrt(r) * z - at * scale) / np.sqrt(1 - r))
        return stats.norm.pdf(z) * np.where(PATTERNS, up, 1 - up).prod(axis=1)

    def over_the_factor(scale):
        return integrate.quad_vec(lambda z: given(z, scale), -9, 9, epsabs=1e-11)[0]

    if dof is None:
        return over_the_factor(1.0)
    scale_law = stats.chi(dof, scale=1 / np.sqrt(dof))
    return integrate.quad_vec(lambda s: scale_law.pdf(s) * over_the_factor(s), 0, 6, epsabs=1e-9)[0]


def of_a_beta(p, rho):
    """Return P(pattern) by integrating over P(down)."""
    a, b = (1 - p) * (1 / rho - 1), p * (1 / rho - 1)
    by_count = [integrate.quad(lambda x, k=k: stats.beta(a, b).pdf(x) * x**k * (1 - x) ** (3 - k), 0, 1)[0]
                for k in range(4)]
    return np.array([by_count[int((~pattern).sum())] for pattern in PATTERNS])


def beside_a_coin():
    pairs = Copula(("edge", "wire"), (0.9, 0.6), 0.7)
    joint = np.exp(pairs.log_probability(PATTERNS[:, [0, 2]]))
    return joint * np.where(PATTERNS[:, 1], 0.9, 0.1)


def in_a_period():
    """Return P(pattern) second by second: each is down for 2 of 7, from second 0, 3 and 1 on."""
    down = np.array([[second in ((first + k) % 7 for k in range(2)) for first in (0, 3, 1)] for second in range(7)])
    return np.array([(down == ~pattern).all(axis=1).mean() for pattern in PATTERNS])


def of_a_crew(mtbf, mttr, repairmen):
    """Return P(pattern) of a chain whose states are (who is repaired, in any order; who waits, in order)."""
    places, flows, todo = {}, [], [(frozenset(), ())]
    while todo:
        state = todo.pop()
        if state in places:
            continue
        places[state] = len(places)
        repaired, waiting = state
        for i in set(range(3)) - repaired - set(waiting):
            has_room = len(repaired) < repairmen
            after = (repaired | {i}, waiting) if has_room else (repaired, (*waiting, i))
            flows.append((state, after, 1 / mtbf[i]))
            todo.append(after)
        for i in repaired:
            after = ((repaired - {i}) | set(waiting[:1]), waiting[1:])
            flows.append((state, after, 1 / mttr[i]))
            todo.append(after)
    balance = np.zeros((len(places) + 1, len(places)))
    for before, after, rate in flows:
        balance[places[after], places[before]] += rate
        balance[places[before], places[before]] -= rate
    balance[-1] = 1
    law = np.linalg.lstsq(balance, np.eye(len(places) + 1)[-1], rcond=None)[0]
    return np.array([sum(law[place] for (repaired, waiting), place in places.items()
                         if {*repaired, *waiting} == set(np.flatnonzero(~pattern))) for pattern in PATTERNS])


@cache
def by_another_route(name):
    storm = {"storm": 0.6, "own": 0.9}
    return {
        "groups": lambda: of_causes({"rack": 0.8, "site": 0.9, "wire": 0.7}, RACKS),
        "groups in time": lambda: of_causes({"rack": 0.8, "site": 0.9, "wire": 0.7}, RACKS),
        "one of several sets": lambda: of_causes(storm, STORM),
        "one of several sets in time": lambda: of_causes(storm, STORM),
        "common cause": lambda: of_a_strength(0.5),
        "all in common": lambda: of_a_strength(1.0),
        "beta-binomial": lambda: of_a_beta(0.8, 0.3),
        "beta-binomial that holds": lambda: of_a_beta(0.8, 0.3),
        "copula": lambda: of_normals(0.6),
        "copula that holds": lambda: of_normals(0.6),
        "comonotone": lambda: of_a_strength(1.0),
        "t copula": lambda: of_normals(0.4, 3.0),
        "maintenance in time": in_a_period,
        "one repairman in time": lambda: of_a_crew((20, 10, 30), (5, 5, 5), 1),
        "unlike repairs in time": lambda: of_a_crew((20, 10, 5), (3, 8, 2), 1),
        "two repairmen in time": lambda: of_a_crew((4, 2, 5), (3, 8, 2), 2),
        "over coins": beside_a_coin,
    }[name]()


def counts(up):
    return np.bincount((~up) @ np.array([4, 2, 1]), minlength=8)


@each_process
def test_pattern_probabilities_are_those_of_another_route(name):
    found = np.exp(PROCESSES[name].log_probability(PATTERNS))
    assert found.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found, by_another_route(name), atol=1e-8)


@each_process
def test_marginals_and_pairs_are_those_of_the_patterns(name):
    process, law = PROCESSES[name], np.exp(PROCESSES[name].log_probability(PATTERNS))
    np.testing.assert_allclose(process.survival(), law @ PATTERNS, atol=1e-11)
    both = np.einsum("k,ki,kj->ij", law, PATTERNS, PATTERNS)
    np.testing.assert_allclose(process.pairwise_survival(), both, atol=1e-11)


@pytest.mark.parametrize("tail", [None, 1.0, 3.0, 30.0])
@pytest.mark.parametrize("r", [0.1, 0.6, 0.95])
def test_copulas_of_even_odds_are_those_of_sheppard(r, tail):
    """P(all of three normals above their median) = 1/8 + 3 asin(r) / (4 pi), and of any elliptical law the same."""
    process = Copula(NAMES, (0.5, 0.5, 0.5), r, tail)
    all_up = np.exp(process.log_probability(np.ones((1, 3), dtype=bool)))
    assert all_up == pytest.approx(1 / 8 + 3 * np.arcsin(r) / (4 * np.pi), abs=1e-11)


@pytest.mark.parametrize("beta", [0, 0.2, 0.7, 1])
def test_a_common_cause_leaves_every_marginal_as_it_is(beta):
    process = common_cause(beta)
    np.testing.assert_allclose(process.survival(), MARGINALS, rtol=1e-12)
    pairs = process.pairwise_survival()
    together = np.minimum.outer(np.array(MARGINALS), np.array(MARGINALS))
    others = ~np.eye(3, dtype=bool)
    if beta == 0:
        np.testing.assert_allclose(pairs[others], np.outer(MARGINALS, MARGINALS)[others])
    if beta == 1:
        np.testing.assert_allclose(pairs, together)


def test_two_of_three_fail_seventeen_times_as_often_with_one_failure_in_twenty_in_common():
    """The rule of thumb of the beta-factor model: q = 1e-3, beta = 5 %."""
    survival = dict.fromkeys(NAMES, 0.999)

    def two_down(beta):
        process = CommonCauseBlock(kind="common_cause", survival=survival, beta=beta).build(TOPOLOGY)
        return np.exp(process.log_probability(PATTERNS))[(~PATTERNS).sum(axis=1) >= 2].sum()

    assert two_down(0) == pytest.approx(2.998e-6, rel=1e-6)
    assert two_down(0.05) == pytest.approx(5.27e-5, rel=2e-3)


@each_process
def test_snapshots_have_the_stated_law_and_are_independent(name):
    up = PROCESSES[name].sample_up(Streams(3), 40_000)
    law = by_another_route(name)
    assert_frequencies(counts(up), law, FALSE_ALARM / len(PROCESSES))
    again = (up[1:] & up[:-1])[::2]
    for column, survival in enumerate(law @ PATTERNS):
        assert_frequency(again[:, column].sum(), len(again), survival**2, FALSE_ALARM / len(PROCESSES))


@each_process
def test_a_snapshot_has_the_same_beginning_however_many_are_drawn(name):
    process = PROCESSES[name]
    assert (process.sample_up(Streams(3), 10) == process.sample_up(Streams(3), 500)[:10]).all()


@cache
def states(name):
    times = np.array([0, SECOND_NS, 8 * SECOND_NS, 80 * SECOND_NS])
    lines = (PROCESSES[name].timeline(Streams(7, run), 4, int(times[-1]) + 1) for run in range(RUNS))
    return np.array([line.up_at(times) for line in lines])


@each_process
@pytest.mark.parametrize("at", range(4))
def test_the_state_at_any_time_has_the_stated_law(name, at):
    assert_frequencies(counts(states(name)[:, at]), by_another_route(name), FALSE_ALARM / 50)


@pytest.mark.parametrize("name", IS_IN_TIME)
def test_switches_come_at_the_stated_rate(name):
    process, horizon_s = PROCESSES[name], 300
    seen = []
    for run in range(100):
        line = process.timeline(Streams(11, run), 1, horizon_s * SECOND_NS)
        seen.append([(np.sum((c > 0) & (c < line.until_ns)) + np.sum(r < line.until_ns)) / horizon_s
                     for c, r in zip(line.crash_ns, line.repair_ns, strict=True)])
    for column, rate in enumerate(process.switches_per_s()):
        assert_mean(np.array(seen)[:, column], rate, FALSE_ALARM / 20, precision=0.1)


@pytest.mark.parametrize("name", IS_IN_TIME)
def test_a_longer_horizon_changes_nothing_before_the_shorter_one(name):
    times = np.arange(0, 50 * SECOND_NS, SECOND_NS // 7)
    short, longer = (PROCESSES[name].timeline(Streams(2), 0, until * SECOND_NS) for until in (50, 500))
    assert (short.up_at(times) == longer.up_at(times)).all()
    assert all((crash[1:] > repair[:-1]).all() and (crash < repair).all()
               for crash, repair in zip(longer.crash_ns, longer.repair_ns, strict=True))


def test_a_law_that_would_be_too_large_is_refused_and_many_small_ones_are_not():
    names = tuple(f"n{i}" for i in range(30))
    pairs = {f"rack {i}": ((1.0, frozenset(names[i : i + 2])),) for i in range(0, 30, 2)}
    racks = Causes(Bernoulli(tuple(pairs), (0.9,) * 15), pairs, names)
    assert np.exp(racks.log_probability(np.ones((1, 30), dtype=bool))) == pytest.approx(0.9**15)
    for large in (Copula(names, (0.9,) * 30, 0.5), BetaBinomial(names, 0.9, 0.5),
                  Causes(Bernoulli(("all",), (0.9,)), {"all": ((1.0, frozenset(names)),)}, names)):
        with pytest.raises(NoLaw, match="30 components fail together"):
            large.log_probability(np.ones((1, 30), dtype=bool))
        assert large.sample_up(Streams(1), 5).shape == (5, 30)
