"""Importance sampling agrees with the sum over all patterns, and says when its tilt is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.expect.methods.importance import (
    FEW_EFFECTIVE,
    Importance,
    Tilted,
    effective_draws,
    likelihood_ratios,
    tilted,
)
from simulator.expect.methods.method import CannotEstimate
from simulator.expect.methods.target import LEAST, Target
from simulator.expect.tail.events import Event
from tests.support.scores import WORST, chain_law, exact_by_force, exact_chain, mixture_law, question, unequal_law
from tests.support.statistics import assert_covers

LAWS = {"equal": chain_law(8, 0.02), "unequal": unequal_law(8), "mixture": mixture_law(7)}
SEEDS = 200


def asked(law, seed, draws=60, **options):
    target = Target(absolute=1e-9, max_forwards=draws)
    made = question(law, seed)
    return made, Importance(method="importance", target=target, **options).expect(made)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("tilt", [None, 0.4])
def test_fixed_draws_are_unbiased_for_the_mean_and_for_no_answer(law, tilt):
    truth = exact_by_force(law)
    found = []
    for seed in range(SEEDS):
        made = question(law, seed)
        chance = tilted(law, tilt)
        dice = made.dice("importance")
        at_work = dice.random((300, len(law.causes))) < chance[
            np.searchsorted(np.cumsum(law.weight)[:-1], dice.random(300))]
        fewest = np.zeros((1, len(law.causes)), dtype=bool)
        places = made.scored.places(law.up(np.concatenate([fewest, at_work])))
        seen = Tilted("", 1.0, places, likelihood_ratios(law, chance, at_work))
        assert seen.weights.sum() == pytest.approx(1)
        scores = made.scored.scores(places)
        found.append((seen.weights @ scores, seen.weights @ (scores == WORST)))
    error = np.std(found, axis=0, ddof=1) / np.sqrt(SEEDS)
    assert (np.abs(np.mean(found, axis=0) - truth) <= 4 * error).all()
    assert (error < 0.1 * np.array(truth)).all()


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_interval_covers_the_mean(law):
    """Conservative with few draws, since half a draw is added for what is unseen."""
    truth, _ = exact_by_force(law)
    options = {"absolute": 0.01, "max_forwards": 10_000}
    found = [Importance(method="importance", target=Target(**options)).expect(question(law, seed)).mean
             for seed in range(1000)]
    assert_covers([(one.low, one.high) for one in found], truth, at_most=1.0)


def test_a_chain_of_100_has_no_answer_as_often_as_the_recursion_says():
    _, truth = exact_chain(100, 1e-4)
    made, found = asked(chain_law(100, 1e-4), 1, draws=3000)
    share = found.sample.mean(Event(made.scored).value)
    assert abs(share.value - truth) < share.half_width * 1.5 < truth


def test_the_effective_number_of_draws_is_told():
    assert effective_draws(np.array([1.0, 2.0, 3.0])) == pytest.approx(36 / 14)
    assert effective_draws(np.zeros(3)) == 0
    _, found = asked(chain_law(8, 0.02), 1)
    seen, = found.sample.strata
    assert f"effective {seen.effective:,.0f}" in found.how
    assert "WARNING" not in found.how


def test_a_loose_target_does_not_stop_before_enough_draws_are_effective():
    loose = Importance(method="importance", target=Target(absolute=0.5))
    found = [loose.expect(question(mixture_law(9), seed)).sample for seed in range(20)]
    assert min(one.strata[0].effective for one in found) >= FEW_EFFECTIVE
    assert max(one.draws for one in found) > LEAST


def test_several_looks_ask_for_a_wider_interval():
    asked = question(unequal_law(8), 1)
    found = Importance(method="importance", target=Target(absolute=0.03)).expect(asked)
    assert found.sample.looks > 1
    assert found.mean.half_width > replace(found.sample, looks=1).mean(asked.scored.scores).half_width


def test_a_wrong_tilt_is_found_out():
    _, found = asked(chain_law(60, 0.01), 1, draws=300, tilt=0.9)
    assert "WARNING" in found.how
    assert "the tilt is wrong" in found.how


def test_few_effective_draws_are_warned_of():
    _, found = asked(chain_law(12, 0.01), 1, draws=200, tilt=0.45)
    assert "WARNING" in found.how


def test_without_a_law_it_says_what_does_without():
    made = question(chain_law(4, 0.1))
    without = type(made)(made.scored, None, made.dice)
    with pytest.raises(CannotEstimate, match="monte_carlo"):
        Importance(method="importance").expect(without)
