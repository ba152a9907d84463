"""A fixed number of hits: the law of the relative error is free of the chance, and the interval is exact."""

import numpy as np
import pytest
from scipy import stats

from simulator.expect.tail.events import Event
from simulator.expect.tail.hits import Counted, until_hits
from simulator.seeds import stream
from tests.support.scores import chain_law, exact_by_force, question
from tests.support.statistics import FALSE_ALARM, assert_covers, assert_mean


def sampled(p, wanted, rng):
    """Return an estimate from coins, without a pattern."""
    counted = Counted(wanted)
    while not counted.is_done:
        hits = rng.random(int(2 * wanted / p)) < p
        counted.count(hits, rng.standard_exponential(len(hits)))
    return counted.estimate()


@pytest.mark.parametrize("p", [0.5, 0.05])
def test_the_relative_error_has_the_law_that_theory_says_whatever_the_chance(p):
    """(k - 1) / (R p) is (k - 1) over a gamma variable of shape k: Kolmogorov and Smirnov."""
    rng, wanted = stream(1, 0, "", f"hits {p}"), 20
    ratio = np.array([sampled(p, wanted, rng).value for _ in range(1000)]) / p
    uncut = ratio[ratio < 1 / p]
    assert len(uncut) > 990
    found = stats.kstest((wanted - 1) / ratio[ratio < 1 / p], stats.gamma(wanted).cdf)
    assert found.pvalue > FALSE_ALARM


def test_the_estimate_is_unbiased_and_the_interval_covers():
    rng = stream(2, 0, "", "hits")
    found = [sampled(0.05, 10, rng) for _ in range(2000)]
    assert_mean([one.value for one in found], 0.05, precision=0.02)
    assert_covers([(one.low, one.high) for one in found], 0.05)


def test_hits_are_counted_in_order_whatever_the_pieces():
    rng = stream(3, 0, "", "hits")
    hits, times = rng.random(5000) < 0.02, rng.standard_exponential(5000)
    found = []
    for piece in (1, 7, 5000):
        counted = Counted(30)
        for first in range(0, 5000, piece):
            counted.count(hits[first:first + piece], times[first:first + piece])
        found.append((counted.seen, counted.draws, pytest.approx(counted.time)))
    assert found[0] == found[1] == found[2]
    assert found[0][1] == np.flatnonzero(hits)[29] + 1


def test_a_question_is_answered_and_each_event_has_hits_of_its_own():
    law = chain_law(6, 0.3)
    truth = [exact_by_force(law)[1], exact_by_force(law, lambda up: (up.sum(axis=1) < 6).astype(float))[0]]
    found = [[one.value for one in until_hits(asked, (Event(asked.scored), Event(asked.scored, 0.93)), 50)]
             for asked in (question(law, seed) for seed in range(200))]
    for column, expected in zip(np.transpose(found), truth, strict=True):
        assert_mean(column, expected, precision=0.02)


def test_with_too_few_hits_it_says_how_many_there_were():
    asked = question(chain_law(6, 0.001))
    found, = until_hits(asked, (Event(asked.scored),), 50, most=2000)
    assert found.samples == 2000
    assert found.method == "Clopper-Pearson over 2000 draws (conservative)"
    assert found.low <= 5e-6 <= found.high
