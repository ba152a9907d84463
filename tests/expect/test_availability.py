"""Availability of a level of accuracy: exact values against brute force, and simulation against both."""

import itertools

import numpy as np
import pytest

from simulator.expect.availability import availability, is_good, resilience, steps
from simulator.expect.availability_law import Law, exact_availability, exact_resilience
from simulator.expect.exact import enumerate_patterns
from simulator.failures.laws import Deterministic, Weibull
from simulator.failures.lifetimes import Lifetimes
from simulator.failures.renewal import Renewal
from simulator.seeds import Streams
from tests.support.statistics import FALSE_ALARM, assert_covers, assert_mean

S = 10**9
NAMES, MTBF, MTTR = ("a", "b", "c"), (40.0, 25.0, 60.0), (10.0, 5.0, 8.0)
PROCESS = Renewal(NAMES, tuple(m * S for m in MTBF), tuple(m * S for m in MTTR))
PATTERNS = enumerate_patterns(PROCESS, 3)
# By pattern number (bit i: component i down). Not coherent: with a and b down a third failure helps.
WORTH = np.array([0.9, 0.8, 0.7, 0.3, 0.85, 0.5, 0.6, 0.65])
LEVELS = (0.45, 0.65, 0.75, 0.9)


def accuracy_of(up):
    return WORTH[(~up).astype(int) @ np.array([1, 2, 4])]


def brute(level):
    """Return A, nu and the first crossing by a dense generator over tuples of states, all written out."""
    states = list(itertools.product((1, 0), repeat=3))
    worth = {x: WORTH[sum((1 - up) << i for i, up in enumerate(x))] for x in states}
    rate = np.zeros((8, 8))
    for row, x in enumerate(states):
        for i in range(3):
            y = tuple(1 - up if j == i else up for j, up in enumerate(x))
            rate[row, states.index(y)] = 1 / MTBF[i] if x[i] else 1 / MTTR[i]
    generator = rate - np.diag(rate.sum(axis=1))
    chance = np.linalg.lstsq(np.vstack([generator.T, np.ones(8)]), np.array([0] * 8 + [1.0]), rcond=None)[0]
    good = np.array([worth[x] >= level for x in states])
    share = chance[good].sum()
    falls = sum(chance[r] * rate[r, c] for r in range(8) for c in range(8) if good[r] and not good[c])
    first = np.linalg.solve(-generator[np.ix_(good, good)], np.ones(good.sum()))[0] if good[0] and falls else np.nan
    lost = chance @ np.array([max(0, 0.9 - worth[x]) for x in states])
    return share, falls, first, lost


def law():
    return Law.of(PROCESS, PATTERNS, WORTH)


@pytest.mark.parametrize("level", LEVELS)
def test_exact_values_are_those_of_a_generator_written_out(level):
    found = exact_availability(law(), level, is_exponential=True)
    share, falls, first, _ = brute(level)
    assert found["availability_exact"].value == pytest.approx(share)
    assert found["crossings_per_s_exact"].value == pytest.approx(falls)
    assert found["degraded_spell_s_exact"].value == pytest.approx((1 - share) / falls)
    assert found["good_spell_s_exact"].value == pytest.approx(share / falls)
    assert found["first_crossing_s_exact"].value == pytest.approx(first)


def test_exact_area_of_the_triangle():
    found = exact_resilience(law())
    _, falls, _, lost = brute(0.9)
    assert found["accuracy_lost_exact"].value == pytest.approx(lost)
    assert found["accuracy_lost_per_outage_s_exact"].value == pytest.approx(lost / falls)


def test_what_never_falls_has_no_spells():
    found = exact_availability(law(), 0.2, is_exponential=True)
    assert found["availability_exact"].value == 1
    assert found["crossings_per_s_exact"].value == 0
    assert np.isnan(found["degraded_spell_s_exact"].value)
    assert np.isnan(found["first_crossing_s_exact"].value)


def runs(process, count, span_s=2000):
    return [steps(process.timeline(Streams(3, number), 1, span_s * S), span_s * S, accuracy_of)
            for number in range(count)]


@pytest.mark.parametrize("level", LEVELS)
def test_simulated_shares_and_crossings_have_the_exact_means(level):
    exact = exact_availability(law(), level, is_exponential=True)
    simulated = runs(PROCESS, 60)
    shares = [run.seconds(is_good(run.accuracy, level)) / run.span_s for run in simulated]
    assert_mean(shares, exact["availability_exact"].value, FALSE_ALARM, precision=0.02)
    found = availability(simulated, level) | resilience(simulated, 0.9)
    for name, truth in (exact | exact_resilience(law())).items():
        estimate = found[name.removesuffix("_exact")]
        half = (estimate.high - estimate.low) / 2
        assert half < 0.25 * truth.value, name  # not vacuous
        assert abs(estimate.value - truth.value) <= 2.4 * half, name  # 4.8 standard errors: false alarm below 1e-5


def test_independent_components_of_any_law_cross_as_often_as_the_formula_says():
    """A Weibull time up and a deterministic time down: no Markov chain, the same formula."""
    process = Lifetimes(NAMES, PROCESS.mtbf_ns, PROCESS.mttr_ns, Weibull(law="weibull", shape=2.0),
                        Deterministic(law="deterministic"))
    exact = exact_availability(Law.of(process, enumerate_patterns(process, 3), WORTH), 0.65, is_exponential=False)
    assert "first_crossing_s_exact" not in exact
    found = availability(runs(process, 60), 0.65)
    for name, truth in exact.items():
        estimate = found[name.removesuffix("_exact")]
        assert abs(estimate.value - truth.value) <= 2.4 * (estimate.high - estimate.low) / 2, name


def test_intervals_of_the_mean_spell_cover():
    """1,000 macro-runs of 12 replications: the ratio of means covers its truth as often as it claims."""
    truth = exact_availability(law(), 0.75, is_exponential=True)
    pool = runs(PROCESS, 1200, 1500)
    dice = np.random.Generator(np.random.PCG64(5))
    intervals = []
    for _ in range(1000):
        found = availability([pool[place] for place in dice.choice(1200, 12, replace=False)], 0.75)
        intervals.append((found["degraded_spell_s"].low, found["degraded_spell_s"].high))
    assert_covers(intervals, truth["degraded_spell_s_exact"].value)
