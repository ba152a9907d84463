"""Every failure process meets the same law: the one that it states itself. One row a process."""

import itertools
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulator.failures.bernoulli import Bernoulli
from simulator.failures.laws import Deterministic, Gamma, Lognormal, Weibull
from simulator.failures.lifetimes import Lifetimes
from simulator.failures.overlay import Overlay
from simulator.failures.renewal import Renewal
from simulator.seeds import Streams
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_frequency, assert_mean

MTTR_NS = 10 * SECOND_NS
NAMES = ("edge", "fog", "wire")
RUNS = 2500


def renewal(names, availability, mttr_ns=MTTR_NS):
    return Renewal(names, tuple(mttr_ns * a / (1 - a) for a in availability), (float(mttr_ns),) * len(names))


COINS = Bernoulli(NAMES, (0.9, 0.5, 0.2))
REPAIRED = renewal(NAMES, (0.9, 0.5, 0.2))
WEAR, LONG = Weibull(law="weibull", shape=1.7), Lognormal(law="lognormal", cv=1.2)
STAGES, FIXED = Gamma(law="gamma", shape=3), Deterministic(law="deterministic")
PROCESSES = {
    "bernoulli": COINS,
    "renewal": REPAIRED,
    "unequal renewal": Renewal(NAMES, (3e9, 50e9, 1e9), (1e9, 10e9, 20e9)),
    "wear-out and long repairs": Lifetimes(NAMES, (50e9, 5e9, 1e9), (10e9, 10e9, 20e9), WEAR, LONG),
    "stages and fixed repairs": Lifetimes(NAMES, (3e9, 40e9, 6e9), (1e9, 10e9, 6e9), STAGES, FIXED),
    "coins twice": Overlay((COINS, COINS), NAMES),
    "renewal twice": Overlay((REPAIRED, renewal(("fog",), (0.7,), 3 * MTTR_NS)), NAMES),
    "coins over renewal": Overlay(
        (Bernoulli(("fog", "wire"), (0.8, 0.6)), renewal(("edge", "fog"), (0.9, 0.6))), NAMES
    ),
    "side by side": Overlay((Bernoulli(("edge",), (0.8,)), renewal(("fog", "wire"), (0.5, 0.7))), NAMES),
}
# The law worked out by hand, so that a process cannot just agree with itself.
SURVIVAL = {
    "bernoulli": (0.9, 0.5, 0.2),
    "renewal": (0.9, 0.5, 0.2),
    "unequal renewal": (0.75, 5 / 6, 1 / 21),
    "wear-out and long repairs": (5 / 6, 1 / 3, 1 / 21),
    "stages and fixed repairs": (0.75, 0.8, 0.5),
    "coins twice": (0.81, 0.25, 0.04),
    "renewal twice": (0.9, 0.35, 0.2),
    "coins over renewal": (0.9, 0.48, 0.6),
    "side by side": (0.8, 0.5, 0.7),
}
SWITCHES_PER_S = {
    "bernoulli": (0, 0, 0),
    "renewal": (0.02, 0.1, 0.16),
    "unequal renewal": (2 / 4, 2 / 60, 2 / 21),
    "wear-out and long repairs": (2 / 60, 2 / 15, 2 / 21),
    "stages and fixed repairs": (2 / 4, 2 / 50, 2 / 12),
    "coins twice": (0, 0, 0),
    "renewal twice": (0.02, 0.1 * 0.7 + 2 * 0.3 / 30 * 0.5, 0.16),
    "coins over renewal": (0.02, 0.08 * 0.8, 0),
    "side by side": (0, 0.1, 0.06),
}
each_process = pytest.mark.parametrize("name", PROCESSES)
PATTERNS = np.array(list(itertools.product((True, False), repeat=3)))


def pattern_counts(up):
    return np.bincount((~up) @ np.array([4, 2, 1]), minlength=8)


def by_hand(name):
    return np.array(
        [np.prod([p if is_up else 1 - p for p, is_up in zip(SURVIVAL[name], up, strict=True)]) for up in PATTERNS]
    )


