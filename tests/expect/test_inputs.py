"""Uncertain survivals: ranges against brute force over ends, laws against closed forms, and no pattern scored anew."""

import itertools

import numpy as np
import pytest
from scipy import stats

from simulator.expect.inputs import TooManyInputs, Unsure, at_ends, given_who_is_down, over_inputs, swings
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.copula import Copula
from simulator.failures.overlay import Overlay
from simulator.failures.overlay_law import table_of
from simulator.failures.uncertain import Counted, Range, Watched
from tests.support.statistics import assert_covers, assert_mean

NAMES = tuple("abcde")
UP = (np.arange(32)[:, np.newaxis] >> np.arange(5)) & 1 == 0
UNSURE = ("d", "b", "c")  # in another order than the components
COLUMNS = [NAMES.index(name) for name in UNSURE]
REST = Overlay((Bernoulli(("a",), (0.7,)), Copula(("a", "b", "e"), (0.9, 0.8, 0.6), 0.5)), NAMES)  # b fails here too


def scores(seed=1):
    return np.random.default_rng(seed).random(32)


def brute(score, survival):
    """Return the expectation with these survivals of the unsure components, laid over the rest."""
    process = Overlay((*REST.processes, Bernoulli(UNSURE, tuple(survival))), NAMES)
    return float(np.exp(process.log_probability(UP)) @ score)


def table(score):
    return given_who_is_down(table_of(REST, NAMES), score, COLUMNS)


def dice():
    return np.random.default_rng(3)


RANGES = [Unsure("d", (Range(0.2, 0.9),)), Unsure("b", (Range(0.5, 0.6),)), Unsure("c", (Range(0.0, 1.0),))]


def test_the_range_is_that_of_all_ends_by_brute_force():
    score = scores()
    ends = [brute(score, ends) for ends in itertools.product((0.2, 0.9), (0.5, 0.6), (0.0, 1.0))]
    value = brute(score, (0.55, 0.55, 0.5))
    found = over_inputs(value, (table(score), None), RANGES, dice())
    assert (found.low, found.high) == pytest.approx((min(ends), max(ends)), abs=1e-12)
    assert (found.value, found.uncertainty, found.samples) == (value, "inputs", 3)
    assert found.method == "exact, all 8 ends of 3 ranges"


@pytest.mark.parametrize("seed", range(20))
def test_no_survival_within_the_ranges_leads_beyond_the_range(seed):
    score = scores(seed)
    found = over_inputs(0.5, (table(score), None), RANGES, dice())
    inside = np.random.default_rng(seed).uniform((0.2, 0.5, 0.0), (0.9, 0.6, 1.0), (200, 3))
    values = at_ends(table(score), inside, inside, np.zeros(3, dtype=bool))[:, 0]
    assert values[0] == pytest.approx(brute(score, inside[0]), abs=1e-12)
    assert found.low - 1e-12 <= values.min() <= values.max() <= found.high + 1e-12


def test_a_quotient_has_its_extremes_at_ends_too():
    score, counted = scores(), (scores(2) > 0.4).astype(float)
    both = (table(score * counted), table(counted))
    found = over_inputs(0.5, both, RANGES, dice())
    ends = [brute(score * counted, ends) / brute(counted, ends)
            for ends in itertools.product((0.2, 0.9), (0.5, 0.6), (0.0, 1.0))]
    assert (found.low, found.high) == pytest.approx((min(ends), max(ends)), abs=1e-12)


def test_a_law_gives_the_quantiles_of_what_it_decides():
    score = np.where(UP[:, 3], 0.9, 0.4)  # nothing counts but d
    knowledge = Counted(968, 1000)
    law = stats.beta(*knowledge.shape)
    found = over_inputs(0.88, (given_who_is_down(table_of(REST, NAMES), score, [3]), None),
                        [Unsure("d", (knowledge,))], dice())
    for end, chance in ((found.low, 0.025), (found.high, 0.975)):
        p = (end - 0.4) / 0.5
        assert law.cdf(p) == pytest.approx(chance, abs=4.5 * np.sqrt(0.025 * 0.975 / 10_000))  # false alarm 1e-5
    assert found.method == "10,000 draws of 1 survival"


def test_the_mean_over_laws_is_the_value_at_the_means():
    score = scores()
    laws = (Counted(18, 20), Counted(3, 10), Watched(10**12, 10**11, 3))
    one = np.random.default_rng(5)
    draws = np.stack([law.draws(one, 50_000)[0] for law in laws], axis=1)
    values = at_ends(table(score), draws, draws, np.zeros(3, dtype=bool))[:, 0]
    assert_mean(values, brute(score, [law.mean for law in laws]), precision=0.01)


def test_with_ranges_and_laws_the_interval_holds_both():
    score = np.array([0.1 + 0.2 * row.sum() / 5 for row in UP])
    laws = [Unsure("d", (Counted(90, 100),)), Unsure("b", (Range(0.5, 0.6),)), Unsure("c", (Counted(50, 100),))]
    both = over_inputs(0.2, (table(score), None), laws, dice())
    ends = [over_inputs(0.2, (table(score), None), [laws[0], Unsure("b", (Range(p, p),)), laws[2]], dice())
            for p in (0.5, 0.6)]
    assert (both.low, both.high) == pytest.approx((ends[0].low, ends[1].high))
    assert both.method == "10,000 draws of 2 survivals, both ends of a range"


def test_a_component_that_two_processes_fell_has_the_product_of_what_is_known():
    twice = Unsure("d", (Range(0.8, 0.9), Range(0.5, 0.7)))
    assert twice.interval == pytest.approx((0.4, 0.63))
    assert twice.mean == pytest.approx(0.85 * 0.6)
    score = scores()
    found = over_inputs(0.5, (given_who_is_down(table_of(REST, NAMES), score, [3]), None), [twice], dice())
    ends = []
    for p in (0.4, 0.63):
        process = Overlay((*REST.processes, Bernoulli(("d",), (p,))), NAMES)
        is_up = UP[:, 2]  # nothing fells c here
        ends.append(float(np.exp(process.log_probability(UP[is_up][:, [0, 1, 3, 4]])) @ score[is_up]))
    assert (found.low, found.high) == pytest.approx((min(ends), max(ends)), abs=1e-12)


def test_swings_are_one_at_a_time_the_widest_first():
    score = scores()
    rows = swings((table(score), None), RANGES)
    widths = [abs(row["at_high"] - row["at_low"]) for row in rows]
    assert widths == sorted(widths, reverse=True)
    row = next(row for row in rows if row["component"] == "d")
    assert row["at_low"] == pytest.approx(brute(score, (0.2, 0.55, 0.5)), abs=1e-12)
    assert row["at_high"] == pytest.approx(brute(score, (0.9, 0.55, 0.5)), abs=1e-12)


def test_too_many_are_refused_with_their_number():
    with pytest.raises(TooManyInputs, match="14 uncertain survivals beside 32,768 patterns"):
        given_who_is_down(np.full(2**15, 2.0**-15), np.zeros(2**15), list(range(14)))


def test_intervals_of_counts_and_of_times_cover():
    """Jeffreys' interval of a share, and that of an availability from exponential times, which is exact."""
    one = np.random.default_rng(8)
    up = one.binomial(400, 0.9, 2000)
    assert_covers([Counted(int(k), 400).interval() for k in up], 0.9)
    times_up, times_down = one.standard_gamma(6, 2000) * 9e9, one.standard_gamma(6, 2000) * 1e9
    seen = [Watched(round(a), round(b), 6).interval() for a, b in zip(times_up, times_down, strict=True)]
    assert_covers(seen, 0.9)
