"""The chance of no answer as a control variate of all strata together."""

import numpy as np
import pytest

from simulator.expect.methods.expectation import Known, Sample
from simulator.expect.methods.strata import Drawn, Listed, WithoutReplacement
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Target
from tests.support.scores import WORST, chain_law, exact_by_force, exact_chain, mixture_law, question, unequal_law

LAWS = {"equal": chain_law(8, 0.1), "unequal": unequal_law(8), "mixture": mixture_law(7)}
SEEDS = 200


def stratified(law, seed, lost, forwards=60, **options):
    method = Stratified(method="stratified", target=Target(absolute=1e-9, max_forwards=forwards), **options)
    return method.expect(question(law, seed, no_flow=None if lost is None else lambda: lost))


def is_lost(places):
    return np.asarray(places == 0, dtype=float)


@pytest.fixture
def strata():
    """Three kinds of strata, two of them drawn."""
    dice = np.random.Generator(np.random.PCG64(3))
    shares = dice.random(250)
    shares /= shares.sum()
    places = dice.integers(0, 4, 120)
    trust = np.concatenate([np.zeros(5), np.linspace(1, 2, 115)])
    return (Listed("a", 0.5, np.array([0, 1, 2]), np.array([0.1, 0.2, 0.7])),
            Drawn("b", 0.3, places, dice.random((120, 1)), np.array([0.5])),
            WithoutReplacement("c", 0.2, places[::-1], shares[:120], trust))


@pytest.mark.parametrize("place", [1, 2])
def test_what_is_shared_with_itself_is_the_variance(strata, place):
    values = np.random.Generator(np.random.PCG64(4)).random(120)
    shared = strata[place].shared(values)
    assert shared @ values == pytest.approx(strata[place].error(values, 0.0).variance)
    assert shared.sum() == pytest.approx(0, abs=1e-15)


def test_the_mean_of_the_control_is_its_own_and_weights_still_sum_to_one(strata):
    sample = Sample(strata, known=Known(is_lost, 0.2))
    found = sample.mean(is_lost)
    assert found.value == pytest.approx(0.2)
    places, weights = sample.by_delivery
    assert weights.sum() == pytest.approx(1)
    assert weights[places == 0] == pytest.approx(0.2)


def test_a_multiple_of_the_control_is_known_and_what_has_nothing_of_it_stays(strata):
    plain, moved = Sample(strata), Sample(strata, known=Known(is_lost, 0.2))
    assert moved.mean(lambda places: 0.9 - 0.8 * is_lost(places)).value == pytest.approx(0.74)
    off = 0.2 - plain.mean(is_lost).value
    values = lambda places: np.asarray(places, dtype=float) / 4  # noqa: E731
    shared = [one.mass**2 * one.shared(is_lost(one.places)) for one in strata]
    slope = (sum(own @ values(one.places) for own, one in zip(shared, strata, strict=True))
             / sum(own @ is_lost(one.places) for own, one in zip(shared, strata, strict=True)))
    assert moved.mean(values).value == pytest.approx(plain.mean(values).value + slope * off)


def test_too_few_cases_of_the_control_move_nothing():
    places = np.arange(200) % 50 + 1
    places[:20] = 0
    sample = Sample((Drawn("all", 1.0, places),), known=Known(is_lost, 0.5))
    assert sample.mean(is_lost).value == pytest.approx(0.1)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_mean_over_seeds_is_the_exact_expectation(law):
    truth, lost = exact_by_force(law)
    found = [stratified(law, seed, lost).mean.value for seed in range(SEEDS)]
    error = np.std(found, ddof=1) / np.sqrt(SEEDS)
    assert abs(np.mean(found) - truth) <= 4 * max(error, 1e-12)


def test_it_makes_strata_many_times_more_precise_where_failures_are_not_rare():
    truth, lost = exact_chain(40, 0.05)
    law = chain_law(40, 0.05)
    off = [[abs(stratified(law, seed, known, 800).mean.value - truth) for seed in range(5)] for known in (lost, None)]
    assert np.mean(off[0]) < np.mean(off[1]) / 5


def test_with_a_guarantee_it_is_not_used():
    law = chain_law(40, 0.05)
    found = [stratified(law, 1, known, 400, guarantee="any_size").mean for known in (None, exact_chain(40, 0.05)[1])]
    assert found[0] == found[1]


def test_what_was_left_out_widens_the_bounds_by_what_it_may_hold_of_the_control():
    places = np.tile([0, 1], 100)
    whole, part = (Sample((Drawn("all", mass, places),), known=Known(is_lost, 0.5 * mass)) for mass in (1.0, 0.9))
    values = lambda places: np.where(places == 0, 0.3, 0.8)  # noqa: E731
    low, high = part.mean(values).bounds
    assert whole.mean(values).bounds == pytest.approx((0.55, 0.55))
    assert (low, high) == pytest.approx((0.9 * 0.55 - 0.05, 0.9 * 0.55 + 0.1 + 0.05))


def test_deliveries_that_are_scored_already_are_a_stratum_of_their_own():
    law = chain_law(30, 0.02)
    found = stratified(law, 1, None, 300)
    names = [one.name for one in found.sample.strata]
    assert "2 at work, known deliveries" in names
    known = found.sample.strata[names.index("2 at work, known deliveries")]
    assert isinstance(known, Listed)
    assert (known.places == 0).all()
    neighbours = 29 * 0.02**2 * 0.98**28
    assert known.mass == pytest.approx(neighbours)
    assert found.mean.value > WORST
