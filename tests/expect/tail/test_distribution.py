"""Shares, quantiles, spread, the worst, exceedance: exact from all patterns, covered from draws, bounded by a head."""

import numpy as np
import pytest

from simulator.expect.methods.expectation import Sample
from simulator.expect.methods.strata import Drawn, Listed
from simulator.expect.tail.distribution import Distribution
from simulator.expect.tail.events import Event
from simulator.seeds import stream
from tests.support.statistics import assert_covers


class Scores:
    """A table of scores."""

    bounds = (0.0, 1.0)

    def __init__(self, table):
        self.table = np.array(table)

    def scores(self, places):
        return self.table[places]


SCORES = [0.1, 0.4, 0.5, 0.8, 0.95]
CHANCE = np.array([0.02, 0.03, 0.1, 0.25, 0.6])


def exact(scores=SCORES, chance=CHANCE):
    listed = Listed("all", float(np.sum(chance)), np.arange(len(scores)), chance / np.sum(chance))
    return Distribution(Sample((listed,)), Scores(scores), "exact")


def drawn(seed, draws=400):
    places = stream(seed, 0, "", "draws").choice(len(CHANCE), draws, p=CHANCE)
    return Distribution(Sample((Drawn("all", 1.0, places),)), Scores(SCORES), "drawn")


def test_exact_shares_and_quantiles_are_sums():
    found = exact()
    assert [found.below(level).value for level in (0.1, 0.4, 0.5, 0.95, 1.0)] == pytest.approx([0, 0.02, 0.05, 0.4, 1])
    assert [found.quantile(p).value for p in (0.01, 0.02, 0.021, 0.05, 0.4, 0.41, 1.0)] == [
        0.1, 0.1, 0.4, 0.4, 0.8, 0.95, 0.95]
    assert all(one.low == one.value == one.high for one in (found.below(0.5), found.quantile(0.05), found.worst(0.1)))
    assert found.chance(Event(found.scored)).value == pytest.approx(0.02)


def test_exact_spread_and_worst_are_those_of_numpy():
    scores, repeats = np.repeat(SCORES, (CHANCE * 100).astype(int)), (5, 10, 40)
    found = exact()
    assert found.variance().value == pytest.approx(scores.var())
    assert found.deviation().value == pytest.approx(scores.std())
    for count in repeats:
        assert found.worst(count / 100).value == pytest.approx(np.sort(scores)[:count].mean())


def test_exceedance_falls_from_one_and_has_no_band_where_it_is_exact():
    curve = exact().exceedance()
    assert curve.x == tuple(SCORES)
    assert curve.value == pytest.approx((1, 0.98, 0.95, 0.85, 0.6))
    assert curve.low == curve.value == curve.high


def test_a_head_bounds_what_it_leaves_out():
    """Two percent are left out: whatever these are worth, the ends hold."""
    head = exact(SCORES[1:], CHANCE[1:])
    for worth in (0.0, 0.3, 1.0):
        truth = exact([worth, *SCORES[1:]])
        for ask in (lambda one: one.below(0.5), lambda one: one.quantile(0.05), lambda one: one.quantile(0.01),
                    lambda one: one.worst(0.1), lambda one: one.variance(), lambda one: one.quantile(0.99)):
            assert ask(head).low - 1e-9 <= ask(truth).value <= ask(head).high + 1e-9


def test_what_is_not_counted_is_left_out():
    found = exact([np.nan, *SCORES[1:]])
    assert found.below(0.5).value == pytest.approx(0.03 / 0.98)
    assert found.values.tolist() == SCORES[1:]
    assert found.quantile(0.03).value == 0.4


ASKED = {
    "below": lambda one: one.below(0.5), "worst": lambda one: one.worst(0.1), "deviation": lambda one: one.deviation(),
    "exceedance": lambda one: one.below(0.9),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_intervals_from_draws_cover(ask):
    truth = ask(exact()).value
    found = [ask(drawn(seed)) for seed in range(1000)]
    assert_covers([(one.low, one.high) for one in found], truth, at_most=0.985)


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.5])
def test_woodruff_covers_quantiles(probability):
    """Conservative where the distribution has steps: the whole step is in the interval."""
    truth = exact().quantile(probability).value
    found = [drawn(seed).quantile(probability) for seed in range(1000)]
    assert_covers([(one.low, one.high) for one in found], truth, at_most=1.0)


def test_woodruff_covers_where_scores_are_almost_continuous():
    rng, truth = stream(4, 0, "", "scores"), 0.1
    table = np.linspace(0, 1, 100_001)
    found = []
    for _ in range(1000):
        places = rng.integers(0, len(table), 300)
        one = Distribution(Sample((Drawn("all", 1.0, places),)), Scores(table), "drawn").quantile(0.1)
        found.append((one.low, one.high))
    assert_covers(found, truth)