@cache
def states(name):
    """Return who is up at 0, MTTR/10, MTTR and 10 MTTR, in many replications: shape (runs, 4, components)."""
    times = np.array([0, MTTR_NS // 10, MTTR_NS, 10 * MTTR_NS])
    timelines = (PROCESSES[name].timeline(Streams(7, run), 4, int(times[-1]) + 1) for run in range(RUNS))
    return np.array([timeline.up_at(times) for timeline in timelines])


@each_process
def test_states_its_marginals_and_joints(name):
    process, survival = PROCESSES[name], np.array(SURVIVAL[name])
    assert process.components == NAMES
    np.testing.assert_allclose(process.survival(), survival)
    pairs = np.outer(survival, survival)
    np.fill_diagonal(pairs, survival)
    np.testing.assert_allclose(process.pairwise_survival(), pairs)


@each_process
def test_pattern_probabilities_sum_to_one_and_are_the_product(name):
    probability = np.exp(PROCESSES[name].log_probability(PATTERNS))
    assert probability.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(probability, by_hand(name))


@each_process
@pytest.mark.parametrize("at", range(4), ids=["t=0", "MTTR/10", "MTTR", "10 MTTR"])
def test_state_at_any_time_has_the_stated_law(name, at):
    up = states(name)[:, at]
    for column, survival in enumerate(SURVIVAL[name]):
        assert_frequency(up[:, column].sum(), RUNS, survival, FALSE_ALARM / 100)
    for i, j in itertools.combinations(range(3), 2):
        assert_frequency((up[:, i] & up[:, j]).sum(), RUNS, SURVIVAL[name][i] * SURVIVAL[name][j], FALSE_ALARM / 100)
    assert_frequencies(pattern_counts(up), by_hand(name), FALSE_ALARM / 100)


@each_process
def test_snapshots_have_the_stated_law_and_are_independent(name):
    up = PROCESSES[name].sample_up(Streams(3), 40_000)
    assert_frequencies(pattern_counts(up), by_hand(name))
    again = up[1:] & up[:-1]
    for column, survival in enumerate(SURVIVAL[name]):
        assert_frequency(again[::2, column].sum(), len(again[::2]), survival**2)


@each_process
def test_a_snapshot_has_the_same_beginning_however_many_are_drawn(name):
    process = PROCESSES[name]
    assert (process.sample_up(Streams(3), 10) == process.sample_up(Streams(3), 500)[:10]).all()


@each_process
def test_switches_come_at_the_stated_rate(name):
    process, horizon_s = PROCESSES[name], 300
    np.testing.assert_allclose(process.switches_per_s(), SWITCHES_PER_S[name])
    counts = []
    for run in range(400):
        line = process.timeline(Streams(11, run), 1, horizon_s * SECOND_NS)
        is_on = np.ones(3) if line.coins is None else line.coins[0]
        seen = [
            np.sum((c > 0) & (c < line.until_ns)) + np.sum(r < line.until_ns)
            for c, r in zip(line.crash_ns, line.repair_ns, strict=True)
        ]
        counts.append(np.array(seen) * is_on / horizon_s)
    for column, rate in enumerate(SWITCHES_PER_S[name]):
        assert_mean(np.array(counts)[:, column], rate, precision=0.1)


@pytest.mark.parametrize("name", ["renewal", "unequal renewal"])
@pytest.mark.parametrize("column", range(3))
def test_times_up_and_down_are_exponential_with_the_stated_means(name, column):
    process = PROCESSES[name]
    cycle_ns = process.mtbf_ns[column] + process.mttr_ns[column]
    line = process.timeline(Streams(5), 0, int(3000 * cycle_ns))
    crash, repair = line.crash_ns[column], line.repair_ns[column]
    down, up = (repair - crash)[1:], (crash[1:] - repair[:-1])
    for lasting, mean in ((down, process.mttr_ns[column]), (up, process.mtbf_ns[column])):
        assert_mean(lasting, mean, precision=0.05)
        assert stats.kstest(lasting, "expon", args=(0, mean)).pvalue > FALSE_ALARM
    together = stats.spearmanr(up[:2500], down[:2500]).pvalue
    assert together > FALSE_ALARM, "a time up tells something about the time down after it"


@pytest.mark.parametrize("name", ["renewal", "unequal renewal", "renewal twice", "wear-out and long repairs"])
def test_long_run_availability_is_the_stated_one(name):
    process, until = PROCESSES[name], 3000 * SECOND_NS
    shares = []
    for run in range(100):
        line = process.timeline(Streams(13, run), 0, until)
        shares.append(
            [
                1 - np.sum(np.clip(r, 0, until) - np.clip(c, 0, until)) / until
                for c, r in zip(line.crash_ns, line.repair_ns, strict=True)
            ]
        )
    for column, survival in enumerate(SURVIVAL[name]):
        assert_mean(np.array(shares)[:, column], survival, precision=0.03)


def test_the_share_of_time_up_varies_as_a_two_state_chain_does():
    """Its variance is 2A(1-A)/x (1 - (1 - e^-x)/x) with x = T (1/mtbf + 1/mttr)."""
    process, until, availability = renewal(("edge",), (0.8,)), 100 * SECOND_NS, 0.8
    x = until * (1 / process.mtbf_ns[0] + 1 / process.mttr_ns[0])
    expected = 2 * availability * (1 - availability) / x * (1 - (1 - np.exp(-x)) / x)
    shares = []
    for run in range(3000):
        line = process.timeline(Streams(17, run), 0, until)
        down = np.sum(np.clip(line.repair_ns[0], 0, until) - np.clip(line.crash_ns[0], 0, until))
        shares.append(1 - down / until)
    assert_mean((np.array(shares) - availability) ** 2, expected, precision=0.05)
